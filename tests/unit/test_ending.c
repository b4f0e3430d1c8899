/*
 * ending: the first reason counts, and what the client is told, to the byte
 */
#include "peer.h"

#include <string.h>
#include <sys/socket.h>

#include "ending.h"
#include "log.h"

#define REASON "a reason (RFC 6455 §7)"

static void the_first_ending_counts(void **state)
{
    struct ending ending = {0};
    (void)state;
    ending_set(&ending, WS_CLOSE_GOING_AWAY, REASON);
    ending_set(&ending, WS_CLOSE_POLICY, "later");
    ending_evict(&ending, WS_CLOSE_POLICY, "later");
    ending_lost(&ending);
    assert_int_equal(ending.code, WS_CLOSE_GOING_AWAY);
    assert_int_equal(ending.reason_len, strlen(REASON));
    assert_string_equal(ending.reason, REASON);
    assert_false(ending.by_client || ending.evicted);
}

static void an_eviction_is_noted_as_one(void **state)
{
    struct ending evicted = {0}, lost = {0};
    (void)state;
    ending_evict(&evicted, WS_CLOSE_POLICY, REASON);
    ending_set(&evicted, WS_CLOSE_NORMAL, "later");
    assert_int_equal(evicted.code, WS_CLOSE_POLICY);
    assert_true(evicted.evicted);
    ending_lost(&lost);
    assert_int_equal(lost.code, WS_CLOSE_ABNORMAL);
    assert_false(lost.evicted);
}

/* ------------------------------------------------------------------------------------- goodbye */

/* Does it end with a reset when it is closed? */
static bool is_to_be_reset(const struct peer *peer)
{
    struct linger linger = {0};
    socklen_t len = sizeof linger;
    assert_int_equal(getsockopt(peer->client.fd, SOL_SOCKET, SO_LINGER, &linger, &len), 0);
    return linger.l_onoff != 0 && linger.l_linger == 0;
}

static void say_goodbye(const struct ending *ending, const char *waiting, const void *expected,
                        size_t len)
{
    struct peer peer;
    struct buffer buffer = {0};
    peer_open(&peer);
    peer_send(&peer, "not read yet", 12); /* it would turn a close into a reset */
    peer_finish_sending(&peer);           /* so that nobody waits for that */
    assert_true(buffer_append(&buffer, waiting, strlen(waiting)));
    ending_say_goodbye(ending, &(struct observed){.client = &peer.client}, &buffer);
    if (ending->code != WS_CLOSE_ABNORMAL)
        assert_int_equal(net_look(peer.client.fd, &(char){0}, 1, 1), 0); /* all has been read */
    peer_must_read(&peer, expected, len);
    if (ending->code != WS_CLOSE_ABNORMAL)
        peer_must_read_the_end(&peer);
    else
        peer_must_have_nothing(&peer);
    assert_int_equal(is_to_be_reset(&peer), ending->code == WS_CLOSE_ABNORMAL && ending->evicted);
    buffer_free(&buffer);
    peer_close(&peer);
}

static void what_the_client_is_told(void **state)
{
    static const struct {
        struct ending ending;
        const char *waiting, *bytes;
        size_t len;
    } rows[] = {
        /* the server's own: code and reason */
        {{1001, "stop", 4, false, false}, "", BYTES("\x88\x06\x03\xE9stop")},
        {{1008, "slow", 4, false, true}, "", BYTES("\x88\x06\x03\xF0slow")},
        {{1002, "", 0, false, false}, "", BYTES("\x88\x02\x03\xEA")},
        /* §5.5.1: the client's own code comes back, without its reason; or none, if it gave none */
        {{4999, "bye", 3, true, false}, "", BYTES("\x88\x02\x13\x87")},
        {{1005, "", 0, true, false}, "", BYTES("\x88\x00")},
        /* what waits goes out before */
        {{1000, "bye", 3, false, false},
         "\x81\x02hi",
         BYTES("\x81\x02hi\x88\x05\x03\xE8"
               "bye")},
        {{1005, "", 0, true, false}, "\x8A\x01p", BYTES("\x8A\x01p\x88\x00")},
        /* nobody is there to be told */
        {{1006, "lost", 4, false, false}, "\x81\x02hi", BYTES("")},
        {{1006, "slow", 4, false, true}, "\x81\x02hi", BYTES("")},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        say_goodbye(&rows[i].ending, rows[i].waiting, rows[i].bytes, rows[i].len);
}

static void whether_a_close_frame_was_taken(void **state)
{
    static const struct ending ending = {1001, "stop", 4, false, false};
    struct peer peer;
    (void)state;
    peer_open(&peer);
    struct observed observed = {.client = &peer.client};
    assert_true(ending_send_close(&ending, &observed, &(struct buffer){0}));
    peer_must_read(&peer, BYTES("\x88\x06\x03\xE9stop"));
    shutdown(peer.fd, SHUT_RDWR);
    assert_false(ending_send_close(&ending, &observed, &(struct buffer){0}));
    peer_close(&peer);
}

/* §5.5: a control frame has at most 125 bytes. */
static void a_long_reason_is_cut(void **state)
{
    char reason[200], expected[2 + 125];
    (void)state;
    memset(reason, 'r', sizeof reason);
    memset(expected, 'r', sizeof expected);
    memcpy(expected, "\x88\x7D\x03\xF3", 4);
    say_goodbye(&(struct ending){1011, reason, sizeof reason, false, false}, "", expected,
                sizeof expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_ending_counts),
        cmocka_unit_test(an_eviction_is_noted_as_one),
        cmocka_unit_test(what_the_client_is_told),
        cmocka_unit_test(whether_a_close_frame_was_taken),
        cmocka_unit_test(a_long_reason_is_cut),
    };
    return cmocka_run_group_tests_name("ending", tests, NULL, NULL);
}
