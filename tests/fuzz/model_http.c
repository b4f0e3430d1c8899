/*
 * model_http - a request head, line by line, see model.h
 */
#include "model.h"

#include <string.h>

/* Spelled out, character by character, as RFC 9110 §5.6.2 does. */
static const char token_chars[] = "!#$%&'*+-.^_`|~"
                                  "0123456789"
                                  "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

static bool is_one_of(char c, const char *chars)
{
    return c != '\0' && strchr(chars, c) != NULL;
}

static bool all_one_of(struct model_text text, const char *chars)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_one_of(text.at[i], chars))
            return false;
    return true;
}

bool model_is_token(struct model_text text)
{
    return text.len > 0 && all_one_of(text, token_chars);
}

struct model_text model_url_host(struct model_text target)
{
    size_t from = 0, len = 0;
    if (target.len == 0 || !is_one_of(target.at[0], "hH"))
        return (struct model_text){"", 0};
    while (from + 2 < target.len && (target.at[from] != '/' || target.at[from + 1] != '/'))
        from++;
    from = from + 2 < target.len ? from + 2 : target.len;
    while (from + len < target.len && !is_one_of(target.at[from + len], "/?#"))
        len++;
    return (struct model_text){target.at + from, len};
}

/* RFC 9112 §3.2: the target is a path, or *, or a URL. A server that reads on in what only begins
 * like one of these, to answer later that it does not know it, is no worse for it. */
static bool is_target(struct model_text text, bool surely)
{
    static const char scheme[] = "http://";
    const size_t len = sizeof scheme - 1;
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < 0x21 || text.at[i] > 0x7E)
            return false;
    if (!surely)
        return text.len > 0 && is_one_of(text.at[0], "/*hH");
    return (text.len > 0 && text.at[0] == '/') || model_same(text, "*") ||
           (text.len > len && model_host_is_good(model_url_host(text)) &&
            model_same_any_case((struct model_text){text.at, len},
                                (struct model_text){scheme, len}));
}

/* RFC 9110 §5.5: no control bytes; anything from 0x80 up is let pass. */
static bool is_value(struct model_text text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned c = (unsigned char)text.at[i];
        if (c != '\t' && (c < 0x20 || c == 0x7F))
            return false;
    }
    return true;
}

static struct model_text without_blanks(struct model_text text)
{
    while (text.len > 0 && is_one_of(text.at[text.len - 1], " \t"))
        text.len--;
    while (text.len > 0 && is_one_of(text.at[0], " \t")) {
        text.at++;
        text.len--;
    }
    return text;
}

/* Cuts a line off the front, without its LF or CRLF. False if there is no LF. */
static bool take_line(struct model_text *rest, struct model_text *line)
{
    size_t len = 0;
    while (len < rest->len && rest->at[len] != '\n')
        len++;
    if (len == rest->len)
        return false;
    *line = (struct model_text){rest->at, len};
    if (len > 0 && line->at[len - 1] == '\r')
        line->len--;
    rest->at += len + 1;
    rest->len -= len + 1;
    return true;
}

/* Cuts at the first of the given byte; false if there is none. */
static bool cut_at(struct model_text text, char byte, struct model_text *before,
                   struct model_text *after)
{
    size_t i = 0;
    while (i < text.len && text.at[i] != byte)
        i++;
    if (i == text.len)
        return false;
    *before = (struct model_text){text.at, i};
    *after = (struct model_text){text.at + i + 1, text.len - i - 1};
    return true;
}

static bool read_request_line(struct model_head *head, struct model_text line, bool surely)
{
    struct model_text rest, protocol;
    if (!cut_at(line, ' ', &head->method, &rest) || !cut_at(rest, ' ', &head->target, &protocol))
        return false;
    if (protocol.len != 8 || memcmp(protocol.at, "HTTP/1.", 7) != 0 ||
        !is_one_of(protocol.at[7], "0123456789"))
        return false;
    head->minor = protocol.at[7] - '0';
    return model_is_token(head->method) && is_target(head->target, surely);
}

static bool read_header_line(struct model_head *head, struct model_text text)
{
    struct model_line *line = &head->lines[head->line_count];
    if (!cut_at(text, ':', &line->name, &line->value))
        return false;
    line->value = without_blanks(line->value);
    head->line_count++;
    return model_is_token(line->name) && is_value(line->value);
}

bool model_head_read(struct model_head *head, const char *bytes, size_t len, bool surely)
{
    struct model_text rest = {bytes, len < MODEL_HEAD_MAX ? len : MODEL_HEAD_MAX}, line;
    head->line_count = 0;

    do /* RFC 9112 §2.2: empty lines before the request line are passed over */
        if (!take_line(&rest, &line))
            return false;
    while (line.len == 0);
    if (!read_request_line(head, line, surely))
        return false;

    head->headers = (struct model_text){rest.at, 0};
    while (take_line(&rest, &line)) {
        if (line.len == 0) {
            head->len = (size_t)(rest.at - bytes);
            head->hosts = model_find(head, "Host", NULL);
            return true;
        }
        if (!read_header_line(head, line))
            return false;
        head->headers.len = (size_t)(rest.at - head->headers.at);
    }
    return false;
}

/* ------------------------------------------------------------------------------- looking up */

static char small(char c)
{
    static const char large[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return is_one_of(c, large) ? "abcdefghijklmnopqrstuvwxyz"[strchr(large, c) - large] : c;
}

bool model_same(struct model_text text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.at, word, text.len) == 0;
}

bool model_same_any_case(struct model_text a, struct model_text b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (small(a.at[i]) != small(b.at[i]))
            return false;
    return true;
}

size_t model_find(const struct model_head *head, const char *name, struct model_text *value)
{
    size_t found = 0;
    for (size_t i = head->line_count; i-- > 0;) /* backwards: the first is kept */
        if (model_same_any_case(head->lines[i].name, (struct model_text){name, strlen(name)})) {
            found++;
            if (value != NULL)
                *value = head->lines[i].value;
        }
    return found;
}

bool model_has_item(const struct model_head *head, const char *name, const char *item,
                    bool any_case)
{
    const struct model_text wanted_name = {name, strlen(name)}, wanted = {item, strlen(item)};
    for (size_t i = 0; i < head->line_count; i++) {
        struct model_text list = head->lines[i].value, first, rest;
        if (!model_same_any_case(head->lines[i].name, wanted_name))
            continue;
        while (list.len > 0) {
            if (!cut_at(list, ',', &first, &rest)) {
                first = list;
                rest.len = 0;
            }
            first = without_blanks(first);
            if (any_case ? model_same_any_case(first, wanted) : model_same(first, item))
                return true;
            list = rest;
        }
    }
    return false;
}

/* ------------------------------------------------------------------------------------ Host */

static bool is_port(struct model_text text)
{
    return text.len > 0 && text.len <= 4 && all_one_of(text, "0123456789");
}

bool model_host_is_good(struct model_text host)
{
    struct model_text name = host, port = {"", 0};
    if (host.len >= 5 && memcmp(host.at, "[::1]", 5) == 0) { /* of all IPv6 addresses */
        struct model_text rest = {host.at + 5, host.len - 5};
        return rest.len == 0 || (cut_at(rest, ':', &name, &port) && name.len == 0 && is_port(port));
    }
    if (cut_at(host, ':', &name, &port) && !is_port(port))
        return false;
    return name.len > 0 && all_one_of(name, "0123456789abcdefghijklmnopqrstuvwxyz"
                                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ-._");
}

bool model_host_is_bad(struct model_text host)
{
    for (size_t i = 0; i < host.len; i++) {
        unsigned c = (unsigned char)host.at[i];
        if (c <= 0x20 || c >= 0x7F || is_one_of(host.at[i], "@/\\,?#\"<>"))
            return true;
    }
    return host.len == 0;
}
