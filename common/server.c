/*
 * server - see server.h
 *
 * Threads. The main thread sets everything up, and then only waits for a signal. For each listening
 * socket, each "door", there is always at least one worker. One of those at a door watches it: it
 * waits for a client. When it has one, it hands the watch to the next, or makes a new worker if
 * there is none, serves the client to its end, and comes back. So each connection has a thread of
 * its own, and a new client mostly finds one that is already there: to make a thread takes longer
 * than a handshake.
 *
 * Nobody waits in accept(): on Linux, whoever does holds a descriptor for the client that is yet to
 * come, and a server that has few left could not give it to the client that is there. The watch
 * waits in poll(), which would wake all of them for one client: therefore only one does.
 *
 * Locks. server.lock guards the list of connections, the counts and the doors; accept_lock the spare
 * descriptor. A thread that holds server.lock may take an outbox's lock (or a room's), never
 * the other way round; nothing waits for a client with server.lock held.
 */
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"

/* The stack of a worker, in bytes. It needs little; a small one costs little address space. The
 * sanitizers need more. */
#ifndef WORKER_STACK
#define WORKER_STACK (128 * 1024)
#endif

#define WAITING_MAX   32   /* workers that wait at a door; more go home */
#define DOOR_TIMEOUT  2000 /* milliseconds without a client after which all but the watch go home */
#define UNSERVED_MAX  1024 /* connections besides the clients: still in the handshake, or leaving */
#define BRIEFLY       50   /* milliseconds for a client that gets no worker */
#define SHORT_OF      50   /* milliseconds until the system is asked again for what it lacks */
#define STOP_GOODBYE  2000 /* milliseconds for the clients to answer 1001 */
#define STOP_LOOK     5    /* ... between two looks whether they have */
#define STOP_DEADLINE 2800 /* milliseconds for the whole stop */

/* A listening socket. */
struct door {
    int listener;
    pthread_cond_t changed; /* the watch is to be had, or it is time to go home */
    /* server.lock must be held when using these */
    size_t waiting;    /* workers at the door, the watch among them */
    size_t not_needed; /* so many of them may go home */
    bool is_watched;
};

/* A worker's place in the list of connections; on the worker's own stack. */
struct seat {
    struct conn *conn;
    struct seat *next, **link;
};

static struct server {
    struct options options; /* these do not change once there are workers */
    struct service service;
    struct net_listeners listeners;
    struct door doors[NET_LISTENERS_MAX];
    pthread_attr_t worker_attributes;

    pthread_mutex_t lock;
    /* lock must be held when using these */
    struct seat *seats; /* every connection that is being served */
    size_t connections;
    unsigned long numbers; /* given to connections so far */
    size_t workers;
    bool has_ended; /* a worker has ended and nobody has joined it yet: */
    pthread_t ended;

    pthread_mutex_t accept_lock; /* held when accepting: the spare is for whoever gave it up */
    int spare; /* a descriptor to give up when there are no others; accept_lock must be held */
} server = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .accept_lock = PTHREAD_MUTEX_INITIALIZER, .spare = -1};

static atomic_bool stopping;

/* ------------------------------------------------------------------ clients that get no worker */

/* 503 from whoever is at the door. It may cost the next client a moment, but not more. */
static void refuse_briefly(int fd)
{
    char answer[HTTP_REFUSAL_MAX], request[512];
    size_t len = http_refusal_write(HTTP_NO_RESOURCES, true, answer);
    int64_t deadline = net_now() + BRIEFLY;
    if (net_wait_readable(fd, deadline)) /* unread bytes would turn the end into a reset */
        (void)net_receive(fd, request, sizeof request);
    (void)net_send_now(fd, &(struct iovec){answer, len}, 1);
    net_finish_sending(fd);
    net_drain(fd, deadline + BRIEFLY);
    net_close(fd);
}

/* accept() has no descriptor to give out (EMFILE, ENFILE). Left alone, the client would wait in the
 * queue, and a loop around accept() would spin. So it gets that of the spare; and if there is none
 * for a new spare, all that it can be given is a 503. accept_lock must be held. */
static void accept_with_spare(const struct door *door, struct client *client)
{
    if (server.spare >= 0)
        close(server.spare);
    client->fd = net_accept(door->listener, client->address);
    server.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (client->fd < 0) {
        net_pause(SHORT_OF); /* it has gone, or there was no spare either */
    } else if (server.spare < 0) {
        log_line("server: out of descriptors, refused %s", client->address);
        refuse_briefly(client->fd);
        client->fd = -1;
        server.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
}

/* --------------------------------------------------------------------------------- workers */

static void *work(void *door);

/* Starts a worker, which is counted as waiting at the door from now on. */
static bool start_worker(struct door *door)
{
    pthread_t thread;
    pthread_mutex_lock(&server.lock);
    server.workers++;
    door->waiting++;
    pthread_mutex_unlock(&server.lock);
    if (pthread_create(&thread, &server.worker_attributes, work, door) == 0)
        return true;
    pthread_mutex_lock(&server.lock);
    server.workers--;
    door->waiting--;
    pthread_mutex_unlock(&server.lock);
    return false;
}

/* The last thing a worker does. Each joins the one that ended before it, and the main thread joins
 * the last: so when the program ends, all have ended. */
static void end_worker(void)
{
    pthread_t before = pthread_self();
    pthread_mutex_lock(&server.lock);
    bool join = server.has_ended;
    if (join)
        before = server.ended;
    server.ended = pthread_self();
    server.has_ended = true;
    server.workers--;
    pthread_mutex_unlock(&server.lock);
    if (join)
        pthread_join(before, NULL);
}

/* Takes a seat for a new connection: false if there are too many. */
static bool take_seat(struct seat *seat, struct client *client)
{
    pthread_mutex_lock(&server.lock);
    bool room = server.connections < server.options.max_clients + UNSERVED_MAX;
    client->number = ++server.numbers;
    client->trace = server.options.trace;
    pthread_mutex_unlock(&server.lock);
    seat->conn = room ? conn_new(client, &server.service) : NULL;
    if (seat->conn == NULL)
        return false;

    pthread_mutex_lock(&server.lock);
    server.connections++;
    seat->next = server.seats;
    seat->link = &server.seats;
    if (seat->next != NULL)
        seat->next->link = &seat->next;
    server.seats = seat;
    bool too_late = atomic_load(&stopping);
    pthread_mutex_unlock(&server.lock);
    if (too_late)
        conn_end(seat->conn);
    return true;
}

/* From here on nobody else can reach the connection. */
static void leave_seat(struct seat *seat)
{
    pthread_mutex_lock(&server.lock);
    server.connections--;
    *seat->link = seat->next;
    if (seat->next != NULL)
        seat->next->link = seat->link;
    pthread_mutex_unlock(&server.lock);
}

static void serve(struct client *client)
{
    struct seat seat;
    if (!take_seat(&seat, client)) {
        log_line("server: no place or no memory for another connection, refused %s",
                 client->address);
        refuse_briefly(client->fd);
        return;
    }
    conn_serve(seat.conn);
    leave_seat(&seat);
    conn_free(seat.conn);
}

/* Waits at the door until nobody else watches it. False: there are enough others, or the server
 * stops; go home. */
static bool take_watch(struct door *door)
{
    pthread_mutex_lock(&server.lock);
    while (door->is_watched && door->not_needed == 0 && !atomic_load(&stopping))
        pthread_cond_wait(&door->changed, &server.lock);
    bool wanted = !door->is_watched && !atomic_load(&stopping);
    if (wanted) {
        door->is_watched = true;
    } else {
        door->waiting--;
        door->not_needed -= door->not_needed > 0;
    }
    pthread_mutex_unlock(&server.lock);
    return wanted;
}

/* Hands the watch on and leaves the door; says whether nobody is there now to take it. */
static bool leave_door(struct door *door)
{
    pthread_mutex_lock(&server.lock);
    door->is_watched = false;
    bool last = --door->waiting == 0;
    pthread_cond_signal(&door->changed);
    pthread_mutex_unlock(&server.lock);
    return last;
}

/* Comes back to the door, unless enough others are there. */
static bool return_to_door(struct door *door)
{
    pthread_mutex_lock(&server.lock);
    bool wanted = door->waiting < WAITING_MAX && !atomic_load(&stopping);
    if (wanted)
        door->waiting++;
    pthread_mutex_unlock(&server.lock);
    return wanted;
}

/* There is little to do at this door: one is enough. */
static void send_others_home(struct door *door)
{
    pthread_mutex_lock(&server.lock);
    door->not_needed = door->waiting - 1;
    pthread_cond_broadcast(&door->changed);
    pthread_mutex_unlock(&server.lock);
}

/* Somebody is at the door. Returns false if there is no client that could be taken. */
static bool let_in(const struct door *door, struct client *client)
{
    pthread_mutex_lock(&server.accept_lock);
    client->fd = net_accept(door->listener, client->address);
    if (client->fd < 0) {
        switch (errno) {
        case EMFILE:
        case ENFILE: accept_with_spare(door, client); break;
        case ENOMEM:
        case ENOBUFS: net_pause(SHORT_OF); break;
        default: break; /* ECONNABORTED and the like: that client is gone */
        }
    }
    pthread_mutex_unlock(&server.accept_lock);
    return client->fd >= 0;
}

/* This worker has a client, and nobody is at the door: another must be there for the next. False if
 * that cannot be; the client has been refused then. */
static bool leave_door_to_another(struct door *door, const struct client *client)
{
    if (start_worker(door))
        return true;
    log_line("server: cannot start a thread, refused %s", client->address);
    refuse_briefly(client->fd);
    return false;
}

/* Watches the door until there is a client, and leaves with it; makes sure that another is at the
 * door for the next. False, without a client, if there can be no other or the server stops. */
static bool meet_client(struct door *door, struct client *client)
{
    bool has_client = false;
    while (!has_client && !atomic_load(&stopping)) {
        if (net_wait_readable(door->listener, net_now() + DOOR_TIMEOUT))
            has_client = let_in(door, client);
        else
            send_others_home(door);
    }
    bool last = leave_door(door);
    if (has_client && last && !atomic_load(&stopping))
        return leave_door_to_another(door, client);
    return has_client;
}

/* The life of a worker. */
static void *work(void *arg)
{
    struct door *door = arg;
    struct client client;
    bool at_door = true; /* start_worker() has counted us */
    while (at_door && take_watch(door)) {
        if (meet_client(door, &client))
            serve(&client);
        at_door = return_to_door(door);
    }
    end_worker();
    return NULL;
}

/* --------------------------------------------------------------------------------- signals */

static void end_at_once(int signal)
{
    (void)signal;
    _exit(0);
}

/* A signal handler may interrupt any thread between any two steps, and may itself do next to
 * nothing. So the signals that ask for a stop are blocked before there are threads, which inherit
 * that, and the main thread takes the first with sigwait(), like the result of a call. After that
 * they are let through: a second one ends the program on the spot. */
static void block_signals(sigset_t *stop_signals)
{
    struct sigaction action = {.sa_handler = end_at_once};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&action.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigemptyset(stop_signals);
    sigaddset(stop_signals, SIGINT);
    sigaddset(stop_signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, stop_signals, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* a client that has gone must not take the server along */
}

static void wait_for_signal(const sigset_t *stop_signals)
{
    int number;
    while (sigwait(stop_signals, &number) != 0)
        ;
    pthread_sigmask(SIG_UNBLOCK, stop_signals, NULL);
}

/* ------------------------------------------------------------------------------ start, stop */

/* glibc keeps, in an arena for each few threads, what large buffers have given back. From this size
 * on, the system gets it: so memory goes down again when a client that did not read has gone. */
static void give_back_large_buffers(void)
{
#ifdef M_MMAP_THRESHOLD
    (void)mallopt(M_MMAP_THRESHOLD, 256 * 1024);
#endif
}

/* Each client needs a descriptor: as many as we may have. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
#ifdef OPEN_MAX /* macOS refuses "unlimited" here */
    if (limit.rlim_cur > OPEN_MAX)
        limit.rlim_cur = OPEN_MAX;
#endif
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int set_up_workers(void)
{
    long least = sysconf(_SC_THREAD_STACK_MIN);
    size_t size = least > WORKER_STACK ? (size_t)least : WORKER_STACK;
    if (pthread_attr_init(&server.worker_attributes) != 0 ||
        pthread_attr_setstacksize(&server.worker_attributes, size) != 0)
        return -1;
    for (size_t i = 0; i < server.listeners.count; i++) {
        struct door *door = &server.doors[i];
        door->listener = server.listeners.fd[i];
        if (pthread_cond_init(&door->changed, NULL) != 0 || !start_worker(door))
            return -1;
    }
    return 0;
}

/* Goes through all connections; do_it must not wait. */
static void for_each_connection(void (*do_it)(struct conn *))
{
    pthread_mutex_lock(&server.lock);
    for (struct seat *seat = server.seats; seat != NULL; seat = seat->next)
        do_it(seat->conn);
    pthread_mutex_unlock(&server.lock);
}

static bool workers_left(void)
{
    pthread_mutex_lock(&server.lock);
    bool left = server.workers > 0;
    pthread_mutex_unlock(&server.lock);
    return left;
}

static void flush(struct conn *conn)
{
    (void)conn_flush(conn);
}

/* Wakes those who wait at the doors, where shutdown() wakes poll(); elsewhere it takes them
 * DOOR_TIMEOUT to see that the server stops. */
static void close_doors(void)
{
    net_listeners_shutdown(&server.listeners);
    pthread_mutex_lock(&server.lock);
    for (size_t i = 0; i < server.listeners.count; i++)
        pthread_cond_broadcast(&server.doors[i].changed);
    pthread_mutex_unlock(&server.lock);
}

/* 1001 to everyone, two seconds for their answers, then the sockets are shut down, and at the
 * deadline the program ends whatever its clients do. */
static void stop(void)
{
    int64_t now = net_now();
    atomic_store(&stopping, true);
    close_doors();
    for_each_connection(conn_go_away);
    while (workers_left() && net_now() < now + STOP_GOODBYE) {
        for_each_connection(flush); /* where 1001 did not fit into the socket at first */
        net_pause(STOP_LOOK);
    }
    for_each_connection(conn_end);
    while (workers_left() && net_now() < now + STOP_DEADLINE)
        net_pause(STOP_LOOK);

    if (workers_left())
        _exit(0); /* a machine that is too busy: nothing here takes so long */
    pthread_join(server.ended, NULL);
    if (server.service.handlers->stop != NULL)
        server.service.handlers->stop();
}

void server_print_ready(const struct net_listeners *listeners, const char *host)
{
    bool any = host == NULL || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    bool is_ipv6 = !any && strchr(host, ':') != NULL;
    printf("listening on http://%s%s%s:%u/\n", is_ipv6 ? "[" : "", any ? "127.0.0.1" : host,
           is_ipv6 ? "]" : "", listeners->port);
    fflush(stdout);
}

static int fail(const char *why)
{
    log_line("server: %s", why);
    return 1;
}

int server_run(const struct handlers *handlers, int argc, char **argv)
{
    struct options *options = &server.options;
    sigset_t stop_signals;
    char why[256];

    switch (options_parse(options, handlers->lesson, handlers->name, argc, argv)) {
    case OPTIONS_DONE: return 0;
    case OPTIONS_USAGE: return 2;
    case OPTIONS_RUN: break;
    }
    log_init(options_log_level(options));
    server.service =
        (struct service){.handlers = handlers, .options = options, .started = net_now()};

    give_back_large_buffers();
    raise_descriptor_limit();
    block_signals(&stop_signals);
    server.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (net_listen(&server.listeners, options->host, options->port, why, sizeof why) != 0)
        return fail(why);
    if ((handlers->start != NULL && !handlers->start(options)) || set_up_workers() != 0)
        return fail("cannot start threads");
    server_print_ready(&server.listeners, options->host);

    wait_for_signal(&stop_signals);
    log_line("server: stopping");
    stop();
    return 0;
}
