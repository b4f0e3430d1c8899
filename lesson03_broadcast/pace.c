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
    int64_t time = now - pace->measured_at;
    /* Until now nothing waited for it: then it has kept up, unless this is the very first time. */
    bool kept_up = is_first ? pace->taken > 0 && taken - pace->taken >= SOME
                            : (taken - pace->taken) * PACE_TIME >= PACE_STEADY * time;
    if (kept_up)
        pace->steady_at = now;
    pace->is_steady = is_first || now - pace->steady_at < PACE_PAUSE;
    pace->measured_at = now;
    pace->taken = taken;
    if (is_first || taken - pace->taken_then >= SOME) {
        pace->took_at = now;
        pace->taken_then = taken;
    }
    return now - pace->took_at;
}
