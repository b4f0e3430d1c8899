/*
 * Challenge e: what comes goes back, text as text, binary as binary.
 */
#include "challenge_page.h"
#include "server.h"

static void serve(struct conn *conn)
{
    struct conn_message message;
    if (conn_accept(conn))
        while (conn_receive(conn, &message))
            conn_send(conn, message.type, message.data, message.len);
}

static const struct page pages[] = {
    {"/", HTML, challenge_page_html, sizeof challenge_page_html, NULL}, {.path = NULL}};
static const struct route routes[] = {{ANY_PATH, serve, NULL}};
static struct server server = {
    .command_line = {"challenge_e", OPTIONS_MESSAGES, NULL}, .pages = pages, .routes = routes};

int main(int argc, char **argv)
{
    int status;
    if (process_start(&server, argc, argv, &status))
        threads_run(&server);
    return status;
}
