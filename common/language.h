/*
 * language - English or Chinese, as the locale says
 *
 * Each program that speaks both has a table of its own: words.c the servers', tests/wscheck/words.c the
 * grader's. Before there are threads.
 */
#ifndef COMMON_LANGUAGE_H
#define COMMON_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

struct language_row {
    const char *english, *chinese;
};

#if defined(__GNUC__)
#define LANGUAGE_FORMAT(argument) __attribute__((format_arg(argument)))
#else
#define LANGUAGE_FORMAT(argument)
#endif

/* Does the first of LC_ALL, LC_MESSAGES and LANG that is set say "zh"? */
bool language_is_chinese(void);

/* Puts the rows in order, so that they can be found. */
void language_sort(struct language_row *rows, size_t count);

/* The Chinese for it among these rows, which are in order; if it is in none of them, what it was given. */
const char *language_find(const struct language_row *rows, size_t count, const char *english)
    LANGUAGE_FORMAT(3);

#endif
