/*
 * trial - see trial.h
 */
#include "trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "show.h"
#include "words.h"

#define MUCH        32768 /* bytes: what answers so much may take its time */
#define LEAST       700   /* ms: an answer takes less than one, but machines are busy at times */
#define LEAST_TIMED 1500  /* ms: the same where an option says that something comes after 0.3 s */
#define SEVERAL     8     /* times the slowest answer */
#define PROBING                                                                                    \
    1000 /* ms: the patience of a second trial; only its failure is waited for so long */
#define PATIENCES 24 /* so many waits in a row are more than any check has on a slow machine */

struct scratch {
    struct bytes bytes;
    struct scratch *next;
};

/* Is it started with a fraction of a second, after which something must come? */
static bool is_about_time(const struct start *start)
{
    return start != NULL && strchr(start->options, '.') != NULL;
}

/* Whoever has not answered once is waited for in full once. After that, several times the slowest answer
 * so far will do. */
static int patience_for(const struct grading *grading, const struct family *family)
{
    int enough = SEVERAL * grading->slowest;
    int least = is_about_time(family->start) ? LEAST_TIMED : LEAST;
    if (enough < least)
        enough = least;
    bool in_full = !grading->was_silent || enough > grading->patience;
    return in_full ? grading->patience : enough;
}

void trial_note_wait(struct trial *t, int64_t since)
{
    int waited = (int)(wire_now() - since);
    if (t->family->start == NULL && t->sent <= MUCH && waited > t->grading->slowest)
        t->grading->slowest = waited;
}

void trial_begin(struct trial *t, struct grading *grading, const struct family *family,
                 const struct check *check, struct result *result)
{
    t->grading = grading;
    t->family = family;
    t->check = check;
    t->result = result;
    t->peer_count = t->sent = 0;
    t->scratch = NULL;
    t->patience = patience_for(grading, family);
    t->end = wire_now() + (int64_t)PATIENCES * t->patience;
    result->outcome = PASSED;
}

void trial_forget_last(struct trial *t)
{
    size_t last = --t->peer_count;
    wire_close(&t->wires[last]);
    bytes_free(&t->wires[last].came);
    bytes_free(&t->peers[last].sent);
    bytes_free(&t->peers[last].message);
}

void trial_end(struct trial *t)
{
    while (t->peer_count > 0)
        trial_forget_last(t);
    while (t->scratch != NULL) {
        struct scratch *next = t->scratch->next;
        bytes_free(&t->scratch->bytes);
        free(t->scratch);
        t->scratch = next;
    }
}

bool trial_holds(const struct trial *t)
{
    return t->result->outcome == PASSED;
}

struct bytes *trial_bytes(struct trial *t)
{
    struct scratch *scratch = calloc(1, sizeof *scratch);
    if (scratch == NULL)
        exit(2);
    scratch->next = t->scratch;
    t->scratch = scratch;
    return &scratch->bytes;
}

int trial_patience(const struct trial *t)
{
    return t->sent > MUCH ? t->grading->patience : t->patience;
}

int64_t trial_deadline(const struct trial *t)
{
    int64_t deadline = wire_now() + trial_patience(t);
    return deadline < t->end ? deadline : t->end;
}

bool trial_is_over(const struct trial *t)
{
    return wire_now() >= t->end;
}

static void fail(struct trial *t, const char *problem, va_list args)
{
    t->result->outcome = FAILED;
    vsnprintf(t->result->failure.problem, sizeof t->result->failure.problem, words(problem), args);
}

/* What the client sent last, and how to send all of it by hand. */
static void note_sent(struct peer *p)
{
    struct failure *failure = &p->trial->result->failure;
    const struct server *server = &p->trial->grading->server;
    size_t mark = p->sent_mark;
    if (p->sent.len == 0)
        return;
    for (size_t i = p->pause_count; i-- > 0 && mark == p->sent.len;)
        mark = p->pauses[i]; /* all has been answered: then it was the last that was sent */
    bytes_set(&failure->sent, p->sent.at + mark, p->sent.len - mark);
    failure->replay.len = 0;
    show_replay(&failure->replay, &(struct replay){.sent = p->sent.at,
                                                   .len = p->sent.len,
                                                   .pauses = p->pauses,
                                                   .pause_count = p->pause_count,
                                                   .host = server->host,
                                                   .port = server_port_by_hand(server),
                                                   .port_sent = server->port});
}

void trial_worked(struct peer *p, const char *step, ...)
{
    va_list args;
    if (!trial_holds(p->trial))
        return;
    va_start(args, step);
    vsnprintf(p->worked, sizeof p->worked, words(step), args);
    va_end(args);
}

/* Of bytes, of which there is one at least. */
static unsigned observed_in(const unsigned char *at, size_t len)
{
    static const unsigned char not_utf8[] = {1007 >> 8, 1007 & 0xFF};
    if (*at != (FIN | CLOSE))
        return A_MESSAGE;
    return len >= 4 && memcmp(at + 2, not_utf8, sizeof not_utf8) == 0 ? A_CLOSE | A_1007 : A_CLOSE;
}

static unsigned observed_by(const struct peer *p)
{
    const struct bytes *came = &p->wire->came;
    if (came->len > p->judged)
        return observed_in(came->at + p->judged, came->len - p->judged);
    if (p->wire->fd < 0 && p->sent.len == 0)
        return NO_CONNECTION;
    return p->wire->ended || p->wire->fd < 0 ? AN_END : SILENCE;
}

void trial_note_sent(struct trial *t)
{
    for (size_t i = t->peer_count; i-- > 0;)
        if (t->peers[i].sent.len > 0) {
            note_sent(&t->peers[i]);
            return;
        }
}

/* A sentence that was too long may have been cut in the middle of a "§", or of what is Chinese. */
static void drop_half_character(char *sentence)
{
    size_t len = strlen(sentence), last = len;
    while (last > 0 && ((unsigned char)sentence[last - 1] & 0xC0) == 0x80)
        last--;
    unsigned char first = last > 0 ? (unsigned char)sentence[last - 1] : 0;
    size_t whole = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    if (len - last + 1 < whole)
        sentence[last - 1] = '\0';
}

void trial_fail(struct trial *t, const char *problem, ...)
{
    va_list args;
    if (!trial_holds(t))
        return;
    va_start(args, problem);
    fail(t, problem, args);
    va_end(args);
    drop_half_character(t->result->failure.problem);
}

void trial_fail_at(struct peer *p, const char *problem, ...)
{
    struct trial *t = p->trial;
    struct failure *failure = &t->result->failure;
    va_list args;
    if (!trial_holds(t))
        return;
    va_start(args, problem);
    fail(t, problem, args);
    va_end(args);
    failure->observed = observed_by(p);
    snprintf(failure->worked, sizeof failure->worked, "%s", p->worked);
    if (t->peer_count > 1) {
        char said[sizeof failure->problem];
        memcpy(said, failure->problem, sizeof said);
        snprintf(failure->problem, sizeof failure->problem, words("client %zu: %.370s"), p->number,
                 said);
    }
    drop_half_character(failure->problem);
    note_sent(p);
}

void trial_say(struct trial *t, const char *expected, const char *came)
{
    struct failure *failure = &t->result->failure;
    if (t->result->outcome != FAILED || failure->in_words[0][0] != '\0')
        return;
    snprintf(failure->in_words[0], sizeof failure->in_words[0], "%s", words(expected));
    snprintf(failure->in_words[1], sizeof failure->in_words[1], "%s", words(came));
    drop_half_character(failure->in_words[1]);
}

void trial_prepared(struct trial *t, bool held)
{
    if (held && t->result->outcome == FAILED)
        t->result->failure.unprepared = true;
}

void trial_suspect(struct trial *t, const char *diagnosis)
{
    if (t->result->outcome == FAILED && t->result->failure.diagnosis == NULL)
        t->result->failure.diagnosis = diagnosis;
}

bool trial_probe(struct trial *t, trial_run *run, const struct check *check)
{
    static struct trial probe; /* large, for its clients */
    struct result result = {0};
    if (t == &probe) /* only whether that holds counts, and not why it does not */
        return false;
    int patience = t->grading->patience;
    bool was_silent = t->grading->was_silent;
    if (patience > PROBING)
        t->grading->patience = PROBING;
    trial_begin(&probe, t->grading, t->family, check, &result);
    run(&probe, check);
    trial_end(&probe);
    t->grading->patience = patience;
    t->grading->was_silent = was_silent;
    result_free(&result);
    return result.outcome == PASSED;
}

void result_free(struct result *result)
{
    struct failure *failure = &result->failure;
    bytes_free(&failure->sent);
    bytes_free(&failure->expected);
    bytes_free(&failure->came);
    bytes_free(&failure->replay);
    bytes_free(&failure->server);
}

void trial_skip(struct trial *t, const char *why)
{
    if (!trial_holds(t))
        return;
    t->result->outcome = SKIPPED;
    snprintf(t->result->skipped_because, sizeof t->result->skipped_because, "%s", words(why));
}
