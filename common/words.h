/*
 * words - what the programs tell people, in English or in Chinese
 *
 * In the code stands the English; words.c has the Chinese beside it. Nothing that goes over the wire,
 * that another program reads, or the line "listening on" ever changes.
 */
#ifndef COMMON_WORDS_H
#define COMMON_WORDS_H

#include "language.h"

/* The language of the locale: see language.h. Before there are threads. */
void words_choose(void);

/* The same in Chinese, if that was chosen and words.c knows it; else what it was given. A format has
 * the same conversions in the same order in both. Pure. */
const char *words(const char *english) LANGUAGE_FORMAT(1);

#endif
