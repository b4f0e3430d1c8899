/*
 * civetweb echo|room PORT - a server on civetweb, a thread for each connection from a pool
 */
#include <civetweb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CLIENTS_MAX 16384

struct parts {
    char *bytes; /* of a message that is not complete */
    size_t len;
    int opcode;
};

static bool is_room;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct mg_connection *clients[CLIENTS_MAX]; /* lock must be held */
static size_t count;

static void ready(struct mg_connection *connection, void *unused)
{
    (void)unused;
    mg_set_user_connection_data(connection, calloc(1, sizeof(struct parts)));
    pthread_mutex_lock(&lock);
    if (count < CLIENTS_MAX)
        clients[count++] = connection;
    pthread_mutex_unlock(&lock);
}

static void closed(const struct mg_connection *connection, void *unused)
{
    (void)unused;
    struct parts *parts = mg_get_user_connection_data(connection);
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count; i++)
        if (clients[i] == connection)
            clients[i] = clients[--count];
    pthread_mutex_unlock(&lock);
    if (parts != NULL)
        free(parts->bytes);
    free(parts);
}

static void send_message(struct mg_connection *from, const struct parts *parts)
{
    if (!is_room) {
        mg_websocket_write(from, parts->opcode, parts->bytes, parts->len);
        return;
    }
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count; i++)
        mg_websocket_write(clients[i], parts->opcode, parts->bytes, parts->len);
    pthread_mutex_unlock(&lock);
}

static int data(struct mg_connection *connection, int bits, char *bytes, size_t len, void *unused)
{
    (void)unused;
    struct parts *parts = mg_get_user_connection_data(connection);
    int opcode = bits & 0x0F;
    if (opcode == MG_WEBSOCKET_OPCODE_CONNECTION_CLOSE) {
        mg_websocket_write(connection, opcode, bytes, len);
        return 0;
    }
    if (opcode > MG_WEBSOCKET_OPCODE_BINARY)
        return 1;
    if (opcode != MG_WEBSOCKET_OPCODE_CONTINUATION)
        parts->opcode = opcode;
    parts->bytes = realloc(parts->bytes, parts->len + len + 1);
    memcpy(parts->bytes + parts->len, bytes, len);
    parts->len += len;
    if (bits & 0x80) {
        send_message(connection, parts);
        parts->len = 0;
    }
    return 1;
}

int main(int argc, char **argv)
{
    char port[64];
    if (argc != 3)
        return 2;
    is_room = strcmp(argv[1], "room") == 0;
    snprintf(port, sizeof port, "127.0.0.1:%s", argv[2]);
    const char *options[] = {"listening_ports",
                             port,
                             "num_threads",
                             "1200",
                             "tcp_nodelay",
                             "1",
                             "websocket_timeout_ms",
                             "60000",
                             "connection_queue",
                             "2000",
                             "listen_backlog",
                             "2000",
                             NULL};
    struct mg_context *context = mg_start(NULL, NULL, options);
    if (context == NULL)
        return 1;
    mg_set_websocket_handler(context, "/", NULL, ready, data, closed, NULL);
    printf("listening\n");
    fflush(stdout);
    for (;;)
        pause();
}
