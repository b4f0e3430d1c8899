/*
 * frame: the header of a frame ↔ bytes, masking, close codes, the words for faults
 */
#include "guard.h"

#include <string.h>

#include "frame.h"
#include "utf8.h"

static struct guard guard;

static enum ws_outcome decode(struct ws_frame *frame, const void *bytes, size_t len)
{
    return ws_frame_decode(frame, guard_at_end(&guard, bytes, len), len);
}

/* ---------------------------------------------------------------------------------- good headers */

#define KEY "\x37\xFA\x21\x3D"

/* What a client sends, and what it means. The lengths stand at every border of the three forms. */
static const struct {
    const char *bytes;
    size_t len;
    bool fin;
    unsigned char opcode;
    uint64_t payload_len;
} good_headers[] = {
    {BYTES("\x81\x80" KEY), true, WS_TEXT, 0},
    {BYTES("\x01\x80" KEY), false, WS_TEXT, 0},
    {BYTES("\x82\x81" KEY), true, WS_BINARY, 1},
    {BYTES("\x02\x81" KEY), false, WS_BINARY, 1},
    {BYTES("\x80\x85" KEY), true, WS_CONTINUATION, 5},
    {BYTES("\x00\x85" KEY), false, WS_CONTINUATION, 5},
    {BYTES("\x88\x80" KEY), true, WS_CLOSE, 0},
    {BYTES("\x89\x80" KEY), true, WS_PING, 0},
    {BYTES("\x8A\x80" KEY), true, WS_PONG, 0},
    {BYTES("\x88\xFD" KEY), true, WS_CLOSE, 125},
    {BYTES("\x89\xFD" KEY), true, WS_PING, 125},
    {BYTES("\x8A\xFD" KEY), true, WS_PONG, 125},
    {BYTES("\x82\xFD" KEY), true, WS_BINARY, 125},
    {BYTES("\x82\xFE\x00\x7E" KEY), true, WS_BINARY, 126},
    {BYTES("\x82\xFE\x00\x7F" KEY), true, WS_BINARY, 127},
    {BYTES("\x82\xFE\x00\x80" KEY), true, WS_BINARY, 128},
    {BYTES("\x82\xFE\x00\xFF" KEY), true, WS_BINARY, 255},
    {BYTES("\x82\xFE\x01\x00" KEY), true, WS_BINARY, 256},
    {BYTES("\x82\xFE\x7F\xFF" KEY), true, WS_BINARY, 32767},
    {BYTES("\x82\xFE\x80\x00" KEY), true, WS_BINARY, 32768},
    {BYTES("\x82\xFE\xFF\xFF" KEY), true, WS_BINARY, 65535},
    {BYTES("\x82\xFF\x00\x00\x00\x00\x00\x01\x00\x00" KEY), true, WS_BINARY, 65536},
    {BYTES("\x01\xFF\x00\x00\x00\x00\x00\x01\x02\x03" KEY), false, WS_TEXT, 0x010203},
    {BYTES("\x82\xFF\x00\x00\x00\x00\x7F\xFF\xFF\xFF" KEY), true, WS_BINARY, 0x7FFFFFFF},
    {BYTES("\x82\xFF\x00\x00\x00\x00\x80\x00\x00\x00" KEY), true, WS_BINARY, 0x80000000},
    {BYTES("\x82\xFF\x00\x00\x00\x00\xFF\xFF\xFF\xFF" KEY), true, WS_BINARY, 0xFFFFFFFF},
    {BYTES("\x82\xFF\x00\x00\x00\x01\x00\x00\x00\x00" KEY), true, WS_BINARY, 0x100000000},
    {BYTES("\x82\xFF\x01\x02\x03\x04\x05\x06\x07\x08" KEY), true, WS_BINARY, 0x0102030405060708},
    {BYTES("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF" KEY), true, WS_BINARY, INT64_MAX},
};

static void good_headers_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good_headers); i++) {
        size_t len = good_headers[i].len;
        struct ws_frame frame;
        memset(&frame, 0xA5, sizeof frame);
        must(decode(&frame, good_headers[i].bytes, len) == WS_OK, "row %zu: WS_OK", i);
        must(frame.fin == good_headers[i].fin, "row %zu: fin", i);
        must(frame.rsv == 0, "row %zu: rsv", i);
        must(frame.opcode == good_headers[i].opcode, "row %zu: opcode", i);
        must(frame.masked, "row %zu: masked", i);
        must(frame.payload_len == good_headers[i].payload_len, "row %zu: payload_len", i);
        must(memcmp(frame.mask_key, KEY, 4) == 0, "row %zu: mask_key", i);
        must(frame.header_len == len, "row %zu: header_len", i);
    }
}

/* Cut short anywhere, a good header is partial, and not bad; the length is known when its bytes are
 * there, and header_len says so; a decoder that has been told less before makes nothing else of the whole. */
static void a_part_of_a_good_header_is_partial(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good_headers); i++) {
        const char *bytes = good_headers[i].bytes;
        size_t len = good_headers[i].len, key = len - 4;
        struct ws_frame frame;
        for (size_t have = 0; have < len; have++) {
            memset(&frame, 0xA5, sizeof frame);
            must(decode(&frame, bytes, have) == WS_PARTIAL, "row %zu: %zu bytes", i, have);
            must(have == 0 || (frame.fin == good_headers[i].fin && frame.rsv == 0 &&
                               frame.opcode == good_headers[i].opcode),
                 "row %zu: the first byte is known from %zu bytes", i, have);
            must(frame.header_len == (have < key ? 0 : len), "row %zu: header_len is %zu", i,
                 frame.header_len);
            must(have < key || frame.payload_len == good_headers[i].payload_len,
                 "row %zu: the length is known from %zu bytes", i, have);
        }
        must(decode(&frame, bytes, len) == WS_OK, "row %zu: then all of it", i);
        must(frame.payload_len == good_headers[i].payload_len, "row %zu: payload_len", i);
    }
}

/* What follows a header is payload, whatever it is. */
static void bytes_after_a_header_do_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good_headers); i++)
        for (size_t more = 1; more <= 20; more++) {
            unsigned char bytes[WS_HEADER_MAX + 20];
            struct ws_frame frame;
            memset(bytes, 0xFF, sizeof bytes);
            memcpy(bytes, good_headers[i].bytes, good_headers[i].len);
            must(decode(&frame, bytes, good_headers[i].len + more) == WS_OK &&
                     frame.header_len == good_headers[i].len &&
                     frame.payload_len == good_headers[i].payload_len &&
                     memcmp(frame.mask_key, KEY, 4) == 0,
                 "row %zu: and %zu bytes more", i, more);
        }
}

/* ---------------------------------------------------------------------------------- bad headers */

/* The last byte of each row is the one that makes it bad. */
static const struct {
    const char *bytes;
    size_t len;
    enum ws_outcome fault;
} bad_headers[] = {
    {BYTES("\xC1"), WS_BAD_RSV}, /* compressed, for instance */
    {BYTES("\xA1"), WS_BAD_RSV},
    {BYTES("\x91"), WS_BAD_RSV},
    {BYTES("\xF1"), WS_BAD_RSV},
    {BYTES("\x40"), WS_BAD_RSV},
    {BYTES("\xC9"), WS_BAD_RSV},
    {BYTES("\x83"), WS_BAD_OPCODE},
    {BYTES("\x87"), WS_BAD_OPCODE},
    {BYTES("\x8B"), WS_BAD_OPCODE},
    {BYTES("\x8F"), WS_BAD_OPCODE},
    {BYTES("\x03"), WS_BAD_OPCODE},
    {BYTES("\x0B"), WS_BAD_OPCODE},
    {BYTES("\r"), WS_BAD_OPCODE}, /* a CRLF too many after the request */
    {BYTES("H"), WS_BAD_RSV},     /* "Hello" with no frame around it */
    {BYTES("\x08"), WS_CONTROL_FRAGMENTED},
    {BYTES("\x09"), WS_CONTROL_FRAGMENTED},
    {BYTES("\x0A"), WS_CONTROL_FRAGMENTED},
    {BYTES("\x81\x00"), WS_NOT_MASKED},
    {BYTES("\x81\x05"), WS_NOT_MASKED},
    {BYTES("\x82\x7E"), WS_NOT_MASKED},
    {BYTES("\x82\x7F"), WS_NOT_MASKED},
    {BYTES("\x88\x00"), WS_NOT_MASKED},
    {BYTES("\x88\xFE"), WS_CONTROL_TOO_LONG},
    {BYTES("\x89\xFE"), WS_CONTROL_TOO_LONG},
    {BYTES("\x8A\xFE"), WS_CONTROL_TOO_LONG},
    {BYTES("\x88\xFF"), WS_CONTROL_TOO_LONG},
    {BYTES("\x89\xFF"), WS_CONTROL_TOO_LONG},
    {BYTES("\x8A\xFF"), WS_CONTROL_TOO_LONG},
    {BYTES("\x82\xFE\x00\x00"), WS_LENGTH_NOT_MINIMAL},
    {BYTES("\x82\xFE\x00\x01"), WS_LENGTH_NOT_MINIMAL},
    {BYTES("\x82\xFE\x00\x7D"), WS_LENGTH_NOT_MINIMAL}, /* 125 */
    {BYTES("\x82\xFF\x80"), WS_LENGTH_HIGH_BIT},
    {BYTES("\x82\xFF\xFF"), WS_LENGTH_HIGH_BIT},
};

static void a_bad_header_is_told_at_its_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_headers); i++) {
        const char *bytes = bad_headers[i].bytes;
        size_t len = bad_headers[i].len;
        struct ws_frame frame;
        for (size_t have = 0; have < len; have++)
            must(decode(&frame, bytes, have) == WS_PARTIAL, "row %zu: %zu bytes are fine", i, have);
        must(decode(&frame, bytes, len) == bad_headers[i].fault, "row %zu: its byte", i);

        unsigned char more[WS_HEADER_MAX] = {0};
        memcpy(more, bytes, len);
        for (size_t have = len; have <= sizeof more; have++)
            must(decode(&frame, more, have) == bad_headers[i].fault, "row %zu: %zu bytes", i, have);
    }
}

/* 65535 bytes or less in the 64-bit form. */
static const char *const not_minimal[] = {"\0\0\0\0\0\0\0\0", "\0\0\0\0\0\0\0\x7D",
                                          "\0\0\0\0\0\0\0\x7E", "\0\0\0\0\0\0\xFF\xFF"};

static void a_64_bit_length_that_is_not_minimal(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(not_minimal); i++) {
        unsigned char bytes[WS_HEADER_MAX] = {0x82, 0xFF};
        struct ws_frame frame;
        memcpy(bytes + 2, not_minimal[i], 8);
        for (size_t have = 0; have < 8; have++)
            must(decode(&frame, bytes, have) == WS_PARTIAL, "row %zu: %zu bytes", i, have);
        for (size_t have = 10; have <= sizeof bytes; have++)
            must(decode(&frame, bytes, have) == WS_LENGTH_NOT_MINIMAL, "row %zu: %zu bytes", i,
                 have);
    }
}

/* Six zero bytes of length leave nothing else to hope for, so that is where it must be told. */
static void a_64_bit_length_that_is_not_minimal_is_told_at_its_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(not_minimal); i++) {
        unsigned char bytes[WS_HEADER_MAX] = {0x82, 0xFF};
        struct ws_frame frame;
        memcpy(bytes + 2, not_minimal[i], 8);
        for (size_t have = 8; have < 10; have++)
            must(decode(&frame, bytes, have) == WS_LENGTH_NOT_MINIMAL, "row %zu: %zu bytes", i,
                 have);
    }
}

/* Every pair of first bytes, judged by the words of RFC 6455 §5.2 and §5.5 one after the other. */
static enum ws_outcome rule_for(unsigned first, unsigned second)
{
    static const unsigned char in_use[] = {0, 1, 2, 8, 9, 10};
    unsigned opcode = first % 16, length = second % 128;
    bool fin = first >= 128, control = opcode >= 8, masked = second >= 128;
    if (first / 16 % 8 != 0)
        return WS_BAD_RSV;
    if (memchr(in_use, (int)opcode, sizeof in_use) == NULL)
        return WS_BAD_OPCODE;
    if (control && !fin)
        return WS_CONTROL_FRAGMENTED;
    if (!masked)
        return WS_NOT_MASKED;
    if (control && length > 125)
        return WS_CONTROL_TOO_LONG;
    return WS_PARTIAL;
}

static void every_pair_of_first_bytes(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++) {
            unsigned char bytes[] = {(unsigned char)first, (unsigned char)second};
            enum ws_outcome expected = rule_for(first, second);
            bool known_at_once = expected != WS_NOT_MASKED && expected != WS_CONTROL_TOO_LONG;
            struct ws_frame frame;
            must(decode(&frame, bytes, 2) == expected, "%02x %02x", first, second);
            must(frame.fin == (first >= 128) && frame.rsv == first / 16 % 8 &&
                     frame.opcode == first % 16,
                 "%02x: its bits", first);
            must(decode(&frame, bytes, 1) == (known_at_once ? expected : WS_PARTIAL), "%02x alone",
                 first);
        }
}

/* ------------------------------------------------------------------------------------- encoding */

static const struct {
    uint64_t payload_len;
    const char *bytes; /* after the first */
    size_t len;
} lengths[] = {
    {0, BYTES("\x00")},
    {1, BYTES("\x01")},
    {125, BYTES("\x7D")},
    {126, BYTES("\x7E\x00\x7E")},
    {127, BYTES("\x7E\x00\x7F")},
    {128, BYTES("\x7E\x00\x80")},
    {255, BYTES("\x7E\x00\xFF")},
    {256, BYTES("\x7E\x01\x00")},
    {65535, BYTES("\x7E\xFF\xFF")},
    {65536, BYTES("\x7F\x00\x00\x00\x00\x00\x01\x00\x00")},
    {0x7FFFFFFF, BYTES("\x7F\x00\x00\x00\x00\x7F\xFF\xFF\xFF")},
    {0x80000000, BYTES("\x7F\x00\x00\x00\x00\x80\x00\x00\x00")},
    {0x100000000, BYTES("\x7F\x00\x00\x00\x01\x00\x00\x00\x00")},
    {0x0102030405060708, BYTES("\x7F\x01\x02\x03\x04\x05\x06\x07\x08")},
    {INT64_MAX, BYTES("\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF")},
};

static const enum ws_opcode opcodes[] = {WS_CONTINUATION, WS_TEXT, WS_BINARY,
                                         WS_CLOSE,        WS_PING, WS_PONG};

static void headers_are_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        for (size_t k = 0; k < COUNT_OF(opcodes); k++) {
            unsigned char *header = guard_at_end(&guard, NULL, WS_SERVER_HEADER_MAX);
            size_t len = ws_frame_encode(header, opcodes[k], lengths[i].payload_len);
            must(len == 1 + lengths[i].len, "row %zu: how long", i);
            must(header[0] == (0x80 | opcodes[k]), "row %zu: FIN and opcode %d", i, opcodes[k]);
            must(memcmp(header + 1, lengths[i].bytes, len - 1) == 0, "row %zu: the length", i);
        }
}

/* What the server writes it could also read, had a client masked it. */
static void headers_are_written_and_read(void **state)
{
    static const int64_t beside[] = {-1, 0, 1};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        for (size_t k = 0; k < COUNT_OF(beside); k++) {
            uint64_t payload_len = lengths[i].payload_len + (uint64_t)beside[k];
            unsigned char header[WS_HEADER_MAX];
            struct ws_frame frame;
            if (payload_len > INT64_MAX)
                continue; /* -1, and 2^63 */
            size_t len = ws_frame_encode(header, WS_BINARY, payload_len);
            must(decode(&frame, header, len) == WS_NOT_MASKED, "row %zu: a server does not mask",
                 i);
            header[1] |= 0x80;
            memcpy(header + len, KEY, 4);
            must(decode(&frame, header, len + 4) == WS_OK, "row %zu: is good", i);
            must(frame.payload_len == payload_len, "row %zu: the same length", i);
            must(frame.fin && frame.rsv == 0 && frame.opcode == WS_BINARY, "row %zu: the bits", i);
            must(frame.header_len == len + 4, "row %zu: header_len", i);
        }
}

/* ---------------------------------------------------------------------------------- close frames */

static void close_bodies_are_written(void **state)
{
    static const struct {
        uint16_t code;
        const char *reason;
        const char *body;
        size_t len;
    } table[] = {
        {1000, "", BYTES("\x03\xE8")},
        {1001, "bye",
         BYTES("\x03\xE9"
               "bye")},
        {4999, "a",
         BYTES("\x13\x87"
               "a")},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        unsigned char *body = guard_at_end(&guard, NULL, WS_CONTROL_MAX);
        size_t len = ws_close_encode(body, table[i].code, table[i].reason, strlen(table[i].reason));
        must(len == table[i].len && memcmp(body, table[i].body, len) == 0, "row %zu", i);
    }
    unsigned char body[WS_CONTROL_MAX];
    assert_int_equal(ws_close_encode(body, 1000, NULL, 0), 2);
}

/* However long the reason, it must fit into a control frame. */
static void a_long_reason_is_cut(void **state)
{
    char reason[300];
    (void)state;
    memset(reason, 'x', sizeof reason);
    for (size_t len = 0; len <= sizeof reason; len++) {
        unsigned char *body = guard_at_end(&guard, NULL, WS_CONTROL_MAX);
        size_t expected = len < WS_REASON_MAX ? len : WS_REASON_MAX;
        must(ws_close_encode(body, 1000, reason, len) == 2 + expected, "%zu bytes", len);
        must(memcmp(body + 2, reason, expected) == 0, "%zu bytes: the reason", len);
    }
}

/* One that just fits is taken whole, whatever stands behind it. */
static void a_reason_that_just_fits(void **state)
{
    unsigned char body[WS_CONTROL_MAX];
    char reason[WS_REASON_MAX + 1];
    (void)state;
    memset(reason, 'x', WS_REASON_MAX);
    reason[WS_REASON_MAX] = (char)0x80;
    assert_int_equal(ws_close_encode(body, 1000, reason, WS_REASON_MAX), WS_CONTROL_MAX);
}

static bool is_utf8(const void *text, size_t len)
{
    struct utf8 check = {0};
    return utf8_feed(&check, text, len) && utf8_is_complete(&check);
}

/* §5.5.1: a reason is UTF-8. Half a character at its end would be a fault of ours. */
static void a_long_reason_is_cut_between_characters(void **state)
{
    static const char *const characters[] = {"\xC3\xA4", "\xE4\xBD\xA0", "\xF0\x9F\x98\x80"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(characters); i++)
        for (size_t before = 0; before < 4; before++) {
            size_t size = strlen(characters[i]), len = before;
            char reason[300];
            memset(reason, 'x', before);
            for (; len + size <= sizeof reason; len += size)
                memcpy(reason + len, characters[i], size);
            unsigned char body[WS_CONTROL_MAX];
            size_t body_len = ws_close_encode(body, 1000, reason, len);
            must(body_len <= WS_CONTROL_MAX && body_len > WS_CONTROL_MAX - size,
                 "characters of %zu bytes: as much as fits, not %zu", size, body_len);
            must(is_utf8(body + 2, body_len - 2), "characters of %zu bytes: whole ones", size);
        }
}

/* A reason that is no UTF-8 at all is cut too, and nothing before it is looked at. */
static void a_long_reason_of_nothing_but_tails(void **state)
{
    unsigned char tails[200], body[WS_CONTROL_MAX];
    (void)state;
    memset(tails, 0x80, sizeof tails);
    char *reason = (char *)guard_at_begin(&guard, tails, sizeof tails);
    assert_int_equal(ws_close_encode(body, 1000, reason, sizeof tails), 2);
}

/* §7.4.1, §7.4.2 and the registry of §11.7. */
static void close_codes(void **state)
{
    static const struct {
        unsigned first, last;
    } allowed[] = {{1000, 1003}, {1007, 1014}, {3000, 4999}};
    (void)state;
    for (unsigned code = 0; code <= 65535; code++) {
        bool valid = false;
        for (size_t i = 0; i < COUNT_OF(allowed); i++)
            valid |= code >= allowed[i].first && code <= allowed[i].last;
        must(ws_close_code_is_valid((uint16_t)code) == valid, "%u", code);
    }
}

/* ------------------------------------------------------------------------------------- masking */

/* §5.3: transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4) */
static void mask_by_definition(unsigned char *piece, size_t len, const unsigned char key[4],
                               uint64_t offset)
{
    for (size_t i = 0; i < len; i++)
        piece[i] = (unsigned char)(piece[i] ^ key[(offset + i) % 4]);
}

static void check_mask(size_t alignment, size_t len, uint64_t offset)
{
    static const unsigned char key[4] = {0x37, 0xFA, 0x21, 0x3D};
    unsigned char expected[1200], *room = guard_at_end(&guard, NULL, alignment + len + 8);
    for (size_t i = 0; i < alignment + len + 8; i++)
        room[i] = expected[i] = (unsigned char)(i * 41 + 7);
    mask_by_definition(expected + alignment, len, key, offset);
    ws_frame_mask(room + alignment, len, key, offset);
    must(memcmp(room, expected, alignment + len + 8) == 0,
         "alignment %zu, %zu bytes, offset %llu: as §5.3 defines, and nothing beside", alignment,
         len, (unsigned long long)offset);
    ws_frame_mask(room + alignment, len, key, offset);
    must(len == 0 || room[alignment] == (unsigned char)(alignment * 41 + 7),
         "masking twice is nothing");
}

static void masking_is_as_defined(void **state)
{
    static const uint64_t offsets[] = {0, 1,  2,  3,   4,     5,          6,           7,        8,
                                       9, 10, 11, 125, 65535, 0xFFFFFFFF, 0x100000001, INT64_MAX};
    (void)state;
    for (size_t alignment = 0; alignment < 8; alignment++)
        for (size_t i = 0; i < COUNT_OF(offsets); i++) {
            for (size_t len = 0; len <= 64; len++)
                check_mask(alignment, len, offsets[i]);
            for (size_t len = 1000; len < 1064; len += 7)
                check_mask(alignment, len, offsets[i]);
        }
}

/* Up to the wall and away from it, with each length. */
static void masking_stays_inside(void **state)
{
    static const unsigned char key[4] = {1, 2, 3, 4};
    (void)state;
    for (size_t len = 0; len <= 64; len++) {
        unsigned char plain[64] = {0}, expected[64] = {0};
        mask_by_definition(expected, len, key, 3);
        unsigned char *at_end = guard_at_end(&guard, plain, len);
        ws_frame_mask(at_end, len, key, 3);
        must(memcmp(at_end, expected, len) == 0, "%zu bytes at the end", len);
        unsigned char *at_begin = guard_at_begin(&guard, plain, len);
        ws_frame_mask(at_begin, len, key, 3);
        must(memcmp(at_begin, expected, len) == 0, "%zu bytes at the beginning", len);
    }
}

/* In pieces, each with its offset, it is the same as at once: §5.3's example is "Hello" of §5.7. */
static void masking_in_pieces(void **state)
{
    static const unsigned char masked[] = {0x7f, 0x9f, 0x4d, 0x51, 0x58};
    static const unsigned char key[4] = {0x37, 0xFA, 0x21, 0x3D};
    (void)state;
    for (size_t cut = 0; cut <= sizeof masked; cut++) {
        unsigned char piece[sizeof masked];
        memcpy(piece, masked, sizeof masked);
        ws_frame_mask(piece, cut, key, 0);
        ws_frame_mask(piece + cut, sizeof masked - cut, key, cut);
        assert_memory_equal(piece, "Hello", 5);
    }
}

/* ------------------------------------------------------------------------------------- opcodes */

static void opcodes_have_names(void **state)
{
    static const char *const names[] = {"continuation", "text",     "binary",   "reserved",
                                        "reserved",     "reserved", "reserved", "reserved",
                                        "close",        "ping",     "pong",     "reserved",
                                        "reserved",     "reserved", "reserved", "reserved"};
    (void)state;
    for (unsigned opcode = 0; opcode < 16; opcode++)
        assert_string_equal(ws_opcode_name((unsigned char)opcode), names[opcode]);
}

static void half_of_the_opcodes_are_control(void **state)
{
    (void)state;
    for (unsigned opcode = 0; opcode < 16; opcode++)
        must(ws_opcode_is_control((unsigned char)opcode) == (opcode >= 8), "opcode %u", opcode);
}

/* -------------------------------------------------------------------------------------- faults */

static const struct {
    enum ws_outcome outcome;
    uint16_t close_code;
} fault_codes[] = {
    {WS_BAD_RSV, 1002},          {WS_BAD_OPCODE, 1002},         {WS_CONTROL_FRAGMENTED, 1002},
    {WS_CONTROL_TOO_LONG, 1002}, {WS_NOT_MASKED, 1002},         {WS_LENGTH_NOT_MINIMAL, 1002},
    {WS_LENGTH_HIGH_BIT, 1002},  {WS_STRAY_CONTINUATION, 1002}, {WS_MESSAGE_UNFINISHED, 1002},
    {WS_TOO_BIG, 1009},          {WS_BAD_UTF8, 1007},           {WS_CLOSE_ONE_BYTE, 1002},
    {WS_CLOSE_BAD_CODE, 1002},   {WS_CLOSE_BAD_UTF8, 1007},
};

static void faults_have_their_close_code(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(fault_codes), WS_OUTCOMES - WS_BAD_RSV);
    for (size_t i = 0; i < COUNT_OF(fault_codes); i++)
        must(ws_fault_find(fault_codes[i].outcome)->close_code == fault_codes[i].close_code,
             "outcome %d: %d", fault_codes[i].outcome, fault_codes[i].close_code);
}

static void faults_say_why(void **state)
{
    (void)state;
    for (int outcome = WS_BAD_RSV; outcome < WS_OUTCOMES; outcome++) {
        const struct ws_fault *fault = ws_fault_find((enum ws_outcome)outcome);
        must(fault != NULL && fault->reason != NULL, "outcome %d has words", outcome);
        size_t len = strlen(fault->reason);
        must(len > 20 && len <= WS_REASON_MAX, "\"%s\": %zu bytes", fault->reason, len);
        must(is_utf8(fault->reason, len), "\"%s\" is UTF-8", fault->reason);
        must(strstr(fault->reason, "RFC 6455 §") != NULL, "\"%s\": the section", fault->reason);
        must(strpbrk(fault->reason, "\r\n\t\\") == NULL, "\"%s\" is one line", fault->reason);
        for (int other = WS_BAD_RSV; other < outcome; other++)
            must(strcmp(fault->reason, ws_fault_find((enum ws_outcome)other)->reason) != 0,
                 "\"%s\" is said of one fault only", fault->reason);
    }
}

/* ---------------------------------------------------------------------------------------- main */

static int open_guard(void **state)
{
    (void)state;
    guard_open(&guard, 2000);
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
        cmocka_unit_test(good_headers_are_read),
        cmocka_unit_test(a_part_of_a_good_header_is_partial),
        cmocka_unit_test(bytes_after_a_header_do_not_matter),
        cmocka_unit_test(a_bad_header_is_told_at_its_byte),
        cmocka_unit_test(a_64_bit_length_that_is_not_minimal),
        cmocka_unit_test(a_64_bit_length_that_is_not_minimal_is_told_at_its_byte),
        cmocka_unit_test(every_pair_of_first_bytes),
        cmocka_unit_test(headers_are_written),
        cmocka_unit_test(headers_are_written_and_read),
        cmocka_unit_test(close_bodies_are_written),
        cmocka_unit_test(a_long_reason_is_cut),
        cmocka_unit_test(a_reason_that_just_fits),
        cmocka_unit_test(a_long_reason_is_cut_between_characters),
        cmocka_unit_test(a_long_reason_of_nothing_but_tails),
        cmocka_unit_test(close_codes),
        cmocka_unit_test(masking_is_as_defined),
        cmocka_unit_test(masking_stays_inside),
        cmocka_unit_test(masking_in_pieces),
        cmocka_unit_test(opcodes_have_names),
        cmocka_unit_test(half_of_the_opcodes_are_control),
        cmocka_unit_test(faults_have_their_close_code),
        cmocka_unit_test(faults_say_why),
    };
    return cmocka_run_group_tests_name("frame", tests, open_guard, close_guard);
}
