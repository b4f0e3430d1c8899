/*
 * loopback - a connection from this server to itself
 *
 * Stands beside the way of the data.
 */
#ifndef LESSON02_LOOPBACK_H
#define LESSON02_LOOPBACK_H

/* Connects to the very address and port at which this client of the server has reached it: so it can
 * lead nowhere else. Returns a socket, to be closed by the caller, and the port of its own end; or -1
 * with the reason in errno. Never waits: if it cannot be connected, the first send will say so. */
int loopback_connect(int client_fd, unsigned *port);

#endif
