/*
 * wire - see wire.h
 */
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* main() ignores SIGPIPE anyway */
#endif

#define READ_SIZE 65536

int64_t wire_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int time_left(int64_t deadline)
{
    int64_t left = deadline - wire_now();
    return left > 0 ? (int)left : 0;
}

/* ------------------------------------------------------------------------------- connecting */

static struct addrinfo *look_up(const char *host, unsigned port)
{
    char service[8];
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    snprintf(service, sizeof service, "%u", port);
    return getaddrinfo(host, service, &hints, &list) == 0 ? list : NULL;
}

static int make_socket(const struct addrinfo *address, bool small)
{
    int one = 1, least = 4096;
    int fd = socket(address->ai_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    /* Each send() is to leave as it is: what a check cuts into pieces must arrive in pieces. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (small)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof least);
    return fd;
}

/* A server without TCP_NODELAY that sends a frame in two pieces keeps the second back until the first is
 * acknowledged: 40 ms each time. Linux has to be told again and again. */
static void acknowledge_at_once(int fd)
{
#ifdef TCP_QUICKACK
    int one = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
#else
    (void)fd;
#endif
}

/* Waits for connect() to come to an end; returns 0 or errno. */
static int finish_connecting(int fd, int64_t deadline)
{
    struct pollfd one = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t size = sizeof error;
    if (poll(&one, 1, time_left(deadline)) <= 0)
        return ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

int wire_connect(struct wire *wire, const char *host, unsigned port, bool small, int64_t deadline)
{
    struct addrinfo *list = look_up(host, port);
    int error = list != NULL ? ECONNREFUSED : EADDRNOTAVAIL;
    *wire = (struct wire){.fd = -1};
    for (struct addrinfo *a = list; a != NULL && wire->fd < 0; a = a->ai_next) {
        int fd = make_socket(a, small);
        if (fd < 0) {
            error = errno;
            continue;
        }
        error = connect(fd, a->ai_addr, a->ai_addrlen) == 0 ? 0 : errno;
        if (error == EINPROGRESS)
            error = finish_connecting(fd, deadline);
        if (error == 0)
            wire->fd = fd;
        else
            close(fd);
    }
    if (list != NULL)
        freeaddrinfo(list);
    return error;
}

/* A socket that has this port, or -1. */
static int bind_port(const char *host, unsigned port)
{
    struct addrinfo *list = look_up(host, port);
    int fd = -1;
    for (struct addrinfo *a = list; a != NULL && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, SOCK_STREAM, 0);
        if (fd >= 0 && bind(fd, a->ai_addr, a->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    if (list != NULL)
        freeaddrinfo(list);
    return fd;
}

bool wire_has_port(const char *host, unsigned port)
{
    int fd = bind_port(host, port);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

bool wire_has_address(const char *host)
{
    return wire_has_port(host, 0);
}

unsigned wire_free_port(const char *host)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    char service[8] = "0";
    int fd = bind_port(host, 0);
    if (fd < 0)
        return 0;
    if (getsockname(fd, (struct sockaddr *)&address, &len) == 0)
        (void)getnameinfo((struct sockaddr *)&address, len, NULL, 0, service, sizeof service,
                          NI_NUMERICSERV);
    close(fd);
    return (unsigned)strtoul(service, NULL, 10);
}

/* ------------------------------------------------------------------------------ to and fro */

bool wire_is_over(const struct wire *wire)
{
    return wire->fd < 0 || wire->ended || wire->flooded;
}

static size_t total_of(struct wires all)
{
    size_t sum = 0;
    for (size_t i = 0; i < all.count; i++)
        sum += all.at[i].total;
    return sum;
}

static void read_what_is_there(struct wires all, struct wire *wire)
{
    static unsigned char buffer[READ_SIZE]; /* one thread */
    ssize_t n = recv(wire->fd, buffer, sizeof buffer, 0);
    if (n > 0) {
        if (wire->is_prompt)
            acknowledge_at_once(wire->fd);
        bytes_add(&wire->came, buffer, (size_t)n);
        wire->reads++;
        wire->total += (size_t)n;
        wire->flooded = total_of(all) >= CAME_MAX;
    } else if (n == 0) {
        wire->ended = true;
    } else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        wire->ended = wire->reset = true;
    }
}

/* One round: waits for bytes on any of them, or room on the writer; false at the deadline. */
static bool wait_once(struct wires all, const struct wire *writer, int64_t deadline)
{
    struct pollfd *set = calloc(all.count + 1, sizeof *set);
    bool events = false, in_time = wire_now() < deadline;
    if (set == NULL)
        return false;
    for (size_t i = 0; i < all.count; i++) {
        const struct wire *wire = &all.at[i];
        bool listens = !wire_is_over(wire) && !wire->deaf;
        set[i] = (struct pollfd){.fd = listens ? wire->fd : -1, .events = POLLIN};
    }
    if (writer != NULL)
        set[all.count] = (struct pollfd){.fd = writer->fd, .events = POLLOUT};
    if (poll(set, (nfds_t)(all.count + (writer != NULL)), time_left(deadline)) > 0) {
        events = true;
        for (size_t i = 0; i < all.count; i++)
            if (set[i].fd >= 0 && set[i].revents != 0)
                read_what_is_there(all, &all.at[i]);
    }
    free(set);
    return events && in_time;
}

bool wire_wait(struct wires all, int64_t deadline)
{
    return wait_once(all, NULL, deadline);
}

size_t wire_send(struct wires all, struct wire *wire, const void *at, size_t len, int64_t deadline)
{
    const unsigned char *bytes = at;
    size_t taken = 0;
    while (taken < len && wire->fd >= 0) {
        ssize_t n = send(wire->fd, bytes + taken, len - taken, MSG_NOSIGNAL);
        if (n > 0)
            taken += (size_t)n;
        else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            break; /* what the server said before it went is still to be read */
        else if (!wait_once(all, wire, deadline))
            break;
    }
    return taken;
}

/* ----------------------------------------------------------------------------------- ending */

void wire_end_sending(struct wire *wire)
{
    if (wire->fd >= 0)
        (void)shutdown(wire->fd, SHUT_WR);
}

void wire_close(struct wire *wire)
{
    if (wire->fd >= 0)
        close(wire->fd);
    wire->fd = -1;
}

void wire_reset(struct wire *wire)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (wire->fd >= 0)
        (void)setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    wire_close(wire);
}
