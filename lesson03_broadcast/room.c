/*
 * room - see room.h
 */
#include "room.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define MAIL_MAX (1024 * 1024) /* bytes of frames that may wait for a delivery; one may be larger */

struct member {
    struct conn *conn;
    bool behind; /* bytes wait in its backlog, and the postman knows */
    struct member *next, **link;
};

struct room {
    pthread_t postman;
    int wake_pipe[2];          /* wakes the postman */
    room_delivered *delivered; /* or NULL */

    pthread_mutex_t list_lock;
    /* list_lock must be held when using these, and a member may only be used while it is */
    struct member *members;
    size_t behind_count;

    pthread_mutex_t mail_lock;
    /* mail_lock must be held when using these */
    struct buffer mail;     /* whole frames, in the order in which they go to everyone */
    struct buffer spare;    /* empty; becomes the mail when that is taken away */
    uint64_t put, done;     /* bytes ever put into the mail, and ever delivered */
    bool delivering;        /* one thread is, or is about to: the order is the same for all */
    bool handed_over;       /* ... and that is the postman */
    bool closing;           /* the postman must end */
    pthread_cond_t changed; /* the mail has been taken away, or a delivery is done */
};

static void wake_postman(struct room *room)
{
    net_wake(room->wake_pipe[1]);
}

/* -------------------------------------------------------------------------------- delivering */

/* Notes whether the client is behind; list_lock must be held. */
static void set_behind(struct room *room, struct member *member, bool behind)
{
    if (behind && !member->behind) {
        room->behind_count++;
        wake_postman(room);
    } else if (!behind && member->behind) {
        room->behind_count--;
    }
    member->behind = behind;
}

/* The one place where a message meets all the clients. conn_post() never waits, so the lock is held
 * for as long as the system calls take, whatever the clients do. */
static void post_to_all(struct room *room, const struct buffer *frames)
{
    size_t members = 0;
    pthread_mutex_lock(&room->list_lock);
    for (struct member *member = room->members; member != NULL; member = member->next) {
        enum outbox_result result =
            conn_post(member->conn, buffer_bytes(frames), buffer_len(frames));
        set_behind(room, member, result == OUTBOX_BEHIND);
        members++;
    }
    pthread_mutex_unlock(&room->list_lock);
    if (room->delivered != NULL)
        room->delivered(buffer_bytes(frames), buffer_len(frames), members);
}

/* Takes the mail round once. mail_lock must be held, and is released meanwhile; the caller must be
 * the one that delivers. */
static void deliver_once(struct room *room)
{
    struct buffer taken = room->mail;
    size_t len = buffer_len(&taken);
    room->mail = room->spare;
    room->spare = (struct buffer){0};
    pthread_cond_broadcast(&room->changed);
    pthread_mutex_unlock(&room->mail_lock);

    post_to_all(room, &taken);

    pthread_mutex_lock(&room->mail_lock);
    room->done += len;
    if (taken.size > 2 * MAIL_MAX)
        buffer_free(&taken);
    buffer_consume(&taken, buffer_len(&taken));
    room->spare = taken;
}

/* Delivers as an owner does: once, its own messages among them; the postman has to see to what has
 * come in since. mail_lock must be held, and nobody be delivering. */
static void deliver_as_owner(struct room *room)
{
    room->delivering = true;
    deliver_once(room);
    room->handed_over = room->delivering = buffer_len(&room->mail) > 0;
    if (room->handed_over)
        wake_postman(room);
    pthread_cond_broadcast(&room->changed);
}

void room_deliver(struct room *room)
{
    pthread_mutex_lock(&room->mail_lock);
    if (!room->delivering && buffer_len(&room->mail) > 0)
        deliver_as_owner(room);
    pthread_mutex_unlock(&room->mail_lock);
}

/* Lets the postman deliver, unless somebody is doing it already; mail_lock must be held. */
static void hand_to_postman(struct room *room)
{
    if (room->delivering || buffer_len(&room->mail) == 0)
        return;
    room->handed_over = room->delivering = true;
    wake_postman(room);
}

void room_deliver_later(struct room *room)
{
    pthread_mutex_lock(&room->mail_lock);
    hand_to_postman(room);
    pthread_mutex_unlock(&room->mail_lock);
}

/* Waits until something about the mail has changed, or changes it; mail_lock must be held. */
static void wait_or_deliver(struct room *room)
{
    if (room->delivering)
        pthread_cond_wait(&room->changed, &room->mail_lock);
    else
        deliver_as_owner(room);
}

/* Is there space for one more message? mail_lock must be held. */
static bool has_space(const struct room *room, size_t len)
{
    size_t used = buffer_len(&room->mail);
    return used == 0 || used + WS_SERVER_HEADER_MAX + len <= MAIL_MAX;
}

/* Adds a frame to the mail; mail_lock must be held. False without memory. */
static bool put_into_mail(struct room *room, enum ws_opcode type, const void *data, size_t len)
{
    unsigned char header[WS_SERVER_HEADER_MAX];
    size_t header_len = ws_frame_encode(header, type, len);
    if (!buffer_reserve(&room->mail, header_len + len)) /* for both: no half frame is left behind */
        return false;
    buffer_put(&room->mail, header, header_len);
    buffer_put(&room->mail, data, len);
    room->put += header_len + len;
    return true;
}

bool room_broadcast(struct room *room, enum ws_opcode type, const void *data, size_t len)
{
    pthread_mutex_lock(&room->mail_lock);
    while (!has_space(room, len))
        wait_or_deliver(room);
    bool is_in = put_into_mail(room, type, data, len);
    pthread_mutex_unlock(&room->mail_lock);
    return is_in;
}

bool room_offer(struct room *room, enum ws_opcode type, const void *data, size_t len)
{
    pthread_mutex_lock(&room->mail_lock);
    bool is_in = has_space(room, len) && put_into_mail(room, type, data, len);
    hand_to_postman(room);
    pthread_mutex_unlock(&room->mail_lock);
    return is_in;
}

/* --------------------------------------------------------------------------------- postman */

/* What has come in while somebody else was delivering. */
static void deliver_rest(struct room *room)
{
    pthread_mutex_lock(&room->mail_lock);
    if (room->handed_over) {
        while (buffer_len(&room->mail) > 0)
            deliver_once(room);
        room->handed_over = room->delivering = false;
        pthread_cond_broadcast(&room->changed);
    }
    pthread_mutex_unlock(&room->mail_lock);
}

static void flush_those_behind(struct room *room)
{
    pthread_mutex_lock(&room->list_lock);
    for (struct member *member = room->members; member != NULL; member = member->next)
        if (member->behind)
            set_behind(room, member, conn_flush(member->conn) == OUTBOX_BEHIND);
    pthread_mutex_unlock(&room->list_lock);
}

/* What the postman waits for: its pipe, and the sockets of those behind. */
struct watch {
    struct pollfd *set;
    size_t size, count;
};

static void watch_add(struct watch *watch, int fd, short events)
{
    if (watch->count == watch->size) {
        size_t size = watch->size * 2 + 8;
        struct pollfd *set = realloc(watch->set, size * sizeof *set);
        if (set == NULL)
            return; /* watched in the next round, when memory may be back */
        watch->set = set;
        watch->size = size;
    }
    watch->set[watch->count++] = (struct pollfd){.fd = fd, .events = events};
}

/* A descriptor may be closed, and even be another client's, by the time poll() looks at it. That
 * does no harm: the answer only means "try", and what is tried is found in the list again. */
static void wait_for_work(struct room *room, struct watch *watch)
{
    char bytes[64];
    watch->count = 0;
    watch_add(watch, room->wake_pipe[0], POLLIN);
    pthread_mutex_lock(&room->list_lock);
    size_t wanted = 1 + room->behind_count;
    for (struct member *m = room->members; m != NULL && watch->count < wanted; m = m->next)
        if (m->behind)
            watch_add(watch, conn_socket(m->conn), POLLOUT);
    pthread_mutex_unlock(&room->list_lock);

    if (poll(watch->set, (nfds_t)watch->count, watch->count == wanted ? -1 : 100) < 0)
        net_pause(20); /* there is no memory for it just now */
    while (read(room->wake_pipe[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes)
        ;
}

static bool is_closing(struct room *room)
{
    pthread_mutex_lock(&room->mail_lock);
    bool closing = room->closing;
    pthread_mutex_unlock(&room->mail_lock);
    return closing;
}

static void *work_as_postman(void *arg)
{
    struct room *room = arg;
    struct watch watch = {0};
    while (!is_closing(room)) {
        wait_for_work(room, &watch);
        deliver_rest(room);
        flush_those_behind(room);
    }
    free(watch.set);
    return NULL;
}

void room_behind(struct room *room, struct conn *conn)
{
    pthread_mutex_lock(&room->list_lock);
    struct member *member = conn_data(conn);
    if (member != NULL)
        set_behind(room, member, true);
    pthread_mutex_unlock(&room->list_lock);
}

/* --------------------------------------------------------------------------- join and leave */

bool room_join(struct room *room, struct conn *conn)
{
    struct member *member = calloc(1, sizeof *member);
    if (member == NULL)
        return false;
    member->conn = conn;
    pthread_mutex_lock(&room->list_lock);
    conn_set_data(conn, member);
    member->next = room->members;
    member->link = &room->members;
    if (member->next != NULL)
        member->next->link = &member->next;
    room->members = member;
    pthread_mutex_unlock(&room->list_lock);
    return true;
}

/* Until all that is in the mail now has gone to all members. Others may put in more meanwhile; that
 * is not waited for. */
static void wait_until_delivered(struct room *room)
{
    pthread_mutex_lock(&room->mail_lock);
    for (uint64_t goal = room->put; room->done < goal;)
        wait_or_deliver(room);
    pthread_mutex_unlock(&room->mail_lock);
}

void room_leave(struct room *room, struct conn *conn)
{
    wait_until_delivered(room);
    pthread_mutex_lock(&room->list_lock);
    struct member *member = conn_data(conn);
    conn_set_data(conn, NULL);
    if (member != NULL) {
        set_behind(room, member, false);
        *member->link = member->next;
        if (member->next != NULL)
            member->next->link = member->link;
    }
    pthread_mutex_unlock(&room->list_lock);
    free(member);
}

/* ---------------------------------------------------------------------------- begin and end */

static bool start_postman(struct room *room)
{
    if (pipe(room->wake_pipe) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        (void)fcntl(room->wake_pipe[i], F_SETFD, FD_CLOEXEC);
        (void)fcntl(room->wake_pipe[i], F_SETFL, O_NONBLOCK);
    }
    if (pthread_create(&room->postman, NULL, work_as_postman, room) == 0)
        return true;
    close(room->wake_pipe[0]);
    close(room->wake_pipe[1]);
    return false;
}

struct room *room_new(room_delivered *delivered)
{
    struct room *room = calloc(1, sizeof *room);
    if (room == NULL)
        return NULL;
    room->delivered = delivered;
    if (pthread_mutex_init(&room->list_lock, NULL) != 0)
        goto no_list_lock;
    if (pthread_mutex_init(&room->mail_lock, NULL) != 0)
        goto no_mail_lock;
    if (pthread_cond_init(&room->changed, NULL) != 0)
        goto no_condition;
    if (start_postman(room))
        return room;

    pthread_cond_destroy(&room->changed);
no_condition:
    pthread_mutex_destroy(&room->mail_lock);
no_mail_lock:
    pthread_mutex_destroy(&room->list_lock);
no_list_lock:
    free(room);
    return NULL;
}

void room_free(struct room *room)
{
    pthread_mutex_lock(&room->mail_lock);
    room->closing = true;
    pthread_mutex_unlock(&room->mail_lock);
    wake_postman(room);
    pthread_join(room->postman, NULL);

    close(room->wake_pipe[0]);
    close(room->wake_pipe[1]);
    buffer_free(&room->mail);
    buffer_free(&room->spare);
    pthread_cond_destroy(&room->changed);
    pthread_mutex_destroy(&room->mail_lock);
    pthread_mutex_destroy(&room->list_lock);
    free(room);
}
