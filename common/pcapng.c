/*
 * pcapng - see pcapng.h
 */
#include "pcapng.h"

#include <string.h>

#define SECTION          0x0A0D0D0Au
#define INTERFACE        1u
#define PACKET           6u
#define BYTE_ORDER_MAGIC 0x1A2B3C4Du
#define RAW_IP           101 /* the link type of packets that begin with their IP header */
#define COMMENT_OPTION   1
#define TCP              6
#define TCP_HEADER_LEN   20

/* ---------------------------------------------------------------------------------- numbers */

/* The blocks are written with the lowest byte first. */
static unsigned char *put_low_first(unsigned char *at, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        *at++ = (unsigned char)(number >> 8 * i);
    return at;
}

/* TCP and IP have the highest byte first. */
static unsigned char *put_high_first(unsigned char *at, uint32_t number, size_t size)
{
    for (size_t i = size; i-- > 0;)
        *at++ = (unsigned char)(number >> 8 * i);
    return at;
}

static unsigned char *put_bytes(unsigned char *at, const void *bytes, size_t len)
{
    memcpy(at, bytes, len);
    return at + len;
}

/* ----------------------------------------------------------------------------------- blocks */

/* Everything in a block begins at a multiple of 4. */
static unsigned char *pad(unsigned char *at, size_t len)
{
    size_t missing = (4 - len % 4) % 4;
    memset(at, 0, missing);
    return at + missing;
}

static unsigned char *begin_block(unsigned char *out, uint32_t type)
{
    return put_low_first(put_low_first(out, type, 4), 0, 4); /* the length is not known yet */
}

static size_t end_block(unsigned char *out, unsigned char *at)
{
    size_t len = (size_t)(at - out) + 4;
    (void)put_low_first(out + 4, len, 4);
    (void)put_low_first(at, len, 4);
    return len;
}

/* How much of a text fits: no half character is left behind. */
static size_t fitting(const char *text)
{
    size_t len = strlen(text);
    if (len <= PCAPNG_COMMENT_MAX)
        return len;
    for (len = PCAPNG_COMMENT_MAX; len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80;)
        len--;
    return len;
}

/* The only option that we use, and the end of the options; nothing without a comment. */
static unsigned char *put_comment(unsigned char *at, const char *comment)
{
    size_t len = comment != NULL ? fitting(comment) : 0;
    if (len == 0)
        return at;
    at = put_low_first(at, COMMENT_OPTION, 2);
    at = put_low_first(at, len, 2);
    at = pad(put_bytes(at, comment, len), len);
    return put_low_first(at, 0, 4);
}

size_t pcapng_begin(unsigned char out[PCAPNG_BEGIN_MAX], const char *comment)
{
    unsigned char *at = begin_block(out, SECTION);
    at = put_low_first(at, BYTE_ORDER_MAGIC, 4);
    at = put_low_first(at, 1, 2); /* version 1.0 */
    at = put_low_first(at, 0, 2);
    at = put_low_first(at, UINT64_MAX, 8); /* how long the section will be is not known */
    size_t len = end_block(out, put_comment(at, comment));

    at = begin_block(out + len, INTERFACE);
    at = put_low_first(at, RAW_IP, 4); /* and 2 reserved bytes */
    at = put_low_first(at, 0, 4);      /* no limit to the length of packets */
    return len + end_block(out + len, at);
}

size_t pcapng_block_len(const unsigned char *bytes, size_t len)
{
    if (len < 8)
        return 0;
    size_t block =
        bytes[4] | (size_t)bytes[5] << 8 | (size_t)bytes[6] << 16 | (size_t)bytes[7] << 24;
    return block <= len ? block : 0;
}

/* ---------------------------------------------------------------------------------- packets */

static unsigned char *put_ip(unsigned char *at, bool is_ipv6, const struct pcapng_end *from,
                             const struct pcapng_end *to, size_t len)
{
    static const unsigned char no_fragment_64_hops_tcp[] = {0, 0, 0x40, 0, 64, TCP, 0, 0};
    if (is_ipv6) { /* RFC 8200 §3 */
        at = put_high_first(at, 0x60000000, 4);
        at = put_high_first(at, (uint32_t)len, 2);
        at = put_high_first(at, TCP << 8 | 64, 2);
    } else { /* RFC 791 §3.1; the checksum is left out */
        at = put_high_first(at, 0x4500, 2);
        at = put_high_first(at, (uint32_t)len + 20, 2);
        at = put_bytes(at, no_fragment_64_hops_tcp, sizeof no_fragment_64_hops_tcp);
    }
    at = put_bytes(at, from->ip, is_ipv6 ? 16 : 4);
    return put_bytes(at, to->ip, is_ipv6 ? 16 : 4);
}

/* RFC 9293 §3.1 */
static unsigned char *put_tcp(unsigned char *at, unsigned char flags, const struct pcapng_end *from,
                              const struct pcapng_end *to)
{
    at = put_high_first(at, from->port, 2);
    at = put_high_first(at, to->port, 2);
    at = put_high_first(at, from->sequence, 4);
    at = put_high_first(at, flags & PCAPNG_ACK ? to->sequence : 0, 4);
    *at++ = TCP_HEADER_LEN / 4 << 4;
    *at++ = flags;
    at = put_high_first(at, 0xFFFF, 2); /* window */
    return put_high_first(at, 0, 4);    /* no checksum, nothing urgent */
}

size_t pcapng_packet(unsigned char *out, const struct pcapng_stream *stream,
                     const struct pcapng_packet *packet, size_t *at)
{
    const struct pcapng_end *from = packet->from_client ? &stream->client : &stream->server;
    const struct pcapng_end *to = packet->from_client ? &stream->server : &stream->client;
    size_t headers = (stream->is_ipv6 ? 40 : 20) + TCP_HEADER_LEN;
    unsigned char *next = begin_block(out, PACKET);
    next = put_low_first(next, 0, 4); /* of the first interface, the only one */
    next = put_low_first(next, packet->time >> 32, 4);
    next = put_low_first(next, packet->time, 4);
    next = put_low_first(next, headers + packet->captured, 4);
    next = put_low_first(next, headers + packet->len, 4);
    next = put_ip(next, stream->is_ipv6, from, to, TCP_HEADER_LEN + packet->len);
    next = put_tcp(next, packet->flags, from, to);
    *at = (size_t)(next - out);
    next = pad(next + packet->captured, packet->captured); /* headers are multiples of 4 */
    return end_block(out, put_comment(next, packet->comment));
}

/* SYN and FIN count as a byte (RFC 9293 §3.4). */
void pcapng_passed(struct pcapng_stream *stream, const struct pcapng_packet *packet)
{
    struct pcapng_end *from = packet->from_client ? &stream->client : &stream->server;
    bool is_counted = (packet->flags & (PCAPNG_SYN | PCAPNG_FIN)) != 0;
    from->sequence += (uint32_t)packet->len + (is_counted ? 1 : 0);
}
