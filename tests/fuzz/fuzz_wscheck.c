/*
 * fuzz_wscheck - the grader reads whatever the server that it grades may send
 *
 * The first byte chooses a step of tests/wscheck/expect.h. The rest is what comes from the server,
 * over a socket pair, before it closes. The step must come to its end and judge, and if it has failed
 * there must be a sentence about it, and the bytes that it shows must be there. Then all of it is
 * shown as a student would see it.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../wscheck/diagnose.h"
#include "../wscheck/expect.h"
#include "../wscheck/peer.h"
#include "../wscheck/sanitizer.h"
#include "../wscheck/show.h"
#include "printable.h"

static struct grading grading = {
    .lesson = 2, .server = {.host = "127.0.0.1", .port = 8080}, .patience = 1000};
static const struct check check = {.id = "fuzzed", .title = "whatever comes"};
static const struct family family = {.exercise = "pong", .checks = &check};

/* ------------------------------------------------------------------------------------ the steps */

static void step_status(struct peer *p)
{
    expect_status(p, 101, 101);
    expect_text(p, "Hello");
}

static void step_headers(struct peer *p)
{
    struct response response;
    if (!expect_head(p, &response))
        return;
    expect_header(p, &response, "Upgrade", "websocket");
    expect_header(p, &response, "Sec-WebSocket-Extensions", NULL);
    expect_accept(p, &response);
}

static void step_body(struct peer *p)
{
    struct response response;
    if (expect_head(p, &response))
        expect_body(p, &response, trial_bytes(p->trial));
}

static void step_hello(struct peer *p)
{
    send_masked(p, FIN | TEXT, sample_mask, "Hello", 5);
    expect_text(p, "Hello");
    expect_close_code(p, 1000);
}

static void step_long(struct peer *p)
{
    struct bytes *text = trial_bytes(p->trial);
    bytes_add_run(text, 'a', 300);
    send_masked(p, FIN | BINARY, sample_mask, text->at, text->len);
    p->cut = 9;
    expect_message(p, BINARY, text->at, text->len);
}

static void step_messages(struct peer *p)
{
    struct message message;
    size_t sum = 0;
    while (expect_any_message(p, &message))
        for (size_t i = 0; i < message.len; i++)
            sum += message.payload[i]; /* each byte of it can be read */
    MUST(sum <= 255 * (size_t)65536);
}

static void step_pings(struct peer *p)
{
    struct bytes_view ping = expect_ping(p);
    send_frame(p, FIN | PONG, ping.at, ping.len);
    expect_pong(p, "?", 1);
    expect_pong_and_message(p, (struct bytes_view){"9", 1}, TEXT, (struct bytes_view){"end", 3});
}

static void step_close(struct peer *p)
{
    struct bytes *reason = trial_bytes(p->trial);
    unsigned code = expect_close(p, reason);
    MUST(code == 0 || trial_holds(p->trial));
    MUST(reason->len <= 123);
    expect_end(p);
}

static void step_refused(struct peer *p)
{
    expect_refused(p);
}

static void step_end(struct peer *p)
{
    expect_end_of_any_kind(p);
}

static void must_be_readable(const unsigned char *text, size_t len)
{
    for (size_t i = 0, used; i < len; i += used)
        MUST((used = text[i] == '\n' ? 1 : printable_character(text + i, len - i)) > 0);
}

/* What the server has written to stderr: the reports of sanitizers in it. */
static void read_reports(const uint8_t *text, size_t len)
{
    struct sanitizer_report report;
    struct bytes out = {0};
    uint8_t *copy = fuzz_copy(text, len);
    for (size_t at = 0, n; (n = sanitizer_read(&report, copy + at, len - at)) > 0; at += n) {
        MUST(n <= len - at);
        MUST(report.what[0] != '\0');
        sanitizer_explain(&report, &out);
    }
    must_be_readable(out.at, out.len);
    bytes_free(&out);
    free(copy);
}

static void (*const steps[])(struct peer *p) = {
    step_status,   step_headers, step_body,  step_hello,   step_long,
    step_messages, step_pings,   step_close, step_refused, step_end,
};

/* ---------------------------------------------------------------------------- and what is said */

static void show(const struct failure *f, struct bytes *out)
{
    struct shown came = {"came", f->came.at, f->came.len, f->at, true, f->is_text};
    struct shown expected = {"expected", f->expected.at, f->expected.len, f->at, false, f->is_text};
    show_paragraph(out, "problem", f->problem);
    if (f->in_words[0][0] == '\0' && f->expected.len > 0)
        show_bytes(out, &expected);
    if (f->came.len > 0)
        show_bytes(out, &came);
    bytes_add(out, f->replay.at, f->replay.len);
    must_be_readable(out->at, out->len);
    show_json(out, f->came.at, f->came.len);
}

static void judge(const struct result *result)
{
    const struct failure *f = &result->failure;
    struct bytes out = {0};
    MUST(result->outcome == PASSED || result->outcome == FAILED);
    if (result->outcome == FAILED) {
        MUST(f->problem[0] != '\0');
        MUST(f->at <= f->came.len);
        MUST(f->diagnosis == NULL || diagnosis_find(f->diagnosis) != NULL);
        show(f, &out);
    }
    bytes_free(&out);
}

/* ---------------------------------------------------------------------------------------- a trial */

/* A client whose server has sent all this and closed. */
static struct peer *connected(struct trial *t, const struct fuzz_input *in, int *server)
{
    int fd[2];
    MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
    MUST(fcntl(fd[0], F_SETFL, O_NONBLOCK) == 0);
    MUST(in->len == 0 || write(fd[1], in->at, in->len) == (ssize_t)in->len);
    MUST(shutdown(fd[1], SHUT_WR) == 0);
    *server = fd[1];
    t->wires[0] = (struct wire){.fd = fd[0]};
    t->peers[0] = (struct peer){.trial = t, .number = 1, .wire = &t->wires[0]};
    t->peer_count = 1;
    memcpy(t->peers[0].key, "dGhlIHNhbXBsZSBub25jZQ==", 25);
    return &t->peers[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct trial trial; /* large, for its clients */
    struct fuzz_input in = {data, size < 65536 ? size : 65536};
    struct result result = {0};
    int server;
    size_t step = fuzz_byte(&in) % (sizeof steps / sizeof *steps + 1);
    if (step == sizeof steps / sizeof *steps) {
        read_reports(in.at, in.len);
        return 0;
    }
    trial_begin(&trial, &grading, &family, &check, &result);
    steps[step](connected(&trial, &in, &server));
    judge(&result);
    trial_end(&trial);
    close(server);
    bytes_free(&result.failure.sent);
    bytes_free(&result.failure.expected);
    bytes_free(&result.failure.came);
    bytes_free(&result.failure.replay);
    return 0;
}
