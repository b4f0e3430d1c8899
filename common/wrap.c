/*
 * wrap - see wrap.h
 */
#include "wrap.h"

#include <stdbool.h>
#include <string.h>

#define INDENT 5  /* columns that a line goes on to the right of where it began */
#define LEAST  16 /* ... that are left for what is broken off */

/* The length of an escape sequence that begins there: ESC [ ... a letter. 0 if none does. */
static size_t escape_len(const char *text, size_t len)
{
    size_t i = 2;
    if (len < 3 || text[0] != '\033' || text[1] != '[')
        return 0;
    while (i < len && (text[i] < '@' || text[i] > '~'))
        i++;
    return i < len ? i + 1 : 0;
}

static size_t columns_of(const char *text, size_t len)
{
    size_t columns = 0;
    for (size_t i = 0; i < len; i++) {
        size_t escape = escape_len(text + i, len - i);
        if (escape > 0)
            i += escape - 1;
        else
            columns += ((unsigned char)text[i] & 0xC0) != 0x80; /* else it goes on a character */
    }
    return columns;
}

static size_t count_spaces(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[n] == ' ')
        n++;
    return n;
}

static size_t word_len(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[n] != ' ')
        n++;
    return n;
}

/* The column where what is broken off goes on. */
static size_t find_hang(const char *line, size_t len, size_t columns)
{
    size_t begin = count_spaces(line, len), column = begin, hang = begin + INDENT;
    for (size_t at = begin; at < len;) {
        size_t word = word_len(line + at, len - at);
        size_t spaces = count_spaces(line + at + word, len - at - word);
        column += columns_of(line + at, word) + spaces;
        at += word + spaces;
        if (spaces >= 2 && column + LEAST <= columns)
            hang = column;
    }
    return hang + LEAST <= columns ? hang : 0;
}

/* out has room for so many bytes more than the line. */
static size_t wrap_line(char *out, size_t room, const char *line, size_t len, size_t columns)
{
    size_t hang = find_hang(line, len, columns), column = 0;
    char *to = out;
    for (size_t at = 0; at < len;) {
        size_t spaces = count_spaces(line + at, len - at);
        size_t word = word_len(line + at + spaces, len - at - spaces);
        size_t wide = columns_of(line + at + spaces, word);
        bool breaks = at > 0 && column > hang && column + spaces + wide > columns;
        if (breaks && room >= hang + 1) {
            room -= hang + 1;
            *to++ = '\n';
            memset(to, ' ', hang);
            to += hang;
            column = hang;
        } else {
            memset(to, ' ', spaces);
            to += spaces;
            column += spaces;
        }
        memcpy(to, line + at + spaces, word);
        to += word;
        column += wide;
        at += spaces + word;
    }
    return (size_t)(to - out);
}

size_t wrap_text(char *out, size_t size, const char *text, size_t len, size_t columns)
{
    size_t used = 0;
    for (size_t at = 0; at < len;) {
        const char *newline = memchr(text + at, '\n', len - at);
        size_t line = newline != NULL ? (size_t)(newline - (text + at)) : len - at;
        size_t room = columns_of(text + at, line) > columns ? size - used - (len - at) : 0;
        used += wrap_line(out + used, room, text + at, line, columns);
        at += line;
        if (newline != NULL)
            out[used++] = text[at++];
    }
    return used;
}
