/*
 * utf8 - see utf8.h
 *
 * The table of RFC 3629 §4, from which everything here follows:
 *
 *     first byte   second      third       fourth
 *     00 .. 7F                                        ASCII
 *     C2 .. DF     80 .. BF
 *     E0           A0 .. BF    80 .. BF               from A0: shorter forms exist below
 *     E1 .. EC     80 .. BF    80 .. BF
 *     ED           80 .. 9F    80 .. BF               to 9F: no surrogates
 *     EE .. EF     80 .. BF    80 .. BF
 *     F0           90 .. BF    80 .. BF    80 .. BF   from 90: shorter forms exist below
 *     F1 .. F3     80 .. BF    80 .. BF    80 .. BF
 *     F4           80 .. 8F    80 .. BF    80 .. BF   to 8F: U+10FFFF is the last
 */
#include "utf8.h"

#include <stdint.h>
#include <string.h>

static bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* One byte, by the table. */
static bool take_byte(struct utf8 *check, unsigned char c)
{
    if (check->missing > 0) {
        if (c < check->low || c > check->high)
            return false;
        *check = (struct utf8){(unsigned char)(check->missing - 1), 0x80, 0xBF};
        return true;
    }
    if (c < 0x80)
        return true;
    if (c < 0xC2 || c > 0xF4)
        return false;
    check->missing = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    check->low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    check->high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    return true;
}

/* Most text is runs of ASCII: eight bytes have no high bit set, or they do. */
static size_t skip_ascii(const unsigned char *p, size_t len)
{
    size_t i = 0;
    for (uint64_t word; i + sizeof word <= len; i += sizeof word) {
        memcpy(&word, p + i, sizeof word);
        if (word & 0x8080808080808080)
            break;
    }
    return i;
}

/* Characters of two and three bytes that are there whole and need no special limits: nearly all
 * that is not ASCII, Chinese among it. Stops at anything else. */
static size_t skip_common(const unsigned char *p, size_t len)
{
    size_t i = 0;
    while (i + 3 <= len) {
        unsigned char c = p[i];
        if (c > 0xE0 && c < 0xF0 && c != 0xED && is_tail(p[i + 1]) && is_tail(p[i + 2]))
            i += 3;
        else if (c >= 0xC2 && c < 0xE0 && is_tail(p[i + 1]))
            i += 2;
        else
            break;
    }
    return i;
}

bool utf8_feed(struct utf8 *check, const unsigned char *piece, size_t len)
{
    for (size_t i = 0; i < len;) {
        if (check->missing == 0) {
            size_t skipped = skip_ascii(piece + i, len - i);
            skipped += skip_common(piece + i + skipped, len - i - skipped);
            i += skipped;
            if (skipped > 0)
                continue;
        }
        if (!take_byte(check, piece[i++]))
            return false;
    }
    return true;
}

bool utf8_is_complete(const struct utf8 *check)
{
    return check->missing == 0;
}
