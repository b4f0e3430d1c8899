/*
 * process - what a server sets up once: command line, limits, signals, the listening socket
 *
 * Stands beside the way of the data. The functions are declared in server.h.
 */
#include <fcntl.h>
#include <limits.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "admission.h"
#include "log.h"
#include "logger.h"
#include "memory.h"
#include "places.h"
#include "server.h"
#include "tracefile.h"
#include "words.h"

#define EXIT_BY 2800 /* milliseconds for an orderly stop; then the program ends whatever waits */

static int stop_pipe[2]; /* when its writing end is closed, its reading end becomes readable */

/* --------------------------------------------------------------------------------- signals */

static void end_at_once(int signal)
{
    (void)signal;
    _exit(0);
}

/*
 * A signal handler may interrupt any thread between any two steps, and may itself do next to nothing.
 * So the signals that ask for a stop are blocked before there are threads, which inherit that, and one
 * thread takes the first with sigwait(), like the result of a call. It lets a second one through,
 * which ends the program on the spot; wakes everyone by closing the pipe; and sees to it that the
 * program ends in time.
 */
static void *wait_for_signal(void *arg)
{
    const sigset_t *stop_signals = arg;
    int number;
    while (sigwait(stop_signals, &number) != 0)
        ;
    pthread_sigmask(SIG_UNBLOCK, stop_signals, NULL);
    close(stop_pipe[1]);
    net_pause(EXIT_BY);
    _exit(0);
}

/* From here on, a signal ends the program: nobody is there yet to say goodbye to, and to look up a name
 * for --host may take long. */
static void let_signals_end_it(void)
{
    struct sigaction action = {.sa_handler = end_at_once}, ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&action.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* a client that has gone must not take the server along */
}

/* NULL, or what is missing. */
static const char *start_waiting_for_signals(void)
{
    static sigset_t stop_signals;
    pthread_t thread;
    sigemptyset(&stop_signals);
    sigaddset(&stop_signals, SIGINT);
    sigaddset(&stop_signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop_signals, NULL);
    if (pipe(stop_pipe) != 0)
        return "cannot make a pipe";
    for (int i = 0; i < 2; i++)
        (void)fcntl(stop_pipe[i], F_SETFD, FD_CLOEXEC);
    if (pthread_create(&thread, NULL, wait_for_signal, &stop_signals) != 0)
        return "cannot start the thread that waits for signals";
    pthread_detach(thread);
    return NULL;
}

/* ---------------------------------------------------------------------------------- limits */

/* glibc keeps, in an arena for each few threads, what large buffers have given back. From this size
 * on, the system gets it: so memory goes down again when a client that did not read has gone. */
static void give_back_large_buffers(void)
{
#ifdef M_MMAP_THRESHOLD
    (void)mallopt(M_MMAP_THRESHOLD, 256 * 1024);
#endif
}

/* Each client needs a descriptor: as many as the system allows. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
#ifdef __APPLE__ /* refuses "unlimited" here */
    if (limit.rlim_cur > OPEN_MAX)
        limit.rlim_cur = OPEN_MAX;
#endif
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    places_share(limit.rlim_cur < SIZE_MAX ? (size_t)limit.rlim_cur : SIZE_MAX);
}

/* ------------------------------------------------------------------------------------ start */

int process_fail(const char *why)
{
    log_line("server: %s", words(why));
    return 1;
}

bool process_start(struct server *server, int argc, char **argv, int *status)
{
    struct options *options = &server->options;
    struct listener *listener = &server->listener;
    char why[256];

    enum options_verdict verdict = options_parse(options, &server->command_line, argc, argv);
    *status = verdict == OPTIONS_USAGE ? 2 : 0;
    if (verdict != OPTIONS_RUN)
        return false;
    log_init(options_log_level(options));
    memory_set_bound(options->max_memory);

    give_back_large_buffers();
    raise_descriptor_limit();
    let_signals_end_it();
    const char *missing = NULL;
    if (listener_open(listener, options->host, options->port, why, sizeof why) != 0)
        missing = why;
    if (missing == NULL)
        missing = start_waiting_for_signals();
    if (missing == NULL && !logger_start())
        missing = "cannot start the thread that writes the log, or get memory for it";
    if (missing == NULL && !admission_open())
        missing = "cannot start the thread that refuses clients, or make its pipe";
    *status = missing != NULL ? process_fail(missing) : tracefile_open(options->trace_file);
    if (tracefile_is_open())
        (void)atexit(tracefile_finish); /* before the log is finished */
    listener->stop = stop_pipe[0];
    return *status == 0;
}
