/*
 * members: who is in the list, in which order, who gets what, and who is behind
 */
#include "peer.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "members.h"

#define FIVE     5
#define LARGE    (1024 * 1024) /* bytes; more than a socket takes */
#define PIECE    4096
#define NO_BOUND (64 * LARGE)

static struct members members;

/* ------------------------------------------------------------------------------- join and leave */

/* Who is in the list, by descriptor, -1 ends it; all are behind. What the header says of the pointers
 * holds, too. */
static void list_must_be(const int *fds, const char *what)
{
    struct pollfd set[FIVE + 1];
    size_t count = 0, behind = members_behind(&members, set, COUNT_OF(set));
    for (struct member *m = members.first; m != NULL; m = m->next, count++) {
        must(fds[count] != -1, "%s: there is one more, %d", what, m->outbox.client->fd);
        must(m->outbox.client->fd == fds[count] && set[count].fd == fds[count] &&
                 set[count].events == POLLOUT,
             "%s: at place %zu is %d, not %d", what, count, m->outbox.client->fd, fds[count]);
        must(*m->link == m, "%s: the link of %d points to it", what, fds[count]);
    }
    must(*members.end == NULL, "%s: the end points to the NULL behind the last", what);
    must(fds[count] == -1 && members_count(&members) == count && behind == count,
         "%s: %zu in the list, %zu counted, %zu of them behind", what, count,
         members_count(&members), behind);
}

/* Nothing is sent here, so that any number will do for a descriptor. */
static void join(struct member *member, struct client *client, int fd)
{
    *client = (struct client){.fd = fd};
    outbox_init(&member->outbox, client, NO_BOUND, 1000);
    members_join(&members, member);
    must(members_set_behind(&members, member), "%d is behind now", fd);
}

static void leave(struct member *member)
{
    members_leave(&members, member);
    outbox_destroy(&member->outbox);
}

/* The order in which the five leave, as a number from 0 to 119. */
static void leave_in_order(unsigned order)
{
    struct member member[FIVE];
    struct client client[FIVE];
    int left[FIVE + 1] = {1000, 1001, 1002, 1003, 1004, -1};
    char what[40];
    members_init(&members);
    for (int i = 0; i < FIVE; i++)
        join(&member[i], &client[i], 1000 + i);
    list_must_be(left, "all");
    for (unsigned n = FIVE; n > 0; n--) {
        unsigned place = order % n;
        order /= n;
        leave(&member[left[place] - 1000]);
        memmove(left + place, left + place + 1, (n - place) * sizeof *left);
        snprintf(what, sizeof what, "%u left", n - 1);
        list_must_be(left, what);
    }
    members_destroy(&members);
}

static void whoever_leaves_the_others_stay_in_order(void **state)
{
    (void)state;
    for (unsigned order = 0; order < 120; order++)
        leave_in_order(order);
}

static void who_comes_back_is_the_last(void **state)
{
    struct member member[3];
    struct client client[3];
    (void)state;
    members_init(&members);
    for (int i = 0; i < 3; i++)
        join(&member[i], &client[i], i);
    leave(&member[0]);
    join(&member[0], &client[0], 0);
    list_must_be((const int[]){1, 2, 0, -1}, "the first has come back");
    leave(&member[0]);
    join(&member[0], &client[0], 0);
    list_must_be((const int[]){1, 2, 0, -1}, "the last has come back");
    for (int i = 0; i < 3; i++)
        leave(&member[i]);
    join(&member[1], &client[1], 1);
    list_must_be((const int[]){1, -1}, "into an empty list");
    leave(&member[1]);
    members_destroy(&members);
}

/* ------------------------------------------------------------------------------ who is behind */

static void behind_is_counted_once(void **state)
{
    struct member member[3];
    struct client client[3];
    struct pollfd set[3] = {{.fd = -5}, {.fd = -5}, {.fd = -5}};
    (void)state;
    members_init(&members);
    for (int i = 0; i < 3; i++)
        join(&member[i], &client[i], i);
    must(!members_set_behind(&members, &member[1]), "that is nothing new");
    assert_int_equal(members_behind(&members, set, 3), 3);
    assert_int_equal(members_behind(&members, set, 0), 0);
    set[2].fd = -5;
    assert_int_equal(members_behind(&members, set, 2), 2); /* more than there is space for */
    assert_int_equal(set[2].fd, -5);

    members_flush(&members); /* the owners have not sent their first: it is theirs to send */
    assert_int_equal(members_behind(&members, set, 3), 0);
    must(members_set_behind(&members, &member[2]), "now it is new again");
    assert_int_equal(members_behind(&members, set, 3), 1);
    assert_int_equal(set[0].fd, 2);
    leave(&member[2]);
    assert_int_equal(members_behind(&members, set, 3), 0);
    assert_int_equal(members_count(&members), 2);
    leave(&member[0]);
    leave(&member[1]);
    members_destroy(&members);
}

/* --------------------------------------------------------------------------------- send to all */

struct guest {
    struct peer peer;
    struct member member;
};

/* A member whose owner has sent its first, "101", if it is begun. */
static void guest_join(struct guest *guest, size_t max_backlog, bool begun)
{
    peer_open(&guest->peer);
    outbox_init(&guest->member.outbox, &guest->peer.client, max_backlog, 1000);
    members_join(&members, &guest->member);
    if (!begun)
        return;
    struct iovec first = {(char *)"101", 3};
    assert_int_equal(outbox_write(&guest->member.outbox, &first, 1), OUTBOX_SENT);
    peer_must_read(&guest->peer, "101", 3);
}

static void guest_leave(struct guest *guest)
{
    leave(&guest->member);
    peer_close(&guest->peer);
}

static bool say(const char *words)
{
    return members_send(&members, (const unsigned char *)words, strlen(words));
}

static void everybody_gets_the_same_in_one_order(void **state)
{
    struct guest guest[FIVE];
    (void)state;
    members_init(&members);
    must(!say("nobody"), "nobody is there, and nobody is behind");
    for (size_t i = 0; i < FIVE; i++)
        guest_join(&guest[i], NO_BOUND, true);
    must(!say("one") && !say("two") && !say(""), "all take it");
    for (size_t i = 0; i < FIVE; i++)
        peer_must_read(&guest[i].peer, "onetwo", 6);
    members_leave(&members, &guest[2].member);
    must(!say("three"), "all take it");
    for (size_t i = 0; i < FIVE; i++)
        if (i != 2)
            peer_must_read(&guest[i].peer, "three", 5);
    peer_must_have_nothing(&guest[2].peer); /* who has left hears nothing */
    members_join(&members, &guest[2].member);
    for (size_t i = 0; i < FIVE; i++)
        guest_leave(&guest[i]);
    members_destroy(&members);
}

/* In the list before its 101 has gone out: what is said waits behind that. */
static void a_newcomer_hears_it_behind_its_101(void **state)
{
    struct guest guest;
    (void)state;
    members_init(&members);
    guest_join(&guest, NO_BOUND, false);
    must(!say("early") && !say("bird"), "its owner will see to them: it is not behind");
    peer_must_have_nothing(&guest.peer);
    struct iovec first = {(char *)"101", 3};
    assert_int_equal(outbox_write(&guest.member.outbox, &first, 1), OUTBOX_SENT);
    peer_must_read(&guest.peer, "101earlybird", 12);
    guest_leave(&guest);
    members_destroy(&members);
}

/* LARGE bytes that look random: a message that no socket takes whole. */
static const unsigned char *large(void)
{
    static unsigned char bytes[LARGE];
    uint32_t dice = 7;
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (unsigned char)next_random(&dice);
    return bytes;
}

static void who_does_not_read_keeps_nobody_waiting(void **state)
{
    struct guest slow, other;
    struct pollfd set[2];
    const unsigned char *bytes = large();
    (void)state;
    members_init(&members);
    guest_join(&slow, NO_BOUND, true);
    must(members_send(&members, bytes, LARGE), "it is behind, and was not before");
    guest_join(&other, NO_BOUND, true);
    size_t have = LARGE - buffer_len(&slow.member.outbox.backlog); /* what its socket has taken */
    must(!say("one"), "it still is: that is nothing new");
    peer_must_read(&slow.peer, bytes, have);
    must(!say("two"), "although there is room now, it goes behind what waits");
    peer_must_read(&other.peer, "onetwo", 6);
    assert_int_equal(members_behind(&members, set, 2), 1);
    assert_int_equal(set[0].fd, slow.peer.client.fd);

    members_flush(&members); /* its socket takes some of it */
    assert_int_equal(members_behind(&members, set, 2), 1);
    for (size_t n; have < LARGE; have += n) { /* it reads a bit, and more is sent */
        n = LARGE - have < PIECE ? LARGE - have : PIECE;
        peer_must_read(&slow.peer, bytes + have, n);
        members_flush(&members);
    }
    peer_must_read(&slow.peer, "onetwo", 6); /* late, but all, and in order */
    peer_must_have_nothing(&slow.peer);
    assert_int_equal(members_behind(&members, set, 2), 0);
    must(!say("three"), "it takes everything again");
    peer_must_read(&slow.peer, "three", 5);
    peer_must_read(&other.peer, "three", 5);
    guest_leave(&slow);
    guest_leave(&other);
    members_destroy(&members);
}

static void who_is_evicted_or_gone_is_not_behind(void **state)
{
    struct guest slow, gone, other;
    struct pollfd set[3];
    (void)state;
    members_init(&members);
    guest_join(&slow, 1000, true);
    guest_join(&gone, NO_BOUND, true);
    guest_join(&other, NO_BOUND, true);
    close(gone.peer.fd);
    gone.peer.fd = -1;
    must(!say("hello"), "nobody is behind");
    peer_must_read(&other.peer, "hello", 5);
    members_leave(&members, &other.member);
    must(!members_send(&members, large(), LARGE), "what is over the bound does not wait");
    members_join(&members, &other.member);
    assert_non_null(slow.member.outbox.evicted);
    assert_null(gone.member.outbox.evicted);
    assert_int_equal(members_behind(&members, set, 3), 0);
    must(!say("still here"), "nobody is behind");
    peer_must_read(&other.peer, "still here", 10);
    assert_int_equal(members_count(&members), 3); /* their owners take them out */
    guest_leave(&slow);
    guest_leave(&gone);
    guest_leave(&other);
    members_destroy(&members);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_leaves_the_others_stay_in_order),
        cmocka_unit_test(who_comes_back_is_the_last),
        cmocka_unit_test(behind_is_counted_once),
        cmocka_unit_test(everybody_gets_the_same_in_one_order),
        cmocka_unit_test(a_newcomer_hears_it_behind_its_101),
        cmocka_unit_test(who_does_not_read_keeps_nobody_waiting),
        cmocka_unit_test(who_is_evicted_or_gone_is_not_behind),
    };
    return cmocka_run_group_tests_name("members", tests, NULL, NULL);
}
