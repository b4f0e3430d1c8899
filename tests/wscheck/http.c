/*
 * http - see http.h
 */
#include "http.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/* ------------------------------------------------------------------------------ accept keys */

size_t http_digest(unsigned char digest[64], const char *algorithm, const void *at, size_t len)
{
    unsigned int digest_len = 0;
    const EVP_MD *md = EVP_get_digestbyname(algorithm);
    if (md == NULL || EVP_Digest(at, len, digest, &digest_len, md, NULL) != 1)
        return 0;
    return digest_len;
}

void http_add_base64(struct bytes *out, const void *at, size_t len)
{
    static const char sign[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = at;
    for (size_t i = 0; i < len; i += 3) {
        unsigned long group = (unsigned long)in[i] << 16;
        if (i + 1 < len)
            group |= (unsigned long)in[i + 1] << 8;
        if (i + 2 < len)
            group |= in[i + 2];
        char four[] = {sign[group >> 18 & 63], sign[group >> 12 & 63],
                       i + 1 < len ? sign[group >> 6 & 63] : '=',
                       i + 2 < len ? sign[group & 63] : '='};
        bytes_add(out, four, sizeof four);
    }
}

void http_accept_key(char accept[ACCEPT_LEN + 1], const char *key)
{
    struct bytes text = {0}, base64 = {0};
    unsigned char digest[64];
    bytes_add_text(&text, key);
    bytes_add_text(&text, guid);
    http_add_base64(&base64, digest, http_digest(digest, "SHA1", text.at, text.len));
    snprintf(accept, ACCEPT_LEN + 1, "%.*s", (int)base64.len, (const char *)base64.at);
    bytes_free(&text);
    bytes_free(&base64);
}

/* --------------------------------------------------------------------------------- requests */

#define HEADERS 5

/* One line of `changes`. */
struct line {
    const char *at;
    int len;
};

/* The right request, as it is being changed. */
struct draft {
    struct line request_line;
    struct line header[HEADERS];
    struct bytes before, after;
    struct line blank; /* NULL: the usual one */
};

static struct line line_of(const char *text)
{
    return (struct line){text, (int)strlen(text)};
}

/* Do they have the same name in front of the colon? */
static bool same_name(struct line a, const char *name, size_t len)
{
    return a.at != NULL && (size_t)a.len > len && a.at[len] == ':' &&
           strncasecmp(a.at, name, len) == 0;
}

static void change_header(struct draft *draft, struct line line)
{
    const char *colon = memchr(line.at, ':', (size_t)line.len);
    size_t name_len = colon != NULL ? (size_t)(colon - line.at) : 0;
    for (size_t i = 0; i < HEADERS; i++)
        if (same_name(draft->header[i], line.at, name_len)) {
            draft->header[i] = line;
            return;
        }
    bytes_add_format(&draft->after, "%.*s\r\n", line.len, line.at);
}

static void drop_header(struct draft *draft, struct line name)
{
    for (size_t i = 0; i < HEADERS; i++)
        if (same_name(draft->header[i], name.at, (size_t)name.len))
            draft->header[i].at = NULL;
}

static void change(struct draft *draft, struct line line)
{
    struct line rest = {line.at + 1, line.len - 1};
    switch (line.at[0]) {
    case '=': draft->request_line = rest; break;
    case '-': drop_header(draft, rest); break;
    case '+': bytes_add_format(&draft->after, "%.*s\r\n", rest.len, rest.at); break;
    case '^': bytes_add_format(&draft->before, "%.*s\r\n", rest.len, rest.at); break;
    case '!': draft->blank = rest; break;
    default: change_header(draft, line);
    }
}

static void put_together(struct bytes *out, const struct draft *draft)
{
    bytes_add_format(out, "%.*s\r\n", draft->request_line.len, draft->request_line.at);
    bytes_add(out, draft->before.at, draft->before.len);
    for (size_t i = 0; i < HEADERS; i++)
        if (draft->header[i].at != NULL)
            bytes_add_format(out, "%.*s\r\n", draft->header[i].len, draft->header[i].at);
    bytes_add(out, draft->after.at, draft->after.len);
    bytes_add(out, draft->blank.at, (size_t)draft->blank.len);
}

/* Copies text, with $K and $H replaced. */
static void add_filled_in(struct bytes *out, const struct bytes *text, const char *key,
                          const char *host)
{
    for (size_t i = 0; i < text->len; i++) {
        char next = i + 1 < text->len ? (char)text->at[i + 1] : '\0';
        bool is_variable = text->at[i] == '$' && (next == 'K' || next == 'H');
        if (is_variable)
            bytes_add_text(out, next == 'K' ? key : host);
        else
            bytes_add(out, text->at + i, 1);
        i += is_variable;
    }
}

void http_add_request(struct bytes *out, const char *key, const char *host, const char *changes)
{
    struct draft draft = {
        .request_line = line_of("GET / HTTP/1.1"),
        .header = {line_of("Host: $H"), line_of("Upgrade: websocket"),
                   line_of("Connection: Upgrade"), line_of("Sec-WebSocket-Key: $K"),
                   line_of("Sec-WebSocket-Version: 13")},
        .blank = line_of("\r\n"),
    };
    struct bytes text = {0};
    for (const char *at = changes; *at != '\0';) {
        int len = (int)strcspn(at, "\n");
        change(&draft, (struct line){at, len});
        at += len + (at[len] == '\n');
    }
    put_together(&text, &draft);
    add_filled_in(out, &text, key, host);
    bytes_free(&text);
    bytes_free(&draft.before);
    bytes_free(&draft.after);
}

/* ---------------------------------------------------------------------------------- answers */

/* Three digits behind "HTTP/1.1 ". */
int http_status(const unsigned char *bytes, size_t len)
{
    int status = 0;
    if (len < 12 || bytes[8] != ' ' ||
        (memcmp(bytes, "HTTP/1.1", 8) != 0 && memcmp(bytes, "HTTP/1.0", 8) != 0))
        return 0;
    for (size_t i = 9; i < 12; i++) {
        if (bytes[i] < '0' || bytes[i] > '9')
            return 0;
        status = status * 10 + (bytes[i] - '0');
    }
    return len > 12 && bytes[12] >= '0' && bytes[12] <= '9' ? 0 : status;
}

bool http_read_response(struct response *response, const unsigned char *bytes, size_t len)
{
    const unsigned char *end = bytes_find(bytes, len, "\r\n\r\n");
    if (end == NULL)
        return false;
    *response = (struct response){.at = (const char *)bytes, .head_len = (size_t)(end - bytes) + 4};
    response->is_old = len >= 8 && memcmp(bytes, "HTTP/1.0", 8) == 0;
    response->status = http_status(bytes, response->head_len);
    return true;
}

static void copy_trimmed(char *out, size_t size, const char *at, size_t len)
{
    while (len > 0 && (*at == ' ' || *at == '\t')) {
        at++;
        len--;
    }
    while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t' || at[len - 1] == '\r'))
        len--;
    snprintf(out, size, "%.*s", (int)len, at);
}

size_t http_find_header(const struct response *response, const char *name, char *value, size_t size)
{
    const char *end = response->at + response->head_len;
    size_t name_len = strlen(name), found = 0;
    if (size > 0)
        value[0] = '\0';
    for (const char *line = response->at; line < end;) {
        const char *lf = memchr(line, '\n', (size_t)(end - line));
        size_t len = (size_t)((lf != NULL ? lf : end) - line);
        if (len > name_len && line[name_len] == ':' && strncasecmp(line, name, name_len) == 0 &&
            found++ == 0 && size > 0)
            copy_trimmed(value, size, line + name_len + 1, len - name_len - 1);
        line += len + 1;
    }
    return found;
}

bool http_read_length(const char *value, size_t *len)
{
    *len = 0;
    for (const char *at = value; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || *len > BODY_MOST)
            return false;
        *len = *len * 10 + (size_t)(*at - '0');
    }
    return *value != '\0' && *len <= BODY_MOST;
}

bool http_list_has(const char *list, const char *word)
{
    while (*list != '\0') {
        size_t len = strcspn(list, ",");
        char item[64];
        copy_trimmed(item, sizeof item, list, len);
        if (strcasecmp(item, word) == 0)
            return true;
        list += len + (list[len] == ',');
    }
    return false;
}
