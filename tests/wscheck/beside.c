/*
 * beside - see beside.h
 *
 * Both ends are the same program in the same place of memory: pointers to its constants are good on both
 * sides, and only what has been allocated is sent byte by byte.
 */
#include "beside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t beside_begin(struct beside *beside)
{
    int fd[2];
    if (pipe(fd) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(fd[0]);
        (void)fcntl(fd[1], F_SETFD, FD_CLOEXEC); /* it is not for the server */
        beside->pipe = fd[1];
        server_forget_all();
        return 0;
    }
    close(fd[1]);
    if (pid < 0) {
        close(fd[0]);
        return -1;
    }
    *beside = (struct beside){.pid = pid, .pipe = fd[0]};
    server_take_along(pid);
    return pid;
}

/* ------------------------------------------------------------------------------------ the pipe */

static bool write_all(int fd, const void *at, size_t len)
{
    const char *bytes = at;
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static bool read_all(int fd, void *at, size_t len)
{
    char *bytes = at;
    while (len > 0) {
        ssize_t n = read(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

#define ALLOCATED_COUNT 5

/* What of a failure has been allocated. */
static void find_allocated(struct failure *failure, struct bytes *all[ALLOCATED_COUNT])
{
    all[0] = &failure->sent;
    all[1] = &failure->expected;
    all[2] = &failure->came;
    all[3] = &failure->replay;
    all[4] = &failure->server;
}

static bool read_bytes(int fd, struct bytes *bytes)
{
    size_t len = bytes->len;
    *bytes = (struct bytes){0};
    bytes_add_run(bytes, 0, len);
    return read_all(fd, bytes->at, len);
}

static bool read_news(int fd, struct news *news)
{
    struct bytes *all[ALLOCATED_COUNT];
    bool is_whole = read_all(fd, news, sizeof *news);
    if (!is_whole)
        *news = (struct news){0};
    find_allocated(&news->result.failure, all);
    for (size_t i = 0; i < ALLOCATED_COUNT; i++)
        is_whole = read_bytes(fd, all[i]) && is_whole;
    return is_whole;
}

/* --------------------------------------------------------------------------------- telling it */

void beside_tell(const struct beside *beside, const struct news *news)
{
    struct news copy = *news;
    struct bytes *all[ALLOCATED_COUNT];
    find_allocated(&copy.result.failure, all);
    bool is_told = write_all(beside->pipe, news, sizeof *news);
    for (size_t i = 0; i < ALLOCATED_COUNT; i++)
        is_told = is_told && write_all(beside->pipe, all[i]->at, all[i]->len);
    server_kill_all();
    _exit(is_told ? 0 : 1);
}

static void put_away(struct beside *beside)
{
    while (waitpid(beside->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    server_leave(beside->pid);
    close(beside->pipe);
    *beside = (struct beside){0};
}

bool beside_hear(struct beside *beside, struct news *news)
{
    bool is_whole = read_news(beside->pipe, news);
    if (!is_whole)
        result_free(&news->result);
    put_away(beside);
    return is_whole;
}

void beside_end(struct beside *beside)
{
    if (beside->pid <= 0)
        return;
    (void)kill(beside->pid, SIGKILL); /* its watcher ends the server */
    put_away(beside);
}
