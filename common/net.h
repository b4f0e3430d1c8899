/*
 * net - waiting, receiving, sending and ending, on a socket that is connected
 *
 *     BYTES → request → frames → messages → room
 *
 * One small function for each idea; nothing here knows HTTP or WebSocket. (How sockets come to be is
 * the listener's part.) Times are in milliseconds; a deadline is a point on the clock net_now(),
 * which never jumps.
 *
 * A thread that waits for a client waits for one thing more: `stop`, a descriptor that becomes
 * readable when the server stops, so that nobody has to be interrupted. -1 means: nothing to wait for.
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

struct pollfd;
struct sockaddr;

#define NET_NO_DEADLINE INT64_MAX
#define NET_ADDRESS_MAX 56 /* "[ffff:...:255.255.255.255]:65535" and a NUL */

/* A clock in milliseconds that only runs forward (CLOCK_MONOTONIC). */
int64_t net_now(void);

/* Is it an address of this machine's own loopback: 127.0.0.0/8, ::1, or the first as an IPv6 address? */
bool net_is_loopback(const struct sockaddr *address);

/* Sleeps: for instance because the system is out of something, and to try again at once would be to
 * spin. */
void net_pause(int64_t milliseconds);

/* ---------------------------------------------------------------------------------- waiting */

/* poll() until one of the descriptors is ready, or the deadline: false then. True, too, with no revents, if
 * the system cannot tell just now: after a moment, whoever waits may try. */
bool net_wait_for_any(struct pollfd *set, size_t count, int64_t deadline);

/* Would reading from it return at once? Never waits. False for -1. */
bool net_is_readable(int fd);

/* Are there bytes to be read from the socket? Never waits. False if it has ended, or been reset. */
bool net_has_bytes(int fd);

/* Waits until the socket takes bytes again. A connection that has ended counts as that. False if the
 * deadline came first. */
bool net_wait_writable(int fd, int64_t deadline);

/* ------------------------------------------------------------------------ receiving, sending */

/* Takes bytes that are there: it looks for them so many times, letting other threads run in between, and
 * if that is more than once, for as long as it takes to wake a thread; it never sleeps. Returns how many
 * came, 0 at the end of the stream, or -1: EAGAIN if there are none, else the error of the connection. */
ssize_t net_look(int fd, void *buf, size_t len, int looks);

/* Sleeps until there are bytes. Returns as net_look() does, but EAGAIN means that the deadline has come;
 * and ECANCELED, that `stop` is readable. */
ssize_t net_wait(int fd, void *buf, size_t len, int stop, int64_t deadline);

/* How often it is worth while to look before a thread goes to sleep. */
#define NET_LOOKS 8

/* The two one after the other: for a handshake or a goodbye, where the other side answers at once. So it
 * looks twice as often. */
ssize_t net_receive(int fd, void *buf, size_t len, int stop, int64_t deadline);

/* Sends what the socket takes at once and never waits. Returns how many bytes are left to send, or -1 if
 * the connection is gone. If some are left, errno is ENOBUFS when the system has no memory to send them:
 * poll() may then say all the same that there is room. Changes parts: they are then what is left. */
ssize_t net_send_now(int fd, struct iovec *parts, size_t count);

/*
 * What the other side has taken. A socket takes bytes until its buffer, of some megabytes, is full; so
 * that it takes none does not mean that the other side reads none. The system knows better: how many
 * bytes the other side has acknowledged so far, and how many it has not yet. Both are -1 where the
 * system does not tell.
 */
struct net_taken {
    int64_t acknowledged, outstanding;
};
struct net_taken net_taken(int fd);

/* Sends all of it and waits for the socket, but not beyond the deadline, and no longer than patience
 * without NET_PROGRESS more bytes taken by the other side. Returns 0, or -1: ETIMEDOUT, or the error
 * of the connection. Changes parts. */
#define NET_PROGRESS 1024
int net_send_all(int fd, struct iovec *parts, size_t count, int64_t patience, int64_t deadline);

/* ---------------------------------------------------------------------------------- the end */

/* Says that nothing more will be sent (FIN). */
void net_finish_sending(int fd);

/* No more is received; whoever waits for that wakes up. Something may still be sent. */
void net_end_receiving(int fd);

/* Ends both directions; whoever waits for this socket wakes up. The descriptor stays taken until
 * net_close(), so that it cannot become another client's meanwhile. */
void net_end(int fd);

/* Reads and throws away what still comes, until the other side has finished too or the deadline:
 * closing a socket with unread bytes in it would reset the connection (RST), and the reset can
 * destroy what was sent last before the other side has read it. */
void net_drain(int fd, int64_t deadline);

void net_close(int fd);

/* For a client that takes nothing: net_close() will throw away what is still to be sent. */
void net_reset_on_close(int fd);

#endif
