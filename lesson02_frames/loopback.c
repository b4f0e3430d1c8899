/*
 * loopback - see loopback.h
 */
#include "loopback.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned port_of(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
    return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
}

/* Not left to a program that is started, waiting for nothing, and without Nagle's algorithm: each send is
 * a segment of its own, if the one before has been read. */
static void prepare(int fd)
{
    int one = 1;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
#ifdef SO_NOSIGPIPE
    (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &one, sizeof one);
#endif
}

int loopback_connect(int client_fd, unsigned *port)
{
    struct sockaddr_storage here, own;
    socklen_t len = sizeof here, own_len = sizeof own;
    if (getsockname(client_fd, (struct sockaddr *)&here, &len) != 0)
        return -1;
    int fd = socket(here.ss_family, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    prepare(fd);
    if ((connect(fd, (struct sockaddr *)&here, len) == 0 || errno == EINPROGRESS) &&
        getsockname(fd, (struct sockaddr *)&own, &own_len) == 0) {
        *port = port_of(&own);
        return fd;
    }
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}
