/*
 * trace: what --trace says about frames and heads, and that it is safe to print
 */
#include "guard.h"

#include <stdio.h>
#include <string.h>

#include "trace.h"

static struct guard guard;     /* for bytes */
static struct guard out_guard; /* for texts */

/* What every text must be: lines of printable ASCII (and "§") of at most 100 columns. */
static void check_text(const char *text, size_t len)
{
    size_t column = 0;
    must(len > 0 && len < TRACE_MAX && strlen(text) == len, "a C string of %zu bytes", len);
    must(text[len - 1] == '\n', "ends with a newline");
    for (size_t i = 0; i < len; i++) {
        if (strncmp(text + i, "§", strlen("§")) == 0)
            i += strlen("§") - 1;
        else
            must((text[i] >= ' ' && text[i] < 0x7F) || text[i] == '\n', "printable: %s", text);
        column = text[i] == '\n' ? 0 : column + 1;
        must(column <= 100, "100 columns: %s", text);
    }
}

static const char *text_of(const struct trace_frame *trace, enum ws_outcome outcome)
{
    char *out = (char *)guard_at_end(&out_guard, NULL, TRACE_MAX);
    check_text(out, trace_frame_text(trace, outcome, out));
    return out;
}

static void must_say(const char *text, const char *words)
{
    must(strstr(text, words) != NULL, "\"%s\" is missing in\n%s", words, text);
}

/* A frame as a client sends it; returns its length. */
static size_t masked_frame(unsigned char *out, enum ws_opcode opcode, const void *payload,
                           size_t len)
{
    static const unsigned char key[4] = {0x37, 0xFA, 0x21, 0x3D};
    size_t at = ws_frame_encode(out, opcode, len);
    out[1] |= 0x80;
    memcpy(out + at, key, 4);
    memcpy(out + at + 4, payload, len);
    ws_frame_mask(out + at + 4, len, key, 0);
    return at + 4 + len;
}

/* One piece passes by; only its beginning can be seen. */
static size_t pass(struct trace_frame *trace, const unsigned char *bytes, size_t len,
                   bool *complete)
{
    size_t seen = len < TRACE_PEEK ? len : TRACE_PEEK;
    return trace_feed(trace, guard_at_end(&guard, bytes, seen), len, complete);
}

/* The bytes in all lines that end with that word, sixteen a line; returns how many there are. */
static size_t bytes_told(const char *text, const char *word, unsigned char *out, size_t room)
{
    size_t count = 0;
    for (const char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        size_t len = (size_t)(end - line), in_line = 0;
        unsigned byte;
        char gap;
        if (len < strlen(word) || strncmp(end - strlen(word), word, strlen(word)) != 0)
            continue;
        const char *at = line + strspn(line, " ");
        while (in_line < 16 && sscanf(at, "%2x%c", &byte, &gap) == 2 && gap == ' ') {
            must(count < room, "no more than %zu bytes are told", room);
            out[count++] = (unsigned char)byte;
            in_line++;
            at += 3;
            if (*at == ' ')
                break;
        }
        must(in_line > 0, "bytes in each line");
    }
    return count;
}

/* ---------------------------------------------------------------------------------------- frames */

static void a_frame_is_explained(void **state)
{
    unsigned char bytes[20];
    struct trace_frame trace = {0};
    bool complete = false;
    size_t len = masked_frame(bytes, WS_TEXT, "Hello", 5);
    (void)state;
    trace_read(&trace);
    assert_int_equal(pass(&trace, bytes, len, &complete), len);
    assert_true(complete);
    const char *text = text_of(&trace, WS_OK);
    must_say(text, "received: text frame, 5 bytes, brought by 1 read\n");
    must_say(text, "81 ");
    must_say(text, "FIN=1 RSV=000 opcode=1 text");
    must_say(text, "85 ");
    must_say(text, "MASK=1 length=5");
    must_say(text, "37 fa 21 3d");
    must_say(text, "7f 9f 4d 51 58"); /* RFC 6455 §5.7 */
    must_say(text, "48 65 6c 6c 6f");
    must_say(text, "Hello");
    must_say(text, "ok: ");
}

/* Each kind of frame, and what its FIN bit means. */
static void every_kind_of_frame_is_explained(void **state)
{
    static const enum ws_opcode opcodes[] = {WS_CONTINUATION, WS_TEXT, WS_BINARY,
                                             WS_CLOSE,        WS_PING, WS_PONG};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(opcodes); i++)
        for (int more = 0; more <= (opcodes[i] < WS_CLOSE); more++) {
            unsigned char bytes[20];
            struct trace_frame trace = {0};
            bool complete = false;
            size_t len = masked_frame(bytes, opcodes[i], "ab", 2);
            if (more)
                bytes[0] &= 0x7F;
            must(pass(&trace, bytes, len, &complete) == len && complete, "opcode %d", opcodes[i]);
            const char *text = text_of(&trace, WS_OK);
            must_say(text, ws_opcode_name((unsigned char)opcodes[i]));
            must_say(text, more ? "FIN=0" : "FIN=1");
            must((strstr(text, "more of this message follows") != NULL) == more, "%s", text);
        }
}

/* The payload is told as it was sent and as it is meant, but not all of a long one. */
static void the_payload_is_told(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 200; size++) {
        unsigned char payload[200], bytes[300], told[TRACE_SHOWN];
        struct trace_frame trace = {0};
        char rest[60];
        bool complete;
        size_t shown = size < TRACE_SHOWN ? size : TRACE_SHOWN;
        for (size_t i = 0; i < size; i++)
            payload[i] = (unsigned char)(i * 37 + 0x20);
        size_t len = masked_frame(bytes, WS_BINARY, payload, size);
        must(pass(&trace, bytes, len, &complete) == len && complete, "%zu bytes", size);
        const char *text = text_of(&trace, WS_OK);
        must(bytes_told(text, "  unmasked", told, sizeof told) == shown &&
                 memcmp(told, payload, shown) == 0,
             "%zu bytes, as they are meant\n%s", size, text);
        must(bytes_told(text, "  masked, as sent", told, sizeof told) == shown &&
                 memcmp(told, bytes + len - size, shown) == 0,
             "%zu bytes, as they were sent\n%s", size, text);
        snprintf(rest, sizeof rest, "... and %zu bytes more\n", size - shown);
        must((strstr(text, "more\n") != NULL) == (size > shown), "%zu bytes: are there more?",
             size);
        must(size == shown || strstr(text, rest) != NULL, "%zu bytes: how many more?", size);

        len = ws_frame_encode(bytes, WS_BINARY, size);
        memcpy(bytes + len, payload, size);
        must(trace_sent(&trace, bytes, len + size) == len + size, "%zu bytes sent", size);
        text = text_of(&trace, WS_OK);
        must(bytes_told(text, "  payload", told, sizeof told) == shown &&
                 memcmp(told, payload, shown) == 0,
             "%zu bytes, not masked\n%s", size, text);
        must((strstr(text, rest) != NULL) == (size > shown), "%zu bytes sent: how many more?",
             size);
    }
}

/* Beside the bytes stands what is printable of them. */
static void characters_stand_beside_their_bytes(void **state)
{
    unsigned char bytes[20];
    struct trace_frame trace;
    size_t len = ws_frame_encode(bytes, WS_TEXT, 6);
    (void)state;
    memcpy(bytes + len, " ~\x7F\x1F\x80x", 6);
    trace_sent(&trace, bytes, len + 6);
    must_say(text_of(&trace, WS_OK), " ~...x ");
}

/* The header as it lies on the wire, and what each part of it means. */
static void the_header_is_told(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum ws_outcome outcome;
        const char *says[6];
    } table[] = {
        {BYTES("\x81\x80zzzz"),
         WS_OK,
         {"     81 ", "     80 ", "FIN=1 RSV=000 opcode=1 text\n", "MASK=1 length=0\n",
          "7a 7a 7a 7a", "masking key\n"}},
        {BYTES("\x02\xFE\x00\x7E\x01\x02\x03\x04"),
         WS_TOO_BIG,
         {"FIN=0 RSV=000 opcode=2 binary\n", "MASK=1 length=126: the next 16 bits say\n",
          "     00 7e  ", "length 126\n", "     01 02 03 04  ", "masking key\n"}},
        {BYTES("\x82\xFF\x01\x02\x03\x04\x05\x06\x07\x08\x0A\x0B\x0C\x0D"),
         WS_TOO_BIG,
         {"MASK=1 length=127: the next 64 bits say\n", "     01 02 03 04 05 06 07 08  ",
          "length 72623859790382856\n", "     0a 0b 0c 0d  ", "72623859790382856 bytes"}},
        {BYTES("\xC1"), WS_BAD_RSV, {"     c1 ", "FIN=1 RSV=100 opcode=1 text\n"}},
        {BYTES("\xA2"), WS_BAD_RSV, {"     a2 ", "FIN=1 RSV=010 opcode=2 binary\n"}},
        {BYTES("\x10"), WS_BAD_RSV, {"     10 ", "FIN=0 RSV=001 opcode=0 continuation\n"}},
        {BYTES("\x8B"), WS_BAD_OPCODE, {"FIN=1 RSV=000 opcode=11 reserved\n"}},
        {BYTES("\x81\x05"), WS_NOT_MASKED, {"     05 ", "MASK=0 length=5\n"}},
        {BYTES("\x82\xFE\x00\x7D"), WS_LENGTH_NOT_MINIMAL, {"     00 7d  ", "length 125\n"}},
        {BYTES("\x82\xFF\x80"),
         WS_LENGTH_HIGH_BIT,
         {"     80  ", "length 128 (and more to come)\n"}},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct trace_frame trace = {0};
        bool complete;
        pass(&trace, (const unsigned char *)table[i].bytes, table[i].len, &complete);
        const char *text = text_of(&trace, table[i].outcome);
        for (size_t k = 0; k < COUNT_OF(table[i].says) && table[i].says[k] != NULL; k++)
            must_say(text, table[i].says[k]);
        must((strstr(text, "MASK=") != NULL) == (table[i].len >= 2), "row %zu: a second byte", i);
        must((strstr(text, "masking key") != NULL) == (table[i].len >= 6), "row %zu: a key", i);
        must((strstr(text, "more to come") != NULL) == (table[i].outcome == WS_LENGTH_HIGH_BIT),
             "row %zu: more to come?", i);
    }
}

/* However the frame is cut, what is said of it is the same. */
static void cuts_change_nothing(void **state)
{
    static const size_t sizes[] = {0,   1,   5,   16,  17,  63,  64,   65,
                                   125, 126, 127, 128, 129, 300, 65536};
    static unsigned char payload[65536], bytes[65536 + WS_HEADER_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (unsigned char)(i * 7);
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        size_t len = masked_frame(bytes, WS_BINARY, payload, sizes[i]);
        struct trace_frame whole = {.reads = 1};
        static char expected[TRACE_MAX];
        bool complete;
        must(pass(&whole, bytes, len, &complete) == len && complete, "%zu bytes, whole", sizes[i]);
        strcpy(expected, text_of(&whole, WS_OK));
        for (size_t cut = 0; cut < len && cut < 400; cut++) {
            struct trace_frame trace = {.reads = 1};
            must(pass(&trace, bytes, cut, &complete) == cut && !complete, "%zu bytes, %zu of them",
                 len, cut);
            (void)text_of(&trace, WS_TOO_BIG);
            must(pass(&trace, bytes + cut, len - cut, &complete) == len - cut && complete,
                 "%zu bytes, cut at %zu", len, cut);
            must(strcmp(text_of(&trace, WS_OK), expected) == 0, "%zu bytes, cut at %zu: the text",
                 len, cut);
        }
        struct trace_frame bytewise = {.reads = 1};
        for (size_t at = 0; at < len; at++)
            must(pass(&bytewise, bytes + at, 1, &complete) == 1 && complete == (at + 1 == len),
                 "%zu bytes, byte %zu", len, at);
        must(strcmp(text_of(&bytewise, WS_OK), expected) == 0, "%zu bytes, byte by byte", len);
    }
}

/* It takes the bytes of one frame and leaves those of the next. */
static void the_next_frame_is_left(void **state)
{
    (void)state;
    for (size_t size = 0; size < 300; size++) {
        unsigned char payload[300] = {0}, bytes[700];
        struct trace_frame trace = {0};
        bool complete = false;
        size_t len = masked_frame(bytes, WS_BINARY, payload, size);
        size_t next = masked_frame(bytes + len, WS_TEXT, "next", 4);
        must(pass(&trace, bytes, len + next, &complete) == len && complete, "%zu bytes", size);
    }
}

/* A length is only announced: what has come is shown, and nothing else is looked at. */
static void a_frame_that_does_not_end(void **state)
{
    static const unsigned char header[] = {0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF,
                                           0xFF, 0xFF, 0xFF, 0,    0,    0,    0};
    struct trace_frame trace = {0};
    bool complete = true;
    (void)state;
    assert_int_equal(pass(&trace, header, sizeof header, &complete), sizeof header);
    assert_false(complete);
    must_say(text_of(&trace, WS_TOO_BIG), "9223372036854775807");
    assert_int_equal(pass(&trace, (const unsigned char *)"abc", 3, &complete), 3);
    assert_false(complete);
    must_say(text_of(&trace, WS_TOO_BIG), "61 62 63");
}

static void a_fault_is_explained(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum ws_outcome fault;
        const char *says;
    } table[] = {
        {BYTES("Hello"), WS_BAD_RSV, "'H': was text sent without a frame"},
        {BYTES("\r\n"), WS_BAD_OPCODE, "reserved"},
        {BYTES("\x81\x05Hello"), WS_NOT_MASKED, "set bit 0x80"},
        {BYTES("\x89\xFE"), WS_CONTROL_TOO_LONG, "ping"},
        {BYTES("\x09\x80"), WS_CONTROL_FRAGMENTED, "FIN=0"},
        {BYTES("\x82\xFE\0\x01"), WS_LENGTH_NOT_MINIMAL, "length 1"},
        {BYTES("\x82\xFF\xFF"), WS_LENGTH_HIGH_BIT, "64 bits"},
        {BYTES("\x80\x80"), WS_STRAY_CONTINUATION, "continuation"},
        {BYTES("\x81\x81zzzz\x80"), WS_BAD_UTF8, "text"},
        {BYTES("\x88\x81zzzz\x80"), WS_CLOSE_ONE_BYTE, "close"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct trace_frame trace = {0};
        char code[40];
        bool complete;
        pass(&trace, (const unsigned char *)table[i].bytes, table[i].len, &complete);
        const char *text = text_of(&trace, table[i].fault);
        must_say(text, "BAD: ");
        must_say(text, ws_fault_find(table[i].fault)->reason);
        must_say(text, table[i].says);
        snprintf(code, sizeof code, "closes with %u\n", ws_fault_find(table[i].fault)->close_code);
        must_say(text, code);
    }
}

/* Whatever the bytes are: every first two, and noise behind them. */
static void any_bytes_can_be_told(void **state)
{
    uint32_t random = 1;
    (void)state;
    for (unsigned both = 0; both < 65536; both += 7) {
        unsigned char bytes[200];
        struct trace_frame trace = {0};
        bool complete;
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (unsigned char)next_random(&random);
        bytes[0] = (unsigned char)(both >> 8);
        bytes[1] = (unsigned char)both;
        size_t len = next_random(&random) % sizeof bytes;
        must(pass(&trace, bytes, len, &complete) <= len, "no more than there is");
        (void)text_of(&trace, (enum ws_outcome)(WS_BAD_RSV + both % (WS_OUTCOMES - WS_BAD_RSV)));
    }
}

/* ------------------------------------------------------------------------------- what is sent */

static void frames_sent_are_told_one_by_one(void **state)
{
    static unsigned char bytes[70000 + 100];
    static const size_t sizes[] = {0, 1, 125, 126, 200, 65535, 65536};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct trace_frame trace;
        size_t header = ws_frame_encode(bytes, WS_TEXT, sizes[i]), len = header + sizes[i];
        memset(bytes + header, 'x', sizes[i]);
        size_t next = ws_frame_encode(bytes + len, WS_PONG, 0), all = len + next;
        unsigned char *at = guard_at_end(&guard, bytes, all);
        must(trace_sent(&trace, at, all) == len, "%zu bytes", sizes[i]);
        must_say(text_of(&trace, WS_OK), "sent: text frame");
        must_say(text_of(&trace, WS_OK), "MASK=0");
        must_say(text_of(&trace, WS_OK), "     81 ");
        must_say(text_of(&trace, WS_OK), sizes[i] == 200     ? "     00 c8 "
                                         : sizes[i] == 65536 ? "     00 00 00 00 00 01 00 00 "
                                                             : "     ");
        must_say(text_of(&trace, WS_OK), "ok: not masked (§5.1)");
        must(trace_sent(&trace, at + len, next) == next, "the one behind it");
        must_say(text_of(&trace, WS_OK), "sent: pong frame, 0 bytes");
        /* the beginning of a long one is enough */
        size_t part = header + (sizes[i] < TRACE_SHOWN ? sizes[i] : TRACE_SHOWN);
        must(trace_sent(&trace, guard_at_end(&guard, bytes, part), part) == part, "its beginning");
        must_say(text_of(&trace, WS_OK), "sent: text frame");
    }
}

/* ---------------------------------------------------------------------------------------- heads */

static void a_head_is_shown_line_by_line(void **state)
{
    static const char head[] = "GET / HTTP/1.1\r\nHost: a\r\nX: \x1B[2J\xC3\xA4\n\r\n";
    char *out = (char *)guard_at_end(&out_guard, NULL, TRACE_MAX);
    (void)state;
    const unsigned char *bytes = guard_at_end(&guard, head, sizeof head - 1);
    check_text(out, trace_head_text(bytes, sizeof head - 1, out));
    must_say(out, "| GET / HTTP/1.1\\r\\n\n");
    must_say(out, "| Host: a\\r\\n\n");
    must_say(out, "| X: \\x1B[2J\\xC3\\xA4\\n\n");
    must_say(out, "| \\r\\n\n");
}

/* A long line goes on in the next; nothing of it is lost. */
static void a_long_line_is_broken(void **state)
{
    (void)state;
    for (size_t len = 1; len < 400; len++) {
        char head[400], *out = (char *)guard_at_end(&out_guard, NULL, TRACE_MAX);
        size_t count = 0;
        memset(head, 'x', sizeof head);
        trace_head_text(guard_at_end(&guard, head, len), len, out);
        for (const char *c = out; *c != '\0'; c++)
            count += *c == 'x';
        must(count == len, "%zu characters, not %zu", len, count);
        must((strchr(out, '\n') == out + strlen(out) - 1) == (len <= 80), "%zu in one line?", len);
    }
}

static void heads_of_all_lengths_are_safe(void **state)
{
    static unsigned char head[9000];
    uint32_t random = 3;
    (void)state;
    for (size_t len = 1; len <= sizeof head; len += len < 300 ? 1 : 97)
        for (int kind = 0; kind < 4; kind++) {
            char *out = (char *)guard_at_end(&out_guard, NULL, TRACE_MAX);
            for (size_t i = 0; i < len; i++)
                head[i] = (unsigned char)(kind == 0   ? 'x'
                                          : kind == 1 ? 0x80
                                          : kind == 2 ? '\r'
                                                      : next_random(&random));
            check_text(out, trace_head_text(guard_at_end(&guard, head, len), len, out));
        }
}

static int open_guards(void **state)
{
    (void)state;
    guard_open(&guard, 71000);
    guard_open(&out_guard, TRACE_MAX);
    return 0;
}

static int close_guards(void **state)
{
    (void)state;
    guard_close(&guard);
    guard_close(&out_guard);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_explained),
        cmocka_unit_test(every_kind_of_frame_is_explained),
        cmocka_unit_test(the_payload_is_told),
        cmocka_unit_test(characters_stand_beside_their_bytes),
        cmocka_unit_test(the_header_is_told),
        cmocka_unit_test(cuts_change_nothing),
        cmocka_unit_test(the_next_frame_is_left),
        cmocka_unit_test(a_frame_that_does_not_end),
        cmocka_unit_test(a_fault_is_explained),
        cmocka_unit_test(any_bytes_can_be_told),
        cmocka_unit_test(frames_sent_are_told_one_by_one),
        cmocka_unit_test(a_head_is_shown_line_by_line),
        cmocka_unit_test(a_long_line_is_broken),
        cmocka_unit_test(heads_of_all_lengths_are_safe),
    };
    return cmocka_run_group_tests_name("trace", tests, open_guards, close_guards);
}
