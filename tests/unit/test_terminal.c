/*
 * terminal: how wide it is, as it says itself, or as COLUMNS says; and when nobody knows
 */
#define _XOPEN_SOURCE 700 /* posix_openpt() */

#include "guard.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "terminal.h"

static void what_is_no_terminal_has_no_columns(void **state)
{
    int ends[2];
    (void)state;
    must(pipe(ends) == 0, "pipe");
    setenv("COLUMNS", "80", 1);
    assert_int_equal(terminal_columns(ends[1]), 0);
    unsetenv("COLUMNS");
    assert_int_equal(terminal_columns(ends[1]), 0);
    close(ends[0]);
    close(ends[1]);
}

static void the_width_of_a_terminal(void **state)
{
    static const struct {
        unsigned short own; /* what the terminal says */
        const char *wanted; /* COLUMNS, if it is set */
        size_t columns;
    } rows[] = {
        {80, NULL, 80},     {0, NULL, 0},    {19, NULL, 0},    {20, NULL, 20},
        {1000, NULL, 1000}, {1001, NULL, 0}, {80, "100", 100}, {80, "20", 20},
        {80, "1000", 1000}, {80, "19", 80},  {80, "1001", 80}, {80, "", 80},
        {80, "wide", 80},   {0, "100", 100}, {0, "1", 0},
    };
    int master = posix_openpt(O_RDWR | O_NOCTTY), terminal = -1;
    (void)state;
    if (master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0)
        terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (terminal < 0)
        skip();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct winsize size = {.ws_row = 24, .ws_col = rows[i].own};
        must(ioctl(terminal, TIOCSWINSZ, &size) == 0, "it takes its width");
        unsetenv("COLUMNS");
        if (rows[i].wanted != NULL)
            setenv("COLUMNS", rows[i].wanted, 1);
        must(terminal_columns(terminal) == rows[i].columns, "row %zu: %zu columns, not %zu", i,
             rows[i].columns, terminal_columns(terminal));
    }
    unsetenv("COLUMNS");
    close(terminal);
    close(master);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_terminal_has_no_columns),
        cmocka_unit_test(the_width_of_a_terminal),
    };
    return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
