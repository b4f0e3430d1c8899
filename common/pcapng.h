/*
 * pcapng - a file that Wireshark opens: sections, and packets of TCP connections
 *
 * Stands beside the way of the data. The format is that of draft-ietf-opsawg-pcapng: blocks, each with
 * its type and its length before and behind. A server knows the bytes that it received and sent, and
 * their order. It does not know how TCP has cut them into packets: so those are made up, and so are
 * the packets that carry no bytes. Sequence numbers are made up too, but count each byte: a reader
 * sees where some are missing.
 *
 * Pure: it writes into the caller's buffer.
 */
#ifndef COMMON_PCAPNG_H
#define COMMON_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCAPNG_COMMENT_MAX 200                        /* bytes of a comment; a longer one is cut */
#define PCAPNG_BEGIN_MAX   (60 + PCAPNG_COMMENT_MAX)  /* ... of what a file begins with */
#define PCAPNG_PACKET_MORE (120 + PCAPNG_COMMENT_MAX) /* ... of a packet besides what it carries */
#define PCAPNG_CARRIED_MAX 65000 /* bytes that a packet can carry: its length has 16 bits */

/* One end of a TCP connection. */
struct pcapng_end {
    unsigned char ip[16]; /* the first 4 of them, unless it is IPv6 */
    uint16_t port;
    uint32_t sequence; /* number of the next byte that it sends; any number at first */
};

struct pcapng_stream {
    bool is_ipv6;
    struct pcapng_end client, server;
};

enum { /* the flags of TCP (RFC 9293 §3.1) */
       PCAPNG_FIN = 1,
       PCAPNG_SYN = 2,
       PCAPNG_RST = 4,
       PCAPNG_PSH = 8,
       PCAPNG_ACK = 16,
};

struct pcapng_packet {
    bool from_client;
    unsigned char flags;
    uint64_t time;       /* microseconds since 1970 */
    size_t len;          /* bytes that it carried, at most PCAPNG_CARRIED_MAX */
    size_t captured;     /* ... of which the first are in the file */
    const char *comment; /* UTF-8, or NULL */
};

/* What a file begins with. The comment is about the whole file. Returns its length. */
size_t pcapng_begin(unsigned char out[PCAPNG_BEGIN_MAX], const char *comment);

/* Writes the block of a packet, all but the bytes that it carries: the caller copies packet->captured of
 * them to out + *at. Returns the length of the block, at most PCAPNG_PACKET_MORE + captured. */
size_t pcapng_packet(unsigned char *out, const struct pcapng_stream *stream,
                     const struct pcapng_packet *packet, size_t *at);

/* The packet has passed, whether it was written or not: its sender goes on with the next byte. */
void pcapng_passed(struct pcapng_stream *stream, const struct pcapng_packet *packet);

/* The length of the block that begins there; 0 if it is not whole. */
size_t pcapng_block_len(const unsigned char *bytes, size_t len);

#endif
