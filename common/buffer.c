/*
 * buffer - see buffer.h
 */
#include "buffer.h"

#include <stdint.h>
#include <stdlib.h>

#define SMALLEST 512

/* Moves what is held to the front: free when there is nothing, and never done twice for the same
 * bytes unless as many have been used up since. */
static void move_to_front(struct buffer *buffer)
{
    size_t len = buffer_len(buffer);
    if (len > 0)
        memmove(buffer->data, buffer->data + buffer->start, len);
    buffer->start = 0;
    buffer->end = len;
}

bool buffer_grow(struct buffer *buffer, size_t more)
{
    size_t len = buffer_len(buffer), size = buffer->size > SMALLEST ? buffer->size : SMALLEST;
    if (buffer->size - len >= more && buffer->start >= len) {
        move_to_front(buffer);
        return true;
    }
    if (more > SIZE_MAX / 2 - buffer->end)
        return false;
    while (size - buffer->end < more)
        size *= 2;
    unsigned char *data = realloc(buffer->data, size);
    if (data == NULL)
        return false;
    buffer->data = data;
    buffer->size = size;
    return true;
}

bool buffer_reserve_bulk(struct buffer *buffer, size_t more)
{
    if (buffer_len(buffer) > 0)
        return buffer_reserve(buffer, more);
    buffer->start = buffer->end = 0;
    if (!buffer_reserve(buffer, BUFFER_HEADROOM + more))
        return false;
    buffer->start = buffer->end = BUFFER_HEADROOM;
    return true;
}

bool buffer_append(struct buffer *buffer, const void *bytes, size_t len)
{
    if (!buffer_reserve(buffer, len))
        return false;
    buffer_put(buffer, bytes, len);
    return true;
}

void buffer_consume(struct buffer *buffer, size_t len)
{
    buffer->start += len;
    if (buffer->start == buffer->end)
        buffer->start = buffer->end = 0;
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}
