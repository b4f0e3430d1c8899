/*
 * options: the command line of each lesson
 *
 * What is printed is caught meanwhile; --help is read by tests that run the programs.
 */
#define _XOPEN_SOURCE 700 /* posix_openpt() */

#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

#define WORDS_MAX 8

/* Has stdout and stderr go to an open file, or to where they went before (-1). */
static void send_output_to(int fd)
{
    static int out = -1, err = -1;
    fflush(stdout);
    if (fd >= 0) {
        out = dup(STDOUT_FILENO);
        err = dup(STDERR_FILENO);
        must(out >= 0 && err >= 0, "stdout and stderr are there");
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
    } else {
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        close(out);
        close(err);
    }
}

/* Which options each lesson's program has, as its server.c says. */
static const struct options_spec lessons[] = {{"lesson 1", OPTIONS_HANDSHAKE, NULL},
                                              {"lesson 2", OPTIONS_MESSAGES, NULL},
                                              {"lesson 3", OPTIONS_XRAY, (char *)"1048576"}};

static char said[3000]; /* what the last parse() has printed */

static enum options_verdict parse(struct options *options, int lesson, const char *const *words)
{
    static char *argv[WORDS_MAX + 2]; /* as long-lived as main()'s: options may point into it */
    static FILE *caught;
    int argc = 1;
    argv[0] = (char *)"./server";
    for (; argc <= WORDS_MAX && words[argc - 1] != NULL; argc++)
        argv[argc] = (char *)words[argc - 1];
    argv[argc] = NULL;
    memset(options, 0xA5, sizeof *options);
    if (caught == NULL)
        caught = tmpfile();
    must(caught != NULL && ftruncate(fileno(caught), 0) == 0, "there is a file for the output");
    rewind(caught);

    send_output_to(fileno(caught));
    errno = ERANGE; /* from whatever was before: no reason to find fault with a number */
    enum options_verdict verdict = options_parse(options, &lessons[lesson - 1], argc, argv);
    send_output_to(-1);
    rewind(caught);
    said[fread(said, 1, sizeof said - 1, caught)] = '\0';
    return verdict;
}

/* The words of a row, for people. */
static const char *join(const char *const *words)
{
    static char text[300];
    text[0] = '\0';
    for (size_t i = 0; i < WORDS_MAX && words[i] != NULL; i++) {
        strncat(text, " ", sizeof text - strlen(text) - 1);
        strncat(text, words[i], sizeof text - strlen(text) - 1);
    }
    return text;
}

/* ----------------------------------------------------------------------------- nothing is given */

static void fallbacks(void **state)
{
    (void)state;
    for (int lesson = 1; lesson <= 3; lesson++) {
        struct options o;
        must(parse(&o, lesson, (const char *[]){NULL}) == OPTIONS_RUN, "lesson %d runs", lesson);
        assert_int_equal(o.port, 8080);
        assert_null(o.host);
        assert_false(o.verbose || o.quiet || o.trace);
        assert_int_equal(o.handshake_timeout, 120000);
        assert_int_equal(o.origin_count, 0);
        if (lesson >= 2) {
            assert_int_equal(o.max_message, lesson == 3 ? 1 << 20 : 16 << 20);
            assert_int_equal(o.max_clients, 1024);
            assert_int_equal(o.ping_interval, 20000);
        }
        if (lesson >= 3)
            assert_true(o.max_backlog == 4 << 20 && !o.xray_any);
    }
}

/* ------------------------------------------------------------------------------ each option alone */

enum what {
    PORT,
    HOST,
    VERBOSE,
    QUIET,
    TRACE,
    FILE_NAME,
    TIMEOUT,
    ORIGINS,
    MESSAGE,
    CLIENTS,
    PING,
    MEMORY,
    BACKLOG,
    WATCH
};

static const struct {
    enum what what;
    int lesson; /* the first that has it */
    const char *letter, *name, *value;
    int64_t number; /* what it means, if it is one */
} all[] = {
    {PORT, 1, "-p", "--port", "8081", 8081},
    {PORT, 1, "-p", "--port", "0", 0},
    {PORT, 1, "-p", "--port", "65535", 65535},
    {PORT, 1, "-p", "--port", "00080", 80},
    {HOST, 1, "-H", "--host", "0.0.0.0", 0},
    {HOST, 1, "-H", "--host", "::", 0},
    {VERBOSE, 1, "-v", "--verbose", NULL, 1},
    {QUIET, 1, "-q", "--quiet", NULL, 1},
    {TRACE, 1, NULL, "--trace", NULL, 1},
    {FILE_NAME, 1, NULL, "--trace-file", "trace.pcapng", 0},
    {TIMEOUT, 1, NULL, "--handshake-timeout", "5", 5000},
    {TIMEOUT, 1, NULL, "--handshake-timeout", "0.001", 1},
    {TIMEOUT, 1, NULL, "--handshake-timeout", "0.5", 500},
    {TIMEOUT, 1, NULL, "--handshake-timeout", ".25", 250},
    {TIMEOUT, 1, NULL, "--handshake-timeout", "86400", 86400000},
    {ORIGINS, 1, NULL, "--allow-origin", "http://a.example", 0},
    {ORIGINS, 1, NULL, "--allow-origin", "*", 0},
    {ORIGINS, 1, NULL, "--allow-origin", "null", 0},
    {ORIGINS, 1, NULL, "--allow-origin", "file://", 0},
    {ORIGINS, 1, NULL, "--allow-origin", "https://[::1]:8443", 0},
    {ORIGINS, 1, NULL, "--allow-origin", "chrome-extension://abc", 0},
    {MESSAGE, 2, NULL, "--max-message", "1", 1},
    {MESSAGE, 2, NULL, "--max-message", "65536", 65536},
    {MESSAGE, 2, NULL, "--max-message", "4194294", (4 << 20) - 10},
    {CLIENTS, 2, NULL, "--max-clients", "1", 1},
    {CLIENTS, 2, NULL, "--max-clients", "1000000", 1000000},
    {PING, 2, NULL, "--ping-interval", "0.00155", 2}, /* the nearest millisecond */
    {PING, 2, NULL, "--ping-interval", "0.25", 250},
    {PING, 2, NULL, "--ping-interval", "60", 60000},
    {MEMORY, 2, NULL, "--max-memory", "34078720", 34078720},
    {MEMORY, 2, NULL, "--max-memory", "9223372036854775807", INT64_MAX},
    {BACKLOG, 3, NULL, "--max-backlog", "1048586", (1 << 20) + 10},
    {BACKLOG, 3, NULL, "--max-backlog", "2147483647", INT32_MAX},
    {WATCH, 3, NULL, "--xray", "any", true},
    {WATCH, 3, NULL, "--xray", "loopback", false},
};

static void check_value(size_t row, const struct options *o, const char *const *words)
{
    int64_t number = all[row].number;
    bool good = false;
    switch (all[row].what) {
    case PORT: good = o->port == number; break;
    case HOST: good = o->host != NULL && strcmp(o->host, all[row].value) == 0; break;
    case VERBOSE: good = o->verbose && !o->quiet && !o->trace; break;
    case QUIET: good = o->quiet && !o->verbose && !o->trace; break;
    case TRACE: good = o->trace && !o->verbose && !o->quiet; break;
    case FILE_NAME: good = strcmp(o->trace_file, all[row].value) == 0 && !o->trace; break;
    case TIMEOUT: good = o->handshake_timeout == number; break;
    case ORIGINS: good = o->origin_count == 1 && strcmp(o->origins[0], all[row].value) == 0; break;
    case MESSAGE: good = o->max_message == (uint64_t)number; break;
    case CLIENTS: good = o->max_clients == (size_t)number; break;
    case PING: good = o->ping_interval == number; break;
    case MEMORY: good = o->max_memory == (uint64_t)number; break;
    case BACKLOG: good = o->max_backlog == (size_t)number; break;
    case WATCH: good = o->xray_any == (bool)number; break;
    }
    must(good, "%s: is set", join(words));
    must(all[row].what == PORT || o->port == 8080, "%s: the port is as it was", join(words));
    must(all[row].what == TIMEOUT || o->handshake_timeout == 120000, "%s: so is the timeout",
         join(words));
}

/* A usage error names the word and what is wrong, in one line, and where to read more. */
static void must_say(const char *word, const char *problem)
{
    char expected[400];
    snprintf(expected, sizeof expected, "server: %s: %s\nTry ./server --help\n", word, problem);
    must(strcmp(said, expected) == 0, "it says: %s, and not: %s", expected, said);
}

/* In a lesson that has it, it is set; in an earlier one it is a usage error, which says so. */
static void check_form(size_t row, const char *first, const char *second)
{
    const char *words[] = {first, second, NULL};
    for (int lesson = 1; lesson <= 3; lesson++) {
        struct options o;
        enum options_verdict verdict = parse(&o, lesson, words);
        must(verdict == (lesson >= all[row].lesson ? OPTIONS_RUN : OPTIONS_USAGE), "lesson %d:%s",
             lesson, join(words));
        if (verdict == OPTIONS_RUN)
            check_value(row, &o, words);
        else
            must_say(first, "this server does not have that option");
    }
}

static void each_option_in_each_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        char word[100];
        check_form(i, all[i].name, all[i].value);
        if (all[i].letter != NULL)
            check_form(i, all[i].letter, all[i].value);
        if (all[i].value == NULL)
            continue;
        snprintf(word, sizeof word, "%s=%s", all[i].name, all[i].value);
        check_form(i, word, NULL);
        if (all[i].letter == NULL)
            continue;
        snprintf(word, sizeof word, "%s%s", all[i].letter, all[i].value);
        check_form(i, word, NULL);
    }
}

/* 1.001 is a little less than that in a double; a millisecond must not get lost for it. */
static void seconds_become_milliseconds(void **state)
{
    (void)state;
    for (int64_t milliseconds = 1; milliseconds < 20000; milliseconds++) {
        struct options o;
        char value[40];
        snprintf(value, sizeof value, "%d.%03d", (int)(milliseconds / 1000),
                 (int)(milliseconds % 1000));
        must(parse(&o, 2, (const char *[]){"--ping-interval", value, NULL}) == OPTIONS_RUN, "%s s",
             value);
        must(o.ping_interval == milliseconds, "%s s are not %d ms", value, (int)o.ping_interval);
    }
}

static void one_client_fits_into_the_memory(void **state)
{
    static const struct {
        int lesson;
        const char *words[5];
        uint64_t memory; /* 0: a usage error, */
        const char *least;
    } rows[] = {
        {2, {NULL}, 268435456, NULL},
        {3, {NULL}, 268435456, NULL},
        {2, {"--max-message", "150000000", NULL}, 300524288, NULL},
        {3, {"--max-backlog", "2147483647", NULL}, 4297588734, NULL},
        {2, {"--max-memory", "34078719", NULL}, 0, "34078720"},
        {2, {"--max-memory", "600000", "--max-message", "37856", NULL}, 600000, NULL},
        {2, {"--max-memory", "600000", "--max-message", "37857", NULL}, 0, "600002"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct options o;
        enum options_verdict verdict = parse(&o, rows[i].lesson, rows[i].words);
        must(verdict == (rows[i].memory > 0 ? OPTIONS_RUN : OPTIONS_USAGE), "row %zu", i);
        char problem[100];
        snprintf(problem, sizeof problem, "what one client may hold must fit: at least %s",
                 rows[i].memory == 0 ? rows[i].least : "");
        if (rows[i].memory == 0)
            must_say("--max-memory", problem);
        else
            must(o.max_memory == rows[i].memory, "row %zu: %llu", i,
                 (unsigned long long)o.max_memory);
    }
}

/* --------------------------------------------------------------------------- several together */

static void options_stand_in_any_order(void **state)
{
    struct options o;
    (void)state;
    assert_int_equal(parse(&o, 3,
                           (const char *[]){"-v", "--max-backlog=17", "-p", "81", "--trace",
                                            "-Hlocalhost", "--max-message", "7", NULL}),
                     OPTIONS_RUN);
    assert_true(o.verbose && o.trace && !o.quiet);
    assert_int_equal(o.max_backlog, 17);
    assert_int_equal(o.port, 81);
    assert_string_equal(o.host, "localhost");
    assert_int_equal(o.max_message, 7);
    assert_int_equal(o.max_clients, 1024);
}

static void the_last_one_counts(void **state)
{
    struct options o;
    (void)state;
    assert_int_equal(parse(&o, 1, (const char *[]){"-p1", "--port", "2", "--port=3", NULL}),
                     OPTIONS_RUN);
    assert_int_equal(o.port, 3);
}

static void origins_are_collected(void **state)
{
    struct options o;
    (void)state;
    assert_int_equal(parse(&o, 1,
                           (const char *[]){"--allow-origin", "http://a", "--allow-origin=http://b",
                                            "-q", "--allow-origin", "*", NULL}),
                     OPTIONS_RUN);
    assert_int_equal(o.origin_count, 3);
    assert_string_equal(o.origins[0], "http://a");
    assert_string_equal(o.origins[1], "http://b");
    assert_string_equal(o.origins[2], "*");
}

/* A value may look like an option. */
static void a_value_is_taken_as_it_is(void **state)
{
    struct options o;
    (void)state;
    assert_int_equal(parse(&o, 1, (const char *[]){"--host", "-p", NULL}), OPTIONS_RUN);
    assert_string_equal(o.host, "-p");
    assert_int_equal(parse(&o, 1, (const char *[]){"--host=a=b", NULL}), OPTIONS_RUN);
    assert_string_equal(o.host, "a=b");
}

/* ------------------------------------------------------------------- a message and the backlog */

/* In lesson 3, one message and its header must fit; in the others there is no backlog. */
static void a_message_fits_into_the_backlog(void **state)
{
    static const struct {
        const char *message, *backlog; /* NULL: left out */
        bool fits;
        const char *least;
    } rows[] = {
        {NULL, "1048586", true, NULL},
        {NULL, "1048585", false, "1048586"},
        {NULL, "1", false, "1048586"},
        {"1", "11", true, NULL},
        {"1", "10", false, "11"},
        {"4194294", NULL, true, NULL},
        {"4194295", NULL, false, "4194305"},
        {"16777216", "16777226", true, NULL},
        {"16777216", "16777225", false, "16777226"},
        {"2147483637", "2147483647", true, NULL},
        {"2147483638", "2147483647", false, "2147483648"},
        {"2147483647", "2147483647", false, "2147483657"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *words[5] = {NULL};
        char problem[100];
        struct options o;
        size_t n = 0;
        if (rows[i].backlog != NULL) /* in this order, too: it is judged when all are known */
            words[n++] = "--max-backlog", words[n++] = rows[i].backlog;
        if (rows[i].message != NULL)
            words[n++] = "--max-message", words[n++] = rows[i].message;
        enum options_verdict verdict = parse(&o, 3, words);
        must(verdict == (rows[i].fits ? OPTIONS_RUN : OPTIONS_USAGE), "row %zu:%s", i, join(words));
        if (rows[i].fits)
            continue;
        snprintf(problem, sizeof problem,
                 "one message of --max-message bytes must fit: at least %s", rows[i].least);
        must_say("--max-backlog", problem);
    }
}

static void where_there_is_no_backlog_any_message_will_do(void **state)
{
    struct options o;
    (void)state;
    assert_int_equal(parse(&o, 2, (const char *[]){"--max-message", "2147483647", NULL}),
                     OPTIONS_RUN);
    assert_int_equal(o.max_message, INT32_MAX);
    assert_int_equal(parse(&o, 2, (const char *[]){"--max-message", "2147483648", NULL}),
                     OPTIONS_USAGE);
    must_say("--max-message", "a number of bytes from 1 to 2147483647");
}

/* ----------------------------------------------------------------------------------- done, usage */

static void help_and_version_are_all_there_is_to_do(void **state)
{
    static const char *const rows[][4] = {{"-h"},
                                          {"--help"},
                                          {"--version"},
                                          {"-p1", "-h"},
                                          {"--help", "--nonsense"},
                                          {"-v", "--version"}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int lesson = 1; lesson <= 3; lesson++) {
            struct options o;
            must(parse(&o, lesson, rows[i]) == OPTIONS_DONE, "lesson %d:%s", lesson, join(rows[i]));
        }
}

static void mistakes_are_usage_errors(void **state)
{
    static const char *const rows[][5] = {
        /* no such option */
        {"--nonsense"},
        {"--nonsense=1"},
        {"-x"},
        {"-P", "1"},
        {"--por", "1"},
        {"--ports", "1"},
        {"--Port", "1"},
        {"-port", "1"},
        {"---port", "1"},
        {"--"},
        {"-"},
        {"--=1"},
        /* no options at all */
        {"8080"},
        {"port"},
        {""},
        {"-v", "8080"},
        {"p"},
        /* values that are missing, or too many */
        {"--port"},
        {"-p"},
        {"-H"},
        {"--host"},
        {"-v", "--allow-origin"},
        {"--max-message"},
        {"--verbose=1"},
        {"--verbose="},
        {"--quiet=no"},
        {"--trace=1"},
        {"-v1"},
        {"-vq"},
        {"--help=me"},
        {"-hx"},
        {"--version=2"},
        {"--host="},
        {"--host", ""},
        /* what no browser sends as its Origin */
        {"--allow-origin", ""},
        {"--allow-origin="},
        {"--allow-origin", "chat.example"},
        {"--allow-origin", "http://chat.example/"},
        {"--allow-origin", "http://chat.example:80"},
        {"--allow-origin", "https://chat.example:443"},
        {"--allow-origin", "http://a, http://b"},
        /* no numbers, or none that will do */
        {"--port", ""},
        {"--port="},
        {"--port", "-1"},
        {"--port", "+1"},
        {"--port", " 1"},
        {"--port", "1 "},
        {"--port", "http"},
        {"--port", "80a"},
        {"--port", "0x50"},
        {"--port", "8e1"},
        {"--port", "80.0"},
        {"--port", "65536"},
        {"--port", "4294967376"},           /* 80 in 32 bits */
        {"--port", "18446744073709551696"}, /* 80 in 64 bits */
        {"--port", "99999999999999999999999"},
        {"-p", "-1"},
        {"-p-1"},
        {"--max-message", "0"},
        {"--max-message", "-1"},
        {"--max-message", "2147483648"},
        {"--max-message", "18446744073709551617"},
        {"--max-message", "1M"},
        {"--max-clients", "0"},
        {"--max-clients", "1000001"},
        {"--max-clients", "many"},
        {"--max-memory", "0"},
        {"--max-memory", "11010047"},
        {"--max-memory", "9223372036854775808"},
        {"--max-memory", "1G"},
        {"--max-backlog", "0"},
        {"--max-backlog", "1048585"},
        {"--max-backlog", "2147483648"},
        {"--max-backlog", ""},
        {"--ping-interval", "0"},
        {"--ping-interval", "0.0009"},
        {"--ping-interval", "86400.1"},
        {"--ping-interval", "-1"},
        {"--ping-interval", "+1"},
        {"--ping-interval", ""},
        {"--ping-interval", "."},
        {"--ping-interval", "nan"},
        {"--ping-interval", "inf"},
        {"--ping-interval", "1e999"},
        {"--ping-interval", "1s"},
        {"--ping-interval", " 1"},
        {"--handshake-timeout", "0"},
        {"--handshake-timeout", "1,5"},
        {"--handshake-timeout", "86401"},
        /* the second mistake counts too */
        {"-p", "1", "--port", "x"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct options o;
        must(parse(&o, 3, rows[i]) == OPTIONS_USAGE, "row %zu:%s", i, join(rows[i]));
        must(strncmp(said, "server: ", 8) == 0 && strstr(said, "\nTry ./server --help\n") != NULL,
             "row %zu:%s: it says why: %s", i, join(rows[i]), said);
    }
}

/* --------------------------------------------------------------------------------- how much to log */

static enum log_level level_with_stderr(const char *path, bool quiet, bool verbose)
{
    struct options o = {.quiet = quiet, .verbose = verbose};
    int fd = open(path, O_WRONLY | O_NOCTTY);
    must(fd >= 0, "open %s", path);
    send_output_to(fd);
    enum log_level level = options_log_level(&o);
    send_output_to(-1);
    close(fd);
    return level;
}

static void what_is_logged(void **state)
{
    (void)state;
    assert_int_equal(level_with_stderr("/dev/null", false, false), LOG_CLIENTS);
    assert_int_equal(level_with_stderr("/dev/null", false, true), LOG_MESSAGES);
    assert_int_equal(level_with_stderr("/dev/null", true, false), LOG_QUIET);
    assert_int_equal(level_with_stderr("/dev/null", true, true), LOG_QUIET);
}

static void what_is_logged_to_a_terminal(void **state)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    (void)state;
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        skip();
    const char *terminal = ptsname(master);
    assert_int_equal(level_with_stderr(terminal, false, false), LOG_MESSAGES);
    assert_int_equal(level_with_stderr(terminal, false, true), LOG_MESSAGES);
    assert_int_equal(level_with_stderr(terminal, true, false), LOG_QUIET);
    close(master);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fallbacks),
        cmocka_unit_test(each_option_in_each_form),
        cmocka_unit_test(seconds_become_milliseconds),
        cmocka_unit_test(options_stand_in_any_order),
        cmocka_unit_test(the_last_one_counts),
        cmocka_unit_test(origins_are_collected),
        cmocka_unit_test(a_value_is_taken_as_it_is),
        cmocka_unit_test(a_message_fits_into_the_backlog),
        cmocka_unit_test(where_there_is_no_backlog_any_message_will_do),
        cmocka_unit_test(one_client_fits_into_the_memory),
        cmocka_unit_test(help_and_version_are_all_there_is_to_do),
        cmocka_unit_test(mistakes_are_usage_errors),
        cmocka_unit_test(what_is_logged),
        cmocka_unit_test(what_is_logged_to_a_terminal),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
