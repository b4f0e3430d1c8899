/*
 * options - the command line
 *
 * One table in options.c says which options there are, what they mean and what they are when left
 * out; parsing and --help both follow it. An option that a program does not have is a usage error.
 */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log.h"

struct options {
    unsigned port;    /* 0: any free one */
    const char *host; /* NULL: loopback */
    bool verbose, quiet, trace;
    const char *trace_file;    /* NULL: none */
    int64_t handshake_timeout; /* milliseconds for a whole request head */
    char **origins;            /* further origins that may connect */
    size_t origin_count;
    uint64_t max_message;  /* bytes */
    size_t max_clients;    /* WebSocket connections at the same time */
    int64_t ping_interval; /* milliseconds of silence before a ping, and again before the end */
    uint64_t max_memory;   /* bytes that all clients together may hold */
    size_t max_backlog;    /* bytes that may wait for a client that does not read */
    bool xray_any;         /* whoever connects may watch the frames, not this machine alone */
};

/* Which options a program has; each set has those before it, too. */
enum options_set {
    OPTIONS_HANDSHAKE, /* where to listen, what to log, whom to let in */
    OPTIONS_MESSAGES,  /* limits for clients and their messages */
    OPTIONS_BACKLOG,   /* and for what waits for a client that does not read */
    OPTIONS_XRAY,      /* and who may watch the frames */
};

struct options_spec {
    const char *program; /* the name to print */
    enum options_set set;
    char *max_message; /* if not NULL: what --max-message is when left out */
};

/* What options_parse() wants the program to do. */
enum options_verdict {
    OPTIONS_RUN,   /* go on */
    OPTIONS_DONE,  /* --help or --version has been printed: exit with 0 */
    OPTIONS_USAGE, /* a mistake has been explained on stderr: exit with 2 */
};

/* Fills options from the command line. Pointers in options are into argv, or kept to the end of the
 * program. */
enum options_verdict options_parse(struct options *options, const struct options_spec *spec,
                                   int argc, char **argv);

/* For a mistake in the command line that turns out later: explains it, and returns OPTIONS_USAGE. */
enum options_verdict options_usage_error(const char *problem, const char *word);

/* How much the log shall say: --quiet, --verbose, or whether somebody watches it on a terminal. */
enum log_level options_log_level(const struct options *options);

#endif
