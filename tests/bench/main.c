/*
 * load - see load.h
 *
 *     load SCENARIO --port N [--pid PID] [--raw] [--room] [--clients N] [--senders N] [--stalled N]
 *          [--speaker first|middle|last] [--window N] [--size BYTES] [--content binary|ascii|utf8]
 *          [--rate N] [--warmup SECONDS] [--seconds SECONDS]
 *
 * One line of JSON on stdout. Exit status: 0; 1 if the server did something wrong, with words on
 * stderr; 2 if the load could not be made.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "load.h"

struct load_options options = {
    .clients = 1, .senders = 1, .window = 1, .size = 128, .warmup = 0.3, .seconds = 1.5};

static const struct {
    const char *name;
    void (*run)(const char *name);
} scenarios[] = {
    {"echo", scenario_echo},
    {"room", scenario_room},
    {"connect", scenario_connect},
    {"idle", scenario_idle},
};

static void fail(const char *why)
{
    fprintf(stderr, "load: %s; see tests/bench/main.c\n", why);
    exit(2);
}

static double number(const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end != '\0' || value < 0)
        fail("not a number");
    return value;
}

static enum ring_content content(const char *name)
{
    if (strcmp(name, "binary") == 0)
        return RING_BINARY;
    return strcmp(name, "utf8") == 0 ? RING_UTF8 : RING_ASCII;
}

static enum speaker speaker(const char *name)
{
    if (strcmp(name, "first") == 0)
        return SPEAKER_FIRST;
    return strcmp(name, "last") == 0 ? SPEAKER_LAST : SPEAKER_MIDDLE;
}

static void parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"port", 1, NULL, 'p'},    {"pid", 1, NULL, 'P'},     {"raw", 0, NULL, 'r'},
        {"room", 0, NULL, 'R'},    {"clients", 1, NULL, 'c'}, {"senders", 1, NULL, 's'},
        {"stalled", 1, NULL, 'd'}, {"window", 1, NULL, 'w'},  {"size", 1, NULL, 'z'},
        {"content", 1, NULL, 'C'}, {"rate", 1, NULL, 'a'},    {"warmup", 1, NULL, 'W'},
        {"speaker", 1, NULL, 'S'}, {"seconds", 1, NULL, 't'}, {NULL, 0, NULL, 0}};
    for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (c) {
        case 'p': options.port = (unsigned)number(optarg); break;
        case 'P': options.pid = (pid_t)number(optarg); break;
        case 'r': options.raw = true; break;
        case 'R': options.room = true; break;
        case 'c': options.clients = (size_t)number(optarg); break;
        case 's': options.senders = (size_t)number(optarg); break;
        case 'd': options.stalled = (size_t)number(optarg); break;
        case 'w': options.window = (size_t)number(optarg); break;
        case 'z': options.size = (size_t)number(optarg); break;
        case 'C': options.content = content(optarg); break;
        case 'S': options.speaker = speaker(optarg); break;
        case 'a': options.rate = number(optarg); break;
        case 'W': options.warmup = number(optarg); break;
        case 't': options.seconds = number(optarg); break;
        default: exit(2);
        }
    }
    if (options.port == 0 || options.port > 65535 || options.clients == 0 || options.size == 0 ||
        options.window == 0 || options.senders == 0 || options.senders > options.clients ||
        options.senders + options.stalled > options.clients)
        fail("these options do not go together");
}

int main(int argc, char **argv)
{
    struct rlimit limit;
    parse(argc, argv);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    (void)signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
        if (optind < argc && strcmp(argv[optind], scenarios[i].name) == 0) {
            scenarios[i].run(scenarios[i].name);
            return load_faults > 0 ? 1 : 0;
        }
    fail("there is no such scenario");
}
