/*
 * naive - the first idea: lock the list, send to each, and wait until each has taken it
 *
 *     BYTES → REQUEST → FRAMES → MESSAGES → ROOM
 *
 * This file takes the place of server.c, outbox.c and room.c: a whole broadcast server on members.c,
 * the list. It works until a client does not read. `make naive && ./server` builds it; step 2 of
 * the lesson shows how it freezes.
 */
#include "members.h"
#include "observer.h"
#include "page.h" /* page.html as an array, made by the Makefile */
#include "server.h"

static struct server naive;
static struct members members;

/* Several threads write to this socket: that of the client, and those of all that speak. With the
 * lock, no frame of one gets into the middle of a frame of another. */
static bool write_and_wait(void *data, struct iovec *parts, size_t count)
{
    struct outbox *outbox = data;
    pthread_mutex_lock(&outbox->lock);
    /* waits for this client, with locks held */
    int result = observer_send_all(outbox->client, parts, count, outbox->patience, NET_NO_DEADLINE);
    if (result != 0)
        net_end(outbox->client->fd); /* half a frame may be out: nothing can follow it */
    pthread_mutex_unlock(&outbox->lock);
    return result == 0;
}

/* members_send() calls this for each member, and holds the lock of the list meanwhile. */
enum outbox_result outbox_post(struct outbox *outbox, const unsigned char *frames, size_t len)
{
    struct iovec part = {(void *)frames, len};
    return write_and_wait(outbox, &part, 1) ? OUTBOX_SENT : OUTBOX_GONE;
}

/* Nothing is ever left over. */
enum outbox_result outbox_flush(struct outbox *outbox)
{
    (void)outbox;
    return OUTBOX_SENT;
}

static void say(struct conn *conn, const struct conn_message *message)
{
    struct buffer frame = {0};
    if (buffer_reserve(&frame, WS_SERVER_HEADER_MAX + message->len)) {
        frame.end = ws_frame_encode(frame.data, message->type, message->len);
        buffer_put(&frame, message->data, message->len);
        members_send(&members, buffer_bytes(&frame), buffer_len(&frame));
    } else {
        conn_close(conn, WS_CLOSE_INTERNAL_ERROR, CONN_NO_MEMORY);
    }
    buffer_free(&frame);
}

static void serve(struct conn *conn)
{
    struct conn_message message;
    struct member me = {.outbox = {.client = conn_client(conn),
                                   .patience = naive.options.ping_interval,
                                   .lock = PTHREAD_MUTEX_INITIALIZER}};
    if (!conn_accept(conn)) /* 101; this client misses what is said before it has joined */
        return;
    conn_set_writer(conn, write_and_wait, &me.outbox);
    members_join(&members, &me);
    while (conn_receive(conn, &message))
        say(conn, &message);
    members_leave(&members, &me);
    conn_set_writer(conn, NULL, NULL);
    pthread_mutex_destroy(&me.outbox.lock);
}

static const struct page pages[] = {{"/", HTML, page_html, sizeof page_html, NULL}, {.path = NULL}};
static const struct route routes[] = {{ANY_PATH, serve, "chat"}};
static struct server naive = {
    .command_line = {"naive", OPTIONS_MESSAGES, NULL}, .pages = pages, .routes = routes};

int main(int argc, char **argv)
{
    int status;
    if (!process_start(&naive, argc, argv, &status))
        return status;
    members_init(&members);
    threads_run(&naive);
    members_destroy(&members);
    return status;
}
