/*
 * grade - see grade.h
 */
#include "grade.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diagnose.h"
#include "words.h"

#define STARTING    10000 /* ms: a server that is made of much may take its time */
#define DYING       1000  /* ms: a server that does not listen any more is about to end */
#define ENDING      300 /* ms: one that has closed a connection for no reason may be about to end */
#define ENDING_MOST 3   /* times in vain: after that, it is its way to refuse */
#define ENDING_LESS 50  /* ms: ... and it is waited for so long */
#define SETTLING    300 /* ms: how long an answer is waited for that does not matter */
#define REPORTING   8000 /* ms: ... and one that writes a sanitizer's report certainly is */

/* ------------------------------------------------------------------------------- the plan */

static void add_checks(struct plan *plan, const struct family *family)
{
    for (const struct check *check = family->checks; check->id != NULL; check++) {
        struct item *items = realloc(plan->items, (plan->count + 1) * sizeof *items);
        if (items == NULL)
            exit(2);
        items[plan->count++] = (struct item){.family = family, .check = check};
        plan->items = items;
    }
}

void plan_make(struct plan *plan, int lesson)
{
    unsigned wanted = lesson > 0 ? LESSON(lesson) : EVERY_LESSON;
    for (size_t e = 0; e < exercise_count(); e++) {
        const char *name = exercise_at(e)->name;
        const struct family *family;
        for (size_t i = 0; (family = family_at(i)) != NULL; i++)
            if ((family->lessons & wanted) && strcmp(family->exercise, name) == 0)
                add_checks(plan, family);
    }
}

bool plan_select(struct plan *plan, const char *name, bool selected)
{
    bool found = false;
    for (size_t i = 0; i < plan->count; i++)
        if (strcmp(plan->items[i].check->id, name) == 0 ||
            strcmp(plan->items[i].family->exercise, name) == 0) {
            plan->items[i].selected = selected;
            found = true;
        }
    return found;
}

void plan_select_all(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        plan->items[i].selected = true;
}

bool plan_counts(const struct plan *plan, const struct item *item)
{
    return item->family->level == MUST || plan->strict;
}

const char *item_place(const struct item *item)
{
    const struct diagnosis *diagnosis = diagnosis_find(item->result.failure.diagnosis);
    const char *place = diagnosis != NULL ? diagnosis->place : item->family->place;
    const struct exercise *exercise = exercise_find(place != NULL ? place : item->family->exercise);
    return exercise != NULL ? exercise->place : place;
}

size_t plan_size(const struct plan *plan)
{
    return plan->count + plan->found_count;
}

const struct item *plan_at(const struct plan *plan, size_t index)
{
    return index < plan->count ? &plan->items[index] : &plan->found[index - plan->count].item;
}

struct counts plan_count_all(const struct plan *plan)
{
    return plan_count(plan, 0, plan_size(plan));
}

struct counts plan_count(const struct plan *plan, size_t first, size_t end)
{
    struct counts counts = {0};
    for (size_t i = first; i < end; i++) {
        const struct item *item = plan_at(plan, i);
        if (!item->selected)
            continue;
        counts.all++;
        counts.passed += item->result.outcome == PASSED;
        counts.skipped += item->result.outcome == SKIPPED;
        if (item->result.outcome == FAILED)
            *(plan_counts(plan, item) ? &counts.failed : &counts.better) += 1;
    }
    return counts;
}

void plan_free(struct plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        result_free(&plan->items[i].result);
    for (size_t i = 0; i < plan->found_count; i++)
        result_free(&plan->found[i].item.result);
    free(plan->items);
    *plan = (struct plan){0};
}

/* --------------------------------------------------------------------------- the server's end */

/* The run of a plan. */
struct run {
    struct plan *plan;
    struct grading *grading;
    const struct told *told;
    struct trial trial;
    struct item *last; /* the check made before this one */
    size_t first;      /* the exercise that is being made begins here; those before are told of */
    size_t end;        /* ... and ends here */
    struct news *news; /* in a process beside: what it will tell; else NULL */
    unsigned ends_in_vain; /* how often it closed a connection for no reason, and lived on */
    bool says_nothing;     /* the server closes without a word what is no upgrade, and lives on */
};

static struct item *find_item(struct run *run, const char *id, size_t len)
{
    for (size_t i = 0; i < run->plan->count; i++) {
        const char *other = run->plan->items[i].check->id;
        if (strlen(other) == len && memcmp(other, id, len) == 0)
            return &run->plan->items[i];
    }
    return NULL; /* of another lesson: taken for granted here */
}

/* What the check has been made for, if what was observed is a sign of it; else NULL. */
static const char *suspect_of(const struct item *item)
{
    const struct failure *failure = &item->result.failure;
    const char *suspect =
        item->check->suspect != NULL ? item->check->suspect : item->family->suspect;
    unsigned shows = item->family->shows != 0 ? item->family->shows : ~(unsigned)NO_CONNECTION;
    if (failure->unprepared || (failure->observed != 0 && (shows & failure->observed) == 0))
        return NULL;
    return suspect != NULL && strcmp(suspect, "sigpipe") == 0 ? NULL : suspect; /* see below */
}

/* The same when the server has died: few suspicions are a reason for that. */
static const char *suspect_of_death(const struct item *item, const struct server *server)
{
    static const char *const deadly[] = {"dies-of-silence", "one-bad-client-stops-all"};
    const char *suspect =
        item->check->suspect != NULL ? item->check->suspect : item->family->suspect;
    if (suspect == NULL)
        return NULL;
    if (strcmp(suspect, "sigpipe") == 0)
        return server_died_of_sigpipe(server) ? suspect : "one-bad-client-stops-all";
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        if (strcmp(suspect, deadly[i]) == 0)
            return suspect;
    return NULL;
}

static void note_death(struct item *item, struct server *server, const char *problem)
{
    struct failure *failure = &item->result.failure;
    item->result.outcome = FAILED;
    snprintf(failure->problem, sizeof failure->problem, "%s", words(problem));
    /* Whatever the bytes looked like, this is why; but what another client has shown stays true. */
    if (failure->diagnosis != NULL && strcmp(failure->diagnosis, "not-let-in") != 0)
        failure->diagnosis = NULL;
    failure->died = true;
    failure->server.len = 0;
    server_explain_end(server, &failure->server);
}

static bool a_connection_ended(const struct run *run)
{
    for (size_t i = 0; i < run->trial.peer_count; i++)
        if (run->trial.wires[i].ended)
            return true;
    return false;
}

/* ------------------------------------------------------------------------- sanitizers' reports */

/* The same place as one before is the same mistake. */
static bool is_new(const struct plan *plan, const char *title)
{
    for (size_t i = 0; i < plan->found_count; i++)
        if (strcmp(plan->found[i].title, title) == 0)
            return false;
    return plan->found_count < FOUND_MAX;
}

static void note_report(struct run *run, const struct sanitizer_report *report,
                        const struct item *during)
{
    struct plan *plan = run->plan;
    struct found *found = &plan->found[plan->found_count];
    char title[sizeof found->title], check[40];
    snprintf(title, sizeof title, "%.70s%s%.40s", report->what,
             words(report->side[0].function[0] != '\0' ? " in " : ""), report->side[0].function);
    snprintf(check, sizeof check, "%s", during->check->id);
    bool follows =
        report->exercise == NULL && plan->found_count > 0; /* from what was told before */
    if (follows || !is_new(plan, title))
        return;
    *found = (struct found){.item = {.selected = true}};
    memcpy(found->title, title, sizeof title);
    snprintf(found->id, sizeof found->id, "sanitizer-%zu", plan->found_count + 1);
    found->family = (struct family){
        .exercise = report->exercise != NULL ? report->exercise : during->family->exercise,
        .section = "this course",
        .rule =
            strstr(report->what, "data race") != NULL
                ? "What two threads use, and one of them changes, belongs to a lock, which each of "
                  "them holds as long as it is at it."
                : "A program has no faults that a sanitizer can see: they do harm on another day."};
    found->check = (struct check){.id = found->id, .title = found->title};
    found->item.family = &found->family;
    found->item.check = &found->check;
    struct result *result = &found->item.result;
    result->outcome = FAILED;
    snprintf(result->failure.problem, sizeof result->failure.problem,
             words("%s; it was seen during the check %s"), title, check);
    sanitizer_explain(report, &result->failure.server);
    plan->found_count++;
    run->told->late(plan, &found->item);
}

/* All that has come since the last time. */
static void take_reports(struct run *run, const struct item *during)
{
    struct sanitizer_report report;
    struct news *news = run->news;
    while (server_next_report(&run->grading->server, &report))
        if (news == NULL)
            note_report(run, &report, during);
        else if (news->report_count < NEWS_REPORTS_MAX)
            news->reports[news->report_count++] = report;
}

/* A connection has ended where it should not: is the server about to end? */
static void wait_for_its_end(struct run *run)
{
    bool lives = run->ends_in_vain >= ENDING_MOST;
    if (!server_wait_for_end(&run->grading->server, wire_now() + (lives ? ENDING_LESS : ENDING)))
        run->ends_in_vain++;
}

/* After a check: is the server still well? If not, the check has failed, and why is known. */
static void look_after_server(struct run *run, struct item *item, const char *when)
{
    struct server *server = &run->grading->server;
    struct bytes report = {0};
    if (server->command == NULL || server->pid <= 0)
        return;
    bool reports =
        server_sanitizer_report(server, &report) &&
        bytes_find(report.at, report.len, "ThreadSanitizer") == NULL; /* that one goes on */
    if (reports)
        server_wait_for_end(server, wire_now() + REPORTING);
    else if (item->result.outcome == FAILED &&
             (a_connection_ended(run) || item->result.failure.observed == NO_CONNECTION))
        wait_for_its_end(run);
    if (server_has_died(server)) {
        note_death(item, server, server->listens ? when : "the server did not start");
        if (item->result.failure.diagnosis == NULL)
            item->result.failure.diagnosis = suspect_of_death(item, server);
    } else if (reports) {
        note_death(item, server, "a sanitizer has found a fault in the server");
    }
    bytes_free(&report);
    take_reports(run, item);
    if (reports || server->ended)
        server_stop(server);
}

/* It has closed a connection without a word, as one does that is about to end; or that has nothing
 * to say to such a request, and never will. */
static bool may_be_dying(struct run *run, const struct wire *closed)
{
    struct server *server = &run->grading->server;
    struct wire next;
    if (closed->fd < 0 || !run->says_nothing)
        return true;
    bool listens =
        wire_connect(&next, server->host, server->port, false, wire_now() + SETTLING) == 0;
    wire_close(&next);
    return !listens;
}

/* Asks for a page that is not there, and waits for the answer: what the server had to do when the
 * clients of the last check went, it has done by then, most likely. One that does not listen any more
 * is about to end. */
static void let_it_settle(struct run *run)
{
    static const char request[] = "GET /wscheck-settles HTTP/1.1\r\nHost: localhost\r\n"
                                  "Connection: close\r\n\r\n";
    struct server *server = &run->grading->server;
    int64_t deadline = wire_now() + SETTLING;
    struct wire wire;
    if (wire_connect(&wire, server->host, server->port, false, deadline) == 0) {
        struct wires one = {&wire, 1};
        (void)wire_send(one, &wire, request, sizeof request - 1, deadline);
        while (!wire.ended && wire_wait(one, deadline))
            ;
    }
    bool is_silent = wire.total == 0 && (wire.fd < 0 || wire.ended);
    if (is_silent && may_be_dying(run, &wire))
        run->says_nothing = !server_wait_for_end(server, wire_now() + DYING) && wire.fd >= 0;
    wire_close(&wire);
    bytes_free(&wire.came);
}

/* A server may die when the clients go: that is the fault of the check whose clients they were. If
 * one of them had seen the end before, it may as well have been dying then. */
static void look_after_it_once_more(struct run *run, struct item *item, bool ended_before)
{
    struct server *server = &run->grading->server;
    struct item *answers = find_item(run, "head-answered", strlen("head-answered"));
    if (server->command == NULL || server->pid <= 0 || item->result.outcome != PASSED ||
        answers == NULL || answers->result.outcome != PASSED)
        return;
    let_it_settle(run);
    look_after_server(run, item,
                      ended_before ? "the server died"
                                   : "the server died when the clients of this check had gone");
    struct failure *failure = &item->result.failure;
    if (failure->died && failure->diagnosis == NULL && !ended_before && run->grading->lesson == 3)
        failure->diagnosis = "dies-of-leaving";
}

/* It may also die a little later: that is still the fault of the check before. */
static void find_late_death(struct run *run)
{
    struct server *server = &run->grading->server;
    if (run->last == NULL || !server_has_died(server))
        return;
    note_death(run->last, server, "the server died soon after this check");
    run->last->result.failure.diagnosis = suspect_of_death(run->last, server);
    server_stop(server);
    run->told->late(run->plan, run->last);
}

/* What a failed check has left behind, messages that still go round or a thread that hangs, is not to
 * be found by the next one: that gets a server of its own. But a server that must have one certain
 * port may not get it again so soon. */
static void give_up_server(struct run *run)
{
    struct server *server = &run->grading->server;
    if (server->command == NULL || server->fixed_port != 0)
        return;
    server_signal(server, SIGKILL); /* how it stops is the business of the checks of `stop` */
    server_stop(server);
}

/* ------------------------------------------------------------------------------- one check */

static bool skip(struct item *item, bool for_parent, const char *why)
{
    item->result.outcome = SKIPPED;
    item->parent_failed = for_parent;
    snprintf(item->result.skipped_because, sizeof item->result.skipped_because, "%s", words(why));
    return false;
}

/* The server runs, with the options that the check wants. */
static bool have_server(struct run *run, struct item *item)
{
    struct server *server = &run->grading->server;
    const struct start *start = item->family->start != NULL ? item->family->start : &start_usual;
    if (server->command == NULL)
        return true;
    if (server->pid > 0 && strcmp(server->start->options, start->options) == 0 &&
        strcmp(server->start->before, start->before) == 0)
        return true;
    server_stop(server);
    int patience = run->grading->patience > STARTING ? run->grading->patience : STARTING;
    if (server_start(server, start, wire_now() + patience))
        return true;
    note_death(item, server,
               start != &start_usual ? "the server did not start in this way"
                                     : "the server did not start");
    snprintf(item->result.failure.in_words[0], sizeof item->result.failure.in_words[0],
             words("\"listening on http://127.0.0.1:PORT/\" on stdout, started as \"%s%s%.90s "
                   "--port %u%s%s\""),
             start->before, *start->before != '\0' ? " " : "", server->command, server->fixed_port,
             *start->options != '\0' ? " " : "", start->options);
    server_stop(server);
    return false;
}

/* Why it cannot be made here; NULL: it can. */
static const char *what_it_lacks(const struct run *run, const struct item *item)
{
    const struct server *server = &run->grading->server;
    if ((item->family->needs & NEEDS_SERVER || item->family->start != NULL) &&
        server->command == NULL)
        return "needs a server that wscheck starts itself: --server";
    if (item->family->needs & NEEDS_IPV6 && !wire_has_address("::1"))
        return "this machine has no IPv6";
    return NULL;
}

static bool has_what_it_needs(const struct run *run, struct item *item)
{
    const char *lacks = what_it_lacks(run, item);
    return lacks == NULL || skip(item, false, lacks);
}

static void run_item(struct run *run, struct item *item);

/* Its failure is why others are skipped: it counts, whether it was asked for or not. */
static void tell_of_parent(struct run *run, struct item *parent)
{
    if (parent->selected)
        return;
    parent->selected = true;
    if (parent < &run->plan->items[run->first])
        run->told->late(run->plan, parent);
}

/* Makes the parents' checks first; false: one of them does not hold. */
static bool parents_hold(struct run *run, struct item *item)
{
    const char *at = item->family->parents != NULL ? item->family->parents : "";
    while (*at != '\0') {
        size_t len = strcspn(at, " ");
        struct item *parent = find_item(run, at, len);
        if (parent != NULL && parent != item) {
            char why[120];
            run_item(run, parent);
            snprintf(why, sizeof why, words("needs %s first"), parent->check->id);
            if (parent->result.outcome == FAILED)
                tell_of_parent(run, parent);
            if (parent->result.outcome == FAILED || parent->parent_failed)
                return skip(item, true, why);
        }
        at += len + (at[len] == ' ');
    }
    return true;
}

static bool shows_nothing(const struct item *item)
{
    const struct failure *failure = &item->result.failure;
    return item->result.outcome == FAILED && !failure->died &&
           (failure->observed & NOTHING_CAME) != 0;
}

/* When nothing came there are no bytes to show: what went well last. */
static void say_what_went_well(const struct run *run, struct item *item)
{
    struct failure *failure = &item->result.failure;
    if (shows_nothing(item) && failure->worked[0] == '\0' && run->last != NULL &&
        run->last->result.outcome == PASSED)
        snprintf(failure->worked, sizeof failure->worked, words("the check %s: %s"),
                 run->last->check->id, words(run->last->check->title));
}

/* False: there is no server to make it with, and so it has failed. */
static bool make_check(struct run *run, struct item *item)
{
    if (!have_server(run, item))
        return false;
    server_begin_check(&run->grading->server);
    trial_begin(&run->trial, run->grading, item->family, item->check, &item->result);
    item->family->run(&run->trial, item->check);
    if (item->result.outcome == FAILED && item->family->isolates && suspect_of(item) != NULL)
        item->result.failure.diagnosis = suspect_of(item);
    trial_suspect(&run->trial, suspect_of(item));
    trial_suspect(&run->trial,
                  diagnose_refusal(&item->result.failure.expected, &item->result.failure.came));
    if (run->grading->server.command != NULL && item->result.failure.sent.len == 0)
        trial_note_sent(&run->trial);
    look_after_server(run, item, "the server died");
    if (shows_nothing(item))
        server_explain_life(&run->grading->server, &item->result.failure.server);
    bool ended = a_connection_ended(run);
    trial_end(&run->trial);
    look_after_it_once_more(run, item, ended);
    if (item->result.failure.observed == SILENCE && item->result.outcome == FAILED)
        run->grading->was_silent = true;
    if (item->result.outcome == FAILED)
        give_up_server(run);
    return true;
}

/* -------------------------------------------------------------------------- one beside others */

static void tell_nobody(const struct plan *plan, const struct item *item)
{
    (void)plan;
    (void)item;
}

/* In the process, to its end. */
static void make_beside(struct run *run, struct item *item)
{
    static const struct told nobody = {NULL, tell_nobody};
    static struct news news;
    run->told = &nobody;
    run->news = &news;
    if (make_check(run, item))
        run->last = item;
    find_late_death(run);
    take_reports(run, item);
    give_up_server(run);
    news.result = item->result;
    news.slowest = run->grading->slowest;
    news.was_silent = run->grading->was_silent;
    beside_tell(&item->beside, &news);
}

static bool waits_here(const struct run *run, const struct item *item)
{
    return item >= &run->plan->items[run->first] && item < &run->plan->items[run->end] &&
           item->family->waits && item->selected && item->result.outcome == NOT_RUN &&
           what_it_lacks(run, item) == NULL;
}

/* As far as is known now: those that are being made, or are about to be, may fail yet. */
static bool parents_may_hold(struct run *run, const struct item *item)
{
    const char *at = item->family->parents != NULL ? item->family->parents : "";
    while (*at != '\0') {
        size_t len = strcspn(at, " ");
        const struct item *parent = find_item(run, at, len);
        if (parent != NULL && parent->result.outcome != PASSED &&
            !(waits_here(run, parent) && parents_may_hold(run, parent)))
            return false;
        at += len + (at[len] == ' ');
    }
    return true;
}

static bool may_begin(struct run *run, const struct item *item)
{
    return waits_here(run, item) && item->beside.pid == 0 && parents_may_hold(run, item);
}

/* If this check is one that waits, and not the only one of its exercise: begins all that may. Each wants
 * a server of its own, on another port. */
static void begin_those_that_wait(struct run *run, const struct item *item)
{
    struct server *server = &run->grading->server;
    struct item *end = &run->plan->items[run->end];
    size_t count = 0;
    if (!may_begin(run, item) || server->command == NULL || server->fixed_port != 0)
        return;
    for (struct item *other = &run->plan->items[run->first]; other < end; other++)
        count += may_begin(run, other);
    if (count < 2)
        return;
    give_up_server(run);
    for (struct item *other = &run->plan->items[run->first]; other < end; other++)
        if (may_begin(run, other) && beside_begin(&other->beside) == 0)
            make_beside(run, other);
}

/* Waits for it, if it is being made beside others. False: it is not, or that went wrong. */
static bool was_made_beside(struct run *run, struct item *item)
{
    static struct news news;
    struct grading *grading = run->grading;
    if (item->beside.pid == 0 || !beside_hear(&item->beside, &news))
        return false;
    item->result = news.result;
    grading->slowest = news.slowest > grading->slowest ? news.slowest : grading->slowest;
    grading->was_silent = grading->was_silent || news.was_silent;
    for (size_t i = 0; i < news.report_count; i++)
        note_report(run, &news.reports[i], item);
    return true;
}

static void run_item(struct run *run, struct item *item)
{
    if (item->result.outcome != NOT_RUN)
        return;
    if (!has_what_it_needs(run, item) || !parents_hold(run, item)) {
        beside_end(&item->beside);
        return;
    }
    find_late_death(run);
    begin_those_that_wait(run, item);
    if (!was_made_beside(run, item) && !make_check(run, item))
        return;
    say_what_went_well(run, item);
    run->last = item;
}

/* ------------------------------------------------------------------------------ all of them */

/* One exercise: the items from first to end. True if one that counts has failed. */
static bool run_exercise(struct run *run, size_t first, size_t end)
{
    bool failed = false;
    for (size_t i = first; i < end; i++) {
        struct item *item = &run->plan->items[i];
        if (item->selected)
            run_item(run, item);
        failed = failed ||
                 (item->selected && item->result.outcome == FAILED && plan_counts(run->plan, item));
    }
    return failed;
}

static size_t end_of_exercise(const struct plan *plan, size_t first)
{
    size_t end = first;
    while (end < plan->count &&
           strcmp(plan->items[end].family->exercise, plan->items[first].family->exercise) == 0)
        end++;
    return end;
}

static bool is_selected_from(const struct plan *plan, size_t first)
{
    while (first < plan->count && !plan->items[first].selected)
        first++;
    return first < plan->count;
}

void plan_run(struct plan *plan, struct grading *grading, const struct told *told)
{
    static struct run run; /* large, for its clients */
    run = (struct run){.plan = plan, .grading = grading, .told = told};
    for (size_t first = 0, end; first < plan->count; first = end) {
        end = end_of_exercise(plan, first);
        run.first = first;
        run.end = end;
        bool failed = !plan->stopped && run_exercise(&run, first, end);
        told->exercise(plan, first, end);
        plan->stopped = plan->stopped || (failed && !plan->keep_on && is_selected_from(plan, end));
    }
    find_late_death(&run);
    if (run.last != NULL)
        take_reports(&run, run.last);
    server_stop(&grading->server);
}
