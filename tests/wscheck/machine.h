/*
 * machine - the results for programs: a class that is graded, or a test harness
 *
 * JSON: one object with "lesson", the counts "passed", "failed", "better", "skipped", and "checks",
 * each with "id", "title", "exercise", "level", "section" and "outcome"; what failed has the
 * evidence too, bytes in hexadecimal. TAP: version 13, a line for each check.
 */
#ifndef WSCHECK_MACHINE_H
#define WSCHECK_MACHINE_H

#include "grade.h"

void machine_json(const struct plan *plan, const struct grading *grading);
void machine_tap(const struct plan *plan);

#endif
