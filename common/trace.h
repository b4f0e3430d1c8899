/*
 * trace - a request head or a frame explained, for people (--trace)
 *
 *     bytes → REQUEST → FRAMES → messages → room
 *
 * Beside the way of the data, looking on: conn.c and opening.c show it the bytes that pass, and it
 * writes down what they are, which rule they keep or break. Nothing depends on what it says.
 *
 * Pure: it writes text into the caller's buffer; client's bytes appear in it as hexadecimal or as
 * printable ASCII, so that the text is safe to print. Lines are at most 100 columns wide.
 */
#ifndef COMMON_TRACE_H
#define COMMON_TRACE_H

#include "frame.h"

#define TRACE_SHOWN 64   /* bytes of a payload that are shown; the rest is counted */
#define TRACE_PEEK  128  /* raw bytes that trace_feed() wants to see of each piece */
#define TRACE_MAX   4096 /* bytes that a text may need, NUL included */

/* A frame as far as it has passed by. All zero: nothing yet. */
struct trace_frame {
    bool from_client;
    unsigned reads; /* how many reads have brought it: TCP cuts where it likes */
    unsigned char header[WS_HEADER_MAX];
    size_t header_len;
    bool header_done;
    struct ws_frame frame;            /* what the header says; good as far as it has come */
    unsigned char shown[TRACE_SHOWN]; /* the payload as it was on the wire */
    uint64_t payload_seen;
};

/* A read has brought something new for the frame. */
void trace_read(struct trace_frame *trace);

/* A client's bytes pass by, raw. peek holds the first TRACE_PEEK of them, or all if they are fewer;
 * len is how many there are. Takes bytes up to the end of the frame at most and returns how many;
 * *complete says whether that was its end. */
size_t trace_feed(struct trace_frame *trace, const unsigned char *peek, size_t len, bool *complete);

/* Notes the first frame in bytes that this server sends; returns its length in bytes. */
size_t trace_sent(struct trace_frame *trace, const unsigned char *bytes, size_t len);

/* Writes what is known of the frame and how it was judged: WS_OK, or the fault. Returns the length
 * of the text, which ends with a newline. */
size_t trace_frame_text(const struct trace_frame *trace, enum ws_outcome outcome,
                        char out[TRACE_MAX]);

/* Writes a request or answer head, line by line, as much as fits. */
size_t trace_head_text(const void *head, size_t len, char out[TRACE_MAX]);

#endif
