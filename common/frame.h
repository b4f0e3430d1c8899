/*
 * frame - the header of a frame ↔ bytes, and masking (RFC 6455 §5.2, §5.3)
 *
 *     bytes → request → FRAMES → messages → room
 *
 * After the handshake both sides send frames: a header of 2 to 14 bytes, then the payload. This
 * module knows what one header means and which headers are never allowed; what follows from the
 * order of frames is for message.c.
 *
 * Pure: it works on (pointer, length), and an incomplete header is an outcome of its own.
 */
#ifndef COMMON_FRAME_H
#define COMMON_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-------+-+-------------+-------------------------------+
 *     |F|R|R|R| opcode|M| Payload len |    Extended payload length    |
 *     |I|S|S|S|  (4)  |A|     (7)     |             (16/64)           |
 *     |N|V|V|V|       |S|             |   (if payload len==126/127)   |
 *     | |1|2|3|       |K|             |                               |
 *     +-+-+-+-+-------+-+-------------+ - - - - - - - - - - - - - - - +
 *     |     Extended payload length continued, if payload len == 127  |
 *     + - - - - - - - - - - - - - - - +-------------------------------+
 *     |                               |Masking-key, if MASK set to 1  |
 *     +-------------------------------+-------------------------------+
 *     | Masking-key (continued)       |          Payload Data         |
 *     +-------------------------------- - - - - - - - - - - - - - - - +
 *
 * Numbers longer than a byte travel with the highest byte first (network byte order).
 */
struct ws_frame {
    bool fin;             /* the last frame of its message */
    unsigned char rsv;    /* RSV1 to RSV3 as a number; 0 unless an extension was agreed on */
    unsigned char opcode; /* enum ws_opcode, or one of the reserved numbers */
    bool masked;
    uint64_t payload_len;      /* bytes */
    unsigned char mask_key[4]; /* if masked */
    size_t header_len;         /* bytes of this header; 0: payload_len is not known yet */
};

enum ws_opcode { /* §5.2, §11.8 */
                 WS_CONTINUATION = 0x0,
                 WS_TEXT = 0x1,
                 WS_BINARY = 0x2,
                 WS_CLOSE = 0x8, /* from here on: control frames (§5.5) */
                 WS_PING = 0x9,
                 WS_PONG = 0xA,
};

enum ws_close_code { /* §7.4.1, and 1012 to 1014 of the IANA registry (§11.7) */
                     WS_CLOSE_NORMAL = 1000,
                     WS_CLOSE_GOING_AWAY = 1001,
                     WS_CLOSE_PROTOCOL_ERROR = 1002,
                     WS_CLOSE_NO_CODE = 1005, /* never sent: a close frame without a code */
                     WS_CLOSE_ABNORMAL =
                         1006, /* never sent: the connection ended without a close frame */
                     WS_CLOSE_BAD_DATA = 1007,
                     WS_CLOSE_POLICY = 1008,
                     WS_CLOSE_TOO_BIG = 1009,
                     WS_CLOSE_INTERNAL_ERROR = 1011,
};

/* How reading frames and messages can end. All from WS_BAD_RSV on are faults of the client; each
 * has its close code and its words in one table, see ws_fault_find(). */
enum ws_outcome {
    WS_OK,
    WS_PARTIAL, /* no fault so far, but more bytes must come */

    /* faults of one header: found by ws_frame_decode() */
    WS_BAD_RSV,
    WS_BAD_OPCODE,
    WS_CONTROL_FRAGMENTED,
    WS_CONTROL_TOO_LONG,
    WS_NOT_MASKED,
    WS_LENGTH_NOT_MINIMAL,
    WS_LENGTH_HIGH_BIT,

    /* faults of a sequence of frames, or of what is in them: found by ws_message_feed() */
    WS_STRAY_CONTINUATION,
    WS_MESSAGE_UNFINISHED,
    WS_TOO_BIG,
    WS_BAD_UTF8,
    WS_CLOSE_ONE_BYTE,
    WS_CLOSE_BAD_CODE,
    WS_CLOSE_BAD_UTF8,

    WS_OUTCOMES /* how many there are */
};

/* A fault of the first byte comes before all that later bytes can have. */
static inline bool ws_outcome_is_of_first_byte(enum ws_outcome outcome)
{
    return outcome >= WS_BAD_RSV && outcome <= WS_CONTROL_FRAGMENTED;
}

struct ws_fault {
    uint16_t close_code;
    const char *reason; /* at most WS_REASON_MAX bytes, with the section */
};
const struct ws_fault *ws_fault_find(enum ws_outcome outcome);

#define WS_HEADER_MAX        14  /* bytes: 2, 8 of length, 4 of key */
#define WS_SERVER_HEADER_MAX 10  /* a server does not mask */
#define WS_CONTROL_MAX       125 /* bytes of payload in a control frame (§5.5) */
#define WS_REASON_MAX        123 /* ... in a close frame after its code */

/*
 * Reads the header of a client's frame at bytes[0..len). WS_OK: *frame is complete, and the
 * payload begins frame->header_len bytes on. WS_PARTIAL: call again with more; fin, rsv and opcode
 * are good as soon as there is one byte, payload_len as soon as header_len is not 0. Anything else:
 * the fault, told at the byte that makes it one, even if the header is not complete.
 */
enum ws_outcome ws_frame_decode(struct ws_frame *frame, const unsigned char *bytes, size_t len);

/* Writes the header of a server's frame (final, unmasked, in the shortest form that holds the
 * length); returns its length in bytes. */
size_t ws_frame_encode(unsigned char header[WS_SERVER_HEADER_MAX], enum ws_opcode opcode,
                       uint64_t payload_len);

/* The body of a close frame: the code, highest byte first, and the reason in UTF-8, cut at
 * WS_REASON_MAX bytes (§5.5.1). Returns its length. */
size_t ws_close_encode(unsigned char body[WS_CONTROL_MAX], uint16_t code, const char *reason,
                       size_t reason_len);

/* Masks or unmasks (it is the same) a piece of a payload in place; offset is where in the payload
 * the piece begins (§5.3). */
void ws_frame_mask(unsigned char *piece, size_t len, const unsigned char key[4], uint64_t offset);

static inline bool ws_opcode_is_control(unsigned char opcode)
{
    return opcode >= WS_CLOSE;
}

const char *ws_opcode_name(unsigned char opcode); /* "text", ...; "reserved" for the others */

/* May a close frame carry this code? (§7.4) */
bool ws_close_code_is_valid(uint16_t code);

#endif
