/*
 * Challenge b: whatever comes, everyone gets a JSON text that says how many clients there are.
 */
#include <stdio.h>

#include "challenge_page.h"
#include "room.h"
#include "server.h"

static struct room room;

static void serve(struct conn *conn)
{
    struct conn_message message;
    struct member me;
    room_join(&room, &me, conn);
    if (conn_accept(conn))
        while (conn_receive(conn, &message)) {
            char text[64];
            int len = snprintf(text, sizeof text, "{\"data\":\"Hello Client!\",\"clients\":%zu}",
                               members_count(&room.members));
            if (!room_say(&room, WS_TEXT, text, (size_t)len))
                conn_close(conn, WS_CLOSE_INTERNAL_ERROR, CONN_NO_MEMORY);
            if (!conn_has_more(conn))
                room_deliver(&room);
        }
    room_leave(&room, &me, conn);
}

static const struct page pages[] = {
    {"/", HTML, challenge_page_html, sizeof challenge_page_html, NULL}, {.path = NULL}};
static const struct route routes[] = {{ANY_PATH, serve, NULL}};
static struct server server = {
    .command_line = {"challenge_b", OPTIONS_BACKLOG, "1048576"}, .pages = pages, .routes = routes};

int main(int argc, char **argv)
{
    int status;
    if (!process_start(&server, argc, argv, &status))
        return status;
    if (!room_open(&room))
        return process_fail("cannot make a pipe, or start the delivery thread");
    threads_run(&server);
    room_close(&room);
    return status;
}
