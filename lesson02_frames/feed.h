/*
 * feed - what is told to those who watch clients: how they come, their frames, how they go
 *
 *     bytes → request → FRAMES → messages → room
 *
 * Each thing that is seen becomes a JSON object. All have
 *
 *     "time":1764250000123        milliseconds since 1970
 *     "client":7                  its number, as in the log
 *     "address":"127.0.0.1:40312"
 *
 * A frame has what trace_frame_json() says of it besides, see trace.h. The other kinds are
 *
 *     "event":"handshake"         a client came, and was let in or refused:
 *     "status":101                or 403, 426 ...
 *     "request":"474554202f..."   the head in hexadecimal, its first 2048 bytes; cookies and passwords
 *                                 are not shown
 *     "length":412                bytes of the request's head
 *     "answer":"485454502f..."    the answer; if it is a refusal, with its text
 *
 *     "event":"end"               a client has gone:
 *     "code":1000                 as in its close frame or the server's; 1006: there was none
 *     "by":"client"               or "server"; "network": the connection was lost
 *     "evicted":false             for being too slow or too silent
 *     "reason":"627965"           hexadecimal; the client's words, or the server's
 *
 * A client never waits for those who watch it. If objects come faster than they can be taken, some are
 * not shown, and the next that is has "missed":12, how many.
 */
#ifndef LESSON02_FEED_H
#define LESSON02_FEED_H

#include <stdatomic.h>

#include "ending.h"
#include "server.h"

/* Where objects go. */
struct feed {
    bool (*offer)(void *data, const char *object, size_t len); /* must not wait; false: there is no
                                                                  room. A NUL stands behind it */
    void *data;
    atomic_size_t missed; /* objects that could not be shown since one was; see atomic in xray.h */
};

/* Milliseconds since 1970, as the objects have them. */
int64_t feed_time(void);

/* Whose an object is: its first members. They need no escapes. */
#define FEED_WHOSE_MAX (NET_ADDRESS_MAX + 60)
void feed_write_whose(char whose[FEED_WHOSE_MAX], const struct client *client);

/* What is seen: the other members, to be freed; NULL without memory. */
char *feed_frame(const struct trace_frame *frame);
char *feed_handshake(const struct handshake_seen *seen);
char *feed_end(const struct ending *ending);

/* Offers the object. What cannot be taken, and what there was no memory for (NULL), is counted. */
void feed_tell(struct feed *feed, int64_t time, const char *whose, const char *what);

#endif
