/*
 * show - bytes and sentences as people read them
 *
 * Bytes from a server are never printed raw: what is no text that may be shown comes as hexadecimal, as
 * an escape, or as a dot. Pure, but for the width that is set once.
 */
#ifndef WSCHECK_SHOW_H
#define WSCHECK_SHOW_H

#include "bytes.h"

#define SHOW_COLUMNS 98

/* How wide the terminal is. If that is not said, paragraphs have SHOW_COLUMNS, and other lines are as long
 * as they are. */
void show_set_columns(size_t columns);

/* Adds text; what may not be shown, and what is no UTF-8, with escapes: "\r\n", "\x00". Returns its columns. */
size_t show_escaped(struct bytes *out, const unsigned char *at, size_t len);

/*
 * Adds a label and the bytes around `at`, as far as they fit: in one line of hexadecimal with the
 * text beside it, or as text, line by line. With `has_caret`, a line below has a caret under the
 * byte `at`, which may be the one behind the last.
 */
struct shown {
    const char *label; /* in English: it is shown in the reader's language, as all labels are */
    const unsigned char *bytes;
    size_t len, at;
    bool has_caret, is_text;
};
void show_bytes(struct bytes *out, const struct shown *shown);

/* Adds a text, and spaces up to so many columns. */
void show_padded(struct bytes *out, const char *text, size_t columns);

/* Begins a line with a label, or with none: all that has one stands below all else that has. */
void show_label(struct bytes *out, const char *label);

/* Adds a label and a text, broken into lines. */
void show_paragraph(struct bytes *out, const char *label, const char *text);

/* Goes on with a line that has so many columns already; on a terminal, what does not fit into it follows
 * below, `hang` columns from the left. Adds no line end. */
void show_words(struct bytes *out, size_t column, size_t hang, const char *text);

/* Adds a shell command that sends the same bytes by hand. */
struct replay {
    const unsigned char *sent;
    size_t len;
    const size_t *pauses; /* where a while passed */
    size_t pause_count;
    const char *host;
    unsigned port, port_sent; /* where to send it; where it was sent, which the bytes may mention */
};
void show_replay(struct bytes *out, const struct replay *replay);

/* Adds a string of JSON, quotes and all. */
void show_json(struct bytes *out, const void *at, size_t len);

#endif
