/*
 * report - see report.h
 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/terminal.h"
#include "../../common/wrap.h"
#include "diagnose.h"
#include "hints.h"
#include "machine.h"
#include "show.h"
#include "words.h"

static enum report_form form;
static bool colour;
static const struct grading *grading; /* the one that is told of */
static bool after_failure;            /* the last that was printed is one */

/* ------------------------------------------------------------------------------- the basics */

#define BOLD  "1"
#define RED   "31"
#define GREEN "32"
#define AMBER "33"

#define IN_FULL   3  /* so many failures of an exercise are explained */
#define BAR_WIDTH 40 /* characters */
#define LEAST     40 /* columns: in fewer, breaking lines helps nobody */

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

/* How many columns it takes, as long as it is one line. */
static size_t wide(const char *text)
{
    return wrap_columns(text, strlen(text));
}

/* printf() in the reader's language. */
LIKE_PRINTF(1, 2)
static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(words(format), arguments);
    va_end(arguments);
}

/* The same, to go on with a line of so many columns, to its end. */
LIKE_PRINTF(3, 4)
static void end_line(size_t column, size_t hang, const char *format, ...)
{
    struct bytes out = {0};
    char text[2000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, words(format), arguments);
    va_end(arguments);
    show_words(&out, column, hang, text);
    bytes_add_text(&out, "\n");
    flush_bytes(&out);
}

static bool is_for_people(void)
{
    return form == REPORT_TEXT || form == REPORT_BRIEF;
}

void report_init(enum report_form chosen)
{
    const char *no_color = getenv("NO_COLOR");
    form = chosen;
    colour = is_for_people() && isatty(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0');
    if (!is_for_people())
        words_stay_english();
    size_t columns = terminal_columns(STDOUT_FILENO);
    show_set_columns(columns >= LEAST ? columns : 0);
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
    if (f->sent.len > 0)
        show_bytes(out, &(struct shown){.label = "sent",
                                        .bytes = f->sent.at,
                                        .len = f->sent.len,
                                        .is_text = is_text(f->sent.at, f->sent.len)});
}

/* Expected and came, one below the other, and the caret under the first wrong byte. */
static void add_difference(struct bytes *out, const struct failure *f)
{
    struct shown expected = {.label = "expected",
                             .bytes = f->expected.at,
                             .len = f->expected.len,
                             .at = f->at,
                             .is_text = f->is_text};
    struct shown came = {.label = "came",
                         .bytes = f->came.at,
                         .len = f->came.len,
                         .at = f->at,
                         .has_caret = true,
                         .is_text = f->is_text};
    if (f->in_words[0][0] != '\0')
        show_paragraph(out, "expected", f->in_words[0]);
    else if (f->expected.len > 0)
        show_bytes(out, &expected);
    if (f->came.len > 0)
        show_bytes(out, &came);
    else if (f->in_words[1][0] != '\0')
        show_paragraph(out, "came", f->in_words[1]);
    else if (f->expected.len > 0)
        show_paragraph(out, "came", words("nothing"));
}

static void add_server(struct bytes *out, const struct failure *f)
{
    if (f->server.len == 0)
        return;
    const unsigned char *at = f->server.at, *end = at + f->server.len;
    while (at < end) {
        const unsigned char *lf = memchr(at, '\n', (size_t)(end - at));
        int len = (int)((lf != NULL ? lf : end) - at);
        show_label(out, at == f->server.at ? "server" : "");
        bytes_add(out, at, (size_t)len);
        bytes_add_text(out, "\n");
        at += len + 1;
    }
}

/* How to see it again without wscheck. */
static void add_by_hand(struct bytes *out, const struct item *item)
{
    const struct server *server = &grading->server;
    const struct start *start = item->family->start != NULL ? item->family->start : &start_usual;
    const struct bytes *replay = &item->result.failure.replay;
    if (replay->len == 0)
        return;
    show_label(out, "by hand");
    if (server->command != NULL) {
        bytes_add_format(out, words("start  %s%s%s --port %u%s%s\n"), start->before,
                         *start->before != '\0' ? " " : "", server->command,
                         server_port_by_hand(server), *start->options != '\0' ? " " : "",
                         start->options);
        show_label(out, "");
        bytes_add_text(out, words("and in another terminal:\n"));
        show_label(out, "");
    }
    bytes_add(out, replay->at, replay->len);
    bytes_add_text(out, "\n");
}

static void show_title(const struct item *item)
{
    const char *failed = words("FAILED ");
    printf("\n");
    in_colour(RED, failed);
    in_colour(BOLD, item->check->id);
    printf("  ");
    end_line(wide(failed) + strlen(item->check->id) + 2, wide(failed), "%s  [%s, %s]",
             words(item->check->title), words(level_name(item->family->level)),
             words(section_of(item->family, item->check)));
}

static void show_failure(const struct item *item)
{
    const struct failure *f = &item->result.failure;
    const struct diagnosis *diagnosis = diagnosis_find(f->diagnosis);
    struct bytes out = {0};
    show_title(item);
    show_paragraph(&out, "problem", f->problem);
    add_sent(&out, f);
    add_difference(&out, f);
    if (f->worked[0] != '\0' && (f->observed & NOTHING_CAME))
        show_paragraph(&out, "before", f->worked);
    add_server(&out, f);
    show_paragraph(&out, "rule", words(item->family->rule));
    if (diagnosis != NULL)
        show_paragraph(&out, "diagnosis", words(diagnosis->text));
    show_paragraph(&out, "look at", words(item_place(item)));
    add_by_hand(&out, item);
    flush_bytes(&out);
}

static void show_in_a_line(const struct item *item)
{
    int width = printf("  %-26s ", item->check->id);
    end_line((size_t)width, 29, "%s: %s", words(item->check->title), item->result.failure.problem);
}

/* ---------------------------------------------------------------------------------- as text */

static void show_counts(struct counts c)
{
    if (c.failed > 0)
        in_colour(RED, words("FAILED "));
    else if (c.passed == 0)
        in_colour(AMBER, words("skipped"));
    else
        in_colour(GREEN, words("ok     "));
    say("  %zu of %zu", c.passed, c.all);
    if (c.better > 0)
        say(", %zu could be better", c.better);
    if (c.skipped > 0)
        say(", %zu skipped", c.skipped);
    printf("\n");
}

/* Why were they skipped? The first reason stands for all. */
static void show_skipped(const struct plan *plan, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        if (plan->items[i].selected && plan->items[i].result.outcome == SKIPPED) {
            printf("  %-15s", "");
            end_line(17, 17, "%s: %s", plan->items[i].check->id,
                     plan->items[i].result.skipped_because);
            return;
        }
}

void report_begin(const struct grading *chosen)
{
    const struct server *server = &chosen->server;
    grading = chosen;
    if (!is_for_people())
        return;
    if (server->command != NULL)
        say("wscheck: %s, %s\n\n", words(lesson_name(grading->lesson)), server->command);
    else
        say("wscheck: %s, %s port %u\n\n", words(lesson_name(grading->lesson)), server->host,
            server->port);
    fflush(stdout);
}

static bool counts_as_failed(const struct plan *plan, const struct item *item)
{
    return item->selected && item->result.outcome == FAILED && plan_counts(plan, item);
}

/* Is it told in full, or only in short? Whoever has forgotten one `if` need not read the same forty
 * times: of each family the first, and of an exercise not more than IN_FULL. */
static bool is_told_in_full(const struct plan *plan, size_t first, const struct item *item)
{
    const struct family *last = NULL;
    size_t families = 0;
    for (const struct item *other = &plan->items[first]; other < item; other++) {
        if (!counts_as_failed(plan, other))
            continue;
        if (other->family == item->family)
            return false;
        families += other->family != last;
        last = other->family;
    }
    return families < IN_FULL;
}

static void show_failures(const struct plan *plan, size_t first, size_t end)
{
    bool short_ones = false;
    for (size_t i = first; i < end; i++)
        if (counts_as_failed(plan, &plan->items[i])) {
            if (is_told_in_full(plan, first, &plan->items[i]))
                show_failure(&plan->items[i]);
            else
                short_ones = true;
        }
    if (short_ones)
        say("\nThese failed too; --only ID tells all about one:\n");
    for (size_t i = first; i < end && short_ones; i++)
        if (counts_as_failed(plan, &plan->items[i]) &&
            !is_told_in_full(plan, first, &plan->items[i]))
            show_in_a_line(&plan->items[i]);
}

void report_exercise(const struct plan *plan, size_t first, size_t end)
{
    struct counts counts = plan_count(plan, first, end);
    if (!is_for_people() || counts.all == 0 || (plan->stopped && form != REPORT_BRIEF))
        return;
    printf("%s  %-15s", after_failure ? "\n" : "", plan->items[first].family->exercise);
    if (plan->stopped) {
        say("later\n");
        return;
    }
    show_counts(counts);
    if (counts.failed == 0 && counts.skipped > 0)
        show_skipped(plan, first, end);
    if (form == REPORT_TEXT)
        show_failures(plan, first, end);
    after_failure = form == REPORT_TEXT && counts.failed > 0;
    fflush(stdout);
}

void report_late(const struct plan *plan, const struct item *item)
{
    if (form != REPORT_TEXT || !counts_as_failed(plan, item))
        return;
    show_failure(item);
    after_failure = true;
}

/* What is not required, but could be better: one line each. */
static void show_recommendations(const struct plan *plan)
{
    bool first = true;
    for (size_t i = 0; i < plan->count; i++) {
        const struct item *item = &plan->items[i];
        if (!item->selected || item->result.outcome != FAILED || plan_counts(plan, item))
            continue;
        if (first) {
            printf("\n");
            end_line(0, 0,
                     "The RFC does not demand these, but the course does "
                     "(--strict, or --only ID, tells all about them):");
        }
        first = false;
        show_in_a_line(item);
    }
}

/* The first check that failed, which is the one to work on next. */
static const struct item *first_failed(const struct plan *plan)
{
    for (size_t i = 0; i < plan_size(plan); i++)
        if (counts_as_failed(plan, plan_at(plan, i)))
            return plan_at(plan, i);
    return NULL;
}

/* "./wscheck --lesson 2 --server ./server", or how else it was called. */
static void show_command(void)
{
    const struct server *server = &grading->server;
    printf("./wscheck %s", lesson_option(grading->lesson));
    if (server->command != NULL)
        printf(strpbrk(server->command, " '\"$") != NULL ? " --server \"%s\"" : " --server %s",
               server->command);
    if (server->fixed_port != 0)
        printf(" --port %u", server->fixed_port);
    if (server->command == NULL && strcmp(server->host, "127.0.0.1") != 0)
        printf(" --host %s", server->host);
}

static void show_next_step(const struct plan *plan, const struct item *next)
{
    if (plan->stopped)
        say("Stopped at the first exercise that fails; -k goes on.\n");
    const struct exercise *exercise = exercise_find(next->family->exercise);
    say("Next exercise:    %s, %s\n", exercise->name, words(exercise->title));
    if (next >= plan->items &&
        next < plan->items + plan->count) { /* what a sanitizer finds is in no list */
        say("One check alone:  ");
        show_command();
        printf(" --only %s\n", next->check->id);
        say("More about it:    ./wscheck --hint %s\n", next->check->id);
    }
}

static void end_text(const struct plan *plan)
{
    struct counts c = plan_count_all(plan);
    show_recommendations(plan);
    const char *verdict = words(c.failed > 0 ? "not yet" : "all that must hold does");
    const char *lesson = words(lesson_name(grading->lesson)), *colon = words(": ");
    printf("\n%s%s", lesson, colon);
    in_colour(c.failed > 0 ? RED : GREEN, verdict);
    end_line(wide(lesson) + wide(colon) + wide(verdict), 2,
             " (%zu passed, %zu failed, %zu could be better, %zu skipped)", c.passed, c.failed,
             c.better, c.skipped);
    if (c.failed > 0)
        show_next_step(plan, first_failed(plan));
}

/* How far it is: a bar, and where to go on. */
static void end_brief(const struct plan *plan)
{
    struct counts c = plan_count_all(plan);
    const struct item *next = first_failed(plan);
    size_t done = c.all > 0 ? c.passed * BAR_WIDTH / c.all : 0;
    printf("\n  [");
    for (size_t i = 0; i < BAR_WIDTH; i++)
        putchar(i < done ? '#' : '.');
    say("]  %s: %zu of %zu", words(lesson_name(grading->lesson)), c.passed, c.all);
    if (next != NULL)
        say(", next is %s", next->family->exercise);
    printf("\n");
    if (next != NULL) {
        say("  What is wrong:  ");
        show_command();
        printf("\n");
    }
    printf("\n");
}

/* -------------------------------------------------------------------------------- whichever */

void report_end(const struct plan *plan)
{
    switch (form) {
    case REPORT_JSON: machine_json(plan, grading); break;
    case REPORT_TAP: machine_tap(plan); break;
    case REPORT_BRIEF: end_brief(plan); break;
    case REPORT_TEXT: end_text(plan); break;
    }
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
            say("%s%s: %s\n", i > 0 ? "\n" : "", e->name, words(e->title));
        }
        exercise = item->family->exercise;
        struct bytes left = {0};
        bytes_add_format(&left, "  %-28s ", item->check->id);
        show_padded(&left, words(level_name(item->family->level)), 8);
        show_padded(&left, words(section_of(item->family, item->check)), 24);
        bytes_add_text(&left, " ");
        size_t column = wrap_columns((const char *)left.at, left.len);
        flush_bytes(&left);
        end_line(column, 31, "%s", words(item->check->title));
    }
}

static void hint_question(struct bytes *out, const struct item *item)
{
    show_paragraph(out, "symptom", words(item->family->symptom));
    show_paragraph(out, "ask", words(hints_find(item->family->exercise)->question));
}

static void hint_rule(struct bytes *out, const struct item *item)
{
    const struct diagnosis *diagnosis =
        diagnosis_find(item->check->suspect != NULL ? item->check->suspect : item->family->suspect);
    show_label(out, "section");
    bytes_add_format(out, "%s\n", words(section_of(item->family, item->check)));
    show_paragraph(out, "rule", words(item->family->rule));
    if (diagnosis != NULL)
        show_paragraph(out, "often", words(diagnosis->text));
    show_paragraph(out, "look at", words(exercise_find(item->family->exercise)->place));
}

static void hint_shape(struct bytes *out, const struct item *item)
{
    show_paragraph(out, "shape", words(hints_find(item->family->exercise)->shape));
}

/* The steps of a hint. Whoever wants the next says --hint once more in the same command: so a hint is
 * the same today and tomorrow, and nothing has to be remembered anywhere. */
static const struct {
    void (*add)(struct bytes *out, const struct item *item);
    const char *next; /* what the next one is about */
} hint_steps[HINT_STEPS] = {
    {hint_question, "the rule, and the place"},
    {hint_rule, "the shape of the code"},
    {hint_shape, NULL},
};

static void show_hint(const struct item *item, const char *name, unsigned step)
{
    struct bytes out = {0};
    end_line(0, 4, "%s: %s  [%s, exercise %s]", item->check->id, words(item->check->title),
             words(level_name(item->family->level)), item->family->exercise);
    hint_steps[step - 1].add(&out, item);
    if (hint_steps[step - 1].next != NULL) {
        bytes_add_format(&out, words("\nAgain, for %s:\n  ./wscheck"),
                         words(hint_steps[step - 1].next));
        for (unsigned i = 0; i <= step; i++)
            bytes_add_format(&out, " --hint %s", name);
        bytes_add_text(&out, "\n");
    }
    flush_bytes(&out);
}

bool report_hint(const struct plan *plan, const char *name, unsigned step)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct item *item = &plan->items[i];
        if (strcmp(item->check->id, name) != 0 && strcmp(item->family->exercise, name) != 0)
            continue;
        show_hint(item, name, step < HINT_STEPS ? step : HINT_STEPS);
        return true;
    }
    return false;
}
