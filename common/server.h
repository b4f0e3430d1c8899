/*
 * server - options, listening, a thread for each connection, an orderly stop
 *
 *     BYTES → request → frames → messages → room
 *
 * A whole server in twenty lines:
 *
 *     static void on_message(struct conn *conn, enum ws_opcode type, unsigned char *data, size_t len)
 *     {
 *         conn_send(conn, type, data, len);
 *     }
 *
 *     static const struct handlers echo = {.lesson = 2, .name = "echo", .message = on_message};
 *
 *     int main(int argc, char **argv)
 *     {
 *         return server_run(&echo, argc, argv);
 *     }
 */
#ifndef COMMON_SERVER_H
#define COMMON_SERVER_H

#include "conn.h"

/* Runs until SIGINT or SIGTERM; returns the exit status: 0 after a signal or --help, 1 if the
 * server cannot start, 2 for a mistake in the command line. Call it once, from main(). */
int server_run(const struct handlers *handlers, int argc, char **argv);

/* Prints where the server listens, on stdout: the one line that says it is ready. */
void server_print_ready(const struct net_listeners *listeners, const char *host);

#endif
