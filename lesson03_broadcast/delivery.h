/*
 * delivery - the room's own thread, which delivers what no owner has time for
 *
 *     bytes → request → frames → messages → ROOM
 *
 * It waits for two things: to be woken, because messages came in while an owner was delivering; and for
 * the sockets of the members that are behind, to send from their backlogs when they take bytes again.
 */
#ifndef LESSON03_DELIVERY_H
#define LESSON03_DELIVERY_H

#include "members.h"

struct delivery { /* does not change while the thread runs */
    struct members *members;
    void (*deliver)(void *data); /* what the thread does when it has been woken */
    void *data;
    pthread_t thread;
    int wake_pipe[2]; /* a byte in it wakes the thread; the end of it ends the thread */
};

/* Starts the thread, with the first three filled in. False if that cannot be done. */
bool delivery_start(struct delivery *delivery);

/* Ends it, when there are no members any more and nobody wakes it. */
void delivery_stop(struct delivery *delivery);

/* The thread itself, between two deliveries: sends to those who are behind, who must not wait until all is
 * said. If there is more to deliver, it then leaves the processor to those who are about to speak: what
 * they say goes out with the rest, and a system call for a member carries more messages. */
void delivery_pause(struct delivery *delivery, bool has_more);

/* Anyone: there is something to do. Never waits. */
void delivery_wake(struct delivery *delivery);

#endif
