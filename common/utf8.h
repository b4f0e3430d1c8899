/*
 * utf8 - is it UTF-8? Told piece by piece (RFC 3629, RFC 6455 §8.1)
 *
 *     bytes → request → frames → MESSAGES → room
 *
 * A text message must be UTF-8, and TCP cuts it anywhere, in the middle of a character too. So the
 * validator remembers what it is in the middle of, and says no at the first byte that cannot be
 * part of any valid text, without waiting for the rest.
 *
 * Pure. Typical call sequence:
 *
 *     struct utf8 check = {0};
 *     while (a piece comes)
 *         if (!utf8_feed(&check, piece, len))
 *             the text is bad;
 *     if (!utf8_is_complete(&check))
 *         the text ends in the middle of a character;
 */
#ifndef COMMON_UTF8_H
#define COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>

struct utf8 { /* all zero: at the border between two characters */
    unsigned char state;
};

/* False if the piece makes the text impossible; nothing more may be fed then. */
bool utf8_feed(struct utf8 *check, const unsigned char *piece, size_t len);

/* May the text end here? */
bool utf8_is_complete(const struct utf8 *check);

#endif
