/*
 * peer - see peer.h
 */
#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "http.h"

#define SENT_MAX    (256 * 1024) /* what is remembered of what was sent */
#define MOMENT      1     /* ms in which the server may read a segment; nothing depends on it */
#define MOMENTS     400   /* ... after the first segments, and so after the last ones */
#define FEW_MOMENTS 8     /* the same with --chop: where frames begin and end is what matters */
#define STARTING    10000 /* ms: a server that is made of much may take its time to listen */
#define RESENT      3500  /* ms: by then a SYN that was lost has been sent twice more */
#define SHORT_WHILE 200   /* ms: for what may not be taken at all; nothing depends on it */

const unsigned char zero_mask[MASK_LEN] = {0, 0, 0, 0};
const unsigned char sample_mask[MASK_LEN] = {0x37, 0xFA, 0x21, 0x3D};

struct wires peer_wires(struct trial *t)
{
    return (struct wires){t->wires, t->peer_count};
}

/* ------------------------------------------------------------------------------- connecting */

/* Keys that look random and are the same in every run, so that a failure can be seen again. */
static void make_key(char key[KEY_MAX])
{
    static uint64_t state = 0x9E3779B97F4A7C15u;
    unsigned char nonce[16];
    struct bytes base64 = {0};
    for (size_t i = 0; i < sizeof nonce; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        nonce[i] = (unsigned char)(state >> 56);
    }
    http_add_base64(&base64, nonce, sizeof nonce);
    snprintf(key, KEY_MAX, "%.*s", (int)base64.len, (const char *)base64.at);
    bytes_free(&base64);
}

static struct peer *new_peer(struct trial *t)
{
    size_t i = t->peer_count < PEERS_MAX ? t->peer_count++ : PEERS_MAX - 1;
    t->peers[i] = (struct peer){.trial = t, .number = i + 1, .wire = &t->wires[i]};
    t->wires[i] = (struct wire){.fd = -1};
    make_key(t->peers[i].key);
    return &t->peers[i];
}

/* A SYN that finds the queue of listen() full is sent again after 1 s, and after 3 s: so long, a client
 * waits for nothing that the server did wrong. */
static int64_t connecting_deadline(const struct trial *t)
{
    int64_t deadline = trial_deadline(t), resent = wire_now() + RESENT;
    if (deadline < resent && !trial_is_over(t))
        deadline = resent;
    return deadline;
}

/* A server that has just been started may need a moment before it listens. */
static int connect_soon(struct peer *p, const char *host, unsigned port, bool small)
{
    struct server *server = &p->trial->grading->server;
    int64_t deadline = wire_now() + STARTING;
    int error;
    do
        error = wire_connect(p->wire, host, port, small, connecting_deadline(p->trial));
    while (error == ECONNREFUSED && server_may_listen_soon(server, deadline));
    server->listens = server->listens || error == 0;
    return error;
}

static struct peer *connect_to(struct trial *t, const char *host, bool small)
{
    struct peer *p = new_peer(t);
    unsigned port = t->grading->server.port;
    if (!trial_holds(t))
        return p;
    int error = connect_soon(p, host, port, small);
    if (error != 0) {
        trial_fail_at(p, "no connection to %s port %u: %s", host, port, strerror(error));
        trial_say(t, "a TCP connection", strerror(error));
    }
    trial_worked(p, "a TCP connection was made");
    return p;
}

struct peer *peer_connect_to(struct trial *t, const char *host)
{
    return connect_to(t, host, false);
}

struct peer *peer_connect(struct trial *t)
{
    return connect_to(t, t->grading->server.host, false);
}

struct peer *peer_connect_small(struct trial *t)
{
    return connect_to(t, t->grading->server.host, true);
}

void peer_be_deaf(struct peer *p, bool deaf)
{
    p->wire->deaf = deaf;
}

/* ---------------------------------------------------------------------------------- sending */

static void remember(struct peer *p, const void *at, size_t len)
{
    if (p->sent.len + len <= SENT_MAX)
        bytes_add(&p->sent, at, len);
}

/* By hand, too, what has been sent so far and what follows come apart. */
static void note_pause(struct peer *p)
{
    size_t last = p->pause_count > 0 ? p->pauses[p->pause_count - 1] : 0;
    if (p->sent.len > last && p->pause_count < PAUSES_MAX)
        p->pauses[p->pause_count++] = p->sent.len;
}

/* Gives the server a moment to read; whatever it says ends the moment. */
static void give_a_moment(struct peer *p)
{
    (void)wire_wait(peer_wires(p->trial), wire_now() + MOMENT);
}

/* A server that takes nothing any more has usually said why: that is for the next step to judge. */
static void send_one_segment(struct peer *p, const void *at, size_t len)
{
    p->trial->sent += len;
    if (!p->clogged)
        p->clogged =
            wire_send(peer_wires(p->trial), p->wire, at, len, trial_deadline(p->trial)) < len;
}

static void send_segments(struct peer *p, const void *at, size_t len, size_t piece, size_t moments)
{
    const unsigned char *bytes = at;
    size_t count = (len + piece - 1) / piece;
    if (!trial_holds(p->trial))
        return;
    remember(p, at, len);
    p->in_pieces = p->in_pieces || count > 1;
    for (size_t n = 0; n < count; n++) {
        size_t from = n * piece;
        send_one_segment(p, bytes + from, len - from < piece ? len - from : piece);
        if (n < moments || count - n <= moments)
            give_a_moment(p);
    }
}

void send_in_pieces(struct peer *p, const void *at, size_t len, size_t piece)
{
    send_segments(p, at, len, piece, MOMENTS);
    note_pause(p);
}

void send_bytes(struct peer *p, const void *at, size_t len)
{
    size_t chop = p->trial->grading->chop;
    if (chop > 0 && len > chop) {
        send_segments(p, at, len, chop, FEW_MOMENTS);
    } else if (trial_holds(p->trial)) {
        remember(p, at, len);
        send_one_segment(p, at, len);
    }
}

size_t send_what_fits(struct peer *p, const void *at, size_t len)
{
    if (!trial_holds(p->trial))
        return 0;
    remember(p, at, len);
    return wire_send(peer_wires(p->trial), p->wire, at, len, wire_now() + SHORT_WHILE);
}

void send_string(struct peer *p, const char *text)
{
    send_bytes(p, text, strlen(text));
}

void add_request(struct peer *p, struct bytes *out, const char *changes)
{
    char host[80];
    const struct server *server = &p->trial->grading->server;
    bool is_ipv6 = strchr(server->host, ':') != NULL;
    snprintf(host, sizeof host, is_ipv6 ? "[%s]:%u" : "%s:%u", server->host, server->port);
    http_add_request(out, p->key, host, changes);
}

void send_request(struct peer *p, const char *changes)
{
    struct bytes request = {0};
    add_request(p, &request, changes);
    send_bytes(p, request.at, request.len);
    bytes_free(&request);
}

void send_masked(struct peer *p, unsigned first, const unsigned char *mask, const void *payload,
                 size_t len)
{
    struct bytes frame = {0};
    frame_add(&frame, first, mask, payload, len);
    if (mask != NOT_MASKED)
        memcpy(p->mask, mask, MASK_LEN);
    if (first == (FIN | CLOSE) && len >= 2)
        p->close_code = (unsigned)(((const unsigned char *)payload)[0] << 8 |
                                   ((const unsigned char *)payload)[1]);
    send_bytes(p, frame.at, frame.len);
    bytes_free(&frame);
}

void send_frame(struct peer *p, unsigned first, const void *payload, size_t len)
{
    send_masked(p, first, zero_mask, payload, len);
}

void send_text(struct peer *p, const char *text)
{
    send_frame(p, FIN | TEXT, text, strlen(text));
}

void send_close(struct peer *p, unsigned code, const char *reason)
{
    struct bytes body = {0};
    bytes_add_number(&body, code, 2);
    bytes_add_text(&body, reason);
    send_frame(p, FIN | CLOSE, body.at, body.len);
    bytes_free(&body);
}

/* ------------------------------------------------------------------------------- and leaving */

void peer_end_sending(struct peer *p)
{
    if (trial_holds(p->trial))
        wire_end_sending(p->wire);
}

void peer_leave(struct peer *p)
{
    wire_close(p->wire);
}

void peer_reset(struct peer *p)
{
    wire_reset(p->wire);
}

void peer_settle(struct peer *p)
{
    p->sent_mark = p->sent.len;
    note_pause(p);
}
