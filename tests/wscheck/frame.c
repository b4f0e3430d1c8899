/*
 * frame - see frame.h
 */
#include "frame.h"

size_t frame_length_form(uint64_t len)
{
    if (len <= 125)
        return LENGTH_7;
    return len <= 65535 ? LENGTH_16 : LENGTH_64;
}

void frame_add_header(struct bytes *out, unsigned first, const unsigned char *key, uint64_t len,
                      size_t form)
{
    unsigned mask_bit = key != NOT_MASKED ? 0x80 : 0;
    unsigned len7 = form == LENGTH_7 ? (unsigned)len : form == LENGTH_16 ? 126 : 127;
    bytes_add_number(out, first, 1);
    bytes_add_number(out, mask_bit | len7, 1);
    bytes_add_number(out, len, form);
    if (key != NOT_MASKED)
        bytes_add(out, key, MASK_LEN);
}

void frame_add(struct bytes *out, unsigned first, const unsigned char *key, const void *payload,
               size_t len)
{
    frame_add_header(out, first, key, len, frame_length_form(len));
    size_t start = out->len;
    bytes_add(out, payload, len);
    if (key != NOT_MASKED) /* §5.3 */
        for (size_t i = 0; i < len; i++)
            out->at[start + i] ^= key[i % MASK_LEN];
}

bool frame_read(struct frame *frame, const unsigned char *bytes, size_t len)
{
    if (len < 2)
        return false;
    unsigned len7 = bytes[1] & 0x7F;
    *frame = (struct frame){.first = bytes[0],
                            .opcode = bytes[0] & 0x0F,
                            .fin = (bytes[0] & FIN) != 0,
                            .masked = (bytes[1] & 0x80) != 0,
                            .form = len7 == 127   ? LENGTH_64
                                    : len7 == 126 ? LENGTH_16
                                                  : LENGTH_7,
                            .len = len7};
    frame->head_len = 2 + frame->form + (frame->masked ? MASK_LEN : 0);
    if (len < frame->head_len)
        return false;
    if (frame->form != LENGTH_7)
        frame->len = 0;
    for (size_t i = 0; i < frame->form; i++)
        frame->len = frame->len << 8 | bytes[2 + i];
    return true;
}

const char *frame_opcode_name(unsigned opcode)
{
    switch (opcode) {
    case CONTINUATION: return "continuation";
    case TEXT: return "text";
    case BINARY: return "binary";
    case CLOSE: return "close";
    case PING: return "ping";
    case PONG: return "pong";
    default: return "reserved";
    }
}

bool frame_is_control(unsigned opcode)
{
    return opcode >= CLOSE;
}

bool frame_close_code_may_travel(unsigned code)
{
    if (code >= 1000 && code <= 1014) /* 1012-1014 were registered with IANA later */
        return code != 1004 && code != 1005 && code != 1006;
    return code >= 3000 && code <= 4999;
}

bool frame_close_code_is_forbidden(unsigned code)
{
    return code < 1000 || code == 1004 || code == 1005 || code == 1006 || code == 1015;
}
