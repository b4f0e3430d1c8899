/*
 * checks_frames - lesson 2: what is in those bytes (RFC 6455 §5.1 to §5.3, §8.1, §10.4)
 *
 * The server under test sends every message back. The functions say what a kind of check does; the
 * tables below them, what each is about. Masks are zeros, which leaves payloads readable, but where
 * the check is about masking.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "expect.h"
#include "peer.h"
#include "show.h"
#include "words.h"

/* "abc...xyzabc...": of any two bytes that change places, one will be noticed. */
static struct bytes *letters(struct trial *t, size_t len)
{
    struct bytes *text = trial_bytes(t);
    for (size_t i = 0; i < len; i++)
        bytes_add(text, &(char){(char)('a' + i % 26)}, 1);
    return text;
}

/* ------------------------------------------------------------------------------ receive-loop */

#define AT_ONCE 50 /* ms: a server that does not stay has gone by then */

/* The code of a Close frame that comes; 1005 if it has none, 0 if none comes. */
static unsigned close_code_soon(struct peer *p)
{
    if (comes_soon(p, 2))
        pass_over_control_at_hand(p);
    if (!comes_soon(p, 2) || p->wire->came.at[p->judged] != (FIN | CLOSE))
        return 0;
    if (p->wire->came.at[p->judged + 1] < 2 || !comes_soon(p, 4))
        return 1005;
    const unsigned char *came = p->wire->came.at + p->judged;
    return (unsigned)(came[2] << 8 | came[3]);
}

/* A Close frame that is not about a fault: the server has had enough. */
static bool says_goodbye(struct peer *p)
{
    unsigned code = close_code_soon(p);
    return code != 0 && (code < 1002 || code > 1011 || code == 1005);
}

/* A whole message in a right frame. How much came behind it? */
static bool read_message(struct peer *p, size_t *behind)
{
    struct frame f;
    size_t len = p->wire->came.len - p->judged;
    if (!frame_read(&f, p->wire->came.at + p->judged, len) || f.masked ||
        f.len > len - f.head_len || (f.first != (FIN | TEXT) && f.first != (FIN | BINARY)))
        return false;
    *behind = len - f.head_len - (size_t)f.len;
    return true;
}

static bool starts_message(struct peer *p)
{
    size_t behind;
    return read_message(p, &behind);
}

/* Nobody has said anything yet. Whatever is answered then, or nothing, is another check's matter, and
 * so is an end: the message may have been taken for a faulty one. */
static void stays(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    (void)c;
    for (int64_t deadline = wire_now() + AT_ONCE; trial_holds(t) && !p->wire->ended;)
        if (!wire_wait(peer_wires(t), deadline))
            break;
    bool ended = p->wire->ended;
    pass_over_control_at_hand(p);
    if (trial_holds(t) && p->wire->came.len > p->judged && starts_message(p)) {
        fail_frame(p, 0, "a message came, although nobody has said anything yet");
        trial_suspect(t, "greeting");
    }
    send_text(p, "Hello");
    if (ended || says_goodbye(p))
        fail_as_different(p, "\x81\x05Hello", 7, false);
}

/* Nobody says anything for `number` milliseconds; to be asked by a ping meanwhile is as good. */
static void stays_for_the_silent(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    for (int64_t until = wire_now() + c->number;
         trial_holds(t) && !p->wire->ended && p->wire->came.len == p->judged;)
        if (!wire_wait(peer_wires(t), until))
            break;
    bool has_had_enough = p->wire->ended || (p->wire->came.len > p->judged && says_goodbye(p));
    send_text(p, "still here");
    expect_text(p, "still here");
    if (has_had_enough)
        trial_suspect(t, "silence-ends");
}

/* `number` messages, each when the last has been answered. */
static void answers_on_and_on(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    for (unsigned i = 0; i < c->number && trial_holds(t); i++) {
        send_frame(p, FIN | TEXT, "one of many", i + 1);
        expect_message(p, TEXT, "one of many", i + 1);
        bool ended = t->result->failure.observed == AN_END;
        if (i == 1 && !trial_holds(t) && (ended || says_goodbye(p))) /* later, there is a loop */
            trial_suspect(t, "no-loop");
    }
}

/* ----------------------------------------------------------------------------------- encode */

/* number: the opcode; text, len: the payload */
static void echoes(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_frame(p, FIN | c->number, c->text, c->len);
    expect_message(p, c->number, c->text, c->len);
    size_t behind;
    if (!trial_holds(t) && read_message(p, &behind) && behind == 0 &&
        p->wire->came.at[p->judged] ==
            (FIN | c->number)) /* the frame is right, not what is in it */
        trial_suspect(t, "other-message");
}

/* A text of `len` bytes. */
static void echoes_length(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *text = trial_bytes(t);
    bytes_add_run(text, 'a', c->len);
    send_frame(p, FIN | TEXT, text->at, text->len);
    expect_message(p, TEXT, text->at, text->len);
}

/* -------------------------------------------------------------------------------- decode-header */

/* Nothing came for a frame of 5 bytes. Whoever takes the MASK bit for a part of its length, 0x85, waits
 * for 133: so these are sent. Is that what comes back? */
static bool waits_for_133(struct peer *p)
{
    struct bytes *rest = trial_bytes(p->trial);
    const struct bytes *came = &p->wire->came;
    struct frame f;
    bytes_add_run(rest, 'x', 0x85 - 5);
    send_anyway(p, rest->at, rest->len);
    return comes_soon(p, FRAME_HEAD_MAX) &&
           frame_read(&f, came->at + p->judged, came->len - p->judged) && f.len == 0x85;
}

/* Whatever it is; what it should be is another check's matter. */
static void answers_a_frame(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    (void)c;
    send_text(p, "Hello");
    pass_over_control(p);
    bool came = wait_for_bytes(p, 1);
    if (came && p->wire->came.at[p->judged] != (FIN | CLOSE))
        return;
    fail_as_different(p, "\x81\x05Hello", 7, false);
    if (t->result->failure.observed == SILENCE && waits_for_133(p))
        trial_suspect(t, "length-not-cut");
}

/* The beginning of a message, so many bytes long, which needs no answer, and a ping behind it. Whoever
 * has read the length finds the ping. */
static bool finds_ping_behind(struct peer *p, size_t len)
{
    struct bytes *both = trial_bytes(p->trial);
    frame_add(both, TEXT, zero_mask, letters(p->trial, len)->at, len);
    frame_add(both, FIN | PING, zero_mask, "behind", 6);
    send_bytes(p, both->at, both->len);
    return frame_comes(p, FIN | PONG, "behind", 6);
}

static void finds_end(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    if (!finds_ping_behind(p, c->len))
        trial_fail_at(p, "no pong came");
}

static bool end_is_found(struct trial *t, size_t len)
{
    return trial_probe(t, finds_end, &(struct check){.len = len});
}

/* The end of a frame of `len` bytes was not found, and the server closed with the code, or did not: is it
 * the length, or the payload? */
static const char *suspect_length(struct trial *t, size_t len, unsigned code)
{
    if (len == 128 || len == 32768) /* the first whose highest bit is set */
        if (end_is_found(t, len - 1))
            return "length-read-signed";
    if (code == 1009)
        return "size-refused";
    if (code == 1002 && (len == 126 || len == 65536) && end_is_found(t, len + 1))
        return "length-least-refused";
    if (len == 65536 && end_is_found(t, len - 1))
        return "length-read-wrong";
    if (len <= 300 && !end_is_found(t, 126) && end_is_found(t, 125))
        return "length-read-wrong";
    if (len > 300 && !end_is_found(t, 32767) && end_is_found(t, 300))
        return "payload-not-all";
    return "frame-end-not-found";
}

/* A server that does not answer that with a short length either has another fault, or none: with this
 * it cannot be seen what it has read. */
static void reads_length(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    if (!finds_ping_behind(p, 5)) {
        trial_skip(t, "a ping behind a frame of 5 bytes was not answered either");
        return;
    }
    peer_leave(p); /* the server may have only one client at a time */
    p = peer_open(t);
    bool is_prepared = trial_holds(t);
    if (finds_ping_behind(p, c->len) || !is_prepared)
        return;
    unsigned code = p->wire->came.len > p->judged ? close_code_soon(p) : 0;
    if (code != 0) {
        char problem[240];
        snprintf(problem, sizeof problem,
                 words("the server closed the connection with code %u after a frame of %zu bytes; "
                       "after one of 5 bytes, it did not"),
                 code, c->len);
        fail_frame(p, 0, problem);
    }
    trial_fail_at(p,
                  "no pong came for a ping behind a frame of %zu bytes; behind one of 5 bytes, it "
                  "came",
                  c->len);
    bool says_nothing = p->wire->ended && p->wire->came.len == p->judged;
    if (c->len == 0) {
        trial_suspect(t, says_nothing || says_goodbye(p) ? "empty-read" : NULL);
        return;
    }
    peer_leave(p);
    trial_suspect(t, suspect_length(t, c->len, code));
}

/* The first of two frames was answered, the second not. What comes for a third that is sent now? */
static const char *became_of_second(struct peer *p)
{
    struct bytes *frame = trial_bytes(p->trial);
    frame_add(frame, FIN | TEXT, zero_mask, "third", 5);
    send_anyway(p, frame->at, frame->len);
    if (!comes_soon(p, 7))
        return NULL;
    const unsigned char *at = p->wire->came.at + p->judged;
    if (memcmp(at, "\x81\x05third", 7) == 0)
        return "one-frame-a-read";
    return memcmp(at,
                  "\x81\x0a"
                  "and",
                  5) == 0
               ? "second-left"
               : NULL;
}

static void answers_two_in_one(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *both = trial_bytes(t);
    (void)c;
    frame_add(both, FIN | TEXT, zero_mask, "first", 5);
    frame_add(both, FIN | TEXT, zero_mask, "and second", 10);
    send_bytes(p, both->at, both->len);
    expect_text(p, "first");
    bool first = trial_holds(t);
    expect_text(p, "and second");
    if (first && t->result->failure.observed == SILENCE)
        trial_suspect(t, became_of_second(p));
}

/* Frames of different kinds and lengths, an empty one among them, in one segment. */
static void answers_a_row(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *row = trial_bytes(t), *text = letters(t, 300);
    (void)c;
    frame_add(row, FIN | TEXT, zero_mask, "one", 3);
    frame_add(row, FIN | BINARY, zero_mask, text->at, 300);
    frame_add(row, FIN | TEXT, zero_mask, "", 0);
    frame_add(row, FIN | BINARY, zero_mask, "four", 4);
    send_bytes(p, row->at, row->len);
    expect_text(p, "one");
    expect_message(p, BINARY, text->at, 300);
    expect_text(p, "");
    expect_message(p, BINARY, "four", 4);
}

/* `number` small frames in one segment. */
static void answers_many(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *row = trial_bytes(t);
    char text[8] = "n000000";
    for (unsigned i = 0; i < c->number; i++) {
        for (unsigned n = i, digit = 6; digit > 0; digit--, n /= 10)
            text[digit] = (char)('0' + n % 10);
        frame_add(row, FIN | TEXT, zero_mask, text, 7);
    }
    send_bytes(p, row->at, row->len);
    for (unsigned i = 0; i < c->number; i++)
        expect_message(p, TEXT, row->at + i * 13 + 6, 7);
}

/* Replies to what one read brought go out together: in fewer pieces than there are replies. */
static void answers_together(struct trial *t, const struct check *c)
{
    if (t->grading->chop > 0)
        trial_skip(t, "means nothing with --chop");
    struct peer *p = peer_open(t);
    size_t before = p->wire->reads;
    struct bytes *row = trial_bytes(t);
    for (unsigned i = 0; i < c->number; i++)
        frame_add(row, FIN | TEXT, zero_mask, "x", 1);
    send_bytes(p, row->at, row->len);
    for (unsigned i = 0; i < c->number; i++)
        expect_text(p, "x");
    if (p->wire->reads - before > c->number / 4)
        trial_fail_at(p, "%u replies came in %zu pieces", c->number, p->wire->reads - before);
}

static void answers_slow_frame(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *frame = trial_bytes(t), *text = letters(t, c->len);
    frame_add(frame, FIN | TEXT, zero_mask, text->at, text->len);
    send_in_pieces(p, frame->at, frame->len, 1);
    expect_message(p, TEXT, text->at, text->len);
}

/* Cut in two at byte `number` of the frame; 0: not. */
static void answers_cut_frame(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *frame = trial_bytes(t), *text = letters(t, c->len);
    frame_add(frame, FIN | TEXT, zero_mask, text->at, text->len);
    if (c->number > 0)
        send_cut_at(p, frame->at, frame->len, c->number);
    else
        send_bytes(p, frame->at, frame->len);
    expect_message(p, TEXT, text->at, text->len);
    const struct failure *failure = &t->result->failure;
    if (c->number > 0 && !trial_holds(t) && !failure->unprepared && failure->diagnosis == NULL &&
        trial_probe(t, answers_cut_frame, &(struct check){.len = c->len}))
        trial_suspect(t, "partial-frame");
}

/* Nothing came for the frame that was sent with the request. What comes for one that is sent now? */
static const char *became_of_early(struct peer *p)
{
    struct bytes *frame = trial_bytes(p->trial);
    frame_add(frame, FIN | TEXT, zero_mask, "second", 6);
    send_anyway(p, frame->at, frame->len);
    if (!comes_soon(p, 8))
        return NULL;
    const unsigned char *at = p->wire->came.at + p->judged;
    if (memcmp(at, "\x81\x06second", 8) == 0)
        return "early-bytes";
    return memcmp(at,
                  "\x81\x0a"
                  "early ",
                  8) == 0
               ? "early-left"
               : NULL;
}

/* The same frame cut at the same place, but behind the 101. */
static void answers_cut_after_101(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *frame = trial_bytes(t);
    frame_add(frame, FIN | TEXT, zero_mask, "early bird", 10);
    send_bytes(p, frame->at, c->number);
    if (trial_holds(t))
        (void)wire_wait(peer_wires(t), wire_now() + AT_ONCE);
    send_bytes(p, frame->at + c->number, frame->len - c->number);
    expect_text(p, "early bird");
}

/* Request and frame in one segment; or `number` bytes of the frame, and then the rest. */
static void answers_early_frame(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct bytes *early = trial_bytes(t), *frame = trial_bytes(t);
    add_request(p, early, "");
    frame_add(frame, FIN | TEXT, zero_mask, "early bird", 10);
    size_t first = c->number > 0 ? c->number : frame->len;
    bytes_add(early, frame->at, first);
    send_bytes(p, early->at, early->len);
    expect_status(p, 101, 101);
    bool is_upgraded = trial_holds(t);
    if (first < frame->len)
        send_bytes(p, frame->at + first, frame->len - first);
    expect_text(p, "early bird");
    if (!trial_holds(t) && is_upgraded && c->number > 0)
        trial_suspect(t,
                      trial_probe(t, answers_cut_after_101, c) ? "early-bytes" : "partial-frame");
    else if (is_upgraded && t->result->failure.observed == SILENCE)
        trial_suspect(t, became_of_early(p));
}

/* ----------------------------------------------------------------------------------- unmask
 *
 * Binary messages: what is unmasked wrongly comes back, and is not refused for its UTF-8.
 */

/* Is the payload right for so many bytes, and masked as it was sent behind them? */
static bool is_masked_from(const unsigned char *came, const struct bytes *text,
                           const unsigned char *mask, size_t from)
{
    for (size_t i = 0; i < text->len; i++)
        if (came[i] != (i < from ? text->at[i] : text->at[i] ^ mask[i % 4]))
            return false;
    return true;
}

/* Of five to seven bytes, the first four were unmasked: no more than four ever are, or only groups of
 * four? Of eleven, one can see which. */
static const char *which_are_unmasked(struct peer *p)
{
    struct bytes *frame = trial_bytes(p->trial), *text = letters(p->trial, 11);
    size_t have = p->wire->came.len - p->judged;
    frame_add(frame, FIN | BINARY, p->mask, text->at, text->len);
    send_anyway(p, frame->at, frame->len);
    if (!comes_soon(p, have + 2 + text->len))
        return NULL;
    const unsigned char *came = p->wire->came.at + p->judged + have;
    if (memcmp(came, "\x82\x0b", 2) != 0)
        return NULL;
    return is_masked_from(came + 2, text, p->mask, 4)   ? "mask-four-only"
           : is_masked_from(came + 2, text, p->mask, 8) ? "mask-tail"
                                                        : NULL;
}

/* number: the mask, as a number; text: what is sent */
static void unmasks(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *mask = trial_bytes(t);
    bytes_add_number(mask, c->number, MASK_LEN);
    send_masked(p, FIN | BINARY, mask->at, c->text, strlen(c->text));
    expect_message(p, BINARY, c->text, strlen(c->text));
    if (!trial_holds(t) && starts_message(p) && strlen(c->text) < 8)
        trial_suspect(t, which_are_unmasked(p));
}

/* Every length up to `number`, each in a frame of its own. */
static void unmasks_lengths(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *text = letters(t, c->number);
    for (size_t len = 1; len <= c->number; len++) {
        send_masked(p, FIN | BINARY, sample_mask, text->at, len);
        expect_message(p, BINARY, text->at, len);
    }
}

static void unmasks_two_keys(struct trial *t, const struct check *c)
{
    static const unsigned char other_mask[MASK_LEN] = {0x55, 0x0F, 0xC3, 0x01};
    struct peer *p = peer_open(t);
    struct bytes *both = trial_bytes(t);
    (void)c;
    frame_add(both, FIN | BINARY, sample_mask, "first", 5);
    frame_add(both, FIN | BINARY, other_mask, "and second", 10);
    memcpy(p->mask, other_mask, MASK_LEN);
    memcpy(p->mask_before, sample_mask, MASK_LEN);
    send_bytes(p, both->at, both->len);
    expect_message(p, BINARY, "first", 5);
    expect_message(p, BINARY, "and second", 10);
}

/* Cut in two after `number` bytes of `len` of payload. */
static void unmasks_cut(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *frame = trial_bytes(t), *text = letters(t, c->len);
    frame_add(frame, FIN | BINARY, sample_mask, text->at, text->len);
    size_t head_len = frame->len - text->len;
    memcpy(p->mask, sample_mask, MASK_LEN);
    send_cut_at(p, frame->at, frame->len, head_len + c->number);
    p->cut = c->number;
    expect_message(p, BINARY, text->at, text->len);
}

/* The rest of a frame that was cut, and the next frame, come in one read: each ends where it ends.
 * code: a mask of zeros for the first, which does no harm beyond its end */
static void unmasks_no_more(struct trial *t, const struct check *c)
{
    static const unsigned char other_mask[MASK_LEN] = {0x55, 0x0F, 0xC3, 0x01};
    struct peer *p = peer_open(t);
    struct bytes *both = trial_bytes(t), *text = letters(t, c->len);
    frame_add(both, FIN | BINARY, c->code != 0 ? zero_mask : sample_mask, text->at, text->len);
    size_t head_len = both->len - text->len;
    frame_add(both, FIN | BINARY, other_mask, "and second", 10);
    send_cut_at(p, both->at, both->len, head_len + c->number);
    expect_message(p, BINARY, text->at, text->len);
    bool first = trial_holds(t);
    expect_message(p, BINARY, "and second", 10);
    struct check harmless = *c;
    harmless.code = 1;
    if (first && !trial_holds(t) && c->code == 0 && trial_probe(t, unmasks_no_more, &harmless))
        trial_suspect(t, "mask-too-far");
}

static void unmasks_slow(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *frame = trial_bytes(t), *text = letters(t, c->len);
    frame_add(frame, FIN | BINARY, sample_mask, text->at, text->len);
    memcpy(p->mask, sample_mask, MASK_LEN);
    send_in_pieces(p, frame->at, frame->len, c->number);
    expect_message(p, BINARY, text->at, text->len);
}

static void unmasks_long(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *text = letters(t, c->len);
    send_masked(p, FIN | BINARY, sample_mask, text->at, text->len);
    expect_message(p, BINARY, text->at, text->len);
}

static void unmasks_every_byte(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *all = trial_bytes(t);
    (void)c;
    for (unsigned i = 0; i < 256; i++)
        bytes_add_number(all, i, 1);
    send_masked(p, FIN | BINARY, sample_mask, all->at, all->len);
    expect_message(p, BINARY, all->at, all->len);
}

/* -------------------------------------------------------------------------------- refuse-frames */

/* number: the first byte; len: of the payload; code: how the length is written, or 'u': unmasked */
static void add_faulty_frame(struct trial *t, const struct check *c, struct bytes *out)
{
    const struct bytes *text = letters(t, c->len);
    if (c->code == 'u') {
        frame_add(out, c->number, NOT_MASKED, text->at, text->len);
    } else if (c->code != 0) {
        frame_add_header(out, c->number, zero_mask, c->len, c->code);
        bytes_add(out, text->at, text->len);
    } else {
        frame_add(out, c->number, zero_mask, text->at, text->len);
    }
}

static void refuses_frame(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *frame = trial_bytes(t), *payload = letters(t, c->len);
    add_faulty_frame(t, c, frame);
    send_bytes(p, frame->at, frame->len);
    if ((c->number & 0x0F) == PING && pong_comes(p, payload->at, payload->len))
        fail_frame(p, 0, "a pong came, where the connection should fail");
    expect_refused(p);
    if (last_came_back(p))
        trial_suspect(t, "frame-not-checked");
}

/* What comes behind a fault has no effect. */
static void refuses_the_rest(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *row = trial_bytes(t);
    add_faulty_frame(t, c, row);
    frame_add(row, FIN | TEXT, zero_mask, "after", 5);
    send_bytes(p, row->at, row->len);
    expect_refused(p);
    const struct bytes *came = &t->result->failure.came;
    if (!trial_holds(t) && bytes_find(came->at, came->len, "after") != NULL)
        trial_suspect(t, "goes-on-after-fault");
}

/* What came before it is answered. */
static void answers_what_was_valid(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *row = trial_bytes(t);
    frame_add(row, FIN | TEXT, zero_mask, "before", 6);
    add_faulty_frame(t, c, row);
    send_bytes(p, row->at, row->len);
    expect_text(p, "before");
    expect_refused(p);
}

/* text, len: raw bytes; code: of the Close frame that must come, though the frame is unfinished */
static void refuses_unfinished(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_bytes(p, c->text, c->len);
    expect_close_code(p, c->code);
    expect_end(p);
}

static const struct check faulty_frames[] = {
    {.id = "refuse-rsv1",
     .section = "RFC 6455 §5.2",
     .title = "RSV1 is set",
     .number = FIN | RSV1 | TEXT,
     .len = 5},
    {.id = "refuse-rsv2",
     .section = "RFC 6455 §5.2",
     .title = "RSV2 is set",
     .number = FIN | RSV2 | TEXT,
     .len = 5},
    {.id = "refuse-rsv3",
     .section = "RFC 6455 §5.2",
     .title = "RSV3 is set",
     .number = FIN | RSV3 | BINARY,
     .len = 5},
    {.id = "refuse-rsv-ping",
     .section = "RFC 6455 §5.2",
     .title = "RSV1 is set in a ping",
     .number = FIN | RSV1 | PING,
     .len = 5},
    {.id = "refuse-opcode-3",
     .section = "RFC 6455 §5.2",
     .title = "opcode 3",
     .number = FIN | 3,
     .len = 5},
    {.id = "refuse-opcode-4",
     .section = "RFC 6455 §5.2",
     .title = "opcode 4",
     .number = FIN | 4,
     .len = 0},
    {.id = "refuse-opcode-5",
     .section = "RFC 6455 §5.2",
     .title = "opcode 5",
     .number = FIN | 5,
     .len = 5},
    {.id = "refuse-opcode-6",
     .section = "RFC 6455 §5.2",
     .title = "opcode 6",
     .number = FIN | 6,
     .len = 5},
    {.id = "refuse-opcode-7",
     .section = "RFC 6455 §5.2",
     .title = "opcode 7",
     .number = FIN | 7,
     .len = 5},
    {.id = "refuse-opcode-11",
     .section = "RFC 6455 §5.2",
     .title = "opcode 11",
     .number = FIN | 11,
     .len = 5},
    {.id = "refuse-opcode-12",
     .section = "RFC 6455 §5.2",
     .title = "opcode 12",
     .number = FIN | 12,
     .len = 0},
    {.id = "refuse-opcode-13",
     .section = "RFC 6455 §5.2",
     .title = "opcode 13",
     .number = FIN | 13,
     .len = 5},
    {.id = "refuse-opcode-14",
     .section = "RFC 6455 §5.2",
     .title = "opcode 14",
     .number = FIN | 14,
     .len = 5},
    {.id = "refuse-opcode-15",
     .section = "RFC 6455 §5.2",
     .title = "opcode 15",
     .number = FIN | 15,
     .len = 5},
    {.id = "refuse-unmasked",
     .section = "RFC 6455 §5.1",
     .title = "a text that is not masked",
     .number = FIN | TEXT,
     .len = 5,
     .code = 'u'},
    {.id = "refuse-unmasked-empty",
     .section = "RFC 6455 §5.1",
     .title = "an empty text that is not masked",
     .number = FIN | TEXT,
     .code = 'u'},
    {.id = "refuse-unmasked-ping",
     .section = "RFC 6455 §5.1",
     .title = "a ping that is not masked",
     .number = FIN | PING,
     .len = 2,
     .code = 'u'},
    {.id = "refuse-ping-fragment",
     .section = "RFC 6455 §5.5",
     .title = "a ping without FIN",
     .number = PING,
     .len = 2},
    {.id = "refuse-close-fragment",
     .section = "RFC 6455 §5.5",
     .title = "a Close without FIN",
     .number = CLOSE,
     .len = 0},
    {.id = "refuse-long-ping",
     .section = "RFC 6455 §5.5",
     .title = "a ping with 126 bytes",
     .number = FIN | PING,
     .len = 126},
    {.id = "refuse-long-pong",
     .section = "RFC 6455 §5.5",
     .title = "a pong with 126 bytes",
     .number = FIN | PONG,
     .len = 126},
    {.id = "refuse-long-close",
     .section = "RFC 6455 §5.5",
     .title = "a Close with 200 bytes",
     .number = FIN | CLOSE,
     .len = 200},
    {0},
};

static const struct check long_lengths[] = {
    {.id = "refuse-5-in-16",
     .title = "5 written in 16 bits",
     .number = FIN | TEXT,
     .len = 5,
     .code = LENGTH_16},
    {.id = "refuse-125-in-16",
     .title = "125 written in 16 bits",
     .number = FIN | TEXT,
     .len = 125,
     .code = LENGTH_16},
    {.id = "refuse-5-in-64",
     .title = "5 written in 64 bits",
     .number = FIN | BINARY,
     .len = 5,
     .code = LENGTH_64},
    {.id = "refuse-65535-in-64",
     .title = "65535 written in 64 bits",
     .number = FIN | BINARY,
     .len = 65535,
     .code = LENGTH_64},
    {0},
};

static void refuses_with_code(struct trial *t, const struct check *c)
{
    for (const struct check *row = faulty_frames; row->id != NULL && trial_holds(t); row++) {
        struct peer *p = peer_open(t);
        struct bytes *frame = trial_bytes(t);
        add_faulty_frame(t, row, frame);
        send_bytes(p, frame->at, frame->len);
        expect_close_code(p, c->code);
        peer_leave(p);
    }
}

/* Says in the Close frame why, with the section. */
static void gives_a_reason(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *reason = trial_bytes(t);
    send_bytes(p, c->text, c->len);
    expect_close(p, reason);
    if (!trial_holds(t) || bytes_find(reason->at, reason->len, "RFC") != NULL)
        return;
    if (reason->len == 0) {
        trial_fail_at(p, "the Close frame does not say why");
        trial_say(t, "a reason with the section of the RFC", "none");
        trial_suspect(t, "no-reason");
        return;
    }
    struct bytes *shown = trial_bytes(t);
    show_escaped(shown, reason->at, reason->len);
    bytes_add(shown, "", 1); /* a C string from here on */
    trial_fail_at(p, "the reason in the Close frame names no section of the RFC");
    trial_say(t, "a reason with the section of the RFC", (const char *)shown->at);
}

/* A 64-bit length with its highest bit set: no server has so much room. */
static void refuses_high_bit(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *header = trial_bytes(t);
    (void)c;
    frame_add_header(header, FIN | BINARY, zero_mask, UINT64_MAX, LENGTH_64);
    send_bytes(p, header->at, header->len);
    expect_refused(p);
}

/* So many bytes are announced that 32 bits do not hold the number: of their lower half, it is `len`, and
 * so many are sent. Whether that is too much, or waited for, is the server's choice. */
static void reads_all_of_length(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *frame = trial_bytes(t), *text = letters(t, c->len);
    frame_add_header(frame, FIN | TEXT, zero_mask, ((uint64_t)1 << 32) + c->len, LENGTH_64);
    bytes_add(frame, text->at, text->len);
    send_bytes(p, frame->at, frame->len);
    if (!comes_soon(p, 2))
        return;
    pass_over_control_at_hand(p);
    if (comes_soon(p, 2 + LENGTH_64 + c->len) && starts_message(p))
        fail_frame(p, 0, "a message came, of which the least part had been sent");
}

/* ------------------------------------------------------------------------------------ UTF-8 */

static void refuses_text(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_frame(p, FIN | TEXT, c->text, c->len);
    expect_refused(p);
    if (message_came_back(p))
        trial_suspect(t, "utf8-not-checked");
}

static void takes_text(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_frame(p, FIN | TEXT, c->text, c->len);
    expect_message(p, TEXT, c->text, c->len);
}

static void takes_any_binary(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_frame(p, FIN | BINARY, c->text, c->len);
    expect_message(p, BINARY, c->text, c->len);
}

/* RFC 3629: what is no UTF-8, at the beginning of the text, in it or at its end. */
static const struct check bad_texts[] = {
    {.id = "utf8-ff",
     .title = "the byte FF",
     BYTES("a\xff"
           "b")},
    {.id = "utf8-lone-80", .title = "a continuation byte alone", BYTES("\x80")},
    {.id = "utf8-lone-bf",
     .title = "a continuation byte behind a whole character",
     BYTES("\xce\xba\xbf")},
    {.id = "utf8-no-second",
     .title = "a character without its second byte",
     BYTES("\xce"
           "a")},
    {.id = "utf8-no-third",
     .title = "a character without its third byte",
     BYTES("\xe1\x80"
           "a")},
    {.id = "utf8-second-c3", .title = "a first byte in place of a second", BYTES("\xc3\xc3")},
    {.id = "utf8-third-c0",
     .title = "a byte that is never in UTF-8 in place of a third",
     BYTES("\xe2\x82\xc0")},
    {.id = "utf8-cut-2", .title = "a text that ends within a character of 2 bytes", BYTES("a\xce")},
    {.id = "utf8-cut-3",
     .title = "a text that ends within a character of 3 bytes",
     BYTES("a\xe1\x80")},
    {.id = "utf8-cut-4",
     .title = "a text that ends within a character of 4 bytes",
     BYTES("a\xf0\x9f\x98")},
    {.id = "utf8-overlong-2", .title = "/ in two bytes", BYTES("\xc0\xaf")},
    {.id = "utf8-overlong-c1", .title = "DEL in two bytes", BYTES("\xc1\xbf")},
    {.id = "utf8-overlong-3", .title = "/ in three bytes", BYTES("\xe0\x80\xaf")},
    {.id = "utf8-overlong-3-max", .title = "U+07FF in three bytes", BYTES("\xe0\x9f\xbf")},
    {.id = "utf8-overlong-4", .title = "U+FFFF in four bytes", BYTES("\xf0\x8f\xbf\xbf")},
    {.id = "utf8-surrogate-low", .title = "U+D800, a surrogate", BYTES("\xed\xa0\x80")},
    {.id = "utf8-surrogate-high", .title = "U+DFFF, a surrogate", BYTES("\xed\xbf\xbf")},
    {.id = "utf8-above", .title = "U+110000, above the last", BYTES("\xf4\x90\x80\x80")},
    {.id = "utf8-f5", .title = "the byte F5", BYTES("\xf5\x80\x80\x80")},
    {.id = "utf8-five", .title = "a character of five bytes", BYTES("\xf8\x88\x80\x80\x80")},
    {0},
};

static void refuses_text_with_code(struct trial *t, const struct check *c)
{
    for (const struct check *row = bad_texts; row->id != NULL && trial_holds(t); row++) {
        struct peer *p = peer_open(t);
        send_frame(p, FIN | TEXT, row->text, row->len);
        expect_close_code(p, c->code);
        peer_leave(p);
    }
}

/* ----------------------------------------------------------------------------------- limits */

/* A message of `len` bytes is taken (code 0), or refused with `code`. */
static void limits_message(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *text = letters(t, c->len);
    send_frame(p, FIN | TEXT, text->at, text->len);
    bool held = trial_holds(t);
    if (c->code == 0)
        expect_message(p, TEXT, text->at, text->len);
    else
        expect_close_code(p, c->code);
    if (c->code == 0) /* the suspicion is about what is too large */
        trial_prepared(t, held);
    else if (message_came_back(p))
        trial_suspect(t, "too-big-taken");
}

/* Only the header comes: `len` bytes are announced. */
static void limits_announced(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *header = trial_bytes(t);
    frame_add_header(header, FIN | BINARY, zero_mask, c->len, frame_length_form(c->len));
    send_bytes(p, header->at, header->len);
    expect_close_code(p, c->code);
}

static void limits_fragments(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *text = letters(t, c->len), *header = trial_bytes(t);
    send_frame(p, TEXT, text->at, text->len);
    frame_add_header(header, FIN | CONTINUATION, zero_mask, c->len, frame_length_form(c->len));
    send_bytes(p, header->at, header->len);
    pass_over_fragments(p);
    expect_close_code(p, c->code);
}

/* ----------------------------------------------------------------------------------- tables */

const struct family frame_checks[] = {
    /* ---- receive-loop */
    {.exercise = "receive-loop",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "the task of lesson 2",
     .rule = "After the 101 the server receives what the client sends; the connection stays until "
             "one of the two wants to end it.",
     .symptom = "The page says \"connected\", and at once \"closed\".",
     .parents = "send-101-status",
     .suspect = "no-loop",
     .shows = A_CLOSE | AN_END,
     .run = stays,
     .checks =
         (const struct check[]){
             {.id = "loop-stays", .title = "the connection stays for the first message"}, {0}}},
    {.exercise = "receive-loop",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "the task of lesson 2",
     .rule = "Every message is answered, not the first alone.",
     .symptom = "The first message comes back, the second does not.",
     .parents = "encode-hello",
     .run = answers_on_and_on,
     .checks =
         (const struct check[]){
             {.id = "loop-ten", .title = "ten messages, one after the other", .number = 10}, {0}}},
    {.exercise = "receive-loop",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "the task of lesson 2",
     .rule = "A client may be silent for as long as it likes. To find out whether it is still "
             "there, a server sends a ping.",
     .symptom = "Whoever reads before writing an answer is thrown out.",
     .parents = "loop-stays encode-hello",
     .waits = true,
     .run = stays_for_the_silent,
     .checks =
         (const struct check[]){
             {.id = "loop-silent", .title = "a client that is silent for a second", .number = 1000},
             {0}}},

    /* ---- encode-short */
    {.exercise = "encode-short",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "A message in one frame begins with FIN and its opcode, 0x81 for text and 0x82 for "
             "binary; then comes the length, up to 125 in one byte whose bit 0x80 is 0, for a "
             "server does not mask; then the payload.",
     .symptom = "\"Invalid frame header\", \"A server must not mask any frames\", \"One or more "
                "reserved bits are on\".",
     .parents = "decode-answers",
     .run = echoes,
     .checks =
         (const struct check[]){
             {.id = "encode-hello",
              .title = "a text of 5 bytes: 81 05 Hello",
              .number = TEXT,
              BYTES("Hello")},
             {.id = "encode-one", .title = "a text of one byte", .number = TEXT, BYTES("x")},
             {.id = "encode-utf8",
              .title = "a text that is not ASCII",
              .number = TEXT,
              BYTES("gr\xc3\xbc\xc3\x9f dich \xf0\x9f\x8c\x8d \xe6\x94\xb6\xe5\x88\xb0")},
             {0}}},
    {.exercise = "encode-short",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.6",
     .rule = "A binary message is any bytes, and comes back as binary, with opcode 2.",
     .symptom = "\"Could not decode a text frame as UTF-8\"; images are cut off.",
     .parents = "encode-hello",
     .run = echoes,
     .checks = (const struct check[]){{.id = "encode-binary",
                                       .title = "a binary message: 82",
                                       .number = BINARY,
                                       BYTES("\x01\x02\x03")},
                                      {.id = "encode-nul",
                                       .title = "41 00 FF: a NUL in the middle",
                                       .number = BINARY,
                                       BYTES("\x41\x00\xff")},
                                      {.id = "encode-nul-first",
                                       .title = "00 01: a NUL at the beginning",
                                       .number = BINARY,
                                       BYTES("\x00\x01")},
                                      {.id = "encode-text-nul",
                                       .title = "a text with a NUL, which is a character",
                                       .number = TEXT,
                                       BYTES("a\x00z")},
                                      {0}}},
    {.exercise = "encode-short",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "A message may be empty: its length is 0, and nothing follows.",
     .symptom = "A client that sends an empty message is thrown out.",
     .parents = "encode-hello decode-length-0",
     .run = echoes,
     .checks =
         (const struct check[]){
             {.id = "encode-empty", .title = "an empty text: 81 00", .number = TEXT, BYTES("")},
             {.id = "encode-empty-binary",
              .title = "an empty binary message: 82 00",
              .number = BINARY,
              BYTES("")},
             {0}}},
    {.exercise = "encode-short",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "Up to 125 bytes, the length is in the second byte itself.",
     .symptom = "\"Invalid frame header\", for just one length.",
     .parents = "encode-hello",
     .run = echoes_length,
     .checks =
         (const struct check[]){
             {.id = "encode-124", .title = "124 bytes", .len = 124},
             {.id = "encode-125", .title = "125 bytes, the most that goes into 7 bits", .len = 125},
             {0}}},

    /* ---- encode-long */
    {.exercise = "encode-long",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "From 126 bytes on, the second byte is 126 and two bytes of length follow, the high "
             "one first; from 65536 on it is 127 and eight bytes. The shortest form that fits is "
             "the only right one.",
     .symptom = "\"Invalid frame header\" for messages above a certain size.",
     .parents = "encode-hello decode-length-126 decode-length-128 decode-length-300",
     .run = echoes_length,
     .checks =
         (const struct check[]){
             {.id = "encode-126", .title = "126 bytes, the fewest in 16 bits", .len = 126},
             {.id = "encode-127", .title = "127 bytes", .len = 127},
             {.id = "encode-128", .title = "128 bytes (signed char)", .len = 128},
             {.id = "encode-255", .title = "255 bytes", .len = 255},
             {.id = "encode-256", .title = "256 bytes", .len = 256},
             {0}}},
    {.exercise = "encode-long",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "Up to 65535 bytes, two bytes of length follow 126; from 65536 on, eight bytes follow "
             "127. The highest byte comes first, and the shortest form that fits is the only right "
             "one.",
     .symptom = "\"Invalid frame header\" for messages above a certain size.",
     .parents = "encode-126 decode-cut-9 decode-length-32768 decode-length-65536",
     .run = echoes_length,
     .checks =
         (const struct check[]){
             {.id = "encode-1000", .title = "1000 bytes", .len = 1000},
             {.id = "encode-32768", .title = "32768 bytes (signed short)", .len = 32768},
             {.id = "encode-65535",
              .title = "65535 bytes, the most that goes into 16 bits",
              .len = 65535},
             {.id = "encode-65536", .title = "65536 bytes, the fewest in 64 bits", .len = 65536},
             {.id = "encode-100000", .title = "100000 bytes", .len = 100000},
             {.id = "encode-1m", .title = "1 MiB", .len = 1048576},
             {0}}},

    /* ---- decode-header */
    {.exercise = "decode-header",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "A text frame that a client sends is read, and the message comes back.",
     .symptom = "Messages are sent, and nothing happens.",
     .parents = "loop-stays",
     .place = "where a frame is read, a message handed out, and answered (in the course: "
              "ws_frame_decode() and check_rules() in common/frame.c, take_data() in "
              "lesson02_frames/conn.c, serve() in lesson02_frames/server.c)",
     .run = answers_a_frame,
     .checks = (const struct check[]){{.id = "decode-answers", .title = "a text frame is answered"},
                                      {0}}},
    {.exercise = "decode-header",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule =
         "If the seven bits of the length say 126, the length is in the next 2 bytes; if they say "
         "127, in the next 8. The highest byte comes first, and the key behind it.",
     .symptom = "Short messages come back; after a long one, nothing does any more.",
     .parents = "encode-hello",
     .run = reads_length,
     .checks =
         (const struct check[]){
             {.id = "decode-length-126", .title = "where a frame of 126 bytes ends", .len = 126},
             {.id = "decode-length-128",
              .title = "where a frame of 128 bytes ends (signed char)",
              .len = 128},
             {.id = "decode-length-300", .title = "where a frame of 300 bytes ends", .len = 300},
             {.id = "decode-length-32768",
              .title = "where a frame of 32768 bytes ends (signed short)",
              .len = 32768},
             {.id = "decode-length-65536",
              .title = "where a frame of 65536 bytes ends",
              .len = 65536},
             {0}}},
    {.exercise = "decode-header",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "A frame may have no payload: behind its key the next frame begins.",
     .symptom = "A client that sends an empty message is thrown out.",
     .parents = "encode-hello",
     .run = reads_length,
     .checks =
         (const struct check[]){
             {.id = "decode-length-0", .title = "where an empty frame ends", .len = 0}, {0}}},
    {.exercise = "decode-header",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "TCP is a stream: one recv() may bring two frames, or one and a half.",
     .symptom = "The second message is lost, or comes with the third.",
     .parents = "encode-hello",
     .run = answers_two_in_one,
     .checks =
         (const struct check[]){{.id = "decode-two-in-one", .title = "two frames in one segment"},
                                {0}}},
    {.exercise = "decode-header",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "TCP is a stream: one recv() may bring many frames.",
     .symptom = "Messages are lost when they come fast.",
     .parents = "decode-two-in-one encode-126 encode-binary encode-empty",
     .run = answers_a_row,
     .checks =
         (const struct check[]){
             {.id = "decode-row", .title = "four frames of all kinds in one segment"}, {0}}},
    {.exercise = "decode-header",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "TCP is a stream: one recv() may bring many frames, and the last may be cut.",
     .symptom = "Messages are lost when they come fast.",
     .parents = "decode-two-in-one decode-cut-9",
     .run = answers_many,
     .checks =
         (const struct check[]){
             {.id = "decode-100", .title = "a hundred frames at once", .number = 100},
             {.id = "decode-5000", .title = "five thousand frames at once", .number = 5000},
             {0}}},
    {.exercise = "decode-header",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "TCP may bring a frame byte by byte: keep what there is, and go on when more comes.",
     .symptom = "It hangs now and then over a slow network.",
     .parents = "encode-126 decode-cut-2 decode-cut-9",
     .suspect = "partial-frame",
     .run = answers_slow_frame,
     .checks =
         (const struct check[]){
             {.id = "decode-byte-by-byte", .title = "a frame byte by byte", .len = 12},
             {.id = "decode-byte-by-byte-16",
              .title = "a frame with a 16-bit length byte by byte",
              .len = 130},
             {0}}},
    {.exercise = "decode-header",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "A header may be cut anywhere; it is read when it is all there.",
     .symptom = "Now and then a connection breaks off with 1002, or hangs.",
     .parents = "decode-two-in-one encode-256",
     .run = answers_cut_frame,
     .checks =
         (const struct check[]){
             {.id = "decode-cut-1",
              .title = "a frame cut behind its first byte",
              .number = 1,
              .len = 20},
             {.id = "decode-cut-2", .title = "a frame cut before its mask", .number = 2, .len = 20},
             {.id = "decode-cut-4", .title = "a frame cut within its mask", .number = 4, .len = 20},
             {.id = "decode-cut-6",
              .title = "a frame cut before its payload",
              .number = 6,
              .len = 20},
             {.id = "decode-cut-16",
              .title = "a frame cut within a 16-bit length",
              .number = 3,
              .len = 300},
             {0}}},
    {.exercise = "decode-header",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "A header may be cut anywhere; it is read when it is all there.",
     .symptom = "Now and then a connection breaks off with 1002, or hangs.",
     .parents = "decode-two-in-one encode-65536",
     .run = answers_cut_frame,
     .checks = (const struct check[]){{.id = "decode-cut-64",
                                       .title = "a frame cut within a 64-bit length",
                                       .number = 6,
                                       .len = 70000},
                                      {0}}},
    {.exercise = "decode-header",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §4.1",
     .rule = "What recv() brings behind the empty line of the request is the beginning of the "
             "first frame. (A client should wait for the 101; its bytes may still come together.)",
     .symptom = "The first message is lost, now and then.",
     .parents = "encode-hello",
     .run = answers_early_frame,
     .checks =
         (const struct check[]){{.id = "decode-early", .title = "request and frame in one segment"},
                                {0}}},
    {.exercise = "decode-header",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §4.1",
     .rule = "What recv() brings behind the empty line of the request is the beginning of the "
             "first frame.",
     .symptom = "The first message is lost, now and then.",
     .parents = "decode-early decode-cut-1",
     .run = answers_early_frame,
     .checks = (const struct check[]){{.id = "decode-early-byte",
                                       .title = "request and one byte in one segment",
                                       .number = 1},
                                      {0}}},
    {.exercise = "decode-header",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §4.1",
     .rule = "What recv() brings behind the empty line of the request is the beginning of the "
             "first frame.",
     .symptom = "The first message is lost, now and then.",
     .parents = "decode-early decode-cut-9",
     .run = answers_early_frame,
     .checks = (const struct check[]){{.id = "decode-early-half",
                                       .title = "request and half a frame in one segment",
                                       .number = 9},
                                      {0}}},
    {.exercise = "decode-header",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "this course",
     .rule = "Flush before you block: the replies to everything that one recv() brought go out "
             "together.",
     .symptom = "A tenth of the speed that is possible.",
     .parents = "decode-100",
     .run = answers_together,
     .checks =
         (const struct check[]){
             {.id = "decode-batch", .title = "replies go out together", .number = 200}, {0}}},

    /* ---- assemble, for a message in one frame: see checks_close.c for those in several */
    {.exercise = "assemble",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "TCP is a stream: a payload may come in several pieces. They are one message, and it "
             "is complete when as many bytes have come as the header has announced.",
     .symptom = "Only the end of a long message comes back, or it comes back in pieces.",
     .parents = "decode-two-in-one",
     .run = answers_cut_frame,
     .checks = (const struct check[]){{.id = "decode-cut-9",
                                       .title = "a frame cut within its payload",
                                       .number = 9,
                                       .len = 20},
                                      {.id = "decode-cut-25",
                                       .title = "a frame cut before its last byte",
                                       .number = 25,
                                       .len = 20},
                                      {0}}},

    /* ---- unmask */
    {.exercise = "unmask",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.3",
     .rule = "Byte i of the payload is XOR-ed with byte i mod 4 of the key that stands before it.",
     .symptom = "Garbage comes back, or \"Could not decode a text frame as UTF-8\".",
     .parents = "encode-binary",
     .run = unmasks,
     .checks = (const struct check[]){{.id = "unmask-sample",
                                       .title = "the example of the RFC (§5.7)",
                                       .number = 0x37FA213D,
                                       .text = "Hello"},
                                      {.id = "unmask-ff",
                                       .title = "a key of FF FF FF FF",
                                       .number = 0xFFFFFFFF,
                                       .text = "all bits turned"},
                                      {.id = "unmask-zero-byte",
                                       .title = "a key with 00 in it",
                                       .number = 0x00A50051,
                                       .text = "strlen() again"},
                                      {.id = "unmask-becomes-nul",
                                       .title = "masked bytes that are NUL",
                                       .number = 0x61626364,
                                       .text = "abcdabcd"},
                                      {0}}},
    {.exercise = "unmask",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.3",
     .rule = "Byte i of the payload is XOR-ed with byte i mod 4 of the key, whatever its length.",
     .symptom = "Only the first four characters are right.",
     .parents = "unmask-sample",
     .run = unmasks_lengths,
     .checks =
         (const struct check[]){
             {.id = "unmask-lengths", .title = "payloads of 1 to 40 bytes", .number = 40}, {0}}},
    {.exercise = "unmask",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.3",
     .rule = "Each frame has a key of its own, and its payload begins with byte 0 of that.",
     .symptom = "The first message is right, the second is garbage.",
     .parents = "unmask-sample decode-two-in-one",
     .run = unmasks_two_keys,
     .checks =
         (const struct check[]){{.id = "unmask-second-frame", .title = "two frames, two keys"},
                                {0}}},
    {.exercise = "unmask",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.3",
     .rule =
         "The index into the key goes on where it was when the payload comes in several pieces.",
     .symptom = "Long messages are garbage from some point on.",
     .parents = "unmask-sample decode-cut-9",
     .run = unmasks_cut,
     .checks =
         (const struct check[]){
             {.id = "unmask-cut-1", .title = "a payload cut after 1 byte", .number = 1, .len = 24},
             {.id = "unmask-cut-2", .title = "a payload cut after 2 bytes", .number = 2, .len = 24},
             {.id = "unmask-cut-3", .title = "a payload cut after 3 bytes", .number = 3, .len = 24},
             {.id = "unmask-cut-5", .title = "a payload cut after 5 bytes", .number = 5, .len = 24},
             {0}}},
    {.exercise = "unmask",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.3",
     .rule =
         "The key is for this frame's payload: what lies behind it in the buffer stays as it is.",
     .symptom = "Now and then a good frame is refused, when many come.",
     .parents = "unmask-cut-1 unmask-second-frame",
     .run = unmasks_no_more,
     .checks = (const struct check[]){{.id = "unmask-beside",
                                       .title = "a payload cut after 1 byte, and a frame behind it",
                                       .number = 1,
                                       .len = 3},
                                      {0}}},
    {.exercise = "unmask",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.3",
     .rule =
         "The index into the key goes on where it was when the payload comes in several pieces.",
     .symptom = "Long messages are garbage from some point on.",
     .parents = "unmask-cut-1 encode-1000",
     .run = unmasks_cut,
     .checks = (const struct check[]){{.id = "unmask-cut-1001",
                                       .title = "a payload cut after 1001 of 3000 bytes",
                                       .number = 1001,
                                       .len = 3000},
                                      {0}}},
    {.exercise = "unmask",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.3",
     .rule =
         "The index into the key goes on where it was when the payload comes in several pieces.",
     .symptom = "Long messages are garbage from some point on.",
     .parents = "unmask-sample decode-byte-by-byte",
     .run = unmasks_slow,
     .checks = (const struct check[]){{.id = "unmask-byte-by-byte",
                                       .title = "a payload byte by byte",
                                       .number = 1,
                                       .len = 20},
                                      {.id = "unmask-in-sevens",
                                       .title = "a payload in pieces of 7 bytes",
                                       .number = 7,
                                       .len = 100},
                                      {0}}},
    {.exercise = "unmask",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.3",
     .rule = "The index into the key goes on where it was when the payload comes in several "
             "pieces, as a long one always does.",
     .symptom = "Long messages are garbage from some point on.",
     .parents = "unmask-sample encode-65536",
     .run = unmasks_long,
     .checks =
         (const struct check[]){{.id = "unmask-5000", .title = "5000 bytes", .len = 5000},
                                {.id = "unmask-70001", .title = "70001 bytes", .len = 70001},
                                {.id = "unmask-1m", .title = "1 MiB less 3 bytes", .len = 1048573},
                                {0}}},
    {.exercise = "unmask",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.3",
     .rule = "Masking is XOR, and any byte may come of it.",
     .symptom = "Images are damaged.",
     .parents = "unmask-sample encode-256",
     .run = unmasks_every_byte,
     .checks =
         (const struct check[]){{.id = "unmask-every-byte", .title = "all 256 values of a byte"},
                                {0}}},

    /* ---- refuse-frames */
    {.exercise = "refuse-frames",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.1, §5.2, §5.5",
     .rule = "A frame with a bit RSV, a reserved opcode or no mask, and a control frame that is "
             "fragmented or longer than 125 bytes, fails the connection: a Close frame with 1002 "
             "perhaps, and the end.",
     .symptom = "None with a browser, which sends no such frame; but an attacker does.",
     .parents = "encode-hello",
     .run = refuses_frame,
     .checks = faulty_frames},
    {.exercise = "refuse-frames",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "RFC 6455 §5.2",
     .rule = "The shortest form of a length must be used. (The RFC says so to those who send; the "
             "course's servers hold them to it.)",
     .symptom = "Two parsers that read the same bytes differently.",
     .parents = "encode-hello",
     .run = refuses_frame,
     .checks = long_lengths},
    {.exercise = "refuse-frames",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "The highest bit of a 64-bit length must be 0.",
     .symptom = "The length becomes negative, and the server dies or waits for ever.",
     .parents = "encode-hello",
     .run = refuses_high_bit,
     .checks =
         (const struct check[]){
             {.id = "refuse-high-bit", .title = "a length of 64 bits, all of them 1"}, {0}}},
    {.exercise = "decode-header",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.2",
     .rule = "Behind 127 the length is a number of 64 bits: 32 do not hold it.",
     .symptom = "From 4 GiB on, the rest of a message is taken for frames.",
     .parents = "encode-hello decode-length-65536",
     .suspect = "length-in-32-bits",
     .shows = A_MESSAGE,
     .run = reads_all_of_length,
     .checks = (const struct check[]){{.id = "decode-length-4g",
                                       .title = "a frame of more than 4 GiB is announced",
                                       .len = 70000},
                                      {0}}},
    {.exercise = "refuse-frames",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §7.1.7",
     .rule = "When the connection is failed, nothing that comes behind the fault is looked at.",
     .symptom = "Answers to messages after an error.",
     .parents = "refuse-opcode-3 refuse-unmasked",
     .run = refuses_the_rest,
     .checks = (const struct check[]){{.id = "refuse-rest",
                                       .title = "a message behind a faulty frame",
                                       .number = FIN | 3,
                                       .len = 5},
                                      {.id = "refuse-rest-ping",
                                       .title = "a message behind a faulty ping",
                                       .number = FIN | RSV1 | PING},
                                      {0}}},
    {.exercise = "refuse-frames",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "this course",
     .rule = "What was valid before a fault is answered before the Close frame.",
     .symptom = "The last answer is lost.",
     .parents = "refuse-opcode-3",
     .suspect = "close-drops-answers",
     .shows = A_CLOSE | AN_END,
     .run = answers_what_was_valid,
     .checks = (const struct check[]){{.id = "refuse-valid-first",
                                       .title = "a message in front of a faulty frame",
                                       .number = FIN | 3,
                                       .len = 5},
                                      {0}}},
    {.exercise = "refuse-frames",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "RFC 6455 §7.4.1",
     .rule = "A client that broke the protocol is told so: a Close frame with 1002.",
     .symptom = "1006 in the browser, and no word why.",
     .parents = "refuse-opcode-3 refuse-unmasked close-1000",
     .suspect = "close-code-missing",
     .shows = A_CLOSE | AN_END,
     .run = refuses_with_code,
     .checks =
         (const struct check[]){
             {.id = "refuse-code-1002", .title = "the Close frame says 1002", .code = 1002}, {0}}},
    {.exercise = "refuse-frames",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "RFC 6455 §7.1.6",
     .rule = "The Close frame for a fault says in words what it was, with the section of the RFC.",
     .symptom = "event.reason is empty.",
     .parents = "refuse-code-1002",
     .run = gives_a_reason,
     .checks = (const struct check[]){{.id = "refuse-reason-opcode",
                                       .title = "a reason for a reserved opcode",
                                       BYTES("\x83\x80\0\0\0\0")},
                                      {.id = "refuse-reason-mask",
                                       .title = "a reason for a missing mask",
                                       BYTES("\x81\x01"
                                             "a")},
                                      {0}}},
    {.exercise = "refuse-frames",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "this course",
     .rule = "A fault is judged when its byte is there; the rest of the frame is not waited for.",
     .symptom = "A client that breaks a rule and then says nothing keeps its place.",
     .parents = "refuse-code-1002",
     .suspect = "waits-for-rest",
     .shows = SILENCE,
     .run = refuses_unfinished,
     .checks = (const struct check[]){{.id = "refuse-early-rsv",
                                       .title = "RSV1: the first byte is enough",
                                       BYTES("\xc1"),
                                       .code = 1002},
                                      {.id = "refuse-early-opcode",
                                       .title = "an opcode: the first byte is enough",
                                       BYTES("\x83"),
                                       .code = 1002},
                                      {.id = "refuse-early-mask",
                                       .title = "no mask: two bytes are enough",
                                       BYTES("\x81\x05"),
                                       .code = 1002},
                                      {.id = "refuse-early-ping",
                                       .title = "a long ping: two bytes are enough",
                                       BYTES("\x89\xfe"),
                                       .code = 1002},
                                      {0}}},
    /* ---- utf8 */
    {.exercise = "utf8",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §8.1, RFC 3629",
     .rule = "A text message that is not UTF-8 fails the connection.",
     .symptom = "\"Could not decode a text frame as UTF-8\" in all who get it.",
     .parents = "encode-hello",
     .run = refuses_text,
     .checks = bad_texts},
    {.exercise = "utf8",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 3629 §3",
     .rule = "What is UTF-8 is taken, the first and the last character of each length as well.",
     .symptom = "Some characters end the connection.",
     .parents = "encode-utf8",
     .suspect = "utf8-too-strict",
     .shows = A_CLOSE | AN_END,
     .run = takes_text,
     .checks =
         (const struct check[]){
             {.id = "utf8-good-2", .title = "U+0080 and U+07FF", BYTES("\xc2\x80\xdf\xbf")},
             {.id = "utf8-good-3",
              .title = "U+0800 and U+FFFF, which no character has",
              BYTES("\xe0\xa0\x80\xef\xbf\xbf")},
             {.id = "utf8-good-around",
              .title = "U+D7FF and U+E000, around the surrogates",
              BYTES("\xed\x9f\xbf\xee\x80\x80")},
             {.id = "utf8-good-4",
              .title = "U+10000 and U+10FFFF",
              BYTES("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf")},
             {.id = "utf8-good-bom", .title = "U+FEFF, kept as it is", BYTES("\xef\xbb\xbfx")},
             {0}}},
    {.exercise = "utf8",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.6",
     .rule = "A binary message need not be UTF-8.",
     .symptom = "Images end the connection with 1007.",
     .parents = "encode-binary",
     .suspect = "utf8-in-binary",
     .shows = A_1007 | AN_END,
     .run = takes_any_binary,
     .checks = (const struct check[]){{.id = "utf8-not-in-binary",
                                       .title = "bytes that are no UTF-8, as binary",
                                       BYTES("\xff\xfe\xc0\x80")},
                                      {0}}},
    {.exercise = "utf8",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "RFC 6455 §7.4.1",
     .rule = "A client whose text was no UTF-8 is told so: a Close frame with 1007.",
     .symptom = "1006 or 1002 in the browser: the wrong trace.",
     .parents = "utf8-ff close-1000",
     .suspect = "close-code-missing",
     .shows = A_CLOSE | AN_END,
     .run = refuses_text_with_code,
     .checks =
         (const struct check[]){
             {.id = "utf8-code-1007", .title = "the Close frame says 1007", .code = 1007}, {0}}},
    {.exercise = "utf8",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "this course",
     .rule = "Bad UTF-8 is judged at the first byte that cannot stand there; the rest of the frame "
             "or of the message is not waited for.",
     .symptom = "A client that sends nonsense and then nothing keeps its place.",
     .parents = "utf8-code-1007",
     .suspect = "waits-for-rest",
     .shows = SILENCE,
     .run = refuses_unfinished,
     .checks = (const struct check[]){{.id = "refuse-early-utf8",
                                       .title = "bad UTF-8 in the middle of a frame",
                                       BYTES("\x81\xe4\0\0\0\0ab\xff"),
                                       .code = 1007},
                                      {.id = "refuse-early-utf8-fragment",
                                       .title = "bad UTF-8 in a first fragment",
                                       BYTES("\x01\x83\0\0\0\0a\xc0\xaf"),
                                       .code = 1007},
                                      {.id = "refuse-early-surrogate",
                                       .title = "half a surrogate is enough",
                                       BYTES("\x81\xe4\0\0\0\0\xed\xa0"),
                                       .code = 1007},
                                      {0}}},
    {.exercise = "utf8",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "RFC 6455 §7.1.6",
     .rule = "The Close frame for a fault says in words what it was, with the section of the RFC.",
     .symptom = "event.reason is empty.",
     .parents = "utf8-code-1007",
     .run = gives_a_reason,
     .checks = (const struct check[]){{.id = "refuse-reason-utf8",
                                       .title = "a reason for bad UTF-8",
                                       BYTES("\x81\x81\0\0\0\0\xff")},
                                      {0}}},
    {.exercise = "refuse-frames",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "RFC 6455 §10.4",
     .rule = "A server has a limit for messages (--max-message), and closes with 1009 above it.",
     .symptom = "One client with one message takes all memory.",
     .parents = "encode-1000 close-1000",
     .start = &(const struct start){"", "--max-message 1000"},
     .suspect = "too-big-taken",
     .shows = SILENCE,
     .run = limits_message,
     .checks =
         (const struct check[]){
             {.id = "limit-just", .title = "a message as long as allowed", .len = 1000},
             {.id = "limit-over",
              .title = "a message one byte longer than allowed",
              .len = 1001,
              .code = 1009},
             {0}}},
    {.exercise = "refuse-frames",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "RFC 6455 §10.4",
     .rule = "The limit holds for what is announced: a header is enough to refuse.",
     .symptom = "A header with a large number makes the server take that much memory.",
     .parents = "encode-1000 close-1000",
     .start = &(const struct start){"", "--max-message 1000"},
     .suspect = "too-big-taken",
     .shows = SILENCE,
     .run = limits_announced,
     .checks =
         (const struct check[]){
             {.id = "limit-announced", .title = "1001 bytes announced", .len = 1001, .code = 1009},
             {.id = "limit-announced-64",
              .title = "100000 bytes announced",
              .len = 100000,
              .code = 1009},
             {0}}},
    {.exercise = "refuse-frames",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "RFC 6455 §10.4",
     .rule = "The limit holds for the message, not for each of its fragments.",
     .symptom = "A message without end fills the memory.",
     .parents = "encode-1000 close-1000 fragment-two",
     .start = &(const struct start){"", "--max-message 1000"},
     .suspect = "too-big-taken",
     .shows = SILENCE,
     .run = limits_fragments,
     .checks = (const struct check[]){{.id = "limit-fragments",
                                       .title = "two fragments of 501 bytes",
                                       .len = 501,
                                       .code = 1009},
                                      {0}}},
    {0},
};
