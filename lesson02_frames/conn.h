/*
 * conn - one client, as blocking calls: receive a message, send one, say goodbye
 *
 *     bytes → request → FRAMES → MESSAGES → room
 *
 * A connection belongs to one thread, its owner: that of the route's serve() function. The owner calls
 * everything here, and may wait for its client as long as it likes, since nobody waits for it. When
 * the server stops, whatever the owner waits for ends: it says goodbye to its client itself.
 *
 *     if (conn_accept(conn))
 *         while (conn_receive(conn, &message))
 *             conn_send(conn, message.type, message.data, message.len);
 *
 * What is sent is collected, and goes out together before the owner waits for more ("flush before you
 * block"): the answers to a hundred small messages that came at once cost one system call, not a
 * hundred.
 */
#ifndef LESSON02_CONN_H
#define LESSON02_CONN_H

#include "message.h"
#include "opening.h"

struct conn;

struct conn_message {
    enum ws_opcode type; /* WS_TEXT or WS_BINARY */
    unsigned char *data; /* may be changed */
    size_t len;          /* bytes */
};

/* Answers the handshake with 101. False if the client has gone. */
bool conn_accept(struct conn *conn);

/* Waits for the next whole message: it is good until conn_receive() or conn_has_more() is called
 * again. Pings are answered meanwhile. False: the conversation is over, for whatever reason, and
 * nothing is left to do but to return. */
bool conn_receive(struct conn *conn, struct conn_message *message);

/* Has the next message come already, so that conn_receive() will not wait? */
bool conn_has_more(struct conn *conn);

/* Sends a message, or a ping or pong, behind all that was sent before; the data are copied or sent
 * before this returns. If the client does not take it, conn_receive() will say that it is over. */
void conn_send(struct conn *conn, enum ws_opcode type, const void *data, size_t len);

/* What has been sent goes out now, and not only before the owner waits. */
void conn_flush(struct conn *conn);

/* Ends the conversation with a code that may be sent (RFC 6455 §7.4) and a reason in words, a
 * constant: conn_receive() returns false from now on. The first reason counts. */
void conn_close(struct conn *conn, uint16_t code, const char *reason);

/* The reason that goes with 1011 when there is no memory. */
#define CONN_NO_MEMORY "the server is out of memory (RFC 6455 §7.4.1)"

/* Ends the conversation without a word: the client takes nothing. The reason, a constant, goes to the
 * log. */
void conn_evict(struct conn *conn, const char *why);
bool conn_is_evicted(const struct conn *conn);

const struct client *conn_client(const struct conn *conn);
const struct options *conn_options(const struct conn *conn);

/* ---------------------------------------------------- not used in this lesson: another way out */

/* How bytes get to the client: sends all the parts, in order, and waits for the socket if need be.
 * False if that is not possible. Changes parts. The first time it is the answer to the handshake, later
 * whole frames; it tells --trace of both: opening_trace_answer(), observer_log(). Others than the owner
 * write to this socket, too? Then a writer can see to it that no frame comes to stand in the middle of
 * another. */
typedef bool conn_writer(void *data, struct iovec *parts, size_t count);

/* From now on the writer is called with data; NULL: the socket is written to directly, as at first. */
void conn_set_writer(struct conn *conn, conn_writer *writer, void *data);

/* Somebody else than --trace who may want to see the client's frames, see observer.h; NULL: nobody. */
struct observer;
void conn_set_observer(struct conn *conn, const struct observer *observer);

/* conn_receive() sleeps at once when there are no bytes, and does not look a few times before: where
 * messages are gathered, the longer all sleep, the more goes together. */
void conn_sleep_at_once(struct conn *conn);

/* Something else to do while conn_receive() sleeps, see input.h; NULL: nothing, as at first. */
struct waker;
void conn_set_waker(struct conn *conn, const struct waker *waker);

/* ------------------------------------------------------------------------------- for client.c */

/* A connection whose handshake is good; answer is the 101 that conn_accept() will send. *early has
 * the bytes that came behind the request's head, and is empty afterwards. NULL without memory. */
struct conn *conn_new(const struct client *client, const struct options *options,
                      const char *answer, size_t answer_len, struct buffer *early);

/* Says goodbye in the way that fits how the conversation has ended, and writes that into the log. The
 * socket is left to be closed. */
void conn_goodbye(struct conn *conn);
void conn_free(struct conn *conn);

#endif
