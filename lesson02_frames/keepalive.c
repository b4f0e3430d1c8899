/*
 * keepalive - see keepalive.h
 */
#include "keepalive.h"

/* A message under way must bring 1024 bytes, or end, within six intervals: long enough, by default, to
 * type a frame by hand. */
#define PROGRESS_MIN  1024
#define PROGRESS_TIME 6

/* Does the client take what it was sent? */
static bool is_reading(struct keepalive *keepalive, int64_t acknowledged, int64_t outstanding,
                       int64_t now)
{
    if (acknowledged - keepalive->acknowledged >= PROGRESS_MIN) {
        keepalive->acknowledged = acknowledged;
        keepalive->took_at = now;
    }
    bool is_recent = keepalive->took_at != 0 &&
                     now - keepalive->took_at < keepalive_patience(keepalive->interval);
    return outstanding >= PROGRESS_MIN && is_recent; /* less than that is the ping itself */
}

enum keepalive_verdict keepalive_silence(struct keepalive *keepalive, int64_t acknowledged,
                                         int64_t outstanding, int64_t now)
{
    bool reading = is_reading(keepalive, acknowledged, outstanding, now);
    if (keepalive->asked)
        return reading ? KEEPALIVE_FINE : KEEPALIVE_SILENT;
    keepalive->asked = true;
    return KEEPALIVE_ASK;
}

enum keepalive_verdict keepalive_bytes(struct keepalive *keepalive, size_t bytes, bool is_under_way,
                                       int64_t now)
{
    keepalive->asked = false;
    if (!is_under_way) {
        keepalive->since = 0;
        return KEEPALIVE_FINE;
    }
    keepalive->progress += bytes;
    if (keepalive->since == 0 || keepalive->progress >= PROGRESS_MIN) {
        keepalive->since = now;
        keepalive->progress = 0;
        return KEEPALIVE_FINE;
    }
    bool too_long = now - keepalive->since > PROGRESS_TIME * keepalive->interval;
    return too_long ? KEEPALIVE_SLOW : KEEPALIVE_FINE;
}
