/*
 * fuzz_buffer - a buffer holds what was put in and not yet used up
 *
 * Input: a row of steps, two bytes each: what to do, and with how many bytes. The model is an array
 * that never forgets, of which the buffer must hold the end.
 */
#include "buffer.h"
#include "fuzz.h"

#define STEPS_MAX 400
#define LEN_MAX   (255 * 17) /* of one step */

static struct {
    unsigned char bytes[STEPS_MAX * LEN_MAX];
    size_t start, end;
} model;

/* New bytes, different from those around them. */
static void make_bytes(unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        bytes[i] = (unsigned char)((model.end + i) * 7 + (model.end + i) / 251);
}

static void add(struct buffer *buffer, size_t len, bool in_place)
{
    if (len == 0) { /* nothing, from nowhere */
        MUST(buffer_append(buffer, NULL, 0));
        return;
    }
    unsigned char *bytes = fuzz_alloc(len);
    make_bytes(bytes, len);
    if (in_place) { /* as a read does: reserve, write there, then say how much it was */
        MUST(buffer_reserve(buffer, len));
        make_bytes(buffer->data + buffer->end, len);
        MUST(buffer_append(buffer, buffer->data + buffer->end, len));
    } else {
        MUST(buffer_append(buffer, bytes, len));
    }
    memcpy(model.bytes + model.end, bytes, len);
    model.end += len;
    free(bytes);
}

static void step(struct buffer *buffer, uint8_t what, uint8_t how_many)
{
    size_t len = (size_t)how_many * (what & 0x80 ? 17 : 1), held = model.end - model.start;
    switch (what % 6) {
    case 0: add(buffer, len, false); break;
    case 1: add(buffer, len, true); break;
    case 2:
        MUST(buffer_reserve(buffer, len));
        MUST(buffer->size - buffer->end >= len);
        break;
    case 3:
    case 4:
        len = what % 6 == 4 ? held : len < held ? len : held;
        buffer_consume(buffer, len);
        model.start += len;
        break;
    case 5:
        if (what >= 0xF0) { /* more than there is: refused, and nothing lost */
            MUST(!buffer_reserve(buffer, SIZE_MAX - how_many));
        } else if (what >= 0xC0) {
            buffer_free(buffer);
            MUST(buffer->data == NULL);
            model.start = model.end;
        }
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct buffer buffer = {0};
    model.start = model.end = 0;
    for (size_t i = 0; i < STEPS_MAX && in.len > 0; i++) {
        uint8_t what = fuzz_byte(&in);
        step(&buffer, what, fuzz_byte(&in));
        size_t held = model.end - model.start;
        MUST(buffer_len(&buffer) == held);
        MUST(buffer.start <= buffer.end && buffer.end <= buffer.size);
        MUST(held == 0 || memcmp(buffer.data + buffer.start, model.bytes + model.start, held) == 0);
    }
    buffer_free(&buffer);
    MUST(buffer.data == NULL && buffer_len(&buffer) == 0);
    return 0;
}
