/*
 * wrap - see wrap.h
 */
#include "wrap.h"

#include <stdbool.h>
#include <string.h>

#define INDENT 5  /* columns that a line goes on to the right of where it began, at a margin */
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

/* A character has its columns with its first byte; Chinese ones, and a few more, are two wide. */
static size_t columns_of_byte(unsigned char byte)
{
    return (byte & 0xC0) == 0x80 ? 0 : byte >= 0xE2 ? 2 : 1;
}

static size_t columns_of(const char *text, size_t len)
{
    size_t columns = 0;
    for (size_t i = 0; i < len; i++) {
        size_t escape = escape_len(text + i, len - i);
        if (escape > 0)
            i += escape - 1;
        else
            columns += columns_of_byte((unsigned char)text[i]);
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

/* The length of a character from which on a line may be broken: Chinese has no spaces. 0 if it is none. */
static size_t breakable(const char *text, size_t len)
{
    unsigned char first = len >= 3 ? (unsigned char)text[0] : 0;
    return first >= 0xE3 && first <= 0xEF ? 3 : 0;
}

/* A line does not begin with what closes something. */
static bool is_closing(const char *character)
{
    static const char *const closing[] = {"，", "。", "：", "；", "、", "）", "！", "？", "》"};
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++)
        if (memcmp(character, closing[i], 3) == 0)
            return true;
    return false;
}

/* Up to a space, or to a character before which the line may be broken. */
static size_t word_len(const char *text, size_t len)
{
    size_t n = breakable(text, len);
    bool is_alone = n > 0;
    while (n < len && text[n] != ' ') {
        size_t next = breakable(text + n, len - n);
        if ((next > 0 && !is_closing(text + n)) || (next == 0 && is_alone))
            break;
        n += next > 0 ? next : 1;
    }
    return n;
}

/* The column where what is broken off goes on. */
static size_t find_hang(const char *line, size_t len, size_t columns)
{
    size_t begin = count_spaces(line, len), column = begin;
    size_t hang =
        begin > INDENT ? begin : begin + INDENT; /* more than a margin is a hang already */
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
