/*
 * http - the head of an HTTP request, taken apart; and the answer to one that is refused
 *
 *     BYTES → REQUEST → frames → messages → room
 *
 * Every WebSocket begins as HTTP (RFC 6455 §1.3): the client sends a request head, some lines of
 * text that end with an empty one. This module reads such a head by the rules of RFC 9112.
 *
 * It is pure: no sockets, no allocation, no printing. The caller keeps the bytes in one buffer and
 * calls http_request_parse() whenever that buffer has grown; "not all there yet" (HTTP_PARTIAL) is
 * an answer of its own, and what was found is told as slices of the caller's buffer, which stay
 * good as long as that buffer neither moves nor changes.
 *
 *     struct http_request request;
 *     http_request_init(&request);
 *     do
 *         len += (size_t)recv(fd, buf + len, sizeof buf - len, 0);
 *     while ((outcome = http_request_parse(&request, buf, len)) == HTTP_PARTIAL);
 */
#ifndef COMMON_HTTP_H
#define COMMON_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#define HTTP_HEAD_MAX 8192 /* bytes of a request head, the blank line included; more is 431 */

/* How reading a request, or judging it, can end. All from HTTP_TLS on are refusals: each has its
 * status code and its words in one table, see http_refusal_find(). */
enum http_outcome {
    HTTP_OK,
    HTTP_PARTIAL, /* no fault so far, but the blank line has not come */

    /* faults of the head itself */
    HTTP_TLS,
    HTTP_BAD_METHOD,
    HTTP_BAD_TARGET,
    HTTP_BAD_PROTOCOL,
    HTTP_BAD_VERSION,
    HTTP_BAD_HEADER_NAME,
    HTTP_NO_COLON,
    HTTP_FOLDED_HEADER,
    HTTP_CONTROL_BYTE,
    HTTP_BARE_CR,
    HTTP_HEAD_TOO_LARGE,
    HTTP_HOST_MISSING,
    HTTP_HOST_REPEATED,
    HTTP_HOST_BAD,

    /* faults of an upgrade to WebSocket: found by handshake.c */
    HTTP_UPGRADE_METHOD,
    HTTP_UPGRADE_OVER_10,
    HTTP_UPGRADE_TARGET,
    HTTP_UPGRADE_BODY,
    HTTP_UPGRADE_HEADER,
    HTTP_CONNECTION_HEADER,
    HTTP_VERSION_MISSING,
    HTTP_VERSION_REPEATED,
    HTTP_VERSION_OTHER,
    HTTP_KEY_MISSING,
    HTTP_KEY_REPEATED,
    HTTP_KEY_BAD,
    HTTP_EXTENSIONS_BAD,
    HTTP_ORIGIN_REPEATED,
    HTTP_ORIGIN_FORBIDDEN,

    /* the request is fine, but not for this server, or not now */
    HTTP_HOST_UNKNOWN,
    HTTP_METHOD_NOT_ALLOWED,
    HTTP_NOT_FOUND,
    HTTP_LOOPBACK_ONLY,
    HTTP_TOKEN_MISSING,
    HTTP_TIMEOUT,
    HTTP_FULL,
    HTTP_NO_RESOURCES,

    HTTP_OUTCOMES /* how many there are */
};

/* What a refusal says: the status line, headers that this refusal must have besides the usual ones
 * (or ""), and one line of text that names what is wrong and the section that says so. */
struct http_refusal {
    int status;
    const char *phrase;
    const char *headers;
    const char *reason;
};

/* A piece of text in the caller's buffer; not NUL-terminated. */
struct http_text {
    const char *at;
    size_t len;
};

/* What a byte of the head can belong to; http.c has one function for each. */
enum http_state {
    HTTP_IN_START,
    HTTP_IN_START_CR, /* after a CR before the request line: only LF may follow */
    HTTP_IN_METHOD,
    HTTP_IN_TARGET,
    HTTP_IN_PROTOCOL,
    HTTP_IN_LINE_START,
    HTTP_IN_NAME,
    HTTP_IN_VALUE,
    HTTP_IN_CR,       /* the same, at the end of a line */
    HTTP_IN_FINAL_CR, /* the same, in the empty line */
};

/* A request head. Everything from method on is good once http_request_parse() has said HTTP_OK. */
struct http_request {
    enum http_state state; /* progress: what the next byte belongs to */
    size_t scanned;        /* progress: buf[0..scanned) has been looked at */
    size_t part_start;     /* progress: where the method, target, line ... under way begins */

    struct http_text method;  /* "GET" */
    struct http_text target;  /* "/chat?x=1" */
    int minor_version;        /* HTTP/1.minor_version */
    struct http_text headers; /* all header lines, for http_header_next() */
    size_t head_len;          /* bytes up to and with the blank line; what follows is not HTTP */
};

void http_request_init(struct http_request *request);

/*
 * Looks at the bytes that have come since the last call; buf[0..len) is always the whole head so
 * far. Returns HTTP_OK when the blank line is there, HTTP_PARTIAL when more must come, or else the
 * fault, as early as the byte that makes it one (RFC 9112 §3, §5). A line ends with CRLF or, for
 * people with telnet or nc, with a bare LF. If the buffer has moved, call http_request_init() again
 * first: the slices point into it.
 */
enum http_outcome http_request_parse(struct http_request *request, const char *buf, size_t len);

/* The next header line of the request: start with *header = {0}. Returns false after the last.
 * The value comes without the white space around it. Only for requests that were HTTP_OK. */
struct http_header {
    struct http_text name, value;
    const char *next; /* where http_header_next() goes on */
};
bool http_header_next(const struct http_request *request, struct http_header *header);

/* How often the header occurs (names are case-insensitive, RFC 9110 §5.1); the value of the first
 * goes to *value, which may be NULL. */
size_t http_header_find(const struct http_request *request, const char *name,
                        struct http_text *value);

/* Comparing: the same bytes, or the same letters in whatever case. */
bool http_text_is(struct http_text text, const char *word);
bool http_text_is_nocase(struct http_text text, const char *word);
bool http_text_same_nocase(struct http_text a, struct http_text b);

/* True if one of the comma-separated lists in the headers of that name has the item, compared with
 * one of the first two functions above (RFC 9110 §5.6.1): "Connection: keep-alive, Upgrade" has
 * "upgrade" whatever its case. */
bool http_header_has_item(const struct http_request *request, const char *name, const char *item,
                          bool (*is)(struct http_text, const char *));

/* May it stand in a token, such as a header's name? (RFC 9110 §5.6.2) */
bool http_is_token_char(unsigned char c);

/* The path in the target: "/status" of "/status?pretty" and of "http://host/status". */
struct http_text http_request_path(const struct http_request *request);

/* Which server the request is for, "host" or "host:port": in the target, or else in the Host header
 * (RFC 9112 §3.2.2). Empty if HTTP/1.0 leaves it out. */
struct http_text http_request_authority(const struct http_request *request);

/* The words for an outcome that is neither HTTP_OK nor HTTP_PARTIAL. */
const struct http_refusal *http_refusal_find(enum http_outcome outcome);

/* Writes the whole answer of a refusal, head and body, as a C string; returns its length, which is
 * below HTTP_REFUSAL_MAX for every outcome. with_body is false for a HEAD request. */
#define HTTP_REFUSAL_MAX 768
size_t http_refusal_write(enum http_outcome outcome, bool with_body, char out[HTTP_REFUSAL_MAX]);

#endif
