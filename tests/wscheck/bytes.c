/*
 * bytes - see bytes.h
 */
#include "bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct bytes *b, size_t more)
{
    if (b->size - b->len >= more)
        return;
    size_t size = (b->len + more) * 2 + 64;
    unsigned char *at = realloc(b->at, size);
    if (at == NULL) {
        fprintf(stderr, "wscheck: out of memory\n");
        exit(2);
    }
    b->at = at;
    b->size = size;
}

void bytes_add(struct bytes *b, const void *at, size_t len)
{
    reserve(b, len + 1);
    if (len > 0)
        memcpy(b->at + b->len, at, len);
    b->len += len;
}

void bytes_add_text(struct bytes *b, const char *text)
{
    bytes_add(b, text, strlen(text));
}

void bytes_add_format(struct bytes *b, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        return;
    reserve(b, (size_t)len + 1);
    va_start(args, format);
    vsnprintf((char *)b->at + b->len, (size_t)len + 1, format, args);
    va_end(args);
    b->len += (size_t)len;
}

void bytes_add_run(struct bytes *b, unsigned char c, size_t len)
{
    reserve(b, len + 1);
    memset(b->at + b->len, c, len);
    b->len += len;
}

void bytes_add_number(struct bytes *b, uint64_t number, size_t n)
{
    reserve(b, n);
    for (size_t i = n; i-- > 0; number >>= 8)
        b->at[b->len + i] = (unsigned char)(number & 0xFF);
    b->len += n;
}

void bytes_set(struct bytes *b, const void *at, size_t len)
{
    b->len = 0;
    bytes_add(b, at, len);
}

void bytes_free(struct bytes *b)
{
    free(b->at);
    *b = (struct bytes){0};
}

size_t bytes_difference(const void *a, size_t a_len, const void *b, size_t b_len)
{
    const unsigned char *x = a, *y = b;
    size_t i = 0, shorter = a_len < b_len ? a_len : b_len;
    while (i < shorter && x[i] == y[i])
        i++;
    return i;
}

const unsigned char *bytes_find(const void *at, size_t len, const char *text)
{
    const unsigned char *start = at;
    size_t text_len = strlen(text);
    for (size_t i = 0; at != NULL && i + text_len <= len; i++)
        if (memcmp(start + i, text, text_len) == 0)
            return start + i;
    return NULL;
}
