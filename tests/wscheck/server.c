/*
 * server - see server.h
 */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "show.h"
#include "wire.h"
#include "words.h"

#define LOG_MAX (1024 * 1024) /* bytes kept of what it prints; the older half is given up */
#define TICK    20            /* ms between looks at a process whose end we cannot poll() for */

#define RUNNING_MAX 16 /* servers, and processes that have one, at the same time */

/* -------------------------------------------------------------------------- who ends with us
 *
 * A server that outlives its grader keeps its port, and a class's machine is full of them after a
 * while. Signals that can be caught are, and exit() comes by here too. For all others, SIGKILL and
 * our own crash among them, there is the watcher: a process that is told of each server, and reads
 * the end of its pipe when we are no more. Where it cannot be made, that is all that is lost.
 */

static volatile sig_atomic_t running[RUNNING_MAX]; /* pids, which are process groups; 0: none */
static volatile sig_atomic_t watcher;              /* its pid; 0: none */
static bool watcher_tried;                         /* to make it */
static int to_watcher = -1;

static void end_groups(const volatile sig_atomic_t *pids)
{
    for (size_t i = 0; i < RUNNING_MAX; i++)
        if (pids[i] > 0)
            kill(-(pid_t)pids[i], SIGKILL);
}

/* The watcher's whole life. It is a process group of its own: what ends ours does not end it. */
static void watch(int pipe)
{
    sig_atomic_t pids[RUNNING_MAX] = {0}, news[RUNNING_MAX];
    for (int fd = 0; fd < 1024; fd++)
        if (fd != pipe)
            close(fd);
    for (ssize_t n; (n = read(pipe, news, sizeof news)) != 0;)
        if (n == (ssize_t)sizeof news)
            memcpy(pids, news, sizeof pids);
        else if (n > 0 || errno != EINTR)
            break;
    end_groups(pids);
    _exit(0);
}

static void start_watcher(void)
{
    int fd[2];
    if (watcher_tried || pipe(fd) != 0)
        return;
    watcher_tried = true;
    (void)fcntl(fd[1], F_SETFD, FD_CLOEXEC);
    pid_t pid = fork();
    if (pid == 0) {
        const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
        for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
            signal(signals[i], SIG_DFL);
        close(fd[1]);
        watch(fd[0]);
    }
    (void)setpgid(pid, pid); /* here, since it may not have come to run when our group is ended */
    close(fd[0]);
    to_watcher = fd[1];
    watcher = pid > 0 ? pid : 0;
}

/* Puts one pid in another's place; 0 is a free one. */
static void replace_running(pid_t old, pid_t new)
{
    size_t i = 0;
    while (i < RUNNING_MAX && running[i] != old)
        i++;
    if (i == RUNNING_MAX)
        return;
    running[i] = new;
    if (watcher > 0) /* so few bytes go into a pipe at once, or not at all */
        (void)!write(to_watcher, (const void *)running, sizeof running);
}

void server_kill_all(void)
{
    end_groups(running);
    if (watcher <= 0)
        return;
    pid_t pid = watcher;
    watcher = 0;
    close(to_watcher);
    (void)waitpid(pid, NULL, 0);
}

void server_take_along(pid_t pid)
{
    start_watcher();
    (void)setpgid(pid, pid); /* whoever of the two comes first */
    replace_running(0, pid);
}

void server_leave(pid_t pid)
{
    replace_running(pid, 0);
}

void server_forget_all(void)
{
    (void)setpgid(0, 0);
    for (size_t i = 0; i < RUNNING_MAX; i++)
        running[i] = 0;
    if (watcher > 0)
        close(to_watcher); /* else it would not see its own grader's end */
    watcher = 0;
    watcher_tried = false;
}

/* ------------------------------------------------------------------- taking in what it prints */

static void forget(size_t *at, size_t gone)
{
    *at -= *at < gone ? *at : gone;
}

static void keep(struct server *server, struct bytes *text, const char *more, size_t len)
{
    if (text->len + len > LOG_MAX) {
        size_t gone = text->len / 2;
        memmove(text->at, text->at + gone, text->len - gone);
        text->len -= gone;
        if (text == &server->stderr_text) {
            forget(&server->reported, gone);
            forget(&server->before_check, gone);
        }
    }
    bytes_add(text, more, len);
}

/* Reads once from one of the pipes; false when it has ended. */
static bool take_in(struct server *server, int fd, struct bytes *text)
{
    char buffer[8192];
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n <= 0)
        return n < 0 && errno == EINTR;
    pthread_mutex_lock(&server->lock);
    keep(server, text, buffer, (size_t)n);
    pthread_mutex_unlock(&server->lock);
    if (fd == server->out)
        (void)!write(server->event[1], "", 1);
    return true;
}

static void *listen_to_it(void *arg)
{
    struct server *server = arg;
    struct pollfd set[] = {
        {server->out, POLLIN, 0}, {server->err, POLLIN, 0}, {server->quit[0], POLLIN, 0}};
    while (set[0].fd >= 0 || set[1].fd >= 0) {
        if (poll(set, 3, -1) < 0)
            continue;
        if (set[2].revents != 0 && set[0].revents == 0 && set[1].revents == 0)
            break;
        if (set[0].revents != 0 && !take_in(server, server->out, &server->stdout_text))
            set[0].fd = -1;
        if (set[1].revents != 0 && !take_in(server, server->err, &server->stderr_text))
            set[1].fd = -1;
    }
    pthread_mutex_lock(&server->lock);
    server->taken_in = true;
    pthread_mutex_unlock(&server->lock);
    (void)!write(server->event[1], "", 1);
    return NULL;
}

static void wait_for_event(struct server *server, int64_t deadline)
{
    char bytes[64];
    struct pollfd one = {server->event[0], POLLIN, 0};
    int64_t left = deadline - wire_now();
    if (left > 0 && poll(&one, 1, (int)left) > 0)
        (void)!read(server->event[0], bytes, sizeof bytes);
}

void server_printed(struct server *server, struct bytes *out, struct bytes *err)
{
    pthread_mutex_lock(&server->lock);
    if (out != NULL)
        bytes_add(out, server->stdout_text.at, server->stdout_text.len);
    if (err != NULL)
        bytes_add(err, server->stderr_text.at, server->stderr_text.len);
    pthread_mutex_unlock(&server->lock);
}

/* --------------------------------------------------------------------------------- starting */

#define DESCRIPTORS                                                                                \
    1024 /* that it has, unless it asks for more: who forgets close() is found out */

static void bound_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > DESCRIPTORS) {
        limit.rlim_cur = DESCRIPTORS;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* In the child: becomes the server, in a process group of its own, when the watcher knows of it. The
 * shell knows about quotes, and its exec leaves the server with the pid that we know. */
static void become(const char *command, int out, int err, const int go[2])
{
    const int signals[] = {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    char byte;
    setpgid(0, 0);
    close(go[1]);
    if (read(go[0], &byte, 1) != 1) /* the grader has ended */
        _exit(127);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], SIG_DFL); /* what is ignored would be inherited, and hide a mistake */
    bound_descriptors();
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

static bool make_pipe(int fd[2])
{
    if (pipe(fd) != 0)
        return false;
    (void)fcntl(fd[0], F_SETFD, FD_CLOEXEC);
    (void)fcntl(fd[1], F_SETFD, FD_CLOEXEC);
    return true;
}

bool server_spawn(struct server *server, const char *command)
{
    int out[2], err[2], go[2];
    start_watcher();
    if (!make_pipe(out) || !make_pipe(err) || !make_pipe(go) || !make_pipe(server->event) ||
        !make_pipe(server->quit))
        return false;
    (void)fcntl(server->event[1], F_SETFL, O_NONBLOCK);
    (void)setenv("TSAN_OPTIONS", "atexit_sleep_ms=0", 0); /* else it takes a second more to end */
    server->pid = fork();
    if (server->pid == 0)
        become(command, out[1], err[1], go);
    close(out[1]);
    close(err[1]);
    server->out = out[0];
    server->err = err[0];
    server->ended = server->taken_in = server->listens = false;
    if (server->pid < 0)
        return false;
    (void)setpgid(server->pid, server->pid); /* whoever of the two comes first */
    replace_running(0, server->pid);
    (void)!write(go[1], "", 1);
    close(go[0]);
    close(go[1]);
    pthread_mutex_init(&server->lock, NULL);
    return pthread_create(&server->listener, NULL, listen_to_it, server) == 0;
}

const struct start start_usual = {"", ""};

unsigned server_port(struct server *server)
{
    unsigned port = 0;
    pthread_mutex_lock(&server->lock);
    const unsigned char *end = server->stdout_text.at + server->stdout_text.len;
    const unsigned char *line =
        bytes_find(server->stdout_text.at, server->stdout_text.len, "listening on http://");
    const unsigned char *lf = line != NULL ? memchr(line, '\n', (size_t)(end - line)) : NULL;
    const unsigned char *colon = lf;
    while (colon != NULL && colon > line && *colon != ':')
        colon--;
    for (const unsigned char *at = colon;
         at != NULL && *++at >= '0' && *at <= '9' && port <= 65535;)
        port = port * 10 + (unsigned)(*at - '0');
    pthread_mutex_unlock(&server->lock);
    return port <= 65535 ? port : 0;
}

bool server_may_listen_soon(struct server *server, int64_t deadline)
{
    if (server->pid <= 0 || server->listens || wire_now() >= deadline)
        return false;
    return !server_wait_for_end(server, wire_now() + TICK);
}

bool server_start(struct server *server, const struct start *start, int64_t deadline)
{
    char command[2048];
    snprintf(command, sizeof command, "%s exec %s --port %u %s", start->before, server->command,
             server->fixed_port, start->options);
    server->start = start;
    server->port = server->fixed_port;
    bytes_free(&server->stdout_text);
    bytes_free(&server->stderr_text);
    server->reported = server->before_check = 0;
    if (!server_spawn(server, command))
        return false;
    if (server->fixed_port != 0)
        return true;
    while ((server->port = server_port(server)) == 0) {
        if (server_has_died(server) || wire_now() >= deadline)
            return false;
        wait_for_event(server, deadline);
    }
    server->listens = true;
    return true;
}

unsigned server_port_by_hand(const struct server *server)
{
    return server->fixed_port != 0 ? server->fixed_port : 8080;
}

/* ----------------------------------------------------------------------------------- ending */

void server_signal(struct server *server, int signal)
{
    if (server->pid > 0 && !server->ended)
        kill(server->pid, signal);
}

static void look_whether_ended(struct server *server)
{
    if (!server->ended && waitpid(server->pid, &server->status, WNOHANG) == server->pid)
        server->ended = true;
}

bool server_has_died(struct server *server)
{
    if (server->pid > 0)
        look_whether_ended(server);
    return server->pid > 0 && server->ended;
}

bool server_wait_for_end(struct server *server, int64_t deadline)
{
    look_whether_ended(server);
    while (!server->ended && wire_now() < deadline) {
        /* The end of its pipes tells; not if a child of its own holds them, hence the tick. */
        int64_t tick = wire_now() + TICK;
        wait_for_event(server, tick < deadline ? tick : deadline);
        look_whether_ended(server);
    }
    return server->ended;
}

/* Waits until the thread has taken in the rest, and puts all away. */
static void clear_away(struct server *server)
{
    (void)kill(-server->pid, SIGKILL); /* what it may have started itself */
    close(server->quit[1]);
    pthread_join(server->listener, NULL);
    pthread_mutex_destroy(&server->lock);
    int fds[] = {server->out, server->err, server->event[0], server->event[1], server->quit[0]};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        close(fds[i]);
    bytes_free(&server->stdout_text);
    bytes_free(&server->stderr_text);
    replace_running(server->pid, 0);
    server->pid = 0;
}

void server_stop(struct server *server)
{
    if (server->pid <= 0)
        return;
    server_signal(server, SIGTERM);
    if (!server_wait_for_end(server, wire_now() + STOP_TIME)) {
        kill(-server->pid, SIGKILL);
        server_wait_for_end(server, wire_now() + STOP_TIME);
    }
    clear_away(server);
}

/* ------------------------------------------------------------------------------- explaining */

/* Where these bytes end, without the beginning of a character whose rest may be on its way. */
static size_t end_of_characters(const unsigned char *at, size_t len)
{
    size_t begin = len;
    while (begin > 0 && len - begin < 3 && (at[begin - 1] & 0xC0) == 0x80)
        begin--;
    unsigned char first = begin > 0 ? at[begin - 1] : 0;
    size_t whole = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    return len - begin + 1 < whole ? begin - 1 : len;
}

/* Adds the last lines, each behind a mark. */
static void add_last_lines(struct bytes *text, const unsigned char *at, size_t len, int lines)
{
    size_t end = end_of_characters(at, len), start = end;
    while (start > 0 && (at[start - 1] != '\n' || start == end || lines-- > 1))
        start--;
    while (start < end) {
        const unsigned char *lf = memchr(at + start, '\n', end - start);
        size_t line = lf != NULL ? (size_t)(lf - at) : end;
        bytes_add_text(text, "  | ");
        show_escaped(text, at + start, line - start);
        bytes_add_text(text, "\n");
        start = line + 1;
    }
}

bool server_sanitizer_report(struct server *server, struct bytes *text)
{
    static const char *const starts[] = {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
                                         "WARNING: ThreadSanitizer", "WARNING: MemorySanitizer",
                                         ": runtime error: "};
    bool found = false;
    pthread_mutex_lock(&server->lock);
    for (size_t i = 0; i < sizeof starts / sizeof *starts && !found; i++) {
        const struct bytes *log = &server->stderr_text;
        const unsigned char *at = bytes_find(log->at, log->len, starts[i]);
        found = at != NULL;
        size_t len = found ? (size_t)(log->at + log->len - at) : 0;
        size_t end = 0;
        for (int lines = 0; end < len && lines < 12; end++)
            lines += at[end] == '\n';
        if (found)
            add_last_lines(text, at, end, 12);
    }
    pthread_mutex_unlock(&server->lock);
    return found;
}

bool server_next_report(struct server *server, struct sanitizer_report *report)
{
    if (server->pid <= 0)
        return false;
    pthread_mutex_lock(&server->lock);
    const struct bytes *log = &server->stderr_text;
    size_t len = log->len > server->reported ? sanitizer_read(report, log->at + server->reported,
                                                              log->len - server->reported)
                                             : 0;
    server->reported += len;
    pthread_mutex_unlock(&server->lock);
    return len > 0;
}

/* It has ended: its last words are on the way. */
static void wait_until_taken_in(struct server *server)
{
    int64_t deadline = wire_now() + 500;
    bool taken_in = false;
    while (!taken_in && wire_now() < deadline) {
        pthread_mutex_lock(&server->lock);
        taken_in = server->taken_in;
        pthread_mutex_unlock(&server->lock);
        if (!taken_in)
            wait_for_event(server, deadline);
    }
}

static void add_status(struct bytes *text, int status)
{
    if (WIFSIGNALED(status))
        bytes_add_format(text, words("The server was killed by signal %d (%s).\n"),
                         WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        bytes_add_format(text, words("The server ended, with exit status %d.\n"),
                         WEXITSTATUS(status));
}

/* The last lines of what it has written between two places. */
static void add_stderr(struct server *server, size_t from, size_t to, const char *label,
                       struct bytes *text)
{
    if (to <= from)
        return;
    bytes_add_text(text, label);
    add_last_lines(text, server->stderr_text.at + from, to - from, 6);
}

void server_begin_check(struct server *server)
{
    if (server->pid <= 0)
        return;
    pthread_mutex_lock(&server->lock);
    server->before_check = server->stderr_text.len;
    pthread_mutex_unlock(&server->lock);
}

/* Did it end as programs do that use memory which is not theirs? */
static bool is_of_memory(int status)
{
    return WIFSIGNALED(status) && (WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGABRT ||
                                   WTERMSIG(status) == SIGBUS);
}

void server_explain_end(struct server *server, struct bytes *text)
{
    if (server->pid <= 0)
        return;
    if (server->ended) {
        wait_until_taken_in(server);
        add_status(text, server->status);
    } else {
        bytes_add_text(text, words("The server runs, but does not say that it listens.\n"));
    }
    if (server_sanitizer_report(server, text))
        return;
    pthread_mutex_lock(&server->lock);
    add_stderr(server, 0, server->stderr_text.len, words("The last that it wrote to stderr:\n"),
               text);
    pthread_mutex_unlock(&server->lock);
    if (server->ended && is_of_memory(server->status))
        bytes_add_text(text,
                       words("Built with -fsanitize=address -g, and graded again, it says which "
                             "line that was.\n"));
}

void server_explain_life(struct server *server, struct bytes *text)
{
    struct bytes lines = {0};
    if (server->pid <= 0)
        return;
    pthread_mutex_lock(&server->lock);
    add_stderr(server, server->before_check, server->stderr_text.len,
               words("The last that it wrote to stderr:\n"), &lines);
    if (lines.len == 0)
        add_stderr(server, 0, server->before_check,
                   words("The last that it wrote to stderr, before this check:\n"), &lines);
    pthread_mutex_unlock(&server->lock);
    if (lines.len > 0)
        bytes_add_text(text, words("The server is alive. "));
    bytes_add(text, lines.at, lines.len);
    bytes_free(&lines);
}

bool server_died_of_sigpipe(const struct server *server)
{
    if (!server->ended)
        return false;
    if (WIFSIGNALED(server->status))
        return WTERMSIG(server->status) == SIGPIPE;
    return WEXITSTATUS(server->status) == 128 + SIGPIPE; /* as a shell says it */
}
