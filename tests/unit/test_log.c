/*
 * log: whole lines on stderr, and nothing in them that a client could use against the terminal
 *
 * stderr is a datagram socket while a line is written: each write() is a datagram, so that one line
 * in one write() can be told from one line in two. For colour it is a terminal of our own.
 */
#define _XOPEN_SOURCE 700 /* posix_openpt() */

#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"

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
            must(got == tag + len + 1 || (len > 500 && got > 500), "%zu bytes: all of it, not %zu",
                 len, got);
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

    int hours, minutes, seconds, thousandths, used = 0;
    must(sscanf(got, "#7 127.0.0.1:40000 %2d:%2d:%2d.%3d %n", &hours, &minutes, &seconds,
                &thousandths, &used) == 4 &&
             used == (int)strlen("#7 127.0.0.1:40000 12:34:56.789 "),
         "who and when: %.60s", got);
    assert_int_equal(strlen(got), (size_t)used + sizeof text);
    assert_memory_equal(got + used, text, sizeof text);
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

/* In a process of its own: logs a block, while it is interrupted all the time. */
static void log_interrupted(int fd, const char *text, size_t len)
{
    struct sigaction action = {.sa_handler = on_alarm}; /* no SA_RESTART */
    struct itimerval every = {{0, 300}, {0, 300}};      /* microseconds */
    struct itimerval never = {{0, 0}, {0, 0}};
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    dup2(fd, STDERR_FILENO);
    log_init(LOG_QUIET);
    setitimer(ITIMER_REAL, &every, NULL);
    log_block(&(struct log_kind){LOG_MESSAGES, 7, "a", "block"}, text, len);
    setitimer(ITIMER_REAL, &never, NULL);
    _exit(0);
}

static void signals_do_not_cut_a_block(void **state)
{
    static char text[2000000], got[sizeof text + 100];
    const size_t head = strlen("#7 a 12:34:56.789 ");
    int pair[2], small = 4096, status = 0;
    size_t len = 0;
    ssize_t n;
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i / 7 % 26);
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && pipe(alarms) == 0, "socketpair, pipe");
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    fcntl(alarms[1], F_SETFL, O_NONBLOCK);
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        close(pair[1]);
        log_interrupted(pair[0], text, sizeof text);
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

/* --------------------------------------------------------------------------------------- colour */

/* What a line looks like on a terminal. */
static bool line_on_terminal(char *line, size_t room)
{
    struct watch watch;
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        return false;
    int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
    if (terminal < 0)
        return false;
    watch_begin(&watch, terminal, master);
    log_init(LOG_CLIENTS);
    log_client(LOG_CLIENTS, 1, "a", "text");
    ssize_t n = read(master, line, room - 1);
    watch_end(&watch);
    line[n > 0 ? n : 0] = '\0';
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

int main(void)
{
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
        cmocka_unit_test(signals_do_not_cut_a_block),
        cmocka_unit_test(colour_is_for_terminals),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
