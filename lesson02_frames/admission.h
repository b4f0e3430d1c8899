/*
 * admission - who is let in when something is short: descriptors, threads, memory
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

/* listener_accept(), for which there is always a place, and which goes on when there are no descriptors
 * left: whoever is longest in its head gives way (places.h). If nobody is, the client is told 503.
 * False: the server stops. Called by one thread only. */
bool admission_accept(struct listener *listener, struct client *client);

/* Answers 503 to a client that cannot be served, and closes its socket. Never waits: one thread does
 * that for all who are refused. The reason goes to the log. */
void admission_refuse(const struct client *client, const char *why);

#endif
