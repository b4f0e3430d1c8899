/*
 * wire - TCP connections to the server under test; the only socket calls of the grader
 *
 * The grader has one thread and many connections. Whenever it waits for one of them, it takes in
 * what comes on all: a server that may block in send() to one client must not be starved by us.
 * The exception are connections made deaf, which do not read on purpose.
 *
 * Nothing here sleeps for a guessed time: a wait ends with the event, or at its deadline, and then
 * the check has failed. Times are milliseconds of a clock that is never set back.
 */
#ifndef WSCHECK_WIRE_H
#define WSCHECK_WIRE_H

#include "bytes.h"

int64_t wire_now(void);

/* So much is read from all connections of a set: more than twice what any check asks for. A server may
 * send without end, by mistake; then nothing more is read. */
#define CAME_MAX ((size_t)64 << 20) /* bytes */

struct wire {
    int fd;            /* -1: not connected, or closed by us */
    bool ended;        /* the server has closed its side, or reset the connection */
    bool reset;        /* ... the latter */
    bool deaf;         /* nothing is read */
    bool is_prompt;    /* what comes is acknowledged at once, where the system can */
    bool flooded;      /* CAME_MAX is reached: nothing is read any more */
    size_t reads;      /* how often something came */
    size_t total;      /* how many bytes, also those that are no longer kept */
    struct bytes came; /* all that came */
};

/* A set of connections that are read together. */
struct wires {
    struct wire *at;
    size_t count;
};

/* Connects by the deadline; `small`: with a receive buffer as small as can be. Returns 0 or errno. */
int wire_connect(struct wire *wire, const char *host, unsigned port, bool small, int64_t deadline);

/* Sends all by the deadline, reading from all of the set meanwhile. Returns how much was taken. */
size_t wire_send(struct wires all, struct wire *wire, const void *at, size_t len, int64_t deadline);

/* Waits until something has come anywhere in the set, or an end; false at the deadline, although more
 * may be coming. */
bool wire_wait(struct wires all, int64_t deadline);

/* Will nothing come on it any more, whatever is waited for? */
bool wire_is_over(const struct wire *wire);

void wire_end_sending(struct wire *wire); /* the server reads an end of file */
void wire_close(struct wire *wire);
void wire_reset(struct wire *wire); /* as when a browser's tab is killed */

/* Can an address of this machine be used at all (no IPv6 in some containers)? */
bool wire_has_address(const char *host);

/* A port that nobody has there, or 0. */
unsigned wire_free_port(const char *host);

/* Can this port be had there, without SO_REUSEADDR? Old connections keep it for a while (TIME_WAIT). */
bool wire_has_port(const char *host, unsigned port);

#endif
