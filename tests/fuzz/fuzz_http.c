/*
 * fuzz_http - request heads, however they are cut
 *
 * Input: one byte that chooses the cuts, then what a client sends first.
 *
 * The model in model_http.c knows which complete heads are good. Here the parser must agree with
 * it, and more: it must come to the same end whole, byte by byte and in pieces; when it refuses,
 * the fault it names must be one that can be where it stopped; and when it waits for more, there
 * must be something to wait for: an end that makes the head a good one.
 */
#include "fuzz.h"
#include "http.h"
#include "model.h"

#define INPUT_MAX (HTTP_HEAD_MAX + 300)
#define TRIED_MAX 500 /* bytes: for longer ones the slowest checks would take too long */
#define TAIL_MAX  40  /* no tail in has_good_end() is longer */

static struct model_head model;

/* ------------------------------------------------------------------------------- feeding */

/* How parsing ended, and after how many bytes. */
struct result {
    enum http_outcome outcome;
    size_t len;
    struct http_request request;
};

/* Memory that ends with the bytes: none beyond len may be looked at. */
static enum http_outcome parse_copy(const char *bytes, size_t len)
{
    struct http_request request;
    char *copy = fuzz_copy(bytes, len);
    http_request_init(&request);
    enum http_outcome outcome = http_request_parse(&request, copy, len);
    free(copy);
    return outcome;
}

/* The same buffer grows piece by piece; the parser goes on where it was. Pieces are from 1 to
 * longest bytes. */
static struct result parse_in_pieces(const char *bytes, size_t len, uint8_t seed, size_t longest)
{
    struct fuzz_dice dice = fuzz_dice(seed);
    struct result result = {HTTP_PARTIAL, 0, {0}};
    http_request_init(&result.request);
    while (result.outcome == HTTP_PARTIAL && result.len < len) {
        size_t piece = 1 + fuzz_below(&dice, longest);
        result.len = piece < len - result.len ? result.len + piece : len;
        result.outcome = http_request_parse(&result.request, bytes, result.len);
    }
    return result;
}

static struct result parse_whole(const char *bytes, size_t len)
{
    struct result result = {HTTP_PARTIAL, len, {0}};
    http_request_init(&result.request);
    result.outcome = http_request_parse(&result.request, bytes, len);
    return result;
}

static bool same_text(struct http_text a, struct http_text b)
{
    return a.at == b.at && a.len == b.len;
}

static void same_result(const struct result *a, const struct result *b)
{
    MUST(a->outcome == b->outcome);
    if (a->outcome != HTTP_OK)
        return;
    MUST(same_text(a->request.method, b->request.method));
    MUST(same_text(a->request.target, b->request.target));
    MUST(same_text(a->request.headers, b->request.headers));
    MUST(a->request.minor_version == b->request.minor_version);
    MUST(a->request.head_len == b->request.head_len);
}

/* ------------------------------------------------------------------------------ a good head */

static void same_as_model(struct http_text text, struct model_text expected)
{
    MUST(text.len == expected.len);
    MUST(text.at == expected.at); /* a slice of the very bytes, not only equal to them */
}

/* Looked up by its name, and each beginning of its value in the lists of that name. */
static void check_lookup(const struct http_request *request, const struct model_line *line)
{
    struct http_text value = {NULL, 0};
    struct model_text expected = {NULL, 0};
    char name[64], item[64];
    if (line->name.len >= sizeof name)
        return;
    memcpy(name, line->name.at, line->name.len);
    name[line->name.len] = '\0';
    MUST(http_header_find(request, name, &value) == model_find(&model, name, &expected));
    MUST(value.len == expected.len);
    MUST(http_header_find(request, name, NULL) > 0);

    size_t len = line->value.len < sizeof item ? line->value.len : sizeof item - 1;
    for (size_t i = 0; i < len && line->value.at[i] != ','; i++) {
        item[i] = line->value.at[i];
        item[i + 1] = '\0';
        MUST(http_header_has_item(request, name, item, http_text_is) ==
             model_has_item(&model, name, item, false));
        MUST(http_header_has_item(request, name, item, http_text_is_nocase) ==
             model_has_item(&model, name, item, true));
    }
}

/* Each header as http_header_next() tells it. */
static void check_headers(const struct http_request *request)
{
    struct http_header header = {0};
    size_t count = 0;
    while (http_header_next(request, &header)) {
        MUST(count < model.line_count);
        const struct model_line *line = &model.lines[count++];
        same_as_model(header.name, line->name);
        if (line->value.len > 0)
            same_as_model(header.value, line->value);
        MUST(header.value.len == line->value.len);
        if (request->head_len <= TRIED_MAX)
            check_lookup(request, line);
    }
    MUST(count == model.line_count);
    MUST(http_header_find(request, "", NULL) == 0);
}

/* The length of "http://" or "https://" if the target begins with it, in any case (RFC 3986 §3.1),
 * else 0. */
static size_t scheme_length(struct model_text target)
{
    static const char *const schemes[] = {"http://", "https://"};
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(schemes[i]);
        if (target.len >= len && model_same_any_case((struct model_text){target.at, len},
                                                     (struct model_text){schemes[i], len}))
            return len;
    }
    return 0;
}

static bool is_url(struct model_text target)
{
    return target.at[0] == 'h' || target.at[0] == 'H';
}

/* RFC 9112 §3.2: the path is what comes after scheme and host, if they are there, and before the query.
 * (The host ends at /, ? or #: RFC 3986 §3.2.) What begins with an h but is no URL is nothing that could
 * have a path. */
static void check_path(const struct http_request *request)
{
    struct http_text path = http_request_path(request);
    const char *from = model.target.at, *end = from + model.target.len;
    if (is_url(model.target)) {
        size_t scheme = scheme_length(model.target);
        if (scheme == 0)
            return;
        from += scheme;
        while (from < end && *from != '/' && *from != '?' && *from != '#')
            from++;
    }
    size_t len = 0;
    while (from + len < end && from[len] != '?')
        len++;
    if (len == 0) /* RFC 9110 §4.2.3: no path is the same as "/" */
        MUST(path.len == 1 && *path.at == '/');
    else
        MUST(path.at == from && path.len == len);
}

static void check_good(const struct result *result, const char *bytes)
{
    const struct http_request *request = &result->request;
    MUST(request->head_len <= result->len && request->head_len <= HTTP_HEAD_MAX);
    MUST(request->head_len == model.len);
    MUST(bytes[request->head_len - 1] == '\n');
    same_as_model(request->method, model.method);
    same_as_model(request->target, model.target);
    same_as_model(request->headers, model.headers);
    MUST(request->minor_version == model.minor);
    check_headers(request);
    check_path(request);
}

/* -------------------------------------------------------------------------- refused, or not yet */

/* Is this what can be wrong with the last byte of bytes[0..len), where nothing was before? Told by
 * counting: how many lines came before, how many spaces or colons in this one. */
static bool is_plausible(enum http_outcome fault, const char *bytes, size_t len)
{
    size_t lines = 0, spaces = 0, colons = 0, start = 0;
    char c = bytes[len - 1], before = len > 1 ? bytes[len - 2] : '\n';
    for (size_t i = 0; i < len - 1; i++) {
        bool blank_so_far = lines == 0 && start == i && (bytes[i] == '\r' || bytes[i] == '\n');
        spaces += bytes[i] == ' ';
        colons += bytes[i] == ':';
        if (bytes[i] == '\n' || blank_so_far) {
            lines += !blank_so_far;
            spaces = colons = 0;
            start = i + 1;
        }
    }
    switch (fault) {
    case HTTP_TLS: return lines == 0 && start == len - 1 && c == 0x16;
    case HTTP_BAD_METHOD: return lines == 0 && spaces == 0;
    case HTTP_BAD_TARGET: return lines == 0 && spaces == 1;
    case HTTP_BAD_PROTOCOL:
        return lines == 0 && (spaces == 2 || (spaces == 1 && (c == '\r' || c == '\n')));
    case HTTP_BAD_VERSION: return lines == 0 && spaces == 2 && before == '/';
    case HTTP_BAD_HEADER_NAME: return lines > 0 && colons == 0;
    case HTTP_NO_COLON: return lines > 0 && colons == 0 && (c == '\r' || c == '\n');
    case HTTP_FOLDED_HEADER: return lines > 0 && start == len - 1 && (c == ' ' || c == '\t');
    case HTTP_CONTROL_BYTE: return lines > 0 && colons > 0 && (unsigned char)c != '\t';
    case HTTP_BARE_CR: return before == '\r' && c != '\n';
    case HTTP_HEAD_TOO_LARGE: return len == HTTP_HEAD_MAX;
    default: return false;
    }
}

/* A refusal is a whole answer that says the same with and without its body. */
static void check_refusal(enum http_outcome fault)
{
    char *with = fuzz_alloc(HTTP_REFUSAL_MAX), *without = fuzz_alloc(HTTP_REFUSAL_MAX);
    size_t with_len = http_refusal_write(fault, true, with);
    size_t without_len = http_refusal_write(fault, false, without);
    char announced[60];
    MUST(with_len < HTTP_REFUSAL_MAX && with_len == strlen(with));
    MUST(without_len < with_len && without_len == strlen(without));
    MUST(memcmp(with, without, without_len) == 0);
    MUST(memcmp(without + without_len - 4, "\r\n\r\n", 4) == 0);
    snprintf(announced, sizeof announced, "\r\nContent-Length: %zu\r\n", with_len - without_len);
    MUST(strstr(without, announced) != NULL);
    MUST(strchr(with + without_len, '\n') == with + with_len - 1); /* one line */
    free(with);
    free(without);
}

/* Is there something that could still come and make these bytes the start of a good head? Tried are
 * all tails of two good heads: one of them is right wherever the bytes stop. */
static bool has_good_end(const char *bytes, size_t len, bool surely)
{
    static const char *const heads[] = {"\r\nG / HTTP/1.1\r\nHost: x\r\n\r\n",
                                        "http://x HTTP/1.1\r\n\r\n"};
    char *text = fuzz_alloc(len + TAIL_MAX);
    bool found = false;
    memcpy(text, bytes, len);
    for (size_t i = 0; i < 2; i++)
        for (const char *tail = heads[i]; *tail != '\0' && !found; tail++) {
            memcpy(text + len, tail, strlen(tail));
            found = model_head_read(&model, text, len + strlen(tail), surely);
        }
    free(text);
    return found;
}

/* ------------------------------------------------------------------------------- all of it */

/* A user before the host is left to the handshake. */
static bool url_host_is_bad(struct model_text target)
{
    struct model_text host = model_url_host(target);
    while (host.len > 0 && memchr(host.at, '@', host.len) != NULL) {
        host.at++;
        host.len--;
    }
    return model_host_is_bad(host);
}

/* The model has a complete head here: only its Host can be wrong, or an odd target. */
static void check_complete(const struct result *result, const char *bytes)
{
    struct model_text host = {"", 0};
    size_t hosts = model_find(&model, "Host", &host);
    if (result->outcome == HTTP_OK) {
        MUST(hosts <= 1 && (hosts == 1 || model.minor == 0));
        MUST(hosts == 0 || !model_host_is_bad(host));
        MUST(!is_url(model.target) || !url_host_is_bad(model.target));
        check_good(result, bytes);
    } else if (result->outcome == HTTP_HOST_MISSING) {
        MUST(hosts == 0 && model.minor >= 1);
    } else if (result->outcome == HTTP_HOST_REPEATED) {
        MUST(hosts > 1);
    } else if (result->outcome == HTTP_HOST_BAD) {
        MUST(hosts == 1 && !model_host_is_good(host));
    } else {
        MUST(result->outcome == HTTP_BAD_TARGET);
        MUST(!model_head_read(&model, bytes, model.len, true));
    }
}

/* The model has no complete head here: it is refused, or it may still come. decided is how many
 * bytes the parser had been given, one by one, when it said so. */
static void check_incomplete(enum http_outcome outcome, const char *bytes, size_t decided)
{
    bool try_ends = decided <= TRIED_MAX;
    MUST(outcome != HTTP_OK);
    if (outcome == HTTP_PARTIAL) {
        MUST(decided < HTTP_HEAD_MAX);
        MUST(!try_ends || has_good_end(bytes, decided, false)); /* not refused too late */
    } else {
        MUST(is_plausible(outcome, bytes, decided));
        MUST(!try_ends || !has_good_end(bytes, decided, true)); /* not refused too early */
    }
}

/* Every start of the bytes must be incomplete up to where all was decided, and the same after. */
static void check_starts(const struct result *result, const char *bytes, size_t len, uint8_t seed)
{
    struct fuzz_dice dice = fuzz_dice(seed);
    for (size_t i = 0; i < (len > TRIED_MAX ? 4 : 8) && i <= len; i++) {
        size_t n = i == 0 ? len : i == 1 ? result->len : i == 2 ? 0 : fuzz_below(&dice, len);
        MUST(parse_copy(bytes, n) == (n < result->len ? HTTP_PARTIAL : result->outcome));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    uint8_t seed = fuzz_byte(&in);
    size_t len = in.len < INPUT_MAX ? in.len : INPUT_MAX;
    char *bytes = fuzz_copy(in.at, len);

    struct result byte_by_byte = parse_in_pieces(bytes, len, seed, 1);
    struct result others[] = {parse_whole(bytes, len), parse_in_pieces(bytes, len, seed, 20),
                              parse_in_pieces(bytes, len, seed, 3000)};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        same_result(&byte_by_byte, &others[i]);
    check_starts(&byte_by_byte, bytes, len, seed);

    enum http_outcome outcome = byte_by_byte.outcome;
    if (model_head_read(&model, bytes, len, false))
        check_complete(&byte_by_byte, bytes);
    else
        check_incomplete(outcome, bytes, byte_by_byte.len);
    if (outcome != HTTP_OK && outcome != HTTP_PARTIAL)
        check_refusal(outcome);
    free(bytes);
    return 0;
}
