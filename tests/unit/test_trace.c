/*
 * trace: what --trace says about frames and heads, and that it is safe to print
 */
#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "printable.h"
#include "trace.h"
#include "words.h"
#include "wrap.h"

static struct guard guard;     /* for bytes */
static struct guard out_guard; /* for texts */

static const struct trace_look english = {false, TRACE_COLUMNS, NULL};
static const struct trace_look chinese = {false, TRACE_COLUMNS, words}; /* see main() */

static size_t longest; /* of the texts that were checked */

/* What every text must be: lines of characters that a terminal may show, of at most 100 columns. */
static void check_text(const char *text, size_t len)
{
    must(len > 0 && len < TRACE_MAX && strlen(text) == len, "a C string of %zu bytes", len);
    must(text[len - 1] == '\n', "ends with a newline");
    longest = len > longest ? len : longest;
    for (size_t i = 0, n; i < len; i += n) {
        n = text[i] == '\n' ? 1 : printable_character(text + i, len - i);
        must(n > 0, "printable: %s", text);
    }
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
        must(wrap_columns(line, strcspn(line, "\n")) <= 100, "100 columns: %s", text);
}

static const char *text_of(struct trace_frame *trace, enum ws_outcome outcome)
{
    char *out = (char *)guard_at_end(&out_guard, NULL, TRACE_MAX);
    trace->outcome = outcome;
    check_text(out, trace_frame_text(trace, chinese, out));
    check_text(out, trace_frame_text(trace, english, out));
    return out;
}

static const char *json_of(struct trace_frame *trace, enum ws_outcome outcome)
{
    char *out = (char *)guard_at_end(&out_guard, NULL, TRACE_MAX);
    trace->outcome = outcome;
    size_t len = trace_frame_json(trace, out);
    must(len > 0 && len < TRACE_MAX && strlen(out) == len, "a C string of %zu bytes", len);
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

/* One piece passes by. */
static size_t pass(struct trace_frame *trace, const unsigned char *bytes, size_t len,
                   bool *complete)
{
    return trace_feed(trace, guard_at_end(&guard, bytes, len), len, complete);
}

/* The bytes in all lines that end with that word, sixteen a line; returns how many there are. */
static size_t bytes_told(const char *text, const char *word, unsigned char *out, size_t room)
{
    size_t count = 0;
    for (const char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        size_t len = (size_t)(end - line);
        unsigned byte;
        if (len < strlen(word) || strncmp(end - strlen(word), word, strlen(word)) != 0)
            continue;
        must(strncmp(line, "    ", 4) == 0 && line[5] != ' ', "a margin, and bytes in each line");
        for (const char *at = line + 4;
             at < line + 4 + 3 * 16 && sscanf(at + 1, "%2x", &byte) == 1 && at[1] != ' '; at += 3) {
            must(count < room, "no more than %zu bytes are told", room);
            out[count++] = (unsigned char)byte;
        }
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
    static const char expected[] =
        "received: text frame, 5 bytes\n"
        "     81                    85                         37 fa 21 3d\n"
        "     1 000 0001            1 0000101\n"
        "     FIN=1 RSV=000 1=text  MASK=1 length 5 in 7 bits  masking key\n"
        "     7f 9f 4d 51 58                                   ..MQX             masked, as sent\n"
        "     48 65 6c 6c 6f                                   Hello             unmasked\n"
        "     reads  1\n"
        "     state  between messages\n"
        "     ok     masked (§5.1, §5.3), no RSV bit, known opcode, shortest length (§5.2)\n"
        "            a whole message (§5.4); it is UTF-8 (§8.1)\n";
    assert_string_equal(text, expected); /* RFC 6455 §5.7 has this frame */
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
            must((strstr(text, "more must follow") != NULL) == more, "%s", text);
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
         {"     81 ", " 80  ", " FIN=1 RSV=000 1=text ", " MASK=1 length 0 in 7 bits ",
          " 7a 7a 7a 7a\n", " masking key\n"}},
        {BYTES("\x02\xFE\x00\x7E\x01\x02\x03\x04"),
         WS_TOO_BIG,
         {" FIN=0 RSV=000 2=binary ", " MASK=1 126: in 16 bits ", " 00 7e  ", " length 126 ",
          " 01 02 03 04\n", "1 1111110"}},
        {BYTES("\x82\xFF\x01\x02\x03\x04\x05\x06\x07\x08\x0A\x0B\x0C\x0D"),
         WS_TOO_BIG,
         {" MASK=1 127: in 64 bits ", " 01 02 03 04 05 06 07 08  ", " length 72623859790382856 ",
          " 0a 0b 0c 0d\n", " 72623859790382856 bytes\n", "1 1111111"}},
        {BYTES("\xC1"), WS_BAD_RSV, {"     c1\n", "1 100 0001\n", "FIN=1 RSV=100 1=text\n"}},
        {BYTES("\xA2"), WS_BAD_RSV, {"     a2\n", "1 010 0010\n", "FIN=1 RSV=010 2=binary\n"}},
        {BYTES("\x10"), WS_BAD_RSV, {"     10\n", "0 001 0000\n", "FIN=0 RSV=001 0=cont"}},
        {BYTES("\x8B"), WS_BAD_OPCODE, {"1 000 1011\n", "FIN=1 RSV=000 11=reserved\n"}},
        {BYTES("\x81\x05"), WS_NOT_MASKED, {" 05\n", " MASK=0 length 5 in 7 bits\n"}},
        {BYTES("\x82\xFE\x00\x7D"), WS_LENGTH_NOT_MINIMAL, {" 00 7d\n", "length 125\n"}},
        {BYTES("\x82\xFF\x80"), WS_LENGTH_HIGH_BIT, {" 80\n", " length, begun\n"}},
        {BYTES("\x82\x81\x80\x20"), WS_TOO_BIG, {" 80 20\n", " key, begun\n"}},
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
        must((strstr(text, "begun") != NULL) == (i >= COUNT_OF(table) - 2), "row %zu: begun?", i);
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
        struct trace_frame whole = {0};
        static char expected[TRACE_MAX];
        bool complete;
        must(pass(&whole, bytes, len, &complete) == len && complete, "%zu bytes, whole", sizes[i]);
        strcpy(expected, text_of(&whole, WS_OK));
        for (size_t cut = 0; cut < len && cut < 400; cut++) {
            struct trace_frame trace = {0};
            if (cut > 0)
                must(pass(&trace, bytes, cut, &complete) == cut && !complete,
                     "%zu bytes, %zu of them", len, cut);
            if (cut > 0)
                (void)text_of(&trace, WS_TOO_BIG);
            must(pass(&trace, bytes + cut, len - cut, &complete) == len - cut && complete,
                 "%zu bytes, cut at %zu", len, cut);
            must(strcmp(text_of(&trace, WS_OK), expected) == 0, "%zu bytes, cut at %zu: the text",
                 len, cut);
        }
        struct trace_frame bytewise = {0};
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
        {BYTES("Hello"), WS_BAD_RSV, "0x48 is 'H': was text sent without a frame"},
        {BYTES("\r\n"), WS_BAD_OPCODE, "0x0d is a line end: "},
        {BYTES("\x81\x05Hello"), WS_NOT_MASKED, "set bit 0x80"},
        {BYTES("\x89\xFE"), WS_CONTROL_TOO_LONG, "ping"},
        {BYTES("\x09\x80"), WS_CONTROL_FRAGMENTED, "FIN=0"},
        {BYTES("\x82\xFE\0\x01"), WS_LENGTH_NOT_MINIMAL, "length 1"},
        {BYTES("\x82\xFF\xFF"), WS_LENGTH_HIGH_BIT, "The highest byte comes first"},
        {BYTES("\xC1\x85"), WS_BAD_RSV, "RSV1 means compressed"},
        {BYTES("\x83\x85"), WS_BAD_OPCODE, "perhaps the frame before was not as long"},
        {BYTES("\x88\x82\0\0\0\0\xE8\x03"), WS_CLOSE_BAD_CODE, "with its two bytes swapped"},
        {BYTES("\x88\x82\0\0\0\0\x03\xED"), WS_CLOSE_BAD_CODE, "1000-1003, 1007-1014 and"},
        {BYTES("\x81\x05Hello"), WS_NOT_MASKED, "came behind it"},
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
        must_say(text, "     BAD    ");
        must_say(text, ws_fault_find(table[i].fault)->reason);
        must_say(text, table[i].says);
        snprintf(code, sizeof code, "closes with %u (§7.1.7)\n",
                 ws_fault_find(table[i].fault)->close_code);
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

/* What the sender was in the middle of, told of each frame of a row. */
static void the_state_is_told(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *says, *json;
    } table[] = {
        {BYTES("\x01\x80zzzz"), "state  between messages\n", "\"between\",\"fragments\":0"},
        {BYTES("\x89\x80zzzz"), "state  inside a fragmented text message, 1 fragment so far\n",
         "\"text\",\"fragments\":1"},
        {BYTES("\x00\x80zzzz"), "state  inside a fragmented text message, 1 fragment so far\n",
         "\"text\",\"fragments\":1"},
        {BYTES("\x80\x80zzzz"), "state  inside a fragmented text message, 2 fragments so far\n",
         "\"text\",\"fragments\":2"},
        {BYTES("\x02\x80zzzz"), "state  between messages\n", "\"between\",\"fragments\":0"},
        {BYTES("\x80\x80zzzz"), "state  inside a fragmented binary message, 1 fragment so far\n",
         "\"binary\",\"fragments\":1"},
        {BYTES("\x88\x80zzzz"), "state  between messages\n", "\"between\",\"fragments\":0"},
        {BYTES("\x88\x80zzzz"), "state  closing\n", "\"closing\",\"fragments\":0"},
    };
    struct trace_frame trace = {0}, unknown = {.state = {.in_message = true, .opcode = WS_TEXT}};
    bool complete;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        pass(&trace, (const unsigned char *)table[i].bytes, table[i].len, &complete);
        must(complete, "row %zu is complete", i);
        must_say(text_of(&trace, WS_OK), table[i].says);
        must_say(json_of(&trace, WS_OK), table[i].json);
        trace_next(&trace);
    }
    for (int i = 0; i < 2; i++) { /* of a message whose beginning nobody saw */
        pass(&unknown, (const unsigned char *)"\x00\x80zzzz", 6, &complete);
        must_say(text_of(&unknown, WS_OK), "state  inside a fragmented text message\n");
        trace_next(&unknown);
    }
}

/* Where TCP has cut: | stands before the byte with which a read began. */
static void reads_are_told(void **state)
{
    unsigned char bytes[60];
    struct trace_frame trace = {0};
    bool complete;
    size_t len = masked_frame(bytes, WS_TEXT, "0123456789abcdefgh", 18);
    (void)state;
    for (size_t at = 0; at < len; at += at == 0 ? 1 : at == 1 ? 3 : 5) {
        size_t end = at == 0 ? 1 : at == 1 ? 4 : at + 5;
        trace_read(&trace);
        pass(&trace, bytes + at, (end < len ? end : len) - at, &complete);
    }
    const char *text = text_of(&trace, WS_OK);
    must_say(text, "\n     81                   |92 ");
    must_say(text, "  37 fa|21 3d\n");
    must_say(text, "\n     07 cb 13|0e 03 cf 17 0a|0f c3 40 5f 54|9e 44 5b  ");
    must_say(text, "\n     50 92 ");
    must_say(text, "     reads  6; | stands where the next began\n");
    must_say(json_of(&trace, WS_OK), "\"reads\":6,\"cuts\":[1,4,9,14,19],\"joined\":false");
    trace_next(&trace);
    pass(&trace, bytes, len, &complete);
    must_say(text_of(&trace, WS_OK),
             "reads  1; the first had brought what was before this frame, too\n");
    must_say(json_of(&trace, WS_OK), "\"reads\":1,\"cuts\":[],\"joined\":true");
}

static void colour_only_colours(void **state)
{
    struct trace_frame trace = {0};
    char plain[TRACE_MAX], coloured[TRACE_MAX];
    bool complete;
    (void)state;
    pass(&trace, (const unsigned char *)"Hello", 5, &complete);
    trace.outcome = WS_BAD_RSV;
    trace_frame_text(&trace, english, plain);
    size_t len = trace_frame_text(&trace, (struct trace_look){true, TRACE_COLUMNS, NULL}, coloured),
           at = 0;
    must(strstr(coloured, "\033[1;31mBAD    \033[0m") != NULL, "red: %s", coloured);
    for (size_t i = 0; i < len; i++) { /* take the colours out */
        if (coloured[i] == '\033')
            i += strcspn(coloured + i, "m");
        else
            coloured[at++] = coloured[i];
    }
    coloured[at] = '\0';
    assert_string_equal(coloured, plain);
}

/* -------------------------------------------------------------------------------------- as JSON */

static void a_frame_as_json(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        enum ws_outcome outcome;
        const char *json;
    } table[] = {
        {BYTES("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), WS_OK,
         "\"direction\":\"in\",\"outcome\":\"ok\",\"header\":\"818537fa213d\",\"fin\":true,"
         "\"rsv\":0,\"opcode\":1,\"name\":\"text\",\"masked\":true,\"form\":7,\"length\":5,"
         "\"payload\":\"7f9f4d5158\",\"seen\":5,\"reads\":1,\"cuts\":[],\"joined\":false,"
         "\"state\":\"between\",\"fragments\":0,\"kept\":[\"5.1\",\"5.2\",\"5.3\",\"5.4\","
         "\"8.1\"]"},
        {BYTES("\x88\x82zzzz\x79\x92"), WS_OK,
         "\"direction\":\"in\",\"outcome\":\"ok\",\"header\":\"88827a7a7a7a\",\"fin\":true,"
         "\"rsv\":0,\"opcode\":8,\"name\":\"close\",\"masked\":true,\"form\":7,\"length\":2,"
         "\"payload\":\"7992\",\"seen\":2,\"reads\":1,\"cuts\":[],\"joined\":false,"
         "\"state\":\"between\",\"fragments\":0,\"kept\":[\"5.1\",\"5.2\",\"5.3\",\"5.5\","
         "\"5.5.1\",\"7.4\"]"},
        {BYTES("Hi"), WS_BAD_RSV,
         "\"direction\":\"in\",\"outcome\":\"bad\",\"header\":\"48\",\"fin\":false,\"rsv\":4,"
         "\"opcode\":8,\"name\":\"close\",\"masked\":null,\"form\":null,\"length\":null,"
         "\"payload\":\"69\",\"seen\":1,\"reads\":1,\"cuts\":[],\"joined\":false,"
         "\"state\":\"between\",\"fragments\":0,\"fault\":\"bad-rsv\",\"section\":\"5.2\","
         "\"reason\":\"RSV bit set, but no extension was agreed on (RFC 6455 §5.2)\","
         "\"close\":1002,\"hint\":\"text\",\"hintWords\":\"was text sent without a frame around "
         "it?\""},
        {BYTES("\x82\xFE\x01"), WS_PARTIAL,
         "\"direction\":\"in\",\"outcome\":\"cut\",\"header\":\"82fe01\",\"fin\":true,"
         "\"rsv\":0,\"opcode\":2,\"name\":\"binary\",\"masked\":true,\"form\":16,"
         "\"length\":null,\"payload\":\"\",\"seen\":0,\"reads\":1,\"cuts\":[],"
         "\"joined\":false,\"state\":\"between\",\"fragments\":0"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct trace_frame trace = {0};
        bool complete;
        trace_read(&trace);
        pass(&trace, (const unsigned char *)table[i].bytes, table[i].len, &complete);
        assert_string_equal(json_of(&trace, table[i].outcome), table[i].json);
    }
}

static void a_sent_frame_as_json(void **state)
{
    static const unsigned char close[] = {0x88, 0x02, 0x03, 0xE8};
    struct trace_frame trace;
    (void)state;
    trace_sent(&trace, close, sizeof close);
    assert_string_equal(
        json_of(&trace, WS_OK),
        "\"direction\":\"out\",\"outcome\":\"ok\",\"header\":\"8802\",\"fin\":true,\"rsv\":0,"
        "\"opcode\":8,\"name\":\"close\",\"masked\":false,\"form\":7,\"length\":2,"
        "\"payload\":\"03e8\",\"seen\":2,\"reads\":0,\"cuts\":[],\"joined\":false,"
        "\"state\":\"closing\",\"fragments\":0,\"kept\":[\"5.1\",\"5.2\",\"5.5\",\"5.5.1\","
        "\"7.4\"]");
}

/* Each fault has a name of its own, and the section is that of its reason. */
static void faults_as_json(void **state)
{
    (void)state;
    for (int fault = WS_BAD_RSV; fault < WS_OUTCOMES; fault++) {
        struct trace_frame trace = {0};
        char section[20], both[60];
        bool complete;
        pass(&trace, (const unsigned char *)"\x81\x81zzzz\x80", 7, &complete);
        const char *json = json_of(&trace, (enum ws_outcome)fault);
        must(sscanf(strstr(ws_fault_find((enum ws_outcome)fault)->reason, "§"), "§%19[0-9.]",
                    section) == 1,
             "a section in the reason");
        snprintf(both, sizeof both, "\"section\":\"%s\",\"reason\"", section);
        must_say(json, both);
        must(strstr(json, "(null)") == NULL, "a name for fault %d: %s", fault, json);
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
        must_say(text_of(&trace, WS_OK), sizes[i] == 200     ? "  00 c8\n"
                                         : sizes[i] == 65536 ? "  00 00 00 00 00 01 00 00\n"
                                                             : "     ");
        must_say(text_of(&trace, WS_OK), "ok     not masked (§5.1)");
        must(trace_sent(&trace, at + len, next) == next, "the one behind it");
        must_say(text_of(&trace, WS_OK), "sent: pong frame, 0 bytes\n");
        /* the beginning of a long one is enough */
        size_t part = header + (sizes[i] < TRACE_SHOWN ? sizes[i] : TRACE_SHOWN);
        must(trace_sent(&trace, guard_at_end(&guard, bytes, part), part) == part, "its beginning");
        must_say(text_of(&trace, WS_OK), "sent: text frame");
    }
}

/* ---------------------------------------------------------------------------------------- heads */

static const char *text_of_head(const void *bytes, size_t len, enum http_outcome outcome)
{
    char *out = (char *)guard_at_end(&out_guard, NULL, TRACE_MAX);
    struct trace_head head = {.from_client = true,
                              .bytes = guard_at_end(&guard, bytes, len),
                              .len = len,
                              .reads = 2,
                              .outcome = outcome};
    check_text(out, trace_head_text(&head, chinese, out));
    check_text(out, trace_head_text(&head, english, out));
    return out;
}

static void a_head_is_shown_line_by_line(void **state)
{
    (void)state;
    assert_string_equal(
        text_of_head(BYTES("GET / HTTP/1.1\r\nhost: a\r\nX: \x1B[2J\xC3\xA4\n\r\n"), HTTP_OK),
        "received: request head, 37 bytes\n"
        "     | GET / HTTP/1.1\\r\\n\n"
        "     | host: a\\r\\n                                                 "
        "needed in HTTP/1.1\n"
        "     | X: \\x1B[2J\\xC3\\xA4\\n\n"
        "     | \\r\\n                                                        "
        "the head ends here\n"
        "     reads  2\n"
        "     ok     a whole request head, well-formed (RFC 9112 §2.1)\n");
}

static void every_verdict_on_a_head_is_told(void **state)
{
    (void)state;
    for (int outcome = HTTP_OK; outcome < HTTP_OUTCOMES; outcome++) {
        const char *text = text_of_head(BYTES("GET"), (enum http_outcome)outcome);
        char status[80];
        must_say(text, outcome == HTTP_OK        ? "     ok  "
                       : outcome == HTTP_PARTIAL ? "     cut "
                                                 : "     BAD ");
        if (outcome <= HTTP_PARTIAL)
            continue;
        const struct http_refusal *refusal = http_refusal_find((enum http_outcome)outcome);
        snprintf(status, sizeof status, "answers with %d %s\n", refusal->status, refusal->phrase);
        must_say(text, status);
        must_say(text, strchr(refusal->reason, ')') - 3);
    }
}

/* A long line goes on in the next; nothing of it is lost. */
static void a_long_line_is_broken(void **state)
{
    (void)state;
    for (size_t len = 1; len < 400; len++) {
        char head[400];
        size_t count = 0, lines = 0;
        memset(head, '~', sizeof head);
        for (const char *c = text_of_head(head, len, HTTP_OK); *c != '\0'; c++) {
            count += *c == '~';
            lines += *c == '|';
        }
        must(count == len, "%zu characters, not %zu", len, count);
        must((lines == 1) == (len <= 90), "%zu in one line?", len);
    }
}

static void heads_of_all_lengths_are_safe(void **state)
{
    static unsigned char head[9000];
    uint32_t random = 3;
    (void)state;
    for (size_t len = 1; len <= sizeof head; len += len < 300 ? 1 : 97)
        for (int kind = 0; kind < 4; kind++) {
            for (size_t i = 0; i < len; i++)
                head[i] = (unsigned char)(kind == 0   ? 'x'
                                          : kind == 1 ? 0x80
                                          : kind == 2 ? '\r'
                                                      : next_random(&random));
            (void)text_of_head(head, len, HTTP_OK);
        }
    assert_non_null(strstr(text_of_head(head, 9000, HTTP_OK), " bytes more\n"));
}

/* TRACE_MAX: the longest line that may still begin where a head has no room for another, and all verdicts
 * behind it; in Chinese, whose characters have three bytes. */
static void the_longest_text_fits(void **state)
{
    char head[3000];
    (void)state;
    longest = 0;
    for (size_t whole = 1700; whole < 2000; whole++) { /* takes about half of it */
        memset(head, 'x', whole - 1);
        head[whole - 1] = '\n';
        memset(head + whole, 0x80, sizeof head - whole); /* each is told with four */
        for (int outcome = HTTP_OK; outcome < HTTP_OUTCOMES; outcome++)
            if (whole % 100 == 0 || outcome == HTTP_TLS)
                (void)text_of_head(head, sizeof head, (enum http_outcome)outcome);
    }
    must(longest > TRACE_MAX * 3 / 4, "%zu bytes is not the longest", longest);
}

/* A column for each byte, so that characters stand below their bytes; the end of a line cuts some. */
static void text_stands_in_its_script(void **state)
{
    static const char *const table[][4] = {
        /* what is sent, and three lines of sixteen columns */
        {"Hello, 世界", "Hello, 世 界    "},
        {"0123456789abc世", "0123456789abc世 "},
        {"0123456789abcd世x", "0123456789abcd世", " x              "},
        {"0123456789abcde世x", "0123456789abcde ", "世x             "},
        {"0123456789abcdeéx", "0123456789abcdeé", " x              "},
        {"0123456789abcd🙂x", "0123456789abcd🙂", "  x             "},
        {"0123456789abcde🙂x", "0123456789abcde ", "🙂 x            "},
        {"小明：你好，世界", "小 明 ： 你 好  ", "，世 界         "},
        {"a\x1b[31mb\x7f\u202E\t", "a.[31mb.....    "},
    };
    (void)state;
    for (size_t row = 0; row < sizeof table / sizeof *table; row++) {
        unsigned char bytes[80];
        struct trace_frame trace = {0};
        bool complete = false;
        size_t len = masked_frame(bytes, WS_TEXT, table[row][0], strlen(table[row][0]));
        trace_read(&trace);
        pass(&trace, bytes, len, &complete);
        const char *text = text_of(&trace, WS_OK);
        for (size_t line = 1; line < 4 && table[row][line] != NULL; line++) {
            char shown[120];
            snprintf(shown, sizeof shown, "  %s  unmasked\n", table[row][line]);
            must_say(text, shown);
        }
    }
}

/* What is not text is not read as text. */
static void binary_stays_bytes(void **state)
{
    unsigned char bytes[80];
    struct trace_frame trace = {0};
    bool complete = false;
    (void)state;
    trace_read(&trace);
    pass(&trace, bytes, masked_frame(bytes, WS_BINARY, "世界", 6), &complete);
    must_say(text_of(&trace, WS_OK), "  ......            unmasked\n");
}

static void it_is_explained_in_chinese(void **state)
{
    unsigned char bytes[20];
    struct trace_frame trace = {0};
    char text[TRACE_MAX];
    bool complete = false;
    (void)state;
    trace_read(&trace);
    pass(&trace, bytes, masked_frame(bytes, WS_TEXT, "Hello", 5), &complete);
    trace.outcome = WS_OK;
    trace_frame_text(&trace, chinese, text);
    assert_string_equal(
        text,
        "收到：text 帧，5 字节\n"
        "     81                    85                      37 fa 21 3d\n"
        "     1 000 0001            1 0000101\n"
        "     FIN=1 RSV=000 1=text  MASK=1 长度 5，用 7 位  掩码密钥\n"
        "     7f 9f 4d 51 58                                   ..MQX             加掩码，原样\n"
        "     48 65 6c 6c 6f                                   Hello             去掉掩码\n"
        "     读取   1 次\n"
        "     状态   在两条消息之间\n"
        "     正确   有掩码（§5.1、§5.3），没有 RSV 位，操作码已知，长度是最短的形式（§5.2）\n"
        "            一条完整的消息（§5.4）；是 UTF-8（§8.1）\n");
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
        cmocka_unit_test(the_state_is_told),
        cmocka_unit_test(reads_are_told),
        cmocka_unit_test(colour_only_colours),
        cmocka_unit_test(a_frame_as_json),
        cmocka_unit_test(a_sent_frame_as_json),
        cmocka_unit_test(faults_as_json),
        cmocka_unit_test(frames_sent_are_told_one_by_one),
        cmocka_unit_test(a_head_is_shown_line_by_line),
        cmocka_unit_test(every_verdict_on_a_head_is_told),
        cmocka_unit_test(a_long_line_is_broken),
        cmocka_unit_test(heads_of_all_lengths_are_safe),
        cmocka_unit_test(the_longest_text_fits),
        cmocka_unit_test(it_is_explained_in_chinese),
        cmocka_unit_test(text_stands_in_its_script),
        cmocka_unit_test(binary_stays_bytes),
    };
    setenv("LC_ALL", "zh_CN.UTF-8", 1);
    words_choose();
    return cmocka_run_group_tests_name("trace", tests, open_guards, close_guards);
}
