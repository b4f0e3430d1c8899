/*
 * places - see places.h
 */
#include "places.h"

#include <pthread.h>
#include <time.h>

#include "net.h"

#define MOMENT   1   /* milliseconds until it is looked again whether there is room */
#define KIND_FOR 200 /* ... that those who only wait for their thread are spared */
#define SOON     5   /* ... in which a request is read, or answered, on all but a busy machine */
#define WAIT_MAX 250 /* ... until it goes on without */
#define FREE_IN  50  /* ... until what one had who has left is free for others */
#define GOODBYE  50  /* ... in which a goodbye is said, likewise */

/* So many may be in their heads, with the place that is kept for the next; so many may be answered; and
 * half as many may have been told to give way, and not have gone yet. Never changed once there are
 * threads. */
static size_t most = PLACES_MAX;

struct queue {
    struct place *first, **end;
    size_t count;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* lock must be held when using these */
static struct queue queues[PLACE_KINDS] = {{.end = &queues[0].first},
                                           {.end = &queues[1].first},
                                           {.end = &queues[2].first},
                                           {.end = &queues[3].first},
                                           {.end = &queues[4].first}};
static size_t left;                                       /* connections that have left so far */
static int64_t last_left;                                 /* when the last of them did */
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER; /* one has left, or has another place */

static void put_locked(struct place *place, enum place_kind kind)
{
    struct queue *queue = &queues[kind];
    place->kind = kind;
    place->since = net_now();
    place->next = NULL;
    place->link = queue->end;
    *queue->end = place;
    queue->end = &place->next;
    queue->count++;
}

static void take_locked(struct place *place)
{
    struct queue *queue = &queues[place->kind];
    *place->link = place->next;
    if (place->next != NULL)
        place->next->link = place->link;
    else
        queue->end = place->link;
    queue->count--;
    pthread_cond_signal(&changed);
}

static void move_locked(struct place *place, enum place_kind kind)
{
    take_locked(place);
    put_locked(place, kind);
}

/* ------------------------------------------------------------------------------ giving way */

/* Has its client ended, and only its thread has not seen that yet? */
static bool has_gone(const struct place *place)
{
    return net_is_readable(place->fd) && !net_has_bytes(place->fd);
}

/* Its thread wakes up, and finds the end of the stream. Who has been answered needs no 408. */
static void end_locked(struct place *place)
{
    place->has_gone = place->kind == PLACE_HEAD && has_gone(place);
    if (place->kind == PLACE_HEAD)
        net_end_receiving(place->fd);
    else
        net_end(place->fd);
    move_locked(place, PLACE_GIVES_WAY);
}

/* Have its bytes come, and only wait for its thread? (So does one that has gone again. But to spare it
 * would cost a newcomer its place that has not sent a byte yet.) */
static bool is_to_be_read(const struct place *place)
{
    return net_has_bytes(place->fd);
}

/* Has it not got a byte yet? Where the system does not tell, that is so for a moment. (One byte is the
 * handshake of TCP.) */
static bool is_to_be_answered(const struct place *place)
{
    struct net_taken taken = net_taken(place->fd);
    if (taken.acknowledged < 0)
        return net_now() < place->since + SOON;
    return taken.acknowledged + taken.outstanding <= 1;
}

/* The connection that has been of that kind for longest; NULL if there is none. Those whose thread has
 * something to do for them just now may be honest ones on a busy machine, and are spared for a while. */
static struct place *oldest_locked(enum place_kind kind, int64_t since)
{
    bool (*is_busy)(const struct place *place) =
        kind == PLACE_HEAD ? is_to_be_read : is_to_be_answered;
    bool is_kind = net_now() < since + KIND_FOR;
    struct place *place = queues[kind].first;
    while (place != NULL && is_kind && is_busy(place))
        place = place->next;
    return place;
}

/* Lets go of the lock until something has changed, but not for longer than a moment. (If the clock is set
 * back just now, the moment is long; but those who have been told to go still wake us.) */
static void wait_locked(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += MOMENT * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&changed, &lock, &until);
}

/* Whoever comes next adds one to those who are not clients: so for each kind of which there are too many,
 * one has to go. False if that is not possible yet. */
static bool make_room_locked(int64_t since)
{
    bool has_room = queues[PLACE_GIVES_WAY].count < (most + 1) / 2;
    for (enum place_kind kind = PLACE_HEAD; has_room && kind <= PLACE_ANSWERED; kind++) {
        struct place *oldest = queues[kind].count < most ? NULL : oldest_locked(kind, since);
        has_room = queues[kind].count < most || oldest != NULL;
        if (oldest != NULL)
            end_locked(oldest);
    }
    return has_room;
}

void places_make_room(void)
{
    int64_t since = net_now();
    pthread_mutex_lock(&lock);
    while (!make_room_locked(since) && net_now() < since + WAIT_MAX)
        wait_locked();
    pthread_mutex_unlock(&lock);
}

/* Unless some are about to go, one in eight heads is told to, so that not every newcomer has to wait for
 * that; but nobody who is only being read or answered. False if there is nobody to wait for. */
static bool thin_out_locked(const struct place *newcomer, int64_t since)
{
    struct queue *heads = &queues[PLACE_HEAD], *answered = &queues[PLACE_ANSWERED];
    struct queue *going = &queues[PLACE_GIVES_WAY];
    struct place *oldest;
    if (going->count > 0)
        return true;
    for (size_t n = heads->count / 8 + 1; n > 0; n--) {
        oldest = oldest_locked(PLACE_HEAD, since);
        if (oldest != NULL && oldest != newcomer && oldest->since + SOON <= net_now())
            end_locked(oldest);
    }
    oldest = going->count == 0 ? oldest_locked(PLACE_ANSWERED, since) : NULL;
    if (oldest != NULL && oldest->since + GOODBYE <= net_now())
        end_locked(oldest);
    return going->count + answered->count > 0 || heads->count > (newcomer != NULL);
}

bool places_give_way(const struct place *newcomer)
{
    int64_t since = net_now();
    pthread_mutex_lock(&lock);
    size_t before = left;
    while (left == before && thin_out_locked(newcomer, since) && net_now() < since + WAIT_MAX)
        wait_locked();
    bool may_try = left != before;
    if (!may_try && since < last_left + FREE_IN) {
        wait_locked(); /* its thread is about to close the socket, and to wait for a task */
        may_try = true;
    }
    pthread_mutex_unlock(&lock);
    return may_try;
}

/* ---------------------------------------------------------------------- the life of a connection */

void places_share(size_t descriptors)
{
    if (descriptors / 2 < PLACES_MAX)
        most = descriptors / 2 + 1;
}

void places_enter(struct place *place, int fd)
{
    place->fd = fd;
    place->has_gone = false;
    pthread_mutex_lock(&lock);
    put_locked(place, PLACE_HEAD);
    pthread_mutex_unlock(&lock);
}

bool places_answer(struct place *place)
{
    pthread_mutex_lock(&lock);
    bool may_stay = place->kind != PLACE_GIVES_WAY || place->has_gone;
    if (may_stay)
        move_locked(place, PLACE_ANSWERED);
    pthread_mutex_unlock(&lock);
    return may_stay;
}

bool places_become(struct place *place, enum place_kind kind, size_t so_many)
{
    pthread_mutex_lock(&lock);
    bool is_free = place->kind != PLACE_GIVES_WAY && queues[kind].count < so_many;
    if (is_free)
        move_locked(place, kind);
    pthread_mutex_unlock(&lock);
    return is_free;
}

size_t places_count(enum place_kind kind)
{
    pthread_mutex_lock(&lock);
    size_t count = queues[kind].count;
    pthread_mutex_unlock(&lock);
    return count;
}

void places_leave(struct place *place)
{
    pthread_mutex_lock(&lock);
    take_locked(place);
    left++;
    last_left = net_now();
    pthread_mutex_unlock(&lock);
}
