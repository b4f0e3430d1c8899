/*
 * Challenge c: the sender is told that its message has arrived; then everyone gets the message.
 */
#include "lobby.h"
#include "page.h"

static void on_message(struct conn *conn, enum ws_opcode type, unsigned char *data, size_t len)
{
    static const char ack[] = "服务器已收到：", all[] = "[广播] "; /* "arrived:", "[broadcast] " */
    struct buffer first = {0}, then = {0};
    if (buffer_append(&first, ack, sizeof ack - 1) && buffer_append(&first, data, len) &&
        buffer_append(&then, all, sizeof all - 1) && buffer_append(&then, data, len)) {
        conn_send(conn, type, buffer_bytes(&first), buffer_len(&first));
        conn_send_now(conn); /* or another thread's delivery might be faster */
        lobby_say(conn, type, buffer_bytes(&then), buffer_len(&then));
    } else {
        conn_close(conn, WS_CLOSE_INTERNAL_ERROR, CONN_NO_MEMORY);
    }
    buffer_free(&first);
    buffer_free(&then);
}

static const struct handlers handlers = {.lesson = 3,
                                         .name = "challenge_c",
                                         .page = page_html,
                                         .page_len = sizeof page_html,
                                         .start = lobby_start,
                                         .stop = lobby_stop,
                                         .open = lobby_open,
                                         .message = on_message,
                                         .pause = lobby_pause,
                                         .behind = lobby_behind,
                                         .close = lobby_close};

int main(int argc, char **argv)
{
    return server_run(&handlers, argc, argv);
}
