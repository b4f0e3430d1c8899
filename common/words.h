/*
 * words - what the programs tell people, in English or in Chinese
 *
 * In the code stands the English; words.c has the Chinese beside it. Nothing that goes over the wire,
 * that another program reads, or the line "listening on" ever changes.
 */
#ifndef COMMON_WORDS_H
#define COMMON_WORDS_H

/* Chinese, if the first of LC_ALL, LC_MESSAGES and LANG that is set says "zh". Before there are
 * threads. */
void words_choose(void);

#if defined(__GNUC__)
#define WORDS_FORMAT __attribute__((format_arg(1)))
#else
#define WORDS_FORMAT
#endif

/* The same in Chinese, if that was chosen and words.c knows it; else what it was given. A format has
 * the same conversions in the same order in both. Pure. */
const char *words(const char *english) WORDS_FORMAT;

/* How many columns of a terminal it takes: a Chinese character is two wide. */
int words_columns(const char *text);

#endif
