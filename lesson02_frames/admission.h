/*
 * admission - who is let in when something is short: places, descriptors, threads
 *
 *     BYTES → request → frames → messages → room
 *
 * A server that is full, or out of descriptors, should say so: a client that is just not accepted
 * waits in a queue and learns nothing, and a loop around an accept() that fails would spin.
 */
#ifndef LESSON02_ADMISSION_H
#define LESSON02_ADMISSION_H

#include "listener.h"

/* Call it before clients come. False if that is not possible. */
bool admission_open(void);

/* listener_accept(), which goes on when there are no descriptors left: a client that cannot have one
 * is told 503. False: the server stops. Called by one thread only. */
bool admission_accept(struct listener *listener, struct client *client);

/* Answers 503 to a client that cannot be served, and closes its socket. Never waits: one thread does
 * that for all who are refused. The reason goes to the log. */
void admission_refuse(const struct client *client, const char *why);

/* The places for WebSocket clients, --max-clients of them, and those for who only watches: takes one;
 * false if all are taken. */
enum place { PLACE_CLIENT, PLACE_WATCHER, PLACE_KINDS };
bool admission_take_place(enum place kind, size_t places);
void admission_give_place_back(enum place kind);
size_t admission_places_taken(enum place kind);

#endif
