/*
 * xray - each frame of the chat, shown live to whoever asks for it
 *
 *     bytes → request → FRAMES → messages → ROOM
 *
 * A WebSocket at /xray joins a second room, that of the watchers; GET /xray is their page. A watcher
 * is a client like any other, with a backlog of its own and evicted like any other; but it is not in
 * the chat: it hears no messages, and what it sends is ignored. It gets a text message for each frame
 * of each chat client, a JSON object: feed.h says what is in it. A message to everyone is told once, not
 * once for each that gets it: it has "receivers":100 and "from":7, the number of the client that said it,
 * instead of client and address.
 *
 * A WebSocket at /xray/all gets the same objects, and those of handshakes and ends.
 *
 * The chat never waits for watchers. Its threads put the object into the queue of the watchers' room, and
 * the delivery thread of that room does the sending. If the frames come faster than that, some are not
 * shown, and the next that is has "missed":12, how many. While nobody watches, all this costs a load or
 * two.
 *
 * Locks: call nothing here with a lock of the chat's room held. While somebody watches, who speaks holds
 * a lock of this file for as long as it takes to tell it and to put it into the queue. If the queue is
 * full, that is until a delivery has ended, which waits for no client.
 */
#ifndef LESSON03_XRAY_H
#define LESSON03_XRAY_H

#include "room.h"
#include "server.h"

/* Before the first client: makes the watchers' rooms. False if that cannot be done. */
bool xray_open(const struct options *options);
void xray_close(void);

/*
 * Who may watch, and how many at the same time: they take none of the places of --max-clients. What
 * people say to each other, and their private pings, are not for whoever connects: by default only a
 * client on this machine may watch, and with --xray any all may. A proxy on this machine looks like a
 * client on it; but a request that it hands on for somebody else says so in Forwarded (RFC 7239) or
 * X-Forwarded-For, if the proxy is told to add that.
 */
extern const struct watching xray_watching;

/* GET /xray/status: a page cannot see why its WebSocket was refused, but it can ask for this JSON:
 * {"watchers":1,"places":16,"who":"loopback"}, or "any". */
size_t xray_write_status(char *body, size_t size);

/* The watchers see what this client sends and gets, and how it ends. */
void xray_show(struct conn *conn);

/* Owner: room_say(), for what its client says. Those who watch are told before it is delivered, so that
 * they see it before what follows from it; and in the order in which the room hears it. */
bool xray_say(struct room *room, const struct conn *conn, const struct conn_message *message);

#endif
