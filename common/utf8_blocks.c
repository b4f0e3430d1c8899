/*
 * utf8_blocks - see utf8_blocks.h
 *
 * The table of RFC 3629 §4, which stands in utf8.c, says of each byte whether it is possible, and it
 * depends on the three bytes before and on nothing else. So all bytes of a block can be judged at the
 * same time: sixteen of them are a vector, and one comparison compares them all. The bytes one, two and
 * three places before are vectors too, loaded from there. (4 KiB of mixed text: 4.8 GB/s; the automaton
 * of utf8.c, which takes one byte after the other, 1.8.)
 */
#include "utf8_blocks.h"

#if defined(__GNUC__) && !defined(UTF8_WITHOUT_BLOCKS) /* gcc, clang: vectors without a library */

#include <stdint.h>
#include <string.h>

#define BLOCK  64
#define BEFORE 3 /* bytes on which a byte depends */

typedef signed char vector __attribute__((vector_size(16)));

/* Processors compare bytes as signed numbers: 80 .. FF are below 00 .. 7F then. */
#define SIGNED(byte) ((signed char)(byte))

/* Each byte less 0x80: then signed numbers have the order that the bytes had. */
#define LESS_80(byte) SIGNED((byte)-0x80)

static inline vector load(const unsigned char *text)
{
    vector bytes;
    memcpy(&bytes, text, sizeof bytes); /* memcpy: they need not be aligned */
    return bytes;
}

static inline bool has_high_bit(vector bytes)
{
    uint64_t halves[2];
    memcpy(halves, &bytes, sizeof halves);
    return (halves[0] | halves[1]) & 0x8080808080808080;
}

static inline vector less_80(const unsigned char *text)
{
    return load(text) ^ LESS_80(0); /* the highest bit is the other way round then */
}

/* All bits are set where a byte of text[0..16) is not possible behind the three before. What may not
 * be a first byte at all is seen when the next byte is judged. */
static inline vector judge(const unsigned char *text)
{
    vector byte = load(text), before = load(text - 1), before_less = less_80(text - 1);
    vector is_due = (before_less >= LESS_80(0xC0)) | (less_80(text - 2) >= LESS_80(0xE0)) |
                    (less_80(text - 3) >= LESS_80(0xF0));
    vector is_tail = byte < SIGNED(0xC0); /* the lowest signed numbers are 80 .. BF */

    vector is_bad = is_due ^ is_tail;
    is_bad |= ((before & SIGNED(0xFE)) == SIGNED(0xC0)) | (before_less > LESS_80(0xF4));

    /* E0 needs a tail from A0 on, ED one below: E0 takes ED's place where the tail is below A0, and ED
     * makes way, so that one comparison finds either fault. And so do F0 and F4, with 90. */
    vector is_below_a0 = byte < SIGNED(0xA0), is_below_90 = byte < SIGNED(0x90);
    is_bad |= (before ^ (is_below_a0 & (0xE0 ^ 0xED))) == SIGNED(0xED);
    is_bad |= (before ^ (is_below_90 & (0xF0 ^ 0xF4))) == SIGNED(0xF4);
    return is_bad;
}

static inline bool is_ascii(const unsigned char *text)
{
    return !has_high_bit(load(text) | load(text + 16) | load(text + 32) | load(text + 48));
}

static inline bool is_good(const unsigned char *text)
{
    if (!has_high_bit(load(text - BEFORE)) &&
        is_ascii(text)) /* behind ASCII, that is always good */
        return true;
    return !has_high_bit(judge(text) | judge(text + 16) | judge(text + 32) | judge(text + 48));
}

/* Where the last character begins that has a byte before text[end]. */
static size_t last_character(const unsigned char *text, size_t end)
{
    size_t at = end - 1;
    while ((text[at] & 0xC0) == 0x80)
        at--;
    return at;
}

/* text[0..from) has no impossible byte. Goes over the blocks behind it that have none, the last of which
 * may overlap the one before, and returns where the last character in them begins. */
static size_t skip_blocks(const unsigned char *text, size_t from, size_t len)
{
    size_t end = from;
    while (end < len) {
        size_t block = len - end < BLOCK ? len - BLOCK : end;
        if (!is_good(text + block))
            break;
        end = block + BLOCK;
    }
    return end > from ? last_character(text, end) : from;
}

bool utf8_blocks_feed_long(struct utf8 *check, const unsigned char *piece, size_t len)
{
    if (!utf8_feed(check, piece, BEFORE)) /* it may begin in the middle of a character */
        return false;
    size_t at = skip_blocks(piece, BEFORE, len);
    if (at > BEFORE)
        *check = (struct utf8){0};
    return utf8_feed(check, piece + at, len - at);
}

#else

bool utf8_blocks_feed_long(struct utf8 *check, const unsigned char *piece, size_t len)
{
    return utf8_feed(check, piece, len);
}

#endif
