/*
 * net: what sockets do, with socket pairs and with TCP connections on loopback
 *
 * What the system does rarely, and how often it is asked and for what, is test_net_calls. Here nothing
 * waits for time: bytes are there, or a thread brings them, or the deadline has passed. Whatever waits
 * has a bound all the same.
 */
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

#define MIB      (1024 * 1024)
#define PATIENCE 20000 /* milliseconds, after which what should have come never will */

static struct peer peer; /* a socket pair or a TCP connection; net.c has peer.client.fd */
static int stop[2];      /* a pipe: stop[0] becomes readable when the server stops */
static unsigned char bytes[2 * MIB], got[sizeof bytes];

static int64_t soon(void)
{
    return net_now() + PATIENCE;
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i ^ i >> 8 ^ i >> 16);
    peer_open(&peer);
    must(pipe(stop) == 0, "there is a pipe");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    peer_close(&peer);
    close(stop[0]);
    close(stop[1]);
    return 0;
}

/* From now on, both ends are those of a TCP connection. */
static void over_tcp(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr *address = (void *)&here;
    socklen_t len = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    peer_close(&peer);
    peer.fd = socket(AF_INET, SOCK_STREAM, 0);
    must(listener >= 0 && bind(listener, address, len) == 0 && listen(listener, 1) == 0 &&
             getsockname(listener, address, &len) == 0 && connect(peer.fd, address, len) == 0,
         "a connection on loopback: %s", strerror(errno));
    peer.client.fd = accept(listener, NULL, NULL);
    must(peer.client.fd >= 0, "it is accepted: %s", strerror(errno));
    close(listener);
}

static void close_end(int *fd)
{
    close(*fd);
    *fd = -1;
}

/* The other side closes the TCP connection with bytes that it has not read: that resets it. */
static void reset_by_peer(void)
{
    struct pollfd mine = {.fd = peer.client.fd};
    over_tcp();
    mine.fd = peer.client.fd;
    must(send(mine.fd, "x", 1, 0) == 1 &&
             net_wait_for_any(&(struct pollfd){peer.fd, POLLIN, 0}, 1, soon()),
         "a byte waits for it");
    close_end(&peer.fd);
    must(poll(&mine, 1, PATIENCE) == 1 && (mine.revents & POLLERR) != 0, "it has been reset");
}

/* Sends until the socket takes no more; returns how many bytes it has taken. */
static size_t fill(void)
{
    size_t taken = 0;
    ssize_t n = 0;
    while (taken < 32 * sizeof bytes &&
           (n = send(peer.client.fd, bytes + taken % sizeof bytes,
                     sizeof bytes - taken % sizeof bytes, MSG_DONTWAIT)) > 0)
        taken += (size_t)n;
    must(n < 0 && errno == EAGAIN, "the socket is full after %zu bytes", taken);
    return taken;
}

/* --------------------------------------------------------------------------------- the clock */

static int64_t monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void the_clock_is_the_monotonic_one_in_milliseconds(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t before = monotonic(), now = net_now(), after = monotonic();
        must(before <= now && now <= after, "%lld is not between %lld and %lld", (long long)now,
             (long long)before, (long long)after);
    }
}

/* Who may watch the frames depends on this: no other address may pass for one of this machine. */
static void only_loopback_is_loopback(void **state)
{
    static const struct {
        const char *address;
        bool is_loopback;
    } all[] = {
        {"127.0.0.1", true},
        {"127.255.255.254", true},
        {"126.255.255.255", false},
        {"128.0.0.1", false},
        {"255.0.0.1", false},
        {"10.0.0.127", false},
        {"0.0.0.0", false},
        {"::1", true},
        {"::", false},
        {"::2", false},
        {"::ffff:127.0.0.1", true},
        {"::ffff:127.9.9.9", true},
        {"::ffff:128.0.0.1", false},
        {"::ffff:126.127.127.127", false},
        {"::127.0.0.1", false},
        {"::feff:127.0.0.1", false},
        {"::fffe:127.0.0.1", false},
        {"::1:ffff:127.0.0.1", false},
        {"fe80::1", false},
        {"fe80::ffff:127.0.0.1", false},
        {"64:ff9b::7f00:1", false},
        {"1::ffff:127.0.0.1", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        struct sockaddr_in ip = {.sin_family = AF_INET};
        struct sockaddr_in6 ip6 = {.sin6_family = AF_INET6};
        bool is_4 = inet_pton(AF_INET, all[i].address, &ip.sin_addr) == 1;
        assert_true(is_4 || inet_pton(AF_INET6, all[i].address, &ip6.sin6_addr) == 1);
        must(net_is_loopback(is_4 ? (void *)&ip : (void *)&ip6) == all[i].is_loopback, "%s",
             all[i].address);
    }
    must(!net_is_loopback(&(struct sockaddr){.sa_family = AF_UNIX}), "what is no address at all");
    must(!net_is_loopback((void *)&(struct sockaddr_in6){.sin6_family = AF_UNIX,
                                                         .sin6_addr = IN6ADDR_LOOPBACK_INIT}),
         "what is of another family");
}

/* ----------------------------------------------------------------------------------- waiting */

static void readable_is_what_would_not_wait(void **state)
{
    (void)state;
    assert_false(net_is_readable(-1));
    assert_false(net_is_readable(peer.client.fd));
    peer_send(&peer, "x", 1);
    assert_true(net_is_readable(peer.client.fd));
    assert_int_equal(read(peer.client.fd, got, 1), 1);
    assert_false(net_is_readable(peer.client.fd));
    peer_finish_sending(&peer);
    assert_true(net_is_readable(peer.client.fd)); /* read() returns 0 at once */
    assert_false(net_is_readable(stop[0]));
    close_end(&stop[1]);
    assert_true(net_is_readable(stop[0])); /* only POLLHUP, perhaps */
}

static void only_bytes_are_bytes(void **state)
{
    (void)state;
    assert_false(net_has_bytes(-1));
    assert_false(net_has_bytes(peer.client.fd));
    peer_send(&peer, "xy", 2);
    assert_true(net_has_bytes(peer.client.fd));
    assert_true(net_has_bytes(peer.client.fd));
    assert_int_equal(read(peer.client.fd, got, 3), 2); /* it has only looked */
    assert_memory_equal(got, "xy", 2);
    assert_false(net_has_bytes(peer.client.fd));
    peer_send(&peer, "z", 1);
    peer_finish_sending(&peer);
    assert_true(net_has_bytes(peer.client.fd));
    assert_int_equal(read(peer.client.fd, got, 1), 1);
    assert_false(net_has_bytes(peer.client.fd)); /* the end of the stream is none */
    close_end(&peer.fd);
    assert_false(net_has_bytes(peer.client.fd));
}

/* An error can be read once: that is for the thread to which the socket belongs. */
static void a_reset_is_left_to_the_owner(void **state)
{
    (void)state;
    reset_by_peer();
    assert_false(net_has_bytes(peer.client.fd));
    assert_int_equal(net_look(peer.client.fd, got, sizeof got, 1), -1);
    assert_int_equal(errno, ECONNRESET);
}

static void a_socket_takes_bytes_again_when_some_were_read(void **state)
{
    (void)state;
    assert_true(net_wait_writable(peer.client.fd, net_now() - 1));
    size_t taken = fill();
    assert_false(net_wait_writable(peer.client.fd, net_now() - 1));
    assert_false(net_wait_writable(peer.client.fd, net_now()));
    peer_must_read(&peer, bytes, taken);
    assert_true(net_wait_writable(peer.client.fd, soon()));
}

static void a_connection_that_has_ended_counts_as_writable(void **state)
{
    (void)state;
    fill();
    close_end(&peer.fd);
    assert_true(net_wait_writable(peer.client.fd, soon()));
}

static void any_of_them_ends_the_wait(void **state)
{
    struct pollfd set[] = {{peer.client.fd, POLLIN, 0}, {stop[0], POLLIN, 0}};
    (void)state;
    assert_false(net_wait_for_any(set, 2, net_now()));
    must(write(stop[1], "x", 1) == 1, "the pipe takes a byte");
    assert_true(net_wait_for_any(set, 2, soon()));
    assert_int_equal(set[0].revents, 0);
    assert_int_equal(set[1].revents, POLLIN);
    assert_false(net_wait_for_any(set, 1, net_now())); /* only so many of them */
    peer_send(&peer, "x", 1);
    assert_true(net_wait_for_any(set, 1, soon()));
    assert_int_equal(set[0].revents, POLLIN);
}

/* --------------------------------------------------------------------------------- receiving */

/* All that receives, in the same words. */
static ssize_t look_once(int fd, void *buf, size_t len)
{
    return net_look(fd, buf, len, 1);
}

static ssize_t look_often(int fd, void *buf, size_t len)
{
    return net_look(fd, buf, len, NET_LOOKS);
}

static ssize_t wait_in_vain(int fd, void *buf, size_t len)
{
    return net_wait(fd, buf, len, stop[0], net_now() - 1);
}

static ssize_t receive_in_vain(int fd, void *buf, size_t len)
{
    return net_receive(fd, buf, len, stop[0], net_now() - 1);
}

static ssize_t (*const receivers[])(int fd, void *buf, size_t len) = {
    look_once, look_often, wait_in_vain, receive_in_vain};

static void what_is_there_is_received(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(receivers); i++) {
        struct guard guard;
        guard_open(&guard, 4);
        unsigned char *at = guard_at_end(&guard, NULL, 4);
        peer_send(&peer, "Hello", 5);
        must(receivers[i](peer.client.fd, at, 4) == 4 && memcmp(at, "Hell", 4) == 0,
             "as many as there is room for: %zu", i);
        must(receivers[i](peer.client.fd, at, 4) == 1 && at[0] == 'o', "the one is left: %zu", i);
        errno = 0;
        must(receivers[i](peer.client.fd, at, 4) == -1 && errno == EAGAIN, "now none is: %zu", i);
        guard_close(&guard);
    }
}

static void the_end_is_0(void **state)
{
    (void)state;
    peer_finish_sending(&peer);
    for (size_t i = 0; i < COUNT_OF(receivers); i++)
        must(receivers[i](peer.client.fd, got, sizeof got) == 0, "receiver %zu", i);
}

static void a_reset_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(receivers); i++) {
        reset_by_peer();
        errno = 0;
        must(receivers[i](peer.client.fd, got, sizeof got) == -1 && errno == ECONNRESET,
             "receiver %zu", i);
    }
}

static void the_stop_comes_before_the_bytes(void **state)
{
    (void)state;
    peer_send(&peer, "x", 1);
    must(write(stop[1], "x", 1) == 1, "the server stops");
    errno = 0;
    assert_int_equal(net_wait(peer.client.fd, got, 1, stop[0], soon()), -1);
    assert_int_equal(errno, ECANCELED);
    assert_int_equal(net_receive(peer.client.fd, got, 1, stop[0], soon()), 1); /* it was there */
    errno = 0;
    assert_int_equal(net_receive(peer.client.fd, got, 1, stop[0], soon()), -1);
    assert_int_equal(errno, ECANCELED);
}

static void without_a_stop_only_the_socket_counts(void **state)
{
    (void)state;
    peer_send(&peer, "xy", 2);
    assert_int_equal(net_wait(peer.client.fd, got, 1, -1, soon()), 1);
    assert_int_equal(net_receive(peer.client.fd, got, 1, -1, soon()), 1);
}

/* What another thread waits for. */
struct waiter {
    pthread_t thread;
    ssize_t n;
    int error;
    unsigned char byte;
};

static void *wait_for_a_byte(void *argument)
{
    struct waiter *waiter = argument;
    waiter->n = net_wait(peer.client.fd, &waiter->byte, 1, stop[0], soon());
    waiter->error = errno;
    return NULL;
}

/* Whether it sleeps already then or not, what happens ends its wait. */
static struct waiter while_it_waits(void (*happen)(void))
{
    struct waiter waiter;
    must(pthread_create(&waiter.thread, NULL, wait_for_a_byte, &waiter) == 0, "a thread");
    for (int i = 0; i < 100; i++)
        sched_yield();
    happen();
    pthread_join(waiter.thread, NULL);
    return waiter;
}

static void send_a_byte(void)
{
    peer_send(&peer, "x", 1);
}

static void stop_the_server(void)
{
    close_end(&stop[1]);
}

static void end_receiving(void)
{
    net_end_receiving(peer.client.fd);
}

static void end_it(void)
{
    net_end(peer.client.fd);
}

static void who_waits_is_woken(void **state)
{
    (void)state;
    struct waiter waiter = while_it_waits(send_a_byte);
    assert_int_equal(waiter.n, 1);
    assert_int_equal(waiter.byte, 'x');
    waiter = while_it_waits(stop_the_server);
    assert_int_equal(waiter.n, -1);
    assert_int_equal(waiter.error, ECANCELED);
}

static void who_waits_is_woken_when_it_ends(void **state)
{
    (void)state;
    assert_int_equal(while_it_waits(end_receiving).n, 0);
    over_tcp();
    assert_int_equal(while_it_waits(end_receiving).n, 0);
    over_tcp();
    assert_int_equal(while_it_waits(end_it).n, 0);
}

/* ----------------------------------------------------------------------------------- sending */

static void parts_go_out_in_their_order(void **state)
{
    struct iovec parts[] = {{"", 0}, {"Hel", 3}, {NULL, 0}, {"lo", 2}, {"", 0}};
    struct iovec one = {"again", 5};
    (void)state;
    assert_int_equal(net_send_now(peer.client.fd, parts, COUNT_OF(parts)), 0);
    peer_must_read(&peer, "Hello", 5);
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        assert_int_equal(parts[i].iov_len, 0);
    assert_int_equal(net_send_now(peer.client.fd, &one, 1), 0);
    assert_int_equal(one.iov_len, 0);
    peer_must_read(&peer, "again", 5);
    peer_must_have_nothing(&peer);
}

/* The parts are then what is left, and can be sent when there is room again: nothing is lost or twice. */
static void a_full_socket_takes_a_part(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 3; count++) {
        struct iovec parts[] = {{bytes, MIB / 3}, {bytes + MIB / 3, 5}, {bytes + MIB / 3 + 5, 7}};
        size_t len = 0, have = 0;
        parts[count - 1].iov_len += MIB;
        for (size_t i = 0; i < count; i++)
            len += parts[i].iov_len;
        for (ssize_t left = 1, full = 0; left > 0; full++) {
            left = net_send_now(peer.client.fd, parts, count);
            must(left >= 0 && (full > 0 || left > 0), "it does not fit at once: %zd", left);
            size_t sum = 0;
            for (size_t i = 0; i < count; i++)
                sum += parts[i].iov_len;
            must(sum == (size_t)left, "%zu bytes are in the parts, %zd left", sum, left);
            peer_must_read(&peer, bytes + have, len - have - sum);
            have = len - sum;
        }
        peer_must_have_nothing(&peer);
    }
}

static void a_full_socket_takes_nothing(void **state)
{
    struct iovec parts[] = {{"Hel", 3}, {"lo", 2}};
    (void)state;
    fill();
    for (size_t count = 1; count <= 2; count++) {
        assert_int_equal(net_send_now(peer.client.fd, parts, count), count == 1 ? 3 : 5);
        assert_int_equal(errno, EAGAIN);
        assert_memory_equal(parts[0].iov_base, "Hel", parts[0].iov_len);
        assert_memory_equal(parts[1].iov_base, "lo", parts[1].iov_len);
    }
}

/* And SIGPIPE does not end the process: nothing here ignores it. */
static void who_has_gone_takes_nothing(void **state)
{
    struct iovec parts[] = {{"Hel", 3}, {"lo", 2}};
    (void)state;
    close_end(&peer.fd);
    for (size_t count = 1; count <= 2; count++) {
        errno = 0;
        assert_int_equal(net_send_now(peer.client.fd, parts, count), -1);
        assert_int_equal(errno, EPIPE);
        errno = 0;
        assert_int_equal(net_send_all(peer.client.fd, parts, count, PATIENCE, soon()), -1);
        assert_int_equal(errno, EPIPE);
    }
}

static void *read_it_all(void *argument)
{
    size_t *have = argument;
    ssize_t n;
    while ((n = recv(peer.fd, got + *have, sizeof got - *have, 0)) > 0)
        *have += (size_t)n;
    return NULL;
}

static void send_all_to_a_reader(void)
{
    struct iovec parts[] = {{bytes, 10}, {bytes + 10, sizeof bytes - 10}};
    size_t have = 0;
    pthread_t reader;
    memset(got, 0, sizeof got);
    must(pthread_create(&reader, NULL, read_it_all, &have) == 0, "a thread");
    int status = net_send_all(peer.client.fd, parts, 2, PATIENCE, soon());
    net_finish_sending(peer.client.fd);
    pthread_join(reader, NULL);
    assert_int_equal(status, 0);
    assert_int_equal(have, sizeof bytes);
    must(memcmp(got, bytes, sizeof bytes) == 0, "it is what was sent");
}

static void all_is_sent_as_it_is_read(void **state)
{
    (void)state;
    send_all_to_a_reader();
    over_tcp();
    must(setsockopt(peer.client.fd, SOL_SOCKET, SO_SNDBUF, &(int){65536}, sizeof(int)) == 0,
         "its buffer is small");
    send_all_to_a_reader();
}

static void who_does_not_read_is_given_up(void **state)
{
    struct iovec part = {bytes, 2};
    (void)state;
    fill();
    errno = 0;
    assert_int_equal(net_send_all(peer.client.fd, &part, 1, PATIENCE, net_now()), -1);
    assert_int_equal(errno, ETIMEDOUT);
    errno = 0;
    assert_int_equal(net_send_all(peer.client.fd, &part, 1, 0, NET_NO_DEADLINE), -1);
    assert_int_equal(errno, ETIMEDOUT);
    assert_int_equal(part.iov_len, 2);
}

static void nothing_is_sent_at_once(void **state)
{
    struct iovec parts[] = {{NULL, 0}, {"", 0}};
    (void)state;
    close_end(&peer.fd);
    assert_int_equal(net_send_all(peer.client.fd, parts, 2, 0, 0), 0);
    assert_int_equal(net_send_all(peer.client.fd, parts, 0, 0, 0), 0);
}

/* What the system tells of a connection, when it has told that all is acknowledged. */
static struct net_taken taken_when_all_is(void)
{
    struct net_taken taken = net_taken(peer.client.fd);
    for (int64_t deadline = soon(); taken.outstanding > 0 && net_now() < deadline; net_pause(1))
        taken = net_taken(peer.client.fd);
    return taken;
}

static void what_the_other_side_has_taken(void **state)
{
    (void)state;
    struct net_taken taken = net_taken(peer.client.fd);
    must(taken.acknowledged == -1 && taken.outstanding == -1, "a socket pair does not tell");
    taken = net_taken(-1);
    must(taken.acknowledged == -1 && taken.outstanding == -1, "no socket does not tell");
#ifdef __linux__
    over_tcp();
    struct net_taken begin = taken_when_all_is();
    must(begin.acknowledged >= 0 && begin.outstanding == 0, "nothing is sent: %lld, %lld",
         (long long)begin.acknowledged, (long long)begin.outstanding);
    assert_int_equal(send(peer.client.fd, bytes, 1000, 0), 1000);
    taken = taken_when_all_is();
    assert_int_equal(taken.outstanding, 0);
    assert_int_equal(taken.acknowledged, begin.acknowledged + 1000);

    size_t sent = 1000 + fill(); /* more than the other side takes without reading */
    taken = net_taken(peer.client.fd);
    must(taken.acknowledged > begin.acknowledged && taken.outstanding > 0 &&
             taken.acknowledged - begin.acknowledged < (int64_t)sent,
         "of %zu bytes, %lld are acknowledged, and %lld not", sent, (long long)taken.acknowledged,
         (long long)taken.outstanding);
#endif
}

/* ----------------------------------------------------------------------------------- the end */

static void must_be_able_to_send(int fd)
{
    assert_int_equal(send(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL), 1);
}

static void must_not_be_able_to_send(int fd)
{
    assert_int_equal(send(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL), -1);
    assert_int_equal(errno, EPIPE);
}

static void the_last_is_said(void **state)
{
    (void)state;
    net_finish_sending(peer.client.fd);
    must_not_be_able_to_send(peer.client.fd);
    peer_must_read_the_end(&peer);
    peer_send(&peer, "y", 1);
    assert_int_equal(net_wait(peer.client.fd, got, 1, -1, soon()), 1);
}

static void no_more_is_received(void **state)
{
    (void)state;
    net_end_receiving(peer.client.fd);
    assert_int_equal(net_wait(peer.client.fd, got, 1, -1, soon()), 0);
    must_be_able_to_send(peer.client.fd);
    peer_must_read(&peer, "x", 1);
}

static void both_directions_end(void **state)
{
    (void)state;
    net_end(peer.client.fd);
    assert_int_equal(net_wait(peer.client.fd, got, 1, -1, soon()), 0);
    must_not_be_able_to_send(peer.client.fd);
    peer_must_read_the_end(&peer);
    must(fcntl(peer.client.fd, F_GETFD) >= 0, "the descriptor stays taken");
}

/* What was sent last arrives, though the other side has sent much that nobody reads. */
static void what_is_drained_does_not_reset(void **state)
{
    (void)state;
    over_tcp();
    peer_send(&peer, bytes, 20000);
    peer_finish_sending(&peer);
    assert_int_equal(send(peer.client.fd, "bye", 3, 0), 3);
    net_finish_sending(peer.client.fd);
    net_drain(peer.client.fd, soon());
    assert_int_equal(net_look(peer.client.fd, got, 1, 1), 0);
    net_close(peer.client.fd);
    peer.client.fd = -1;
    peer_must_read(&peer, "bye", 3);
    peer_must_read_the_end(&peer);
}

static void draining_ends_with_the_deadline(void **state)
{
    (void)state;
    net_drain(peer.client.fd, net_now()); /* nothing comes, and no end */
    peer_send(&peer, bytes, 5000);
    net_drain(peer.client.fd, net_now());
    ssize_t left = net_look(peer.client.fd, got, sizeof got, 1);
    must(left > 0 && left < 5000, "once it has read: %zd bytes are left", left);
}

static void a_closed_descriptor_is_free(void **state)
{
    int fd = peer.client.fd;
    (void)state;
    net_close(fd);
    peer.client.fd = -1;
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_int_equal(errno, EBADF);
    peer_must_read_the_end(&peer);
}

static void what_is_still_to_be_sent_is_thrown_away(void **state)
{
    (void)state;
    over_tcp();
    fill();
    net_reset_on_close(peer.client.fd);
    net_close(peer.client.fd);
    peer.client.fd = -1;
    ssize_t n;
    while ((n = recv(peer.fd, got, sizeof got, 0)) > 0)
        ; /* what was on its way already */
    assert_int_equal(n, -1);
    assert_int_equal(errno, ECONNRESET);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_clock_is_the_monotonic_one_in_milliseconds),
        TEST(only_loopback_is_loopback),
        TEST(readable_is_what_would_not_wait),
        TEST(only_bytes_are_bytes),
        TEST(a_reset_is_left_to_the_owner),
        TEST(a_socket_takes_bytes_again_when_some_were_read),
        TEST(a_connection_that_has_ended_counts_as_writable),
        TEST(any_of_them_ends_the_wait),
        TEST(what_is_there_is_received),
        TEST(the_end_is_0),
        TEST(a_reset_is_told),
        TEST(the_stop_comes_before_the_bytes),
        TEST(without_a_stop_only_the_socket_counts),
        TEST(who_waits_is_woken),
        TEST(who_waits_is_woken_when_it_ends),
        TEST(parts_go_out_in_their_order),
        TEST(a_full_socket_takes_a_part),
        TEST(a_full_socket_takes_nothing),
        TEST(who_has_gone_takes_nothing),
        TEST(all_is_sent_as_it_is_read),
        TEST(who_does_not_read_is_given_up),
        TEST(nothing_is_sent_at_once),
        TEST(what_the_other_side_has_taken),
        TEST(the_last_is_said),
        TEST(no_more_is_received),
        TEST(both_directions_end),
        TEST(what_is_drained_does_not_reset),
        TEST(draining_ends_with_the_deadline),
        TEST(a_closed_descriptor_is_free),
        TEST(what_is_still_to_be_sent_is_thrown_away),
    };
    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
