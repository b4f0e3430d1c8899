/*
 * server - the server under test as a process: started on a free port, watched, stopped
 *
 *     server_start(&server, &(struct start){"", "--ping-interval 0.2"}, deadline);
 *     ... checks ...
 *     if (server_has_died(&server)) server_explain_end(&server, &text);
 *     server_stop(&server);
 *
 * What it prints is taken in by a thread, so that it never waits for us to read its log. A server
 * that somebody else runs (--port) has no command: it can be talked to, but not started, signalled
 * or watched.
 */
#ifndef WSCHECK_SERVER_H
#define WSCHECK_SERVER_H

#include <pthread.h>
#include <sys/types.h>

#include "bytes.h"
#include "sanitizer.h"

#define STOP_TIME 3000 /* ms: what a server may take to stop */

/* How it is started, besides its command and --port N. */
struct start {
    const char *before;  /* for the shell, "ulimit -n 40;" */
    const char *options; /* for the server, "--ping-interval 0.2" */
};

extern const struct start start_usual; /* nothing besides */

struct server {
    const char *command; /* as for the shell; NULL: it runs already */
    const char *host;
    unsigned port;       /* where it listens now */
    unsigned fixed_port; /* the port it is told to use; 0: a free one that it prints */

    const struct start *start; /* how it was started */
    pid_t pid;                 /* 0: it does not run */
    bool listens;              /* it has said so, or a client has got a connection */
    bool ended;                /* it has, and status is known */
    int status;                /* as from waitpid() */

    pthread_t listener; /* takes in what it prints */
    int out, err;       /* its stdout and stderr */
    int event[2];       /* a byte for us when a line came on stdout, or both have ended */
    int quit[2];        /* closing it ends the thread */
    pthread_mutex_t lock;
    /* lock must be held when using these */
    struct bytes stdout_text, stderr_text;
    size_t reported; /* bytes of stderr_text in which a sanitizer's reports have been looked for */
    size_t before_check; /* bytes of stderr_text that it had written when the check began */
    bool taken_in;       /* both have ended, and all they said is in the texts */
};

/* Starts it with "--port N" and waits until it says that it listens; *start must live as long as it
 * runs. False: it does not, and server_explain_end() says more. One that is told a certain port need not
 * say so: whoever connects first tries again, see server_may_listen_soon(). To try whether it listens
 * would be a client without a request, and some servers die of that. */
bool server_start(struct server *server, const struct start *start, int64_t deadline);

/* What it writes from now on is about what comes now. */
void server_begin_check(struct server *server);

/* The port in the line "listening on http://HOST:PORT/" that it has printed; 0: not yet. */
unsigned server_port(struct server *server);

/* Where to send something by hand: to the port of --port, or to 8080 when it was a free one. */
unsigned server_port_by_hand(const struct server *server);

/* Only starts it, with exactly this command. False: there is no way to. */
bool server_spawn(struct server *server, const char *command);

/* A connection was refused: is it worth while to try again? Waits a little, if so. */
bool server_may_listen_soon(struct server *server, int64_t deadline);

/* Waits for it to end by itself. */
bool server_wait_for_end(struct server *server, int64_t deadline);

/* SIGTERM, and after STOP_TIME SIGKILL. */
void server_stop(struct server *server);

void server_signal(struct server *server, int signal);

/* Has it ended although nobody asked it to? */
bool server_has_died(struct server *server);

/* In words: how it ended, its last lines, or a sanitizer's report. */
void server_explain_end(struct server *server, struct bytes *text);

/* In words: that it lives, and its last lines; nothing if it has written none. */
void server_explain_life(struct server *server, struct bytes *text);

/* Was it killed by SIGPIPE? */
bool server_died_of_sigpipe(const struct server *server);

/* Adds what a sanitizer has reported so far, if anything. */
bool server_sanitizer_report(struct server *server, struct bytes *text);

/* The next report that it has not given yet; false: there is none. */
bool server_next_report(struct server *server, struct sanitizer_report *report);

/* Copies all it has printed so far. */
void server_printed(struct server *server, struct bytes *out, struct bytes *err);

/* Ends every server that runs, at once; also for a signal handler, and for exit(). When the grader ends
 * without a chance to call it, a process of its own does the same: see server.c. */
void server_kill_all(void);

/* A process of ours that may run a server: it ends with us, as a server does; until it is left. */
void server_take_along(pid_t pid);
void server_leave(pid_t pid);

/* In such a process, first of all: what runs so far is not its own. It is a group of its own. */
void server_forget_all(void);

#endif
