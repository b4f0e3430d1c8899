/*
 * room - the clients that are in, and how a message reaches all of them
 *
 *     bytes → request → frames → messages → ROOM
 *
 * Roles, and who may wait for what:
 *
 *   owner     the thread of a client. It puts its client's messages into the mail with
 *             room_broadcast(), and delivers the mail with room_deliver() before it waits for more.
 *             Whatever was put in meanwhile by others goes out with it: one delivery for many
 *             messages. An owner that finds another thread delivering just leaves its mail there.
 *   postman   one thread of the room's own. It delivers what came in during a delivery, so that no
 *             owner delivers for the others for ever; and it sees to the clients that are behind:
 *             when such a socket takes bytes again, it sends from the backlog.
 *
 * Nobody ever waits for a client with a lock held: see conn_post(). Every member gets every
 * message, in one order that is the same for all, its own included; a member that does not read
 * gets it late or, with more than --max-backlog bytes waiting, is evicted.
 *
 * Locks, in the order in which they may be taken: server.c's lock, room.list_lock, room.mail_lock
 * or an outbox's lock (the last two never together).
 */
#ifndef LESSON03_ROOM_H
#define LESSON03_ROOM_H

#include "conn.h"

struct room;

/* Makes an empty room with its postman; NULL if that cannot be done. If delivered is not NULL, it is
 * called after each delivery, with no lock held: whole frames, which went to so many members. */
typedef void room_delivered(const unsigned char *frames, size_t len, size_t members);
struct room *room_new(room_delivered *delivered);

/* Ends the postman and frees the room; when there are no members any more. */
void room_free(struct room *room);

/* Owner: the client is in, and gets all that is delivered from now on. False without memory. */
bool room_join(struct room *room, struct conn *conn);

/* Owner: the client is out. What it has said before is delivered first, to itself too; nobody
 * posts to it any more when this returns. Does nothing if it has not joined. */
void room_leave(struct room *room, struct conn *conn);

/* Anyone: a message for everyone goes into the mail. May wait for a delivery to end when the mail is
 * full. False without memory: the message is lost. */
bool room_broadcast(struct room *room, enum ws_opcode type, const void *data, size_t len);

/* Anyone: a message for everyone, which the postman delivers. Never waits: if the mail is full, or
 * without memory, the message is lost. */
bool room_offer(struct room *room, enum ws_opcode type, const void *data, size_t len);

/* Owner: delivers the mail, unless somebody is doing it already. */
void room_deliver(struct room *room);

/* Anyone: lets the postman deliver the mail, and does not wait for that. */
void room_deliver_later(struct room *room);

/* Anyone: there are bytes in the client's backlog; the postman will see to it. */
void room_behind(struct room *room, struct conn *conn);

#endif
