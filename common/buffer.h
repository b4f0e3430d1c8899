/*
 * buffer - bytes that come in at the end and are used up from the front
 *
 * Each belongs to whoever declares it: there is no lock in here. All zero is an empty buffer. Size
 * doubles as it is needed, so that a buffer is never much larger than what has been in it. The few
 * lines that every message passes through stand in this header, for the compiler to put in place.
 */
#ifndef COMMON_BUFFER_H
#define COMMON_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct buffer {
    unsigned char *data; /* from malloc, or NULL */
    size_t start, end;   /* data[start..end) is what the buffer holds */
    size_t size;         /* bytes allocated */
};

static inline size_t buffer_len(const struct buffer *buffer)
{
    return buffer->end - buffer->start;
}

/* What the buffer holds; NULL if nothing was ever in it. */
static inline unsigned char *buffer_bytes(const struct buffer *buffer)
{
    return buffer->start == 0 ? buffer->data : buffer->data + buffer->start;
}

/* Makes room for at least `more` bytes from buffer->end on; the bytes held may move. False, with
 * nothing changed, if there is no memory. */
bool buffer_grow(struct buffer *buffer, size_t more);
static inline bool buffer_reserve(struct buffer *buffer, size_t more)
{
    return buffer->size - buffer->end >= more || buffer_grow(buffer, more);
}

/*
 * An empty buffer for many bytes that will be received into it: what it holds begins a little behind its
 * memory's beginning. The kernel copies at a fifteenth of its speed where destination and source differ
 * by 1 to 15 bytes modulo 4096; and behind the 14 bytes of a frame's header, which are received
 * elsewhere, a payload would, since malloc() gives multiples of 16. (1 MiB messages: 1.4 times as many.)
 */
#define BUFFER_HEADROOM 16
bool buffer_reserve_bulk(struct buffer *buffer, size_t more);

/* Adds bytes for which there is room. If they are there already, because somebody has read them to
 * where buffer_reserve() made room, they are only counted. */
static inline void buffer_put(struct buffer *buffer, const void *bytes, size_t len)
{
    if (len > 0 && bytes != buffer->data + buffer->end)
        memcpy(buffer->data + buffer->end, bytes, len);
    buffer->end += len;
}

/* Makes room and adds the bytes. False if there is no memory. */
bool buffer_append(struct buffer *buffer, const void *bytes, size_t len);

/* Drops len bytes from the front. */
void buffer_consume(struct buffer *buffer, size_t len);

/* Gives the memory back; the buffer is empty then. */
void buffer_free(struct buffer *buffer);

#endif
