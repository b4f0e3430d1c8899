/*
 * Lesson 2: what is in those bytes
 *
 *     BYTES → REQUEST → FRAMES → MESSAGES → room
 *
 * A strict WebSocket server that sends every message back: text as text, binary as binary.
 *
 * Each client has a thread of its own, which runs serve(). Read on in conn.c, then in threads.c.
 */
#include "server.h"
#include "bench.h"
#include "bench_page.h"
#include "own.h"
#include "page.h" /* each page is an array, made by the Makefile */

/* One client, from its handshake to its goodbye. */
static void serve(struct conn *conn)
{
    struct conn_message message;
    if (!conn_accept(conn)) /* 101 */
        return;
    while (conn_receive(conn, &message)) /* waits; false: the conversation is over */
        conn_send(conn, message.type, message.data, message.len);
}

static const struct page pages[] = {{"/", HTML, page_html, sizeof page_html, NULL},
                                    {"/bench", HTML, bench_page_html, sizeof bench_page_html, NULL},
                                    {.path = NULL}};
static const struct route routes[] = {{"/bench", bench_serve, NULL}, {ANY_PATH, serve, "echo"}};
static struct server echo = {.command_line = {"lesson02_frames", OPTIONS_MESSAGES, NULL},
                             .pages = pages,
                             .routes = routes,
                             .watching = &own_watching};

int main(int argc, char **argv)
{
    int status;
    if (process_start(&echo, argc, argv, &status)) /* options, signals, listen() */
        threads_run(&echo); /* accept() and a thread for each client, until Ctrl-C */
    return status;
}
