/*
 * peer - see peer.h
 */
#include "peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define PATIENCE 20 /* seconds */

void peer_open(struct peer *peer)
{
    const struct timeval patience = {.tv_sec = PATIENCE};
    int ends[2];
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "there is a socket pair");
    must(setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0,
         "its reads have a bound");
    *peer =
        (struct peer){.client = {.fd = ends[0], .stop = -1, .number = 1, .address = "127.0.0.1:1"},
                      .fd = ends[1]};
}

void peer_close(struct peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    if (peer->client.fd >= 0)
        close(peer->client.fd);
    peer->fd = peer->client.fd = -1;
}

void peer_send(const struct peer *peer, const void *bytes, size_t len)
{
    ssize_t n = send(peer->fd, bytes, len, MSG_DONTWAIT);
    must(n == (ssize_t)len, "the socket takes %zu bytes: %zd", len, n);
}

void peer_finish_sending(const struct peer *peer)
{
    must(shutdown(peer->fd, SHUT_WR) == 0, "shutdown: %s", strerror(errno));
}

void peer_must_read(const struct peer *peer, const void *bytes, size_t len)
{
    unsigned char *got = test_malloc(len + 1);
    size_t have = 0;
    for (ssize_t n = 1; have < len && n > 0; have += n > 0 ? (size_t)n : 0)
        n = recv(peer->fd, got + have, len - have, 0);
    must(have == len, "%zu bytes have come, not %zu", have, len);
    must(memcmp(got, bytes, len) == 0, "these %zu bytes are others", len);
    test_free(got);
}

void peer_must_have_nothing(const struct peer *peer)
{
    char byte;
    ssize_t n = recv(peer->fd, &byte, 1, MSG_DONTWAIT);
    must(n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK), "nothing has come: %zd", n);
}

void peer_must_read_the_end(const struct peer *peer)
{
    char byte;
    ssize_t n = recv(peer->fd, &byte, 1, 0);
    must(n == 0, "the end has come: %zd", n);
}
