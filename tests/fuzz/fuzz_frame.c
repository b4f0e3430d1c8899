/*
 * fuzz_frame - headers there and back, masking, close bodies
 *
 * Input: the bytes of a frame's header and of whatever follows it.
 */
#include "frame.h"
#include "fuzz.h"
#include "model.h"

static const struct {
    enum ws_outcome fault;
    unsigned rule;
} meanings[] = {
    {WS_BAD_RSV, MODEL_RSV},
    {WS_BAD_OPCODE, MODEL_OPCODE},
    {WS_CONTROL_FRAGMENTED, MODEL_CONTROL_FRAGMENTED},
    {WS_CONTROL_TOO_LONG, MODEL_CONTROL_TOO_LONG},
    {WS_NOT_MASKED, MODEL_NOT_MASKED},
    {WS_LENGTH_NOT_MINIMAL, MODEL_NOT_MINIMAL},
    {WS_LENGTH_HIGH_BIT, MODEL_HIGH_BIT},
};

/* The rule that a fault is about; 0 if it is none that a header can break. */
static unsigned rule_of(enum ws_outcome fault)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].fault == fault)
            return meanings[i].rule;
    return 0;
}

static enum ws_outcome decode(struct ws_frame *frame, const uint8_t *bytes, size_t len)
{
    uint8_t *copy = fuzz_copy(bytes, len);
    memset(frame, 0xA5, sizeof *frame); /* nothing may depend on what was there before */
    enum ws_outcome outcome = ws_frame_decode(frame, copy, len);
    free(copy);
    return outcome;
}

static void same_header(const struct ws_frame *frame, const struct model_header *header)
{
    MUST(frame->fin == (header->fin == 1));
    MUST(frame->rsv == header->rsv);
    MUST(frame->opcode == header->opcode);
    MUST(frame->masked == (header->mask == 1));
    MUST(frame->payload_len == header->payload_len);
    MUST(frame->header_len == header->size);
    MUST(memcmp(frame->mask_key, header->key, sizeof header->key) == 0);
}

/* Every start of the bytes: incomplete, then a fault or a header, and the same ever after. */
static void check_decode(const uint8_t *bytes, size_t len)
{
    enum ws_outcome settled = WS_PARTIAL;
    for (size_t n = 0; n <= len; n++) {
        struct ws_frame frame;
        struct model_header header;
        unsigned broken = model_header_read(&header, bytes, n);
        enum ws_outcome outcome = decode(&frame, bytes, n);

        if (n >= 1) { /* frame.h promises these from the first byte on */
            MUST(frame.fin == (header.fin == 1));
            MUST(frame.rsv == header.rsv && frame.opcode == header.opcode);
        }
        if (settled != WS_PARTIAL)
            MUST(outcome == settled);
        else if (broken != 0)
            MUST(rule_of(outcome) & broken);
        else
            MUST(outcome == (header.size > 0 && n >= header.size ? WS_OK : WS_PARTIAL));
        if (outcome == WS_OK)
            same_header(&frame, &header);
        settled = outcome;
    }
}

/* A header as this server writes it, made a client's: mask bit and key added. */
static void check_encode(unsigned opcode, uint64_t payload_len, const uint8_t key[4])
{
    uint8_t *encoded = fuzz_alloc(WS_SERVER_HEADER_MAX), bytes[WS_HEADER_MAX];
    size_t len = ws_frame_encode(encoded, (enum ws_opcode)opcode, payload_len);
    MUST(len >= 2 && len <= WS_SERVER_HEADER_MAX);
    MUST((encoded[1] & 0x80) == 0); /* §5.1: a server must not mask */
    memcpy(bytes, encoded, len);
    free(encoded);
    bytes[1] |= 0x80;
    memcpy(bytes + len, key, 4);

    struct ws_frame frame;
    struct model_header header;
    MUST(model_header_read(&header, bytes, len + 4) == 0);
    MUST(header.size == len + 4 && header.payload_len == payload_len);
    MUST(header.fin == 1 && header.opcode == opcode);
    MUST(decode(&frame, bytes, len + 4) == WS_OK);
    same_header(&frame, &header);
}

/* §5.3: octet i of the payload with octet i MOD 4 of the key; in one piece and in two. */
static void check_mask(const uint8_t *bytes, size_t len, const uint8_t key[4], uint64_t offset,
                       size_t cut)
{
    uint8_t *piece = fuzz_copy(bytes, len);
    ws_frame_mask(piece, len, key, offset);
    for (size_t i = 0; i < len; i++)
        MUST(piece[i] == (bytes[i] ^ key[(offset % 4 + i) % 4]));
    ws_frame_mask(piece, cut, key, offset);
    ws_frame_mask(piece + cut, len - cut, key, offset + cut);
    MUST(len == 0 || memcmp(piece, bytes, len) == 0);
    free(piece);
}

static void check_close(const uint8_t *bytes, size_t len, unsigned code)
{
    MUST(ws_close_code_is_valid((uint16_t)code) == model_close_code_is_valid(code));

    char *reason = fuzz_copy(bytes, len);
    uint8_t *body = fuzz_alloc(WS_CONTROL_MAX);
    size_t body_len = ws_close_encode(body, (uint16_t)code, reason, len);
    MUST(body_len >= 2 && body_len <= WS_CONTROL_MAX);
    size_t kept = body_len - 2;
    bool whole;
    if (model_utf8_possible(bytes, len, &whole) == len && whole) { /* as much of it as fits */
        MUST(len <= WS_REASON_MAX ? kept == len : kept > WS_REASON_MAX - 4);
        MUST(model_utf8_possible(bytes, kept, &whole) == kept && whole);
    }
    MUST(body[0] == code / 256 && body[1] == code % 256);
    MUST(kept == 0 || memcmp(body + 2, bytes, kept) == 0);
    free(body);
    free(reason);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned opcodes[] = {0x0, 0x1, 0x2, 0x8, 0x9, 0xA};
    struct fuzz_input in = {data, size};
    uint8_t key[4];

    /* Longer than any header, so that bytes behind it are seen to change nothing. */
    check_decode(data, size < WS_HEADER_MAX + 2 ? size : WS_HEADER_MAX + 2);
    check_close(data, size, (unsigned)(size > 1 ? data[0] << 8 | data[1] : 0));

    for (size_t i = 0; i < sizeof key; i++)
        key[i] = fuzz_byte(&in);
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | fuzz_byte(&in);
    size_t shift = fuzz_byte(&in) % 64; /* so that short lengths come up as often as long ones */
    unsigned opcode = opcodes[shift % (sizeof opcodes / sizeof *opcodes)];
    uint64_t longest = model_is_control(opcode) ? 125 : INT64_MAX;
    check_encode(opcode, (value >> shift) & longest, key);
    check_mask(in.at, in.len, key, value, in.len > 0 ? value % in.len : 0);

    MUST(ws_opcode_is_control((unsigned char)(opcode)) == model_is_control(opcode));
    MUST(*ws_opcode_name((unsigned char)(shift & 0xF)) != '\0');
    return 0;
}
