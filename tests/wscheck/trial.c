/*
 * trial - see trial.h
 */
#include "trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"

struct scratch {
    struct bytes bytes;
    struct scratch *next;
};

void trial_begin(struct trial *t, struct grading *grading, const struct family *family,
                 const struct check *check, struct result *result)
{
    t->grading = grading;
    t->family = family;
    t->check = check;
    t->result = result;
    t->peer_count = 0;
    t->scratch = NULL;
    result->outcome = PASSED;
}

void trial_end(struct trial *t)
{
    for (size_t i = 0; i < t->peer_count; i++) {
        wire_close(&t->wires[i]);
        bytes_free(&t->wires[i].came);
        bytes_free(&t->peers[i].sent);
    }
    while (t->scratch != NULL) {
        struct scratch *next = t->scratch->next;
        bytes_free(&t->scratch->bytes);
        free(t->scratch);
        t->scratch = next;
    }
    t->peer_count = 0;
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

int64_t trial_deadline(const struct trial *t)
{
    return wire_now() + t->grading->patience;
}

static void fail(struct trial *t, const char *problem, va_list args)
{
    t->result->outcome = FAILED;
    vsnprintf(t->result->failure.problem, sizeof t->result->failure.problem, problem, args);
}

void trial_fail(struct trial *t, const char *problem, ...)
{
    va_list args;
    if (!trial_holds(t))
        return;
    va_start(args, problem);
    fail(t, problem, args);
    va_end(args);
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
    if (t->peer_count > 1) {
        char said[sizeof failure->problem];
        memcpy(said, failure->problem, sizeof said);
        snprintf(failure->problem, sizeof failure->problem, "client %zu: %.220s", p->number, said);
    }
    bytes_set(&failure->sent, p->sent.at + p->sent_mark, p->sent.len - p->sent_mark);
    show_replay(&failure->replay, &(struct replay){.sent = p->sent.at,
                                                   .len = p->sent.len,
                                                   .pauses = p->pauses,
                                                   .pause_count = p->pause_count,
                                                   .host = t->grading->server.host,
                                                   .port = t->grading->server.port});
}

void trial_say(struct trial *t, const char *expected, const char *came)
{
    struct failure *failure = &t->result->failure;
    if (t->result->outcome != FAILED || failure->in_words[0][0] != '\0')
        return;
    snprintf(failure->in_words[0], sizeof failure->in_words[0], "%s", expected);
    snprintf(failure->in_words[1], sizeof failure->in_words[1], "%s", came);
}

void trial_suspect(struct trial *t, const char *diagnosis)
{
    if (t->result->outcome == FAILED && t->result->failure.diagnosis == NULL)
        t->result->failure.diagnosis = diagnosis;
}

void trial_skip(struct trial *t, const char *why)
{
    if (!trial_holds(t))
        return;
    t->result->outcome = SKIPPED;
    snprintf(t->result->skipped_because, sizeof t->result->skipped_because, "%s", why);
}
