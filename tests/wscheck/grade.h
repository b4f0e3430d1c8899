/*
 * grade - runs the checks of a lesson, parents before children, and keeps the results
 *
 * Exercise by exercise, in the order of the course. A check whose parent failed is skipped: forty
 * checks cannot hold when no 101 comes back, and forty failures would only hide the one. The server
 * is started before the first check, again when a check wants other options, and again when it has
 * died, which is the failure of the check that was being made. Checks that mostly wait are made at the
 * same time, each in a process of its own (see beside.h); they are told of in their order.
 */
#ifndef WSCHECK_GRADE_H
#define WSCHECK_GRADE_H

#include "beside.h"
#include "trial.h"

struct item {
    const struct family *family;
    const struct check *check;
    struct result result;
    bool selected; /* else only run as a parent; one that fails is selected */
    bool parent_failed;
    struct beside beside; /* in which it is being made */
};

/* A sanitizer has found something: a check of its own, of the exercise whose function it is. */
struct found {
    struct family family;
    struct check check;
    char id[40], title[120];
    struct item item;
};

#define FOUND_MAX 16

struct plan {
    struct item *items; /* grouped by exercise */
    size_t count;
    bool strict;  /* recommendations count like musts */
    bool keep_on; /* do not stop at the first exercise that fails */
    bool stopped; /* it did */
    struct found found[FOUND_MAX];
    size_t found_count;
};

/* All that is told of when all is done: the items, and then what sanitizers have found. */
size_t plan_size(const struct plan *plan);
const struct item *plan_at(const struct plan *plan, size_t index);

/* All checks of a lesson; of all lessons with 0. */
void plan_make(struct plan *plan, int lesson);

/* Selects a check, or all of an exercise, or leaves it out; false: there is no such name. */
bool plan_select(struct plan *plan, const char *name, bool selected);
void plan_select_all(struct plan *plan);

/* Does this item's failure count? */
bool plan_counts(const struct plan *plan, const struct item *item);

/* Where to look: as the diagnosis has it, or the exercise. */
const char *item_place(const struct item *item);

/* How many of the selected items from first to end have come out so. */
struct counts {
    size_t passed, failed, skipped;
    size_t better; /* have failed, but do not count */
    size_t all;    /* these four, and those that were not run */
};
struct counts plan_count(const struct plan *plan, size_t first, size_t end);
struct counts plan_count_all(const struct plan *plan);

/* Runs what is selected; tells of each exercise when it is done, or when it is left out because the
 * run has stopped, and of each late failure. */
struct told {
    void (*exercise)(const struct plan *plan, size_t first, size_t end);
    void (*late)(const struct plan *plan, const struct item *item);
};
void plan_run(struct plan *plan, struct grading *grading, const struct told *told);

void plan_free(struct plan *plan);

#endif
