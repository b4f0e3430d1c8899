/*
 * net - see net.h
 */
#include "net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Writing to a connection that the other side has reset raises SIGPIPE, which ends the process.
 * Linux and the BSDs can be told with each send not to; macOS only once for the socket. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

#define LOOKS    4  /* for bytes, before a thread goes to sleep; see receive_awake() */
#define REST_MAX 64 /* times that it goes to sleep at once, after looking in vain */
#define SHORT_OF 20 /* milliseconds until the system is asked again for the memory that it lacks */

int64_t net_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void set_option(int fd, int level, int option, int value)
{
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

/* ------------------------------------------------------------------------------- listening */

/* One listening socket on one address: socket, bind, listen. */
static int listen_on(const struct sockaddr *address, socklen_t len, bool alone)
{
    int fd = socket(address->sa_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)fcntl(fd, F_SETFL, O_NONBLOCK); /* a client may be gone when accept() looks for it */
    /* A server that is started again may take its port at once, although old connections linger. */
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
#ifdef IPV6_V6ONLY
    if (address->sa_family == AF_INET6)
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, alone ? 0 : 1); /* "::" alone takes IPv4 too */
#endif
    if (bind(fd, address, len) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static void set_port(struct sockaddr *address, unsigned port)
{
    if (address->sa_family == AF_INET)
        ((struct sockaddr_in *)(void *)address)->sin_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = htons((uint16_t)port);
}

static unsigned port_of(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
    return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
}

static unsigned port_bound(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    return getsockname(fd, (struct sockaddr *)&address, &len) == 0 ? port_of(&address) : 0;
}

static void close_all(struct net_listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++)
        close(listeners->fd[i]);
    listeners->count = 0;
}

/* Does this machine just not have that kind of address? */
static bool is_missing_family(int error)
{
    return error == EAFNOSUPPORT || error == EPROTONOSUPPORT || error == EADDRNOTAVAIL;
}

/* Listens on each address of the list. With port 0 the system chooses for the first, and the others
 * follow; the port may be taken on one of those, which is EADDRINUSE. */
static int listen_on_all(struct net_listeners *listeners, struct addrinfo *list, unsigned port)
{
    int error = EADDRNOTAVAIL;
    listeners->count = 0;
    listeners->port = port;
    for (struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        if ((a->ai_family != AF_INET && a->ai_family != AF_INET6) ||
            listeners->count == NET_LISTENERS_MAX)
            continue;
        set_port(a->ai_addr, listeners->port);
        int fd = listen_on(a->ai_addr, a->ai_addrlen, list->ai_next == NULL);
        if (fd >= 0) {
            listeners->fd[listeners->count++] = fd;
            listeners->port = port_bound(fd);
            if (listeners->port == 0) {
                error = errno;
                close_all(listeners);
                break;
            }
        } else if (error = errno, !is_missing_family(error)) {
            close_all(listeners);
            break;
        }
    }
    errno = error;
    return listeners->count > 0 ? 0 : -1;
}

/* The addresses of a name; the loopback addresses if the name is NULL. */
static int look_up(const char *host, struct addrinfo **list)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
    return getaddrinfo(host, "0", &hints, list);
}

int net_listen(struct net_listeners *listeners, const char *host, unsigned port, char *why,
               size_t why_len)
{
    struct addrinfo *list = NULL;
    int failed = look_up(host, &list), tries = port == 0 ? 16 : 1, result = -1;
    if (failed != 0) {
        snprintf(why, why_len, "cannot find the address %s: %s",
                 host != NULL ? host : "of loopback", gai_strerror(failed));
        return -1;
    }
    while (result != 0 && tries-- > 0) {
        result = listen_on_all(listeners, list, port);
        if (result != 0 && errno != EADDRINUSE)
            break;
    }
    int error = errno;
    freeaddrinfo(list);
    if (result == 0)
        return 0;
    if (error == EADDRINUSE)
        snprintf(why, why_len,
                 "port %u is in use: stop the other server, or choose another port with --port",
                 port);
    else if (error == EACCES)
        snprintf(why, why_len,
                 "port %u is not for ordinary users: choose one above 1023 with --port", port);
    else
        snprintf(why, why_len, "cannot listen on %s port %u: %s", host != NULL ? host : "loopback",
                 port, strerror(error));
    return -1;
}

void net_listeners_shutdown(struct net_listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++)
        shutdown(listeners->fd[i], SHUT_RDWR);
}

/* "127.0.0.1:5000" or "[::1]:5000" */
static void address_text(const struct sockaddr_storage *address, char text[NET_ADDRESS_MAX])
{
    char ip[INET6_ADDRSTRLEN] = "?";
    bool is_v6 = address->ss_family == AF_INET6;
    const void *number = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    if (is_v6)
        number = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
    (void)inet_ntop(address->ss_family, number, ip, sizeof ip);
    snprintf(text, NET_ADDRESS_MAX, is_v6 ? "[%s]:%u" : "%s:%u", ip, port_of(address));
}

int net_accept(int listener, char address[NET_ADDRESS_MAX])
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof peer;
    int fd = accept(listener, (struct sockaddr *)&peer, &len);
    if (fd < 0)
        return -1;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
#ifndef __linux__
    (void)fcntl(fd, F_SETFL, 0); /* the BSDs and macOS let it inherit O_NONBLOCK */
#endif
    /* Small frames go out at once: Nagle's algorithm would hold them back for up to 40 ms. */
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
#ifdef SO_NOSIGPIPE
    set_option(fd, SOL_SOCKET, SO_NOSIGPIPE, 1);
#endif
    address_text(&peer, address);
    return fd;
}

/* Milliseconds from now to the deadline, as poll() wants them. */
static int time_left(int64_t deadline)
{
    int64_t left = deadline - net_now();
    return left <= 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

/* Waits until one of the descriptors is ready, or the deadline: false then. */
static bool wait_for_any(struct pollfd *set, size_t count, int64_t deadline)
{
    for (;;) {
        int ready = poll(set, (nfds_t)count, time_left(deadline));
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            net_pause(SHORT_OF); /* there is no memory for it just now */
        if (net_now() >= deadline)
            return false;
    }
}

/* Fills set with the listeners; returns how many there are. */
static size_t watch_listeners(struct pollfd *set, const struct net_listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++)
        set[i] = (struct pollfd){.fd = listeners->fd[i], .events = POLLIN};
    return listeners->count;
}

int net_accept_any(const struct net_listeners *listeners, char address[NET_ADDRESS_MAX])
{
    struct pollfd set[NET_LISTENERS_MAX];
    size_t count = watch_listeners(set, listeners);
    wait_for_any(set, count, NET_NO_DEADLINE);
    size_t ready = 0;
    while (ready + 1 < count && set[ready].revents == 0)
        ready++;
    return net_accept(set[ready].fd, address);
}

void net_wake(int pipe_end)
{
    while (write(pipe_end, "", 1) < 0 && errno == EINTR)
        ;
}

void net_pause(int64_t milliseconds)
{
    struct timespec time = {.tv_sec = (time_t)(milliseconds / 1000),
                            .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    nanosleep(&time, NULL);
}

bool net_speaks_first(int fd, const struct net_listeners *listeners, int64_t deadline)
{
    struct pollfd set[NET_LISTENERS_MAX + 1];
    size_t count = watch_listeners(set, listeners);
    set[count] = (struct pollfd){.fd = fd, .events = POLLIN};
    wait_for_any(set, count + 1, deadline);
    bool speaks = set[count].revents != 0, others = false;
    for (size_t i = 0; i < count; i++)
        others = others || set[i].revents != 0;
    return speaks || !others;
}

/* -------------------------------------------------------------------------------- waiting */

bool net_wait_readable(int fd, int64_t deadline)
{
    return wait_for_any(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, deadline);
}

bool net_wait_writable(int fd, int64_t deadline)
{
    return wait_for_any(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, deadline);
}

/* ------------------------------------------------------------------------ receiving, sending */

int net_set_receive_timeout(int fd, int64_t milliseconds)
{
    struct timeval time = {.tv_sec = (time_t)(milliseconds / 1000),
                           .tv_usec = (suseconds_t)(milliseconds % 1000 * 1000)};
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

static bool is_not_yet(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* Whoever sleeps must be woken up, and that costs both sides more than to look a few times whether
 * the bytes are there, and let other threads run in between: with many clients, there is often
 * something to do until they come. (64 clients with a message each under way: 1.3 times as many
 * messages; new connections: 1.4 times as many.) */
static ssize_t receive_awake(int fd, void *buf, size_t len)
{
    ssize_t n = -1;
    errno = EAGAIN;
    for (int i = 0; i < LOOKS && n < 0 && is_not_yet(errno); i++) {
        if (i > 0)
            sched_yield();
        n = recv(fd, buf, len, MSG_DONTWAIT);
    }
    return n;
}

ssize_t net_receive(int fd, void *buf, size_t len)
{
    ssize_t n;
    do
        n = recv(fd, buf, len, 0);
    while (n < 0 && errno == EINTR);
    return n;
}

/* When looking was in vain, it is left out for a while, the longer the more often that happens: so a
 * lone client, or too many of them, pay next to nothing for it. A thread has one client at a time. */
ssize_t net_receive_soon(int fd, void *buf, size_t len)
{
    static _Thread_local int rest, next_rest = 1;
    if (rest > 0) {
        rest--;
        return net_receive(fd, buf, len);
    }
    ssize_t n = receive_awake(fd, buf, len);
    if (n >= 0 || !is_not_yet(errno)) {
        next_rest = 1;
        return n;
    }
    rest = next_rest;
    next_rest = rest < REST_MAX ? 2 * rest : rest;
    return net_receive(fd, buf, len);
}

/* Here what comes is part of a handshake or a goodbye, where the other side answers at once. */
ssize_t net_receive_until(int fd, void *buf, size_t len, int64_t deadline)
{
    ssize_t n = receive_awake(fd, buf, len);
    if (n >= 0 || !is_not_yet(errno))
        return n;
    int64_t left = deadline - net_now();
    if (net_set_receive_timeout(fd, left > 0 ? left : 1) != 0) /* 0 would mean: for ever */
        return -1;
    return net_receive(fd, buf, len);
}

/* Takes sent bytes off the front of the parts; returns how many are left in them. */
static size_t parts_advance(struct iovec *parts, size_t count, size_t sent)
{
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = sent < parts[i].iov_len ? sent : parts[i].iov_len;
        if (n > 0)
            parts[i].iov_base = (char *)parts[i].iov_base + n;
        parts[i].iov_len -= n;
        sent -= n;
        left += parts[i].iov_len;
    }
    return left;
}

/* send() for a single part: sendmsg() has to fetch the list of parts first, which costs as much as
 * copying some hundred bytes. */
static ssize_t send_parts(int fd, struct iovec *parts, size_t count)
{
    const int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    if (count == 1)
        return send(fd, parts[0].iov_base, parts[0].iov_len, flags);
    struct msghdr message = {.msg_iov = parts};
    message.msg_iovlen = (unsigned char)count; /* a size_t here, an int elsewhere: fits both */
    return sendmsg(fd, &message, flags);
}

ssize_t net_send_now(int fd, struct iovec *parts, size_t count)
{
    ssize_t n;
    do
        n = send_parts(fd, parts, count);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == ENOBUFS || errno == ENOMEM))
        net_pause(SHORT_OF); /* poll() would say at once that there is room */
    else if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
        return -1;
    return (ssize_t)parts_advance(parts, count, n > 0 ? (size_t)n : 0);
}

int net_send_all(int fd, struct iovec *parts, size_t count, int64_t patience, int64_t deadline)
{
    int64_t give_up = 0; /* the clock is read only if the socket is full */
    size_t checkpoint = 0;
    for (ssize_t left; (left = net_send_now(fd, parts, count)) != 0;) {
        if (left < 0)
            return -1;
        if (give_up == 0 || checkpoint - (size_t)left >= NET_PROGRESS) {
            give_up = net_now() + patience;
            checkpoint = (size_t)left;
        }
        if (!net_wait_writable(fd, give_up < deadline ? give_up : deadline)) {
            errno = ETIMEDOUT;
            return -1;
        }
    }
    return 0;
}

/* ---------------------------------------------------------------------------------- the end */

void net_finish_sending(int fd)
{
    shutdown(fd, SHUT_WR);
}

void net_end(int fd)
{
    shutdown(fd, SHUT_RDWR);
}

void net_drain(int fd, int64_t deadline)
{
    char waste[2048];
    while (net_receive_until(fd, waste, sizeof waste, deadline) > 0 && net_now() < deadline)
        ;
}

void net_close(int fd)
{
    close(fd);
}

void net_reset(int fd)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(fd);
}
