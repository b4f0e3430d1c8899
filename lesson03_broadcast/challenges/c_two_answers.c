/*
 * Challenge c: the sender is told that its message has arrived; then everyone gets the message.
 */
#include "challenge_page.h"
#include "room.h"
#include "server.h"

static struct room room;

/* False without memory. */
static bool answer(struct conn *conn, const struct conn_message *message)
{
    static const char ack[] = "服务器已收到：", all[] = "[广播] "; /* "arrived:", "[broadcast] " */
    struct buffer first = {0}, then = {0};
    bool ok = buffer_append(&first, ack, sizeof ack - 1) &&
              buffer_append(&first, message->data, message->len) &&
              buffer_append(&then, all, sizeof all - 1) &&
              buffer_append(&then, message->data, message->len);
    if (ok) {
        conn_send(conn, message->type, buffer_bytes(&first), buffer_len(&first));
        conn_flush(conn); /* or another thread's delivery might be faster */
        ok = room_say(&room, message->type, buffer_bytes(&then), buffer_len(&then));
    }
    buffer_free(&first);
    buffer_free(&then);
    return ok;
}

static void serve(struct conn *conn)
{
    struct conn_message message;
    struct member me;
    room_join(&room, &me, conn);
    if (conn_accept(conn))
        while (conn_receive(conn, &message)) {
            if (!answer(conn, &message))
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
    .command_line = {"challenge_c", OPTIONS_BACKLOG, "1048576"}, .pages = pages, .routes = routes};

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
