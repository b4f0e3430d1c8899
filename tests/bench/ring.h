/*
 * ring - the messages that are sent, and what must come back
 *
 * Some messages of one length, made before the run, one behind the other as they go over the wire;
 * after the last comes the first again. There are two such endless streams: `requests`, masked frames
 * as a client sends them, and `replies`, the frames that a server must send back: final, unmasked,
 * in the shortest form (RFC 6455 §5.2). Raw TCP has just the payloads in both.
 *
 * So to check a reply is to compare bytes, which costs the same with and without WebSocket, and finds
 * everything: damage, loss, a wrong order, another client's message, a wrong opcode or length.
 */
#ifndef BENCH_RING_H
#define BENCH_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum ring_content { RING_BINARY, RING_ASCII, RING_UTF8 };

struct ring {
    unsigned char *bytes;
    size_t each; /* bytes of a message on the wire */
    size_t len;  /* bytes of all of them */
};
extern struct ring requests, replies;

/* At least `least` messages of `size` bytes each. */
void ring_make(enum ring_content content, size_t size, size_t least, bool raw);

/* Bytes [from, to) of the endless stream, or as many of them as fit into the parts; returns how many
 * parts were used. */
#define RING_PARTS 2
size_t ring_parts(const struct ring *ring, uint64_t from, uint64_t to, struct iovec *parts);

/* Are these the bytes from `from` on? */
bool ring_matches(const struct ring *ring, uint64_t from, const unsigned char *bytes, size_t len);

/* A client's frame around a payload, which is masked where it lies behind the header; returns the
 * length of the header, at most 14. A server's, at most 10. */
size_t frame_of_client(unsigned char *header, int opcode, size_t len, const unsigned char mask[4]);
size_t frame_of_server(unsigned char *header, int opcode, size_t len);
void frame_mask(unsigned char *payload, size_t len, const unsigned char mask[4]);

uint32_t random_next(void);

#endif
