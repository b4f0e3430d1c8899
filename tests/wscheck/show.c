/*
 * show - see show.h
 */
#include "show.h"

#include <stdio.h>
#include <string.h>

#include "../../common/printable.h"
#include "../../common/wrap.h"
#include "words.h"

#define LABEL_WIDTH 11
#define INDENT      "    "
#define MARGIN      (sizeof INDENT - 1 + LABEL_WIDTH)
#define LINES_MAX   12
#define REPLAY_MAX  1500 /* characters of printf that somebody would still paste */
#define RUN_MIN     24   /* so many equal bytes are worth a command of their own */

static size_t terminal; /* columns; 0: there is none */

void show_set_columns(size_t columns)
{
    terminal = columns;
}

static size_t paragraph_columns(void)
{
    return terminal > 0 && terminal < SHOW_COLUMNS ? terminal : SHOW_COLUMNS;
}

/* How many characters, or bytes, stand behind the margin, with dots before and behind them. */
static size_t characters_a_line(void)
{
    size_t columns = paragraph_columns();
    return columns > MARGIN + 27 ? columns - MARGIN - 7 : 20;
}

static size_t bytes_a_line(void)
{
    size_t bytes =
        paragraph_columns() > MARGIN + 26 ? (paragraph_columns() - MARGIN - 10) / 16 * 4 : 4;
    return bytes < 16 ? bytes : 16;
}

static bool is_visible(unsigned char c)
{
    return c >= ' ' && c < 0x7F;
}

/* ------------------------------------------------------------------------------------ bytes */

size_t show_escaped(struct bytes *out, const unsigned char *at, size_t len)
{
    size_t before = out->len;
    for (size_t i = 0, size; i<len; i += size> 0 ? size : 1) {
        size = printable_character(at + i, len - i);
        if (size > 0)
            bytes_add(out, at + i, size);
        else if (at[i] == '\r')
            bytes_add_text(out, "\\r");
        else if (at[i] == '\n')
            bytes_add_text(out, "\\n");
        else
            bytes_add_format(out, "\\x%02x", at[i]);
    }
    return out->len > before ? wrap_columns((const char *)out->at + before, out->len - before) : 0;
}

void show_padded(struct bytes *out, const char *text, size_t columns)
{
    size_t wide = wrap_columns(text, strlen(text));
    bytes_add_text(out, text);
    bytes_add_run(out, ' ', wide < columns ? columns - wide : 0);
}

void show_label(struct bytes *out, const char *label)
{
    bytes_add_text(out, INDENT);
    show_padded(out, words(label), LABEL_WIDTH);
}

static void add_caret(struct bytes *out, size_t column, const char *caret)
{
    bytes_add_format(out, INDENT "%*s%s\n", (int)(LABEL_WIDTH + column), "", caret);
}

/* Where the line that begins at `start` ends. */
static size_t line_end(const struct shown *s, size_t start)
{
    const unsigned char *lf = memchr(s->bytes + start, '\n', s->len - start);
    return lf != NULL ? (size_t)(lf - s->bytes) + 1 : s->len;
}

/* One line of text, from start to end, as far as it fits; the caret if it is in it. */
static void show_line(struct bytes *out, const struct shown *s, size_t start, size_t end)
{
    bool is_last = end == s->len && (start == end || s->bytes[end - 1] != '\n');
    bool here = s->has_caret && s->at >= start && (s->at < end || is_last);
    size_t column = 0, caret = 0, i = start, most = characters_a_line();
    if (here && s->at - start >= most) {
        i = s->at - most / 2;
        bytes_add_text(out, "...");
        column = 3;
    }
    for (size_t size; i < end && column < most; i += size) {
        size = printable_character(s->bytes + i, end - i);
        size = size > 0 ? size : 1;
        if (s->at >= i && s->at < i + size)
            caret = column;
        column += show_escaped(out, s->bytes + i, size);
    }
    bytes_add_text(out, i < end ? "...\n" : "\n");
    if (here)
        add_caret(out, s->at == s->len ? column : caret, "^");
}

/* So many lines are shown, and the byte `at` is in one of them. */
static void show_as_text(struct bytes *out, const struct shown *s)
{
    size_t starts[LINES_MAX] = {0}, count = 1, lines = 1;
    for (size_t next = line_end(s, 0);
         next < s->len ||
         (next == s->at && s->has_caret && s->len > 0 && s->bytes[s->len - 1] == '\n');
         next = line_end(s, next)) {
        if (count == LINES_MAX && next <= s->at)
            memmove(starts, starts + 1, --count * sizeof *starts);
        if (count < LINES_MAX)
            starts[count++] = next;
        lines++;
        if (next == s->len)
            break;
    }
    for (size_t i = 0; i < count; i++) {
        show_label(out, i == 0 ? s->label : "");
        if (i == 0 && starts[0] > 0)
            bytes_add_text(out, "... ");
        show_line(out, s, starts[i], line_end(s, starts[i]));
    }
    if (lines > count && starts[0] == 0) {
        show_label(out, "");
        bytes_add_text(out, "...\n");
    }
}

static void show_as_hex(struct bytes *out, const struct shown *s)
{
    size_t most = bytes_a_line(), from = s->at < most ? 0 : s->at - most / 2;
    size_t end = from + most < s->len ? from + most : s->len;
    size_t dots = from > 0 ? 4 : 0;
    show_label(out, s->label);
    if (dots > 0)
        bytes_add_text(out, "... ");
    for (size_t i = from; i < end; i++)
        bytes_add_format(out, "%02x ", s->bytes[i]);
    for (size_t i = end; i < from + most; i++)
        bytes_add_text(out, "   ");
    bytes_add_text(out, end < s->len ? "... |" : "    |");
    for (size_t i = from; i < end; i++)
        bytes_add_format(out, "%c", is_visible(s->bytes[i]) ? s->bytes[i] : '.');
    bytes_add_text(out, "|\n");
    if (s->has_caret)
        add_caret(out, dots + 3 * (s->at - from), "^^");
}

void show_bytes(struct bytes *out, const struct shown *shown)
{
    if (shown->is_text)
        show_as_text(out, shown);
    else
        show_as_hex(out, shown);
}

/* ---------------------------------------------------------------------------------- sentences */

/* Words behind the columns that the line has, in lines of so many. */
static void add_words(struct bytes *out, size_t column, size_t hang, const char *text,
                      size_t columns)
{
    for (bool blank = false; *text != '\0';) {
        size_t word = wrap_word(text, strlen(text)), wide = wrap_columns(text, word);
        if (column > hang && column + blank + wide > columns) {
            bytes_add_format(out, "\n%*s", (int)hang, "");
            column = hang;
        } else if (blank) {
            bytes_add_text(out, " ");
            column++;
        }
        bytes_add(out, text, word);
        column += wide;
        text += word;
        blank = *text == ' ' || *text == '\n';
        text += blank;
    }
}

void show_words(struct bytes *out, size_t column, size_t hang, const char *text)
{
    add_words(out, column, hang, text, terminal > 0 ? terminal : SIZE_MAX);
}

void show_paragraph(struct bytes *out, const char *label, const char *text)
{
    show_label(out, label);
    add_words(out, MARGIN, MARGIN, text, paragraph_columns());
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

/* Does the port begin here that the bytes were sent to, as Host has it? Returns its length. */
static size_t port_length(const struct replay *r, const unsigned char *at, size_t len)
{
    char port[8];
    size_t port_len = (size_t)snprintf(port, sizeof port, ":%u", r->port_sent);
    return len >= port_len && memcmp(at, port, port_len) == 0 ? port_len : 0;
}

/* Adds commands that print the bytes; long runs of one byte are left to head and tr. */
static void add_printing(struct bytes *out, const struct replay *r, size_t from, size_t to)
{
    const unsigned char *at = r->sent + from;
    size_t len = to - from, port_len;
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
        if ((port_len = port_length(r, at + i, len - i)) > 0) {
            bytes_add_format(out, ":%u", r->port);
            i += port_len;
        } else {
            add_printf_char(out, at[i++]);
        }
    }
    if (quoted)
        bytes_add_text(out, "'; ");
}

void show_replay(struct bytes *out, const struct replay *r)
{
    struct bytes commands = {0};
    size_t from = 0;
    for (size_t i = 0; i < r->pause_count && r->pauses[i] < r->len; i++) {
        add_printing(&commands, r, from, r->pauses[i]);
        bytes_add_text(&commands, "sleep 1; ");
        from = r->pauses[i];
    }
    add_printing(&commands, r, from, r->len);
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
