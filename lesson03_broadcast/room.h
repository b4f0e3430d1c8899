/*
 * room - many messages in one delivery, in one order that is the same for all
 *
 *     bytes → request → frames → messages → ROOM
 *
 * members_send() alone would be a room. But where a hundred clients speak at the same time, it would
 * make a hundred system calls for each message. So a message first goes into the queue, and the
 * thread that delivers takes all that has gathered there: many messages, one system call a member.
 *
 * Roles, and who may wait for what:
 *
 *   owner             the thread of a client. It puts its client's messages into the queue with
 *                     room_say(), and delivers the queue with room_deliver() before it waits for
 *                     more. An owner that finds another thread delivering leaves its messages to it.
 *   delivery thread   one thread of the room's own. It delivers what came in while an owner did, so
 *                     that none has to go on; and sends backlogs when sockets take bytes again.
 *
 * Nobody ever waits for a client with a lock held. Every member gets every message, its own included;
 * a member that does not read gets it late or, with more than --max-backlog bytes waiting, is evicted.
 *
 * Locks, in the order in which they are taken: `order` in xray.c or backpressure.lock, room.lock,
 * members.lock, outbox.lock, then one of those of memory.c, tracefile.c and logger.c. (room.lock is
 * released before members.lock is taken.) No other lock, such as own.c's, is held with another.
 */
#ifndef LESSON03_ROOM_H
#define LESSON03_ROOM_H

#include "conn.h"
#include "delivery.h"
#include "members.h"

struct room_counts {
    uint64_t said, delivered; /* bytes ever put into the queue, and ever delivered */
    uint64_t messages;        /* said so far */
    uint64_t evicted;         /* members that were too slow or too silent */
};

struct room {
    struct members members;
    struct delivery delivery;

    pthread_mutex_t lock;
    /* lock must be held when using these */
    struct buffer queue;   /* whole frames, in the order in which they go to everyone */
    struct buffer emptied; /* an empty one, the next queue while this is in flight */
    struct room_counts counts;
    bool is_delivering;     /* one thread is, or is about to: the order is the same for all */
    bool is_handed_over;    /* ... and that is the delivery thread */
    pthread_cond_t changed; /* the queue has been taken away, or a delivery is done */
};

/* Makes an empty room and starts its delivery thread. False if that cannot be done. */
bool room_open(struct room *room);

/* Ends the delivery thread. Call this when no members are left. */
void room_close(struct room *room);

/* Owner: the client is in, and gets all that is delivered from now on, behind its 101. */
void room_join(struct room *room, struct member *member, struct conn *conn);

/* Owner: the client is out. What it has said before is delivered first, to itself too; when this
 * returns, nobody else can reach the member or writes to the client. */
void room_leave(struct room *room, struct member *member, struct conn *conn);

/* Anyone: a message for everyone goes into the queue. May wait for a delivery to end when the queue is
 * full. False without memory: the message is lost. */
bool room_say(struct room *room, enum ws_opcode type, const void *data, size_t len);

/* Anyone: the same, but never waits: if the queue is full, or without memory, the message is lost; else
 * the delivery thread will deliver it. */
bool room_offer(struct room *room, enum ws_opcode type, const void *data, size_t len);

/* Owner: delivers the queue, unless somebody is doing it already. */
void room_deliver(struct room *room);

/* Anyone. */
struct room_counts room_counts(struct room *room);

#endif
