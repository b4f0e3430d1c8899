/*
 * peer - a client at the other end of a socket pair, which does what the test says
 *
 * Both ends are in the process of the test, and only the test moves: what has been sent is there when
 * the call returns. A read that would wait for ever fails the test after a while.
 */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include "guard.h"
#include "listener.h"

struct peer {
    struct client client; /* as the server has it: its end is client.fd */
    int fd;               /* the client's own end */
};

void peer_open(struct peer *peer);
void peer_close(struct peer *peer);

void peer_send(const struct peer *peer, const void *bytes, size_t len);
void peer_finish_sending(const struct peer *peer);

/* Reads as many bytes; they must be these. */
void peer_must_read(const struct peer *peer, const void *bytes, size_t len);
void peer_must_have_nothing(const struct peer *peer);
void peer_must_read_the_end(const struct peer *peer);

#endif
