/*
 * opening - the HTTP part of a connection: read the request head, answer it
 *
 *     BYTES → REQUEST → frames → messages → room
 *
 * http.c and handshake.c know the rules; here they meet a socket and a clock. Each function serves
 * one client and may wait for it.
 */
#ifndef LESSON01_OPENING_H
#define LESSON01_OPENING_H

#include "buffer.h"
#include "handshake.h"
#include "listener.h"
#include "options.h"

/* What GET gets at a path: a page that is there, or one that is written when it is asked for. A table
 * of pages ends with a row without a path. */
struct page {
    const char *path;
    const char *content_type;
    const void *body;
    size_t len;
    size_t (*write)(char *body, size_t size); /* if not NULL: writes it, and returns its length */
};

#define HTML             "text/html; charset=utf-8"
#define JSON             "application/json"
#define PAGE_WRITTEN_MAX 512 /* bytes of a page that is written */

/* How long a connection that has been answered may take to close its side, in milliseconds. */
#define OPENING_LINGER 2000

/*
 * Reads until the head is complete, and perhaps more: in->data[request->head_len..) has come after
 * it and is the first of the frames. Returns HTTP_OK, the refusal as soon as there is one
 * (HTTP_TIMEOUT at the deadline), or HTTP_PARTIAL if the client went away before the end of the
 * head, or the server stops. The slices in *request point into *in: they are good until *in changes.
 */
enum http_outcome opening_read_head(const struct client *client, struct buffer *in,
                                    struct http_request *request, int64_t deadline);

/* Judges an upgrade by RFC 6455 §4.2.1 and by the options. HTTP_OK, and the 101 is in answer, *len
 * bytes of it; or the refusal. The subprotocol is spoken if the client offers it; NULL for none. */
enum http_outcome opening_judge(const struct http_request *request, const struct options *options,
                                const char *subprotocol, char answer[HANDSHAKE_ANSWER_MAX],
                                size_t *len);

/* Sends the 101: from now on there are frames. False if that could not be sent. */
bool opening_upgrade(const struct client *client, const char *answer, size_t len);

/* With --trace, shows a 101 that somebody else has sent. */
void opening_trace_answer(const struct client *client, const char *answer, size_t len);

/* Answers a request that is no upgrade with its page, and waits for the client to close, at most
 * OPENING_LINGER; only net_close() is left to be done. Otherwise returns the refusal; or that which an
 * upgrade would get, if this is what the page asks: handshake_foretell(). */
enum http_outcome opening_send_page(const struct client *client, const struct http_request *request,
                                    const struct options *options, const struct page *pages);

/* The same with a refusal. The request need not be complete. */
void opening_refuse(const struct client *client, const struct http_request *request,
                    enum http_outcome outcome);

#endif
