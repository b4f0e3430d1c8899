/*
 * show - bytes and sentences as people read them
 *
 * Bytes from a server are never printed raw: what is no visible ASCII comes as hexadecimal, as an
 * escape, or as a dot. Pure.
 */
#ifndef WSCHECK_SHOW_H
#define WSCHECK_SHOW_H

#include "bytes.h"

#define SHOW_COLUMNS 98

/* Adds text with escapes, "\r\n" and "\x00" and so on, but for "§"; returns its columns. */
size_t show_escaped(struct bytes *out, const unsigned char *at, size_t len);

/*
 * Adds a label and bytes in one line, from the byte `from` on, as far as they fit: in hexadecimal
 * with the text beside it, or as text. If `caret` is one of them, a second line has a caret under
 * it; pass SHOW_NO_CARET for none. Pass `caret` == len to point behind the last.
 */
#define SHOW_NO_CARET ((size_t)-1)
struct shown {
    const char *label;
    const unsigned char *at;
    size_t len, from, caret;
    bool is_text;
};
void show_bytes(struct bytes *out, const struct shown *shown);

/* From which byte on a row should be shown, so that the byte `at` is in sight. */
size_t show_window(size_t at, bool is_text);

/* Adds a label and a text, broken into lines of SHOW_COLUMNS. */
void show_paragraph(struct bytes *out, const char *label, const char *text);

/* Adds a shell command that sends the same bytes by hand. */
struct replay {
    const unsigned char *sent;
    size_t len;
    const size_t *pauses; /* where a while passed */
    size_t pause_count;
    const char *host;
    unsigned port;
};
void show_replay(struct bytes *out, const struct replay *replay);

/* Adds a string of JSON, quotes and all. */
void show_json(struct bytes *out, const void *at, size_t len);

#endif
