/*
 * report - see report.h
 */
#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diagnose.h"
#include "show.h"

static enum report_form form;
static bool colour;

/* ------------------------------------------------------------------------------- the basics */

#define BOLD  "1"
#define RED   "31"
#define GREEN "32"
#define AMBER "33"

static void in_colour(const char *code, const char *text)
{
    if (colour)
        printf("\033[%sm%s\033[0m", code, text);
    else
        fputs(text, stdout);
}

static void flush_bytes(struct bytes *b)
{
    fwrite(b->at, 1, b->len, stdout);
    bytes_free(b);
}

void report_init(enum report_form chosen)
{
    const char *no_color = getenv("NO_COLOR");
    form = chosen;
    colour =
        form == REPORT_TEXT && isatty(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0');
}

static const char *level_name(enum level level)
{
    return level == MUST ? "must" : "better";
}

/* How many of the items have come out so. */
struct counts {
    size_t passed, failed, better, skipped;
};

static struct counts count(const struct plan *plan, size_t first, size_t end)
{
    struct counts counts = {0};
    for (size_t i = first; i < end; i++) {
        const struct item *item = &plan->items[i];
        if (!item->selected)
            continue;
        counts.passed += item->result.outcome == PASSED;
        counts.skipped += item->result.outcome == SKIPPED;
        if (item->result.outcome == FAILED)
            *(plan_counts(plan, item) ? &counts.failed : &counts.better) += 1;
    }
    return counts;
}

size_t report_failures(const struct plan *plan)
{
    return count(plan, 0, plan->count).failed;
}

/* -------------------------------------------------------------------------------- a failure */

/* Does it look like the text of HTTP? */
static bool is_text(const unsigned char *at, size_t len)
{
    for (size_t i = 0; i < len && i < 40; i++)
        if ((at[i] < ' ' || at[i] > 0x7E) && at[i] != '\r' && at[i] != '\n' && at[i] != '\t')
            return false;
    return len > 0;
}

static void add_sent(struct bytes *out, const struct failure *f)
{
    if (f->sent.len == 0)
        return;
    bool text = is_text(f->sent.at, f->sent.len) && f->sent.len > 4;
    show_bytes(out, &(struct shown){.label = "sent",
                                    .at = f->sent.at,
                                    .len = f->sent.len,
                                    .caret = SHOW_NO_CARET,
                                    .is_text = text});
}

/* Expected and came, one below the other, and the caret under the first wrong byte. */
static void add_difference(struct bytes *out, const struct failure *f)
{
    size_t from = show_window(f->at, f->is_text);
    if (f->in_words[0][0] != '\0')
        show_paragraph(out, "expected", f->in_words[0]);
    else if (f->expected.len > 0)
        show_bytes(out, &(struct shown){"expected", f->expected.at, f->expected.len, from,
                                        SHOW_NO_CARET, f->is_text});
    if (f->came.len > 0)
        show_bytes(out, &(struct shown){"came", f->came.at, f->came.len, from, f->at, f->is_text});
    else if (f->in_words[1][0] != '\0')
        show_paragraph(out, "came", f->in_words[1]);
    else if (f->expected.len > 0)
        show_paragraph(out, "came", "nothing");
}

static void add_death(struct bytes *out, const struct failure *f)
{
    if (f->death.len == 0)
        return;
    const unsigned char *at = f->death.at, *end = at + f->death.len;
    while (at < end) {
        const unsigned char *lf = memchr(at, '\n', (size_t)(end - at));
        int len = (int)((lf != NULL ? lf : end) - at);
        bytes_add_format(out, "    %-11s%.*s\n", at == f->death.at ? "server" : "", len,
                         (const char *)at);
        at += len + 1;
    }
}

static void show_failure(const struct item *item)
{
    const struct failure *f = &item->result.failure;
    const struct diagnosis *diagnosis = diagnosis_find(f->diagnosis);
    const struct exercise *exercise = exercise_find(item->family->exercise);
    struct bytes out = {0};
    printf("\n");
    in_colour(RED, "FAILED ");
    in_colour(BOLD, item->check->id);
    printf("  %s  [%s, %s]\n", item->check->title, level_name(item->family->level),
           item->family->section);
    show_paragraph(&out, "problem", f->problem);
    add_sent(&out, f);
    add_difference(&out, f);
    add_death(&out, f);
    show_paragraph(&out, "rule", item->family->rule);
    if (diagnosis != NULL)
        show_paragraph(&out, "diagnosis", diagnosis->text);
    show_paragraph(&out, "look at", exercise->place);
    if (f->replay.len > 0)
        bytes_add_format(&out, "    %-11s%.*s\n", "by hand", (int)f->replay.len,
                         (const char *)f->replay.at);
    flush_bytes(&out);
}

/* ---------------------------------------------------------------------------------- as text */

static void show_counts(struct counts c)
{
    if (c.failed > 0)
        in_colour(RED, "FAILED");
    else if (c.passed == 0)
        in_colour(AMBER, "skipped");
    else
        in_colour(GREEN, "ok");
    printf("\t%zu of %zu", c.passed, c.passed + c.failed + c.better + c.skipped);
    if (c.better > 0)
        printf(", %zu could be better", c.better);
    if (c.skipped > 0)
        printf(", %zu skipped", c.skipped);
    printf("\n");
}

/* Why were they skipped? The first reason stands for all. */
static void show_skipped(const struct plan *plan, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        if (plan->items[i].selected && plan->items[i].result.outcome == SKIPPED) {
            printf("  %-15s%s: %s\n", "", plan->items[i].check->id,
                   plan->items[i].result.skipped_because);
            return;
        }
}

void report_begin(const struct grading *grading)
{
    const struct server *server = &grading->server;
    if (form != REPORT_TEXT)
        return;
    if (server->command != NULL)
        printf("wscheck: lesson %d, %s\n\n", grading->lesson, server->command);
    else
        printf("wscheck: lesson %d, %s port %u\n\n", grading->lesson, server->host, server->port);
}

void report_exercise(const struct plan *plan, size_t first, size_t end)
{
    struct counts counts = count(plan, first, end);
    if (form != REPORT_TEXT || counts.passed + counts.failed + counts.better + counts.skipped == 0)
        return;
    printf("  %-15s", plan->items[first].family->exercise);
    show_counts(counts);
    if (counts.failed == 0 && counts.skipped > 0)
        show_skipped(plan, first, end);
    for (size_t i = first; i < end; i++)
        if (plan->items[i].selected && plan->items[i].result.outcome == FAILED &&
            plan_counts(plan, &plan->items[i]))
            show_failure(&plan->items[i]);
    fflush(stdout);
}

void report_late(const struct plan *plan, const struct item *item)
{
    if (form == REPORT_TEXT && plan_counts(plan, item) && item->selected)
        show_failure(item);
}

/* What is not required, but could be better: one line each. */
static void show_betters(const struct plan *plan)
{
    bool first = true;
    for (size_t i = 0; i < plan->count; i++) {
        const struct item *item = &plan->items[i];
        if (!item->selected || item->result.outcome != FAILED || plan_counts(plan, item))
            continue;
        if (first)
            printf("\nThe RFC does not demand these, but the course does "
                   "(--strict, or --only ID, tells all about them):\n");
        first = false;
        printf("  %-26s %s: %s\n", item->check->id, item->check->title,
               item->result.failure.problem);
    }
}

static void end_text(const struct plan *plan, const struct grading *grading)
{
    struct counts c = count(plan, 0, plan->count);
    show_betters(plan);
    printf("\nlesson %d: ", grading->lesson);
    if (c.failed > 0)
        in_colour(RED, "not yet");
    else
        in_colour(GREEN, "all that must hold does");
    printf(" (%zu passed, %zu failed, %zu could be better, %zu skipped)\n", c.passed, c.failed,
           c.better, c.skipped);
    if (plan->stopped)
        printf("Stopped at the first exercise that fails; -k goes on.\n");
}

/* ---------------------------------------------------------------------------------- as JSON */

static const char *outcome_name(enum outcome outcome)
{
    static const char *const names[] = {"not run", "passed", "failed", "skipped"};
    return names[outcome];
}

static void json_text(struct bytes *out, const char *name, const char *text)
{
    bytes_add_format(out, ", \"%s\": ", name);
    show_json(out, text, strlen(text));
}

#define JSON_BYTES_MAX 256 /* of each row: the beginning of a long one tells enough */

static void json_hex(struct bytes *out, const char *name, const struct bytes *b)
{
    bytes_add_format(out, ", \"%s\": \"", name);
    for (size_t i = 0; i < b->len && i < JSON_BYTES_MAX; i++)
        bytes_add_format(out, "%02x", b->at[i]);
    bytes_add_text(out, "\"");
}

static void json_failure(struct bytes *out, const struct item *item)
{
    const struct failure *f = &item->result.failure;
    const struct diagnosis *diagnosis = diagnosis_find(f->diagnosis);
    json_text(out, "problem", f->problem);
    json_text(out, "rule", item->family->rule);
    json_text(out, "place", exercise_find(item->family->exercise)->place);
    json_hex(out, "sent", &f->sent);
    json_hex(out, "expected", &f->expected);
    json_hex(out, "came", &f->came);
    bytes_add_format(out, ", \"at\": %zu", f->at);
    if (diagnosis != NULL) {
        json_text(out, "diagnosis_id", diagnosis->id);
        json_text(out, "diagnosis", diagnosis->text);
    }
    bytes_add_text(out, ", \"replay\": ");
    show_json(out, f->replay.at, f->replay.len);
    bytes_add_text(out, ", \"death\": ");
    show_json(out, f->death.at, f->death.len);
}

static void json_item(struct bytes *out, const struct item *item)
{
    bytes_add_text(out, "    {\"id\": ");
    show_json(out, item->check->id, strlen(item->check->id));
    json_text(out, "title", item->check->title);
    json_text(out, "exercise", item->family->exercise);
    json_text(out, "level", level_name(item->family->level));
    json_text(out, "section", item->family->section);
    json_text(out, "outcome", outcome_name(item->result.outcome));
    if (item->result.outcome == SKIPPED)
        json_text(out, "skipped_because", item->result.skipped_because);
    if (item->result.outcome == FAILED)
        json_failure(out, item);
    bytes_add_text(out, "}");
}

static void end_json(const struct plan *plan, const struct grading *grading)
{
    struct bytes out = {0};
    struct counts c = count(plan, 0, plan->count);
    bool first = true;
    bytes_add_format(&out,
                     "{\n  \"lesson\": %d, \"passed\": %zu, \"failed\": %zu, \"better\": %zu, "
                     "\"skipped\": %zu,\n  \"checks\": [\n",
                     grading->lesson, c.passed, c.failed, c.better, c.skipped);
    for (size_t i = 0; i < plan->count; i++) {
        if (!plan->items[i].selected)
            continue;
        bytes_add_text(&out, first ? "" : ",\n");
        first = false;
        json_item(&out, &plan->items[i]);
    }
    bytes_add_text(&out, "\n  ]\n}\n");
    flush_bytes(&out);
}

/* ----------------------------------------------------------------------------------- as TAP */

/* Anything but a failure that counts is "ok" or a directive (TAP 13). */
static void tap_item(const struct plan *plan, const struct item *item, size_t number)
{
    bool failed = item->result.outcome == FAILED;
    printf("%sok %zu - %s: %s", failed || item->result.outcome == NOT_RUN ? "not " : "", number,
           item->check->id, item->check->title);
    if (item->result.outcome == SKIPPED)
        printf(" # SKIP %s", item->result.skipped_because);
    else if (item->result.outcome == NOT_RUN)
        printf(" # TODO not run: an exercise before it fails");
    else if (failed && !plan_counts(plan, item))
        printf(" # TODO better: %s", item->family->section);
    printf("\n");
    if (failed) {
        const struct diagnosis *diagnosis = diagnosis_find(item->result.failure.diagnosis);
        printf("# %s\n# %s: %s\n", item->result.failure.problem, item->family->section,
               item->family->rule);
        if (diagnosis != NULL)
            printf("# %s\n", diagnosis->text);
    }
}

static void end_tap(const struct plan *plan)
{
    size_t number = 0;
    for (size_t i = 0; i < plan->count; i++)
        if (plan->items[i].selected)
            tap_item(plan, &plan->items[i], ++number);
    printf("1..%zu\n", number);
}

void report_end(const struct plan *plan, const struct grading *grading)
{
    if (form == REPORT_JSON)
        end_json(plan, grading);
    else if (form == REPORT_TAP)
        end_tap(plan);
    else
        end_text(plan, grading);
    fflush(stdout);
}

/* ---------------------------------------------------------------------------- list and hint */

void report_list(const struct plan *plan)
{
    const char *exercise = "";
    for (size_t i = 0; i < plan->count; i++) {
        const struct item *item = &plan->items[i];
        if (strcmp(exercise, item->family->exercise) != 0) {
            const struct exercise *e = exercise_find(item->family->exercise);
            printf("%s%s: %s\n", i > 0 ? "\n" : "", e->name, e->title);
        }
        exercise = item->family->exercise;
        printf("  %-28s %-7s %-24s %s\n", item->check->id, level_name(item->family->level),
               item->family->section, item->check->title);
    }
}

bool report_hint(const struct plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct item *item = &plan->items[i];
        struct bytes out = {0};
        if (strcmp(item->check->id, name) != 0 && strcmp(item->family->exercise, name) != 0)
            continue;
        printf("%s: %s  [%s, exercise %s]\n", item->check->id, item->check->title,
               level_name(item->family->level), item->family->exercise);
        bytes_add_format(&out, "    %-11s%s\n", "section", item->family->section);
        show_paragraph(&out, "rule", item->family->rule);
        show_paragraph(&out, "symptom", item->family->symptom);
        const struct diagnosis *diagnosis = diagnosis_find(
            item->check->suspect != NULL ? item->check->suspect : item->family->suspect);
        if (diagnosis != NULL)
            show_paragraph(&out, "often", diagnosis->text);
        show_paragraph(&out, "look at", exercise_find(item->family->exercise)->place);
        flush_bytes(&out);
        return true;
    }
    return false;
}
