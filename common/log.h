/*
 * log - what the server tells its people, on stderr
 *
 * One line, one piece: lines of several threads never mix. What came from a client is passed
 * through log_escape() first, so that nobody can drive the terminal with escape sequences or forge
 * lines. Stands beside the way of the data, not on it.
 *
 * Any thread may call anything here; log_init() comes first and once.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level {
    LOG_QUIET,    /* start-up, failures and shutdown only */
    LOG_REQUESTS, /* a line for each request that has become no WebSocket */
    LOG_CLIENTS,  /* and for each connection opened and closed */
    LOG_MESSAGES, /* and one for each message */
};

void log_init(enum log_level level);
bool log_wants(enum log_level level);
bool log_has_colour(void); /* stderr is a terminal, and NO_COLOR is not set */

/* How wide a text for the log should be: as the terminal, but LOG_COLUMNS at most, or if stderr is none.
 * On a terminal, lines that are longer than it is wide are broken between words. */
#define LOG_COLUMNS 100
size_t log_columns(void);

/* What a line is about. Lines of the same words are like each other. */
struct log_kind {
    enum log_level level;
    unsigned long number; /* of the client; 0 if it is about none */
    const char *address;  /* of the client, or "" */
    const char *words;    /* a constant, the same pointer for all lines that are made from it */
};

/* Whole lines go to stderr at once. A terminal or a pipe that takes no more is given a moment; then lines
 * are lost, which are counted, and the next line that is taken says so. A server that cannot spare the
 * moment can name another writer, which takes the bytes and returns; it may be called by any thread. Call
 * it before there are threads. */
typedef void log_writer(const struct log_kind *kind, const char *bytes, size_t len);
void log_set_writer(log_writer *writer);

/* For such a writer: writes all of it, and waits as long as that takes. */
void log_write_directly(const char *bytes, size_t len);

/* ... and the line that says how many were lost; returns its length. */
#define LOG_NOTE_MAX 80
size_t log_lost_note(char note[LOG_NOTE_MAX], size_t lines);
size_t log_count_lines(const char *bytes, size_t len);

#if defined(__GNUC__)
#define LOG_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define LOG_PRINTF(at, first)
#endif

/* Always printed. A line that is too long is cut. */
void log_line(const char *format, ...) LOG_PRINTF(1, 2);

/* A line about a client, "#7 127.0.0.1:40000 ...", if the level is wanted. */
void log_client(enum log_level level, unsigned long number, const char *address, const char *format,
                ...) LOG_PRINTF(4, 5);

/* The line about a message of a client, with the beginning of a text. */
void log_message(unsigned long number, const char *address, bool is_text, const void *data,
                 size_t len);

/* Always printed: a text of several lines about a client, with the time. The text must be safe to
 * print. */
void log_block(const struct log_kind *kind, const char *text, size_t len);

/* Writes bytes as text that is safe to print: characters of UTF-8 as they are if they may be shown
 * (printable.h), all else as \n, \xE6 and so on; with "..." at the end if it does not fit. Returns out, a
 * C string. */
char *log_escape(char *out, size_t out_len, const void *bytes, size_t len);

#endif
