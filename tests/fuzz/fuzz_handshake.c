/*
 * fuzz_handshake - may this request become a WebSocket, and what is answered?
 *
 * Input: one byte that chooses what the server allows, one that chooses which lines of a good
 * request are there already, then further header lines, to make it bad or keep it good.
 *
 * The model below judges each rule on its own and lists all that are broken; the server may name
 * any of these, and must accept if there is none.
 */
#include "fuzz.h"
#include "handshake.h"
#include "model.h"

#define LINES_MAX 2000 /* bytes of an input that are looked at */

static struct model_head model;

/* ------------------------------------------------------------------------- a second SHA-1 and
 * base64, from RFC 3174 §6.1 and RFC 4648 §4 */

static uint32_t rotate(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

static void sha1_block(uint32_t h[5], const uint8_t block[64])
{
    uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (size_t t = 0; t < 80; t++)
        w[t] = t < 16 ? (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 |
                            (uint32_t)block[4 * t + 2] << 8 | block[4 * t + 3]
                      : rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    for (size_t t = 0; t < 80; t++) {
        uint32_t f = t < 20   ? (b & c) | (~b & d)
                     : t < 40 ? b ^ c ^ d
                     : t < 60 ? (b & c) | (b & d) | (c & d)
                              : b ^ c ^ d;
        uint32_t k = t < 20 ? 0x5A827999 : t < 40 ? 0x6ED9EBA1 : t < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
        uint32_t next = rotate(a, 5) + f + e + w[t] + k;
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

/* Of at most 100 bytes: the text, a 1 bit, zeros, and its length in bits fill two blocks. */
static void sha1(const char *text, size_t len, uint8_t digest[20])
{
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    uint8_t padded[128] = {0};
    size_t blocks = len < 56 ? 1 : 2;
    memcpy(padded, text, len);
    padded[len] = 0x80;
    padded[64 * blocks - 2] = (uint8_t)(8 * len >> 8);
    padded[64 * blocks - 1] = (uint8_t)(8 * len);
    for (size_t i = 0; i < blocks; i++)
        sha1_block(h, padded + 64 * i);
    for (size_t i = 0; i < 20; i++)
        digest[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static const char base64_chars[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Of 20 bytes: six groups of three, and two bytes more. */
static void base64_20(const uint8_t bytes[20], char out[29])
{
    for (size_t i = 0; i < 27; i++) { /* six bits each; the last have only four, and two zeros */
        unsigned bits = 0;
        for (size_t bit = 6 * i; bit < 6 * i + 6; bit++)
            bits = bits * 2 + (bit < 160 && (bytes[bit / 8] >> (7 - bit % 8) & 1) == 1);
        out[i] = base64_chars[bits];
    }
    out[27] = '=';
    out[28] = '\0';
}

static void model_accept(struct model_text key, char accept[29])
{
    char text[100];
    uint8_t digest[20];
    int len = snprintf(text, sizeof text, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", (int)key.len,
                       key.at);
    sha1(text, (size_t)len, digest);
    base64_20(digest, accept);
}

/* --------------------------------------------------------------------------- the rules, one by one */

/* The refusals that a server may choose from; it must, if count > 0. */
struct verdict {
    bool may[HTTP_OUTCOMES];
    size_t count;
};

static void broken_if(struct verdict *verdict, bool broken, enum http_outcome outcome)
{
    if (broken) {
        verdict->may[outcome] = true;
        verdict->count++;
    }
}

/* §4.1 has no body in the request; RFC 9112 §6.3: these headers announce one. *may_be: a length
 * that is repeated may be taken for one (RFC 9110 §8.6). */
static bool announces_body(bool *may_be)
{
    *may_be = model_find(&model, "Content-Length", NULL) > 1;
    for (size_t i = 0; i < model.line_count; i++) {
        struct model_text name = model.lines[i].name;
        if (model_same_any_case(name, (struct model_text){"transfer-encoding", 17}))
            return true;
        if (model_same_any_case(name, (struct model_text){"content-length", 14}) &&
            !model_same(model.lines[i].value, "0"))
            return true;
    }
    return false;
}

/* §4.2.1: "base64-encoded value that, when decoded, is 16 bytes in length" */
static bool is_key(struct model_text key)
{
    size_t chars = 0;
    while (chars < key.len && key.at[chars] != '\0' && strchr(base64_chars, key.at[chars]) != NULL)
        chars++;
    return chars == 22 && key.len == 24 && memcmp(key.at + 22, "==", 2) == 0;
}

/* §9.1, as an automaton: what may come after what. */
static bool is_extension_list(struct model_text text)
{
    enum {
        ITEM,
        NAME,
        NAMED,
        PARAMETER,
        IN_IT,
        AFTER_IT,
        VALUE,
        IN_VALUE,
        QUOTED,
        IN_QUOTES,
        DONE
    } state = ITEM;
    bool any = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool blank = c == ' ' || c == '\t', token = model_is_token((struct model_text){&c, 1});
        if (state == QUOTED || state == IN_QUOTES) {
            if (c == '"' && state == IN_QUOTES) {
                state = DONE;
                continue;
            }
            if (c == '\\' && i + 1 < text.len)
                c = text.at[++i];
            if (!model_is_token((struct model_text){&c, 1}))
                return false;
            state = IN_QUOTES;
        } else if (token) {
            if (state == NAMED || state == AFTER_IT || state == DONE)
                return false;
            any = any || state == ITEM;
            state = state == ITEM || state == NAME         ? NAME
                    : state == PARAMETER || state == IN_IT ? IN_IT
                                                           : IN_VALUE;
        } else if (blank) {
            state = state == NAME       ? NAMED
                    : state == IN_IT    ? AFTER_IT
                    : state == IN_VALUE ? DONE
                                        : state;
        } else if (c == '=' && (state == IN_IT || state == AFTER_IT)) {
            state = VALUE;
        } else if (c == '"' && state == VALUE) {
            state = QUOTED;
        } else if (state == PARAMETER || state == VALUE) {
            return false;
        } else if (c == ',') {
            state = ITEM;
        } else if (c == ';' && state != ITEM) {
            state = PARAMETER;
        } else {
            return false;
        }
    }
    return any && state != PARAMETER && state != VALUE && state != QUOTED && state != IN_QUOTES;
}

static bool extensions_are_good(void)
{
    for (size_t i = 0; i < model.line_count; i++)
        if (model_same_any_case(model.lines[i].name,
                                (struct model_text){"sec-websocket-extensions", 24}) &&
            !is_extension_list(model.lines[i].value))
            return false;
    return true;
}

/* ------------------------------------------------------------------------- Origin (§10.2) */

struct origin {
    struct model_text host, port; /* as written; port is the scheme's own if there is none */
};

/* Cuts "host" or "host:port"; a host in brackets may have colons. */
static struct origin split(struct model_text text, const char *scheme_port)
{
    size_t colon = text.len; /* no port */
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == ':')
            colon = i;
        if (text.at[i] == ']')
            colon = text.len;
    }
    if (colon == text.len)
        return (struct origin){text, {scheme_port, strlen(scheme_port)}};
    return (struct origin){{text.at, colon}, {text.at + colon + 1, text.len - colon - 1}};
}

static bool is_number_to_255(struct model_text text)
{
    unsigned number = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        number = number * 10 + (unsigned)(text.at[i] - '0');
        number = number < 1000 ? number : 1000; /* a long row of digits must not overflow */
    }
    return text.len > 0 && number <= 255;
}

/* Cut at its dots it is four numbers. */
static bool is_ipv4(struct model_text host)
{
    size_t numbers = 0, start = 0;
    for (size_t i = 0; i <= host.len; i++)
        if (i == host.len || host.at[i] == '.') {
            if (!is_number_to_255((struct model_text){host.at + start, i - start}))
                return false;
            numbers++;
            start = i + 1;
        }
    return numbers == 4;
}

/* A name that nobody else can have pointed here. */
static bool is_safe_host(struct model_text host, const char *host_name)
{
    if (host.len >= 3 && host.at[0] == '[' && host.at[host.len - 1] == ']')
        return true;
    return is_ipv4(host) || model_same_any_case(host, (struct model_text){"localhost", 9}) ||
           (host_name != NULL &&
            model_same_any_case(host, (struct model_text){host_name, strlen(host_name)}));
}

static bool has(struct model_text text, char byte)
{
    return text.len > 0 && memchr(text.at, byte, text.len) != NULL;
}

static bool origin_is_allowed(struct model_text origin, const struct handshake_rules *rules)
{
    static const char *const schemes[] = {"http://", "https://"}, *const ports[] = {"80", "443"};
    struct model_text host = model_url_host(model.target);
    if (host.len == 0)
        model_find(&model, "Host", &host);
    for (size_t i = 0; i < rules->origin_count; i++) {
        struct model_text listed = {rules->origins[i], strlen(rules->origins[i])};
        if (model_same(listed, "*") || model_same_any_case(origin, listed))
            return true;
    }
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(schemes[i]);
        if (origin.len <= len || !model_same_any_case((struct model_text){origin.at, len},
                                                      (struct model_text){schemes[i], len}))
            continue;
        struct model_text rest = {origin.at + len, origin.len - len};
        struct origin page = split(rest, ports[i]), server = split(host, ports[i]);
        if (model_same_any_case(page.host, server.host) &&
            model_same_any_case(page.port, server.port) &&
            is_safe_host(server.host, rules->host_name))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------------------- comparing */

static struct verdict judge(const struct handshake_rules *rules)
{
    struct verdict verdict = {{false}, 0};
    struct model_text version = {"", 0}, key = {"", 0}, origin = {"", 0};
    size_t versions = model_find(&model, "Sec-WebSocket-Version", &version);
    size_t keys = model_find(&model, "Sec-WebSocket-Key", &key);
    size_t origins = model_find(&model, "Origin", &origin);
    bool may_have_body;

    broken_if(&verdict, !model_same(model.method, "GET"), HTTP_UPGRADE_METHOD);
    broken_if(&verdict, model.minor == 0, HTTP_UPGRADE_OVER_10);
    broken_if(&verdict,
              model_same(model.target, "*") || has(model.target, '#') ||
                  has(model_url_host(model.target), '@'),
              HTTP_UPGRADE_TARGET);
    broken_if(&verdict, announces_body(&may_have_body), HTTP_UPGRADE_BODY);
    broken_if(&verdict, !model_has_item(&model, "Upgrade", "websocket", true), HTTP_UPGRADE_HEADER);
    broken_if(&verdict, !model_has_item(&model, "Connection", "upgrade", true),
              HTTP_CONNECTION_HEADER);
    broken_if(&verdict, versions == 0, HTTP_VERSION_MISSING);
    broken_if(&verdict, versions > 1, HTTP_VERSION_REPEATED);
    broken_if(&verdict, versions == 1 && !model_same(version, "13"), HTTP_VERSION_OTHER);
    broken_if(&verdict, keys == 0, HTTP_KEY_MISSING);
    broken_if(&verdict, keys > 1, HTTP_KEY_REPEATED);
    broken_if(&verdict, keys == 1 && !is_key(key), HTTP_KEY_BAD);
    broken_if(&verdict, !extensions_are_good(), HTTP_EXTENSIONS_BAD);
    broken_if(&verdict, origins > 1, HTTP_ORIGIN_REPEATED);
    broken_if(&verdict, origins == 1 && !origin_is_allowed(origin, rules), HTTP_ORIGIN_FORBIDDEN);
    if (may_have_body)
        verdict.may[HTTP_UPGRADE_BODY] = true;
    return verdict;
}

/* §4.2.2 step 5: these lines, and the subprotocol if it was offered. */
static void check_answer(const struct http_request *request, const struct handshake_rules *rules)
{
    char expected[HANDSHAKE_ANSWER_MAX + 300], accept[29], *out = fuzz_alloc(HANDSHAKE_ANSWER_MAX);
    struct model_text key = {"", 0};
    const char *subprotocol = rules->subprotocol;
    model_find(&model, "Sec-WebSocket-Key", &key);
    model_accept(key, accept);
    bool chosen =
        subprotocol != NULL && model_has_item(&model, "Sec-WebSocket-Protocol", subprotocol, false);
    int len = snprintf(expected, sizeof expected,
                       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                       "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s%s%s\r\n",
                       accept, chosen ? "Sec-WebSocket-Protocol: " : "", chosen ? subprotocol : "",
                       chosen ? "\r\n" : "");
    size_t answer_len = handshake_answer(request, rules, out);
    if (len >= HANDSHAKE_ANSWER_MAX)
        MUST(answer_len == 0);
    else
        MUST(answer_len == (size_t)len && strcmp(out, expected) == 0);
    free(out);
}

static void check_request(const struct http_request *request, const struct handshake_rules *rules)
{
    bool wanted = model_has_item(&model, "Upgrade", "websocket", true) ||
                  model_find(&model, "Sec-WebSocket-Key", NULL) > 0 ||
                  model_find(&model, "Sec-WebSocket-Version", NULL) > 0;
    MUST(handshake_wanted(request) == wanted);

    struct verdict verdict = judge(rules);
    enum http_outcome outcome = handshake_check(request, rules);
    if (verdict.count > 0 || outcome != HTTP_OK)
        MUST(verdict.may[outcome]);
    else
        check_answer(request, rules);
}

/* --------------------------------------------------------------------------- making requests */

static struct handshake_rules choose_rules(uint8_t choice)
{
    static const char *const host_names[] = {NULL, "chat.example", "192.0.2.1", "::"};
    static char *const origins[] = {"https://other.example", "null", "*"};
    static const char *const subprotocols[] = {
        NULL, "chat", "v2.chat",
        "a-name-that-does-not-fit-into-an-answer-0123456789-0123456789-0123456789-0123456789-"
        "0123456789-0123456789-0123456789"};
    return (struct handshake_rules){.host_name = host_names[choice & 3],
                                    .origins = origins,
                                    .origin_count = choice >> 2 & 3,
                                    .subprotocol = subprotocols[choice >> 4 & 3]};
}

/* A request of the lines that choice asks for and of the input's; returns its length. */
static size_t make_request(char *out, size_t size, uint8_t choice, const uint8_t *lines, size_t len)
{
    static const char *const good[] = {"Host: localhost:8080\r\n", "Upgrade: websocket\r\n",
                                       "Connection: Upgrade\r\n", "Sec-WebSocket-Version: 13\r\n",
                                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"};
    size_t at = (size_t)snprintf(out, size, "%s /chat HTTP/1.%c\r\n", choice & 0x40 ? "GE" : "GET",
                                 choice & 0x80 ? '0' : '1');
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if ((choice >> i & 1) == 0) /* so that a 0 stands for a good request */
            at += (size_t)snprintf(out + at, size - at, "%s", good[i]);
    if (len > 0)
        memcpy(out + at, lines, len);
    at += len;
    if (len > 0 && out[at - 1] != '\n')
        out[at++] = '\n';
    out[at++] = '\n';
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct handshake_rules rules = choose_rules(fuzz_byte(&in));
    uint8_t choice = fuzz_byte(&in);
    size_t len = in.len < LINES_MAX ? in.len : LINES_MAX;

    char made[LINES_MAX + 400];
    size_t made_len = make_request(made, sizeof made, choice, in.at, len);
    char *bytes = fuzz_copy(made, made_len);
    struct http_request request;
    http_request_init(&request);
    if (http_request_parse(&request, bytes, made_len) == HTTP_OK) {
        MUST(model_head_read(&model, bytes, made_len, true));
        check_request(&request, &rules);
    }
    free(bytes);
    return 0;
}
