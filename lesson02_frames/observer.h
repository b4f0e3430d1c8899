/*
 * observer - shows the frames of a client to those who want to see them
 *
 *     bytes → request → FRAMES → messages → room
 *
 * With --trace, each frame is explained on stderr; with --trace-file, it goes to tracefile.c; and a
 * server may name one observer more. Nothing depends on what is seen: a server without this file would
 * do the same.
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
    bool (*is_there)(const struct client *client);
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

/* Whole frames, in one or more parts, are about to be sent to the client. The observer sees them before
 * they are, so that it sees what follows from them later. */
void observer_sending(const struct observed *observed, const struct iovec *parts, size_t count);

/* --trace tells of whole frames that have gone out, or are queued, for the socket takes no more: whoever
 * sends calls this, holding whatever lock keeps them in order. */
#define OBSERVER_PARTS_MAX 3
void observer_log(const struct client *client, const struct iovec *parts, size_t count,
                  bool are_queued);

/* ... and that none of them is queued any more. */
void observer_log_all_sent(const struct client *client);

/* net_send_all(), and what has been sent is told. */
int observer_send_all(const struct client *client, struct iovec *parts, size_t count,
                      int64_t patience, int64_t deadline);

#endif
