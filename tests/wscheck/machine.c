/*
 * machine - see machine.h
 */
#include "machine.h"

#include <stdio.h>
#include <string.h>

#include "diagnose.h"
#include "show.h"

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
    json_text(out, "expected_in_words", f->in_words[0]);
    json_text(out, "came_in_words", f->in_words[1]);
    json_text(out, "rule", item->family->rule);
    json_text(out, "place", item_place(item));
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
    json_text(out, "before", f->worked);
    bytes_add_text(out, ", \"server\": ");
    show_json(out, f->server.at, f->server.len);
    bytes_add_format(out, ", \"died\": %s", f->died ? "true" : "false");
}

static void json_item(struct bytes *out, const struct item *item)
{
    bytes_add_text(out, "    {\"id\": ");
    show_json(out, item->check->id, strlen(item->check->id));
    json_text(out, "title", item->check->title);
    json_text(out, "exercise", item->family->exercise);
    json_text(out, "level", level_name(item->family->level));
    json_text(out, "section", section_of(item->family, item->check));
    json_text(out, "outcome", outcome_name(item->result.outcome));
    if (item->result.outcome == SKIPPED)
        json_text(out, "skipped_because", item->result.skipped_because);
    if (item->result.outcome == FAILED)
        json_failure(out, item);
    bytes_add_text(out, "}");
}

void machine_json(const struct plan *plan, const struct grading *grading)
{
    struct bytes out = {0};
    struct counts c = plan_count_all(plan);
    bool first = true;
    bytes_add_format(&out,
                     "{\n  \"lesson\": %d, \"passed\": %zu, \"failed\": %zu, \"better\": %zu, "
                     "\"skipped\": %zu,\n  \"checks\": [\n",
                     grading->lesson, c.passed, c.failed, c.better, c.skipped);
    for (size_t i = 0; i < plan_size(plan); i++) {
        if (!plan_at(plan, i)->selected)
            continue;
        bytes_add_text(&out, first ? "" : ",\n");
        first = false;
        json_item(&out, plan_at(plan, i));
    }
    bytes_add_text(&out, "\n  ]\n}\n");
    fwrite(out.at, 1, out.len, stdout);
    bytes_free(&out);
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
        printf(" # TODO better: %s", section_of(item->family, item->check));
    printf("\n");
    if (failed) {
        const struct diagnosis *diagnosis = diagnosis_find(item->result.failure.diagnosis);
        printf("# %s\n# %s: %s\n", item->result.failure.problem,
               section_of(item->family, item->check), item->family->rule);
        if (diagnosis != NULL)
            printf("# %s\n", diagnosis->text);
    }
}

void machine_tap(const struct plan *plan)
{
    size_t number = 0;
    for (size_t i = 0; i < plan_size(plan); i++)
        if (plan_at(plan, i)->selected)
            tap_item(plan, plan_at(plan, i), ++number);
    printf("1..%zu\n", number);
}
