/*
 * bench - see bench.h
 */
#include "bench.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "loopback.h"
#include "observer.h"
#include "vote.h"

#define READ_MAX 1024 /* bytes that are told in one event */
#define HEAD_MAX 512  /* bytes of an answer's head */
#define LENGTH   4    /* bytes of a piece's length */

/* A play: pieces go out, and what comes back is told. */
struct play {
    struct conn *conn; /* of the page */
    int fd, stop;
    int64_t until;
    size_t told;       /* bytes that came back */
    int64_t last;      /* when something came, or began to be waited for */
    const char *ended; /* how; NULL: not yet */
};

/* ------------------------------------------------------------------------------- how many play */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t plays; /* lock must be held */

static bool begin_play(void)
{
    pthread_mutex_lock(&lock);
    bool is_free = plays < BENCH_PLAYS_MAX;
    plays += is_free;
    pthread_mutex_unlock(&lock);
    return is_free;
}

static void end_play(void)
{
    pthread_mutex_lock(&lock);
    plays--;
    pthread_mutex_unlock(&lock);
}

/* ---------------------------------------------------------------------------- the page is told */

/* A play keeps others waiting, so a page that does not read must not hold it for longer than it lasts. */
static bool write_in_time(void *data, struct iovec *parts, size_t count)
{
    struct play *play = data;
    if (observer_send_all(conn_client(play->conn), parts, count, BENCH_TIME_MAX, play->until) == 0)
        return true;
    if (errno == ETIMEDOUT)
        conn_evict(play->conn, "it does not read what it is sent");
    play->ended = "gone";
    return false;
}

/* At once, not when the play is over: the page shows it as it happens. */
static void tell(struct conn *conn, const char *format, ...)
{
    char event[100];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(event, sizeof event, format, args);
    va_end(args);
    conn_send(conn, WS_TEXT, event, (size_t)len);
    conn_flush(conn);
}

static void refuse(struct conn *conn, const char *why)
{
    tell(conn, "{\"event\":\"refused\",\"why\":\"%s\"}", why);
}

static void tell_bytes(struct play *play, const unsigned char *bytes, size_t len)
{
    char event[2 * READ_MAX + 40] = "{\"event\":\"bytes\",\"hex\":\"";
    size_t at = strlen(event);
    for (size_t i = 0; i < len; i++, at += 2)
        snprintf(event + at, 3, "%02x", bytes[i]);
    memcpy(event + at, "\"}", 2);
    conn_send(play->conn, WS_TEXT, event, at + 2);
    conn_flush(play->conn);
    play->told += len;
    play->last = net_now();
    if (play->ended == NULL && play->told >= BENCH_ANSWER_MAX)
        play->ended = "limit";
}

/* ---------------------------------------------------------------------------------- the plan */

static size_t read_length(const unsigned char *at)
{
    return (size_t)at[0] << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
}

/* Is it a row of whole pieces, not too many and not too long? */
static bool is_plan(const unsigned char *plan, size_t len)
{
    size_t pieces = 0;
    if (len == 0 || len > BENCH_PLAN_MAX + LENGTH * BENCH_PIECES_MAX)
        return false;
    for (size_t at = 0; at < len; pieces++) {
        if (len - at < LENGTH || pieces == BENCH_PIECES_MAX)
            return false;
        size_t piece = read_length(plan + at);
        at += LENGTH;
        if (piece == 0 || piece > len - at)
            return false;
        at += piece;
    }
    return len - LENGTH * pieces <= BENCH_PLAN_MAX;
}

/* ------------------------------------------------------------------------------------ playing */

/* Tells what comes until the deadline, or the end. */
static void hear(struct play *play, int64_t deadline)
{
    unsigned char bytes[READ_MAX];
    if (deadline > play->until)
        deadline = play->until;
    while (play->ended == NULL) {
        ssize_t n = net_wait(play->fd, bytes, sizeof bytes, play->stop, deadline);
        if (n > 0)
            tell_bytes(play, bytes, (size_t)n);
        else if (n < 0 && errno == EAGAIN)
            return;
        else
            play->ended = n == 0 ? "closed" : errno == ECANCELED ? "stopped" : "reset";
    }
}

/* ... until nothing has come for a while. */
static void hear_out(struct play *play)
{
    play->last = net_now();
    while (play->ended == NULL && net_now() < play->until && net_now() < play->last + BENCH_SILENCE)
        hear(play, play->last + BENCH_SILENCE);
}

static bool send_bytes(const struct play *play, const void *bytes, size_t len)
{
    struct iovec part = {(void *)bytes, len};
    return net_send_all(play->fd, &part, 1, BENCH_TIME_MAX, play->until) == 0;
}

/* The handshake is the bench's own and always the same. Bytes behind the 101 are told. False if there
 * is no 101. */
static bool shake_hands(struct play *play)
{
    static const char request[] = "GET /?bench HTTP/1.1\r\n"
                                  "Host: localhost\r\n"
                                  "Upgrade: websocket\r\n"
                                  "Connection: Upgrade\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                  "Sec-WebSocket-Version: 13\r\n"
                                  "\r\n";
    char head[HEAD_MAX + 1] = "";
    size_t len = 0;
    if (!send_bytes(play, request, sizeof request - 1))
        return false;
    while (strstr(head, "\r\n\r\n") == NULL) {
        ssize_t n = net_wait(play->fd, head + len, HEAD_MAX - len, play->stop, play->until);
        if (n <= 0)
            return false;
        len += (size_t)n;
        head[len] = '\0';
    }
    size_t head_len = (size_t)(strstr(head, "\r\n\r\n") + 4 - head);
    if (strncmp(head, "HTTP/1.1 101 ", 13) != 0)
        return false;
    if (len > head_len)
        tell_bytes(play, (unsigned char *)head + head_len, len - head_len);
    return true;
}

/* Each piece is sent when the one before has surely been read; the server may have ended meanwhile. */
static void send_pieces(struct play *play, const unsigned char *plan, size_t len)
{
    size_t sent = 0;
    for (size_t at = 0; at < len && play->ended == NULL;) {
        size_t piece = read_length(plan + at);
        if (at > 0)
            hear(play, net_now() + BENCH_PAUSE);
        if (play->ended != NULL)
            return;
        if (net_now() >= play->until)
            play->ended = "limit";
        else if (!send_bytes(play, plan + at + LENGTH, piece))
            play->ended = "reset";
        else
            tell(play->conn, "{\"event\":\"sent\",\"at\":%zu,\"len\":%zu}", sent, piece);
        sent += piece;
        at += LENGTH + piece;
    }
}

static void play_on(struct play *play, const unsigned char *plan, size_t len)
{
    send_pieces(play, plan, len);
    hear_out(play);
    if (play->ended == NULL) {
        tell(play->conn, "{\"event\":\"silent\"}");
        net_finish_sending(play->fd);
        hear_out(play);
    }
    tell(play->conn, "{\"event\":\"end\",\"how\":\"%s\"}",
         play->ended != NULL ? play->ended : "limit");
}

static void play(struct conn *conn, const unsigned char *plan, size_t len)
{
    const struct client *client = conn_client(conn);
    struct play play = {.conn = conn, .stop = client->stop, .until = net_now() + BENCH_TIME_MAX};
    unsigned port;
    play.fd = loopback_connect(client->fd, &port);
    if (play.fd < 0) {
        refuse(conn, "connect");
        return;
    }
    conn_set_writer(conn, write_in_time, &play);
    log_client(LOG_CLIENTS, client->number, client->address,
               "the bench plays for it, as the client from port %u", port);
    if (shake_hands(&play)) {
        tell(conn, "{\"event\":\"open\",\"port\":%u}", port);
        play_on(&play, plan, len);
    } else {
        refuse(conn, "answer");
    }
    conn_set_writer(conn, NULL, NULL);
    net_close(play.fd);
}

static void take_plan(struct conn *conn, const unsigned char *plan, size_t len)
{
    if (!is_plan(plan, len)) {
        refuse(conn, "plan");
    } else if (!begin_play()) {
        refuse(conn, "busy");
    } else {
        play(conn, plan, len);
        end_play();
    }
}

/* ------------------------------------------------------------------------------------ serving */

static void tell_vote(struct conn *conn)
{
    char state[VOTE_STATE_MAX];
    conn_send(conn, WS_TEXT, state, vote_write(state));
}

/* Not understood is not answered, except with how the vote stands. */
static void take_vote(struct conn *conn, struct voter *voter, const unsigned char *words,
                      size_t len)
{
    if (words[0] == 'Q')
        (void)vote_ask(words + 1, len - 1);
    else if (words[0] == 'V' && len == 1 + LENGTH + 1)
        vote_cast(voter, read_length(words + 1), words[1 + LENGTH]);
    else if (words[0] == 'E')
        vote_end();
    tell_vote(conn);
}

void bench_serve(struct conn *conn)
{
    struct conn_message message;
    struct voter voter = {0};
    vote_enter();
    if (conn_accept(conn))
        while (conn_receive(conn, &message)) {
            if (message.len == 0)
                tell_vote(conn);
            else if (message.data[0] == 'P')
                take_plan(conn, message.data + 1, message.len - 1);
            else
                take_vote(conn, &voter, message.data, message.len);
        }
    vote_leave();
}
