/*
 * pcapng: each block to the byte; tests/clients/test_tracefile.py has Wireshark read them
 */
#include "guard.h"

#include <string.h>

#include "pcapng.h"

static struct guard guard;

static int set_up(void **state)
{
    (void)state;
    guard_open(&guard, PCAPNG_PACKET_MORE + PCAPNG_CARRIED_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    guard_close(&guard);
    return 0;
}

static void must_equal(const unsigned char *bytes, size_t len, const void *expected, size_t size)
{
    for (size_t i = 0; i < len && i < size; i++)
        must(bytes[i] == ((const unsigned char *)expected)[i], "byte %zu of %zu: %02x", i, len,
             bytes[i]);
    must(len == size, "%zu bytes, and not %zu", len, size);
}

/* --------------------------------------------------------------------------- what a file begins with */

#define SECTION_HEAD "\x0A\x0D\x0D\x0A"
#define INTERFACE                                                                                  \
    "\x01\0\0\0\x14\0\0\0"                                                                         \
    "\x65\0\0\0\0\0\0\0"                                                                           \
    "\x14\0\0\0"

static void a_file_begins_with_a_section_and_an_interface(void **state)
{
    unsigned char *out = guard_at_end(&guard, NULL, PCAPNG_BEGIN_MAX);
    (void)state;
    must_equal(out, pcapng_begin(out, NULL),
               BYTES(SECTION_HEAD "\x1C\0\0\0"
                                  "\x4D\x3C\x2B\x1A\x01\0\0\0"
                                  "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                                  "\x1C\0\0\0" INTERFACE));
    must_equal(out, pcapng_begin(out, "Hello"),
               BYTES(SECTION_HEAD "\x2C\0\0\0"
                                  "\x4D\x3C\x2B\x1A\x01\0\0\0"
                                  "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"
                                  "\x01\0\x05\0Hello\0\0\0\0\0\0\0"
                                  "\x2C\0\0\0" INTERFACE));
}

/* ----------------------------------------------------------------------------------- packets */

#define NUMBER_OF_SECOND 0x0005E8D4A51000u /* microseconds */

static struct pcapng_stream make_stream(bool is_ipv6)
{
    struct pcapng_stream stream = {
        is_ipv6, {{127, 0, 0, 1}, 40000, 0x01020304}, {{10, 0, 0, 2}, 8080, 0xFFFFFFFE}};
    if (is_ipv6) {
        memcpy(stream.client.ip, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
        memcpy(stream.server.ip, "\xFE\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\2", 16);
    }
    return stream;
}

static void a_packet_over_ipv4(void **state)
{
    struct pcapng_stream stream = make_stream(false);
    struct pcapng_packet packet = {true, PCAPNG_PSH | PCAPNG_ACK, NUMBER_OF_SECOND, 300, 5, NULL};
    unsigned char *out = guard_at_end(&guard, NULL, PCAPNG_PACKET_MORE + 5);
    size_t at;
    (void)state;
    size_t len = pcapng_packet(out, &stream, &packet, &at);
    memcpy(out + at, "Hello", 5);
    must_equal(out, len,
               BYTES("\x06\0\0\0\x50\0\0\0\0\0\0\0"
                     "\xE8\x05\0\0\0\x10\xA5\xD4"
                     "\x2D\0\0\0\x54\x01\0\0" /* 45 bytes of 340 */
                     "\x45\0\x01\x54\0\0\x40\0\x40\x06\0\0\x7F\0\0\x01\x0A\0\0\x02"
                     "\x9C\x40\x1F\x90\x01\x02\x03\x04\xFF\xFF\xFF\xFE\x50\x18\xFF\xFF\0\0\0\0"
                     "Hello\0\0\0"
                     "\x50\0\0\0"));
    assert_int_equal(pcapng_block_len(out, len), len);
    assert_int_equal(pcapng_block_len(out, len - 1), 0);
    assert_int_equal(pcapng_block_len(out, 7), 0);
}

/* Its length is four bytes, the lowest first. */
static void a_block_may_be_long(void **state)
{
    static const unsigned char bytes[] = {6, 0, 0, 0, 4, 3, 2, 1};
    (void)state;
    assert_int_equal(pcapng_block_len(bytes, 0x01020304), 0x01020304);
    assert_int_equal(pcapng_block_len(bytes, 0x01020303), 0);
}

static void a_packet_over_ipv6_with_a_comment(void **state)
{
    struct pcapng_stream stream = make_stream(true);
    struct pcapng_packet packet = {false, PCAPNG_RST, 1, 0, 0, "gone"};
    unsigned char *out = guard_at_end(&guard, NULL, PCAPNG_PACKET_MORE);
    size_t at;
    (void)state;
    must_equal(out, pcapng_packet(out, &stream, &packet, &at),
               BYTES("\x06\0\0\0\x68\0\0\0\0\0\0\0"
                     "\0\0\0\0\x01\0\0\0"
                     "\x3C\0\0\0\x3C\0\0\0"
                     "\x60\0\0\0\0\x14\x06\x40"
                     "\xFE\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\2"
                     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
                     "\x1F\x90\x9C\x40\xFF\xFF\xFF\xFE\0\0\0\0\x50\x04\xFF\xFF\0\0\0\0"
                     "\x01\0\x04\0gone\0\0\0\0"
                     "\x68\0\0\0"));
}

/* However long its comment is, and however many bytes it carries. */
static void a_packet_keeps_to_its_bound(void **state)
{
    char comment[PCAPNG_COMMENT_MAX + 10];
    (void)state;
    for (size_t captured = 0; captured < 9; captured++)
        for (size_t len = 0; len < sizeof comment; len++) {
            struct pcapng_stream stream = make_stream(true);
            struct pcapng_packet packet = {true, 0, 1, PCAPNG_CARRIED_MAX, captured, comment};
            size_t most = PCAPNG_PACKET_MORE + captured, at;
            memset(comment, 'x', len);
            comment[len] = '\0';
            unsigned char *out = guard_at_end(&guard, NULL, most);
            size_t block = pcapng_packet(out, &stream, &packet, &at);
            must(block <= most && block % 4 == 0, "%zu bytes", block);
            must(len == 0 || out[at + captured + (4 - captured % 4) % 4 + 2] ==
                                 (len < PCAPNG_COMMENT_MAX ? len : PCAPNG_COMMENT_MAX),
                 "a comment of %zu bytes", len);
            must(pcapng_block_len(out, block) == block, "%zu bytes", block);
            must(at + captured <= block, "the bytes are in it");
            out = guard_at_end(&guard, NULL, PCAPNG_BEGIN_MAX);
            must(pcapng_begin(out, comment) <= PCAPNG_BEGIN_MAX, "a file begins in its bound");
        }
}

static void a_comment_is_not_cut_in_a_character(void **state)
{
    char comment[PCAPNG_COMMENT_MAX + 10] = {0};
    struct pcapng_stream stream = make_stream(false);
    struct pcapng_packet packet = {true, 0, 1, 0, 0, comment};
    size_t at;
    (void)state;
    for (size_t front = 0; front < 3; front++) {
        memset(comment, 'x', front);
        for (size_t i = front; i + 3 < sizeof comment; i += 3)
            memcpy(comment + i, "\xE4\xBD\xA0", 4);
        unsigned char *out = guard_at_end(&guard, NULL, PCAPNG_PACKET_MORE);
        (void)pcapng_packet(out, &stream, &packet, &at);
        size_t len = out[at + 2] | (size_t)out[at + 3] << 8;
        must(len <= PCAPNG_COMMENT_MAX && len > PCAPNG_COMMENT_MAX - 3 && (len - front) % 3 == 0,
             "%zu in front: %zu bytes", front, len);
    }
}

static void each_byte_counts_and_so_do_syn_and_fin(void **state)
{
    static const struct {
        bool from_client;
        unsigned char flags;
        size_t len;
        uint32_t client, server; /* after it */
    } rows[] = {
        {true, PCAPNG_SYN, 0, 0x01020305, 0xFFFFFFFE},
        {false, PCAPNG_SYN | PCAPNG_ACK, 0, 0x01020305, 0xFFFFFFFF},
        {true, PCAPNG_ACK, 0, 0x01020305, 0xFFFFFFFF},
        {false, PCAPNG_PSH, 2, 0x01020305, 1},
        {true, PCAPNG_PSH, 65000, 0x010300ED, 1},
        {false, PCAPNG_FIN, 0, 0x010300ED, 2},
        {true, PCAPNG_RST, 0, 0x010300ED, 2},
    };
    struct pcapng_stream stream = make_stream(false);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pcapng_packet packet = {rows[i].from_client, rows[i].flags, 0, rows[i].len, 0, NULL};
        pcapng_passed(&stream, &packet);
        must(stream.client.sequence == rows[i].client && stream.server.sequence == rows[i].server,
             "row %zu: %x, %x", i, (unsigned)stream.client.sequence,
             (unsigned)stream.server.sequence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_begins_with_a_section_and_an_interface),
        cmocka_unit_test(a_packet_over_ipv4),
        cmocka_unit_test(a_block_may_be_long),
        cmocka_unit_test(a_packet_over_ipv6_with_a_comment),
        cmocka_unit_test(a_packet_keeps_to_its_bound),
        cmocka_unit_test(a_comment_is_not_cut_in_a_character),
        cmocka_unit_test(each_byte_counts_and_so_do_syn_and_fin),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
