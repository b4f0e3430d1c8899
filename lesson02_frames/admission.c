/*
 * admission - see admission.h
 */
#include "admission.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "http.h"
#include "log.h"
#include "places.h"
#include "words.h"
#include "worker.h"

#define SHORT_OF    50 /* milliseconds until the system is asked again for what it lacks */
#define BRIEFLY     50 /* ... that a refused client has for its request, and again to read the 503 */
#define REFUSED_MAX 64 /* clients that are being refused at the same time */

/* A descriptor to give up when there are no others. */
static int spare = -1;

/* Through this pipe go the descriptors of those who are refused, as numbers: all threads of a process
 * share its descriptors. The thread at the other end answers and closes them. */
static int refused_pipe[2];

/* ---------------------------------------------------------------------------------- refusing */

struct refused {
    int fd;
    bool is_answered;
    int64_t deadline; /* for the request to come; then for the client to close */
};

/* Says 503. The client has been read as far as it has come: unread bytes would turn the close into a
 * reset, which could destroy the answer. */
static void answer(struct refused *refused)
{
    char text[HTTP_REFUSAL_MAX];
    size_t len = http_refusal_write(HTTP_NO_RESOURCES, true, text);
    (void)net_send_now(refused->fd, &(struct iovec){text, len}, 1);
    net_finish_sending(refused->fd);
    refused->is_answered = true;
    refused->deadline = net_now() + BRIEFLY;
}

/* Something has come, or the time is up. False: it is done, and closed. */
static bool go_on(struct refused *refused, bool is_readable)
{
    char waste[2048];
    bool is_late = net_now() >= refused->deadline, is_open = true;
    if (is_readable)
        is_open = net_look(refused->fd, waste, sizeof waste, 1) > 0;
    if (is_open && !refused->is_answered)
        answer(refused);
    else if (!is_open || is_late) {
        net_close(refused->fd);
        return false;
    }
    return true;
}

/* Takes the next descriptor out of the pipe. */
static size_t take_refused(struct refused *list, size_t count)
{
    struct refused refused = {.deadline = net_now() + BRIEFLY};
    if (read(refused_pipe[0], &refused.fd, sizeof refused.fd) == (ssize_t)sizeof refused.fd)
        list[count++] = refused;
    return count;
}

/* Waits for all of them at the same time. */
static void refuse_clients(void *unused)
{
    (void)unused;
    struct refused list[REFUSED_MAX];
    size_t count = 0;
    for (;;) {
        struct pollfd set[REFUSED_MAX + 1] = {
            {.fd = count < REFUSED_MAX ? refused_pipe[0] : -1, .events = POLLIN}};
        int64_t deadline = NET_NO_DEADLINE;
        for (size_t i = 0; i < count; i++) {
            set[i + 1] = (struct pollfd){.fd = list[i].fd, .events = POLLIN};
            deadline = list[i].deadline < deadline ? list[i].deadline : deadline;
        }
        net_wait_for_any(set, count + 1, deadline);

        size_t left = 0;
        for (size_t i = 0; i < count; i++)
            if ((set[i + 1].revents == 0 && net_now() < list[i].deadline) ||
                go_on(&list[i], set[i + 1].revents != 0))
                list[left++] = list[i];
        count = set[0].revents != 0 ? take_refused(list, left) : left;
    }
}

bool admission_open(void)
{
    spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (pipe(refused_pipe) != 0)
        return false;
    for (int i = 0; i < 2; i++)
        (void)fcntl(refused_pipe[i], F_SETFD, FD_CLOEXEC);
    (void)fcntl(refused_pipe[1], F_SETFL, O_NONBLOCK);
    return worker_start(refuse_clients, NULL);
}

void admission_refuse(const struct client *client, const char *why)
{
    log_line("server: %s, refused %s", words(why), client->address);
    if (write(refused_pipe[1], &client->fd, sizeof client->fd) != (ssize_t)sizeof client->fd)
        net_close(client->fd); /* so many wait already that this one is not told */
}

/* -------------------------------------------------------------------------------- accepting */

/* If the spare is gone, the client that has just come may have its number. False if no other can be had,
 * although others were to give way: then the client has to go again, or the next would not be told. */
static bool has_spare(void)
{
    do
        if (spare < 0)
            spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    while (spare < 0 && places_give_way(NULL));
    return spare >= 0;
}

/* accept() has no descriptor to give out. It gets the spare's number; if that is gone, somebody is being
 * refused just now. */
static void give_up_spare(void)
{
    if (spare < 0 && !places_give_way(NULL))
        net_pause(SHORT_OF);
    if (spare >= 0)
        close(spare);
    spare = -1;
}

bool admission_accept(struct listener *listener, struct client *client)
{
    for (;;) {
        places_make_room();
        if (listener_accept(listener, client)) {
            if (has_spare())
                return true;
            admission_refuse(client, "out of descriptors");
            continue;
        }
        switch (errno) {
        case ECANCELED: return false;
        case EMFILE:
        case ENFILE: give_up_spare(); break;
        case EAGAIN:
        case EINTR:
        case ECONNABORTED: break; /* that client has gone again */
        default: net_pause(SHORT_OF); break;
        }
    }
}
