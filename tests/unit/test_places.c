/*
 * places: who has to go when there are too many in their heads
 */
#include "peer.h"

#include <unistd.h>

#include "places.h"

static struct peer peers[PLACES_MAX];
static struct place places[PLACES_MAX];

static void come(size_t i)
{
    peer_open(&peers[i]);
    places_enter(&places[i], peers[i].client.fd);
}

static int all_leave(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLACES_MAX; i++) {
        places_leave(&places[i]);
        peer_close(&peers[i]);
    }
    assert_int_equal(places_count(PLACE_HEAD), 0);
    return 0;
}

static void end(struct peer *peer)
{
    close(peer->fd);
    peer->fd = -1;
}

/* With bytes that it has not read. */
static void reset(struct peer *peer)
{
    must(write(peer->client.fd, "x", 1) == 1, "a byte waits for it");
    end(peer);
}

static void finish_sending(struct peer *peer)
{
    peer_finish_sending(peer);
}

/* Makes room for one more among PLACES_MAX; this one must give way, and nobody else. */
static void must_give_way(size_t who)
{
    places_make_room();
    for (size_t i = 0; i < PLACES_MAX; i++)
        must(places[i].kind == (i == who ? PLACE_GIVES_WAY : PLACE_HEAD),
             "%zu is to give way, and this is %zu", who, i);
}

/* The first has gone; the others are newcomers who have not sent a byte yet. */
static void one_has_gone(void (*go)(struct peer *peer))
{
    for (size_t i = 0; i < PLACES_MAX; i++)
        come(i);
    go(&peers[0]);
    must_give_way(0);
    assert_true(places_answer(&places[0])); /* to be told of as one that has left, not refused */
    assert_int_equal(places[0].kind, PLACE_ANSWERED);
}

static void who_has_ended_gives_way_to_newcomers(void **state)
{
    (void)state;
    one_has_gone(end);
}

static void who_has_been_reset_gives_way_to_newcomers(void **state)
{
    (void)state;
    one_has_gone(reset);
}

static void who_says_no_more_gives_way_to_newcomers(void **state)
{
    (void)state;
    one_has_gone(finish_sending);
}

static void whose_bytes_wait_for_the_thread_is_spared(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLACES_MAX; i++)
        come(i);
    peer_send(&peers[0], "G", 1);
    peer_send(&peers[1], "G", 1);
    peer_finish_sending(&peers[1]);
    must_give_way(2);
    assert_false(places_answer(&places[2]));
    assert_true(places_answer(&places[0]));
}

static void while_there_is_room_nobody_gives_way(void **state)
{
    (void)state;
    for (size_t i = 0; i + 1 < PLACES_MAX; i++)
        come(i);
    end(&peers[0]);
    places_make_room();
    assert_int_equal(places_count(PLACE_HEAD), PLACES_MAX - 1);
    come(PLACES_MAX - 1);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, all_leave)
    const struct CMUnitTest tests[] = {
        TEST(who_has_ended_gives_way_to_newcomers),
        TEST(who_has_been_reset_gives_way_to_newcomers),
        TEST(who_says_no_more_gives_way_to_newcomers),
        TEST(whose_bytes_wait_for_the_thread_is_spared),
        TEST(while_there_is_room_nobody_gives_way),
    };
    return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
