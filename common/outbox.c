/*
 * outbox - see outbox.h
 *
 * Functions that end in _locked are called with outbox->lock held, and leave it held.
 */
#include "outbox.h"

#include <errno.h>

#define LAST_PATIENCE 2000 /* milliseconds for a client to take the last frames */

bool outbox_init(struct outbox *outbox, int fd, size_t max_backlog, int64_t patience,
                 bool owner_drains)
{
    *outbox = (struct outbox){.fd = fd,
                              .max_backlog = max_backlog,
                              .patience = patience,
                              .owner_drains = owner_drains,
                              .owner_sending = true};
    return pthread_mutex_init(&outbox->lock, NULL) == 0;
}

void outbox_destroy(struct outbox *outbox)
{
    buffer_free(&outbox->backlog);
    pthread_mutex_destroy(&outbox->lock);
}

/* Ends a client that is too slow. The owner wakes up from whatever it is waiting for and sees to the
 * rest. */
static void evict_locked(struct outbox *outbox, const char *why)
{
    if (outbox->evicted == NULL)
        outbox->evicted = why;
    outbox->closed = true;
    buffer_free(&outbox->backlog);
    net_end(outbox->fd);
}

const char *outbox_evicted(struct outbox *outbox)
{
    pthread_mutex_lock(&outbox->lock);
    const char *why = outbox->evicted;
    pthread_mutex_unlock(&outbox->lock);
    return why;
}

/* ----------------------------------------------------------------------------------- anyone */

/* Puts into the backlog what the socket did not take. */
static enum outbox_result leave_locked(struct outbox *outbox, const unsigned char *bytes,
                                       size_t len)
{
    if (outbox->in_hand + buffer_len(&outbox->backlog) + len > outbox->max_backlog) {
        evict_locked(outbox, "it does not read: more than --max-backlog bytes wait for it");
        return OUTBOX_GONE;
    }
    if (!buffer_append(&outbox->backlog, bytes, len)) {
        evict_locked(outbox, "it does not read, and there is no memory to wait for it");
        return OUTBOX_GONE;
    }
    return outbox->owner_sending ? OUTBOX_SENT : OUTBOX_BEHIND;
}

static enum outbox_result post_locked(struct outbox *outbox, const unsigned char *frames,
                                      size_t len)
{
    ssize_t left = (ssize_t)len;
    if (!outbox->owner_sending && buffer_len(&outbox->backlog) == 0)
        left = net_send_now(outbox->fd, &(struct iovec){(void *)frames, len}, 1);
    if (left < 0) {
        net_end(outbox->fd);
        return OUTBOX_GONE;
    }
    return left == 0 ? OUTBOX_SENT
                     : leave_locked(outbox, frames + len - (size_t)left, (size_t)left);
}

enum outbox_result outbox_post(struct outbox *outbox, const unsigned char *frames, size_t len,
                               bool is_last)
{
    enum outbox_result result = OUTBOX_GONE;
    pthread_mutex_lock(&outbox->lock);
    if (!outbox->closed) {
        result = post_locked(outbox, frames, len);
        outbox->closed = outbox->closed || is_last;
    }
    pthread_mutex_unlock(&outbox->lock);
    return result;
}

static enum outbox_result flush_locked(struct outbox *outbox)
{
    struct buffer *backlog = &outbox->backlog;
    size_t len = buffer_len(backlog);
    if (outbox->owner_sending || len == 0)
        return OUTBOX_SENT;
    struct iovec part = {buffer_bytes(backlog), len};
    ssize_t left = net_send_now(outbox->fd, &part, 1);
    if (left < 0) {
        net_end(outbox->fd);
        return OUTBOX_GONE;
    }
    buffer_consume(backlog, len - (size_t)left);
    if (left > 0)
        return OUTBOX_BEHIND;
    buffer_free(backlog);
    return OUTBOX_SENT;
}

enum outbox_result outbox_flush(struct outbox *outbox)
{
    pthread_mutex_lock(&outbox->lock);
    enum outbox_result result = flush_locked(outbox);
    pthread_mutex_unlock(&outbox->lock);
    return result;
}

/* ------------------------------------------------------------------------------------ owner */

enum outbox_result outbox_open(struct outbox *outbox)
{
    pthread_mutex_lock(&outbox->lock);
    outbox->owner_sending = false;
    enum outbox_result result = flush_locked(outbox);
    pthread_mutex_unlock(&outbox->lock);
    return result;
}

/* The socket is full, or others' frames come first: sends the backlog, then parts, and waits for
 * the socket with the lock released. Frames posted meanwhile go to a fresh backlog. */
static bool send_waiting_locked(struct outbox *outbox, struct iovec *parts, size_t count,
                                bool is_last)
{
    int64_t patience = is_last ? LAST_PATIENCE : outbox->patience;
    int64_t deadline = is_last ? net_now() + LAST_PATIENCE : NET_NO_DEADLINE;
    struct buffer first = outbox->backlog;
    struct iovec part = {buffer_bytes(&first), buffer_len(&first)};
    outbox->backlog = (struct buffer){0};
    outbox->in_hand = part.iov_len;
    outbox->owner_sending = true;
    pthread_mutex_unlock(&outbox->lock);

    bool alive = net_send_all(outbox->fd, &part, 1, patience, deadline) == 0 &&
                 net_send_all(outbox->fd, parts, count, patience, deadline) == 0;
    bool timed_out = !alive && errno == ETIMEDOUT;
    buffer_free(&first);

    pthread_mutex_lock(&outbox->lock);
    outbox->owner_sending = false;
    outbox->in_hand = 0;
    if (timed_out)
        evict_locked(outbox, "it does not read what it is sent");
    return alive;
}

static enum outbox_result write_locked(struct outbox *outbox, struct iovec *parts, size_t count,
                                       bool is_last)
{
    bool others_first = buffer_len(&outbox->backlog) > 0;
    ssize_t left = others_first ? 1 : count == 0 ? 0 : net_send_now(outbox->fd, parts, count);
    bool alive = left == 0 || (left > 0 && send_waiting_locked(outbox, parts, count, is_last));
    while (alive && outbox->owner_drains && buffer_len(&outbox->backlog) > 0)
        alive = send_waiting_locked(outbox, NULL, 0, is_last);
    if (!alive)
        return OUTBOX_GONE;
    return buffer_len(&outbox->backlog) > 0 ? OUTBOX_BEHIND : OUTBOX_SENT;
}

enum outbox_result outbox_write(struct outbox *outbox, struct iovec *parts, size_t count,
                                bool is_last)
{
    enum outbox_result result = OUTBOX_GONE;
    pthread_mutex_lock(&outbox->lock);
    if (!outbox->closed) {
        outbox->closed = is_last; /* from now on; what is in the backlog comes before */
        result = write_locked(outbox, parts, count, is_last);
    } else if (outbox->evicted == NULL) { /* somebody else's last frames come first */
        result = is_last ? write_locked(outbox, NULL, 0, true) : OUTBOX_SENT;
    }
    pthread_mutex_unlock(&outbox->lock);
    return result;
}
