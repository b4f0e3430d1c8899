/*
 * listener - see listener.h
 */
#include "listener.h"

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
#include <unistd.h>

#include "words.h"

/* -------------------------------------------------------------------------------- addresses */

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

/* A name may give the same address twice, as an entry in /etc/hosts and one from elsewhere. */
static bool is_repeated(struct addrinfo *list, struct addrinfo *entry, unsigned port)
{
    set_port(entry->ai_addr, port);
    for (struct addrinfo *a = list; a != entry; a = a->ai_next)
        if (a->ai_addrlen == entry->ai_addrlen &&
            memcmp(a->ai_addr, entry->ai_addr, entry->ai_addrlen) == 0)
            return true;
    return false;
}

/* ------------------------------------------------------------------------------- listening */

static void set_option(int fd, int level, int option, int value)
{
    (void)setsockopt(fd, level, option, &value, sizeof value);
}

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

/* Adds a socket on that address. Port 0: the system chooses one, and the other sockets follow. */
static bool add_socket(struct listener *listener, struct addrinfo *a, bool alone)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    int fd = listen_on(a->ai_addr, a->ai_addrlen, alone);
    if (fd < 0)
        return false;
    listener->fd[listener->count++] = fd;
    if (getsockname(fd, (struct sockaddr *)&bound, &len) != 0)
        return false;
    listener->port = port_of(&bound);
    set_port(a->ai_addr, listener->port);
    return true;
}

static void close_all(struct listener *listener)
{
    for (size_t i = 0; i < listener->count; i++)
        close(listener->fd[i]);
    listener->count = 0;
}

/* Does this machine just not have that kind of address? */
static bool is_missing_family(int error)
{
    return error == EAFNOSUPPORT || error == EPROTONOSUPPORT || error == EADDRNOTAVAIL;
}

/* Listens on each address of the list. With port 0, the port that the system has chosen for the first
 * may be taken on another: EADDRINUSE. */
static int listen_on_all(struct listener *listener, struct addrinfo *list, unsigned port)
{
    int error = EADDRNOTAVAIL;
    *listener = (struct listener){.port = port, .stop = -1};
    for (struct addrinfo *a = list; a != NULL; a = a->ai_next) {
        bool is_ip = a->ai_family == AF_INET || a->ai_family == AF_INET6;
        if (!is_ip || listener->count == LISTENER_SOCKETS_MAX ||
            is_repeated(list, a, listener->port))
            continue;
        if (add_socket(listener, a, list->ai_next == NULL))
            continue;
        error = errno;
        if (!is_missing_family(error)) {
            close_all(listener);
            break;
        }
    }
    errno = error;
    return listener->count > 0 ? 0 : -1;
}

static void explain(int error, const char *host, unsigned port, char *why, size_t why_len)
{
    if (error == EADDRINUSE)
        snprintf(why, why_len,
                 words("port %u is in use: stop the other server, or choose another port with "
                       "--port"),
                 port);
    else if (error == EACCES)
        snprintf(why, why_len,
                 words("port %u is not for ordinary users: choose one above 1023 with --port"),
                 port);
    else
        snprintf(why, why_len, words("cannot listen on %s port %u: %s"),
                 host != NULL ? host : words("loopback"), port, strerror(error));
}

int listener_open(struct listener *listener, const char *host, unsigned port, char *why,
                  size_t why_len)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC}, *list = NULL;
    int failed = getaddrinfo(host, "0", &hints, &list), tries = port == 0 ? 16 : 1, result = -1;
    if (failed != 0) { /* without a host, getaddrinfo() finds the loopback addresses */
        snprintf(why, why_len, words("cannot find the address %s: %s"),
                 host != NULL ? host : words("of loopback"), gai_strerror(failed));
        return -1;
    }
    while (result != 0 && tries-- > 0) {
        result = listen_on_all(listener, list, port);
        if (result != 0 && errno != EADDRINUSE)
            break;
    }
    int error = errno;
    freeaddrinfo(list);
    if (result != 0)
        explain(error, host, port, why, why_len);
    return result;
}

void listener_print_ready(const struct listener *listener, const char *host)
{
    bool any = host == NULL || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
    bool is_ipv6 = !any && strchr(host, ':') != NULL;
    printf("listening on http://%s%s%s:%u/\n", is_ipv6 ? "[" : "", any ? "127.0.0.1" : host,
           is_ipv6 ? "]" : "", listener->port);
    fflush(stdout);
}

/* ------------------------------------------------------------------------------- accepting */

/* Takes the client that is there from one of the sockets. */
static bool accept_from(int listening, struct client *client)
{
    struct sockaddr_storage peer = {0};
    socklen_t len = sizeof peer;
    client->fd = accept(listening, (struct sockaddr *)&peer, &len);
    if (client->fd < 0)
        return false;
    (void)fcntl(client->fd, F_SETFD, FD_CLOEXEC);
#ifndef __linux__
    /* Nothing waits in recv() or send(), but in poll(). Linux can be told so with each call. */
    (void)fcntl(client->fd, F_SETFL, O_NONBLOCK);
#endif
    /* Small frames go out at once: Nagle's algorithm would hold them back for up to 40 ms. */
    set_option(client->fd, IPPROTO_TCP, TCP_NODELAY, 1);
#ifdef SO_NOSIGPIPE
    set_option(client->fd, SOL_SOCKET, SO_NOSIGPIPE, 1);
#endif
    address_text(&peer, client->address);
    client->from_loopback = net_is_loopback((const struct sockaddr *)&peer);
    return true;
}

void listener_own_address(int fd, char text[NET_ADDRESS_MAX])
{
    struct sockaddr_storage own = {.ss_family = AF_INET};
    socklen_t len = sizeof own;
    (void)getsockname(fd, (struct sockaddr *)&own, &len); /* or it is 0.0.0.0:0 */
    address_text(&own, text);
}

/* Fills set with the listener's sockets and one more descriptor; returns how many there are. */
static size_t wait_set(struct pollfd *set, const struct listener *listener, int other)
{
    for (size_t i = 0; i < listener->count; i++)
        set[i] = (struct pollfd){.fd = listener->fd[i], .events = POLLIN};
    set[listener->count] = (struct pollfd){.fd = other, .events = POLLIN};
    return listener->count + 1;
}

/* A thread that sleeps must be woken, which takes longer than to look a few times whether the next
 * client is there, and to let other threads run in between: where many come, 1.2 times as many are
 * served. */
static void look_then_wait(struct pollfd *set, size_t count)
{
    for (int i = 0; i < NET_LOOKS; i++) {
        if (poll(set, (nfds_t)count, 0) > 0)
            return;
        sched_yield();
    }
    net_wait_for_any(set, count, NET_NO_DEADLINE);
}

bool listener_accept(struct listener *listener, struct client *client)
{
    struct pollfd set[LISTENER_SOCKETS_MAX + 1];
    look_then_wait(set, wait_set(set, listener, listener->stop));
    client->stop = listener->stop;
    errno = ECANCELED;
    if (set[listener->count].revents != 0)
        return false;
    size_t i = listener->turn;
    do
        i = (i + 1) % listener->count;
    while (set[i].revents == 0 && i != listener->turn);
    listener->turn = i;
    return accept_from(listener->fd[i], client);
}

bool listener_hears_first(const struct listener *listener, int fd, int64_t deadline)
{
    struct pollfd set[LISTENER_SOCKETS_MAX + 1];
    size_t count = wait_set(set, listener, fd);
    bool in_time, others = false;
    do {
        in_time = net_wait_for_any(set, count, deadline);
        for (size_t i = 0; i < listener->count; i++)
            others = others || set[i].revents != 0;
    } while (in_time && !others && set[listener->count].revents == 0);
    return set[listener->count].revents != 0 || !others;
}
