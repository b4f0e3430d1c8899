/*
 * members - the list of the clients in a room, and its mutex
 *
 *     bytes → request → frames → messages → ROOM
 *
 * The threads of all clients use this list: each puts its own client in and takes it out, and each goes
 * through it to send. So each holds its lock meanwhile. What the lock guards is written beside it.
 */
#ifndef LESSON03_MEMBERS_H
#define LESSON03_MEMBERS_H

#include <poll.h>

#include "outbox.h"

/* One client in the list. It belongs to the client's thread, and lies on that thread's stack. */
struct member {
    _Alignas(64) struct outbox outbox; /* has its own lock, and cache lines: others use it */
    struct room *room;                 /* in which it is; does not change */
    /* members.lock must be held when using these */
    bool behind;                 /* bytes wait in its outbox, until somebody flushes it */
    struct member *next, **link; /* *link is the pointer that points here */
};

struct members {
    pthread_mutex_t lock;
    /* lock must be held when using these; a member that is found here may be used only while it is */
    struct member *first, **end; /* *end is the NULL behind the last; newcomers go there */
    size_t count;
};

void members_init(struct members *members);
void members_destroy(struct members *members);

/* As soon as this has returned, the member gets all that is sent. Its outbox must be ready. */
void members_join(struct members *members, struct member *member);

/* When this returns, nobody can reach the member any more. */
void members_leave(struct members *members, struct member *member);

/* Sends whole frames to every member, the same bytes to each. True if somebody is behind now who was
 * not before: members_flush() is to be called when such a socket takes bytes again. */
bool members_send(struct members *members, const unsigned char *frames, size_t len);

/* Notes that bytes wait in this member's outbox. True if none did before. */
bool members_set_behind(struct members *members, struct member *member);

/* Sends to all that are behind what their sockets take. False if the system has no memory left. */
bool members_flush(struct members *members);

/* Fills set with the sockets of those that are behind, but no more than most: for poll(), to wait
 * until they take bytes. Returns how many. */
size_t members_behind(struct members *members, struct pollfd *set, size_t most);

size_t members_count(struct members *members);

#endif
