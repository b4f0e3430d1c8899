/*
 * tracefile - --trace-file: what clients send and get, in a file that Wireshark opens
 *
 * Stands beside the way of the data. Who reads bytes from a client, or has sent it some, shows them
 * here; what the file looks like, pcapng.c knows. A disk may be slow, and a pipe may have nobody at
 * its other end: so what is shown goes into a queue with a bound, and one thread writes it. Nobody else
 * ever waits for the file. What the queue cannot hold is cut short or left out; that is counted, and
 * the log says so.
 *
 * Any thread may call these, and none of them does anything without --trace-file. For one client and
 * one direction, bytes are shown in their order on the wire: whoever holds a lock for that order calls
 * this with it.
 */
#ifndef LESSON01_TRACEFILE_H
#define LESSON01_TRACEFILE_H

#include "listener.h"

/* Opens the file and starts the thread; nothing to do if path is NULL. Returns 0, or the exit status of
 * a server that cannot start, after it has said why. Call it once, before clients come, when the log may
 * be used by threads and signals are blocked or dealt with. */
int tracefile_open(const char *path);

bool tracefile_is_open(void);

/* A client has come. */
void tracefile_begin(const struct client *client);

/* It has sent, or been sent, len bytes, which begin so many bytes behind the beginning of the parts. The
 * comment, if not NULL, goes with them. */
void tracefile_bytes(const struct client *client, bool from_client, const struct iovec *parts,
                     size_t count, size_t at, size_t len, const char *comment);

/* The same for bytes that lie in one place; NULL: there was no memory to keep them. */
void tracefile_received(const struct client *client, const void *bytes, size_t len,
                        const char *comment);
void tracefile_sent(const struct client *client, const void *bytes, size_t len,
                    const char *comment);

/* A copy of bytes that will be changed before it is known what to say of them: to be freed. NULL if
 * there is no memory, or no file is open. */
void *tracefile_copy(const void *bytes, size_t len);

/* How a connection ended. The second call for a client does nothing. */
enum tracefile_end {
    TRACEFILE_CLOSED, /* by the server, then by the client */
    TRACEFILE_LEFT,   /* by the client first */
    TRACEFILE_LOST,   /* reset, or gone without a word */
    TRACEFILE_RESET,  /* by the server */
};
void tracefile_end(const struct client *client, enum tracefile_end how, const char *comment);

/* Waits until what was shown is in the file, but only for a moment. May be called in a signal handler. */
void tracefile_flush(void);

/* The same at the end of the program; and the log says what is missing in the file. */
void tracefile_finish(void);

#endif
