/*
 * A WebSocket echo server (RFC 6455), a thread for each client. Begin with serve(): the story of
 * one client, in calls that wait. What they are made of stands above it, main() below. Each byte is
 * judged when it comes: a rule holds, or end() notes why not, and all return false to serve().
 * Nothing is shared. Ctrl-C just ends the process; lesson 3 says goodbye, and pings the silent.
 */
#include <netinet/in.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 }; /* §5.2 */
enum { NO_STATUS = 1005, ABNORMAL = 1006 }; /* never sent: no code came; no Close came (§7.1.5) */
enum { REQUEST_TIME = 120, LINGER = 2, HEAD_MAX = 8192, CONTROL_MAX = 125 };
static size_t max_message = 1 << 24;

struct client {
    int fd;
    FILE *out;               /* the same socket: what is written waits here for fflush() */
    time_t deadline;         /* for the request, and for the end; in between, 0 */
    unsigned char in[65536]; /* what recv() brought: in[at] to in[came - 1] is still to be read */
    size_t at, came;
    bool fin; /* the frame that is being read: its header (§5.2) */
    int opcode;
    uint64_t len;
    unsigned char mask[4], control[CONTROL_MAX]; /* and its payload, if it is a control frame */
    int type;            /* the message that is being read: its opcode; 0 before it begins */
    int more, low, high; /* its UTF-8: so many bytes must follow, the next from low to high */
    size_t size;
    int code;                /* why it is over: an HTTP status or a close code ... */
    const char *reason;      /* ... and in words */
    unsigned char message[]; /* max_message of them, in memory as far as bytes have come */
};

static bool end(struct client *c, int code, const char *reason)
{
    c->code = code;
    c->reason = reason;
    return false;
}

/* Waits for bytes. What is to be said goes out first: the client may be waiting for it. */
static bool fill(struct client *c)
{
    struct pollfd readable = {c->fd, POLLIN, 0};
    time_t left = c->deadline - time(NULL);
    if (c->deadline != 0 && (left < 0 || poll(&readable, 1, (int)left * 1000) == 0))
        return end(c, 408, "§4.2.1: the request takes too long");
    ssize_t n = fflush(c->out) == 0 ? recv(c->fd, c->in, sizeof c->in, 0) : -1;
    c->at = 0;
    c->came = (size_t)n;
    return n > 0 || end(c, ABNORMAL, "");
}

static bool get(struct client *c, void *to, size_t n)
{
    for (unsigned char *byte = to; n > 0; n--) {
        if (c->at == c->came && !fill(c))
            return false;
        *byte++ = c->in[c->at++];
    }
    return true;
}

static bool get_head(struct client *c, char *head)
{
    for (size_t n = 0; n < HEAD_MAX; n++) {
        if (!get(c, head + n, 1))
            return false;
        if (n >= 3 && memcmp(head + n - 3, "\r\n\r\n", 4) == 0)
            return true;
    }
    return end(c, 431, "§10.4: more than 8 KiB before the empty line");
}

/* Checks the client's opening handshake (§4.2.1) and sends the server's (§4.2.2). */
static bool shake_hands(struct client *c)
{
    static const char base64[] = "0123456789abcdefghijklmnopqrstuvwxyz+/ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char head[HEAD_MAX + 1] = "", method[16], http[8] = "", text[128], *lines, *words, *line, *word;
    char *host = NULL, *key = NULL, *page = NULL; /* "" if there are two of them */
    bool named = true, upgrade = false, connection = false, version = false;
    unsigned char sha1[EVP_MAX_MD_SIZE];
    c->deadline = time(NULL) + REQUEST_TIME;
    if (!get_head(c, head))
        return false;
    sscanf(head, "%15s %*s HTTP/%7[^\r]", method, http);
    for (strtok_r(head, "\r\n", &lines); (line = strtok_r(NULL, "\r\n", &lines)) != NULL;)
        for (char *name = strtok_r(line, ":", &words); (word = strtok_r(NULL, ", \t", &words));) {
            named &= name[strcspn(name, " \t")] == '\0';
            upgrade |= !strcasecmp(name, "Upgrade") && !strcasecmp(word, "websocket");
            connection |= !strcasecmp(name, "Connection") && !strcasecmp(word, "Upgrade");
            version |= !strcasecmp(name, "Sec-WebSocket-Version") && !strcmp(word, "13");
            host = strcasecmp(name, "Host") ? host : host ? "" : word;
            key = strcasecmp(name, "Sec-WebSocket-Key") ? key : key ? "" : word;
            page = strcasecmp(name, "Origin") ? page : word + strcspn(word, "/");
        }
    bool good = (*http || end(c, 400, "§4.2.1: a request begins with GET / HTTP/1.1")) &&
                (!strcmp(http, "1.1") || end(c, 505, "§4.2.1: it must be HTTP/1.1")) &&
                (!strcmp(method, "GET") || end(c, 405, "§4.2.1: the method must be GET")) &&
                (named || end(c, 400, "§4.2.1: a header is not \"Name: value\"")) &&
                ((host && *host) || end(c, 400, "§4.2.1: there must be one Host")) &&
                ((upgrade && connection) || end(c, 426, "§4.2.1: Upgrade and Connection")) &&
                (version || end(c, 426, "§4.4: Sec-WebSocket-Version must be 13")) &&
                ((key && strspn(key, base64) == 22 && !strcmp(key + 22, "==")) ||
                 end(c, 400, "§4.2.1: one Sec-WebSocket-Key of 16 bytes in base64")) &&
                (!page || !strcasecmp(page + strspn(page, "/"), host) ||
                 end(c, 403, "§10.2: a page from elsewhere may not connect"));
    if (!good)
        return false;
    snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    EVP_Digest(text, strlen(text), sha1, NULL, EVP_sha1(), NULL);
    EVP_EncodeBlock((unsigned char *)text, sha1, 20);
    fprintf(c->out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n");
    fprintf(c->out, "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", text);
    c->deadline = 0;
    return true;
}

/* FIN RSV1-3 opcode | MASK length | 0, 2 or 8 bytes of length | 4 bytes of masking key (§5.2) */
static bool get_header(struct client *c)
{
    unsigned char b[8];
    if (!get(c, b, 1))
        return false;
    c->fin = b[0] & 0x80;
    c->opcode = b[0] & 0x0F;
    bool control = c->opcode >= CLOSE, begins = c->opcode == TEXT || c->opcode == BINARY;
    bool good = (!(b[0] & 0x70) || end(c, 1002, "§5.2: an RSV bit, and no extension")) &&
                ((c->opcode & 7) <= 2 || end(c, 1002, "§5.2: a reserved opcode")) &&
                (c->fin || !control || end(c, 1002, "§5.5: a control frame in fragments")) &&
                (!begins || !c->type || end(c, 1002, "§5.4: a message within a message")) &&
                (begins || control || c->type || end(c, 1002, "§5.4: nothing to continue")) &&
                get(c, b, 1) && (b[0] & 0x80 || end(c, 1002, "§5.1: a frame without a mask")) &&
                (!control || b[0] < 0xFE || end(c, 1002, "§5.5: a control frame too long"));
    size_t more = (b[0] & 0x7F) < 126 ? 0 : b[0] == 0xFE ? 2 : 8;
    uint64_t least = more == 0 ? 0 : more == 2 ? 126 : 65536; /* for which it takes so many */
    c->len = more == 0 ? b[0] & 0x7F : 0;
    c->type = begins ? c->opcode : c->type;
    if (!good || !get(c, b, more))
        return false;
    for (size_t i = 0; i < more; i++)
        c->len = c->len << 8 | b[i];
    return ((c->len >= least && !(c->len >> 63)) || end(c, 1002, "§5.2: length in wrong form")) &&
           (control || c->len <= max_message - c->size || end(c, 1009, "§10.4: too long")) &&
           get(c, c->mask, 4);
}

static void send_frame(struct client *c, int opcode, const void *data, size_t len)
{
    int more = len < 126 ? 0 : len < 65536 ? 2 : 8;
    putc(0x80 | opcode, c->out);
    putc(more == 0 ? (int)len : more == 2 ? 126 : 127, c->out);
    while (more-- > 0)
        putc((int)((uint64_t)len >> 8 * more & 0xFF), c->out);
    fwrite(data, 1, len, c->out);
}

/* Takes the next byte of a text; false: no character goes on like this (RFC 3629 §4). */
static bool is_utf8(struct client *c, int b)
{
    if (c->more > 0 ? b < c->low || b > c->high : (b > 0x7F && b < 0xC2) || b > 0xF4)
        return false;
    c->more = c->more > 0 ? c->more - 1 : b < 0x80 ? 0 : b < 0xE0 ? 1 : b < 0xF0 ? 2 : 3;
    c->low = b == 0xE0 ? 0xA0 : b == 0xF0 ? 0x90 : 0x80;  /* no more bytes than it takes */
    c->high = b == 0xED ? 0x9F : b == 0xF4 ? 0x8F : 0xBF; /* no surrogate; up to U+10FFFF */
    return true;
}

static bool get_payload(struct client *c)
{
    bool data = c->opcode < CLOSE, text = data ? c->type == TEXT : c->opcode == CLOSE;
    unsigned char *to = data ? c->message + c->size : c->control;
    c->more = c->opcode == CLOSE ? 0 : c->more;
    for (size_t i = 0; i < c->len; i++) {
        if (!get(c, to + i, 1))
            return false;
        to[i] ^= c->mask[i % 4]; /* §5.3 */
        if (text && (data || i >= 2) && !is_utf8(c, to[i]))
            return end(c, 1007, "§8.1: not UTF-8");
    }
    c->size += data ? c->len : 0;
    return !text || !c->fin || c->more == 0 || end(c, 1007, "§8.1: half a character at the end");
}

/* A Close frame ends it: with its own code, which is answered, or with a fault. */
static bool take_close(struct client *c)
{
    int code = c->len < 2 ? 0 : c->control[0] << 8 | c->control[1];
    bool ok = code < 1015 ? code > 999 && (code < 1004 || code > 1006) : code > 2999 && code < 5000;
    return (c->len > 0 || end(c, NO_STATUS, "")) &&
           (ok || end(c, 1002, "§7.4: a code that may not be sent")) && end(c, code, "");
}

/* Waits for the next message, and answers control frames meanwhile. */
static bool receive(struct client *c)
{
    for (c->type = 0, c->size = 0; get_header(c) && get_payload(c);)
        if (c->opcode == PING)
            send_frame(c, PONG, c->control, c->len);
        else if (c->opcode == CLOSE)
            return take_close(c);
        else if (c->opcode < CLOSE && c->fin)
            return true;
    return false;
}

/* Says why it is over, and reads on until the client has ended its side too (§7.1.1): close() with
 * bytes unread would be a reset, which may destroy what was said last. */
static void say_goodbye(struct client *c)
{
    char body[CONTROL_MAX + 1] = {(char)(c->code >> 8), (char)c->code};
    int len = *c->reason ? snprintf(body + 2, sizeof body - 2, "RFC 6455 %s", c->reason) : 0;
    if (c->code < 1000) {
        fprintf(c->out, "HTTP/1.1 %d Refused\r\nAllow: GET\r\nUpgrade: websocket\r\n", c->code);
        fprintf(c->out, "Content-Type: text/plain; charset=utf-8\r\nSec-WebSocket-Version: 13\r\n");
        fprintf(c->out, "Connection: Upgrade, close\r\n\r\n%s\n", body + 2);
    } else if (c->code != ABNORMAL) {
        send_frame(c, CLOSE, body, c->code == NO_STATUS ? 0 : (size_t)len + 2);
    }
    fflush(c->out);
    shutdown(c->fd, SHUT_WR);
    for (c->deadline = time(NULL) + LINGER; fill(c);)
        ;
}

static void *serve(void *client)
{
    struct client *c = client;
    if (shake_hands(c))
        while (receive(c))
            send_frame(c, c->type, c->message, c->size);
    say_goodbye(c);
    fclose(c->out);
    free(c);
    return NULL;
}

static void *accept_clients(void *listener)
{
    for (pthread_t thread;;) {
        int fd = accept(*(int *)listener, NULL, NULL);
        struct client *c = fd >= 0 ? calloc(1, sizeof *c + max_message) : NULL;
        if (c != NULL && (c->out = fdopen(c->fd = fd, "w")) != NULL &&
            pthread_create(&thread, NULL, serve, c) == 0 && pthread_detach(thread) == 0)
            continue;
        close(fd);
        free(c);
        sleep(1); /* descriptors, memory or threads have run out: until somebody leaves */
    }
    return NULL;
}

static int listen_at(void *address, socklen_t len)
{
    int fd = socket(((struct sockaddr *)address)->sa_family, SOCK_STREAM, 0), yes = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    bool good = bind(fd, address, len) == 0 && listen(fd, SOMAXCONN) == 0;
    return good && getsockname(fd, address, &len) == 0 ? fd : -1;
}

int main(int argc, char **argv)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(8080)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd[2], number;
    pthread_t thread;
    sigset_t signals;
    for (int i = 1; i + 1 < argc; i += 2)
        if (strcmp(argv[i], "--port") == 0)
            v4.sin_port = htons((uint16_t)atoi(argv[i + 1]));
        else if (strcmp(argv[i], "--max-message") == 0)
            max_message = strtoul(argv[i + 1], NULL, 10);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    fd[0] = listen_at(&v4, sizeof v4);
    v6.sin6_port = v4.sin_port;
    fd[1] = listen_at(&v6, sizeof v6);
    if (fd[0] < 0)
        return perror("listen"), 1;
    printf("listening on http://127.0.0.1:%d/\n", ntohs(v4.sin_port));
    fflush(stdout);
    for (int i = 0; i < 2 && fd[i] >= 0; i++)
        pthread_create(&thread, NULL, accept_clients, &fd[i]);
    sigwait(&signals, &number);
    _exit(0); /* exit() would flush to clients that do not read */
}
