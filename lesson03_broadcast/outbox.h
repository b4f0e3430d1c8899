/*
 * outbox - what goes out to one client, in order, from several threads
 *
 *     bytes → request → FRAMES → messages → room
 *
 * Roles. The owner is the one thread that serves the client: it may wait for the client, since no
 * thread waits for it. "Anyone" else hands frames over with outbox_post(), which never waits: what
 * the socket does not take stays in the backlog. If that exceeds its limit, the client is evicted.
 *
 * Order. Frames posted go out in the order in which they were posted, and none stands in the middle of
 * another: while the owner sends, and until it has sent the answer to the handshake, all go to the backlog.
 */
#ifndef LESSON03_OUTBOX_H
#define LESSON03_OUTBOX_H

#include <pthread.h>

#include "buffer.h"
#include "listener.h"
#include "memory.h"
#include "pace.h"

struct outbox {
    const struct client *client; /* these three do not change */
    size_t max_backlog;          /* bytes */
    int64_t patience;            /* milliseconds for a client that takes nothing */

    pthread_mutex_t lock; /* held for a moment only, never while waiting */
    /* lock must be held when using these */
    struct buffer backlog; /* frames for which the socket had no room */
    bool owner_sending;    /* a frame, or has not sent the 101 yet */
    size_t in_hand;        /* bytes of a backlog that the owner has taken and is sending */
    struct pace pace;      /* how fast the backlog shrinks, since it began */
    struct holding holding;
    int64_t flushed;     /* bytes that have gone from it to the socket */
    const char *evicted; /* why, or NULL */
};

/* What became of frames. */
enum outbox_result {
    OUTBOX_SENT,   /* the socket has them, or the owner will send them */
    OUTBOX_BEHIND, /* some wait in the backlog for outbox_flush() */
    OUTBOX_GONE,   /* nothing can be sent any more: the owner is about to see that */
};

void outbox_init(struct outbox *outbox, const struct client *client, size_t max_backlog,
                 int64_t patience);
void outbox_destroy(struct outbox *outbox);

/* Anyone: hands over whole frames. */
enum outbox_result outbox_post(struct outbox *outbox, const unsigned char *frames, size_t len);

/* Anyone: sends what the socket takes of the backlog; errno as net_send_now() sets it. A client
 * that has taken nothing of it for as long as patience says is evicted. */
enum outbox_result outbox_flush(struct outbox *outbox);

/* Owner: sends whole frames, which may lie in several parts, and waits for the socket if need be, but
 * never longer than patience without progress. Changes parts. The first time, they go out before
 * everything that has been posted; later, behind it. */
enum outbox_result outbox_write(struct outbox *outbox, struct iovec *parts, size_t count);

/* Owner, when nobody posts any more: sends the backlog, and waits for that at most until the
 * deadline. Returns why the client was evicted, or NULL. */
const char *outbox_finish(struct outbox *outbox, int64_t deadline);

/* Anyone: how many bytes wait for a client that takes them; a third while that is not known; else 0. */
size_t outbox_waiting(struct outbox *outbox);

#endif
