/*
 * sanitizer - what a sanitizer has reported about the server, in a student's words
 *
 * ThreadSanitizer, AddressSanitizer and the others write to stderr what they have found, with the
 * stacks of those concerned. Read here: what it is, who did what in which function, and to which
 * exercise that function belongs. Pure.
 */
#ifndef WSCHECK_SANITIZER_H
#define WSCHECK_SANITIZER_H

#include "bytes.h"

struct sanitizer_report {
    char what[96]; /* "ThreadSanitizer: data race" */
    struct sanitizer_side {
        char action[32];   /* "Write of size 8" */
        char thread[32];   /* "thread T6", "main thread"; "": it does not say */
        bool has_lock;     /* it held one, or several */
        char function[64]; /* the first that is the student's own */
        char place[128];   /* "lesson03_broadcast/members.c:23" */
        const char *exercise;
    } side[2];
    const char *
        exercise; /* whose function stands in the stack, of those without a lock first; NULL: none */
};

/* Finds the next report that has come whole; returns its length from the beginning of the text, 0: none. */
size_t sanitizer_read(struct sanitizer_report *report, const unsigned char *text, size_t len);

/* Adds, in two lines, who did what. */
void sanitizer_explain(const struct sanitizer_report *report, struct bytes *out);

#endif
