/*
 * room - see room.h
 */
#include "room.h"

#include "keepalive.h"

#define QUEUE_MAX (1024 * 1024) /* bytes that may wait for a delivery; one frame may be larger */
#define LAST_WAIT 2000 /* milliseconds for a member that leaves to take what was said before */

/* -------------------------------------------------------------------------------- delivering */

/* Delivers what is in the queue, with the lock released meanwhile; the caller must be the one that
 * delivers. */
static void deliver_once_locked(struct room *room)
{
    struct buffer in_flight = room->queue;
    size_t len = buffer_len(&in_flight);
    room->queue = room->emptied;
    room->emptied = (struct buffer){0};
    pthread_cond_broadcast(&room->changed);
    pthread_mutex_unlock(&room->lock);

    if (members_send(&room->members, buffer_bytes(&in_flight), len))
        delivery_wake(&room->delivery);

    pthread_mutex_lock(&room->lock);
    room->counts.delivered += len;
    if (in_flight.size > 2 * QUEUE_MAX)
        buffer_free(&in_flight);
    buffer_consume(&in_flight, buffer_len(&in_flight));
    room->emptied = in_flight;
}

/* Delivers as an owner does: once, its own messages among them. What has come in since is left to
 * the delivery thread. No other thread may be delivering. */
static void deliver_as_owner_locked(struct room *room)
{
    room->is_delivering = true;
    deliver_once_locked(room);
    room->is_handed_over = room->is_delivering = buffer_len(&room->queue) > 0;
    if (room->is_handed_over)
        delivery_wake(&room->delivery);
    pthread_cond_broadcast(&room->changed);
}

void room_deliver(struct room *room)
{
    pthread_mutex_lock(&room->lock);
    if (!room->is_delivering && buffer_len(&room->queue) > 0)
        deliver_as_owner_locked(room);
    pthread_mutex_unlock(&room->lock);
}

/* Delivery thread: delivers what an owner has left to it. */
static void deliver_rest(void *data)
{
    struct room *room = data;
    pthread_mutex_lock(&room->lock);
    if (room->is_handed_over) {
        while (buffer_len(&room->queue) > 0) {
            deliver_once_locked(room);
            bool has_more = buffer_len(&room->queue) > 0;
            pthread_mutex_unlock(&room->lock);
            delivery_pause(&room->delivery, has_more);
            pthread_mutex_lock(&room->lock);
        }
        room->is_handed_over = room->is_delivering = false;
        pthread_cond_broadcast(&room->changed);
    }
    pthread_mutex_unlock(&room->lock);
}

/* ------------------------------------------------------------------------------------ saying */

/* Waits for the thread that delivers to get on; if there is none, delivers. */
static void wait_or_deliver_locked(struct room *room)
{
    if (room->is_delivering)
        pthread_cond_wait(&room->changed, &room->lock);
    else
        deliver_as_owner_locked(room);
}

/* Is there space for one more message? */
static bool has_space_locked(const struct room *room, size_t len)
{
    size_t used = buffer_len(&room->queue);
    return used == 0 || used + WS_SERVER_HEADER_MAX + len <= QUEUE_MAX;
}

/* A server does not mask: so a message is encoded once, and the same bytes go to all. False without
 * memory. */
static bool append_frame_locked(struct room *room, enum ws_opcode type, const void *data,
                                size_t len)
{
    unsigned char header[WS_SERVER_HEADER_MAX];
    size_t header_len = ws_frame_encode(header, type, len);
    if (!buffer_reserve(&room->queue, header_len + len)) /* both: no half frame is left behind */
        return false;
    buffer_put(&room->queue, header, header_len);
    buffer_put(&room->queue, data, len);
    room->counts.said += header_len + len;
    room->counts.messages++;
    return true;
}

bool room_say(struct room *room, enum ws_opcode type, const void *data, size_t len)
{
    pthread_mutex_lock(&room->lock);
    while (!has_space_locked(room, len))
        wait_or_deliver_locked(room);
    bool is_in = append_frame_locked(room, type, data, len);
    pthread_mutex_unlock(&room->lock);
    return is_in;
}

bool room_offer(struct room *room, enum ws_opcode type, const void *data, size_t len)
{
    pthread_mutex_lock(&room->lock);
    bool is_in = has_space_locked(room, len) && append_frame_locked(room, type, data, len);
    if (!room->is_delivering && buffer_len(&room->queue) > 0) {
        room->is_handed_over = room->is_delivering = true;
        delivery_wake(&room->delivery);
    }
    pthread_mutex_unlock(&room->lock);
    return is_in;
}

struct room_counts room_counts(struct room *room)
{
    pthread_mutex_lock(&room->lock);
    struct room_counts counts = room->counts;
    pthread_mutex_unlock(&room->lock);
    return counts;
}

/* ----------------------------------------------------------------------------- join and leave */

/* The owner's bytes to its client: a conn_writer. */
static bool write_as_owner(void *data, struct iovec *parts, size_t count)
{
    struct member *member = data;
    enum outbox_result result = outbox_write(&member->outbox, parts, count);
    if (result == OUTBOX_BEHIND && members_set_behind(&member->room->members, member))
        delivery_wake(&member->room->delivery);
    return result != OUTBOX_GONE;
}

void room_join(struct room *room, struct member *member, struct conn *conn)
{
    const struct options *options = conn_options(conn);
    member->room = room;
    outbox_init(&member->outbox, conn_client(conn), options->max_backlog,
                keepalive_patience(options->ping_interval));
    conn_set_writer(conn, write_as_owner, member);
    conn_sleep_at_once(conn);
    members_join(&room->members, member);
}

/* Waits until all that is in the queue now has gone to all members, but not for what others put in
 * meanwhile. */
static void wait_until_delivered(struct room *room)
{
    pthread_mutex_lock(&room->lock);
    for (uint64_t goal = room->counts.said; room->counts.delivered < goal;)
        wait_or_deliver_locked(room);
    pthread_mutex_unlock(&room->lock);
}

/* Another thread may have evicted the client meanwhile: its owner notes that, and counts it. */
static void note_eviction(struct room *room, struct conn *conn, const char *why)
{
    if (why != NULL)
        conn_evict(conn, why);
    if (conn_is_evicted(conn)) {
        pthread_mutex_lock(&room->lock);
        room->counts.evicted++;
        pthread_mutex_unlock(&room->lock);
    }
}

void room_leave(struct room *room, struct member *member, struct conn *conn)
{
    wait_until_delivered(room);
    members_leave(&room->members, member);

    /* from here on, nobody posts */
    note_eviction(room, conn, outbox_finish(&member->outbox, net_now() + LAST_WAIT));
    conn_set_writer(conn, NULL, NULL);
    outbox_destroy(&member->outbox);
}

/* ---------------------------------------------------------------------------- begin and end */

bool room_open(struct room *room)
{
    *room = (struct room){.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    members_init(&room->members);
    room->delivery =
        (struct delivery){.members = &room->members, .deliver = deliver_rest, .data = room};
    return delivery_start(&room->delivery);
}

void room_close(struct room *room)
{
    delivery_stop(&room->delivery);
    buffer_free(&room->queue);
    buffer_free(&room->emptied);
    pthread_cond_destroy(&room->changed);
    pthread_mutex_destroy(&room->lock);
    members_destroy(&room->members);
}
