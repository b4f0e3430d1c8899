/*
 * client - one client: connect, handshake, send, receive; see load.h
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

#define EVENTS 512
#define AT_ONCE                                                                                    \
    64 /* handshakes under way while load_open() runs: a server must take twice as many */
#define PATIENCE  (30 * SECOND)
#define READ_SIZE (256 * 1024)

struct client *clients;
uint64_t load_now;
size_t load_faults;

static const struct scenario *scenario;
static int epoll_fd = -1;

/* The sample of RFC 6455 §1.3: so the answer is known, and nothing has to be computed here. */
static const char request[] = "GET / HTTP/1.1\r\n"
                              "Host: localhost\r\n"
                              "Upgrade: websocket\r\n"
                              "Connection: Upgrade\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                              "Sec-WebSocket-Version: 13\r\n"
                              "\r\n";
static const char accept_key[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

/* A close frame with 1000, masked with zeros, and the server's answer to it (§5.5.1). */
static const unsigned char close_frame[] = {0x88, 0x82, 0, 0, 0, 0, 0x03, 0xE8};
static const unsigned char close_answer[] = {0x88, 0x02, 0x03, 0xE8};

void load_fault(const struct client *client, const char *what)
{
    if (load_faults++ < 5)
        fprintf(stderr, "load: client %zu: %s\n", client->index, what);
}

void clients_make(const struct scenario *new_scenario)
{
    scenario = new_scenario;
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    clients = calloc(options.clients, sizeof *clients);
    uint64_t *stamps = calloc(options.clients * options.window, sizeof *stamps);
    if (epoll_fd < 0 || clients == NULL || stamps == NULL) {
        perror("load");
        exit(2);
    }
    for (size_t i = 0; i < options.clients; i++) {
        clients[i].fd = -1;
        clients[i].index = i;
        clients[i].stamps = stamps + i * options.window;
    }
}

/* ------------------------------------------------------------------------------ begin and end */

static void watch(struct client *client, int how, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = client};
    if (epoll_ctl(epoll_fd, how, client->fd, &event) != 0) {
        perror("load: epoll_ctl");
        exit(2);
    }
}

void client_connect(struct client *client)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)options.port)};
    int one = 1;
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->fd < 0) {
        perror("load: socket");
        exit(2);
    }
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    client->state = CLIENT_CONNECTING;
    client->head_len = 0;
    client->started = clock_now();
    if (connect(client->fd, (struct sockaddr *)&address, sizeof address) != 0 &&
        errno != EINPROGRESS) {
        load_fault(client, strerror(errno));
        client_drop(client);
        return;
    }
    client->wants_out = true;
    watch(client, EPOLL_CTL_ADD, EPOLLOUT);
}

void client_drop(struct client *client)
{
    close(client->fd);
    client->fd = -1;
    client->state = CLIENT_NONE;
}

void client_close(struct client *client)
{
    client->state = CLIENT_CLOSING;
    client->head_len = 0;
    if (options.raw)
        (void)shutdown(client->fd, SHUT_WR);
    else if (send(client->fd, close_frame, sizeof close_frame, MSG_NOSIGNAL) < 0)
        load_fault(client, "cannot send a close frame");
}

static void is_open(struct client *client)
{
    client->state = CLIENT_OPEN;
    if (client->deaf)
        watch(client, EPOLL_CTL_DEL, 0);
    scenario->opened(client);
}

/* ----------------------------------------------------------------------------------- sending */

static void want_out(struct client *client, bool wanted)
{
    if (wanted == client->wants_out)
        return;
    client->wants_out = wanted;
    watch(client, EPOLL_CTL_MOD, EPOLLIN | (wanted ? (uint32_t)EPOLLOUT : 0));
}

static size_t parts_to_send(const struct client *client, struct iovec parts[RING_PARTS])
{
    if (client->own == NULL)
        return ring_parts(&requests, client->out, client->goal, parts);
    parts[0] = (struct iovec){client->own + client->out, (size_t)(client->goal - client->out)};
    return 1;
}

void client_send(struct client *client)
{
    struct iovec parts[RING_PARTS];
    while (client->out < client->goal) {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = parts_to_send(client, parts)};
        ssize_t n = sendmsg(client->fd, &message, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            want_out(client, true);
            return;
        }
        if (n < 0) {
            load_fault(client, strerror(errno));
            client->out = client->goal;
            return;
        }
        client->out += (size_t)n;
    }
    want_out(client, false);
}

void client_put(struct client *client, const unsigned char *bytes, size_t len)
{
    if (client->out == client->goal)
        client->out = client->goal = 0;
    if (client->goal + len > client->own_size) {
        client->own_size = 2 * ((size_t)client->goal + len);
        client->own = realloc(client->own, client->own_size);
        if (client->own == NULL)
            exit(2);
    }
    memcpy(client->own + client->goal, bytes, len);
    client->goal += len;
}

/* --------------------------------------------------------------------------------- receiving */

/* Bytes of the answer to the handshake, and perhaps of what comes after it. Of raw_room, a byte. */
static bool take_head(struct client *client, const unsigned char *bytes, size_t len)
{
    if (options.raw) {
        is_open(client);
        return len == 1 && bytes[0] == '+';
    }
    size_t before = client->head_len, room = sizeof client->head - 1 - before;
    size_t piece = len < room ? len : room;
    memcpy(client->head + before, bytes, piece);
    client->head_len += piece;
    client->head[client->head_len] = '\0';
    char *end = strstr(client->head, "\r\n\r\n");
    if (end == NULL)
        return client->head_len < sizeof client->head - 1;
    size_t used = (size_t)(end + 4 - client->head) - before;
    if (strncmp(client->head, "HTTP/1.1 101 ", 13) != 0 || strstr(client->head, accept_key) == NULL)
        return false;
    is_open(client);
    return used == len || scenario->received(client, bytes + used, len - used);
}

/* The server's close frame, in pieces perhaps. */
static bool take_close(struct client *client, const unsigned char *bytes, size_t len)
{
    if (client->head_len + len > sizeof close_answer ||
        memcmp(close_answer + client->head_len, bytes, len) != 0)
        return false;
    client->head_len += len;
    return true;
}

static bool take_bytes(struct client *client, const unsigned char *bytes, size_t len)
{
    switch (client->state) {
    case CLIENT_SHAKING: return take_head(client, bytes, len);
    case CLIENT_OPEN: return scenario->received(client, bytes, len);
    case CLIENT_CLOSING: return take_close(client, bytes, len);
    default: return false;
    }
}

static void take_end(struct client *client)
{
    size_t due = options.raw ? 0 : sizeof close_answer;
    if (client->state != CLIENT_CLOSING || client->head_len != due)
        load_fault(client, "the server has ended the connection");
    client_drop(client);
    if (scenario->closed != NULL)
        scenario->closed(client);
}

static void receive(struct client *client)
{
    static unsigned char bytes[READ_SIZE];
    ssize_t n = recv(client->fd, bytes, sizeof bytes, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) {
        take_end(client);
    } else if (!take_bytes(client, bytes, (size_t)n)) {
        load_fault(client, "what has come is not what must come");
        client_drop(client);
    }
}

/* The socket takes bytes: the connection stands, or there is room again. */
static void writable(struct client *client)
{
    if (client->state != CLIENT_CONNECTING) {
        client_send(client);
        return;
    }
    int error = 0;
    socklen_t len = sizeof error;
    (void)getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error != 0) {
        load_fault(client, strerror(error));
        client_drop(client);
        return;
    }
    want_out(client, false);
    if (options.raw && !options.room) {
        is_open(client);
        return;
    }
    client->state = CLIENT_SHAKING;
    if (options.raw)
        return; /* raw_room says when the client is in */
    if (send(client->fd, request, sizeof request - 1, MSG_NOSIGNAL) != sizeof request - 1)
        load_fault(client, "cannot send the request");
}

void load_poll(int milliseconds)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(epoll_fd, events, EVENTS, milliseconds);
    load_now = clock_now();
    for (int i = 0; i < count; i++) {
        struct client *client = events[i].data.ptr;
        if (client->fd >= 0 && (events[i].events & EPOLLOUT))
            writable(client);
        if (client->fd >= 0 && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
            receive(client);
    }
}

bool load_open(size_t from, size_t to)
{
    uint64_t deadline = clock_now() + PATIENCE;
    size_t begun = from, done = from;
    while (done < to && clock_now() < deadline) {
        for (; begun < to && begun - done < AT_ONCE; begun++)
            client_connect(&clients[begun]);
        load_poll(10);
        while (done < begun && clients[done].state == CLIENT_OPEN)
            done++;
        if (done < begun && clients[done].state == CLIENT_NONE)
            return false; /* it was refused, and said so */
    }
    if (done < to)
        load_fault(&clients[done], "is not open in time");
    return done == to;
}
