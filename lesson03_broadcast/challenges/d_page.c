/*
 * Challenge d: a page and a WebSocket on one port. A welcome, then echo; "ping" is answered "pong".
 */
#include <string.h>

#include "page.h"
#include "server.h"

static void on_open(struct conn *conn)
{
    static const char welcome[] = "欢迎！"; /* "welcome!" */
    conn_send(conn, WS_TEXT, welcome, sizeof welcome - 1);
}

static void on_message(struct conn *conn, enum ws_opcode type, unsigned char *data, size_t len)
{
    bool is_ping = type == WS_TEXT && len == 4 && memcmp(data, "ping", 4) == 0;
    conn_send(conn, type, is_ping ? "pong" : (const void *)data,
              len); /* a ping frame: see conn.c */
}

static const struct handlers handlers = {
    .lesson = 2,
    .name = "challenge_d",
    .page = page_html,
    .page_len = sizeof page_html,
    .open = on_open,
    .message = on_message,
};

int main(int argc, char **argv)
{
    return server_run(&handlers, argc, argv);
}
