/*
 * observer - shows the frames of a client to those who want to see them
 *
 *     bytes → request → FRAMES → messages → room
 *
 * With --trace, each frame is explained on stderr; a server may name one observer more. Nothing
 * depends on what is seen: a server without this file would do the same.
 */
#ifndef LESSON02_OBSERVER_H
#define LESSON02_OBSERVER_H

#include "input.h"
#include "message.h"
#include "trace.h"

/* Someone who wants to see frames besides --trace, or not, from one moment to the next; and how the
 * conversation ended. The functions may be called in any client's thread, and must not wait. */
struct ending;
struct observer {
    bool (*is_there)(void);
    void (*see)(const struct client *client, const struct trace_frame *frame);
    void (*see_end)(const struct client *client, const struct ending *ending);
};

/* A client whose frames may be looked at; used by its thread alone. */
struct observed {
    const struct client *client;
    const struct observer *observer; /* or NULL */
    struct trace_frame *frame; /* the one that it is sending, while that is looked at; or NULL */
};
void observer_free(struct observed *observed);

/* Does anybody want to see this client's frames? */
bool observer_wants(const struct observed *observed);

/* ws_message_feed() with the bytes of the input, and what it made of them is shown. */
size_t observer_feed(struct observed *observed, struct ws_message_parser *parser,
                     struct input *input, struct ws_event *event);

/* The client has gone, perhaps in the middle of a frame. */
void observer_lost(struct observed *observed);

/* The goodbye has been said. */
void observer_ended(const struct observed *observed, const struct ending *ending);

/*
 * Calls the writer, which sends all the parts to the client, whole frames in order: its result. The
 * observer sees them before, so that it sees what follows from them later. --trace tells of them when
 * they are sent; what is lost with the connection never was. Parts are changed if the writer does so.
 */
bool observer_write(const struct observed *observed, struct iovec *parts, size_t count,
                    bool (*writer)(void *data, struct iovec *parts, size_t count), void *data);
#define OBSERVER_PARTS_MAX 3

/* Whole frames go out to a client with --trace that another client's thread sends: shown on stderr
 * only. */
void observer_log_sent(const struct client *client, const unsigned char *frames, size_t len);

#endif
