/*
 * expect - see expect.h
 */
#include "expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose.h"
#include "peer.h"
#include "show.h"
#include "words.h"

#define SOON 1000 /* ms: how long something is waited for that would explain a failure */
#define UNASKED_MAX                                                                                \
    10000        /* pings and pongs that nobody asked for: before one answer there may be some */
#define QUIET 60 /* ms: after a wrong byte, what belongs to it is taken in until so much silence */

/* ------------------------------------------------------------------------- bytes to be judged */

static const unsigned char *to_judge(const struct peer *p)
{
    static const unsigned char none[FRAME_HEAD_MAX];
    const struct bytes *came = &p->wire->came;
    return came->at != NULL ? came->at + p->judged : none;
}

static size_t bytes_to_judge(const struct peer *p)
{
    return p->wire->came.len - p->judged;
}

/* When much has come, what has been judged is given up. */
static void forget_judged(struct peer *p)
{
    struct bytes *came = &p->wire->came;
    if (p->judged <= 65536 || p->judged <= came->len / 2)
        return;
    memmove(came->at, came->at + p->judged, came->len - p->judged);
    came->len -= p->judged;
    p->judged = 0;
}

/* Whoever is silent is not waited for in full once more. */
static void note_vain_wait(struct peer *p, int64_t since)
{
    struct trial *t = p->trial;
    p->waited_for = t->sent + 1;
    if (wire_now() - since >= t->grading->patience)
        t->grading->was_silent = true;
}

/* A wait for one thing, however many pings and pongs come meanwhile. */
struct wait {
    int64_t since, deadline;
};

static struct wait wait_begin(const struct peer *p)
{
    return (struct wait){wire_now(), trial_deadline(p->trial)};
}

static bool wait_on(struct peer *p, size_t len, struct wait wait)
{
    forget_judged(p);
    if (trial_is_over(p->trial))
        trial_fail_at(p, "after so long a time, not all has come that was waited for");
    if (!trial_holds(p->trial))
        return false;
    bool has_waited = p->waited_for == p->trial->sent + 1; /* in vain, and has sent nothing since */
    bool waits = true;
    while (bytes_to_judge(p) < len && !wire_is_over(p->wire) && waits)
        waits = !has_waited && wire_wait(peer_wires(p->trial), wait.deadline);
    if (waits)
        trial_note_wait(p->trial, wait.since);
    else
        note_vain_wait(p, wait.since);
    return bytes_to_judge(p) >= len;
}

bool wait_for_bytes(struct peer *p, size_t len)
{
    return wait_on(p, len, wait_begin(p));
}

size_t count_frames(const struct peer *p, size_t from, const struct bytes *frame)
{
    const struct bytes *came = &p->wire->came;
    size_t count = 0;
    for (size_t i = from; i + frame->len <= came->len; i++)
        count += memcmp(came->at + i, frame->at, frame->len) == 0;
    return count;
}

bool frame_comes(struct peer *p, unsigned first, const void *payload, size_t len)
{
    struct wait wait = wait_begin(p);
    struct bytes frame = {0};
    frame_add(&frame, first, NOT_MASKED, payload, len);
    while (count_frames(p, p->judged, &frame) == 0 && wire_now() < wait.deadline &&
           wait_on(p, bytes_to_judge(p) + 1, wait))
        ;
    bool came = count_frames(p, p->judged, &frame) > 0;
    bytes_free(&frame);
    return came;
}

void send_anyway(struct peer *p, const void *at, size_t len)
{
    (void)wire_send(peer_wires(p->trial), p->wire, at, len, wire_now() + SOON);
}

static int64_t soon(const struct peer *p)
{
    int patience = trial_patience(p->trial);
    return wire_now() + (patience < SOON ? patience : SOON);
}

static bool comes_by(struct peer *p, size_t len, int64_t deadline)
{
    while (bytes_to_judge(p) < len && !wire_is_over(p->wire))
        if (!wire_wait(peer_wires(p->trial), deadline))
            break;
    return bytes_to_judge(p) >= len;
}

bool comes_soon(struct peer *p, size_t len)
{
    return comes_by(p, len, soon(p));
}

void pass_bytes(struct peer *p, size_t len)
{
    p->judged += len;
    p->unasked = 0;
    peer_settle(p);
}

/* The same, but they are not yet the answer to what was sent. */
static void pass_unanswered(struct peer *p, size_t len)
{
    p->judged += len;
}

/* What belongs to a wrong byte is on the way: the diagnosis wants to see it. */
static void take_in_the_rest(struct peer *p, size_t len)
{
    while (bytes_to_judge(p) < len && !wire_is_over(p->wire))
        if (!wire_wait(peer_wires(p->trial), wire_now() + QUIET))
            break;
}

/* ---------------------------------------------------------------------------------- failing */

/* "nothing came within 5 s", and the like. */
static const char *silence(const struct peer *p, char *text, size_t size)
{
    double bound = trial_patience(p->trial) / 1000.0;
    if (p->wire->reset)
        snprintf(text, size, words("the connection was reset (TCP RST)"));
    else if (p->wire->ended || p->wire->fd < 0)
        snprintf(text, size, words("the server ended the connection"));
    else if (p->wire->flooded)
        snprintf(text, size, words("it had sent %zu MiB, and no more is read"), CAME_MAX >> 20);
    else if (p->passed > 0)
        snprintf(text, size, words("nothing but pings and pongs within %g s"), bound);
    else
        snprintf(text, size, words("nothing within %g s"), bound);
    return text;
}

#define SHOWN_MAX 1024 /* bytes behind the first wrong one that are kept to be shown */

/* What came is shown, with a caret at byte `at`. */
static void show_what_came(struct peer *p, size_t at)
{
    struct failure *failure = &p->trial->result->failure;
    size_t len = bytes_to_judge(p), most = at + SHOWN_MAX;
    bytes_set(&failure->came, to_judge(p), len < most ? len : most);
    failure->at = at;
}

/* Adds what the client has sent, and how; a request's head is no frame. */
static void add_what_was_sent(struct evidence *evidence, const struct peer *p)
{
    const unsigned char *head = bytes_find(p->sent.at, p->sent.len, "\r\n\r\n");
    const struct bytes *came = &p->wire->came;
    evidence->in_pieces = p->in_pieces;
    evidence->behind_head = p->judged >= 4 && memcmp(came->at, "HTTP/", 5) == 0 &&
                            memcmp(came->at + p->judged - 4, "\r\n\r\n", 4) == 0;
    if (head == NULL)
        return;
    evidence->sent = head + 4;
    evidence->sent_len = (size_t)(p->sent.at + p->sent.len - evidence->sent);
}

static void add_evidence(struct peer *p, const void *expected, size_t len, bool is_text)
{
    struct failure *failure = &p->trial->result->failure;
    bytes_set(&failure->expected, expected, len);
    show_what_came(p, bytes_difference(expected, len, to_judge(p), bytes_to_judge(p)));
    failure->is_text = is_text;
    if (is_text) {
        trial_suspect(p->trial, diagnose_head(to_judge(p), bytes_to_judge(p)));
        return;
    }
    struct evidence evidence = {.expected = expected,
                                .expected_len = len,
                                .came = to_judge(p),
                                .came_len = bytes_to_judge(p),
                                .mask = p->mask,
                                .mask_before = p->mask_before,
                                .cut = p->cut};
    add_what_was_sent(&evidence, p);
    trial_suspect(p->trial, diagnose_frame(&evidence));
}

/* A Close frame that came instead says why. */
static void fail_as_closed(struct peer *p, const struct frame *f)
{
    struct bytes reason = {0};
    const unsigned char *body = to_judge(p) + f->head_len;
    unsigned code = f->len >= 2 ? (unsigned)(body[0] << 8 | body[1]) : 1005;
    if (f->len > 2)
        show_escaped(&reason, body + 2, (size_t)f->len - 2);
    trial_fail_at(p, "the server closed the connection with code %u%s%.*s", code,
                  words(reason.len > 0 ? ": " : ""), (int)reason.len, (const char *)reason.at);
    bytes_free(&reason);
}

static bool close_came(struct peer *p, struct frame *f)
{
    return frame_read(f, to_judge(p), bytes_to_judge(p)) && f->first == (FIN | CLOSE) &&
           !f->masked && f->len <= bytes_to_judge(p) - f->head_len;
}

void fail_as_different(struct peer *p, const void *expected, size_t len, bool is_text)
{
    char why[120];
    struct frame f;
    if (bytes_to_judge(p) > 0)
        take_in_the_rest(p, len);
    size_t at = bytes_difference(expected, len, to_judge(p), bytes_to_judge(p));
    if (!trial_holds(p->trial))
        return;
    if (bytes_to_judge(p) == 0)
        trial_fail_at(p, "no answer: %s", silence(p, why, sizeof why));
    else if (at == bytes_to_judge(p))
        trial_fail_at(p, "only %zu of %zu bytes came: then %s", at, len,
                      silence(p, why, sizeof why));
    else if (!is_text && ((const unsigned char *)expected)[0] != (FIN | CLOSE) && close_came(p, &f))
        fail_as_closed(p, &f);
    else if (is_text && at < len)
        trial_fail_at(p, "this is not the answer that should come");
    else if (at == len)
        trial_fail_at(p, "more came than the %zu bytes expected", len);
    else
        trial_fail_at(p, "byte %zu is 0x%02x, it should be 0x%02x", at, to_judge(p)[at],
                      ((const unsigned char *)expected)[at]);
    add_evidence(p, expected, len, is_text);
}

/* Something about the frame at hand is against the rules. */
void fail_frame(struct peer *p, size_t at, const char *problem)
{
    if (!trial_holds(p->trial))
        return;
    trial_fail_at(p, "%s", words(problem));
    show_what_came(p, at);
    struct evidence evidence = {.came = to_judge(p), .came_len = bytes_to_judge(p)};
    add_what_was_sent(&evidence, p);
    trial_suspect(p->trial, diagnose_frame(&evidence));
}

/* -------------------------------------------------------------------- to send, and to expect */

struct peer *peer_open(struct trial *t)
{
    bool held = trial_holds(t);
    struct peer *p = peer_connect(t);
    send_request(p, "");
    expect_status(p, 101, 101);
    trial_prepared(t, held);
    return p;
}

struct peer *peer_open_deaf(struct trial *t)
{
    bool held = trial_holds(t);
    struct peer *p = peer_connect_small(t);
    send_request(p, "");
    expect_status(p, 101, 101);
    trial_prepared(t, held);
    peer_be_deaf(p, true);
    return p;
}

void send_cut_at(struct peer *p, const void *at, size_t len, size_t cut)
{
    const unsigned char *bytes = at;
    struct bytes first = {0};
    frame_add(&first, FIN | TEXT, zero_mask, ".", 1);
    bytes_add(&first, bytes, cut);
    send_bytes(p, first.at, first.len);
    bytes_free(&first);
    expect_text(p, ".");
    p->in_pieces = true;
    send_bytes(p, bytes + cut, len - cut);
}

/* ----------------------------------------------------------------------------- the handshake */

static void fail_as_endless(struct peer *p, bool is_coming)
{
    char why[120];
    size_t len = bytes_to_judge(p);
    if (len >= HEAD_MOST)
        trial_fail_at(p, "the head has no end after %zu bytes", len);
    else if (is_coming)
        trial_fail_at(p, "the head has no end after %g s, and still comes bit by bit",
                      trial_patience(p->trial) / 1000.0);
    else
        trial_fail_at(p, "the head has no end: %s", silence(p, why, sizeof why));
    show_what_came(p, len < HEAD_MOST ? len : HEAD_MOST);
    p->trial->result->failure.is_text = true;
}

static const char start[] = "HTTP/1.1 ";

#define VERSION_LEN (sizeof "HTTP/1." - 1) /* 1.0 is no answer to an upgrade: see below */

/* Does what has come begin as an answer does, as far as it has come? */
static bool begins_well(struct peer *p)
{
    size_t same = bytes_difference(start, VERSION_LEN, to_judge(p), bytes_to_judge(p));
    if (same == VERSION_LEN || same == bytes_to_judge(p))
        return true;
    fail_as_different(p, start, sizeof start - 1, true);
    return false;
}

bool expect_status_line(struct peer *p, int *status)
{
    const size_t len = sizeof start - 1 + 3;
    for (size_t need = 1; need <= len + 1 && wait_for_bytes(p, need); need = bytes_to_judge(p) + 1)
        if (!begins_well(p))
            return false;
    if (bytes_to_judge(p) < len)
        fail_as_different(p, start, sizeof start - 1, true);
    if (!trial_holds(p->trial))
        return false;
    *status = http_status(to_judge(p), bytes_to_judge(p));
    return true;
}

bool expect_head(struct peer *p, struct response *response)
{
    int64_t deadline = trial_deadline(p->trial); /* of the whole head: it may drip */
    size_t need = 1;
    bool came = true;
    for (; need <= HEAD_MOST && wire_now() < deadline && (came = wait_for_bytes(p, need));
         need = bytes_to_judge(p) + 1) {
        if (!begins_well(p))
            return false;
        if (http_read_response(response, to_judge(p), bytes_to_judge(p)))
            return true;
    }
    if (!trial_holds(p->trial))
        return false;
    if (bytes_to_judge(p) == 0) {
        fail_as_different(p, start, sizeof start - 1, true);
        return false;
    }
    fail_as_endless(p, came);
    trial_say(p->trial, "lines that end with CRLF, then an empty line: \\r\\n\\r\\n", "");
    trial_suspect(p->trial, diagnose_head(to_judge(p), bytes_to_judge(p)));
    return false;
}

void expect_status_of(struct peer *p, const struct response *response, int low, int high)
{
    char expected[40];
    bool is_old = response->status == 101 && response->is_old;
    if (!trial_holds(p->trial) || (response->status >= low && response->status <= high && !is_old))
        return;
    int len = low == high ? snprintf(expected, sizeof expected, "HTTP/1.1 %d ", low)
                          : snprintf(expected, sizeof expected, "HTTP/1.1 %d", low / 100);
    if (is_old)
        trial_fail_at(p, "the answer to an upgrade has the old version HTTP/1.0");
    if (response->status == 0)
        trial_fail_at(p, "the first line is no status line: a number of three digits is missing");
    trial_fail_at(
        p, low == high ? "the status is %d, not %d" : "the status is %d, it must be %d or more",
        response->status, low);
    add_evidence(p, expected, (size_t)len, true);
}

void expect_status(struct peer *p, int low, int high)
{
    struct response response;
    if (!expect_head(p, &response))
        return;
    expect_status_of(p, &response, low, high);
    trial_worked(p, "the answer %d to its request", response.status);
    if (trial_holds(p->trial))
        pass_bytes(p, response.head_len);
}

void expect_header(struct peer *p, const struct response *response, const char *name,
                   const char *value)
{
    char came[120], expected[160], line[200];
    if (!trial_holds(p->trial))
        return;
    size_t found = http_find_header(response, name, came, sizeof came);
    if (value == NULL ? found == 0 : found == 1 && http_list_has(came, value))
        return;
    snprintf(expected, sizeof expected, value != NULL ? "%s: %s" : words("no header %s"), name,
             value != NULL ? value : "");
    snprintf(line, sizeof line, "%s: %s", name, came);
    if (found == 0)
        trial_fail_at(p, "the header %s is missing", name);
    else if (value == NULL || found > 1)
        trial_fail_at(p, "there is %s header %s", words(found > 1 ? "more than one" : "a"), name);
    else
        trial_fail_at(p, "the header %s has another value", name);
    struct failure *failure = &p->trial->result->failure;
    if (found == 0 || value == NULL) {
        struct bytes safe = {0};
        show_escaped(&safe, (const unsigned char *)line, strlen(line));
        bytes_add(&safe, "", 1); /* a C string from here on */
        trial_say(p->trial, expected, found == 0 ? "an answer without it" : (const char *)safe.at);
        bytes_free(&safe);
        return;
    }
    bytes_set(&failure->expected, expected, strlen(expected));
    bytes_set(&failure->came, line, strlen(line));
    failure->at = bytes_difference(expected, strlen(expected), line, strlen(line));
    failure->is_text = true;
}

void expect_accept(struct peer *p, const struct response *response)
{
    char accept[ACCEPT_LEN + 1], came[120];
    if (!trial_holds(p->trial))
        return;
    http_accept_key(accept, p->key);
    size_t found = http_find_header(response, "Sec-WebSocket-Accept", came, sizeof came);
    if (found == 1 && strcmp(came, accept) == 0)
        return;
    expect_header(p, response, "Sec-WebSocket-Accept", accept);
    if (trial_holds(p->trial)) /* the same but for upper and lower case, which counts here */
        trial_fail_at(p, "the accept key differs in upper and lower case");
    if (found > 0)
        trial_suspect(p->trial, diagnose_accept(p->key, came));
}

void expect_body(struct peer *p, const struct response *response, struct bytes *body)
{
    char length[24];
    if (!trial_holds(p->trial))
        return;
    size_t found = http_find_header(response, "Content-Length", length, sizeof length);
    size_t head_len = response->head_len, want = 0;
    if (found != 1) {
        trial_fail_at(p, "the answer has no header Content-Length, or several");
        trial_say(p->trial, "one header Content-Length", found == 0 ? "none" : "several");
    } else if (!http_read_length(length, &want)) {
        trial_fail_at(p, "the Content-Length is no number, or one that is far too large");
        trial_say(p->trial, "the number of bytes of the body", "another value");
    } else if (!wait_for_bytes(p, head_len + want)) {
        trial_fail_at(p, "the body ends before its Content-Length");
        show_what_came(p, bytes_to_judge(p));
        p->trial->result->failure.is_text = true;
    } else {
        bytes_add(body, to_judge(p) + head_len, want);
        pass_bytes(p, head_len + want);
    }
}

/* -------------------------------------------------------------------------------- messages */

/* What no frame of a server may look like, whatever it is for. */
static const char *fault_of(const struct frame *f, size_t *at)
{
    *at = 0;
    if (f->first & (RSV1 | RSV2 | RSV3))
        return "a bit RSV is set, and no extension has been agreed on (RFC 6455 §5.2)";
    if (f->opcode > PONG || (f->opcode > BINARY && f->opcode < CLOSE))
        return "the opcode is a reserved one (RFC 6455 §5.2)";
    if (frame_is_control(f->opcode) && !f->fin)
        return "a control frame without FIN (RFC 6455 §5.5)";
    *at = 1;
    if (f->masked)
        return "a server must not mask (RFC 6455 §5.1)";
    if (frame_is_control(f->opcode) && f->len > 125)
        return "a control frame with more than 125 bytes (RFC 6455 §5.5)";
    *at = 2;
    if (f->len >> 63)
        return "the highest bit of a 64-bit length must be 0 (RFC 6455 §5.2)";
    if (f->form != frame_length_form(f->len))
        return "the length is not in its shortest form (RFC 6455 §5.2)";
    if (f->len > FRAME_MOST)
        return "the length is larger than that of anything that was sent";
    return NULL;
}

/* Waits for a whole frame that keeps the rules. */
static bool take_frame(struct peer *p, struct frame *f)
{
    char why[120];
    size_t at, need = 2;
    for (; wait_for_bytes(p, need); need++)
        if (frame_read(f, to_judge(p), bytes_to_judge(p))) {
            const char *fault = fault_of(f, &at);
            if (fault != NULL)
                take_in_the_rest(p, 64);
            if (fault != NULL)
                fail_frame(p, at, fault);
            need = f->head_len + (size_t)f->len;
            if (fault != NULL || wait_for_bytes(p, need))
                return fault == NULL;
            break;
        }
    fail_frame(p, bytes_to_judge(p), silence(p, why, sizeof why));
    return false;
}

#define CONTROL_HEAD 2 /* bytes: the payload of a control frame begins behind them */

/* Is there a ping or a pong so many bytes behind what has been judged? Its length, or at least of its
 * header; 0: there is none. */
static size_t control_at(const struct peer *p, size_t from)
{
    if (bytes_to_judge(p) < from + CONTROL_HEAD)
        return 0;
    const unsigned char *at = to_judge(p) + from;
    bool is_control = (at[0] == (FIN | PING) || at[0] == (FIN | PONG)) && at[1] <= 125;
    return is_control ? CONTROL_HEAD + (size_t)at[1] : 0;
}

/* ... and does it carry this? It is there whole. */
static bool carries(const struct peer *p, size_t from, struct bytes_view payload)
{
    const unsigned char *at = to_judge(p) + from;
    return at[1] == payload.len &&
           bytes_difference(at + CONTROL_HEAD, payload.len, payload.at, payload.len) == payload.len;
}

static bool is_pong(const struct peer *p, size_t from, struct bytes_view payload)
{
    return to_judge(p)[from] == (FIN | PONG) && carries(p, from, payload);
}

static void count_unasked(struct peer *p)
{
    p->passed++;
    if (++p->unasked > UNASKED_MAX)
        trial_fail_at(p, "pings and pongs come again and again: %zu so far", p->unasked);
}

/* Notes the pong that is awaited beside a message, if it is this one. */
static void pass_control(struct peer *p, size_t len)
{
    if (p->awaited.at != NULL && is_pong(p, 0, p->awaited))
        p->awaited_came = true;
    else
        count_unasked(p);
    pass_unanswered(p, len);
}

void pass_over_control(struct peer *p)
{
    struct wait wait = wait_begin(p); /* one for all: whoever pings often may be silent as well */
    struct frame f;
    p->passed = 0;
    while (wait_on(p, CONTROL_HEAD, wait) && control_at(p, 0) > 0 && take_frame(p, &f))
        pass_control(p, f.head_len + (size_t)f.len);
}

void pass_over_control_at_hand(struct peer *p)
{
    for (size_t len;
         trial_holds(p->trial) && (len = control_at(p, 0)) > 0 && bytes_to_judge(p) >= len;)
        pass_control(p, len);
}

/* Takes the frame of a message that comes behind frame `f`: it goes on with the same one or, behind FIN,
 * begins another. */
static bool take_fragment(struct peer *p, struct frame *f)
{
    char why[120];
    bool goes_on = !f->fin;
    pass_over_control(p);
    if (goes_on && !wait_for_bytes(p, 1))
        trial_fail_at(p, "the message has no end, no frame with FIN: %s",
                      silence(p, why, sizeof why));
    if (!take_frame(p, f))
        return false;
    if (goes_on && f->opcode != CONTINUATION)
        fail_frame(p, 0, "this is not the next fragment of the message");
    if (!goes_on && f->opcode != TEXT && f->opcode != BINARY)
        fail_frame(p, 0, "this is no message");
    return trial_holds(p->trial);
}

/* It has been judged; with FIN a message has come, which has so many bytes. */
static void pass_fragment(struct peer *p, const struct frame *f, size_t len)
{
    pass_unanswered(p, f->head_len + (size_t)f->len);
    if (!f->fin)
        return;
    trial_worked(p, "a message with %zu bytes came", len);
    pass_bytes(p, 0);
}

bool expect_any_message(struct peer *p, struct message *message)
{
    struct frame f = {.fin = true};
    message->opcode = CONTINUATION;
    p->message.len = 0;
    do {
        if (!take_fragment(p, &f))
            return false;
        if (f.opcode != CONTINUATION)
            message->opcode = f.opcode;
        bytes_add(&p->message, to_judge(p) + f.head_len, (size_t)f.len);
        pass_fragment(p, &f, p->message.len);
    } while (!f.fin);
    message->payload = p->message.at;
    message->len = p->message.len;
    return true;
}

unsigned pass_over_messages(struct peer *p)
{
    struct frame f = {.fin = true};
    unsigned count = 0;
    size_t len = 0;
    for (pass_over_control(p);
         wait_for_bytes(p, 1) && to_judge(p)[0] != (FIN | CLOSE) && take_fragment(p, &f);
         pass_over_control(p)) {
        len = f.opcode == CONTINUATION ? len + (size_t)f.len : (size_t)f.len;
        pass_fragment(p, &f, len);
        count += f.fin;
    }
    return count;
}

/* The fragments so far, and what they should have been. */
static void fail_fragments(struct peer *p, const struct bytes *seen, const struct bytes *right)
{
    struct failure *failure = &p->trial->result->failure;
    bytes_set(&failure->expected, right->at, right->len);
    size_t rest = bytes_to_judge(p), most = right->len + SHOWN_MAX;
    bytes_set(&failure->came, seen->at, seen->len);
    bytes_add(&failure->came, to_judge(p), rest < most ? rest : most);
    failure->at = bytes_difference(right->at, right->len, failure->came.at, failure->came.len);
    failure->diagnosis = "fin-missing";
}

/* A server may cut its messages into fragments (§5.4), though few do. */
static void expect_fragments(struct peer *p, unsigned opcode, const void *payload, size_t len)
{
    struct bytes whole = {0}, seen = {0}, right = {0};
    struct frame f = {.fin = true};
    frame_add(&right, FIN | opcode, NOT_MASKED, payload, len);
    do {
        if (take_fragment(p, &f) && whole.len + f.len > len)
            fail_frame(p, 0, "this is not the next fragment of the message");
        if (!trial_holds(p->trial))
            break;
        bytes_add(&whole, to_judge(p) + f.head_len, (size_t)f.len);
        bytes_add(&seen, to_judge(p), f.head_len + (size_t)f.len);
        pass_unanswered(p, f.head_len + (size_t)f.len);
    } while (!f.fin);
    if (trial_holds(p->trial) && bytes_difference(whole.at, whole.len, payload, len) < len)
        trial_fail_at(p, "the fragments put together are another message");
    if (!trial_holds(p->trial))
        fail_fragments(p, &seen, &right);
    else
        pass_bytes(p, 0);
    bytes_free(&whole);
    bytes_free(&seen);
    bytes_free(&right);
}

/* Exactly these bytes. */
static void expect_exactly(struct peer *p, const unsigned char *expected, size_t len)
{
    size_t same = 0;
    while (same < len && wait_for_bytes(p, same + 1)) {
        size_t more = bytes_difference(expected + same, len - same, to_judge(p) + same,
                                       bytes_to_judge(p) - same);
        if (more == 0)
            break;
        same += more;
    }
    if (same < len)
        fail_as_different(p, expected, len, false);
    else if (trial_holds(p->trial))
        pass_bytes(p, len);
}

void expect_frame(struct peer *p, unsigned first, const void *payload, size_t len)
{
    struct bytes expected = {0};
    frame_add(&expected, first, NOT_MASKED, payload, len);
    expect_exactly(p, expected.at, expected.len);
    trial_worked(p, "a %s frame with %zu bytes came", words(frame_opcode_name(first & 0x0F)), len);
    bytes_free(&expected);
}

void expect_message(struct peer *p, unsigned opcode, const void *payload, size_t len)
{
    pass_over_control(p);
    if (wait_for_bytes(p, 1) && to_judge(p)[0] == opcode)
        expect_fragments(p, opcode, payload, len);
    else
        expect_frame(p, FIN | opcode, payload, len);
}

void expect_text(struct peer *p, const char *text)
{
    expect_message(p, TEXT, text, strlen(text));
}

/* What came instead of a pong, and may be a wrong one: how far behind what has been judged, or NOWHERE. */
#define NOWHERE SIZE_MAX
struct instead {
    size_t as_ping;   /* a ping with the payload of ours; it may be the server's own */
    size_t empty;     /* a pong without a payload, and */
    size_t different; /* one with another; perhaps nobody has asked for it */
    size_t end;       /* behind all that was looked at */
};

/* Looks for the pong for our ping behind pings of the server's own and pongs that nobody asked for. */
static size_t find_pong(struct peer *p, struct bytes_view ping, struct instead *instead)
{
    struct wait wait = wait_begin(p);
    size_t at = 0, len;
    p->passed = 0;
    *instead = (struct instead){NOWHERE, NOWHERE, NOWHERE, 0};
    while (wait_on(p, at + CONTROL_HEAD, wait) && (len = control_at(p, at)) > 0 &&
           wait_on(p, at + len, wait)) {
        if (is_pong(p, at, ping))
            return at;
        size_t *kind = to_judge(p)[at] == (FIN | PONG)
                           ? (len == CONTROL_HEAD ? &instead->empty : &instead->different)
                       : carries(p, at, ping) ? &instead->as_ping
                                              : NULL;
        if (kind != NULL && *kind == NOWHERE)
            *kind = at;
        count_unasked(p);
        instead->end = at += len;
    }
    return NOWHERE;
}

bool pong_comes(struct peer *p, const void *payload, size_t len)
{
    struct instead instead;
    size_t at = find_pong(p, (struct bytes_view){payload, len}, &instead);
    if (at != NOWHERE)
        pass_unanswered(p, at);
    return at != NOWHERE;
}

/* A pong without a payload has come, and other pings get theirs. It is the answer if the same ping, sent
 * twice again, gets two of them: those that nobody asked for come when they like. */
static bool is_answered_empty(struct peer *p, struct bytes_view ping)
{
    static const struct bytes_view last = {"last", 4};
    struct bytes *row = trial_bytes(p->trial), *empty = trial_bytes(p->trial);
    size_t end = bytes_to_judge(p), at = end;
    for (int i = 0; i < 2; i++)
        frame_add(row, FIN | PING, zero_mask, ping.at, ping.len);
    frame_add(row, FIN | PING, zero_mask, last.at, last.len);
    frame_add(empty, FIN | PONG, NOT_MASKED, "", 0);
    send_anyway(p, row->at, row->len);
    size_t count = 0;
    while (comes_soon(p, at + CONTROL_HEAD) && control_at(p, at) > 0 &&
           comes_soon(p, at + control_at(p, at)) && !is_pong(p, at, last)) {
        count += is_pong(p, at, (struct bytes_view){"", 0});
        at += control_at(p, at);
    }
    p->wire->came.len -= bytes_to_judge(p) - end;
    return count == 2;
}

/* No pong has come, but something that may be a wrong one, or the server's own. Another ping tells: what
 * comes for it? Returns where the wrong pong is, or the end of what came. */
static size_t find_wrong_pong(struct peer *p, struct bytes_view wanted,
                              const struct instead *instead)
{
    static const struct bytes_view again = {"again", 5}, nothing = {"", 0};
    struct bytes *ping = trial_bytes(p->trial);
    size_t end = bytes_to_judge(p), at = NOWHERE;
    frame_add(ping, FIN | PING, zero_mask, again.at, again.len);
    send_anyway(p, ping->at, ping->len);
    bool came = comes_soon(p, end + CONTROL_HEAD) && control_at(p, end) > 0 &&
                comes_soon(p, end + control_at(p, end));
    if (came && to_judge(p)[end] == (FIN | PING) && carries(p, end, again))
        at = instead->as_ping;
    else if (came && is_pong(p, end, nothing))
        at = instead->empty;
    else if (came)
        at = instead->different;
    bool is_right = came && is_pong(p, end, again);
    p->wire->came.len -= bytes_to_judge(p) - end; /* what came for the other is not told of */
    if (is_right && at == NOWHERE && instead->empty != NOWHERE && is_answered_empty(p, wanted))
        at = instead->empty;
    return at != NOWHERE ? at : instead->end;
}

void expect_pong(struct peer *p, const void *payload, size_t len)
{
    struct instead instead;
    struct bytes pong = {0};
    if (!trial_holds(p->trial))
        return;
    frame_add(&pong, FIN | PONG, NOT_MASKED, payload, len);
    p->awaited = (struct bytes_view){payload, len};
    size_t at = find_pong(p, p->awaited, &instead);
    if (at == NOWHERE && trial_holds(p->trial) && bytes_to_judge(p) == instead.end)
        at = instead.end > 0 ? find_wrong_pong(p, p->awaited, &instead) : 0;
    else if (at == NOWHERE)
        at = instead.end; /* something else has come */
    pass_unanswered(p, at);
    expect_exactly(p, pong.at, pong.len);
    trial_worked(p, "its ping got a pong");
    bytes_free(&pong);
    if (trial_holds(p->trial))
        p->awaited = (struct bytes_view){NULL, 0};
}

bool expect_pong_and_message(struct peer *p, struct bytes_view pong, unsigned opcode,
                             struct bytes_view message)
{
    p->awaited = pong;
    p->awaited_came = false;
    expect_message(p, opcode, message.at, message.len);
    p->awaited = (struct bytes_view){NULL, 0};
    bool came = trial_holds(p->trial);
    if (!p->awaited_came)
        expect_pong(p, pong.at, pong.len);
    return came;
}

bool answer_comes_soon(struct peer *p)
{
    size_t at = bytes_to_judge(p), len;
    int64_t deadline = soon(p);
    while (comes_by(p, at + CONTROL_HEAD, deadline)) {
        if ((len = control_at(p, at)) == 0)
            return true;
        if (!comes_by(p, at + len, deadline))
            return false;
        if (p->awaited.at != NULL && is_pong(p, at, p->awaited))
            return true;
        at += len;
    }
    return bytes_to_judge(p) > at;
}

void pass_over_to_ping(struct peer *p)
{
    struct wait wait = wait_begin(p);
    struct frame f;
    while (wait_on(p, CONTROL_HEAD, wait)) {
        unsigned first = to_judge(p)[0];
        if (first != (FIN | PONG) && first != TEXT && first != CONTINUATION)
            return;
        if (!take_frame(p, &f))
            return;
        if (first == (FIN | PONG))
            count_unasked(p);
        pass_unanswered(p, f.head_len + (size_t)f.len);
    }
}

struct bytes_view expect_ping(struct peer *p)
{
    struct frame f = {0};
    struct bytes_view payload = {"", 0};
    pass_over_to_ping(p);
    if (!take_frame(p, &f))
        return payload;
    if (f.opcode != PING) {
        trial_fail_at(p, "a %s frame came, not a ping", words(frame_opcode_name(f.opcode)));
        trial_say(p->trial, "a ping", frame_opcode_name(f.opcode));
    } else {
        payload = (struct bytes_view){to_judge(p) + f.head_len, (size_t)f.len};
        pass_bytes(p, f.head_len + (size_t)f.len);
    }
    return payload;
}

/* ---------------------------------------------------------------------------------- the end */

void pass_over_fragments(struct peer *p)
{
    struct frame f;
    pass_over_control(p);
    while (wait_for_bytes(p, 1) && to_judge(p)[0] < FIN && take_frame(p, &f)) {
        pass_unanswered(p, f.head_len + (size_t)f.len);
        pass_over_control(p);
    }
}

/* Whoever sends a code that is none may get it back, unless the RFC says that it is never sent. */
static bool may_come(const struct peer *p, unsigned code)
{
    return frame_close_code_may_travel(code) ||
           (code == p->close_code && !frame_close_code_is_forbidden(code));
}

unsigned expect_close(struct peer *p, struct bytes *reason)
{
    static const unsigned char example[] = {FIN | CLOSE, 2, 1000 >> 8, 1000 & 0xFF};
    struct frame f = {0};
    pass_over_control(p);
    if (!wait_for_bytes(p, 2) || to_judge(p)[0] != (FIN | CLOSE)) {
        fail_as_different(p, example, sizeof example, false);
        return 0;
    }
    if (!take_frame(p, &f))
        return 0;
    const unsigned char *body = to_judge(p) + f.head_len;
    unsigned code = f.len >= 2 ? (unsigned)(body[0] << 8 | body[1]) : 1005;
    if (f.len == 1)
        fail_frame(p, 1, "a Close frame with a body of one byte (RFC 6455 §5.5.1)");
    if (f.len >= 2 && !may_come(p, code)) {
        char problem[120];
        snprintf(problem, sizeof problem, words("the code %u may not be sent (RFC 6455 §7.4)"),
                 code);
        fail_frame(p, f.head_len, problem);
    }
    if (!trial_holds(p->trial))
        return 0;
    p->close_came = true;
    if (reason != NULL && f.len > 2)
        bytes_add(reason, body + 2, (size_t)f.len - 2);
    pass_bytes(p, f.head_len + (size_t)f.len);
    return code;
}

void expect_close_code(struct peer *p, unsigned code)
{
    unsigned char expected[] = {FIN | CLOSE, 2, (unsigned char)(code >> 8), code & 0xFF};
    pass_over_control(p);
    if (!wait_for_bytes(p, 4) || to_judge(p)[0] != (FIN | CLOSE) || to_judge(p)[1] < 2 ||
        to_judge(p)[1] > 125) {
        fail_as_different(p, expected, sizeof expected, false);
        return;
    }
    unsigned came = (unsigned)(to_judge(p)[2] << 8 | to_judge(p)[3]);
    if (came != code) {
        trial_fail_at(p, "the code is %u, it should be %u", came, code);
        expected[1] = to_judge(p)[1];
        add_evidence(p, expected, sizeof expected, false);
        return;
    }
    expect_close(p, NULL);
}

void expect_end(struct peer *p)
{
    char bound[120];
    if (!trial_holds(p->trial))
        return;
    if (wait_for_bytes(p, 1)) {
        fail_frame(p, 0, "something came where the connection should end");
    } else if (!p->wire->ended) {
        snprintf(bound, sizeof bound, words("still open after %g s"),
                 trial_patience(p->trial) / 1000.0);
        trial_fail_at(p, "the connection is %s", bound);
        trial_say(p->trial, "the end of the connection", bound);
    } else {
        peer_settle(p);
    }
}

void expect_refused(struct peer *p)
{
    static const char expected[] = "a Close frame (88, length, code), or the end of the connection";
    struct frame f;
    pass_over_fragments(p);
    if (wait_for_bytes(p, 2) && to_judge(p)[0] != (FIN | CLOSE)) {
        take_in_the_rest(p, 64);
        fail_frame(p, 0,
                   frame_read(&f, to_judge(p), bytes_to_judge(p)) && f.opcode < CLOSE
                       ? "a message came, where the connection should fail"
                       : "something came, where the connection should fail");
        trial_say(p->trial, expected, "");
    } else if (wait_for_bytes(p, 1)) {
        expect_close(p, NULL);
        send_frame(p, FIN | CLOSE, "", 0); /* as a client does; some servers wait for it (§7.1.1) */
    }
    expect_end(p);
}

/* Adds the payload of the message that the client has sent, or of its last frame of any kind; false: it has
 * sent none, or not all of one. */
static bool add_sent_payload(struct bytes *out, const struct peer *p, bool of_last)
{
    struct evidence sent = {0};
    struct frame f;
    add_what_was_sent(&sent, p);
    for (size_t at = 0; at < sent.sent_len; at += f.head_len + (size_t)f.len) {
        if (!frame_read(&f, sent.sent + at, sent.sent_len - at) ||
            f.len > sent.sent_len - at - f.head_len)
            return false;
        const unsigned char *payload = sent.sent + at + f.head_len;
        const unsigned char *key = f.masked ? payload - MASK_LEN : zero_mask;
        if (of_last)
            out->len = 0;
        for (size_t i = 0; i < f.len && (of_last || f.opcode <= BINARY); i++)
            bytes_add_number(out, payload[i] ^ key[i % MASK_LEN], 1);
    }
    return sent.sent_len > 0;
}

static bool payload_came_back(struct peer *p, bool of_last)
{
    struct bytes sent = {0};
    struct frame f;
    bool is_known = !trial_holds(p->trial) && add_sent_payload(&sent, p, of_last) &&
                    frame_read(&f, to_judge(p), bytes_to_judge(p));
    bool same = is_known && f.first != (FIN | CLOSE) && f.len == sent.len &&
                comes_soon(p, f.head_len + sent.len) &&
                bytes_difference(to_judge(p) + f.head_len, sent.len, sent.at, sent.len) == sent.len;
    bytes_free(&sent);
    return same;
}

bool message_came_back(struct peer *p)
{
    return payload_came_back(p, false);
}

bool last_came_back(struct peer *p)
{
    return payload_came_back(p, true);
}

void expect_end_of_any_kind(struct peer *p)
{
    int64_t deadline = trial_deadline(p->trial);
    while (trial_holds(p->trial) && !wire_is_over(p->wire))
        if (!wire_wait(peer_wires(p->trial), deadline))
            break;
    if (!p->wire->ended && p->wire->fd >= 0)
        trial_fail_at(p, "the connection is still open");
}
