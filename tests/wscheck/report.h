/*
 * report - the teacher's voice, and two others for machines
 *
 * What goes well takes a line for an exercise. What does not is explained: what was sent, what was
 * expected, what came, with a caret under the first wrong byte; the rule, the diagnosis if there is
 * one, the place to look, and how to see it again by hand.
 */
#ifndef WSCHECK_REPORT_H
#define WSCHECK_REPORT_H

#include "grade.h"

enum report_form { REPORT_TEXT, REPORT_BRIEF, REPORT_JSON, REPORT_TAP };

/* Colour if stdout is a terminal and NO_COLOR is not set. */
void report_init(enum report_form form);

void report_begin(const struct grading *grading);
/* When it is done; or, with --brief, when it will not be reached any more. */
void report_exercise(const struct plan *plan, size_t first, size_t end);
void report_late(const struct plan *plan, const struct item *item);
void report_end(const struct plan *plan);

/* All checks with their titles. */
void report_list(const struct plan *plan);

/* A step of the hint for a check, or for the first of an exercise: 1 a question, 2 rule and place,
 * 3 (and more) the shape of the code. */
bool report_hint(const struct plan *plan, const char *name, unsigned step);

#endif
