/*
 * checks_room - many clients: at the same time (lesson 2), and in one room (lesson 3)
 *
 * In lesson 2 the server under test sends every message back. In lesson 3 it sends every message,
 * unchanged, to every client, the sender included. The functions say what a kind of check does; the
 * tables below them, what each is about.
 *
 * A client counts as being in the room when it has got a pong: only its own thread can have sent
 * that. What must come is waited for on one client, and taken in from all.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "check.h"
#include "expect.h"
#include "http.h"
#include "peer.h"

#define CROWD_MAX 100
#define LARGE     65536 /* bytes of a large message */

/* ------------------------------------------------------------------------------- being there */

static void ping_pong(struct peer *p)
{
    struct bytes *number = trial_bytes(p->trial);
    bytes_add_format(number, "in %zu", p->number);
    send_frame(p, FIN | PING, number->at, number->len);
    expect_pong(p, number->at, number->len);
}

static struct peer *enter(struct trial *t)
{
    bool held = trial_holds(t);
    struct peer *p = peer_open(t);
    p->wire->is_prompt = true; /* how late a frame comes is not graded, and many come here */
    ping_pong(p);
    trial_prepared(t, held);
    return p;
}

/* One that is in the room, and does not read any more. */
static struct peer *enter_deaf(struct trial *t)
{
    bool held = trial_holds(t);
    struct peer *p = peer_connect_small(t);
    send_request(p, "");
    expect_status(p, 101, 101);
    ping_pong(p);
    trial_prepared(t, held);
    peer_be_deaf(p, true);
    return p;
}

struct crowd {
    struct peer *at[CROWD_MAX];
    size_t count;
};

static struct crowd enter_many(struct trial *t, size_t count)
{
    struct crowd crowd = {.count = count};
    for (size_t i = 0; i < count; i++)
        crowd.at[i] = enter(t);
    return crowd;
}

static void all_expect_text(const struct crowd *crowd, const char *text)
{
    for (size_t i = 0; i < crowd->count; i++)
        expect_text(crowd->at[i], text);
}

/* ----------------------------------------------------------------------------------- threads */

/* The check has failed. Is that because somebody else was waited for? He goes, and the client that came
 * last is served. */
static void suspect_waiting(struct trial *t, struct peer *other, const char *diagnosis)
{
    struct peer *p = &t->peers[t->peer_count - 1];
    if (trial_holds(t) || p == other || p->wire->ended || t->result->failure.observed != SILENCE)
        return;
    if (answer_comes_soon(p)) /* it is late, whoever is there */
        return;
    peer_reset(other);
    if (answer_comes_soon(p))
        trial_suspect(t, diagnosis);
}

static bool is_about_to_end(struct server *server)
{
    return server->pid > 0 && server_wait_for_end(server, wire_now() + 300);
}

static void enters_one_by_one(struct trial *t, const struct check *c)
{
    enter_many(t, c->number);
}

static bool get_in(struct trial *t, unsigned count)
{
    return trial_probe(t, enters_one_by_one, &(struct check){.number = count});
}

/* A client of many has got no answer. Is it their number, or that they came at the same moment? */
static void suspect_number(struct trial *t, const struct check *c)
{
    bool is_silent = t->result->failure.observed == SILENCE;
    if (trial_holds(t) || (!is_silent && is_about_to_end(&t->grading->server)))
        return;
    for (size_t i = 0; i < t->peer_count; i++)
        peer_leave(&t->peers[i]);
    if (get_in(t, c->number)) {
        if (is_silent)
            trial_suspect(t, "shared-variable");
    } else if (get_in(t, 1)) {
        trial_suspect(t, "few-places");
    }
}

/* Its accept key is wrong, and alone it would be right. Is it another's? */
static void suspect_other_key(const struct crowd *crowd, size_t i)
{
    struct failure *failure = &crowd->at[i]->trial->result->failure;
    char accept[ACCEPT_LEN + 1];
    failure->diagnosis = NULL;
    for (size_t k = 0; k < crowd->count; k++) {
        http_accept_key(accept, crowd->at[k]->key);
        if (k != i && bytes_find(failure->came.at, failure->came.len, accept) != NULL)
            failure->diagnosis = "shared-state";
    }
}

#define TO_ACCEPT 5 /* ms: in which it may accept some; a short queue of listen() is no mistake */

/* All connect before the first asks for anything; all ask before the first is answered. */
static void serves_at_once(struct trial *t, const struct check *c)
{
    struct crowd crowd = {.count = c->number};
    struct response response;
    for (size_t i = 0; i < crowd.count && trial_holds(t); i++) {
        crowd.at[i] = peer_connect(t);
        if (i % 4 == 3)
            (void)wire_wait(peer_wires(t), wire_now() + TO_ACCEPT);
    }
    for (size_t i = 0; i < crowd.count && trial_holds(t); i++)
        send_request(crowd.at[i], "");
    for (size_t i = 0; i < crowd.count && trial_holds(t); i++)
        if (expect_head(crowd.at[i], &response)) {
            expect_status_of(crowd.at[i], &response, 101, 101);
            bool is_upgraded = trial_holds(t);
            expect_accept(crowd.at[i], &response);
            if (is_upgraded && !trial_holds(t))
                suspect_other_key(&crowd, i);
            pass_bytes(crowd.at[i], response.head_len);
        }
    for (size_t i = 0; i < crowd.count && trial_holds(t); i++)
        ping_pong(crowd.at[i]);
    if (crowd.count == 2)
        suspect_waiting(t, crowd.at[0], "one-at-a-time");
    else if (crowd.count > 2)
        suspect_number(t, c);
}

#define AT_ONCE 50 /* ms: whoever greets has done so by then */

/* One client gets a pong for its ping, and nobody says anything before. */
static void serves_one(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    (void)c;
    if (trial_holds(t))
        (void)wire_wait(peer_wires(t), wire_now() + AT_ONCE);
    pass_over_control_at_hand(p);
    unsigned first = p->wire->came.len > p->judged ? p->wire->came.at[p->judged] : 0;
    if (trial_holds(t) && (first == (FIN | TEXT) || first == (FIN | BINARY))) {
        fail_frame(p, 0, "something came, although nobody has said anything yet");
        trial_suspect(t, "greeting");
    }
    ping_pong(p);
}

/* Has another client got the text? */
static bool is_with_another(const struct crowd *crowd, size_t i, const char *text)
{
    for (size_t k = 0; k < crowd->count; k++) {
        const struct peer *other = crowd->at[k];
        if (k != i && bytes_find(other->wire->came.at, other->wire->came.len, text) != NULL)
            return true;
    }
    return false;
}

/* Each says something of its own, before the first is answered, and gets that back. */
static void keeps_apart(struct trial *t, const struct check *c)
{
    struct crowd crowd = enter_many(t, c->number);
    char text[CROWD_MAX][64];
    for (unsigned round = 0; round < c->code; round++) {
        for (size_t i = 0; i < crowd.count; i++) {
            snprintf(text[i], sizeof text[i], "message %u of client %zu", round, i + 1);
            send_text(crowd.at[i], text[i]);
        }
        for (size_t i = 0; i < crowd.count && trial_holds(t); i++) {
            expect_text(crowd.at[i], text[i]);
            if (!trial_holds(t) && is_with_another(&crowd, i, text[i]))
                t->result->failure.diagnosis = "shared-state";
        }
    }
}

#define TAG_MAX 48
#define TAGS    4 /* in a payload: so each half of it says whose it is */
#define ROUNDS  10

static void add_tags(struct bytes *out, char tag[TAG_MAX], size_t client, unsigned round)
{
    snprintf(tag, TAG_MAX, "round-%u-client-%03zu;", round, client);
    for (int i = 0; i < TAGS; i++)
        bytes_add_text(out, tag);
}

/* Has it got what another client has sent? */
static bool has_anothers(const struct crowd *crowd, size_t i, char tags[][TAG_MAX])
{
    const struct bytes *came = &crowd->at[i]->wire->came;
    for (size_t k = 0; k < crowd->count; k++)
        if (k != i && bytes_find(came->at, came->len, tags[k]) != NULL)
            return true;
    return false;
}

/* All send before the first answer is read; every other time in halves, and the first half of each is
 * there before the second of any. code: the opcode */
static void keeps_halves_apart(struct trial *t, const struct check *c)
{
    struct crowd crowd = enter_many(t, c->number);
    char tags[CROWD_MAX][TAG_MAX];
    struct bytes *payloads[CROWD_MAX], *frames[CROWD_MAX];
    for (unsigned round = 0; round < ROUNDS && trial_holds(t); round++) {
        for (size_t i = 0; i < crowd.count; i++) {
            payloads[i] = trial_bytes(t);
            frames[i] = trial_bytes(t);
            add_tags(payloads[i], tags[i], i + 1, round);
            frame_add(frames[i], FIN | c->code, zero_mask, payloads[i]->at, payloads[i]->len);
            size_t first = round % 2 == 0 ? frames[i]->len : frames[i]->len / 2;
            send_bytes(crowd.at[i], frames[i]->at, first);
        }
        if (round % 2 != 0)
            (void)wire_wait(peer_wires(t), wire_now() + AT_ONCE);
        for (size_t i = 0; i < crowd.count && round % 2 != 0; i++)
            send_bytes(crowd.at[i], frames[i]->at + frames[i]->len / 2,
                       frames[i]->len - frames[i]->len / 2);
        for (size_t i = 0; i < crowd.count && trial_holds(t); i++) {
            if (c->code == PING)
                expect_pong(crowd.at[i], payloads[i]->at, payloads[i]->len);
            else
                expect_message(crowd.at[i], c->code, payloads[i]->at, payloads[i]->len);
            if (!trial_holds(t) && has_anothers(&crowd, i, tags))
                t->result->failure.diagnosis = "shared-state";
        }
    }
}

/* One client stops in the middle of something; that is its own affair. */
static void serves_beside(struct trial *t, const struct check *c)
{
    struct peer *idle = peer_connect(t);
    if (c->number == 'w') {
        send_request(idle, "");
        expect_status(idle, 101, 101);
    }
    send_bytes(idle, c->text, c->len);
    enter(t);
    suspect_waiting(t, idle, "one-at-a-time");
}

static void is_served_at_once(struct trial *t)
{
    struct peer *quick = enter(t);
    send_text(quick, "quick");
    expect_text(quick, "quick");
}

/* Half of a long message is there; the other half comes when somebody else has been served. */
static void serves_beside_long(struct trial *t, const struct check *c)
{
    struct peer *slow = peer_open(t);
    struct bytes *frame = trial_bytes(t), *payload = trial_bytes(t);
    bytes_add_run(payload, 'l', c->len);
    frame_add(frame, FIN | TEXT, zero_mask, payload->at, payload->len);
    send_bytes(slow, frame->at, frame->len / 2);
    is_served_at_once(t);
    suspect_waiting(t, slow, "one-at-a-time");
    send_bytes(slow, frame->at + frame->len / 2, frame->len - frame->len / 2);
    expect_message(slow, TEXT, payload->at, payload->len);
}

/* What sender `s` says as its `n`-th: its letter, its number, and the letter to the end. */
static void add_numbered(struct bytes *out, size_t s, unsigned n, size_t len)
{
    bytes_add_format(out, "%c%06u", (int)('A' + s), n);
    bytes_add_run(out, (unsigned char)('A' + s), len - 7);
}

/* It does not read the answers to what it has sent, so many of them that they cannot be sent. */
static void serves_beside_deaf(struct trial *t, const struct check *c)
{
    struct peer *deaf = peer_open_deaf(t);
    struct bytes *row = trial_bytes(t), *large = trial_bytes(t);
    bytes_add_run(large, 'd', LARGE);
    for (unsigned i = 0; i < c->number; i++)
        frame_add(row, FIN | TEXT, zero_mask, large->at, large->len);
    (void)send_what_fits(deaf, row->at, row->len);
    is_served_at_once(t);
    suspect_waiting(t, deaf, "one-at-a-time");
    peer_be_deaf(deaf, false);
    expect_message(deaf, TEXT, large->at, large->len);
}

/* Does the frame stand in the middle of one that should be so long? */
static bool breaks_off_before(const struct peer *p, size_t len, const struct bytes *frame)
{
    const struct bytes *came = &p->wire->came;
    for (size_t i = 1; i < len && p->judged + i + frame->len <= came->len; i++)
        if (memcmp(came->at + p->judged + i, frame->at, frame->len) == 0)
            return true;
    return false;
}

/* Not all of an answer has come. Does the next begin where it breaks off? If none has come, one more is
 * asked for. */
static void suspect_cut(struct peer *p, size_t len)
{
    struct bytes *head = trial_bytes(p->trial), *ask = trial_bytes(p->trial);
    struct bytes *answer = trial_bytes(p->trial);
    frame_add_header(head, FIN | TEXT, NOT_MASKED, LARGE, frame_length_form(LARGE));
    frame_add(ask, FIN | TEXT, zero_mask, "next", 4);
    frame_add(answer, FIN | TEXT, NOT_MASKED, "next", 4);
    if (trial_holds(p->trial) || p->wire->came.len == p->judged)
        return;
    if (!breaks_off_before(p, len, head)) {
        send_anyway(p, ask->at, ask->len);
        (void)comes_soon(p, p->wire->came.len - p->judged + answer->len);
    }
    if (breaks_off_before(p, len, head) || breaks_off_before(p, len, answer))
        trial_suspect(p->trial, "send-cut");
}

/* It reads when it has sent as much as is taken; and then the rest. */
static void gives_all_to_late_reader(struct trial *t, const struct check *c)
{
    if (t->grading->chop > 0)
        trial_skip(t, "means nothing with --chop");
    struct peer *late = peer_open_deaf(t);
    struct bytes *row = trial_bytes(t), *message = trial_bytes(t);
    for (unsigned n = 0; n < c->number; n++) {
        message->len = 0;
        add_numbered(message, n % 26, n, LARGE);
        frame_add(row, FIN | TEXT, zero_mask, message->at, message->len);
    }
    size_t at = send_what_fits(late, row->at, row->len), len;
    peer_be_deaf(late, false);
    for (; at < row->len; at += len) {
        len = row->len - at < LARGE ? row->len - at : LARGE;
        send_bytes(late, row->at + at, len);
    }
    for (unsigned n = 0; n < c->number && trial_holds(t); n++) {
        message->len = 0;
        add_numbered(message, n % 26, n, LARGE);
        expect_message(late, TEXT, message->at, message->len);
    }
    suspect_cut(late, LARGE);
}

/* It has not got in, as others have before: no answer, or "no room". Nor does another get in, now that all
 * have gone. */
static void suspect_no_room(struct peer *p)
{
    struct trial *t = p->trial;
    const struct bytes *came = &p->wire->came;
    if (trial_holds(t))
        return;
    bool is_full = came->len == 0 || http_status(came->at, came->len) == 503;
    peer_leave(p);
    if (is_full && !get_in(t, 1))
        trial_suspect(t, "no-room");
}

/* So many, one after the other. How a Close frame is answered is another check's matter: if it is not,
 * that is waited for once. */
static void serves_on(struct trial *t, const struct check *c)
{
    bool answers = true;
    int64_t until = trial_deadline(t); /* a server may well take its time to close */
    for (unsigned i = 0; i < c->number && trial_holds(t); i++) {
        struct peer *p = enter(t);
        if (i > 0)
            suspect_no_room(p);
        if (i % 2 == 0) {
            send_close(p, 1000, "");
            answers = answers && wire_now() < until && (wait_for_bytes(p, 1) || p->wire->ended);
        }
        if (trial_holds(t))
            trial_forget_last(t);
    }
    if (trial_holds(t))
        suspect_no_room(enter(t));
}

static void is_turned_away(struct trial *t)
{
    struct peer *p = peer_connect(t);
    struct response response;
    send_request(p, "");
    if (expect_head(p, &response))
        expect_status_of(p, &response, 503, 503);
}

/* A place becomes free when a thread has ended: as long as the answer is 503, try again. */
static void gets_in_soon(struct trial *t)
{
    struct response response = {0};
    for (int64_t deadline = trial_deadline(t); trial_holds(t);) {
        struct peer *p = peer_connect(t);
        send_request(p, "");
        if (!expect_head(p, &response) || response.status == 101)
            return;
        if (wire_now() >= deadline)
            trial_fail_at(p, "no place has become free");
        else
            trial_forget_last(t);
    }
}

static void has_places(struct trial *t, const struct check *c)
{
    struct peer *first = enter(t);
    (void)c;
    enter(t);
    is_turned_away(t);
    send_close(first, 1000, "");
    expect_close(first, NULL);
    peer_leave(first);
    gets_in_soon(t);
}

/* -------------------------------------------------------------------------------- join, leave */

static void hears_from_now_on(struct trial *t, const struct check *c)
{
    struct peer *old = enter(t), *new;
    (void)c;
    send_text(old, "before");
    expect_text(old, "before");
    new = enter(t);
    send_text(old, "after");
    expect_text(old, "after");
    bool was_said = trial_holds(t);
    expect_text(new, "after");
    if (was_said && t->result->failure.observed == SILENCE)
        trial_suspect(t, "not-in-list");
}

/* Nobody else is there, and the request comes in two pieces. */
static void gets_in_in_two_pieces(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct bytes *request = trial_bytes(t);
    add_request(p, request, "");
    send_bytes(p, request->at, c->number);
    if (trial_holds(t))
        (void)wire_wait(peer_wires(t), wire_now() + AT_ONCE);
    send_bytes(p, request->at + c->number, request->len - c->number);
    expect_status(p, 101, 101);
}

/* A connection that has not completed its handshake is not in the room. Connections are accepted
 * one after the other: when one that came later is in the room, this one has been accepted too. */
static void hears_nothing_before(struct trial *t, const struct check *c)
{
    struct peer *outside = peer_connect(t);
    struct bytes *request = trial_bytes(t);
    add_request(outside, request, "");
    send_bytes(outside, request->at, c->number);
    struct peer *inside = enter(t);
    send_text(inside, "not for you");
    expect_text(inside, "not for you");
    bool is_judged = outside->wire->came.len > 0 || outside->wire->ended;
    send_bytes(outside, request->at + c->number, request->len - c->number);
    expect_status(outside, 101, 101);
    const struct bytes *came = &outside->wire->came;
    if (!trial_holds(t) && came->len > 0 && came->at[0] >= FIN) /* a frame, before its 101 */
        t->result->failure.diagnosis = "joined-too-early";
    else if (!trial_holds(t) && is_judged && c->number > 0 &&
             !trial_probe(t, gets_in_in_two_pieces, c))
        trial_suspect(t, "one-recv");
}

/* Whoever has read its 101 may count on being in the room, without having said anything. */
static void hears_with_101(struct trial *t, const struct check *c)
{
    struct peer *old = enter(t);
    for (unsigned i = 0; i < c->number && trial_holds(t); i++) {
        struct peer *new = peer_open(t);
        send_text(old, "who is there?");
        expect_text(old, "who is there?");
        bool was_said = trial_holds(t);
        expect_text(new, "who is there?");
        if (was_said && t->result->failure.observed == SILENCE)
            trial_suspect(t, "joined-too-late");
        if (trial_holds(t))
            trial_forget_last(t);
    }
}

enum farewell { WITH_CLOSE, WITHOUT, WITH_RESET, IN_A_FRAME, BY_A_FAULT };

static void leave(struct peer *p, enum farewell how)
{
    if (how == WITH_CLOSE) {
        send_close(p, 1000, "");
        expect_close(p, NULL);
        expect_end(p);
    } else if (how == IN_A_FRAME) {
        send_bytes(p, "\x81\xe4\0\0\0\0half", 10);
    } else if (how == BY_A_FAULT) {
        send_bytes(p, "\x83\x80\0\0\0\0", 6);
        expect_refused(p);
    }
    if (how == WITH_RESET)
        peer_reset(p);
    else
        peer_leave(p);
}

static void goes_on_without(struct trial *t, const struct check *c)
{
    struct crowd stay = {.count = 2};
    stay.at[0] = enter(t);
    struct peer *gone = enter(t);
    stay.at[1] = enter(t);
    leave(gone, (enum farewell)c->number);
    for (int i = 0; i < 3; i++) { /* the first may reach a dead socket, the second break on it */
        send_text(stay.at[0], "we go on");
        all_expect_text(&stay, "we go on");
    }
    enter(t);
}

static void goes_on_after_all_left(struct trial *t, const struct check *c)
{
    struct crowd crowd = enter_many(t, c->number);
    for (size_t i = 0; i < crowd.count; i++)
        leave(crowd.at[i], (enum farewell)(i % 4));
    struct peer *p = enter(t);
    send_text(p, "anybody?");
    expect_text(p, "anybody?");
}

/* Others come and go while two talk: these two hear everything once. */
static void goes_on_in_a_crowd(struct trial *t, const struct check *c)
{
    struct crowd now = {.count = 3};
    char text[32];
    now.at[0] = enter(t);
    now.at[1] = enter(t);
    for (unsigned i = 0; i < c->number && trial_holds(t); i++) {
        now.at[2] = enter(t);
        snprintf(text, sizeof text, "number %u", i);
        send_text(now.at[i % 2], text);
        all_expect_text(&now, text);
        leave(now.at[2], (enum farewell)(i % 4));
    }
}

/* A client that goes away while much is being sent to it. */
static void goes_on_after_reset_in_flood(struct trial *t, const struct check *c)
{
    struct crowd stay = enter_many(t, 2);
    struct peer *gone = enter_deaf(t);
    struct bytes *large = trial_bytes(t);
    bytes_add_run(large, 'r', LARGE);
    for (unsigned i = 0; i < c->number; i++) {
        send_frame(stay.at[0], FIN | TEXT, large->at, large->len);
        if (i == c->number / 2)
            peer_reset(gone);
    }
    for (unsigned i = 0; i < c->number; i++)
        for (size_t k = 0; k < stay.count; k++)
            expect_message(stay.at[k], TEXT, large->at, large->len);
}

/* The number behind "name": in the JSON of /status. If there is none, the trial has failed. */
static long status_number(struct trial *t, const char *name)
{
    struct peer *p = peer_connect(t);
    struct bytes *body = trial_bytes(t);
    struct response response;
    send_string(p, "GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    if (!expect_head(p, &response))
        return -1;
    expect_status_of(p, &response, 200, 200);
    expect_body(p, &response, body);
    bytes_add(body, "", 1);
    if (!trial_holds(t))
        return -1;
    const char *at = strstr((const char *)body->at, name);
    at = at != NULL ? at + strlen(name) : "";
    at += strspn(at, " \t\r\n");
    at = *at == ':' ? at + 1 : "";
    at += strspn(at, " \t\r\n");
    if (*at >= '0' && *at <= '9')
        return strtol(at, NULL, 10);
    trial_fail_at(p, "there is no %s with a number in the body of /status", name);
    struct failure *failure = &t->result->failure;
    bytes_set(&failure->came, body->at, body->len - 1);
    failure->is_text = true;
    return -1;
}

/* Those of the check before may be on their way out still. */
static void becomes_count(struct trial *t, long wanted)
{
    long clients = -1;
    for (int64_t deadline = trial_deadline(t); trial_holds(t) && clients != wanted;) {
        clients = status_number(t, "\"clients\"");
        if (clients != wanted && wire_now() >= deadline)
            trial_fail(t, "%ld clients are there, /status goes on saying %ld", wanted, clients);
        else if (trial_holds(t))
            trial_forget_last(t);
    }
}

static void counts_clients(struct trial *t, const struct check *c)
{
    struct crowd crowd = enter_many(t, c->number);
    becomes_count(t, (long)c->number);
    if (!trial_holds(t))
        return;
    peer_leave(crowd.at[0]);
    becomes_count(t, (long)c->number - 1);
}

/* --------------------------------------------------------------------------------- broadcast */

/* number: so many others hear it, and it does not matter whether the sender does */
static void sends_to_sender(struct trial *t, const struct check *c)
{
    struct peer *p = enter(t);
    if (c->number > 0) {
        struct crowd others = enter_many(t, c->number);
        send_text(p, "to myself");
        all_expect_text(&others, "to myself");
        return;
    }
    send_text(p, "to myself");
    expect_text(p, "to myself");
    if (t->result->failure.observed == SILENCE &&
        trial_probe(t, sends_to_sender, &(struct check){.number = 2}))
        trial_suspect(t, "sender-left-out");
}

/* The trial may have failed. */
static bool hears_soon(struct peer *p, const struct bytes *frame)
{
    int64_t deadline = wire_now() + trial_patience(p->trial);
    while (count_frames(p, 0, frame) == 0 && wire_now() < deadline &&
           comes_soon(p, p->wire->came.len - p->judged + 1))
        ;
    return count_frames(p, 0, frame) > 0;
}

/* The older of two has not heard what the younger has said, who has. Now the older one speaks: do both hear
 * that? */
static const char *who_hears(struct peer *older, struct peer *younger)
{
    struct bytes *said = trial_bytes(older->trial), *heard = trial_bytes(older->trial);
    frame_add(said, FIN | TEXT, zero_mask, "and to you", 10);
    frame_add(heard, FIN | TEXT, NOT_MASKED, "and to you", 10);
    send_anyway(older, said->at, said->len);
    if (hears_soon(younger, heard))
        return "not-in-list";
    return hears_soon(older, heard) ? "not-broadcast" : NULL;
}

static void sends_to_other(struct trial *t, const struct check *c)
{
    struct peer *listener = enter(t), *speaker = enter(t);
    struct bytes *heard = trial_bytes(t);
    (void)c;
    frame_add(heard, FIN | TEXT, NOT_MASKED, "to you", 6);
    send_text(speaker, "to you");
    expect_text(listener, "to you");
    if (t->result->failure.observed == SILENCE && hears_soon(speaker, heard))
        trial_suspect(t, who_hears(listener, speaker));
}

/* What comes twice is found where the next message should be. */
static void sends_once(struct trial *t, const struct check *c)
{
    struct crowd crowd = enter_many(t, c->number);
    struct bytes *said = trial_bytes(t);
    char last[48] = "";
    for (size_t i = 0; i < crowd.count && trial_holds(t); i++) {
        char text[sizeof last];
        int len = snprintf(text, sizeof text, "from client %zu", i);
        memcpy(last, text, sizeof last);
        send_text(crowd.at[i], text);
        all_expect_text(&crowd, text);
        if (trial_holds(t)) { /* the frame that has been sent to all */
            said->len = 0;
            frame_add(said, FIN | TEXT, NOT_MASKED, text, (size_t)len);
        }
    }
    const struct bytes *came = &t->result->failure.came;
    if (came->len >= said->len && said->len > 0 && memcmp(came->at, said->at, said->len) == 0)
        trial_suspect(t, "sent-twice");
    else if (t->result->failure.observed == SILENCE && is_with_another(&crowd, crowd.count, last))
        trial_suspect(t, "not-in-list");
}

/* number: the opcode; text, len: the payload; without a text: so many bytes */
static void sends_unchanged(struct trial *t, const struct check *c)
{
    struct crowd crowd = enter_many(t, 3);
    struct bytes *payload = trial_bytes(t);
    if (c->text != NULL)
        bytes_add(payload, c->text, c->len);
    else
        bytes_add_run(payload, 'b', c->len);
    send_masked(crowd.at[0], FIN | c->number, sample_mask, payload->at, payload->len);
    for (size_t i = 0; i < crowd.count; i++)
        expect_message(crowd.at[i], c->number, payload->at, payload->len);
}

static void sends_fragments_whole(struct trial *t, const struct check *c)
{
    struct crowd crowd = enter_many(t, 3);
    (void)c;
    send_frame(crowd.at[0], TEXT, "in two ", 7);
    send_text(crowd.at[1], "between");
    all_expect_text(&crowd, "between");
    send_frame(crowd.at[0], FIN | CONTINUATION, "pieces", 6);
    all_expect_text(&crowd, "in two pieces");
    const struct bytes *came = &t->result->failure.came;
    if (bytes_find(came->at, came->len, "\x81\x07in two ") == came->at && came->len > 0)
        trial_suspect(t, "fragment-alone");
}

/* Something else came to one of them where this should have come, in a whole frame; and this comes later. */
static bool comes_later(const struct crowd *crowd, const char *text)
{
    char frame[64];
    int len = snprintf(frame, sizeof frame, "\x81%c%s", (int)strlen(text), text);
    for (size_t i = 0; i < crowd->count; i++) {
        struct peer *p = crowd->at[i];
        (void)comes_soon(p, p->wire->came.len - p->judged + 4096);
        const unsigned char *at = p->wire->came.at + p->judged;
        size_t have = p->wire->came.len - p->judged;
        if (have > (size_t)len && at[0] == (FIN | TEXT) && memcmp(at, frame, (size_t)len) != 0 &&
            bytes_find(at, have, frame) != NULL)
            return true;
    }
    return false;
}

static void sends_in_order(struct trial *t, const struct check *c)
{
    struct crowd crowd = enter_many(t, 3);
    struct bytes *row = trial_bytes(t);
    char text[32];
    for (unsigned i = 0; i < c->number; i++) {
        int len = snprintf(text, sizeof text, "number %u", i);
        frame_add(row, FIN | TEXT, zero_mask, text, (size_t)len);
    }
    send_bytes(crowd.at[0], row->at, row->len);
    for (unsigned i = 0; i < c->number && trial_holds(t); i++) {
        snprintf(text, sizeof text, "number %u", i);
        all_expect_text(&crowd, text);
    }
    if (!trial_holds(t) && comes_later(&crowd, text))
        trial_suspect(t, "order-changed");
}

/* Has it got a ping or pong of another: that "?", or one with which a client enters? The server's own carry
 * something else. */
static bool has_heard_of_ping(const struct peer *p, size_t from)
{
    const unsigned char *at = p->wire->came.at, *end = at + p->wire->came.len;
    for (at += from; end - at >= 3; at++)
        if ((at[0] == (FIN | PING) || at[0] == (FIN | PONG)) &&
            ((at[1] == 1 && at[2] == '?') || (end - at >= 5 && memcmp(at + 2, "in ", 3) == 0)))
            return true;
    return false;
}

static bool is_closed_with(const struct peer *p, unsigned code)
{
    const unsigned char *at = p->wire->came.at + p->judged,
                        *end = p->wire->came.at + p->wire->came.len;
    for (; end - at >= 4; at++)
        if (at[0] == (FIN | CLOSE) && at[2] == code >> 8 && at[3] == (code & 0xFF))
            return true;
    return false;
}

/* text, len: frames of one client that are its own affair; nobody else gets anything of them. */
static void keeps_to_itself(struct trial *t, const struct check *c)
{
    struct peer *actor = enter(t), *speaker = enter(t), *listener = enter(t);
    size_t judged = listener->judged;
    struct failure *failure = &t->result->failure;
    send_bytes(actor, c->text, c->len);
    if (c->number == 'p')
        expect_pong(actor, "?", 1);
    else
        expect_refused(actor);
    bool is_known = trial_holds(t), is_closed = is_closed_with(actor, 1007);
    send_text(speaker, "next");
    expect_text(listener, "next");
    if (trial_holds(t) && has_heard_of_ping(listener, judged)) {
        listener->judged = judged;
        fail_as_different(listener, "\x81\x04next", 6, false);
    }
    unsigned first = !trial_holds(t) && failure->came.len > 0 ? failure->came.at[0] : 0;
    bool is_others = first == (FIN | PONG) && /* the pong with which another has entered */
                     bytes_find(failure->came.at, failure->came.len, "in ") == failure->came.at + 2;
    if (is_others || (is_known && first >= (FIN | CLOSE) && first <= (FIN | PONG)))
        failure->diagnosis = "control-broadcast";
    else if (first == (FIN | TEXT) && bytes_find(failure->came.at, failure->came.len,
                                                 "\x81\x02\xc0\xaf") == failure->came.at)
        failure->diagnosis = is_closed ? "said-before-checked" : "utf8-not-checked";
}

/* ------------------------------------------------------- many messages of many senders at once */

struct flood {
    struct crowd crowd;
    size_t senders;
    unsigned first, messages; /* of each: the number of the first, and how many */
    size_t len;
    bool is_deaf_first; /* one that does not read comes before the crowd, and not after it */
};

static void send_flood(struct trial *t, const struct flood *flood)
{
    struct bytes *message = trial_bytes(t);
    for (unsigned n = 0; n < flood->messages; n++)
        for (size_t s = 0; s < flood->senders; s++) {
            message->len = 0;
            add_numbered(message, s, flood->first + n, flood->len);
            send_frame(flood->crowd.at[s], FIN | TEXT, message->at, message->len);
        }
}

/* Is it a whole message of that sender, which was said later than the next? */
static bool is_later_one(const struct message *message, size_t s, unsigned next,
                         const struct flood *flood)
{
    struct bytes later = {0};
    bool is = false;
    for (unsigned n = next + 1; n < flood->first + flood->messages && !is; n++) {
        later.len = 0;
        add_numbered(&later, s, n, flood->len);
        is = message->len == later.len && memcmp(message->payload, later.at, later.len) == 0;
    }
    bytes_free(&later);
    return is;
}

/* Does a frame of a server begin in the middle of a payload, which is letters and digits? */
static bool frame_begins(const unsigned char *at, size_t len)
{
    struct frame f;
    return frame_read(&f, at, len) && f.fin && !f.masked && f.first == (FIN | f.opcode) &&
           f.form == frame_length_form(f.len) && f.len <= FRAME_MOST;
}

/* Is it the next message of some sender, and nothing but that? Notes it in `next`. */
static void judge_numbered(struct peer *p, const struct message *message, const struct flood *flood,
                           unsigned next[])
{
    size_t s = message->len > 0 ? (size_t)message->payload[0] - 'A' : flood->senders;
    struct bytes right = {0};
    if (s >= flood->senders) {
        trial_fail_at(p, "a message came that nobody sent");
        return;
    }
    add_numbered(&right, s, next[s], flood->len);
    if (message->len != right.len || memcmp(message->payload, right.at, right.len) != 0) {
        size_t at = bytes_difference(message->payload, message->len, right.at, right.len);
        struct failure *failure = &p->trial->result->failure;
        trial_fail_at(p, "a message of client %zu came that is not its next (byte %zu)",
                      flood->crowd.at[s]->number, at);
        size_t most = right.len + 64;
        bytes_set(&failure->expected, right.at, right.len);
        bytes_set(&failure->came, message->payload, message->len < most ? message->len : most);
        failure->at = at;
        if (is_later_one(message, s, next[s], flood))
            failure->observed = A_GAP;
        else if (frame_begins(message->payload + at, message->len - at))
            trial_suspect(p->trial, "interleaved");
    }
    next[s]++;
    bytes_free(&right);
}

/* The client gets every message of every sender once, each sender's in its order. Who spoke is
 * added to `order`, unless that is NULL. */
static void expect_flood(struct peer *p, const struct flood *flood, struct bytes *order)
{
    unsigned next[CROWD_MAX];
    struct message message;
    for (size_t s = 0; s < CROWD_MAX; s++)
        next[s] = flood->first;
    for (size_t i = 0; i < flood->messages * flood->senders && trial_holds(p->trial); i++)
        if (expect_any_message(p, &message)) {
            if (order != NULL && message.len > 0)
                bytes_add(order, message.payload, 7);
            judge_numbered(p, &message, flood, next);
        }
}

static void keeps_frames_whole(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = c->number, .messages = c->code, .len = c->len};
    flood.crowd = enter_many(t, c->number);
    send_flood(t, &flood);
    for (size_t i = 0; i < flood.crowd.count; i++)
        expect_flood(flood.crowd.at[i], &flood, NULL);
}

static void keeps_one_order(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = c->number, .messages = c->code, .len = c->len};
    struct bytes *first = trial_bytes(t), *other = trial_bytes(t);
    flood.crowd = enter_many(t, c->number);
    send_flood(t, &flood);
    expect_flood(flood.crowd.at[0], &flood, first);
    for (size_t i = 1; i < flood.crowd.count; i++) {
        other->len = 0;
        expect_flood(flood.crowd.at[i], &flood, other);
        size_t same = bytes_difference(first->at, first->len, other->at, other->len);
        if (trial_holds(t) && same < first->len) {
            trial_fail_at(flood.crowd.at[i], "clients 1 and %zu got message %zu in another order",
                          flood.crowd.at[i]->number, same / 7 + 1);
            trial_suspect(t, "order-differs");
        }
    }
}

/* Pongs to a client while large messages come to it: all whole, in whatever order. */
static void keeps_pongs_whole(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = 1, .messages = c->number, .len = LARGE};
    flood.crowd = enter_many(t, 2);
    struct peer *p = flood.crowd.at[1];
    struct bytes *message = trial_bytes(t);
    for (unsigned n = 0; n < flood.messages; n++) {
        message->len = 0;
        add_numbered(message, 0, n, flood.len);
        send_frame(flood.crowd.at[0], FIN | TEXT, message->at, message->len);
        send_frame(p, FIN | PING, "in between", 10);
    }
    expect_flood(p, &flood, NULL);
}

/* ------------------------------------------------------------------------------------- leaving */

/* Says something and goodbye in one segment. */
static void send_last_words(struct peer *p, const char *words)
{
    struct bytes *row = trial_bytes(p->trial);
    frame_add(row, FIN | TEXT, zero_mask, words, strlen(words));
    frame_add(row, FIN | CLOSE, zero_mask, "\x03\xe8", 2);
    send_bytes(p, row->at, row->len);
}

/* A client closes while much is being sent to it: whole frames, then a Close frame, then the end. */
static void closes_in_flood(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = 1, .messages = c->number, .len = LARGE};
    flood.crowd = enter_many(t, 2);
    struct peer *p = flood.crowd.at[1];
    send_flood(t, &flood);
    send_close(p, 1000, "");
    (void)pass_over_messages(p);
    expect_close(p, NULL);
    bool came = trial_holds(t);
    expect_end(p);
    if (came && t->result->failure.observed == A_MESSAGE)
        trial_suspect(t, "close-then-data");
    expect_flood(flood.crowd.at[0], &flood,
                 NULL); /* nothing is left for the next check's clients */
}

/* The words have not come; unless the way to them has failed, nothing else can be missing. */
static void suspect_lost_words(struct trial *t)
{
    const unsigned shown = t->result->failure.observed;
    if (!t->result->failure.unprepared &&
        (shown == SILENCE || shown == AN_END || (shown & A_CLOSE)))
        trial_suspect(t, "last-words-lost");
}

/* `number` of them, one after the other; those who stay hear it. */
static void delivers_last_words(struct trial *t, const struct check *c)
{
    struct crowd stay = enter_many(t, 2);
    char words[32];
    for (unsigned i = 0; i < c->number; i++) {
        struct peer *p = enter(t);
        snprintf(words, sizeof words, "last words %u", i);
        send_last_words(p, words);
        all_expect_text(&stay, words);
        suspect_lost_words(t);
        (void)pass_over_messages(p);
        expect_close(p, NULL);
        expect_end(p);
        if (trial_holds(t))
            trial_forget_last(t);
    }
}

/* The words come, perhaps behind what others have said. */
static void expect_among_others(struct peer *p, const char *words)
{
    struct message message;
    size_t len = strlen(words);
    for (pass_over_control(p); wait_for_bytes(p, 1) && p->wire->came.at[p->judged] != (FIN | CLOSE);
         pass_over_control(p))
        if (!expect_any_message(p, &message) ||
            (message.len == len && memcmp(message.payload, words, len) == 0))
            return;
    expect_text(p, words); /* they are missing */
}

/* All of them leave at the same time: each hears its own last words before the Close frame. */
static void returns_last_words(struct trial *t, const struct check *c)
{
    struct crowd crowd = enter_many(t, c->number);
    char words[CROWD_MAX][48];
    for (size_t i = 0; i < crowd.count; i++) {
        snprintf(words[i], sizeof words[i], "last words of client %zu", i + 1);
        send_last_words(crowd.at[i], words[i]);
    }
    for (size_t i = 0; i < crowd.count; i++) {
        expect_among_others(crowd.at[i], words[i]);
        suspect_lost_words(t);
        (void)pass_over_messages(crowd.at[i]);
        expect_close(crowd.at[i], NULL);
    }
}

/* -------------------------------------------------------------------------------- slow clients */

#define BATCH 8 /* large messages: not more than this is on the way to those who do read */

/* The others have not got everything: do they when the one that does not read has gone? */
static void suspect_slow(struct trial *t, const struct flood *flood, struct peer *deaf)
{
    struct peer *p = flood->crowd.at[1];
    if (t->result->failure.observed != SILENCE || answer_comes_soon(p)) /* it is only late */
        return;
    peer_reset(deaf);
    if (answer_comes_soon(p))
        trial_suspect(t, "slow-stops-all");
}

/* Is the last that has come the beginning of a frame? */
static bool is_in_a_frame(const struct peer *p)
{
    struct frame f;
    size_t have = p->wire->came.len - p->judged;
    bool is_whole =
        frame_read(&f, p->wire->came.at + p->judged, have) && have >= f.head_len + f.len;
    return have > 0 && !is_whole;
}

/* It has got the beginning of a frame, and reads; but no more comes. */
static void suspect_rest(struct peer *late)
{
    if (is_in_a_frame(late) && !late->wire->ended)
        trial_suspect(late->trial, "rest-not-sent");
}

/* One does not read; the others get everything. Returns the one. */
static struct peer *flood_beside_deaf(struct trial *t, struct flood *flood)
{
    bool held = trial_holds(t);
    struct peer *deaf = flood->is_deaf_first ? enter_deaf(t) : NULL;
    flood->crowd = enter_many(t, 2);
    if (deaf == NULL)
        deaf = enter_deaf(t);
    struct flood batch = *flood;
    batch.messages = flood->messages < BATCH ? flood->messages : BATCH;
    for (; batch.first < flood->messages; batch.first += BATCH) {
        send_flood(t, &batch);
        expect_flood(flood->crowd.at[1], &batch, NULL);
        expect_flood(flood->crowd.at[0], &batch, NULL);
    }
    suspect_slow(t, flood, deaf);
    for (size_t i = 0; i < flood->crowd.count && !trial_holds(t); i++)
        suspect_rest(flood->crowd.at[i]);
    trial_prepared(t, held);
    return deaf;
}

static void others_go_on(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = 1, .messages = c->number, .len = LARGE};
    flood_beside_deaf(t, &flood);
}

static void newcomer_goes_on(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = 1, .messages = c->number, .len = LARGE};
    flood_beside_deaf(t, &flood);
    if (!trial_holds(t))
        return;
    struct peer *new = enter(t);
    send_text(new, "hello all");
    expect_text(new, "hello all");
    expect_text(flood.crowd.at[0], "hello all");
}

static void leaver_goes_on(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = 1, .messages = c->number, .len = LARGE};
    flood_beside_deaf(t, &flood);
    leave(flood.crowd.at[1], WITH_CLOSE);
    send_text(flood.crowd.at[0], "alone");
    expect_text(flood.crowd.at[0], "alone");
}

static void deaf_one_resets(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = 1, .messages = c->number, .len = LARGE};
    peer_reset(flood_beside_deaf(t, &flood));
    for (int i = 0; i < 3; i++) {
        send_text(flood.crowd.at[0], "on we go");
        all_expect_text(&flood.crowd, "on we go");
    }
}

/* It pauses, and then gets all that it has missed. len: of a message; code: it has come before the
 * others, or last. */
static void catches_up(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = 1,
                          .messages = c->number,
                          .len = c->len > 0 ? c->len : LARGE,
                          .is_deaf_first = c->code == 1};
    struct peer *late = flood_beside_deaf(t, &flood);
    if (!trial_holds(t))
        return;
    peer_be_deaf(late, false);
    expect_flood(late, &flood, NULL);
    if (!trial_holds(t))
        suspect_rest(late);
}

/* It reads so much more, and stops again; false: so much has not come. */
static bool read_some(struct peer *p, size_t len)
{
    peer_be_deaf(p, false);
    bool came = wait_for_bytes(p, p->wire->came.len - p->judged + len);
    peer_be_deaf(p, true);
    return came;
}

#define MUCH 112 /* large messages: more than sockets take, less than --max-backlog below */

/* It has not read for a while, says goodbye, and reads what is there: whole frames up to the Close
 * frame. code: and all that was said before. */
static void leaves_behind(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = 1, .messages = c->number, .len = LARGE};
    struct peer *late = flood_beside_deaf(t, &flood);
    send_close(late, 1000, "");
    peer_be_deaf(late, false);
    bool held = trial_holds(t);
    unsigned count = pass_over_messages(late);
    if (held && !trial_holds(t) && late->wire->ended && is_in_a_frame(late))
        trial_suspect(t, "backlog-lost");
    expect_close(late, NULL);
    expect_end(late);
    if (c->code != 0 && count < flood.messages) {
        trial_fail_at(late, "%u of %u messages came before the Close frame", count, flood.messages);
        if (late->close_came)
            trial_suspect(t, "backlog-lost");
    }
}

#define BITS 20

/* It reads a little at a time. Whatever is said meanwhile comes behind what waits for it; and its pongs
 * stand between two frames. */
static void keeps_behind(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = 1, .messages = c->number, .len = LARGE};
    struct peer *late = flood_beside_deaf(t, &flood);
    char text[16];
    late->awaited = (struct bytes_view){"late?", 5};
    for (unsigned i = 0; i < BITS && trial_holds(t) && read_some(late, LARGE / 4); i++) {
        send_frame(late, FIN | PING, late->awaited.at, late->awaited.len);
        snprintf(text, sizeof text, "short %u", i);
        send_text(flood.crowd.at[0], text);
        all_expect_text(&flood.crowd, text);
    }
    peer_be_deaf(late, false);
    expect_flood(late, &flood, NULL);
    for (unsigned i = 0; i < BITS; i++) {
        snprintf(text, sizeof text, "short %u", i);
        expect_text(late, text);
    }
    if (!late->awaited_came)
        expect_pong(late, late->awaited.at, late->awaited.len);
}

static void is_evicted(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = 1, .messages = c->number, .len = LARGE};
    struct peer *deaf = flood_beside_deaf(t, &flood);
    peer_be_deaf(deaf, false);
    expect_end_of_any_kind(deaf);
}

static void eviction_is_counted(struct trial *t, const struct check *c)
{
    long before = status_number(t, "\"evicted\"");
    is_evicted(t, c);
    long after = status_number(t, "\"evicted\"");
    if (after != before + 1)
        trial_fail(t, "/status says that %ld were evicted, then %ld", before, after);
}

/* ---------------------------------------------------------------------------------- keepalive */

static void is_pinged(struct trial *t, const struct check *c)
{
    struct crowd crowd = enter_many(t, c->number);
    for (size_t i = 0; i < crowd.count; i++)
        expect_ping(crowd.at[i]);
}

/* Answers `number` pings, and is still there. */
static void is_kept(struct trial *t, const struct check *c)
{
    struct peer *p = enter(t);
    for (unsigned i = 0; i < c->number && trial_holds(t); i++) {
        if (!wait_for_bytes(p, 2)) {
            trial_fail_at(p, "ping %u did not come", i + 1);
            trial_prepared(t, i == 0); /* it has not answered one yet */
        }
        struct bytes_view ping = expect_ping(p);
        send_frame(p, FIN | PONG, ping.at, ping.len);
    }
    send_text(p, "still here");
    expect_text(p, "still here");
}

/* Says nothing; text, len: but this. */
static void is_dropped(struct trial *t, const struct check *c)
{
    struct peer *silent = enter(t);
    send_bytes(silent, c->text, c->len);
    expect_end_of_any_kind(silent);
    enter(t);
}

/* --------------------------------------------------------------------------------------- stop */

#define STOP_LATE 300 /* ms: so much later may we see that it has stopped */

/* On a machine on which an answer takes long, the end does, too. */
static int64_t stop_deadline(const struct grading *grading)
{
    int late = 4 * grading->slowest;
    return wire_now() + STOP_TIME + (late > STOP_LATE ? late : STOP_LATE);
}

static void expect_stop(struct trial *t)
{
    struct server *server = &t->grading->server;
    if (!server_wait_for_end(server, stop_deadline(t->grading))) {
        trial_fail(t, "the server still runs, %d s after the signal", STOP_TIME / 1000);
        trial_suspect(t, "does-not-stop");
    } else if (!WIFEXITED(server->status) || WEXITSTATUS(server->status) != 0) {
        trial_fail(t, "the server ended, but not with exit status 0");
        trial_suspect(t, "bad-exit");
    }
    if (!trial_holds(t) && server->ended)
        server_explain_end(server, &t->result->failure.server);
    else if (!trial_holds(t))
        server_explain_life(server, &t->result->failure.server);
    server_stop(server);
}

/* It got the signal, and this client no 1001; if the connection has ended, none will come. */
static void suspect_no_goodbye(struct peer *p)
{
    if (p->wire->ended)
        trial_suspect(p->trial, "no-goodbye");
}

/* number: the signal; each of `code` clients gets 1001, answers it and sees the end */
static void says_goodbye(struct trial *t, const struct check *c)
{
    struct crowd crowd = enter_many(t, c->code);
    if (!trial_holds(t))
        return;
    server_signal(&t->grading->server, (int)c->number);
    for (size_t i = 0; i < crowd.count; i++) {
        expect_close_code(crowd.at[i], 1001);
        suspect_no_goodbye(crowd.at[i]);
        send_close(crowd.at[i], 1001, "");
    }
    for (size_t i = 0; i < crowd.count; i++) {
        expect_end_of_any_kind(crowd.at[i]);
        peer_leave(crowd.at[i]);
    }
    expect_stop(t);
}

/* code: what kind of client is there; none of them helps the server to stop */
static void stops_anyway(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = 1, .messages = 64, .len = LARGE};
    if (c->code == 'd')
        flood_beside_deaf(t, &flood);
    else if (c->code == 'h')
        send_string(peer_connect(t), "GET / HTTP/1.1\r\n");
    else if (c->code == 'f')
        send_bytes(enter(t), "\x81\xe4\0\0\0\0half", 10);
    else if (c->code != 0)
        enter_many(t, 3);
    if (trial_holds(t))
        server_signal(&t->grading->server, (int)c->number);
    expect_stop(t);
}

/* In the middle of a conversation: whole frames, then 1001. */
static void stops_in_flood(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = 1, .messages = 30, .len = LARGE};
    flood.crowd = enter_many(t, 2);
    struct peer *p = flood.crowd.at[1];
    send_flood(t, &flood);
    if (!trial_holds(t))
        return;
    server_signal(&t->grading->server, (int)c->number);
    (void)pass_over_messages(p);
    expect_close_code(p, 1001);
    suspect_no_goodbye(p);
    for (size_t i = 0; i < flood.crowd.count; i++)
        peer_leave(flood.crowd.at[i]);
    expect_stop(t);
}

/* A client that is behind gets what waits for it, and then the 1001. */
static void stops_behind(struct trial *t, const struct check *c)
{
    struct flood flood = {.senders = 1, .messages = c->code, .len = LARGE};
    struct peer *late = flood_beside_deaf(t, &flood);
    if (!trial_holds(t))
        return;
    server_signal(&t->grading->server, (int)c->number);
    peer_be_deaf(late, false);
    (void)pass_over_messages(late);
    expect_close_code(late, 1001);
    suspect_no_goodbye(late);
    for (size_t i = 0; i < flood.crowd.count; i++)
        peer_leave(flood.crowd.at[i]);
    peer_leave(late);
    expect_stop(t);
}

/* ------------------------------------------------------------------------------------- tables */

const struct family room_checks[] = {
    /* ---- threads */
    {.exercise = "threads",
     .lessons = FRAME_LESSONS,
     .level = MUST,
     .section = "this course",
     .rule =
         "Many clients are served at the same time, each with its own socket and its own state.",
     .symptom = "The second tab loads and loads; or two tabs share one socket.",
     .parents = "send-101-status accept-random pong-payload",
     .shows = NOTHING_CAME,
     .run = serves_one,
     .checks = (const struct check[]){{.id = "threads-one",
                                       .title = "one client gets a pong for its ping",
                                       .suspect = "ping-ignored"},
                                      {0}}},
    {.exercise = "threads",
     .lessons = FRAME_LESSONS,
     .level = MUST,
     .section = "this course",
     .rule =
         "Many clients are served at the same time, each with its own socket and its own state.",
     .symptom = "The second tab loads and loads; or two tabs share one socket.",
     .parents = "threads-one",
     .run = serves_at_once,
     .checks =
         (const struct check[]){{.id = "threads-two", .title = "two clients at once", .number = 2},
                                {0}}},
    {.exercise = "threads",
     .lessons = FRAME_LESSONS,
     .level = MUST,
     .section = "this course",
     .rule = "What is handed to a thread is its own: not the address of a variable that the next "
             "accept() will overwrite.",
     .symptom = "Two tabs share one socket, and another gets no answer; but only when they come at "
                "the same time.",
     .parents = "threads-two",
     .run = serves_at_once,
     .checks = (const struct check[]){{.id = "threads-20",
                                       .title = "twenty clients at once, each with its own key",
                                       .number = 20},
                                      {0}}},
    {.exercise = "threads",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "this course",
     .rule = "What belongs to one connection is its thread's alone: its socket, its buffers, the "
             "message under way.",
     .symptom = "One tab gets the answer to what another has said.",
     .parents = "threads-20 encode-hello",
     .run = keeps_apart,
     .checks = (const struct check[]){{.id = "threads-own-text",
                                       .title = "twenty clients, each gets back its own text",
                                       .number = 20,
                                       .code = 5},
                                      {0}}},
    {.exercise = "threads",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "this course",
     .rule =
         "A payload of which a part has come, and a pong that is about to be sent, belong to one "
         "connection: no other thread writes where they lie.",
     .symptom = "One tab's words stand in another's, but only when both speak at the same moment.",
     .parents = "threads-own-text pong-125 decode-cut-9",
     .run = keeps_halves_apart,
     .checks = (const struct check[]){{.id = "threads-own-pong",
                                       .title = "twenty clients ping, each gets its own pong",
                                       .number = 20,
                                       .code = PING},
                                      {.id = "threads-own-half",
                                       .title = "half a text of each client, then the other halves",
                                       .number = 20,
                                       .code = TEXT},
                                      {0}}},
    {.exercise = "threads",
     .lessons = FRAME_LESSONS,
     .level = BETTER,
     .section = "this course",
     .rule = "A hundred clients are no reason to refuse one.",
     .symptom = "The last in the class do not get in.",
     .parents = "threads-20",
     .run = serves_at_once,
     .checks =
         (const struct check[]){
             {.id = "threads-100", .title = "a hundred clients at once", .number = 100}, {0}}},
    {.exercise = "threads",
     .lessons = FRAME_LESSONS,
     .level = MUST,
     .section = "this course",
     .rule = "Waiting for one client keeps no other waiting.",
     .symptom = "Everything stands still until somebody closes a tab.",
     .parents = "threads-one",
     .run = serves_beside,
     .checks = (const struct check[]){{.id = "threads-beside-silent",
                                       .title = "a client beside a connection that says nothing",
                                       BYTES("")},
                                      {.id = "threads-beside-half",
                                       .title = "a client beside half a request",
                                       BYTES("GET / HTTP/1.1\r\n")},
                                      {.id = "threads-beside-frame",
                                       .title = "a client beside half a frame",
                                       BYTES("\x81\xe4\0\0\0\0half"),
                                       .number = 'w'},
                                      {.id = "threads-beside-header",
                                       .title = "a client beside one byte of a frame",
                                       BYTES("\x81"),
                                       .number = 'w'},
                                      {0}}},
    {.exercise = "threads",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "this course",
     .rule = "Waiting for the rest of a long message keeps no other client waiting.",
     .symptom = "Everything stands still while somebody sends a picture.",
     .parents = "threads-one encode-65536",
     .run = serves_beside_long,
     .checks = (const struct check[]){{.id = "threads-beside-long",
                                       .title = "a client beside a message of 1 MiB on its way",
                                       .len = 1048576},
                                      {0}}},
    {.exercise = "threads",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "this course",
     .rule = "Waiting for a client to read its answers keeps no other client waiting.",
     .symptom = "Everything stands still when one laptop is closed.",
     .parents = "threads-one encode-65536",
     .run = serves_beside_deaf,
     .checks = (const struct check[]){{.id = "threads-beside-slow",
                                       .title = "a client beside one that does not read",
                                       .number = 128},
                                      {0}}},
    {.exercise = "threads",
     .lessons = LESSON(2),
     .level = MUST,
     .section = "POSIX send()",
     .rule =
         "send() may take only a part of what it is given, and returns how much: the rest is to "
         "be sent, too.",
     .symptom = "Long answers are damaged, but only over a slow network.",
     .parents = "threads-beside-slow",
     .place = "where send() is called, and its result looked at (in the course: net_send_all() in "
              "common/net.c)",
     .run = gives_all_to_late_reader,
     .checks = (const struct check[]){{.id = "threads-late-reader",
                                       .title = "8 MiB of answers to a client that reads late",
                                       .number = 128},
                                      {0}}},
    {.exercise = "threads",
     .lessons = FRAME_LESSONS,
     .level = MUST,
     .section = "this course",
     .rule = "What a client takes, a thread, a descriptor, a place, is given back when it goes.",
     .symptom = "After a few hundred visits nobody gets in.",
     .parents = "threads-two close-1000",
     .run = serves_on,
     .checks = (const struct check[]){{.id = "threads-many",
                                       .title = "fifteen hundred clients, one after the other",
                                       .number = 1500},
                                      {0}}},
    {.exercise = "threads",
     .lessons = FRAME_LESSONS,
     .level = BETTER,
     .section = "RFC 9110 §15.6.4",
     .rule = "With --max-clients clients there, the next gets 503, and when one goes its place is "
             "free.",
     .symptom = "A server that falls over instead of saying no.",
     .parents = "threads-two close-1000",
     .start = &(const struct start){"", "--max-clients 2"},
     .run = has_places,
     .checks =
         (const struct check[]){
             {.id = "threads-full", .title = "the third of two clients gets 503"}, {0}}},

    /* ---- join-leave */
    {.exercise = "join-leave",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "the task of lesson 3",
     .rule = "Whoever is in the room hears what is said, its own messages too.",
     .symptom = "What one types does not appear in one's own window.",
     .parents = "threads-one",
     .run = sends_to_sender,
     .checks =
         (const struct check[]){{.id = "broadcast-self", .title = "a message goes to its sender"},
                                {0}}},
    {.exercise = "join-leave",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "the task of lesson 3",
     .rule = "Whoever comes later hears what is said from then on.",
     .symptom = "Only those who were there from the beginning get messages.",
     .parents = "broadcast-other",
     .run = hears_from_now_on,
     .checks =
         (const struct check[]){{.id = "join-late", .title = "a newcomer hears what is said after"},
                                {0}}},
    {.exercise = "join-leave",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "this course",
     .rule = "Whoever has got its 101 is in the room, and hears what is said from then on.",
     .symptom = "The first message after a page has loaded is missing, now and then.",
     .parents = "join-late",
     .run = hears_with_101,
     .checks = (const struct check[]){{.id = "join-with-101",
                                       .title = "a client that has its 101 hears the next message",
                                       .number = 20},
                                      {0}}},
    {.exercise = "join-leave",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "RFC 6455 §4.2.2",
     .rule = "The first that a connection gets is the answer to its request; frames come after the "
             "101.",
     .symptom = "\"Invalid HTTP response\", now and then, in a busy room.",
     .parents = "broadcast-self threads-two",
     .run = hears_nothing_before,
     .checks = (const struct check[]){{.id = "join-after-101",
                                       .title = "a connection without a request hears nothing",
                                       .number = 0},
                                      {.id = "join-after-head",
                                       .title = "a connection with half a request hears nothing",
                                       .number = 40},
                                      {0}}},
    {.exercise = "join-leave",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "the task of lesson 3",
     .rule = "A client may go at any time and in any way; it is taken off the list, and the others "
             "go on.",
     .symptom = "The server ends, or everybody waits, when a tab is closed.",
     .parents = "broadcast-other",
     .suspect = "one-bad-client-stops-all",
     .shows = ITS_DEATH,
     .isolates = true,
     .run = goes_on_without,
     .checks =
         (const struct check[]){
             {.id = "leave-close",
              .title = "a client goes with a Close frame",
              .number = WITH_CLOSE},
             {.id = "leave-silent", .title = "a client goes without a word", .number = WITHOUT},
             {.id = "leave-reset",
              .title = "a client resets the connection",
              .number = WITH_RESET,
              .suspect = "sigpipe"},
             {.id = "leave-mid-frame",
              .title = "a client goes in the middle of a frame",
              .number = IN_A_FRAME},
             {.id = "leave-fault",
              .title = "a client is thrown out for a fault",
              .number = BY_A_FAULT,
              .suspect = "one-bad-client-stops-all"},
             {0}}},
    {.exercise = "join-leave",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "the task of lesson 3",
     .rule = "An empty room is a room.",
     .symptom = "When the last has gone, the next gets no answer.",
     .parents = "broadcast-self leave-close leave-reset",
     .run = goes_on_after_all_left,
     .checks =
         (const struct check[]){
             {.id = "leave-all", .title = "all clients go, and then one comes", .number = 5}, {0}}},
    {.exercise = "join-leave",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "the task of lesson 3",
     .rule = "Those who stay hear everything once, whoever comes and goes.",
     .symptom = "Messages are lost or the server dies in a lively room.",
     .parents = "broadcast-once leave-close leave-silent leave-reset leave-mid-frame",
     .run = goes_on_in_a_crowd,
     .checks =
         (const struct check[]){
             {.id = "leave-crowd", .title = "eighty come and go while two talk", .number = 80},
             {0}}},
    {.exercise = "join-leave",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "POSIX send()",
     .rule = "Writing to a connection that is gone fails with EPIPE, and raises SIGPIPE, which "
             "ends a program that does not ignore it.",
     .symptom = "The server ends when a tab is closed, but only in a busy room.",
     .parents = "broadcast-other leave-reset slow-others",
     .suspect = "sigpipe",
     .isolates = true,
     .run = goes_on_after_reset_in_flood,
     .checks = (const struct check[]){{.id = "leave-in-flood",
                                       .title = "a reset in the middle of a broadcast",
                                       .number = 40},
                                      {0}}},
    {.exercise = "join-leave",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "this course",
     .rule = "GET /status is JSON, with the number of clients; those who have gone do not count.",
     .symptom = "Nobody knows how many are there.",
     .parents = "threads-two slow-others",
     .run = counts_clients,
     .checks =
         (const struct check[]){
             {.id = "join-status", .title = "/status counts the clients", .number = 3}, {0}}},

    /* ---- broadcast */
    {.exercise = "broadcast",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "the task of lesson 3",
     .rule = "A message goes to every client.",
     .symptom = "Only the sender sees it: an echo, no chat.",
     .parents = "threads-two broadcast-self",
     .run = sends_to_other,
     .checks =
         (const struct check[]){
             {.id = "broadcast-other", .title = "a message goes to another client"}, {0}}},
    {.exercise = "broadcast",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "the task of lesson 3",
     .rule = "Every client gets every message once.",
     .symptom = "Messages appear twice.",
     .parents = "broadcast-other",
     .run = sends_once,
     .checks = (const struct check[]){{.id = "broadcast-once",
                                       .title = "three clients, each gets each message once",
                                       .number = 3},
                                      {0}}},
    {.exercise = "broadcast",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "the task of lesson 3",
     .rule = "Every client gets every message once.",
     .symptom = "Messages appear twice.",
     .parents = "broadcast-once threads-20",
     .run = sends_once,
     .checks = (const struct check[]){{.id = "broadcast-20",
                                       .title = "twenty clients, each gets each message once",
                                       .number = 20},
                                      {0}}},
    {.exercise = "broadcast",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "RFC 6455 §5.6",
     .rule = "A message goes out as it came in: the same bytes, text as text, binary as binary.",
     .symptom = "Images arrive damaged.",
     .parents = "broadcast-other",
     .run = sends_unchanged,
     .checks =
         (const struct check[]){
             {.id = "broadcast-binary",
              .title = "a binary message, with a NUL in it",
              .number = BINARY,
              BYTES("\x41\x00\xff")},
             {.id = "broadcast-empty", .title = "an empty message", .number = TEXT, BYTES("")},
             {.id = "broadcast-utf8",
              .title = "a text that is not ASCII",
              .number = TEXT,
              BYTES("\xe6\x94\xb6\xe5\x88\xb0\xe4\xba\x86")},
             {.id = "broadcast-125", .title = "125 bytes", .number = TEXT, .len = 125},
             {.id = "broadcast-126", .title = "126 bytes", .number = TEXT, .len = 126},
             {.id = "broadcast-65535", .title = "65535 bytes", .number = TEXT, .len = 65535},
             {.id = "broadcast-65536", .title = "65536 bytes", .number = TEXT, .len = 65536},
             {.id = "broadcast-1m", .title = "1 MiB", .number = TEXT, .len = 1048576},
             {0}}},
    {.exercise = "broadcast",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "RFC 6455 §5.4",
     .rule = "A message that comes in fragments goes out when it is whole; another's may go out "
             "before.",
     .symptom = "Two messages are mixed up.",
     .parents = "broadcast-once",
     .run = sends_fragments_whole,
     .checks = (const struct check[]){{.id = "broadcast-fragments",
                                       .title = "fragments, with another's message between"},
                                      {0}}},
    {.exercise = "broadcast",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "the task of lesson 3",
     .rule = "What one client says arrives in the order in which it was said.",
     .symptom = "Answers stand before their questions.",
     .parents = "broadcast-once",
     .run = sends_in_order,
     .checks =
         (const struct check[]){
             {.id = "broadcast-order", .title = "three hundred messages in order", .number = 300},
             {0}}},
    {.exercise = "broadcast",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "RFC 6455 §5.5",
     .rule = "Control frames concern one connection: ping, pong and Close go to nobody else. What "
             "breaks a rule goes to nobody at all.",
     .symptom = "When one closes its tab, all are thrown out.",
     .parents = "broadcast-once",
     .run = keeps_to_itself,
     .checks = (const struct check[]){{.id = "broadcast-no-ping",
                                       .title = "a ping is answered to its sender only",
                                       BYTES("\x89\x81\0\0\0\0?"),
                                       .number = 'p'},
                                      {.id = "broadcast-no-close",
                                       .title = "a Close frame is answered to its sender only",
                                       BYTES("\x88\x82\0\0\0\0\x03\xe8")},
                                      {.id = "broadcast-no-fault",
                                       .title = "a faulty frame goes to nobody",
                                       BYTES("\x83\x81\0\0\0\0x")},
                                      {.id = "broadcast-no-bad-text",
                                       .title = "a text that is not UTF-8 goes to nobody",
                                       BYTES("\x81\x82\0\0\0\0\xc0\xaf")},
                                      {0}}},

    /* ---- slow-client */
    {.exercise = "slow-client",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "this course",
     .rule = "A client that does not read must not delay the others: never block in send() while "
             "others wait.",
     .symptom = "Everyone freezes when one laptop is closed.",
     .parents = "broadcast-once broadcast-65536",
     .run = others_go_on,
     .checks = (const struct check[]){{.id = "slow-others",
                                       .title = "16 MiB to others beside one that does not read",
                                       .number = 256},
                                      {0}}},
    {.exercise = "slow-client",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "this course",
     .rule = "No lock is held while somebody waits for a client: others can come and go.",
     .symptom = "Nobody gets in any more when one laptop is closed.",
     .parents = "slow-others",
     .waits = true,
     .run = newcomer_goes_on,
     .checks =
         (const struct check[]){
             {.id = "slow-newcomer", .title = "a newcomer gets in meanwhile", .number = 160}, {0}}},
    {.exercise = "slow-client",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "this course",
     .rule = "No lock is held while somebody waits for a client: others can come and go.",
     .symptom = "Nobody gets out any more when one laptop is closed.",
     .parents = "slow-others",
     .waits = true,
     .run = leaver_goes_on,
     .checks = (const struct check[]){{.id = "slow-leaver",
                                       .title = "another leaves in good order meanwhile",
                                       .number = 160},
                                      {0}}},
    {.exercise = "slow-client",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "this course",
     .rule = "A client that does not read and then vanishes is just gone.",
     .symptom = "The server dies a minute after a laptop was closed.",
     .parents = "slow-others",
     .suspect = "sigpipe",
     .isolates = true,
     .waits = true,
     .run = deaf_one_resets,
     .checks =
         (const struct check[]){
             {.id = "slow-reset", .title = "the one that does not read resets", .number = 100},
             {0}}},
    {.exercise = "slow-client",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "this course",
     .rule =
         "What waits for a client is bounded (--max-backlog); a client over that bound is evicted.",
     .symptom = "One closed laptop, and the memory is full by the evening.",
     .parents = "slow-others",
     .start = &(const struct start){"", "--max-message 65536 --max-backlog 100000"},
     .suspect = "never-evicted",
     .waits = true,
     .run = is_evicted,
     .checks =
         (const struct check[]){
             {.id = "slow-evicted", .title = "more than --max-backlog is waiting", .number = 160},
             {0}}},
    {.exercise = "slow-client",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "this course",
     .rule = "GET /status says how many were evicted.",
     .symptom = "Nobody knows that clients are thrown out.",
     .parents = "slow-evicted join-status",
     .start = &(const struct start){"", "--max-message 65536 --max-backlog 100000"},
     .waits = true,
     .run = eviction_is_counted,
     .checks =
         (const struct check[]){
             {.id = "slow-counted", .title = "/status counts the evicted", .number = 160}, {0}}},

    /* ---- ordered-writes */
    {.exercise = "ordered-writes",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "RFC 6455 §5.4",
     .rule = "A frame goes out in one piece: whoever writes to a socket has it for itself until "
             "the frame is out.",
     .symptom = "\"Invalid frame header\", at random, when many talk.",
     .parents = "broadcast-once broadcast-65536 writes-small",
     .run = keeps_frames_whole,
     .checks = (const struct check[]){{.id = "writes-large",
                                       .title = "eight clients, six messages of 64 KiB each",
                                       .number = 8,
                                       .code = 6,
                                       .len = LARGE},
                                      {.id = "writes-mixed",
                                       .title = "four clients, forty messages of 5000 bytes each",
                                       .number = 4,
                                       .code = 40,
                                       .len = 5000},
                                      {0}}},
    {.exercise = "ordered-writes",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "RFC 6455 §5.5",
     .rule = "A pong is a frame too: it stands before or behind a message, not in it.",
     .symptom = "\"Invalid frame header\", at random, for clients that ping.",
     .parents = "broadcast-once broadcast-65536",
     .run = keeps_pongs_whole,
     .checks =
         (const struct check[]){
             {.id = "writes-pongs", .title = "pongs among messages of 64 KiB", .number = 40}, {0}}},
    {.exercise = "ordered-writes",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "the task of lesson 3",
     .rule = "A client that pauses for a while gets what it has missed, all of it and in order.",
     .symptom = "Messages are lost, or frames damaged, on a slow network.",
     .parents = "slow-others",
     .suspect = "slow-drops",
     .shows = A_GAP | SILENCE,
     .waits = true,
     .run = catches_up,
     .checks = (const struct check[]){{.id = "slow-catches-up",
                                       .title = "a client that does not read gets 1.5 MiB later",
                                       .number = 24},
                                      {.id = "slow-catches-up-more",
                                       .title = "a client that does not read gets 3.5 MiB later",
                                       .number = 56},
                                      {.id = "slow-catches-up-first",
                                       .title = "the same for one that came before the others",
                                       .number = 56,
                                       .code = 1},
                                      {0}}},
    {.exercise = "ordered-writes",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "the task of lesson 3",
     .rule =
         "What waits for a client is sent when its socket takes it, also if nobody says any more.",
     .symptom = "The last message comes when somebody says another.",
     .parents = "slow-others",
     .start = &(const struct start){"", "--max-message 4000000"},
     .suspect = "slow-drops",
     .shows = A_GAP | SILENCE,
     .waits = true,
     .run = catches_up,
     .checks = (const struct check[]){{.id = "slow-catches-up-one",
                                       .title = "one message of 3.9 MB for one that does not read",
                                       .number = 1,
                                       .len = 3900000},
                                      {0}}},
    {.exercise = "ordered-writes",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "RFC 6455 §5.4",
     .rule = "While a part of a frame is still waiting for its client to read, nothing else may go "
             "out to that client: it would stand in the middle of the frame.",
     .symptom = "\"Invalid frame header\" for a client that was slow for a while.",
     .parents = "slow-others",
     .waits = true,
     .run = keeps_behind,
     .checks = (const struct check[]){{.id = "writes-behind",
                                       .title = "short messages behind long ones that are half out",
                                       .number = 48},
                                      {0}}},

    /* ---- one-order */
    {.exercise = "one-order",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "the task of lesson 3",
     .rule = "However many talk at the same time, everyone gets every message once, and those of "
             "each client in their order.",
     .symptom = "Messages are missing, but only in a busy room.",
     .parents = "broadcast-once threads-20",
     .suspect = "lost-meanwhile",
     .shows = A_GAP | SILENCE,
     .run = keeps_frames_whole,
     .checks = (const struct check[]){{.id = "writes-small",
                                       .title = "twenty clients, fifty short messages each",
                                       .number = 20,
                                       .code = 50,
                                       .len = 20},
                                      {0}}},
    {.exercise = "one-order",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "this course",
     .rule = "All clients get all messages in one order that is the same for all.",
     .symptom = "Two windows show two conversations.",
     .parents = "writes-small",
     .run = keeps_one_order,
     .checks = (const struct check[]){{.id = "writes-one-order",
                                       .title = "eight clients see the same order",
                                       .number = 8,
                                       .code = 200,
                                       .len = 16},
                                      {0}}},

    /* ---- leaving */
    {.exercise = "leaving",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "the task of lesson 3",
     .rule = "What a client has said is delivered, even if it leaves in the same moment.",
     .symptom = "\"Bye!\" never arrives.",
     .parents = "broadcast-once leave-close",
     .run = delivers_last_words,
     .checks = (const struct check[]){{.id = "leave-last-words",
                                       .title = "a message and a Close frame in one segment",
                                       .number = 20},
                                      {0}}},
    {.exercise = "leaving",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "this course",
     .rule = "What was said before the Close frame is answered before it: here, the sender gets "
             "its message too.",
     .symptom = "Whoever leaves misses its own last message, but only in a busy room.",
     .parents = "leave-last-words writes-small",
     .run = returns_last_words,
     .checks = (const struct check[]){{.id = "leave-own-words",
                                       .title = "thirty leave at once, each with last words",
                                       .number = 30},
                                      {0}}},
    {.exercise = "leaving",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "RFC 6455 §5.4, §5.5.1",
     .rule = "A frame that has begun is sent to its end before the Close frame, also when its "
             "client was slow and then leaves.",
     .symptom = "\"Invalid frame header\" or 1006 for a client that was slow and leaves.",
     .parents = "slow-catches-up writes-behind leave-close",
     .run = leaves_behind,
     .checks = (const struct check[]){{.id = "leave-behind",
                                       .title = "a client that is behind leaves: whole frames",
                                       .number = 60},
                                      {0}}},
    {.exercise = "leaving",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "this course",
     .rule = "A client that leaves gets what was said before it left, if it goes on reading.",
     .symptom = "The last messages are missing in a window that was slow.",
     .parents = "leave-behind",
     .start = &(const struct start){"", "--max-backlog 8388608"},
     .run = leaves_behind,
     .checks = (const struct check[]){{.id = "leave-behind-all",
                                       .title = "a client that is behind leaves: all messages",
                                       .number = MUCH,
                                       .code = 1},
                                      {0}}},
    {.exercise = "leaving",
     .lessons = LESSON(3),
     .level = MUST,
     .section = "RFC 6455 §5.5.1",
     .rule = "After a Close frame nothing is sent, not even what others are just saying.",
     .symptom = "\"Received a frame after close\".",
     .parents = "broadcast-once broadcast-65536 writes-large writes-behind",
     .run = closes_in_flood,
     .checks = (const struct check[]){{.id = "writes-close",
                                       .title = "a Close frame among messages of 64 KiB",
                                       .number = 20},
                                      {0}}},

    /* ---- keepalive */
    {.exercise = "keepalive",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "RFC 6455 §5.5.2",
     .rule = "A client that says nothing for --ping-interval is asked with a ping.",
     .symptom =
         "Clients whose network is gone stay in the list for ever; proxies cut quiet connections.",
     .parents = "threads-two",
     .start = &(const struct start){"", "--ping-interval 0.3"},
     .suspect = "no-ping",
     .shows = SILENCE | AN_END,
     .run = is_pinged,
     .checks =
         (const struct check[]){
             {.id = "keepalive-ping", .title = "a silent client is pinged", .number = 1},
             {.id = "keepalive-pings", .title = "three silent clients are pinged", .number = 3},
             {0}}},
    {.exercise = "keepalive",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "RFC 6455 §5.5.3",
     .rule = "A client that answers pings stays.",
     .symptom = "Thrown out while reading.",
     .parents = "keepalive-ping broadcast-self",
     .start = &(const struct start){"", "--ping-interval 0.3"},
     .suspect = "pong-not-counted",
     .shows = A_CLOSE | AN_END,
     .waits = true,
     .run = is_kept,
     .checks =
         (const struct check[]){
             {.id = "keepalive-pong", .title = "four pings answered, and still there", .number = 4},
             {0}}},
    {.exercise = "keepalive",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "this course",
     .rule = "A client that does not answer a ping within another --ping-interval is dropped.",
     .symptom = "Clients whose network is gone stay in the list for ever.",
     .parents = "keepalive-ping",
     .start = &(const struct start){"", "--ping-interval 0.3"},
     .suspect = "silent-kept",
     .shows = SILENCE | A_MESSAGE,
     .waits = true,
     .run = is_dropped,
     .checks =
         (const struct check[]){{.id = "keepalive-silent",
                                 .title = "a client that does not answer is dropped",
                                 BYTES("")},
                                {.id = "keepalive-half",
                                 .title = "a client that does not answer, in the middle of a frame",
                                 BYTES("\x81\xe4\0\0\0\0half")},
                                {0}}},

    /* ---- stop */
    {.exercise = "stop",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "RFC 6455 §7.4.1",
     .rule = "A server that stops says so: a Close frame with 1001 to every client; it ends with "
             "exit status 0.",
     .symptom = "1006 in every browser after each restart.",
     .parents = "threads-two",
     .needs = NEEDS_SERVER,
     .run = says_goodbye,
     .checks =
         (const struct check[]){
             {.id = "stop-1001", .title = "SIGTERM: 1001 to all", .number = SIGTERM, .code = 3},
             {.id = "stop-sigint", .title = "SIGINT: 1001 to all", .number = SIGINT, .code = 3},
             {0}}},
    {.exercise = "stop",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "RFC 6455 §7.4.1",
     .rule = "A server that stops says so: a Close frame with 1001 to every client; it ends with "
             "exit status 0.",
     .symptom = "1006 in every browser after each restart.",
     .parents = "threads-20",
     .needs = NEEDS_SERVER,
     .run = says_goodbye,
     .checks = (const struct check[]){{.id = "stop-sixty",
                                       .title = "SIGTERM: 1001 to sixty clients",
                                       .number = SIGTERM,
                                       .code = 60},
                                      {0}}},
    {.exercise = "stop",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "this course",
     .rule = "Stopping takes 3 s at most, whatever the clients do.",
     .symptom = "kill -9 is what one gets used to.",
     .parents = "threads-two",
     .needs = NEEDS_SERVER,
     .waits = true,
     .run = stops_anyway,
     .checks =
         (const struct check[]){
             {.id = "stop-empty", .title = "SIGTERM without clients", .number = SIGTERM},
             {.id = "stop-unanswered",
              .title = "SIGTERM with clients that do not answer the Close frame",
              .number = SIGTERM,
              .code = 'c'},
             {.id = "stop-half-request",
              .title = "SIGTERM with a client in the middle of its request",
              .number = SIGTERM,
              .code = 'h'},
             {.id = "stop-half-frame",
              .title = "SIGTERM with a client in the middle of a frame",
              .number = SIGTERM,
              .code = 'f'},
             {0}}},
    {.exercise = "stop",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "this course",
     .rule = "Stopping takes 3 s at most, whatever the clients do.",
     .symptom = "kill -9 is what one gets used to.",
     .parents = "threads-two slow-others",
     .needs = NEEDS_SERVER,
     .waits = true,
     .run = stops_anyway,
     .checks = (const struct check[]){{.id = "stop-deaf",
                                       .title = "SIGTERM with a client that does not read",
                                       .number = SIGTERM,
                                       .code = 'd'},
                                      {0}}},
    {.exercise = "stop",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "RFC 6455 §7.4.1",
     .rule = "The Close frame with 1001 stands behind a whole frame.",
     .symptom = "\"Invalid frame header\" at each restart.",
     .parents = "stop-1001 writes-large writes-behind leave-behind writes-close",
     .needs = NEEDS_SERVER,
     .run = stops_in_flood,
     .checks = (const struct check[]){{.id = "stop-in-flood",
                                       .title = "SIGTERM in the middle of a conversation",
                                       .number = SIGTERM},
                                      {0}}},
    {.exercise = "stop",
     .lessons = LESSON(3),
     .level = BETTER,
     .section = "RFC 6455 §7.4.1",
     .rule = "A server that stops gives its clients time to read the goodbye.",
     .symptom = "1006 at each restart, but only for those with a slow network.",
     .parents = "stop-1001 leave-behind",
     .needs = NEEDS_SERVER,
     .start = &(const struct start){"", "--max-backlog 8388608"},
     .run = stops_behind,
     .checks = (const struct check[]){{.id = "stop-behind",
                                       .title = "SIGTERM with a client that is behind",
                                       .number = SIGTERM,
                                       .code = MUCH},
                                      {0}}},
    {0},
};
