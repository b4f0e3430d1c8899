/*
 * http - see http.h
 *
 * The parser looks at each byte once. What a byte may be depends on where in the head it stands,
 * so there is a state for each such place and a function for each state. A fault is known at the
 * byte that makes it one; nobody has to wait for the end of a line that will never come.
 */
#include "http.h"

#include <stdio.h>
#include <string.h>

#define CR '\r'
#define LF '\n'

/* The characters of a method, a header name, and each item of most lists. */
bool http_is_token_char(unsigned char c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return true;
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_visible(unsigned char c)
{
    return c > ' ' && c < 0x7F;
}

static bool is_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : c;
}

/* ---------------------------------------------------------------- one function for each state */

/* Before the request line. Empty lines are passed over (RFC 9112 §2.2): a person at a terminal may
 * well press Enter first. */
static enum http_outcome in_start(struct http_request *r, const char *buf, size_t i)
{
    unsigned char c = (unsigned char)buf[i];
    if (c == CR)
        r->state = HTTP_IN_START_CR;
    if (c == CR || c == LF)
        return HTTP_PARTIAL;
    if (c == 0x16) /* the record type of a TLS handshake (RFC 8446 §5.1) */
        return HTTP_TLS;
    if (!http_is_token_char(c))
        return HTTP_BAD_METHOD;
    r->part_start = i;
    r->state = HTTP_IN_METHOD;
    return HTTP_PARTIAL;
}

static enum http_outcome in_start_cr(struct http_request *r, const char *buf, size_t i)
{
    r->state = HTTP_IN_START;
    return buf[i] == LF ? HTTP_PARTIAL : HTTP_BARE_CR;
}

static enum http_outcome in_method(struct http_request *r, const char *buf, size_t i)
{
    unsigned char c = (unsigned char)buf[i];
    if (http_is_token_char(c))
        return HTTP_PARTIAL;
    if (c != ' ')
        return HTTP_BAD_METHOD;
    r->method = (struct http_text){buf + r->part_start, i - r->part_start};
    r->part_start = i + 1;
    r->state = HTTP_IN_TARGET;
    return HTTP_PARTIAL;
}

/* Does the text begin with word, or word with the text? In whatever case. */
static bool begins_like(struct http_text text, const char *word)
{
    for (size_t i = 0; i < text.len && word[i] != '\0'; i++)
        if (lower((unsigned char)text.at[i]) != (unsigned char)word[i])
            return false;
    return true;
}

/* RFC 9112 §3.2: "/path", or "http://host/path", or "*"; or the beginning of one of them. */
static bool is_target_so_far(struct http_text text)
{
    return text.at[0] == '/' || (text.at[0] == '*' && text.len == 1) ||
           begins_like(text, "http://") || begins_like(text, "https://");
}

/* How much of the text is a name, an IPv4 address, or an IPv6 address in brackets; 0 if it is not
 * fit to be any of them. */
static size_t host_name_len(struct http_text text)
{
    bool in_brackets = text.len > 0 && text.at[0] == '[';
    size_t i = 0;
    while (i < text.len && (in_brackets || text.at[i] != ':')) {
        if (!is_visible((unsigned char)text.at[i]) || strchr("@/\\,?#\"<>", text.at[i]))
            return 0;
        if (in_brackets && text.at[i++] == ']')
            return i;
        i += !in_brackets;
    }
    return in_brackets ? 0 : i;
}

/* RFC 3986 §3.2.2: "name", "name:port", "1.2.3.4:port" or "[::1]:port"; no user, no list. */
static bool is_host(struct http_text text)
{
    size_t i = host_name_len(text);
    if (i == 0 || (i < text.len && text.at[i] != ':'))
        return false;
    while (++i < text.len)
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
    return true;
}

/* What stands between "http://" and the path in the target; empty if that is a path alone. */
static struct http_text authority_in(struct http_text target)
{
    struct http_text authority = {target.at, 0};
    if (target.len == 0 || lower((unsigned char)*target.at) != 'h')
        return authority;
    authority.at += strlen(begins_like(target, "http://") ? "http://" : "https://");
    while (authority.at + authority.len < target.at + target.len &&
           strchr("/?#", authority.at[authority.len]) == NULL)
        authority.len++;
    return authority;
}

/* A user before the host is none of this module's business. */
static struct http_text without_user(struct http_text authority)
{
    const char *at = memchr(authority.at, '@', authority.len);
    size_t len = at != NULL ? (size_t)(at + 1 - authority.at) : 0;
    return (struct http_text){authority.at + len, authority.len - len};
}

static bool is_target(struct http_text text)
{
    if (text.len == 0)
        return false;
    if (text.at[0] == '/' || text.at[0] == '*')
        return true;
    return text.len > strlen(begins_like(text, "http://") ? "http://" : "https://") &&
           is_host(without_user(authority_in(text)));
}

static enum http_outcome in_target(struct http_request *r, const char *buf, size_t i)
{
    unsigned char c = (unsigned char)buf[i];
    struct http_text target = {buf + r->part_start, i - r->part_start};
    if (is_visible(c)) {
        target.len++;
        bool settled = target.len > strlen("https://"); /* its beginning has been looked at */
        return settled || is_target_so_far(target) ? HTTP_PARTIAL : HTTP_BAD_TARGET;
    }
    if (!is_target(target))
        return HTTP_BAD_TARGET;
    if (c == CR || c == LF)
        return HTTP_BAD_PROTOCOL; /* "GET /" alone */
    if (c != ' ')
        return HTTP_BAD_TARGET;
    r->target = target;
    r->part_start = i + 1;
    r->state = HTTP_IN_PROTOCOL;
    return HTTP_PARTIAL;
}

/* "HTTP/1.1": the eight bytes of RFC 9112 §2.3, and nothing after them but the end of the line. */
static enum http_outcome in_protocol(struct http_request *r, const char *buf, size_t i)
{
    static const char pattern[] = "HTTP/1.";
    unsigned char c = (unsigned char)buf[i];
    size_t at = i - r->part_start;
    if (at == 5 && c >= '0' && c <= '9' && c != '1')
        return HTTP_BAD_VERSION;
    if (at < 7)
        return c == (unsigned char)pattern[at] ? HTTP_PARTIAL : HTTP_BAD_PROTOCOL;
    if (at == 7) {
        r->minor_version = c - '0';
        return c >= '0' && c <= '9' ? HTTP_PARTIAL : HTTP_BAD_PROTOCOL;
    }
    if (c != CR && c != LF)
        return HTTP_BAD_PROTOCOL;
    r->headers.at = buf + i + 1; /* moved on by the LF when this is the CR */
    r->state = c == CR ? HTTP_IN_CR : HTTP_IN_LINE_START;
    return HTTP_PARTIAL;
}

static enum http_outcome end_of_head(struct http_request *r, const char *buf, size_t i);

static enum http_outcome in_line_start(struct http_request *r, const char *buf, size_t i)
{
    unsigned char c = (unsigned char)buf[i];
    r->part_start = i;
    if (c == LF)
        return end_of_head(r, buf, i);
    if (c == CR) {
        r->state = HTTP_IN_FINAL_CR;
        return HTTP_PARTIAL;
    }
    if (is_blank(c))
        return HTTP_FOLDED_HEADER;
    if (!http_is_token_char(c))
        return HTTP_BAD_HEADER_NAME;
    r->state = HTTP_IN_NAME;
    return HTTP_PARTIAL;
}

/* RFC 9112 §5.1: no white space between the name and the colon. */
static enum http_outcome in_name(struct http_request *r, const char *buf, size_t i)
{
    unsigned char c = (unsigned char)buf[i];
    if (http_is_token_char(c))
        return HTTP_PARTIAL;
    if (c == CR || c == LF)
        return HTTP_NO_COLON;
    if (c != ':')
        return HTTP_BAD_HEADER_NAME;
    r->state = HTTP_IN_VALUE;
    return HTTP_PARTIAL;
}

/* RFC 9110 §5.5: visible ASCII, blanks, and bytes from 0x80 up, whose meaning is left open. */
static enum http_outcome in_value(struct http_request *r, const char *buf, size_t i)
{
    unsigned char c = (unsigned char)buf[i];
    if (c == CR)
        r->state = HTTP_IN_CR;
    else if (c == LF)
        r->state = HTTP_IN_LINE_START;
    else if (c == 0x7F || (c < ' ' && c != '\t'))
        return HTTP_CONTROL_BYTE;
    return HTTP_PARTIAL;
}

static enum http_outcome in_cr(struct http_request *r, const char *buf, size_t i)
{
    if (buf[i] != LF)
        return HTTP_BARE_CR;
    if (r->headers.at == buf + i) /* the CRLF after the request line */
        r->headers.at++;
    r->state = HTTP_IN_LINE_START;
    return HTTP_PARTIAL;
}

static enum http_outcome in_final_cr(struct http_request *r, const char *buf, size_t i)
{
    return buf[i] == LF ? end_of_head(r, buf, i) : HTTP_BARE_CR;
}

/* RFC 9112 §3.2: exactly one Host header in HTTP/1.1, and at most one in HTTP/1.0. */
static enum http_outcome end_of_head(struct http_request *r, const char *buf, size_t i)
{
    struct http_text host = {"", 0};
    r->headers.len = (size_t)(buf + r->part_start - r->headers.at);
    r->head_len = i + 1;
    size_t hosts = http_header_find(r, "Host", &host);
    if (hosts > 1)
        return HTTP_HOST_REPEATED;
    if (hosts == 0)
        return r->minor_version >= 1 ? HTTP_HOST_MISSING : HTTP_OK;
    return is_host(host) ? HTTP_OK : HTTP_HOST_BAD;
}

static enum http_outcome take_byte(struct http_request *r, const char *buf, size_t i)
{
    switch (r->state) {
    case HTTP_IN_START: return in_start(r, buf, i);
    case HTTP_IN_START_CR: return in_start_cr(r, buf, i);
    case HTTP_IN_METHOD: return in_method(r, buf, i);
    case HTTP_IN_TARGET: return in_target(r, buf, i);
    case HTTP_IN_PROTOCOL: return in_protocol(r, buf, i);
    case HTTP_IN_LINE_START: return in_line_start(r, buf, i);
    case HTTP_IN_NAME: return in_name(r, buf, i);
    case HTTP_IN_VALUE: return in_value(r, buf, i);
    case HTTP_IN_CR: return in_cr(r, buf, i);
    case HTTP_IN_FINAL_CR: return in_final_cr(r, buf, i);
    }
    return HTTP_BAD_METHOD; /* not reached: the states are all above */
}

void http_request_init(struct http_request *request)
{
    *request = (struct http_request){.state = HTTP_IN_START};
}

enum http_outcome http_request_parse(struct http_request *request, const char *buf, size_t len)
{
    enum http_outcome outcome = HTTP_PARTIAL;
    while (outcome == HTTP_PARTIAL && request->scanned < len) {
        if (request->scanned == HTTP_HEAD_MAX)
            break;
        outcome = take_byte(request, buf, request->scanned++);
    }
    if (outcome == HTTP_PARTIAL && request->scanned == HTTP_HEAD_MAX)
        return HTTP_HEAD_TOO_LARGE;
    return outcome;
}

/* ------------------------------------------------------------------------ looking things up */

bool http_text_is(struct http_text text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.at, word, text.len) == 0;
}

bool http_text_same_nocase(struct http_text a, struct http_text b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower((unsigned char)a.at[i]) != lower((unsigned char)b.at[i]))
            return false;
    return true;
}

bool http_text_is_nocase(struct http_text text, const char *word)
{
    return http_text_same_nocase(text, (struct http_text){word, strlen(word)});
}

static struct http_text trim(struct http_text text)
{
    while (text.len > 0 && is_blank((unsigned char)text.at[0])) {
        text.at++;
        text.len--;
    }
    while (text.len > 0 && is_blank((unsigned char)text.at[text.len - 1]))
        text.len--;
    return text;
}

bool http_header_next(const struct http_request *request, struct http_header *header)
{
    const char *line = header->next != NULL ? header->next : request->headers.at;
    const char *end = request->headers.at + request->headers.len;
    if (line >= end)
        return false;
    const char *lf = memchr(line, LF, (size_t)(end - line));
    const char *colon = memchr(line, ':', (size_t)(end - line));
    if (lf == NULL || colon == NULL)
        return false; /* cannot be: the parser has seen both in every line */
    const char *stop = lf[-1] == CR ? lf - 1 : lf;
    header->name = (struct http_text){line, (size_t)(colon - line)};
    header->value = trim((struct http_text){colon + 1, (size_t)(stop - colon - 1)});
    header->next = lf + 1;
    return true;
}

size_t http_header_find(const struct http_request *request, const char *name,
                        struct http_text *value)
{
    struct http_header header = {0};
    size_t found = 0;
    while (http_header_next(request, &header))
        if (http_text_is_nocase(header.name, name) && found++ == 0 && value != NULL)
            *value = header.value;
    return found;
}

/* Cuts the first item off a comma-separated list. */
static struct http_text next_item(struct http_text *list)
{
    const char *comma = memchr(list->at, ',', list->len);
    size_t len = comma != NULL ? (size_t)(comma - list->at) : list->len;
    struct http_text item = trim((struct http_text){list->at, len});
    len += comma != NULL;
    list->at += len;
    list->len -= len;
    return item;
}

bool http_header_has_item(const struct http_request *request, const char *name, const char *item,
                          bool (*is)(struct http_text, const char *))
{
    struct http_header header = {0};
    while (http_header_next(request, &header)) {
        struct http_text list = header.value;
        if (!http_text_is_nocase(header.name, name))
            continue;
        while (list.len > 0)
            if (is(next_item(&list), item))
                return true;
    }
    return false;
}

struct http_text http_request_authority(const struct http_request *request)
{
    struct http_text authority = authority_in(request->target);
    if (authority.at == request->target.at)
        http_header_find(request, "Host", &authority);
    return authority;
}

struct http_text http_request_path(const struct http_request *request)
{
    struct http_text authority = authority_in(request->target);
    const char *path = authority.at + authority.len;
    const char *end = request->target.at + request->target.len;
    if (path == end || *path == '?')
        return (struct http_text){"/", 1}; /* no path is the path "/" (RFC 9110 §4.2.3) */
    const char *query = memchr(path, '?', (size_t)(end - path));
    return (struct http_text){path, (size_t)((query != NULL ? query : end) - path)};
}

/* ---------------------------------------------------------------------------------- refusals */

/* RFC 6455 §4.4 and §4.2.2 step 4: how a server says which version it speaks. RFC 9110 §7.8 wants
 * "upgrade" named in Connection wherever an Upgrade header is sent. */
#define SPEAKS_13                                                                                  \
    "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nConnection: close, Upgrade\r\n"
#define CLOSES "Connection: close\r\n"

#define TEXT(x)    #x
#define TEXT_OF(x) TEXT(x)

static const struct http_refusal refusals[HTTP_OUTCOMES] = {
    [HTTP_TLS] =
        {400, "Bad Request", CLOSES,
         "this is a TLS handshake, but the server speaks plain HTTP: use http:// and ws://, "
         "not https:// and wss:// (RFC 6455 §3)"},
    [HTTP_BAD_METHOD] = {400, "Bad Request", CLOSES,
                         "the request line must begin with a method such as GET and one space "
                         "(RFC 9112 §3.1)"},
    [HTTP_BAD_TARGET] = {400, "Bad Request", CLOSES,
                         "after the method comes a path such as /, in visible ASCII, and one space "
                         "(RFC 9112 §3.2)"},
    [HTTP_BAD_PROTOCOL] = {400, "Bad Request", CLOSES,
                           "the request line must end with HTTP/1.1 and nothing after it "
                           "(RFC 9112 §3)"},
    [HTTP_BAD_VERSION] = {505, "HTTP Version Not Supported", CLOSES,
                          "only HTTP/1.1 is spoken here (RFC 9110 §15.6.6)"},
    [HTTP_BAD_HEADER_NAME] = {400, "Bad Request", CLOSES,
                              "a header line is Name: value, with no space before the colon "
                              "(RFC 9112 §5.1)"},
    [HTTP_NO_COLON] = {400, "Bad Request", CLOSES, "a header line has no colon (RFC 9112 §5)"},
    [HTTP_FOLDED_HEADER] = {400, "Bad Request", CLOSES,
                            "a header line begins with a space: folded lines are not allowed "
                            "(RFC 9112 §5.2)"},
    [HTTP_CONTROL_BYTE] = {400, "Bad Request", CLOSES,
                           "a control byte stands in a header value (RFC 9110 §5.5)"},
    [HTTP_BARE_CR] = {400, "Bad Request", CLOSES, "a CR must be followed by LF (RFC 9112 §2.2)"},
    [HTTP_HEAD_TOO_LARGE] = {431, "Request Header Fields Too Large", CLOSES,
                             "the request head is longer than " TEXT_OF(
                                 HTTP_HEAD_MAX) " bytes; a browser may have too many cookies for "
                                                "this host (RFC 6585 §5)"},
    [HTTP_HOST_MISSING] = {400, "Bad Request", CLOSES,
                           "the Host header is missing (RFC 9112 §3.2, RFC 6455 §4.2.1)"},
    [HTTP_HOST_REPEATED] = {400, "Bad Request", CLOSES,
                            "there is more than one Host header (RFC 9112 §3.2)"},
    [HTTP_HOST_BAD] = {400, "Bad Request", CLOSES,
                       "the Host header is not a host and an optional port (RFC 9112 §3.2)"},

    [HTTP_UPGRADE_METHOD] = {405, "Method Not Allowed", "Allow: GET\r\n" CLOSES,
                             "a WebSocket handshake is a GET request (RFC 6455 §4.2.1)"},
    [HTTP_UPGRADE_OVER_10] = {505, "HTTP Version Not Supported", CLOSES,
                              "a WebSocket handshake needs HTTP/1.1 or higher (RFC 6455 §4.2.1)"},
    [HTTP_UPGRADE_TARGET] =
        {400, "Bad Request", CLOSES,
         "the address of a WebSocket has a path, no fragment (#) and no user (@) "
         "(RFC 6455 §3)"},
    [HTTP_UPGRADE_BODY] = {400, "Bad Request", CLOSES,
                           "a WebSocket handshake has no body: what follows it are frames "
                           "(RFC 6455 §4.1)"},
    [HTTP_UPGRADE_HEADER] = {400, "Bad Request", CLOSES,
                             "the header Upgrade: websocket is missing (RFC 6455 §4.2.1)"},
    [HTTP_CONNECTION_HEADER] = {400, "Bad Request", CLOSES,
                                "the Connection header does not list Upgrade (RFC 6455 §4.2.1)"},
    [HTTP_VERSION_MISSING] = {426, "Upgrade Required", SPEAKS_13,
                              "the Sec-WebSocket-Version header is missing; it must be 13 "
                              "(RFC 6455 §4.2.1)"},
    [HTTP_VERSION_REPEATED] = {400, "Bad Request", CLOSES,
                               "there is more than one Sec-WebSocket-Version header "
                               "(RFC 6455 §11.3.5)"},
    [HTTP_VERSION_OTHER] = {426, "Upgrade Required", SPEAKS_13,
                            "Sec-WebSocket-Version must be 13 (RFC 6455 §4.4)"},
    [HTTP_KEY_MISSING] = {400, "Bad Request", CLOSES,
                          "the Sec-WebSocket-Key header is missing (RFC 6455 §4.2.1)"},
    [HTTP_KEY_REPEATED] = {400, "Bad Request", CLOSES,
                           "there is more than one Sec-WebSocket-Key header (RFC 6455 §11.3.1)"},
    [HTTP_KEY_BAD] = {400, "Bad Request", CLOSES,
                      "Sec-WebSocket-Key must be 16 bytes in base64: 22 characters and == "
                      "(RFC 6455 §4.2.1)"},
    [HTTP_EXTENSIONS_BAD] = {400, "Bad Request", CLOSES,
                             "Sec-WebSocket-Extensions must be a list of names with parameters "
                             "(RFC 6455 §9.1)"},
    [HTTP_ORIGIN_REPEATED] = {400, "Bad Request", CLOSES,
                              "there is more than one Origin header (RFC 6454 §7.3)"},
    [HTTP_ORIGIN_FORBIDDEN] = {403, "Forbidden", CLOSES,
                               "this Origin may not connect here; the server's log says "
                               "what to do (RFC 6455 §4.2.2, §10.2)"},

    [HTTP_HOST_UNKNOWN] = {421, "Misdirected Request", CLOSES,
                           "the server is not known by the name in Host; its log says what to do "
                           "(RFC 9110 §15.5.20)"},
    [HTTP_METHOD_NOT_ALLOWED] = {405, "Method Not Allowed", "Allow: GET, HEAD\r\n" CLOSES,
                                 "only GET and HEAD are answered here (RFC 9110 §15.5.6)"},
    [HTTP_NOT_FOUND] = {404, "Not Found", CLOSES,
                        "there is nothing at this path (RFC 9110 §15.5.5)"},
    [HTTP_LOOPBACK_ONLY] =
        {403, "Forbidden", CLOSES,
         "only clients on the server's own machine may watch here; start it with "
         "--xray any to let others watch (RFC 9110 §15.5.4)"},
    [HTTP_TOKEN_MISSING] = {403, "Forbidden", CLOSES,
                            "who watches here must name a connection: ?watch= and its token of 32 "
                            "hexadecimal digits (RFC 9110 §15.5.4)"},
    [HTTP_TIMEOUT] = {408, "Request Timeout", CLOSES,
                      "the request head did not arrive in time (RFC 9110 §15.5.9)"},
    [HTTP_FULL] = {503, "Service Unavailable", CLOSES,
                   "the server has as many clients as it takes; try again later "
                   "(RFC 9110 §15.6.4)"},
    [HTTP_NO_RESOURCES] = {503, "Service Unavailable", CLOSES,
                           "the server is out of memory, descriptors or threads; try again later "
                           "(RFC 9110 §15.6.4)"},
};

const struct http_refusal *http_refusal_find(enum http_outcome outcome)
{
    return &refusals[outcome];
}

size_t http_refusal_write(enum http_outcome outcome, bool with_body, char out[HTTP_REFUSAL_MAX])
{
    const struct http_refusal *refusal = http_refusal_find(outcome);
    int len = snprintf(out, HTTP_REFUSAL_MAX,
                       "HTTP/1.1 %d %s\r\n"
                       "Content-Type: text/plain; charset=utf-8\r\n"
                       "Content-Length: %zu\r\n"
                       "%s"
                       "\r\n"
                       "%s%s",
                       refusal->status, refusal->phrase, strlen(refusal->reason) + 1,
                       refusal->headers, with_body ? refusal->reason : "", with_body ? "\n" : "");
    return len < HTTP_REFUSAL_MAX ? (size_t)len : HTTP_REFUSAL_MAX - 1;
}
