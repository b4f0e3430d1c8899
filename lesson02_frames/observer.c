/*
 * observer - see observer.h
 */
#include "observer.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "tracefile.h"
#include "words.h"

static bool other_wants(const struct observed *observed)
{
    return observed->observer != NULL && observed->observer->is_there(observed->client);
}

bool observer_wants(const struct observed *observed)
{
    return observed->client->trace || tracefile_is_open() || other_wants(observed);
}

static void print(const struct client *client, const struct trace_frame *frame)
{
    char *text =
        malloc(TRACE_MAX); /* not on the stack: a page of it that was used once stays in memory */
    if (text == NULL)
        return;
    const char *kind = frame->from_client ? "received" : frame->is_queued ? "queued" : "sent";
    const struct trace_look look = {log_has_colour(), log_columns(), words};
    log_block(&(struct log_kind){LOG_MESSAGES, client->number, client->address, kind}, text,
              trace_frame_text(frame, look, text));
    free(text);
}

static void show(const struct observed *observed, const struct trace_frame *frame)
{
    if (observed->client->trace)
        print(observed->client, frame);
    if (other_wants(observed))
        observed->observer->see(observed->client, frame);
}

/* ---------------------------------------------------------------------------------- receiving */

void observer_free(struct observed *observed)
{
    free(observed->frame);
    observed->frame = NULL;
}

/* A frame is looked at from its first byte on, or not at all: observers come and go at any time. */
static bool is_looked_at(struct observed *observed, const struct ws_message_parser *parser)
{
    if (observed->frame == NULL && !ws_message_in_frame(parser) &&
        (observed->frame = malloc(sizeof *observed->frame)) != NULL)
        *observed->frame = (struct trace_frame){
            .state = {.in_message = parser->in_message, .opcode = (unsigned char)parser->opcode}};
    return observed->frame != NULL;
}

/* The parser unmasks in place, so the trace gets the bytes first: those of one frame, for the verdict
 * to be about that one. */
size_t observer_feed(struct observed *observed, struct ws_message_parser *parser,
                     struct input *input, struct ws_event *event)
{
    if (!observer_wants(observed))
        observer_free(observed);
    else if (is_looked_at(observed, parser) && input->is_new)
        trace_read(observed->frame);
    input->is_new = false;
    struct trace_frame *frame = observed->frame;
    if (frame == NULL)
        return ws_message_feed(parser, input->bytes, input->len, event);

    bool complete;
    size_t piece = trace_feed(frame, input->bytes, input->len, &complete);
    void *masked = tracefile_copy(input->bytes, piece);
    size_t used = ws_message_feed(parser, input->bytes, piece, event);
    bool is_fault = event->type == WS_EVENT_FAULT;
    tracefile_received(observed->client, masked, piece,
                       is_fault ? ws_fault_find(event->fault)->reason : NULL);
    free(masked);
    if (complete || is_fault) {
        frame->outcome = is_fault ? event->fault : WS_OK;
        show(observed, frame);
        trace_next(frame);
    }
    return used;
}

void observer_lost(struct observed *observed)
{
    struct trace_frame *frame = observed->frame;
    if (frame == NULL || frame->header_len == 0)
        return;
    frame->outcome = WS_PARTIAL;
    show(observed, frame);
}

void observer_ended(const struct observed *observed, const struct ending *ending)
{
    if (other_wants(observed))
        observed->observer->see_end(observed->client, ending);
}

/* ------------------------------------------------------------------------------------ sending */

/* Copies what begins so many bytes behind the beginning of the parts; returns how much there was. */
static size_t peek(const struct iovec *parts, size_t count, size_t at, unsigned char *out,
                   size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < count && len < size; i++) {
        size_t skip = at < parts[i].iov_len ? at : parts[i].iov_len, n = parts[i].iov_len - skip;
        if (n > size - len)
            n = size - len;
        if (n > 0)
            memcpy(out + len, (const unsigned char *)parts[i].iov_base + skip, n);
        len += n;
        at -= skip;
    }
    return len;
}

/* The first of the frames that begin so many bytes behind the beginning of the parts: of a long payload,
 * the beginning is all that is needed. Returns how long it is, or 0. */
static size_t next_frame(struct trace_frame *frame, const struct iovec *parts, size_t count,
                         size_t at)
{
    unsigned char start[WS_SERVER_HEADER_MAX + TRACE_SHOWN];
    size_t len = peek(parts, count, at, start, sizeof start);
    if (len == 0)
        return 0;
    (void)trace_sent(frame, start, len);
    return frame->header_done ? frame->header_len + (size_t)frame->payload_seen : len;
}

void observer_sending(const struct observed *observed, const struct iovec *parts, size_t count)
{
    struct trace_frame frame;
    if (other_wants(observed))
        for (size_t at = 0, len; (len = next_frame(&frame, parts, count, at)) > 0; at += len)
            observed->observer->see(observed->client, &frame);
}

void observer_log(const struct client *client, const struct iovec *parts, size_t count,
                  bool are_queued)
{
    struct trace_frame frame;
    if (client->trace || tracefile_is_open())
        for (size_t at = 0, len; (len = next_frame(&frame, parts, count, at)) > 0; at += len) {
            frame.is_queued = are_queued;
            if (client->trace)
                print(client, &frame);
            tracefile_bytes(client, false, parts, count, at, len,
                            are_queued ? "queued: the socket is full" : NULL);
        }
}

void observer_log_all_sent(const struct client *client)
{
    static const char kind[] = "all sent";
    const char *text = words("all sent\n");
    if (client->trace)
        log_block(&(struct log_kind){LOG_MESSAGES, client->number, client->address, kind}, text,
                  strlen(text));
}

int observer_send_all(const struct client *client, struct iovec *parts, size_t count,
                      int64_t patience, int64_t deadline)
{
    struct iovec whole[OBSERVER_PARTS_MAX]; /* sending changes the others */
    memcpy(whole, parts, count * sizeof *parts);
    if (net_send_all(client->fd, parts, count, patience, deadline) != 0)
        return -1;
    observer_log(client, whole, count, false);
    return 0;
}
