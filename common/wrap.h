/*
 * wrap - lines that are too long for a terminal, broken between words
 *
 * Stands beside the way of the data. Pure.
 */
#ifndef COMMON_WRAP_H
#define COMMON_WRAP_H

#include <stddef.h>

/*
 * Copies text to out, which has size bytes, at least len; lines of more than so many columns are broken.
 * What is broken off goes on below the last words that had two spaces before them, or a little to the
 * right of the line's beginning. Nothing is lost: a word that is too long stays whole, and where out has
 * no room for another break there is none. A character is a column, a Chinese one two, and a line may be
 * broken before it; a colour is none. Returns how many bytes were written.
 */
size_t wrap_text(char *out, size_t size, const char *text, size_t len, size_t columns);

/* The columns of a text in one line. */
size_t wrap_columns(const char *text, size_t len);

/* How many bytes from here stay in one line: up to a space, the line's end, or where Chinese may be
 * broken. 0 if it begins with a space. */
size_t wrap_word(const char *text, size_t len);

#endif
