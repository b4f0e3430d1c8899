/*
 * fuzz_conn - a whole connection, from its first byte to the end
 *
 * Input: one byte of choices, then what the client sends; either from the first byte on, or after a
 * handshake that the target supplies. All of it is in the socket, and the client's side of it
 * finished, before client_serve() runs, so that nothing has to wait and one thread is enough.
 *
 * The server is one that echoes, as lesson 2 is. What it must have sent is known from the model of
 * messages: every message back, a pong for each ping, a close for a close or a fault, nothing after
 * it. What it writes to its log is caught (the build replaces write() in common/log.c) and must be
 * safe to show on a terminal.
 */
#include "client.h"
#include "ending.h"
#include "fuzz.h"
#include "log.h"
#include "model.h"
#include "observer.h"
#include "printable.h"
#include "trace.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUTPUT_MAX 100000

static struct model_transcript model;

/* ------------------------------------------------------------------------------- the log */

/* Declared here only: in place of write(), for log.c. */
ssize_t fuzz_log_write(int fd, const void *bytes, size_t len);

ssize_t fuzz_log_write(int fd, const void *bytes, size_t len)
{
    const char *text = bytes;
    MUST(fd == STDERR_FILENO && len > 0 && text[len - 1] == '\n');
    for (size_t i = 0, used; i < len; i += used)
        MUST((used = text[i] == '\n' ? 1 : printable_character(text + i, len - i)) > 0);
    return (ssize_t)len;
}

/* ------------------------------------------------------------------------------- the server */

/* What an input chooses, by the bits of its first byte. */
enum choice {
    TRACE = 1,
    SMALL_MESSAGES = 2,
    NO_PLACES = 4,
    FROM_FIRST_BYTE = 8,
    OBSERVED = 16,
    OBSERVERS_COME_AND_GO = 32,
    LOOKS_AHEAD = 64,
    OWN_WRITER = 128,
};

static unsigned choices;
static int opened, closed;
static bool observer_is_there;

/* ------------------------------------------------ somebody who watches; what it is shown is whole */

static bool is_there(const struct client *client)
{
    (void)client;
    return observer_is_there;
}

static void see(const struct client *client, const struct trace_frame *frame)
{
    char *json = fuzz_alloc(TRACE_MAX);
    MUST(client->number == 1 && observer_is_there && frame->header_len > 0);
    MUST(frame->outcome != WS_OK ||
         (frame->header_done && frame->payload_seen == frame->frame.payload_len));
    MUST(frame->from_client || frame->outcome == WS_OK);
    MUST(trace_frame_json(frame, json) < TRACE_MAX);
    free(json);
}

static void see_end(const struct client *client, const struct ending *ending)
{
    MUST(client->number == 1 && ending->code != 0);
}

static const struct observer observer = {is_there, see, see_end};

/* ------------------------------------------------ another way out */

static bool write_parts(void *data, struct iovec *parts, size_t count)
{
    MUST(count == 1 || count == 2);
    return net_send_all(*(int *)data, parts, count, 10000, NET_NO_DEADLINE) == 0;
}

/* ------------------------------------------------ the conversation */

static void answer(struct conn *conn, const struct conn_message *message)
{
    MUST(message->type == WS_TEXT || message->type == WS_BINARY);
    conn_send(conn, message->type, message->data, message->len);
    if (choices & OBSERVERS_COME_AND_GO)
        observer_is_there = !observer_is_there;
    /* "May be changed": what was sent must not depend on it any more. */
    if (message->len > 0)
        memset(message->data, 0xA5, message->len);
}

static void converse(struct conn *conn)
{
    struct conn_message message;
    while (conn_receive(conn, &message)) {
        answer(conn, &message);
        while (choices & LOOKS_AHEAD && conn_has_more(conn)) {
            MUST(conn_has_more(conn)); /* it does not use up what it sees */
            MUST(conn_receive(conn, &message));
            answer(conn, &message);
        }
        if (choices & LOOKS_AHEAD)
            conn_flush(conn);
    }
    MUST(!conn_receive(conn, &message) && !conn_has_more(conn)); /* over is over */
}

static void serve(struct conn *conn)
{
    int fd = conn_client(conn)->fd;
    opened++;
    conn_set_observer(conn, &observer);
    if (choices & OWN_WRITER) {
        conn_set_writer(conn, write_parts, &fd);
        conn_sleep_at_once(conn);
    }
    MUST(conn_accept(conn));
    converse(conn);
    MUST(!conn_is_evicted(conn));
    conn_set_writer(conn, NULL, NULL);
    closed++;
}

/* Does not want this client, and does not answer. */
static void turn_away(struct conn *conn)
{
    (void)conn;
}

static size_t write_page(char *body, size_t size)
{
    return (size_t)snprintf(body, size, "{\"opened\":%d}\n", opened);
}

static const struct page pages[] = {{"/", HTML, "<!doctype html>", 15, NULL},
                                    {"/status", JSON, NULL, 0, write_page},
                                    {.path = NULL}};
static const struct route routes[] = {
    {"/other", serve, NULL}, {"/away", turn_away, NULL}, {ANY_PATH, serve, "echo"}};

/* Serves one client that has sent bytes[0..len) and no more. Returns how many bytes it was sent. */
static size_t serve_client(const uint8_t *bytes, size_t len, const struct options *options,
                           uint8_t output[OUTPUT_MAX])
{
    struct server server = {.pages = pages, .routes = routes, .options = *options};
    struct client client = {
        .stop = -1, .number = 1, .address = "127.0.0.1:1", .trace = options->trace};
    struct place place;
    int ends[2];
    size_t received = 0;
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    for (size_t sent = 0; sent < len;) {
        ssize_t n = send(ends[0], bytes + sent, len - sent, 0);
        MUST(n > 0);
        sent += (size_t)n;
    }
    MUST(shutdown(ends[0], SHUT_WR) == 0);

    opened = closed = 0;
    client.fd = ends[1];
    places_enter(&place, client.fd);
    client_serve(&client, &place, &server);
    MUST(opened == closed && opened <= 1);
    MUST(places_become(&place, PLACE_CLIENT, 1)); /* the only place is free again */
    places_leave(&place);
    net_close(client.fd);

    for (ssize_t n = 1; n > 0; received += (size_t)n) {
        n = recv(ends[0], output + received, OUTPUT_MAX - received, 0);
        MUST(n >= 0 && received < OUTPUT_MAX);
    }
    close(ends[0]);
    return received;
}

/* ------------------------------------------------------------------------------- the frames */

/* Is this the server's frame with that payload, in the shortest form and not masked? Returns its
 * length. */
static size_t frame_is(const uint8_t *at, size_t len, unsigned opcode, const uint8_t *payload,
                       size_t payload_len)
{
    uint8_t header[4] = {(uint8_t)(0x80 | opcode), (uint8_t)payload_len};
    size_t header_len = 2;
    if (payload_len > 125) { /* no input makes one of 65536 */
        header[1] = 126;
        header[2] = (uint8_t)(payload_len >> 8);
        header[3] = (uint8_t)payload_len;
        header_len = 4;
    }
    MUST(len >= header_len + payload_len);
    MUST(memcmp(at, header, header_len) == 0);
    MUST(payload_len == 0 || memcmp(at + header_len, payload, payload_len) == 0);
    return header_len + payload_len;
}

/* The last frame: the client's own code (§7.1.5), with no reason of ours. */
static size_t answer_to_close(const uint8_t *at, size_t len, unsigned code)
{
    const uint8_t body[] = {(uint8_t)(code >> 8), (uint8_t)code};
    return frame_is(at, len, 8, body, code == 1005 ? 0 : 2);
}

/* The last frame: §7.4.1 says which code, and a reason in UTF-8 with the section. */
static size_t answer_to_fault(const uint8_t *at, size_t len, unsigned broken)
{
    bool whole, is_text = (broken & (MODEL_TEXT_UTF8 | MODEL_CLOSE_UTF8)) != 0;
    MUST(len > 4 && at[0] == 0x88 && at[1] <= 125 && len == 2u + at[1]);
    unsigned code = at[2] * 256u + at[3];
    MUST(code == (is_text ? 1007u : broken & MODEL_TOO_BIG ? 1009u : 1002u));
    MUST(model_utf8_possible(at + 4, len - 4, &whole) == len - 4 && whole);
    bool names_section = false;
    for (size_t i = 4; i + 9 <= len && !names_section; i++)
        names_section = memcmp(at + i, "RFC 6455 ", 9) == 0;
    MUST(names_section);
    return len;
}

/* All that the model has told must be answered, in order, and nothing else said. */
static void check_frames(const uint8_t *out, size_t len, size_t fed)
{
    size_t at = 0;
    for (size_t i = 0; i < model.count; i++) {
        const struct model_told *told = &model.told[i];
        switch (told->what) {
        case MODEL_MESSAGE:
            at += frame_is(out + at, len - at, told->opcode, told->data, told->len);
            break;
        case MODEL_PING: at += frame_is(out + at, len - at, 0xA, told->data, told->len); break;
        case MODEL_PONG: break;
        case MODEL_CLOSE: at += answer_to_close(out + at, len - at, told->code); break;
        case MODEL_FAULT:
            if (at < len || fed >= told->to) /* else it need not be known yet */
                at += answer_to_fault(out + at, len - at, told->broken);
            break;
        }
    }
    MUST(at == len);
}

/* ------------------------------------------------------------------------------- both ways in */

static const char handshake[] = "GET / HTTP/1.1\r\n"
                                "Host: localhost\r\n"
                                "Upgrade: websocket\r\n"
                                "Connection: Upgrade\r\n"
                                "Sec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/* RFC 6455 §1.3 computes the answer to that key. */
static const char switching[] = "HTTP/1.1 101 Switching Protocols\r\n"
                                "Upgrade: websocket\r\n"
                                "Connection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

static void after_handshake(const uint8_t *bytes, size_t len, const struct options *options)
{
    static uint8_t output[OUTPUT_MAX];
    const size_t before = sizeof handshake - 1, after = sizeof switching - 1;
    uint8_t *wire = fuzz_alloc(before + len);
    memcpy(wire, handshake, before);
    if (len > 0)
        memcpy(wire + before, bytes, len);
    size_t received = serve_client(wire, before + len, options, output);
    free(wire);

    MUST(opened == 1);
    MUST(received >= after && memcmp(output, switching, after) == 0);
    model_messages_read(&model, bytes, len, options->max_message);
    check_frames(output + after, received - after, len);
}

/* Nothing, if there was no end to wait for; else one answer. */
static void from_first_byte(const uint8_t *bytes, size_t len, const struct options *options)
{
    static uint8_t output[OUTPUT_MAX + 1];
    size_t received = serve_client(bytes, len, options, output);
    output[received] = '\0';
    if (received == 0)
        return;
    const char *text = (const char *)output, *end = strstr(text, "\r\n\r\n");
    MUST(strncmp(text, "HTTP/1.1 ", 9) == 0 && end != NULL);
    MUST(opened == (strncmp(text + 9, "101 ", 4) == 0));
    const char *length = strstr(text, "\r\nContent-Length: ");
    if (opened == 1)
        return;
    MUST(length != NULL && length < end);
    size_t body = received - (size_t)(end + 4 - text);
    MUST(body == 0 || body == (size_t)strtoul(length + 18, NULL, 10));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    choices = fuzz_byte(&in);
    size_t len = in.len < MODEL_WIRE_MAX ? in.len : MODEL_WIRE_MAX;
    struct options options = {.trace = choices & TRACE,
                              .handshake_timeout = 10000,
                              .max_message = choices & SMALL_MESSAGES ? 100 : 1000000,
                              .max_clients = choices & NO_PLACES ? 0 : 1,
                              .ping_interval = 10000};
    signal(SIGPIPE, SIG_IGN);
    log_init(LOG_MESSAGES);
    observer_is_there = choices & OBSERVED;
    if (choices & FROM_FIRST_BYTE) {
        from_first_byte(in.at, in.len < 10000 ? in.len : 10000, &options);
    } else {
        options.max_clients = 1;
        after_handshake(in.at, len, &options);
    }
    return 0;
}
