/*
 * expect - what must come from the server, and the failure if something else does
 *
 * Each step waits for what it expects, until the trial's bound. All of them do nothing once the
 * trial has failed. Pings and pongs that nobody asked for are allowed at any time (RFC 6455 §5.5.2,
 * §5.5.3) and passed over; a message may come in fragments.
 */
#ifndef WSCHECK_EXPECT_H
#define WSCHECK_EXPECT_H

#include "frame.h"
#include "http.h"
#include "trial.h"

/* -------------------------------------------------------------------- to send, and to expect */

/* Connects and completes the opening handshake; whether the accept key is right is not asked. */
struct peer *peer_open(struct trial *t);

/* One that shakes hands and then does not read any more. */
struct peer *peer_open_deaf(struct trial *t);

/* Sends in two segments, of which the server certainly reads the second apart: in front of the
 * first there is a message, and the second is sent when that has been answered. */
void send_cut_at(struct peer *p, const void *at, size_t len, size_t cut);

/* ----------------------------------------------------------------------------- the handshake */

/* An answer's head comes whole. */
bool expect_head(struct peer *p, struct response *response);

/* An answer's first line comes, as far as its status; whether the head is whole is another matter. */
bool expect_status_line(struct peer *p, int *status);

/* ... with a status in this range; what comes after the head is left to be judged. */
void expect_status(struct peer *p, int low, int high);

/* ... which the response has. */
void expect_status_of(struct peer *p, const struct response *response, int low, int high);

/* The response has this header with this value; NULL: it has none of that name. */
void expect_header(struct peer *p, const struct response *response, const char *name,
                   const char *value);

/* The response has the accept key that belongs to the peer's key. */
void expect_accept(struct peer *p, const struct response *response);

/* A whole answer with its body, as long as Content-Length says, then the end of the connection. */
void expect_body(struct peer *p, const struct response *response, struct bytes *body);

/* -------------------------------------------------------------------------------- messages */

void expect_message(struct peer *p, unsigned opcode, const void *payload, size_t len);
void expect_text(struct peer *p, const char *text);

/* The pong for the ping with this payload. */
void expect_pong(struct peer *p, const void *payload, size_t len);

/* Does it come? What stands in front of it is passed over, and the pong is left to be judged. */
bool pong_comes(struct peer *p, const void *payload, size_t len);

/* Passes over pings, and pongs that nobody asked for, until something else comes; and over those that have
 * come already. */
void pass_over_control(struct peer *p);
void pass_over_control_at_hand(struct peer *p);

/* Passes over pongs that nobody asked for, and fragments of a text that is sent back as it comes. */
void pass_over_to_ping(struct peer *p);

/* A ping; what it carries is good until the peer's next step. */
struct bytes_view expect_ping(struct peer *p);

/* A message, and the pong for the last of some pings, in either order: a pong may overtake what is
 * still being done, and of several pings only the last must be answered (§5.5.3). Returns whether
 * the message has come; the pong may be missing all the same. */
bool expect_pong_and_message(struct peer *p, struct bytes_view pong, unsigned opcode,
                             struct bytes_view message);

/* The next message, whatever it is, in one frame or in fragments. The payload is good until the peer's next step. */
struct message {
    unsigned opcode;
    const unsigned char *payload;
    size_t len;
};
bool expect_any_message(struct peer *p, struct message *message);

/* Passes over whole frames, up to a Close frame, which may stand between the fragments of a message (§5.4).
 * Returns how many messages have come to their end. */
unsigned pass_over_messages(struct peer *p);

/* Exactly these bytes, in one frame. */
void expect_frame(struct peer *p, unsigned first, const void *payload, size_t len);

/* ---------------------------------------------------------------------------------- the end */

/* Passes over fragments: a server that passes them on as they come may have begun to. */
void pass_over_fragments(struct peer *p);

/* A Close frame that may travel comes; returns its code, 1005 if it has none, 0 if it failed. The
 * reason is added to `reason`, unless that is NULL. */
unsigned expect_close(struct peer *p, struct bytes *reason);
void expect_close_code(struct peer *p, unsigned code);

/* The server ends the connection, and nothing more comes before. */
void expect_end(struct peer *p);

/* The server fails the connection (§7.1.7): a Close frame, or none, and the end; no message. */
void expect_refused(struct peer *p);

/* The connection should have failed, and has not. Has the message that was sent come back, put together from
 * its frames, or the payload of the last frame? If neither, perhaps nobody has taken it: what came may say that
 * it was wrong. */
bool message_came_back(struct peer *p);
bool last_came_back(struct peer *p);

/* It does not matter what comes: the server has read the end of what was sent, and closed. */
void expect_end_of_any_kind(struct peer *p);

/* --------------------------------------------------------------------------------- the like */

/* Waits until so many bytes are there to be judged; false if they do not come. */
bool wait_for_bytes(struct peer *p, size_t len);

/* Waits until this frame stands somewhere in what has come. */
bool frame_comes(struct peer *p, unsigned first, const void *payload, size_t len);

/* How often it stands in all that has come, from that byte on. */
size_t count_frames(const struct peer *p, size_t from, const struct bytes *frame);

/* Notes that they have been judged. */
void pass_bytes(struct peer *p, size_t len);

/* The same, but not for long, and the trial may have failed: to find out why. */
bool comes_soon(struct peer *p, size_t len);

/* ... more than there is, and not just pings and pongs other than the one that was waited for. */
bool answer_comes_soon(struct peer *p);

/* Sends although the trial has failed; it is not told of. */
void send_anyway(struct peer *p, const void *at, size_t len);

/* Something about the frame at hand is against the rules: the caret is at byte `at`. */
void fail_frame(struct peer *p, size_t at, const char *problem);

/* Notes that something else should have come, with a caret where they begin to differ. */
void fail_as_different(struct peer *p, const void *expected, size_t len, bool is_text);

#endif
