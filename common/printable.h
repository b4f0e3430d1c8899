/*
 * printable - which bytes of a stranger may be shown to people as they are
 *
 *     bytes → request → frames → MESSAGES → room
 *
 * A terminal obeys control characters. Others are invisible, or turn the direction of what stands
 * beside them, so that one reads something else than what is there. All these are to be escaped.
 *
 * Pure.
 */
#ifndef COMMON_PRINTABLE_H
#define COMMON_PRINTABLE_H

#include <stddef.h>

/* How many bytes the character takes that begins there, if it may be shown; 0 if not, or if that is no
 * UTF-8 (RFC 3629). */
size_t printable_character(const void *bytes, size_t len);

#endif
