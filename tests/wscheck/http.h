/*
 * http - the opening handshake as bytes (RFC 6455 §4, RFC 9112), for a grader
 *
 * Builds requests, right ones and any that differ from it, and takes answers apart. Pure, but for
 * libcrypto's SHA-1.
 */
#ifndef WSCHECK_HTTP_H
#define WSCHECK_HTTP_H

#include "bytes.h"

#define ACCEPT_LEN 28 /* 20 bytes in base64 */
#define KEY_MAX    64
#define HEAD_MOST  65536             /* bytes: no server's head is so long */
#define BODY_MOST  ((size_t)1 << 20) /* nor its page */

/*
 * Adds an opening handshake (§4.1) with this key and host. `changes` says how it differs, line by
 * line; "" is the right one:
 *
 *     "=GET / HTTP/1.0"           another request line
 *     "Name: value"               the header of that name reads so; one more line if there is none
 *     "-Name"                     without that header
 *     "+Any line"                 one more line, whatever it says, after the others
 *     "^Any line"                 ... before the others
 *     "!text"                     this stands in place of the blank line; "!" alone: it is missing
 *
 * In it, $K stands for the key and $H for the host.
 */
void http_add_request(struct bytes *out, const char *key, const char *host, const char *changes);

/* Adds base64 of so many bytes. */
void http_add_base64(struct bytes *out, const void *at, size_t len);

/* Sec-WebSocket-Accept for a key: SHA-1 of the key and the GUID, in base64 (§4.2.2 step 5.4). */
void http_accept_key(char accept[ACCEPT_LEN + 1], const char *key);

/* The digest alone, over any text, by any of libcrypto's names ("SHA1", "MD5"); returns its length. */
size_t http_digest(unsigned char digest[64], const char *algorithm, const void *at, size_t len);

/* An answer's head. The pointers are into the bytes that were given. */
struct response {
    const char *at;
    size_t head_len; /* up to and with the blank line */
    int status;
    bool is_old; /* HTTP/1.0 */
};

/* False: the head has not come whole. A first line that is no status line gives status 0. */
bool http_read_response(struct response *response, const unsigned char *bytes, size_t len);

/* The status of an answer, as far as it has come; 0: none can be seen. */
int http_status(const unsigned char *bytes, size_t len);

/* How many headers of that name there are; the value of the first, cut to size, without blanks. */
size_t http_find_header(const struct response *response, const char *name, char *value,
                        size_t size);

/* The number of bytes that a Content-Length says; false: it is none, or more than BODY_MOST. */
bool http_read_length(const char *value, size_t *len);

/* Is the word one item of the comma-separated list, in whatever case? */
bool http_list_has(const char *list, const char *word);

#endif
