/*
 * model_ws - UTF-8 and the header of a frame, see model.h
 */
#include "model.h"

/* ------------------------------------------------------------------------------------ UTF-8
 *
 * RFC 3629 §3 defines UTF-8 by the bits of a character's number: one of 1 to 4 patterns, of which
 * the shortest that holds the number must be taken; numbers go to 10FFFF, without the surrogates
 * D800 to DFFF. So a character that is not all there is still possible if the bits to come can be
 * chosen so that such a number results.
 */

static unsigned leading_ones(uint8_t byte)
{
    unsigned ones = 0;
    while (ones < 8 && (byte >> (7 - ones) & 1) == 1)
        ones++;
    return ones;
}

/* The smallest number that needs a pattern of so many bytes. */
static uint32_t smallest_of(unsigned bytes)
{
    return bytes == 1 ? 0 : bytes == 2 ? 0x80 : bytes == 3 ? 0x800 : 0x10000;
}

/* Is there a number from low to high that is a character of so many bytes? */
static bool some_character(uint32_t low, uint32_t high, unsigned bytes)
{
    if (low < smallest_of(bytes))
        low = smallest_of(bytes);
    if (high > 0x10FFFF)
        high = 0x10FFFF;
    bool only_surrogates = low >= 0xD800 && high <= 0xDFFF;
    return low <= high && !only_surrogates;
}

/* Can bytes[0..have) be the start of a character, or all of it? *need is how long it is then. */
static bool is_start_of_character(const uint8_t *bytes, size_t have, unsigned *need)
{
    unsigned ones = leading_ones(bytes[0]);
    if (ones == 1 || ones > 4)
        return false;
    *need = ones == 0 ? 1 : ones;

    uint32_t number = ones == 0 ? bytes[0] : bytes[0] & (0x7Fu >> ones);
    for (size_t i = 1; i < have; i++) {
        if (leading_ones(bytes[i]) != 1)
            return false;
        number = number * 64 + (bytes[i] & 0x3F);
    }
    uint32_t low = number, high = number;
    for (size_t i = have; i < *need; i++) { /* six bits each that are still to come */
        low = low * 64;
        high = high * 64 + 63;
    }
    return some_character(low, high, *need);
}

size_t model_utf8_possible(const uint8_t *text, size_t text_len, bool *whole)
{
    size_t start = 0, have = 0;
    while (start + have < text_len) {
        unsigned need;
        if (!is_start_of_character(text + start, have + 1, &need))
            break;
        have++;
        if (have == need) {
            start += have;
            have = 0;
        }
    }
    *whole = have == 0;
    return start + have;
}

/* ------------------------------------------------------------------------------------ frames */

/* The picture in RFC 6455 §5.2 numbers the bits of a header from 0; a field is a run of them. */
static uint64_t field(const uint8_t *bytes, size_t first_bit, size_t bits)
{
    uint64_t value = 0;
    for (size_t i = first_bit; i < first_bit + bits; i++)
        value = value * 2 + (bytes[i / 8] >> (7 - i % 8) & 1);
    return value;
}

bool model_is_control(unsigned opcode)
{
    return opcode == 0x8 || opcode == 0x9 || opcode == 0xA;
}

bool model_close_code_is_valid(unsigned code)
{
    switch (code) { /* RFC 6455 §7.4.1, and what IANA has registered since */
    case 1000:
    case 1001:
    case 1002:
    case 1003:
    case 1007:
    case 1008:
    case 1009:
    case 1010:
    case 1011:
    case 1012:
    case 1013:
    case 1014: return true;
    default: return code / 1000 == 3 || code / 1000 == 4; /* §7.4.2 */
    }
}

/* "The minimal number of bytes MUST be used to encode the length" (§5.2): how large can the length
 * become that begins with these bytes? */
static unsigned judge_length(struct model_header *header, const uint8_t *bytes, size_t len,
                             size_t length_bytes)
{
    uint64_t smallest = length_bytes == 2 ? 126 : 65536, most = 0;
    size_t have = len - 2 < length_bytes ? len - 2 : length_bytes;
    unsigned broken = 0;
    for (size_t i = 0; i < length_bytes; i++)
        most = most << 8 | (i < have ? bytes[2 + i] : 0xFF);
    if (most < smallest)
        broken |= MODEL_NOT_MINIMAL;
    if (length_bytes == 8 && have > 0 && field(bytes, 16, 1) == 1)
        broken |= MODEL_HIGH_BIT;
    if (have == length_bytes)
        header->payload_len = field(bytes, 16, 8 * length_bytes);
    return broken;
}

unsigned model_header_read(struct model_header *header, const uint8_t *bytes, size_t len)
{
    unsigned broken = 0;
    *header = (struct model_header){0};
    if (len >= 1) {
        header->fin = (unsigned)field(bytes, 0, 1);
        header->rsv = (unsigned)field(bytes, 1, 3);
        header->opcode = (unsigned)field(bytes, 4, 4);
        if (header->rsv != 0)
            broken |= MODEL_RSV;
        if (header->opcode > 2 && !model_is_control(header->opcode))
            broken |= MODEL_OPCODE;
        if (model_is_control(header->opcode) && header->fin == 0)
            broken |= MODEL_CONTROL_FRAGMENTED;
    }
    if (len >= 2) {
        uint64_t announced = field(bytes, 9, 7);
        size_t length_bytes = announced == 126 ? 2 : announced == 127 ? 8 : 0;
        header->mask = (unsigned)field(bytes, 8, 1);
        header->size = 2 + length_bytes + 4;
        header->payload_len = announced;
        if (header->mask == 0)
            broken |= MODEL_NOT_MASKED;
        if (model_is_control(header->opcode) && announced > 125)
            broken |= MODEL_CONTROL_TOO_LONG;
        if (length_bytes > 0)
            broken |= judge_length(header, bytes, len, length_bytes);
        if (len >= header->size)
            for (size_t i = 0; i < 4; i++)
                header->key[i] = bytes[2 + length_bytes + i];
    }
    return broken;
}
