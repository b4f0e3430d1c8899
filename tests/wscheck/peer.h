/*
 * peer - a client in the grader's hand: connects, sends what it is told, right or wrong
 *
 * All steps do nothing once the trial has failed; see trial.h.
 */
#ifndef WSCHECK_PEER_H
#define WSCHECK_PEER_H

#include "frame.h"
#include "trial.h"

/* A mask of zeros is as good as any other to the RFC, and leaves the payload readable: so a check
 * that is not about masking does not fail for a fault in unmasking. */
extern const unsigned char zero_mask[MASK_LEN];
extern const unsigned char sample_mask[MASK_LEN]; /* 37 fa 21 3d, of §5.7 */

/* Connects, no more than that. */
struct peer *peer_connect(struct trial *t);
struct peer *peer_connect_to(struct trial *t, const char *host);

/* One with a receive buffer as small as can be, for peer_be_deaf(). */
struct peer *peer_connect_small(struct trial *t);

/* From now on it does not read any more; or does again. */
void peer_be_deaf(struct peer *p, bool deaf);

/* In one segment each, unless --chop says otherwise. */
void send_bytes(struct peer *p, const void *at, size_t len);
void send_string(struct peer *p, const char *text);
void send_request(struct peer *p, const char *changes); /* as http_add_request() has it */
void send_frame(struct peer *p, unsigned first, const void *payload, size_t len); /* zero_mask */
void send_masked(struct peer *p, unsigned first, const unsigned char *mask, const void *payload,
                 size_t len);
void send_text(struct peer *p, const char *text);
void send_close(struct peer *p, unsigned code, const char *reason);

/* A handshake as bytes, for those who want to add something to it; sets the peer's key. */
void add_request(struct peer *p, struct bytes *out, const char *changes);

/* In segments of so many bytes. The server is given a moment to read each. */
void send_in_pieces(struct peer *p, const void *at, size_t len, size_t piece);

/* As much as is taken in a short while, for a server that may be stuck in answering; returns how much. */
size_t send_what_fits(struct peer *p, const void *at, size_t len);

void peer_end_sending(struct peer *p);
void peer_leave(struct peer *p); /* closes the connection without a word */
void peer_reset(struct peer *p);

/* What it sent has been answered well: the next failure is about what comes after. */
void peer_settle(struct peer *p);

/* All of the trial's connections, to be read together. */
struct wires peer_wires(struct trial *t);

#endif
