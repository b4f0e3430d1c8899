/*
 * fuzz_trace - what --trace shows is true, safe to print, and fits
 *
 * Input: one byte that chooses the cuts, then what a client sends; taken for frames, and for a
 * request head.
 */
#include "fuzz.h"
#include "model.h"
#include "printable.h"
#include "trace.h"
#include "wrap.h"

#define WIRE_MAX 3000

/* Text for people: lines of at most 100 columns, of characters that a terminal may show. */
static void check_text(const char *text, size_t len, bool ends_with_newline)
{
    MUST(len < TRACE_MAX && strlen(text) == len);
    MUST(!ends_with_newline || (len > 0 && text[len - 1] == '\n'));
    for (size_t i = 0, n; i < len; i += n) {
        n = text[i] == '\n' ? 1 : printable_character(text + i, len - i);
        MUST(n > 0);
    }
    for (const char *line = text; *line != '\0'; line += *line == '\n') {
        size_t n = strcspn(line, "\n");
        MUST(wrap_columns(line, n) <= 100);
        line += n;
    }
}

/* JSON: our own words and hexadecimal, nothing that would need an escape. */
static void check_json(const char *json, size_t len)
{
    size_t quotes = 0;
    MUST(len > 0 && len < TRACE_MAX && strlen(json) == len && json[0] == '"');
    for (size_t i = 0; i < len; i++) {
        MUST(json[i] != '\\' && (unsigned char)json[i] >= 0x20);
        quotes += json[i] == '"';
    }
    MUST(quotes % 2 == 0);
}

static void show(struct trace_frame *trace, enum ws_outcome outcome)
{
    char *text = fuzz_alloc(TRACE_MAX);
    trace->outcome = outcome;
    memset(text, 0xA5, TRACE_MAX);
    check_text(text, trace_frame_text(trace, (struct trace_look){false, TRACE_COLUMNS, NULL}, text),
               true);
    memset(text, 0xA5, TRACE_MAX);
    check_json(text, trace_frame_json(trace, text));
    free(text);
}

/* What the trace has seen of the frame that begins at the start of bytes[0..len). */
static void check_trace(const struct trace_frame *trace, const uint8_t *bytes, size_t len)
{
    struct model_header header;
    (void)model_header_read(&header, bytes, len);
    bool complete = header.size > 0 && len >= header.size;
    MUST(trace->header_done == complete);
    MUST(trace->header_len == (complete ? header.size : len));
    MUST(memcmp(trace->header, bytes, trace->header_len) == 0);
    if (!complete)
        return;
    size_t seen = len - header.size;
    MUST(trace->payload_seen == seen && seen <= header.payload_len);
    MUST(memcmp(trace->shown, bytes + header.size, seen < TRACE_SHOWN ? seen : TRACE_SHOWN) == 0);
}

/* Feeds one frame in pieces. Returns where the next begins, or len if this is the last one: it is
 * not all there, or faulty. */
static size_t trace_one(const uint8_t *wire, size_t at, size_t len, struct fuzz_dice *dice,
                        size_t longest)
{
    struct trace_frame trace = {0};
    struct model_header header;
    size_t start = at;
    bool complete = false;
    while (at < len && !complete) {
        size_t piece = 1 + fuzz_below(dice, longest);
        piece = piece < len - at ? piece : len - at;
        uint8_t *bytes = fuzz_copy(wire + at, piece);
        trace_read(&trace);
        size_t used = trace_feed(&trace, bytes, piece, &complete);
        free(bytes);
        MUST(used > 0 && used <= piece);
        at += used;

        size_t broken_at = 1; /* or beyond the end, if it is not */
        while (broken_at <= at - start && model_header_read(&header, wire + start, broken_at) == 0)
            broken_at++;
        if (broken_at <= at - start && broken_at <= 14 &&
            (header.size == 0 || broken_at <= header.size)) {
            struct ws_frame frame;
            MUST(!complete && trace.header_bad && used == piece);
            show(&trace, ws_frame_decode(&frame, wire + start, at - start));
            return len;
        }
        check_trace(&trace, wire + start, at - start);
        if (complete || at == len || fuzz_below(dice, 16) == 0)
            show(&trace, complete ? WS_OK : WS_TOO_BIG);
    }
    if (complete) {
        (void)model_header_read(&header, wire + start, len - start);
        MUST(at == start + header.size + header.payload_len);
    }
    return at;
}

static void trace_all(const uint8_t *wire, size_t len, uint8_t seed, size_t longest)
{
    struct fuzz_dice dice = fuzz_dice(seed);
    for (size_t at = 0, frames = 0; at < len && frames < 8; frames++)
        at = trace_one(wire, at, len, &dice, longest);
}

/* A frame that this server sends, with the bytes as its payload. */
static void trace_server_frame(const uint8_t *payload, size_t len, unsigned choice)
{
    static const enum ws_opcode opcodes[] = {WS_TEXT, WS_BINARY, WS_PING, WS_PONG, WS_CLOSE};
    enum ws_opcode opcode = opcodes[choice % 5];
    unsigned char header[WS_SERVER_HEADER_MAX];
    struct trace_frame trace;
    len = model_is_control(opcode) && len > 125 ? 125 : len;
    size_t header_len = ws_frame_encode(header, opcode, len);
    uint8_t *frame = fuzz_alloc(header_len + len + 3);
    memcpy(frame, header, header_len);
    if (len > 0)
        memcpy(frame + header_len, payload, len);
    memset(frame + header_len + len, 0x81, 3); /* the next frame */

    MUST(trace_sent(&trace, frame, header_len + len + 3) == header_len + len);
    MUST(!trace.from_client && trace.header_done && trace.payload_seen == len);
    MUST(trace.header_len == header_len && memcmp(trace.header, frame, header_len) == 0);
    MUST(memcmp(trace.shown, frame + header_len, len < TRACE_SHOWN ? len : TRACE_SHOWN) == 0);
    show(&trace, WS_OK);
    free(frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    uint8_t seed = fuzz_byte(&in);
    size_t len = in.len < WIRE_MAX ? in.len : WIRE_MAX;

    trace_all(in.at, len, seed, len + 1);
    trace_all(in.at, len < 200 ? len : 200, seed, 1);
    trace_all(in.at, len, seed, 300);
    trace_server_frame(in.at, len, seed);

    char *text = fuzz_alloc(TRACE_MAX), *bytes = fuzz_copy(in.at, len);
    struct trace_head head = {.from_client = seed & 1,
                              .bytes = bytes,
                              .len = len,
                              .outcome = (enum http_outcome)(seed % HTTP_OUTCOMES)};
    memset(text, 0xA5, TRACE_MAX);
    check_text(text, trace_head_text(&head, (struct trace_look){false, TRACE_COLUMNS, NULL}, text),
               true);
    free(bytes);
    free(text);
    return 0;
}
