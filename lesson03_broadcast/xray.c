/*
 * xray - see xray.h
 */
#include "xray.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "observer.h"
#include "places.h"
#include "room.h"
#include "trace.h"

#define PLACES 16 /* for watchers at the same time */

/* What there is to watch: frames; or frames, handshakes and ends. Each has a room of watchers. */
enum kind { FRAMES, ALL, FEEDS };
static struct room rooms[FEEDS];
static bool anybody; /* may watch; does not change once there are clients */

/*
 * Numbers that all threads look at with each read, too often for a lock. An atomic number can be
 * read and changed by several threads at the same time: no change is lost, and each thread sees a
 * whole number. What it cannot do is to keep two numbers in step with each other, or with a list; for
 * that there are locks.
 */
static atomic_size_t watcher_count[FEEDS];

static bool offer(void *data, const char *object, size_t len);
static struct feed feeds[FEEDS] = {{.offer = offer, .data = &rooms[FRAMES]},
                                   {.offer = offer, .data = &rooms[ALL]}};

/* ---------------------------------------------------------------------------- what they see */

static bool has_watchers(enum kind kind)
{
    return atomic_load_explicit(&watcher_count[kind], memory_order_relaxed) > 0;
}

static bool anybody_watches(void)
{
    return has_watchers(FRAMES) || has_watchers(ALL);
}

/* A feed's offer(): once for all its watchers. More than they can take is not shown: the chat goes on. */
static bool offer(void *data, const char *object, size_t len)
{
    return room_offer(data, WS_TEXT, object, len);
}

static void tell_frame(const char *whose, const struct trace_frame *frame)
{
    int64_t time = feed_time();
    char *what = feed_frame(frame);
    for (enum kind kind = FRAMES; kind < FEEDS; kind++)
        if (has_watchers(kind))
            feed_tell(&feeds[kind], time, whose, what);
    free(what);
}

static bool is_watched(const struct client *client)
{
    (void)client; /* all of them are, or none */
    return anybody_watches();
}

static void see(const struct client *client, const struct trace_frame *frame)
{
    char whose[FEED_WHOSE_MAX];
    feed_write_whose(whose, client);
    tell_frame(whose, frame);
}

/* What goes out to everyone, told once. */
static void tell_broadcast(struct room *room, const struct conn *conn,
                           const struct conn_message *message)
{
    unsigned char start[WS_SERVER_HEADER_MAX + TRACE_SHOWN];
    char whose[FEED_WHOSE_MAX];
    struct trace_frame frame;
    size_t header_len = ws_frame_encode(start, message->type, message->len);
    size_t shown = message->len < TRACE_SHOWN ? message->len : TRACE_SHOWN;
    memcpy(start + header_len, message->data, shown);
    (void)trace_sent(&frame, start, header_len + shown);
    snprintf(whose, sizeof whose, "\"receivers\":%zu,\"from\":%lu", members_count(&room->members),
             conn_client(conn)->number);
    tell_frame(whose, &frame);
}

bool xray_say(struct room *room, const struct conn *conn, const struct conn_message *message)
{
    static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER; /* what is told first is said first */
    bool is_told = anybody_watches();
    if (is_told) {
        pthread_mutex_lock(&order);
        tell_broadcast(room, conn, message);
    }
    bool is_said = room_say(room, message->type, message->data, message->len);
    if (is_told)
        pthread_mutex_unlock(&order);
    return is_said;
}

/* ------------------------------------------------------------- how clients come, and how they go */

/* Tells something that is no frame, and frees it. */
static void tell_event(const struct client *client, char *what)
{
    char whose[FEED_WHOSE_MAX];
    feed_write_whose(whose, client);
    feed_tell(&feeds[ALL], feed_time(), whose, what);
    free(what);
}

static void see_handshake(const struct client *client, const struct handshake_seen *seen)
{
    if (has_watchers(ALL))
        tell_event(client, feed_handshake(seen));
}

static void see_end(const struct client *client, const struct ending *ending)
{
    if (has_watchers(ALL))
        tell_event(client, feed_end(ending));
}

void xray_show(struct conn *conn)
{
    static const struct observer observer = {
        .is_there = is_watched, .see = see, .see_end = see_end};
    conn_set_observer(conn, &observer);
}

/* ----------------------------------------------------------------------------- the watchers */

/* May this client watch? */
static enum http_outcome admit(const struct client *client, const struct http_request *request,
                               const struct options *options)
{
    bool is_for_another = http_header_find(request, "Forwarded", NULL) > 0 ||
                          http_header_find(request, "X-Forwarded-For", NULL) > 0;
    bool is_here = client->from_loopback && !is_for_another;
    return is_here || options->xray_any ? HTTP_OK : HTTP_LOOPBACK_ONLY;
}

static void serve(struct conn *conn, enum kind kind)
{
    struct conn_message ignored;
    struct member me;
    atomic_fetch_add(&watcher_count[kind], 1);
    room_join(&rooms[kind], &me, conn);
    if (conn_accept(conn))
        while (conn_receive(conn, &ignored))
            ;
    room_leave(&rooms[kind], &me, conn);
    atomic_fetch_sub(&watcher_count[kind], 1);
}

static void serve_frames(struct conn *conn)
{
    serve(conn, FRAMES);
}

static void serve_all(struct conn *conn)
{
    serve(conn, ALL);
}

static const struct route routes[] = {
    {"/xray", serve_frames, NULL}, {"/xray/all", serve_all, NULL}, {.path = NULL}};
const struct watching xray_watching = {
    .routes = routes, .places = PLACES, .admit = admit, .see_handshake = see_handshake};

size_t xray_write_status(char *body, size_t size)
{
    int len = snprintf(body, size, "{\"watchers\":%zu,\"places\":%d,\"who\":\"%s\"}\n",
                       places_count(PLACE_WATCHER), PLACES, anybody ? "any" : "loopback");
    return (size_t)len;
}

bool xray_open(const struct options *options)
{
    anybody = options->xray_any;
    return room_open(&rooms[FRAMES]) && room_open(&rooms[ALL]);
}

void xray_close(void)
{
    for (enum kind kind = FRAMES; kind < FEEDS; kind++)
        room_close(&rooms[kind]);
}
