/*
 * outbox - what goes out to one client, in order, from several threads
 *
 *     bytes → request → FRAMES → messages → room
 *
 * Roles. The owner is the one thread that serves the client: it may wait for it, since nobody waits
 * for the owner. All others, "anyone", hand their frames over with outbox_post(), which never waits:
 * what the socket does not take at once stays in the backlog. A client that does not read so long
 * that its backlog would exceed the bound is evicted.
 *
 * Order. Frames posted go out in the order in which they were posted, and no frame ever stands in
 * the middle of another: while the owner is half through with its own, whatever is posted goes to
 * the backlog behind it.
 */
#ifndef COMMON_OUTBOX_H
#define COMMON_OUTBOX_H

#include <pthread.h>

#include "buffer.h"
#include "net.h"

struct outbox {
    int fd; /* these four do not change */
    size_t max_backlog;
    int64_t patience;  /* milliseconds that the owner waits for a client that takes nothing */
    bool owner_drains; /* there is nobody else to see to the backlog */

    pthread_mutex_t lock; /* held for a moment only, never while waiting */
    /* lock must be held when using these */
    struct buffer backlog; /* frames for which the socket had no room */
    bool owner_sending;    /* in the middle of it, or before the beginning */
    size_t in_hand;        /* bytes of a backlog that the owner has taken and is sending */
    bool closed;           /* the last frame is out, or on its way: nothing may follow */
    const char *evicted;   /* why, or NULL */
};

/* What became of frames. */
enum outbox_result {
    OUTBOX_SENT,   /* they are with the socket, or the owner will see to them */
    OUTBOX_BEHIND, /* some wait in the backlog for outbox_flush() */
    OUTBOX_GONE,   /* nothing can be sent any more: the owner is about to see that */
};

/* The outbox begins shut: whatever is posted waits in the backlog, behind what the owner has to say
 * first (the answer to the handshake). False if there is no lock to be had. */
bool outbox_init(struct outbox *outbox, int fd, size_t max_backlog, int64_t patience,
                 bool owner_drains);
void outbox_destroy(struct outbox *outbox);

/* Owner: from now on frames may go out. */
enum outbox_result outbox_open(struct outbox *outbox);

/* Anyone: hands over whole frames. is_last: nothing may follow them. */
enum outbox_result outbox_post(struct outbox *outbox, const unsigned char *frames, size_t len,
                               bool is_last);

/* Anyone: sends what the socket takes of the backlog. */
enum outbox_result outbox_flush(struct outbox *outbox);

/* Anyone: why the client was evicted, or NULL. */
const char *outbox_evicted(struct outbox *outbox);

/* Owner: sends whole frames, which may lie in several parts, and waits for the socket if need be,
 * but never longer than patience without progress; for the last frames, never longer than that in
 * all. Changes parts. Nothing is sent after the last frames: if others have posted those already,
 * only the backlog goes out, and that is no failure. */
enum outbox_result outbox_write(struct outbox *outbox, struct iovec *parts, size_t count,
                                bool is_last);

#endif
