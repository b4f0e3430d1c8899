/*
 * checks_handshake - lesson 1: how HTTP becomes something else (RFC 6455 §4, RFC 9110, RFC 9112)
 *
 * The functions say what a kind of check does; the tables below them, what each is about. `text` is
 * how the request differs from a right one, in the language of http_add_request().
 *
 * A server of lesson 1 serves one client at a time: so a check that opens several lets each go
 * before the next.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "check.h"
#include "expect.h"
#include "peer.h"
#include "show.h"

/* ----------------------------------------------------------------------------------- listen */

#define LINE_TIME 500 /* ms: it may come a little later than the first client is served */

static void wait_for_its_line(struct trial *t)
{
    struct server *server = &t->grading->server;
    struct bytes *out = trial_bytes(t);
    for (int64_t deadline = wire_now() + LINE_TIME; out->len == 0 && wire_now() < deadline;) {
        server_printed(server, out, NULL);
        if (out->len == 0 && server_wait_for_end(server, wire_now() + LINE_TIME / 20))
            break;
    }
}

static void prints_ready_line(struct trial *t, const struct check *c)
{
    struct bytes *out = trial_bytes(t), *expected = trial_bytes(t);
    struct failure *failure = &t->result->failure;
    (void)c;
    wait_for_its_line(t);
    server_printed(&t->grading->server, out, NULL);
    bytes_add_format(expected, "listening on http://127.0.0.1:%u/\n", t->grading->server.port);
    size_t same = bytes_difference(expected->at, expected->len, out->at, out->len);
    if (same == expected->len && out->len == expected->len)
        return;
    if (out->len == 0)
        trial_fail(t, "stdout is empty: the line that it should have is missing");
    trial_fail(t, "stdout has something else than the one line that it should have");
    bytes_set(&failure->expected, expected->at, expected->len);
    bytes_set(&failure->came, out->at, out->len);
    failure->at = same;
    failure->is_text = true;
}

/* Refused at 127.0.0.1; is it there at ::1? */
static bool is_at_ipv6(struct trial *t)
{
    struct wire wire;
    bool is = strcmp(t->grading->server.host, "127.0.0.1") == 0 &&
              wire_connect(&wire, "::1", t->grading->server.port, false, trial_deadline(t)) == 0;
    if (is)
        wire_close(&wire);
    return is;
}

static const char ordinary_get[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/* Lesson 3, where a client joins the room before it is answered: is an ordinary request answered? */
static bool answers_others(struct trial *t)
{
    struct peer *p = peer_connect(t);
    send_string(p, ordinary_get);
    bool is = wait_for_bytes(p, 9) && memcmp(p->wire->came.at, "HTTP/1.1 ", 9) == 0;
    if (trial_holds(t))
        trial_forget_last(t);
    return is;
}

static void accepts_connection(struct trial *t, const struct check *c)
{
    struct peer *p = c->text != NULL ? peer_connect_to(t, c->text) : peer_connect(t);
    if (!trial_holds(t) && c->text == NULL && is_at_ipv6(t))
        trial_suspect(t, "ipv6-only");
    bool to_join = t->grading->lesson == 3; /* the way into the room is another check's matter */
    if (to_join)
        send_string(p, ordinary_get);
    else
        send_request(p, "");
    if (to_join && trial_holds(t) && !wait_for_bytes(p, 1) && !p->wire->ended)
        send_request(p = peer_connect(t), "");
    if (trial_holds(t) && !wait_for_bytes(p, 1) && !p->wire->ended) {
        trial_fail_at(p, "the connection was made, and a request brought no answer");
        trial_say(t, "an answer, or at least the end of the connection", "nothing");
    }
}

#define ABOUT_TO_END 300 /* ms */

/* It connects, says nothing and goes. That is no request, and no reason to end. */
static void lives_on(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    (void)c;
    peer_leave(p);
    p = peer_connect(t);
    send_request(p, "");
    if (!trial_holds(t) || wait_for_bytes(p, 1))
        return;
    if (!p->wire->ended)
        trial_fail_at(p, "after a client that said nothing, the next one got no answer");
    if (t->grading->server.command !=
        NULL) /* it may be about to end; else it does not answer yet */
        server_wait_for_end(&t->grading->server, wire_now() + ABOUT_TO_END);
    peer_connect(t);
}

/* What one client does must not keep the next from being served. */
enum bad_behaviour { SILENT, HALF_REQUEST, RESETS, UPGRADES };

static void behave(struct peer *p, enum bad_behaviour how)
{
    if (how == HALF_REQUEST || how == RESETS)
        send_string(p, "GET / HTTP/1.1\r\nHost: ");
    if (how == UPGRADES) {
        send_request(p, "");
        expect_status(p, 101, 101);
    }
    if (how == RESETS)
        peer_reset(p);
    else
        peer_leave(p);
}

/* After what one client did, others get no answer any more. */
static void suspect_stopped(struct trial *t)
{
    if (t->result->failure.observed & NOTHING_CAME)
        trial_suspect(t, "one-bad-client-stops-all");
}

static void serves_the_next(struct trial *t, const struct check *c)
{
    for (int i = 0; i < 3; i++)
        behave(peer_connect(t), (enum bad_behaviour)c->number);
    peer_leave(peer_open(t));
    peer_open(t); /* whoever dies of it a moment later has done so by now */
    if (c->suspect == NULL)
        suspect_stopped(t);
}

#define USAGE_TIME 2000 /* ms: whoever does not like his words says so when he begins */

/* It ends, and does not begin to listen. */
static bool ends_soon(struct server *second)
{
    int64_t deadline = wire_now() + USAGE_TIME;
    while (!second->ended && wire_now() < deadline && server_port(second) == 0)
        server_wait_for_end(second, wire_now() + ABOUT_TO_END / 10);
    return second->ended;
}

/* Starts a second server with these words and waits for its end. */
static void ends_by_itself(struct trial *t, const char *arguments, int status, const char *mention)
{
    static struct server second;
    struct bytes *words = trial_bytes(t), *err = trial_bytes(t);
    second = (struct server){.command = t->grading->server.command};
    bytes_add_format(words, "exec %s %s", second.command, arguments);
    if (!server_spawn(&second, (const char *)words->at))
        return;
    if (!ends_soon(&second))
        trial_fail(t, "it runs on, started with %s", arguments);
    if (!trial_holds(t)) {
        server_stop(&second);
        return;
    }
    server_explain_end(&second, &t->result->failure.server); /* waits for its last words */
    server_printed(&second, NULL, err);
    if (!WIFEXITED(second.status) || WEXITSTATUS(second.status) != status)
        trial_fail(t, "started with %s, it should end with exit status %d", arguments, status);
    else if (mention != NULL && bytes_find(err->at, err->len, mention) == NULL)
        trial_fail(t, "what it writes to stderr does not name %s", mention);
    server_stop(&second);
}

static void says_port_is_taken(struct trial *t, const struct check *c)
{
    char arguments[40];
    (void)c;
    snprintf(arguments, sizeof arguments, "--port %u", t->grading->server.port);
    ends_by_itself(t, arguments, 1, arguments + strlen("--port "));
}

static void refuses_usage(struct trial *t, const struct check *c)
{
    ends_by_itself(t, c->text, 2, NULL);
}

static void stops_on_signal(struct trial *t, const struct check *c)
{
    struct server *server = &t->grading->server;
    struct peer *p = peer_open(t);
    if (!trial_holds(t))
        return;
    server_signal(server, (int)c->number);
    (void)wait_for_bytes(p, 1); /* a Close frame, or the end */
    peer_leave(p);
    if (!server_wait_for_end(server, wire_now() + STOP_TIME))
        trial_fail(t, "the server still runs, %d s after the signal", STOP_TIME / 1000);
    else if (!WIFEXITED(server->status) || WEXITSTATUS(server->status) != 0)
        trial_fail(t, "the server ended, but not with exit status 0");
    trial_suspect(t, server->ended ? "bad-exit" : "does-not-stop");
    if (!trial_holds(t))
        server_explain_end(server, &t->result->failure.server);
    server_stop(server);
}

/* Does it take a client's request before the deadline? */
static bool takes_requests(struct server *server, int64_t deadline)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    struct wire wire;
    int error;
    do
        error = wire_connect(&wire, server->host, server->port, false, deadline);
    while (error != 0 && server_may_listen_soon(server, deadline));
    struct wires one = {&wire, 1};
    if (error == 0 && wire_send(one, &wire, request, sizeof request - 1, deadline) > 0)
        (void)wire_wait(one, deadline);
    wire_close(&wire);
    bytes_free(&wire.came);
    return error == 0;
}

/* Does the server listen when it is started on this port? */
static bool listens_on(struct trial *t, struct server *again, unsigned port)
{
    again->command = t->grading->server.command;
    again->host = t->grading->server.host;
    again->fixed_port = port;
    return server_start(again, &start_usual, trial_deadline(t)) &&
           takes_requests(again, trial_deadline(t));
}

/* The side that closes first keeps the port for a while (TIME_WAIT): here that is the server. */
static void starts_again_on_its_port(struct trial *t, const struct check *c)
{
    static struct server again;
    struct server *server = &t->grading->server;
    struct peer *p = peer_connect(t);
    (void)c;
    send_request(p, "-Sec-WebSocket-Key");
    expect_end_of_any_kind(p);
    peer_leave(p);
    server_stop(server);
    if (!trial_holds(t) || listens_on(t, &again, server->port)) {
        server_stop(&again);
        return;
    }
    trial_fail(t, "stopped, and started again on the same port, it does not listen");
    server_explain_end(&again, &t->result->failure.server);
    server_stop(&again);
    unsigned other = wire_free_port(server->host);
    if (!wire_has_port(server->host, server->port) && other != 0 && listens_on(t, &again, other))
        trial_suspect(t, "no-reuseaddr"); /* on a port without old connections, it does listen */
    server_stop(&again);
}

/* While it runs, a second one is told to use its port. */
static void leaves_a_taken_port(struct trial *t, const struct check *c)
{
    static struct server second;
    const struct server *server = &t->grading->server;
    (void)c;
    second = (struct server){
        .command = server->command, .host = server->host, .fixed_port = server->port};
    bool ends = server_start(&second, &start_usual, trial_deadline(t)) &&
                server_wait_for_end(&second, trial_deadline(t));
    bool is_content = ends && WIFEXITED(second.status) && WEXITSTATUS(second.status) == 0;
    if (!ends)
        trial_fail(t, "told to use a port that another server has, it does not end");
    if (is_content)
        trial_fail(t, "told to use a port that another server has, it ends with exit status 0");
    if (is_content)
        server_explain_end(&second, &t->result->failure.server);
    server_stop(&second);
}

/* What is no good request gets a status, and not just the end of the connection. */
static void suspect_silence(struct peer *p)
{
    if (p->wire->came.len == 0 && p->wire->ended)
        trial_suspect(p->trial, "closed-without-answer");
}

/* -------------------------------------------------------------------------------- read-head */

static void answers(struct trial *t, const struct check *c)
{
    bool answers_get = t->grading->lesson == 3 && answers_others(t);
    struct peer *p = peer_connect(t);
    int status;
    (void)c;
    send_request(p, "");
    if (!expect_status_line(p, &status) && answers_get && p->wire->came.len == 0)
        trial_suspect(t, "not-let-in");
}

/* In pieces of `number` bytes. */
static void answers_pieces(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct bytes *request = trial_bytes(t);
    add_request(p, request, "");
    send_in_pieces(p, request->at, request->len, c->number);
    expect_status(p, 101, 101);
}

/* What may come when a client has sent nothing yet, or the first piece of its request? It waits. */
static void is_waited_for(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct bytes *request = trial_bytes(t);
    add_request(p, request, "");
    send_bytes(p, request->at, c->len > 0 ? request->len - c->len : 0);
    if (comes_soon(p, 1) || p->wire->ended)
        trial_fail_at(p, "it was not waited for");
}

/* A whole request behind the first piece of another: that makes no request. */
static void answers_last_piece(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct bytes *request = trial_bytes(t);
    add_request(p, request, "");
    send_in_pieces(p, request->at, request->len - c->len, request->len);
    (void)comes_soon(p, 1);
    send_bytes(p, request->at, request->len);
    expect_status(p, 101, 101);
}

static void answers_lines(struct trial *t, const struct check *c);

/* A request in two pieces was not answered: was the first piece alone judged, or was it forgotten? */
static const char *suspect_pieces(struct trial *t, unsigned second)
{
    struct check piece = {.len = second}, nothing = {0};
    if (trial_probe(t, is_waited_for, &piece))
        return trial_probe(t, answers_last_piece, &piece) ? "head-piece-lost" : NULL;
    bool has_patience = trial_probe(t, is_waited_for, &nothing);
    return has_patience && !trial_probe(t, answers_lines, &nothing) ? "one-recv" : NULL;
}

/* Line by line, as typed into telnet. */
static void answers_lines(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct bytes *request = trial_bytes(t);
    (void)c;
    add_request(p, request, "");
    for (size_t from = 0, to = 0; to < request->len; to++)
        if (request->at[to] == '\n') {
            send_in_pieces(p, request->at + from, to + 1 - from, to + 1 - from);
            from = to + 1;
        }
    expect_status(p, 101, 101);
}

/* In two pieces; the second has so many bytes. */
static struct peer *ask_in_two_pieces(struct trial *t, size_t second)
{
    struct peer *p = peer_connect(t);
    struct bytes *request = trial_bytes(t);
    add_request(p, request, "");
    size_t first = request->len - second;
    send_in_pieces(p, request->at, first, first);
    send_in_pieces(p, request->at + first, second, second);
    return p;
}

static void answers_two_pieces(struct trial *t, const struct check *c)
{
    expect_status(ask_in_two_pieces(t, c->number), 101, 101);
    if (!trial_holds(t))
        trial_suspect(t, suspect_pieces(t, c->number));
}

/* Cut within the end of the head. If that brings no answer: does an end that comes whole? */
static void answers_cut_end(struct trial *t, const struct check *c)
{
    static const char end[] = "\r\n\r\n";
    struct peer *p = ask_in_two_pieces(t, c->number);
    expect_status(p, 101, 101);
    if (t->result->failure.observed != SILENCE)
        return;
    send_anyway(p, end, sizeof end - 1);
    if (comes_soon(p, 1))
        trial_suspect(t, "end-only-at-end");
}

/* A request without its empty line, and more may come: is there nothing yet? */
static void waits_for_the_end(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    (void)c;
    send_request(p, "!");
    if (comes_soon(p, 1))
        trial_fail_at(p, "it was answered");
}

static void needs_the_end(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    send_request(p, "!");
    peer_end_sending(p);
    expect_end_of_any_kind(p);
    if (bytes_find(p->wire->came.at, p->wire->came.len, " 101 ") == NULL)
        return;
    trial_fail_at(p, "the request was answered although its head had no end");
    trial_say(t, "no 101 before the empty line", "101");
    trial_suspect(t, trial_probe(t, waits_for_the_end, c) ? "end-of-stream" : "end-not-awaited");
}

/* The request as it is in `text`, line ends and all. */
static void takes_raw(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct bytes *request = trial_bytes(t), *raw = trial_bytes(t);
    add_request(p, request, c->text != NULL ? c->text : "");
    for (size_t i = 0; i < request->len; i++)
        if (c->number == '\n' ? request->at[i] != '\r' : true)
            bytes_add(raw, request->at + i, 1);
    if (c->number == '\r') { /* an empty line first */
        raw->len = 0;
        bytes_add_text(raw, "\r\n");
        bytes_add(raw, request->at, request->len);
    }
    send_bytes(p, raw->at, raw->len);
    expect_status(p, 101, 101);
}

/* A cookie of so many bytes. */
static void takes_long_head(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct bytes *changes = trial_bytes(t);
    bytes_add_text(changes, "Cookie: ");
    bytes_add_run(changes, 'c', c->len);
    bytes_add(changes, "", 1);
    send_request(p, (const char *)changes->at);
    expect_status(p, 101, 101);
    struct check short_one = {.len = 10};
    if (!trial_holds(t) && c->len > short_one.len && trial_probe(t, takes_long_head, &short_one))
        trial_suspect(t, "small-buffer");
}

/* So many bytes of `text`, and no end: refused as soon as it is too much. */
static void refuses_endless(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct bytes *endless = trial_bytes(t);
    struct response response;
    bytes_add_text(endless, c->text);
    while (endless->len < 20000)
        bytes_add_text(endless, c->number == 'l' ? "X-Filler: 0123456789\r\n" : "0123456789");
    send_bytes(p, endless->at, endless->len);
    if (expect_head(p, &response))
        expect_status_of(p, &response, (int)c->code, (int)c->code);
    else
        suspect_silence(p);
}

/* The beginning of a request is enough to refuse it. */
static void refuses_at_once(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct response response;
    send_bytes(p, c->text, c->len > 0 ? c->len : strlen(c->text));
    if (expect_head(p, &response))
        expect_status_of(p, &response, (int)c->code, (int)c->code);
    else
        suspect_silence(p);
}

static void times_out(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    send_string(p, c->text);
    if (*c->text != '\0')
        expect_status(p, 408, 408);
    suspect_silence(p);
    expect_end_of_any_kind(p);
    if (p->wire->came.len == 0 && !p->wire->ended)
        trial_suspect(t, "no-deadline");
}

/* A byte now and then does not put off the deadline: it is for the whole head. */
static void times_out_dripping(struct trial *t, const struct check *c)
{
    static const char drip[] = "GET / HTTP/1.1\r\nHost: x";
    struct peer *p = peer_connect(t);
    (void)c;
    for (size_t i = 0; i < sizeof drip - 1 && p->wire->came.len == 0 && !p->wire->ended; i++) {
        send_bytes(p, drip + i, 1);
        (void)wire_wait(peer_wires(t), wire_now() + 100);
    }
    if (trial_holds(t) && p->wire->came.len == 0 && !p->wire->ended)
        trial_fail_at(p, "a byte every 100 ms kept the request open for more than two seconds");
    else
        expect_status(p, 408, 408);
    if (p->wire->came.len == 0 && !p->wire->ended)
        trial_suspect(t, "no-deadline");
    suspect_silence(p);
}

/* -------------------------------------------------------------------- find-header, find-token */

/* Whoever finds no Host must refuse everything with 400, a plain GET and an upgrade. */
static void finds_host(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    int status;
    (void)c;
    send_request(p, "");
    if (!expect_status_line(p, &status) || status != 400)
        return;
    peer_leave(p);
    p = peer_connect(t);
    send_request(p, "-Upgrade\n-Connection\n-Sec-WebSocket-Key\n-Sec-WebSocket-Version");
    if (!expect_status_line(p, &status) || status != 400)
        return;
    trial_fail_at(p, "this is a right request, and it was refused, as an upgrade was before");
    trial_say(t, "any status but 400", "400");
    trial_suspect(t, "request-refused");
}

/* An answer other than 101 may have other reasons, but a request that is right is not at fault. */
static void finds_upgrade(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    int status;
    (void)c;
    send_request(p, "");
    if (!expect_status_line(p, &status) || status < 400 || status > 499)
        return;
    trial_fail_at(p, "this is a right handshake, and it was refused as a wrong one");
    trial_say(t, "101, or at least no status from 400 to 499", "such a status");
    trial_suspect(t, "request-refused");
}

static void upgraded(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    send_request(p, c->text);
    expect_status(p, 101, 101);
}

/* The first 101 of all. Whoever gets a page instead has not been asked whether it wants to upgrade. */
static void is_upgraded(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    (void)c;
    send_request(p, "");
    expect_status(p, 101, 101);
    int status = http_status(p->wire->came.at, p->wire->came.len);
    if (status >= 200 && status < 400)
        trial_suspect(t, "upgrade-got-page");
}

/* ... and the key was found, and nothing but the key. */
static void upgraded_with_key(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct response response;
    send_request(p, c->text);
    if (!expect_head(p, &response))
        return;
    expect_status_of(p, &response, 101, 101);
    expect_accept(p, &response);
}

/* code: what else is in the head: something empty, something twice. Without that, is it taken? */
static void upgraded_with_others(struct trial *t, const struct check *c)
{
    static const struct check filled = {.text = "^X-Empty: something\n+X-Blank: else"};
    static const struct check once = {.text = "^Cookie: a=1"};
    upgraded_with_key(t, c);
    if (trial_holds(t))
        return;
    if (c->code == 'e')
        trial_suspect(t, trial_probe(t, upgraded_with_key, &filled) ? "header-empty" : NULL);
    else if (c->code == 'r')
        trial_suspect(t, trial_probe(t, upgraded_with_key, &once) ? "header-repeated" : NULL);
    else
        trial_suspect(t, "header-order");
}

static void upgraded_among_many(struct trial *t, const struct check *c)
{
    static const struct check few = {.number = 2};
    struct bytes *changes = trial_bytes(t);
    for (unsigned i = 0; i < c->number; i++)
        bytes_add_format(changes, "^X-Header-%u: value %u\n", i, i);
    bytes_add(changes, "", 1);
    upgraded_with_key(t, &(struct check){.text = (const char *)changes->at});
    struct check as_long = {.len = changes->len};
    if (!trial_holds(t) && c->number > few.number && trial_probe(t, takes_long_head, &as_long) &&
        trial_probe(t, upgraded_among_many, &few))
        trial_suspect(t, "few-headers");
}

/* One more header in front of the key; and then behind it. */
static void upgraded_with_key_elsewhere(struct trial *t, const struct check *c)
{
    static const struct check behind = {.text = "+X-Behind: something else"};
    upgraded_with_key(t, c);
    if (!trial_holds(t) && trial_probe(t, upgraded_with_key, &behind))
        t->result->failure.diagnosis = "key-fixed-place";
}

/* A header that looks like that of the key; and then the same under another name. */
static void upgraded_beside_decoy(struct trial *t, const struct check *c)
{
    static const struct check other = {.text = "^X-Other: AQIDBAUGBwgJCgsMDQ4PEA=="};
    upgraded_with_key(t, c);
    if (!trial_holds(t) && trial_probe(t, upgraded_with_key, &other))
        t->result->failure.diagnosis = "accept-decoy";
}

/* "Upgrade" in a list: which lists are understood? */
static void upgraded_by_list(struct trial *t, const struct check *c)
{
    static const struct check second = {.text = "Connection: keep-alive, Upgrade"};
    static const struct check first = {.text = "Connection: Upgrade, keep-alive"};
    upgraded(t, c);
    if (trial_holds(t) || c->suspect != NULL)
        return;
    if (trial_probe(t, upgraded, &second))
        trial_suspect(t, "token-separators");
    else
        trial_suspect(t,
                      trial_probe(t, upgraded, &first) ? "token-first-item" : "connection-whole");
}

static void not_upgraded(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct response response;
    send_request(p, c->text);
    if (!expect_head(p, &response))
        suspect_silence(p);
    if (!trial_holds(t) || response.status != 101)
        return;
    trial_fail_at(p, "it was upgraded all the same");
    trial_say(t, "an answer other than 101", "HTTP/1.1 101");
}

/* It was upgraded with a word that has the right one inside. Is it with quite another word? Then none is
 * looked at. */
static void suspect_substring(struct trial *t, const char *text)
{
    static const struct check other[] = {{.text = "Connection: close"}, {.text = "Upgrade: h2c"}};
    bool is_upgrade = strncmp(text, "Upgrade", strlen("Upgrade")) == 0;
    if (trial_holds(t) || t->result->failure.observed != A_MESSAGE)
        return;
    trial_suspect(t, trial_probe(t, not_upgraded, &other[is_upgrade]) ? "token-substring"
                                                                      : "not-checked");
}

static void not_upgraded_inside(struct trial *t, const struct check *c)
{
    not_upgraded(t, c);
    suspect_substring(t, c->text);
}

/* ------------------------------------------------------------------------ accept-key, send-101 */

/* text: the key */
static void accepts_key(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct response response;
    snprintf(p->key, sizeof p->key, "%s", c->text);
    send_request(p, "");
    if (expect_head(p, &response))
        expect_accept(p, &response);
}

static void accepts_new_keys(struct trial *t, const struct check *c)
{
    for (unsigned i = 0; i < c->number; i++) {
        struct peer *p = peer_connect(t);
        struct response response;
        send_request(p, "");
        if (expect_head(p, &response))
            expect_accept(p, &response);
        peer_leave(p);
    }
}

/* What a check wants to see in the answer. */
struct wanted_header {
    const char *name, *value; /* NULL: no such header */
};

static void answer_has(struct trial *t, const char *changes, struct wanted_header wanted)
{
    struct peer *p = peer_connect(t);
    struct response response;
    bool held = trial_holds(t);
    send_request(p, changes);
    if (expect_head(p, &response))
        expect_status_of(p, &response, 101, 101);
    trial_prepared(t, held);
    if (trial_holds(t))
        expect_header(p, &response, wanted.name, wanted.value);
}

/* What was offered is agreed to: sent back just as it was? */
static void agrees_to_none(struct trial *t, const char *offer, const char *suspect)
{
    char came[120];
    const char *colon = strchr(offer, ':');
    struct bytes *name = trial_bytes(t);
    bytes_add(name, offer, (size_t)(colon - offer));
    bytes_add(name, "", 1);
    answer_has(t, offer, (struct wanted_header){(const char *)name->at, NULL});
    struct response response = {0};
    const struct bytes *answer = &t->peers[0].wire->came;
    if (!trial_holds(t) && http_read_response(&response, answer->at, answer->len) &&
        http_find_header(&response, (const char *)name->at, came, sizeof came) == 1 &&
        strcmp(came, colon + 2) == 0)
        trial_suspect(t, suspect);
}

static void says_upgrade(struct trial *t, const struct check *c)
{
    (void)c;
    answer_has(t, "", (struct wanted_header){"Upgrade", "websocket"});
}

static void says_connection(struct trial *t, const struct check *c)
{
    (void)c;
    answer_has(t, "", (struct wanted_header){"Connection", "Upgrade"});
}

static void says_nothing_of(struct trial *t, const struct check *c)
{
    answer_has(t, "", (struct wanted_header){c->text, NULL});
}

#define UNKNOWN "x-wscheck-unknown"

static void agrees_to_no_unknown_extension(struct trial *t, const struct check *c)
{
    agrees_to_none(t, c->text, "extension-echoed");
}

static void chooses_no_unknown_subprotocol(struct trial *t, const struct check *c)
{
    agrees_to_none(t, c->text, "subprotocol-echoed");
}

/* Whatever is chosen must be one of those offered. */
static void invents_no_subprotocol(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct response response;
    char chosen[80];
    (void)c;
    send_request(p, "Sec-WebSocket-Protocol: " UNKNOWN ", x-wscheck-other");
    if (!wait_for_bytes(p, 1) && p->wire->ended)
        return; /* whoever refuses has chosen none */
    if (!expect_head(p, &response))
        return;
    if (http_find_header(&response, "Sec-WebSocket-Protocol", chosen, sizeof chosen) == 0)
        return;
    if (!http_list_has(UNKNOWN ", x-wscheck-other", chosen)) {
        trial_fail_at(p, "a subprotocol came that was not offered");
        trial_say(t, "one of those offered, or none", "another");
        trial_suspect(t, "subprotocol-invented");
    }
}

static void uses_crlf(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct response response;
    (void)c;
    send_request(p, "");
    if (!expect_head(p, &response))
        return;
    for (size_t i = 0; i < response.head_len; i++)
        if (response.at[i] == '\n' && (i == 0 || response.at[i - 1] != '\r')) {
            trial_fail_at(p, "a line ends with LF alone");
            trial_suspect(t, "bare-lf");
        }
}

/* What comes behind the head comes at once, or when the client has no more to say. A server that then
 * says nothing and stays has said nothing more. */
static void says_nothing_more(struct trial *t, const struct check *c)
{
    struct peer *p = peer_open(t);
    (void)c;
    peer_end_sending(p);
    (void)comes_soon(p, 1);
    if (trial_holds(t) && p->wire->came.len > p->judged && p->wire->came.at[p->judged] < 0x80)
        expect_end(p);
}

/* ----------------------------------------------------------------------------------- refuse */

/* Sends it, and reads the head of a refusal with a status from low to high. */
static bool is_refused(struct peer *p, const char *changes, struct response *response, int low,
                       int high)
{
    send_request(p, changes);
    if (!expect_head(p, response))
        return false;
    expect_status_of(p, response, low, high);
    return trial_holds(p->trial);
}

/* It has another status than it should have: is it that of a good request? */
static void suspect_unchecked(struct trial *t, const struct response *response)
{
    if (response->status == 101)
        trial_suspect(t, "not-checked");
}

/* number: the lowest status that will do; the highest is `code`, or 599 */
static void refuses(struct trial *t, const struct check *c)
{
    struct response response = {0};
    struct peer *p = peer_connect(t);
    int low = c->number > 0 ? (int)c->number : 400;
    if (!is_refused(p, c->text, &response, low, c->number > 0 ? low : 599))
        suspect_silence(p);
    suspect_unchecked(t, &response);
}

/* What breaks the handshake. `number`: the RFC wants just that status; `code`: the course does. */
static const struct check refusals[] = {
    {.id = "refuse-no-key",
     .title = "no Sec-WebSocket-Key",
     .text = "-Sec-WebSocket-Key",
     .code = 400},
    {.id = "refuse-empty-key", .title = "an empty key", .text = "Sec-WebSocket-Key:", .code = 400},
    {.id = "refuse-short-key",
     .title = "a key of 15 bytes",
     .text = "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0O",
     .code = 400},
    {.id = "refuse-long-key",
     .title = "a key of 17 bytes",
     .text = "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODxA=",
     .code = 400},
    {.id = "refuse-bad-key",
     .title = "a key that is not base64",
     .text = "Sec-WebSocket-Key: ****************==....==",
     .code = 400},
    {.id = "refuse-two-keys",
     .title = "two keys",
     .text = "+Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==",
     .code = 400},
    {.id = "refuse-no-version",
     .title = "no Sec-WebSocket-Version",
     .text = "-Sec-WebSocket-Version",
     .code = 426},
    {.id = "refuse-version-12",
     .title = "version 12",
     .text = "Sec-WebSocket-Version: 12",
     .code = 426},
    {.id = "refuse-version-130",
     .title = "version 130",
     .text = "Sec-WebSocket-Version: 130",
     .code = 426},
    {.id = "refuse-post",
     .title = "POST instead of GET",
     .text = "=POST / HTTP/1.1\nContent-Length: 0",
     .code = 405},
    {.id = "refuse-http10", .title = "HTTP/1.0", .text = "=GET / HTTP/1.0", .code = 505},
    {.id = "refuse-lower-get",
     .title = "get in lower case (methods have a case)",
     .text = "=get / HTTP/1.1",
     .code = 405},
    {.id = "refuse-no-host",
     .section = "RFC 9112 §3.2",
     .title = "no Host",
     .text = "-Host",
     .number = 400,
     .code = 400},
    {.id = "refuse-two-hosts",
     .section = "RFC 9112 §3.2",
     .title = "two Host headers",
     .text = "+Host: example.org",
     .number = 400,
     .code = 400},
    {.id = "refuse-space-before-colon",
     .section = "RFC 9112 §5.1",
     .title = "a blank between name and colon",
     .text = "+X-Space : 1",
     .number = 400,
     .code = 400},
    {0},
};

/* What may be anything but an upgrade. */
static const struct check no_upgrades[] = {
    {.id = "refuse-no-upgrade", .title = "no Upgrade header", .text = "-Upgrade", .code = 400},
    {.id = "refuse-no-connection",
     .title = "no Connection header",
     .text = "-Connection",
     .code = 400},
    {.id = "refuse-no-protocol",
     .title = "\"GET /\" without HTTP/1.1",
     .text = "=GET /",
     .code = 400},
    {.id = "refuse-no-colon",
     .title = "a header line without a colon",
     .text = "+NoColonHere",
     .code = 400},
    {.id = "refuse-folded",
     .title = "a folded header line",
     .text = "+X-Folded: one\n+ two",
     .code = 400},
    {0},
};

/* Goes through both tables with one question each. */
typedef void question(struct peer *p, const struct check *row, const struct response *response);

static void ask_all(struct trial *t, const struct check *rows, question *ask)
{
    for (const struct check *row = rows; row->id != NULL && trial_holds(t); row++) {
        struct peer *p = peer_connect(t);
        struct response response;
        send_request(p, row->text);
        if (expect_head(p, &response))
            ask(p, row, &response);
        peer_leave(p);
    }
}

static void has_status(struct peer *p, const struct check *row, const struct response *response)
{
    expect_status_of(p, response, (int)row->code, (int)row->code);
}

/* Connection: close, Content-Length, and a text that says why, with the section. */
static void has_form(struct peer *p, const struct check *row, const struct response *response)
{
    struct bytes *body = trial_bytes(p->trial);
    (void)row;
    expect_status_of(p, response, 400, 599);
    expect_header(p, response, "Connection", "close");
    expect_body(p, response, body);
    if (trial_holds(p->trial) && bytes_find(body->at, body->len, "RFC") == NULL)
        trial_fail_at(p, "the body does not name the section of the RFC");
    expect_end(p);
}

static void refuses_with_status(struct trial *t, const struct check *c)
{
    (void)c;
    ask_all(t, refusals, has_status);
    ask_all(t, no_upgrades, has_status);
}

static void refuses_in_form(struct trial *t, const struct check *c)
{
    (void)c;
    ask_all(t, refusals, has_form);
}

static void tells_version(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct response response;
    if (!is_refused(p, c->text, &response, 400, 599))
        return;
    expect_header(p, &response, "Sec-WebSocket-Version", "13");
    trial_suspect(t, "version-not-told");
    if (response.status == 426) /* RFC 9110 §15.5.22 */
        expect_header(p, &response, "Upgrade", "websocket");
}

static void tells_methods(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct response response;
    if (is_refused(p, c->text, &response, 400, 599) && response.status == 405)
        expect_header(p, &response, "Allow", "GET");
}

static void refuses_control_byte(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct bytes *request = trial_bytes(t);
    struct response response = {0};
    add_request(p, request, "+X-Control: a@b");
    *(unsigned char *)memchr(request->at, '@', request->len) = (unsigned char)c->number;
    send_bytes(p, request->at, request->len);
    if (expect_head(p, &response))
        expect_status_of(p, &response, 400, 400);
    suspect_unchecked(t, &response);
}

/* More than the request is on the way when it is refused: the answer must arrive all the same. */
static void refusal_arrives(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct bytes *request = trial_bytes(t), *body = trial_bytes(t);
    struct response response;
    (void)c;
    add_request(p, request, "-Sec-WebSocket-Key");
    bytes_add_run(request, 'x', 500000);
    send_bytes(p, request->at, request->len);
    if (expect_head(p, &response)) {
        expect_body(p, &response, body);
        expect_end(p);
    }
    if (p->wire->reset) {
        trial_fail_at(p, "the connection was reset");
        trial_suspect(t, "refusal-lost");
    }
}

static void refuses_then_serves(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    send_request(p, c->text);
    (void)wait_for_bytes(p, 1); /* the refusal, or the end */
    peer_leave(p);
    peer_open(t);
    suspect_stopped(t);
}

/* text: the Origin; code: 403, or 101 */
static void judges_origin(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct response response = {0};
    send_request(p, c->text);
    if (expect_head(p, &response))
        expect_status_of(p, &response, (int)c->code, (int)c->code);
    suspect_unchecked(t, &response);
}

/* Ordinary HTTP: text is the request line; code the status. */
static void serves_http(struct trial *t, const struct check *c)
{
    static const char no_upgrade[] = "\n-Upgrade\n-Connection\n-Sec-WebSocket-Key\n"
                                     "-Sec-WebSocket-Version";
    struct peer *p = peer_connect(t);
    struct bytes *changes = trial_bytes(t), *body = trial_bytes(t);
    struct response response;
    bytes_add_format(changes, "%s%s", c->text, no_upgrade);
    bytes_add(changes, "", 1);
    send_request(p, (const char *)changes->at);
    if (!expect_head(p, &response))
        return;
    expect_status_of(p, &response, (int)c->code, (int)c->code);
    if (c->number == 'b') { /* it has a body, and that is a page */
        expect_body(p, &response, body);
        if (trial_holds(t) && bytes_find(body->at, body->len, "<") == NULL)
            trial_fail_at(p, "the body is no page of HTML");
    }
}

/* RFC 9110 §9.3.2 */
static void head_has_no_body(struct trial *t, const struct check *c)
{
    struct peer *p = peer_connect(t);
    struct response response;
    (void)c;
    send_string(p, "HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    if (!expect_head(p, &response))
        return;
    pass_bytes(p, response.head_len);
    expect_end(p);
}

/* ----------------------------------------------------------------------------------- tables */

/* When nothing comes, each of these may be the reason. */
static const char from_listening[] =
    "socket(), bind(), listen() and accept(), then what is started for the client, and what reads "
    "its "
    "request and answers (in the course: listen_on() and listener_accept() in "
    "lesson01_handshake/listener.c, read_head() in lesson01_handshake/opening.c; from lesson 2 on "
    "start_thread() in lesson02_frames/threads.c, serve() in lesson02_frames/server.c)";

static const char until_answered[] =
    "accept(), what is started for the client then, and what reads its request and answers (in the "
    "course: listener_accept() in lesson01_handshake/listener.c, read_head() in "
    "lesson01_handshake/opening.c; from lesson 2 on start_thread() in lesson02_frames/threads.c, "
    "serve() in lesson02_frames/server.c)";

const struct family handshake_checks[] = {
    /* ---- listen */
    {.exercise = "listen",
     .lessons = EVERY_LESSON,
     .level = MUST,
     .section = "POSIX accept()",
     .rule = "The server listens on its port and accepts a connection: socket(), bind(), listen(), "
             "accept().",
     .symptom = "\"Connection refused\", or the browser loads and loads.",
     .place = from_listening,
     .run = accepts_connection,
     .checks =
         (const struct check[]){
             {.id = "listen-ipv4", .title = "a client can connect and is answered"}, {0}}},
    {.exercise = "listen",
     .lessons = EVERY_LESSON,
     .level = MUST,
     .section = "POSIX recv()",
     .rule =
         "A client may connect, say nothing and go, as browsers do now and then: recv() returns 0, "
         "and the next client is served.",
     .symptom = "The server ends when the browser only opens a connection, and sends nothing.",
     .parents = "listen-ipv4",
     .suspect = "dies-of-silence",
     .shows = ITS_DEATH | AN_END | NO_CONNECTION,
     .run = lives_on,
     .checks =
         (const struct check[]){
             {.id = "listen-silent", .title = "a client that says nothing does not end the server"},
             {0}}},
    {.exercise = "listen",
     .lessons = EVERY_LESSON,
     .level = BETTER,
     .section = "this course",
     .rule =
         "When connections are accepted, exactly one line goes to stdout, and it is flushed; all "
         "else goes to stderr.",
     .symptom = "A script that starts the server does not know when it is ready.",
     .parents = "listen-ipv4",
     .needs = NEEDS_SERVER,
     .run = prints_ready_line,
     .checks =
         (const struct check[]){
             {.id = "listen-ready", .title = "one line on stdout says where it listens"}, {0}}},
    {.exercise = "listen",
     .lessons = EVERY_LESSON,
     .level = BETTER,
     .section = "this course",
     .rule = "localhost has two addresses, 127.0.0.1 and ::1, and both are served, on one port.",
     .symptom = "http://localhost:8080/ does not answer while http://127.0.0.1:8080/ does.",
     .parents = "listen-ipv4",
     .needs = NEEDS_IPV6,
     .suspect = "ipv4-only",
     .shows = NO_CONNECTION,
     .run = accepts_connection,
     .checks = (const struct check[]){{.id = "listen-ipv6",
                                       .title = "a client can connect over IPv6 and is answered",
                                       .text = "::1"},
                                      {0}}},
    {.exercise = "listen",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "this course",
     .rule = "After one client comes the next, whatever the first has done.",
     .symptom =
         "The server must be started again after each client; or it ends when a tab is closed.",
     .parents = "send-101-status",
     .suspect = "one-bad-client-stops-all",
     .shows = ITS_DEATH | NOTHING_CAME,
     .run = serves_the_next,
     .checks = (const struct check[]){{.id = "listen-after-silence",
                                       .title = "after clients that said nothing",
                                       .number = SILENT},
                                      {.id = "listen-after-half",
                                       .title = "after clients that left in mid-request",
                                       .number = HALF_REQUEST},
                                      {.id = "listen-after-reset",
                                       .title = "after clients that reset the connection",
                                       .number = RESETS,
                                       .suspect = "sigpipe"},
                                      {.id = "listen-after-upgrade",
                                       .title = "after clients that were upgraded and left",
                                       .number = UPGRADES},
                                      {0}}},
    {.exercise = "listen",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "this course",
     .rule = "A server that cannot start says which port is in use, and ends with exit status 1.",
     .symptom = "\"bind: Address already in use\", and no word about which.",
     .parents = "listen-ipv4",
     .needs = NEEDS_SERVER,
     .run = says_port_is_taken,
     .checks =
         (const struct check[]){{.id = "listen-port-taken", .title = "a port in use is named"},
                                {0}}},
    {.exercise = "listen",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "this course",
     .rule = "What the command line may not say ends the server with exit status 2.",
     .symptom = "A mistyped option is passed over in silence.",
     .parents = "listen-ipv4",
     .needs = NEEDS_SERVER,
     .run = refuses_usage,
     .checks =
         (const struct check[]){
             {.id = "listen-usage", .title = "an unknown option", .text = "--no-such-option"},
             {.id = "listen-usage-port",
              .title = "a port that is no number",
              .text = "--port eighty"},
             {0}}},
    {.exercise = "listen",
     .lessons = LESSON(1) | LESSON(2),
     .level = BETTER,
     .section = "this course",
     .rule = "SIGINT and SIGTERM end the server within 3 s, with exit status 0, even when a client "
             "is connected.",
     .symptom = "Ctrl-C does not work, or the shell says \"Terminated\".",
     .parents = "send-101-status",
     .needs = NEEDS_SERVER,

     .run = stops_on_signal,
     .checks = (const struct check[]){{.id = "listen-sigterm",
                                       .title = "SIGTERM ends the server in good order",
                                       .number = SIGTERM},
                                      {.id = "listen-sigint",
                                       .title = "SIGINT (Ctrl-C) ends the server in good order",
                                       .number = SIGINT},
                                      {0}}},
    {.exercise = "listen",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "POSIX setsockopt()",
     .rule = "A server that is started again may take its port at once, although old connections "
             "linger in TIME_WAIT: SO_REUSEADDR before bind().",
     .symptom = "\"Address already in use\" for a minute after each stop.",
     .parents = "head-answered refuse-no-key",
     .needs = NEEDS_SERVER,
     .run = starts_again_on_its_port,
     .checks =
         (const struct check[]){{.id = "listen-again", .title = "it can be started again at once"},
                                {0}}},
    {.exercise = "listen",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "POSIX bind()",
     .rule =
         "A server that cannot have its port says so and ends, with an exit status that is not 0: "
         "bind() returns -1.",
     .symptom = "It seems to run, and another server answers.",
     .parents = "head-answered",
     .needs = NEEDS_SERVER,
     .suspect = "taken-port",
     .run = leaves_a_taken_port,
     .checks =
         (const struct check[]){
             {.id = "listen-taken", .title = "it ends when its port is another server's"}, {0}}},

    /* ---- read-head */
    {.exercise = "read-head",
     .lessons = EVERY_LESSON,
     .level = MUST,
     .section = "RFC 9112 §2.1",
     .rule = "A request is answered, and the answer begins with a status line: HTTP/1.1 and three "
             "digits.",
     .symptom = "The browser says ERR_INVALID_HTTP_RESPONSE, or waits.",
     .parents = "listen-ipv4",
     .place = until_answered,
     .run = answers,
     .checks = (const struct check[]){{.id = "head-answered",
                                       .title = "a request is answered with a status line of HTTP"},
                                      {0}}},
    {.exercise = "read-head",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9112 §2.2",
     .rule = "The head ends with an empty line, and TCP may bring it cut anywhere: what recv() "
             "returns is some bytes, not a request.",
     .symptom = "telnet is cut off after the first line; over a slow network the handshake fails "
                "now and then.",
     .parents = "send-101-status",
     .run = answers_two_pieces,
     .checks =
         (const struct check[]){
             {.id = "head-in-two", .title = "the request in two pieces", .number = 60}, {0}}},
    {.exercise = "read-head",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9112 §2.2",
     .rule = "The four bytes \\r\\n\\r\\n that end the head may come in two pieces.",
     .symptom = "Once in a hundred times a browser's request is not answered.",
     .parents = "head-in-two",
     .run = answers_cut_end,
     .checks = (const struct check[]){{.id = "head-cut-before-lf",
                                       .title = "the request cut before its last LF",
                                       .number = 1},
                                      {.id = "head-cut-before-crlf",
                                       .title = "the request cut before its last CRLF",
                                       .number = 2},
                                      {.id = "head-cut-in-the-end",
                                       .title = "the request cut within the last header's CRLF",
                                       .number = 3},
                                      {0}}},
    {.exercise = "read-head",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9112 §2.2",
     .rule = "The head ends with an empty line, and TCP may bring it cut anywhere.",
     .symptom = "Over a slow network the handshake fails.",
     .parents = "head-in-two head-cut-before-lf head-cut-before-crlf head-cut-in-the-end",
     .run = answers_pieces,
     .checks =
         (const struct check[]){
             {.id = "head-byte-by-byte", .title = "the request byte by byte", .number = 1},
             {.id = "head-in-sevens", .title = "the request in pieces of 7 bytes", .number = 7},
             {.id = "head-in-fifties", .title = "the request in pieces of 50 bytes", .number = 50},
             {0}}},
    {.exercise = "read-head",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9112 §2.2",
     .rule = "The head ends with an empty line, and TCP may bring it cut anywhere.",
     .symptom = "telnet is cut off after the first line.",
     .parents = "head-in-two head-cut-before-crlf",
     .run = answers_lines,
     .checks = (const struct check[]){{.id = "head-line-by-line",
                                       .title = "the request line by line, as it is typed"},
                                      {0}}},
    {.exercise = "read-head",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9112 §2.1",
     .rule = "There is no request before the empty line.",
     .symptom = "A connection that breaks off counts as a request.",
     .parents = "send-101-status",
     .run = needs_the_end,
     .checks =
         (const struct check[]){{.id = "head-unfinished",
                                 .title = "a request without its end is not answered with 101"},
                                {0}}},
    {.exercise = "read-head",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 9112 §2.2",
     .rule = "A recipient may take LF alone for the end of a line, and should pass over an empty "
             "line before the request.",
     .symptom = "By hand, with nc, nothing works.",
     .parents = "send-101-status",
     .run = takes_raw,
     .checks = (const struct check[]){{.id = "head-bare-lf",
                                       .title = "lines that end with LF alone, as nc sends them",
                                       .number = '\n'},
                                      {.id = "head-empty-line-first",
                                       .title = "an empty line before the request",
                                       .number = '\r'},
                                      {0}}},
    {.exercise = "read-head",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 9110 §5.4",
     .rule = "A browser's request may be long: cookies alone take some KiB. The course's limit is "
             "8 KiB.",
     .symptom = "It works in a private window, and not in the usual one.",
     .parents = "send-101-status",
     .run = takes_long_head,
     .checks =
         (const struct check[]){{.id = "head-1k", .title = "a head of 1 KiB and more", .len = 1100},
                                {.id = "head-4k", .title = "a head of 4 KiB and more", .len = 4200},
                                {.id = "head-7k", .title = "a head of nearly 8 KiB", .len = 7800},
                                {0}}},
    {.exercise = "read-head",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 6585 §5",
     .rule = "A head without end is refused with 431 as soon as it is longer than 8 KiB.",
     .symptom = "A client that sends for ever fills the memory.",
     .parents = "head-answered",
     .suspect = "endless-head",
     .shows = SILENCE,
     .run = refuses_endless,
     .checks = (const struct check[]){{.id = "head-endless-line",
                                       .title = "an endless header line",
                                       .text = "GET / HTTP/1.1\r\nX: ",
                                       .code = 431},
                                      {.id = "head-endless-lines",
                                       .title = "endless header lines",
                                       .text = "GET / HTTP/1.1\r\n",
                                       .number = 'l',
                                       .code = 431},
                                      {.id = "head-endless-target",
                                       .title = "an endless path",
                                       .text = "GET /",
                                       .code = 431},
                                      {0}}},
    {.exercise = "read-head",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 9112 §3, §5",
     .rule = "A fault is refused as soon as its byte is there, not at the empty line, which may "
             "never come.",
     .symptom = "Somebody typed https://, and both sides wait for each other.",
     .parents = "head-answered",
     .suspect = "waits-for-rest",
     .shows = SILENCE,
     .run = refuses_at_once,
     .checks = (const struct check[]){{.id = "head-tls",
                                       .title = "a TLS hello",
                                       BYTES("\x16\x03\x01\x02\x00\x01\x00\x01"),
                                       .code = 400},
                                      {.id = "head-bad-name",
                                       .title = "a blank before a colon",
                                       .text = "GET / HTTP/1.1\r\nBad : x\r\n",
                                       .code = 400},
                                      {.id = "head-bad-protocol",
                                       .title = "another protocol's request line",
                                       .text = "SSH-2.0-OpenSSH_9.6\r\n",
                                       .code = 400},
                                      {0}}},
    {.exercise = "read-head",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 9110 §15.5.9",
     .rule = "The whole head must come within --handshake-timeout; after that it is refused with "
             "408, and a client that has said nothing is closed.",
     .symptom = "Connections that were never used pile up.",
     .parents = "head-answered",
     .start = &(const struct start){"", "--handshake-timeout 0.3"},
     .run = times_out,
     .checks =
         (const struct check[]){{.id = "head-408",
                                 .title = "half a request, and then silence",
                                 .text = "GET / HTTP/1.1\r\nHost: x\r\n"},
                                {.id = "head-408-silent", .title = "nothing at all", .text = ""},
                                {0}}},
    {.exercise = "read-head",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 9110 §15.5.9",
     .rule = "There is one deadline for the whole head; a byte now and then does not put it off.",
     .symptom = "A few slow clients take all places (\"slowloris\").",
     .parents = "head-answered",
     .start = &(const struct start){"", "--handshake-timeout 0.3"},
     .run = times_out_dripping,
     .checks =
         (const struct check[]){{.id = "head-408-drip", .title = "a request that drips"}, {0}}},

    /* ---- find-header */
    {.exercise = "find-header",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9112 §3.2",
     .rule = "A request without a Host header gets 400, and one that has it does not: so its name "
             "must be looked for in each line of the head.",
     .symptom = "Every request gets 400, whatever is in it.",
     .parents = "head-answered",
     .run = finds_host,
     .checks =
         (const struct check[]){{.id = "header-found", .title = "the Host header is found"}, {0}}},
    {.exercise = "find-header",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9110 §5.3",
     .rule = "A header is found by its name, wherever in the head it stands.",
     .symptom = "One browser works, and another, which sends more headers, does not.",
     .parents = "send-101-status accept-random",
     .run = upgraded_with_key_elsewhere,
     .checks = (const struct check[]){{.id = "header-elsewhere",
                                       .title = "one more header in front of the key",
                                       .text = "-Host\n^Host: $H\n^X-Before: something else"},
                                      {0}}},
    {.exercise = "find-header",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9110 §5.1",
     .rule = "The name of a header has no upper and lower case: sec-websocket-key is "
             "Sec-WebSocket-Key.",
     .symptom = "Chrome works, another client gets 400.",
     .parents = "header-elsewhere",
     .suspect = "header-case",
     .run = upgraded_with_key,
     .checks =
         (const struct check[]){
             {.id = "header-lower-case",
              .title = "names in lower case",
              .text = "-Host\n-Upgrade\n-Connection\n-Sec-WebSocket-Key\n-Sec-WebSocket-Version\n+"
                      "host: $H\n+upgrade: websocket\n+connection: Upgrade\n+sec-websocket-key: "
                      "$K\n+sec-websocket-version: 13"},
             {.id = "header-upper-case",
              .title = "names in upper case",
              .text = "-Host\n-Upgrade\n-Connection\n-Sec-WebSocket-Key\n-Sec-WebSocket-Version\n+"
                      "HOST: $H\n+UPGRADE: websocket\n+CONNECTION: Upgrade\n+SEC-WEBSOCKET-KEY: "
                      "$K\n+SEC-WEBSOCKET-VERSION: 13"},
             {0}}},
    {.exercise = "find-header",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9112 §5",
     .rule = "Around a value there may be white space, blanks and tabs, as much or as little as "
             "one likes; it is no part of the value.",
     .symptom = "400 for some clients, or \"Incorrect 'Sec-WebSocket-Accept' header value\".",
     .parents = "header-elsewhere",
     .suspect = "header-space",
     .run = upgraded_with_key,
     .checks =
         (const struct check[]){{.id = "header-no-space",
                                 .title = "no blank after the colon",
                                 .text = "Host:$H\nUpgrade:websocket\nConnection:Upgrade\nSec-"
                                         "WebSocket-Key:$K\nSec-WebSocket-Version:13"},
                                {.id = "header-many-spaces",
                                 .title = "several blanks and a tab before the value",
                                 .text = "Sec-WebSocket-Key:  \t $K\nSec-WebSocket-Version:\t13"},
                                {.id = "header-trailing-space",
                                 .title = "blanks and a tab behind the value",
                                 .text = "Sec-WebSocket-Key: $K  \t\nSec-WebSocket-Version: 13 ",
                                 .suspect = "header-trailing"},
                                {0}}},
    {.exercise = "find-header",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9110 §5.3",
     .rule = "The order in which headers come means nothing, and unknown ones are passed over.",
     .symptom = "curl works, the browser does not.",
     .parents = "header-elsewhere",
     .run = upgraded_with_others,
     .checks =
         (const struct check[]){
             {.id = "header-order",
              .title = "the key first, Host last",
              .text = "-Host\n-Sec-WebSocket-Key\n^Sec-WebSocket-Key: $K\n+Host: $H"},
             {.id = "header-empty-value",
              .title = "a header with an empty value among them",
              .text = "^X-Empty:\n+X-Blank: ",
              .code = 'e'},
             {.id = "header-repeated-other",
              .title = "another header twice",
              .text = "^Cookie: a=1\n^Cookie: b=2",
              .code = 'r'},
             {0}}},
    {.exercise = "find-header",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9112 §5",
     .rule = "A header is found by its whole name, from the beginning of a line to the colon: what "
             "looks like it elsewhere is something else.",
     .symptom =
         "\"Incorrect 'Sec-WebSocket-Accept' header value\", but only behind a certain proxy.",
     .parents = "header-elsewhere header-empty-value",
     .run = upgraded_beside_decoy,
     .checks =
         (const struct check[]){{.id = "header-decoy-longer",
                                 .title = "a longer name that ends with it",
                                 .text = "^X-Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA=="},
                                {.id = "header-decoy-prefix",
                                 .title = "a longer name that begins with it",
                                 .text = "^Sec-WebSocket-Key2: AQIDBAUGBwgJCgsMDQ4PEA=="},
                                {.id = "header-decoy-value",
                                 .title = "the name within another's value",
                                 .text = "^Cookie: Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA=="},
                                {0}}},
    {.exercise = "find-header",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9110 §5.4",
     .rule = "A request may have many headers.",
     .symptom = "It works with curl; a browser sends three times as many.",
     .parents = "header-elsewhere",
     .run = upgraded_among_many,
     .checks =
         (const struct check[]){{.id = "header-20", .title = "twenty other headers", .number = 20},
                                {.id = "header-60", .title = "sixty other headers", .number = 60},
                                {0}}},
    {.exercise = "find-header",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 9112 §3.2",
     .rule = "An upgrade is taken on any path, and the path may be a whole URL.",
     .symptom = "new WebSocket('ws://localhost:8080/chat') fails, without /chat it works.",
     .parents = "send-101-status",
     .run = upgraded,
     .checks = (const struct check[]){{.id = "header-path",
                                       .title = "a path with a query",
                                       .text = "=GET /chat?room=1 HTTP/1.1",
                                       .suspect = "only-root"},
                                      {.id = "header-absolute",
                                       .title = "the whole URL (RFC 9112 §3.2.2)",
                                       .text = "=GET http://$H/ HTTP/1.1"},
                                      {0}}},

    /* ---- find-token */
    {.exercise = "find-token",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §4.2.1",
     .rule = "Upgrade: websocket and Connection: Upgrade, with version 13 and a key of 16 bytes in "
             "base64, are a right handshake: it is not the client's fault if it is not answered "
             "with 101.",
     .symptom = "Every handshake gets 400.",
     .parents = "head-answered header-found",
     .run = finds_upgrade,
     .checks =
         (const struct check[]){
             {.id = "token-found", .title = "Upgrade and Connection are understood"}, {0}}},
    {.exercise = "find-token",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §4.2.1",
     .rule = "Connection is a comma-separated list, and one of its items must be \"Upgrade\", in "
             "whatever case; Upgrade must be \"websocket\", in whatever case.",
     .symptom = "Chrome works, Firefox does not.",
     .parents = "send-101-status",
     .run = upgraded_by_list,
     .checks = (const struct check[]){{.id = "token-firefox",
                                       .title = "Connection: keep-alive, Upgrade",
                                       .text = "Connection: keep-alive, Upgrade"},
                                      {.id = "token-no-blank",
                                       .title = "Connection: keep-alive,Upgrade",
                                       .text = "Connection: keep-alive,Upgrade"},
                                      {.id = "token-first-of-two",
                                       .title = "Connection: Upgrade, keep-alive",
                                       .text = "Connection: Upgrade, keep-alive"},
                                      {.id = "token-empty-items",
                                       .section = "RFC 9110 §5.6.1",
                                       .title = "a list with empty items (RFC 9110 §5.6.1)",
                                       .text = "Connection: , ,Upgrade ,"},
                                      {.id = "token-connection-case",
                                       .title = "Connection: upGRADE",
                                       .text = "Connection: upGRADE",
                                       .suspect = "token-case"},
                                      {.id = "token-upgrade-case",
                                       .title = "Upgrade: WebSocket",
                                       .text = "Upgrade: WebSocket",
                                       .suspect = "token-case"},
                                      {.id = "token-two-lines",
                                       .title = "Connection in two lines (RFC 9110 §5.3)",
                                       .text = "Connection: keep-alive\n+Connection: Upgrade",
                                       .suspect = "token-first-line"},
                                      {0}}},
    {.exercise = "find-token",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 9110 §7.8",
     .rule = "Upgrade is a list too: a client may offer several protocols.",
     .symptom = "A client that also offers h2c gets 400.",
     .parents = "send-101-status",
     .suspect = "upgrade-whole",
     .run = upgraded,
     .checks = (const struct check[]){{.id = "token-upgrade-list",
                                       .title = "Upgrade: h2c, websocket",
                                       .text = "Upgrade: h2c, websocket"},
                                      {0}}},
    {.exercise = "find-token",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §4.2.1",
     .rule = "An item of a list is compared as a whole: \"not-upgrade\" is not \"upgrade\".",
     .symptom = "Requests are upgraded that did not ask for it.",
     .parents = "send-101-status refuse-no-upgrade refuse-no-connection",
     .run = not_upgraded_inside,
     .checks =
         (const struct check[]){
             {.id = "token-substring",
              .title = "Connection: not-upgrade",
              .text = "Connection: not-upgrade"},
             {.id = "token-substring-after",
              .title = "Connection: upgrade-not",
              .text = "Connection: keep-alive, upgrade-not"},
             {.id = "token-substring-upgrade",
              .title = "Upgrade: websockets",
              .text = "Upgrade: websockets"},
             {.id = "token-other-upgrade", .title = "Upgrade: h2c", .text = "Upgrade: h2c"},
             {0}}},
    {.exercise = "find-token",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §4.2.1",
     .rule = "\"websocket\" counts in the header Upgrade only, and \"Upgrade\" in Connection only.",
     .symptom = "Requests are upgraded that did not ask for it.",
     .parents = "send-101-status refuse-no-upgrade refuse-no-connection",
     .suspect = "token-elsewhere",
     .shows = A_MESSAGE,
     .run = not_upgraded,
     .checks = (const struct check[]){{.id = "token-elsewhere",
                                       .title = "\"websocket\" in another header than Upgrade",
                                       .text = "-Upgrade\n^X-Protocol: websocket"},
                                      {.id = "token-elsewhere-connection",
                                       .title = "\"Upgrade\" in another header than Connection",
                                       .text = "-Connection\n+X-Wish: Upgrade"},
                                      {0}}},

    /* ---- accept-key */
    {.exercise = "accept-key",
     .lessons = EVERY_LESSON,
     .level = MUST,
     .section = "RFC 6455 §4.2.2",
     .rule = "Sec-WebSocket-Accept is the base64 of the SHA-1 of the key, as its header has it, "
             "followed by 258EAFA5-E914-47DA-95CA-C5AB0DC85B11.",
     .symptom = "\"Incorrect 'Sec-WebSocket-Accept' header value\" in the browser's console.",
     .parents = "send-101-status",
     .run = accepts_new_keys,
     .checks =
         (const struct check[]){
             {.id = "accept-random", .title = "the accept keys of eight keys", .number = 8}, {0}}},
    {.exercise = "accept-key",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §1.3",
     .rule = "Sec-WebSocket-Accept is the base64 of the SHA-1 of the key, as its header has it, "
             "followed by the GUID.",
     .symptom = "\"Incorrect 'Sec-WebSocket-Accept' header value\" in the browser's console.",
     .parents = "send-101-status",
     .run = accepts_key,
     .checks = (const struct check[]){{.id = "accept-sample",
                                       .title = "the example of the RFC",
                                       .text = "dGhlIHNhbXBsZSBub25jZQ=="},
                                      {.id = "accept-nul",
                                       .title = "a digest with a NUL byte near its end",
                                       .text = "bGVzc29uMSBrZXkAAAABhw=="},
                                      {.id = "accept-nul-middle",
                                       .title = "a digest with a NUL byte in its middle",
                                       .text = "bGVzc29uMSBrZXkAAAABSQ=="},
                                      {.id = "accept-nul-first",
                                       .title = "a digest with a NUL as its first byte",
                                       .text = "bGVzc29uMSBrZXkAAAAAlg=="},
                                      {.id = "accept-high-bytes",
                                       .title = "a digest of bytes above 0x7F (signed char)",
                                       .text = "bGVzc29uMSBrZXkAAAABNA=="},
                                      {.id = "accept-plus-slash",
                                       .title = "an accept key with + and /",
                                       .text = "bGVzc29uMSBrZXkAAAAAGw=="},
                                      {.id = "accept-odd-key",
                                       .title = "a key of + and /",
                                       .text = "++++++++++++++++++++/w=="},
                                      {0}}},

    /* ---- send-101 */
    {.exercise = "send-101",
     .lessons = EVERY_LESSON,
     .level = MUST,
     .section = "RFC 6455 §4.2.2",
     .rule = "A right handshake is answered with HTTP/1.1 101, header lines, and an empty line.",
     .symptom = "\"Unexpected response code: 200\", or the request stays pending.",
     .parents = "head-answered header-found token-found",
     .place = until_answered,
     .run = is_upgraded,
     .checks =
         (const struct check[]){
             {.id = "send-101-status", .title = "101 comes back, with a whole head", .text = ""},
             {0}}},
    {.exercise = "send-101",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §4.2.2",
     .rule = "The answer has the header Upgrade: websocket.",
     .symptom = "\"'Upgrade' header is missing\".",
     .parents = "send-101-status",
     .run = says_upgrade,
     .checks =
         (const struct check[]){
             {.id = "send-101-upgrade", .title = "Upgrade: websocket is in the answer"}, {0}}},
    {.exercise = "send-101",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §4.2.2",
     .rule = "The answer has the header Connection: Upgrade.",
     .symptom = "\"'Connection' header is missing\".",
     .parents = "send-101-status",
     .run = says_connection,
     .checks =
         (const struct check[]){
             {.id = "send-101-connection", .title = "Connection: Upgrade is in the answer"}, {0}}},
    {.exercise = "send-101",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9112 §2.2",
     .rule = "Each line of the head ends with CR and LF.",
     .symptom = "Some clients take the answer, others do not.",
     .parents = "send-101-status",
     .run = uses_crlf,
     .checks = (const struct check[]){{.id = "send-101-crlf", .title = "every line ends with CRLF"},
                                      {0}}},
    {.exercise = "send-101",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §4.2.2",
     .rule = "Behind the empty line there are frames, and nothing else.",
     .symptom = "\"Unrecognized frame opcode: 13\", \"One or more reserved bits are on\".",
     .parents = "send-101-status",
     .run = says_nothing_more,
     .checks =
         (const struct check[]){
             {.id = "send-101-nothing-after", .title = "nothing comes behind the head"}, {0}}},
    {.exercise = "send-101",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9110 §8.6",
     .rule = "An answer with 101 has no body, and no header that announces one.",
     .symptom = "A proxy in between waits for a body.",
     .parents = "send-101-status",
     .suspect = "body-in-101",
     .run = says_nothing_of,
     .checks =
         (const struct check[]){
             {.id = "send-101-no-length", .title = "no Content-Length", .text = "Content-Length"},
             {.id = "send-101-no-chunks",
              .title = "no Transfer-Encoding",
              .text = "Transfer-Encoding"},
             {0}}},
    {.exercise = "send-101",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §4.2.2",
     .rule = "What the client has not offered may not be chosen.",
     .symptom =
         "\"Response must not include 'Sec-WebSocket-Protocol' header if not present in request\".",
     .parents = "send-101-status",
     .run = says_nothing_of,
     .checks = (const struct check[]){{.id = "send-101-no-subprotocol",
                                       .title = "no subprotocol unless one is offered",
                                       .text = "Sec-WebSocket-Protocol",
                                       .suspect = "subprotocol-invented"},
                                      {.id = "send-101-no-extension",
                                       .title = "no extension unless one is offered",
                                       .text = "Sec-WebSocket-Extensions",
                                       .suspect = "extension-invented"},
                                      {0}}},
    {.exercise = "send-101",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §4.2.2",
     .rule = "A subprotocol that is chosen must be one of those offered.",
     .symptom = "The browser closes at once.",
     .parents = "send-101-status",
     .run = invents_no_subprotocol,
     .checks =
         (const struct check[]){
             {.id = "send-101-subprotocol", .title = "no subprotocol that was not offered"}, {0}}},
    {.exercise = "send-101",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 6455 §4.2.2",
     .rule = "A server chooses only a subprotocol that it knows, and this one knows none.",
     .symptom =
         "Client and server believe that they speak something that the server never heard of.",
     .parents = "send-101-status",
     .run = chooses_no_unknown_subprotocol,
     .checks = (const struct check[]){{.id = "send-101-unknown-subprotocol",
                                       .title = "an unknown subprotocol is not chosen",
                                       .text = "Sec-WebSocket-Protocol: " UNKNOWN},
                                      {0}}},
    {.exercise = "send-101",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §9.1",
     .rule = "An extension that a server agrees to must be one that it can do.",
     .symptom = "RSV1 errors, garbage.",
     .parents = "send-101-status",
     .run = agrees_to_no_unknown_extension,
     .checks = (const struct check[]){{.id = "send-101-unknown-extension",
                                       .title = "an unknown extension is not agreed to",
                                       .text = "Sec-WebSocket-Extensions: " UNKNOWN},
                                      {0}}},
    {.exercise = "send-101",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 6455 §9.1",
     .rule = "The course's servers agree to no extension, so that a client must not use any.",
     .symptom = "RSV1 errors, garbage.",
     .parents = "send-101-status",
     .run = agrees_to_no_unknown_extension,
     .checks =
         (const struct check[]){
             {.id = "send-101-no-deflate",
              .title = "permessage-deflate is not agreed to",
              .text = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"},
             {0}}},

    /* ---- refuse */
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §4.2.1",
     .rule =
         "A handshake that breaks a rule is answered with an error (400 or more), never with 101.",
     .symptom = "None, until a client or proxy with a fault is let in.",
     .parents = "send-101-status",
     .run = refuses,
     .checks = refusals},
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §4.2.1",
     .rule = "Without Upgrade and Connection, or with a request that is no HTTP/1.1, nothing is "
             "upgraded.",
     .symptom = "A page is answered with 101.",
     .parents = "send-101-status",
     .suspect = "not-checked",
     .shows = A_MESSAGE,
     .run = not_upgraded,
     .checks =
         (const struct check[]){
             {.id = "refuse-no-upgrade", .title = "no Upgrade header", .text = "-Upgrade"},
             {.id = "refuse-no-connection", .title = "no Connection header", .text = "-Connection"},
             {.id = "refuse-no-protocol", .title = "\"GET /\" without HTTP/1.1", .text = "=GET /"},
             {0}}},
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = BETTER,
     .rule = "What cannot be part of a WebSocket handshake is answered with 400, not passed over.",
     .symptom = "None, until what a client or proxy has meant is understood as something else.",
     .parents = "send-101-status",
     .run = refuses,
     .checks = (const struct check[]){{.id = "refuse-fragment",
                                       .section = "RFC 6455 §3",
                                       .title = "a fragment in the request target",
                                       .text = "=GET /#top HTTP/1.1",
                                       .number = 400},
                                      {.id = "refuse-user",
                                       .section = "RFC 6455 §3",
                                       .title = "a user name in the request target",
                                       .text = "=GET http://me@127.0.0.1/ HTTP/1.1",
                                       .number = 400},
                                      {.id = "refuse-body",
                                       .section = "RFC 6455 §4.1",
                                       .title = "a body of five bytes",
                                       .text = "+Content-Length: 5",
                                       .number = 400},
                                      {.id = "refuse-chunked-body",
                                       .section = "RFC 6455 §4.1",
                                       .title = "a body in chunks",
                                       .text = "+Transfer-Encoding: chunked",
                                       .number = 400},
                                      {.id = "refuse-bad-extensions",
                                       .section = "RFC 6455 §9.1",
                                       .title = "extensions that are no list",
                                       .text = "+Sec-WebSocket-Extensions: ;;",
                                       .number = 400},
                                      {0}}},
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 9110 §15.6.6",
     .rule = "The opening handshake is HTTP/1.1; HTTP/2 looks otherwise, and does not come in a "
             "request line.",
     .symptom = "None.",
     .parents = "head-answered",
     .suspect = "not-checked",
     .shows = A_MESSAGE,
     .run = not_upgraded,
     .checks = (const struct check[]){{.id = "refuse-http2",
                                       .title = "HTTP/2.0 in a request line",
                                       .text = "=GET / HTTP/2.0"},
                                      {0}}},
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §4.4",
     .rule = "A version that the server does not speak is answered with an error and with "
             "Sec-WebSocket-Version: 13; a 426 has the header Upgrade too.",
     .symptom = "A client that speaks several versions does not know which to try.",
     .parents = "refuse-version-12",
     .run = tells_version,
     .checks = (const struct check[]){{.id = "refuse-tells-version",
                                       .title = "the version that is spoken is told",
                                       .text = "Sec-WebSocket-Version: 12"},
                                      {0}}},
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9110 §15.5.6",
     .rule = "A 405 says in Allow which methods there are.",
     .symptom = "None; but a client cannot know what to do instead.",
     .parents = "refuse-post",
     .run = tells_methods,
     .checks = (const struct check[]){{.id = "refuse-tells-methods",
                                       .title = "405 comes with Allow",
                                       .text = "=POST / HTTP/1.1\nContent-Length: 0"},
                                      {0}}},
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §4.2.1",
     .rule = "A refused client is no reason to stop.",
     .symptom = "After one bad request the server is gone.",
     .parents = "send-101-status",
     .suspect = "one-bad-client-stops-all",
     .shows = ITS_DEATH | NOTHING_CAME,
     .run = refuses_then_serves,
     .checks = (const struct check[]){{.id = "refuse-then-next",
                                       .title = "after a refusal the next is served",
                                       .text = "-Sec-WebSocket-Key"},
                                      {0}}},
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 9110 §5.5",
     .rule = "A control byte in a value makes it invalid: 400.",
     .symptom =
         "Log files with escape sequences; a proxy that reads another request than the server.",
     .parents = "send-101-status",
     .run = refuses_control_byte,
     .checks =
         (const struct check[]){
             {.id = "refuse-nul", .title = "a NUL in a value", .number = 0x00},
             {.id = "refuse-escape", .title = "an ESC in a value", .number = 0x1B},
             {.id = "refuse-bare-cr", .title = "a CR in a value", .number = '\r'},
             {0}}},
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "this course",
     .rule = "Each fault has its status: 400 malformed, 405 method, 426 version, 505 HTTP/1.0.",
     .symptom = "\"400\" for everything: the client's author must guess.",
     .parents = "send-101-status",
     .run = refuses_with_status,
     .checks =
         (const struct check[]){{.id = "refuse-status", .title = "each fault gets its own status"},
                                {0}}},
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "this course",
     .rule = "A refusal has Connection: close, Content-Length and a line that says what is wrong, "
             "with the section of the RFC; then the connection ends.",
     .symptom = "\"400 Bad Request\", and nobody knows why.",
     .parents = "send-101-status",
     .run = refuses_in_form,
     .checks =
         (const struct check[]){{.id = "refuse-reason", .title = "each refusal says why"}, {0}}},
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 9112 §9.6",
     .rule = "A refusal must arrive although the client is still sending: shut down the writing "
             "side, read the rest, then close.",
     .symptom = "\"Connection reset by peer\" instead of the reason.",
     .parents = "refuse-no-key",
     .run = refusal_arrives,
     .checks =
         (const struct check[]){
             {.id = "refuse-arrives", .title = "a refusal arrives while more is on the way"}, {0}}},
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 6455 §10.2",
     .rule = "Any web page may try to connect; the server looks at Origin and lets in its own "
             "pages, and clients that are no browser.",
     .symptom = "A page on the internet talks to the server on your machine.",
     .parents = "send-101-status",
     .run = judges_origin,
     .checks = (const struct check[]){{.id = "refuse-origin",
                                       .title = "a page from elsewhere",
                                       .text = "+Origin: http://evil.example",
                                       .code = 403},
                                      {.id = "refuse-origin-null",
                                       .title = "a page without an origin",
                                       .text = "+Origin: null",
                                       .code = 403},
                                      {.id = "refuse-origin-port",
                                       .title = "a page from another port",
                                       .text = "+Origin: http://127.0.0.1:1",
                                       .code = 403},
                                      {.id = "refuse-rebinding",
                                       .title = "a name that was pointed here (DNS rebinding)",
                                       .text = "Host: evil.example\n+Origin: http://evil.example",
                                       .code = 403},
                                      {0}}},
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 6455 §4.2.2",
     .rule = "A page that the server itself has sent may connect.",
     .symptom = "403 in the browser, though nc works.",
     .parents = "send-101-status",
     .run = judges_origin,
     .checks = (const struct check[]){{.id = "refuse-not-own-page",
                                       .title = "a page from here is let in",
                                       .text = "+Origin: http://$H",
                                       .code = 101},
                                      {0}}},
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = BETTER,
     .section = "RFC 9110 §15",
     .rule = "Without an upgrade it is ordinary HTTP: the page at /, 404 elsewhere.",
     .symptom = "The browser shows an error instead of the page.",
     .parents = "header-found",
     .run = serves_http,
     .checks = (const struct check[]){{.id = "refuse-not-page",
                                       .title = "GET / is the page",
                                       .text = "=GET / HTTP/1.1",
                                       .number = 'b',
                                       .code = 200},
                                      {.id = "refuse-404",
                                       .title = "GET /nothing is 404",
                                       .text = "=GET /nothing HTTP/1.1",
                                       .code = 404},
                                      {0}}},
    {.exercise = "refuse",
     .lessons = LESSON(1),
     .level = MUST,
     .section = "RFC 9110 §9.3.2",
     .rule = "The answer to HEAD is that to GET without the body.",
     .symptom = "curl -I shows an error.",
     .parents = "header-found",
     .run = head_has_no_body,
     .checks = (const struct check[]){{.id = "refuse-head", .title = "HEAD / has no body"}, {0}}},
    {0},
};
