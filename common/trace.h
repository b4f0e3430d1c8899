/*
 * trace - a request head or a frame explained: for people (--trace), and as JSON for a page
 *
 *     bytes → REQUEST → FRAMES → messages → room
 *
 * Beside the way of the data, looking on: conn.c and opening.c show it the bytes that pass, and it
 * writes down what they are, which rule they keep or break. Nothing depends on what it says.
 *
 * Pure: it writes text into the caller's buffer. Bytes of a client appear in it as hexadecimal or as
 * printable ASCII, so that the text is safe to print. Lines are at most 100 columns wide; or, for a
 * terminal that is narrower, what must stand together is, and the words may be wrapped: wrap.h.
 */
#ifndef COMMON_TRACE_H
#define COMMON_TRACE_H

#include "frame.h"
#include "http.h"

#define TRACE_SHOWN 64   /* bytes of a payload that are shown; the rest is counted */
#define TRACE_MAX   4096 /* bytes that a text may need, NUL included */

/* What its sender was in the middle of when a frame began. */
struct trace_state {
    bool closing;    /* this is, or follows, a close frame */
    bool in_message; /* a fragmented message is unfinished (§5.4): */
    unsigned char opcode;
    unsigned fragments; /* of it, so far; 0: nobody looked on when it began */
};

/* A frame as far as it has passed by. */
struct trace_frame {
    bool from_client;
    bool is_queued;          /* of the server's: it waits for others before it to be sent */
    enum ws_outcome outcome; /* WS_PARTIAL: the connection ended in the middle of it */
    struct trace_state state;

    unsigned char header[WS_HEADER_MAX];
    size_t header_len;
    bool header_done, header_bad;
    struct ws_frame frame;            /* what the header says; good as far as it has come */
    unsigned char shown[TRACE_SHOWN]; /* the payload as it was on the wire; or, if header_bad, what
                                         came behind the header */
    uint64_t payload_seen;

    /* TCP cuts where it likes: */
    unsigned reads; /* how many reads brought it */
    bool joined;    /* the first of them had brought something before this frame */
    bool cut_before[WS_HEADER_MAX + TRACE_SHOWN]; /* a read began with this byte, header first */
    bool new_read;                                /* ... with the byte that comes next */
};

/* ----------------------------------------------------------------------------- looking on */

/* A read has brought something new from the client. */
void trace_read(struct trace_frame *trace);

/* A client's bytes pass by, as they were on the wire. Takes bytes up to the end of the frame at most
 * and returns how many; *complete says whether that was its end. After a header that is never
 * allowed, it takes all there is. */
size_t trace_feed(struct trace_frame *trace, const unsigned char *bytes, size_t len,
                  bool *complete);

/* The frame is complete: be ready for the next. */
void trace_next(struct trace_frame *trace);

/* Notes the first frame in bytes that this server sends; returns its length in bytes. */
size_t trace_sent(struct trace_frame *trace, const unsigned char *bytes, size_t len);

/* -------------------------------------------------------------------------------- telling */

/* How it is shown: on a terminal in colour; so many columns there are; in the reader's language, which
 * this function knows (words.h), or as it stands here. */
struct trace_look {
    bool colour;
    size_t columns;
    const char *(*words)(const char *english);
};
#define TRACE_COLUMNS 100

/* Writes what is known of the frame, and the verdict. Returns the length of the text, which ends
 * with a newline. */
size_t trace_frame_text(const struct trace_frame *trace, struct trace_look look,
                        char out[TRACE_MAX]);

/*
 * The same for programs: the members of a JSON object, without the braces around it.
 *
 *     "direction":"in"                  or "out"
 *     "outcome":"ok"                    or "bad", or "cut": the connection ended in the middle of it
 *     "header":"818537fa213d"           hexadecimal, as far as it came
 *     "fin":true,"rsv":0,"opcode":1,"name":"text"
 *     "masked":true,"form":7,"length":5 form 7, 16 or 64 bits; each null while it is not known
 *     "payload":"7f9f4d5158","seen":5   as it was on the wire, the first 64 bytes of what came; if
 *                                       the header is bad, what came behind it
 *     "reads":2,"cuts":[1],"joined":false   a read began with byte 1; joined: with the frame before
 *     "state":"between","fragments":0   or "text", "binary": inside such a message, so many
 *                                       fragments so far; "closing"; of frames out, "open"
 *     "kept":["5.1","5.2"]              sections of RFC 6455; only if it is ok
 *     "fault":"not-masked","section":"5.1","reason":"...","close":1002    only if it is bad
 *     "hint":"mask","hintWords":"..."   perhaps: what beginners mostly did when this came
 */
size_t trace_frame_json(const struct trace_frame *trace, char out[TRACE_MAX]);

/* A request or answer head. */
struct trace_head {
    bool from_client;
    const void *bytes;
    size_t len;
    unsigned reads;            /* that brought it, if from_client */
    enum http_outcome outcome; /* of the request: HTTP_PARTIAL if the client left in its middle */
};

/* Writes it line by line, as much as fits, and what its lines mean. */
size_t trace_head_text(const struct trace_head *head, struct trace_look look, char out[TRACE_MAX]);

#endif
