/*
 * pace - see pace.h
 */
#include "pace.h"

#define SOME 1024 /* bytes: fewer may be no more than acknowledgements that were late */

void pace_restart(struct pace *pace)
{
    *pace = (struct pace){.taken = pace->taken, .steady_at = pace->steady_at};
}

bool pace_is_due(const struct pace *pace, int64_t now)
{
    return pace->measured_at == 0 || now - pace->measured_at >= PACE_TIME;
}

int64_t pace_measure(struct pace *pace, int64_t taken, int64_t now)
{
    bool is_first = pace->measured_at == 0;
    int64_t time = now - pace->measured_at, more = taken - pace->taken;
    if (is_first)
        pace->waits_since = now;
    if (is_first ? more >= PACE_READS : more * PACE_TIME >= PACE_STEADY * time)
        pace->steady_at = now;
    pace->measured_at = now;
    pace->taken = taken;
    if (pace->steady_at != 0 && now - pace->steady_at < PACE_PAUSE)
        pace->verdict = PACE_TAKES;
    else
        pace->verdict = now - pace->waits_since < PACE_NEW ? PACE_UNKNOWN : PACE_SLOW;

    if (is_first || taken - pace->taken_then >= SOME) {
        pace->took_at = now;
        pace->taken_then = taken;
    }
    return now - pace->took_at;
}
