/*
 * conn - see conn.h
 *
 * From top to bottom: tracing, writing, what the frames mean, reading, the handshake, the whole life
 * in conn_serve(). It is easiest read from there upwards.
 */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "trace.h"

#define KIB 1024

#define READ_MAX      (64 * KIB)  /* most that is read at once into the input buffer */
#define BULK_READ_MAX (256 * KIB) /* ... or straight into a large message */
#define BULK_MIN      (4 * KIB)   /* from so many bytes on, a message counts as large */
#define REPLIES_MAX   (64 * KIB)  /* replies collected before they are sent anyway */
#define COPY_MAX      (16 * KIB)  /* a reply longer than this is sent from where it is */
#define KEEP_MAX      (64 * KIB)  /* a message buffer up to this size may stay allocated */
#define FEW           512         /* bytes read at once from a client that says little */
#define TRICKLE_MIN   1024        /* bytes of a frame that must come in TRICKLE_TIME, or its end */
#define TRICKLE_TIME  6           /* ping intervals; by default a person can type a frame in them */

/* How the conversation ended; code 0: it has not. */
struct ending {
    uint16_t code;      /* as in a close frame; WS_CLOSE_ABNORMAL if there is none */
    const char *reason; /* in words, not NUL-terminated */
    size_t reason_len;
    bool by_client; /* code and reason are from the client's own close frame */
    bool evicted;   /* for being too slow or too silent */
};

struct conn {
    struct client client;
    struct service *service;
    const struct handlers
        *handlers; /* the service's, or its others; fixed before upgraded is set */
    void *data;    /* the handlers' */

    /* only the owner uses these */
    struct buffer in;      /* bytes received, not yet looked at */
    struct buffer message; /* the pieces of the message under way */
    struct buffer replies; /* frames that go out before the next wait */
    struct ws_message_parser parser;
    struct ending ending;
    bool opened;               /* the 101 is out: replies may follow */
    uint64_t messages;         /* received since they were last added to the service's */
    int64_t frame_since;       /* in the middle of a frame: when progress was last measured, or 0 */
    size_t frame_progress;     /* ... and bytes since */
    bool ping_sent;            /* and nothing has come since */
    struct trace_frame *trace; /* the frame that is coming in, while somebody looks on; or NULL */

    /* anyone may use these */
    struct outbox outbox;
    atomic_bool upgraded;   /* 101 has been sent, or is about to be */
    atomic_bool going_away; /* the server stops: 1001 has been sent */
};

/* ---------------------------------------------------------------------------------- tracing */

/* Does anybody want to see frames? That nobody does costs one load. */
static bool has_watchers(const struct conn *conn)
{
    const atomic_size_t *watchers = conn->handlers->watchers;
    return watchers != NULL && atomic_load_explicit(watchers, memory_order_relaxed) > 0;
}

static bool is_watched(const struct conn *conn)
{
    return conn->client.trace || has_watchers(conn);
}

static void print_trace(const struct conn *conn, const struct trace_frame *trace)
{
    char *text = malloc(TRACE_MAX); /* not on the stack, which is small, and touched for good */
    if (text == NULL)
        return;
    log_block(conn->client.number, conn->client.address, text,
              trace_frame_text(trace, log_has_colour(), text));
    free(text);
}

static void show_frame(const struct conn *conn, const struct trace_frame *trace)
{
    if (conn->client.trace)
        print_trace(conn, trace);
    if (has_watchers(conn))
        conn->handlers->frame(conn, trace);
}

/* Owner: is the frame that is coming in traced? It is from its first byte on, or not at all, since
 * watchers come and go at any time. */
static bool is_traced(struct conn *conn)
{
    const struct ws_message_parser *parser = &conn->parser;
    if (conn->trace == NULL && !ws_message_in_frame(parser) &&
        (conn->trace = malloc(sizeof *conn->trace)) != NULL)
        *conn->trace = (struct trace_frame){
            .state = {.in_message = parser->in_message, .opcode = (unsigned char)parser->opcode}};
    return conn->trace != NULL;
}

static void stop_tracing(struct conn *conn)
{
    free(conn->trace);
    conn->trace = NULL;
}

/* ws_message_feed(), and what it made of the bytes is shown. It unmasks in place, so the trace gets
 * them first: those of one frame, for the verdict to be about that one. */
static size_t feed_and_trace(struct conn *conn, unsigned char *bytes, size_t len,
                             struct ws_event *event)
{
    struct trace_frame *trace = conn->trace;
    bool complete;
    size_t piece = trace_feed(trace, bytes, len, &complete);
    size_t used = ws_message_feed(&conn->parser, bytes, piece, event);
    bool is_fault = event->type == WS_EVENT_FAULT;
    if (complete || is_fault) {
        trace->outcome = is_fault ? event->fault : WS_OK;
        show_frame(conn, trace);
        trace_next(trace);
    }
    return used;
}

/* Owner: the client has gone in the middle of a frame. */
static void trace_lost_frame(struct conn *conn)
{
    if (conn->trace == NULL || conn->trace->header_len == 0)
        return;
    conn->trace->outcome = WS_PARTIAL;
    show_frame(conn, conn->trace);
}

/* Anyone: whole frames go out; show() takes them one by one. */
static void trace_sending(const struct conn *conn, const unsigned char *frames, size_t len,
                          void (*show)(const struct conn *, const struct trace_frame *))
{
    for (size_t at = 0; at < len;) {
        struct trace_frame trace;
        at += trace_sent(&trace, frames + at, len - at);
        show(conn, &trace);
    }
}

/* Owner: a message goes out; its beginning is all that will be shown. */
static void trace_message(const struct conn *conn, const unsigned char *header, size_t header_len,
                          const void *data, size_t len)
{
    unsigned char start[WS_SERVER_HEADER_MAX + TRACE_SHOWN];
    size_t shown = len < TRACE_SHOWN ? len : TRACE_SHOWN;
    memcpy(start, header, header_len);
    if (shown > 0)
        memcpy(start + header_len, data, shown);
    trace_sending(conn, start, header_len + shown, show_frame);
}

/* ---------------------------------------------------------------------------------- writing */

enum outbox_result conn_post(struct conn *conn, const unsigned char *frames, size_t len)
{
    if (conn->client.trace)
        trace_sending(conn, frames, len, print_trace);
    return outbox_post(&conn->outbox, frames, len, false);
}

enum outbox_result conn_flush(struct conn *conn)
{
    return outbox_flush(&conn->outbox);
}

void conn_end(struct conn *conn)
{
    net_end(conn->client.fd);
}

/* Tells the handlers that somebody must see to the backlog. */
static void see_to_backlog(struct conn *conn, enum outbox_result result)
{
    if (result == OUTBOX_BEHIND && conn->handlers->behind != NULL)
        conn->handlers->behind(conn);
}

/* A whole close frame in bytes; returns its length. */
static size_t close_frame(unsigned char out[WS_SERVER_HEADER_MAX + WS_CONTROL_MAX], uint16_t code,
                          const char *reason)
{
    unsigned char body[WS_CONTROL_MAX];
    size_t len = code == WS_CLOSE_NO_CODE ? 0 : ws_close_encode(body, code, reason, strlen(reason));
    size_t header_len = ws_frame_encode(out, WS_CLOSE, len);
    memcpy(out + header_len, body, len);
    return header_len + len;
}

void conn_go_away(struct conn *conn)
{
    unsigned char frame[WS_SERVER_HEADER_MAX + WS_CONTROL_MAX];
    if (!atomic_load(&conn->upgraded)) {
        conn_end(conn);
        return;
    }
    size_t len = close_frame(frame, WS_CLOSE_GOING_AWAY, "the server stops (RFC 6455 §7.4.1)");
    enum outbox_result result = outbox_post(&conn->outbox, frame, len, true);
    if (result == OUTBOX_GONE)
        return; /* it is saying goodbye already */
    atomic_store(&conn->going_away, true);
    if (is_watched(conn))
        trace_sending(conn, frame, len, show_frame);
    see_to_backlog(conn, result);
}

/* Notes how the conversation ended; the first reason counts. */
static void set_ending(struct conn *conn, uint16_t code, const char *reason)
{
    if (conn->ending.code == 0)
        conn->ending = (struct ending){code, reason, strlen(reason), false, false};
}

static void set_lost(struct conn *conn)
{
    set_ending(conn, WS_CLOSE_ABNORMAL, "the connection was lost");
}

/* Sends the replies collected so far, and after them one more piece that is not copied. */
static void send_replies(struct conn *conn, const void *more, size_t len)
{
    struct buffer *replies = &conn->replies;
    struct iovec parts[] = {{buffer_bytes(replies), buffer_len(replies)}, {(void *)more, len}};
    if (buffer_len(replies) + len == 0 || conn->ending.code == WS_CLOSE_ABNORMAL)
        return;
    enum outbox_result result = outbox_write(&conn->outbox, parts, len > 0 ? 2 : 1, false);
    if (result == OUTBOX_GONE)
        set_lost(conn);
    see_to_backlog(conn, result);
    buffer_consume(replies, buffer_len(replies));
}

void conn_send(struct conn *conn, enum ws_opcode type, const void *data, size_t len)
{
    struct buffer *replies = &conn->replies;
    bool copy = len <= COPY_MAX || !conn->opened;
    if (!buffer_reserve(replies, WS_SERVER_HEADER_MAX + (copy ? len : 0))) {
        set_ending(conn, WS_CLOSE_INTERNAL_ERROR, CONN_NO_MEMORY);
        return;
    }
    unsigned char *header = replies->data + replies->end; /* made where it is sent from */
    size_t header_len = ws_frame_encode(header, type, len);
    buffer_put(replies, header, header_len);
    if (copy)
        buffer_put(replies, data, len);
    if (is_watched(conn))
        trace_message(conn, header, header_len, data, len);
    if (!copy)
        send_replies(conn, data, len);
    else if (buffer_len(replies) >= REPLIES_MAX && conn->opened)
        send_replies(conn, NULL, 0);
}

void conn_send_now(struct conn *conn)
{
    if (conn->opened) /* before that, nothing may go out */
        send_replies(conn, NULL, 0);
}

void conn_close(struct conn *conn, uint16_t code, const char *reason)
{
    set_ending(conn, code, reason);
}

/* ------------------------------------------------------------------ what the frames mean to us */

static void log_message(const struct conn *conn, enum ws_opcode type, const unsigned char *data,
                        size_t len)
{
    char safe[100];
    if (type == WS_TEXT)
        log_client(LOG_MESSAGES, conn->client.number, conn->client.address, "text, %zu bytes: %s",
                   len, log_escape(safe, sizeof safe, data, len));
    else
        log_client(LOG_MESSAGES, conn->client.number, conn->client.address, "binary, %zu bytes",
                   len);
}

static void take_message(struct conn *conn, enum ws_opcode type, unsigned char *data, size_t len)
{
    if (log_wants(LOG_MESSAGES))
        log_message(conn, type, data, len);
    if (conn->handlers->message == NULL)
        return;
    conn->messages++;
    conn->handlers->message(conn, type, data, len);
}

/* One large message must not hold its memory for ever; a row of them may. */
static void shrink_after(struct buffer *message, size_t len)
{
    buffer_consume(message, buffer_len(message));
    if (message->size > KEEP_MAX && message->size / 8 > len)
        buffer_free(message);
}

/* A piece of a message: a message that came in one piece is handed on from where it lies, others
 * are put together first. */
static void take_data(struct conn *conn, const struct ws_event *event)
{
    struct buffer *message = &conn->message;
    unsigned char *data = event->data;
    size_t len = event->len;
    if (!event->last || buffer_len(message) > 0) {
        if (!buffer_append(message, data, len)) {
            set_ending(conn, WS_CLOSE_INTERNAL_ERROR, CONN_NO_MEMORY);
            return;
        }
        data = buffer_bytes(message);
        len = buffer_len(message);
    }
    if (event->last) {
        take_message(conn, event->opcode, data, len);
        if (message->data != NULL)
            shrink_after(message, len);
    }
}

/* §5.5.3: a pong with the payload of the ping. */
static void take_ping(struct conn *conn, const struct ws_event *event)
{
    conn_send(conn, WS_PONG, event->data, event->len);
}

static void take_event(struct conn *conn, const struct ws_event *event)
{
    switch (event->type) {
    case WS_EVENT_NONE:
    case WS_EVENT_PONG: /* whatever comes shows that the client is alive, see silence() */ break;
    case WS_EVENT_DATA: take_data(conn, event); break;
    case WS_EVENT_PING: take_ping(conn, event); break;
    case WS_EVENT_CLOSE:
        conn->ending =
            (struct ending){event->close_code, (const char *)event->data, event->len, true, false};
        break;
    case WS_EVENT_FAULT: {
        const struct ws_fault *fault = ws_fault_find(event->fault);
        set_ending(conn, fault->close_code, fault->reason);
        break;
    }
    }
}

/* All that is there. A new read has brought it, unless it came together with the request. */
static void take_bytes(struct conn *conn, unsigned char *bytes, size_t len, bool new_read)
{
    struct ws_event event;
    bool watched = is_watched(conn);
    if (watched && new_read && is_traced(conn))
        trace_read(conn->trace);
    else if (!watched && conn->trace != NULL)
        stop_tracing(conn);
    while (len > 0 && conn->ending.code == 0) {
        size_t used = watched && is_traced(conn)
                          ? feed_and_trace(conn, bytes, len, &event)
                          : ws_message_feed(&conn->parser, bytes, len, &event);
        take_event(conn, &event);
        bytes += used;
        len -= used;
    }
}

/* ---------------------------------------------------------------------------------- reading */

static bool is_timeout(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

/* A ping interval has passed without a byte. The first time, the client is asked whether it is
 * still there (§5.5.2), and memory that it does not need just now goes back. */
static void take_silence(struct conn *conn)
{
    if (conn->ping_sent) {
        set_ending(conn, WS_CLOSE_INTERNAL_ERROR, "no answer to a ping (RFC 6455 §5.5.2)");
        conn->ending.evicted = true;
        return;
    }
    conn->ping_sent = true;
    conn_send(conn, WS_PING, NULL, 0);
    send_replies(conn, NULL, 0);
    buffer_free(&conn->in);
    buffer_free(&conn->replies);
    if (buffer_len(&conn->message) == 0)
        buffer_free(&conn->message);
}

/* A client that sends a byte now and then is never silent, and could hold a frame open for ever:
 * in the middle of a frame, some progress must be made. */
static void check_progress(struct conn *conn, size_t received)
{
    if (!ws_message_in_frame(&conn->parser)) {
        conn->frame_since = 0;
        return;
    }
    int64_t now = net_now();
    conn->frame_progress += received;
    if (conn->frame_since == 0 || conn->frame_progress >= TRICKLE_MIN) {
        conn->frame_since = now;
        conn->frame_progress = 0;
    } else if (now - conn->frame_since > TRICKLE_TIME * conn->service->options->ping_interval) {
        set_ending(conn, WS_CLOSE_POLICY, "a frame that comes too slowly (RFC 6455 §7.4.1)");
        conn->ending.evicted = true;
    }
}

/* Where the next bytes go. */
struct space {
    unsigned char *at;
    size_t len;
};

/* A large payload is read straight to where the message is put together. All else goes to the input
 * buffer, which is always empty here, since the parser keeps what it is in the middle of. A client
 * that says little never gets one: a few bytes on the owner's stack do for it. */
static struct space space_to_read(struct conn *conn, struct space small)
{
    uint64_t awaited = ws_message_awaited(&conn->parser);
    struct buffer *message = &conn->message;
    if (awaited < BULK_MIN)
        return conn->in.data != NULL ? (struct space){conn->in.data, conn->in.size} : small;

    size_t most = awaited < BULK_READ_MAX ? (size_t)awaited : BULK_READ_MAX;
    if (!buffer_reserve(message, most < READ_MAX ? most : READ_MAX))
        return small; /* take_data() will find that there is no memory */
    size_t room = message->size - message->end;
    return (struct space){message->data + message->end, room < most ? room : most};
}

/* A read that fills the input buffer shows that there is more: next time, take more at once. */
static void grow_input(struct conn *conn, size_t len)
{
    if (len >= READ_MAX)
        return;
    buffer_free(&conn->in);
    (void)buffer_reserve(&conn->in, 2 * len); /* without memory, the small one will do */
}

/* Waits for bytes and makes of them what they are. */
static void receive(struct conn *conn)
{
    unsigned char few[FEW];
    struct space space = space_to_read(conn, (struct space){few, sizeof few});
    bool gathers = conn->handlers->pause != NULL; /* the longer all sleep, the more goes together */
    ssize_t n = gathers ? net_receive(conn->client.fd, space.at, space.len)
                        : net_receive_soon(conn->client.fd, space.at, space.len);
    if (n < 0 && is_timeout(errno)) {
        take_silence(conn);
    } else if (n <= 0) {
        set_lost(conn);
    } else {
        conn->ping_sent = false;
        take_bytes(conn, space.at, (size_t)n, true);
        check_progress(conn, (size_t)n);
        if ((size_t)n == space.len && (space.at == few || space.at == conn->in.data))
            grow_input(conn, space.len);
    }
}

/* Everything that one read has brought is done before the next: flush before you block. */
static void finish_round(struct conn *conn)
{
    if (conn->messages > 0) {
        atomic_fetch_add(&conn->service->messages, conn->messages);
        conn->messages = 0;
    }
    if (conn->handlers->pause != NULL)
        conn->handlers->pause(conn);
    send_replies(conn, NULL, 0);
}

/* ------------------------------------------------------------------------------ the handshake */

/* Who serves requests for a path. */
static const struct handlers *handlers_at(const struct conn *conn, struct http_text path)
{
    const struct handlers *handlers = conn->service->handlers;
    bool is_other = handlers->other != NULL && http_text_is(path, handlers->other->path);
    return is_other ? handlers->other : handlers;
}

/* Ordinary HTTP: the page, or what handlers->get has. */
static enum http_outcome answer_http(struct conn *conn, const struct http_request *request)
{
    struct http_text path = http_request_path(request);
    const struct handlers *handlers = handlers_at(conn, path);
    const char *page_path = handlers->path != NULL ? handlers->path : "/";
    char body[512];
    size_t len = 0;
    enum http_outcome outcome = opening_check_method(request);
    if (outcome != HTTP_OK)
        return outcome;
    if (http_text_is(path, page_path) && handlers->page != NULL) {
        opening_send_body(&conn->client, request, "text/html; charset=utf-8", handlers->page,
                          handlers->page_len);
        return HTTP_OK;
    }
    if (handlers->get != NULL)
        len = handlers->get(conn->service, path, body, sizeof body);
    if (len == 0)
        return HTTP_NOT_FOUND;
    opening_send_body(&conn->client, request, "application/json", body, len);
    return HTTP_OK;
}

/* Takes one of the places for clients, if there is one. */
static bool take_place(struct service *service)
{
    if (atomic_fetch_add(&service->clients, 1) < service->options->max_clients)
        return true;
    atomic_fetch_sub(&service->clients, 1);
    return false;
}

/* An upgrade: 101 if the request is right and there is a place. The handlers learn of the client
 * before it is told: whoever reads the 101 may count on being in, and misses nothing that is said
 * from then on. What others post meanwhile waits in the outbox. */
static enum http_outcome answer_upgrade(struct conn *conn, const struct http_request *request)
{
    const struct options *options = conn->service->options;
    const struct handlers *handlers = handlers_at(conn, http_request_path(request));
    const struct handshake_rules rules = {.host_name = options->host,
                                          .origins = options->origins,
                                          .origin_count = options->origin_count,
                                          .subprotocol = handlers->subprotocol};
    enum http_outcome outcome = handshake_check(request, &rules);
    if (outcome != HTTP_OK)
        return outcome;
    char answer[HANDSHAKE_ANSWER_MAX];
    size_t len = handshake_answer(request, &rules, answer);
    if (len == 0)
        return HTTP_NO_RESOURCES;
    if (!take_place(conn->service))
        return HTTP_FULL;
    conn->handlers = handlers;
    atomic_store(&conn->upgraded, true);
    if (handlers->open != NULL)
        handlers->open(conn);
    char safe[80];
    log_client(LOG_CLIENTS, conn->client.number, conn->client.address, "open: WebSocket at %s",
               log_escape(safe, sizeof safe, request->target.at, request->target.len));
    if (!opening_upgrade(&conn->client, answer, len)) {
        set_lost(conn);
        return HTTP_OK; /* the outbox stays shut: without the 101, nothing may go out */
    }
    see_to_backlog(conn, outbox_open(&conn->outbox));
    conn->opened = true;
    return HTTP_OK;
}

/* Reads the request and answers it. True if the connection is a WebSocket now; what has come
 * behind the head is left in conn->in. */
static bool shake_hands(struct conn *conn)
{
    struct http_request request;
    int64_t deadline = net_now() + conn->service->options->handshake_timeout;
    bool upgrade = false;
    enum http_outcome outcome = opening_read_head(&conn->client, &conn->in, &request, deadline);
    if (outcome == HTTP_PARTIAL) {
        log_client(LOG_CLIENTS, conn->client.number, conn->client.address,
                   "left before its request was complete");
        return false;
    }
    if (outcome == HTTP_OK) {
        upgrade = handshake_wanted(&request);
        outcome = upgrade ? answer_upgrade(conn, &request) : answer_http(conn, &request);
    }
    if (outcome != HTTP_OK) {
        opening_refuse(&conn->client, &request, outcome);
        return false;
    }
    buffer_consume(&conn->in, request.head_len);
    return upgrade;
}

/* ---------------------------------------------------------------------------- the whole life */

/* §7.1: whoever is told "close" answers with the same code; then the server ends the stream first
 * and waits for the client to do the same. */
static void say_goodbye(struct conn *conn)
{
    const struct ending *ending = &conn->ending;
    unsigned char frame[WS_SERVER_HEADER_MAX + WS_CONTROL_MAX];
    if (ending->code == WS_CLOSE_ABNORMAL)
        return;
    size_t len = close_frame(frame, ending->code, ending->by_client ? "" : ending->reason);
    struct iovec parts[] = {{buffer_bytes(&conn->replies), buffer_len(&conn->replies)},
                            {frame, len}};
    if (is_watched(conn))
        trace_sending(conn, frame, len, show_frame);
    outbox_write(&conn->outbox, parts, 2, true);
    net_finish_sending(conn->client.fd);
    net_drain(conn->client.fd, net_now() + OPENING_LINGER);
}

static void log_ending(struct conn *conn)
{
    const struct ending *ending = &conn->ending;
    const struct client *client = &conn->client;
    const char *evicted = outbox_evicted(&conn->outbox);
    char safe[300];
    if (ending->evicted || evicted != NULL)
        atomic_fetch_add(&conn->service->evicted, 1);

    if (evicted != NULL)
        log_client(LOG_CLIENTS, client->number, client->address, "closed, evicted: %s", evicted);
    else if (atomic_load(&conn->going_away))
        log_client(LOG_CLIENTS, client->number, client->address, "closed %d: the server stops",
                   WS_CLOSE_GOING_AWAY);
    else if (ending->by_client)
        log_client(LOG_CLIENTS, client->number, client->address, "closed %u by the client%s%s",
                   ending->code, ending->reason_len > 0 ? ": " : "",
                   log_escape(safe, sizeof safe, ending->reason, ending->reason_len));
    else
        log_client(LOG_CLIENTS, client->number, client->address, "closed %u%s: %s", ending->code,
                   ending->evicted ? ", evicted" : "", ending->reason);
}

void conn_serve(struct conn *conn)
{
    if (!shake_hands(conn))
        return;
    if (net_set_receive_timeout(conn->client.fd, conn->service->options->ping_interval) != 0)
        set_lost(conn);
    ws_message_init(&conn->parser, conn->service->options->max_message);

    struct buffer *in = &conn->in; /* frames may have come together with the request */
    size_t early = buffer_len(in);
    take_bytes(conn, buffer_bytes(in), early, false);
    buffer_free(in);
    finish_round(conn);
    while (conn->ending.code == 0) {
        receive(conn);
        finish_round(conn);
    }

    if (conn->ending.code == WS_CLOSE_ABNORMAL)
        trace_lost_frame(conn);
    if (conn->handlers->close != NULL)
        conn->handlers->close(conn);
    atomic_fetch_sub(&conn->service->clients, 1);
    say_goodbye(conn);
    log_ending(conn);
}

struct conn *conn_new(const struct client *client, struct service *service)
{
    const struct options *options = service->options;
    struct conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL)
        return NULL;
    conn->client = *client;
    conn->service = service;
    conn->handlers = service->handlers;
    if (outbox_init(&conn->outbox, client->fd, options->max_backlog, options->ping_interval,
                    service->handlers->behind == NULL))
        return conn;
    free(conn);
    return NULL;
}

void conn_free(struct conn *conn)
{
    if (outbox_evicted(&conn->outbox) != NULL)
        net_reset(conn->client.fd); /* it would not take a goodbye either */
    else
        net_close(conn->client.fd);
    buffer_free(&conn->in);
    buffer_free(&conn->message);
    buffer_free(&conn->replies);
    outbox_destroy(&conn->outbox);
    stop_tracing(conn);
    free(conn);
}

/* ----------------------------------------------------------------------------------- asking */

int conn_socket(const struct conn *conn)
{
    return conn->client.fd;
}

unsigned long conn_number(const struct conn *conn)
{
    return conn->client.number;
}

const char *conn_address(const struct conn *conn)
{
    return conn->client.address;
}

size_t conn_clients(const struct conn *conn)
{
    return atomic_load(&conn->service->clients);
}

void conn_set_data(struct conn *conn, void *data)
{
    conn->data = data;
}

void *conn_data(const struct conn *conn)
{
    return conn->data;
}
