/*
 * http: the head of a request, however its bytes come; and the words of a refusal
 *
 * The buffer grows: byte by byte, or in two steps, cut at every point. Where it may not move, what
 * is behind its end is filled with bytes that would change the answer if they were looked at; where
 * it may, its end is an unreadable page.
 */
#include "guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "utf8.h"

static struct guard guard;

/* A request that has only these bytes, at the wall. */
static enum http_outcome parse(struct http_request *request, const char *bytes, size_t len)
{
    http_request_init(request);
    return http_request_parse(request, (char *)guard_at_end(&guard, bytes, len), len);
}

static bool text_is(struct http_text text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.at, word, text.len) == 0;
}

/* ------------------------------------------------------------------------------ good requests */

static const struct {
    const char *head;
    size_t len;
    const char *method, *target;
    int minor_version;
    const char *headers; /* "Name=value" and a newline each */
} good[] = {
    {BYTES("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "GET", "/", 1, "Host=a\n"},
    {BYTES("GET / HTTP/1.1\nHost: a\n\n"), "GET", "/", 1, "Host=a\n"},
    {BYTES("GET / HTTP/1.1\r\nHost: a\n\r\n"), "GET", "/", 1, "Host=a\n"},
    {BYTES("GET / HTTP/1.1\nHost: a\r\n\n"), "GET", "/", 1, "Host=a\n"},
    {BYTES("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), "GET", "/", 1, "Host=a\n"},
    {BYTES("\n\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), "GET", "/", 1, "Host=a\n"},
    {BYTES("GET / HTTP/1.0\r\n\r\n"), "GET", "/", 0, ""},
    {BYTES("GET / HTTP/1.0\n\n"), "GET", "/", 0, ""},
    {BYTES("GET / HTTP/1.0\r\n\n"), "GET", "/", 0, ""},
    {BYTES("GET / HTTP/1.0\n\r\n"), "GET", "/", 0, ""},
    {BYTES("GET / HTTP/1.0\r\nHost: a\r\n\r\n"), "GET", "/", 0, "Host=a\n"},
    {BYTES("GET / HTTP/1.9\r\nHost: a\r\n\r\n"), "GET", "/", 9, "Host=a\n"},
    {BYTES("HEAD /a/b?c=d&e=%20 HTTP/1.1\r\nHost: a\r\n\r\n"), "HEAD", "/a/b?c=d&e=%20", 1,
     "Host=a\n"},
    {BYTES("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), "OPTIONS", "*", 1, "Host=a\n"},
    {BYTES("GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n"), "GET", "http://a/b", 1, "Host=a\n"},
    {BYTES("GET https://a/b HTTP/1.1\r\nHost: a\r\n\r\n"), "GET", "https://a/b", 1, "Host=a\n"},
    {BYTES("GET HTTP://a/b HTTP/1.1\r\nHost: a\r\n\r\n"), "GET", "HTTP://a/b", 1, "Host=a\n"},
    {BYTES("!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\nHost: a\r\n\r\n"), "!#$%&'*+-.^_`|~09azAZ", "/", 1,
     "Host=a\n"},
    {BYTES("get / HTTP/1.1\r\nhOsT:a\r\n\r\n"), "get", "/", 1, "hOsT=a\n"},
    {BYTES("GET / HTTP/1.1\r\nHost: \t a \t \r\nX:\r\nY:  \r\nZ: a: b\tc \r\n\r\n"), "GET", "/", 1,
     "Host=a\nX=\nY=\nZ=a: b\tc\n"},
    {BYTES("GET / HTTP/1.1\nX:\nY: \nHost: a\n\n"), "GET", "/", 1, "X=\nY=\nHost=a\n"},
    {BYTES("GET / HTTP/1.1\r\nHost: a\r\nX: \x80\xFF\r\n\r\n"), "GET", "/", 1,
     "Host=a\nX=\x80\xFF\n"},
    {BYTES("GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
           "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           "Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n"
           "Sec-WebSocket-Version: 13\r\n\r\n"),
     "GET", "/chat", 1,
     "Host=server.example.com\nUpgrade=websocket\nConnection=Upgrade\n"
     "Sec-WebSocket-Key=dGhlIHNhbXBsZSBub25jZQ==\nOrigin=http://example.com\n"
     "Sec-WebSocket-Protocol=chat, superchat\nSec-WebSocket-Version=13\n"},
};

/* All header lines, as in the table. */
static const char *headers_of(const struct http_request *request)
{
    static char line[1000];
    struct http_header header = {0};
    size_t len = 0;
    while (http_header_next(request, &header)) {
        must(len + header.name.len + header.value.len + 3 < sizeof line, "too many headers");
        memcpy(line + len, header.name.at, header.name.len);
        len += header.name.len;
        line[len++] = '=';
        memcpy(line + len, header.value.at, header.value.len);
        len += header.value.len;
        line[len++] = '\n';
    }
    line[len] = '\0';
    return line;
}

static void check_good(const struct http_request *request, size_t row, const char *how, size_t cut)
{
    must(text_is(request->method, good[row].method), "row %zu, %s %zu: method", row, how, cut);
    must(text_is(request->target, good[row].target), "row %zu, %s %zu: target", row, how, cut);
    must(request->minor_version == good[row].minor_version, "row %zu, %s %zu: version", row, how,
         cut);
    must(request->head_len == good[row].len, "row %zu, %s %zu: length", row, how, cut);
    must(strcmp(headers_of(request), good[row].headers) == 0, "row %zu, %s %zu: headers\n%s", row,
         how, cut, headers_of(request));
}

static void good_requests_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct http_request request;
        must(parse(&request, good[i].head, good[i].len) == HTTP_OK, "row %zu: HTTP_OK", i);
        check_good(&request, i, "whole", 0);
    }
}

/* What follows the blank line belongs to somebody else. */
static void good_requests_with_bytes_behind_them(void **state)
{
    static const char *const behind[] = {"\x81\x85zzzzHello", "\r\n\r\n", "GET / HTTP/1.1\r\n",
                                         " folded", "\xFF\xFF\xFF\xFF"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        for (size_t k = 0; k < COUNT_OF(behind); k++) {
            char bytes[1000];
            struct http_request request;
            memcpy(bytes, good[i].head, good[i].len);
            memcpy(bytes + good[i].len, behind[k], strlen(behind[k]));
            must(parse(&request, bytes, good[i].len + strlen(behind[k])) == HTTP_OK,
                 "row %zu: HTTP_OK", i);
            check_good(&request, i, "bytes behind", k);
        }
}

/* Any part of a good request is partial, and nothing behind the part is looked at. */
static void parts_of_good_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        for (size_t have = 0; have < good[i].len; have++) {
            struct http_request request;
            must(parse(&request, good[i].head, have) == HTTP_PARTIAL, "row %zu: %zu bytes", i,
                 have);
        }
}

/* The buffer stays where it is and grows. The bytes that have not come are set to `poison`. */
static void grow(size_t row, size_t first, size_t step, int poison)
{
    const char *head = good[row].head;
    size_t len = good[row].len;
    char *buf = (char *)guard_at_end(&guard, NULL, len);
    struct http_request request;
    http_request_init(&request);
    memset(buf, poison, len);
    for (size_t have = first; have < len; have += step) {
        memcpy(buf, head, have);
        must(http_request_parse(&request, buf, have) == HTTP_PARTIAL, "row %zu: grown to %zu", row,
             have);
    }
    memcpy(buf, head, len);
    must(http_request_parse(&request, buf, len) == HTTP_OK, "row %zu: grown to its end", row);
    check_good(&request, row, "cut at", first);
}

static void good_requests_byte_by_byte(void **state)
{
    static const int poisons[] = {'\n', 0x00, 'a', ':', 0xFF};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        for (size_t k = 0; k < COUNT_OF(poisons); k++) {
            grow(i, 0, 1, poisons[k]);
            grow(i, 1, 3, poisons[k]);
        }
}

static void good_requests_cut_at_every_point(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        for (size_t cut = 0; cut < good[i].len; cut++)
            grow(i, cut, good[i].len, '\n');
}

/* "If the buffer has moved, call http_request_init() again": then nothing is left of its old place. */
static void good_requests_in_a_buffer_that_moves(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++)
        for (size_t cut = 0; cut <= good[i].len; cut++) {
            struct http_request request;
            char *old = malloc(cut + 1);
            must(old != NULL, "memory");
            memcpy(old, good[i].head, cut);
            http_request_init(&request);
            http_request_parse(&request, old, cut);
            free(old);
            must(parse(&request, good[i].head, good[i].len) == HTTP_OK, "row %zu: moved", i);
            check_good(&request, i, "moved at", cut);
        }
}

/* ------------------------------------------------------------------------------- bad requests */

#define LINE "GET / HTTP/1.1\r\n"
#define HOST "Host: a\r\n"

/* The last byte of each row is the one that makes it bad. */
static const struct bad_row {
    const char *bytes;
    size_t len;
    enum http_outcome fault;
} bad[] = {
    {BYTES("\x16"), HTTP_TLS}, /* the first byte of a TLS hello */
    {BYTES("\r\n\x16"), HTTP_TLS},
    {BYTES("\x80"), HTTP_BAD_METHOD},
    {BYTES("\0"), HTTP_BAD_METHOD},
    {BYTES(" "), HTTP_BAD_METHOD},
    {BYTES("\x81"), HTTP_BAD_METHOD}, /* a frame */
    {BYTES("GET\t"), HTTP_BAD_METHOD},
    {BYTES("GET\r"), HTTP_BAD_METHOD},
    {BYTES("GET\n"), HTTP_BAD_METHOD},
    {BYTES("GE\0"), HTTP_BAD_METHOD},
    {BYTES("G@"), HTTP_BAD_METHOD},
    {BYTES("Host:"), HTTP_BAD_METHOD},
    {BYTES("GET  "), HTTP_BAD_TARGET},
    {BYTES("GET \r"), HTTP_BAD_TARGET},
    {BYTES("GET \n"), HTTP_BAD_TARGET},
    {BYTES("GET \t"), HTTP_BAD_TARGET},
    {BYTES("GET \0"), HTTP_BAD_TARGET},
    {BYTES("GET c"), HTTP_BAD_TARGET}, /* "chat" for "/chat" */
    {BYTES("GET ?"), HTTP_BAD_TARGET},
    {BYTES("GET /\t"), HTTP_BAD_TARGET},
    {BYTES("GET /\x01"), HTTP_BAD_TARGET},
    {BYTES("GET /a\x7F"), HTTP_BAD_TARGET},
    {BYTES("GET /\xC3"), HTTP_BAD_TARGET},
    {BYTES("GET /\0"), HTTP_BAD_TARGET},
    {BYTES("GET /\r"), HTTP_BAD_PROTOCOL},
    {BYTES("GET /\n"), HTTP_BAD_PROTOCOL},
    {BYTES("GET / \r"), HTTP_BAD_PROTOCOL},
    {BYTES("GET / \n"), HTTP_BAD_PROTOCOL},
    {BYTES("GET /  "), HTTP_BAD_PROTOCOL},
    {BYTES("GET / h"), HTTP_BAD_PROTOCOL},
    {BYTES("GET / HTTPS"), HTTP_BAD_PROTOCOL},
    {BYTES("GET / HTTP/1\r"), HTTP_BAD_PROTOCOL},
    {BYTES("GET / HTTP/11"), HTTP_BAD_PROTOCOL},
    {BYTES("GET / HTTP/1.\r"), HTTP_BAD_PROTOCOL},
    {BYTES("GET / HTTP/1.10"), HTTP_BAD_PROTOCOL},
    {BYTES("GET / HTTP/1.1 "), HTTP_BAD_PROTOCOL},
    {BYTES("GET / HTTP/0"), HTTP_BAD_VERSION},
    {BYTES("GET / HTTP/2"), HTTP_BAD_VERSION},
    {BYTES("PRI * HTTP/2"), HTTP_BAD_VERSION}, /* HTTP/2 with prior knowledge */
    {BYTES("GET / HTTP/9"), HTTP_BAD_VERSION},
    {BYTES("GET / HTTP/1.1\rH"), HTTP_BARE_CR},
    {BYTES("GET / HTTP/1.1\r\r"), HTTP_BARE_CR},
    {BYTES(LINE " "), HTTP_FOLDED_HEADER},
    {BYTES(LINE HOST " "), HTTP_FOLDED_HEADER},
    {BYTES(LINE HOST "\t"), HTTP_FOLDED_HEADER},
    {BYTES(LINE ":"), HTTP_BAD_HEADER_NAME},
    {BYTES(LINE "\0"), HTTP_BAD_HEADER_NAME},
    {BYTES(LINE "Host "), HTTP_BAD_HEADER_NAME}, /* the space before the colon */
    {BYTES(LINE "Host\t"), HTTP_BAD_HEADER_NAME},
    {BYTES(LINE "H\x80"), HTTP_BAD_HEADER_NAME},
    {BYTES(LINE "Host: a\r\nX("), HTTP_BAD_HEADER_NAME},
    {BYTES(LINE "Host\r"), HTTP_NO_COLON},
    {BYTES(LINE "Host\n"), HTTP_NO_COLON},
    {BYTES(LINE "Host: a\0"), HTTP_CONTROL_BYTE},
    {BYTES(LINE "Host: \x01"), HTTP_CONTROL_BYTE},
    {BYTES(LINE "Host: \x1B"), HTTP_CONTROL_BYTE},
    {BYTES(LINE "Host:\x7F"), HTTP_CONTROL_BYTE},
    {BYTES(LINE "Host: a\ra"), HTTP_BARE_CR},
    {BYTES(LINE "Host: a\r\r"), HTTP_BARE_CR},
    {BYTES(LINE HOST "\r\r"), HTTP_BARE_CR},
    {BYTES(LINE HOST "\rX"), HTTP_BARE_CR},
    {BYTES(LINE "\r\n"), HTTP_HOST_MISSING},
    {BYTES(LINE "\n"), HTTP_HOST_MISSING},
    {BYTES(LINE "Hos: a\r\nHostt: a\r\nX: Host: a\r\n\r\n"), HTTP_HOST_MISSING},
    {BYTES(LINE HOST HOST "\r\n"), HTTP_HOST_REPEATED},
    {BYTES(LINE HOST "X: y\r\nhOST: b\r\n\n"), HTTP_HOST_REPEATED},
    {BYTES("GET / HTTP/1.0\r\n" HOST HOST "\r\n"), HTTP_HOST_REPEATED},
    {BYTES(LINE "Host:\r\n\r\n"), HTTP_HOST_BAD},
    {BYTES(LINE "Host: \t\r\n\r\n"), HTTP_HOST_BAD},
    {BYTES(LINE "Host: a b\r\n\r\n"), HTTP_HOST_BAD},
    {BYTES(LINE "Host: a,b\r\n\r\n"), HTTP_HOST_BAD},
    {BYTES(LINE "Host: user@a\r\n\r\n"), HTTP_HOST_BAD},
    {BYTES(LINE "Host: a/b\r\n\r\n"), HTTP_HOST_BAD},
    {BYTES(LINE "Host: http://a\r\n\r\n"), HTTP_HOST_BAD},
    {BYTES(LINE "Host: a?b\r\n\r\n"), HTTP_HOST_BAD},
    {BYTES(LINE "Host: a#b\r\n\r\n"), HTTP_HOST_BAD},
    {BYTES(LINE "Host: a\\b\r\n\r\n"), HTTP_HOST_BAD},
    {BYTES(LINE "Host: \"a\"\r\n\r\n"), HTTP_HOST_BAD},
    {BYTES(LINE "Host: \xC3\xA4\r\n\r\n"), HTTP_HOST_BAD},
};

/* Told with the last byte, not before, and not differently if more has come. */
static void check_bad(const struct bad_row *row, const char *table, size_t number)
{
    struct http_request request;
    char more[400];
    for (size_t have = 0; have < row->len; have++)
        must(parse(&request, row->bytes, have) == HTTP_PARTIAL, "%s %zu: %zu bytes are fine", table,
             number, have);
    must(parse(&request, row->bytes, row->len) == row->fault, "%s %zu: its byte", table, number);

    memcpy(more, row->bytes, row->len);
    strcpy(more + row->len, LINE HOST "\r\n");
    must(parse(&request, more, row->len + strlen(more + row->len)) == row->fault, "%s %zu: whole",
         table, number);

    char *buf = (char *)guard_at_end(&guard, row->bytes, row->len);
    for (size_t cut = 0; cut < row->len; cut++) {
        http_request_init(&request);
        must(http_request_parse(&request, buf, cut) == HTTP_PARTIAL, "%s %zu: cut at %zu", table,
             number, cut);
        must(http_request_parse(&request, buf, row->len) == row->fault, "%s %zu: cut at %zu, rest",
             table, number, cut);
    }
    http_request_init(&request);
    for (size_t have = 0; have < row->len; have++)
        must(http_request_parse(&request, buf, have) == HTTP_PARTIAL, "%s %zu: byte by byte", table,
             number);
    must(http_request_parse(&request, buf, row->len) == row->fault, "%s %zu: the last byte", table,
         number);
}

static void bad_requests_are_told_at_their_byte(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        check_bad(&bad[i], "row", i);
}

/* RFC 9112 §3.2: a target is a path, a whole URL, or "*". A word that begins like "http" is none. */
static void a_word_is_no_target(void **state)
{
    static const struct bad_row rows[] = {
        {BYTES("GET he"), HTTP_BAD_TARGET},
        {BYTES("GET htm"), HTTP_BAD_TARGET},
        {BYTES("GET http:/a"), HTTP_BAD_TARGET},
        {BYTES("GET https:/a"), HTTP_BAD_TARGET},
        {BYTES("GET h "), HTTP_BAD_TARGET},
        {BYTES("GET http:// "), HTTP_BAD_TARGET},
        {BYTES("GET https:// "), HTTP_BAD_TARGET},
        {BYTES("GET http\r"), HTTP_BAD_TARGET},
        {BYTES("GET *a"), HTTP_BAD_TARGET},
        {BYTES("GET http:/// "), HTTP_BAD_TARGET},
        {BYTES("GET http://?x "), HTTP_BAD_TARGET},
        {BYTES("GET http://#x "), HTTP_BAD_TARGET},
        {BYTES("GET http://[::1/ "), HTTP_BAD_TARGET},
        {BYTES("GET http://[::1]a "), HTTP_BAD_TARGET},
        {BYTES("GET http://a:b "), HTTP_BAD_TARGET},
        {BYTES("GET http://a:1:2/ "), HTTP_BAD_TARGET},
        {BYTES("GET https://a,b/ "), HTTP_BAD_TARGET},
        {BYTES("GET http://:80/ "), HTTP_BAD_TARGET},
        {BYTES("GET http://me@/ "), HTTP_BAD_TARGET},
        {BYTES("GET http://me@you@a/ "), HTTP_BAD_TARGET},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_bad(&rows[i], "row", i);
}

/* RFC 9112 §3.2: "a server MUST respond with 400 to any request message that contains [...] a Host
 * header field with an invalid field value"; a port is digits, an IPv6 address is in brackets. */
static void a_host_that_is_none(void **state)
{
    static const struct bad_row rows[] = {
        {BYTES(LINE "Host: a:b\r\n\r\n"), HTTP_HOST_BAD},
        {BYTES(LINE "Host: a:80:90\r\n\r\n"), HTTP_HOST_BAD},
        {BYTES(LINE "Host: ::1\r\n\r\n"), HTTP_HOST_BAD},
        {BYTES(LINE "Host: [::1\r\n\r\n"), HTTP_HOST_BAD},
        {BYTES(LINE "Host: [::1]a\r\n\r\n"), HTTP_HOST_BAD},
        {BYTES(LINE "Host: [::\x80]\r\n\r\n"), HTTP_HOST_BAD},
        {BYTES(LINE "Host: :80\r\n\r\n"), HTTP_HOST_BAD},
        {BYTES(LINE "Host: @:80\r\n\r\n"), HTTP_HOST_BAD},
        {BYTES(LINE "Host: [:80\r\n\r\n"), HTTP_HOST_BAD},
        {BYTES(LINE "Host: [\r\n\r\n"), HTTP_HOST_BAD},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_bad(&rows[i], "row", i);
}

static void hosts_that_are_fine(void **state)
{
    static const char *const hosts[] = {"a",
                                        "localhost",
                                        "localhost:8080",
                                        "a.b-c_d.e",
                                        "127.0.0.1",
                                        "127.0.0.1:80",
                                        "[::1]",
                                        "[::1]:8080",
                                        "LOCALHOST",
                                        "a.",
                                        "xn--bcher-kva.example:9065"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        struct http_request request;
        char head[200];
        int len = snprintf(head, sizeof head, LINE "Host: %s\r\n\r\n", hosts[i]);
        must(parse(&request, head, (size_t)len) == HTTP_OK, "%s", hosts[i]);
    }
}

/* ------------------------------------------------------------ all bytes in all places of a head */

#define DIGITS  "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define TOKEN   "!#$%&'*+-.^_`|~" DIGITS LETTERS
#define VISIBLE TOKEN "\"(),/:;<=>?@[\\]{}"
#define CONTROL                                                                                    \
    "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0B\x0C\x0E\x0F\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19" \
    "\x1A\x1B\x1C\x1D\x1E\x1F\x7F" /* all but HT, LF, CR */

static const struct {
    const char *before; /* the place is behind it */
    struct {
        const char *bytes;
        size_t len;
        enum http_outcome outcome;
    } kinds[4];
    enum http_outcome otherwise;
} places[] = {
    {"", {{BYTES(TOKEN "\r\n"), HTTP_PARTIAL}, {BYTES("\x16"), HTTP_TLS}}, HTTP_BAD_METHOD},
    {"\r\n", {{BYTES(TOKEN "\r\n"), HTTP_PARTIAL}, {BYTES("\x16"), HTTP_TLS}}, HTTP_BAD_METHOD},
    {"\r", {{BYTES("\n"), HTTP_PARTIAL}}, HTTP_BARE_CR},
    {"G", {{BYTES(TOKEN " "), HTTP_PARTIAL}}, HTTP_BAD_METHOD},
    {"GET ", {{BYTES("/*hH"), HTTP_PARTIAL}}, HTTP_BAD_TARGET},
    {"GET /",
     {{BYTES(VISIBLE " "), HTTP_PARTIAL}, {BYTES("\r\n"), HTTP_BAD_PROTOCOL}},
     HTTP_BAD_TARGET},
    {"GET / ", {{BYTES("H"), HTTP_PARTIAL}}, HTTP_BAD_PROTOCOL},
    {"GET / H", {{BYTES("T"), HTTP_PARTIAL}}, HTTP_BAD_PROTOCOL},
    {"GET / HT", {{BYTES("T"), HTTP_PARTIAL}}, HTTP_BAD_PROTOCOL},
    {"GET / HTT", {{BYTES("P"), HTTP_PARTIAL}}, HTTP_BAD_PROTOCOL},
    {"GET / HTTP", {{BYTES("/"), HTTP_PARTIAL}}, HTTP_BAD_PROTOCOL},
    {"GET / HTTP/",
     {{BYTES("1"), HTTP_PARTIAL}, {BYTES("023456789"), HTTP_BAD_VERSION}},
     HTTP_BAD_PROTOCOL},
    {"GET / HTTP/1", {{BYTES("."), HTTP_PARTIAL}}, HTTP_BAD_PROTOCOL},
    {"GET / HTTP/1.", {{BYTES(DIGITS), HTTP_PARTIAL}}, HTTP_BAD_PROTOCOL},
    {"GET / HTTP/1.1", {{BYTES("\r\n"), HTTP_PARTIAL}}, HTTP_BAD_PROTOCOL},
    {"GET / HTTP/1.1\r", {{BYTES("\n"), HTTP_PARTIAL}}, HTTP_BARE_CR},
    {LINE,
     {{BYTES(TOKEN "\r"), HTTP_PARTIAL},
      {BYTES("\n"), HTTP_HOST_MISSING},
      {BYTES(" \t"), HTTP_FOLDED_HEADER}},
     HTTP_BAD_HEADER_NAME},
    {LINE HOST,
     {{BYTES(TOKEN "\r"), HTTP_PARTIAL},
      {BYTES("\n"), HTTP_OK},
      {BYTES(" \t"), HTTP_FOLDED_HEADER}},
     HTTP_BAD_HEADER_NAME},
    {LINE "H",
     {{BYTES(TOKEN ":"), HTTP_PARTIAL}, {BYTES("\r\n"), HTTP_NO_COLON}},
     HTTP_BAD_HEADER_NAME},
    {LINE "Host:", {{BYTES(CONTROL), HTTP_CONTROL_BYTE}}, HTTP_PARTIAL},
    {LINE "Host: a", {{BYTES(CONTROL), HTTP_CONTROL_BYTE}}, HTTP_PARTIAL},
    {LINE "Host: a\r", {{BYTES("\n"), HTTP_PARTIAL}}, HTTP_BARE_CR},
    {LINE HOST "\r", {{BYTES("\n"), HTTP_OK}}, HTTP_BARE_CR},
};

static void every_byte_in_every_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++)
        for (int byte = 0; byte < 256; byte++) {
            size_t len = strlen(places[i].before);
            enum http_outcome expected = places[i].otherwise;
            struct http_request request;
            char head[100];
            for (size_t k = 0; k < COUNT_OF(places[i].kinds); k++)
                if (places[i].kinds[k].len > 0 &&
                    memchr(places[i].kinds[k].bytes, byte, places[i].kinds[k].len) != NULL)
                    expected = places[i].kinds[k].outcome;
            memcpy(head, places[i].before, len);
            head[len] = (char)byte;
            must(parse(&request, head, len + 1) == expected, "place %zu, byte 0x%02x", i,
                 (unsigned)byte);
        }
}

/* --------------------------------------------------------------------------- how long it may be */

/* A head of exactly len bytes, blank line included. */
static void fill_head(char *head, size_t len)
{
    static const char start[] = LINE HOST "X: ", end[] = "\r\n\r\n";
    memset(head, 'x', len);
    memcpy(head, start, sizeof start - 1);
    memcpy(head + len - (sizeof end - 1), end, sizeof end - 1);
}

static void a_head_may_be_8192_bytes_long(void **state)
{
    static char head[HTTP_HEAD_MAX + 100];
    struct http_request request;
    (void)state;
    for (size_t len = HTTP_HEAD_MAX - 3; len <= HTTP_HEAD_MAX; len++) {
        fill_head(head, len);
        must(parse(&request, head, len) == HTTP_OK && request.head_len == len, "%zu bytes", len);
        must(parse(&request, head, len + 50) == HTTP_OK && request.head_len == len,
             "%zu bytes, and frames", len);
    }
    for (size_t len = HTTP_HEAD_MAX + 1; len <= HTTP_HEAD_MAX + 4; len++) {
        fill_head(head, len);
        must(parse(&request, head, len) == HTTP_HEAD_TOO_LARGE, "%zu bytes", len);
    }
}

/* Told when HTTP_HEAD_MAX bytes are there: whatever comes next, it is too much. */
static void what_never_ends_is_told_in_time(void **state)
{
    static const struct {
        const char *start;
        const char *again;
    } endless[] = {
        {"", "\r\n"},          {"", "\n"},         {"", "G"},
        {"GET /", "a"},        {LINE, "X: y\r\n"}, {LINE, "X"},
        {LINE "X:", " "},      {LINE "X:", "y"},   {LINE HOST, "X: y\r\n"},
        {LINE, "Host: a\r\n"}, {LINE, "X:\n"},
    };
    static char head[HTTP_HEAD_MAX + 100];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(endless); i++) {
        struct http_request request;
        size_t len = strlen(endless[i].start), again = strlen(endless[i].again);
        memcpy(head, endless[i].start, len);
        for (; len < sizeof head; len++)
            head[len] = endless[i].again[(len - strlen(endless[i].start)) % again];
        must(parse(&request, head, HTTP_HEAD_MAX - 1) == HTTP_PARTIAL, "row %zu: one less", i);
        must(parse(&request, head, HTTP_HEAD_MAX) == HTTP_HEAD_TOO_LARGE, "row %zu", i);
        must(parse(&request, head, sizeof head) == HTTP_HEAD_TOO_LARGE, "row %zu: more", i);
        http_request_init(&request);
        for (size_t have = 0; have < HTTP_HEAD_MAX; have++)
            must(http_request_parse(&request, head, have) == HTTP_PARTIAL, "row %zu: %zu bytes", i,
                 have);
        must(http_request_parse(&request, head, HTTP_HEAD_MAX) == HTTP_HEAD_TOO_LARGE,
             "row %zu: byte by byte", i);
    }
}

/* ------------------------------------------------------------------------------- looking it up */

/* A request with these header lines; it stays at the wall until the next one. */
static void request_with(struct http_request *request, const char *headers)
{
    char head[2000];
    int len = snprintf(head, sizeof head, LINE HOST "%s\r\n", headers);
    must(len > 0 && (size_t)len < sizeof head && parse(request, head, (size_t)len) == HTTP_OK,
         "the headers must be good: %s", headers);
}

static void headers_are_found(void **state)
{
    static const struct {
        const char *headers, *name;
        size_t count;
        const char *first;
    } table[] = {
        {"X: y\r\n", "X", 1, "y"},
        {"X: y\r\n", "x", 1, "y"},
        {"x: y\r\n", "X", 1, "y"},
        {"X: y\r\n", "Y", 0, NULL},
        {"X: y\r\n", "XX", 0, NULL},
        {"XX: y\r\n", "X", 0, NULL},
        {"X: 1\r\nY: 2\r\nX: 3\r\n", "X", 2, "1"},
        {"X: 1\r\nY: 2\r\nX: 3\r\n", "Y", 1, "2"},
        {"X:\r\nX: a\r\nx: b\r\n", "X", 3, ""},
        {"X:a:b\r\n", "X", 1, "a:b"},
        {"A: X: y\r\n", "X", 0, NULL},
        {"Sec-WebSocket-Key: k\n", "SEC-WEBSOCKET-KEY", 1, "k"},
        {"", "X", 0, NULL},
        {"", "hOST", 1, "a"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct http_request request;
        struct http_text value = {"untouched", 9};
        request_with(&request, table[i].headers);
        must(http_header_find(&request, table[i].name, &value) == table[i].count, "row %zu", i);
        must(text_is(value, table[i].first != NULL ? table[i].first : "untouched"),
             "row %zu: value", i);
        must(http_header_find(&request, table[i].name, NULL) == table[i].count, "row %zu: NULL", i);
    }
}

static void items_of_lists_are_found(void **state)
{
    static const struct {
        const char *headers;
        bool any_case, exact; /* is "upgrade" in the lists named Connection? */
    } table[] = {
        {"Connection: upgrade\r\n", true, true},
        {"Connection: Upgrade\r\n", true, false},
        {"connection:UPGRADE\r\n", true, false},
        {"Connection: keep-alive, Upgrade\r\n", true, false},
        {"Connection: upgrade,keep-alive\r\n", true, true},
        {"Connection: keep-alive ,\tupgrade\t, x\r\n", true, true},
        {"Connection: ,,, upgrade\r\n", true, true},
        {"Connection: a\r\nConnection: b, upgrade\r\n", true, true},
        {"Connection:\r\nConnection: upgrade\r\n", true, true},
        {"Connection: upgrade \n", true, true},
        {"Connection: upgraded\r\n", false, false},
        {"Connection: upgrad\r\n", false, false},
        {"Connection: up grade\r\n", false, false},
        {"Connection: keep-alive upgrade\r\n", false, false},
        {"Connection: x-upgrade, upgrade-x\r\n", false, false},
        {"Connection: \"upgrade\"\r\n", false, false},
        {"Connection:\r\n", false, false},
        {"Connection: ,\r\n", false, false},
        {"Connexion: upgrade\r\n", false, false},
        {"", false, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct http_request request;
        request_with(&request, table[i].headers);
        must(http_header_has_item(&request, "Connection", "upgrade", http_text_is_nocase) ==
                 table[i].any_case,
             "row %zu: in any case", i);
        must(http_header_has_item(&request, "Connection", "upgrade", http_text_is) ==
                 table[i].exact,
             "row %zu: exactly", i);
    }
}

static void an_item_may_be_one_character(void **state)
{
    struct http_request request;
    (void)state;
    request_with(&request, "A: b\r\nB: c, d\r\nC: ef\r\n");
    assert_true(http_header_has_item(&request, "A", "b", http_text_is));
    assert_true(http_header_has_item(&request, "B", "d", http_text_is));
    assert_false(http_header_has_item(&request, "C", "e", http_text_is));
}

static void texts_are_compared(void **state)
{
    static const struct {
        const char *a, *b;
        bool same, same_nocase;
    } table[] = {
        {"", "", true, true},        {"a", "a", true, true},          {"a", "A", false, true},
        {"a", "", false, false},     {"", "a", false, false},         {"ab", "a", false, false},
        {"a", "ab", false, false},   {"Az-09", "aZ-09", false, true}, {"@", "`", false, false},
        {"[", "{", false, false},    {"\xC4", "\xE4", false, false},  {"z", "Z", false, true},
        {"\x01", "!", false, false}, {"ab", "ac", false, false},      {"abc", "abd", false, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        size_t len = strlen(table[i].a);
        struct http_text a = {(char *)guard_at_end(&guard, table[i].a, len), len};
        struct http_text b = {table[i].b, strlen(table[i].b)};
        must(http_text_is(a, table[i].b) == table[i].same, "row %zu: is", i);
        must(http_text_is_nocase(a, table[i].b) == table[i].same_nocase, "row %zu: nocase", i);
        must(http_text_same_nocase(a, b) == table[i].same_nocase, "row %zu: same", i);
        must(http_text_same_nocase(b, a) == table[i].same_nocase, "row %zu: the other way", i);
    }
}

struct path_row {
    const char *target, *path;
};

static void check_path(const struct path_row *row)
{
    size_t len = strlen(row->target);
    struct http_request request = {.target = {(char *)guard_at_end(&guard, row->target, len), len}};
    struct http_text path = http_request_path(&request);
    must(text_is(path, row->path), "%s has the path %s, not %.*s", row->target, row->path,
         (int)path.len, path.at);
}

static void paths(void **state)
{
    static const struct path_row rows[] = {
        {"/", "/"},
        {"/?", "/"},
        {"/status", "/status"},
        {"/status?pretty", "/status"},
        {"/a?b?c/d", "/a"},
        {"/h/i", "/h/i"},
        {"//a/b", "//a/b"},
        {"*", "*"},
        {"http://host/status", "/status"},
        {"http://host:80/a/b?c=/d", "/a/b"},
        {"https://host/", "/"},
        {"http://host/?", "/"},
        {"http://[::1]:80/x", "/x"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_path(&rows[i]);
}

/* A scheme may be in capitals (RFC 3986 §3.1), a host may end with "?" as well as "/" (§3.2), and no
 * path is the path "/" (RFC 9110 §4.2.3). */
static void paths_of_unusual_urls(void **state)
{
    static const struct path_row rows[] = {
        {"HTTP://host/status", "/status"},
        {"http://host?a=/b", "/"},
        {"http://host", "/"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_path(&rows[i]);
}

/* RFC 9112 §3.2.2: if the target names the server, Host is ignored. */
static void the_server_that_is_meant(void **state)
{
    static const struct {
        const char *line, *host, *authority;
    } table[] = {
        {"GET / HTTP/1.1", "Host: a:80\r\n", "a:80"},
        {"GET //b/ HTTP/1.1", "Host: a\r\n", "a"},
        {"GET /http://b/ HTTP/1.1", "Host: a\r\n", "a"},
        {"OPTIONS * HTTP/1.1", "Host: a\r\n", "a"},
        {"GET http://b HTTP/1.1", "Host: a\r\n", "b"},
        {"GET http://b/c HTTP/1.1", "Host: a\r\n", "b"},
        {"GET HTTPS://[::1]:8443?c HTTP/1.1", "Host: a\r\n", "[::1]:8443"},
        {"GET http://me@b:1#c HTTP/1.1", "Host: a\r\n", "me@b:1"},
        {"GET http://b/@c:d HTTP/1.1", "Host: a\r\n", "b"},
        {"GET http://b HTTP/1.0", "", "b"},
        {"GET / HTTP/1.0", "", ""},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct http_request request;
        char head[200];
        int len = snprintf(head, sizeof head, "%s\r\n%s\r\n", table[i].line, table[i].host);
        must(parse(&request, head, (size_t)len) == HTTP_OK, "row %zu", i);
        must(text_is(http_request_authority(&request), table[i].authority), "row %zu", i);
    }
}

/* ----------------------------------------------------------------------------------- refusals */

static const struct {
    enum http_outcome outcome;
    int status;
} statuses[] = {
    {HTTP_TLS, 400},
    {HTTP_BAD_METHOD, 400},
    {HTTP_BAD_TARGET, 400},
    {HTTP_BAD_PROTOCOL, 400},
    {HTTP_BAD_VERSION, 505},
    {HTTP_BAD_HEADER_NAME, 400},
    {HTTP_NO_COLON, 400},
    {HTTP_FOLDED_HEADER, 400},
    {HTTP_CONTROL_BYTE, 400},
    {HTTP_BARE_CR, 400},
    {HTTP_HEAD_TOO_LARGE, 431},
    {HTTP_HOST_MISSING, 400},
    {HTTP_HOST_REPEATED, 400},
    {HTTP_HOST_BAD, 400},
    {HTTP_UPGRADE_METHOD, 405},
    {HTTP_UPGRADE_OVER_10, 505},
    {HTTP_UPGRADE_TARGET, 400},
    {HTTP_UPGRADE_BODY, 400},
    {HTTP_UPGRADE_HEADER, 400},
    {HTTP_CONNECTION_HEADER, 400},
    {HTTP_VERSION_MISSING, 426},
    {HTTP_VERSION_REPEATED, 400},
    {HTTP_VERSION_OTHER, 426},
    {HTTP_KEY_MISSING, 400},
    {HTTP_KEY_REPEATED, 400},
    {HTTP_KEY_BAD, 400},
    {HTTP_EXTENSIONS_BAD, 400},
    {HTTP_ORIGIN_REPEATED, 400},
    {HTTP_ORIGIN_FORBIDDEN, 403},
    {HTTP_HOST_UNKNOWN, 421},
    {HTTP_METHOD_NOT_ALLOWED, 405},
    {HTTP_NOT_FOUND, 404},
    {HTTP_LOOPBACK_ONLY, 403},
    {HTTP_TOKEN_MISSING, 403},
    {HTTP_TIMEOUT, 408},
    {HTTP_FULL, 503},
    {HTTP_NO_RESOURCES, 503},
};

static const char *phrase_of(int status)
{
    static const struct {
        int status;
        const char *phrase;
    } phrases[] = {
        {400, "Bad Request"},         {403, "Forbidden"},
        {404, "Not Found"},           {405, "Method Not Allowed"},
        {408, "Request Timeout"},     {421, "Misdirected Request"},
        {426, "Upgrade Required"},    {431, "Request Header Fields Too Large"},
        {503, "Service Unavailable"}, {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < COUNT_OF(phrases); i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "?";
}

static void refusals_have_their_status(void **state)
{
    (void)state;
    assert_int_equal(COUNT_OF(statuses), HTTP_OUTCOMES - HTTP_TLS);
    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        const struct http_refusal *refusal = http_refusal_find(statuses[i].outcome);
        must(refusal->status == statuses[i].status, "outcome %d: %d", statuses[i].outcome,
             statuses[i].status);
        must(strcmp(refusal->phrase, phrase_of(refusal->status)) == 0, "%d %s", refusal->status,
             refusal->phrase);
    }
}

static void refusals_say_why(void **state)
{
    (void)state;
    for (int outcome = HTTP_TLS; outcome < HTTP_OUTCOMES; outcome++) {
        const struct http_refusal *refusal = http_refusal_find((enum http_outcome)outcome);
        const char *reason = refusal->reason;
        struct utf8 check = {0};
        if (reason == NULL)
            reason = "";
        must(strlen(reason) > 20, "outcome %d has words", outcome);
        must(strpbrk(reason, "\r\n\t") == NULL, "\"%s\" is one line", reason);
        must(strstr(reason, "(RFC ") != NULL && strstr(reason, "§") != NULL,
             "\"%s\" names the section", reason);
        must(utf8_feed(&check, (const unsigned char *)reason, strlen(reason)) &&
                 utf8_is_complete(&check),
             "\"%s\" is UTF-8", reason);
        for (int other = HTTP_TLS; other < outcome; other++)
            must(strcmp(reason, http_refusal_find((enum http_outcome)other)->reason) != 0,
                 "\"%s\" is said of one fault only", reason);
    }
}

/* Cuts a line that ends with CRLF off the text; NULL if there is none. */
static char *cut_line(char **text)
{
    char *line = *text, *end = strstr(line, "\r\n");
    if (end == NULL)
        return NULL;
    *end = '\0';
    *text = end + 2;
    return line;
}

/* An answer, read as a client would read it. */
struct answer {
    int status;
    char phrase[80];
    struct {
        char name[40], value[80];
    } headers[10];
    size_t count;
    const char *body;
};

static void read_answer(struct answer *answer, char *text)
{
    char *line = cut_line(&text);
    int used = 0;
    *answer = (struct answer){0};
    must(line != NULL && sscanf(line, "HTTP/1.1 %3d %n", &answer->status, &used) == 1 && used == 13,
         "status line: %s", line);
    snprintf(answer->phrase, sizeof answer->phrase, "%s", line + used);
    while ((line = cut_line(&text)) != NULL && *line != '\0') {
        char *colon = strstr(line, ": ");
        must(colon != NULL && colon > line && answer->count < 10, "header line: %s", line);
        for (const char *c = line; *c != '\0'; c++)
            must((*c >= ' ' && *c < 0x7F) && (c > colon || *c != ' '), "header line: %s", line);
        snprintf(answer->headers[answer->count].name, 40, "%.*s", (int)(colon - line), line);
        snprintf(answer->headers[answer->count++].value, 80, "%s", colon + 2);
    }
    must(line != NULL, "a blank line ends the head");
    answer->body = text;
}

/* The value of the only header of that name; "" if there is none. */
static const char *header_of(const struct answer *answer, const char *name)
{
    const char *value = "";
    for (size_t i = 0; i < answer->count; i++)
        if (strcmp(answer->headers[i].name, name) == 0) {
            must(*value == '\0', "%s is there twice", name);
            value = answer->headers[i].value;
        }
    return value;
}

static void check_refusal(enum http_outcome outcome, bool with_body)
{
    const struct http_refusal *refusal = http_refusal_find(outcome);
    char *out = (char *)guard_at_end(&guard, NULL, HTTP_REFUSAL_MAX), content_length[20];
    struct answer answer;
    memset(out, 'x', HTTP_REFUSAL_MAX);
    size_t len = http_refusal_write(outcome, with_body, out);
    must(len < HTTP_REFUSAL_MAX - 1 && strlen(out) == len, "outcome %d: a whole C string", outcome);

    read_answer(&answer, out);
    must(answer.status == refusal->status && strcmp(answer.phrase, refusal->phrase) == 0,
         "outcome %d: status line", outcome);
    snprintf(content_length, sizeof content_length, "%zu", strlen(refusal->reason) + 1);
    must(strcmp(header_of(&answer, "Content-Length"), content_length) == 0,
         "outcome %d: Content-Length", outcome);
    must(strncmp(header_of(&answer, "Content-Type"), "text/plain", 10) == 0,
         "outcome %d: Content-Type", outcome);
    must(strncmp(header_of(&answer, "Connection"), "close", 5) == 0, "outcome %d: Connection",
         outcome);
    if (with_body)
        must(strlen(answer.body) == strlen(refusal->reason) + 1 &&
                 strncmp(answer.body, refusal->reason, strlen(refusal->reason)) == 0 &&
                 answer.body[strlen(refusal->reason)] == '\n',
             "outcome %d: the body is the reason", outcome);
    else
        must(*answer.body == '\0', "outcome %d: no body", outcome);

    /* RFC 9110 §15.5.6, RFC 6455 §4.2.2 step 4 and §4.4, RFC 9110 §7.8 */
    must((answer.status == 405) == (*header_of(&answer, "Allow") != '\0'),
         "405 says what is allowed");
    must((answer.status == 426) == (strcmp(header_of(&answer, "Sec-WebSocket-Version"), "13") == 0),
         "426 says which version");
    must((answer.status == 426) == (strcmp(header_of(&answer, "Upgrade"), "websocket") == 0),
         "426 says what to upgrade to");
    must((answer.status == 426) == (strstr(header_of(&answer, "Connection"), "Upgrade") != NULL),
         "and Connection lists Upgrade");
}

static void refusals_are_http(void **state)
{
    (void)state;
    for (int outcome = HTTP_TLS; outcome < HTTP_OUTCOMES; outcome++) {
        check_refusal((enum http_outcome)outcome, true);
        check_refusal((enum http_outcome)outcome, false);
    }
}

/* ---------------------------------------------------------------------------------------- main */

static int open_guard(void **state)
{
    (void)state;
    guard_open(&guard, HTTP_HEAD_MAX + 1000);
    return 0;
}

static int close_guard(void **state)
{
    (void)state;
    guard_close(&guard);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_requests_whole),
        cmocka_unit_test(good_requests_with_bytes_behind_them),
        cmocka_unit_test(parts_of_good_requests),
        cmocka_unit_test(good_requests_byte_by_byte),
        cmocka_unit_test(good_requests_cut_at_every_point),
        cmocka_unit_test(good_requests_in_a_buffer_that_moves),
        cmocka_unit_test(bad_requests_are_told_at_their_byte),
        cmocka_unit_test(a_word_is_no_target),
        cmocka_unit_test(a_host_that_is_none),
        cmocka_unit_test(hosts_that_are_fine),
        cmocka_unit_test(every_byte_in_every_place),
        cmocka_unit_test(a_head_may_be_8192_bytes_long),
        cmocka_unit_test(what_never_ends_is_told_in_time),
        cmocka_unit_test(headers_are_found),
        cmocka_unit_test(items_of_lists_are_found),
        cmocka_unit_test(an_item_may_be_one_character),
        cmocka_unit_test(texts_are_compared),
        cmocka_unit_test(paths),
        cmocka_unit_test(paths_of_unusual_urls),
        cmocka_unit_test(the_server_that_is_meant),
        cmocka_unit_test(refusals_have_their_status),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(refusals_are_http),
    };
    return cmocka_run_group_tests_name("http", tests, open_guard, close_guard);
}
