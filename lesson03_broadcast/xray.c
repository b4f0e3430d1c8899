/*
 * xray - see xray.h
 */
#include "xray.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "room.h"
#include "trace.h"
#include "xray_page.h" /* xray_page.html as an array, made by the Makefile */

#define OBJECT_MAX (TRACE_MAX + 240) /* bytes of JSON */

static struct room *watchers_room; /* made before the first client, freed after the last */
atomic_size_t xray_watchers;
static atomic_size_t missed; /* frames that could not be shown since one was */

/* ----------------------------------------------------------------------------- the watchers */

bool xray_start(void)
{
    watchers_room = room_new(NULL);
    return watchers_room != NULL;
}

void xray_stop(void)
{
    room_free(watchers_room);
}

static void on_open(struct conn *conn)
{
    atomic_fetch_add(&xray_watchers, 1);
    if (!room_join(watchers_room, conn))
        conn_close(conn, WS_CLOSE_INTERNAL_ERROR, CONN_NO_MEMORY);
}

static void on_behind(struct conn *conn)
{
    room_behind(watchers_room, conn);
}

static void on_close(struct conn *conn)
{
    room_leave(watchers_room, conn);
    atomic_fetch_sub(&xray_watchers, 1);
}

const struct handlers xray = {
    .path = "/xray",
    .page = xray_page_html,
    .page_len = sizeof xray_page_html,
    .open = on_open,
    .behind = on_behind,
    .close = on_close,
};

/* ---------------------------------------------------------------------------- what they see */

static int64_t milliseconds_since_1970(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Makes the object; `whose` are its first members, and need no escapes. Returns its length. */
static size_t write_object(char object[OBJECT_MAX], const char *whose, size_t missed_before,
                           const struct trace_frame *frame)
{
    char missing[40] = "";
    if (missed_before > 0)
        snprintf(missing, sizeof missing, "\"missed\":%zu,", missed_before);
    int len = snprintf(object, OBJECT_MAX, "{\"time\":%" PRId64 ",%s%s,", milliseconds_since_1970(),
                       missing, whose);
    len += (int)trace_frame_json(frame, object + len);
    object[len++] = '}';
    return (size_t)len;
}

/* Once for all watchers. More than they can take is not shown, but counted: the chat goes on. */
static void tell(const char *whose, const struct trace_frame *frame)
{
    size_t missed_before = atomic_exchange(&missed, 0);
    char *object = malloc(OBJECT_MAX);
    if (object == NULL || !room_offer(watchers_room, WS_TEXT, object,
                                      write_object(object, whose, missed_before, frame)))
        atomic_fetch_add(&missed, missed_before + 1);
    free(object);
}

void xray_frame(const struct conn *conn, const struct trace_frame *frame)
{
    char whose[NET_ADDRESS_MAX + 60];
    snprintf(whose, sizeof whose, "\"client\":%lu,\"address\":\"%s\"", conn_number(conn),
             conn_address(conn));
    tell(whose, frame);
}

void xray_broadcast(const unsigned char *frames, size_t len, size_t receivers)
{
    char whose[40];
    if (atomic_load_explicit(&xray_watchers, memory_order_relaxed) == 0)
        return;
    snprintf(whose, sizeof whose, "\"receivers\":%zu", receivers);
    for (size_t at = 0; at < len;) {
        struct trace_frame frame;
        at += trace_sent(&frame, frames + at, len - at);
        tell(whose, &frame);
    }
}
