/*
 * room: what is said comes to everyone, once and in order, whoever delivers it
 *
 * The room has a thread of its own; what is waited for here is only that it has done its work.
 */
#include "peer.h"

#include <string.h>

#include "log.h"
#include "room.h"

#define LARGE  (3 * 1024 * 1024) /* bytes; more than the queue keeps the memory for */
#define MANY   300               /* more than the delivery thread polls at the same time */
#define POLLED 260               /* of them, the first: all that it polls are among these */

static const struct options options = {
    .max_message = 1000, .ping_interval = 10000, .max_backlog = 2 * LARGE};
static const char answer[] = "101";

static struct room room;

static int open_room(void **state)
{
    (void)state;
    log_init(LOG_QUIET);
    return room_open(&room) ? 0 : -1;
}

static int close_room(void **state)
{
    (void)state;
    assert_int_equal(members_count(&room.members), 0);
    room_close(&room);
    return 0;
}

struct guest {
    struct peer peer;
    struct conn *conn;
    struct member member;
};

static void guest_join(struct guest *guest)
{
    peer_open(&guest->peer);
    guest->conn = conn_new(&guest->peer.client, &options, answer, 3, &(struct buffer){0});
    assert_non_null(guest->conn);
    room_join(&room, &guest->member, guest->conn);
}

static void guest_accept(struct guest *guest)
{
    assert_true(conn_accept(guest->conn));
    peer_must_read(&guest->peer, answer, 3);
}

static void guest_leave(struct guest *guest)
{
    room_leave(&room, &guest->member, guest->conn);
    peer_finish_sending(&guest->peer);
    conn_goodbye(guest->conn);
    conn_free(guest->conn);
    peer_close(&guest->peer);
}

static bool say(const char *words)
{
    return room_say(&room, WS_TEXT, words, strlen(words));
}

static void must_count(uint64_t messages, uint64_t evicted)
{
    struct room_counts counts = room_counts(&room);
    assert_true(counts.messages == messages && counts.evicted == evicted);
}

/* Messages of several clients that came together go out together. */
static void what_is_said_waits_for_a_delivery(void **state)
{
    struct guest guest[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        guest_join(&guest[i]);
        guest_accept(&guest[i]);
    }
    assert_true(say("a") && room_say(&room, WS_BINARY, "\0b", 2) && say(""));
    for (int i = 0; i < 2; i++)
        peer_must_have_nothing(&guest[i].peer);
    must_count(3, 0);
    room_deliver(&room);
    room_deliver(&room); /* there is nothing left */
    for (int i = 0; i < 2; i++) {
        peer_must_read(&guest[i].peer, BYTES("\x81\x01"
                                             "a\x82\x02\0b\x81\0"));
        peer_must_have_nothing(&guest[i].peer);
        guest_leave(&guest[i]);
    }
    must_count(3, 0);
}

static void the_delivery_thread_delivers_too(void **state)
{
    struct guest guest;
    (void)state;
    guest_join(&guest);
    guest_accept(&guest);
    assert_true(room_offer(&room, WS_TEXT, "b", 1));
    peer_must_read(&guest.peer,
                   "\x81\x01"
                   "b",
                   3);
    guest_leave(&guest);
}

/* Before its 101 it is in already; and what it said before it leaves is delivered. */
static void from_joining_to_leaving_nothing_is_missed(void **state)
{
    struct guest guest, other;
    (void)state;
    guest_join(&guest);
    guest_join(&other);
    guest_accept(&other);
    assert_true(say("early"));
    room_deliver(&room);
    peer_must_have_nothing(&guest.peer);
    assert_true(conn_accept(guest.conn));
    peer_must_read(&guest.peer, BYTES("101\x81\x05"
                                      "early"));
    assert_true(say("last words"));
    guest_leave(&guest);
    peer_must_read(&other.peer, BYTES("\x81\x05"
                                      "early\x81\x0Alast words"));
    peer_must_have_nothing(&other.peer);
    guest_leave(&other);
}

/* The queue holds one message, however large. */
static void a_large_message(void **state)
{
    static char large[LARGE];
    const unsigned char header[] = {0x82, 127, 0, 0, 0, 0, 0, LARGE >> 16, 0, 0};
    struct guest guest;
    (void)state;
    memset(large, 'x', sizeof large);
    guest_join(&guest);
    guest_accept(&guest);
    for (int round = 0; round < 5; round++) { /* the thread may be asleep, or on its way to it */
        assert_true(room_say(&room, WS_BINARY, large, sizeof large));
        assert_true(say("after it")); /* there is no space: so this delivers it first */
        peer_must_read(&guest.peer, header, sizeof header);
        peer_must_read(&guest.peer, large, sizeof large); /* the thread goes on sending it */
        room_deliver(&room);
        peer_must_read(&guest.peer, BYTES("\x81\x08"
                                          "after it"));
    }
    guest_leave(&guest);
}

/* Without memory a message is lost whole; nothing of it comes to stand before the next. */
static void without_memory(void **state)
{
    struct guest guest;
    (void)state;
    guest_join(&guest);
    guest_accept(&guest);
    assert_false(room_say(&room, WS_TEXT, NULL, SIZE_MAX / 2));
    must_count(0, 0);
    assert_true(say("next"));
    room_deliver(&room);
    peer_must_read(&guest.peer, BYTES("\x81\x04next"));
    guest_leave(&guest);
}

/* Returns how many bytes have gone into the socket. */
static size_t fill(const struct peer *peer, const char *bytes, size_t len)
{
    ssize_t left = net_send_now(peer->client.fd, &(struct iovec){(char *)bytes, len}, 1);
    must(left > 0, "the socket is full");
    return len - (size_t)left;
}

/* The first share a socket that nobody reads, the others one that is read: although poll() only looks
 * at the first, the others get what waits for them. */
static void many_who_are_behind(void **state)
{
    static const char zeros[LARGE];
    static struct member member[MANY];
    static struct pollfd set[MANY];
    struct peer silent, reader;
    (void)state;
    peer_open(&silent);
    peer_open(&reader);
    fill(&silent, zeros, sizeof zeros);
    size_t before = fill(&reader, zeros, sizeof zeros);
    for (size_t i = 0; i < MANY; i++) {
        const struct client *client = i < POLLED ? &silent.client : &reader.client;
        outbox_init(&member[i].outbox, client, 1000, 1000);
        assert_int_equal(outbox_write(&member[i].outbox, &(struct iovec){0}, 1),
                         OUTBOX_SENT); /* has begun */
        members_join(&room.members, &member[i]);
    }
    assert_true(say("x"));
    room_deliver(&room);
    assert_int_equal(members_behind(&room.members, set, MANY), MANY);
    peer_must_read(&reader, zeros, before);
    for (size_t i = POLLED; i < MANY; i++)
        peer_must_read(&reader, BYTES("\x81\x01x"));
    for (size_t i = 0; i < MANY; i++) {
        members_leave(&room.members, &member[i]);
        outbox_destroy(&member[i].outbox);
    }
    peer_close(&silent);
    peer_close(&reader);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_room, close_room)
    const struct CMUnitTest tests[] = {
        TEST(what_is_said_waits_for_a_delivery),
        TEST(the_delivery_thread_delivers_too),
        TEST(from_joining_to_leaving_nothing_is_missed),
        TEST(a_large_message),
        TEST(without_memory),
        TEST(many_who_are_behind),
    };
    return cmocka_run_group_tests_name("room", tests, NULL, NULL);
}
