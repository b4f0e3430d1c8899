/*
 * Lesson 2: what is in those bytes
 *
 *     BYTES → REQUEST → FRAMES → MESSAGES → room
 *
 * A strict WebSocket server that sends every message back: text as text, binary as binary.
 *
 * Each client has a thread of its own, and serve() is what that thread does: a conversation, written
 * down in the order in which it happens. The clients share nothing here, so there is no lock in this
 * file. Read on in conn.c, how a message is received and sent, and in threads.c and worker.c, where
 * the threads come from.
 */
#include "server.h"
#include "page.h" /* page.html as an array, made by the Makefile */

/* One client, from its handshake to its goodbye. */
static void serve(struct conn *conn)
{
    struct conn_message message;
    if (!conn_accept(conn)) /* 101 */
        return;
    while (conn_receive(conn, &message)) /* waits; false: the conversation is over */
        conn_send(conn, message.type, message.data, message.len);
}

static const struct page pages[] = {{"/", HTML, page_html, sizeof page_html, NULL}, {.path = NULL}};
static const struct route routes[] = {{ANY_PATH, serve, "echo"}};
static struct server echo = {
    .command_line = {"lesson02_frames", OPTIONS_MESSAGES, NULL}, .pages = pages, .routes = routes};

int main(int argc, char **argv)
{
    int status;
    if (process_start(&echo, argc, argv,
                      &status)) /* options, signals, socket(), bind(), listen() */
        threads_run(&echo);     /* accept() and a thread for each client, until Ctrl-C */
    return status;
}
