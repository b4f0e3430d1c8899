/*
 * frame - WebSocket frames as bytes (RFC 6455 §5.2), for a grader
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 *     |F|R|R|R| opcode|M| Payload len |    Extended payload length    |
 *     |I|S|S|S|  (4)  |A|     (7)     |             (16/64)           |
 *     |N|V|V|V|       |S|             |   (if payload len==126/127)   |
 *     | |1|2|3|       |K|             |                               |
 *     +-+-+-+-+-------+-+-------------+ - - - - - - - - - - - - - - - +
 *
 * Written here once more, apart from the servers' own, so that a fault there is not blessed by
 * itself. It builds right frames and wrong ones, and reads whatever a server may send. Pure.
 */
#ifndef WSCHECK_FRAME_H
#define WSCHECK_FRAME_H

#include "bytes.h"

/* The first byte of a frame: FIN | opcode, perhaps | RSV1. */
enum {
    CONTINUATION = 0x0,
    TEXT = 0x1,
    BINARY = 0x2,
    CLOSE = 0x8,
    PING = 0x9,
    PONG = 0xA,
    FIN = 0x80,
    RSV1 = 0x40,
    RSV2 = 0x20,
    RSV3 = 0x10,
};

/* How a length is written: in 7 bits, 16 or 64. */
enum { LENGTH_7 = 0, LENGTH_16 = 2, LENGTH_64 = 8 };

#define MASK_LEN       4
#define NOT_MASKED     NULL
#define FRAME_HEAD_MAX 14
#define FRAME_MOST     ((uint64_t)16 << 20) /* bytes of payload: no check sends or wants so much */

/* Adds a whole frame, masked with the key, or not at all. */
void frame_add(struct bytes *out, unsigned first, const unsigned char *key, const void *payload,
               size_t len);

/* Adds only a header that announces so many bytes, in the form given, right or wrong. */
void frame_add_header(struct bytes *out, unsigned first, const unsigned char *key, uint64_t len,
                      size_t form);

/* The shortest form for a length, which is the only right one. */
size_t frame_length_form(uint64_t len);

struct frame {
    unsigned char first; /* FIN, RSV, opcode */
    unsigned opcode;
    bool fin, masked;
    size_t form;
    uint64_t len;    /* as the server says: above FRAME_MOST nothing may be computed with it */
    size_t head_len; /* bytes before the payload */
};

/* Reads a header. False: more bytes are needed. */
bool frame_read(struct frame *frame, const unsigned char *bytes, size_t len);

/* "text", "close" ... */
const char *frame_opcode_name(unsigned opcode);

bool frame_is_control(unsigned opcode);

/* §7.4: may this code stand in a Close frame, as far as the RFC and the registry go? */
bool frame_close_code_may_travel(unsigned code);

/* §7.4: is this a code that the RFC itself says is never sent? */
bool frame_close_code_is_forbidden(unsigned code);

#endif
