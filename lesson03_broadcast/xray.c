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

#include "ending.h"
#include "observer.h"
#include "places.h"
#include "room.h"
#include "trace.h"

#define PLACES     16                     /* for watchers at the same time */
#define HEAD_SHOWN 2048                   /* bytes of a request's head */
#define FRONT_MAX  (NET_ADDRESS_MAX + 60) /* bytes of JSON: whose it is */
#define EVENT_MAX  (2 * (3 * HEAD_SHOWN + HTTP_REFUSAL_MAX) + 200) /* ... a handshake */

/* What there is to watch: frames; or frames, handshakes and ends. Each has a room of watchers. */
enum feed { FRAMES, ALL, FEEDS };
static struct room rooms[FEEDS];
static bool anybody; /* may watch; does not change once there are clients */

/*
 * Numbers that all threads look at with each read, too often for a lock. An atomic number can be
 * read and changed by several threads at the same time: no change is lost, and each thread sees a
 * whole number. What it cannot do is to keep two numbers in step with each other, or with a list; for
 * that there are locks.
 */
static atomic_size_t watcher_count[FEEDS];
static atomic_size_t missed[FEEDS]; /* objects that could not be shown since one was */

/* ---------------------------------------------------------------------------- what they see */

static int64_t milliseconds_since_1970(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool has_watchers(enum feed feed)
{
    return atomic_load_explicit(&watcher_count[feed], memory_order_relaxed) > 0;
}

static bool is_watched(void)
{
    return has_watchers(FRAMES) || has_watchers(ALL);
}

/* Once for all watchers of a feed. More than they can take is not shown, but counted: the chat goes on.
 * `whose` and `what` are members of an object, and need no escapes. */
static void tell_feed(enum feed feed, int64_t time, const char *whose, const char *what)
{
    size_t missed_before = atomic_exchange(&missed[feed], 0);
    char missing[40] = "";
    if (missed_before > 0)
        snprintf(missing, sizeof missing, "\"missed\":%zu,", missed_before);
    size_t size = strlen(whose) + strlen(what) + 100;
    char *object = malloc(size);
    int len = object == NULL ? 0
                             : snprintf(object, size, "{\"time\":%" PRId64 ",%s%s,%s}", time,
                                        missing, whose, what);
    if (object == NULL || !room_offer(&rooms[feed], WS_TEXT, object, (size_t)len))
        atomic_fetch_add(&missed[feed], missed_before + 1);
    free(object);
}

static void tell_frame(const char *whose, const struct trace_frame *frame)
{
    int64_t time = milliseconds_since_1970();
    char *what = malloc(TRACE_MAX);
    if (what != NULL)
        (void)trace_frame_json(frame, what);
    for (enum feed feed = FRAMES; feed < FEEDS; feed++)
        if (has_watchers(feed) && what != NULL)
            tell_feed(feed, time, whose, what);
        else if (has_watchers(feed))
            atomic_fetch_add(&missed[feed], 1);
    free(what);
}

static void write_whose(char whose[FRONT_MAX], const struct client *client)
{
    snprintf(whose, FRONT_MAX, "\"client\":%lu,\"address\":\"%s\"", client->number,
             client->address);
}

static void see(const struct client *client, const struct trace_frame *frame)
{
    char whose[FRONT_MAX];
    write_whose(whose, client);
    tell_frame(whose, frame);
}

/* What goes out to everyone, told once. */
static void tell_broadcast(struct room *room, const struct conn *conn,
                           const struct conn_message *message)
{
    unsigned char start[WS_SERVER_HEADER_MAX + TRACE_SHOWN];
    char whose[FRONT_MAX];
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
    bool is_told = is_watched();
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

static char *add_hex(char *out, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[byte[i] >> 4];
        *out++ = digits[byte[i] & 15];
    }
    return out;
}

/* With the NUL, which is not counted: what is added next takes its place. */
static char *add_words(char *out, const char *words)
{
    memcpy(out, words, strlen(words) + 1);
    return out + strlen(words);
}

/* Is it the line of a header whose value is a secret between this client and some server? */
static bool is_secret(struct http_text line)
{
    static const char *const names[] = {"Cookie", "Authorization", "Proxy-Authorization"};
    const char *colon = memchr(line.at, ':', line.len);
    struct http_text name = {line.at, colon != NULL ? (size_t)(colon - line.at) : 0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (http_text_is_nocase(name, names[i]))
            return true;
    return false;
}

/* A request's head, line by line; of a secret its name: "Cookie:" becomes three times as long. */
static char *add_request(char *out, struct http_text head)
{
    static const char withheld[] = " (not shown)\r\n";
    const char *end = head.at + (head.len < HEAD_SHOWN ? head.len : HEAD_SHOWN);
    for (const char *at = head.at, *next; at < end; at = next) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        next = newline != NULL ? newline + 1 : end;
        struct http_text line = {at, (size_t)(next - at)};
        if (is_secret(line)) {
            const char *colon = memchr(at, ':', line.len);
            out = add_hex(out, at, (size_t)(colon + 1 - at));
            out = add_hex(out, withheld, sizeof withheld - 1);
        } else {
            out = add_hex(out, at, line.len);
        }
    }
    return out;
}

/* Tells something that is no frame. */
static void tell_event(const struct client *client, const char *what)
{
    char whose[FRONT_MAX];
    write_whose(whose, client);
    tell_feed(ALL, milliseconds_since_1970(), whose, what);
}

static void see_handshake(const struct client *client, const struct handshake_seen *seen)
{
    char *what = has_watchers(ALL) ? malloc(EVENT_MAX) : NULL;
    if (what == NULL)
        return;
    char *out =
        what + snprintf(what, EVENT_MAX,
                        "\"event\":\"handshake\",\"status\":%d,\"length\":%zu,\"request\":\"",
                        seen->status, seen->request.len);
    out = add_request(out, seen->request);
    out = add_words(out, "\",\"answer\":\"");
    out = add_hex(out, seen->answer.at, seen->answer.len);
    (void)add_words(out, "\"");
    tell_event(client, what);
    free(what);
}

static void see_end(const struct client *client, const struct ending *ending)
{
    char what[200 + 2 * WS_CONTROL_MAX];
    size_t len = ending->reason_len < WS_CONTROL_MAX ? ending->reason_len : WS_CONTROL_MAX;
    bool is_lost = ending->code == WS_CLOSE_ABNORMAL && !ending->evicted;
    if (!has_watchers(ALL))
        return;
    char *out =
        what + snprintf(what, sizeof what,
                        "\"event\":\"end\",\"code\":%u,\"by\":\"%s\",\"evicted\":%s,\"reason\":\"",
                        ending->code,
                        ending->by_client ? "client"
                        : is_lost         ? "network"
                                          : "server",
                        ending->evicted ? "true" : "false");
    out = add_hex(out, ending->reason, len);
    (void)add_words(out, "\"");
    tell_event(client, what);
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

static void serve(struct conn *conn, enum feed feed)
{
    struct conn_message ignored;
    struct member me;
    atomic_fetch_add(&watcher_count[feed], 1);
    room_join(&rooms[feed], &me, conn);
    if (conn_accept(conn))
        while (conn_receive(conn, &ignored))
            ;
    room_leave(&rooms[feed], &me, conn);
    atomic_fetch_sub(&watcher_count[feed], 1);
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
    for (enum feed feed = FRAMES; feed < FEEDS; feed++)
        room_close(&rooms[feed]);
}
