/*
 * keepalive: what happens to a client, event by event, and the verdict on each
 */
#include "guard.h"

#include "keepalive.h"

#define INTERVAL 1000 /* milliseconds */

enum what { END, BETWEEN, IN_FRAME, SILENCE, READING, UNKNOWN };

/* `bytes` that come at `now` and end between two frames or in one. Or an interval without a byte, when
 * the client has acknowledged so many bytes: SILENCE, and 1023 are outstanding, READING, and 1024 are,
 * UNKNOWN, and the system does not tell. */
struct event {
    enum what what;
    size_t bytes;
    int64_t now;
    enum keepalive_verdict verdict;
};

struct story {
    const char *name;
    struct event events[12];
};

static enum keepalive_verdict tell(struct keepalive *keepalive, const struct event *event)
{
    if (event->what == BETWEEN || event->what == IN_FRAME)
        return keepalive_bytes(keepalive, event->bytes, event->what == IN_FRAME, event->now);
    if (event->what == UNKNOWN)
        return keepalive_silence(keepalive, -1, -1, event->now);
    int64_t outstanding = event->what == READING ? 1024 : 1023;
    return keepalive_silence(keepalive, (int64_t)event->bytes, outstanding, event->now);
}

static void run(const struct story *stories, size_t count, int64_t start, int64_t interval)
{
    for (size_t i = 0; i < count; i++) {
        struct keepalive keepalive = {.interval = interval};
        for (size_t n = 0; stories[i].events[n].what != END; n++) {
            struct event event = stories[i].events[n];
            event.now = start + event.now * interval / INTERVAL;
            enum keepalive_verdict verdict = tell(&keepalive, &event);
            must(verdict == event.verdict, "%s: event %zu: %d, not %d", stories[i].name, n,
                 (int)verdict, (int)event.verdict);
        }
    }
}

/* Whatever the clock says, and however long an interval is. */
static void run_all(const struct story *stories, size_t count)
{
    run(stories, count, 10 * INTERVAL, INTERVAL);
    run(stories, count, INT64_MAX / 2, INTERVAL);
    run(stories, count, 86400000, 20000);
    run(stories, count, INT64_MAX / 2, 86400000);
    run(stories, count, 1, INTERVAL); /* the clock may have begun just now */
}

static void silence(void **state)
{
    static const struct story stories[] = {
        {"asked once", {{SILENCE, 0, 0, KEEPALIVE_ASK}}},
        {"no answer", {{SILENCE, 0, 0, KEEPALIVE_ASK}, {SILENCE, 0, 0, KEEPALIVE_SILENT}}},
        {"still none",
         {{SILENCE, 0, 0, KEEPALIVE_ASK},
          {SILENCE, 0, 0, KEEPALIVE_SILENT},
          {SILENCE, 0, 0, KEEPALIVE_SILENT}}},
        {"any byte is an answer",
         {{SILENCE, 0, 0, KEEPALIVE_ASK},
          {BETWEEN, 1, 1500, KEEPALIVE_FINE},
          {SILENCE, 0, 0, KEEPALIVE_ASK},
          {IN_FRAME, 1, 3500, KEEPALIVE_FINE},
          {SILENCE, 0, 0, KEEPALIVE_ASK},
          {SILENCE, 0, 0, KEEPALIVE_SILENT}}},
        {"bytes before do not count",
         {{BETWEEN, 5000, 0, KEEPALIVE_FINE},
          {SILENCE, 0, 0, KEEPALIVE_ASK},
          {SILENCE, 0, 0, KEEPALIVE_SILENT}}},
    };
    (void)state;
    run_all(stories, COUNT_OF(stories));
}

/* Its answer may wait behind what it has yet to read: as long as it takes 1024 bytes in two intervals,
 * it has not gone. */
static void slow_readers(void **state)
{
    static const struct story stories[] = {
        {"1024 bytes are progress, and good for two intervals",
         {{READING, 5000, 1000, KEEPALIVE_ASK},
          {READING, 6024, 2000, KEEPALIVE_FINE},
          {READING, 6024, 3999, KEEPALIVE_FINE},
          {READING, 6024, 4000, KEEPALIVE_SILENT}}},
        {"1023 are not",
         {{READING, 5000, 1000, KEEPALIVE_ASK},
          {READING, 6023, 2000, KEEPALIVE_FINE},
          {READING, 6023, 3000, KEEPALIVE_SILENT}}},
        {"they add up",
         {{READING, 5000, 1000, KEEPALIVE_ASK},
          {READING, 5600, 2000, KEEPALIVE_FINE},
          {READING, 6024, 2999, KEEPALIVE_FINE},
          {READING, 6024, 4998, KEEPALIVE_FINE},
          {READING, 6024, 4999, KEEPALIVE_SILENT}}},
        {"who has taken nearly all should answer",
         {{READING, 5000, 1000, KEEPALIVE_ASK},
          {READING, 9000, 2000, KEEPALIVE_FINE},
          {SILENCE, 99000, 3000, KEEPALIVE_SILENT}}},
        {"who has never taken 1024 bytes has not read",
         {{READING, 1023, 1000, KEEPALIVE_ASK}, {READING, 1023, 1001, KEEPALIVE_SILENT}}},
        {"who took something long ago",
         {{READING, 5000, 1000, KEEPALIVE_ASK},
          {BETWEEN, 1, 1500, KEEPALIVE_FINE},
          {READING, 5000, 9000, KEEPALIVE_ASK},
          {READING, 5000, 10000, KEEPALIVE_SILENT}}},
        {"where the system does not tell",
         {{UNKNOWN, 0, 1000, KEEPALIVE_ASK}, {UNKNOWN, 0, 2000, KEEPALIVE_SILENT}}},
        {"an answer after all",
         {{READING, 5000, 1000, KEEPALIVE_ASK},
          {READING, 7000, 2000, KEEPALIVE_FINE},
          {BETWEEN, 1, 2500, KEEPALIVE_FINE},
          {READING, 7000, 3500, KEEPALIVE_ASK}}},
    };
    (void)state;
    run_all(stories, COUNT_OF(stories));
}

static void patience_is_two_intervals(void **state)
{
    (void)state;
    assert_int_equal(keepalive_patience(1), 2);
    assert_int_equal(keepalive_patience(20000), 40000);
    assert_true(keepalive_patience(86400000) == 172800000);
}

/* §7.4.1, 1008: of a frame that is not complete, 1024 bytes must come within six intervals. */
static void slow_frames(void **state)
{
    static const struct story stories[] = {
        {"six intervals are not too long",
         {{IN_FRAME, 1, 0, KEEPALIVE_FINE}, {IN_FRAME, 1, 6000, KEEPALIVE_FINE}}},
        {"more than six are",
         {{IN_FRAME, 1, 0, KEEPALIVE_FINE}, {IN_FRAME, 1, 6001, KEEPALIVE_SLOW}}},
        {"a byte now and then is no progress",
         {{IN_FRAME, 1, 0, KEEPALIVE_FINE},
          {IN_FRAME, 1, 1000, KEEPALIVE_FINE},
          {IN_FRAME, 1, 2000, KEEPALIVE_FINE},
          {IN_FRAME, 1, 4000, KEEPALIVE_FINE},
          {IN_FRAME, 1, 6000, KEEPALIVE_FINE},
          {IN_FRAME, 1, 7000, KEEPALIVE_SLOW}}},
        {"1023 bytes are not enough",
         {{IN_FRAME, 1, 0, KEEPALIVE_FINE}, {IN_FRAME, 1023, 6001, KEEPALIVE_SLOW}}},
        {"1024 are, however late", /* and from then on there are six intervals again */
         {{IN_FRAME, 1, 0, KEEPALIVE_FINE},
          {IN_FRAME, 1024, 9000, KEEPALIVE_FINE},
          {IN_FRAME, 1, 15000, KEEPALIVE_FINE},
          {IN_FRAME, 1, 15001, KEEPALIVE_SLOW}}},
        {"they may come in pieces",
         {{IN_FRAME, 1, 0, KEEPALIVE_FINE},
          {IN_FRAME, 512, 3000, KEEPALIVE_FINE},
          {IN_FRAME, 511, 6000, KEEPALIVE_FINE},
          {IN_FRAME, 1, 6001, KEEPALIVE_FINE},
          {IN_FRAME, 1023, 12001, KEEPALIVE_FINE},
          {IN_FRAME, 0, 12002, KEEPALIVE_SLOW}}},
        {"what the first read brought is not progress since then",
         {{IN_FRAME, 100000, 0, KEEPALIVE_FINE}, {IN_FRAME, 1023, 6001, KEEPALIVE_SLOW}}},
        {"the end of the frame is enough",
         {{IN_FRAME, 1, 0, KEEPALIVE_FINE},
          {BETWEEN, 1, 9000, KEEPALIVE_FINE},
          {IN_FRAME, 1, 20000, KEEPALIVE_FINE},
          {IN_FRAME, 1, 26000, KEEPALIVE_FINE},
          {IN_FRAME, 1, 26001, KEEPALIVE_SLOW}}},
        {"progress in one frame is none in the next",
         {{IN_FRAME, 1, 0, KEEPALIVE_FINE},
          {IN_FRAME, 1000, 1000, KEEPALIVE_FINE},
          {BETWEEN, 1, 2000, KEEPALIVE_FINE},
          {IN_FRAME, 1, 3000, KEEPALIVE_FINE},
          {IN_FRAME, 24, 9001, KEEPALIVE_SLOW}}},
        {"between frames nothing is slow",
         {{BETWEEN, 1, 0, KEEPALIVE_FINE}, {BETWEEN, 1, 99000, KEEPALIVE_FINE}}},
        {"silence in a frame is silence",
         {{IN_FRAME, 1, 0, KEEPALIVE_FINE},
          {SILENCE, 0, 0, KEEPALIVE_ASK},
          {IN_FRAME, 1, 2000, KEEPALIVE_FINE},
          {SILENCE, 0, 0, KEEPALIVE_ASK},
          {IN_FRAME, 1, 6001, KEEPALIVE_SLOW}}},
    };
    (void)state;
    run_all(stories, COUNT_OF(stories));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence),
        cmocka_unit_test(slow_readers),
        cmocka_unit_test(patience_is_two_intervals),
        cmocka_unit_test(slow_frames),
    };
    return cmocka_run_group_tests_name("keepalive", tests, NULL, NULL);
}
