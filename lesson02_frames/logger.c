/*
 * logger - see logger.h
 */
#include "logger.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "buffer.h"
#include "limiter.h"
#include "log.h"
#include "net.h"
#include "worker.h"

#define QUEUE_MAX (1024 * 1024) /* bytes of lines that may wait */
#define MOMENT    200           /* milliseconds for the queue to be written when the program ends */
#define LOOK      5             /* ... between two looks whether it is */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_lines = PTHREAD_COND_INITIALIZER;
/* lock must be held when using these */
static struct buffer queue;   /* whole lines; has QUEUE_MAX bytes of memory from the beginning */
static struct buffer emptied; /* the same; becomes the queue while that is written */
static size_t lost; /* lines for which there was no space since the last that is in the queue */
static bool is_writing;
static struct limiter limiter;

/* Where lines were lost, the log says so. */
static void append_lost_locked(void)
{
    char note[LOG_NOTE_MAX];
    if (lost > 0)
        buffer_put(&queue, note, log_lost_note(note, lost));
    lost = 0;
}

static bool has_space_locked(size_t len)
{
    return queue.end + LOG_NOTE_MAX + len <= queue.size;
}

/* Says how many lines were left out, of those kinds that had more than their share. */
static void append_notes_locked(int64_t now)
{
    char note[LIMITER_NOTE_MAX];
    size_t len;
    while (has_space_locked(sizeof note) && (len = limiter_note(&limiter, now, note)) > 0) {
        append_lost_locked();
        buffer_put(&queue, note, len);
    }
}

/* log.h calls this instead of write(). */
static void take_lines(const struct log_kind *kind, const char *bytes, size_t len)
{
    int64_t now = net_now();
    pthread_mutex_lock(&lock);
    int64_t due = limiter.due;
    append_notes_locked(now);
    if (limiter_admits(&limiter, kind, bytes, len, now)) {
        if (has_space_locked(len)) {
            append_lost_locked();
            buffer_put(&queue, bytes, len);
        } else {
            lost += log_count_lines(bytes, len);
        }
    }
    if (buffer_len(&queue) > 0 || lost > 0 || limiter.due != due)
        pthread_cond_signal(&has_lines);
    pthread_mutex_unlock(&lock);
}

/* Waits for a signal, or until there is something to say of lines that were left out. */
static void wait_locked(void)
{
    struct timespec until;
    int64_t left = limiter.due - net_now();
    if (limiter.due == NET_NO_DEADLINE) {
        pthread_cond_wait(&has_lines, &lock);
        return;
    }
    clock_gettime(CLOCK_REALTIME,
                  &until); /* the clock that pthread_cond_timedwait() takes it for */
    until.tv_sec += left > 0 ? 1 + (time_t)(left / 1000) : 1;
    pthread_cond_timedwait(&has_lines, &lock, &until);
}

/* Waits for lines, and takes all that have gathered; `written` is the memory of the last ones. */
static struct buffer take_queue(struct buffer written)
{
    pthread_mutex_lock(&lock);
    is_writing = false;
    buffer_consume(&written, buffer_len(&written));
    emptied = written;
    append_notes_locked(net_now());
    while (buffer_len(&queue) == 0 && lost == 0) {
        wait_locked();
        append_notes_locked(net_now());
    }
    if (buffer_len(&queue) == 0)
        append_lost_locked();
    struct buffer lines = queue;
    queue = emptied;
    is_writing = true;
    pthread_mutex_unlock(&lock);
    return lines;
}

/* The logger's thread. It may wait for stderr as long as it likes. */
static void write_lines(void *unused)
{
    (void)unused;
    for (struct buffer lines = emptied;;) {
        lines = take_queue(lines);
        log_write_directly((const char *)buffer_bytes(&lines), buffer_len(&lines));
    }
}

static bool is_written(void)
{
    pthread_mutex_lock(&lock);
    bool written = !is_writing && buffer_len(&queue) == 0 && lost == 0;
    pthread_mutex_unlock(&lock);
    return written;
}

void logger_flush(void)
{
    int64_t deadline = net_now() + MOMENT;
    pthread_mutex_lock(&lock);
    append_notes_locked(NET_NO_DEADLINE);
    pthread_cond_signal(&has_lines);
    pthread_mutex_unlock(&lock);
    while (!is_written() && net_now() < deadline)
        net_pause(LOOK);
}

bool logger_start(void)
{
    limiter_init(&limiter);
    if (!buffer_reserve(&queue, QUEUE_MAX) || !buffer_reserve(&emptied, QUEUE_MAX) ||
        atexit(logger_flush) != 0 || !worker_start(write_lines, NULL))
        return false;
    log_set_writer(take_lines);
    return true;
}
