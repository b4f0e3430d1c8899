/*
 * raw_echo - the limit of the model: a thread for each connection that blocks in recv() and sends
 * back what came, and no WebSocket at all
 *
 *     raw_echo PORT [reuse]
 *
 * With "reuse", threads outlive their connection and wait in accept() for the next, as those of the
 * lessons do; a new one is only made when none is waiting.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "raw.h"

#define WAITING_MAX 64

static int listener;
static atomic_int waiting;

static void echo(int fd)
{
    char bytes[RAW_CHUNK];
    for (ssize_t n; (n = recv(fd, bytes, sizeof bytes, 0)) > 0;)
        if (!raw_send_all(fd, bytes, (size_t)n, 0))
            break;
    close(fd);
}

static void *serve_one(void *arg)
{
    echo((int)(intptr_t)arg);
    return NULL;
}

static void *serve_many(void *arg)
{
    (void)arg;
    while (atomic_fetch_add(&waiting, 1) < WAITING_MAX) {
        int fd = raw_accept(listener);
        if (atomic_fetch_sub(&waiting, 1) == 1)
            raw_thread(serve_many, NULL);
        if (fd >= 0)
            echo(fd);
    }
    atomic_fetch_sub(&waiting, 1);
    return NULL;
}

int main(int argc, char **argv)
{
    bool reuse = argc > 2;
    listener = raw_listen(argc > 1 ? argv[1] : "");
    if (reuse)
        serve_many(NULL);
    for (;;) {
        int fd = raw_accept(listener);
        if (fd >= 0)
            raw_thread(serve_one, (void *)(intptr_t)fd);
    }
}
