/*
 * pace - how does a client take what waits for it: steadily, slowly, or not at all?
 *
 *     BYTES → request → frames → messages → room
 *
 * Pure: it is told how many bytes the client has taken, and when, and judges. All zero is a client for
 * which nothing has waited so far.
 */
#ifndef LESSON03_PACE_H
#define LESSON03_PACE_H

#include <stdbool.h>
#include <stdint.h>

#define PACE_TIME   250          /* milliseconds over which it is measured */
#define PACE_STEADY (64 * 1024)  /* bytes in that time that are steady */
#define PACE_READS  (256 * 1024) /* bytes between two waits: more than a system takes unread */
#define PACE_PAUSE  3000 /* milliseconds that a steady client may pause: its machine is busy, too */
#define PACE_NEW    1000 /* ... until it is known of a new one */

enum pace_verdict {
    PACE_UNKNOWN, /* it may be one that never reads: wait for it, but only when you must */
    PACE_TAKES,   /* it is steady, or was a moment ago */
    PACE_SLOW,    /* it takes little, or nothing */
};

struct pace {
    int64_t measured_at; /* 0: not since something waits */
    int64_t taken;       /* bytes when it was last measured */
    int64_t waits_since; /* when something began to wait */
    int64_t steady_at;   /* when it was last seen to be steady; 0: never */
    int64_t took_at;     /* when it had last taken a KiB more */
    int64_t taken_then;  /* bytes by that time */
    enum pace_verdict verdict;
};

/* Nothing waits for the client any more: what waits later is measured anew. */
void pace_restart(struct pace *pace);

/* Is it time to measure again? */
bool pace_is_due(const struct pace *pace, int64_t now);

/* Something waits, and the client has taken so many bytes by now. Sets the verdict. Returns for how many
 * milliseconds it has taken nothing, or less than a KiB. */
int64_t pace_measure(struct pace *pace, int64_t taken, int64_t now);

#endif
