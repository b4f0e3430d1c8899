/*
 * xray - see xray.h
 */
#include "xray.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "admission.h"
#include "observer.h"
#include "room.h"
#include "trace.h"

#define PLACES     16                /* for watchers at the same time */
#define OBJECT_MAX (TRACE_MAX + 240) /* bytes of JSON */

static struct room watchers;
static bool anybody; /* may watch; does not change once there are clients */

/*
 * Two numbers that all threads look at with each read, too often for a lock. An atomic number can be
 * read and changed by several threads at the same time: no change is lost, and each thread sees a
 * whole number. What it cannot do is to keep two numbers in step with each other, or with a list; for
 * that there are locks.
 */
static atomic_size_t watcher_count;
static atomic_size_t missed; /* frames that could not be shown since one was */

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
    if (object == NULL ||
        !room_offer(&watchers, WS_TEXT, object, write_object(object, whose, missed_before, frame)))
        atomic_fetch_add(&missed, missed_before + 1);
    free(object);
}

static bool is_watched(void)
{
    return atomic_load_explicit(&watcher_count, memory_order_relaxed) > 0;
}

static void see(const struct client *client, const struct trace_frame *frame)
{
    char whose[NET_ADDRESS_MAX + 60];
    snprintf(whose, sizeof whose, "\"client\":%lu,\"address\":\"%s\"", client->number,
             client->address);
    tell(whose, frame);
}

void xray_show(struct conn *conn)
{
    static const struct observer observer = {.is_there = is_watched, .see = see};
    conn_set_observer(conn, &observer);
}

void xray_said(const struct conn_message *message, struct members *members)
{
    unsigned char start[WS_SERVER_HEADER_MAX + TRACE_SHOWN];
    char whose[40];
    struct trace_frame frame;
    if (!is_watched())
        return;
    size_t header_len = ws_frame_encode(start, message->type, message->len);
    size_t shown = message->len < TRACE_SHOWN ? message->len : TRACE_SHOWN;
    memcpy(start + header_len, message->data, shown);
    (void)trace_sent(&frame, start, header_len + shown);
    snprintf(whose, sizeof whose, "\"receivers\":%zu", members_count(members));
    tell(whose, &frame);
}

/* ----------------------------------------------------------------------------- the watchers */

static void serve(struct conn *conn)
{
    struct conn_message ignored;
    struct member me;
    atomic_fetch_add(&watcher_count, 1);
    room_join(&watchers, &me, conn);
    if (conn_accept(conn))
        while (conn_receive(conn, &ignored))
            ;
    room_leave(&watchers, &me, conn);
    atomic_fetch_sub(&watcher_count, 1);
}

/* May this client watch? */
static enum http_outcome admit(const struct client *client, const struct http_request *request,
                               const struct options *options)
{
    bool is_for_another = http_header_find(request, "Forwarded", NULL) > 0 ||
                          http_header_find(request, "X-Forwarded-For", NULL) > 0;
    bool is_here = client->from_loopback && !is_for_another;
    return is_here || options->xray_any ? HTTP_OK : HTTP_LOOPBACK_ONLY;
}

static const struct route routes[] = {{"/xray", serve, NULL}, {.path = NULL}};
const struct watching xray_watching = {.routes = routes, .places = PLACES, .admit = admit};

size_t xray_write_status(char *body, size_t size)
{
    int len = snprintf(body, size, "{\"watchers\":%zu,\"places\":%d,\"who\":\"%s\"}\n",
                       admission_places_taken(PLACE_WATCHER), PLACES, anybody ? "any" : "loopback");
    return (size_t)len;
}

bool xray_open(const struct options *options)
{
    anybody = options->xray_any;
    return room_open(&watchers);
}

void xray_close(void)
{
    room_close(&watchers);
}
