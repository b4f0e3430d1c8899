/*
 * measure - clock, the server's CPU time and memory, percentiles, the line of JSON; see load.h
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load.h"

uint64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

/* ------------------------------------------------------------------------- what the server uses */

/* A file of the server's in /proc, NUL-terminated; empty if it cannot be read. */
static const char *read_proc(const char *name)
{
    static char text[16384];
    char path[64];
    size_t len = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", (int)options.pid, name);
    FILE *file = options.pid != 0 ? fopen(path, "r") : NULL;
    if (file != NULL) {
        len = fread(text, 1, sizeof text - 1, file);
        fclose(file);
    }
    text[len] = '\0';
    return text;
}

static double field(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at != NULL ? strtod(at + strlen(name), NULL) : 0;
}

/* What all threads of the server have used, ended ones too: the clock of a process tells it in
 * nanoseconds; /proc/PID/stat tells the same in hundredths of a second. */
static uint64_t server_cpu(void)
{
    clockid_t id;
    struct timespec used;
    if (options.pid == 0 || clock_getcpuclockid(options.pid, &id) != 0 ||
        clock_gettime(id, &used) != 0)
        return 0;
    return (uint64_t)used.tv_sec * SECOND + (uint64_t)used.tv_nsec;
}

struct usage usage_now(void)
{
    return (struct usage){clock_now(), server_cpu()};
}

struct usage usage_since(struct usage begin)
{
    struct usage end = usage_now();
    return (struct usage){end.wall - begin.wall, end.cpu - begin.cpu};
}

struct memory memory_now(void)
{
    struct memory memory = {0};
    memory.own = field(read_proc("smaps_rollup"), "\nPss:");
    const char *status = read_proc("status");
    memory.page_tables = field(status, "\nVmPTE:");
    memory.threads = field(status, "\nThreads:");
    FILE *file = fopen("/proc/meminfo", "r");
    char text[4096];
    if (file != NULL) {
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        memory.stacks = field(text, "\nKernelStack:");
        fclose(file);
    }
    return memory;
}

/* -------------------------------------------------------------------------------------- samples */

static uint32_t *samples; /* nanoseconds; four seconds at most */
static size_t sample_count, sample_room;

void sample_reset(void)
{
    sample_count = 0;
}

void sample_add(uint64_t nanoseconds)
{
    if (sample_count == sample_room) {
        size_t room = sample_room * 2 + 65536;
        uint32_t *more = realloc(samples, room * sizeof *more);
        if (more == NULL)
            return;
        samples = more;
        sample_room = room;
    }
    samples[sample_count++] = nanoseconds < UINT32_MAX ? (uint32_t)nanoseconds : UINT32_MAX;
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

double sample_median(void)
{
    if (sample_count == 0)
        return 0;
    qsort(samples, sample_count, sizeof *samples, compare);
    return samples[sample_count / 2] / 1000.0;
}

/* --------------------------------------------------------------------------------------- report */

void report_begin(const char *scenario)
{
    printf("{\"scenario\": \"%s\"", scenario);
}

void report(const char *key, double value)
{
    printf(", \"%s\": %.9g", key, value);
}

void report_usage(struct usage usage, double messages)
{
    report("seconds", (double)usage.wall / (double)SECOND);
    if (options.pid != 0 && messages > 0)
        report("cpu_us", (double)usage.cpu / 1000 / messages);
}

void report_samples(void)
{
    if (sample_count == 0)
        return;
    report("p50_us", sample_median());
    report("p99_us", samples[sample_count - 1 - sample_count / 100] / 1000.0);
    report("max_us", samples[sample_count - 1] / 1000.0);
}

void report_end(void)
{
    report("faults", (double)load_faults);
    printf("}\n");
}
