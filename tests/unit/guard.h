/*
 * guard - what all unit tests share: buffers with a wall, and a check that says what it checked
 *
 * A guarded buffer lies between two pages that cannot be read. Bytes put at its end are followed by
 * the one, bytes put at its beginning are preceded by the other: code that reads or writes past the
 * (pointer, length) it was given does not get away with it, it crashes. A sanitizer is not needed.
 *
 *     struct guard guard;
 *     guard_open(&guard, 1000);
 *     parse(guard_at_end(&guard, bytes, len), len);
 *     guard_close(&guard);
 */
#ifndef TESTS_GUARD_H
#define TESTS_GUARD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants those above before it */

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* A string literal as (pointer, length): NUL bytes inside it count, the one at its end does not. */
#define BYTES(literal) (literal), sizeof(literal) - 1

struct guard {
    unsigned char *begin; /* begin[-1] cannot be read */
    unsigned char *end;   /* end[0] cannot be read */
};

/* Room for at least len bytes. The test fails if there is no memory. */
void guard_open(struct guard *guard, size_t len);
void guard_close(struct guard *guard);

/* Copies bytes to the end, or the beginning, of the buffer; returns the copy, which is good until
 * something else is put there. bytes may be NULL: then only room is made. */
unsigned char *guard_at_end(const struct guard *guard, const void *bytes, size_t len);
unsigned char *guard_at_begin(const struct guard *guard, const void *bytes, size_t len);

/* Fails the test unless it holds; the words are printf's and say which row of which table it was. */
#define must(holds, ...) must_at(__FILE__, __LINE__, holds, __VA_ARGS__)

#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void must_at(const char *file, int line, bool holds, const char *format, ...);

/* The next number of a row that only looks random: the same in each run, so that a failure can be
 * had again. Start with any *state but 0. */
uint32_t next_random(uint32_t *state);

#endif
