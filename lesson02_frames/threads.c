/*
 * threads - a thread for each client: accept, start, the list of the clients, the stop
 *
 *     BYTES → request → frames → messages → room
 *
 * The main thread accepts clients, and starts a thread for each. That thread serves its client from
 * the first byte to the last, alone; it owns everything that has to do with it. In this file one thing
 * is shared: the list of the clients that are being served. `lock` guards it, a mutex: one thread at a
 * time gets past pthread_mutex_lock(), the others wait there until it unlocks. Nothing waits for a
 * client with the lock held. ("Owners and locks" in README.md names the other locks.)
 *
 * The stop. Every thread waits for its client and for a pipe, which becomes readable when the
 * server stops (see process.c). So each says goodbye to its own client, and the main thread only waits
 * until all have done that.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "admission.h"
#include "client.h"
#include "log.h"
#include "logger.h"
#include "places.h"
#include "worker.h"

#define STOP_GOODBYE 2000 /* milliseconds for all to say goodbye; then the sockets are shut down */
#define STOP_ENDED   2500 /* ... for the threads to end */
#define STOP_LOOK    5    /* ... between two looks whether they have */

/* A client that is being served: what its thread is started with. */
struct served {
    struct client client;
    struct place place;
    const struct server *server;
    struct served *next, **link; /* lock must be held; *link is the pointer that points here */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* lock must be held when using these */
static struct served *list;
static size_t count;

/* ----------------------------------------------------------------------------------- the list */

static void add_to_list(struct served *served)
{
    pthread_mutex_lock(&lock);
    served->next = list;
    served->link = &list;
    if (list != NULL)
        list->link = &served->next;
    list = served;
    count++;
    pthread_mutex_unlock(&lock);
}

/* From here on nobody else can reach it. */
static void take_off_list(struct served *served)
{
    pthread_mutex_lock(&lock);
    *served->link = served->next;
    if (served->next != NULL)
        served->next->link = served->link;
    count--;
    pthread_mutex_unlock(&lock);
}

static size_t count_served(void)
{
    pthread_mutex_lock(&lock);
    size_t n = count;
    pthread_mutex_unlock(&lock);
    return n;
}

/* Shuts all sockets down, so that the threads that wait for them wake up. Only the owner closes a
 * socket: if another thread did, accept() could give the same descriptor to another client, and the
 * owner would go on reading from a stranger. */
static void end_all(void)
{
    pthread_mutex_lock(&lock);
    for (struct served *served = list; served != NULL; served = served->next)
        net_end(served->client.fd);
    pthread_mutex_unlock(&lock);
}

/* -------------------------------------------------------------------------- a thread for each */

/* The thread of one client. */
static void serve_client(void *task)
{
    struct served *served = task;
    client_serve(&served->client, &served->place, served->server);
    places_leave(&served->place);
    take_off_list(served);
    net_close(served->client.fd);
    free(served);
}

/* NULL, or why the client cannot be served. */
static const char *start_thread(const struct server *server, const struct client *client)
{
    /* Each thread gets a struct of its own. A beginner hands over the address of the loop's variable:
     * by the time the thread looks, it holds the next client, and two threads serve that one. */
    struct served *served = malloc(sizeof *served);
    if (served == NULL)
        return "no memory for another connection";
    *served = (struct served){.client = *client, .server = server};
    places_enter(&served->place, client->fd);
    add_to_list(served);
    while (!worker_start(serve_client, served))
        if (!places_give_way(&served->place)) {
            take_off_list(served);
            places_leave(&served->place);
            free(served);
            return "cannot start a thread";
        }
    return NULL;
}

/* ------------------------------------------------------------------------------------ the stop */

static void wait_until_all_have_ended(int64_t deadline)
{
    while (count_served() > 0 && net_now() < deadline)
        net_pause(STOP_LOOK);
}

/* Each thread has been woken (by the pipe: process.c) and says 1001 to its client. */
static void stop(void)
{
    int64_t now = net_now();
    log_line("server: stopping");
    wait_until_all_have_ended(now + STOP_GOODBYE);
    end_all();
    wait_until_all_have_ended(now + STOP_ENDED);
    if (count_served() > 0) {
        logger_flush();
        _exit(0); /* they may be using what the program is about to free */
    }
}

void threads_run(struct server *server)
{
    struct client client = {.trace = server->options.trace};
    listener_print_ready(&server->listener, server->options.host);

    while (admission_accept(&server->listener, &client)) { /* waits; false: the server stops */
        client.number++;
        const char *why = start_thread(server, &client);
        if (why != NULL)
            admission_refuse(&client, why);
    }
    stop();
}
