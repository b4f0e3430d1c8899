/*
 * Challenge d: a page and a WebSocket on one port. A welcome, then echo; "ping" is answered "pong".
 */
#include <string.h>

#include "challenge_page.h"
#include "server.h"

static void serve(struct conn *conn)
{
    /* "Welcome to xxx. What can we do for you?" */
    static const char welcome[] = "欢迎进入xxx，请问需要什么帮助吗？";
    struct conn_message m;
    if (!conn_accept(conn))
        return;
    conn_send(conn, WS_TEXT, welcome, sizeof welcome - 1);
    while (conn_receive(conn, &m)) {
        if (m.type == WS_TEXT && m.len == 4 && memcmp(m.data, "ping", 4) == 0)
            conn_send(conn, WS_TEXT, "pong", 4); /* ping frames are answered in conn.c */
        else
            conn_send(conn, m.type, m.data, m.len);
    }
}

static const struct page pages[] = {
    {"/", HTML, challenge_page_html, sizeof challenge_page_html, NULL}, {.path = NULL}};
static const struct route routes[] = {{ANY_PATH, serve, NULL}};
static struct server server = {
    .command_line = {"challenge_d", OPTIONS_MESSAGES, NULL}, .pages = pages, .routes = routes};

int main(int argc, char **argv)
{
    int status;
    if (process_start(&server, argc, argv, &status))
        threads_run(&server);
    return status;
}
