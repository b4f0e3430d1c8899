/*
 * Lesson 2: what is in those bytes
 *
 *     BYTES → REQUEST → FRAMES → MESSAGES → room
 *
 * A strict WebSocket server that sends every message back: text as text, binary as binary. Frames
 * are read in common/frame.c, put together in common/message.c, and each client has a thread of its
 * own, see common/server.c and common/conn.c. What is left for a server to decide is here: what to
 * do when a message has come.
 *
 * Nothing is shared between the clients, so there is no lock in this file.
 */
#include "server.h"
#include "page.h" /* page.html as an array, made by the Makefile */

static void on_message(struct conn *conn, enum ws_opcode type, unsigned char *data, size_t len)
{
    conn_send(conn, type, data, len);
}

static const struct handlers echo = {
    .lesson = 2,
    .name = "lesson02_frames",
    .page = page_html,
    .page_len = sizeof page_html,
    .subprotocol = "echo",
    .message = on_message,
};

int main(int argc, char **argv)
{
    return server_run(&echo, argc, argv);
}
