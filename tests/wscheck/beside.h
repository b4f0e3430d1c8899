/*
 * beside - a check made in a process of its own, while others are made
 *
 * Some checks mostly wait: for a server that gives a slow client its time, for a ping, for the end of a
 * goodbye. Several of them take no longer than one, if each has a process and a server of its own. What
 * it finds out goes to the grader through a pipe.
 *
 *     if (beside_begin(&beside) == 0) {
 *         ... the check ...
 *         beside_tell(&beside, &news); // and ends
 *     }
 *     ... others likewise ...
 *     if (beside_hear(&beside, &news)) ...
 */
#ifndef WSCHECK_BESIDE_H
#define WSCHECK_BESIDE_H

#include <sys/types.h>

#include "sanitizer.h"
#include "trial.h"

#define NEWS_REPORTS_MAX 16

/* The process; all zero: there is none. */
struct beside {
    pid_t pid;
    int pipe;
};

/* What has become of the check. */
struct news {
    struct result result;
    int slowest; /* as in struct grading */
    bool was_silent;
    size_t report_count;
    struct sanitizer_report reports[NEWS_REPORTS_MAX];
};

/* Like fork(): returns 0 in the new process, which runs no server yet; -1: there is none. No server may
 * run, as the thread that listens to it would be missing there. */
pid_t beside_begin(struct beside *beside);

/* In the process: tells all, and ends. */
void beside_tell(const struct beside *beside, const struct news *news);

/* Waits for what it tells, and for its end. False: it has not told all. */
bool beside_hear(struct beside *beside, struct news *news);

/* Ends it, and its server, if there is one. */
void beside_end(struct beside *beside);

#endif
