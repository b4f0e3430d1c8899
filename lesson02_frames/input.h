/*
 * input - where received bytes lie until they have been used
 *
 *     BYTES → request → frames → messages → room
 *
 * Memory follows the bytes that have come: a client that says little has a few bytes, one that says
 * much gets a buffer that grows, and a large payload is read straight to where its message is put
 * together, not copied there.
 */
#ifndef LESSON02_INPUT_H
#define LESSON02_INPUT_H

#include "buffer.h"
#include "listener.h"

#define INPUT_FEW 64

/* Something to do while one waits for bytes. */
struct waker {
    int fd;                   /* it is readable: there is */
    bool (*wake)(void *data); /* ... and does it. False: do not wait any longer */
    void *data;
};

struct input {
    unsigned char *bytes; /* received and not used yet; they may be changed */
    size_t len;
    bool is_new; /* bytes is what a recv() has brought, from its first byte on */

    bool sleeps_at_once;       /* if there are no bytes; else it looks a few times before */
    const struct waker *waker; /* or NULL */
    unsigned rest;             /* so many reads do without looking, since that was in vain */
    unsigned next_rest;        /* ... the next time that it is */
    unsigned reads;            /* so far */
    bool was_full;             /* the last read filled its space */
    struct buffer buffer;
    unsigned char few[INPUT_FEW];
};

/* Begins with the bytes in *early, which is empty afterwards. The rest of *input must be zero before. */
void input_init(struct input *input, struct buffer *early);

/*
 * Waits for bytes when all that came before have been used. `awaited` bytes of a payload are still to
 * come: if they are many, they are read into *message behind what it holds, and buffer_put() will
 * find them there. Returns what net_wait() returns; ECANCELED, too, while bytes keep coming; and
 * ECONNABORTED when the waker wants no more.
 */
ssize_t input_receive(struct input *input, const struct client *client, struct buffer *message,
                      uint64_t awaited, int64_t deadline);

/* Gives memory back, when all bytes have been used. */
void input_free(struct input *input);

#endif
