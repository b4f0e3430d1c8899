/*
 * input - see input.h
 */
#include "input.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <string.h>

#define KIB 1024

#define FIRST_SIZE    512                          /* bytes that the buffer begins with */
#define READ_MAX      (64 * KIB)                   /* most that is read at once into the buffer */
#define BULK_FIRST    (READ_MAX - BUFFER_HEADROOM) /* memory that a large message begins with */
#define BULK_READ_MAX (256 * KIB)                  /* ... or straight into a large message */
#define BULK_MIN      (4 * KIB) /* from so many awaited bytes on, a message counts as large */
#define REST_MAX      64        /* after looking in vain, at most so many reads do without */
#define LOOK_FOR_STOP 16        /* reads, after which a stop is looked for */

void input_init(struct input *input, struct buffer *early)
{
    input->bytes = buffer_bytes(early);
    input->len = buffer_len(early);
    input->is_new = false;
    input->next_rest = 1;
    input->buffer = *early;
    buffer_consume(&input->buffer, input->len); /* input->len counts them */
    *early = (struct buffer){0};
    if (input->len == 0)
        input_free(input);
}

void input_free(struct input *input)
{
    buffer_free(&input->buffer);
}

/* A read that filled its space shows that there is more: this time, more is taken at once. */
static void grow(struct input *input)
{
    size_t size = input->buffer.size;
    input->was_full = false;
    if (size >= READ_MAX)
        return;
    buffer_free(&input->buffer);
    (void)buffer_reserve(&input->buffer, 2 * size); /* without memory, the few bytes will do */
}

/* The few bytes are full, so there is more. Moves them to a buffer, and takes the rest of what is
 * there, too. Returns how many bytes there are then. */
static size_t move_to_buffer(struct input *input, const struct client *client, size_t len)
{
    struct buffer *buffer = &input->buffer;
    if (!buffer_reserve(buffer, FIRST_SIZE))
        return len; /* without memory, they will do */
    memcpy(buffer->data, input->few, len);
    ssize_t more = net_look(client->fd, buffer->data + len, buffer->size - len, 1);
    input->bytes = buffer->data;
    return more > 0 ? len + (size_t)more : len; /* an end is seen again by the next read */
}

/* Where the next bytes go. */
struct space {
    unsigned char *at;
    size_t len;
};

static struct space space_in_message(struct buffer *message, uint64_t awaited)
{
    size_t most = awaited < BULK_READ_MAX ? (size_t)awaited : BULK_READ_MAX;
    if (awaited < BULK_MIN || !buffer_reserve_bulk(message, most < BULK_FIRST ? most : BULK_FIRST))
        return (struct space){NULL, 0};
    size_t room = message->size - message->end;
    return (struct space){message->data + message->end, room < most ? room : most};
}

static struct space space_of_input(struct input *input)
{
    if (input->was_full)
        grow(input);
    if (input->buffer.data != NULL)
        return (struct space){input->buffer.data, input->buffer.size};
    return (struct space){input->few, sizeof input->few};
}

/* Sleeps until there are bytes, or the time is over; and does meanwhile what it is woken for. */
static ssize_t sleep_for_bytes(const struct input *input, const struct client *client,
                               struct space space, int64_t deadline)
{
    const struct waker *waker = input->waker;
    while (waker != NULL) {
        struct pollfd set[] = {{.fd = waker->fd, .events = POLLIN},
                               {.fd = client->fd, .events = POLLIN},
                               {.fd = client->stop, .events = POLLIN}};
        if (!net_wait_for_any(set, 3, deadline) || set[1].revents != 0 || set[2].revents != 0)
            break;
        if (set[0].revents != 0 && !waker->wake(waker->data)) {
            errno = ECONNABORTED;
            return -1;
        }
    }
    return net_wait(client->fd, space.at, space.len, client->stop, deadline);
}

/* To be woken costs more than to look a few times for bytes before sleeping. When looking was in vain,
 * it is left out for a while, the longer the more often that happens: so a lone client, or too many of
 * them, pay nothing for it. Other threads may run before the first look: what came last has just been
 * used up, and more has come by then. (64 clients with 64 messages in flight each: half as many recv();
 * 4 KiB texts: 1.07 times as many; one client with 64 in flight: 1.2 times.) */
static ssize_t look_then_wait(struct input *input, const struct client *client, struct space space,
                              int64_t deadline)
{
    if (input->rest > 0) {
        input->rest--;
        return sleep_for_bytes(input, client, space, deadline);
    }
    if (!input->sleeps_at_once)
        sched_yield();
    ssize_t n = net_look(client->fd, space.at, space.len, input->sleeps_at_once ? 1 : NET_LOOKS);
    if (n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) {
        input->next_rest = 1;
        return n;
    }
    input->rest = input->next_rest;
    if (input->next_rest < REST_MAX)
        input->next_rest *= 2;
    return sleep_for_bytes(input, client, space, deadline);
}

ssize_t input_receive(struct input *input, const struct client *client, struct buffer *message,
                      uint64_t awaited, int64_t deadline)
{
    struct space space = space_in_message(message, awaited);
    if (space.at == NULL)
        space = space_of_input(input);
    if (++input->reads % LOOK_FOR_STOP == 0 && net_is_readable(client->stop)) {
        errno = ECANCELED; /* a client that never pauses must not make its thread miss the stop */
        return -1;
    }
    ssize_t n = look_then_wait(input, client, space, deadline);
    if (n <= 0)
        return n;
    input->bytes = space.at;
    input->len = (size_t)n;
    input->is_new = true;
    if (input->bytes == input->few && input->len == sizeof input->few)
        input->len = move_to_buffer(input, client, input->len);
    input->was_full = input->bytes == input->buffer.data && input->len == input->buffer.size;
    return (ssize_t)input->len;
}
