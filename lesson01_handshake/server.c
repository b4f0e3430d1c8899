/*
 * Lesson 1: how HTTP becomes something else
 *
 *     BYTES → REQUEST → frames → messages → room
 *
 * A whole server on a page, and the simplest that can be: no threads, one client at a time. It
 * reads a request, answers it, and if that was an upgrade to WebSocket, shows what the client sends
 * from then on. What those bytes mean is the question that lesson 2 answers.
 *
 * Read main() first, then upwards. Beside this file, listener.c has the sockets that wait for
 * clients, and opening.c reads the request and sends the answer; in common/, http.c and handshake.c
 * know the rules.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"
#include "opening.h"
#include "page.h" /* page.html as an array, made by the Makefile */
#include "tracefile.h"

#define GRACE 1000 /* milliseconds that a silent client still has when another one waits */

static const struct options_spec command_line = {"lesson01_handshake", OPTIONS_HANDSHAKE, NULL};
static struct options options;
static struct listener listener;

/* What GET gets: a path is a row. */
static const struct page pages[] = {{"/", HTML, page_html, sizeof page_html, NULL}, {.path = NULL}};

/* Sixteen bytes a line, beside them what they are as text. */
static void print_hexdump(const unsigned char *bytes, size_t len, size_t offset)
{
    for (size_t at = 0; at < len; at += 16) {
        char hex[16 * 3 + 1] = "", text[16 + 1] = "";
        for (size_t i = 0; i < 16 && at + i < len; i++) {
            unsigned char c = bytes[at + i];
            snprintf(hex + i * 3, 4, "%02x ", c);
            text[i] = c >= ' ' && c < 0x7F ? (char)c : '.';
        }
        log_line("%08zx  %-48s |%s|", offset + at, hex, text);
    }
}

/* After the handshake: print whatever comes until the client goes. Each block is what one recv()
 * brought; TCP is a stream of bytes and may cut it anywhere. */
static void show_what_comes(const struct client *client, const unsigned char *early, size_t len)
{
    unsigned char bytes[4096];
    size_t offset = 0;
    ssize_t n;
    print_hexdump(early, len, offset);
    tracefile_received(client, early, len, NULL);
    offset += len;
    while ((n = net_receive(client->fd, bytes, sizeof bytes, client->stop, NET_NO_DEADLINE)) >
           0) { /* it may be silent as long as it likes */
        print_hexdump(bytes, (size_t)n, offset);
        tracefile_received(client, bytes, (size_t)n, NULL);
        offset += (size_t)n;
    }
    log_client(LOG_CLIENTS, client->number, client->address, "closed after %zu bytes", offset);
}

/* An upgrade gets its 101, if everything is right. */
static enum http_outcome answer_upgrade(const struct client *client,
                                        const struct http_request *request)
{
    char answer[HANDSHAKE_ANSWER_MAX];
    size_t len;
    enum http_outcome outcome = opening_judge(request, &options, NULL, answer, &len);
    if (outcome != HTTP_OK)
        return outcome;
    if (!opening_upgrade(client, answer, len))
        return HTTP_PARTIAL; /* the client has gone */
    log_client(LOG_CLIENTS, client->number, client->address, "open: this is a WebSocket");
    return HTTP_OK;
}

/* One client, from its first byte to the end. */
static void serve(const struct client *client)
{
    struct buffer in = {0};
    struct http_request request;
    int64_t deadline = net_now() + options.handshake_timeout;

    /* Browsers like to open a second connection ahead of need, and say nothing on it. With one
     * client at a time, that one would keep the real ones waiting: so it gives way to them. */
    if (!listener_hears_first(&listener, client->fd, deadline))
        deadline = net_now() + GRACE;
    enum http_outcome outcome = opening_read_head(client, &in, &request, deadline);

    if (outcome == HTTP_PARTIAL) {
        log_client(LOG_REQUESTS, client->number, client->address,
                   "left before its request was complete");
    } else if (outcome == HTTP_OK && !handshake_wanted(&request)) {
        outcome = opening_send_page(client, &request, &options, pages);
    } else if (outcome == HTTP_OK) {
        outcome = answer_upgrade(client, &request);
        if (outcome == HTTP_OK)
            show_what_comes(client, in.data + request.head_len, in.end - request.head_len);
    }
    if (outcome != HTTP_OK && outcome != HTTP_PARTIAL)
        opening_refuse(client, &request, outcome);
    tracefile_end(client, TRACEFILE_LEFT, NULL);
    net_close(client->fd);
    buffer_free(&in);
}

/* Ctrl-C: there is nobody to say goodbye to yet, so the program may end on the spot. */
static void on_signal(int signal)
{
    (void)signal;
    tracefile_flush();
    _exit(0);
}

int main(int argc, char **argv)
{
    struct client client = {0};
    char why[256];

    /* 1. What does the command line say? */
    switch (options_parse(&options, &command_line, argc, argv)) {
    case OPTIONS_DONE: return 0;
    case OPTIONS_USAGE: return 2;
    case OPTIONS_RUN: break;
    }
    log_init(options_log_level(&options));
    int status = tracefile_open(options.trace_file);
    if (status != 0)
        return status;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    signal(SIGPIPE, SIG_IGN); /* a client that has gone must not take the server along */

    /* 2. socket(), bind(), listen() */
    if (listener_open(&listener, options.host, options.port, why, sizeof why) != 0) {
        log_line("server: %s", why);
        return 1;
    }
    listener_print_ready(&listener, options.host);

    /* 3. accept() one client, serve it, and only then the next: while one is here, all others
     * wait. Open a second tab to see it. */
    for (;;) {
        if (!listener_accept(&listener, &client)) {
            net_pause(50); /* out of descriptors, perhaps: the client stays in the queue */
            continue;
        }
        client.number++;
        client.trace = options.trace;
        serve(&client);
    }
}
