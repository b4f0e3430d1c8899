/*
 * sanitizer - see sanitizer.h
 */
#include "sanitizer.h"

#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "check.h"
#include "words.h"

#define LINE_MAX_LEN 512 /* of a line, so much is looked at */

/* ----------------------------------------------------------------------------------- a line */

/* Copies one line, without its blanks in front; returns its length with the LF, 0: it has no end yet. */
static size_t take_line(char line[LINE_MAX_LEN], const unsigned char *text, size_t len)
{
    const unsigned char *lf = len > 0 ? memchr(text, '\n', len) : NULL;
    size_t whole = lf != NULL ? (size_t)(lf - text) + 1 : 0, n = 0;
    for (size_t i = 0; i + 1 < whole && n + 1 < LINE_MAX_LEN; i++)
        if (n > 0 || text[i] != ' ')
            line[n++] = text[i] >= ' ' && text[i] < 0x7F ? (char)text[i] : '?';
    line[n] = '\0';
    return whole;
}

static bool starts(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

/* ------------------------------------------------------------------------------- whose it is */

/* Where it is named in the text, as "name()": after how many other functions; -1: nowhere. */
static int named_at(const char *text, const char *name)
{
    size_t len = strlen(name);
    int others = 0;
    for (const char *at = text; len > 0 && (at = strstr(at, "()")) != NULL; at += 2, others++)
        if ((size_t)(at - text) >= len && memcmp(at - len, name, len) == 0 &&
            ((size_t)(at - text) == len ||
             !(isalnum((unsigned char)at[-(ptrdiff_t)len - 1]) || at[-(ptrdiff_t)len - 1] == '_')))
            return others;
    return -1;
}

/* The exercise that names it first among its functions: others may name it, too. */
static const char *exercise_of(const char *function)
{
    const char *best = NULL;
    int least = INT_MAX;
    for (size_t i = 0; i < exercise_count(); i++) {
        int at = named_at(exercise_at(i)->place, function);
        if (exercise_at(i)->lesson > 3 || at < 0 || at >= least)
            continue;
        best = exercise_at(i)->name;
        least = at;
    }
    return best;
}

/* ----------------------------------------------------------------------------- its parts */

/* "Write of size 8 at 0x7b by thread T6 (mutexes: write M1):" */
static bool take_side(struct sanitizer_side *side, const char *line)
{
    static const char *const actions[] = {"Write of size", "Read of size",  "Atomic write",
                                          "Atomic read",   "WRITE of size", "READ of size",
                                          "freed by",      "Mutex "};
    const char *at = starts(line, "Previous ") ? line + strlen("Previous ") : line;
    const char *by = strstr(line, " by "), *first = NULL;
    for (size_t i = 0; i < sizeof actions / sizeof *actions && first == NULL; i++)
        if (strncasecmp(at, actions[i], strlen(actions[i])) == 0)
            first = actions[i];
    if (first == NULL)
        return false;
    *side = (struct sanitizer_side){.has_lock = strstr(line, "(mutexes:") != NULL};
    snprintf(side->action, sizeof side->action, "%s",
             strncasecmp(first, "Write", 5) == 0  ? "writes"
             : strncasecmp(first, "Read", 4) == 0 ? "reads"
             : starts(first, "freed")             ? "has freed it"
             : starts(first, "Mutex")             ? "locks"
                                                  : "uses it");
    if (by != NULL)
        snprintf(side->thread, sizeof side->thread, "%.*s", (int)strcspn(by + 4, "(:,"), by + 4);
    for (size_t n = strlen(side->thread); n > 0 && side->thread[n - 1] == ' '; n--)
        side->thread[n - 1] = '\0';
    return true;
}

/* "#0 members_join lesson03_broadcast/members.c:23 (lesson03+0x4d0e)", of clang and gcc; or with "in"
 * and an address before the function. */
static void take_frame(struct sanitizer_side *side, const char *line)
{
    char function[64] = "", place[128] = "";
    const char *at = line + strcspn(line, " ");
    if (starts(at, " 0x"))
        at += 1 + strcspn(at + 1, " ");
    at = starts(at, " in ") ? at + 4 : at + (*at == ' ');
    size_t len = strcspn(at, " ");
    snprintf(function, sizeof function, "%.*s", (int)len, at);
    at += len + (at[len] == ' ');
    snprintf(place, sizeof place, "%.*s", (int)strcspn(at, " "), at);
    bool is_own = strchr(place, ':') != NULL && strstr(place, "sanitizer") == NULL;
    bool is_below_all = strcmp(function, "serve") == 0 || strcmp(function, "main") == 0;
    const char *exercise =
        is_below_all ? NULL : exercise_of(function); /* they are in every stack */
    bool is_better = side->function[0] == '\0' || (side->exercise == NULL && exercise != NULL);
    if (!is_own || !is_better)
        return;
    snprintf(side->function, sizeof side->function, "%s", function);
    snprintf(side->place, sizeof side->place, "%s", place);
    side->exercise = exercise;
}

/* The line says that there is a report; what is it? */
static bool take_headline(struct sanitizer_report *report, const char *line)
{
    const char *at = strstr(line, "Sanitizer: "), *error = strstr(line, ": runtime error: ");
    if (starts(line, "SUMMARY") || (at == NULL && error == NULL))
        return false;
    *report = (struct sanitizer_report){.exercise = NULL};
    if (error != NULL) {
        snprintf(report->what, sizeof report->what, "UndefinedBehaviorSanitizer: %.60s",
                 error + 17);
        snprintf(report->side[0].action, sizeof report->side[0].action, "does it");
        snprintf(report->side[0].place, sizeof report->side[0].place, "%.*s", (int)(error - line),
                 line);
        return true;
    }
    while (at > line && at[-1] != ' ')
        at--;
    size_t name = strcspn(at, " ") + 1, rest = strcspn(at + name, "(");
    const char *on = strstr(at + name, " on ");
    if (on != NULL && (size_t)(on - at) < name + rest)
        rest = (size_t)(on - at) - name;
    snprintf(report->what, sizeof report->what, "%.*s", (int)(name + rest), at);
    for (size_t n = strlen(report->what); n > 0 && report->what[n - 1] == ' '; n--)
        report->what[n - 1] = '\0';
    return true;
}

/* ------------------------------------------------------------------------------- all of it */

/* Who has no lock is at fault, if the other has one. */
static const char *whose(const struct sanitizer_report *report)
{
    const struct sanitizer_side *a = &report->side[0], *b = &report->side[1];
    bool second_first = a->has_lock && !b->has_lock && b->exercise != NULL;
    const char *first = second_first ? b->exercise : a->exercise;
    const char *second = second_first ? a->exercise : b->exercise;
    return first != NULL ? first : second;
}

size_t sanitizer_read(struct sanitizer_report *report, const unsigned char *text, size_t len)
{
    char line[LINE_MAX_LEN];
    size_t at = 0, sides = 0;
    bool found = false;
    struct sanitizer_side *side = NULL, ignored;
    for (size_t n; (n = take_line(line, text + at, len - at)) > 0; at += n) {
        if (!found) {
            found = take_headline(report, line);
            if (found && starts(report->what, "Undefined"))
                return at + n;
        } else if (starts(line, "SUMMARY")) {
            report->exercise = whose(report);
            return at + n;
        } else if (line[0] == '#' && side != NULL) {
            take_frame(side, line);
        } else if (line[0] != '#') {
            struct sanitizer_side *next = sides < 2 ? &report->side[sides] : &ignored;
            bool is_side = take_side(next, line);
            sides += is_side && sides < 2;
            side = is_side && next != &ignored ? next : NULL;
        }
    }
    return 0;
}

/* "thread T6" or "main thread", as the report has it; if it does not say, "it". */
static void add_thread(struct bytes *out, const char *thread)
{
    bool is_main = starts(thread, "main");
    if (starts(thread, "thread "))
        bytes_add_format(out, words("thread %s"), thread + strlen("thread "));
    else
        bytes_add_text(out, words(is_main ? "main thread" : "it"));
}

void sanitizer_explain(const struct sanitizer_report *report, struct bytes *out)
{
    bool is_race = strstr(report->what, "data race") != NULL;
    for (size_t i = 0; i < 2; i++) {
        const struct sanitizer_side *side = &report->side[i];
        if (side->action[0] == '\0' || side->place[0] == '\0')
            continue;
        bytes_add_text(out, words(i == 0 || !is_race ? "" : "and at the same time "));
        add_thread(out, side->thread);
        bytes_add_format(out, " %s", words(side->action));
        if (side->function[0] != '\0')
            bytes_add_format(out, words(" in %s()"), side->function);
        if (side->place[0] != '\0')
            bytes_add_format(out, words(", %s"), side->place);
        if (is_race)
            bytes_add_text(out,
                           words(side->has_lock ? ", with a lock held" : ", with no lock held"));
        bytes_add_text(out, "\n");
    }
}
