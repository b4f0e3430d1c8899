/*
 * opening - the HTTP part of a connection: read the request head, answer it
 *
 *     BYTES → REQUEST → frames → messages → room
 *
 * http.c and handshake.c know the rules; here they meet a socket and a clock. Each function serves
 * one client and may wait for it: call them from the thread that owns the client.
 */
#ifndef COMMON_OPENING_H
#define COMMON_OPENING_H

#include "buffer.h"
#include "handshake.h"
#include "net.h"

/* Who is at the other end. */
struct client {
    int fd;
    unsigned long number; /* counted from 1, for the log */
    char address[NET_ADDRESS_MAX];
    bool trace; /* explain the heads on stderr */
};

/* How long a connection that has been answered may take to close its side, in milliseconds. */
#define OPENING_LINGER 2000

/*
 * Reads until the head is complete, and perhaps more: in->data[request->head_len..) has come after
 * it and is the first of the frames. Returns HTTP_OK, the refusal as soon as there is one
 * (HTTP_TIMEOUT at the deadline), or HTTP_PARTIAL if the client went away before the end of the
 * head. The slices in *request point into *in: they are good until *in changes.
 */
enum http_outcome opening_read_head(const struct client *client, struct buffer *in,
                                    struct http_request *request, int64_t deadline);

/* Sends the answer 101 that handshake_answer() has made: from now on there are frames. False if that
 * could not be sent. */
bool opening_upgrade(const struct client *client, const char *answer, size_t len);

/* Answers with a refusal, or with 200 and a body, and waits for the client to close, at most
 * OPENING_LINGER; only net_close() is left to be done. A refused request need not be complete. */
void opening_refuse(const struct client *client, const struct http_request *request,
                    enum http_outcome outcome);
void opening_send_body(const struct client *client, const struct http_request *request,
                       const char *content_type, const void *body, size_t len);

/* May this request, which is no upgrade, have a body? HTTP_OK, or HTTP_METHOD_NOT_ALLOWED. */
enum http_outcome opening_check_method(const struct http_request *request);

#endif
