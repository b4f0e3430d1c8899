/*
 * limiter: what is told, what is only counted, and that the two are all there was
 */
#include "guard.h"

#include <stdio.h>
#include <string.h>

#include "limiter.h"

static struct limiter limiter;
static char notes[20000]; /* all that were written since reset() */

static void reset(void)
{
    limiter_init(&limiter);
    notes[0] = '\0';
}

/* Lines of a client, from that moment on; returns how many may be logged. */
static size_t say(size_t times, enum log_level level, unsigned long number, const char *address,
                  const char *words, int64_t now)
{
    const struct log_kind kind = {level, number, address, words};
    size_t admitted = 0;
    for (size_t i = 0; i < times; i++) {
        char line[100];
        int len = snprintf(line, sizeof line, "#%lu %s %s %zu\n", number, address, words, i);
        admitted += limiter_admits(&limiter, &kind, line, (size_t)len, now);
    }
    return admitted;
}

/* Writes all notes that are due. */
static size_t tell(int64_t now)
{
    char note[LIMITER_NOTE_MAX + 1];
    size_t len, count = 0;
    while ((len = limiter_note(&limiter, now, note)) > 0) {
        must(len < LIMITER_NOTE_MAX && note[len - 1] == '\n', "a note is a line");
        note[len] = '\0';
        strncat(notes, note, sizeof notes - strlen(notes) - 1);
        count++;
    }
    return count;
}

static void what_is_too_much_is_counted(void **state)
{
    (void)state;
    reset();
    assert_int_equal(say(999, LOG_REQUESTS, 1, "10.0.0.1:1", "refused", 5000), 999);
    assert_int_equal(say(2000, LOG_REQUESTS, 2, "10.0.0.1:2", "refused", 5999), 1);
    assert_int_equal(tell(5999), 0);
    assert_int_equal(limiter.due, 6000);
    assert_int_equal(tell(6000), 1);
    assert_string_equal(notes, "... 1999 more lines like this left out: #2 10.0.0.1:2 refused 1\n");
    assert_int_equal(limiter.due, NET_NO_DEADLINE);
    assert_int_equal(tell(1000000), 0);
}

/* The flood goes on: a few lines and a count in each second. After a quiet one all is as before. */
static void a_flood_is_told_once_a_second(void **state)
{
    (void)state;
    reset();
    size_t told = say(3000, LOG_REQUESTS, 1, "10.0.0.1:1", "refused", 5000);
    assert_int_equal(told, 1000);
    for (int64_t second = 1; second < 10; second++) {
        assert_int_equal(tell(5000 + second * 1000), 1);
        assert_int_equal(say(3000, LOG_REQUESTS, 1, "10.0.0.1:1", "refused", 5000 + second * 1000),
                         10);
    }
    assert_int_equal(tell(15000), 1);
    assert_int_equal(say(3000, LOG_REQUESTS, 1, "10.0.0.1:1", "refused", 16000), 1000);
    must(strstr(notes, "... 2990 more lines") != NULL, "%s", notes);
}

static void one_line_is_one(void **state)
{
    (void)state;
    reset();
    say(1001, LOG_REQUESTS, 1, "10.0.0.1:1", "refused", 5000);
    assert_int_equal(tell(NET_NO_DEADLINE), 1);
    must(strncmp(notes, "... 1 more line like this left out: ", 36) == 0, "%s", notes);
}

/* Other words, another address, and, of messages, another client: all are told. */
static void others_have_their_lines(void **state)
{
    (void)state;
    reset();
    say(5000, LOG_REQUESTS, 1, "10.0.0.1:1", "refused", 5000);
    say(5000, LOG_MESSAGES, 1, "10.0.0.1:1", "text", 5000);
    assert_int_equal(say(100, LOG_REQUESTS, 1, "10.0.0.1:1", "left", 5001), 100);
    assert_int_equal(say(100, LOG_REQUESTS, 2, "10.0.0.2:1", "refused", 5001), 100);
    assert_int_equal(say(100, LOG_REQUESTS, 2, "[::1]:1", "refused", 5001), 100);
    assert_int_equal(say(100, LOG_REQUESTS, 2, "[::2]:1", "refused", 5001), 100);
    assert_int_equal(say(100, LOG_MESSAGES, 2, "10.0.0.1:2", "text", 5001), 100);
    assert_int_equal(say(100, LOG_QUIET, 0, "", "server: stopping", 5001), 100);
    assert_int_equal(say(100, LOG_REQUESTS, 3, "10.0.0.1:7", "refused", 5001), 0);
    assert_int_equal(say(100, LOG_MESSAGES, 1, "10.0.0.1:1", "text", 5001), 0);
    assert_int_equal(tell(6001), 2);
}

/* What is left out and what is told are all there was, however many kinds there are. */
static void nothing_is_forgotten(void **state)
{
    size_t said = 0, told = 0, counted = 0;
    (void)state;
    reset();
    for (unsigned long number = 1; number <= 3000; number++)
        for (int i = 0; i < 3; i++) {
            told += say(600, LOG_MESSAGES, number, "10.0.0.1:1", "text", 5000);
            said += 600;
        }
    char note[LIMITER_NOTE_MAX];
    while (limiter_note(&limiter, 6000, note) > 0) {
        size_t n;
        must(sscanf(note, "... %zu more", &n) == 1, "%s", note);
        counted += n;
    }
    assert_int_equal(told + counted, said);
    must(counted >= 512 / 2 * 800, "it counts as many kinds as it can: %zu", counted);
}

/* Several lines in one piece are counted as such; of the first, a sample without colours is kept. */
static void a_sample_is_safe(void **state)
{
    static const struct log_kind kind = {LOG_MESSAGES, 7, "a", "block"};
    char block[400];
    (void)state;
    reset();
    for (int i = 0; i < 1001; i++) {
        strcpy(block, "\033[2m#7 a\033[0m \033[1;36mreceived\033[0m: ");
        for (int j = 0; j < 60; j++)
            strcat(block, "\xE4\xBD\xA0");
        strcat(block, "\n     more\n     end\n");
        limiter_admits(&limiter, &kind, block, strlen(block), 5000);
    }
    assert_int_equal(tell(6000), 1);
    must(strncmp(notes, "... 3 more lines like this left out: #7 a received: \xE4\xBD\xA0", 55) ==
             0,
         "%s", notes);
    size_t len = strlen(notes);
    assert_null(strchr(notes, '\033'));
    must(memcmp(notes + len - 4, "\xE4\xBD\xA0\n", 4) == 0, "it ends with a whole character");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_too_much_is_counted),
        cmocka_unit_test(a_flood_is_told_once_a_second),
        cmocka_unit_test(one_line_is_one),
        cmocka_unit_test(others_have_their_lines),
        cmocka_unit_test(nothing_is_forgotten),
        cmocka_unit_test(a_sample_is_safe),
    };
    return cmocka_run_group_tests_name("limiter", tests, NULL, NULL);
}
