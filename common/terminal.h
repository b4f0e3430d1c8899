/*
 * terminal - how wide is it?
 *
 * Stands beside the way of the data.
 */
#ifndef COMMON_TERMINAL_H
#define COMMON_TERMINAL_H

#include <stddef.h>

/* The columns of the terminal behind a descriptor: COLUMNS in the environment, or what the terminal
 * says just now. 0 if there is no terminal, or nobody knows. */
size_t terminal_columns(int fd);

#endif
