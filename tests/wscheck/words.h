/*
 * words - what the grader tells people, in English or in Chinese
 *
 * In the code stands the English; the files in chinese/ have the Chinese beside it, and test_languages.py
 * wants both. Translated is what is formatted or shown. What is sent, ids, commands, and all that a
 * program reads stay as they are.
 */
#ifndef WSCHECK_WORDS_H
#define WSCHECK_WORDS_H

#include "../../common/language.h"

/* The language of the locale: see language.h. Until then, it is English. Before there are threads. */
void words_choose(void);

/* English after all: a program will read it. */
void words_stay_english(void);

/* The same in Chinese, if that was chosen and there is a row for it; else what it was given. A format
 * has the same conversions in the same order in both. */
const char *words(const char *english) LANGUAGE_FORMAT(1);

#endif
