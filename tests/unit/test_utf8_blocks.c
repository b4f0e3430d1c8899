/*
 * utf8_blocks: says what utf8_feed() says, of every piece and to the byte
 *
 * The oracle is the automaton of utf8.c, told byte by byte; test_utf8 holds that against RFC 3629. A
 * sequence that is looked at stands at each place of a block, so at each of its vectors and of the borders
 * between them, and between ASCII, or behind characters of two, three and four bytes. And it is counted how
 * many bytes the blocks leave to the automaton: of good text, hardly any.
 */
#include "guard.h"

#include <string.h>

#include "utf8_blocks.h"

/* utf8.c under another name, behind a function that counts. */
#define utf8_feed automaton
#include "../../common/utf8.c"
#undef utf8_feed

static size_t left_to_automaton; /* bytes */

bool utf8_feed(struct utf8 *check, const unsigned char *piece, size_t len)
{
    left_to_automaton += len;
    return automaton(check, piece, len);
}

#if defined(__GNUC__)
#define HAS_BLOCKS true
#else
#define HAS_BLOCKS false
#endif

/* What it is to a compiler without vectors, beside what it is to this one. */
#define UTF8_WITHOUT_BLOCKS
#define utf8_blocks_feed_long feed_without_blocks
#include "../../common/utf8_blocks.c"
#undef utf8_blocks_feed_long

#define BLOCK   64
#define LONGEST 300

static struct guard guard;

/* The bytes on both sides of each limit in RFC 3629 §4. */
static const unsigned char edges[] = {
    0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
    0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF7, 0xF8, 0xFB, 0xFC, 0xFD, 0xFE, 0xFF};

/* ----------------------------------------------------------------------------- how it is checked */

/* Blocks wherever there is room for one, and not only where they are quicker. */
static bool feed(struct utf8 *check, const unsigned char *piece, size_t len)
{
    return len < BLOCK + 3 ? utf8_feed(check, piece, len)
                           : utf8_blocks_feed_long(check, piece, len);
}

/* The index of the first impossible byte, or len; *check is what it is before that. */
static size_t judge(struct utf8 *check, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        struct utf8 next = *check;
        if (!automaton(&next, bytes + i, 1))
            return i;
        *check = next;
    }
    return len;
}

/* Of a good piece, the first three bytes and the last character. */
static size_t must_be_left(const unsigned char *piece, size_t len)
{
    size_t last = len - 1;
    if (!HAS_BLOCKS || len < BLOCK + 3)
        return len;
    while (piece[last] >= 0x80 && piece[last] < 0xC0)
        last--;
    return 3 + len - last;
}

/* A piece between two walls is good, and leaves what is expected, or is bad. */
static bool is_as_expected(struct utf8 begin, const unsigned char *piece, size_t len,
                           const struct utf8 *expected)
{
    struct utf8 end = begin, at_begin = begin;
    left_to_automaton = 0;
    bool good = feed(&end, guard_at_end(&guard, piece, len), len);
    if (good && left_to_automaton != must_be_left(piece, len))
        return false;
    return good == (expected != NULL) && (!good || end.state == expected->state) &&
           feed(&at_begin, guard_at_begin(&guard, piece, len), len) == good;
}

/* The text as a whole; up to its first impossible byte; and with that. */
static void check_text(const unsigned char *text, size_t len)
{
    struct utf8 border = {0}, end = {0};
    size_t first = judge(&end, text, len);
    must(is_as_expected(border, text, len, first == len ? &end : NULL),
         "%zu bytes, bad from %zu on", len, first);
    must(is_as_expected(border, text, first, &end), "what stands before byte %zu", first);
    must(first == len || is_as_expected(border, text, first + 1, NULL), "... and with that byte");
}

/* In two pieces, wherever it is cut. */
static void check_cuts(const unsigned char *text, size_t len)
{
    for (size_t cut = 0; cut <= len; cut++) {
        struct utf8 middle = {0};
        if (judge(&middle, text, cut) < cut)
            break; /* nothing more may be fed then */
        struct utf8 end = middle;
        size_t first = judge(&end, text + cut, len - cut);
        must(is_as_expected(middle, text + cut, len - cut, first == len - cut ? &end : NULL),
             "%zu bytes behind a cut at %zu", len - cut, cut);
    }
}

/* Characters of one size, or of all, so many bytes of them; what is left over is ASCII, in front. */
static void fill(unsigned char *text, size_t len, unsigned kind)
{
    static const char *const characters[] = {"a", "\u00e9", "\u4e2d", "\U0001D11E"};
    size_t at = len, left;
    for (unsigned i = 0; (left = at) > 0; i++) {
        const char *character = characters[kind < 4 ? kind : i % 4];
        size_t size = strlen(character) <= left ? strlen(character) : 1;
        at -= size;
        memcpy(text + at, size == 1 ? "x" : character, size);
    }
}

#define KINDS 5

/* The sequence at text[at], behind characters of a kind and in front of ASCII: is it found as it
 * should be? Three calls, so that there may be millions. */
static void check_sequence(const unsigned char *sequence, size_t size, size_t at, unsigned kind)
{
    unsigned char text[BLOCK + 3 + 2 * BLOCK];
    struct utf8 oracle = {0}, whole = {0}, before = {0}, with = {0};
    fill(text, at, kind);
    memcpy(text + at, sequence, size);
    memset(text + at + size, 'z', sizeof text - at - size);
    size_t first = at + judge(&oracle, text + at, size + 1); /* ASCII shows what is not whole */
    bool is_good = first == at + size + 1;
    left_to_automaton = 0;
    bool right = feed(&whole, text, sizeof text) == is_good &&
                 (!is_good || left_to_automaton == must_be_left(text, sizeof text)) &&
                 feed(&before, text, first) && (is_good || !feed(&with, text, first + 1));
    must(right, "%02x %02x %02x %02x: %zu bytes of it at %zu, kind %u", sequence[0], sequence[1],
         sequence[2], sequence[3], size, at, kind);
}

/* Where a sequence stands: at each place of the block behind the first 67 bytes. */
#define PLACE(i) (BLOCK + 3 + (i) % BLOCK)

/* ------------------------------------------------------------------------------------ the tests */

static void sequences_of_one_and_two_bytes(void **state)
{
    (void)state;
    for (unsigned both = 0; both < 0x10000; both++) {
        unsigned char s[4] = {(unsigned char)(both >> 8), (unsigned char)both};
        for (size_t i = both % 4; i < BLOCK; i += both < 0x8000 ? 8 : 1)
            check_sequence(s, both % 256 == 0 ? 1 : 2, PLACE(i), 0);
        check_sequence(s, 2, PLACE(both % 61), 1 + both % (KINDS - 1));
    }
}

/* All third bytes where the first two are possible, and some where they are not. */
static void sequences_of_three_bytes(void **state)
{
    (void)state;
    for (unsigned both = 0xC000; both < 0x10000; both++) {
        unsigned char s[4] = {(unsigned char)(both >> 8), (unsigned char)both};
        struct utf8 oracle = {0};
        unsigned step = judge(&oracle, s, 2) == 2 ? 1 : 51;
        for (unsigned third = 0; third < 256; third += step) {
            s[2] = (unsigned char)third;
            check_sequence(s, 3, PLACE(both + third), 0);
        }
    }
    for (size_t i = 0; i < COUNT_OF(edges); i++)
        for (size_t j = 0; j < COUNT_OF(edges); j++)
            for (size_t k = 0; k < COUNT_OF(edges); k++) {
                unsigned char s[4] = {edges[i], edges[j], edges[k]};
                for (size_t place = 0; place < BLOCK; place += edges[i] < 0xC0 ? 31 : 3)
                    check_sequence(s, 3, PLACE(place + i + j + k), (unsigned)k % KINDS);
            }
}

static void sequences_of_four_bytes(void **state)
{
    const size_t n = COUNT_OF(edges);
    (void)state;
    for (size_t order = 0; order < n * n * n * n; order++) {
        unsigned char s[4] = {edges[order / n / n / n], edges[order / n / n % n],
                              edges[order / n % n], edges[order % n]};
        bool is_near = s[0] >= 0xEF && s[0] <= 0xF5 && (s[1] & 0xC0) == 0x80 && s[2] >= 0x7F &&
                       s[2] <= 0xC0; /* it is a character, or nearly */
        for (size_t i = order % 3; i < BLOCK && is_near; i += 3)
            check_sequence(s, 4, PLACE(i), 0);
        if (order % 7 == 0)
            check_sequence(s, 4, PLACE(order % 61), (unsigned)(order % KINDS));
    }
}

/* Good text of every length and kind, whole and cut everywhere. */
static void good_text_of_every_length(void **state)
{
    unsigned char text[LONGEST];
    (void)state;
    for (unsigned kind = 0; kind < KINDS; kind++)
        for (size_t len = 0; len <= LONGEST; len++) {
            fill(text, len, kind);
            check_text(text, len);
            if (kind == KINDS - 1 || len % 7 == 0)
                check_cuts(text, len);
        }
}

/* One byte of it is another: in the middle of characters, at the borders of blocks. */
static void a_byte_changed_anywhere(void **state)
{
    static const size_t lengths[] = {67, 68, 80, 127, 128, 129, 131, 195, 200, LONGEST};
    unsigned char text[LONGEST];
    (void)state;
    for (unsigned kind = 0; kind < KINDS; kind++)
        for (size_t i = 0; i < COUNT_OF(lengths); i++)
            for (size_t at = 0; at < lengths[i]; at++)
                for (size_t k = 0; k < COUNT_OF(edges); k += 2 + at % 3) {
                    fill(text, lengths[i], kind);
                    text[at] = edges[k];
                    check_text(text, lengths[i]);
                    if (at % 16 == 5 && k % 4 == 0)
                        check_cuts(text, lengths[i]);
                }
}

/* Where hardly any byte is what it should be, too. */
static void the_same_byte_everywhere(void **state)
{
    unsigned char text[LONGEST];
    (void)state;
    for (int byte = 0; byte < 256; byte++)
        for (size_t good = 0; good <= 4; good++) {
            memset(text, byte, sizeof text);
            memset(text, 'x', good);
            for (size_t len = BLOCK + 3; len <= sizeof text; len += 7)
                check_text(text, len);
        }
}

/* Behind NULs, every bit counts. */
static void a_byte_among_nuls(void **state)
{
    unsigned char text[BLOCK + 3 + BLOCK] = {0};
    (void)state;
    for (size_t at = 0; at < sizeof text; at++)
        for (unsigned byte = 1; byte < 256; byte++) {
            text[at] = (unsigned char)byte;
            check_text(text, sizeof text);
            text[at] = 0;
        }
}

/* What a text may end in the middle of, wherever its last block ends. */
static void a_text_that_ends_within_a_character(void **state)
{
    unsigned char text[LONGEST];
    (void)state;
    for (size_t len = BLOCK + 3; len + 4 <= LONGEST; len++)
        for (unsigned kind = 1; kind < KINDS; kind++) {
            fill(text, len + 4, kind);
            for (size_t cut = len; cut <= len + 4; cut++)
                check_text(text, cut);
        }
}

static void a_compiler_without_vectors(void **state)
{
    unsigned char text[LONGEST];
    struct utf8 check = {0};
    (void)state;
    fill(text, LONGEST, KINDS - 1);
    assert_true(feed_without_blocks(&check, text, LONGEST));
    assert_true(utf8_is_complete(&check));
    assert_true(feed_without_blocks(&check, (const unsigned char *)"\xE4\xBD", 2));
    assert_false(utf8_is_complete(&check));
    assert_false(feed_without_blocks(&check, text, LONGEST));
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
        cmocka_unit_test(sequences_of_one_and_two_bytes),
        cmocka_unit_test(sequences_of_three_bytes),
        cmocka_unit_test(sequences_of_four_bytes),
        cmocka_unit_test(good_text_of_every_length),
        cmocka_unit_test(a_byte_changed_anywhere),
        cmocka_unit_test(the_same_byte_everywhere),
        cmocka_unit_test(a_byte_among_nuls),
        cmocka_unit_test(a_text_that_ends_within_a_character),
        cmocka_unit_test(a_compiler_without_vectors),
    };
    return cmocka_run_group_tests_name("utf8_blocks", tests, open_guard, close_guard);
}
