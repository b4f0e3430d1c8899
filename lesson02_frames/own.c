/*
 * own - see own.h
 */
#include "own.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feed.h"
#include "input.h"
#include "observer.h"

#define PLACES    64           /* for watchers at the same time */
#define QUEUE_MAX (256 * 1024) /* bytes of objects that may wait for one of them */

/* One that watches; on its thread's stack. */
struct watcher {
    struct conn *conn;
    const char *token;
    int wake_pipe[2];
    struct feed feed; /* into the queue */

    /* lock must be held when using these */
    struct buffer queue; /* objects, with a NUL behind each */
    bool is_woken;       /* there is a byte in the pipe */
    struct watcher *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct watcher *watchers; /* lock must be held */

const char *own_token(const struct http_request *request, char token[OWN_TOKEN_LEN + 1])
{
    static const char name[] = "?watch=";
    const size_t name_len = sizeof name - 1;
    struct http_text target = request->target;
    const char *query = memchr(target.at, '?', target.len);
    size_t len = query != NULL ? (size_t)(target.at + target.len - query) : 0;
    if (len != name_len + OWN_TOKEN_LEN || memcmp(query, name, name_len) != 0)
        return NULL;
    memcpy(token, query + name_len, OWN_TOKEN_LEN);
    token[OWN_TOKEN_LEN] = '\0';
    return strspn(token, "0123456789abcdef") == OWN_TOKEN_LEN ? token : NULL;
}

/* ------------------------------------------------------------- in the thread of who is watched */

/* The first that has the token: of all, or of those behind one. */
static struct watcher *find_locked(struct watcher *from, const char *token)
{
    while (from != NULL && strcmp(from->token, token) != 0)
        from = from->next;
    return from;
}

static bool is_watched(const struct client *client)
{
    if (client->token == NULL)
        return false;
    pthread_mutex_lock(&lock);
    bool is_there = find_locked(watchers, client->token) != NULL;
    pthread_mutex_unlock(&lock);
    return is_there;
}

/* A feed's offer(). */
static bool offer_locked(void *data, const char *object, size_t len)
{
    struct watcher *watcher = data;
    if (buffer_len(&watcher->queue) + len + 1 > QUEUE_MAX ||
        !buffer_append(&watcher->queue, object, len + 1))
        return false;
    if (!watcher->is_woken) /* else the pipe has its byte; one always fits */
        watcher->is_woken = write(watcher->wake_pipe[1], "", 1) == 1;
    return true;
}

/* Frees what it tells. */
static void tell(const struct client *client, char *what)
{
    char whose[FEED_WHOSE_MAX];
    int64_t time = feed_time();
    feed_write_whose(whose, client);
    pthread_mutex_lock(&lock);
    struct watcher *to = find_locked(watchers, client->token);
    for (; to != NULL; to = find_locked(to->next, client->token))
        feed_tell(&to->feed, time, whose, what);
    pthread_mutex_unlock(&lock);
    free(what);
}

static void see(const struct client *client, const struct trace_frame *frame)
{
    tell(client, feed_frame(frame));
}

static void see_end(const struct client *client, const struct ending *ending)
{
    tell(client, feed_end(ending));
}

static void see_handshake(const struct client *client, const struct handshake_seen *seen)
{
    if (is_watched(client))
        tell(client, feed_handshake(seen));
}

/* --------------------------------------------------------------- in the thread of who watches */

/* It has been woken: sends what is in its queue. The byte is taken first: what comes into the queue
 * after it has been emptied brings another. False: it does not take what it is sent. */
static bool send_queue(void *data)
{
    struct watcher *me = data;
    char bytes[8];
    while (read(me->wake_pipe[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes)
        ;
    pthread_mutex_lock(&lock);
    struct buffer taken = me->queue;
    me->queue = (struct buffer){0};
    me->is_woken = false;
    pthread_mutex_unlock(&lock);
    for (size_t len; buffer_len(&taken) > 0; buffer_consume(&taken, len + 1)) {
        const char *object = (const char *)buffer_bytes(&taken);
        len = strlen(object);
        conn_send(me->conn, WS_TEXT, object, len);
    }
    conn_flush(me->conn);
    buffer_free(&taken);
    return !conn_is_evicted(me->conn);
}

static void close_pipe(const struct watcher *me)
{
    close(me->wake_pipe[0]);
    close(me->wake_pipe[1]);
}

static bool open_pipe(struct watcher *me)
{
    if (pipe(me->wake_pipe) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        (void)fcntl(me->wake_pipe[i], F_SETFD, FD_CLOEXEC);
        (void)fcntl(me->wake_pipe[i], F_SETFL, O_NONBLOCK);
    }
    return true;
}

static void enter(struct watcher *me)
{
    pthread_mutex_lock(&lock);
    me->next = watchers;
    watchers = me;
    pthread_mutex_unlock(&lock);
}

static void leave(struct watcher *me)
{
    struct watcher **link = &watchers;
    pthread_mutex_lock(&lock);
    while (*link != me)
        link = &(*link)->next;
    *link = me->next;
    pthread_mutex_unlock(&lock);
    buffer_free(&me->queue);
}

static void watch(struct watcher *me)
{
    const struct waker waker = {me->wake_pipe[0], send_queue, me};
    struct conn_message ignored;
    enter(me); /* before the 101: who reads it may count on seeing all that comes */
    conn_set_waker(me->conn, &waker);
    if (conn_accept(me->conn))
        while (conn_receive(me->conn, &ignored))
            ;
    conn_set_waker(me->conn, NULL);
    leave(me);
}

static void serve(struct conn *conn)
{
    struct watcher me = {.conn = conn, .token = conn_client(conn)->token};
    me.feed.offer = offer_locked;
    me.feed.data = &me;
    if (open_pipe(&me)) {
        watch(&me);
        close_pipe(&me);
    } else {
        conn_close(conn, WS_CLOSE_INTERNAL_ERROR,
                   "the server is out of descriptors (RFC 6455 §7.4.1)");
        (void)conn_accept(conn); /* so that this can be said */
    }
}

static enum http_outcome admit(const struct client *client, const struct http_request *request,
                               const struct options *options)
{
    (void)request;
    (void)options;
    return client->token != NULL ? HTTP_OK : HTTP_TOKEN_MISSING;
}

static const struct observer observer = {.is_there = is_watched, .see = see, .see_end = see_end};
static const struct route routes[] = {{"/own", serve, NULL}, {.path = NULL}};
const struct watching own_watching = {.routes = routes,
                                      .places = PLACES,
                                      .admit = admit,
                                      .see_handshake = see_handshake,
                                      .observer = &observer};
