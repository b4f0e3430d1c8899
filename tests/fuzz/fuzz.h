/*
 * fuzz - what all fuzz targets share
 *
 * A target is one function that is given any bytes at all and must not crash, nor find that the
 * code under test differs from what the target knows to be right. It is built twice: with libFuzzer,
 * which makes up inputs (make fuzz), and with replay_main.c, which runs the inputs that are checked
 * in under corpus/ (make fuzz-replay), with any compiler.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The target; libFuzzer wants this name. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert(), which a build with NDEBUG leaves out. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fuzz_fail(__FILE__, __LINE__, #condition);                                             \
    } while (0)

static inline void fuzz_fail(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: must be true: %s\n", file, line, condition);
    abort();
}

/* Memory of exactly len bytes, so that the first byte read or written beyond it is seen by
 * AddressSanitizer. To be freed by the caller. */
static inline void *fuzz_alloc(size_t len)
{
    void *memory = malloc(len > 0 ? len : 1);
    if (memory == NULL)
        exit(1);
    return memory;
}

static inline void *fuzz_copy(const void *bytes, size_t len)
{
    void *copy = fuzz_alloc(len);
    if (len > 0)
        memcpy(copy, bytes, len);
    return copy;
}

/* The first bytes of an input make the choices that a test leaves open; past its end all are 0. */
struct fuzz_input {
    const uint8_t *at;
    size_t len;
};

static inline uint8_t fuzz_byte(struct fuzz_input *in)
{
    if (in->len == 0)
        return 0;
    in->len--;
    return *in->at++;
}

/* Where to cut: numbers that look random but are the same for the same seed everywhere (xorshift),
 * so that a finding can be found again. */
struct fuzz_dice {
    uint32_t state;
};

static inline struct fuzz_dice fuzz_dice(uint8_t seed)
{
    return (struct fuzz_dice){0x9E3779B9u ^ seed};
}

/* From 0 to n - 1. */
static inline size_t fuzz_below(struct fuzz_dice *dice, size_t n)
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 17;
    dice->state ^= dice->state << 5;
    return n > 0 ? dice->state % n : 0;
}

#endif
