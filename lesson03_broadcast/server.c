/*
 * Lesson 3: how do many talk at once
 *
 *     BYTES → REQUEST → FRAMES → MESSAGES → ROOM
 *
 * Every message goes, unchanged, to every client, the sender included. It is the server of lesson 2 with a
 * room: members.c has the list and its mutex, outbox.c what waits, and room.c delivers many at once.
 */
#include <inttypes.h>
#include <stdio.h>

#include "backpressure.h"
#include "bench.h"
#include "bench_page.h"
#include "page.h" /* page.html as an array, made by the Makefile */
#include "room.h"
#include "server.h"
#include "xray.h"
#include "xray_page.h" /* likewise */

static struct room room;
static struct backpressure backpressure = {.room = &room, .lock = PTHREAD_MUTEX_INITIALIZER};
static int64_t started;

/* One client, from its handshake to its goodbye. */
static void serve(struct conn *conn)
{
    struct conn_message message;
    struct member me;
    struct speaker speaker = {.backpressure = &backpressure};
    xray_show(conn);
    room_join(&room, &me, conn); /* before the 101: a client that has read it relies on being in */
    if (conn_accept(conn))
        while (conn_receive(conn, &message)) {
            conn_flush(conn); /* the pong to an earlier ping goes out before the message (§5.5.2) */
            if (!speaker_begin(&speaker, conn, message.len)) /* waits for those who are behind */
                continue;                                    /* gone: it waits no more */
            if (!xray_say(&room, conn, &message))            /* room_say(), and it is shown */
                conn_close(conn, WS_CLOSE_INTERNAL_ERROR, CONN_NO_MEMORY);
            speaker_end(&speaker, message.len);
            if (!conn_has_more(conn)) /* all that came together goes out together */
                room_deliver(&room);
        }
    room_leave(&room, &me, conn);
}

/* GET /status */
static size_t write_status(char *body, size_t size)
{
    struct room_counts counts = room_counts(&room);
    return (size_t)snprintf(body, size,
                            "{\"clients\":%zu,\"messages\":%" PRIu64 ",\"uptime\":%" PRId64
                            ",\"evicted\":%" PRIu64 "}\n",
                            members_count(&room.members), counts.messages,
                            (net_now() - started) / 1000, counts.evicted);
}

static const struct page pages[] = {{"/", HTML, page_html, sizeof page_html, NULL},
                                    {"/xray", HTML, xray_page_html, sizeof xray_page_html, NULL},
                                    {"/bench", HTML, bench_page_html, sizeof bench_page_html, NULL},
                                    {"/status", JSON, NULL, 0, write_status},
                                    {"/xray/status", JSON, NULL, 0, xray_write_status},
                                    {.path = NULL}};
static const struct route routes[] = {{"/bench", bench_serve, NULL}, {ANY_PATH, serve, "chat"}};
static struct server chat = {
    .command_line = {"lesson03_broadcast", OPTIONS_XRAY, "1048576"}, /* a broadcast multiplies */
    .pages = pages,
    .routes = routes,
    .watching = &xray_watching};

int main(int argc, char **argv)
{
    int status;
    if (!process_start(&chat, argc, argv, &status))
        return status;
    if (!room_open(&room) || !xray_open(&chat.options))
        return process_fail("cannot start the delivery thread, or make its pipe");
    started = net_now();
    threads_run(&chat);
    room_close(&room);
    xray_close();
    return status;
}
