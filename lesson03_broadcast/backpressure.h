/*
 * backpressure - who says more than the others can take waits for them
 *
 *     bytes → request → frames → messages → ROOM
 *
 * One client may say a hundred megabytes a second; another may read one. What it has not read yet waits
 * in its backlog, and over --max-backlog it would be evicted, although it reads all the time. So the
 * thread of the one who speaks waits until the other has caught up: it does not read from its client
 * meanwhile, and TCP makes that one wait in its turn. Nobody waits with a lock held.
 *
 * Who says little does not wait: each may say a share of the backlog without asking. Those who say much
 * wait for each other: one at a time, so that each has its turn. And nobody waits for those that do not
 * read at all: they are evicted as before.
 */
#ifndef LESSON03_BACKPRESSURE_H
#define LESSON03_BACKPRESSURE_H

#include "room.h"

/* One for a room. What waits now is not looked up with each message: it is at most what waited when it was
 * measured, and all that has been said since. */
struct backpressure {
    struct room *room;    /* does not change */
    pthread_mutex_t lock; /* room.lock is taken while it is held, never the other way round */
    /* lock must be held when using these */
    size_t waiting; /* bytes, for the member furthest behind that reads steadily, when measured */
    uint64_t delivered;         /* of room_counts(), then */
    size_t members;             /* in the room then */
    size_t promised;            /* bytes that are about to be said */
    const struct speaker *next; /* of those who wait, the one whose turn it is; or NULL */
    int64_t next_since;         /* its turn has been */
};

/* The part of one owner. */
struct speaker {
    struct backpressure *backpressure;
    size_t unpaid; /* bytes said since it last found that nobody was behind */
};

/* Owner: its client is about to say a message of so many bytes. Waits until there is room for it. False if
 * the client has gone meanwhile: then it is not said. Else who floods and goes would not have to wait. */
bool speaker_begin(struct speaker *speaker, const struct conn *conn, size_t len);

/* Owner: it has been said. */
void speaker_end(struct speaker *speaker, size_t len);

#endif
