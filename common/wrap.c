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

size_t wrap_columns(const char *text, size_t len)
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

/* The length of a Chinese character, or of a mark that stands between them; 0 if it is none. */
static size_t chinese_len(const char *text, size_t len)
{
    unsigned char first = len >= 3 ? (unsigned char)text[0] : 0;
    bool is_quote = first == 0xE2 && (memcmp(text, "“", 3) == 0 || memcmp(text, "”", 3) == 0);
    return (first >= 0xE3 && first <= 0xEF) || is_quote ? 3 : 0;
}

/* Is it one of these, which are all of three bytes? */
static bool is_among(const char *character, const char *marks)
{
    for (; *marks != '\0'; marks += 3)
        if (memcmp(character, marks, 3) == 0)
            return true;
    return false;
}

/* Chinese has no spaces: a line may be broken beside each of its characters, but it does not begin with
 * what closes something, nor end with what opens it. */
size_t wrap_word(const char *text, size_t len)
{
    bool is_glued = true, behind_chinese = false; /* to the character before; the first is, too */
    size_t n = 0;
    while (n < len && text[n] != ' ' && text[n] != '\n') {
        size_t chinese = chinese_len(text + n, len - n);
        bool is_closing = chinese > 0 && is_among(text + n, "，。：；、）！？》”」");
        if (!is_glued && !is_closing && (chinese > 0 || behind_chinese))
            break;
        is_glued = chinese > 0 && is_among(text + n, "（《“「");
        behind_chinese = chinese > 0;
        n += chinese > 0 ? chinese : 1;
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
        size_t word = wrap_word(line + at, len - at);
        size_t spaces = count_spaces(line + at + word, len - at - word);
        column += wrap_columns(line + at, word) + spaces;
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
        size_t word = wrap_word(line + at + spaces, len - at - spaces);
        size_t wide = wrap_columns(line + at + spaces, word);
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
        size_t room = wrap_columns(text + at, line) > columns ? size - used - (len - at) : 0;
        used += wrap_line(out + used, room, text + at, line, columns);
        at += line;
        if (newline != NULL)
            out[used++] = text[at++];
    }
    return used;
}
