/*
 * keepalive - when is a client too silent, or too slow? (RFC 6455 §5.5.2)
 *
 *     bytes → request → FRAMES → messages → room
 *
 * A laptop that was closed sends nothing, not even an end, and TCP would wait for hours. So after an
 * interval without a byte the client is sent a ping; any byte is an answer; after one more interval
 * it has gone. And a client that sends a byte now and then is never silent, but could hold a frame
 * open for ever: in the middle of a message, some progress must be made.
 *
 * Pure: it is told what has happened and says what to do. It has no clock: times are given to it.
 */
#ifndef LESSON02_KEEPALIVE_H
#define LESSON02_KEEPALIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keepalive {
    int64_t interval;     /* milliseconds */
    bool asked;           /* a ping is out, and nothing has come since */
    int64_t acknowledged; /* bytes that the client had taken at took_at */
    int64_t took_at;      /* when it was last seen to take some */
    int64_t
        since; /* a message or frame is under way: when progress was last measured; 0: none is */
    size_t progress; /* bytes since then */
};

/* How long, in milliseconds, to wait for a client that takes nothing of what it is sent: as long as for
 * one that says nothing. */
static inline int64_t keepalive_patience(int64_t interval)
{
    return 2 * interval;
}

enum keepalive_verdict {
    KEEPALIVE_FINE,
    KEEPALIVE_ASK,    /* send a ping */
    KEEPALIVE_SILENT, /* no answer to it */
    KEEPALIVE_SLOW,   /* a message that makes no progress */
};

/* At `now`, an interval has passed without a byte. The client has taken `acknowledged` bytes so far, and
 * `outstanding` more are on their way; -1: not known. While it takes those slowly but steadily, the
 * ping, or its pong, waits behind them, and the client has not gone. */
enum keepalive_verdict keepalive_silence(struct keepalive *keepalive, int64_t acknowledged,
                                         int64_t outstanding, int64_t now);

/* At `now`, bytes have come, and with their last a message, or a frame, is under way or not. */
enum keepalive_verdict keepalive_bytes(struct keepalive *keepalive, size_t bytes, bool is_under_way,
                                       int64_t now);

#endif
