/*
 * utf8: which bytes are UTF-8, and which byte is the first that cannot be
 *
 * The oracle here is not a table of byte ranges. It follows RFC 3629 §3 as it is defined: a first
 * byte says how many bytes a character has, all of them give bits of a number, and the number must
 * be one that needs so many bytes, is no surrogate, and is not above U+10FFFF. A byte is impossible
 * once no number is left that the character could still become.
 */
#include "guard.h"

#include <stdio.h>
#include <string.h>

#include "utf8.h"

/* ---------------------------------------------------------------------------------- the oracle */

static unsigned bits_of(unsigned char byte, unsigned highest, unsigned count)
{
    return (unsigned)byte >> (highest + 1 - count) & ((1u << count) - 1);
}

/* Is one of the numbers low..high a character that needs `size` bytes? */
static bool has_character(unsigned long low, unsigned long high, unsigned size)
{
    static const unsigned long smallest[] = {0, 0, 0x80, 0x800, 0x10000, 0x110000};
    if (low < smallest[size])
        low = smallest[size];
    if (high >= smallest[size + 1])
        high = smallest[size + 1] - 1;
    for (unsigned long number = low; number <= high; number++)
        if (number < 0xD800 || number > 0xDFFF) /* no surrogate */
            return true;
    return false;
}

/* Can these bytes, a part of one character or the whole, still become one? *whole: they are one. */
static bool is_possible(const unsigned char *bytes, size_t have, bool *whole)
{
    unsigned long number;
    unsigned size;
    *whole = false;
    if (bits_of(bytes[0], 7, 1) == 0) {
        *whole = true;
        return true;
    }
    if (bits_of(bytes[0], 7, 3) == 6) /* 110xxxxx */
        size = 2, number = bits_of(bytes[0], 4, 5);
    else if (bits_of(bytes[0], 7, 4) == 14) /* 1110xxxx */
        size = 3, number = bits_of(bytes[0], 3, 4);
    else if (bits_of(bytes[0], 7, 5) == 30) /* 11110xxx */
        size = 4, number = bits_of(bytes[0], 2, 3);
    else
        return false;
    for (size_t i = 1; i < have; i++) {
        if (bits_of(bytes[i], 7, 2) != 2) /* 10xxxxxx */
            return false;
        number = number << 6 | bits_of(bytes[i], 5, 6);
    }
    unsigned open_bits = 6 * (unsigned)(size - have);
    unsigned long low = number << open_bits, high = low + (1ul << open_bits) - 1;
    *whole = have == size;
    return has_character(low, high, size);
}

struct verdict {
    size_t first_impossible; /* index, or the length if all is well so far */
    bool complete;           /* may end there */
};

static struct verdict judge(const unsigned char *bytes, size_t len)
{
    size_t start = 0;
    for (size_t i = 0; i < len; i++) {
        bool whole;
        if (!is_possible(bytes + start, i + 1 - start, &whole))
            return (struct verdict){i, false};
        if (whole)
            start = i + 1;
    }
    return (struct verdict){len, start == len};
}

/* ------------------------------------------------------------------------- how a text is checked */

static struct guard guard;

static void show(const char *how, const unsigned char *bytes, size_t len, size_t at)
{
    char hex[3 * 64 + 1] = "";
    for (size_t i = 0; i < len && i < 64; i++)
        snprintf(hex + 3 * i, 4, "%02x ", bytes[i]);
    must(false, "%s (at %zu): not what RFC 3629 says of %zu bytes %s", how, at, len, hex);
}

/* bytes[0..len) as one piece that ends at the wall. */
static bool whole_is(const unsigned char *bytes, size_t len, struct verdict expected)
{
    struct utf8 check = {0};
    bool good = utf8_feed(&check, guard_at_end(&guard, bytes, len), len);
    return good == (expected.first_impossible == len) &&
           (!good || utf8_is_complete(&check) == expected.complete);
}

/* As two pieces. */
static bool cut_is(const unsigned char *bytes, size_t len, size_t cut, struct verdict expected)
{
    struct utf8 check = {0};
    bool good = utf8_feed(&check, guard_at_end(&guard, bytes, cut), cut);
    if (good != (cut <= expected.first_impossible))
        return false;
    if (good)
        good = utf8_feed(&check, guard_at_end(&guard, bytes + cut, len - cut), len - cut);
    return good == (expected.first_impossible == len) &&
           (!good || utf8_is_complete(&check) == expected.complete);
}

/* Byte by byte: the answer must turn at exactly the first impossible one. */
static bool bytewise_is(const unsigned char *bytes, size_t len, struct verdict expected)
{
    struct utf8 check = {0};
    for (size_t i = 0; i < len; i++)
        if (!utf8_feed(&check, guard_at_end(&guard, bytes + i, 1), 1))
            return i == expected.first_impossible;
    return expected.first_impossible == len && utf8_is_complete(&check) == expected.complete;
}

static void check_whole(const unsigned char *bytes, size_t len)
{
    if (!whole_is(bytes, len, judge(bytes, len)))
        show("whole", bytes, len, 0);
}

static void check_every_way(const unsigned char *bytes, size_t len)
{
    struct verdict expected = judge(bytes, len);
    if (!whole_is(bytes, len, expected))
        show("whole", bytes, len, 0);
    if (!bytewise_is(bytes, len, expected))
        show("byte by byte", bytes, len, expected.first_impossible);
    for (size_t cut = 0; cut <= len; cut++)
        if (!cut_is(bytes, len, cut, expected))
            show("in two pieces", bytes, len, cut);
    /* the part before the first impossible byte is fine, and with it it is not, in one piece too */
    size_t first = expected.first_impossible;
    struct utf8 before = {0}, with = {0};
    if (!utf8_feed(&before, guard_at_end(&guard, bytes, first), first))
        show("up to the first impossible byte", bytes, len, first);
    if (first < len && utf8_feed(&with, guard_at_end(&guard, bytes, first + 1), first + 1))
        show("with the first impossible byte", bytes, len, first);
}

/* before ASCII bytes, then the sequence, then after ASCII bytes; returns the length. */
static size_t embed(unsigned char *out, size_t before, const unsigned char *sequence, size_t len,
                    size_t after)
{
    for (size_t i = 0; i < before; i++)
        out[i] = (unsigned char)('a' + i % 26);
    memcpy(out + before, sequence, len);
    for (size_t i = 0; i < after; i++)
        out[before + len + i] = (unsigned char)('A' + i % 26);
    return before + len + after;
}

/* The bytes on both sides of each limit in RFC 3629 §4. */
static const unsigned char edges[] = {
    0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
    0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF};

/* ------------------------------------------------------------------------------------ the tests */

static void known_texts(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        size_t first_impossible; /* ALL: none */
        bool complete;
    } table[] = {
#define ALL 99
        {BYTES(""), ALL, true},
        {BYTES("\0"), ALL, true},
        {BYTES("Hello"), ALL, true},
        {BYTES("\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5"), ALL, true}, /* κόσμε */
        {BYTES("\xE4\xBD\xA0\xE5\xA5\xBD"), ALL, true},                     /* 你好 */
        {BYTES("\xF0\x9F\x98\x80"), ALL, true},                             /* U+1F600 */
        {BYTES("\xEF\xBB\xBF"), ALL, true},                                 /* a byte order mark */
        {BYTES("\xEF\xBF\xBF"), ALL, true},        /* U+FFFF: no character, but good UTF-8 */
        {BYTES("\xF4\x8F\xBF\xBF"), ALL, true},    /* U+10FFFF, the last */
        {BYTES("\xF4\x90\x80\x80"), 1, false},     /* U+110000 */
        {BYTES("\xED\x9F\xBF"), ALL, true},        /* U+D7FF */
        {BYTES("\xED\xA0\x80"), 1, false},         /* U+D800, a surrogate */
        {BYTES("\xED\xBF\xBF"), 1, false},         /* U+DFFF */
        {BYTES("\xEE\x80\x80"), ALL, true},        /* U+E000 */
        {BYTES("\xC0\x80"), 0, false},             /* NUL, as some write it */
        {BYTES("\xC1\xBF"), 0, false},             /* U+007F in two bytes */
        {BYTES("\xE0\x80\xAF"), 1, false},         /* "/" in three bytes */
        {BYTES("\xE0\x9F\xBF"), 1, false},         /* U+07FF in three bytes */
        {BYTES("\xF0\x80\x80\xAF"), 1, false},     /* "/" in four bytes */
        {BYTES("\xF0\x8F\xBF\xBF"), 1, false},     /* U+FFFF in four bytes */
        {BYTES("\xF8\x88\x80\x80\x80"), 0, false}, /* five bytes */
        {BYTES("\x80"), 0, false},                 /* no first byte */
        {BYTES("a\xE4\xBD"), ALL, false},          /* cut */
        {BYTES("a\xE4\xBD z"), 3, false},          /* cut, and then something else */
        {BYTES("\xE4\xBD\xA0\xBD"), 3, false},     /* one too many */
        {BYTES("\xF0\x9F\x98\xF0\x9F"), 3, false}, /* a new one before the old one's end */
        {BYTES("\xCE\xBA\xED\xA0\x80\x65"), 3, false},
#undef ALL
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        const unsigned char *text = (const unsigned char *)table[i].text;
        size_t len = table[i].len;
        struct verdict oracle = judge(text, len);
        size_t first = table[i].first_impossible < len ? table[i].first_impossible : len;
        must(oracle.first_impossible == first && oracle.complete == table[i].complete,
             "row %zu: the oracle must know it too", i);
        check_every_way(text, len);
    }
}

static void all_sequences_of_one_and_two_bytes(void **state)
{
    unsigned char text[64];
    (void)state;
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++) {
            unsigned char sequence[] = {(unsigned char)first, (unsigned char)second};
            check_every_way(sequence, 1);
            check_every_way(sequence, 2);
            for (size_t before = 0; before <= 16; before++)
                check_whole(text, embed(text, before, sequence, 2, 16 - before));
        }
}

/* The oracle is asked once for every two bytes, and then for one third byte of every kind, so that
 * 16.7 million sequences take no longer than a blink. */
static void all_sequences_of_three_bytes(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++) {
            unsigned char s[] = {(unsigned char)first, (unsigned char)second, 0};
            bool two_are_possible = judge(s, 2).first_impossible == 2;
            for (unsigned third = 0; third < 256; third++) {
                struct verdict expected = {0, false};
                struct utf8 check = {0};
                s[2] = (unsigned char)third;
                if (two_are_possible)
                    expected = judge(s, 3);
                bool good = utf8_feed(&check, s, 3);
                if (good != (expected.first_impossible == 3) ||
                    (good && utf8_is_complete(&check) != expected.complete))
                    show("whole", s, 3, 0);
            }
        }
}

/* All second and third bytes behind the first bytes of four-byte characters and their neighbours;
 * all fourth bytes where one can be right, and some where none can. */
static void sequences_of_four_bytes(void **state)
{
    (void)state;
    for (unsigned first = 0xEF; first <= 0xF5; first++)
        for (unsigned second = 0; second < 256; second++)
            for (unsigned third = 0; third < 256; third++) {
                unsigned char s[] = {(unsigned char)first, (unsigned char)second,
                                     (unsigned char)third, 0};
                bool three_are_possible = judge(s, 3).first_impossible == 3;
                for (unsigned fourth = 0; fourth < 256; fourth += three_are_possible ? 1 : 51) {
                    struct verdict expected = {0, false};
                    struct utf8 check = {0};
                    s[3] = (unsigned char)fourth;
                    if (three_are_possible)
                        expected = judge(s, 4);
                    bool good = utf8_feed(&check, s, 4);
                    if (good != (expected.first_impossible == 4) ||
                        (good && utf8_is_complete(&check) != expected.complete))
                        show("whole", s, 4, 0);
                }
            }
}

/* Sequences at the limits, with every number of ASCII bytes from 0 to 16 on both sides: whatever
 * looks at several bytes at once has its borders somewhere in there. */
static void sequences_inside_ascii(void **state)
{
    static const unsigned char tails[] = {0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F,
                                          0xA0, 0xBF, 0xC0, 0xC2, 0xE1, 0xF0};
    unsigned char text[64];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(edges); i++)
        for (size_t j = 0; j < COUNT_OF(tails); j++)
            for (size_t k = 0; k < COUNT_OF(tails); k++) {
                unsigned char s[] = {edges[i], tails[j], tails[k], 0xBF};
                for (size_t before = 0; before <= 16; before++)
                    for (size_t after = 0; after <= 16; after++) {
                        check_whole(text, embed(text, before, s, 3, after));
                        check_whole(text, embed(text, before, s, 4, after));
                    }
            }
}

/* The same, fewer of them, byte by byte and cut at every point; and with the longer runs of ASCII
 * between which a validator may change its way of working. */
static void sequences_inside_ascii_in_pieces(void **state)
{
    static const unsigned char tails[] = {0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2};
    static const size_t runs[] = {0, 1, 2, 7, 8, 9, 15, 16, 29, 31, 32, 33};
    unsigned char text[128];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(edges); i++)
        for (size_t j = 0; j < COUNT_OF(tails); j++)
            for (size_t run = 0; run < COUNT_OF(runs); run++) {
                unsigned char s[] = {edges[i], tails[j], tails[(i + run) % COUNT_OF(tails)], 0x80};
                check_every_way(text, embed(text, runs[run], s, 2, runs[(run + j) % 9]));
                check_every_way(text, embed(text, runs[run], s, 4, runs[(run + i) % 9]));
            }
}

/* Texts put together from good and bad parts in every order. */
static void parts_in_every_order(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } parts[] = {
        {BYTES("a")},
        {BYTES("twelve bytes")},
        {BYTES("\xC2\x80")},
        {BYTES("\xDF\xBF")},
        {BYTES("\xE0\xA0\x80")},
        {BYTES("\xED\x9F\xBF")},
        {BYTES("\xEF\xBF\xBF")},
        {BYTES("\xF0\x90\x80\x80")},
        {BYTES("\xF4\x8F\xBF\xBF")},
        {BYTES("\xE4\xBD")}, /* from here on: parts that are not whole, or never good */
        {BYTES("\xF1\x80\x80")},
        {BYTES("\xBF")},
        {BYTES("\xED\xA0")},
    };
    const size_t n = COUNT_OF(parts);
    (void)state;
    for (size_t order = 0; order < n * n * n * n; order++) {
        unsigned char text[64];
        size_t len = 0;
        for (size_t rest = order, i = 0; i < 4; i++, rest /= n) {
            memcpy(text + len, parts[rest % n].bytes, parts[rest % n].len);
            len += parts[rest % n].len;
        }
        if (order % 13 == 0)
            check_every_way(text, len);
        else
            check_whole(text, len);
    }
}

/* Writes a number as RFC 3629 §3 says, whether or not it may be written so. */
static size_t encode(unsigned char *out, unsigned long number, unsigned size)
{
    static const unsigned char marks[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    for (unsigned i = size; i-- > 1; number >>= 6)
        out[i] = (unsigned char)(0x80 | (number & 0x3F));
    out[0] = (unsigned char)(marks[size] | number);
    return size;
}

static unsigned size_of(unsigned long number)
{
    return number < 0x80 ? 1 : number < 0x800 ? 2 : number < 0x10000 ? 3 : 4;
}

static bool is_surrogate(unsigned long number)
{
    return number >= 0xD800 && number <= 0xDFFF;
}

/* Each of the 1,112,064 characters alone, and all of them as one text in pieces of all sizes. */
static void every_character(void **state)
{
    static unsigned char text[4 * 0x110000];
    uint32_t random = 1;
    size_t len = 0;
    (void)state;
    for (unsigned long number = 0; number <= 0x10FFFF; number++) {
        struct utf8 check = {0};
        unsigned char bytes[4];
        size_t size = encode(bytes, number, size_of(number));
        bool good = utf8_feed(&check, bytes, size) && utf8_is_complete(&check);
        if (good == is_surrogate(number))
            show("one character", bytes, size, 0);
        if (good)
            memcpy(text + len, bytes, size), len += size;
    }
    struct utf8 whole = {0}, pieces = {0};
    must(utf8_feed(&whole, text, len) && utf8_is_complete(&whole), "all characters in one piece");
    for (size_t at = 0, piece; at < len; at += piece) {
        piece = next_random(&random) % 100;
        piece = piece < len - at ? piece : len - at;
        must(utf8_feed(&pieces, text + at, piece), "all characters, in pieces, at %zu", at);
    }
    must(utf8_is_complete(&pieces), "all characters, in pieces: the end");
}

/* A character in more bytes than it needs is another way to write it, and forbidden. */
static void longer_forms(void **state)
{
    (void)state;
    for (unsigned long number = 0; number < 0x10000; number++)
        for (unsigned size = size_of(number) + 1; size <= 4; size++) {
            struct utf8 check = {0};
            unsigned char bytes[4];
            if (utf8_feed(&check, bytes, encode(bytes, number, size)))
                show("a longer form", bytes, size, 0);
        }
}

/* A bad byte is not forgotten, however much good text stands behind it. */
static void a_bad_byte_anywhere_in_a_long_text(void **state)
{
    unsigned char text[300];
    (void)state;
    for (size_t len = 1; len <= sizeof text; len += 13)
        for (size_t at = 0; at < len; at++) {
            static const unsigned char bad[] = {0x80, 0xBF, 0xC0, 0xF5, 0xFF};
            struct utf8 check = {0};
            embed(text, len, edges, 0, 0);
            text[at] = bad[at % COUNT_OF(bad)];
            must(!utf8_feed(&check, guard_at_end(&guard, text, len), len),
                 "%zu bytes, byte %zu is bad", len, at);
        }
}

/* Nothing comes: that changes nothing. */
static void an_empty_piece(void **state)
{
    struct utf8 check = {0};
    (void)state;
    assert_true(utf8_is_complete(&check));
    assert_true(utf8_feed(&check, guard.end, 0));
    assert_true(utf8_is_complete(&check));
    assert_true(utf8_feed(&check, (const unsigned char *)"\xE4\xBD", 2));
    assert_true(utf8_feed(&check, guard.end, 0));
    assert_false(utf8_is_complete(&check));
    assert_true(utf8_feed(&check, (const unsigned char *)"\xA0", 1));
    assert_true(utf8_is_complete(&check));
}

static int open_guard(void **state)
{
    (void)state;
    guard_open(&guard, 1000);
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
        cmocka_unit_test(known_texts),
        cmocka_unit_test(all_sequences_of_one_and_two_bytes),
        cmocka_unit_test(all_sequences_of_three_bytes),
        cmocka_unit_test(sequences_of_four_bytes),
        cmocka_unit_test(sequences_inside_ascii),
        cmocka_unit_test(sequences_inside_ascii_in_pieces),
        cmocka_unit_test(parts_in_every_order),
        cmocka_unit_test(every_character),
        cmocka_unit_test(longer_forms),
        cmocka_unit_test(a_bad_byte_anywhere_in_a_long_text),
        cmocka_unit_test(an_empty_piece),
    };
    return cmocka_run_group_tests_name("utf8", tests, open_guard, close_guard);
}
