/*
 * feed - see feed.h
 */
#include "feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HEAD_SHOWN    2048                                            /* bytes of a head */
#define HANDSHAKE_MAX (2 * (3 * HEAD_SHOWN + HTTP_REFUSAL_MAX) + 200) /* bytes of JSON */
#define END_MAX       (2 * WS_CONTROL_MAX + 200)                      /* ... likewise */

int64_t feed_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void feed_tell(struct feed *feed, int64_t time, const char *whose, const char *what)
{
    size_t missed_before = atomic_exchange(&feed->missed, 0);
    char missing[40] = "";
    if (missed_before > 0)
        snprintf(missing, sizeof missing, "\"missed\":%zu,", missed_before);
    size_t size = what == NULL ? 0 : strlen(whose) + strlen(what) + 100;
    char *object = what == NULL ? NULL : malloc(size);
    int len = object == NULL ? 0
                             : snprintf(object, size, "{\"time\":%" PRId64 ",%s%s,%s}", time,
                                        missing, whose, what);
    if (object == NULL || !feed->offer(feed->data, object, (size_t)len))
        atomic_fetch_add(&feed->missed, missed_before + 1);
    free(object);
}

void feed_write_whose(char whose[FEED_WHOSE_MAX], const struct client *client)
{
    snprintf(whose, FEED_WHOSE_MAX, "\"client\":%lu,\"address\":\"%s\"", client->number,
             client->address);
}

char *feed_frame(const struct trace_frame *frame)
{
    char *what = malloc(TRACE_MAX);
    if (what != NULL)
        (void)trace_frame_json(frame, what);
    return what;
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

char *feed_handshake(const struct handshake_seen *seen)
{
    char *what = malloc(HANDSHAKE_MAX);
    if (what == NULL)
        return NULL;
    char *out =
        what + snprintf(what, HANDSHAKE_MAX,
                        "\"event\":\"handshake\",\"status\":%d,\"length\":%zu,\"request\":\"",
                        seen->status, seen->request.len);
    out = add_request(out, seen->request);
    out = add_words(out, "\",\"answer\":\"");
    out = add_hex(out, seen->answer.at, seen->answer.len);
    (void)add_words(out, "\"");
    return what;
}

char *feed_end(const struct ending *ending)
{
    size_t len = ending->reason_len < WS_CONTROL_MAX ? ending->reason_len : WS_CONTROL_MAX;
    bool is_lost = ending->code == WS_CLOSE_ABNORMAL && !ending->evicted;
    char *what = malloc(END_MAX);
    if (what == NULL)
        return NULL;
    char *out =
        what + snprintf(what, END_MAX,
                        "\"event\":\"end\",\"code\":%u,\"by\":\"%s\",\"evicted\":%s,\"reason\":\"",
                        ending->code,
                        ending->by_client ? "client"
                        : is_lost         ? "network"
                                          : "server",
                        ending->evicted ? "true" : "false");
    out = add_hex(out, ending->reason, len);
    (void)add_words(out, "\"");
    return what;
}
