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

#define PACE_TIME   250         /* milliseconds over which it is measured */
#define PACE_STEADY (64 * 1024) /* bytes in that time that are steady */
#define PACE_PAUSE  1000 /* milliseconds that a steady client may pause: its machine is busy, too */

struct pace {
    int64_t measured_at; /* 0: not since something waits */
    int64_t taken;       /* bytes when it was last measured */
    int64_t
        steady_at;   /* when it was last seen to take PACE_STEADY in PACE_TIME, or all there was */
    int64_t took_at; /* when it had last taken a KiB more */
    int64_t taken_then; /* bytes by that time */
    bool is_steady;
};

/* Nothing waits for the client any more: what waits later is measured anew. */
void pace_restart(struct pace *pace);

/* Is it time to measure again? */
bool pace_is_due(const struct pace *pace, int64_t now);

/* Something waits, and the client has taken so many bytes by now. It counts as steady until it has had
 * time to show that it is not, and, once it was, for PACE_PAUSE. Returns for how many milliseconds it has
 * taken nothing, or less than a KiB. */
int64_t pace_measure(struct pace *pace, int64_t taken, int64_t now);

#endif
