/*
 * input: where received bytes come to lie, and how much memory they take
 */
#include "peer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "input.h"

#define KIB 1024

static struct peer peer;
static struct input input;
static struct buffer message;
static unsigned char bytes[100 * KIB]; /* that look random */

static int set_up(void **state)
{
    uint32_t dice = 1;
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)next_random(&dice);
    peer_open(&peer);
    input = (struct input){0};
    input_init(&input, &(struct buffer){0});
    message = (struct buffer){0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    input_free(&input);
    buffer_free(&message);
    peer_close(&peer);
    return 0;
}

static ssize_t receive(uint64_t awaited)
{
    return input_receive(&input, &peer.client, &message, awaited, net_now() + 20000);
}

/* Reads so many bytes, which must be those from `at` on. */
static void must_receive(size_t len, size_t at, uint64_t awaited)
{
    ssize_t n = receive(awaited);
    must(n == (ssize_t)len && input.len == len, "%zu bytes come, not %zd", len, n);
    must(memcmp(input.bytes, bytes + at, len) == 0, "they are those from %zu on", at);
    must(input.is_new, "they are new");
}

static void early_bytes_are_the_first(void **state)
{
    struct buffer early = {0};
    (void)state;
    assert_true(buffer_append(&early, "head of the request", 19));
    assert_true(buffer_append(&early, "early", 5));
    buffer_consume(&early, 19);
    input_init(&input, &early);
    assert_int_equal(input.len, 5);
    assert_memory_equal(input.bytes, "early", 5);
    assert_false(input.is_new);
    assert_null(early.data);
    assert_int_equal(buffer_len(&early), 0);
}

static void without_early_bytes_there_is_no_memory(void **state)
{
    struct buffer early = {0};
    (void)state;
    assert_true(buffer_append(&early, "head", 4));
    buffer_consume(&early, 4);
    input_init(&input, &early);
    assert_int_equal(input.len, 0);
    assert_null(early.data);
    assert_null(input.buffer.data);
}

/* A read that fills its space makes it larger: 512 bytes, 1 KiB, ... 64 KiB, and no more. */
static void memory_follows_the_bytes(void **state)
{
    size_t at = 0;
    (void)state;
    peer_send(&peer, bytes, sizeof bytes);
    for (size_t size = 512; at + size <= sizeof bytes; size *= 2) {
        must_receive(size, at, 0);
        at += size;
    }
    must_receive(sizeof bytes - at, at, 0); /* what is left does not fill it */
    for (int i = 0; i < 4; i++) {
        peer_send(&peer, bytes, sizeof bytes);
        must_receive(64 * KIB, 0, 0);
        must_receive(sizeof bytes - 64 * KIB, 64 * KIB, 0);
        assert_int_equal(input.buffer.size, 64 * KIB);
    }
    input_free(&input);
    peer_send(&peer, bytes, sizeof bytes);
    must_receive(512, 0, 0); /* begins with few again */
}

static void a_few_bytes_need_no_memory(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        peer_send(&peer, bytes, INPUT_FEW - 1);
        must_receive(INPUT_FEW - 1, 0, 0);
        assert_null(input.buffer.data);
    }
    peer_send(&peer, bytes, INPUT_FEW);
    must_receive(INPUT_FEW, 0, 0); /* there may be more: they are moved, and nothing is lost */
    assert_ptr_equal(input.bytes, input.buffer.data);
}

/* From 4 KiB of a payload on, what comes is read to where buffer_put() will find it. */
static void a_large_payload_is_read_into_its_message(void **state)
{
    (void)state;
    assert_true(buffer_append(&message, "begun", 5));
    peer_send(&peer, bytes, 10 * KIB);
    must_receive(10 * KIB, 0, 20 * KIB);
    assert_ptr_equal(input.bytes, message.data + 5);
    buffer_put(&message, input.bytes, input.len);
    peer_send(&peer, bytes + 10 * KIB, 15 * KIB);
    must_receive(10 * KIB, 10 * KIB, 10 * KIB); /* no more than is awaited */
    assert_ptr_equal(input.bytes, message.data + 5 + 10 * KIB);
    buffer_put(&message, input.bytes, input.len);
    assert_memory_equal(buffer_bytes(&message), "begun", 5);
    assert_memory_equal(buffer_bytes(&message) + 5, bytes, 20 * KIB);

    must_receive(512, 20 * KIB, 4 * KIB - 1); /* a small one is not */
    assert_ptr_equal(input.bytes, input.buffer.data);
    assert_int_equal(buffer_len(&message), 5 + 20 * KIB);
}

/* Announced is not arrived. */
static void an_announced_payload_takes_little_memory(void **state)
{
    (void)state;
    peer_send(&peer, bytes, 1);
    must_receive(1, 0, UINT64_MAX / 2);
    must(message.size <= 64 * KIB, "%zu bytes are kept ready", message.size);
}

static void when_nothing_comes(void **state)
{
    (void)state;
    errno = 0;
    assert_int_equal(input_receive(&input, &peer.client, &message, 0, net_now() + 20), -1);
    assert_int_equal(errno, EAGAIN);
    peer_send(&peer, bytes, 3);
    peer_finish_sending(&peer);
    must_receive(3, 0, 0);
    assert_int_equal(receive(0), 0);
}

/* Whether it pauses or not: within 16 reads the stop is seen. */
static void the_stop_is_seen(void **state)
{
    int stop[2];
    (void)state;
    assert_int_equal(pipe(stop), 0);
    peer.client.stop = stop[0];
    peer_send(&peer, bytes, 1);
    must_receive(1, 0, 0);
    close(stop[1]);
    assert_int_equal(receive(0), -1);
    assert_int_equal(errno, ECANCELED);
    for (int round = 0; round < 3; round++) {
        int reads = 0;
        for (ssize_t n = 1; n > 0; reads++) {
            peer_send(&peer, bytes, 1);
            n = receive(0);
        }
        assert_int_equal(errno, ECANCELED);
        must(reads <= 16, "%d reads", reads);
    }
    close(stop[0]);
}

/* What a waker has been asked to do. */
struct woken {
    int pipe[2];
    int count;
    int enough; /* it is */
};

/* Takes a byte; the client's come when it has been woken twice. */
static bool wake(void *data)
{
    struct woken *woken = data;
    char byte;
    assert_int_equal(read(woken->pipe[0], &byte, 1), 1);
    if (++woken->count == 2)
        peer_send(&peer, bytes, 1);
    return woken->count < woken->enough;
}

static void something_else_is_done_meanwhile(void **state)
{
    struct woken woken = {.enough = 3};
    (void)state;
    assert_int_equal(pipe(woken.pipe), 0);
    const struct waker waker = {woken.pipe[0], wake, &woken};
    input.waker = &waker;
    assert_int_equal(write(woken.pipe[1], "12", 2), 2);
    must_receive(1, 0, 0);
    must(woken.count == 2, "it was woken %d times", woken.count);

    assert_int_equal(input_receive(&input, &peer.client, &message, 0, net_now() + 20), -1);
    assert_int_equal(errno, EAGAIN);
    must(woken.count == 2, "nothing was to be done");

    assert_int_equal(write(woken.pipe[1], "3", 1), 1);
    assert_int_equal(receive(0), -1);
    assert_int_equal(errno, ECONNABORTED); /* it wants no more */
    must(woken.count == 3, "it was woken %d times", woken.count);

    assert_int_equal(write(woken.pipe[1], "4", 1), 1);
    peer_send(&peer, bytes, 1);
    must_receive(1, 0, 0); /* what the client says comes first */
    must(woken.count == 3, "it was woken %d times", woken.count);
    close(woken.pipe[0]);
    close(woken.pipe[1]);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(early_bytes_are_the_first),
        TEST(without_early_bytes_there_is_no_memory),
        TEST(memory_follows_the_bytes),
        TEST(a_few_bytes_need_no_memory),
        TEST(a_large_payload_is_read_into_its_message),
        TEST(an_announced_payload_takes_little_memory),
        TEST(when_nothing_comes),
        TEST(the_stop_is_seen),
        TEST(something_else_is_done_meanwhile),
    };
    return cmocka_run_group_tests_name("input", tests, NULL, NULL);
}
