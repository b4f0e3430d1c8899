/*
 * client - one client, from its first byte to the last: the request, its page or its WebSocket
 *
 *     BYTES → REQUEST → FRAMES → messages → room
 */
#ifndef LESSON02_CLIENT_H
#define LESSON02_CLIENT_H

#include "server.h"

/* Serves the client to its end, in the thread of the caller; only net_close() is left to be done. */
void client_serve(const struct client *client, const struct server *server);

#endif
