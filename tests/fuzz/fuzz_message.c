/*
 * fuzz_message - frames to messages, however they are cut
 *
 * Input: one byte that chooses how long a message may be, one that chooses the cuts, then what a
 * client sends after the handshake.
 *
 * The model in model_message.c reads all of it at once and writes down what there is to be told and
 * at which byte each thing is known. Then the parser is fed the same bytes whole, byte by byte, in
 * two pieces and in many, and after every piece it must have told exactly what is known by then:
 * nothing missing, nothing early, nothing else.
 */
#include "fuzz.h"
#include "message.h"
#include "model.h"

static struct model_transcript model; /* it is large, and there is one at a time */

/* ------------------------------------------------------------------- the parser, and comparing */

static const struct {
    enum ws_outcome fault;
    unsigned rule;
    unsigned code; /* §7.4.1 */
} meanings[] = {
    {WS_BAD_RSV, MODEL_RSV, 1002},
    {WS_BAD_OPCODE, MODEL_OPCODE, 1002},
    {WS_CONTROL_FRAGMENTED, MODEL_CONTROL_FRAGMENTED, 1002},
    {WS_CONTROL_TOO_LONG, MODEL_CONTROL_TOO_LONG, 1002},
    {WS_NOT_MASKED, MODEL_NOT_MASKED, 1002},
    {WS_LENGTH_NOT_MINIMAL, MODEL_NOT_MINIMAL, 1002},
    {WS_LENGTH_HIGH_BIT, MODEL_HIGH_BIT, 1002},
    {WS_STRAY_CONTINUATION, MODEL_STRAY_CONTINUATION, 1002},
    {WS_MESSAGE_UNFINISHED, MODEL_UNFINISHED, 1002},
    {WS_TOO_BIG, MODEL_TOO_BIG, 1009},
    {WS_BAD_UTF8, MODEL_TEXT_UTF8, 1007},
    {WS_CLOSE_ONE_BYTE, MODEL_CLOSE_ONE_BYTE, 1002},
    {WS_CLOSE_BAD_CODE, MODEL_CLOSE_CODE, 1002},
    {WS_CLOSE_BAD_UTF8, MODEL_CLOSE_UTF8, 1007},
};

static void same_fault(enum ws_outcome fault, unsigned broken)
{
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].fault == fault) {
            MUST(meanings[i].rule & broken);
            MUST(ws_fault_find(fault)->close_code == meanings[i].code);
            return;
        }
    MUST(false); /* no fault that a client can make */
}

/* The parser under test and how far it has got. */
struct feeding {
    struct ws_message_parser parser;
    const uint8_t *wire;
    size_t fed;                      /* bytes of wire */
    size_t told;                     /* of model.told, how many have been seen to be told */
    uint8_t message[MODEL_WIRE_MAX]; /* the pieces of the message under way */
    size_t message_len;
    unsigned opcode;
    bool over; /* after a close or a fault */
    enum ws_outcome fault;
};

static void take_told(struct feeding *feeding, enum model_what what, const uint8_t *data,
                      size_t len, size_t now)
{
    MUST(feeding->told < model.count);
    const struct model_told *told = &model.told[feeding->told++];
    MUST(told->what == what);
    MUST(told->to == now); /* as soon as it is known, and no byte that follows it is used up */
    MUST(told->len == len);
    MUST(len == 0 || memcmp(told->data, data, len) == 0);
    if (what == MODEL_MESSAGE)
        MUST(told->opcode == feeding->opcode);
    else
        MUST(told->begun == feeding->message_len);
}

static void take_piece(struct feeding *feeding, const struct ws_event *event, size_t now)
{
    MUST(event->opcode == WS_TEXT || event->opcode == WS_BINARY);
    MUST(event->last || event->len > 0);
    MUST(feeding->message_len == 0 || event->opcode == feeding->opcode);
    MUST(event->len <= sizeof feeding->message - feeding->message_len);
    feeding->opcode = event->opcode;
    if (event->len > 0)
        memcpy(feeding->message + feeding->message_len, event->data, event->len);
    feeding->message_len += event->len;
    if (event->last) {
        take_told(feeding, MODEL_MESSAGE, feeding->message, feeding->message_len, now);
        feeding->message_len = 0;
    }
}

static void take_event(struct feeding *feeding, const struct ws_event *event, size_t now)
{
    switch (event->type) {
    case WS_EVENT_NONE: break;
    case WS_EVENT_DATA: take_piece(feeding, event, now); break;
    case WS_EVENT_PING: take_told(feeding, MODEL_PING, event->data, event->len, now); break;
    case WS_EVENT_PONG: take_told(feeding, MODEL_PONG, event->data, event->len, now); break;
    case WS_EVENT_CLOSE:
        MUST(feeding->told < model.count && model.told[feeding->told].code == event->close_code);
        take_told(feeding, MODEL_CLOSE, event->data, event->len, now);
        feeding->over = true;
        break;
    case WS_EVENT_FAULT:
        feeding->fault = event->fault;
        feeding->over = true;
        break;
    }
}

/* Between frames or not, and what is awaited? model.frames says so for any byte of the wire. */
static void check_progress(const struct feeding *feeding)
{
    uint64_t awaited = 0;
    bool in_frame = false;
    for (size_t i = 0; i < model.frame_count; i++) {
        const struct model_frame *frame = &model.frames[i];
        if (feeding->fed <= frame->start || feeding->fed >= frame->end)
            continue;
        in_frame = true;
        if (!frame->is_control && feeding->fed >= frame->payload)
            awaited = frame->payload_len - (feeding->fed - frame->payload);
    }
    MUST(ws_message_in_frame(&feeding->parser) == in_frame);
    MUST(ws_message_awaited(&feeding->parser) == awaited);
}

/* Has all been told that must be by now? The message under way is known byte by byte. */
static void check_told(struct feeding *feeding)
{
    const struct model_told *next = feeding->told < model.count ? &model.told[feeding->told] : NULL;
    bool is_fault = next != NULL && next->what == MODEL_FAULT;
    if (feeding->fault != WS_OK) {
        MUST(is_fault && feeding->fed >= next->from);
        same_fault(feeding->fault, next->broken);
    } else if (!feeding->over) {
        MUST(next == NULL || feeding->fed < next->to);
        if (!is_fault || feeding->fed < next->from)
            check_progress(feeding);
    }
}

static void feed_to(struct feeding *feeding, size_t to)
{
    size_t len = to - feeding->fed, at = 0;
    uint8_t *piece = fuzz_copy(feeding->wire + feeding->fed, len);
    while (at < len && !feeding->over) {
        struct ws_event event;
        memset(&event, 0xA5, sizeof event);
        size_t used = ws_message_feed(&feeding->parser, piece + at, len - at, &event);
        MUST(used > 0 && used <= len - at);
        MUST(event.type != WS_EVENT_NONE || used == len - at);
        at += used;
        take_event(feeding, &event, feeding->fed + at);
    }
    free(piece);
    feeding->fed += at;
    check_told(feeding);
}

static struct feeding *start(const uint8_t *wire, uint64_t max_message)
{
    static struct feeding feeding;
    feeding.wire = wire;
    feeding.fed = feeding.told = feeding.message_len = 0;
    feeding.over = false;
    feeding.fault = WS_OK;
    ws_message_init(&feeding.parser, max_message);
    return &feeding;
}

/* After the last piece: what the parser has of the unfinished message is what the model has. */
static void finish(const struct feeding *feeding)
{
    if (feeding->over || !model.in_message)
        return;
    size_t len = model.plain_len - model.message_start;
    MUST(feeding->message_len == len);
    MUST(len == 0 || memcmp(feeding->message, model.plain + model.message_start, len) == 0);
}

static void in_two(const uint8_t *wire, size_t len, uint64_t max_message, size_t cut)
{
    struct feeding *feeding = start(wire, max_message);
    feed_to(feeding, cut);
    if (!feeding->over)
        feed_to(feeding, len);
    finish(feeding);
}

static void in_pieces(const uint8_t *wire, size_t len, uint64_t max_message, uint8_t seed,
                      size_t longest)
{
    struct fuzz_dice dice = fuzz_dice(seed);
    struct feeding *feeding = start(wire, max_message);
    while (feeding->fed < len && !feeding->over) {
        size_t piece = 1 + fuzz_below(&dice, 1 + fuzz_below(&dice, longest));
        feed_to(feeding, piece < len - feeding->fed ? feeding->fed + piece : len);
    }
    finish(feeding);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint64_t limits[] = {16777216, 0, 1, 5, 125, 126, 300, 65535, 65536, UINT64_MAX};
    struct fuzz_input in = {data, size};
    uint64_t limit = limits[fuzz_byte(&in) % (sizeof limits / sizeof *limits)];
    uint8_t seed = fuzz_byte(&in);
    size_t len = in.len < MODEL_WIRE_MAX ? in.len : MODEL_WIRE_MAX;

    model_messages_read(&model, in.at, len, limit);
    in_two(in.at, len, limit, len); /* whole */
    in_pieces(in.at, len, limit, seed, 1);
    in_pieces(in.at, len, limit, seed, 16);
    in_pieces(in.at, len, limit, seed, 200);
    if (len <= 48)
        for (size_t cut = 1; cut < len; cut++)
            in_two(in.at, len, limit, cut);
    return 0;
}
