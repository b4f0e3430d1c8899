/*
 * A WebSocket chat room (RFC 6455), a thread for each client. Begin with serve(): that is the story
 * of one client, in calls that wait. What they are made of stands above it, main() below. Each byte
 * is judged when it comes: a rule holds, or end() notes why not, and all return false to serve().
 * A client's thread reads; what it has to say, it puts into the clients' queues. One more thread,
 * deliver(), sends from the queues what the sockets take. Nobody waits while holding the lock.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
enum { REQUEST_TIME = 120, LINGER = 2, STOP_TIME = 2 }; /* seconds */
enum { HEAD_MAX = 8192, CONTROL_MAX = 125, MESSAGE_MAX = 1 << 20 };
#define EVERYONE NULL

struct client {
    int fd;
    time_t deadline;         /* for its request */
    unsigned char in[65536]; /* what recv() brought: in[at] to in[came - 1] is still to be read */
    size_t at, came;
    bool fin; /* the frame that is being read: its header (§5.2) */
    int opcode;
    uint64_t len;
    unsigned char mask[4], control[CONTROL_MAX]; /* and its payload, if it is a control frame */
    int type;            /* the message that is being read: its opcode; 0 before it begins */
    int more, low, high; /* its UTF-8: so many bytes must follow, the next from low to high */
    size_t size;
    unsigned char message[MESSAGE_MAX]; /* takes memory as bytes come: the kernel sees to that */
    int code;                           /* why it is over: an HTTP status or a close code ... */
    const char *reason;                 /* ... and in words */
    /* lock must be held when using these */
    struct client *next;   /* in the list */
    bool joined;           /* it is in the list */
    bool closed;           /* nothing more may be said: it has its Close frame, or was evicted */
    size_t queued;         /* so many bytes wait to be sent */
    unsigned char queue[]; /* --max-backlog of them */
};

enum { PORT, MAX_BACKLOG, PING_INTERVAL, OPTIONS };
static const char *const names[] = {"--port", "--max-backlog", "--ping-interval"};
static double option[] = {8080, 1 << 22, 20};
static int stopping[2], waking[2]; /* pipes: one wakes all threads, the other deliver() */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t all_gone = PTHREAD_COND_INITIALIZER;
static struct client *clients; /* lock must be held when using these */
static bool news;              /* a byte in waking tells deliver() to look at the queues */

static bool end(struct client *c, int code, const char *reason)
{
    c->code = code;
    c->reason = reason;
    return false;
}

static int left(time_t deadline)
{
    return deadline > time(NULL) ? (int)(deadline - time(NULL)) * 1000 : 0;
}

/* Sends what the socket takes at once. lock must be held. */
static void send_queue(struct client *c)
{
    ssize_t n = 1;
    while (c->queued > 0 && (n = send(c->fd, c->queue, c->queued, MSG_DONTWAIT)) > 0)
        memmove(c->queue, c->queue + n, c->queued -= (size_t)n);
    if (n < 0 && errno != EAGAIN)
        c->queued = 0; /* nobody is there any more */
}

/* A client for which too much would wait does not read, and is evicted. lock must be held. */
static void enqueue(struct client *c, const void *data, size_t len)
{
    if (c->queued + len > (size_t)option[MAX_BACKLOG])
        send_queue(c);
    if (c->queued + len > (size_t)option[MAX_BACKLOG] && !c->closed) {
        c->closed = true;
        shutdown(c->fd, SHUT_RDWR); /* its thread finds the end, and leaves */
    }
    if (!c->closed) {
        memcpy(c->queue + c->queued, data, len);
        c->queued += len;
        news = news || write(waking[1], "", 1) == 1;
    }
}

/* To one client, or to all: in one order for all, that in which the lock is taken. */
static void say(struct client *to, int opcode, const void *data, size_t len)
{
    unsigned char head[10] = {(unsigned char)(0x80 | opcode)};
    size_t more = len < 126 ? 0 : len < 65536 ? 2 : 8;
    head[1] = (unsigned char)(more == 0 ? len : more == 2 ? 126 : 127);
    for (size_t i = 0; i < more; i++)
        head[2 + i] = (unsigned char)((uint64_t)len >> 8 * (more - 1 - i));
    pthread_mutex_lock(&lock);
    for (struct client *c = clients; c != NULL; c = c->next)
        if (to == EVERYONE || to == c) {
            enqueue(c, head, 2 + more);
            enqueue(c, data, len);
            c->closed = c->closed || opcode == CLOSE;
        }
    pthread_mutex_unlock(&lock);
}

static void *deliver(void *unused)
{
    static struct pollfd set[4096];
    for (nfds_t n;; poll(set, n, -1)) {
        set[0] = (struct pollfd){waking[0], POLLIN, 0};
        n = 1;
        pthread_mutex_lock(&lock);
        news = news && read(waking[0], &(char){0}, 1) != 1;
        for (struct client *c = clients; c != NULL; c = c->next) {
            send_queue(c);
            if (c->queued > 0 && n < sizeof set / sizeof *set)
                set[n++] = (struct pollfd){c->fd, POLLOUT, 0};
        }
        pthread_mutex_unlock(&lock);
    }
    return unused;
}

/* Waits for bytes. A client that sends none for so long is pinged, and has as long again. */
static bool fill(struct client *c)
{
    struct pollfd wait[] = {{c->fd, POLLIN, 0}, {stopping[0], POLLIN, 0}};
    int patience = c->joined ? (int)(1000 * option[PING_INTERVAL]) : left(c->deadline);
    int ready = poll(wait, 2, patience);
    if (ready == 0 && c->joined) {
        say(c, PING, "", 0);
        ready = poll(wait, 2, patience);
    }
    if (ready == 0)
        return c->joined ? end(c, 1011, "§5.5.2: no answer to a ping")
                         : end(c, 408, "§4.2.1: the request takes too long");
    if (wait[1].revents != 0)
        return end(c, 1001, "§7.4.1: the server stops");
    ssize_t n = recv(c->fd, c->in, sizeof c->in, 0);
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

/* Checks the client's opening handshake (§4.2.1), sends the server's (§4.2.2), and joins. */
static bool shake_hands(struct client *c)
{
    static const char base64[] = "0123456789abcdefghijklmnopqrstuvwxyz+/ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    char head[HEAD_MAX + 1] = "", method[16], http[8] = "", text[256], *lines, *words, *line, *word;
    char *host = NULL, *key = NULL, *page = NULL; /* "" if there are two of them */
    bool named = true, upgrade = false, connection = false, version = false;
    unsigned char sha1[EVP_MAX_MD_SIZE], accept[64];
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
    EVP_EncodeBlock(accept, sha1, 20);
    snprintf(text, sizeof text,
             "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
             accept);
    pthread_mutex_lock(&lock); /* one step, so that whoever reads its 101 misses nothing */
    enqueue(c, text, strlen(text));
    c->joined = true;
    c->next = clients;
    clients = c;
    pthread_mutex_unlock(&lock);
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
    size_t room = (size_t)option[MAX_BACKLOG] - 10, most = room < MESSAGE_MAX ? room : MESSAGE_MAX;
    uint64_t least = more == 0 ? 0 : more == 2 ? 126 : 65536; /* for which it takes so many */
    c->len = more == 0 ? b[0] & 0x7F : 0;
    c->type = begins ? c->opcode : c->type;
    if (!good || !get(c, b, more))
        return false;
    for (size_t i = 0; i < more; i++)
        c->len = c->len << 8 | b[i];
    return ((c->len >= least && !(c->len >> 63)) || end(c, 1002, "§5.2: length in wrong form")) &&
           (control || c->len <= most - c->size || end(c, 1009, "§10.4: too long")) &&
           get(c, c->mask, 4);
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
            say(c, PONG, c->control, c->len);
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
    struct pollfd ready = {c->fd, POLLOUT, 0};
    char body[CONTROL_MAX + 1] = {(char)(c->code >> 8), (char)c->code};
    int len = *c->reason ? snprintf(body + 2, sizeof body - 2, "RFC 6455 %s", c->reason) : 0;
    time_t deadline = time(NULL) + LINGER;
    if (c->code < 1000) {
        dprintf(c->fd, "HTTP/1.1 %d Refused\r\nAllow: GET\r\nUpgrade: websocket\r\n", c->code);
        dprintf(c->fd, "Content-Type: text/plain; charset=utf-8\r\nSec-WebSocket-Version: 13\r\n");
        dprintf(c->fd, "Connection: Upgrade, close\r\n\r\n%s\n", body + 2);
    } else if (c->joined && c->code != ABNORMAL) {
        say(c, CLOSE, body, c->code == NO_STATUS ? 0 : (size_t)len + 2);
    }
    pthread_mutex_lock(&lock);
    for (send_queue(c); c->queued > 0 && left(deadline) > 0; send_queue(c)) {
        pthread_mutex_unlock(&lock);
        poll(&ready, 1, left(deadline));
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock);
    shutdown(c->fd, SHUT_WR);
    for (ready.events = POLLIN; left(deadline) > 0 && poll(&ready, 1, left(deadline)) > 0;)
        if (recv(c->fd, c->in, sizeof c->in, 0) <= 0)
            break;
}

static void leave(struct client *c)
{
    struct client **at = &clients;
    pthread_mutex_lock(&lock);
    while (*at != NULL && *at != c)
        at = &(*at)->next;
    *at = c->joined ? c->next : NULL;
    if (clients == NULL)
        pthread_cond_signal(&all_gone);
    pthread_mutex_unlock(&lock);
    close(c->fd);
    free(c);
}

static void *serve(void *client)
{
    struct client *c = client;
    if (shake_hands(c))
        while (receive(c))
            say(EVERYONE, c->type, c->message, c->size);
    say_goodbye(c);
    leave(c);
    return NULL;
}

static void *accept_clients(void *listener)
{
    for (pthread_t thread;;) {
        int fd = accept(*(int *)listener, NULL, NULL), yes = 1;
        struct client *c = fd >= 0 ? calloc(1, sizeof *c + (size_t)option[MAX_BACKLOG]) : NULL;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (c != NULL && (c->fd = fd) >= 0 && pthread_create(&thread, NULL, serve, c) == 0 &&
            pthread_detach(thread) == 0)
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
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd[2], number;
    pthread_t thread;
    sigset_t signals;
    for (int i = 1; i + 1 < argc; i += 2)
        for (int k = 0; k < OPTIONS; k++)
            if (strcmp(argv[i], names[k]) == 0)
                option[k] = atof(argv[i + 1]);
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    v4.sin_port = htons((uint16_t)option[PORT]);
    fd[0] = listen_at(&v4, sizeof v4);
    v6.sin6_port = v4.sin_port;
    fd[1] = listen_at(&v6, sizeof v6);
    if (fd[0] < 0 || pipe(stopping) != 0 || pipe(waking) != 0) {
        perror("listen");
        return 1;
    }
    dprintf(STDOUT_FILENO, "listening on http://127.0.0.1:%d/\n", ntohs(v4.sin_port));
    pthread_create(&thread, NULL, deliver, NULL);
    for (int i = 0; i < 2 && fd[i] >= 0; i++)
        pthread_create(&thread, NULL, accept_clients, &fd[i]);
    sigwait(&signals, &number);
    close(stopping[1]); /* all see that, and say goodbye with 1001 */
    struct timespec until = {.tv_sec = time(NULL) + 1 + STOP_TIME}; /* this second has begun */
    pthread_mutex_lock(&lock);
    while (clients != NULL && pthread_cond_timedwait(&all_gone, &lock, &until) == 0)
        ;
    _exit(0);
}
