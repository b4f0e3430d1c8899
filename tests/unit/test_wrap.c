/*
 * wrap: where lines are broken, and that nothing is lost
 */
#include "guard.h"

#include <string.h>

#include "wrap.h"

static void where_lines_are_broken(void **state)
{
    static const struct {
        size_t columns;
        const char *text, *wrapped;
    } rows[] = {
        {80, "", ""},
        {30, "Hello, world\n", "Hello, world\n"},
        {30, "exactly thirty columns are here\n", "exactly thirty columns are\n     here\n"},
        {31, "exactly thirty columns are here\n", "exactly thirty columns are here\n"},
        {30, "a line that has no end of its own", "a line that has no end of its\n     own"},
        {32, "  -p, --port N  the port that it listens on\n",
         "  -p, --port N  the port that it\n                listens on\n"},
        {30, "     ok  masked, known opcode, shortest\n",
         "     ok  masked, known opcode,\n         shortest\n"},
        {30, "     goes on a little to the right\n",
         "     goes on a little to the\n          right\n"},
        {30, "       it is below something and stays there\n",
         "       it is below something\n       and stays there\n"},
        /* too far to the right to go on there */
        {30, "short  20 columns are  behind this\n",
         "short  20 columns are  behind\n       this\n"},
        {30, "a-word-that-is-longer-than-a-line-stays whole\n",
         "a-word-that-is-longer-than-a-line-stays\n     whole\n"},
        {30, "     one-that-is-longer-than-a-line\n", "     one-that-is-longer-than-a-line\n"},
        {30, "\xC2\xA7\xC2\xA7\xC2\xA7\xC2\xA7 two bytes and one column\n",
         "\xC2\xA7\xC2\xA7\xC2\xA7\xC2\xA7 two bytes and one column\n"},
        {30, "\033[1;31mBAD\033[0m    a colour is no column\n",
         "\033[1;31mBAD\033[0m    a colour is no column\n"},
        {30, "\033[1;31mBAD\033[0m    a colour is no column here\n",
         "\033[1;31mBAD\033[0m    a colour is no column\n       here\n"},
        {30, "short\nand a line that is much too long\n\nshort\n",
         "short\nand a line that is much too\n     long\n\nshort\n"},
        /* Chinese: two columns each, and no spaces; a line does not begin with what closes */
        {30, "  ok  一二三四五六七八九十一二\n", "  ok  一二三四五六七八九十一二\n"},
        {30, "  ok  一二三四五六七八九十一二三四\n",
         "  ok  一二三四五六七八九十一二\n      三四\n"},
        {30, "  ok  一二三四五六七八九十一二，三四\n",
         "  ok  一二三四五六七八九十一\n      二，三四\n"},
        {30, "  ok  一二三四 UTF-8 五六七八九十一\n",
         "  ok  一二三四 UTF-8 五六七八\n      九十一\n"},
        {30, "  ok  一二三四五六七八九十一，UTF-8\n",
         "  ok  一二三四五六七八九十一，\n      UTF-8\n"},
        {30, "  ok  一二三四五六七八九十一（二三）\n",
         "  ok  一二三四五六七八九十一\n      （二三）\n"},
        {30, "  ok  一二三四五六七八九十“一二”\n", "  ok  一二三四五六七八九十“一\n      二”\n"},
        {30, "  ok  一二三四五六七八九十“”\n", "  ok  一二三四五六七八九十“”\n"},
        {30, "      six columns are more than a margin\n",
         "      six columns are more\n      than a margin\n"},
        {30, "eleven and  16 columns behind it\n",
         "eleven and  16 columns behind\n            it\n"},
        {27, "eleven and  15 columns behind it\n", "eleven and  15 columns\n     behind it\n"},
        /* a break that gains nothing */
        {30, "abcde one-word-of-twenty-six-bytes\n", "abcde one-word-of-twenty-six-bytes\n"},
        {20, "a nineteen-bytes-long\n", "a\nnineteen-bytes-long\n"},
        {20, "in so few columns there is nowhere to hang\n",
         "in so few columns\nthere is nowhere to\nhang\n"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char out[400];
        size_t len =
            wrap_text(out, sizeof out, rows[i].text, strlen(rows[i].text), rows[i].columns);
        must(len == strlen(rows[i].wrapped) && memcmp(out, rows[i].wrapped, len) == 0,
             "row %zu: %.*s", i, (int)len, out);
    }
}

static size_t next_word(const char *text, size_t len, size_t *at)
{
    while (*at < len && (text[*at] == ' ' || text[*at] == '\n'))
        ++*at;
    size_t begin = *at;
    while (*at < len && text[*at] != ' ' && text[*at] != '\n')
        ++*at;
    return begin;
}

static bool are_same_words(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t a_end = 0, b_end = 0;
    do {
        size_t a_at = next_word(a, a_len, &a_end), b_at = next_word(b, b_len, &b_end);
        if (a_end - a_at != b_end - b_at || memcmp(a + a_at, b + b_at, a_end - a_at) != 0)
            return false;
    } while (a_end < a_len || b_end < b_len);
    return true;
}

/* However little room there is for breaks, in any text of words, spaces and lines. */
static void nothing_is_lost(void **state)
{
    struct guard in, out;
    uint32_t random = 7;
    (void)state;
    guard_open(&in, 300);
    guard_open(&out, 900);
    for (int i = 0; i < 20000; i++) {
        char text[300];
        size_t len = next_random(&random) % sizeof text;
        for (size_t at = 0; at < len; at++)
            text[at] = "abc\xC2\xA7\033[1m   \n  "[next_random(&random) % 16];
        size_t size = len + next_random(&random) % 600, columns = next_random(&random) % 110;
        const char *begin = (char *)guard_at_end(&in, text, len);
        char *wrapped = (char *)guard_at_end(&out, NULL, size);
        size_t got = wrap_text(wrapped, size, begin, len, columns);
        must(got <= size, "text %d: %zu bytes of %zu", i, got, size);
        must(are_same_words(text, len, wrapped, got), "text %d: it has the same words", i);
        must(size > len || (got == len && memcmp(text, wrapped, len) == 0),
             "text %d: without room, it is as it was", i);
    }
    guard_close(&in);
    guard_close(&out);
}

static void columns_of_a_line(void **state)
{
    static const struct {
        size_t columns;
        const char *text;
    } rows[] = {
        {0, ""},           {7, "§5.2 ok"},  {10, "帧 frame，"}, {3, "\033[1;31mBAD\033[0m"},
        {0, "\033[m"},     {1, "\033[1@a"}, {1, "\033[1~a"},    {4, "\033[1;"}, /* it has no end */
        {3, "\033(a"},     {3, "a[b"},      {1, "ὀ"},           {2, "“"},
        {4, "a\033[mbcd"},
    };
    struct guard guard;
    (void)state;
    guard_open(&guard, 100);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t len = strlen(rows[i].text);
        const char *text = (char *)guard_at_end(&guard, rows[i].text, len);
        must(wrap_columns(text, len) == rows[i].columns, "%s", rows[i].text);
    }
    guard_close(&guard);
}

/* Up to a space, the end of the line, or where Chinese may be broken. */
static void words(void **state)
{
    static const struct {
        size_t len;
        const char *text;
    } rows[] = {
        {0, ""},      {0, " a"},   {1, "a b"},        {1, "a\nb"},   {3, "中"},     {3, "中文"},
        {3, "中a"},   {2, "ab中"}, {2, "ab〇"},       {6, "中，文"}, {6, "（中文"}, {6, "“中"},
        {6, "中”文"}, {6, "“”中"}, {2, "ab“c"},       {4, "“c中"},   {5, "ab”c"},   {9, "（“中文"},
        {7, "ab…cd"}, {6, "ab😀"},  {4, "ab\xE4\xBD"}, /* cut */
    };
    struct guard guard;
    (void)state;
    guard_open(&guard, 100);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t len = strlen(rows[i].text);
        const char *text = (char *)guard_at_end(&guard, rows[i].text, len);
        must(wrap_word(text, len) == rows[i].len, "%s", rows[i].text);
    }
    guard_close(&guard);
}

/* A break takes six bytes here: one for the line's end, five to hang. */
static void a_break_needs_room(void **state)
{
    static const char text[] = "twenty columns are here and twenty more and here again";
    static const char *const wrapped[] = {
        text,
        "twenty columns are\n     here and twenty more and here again",
        "twenty columns are\n     here and twenty\n     more and here again",
        "twenty columns are\n     here and twenty\n     more and here\n     again",
    };
    (void)state;
    for (size_t room = 0; room < 24; room++) {
        char out[100];
        const char *expected = wrapped[room / 6];
        size_t len = wrap_text(out, strlen(text) + room, text, strlen(text), 21);
        must(len == strlen(expected) && memcmp(out, expected, len) == 0, "%zu more bytes: %.*s",
             room, (int)len, out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_lines_are_broken), cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(columns_of_a_line),      cmocka_unit_test(words),
        cmocka_unit_test(a_break_needs_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
