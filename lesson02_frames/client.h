/*
 * client - one client, from its first byte to the last: the request, its page or its WebSocket
 *
 *     BYTES → REQUEST → FRAMES → messages → room
 */
#ifndef LESSON02_CLIENT_H
#define LESSON02_CLIENT_H

#include "places.h"
#include "server.h"

/* Serves the client to its end, in the thread of the caller; only places_leave() and net_close() are
 * left to be done. */
void client_serve(const struct client *accepted, struct place *place, const struct server *server);

#endif
