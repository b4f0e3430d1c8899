/*
 * Challenge b: whatever comes, everyone gets a JSON text that says how many clients there are.
 */
#include <stdio.h>

#include "lobby.h"
#include "page.h"

static void on_message(struct conn *conn, enum ws_opcode type, unsigned char *data, size_t len)
{
    char text[64];
    (void)type, (void)data, (void)len;
    int n = snprintf(text, sizeof text, "{\"data\":\"Hello Client!\",\"clients\":%zu}",
                     conn_clients(conn));
    lobby_say(conn, WS_TEXT, text, (size_t)n);
}

static const struct handlers handlers = {
    .lesson = 3,
    .name = "challenge_b",
    .page = page_html,
    .page_len = sizeof page_html,
    .start = lobby_start,
    .stop = lobby_stop,
    .open = lobby_open,
    .message = on_message,
    .pause = lobby_pause,
    .behind = lobby_behind,
    .close = lobby_close,
};

int main(int argc, char **argv)
{
    return server_run(&handlers, argc, argv);
}
