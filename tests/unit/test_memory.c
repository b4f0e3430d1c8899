/*
 * memory: what is added up, and who has to go
 */
#include "peer.h"

#include <unistd.h>

#include "memory.h"

enum { SMALL, LARGE, LAST, COUNT };

static struct peer peers[COUNT];
static struct holding holdings[COUNT];

static int set_up(void **state)
{
    (void)state;
    memory_set_bound(1000);
    for (int i = 0; i < COUNT; i++) {
        peer_open(&peers[i]);
        memory_begin(&holdings[i], peers[i].client.fd);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        memory_end(&holdings[i]);
        peer_close(&peers[i]);
    }
    return 0;
}

static void must_be_over(bool is_small, bool is_large, bool is_last)
{
    bool expected[COUNT] = {is_small, is_large, is_last};
    for (int i = 0; i < COUNT; i++) {
        char byte;
        assert_true(memory_is_over(&holdings[i]) == expected[i]);
        if (expected[i]) /* its connection has ended: who waits for it wakes up */
            assert_int_equal(read(peers[i].client.fd, &byte, 1), 0);
    }
}

static void up_to_the_bound_nobody_has_to_go(void **state)
{
    (void)state;
    memory_hold(&holdings[SMALL], 100);
    memory_hold(&holdings[LARGE], 800);
    memory_hold(&holdings[LAST], 100);
    must_be_over(false, false, false);
}

static void the_largest_goes_whoever_asked_last(void **state)
{
    (void)state;
    memory_hold(&holdings[SMALL], 100);
    memory_hold(&holdings[LARGE], 700);
    memory_hold(&holdings[LAST], 201);
    must_be_over(false, true, false);
    memory_hold(&holdings[LARGE], 5000); /* it does not count any more */
    memory_hold(&holdings[SMALL], 799);
    must_be_over(false, true, false);
    memory_hold(&holdings[SMALL], 800);
    must_be_over(true, true, false);
}

static void what_is_given_back_does_not_count(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++) {
        memory_hold(&holdings[LARGE], 900);
        memory_hold(&holdings[LARGE], 0);
        memory_hold(&holdings[LAST], 900);
        memory_end(&holdings[LAST]);
        memory_begin(&holdings[LAST], peers[LAST].client.fd);
    }
    must_be_over(false, false, false);
}

static void more_than_one_may_have_to_go(void **state)
{
    (void)state;
    memory_hold(&holdings[SMALL], 400);
    memory_hold(&holdings[LARGE], 500);
    memory_hold(&holdings[LAST], 2000);
    must_be_over(false, false, true);
    memory_set_bound(100);
    memory_hold(&holdings[SMALL], 401);
    must_be_over(true, true, true);
}

static void whoever_has_left_does_not_count(void **state)
{
    (void)state;
    memory_hold(&holdings[SMALL], 900);
    memory_end(&holdings[LARGE]); /* from between the two others */
    memory_end(&holdings[SMALL]);
    memory_set_bound(400);
    memory_hold(&holdings[LAST], 500);
    must_be_over(false, false, true);
    memory_begin(&holdings[SMALL], peers[SMALL].client.fd);
    memory_begin(&holdings[LARGE], peers[LARGE].client.fd);
}

static void from_three_quarters_on_it_is_scarce(void **state)
{
    (void)state;
    memory_hold(&holdings[SMALL], 250);
    memory_hold(&holdings[LARGE], 500);
    assert_false(memory_is_scarce());
    memory_hold(&holdings[LAST], 1);
    assert_true(memory_is_scarce());
    memory_hold(&holdings[SMALL], 0);
    assert_false(memory_is_scarce());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(up_to_the_bound_nobody_has_to_go),  TEST(the_largest_goes_whoever_asked_last),
        TEST(what_is_given_back_does_not_count), TEST(more_than_one_may_have_to_go),
        TEST(whoever_has_left_does_not_count),   TEST(from_three_quarters_on_it_is_scarce),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
