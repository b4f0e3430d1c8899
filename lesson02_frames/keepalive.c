/*
 * keepalive - see keepalive.h
 */
#include "keepalive.h"

#define PROGRESS_MIN  1024 /* bytes of a frame that must come in PROGRESS_TIME, or its end */
#define PROGRESS_TIME 6    /* intervals; by default a person can type a frame in them */

enum keepalive_verdict keepalive_silence(struct keepalive *keepalive, bool is_reading)
{
    if (keepalive->asked)
        return is_reading ? KEEPALIVE_FINE : KEEPALIVE_SILENT;
    keepalive->asked = true;
    return KEEPALIVE_ASK;
}

enum keepalive_verdict keepalive_bytes(struct keepalive *keepalive, size_t bytes, bool in_frame,
                                       int64_t now)
{
    keepalive->asked = false;
    if (!in_frame) {
        keepalive->frame_since = 0;
        return KEEPALIVE_FINE;
    }
    keepalive->frame_progress += bytes;
    if (keepalive->frame_since == 0 || keepalive->frame_progress >= PROGRESS_MIN) {
        keepalive->frame_since = now;
        keepalive->frame_progress = 0;
        return KEEPALIVE_FINE;
    }
    bool too_long = now - keepalive->frame_since > PROGRESS_TIME * keepalive->interval;
    return too_long ? KEEPALIVE_SLOW : KEEPALIVE_FINE;
}
