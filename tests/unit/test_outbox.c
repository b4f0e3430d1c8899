/*
 * outbox: what goes out first, what waits, and how much of it
 */
#include "peer.h"

#include <string.h>

#include "outbox.h"

#define BOUND 100 /* bytes of backlog */

static struct peer peer;
static struct outbox outbox;

static int set_up(void **state)
{
    (void)state;
    peer_open(&peer);
    outbox_init(&outbox, &peer.client, BOUND, 10000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    outbox_destroy(&outbox);
    peer_close(&peer);
    return 0;
}

static enum outbox_result post(const char *bytes, size_t len)
{
    return outbox_post(&outbox, (const unsigned char *)bytes, len);
}

static enum outbox_result write_two(const char *first, const char *second)
{
    struct iovec parts[] = {{(char *)first, strlen(first)}, {(char *)second, strlen(second)}};
    return outbox_write(&outbox, parts, 2);
}

static const char hundred[BOUND + 1] =
    "0123456789012345678901234567890123456789"
    "012345678901234567890123456789012345678901234567890123456789";

/* -------------------------------------------------------------------------------------- order */

static void the_first_write_comes_before_what_was_posted(void **state)
{
    (void)state;
    assert_int_equal(post("b", 1), OUTBOX_SENT);
    assert_int_equal(outbox_flush(&outbox), OUTBOX_SENT);
    peer_must_have_nothing(&peer);
    assert_int_equal(write_two("1", "01"), OUTBOX_SENT);
    peer_must_read(&peer, "101b", 4);
    assert_int_equal(post("c", 1), OUTBOX_SENT);
    assert_int_equal(write_two("d", "e"), OUTBOX_SENT);
    assert_int_equal(post("f", 1), OUTBOX_SENT);
    peer_must_read(&peer, "cdef", 4);
    peer_must_have_nothing(&peer);
}

static void later_writes_come_behind_what_was_posted(void **state)
{
    (void)state;
    assert_int_equal(write_two("1", "01"), OUTBOX_SENT);
    assert_true(buffer_append(&outbox.backlog, "abc", 3)); /* as if the socket had been full */
    assert_int_equal(post("d", 1), OUTBOX_BEHIND);
    assert_int_equal(write_two("e", ""), OUTBOX_SENT);
    peer_must_read(&peer, "101abcde", 8);
    assert_true(buffer_append(&outbox.backlog, "f", 1));
    assert_int_equal(outbox_flush(&outbox), OUTBOX_SENT);
    assert_int_equal(outbox_flush(&outbox), OUTBOX_SENT);
    peer_must_read(&peer, "f", 1);
    peer_must_have_nothing(&peer);
}

static void at_the_end_the_backlog_goes_out(void **state)
{
    (void)state;
    assert_int_equal(write_two("1", "01"), OUTBOX_SENT);
    outbox_finish(&outbox, 0); /* nothing waits: no deadline is needed */
    assert_true(buffer_append(&outbox.backlog, "last", 4));
    outbox_finish(&outbox, net_now() + 10000);
    peer_must_read(&peer, "101last", 7);
    peer_must_have_nothing(&peer);
}

/* A client that never got its 101 gets nothing else. */
static void without_a_first_nothing_goes_out(void **state)
{
    (void)state;
    assert_int_equal(post("abc", 3), OUTBOX_SENT);
    outbox_finish(&outbox, net_now() + 10000);
    peer_must_have_nothing(&peer);
}

/* ---------------------------------------------------------------------------------- the bound */

static void the_bound_is_kept_to_the_byte(void **state)
{
    (void)state;
    assert_int_equal(post(hundred, BOUND - 1), OUTBOX_SENT);
    assert_int_equal(post(hundred, 1), OUTBOX_SENT);
    assert_null(outbox.evicted);
    assert_int_equal(post(hundred, 1), OUTBOX_GONE);
    assert_non_null(outbox.evicted);
    assert_non_null(strstr(outbox.evicted, "--max-backlog"));
    peer_must_read_the_end(&peer); /* and not a byte before it */
}

static void what_the_owner_has_in_hand_counts(void **state)
{
    (void)state;
    outbox.in_hand = BOUND - 10;
    assert_int_equal(post(hundred, 10), OUTBOX_SENT);
    assert_null(outbox.evicted);
    assert_int_equal(post(hundred, 1), OUTBOX_GONE);
    assert_non_null(outbox.evicted);
}

static void who_is_evicted_gets_nothing_more(void **state)
{
    (void)state;
    assert_int_equal(post(hundred, BOUND), OUTBOX_SENT);
    assert_int_equal(post(hundred, BOUND), OUTBOX_GONE);
    const char *why = outbox.evicted;
    assert_int_equal(post("a", 1), OUTBOX_GONE);
    assert_int_equal(write_two("1", "01"), OUTBOX_GONE);
    assert_int_equal(outbox_flush(&outbox), OUTBOX_SENT); /* nothing waits any more */
    outbox_finish(&outbox, net_now() + 10000);
    assert_ptr_equal(outbox.evicted, why);
    peer_must_read_the_end(&peer);
}

/* What the socket takes at once does not count. */
static void there_is_no_bound_for_who_reads(void **state)
{
    (void)state;
    assert_int_equal(write_two("1", "01"), OUTBOX_SENT);
    peer_must_read(&peer, "101", 3);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(post(hundred, BOUND), OUTBOX_SENT);
        peer_must_read(&peer, hundred, BOUND);
    }
    assert_null(outbox.evicted);
}

/* ------------------------------------------------------------------------- patience, the end */

static void an_owner_waits_so_long_and_no_longer(void **state)
{
    static char large[1024 * 1024]; /* more than a socket takes */
    struct iovec part = {large, sizeof large};
    (void)state;
    outbox.patience = 50;
    assert_int_equal(write_two("1", "01"), OUTBOX_SENT);
    int64_t before = net_now();
    assert_int_equal(outbox_write(&outbox, &part, 1), OUTBOX_GONE);
    assert_true(net_now() - before >= 50);
    assert_string_equal(outbox.evicted, "it does not read what it is sent");
}

static void who_has_gone_is_told(void **state)
{
    (void)state;
    assert_int_equal(write_two("1", "01"), OUTBOX_SENT);
    net_end(peer.fd);
    assert_int_equal(post("a", 1), OUTBOX_GONE);
    assert_int_equal(write_two("b", "c"), OUTBOX_GONE);
    assert_true(buffer_append(&outbox.backlog, "d", 1));
    assert_int_equal(outbox_flush(&outbox), OUTBOX_GONE);
    assert_null(outbox.evicted); /* nobody has thrown it out */
}

/* Who speaks asks it: of one who is not known to read it is told less, of one who does not, nothing. */
static void what_waits_for_a_client(void **state)
{
    static const size_t told[] = {[PACE_UNKNOWN] = 33, [PACE_TAKES] = 99, [PACE_SLOW] = 0};
    (void)state;
    assert_int_equal(outbox_waiting(&outbox), 0);
    assert_int_equal(outbox.pace.measured_at, 0);
    assert_true(buffer_append(&outbox.backlog, hundred, 90));
    outbox.in_hand = 9;
    for (size_t verdict = 0; verdict < COUNT_OF(told); verdict++) {
        outbox.pace =
            (struct pace){.measured_at = net_now(), .verdict = (enum pace_verdict)verdict};
        must(outbox_waiting(&outbox) == told[verdict], "verdict %zu", verdict);
    }
    outbox.pace = (struct pace){0}; /* then it is measured, and nothing is known so far */
    assert_int_equal(outbox_waiting(&outbox), told[PACE_UNKNOWN]);
    assert_int_not_equal(outbox.pace.measured_at, 0);
    outbox.pace.verdict = PACE_TAKES;
    outbox.evicted = "slow";
    assert_int_equal(outbox_waiting(&outbox), 0);
    outbox.in_hand = 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_first_write_comes_before_what_was_posted),
        TEST(later_writes_come_behind_what_was_posted),
        TEST(at_the_end_the_backlog_goes_out),
        TEST(without_a_first_nothing_goes_out),
        TEST(the_bound_is_kept_to_the_byte),
        TEST(what_the_owner_has_in_hand_counts),
        TEST(who_is_evicted_gets_nothing_more),
        TEST(there_is_no_bound_for_who_reads),
        TEST(an_owner_waits_so_long_and_no_longer),
        TEST(who_has_gone_is_told),
        TEST(what_waits_for_a_client),
    };
    return cmocka_run_group_tests_name("outbox", tests, NULL, NULL);
}
