/*
 * Lesson 3: how many talk at once without standing on each other
 *
 *     BYTES → REQUEST → FRAMES → MESSAGES → ROOM
 *
 * Every message goes, unchanged, to every client, the sender included. The server is that of lesson
 * 2 with a room: a list of clients that all threads share, see room.h for who may do what.
 */
#include <inttypes.h>
#include <stdio.h>

#include "page.h" /* page.html as an array, made by the Makefile */
#include "room.h"
#include "server.h"
#include "xray.h"

static struct room *room; /* made before the first client, freed after the last */

static bool on_start(const struct options *options)
{
    (void)options;
    room = room_new(xray_broadcast);
    return room != NULL && xray_start();
}

static void on_stop(void)
{
    room_free(room);
    xray_stop();
}

static void on_open(struct conn *conn)
{
    if (!room_join(room, conn))
        conn_close(conn, WS_CLOSE_INTERNAL_ERROR, CONN_NO_MEMORY);
}

static void on_message(struct conn *conn, enum ws_opcode type, unsigned char *data, size_t len)
{
    if (!room_broadcast(room, type, data, len))
        conn_close(conn, WS_CLOSE_INTERNAL_ERROR, CONN_NO_MEMORY);
}

static void on_pause(struct conn *conn)
{
    (void)conn;
    room_deliver(room);
}

static void on_behind(struct conn *conn)
{
    room_behind(room, conn);
}

static void on_close(struct conn *conn)
{
    room_leave(room, conn);
}

/* GET /status */
static size_t on_get(const struct service *service, struct http_text path, char *body, size_t size)
{
    if (!http_text_is(path, "/status"))
        return 0;
    size_t clients = atomic_load(&service->clients), watchers = atomic_load(&xray_watchers);
    int len =
        snprintf(body, size,
                 "{\"clients\":%zu,\"messages\":%" PRIu64 ",\"uptime\":%" PRId64
                 ",\"evicted\":%" PRIu64 "}\n",
                 clients > watchers ? clients - watchers : 0, /* one may be going just now */
                 (uint64_t)atomic_load(&service->messages), (net_now() - service->started) / 1000,
                 (uint64_t)atomic_load(&service->evicted));
    return len > 0 && (size_t)len < size ? (size_t)len : 0;
}

static const struct handlers chat = {
    .lesson = 3,
    .name = "lesson03_broadcast",
    .page = page_html,
    .page_len = sizeof page_html,
    .subprotocol = "chat",
    .start = on_start,
    .stop = on_stop,
    .open = on_open,
    .message = on_message,
    .pause = on_pause,
    .behind = on_behind,
    .close = on_close,
    .get = on_get,
    .other = &xray, /* /xray is a room of its own, for those who watch this one */
    .watchers = &xray_watchers,
    .frame = xray_frame,
};

int main(int argc, char **argv)
{
    return server_run(&chat, argc, argv);
}
