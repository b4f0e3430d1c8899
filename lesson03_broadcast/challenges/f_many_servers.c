/*
 * Challenge f: several servers, one room. What is said here goes to our own clients at once and is
 * published in Redis (REDIS=host:port); what others publish is said here. One thread, the link, sees
 * to Redis, and nobody waits for it. While it is away, what is said stays in the server's own room.
 */
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "challenge_page.h"
#include "log.h"
#include "room.h"
#include "server.h"
#include "utf8.h"
#include "words.h"

#define WAITING_MAX (4 * 1024 * 1024) /* bytes that may wait for a slow Redis */
#define AROUND      1024              /* ... and that Redis puts around a message, at most */
#define ID_LEN      16
static char id[ID_LEN + 1]; /* ours: Redis tells us what we have published ourselves, too */
static struct room room;
static struct server server;
static char host[256] = "127.0.0.1";
static int port = 6379;
static pthread_t link_thread;
static atomic_bool closing;
static bool subscribed;          /* the link's alone */
static redisContext *subscriber; /* the link's alone */
static redisContext *publisher;  /* lock must be held; NULL while Redis is away */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void log_joined(int joined)
{
    static int before = -1; /* what the log has said last */
    if (before != joined)
        log_line("redis: %s",
                 words(joined ? "joined the other servers" : "away, we are on our own"));
    before = joined;
}

/* Anyone who reaches Redis may publish there: could one of our clients have said this, too? */
static bool is_message(char type, const unsigned char *data, size_t len)
{
    struct utf8 check = {0};
    if (len > server.options.max_message)
        return false;
    return type == '0' + WS_BINARY ||
           (type == '0' + WS_TEXT && utf8_feed(&check, data, len) && utf8_is_complete(&check));
}

/* From Redis: the answer to SUBSCRIBE, or {"message", "room", server's id, opcode and message}. */
static void hear(const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
        return;
    const redisReply *said = reply->element[2];
    subscribed = true;
    if (said->type != REDIS_REPLY_STRING)
        return;
    size_t len = said->len > ID_LEN ? said->len - ID_LEN - 1 : 0;
    const unsigned char *data = (const unsigned char *)said->str + said->len - len;
    if (said->len <= ID_LEN || !is_message(said->str[ID_LEN], data, len))
        log_line("redis: ignored %zu bytes that no client can have said", said->len);
    else if (memcmp(said->str, id, ID_LEN) != 0 &&
             room_say(&room, (enum ws_opcode)(said->str[ID_LEN] - '0'), data, len))
        room_deliver(&room);
}

/* Writes what waits and reads what has come, without waiting. False if the connection is lost. */
static bool see_to(redisContext *redis)
{
    int all;
    void *reply = NULL;
    bool ok = redisBufferWrite(redis, &all) == REDIS_OK && redisBufferRead(redis) == REDIS_OK;
    for (; redisGetReplyFromReader(redis, &reply) == REDIS_OK && reply; freeReplyObject(reply))
        hear(reply);
    size_t unfinished = redis->reader->len - redis->reader->pos; /* of a message too long for us? */
    return ok && redis->err == 0 && unfinished <= server.options.max_message + AROUND;
}

/* Both connections are made, seen to, or given up together. */
static bool see_to_both(void)
{
    if (subscriber == NULL && (subscriber = redisConnectNonBlock(host, port)) != NULL)
        redisAppendCommand(subscriber, "SUBSCRIBE room");
    bool ok = subscriber != NULL && see_to(subscriber);
    pthread_mutex_lock(&lock);
    if (ok && publisher == NULL)
        publisher = redisConnectNonBlock(host, port);
    ok = ok && publisher != NULL && see_to(publisher);
    if (!ok) {
        redisFree(publisher);
        redisFree(subscriber);
        publisher = subscriber = NULL;
        subscribed = false;
    }
    pthread_mutex_unlock(&lock);
    if (!ok || subscribed)
        log_joined(ok);
    return ok;
}

static void *work_as_link(void *unused)
{
    while (!atomic_load(&closing))
        if (!see_to_both())
            net_pause(200);
        else
            net_wait_for_any(&(struct pollfd){.fd = subscriber->fd, .events = POLLIN}, 1,
                             net_now() + 200);
    return unused;
}

static void publish(const struct conn_message *message)
{
    int all; /* written? if not, the link goes on */
    pthread_mutex_lock(&lock);
    if (publisher != NULL && sdslen(publisher->obuf) + message->len < WAITING_MAX &&
        redisAppendCommand(publisher, "PUBLISH room %s%d%b", id, (int)message->type, message->data,
                           message->len) == REDIS_OK)
        (void)redisBufferWrite(publisher, &all);
    pthread_mutex_unlock(&lock);
}

static void serve(struct conn *conn)
{
    struct conn_message message;
    struct member me;
    room_join(&room, &me, conn);
    if (conn_accept(conn))
        while (conn_receive(conn, &message)) {
            if (!room_say(&room, message.type, message.data, message.len))
                conn_close(conn, WS_CLOSE_INTERNAL_ERROR, CONN_NO_MEMORY);
            publish(&message);
            if (!conn_has_more(conn))
                room_deliver(&room);
        }
    room_leave(&room, &me, conn);
}

static bool start_link(void)
{
    const char *redis = getenv("REDIS");
    snprintf(id, sizeof id, "%08x%08x", (unsigned)getpid(), (unsigned)net_now());
    return (redis == NULL || sscanf(redis, "%255[^:]:%d", host, &port) == 2) &&
           pthread_create(&link_thread, NULL, work_as_link, NULL) == 0;
}

static const struct page pages[] = {
    {"/", HTML, challenge_page_html, sizeof challenge_page_html, NULL}, {.path = NULL}};
static const struct route routes[] = {{ANY_PATH, serve, NULL}};
static struct server server = {
    .command_line = {"challenge_f", OPTIONS_BACKLOG, "1048576"}, .pages = pages, .routes = routes};

int main(int argc, char **argv)
{
    int status;
    if (!process_start(&server, argc, argv, &status))
        return status;
    if (!room_open(&room) || !start_link())
        return process_fail("cannot start the threads for delivery and for Redis");
    threads_run(&server);
    atomic_store(&closing, true);
    pthread_join(link_thread, NULL);
    room_close(&room);
    return status;
}
