/*
 * net - the socket calls
 *
 *     BYTES → request → frames → messages → room
 *
 * Everything that this project asks of the operating system's sockets is in net.c, one small
 * function for each idea; nothing here knows HTTP or WebSocket. Times are in milliseconds; a
 * deadline is a point on the clock net_now(), which never jumps.
 *
 * Functions that can fail return -1 and leave the reason in errno.
 */
#ifndef COMMON_NET_H
#define COMMON_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h> /* struct iovec */

/* A clock in milliseconds that only runs forward (CLOCK_MONOTONIC). */
int64_t net_now(void);

/* ------------------------------------------------------------------------------- listening */

#define NET_LISTENERS_MAX 8

struct net_listeners {
    int fd[NET_LISTENERS_MAX];
    size_t count;
    unsigned port; /* host order; the one that was found when 0 was asked for */
};

/*
 * Opens listening sockets on every address of host, or on both loopback addresses, 127.0.0.1 and
 * ::1, if host is NULL; all on the same port. "::" takes IPv4 as well where the system allows it.
 * An address family that the machine lacks is passed over. Returns 0, or -1 with a sentence for
 * the user in why.
 */
int net_listen(struct net_listeners *listeners, const char *host, unsigned port, char *why,
               size_t why_len);

/* Wakes whoever waits for a listener, where the system does that, and refuses new clients. */
void net_listeners_shutdown(struct net_listeners *listeners);

#define NET_ADDRESS_MAX 56 /* "[ffff:...:255.255.255.255]:65535" and a NUL */

/* Takes the client that is there: net_wait_readable() waits for one. Returns its socket, which
 * belongs to the caller, and its address in words; EAGAIN if the client has gone meanwhile. */
int net_accept(int listener, char address[NET_ADDRESS_MAX]);

/* Waits for whichever of the listeners has a client first. */
int net_accept_any(const struct net_listeners *listeners, char address[NET_ADDRESS_MAX]);

/* Waits for a first byte from fd, until the deadline. False if another client came to a listener
 * before there was one. */
bool net_speaks_first(int fd, const struct net_listeners *listeners, int64_t deadline);

/* Wakes whoever waits for the other end of a non-blocking pipe; safe in a signal handler. If the
 * pipe is full, they will wake all the same. */
void net_wake(int pipe_end);

/* Sleeps: for instance because the system is out of something, and to try again at once would be to
 * spin. */
void net_pause(int64_t milliseconds);

/* Waits until there is something to receive or to accept, or until the socket takes bytes again; a
 * connection that has ended counts as both. Returns false if the deadline came first. */
bool net_wait_readable(int fd, int64_t deadline);
bool net_wait_writable(int fd, int64_t deadline);

/* ------------------------------------------------------------------------ receiving, sending */

/* From now on net_receive() gives up with EAGAIN after so long without a byte; 0 means never. */
int net_set_receive_timeout(int fd, int64_t milliseconds);

/* Waits for bytes. Returns how many came, 0 at the end of the stream, -1 on errors and timeouts.
 * Interrupted by a signal, it goes on waiting. */
ssize_t net_receive(int fd, void *buf, size_t len);

/* The same, for whoever expects them soon: it looks a few times before it sleeps. */
ssize_t net_receive_soon(int fd, void *buf, size_t len);

/* The same, but waits until the deadline at most: EAGAIN then. It may leave the receive timeout set
 * to that. */
ssize_t net_receive_until(int fd, void *buf, size_t len, int64_t deadline);

/* Sends what the socket takes at once and never waits for it; a moment passes if the system has no
 * memory for what is sent. Returns how many bytes are left to send, or -1 if the connection is gone.
 * Changes parts: they are then what is left. */
ssize_t net_send_now(int fd, struct iovec *parts, size_t count);

/* Sends all of it and waits for the socket, but not beyond the deadline, and no longer than
 * patience without NET_PROGRESS more bytes taken. Returns 0, or -1: ETIMEDOUT, or the error of the
 * connection. Changes parts. */
#define NET_PROGRESS    1024
#define NET_NO_DEADLINE INT64_MAX
int net_send_all(int fd, struct iovec *parts, size_t count, int64_t patience, int64_t deadline);

/* ---------------------------------------------------------------------------------- the end */

/* Says that nothing more will be sent (FIN). */
void net_finish_sending(int fd);

/* Ends both directions; whoever waits in net_receive() on this socket wakes up. The descriptor
 * stays taken until net_close(), so that it cannot become another client's meanwhile. */
void net_end(int fd);

/* Reads and throws away what still comes, until the other side has finished too or the deadline:
 * closing a socket with unread bytes in it would reset the connection, and the reset can destroy
 * what was sent last before the other side has read it. */
void net_drain(int fd, int64_t deadline);

void net_close(int fd);

/* Closes at once, throwing away what is still to be sent, for a client that takes nothing. */
void net_reset(int fd);

#endif
