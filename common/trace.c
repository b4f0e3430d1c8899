/*
 * trace - see trace.h
 *
 * From top to bottom: looking on as the bytes pass, what can be said of a frame, that as text for a
 * terminal, that as JSON, and heads.
 */
#include "trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "printable.h"
#include "wrap.h"

#define PER_LINE   16      /* bytes of payload */
#define MARGIN     "     " /* before all lines but the first */
#define INDENT     MARGIN "       "
#define INDENT_LEN 12
#define VERDICT    7 /* columns that a verdict has */

/* ------------------------------------------------------------------------------- looking on */

void trace_read(struct trace_frame *trace)
{
    trace->new_read = true;
}

/* The next byte of the frame is here: is it the first of a read? */
static void note_read(struct trace_frame *trace)
{
    uint64_t at = trace->header_len + trace->payload_seen;
    if (at == 0) {
        trace->reads = 1;
        trace->joined = !trace->new_read;
    } else if (trace->new_read) {
        trace->reads++;
        if (at < sizeof trace->cut_before)
            trace->cut_before[at] = true;
    }
    trace->new_read = false;
}

static void keep_payload(struct trace_frame *trace, const unsigned char *piece, size_t len)
{
    for (size_t i = 0; i < len && trace->payload_seen + i < TRACE_SHOWN; i++)
        trace->shown[trace->payload_seen + i] = piece[i];
    trace->payload_seen += len;
}

/* Takes the header byte by byte; stops when it is complete, or bad. Returns how many were taken. */
static size_t feed_header(struct trace_frame *trace, const unsigned char *bytes, size_t len)
{
    enum ws_outcome outcome = WS_PARTIAL;
    size_t used = 0;
    while (outcome == WS_PARTIAL && used < len) {
        trace->header[trace->header_len++] = bytes[used++];
        outcome = ws_frame_decode(&trace->frame, trace->header, trace->header_len);
    }
    trace->header_done = outcome == WS_OK;
    trace->header_bad = outcome != WS_OK && outcome != WS_PARTIAL;
    return used;
}

size_t trace_feed(struct trace_frame *trace, const unsigned char *bytes, size_t len, bool *complete)
{
    bool in_header = !trace->header_done && !trace->header_bad;
    trace->from_client = true;
    note_read(trace);
    size_t used = in_header ? feed_header(trace, bytes, len) : 0;
    if (trace->header_done || trace->header_bad) {
        uint64_t awaited = trace->header_bad ? len : trace->frame.payload_len - trace->payload_seen;
        size_t piece = len - used < awaited ? len - used : (size_t)awaited;
        keep_payload(trace, bytes + used, piece);
        used += piece;
    }
    *complete = trace->header_done && trace->payload_seen == trace->frame.payload_len;
    return used;
}

void trace_next(struct trace_frame *trace)
{
    const struct ws_frame *frame = &trace->frame;
    struct trace_state state = trace->state;
    if (frame->opcode == WS_CLOSE) {
        state.closing = true;
    } else if (!ws_opcode_is_control(frame->opcode)) {
        if (frame->opcode != WS_CONTINUATION) {
            state.opcode = frame->opcode;
            state.fragments = 1;
        } else if (state.fragments > 0) {
            state.fragments++;
        }
        state.in_message = !frame->fin;
    }
    *trace = (struct trace_frame){.state = state};
}

size_t trace_sent(struct trace_frame *trace, const unsigned char *bytes, size_t len)
{
    /* Set the mask bit, for the length of a header to be found by the one decoder there is. */
    unsigned char masked[WS_HEADER_MAX] = {0};
    memcpy(masked, bytes, len < WS_SERVER_HEADER_MAX ? len : WS_SERVER_HEADER_MAX);
    masked[1] |= 0x80;
    *trace = (struct trace_frame){.outcome = WS_OK};
    if (ws_frame_decode(&trace->frame, masked, sizeof masked) != WS_OK)
        return len;
    trace->frame.masked = false;
    trace->state.closing = trace->frame.opcode == WS_CLOSE;
    trace->header_len = trace->frame.header_len - sizeof trace->frame.mask_key;
    memcpy(trace->header, bytes, trace->header_len);
    trace->header_done = true;
    keep_payload(trace, bytes + trace->header_len, len - trace->header_len);
    trace->payload_seen = trace->frame.payload_len;
    return trace->frame.payload_len < len - trace->header_len
               ? trace->header_len + (size_t)trace->frame.payload_len
               : len;
}

/* --------------------------------------------------------------- what can be said of a frame */

/* Where the parts of a header lie, read from the bytes themselves: a faulty one is told too. */
struct parts {
    size_t length_size;  /* bytes of the extended length: 0, 2 or 8 */
    size_t length_have;  /* ... of which so many have come */
    bool length_known;   /* it is complete: */
    uint64_t length;     /* as announced */
    size_t key, key_len; /* header[key..key + key_len) is the masking key, as far as it came */
};

static struct parts find_parts(const struct trace_frame *trace)
{
    struct parts parts = {0};
    const unsigned char *header = trace->header;
    size_t len = trace->header_len, seven_bits = header[1] & 0x7F;
    if (len < 2)
        return parts;
    parts.length_size = seven_bits == 126 ? 2 : seven_bits == 127 ? 8 : 0;
    parts.length_have = len - 2 < parts.length_size ? len - 2 : parts.length_size;
    parts.length_known = parts.length_have == parts.length_size;
    if (parts.length_size == 0)
        parts.length = seven_bits;
    for (size_t i = 0; i < parts.length_have; i++)
        parts.length = parts.length << 8 | header[2 + i];
    parts.key = 2 + parts.length_size;
    if (header[1] & 0x80 && len > parts.key)
        parts.key_len = len - parts.key;
    return parts;
}

static size_t count_shown(const struct trace_frame *trace)
{
    return trace->payload_seen < TRACE_SHOWN ? (size_t)trace->payload_seen : TRACE_SHOWN;
}

/* The payload as it is meant; returns how many bytes of it are shown. */
static size_t unmask(const struct trace_frame *trace, unsigned char plain[TRACE_SHOWN])
{
    size_t shown = count_shown(trace);
    memcpy(plain, trace->shown, TRACE_SHOWN);
    if (trace->header_done && trace->frame.masked)
        ws_frame_mask(plain, shown, trace->frame.mask_key, 0);
    return shown;
}

/* Is it a piece of a text? Of a stray continuation nobody can say. */
static bool is_text(const struct trace_frame *trace)
{
    unsigned char opcode = trace->frame.opcode;
    return (opcode == WS_CONTINUATION ? trace->state.opcode : opcode) == WS_TEXT;
}

static const char *state_name(const struct trace_frame *trace)
{
    const struct trace_state *state = &trace->state;
    if (state->closing)
        return "closing";
    if (!trace->from_client)
        return "open"; /* what we send is never fragmented */
    return state->in_message ? ws_opcode_name(state->opcode) : "between";
}

/* The sections of RFC 6455 that a good frame has kept; returns how many there are. */
#define KEPT_MAX 6
static size_t find_kept(const struct trace_frame *trace, const char *kept[KEPT_MAX])
{
    size_t n = 0;
    kept[n++] = "5.1";
    kept[n++] = "5.2";
    if (trace->frame.masked)
        kept[n++] = "5.3";
    if (!ws_opcode_is_control(trace->frame.opcode)) {
        kept[n++] = "5.4";
        if (is_text(trace))
            kept[n++] = "8.1";
        return n;
    }
    kept[n++] = "5.5";
    kept[n++] = trace->frame.opcode == WS_CLOSE  ? "5.5.1"
                : trace->frame.opcode == WS_PING ? "5.5.2"
                                                 : "5.5.3";
    if (trace->frame.opcode == WS_CLOSE && trace->frame.payload_len > 0)
        kept[n++] = "7.4";
    return n;
}

static const char *const fault_names[WS_OUTCOMES] = {
    [WS_BAD_RSV] = "bad-rsv",
    [WS_BAD_OPCODE] = "bad-opcode",
    [WS_CONTROL_FRAGMENTED] = "control-fragmented",
    [WS_CONTROL_TOO_LONG] = "control-too-long",
    [WS_NOT_MASKED] = "not-masked",
    [WS_LENGTH_NOT_MINIMAL] = "length-not-minimal",
    [WS_LENGTH_HIGH_BIT] = "length-high-bit",
    [WS_STRAY_CONTINUATION] = "stray-continuation",
    [WS_MESSAGE_UNFINISHED] = "message-unfinished",
    [WS_TOO_BIG] = "too-big",
    [WS_BAD_UTF8] = "bad-utf8",
    [WS_CLOSE_ONE_BYTE] = "close-one-byte",
    [WS_CLOSE_BAD_CODE] = "close-bad-code",
    [WS_CLOSE_BAD_UTF8] = "close-bad-utf8",
};

/* What beginners mostly did when a fault came; by name, so that a page can say it in its language. */
struct hint {
    const char *name, *words;
};

/* A first byte that is no frame's: what was it? */
static struct hint hint_of_first_byte(unsigned char first)
{
    if (first == '\r' || first == '\n')
        return (struct hint){"newline", "is a line end: was Enter pressed, or println() used?"};
    if (first >= ' ' && first < 0x7F)
        return (struct hint){"text", "was text sent without a frame around it?"};
    if ((first & 0xF0) == 0xC0 && (first & 0x0F) <= WS_BINARY)
        return (struct hint){"deflate", "RSV1 means compressed, but no extension was agreed on"};
    return (struct hint){"length", "perhaps the frame before was not as long as its header said"};
}

/* A close code that may not be sent: are its bytes in the wrong order? */
static struct hint hint_of_close_code(const struct trace_frame *trace)
{
    unsigned char plain[TRACE_SHOWN];
    if (unmask(trace, plain) >= 2 && ws_close_code_is_valid((uint16_t)(plain[1] << 8 | plain[0])))
        return (struct hint){"swapped",
                             "with its two bytes swapped it may: the highest comes first"};
    return (struct hint){"codes", "1000-1003, 1007-1014 and 3000-4999 may be sent"};
}

static struct hint find_hint(const struct trace_frame *trace)
{
    switch (trace->outcome) {
    case WS_BAD_RSV:
    case WS_BAD_OPCODE:
    case WS_CONTROL_FRAGMENTED: return hint_of_first_byte(trace->header[0]);
    case WS_CONTROL_TOO_LONG:
        return (struct hint){"room",
                             "a ping holds 125 bytes, a close reason 123; longer: a message"};
    case WS_NOT_MASKED:
        return (struct hint){"mask",
                             "set bit 0x80 of byte 1, send 4 bytes of key, XOR the payload"};
    case WS_LENGTH_NOT_MINIMAL:
        return (struct hint){"shortest", "up to 125 in 7 bits, up to 65535 in 16, the rest in 64"};
    case WS_LENGTH_HIGH_BIT:
        return (struct hint){"order", "in the wrong byte order? The highest byte comes first"};
    case WS_STRAY_CONTINUATION:
        return (struct hint){"fin", "did the frame before have FIN although it was not the last?"};
    case WS_MESSAGE_UNFINISHED:
        return (struct hint){"continuation", "all fragments after the first have opcode 0"};
    case WS_TOO_BIG:
        return (struct hint){"order", "in the wrong byte order? The highest byte comes first"};
    case WS_BAD_UTF8:
        return (struct hint){"charset", "another charset, or a wrong mask? Binary data: opcode 2"};
    case WS_CLOSE_ONE_BYTE:
        return (struct hint){"code", "a close code has two bytes, the highest first"};
    case WS_CLOSE_BAD_CODE: return hint_of_close_code(trace);
    case WS_CLOSE_BAD_UTF8:
        return (struct hint){"cut", "was the reason cut in the middle of a character?"};
    default: return (struct hint){NULL, NULL};
    }
}

/* --------------------------------------------------------------------------- writing text */

struct text {
    char *out;
    size_t len;
    struct trace_look look;
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

/* The same in the reader's language. */
#if defined(__GNUC__)
__attribute__((format_arg(2)))
#endif
static const char *
in_words(const struct text *text, const char *english)
{
    return text->look.words != NULL ? text->look.words(english) : english;
}

/* With spaces behind it up to that width. */
static void add_padded(struct text *text, size_t width, const char *words)
{
    size_t columns = wrap_columns(words, strlen(words));
    add(text, "%s%*s", words, columns < width ? (int)(width - columns) : 0, "");
}

/* A word in a colour. */
enum colour { RED = 31, GREEN = 32, YELLOW = 33, CYAN = 36 };
static void add_coloured(struct text *text, enum colour colour, size_t width, const char *word)
{
    if (text->look.colour)
        add(text, "\033[1;%dm", colour);
    add_padded(text, width, word);
    if (text->look.colour)
        add(text, "\033[0m");
}

static void add_direction(struct text *text, bool from_client, bool is_queued)
{
    const char *word = in_words(text, from_client ? "received" : is_queued ? "queued" : "sent");
    add_coloured(text, from_client ? CYAN : YELLOW, 0, word);
    add(text, "%s", in_words(text, ": "));
}

/* Words behind a margin of the width of INDENT, in as many lines as they need. */
static void add_words(struct text *text, const char *words)
{
    size_t column = 0;
    while (*words != '\0') {
        size_t space = *words == ' ', len = wrap_word(words + space, strlen(words + space));
        size_t wide = wrap_columns(words + space, len);
        if (column > 0 && INDENT_LEN + column + space + wide > text->look.columns) {
            add(text, "\n" INDENT);
            column = 0;
        }
        add(text, "%s%.*s", column > 0 && space > 0 ? " " : "", (int)len, words + space);
        column += wide + (column > 0 ? space : 0);
        words += space + len;
    }
    add(text, "\n");
}

/* So many of these, behind a comma. */
static void add_count(struct text *text, uint64_t n, const char *one, const char *many)
{
    add(text, in_words(text, ", %llu %s"), (unsigned long long)n,
        in_words(text, n == 1 ? one : many));
}

static char printable(unsigned char c)
{
    return c >= ' ' && c < 0x7F ? (char)c : '.';
}

/* --------------------------------------------------------------------- a frame on a terminal */

/* One part of the header: its bytes, its bits, and below them what they mean. The first character
 * of each line is free for the sign of a cut. */
struct cell {
    char bytes[3 * 8 + 1];
    char bits[16];
    char meaning[48];
};

/* header[at..at + len) in hexadecimal, each with a space before it, or | if a read began there. */
static void put_bytes(char *out, const bool *cut_before, const unsigned char *bytes, size_t len)
{
    *out = '\0';
    for (size_t i = 0; i < len; i++)
        snprintf(out + 3 * i, 4, "%c%02x", cut_before[i] ? '|' : ' ', bytes[i]);
}

static struct cell new_cell(const struct trace_frame *trace, size_t at, size_t len)
{
    struct cell cell = {"", "", ""};
    put_bytes(cell.bytes, trace->cut_before + at, trace->header + at, len);
    return cell;
}

/* `count` bits of a byte, the highest of them being bit `high`. */
static void put_bits(char *out, unsigned char byte, unsigned high, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        out[i] = byte >> (high - i) & 1 ? '1' : '0';
}

static struct cell first_byte(const struct trace_frame *trace)
{
    const struct ws_frame *frame = &trace->frame;
    struct cell cell = new_cell(trace, 0, 1);
    unsigned char byte = trace->header[0];
    memcpy(cell.bits, " 0 000 0000", sizeof " 0 000 0000");
    put_bits(cell.bits + 1, byte, 7, 1);
    put_bits(cell.bits + 3, byte, 6, 3);
    put_bits(cell.bits + 7, byte, 3, 4);
    snprintf(cell.meaning, sizeof cell.meaning, " FIN=%d RSV=%d%d%d %d=%s", frame->fin,
             frame->rsv >> 2 & 1, frame->rsv >> 1 & 1, frame->rsv & 1, frame->opcode,
             ws_opcode_name(frame->opcode));
    return cell;
}

static struct cell second_byte(const struct text *text, const struct trace_frame *trace,
                               const struct parts *parts)
{
    struct cell cell = new_cell(trace, 1, 1);
    unsigned char byte = trace->header[1];
    memcpy(cell.bits, " 0 0000000", sizeof " 0 0000000");
    put_bits(cell.bits + 1, byte, 7, 1);
    put_bits(cell.bits + 3, byte, 6, 7);
    if (parts->length_size == 0)
        snprintf(cell.meaning, sizeof cell.meaning, in_words(text, " MASK=%d length %d in 7 bits"),
                 byte >> 7, byte & 0x7F);
    else
        snprintf(cell.meaning, sizeof cell.meaning, in_words(text, " MASK=%d %d: in %zu bits"),
                 byte >> 7, byte & 0x7F, 8 * parts->length_size);
    return cell;
}

static struct cell long_length(const struct text *text, const struct trace_frame *trace,
                               const struct parts *parts)
{
    struct cell cell = new_cell(trace, 2, parts->length_have);
    if (parts->length_known)
        snprintf(cell.meaning, sizeof cell.meaning, in_words(text, " length %llu"),
                 (unsigned long long)parts->length);
    else
        snprintf(cell.meaning, sizeof cell.meaning, " %s", in_words(text, "length, begun"));
    return cell;
}

static struct cell masking_key(const struct text *text, const struct trace_frame *trace,
                               const struct parts *parts)
{
    struct cell cell = new_cell(trace, parts->key, parts->key_len);
    snprintf(cell.meaning, sizeof cell.meaning, " %s",
             in_words(text, parts->key_len == 4 ? "masking key" : "key, begun"));
    return cell;
}

/* Lines never end with spaces. */
static void end_line(struct text *text)
{
    while (text->len > 0 && text->out[text->len - 1] == ' ')
        text->len--;
    add(text, "\n");
}

/* Cells beside each other: their bytes, below them their bits, below those what they mean. */
static void add_cells(struct text *text, const struct cell *cells, const size_t *width,
                      size_t count)
{
    for (int line = 0; line < 3; line++) {
        add(text, "    ");
        for (size_t i = 0; i < count; i++)
            add_padded(text, width[i],
                       line == 0   ? cells[i].bytes
                       : line == 1 ? cells[i].bits
                                   : cells[i].meaning);
        end_line(text);
    }
}

/* How many cells stand beside each other; the last needs no space behind it. */
static size_t fitting(const struct text *text, const size_t *width, size_t count)
{
    size_t columns = 4, n = 0;
    while (n < count && columns + width[n] - 1 <= text->look.columns)
        columns += width[n++];
    return n > 0 ? n : 1;
}

/* The header, on a narrow terminal in two rows. */
static void add_header(struct text *text, const struct trace_frame *trace)
{
    struct parts parts = find_parts(trace);
    struct cell cells[4];
    size_t width[4], n = 0;
    cells[n++] = first_byte(trace);
    if (trace->header_len > 1)
        cells[n++] = second_byte(text, trace, &parts);
    if (parts.length_have > 0)
        cells[n++] = long_length(text, trace, &parts);
    if (parts.key_len > 0)
        cells[n++] = masking_key(text, trace, &parts);
    for (size_t i = 0; i < n; i++) {
        size_t bytes = strlen(cells[i].bytes);
        size_t meaning = wrap_columns(cells[i].meaning, strlen(cells[i].meaning));
        width[i] = (bytes > meaning ? bytes : meaning) + 1;
    }
    for (size_t first = 0, count; first < n; first += count) {
        count = fitting(text, width + first, n - first);
        add_cells(text, cells + first, width + first, count);
    }
}

/* The payload as characters, a column for each byte. */
struct characters {
    char line[TRACE_SHOWN / PER_LINE][2 * PER_LINE + 1];
    size_t len[TRACE_SHOWN / PER_LINE];
};

static void put_character(struct characters *characters, size_t at, const void *bytes, size_t len,
                          size_t spaces)
{
    size_t *end = &characters->len[at / PER_LINE];
    char *out = characters->line[at / PER_LINE] + *end;
    memcpy(out, bytes, len);
    memset(out + len, ' ', spaces);
    *end += len + spaces;
}

/* A character never needs more columns than it has bytes. If the end of a line cuts it, it stands in the
 * line in which it has enough. */
static void find_characters(struct characters *characters, const unsigned char *bytes, size_t len,
                            bool is_readable)
{
    *characters = (struct characters){.len = {0}};
    for (size_t i = 0, n; i < len; i += n) {
        char other = printable(bytes[i]);
        n = is_readable ? printable_character(bytes + i, len - i) : 0;
        if (n <= 1) {
            n = 1;
            put_character(characters, i, &other, 1, 0);
            continue;
        }
        size_t wide = wrap_columns((const char *)bytes + i, n), left = PER_LINE - i % PER_LINE;
        size_t here = n < left ? n : left;
        put_character(characters, i, bytes + i, wide <= here ? n : 0,
                      here - (wide <= here ? wide : 0));
        if (n > here)
            put_character(characters, i + here, bytes + i, wide > here ? n : 0,
                          n - here - (wide > here ? wide : 0));
    }
}

static void add_payload_line(struct text *text, const bool *cut_before, const unsigned char *bytes,
                             size_t len, const char *characters, const char *what)
{
    char hex[PER_LINE * 3 + 1];
    put_bytes(hex, cut_before, bytes, len);
    add(text, "    %-*s  ", PER_LINE * 3, hex);
    add_padded(text, PER_LINE, characters);
    add(text, "  %s\n", in_words(text, what));
}

static void add_more(struct text *text, uint64_t bytes)
{
    add(text, MARGIN);
    add(text, in_words(text, "... and %llu bytes more\n"), (unsigned long long)bytes);
}

/* The payload, as it was on the wire and, if it was masked, what that means. */
static void add_payload(struct text *text, const struct trace_frame *trace)
{
    static const bool no_cut[PER_LINE];
    unsigned char plain[TRACE_SHOWN];
    size_t shown = unmask(trace, plain);
    bool masked = trace->header_done && trace->frame.masked;
    bool is_narrow = text->look.columns < 88;
    bool is_readable = trace->header_done && (is_text(trace) || trace->frame.opcode == WS_CLOSE);
    struct characters sent, meant;
    find_characters(&sent, trace->shown, shown, is_readable && !masked);
    find_characters(&meant, plain, shown, is_readable);
    for (size_t at = 0; at < shown; at += PER_LINE) {
        size_t len = shown - at < PER_LINE ? shown - at : PER_LINE;
        add_payload_line(text, trace->cut_before + trace->header_len + at, trace->shown + at, len,
                         sent.line[at / PER_LINE],
                         trace->header_bad ? (is_narrow ? "behind" : "came behind it")
                         : masked          ? (is_narrow ? "as sent" : "masked, as sent")
                                           : "payload");
        if (masked)
            add_payload_line(text, no_cut, plain + at, len, meant.line[at / PER_LINE], "unmasked");
    }
    if (trace->payload_seen > shown)
        add_more(text, trace->payload_seen - shown);
    if (trace->header_done && trace->payload_seen < trace->frame.payload_len) {
        add(text, MARGIN);
        add(text, in_words(text, "%llu bytes of the payload have not come\n"),
            (unsigned long long)(trace->frame.payload_len - trace->payload_seen));
    }
}

/* How often the client's bytes had to be read; the line goes on. */
static void add_count_of_reads(struct text *text, unsigned reads)
{
    add(text, MARGIN);
    add(text, in_words(text, "reads  %u"), reads);
}

static void add_verdict(struct text *text, enum colour colour, const char *verdict)
{
    add(text, MARGIN);
    add_coloured(text, colour, VERDICT, in_words(text, verdict));
}

static void add_reads(struct text *text, const struct trace_frame *trace)
{
    if (!trace->from_client)
        return;
    add_count_of_reads(text, trace->reads);
    if (trace->reads > 1)
        add(text, "%s", in_words(text, "; | stands where the next began"));
    if (trace->joined)
        add(text, "%s", in_words(text, "; the first had brought what was before this frame, too"));
    add(text, "\n");
}

static void add_state(struct text *text, const struct trace_frame *trace)
{
    const struct trace_state *state = &trace->state;
    bool is_inside = trace->from_client && !state->closing && state->in_message;
    add(text, MARGIN);
    add(text, "%s", in_words(text, "state  "));
    if (state->closing || !trace->from_client)
        add(text, "%s", in_words(text, state->closing ? "closing" : "open"));
    else if (!is_inside)
        add(text, "%s", in_words(text, "between messages"));
    else
        add(text, in_words(text, "inside a fragmented %s message"), ws_opcode_name(state->opcode));
    if (is_inside && state->fragments > 0)
        add_count(text, state->fragments, "fragment so far", "fragments so far");
    add(text, "\n");
}

/* What a good control frame means for what comes next. */
static const char *control_means(const struct trace_frame *trace)
{
    switch (trace->frame.opcode) {
    case WS_PING:
        return trace->from_client ? "a pong with the same payload answers it (§5.5.2, §5.5.3)"
                                  : "a pong must come, or anything else (§5.5.2)";
    case WS_PONG:
        return trace->from_client ? "the client is alive (§5.5.3)"
                                  : "with the payload of the ping that it answers (§5.5.3)";
    default:
        return trace->from_client ? "a close with the same code answers it (§5.5.1, §7.4)"
                                  : "nothing is sent after a close (§5.5.1, §7.4)";
    }
}

/* Which part of a message a good data frame is. */
static const char *data_means(const struct trace_frame *trace)
{
    if (trace->frame.opcode != WS_CONTINUATION)
        return trace->frame.fin ? "a whole message" : "the first fragment, more must follow";
    return trace->frame.fin ? "the last fragment, the message is complete"
                            : "another fragment, more must follow";
}

/* The rules that a good frame has kept. */
static void add_ok(struct text *text, const struct trace_frame *trace)
{
    const struct ws_frame *frame = &trace->frame;
    add_verdict(text, GREEN, "ok");
    add(text, in_words(text, "%s, no RSV bit, known opcode, shortest length (§5.2)\n"),
        in_words(text, frame->masked ? "masked (§5.1, §5.3)" : "not masked (§5.1)"));
    add(text, INDENT);
    if (ws_opcode_is_control(frame->opcode))
        add(text, in_words(text, "short and whole (§5.5); %s"),
            in_words(text, control_means(trace)));
    else
        add(text, in_words(text, "%s (§5.4)"), in_words(text, data_means(trace)));
    if (is_text(trace))
        add(text, "%s",
            in_words(text, frame->fin ? "; it is UTF-8 (§8.1)" : "; so far it is UTF-8 (§8.1)"));
    add(text, "\n");
}

/* The rule that is broken, what beginners mostly did when they broke it, and what follows. */
static void add_bad(struct text *text, const struct trace_frame *trace)
{
    const struct ws_fault *fault = ws_fault_find(trace->outcome);
    struct hint hint = find_hint(trace);
    unsigned char first = trace->header[0];
    add_verdict(text, RED, "BAD");
    add_words(text, in_words(text, fault->reason));
    if (hint.words != NULL) {
        add(text, INDENT);
        if (strcmp(hint.name, "text") == 0)
            add(text, in_words(text, "0x%02x is '%c': "), first, first);
        else if (strcmp(hint.name, "newline") == 0)
            add(text, "0x%02x ", first);
        add(text, "%s\n", in_words(text, hint.words));
    }
    add(text, INDENT);
    add(text, in_words(text, "the server closes with %u (§7.1.7)\n"), fault->close_code);
}

static void add_cut(struct text *text, const char *where)
{
    add_verdict(text, RED, "cut");
    add(text, "%s\n", in_words(text, where));
}

size_t trace_frame_text(const struct trace_frame *trace, struct trace_look look,
                        char out[TRACE_MAX])
{
    struct text text = {out, 0, look};
    struct parts parts = find_parts(trace);
    add_direction(&text, trace->from_client, trace->is_queued);
    if (trace->header_bad && trace->header_len == 1)
        add(&text, "%s", in_words(&text, "no frame"));
    else
        add(&text, in_words(&text, "%s frame"), ws_opcode_name(trace->frame.opcode));
    if (parts.length_known)
        add_count(&text, parts.length, "byte", "bytes");
    add(&text, "\n");
    add_header(&text, trace);
    add_payload(&text, trace);
    add_reads(&text, trace);
    add_state(&text, trace);
    if (trace->outcome == WS_OK)
        add_ok(&text, trace);
    else if (trace->outcome == WS_PARTIAL)
        add_cut(&text, "the connection ended in the middle of this frame: 1006 (§7.1.5)");
    else
        add_bad(&text, trace);
    return text.len;
}

/* ------------------------------------------------------------------------- a frame as JSON */

/* All strings are either hexadecimal or our own, which need no escapes. */

static void add_hex(struct text *text, const char *name, const unsigned char *bytes, size_t len)
{
    add(text, ",\"%s\":\"", name);
    for (size_t i = 0; i < len; i++)
        add(text, "%02x", bytes[i]);
    add(text, "\"");
}

static const char *json_bool(bool value)
{
    return value ? "true" : "false";
}

static void add_json_header(struct text *text, const struct trace_frame *trace)
{
    const struct ws_frame *frame = &trace->frame;
    struct parts parts = find_parts(trace);
    add_hex(text, "header", trace->header, trace->header_len);
    add(text, ",\"fin\":%s,\"rsv\":%u,\"opcode\":%u,\"name\":\"%s\"", json_bool(frame->fin),
        frame->rsv, frame->opcode, ws_opcode_name(frame->opcode));
    if (trace->header_len > 1)
        add(text, ",\"masked\":%s,\"form\":%zu", json_bool(trace->header[1] & 0x80),
            parts.length_size == 0 ? 7 : 8 * parts.length_size);
    else
        add(text, ",\"masked\":null,\"form\":null");
    if (parts.length_known)
        add(text, ",\"length\":%llu", (unsigned long long)parts.length);
    else
        add(text, ",\"length\":null");
    add_hex(text, "payload", trace->shown, count_shown(trace));
    add(text, ",\"seen\":%llu", (unsigned long long)trace->payload_seen);
}

static void add_json_reads(struct text *text, const struct trace_frame *trace)
{
    const char *comma = "";
    add(text, ",\"reads\":%u,\"cuts\":[", trace->reads);
    for (size_t i = 0; i < sizeof trace->cut_before; i++)
        if (trace->cut_before[i]) {
            add(text, "%s%zu", comma, i);
            comma = ",";
        }
    add(text, "],\"joined\":%s", json_bool(trace->joined));
}

static void add_json_kept(struct text *text, const struct trace_frame *trace)
{
    const char *kept[KEPT_MAX];
    size_t count = find_kept(trace, kept);
    add(text, ",\"kept\":[");
    for (size_t i = 0; i < count; i++)
        add(text, "%s\"%s\"", i > 0 ? "," : "", kept[i]);
    add(text, "]");
}

static void add_json_fault(struct text *text, const struct trace_frame *trace)
{
    const struct ws_fault *fault = ws_fault_find(trace->outcome);
    struct hint hint = find_hint(trace);
    const char *section = strchr(fault->reason, '(') + strlen("(RFC 6455 §");
    add(text, ",\"fault\":\"%s\",\"section\":\"%.*s\",\"reason\":\"%s\",\"close\":%u",
        fault_names[trace->outcome], (int)(strchr(section, ')') - section), section, fault->reason,
        fault->close_code);
    if (hint.name != NULL)
        add(text, ",\"hint\":\"%s\",\"hintWords\":\"%s\"", hint.name, hint.words);
}

size_t trace_frame_json(const struct trace_frame *trace, char out[TRACE_MAX])
{
    struct text text = {out, 0, {false, TRACE_COLUMNS, NULL}};
    enum ws_outcome outcome = trace->outcome;
    add(&text, "\"direction\":\"%s\",\"outcome\":\"%s\"", trace->from_client ? "in" : "out",
        outcome == WS_OK        ? "ok"
        : outcome == WS_PARTIAL ? "cut"
                                : "bad");
    add_json_header(&text, trace);
    add_json_reads(&text, trace);
    add(&text, ",\"state\":\"%s\",\"fragments\":%u", state_name(trace),
        trace->state.in_message ? trace->state.fragments : 0);
    if (outcome == WS_OK)
        add_json_kept(&text, trace);
    else if (outcome != WS_PARTIAL)
        add_json_fault(&text, trace);
    return text.len;
}

/* ------------------------------------------------------------------------------------ heads */

#define NOTE_COLUMN 60
#define NOTE_WIDTH  33 /* columns; behind NOTE_COLUMN and the margin, that makes 100 */
#define HEAD_MARGIN 7  /* margin, | and space */
#define HEAD_PIECE                                                                                 \
    256 /* bytes of a line written at a time; as text they may take four times that */

/* What the lines of a handshake mean; more in RFC 6455 §4.1 and §4.2. */
static const struct note {
    const char *name, *words;
} notes[] = {
    {"Host", "needed in HTTP/1.1"},
    {"Upgrade", "to which protocol (§4.2.1)"},
    {"Connection", "for an upgrade: Upgrade (§4.2.1)"},
    {"Sec-WebSocket-Key", "16 random bytes (§4.1)"},
    {"Sec-WebSocket-Version", "must be 13 (§4.2.1)"},
    {"Sec-WebSocket-Protocol", "agreed only if offered (§1.9)"},
    {"Sec-WebSocket-Extensions", "may be left out (§9.1)"},
    {"Sec-WebSocket-Accept", "SHA-1 of key + GUID (§4.2.2)"},
    {"Origin", "which page asks (§10.2)"},
};

static const char *find_note(const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    if (line[0] == '\r' || line[0] == '\n')
        return "the head ends here";
    for (size_t i = 0; colon != NULL && i < sizeof notes / sizeof *notes; i++)
        if (http_text_is_nocase((struct http_text){line, (size_t)(colon - line)}, notes[i].name))
            return notes[i].words;
    return NULL;
}

/* One byte as safe text; returns how many columns it takes. */
static size_t add_byte(struct text *text, unsigned char byte)
{
    size_t before = text->len;
    if (byte == '\r' || byte == '\n')
        add(text, byte == '\r' ? "\\r" : "\\n");
    else if (printable(byte) == (char)byte)
        add(text, "%c", byte);
    else
        add(text, "\\x%02X", byte);
    return text->len - before;
}

/* A line of a head, broken where it is too long for ours. */
static void add_head_line(struct text *text, const char *line, size_t len, const char *note)
{
    size_t columns = text->look.columns - HEAD_MARGIN, column = 0;
    bool is_narrow = columns < NOTE_COLUMN + NOTE_WIDTH;
    size_t note_column = is_narrow && columns > NOTE_WIDTH ? columns - NOTE_WIDTH : NOTE_COLUMN;
    add(text, MARGIN "| ");
    for (size_t i = 0; i < len; i++) {
        if (column > columns - 4) {
            add(text, "\n" MARGIN "| ");
            column = 0;
            note = NULL;
        }
        column += add_byte(text, (unsigned char)line[i]);
    }
    if (note != NULL && column < NOTE_COLUMN)
        add(text, "%*s%s", column < note_column ? (int)(note_column - column) : 2, "",
            in_words(text, note));
    add(text, "\n");
}

/* How a request ended: well, refused, or not at all. */
static void add_head_verdict(struct text *text, const struct trace_head *head)
{
    enum http_outcome outcome = head->outcome;
    if (outcome == HTTP_OK) {
        add_verdict(text, GREEN, "ok");
        add(text, "%s\n",
            in_words(text, head->from_client ? "a whole request head, well-formed (RFC 9112 §2.1)"
                                             : "the request is granted"));
    } else if (outcome == HTTP_PARTIAL) {
        add_cut(text, "the client left before the empty line that ends a head (RFC 9112 §2.1)");
    } else {
        const struct http_refusal *refusal = http_refusal_find(outcome);
        add_verdict(text, RED, "BAD");
        add_words(text, in_words(text, refusal->reason));
        add(text, INDENT);
        add(text, in_words(text, "the server answers with %d %s\n"), refusal->status,
            refusal->phrase);
    }
}

size_t trace_head_text(const struct trace_head *head, struct trace_look look, char out[TRACE_MAX])
{
    struct text text = {out, 0, look};
    const char *bytes = head->bytes;
    size_t at = 0;
    add_direction(&text, head->from_client, false);
    add(&text, "%s", in_words(&text, head->from_client ? "request head" : "answer"));
    add_count(&text, head->len, "byte", "bytes");
    add(&text, "\n");
    while (at < head->len && text.len < TRACE_MAX / 2) {
        const char *newline = memchr(bytes + at, '\n', head->len - at);
        size_t len = newline != NULL ? (size_t)(newline + 1 - (bytes + at)) : head->len - at;
        bool begins = at > 0 && bytes[at - 1] == '\n'; /* it is no rest of a long one */
        if (len > HEAD_PIECE)
            len = HEAD_PIECE;
        add_head_line(&text, bytes + at, len, begins ? find_note(bytes + at, len) : NULL);
        at += len;
    }
    if (at < head->len)
        add_more(&text, head->len - at);
    if (head->from_client) {
        add_count_of_reads(&text, head->reads);
        add(&text, "\n");
    }
    add_head_verdict(&text, head);
    return text.len;
}
