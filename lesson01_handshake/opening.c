/*
 * opening - see opening.h
 */
#include "opening.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "trace.h"
#include "tracefile.h"
#include "words.h"

#define FIRST_READ 2048 /* bytes; most heads are shorter */
#define ORIGIN_MAX 300  /* an origin has at most 253 for its host, and some more */

/* Shows a head that has come or gone out, if that is wanted. */
static void trace_head(const struct client *client, const struct trace_head *head)
{
    char *text = client->trace ? malloc(TRACE_MAX) : NULL;
    if (text == NULL)
        return;
    log_block(
        &(struct log_kind){LOG_REQUESTS, client->number, client->address, "head"}, text,
        trace_head_text(head, (struct trace_look){log_has_colour(), log_columns(), words}, text));
    free(text);
}

/* A request, whole or not; and what is wrong with it goes with it. */
static void trace_request(const struct client *client, const struct trace_head *head)
{
    bool is_bad = head->outcome != HTTP_OK && head->outcome != HTTP_PARTIAL;
    trace_head(client, head);
    tracefile_received(client, head->bytes, head->len,
                       is_bad ? http_refusal_find(head->outcome)->reason : NULL);
}

/* An answer to a request that was judged so. */
static void trace_answer(const struct client *client, const char *head, size_t len,
                         enum http_outcome outcome)
{
    trace_head(client, &(struct trace_head){.bytes = head, .len = len, .outcome = outcome});
}

/* As long as the head is not complete, and not bad: waits for more of it. Adds up the reads. */
static enum http_outcome read_head(const struct client *client, struct buffer *in,
                                   struct http_request *request, int64_t deadline, unsigned *reads)
{
    enum http_outcome outcome = HTTP_PARTIAL;
    http_request_init(request);
    while (outcome == HTTP_PARTIAL) {
        const unsigned char *before = in->data;
        if (in->end == in->size && !buffer_reserve(in, in->size > 0 ? in->size : FIRST_READ))
            return HTTP_NO_RESOURCES;
        if (in->data != before) /* the slices point into the buffer, and it has moved */
            http_request_init(request);

        ssize_t n =
            net_receive(client->fd, in->data + in->end, in->size - in->end, client->stop, deadline);
        if (n <= 0)
            return n < 0 && errno == EAGAIN ? HTTP_TIMEOUT : HTTP_PARTIAL;
        ++*reads;
        in->end += (size_t)n;
        outcome = http_request_parse(request, (const char *)in->data, in->end);
        if (outcome == HTTP_PARTIAL && net_now() >= deadline)
            return HTTP_TIMEOUT; /* although bytes keep coming */
    }
    return outcome;
}

enum http_outcome opening_read_head(const struct client *client, struct buffer *in,
                                    struct http_request *request, int64_t deadline)
{
    unsigned reads = 0;
    tracefile_begin(client);
    enum http_outcome outcome = read_head(client, in, request, deadline, &reads);
    bool is_stopped = outcome == HTTP_PARTIAL && net_is_readable(client->stop);
    if (reads > 0 && !is_stopped) /* else the trace would say that the client has left */
        trace_request(client,
                      &(struct trace_head){.from_client = true,
                                           .bytes = in->data,
                                           .len = outcome == HTTP_OK ? request->head_len : in->end,
                                           .reads = reads,
                                           .outcome = outcome});
    return outcome;
}

/* ------------------------------------------------------------------------------- answering */

static bool send_all(const struct client *client, struct iovec *parts, size_t count)
{
    int64_t deadline = net_now() + OPENING_LINGER * 5;
    return net_send_all(client->fd, parts, count, OPENING_LINGER, deadline) == 0;
}

/* The answer must arrive although the client may still be sending: see net_drain(). */
static void finish(const struct client *client)
{
    net_finish_sending(client->fd);
    net_drain(client->fd, net_now() + OPENING_LINGER);
    tracefile_end(client, TRACEFILE_CLOSED, NULL);
}

static struct handshake_rules rules_of(const struct options *options, const char *subprotocol)
{
    return (struct handshake_rules){.host_name = options->host,
                                    .origins = options->origins,
                                    .origin_count = options->origin_count,
                                    .subprotocol = subprotocol};
}

enum http_outcome opening_judge(const struct http_request *request, const struct options *options,
                                const char *subprotocol, char answer[HANDSHAKE_ANSWER_MAX],
                                size_t *len)
{
    const struct handshake_rules rules = rules_of(options, subprotocol);
    enum http_outcome outcome = handshake_check(request, &rules);
    if (outcome != HTTP_OK)
        return outcome;
    *len = handshake_answer(request, &rules, answer);
    return *len > 0 ? HTTP_OK : HTTP_NO_RESOURCES;
}

void opening_trace_answer(const struct client *client, const char *answer, size_t len)
{
    trace_answer(client, answer, len, HTTP_OK);
}

bool opening_upgrade(const struct client *client, const char *answer, size_t len)
{
    if (!send_all(client, &(struct iovec){(void *)answer, len}, 1))
        return false;
    opening_trace_answer(client, answer, len);
    tracefile_sent(client, answer, len, NULL);
    return true;
}

/* What the owner of the server should know: who it was, and how to let them in. What a stranger has
 * made up must not become a command that somebody copies: only what is an origin is suggested. */
static void log_forbidden_origin(const struct client *client, const struct http_request *request)
{
    struct http_text origin = {"", 0};
    char safe[ORIGIN_MAX];
    if (http_header_find(request, "Origin", &origin) == 0)
        http_header_find(request, "Page-Origin", &origin);
    log_escape(safe, sizeof safe, origin.at, origin.len);
    if (http_text_is(origin, "null"))
        log_client(LOG_REQUESTS, client->number, client->address,
                   "a page opened from a file has that Origin, and any website can have it: only "
                   "while you try things out, start with --allow-origin null");
    else if (origin.len < sizeof safe && handshake_is_origin(origin))
        log_client(LOG_REQUESTS, client->number, client->address,
                   "to let that origin connect, start with --allow-origin %s", safe);
    else
        log_client(
            LOG_REQUESTS, client->number, client->address,
            "no website has the Origin \"%s\"; a program that is no browser need not send one",
            safe);
}

/* The same for a name by which the server is not known. */
static void log_unknown_host(const struct client *client, const struct http_request *request)
{
    struct http_text authority = http_request_authority(request);
    char origin[ORIGIN_MAX], safe[ORIGIN_MAX];
    int len = snprintf(origin, sizeof origin, "http://%.*s", (int)authority.len, authority.at);
    if (len > 0 && (size_t)len < sizeof origin &&
        handshake_is_origin((struct http_text){origin, (size_t)len}))
        log_client(LOG_REQUESTS, client->number, client->address,
                   "if that name is yours, start with --allow-origin %s (https behind TLS)",
                   origin);
    else
        log_client(LOG_REQUESTS, client->number, client->address, "the name is \"%s\"",
                   log_escape(safe, sizeof safe, authority.at, authority.len));
}

static bool is_head(const struct http_request *request)
{
    return http_text_is(request->method, "HEAD");
}

void opening_refuse(const struct client *client, const struct http_request *request,
                    enum http_outcome outcome)
{
    const struct http_refusal *refusal = http_refusal_find(outcome);
    char answer[HTTP_REFUSAL_MAX];
    size_t len = http_refusal_write(outcome, !is_head(request), answer);
    bool is_sent = send_all(client, &(struct iovec){answer, len}, 1);
    if (is_sent) {
        trace_answer(client, answer, len, outcome);
        tracefile_sent(client, answer, len, NULL);
    }
    log_client(LOG_REQUESTS, client->number, client->address, "refused %d: %s", refusal->status,
               words(refusal->reason));
    if (outcome == HTTP_ORIGIN_FORBIDDEN)
        log_forbidden_origin(client, request);
    if (outcome == HTTP_HOST_UNKNOWN)
        log_unknown_host(client, request);
    if (is_sent)
        finish(client);
}

static void send_page(const struct client *client, const struct http_request *request,
                      const char *content_type, const void *body, size_t len)
{
    char head[400], safe[80];
    /* What else the page may do stands in the page itself; this part is heeded only in a header. */
    int head_len = snprintf(head, sizeof head,
                            "HTTP/1.1 200 OK\r\n"
                            "Content-Type: %s\r\n"
                            "Content-Length: %zu\r\n"
                            "Cache-Control: no-store\r\n"
                            "X-Content-Type-Options: nosniff\r\n"
                            "Content-Security-Policy: frame-ancestors 'none'\r\n"
                            "Connection: close\r\n"
                            "\r\n",
                            content_type, len);
    struct iovec parts[] = {{head, (size_t)head_len}, {(void *)body, is_head(request) ? 0 : len}};
    const struct iovec whole[] = {parts[0], parts[1]}; /* sending changes the others */
    bool is_sent = send_all(client, parts, 2);
    if (is_sent) {
        trace_answer(client, head, (size_t)head_len, HTTP_OK);
        tracefile_bytes(client, false, whole, 2, 0, whole[0].iov_len + whole[1].iov_len, NULL);
    }
    log_client(LOG_REQUESTS, client->number, client->address, "200 %s",
               log_escape(safe, sizeof safe, request->target.at, request->target.len));
    if (is_sent)
        finish(client);
}

enum http_outcome opening_send_page(const struct client *client, const struct http_request *request,
                                    const struct options *options, const struct page *pages)
{
    const struct handshake_rules rules = rules_of(options, NULL);
    struct http_text path = http_request_path(request);
    enum http_outcome foretold = handshake_foretell(request, &rules);
    if (foretold != HTTP_OK)
        return foretold;
    if (!http_text_is(request->method, "GET") && !is_head(request))
        return HTTP_METHOD_NOT_ALLOWED;
    while (pages->path != NULL && !http_text_is(path, pages->path))
        pages++;
    if (pages->path == NULL)
        return HTTP_NOT_FOUND;
    if (handshake_check_host(request, &rules) != HTTP_OK)
        return HTTP_HOST_UNKNOWN;
    if (pages->write == NULL) {
        send_page(client, request, pages->content_type, pages->body, pages->len);
    } else {
        char written[PAGE_WRITTEN_MAX];
        size_t len = pages->write(written, sizeof written);
        send_page(client, request, pages->content_type, written, len);
    }
    return HTTP_OK;
}
