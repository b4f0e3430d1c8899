/*
 * own - a page sees the frames of its own connection, and of no other
 *
 *     bytes → request → FRAMES → messages → room
 *
 * A browser shows a page whole messages only; the server sees the frames. So a page makes up a token that
 * nobody can guess, and opens two WebSockets: /?watch=TOKEN, where it is a client like any other, and
 * /own?watch=TOKEN, which gets a text message for each thing that is seen of clients with this very
 * token: an object as feed.h has them. Without a token there is nothing to watch: 403. What a watcher
 * sends is ignored.
 *
 * Nobody writes to another thread's socket. The client's thread puts the object into the queue of each
 * watcher that has its token, and wakes that watcher's thread through a pipe. That thread sends it. The
 * queue is bounded: what does not go in is not shown, and counted. A client without a token pays nothing
 * for all this, one with a token that nobody watches a look at a list for each read.
 *
 * The locks of memory.c and logger.c are not taken with this file's held, nor this one with theirs.
 */
#ifndef LESSON02_OWN_H
#define LESSON02_OWN_H

#include "server.h"

extern const struct watching own_watching;

/* The token in the target's query, "watch=" and 32 hexadecimal digits, as a C string; or NULL. */
#define OWN_TOKEN_LEN 32
const char *own_token(const struct http_request *request, char token[OWN_TOKEN_LEN + 1]);

#endif
