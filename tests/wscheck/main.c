/*
 * wscheck - grades a WebSocket server, and tells its author what is wrong and why
 *
 *     ./wscheck --lesson 2 --server ./server       starts it on a free port, grades it, stops it
 *     ./wscheck --lesson 2 --port 8080             grades one that is running, written in anything
 *
 * From the bottom up:
 *
 *     bytes, words, show          rows of bytes; English or Chinese; bytes as people read them
 *     frame, http                 what is sent and received, as bytes       (pure)
 *     wire, server                sockets with deadlines; the server's process
 *     check, hints                what a check is; exercises, and hints for them
 *     sanitizer                   what a sanitizer has reported             (pure)
 *     trial, peer, expect         the steps that checks are made of
 *     diagnose                    which mistake makes such bytes            (pure)
 *     checks_*.c                  the checks, in tables: begin reading there
 *     beside, grade               run them, several at the same time if they mostly wait
 *     report, main                tell of them
 *
 * It shares nothing of the protocol with the servers under test, so that a fault there is not blessed by
 * itself: of common/ it has language, terminal and wrap.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "grade.h"
#include "report.h"
#include "words.h"

#define PATIENCE 5.0 /* seconds; only a server that does not answer is waited for so long */

struct settings {
    struct grading grading;
    struct plan plan;
    enum report_form form;
    const char *hint;
    unsigned hint_step; /* how often it was said */
    const char *only[32];
    size_t only_count;
    const char *except[32];
    size_t except_count;
    bool list;
};

static const char *const usage[] = {
    "usage: wscheck --lesson N --server COMMAND [options]   start, grade and stop it",
    "       wscheck --lesson N --port P [--host H]          grade one that is running",
    "       wscheck [--lesson N] --list                     all checks",
    "       wscheck --hint ID [--hint ID [--hint ID]]       question; rule; shape",
    "",
    "  -l, --lesson N      1 handshake, 2 frames, 3 broadcast",
    "      --challenge C   a to e, instead of a lesson",
    "  -s, --server CMD    the server's program; it must take --port N, and print",
    "                      \"listening on http://127.0.0.1:PORT/\" when N is 0",
    "  -p, --port P        where it listens; with --server: the port that it gets",
    "  -H, --host H        (127.0.0.1)",
    "  -k                  go on after an exercise that fails",
    "      --strict        what is better than required counts too",
    "      --only ID       only this check, or this exercise; may be repeated",
    "      --except ID     not this check, or this exercise; may be repeated",
    "      --chop N        send everything in segments of N bytes",
    "      --timeout S     how long to wait for what must come (5)",
    "      --brief         a line for each exercise, and how far it is in all",
    "      --json, --tap   for machines",
    "  -h, --help          this",
    "",
    "Exit status: 0 all that must hold does, 1 not, 2 wrong usage.",
};

static void print_usage(void)
{
    for (size_t i = 0; i < sizeof usage / sizeof *usage; i++)
        puts(words(usage[i]));
}

static int usage_error(const char *problem)
{
    fprintf(stderr, words("wscheck: %s\nTry ./wscheck --help\n"), words(problem));
    return 2;
}

/* At the word behind which getopt_long() has stopped, or inside of which. */
static int option_error(char **argv)
{
    const char *word = argv[optind - 1][0] == '-' ? argv[optind - 1] : argv[optind];
    char problem[300];
    snprintf(problem, sizeof problem,
             words("%.100s: there is no such option, or it lacks a value, or takes none"), word);
    return usage_error(problem);
}

/* ---------------------------------------------------------------------------------- options */

enum { STRICT = 256, ONLY, EXCEPT, CHOP, LIST, HINT, BRIEF, JSON, TAP, TIMEOUT, CHALLENGE_OPTION };

static const struct option long_options[] = {
    {"lesson", required_argument, NULL, 'l'},
    {"challenge", required_argument, NULL, CHALLENGE_OPTION},
    {"server", required_argument, NULL, 's'},
    {"port", required_argument, NULL, 'p'},
    {"host", required_argument, NULL, 'H'},
    {"help", no_argument, NULL, 'h'},
    {"strict", no_argument, NULL, STRICT},
    {"only", required_argument, NULL, ONLY},
    {"except", required_argument, NULL, EXCEPT},
    {"chop", required_argument, NULL, CHOP},
    {"list", no_argument, NULL, LIST},
    {"hint", required_argument, NULL, HINT},
    {"brief", no_argument, NULL, BRIEF},
    {"json", no_argument, NULL, JSON},
    {"tap", no_argument, NULL, TAP},
    {"timeout", required_argument, NULL, TIMEOUT},
    {NULL, 0, NULL, 0}};

/* A whole number from low to high; false: it is none. */
static bool number(const char *text, long low, long high, long *value)
{
    char *end;
    *value = strtol(text, &end, 10);
    return end != text && *end == '\0' && *value >= low && *value <= high;
}

static bool set_timeout(struct settings *s, const char *text)
{
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || *end != '\0' || !(seconds >= 0.05 && seconds <= 600))
        return false;
    s->grading.patience = (int)(seconds * 1000);
    return true;
}

/* Takes one option; returns what is wrong with it, or NULL. */
static const char *take_option(struct settings *s, int option, const char *value)
{
    long n = 0;
    switch (option) {
    case 'l':
        if (!number(value, 1, 3, &n))
            return "--lesson is 1, 2 or 3";
        s->grading.lesson = (int)n;
        return NULL;
    case CHALLENGE_OPTION:
        if (value[0] < 'a' || value[0] > 'e' || value[1] != '\0')
            return "--challenge is a letter from a to e";
        s->grading.lesson = (int)CHALLENGE_NUMBER(value[0]);
        return NULL;
    case 's': s->grading.server.command = value; return NULL;
    case 'p':
        if (!number(value, 1, 65535, &n))
            return "--port is a number from 1 to 65535";
        s->grading.server.port = s->grading.server.fixed_port = (unsigned)n;
        return NULL;
    case CHOP:
        if (!number(value, 1, 1000000, &n))
            return "--chop is a number of bytes";
        s->grading.chop = (size_t)n;
        return NULL;
    case 'H': s->grading.server.host = value; return NULL;
    case 'k': s->plan.keep_on = true; return NULL;
    case STRICT: s->plan.strict = true; return NULL;
    case ONLY:
        if (s->only_count == sizeof s->only / sizeof *s->only)
            return "too many --only";
        s->only[s->only_count++] = value;
        return NULL;
    case EXCEPT:
        if (s->except_count == sizeof s->except / sizeof *s->except)
            return "too many --except";
        s->except[s->except_count++] = value;
        return NULL;
    case LIST: s->list = true; return NULL;
    case HINT:
        if (s->hint != NULL && strcmp(s->hint, value) != 0)
            return "--hint is about one check or exercise at a time";
        s->hint = value;
        s->hint_step++;
        return NULL;
    case BRIEF: s->form = REPORT_BRIEF; return NULL;
    case JSON: s->form = REPORT_JSON; return NULL;
    case TAP: s->form = REPORT_TAP; return NULL;
    case TIMEOUT: return set_timeout(s, value) ? NULL : "--timeout is a number of seconds";
    default: return "there is no such option";
    }
}

/* -------------------------------------------------------------------------------------- main */

static void on_interrupt(int signal)
{
    server_kill_all();
    _exit(128 + signal);
}

/* However we end, the server that we have started ends too. What is ignored stays so: see nohup. */
static void take_the_server_along(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signal(signals[i], SIG_IGN) != SIG_IGN)
            signal(signals[i], on_interrupt);
    atexit(server_kill_all);
}

static bool complain_of_name(const struct settings *s, const char *name)
{
    fprintf(stderr, words("wscheck: %s has no check or exercise %s: see --list\n"),
            words(lesson_name(s->grading.lesson)), name);
    return false;
}

static bool select_checks(struct settings *s)
{
    if (s->only_count == 0)
        plan_select_all(&s->plan);
    for (size_t i = 0; i < s->only_count; i++)
        if (!plan_select(&s->plan, s->only[i], true))
            return complain_of_name(s, s->only[i]);
    for (size_t i = 0; i < s->except_count; i++)
        if (!plan_select(&s->plan, s->except[i], false))
            return complain_of_name(s, s->except[i]);
    if (s->only_count > 0) /* whoever asks for it wants to be told */
        s->plan.strict = true;
    return true;
}

static int grade(struct settings *s)
{
    static const struct told told = {report_exercise, report_late};
    if (s->grading.lesson == 0)
        return usage_error("--lesson N or --challenge C is missing");
    if (s->grading.server.command == NULL && s->grading.server.port == 0)
        return usage_error("--server COMMAND or --port P is missing");
    plan_make(&s->plan, s->grading.lesson);
    if (!select_checks(s))
        return 2;
    signal(SIGPIPE, SIG_IGN);
    take_the_server_along();
    report_begin(&s->grading);
    plan_run(&s->plan, &s->grading, &told);
    report_end(&s->plan);
    int status = plan_count_all(&s->plan).failed > 0 ? 1 : 0;
    plan_free(&s->plan);
    return status;
}

int main(int argc, char **argv)
{
    static struct settings s = {
        .grading = {.server = {.host = "127.0.0.1"}, .patience = (int)(PATIENCE * 1000)}};
    words_choose();
    opterr = 0; /* what is wrong is said here, in the reader's language */
    for (int option; (option = getopt_long(argc, argv, "l:s:p:H:kh", long_options, NULL)) != -1;) {
        if (option == 'h') {
            print_usage();
            return 0;
        }
        if (option == '?')
            return option_error(argv);
        const char *problem = take_option(&s, option, optarg);
        if (problem != NULL)
            return usage_error(problem);
    }
    if (optind < argc)
        return usage_error("only options are expected");
    report_init(s.form);
    if (s.hint != NULL || s.list)
        plan_make(&s.plan, s.grading.lesson);
    if (s.list) {
        report_list(&s.plan);
        return 0;
    }
    if (s.hint != NULL)
        return report_hint(&s.plan, s.hint, s.hint_step)
                   ? 0
                   : usage_error("there is no such check: see --list");
    return grade(&s);
}
