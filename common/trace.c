/*
 * trace - see trace.h
 */
#include "trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PER_LINE 16 /* bytes of payload */
#define MARGIN   "     "

/* ------------------------------------------------------------------------------- looking on */

void trace_read(struct trace_frame *trace)
{
    trace->reads++;
}

/* Keeps what is to be shown of a piece of payload, of which the first `have` bytes can be seen. */
static void keep_payload(struct trace_frame *trace, const unsigned char *piece, size_t have)
{
    for (size_t i = 0; i < have && trace->payload_seen + i < TRACE_SHOWN; i++)
        trace->shown[trace->payload_seen + i] = piece[i];
}

/* Takes the header byte by byte; stops when it is complete, or bad. Returns how many were taken. */
static size_t feed_header(struct trace_frame *trace, const unsigned char *peek, size_t len)
{
    enum ws_outcome outcome = WS_PARTIAL;
    size_t used = 0;
    while (outcome == WS_PARTIAL && used < len && used < TRACE_PEEK) {
        trace->header[trace->header_len++] = peek[used++];
        outcome = ws_frame_decode(&trace->frame, trace->header, trace->header_len);
    }
    trace->header_done = outcome == WS_OK;
    return used;
}

size_t trace_feed(struct trace_frame *trace, const unsigned char *peek, size_t len, bool *complete)
{
    size_t used = trace->header_done ? 0 : feed_header(trace, peek, len);
    trace->from_client = true;
    if (trace->header_done) {
        uint64_t awaited = trace->frame.payload_len - trace->payload_seen;
        size_t piece = len - used < awaited ? len - used : (size_t)awaited;
        size_t can_be_seen = used + piece < TRACE_PEEK ? piece : TRACE_PEEK - used;
        keep_payload(trace, peek + used, can_be_seen);
        trace->payload_seen += piece;
        used += piece;
    }
    *complete = trace->header_done && trace->payload_seen == trace->frame.payload_len;
    return used;
}

size_t trace_sent(struct trace_frame *trace, const unsigned char *bytes, size_t len)
{
    /* Set the mask bit, for the length of a header to be found by the one decoder there is. */
    unsigned char masked[WS_HEADER_MAX] = {0};
    size_t header_len;
    memcpy(masked, bytes, len < WS_SERVER_HEADER_MAX ? len : WS_SERVER_HEADER_MAX);
    masked[1] |= 0x80;
    *trace = (struct trace_frame){0};
    if (ws_frame_decode(&trace->frame, masked, sizeof masked) != WS_OK)
        return len;
    trace->frame.masked = false;
    header_len = trace->frame.header_len - sizeof trace->frame.mask_key;
    memcpy(trace->header, bytes, header_len);
    trace->header_len = header_len;
    trace->header_done = true;
    keep_payload(trace, bytes + header_len, len - header_len);
    trace->payload_seen = trace->frame.payload_len;
    return trace->frame.payload_len < len - header_len
               ? header_len + (size_t)trace->frame.payload_len
               : len;
}

/* ---------------------------------------------------------------------------------- telling */

struct text {
    char *out;
    size_t len;
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
add(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text->out + text->len, TRACE_MAX - text->len, format, arguments);
    va_end(arguments);
    if (n > 0)
        text->len += (size_t)n;
    if (text->len > TRACE_MAX - 1)
        text->len = TRACE_MAX - 1;
}

static char printable(unsigned char c)
{
    return c >= ' ' && c < 0x7F ? (char)c : '.';
}

/* Bytes of a header, in a column of their own. */
static void add_bytes(struct text *text, const unsigned char *bytes, size_t len)
{
    add(text, MARGIN);
    for (size_t i = 0; i < 8; i++) {
        if (i < len)
            add(text, "%02x ", bytes[i]);
        else
            add(text, "   ");
    }
    add(text, " ");
}

static void add_first_byte(struct text *text, const struct trace_frame *trace)
{
    const struct ws_frame *frame = &trace->frame;
    add_bytes(text, trace->header, 1);
    add(text, "FIN=%d RSV=%d%d%d opcode=%d %s\n", frame->fin, frame->rsv >> 2 & 1,
        frame->rsv >> 1 & 1, frame->rsv & 1, frame->opcode, ws_opcode_name(frame->opcode));
}

/* The rest of the header; the announced form of the length is read from the byte itself, since a
 * faulty one is to be shown too. */
static void add_length_and_key(struct text *text, const struct trace_frame *trace)
{
    const unsigned char *header = trace->header;
    size_t len = trace->header_len, at = 2;
    unsigned char announced = header[1] & 0x7F;
    size_t size = announced == 126 ? 2 : announced == 127 ? 8 : 0;

    add_bytes(text, header + 1, 1);
    add(text, "MASK=%d length=%u%s\n", header[1] >> 7, announced,
        size == 2   ? ": the next 16 bits say"
        : size == 8 ? ": the next 64 bits say"
                    : "");
    if (size > 0 && len > at) {
        size_t have = len - at < size ? len - at : size;
        uint64_t number = 0;
        for (size_t i = 0; i < have; i++)
            number = number << 8 | header[at + i];
        add_bytes(text, header + at, have);
        add(text, "length %llu%s\n", (unsigned long long)number,
            have < size ? " (and more to come)" : "");
    }
    at += size;
    if (header[1] & 0x80 && len > at) {
        add_bytes(text, header + at, len - at < 4 ? len - at : 4);
        add(text, "masking key\n");
    }
}

static void add_payload_line(struct text *text, const unsigned char *bytes, size_t len,
                             const char *what)
{
    char hex[PER_LINE * 3 + 1] = "", characters[PER_LINE + 1] = "";
    for (size_t i = 0; i < len; i++) {
        snprintf(hex + i * 3, 4, "%02x ", bytes[i]);
        characters[i] = printable(bytes[i]);
    }
    add(text, MARGIN "%-*s %-*s  %s\n", PER_LINE * 3, hex, PER_LINE, characters, what);
}

/* The payload, as it was on the wire and, if it was masked, what that means. */
static void add_payload(struct text *text, const struct trace_frame *trace)
{
    unsigned char plain[TRACE_SHOWN];
    size_t shown = trace->payload_seen < TRACE_SHOWN ? (size_t)trace->payload_seen : TRACE_SHOWN;
    bool masked = trace->frame.masked;
    memcpy(plain, trace->shown, sizeof plain);
    ws_frame_mask(plain, masked ? shown : 0, trace->frame.mask_key, 0);
    for (size_t at = 0; at < shown; at += PER_LINE) {
        size_t len = shown - at < PER_LINE ? shown - at : PER_LINE;
        if (masked)
            add_payload_line(text, trace->shown + at, len, "masked, as sent");
        add_payload_line(text, plain + at, len, masked ? "unmasked" : "payload");
    }
    if (trace->payload_seen > shown)
        add(text, MARGIN "... and %llu bytes more\n",
            (unsigned long long)(trace->payload_seen - shown));
}

/* The rules that a good frame has kept. */
static void add_ok(struct text *text, const struct trace_frame *trace)
{
    const struct ws_frame *frame = &trace->frame;
    add(text, MARGIN "ok: %s, no RSV bit, known opcode, shortest length (§5.2)\n",
        frame->masked ? "masked (§5.3)" : "not masked (§5.1)");
    if (ws_opcode_is_control(frame->opcode))
        add(text, MARGIN "    a control frame, short and whole (§5.5)\n");
    else
        add(text, MARGIN "    %s (§5.4)\n",
            frame->fin ? "the message ends here" : "more of this message follows");
}

/* The rule that is broken, and what beginners mostly did when they broke it. */
static void add_bad(struct text *text, const struct trace_frame *trace, enum ws_outcome outcome)
{
    const struct ws_fault *fault = ws_fault_find(outcome);
    unsigned char first = trace->header_len > 0 ? trace->header[0] : 0;
    add(text, MARGIN "BAD: %s\n", fault->reason);
    if (outcome < WS_STRAY_CONTINUATION && first >= ' ' && first < 0x7F)
        add(text, MARGIN "     0x%02x is '%c': was text sent without a frame around it?\n", first,
            first);
    if (outcome == WS_NOT_MASKED)
        add(text, MARGIN "     set bit 0x80 of the second byte, and send four bytes of key\n");
    add(text, MARGIN "     the server closes with %u\n", fault->close_code);
}

size_t trace_frame_text(const struct trace_frame *trace, enum ws_outcome outcome,
                        char out[TRACE_MAX])
{
    struct text text = {out, 0};
    const struct ws_frame *frame = &trace->frame;
    add(&text, "%s: %s frame", trace->from_client ? "received" : "sent",
        ws_opcode_name(frame->opcode));
    if (trace->header_done)
        add(&text, ", %llu bytes", (unsigned long long)frame->payload_len);
    if (trace->from_client)
        add(&text, ", brought by %u read%s", trace->reads, trace->reads == 1 ? "" : "s");
    add(&text, "\n");
    if (trace->header_len > 0)
        add_first_byte(&text, trace);
    if (trace->header_len > 1)
        add_length_and_key(&text, trace);
    if (trace->header_done)
        add_payload(&text, trace);
    if (outcome == WS_OK)
        add_ok(&text, trace);
    else
        add_bad(&text, trace, outcome);
    return text.len;
}

size_t trace_head_text(const void *head, size_t len, char out[TRACE_MAX])
{
    const unsigned char *bytes = head;
    struct text text = {out, 0};
    size_t column = 0;
    for (size_t i = 0; i < len && text.len < TRACE_MAX - 200; i++) {
        if (column == 0 || column > 80) {
            add(&text, column == 0 ? MARGIN "| " : "\n" MARGIN "| ");
            column = 1;
        }
        if (bytes[i] == '\n') {
            add(&text, "\\n\n");
            column = 0;
        } else if (bytes[i] == '\r') {
            add(&text, "\\r");
            column += 2;
        } else if (printable(bytes[i]) == (char)bytes[i]) {
            add(&text, "%c", bytes[i]);
            column++;
        } else {
            add(&text, "\\x%02X", bytes[i]);
            column += 4;
        }
    }
    if (column > 0)
        add(&text, "\n");
    return text.len;
}
