/*
 * outbox - see outbox.h
 *
 * Functions that end in _locked are called with outbox->lock held, and leave it held.
 */
#include "outbox.h"

#include <errno.h>
#include <string.h>

#include "observer.h"
#include "opening.h"

#define NOT_READING "it does not read what it is sent"

void outbox_init(struct outbox *outbox, const struct client *client, size_t max_backlog,
                 int64_t patience)
{
    *outbox = (struct outbox){.client = client,
                              .max_backlog = max_backlog,
                              .patience = patience,
                              .lock = PTHREAD_MUTEX_INITIALIZER,
                              .owner_sending = true};
    memory_begin(&outbox->holding, client->fd);
}

void outbox_destroy(struct outbox *outbox)
{
    memory_end(&outbox->holding);
    buffer_free(&outbox->backlog);
    pthread_mutex_destroy(&outbox->lock);
}

/* Ends the connection: the client is evicted, and why; or it has gone, and why is NULL. The owner
 * wakes up, wherever it waits, and does the rest. */
static enum outbox_result end_locked(struct outbox *outbox, const char *why)
{
    if (outbox->evicted == NULL)
        outbox->evicted = why;
    buffer_free(&outbox->backlog);
    net_end(outbox->client->fd);
    return OUTBOX_GONE;
}

/* ----------------------------------------------------------------------------------- anyone */

/* Does the client take what waits for it? That is asked now and then, not each time. */
static void measure_locked(struct outbox *outbox)
{
    int64_t now = net_now();
    if (!pace_is_due(&outbox->pace, now))
        return;
    int64_t taken = net_taken(outbox->client->fd).acknowledged;
    if (pace_measure(&outbox->pace, taken >= 0 ? taken : outbox->flushed, now) > outbox->patience)
        (void)end_locked(outbox, NOT_READING);
}

/* Puts into the backlog what the socket did not take. */
static enum outbox_result queue_locked(struct outbox *outbox, const unsigned char *bytes,
                                       size_t len)
{
    bool fits = outbox->in_hand + buffer_len(&outbox->backlog) + len <= outbox->max_backlog;
    if (!fits || !buffer_append(&outbox->backlog, bytes, len))
        return end_locked(outbox,
                          fits ? "it does not read, and there is no memory to wait for it"
                               : "it does not read: more than --max-backlog bytes wait for it");
    return outbox->owner_sending ? OUTBOX_SENT : OUTBOX_BEHIND;
}

/* Sends what the socket takes at once, unless older frames wait. Returns how many bytes are left,
 * and leaves those in parts; or -1. */
static ssize_t send_now_locked(struct outbox *outbox, struct iovec *parts, size_t count)
{
    struct iovec whole[OBSERVER_PARTS_MAX];
    memcpy(whole, parts, count * sizeof *parts);
    if (outbox->evicted != NULL)
        return -1;
    bool is_next = !outbox->owner_sending && buffer_len(&outbox->backlog) == 0;
    ssize_t left = is_next ? net_send_now(outbox->client->fd, parts, count) : 1;
    if (left >= 0)
        observer_log(outbox->client, whole, count, left > 0);
    return left;
}

static enum outbox_result post_locked(struct outbox *outbox, struct iovec frames)
{
    ssize_t left = send_now_locked(outbox, &frames, 1);
    if (left > 0)
        return queue_locked(outbox, frames.iov_base, frames.iov_len);
    return left == 0 ? OUTBOX_SENT : end_locked(outbox, NULL);
}

enum outbox_result outbox_post(struct outbox *outbox, const unsigned char *frames, size_t len)
{
    pthread_mutex_lock(&outbox->lock);
    enum outbox_result result = post_locked(outbox, (struct iovec){(void *)frames, len});
    if (result == OUTBOX_BEHIND) /* its pace counts from here on */
        measure_locked(outbox);
    memory_hold(&outbox->holding, outbox->in_hand + outbox->backlog.size);
    pthread_mutex_unlock(&outbox->lock);
    return result;
}

static enum outbox_result flush_locked(struct outbox *outbox)
{
    struct buffer *backlog = &outbox->backlog;
    size_t len = buffer_len(backlog);
    if (outbox->owner_sending || len == 0)
        return OUTBOX_SENT;
    ssize_t left = net_send_now(outbox->client->fd, &(struct iovec){buffer_bytes(backlog), len}, 1);
    if (left < 0)
        return end_locked(outbox, NULL);
    buffer_consume(backlog, len - (size_t)left);
    outbox->flushed += (int64_t)len - left;
    if (left > 0) {
        measure_locked(outbox);
        return outbox->evicted == NULL ? OUTBOX_BEHIND : OUTBOX_GONE;
    }
    observer_log_all_sent(outbox->client);
    buffer_free(backlog);
    pace_restart(&outbox->pace);
    return OUTBOX_SENT;
}

enum outbox_result outbox_flush(struct outbox *outbox)
{
    pthread_mutex_lock(&outbox->lock);
    enum outbox_result result = flush_locked(outbox);
    memory_hold(&outbox->holding, outbox->in_hand + outbox->backlog.size);
    pthread_mutex_unlock(&outbox->lock);
    return result;
}

size_t outbox_waiting(struct outbox *outbox)
{
    pthread_mutex_lock(&outbox->lock);
    size_t waiting = outbox->in_hand + buffer_len(&outbox->backlog);
    if (waiting > 0)
        measure_locked(outbox);
    enum pace_verdict verdict = outbox->evicted == NULL ? outbox->pace.verdict : PACE_SLOW;
    pthread_mutex_unlock(&outbox->lock);
    return verdict == PACE_TAKES ? waiting : verdict == PACE_UNKNOWN ? waiting / 3 : 0;
}

/* ------------------------------------------------------------------------------------ owner */

/* The socket is full, or older frames come first: sends the backlog, then parts, and waits for the
 * socket with the lock released. Frames posted meanwhile go to a fresh backlog. If parts are the
 * 101, what is in the backlog stays there. */
static bool send_waiting_locked(struct outbox *outbox, struct iovec *parts, size_t count,
                                int64_t deadline)
{
    struct buffer earlier = {0};
    if (!outbox->owner_sending) {
        earlier = outbox->backlog;
        outbox->backlog = (struct buffer){0};
    }
    struct iovec part = {buffer_bytes(&earlier), buffer_len(&earlier)};
    outbox->in_hand = part.iov_len;
    outbox->owner_sending = true;
    pthread_mutex_unlock(&outbox->lock);

    bool is_sent = net_send_all(outbox->client->fd, &part, 1, outbox->patience, deadline) == 0 &&
                   net_send_all(outbox->client->fd, parts, count, outbox->patience, deadline) == 0;
    int error = errno; /* if it is not sent */
    buffer_free(&earlier);

    pthread_mutex_lock(&outbox->lock);
    outbox->owner_sending = false;
    outbox->in_hand = 0;
    pace_restart(&outbox->pace);
    if (!is_sent) /* half a frame may be out: nothing can follow it */
        (void)end_locked(outbox, error == ETIMEDOUT ? NOT_READING : NULL);
    return is_sent;
}

static enum outbox_result write_locked(struct outbox *outbox, struct iovec *parts, size_t count)
{
    bool is_answer = outbox->owner_sending; /* the 101, no frame */
    struct iovec first = parts[0];
    ssize_t left = is_answer ? 1 : send_now_locked(outbox, parts, count);
    if (left > 0)
        left = send_waiting_locked(outbox, parts, count, NET_NO_DEADLINE) ? 0 : -1;
    if (is_answer && left == 0)
        opening_trace_answer(outbox->client, first.iov_base, first.iov_len);
    return left < 0 ? OUTBOX_GONE : flush_locked(outbox);
}

enum outbox_result outbox_write(struct outbox *outbox, struct iovec *parts, size_t count)
{
    pthread_mutex_lock(&outbox->lock);
    enum outbox_result result = write_locked(outbox, parts, count);
    memory_hold(&outbox->holding, outbox->in_hand + outbox->backlog.size);
    pthread_mutex_unlock(&outbox->lock);
    return result;
}

const char *outbox_finish(struct outbox *outbox, int64_t deadline)
{
    pthread_mutex_lock(&outbox->lock);
    bool has_begun = !outbox->owner_sending;
    if (has_begun && outbox->evicted == NULL && buffer_len(&outbox->backlog) > 0)
        (void)send_waiting_locked(outbox, NULL, 0, deadline);
    const char *why = memory_is_over(&outbox->holding) ? MEMORY_OVER : outbox->evicted;
    pthread_mutex_unlock(&outbox->lock);
    return why;
}
