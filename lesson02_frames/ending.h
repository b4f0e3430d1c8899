/*
 * ending - how a conversation has ended, and the goodbye (RFC 6455 §5.5.1, §7)
 *
 *     bytes → request → FRAMES → messages → room
 */
#ifndef LESSON02_ENDING_H
#define LESSON02_ENDING_H

#include "buffer.h"
#include "frame.h"
#include "observer.h"

struct ending {
    uint16_t code;      /* as in a close frame; WS_CLOSE_ABNORMAL if there is none; 0: not ended */
    const char *reason; /* in words; the client's is not NUL-terminated */
    size_t reason_len;
    bool by_client; /* code and reason are from the client's own close frame */
    bool evicted;   /* for being too slow or too silent */
};

/* Notes an ending that the server has decided on; the first one counts. The reason is a constant. */
void ending_set(struct ending *ending, uint16_t code, const char *reason);

/* The same, for a client that is too slow or too silent. */
void ending_evict(struct ending *ending, uint16_t code, const char *reason);

/* The connection was lost: nobody is there to be told. */
void ending_lost(struct ending *ending);

/* Sends what waits, and behind it the close frame, as the last that ever goes out. False if the client
 * does not take it. */
bool ending_send_close(const struct ending *ending, const struct observed *observed,
                       const struct buffer *waiting);

/* The same, and then the end of the stream; waits for the client to close its side, too. The socket is
 * left to be closed. */
void ending_say_goodbye(const struct ending *ending, struct observed *observed,
                        const struct buffer *waiting);

#endif
