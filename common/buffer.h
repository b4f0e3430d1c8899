/*
 * buffer - bytes that come in at the end and are used up from the front
 *
 * Each belongs to whoever declares it: there is no lock in here. All zero is an empty buffer. Size
 * doubles as it is needed, so that a buffer is never much larger than what has been in it.
 */
#ifndef COMMON_BUFFER_H
#define COMMON_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct buffer {
    unsigned char *data; /* from malloc, or NULL */
    size_t start, end;   /* data[start..end) is what the buffer holds */
    size_t size;         /* bytes allocated */
};

size_t buffer_len(const struct buffer *buffer);

/* Makes room for at least `more` bytes from buffer->end on; the bytes held may move. False, with
 * nothing changed, if there is no memory. */
bool buffer_reserve(struct buffer *buffer, size_t more);

/* Adds bytes at the end. If they are there already, because somebody has read them to where
 * buffer_reserve() made room, they are only counted. False if there is no memory. */
bool buffer_append(struct buffer *buffer, const void *bytes, size_t len);

/* Drops len bytes from the front. */
void buffer_consume(struct buffer *buffer, size_t len);

/* Gives the memory back; the buffer is empty then. */
void buffer_free(struct buffer *buffer);

#endif
