/*
 * ring - see ring.h
 */
#include "ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGES_MIN 2
#define MESSAGES_MAX 256
#define BYTES        (1024 * 1024) /* of all messages together, unless so many are too few */

struct ring requests, replies;

/* Always the same numbers: what is measured today is measured tomorrow (xorshift32). */
uint32_t random_next(void)
{
    static uint32_t x = 2463534242;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x;
}

/* ------------------------------------------------------------------------------------ frames */

static size_t put_length(unsigned char *header, size_t len, unsigned char mask_bit)
{
    if (len < 126) {
        header[1] = (unsigned char)(mask_bit | len);
        return 2;
    }
    size_t size = len < 65536 ? 2 : 8;
    header[1] = (unsigned char)(mask_bit | (size == 2 ? 126 : 127));
    for (size_t i = 0; i < size; i++)
        header[2 + i] = (unsigned char)(len >> 8 * (size - 1 - i));
    return 2 + size;
}

size_t frame_of_client(unsigned char *header, int opcode, size_t len, const unsigned char mask[4])
{
    header[0] = (unsigned char)(0x80 | opcode);
    size_t at = put_length(header, len, 0x80);
    memcpy(header + at, mask, 4);
    return at + 4;
}

size_t frame_of_server(unsigned char *header, int opcode, size_t len)
{
    header[0] = (unsigned char)(0x80 | opcode);
    return put_length(header, len, 0);
}

void frame_mask(unsigned char *payload, size_t len, const unsigned char mask[4])
{
    for (size_t i = 0; i < len; i++)
        payload[i] ^= mask[i % 4];
}

/* ---------------------------------------------------------------------------------- payloads */

/* One character of one to four bytes; each kind as likely as any other. Returns its length. */
static size_t put_character(unsigned char *out, size_t room)
{
    static const char *const some[] = {"e", "\u00e9", "\u20ac", "\U0001F600",
                                       "W", "\u0416", "\u4e2d", "\U0001D11E"};
    const char *c = some[random_next() % (sizeof some / sizeof *some)];
    size_t len = strlen(c) <= room ? strlen(c) : 1;
    memcpy(out, len == strlen(c) ? c : "x", len);
    return len;
}

static void fill(unsigned char *payload, size_t size, enum ring_content content)
{
    for (size_t at = 0; at < size;) {
        if (content == RING_UTF8)
            at += put_character(payload + at, size - at);
        else if (content == RING_ASCII)
            payload[at++] = (unsigned char)(' ' + random_next() % 95);
        else
            payload[at++] = (unsigned char)random_next();
    }
}

static unsigned char *space(size_t len)
{
    unsigned char *bytes = malloc(len);
    if (bytes == NULL) {
        fprintf(stderr, "load: out of memory\n");
        exit(2);
    }
    return bytes;
}

void ring_make(enum ring_content content, size_t size, size_t least, bool raw)
{
    size_t count = BYTES / (size + 1);
    count = count > MESSAGES_MAX ? MESSAGES_MAX : count < MESSAGES_MIN ? MESSAGES_MIN : count;
    count = count < least ? least : count;
    unsigned char header[14], *payload = space(size + 1);
    int opcode = content == RING_BINARY ? 2 : 1;
    requests.each = size + (raw ? 0 : frame_of_client(header, opcode, size, header));
    replies.each = size + (raw ? 0 : frame_of_server(header, opcode, size));
    requests.len = count * requests.each;
    replies.len = count * replies.each;
    requests.bytes = space(requests.len);
    replies.bytes = space(replies.len);
    for (size_t i = 0; i < count; i++) {
        unsigned char *out = requests.bytes + i * requests.each;
        unsigned char *back = replies.bytes + i * replies.each;
        unsigned char mask[4] = {0};
        fill(payload, size, content);
        if (!raw) {
            fill(mask, 4, RING_BINARY);
            out += frame_of_client(out, opcode, size, mask);
            back += frame_of_server(back, opcode, size);
        }
        memcpy(out, payload, size);
        memcpy(back, payload, size);
        frame_mask(out, size, mask);
    }
    free(payload);
}

/* ----------------------------------------------------------------------------------- streams */

size_t ring_parts(const struct ring *ring, uint64_t from, uint64_t to, struct iovec *parts)
{
    size_t count = 0;
    while (from < to && count < RING_PARTS) {
        size_t at = (size_t)(from % ring->len), room = ring->len - at;
        size_t len = to - from < room ? (size_t)(to - from) : room;
        parts[count++] = (struct iovec){ring->bytes + at, len};
        from += len;
    }
    return count;
}

bool ring_matches(const struct ring *ring, uint64_t from, const unsigned char *bytes, size_t len)
{
    while (len > 0) {
        size_t at = (size_t)(from % ring->len), room = ring->len - at;
        size_t piece = len < room ? len : room;
        if (memcmp(ring->bytes + at, bytes, piece) != 0)
            return false;
        from += piece;
        bytes += piece;
        len -= piece;
    }
    return true;
}
