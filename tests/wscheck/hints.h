/*
 * hints - what an author may ask himself, and how an answer is built     (pure)
 *
 * The second of the three steps of a hint, rule and place, stands with the checks. Here are the first
 * and the third, for each exercise.
 */
#ifndef WSCHECK_HINTS_H
#define WSCHECK_HINTS_H

#define HINT_STEPS 3

struct thoughts {
    const char *exercise;
    const char *question; /* to begin with */
    const char *shape;    /* of the code, and never the code */
};

/* NULL: there is no such exercise. */
const struct thoughts *hints_find(const char *exercise);

#endif
