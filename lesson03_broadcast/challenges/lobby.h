/*
 * lobby - one room for the whole server, as handlers: what lesson 3's server.c writes out
 *
 *     bytes → request → frames → messages → ROOM
 *
 * For a server in which everyone is in the same room: name the six handlers in its struct handlers,
 * and let its message handler say with lobby_say() what all shall hear.
 */
#ifndef CHALLENGES_LOBBY_H
#define CHALLENGES_LOBBY_H

#include "server.h"

/* Owner: everyone in the room gets the message, the one who says it too. Without memory, that one
 * is sent away with 1011. */
void lobby_say(struct conn *conn, enum ws_opcode type, const void *data, size_t len);

/* Anyone: the same, of what no client of this server has said. Without memory, nobody gets it. */
void lobby_tell(enum ws_opcode type, const void *data, size_t len);

/* Handlers with the six below, the challenges' page, and what shall happen when a message comes. */
struct handlers lobby_handlers(const char *name, void (*message)(struct conn *, enum ws_opcode,
                                                                 unsigned char *, size_t));

/* The handlers, see conn.h. */
bool lobby_start(const struct options *options);
void lobby_stop(void);
void lobby_open(struct conn *conn);
void lobby_pause(struct conn *conn);
void lobby_behind(struct conn *conn);
void lobby_close(struct conn *conn);

#endif
