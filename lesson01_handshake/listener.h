/*
 * listener - socket(), bind(), listen(), accept()
 *
 *     BYTES → request → frames → messages → room
 *
 * A server listens on one port, but often on more than one address: 127.0.0.1 and ::1 are both "this
 * machine". Each address has a socket of its own; the listener is all of them together.
 */
#ifndef LESSON01_LISTENER_H
#define LESSON01_LISTENER_H

#include "net.h"

#define LISTENER_SOCKETS_MAX 8

struct listener {
    int fd[LISTENER_SOCKETS_MAX];
    size_t count;
    unsigned port; /* host order; the one that the system chose if 0 was asked for */
    int stop;    /* when this descriptor becomes readable, listener_accept() gives up; -1: never */
    size_t turn; /* the socket that is looked at first: each is, in turn */
};

/* The other end of a connection. */
struct client {
    int fd;                        /* its socket; the client's thread alone closes it */
    int stop;                      /* readable when the server stops; -1: never */
    unsigned long number;          /* counted from 1, for the log */
    char address[NET_ADDRESS_MAX]; /* for the log */
    bool from_loopback;            /* it is on this machine, or a proxy for it is */
    bool trace;                    /* explain what it sends and gets on stderr */
    const char *token;             /* its page may watch it by that: own.h; NULL: it has none */
};

/*
 * Opens a socket on every address of host, or on both loopback addresses if host is NULL, all on the
 * same port. "::" takes IPv4 too where the system allows it. An address family that the machine lacks
 * is passed over. Returns 0, or -1 with a sentence for the user in why.
 */
int listener_open(struct listener *listener, const char *host, unsigned port, char *why,
                  size_t why_len);

/* Prints the one line on stdout that says: connections are accepted now. */
void listener_print_ready(const struct listener *listener, const char *host);

/*
 * Waits for the next client, and fills in its fd and address; the descriptor is the caller's. False,
 * with the reason in errno, if there is none: ECANCELED when the server stops; EMFILE and the like
 * when the system is out of something; other values when that client has gone again.
 */
bool listener_accept(struct listener *listener, struct client *client);

/* The address of this end of a connection, which is one of the listener's. */
void listener_own_address(int fd, char text[NET_ADDRESS_MAX]);

/* Waits for a first byte from the client until the deadline. False if another client came to the
 * listener before there was one. */
bool listener_hears_first(const struct listener *listener, int fd, int64_t deadline);

#endif
