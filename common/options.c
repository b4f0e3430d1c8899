/*
 * options - see options.h
 */
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame.h"
#include "handshake.h"
#include "terminal.h"
#include "words.h"
#include "wrap.h"

#define VERSION "1.0.0"

#define MEMORY_USUAL (256 * 1024 * 1024) /* --max-memory when left out */
#define CLIENT_MORE  (512 * 1024)        /* bytes that a client holds besides message and backlog */

enum option_id {
    PORT,
    HOST,
    VERBOSE,
    QUIET,
    TRACE,
    TRACE_FILE,
    HELP,
    SHOW_VERSION,
    HANDSHAKE_TIMEOUT,
    ALLOW_ORIGIN,
    MAX_MESSAGE,
    MAX_CLIENTS,
    PING_INTERVAL,
    MAX_MEMORY,
    MAX_BACKLOG,
    XRAY,
};

static const struct option {
    enum option_id id;
    enum options_set set; /* that it belongs to */
    char letter;
    const char *name;
    const char *argument; /* NULL: takes none */
    char *fallback;       /* what it is when left out; NULL: not set */
    const char *help;
} table[] = {
    {PORT, OPTIONS_HANDSHAKE, 'p', "port", "N", "8080", "listen on port N; 0 takes a free one"},
    {HOST, OPTIONS_HANDSHAKE, 'H', "host", "ADDR", NULL,
     "listen on ADDR, not on loopback only; 0.0.0.0 or :: lets other machines in"},
    {VERBOSE, OPTIONS_HANDSHAKE, 'v', "verbose", NULL, NULL,
     "log each message, even if stderr is no terminal"},
    {QUIET, OPTIONS_HANDSHAKE, 'q', "quiet", NULL, NULL, "log neither messages nor connections"},
    {TRACE, OPTIONS_HANDSHAKE, 0, "trace", NULL, NULL,
     "explain each request head and each frame on stderr"},
    {TRACE_FILE, OPTIONS_HANDSHAKE, 0, "trace-file", "FILE", NULL,
     "write them to FILE for Wireshark; it holds all that clients say: keep it private"},
    {HELP, OPTIONS_HANDSHAKE, 'h', "help", NULL, NULL, "print this and exit"},
    {SHOW_VERSION, OPTIONS_HANDSHAKE, 0, "version", NULL, NULL, "print the version and exit"},
    {HANDSHAKE_TIMEOUT, OPTIONS_HANDSHAKE, 0, "handshake-timeout", "SECONDS", "120",
     "how long a request head may take"},
    {ALLOW_ORIGIN, OPTIONS_HANDSHAKE, 0, "allow-origin", "ORIGIN", NULL,
     "let pages from ORIGIN connect; '*' means all; may be repeated"},
    {MAX_MESSAGE, OPTIONS_MESSAGES, 0, "max-message", "BYTES", "16777216", "longest message taken"},
    {MAX_CLIENTS, OPTIONS_MESSAGES, 0, "max-clients", "N", "1024",
     "most WebSocket clients at the same time"},
    {PING_INTERVAL, OPTIONS_MESSAGES, 0, "ping-interval", "SECONDS", "20",
     "ping a client after so much silence, drop it after as much again"},
    {MAX_MEMORY, OPTIONS_MESSAGES, 0, "max-memory", "BYTES", NULL,
     "most that all clients together may hold (268435456, or what one client may need)"},
    {MAX_BACKLOG, OPTIONS_BACKLOG, 0, "max-backlog", "BYTES", "4194304",
     "most that may wait for a client that does not read"},
    {XRAY, OPTIONS_XRAY, 0, "xray", "WHO", "loopback",
     "who may watch every frame at /xray: loopback, or any who connects"},
};

#define OPTION_COUNT (sizeof table / sizeof *table)

static bool is_in(const struct option *o, const struct options_spec *spec)
{
    return o->set <= spec->set;
}

static char *fallback_of(const struct option *o, const struct options_spec *spec)
{
    return o->id == MAX_MESSAGE && spec->max_message != NULL ? spec->max_message : o->fallback;
}

/* ------------------------------------------------------------------------------- telling people */

#define HELP_MAX 300 /* bytes of a line */

/* Wrapped to the width of the terminal; if there is none, as it is. */
static void print_line(const char *line)
{
    size_t columns = terminal_columns(STDOUT_FILENO);
    char wrapped[3 * HELP_MAX];
    size_t len =
        wrap_text(wrapped, sizeof wrapped, line, strlen(line), columns > 0 ? columns : SIZE_MAX);
    fwrite(wrapped, 1, len, stdout);
}

static void print_help(const struct options_spec *spec)
{
    printf("%s\n\n%s\n\n", words("usage: ./server [options]"), spec->program);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *o = &table[i];
        char left[40], line[HELP_MAX];
        if (!is_in(o, spec))
            continue;
        snprintf(left, sizeof left, "%c%c%c --%s%s%s", o->letter ? '-' : ' ',
                 o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name,
                 o->argument != NULL ? " " : "", o->argument != NULL ? o->argument : "");
        const char *fallback = fallback_of(o, spec);
        snprintf(line, sizeof line, "  %-31s %s%s%s%s\n", left, words(o->help),
                 fallback != NULL ? " (" : "", fallback != NULL ? fallback : "",
                 fallback != NULL ? ")" : "");
        print_line(line);
    }
}

enum options_verdict options_usage_error(const char *problem, const char *word)
{
    fprintf(stderr, words("server: %s: %s\nTry ./server --help\n"), word, words(problem));
    return OPTIONS_USAGE;
}

/* --------------------------------------------------------------------------------- values */

static bool whole_number(const char *text, uint64_t low, uint64_t high, uint64_t *number)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    *number = n;
    return errno == 0 && *end == '\0' && n >= low && n <= high;
}

/* Seconds, whole or with decimals, as milliseconds; from a millisecond to a day. */
static bool seconds(const char *text, int64_t *milliseconds)
{
    char *end;
    if ((*text < '0' || *text > '9') && *text != '.')
        return false;
    double s = strtod(text, &end);
    if (end == text || *end != '\0' || !(s >= 0.001 && s <= 86400.0))
        return false;
    *milliseconds = (int64_t)(s * 1000.0 + 0.5);
    return true;
}

/* What would match no browser's Origin is a mistake; "null" is that of a page in a sandbox. */
static bool is_origin(const char *value)
{
    return strcmp(value, "*") == 0 || strcmp(value, "null") == 0 ||
           handshake_is_origin((struct http_text){value, strlen(value)});
}

/* Returns NULL, or what is wrong with the value. */
static const char *set_option(struct options *options, enum option_id id, char *value)
{
    uint64_t number = 0;
    switch (id) {
    case PORT:
        if (!whole_number(value, 0, 65535, &number))
            return "a port is a number from 0 to 65535";
        options->port = (unsigned)number;
        return NULL;
    case HOST:
        options->host = value;
        return *value != '\0' ? NULL : "an address or a name is needed";
    case VERBOSE: options->verbose = true; return NULL;
    case QUIET: options->quiet = true; return NULL;
    case TRACE: options->trace = true; return NULL;
    case TRACE_FILE:
        options->trace_file = value;
        return *value != '\0' ? NULL : "the name of a file is needed";
    case HANDSHAKE_TIMEOUT:
        return seconds(value, &options->handshake_timeout) ? NULL : "seconds, from 0.001 to 86400";
    case ALLOW_ORIGIN:
        options->origins[options->origin_count++] = value;
        return is_origin(value) ? NULL
                                : "an origin is http://host or https://host:8443, as browsers "
                                  "write it: no path, no slash at the end, no port 80 or 443";
    case MAX_MESSAGE:
        return whole_number(value, 1, INT32_MAX, &options->max_message)
                   ? NULL
                   : "a number of bytes from 1 to 2147483647";
    case MAX_CLIENTS:
        if (!whole_number(value, 1, 1000000, &number))
            return "a number of clients from 1 to 1000000";
        options->max_clients = (size_t)number;
        return NULL;
    case PING_INTERVAL:
        return seconds(value, &options->ping_interval) ? NULL : "seconds, from 0.001 to 86400";
    case MAX_MEMORY:
        return whole_number(value, 1, INT64_MAX, &options->max_memory)
                   ? NULL
                   : "a number of bytes from 1 to 9223372036854775807";
    case MAX_BACKLOG:
        if (!whole_number(value, 1, INT32_MAX, &number))
            return "a number of bytes from 1 to 2147483647";
        options->max_backlog = (size_t)number;
        return NULL;
    case XRAY:
        options->xray_any = strcmp(value, "any") == 0;
        return options->xray_any || strcmp(value, "loopback") == 0 ? NULL : "loopback or any";
    case HELP:
    case SHOW_VERSION: break; /* dealt with by options_parse() */
    }
    return NULL;
}

/* --------------------------------------------------------------------------------- parsing */

/* Finds "--name", "--name=value", "-x" or "-xvalue"; *value is what is written in the same word. */
static const struct option *find_option(char *word, char **value)
{
    bool is_long = strncmp(word, "--", 2) == 0;
    *value = NULL;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *o = &table[i];
        size_t len = strlen(o->name);
        if (is_long && strncmp(word + 2, o->name, len) == 0 &&
            (word[2 + len] == '\0' || word[2 + len] == '=')) {
            *value = word[2 + len] == '=' ? word + 3 + len : NULL;
            return o;
        }
        if (!is_long && o->letter != 0 && word[0] == '-' && word[1] == o->letter) {
            *value = word[2] != '\0' ? word + 2 : NULL;
            return o;
        }
    }
    return NULL;
}

static void set_fallbacks(struct options *options, const struct options_spec *spec)
{
    *options = (struct options){0};
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (fallback_of(&table[i], spec) != NULL)
            set_option(options, table[i].id, fallback_of(&table[i], spec));
}

static enum options_verdict must_be_at_least(uint64_t value, uint64_t least, const char *what,
                                             const char *word)
{
    char problem[200];
    if (value >= least)
        return OPTIONS_RUN;
    snprintf(problem, sizeof problem, words("%s must fit: at least %llu"), words(what),
             (unsigned long long)least);
    return options_usage_error(problem, word);
}

/* A client must not be sent away because others said something that they may say; nor because it said
 * itself what it may say, when nobody else is there. Buffers may be twice as large as what is in them. */
static enum options_verdict check_limits(struct options *options, const struct options_spec *spec)
{
    enum options_verdict verdict = OPTIONS_RUN;
    bool has_backlog = spec->set >= OPTIONS_BACKLOG;
    if (has_backlog)
        verdict =
            must_be_at_least(options->max_backlog, options->max_message + WS_SERVER_HEADER_MAX,
                             "one message of --max-message bytes", "--max-backlog");
    uint64_t client =
        2 * (options->max_message + (has_backlog ? options->max_backlog : 0)) + CLIENT_MORE;
    if (options->max_memory == 0)
        options->max_memory = client > MEMORY_USUAL ? client : MEMORY_USUAL;
    if (verdict == OPTIONS_RUN)
        verdict = must_be_at_least(options->max_memory, client, "what one client may hold",
                                   "--max-memory");
    return verdict;
}

/* --help and --version: print, and be done. */
static bool is_question(const struct option *o, const struct options_spec *spec)
{
    if (o->id == HELP)
        print_help(spec);
    else if (o->id == SHOW_VERSION)
        printf("%s %s\n", spec->program, VERSION);
    return o->id == HELP || o->id == SHOW_VERSION;
}

enum options_verdict options_parse(struct options *options, const struct options_spec *spec,
                                   int argc, char **argv)
{
    words_choose();
    set_fallbacks(options, spec);
    options->origins = argv; /* long enough, and what is overwritten has been read */
    for (int i = 1; i < argc; i++) {
        char *word = argv[i], *value;
        const struct option *o = find_option(word, &value);
        if (o == NULL)
            return options_usage_error(word[0] == '-' ? "there is no such option"
                                                      : "only options are expected here",
                                       word);
        if (!is_in(o, spec))
            return options_usage_error("this server does not have that option", word);
        if (o->argument == NULL && value != NULL)
            return options_usage_error("this option takes no value", word);
        if (o->argument != NULL && value == NULL) {
            if (++i == argc)
                return options_usage_error("a value must follow", word);
            value = argv[i];
        }
        if (is_question(o, spec))
            return OPTIONS_DONE;
        const char *problem = set_option(options, o->id, value);
        if (problem != NULL)
            return options_usage_error(problem, word);
    }
    return check_limits(options, spec);
}

enum log_level options_log_level(const struct options *options)
{
    if (options->quiet)
        return LOG_QUIET;
    return options->verbose || isatty(STDERR_FILENO) ? LOG_MESSAGES : LOG_CLIENTS;
}
