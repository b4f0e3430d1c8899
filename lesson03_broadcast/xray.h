/*
 * xray - each frame of the chat, shown live to whoever asks for it
 *
 *     bytes → request → FRAMES → messages → ROOM
 *
 * A WebSocket at /xray joins a second room, that of the watchers; GET /xray is their page. A watcher
 * is a client like any other, with a backlog of its own and evicted like any other; but it is not in
 * the chat: it hears no messages, and what it sends is ignored. It gets a text message for each frame
 * of each chat client, a JSON object:
 *
 *     "time":1764250000123        milliseconds since 1970
 *     "client":7                  its number, as in the log
 *     "address":"127.0.0.1:40312"
 *     ...                         and what trace_frame_json() says of the frame, see trace.h
 *
 * A message to everyone is told once, when it has been delivered, not once for each that gets it: it
 * has "receivers":100 instead of client and address.
 *
 * The chat never waits for watchers. Its threads put the object into the watchers' mail, and the
 * postman of that room does the sending. If the frames come faster than that, some are not shown, and
 * the next that is has "missed":12, how many. While nobody watches, all this costs a load or two.
 *
 * Locks: the watchers' room.mail_lock may be taken with server.c's lock held, but with no lock of the
 * chat's room.
 */
#ifndef LESSON03_XRAY_H
#define LESSON03_XRAY_H

#include "conn.h"

/* Before the first client, and after the last. */
bool xray_start(void);
void xray_stop(void);

/* For the handlers of the chat: */
extern const struct handlers xray;                                         /* .other */
extern atomic_size_t xray_watchers;                                        /* .watchers */
void xray_frame(const struct conn *conn, const struct trace_frame *frame); /* .frame */

/* A room_delivered, for the room of the chat. */
void xray_broadcast(const unsigned char *frames, size_t len, size_t receivers);

#endif
