/*
 * message: frames become messages, however the bytes are cut
 *
 * Each row of the tables is some frames and what they mean, written as a line of words:
 *
 *     text(Hello) ping(a) close(1000 bye)
 *
 * The frames are masked, joined, and fed to the parser in one piece, byte by byte, and cut at every
 * point and every two points; each piece ends at an unreadable page. The line must be the same each
 * time, and a fault must be told at exactly the byte that makes it one.
 */
#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

#define ROOM (1 << 20) /* bytes: the longest wire, message or piece in here */

static struct guard guard;

/* ------------------------------------------------------------------------------ the line of words */

struct line {
    char text[16384];
    size_t len;
};

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
add(struct line *line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line->text + line->len, sizeof line->text - line->len, format, arguments);
    va_end(arguments);
    must(n >= 0 && line->len + (size_t)n < sizeof line->text, "the line must have room");
    line->len += (size_t)n;
}

/* Bytes as they are, or for long ones how many and a checksum (Fowler, Noll, Vo). */
static void add_bytes(struct line *line, const unsigned char *bytes, size_t len)
{
    uint32_t sum = 2166136261;
    for (size_t i = 0; i < len; i++)
        sum = (sum ^ bytes[i]) * 16777619;
    if (len > 200)
        add(line, "%zu bytes %08lx", len, (unsigned long)sum);
    for (size_t i = 0; i < len && len <= 200; i++)
        add(line, bytes[i] >= ' ' && bytes[i] < 0x7F ? "%c" : "\\%02X", bytes[i]);
}

static void add_event(struct line *line, const char *what, const unsigned char *bytes, size_t len)
{
    add(line, "%s%s(", line->len > 0 ? " " : "", what);
    add_bytes(line, bytes, len);
    add(line, ")");
}

static const char *fault_name(enum ws_outcome fault)
{
    static const char *const names[WS_OUTCOMES] = {
        [WS_BAD_RSV] = "rsv",
        [WS_BAD_OPCODE] = "opcode",
        [WS_CONTROL_FRAGMENTED] = "control fragmented",
        [WS_CONTROL_TOO_LONG] = "control too long",
        [WS_NOT_MASKED] = "not masked",
        [WS_LENGTH_NOT_MINIMAL] = "not minimal",
        [WS_LENGTH_HIGH_BIT] = "high bit",
        [WS_STRAY_CONTINUATION] = "stray",
        [WS_MESSAGE_UNFINISHED] = "unfinished",
        [WS_TOO_BIG] = "too big",
        [WS_BAD_UTF8] = "utf8",
        [WS_CLOSE_ONE_BYTE] = "close one byte",
        [WS_CLOSE_BAD_CODE] = "close code",
        [WS_CLOSE_BAD_UTF8] = "close utf8",
    };
    return fault < WS_OUTCOMES && names[fault] != NULL ? names[fault] : "?";
}

/* -------------------------------------------------------------------------- frames on the wire */

#define CONT  0x80 /* FIN is set in all of these ... */
#define TEXT  0x81
#define BIN   0x82
#define CLOSE 0x88
#define PING  0x89
#define PONG  0x8A
#define MORE  0x7F & /* ... unless it says MORE */
#define RAW   0x100  /* not a frame: bytes as they are */

struct part {
    unsigned first; /* byte, or RAW */
    const char *payload;
    size_t len;
};

struct wire {
    unsigned char bytes[ROOM];
    size_t len;
    struct { /* where each frame lies */
        size_t start, payload, end;
        bool control;
    } frames[70000];
    size_t count;
    size_t known; /* bytes up to the first that are no frame of ours */
};

enum keys { KEYS_ZERO, KEYS_ONES, KEYS_RANDOM, KEYS };

static void next_key(enum keys keys, unsigned char key[4])
{
    static uint32_t random = 7;
    for (int i = 0; i < 4; i++)
        key[i] = keys == KEYS_ZERO   ? 0x00
                 : keys == KEYS_ONES ? 0xFF
                                     : (unsigned char)next_random(&random);
}

static void add_byte(struct wire *wire, unsigned long byte)
{
    must(wire->len < sizeof wire->bytes, "the wire must have room");
    wire->bytes[wire->len++] = (unsigned char)(byte & 0xFF);
}

/* RFC 6455 §5.2, byte for byte, without the help of what is tested here. */
static void add_frame(struct wire *wire, enum keys keys, unsigned first, const void *payload,
                      size_t len)
{
    const unsigned char *bytes = payload;
    unsigned char key[4];
    next_key(keys, key);
    wire->frames[wire->count].start = wire->len;
    wire->frames[wire->count].control = (first & 0x08) != 0;
    if (first != RAW) {
        add_byte(wire, first);
        add_byte(wire, 0x80 | (len <= 125 ? len : len <= 65535 ? 126 : 127));
        for (int shift = len <= 125 ? 0 : len <= 65535 ? 16 : 64; shift > 0; shift -= 8)
            add_byte(wire, (unsigned long)((uint64_t)len >> (shift - 8)));
        for (int i = 0; i < 4; i++)
            add_byte(wire, key[i]);
    }
    wire->frames[wire->count].payload = wire->len;
    for (size_t i = 0; i < len; i++)
        add_byte(wire, first == RAW ? bytes[i] : bytes[i] ^ key[i % 4]);
    wire->frames[wire->count++].end = wire->len;
    if (first != RAW && wire->known == wire->frames[wire->count - 1].start)
        wire->known = wire->len;
}

static void clear(struct wire *wire)
{
    wire->len = wire->count = wire->known = 0;
}

/* ------------------------------------------------------------------------------- feeding a wire */

struct run {
    struct ws_message_parser parser;
    struct line line;
    unsigned char message[ROOM]; /* its pieces, joined */
    size_t message_len;
    enum ws_opcode opcode;
    bool ended; /* by a close or a fault */
    size_t fed; /* bytes */
};

static void begin_run(struct run *run, uint64_t max_message)
{
    ws_message_init(&run->parser, max_message);
    run->line.len = 0;
    run->line.text[0] = '\0';
    run->message_len = 0;
    run->ended = false;
    run->fed = 0;
}

static bool is_inside(const void *inner, size_t inner_len, const void *outer, size_t outer_len)
{
    uintptr_t a = (uintptr_t)inner, b = (uintptr_t)outer;
    return a >= b && a + inner_len <= b + outer_len;
}

static void take_data(struct run *run, const struct ws_event *event)
{
    must(event->opcode == WS_TEXT || event->opcode == WS_BINARY, "a message is text or binary");
    must(event->len > 0 || event->last, "only the end of a message may be empty");
    must(run->message_len == 0 || run->opcode == event->opcode, "a message is of one kind");
    memcpy(run->message + run->message_len, event->data, event->len);
    run->message_len += event->len;
    run->opcode = event->opcode;
    if (event->last) {
        add_event(&run->line, event->opcode == WS_TEXT ? "text" : "binary", run->message,
                  run->message_len);
        run->message_len = 0;
    }
}

static void take_event(struct run *run, const struct ws_event *event)
{
    switch (event->type) {
    case WS_EVENT_NONE: break;
    case WS_EVENT_DATA: take_data(run, event); break;
    case WS_EVENT_PING: add_event(&run->line, "ping", event->data, event->len); break;
    case WS_EVENT_PONG: add_event(&run->line, "pong", event->data, event->len); break;
    case WS_EVENT_CLOSE:
        add(&run->line, "%sclose(%u%s", run->line.len > 0 ? " " : "", event->close_code,
            event->len > 0 ? " " : "");
        add_bytes(&run->line, event->data, event->len);
        add(&run->line, ")");
        run->ended = true;
        break;
    case WS_EVENT_FAULT:
        add(&run->line, "%sfault(%s)", run->line.len > 0 ? " " : "", fault_name(event->fault));
        run->ended = true;
        break;
    }
}

/* One piece, which ends at the wall. */
static void feed(struct run *run, const unsigned char *bytes, size_t len)
{
    unsigned char *piece = guard_at_end(&guard, bytes, len);
    while (len > 0 && !run->ended) {
        struct ws_event event;
        memset(&event, 0xA5, sizeof event);
        size_t used = ws_message_feed(&run->parser, piece, len, &event);
        must(used > 0 && used <= len, "%zu of %zu bytes used", used, len);
        must(event.type != WS_EVENT_NONE || used == len, "no event, but bytes are left");
        if (event.type != WS_EVENT_NONE && event.type != WS_EVENT_FAULT)
            must(is_inside(event.data, event.len, piece, used) ||
                     is_inside(event.data, event.len, &run->parser, sizeof run->parser),
                 "data lies in the bytes fed, or in the parser");
        take_event(run, &event);
        piece += used;
        len -= used;
        run->fed += used;
    }
}

/* Between two pieces the parser knows how much of the frame under way is still to come. */
static void check_what_is_awaited(const struct run *run, const struct wire *wire, const char *name)
{
    size_t i = 0, at = run->fed;
    while (i < wire->count && wire->frames[i].end <= at)
        i++;
    bool inside = i < wire->count && at > wire->frames[i].start;
    bool in_data = inside && at >= wire->frames[i].payload && !wire->frames[i].control;
    must(ws_message_in_frame(&run->parser) == inside, "%s: in a frame after %zu bytes?", name, at);
    must(ws_message_awaited(&run->parser) == (in_data ? wire->frames[i].end - at : 0),
         "%s: bytes awaited after %zu", name, at);
}

static void feed_up_to(struct run *run, const struct wire *wire, size_t end, const char *name)
{
    feed(run, wire->bytes + run->fed, end - run->fed);
    if (!run->ended && run->fed <= wire->known && wire->count < 100)
        check_what_is_awaited(run, wire, name);
}

static void end_run(struct run *run, const char *expected, const char *name, const char *how,
                    size_t cut)
{
    if (!run->ended && run->message_len > 0)
        add_event(&run->line, "part", run->message, run->message_len);
    must(strcmp(run->line.text, expected) == 0, "%s, %s %zu:\n  expected %.300s\n  got      %.300s",
         name, how, cut, expected, run->line.text);
}

/* The wire in pieces that end at cuts[0], cuts[1] ... and its end. */
static void check_cut(const struct wire *wire, uint64_t max, const char *expected, const char *name,
                      const size_t *cuts, size_t count)
{
    static struct run run;
    begin_run(&run, max);
    for (size_t i = 0; i < count && !run.ended; i++)
        feed_up_to(&run, wire, cuts[i], name);
    if (!run.ended)
        feed_up_to(&run, wire, wire->len, name);
    end_run(&run, expected, name, "cut at", count > 0 ? cuts[0] : wire->len);
}

static void check_bytewise(const struct wire *wire, uint64_t max, const char *expected,
                           const char *name)
{
    static struct run run;
    begin_run(&run, max);
    for (size_t end = 1; end <= wire->len && !run.ended; end++)
        feed_up_to(&run, wire, end, name);
    end_run(&run, expected, name, "byte by byte", run.fed);
}

static void check_random_cuts(const struct wire *wire, uint64_t max, const char *expected,
                              const char *name, uint32_t *random, size_t longest)
{
    static struct run run;
    begin_run(&run, max);
    while (run.fed < wire->len && !run.ended) {
        size_t piece = 1 + next_random(random) % longest, left = wire->len - run.fed;
        feed_up_to(&run, wire, run.fed + (piece < left ? piece : left), name);
    }
    end_run(&run, expected, name, "random pieces of at most", longest);
}

static void check_every_way(const struct wire *wire, uint64_t max, const char *expected,
                            const char *name)
{
    check_cut(wire, max, expected, name, NULL, 0);
    check_bytewise(wire, max, expected, name);
    for (size_t first = 0; first <= wire->len; first++)
        check_cut(wire, max, expected, name, &first, 1);
    if (wire->len <= 80)
        for (size_t first = 1; first < wire->len; first++)
            for (size_t second = first; second < wire->len; second++)
                check_cut(wire, max, expected, name, (size_t[]){first, second}, 2);
}

#define KEY 4 /* bytes of the masking key, which nobody has to wait for */

/* A fault that is told at byte `at`: all before is fine, and no byte more is needed. */
static void check_fault_at(const struct wire *wire, uint64_t max, size_t at, const char *name)
{
    static struct run run;
    must(at < wire->len, "%s: the byte that makes the fault is there", name);
    begin_run(&run, max);
    feed(&run, wire->bytes, at);
    must(!run.ended, "%s: %zu bytes are fine", name, at);
    feed(&run, wire->bytes + at, 1);
    must(run.ended, "%s: byte %zu makes it a fault", name, at);
    begin_run(&run, max);
    for (size_t i = 0; i <= at; i++) {
        must(!run.ended, "%s: byte %zu, one by one", name, i);
        feed(&run, wire->bytes + i, 1);
    }
    must(run.ended, "%s: byte %zu makes it a fault, one by one", name, at);
    begin_run(&run, max);
    feed(&run, wire->bytes, at + 1);
    must(run.ended, "%s: byte %zu makes it a fault, in one piece", name, at);
}

static struct wire wire;

#define PARTS_MAX 8

static void build(const struct part *parts, enum keys keys)
{
    clear(&wire);
    for (size_t i = 0; i < PARTS_MAX && parts[i].payload != NULL; i++)
        add_frame(&wire, keys, parts[i].first, parts[i].payload, parts[i].len);
}

/* ------------------------------------------------------------------------------- what is right */

#define X25 "xxxxxxxxxxxxxxxxxxxxxxxxx"
#define X50 X25 X25

static const struct {
    const char *name;
    struct part parts[PARTS_MAX];
    const char *events;
} good[] = {
    {"nothing", {{0}}, ""},
    {"a text", {{TEXT, BYTES("Hello")}}, "text(Hello)"},
    {"a binary", {{BIN, BYTES("\0\xFF\x80")}}, "binary(\\00\\FF\\80)"},
    {"text with NUL in it", {{TEXT, BYTES("a\0b")}}, "text(a\\00b)"},
    {"an empty text", {{TEXT, BYTES("")}}, "text()"},
    {"an empty binary", {{BIN, BYTES("")}}, "binary()"},
    {"two messages", {{TEXT, BYTES("one")}, {BIN, BYTES("two")}}, "text(one) binary(two)"},
    {"empty ones between others",
     {{TEXT, BYTES("")}, {TEXT, BYTES("a")}, {BIN, BYTES("")}, {BIN, BYTES("")}},
     "text() text(a) binary() binary()"},
    {"fragments",
     {{MORE TEXT, BYTES("Hel")}, {MORE CONT, BYTES("l")}, {CONT, BYTES("o")}},
     "text(Hello)"},
    {"fragments of a binary",
     {{MORE BIN, BYTES("\xC0")}, {CONT, BYTES("\xC0")}},
     "binary(\\C0\\C0)"},
    {"empty fragments",
     {{MORE TEXT, BYTES("")}, {MORE CONT, BYTES("")}, {CONT, BYTES("")}},
     "text()"},
    {"an empty first fragment", {{MORE TEXT, BYTES("")}, {CONT, BYTES("abc")}}, "text(abc)"},
    {"an empty last fragment", {{MORE TEXT, BYTES("abc")}, {CONT, BYTES("")}}, "text(abc)"},
    {"control frames between fragments",
     {{MORE TEXT, BYTES("a")},
      {PING, BYTES("1")},
      {MORE CONT, BYTES("b")},
      {PONG, BYTES("2")},
      {PING, BYTES("")},
      {CONT, BYTES("c")}},
     "ping(1) pong(2) ping() text(abc)"},
    {"a message after fragments",
     {{MORE BIN, BYTES("a")}, {CONT, BYTES("b")}, {TEXT, BYTES("c")}},
     "binary(ab) text(c)"},
    {"a message that is not finished",
     {{TEXT, BYTES("a")}, {MORE TEXT, BYTES("bc")}},
     "text(a) part(bc)"},
    {"ping and pong",
     {{PING, BYTES("are you")}, {PONG, BYTES("I am")}},
     "ping(are you) pong(I am)"},
    {"the longest ping", {{PING, BYTES(X50 X50 X25)}}, "ping(" X50 X50 X25 ")"},
    {"a ping with any bytes", {{PING, BYTES("\xFF\0\x80")}}, "ping(\\FF\\00\\80)"},
    {"a character cut by fragments",
     {{MORE TEXT, BYTES("\xE4")}, {MORE CONT, BYTES("\xBD")}, {CONT, BYTES("\xA0!")}},
     "text(\\E4\\BD\\A0!)"},
    {"a character cut by fragments, a ping between",
     {{MORE TEXT, BYTES("\xF0\x9F")}, {PING, BYTES("\xFF")}, {CONT, BYTES("\x98\x80")}},
     "ping(\\FF) text(\\F0\\9F\\98\\80)"},
    {"a character cut by an empty fragment",
     {{MORE TEXT, BYTES("\xC3")}, {MORE CONT, BYTES("")}, {CONT, BYTES("\xA4")}},
     "text(\\C3\\A4)"},
    {"the last characters of each size",
     {{TEXT, BYTES("\x7F\xDF\xBF\xEF\xBF\xBF\xF4\x8F\xBF\xBF")}},
     "text(\\7F\\DF\\BF\\EF\\BF\\BF\\F4\\8F\\BF\\BF)"},
    {"half a character in a binary",
     {{BIN, BYTES("\xE4")}, {TEXT, BYTES("a")}},
     "binary(\\E4) text(a)"},
    {"a binary, then a text in fragments",
     {{MORE BIN, BYTES("\xFF")},
      {CONT, BYTES("\xE4")},
      {MORE TEXT, BYTES("\xC3")},
      {CONT, BYTES("\xA4")}},
     "binary(\\FF\\E4) text(\\C3\\A4)"},
    {"a close without a body", {{CLOSE, BYTES("")}}, "close(1005)"},
    {"a close with a code", {{CLOSE, BYTES("\x03\xE8")}}, "close(1000)"},
    {"a close with a reason",
     {{CLOSE, BYTES("\x03\xE9"
                    "bye")}},
     "close(1001 bye)"},
    {"a close with a code of its own",
     {{CLOSE, BYTES("\x13\x87\xE4\xBD\xA0")}},
     "close(4999 \\E4\\BD\\A0)"},
    {"the longest close",
     {{CLOSE, BYTES("\x0B\xB8" X50 X50 "23 bytes more, no more.")}},
     "close(3000 " X50 X50 "23 bytes more, no more.)"},
    {"a close between fragments",
     {{MORE TEXT, BYTES("\xE4")}, {CLOSE, BYTES("\x03\xE8\xC3\xA4")}},
     "close(1000 \\C3\\A4)"},
    {"nothing counts after a close",
     {{TEXT, BYTES("a")}, {CLOSE, BYTES("")}, {TEXT, BYTES("b")}, {RAW, BYTES("\xFF\xFF")}},
     "text(a) close(1005)"},
};

static void good_frames_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        for (enum keys keys = KEYS_ZERO; keys < KEYS; keys++) {
            build(good[i].parts, keys);
            check_every_way(&wire, 1000, good[i].events, good[i].name);
        }
}

/* ------------------------------------------------------------------------------- what is wrong */

/* The byte at which the fault must be told is counted from the beginning of its frame: a header is
 * 2 bytes and 4 of key, so byte 6 is the payload's first. */
static const struct {
    const char *name;
    struct part parts[PARTS_MAX];
    size_t frame, byte;
    const char *events;
} bad[] = {
    {"rsv", {{0xC1, BYTES("a")}}, 0, 0, "fault(rsv)"},
    {"rsv of a continuation", {{MORE TEXT, BYTES("a")}, {0xC0, BYTES("b")}}, 1, 0, "fault(rsv)"},
    {"opcode 3", {{0x83, BYTES("a")}}, 0, 0, "fault(opcode)"},
    {"opcode 11", {{0x8B, BYTES("a")}}, 0, 0, "fault(opcode)"},
    {"a ping in fragments", {{MORE PING, BYTES("a")}}, 0, 0, "fault(control fragmented)"},
    {"a close in fragments", {{MORE CLOSE, BYTES("")}}, 0, 0, "fault(control fragmented)"},
    {"a long ping", {{PING, BYTES(X50 X50 X25 "x")}}, 0, 1, "fault(control too long)"},
    {"not masked",
     {{RAW, BYTES("\x81\x01"
                  "a")}},
     0,
     1,
     "fault(not masked)"},
    {"not masked, after a good one",
     {{TEXT, BYTES("a")},
      {RAW, BYTES("\x81\x01"
                  "b")}},
     1,
     1,
     "text(a) fault(not masked)"},
    {"not minimal", {{RAW, BYTES("\x81\xFE\0\x01\0\0\0\0a")}}, 0, 3, "fault(not minimal)"},
    {"high bit", {{RAW, BYTES("\x81\xFF\x80\0\0\0\0\0\0\0\0\0\0\0")}}, 0, 2, "fault(high bit)"},
    {"bytes that are no frame",
     {{TEXT, BYTES("a")}, {RAW, BYTES("GET / HTTP/1.1\r\n")}},
     1,
     0,
     "text(a) fault(rsv)"},
    {"a blank line after the handshake", {{RAW, BYTES("\r\n")}}, 0, 0, "fault(opcode)"},

    {"a continuation of nothing", {{CONT, BYTES("a")}}, 0, 0, "fault(stray)"},
    {"a continuation of nothing, with more to come",
     {{MORE CONT, BYTES("a")}},
     0,
     0,
     "fault(stray)"},
    {"a continuation after a message",
     {{TEXT, BYTES("a")}, {CONT, BYTES("b")}},
     1,
     0,
     "text(a) fault(stray)"},
    {"a continuation after fragments",
     {{MORE BIN, BYTES("a")}, {CONT, BYTES("b")}, {CONT, BYTES("c")}},
     2,
     0,
     "binary(ab) fault(stray)"},
    {"a continuation after a ping",
     {{PING, BYTES("")}, {CONT, BYTES("b")}},
     1,
     0,
     "ping() fault(stray)"},
    {"a text before the other ended",
     {{MORE TEXT, BYTES("a")}, {TEXT, BYTES("b")}},
     1,
     0,
     "fault(unfinished)"},
    {"a binary before the text ended",
     {{MORE TEXT, BYTES("a")}, {MORE CONT, BYTES("b")}, {MORE BIN, BYTES("c")}},
     2,
     0,
     "fault(unfinished)"},
    {"a text before the other ended, a ping between",
     {{MORE TEXT, BYTES("")}, {PING, BYTES("p")}, {TEXT, BYTES("b")}},
     2,
     0,
     "ping(p) fault(unfinished)"},

    {"no UTF-8", {{TEXT, BYTES("ab\xFFzz")}}, 0, 8, "fault(utf8)"},
    {"a surrogate", {{TEXT, BYTES("\xED\xA0\x80")}}, 0, 7, "fault(utf8)"},
    {"beyond the last character", {{TEXT, BYTES("\xF4\x90\x80\x80")}}, 0, 7, "fault(utf8)"},
    {"a longer form", {{TEXT, BYTES("a\xE0\x80\xAF")}}, 0, 8, "fault(utf8)"},
    {"after sixteen bytes of ASCII",
     {{TEXT, BYTES("0123456789abcdef\xC0\x80")}},
     0,
     22,
     "fault(utf8)"},
    {"no UTF-8 in a part of a message",
     {{MORE TEXT, BYTES("\x80 and so on")}},
     0,
     6,
     "fault(utf8)"},
    {"no UTF-8 in a later part",
     {{MORE TEXT, BYTES("good")}, {MORE CONT, BYTES("\xC3\xA4\xC3(")}},
     1,
     9,
     "fault(utf8)"},
    {"bad because of the part before",
     {{MORE TEXT, BYTES("\xE4\xBD")}, {PING, BYTES("p")}, {CONT, BYTES("a")}},
     2,
     6,
     "ping(p) fault(utf8)"},
    {"ends in the middle of a character", {{TEXT, BYTES("ab\xE4\xBD")}}, 0, 9, "fault(utf8)"},
    {"fragments end in the middle of a character",
     {{MORE TEXT, BYTES("a")}, {CONT, BYTES("\xF0\x9F\x98")}},
     1,
     8,
     "fault(utf8)"},
    {"ends in the middle, with an empty frame",
     {{MORE TEXT, BYTES("a\xC3")}, {CONT, BYTES("")}},
     1,
     5,
     "fault(utf8)"},
    {"good ones before",
     {{TEXT, BYTES("\xC3\xA4")}, {BIN, BYTES("\xFF")}, {TEXT, BYTES("\xFF")}},
     2,
     6,
     "text(\\C3\\A4) binary(\\FF) fault(utf8)"},

    {"a close of one byte", {{CLOSE, BYTES("\x03")}}, 0, 5, "fault(close one byte)"},
    {"close code 0", {{CLOSE, BYTES("\0\0")}}, 0, 7, "fault(close code)"},
    {"close code 999", {{CLOSE, BYTES("\x03\xE7")}}, 0, 7, "fault(close code)"},
    {"close code 1004", {{CLOSE, BYTES("\x03\xEC")}}, 0, 7, "fault(close code)"},
    {"close code 1005", {{CLOSE, BYTES("\x03\xED")}}, 0, 7, "fault(close code)"},
    {"close code 1006", {{CLOSE, BYTES("\x03\xEE")}}, 0, 7, "fault(close code)"},
    {"close code 1015", {{CLOSE, BYTES("\x03\xF7 reason")}}, 0, 7, "fault(close code)"},
    {"close code 2999", {{CLOSE, BYTES("\x0B\xB7")}}, 0, 7, "fault(close code)"},
    {"close code 5000", {{CLOSE, BYTES("\x13\x88")}}, 0, 7, "fault(close code)"},
    {"close code 1000 in the wrong order", {{CLOSE, BYTES("\xE8\x03")}}, 0, 7, "fault(close code)"},
    {"a reason that is no UTF-8", {{CLOSE, BYTES("\x03\xE8 a\xFFzz")}}, 0, 10, "fault(close utf8)"},
    {"a reason's first byte", {{CLOSE, BYTES("\x03\xE8\x80")}}, 0, 8, "fault(close utf8)"},
    {"a reason's second byte", {{CLOSE, BYTES("\x03\xE8\xED\xBF\xBF")}}, 0, 9, "fault(close utf8)"},
    {"a reason ends in the middle",
     {{CLOSE, BYTES("\x03\xE8 \xE4\xBD")}},
     0,
     10,
     "fault(close utf8)"},
    {"a bad close between fragments",
     {{TEXT, BYTES("a")}, {MORE TEXT, BYTES("b")}, {CLOSE, BYTES("\x03")}},
     2,
     5,
     "text(a) fault(close one byte)"},
};

static void bad_frames_are_told_at_their_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        for (enum keys keys = KEYS_ZERO; keys < KEYS; keys++) {
            build(bad[i].parts, keys);
            check_every_way(&wire, 1000, bad[i].events, bad[i].name);
            check_fault_at(&wire, 1000, wire.frames[bad[i].frame].start + bad[i].byte, bad[i].name);
        }
}

/* Two faults in one frame: the first byte that is one counts, not whatever came with it. */
static void the_first_fault_counts(void **state)
{
    static const struct {
        struct part parts[PARTS_MAX];
        size_t frame, byte;
        const char *events;
    } table[] = {
        {{{RAW, BYTES("\xC3\x01")}}, 0, 0, "fault(rsv)"},
        {{{RAW, BYTES("\x08\x7E")}}, 0, 0, "fault(control fragmented)"},
        {{{RAW, BYTES("\x89\x7E")}}, 0, 1, "fault(not masked)"},
        {{{RAW, BYTES("\x80\x01")}}, 0, 0, "fault(stray)"},
        {{{RAW, BYTES("\x80\xFE\0\x01\0\0\0\0a")}}, 0, 0, "fault(stray)"},
        {{{RAW, BYTES("\x00\xFF\x80\0\0\0\0\0\0\0")}}, 0, 0, "fault(stray)"},
        {{{MORE TEXT, BYTES("a")}, {RAW, BYTES("\x81\x01z")}}, 1, 0, "fault(unfinished)"},
        {{{MORE TEXT, BYTES("a")}, {RAW, BYTES("\xC1\x81")}}, 1, 0, "fault(rsv)"},
        {{{CLOSE, BYTES("\0\0\xFF")}}, 0, 7, "fault(close code)"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        build(table[i].parts, KEYS_RANDOM);
        check_every_way(&wire, 1000, table[i].events, "two faults");
        check_fault_at(&wire, 1000, wire.frames[table[i].frame].start + table[i].byte,
                       "two faults");
    }
}

/* A fault is told even if the frame, or the message, never ends. */
static void bad_frames_are_told_before_their_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        build(bad[i].parts, KEYS_RANDOM);
        wire.len = wire.frames[bad[i].frame].start + bad[i].byte + 1;
        check_every_way(&wire, 1000, bad[i].events, bad[i].name);
    }
}

/* Every code, as a client may send it. */
static void close_codes(void **state)
{
    (void)state;
    for (unsigned code = 0; code <= 65535; code += code < 5100 ? 1 : 97) {
        static struct run run;
        char body[2] = {(char)(code >> 8), (char)code}, expected[40];
        clear(&wire);
        add_frame(&wire, KEYS_RANDOM, CLOSE, body, 2);
        begin_run(&run, 1000);
        feed(&run, wire.bytes, wire.len);
        if (ws_close_code_is_valid((uint16_t)code))
            snprintf(expected, sizeof expected, "close(%u)", code);
        else
            snprintf(expected, sizeof expected, "fault(close code)");
        end_run(&run, expected, "close code", "number", code);
    }
}

/* ------------------------------------------------------------------------------- how much */

/* Some frames of so many bytes each, and a limit: is it kept, and told when the header is there? */
static void messages_have_a_limit(void **state)
{
    static const struct {
        uint64_t max;
        size_t first, second, third; /* bytes of three fragments */
        size_t told_in;              /* the frame, or NEVER */
    } table[] = {
#define NEVER 3
        {10, 10, 0, 0, NEVER},
        {10, 11, 0, 0, 0},
        {10, 9, 1, 0, NEVER},
        {10, 0, 10, 0, NEVER},
        {10, 0, 0, 11, 2},
        {10, 10, 0, 1, 2},
        {10, 10, 1, 0, 1},
        {10, 5, 6, 0, 1},
        {10, 3, 3, 4, NEVER},
        {10, 3, 3, 5, 2},
        {0, 0, 0, 0, NEVER},
        {0, 1, 0, 0, 0},
        {0, 0, 0, 1, 2},
        {1, 1, 0, 0, NEVER},
        {1, 1, 1, 0, 1},
        {125, 126, 0, 0, 0},
        {126, 126, 0, 0, NEVER},
        {65535, 65535, 0, 0, NEVER},
        {65535, 65535, 0, 1, 2},
        {65535, 65536, 0, 0, 0},
        {65536, 65536, 0, 0, NEVER},
        {65536, 30000, 30000, 5536, NEVER},
        {65536, 30000, 30000, 5537, 2},
        {UINT64_MAX, 30000, 30000, 30000, NEVER},
    };
    static unsigned char payload[90000];
    (void)state;
    memset(payload, 'x', sizeof payload);
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        static struct line expected;
        clear(&wire);
        add_frame(&wire, KEYS_RANDOM, MORE BIN, payload, table[i].first);
        add_frame(&wire, KEYS_RANDOM, MORE CONT, payload, table[i].second);
        add_frame(&wire, KEYS_RANDOM, CONT, payload, table[i].third);
        expected.len = 0;
        if (table[i].told_in == NEVER)
            add_event(&expected, "binary", payload,
                      table[i].first + table[i].second + table[i].third);
        else
            add(&expected, "fault(too big)");
        if (wire.len < 1000)
            check_every_way(&wire, table[i].max, expected.text, "limit");
        check_cut(&wire, table[i].max, expected.text, "limit", NULL, 0);
        if (table[i].told_in != NEVER)
            check_fault_at(&wire, table[i].max, wire.frames[table[i].told_in].payload - 1 - KEY,
                           "limit");
#undef NEVER
    }
}

static void each_message_has_the_limit_for_itself(void **state)
{
    (void)state;
    clear(&wire);
    for (int i = 0; i < 3; i++) {
        add_frame(&wire, KEYS_RANDOM, MORE BIN, "abc", 3);
        add_frame(&wire, KEYS_RANDOM, CONT, "defghij", 7);
    }
    check_cut(&wire, 10, "binary(abcdefghij) binary(abcdefghij) binary(abcdefghij)", "each", NULL,
              0);
    clear(&wire);
    add_frame(&wire, KEYS_RANDOM, BIN, "abcdefghij", 10);
    add_frame(&wire, KEYS_RANDOM, MORE BIN, "abc", 3);
    add_frame(&wire, KEYS_RANDOM, CONT, "defghijk", 8);
    check_every_way(&wire, 10, "binary(abcdefghij) fault(too big)", "each");
}

/* Announced, and not one byte of it sent. */
static void a_length_that_is_only_announced(void **state)
{
    static const struct {
        const char *header;
        size_t len;
        uint64_t max;
        const char *events;
    } table[] = {
        {BYTES("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\2\3\4"), INT64_MAX - 1,
         "fault(too big)"},
        {BYTES("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\1\2\3\4"), INT64_MAX, ""},
        {BYTES("\x82\xFF\0\0\0\x01\0\0\0\0\1\2\3\4"), 0xFFFFFFFF, "fault(too big)"},
        {BYTES("\x82\xFF\0\0\0\x01\0\0\0\0\1\2\3\4"), 0x100000000, ""},
        {BYTES("\x82\xFF\0\0\0\x01\0\0\0\0\1\2\3\4"), 1000, "fault(too big)"},
        {BYTES("\x82\xFF\0\0\0\0\x80\0\0\0\1\2\3\4"), 0x7FFFFFFF, "fault(too big)"},
        {BYTES("\x81\xFE\xFF\xFF\1\2\3\4"), 65534, "fault(too big)"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        static struct run run;
        begin_run(&run, table[i].max);
        feed(&run, (const unsigned char *)table[i].header, table[i].len);
        end_run(&run, table[i].events, "announced", "row", i);
        for (size_t have = 0; have < table[i].len; have++) {
            begin_run(&run, table[i].max);
            feed(&run, (const unsigned char *)table[i].header, have);
            bool is_announced = have >= table[i].len - KEY;
            must(run.ended == (is_announced && table[i].events[0] != '\0'), "row %zu: %zu bytes", i,
                 have);
        }
    }
}

/* The sum of two lengths must not wrap round and look small. */
static void lengths_that_add_up_to_too_much(void **state)
{
    static const char announced[] = "\x00\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\0\0\0";
    static struct run run;
    (void)state;
    begin_run(&run, INT64_MAX);
    clear(&wire);
    add_frame(&wire, KEYS_RANDOM, MORE BIN, "x", 1);
    add_frame(&wire, KEYS_RANDOM, RAW, announced, sizeof announced - 1);
    feed(&run, wire.bytes, wire.len);
    end_run(&run, "fault(too big)", "two lengths", "of", 2);
}

/* A limit holds for each message, not for all of them, and not for control frames. */
static void the_limit_is_for_one_message(void **state)
{
    static const struct part parts[PARTS_MAX] = {
        {BIN, BYTES("1234")},
        {MORE TEXT, BYTES("12")},
        {PING, BYTES("a long ping")},
        {CONT, BYTES("34")},
        {BIN, BYTES("1234")},
        {PONG, BYTES("a long pong")},
        {CLOSE, BYTES("\x03\xE8"
                      "a long close")},
    };
    (void)state;
    build(parts, KEYS_RANDOM);
    check_every_way(&wire, 4,
                    "binary(1234) ping(a long ping) text(1234) binary(1234) pong(a long pong) "
                    "close(1000 a long close)",
                    "one message");
}

/* ------------------------------------------------------------------------------- all sizes */

/* Payload of any length, in a frame of each kind that may be so long; cut near all its borders and
 * anywhere. */
static void payloads_of_all_sizes(void **state)
{
    static const size_t sizes[] = {0,    1,    2,     3,     4,     5,    7,   8,   9,
                                   63,   64,   65,    123,   124,   125,  126, 127, 128,
                                   129,  255,  256,   257,   300,   511,  512, 999, 1000,
                                   4095, 4096, 65535, 65536, 65537, 70000};
    static const unsigned firsts[] = {BIN, TEXT, PING, PONG};
    static unsigned char payload[70000];
    uint32_t random = 3;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        for (size_t k = 0; k < COUNT_OF(firsts); k++) {
            static struct line expected;
            static const char *const names[] = {"binary", "text", "ping", "pong"};
            if (k >= 2 && sizes[i] > WS_CONTROL_MAX)
                continue;
            for (size_t n = 0; n < sizes[i]; n++)
                payload[n] =
                    (unsigned char)(firsts[k] == TEXT ? 'a' + n % 26 : next_random(&random));
            clear(&wire);
            add_frame(&wire, KEYS_RANDOM, firsts[k], payload, sizes[i]);
            add_frame(&wire, KEYS_RANDOM, PING, "next", 4);
            expected.len = 0;
            add_event(&expected, names[k], payload, sizes[i]);
            add(&expected, " ping(next)");

            for (size_t cut = 0; cut <= wire.len; cut += cut < 600 || cut + 30 > wire.len ? 1 : 701)
                check_cut(&wire, 70000, expected.text, names[k], &cut, 1);
            if (sizes[i] <= 4096)
                check_bytewise(&wire, 70000, expected.text, names[k]);
            check_random_cuts(&wire, 70000, expected.text, names[k], &random, 1000);
        }
}

/* A message in 65,536 fragments, with control frames and half characters between them. */
static void a_message_in_65536_fragments(void **state)
{
    static const char text[] = "a\xC3\xA4\xE4\xBD\xA0\xF0\x9F\x98\x80"; /* 10 bytes */
    static unsigned char whole[65530];
    static struct line expected;
    uint32_t random = 4;
    (void)state;
    clear(&wire);
    expected.len = 0;
    for (size_t i = 0; i < sizeof whole; i++) {
        whole[i] = (unsigned char)text[i % 10];
        add_frame(&wire, KEYS_RANDOM, i == 0 ? MORE TEXT : MORE CONT, whole + i, 1);
    }
    for (int i = 0; i < 5; i++)
        add_frame(&wire, KEYS_RANDOM, MORE CONT, "", 0);
    add_frame(&wire, KEYS_RANDOM, PING, "!", 1);
    add_frame(&wire, KEYS_RANDOM, CONT, "", 0);
    add(&expected, "ping(!)");
    add_event(&expected, "text", whole, sizeof whole);
    check_cut(&wire, sizeof whole, expected.text, "fragments", NULL, 0);
    check_bytewise(&wire, sizeof whole, expected.text, "fragments");
    check_random_cuts(&wire, sizeof whole, expected.text, "fragments", &random, 100);
}

/* ------------------------------------------------------------------------------- anything goes */

/* UTF-8 of about len bytes, and random bytes. */
static size_t random_text(unsigned char *out, size_t len, uint32_t *random)
{
    static const char *const characters[] = {"a",
                                             "z",
                                             " ",
                                             "\xC2\x80",
                                             "\xDF\xBF",
                                             "\xE0\xA0\x80",
                                             "\xED\x9F\xBF",
                                             "\xEF\xBF\xBF",
                                             "\xF0\x90\x80\x80",
                                             "\xF4\x8F\xBF\xBF"};
    size_t at = 0;
    while (at + 4 <= len) {
        const char *character = characters[next_random(random) % COUNT_OF(characters)];
        memcpy(out + at, character, strlen(character));
        at += strlen(character);
    }
    return at;
}

static size_t random_bytes(unsigned char *out, size_t len, uint32_t *random)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (unsigned char)next_random(random);
    return len;
}

static size_t random_size(uint32_t *random)
{
    static const size_t limits[] = {2, 10, 140, 300, 70000};
    size_t limit = limits[next_random(random) % 100 == 0 ? 4 : next_random(random) % 4];
    return next_random(random) % limit;
}

static void add_random_control(struct line *expected, uint32_t *random)
{
    unsigned char payload[WS_CONTROL_MAX];
    size_t len = random_bytes(payload, next_random(random) % 126, random);
    bool ping = next_random(random) % 2 == 0;
    add_frame(&wire, KEYS_RANDOM, ping ? PING : PONG, payload, len);
    add_event(expected, ping ? "ping" : "pong", payload, len);
}

/* One message in some fragments, with control frames between some of them. */
static void add_random_message(struct line *expected, uint32_t *random)
{
    static unsigned char message[70000];
    bool is_text = next_random(random) % 2 == 0;
    size_t len = random_size(random), sent = 0;
    len = is_text ? random_text(message, len, random) : random_bytes(message, len, random);
    unsigned first = is_text ? TEXT : BIN;
    while (next_random(random) % 3 != 0) {
        size_t fragment = next_random(random) % (len - sent + 1);
        add_frame(&wire, KEYS_RANDOM, MORE first, message + sent, fragment);
        sent += fragment;
        first = CONT;
        if (next_random(random) % 3 == 0)
            add_random_control(expected, random);
    }
    add_frame(&wire, KEYS_RANDOM, first, message + sent, len - sent);
    add_event(expected, is_text ? "text" : "binary", message, len);
}

static void random_conversations(void **state)
{
    static struct line expected;
    uint32_t random = 20111211;
    (void)state;
    for (int round = 0; round < 300; round++) {
        char name[40];
        snprintf(name, sizeof name, "conversation %d", round);
        clear(&wire);
        expected.len = 0;
        expected.text[0] = '\0';
        for (uint32_t messages = next_random(&random) % 10; messages > 0; messages--)
            add_random_message(&expected, &random);
        check_cut(&wire, 70000, expected.text, name, NULL, 0);
        check_random_cuts(&wire, 70000, expected.text, name, &random, 5);
        check_random_cuts(&wire, 70000, expected.text, name, &random, 50);
        check_random_cuts(&wire, 70000, expected.text, name, &random, 5000);
        if (wire.len < 3000)
            check_bytewise(&wire, 70000, expected.text, name);
    }
}

/* Bytes that mean nothing: whatever they do, they do it however they are cut. */
static void random_noise(void **state)
{
    uint32_t random = 5;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        static struct run run;
        clear(&wire);
        while (wire.len < 60) {
            unsigned char noise[20];
            unsigned first = next_random(&random) & 0x8F;
            bool good_frame = next_random(&random) % 8 != 0;
            random_bytes(noise, sizeof noise, &random);
            if (next_random(&random) % 2 == 0)
                for (size_t i = 0; i < sizeof noise; i++)
                    noise[i] &= 0x7F;
            add_frame(&wire, KEYS_RANDOM, good_frame ? first : RAW, noise,
                      next_random(&random) % sizeof noise);
        }
        begin_run(&run, 50);
        feed(&run, wire.bytes, wire.len);
        wire.known = 0; /* where its frames are, nobody can say */
        if (!run.ended && run.message_len > 0)
            add_event(&run.line, "part", run.message, run.message_len);
        check_bytewise(&wire, 50, run.line.text, "noise");
        check_random_cuts(&wire, 50, run.line.text, "noise", &random, 20);
    }
}

/* No bytes are no event. */
static void an_empty_piece(void **state)
{
    struct ws_message_parser parser;
    struct ws_event event = {.type = WS_EVENT_FAULT};
    (void)state;
    ws_message_init(&parser, 10);
    assert_int_equal(ws_message_feed(&parser, guard.end, 0, &event), 0);
    assert_int_equal(event.type, WS_EVENT_NONE);
    assert_false(ws_message_in_frame(&parser));
    assert_int_equal(ws_message_awaited(&parser), 0);
}

static int open_guard(void **state)
{
    (void)state;
    guard_open(&guard, ROOM);
    return 0;
}

static int close_guard(void **state)
{
    (void)state;
    guard_close(&guard);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_frames_are_told),
        cmocka_unit_test(bad_frames_are_told_at_their_byte),
        cmocka_unit_test(the_first_fault_counts),
        cmocka_unit_test(bad_frames_are_told_before_their_end),
        cmocka_unit_test(close_codes),
        cmocka_unit_test(messages_have_a_limit),
        cmocka_unit_test(each_message_has_the_limit_for_itself),
        cmocka_unit_test(a_length_that_is_only_announced),
        cmocka_unit_test(lengths_that_add_up_to_too_much),
        cmocka_unit_test(the_limit_is_for_one_message),
        cmocka_unit_test(payloads_of_all_sizes),
        cmocka_unit_test(a_message_in_65536_fragments),
        cmocka_unit_test(random_conversations),
        cmocka_unit_test(random_noise),
        cmocka_unit_test(an_empty_piece),
    };
    return cmocka_run_group_tests_name("message", tests, open_guard, close_guard);
}
