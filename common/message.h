/*
 * message - frames become messages; control frames are told apart (RFC 6455 §5.4, §5.5, §7, §8)
 *
 *     bytes → request → frames → MESSAGES → room
 *
 * A push parser: it is given bytes as they come off the wire, cut wherever TCP has cut them, and
 * tells what they mean, one event at a time. It copies no payload and allocates nothing: a piece of
 * a message is unmasked and checked where it lies and told as a slice of the caller's bytes.
 * Whoever wants whole messages puts the pieces together, see conn.c.
 *
 *     while (len > 0) {
 *         size_t used = ws_message_feed(&parser, bytes, len, &event);
 *         bytes += used, len -= used;
 *         switch (event.type) ...
 *     }
 *
 * Pure: no sockets, threads, clocks or allocation. After WS_EVENT_CLOSE or WS_EVENT_FAULT there is
 * nothing more to tell: §7.1.1, §7.1.7; the parser must not be fed again.
 */
#ifndef COMMON_MESSAGE_H
#define COMMON_MESSAGE_H

#include "frame.h"
#include "utf8_blocks.h"

enum ws_event_type {
    WS_EVENT_NONE,  /* all bytes are used up, more must come */
    WS_EVENT_DATA,  /* a piece of a message: data, len, opcode, last */
    WS_EVENT_PING,  /* data, len: to be sent back in a pong */
    WS_EVENT_PONG,  /* data, len */
    WS_EVENT_CLOSE, /* close_code (WS_CLOSE_NO_CODE if it has none), data, len: the reason */
    WS_EVENT_FAULT, /* fault: the connection must be failed with its close code */
};

struct ws_event {
    enum ws_event_type type;
    enum ws_opcode opcode; /* of the whole message: WS_TEXT or WS_BINARY */
    bool last;             /* the message ends with this piece; only such a one may be empty */
    uint16_t close_code;
    enum ws_outcome fault;
    unsigned char *data; /* in the bytes fed, or in the parser: good until it is fed again */
    size_t len;
};

struct ws_message_parser {
    uint64_t max_message; /* bytes; a message announced to be longer is a fault */

    /* the frame under way */
    bool in_payload;
    struct ws_frame frame;
    uint64_t payload_seen;               /* bytes of its payload that have come */
    unsigned char header[WS_HEADER_MAX]; /* its header, while that is incomplete */
    size_t header_seen;
    unsigned char control[WS_CONTROL_MAX]; /* its payload, if it is a control frame */

    /* the message under way; control frames may come between its frames (§5.4) */
    bool in_message;
    enum ws_opcode opcode;
    uint64_t message_len; /* announced by its frames so far */
    struct utf8 text;
    struct utf8 reason; /* of a close frame */
};

void ws_message_init(struct ws_message_parser *parser, uint64_t max_message);

/* Takes bytes up to the next event and returns how many; the rest is to be fed again. The bytes
 * are changed: payload is unmasked in place. */
size_t ws_message_feed(struct ws_message_parser *parser, unsigned char *bytes, size_t len,
                       struct ws_event *event);

/* Bytes that the data frame under way has announced and that have not come; 0 between frames and
 * in a control frame. So many may be read to wherever the message is to be. */
uint64_t ws_message_awaited(const struct ws_message_parser *parser);

/* Is the parser in the middle of a frame, header or payload? */
bool ws_message_in_frame(const struct ws_message_parser *parser);

#endif
