/*
 * show - see show.h
 */
#include "show.h"

#include <stdio.h>
#include <string.h>

#define LABEL_WIDTH  11
#define INDENT       "    "
#define BYTES_A_LINE 20
#define COLUMNS_TEXT 76
#define REPLAY_MAX   1500 /* characters of printf that somebody would still paste */
#define RUN_MIN      24   /* so many equal bytes are worth a command of their own */

static bool is_visible(unsigned char c)
{
    return c >= ' ' && c < 0x7F;
}

/* ------------------------------------------------------------------------------------ bytes */

size_t show_escaped(struct bytes *out, const unsigned char *at, size_t len)
{
    size_t before = out->len, wide = 0;
    for (size_t i = 0; i < len; i++) {
        if (at[i] == 0xC2 && i + 1 < len && at[i + 1] == 0xA7) { /* "§": many a reason names one */
            bytes_add(out, at + i++, 2);
            wide++;
        } else if (at[i] == '\r')
            bytes_add_text(out, "\\r");
        else if (at[i] == '\n')
            bytes_add_text(out, "\\n");
        else if (is_visible(at[i]))
            bytes_add(out, at + i, 1);
        else
            bytes_add_format(out, "\\x%02x", at[i]);
    }
    return out->len - before - wide;
}

static void add_label(struct bytes *out, const char *label)
{
    bytes_add_format(out, INDENT "%-*s", LABEL_WIDTH, label);
}

static void add_caret(struct bytes *out, size_t column, const char *caret)
{
    bytes_add_format(out, INDENT "%*s%s\n", (int)(LABEL_WIDTH + column), "", caret);
}

static void show_as_text(struct bytes *out, const struct shown *s)
{
    size_t column = 0, caret = SHOW_NO_CARET;
    add_label(out, s->label);
    if (s->from > 0)
        bytes_add_text(out, "...");
    column += s->from > 0 ? 3 : 0;
    for (size_t i = s->from; i < s->len && column < COLUMNS_TEXT; i++) {
        if (i == s->caret)
            caret = column;
        column += show_escaped(out, s->at + i, 1);
    }
    if (s->caret == s->len)
        caret = column;
    bytes_add_text(out, column >= COLUMNS_TEXT ? "...\n" : "\n");
    if (caret != SHOW_NO_CARET)
        add_caret(out, caret, "^");
}

static void show_as_hex(struct bytes *out, const struct shown *s)
{
    size_t end = s->from + BYTES_A_LINE < s->len ? s->from + BYTES_A_LINE : s->len;
    size_t dots = s->from > 0 ? 4 : 0;
    add_label(out, s->label);
    if (dots > 0)
        bytes_add_text(out, "... ");
    for (size_t i = s->from; i < end; i++)
        bytes_add_format(out, "%02x ", s->at[i]);
    for (size_t i = end; i < s->from + BYTES_A_LINE; i++)
        bytes_add_text(out, "   ");
    bytes_add_text(out, end < s->len ? "... |" : "    |");
    for (size_t i = s->from; i < end; i++)
        bytes_add_format(out, "%c", is_visible(s->at[i]) ? s->at[i] : '.');
    bytes_add_text(out, "|\n");
    if (s->caret >= s->from && s->caret < s->from + BYTES_A_LINE)
        add_caret(out, dots + 3 * (s->caret - s->from), "^^");
}

void show_bytes(struct bytes *out, const struct shown *shown)
{
    if (shown->is_text)
        show_as_text(out, shown);
    else
        show_as_hex(out, shown);
}

size_t show_window(size_t at, bool is_text)
{
    size_t in_sight = is_text ? COLUMNS_TEXT / 2 : BYTES_A_LINE;
    return at < in_sight ? 0 : at - in_sight / 2;
}

/* ---------------------------------------------------------------------------------- sentences */

/* How many columns the UTF-8 text takes. */
static size_t columns_of(const char *text, size_t len)
{
    size_t columns = 0;
    for (size_t i = 0; i < len; i++)
        columns += ((unsigned char)text[i] & 0xC0) != 0x80;
    return columns;
}

void show_paragraph(struct bytes *out, const char *label, const char *text)
{
    size_t column = sizeof INDENT - 1 + LABEL_WIDTH;
    bool first = true;
    add_label(out, label);
    while (*text != '\0') {
        size_t word = strcspn(text, " \n");
        if (!first && column + 1 + columns_of(text, word) > SHOW_COLUMNS) {
            bytes_add_text(out, "\n");
            add_label(out, "");
            column = sizeof INDENT - 1 + LABEL_WIDTH;
        } else if (!first) {
            bytes_add_text(out, " ");
            column++;
        }
        bytes_add(out, text, word);
        column += columns_of(text, word);
        first = false;
        text += word + (text[word] != '\0');
    }
    bytes_add_text(out, "\n");
}

/* ------------------------------------------------------------------------------------ replay */

/* printf's own language: octal, for not every shell knows \x. */
static void add_printf_char(struct bytes *out, unsigned char c)
{
    if (c == '\r')
        bytes_add_text(out, "\\r");
    else if (c == '\n')
        bytes_add_text(out, "\\n");
    else if (c == '%')
        bytes_add_text(out, "%%");
    else if (c == '\'' || c == '\\' || !is_visible(c))
        bytes_add_format(out, "\\%03o", c);
    else
        bytes_add(out, &c, 1);
}

static size_t run_length(const unsigned char *at, size_t len)
{
    size_t run = 1;
    while (run < len && at[run] == at[0])
        run++;
    return run;
}

/* Adds commands that print the bytes; long runs of one byte are left to head and tr. */
static void add_printing(struct bytes *out, const unsigned char *at, size_t len)
{
    bool quoted = false;
    for (size_t i = 0; i < len;) {
        size_t run = run_length(at + i, len - i);
        if (run >= RUN_MIN) {
            bytes_add_format(out, "%shead -c %zu /dev/zero | tr '\\0' '", quoted ? "'; " : "", run);
            if (is_visible(at[i]) && at[i] != '\'' && at[i] != '\\')
                bytes_add(out, at + i, 1);
            else
                bytes_add_format(out, "\\%03o", at[i]);
            bytes_add_text(out, "'; ");
            quoted = false;
            i += run;
            continue;
        }
        if (!quoted)
            bytes_add_text(out, "printf '");
        quoted = true;
        add_printf_char(out, at[i++]);
    }
    if (quoted)
        bytes_add_text(out, "'; ");
}

void show_replay(struct bytes *out, const struct replay *r)
{
    struct bytes commands = {0};
    size_t from = 0;
    for (size_t i = 0; i < r->pause_count && r->pauses[i] < r->len; i++) {
        add_printing(&commands, r->sent + from, r->pauses[i] - from);
        bytes_add_text(&commands, "sleep 1; ");
        from = r->pauses[i];
    }
    add_printing(&commands, r->sent + from, r->len - from);
    if (commands.len > REPLAY_MAX || commands.len < 2) {
        bytes_free(&commands);
        return;
    }
    commands.len -= 2; /* the last "; " */
    bool one = bytes_find(commands.at, commands.len, "; ") == NULL;
    bytes_add_format(out, one ? "%.*s | nc %s %u" : "{ %.*s; } | nc %s %u", (int)commands.len,
                     (const char *)commands.at, r->host, r->port);
    bytes_free(&commands);
}

/* -------------------------------------------------------------------------------------- JSON */

void show_json(struct bytes *out, const void *at, size_t len)
{
    const unsigned char *text = at;
    bytes_add_text(out, "\"");
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"' || text[i] == '\\')
            bytes_add_format(out, "\\%c", text[i]);
        else if (text[i] < ' ' || text[i] == 0x7F)
            bytes_add_format(out, "\\u%04x", text[i]);
        else
            bytes_add(out, text + i, 1);
    }
    bytes_add_text(out, "\"");
}
