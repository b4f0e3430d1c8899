/*
 * net: what the system is asked, how often and in which order, and what is made of its answers
 *
 * The functions here with the names of system calls play a script. A step says which call must come now,
 * with what arguments, and what it answers; another call, or none, fails the test. So the system does
 * what it does rarely, and does it at once: the clock is a number, and nobody sleeps. With real sockets:
 * test_net.
 */
#undef _FORTIFY_SOURCE /* its inline functions have these names, too */

#include "guard.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#ifdef __linux__
#include <linux/tcp.h>
#endif
#include <unistd.h>

#include "net.h"

#define SECOND 1000000 /* in microseconds, as the clock here has them */
#define MS     1000

/* --------------------------------------------------------------------------------- the script */

struct step {
    const char *call; /* with its arguments, as the functions below write it */
    int result;
    int error;         /* why the result is -1 */
    int64_t takes;     /* the clock runs so far meanwhile */
    short revents[2];  /* poll(): of each descriptor */
    int64_t remains;   /* nanosleep(): milliseconds */
    int acknowledging; /* the other side takes so many more bytes meanwhile */
};

#define FAILS(reason) .result = -1, .error = (reason)

static const struct step *next, *end_of_script;
static bool is_playing;
static int64_t now;
static int fd; /* what TIOCOUTQ can ask: a socket, to which nothing is sent */
static const int stop = 1000;

/* What has been sent, and what will be received. */
static char taken[6000];
static size_t taken_len;
static const char *incoming;

/* What the system tells about TCP. */
static struct {
    bool is_tcp;
    int64_t acknowledged;
    socklen_t len; /* how much of tcp_info an older system fills in; 0: all */
    unsigned asked;
} tcp;

static void play(const struct step *script, size_t len)
{
    next = script;
    end_of_script = script + len;
    is_playing = true;
    taken_len = 0;
    incoming = "";
}

#define PLAY(script) play((script), COUNT_OF(script))

/* All of the script has been played. */
static void must_be_over(void)
{
    must(next == end_of_script, "this call does not come: %s",
         next != end_of_script ? next->call : "");
    is_playing = false;
}

#if defined(__GNUC__)
__attribute__((format(printf, 1, 2)))
#endif
static const struct step *
called(const char *format, ...)
{
    char call[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(call, sizeof call, format, arguments);
    va_end(arguments);
    must(next != end_of_script, "too much is asked: %s", call);
    must(strcmp(call, next->call) == 0, "this is asked: %s\nand not this: %s", call, next->call);
    now += next->takes;
    tcp.acknowledged += next->acknowledging;
    if (next->result < 0)
        errno = next->error;
    return next++;
}

static const char *name_of(int descriptor)
{
    return descriptor == fd ? "fd" : descriptor == stop ? "stop" : descriptor == -1 ? "-1" : "?";
}

static const char *flags_text(int flags)
{
    static char text[100];
    int others = flags & ~(MSG_PEEK | MSG_DONTWAIT | MSG_NOSIGNAL);
    snprintf(text, sizeof text, "%s%s%s", (flags & MSG_PEEK) != 0 ? " PEEK" : "",
             (flags & MSG_DONTWAIT) != 0 ? " DONTWAIT" : "",
             (flags & MSG_NOSIGNAL) != 0 ? " NOSIGNAL" : "");
    return others == 0 ? text : " ?";
}

static void take(const void *bytes, size_t len)
{
    must(taken_len + len <= sizeof taken, "no more than %zu bytes are sent", sizeof taken);
    if (len > 0)
        memcpy(taken + taken_len, bytes, len);
    taken_len += len;
}

/* --------------------------------------------------------------- in place of the C library's */

ssize_t recv(int descriptor, void *buf, size_t len, int flags)
{
    const struct step *step =
        called("recv(%s, %zu)%s", name_of(descriptor), len, flags_text(flags));
    if (step->result > 0) {
        memcpy(buf, incoming, (size_t)step->result);
        incoming += step->result;
    }
    return step->result;
}

ssize_t send(int descriptor, const void *bytes, size_t len, int flags)
{
    const struct step *step =
        called("send(%s, %zu)%s", name_of(descriptor), len, flags_text(flags));
    if (step->result > 0)
        take(bytes, (size_t)step->result);
    return step->result;
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags)
{
    char lengths[100] = "";
    for (size_t i = 0; i < (size_t)message->msg_iovlen; i++)
        snprintf(lengths + strlen(lengths), sizeof lengths - strlen(lengths), "%s%zu",
                 i > 0 ? "+" : "", message->msg_iov[i].iov_len);
    const struct step *step =
        called("sendmsg(%s, %s)%s", name_of(descriptor), lengths, flags_text(flags));
    must(message->msg_name == NULL && message->msg_control == NULL, "it has nothing but parts");
    size_t left = step->result > 0 ? (size_t)step->result : 0;
    for (size_t i = 0; left > 0; i++) {
        size_t len = message->msg_iov[i].iov_len;
        take(message->msg_iov[i].iov_base, len < left ? len : left);
        left -= len < left ? len : left;
    }
    return step->result;
}

int poll(struct pollfd *set, nfds_t count, int timeout)
{
    char text[100] = "";
    for (nfds_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s %s, ", name_of(set[i].fd),
                 set[i].events == POLLIN    ? "in"
                 : set[i].events == POLLOUT ? "out"
                                            : "?");
    const struct step *step = called("poll(%s%d)", text, timeout);
    for (nfds_t i = 0; i < count; i++)
        set[i].revents = step->revents[i];
    return step->result;
}

int nanosleep(const struct timespec *time, struct timespec *remains)
{
    int64_t wanted = (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
    must(time->tv_nsec >= 0 && time->tv_nsec < 1000000000, "nanoseconds: %ld", time->tv_nsec);
    const struct step *step =
        called("nanosleep(%lld.%06lld)", (long long)wanted / 1000000, (long long)wanted % 1000000);
    if (step->result < 0 && remains != NULL)
        *remains = (struct timespec){.tv_sec = (time_t)(step->remains / 1000),
                                     .tv_nsec = (long)(step->remains % 1000) * 1000000};
    return step->result;
}

/* ThreadSanitizer calls it, too, when the program ends. */
int sched_yield(void)
{
    return is_playing ? called("sched_yield()")->result : 0;
}

/* cmocka asks for the time, too; so this is in no script. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    *time = (struct timespec){.tv_sec = (time_t)(now / SECOND),
                              .tv_nsec = (long)(now % SECOND) * 1000 + 999};
    return 0;
}

#ifdef __linux__
int getsockopt(int descriptor, int level, int option, void *value, socklen_t *len)
{
    struct tcp_info info = {.tcpi_bytes_acked = (uint64_t)tcp.acknowledged};
    must(level == IPPROTO_TCP && option == TCP_INFO && *len == sizeof info, "it asks TCP");
    tcp.asked++;
    if (!tcp.is_tcp || descriptor == -1) {
        errno = EOPNOTSUPP;
        return -1;
    }
    *len = tcp.len > 0 ? tcp.len : (socklen_t)sizeof info;
    memcpy(value, &info, *len);
    return 0;
}
#endif

/* -------------------------------------------------------------------------------- the clock */

static void the_clock_has_milliseconds(void **state)
{
    static const int64_t times[] = {
        0, 999, 1000, 1001, 999999, SECOND, SECOND + 1999, INT64_C(4000000) * SECOND + 12345};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        now = times[i];
        must(net_now() == now / 1000, "%lld microseconds", (long long)now);
    }
}

static void a_pause_is_as_long_as_it_should_be(void **state)
{
    static const struct {
        int64_t milliseconds;
        const char *call;
    } rows[] = {
        {0, "nanosleep(0.000000)"},       {1, "nanosleep(1.000000)"},
        {999, "nanosleep(999.000000)"},   {1000, "nanosleep(1000.000000)"},
        {1001, "nanosleep(1001.000000)"}, {61500, "nanosleep(61500.000000)"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct step step = {.call = rows[i].call};
        play(&step, 1);
        net_pause(rows[i].milliseconds);
        must_be_over();
    }
}

static void a_signal_does_not_shorten_a_pause(void **state)
{
    static const struct step script[] = {
        {.call = "nanosleep(2500.000000)", FAILS(EINTR), .remains = 1700},
        {.call = "nanosleep(1700.000000)", FAILS(EINTR), .remains = 3},
        {.call = "nanosleep(3.000000)"},
    };
    static const struct step refused[] = {{.call = "nanosleep(5.000000)", FAILS(EINVAL)}};
    (void)state;
    PLAY(script);
    net_pause(2500);
    must_be_over();
    PLAY(refused);
    net_pause(5); /* what never works is not tried for ever */
    must_be_over();
}

/* -------------------------------------------------------------------------------- waiting */

/* With one descriptor, at 10.000999 s, until so many milliseconds. */
static bool wait_until(int64_t deadline)
{
    struct pollfd set = {.fd = fd, .events = POLLIN};
    now = 10 * SECOND + 999;
    bool is_ready = net_wait_for_any(&set, 1, deadline);
    must_be_over();
    return is_ready;
}

static void poll_is_told_how_long(void **state)
{
    static const struct {
        int64_t left; /* milliseconds */
        const char *call;
    } rows[] = {
        {-INT64_C(5000000000), "poll(fd in, 0)"},
        {-1, "poll(fd in, 0)"},
        {0, "poll(fd in, 0)"},
        {1, "poll(fd in, 1)"},
        {1500, "poll(fd in, 1500)"},
        {INT32_MAX - 1, "poll(fd in, 2147483646)"},
        {INT32_MAX, "poll(fd in, 2147483647)"},
        {INT64_C(1) + INT32_MAX, "poll(fd in, 2147483647)"},
        {INT64_C(1) << 32, "poll(fd in, 2147483647)"},
        {NET_NO_DEADLINE - 10000, "poll(fd in, 2147483647)"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct step ready = {.call = rows[i].call, .result = 1, .revents = {POLLIN}};
        play(&ready, 1);
        must(wait_until(10000 + rows[i].left), "row %zu", i);
    }
}

static void waiting_ends_with_the_deadline(void **state)
{
    static const struct step in_time[] = {
        {.call = "poll(fd in, 50)", .result = 0, .takes = 50 * MS}};
    static const struct step late[] = {{.call = "poll(fd in, 50)", .result = 0, .takes = 80 * MS}};
    static const struct step interrupted[] = {
        {.call = "poll(fd in, 50)", FAILS(EINTR), .takes = 50 * MS}};
    static const struct step passed[] = {{.call = "poll(fd in, 0)", .result = 0}};
    (void)state;
    PLAY(in_time);
    assert_false(wait_until(10050));
    PLAY(late);
    assert_false(wait_until(10050));
    PLAY(interrupted);
    assert_false(wait_until(10050));
    PLAY(passed);
    assert_false(wait_until(10000));
}

/* A signal; or a system whose poll() is a little early. */
static void waiting_goes_on_until_the_deadline(void **state)
{
    static const struct step script[] = {
        {.call = "poll(fd in, 50)", FAILS(EINTR), .takes = 20 * MS},
        {.call = "poll(fd in, 30)", .result = 0, .takes = 29 * MS},
        {.call = "poll(fd in, 1)", .result = 1, .takes = 3 * MS, .revents = {POLLIN}},
    };
    (void)state;
    PLAY(script);
    assert_true(wait_until(10050));
}

/* Whoever waits may try then, and would otherwise spin. */
static void the_system_cannot_tell(void **state)
{
    static const struct step soon[] = {{.call = "poll(fd in, 51)", FAILS(ENOMEM)},
                                       {.call = "nanosleep(50.000000)", .takes = 50 * MS}};
    static const struct step late[] = {{.call = "poll(fd in, 50)", FAILS(ENOMEM)},
                                       {.call = "nanosleep(50.000000)", .takes = 50 * MS}};
    static const struct step slow[] = {
        {.call = "poll(fd in, 1000)", FAILS(EINVAL), .takes = 951 * MS},
        {.call = "nanosleep(50.000000)", .takes = 50 * MS}};
    (void)state;
    PLAY(soon);
    assert_true(wait_until(10051));
    PLAY(late);
    assert_false(wait_until(10050));
    PLAY(slow);
    assert_false(wait_until(11000));
}

static void a_look_never_waits(void **state)
{
    static const struct {
        struct step step;
        bool is_readable;
    } rows[] = {
        {{.call = "poll(fd in, 0)", .result = 0}, false},
        {{.call = "poll(fd in, 0)", .result = 1, .revents = {POLLIN}}, true},
        {{.call = "poll(fd in, 0)", .result = 1, .revents = {POLLHUP}}, true},
        {{.call = "poll(fd in, 0)", FAILS(ENOMEM)}, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        play(&rows[i].step, 1);
        must(net_is_readable(fd) == rows[i].is_readable, "row %zu", i);
        must_be_over();
    }
}

static void bytes_are_looked_for_without_taking_them(void **state)
{
    static const struct {
        struct step script[2];
        size_t len;
        bool has_bytes;
    } rows[] = {
        {{{.call = "poll(fd in, 0)", .result = 0}}, 1, false},
        {{{.call = "poll(fd in, 0)", FAILS(EINTR)}}, 1, false},
        {{{.call = "poll(fd in, 0)", .result = 1, .revents = {POLLIN | POLLERR}}}, 1, false},
        {{{.call = "poll(fd in, 0)", .result = 1, .revents = {POLLIN | POLLHUP}}}, 1, false},
        {{{.call = "poll(fd in, 0)", .result = 1, .revents = {POLLIN}},
          {.call = "recv(fd, 1) PEEK DONTWAIT", .result = 1}},
         2,
         true},
        {{{.call = "poll(fd in, 0)", .result = 1, .revents = {POLLIN}},
          {.call = "recv(fd, 1) PEEK DONTWAIT", .result = 0}},
         2,
         false},
        {{{.call = "poll(fd in, 0)", .result = 1, .revents = {POLLIN}},
          {.call = "recv(fd, 1) PEEK DONTWAIT", FAILS(EAGAIN)}},
         2,
         false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        play(rows[i].script, rows[i].len);
        incoming = "x";
        must(net_has_bytes(fd) == rows[i].has_bytes, "row %zu", i);
        must_be_over();
    }
}

static void writable_is_what_is_waited_for(void **state)
{
    static const struct step script[] = {
        {.call = "poll(fd out, 100)", FAILS(EINTR), .takes = 40 * MS},
        {.call = "poll(fd out, 60)", .result = 1, .revents = {POLLHUP}},
        {.call = "poll(fd out, 60)", .result = 0, .takes = 60 * MS},
    };
    (void)state;
    PLAY(script);
    now = 0;
    assert_true(net_wait_writable(fd, 100));
    assert_false(net_wait_writable(fd, 100));
    must_be_over();
}

/* ------------------------------------------------------------------------------- receiving */

#define NONE(reason)        .call = "recv(fd, 5) DONTWAIT", FAILS(reason)
#define COMES(n)            .call = "recv(fd, 5) DONTWAIT", .result = (n)
#define YIELD(microseconds) .call = "sched_yield()", .takes = (microseconds)

static char received[5];

/* The result; errno is what the last call left. */
static ssize_t look(int looks)
{
    now = 0;
    incoming = "Hello";
    memset(received, 0, sizeof received);
    ssize_t n = net_look(fd, received, sizeof received, looks);
    int error = errno;
    must_be_over();
    errno = error;
    return n;
}

static void one_look_is_one_look(void **state)
{
    static const struct step none[] = {{NONE(EAGAIN)}}, interrupted[] = {{NONE(EINTR)}};
    static const struct step come[] = {{COMES(3)}}, end[] = {{COMES(0)}};
    (void)state;
    PLAY(none);
    assert_int_equal(look(1), -1);
    assert_int_equal(errno, EAGAIN);
    PLAY(interrupted);
    assert_int_equal(look(1), -1);
    PLAY(come);
    assert_int_equal(look(1), 3);
    assert_memory_equal(received, "Hel\0\0", 5);
    PLAY(end);
    assert_int_equal(look(1), 0);
}

static void what_is_there_is_looked_for_once(void **state)
{
    static const struct step come[] = {{COMES(5)}}, end[] = {{COMES(0)}};
    (void)state;
    PLAY(come);
    assert_int_equal(look(8), 5);
    assert_memory_equal(received, "Hello", 5);
    PLAY(end);
    assert_int_equal(look(8), 0);
}

/* So many times, though that takes longer than to wake a thread. */
static void others_may_run_between_two_looks(void **state)
{
    static const struct step slow[] = {
        {NONE(EAGAIN)}, {YIELD(40)}, {NONE(EWOULDBLOCK)}, {YIELD(40)},
        {NONE(EINTR)},  {YIELD(40)}, {NONE(EAGAIN)},
    };
    static const struct step comes[] = {
        {NONE(EAGAIN)}, {YIELD(0)}, {NONE(EAGAIN)}, {YIELD(0)}, {COMES(2)}};
    static const struct step ends[] = {{NONE(EINTR)}, {YIELD(0)}, {COMES(0)}};
    static const struct step breaks[] = {{NONE(EAGAIN)}, {YIELD(0)}, {NONE(ECONNRESET)}};
    static const struct step broken[] = {{NONE(ECONNRESET)}};
    (void)state;
    PLAY(slow);
    assert_int_equal(look(4), -1);
    assert_int_equal(errno, EAGAIN);
    PLAY(comes);
    assert_int_equal(look(4), 2);
    PLAY(ends);
    assert_int_equal(look(4), 0);
    PLAY(breaks);
    assert_int_equal(look(4), -1);
    assert_int_equal(errno, ECONNRESET);
    PLAY(broken);
    assert_int_equal(look(4), -1);
    assert_int_equal(errno, ECONNRESET);
    for (int error = 1; error < 140; error++)
        if (error != EAGAIN && error != EWOULDBLOCK && error != EINTR) {
            const struct step other = {NONE(error)};
            play(&other, 1);
            must(look(4) == -1 && errno == error, "error %d", error);
        }
}

/* 25 microseconds, if nobody else wants to run. */
static void it_looks_as_long_as_it_takes_to_be_woken(void **state)
{
    static const struct step quick[] = {
        {NONE(EAGAIN)}, {YIELD(8)}, {NONE(EAGAIN)}, {YIELD(8)}, {NONE(EAGAIN)}, {YIELD(8)},
        {NONE(EAGAIN)}, {YIELD(0)}, {NONE(EAGAIN)}, {YIELD(1)}, {NONE(EAGAIN)},
    };
    static const struct step at_the_end[] = {{NONE(EAGAIN)}, {YIELD(8)}, {NONE(EAGAIN)}, {YIELD(8)},
                                             {NONE(EAGAIN)}, {YIELD(8)}, {COMES(1)}};
    (void)state;
    PLAY(quick);
    assert_int_equal(look(2), -1);
    assert_int_equal(errno, EAGAIN);
    PLAY(at_the_end);
    assert_int_equal(look(2), 1);
}

static ssize_t wait_for_bytes(int until, int stop_or_none)
{
    now = 0;
    incoming = "Hello";
    errno = 0;
    ssize_t n = net_wait(fd, received, sizeof received, stop_or_none, until);
    int error = errno;
    must_be_over();
    errno = error;
    return n;
}

static void a_wait_is_a_poll_and_a_read(void **state)
{
    static const struct step script[] = {
        {.call = "poll(fd in, stop in, 100)", .result = 1, .takes = 30 * MS, .revents = {POLLIN}},
        {COMES(5)}};
    static const struct step without[] = {
        {.call = "poll(fd in, -1 in, 100)", .result = 1, .revents = {POLLIN}}, {COMES(0)}};
    (void)state;
    PLAY(script);
    assert_int_equal(wait_for_bytes(100, stop), 5);
    assert_memory_equal(received, "Hello", 5);
    PLAY(without);
    assert_int_equal(wait_for_bytes(100, -1), 0);
}

/* Ready, and yet there are none: that happens, POSIX or not. */
static void a_wait_goes_on_until_there_are_bytes(void **state)
{
    static const struct step script[] = {
        {.call = "poll(fd in, stop in, 100)", .result = 1, .takes = 30 * MS, .revents = {POLLIN}},
        {NONE(EAGAIN)},
        {.call = "poll(fd in, stop in, 70)", .result = 1, .takes = 10 * MS, .revents = {POLLIN}},
        {NONE(EINTR)},
        {.call = "poll(fd in, stop in, 60)", FAILS(ENOMEM)},
        {.call = "nanosleep(50.000000)", .takes = 50 * MS},
        {NONE(EWOULDBLOCK)},
        {.call = "poll(fd in, stop in, 10)", .result = 1, .revents = {POLLIN}},
        {COMES(1)},
    };
    static const struct step breaks[] = {
        {.call = "poll(fd in, stop in, 100)", .result = 1, .revents = {POLLIN | POLLERR}},
        {NONE(ECONNRESET)},
    };
    (void)state;
    PLAY(script);
    assert_int_equal(wait_for_bytes(100, stop), 1);
    PLAY(breaks);
    assert_int_equal(wait_for_bytes(100, stop), -1);
    assert_int_equal(errno, ECONNRESET);
}

static void a_wait_ends_with_the_deadline_or_the_stop(void **state)
{
    static const struct step deadline[] = {
        {.call = "poll(fd in, stop in, 100)", .result = 0, .takes = 100 * MS}};
    static const struct step stopped[] = {
        {.call = "poll(fd in, stop in, 100)", .result = 2, .revents = {POLLIN, POLLIN}}};
    static const struct step hung_up[] = {
        {.call = "poll(fd in, stop in, 100)", .result = 1, .revents = {0, POLLHUP}}};
    (void)state;
    PLAY(deadline);
    assert_int_equal(wait_for_bytes(100, stop), -1);
    assert_int_equal(errno, EAGAIN);
    PLAY(stopped);
    assert_int_equal(wait_for_bytes(100, stop), -1);
    assert_int_equal(errno, ECANCELED);
    PLAY(hung_up);
    assert_int_equal(wait_for_bytes(100, stop), -1);
    assert_int_equal(errno, ECANCELED);
}

/* Sixteen looks, each of which takes longer than to wake a thread, and then sleep. */
static void receiving_is_looking_and_then_waiting(void **state)
{
    static const struct step none = {NONE(EAGAIN)}, yield = {YIELD(30)},
                             last[] = {{NONE(EINTR)},
                                       {.call = "poll(fd in, stop in, 99)", .result = 1},
                                       {COMES(2)}};
    struct step script[2 * (2 * NET_LOOKS - 1) + COUNT_OF(last)];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(script) - COUNT_OF(last); i++)
        script[i] = i % 2 == 0 ? none : yield;
    memcpy(script + COUNT_OF(script) - COUNT_OF(last), last, sizeof last);
    PLAY(script);
    now = 550;
    incoming = "Hello";
    assert_int_equal(net_receive(fd, received, sizeof received, stop, 100), 2);
    must_be_over();
}

static void who_finds_bytes_does_not_wait(void **state)
{
    static const struct step there[] = {{COMES(4)}},
                             end[] = {{NONE(EAGAIN)}, {YIELD(0)}, {COMES(0)}};
    static const struct step broken[] = {{NONE(ECONNRESET)}};
    (void)state;
    PLAY(there);
    incoming = "Hello";
    assert_int_equal(net_receive(fd, received, sizeof received, stop, 100), 4);
    must_be_over();
    PLAY(end);
    assert_int_equal(net_receive(fd, received, sizeof received, stop, 100), 0);
    must_be_over();
    PLAY(broken);
    assert_int_equal(net_receive(fd, received, sizeof received, stop, 100), -1);
    assert_int_equal(errno, ECONNRESET);
    must_be_over();
}

/* --------------------------------------------------------------------------------- sending */

#define ONE   "send(fd, 5) DONTWAIT NOSIGNAL"
#define PARTS "sendmsg(fd, 2+0+3) DONTWAIT NOSIGNAL"

/* "Hello", in so many parts; what is left of it is what was not taken. */
static ssize_t send_now(size_t count)
{
    struct iovec one = {"Hello", 5}, three[] = {{"He", 2}, {NULL, 0}, {"llo", 3}};
    struct iovec *parts = count == 1 ? &one : three;
    errno = -1;
    ssize_t left = net_send_now(fd, parts, count);
    int error = errno;
    must_be_over();
    for (size_t i = 0; i < count; i++)
        take(parts[i].iov_base, parts[i].iov_len);
    must(taken_len == 5 && memcmp(taken, "Hello", 5) == 0, "what was taken, and what is left");
    errno = error;
    return left;
}

static void all_is_taken(void **state)
{
    static const struct step one[] = {{.call = ONE, .result = 5}},
                             parts[] = {{.call = PARTS, .result = 5}};
    (void)state;
    PLAY(one);
    assert_int_equal(send_now(1), 0);
    assert_int_equal(errno, 0);
    PLAY(parts);
    assert_int_equal(send_now(3), 0);
    assert_int_equal(errno, 0);
}

static void a_part_is_taken(void **state)
{
    (void)state;
    for (int n = 0; n < 5; n++) {
        const struct step one[] = {{.call = ONE, .result = n}},
                          parts[] = {{.call = PARTS, .result = n}};
        PLAY(one);
        assert_int_equal(send_now(1), 5 - n);
        assert_int_equal(errno, 0);
        PLAY(parts);
        assert_int_equal(send_now(3), 5 - n);
        assert_int_equal(errno, 0);
    }
}

/* What the system says when it takes nothing, and what net_send_now() makes of it. */
static void nothing_is_taken(void **state)
{
    static const struct {
        int error, result, is_said;
    } rows[] = {
        {EAGAIN, 5, EAGAIN},        {EWOULDBLOCK, 5, EWOULDBLOCK},
        {ENOBUFS, 5, ENOBUFS},      {ENOMEM, 5, ENOBUFS},
        {EPIPE, -1, EPIPE},         {ECONNRESET, -1, ECONNRESET},
        {ETIMEDOUT, -1, ETIMEDOUT}, {EBADF, -1, EBADF},
        {ENOTCONN, -1, ENOTCONN},   {EMSGSIZE, -1, EMSGSIZE},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct step one[] = {{.call = ONE, FAILS(EINTR)},
                                   {.call = ONE, FAILS(EINTR)},
                                   {.call = ONE, FAILS(rows[i].error)}};
        const struct step parts[] = {{.call = PARTS, FAILS(EINTR)},
                                     {.call = PARTS, FAILS(rows[i].error)}};
        PLAY(one);
        must(send_now(1) == rows[i].result && errno == rows[i].is_said, "row %zu: %d", i, errno);
        PLAY(parts);
        must(send_now(3) == rows[i].result && errno == rows[i].is_said, "row %zu: %d", i, errno);
    }
}

static void any_other_error_is_the_end(void **state)
{
    (void)state;
    for (int error = 1; error < 140; error++)
        if (error != EAGAIN && error != EWOULDBLOCK && error != EINTR && error != ENOBUFS &&
            error != ENOMEM) {
            const struct step step = {.call = ONE, FAILS(error)};
            play(&step, 1);
            must(send_now(1) == -1 && errno == error, "error %d", error);
        }
}

static void a_signal_only_delays(void **state)
{
    static const struct step some[] = {{.call = ONE, FAILS(EINTR)}, {.call = ONE, .result = 4}};
    static const struct step none[] = {{.call = ONE, FAILS(EINTR)}, {.call = ONE, .result = 0}};
    (void)state;
    PLAY(some);
    assert_int_equal(send_now(1), 1);
    PLAY(none);
    assert_int_equal(send_now(1), 5);
}

/* --------------------------------------------------------------- what the other side takes */

static void the_system_tells_or_not(void **state)
{
    (void)state;
#ifdef __linux__
    const socklen_t needed = offsetof(struct tcp_info, tcpi_bytes_acked) +
                             sizeof((struct tcp_info *)0)->tcpi_bytes_acked;
    for (socklen_t len = needed - 1; len <= needed + 1; len++) {
        tcp.is_tcp = true;
        tcp.acknowledged = INT64_C(5000000000);
        tcp.len = len;
        struct net_taken told = net_taken(fd);
        must(told.acknowledged == (len < needed ? -1 : tcp.acknowledged), "%u bytes of it", len);
        assert_int_equal(told.outstanding, len < needed ? -1 : 0);
    }
    struct net_taken told = net_taken(stop); /* TIOCOUTQ fails: there is no such descriptor */
    must(told.acknowledged == -1 && told.outstanding == -1, "both or none");
#endif
    tcp.is_tcp = false;
    struct net_taken none = net_taken(fd);
    must(none.acknowledged == -1 && none.outstanding == -1, "a socket pair does not tell");
}

/* -------------------------------------------------------------------------------- all of it */

#define FULL(left)         .call = "send(fd, " #left ") DONTWAIT NOSIGNAL", FAILS(EAGAIN)
#define TAKES(n, left)     .call = "send(fd, " #left ") DONTWAIT NOSIGNAL", .result = (n)
#define WAIT(milliseconds) .call = "poll(fd out, " #milliseconds ")", .takes = (milliseconds)*MS

/* 5000 bytes, from 10 s on. Returns 0 or errno. */
static int send_all(int64_t patience, int64_t deadline)
{
    static char bytes[5000];
    struct iovec part = {bytes, sizeof bytes};
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7 + i / 256);
    now = 10 * SECOND;
    errno = 0;
    int status = net_send_all(fd, &part, 1, patience, deadline), error = errno;
    must_be_over();
    must(status == 0 || status == -1, "it is 0 or -1: %d", status);
    must(taken_len + part.iov_len == sizeof bytes && memcmp(taken, bytes, taken_len) == 0 &&
             (status == -1 || part.iov_len == 0),
         "%zu bytes are taken, and %zu are left", taken_len, part.iov_len);
    return status == 0 ? 0 : error;
}

static void what_is_taken_at_once_asks_nothing_more(void **state)
{
    static const struct step script[] = {{TAKES(5000, 5000)}};
    (void)state;
    tcp.asked = 0;
    PLAY(script);
    assert_int_equal(send_all(0, 0), 0);
    assert_int_equal(tcp.asked, 0);
}

static void to_send_nothing_asks_nothing(void **state)
{
    static const struct step none = {0};
    struct iovec parts[] = {{NULL, 0}, {"", 0}};
    (void)state;
    play(&none, 0);
    assert_int_equal(net_send_all(fd, parts, 2, 1000, NET_NO_DEADLINE), 0);
    assert_int_equal(net_send_all(fd, parts, 0, 1000, NET_NO_DEADLINE), 0);
    must_be_over();
}

static void a_full_socket_is_waited_for(void **state)
{
    static const struct step script[] = {
        {FULL(5000)},
        {.call = "poll(fd out, 11)", .result = 1, .takes = 3 * MS, .revents = {POLLOUT}},
        {TAKES(4000, 5000)},
        {WAIT(11)},
        {TAKES(999, 1000)},
        {WAIT(11)},
        {FULL(1)},
        {.call = "poll(fd out, 11)", .result = 1, .revents = {POLLHUP}},
        {TAKES(1, 1)},
    };
    (void)state;
    PLAY(script);
    assert_int_equal(send_all(160, NET_NO_DEADLINE), 0);
}

/* poll() may say only much later that there is room: it is tried before. */
static void how_long_it_waits_before_it_tries_again(void **state)
{
    static const struct {
        int64_t patience;
        const char *call;
    } rows[] = {
        {1, "poll(fd out, 1)"},        {15, "poll(fd out, 1)"},
        {16, "poll(fd out, 2)"},       {31, "poll(fd out, 2)"},
        {5000, "poll(fd out, 313)"},   {15500, "poll(fd out, 969)"},
        {15999, "poll(fd out, 1000)"}, {16000, "poll(fd out, 1000)"},
        {16999, "poll(fd out, 1000)"}, {1000000, "poll(fd out, 1000)"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct step script[] = {
            {FULL(5000)}, {.call = rows[i].call, .result = 1}, {TAKES(5000, 5000)}};
        PLAY(script);
        must(send_all(rows[i].patience, NET_NO_DEADLINE) == 0, "row %zu", i);
    }
}

static void who_takes_nothing_is_given_up(void **state)
{
    static const struct step script[] = {
        {FULL(5000)}, {.call = "poll(fd out, 11)", .result = 1, .takes = 100 * MS},
        {FULL(5000)}, {.call = "poll(fd out, 11)", .result = 1, .takes = 50 * MS},
        {FULL(5000)}, {.call = "poll(fd out, 10)", .result = 1, .takes = 9 * MS},
        {FULL(5000)}, {.call = "poll(fd out, 1)", .result = 1, .takes = 1 * MS},
        {FULL(5000)},
    };
    static const struct step at_once[] = {{FULL(5000)}};
    (void)state;
    PLAY(script);
    assert_int_equal(send_all(160, NET_NO_DEADLINE), ETIMEDOUT);
    PLAY(at_once);
    assert_int_equal(send_all(0, NET_NO_DEADLINE), ETIMEDOUT);
}

static void nobody_is_waited_for_beyond_the_deadline(void **state)
{
    static const struct step script[] = {
        {FULL(5000)},        {.call = "poll(fd out, 11)", .result = 1, .takes = 25 * MS},
        {TAKES(2000, 5000)}, {.call = "poll(fd out, 5)", .result = 1, .takes = 4 * MS},
        {TAKES(2000, 3000)}, {.call = "poll(fd out, 1)", .result = 0, .takes = 1 * MS},
        {FULL(1000)},
    };
    static const struct step passed[] = {{TAKES(2000, 5000)}};
    (void)state;
    PLAY(script);
    assert_int_equal(send_all(160, 10030), ETIMEDOUT);
    PLAY(passed);
    assert_int_equal(send_all(160, 10000), ETIMEDOUT);
}

/* Where the system does not tell what the other side takes, it is what the socket takes. Each 1024 bytes
 * give it the patience anew, however many steps they come in. */
static void who_makes_progress_is_waited_for(void **state)
{
    static const struct step script[] = {
        {TAKES(100, 5000)},  {.call = "poll(fd out, 11)", .result = 1, .takes = 150 * MS},
        {TAKES(1024, 4900)}, {.call = "poll(fd out, 11)", .result = 1, .takes = 150 * MS},
        {TAKES(1000, 3876)}, {.call = "poll(fd out, 10)", .result = 1, .takes = 5 * MS},
        {TAKES(24, 2876)},   {.call = "poll(fd out, 11)", .result = 1, .takes = 159 * MS},
        {TAKES(1023, 2852)}, {.call = "poll(fd out, 1)", .result = 1, .takes = 1 * MS},
        {FULL(1829)},
    };
    (void)state;
    PLAY(script);
    assert_int_equal(send_all(160, NET_NO_DEADLINE), ETIMEDOUT);
}

static void an_error_ends_it(void **state)
{
    static const struct step at_once[] = {
        {.call = "send(fd, 5000) DONTWAIT NOSIGNAL", FAILS(EPIPE)}};
    static const struct step later[] = {
        {TAKES(4999, 5000)},
        {WAIT(11)},
        {.call = "send(fd, 1) DONTWAIT NOSIGNAL", FAILS(ECONNRESET)}};
    (void)state;
    PLAY(at_once);
    assert_int_equal(send_all(160, NET_NO_DEADLINE), EPIPE);
    PLAY(later);
    assert_int_equal(send_all(160, NET_NO_DEADLINE), ECONNRESET);
}

/* poll() would say at once that there is room. */
static void memory_is_waited_for_without_poll(void **state)
{
    static const struct step script[] = {
        {.call = "send(fd, 5000) DONTWAIT NOSIGNAL", FAILS(ENOBUFS)},
        {.call = "nanosleep(20.000000)", .takes = 20 * MS},
        {.call = "send(fd, 5000) DONTWAIT NOSIGNAL", FAILS(ENOMEM)},
        {.call = "nanosleep(20.000000)", .takes = 20 * MS},
        {FULL(5000)},
        {WAIT(11)},
        {TAKES(5000, 5000)},
    };
    static const struct step never[] = {
        {.call = "send(fd, 5000) DONTWAIT NOSIGNAL", FAILS(ENOBUFS)},
        {.call = "nanosleep(20.000000)", .takes = 20 * MS},
        {.call = "send(fd, 5000) DONTWAIT NOSIGNAL", FAILS(ENOBUFS)},
    };
    (void)state;
    PLAY(script);
    assert_int_equal(send_all(160, NET_NO_DEADLINE), 0);
    PLAY(never);
    assert_int_equal(send_all(20, NET_NO_DEADLINE), ETIMEDOUT);
}

#ifdef __linux__
/* So many milliseconds go by, in which the other side acknowledges so many bytes. */
#define ACKNOWLEDGED(n, wait, time)                                                                \
    .call = "poll(fd out, " #wait ")", .result = 1, .takes = (time)*MS, .acknowledging = (n)

/* The socket takes more, but the other side takes nothing. */
static void a_socket_that_takes_bytes_is_no_reader(void **state)
{
    static const struct step script[] = {
        {TAKES(100, 5000)},        {ACKNOWLEDGED(0, 11, 100)}, {TAKES(2000, 4900)},
        {ACKNOWLEDGED(0, 11, 59)}, {TAKES(1500, 2900)},        {ACKNOWLEDGED(0, 1, 1)},
        {TAKES(1300, 1400)},
    };
    (void)state;
    for (int64_t before = 0; before <= INT64_C(5000000000); before += INT64_C(5000000000)) {
        tcp.is_tcp = true;
        tcp.acknowledged = before;
        PLAY(script);
        must(send_all(160, NET_NO_DEADLINE) == ETIMEDOUT, "after %lld bytes", (long long)before);
    }
}

/* The other side reads, though slowly, and the socket is full as long as its buffer is. */
static void a_reader_is_waited_for_while_the_socket_is_full(void **state)
{
    static const struct step script[] = {
        {FULL(5000)},        {ACKNOWLEDGED(1024, 11, 159)},
        {FULL(5000)},        {ACKNOWLEDGED(1000, 11, 150)},
        {FULL(5000)},        {ACKNOWLEDGED(24, 10, 9)},
        {FULL(5000)},        {ACKNOWLEDGED(1024, 11, 160)},
        {FULL(5000)},        {ACKNOWLEDGED(1, 11, 1)},
        {TAKES(5000, 5000)},
    };
    static const struct step stops[] = {
        {FULL(5000)}, {ACKNOWLEDGED(1024, 11, 159)}, {FULL(5000)}, {ACKNOWLEDGED(1023, 11, 159)},
        {FULL(5000)}, {ACKNOWLEDGED(0, 1, 1)},       {FULL(5000)},
    };
    (void)state;
    for (int64_t before = 0; before <= INT64_C(5000000000); before += INT64_C(5000000000)) {
        tcp.is_tcp = true;
        tcp.acknowledged = before;
        PLAY(script);
        must(send_all(160, NET_NO_DEADLINE) == 0, "after %lld bytes", (long long)before);
        tcp.acknowledged = before;
        PLAY(stops);
        must(send_all(160, NET_NO_DEADLINE) == ETIMEDOUT, "after %lld bytes", (long long)before);
    }
}
#endif

/* --------------------------------------------------------------------------------- the end */

#define WASTE "recv(fd, 2048) DONTWAIT"

static void drain(int64_t deadline)
{
    static char waste[5000];
    incoming = waste;
    now = 0;
    net_drain(fd, deadline);
    must_be_over();
}

static void draining_reads_until_the_end(void **state)
{
    static const struct step ends[] = {{.call = WASTE, .result = 2048},
                                       {.call = WASTE, .result = 1},
                                       {.call = WASTE, .result = 0}};
    static const struct step breaks[] = {{.call = WASTE, .result = 1},
                                         {.call = WASTE, FAILS(ECONNRESET)}};
    (void)state;
    PLAY(ends);
    drain(100);
    PLAY(breaks);
    drain(100);
}

/* Though the other side never ceases to send. */
static void draining_ends_with_the_deadline(void **state)
{
    static const struct step script[] = {{.call = WASTE, .result = 1, .takes = 99 * MS},
                                         {.call = WASTE, .result = 1, .takes = 1 * MS}};
    static const struct step passed[] = {{.call = WASTE, .result = 1}};
    (void)state;
    PLAY(script);
    drain(100);
    PLAY(passed);
    drain(0);
}

/* The stop of the server does not end it: the last that was said shall arrive. */
static void draining_waits_for_the_socket_alone(void **state)
{
    static const struct step none = {.call = WASTE, FAILS(EAGAIN)}, yield = {YIELD(30)};
    static const struct step wait = {.call = "poll(fd in, -1 in, 100)", .takes = 100 * MS};
    struct step script[2 * (2 * NET_LOOKS - 1) + 2];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(script) - 1; i++)
        script[i] = i % 2 == 0 ? none : yield;
    script[COUNT_OF(script) - 1] = wait;
    PLAY(script);
    drain(100);
}

static int open_socket(void **state)
{
    (void)state;
    fd = socket(AF_INET, SOCK_STREAM, 0);
    return fd >= 0 ? 0 : -1;
}

static int close_socket(void **state)
{
    (void)state;
    return close(fd);
}

static int begin(void **state)
{
    (void)state;
    tcp.is_tcp = false;
    is_playing = false;
    return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, begin)
    const struct CMUnitTest tests[] = {
        TEST(the_clock_has_milliseconds),
        TEST(a_pause_is_as_long_as_it_should_be),
        TEST(a_signal_does_not_shorten_a_pause),
        TEST(poll_is_told_how_long),
        TEST(waiting_ends_with_the_deadline),
        TEST(waiting_goes_on_until_the_deadline),
        TEST(the_system_cannot_tell),
        TEST(a_look_never_waits),
        TEST(bytes_are_looked_for_without_taking_them),
        TEST(writable_is_what_is_waited_for),
        TEST(one_look_is_one_look),
        TEST(what_is_there_is_looked_for_once),
        TEST(others_may_run_between_two_looks),
        TEST(it_looks_as_long_as_it_takes_to_be_woken),
        TEST(a_wait_is_a_poll_and_a_read),
        TEST(a_wait_goes_on_until_there_are_bytes),
        TEST(a_wait_ends_with_the_deadline_or_the_stop),
        TEST(receiving_is_looking_and_then_waiting),
        TEST(who_finds_bytes_does_not_wait),
        TEST(all_is_taken),
        TEST(a_part_is_taken),
        TEST(nothing_is_taken),
        TEST(any_other_error_is_the_end),
        TEST(a_signal_only_delays),
        TEST(the_system_tells_or_not),
        TEST(what_is_taken_at_once_asks_nothing_more),
        TEST(to_send_nothing_asks_nothing),
        TEST(a_full_socket_is_waited_for),
        TEST(how_long_it_waits_before_it_tries_again),
        TEST(who_takes_nothing_is_given_up),
        TEST(nobody_is_waited_for_beyond_the_deadline),
        TEST(who_makes_progress_is_waited_for),
        TEST(an_error_ends_it),
        TEST(memory_is_waited_for_without_poll),
#ifdef __linux__
        TEST(a_socket_that_takes_bytes_is_no_reader),
        TEST(a_reader_is_waited_for_while_the_socket_is_full),
#endif
        TEST(draining_reads_until_the_end),
        TEST(draining_ends_with_the_deadline),
        TEST(draining_waits_for_the_socket_alone),
    };
    return cmocka_run_group_tests_name("net_calls", tests, open_socket, close_socket);
}
