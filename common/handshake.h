/*
 * handshake - the opening handshake of WebSocket, the server's side (RFC 6455 §4.2)
 *
 *     bytes → REQUEST → frames → messages → room
 *
 * An upgrade is an ordinary GET request with some headers; a server that agrees answers "101
 * Switching Protocols" with a key computed from the client's, which proves that it has understood
 * the question and is not some other kind of server that echoes what it gets. From then on the
 * connection carries frames.
 *
 * Pure: it judges a parsed request and writes an answer into the caller's buffer. It is the only
 * module that needs libcrypto.
 */
#ifndef COMMON_HANDSHAKE_H
#define COMMON_HANDSHAKE_H

#include "http.h"

/* What this server allows; strings and lists are the caller's and must outlive the call. */
struct handshake_rules {
    const char *host_name; /* a name that is surely this server's (--host), or NULL */
    char *const *origins;  /* further origins that may connect; "*" stands for all */
    size_t origin_count;
    const char *subprotocol; /* spoken if the client offers it, or NULL for none */
};

/* Does the request mean to become a WebSocket, rightly or not? If it does not, it is ordinary HTTP
 * and may have the page. */
bool handshake_wanted(const struct http_request *request);

/* Whoever the request comes from: is it for this server? HTTP_OK, or HTTP_HOST_UNKNOWN if a stranger's
 * name was pointed at this machine. */
enum http_outcome handshake_check_host(const struct http_request *request,
                                       const struct handshake_rules *rules);

/* Is it an origin that a browser may send (RFC 6454 §6.2), in letters that are safe everywhere:
 * scheme://host or scheme://host:port, with no port that goes without saying; or "file://"? */
bool handshake_is_origin(struct http_text text);

/* Judges an upgrade by RFC 6455 §4.2.1 and by the rules: HTTP_OK, or the refusal. */
enum http_outcome handshake_check(const struct http_request *request,
                                  const struct handshake_rules *rules);

/*
 * A browser does not tell a page why its handshake was refused. So a page of ours asks, with an ordinary
 * GET and its origin in a header of its own, "Page-Origin: https://chat.example": what would a handshake
 * get? handshake_foretell() says HTTP_OK, or the refusal; HTTP_OK, too, to a request that does not ask.
 */
bool handshake_is_asked_about(const struct http_request *request);
enum http_outcome handshake_foretell(const struct http_request *request,
                                     const struct handshake_rules *rules);

/* Sec-WebSocket-Accept for a key (§4.2.2 step 5.4): base64 of the SHA-1 of the key's characters,
 * as they were sent, followed by the GUID. False only if libcrypto runs out of memory. */
#define HANDSHAKE_ACCEPT_LEN 28
bool handshake_accept_key(struct http_text key, char accept[HANDSHAKE_ACCEPT_LEN + 1]);

/* Writes the answer 101 to a request that handshake_check() found good, as a C string; returns its
 * length, or 0 if handshake_accept_key() failed or the subprotocol's name does not fit. */
#define HANDSHAKE_ANSWER_MAX 256
size_t handshake_answer(const struct http_request *request, const struct handshake_rules *rules,
                        char out[HANDSHAKE_ANSWER_MAX]);

#endif
