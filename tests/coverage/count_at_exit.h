/*
 * count_at_exit - for the coverage build only: _exit() writes down what has been counted
 *
 * The servers may end with _exit(), in a signal handler for instance, and gcov's counts are kept
 * for exit() only. coverage.py has this header included before everything else.
 */
#ifndef COUNT_AT_EXIT_H
#define COUNT_AT_EXIT_H

/* No #include here: which parts of the headers there are is for each file to choose. */
_Noreturn void _exit(int status);
void __gcov_dump(void); /* in libgcov */

_Noreturn static inline void count_at_exit(int status)
{
    __gcov_dump();
    _exit(status);
}

#define _exit count_at_exit

#endif
