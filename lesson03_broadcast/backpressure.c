/*
 * backpressure - see backpressure.h
 */
#include "backpressure.h"

#include <poll.h>

#define TRY_AGAIN 10 /* milliseconds until it is measured again */

/* At most so many bytes wait for a member that reads steadily. */
static size_t waiting_locked(struct backpressure *backpressure)
{
    struct room_counts now = room_counts(backpressure->room);
    return backpressure->waiting + (size_t)(now.said - backpressure->delivered) +
           backpressure->promised;
}

/* How many bytes wait for the member that is furthest behind, of those that take them steadily. (Of one that
 * is not known yet, outbox_waiting() counts a third: who says much waits at a quarter of a backlog, and so
 * for a newcomer only when three quarters of its own are full.) */
static size_t most_waiting(struct members *members)
{
    size_t most = 0;
    pthread_mutex_lock(&members->lock);
    for (struct member *member = members->first; member != NULL; member = member->next) {
        size_t waiting = outbox_waiting(&member->outbox);
        most = waiting > most ? waiting : most;
    }
    pthread_mutex_unlock(&members->lock);
    return most;
}

/* What has been delivered by now is in the outboxes, or has left them. */
static void measure(struct backpressure *backpressure)
{
    uint64_t delivered = room_counts(backpressure->room).delivered;
    size_t waiting = most_waiting(&backpressure->room->members);
    size_t members = members_count(&backpressure->room->members);

    pthread_mutex_lock(&backpressure->lock);
    backpressure->delivered = delivered;
    backpressure->waiting = waiting;
    backpressure->members = members;
    pthread_mutex_unlock(&backpressure->lock);
}

/* A quarter of the backlog is for those who say much, half for what everyone may say without asking; the
 * rest stays free. A message that is large itself may go when next to nothing waits. */
static bool has_room_locked(const struct speaker *speaker, size_t waiting, size_t max_backlog,
                            size_t len)
{
    const struct backpressure *backpressure = speaker->backpressure;
    size_t share = max_backlog / 2 / (backpressure->members + 1);
    bool says_much = speaker->unpaid + len > share;
    if (says_much && backpressure->next != NULL && backpressure->next != speaker)
        return false;
    size_t limit = says_much ? max_backlog / 4 : max_backlog * 3 / 4;
    return waiting + len <= limit || waiting <= max_backlog / 16;
}

static bool begin(struct speaker *speaker, size_t max_backlog, size_t len, bool anyway)
{
    struct backpressure *backpressure = speaker->backpressure;
    pthread_mutex_lock(&backpressure->lock);
    size_t waiting = waiting_locked(backpressure);
    bool may_say = anyway || has_room_locked(speaker, waiting, max_backlog, len);
    if (may_say) {
        backpressure->promised += len;
        speaker->unpaid = waiting <= max_backlog / 4 ? 0 : speaker->unpaid + len;
        if (backpressure->next == speaker)
            backpressure->next = NULL;
    }
    pthread_mutex_unlock(&backpressure->lock);
    return may_say;
}

/* It has waited for a moment. If nobody else does, its turn is next; and whose turn it is looks how things
 * stand, for all. True if it has been for so long: then somebody reads just fast enough to be waited for,
 * and may have to go. */
static bool wait_in_line(const struct speaker *speaker, int64_t patience)
{
    struct backpressure *backpressure = speaker->backpressure;
    pthread_mutex_lock(&backpressure->lock);
    if (backpressure->next == NULL) {
        backpressure->next = speaker;
        backpressure->next_since = net_now();
    }
    bool is_next = backpressure->next == speaker;
    bool is_too_long = is_next && net_now() >= backpressure->next_since + patience;
    pthread_mutex_unlock(&backpressure->lock);
    if (is_next)
        measure(backpressure);
    return is_too_long;
}

static void give_up(const struct speaker *speaker)
{
    pthread_mutex_lock(&speaker->backpressure->lock);
    if (speaker->backpressure->next == speaker)
        speaker->backpressure->next = NULL;
    pthread_mutex_unlock(&speaker->backpressure->lock);
}

bool speaker_begin(struct speaker *speaker, const struct conn *conn, size_t len)
{
    struct backpressure *backpressure = speaker->backpressure;
    const struct options *options = conn_options(conn);
    struct pollfd ends[] = {{.fd = conn_client(conn)->stop, .events = POLLIN},
                            {.fd = conn_client(conn)->fd}}; /* only whether it has ended */
    if (begin(speaker, options->max_backlog, len, false))
        return true;
    measure(backpressure);
    if (begin(speaker, options->max_backlog, len, false))
        return true;
    room_deliver(backpressure->room); /* what was said before does not wait, too */
    for (bool anyway = false; !begin(speaker, options->max_backlog, len, anyway);) {
        (void)net_wait_for_any(ends, 2, net_now() + TRY_AGAIN);
        if (ends[1].revents != 0) {
            give_up(speaker);
            return false;
        }
        anyway = wait_in_line(speaker, options->ping_interval) || ends[0].revents != 0;
    }
    return true;
}

void speaker_end(struct speaker *speaker, size_t len)
{
    pthread_mutex_lock(&speaker->backpressure->lock);
    speaker->backpressure->promised -= len;
    pthread_mutex_unlock(&speaker->backpressure->lock);
}
