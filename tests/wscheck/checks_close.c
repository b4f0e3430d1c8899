/*
 * checks_close - lesson 2: control frames, fragments, and the end (RFC 6455 §5.4, §5.5, §7)
 *
 * The server under test sends every message back. The functions say what a kind of check does; the
 * tables below them, what each is about.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "expect.h"
#include "peer.h"
#include "words.h"

/* ------------------------------------------------------------------------------------- pong */

/* text, len: what the ping carries */
static void answers_ping(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_frame(p, FIN | PING, c->text, c->len);
    expect_pong(p, c->text, c->len);
}

static void answers_long_ping(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *payload = trial_bytes(t);
    bytes_add_run(payload, 'p', c->len);
    send_masked(p, FIN | PING, sample_mask, payload->at, payload->len);
    expect_pong(p, payload->at, payload->len);
}

static void answers_ping_between(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *row = trial_bytes(t);
    (void)c;
    frame_add(row, FIN | TEXT, zero_mask, "one", 3);
    frame_add(row, FIN | PING, zero_mask, "?", 1);
    send_bytes(p, row->at, row->len);
    expect_pong_and_message(p, (struct bytes_view){"?", 1}, TEXT, (struct bytes_view){"one", 3});
    send_text(p, "two");
    expect_text(p, "two");
}

/* §5.5.3: the last of several must be answered; the course answers all. number: all? */
static void answers_pings(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *row = trial_bytes(t);
    for (char n = '0'; n <= '9'; n++)
        frame_add(row, FIN | PING, zero_mask, &n, 1);
    frame_add(row, FIN | TEXT, zero_mask, "end", 3);
    send_bytes(p, row->at, row->len);
    if (c->number == 0) {
        expect_pong_and_message(p, (struct bytes_view){"9", 1}, TEXT,
                                (struct bytes_view){"end", 3});
        return;
    }
    for (char n = '0'; n <= '9'; n++)
        expect_pong(p, &n, 1);
}

#define UNASKED 10 /* pongs: some of its own a server may have sent meanwhile, but not so many */

static void ignores_pong(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *row = trial_bytes(t), *back = trial_bytes(t);
    size_t judged = p->judged;
    for (size_t i = 0; i < UNASKED; i++)
        frame_add(row, FIN | PONG, zero_mask, c->text, c->len);
    frame_add(row, FIN | PING, zero_mask, "?", 1);
    frame_add(back, FIN | PONG, NOT_MASKED, c->text, c->len);
    send_bytes(p, row->at, row->len);
    if (pong_comes(p, "?", 1) && count_frames(p, judged, back) >= UNASKED) {
        p->judged = judged;
        fail_as_different(p, "\x8a\x01?", 3, false);
    }
    expect_pong(p, "?", 1);
    struct failure *failure = &t->result->failure;
    struct bytes *answer = trial_bytes(t);
    frame_add(answer, FIN | PONG, NOT_MASKED, c->text, c->len);
    if (!trial_holds(t) && failure->came.len >= answer->len &&
        memcmp(failure->came.at, answer->at, answer->len) == 0)
        failure->diagnosis = "pong-answered";
}

/* -------------------------------------------------------------------------------- fragments */

/*
 * text: the frames, in a small language: "t" text, "b" binary, "c" continuation, each in upper case
 * with FIN, and behind it the payload up to the next blank; "P" is a ping. `ping` becomes the last
 * ping's payload.
 */
static void add_frames(struct bytes *row, struct bytes *message, struct bytes_view *ping,
                       unsigned *opcode, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text + 1, " ");
        const char *payload = text + 1;
        switch (text[0]) {
        case 't':
            *opcode = TEXT;
            frame_add(row, TEXT, zero_mask, payload, len);
            break;
        case 'b':
            *opcode = BINARY;
            frame_add(row, BINARY, zero_mask, payload, len);
            break;
        case 'c': frame_add(row, CONTINUATION, zero_mask, payload, len); break;
        case 'C': frame_add(row, FIN | CONTINUATION, zero_mask, payload, len); break;
        case 'P': frame_add(row, FIN | PING, zero_mask, payload, len); break;
        default: break;
        }
        if (text[0] == 'P')
            *ping = (struct bytes_view){payload, len};
        else
            bytes_add(message, payload, len);
        text += 1 + len + (payload[len] == ' ');
    }
}

/* Whatever is answered, as long as it is not a Close frame; what it should be is another check's
 * matter. */
static void takes_fragments(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *row = trial_bytes(t), *message = trial_bytes(t), *right = trial_bytes(t);
    struct bytes_view ping;
    unsigned opcode = TEXT;
    add_frames(row, message, &ping, &opcode, c->text);
    frame_add(right, FIN | opcode, NOT_MASKED, message->at, message->len);
    send_bytes(p, row->at, row->len);
    pass_over_control(p);
    if (!wait_for_bytes(p, 1) || p->wire->came.at[p->judged] == (FIN | CLOSE))
        fail_as_different(p, right->at, right->len, false);
}

static void puts_together(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *row = trial_bytes(t), *message = trial_bytes(t);
    struct bytes_view ping = {NULL, 0};
    unsigned opcode = TEXT;
    add_frames(row, message, &ping, &opcode, c->text);
    if (c->number > 0) /* in pieces: the fragments come apart */
        send_in_pieces(p, row->at, row->len, c->number);
    else
        send_bytes(p, row->at, row->len);
    bool is_prepared = trial_holds(t);
    if (ping.at == NULL)
        expect_message(p, opcode, message->at, message->len);
    else if (!expect_pong_and_message(p, ping, opcode,
                                      (struct bytes_view){message->at, message->len}) &&
             is_prepared) /* without a ping in it, one like it came: whatever came now */
        t->result->failure.diagnosis = "ping-ends-message";
}

/* The last fragment comes when the ping between has been answered. */
static void answers_ping_before_end(struct trial *t, const struct check *c)
{
    static const struct bytes_view ping = {"now?", 4}, whole = {"first-last", 10};
    struct peer *p = peer_open(t);
    (void)c;
    send_frame(p, TEXT, "first-", 6);
    send_frame(p, FIN | PING, ping.at, ping.len);
    bool in_time = frame_comes(p, FIN | PONG, ping.at, ping.len);
    send_frame(p, FIN | CONTINUATION, "last", 4);
    if (!in_time && frame_comes(p, FIN | PONG, ping.at, ping.len)) {
        fail_frame(p, 0, "the pong came when the message was complete, and not before");
        trial_suspect(t, "pong-put-off");
    }
    expect_pong_and_message(p, ping, TEXT, whole);
}

/* The state of one message is gone when the next begins. */
static void begins_anew(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *row = trial_bytes(t), *ignored = trial_bytes(t);
    struct bytes_view none;
    unsigned opcode = 0;
    add_frames(row, ignored, &none, &opcode, c->text);
    frame_add(row, FIN | TEXT, zero_mask, "whole", 5);
    add_frames(row, ignored, &none, &opcode, "bsecond Cmessage");
    send_bytes(p, row->at, row->len);
    expect_message(p, TEXT, "firstmessage", 12);
    expect_text(p, "whole");
    expect_message(p, BINARY, "secondmessage", 13);
}

/* `number` fragments of `len` bytes. */
static void puts_many_together(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *row = trial_bytes(t), *piece = trial_bytes(t), *whole = trial_bytes(t);
    bytes_add_run(piece, 'f', c->len);
    for (unsigned i = 0; i < c->number; i++) {
        unsigned fin = i + 1 == c->number ? FIN : 0;
        frame_add(row, fin | (i == 0 ? TEXT : CONTINUATION), zero_mask, piece->at, piece->len);
        bytes_add(whole, piece->at, piece->len);
    }
    send_bytes(p, row->at, row->len);
    expect_message(p, TEXT, whole->at, whole->len);
}

/* Each fragment has a mask of its own. */
static void unmasks_fragments(struct trial *t, const struct check *c)
{
    static const unsigned char other_mask[MASK_LEN] = {0xA5, 0x11, 0x7E, 0x80};
    struct peer *p = peer_open(t);
    struct bytes *goes_on = trial_bytes(t);
    const size_t first = 13; /* bytes, not a multiple of four */
    send_masked(p, BINARY, sample_mask, c->text, first);
    send_masked(p, FIN | CONTINUATION, other_mask, c->text + first, c->len - first);
    expect_message(p, BINARY, c->text, c->len);
    for (size_t i = 0; i < c->len - first; i++)
        bytes_add_number(
            goes_on,
            (unsigned char)c->text[first + i] ^ other_mask[i % 4] ^ other_mask[(first + i) % 4], 1);
    const struct bytes *came = &t->result->failure.came;
    if (!trial_holds(t) && came->len >= c->len &&
        memcmp(came->at + came->len - goes_on->len, goes_on->at, goes_on->len) == 0)
        t->result->failure.diagnosis = "mask-goes-on";
}

/* Waits for a ping, answers it, and sends more. With each of them an interval has passed. */
static void answer_ping(struct peer *p, const char *more, size_t len)
{
    struct bytes_view ping = expect_ping(p);
    send_frame(p, FIN | PONG, ping.at, ping.len);
    send_bytes(p, more, len);
}

/* `number` messages: the second fragment of each comes together with the first of the next. */
static void gives_each_its_time(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *relayed = trial_bytes(t);
    frame_add(relayed, TEXT, NOT_MASKED, "a", 1);
    send_frame(p, TEXT, "a", 1);
    for (unsigned i = 0; i < c->number && trial_holds(t); i++) {
        size_t judged = p->judged;
        answer_ping(p, "\x80\x81\0\0\0\0b\x01\x81\0\0\0\0a", 14);
        if (count_frames(p, judged, relayed) == 0) {
            expect_text(p, "ab");
        } else {
            pass_over_control(p);
            expect_frame(p, FIN | CONTINUATION, "b", 1);
        }
    }
}

/* One message, of which each interval brings one more fragment: at most `number`. */
static void ends_endless(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_frame(p, TEXT, "a", 1);
    for (unsigned i = 0; i < c->number && trial_holds(t); i++) {
        pass_over_to_ping(p);
        bool came = wait_for_bytes(p, 1);
        if (came ? p->wire->came.at[p->judged] == (FIN | CLOSE) : p->wire->ended)
            return;
        answer_ping(p, "\0\x81\0\0\0\0a", 7);
    }
    trial_fail_at(p, "for %u ping intervals, the server has waited for the end of one message",
                  c->number);
}

/* code: does it never end? */
static void keeps_time(struct trial *t, const struct check *c)
{
    if (c->code != 0)
        ends_endless(t, c);
    else
        gives_each_its_time(t, c);
}

/* text, len: frames that may not come so */
static void refuses_frames(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_bytes(p, c->text, c->len);
    expect_refused(p);
    if (message_came_back(p) || last_came_back(p))
        trial_suspect(t, "frame-not-checked");
}

static void refuses_text_in_frames(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_bytes(p, c->text, c->len);
    expect_refused(p);
    if (message_came_back(p))
        trial_suspect(t, "utf8-not-checked");
}

/* ------------------------------------------------------------------------------------ close */

/* A Close frame did not get one in answer: what did it get? */
static void suspect_no_close(struct peer *p)
{
    struct trial *t = p->trial;
    unsigned observed = t->result->failure.observed;
    bool came = p->wire->came.len > p->judged;
    unsigned first = came ? p->wire->came.at[p->judged] : 0;
    if (trial_holds(t) || t->result->failure.unprepared)
        return;
    if (observed == SILENCE)
        trial_suspect(t, "close-ignored");
    else if (observed == AN_END)
        trial_suspect(t, "close-unanswered");
    else if (first == (FIN | TEXT) || first == (FIN | BINARY))
        trial_suspect(t, "close-as-message");
}

/* With a Close frame or without: it is over. */
static void hears_close(struct trial *t, const struct check *c)
{
    static const unsigned char example[] = {FIN | CLOSE, 2, 1000 >> 8, 1000 & 0xFF};
    struct peer *p = peer_open(t);
    send_close(p, c->code, "");
    pass_over_control(p);
    bool came = wait_for_bytes(p, 1);
    if (came ? p->wire->came.at[p->judged] != (FIN | CLOSE) : !p->wire->ended)
        fail_as_different(p, example, sizeof example, false);
    suspect_no_close(p);
}

/* code: what is sent; 0: nothing */
static void send_close_of(struct peer *p, const struct check *c)
{
    if (c->code == 0)
        send_frame(p, FIN | CLOSE, "", 0);
    else
        send_close(p, c->code, c->text != NULL ? c->text : "");
}

/* It is the server that closes, because it stops. */
static void awaits_answer(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    if (!trial_holds(t))
        return;
    server_signal(&t->grading->server, (int)c->number);
    expect_close_code(p, 1001);
    if (trial_holds(t) && !comes_soon(p, 1) && p->wire->ended)
        trial_fail_at(p, "the connection ended before the client could answer the Close frame");
    send_close(p, 1001, "");
    expect_end(p);
    server_stop(&t->grading->server);
}

static void answers_close(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_close_of(p, c);
    expect_close(p, NULL);
    suspect_no_close(p);
}

#define CHARACTER "\xe6\x94\xb6" /* of three bytes */
#define MOST      41             /* of them are 123 bytes, the longest reason there may be */

/* If the reason comes back, does it end with a whole character? Any other reason will do. */
static bool is_cut(const struct bytes *reason, const struct bytes *sent)
{
    size_t same = bytes_difference(reason->at, reason->len, sent->at, sent->len);
    return same > 0 && same == reason->len && same % strlen(CHARACTER) != 0;
}

/* It is answered as one with a short reason is. */
static void answers_longest_close(struct trial *t, const struct check *c)
{
    bool held = trial_holds(t);
    struct bytes *sent = trial_bytes(t), *body = trial_bytes(t), *reason = trial_bytes(t);
    struct peer *p = peer_open(t);
    char problem[160];
    send_close(p, c->code, CHARACTER);
    unsigned usual = expect_close(p, NULL);
    trial_prepared(t, held);
    if (trial_holds(t))
        trial_forget_last(t);
    for (int i = 0; i < MOST; i++)
        bytes_add_text(sent, CHARACTER);
    bytes_add_number(body, c->code, 2);
    bytes_add(body, sent->at, sent->len);
    p = peer_open(t);
    size_t judged = p->judged;
    send_frame(p, FIN | CLOSE, body->at, body->len);
    unsigned code = expect_close(p, reason);
    if (trial_holds(t) && (code != usual || is_cut(reason, sent))) {
        snprintf(problem, sizeof problem,
                 code != usual ? words("the code is %u; for a short reason it was %u")
                               : words("the reason that came back ends within a character"),
                 code, usual);
        p->judged = judged;
        fail_frame(p, code != usual ? 2 : 4 + reason->len, problem);
    }
}

static void echoes_code(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_close_of(p, c);
    expect_close_code(p, c->code);
}

static void ends_after_close(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_close_of(p, c);
    expect_close(p, NULL);
    suspect_no_close(p);
    expect_end(p);
    if (t->result->failure.observed == SILENCE)
        trial_suspect(t, "close-not-ended");
}

/* Whatever is wrong with it, it is answered or the connection ends; and never with a code that may
 * not be sent. */
static void survives_close(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_frame(p, FIN | CLOSE, c->text, c->len);
    expect_refused(p);
    if (t->result->failure.observed == SILENCE && !t->result->failure.unprepared)
        trial_suspect(t, p->close_came ? "close-not-ended" : "close-ignored");
    if (trial_holds(t))
        peer_leave(p);
    peer_open(t);
}

/* It has another code than that for a fault: was it answered as a right one is, with its own code, with
 * 1000, or with none? */
static void suspect_unchecked(struct peer *p)
{
    struct trial *t = p->trial;
    const unsigned char *came = p->wire->came.at + p->judged;
    size_t have = p->wire->came.len - p->judged;
    if (trial_holds(t) || t->result->failure.observed != A_CLOSE || have < 2)
        return;
    unsigned code = have >= 4 && came[1] >= 2 ? (unsigned)(came[2] << 8 | came[3]) : 1000;
    if ((code == 1000 && came[1] <= 2) ||
        code == p->close_code) /* a reason would be one for a fault */
        t->result->failure.diagnosis = "frame-not-checked";
}

static void refuses_close(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_frame(p, FIN | CLOSE, c->text, c->len);
    expect_close_code(p, c->code);
    suspect_unchecked(p);
}

static void refuses_code(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    send_close(p, c->number, c->text != NULL ? c->text : "");
    expect_close_code(p, 1002);
    suspect_unchecked(p);
}

static void says_nothing_after_close(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *row = trial_bytes(t);
    frame_add(row, FIN | CLOSE, zero_mask, "\x03\xe8", 2);
    frame_add(row, FIN | c->number, zero_mask, "late", 4);
    send_bytes(p, row->at, row->len);
    expect_close(p, NULL);
    bool came = trial_holds(t);
    expect_end(p);
    if (came && t->result->failure.observed == A_MESSAGE)
        trial_suspect(t, "close-then-data");
}

static void answers_before_close(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct bytes *row = trial_bytes(t);
    (void)c;
    frame_add(row, FIN | TEXT, zero_mask, "last words", 10);
    frame_add(row, FIN | CLOSE, zero_mask, "\x03\xe8", 2);
    send_bytes(p, row->at, row->len);
    expect_text(p, "last words");
    expect_close(p, NULL);
}

static void closes_within_message(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    (void)c;
    send_frame(p, TEXT, "unfinis", 7);
    send_close(p, 1000, "");
    pass_over_fragments(p);
    expect_close(p, NULL);
    suspect_no_close(p);
    expect_end(p);
}

/* A right Close frame. text, len: its body; number: where that is cut in two, 0: not; code: not masked.
 * Returns the code of the answer. */
static unsigned answer_to_close(struct peer *p, const struct check *c)
{
    struct bytes *frame = trial_bytes(p->trial);
    frame_add(frame, FIN | CLOSE, c->code != 0 ? zero_mask : sample_mask, c->text, c->len);
    if (c->number > 0)
        send_cut_at(p, frame->at, frame->len, frame->len - c->len + c->number);
    else
        send_bytes(p, frame->at, frame->len);
    return expect_close(p, NULL);
}

/* Is this one a probe, to find out why another has failed? */
static bool is_control(const struct check *c)
{
    return c->number == 0 || c->code != 0;
}

/* Cut in two, it was not answered well. Is it the pieces, or the mask? */
static void suspect_cut_close(struct trial *t, trial_run *run, const struct check *c,
                              const char *pieces)
{
    struct check whole = *c, readable = *c, both = *c;
    whole.number = both.number = 0;
    readable.code = both.code = 1;
    if (trial_holds(t) || t->result->failure.unprepared || is_control(c))
        return;
    if (!trial_probe(t, run, &whole))
        trial_suspect(t, trial_probe(t, run, &both) ? "close-not-unmasked" : NULL);
    else if (!trial_probe(t, run, &readable))
        trial_suspect(t, pieces);
}

static void answers_cut_close(struct trial *t, const struct check *c)
{
    answer_to_close(peer_open(t), c);
    suspect_cut_close(t, answers_cut_close, c, "partial-frame");
}

/* The first piece of the body says nothing yet that is wrong. */
static void judges_cut_close(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    struct check whole = *c;
    whole.number = 0;
    unsigned code = answer_to_close(p, c);
    if (!trial_holds(t) || (code != 1002 && code != 1007)) /* another code was sent */
        return;
    bool is_whole_taken = !is_control(c) && trial_probe(t, judges_cut_close, &whole);
    trial_fail_at(p,
                  is_whole_taken
                      ? "a right Close frame that came in two pieces was refused with %u"
                      : "a right Close frame was refused with %u, in one piece or in two",
                  code);
    suspect_cut_close(t, judges_cut_close, c, "close-judged-early");
}

/* Twice: whoever dies of something a moment later has done so by the second time. One after the
 * other: to serve two at once is an exercise of its own. */
static void expect_service(struct trial *t)
{
    for (int i = 0; i < 2; i++) {
        struct peer *p = peer_open(t);
        send_text(p, "still there?");
        expect_text(p, "still there?");
        if (trial_holds(t))
            peer_leave(p);
    }
}

/* It ends its side without a Close frame: nothing can come from it any more. */
static void ends_with_its_client(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    (void)c;
    peer_end_sending(p);
    expect_end_of_any_kind(p);
}

static void survives_leaving(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    if (c->text != NULL)
        send_bytes(p, c->text, c->len);
    if (c->number == 'r')
        peer_reset(p);
    else
        peer_leave(p);
    expect_service(t);
}

/* It resets the connection when answers to it fill all buffers. */
static void survives_reset_in_flood(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open_deaf(t);
    struct bytes *flood = trial_bytes(t), *large = trial_bytes(t);
    bytes_add_run(large, 'x', 65536);
    for (unsigned i = 0; i < c->number; i++)
        frame_add(flood, FIN | TEXT, zero_mask, large->at, large->len);
    send_what_fits(p, flood->at, flood->len);
    peer_reset(p);
    expect_service(t);
}

/* ----------------------------------------------------------------------------------- tables */

const struct family close_checks[] = {
    /* ---- pong */
    {.exercise = "pong",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.5.2, §5.5.3",
     .rule = "A ping is answered with a pong, 0x8A, that carries the same payload.",
     .symptom = "The connection is dropped after a minute, by a proxy or a client that pings.",
     .parents = "encode-hello",
     .suspect = "ping-ignored",
     .shows = NOTHING_CAME,
     .run = answers_ping,
     .checks =
         (const struct check[]){
             {.id = "pong-empty", .title = "an empty ping: 8a 00", BYTES("")},
             {.id = "pong-payload", .title = "a ping with a payload", BYTES("ping")},
             {0}}},
    {.exercise = "pong",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.5.2, §5.5.3",
     .rule = "A ping is answered with a pong, 0x8A, that carries the same payload, whatever bytes "
             "that is made of.",
     .symptom = "Some clients are dropped after a minute, and others are not.",
     .parents = "pong-payload",
     .suspect = "ping-as-words",
     .shows = NOTHING_CAME | A_CLOSE,
     .run = answers_ping,
     .checks = (const struct check[]){{.id = "pong-binary",
                                       .title = "a ping with any bytes, NUL among them",
                                       BYTES("\x00\xff\x00")},
                                      {0}}},
    {.exercise = "pong",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.5",
     .rule = "A control frame may carry up to 125 bytes.",
     .symptom = "A client that pings with a time stamp and more is not answered.",
     .parents = "pong-payload unmask-sample",
     .run = answers_long_ping,
     .checks =
         (const struct check[]){{.id = "pong-masked", .title = "a masked ping", .len = 9},
                                {.id = "pong-125", .title = "a ping with 125 bytes", .len = 125},
                                {0}}},
    {.exercise = "pong",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.5.2",
     .rule = "A ping is answered as soon as may be, between messages as well.",
     .symptom = "The pong comes with the next message, or never.",
     .parents = "pong-payload decode-two-in-one",
     .suspect = "ping-ignored",
     .shows = NOTHING_CAME,
     .run = answers_ping_between,
     .checks =
         (const struct check[]){{.id = "pong-between", .title = "a ping between two messages"},
                                {0}}},
    {.exercise = "pong",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.5.3",
     .rule = "Of several pings, at least the last is answered.",
     .symptom = "A client that pings often is not answered.",
     .parents = "pong-payload decode-two-in-one",
     .suspect = "ping-ignored",
     .shows = NOTHING_CAME,
     .run = answers_pings,
     .checks = (const struct check[]){{.id = "pong-many", .title = "ten pings at once"}, {0}}},
    {.exercise = "pong",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "RFC 6455 §5.5.3",
     .rule = "Each ping gets its pong, in order.",
     .symptom = "Round trips cannot be measured.",
     .parents = "pong-many",
     .suspect = "ping-ignored",
     .shows = NOTHING_CAME,
     .run = answers_pings,
     .checks =
         (const struct check[]){{.id = "pong-each", .title = "ten pings, ten pongs", .number = 1},
                                {0}}},
    {.exercise = "pong",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.5.3",
     .rule = "A pong that nobody asked for is allowed, and is not answered.",
     .symptom = "Two servers that talk to each other never stop.",
     .parents = "pong-payload decode-two-in-one",
     .run = ignores_pong,
     .checks =
         (const struct check[]){
             {.id = "pong-unasked", .title = "a pong with a payload", BYTES("beat")},
             {.id = "pong-unasked-empty", .title = "an empty pong", BYTES("")},
             {0}}},

    /* ---- fragments */
    {.exercise = "fragments",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.4",
     .rule = "A message may come in fragments: the first has the opcode, the others opcode 0, and "
             "the last has FIN.",
     .symptom =
         "\"Received unexpected continuation frame\"; long messages from some clients are lost.",
     .parents = "decode-two-in-one",
     .suspect = "fragments-refused",
     .shows = A_CLOSE | AN_END,
     .run = takes_fragments,
     .checks = (const struct check[]){{.id = "fragment-taken",
                                       .title = "a text in two fragments is not refused",
                                       .text = "tfirst Csecond"},
                                      {0}}},

    /* ---- assemble */
    {.exercise = "assemble",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.4",
     .rule = "The fragments are one message, of the kind that the first says; it is complete with "
             "FIN.",
     .symptom = "A long message comes back in pieces, or only its end.",
     .parents = "fragment-taken",
     .run = puts_together,
     .checks =
         (const struct check[]){
             {.id = "fragment-two", .title = "a text in two fragments", .text = "tfirst Csecond"},
             {.id = "fragment-three", .title = "a text in three", .text = "tone ctwo Cthree"},
             {.id = "fragment-binary", .title = "a binary message in two", .text = "bone Ctwo"},
             {.id = "fragment-empty-last", .title = "an empty last fragment", .text = "tall C"},
             {.id = "fragment-empty-first", .title = "an empty first fragment", .text = "t Call"},
             {.id = "fragment-empty-middle",
              .title = "an empty fragment between",
              .text = "tone c Ctwo"},
             {.id = "fragment-all-empty", .title = "nothing but empty fragments", .text = "t c C"},
             {.id = "fragment-letters",
              .title = "a fragment for each letter",
              .text = "ta cb cc cd ce cf cg ch ci Cj"},
             {.id = "fragment-slow",
              .title = "fragments in pieces of 5 bytes",
              .text = "tslowly cbut Csurely",
              .number = 5},
             {0}}},
    {.exercise = "assemble",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "this course",
     .rule = "A message must bring 1 KiB, or end, within six times --ping-interval. The time of "
             "each begins anew.",
     .symptom = "1008 for a client that types slowly; or, without a bound, memory that is never "
                "given back.",
     .parents = "fragment-two",
     .start = &(const struct start){"", "--ping-interval 0.2"},
     .waits = true,
     .run = keeps_time,
     .checks = (const struct check[]){{.id = "fragment-own-time",
                                       .title = "ten slow messages, one right after the other",
                                       .number = 10},
                                      {.id = "fragment-endless",
                                       .title = "a message that goes on byte by byte",
                                       .number = 30,
                                       .code = 1},
                                      {0}}},
    {.exercise = "fragments",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.4",
     .rule = "Control frames may stand between the fragments of a message, are answered at once, "
             "and do not disturb it.",
     .symptom = "Long messages are damaged now and then.",
     .parents = "fragment-two pong-payload decode-length-0",
     .run = puts_together,
     .checks = (const struct check[]){{.id = "fragment-ping",
                                       .title = "a ping between two fragments",
                                       .text = "tfirst Pnow? Csecond"},
                                      {.id = "fragment-pings",
                                       .title = "pings between three fragments",
                                       .text = "tone P1 ctwo P2 P3 Cthree"},
                                      {.id = "fragment-ping-empty",
                                       .title = "an empty ping between empty fragments",
                                       .text = "t P Cx"},
                                      {0}}},
    {.exercise = "fragments",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.4, §5.5.2",
     .rule = "A ping between fragments is answered at once, and not when the message is complete: "
             "that may take minutes.",
     .symptom = "A long upload breaks off, for the pong does not come.",
     .parents = "fragment-ping",
     .run = answers_ping_before_end,
     .checks = (const struct check[]){{.id = "fragment-ping-at-once",
                                       .title = "the last fragment waits for the pong"},
                                      {0}}},
    {.exercise = "assemble",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.4",
     .rule = "After FIN a new message begins, whole or in fragments.",
     .symptom = "The second message has the first in front of it.",
     .parents = "fragment-two",
     .suspect = "fragment-state-kept",
     .shows = A_MESSAGE,
     .run = begins_anew,
     .checks = (const struct check[]){{.id = "fragment-then-next",
                                       .title = "three messages after each other",
                                       .text = "tfirst Cmessage"},
                                      {0}}},
    {.exercise = "assemble",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.4",
     .rule = "There may be any number of fragments.",
     .symptom = "A large upload fails.",
     .parents = "fragment-three encode-65536",
     .run = puts_many_together,
     .checks = (const struct check[]){{.id = "fragment-1000",
                                       .title = "a thousand fragments of a byte",
                                       .number = 1000,
                                       .len = 1},
                                      {.id = "fragment-large",
                                       .title = "a hundred fragments of 5000 bytes",
                                       .number = 100,
                                       .len = 5000},
                                      {0}}},
    {.exercise = "assemble",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.3, §5.4",
     .rule = "Each fragment is a frame with a mask of its own.",
     .symptom = "The second half is garbage.",
     .parents = "fragment-two unmask-sample",
     .run = unmasks_fragments,
     .checks = (const struct check[]){{.id = "fragment-masks",
                                       .title = "two fragments, two masks",
                                       BYTES("first half - second half")},
                                      {0}}},
    {.exercise = "utf8",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.6, §8.1",
     .rule = "The message is UTF-8, not each fragment: a character may begin in one and end in the "
             "next.",
     .symptom = "1007 for long texts that are not English.",
     .parents = "fragment-two encode-utf8",
     .suspect = "utf8-per-frame",
     .shows = A_1007 | AN_END,
     .run = puts_together,
     .checks =
         (const struct check[]){
             {.id = "fragment-utf8", .title = "a character cut in two", .text = "tk\xce C\xbaosme"},
             {.id = "fragment-utf8-4",
              .title = "a character in four fragments",
              .text = "t\xf0 c\x9f c\x8c C\x8d"},
             {0}}},
    {.exercise = "fragments",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.4",
     .rule = "Opcode 0 carries on a message that has begun; without one it fails the connection.",
     .symptom = "Messages are mixed up.",
     .parents = "fragment-taken",
     .run = refuses_frames,
     .checks = (const struct check[]){{.id = "fragment-stray",
                                       .title = "a continuation of nothing",
                                       BYTES("\x80\x81\0\0\0\0x")},
                                      {.id = "fragment-stray-open",
                                       .title = "a continuation of nothing, without FIN",
                                       BYTES("\x00\x81\0\0\0\0x")},
                                      {0}}},
    {.exercise = "fragments",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.4",
     .rule = "No other message may begin before the one that has begun is at its end: that fails "
             "the connection.",
     .symptom = "Messages are mixed up.",
     .parents = "fragment-two",
     .run = refuses_frames,
     .checks = (const struct check[]){{.id = "fragment-new-inside",
                                       .title = "a whole message inside another",
                                       BYTES("\x01\x81\0\0\0\0a\x81\x81\0\0\0\0b")},
                                      {.id = "fragment-two-starts",
                                       .title = "a message that begins twice",
                                       BYTES("\x01\x81\0\0\0\0a\x02\x81\0\0\0\0b")},
                                      {0}}},
    {.exercise = "utf8",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.6, §8.1",
     .rule = "A character that has begun in one fragment must go on in the next.",
     .symptom = "\"Could not decode a text frame as UTF-8\" in all who get it.",
     .parents = "fragment-taken utf8-no-second",
     .run = refuses_text_in_frames,
     .checks = (const struct check[]){{.id = "fragment-bad-end",
                                       .title = "a character that breaks off between fragments",
                                       BYTES("\x01\x81\0\0\0\0\xce\x80\x81\0\0\0\0a")},
                                      {.id = "fragment-bad-middle",
                                       .title = "letters inside a character, in the next fragment",
                                       BYTES("\x01\x81\0\0\0\0\xe4\x80\x8a\0\0\0\0"
                                             "abcdefgh\xb8\xad")},
                                      {0}}},

    /* ---- close */
    {.exercise = "close",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.5.1, §7.1.1",
     .rule = "A Close frame ends the conversation.",
     .symptom = "A tab that was closed stays in the server for ever.",
     .parents = "encode-hello",
     .run = hears_close,
     .checks = (const struct check[]){{.id = "close-heard",
                                       .title = "a Close frame is answered, or the connection ends",
                                       .code = 1000},
                                      {0}}},
    {.exercise = "close",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "RFC 6455 §7.1.2",
     .rule = "Who closes first waits a while for the other's Close frame, and ends the connection "
             "then.",
     .symptom =
         "event.wasClean is false, and now and then event.code is 1006, when the server stops.",
     .parents = "close-heard",
     .needs = NEEDS_SERVER,
     .run = awaits_answer,
     .checks = (const struct check[]){{.id = "close-awaits-answer",
                                       .title = "a server that closes first hears the answer",
                                       .number = SIGTERM},
                                      {0}}},
    {.exercise = "close",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.5.1",
     .rule = "A Close frame is answered with a Close frame, with the same code as a rule; the code "
             "stands first, its high byte first, and is one that may be sent.",
     .symptom = "event.wasClean is false and event.code is 1006; or the code is 59395, which is "
                "1000 with its bytes swapped.",
     .parents = "encode-hello",
     .run = answers_close,
     .checks =
         (const struct check[]){
             {.id = "close-1000", .title = "a Close frame with 1000, a normal end", .code = 1000},
             {.id = "close-1001",
              .title = "a Close frame with 1001, the tab was closed",
              .code = 1001},
             {.id = "close-1003", .title = "a Close frame with 1003", .code = 1003},
             {.id = "close-1007", .title = "a Close frame with 1007", .code = 1007},
             {.id = "close-1011", .title = "a Close frame with 1011", .code = 1011},
             {.id = "close-3000",
              .title = "a Close frame with 3000, the first for libraries",
              .code = 3000},
             {.id = "close-4999",
              .title = "a Close frame with 4999, the last for applications",
              .code = 4999},
             {.id = "close-reason",
              .title = "a Close frame with 1000 and a reason",
              .code = 1000,
              .text = "good b\xc3\xbf"
                      "e"},
             {.id = "close-empty", .title = "a Close frame without a code", .code = 0},
             {0}}},
    {.exercise = "close",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.5, §5.5.1",
     .rule = "A control frame carries up to 125 bytes: in a Close frame, two of code and 123 of "
             "reason.",
     .symptom = "1006 for whoever says at length why it goes.",
     .parents = "close-1000 close-reason",
     .suspect = "close-no-room",
     .isolates = true,
     .run = answers_longest_close,
     .checks = (const struct check[]){{.id = "close-reason-longest",
                                       .title = "a Close frame with 123 bytes of reason",
                                       .code = 1000},
                                      {0}}},
    {.exercise = "close",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "RFC 6455 §5.5.1",
     .rule = "The answer has the code that was sent.",
     .symptom = "event.code is another than was given to close().",
     .parents = "close-1000",
     .suspect = "close-other-code",
     .shows = A_CLOSE,
     .run = echoes_code,
     .checks =
         (const struct check[]){{.id = "close-echo-1000", .title = "1000 comes back", .code = 1000},
                                {.id = "close-echo-1001", .title = "1001 comes back", .code = 1001},
                                {.id = "close-echo-3000", .title = "3000 comes back", .code = 3000},
                                {.id = "close-echo-4999", .title = "4999 comes back", .code = 4999},
                                {.id = "close-echo-1012",
                                 .title = "1012, registered after the RFC, comes back",
                                 .code = 1012},
                                {.id = "close-echo-1014",
                                 .title = "1014, registered after the RFC, comes back",
                                 .code = 1014},
                                {0}}},
    {.exercise = "close",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §7.1.1",
     .rule = "When both have sent a Close frame, the server ends the TCP connection at once.",
     .symptom = "The browser's close event comes seconds late.",
     .parents = "close-1000",
     .run = ends_after_close,
     .checks =
         (const struct check[]){{.id = "close-ends",
                                 .title = "the connection ends after the Close frames",
                                 .code = 1000},
                                {.id = "close-ends-empty",
                                 .title = "the connection ends after Close frames without a code",
                                 .code = 0},
                                {0}}},
    {.exercise = "close",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.5.1",
     .rule = "After its Close frame the server sends nothing more.",
     .symptom = "\"Received a frame after close\".",
     .parents = "close-1000 decode-two-in-one",
     .run = says_nothing_after_close,
     .checks = (const struct check[]){{.id = "close-then-text",
                                       .title = "a text behind the Close frame is not answered",
                                       .number = TEXT},
                                      {.id = "close-then-ping",
                                       .title = "a ping behind the Close frame is not answered",
                                       .number = PING},
                                      {0}}},
    {.exercise = "close",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "this course",
     .rule = "What was said before the Close frame is answered before it.",
     .symptom = "The last message is lost.",
     .parents = "close-1000 decode-two-in-one",
     .suspect = "close-drops-answers",
     .shows = A_CLOSE | AN_END,
     .run = answers_before_close,
     .checks =
         (const struct check[]){
             {.id = "close-after-answer", .title = "a message in front of the Close frame"}, {0}}},
    {.exercise = "close",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.4, §5.5",
     .rule = "A Close frame may come in the middle of a message, and ends it.",
     .symptom = "A client that gives up an upload hangs.",
     .parents = "close-1000 fragment-two",
     .run = closes_within_message,
     .checks =
         (const struct check[]){{.id = "close-within", .title = "a Close frame between fragments"},
                                {0}}},
    {.exercise = "close",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.5.1",
     .rule = "A Close frame may be cut anywhere, as all frames.",
     .symptom = "1006, now and then.",
     .parents = "close-1000 decode-cut-9 unmask-sample",
     .run = answers_cut_close,
     .checks = (const struct check[]){{.id = "close-cut-in-code",
                                       .title = "a Close frame cut within its code",
                                       BYTES("\x03\xe8"
                                             "bye"),
                                       .number = 1},
                                      {.id = "close-cut-in-reason",
                                       .title = "a Close frame cut within its reason",
                                       BYTES("\x03\xe8"
                                             "bye"),
                                       .number = 3},
                                      {0}}},
    /* ---- close-codes */
    {.exercise = "close-codes",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §7.1.1",
     .rule = "A Close frame ends the conversation, whatever code it carries.",
     .symptom = "The server dies of a strange Close frame, or hangs.",
     .parents = "encode-hello close-heard",
     .run = survives_close,
     .checks =
         (const struct check[]){{.id = "close-body-0",
                                 .title = "a Close frame with the code 0 (and the server lives)",
                                 BYTES("\x00\x00")},
                                {0}}},
    {.exercise = "close-codes",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §7.4.1",
     .rule = "Whatever is wrong with a Close frame, the connection ends; and the codes 1004, 1005, "
             "1006 and 1015 are never sent.",
     .symptom = "The server dies of an empty or a strange Close frame, or hangs.",
     .parents = "close-1000",
     .run = survives_close,
     .checks =
         (const struct check[]){
             {.id = "close-body-1",
              .title = "a Close frame with a body of one byte",
              BYTES("\x03")},
             {.id = "close-body-1005",
              .title = "a Close frame with 1005, which may not be sent",
              BYTES("\x03\xed")},
             {.id = "close-body-1006",
              .title = "a Close frame with 1006, which may not be sent",
              BYTES("\x03\xee")},
             {.id = "close-body-1006-reason",
              .title = "a Close frame with 1006, which may not be sent, and a reason",
              BYTES("\x03\xee"
                    "gone")},
             {.id = "close-body-1015",
              .title = "a Close frame with 1015, which may not be sent",
              BYTES("\x03\xf7")},
             {.id = "close-body-65535",
              .title = "a Close frame with the code 65535 (and the server lives)",
              BYTES("\xff\xff")},
             {.id = "close-body-utf8",
              .title = "a Close frame with a reason that is not UTF-8",
              BYTES("\x03\xe8\xff")},
             {0}}},
    {.exercise = "close-codes",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "RFC 6455 §7.4",
     .rule = "A code that may not be sent is a fault: 1002.",
     .symptom = "None.",
     .parents = "close-1000",
     .run = refuses_code,
     .checks =
         (const struct check[]){
             {.id = "close-code-0", .title = "a Close frame with the code 0", .number = 0},
             {.id = "close-code-999", .title = "a Close frame with the code 999", .number = 999},
             {.id = "close-code-999-reason",
              .title = "a Close frame with the code 999 and a reason",
              .number = 999,
              .text = "why not"},
             {.id = "close-code-1004", .title = "a Close frame with the code 1004", .number = 1004},
             {.id = "close-code-1005", .title = "a Close frame with the code 1005", .number = 1005},
             {.id = "close-code-1006", .title = "a Close frame with the code 1006", .number = 1006},
             {.id = "close-code-1015", .title = "a Close frame with the code 1015", .number = 1015},
             {.id = "close-code-1016", .title = "a Close frame with the code 1016", .number = 1016},
             {.id = "close-code-2999", .title = "a Close frame with the code 2999", .number = 2999},
             {.id = "close-code-5000", .title = "a Close frame with the code 5000", .number = 5000},
             {.id = "close-code-65535",
              .title = "a Close frame with the code 65535",
              .number = 65535},
             {0}}},
    {.exercise = "close-codes",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §5.5.1",
     .rule =
         "The body of a Close frame may be cut anywhere, within its code and within a character.",
     .symptom = "Now and then a goodbye is answered with 1002 or 1007.",
     .parents = "close-1000 close-cut-in-code unmask-lengths",
     .run = judges_cut_close,
     .checks = (const struct check[]){{.id = "close-cut-code",
                                       .title = "a right code, cut in two",
                                       BYTES("\x0f\xa0"),
                                       .number = 1},
                                      {.id = "close-cut-character",
                                       .title = "a right reason, cut within a character",
                                       BYTES("\x03\xe8gr\xc3\xbc\xc3\x9f"),
                                       .number = 5},
                                      {.id = "close-cut-first-byte",
                                       .title = "a right reason, cut behind its first byte",
                                       BYTES("\x03\xe8\xc3\xbc\xc3\x9f"),
                                       .number = 3},
                                      {0}}},
    {.exercise = "close-codes",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "RFC 6455 §5.5.1",
     .rule = "A body of one byte is a fault, 1002; a reason that is not UTF-8 is one too, 1007.",
     .symptom = "None.",
     .parents = "close-1000 utf8-ff utf8-overlong-2 utf8-cut-2",
     .run = refuses_close,
     .checks =
         (const struct check[]){
             {.id = "close-one-byte",
              .title = "a Close frame with a body of one byte",
              BYTES("\x03"),
              .code = 1002},
             {.id = "close-bad-reason",
              .title = "a Close frame with a reason that is not UTF-8",
              BYTES("\x03\xe8\xc0\xaf"),
              .code = 1007},
             {.id = "close-cut-reason",
              .title = "a Close frame with a reason that ends within a character",
              BYTES("\x03\xe8\xce"),
              .code = 1007},
             {0}}},
    {.exercise = "close",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "RFC 6455 §7.1.5",
     .rule = "A client may go without a word, at any time; the server goes on.",
     .symptom = "The server ends when a tab is closed.",
     .parents = "encode-hello",
     .suspect = "sigpipe",
     .isolates = true,
     .run = survives_leaving,
     .checks =
         (const struct check[]){
             {.id = "close-no-word", .title = "a client goes without a Close frame"},
             {.id = "close-mid-frame",
              .title = "a client goes in the middle of a frame",
              BYTES("\x81\xe4\0\0\0\0half")},
             {.id = "close-reset", .title = "a client resets the connection", .number = 'r'},
             {.id = "close-reset-after",
              .title = "a client resets the connection before the answer",
              BYTES("\x81\x81\0\0\0\0a\x81\x81\0\0\0\0b\x81\x81\0\0\0\0c"),
              .number = 'r'},
             {0}}},
    {.exercise = "close",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "POSIX send()",
     .rule = "Writing to a connection that is gone fails with EPIPE, and raises SIGPIPE, which "
             "ends a program that does not ignore it.",
     .symptom = "The server ends when a tab is closed, now and then.",
     .parents = "encode-65536 close-no-word",
     .suspect = "sigpipe",
     .isolates = true,
     .run = survives_reset_in_flood,
     .checks = (const struct check[]){{.id = "close-reset-flood",
                                       .title = "a reset while many answers are on the way",
                                       .number = 128},
                                      {0}}},
    {.exercise = "close",
     .lessons = LESSON(2),
     .level = BETTER,
     .section = "POSIX recv()",
     .rule = "A client that has ended its side without a Close frame says nothing more: recv() "
             "returns 0, and the server ends the connection, too.",
     .symptom = "Connections of clients that have gone pile up, in the state CLOSE-WAIT.",
     .parents = "encode-hello",
     .suspect = "half-open-kept",
     .shows = SILENCE,
     .run = ends_with_its_client,
     .checks =
         (const struct check[]){
             {.id = "close-half-open", .title = "a client ends its side of the connection"}, {0}}},
    {0},
};
