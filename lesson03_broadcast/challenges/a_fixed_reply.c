/*
 * Challenge a: whatever comes is answered with one text, to its sender.
 */
#include "page.h"
#include "server.h"

static void on_message(struct conn *conn, enum ws_opcode type, unsigned char *data, size_t len)
{
    static const char reply[] =
        "收到你的消息了"; /* "your message has arrived", 21 bytes of UTF-8 */
    (void)type, (void)data, (void)len;
    conn_send(conn, WS_TEXT, reply, sizeof reply - 1);
}

static const struct handlers handlers = {
    .lesson = 2,
    .name = "challenge_a",
    .page = page_html,
    .page_len = sizeof page_html,
    .message = on_message,
};

int main(int argc, char **argv)
{
    return server_run(&handlers, argc, argv);
}
