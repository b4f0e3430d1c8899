/*
 * conn - see conn.h
 *
 * Start reading at conn_receive(), and go on with what it calls, which stands above it.
 */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "closing.h"
#include "input.h"
#include "keepalive.h"
#include "log.h"
#include "memory.h"
#include "observer.h"

#define REPLIES_MAX (64 * 1024) /* bytes of replies collected before they are sent anyway */
#define COPY_MAX    (16 * 1024) /* a reply longer than this is sent from where it is */
#define KEEP_MAX    (64 * 1024) /* a message buffer up to this size may stay allocated */

struct conn {
    const struct client *client;
    const struct options *options;
    struct iovec answer; /* the 101 */
    bool is_accepted;

    struct input input;
    struct ws_message_parser parser;
    struct buffer message;     /* the pieces of the message under way */
    struct conn_message ready; /* what the next conn_receive() hands out: */
    bool is_ready;
    bool handed_out; /* the owner still reads what is in message: keep it */
    struct keepalive keepalive;
    size_t received; /* bytes that the last read has brought, while they are being used */

    struct buffer replies; /* frames that go out before the next wait */
    conn_writer *writer;
    void *writer_data;
    struct holding holding; /* how much memory the buffers take */
    struct ending ending;
    struct observed observed; /* with --trace */
    bool is_observed;         /* ... looked up with each read */
};

void conn_close(struct conn *conn, uint16_t code, const char *reason)
{
    ending_set(&conn->ending, code, reason);
}

void conn_evict(struct conn *conn, const char *why)
{
    conn->ending = (struct ending){0}; /* say nothing: the client would not take it */
    ending_evict(&conn->ending, WS_CLOSE_ABNORMAL, why);
}

bool conn_is_evicted(const struct conn *conn)
{
    return conn->ending.evicted || memory_is_over(&conn->holding);
}

const struct client *conn_client(const struct conn *conn)
{
    return conn->client;
}

const struct options *conn_options(const struct conn *conn)
{
    return conn->options;
}

/* ---------------------------------------------------------------------------------- sending */

/* Waits until the socket has taken everything, but not for ever for a client that takes nothing. */
static bool write_directly(void *data, struct iovec *parts, size_t count)
{
    struct conn *conn = data;
    int64_t patience = keepalive_patience(conn->options->ping_interval);
    int result = conn->is_accepted
                     ? observer_send_all(conn->client, parts, count, patience, NET_NO_DEADLINE)
                     : net_send_all(conn->client->fd, parts, count, patience, NET_NO_DEADLINE);
    if (result == 0 && !conn->is_accepted)
        opening_trace_answer(conn->client, conn->answer.iov_base, conn->answer.iov_len);
    if (result != 0 && errno == ETIMEDOUT)
        conn_evict(conn, "it does not read what it is sent");
    return result == 0;
}

void conn_set_writer(struct conn *conn, conn_writer *writer, void *data)
{
    conn->writer = writer != NULL ? writer : write_directly;
    conn->writer_data = writer != NULL ? data : conn;
}

/* Sends the replies collected so far, and after them one more piece that is not copied. */
static void send_replies(struct conn *conn, const void *more, size_t len)
{
    struct buffer *replies = &conn->replies;
    struct iovec parts[] = {{buffer_bytes(replies), buffer_len(replies)}, {(void *)more, len}};
    if (buffer_len(replies) + len == 0)
        return;
    if (conn->ending.code != WS_CLOSE_ABNORMAL) {
        observer_sending(&conn->observed, parts, 2);
        if (!conn->writer(conn->writer_data, parts, len > 0 ? 2 : 1))
            ending_lost(&conn->ending);
    }
    buffer_consume(replies, buffer_len(replies));
}

void conn_flush(struct conn *conn)
{
    send_replies(conn, NULL, 0);
}

void conn_send(struct conn *conn, enum ws_opcode type, const void *data, size_t len)
{
    struct buffer *replies = &conn->replies;
    bool copy = len <= COPY_MAX;
    if (!buffer_reserve(replies, WS_SERVER_HEADER_MAX + (copy ? len : 0))) {
        conn_close(conn, WS_CLOSE_INTERNAL_ERROR, CONN_NO_MEMORY);
        return;
    }
    unsigned char *header = replies->data + replies->end; /* made where it is sent from */
    buffer_put(replies, header, ws_frame_encode(header, type, len));
    if (copy)
        buffer_put(replies, data, len);
    if (!copy)
        send_replies(conn, data, len);
    else if (buffer_len(replies) >= REPLIES_MAX)
        conn_flush(conn);
}

bool conn_accept(struct conn *conn)
{
    struct iovec answer = conn->answer; /* the writer traces it, and changes the iovec */
    if (!conn->writer(conn->writer_data, &answer, 1))
        ending_lost(&conn->ending);
    conn->is_accepted = true;
    return conn->ending.code == 0;
}

/* ------------------------------------------------------------------ what the frames mean to us */

/* A piece of a message: one that came in one piece is handed out from where it lies, others are put
 * together first. */
static void take_data(struct conn *conn, const struct ws_event *event)
{
    struct buffer *message = &conn->message;
    struct conn_message ready = {event->opcode, event->data, event->len};
    if (!event->last || buffer_len(message) > 0) {
        if (!buffer_reserve_bulk(message, event->len)) {
            conn_close(conn, WS_CLOSE_INTERNAL_ERROR, CONN_NO_MEMORY);
            return;
        }
        buffer_put(message, event->data, event->len);
        ready.data = buffer_bytes(message);
        ready.len = buffer_len(message);
    }
    conn->ready = ready;
    conn->is_ready = event->last;
    if (event->last)
        conn->keepalive.since = 0; /* what comes now is the next message */
}

/* §5.5.3: a pong with the payload of the ping. */
static void take_ping(struct conn *conn, const struct ws_event *event)
{
    conn_send(conn, WS_PONG, event->data, event->len);
}

/* §5.5.1: the client closes; conn_goodbye() will answer. */
static void take_close(struct conn *conn, const struct ws_event *event)
{
    conn->ending = (struct ending){.code = event->close_code,
                                   .reason = (const char *)event->data,
                                   .reason_len = event->len,
                                   .by_client = true};
}

/* §7.1.7: the client broke a rule; the table knows the code and the words for it. */
static void take_fault(struct conn *conn, const struct ws_event *event)
{
    const struct ws_fault *fault = ws_fault_find(event->fault);
    conn_close(conn, fault->close_code, fault->reason);
}

static void take_event(struct conn *conn, const struct ws_event *event)
{
    switch (event->type) {
    case WS_EVENT_NONE:
    case WS_EVENT_PONG: break; /* whatever comes shows that the client is alive: keepalive.h */
    case WS_EVENT_DATA: take_data(conn, event); break;
    case WS_EVENT_PING: take_ping(conn, event); break;
    case WS_EVENT_CLOSE: take_close(conn, event); break;
    case WS_EVENT_FAULT: take_fault(conn, event); break;
    }
}

/* Takes bytes up to the next event. */
static void feed(struct conn *conn)
{
    struct input *input = &conn->input;
    struct ws_event event;
    size_t used = conn->is_observed
                      ? observer_feed(&conn->observed, &conn->parser, input, &event)
                      : ws_message_feed(&conn->parser, input->bytes, input->len, &event);
    input->bytes += used;
    input->len -= used;
    take_event(conn, &event);
}

/* ---------------------------------------------------------------------------------- receiving */

/* What a client does not need while it is waited for. */
static void give_memory_back(struct conn *conn)
{
    input_free(&conn->input);
    buffer_free(&conn->replies);
    if (buffer_len(&conn->message) == 0)
        buffer_free(&conn->message);
}

/* A ping interval has passed without a byte: is the client still there? */
static void take_silence(struct conn *conn)
{
    struct net_taken taken = net_taken(conn->client->fd);
    enum keepalive_verdict verdict =
        keepalive_silence(&conn->keepalive, taken.acknowledged, taken.outstanding, net_now());
    if (verdict == KEEPALIVE_SILENT) {
        ending_evict(&conn->ending, WS_CLOSE_INTERNAL_ERROR,
                     "no answer to a ping (RFC 6455 §5.5.2)");
        return;
    }
    if (verdict == KEEPALIVE_ASK)
        conn_send(conn, WS_PING, NULL, 0);
    conn_flush(conn);
    give_memory_back(conn);
}

/* The bytes of the last read have been used: was that progress? */
static void check_progress(struct conn *conn, int64_t now)
{
    bool is_under_way = ws_message_in_frame(&conn->parser) || buffer_len(&conn->message) > 0;
    if (conn->received > 0 &&
        keepalive_bytes(&conn->keepalive, conn->received, is_under_way, now) == KEEPALIVE_SLOW)
        ending_evict(&conn->ending, WS_CLOSE_POLICY,
                     "a message that comes too slowly (RFC 6455 §7.4.1)");
    conn->received = 0;
}

/* One large message must not hold its memory for ever; many in a row may. */
static void drop_large_buffer(struct conn *conn)
{
    struct buffer *message = &conn->message;
    if (message->size > KEEP_MAX && message->size / 8 > conn->ready.len && buffer_len(message) == 0)
        buffer_free(message);
}

/* Waits for bytes, at most a ping interval. */
static void receive_bytes(struct conn *conn)
{
    int64_t now = net_now();
    check_progress(conn, now);
    if (conn->ending.code != 0)
        return;
    if (memory_is_scarce())
        give_memory_back(conn);
    drop_large_buffer(conn);
    memory_hold(&conn->holding, conn->input.buffer.size + conn->message.size + conn->replies.size);
    ssize_t n =
        input_receive(&conn->input, conn->client, &conn->message, ws_message_awaited(&conn->parser),
                      now + conn->options->ping_interval);
    if (n > 0) {
        conn->received = (size_t)n;
        conn->is_observed = observer_wants(&conn->observed);
        if (!conn->is_observed) /* the next watcher must not get half a frame */
            observer_free(&conn->observed);
    } else if (n < 0 && errno == EAGAIN) {
        take_silence(conn);
    } else if (n < 0 && errno == ECANCELED) {
        conn_close(conn, WS_CLOSE_GOING_AWAY, "the server stops (RFC 6455 §7.4.1)");
    } else {
        ending_lost(&conn->ending);
    }
}

bool conn_has_more(struct conn *conn)
{
    if (conn->handed_out) /* its owner does not need it any more */
        buffer_consume(&conn->message, buffer_len(&conn->message));
    conn->handed_out = false;
    while (!conn->is_ready && conn->input.len > 0 && conn->ending.code == 0)
        feed(conn);
    return conn->is_ready && conn->ending.code == 0;
}

bool conn_receive(struct conn *conn, struct conn_message *message)
{
    while (!conn_has_more(conn)) {
        conn_flush(conn); /* before it blocks */
        if (conn->ending.code != 0)
            return false;
        receive_bytes(conn);
    }
    /* not as a whole: one wide load would wait for the three stores before it (1.5 ns of 32) */
    *message = (struct conn_message){conn->ready.type, conn->ready.data, conn->ready.len};
    conn->is_ready = false;
    conn->handed_out = buffer_len(&conn->message) > 0;
    if (log_wants(LOG_MESSAGES))
        log_message(conn->client->number, conn->client->address, message->type == WS_TEXT,
                    message->data, message->len);
    return true;
}

void conn_set_observer(struct conn *conn, const struct observer *observer)
{
    conn->observed.observer = observer;
    conn->is_observed = observer_wants(&conn->observed);
}

void conn_sleep_at_once(struct conn *conn)
{
    conn->input.sleeps_at_once = true;
}

void conn_set_waker(struct conn *conn, const struct waker *waker)
{
    conn->input.waker = waker;
}

/* ---------------------------------------------------------------------------- beginning and end */

struct conn *conn_new(const struct client *client, const struct options *options,
                      const char *answer, size_t answer_len, struct buffer *early)
{
    struct conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL)
        return NULL;
    conn->client = client;
    conn->options = options;
    conn->answer = (struct iovec){(void *)answer, answer_len};
    conn->keepalive.interval = options->ping_interval;
    memory_begin(&conn->holding, client->fd);
    conn->observed.client = client;
    input_init(&conn->input, early);
    ws_message_init(&conn->parser, options->max_message);
    conn_set_writer(conn, NULL, NULL);
    return conn;
}

void conn_goodbye(struct conn *conn)
{
    if (!conn->is_accepted) /* serve() did not want this client: there is nobody to say goodbye to */
        ending_lost(&conn->ending);
    if (memory_is_over(&conn->holding))
        conn_evict(conn, MEMORY_OVER);
    conn_close(conn, WS_CLOSE_NORMAL, "the conversation is over"); /* unless ended before */
    closing_say_goodbye(&conn->ending, &conn->observed, &conn->replies, &conn->parser,
                        &conn->input);
}

void conn_free(struct conn *conn)
{
    memory_end(&conn->holding);
    input_free(&conn->input);
    buffer_free(&conn->message);
    buffer_free(&conn->replies);
    observer_free(&conn->observed);
    free(conn);
}
