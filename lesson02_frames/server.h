/*
 * server - what makes one server different from another
 *
 *     BYTES → REQUEST → FRAMES → MESSAGES → room
 *
 * A whole server in twenty lines:
 *
 *     static void serve(struct conn *conn)
 *     {
 *         struct conn_message message;
 *         if (!conn_accept(conn))
 *             return;
 *         while (conn_receive(conn, &message))
 *             conn_send(conn, message.type, message.data, message.len);
 *     }
 *
 *     static const struct route routes[] = {{ANY_PATH, serve, NULL}};
 *     static struct server echo = {.command_line = {"echo", OPTIONS_MESSAGES, NULL}, .routes = routes};
 *
 *     int main(int argc, char **argv)
 *     {
 *         int status;
 *         if (process_start(&echo, argc, argv, &status))
 *             threads_run(&echo);
 *         return status;
 *     }
 */
#ifndef LESSON02_SERVER_H
#define LESSON02_SERVER_H

#include "conn.h"

/* Who serves the WebSockets of a path. serve() is called in the thread of the client, with a good
 * handshake that is not answered yet: conn_accept() does that. When serve() returns, the goodbye is
 * said and the connection closed. A table of routes ends with the one for ANY_PATH. */
struct route {
    const char *path;
    void (*serve)(struct conn *conn);
    const char *subprotocol; /* spoken if the client offers it; or NULL */
};
#define ANY_PATH NULL

/* A handshake and its answer, for those who watch. */
struct handshake_seen {
    struct http_text request, answer; /* heads; the request's as far as it has come */
    int status;                       /* of the answer */
};

/* Who only watches: not everybody may, and it takes no place of a client's. */
struct watching {
    const struct route *routes; /* the table ends with a row without a path */
    size_t places;              /* for watchers at the same time */
    enum http_outcome (*admit)(const struct client *client, const struct http_request *request,
                               const struct options *options); /* HTTP_OK, or the refusal */
    /* A client is about to get its answer. Called in the client's thread, must not wait. */
    void (*see_handshake)(const struct client *client, const struct handshake_seen *seen);
    const struct observer *observer; /* of all clients; NULL: serve() may name one */
};

struct server {
    /* what it is */
    struct options_spec command_line;
    const struct page *pages; /* what GET gets; NULL for none */
    const struct route *routes;
    const struct watching *watching; /* or NULL: nobody does */

    /* filled in by process_start(), and never changed once there are threads */
    struct options options;
    struct listener listener;
};

/* The command line, the limits of the process, signals, the listening socket. False if the program is
 * to end now, with *status; else *status is that of an orderly end, 0. */
bool process_start(struct server *server, int argc, char **argv, int *status);

/* Says on stderr why the server cannot start; returns the exit status for that. */
int process_fail(const char *why);

/* Accepts clients and serves each in a thread of its own, until SIGINT or SIGTERM; then says goodbye
 * to all of them. */
void threads_run(struct server *server);

#endif
