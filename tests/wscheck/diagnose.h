/*
 * diagnose - which mistake makes bytes wrong in just this way
 *
 * The mistakes that people make when they write a WebSocket server are few, and most leave a mark
 * in the bytes: recompute what each would have sent, and name the one that matches. Where the bytes
 * say nothing (silence), the check itself suspects something: it has been made to isolate that.
 * Pure.
 */
#ifndef WSCHECK_DIAGNOSE_H
#define WSCHECK_DIAGNOSE_H

#include "bytes.h"

struct diagnosis {
    const char *id;
    const char *text;  /* what it is and what to do instead */
    const char *place; /* where to look: an exercise's name, or words; NULL: as for the check */
};

/* NULL: there is no such diagnosis. */
const struct diagnosis *diagnosis_find(const char *id);

/* An accept key that is not the right one for the key; NULL: none that is known. */
const char *diagnose_accept(const char *key, const char *accept);

/* An answer that is no good head. */
const char *diagnose_head(const unsigned char *came, size_t len);

/* What was sent was good, and is refused: by which rule? Nothing else that was expected is looked at. */
const char *diagnose_refusal(const struct bytes *expected, const struct bytes *came);

/* A frame that is not the expected one. */
struct evidence {
    const unsigned char *expected;
    size_t expected_len;
    const unsigned char *came;
    size_t came_len;
    const unsigned char *mask;        /* of the frame that was sent */
    const unsigned char *mask_before; /* of the one before that, or zeros */
    size_t cut;                       /* where its payload was cut in two, or 0 */
    const unsigned char *sent;        /* the frames that the client has sent, as far as is known */
    size_t sent_len;
    bool in_pieces;   /* some of that was sent in pieces */
    bool behind_head; /* nothing came but a head, before */
};
const char *diagnose_frame(const struct evidence *evidence);

#endif
