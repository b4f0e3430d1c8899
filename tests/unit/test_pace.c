/*
 * pace: what a client takes, measurement by measurement, and the verdict on each
 */
#include "guard.h"

#include "pace.h"

static struct pace pace;

static int set_up(void **state)
{
    (void)state;
    pace = (struct pace){0};
    return 0;
}

static void must_be(enum pace_verdict verdict, int64_t stuck_for, int64_t taken, int64_t now)
{
    assert_true(pace_is_due(&pace, now));
    assert_true(pace_measure(&pace, taken, now) == stuck_for);
    assert_int_equal(pace.verdict, verdict);
    assert_false(pace_is_due(&pace, now + PACE_TIME - 1));
}

static void at_first_nothing_is_known(void **state)
{
    (void)state;
    must_be(PACE_UNKNOWN, 0, PACE_READS - 1, 7000);
    must_be(PACE_UNKNOWN, PACE_NEW - 1, PACE_READS - 1, 7000 + PACE_NEW - 1);
    must_be(PACE_SLOW, PACE_NEW + PACE_TIME, PACE_READS - 1, 7000 + PACE_NEW + PACE_TIME);
}

static void who_has_read_so_much_before_is_steady(void **state)
{
    (void)state;
    must_be(PACE_TAKES, 0, PACE_READS, 7000);
}

static void steady_is_a_rate(void **state)
{
    (void)state;
    must_be(PACE_UNKNOWN, 0, 0, 7000);
    must_be(PACE_UNKNOWN, 0, PACE_STEADY - 1, 7000 + PACE_TIME);
    must_be(PACE_TAKES, 0, 2 * PACE_STEADY - 1, 7000 + 2 * PACE_TIME);
    must_be(PACE_SLOW, 0, 18 * PACE_STEADY - 2,
            7000 + 19 * PACE_TIME); /* in more time, as much more */
    must_be(PACE_TAKES, 0, 35 * PACE_STEADY - 2, 7000 + 36 * PACE_TIME);
}

static void who_was_steady_may_pause(void **state)
{
    (void)state;
    must_be(PACE_UNKNOWN, 0, 100, 7000);
    must_be(PACE_TAKES, 0, 100 + PACE_STEADY, 7000 + PACE_TIME);
    must_be(PACE_TAKES, PACE_PAUSE - 1, 100 + PACE_STEADY, 7000 + PACE_TIME + PACE_PAUSE - 1);
    must_be(PACE_SLOW, PACE_PAUSE + PACE_TIME, 100 + PACE_STEADY,
            7000 + 2 * PACE_TIME + PACE_PAUSE);
}

static void a_pause_has_an_end(void **state)
{
    (void)state;
    must_be(PACE_UNKNOWN, 0, 100, 1); /* however soon: it is due at first */
    must_be(PACE_TAKES, 0, 100 + PACE_STEADY, 1 + PACE_TIME);
    must_be(PACE_SLOW, PACE_PAUSE, 100 + PACE_STEADY, 1 + PACE_TIME + PACE_PAUSE);
}

static void who_has_kept_up_may_pause(void **state)
{
    (void)state;
    must_be(PACE_UNKNOWN, 0, 100, 7000);
    pace_restart(&pace); /* nothing waited for a minute */
    must_be(PACE_TAKES, 0, 100 + PACE_READS, 67000);
    must_be(PACE_TAKES, PACE_PAUSE - 1, 100 + PACE_READS, 67000 + PACE_PAUSE - 1);
    must_be(PACE_SLOW, PACE_PAUSE + PACE_TIME, 100 + PACE_READS, 67000 + PACE_PAUSE + PACE_TIME);
}

static void who_has_taken_little_since_is_new_again(void **state)
{
    (void)state;
    must_be(PACE_UNKNOWN, 0, 100, 7000);
    must_be(PACE_SLOW, PACE_NEW, 100, 7000 + PACE_NEW);
    pace_restart(&pace);
    must_be(PACE_UNKNOWN, 0, 100 + PACE_READS - 1, 67000);
    must_be(PACE_SLOW, PACE_NEW, 100 + PACE_READS - 1, 67000 + PACE_NEW);
}

static void a_kibibyte_is_progress_however_long_it_takes(void **state)
{
    (void)state;
    must_be(PACE_UNKNOWN, 0, 100, 1000);
    must_be(PACE_SLOW, 1000, 612, 2000);
    must_be(PACE_SLOW, 2000, 1123, 3000);
    must_be(PACE_SLOW, 0, 1124, 4000);
    must_be(PACE_SLOW, 1000, 1124, 5000);
    must_be(PACE_SLOW, 5000, 2147, 9000);
    must_be(PACE_SLOW, 0, 3171, 10000);
}

static void who_takes_nothing_is_stuck(void **state)
{
    (void)state;
    must_be(PACE_UNKNOWN, 0, -1,
            1000); /* the system does not tell, and nothing has gone out so far */
    must_be(PACE_SLOW, 1000, -1, 2000);
    must_be(PACE_SLOW, 39000, -1, 40000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(at_first_nothing_is_known, set_up),
        cmocka_unit_test_setup(who_has_read_so_much_before_is_steady, set_up),
        cmocka_unit_test_setup(steady_is_a_rate, set_up),
        cmocka_unit_test_setup(who_was_steady_may_pause, set_up),
        cmocka_unit_test_setup(a_pause_has_an_end, set_up),
        cmocka_unit_test_setup(who_has_kept_up_may_pause, set_up),
        cmocka_unit_test_setup(who_has_taken_little_since_is_new_again, set_up),
        cmocka_unit_test_setup(a_kibibyte_is_progress_however_long_it_takes, set_up),
        cmocka_unit_test_setup(who_takes_nothing_is_stuck, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
