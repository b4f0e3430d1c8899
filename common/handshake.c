/*
 * handshake - see handshake.h
 */
#include "handshake.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* §1.3: a constant that no server would append to a key by accident. */
static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

#define KEY_LEN 24 /* 16 bytes in base64 */

bool handshake_accept_key(struct http_text key, char accept[HANDSHAKE_ACCEPT_LEN + 1])
{
    unsigned char text[KEY_LEN + sizeof guid - 1], digest[EVP_MAX_MD_SIZE];
    unsigned int digest_len = 0;
    if (key.len != KEY_LEN)
        return false;
    memcpy(text, key.at, KEY_LEN);
    memcpy(text + KEY_LEN, guid, sizeof guid - 1);
    if (EVP_Digest(text, sizeof text, digest, &digest_len, EVP_sha1(), NULL) != 1)
        return false;
    /* The digest is 20 bytes of any value, NUL among them: its length is known, never strlen(). */
    EVP_EncodeBlock((unsigned char *)accept, digest, (int)digest_len);
    return true;
}

/* -------------------------------------------------------------------------- is it an upgrade? */

bool handshake_wanted(const struct http_request *request)
{
    return http_header_has_item(request, "Upgrade", "websocket", http_text_is_nocase) ||
           http_header_find(request, "Sec-WebSocket-Key", NULL) > 0 ||
           http_header_find(request, "Sec-WebSocket-Version", NULL) > 0;
}

/* ------------------------------------------------------------------------ §4.2.1, rule by rule */

static bool is_alphanumeric(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_base64_char(char c)
{
    return is_alphanumeric(c) || c == '+' || c == '/';
}

/* 16 bytes in base64 are always 22 characters and two signs of padding (RFC 4648 §4). */
static bool is_key(struct http_text key)
{
    if (key.len != KEY_LEN || key.at[KEY_LEN - 2] != '=' || key.at[KEY_LEN - 1] != '=')
        return false;
    for (size_t i = 0; i < KEY_LEN - 2; i++)
        if (!is_base64_char(key.at[i]))
            return false;
    return true;
}

static enum http_outcome check_key(const struct http_request *request)
{
    struct http_text key;
    size_t keys = http_header_find(request, "Sec-WebSocket-Key", &key);
    if (keys != 1)
        return keys == 0 ? HTTP_KEY_MISSING : HTTP_KEY_REPEATED;
    return is_key(key) ? HTTP_OK : HTTP_KEY_BAD;
}

static enum http_outcome check_version(const struct http_request *request)
{
    struct http_text version;
    size_t versions = http_header_find(request, "Sec-WebSocket-Version", &version);
    if (versions != 1)
        return versions == 0 ? HTTP_VERSION_MISSING : HTTP_VERSION_REPEATED;
    return http_text_is(version, "13") ? HTTP_OK : HTTP_VERSION_OTHER;
}

/* §3: what a ws:// URL cannot have. A fragment stays with the client; "*" is no path. */
static bool is_websocket_target(const struct http_request *request)
{
    struct http_text authority = http_request_authority(request);
    return !http_text_is(request->target, "*") &&
           memchr(request->target.at, '#', request->target.len) == NULL &&
           (authority.len == 0 || memchr(authority.at, '@', authority.len) == NULL);
}

/* A body would be mistaken for frames. */
static bool has_body(const struct http_request *request)
{
    struct http_text length = {"0", 1};
    return http_header_find(request, "Transfer-Encoding", NULL) > 0 ||
           http_header_find(request, "Content-Length", &length) > 1 || !http_text_is(length, "0");
}

/* ----------------------------------------------------------------------- §9.1: extensions offered
 *
 *     permessage-deflate; client_max_window_bits; server_max_window_bits="10", another
 *
 * None is ever agreed to. But an offer that is no such list must fail the handshake. */

static void skip_blanks(struct http_text *text)
{
    while (text->len > 0 && (*text->at == ' ' || *text->at == '\t')) {
        text->at++;
        text->len--;
    }
}

/* Takes this character and the blanks around it off the front, if it is next. */
static bool take_char(struct http_text *text, char c)
{
    skip_blanks(text);
    if (text->len == 0 || *text->at != c)
        return false;
    text->at++;
    text->len--;
    skip_blanks(text);
    return true;
}

/* One character or more; in quotes, a backslash may stand before each. */
static bool take_token(struct http_text *text, bool in_quotes)
{
    const char *at = text->at, *end = at + text->len;
    for (const char *c = at; c < end; at = ++c) {
        if (in_quotes && *c == '\\' && c + 1 < end)
            c++;
        if (!http_is_token_char((unsigned char)*c))
            break;
    }
    bool taken = at > text->at;
    text->len -= (size_t)(at - text->at);
    text->at = at;
    return taken;
}

/* A parameter's value: a token, or the same in quotes. */
static bool take_value(struct http_text *text)
{
    if (text->len == 0 || *text->at != '"')
        return take_token(text, false);
    text->at++;
    text->len--;
    if (!take_token(text, true) || text->len == 0 || *text->at != '"')
        return false;
    text->at++;
    text->len--;
    return true;
}

/* name *( ";" parameter [ "=" value ] ) */
static bool take_extension(struct http_text *text)
{
    if (!take_token(text, false))
        return false;
    while (take_char(text, ';'))
        if (!take_token(text, false) || (take_char(text, '=') && !take_value(text)))
            return false;
    return true;
}

/* RFC 9110 §5.6.1: items with commas between, of which some may be empty, but not all. */
static bool is_extension_list(struct http_text text)
{
    size_t items = 0;
    do {
        if (text.len > 0 && *text.at != ',') {
            if (!take_extension(&text))
                return false;
            items++;
        }
    } while (take_char(&text, ','));
    return items > 0 && text.len == 0;
}

static enum http_outcome check_extensions(const struct http_request *request)
{
    struct http_header header = {0};
    while (http_header_next(request, &header))
        if (http_text_is_nocase(header.name, "Sec-WebSocket-Extensions") &&
            !is_extension_list(header.value))
            return HTTP_EXTENSIONS_BAD;
    return HTTP_OK;
}

/* -------------------------------------------------- §10.2: which web pages may connect (Origin)
 *
 * Any page that a user visits can open a WebSocket to any server the user's machine reaches, this
 * one included. Few browsers ask the user first; but all tell in Origin where the page is from. So
 * the page must be this server's own: its origin is what the client calls this server in Host.
 *
 * That alone would not do. Whoever owns evil.example can let that name point at 127.0.0.1 once the
 * page has loaded (DNS rebinding): Origin and Host then agree. So the name must be one that nobody
 * else can have pointed here: localhost, an address, or the name given with --host.
 *
 * A browser sends no Origin when it asks for a page. So that nobody's page reads ours in this way, a page
 * is only given out under such a name, too, or under one that an allowed origin has. */

/* An authority, "host" or "host:port", cut in two. */
struct authority {
    struct http_text host, port;
};

static struct authority authority_split(struct http_text text, const char *default_port)
{
    struct authority a = {text, {default_port, strlen(default_port)}};
    for (size_t i = text.len; i-- > 0 && text.at[i] != ']';) /* the colons in [::1] are not it */
        if (text.at[i] == ':') {
            a.host.len = i;
            a.port = (struct http_text){text.at + i + 1, text.len - i - 1};
            break;
        }
    return a;
}

/* Four numbers up to 255 with dots between. */
static bool is_ipv4(struct http_text host)
{
    int number = -1, dots = 0;
    for (size_t i = 0; i < host.len; i++) {
        char c = host.at[i];
        if (c == '.' && number >= 0) {
            number = -1;
            dots++;
        } else if (c >= '0' && c <= '9') {
            number = (number < 0 ? 0 : number) * 10 + (c - '0');
            if (number > 255)
                return false;
        } else {
            return false;
        }
    }
    return dots == 3 && number >= 0;
}

static bool is_in_brackets(struct http_text host)
{
    return host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';
}

static bool is_trusted_name(struct http_text host, const struct handshake_rules *rules)
{
    return is_in_brackets(host) || is_ipv4(host) || http_text_is_nocase(host, "localhost") ||
           (rules->host_name != NULL && http_text_is_nocase(host, rules->host_name));
}

static bool is_listed(struct http_text origin, const struct handshake_rules *rules)
{
    for (size_t i = 0; i < rules->origin_count; i++)
        if (strcmp(rules->origins[i], "*") == 0 || http_text_is_nocase(origin, rules->origins[i]))
            return true;
    return false;
}

/* Cuts "scheme://" off an origin. False if there is none: "null", for instance, which is a page in a
 * sandbox, or a file. */
static bool take_scheme(struct http_text *origin, struct http_text *scheme)
{
    const char *colon = memchr(origin->at, ':', origin->len);
    size_t len = colon != NULL ? (size_t)(colon - origin->at) : origin->len;
    *scheme = (struct http_text){origin->at, len};
    if (origin->len < len + 3 || memcmp(origin->at + len, "://", 3) != 0)
        return false;
    origin->at += len + 3;
    origin->len -= len + 3;
    return true;
}

/* The port that is meant where none is written; NULL for a scheme that no page of ours has. */
static const char *default_port_of(struct http_text scheme)
{
    if (http_text_is_nocase(scheme, "http"))
        return "80";
    return http_text_is_nocase(scheme, "https") ? "443" : NULL;
}

static bool is_own_page(struct http_text origin, struct http_text host,
                        const struct handshake_rules *rules)
{
    struct http_text scheme;
    const char *default_port = take_scheme(&origin, &scheme) ? default_port_of(scheme) : NULL;
    if (default_port == NULL)
        return false;
    struct authority from = authority_split(origin, default_port);
    struct authority here = authority_split(host, default_port);
    return http_text_same_nocase(from.host, here.host) &&
           http_text_same_nocase(from.port, here.port) && is_trusted_name(here.host, rules);
}

static bool may_connect(struct http_text origin, const struct http_request *request,
                        const struct handshake_rules *rules)
{
    return is_listed(origin, rules) || is_own_page(origin, http_request_authority(request), rules);
}

static enum http_outcome check_origin(const struct http_request *request,
                                      const struct handshake_rules *rules)
{
    struct http_text origin;
    size_t origins = http_header_find(request, "Origin", &origin);
    if (origins == 0)
        return HTTP_OK; /* not a browser: it can send whatever Origin it likes anyway */
    if (origins > 1)
        return HTTP_ORIGIN_REPEATED;
    return may_connect(origin, request, rules) ? HTTP_OK : HTTP_ORIGIN_FORBIDDEN;
}

/* The host of an allowed origin: a proxy in front of this server has that name. */
static bool is_listed_host(struct http_text host, const struct handshake_rules *rules)
{
    for (size_t i = 0; i < rules->origin_count; i++) {
        struct http_text origin = {rules->origins[i], strlen(rules->origins[i])}, scheme;
        if (http_text_is(origin, "*") ||
            (take_scheme(&origin, &scheme) &&
             http_text_same_nocase(host, authority_split(origin, "").host)))
            return true;
    }
    return false;
}

enum http_outcome handshake_check_host(const struct http_request *request,
                                       const struct handshake_rules *rules)
{
    struct http_text host = authority_split(http_request_authority(request), "").host;
    bool is_local = memchr(host.at, '.', host.len) == NULL; /* in nobody's domain; or HTTP/1.0 */
    return is_local || is_trusted_name(host, rules) || is_listed_host(host, rules)
               ? HTTP_OK
               : HTTP_HOST_UNKNOWN;
}

/* ------------------------------------------------------------------- what an origin looks like */

/* Letters, digits and the other characters given; at least one of them. */
static bool consists_of(struct http_text text, const char *others)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] == '\0' || (!is_alphanumeric(text.at[i]) && !strchr(others, text.at[i])))
            return false;
    return text.len > 0;
}

static bool is_port(struct http_text port)
{
    for (size_t i = 0; i < port.len; i++)
        if (port.at[i] < '0' || port.at[i] > '9')
            return false;
    return port.len > 0 && port.len <= 5;
}

bool handshake_is_origin(struct http_text text)
{
    struct http_text scheme;
    if (!take_scheme(&text, &scheme) || !consists_of(scheme, "+-."))
        return false;
    if (text.len == 0) /* a page from a file, as some browsers and libraries say it */
        return http_text_is_nocase(scheme, "file");
    struct authority a = authority_split(text, "");
    struct http_text inside = {a.host.at + 1, a.host.len - 2};
    bool is_host = is_in_brackets(a.host) ? consists_of(inside, ":.") : consists_of(a.host, "-._");
    bool has_port = a.host.len < text.len;
    const char *default_port = default_port_of(scheme);
    if (has_port && default_port != NULL && http_text_is(a.port, default_port))
        return false; /* a browser leaves it out */
    return is_host && (!has_port || is_port(a.port));
}

/* ------------------------------------------------------- §4.2.1: the rules, from first to last */

enum http_outcome handshake_check(const struct http_request *request,
                                  const struct handshake_rules *rules)
{
    enum http_outcome outcome;
    if (!http_text_is(request->method, "GET"))
        return HTTP_UPGRADE_METHOD;
    if (request->minor_version < 1)
        return HTTP_UPGRADE_OVER_10;
    if (!is_websocket_target(request))
        return HTTP_UPGRADE_TARGET;
    if (has_body(request))
        return HTTP_UPGRADE_BODY;
    if (!http_header_has_item(request, "Upgrade", "websocket", http_text_is_nocase))
        return HTTP_UPGRADE_HEADER;
    if (!http_header_has_item(request, "Connection", "upgrade", http_text_is_nocase))
        return HTTP_CONNECTION_HEADER;
    if ((outcome = check_version(request)) != HTTP_OK)
        return outcome;
    if ((outcome = check_key(request)) != HTTP_OK)
        return outcome;
    if ((outcome = check_extensions(request)) != HTTP_OK)
        return outcome;
    return check_origin(request, rules);
}

/* ------------------------------------------------------------------ a page that asks beforehand */

bool handshake_is_asked_about(const struct http_request *request)
{
    return http_header_find(request, "Page-Origin", NULL) > 0;
}

enum http_outcome handshake_foretell(const struct http_request *request,
                                     const struct handshake_rules *rules)
{
    struct http_text origin;
    if (http_header_find(request, "Page-Origin", &origin) == 0)
        return HTTP_OK;
    if (request->minor_version < 1) /* a proxy has made it so, of the handshake as well */
        return HTTP_UPGRADE_OVER_10;
    return may_connect(origin, request, rules) ? HTTP_OK : HTTP_ORIGIN_FORBIDDEN;
}

/* ------------------------------------------------------------------------------- §4.2.2: 101 */

size_t handshake_answer(const struct http_request *request, const struct handshake_rules *rules,
                        char out[HANDSHAKE_ANSWER_MAX])
{
    struct http_text key = {"", 0};
    char accept[HANDSHAKE_ACCEPT_LEN + 1];
    http_header_find(request, "Sec-WebSocket-Key", &key);
    if (!handshake_accept_key(key, accept))
        return 0;

    /* Only what was offered may be chosen, and in the same letters (§4.2.2 step 5.5). Extensions,
     * such as compression, are never chosen: then the client must not use them (§9.1). */
    const char *subprotocol = rules->subprotocol;
    bool chosen = subprotocol != NULL && http_header_has_item(request, "Sec-WebSocket-Protocol",
                                                              subprotocol, http_text_is);
    int len = snprintf(out, HANDSHAKE_ANSWER_MAX,
                       "HTTP/1.1 101 Switching Protocols\r\n"
                       "Upgrade: websocket\r\n"
                       "Connection: Upgrade\r\n"
                       "Sec-WebSocket-Accept: %s\r\n"
                       "%s%s%s"
                       "\r\n",
                       accept, chosen ? "Sec-WebSocket-Protocol: " : "", chosen ? subprotocol : "",
                       chosen ? "\r\n" : "");
    return len < HANDSHAKE_ANSWER_MAX ? (size_t)len : 0;
}
