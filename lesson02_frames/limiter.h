/*
 * limiter - lines like each other, of which there are more than anybody reads
 *
 * Stands beside the way of the data. A client that is refused twenty thousand times a second, or that
 * sends so many messages with -v, must not fill the disk. What it does is told, and then only counted,
 * until it is over. Lines are like each other if they are made from the same words and are about the
 * same client, or, as long as it is no WebSocket, about the same address: all others have their lines.
 *
 * No lock of its own: the caller sees to it that one thread at a time calls these.
 */
#ifndef LESSON02_LIMITER_H
#define LESSON02_LIMITER_H

#include <stdint.h>

#include "log.h"
#include "net.h"

#define LIMITER_KINDS      512
#define LIMITER_SAMPLE_MAX 120 /* bytes of one of the lines that are left out */
#define LIMITER_NOTE_MAX   200 /* bytes of the line that says how many there were */

struct limiter {
    int64_t due; /* the next note is: on the clock net_now() */
    struct limited {
        const char *words; /* NULL: no kind yet */
        unsigned long number;
        char from[NET_ADDRESS_MAX]; /* the address without its port */
        int64_t start;              /* of the second in which lines are counted */
        unsigned lines, most;       /* so many are in the log, of so many that may be */
        size_t left_out;            /* and so many are not, which is still to be told */
        bool is_flood;
        char sample[LIMITER_SAMPLE_MAX];
    } kinds[LIMITER_KINDS]; /* each is in one of a few places that its hash tells */
};

void limiter_init(struct limiter *limiter);

/* May these lines go into the log? If not, they are counted. */
bool limiter_admits(struct limiter *limiter, const struct log_kind *kind, const char *lines,
                    size_t len, int64_t now);

/* Writes the next note that is due, a line that says how many were left out. Returns its length; 0 if
 * there is none. */
size_t limiter_note(struct limiter *limiter, int64_t now, char note[LIMITER_NOTE_MAX]);

#endif
