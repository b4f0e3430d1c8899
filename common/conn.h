/*
 * conn - one client: its socket, its buffers, its read loop, its ordered writes
 *
 *     BYTES → REQUEST → FRAMES → MESSAGES → room
 *
 * Roles. One thread owns the connection: it runs conn_serve(), reads alone, calls the handlers, and
 * in the end closes the socket. It may wait for its client as long as it likes, since nobody waits
 * for it. Other threads may hand the client something with conn_post(), or end the connection with
 * conn_go_away(); neither ever waits (see outbox.h), so they may be called with a lock held that
 * others need. Each function below says who may call it: "owner" or "anyone". Anyone must be sure
 * that the connection still exists: its handlers->close has not returned, or server.c says so.
 *
 * The owner collects the replies to everything that one read has brought and sends them together,
 * before it waits for more ("flush before you block"): a hundred small messages that came at once
 * cost one system call, not a hundred.
 */
#ifndef COMMON_CONN_H
#define COMMON_CONN_H

#include <stdatomic.h>

#include "message.h"
#include "opening.h"
#include "options.h"
#include "outbox.h"

struct conn;
struct service;
struct trace_frame;

/* What makes one server different from another. A handler may be NULL. All are called by the owner
 * of the connection, and never two at a time for the same connection. */
struct handlers {
    int lesson;       /* which command line it has: 1, 2 or 3 */
    const char *name; /* for --version and --help */

    const unsigned char *page; /* answered to GET /, or to GET path */
    size_t page_len;
    const char *subprotocol; /* spoken if offered; or NULL */

    /* Clients that ask for the path of `other` are served by those handlers, not by these. Of them,
     * only page, subprotocol, open, message, pause, close and behind count. */
    const struct handlers *other;
    const char *path;

    /* Before the first client, and after the last: start returns false if it cannot. */
    bool (*start)(const struct options *options);
    void (*stop)(void);

    /* The handshake is right, and the client is about to be told. What is sent or posted to it from
     * now on goes out behind the answer. */
    void (*open)(struct conn *conn);

    /* A whole message. The data are good, and may be changed, until the handler returns. */
    void (*message)(struct conn *conn, enum ws_opcode type, unsigned char *data, size_t len);

    /* All that has arrived so far has been handed over; the owner is about to wait for more. */
    void (*pause)(struct conn *conn);

    /* The last call for this connection. When it returns, nobody may post to it any more. */
    void (*close)(struct conn *conn);

    /* Called without a lock held when the owner has left bytes in the backlog: somebody must call
     * conn_flush() once the socket is writable. If NULL, the owner stays until it is empty. */
    void (*behind)(struct conn *conn);

    /* As long as *watchers, which may change at any time, is not 0: a frame of the client's has come,
     * good or bad, or one of ours goes out to it (frames posted are not told: whoever posts them
     * knows them). Called by anyone, perhaps with locks held: it must not wait for a client. */
    const atomic_size_t *watchers;
    void (*frame)(const struct conn *conn, const struct trace_frame *frame);

    /* GET of another path than /: write JSON into body and return its length, or 0 for 404. */
    size_t (*get)(const struct service *service, struct http_text path, char *body, size_t size);
};

/* What all connections of a server share. */
struct service {
    const struct handlers *handlers; /* never changed while there are threads */
    const struct options *options;
    int64_t started; /* net_now() */

    atomic_size_t clients;          /* WebSocket connections open */
    atomic_uint_least64_t messages; /* received */
    atomic_uint_least64_t evicted;  /* clients that were too slow or silent */
};

/* ----------------------------------------------------------------------------- for server.c */

/* Takes over the client's socket. NULL, and the socket is still the caller's, without memory. */
struct conn *conn_new(const struct client *client, struct service *service);

/* Owner: serves the client from its first byte to the end. */
void conn_serve(struct conn *conn);

/* Owner, when nobody else can reach it any more: closes the socket and gives all memory back. */
void conn_free(struct conn *conn);

/* Anyone: the server stops. Sends 1001, or ends a connection that is not a WebSocket yet. */
void conn_go_away(struct conn *conn);

/* Anyone: ends the connection at once, without a word. */
void conn_end(struct conn *conn);

/* ----------------------------------------------------------------------------- for handlers */

/* Owner: sends a message, after all it has sent before; data are copied or sent before this
 * returns. If the client does not take it, the connection ends and the handlers learn it by close. */
void conn_send(struct conn *conn, enum ws_opcode type, const void *data, size_t len);

/* Owner, after the handshake: what it has sent goes out now, in front of all that is posted later;
 * else it goes out before the owner waits for more. */
void conn_send_now(struct conn *conn);

/* The reason that goes with 1011 when there is no memory. */
#define CONN_NO_MEMORY "the server is out of memory (RFC 6455 §7.4.1)"

/* Owner: says goodbye after the handler has returned, with a code that may be sent (§7.4). */
void conn_close(struct conn *conn, uint16_t code, const char *reason);

/* Anyone: hands over whole frames, as ws_frame_encode() makes them, without waiting. A client
 * whose backlog would exceed --max-backlog is evicted. */
enum outbox_result conn_post(struct conn *conn, const unsigned char *frames, size_t len);

/* Anyone: sends what it can of the backlog without waiting. */
enum outbox_result conn_flush(struct conn *conn);

/* Anyone. */
int conn_socket(const struct conn *conn);           /* to wait for, not to read or write */
unsigned long conn_number(const struct conn *conn); /* as in the log */
const char *conn_address(const struct conn *conn);  /* of the client, for people */

/* Anyone: how many clients the server has just now. */
size_t conn_clients(const struct conn *conn);

/* A pointer that belongs to the handlers; set it in open. */
void conn_set_data(struct conn *conn, void *data);
void *conn_data(const struct conn *conn);

#endif
