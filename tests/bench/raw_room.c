/*
 * raw_room - the limit of the model for a room: a thread for each connection, and what one client
 * sends goes to all; no WebSocket at all
 *
 *     raw_room PORT            each thread sends what it got to all, under one mutex, and waits
 *     raw_room PORT gather     a thread that finds another one sending leaves its bytes in a batch,
 *                              which goes out together; who does not read is dropped
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "raw.h"

#define CLIENTS_MAX 65536
#define BATCH       (1024 * 1024)

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static int clients[CLIENTS_MAX]; /* list_lock must be held */
static size_t client_count;

static void send_to_all(const char *bytes, size_t len, int flags)
{
    pthread_mutex_lock(&list_lock);
    for (size_t i = 0; i < client_count; i++)
        if (!raw_send_all(clients[i], bytes, len, flags))
            (void)shutdown(clients[i], SHUT_RDWR); /* its own thread sees the end */
    pthread_mutex_unlock(&list_lock);
}

/* ---------------------------------------------------------------------------------- gathering */

static pthread_mutex_t batch_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
/* batch_lock must be held when using these */
static char halves[2][BATCH];
static size_t half, batch_len;
static bool sending, handed_over;

static void send_batch(void)
{
    const char *bytes = halves[half];
    size_t len = batch_len;
    half = 1 - half;
    batch_len = 0;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&batch_lock);
    send_to_all(bytes, len, MSG_DONTWAIT);
    pthread_mutex_lock(&batch_lock);
}

static void gather(const char *bytes, size_t len)
{
    pthread_mutex_lock(&batch_lock);
    while (batch_len + len > BATCH)
        pthread_cond_wait(&changed, &batch_lock);
    memcpy(halves[half] + batch_len, bytes, len);
    batch_len += len;
    if (!sending) {
        sending = true;
        send_batch();
        sending = handed_over = batch_len > 0;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&batch_lock);
}

/* Sends what came while a client's own thread was sending, which goes back to its client. */
static void *help(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&batch_lock);
    for (;;) {
        while (!handed_over)
            pthread_cond_wait(&changed, &batch_lock);
        while (batch_len > 0)
            send_batch();
        sending = handed_over = false;
    }
    return NULL;
}

/* ------------------------------------------------------------------------------------ clients */

static bool gathering;

static void *serve(void *arg)
{
    int fd = (int)(intptr_t)arg;
    char bytes[RAW_CHUNK];
    pthread_mutex_lock(&list_lock);
    (void)raw_send_all(fd, "+", 1, 0); /* it is in: nothing is said before all are */
    if (client_count < CLIENTS_MAX)
        clients[client_count++] = fd;
    pthread_mutex_unlock(&list_lock);
    for (ssize_t n; (n = recv(fd, bytes, sizeof bytes, 0)) > 0;) {
        if (gathering)
            gather(bytes, (size_t)n);
        else
            send_to_all(bytes, (size_t)n, 0);
    }
    pthread_mutex_lock(&list_lock);
    for (size_t i = 0; i < client_count; i++)
        if (clients[i] == fd)
            clients[i] = clients[--client_count];
    pthread_mutex_unlock(&list_lock);
    close(fd);
    return NULL;
}

int main(int argc, char **argv)
{
    int listener = raw_listen(argc > 1 ? argv[1] : "");
    gathering = argc > 2;
    if (gathering)
        raw_thread(help, NULL);
    for (;;) {
        int fd = raw_accept(listener);
        if (fd >= 0)
            raw_thread(serve, (void *)(intptr_t)fd);
    }
}
