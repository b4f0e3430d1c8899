/*
 * bytes - a growing row of bytes
 *
 * The lowest layer of the grader. Bytes of any value, NUL among them: always (at, len), never a
 * string. Zero-initialised it is empty. What it adds it owns; bytes_free() makes it empty again.
 * Without memory the program ends: a grader that cannot remember what it saw has nothing to say.
 */
#ifndef WSCHECK_BYTES_H
#define WSCHECK_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes {
    unsigned char *at;
    size_t len, size;
};

/* Bytes that belong to somebody else. */
struct bytes_view {
    const void *at;
    size_t len;
};

#ifdef __GNUC__
#define LIKE_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define LIKE_PRINTF(at, first)
#endif

void bytes_add(struct bytes *b, const void *at, size_t len);
void bytes_add_text(struct bytes *b, const char *text);
void bytes_add_format(struct bytes *b, const char *format, ...) LIKE_PRINTF(2, 3);
void bytes_add_run(struct bytes *b, unsigned char c, size_t len);

/* A number of n bytes, the highest byte first. */
void bytes_add_number(struct bytes *b, uint64_t number, size_t n);

/* Becomes a copy of these bytes. */
void bytes_set(struct bytes *b, const void *at, size_t len);
void bytes_free(struct bytes *b);

/* At which byte two rows begin to differ; the shorter one's length if it is how the other begins. */
size_t bytes_difference(const void *a, size_t a_len, const void *b, size_t b_len);

/* Where the text first stands in them, or NULL. */
const unsigned char *bytes_find(const void *at, size_t len, const char *text);

#endif
