/*
 * Challenge a: whatever comes is answered with one text, to its sender.
 */
#include "challenge_page.h"
#include "server.h"

static void serve(struct conn *conn)
{
    static const char reply[] =
        "收到你的消息了"; /* "your message has arrived", 21 bytes of UTF-8 */
    struct conn_message message;
    if (conn_accept(conn))
        while (conn_receive(conn, &message))
            conn_send(conn, WS_TEXT, reply, sizeof reply - 1);
}

static const struct page pages[] = {
    {"/", HTML, challenge_page_html, sizeof challenge_page_html, NULL}, {.path = NULL}};
static const struct route routes[] = {{ANY_PATH, serve, NULL}};
static struct server server = {
    .command_line = {"challenge_a", OPTIONS_MESSAGES, NULL}, .pages = pages, .routes = routes};

int main(int argc, char **argv)
{
    int status;
    if (process_start(&server, argc, argv, &status))
        threads_run(&server);
    return status;
}
