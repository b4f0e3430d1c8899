/*
 * log: whole lines on stderr, and nothing in them that a client could use against the terminal
 *
 * stderr is a datagram socket while a line is written: each write() is a datagram, so that one line
 * in one write() can be told from one line in two. For colour it is a terminal of our own.
 *
 * The log waits with three functions of net.c. In their place stand three of this test's own: its clock is
 * a number, and while the log waits, what the test wants happens, and the time is over. write() says what
 * the test wants, too, or writes.
 */
#define _XOPEN_SOURCE 700 /* posix_openpt() */

#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "net.h"

#ifndef PIPE_BUF
#define PIPE_BUF _POSIX_PIPE_BUF
#endif

#define PATIENCE 20000 /* milliseconds, after which what should have come never will */

/* --------------------------------------------------------------------- in place of net.c's */

static int64_t now = 1000000; /* milliseconds */
static struct {
    bool is_real;     /* it waits, as long as that takes */
    bool is_scripted; /* there is room for `takes` times, whatever the system says */
    int takes;
    void (*meanwhile)(void); /* happens once, when there is no room, and takes 40 ms */
    unsigned asked, pauses;
} space;

int64_t net_now(void)
{
    return now;
}

/* The time of the day stands still. cmocka asks for it, too. */
static struct timespec today = {1700000000, 0};

int clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    *time = today;
    return 0;
}

static bool has_room(int fd, int timeout)
{
    if (space.is_scripted)
        return space.takes > 0 && space.takes-- > 0;
    return poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, timeout) > 0;
}

static void let_something_happen(void)
{
    void (*happen)(void) = space.meanwhile;
    space.meanwhile = NULL;
    if (happen != NULL)
        happen();
}

bool net_wait_writable(int fd, int64_t deadline)
{
    space.asked++;
    if (space.is_real)
        while (!has_room(fd, -1))
            ; /* a signal */
    if (space.is_real || has_room(fd, 0))
        return true;
    if (space.meanwhile != NULL && now < deadline) {
        now += 40;
        let_something_happen();
        if (has_room(fd, 0))
            return true;
    }
    must(deadline != NET_NO_DEADLINE, "it does not wait for ever");
    now = deadline > now ? deadline : now;
    return false;
}

void net_pause(int64_t milliseconds)
{
    space.pauses++;
    now += milliseconds;
    let_something_happen();
}

/* ------------------------------------------------------------------------ in place of write() */

/* What it does in this order; then it writes. */
static struct {
    int most;  /* it writes no more bytes */
    int error; /* it writes none: the reason, which is left in errno if it returns 0 */
} outcomes[4];
static size_t outcomes_left;

static void next_outcome(int most, int error)
{
    outcomes[outcomes_left].most = most;
    outcomes[outcomes_left++].error = error;
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    struct iovec part = {(void *)(uintptr_t)bytes, len};
    if (outcomes_left > 0) {
        int most = outcomes[0].most, error = outcomes[0].error;
        memmove(outcomes, outcomes + 1, --outcomes_left * sizeof *outcomes);
        if (most <= 0) {
            errno = error;
            return most;
        }
        part.iov_len = (size_t)most;
    }
    return writev(fd, &part, 1);
}

/* ----------------------------------------------------------------------------- watching stderr */

struct watch {
    int saved, other; /* the real stderr; the end from which we read */
};

static void watch_begin(struct watch *watch, int stderr_now, int other)
{
    watch->saved = dup(STDERR_FILENO);
    watch->other = other;
    must(watch->saved >= 0 && dup2(stderr_now, STDERR_FILENO) >= 0, "dup");
    close(stderr_now);
}

static void watch_datagrams(struct watch *watch)
{
    int pair[2];
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0, "socketpair");
    fcntl(pair[1], F_SETFL, O_NONBLOCK); /* "nothing was written" is an answer too */
    watch_begin(watch, pair[0], pair[1]);
}

static void watch_end(struct watch *watch)
{
    dup2(watch->saved, STDERR_FILENO);
    close(watch->saved);
    close(watch->other);
}

/* What one write() has written, as a C string; "" if there was none. */
static void next_write(const struct watch *watch, char *out, size_t room)
{
    ssize_t n = read(watch->other, out, room - 1);
    out[n > 0 ? n : 0] = '\0';
}

/* -------------------------------------------------------------------------------------- escape */

static void what_is_escaped(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *text;
    } table[] = {
        {BYTES(""), ""},
        {BYTES("Hello, world!"), "Hello, world!"},
        {BYTES("a\nb\r\n\tc"), "a\\nb\\r\\n\\tc"},
        {BYTES("\0"), "\\x00"},
        {BYTES("a\0b"), "a\\x00b"},
        {BYTES("\x1B[31mred"), "\\x1B[31mred"}, /* the terminal is not for clients to paint */
        {BYTES("\x7F\x80\xFF"), "\\x7F\\x80\\xFF"},
        {BYTES("\xC3\xA4\xE4\xBD\xA0\xF0\x9F\x98\x80"), "\xC3\xA4\xE4\xBD\xA0\xF0\x9F\x98\x80"},
        {BYTES("\xE4\xBD"), "\\xE4\\xBD"},              /* half a character */
        {BYTES("\xC0\xAF"), "\\xC0\\xAF"},              /* too long a form of it */
        {BYTES("\xED\xA0\x80"), "\\xED\\xA0\\x80"},     /* a surrogate */
        {BYTES("\xC2\x9B[31m"), "\\xC2\\x9B[31m"},      /* U+009B: a terminal obeys it */
        {BYTES("a\xE2\x80\xAEz"), "a\\xE2\\x80\\xAEz"}, /* U+202E: what follows runs to the left */
        {BYTES("a\xE2\x80\x8B\xEF\xBB\xBFz"), "a\\xE2\\x80\\x8B\\xEF\\xBB\\xBFz"}, /* invisible */
        {BYTES("\\n"), "\\\\n"}, /* told apart from a newline */
        {BYTES("\\x00"), "\\\\x00"},
        {BYTES("say \"a\""), "say \\\"a\\\""},
        {BYTES("%s%n"), "%s%n"},
        {BYTES(" ~"), " ~"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct guard in, out;
        guard_open(&in, 100);
        guard_open(&out, 100);
        const char *bytes = (char *)guard_at_end(&in, table[i].bytes, table[i].len);
        char *text = (char *)guard_at_end(&out, NULL, 100);
        must(log_escape(text, 100, bytes, table[i].len) == text, "row %zu: returns out", i);
        must(strcmp(text, table[i].text) == 0, "row %zu: %s, not %s", i, table[i].text, text);
        guard_close(&in);
        guard_close(&out);
    }
}

static void every_byte_is_safe_to_print(void **state)
{
    char seen[256][8];
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        unsigned char c = (unsigned char)byte;
        log_escape(seen[byte], sizeof seen[byte], &c, 1);
        for (const char *p = seen[byte]; *p != '\0'; p++)
            must(*p >= ' ' && *p < 0x7F, "byte %02x becomes %s", (unsigned)byte, seen[byte]);
        for (int other = 0; other < byte; other++)
            must(strcmp(seen[byte], seen[other]) != 0, "bytes %02x and %02x look the same",
                 (unsigned)byte, (unsigned)other);
    }
}

/* In all rooms from 4 bytes on: a C string, within its room, that says when it is not all. */
static void what_does_not_fit_ends_with_dots(void **state)
{
    static const char *const texts[] = {"abcdefghij", "a\nb\nc\nd\ne", "\1\2\3\4", "ab\xFFgh\xFF",
                                        "\xE4\xBD\xA0\xE5\xA5\xBD\xF0\x9F\x98\x80ok"};
    struct guard guard;
    (void)state;
    guard_open(&guard, 100);
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        char whole[100];
        size_t len = strlen(texts[i]);
        log_escape(whole, sizeof whole, texts[i], len);
        for (size_t room = 4; room <= 50; room++) {
            char *out = (char *)guard_at_end(&guard, NULL, room);
            log_escape(out, room, texts[i], len);
            size_t got = strlen(out);
            if (room >= strlen(whole) + sizeof "...") {
                must(strcmp(out, whole) == 0, "row %zu, %zu bytes: all of it", i, room);
            } else if (room < strlen(whole) + 1) {
                must(got >= 3 && got < room && strcmp(out + got - 3, "...") == 0,
                     "row %zu, %zu bytes: ends with dots: %s", i, room, out);
                must(memcmp(out, whole, got - 3) == 0, "row %zu, %zu bytes: begins as it should", i,
                     room);
                must(got + 1 + 4 > room, "row %zu, %zu bytes: as much as fits: %s", i, room, out);
            }
        }
    }
    guard_close(&guard);
}

/* A text that just fits is all there: dots would say that something is missing. */
static void what_just_fits_has_no_dots(void **state)
{
    char out[8];
    (void)state;
    for (size_t room = 5; room <= 8; room++)
        assert_string_equal(log_escape(out, room, "abcd", 4), "abcd");
}

/* --------------------------------------------------------------------------------------- levels */

static void levels(void **state)
{
    static const enum log_level all[] = {LOG_QUIET, LOG_REQUESTS, LOG_CLIENTS, LOG_MESSAGES};
    (void)state;
    for (size_t wanted = 0; wanted < COUNT_OF(all); wanted++)
        for (size_t level = 0; level < COUNT_OF(all); level++) {
            struct watch watch;
            char line[100];
            watch_datagrams(&watch);
            log_init(all[wanted]);
            bool wants = log_wants(all[level]);
            log_client(all[level], 7, "127.0.0.1:40000", "%s %d", "said", 5);
            next_write(&watch, line, sizeof line);
            watch_end(&watch);
            must(wants == (level <= wanted), "level %zu of %zu", level, wanted);
            must(strcmp(line, wants ? "#7 127.0.0.1:40000 said 5\n" : "") == 0,
                 "level %zu of %zu: %s", level, wanted, line);
        }
}

static void a_line_is_always_printed(void **state)
{
    struct watch watch;
    char line[100];
    (void)state;
    watch_datagrams(&watch);
    log_init(LOG_QUIET);
    log_line("listening on port %d", 80);
    next_write(&watch, line, sizeof line);
    watch_end(&watch);
    assert_string_equal(line, "listening on port 80\n");
}

/* Of any length: one write, one newline, at its end. What is too long is cut. */
#define LONGEST 599 /* bytes of a line, with its newline */

static void one_line_is_one_write(void **state)
{
    char text[2000];
    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t len = 0; len < sizeof text; len += len < 560 || len > 640 ? 37 : 1)
        for (int kind = 0; kind < 2; kind++) {
            struct watch watch;
            char line[3000], more[10];
            watch_datagrams(&watch);
            log_init(LOG_MESSAGES);
            if (kind == 0)
                log_line("%.*s", (int)len, text);
            else
                log_client(LOG_CLIENTS, 123456789, "[2001:db8::1]:65535", "%.*s", (int)len, text);
            next_write(&watch, line, sizeof line);
            next_write(&watch, more, sizeof more);
            watch_end(&watch);
            size_t tag = kind == 0 ? 0 : strlen("#123456789 [2001:db8::1]:65535 ");
            size_t got = strlen(line);
            must(*more == '\0', "%zu bytes: one write", len);
            must(got > 0 && strchr(line, '\n') == line + got - 1, "%zu bytes: one newline", len);
            must(got == (tag + len < LONGEST ? tag + len + 1 : LONGEST),
                 "%zu bytes: all of it, not %zu", len, got);
            must(strspn(line + tag, "x") == got - tag - 1, "%zu bytes: as they were", len);
        }
}

static void a_message_is_told_safely(void **state)
{
    static const struct {
        enum log_level wanted;
        bool is_text;
        const char *data, *line;
    } rows[] = {
        {LOG_MESSAGES, true, "Hello", "#7 a text, 5 bytes: Hello\n"},
        {LOG_MESSAGES, true, "\033[31m", "#7 a text, 5 bytes: \\x1B[31m\n"},
        {LOG_MESSAGES, true, "", "#7 a text, 0 bytes: \n"},
        {LOG_MESSAGES, false, "Hi", "#7 a binary, 2 bytes\n"},
        {LOG_CLIENTS, true, "Hello", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct watch watch;
        char line[200];
        watch_datagrams(&watch);
        log_init(rows[i].wanted);
        log_message(7, "a", rows[i].is_text, rows[i].data, strlen(rows[i].data));
        next_write(&watch, line, sizeof line);
        watch_end(&watch);
        must(strcmp(line, rows[i].line) == 0, "row %zu: %s", i, line);
    }
}

static void a_block_is_one_write(void **state)
{
    static char text[1500], got[3000];
    struct watch watch;
    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t i = 70; i < sizeof text; i += 71)
        text[i] = '\n';
    text[sizeof text - 1] = '\n';
    watch_datagrams(&watch);
    log_init(LOG_QUIET);
    log_block(&(struct log_kind){LOG_MESSAGES, 7, "127.0.0.1:40000", "block"}, text, sizeof text);
    next_write(&watch, got, sizeof got);
    watch_end(&watch);

    assert_int_equal(strlen(got), strlen("#7 127.0.0.1:40000 12:34:56.789 ") + sizeof text);
    assert_memory_equal(got + strlen(got) - sizeof text, text, sizeof text);
}

/* To the thousandth, and never one that has not begun. */
static void a_block_says_who_and_when(void **state)
{
    static const struct {
        long nanoseconds;
        const char *thousandths;
    } rows[] = {{0, "000"},         {999999, "000"},    {1000000, "001"},  {986999999, "986"},
                {987000000, "987"}, {998999999, "998"}, {999000000, "999"}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct watch watch;
        struct tm local;
        char got[100], clock[20], expected[100];
        today.tv_nsec = rows[i].nanoseconds;
        watch_datagrams(&watch);
        log_init(LOG_QUIET);
        log_block(&(struct log_kind){LOG_MESSAGES, 7, "a", "block"}, "text\n", 5);
        next_write(&watch, got, sizeof got);
        watch_end(&watch);
        must(localtime_r(&today.tv_sec, &local) != NULL &&
                 strftime(clock, sizeof clock, "%H:%M:%S", &local) > 0,
             "the time of the day");
        snprintf(expected, sizeof expected, "#7 a %s.%s text\n", clock, rows[i].thousandths);
        must(strcmp(got, expected) == 0, "row %zu: %s", i, got);
    }
}

/* Behind a long address, a block begins in a line of its own. */
static void a_long_address_has_a_line_of_its_own(void **state)
{
    static const char *const addresses[] = {"[2001:db8::12:3456]:4000",
                                            "[2001:db8::12:3456]:40000"};
    (void)state;
    today.tv_nsec = 0;
    for (size_t i = 0; i < COUNT_OF(addresses); i++) {
        struct watch watch;
        char got[100];
        assert_int_equal(strlen(addresses[i]), 24 + i);
        watch_datagrams(&watch);
        log_init(LOG_QUIET);
        log_block(&(struct log_kind){LOG_MESSAGES, 7, addresses[i], "block"}, "text\n", 5);
        next_write(&watch, got, sizeof got);
        watch_end(&watch);
        must((strstr(got, ".000 text\n") != NULL) == (i == 0) &&
                 (strstr(got, ".000 \n     text\n") != NULL) == (i == 1),
             "%s", got);
    }
}

/* A write() may be cut short by a signal, or not even begin: all the text must arrive, and once. */
static int alarms[2]; /* a pipe: a byte for each signal */

static void on_alarm(int number)
{
    int saved = errno;
    (void)number;
    (void)!write(alarms[1], "", 1);
    errno = saved;
}

static void write_on(const struct log_kind *kind, const char *bytes, size_t len)
{
    (void)kind;
    log_write_directly(bytes, len);
}

/* In a process of its own: logs a block, while it is interrupted all the time. */
static void log_interrupted(int fd, const char *text, size_t len, log_writer *writer)
{
    struct sigaction action = {.sa_handler = on_alarm}; /* no SA_RESTART */
    struct itimerval every = {{0, 300}, {0, 300}};      /* microseconds */
    struct itimerval never = {{0, 0}, {0, 0}};
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    dup2(fd, STDERR_FILENO);
    log_init(LOG_QUIET);
    space.is_real = true;
    if (writer != NULL)
        log_set_writer(writer);
    setitimer(ITIMER_REAL, &every, NULL);
    log_block(&(struct log_kind){LOG_MESSAGES, 7, "a", "block"}, text, len);
    setitimer(ITIMER_REAL, &never, NULL);
    _exit(0);
}

static void signals_do_not_cut(log_writer *writer)
{
    static char text[2000000], got[sizeof text + 100];
    const size_t head = strlen("#7 a 12:34:56.789 ");
    int pair[2], small = 4096, status = 0;
    size_t len = 0;
    ssize_t n;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i / 7 % 26);
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && pipe(alarms) == 0, "socketpair, pipe");
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    fcntl(alarms[1], F_SETFL, O_NONBLOCK);
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        close(pair[1]);
        log_interrupted(pair[0], text, sizeof text, writer);
    }
    close(pair[0]);
    close(alarms[1]);
    char byte;
    for (int i = 0; i < 20 && read(alarms[0], &byte, 1) == 1; i++)
        ; /* by now the socket is full, and a write() has been interrupted that could send nothing */
    while (len < sizeof got && (n = read(pair[1], got + len, sizeof got - len)) > 0)
        len += (size_t)n;
    close(pair[1]);
    close(alarms[0]);
    must(waitpid(child, &status, 0) == child && status == 0, "the child ends well");
    assert_int_equal(len, head + sizeof text);
    must(memcmp(got + head, text, sizeof text) == 0, "the text is as it was");
}

static void signals_do_not_cut_a_block(void **state)
{
    (void)state;
    signals_do_not_cut(NULL);
    signals_do_not_cut(write_on);
}

/* --------------------------------------------------------------- stderr that is perhaps not read */

static struct watch reader; /* stderr is a pipe, and its other end does not wait */

/* Nothing is lost or cut from before, and whoever reads slowly is waited for. */
static int begin_pipe(void **state)
{
    int ends[2];
    (void)state;
    must(pipe(ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0, "a pipe");
    signal(SIGPIPE, SIG_IGN);
    watch_begin(&reader, ends[1], ends[0]);
    log_init(LOG_CLIENTS);
    memset(&space, 0, sizeof space);
    outcomes_left = 0;
    log_line("begin");
    now += 1000000;
    char begin[200];
    next_write(&reader, begin, sizeof begin);
    must(strstr(begin, "begin\n") != NULL, "the pipe takes a line");
    return 0;
}

static int end_pipe(void **state)
{
    (void)state;
    watch_end(&reader);
    memset(&space, 0, sizeof space);
    return 0;
}

static void fill_pipe(void)
{
    static const char zeros[PIPE_BUF];
    fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
    while (write(STDERR_FILENO, zeros, sizeof zeros) > 0)
        ;
    fcntl(STDERR_FILENO, F_SETFL, 0);
}

static void drain_pipe(void)
{
    static char zeros[PIPE_BUF];
    while (read(reader.other, zeros, sizeof zeros) > 0)
        ;
}

/* There is room so many times. */
static void has_room_for(int times)
{
    space.is_scripted = true;
    space.takes = times;
}

/* What has come is this and no more. */
#define must_read(expected) must_read_at(__LINE__, expected)

static void must_read_at(int line, const char *expected)
{
    char got[1000];
    size_t len = 0;
    ssize_t n;
    while (len < sizeof got - 1 && (n = read(reader.other, got + len, sizeof got - 1 - len)) > 0)
        len += (size_t)n;
    got[len] = '\0';
    must(strcmp(got, expected) == 0, "line %d: %s", line, got);
}

/* Says a line, which takes so many milliseconds. */
static void must_take(int64_t milliseconds, const char *line)
{
    int64_t before = now;
    log_line("%s", line);
    must(now - before == milliseconds, "%s: %lld ms", line, (long long)(now - before));
}

/* With a pipe that is really full. */
static void lines_that_nobody_reads_are_counted(void **state)
{
    (void)state;
    fill_pipe();
    must_take(100, "one");
    must_take(0, "two");
    drain_pipe();
    must_take(0, "three");
    must_read("... 2 lines lost here: the log was not read\nthree\n");
    must_take(0, "four");
    must_read("four\n");
    fill_pipe();
    must_take(0, "five");
    drain_pipe();
    must_take(0, "six");
    must_read("... 1 line lost here: the log was not read\nsix\n");
}

static void each_line_of_a_block_counts(void **state)
{
    static const char block[] = "one\ntwo\nthree\n";
    (void)state;
    has_room_for(0);
    log_block(&(struct log_kind){LOG_MESSAGES, 7, "a", "block"}, block, strlen(block));
    log_line("four");
    has_room_for(99);
    log_line("five");
    must_read("... 4 lines lost here: the log was not read\nfive\n");
}

static void what_is_lost_is_told_when_that_is_taken(void **state)
{
    (void)state;
    has_room_for(0);
    log_line("one");
    log_line("two");
    has_room_for(1); /* for the note, and not for the line */
    log_line("three");
    must_read("... 2 lines lost here: the log was not read\n");
    has_room_for(99);
    log_line("four");
    must_read("... 1 line lost here: the log was not read\nfour\n");
}

/* A moment, once in a while: two seconds after it was in vain. */
static void a_slow_reader_is_given_a_moment_once_in_a_while(void **state)
{
    (void)state;
    has_room_for(0);
    must_take(100, "one");
    must_take(0, "two");
    now += 1999;
    must_take(0, "three");
    now += 1;
    must_take(100, "four");
    must_take(0, "five");
    now += 2000;
    must_take(100, "six");
    now += 5000;
    must_take(100, "seven");
    must_take(0, "eight");
}

static void who_reads_within_the_moment_loses_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        fill_pipe();
        space.meanwhile = drain_pipe;
        must_take(40, "one");
        must_read("one\n");
    }
}

/* A text that a pipe does not take in one piece. */
static void log_long_block(size_t len, size_t newline)
{
    static char text[3 * PIPE_BUF];
    size_t head = strlen("#7 a 12:34:56.789 ");
    must(len >= head && len <= sizeof text, "a block of %zu bytes", len);
    memset(text, 'x', sizeof text);
    text[len - head - 1] = '\n';
    if (newline > 0)
        text[newline - head - 1] = '\n';
    log_block(&(struct log_kind){LOG_MESSAGES, 7, "a", "block"}, text, len - head);
}

static void must_read_bytes(size_t len, char last)
{
    static char got[4 * PIPE_BUF];
    ssize_t n = read(reader.other, got, len);
    must(n == (ssize_t)len && got[len - 1] == last, "%zu bytes, and %c at the end: %zd", len, last,
         n);
}

static void a_long_text_goes_in_pieces_that_a_pipe_takes_whole(void **state)
{
    static const size_t pieces[] = {PIPE_BUF, PIPE_BUF, PIPE_BUF - 1, 0};
    struct watch watch;
    static char got[2 * PIPE_BUF];
    (void)state;
    for (size_t len = PIPE_BUF - 1; len <= PIPE_BUF + 1; len++) {
        watch_datagrams(&watch);
        log_long_block(len, 0);
        ssize_t first = read(watch.other, got, sizeof got),
                second = read(watch.other, got, sizeof got);
        watch_end(&watch);
        must(first == (ssize_t)(len < PIPE_BUF ? len : PIPE_BUF) &&
                 second == (len > PIPE_BUF ? 1 : -1),
             "%zu bytes: pieces of %zd and %zd", len, first, second);
    }
    watch_datagrams(&watch);
    log_long_block(3 * PIPE_BUF - 1, 0);
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        ssize_t n = read(watch.other, got, sizeof got);
        must(pieces[i] > 0 ? n == (ssize_t)pieces[i] : n < 0, "piece %zu: %zd", i, n);
    }
    watch_end(&watch);
}

/* What comes behind half a line begins a line of its own. */
static void a_line_that_is_cut_is_ended(void **state)
{
    (void)state;
    has_room_for(1);
    log_long_block(2 * PIPE_BUF, 0);
    must_read_bytes(PIPE_BUF, 'x');
    must_take(0, "two"); /* nothing is written: it is still cut */
    has_room_for(99);
    must_take(0, "three");
    must_read("\n... 2 lines lost here: the log was not read\nthree\n");
    must_take(0, "four");
    must_read("four\n");
}

static void one_byte_of_a_line_is_enough_to_be_ended(void **state)
{
    (void)state;
    has_room_for(1);
    next_outcome(1, 0);
    must_take(100, "one");
    must_read("o");
    has_room_for(99);
    must_take(0, "two");
    must_read("\n... 1 line lost here: the log was not read\ntwo\n");
}

static void a_text_that_is_cut_between_two_lines_is_not(void **state)
{
    (void)state;
    has_room_for(1);
    log_long_block(2 * PIPE_BUF, PIPE_BUF);
    must_read_bytes(PIPE_BUF, '\n');
    has_room_for(99);
    must_take(0, "two");
    must_read("... 1 line lost here: the log was not read\ntwo\n");
}

/* poll() says that there is room, and yet there is none: so it is with a terminal that has some, but not
 * for what is to be written. */
static void room_that_is_none_is_waited_for(void **state)
{
    (void)state;
    fill_pipe();
    fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
    has_room_for(1000);
    space.meanwhile = drain_pipe;
    must_take(1, "one");
    assert_int_equal(space.pauses, 1);
    must_read("one\n");

    fill_pipe();
    fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK);
    space.pauses = 0;
    must_take(100, "two");
    assert_int_equal(space.pauses, 100);
    must_take(0, "three");
    assert_int_equal(space.pauses, 100);
    drain_pipe();
    must_take(0, "four");
    must_read("... 2 lines lost here: the log was not read\nfour\n");
}

/* Then there is nobody to tell, either. */
static void when_nobody_reads_any_more_nothing_is_counted(void **state)
{
    int ends[2];
    (void)state;
    close(reader.other);
    must_take(0, "one");
    log_long_block(2 * PIPE_BUF, 0);
    must(pipe(ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0, "a pipe");
    reader.other = ends[0];
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    must_take(0, "two");
    must_read("two\n");
}

static bool is_not_for_long(int error)
{
    return error == EINTR || error == EAGAIN || error == EWOULDBLOCK;
}

static void an_error_that_does_not_last_is_waited_for(void **state)
{
    static const int errors[] = {EINTR, EAGAIN, EWOULDBLOCK};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        next_outcome(-1, errors[i]);
        next_outcome(1, 0); /* a byte of it */
        next_outcome(-1, errors[i]);
        must_take(2, "one");
        must_read("one\n");
    }
}

/* Any other, or a write() that writes nothing: then the line is no more, and it is not counted. */
static void other_errors_end_a_line(void **state)
{
    (void)state;
    for (int error = 1; error < 140; error++)
        if (!is_not_for_long(error)) {
            next_outcome(1, 0);
            next_outcome(-1, error);
            must_take(0, "abc");
            must_read("a");
            must_take(0, "one");
            must_read("one\n");
        }
    next_outcome(0, EAGAIN);
    must_take(0, "abc");
    must_read("");
    must_take(0, "one");
    must_read("one\n");
}

/* For a writer in a thread of its own: it has time. */
static void who_writes_directly_waits(void **state)
{
    static char text[100 * PIPE_BUF];
    (void)state;
    memset(text, 'x', sizeof text);
    fill_pipe();
    fcntl(STDERR_FILENO, F_SETFL, O_NONBLOCK); /* somebody else's: it is shared with the shell */
    space.meanwhile = drain_pipe;
    log_write_directly("one\n", 4);
    must_read("one\n");
    assert_int_equal(space.asked, 1 + 1); /* and the line with which it began */
    log_write_directly("", 0);
    must_read("");
    close(reader.other);
    reader.other = dup(reader.saved);
    log_write_directly(text, sizeof text); /* nobody reads it: that is the end */
    assert_int_equal(space.asked, 2);
}

static void written_directly_is_all_of_it(void **state)
{
    (void)state;
    log_write_directly("x", 1);
    must_read("x");
    next_outcome(1, 0);
    next_outcome(-1, EINTR);
    next_outcome(1, 0);
    log_write_directly("Hello", 5);
    must_read("Hello");
    assert_int_equal(space.asked, 1); /* only for the line with which it began */
    next_outcome(1, 0);
    next_outcome(-1, EAGAIN);
    log_write_directly("Hello", 5);
    must_read("Hello");
    assert_int_equal(space.asked, 2);
}

static void other_errors_end_what_is_written_directly(void **state)
{
    (void)state;
    for (int error = 1; error < 140; error++) {
        next_outcome(1, 0);
        next_outcome(is_not_for_long(error) ? 0 : -1, error);
        log_write_directly("Hello", 5);
        must_read("H");
    }
    assert_int_equal(space.asked, 1);
}

static void lines_are_counted(void **state)
{
    static const struct {
        const char *text;
        size_t len, lines;
    } rows[] = {{BYTES(""), 0},        {BYTES("x"), 0},      {BYTES("\n"), 1},
                {BYTES("a\nb\nc"), 2}, {BYTES("\n\n\n"), 3}, {BYTES("a\0b\n\x0B\x09"), 1}};
    struct guard guard;
    (void)state;
    guard_open(&guard, 10);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *text = (char *)guard_at_end(&guard, rows[i].text, rows[i].len);
        must(log_count_lines(text, rows[i].len) == rows[i].lines, "row %zu", i);
    }
    guard_close(&guard);
}

static void the_note_fits_and_says_how_many(void **state)
{
    char note[LOG_NOTE_MAX];
    (void)state;
    size_t len = log_lost_note(note, 1);
    assert_string_equal(note, "... 1 line lost here: the log was not read\n");
    assert_int_equal(len, strlen(note));
    len = log_lost_note(note, 2);
    assert_string_equal(note, "... 2 lines lost here: the log was not read\n");
    assert_int_equal(len, strlen(note));
    must(log_lost_note(note, SIZE_MAX) < LOG_NOTE_MAX, "the largest number fits");
}

/* --------------------------------------------------------------------------------------- colour */

/* stderr becomes a terminal, and we are who looks at it. False if the system has none. */
static bool begin_terminal(struct watch *watch)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        return false;
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (terminal < 0)
        return false;
    watch_begin(watch, terminal, master);
    return true;
}

/* Reads what comes to the terminal, until at least so many bytes are there and they end so. Not all is there
 * at once: the system passes it on in a thread of its own. */
static size_t read_terminal(const struct watch *watch, char *got, size_t size, size_t least,
                            const char *end)
{
    size_t len = 0, end_len = strlen(end);
    while (len < least || len < end_len || memcmp(got + len - end_len, end, end_len) != 0) {
        struct pollfd set = {.fd = watch->other, .events = POLLIN};
        ssize_t n = poll(&set, 1, PATIENCE) > 0 ? read(watch->other, got + len, size - 1 - len) : 0;
        must(n > 0, "more comes to the terminal than %zu bytes", len);
        len += (size_t)n;
    }
    got[len] = '\0';
    return len;
}

/* What a line looks like on a terminal. */
static bool line_on_terminal(char *line, size_t room)
{
    struct watch watch;
    if (!begin_terminal(&watch))
        return false;
    log_init(LOG_CLIENTS);
    log_client(LOG_CLIENTS, 1, "a", "text");
    read_terminal(&watch, line, room, 1, "\r\n");
    watch_end(&watch);
    return true;
}

static void colour_is_for_terminals(void **state)
{
    char line[100];
    (void)state;
    unsetenv("NO_COLOR");
    if (!line_on_terminal(line, sizeof line))
        skip();
    must(strncmp(line, "\033[2m#1 a\033[0m text", 17) == 0, "colour: %s", line);
    setenv("NO_COLOR", "", 1); /* no-color.org: empty is as if it were not set */
    assert_true(line_on_terminal(line, sizeof line));
    must(strchr(line, '\033') != NULL, "NO_COLOR= : %s", line);
    setenv("NO_COLOR", "1", 1);
    assert_true(line_on_terminal(line, sizeof line));
    must(strncmp(line, "#1 a text", 9) == 0, "NO_COLOR=1: %s", line);
    unsetenv("NO_COLOR");
}

/* ------------------------------------------------------------------------------------- terminals */

/* The descriptor that is opened next. */
static int next_descriptor(void)
{
    int fd = dup(STDIN_FILENO);
    close(fd);
    return fd;
}

static void no_word_is_cut_by_the_edge(void **state)
{
    struct watch watch;
    char got[300];
    (void)state;
    if (!begin_terminal(&watch))
        skip();
    setenv("COLUMNS", "40", 1);
    log_init(LOG_CLIENTS);
    assert_int_equal(log_columns(), 40);
    log_line("%s", "a line that is longer than forty columns, and has words");
    read_terminal(&watch, got, sizeof got, 1, "words\r\n");
    setenv("COLUMNS", "99", 1);
    assert_int_equal(log_columns(), 99);
    setenv("COLUMNS", "100", 1);
    assert_int_equal(log_columns(), LOG_COLUMNS);
    setenv("COLUMNS", "101", 1);
    assert_int_equal(log_columns(), LOG_COLUMNS); /* nobody likes to read wider texts */
    unsetenv("COLUMNS");
    assert_int_equal(log_columns(), LOG_COLUMNS); /* a terminal of no size */
    watch_end(&watch);
    must(strncmp(got, "a line that is longer than forty\r\n", 34) == 0 &&
             strstr(got, "columns, and has words\r\n") != NULL,
         "%s", got);
}

static void elsewhere_lines_are_not_broken(void **state)
{
    struct watch watch;
    char got[300];
    (void)state;
    setenv("COLUMNS", "40", 1);
    watch_datagrams(&watch);
    log_init(LOG_CLIENTS);
    size_t columns = log_columns();
    log_line("%s", "a line that is longer than forty columns, and has words");
    next_write(&watch, got, sizeof got);
    watch_end(&watch);
    unsetenv("COLUMNS");
    assert_int_equal(columns, LOG_COLUMNS);
    assert_string_equal(got, "a line that is longer than forty columns, and has words\n");
}

/* The terminal is opened anew, so that its O_NONBLOCK is nobody else's: a shell that finds its terminal so
 * ends, or says nonsense. */
static void a_terminal_is_opened_anew(void **state)
{
    struct watch watch;
    (void)state;
    if (!begin_terminal(&watch))
        skip();
    int own = next_descriptor();
    log_init(LOG_CLIENTS);
    int flags = fcntl(own, F_GETFL), of_stderr = fcntl(STDERR_FILENO, F_GETFL);
    int to_others = fcntl(own, F_GETFD);
    watch_end(&watch);
    must(flags >= 0 && (flags & O_NONBLOCK) != 0 && (flags & O_ACCMODE) == O_WRONLY,
         "it does not wait");
    must(to_others >= 0 && (to_others & FD_CLOEXEC) != 0, "it is for this program only");
    must(of_stderr >= 0 && (of_stderr & O_NONBLOCK) == 0, "stderr stays as it was");
}

/* So it is full at last, and nobody waits for long. */
static void a_terminal_that_nobody_looks_at(void **state)
{
    static const char note[] = "... 1 line lost here: the log was not read\r\nafter\r\n";
    static char got[1000000];
    char line[40];
    struct watch watch;
    size_t lines = 0; /* that came whole */
    (void)state;
    if (!begin_terminal(&watch))
        skip();
    int own = next_descriptor();
    log_init(LOG_CLIENTS);
    must((fcntl(own, F_GETFL) & O_NONBLOCK) != 0, "it does not wait for ever");
    now += 1000000;
    for (int64_t begin = now;; begin = now, lines++) {
        must(lines < 50000, "it is full at last");
        log_line("line %06zu", lines);
        if (now - begin >= 100)
            break;
    }
    size_t len = lines * strlen("line 000000\r\n");
    size_t have = read_terminal(&watch, got, sizeof got, len, "");
    log_line("after");
    if (strstr(got, "after\r\n") == NULL)
        read_terminal(&watch, got + have, sizeof got - have, 1, "after\r\n");
    watch_end(&watch);

    for (size_t i = 0; i < lines; i++) {
        int size = snprintf(line, sizeof line, "line %06zu\r\n", i);
        must(memcmp(got + i * (size_t)size, line, (size_t)size) == 0, "line %zu is whole", i);
    }
    const char *rest = got + len, *told = strstr(rest, note);
    must(told != NULL && strcmp(told, note) == 0, "what is lost is told: %s", rest);
    if (told > rest) { /* a part of the line had come */
        snprintf(line, sizeof line, "line %06zu", lines);
        size_t part = (size_t)(told - rest) - strlen("\r\n");
        must(part <= strlen(line) && memcmp(rest, line, part) == 0 &&
                 memcmp(rest + part, "\r\n", 2) == 0,
             "it is ended: %s", rest);
    }
}

/* --------------------------------------------------------------------------- at the beginning */

/* In a process of its own, without the three: who of them is there at the end, and what is next? */
static int standard_descriptors(void)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO + 1; fd++)
            close(fd);
        log_init(LOG_QUIET);
        int bits = next_descriptor() == STDERR_FILENO + 1 ? 8 : 0;
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
            bits |= (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR ? 1 << fd : 0;
        _exit(bits);
    }
    must(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status), "a child");
    return WEXITSTATUS(status);
}

static void no_client_becomes_stderr(void **state)
{
    (void)state;
    assert_int_equal(standard_descriptors(), 8 | 4 | 2 | 1);
}

static struct log_kind taken_kind;
static char taken[200000];

static void take_line(const struct log_kind *kind, const char *bytes, size_t len)
{
    taken_kind = *kind;
    snprintf(taken, sizeof taken, "%.*s", (int)len, bytes);
}

/* The last test: there is no way back. */
static void another_writer_takes_it_all(void **state)
{
    static const char format[] = "said %d";
    static char text[60000];
    struct watch watch;
    (void)state;
    if (!begin_terminal(&watch))
        skip();
    int own = next_descriptor();
    setenv("NO_COLOR", "1", 1);
    log_init(LOG_CLIENTS);
    unsetenv("NO_COLOR");
    assert_true(fcntl(own, F_GETFD) >= 0);
    log_set_writer(take_line);
    int flags = fcntl(own, F_GETFD);
    must(flags >= 0 || next_descriptor() == own, "its number is free");
    int others[] = {STDOUT_FILENO, STDERR_FILENO, watch.saved, watch.other, dup(STDIN_FILENO)};
    log_set_writer(take_line); /* nothing more is closed */
    bool are_open = true;
    for (size_t i = 0; i < COUNT_OF(others); i++)
        are_open = are_open && fcntl(others[i], F_GETFD) >= 0;
    close(others[4]);

    /* However long a text is, all its lines are broken, and indented as they were. */
    memset(text, 'x', sizeof text);
    memcpy(text, "\n  a:  ", 7);
    for (size_t i = 14; i < sizeof text; i += 8)
        text[i] = ' ';
    setenv("COLUMNS", "40", 1);
    log_block(&(struct log_kind){LOG_MESSAGES, 7, "a", "block"}, text, sizeof text);
    unsetenv("COLUMNS");
    watch_end(&watch);
    must(flags == -1, "the terminal of its own is closed");
    must(are_open, "others are not");
    for (const char *line = taken, *next; *line != '\0'; line = next + (*next == '\n')) {
        next = line + strcspn(line, "\n");
        must(next - line <= 40, "a line of %zd columns", next - line);
    }
    must(strlen(taken) > sizeof text + 2048, "indented it is longer: %zu bytes", strlen(taken));

    log_init(LOG_CLIENTS);
    log_client(LOG_CLIENTS, 7, "127.0.0.1:40000", format, 5);
    assert_string_equal(taken, "#7 127.0.0.1:40000 said 5\n");
    assert_int_equal(taken_kind.level, LOG_CLIENTS);
    assert_int_equal(taken_kind.number, 7);
    assert_string_equal(taken_kind.address, "127.0.0.1:40000");
    assert_ptr_equal(taken_kind.words, format);
    log_line(format, 6);
    assert_string_equal(taken, "said 6\n");
    assert_int_equal(taken_kind.level, LOG_QUIET);
    assert_int_equal(taken_kind.number, 0);
    assert_string_equal(taken_kind.address, "");
    assert_ptr_equal(taken_kind.words, format);
}

int main(void)
{
#define PIPE_TEST(f) cmocka_unit_test_setup_teardown(f, begin_pipe, end_pipe)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_escaped),
        cmocka_unit_test(every_byte_is_safe_to_print),
        cmocka_unit_test(what_does_not_fit_ends_with_dots),
        cmocka_unit_test(what_just_fits_has_no_dots),
        cmocka_unit_test(levels),
        cmocka_unit_test(a_line_is_always_printed),
        cmocka_unit_test(one_line_is_one_write),
        cmocka_unit_test(a_message_is_told_safely),
        cmocka_unit_test(a_block_is_one_write),
        cmocka_unit_test(a_block_says_who_and_when),
        cmocka_unit_test(a_long_address_has_a_line_of_its_own),
        cmocka_unit_test(signals_do_not_cut_a_block),
        PIPE_TEST(lines_that_nobody_reads_are_counted),
        PIPE_TEST(each_line_of_a_block_counts),
        PIPE_TEST(what_is_lost_is_told_when_that_is_taken),
        PIPE_TEST(a_slow_reader_is_given_a_moment_once_in_a_while),
        PIPE_TEST(who_reads_within_the_moment_loses_nothing),
        PIPE_TEST(a_long_text_goes_in_pieces_that_a_pipe_takes_whole),
        PIPE_TEST(a_line_that_is_cut_is_ended),
        PIPE_TEST(one_byte_of_a_line_is_enough_to_be_ended),
        PIPE_TEST(a_text_that_is_cut_between_two_lines_is_not),
        PIPE_TEST(room_that_is_none_is_waited_for),
        PIPE_TEST(when_nobody_reads_any_more_nothing_is_counted),
        PIPE_TEST(an_error_that_does_not_last_is_waited_for),
        PIPE_TEST(other_errors_end_a_line),
        PIPE_TEST(who_writes_directly_waits),
        PIPE_TEST(written_directly_is_all_of_it),
        PIPE_TEST(other_errors_end_what_is_written_directly),
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test(the_note_fits_and_says_how_many),
        cmocka_unit_test(elsewhere_lines_are_not_broken),
        cmocka_unit_test(no_client_becomes_stderr),
        cmocka_unit_test(colour_is_for_terminals), /* from here on, it writes to a terminal */
        cmocka_unit_test(no_word_is_cut_by_the_edge),
        cmocka_unit_test(a_terminal_is_opened_anew),
        cmocka_unit_test(a_terminal_that_nobody_looks_at),
        cmocka_unit_test(another_writer_takes_it_all),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
