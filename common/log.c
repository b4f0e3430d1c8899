/*
 * log - see log.h
 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "net.h"
#include "printable.h"
#include "terminal.h"
#include "words.h"
#include "wrap.h"

#ifndef PIPE_BUF
#define PIPE_BUF _POSIX_PIPE_BUF
#endif

#define LINE_MAX_LEN 600
#define LINE_ROOM    2048
#define PATIENCE     100  /* milliseconds for somebody who reads the log slowly */
#define IMPATIENCE   2000 /* ... for which nobody is waited for after that was in vain */
#define LONG_ADDRESS 24   /* characters; behind a longer one, a block begins in a line of its own */

static enum log_level wanted = LOG_CLIENTS; /* set once, before there are threads */
static bool colour;
static bool is_terminal;
static int unread = STDERR_FILENO; /* what is written to without waiting */

/* A program may be started with stdin, stdout or stderr closed. The next descriptor to be opened would
 * take that place, and if it were a client's socket, the log would be written to the client. */
static void fill_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
}

/* When poll() says that it takes bytes, a pipe takes PIPE_BUF of them; a terminal perhaps fewer. So that
 * is opened anew: O_NONBLOCK is then this program's alone, not the shell's. */
static void open_terminal(void)
{
    const char *name = is_terminal ? ttyname(STDERR_FILENO) : NULL;
    int fd = name != NULL ? open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;
    if (fd >= 0)
        unread = fd;
}

void log_init(enum log_level level)
{
    fill_standard_descriptors();
    const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
    wanted = level;
    is_terminal = isatty(STDERR_FILENO);
    colour = is_terminal && (no_color == NULL || *no_color == '\0');
    open_terminal();
}

bool log_wants(enum log_level level)
{
    return level <= wanted;
}

bool log_has_colour(void)
{
    return colour;
}

/* A window may be resized at any time. */
static size_t columns_of_terminal(void)
{
    return is_terminal ? terminal_columns(STDERR_FILENO) : 0;
}

size_t log_columns(void)
{
    size_t columns = columns_of_terminal();
    return columns > 0 && columns < LOG_COLUMNS ? columns : LOG_COLUMNS;
}

/* Not stdio: stderr is unbuffered there, and a line could go out in several pieces. */
void log_write_directly(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) { /* somebody else's O_NONBLOCK */
            (void)net_wait_writable(STDERR_FILENO, NET_NO_DEADLINE);
            continue;
        }
        if (n <= 0)
            return; /* nobody reads it: then there is nobody to tell */
        bytes += n;
        len -= (size_t)n;
    }
}

/* ------------------------------------------------------------- stderr that is perhaps not read */

static atomic_size_t lost;     /* lines, since the last that was written */
static atomic_bool is_cut;     /* only a part of the last line was written */
static atomic_llong impatient; /* until then, nobody is waited for */

static bool is_not_yet(int error)
{
    return error == EINTR || error == EAGAIN || error == EWOULDBLOCK;
}

/* Returns how many bytes were written. Whoever reads slowly is given a moment, but only once in a
 * while. */
static size_t write_or_give_up(const char *bytes, size_t len)
{
    size_t written = 0;
    int64_t now = net_now(), deadline = now < impatient ? now : now + PATIENCE;
    while (written < len) {
        size_t piece = len - written < PIPE_BUF ? len - written : PIPE_BUF;
        bool is_ready = net_wait_writable(unread, deadline);
        ssize_t n = is_ready ? write(unread, bytes + written, piece) : 0;
        if (n > 0) {
            written += (size_t)n;
        } else if (is_ready && !(n < 0 && is_not_yet(errno))) {
            return len; /* nobody reads it: then there is nobody to tell */
        } else if (net_now() >= deadline) {
            if (now >= impatient)
                impatient = net_now() + IMPATIENCE;
            return written;
        } else {
            net_pause(1); /* a terminal may have room for a byte, but not for a line's end */
        }
    }
    return written;
}

size_t log_count_lines(const char *bytes, size_t len)
{
    size_t lines = 0;
    for (size_t i = 0; i < len; i++)
        lines += bytes[i] == '\n';
    return lines;
}

size_t log_lost_note(char note[LOG_NOTE_MAX], size_t lines)
{
    return (size_t)snprintf(note, LOG_NOTE_MAX,
                            words("... %zu %s lost here: the log was not read\n"), lines,
                            words(lines == 1 ? "line" : "lines"));
}

/* Returns how many lines were not written, or not to their ends. */
static size_t write_lines(const char *bytes, size_t len)
{
    size_t written = write_or_give_up(bytes, len);
    if (written > 0)
        is_cut = bytes[written - 1] != '\n';
    return log_count_lines(bytes + written, len - written);
}

/* Where lines were lost, the log says so. */
static bool write_lost_note(size_t lines)
{
    char note[1 + LOG_NOTE_MAX] = "\n"; /* behind half a line */
    size_t len = log_lost_note(note + 1, lines);
    return (is_cut ? write_lines(note, 1 + len) : write_lines(note + 1, len)) == 0;
}

static void write_at_once(const struct log_kind *kind, const char *bytes, size_t len)
{
    (void)kind;
    size_t before = atomic_exchange(&lost, 0);
    if (before > 0 && !write_lost_note(before))
        lost += before + log_count_lines(bytes, len);
    else
        lost += write_lines(bytes, len);
}

static log_writer *write_all = write_at_once; /* set once, before there are threads */

void log_set_writer(log_writer *writer)
{
    write_all = writer;
    if (unread != STDERR_FILENO)
        close(unread);
    unread = STDERR_FILENO;
}

/* On a terminal, no word is cut by its edge. */
static void write_wrapped(const struct log_kind *kind, const char *text, size_t len)
{
    size_t columns = columns_of_terminal(), size = 2 * len + LINE_ROOM;
    char *wrapped = columns > 0 ? malloc(size) : NULL;
    if (wrapped != NULL)
        write_all(kind, wrapped, wrap_text(wrapped, size, text, len, columns));
    else
        write_all(kind, text, len);
    free(wrapped);
}

static void write_line(const struct log_kind *kind, char *line, size_t len)
{
    if (len > LINE_MAX_LEN - 2)
        len = LINE_MAX_LEN - 2;
    line[len++] = '\n';
    write_wrapped(kind, line, len);
}

void log_line(const char *format, ...)
{
    char line[LINE_MAX_LEN];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof line, words(format), arguments);
    va_end(arguments);
    const struct log_kind kind = {LOG_QUIET, 0, "", format};
    write_line(&kind, line, len < 0 ? 0 : (size_t)len);
}

/* The line is not on the caller's stack, where it would be touched for good: with it and what printf()
 * needs, each idle client would keep a page more, 13.9 KiB instead of 9.9. And it is so large that no
 * thread puts it aside for itself when it is freed, as glibc's do with up to 1 KiB. */
void log_client(enum log_level level, unsigned long number, const char *address, const char *format,
                ...)
{
    char *line = log_wants(level) ? malloc(LINE_ROOM) : NULL;
    if (line == NULL)
        return;
    int tag = snprintf(line, LINE_MAX_LEN, colour ? "\033[2m#%lu %s\033[0m " : "#%lu %s ", number,
                       address);
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line + tag, LINE_MAX_LEN - (size_t)tag, words(format), arguments);
    va_end(arguments);
    const struct log_kind kind = {level, number, address, format};
    write_line(&kind, line, (size_t)tag + (len < 0 ? 0 : (size_t)len));
    free(line);
}

void log_message(unsigned long number, const char *address, bool is_text, const void *data,
                 size_t len)
{
    char safe[100];
    if (!log_wants(LOG_MESSAGES))
        return;
    log_escape(safe, sizeof safe, data, is_text ? len : 0);
    log_client(LOG_MESSAGES, number, address, "%s, %zu bytes%s%s",
               words(is_text ? "text" : "binary"), len, is_text ? words(": ") : "", safe);
}

void log_block(const struct log_kind *kind, const char *text, size_t len)
{
    struct timespec now;
    struct tm local;
    char stamp[16] = "";
    clock_gettime(CLOCK_REALTIME, &now);
    if (localtime_r(&now.tv_sec, &local) != NULL)
        strftime(stamp, sizeof stamp, "%H:%M:%S", &local);

    char *block = malloc(len + LINE_MAX_LEN);
    if (block == NULL)
        return;
    const char *gap = strlen(kind->address) > LONG_ADDRESS ? "\n     " : "";
    int head = snprintf(block, LINE_MAX_LEN,
                        colour ? "\033[2m#%lu %s %s.%03ld\033[0m %s" : "#%lu %s %s.%03ld %s",
                        kind->number, kind->address, stamp, now.tv_nsec / 1000000, gap);
    memcpy(block + head, text, len);
    write_wrapped(kind, block, (size_t)head + len);
    free(block);
}

/* The first of so many bytes as safe text, or the first character if it is one that may be shown. Returns
 * the text's length, at most 4; *used is how many bytes that were. */
static size_t escape(char piece[5], const unsigned char *bytes, size_t len, size_t *used)
{
    unsigned char c = bytes[0];
    *used = printable_character(bytes, len);
    if (*used > 1) {
        memcpy(piece, bytes, *used);
        return *used;
    }
    *used = 1;
    if (c == '\n' || c == '\r' || c == '\t')
        return (size_t)snprintf(piece, 5, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
    if (c == '\\' || c == '"')
        return (size_t)snprintf(piece, 5, "\\%c", c);
    return (size_t)snprintf(piece, 5, c >= ' ' && c < 0x7F ? "%c" : "\\x%02X", c);
}

char *log_escape(char *out, size_t out_len, const void *bytes, size_t len)
{
    static const char dots[] = "...";
    const unsigned char *p = bytes;
    size_t at = 0, cut = 0; /* cut: the last place where there is still room for the dots */
    for (size_t used; len > 0; p += used, len -= used) {
        char piece[5];
        size_t piece_len = escape(piece, p, len, &used);
        if (at + sizeof dots <= out_len)
            cut = at;
        if (at + piece_len + 1 > out_len) {
            memcpy(out + cut, dots, sizeof dots);
            return out;
        }
        memcpy(out + at, piece, piece_len);
        at += piece_len;
    }
    out[at] = '\0';
    return out;
}
