/*
 * fuzz_utf8 - is utf8_feed() right, at every cut, and to the byte? And do the blocks say the same?
 *
 * Input: one byte that chooses the cuts, then the text.
 */
#include "fuzz.h"
#include "model.h"
#include "utf8_blocks.h"

#define BLOCKS_MIN 67 /* bytes that utf8_blocks_feed_long() wants */

/* Feeds text[0..len) in pieces that end at the cuts, and checks after each one. */
struct feeding {
    struct utf8 check, blocks;
    const uint8_t *text;
    size_t fed;
};

static bool feed_to(struct feeding *feeding, size_t to)
{
    size_t len = to - feeding->fed;
    uint8_t *piece = fuzz_copy(feeding->text + feeding->fed, len);
    bool good = len == 0 || utf8_feed(&feeding->check, piece, len);
    bool same = good;
    if (len < BLOCKS_MIN)
        feeding->blocks = feeding->check; /* there is no room for a block */
    else
        same = utf8_blocks_feed_long(&feeding->blocks, piece, len);
    MUST(same == good && (!good || feeding->blocks.state == feeding->check.state));
    free(piece);
    feeding->fed = to;
    return good;
}

/* What must be true after text[0..len) has been fed, whatever the pieces were. */
static void judge(struct feeding *feeding, bool good, size_t possible, bool whole)
{
    MUST(good == (feeding->fed <= possible));
    if (good && feeding->fed == possible)
        MUST(utf8_is_complete(&feeding->check) == whole);
}

static void whole_text(const uint8_t *text, size_t len, size_t possible, bool whole)
{
    struct feeding feeding = {.text = text};
    judge(&feeding, feed_to(&feeding, len), possible, whole);
}

static void byte_by_byte(const uint8_t *text, size_t len, size_t possible, bool whole)
{
    struct feeding feeding = {.text = text};
    bool good = true;
    for (size_t i = 0; i < len && good; i++) {
        good = feed_to(&feeding, i + 1);
        judge(&feeding, good, possible, whole);
    }
}

static void two_pieces(const uint8_t *text, size_t len, size_t cut, size_t possible, bool whole)
{
    struct feeding feeding = {.text = text};
    bool good = feed_to(&feeding, cut);
    judge(&feeding, good, possible, whole);
    if (good)
        judge(&feeding, feed_to(&feeding, len), possible, whole);
}

static void random_pieces(const uint8_t *text, size_t len, uint8_t seed, size_t possible,
                          bool whole)
{
    struct fuzz_dice dice = fuzz_dice(seed);
    struct feeding feeding = {.text = text};
    bool good = true;
    while (feeding.fed < len && good) { /* a piece may be empty too */
        size_t longest = 1 + fuzz_below(&dice, fuzz_below(&dice, 4) > 0 ? 40 : 300);
        size_t piece = fuzz_below(&dice, longest + 1);
        good = feed_to(&feeding, piece < len - feeding.fed ? feeding.fed + piece : len);
        judge(&feeding, good, possible, whole);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    uint8_t seed = fuzz_byte(&in);
    bool whole;
    size_t possible = model_utf8_possible(in.at, in.len, &whole);

    whole_text(in.at, in.len, possible, whole);
    byte_by_byte(in.at, in.len, possible, whole);
    random_pieces(in.at, in.len, seed, possible, whole);
    for (size_t cut = 0; cut <= in.len && in.len <= 64; cut++)
        two_pieces(in.at, in.len, cut, possible, whole);

    /* A text that is possible so far must be good when it stops there: to the byte, not a byte
     * later, whatever skipping ahead the validator does. */
    whole_text(in.at, possible, possible, whole);
    if (possible < in.len)
        whole_text(in.at, possible + 1, possible, whole);
    return 0;
}
