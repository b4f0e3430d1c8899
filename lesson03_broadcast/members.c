/*
 * members - see members.h
 */
#include "members.h"

#include <errno.h>

void members_init(struct members *members)
{
    *members = (struct members){.lock = PTHREAD_MUTEX_INITIALIZER, .end = &members->first};
}

void members_destroy(struct members *members)
{
    pthread_mutex_destroy(&members->lock);
}

/* ------------------------------------------------------------------------------- join and leave */

void members_join(struct members *members, struct member *member)
{
    pthread_mutex_lock(&members->lock);
    member->behind = false;
    member->next = NULL;
    member->link = members->end;
    *members->end = member;
    members->end = &member->next;
    members->count++;
    pthread_mutex_unlock(&members->lock);
}

void members_leave(struct members *members, struct member *member)
{
    pthread_mutex_lock(&members->lock);
    *member->link = member->next;
    if (member->next != NULL)
        member->next->link = member->link;
    else
        members->end = member->link;
    members->count--;
    pthread_mutex_unlock(&members->lock);
}

/* --------------------------------------------------------------------------------- send to all */

/* The one place that sends a message to all clients. outbox_post() never waits, so the lock is held
 * only as long as the system calls take, whatever the clients do. */
bool members_send(struct members *members, const unsigned char *frames, size_t len)
{
    bool more_behind = false;
    pthread_mutex_lock(&members->lock);
    for (struct member *member = members->first; member != NULL; member = member->next) {
        bool is_behind = outbox_post(&member->outbox, frames, len) == OUTBOX_BEHIND;
        more_behind |= is_behind && !member->behind;
        member->behind = is_behind;
    }
    pthread_mutex_unlock(&members->lock);
    return more_behind;
}

/* ------------------------------------------------------------------------- those who are behind */

bool members_set_behind(struct members *members, struct member *member)
{
    pthread_mutex_lock(&members->lock);
    bool is_new = !member->behind;
    member->behind = true;
    pthread_mutex_unlock(&members->lock);
    return is_new;
}

bool members_flush(struct members *members)
{
    bool has_memory = true;
    pthread_mutex_lock(&members->lock);
    for (struct member *member = members->first; member != NULL; member = member->next)
        if (member->behind) {
            member->behind = outbox_flush(&member->outbox) == OUTBOX_BEHIND;
            has_memory &= !member->behind || errno != ENOBUFS;
        }
    pthread_mutex_unlock(&members->lock);
    return has_memory;
}

size_t members_behind(struct members *members, struct pollfd *set, size_t most)
{
    size_t count = 0;
    pthread_mutex_lock(&members->lock);
    for (struct member *m = members->first; m != NULL && count < most; m = m->next)
        if (m->behind)
            set[count++] = (struct pollfd){.fd = m->outbox.client->fd, .events = POLLOUT};
    pthread_mutex_unlock(&members->lock);
    return count;
}

size_t members_count(struct members *members)
{
    pthread_mutex_lock(&members->lock);
    size_t count = members->count;
    pthread_mutex_unlock(&members->lock);
    return count;
}
