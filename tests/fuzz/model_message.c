/*
 * model_message - all that a client sends after the handshake, read in one go, see model.h
 *
 * Frame after frame, straight from the sections of RFC 6455.
 */
#include "model.h"

static struct model_told *tell(struct model_transcript *t, enum model_what what, size_t from,
                               size_t to)
{
    struct model_told *told = &t->told[t->count++];
    *told = (struct model_told){.what = what, .from = from, .to = to};
    told->begun = t->in_message ? t->plain_len - t->message_start : 0;
    return told;
}

static bool tell_fault(struct model_transcript *t, unsigned broken, size_t from, size_t to)
{
    tell(t, MODEL_FAULT, from, to)->broken = broken;
    return false;
}

/* §5.4: a continuation needs a message to continue; a message must end before the next begins. */
static unsigned sequence_rules(const struct model_transcript *t, unsigned opcode)
{
    if (opcode == 0 && !t->in_message)
        return MODEL_STRAY_CONTINUATION;
    if ((opcode == 1 || opcode == 2) && t->in_message)
        return MODEL_UNFINISHED;
    return 0;
}

#define KEY 4 /* bytes of the masking key */

/* Reads the header at wire[at..len). False if there is nothing to read after it: it is not all
 * there, or a fault has been told. */
static bool read_header(struct model_transcript *t, struct model_header *header,
                        const uint8_t *wire, size_t at, size_t len, uint64_t max_message)
{
    for (size_t n = 1; at + n <= len; n++) {
        unsigned broken = model_header_read(header, wire + at, n);
        broken |= sequence_rules(t, header->opcode);
        if (broken != 0)
            return tell_fault(t, broken, at + n, at + n);
        if (n < 2 || n < header->size - KEY)
            continue;
        /* The length is there. */
        uint64_t before = t->in_message ? t->announced : 0;
        bool is_control = model_is_control(header->opcode);
        if (!is_control &&
            (header->payload_len > max_message || before > max_message - header->payload_len))
            return tell_fault(t, MODEL_TOO_BIG, at + n, at + n);
        if (n < header->size)
            continue;
        /* Of a close frame, this is known earlier, but may be told when the header is complete. */
        return header->opcode == 8 && header->payload_len == 1
                   ? tell_fault(t, MODEL_CLOSE_ONE_BYTE, at + 2, at + n)
                   : true;
    }
    return false;
}

/* §8.1: is the message still text? A character may be cut by the end of a frame, not of the
 * message. */
static bool check_text(struct model_transcript *t, bool ends, size_t now)
{
    const uint8_t *text = t->plain + t->message_start;
    size_t len = t->plain_len - t->message_start;
    bool whole;
    size_t possible = model_utf8_possible(text, len, &whole);
    if (possible < len) {
        size_t bad = t->wire_of[t->message_start + possible] + 1;
        return tell_fault(t, MODEL_TEXT_UTF8, bad, bad);
    }
    return ends && !whole ? tell_fault(t, MODEL_TEXT_UTF8, now, now) : true;
}

static bool read_data(struct model_transcript *t, const struct model_header *header,
                      const uint8_t *wire, size_t at, size_t have)
{
    if (header->opcode != 0) {
        t->in_message = true;
        t->opcode = header->opcode;
        t->message_start = t->plain_len;
        t->announced = 0;
    }
    t->announced += header->payload_len;
    for (size_t i = 0; i < have; i++) {
        t->wire_of[t->plain_len] = at + i;
        t->plain[t->plain_len++] = wire[at + i] ^ header->key[i % 4]; /* §5.3 */
    }
    bool ends = header->fin == 1 && have == header->payload_len;
    if (t->opcode == 1 && !check_text(t, ends, at + have))
        return false;
    if (ends) {
        t->in_message = false;
        struct model_told *told = tell(t, MODEL_MESSAGE, at + have, at + have);
        told->opcode = t->opcode;
        told->data = t->plain + t->message_start;
        told->len = t->plain_len - t->message_start;
    }
    return true;
}

/* §5.5.1, §7.4: the code in two bytes, and a reason that is UTF-8. */
static bool check_close(struct model_transcript *t, const uint8_t *body, size_t have,
                        uint64_t announced, size_t at)
{
    bool whole;
    if (have < 2)
        return true;
    if (!model_close_code_is_valid(body[0] * 256u + body[1]))
        return tell_fault(t, MODEL_CLOSE_CODE, at + 2, at + 2);
    size_t possible = model_utf8_possible(body + 2, have - 2, &whole);
    if (possible < have - 2)
        return tell_fault(t, MODEL_CLOSE_UTF8, at + 2 + possible + 1, at + 2 + possible + 1);
    if (have == announced && !whole)
        return tell_fault(t, MODEL_CLOSE_UTF8, at + have, at + have);
    return true;
}

static bool read_control(struct model_transcript *t, const struct model_header *header,
                         const uint8_t *wire, size_t at, size_t have)
{
    uint8_t *body = t->control + t->control_len;
    for (size_t i = 0; i < have; i++)
        body[i] = wire[at + i] ^ header->key[i % 4];
    t->control_len += have;
    if (header->opcode == 8 && !check_close(t, body, have, header->payload_len, at))
        return false;
    if (have < header->payload_len)
        return true;

    struct model_told *told = tell(t,
                                   header->opcode == 8   ? MODEL_CLOSE
                                   : header->opcode == 9 ? MODEL_PING
                                                         : MODEL_PONG,
                                   at + have, at + have);
    told->data = body;
    told->len = have;
    if (header->opcode == 8) {
        told->code = have == 0 ? 1005 : body[0] * 256u + body[1]; /* §7.1.5 */
        told->data += have == 0 ? 0 : 2;
        told->len -= have == 0 ? 0 : 2;
    }
    return header->opcode != 8; /* §5.5.1: nothing may follow a close */
}

void model_messages_read(struct model_transcript *t, const uint8_t *wire, size_t len,
                         uint64_t max_message)
{
    struct model_header header;
    size_t at = 0;
    t->count = t->frame_count = t->plain_len = t->control_len = 0;
    t->in_message = false;
    while (at < len) {
        struct model_frame *frame = &t->frames[t->frame_count++];
        *frame = (struct model_frame){at, SIZE_MAX, SIZE_MAX, 0, false};
        if (!read_header(t, &header, wire, at, len, max_message))
            return;
        at += header.size;
        size_t have = len - at < header.payload_len ? len - at : (size_t)header.payload_len;
        frame->payload = at;
        frame->payload_len = header.payload_len;
        frame->is_control = model_is_control(header.opcode);
        if (have == header.payload_len)
            frame->end = at + have;
        if (!(frame->is_control ? read_control : read_data)(t, &header, wire, at, have))
            return;
        at += have;
    }
}
