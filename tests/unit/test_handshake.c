/*
 * handshake: which requests become a WebSocket, which pages may ask, and the answer 101
 */
#include "guard.h"

#include <stdio.h>
#include <string.h>

#include "handshake.h"

static struct guard guard;        /* for requests and keys */
static struct guard answer_guard; /* for what is written meanwhile */

/* ---------------------------------------------------------------------------------- accept key */

/* The sample of RFC 6455 §1.3, one whose digest has a NUL byte in it, and some more, computed with
 * other software. */
static const struct {
    const char *key, *accept;
} keys[] = {
    {"dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
    {"bGVzc29uMSBrZXkAAACvAA==", "ANA+Lrpw8p4T1jZEZt2Jwjkq7do="},
    {"x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="},
    {"AAAAAAAAAAAAAAAAAAAAAA==", "ICX+Yqv66kxgM0FcWaLWlFLwTAI="},
    {"/////////////////////w==", "XXpj4jYzLM2yUE0C7TIgMwTQh2g="},
    {"vKqK+/qGGlKgf3SKxKI+aA==", "j9YJZ5cVPzZXQUZ+9OgDECDh7HA="},
    {"ywZzyiYfFWHeF6RgvpShYA==", "gBXIDdlaYmy5AgAtUjHCbsWooHo="},
    {"rhQopylDMXLn8AOL75NX7w==", "MAoQlTo9e1H2xxJbniJ0+QUMbgA="},
};

static void accept_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct http_text key = {(char *)guard_at_end(&guard, keys[i].key, 24), 24};
        char accept[HANDSHAKE_ACCEPT_LEN + 1];
        memset(accept, 'x', sizeof accept);
        must(handshake_accept_key(key, accept), "%s", keys[i].key);
        must(strcmp(accept, keys[i].accept) == 0, "%s gives %s, not %.28s", keys[i].key,
             keys[i].accept, accept);
        must(strlen(accept) == HANDSHAKE_ACCEPT_LEN, "28 characters");
    }
}

static void an_accept_key_is_written_where_it_fits(void **state)
{
    char *out = (char *)guard_at_end(&guard, NULL, HANDSHAKE_ACCEPT_LEN + 1);
    struct http_text key = {keys[0].key, 24};
    (void)state;
    assert_true(handshake_accept_key(key, out));
    assert_string_equal(out, keys[0].accept);
}

static void a_key_of_another_length_has_no_answer(void **state)
{
    (void)state;
    for (size_t len = 0; len < 100; len++) {
        char text[100], accept[HANDSHAKE_ACCEPT_LEN + 1];
        memset(text, 'A', sizeof text);
        struct http_text key = {(char *)guard_at_end(&guard, text, len), len};
        must(handshake_accept_key(key, accept) == (len == 24), "%zu characters", len);
    }
}

/* ------------------------------------------------------------------------------ §4.2.1, the rules */

#define ABSENT "" /* no such line */

/* What differs from the sample in RFC 6455 §1.2; NULL is as it is there. */
struct variant {
    const char *line, *host, *upgrade, *connection, *version, *key, *more;
};

static enum http_outcome parse(struct http_request *request, struct variant v)
{
    char head[2000];
    int len = snprintf(head, sizeof head, "%s\r\n%s%s%s%s%s%s\r\n",
                       v.line != NULL ? v.line : "GET /chat HTTP/1.1",
                       v.host != NULL ? v.host : "Host: localhost:8080\r\n",
                       v.upgrade != NULL ? v.upgrade : "Upgrade: websocket\r\n",
                       v.connection != NULL ? v.connection : "Connection: Upgrade\r\n",
                       v.version != NULL ? v.version : "Sec-WebSocket-Version: 13\r\n",
                       v.key != NULL ? v.key : "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                       v.more != NULL ? v.more : "");
    must(len > 0 && (size_t)len < sizeof head, "the request must have room");
    const char *bytes = (char *)guard_at_end(&guard, head, (size_t)len);
    http_request_init(request);
    return http_request_parse(request, bytes, (size_t)len);
}

static const struct http_request *request_of(struct variant v)
{
    static struct http_request request;
    must(parse(&request, v) == HTTP_OK, "this must be good HTTP");
    return &request;
}

static const struct handshake_rules no_rules;

static const struct {
    const char *what;
    struct variant variant;
    enum http_outcome outcome;
} requests[] = {
    {"the sample", {0}, HTTP_OK},
    {"names in small letters",
     {.upgrade = "upgrade: websocket\r\n",
      .connection = "connection: upgrade\r\n",
      .version = "sec-websocket-version:13\r\n",
      .key = "sec-websocket-key:dGhlIHNhbXBsZSBub25jZQ==\r\n"},
     HTTP_OK},
    {"names in capitals",
     {.upgrade = "UPGRADE: WEBSOCKET\r\n", .connection = "CONNECTION: UPGRADE\r\n"},
     HTTP_OK},
    {"Firefox", {.connection = "Connection: keep-alive, Upgrade\r\n"}, HTTP_OK},
    {"two Connection lines",
     {.connection = "Connection: keep-alive\r\nConnection: Upgrade\r\n"},
     HTTP_OK},
    {"another upgrade too", {.upgrade = "Upgrade: h2c, websocket\r\n"}, HTTP_OK},
    {"white space", {.key = "Sec-WebSocket-Key: \t dGhlIHNhbXBsZSBub25jZQ== \t\r\n"}, HTTP_OK},
    {"bare LF", {.key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n"}, HTTP_OK},
    {"extensions offered",
     {.more = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"},
     HTTP_OK},
#define OFFERED(list)                                                                              \
    {                                                                                              \
        .more = "Sec-WebSocket-Extensions:" list "\r\n"                                            \
    }
    {"two extensions", OFFERED("a; b; c=1,\td ; e = \"f\""), HTTP_OK},
    {"an escape in quotes", OFFERED("a; b=\"\\c\\d\""), HTTP_OK},
    {"more behind a value in quotes", OFFERED("a; b=\"c\"; d=e, f"), HTTP_OK},
    {"empty items", OFFERED(", ,a,,b ,"), HTTP_OK},
    {"extensions in two lines", OFFERED("a\r\nSec-WebSocket-Extensions: b"), HTTP_OK},
    {"an empty body", {.more = "Content-Length: 0\r\n"}, HTTP_OK},
    {"any path", {.line = "GET /a/b?c HTTP/1.1"}, HTTP_OK},
    {"a later HTTP/1", {.line = "GET / HTTP/1.2"}, HTTP_OK},

    {"POST", {.line = "POST / HTTP/1.1"}, HTTP_UPGRADE_METHOD},
    {"HEAD", {.line = "HEAD / HTTP/1.1"}, HTTP_UPGRADE_METHOD},
    {"get", {.line = "get / HTTP/1.1"}, HTTP_UPGRADE_METHOD},
    {"GETS", {.line = "GETS / HTTP/1.1"}, HTTP_UPGRADE_METHOD},
    {"HTTP/1.0", {.line = "GET / HTTP/1.0"}, HTTP_UPGRADE_OVER_10},
    {"a whole URL", {.line = "GET http://localhost/a@b HTTP/1.1"}, HTTP_OK},
    {"a fragment", {.line = "GET /# HTTP/1.1"}, HTTP_UPGRADE_TARGET},
    {"a fragment behind a query", {.line = "GET /?a#b HTTP/1.1"}, HTTP_UPGRADE_TARGET},
    {"a fragment behind a host", {.line = "GET http://a#b HTTP/1.1"}, HTTP_UPGRADE_TARGET},
    {"a user", {.line = "GET http://me@a/ HTTP/1.1"}, HTTP_UPGRADE_TARGET},
    {"an empty user", {.line = "GET http://@a HTTP/1.1"}, HTTP_UPGRADE_TARGET},
    {"no path", {.line = "GET * HTTP/1.1"}, HTTP_UPGRADE_TARGET},
    {"a user and a password", {.line = "GET https://me:x@a?b HTTP/1.1"}, HTTP_UPGRADE_TARGET},
    {"a body", {.more = "Content-Length: 5\r\n"}, HTTP_UPGRADE_BODY},
    {"a body in chunks", {.more = "Transfer-Encoding: chunked\r\n"}, HTTP_UPGRADE_BODY},
    {"a body of no length", {.more = "Content-Length:\r\n"}, HTTP_UPGRADE_BODY},
    {"no Upgrade", {.upgrade = ABSENT}, HTTP_UPGRADE_HEADER},
    {"another Upgrade", {.upgrade = "Upgrade: h2c\r\n"}, HTTP_UPGRADE_HEADER},
    {"Upgrade: websockets", {.upgrade = "Upgrade: websockets\r\n"}, HTTP_UPGRADE_HEADER},
    {"an empty Upgrade", {.upgrade = "Upgrade:\r\n"}, HTTP_UPGRADE_HEADER},
    {"no Connection", {.connection = ABSENT}, HTTP_CONNECTION_HEADER},
    {"another Connection", {.connection = "Connection: keep-alive\r\n"}, HTTP_CONNECTION_HEADER},
    {"Connection: Upgraded", {.connection = "Connection: Upgraded\r\n"}, HTTP_CONNECTION_HEADER},

    {"no version", {.version = ABSENT}, HTTP_VERSION_MISSING},
    {"two versions",
     {.version = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n"},
     HTTP_VERSION_REPEATED},
    {"version 8", {.version = "Sec-WebSocket-Version: 8\r\n"}, HTTP_VERSION_OTHER},
    {"version 12", {.version = "Sec-WebSocket-Version: 12\r\n"}, HTTP_VERSION_OTHER},
    {"version 14", {.version = "Sec-WebSocket-Version: 14\r\n"}, HTTP_VERSION_OTHER},
    {"version 130", {.version = "Sec-WebSocket-Version: 130\r\n"}, HTTP_VERSION_OTHER},
    {"version 1", {.version = "Sec-WebSocket-Version: 1\r\n"}, HTTP_VERSION_OTHER},
    {"version 013", {.version = "Sec-WebSocket-Version: 013\r\n"}, HTTP_VERSION_OTHER},
    {"version 13, 8", {.version = "Sec-WebSocket-Version: 13, 8\r\n"}, HTTP_VERSION_OTHER},
    {"no number", {.version = "Sec-WebSocket-Version:\r\n"}, HTTP_VERSION_OTHER},

    {"no key", {.key = ABSENT}, HTTP_KEY_MISSING},
    {"two keys",
     {.key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"},
     HTTP_KEY_REPEATED},
    {"an empty key", {.key = "Sec-WebSocket-Key:\r\n"}, HTTP_KEY_BAD},
    {"a short key", {.key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n"}, HTTP_KEY_BAD},
    {"a long key", {.key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ===\r\n"}, HTTP_KEY_BAD},
    {"15 bytes", {.key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n"}, HTTP_KEY_BAD},
    {"17 bytes", {.key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWE=\r\n"}, HTTP_KEY_BAD},
    {"18 bytes", {.key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWFh\r\n"}, HTTP_KEY_BAD},
    {"padding too early", {.key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ===\r\n"}, HTTP_KEY_BAD},
    {"no padding", {.key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA\r\n"}, HTTP_KEY_BAD},
    {"half the padding", {.key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQA=\r\n"}, HTTP_KEY_BAD},
    {"half the padding, turned",
     {.key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=A\r\n"},
     HTTP_KEY_BAD},
    {"a space in the key",
     {.key = "Sec-WebSocket-Key: dGhlIHNhbXBs SBub25jZQ==\r\n"},
     HTTP_KEY_BAD},
    {"base64 for URLs", {.key = "Sec-WebSocket-Key: dGhlIHNhbXBs-SBub25jZQ==\r\n"}, HTTP_KEY_BAD},
    {"base64 for URLs", {.key = "Sec-WebSocket-Key: dGhlIHNhbXBs_SBub25jZQ==\r\n"}, HTTP_KEY_BAD},
    {"a key in quotes", {.key = "Sec-WebSocket-Key: \"GhlIHNhbXBsZSBub25jZ\"==\r\n"}, HTTP_KEY_BAD},
    {"two Origins",
     {.more = "Origin: http://localhost:8080\r\nOrigin: http://localhost:8080\r\n"},
     HTTP_ORIGIN_REPEATED},

    {"no extension", OFFERED(""), HTTP_EXTENSIONS_BAD},
    {"nothing but commas", OFFERED(", ,"), HTTP_EXTENSIONS_BAD},
    {"two names", OFFERED("a b"), HTTP_EXTENSIONS_BAD},
    {"a name with a value", OFFERED("a=b"), HTTP_EXTENSIONS_BAD},
    {"a parameter without a name before it", OFFERED(";b"), HTTP_EXTENSIONS_BAD},
    {"an escape in a name", OFFERED("a\\b"), HTTP_EXTENSIONS_BAD},
    {"an escape in a parameter's name", OFFERED("a; b\\c=d"), HTTP_EXTENSIONS_BAD},
    {"a name in quotes", OFFERED("\"a\""), HTTP_EXTENSIONS_BAD},
    {"an empty parameter", OFFERED("a;"), HTTP_EXTENSIONS_BAD},
    {"a parameter between two others that is empty", OFFERED("a;;b"), HTTP_EXTENSIONS_BAD},
    {"an empty value", OFFERED("a; b="), HTTP_EXTENSIONS_BAD},
    {"an empty value in quotes", OFFERED("a; b=\"\""), HTTP_EXTENSIONS_BAD},
    {"a value that is no token", OFFERED("a; b=\"c d\""), HTTP_EXTENSIONS_BAD},
    {"quotes without an end", OFFERED("a; b=\"c"), HTTP_EXTENSIONS_BAD},
    {"an escape without an end", OFFERED("a; b=\"c\\"), HTTP_EXTENSIONS_BAD},
    {"an escape outside quotes", OFFERED("a; b=\\c"), HTTP_EXTENSIONS_BAD},
    {"something behind the quotes", OFFERED("a; b=\"c\"d"), HTTP_EXTENSIONS_BAD},
    {"no token", OFFERED("a/b"), HTTP_EXTENSIONS_BAD},
    {"the second line", OFFERED("a\r\nSec-WebSocket-Extensions: ;"), HTTP_EXTENSIONS_BAD},

};

static void requests_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(requests); i++)
        must(handshake_check(request_of(requests[i].variant), &no_rules) == requests[i].outcome,
             "%s", requests[i].what);
}

/* RFC 9112 §6.3: lengths that differ are a fault, and what follows would be taken for frames. */
static void a_body_cannot_hide_behind_an_empty_one(void **state)
{
    static const char *const lengths[] = {"Content-Length: 0\r\nContent-Length: 5\r\n",
                                          "Content-Length: 5\r\nContent-Length: 0\r\n",
                                          "Content-Length: 0, 5\r\n"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++)
        must(handshake_check(request_of((struct variant){.more = lengths[i]}), &no_rules) ==
                 HTTP_UPGRADE_BODY,
             "%s", lengths[i]);
}

/* Each place of a key, and each byte that a header value may have there. */
static void every_byte_in_every_place_of_a_key(void **state)
{
    static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (void)state;
    for (size_t at = 0; at < 24; at++)
        for (int byte = '!'; byte < 256; byte++) {
            char line[] = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
            if (byte == 0x7F)
                continue;
            line[19 + at] = (char)byte;
            bool good = at < 22 ? strchr(base64, byte) != NULL : byte == '=';
            must(handshake_check(request_of((struct variant){.key = line}), &no_rules) ==
                     (good ? HTTP_OK : HTTP_KEY_BAD),
                 "byte 0x%02x at %zu", (unsigned)byte, at);
        }
}

static void an_upgrade_is_recognised(void **state)
{
    static const struct variant plain = {
        .upgrade = ABSENT, .connection = ABSENT, .version = ABSENT, .key = ABSENT};
    static const struct {
        const char *what, *more;
        bool wanted;
    } table[] = {
        {"a browser that wants the page", "Connection: keep-alive\r\n", false},
        {"curl that offers HTTP/2", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n",
         false},
        {"an Origin", "Origin: http://a\r\n", false},
        {"only Upgrade", "Upgrade: WebSocket\r\n", true},
        {"only a key", "Sec-WebSocket-Key: x\r\n", true},
        {"only a version", "Sec-WebSocket-Version: 8\r\n", true},
        {"an Upgrade among others", "Upgrade: h2c, websocket\r\n", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct variant variant = plain;
        variant.more = table[i].more;
        must(handshake_wanted(request_of(variant)) == table[i].wanted, "%s", table[i].what);
    }
    assert_false(handshake_wanted(request_of(plain)));
    assert_true(handshake_wanted(request_of((struct variant){0})));
}

/* -------------------------------------------------------------------------- §10.2: the Origin */

static bool may_connect(const char *host, const char *origin, const struct handshake_rules *rules)
{
    char host_line[200], origin_line[200];
    snprintf(host_line, sizeof host_line, "Host: %s\r\n", host);
    snprintf(origin_line, sizeof origin_line, "Origin: %s\r\n", origin);
    struct http_request request;
    if (parse(&request, (struct variant){.host = host_line, .more = origin_line}) != HTTP_OK)
        return false; /* no host at all */
    enum http_outcome outcome = handshake_check(&request, rules);
    must(outcome == HTTP_OK || outcome == HTTP_ORIGIN_FORBIDDEN, "Host: %s, Origin: %s: 101 or 403",
         host, origin);
    return outcome == HTTP_OK;
}

static void pages_of_this_server_may_connect(void **state)
{
    static const struct {
        const char *host, *origin;
        bool may;
    } table[] = {
        {"localhost:8080", "http://localhost:8080", true},
        {"localhost", "http://localhost", true},
        {"127.0.0.1:8080", "http://127.0.0.1:8080", true},
        {"192.168.178.20:8080", "http://192.168.178.20:8080", true},
        {"255.255.255.255", "http://255.255.255.255", true},
        {"0.0.0.0:80", "http://0.0.0.0", true},
        {"[::1]:8080", "http://[::1]:8080", true},
        {"[::1]", "http://[::1]", true},
        {"[2001:db8::1]:8080", "http://[2001:db8::1]:8080", true},
        {"[2001:DB8::1]:8080", "http://[2001:db8::1]:8080", true},
        {"LOCALHOST:8080", "http://localhost:8080", true},
        {"localhost:8080", "HTTP://LocalHost:8080", true},

        /* the same port, default ports included (RFC 6454 §4) */
        {"localhost:8080", "http://localhost:8081", false},
        {"localhost:8080", "http://localhost:808", false},
        {"localhost:8080", "http://localhost:80800", false},
        {"localhost:8080", "http://localhost", false},
        {"localhost", "http://localhost:8080", false},
        {"localhost", "http://localhost:80", true},
        {"localhost:80", "http://localhost", true},
        {"localhost:80", "http://localhost:80", true},
        {"localhost:443", "https://localhost", true}, /* TLS in front of the server */
        {"localhost", "https://localhost:443", true},
        {"localhost", "https://localhost", true},
        {"localhost:8443", "https://localhost:8443", true},
        {"localhost:80", "https://localhost", false},
        {"localhost:443", "http://localhost", false},
        {"[::1]:80", "http://[::1]", true},
        {"[::1]", "http://[::1]:80", true},
        {"[::1]:8080", "http://[::1]", false},
        {"127.0.0.1", "http://127.0.0.1:80", true},

        /* another host */
        {"localhost:8080", "http://127.0.0.1:8080", false},
        {"127.0.0.1:8080", "http://localhost:8080", false},
        {"127.0.0.1:8080", "http://127.0.0.2:8080", false},
        {"[::1]:8080", "http://[::2]:8080", false},
        {"[::1]:8080", "http://localhost:8080", false},
        {"localhost:8080", "http://evil.example", false},
        {"localhost:8080", "http://evil.example:8080", false},
        {"localhost:8080", "http://localhost.evil.example:8080", false},
        {"localhost:8080", "http://notlocalhost:8080", false},
        {"localhost:8080", "http://localhos:8080", false},

        /* DNS rebinding: the name is the same, but whose name is it? */
        {"evil.example:8080", "http://evil.example:8080", false},
        {"evil.example", "http://evil.example", false},
        {"localhost.evil.example:8080", "http://localhost.evil.example:8080", false},
        {"127.0.0.1.evil.example", "http://127.0.0.1.evil.example", false},
        {"notlocalhost:8080", "http://notlocalhost:8080", false},
        {"127.0.0.1a", "http://127.0.0.1a", false},
        {"a127.0.0.1", "http://a127.0.0.1", false},
        {"1.2.3", "http://1.2.3", false},
        {"1.2.3.4.5", "http://1.2.3.4.5", false},
        {"1.2.3.256", "http://1.2.3.256", false},
        {"1.2.3.", "http://1.2.3.", false},
        {"1..2.3", "http://1..2.3", false},
        {".1.2.3", "http://.1.2.3", false},
        {"1.2.3.4.", "http://1.2.3.4.", false},
        {"1.2.3.99999999999", "http://1.2.3.99999999999", false},
        {"1.2.3.a", "http://1.2.3.a", false},
        {"a", "http://a", false},
        {"[a", "http://[a", false},
        {"a]", "http://a]", false},
        {"[]", "http://[]", false},

        /* no origin that a server can be */
        {"localhost:8080", "null", false},
        {"localhost:8080", "", false},
        {"localhost:8080", "localhost:8080", false},
        {"localhost:8080", "http:localhost:8080", false},
        {"localhost:8080", "http:/localhost:8080", false},
        {"localhost:8080", "ftp://localhost:8080", false},
        {"localhost:8080", "ws://localhost:8080", false},
        {"localhost:8080", "file://", false},
        {"localhost:8080", "file://localhost:8080", false},
        {"localhost:8080", "http://", false},
        {"localhost:8080", "https://", false},
        {"localhost:8080", "http", false},
        {"localhost:8080", "chrome-extension://localhost:8080", false},
        {"localhost:8080", "http://localhost:8080/", false}, /* an origin has no path */
        {"localhost:8080", "http://localhost:8080/page", false},
        {"localhost:8080", "http://localhost:8080 http://localhost:8080", false},
        {"localhost:8080", "http://user@localhost:8080", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++)
        must(may_connect(table[i].host, table[i].origin, &no_rules) == table[i].may,
             "Host: %s, Origin: %s: %s", table[i].host, table[i].origin,
             table[i].may ? "101" : "403");
}

static void no_origin_is_no_browser(void **state)
{
    (void)state;
    assert_int_equal(
        handshake_check(request_of((struct variant){.host = "Host: evil.example\r\n"}), &no_rules),
        HTTP_OK);
}

/* --host NAME: that name is surely ours. */
static void pages_of_the_host_name_may_connect(void **state)
{
    static const struct {
        const char *host_name, *host, *origin;
        bool may;
    } table[] = {
        {"classroom.local", "classroom.local:8080", "http://classroom.local:8080", true},
        {"classroom.local", "Classroom.Local:8080", "http://classroom.local:8080", true},
        {"Classroom.Local", "classroom.local:8080", "http://classroom.local:8080", true},
        {"classroom.local", "classroom.local", "http://classroom.local:80", true},
        {"classroom.local", "localhost:8080", "http://localhost:8080", true},
        {"classroom.local", "127.0.0.1:8080", "http://127.0.0.1:8080", true},
        {"classroom.local", "classroom.local:8080", "http://classroom.local:8081", false},
        {"classroom.local", "classroom.local:8080", "http://evil.example:8080", false},
        {"classroom.local", "evil.example:8080", "http://evil.example:8080", false},
        {"classroom.local", "evil.example:8080", "http://classroom.local:8080", false},
        {"classroom.local", "x.classroom.local", "http://x.classroom.local", false},
        {"classroom.local", "classroom.local.x", "http://classroom.local.x", false},
        {"classroom.local", "classroom.loca", "http://classroom.loca", false},
        {"0.0.0.0", "evil.example:8080", "http://evil.example:8080", false},
        {"::", "[::1]:8080", "http://[::1]:8080", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct handshake_rules rules = {.host_name = table[i].host_name};
        must(may_connect(table[i].host, table[i].origin, &rules) == table[i].may,
             "--host %s, Host: %s, Origin: %s: %s", table[i].host_name, table[i].host,
             table[i].origin, table[i].may ? "101" : "403");
    }
}

/* --allow-origin */
static void pages_of_listed_origins_may_connect(void **state)
{
    static const struct {
        const char *list[3];
        const char *origin;
        bool may;
    } table[] = {
        {{"http://a.example"}, "http://a.example", true},
        {{"http://a.example"}, "HTTP://A.Example", true},
        {{"HTTP://A.example"}, "http://a.example", true},
        {{"http://a.example"}, "http://b.example", false},
        {{"http://a.example"}, "https://a.example", false},
        {{"http://a.example"}, "http://a.example:8080", false},
        {{"http://a.example:8080"}, "http://a.example:8080", true},
        {{"http://a.example:8080"}, "http://a.example", false},
        {{"http://a.example"}, "http://a.example.evil.example", false},
        {{"http://a.example"}, "http://a.exampl", false},
        {{"http://a.example"}, "http://x.a.example", false},
        {{"http://a.example", "http://b.example"}, "http://a.example", true},
        {{"http://a.example", "http://b.example"}, "http://b.example", true},
        {{"http://a.example", "http://b.example", "https://c.example"}, "https://c.example", true},
        {{"http://a.example", "http://b.example"}, "http://c.example", false},
        {{"http://a.example"}, "null", false},
        {{"null"}, "null", true},
        {{"null"}, "http://a.example", false},
        {{"*"}, "http://a.example", true},
        {{"*"}, "null", true},
        {{"*"}, "", true},
        {{"http://a.example", "*"}, "http://b.example", true},
        {{"*.example"}, "http://a.example", false}, /* "*" is all or nothing, no pattern */
        {{"http://*"}, "http://a.example", false},
        {{"**"}, "http://a.example", false},
        {{""}, "http://a.example", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        size_t count = 0;
        char *list[3]; /* as options_parse() gives it */
        for (; count < 3 && table[i].list[count] != NULL; count++)
            list[count] = (char *)table[i].list[count];
        struct handshake_rules rules = {.origins = list, .origin_count = count};
        must(may_connect("localhost:8080", table[i].origin, &rules) == table[i].may,
             "list %zu, Origin: %s: %s", i, table[i].origin, table[i].may ? "101" : "403");
        must(may_connect("localhost:8080", "http://localhost:8080", &rules),
             "list %zu does not shut out the server's own page", i);
        rules.origin_count = 0;
        must(!may_connect("localhost:8080", table[i].origin, &rules), "a list of none");
    }
}

/* ----------------------------------------------------------------- what an origin looks like */

static void origins_that_browsers_send(void **state)
{
    static const struct {
        const char *text;
        bool is;
    } table[] = {
        {"http://a", true},
        {"http://a.example", true},
        {"https://a-b_c.example:8443", true},
        {"HTTP://A.Example", true},
        {"http://127.0.0.1:8080", true},
        {"http://[::1]", true},
        {"http://[2001:db8::1]:8080", true},
        {"https://a:80", true},
        {"http://a:443", true},
        {"http://a:9", true},
        {"http://a:65535", true},
        {"moz-extension://0123-4567", true},
        {"capacitor://localhost", true},
        {"file://", true},
        {"", false},
        {"null", false},
        {"*", false},
        {"a", false},
        {"a.example:8080", false},
        {"://a", false},
        {"http", false},
        {"http:", false},
        {"http:/", false},
        {"http://", false},
        {"https://", false},
        {"file:///", false},
        {"http:a", false},
        {"http:/a", false},
        {"http://a/", false},
        {"http://a?", false},
        {"http://a#", false},
        {"http://me@a", false},
        {"http://a:", false},
        {"http://a:b", false},
        {"http://:8080", false},
        {"http://a:80", false},
        {"http://a:080000", false},
        {"https://a:443", false},
        {"HTTP://a:80", false},
        {"http://[]", false},
        {"http://[", false},
        {"http://]", false},
        {"http://[::1", false},
        {"http://[::1]:80", false},
        {"http://[::1]a", false},
        {"http://[a b]", false},
        {"http://a http://b", false},
        {"http://a,http://b", false},
        {"http://a\tb", false},
        {"http://\xC3\xA4", false},
        {"ht tp://a", false},
        {"$(x)://a", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        size_t len = strlen(table[i].text);
        struct http_text text = {(char *)guard_at_end(&guard, table[i].text, len), len};
        must(handshake_is_origin(text) == table[i].is, "%s", table[i].text);
    }
}

/* None of what a shell takes for something else, in no place. */
static void an_origin_is_safe_to_copy(void **state)
{
    static const char model[] = "https://[::a]:8443", *const plain[] = {"http://a.b:81", model};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(plain); i++)
        for (size_t at = 0; at < strlen(plain[i]); at++)
            for (int byte = 0; byte < 256; byte++) {
                char text[40];
                strcpy(text, plain[i]);
                text[at] = (char)byte;
                if (handshake_is_origin((struct http_text){text, strlen(plain[i])}))
                    must(byte == '_' || byte == '-' || byte == '+' || byte == '.' || byte == ':' ||
                             byte == '[' || byte == ']' || byte == '/' ||
                             (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                             (byte >= 'a' && byte <= 'z'),
                         "%s with 0x%02x at %zu", plain[i], (unsigned)byte, at);
            }
}

/* ------------------------------------------------------------------ under which names we are known */

static bool is_known(const char *line, const char *host, const struct handshake_rules *rules)
{
    char host_line[200];
    snprintf(host_line, sizeof host_line, "Host: %s\r\n", host);
    enum http_outcome outcome =
        handshake_check_host(request_of((struct variant){.line = line, .host = host_line}), rules);
    must(outcome == HTTP_OK || outcome == HTTP_HOST_UNKNOWN, "%s, Host: %s", line, host);
    return outcome == HTTP_OK;
}

static void names_under_which_we_are_known(void **state)
{
    static char *const list[] = {(char *)"null", (char *)"https://chat.example:8443",
                                 (char *)"http://[2001:db8::1]"};
    static char *const all[] = {(char *)"*"};
    static const struct handshake_rules listed = {.origins = list, .origin_count = 3},
                                        any = {.origins = all, .origin_count = 1},
                                        named = {.host_name = "our.example"};
    static const struct {
        const char *host;
        bool no_rules, listed, named;
    } table[] = {
        {"localhost", true, true, true},
        {"LocalHost:1", true, true, true},
        {"127.0.0.1:8080", true, true, true},
        {"10.1.2.3", true, true, true},
        {"[::1]", true, true, true},
        {"[::ffff:1.2.3.4]:8080", true, true, true},
        {"a", true, true, true}, /* no stranger has a name without a dot */
        {"a:8080", true, true, true},
        {"chat.example", false, true, false},
        {"chat.example:1", false, true, false},
        {"CHAT.EXAMPLE", false, true, false},
        {"our.example:8080", false, false, true},
        {"evil.example", false, false, false},
        {"evil.example:8443", false, false, false},
        {"x.chat.example", false, false, false},
        {"chat.example.evil", false, false, false},
        {"1.2.3", false, false, false},
        {"1.2.3.4.evil", false, false, false},
        {"a.", false, false, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        const char *host = table[i].host;
        must(is_known(NULL, host, &no_rules) == table[i].no_rules, "%s", host);
        must(is_known(NULL, host, &listed) == table[i].listed, "%s, listed", host);
        must(is_known(NULL, host, &named) == table[i].named, "%s, named", host);
        must(is_known(NULL, host, &any), "%s, any", host);
    }
    assert_true(is_known("GET http://localhost/ HTTP/1.1", "evil.example", &no_rules));
    assert_false(is_known("GET http://evil.example HTTP/1.1", "localhost", &no_rules));
    assert_false(is_known("GET https://evil.example?a HTTP/1.1", "localhost", &no_rules));
    assert_true(
        handshake_check_host(request_of((struct variant){.line = "GET / HTTP/1.0", .host = ABSENT}),
                             &no_rules) == HTTP_OK);
}

/* --------------------------------------------------------------------------- §4.2.2: the answer */

#define ACCEPTED                                                                                   \
    "HTTP/1.1 101 Switching Protocols\r\n"                                                         \
    "Upgrade: websocket\r\n"                                                                       \
    "Connection: Upgrade\r\n"                                                                      \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static size_t answer_to(const char *more, const struct handshake_rules *rules, char **out)
{
    *out = (char *)guard_at_end(&answer_guard, NULL, HANDSHAKE_ANSWER_MAX);
    memset(*out, 'x', HANDSHAKE_ANSWER_MAX);
    return handshake_answer(request_of((struct variant){.more = more}), rules, *out);
}

static void the_answer_is_101(void **state)
{
    static const struct {
        const char *spoken, *offer; /* subprotocols */
        const char *chosen;
    } table[] = {
        {NULL, NULL, NULL},
        {NULL, "Sec-WebSocket-Protocol: chat, superchat\r\n", NULL},
        {"chat", NULL, NULL},
        {"chat", "Sec-WebSocket-Protocol: chat, superchat\r\n", "chat"},
        {"superchat", "Sec-WebSocket-Protocol: chat, superchat\r\n", "superchat"},
        {"chat", "Sec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: chat\r\n", "chat"},
        {"chat", "Sec-WebSocket-Protocol: superchat\r\n", NULL},
        {"chat", "Sec-WebSocket-Protocol: Chat\r\n", NULL}, /* names are case-sensitive */
        {"chat", "Sec-WebSocket-Protocol:\r\n", NULL},
        {NULL, "Sec-WebSocket-Extensions: permessage-deflate\r\n", NULL},
        {"chat", "Sec-WebSocket-Extensions: chat\r\n", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct handshake_rules rules = {.subprotocol = table[i].spoken};
        char expected[400], *out;
        size_t len = answer_to(table[i].offer, &rules, &out);
        snprintf(expected, sizeof expected, ACCEPTED "%s%s%s\r\n",
                 table[i].chosen != NULL ? "Sec-WebSocket-Protocol: " : "",
                 table[i].chosen != NULL ? table[i].chosen : "",
                 table[i].chosen != NULL ? "\r\n" : "");
        must(len == strlen(expected) && memcmp(out, expected, len + 1) == 0, "row %zu:\n%.256s", i,
             out);
    }
}

/* An answer that does not fit is none; half a head would be worse. */
static void a_long_subprotocol(void **state)
{
    size_t around = strlen(ACCEPTED "Sec-WebSocket-Protocol: \r\n\r\n");
    (void)state;
    for (size_t len = 1; len < 200; len++) {
        char name[200], offer[300], *out;
        memset(name, 'n', sizeof name);
        name[len] = '\0';
        snprintf(offer, sizeof offer, "Sec-WebSocket-Protocol: %s\r\n", name);
        struct handshake_rules rules = {.subprotocol = name};
        bool fits = around + len < HANDSHAKE_ANSWER_MAX;
        must(answer_to(offer, &rules, &out) == (fits ? around + len : 0), "%zu characters", len);
        must(!fits || (strlen(out) == around + len && strstr(out, name) != NULL &&
                       strcmp(out + around + len - 4, "\r\n\r\n") == 0),
             "%zu characters: a whole answer", len);
    }
}

/* A page asks, over plain HTTP, what a handshake from it would get. */
static void a_page_may_ask_beforehand(void **state)
{
    static const struct {
        const char *lines;
        enum http_outcome outcome;
    } table[] = {
        {"", HTTP_OK},
        {"Page-Origin: http://localhost:8080\r\n", HTTP_OK},
        {"page-origin: https://chat.example\r\n", HTTP_OK},
        {"Page-Origin: http://chat.example\r\n", HTTP_ORIGIN_FORBIDDEN},
        {"Page-Origin: null\r\n", HTTP_ORIGIN_FORBIDDEN},
        {"Page-Origin:\r\n", HTTP_ORIGIN_FORBIDDEN},
    };
    static char *origins[] = {"https://chat.example"};
    struct handshake_rules rules = {.origins = origins, .origin_count = 1};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++)
        for (int minor = 0; minor < 2; minor++) {
            char head[200];
            struct http_request request;
            int len =
                snprintf(head, sizeof head, "GET / HTTP/1.%d\r\nHost: localhost:8080\r\n%s\r\n",
                         minor, table[i].lines);
            char *bytes = (char *)guard_at_end(&guard, head, (size_t)len);
            http_request_init(&request);
            assert_int_equal(http_request_parse(&request, bytes, (size_t)len), HTTP_OK);
            bool is_asked = handshake_is_asked_about(&request);
            assert_int_equal(is_asked, *table[i].lines != '\0');
            must(handshake_foretell(&request, &rules) ==
                     (is_asked && minor == 0 ? HTTP_UPGRADE_OVER_10 : table[i].outcome),
                 "HTTP/1.%d, %s", minor, table[i].lines);
        }
}

/* handshake_check() comes first; where it would have said no, there is no answer either. */
static void a_bad_key_has_no_answer(void **state)
{
    static const char *const lines[] = {ABSENT, "Sec-WebSocket-Key:\r\n",
                                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        char out[HANDSHAKE_ANSWER_MAX];
        must(handshake_answer(request_of((struct variant){.key = lines[i]}), &no_rules, out) == 0,
             "row %zu", i);
    }
}

static int open_guard(void **state)
{
    (void)state;
    guard_open(&guard, 2000);
    guard_open(&answer_guard, HANDSHAKE_ANSWER_MAX);
    return 0;
}

static int close_guard(void **state)
{
    (void)state;
    guard_close(&guard);
    guard_close(&answer_guard);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_keys),
        cmocka_unit_test(an_accept_key_is_written_where_it_fits),
        cmocka_unit_test(a_key_of_another_length_has_no_answer),
        cmocka_unit_test(requests_are_judged),
        cmocka_unit_test(a_body_cannot_hide_behind_an_empty_one),
        cmocka_unit_test(every_byte_in_every_place_of_a_key),
        cmocka_unit_test(an_upgrade_is_recognised),
        cmocka_unit_test(pages_of_this_server_may_connect),
        cmocka_unit_test(no_origin_is_no_browser),
        cmocka_unit_test(pages_of_the_host_name_may_connect),
        cmocka_unit_test(pages_of_listed_origins_may_connect),
        cmocka_unit_test(a_page_may_ask_beforehand),
        cmocka_unit_test(origins_that_browsers_send),
        cmocka_unit_test(an_origin_is_safe_to_copy),
        cmocka_unit_test(names_under_which_we_are_known),
        cmocka_unit_test(the_answer_is_101),
        cmocka_unit_test(a_long_subprotocol),
        cmocka_unit_test(a_bad_key_has_no_answer),
    };
    return cmocka_run_group_tests_name("handshake", tests, open_guard, close_guard);
}
