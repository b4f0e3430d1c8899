/*
 * checks_challenges - five small servers on the handlers API: what each must do besides the RFC
 *
 * a answers everything with one text; b tells all how many there are; c answers the sender and then
 * all; d has a page and a WebSocket on one port; e echoes.
 */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "expect.h"
#include "peer.h"

#define CROWD   3
#define TALKERS 4
#define TALK    50 /* messages of each */

static const char reply_a[] = "收到你的消息了";
static const char ack_c[] = "服务器已收到：", all_c[] = "[广播] ";

static struct peer *enter(struct trial *t)
{
    struct peer *p = peer_open(t);
    send_frame(p, FIN | PING, "in", 2);
    expect_pong(p, "in", 2);
    return p;
}

static void enter_all(struct trial *t, struct peer *peers[], size_t count)
{
    for (size_t i = 0; i < count; i++)
        peers[i] = enter(t);
}

/* Nothing more has come: a pong is the next frame. */
static void expect_nothing_more(struct peer *p)
{
    send_frame(p, FIN | PING, "quiet", 5);
    expect_pong(p, "quiet", 5);
}

/* The row's message: of the opcode `number`; `code`: so often the text. Returns what was sent. */
static const struct bytes *send_row(struct peer *p, const struct check *c)
{
    struct bytes *message = trial_bytes(p->trial);
    for (unsigned i = 0; i < (c->code > 0 ? c->code : 1); i++)
        bytes_add(message, c->text, c->len);
    send_frame(p, FIN | c->number, message->at, message->len);
    return message;
}

/* ------------------------------------------------------------------------------------------- a */

static void a_answers(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    for (int i = 0; i < 2; i++) {
        send_row(p, c);
        expect_text(p, reply_a);
    }
    expect_nothing_more(p);
}

static void a_keeps_to_sender(struct trial *t, const struct check *c)
{
    struct peer *p = enter(t), *other = enter(t);
    send_row(p, c);
    expect_text(p, reply_a);
    expect_nothing_more(other);
}

/* ------------------------------------------------------------------------------------------- b */

/* The number of clients in {"data":"Hello Client!","clients":N}, blanks between its parts allowed;
 * -1: it is something else. */
static long clients_in(const struct message *message)
{
    char text[128], squeezed[128];
    size_t n = 0;
    int end = 0;
    long clients = -1;
    bool quoted = false;
    if (message->opcode != TEXT || message->len >= sizeof text)
        return -1;
    memcpy(text, message->payload, message->len);
    text[message->len] = '\0';
    for (const char *at = text; *at != '\0'; at++) {
        quoted ^= *at == '"';
        if (quoted || strchr(" \t\r\n", *at) == NULL)
            squeezed[n++] = *at;
    }
    squeezed[n] = '\0';
    if (sscanf(squeezed, "{\"data\":\"Hello Client!\",\"clients\":%6ld}%n", &clients, &end) != 1 ||
        (size_t)end != n)
        return -1;
    return clients;
}

/* Returns the number; 0: it has failed. */
static long expect_count(struct peer *p, long wanted)
{
    struct message message;
    char right[64];
    if (!expect_any_message(p, &message))
        return 0;
    long clients = clients_in(&message);
    if (clients > 0 && (wanted == 0 || clients == wanted))
        return clients;
    snprintf(right, sizeof right, "{\"data\":\"Hello Client!\",\"clients\":%ld}",
             wanted > 0 ? wanted : 1L);
    trial_fail_at(p, "this is not the JSON text that everyone should get");
    bytes_set(&p->trial->result->failure.expected, right, strlen(right));
    bytes_set(&p->trial->result->failure.came, message.payload, message.len);
    return 0;
}

/* The first of them says the row's message, and all get the same number; it is the right one soon, if
 * not at once: whoever has just gone may still be counted. */
static void expect_right_count(struct peer *peers[], size_t count, const struct check *c)
{
    struct trial *t = peers[0]->trial;
    long clients = 0;
    for (int64_t deadline = trial_deadline(t); trial_holds(t) && clients != (long)count;) {
        send_frame(peers[0], FIN | c->number, c->text, c->len);
        clients = expect_count(peers[0], 0);
        for (size_t i = 1; i < count; i++)
            expect_count(peers[i], clients);
        if (clients != (long)count && wire_now() >= deadline)
            trial_fail_at(peers[0], "%zu clients are there, and there are said to be %ld", count,
                          clients);
    }
    for (size_t i = 0; i < count; i++)
        expect_nothing_more(peers[i]);
}

static void b_counts(struct trial *t, const struct check *c)
{
    struct peer *peers[CROWD];
    size_t count = c->code > 0 ? c->code : CROWD;
    enter_all(t, peers, count);
    expect_right_count(peers, count, c);
}

/* code: 'c', one says goodbye before it goes */
static void b_counts_down(struct trial *t, const struct check *c)
{
    struct peer *peers[CROWD];
    enter_all(t, peers, CROWD);
    expect_right_count(peers, CROWD, c);
    if (c->code == 'c') {
        send_close(peers[CROWD - 1], 1000, "");
        expect_close(peers[CROWD - 1], NULL);
    }
    peer_leave(peers[CROWD - 1]);
    expect_right_count(peers, CROWD - 1, c);
}

/* ------------------------------------------------------------------------------------------- c */

static void expect_prefixed(struct peer *p, const char *prefix, const struct check *c)
{
    struct bytes *message = trial_bytes(p->trial);
    bytes_add(message, prefix, strlen(prefix));
    bytes_add(message, c->text, c->len);
    expect_message(p, c->number, message->at, message->len);
}

static void c_answers_twice(struct trial *t, const struct check *c)
{
    struct peer *peers[CROWD];
    enter_all(t, peers, CROWD);
    send_row(peers[1], c);
    expect_prefixed(peers[1], ack_c, c);
    for (size_t i = 0; i < CROWD; i++)
        expect_prefixed(peers[i], all_c, c);
    for (size_t i = 0; i < CROWD; i++)
        expect_nothing_more(peers[i]);
}

/* Is the message this prefix, this letter, this number? */
static bool is_numbered(const struct message *m, const char *prefix, char who, unsigned n)
{
    char right[64];
    int len = snprintf(right, sizeof right, "%s%c%u", prefix, who, n);
    return m->len == (size_t)len && memcmp(m->payload, right, m->len) == 0;
}

/* Four talk at the same time. Each gets its acknowledgements in order, everybody's messages once and
 * each talker's in order, and never its own before it has been acknowledged. */
static void c_keeps_order(struct trial *t, const struct check *c)
{
    struct peer *peers[TALKERS];
    char text[16];
    (void)c;
    enter_all(t, peers, TALKERS);
    for (unsigned n = 0; n < TALK; n++)
        for (unsigned who = 0; who < TALKERS; who++) {
            snprintf(text, sizeof text, "%c%u", (int)('A' + who), n);
            send_text(peers[who], text);
        }
    for (unsigned me = 0; me < TALKERS; me++) {
        unsigned acked = 0, heard[TALKERS] = {0};
        struct message m;
        for (unsigned i = 0; i < TALK + TALK * TALKERS && trial_holds(t); i++) {
            unsigned who = 0;
            if (!expect_any_message(peers[me], &m))
                break;
            if (is_numbered(&m, ack_c, (char)('A' + me), acked)) {
                acked++;
                continue;
            }
            while (who < TALKERS && !is_numbered(&m, all_c, (char)('A' + who), heard[who]))
                who++;
            if (who == TALKERS)
                trial_fail_at(peers[me], "a message came that is nobody's next");
            else if (++heard[who] > acked && who == me)
                trial_fail_at(peers[me], "its message went to all before it was acknowledged");
        }
    }
}

/* ------------------------------------------------------------------------------------------- d */

/* Does it end in the middle of a character? */
static bool is_cut(const unsigned char *text, size_t len)
{
    size_t tails = 0;
    while (tails < 3 && tails + 1 < len && (text[len - 1 - tails] & 0xC0) == 0x80)
        tails++;
    unsigned char lead = text[len - 1 - tails];
    return tails != (size_t)(lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0);
}

static struct peer *be_welcomed(struct trial *t)
{
    struct peer *p = peer_open(t);
    struct message message;
    if (!expect_any_message(p, &message))
        return p;
    if (message.opcode != TEXT || message.len == 0)
        trial_fail_at(p, "the welcome is no text, or an empty one");
    else if (memchr(message.payload, '\0', message.len) != NULL)
        trial_fail_at(p,
                      "the welcome has a NUL byte in it: sizeof counts the end of a string, too");
    else if (is_cut(message.payload, message.len))
        trial_fail_at(p, "the welcome ends in the middle of a character");
    return p;
}

static void d_has_page(struct trial *t, const struct check *c)
{
    struct peer *p;
    struct response response;
    struct bytes *body = trial_bytes(t);
    if (c->number == 'w') /* on the same port, at the same time */
        peer_open(t);
    p = peer_connect(t);
    send_string(p, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    if (!expect_head(p, &response))
        return;
    expect_status_of(p, &response, 200, 200);
    expect_body(p, &response, body);
    if (trial_holds(t) && bytes_find(body->at, body->len, "WebSocket") == NULL)
        trial_fail_at(p, "the body is no page that opens a WebSocket");
}

static void d_welcomes(struct trial *t, const struct check *c)
{
    struct peer *first = be_welcomed(t);
    (void)c;
    be_welcomed(t);
    expect_nothing_more(first);
}

static void d_echoes(struct trial *t, const struct check *c)
{
    struct peer *p = be_welcomed(t);
    send_row(p, c);
    expect_message(p, c->number, c->text, c->len);
    expect_nothing_more(p);
}

static void d_answers_word(struct trial *t, const struct check *c)
{
    struct peer *p = be_welcomed(t);
    (void)c;
    send_text(p, "longer than ping");
    expect_text(p, "longer than ping");
    send_text(p, "ping");
    expect_text(p, "pong");
    send_text(p, "pink");
    expect_text(p, "pink");
    expect_nothing_more(p);
}

static void d_answers_ping(struct trial *t, const struct check *c)
{
    struct peer *p = be_welcomed(t);
    send_frame(p, FIN | PING, c->text, c->len);
    expect_pong(p, c->text, c->len);
}

static void d_closes(struct trial *t, const struct check *c)
{
    struct peer *p = be_welcomed(t);
    (void)c;
    send_close(p, 1000, "");
    expect_close_code(p, 1000);
    expect_end(p);
}

/* ------------------------------------------------------------------------------------------- e */

static void e_echoes(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    const struct bytes *message = send_row(p, c);
    expect_message(p, c->number, message->at, message->len);
    expect_nothing_more(p);
}

static void e_keeps_to_sender(struct trial *t, const struct check *c)
{
    struct peer *p = enter(t), *other = enter(t);
    (void)c;
    send_text(p, "mine");
    expect_text(p, "mine");
    expect_nothing_more(other);
}

/* ------------------------------------------------------------------------------------- tables */

#define COMMON(letter, words)                                                                      \
    .exercise = "challenge-" letter, .lessons = CHALLENGE((letter)[0]), .level = MUST,             \
    .section = "the challenge's task", .rule = words, .parents = "accept-random"

const struct family challenge_checks[] = {
    {COMMON("a", "Whatever comes, text or binary, is answered with the text 收到你的消息了."),
     .symptom = "No answer, or another.", .run = a_answers,
     .checks =
         (const struct check[]){
             {.id = "a-text", .title = "a text", .number = TEXT, BYTES("你好")},
             {.id = "a-empty", .title = "an empty text", .number = TEXT, BYTES("")},
             {.id = "a-binary", .title = "a binary message", .number = BINARY, BYTES("\0\xff")},
             {.id = "a-long",
              .title = "70000 bytes",
              .number = TEXT,
              BYTES("ten bytes."),
              .code = 7000},
             {0}}},
    {COMMON("a", "The answer goes to its sender, and to nobody else."),
     .symptom = "Others get answers to what they never said.", .run = a_keeps_to_sender,
     .checks = (const struct check[]){{.id = "a-sender",
                                       .title = "a second client gets nothing",
                                       .number = TEXT,
                                       BYTES("for me")},
                                      {0}}},

    {COMMON("b",
            "Whatever comes, everyone gets {\"data\":\"Hello Client!\",\"clients\":N}, once; N is "
            "how many clients there are."),
     .symptom = "Only the sender gets it, or the number is wrong.", .run = b_counts,
     .checks =
         (const struct check[]){
             {.id = "b-alone", .title = "one alone: 1", .number = TEXT, BYTES("hi"), .code = 1},
             {.id = "b-three", .title = "three clients: 3, to all", .number = TEXT, BYTES("hi")},
             {.id = "b-binary",
              .title = "for a binary message too",
              .number = BINARY,
              BYTES("\xff")},
             {.id = "b-empty", .title = "for an empty message too", .number = TEXT, BYTES("")},
             {0}}},
    {COMMON("b", "Whoever has gone is not counted any more."), .symptom = "The number only grows.",
     .run = b_counts_down,
     .checks = (const struct check[]){{.id = "b-close",
                                       .title = "one of three says goodbye",
                                       .number = TEXT,
                                       BYTES("how many?"),
                                       .code = 'c'},
                                      {.id = "b-gone",
                                       .title = "one of three is just gone",
                                       .number = TEXT,
                                       BYTES("how many?")},
                                      {0}}},

    {COMMON("c",
            "The sender gets 服务器已收到： and its message; then everyone, the sender too, gets "
            "[广播] , a blank, and the message."),
     .symptom = "The sender sees one of the two, or the second first.", .run = c_answers_twice,
     .checks =
         (const struct check[]){
             {.id = "c-text", .title = "a text", .number = TEXT, BYTES("你好")},
             {.id = "c-empty", .title = "an empty text", .number = TEXT, BYTES("")},
             {0}}},
    {COMMON("c", "The acknowledgement stands before the broadcast, however many talk at once."),
     .symptom = "In a busy room the broadcast is now and then faster than the acknowledgement.",
     .run = c_keeps_order,
     .checks =
         (const struct check[]){{.id = "c-order", .title = "four talk at the same time"}, {0}}},

    {COMMON("d", "GET / on the same port is the page."),
     .symptom = "404, or a page from elsewhere.", .run = d_has_page,
     .checks =
         (const struct check[]){
             {.id = "d-page", .title = "the page"},
             {.id = "d-page-too", .title = "the page, beside a WebSocket", .number = 'w'},
             {0}}},
    {COMMON("d", "Whoever connects is welcomed with a text."),
     .symptom = "An empty window until one says something.", .run = d_welcomes,
     .checks = (const struct check[]){{.id = "d-welcome", .title = "a welcome for each"}, {0}}},
    {COMMON("d", "What is said comes back."), .symptom = "Silence.", .run = d_echoes,
     .checks =
         (const struct check[]){{.id = "d-echo", .title = "a text", .number = TEXT, BYTES("你好")},
                                {.id = "d-echo-binary",
                                 .title = "a binary message",
                                 .number = BINARY,
                                 BYTES("\0\xff")},
                                {0}}},
    {COMMON("d", "A page cannot send a ping frame: it says \"ping\", and is answered \"pong\"."),
     .symptom = "The page waits for its pong.", .run = d_answers_word,
     .checks = (const struct check[]){{.id = "d-ping-text", .title = "the text ping, and no other"},
                                      {0}}},
    {COMMON("d", "A ping frame is answered with a pong frame."),
     .symptom = "Thrown out by clients that check whether the server is alive.",
     .run = d_answers_ping,
     .checks =
         (const struct check[]){{.id = "d-ping", .title = "a ping frame", BYTES("alive?")}, {0}}},
    {COMMON("d", "A Close frame is answered with its code, and then the connection ends."),
     .symptom = "1006 in the browser when one presses Disconnect.", .run = d_closes,
     .checks = (const struct check[]){{.id = "d-close", .title = "disconnect"}, {0}}},

    {COMMON("e", "What comes goes back unchanged: text as text, binary as binary."),
     .symptom = "Something else comes back.", .run = e_echoes,
     .checks =
         (const struct check[]){
             {.id = "e-text", .title = "a text", .number = TEXT, BYTES("你好")},
             {.id = "e-empty", .title = "an empty text", .number = TEXT, BYTES("")},
             {.id = "e-binary", .title = "a binary message", .number = BINARY, BYTES("\x41\0\xff")},
             {.id = "e-long",
              .title = "70000 bytes",
              .number = TEXT,
              BYTES("ten bytes."),
              .code = 7000},
             {0}}},
    {COMMON("e", "It goes back to its sender, and to nobody else."),
     .symptom = "A chat, not an echo.", .run = e_keeps_to_sender,
     .checks =
         (const struct check[]){{.id = "e-sender", .title = "a second client gets nothing"}, {0}}},
    {0},
};
