/*
 * Challenge e: what comes goes back, text as text, binary as binary.
 */
#include "page.h"
#include "server.h"

static void on_message(struct conn *conn, enum ws_opcode type, unsigned char *data, size_t len)
{
    conn_send(conn, type, data, len);
}

static const struct handlers handlers = {
    .lesson = 2,
    .name = "challenge_e",
    .page = page_html,
    .page_len = sizeof page_html,
    .message = on_message,
};

int main(int argc, char **argv)
{
    return server_run(&handlers, argc, argv);
}
