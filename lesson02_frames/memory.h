/*
 * memory - one bound for what all clients together hold
 *
 *     BYTES → request → frames → messages → room
 *
 * Each buffer of a client has a bound of its own, but a thousand clients have a thousand buffers. So
 * what they hold is added up, as it is allocated. When that comes near to --max-memory, those who only
 * wait give back what they do not need. When it is more, the client that holds the most has to go, whoever
 * asked last: it does not concern those who hold little.
 */
#ifndef LESSON02_MEMORY_H
#define LESSON02_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is held for one client, in one place. */
struct holding {
    int fd;      /* the client's; does not change */
    size_t told; /* whoever guards the buffers guards this: what memory_hold() was told last */
    /* the lock in memory.c must be held when using these */
    size_t bytes;
    bool is_over;
    struct holding *next, **link;
};

/* The reason that goes to the log. */
#define MEMORY_OVER                                                                                \
    "it holds more than any other client, and all together more than --max-memory bytes"

/* Before there are clients. */
void memory_set_bound(uint64_t bytes);

/* From memory_begin() to memory_end() the descriptor must stay open. */
void memory_begin(struct holding *holding, int fd);
void memory_end(struct holding *holding);

/* So many bytes are allocated for it now. If that is too much for all together, the connection of the
 * client that holds the most is shut down: its owner will find memory_is_over(), and free it all. */
void memory_hold(struct holding *holding, size_t bytes);
bool memory_is_over(const struct holding *holding);

/* Are three quarters of the bound in use? */
bool memory_is_scarce(void);

#endif
