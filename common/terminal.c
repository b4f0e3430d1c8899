/*
 * terminal - see terminal.h
 */
#include "terminal.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LEAST 20 /* columns: in fewer, breaking lines helps nobody */
#define MOST  1000

static size_t if_sensible(unsigned long columns)
{
    return columns >= LEAST && columns <= MOST ? columns : 0;
}

size_t terminal_columns(int fd)
{
    const char *wanted = getenv("COLUMNS");
    if (!isatty(fd))
        return 0;
    if (wanted != NULL && if_sensible(strtoul(wanted, NULL, 10)) > 0)
        return strtoul(wanted, NULL, 10);
#ifdef TIOCGWINSZ
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0)
        return if_sensible(size.ws_col);
#endif
    return 0;
}
