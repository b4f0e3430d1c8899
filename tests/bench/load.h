/*
 * load - a load generator: many clients in one thread, around epoll
 *
 * Linux and libc only. It shares the machine with the server that it measures, so what it does for
 * each message is little: what is sent is made before, and what comes back is compared with what
 * must come, byte for byte, without being taken apart (see ring.h).
 *
 *     main.c            options, one line of JSON
 *     ring.c            what is sent, and what must come back
 *     client.c          one client: connect, handshake, send, receive
 *     measure.c         clock, the server's CPU time and memory, percentiles
 *     scenario_echo.c   round trip, one in flight, pipelined, bulk
 *     scenario_room.c   broadcast, everyone talks, some never read
 *     scenario_connect.c, scenario_idle.c
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ring.h"

/* Who speaks in a room: those who came first, in the middle, or last. */
enum speaker { SPEAKER_MIDDLE, SPEAKER_FIRST, SPEAKER_LAST };

struct load_options {
    unsigned port;
    pid_t pid; /* of the server, or 0: its CPU time and memory are not asked for */
    bool raw;  /* no WebSocket: payloads only, no handshake, no close */
    bool room; /* the server sends to everyone */
    size_t clients, senders, stalled;
    size_t window; /* messages that one client has in flight */
    size_t size;   /* bytes of payload */
    enum ring_content content;
    enum speaker speaker;
    double warmup, seconds;
    double rate; /* messages a second and sender; 0: as the window allows */
};
extern struct load_options options;

/* ------------------------------------------------------------------------------- client.c */

enum client_state { CLIENT_NONE, CLIENT_CONNECTING, CLIENT_SHAKING, CLIENT_OPEN, CLIENT_CLOSING };

struct client {
    int fd;
    enum client_state state;
    size_t index;
    bool wants_out; /* the socket is full: epoll tells when it is not */
    bool deaf;      /* never reads once it is open */

    char head[512]; /* the server's answer to the handshake, as far as it has come */
    size_t head_len;

    uint64_t out, goal; /* bytes sent of the endless stream of requests, and to be sent */
    uint64_t in;        /* bytes received of the endless stream of replies */
    unsigned char *own; /* where the requests are if they are not in the ring: own[out..goal) */
    size_t own_size;

    uint64_t started;         /* connect() was called */
    uint64_t *stamps;         /* when each message in flight was sent; options.window of them */
    uint64_t asked, answered; /* messages of its own */
};
extern struct client *clients;
extern uint64_t load_now; /* nanoseconds; when the events at hand were told */

/* What a scenario does when something happens. */
struct scenario {
    void (*opened)(struct client *client);
    /* bytes that have come; false if they are not what must come */
    bool (*received)(struct client *client, const unsigned char *bytes, size_t len);
    /* the connection has ended in order (closing handshake, end of stream) */
    void (*closed)(struct client *client);
};

void clients_make(const struct scenario *scenario);
void client_connect(struct client *client);
/* Sends what there is between out and goal. */
void client_send(struct client *client);
/* Puts there what is not in the ring. */
void client_put(struct client *client, const unsigned char *bytes, size_t len);
void client_close(struct client *client); /* with a closing handshake, unless raw */
void client_drop(struct client *client);  /* just so */

/* Handles what happens within so many milliseconds. */
void load_poll(int milliseconds);
/* Opens clients[from..to), a few at a time. False if they are not all open in time. */
bool load_open(size_t from, size_t to);

/* Something is wrong with what the server does; the run goes on, and fails in the end. */
void load_fault(const struct client *client, const char *what);
extern size_t load_faults;

/* ------------------------------------------------------------------------------ measure.c */

#define SECOND 1000000000ull

uint64_t clock_now(void);

struct usage {
    uint64_t wall, cpu; /* nanoseconds; cpu: of the server, in all its threads */
};
struct usage usage_now(void);
struct usage usage_since(struct usage begin);

struct memory {
    double own, page_tables, stacks; /* KiB: of the server; stacks: of all threads, in the kernel */
    double threads;
};
struct memory memory_now(void);

/* How long something took, many times. */
void sample_reset(void);
void sample_add(uint64_t nanoseconds);
double sample_median(void); /* microseconds */

/* The line of JSON. */
void report_begin(const char *scenario);
void report(const char *key, double value);
void report_usage(struct usage usage, double messages);
void report_samples(void); /* p50_us, p99_us, max_us */
void report_end(void);

/* ----------------------------------------------------------------------------- scenarios */

/* Each opens its clients, warms up, measures, reports. */
void scenario_echo(const char *name);
void scenario_room(const char *name);
void scenario_connect(const char *name);
void scenario_idle(const char *name);

#endif
