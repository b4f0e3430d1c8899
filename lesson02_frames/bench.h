/*
 * bench - bytes that a page has put together go to this very server, as a client's would
 *
 *     bytes → request → FRAMES → messages → room
 *
 * A browser makes its frames itself, and only good ones. So the page at /bench (bench_page.html) opens a
 * WebSocket at /bench and says there, in binary messages, which bytes it wants to be sent. The bench
 * opens a connection to this server itself (loopback.h), shakes hands at /, sends the bytes, and tells
 * what comes back. A message to the bench begins with a letter:
 *
 *     'P' pieces         play: each piece is its length in 4 bytes, highest first, and so many bytes.
 *                        They are what follows the handshake; each piece is a send() of its own.
 *     'Q' question       ask the class to guess (vote.h)
 *     'V' number choice  vote: the number of the question in 4 bytes, highest first, and the choice in 1
 *     'E'                the vote ends
 *     '?'                how does the vote stand?
 *
 * What it answers are text messages, a JSON object each. To 'P', as it happens:
 *
 *     {"event":"open","port":40312}        shaken hands; in the log, the connection has this port
 *     {"event":"sent","at":0,"len":5}      a piece has gone out; at: bytes before it
 *     {"event":"bytes","hex":"8105..."}    that the server has sent
 *     {"event":"silent"}                   nothing came for a while; the bench ends its side (FIN)
 *     {"event":"end","how":"closed"}       or "reset"; "limit": BENCH_ANSWER_MAX or BENCH_TIME_MAX is
 *                                          reached; "stopped": the server stops
 *     {"event":"refused","why":"plan"}     nothing was played: "plan" is no row of pieces, or too long;
 *                                          "busy": BENCH_PLAYS_MAX play just now; "connect"; "answer":
 *                                          no 101, for instance since the server is full
 *
 * To all others how the vote stands: see vote_write().
 *
 * What keeps it safe: a page from elsewhere is refused as at any path (Origin, RFC 6455 §10.2). The
 * connection leads to this server only, its request is the bench's own, for /, and nothing of a plan is
 * sent before the 101: so a plan cannot reach another path, the bench itself included. All is bounded as
 * below, and the log says of each play that it is the bench's.
 */
#ifndef LESSON02_BENCH_H
#define LESSON02_BENCH_H

#include "conn.h"

#define BENCH_PLAN_MAX   (128 * 1024) /* bytes of a plan */
#define BENCH_PIECES_MAX 64
#define BENCH_ANSWER_MAX (256 * 1024) /* bytes that are told of what comes back, or little more */
#define BENCH_TIME_MAX   8000         /* milliseconds for a play */
#define BENCH_PLAYS_MAX  16           /* at the same time */
#define BENCH_PAUSE      40  /* milliseconds between pieces: else one read would bring both */
#define BENCH_SILENCE    800 /* milliseconds without a byte */

/* Serves a page that is at the bench. */
void bench_serve(struct conn *conn);

#endif
