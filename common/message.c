/*
 * message - see message.h
 *
 * A frame is taken in two steps, take_header() and take_payload(); both can be cut anywhere.
 */
#include "message.h"

#include <string.h>

void ws_message_init(struct ws_message_parser *parser, uint64_t max_message)
{
    *parser = (struct ws_message_parser){.max_message = max_message};
}

bool ws_message_in_frame(const struct ws_message_parser *parser)
{
    return parser->in_payload || parser->header_seen > 0;
}

uint64_t ws_message_awaited(const struct ws_message_parser *parser)
{
    if (!parser->in_payload || ws_opcode_is_control(parser->frame.opcode))
        return 0;
    return parser->frame.payload_len - parser->payload_seen;
}

static void set_fault(struct ws_event *event, enum ws_outcome fault)
{
    *event = (struct ws_event){.type = WS_EVENT_FAULT, .fault = fault};
}

/* ---------------------------------------------------------------------------------- header */

/* §5.4: does a frame of this kind fit here? Known from its first byte on. */
static enum ws_outcome check_sequence(const struct ws_message_parser *parser,
                                      const struct ws_frame *frame)
{
    if (ws_opcode_is_control(frame->opcode))
        return WS_OK; /* allowed anywhere between frames */
    if (frame->opcode == WS_CONTINUATION)
        return parser->in_message ? WS_OK : WS_STRAY_CONTINUATION;
    return parser->in_message ? WS_MESSAGE_UNFINISHED : WS_OK;
}

/* May the message become so long as the frame announces? */
static bool is_too_big(const struct ws_message_parser *parser)
{
    uint64_t before = parser->in_message ? parser->message_len : 0;
    /* before is never above max_message, so the subtraction is safe where a sum might not be */
    return !ws_opcode_is_control(parser->frame.opcode) &&
           parser->frame.payload_len > parser->max_message - before;
}

/* The header is complete: what does it begin? */
static void begin_frame(struct ws_message_parser *parser)
{
    const struct ws_frame *frame = &parser->frame;
    parser->in_payload = true;
    parser->payload_seen = 0;
    if (ws_opcode_is_control(frame->opcode)) {
        parser->reason = (struct utf8){0};
        return;
    }
    if (!parser->in_message) {
        parser->in_message = true;
        parser->opcode = (enum ws_opcode)frame->opcode;
        parser->message_len = 0;
        parser->text = (struct utf8){0};
    }
    parser->message_len += frame->payload_len;
}

/* Reads a header, from where it lies if it is there whole, else by way of parser->header. Returns
 * how many bytes were used; sets event only if there is a fault. */
static size_t take_header(struct ws_message_parser *parser, const unsigned char *bytes, size_t len,
                          struct ws_event *event)
{
    const unsigned char *header = bytes;
    size_t have = len, before = parser->header_seen;

    if (before > 0) {
        size_t room = sizeof parser->header - before;
        memcpy(parser->header + before, bytes, len < room ? len : room);
        header = parser->header;
        have = before + (len < room ? len : room);
    }

    enum ws_outcome outcome = ws_frame_decode(&parser->frame, header, have);
    if (!ws_outcome_is_of_first_byte(outcome)) { /* then that says whether it may come now */
        enum ws_outcome sequence = check_sequence(parser, &parser->frame);
        outcome = sequence == WS_OK ? outcome : sequence;
    }
    bool is_announced = parser->frame.header_len > 0; /* the masking key may be still to come */
    if (is_announced && (outcome == WS_OK || outcome == WS_PARTIAL) && is_too_big(parser))
        outcome = WS_TOO_BIG;
    if (outcome == WS_PARTIAL) { /* then all there is fits into parser->header */
        if (before == 0)
            memcpy(parser->header, bytes, have);
        parser->header_seen = have;
        return len;
    }
    parser->header_seen = 0;
    if (outcome != WS_OK) {
        set_fault(event, outcome);
        return len;
    }
    begin_frame(parser);
    return parser->frame.header_len - before;
}

/* --------------------------------------------------------------------------------- payload */

static void data_event(struct ws_message_parser *parser, unsigned char *piece, size_t len,
                       bool frame_ends, struct ws_event *event)
{
    bool last = frame_ends && parser->frame.fin;
    struct utf8 *text = &parser->text;
    if (parser->opcode == WS_TEXT &&
        (!utf8_blocks_feed(text, piece, len) || (last && !utf8_is_complete(text)))) {
        set_fault(event, WS_BAD_UTF8);
        return;
    }
    if (last)
        parser->in_message = false;
    if (len > 0 || last)
        *event = (struct ws_event){.type = WS_EVENT_DATA,
                                   .opcode = parser->opcode,
                                   .last = last,
                                   .data = piece,
                                   .len = len};
}

static uint16_t close_code_of(const unsigned char body[2])
{
    return (uint16_t)(body[0] << 8 | body[1]);
}

/* §5.5.1, §7.4: no body at all, or a code and perhaps a reason. body[0..have) is what has come of
 * the announced length; its last `fresh` bytes are new. */
static enum ws_outcome check_close(struct ws_message_parser *parser, const unsigned char *body,
                                   size_t have, size_t fresh, size_t announced)
{
    if (announced == 1)
        return WS_CLOSE_ONE_BYTE;
    if (have < 2)
        return WS_OK;
    if (!ws_close_code_is_valid(close_code_of(body)))
        return WS_CLOSE_BAD_CODE;
    size_t checked = have - fresh > 2 ? have - fresh : 2;
    if (!utf8_feed(&parser->reason, body + checked, have - checked))
        return WS_CLOSE_BAD_UTF8;
    return have < announced || utf8_is_complete(&parser->reason) ? WS_OK : WS_CLOSE_BAD_UTF8;
}

/* A control frame is told when it is whole; its payload is small enough to wait for here. */
static void control_event(struct ws_message_parser *parser, const unsigned char *piece, size_t len,
                          struct ws_event *event)
{
    const struct ws_frame *frame = &parser->frame;
    size_t announced = (size_t)frame->payload_len, have = (size_t)parser->payload_seen;
    unsigned char *body = parser->control;

    if (len > 0)
        memcpy(body + have - len, piece, len);
    if (frame->opcode == WS_CLOSE) {
        enum ws_outcome outcome = check_close(parser, body, have, len, announced);
        if (outcome != WS_OK) {
            set_fault(event, outcome);
            return;
        }
    }
    if (have < announced)
        return;

    *event = (struct ws_event){.data = body, .len = have};
    if (frame->opcode == WS_PING) {
        event->type = WS_EVENT_PING;
    } else if (frame->opcode == WS_PONG) {
        event->type = WS_EVENT_PONG;
    } else {
        event->type = WS_EVENT_CLOSE;
        event->close_code = WS_CLOSE_NO_CODE;
        if (have >= 2) {
            event->close_code = close_code_of(body);
            event->data += 2;
            event->len -= 2;
        }
    }
}

static size_t take_payload(struct ws_message_parser *parser, unsigned char *bytes, size_t len,
                           struct ws_event *event)
{
    const struct ws_frame *frame = &parser->frame;
    uint64_t awaited = frame->payload_len - parser->payload_seen;
    size_t piece = len < awaited ? len : (size_t)awaited;

    ws_frame_mask(bytes, piece, frame->mask_key, parser->payload_seen);
    parser->payload_seen += piece;
    bool frame_ends = parser->payload_seen == frame->payload_len;
    parser->in_payload = !frame_ends;
    if (ws_opcode_is_control(frame->opcode))
        control_event(parser, bytes, piece, event);
    else
        data_event(parser, bytes, piece, frame_ends, event);
    return piece;
}

size_t ws_message_feed(struct ws_message_parser *parser, unsigned char *bytes, size_t len,
                       struct ws_event *event)
{
    size_t used = 0;
    event->type = WS_EVENT_NONE;
    while (event->type == WS_EVENT_NONE && used < len) {
        if (!parser->in_payload)
            used += take_header(parser, bytes + used, len - used, event);
        /* a frame without payload is told right away: no byte of it will follow */
        if (event->type == WS_EVENT_NONE && parser->in_payload)
            used += take_payload(parser, bytes + used, len - used, event);
    }
    return used;
}
