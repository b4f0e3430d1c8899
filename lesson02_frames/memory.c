/*
 * memory - see memory.h
 */
#include "memory.h"

#include <pthread.h>

#include "net.h"

static uint64_t bound = UINT64_MAX; /* set before there are threads */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* lock must be held when using these */
static struct holding *first;
static size_t total; /* bytes, of all but those that are over */

void memory_set_bound(uint64_t bytes)
{
    bound = bytes;
}

void memory_begin(struct holding *holding, int fd)
{
    pthread_mutex_lock(&lock);
    *holding = (struct holding){.fd = fd, .next = first, .link = &first};
    if (first != NULL)
        first->link = &holding->next;
    first = holding;
    pthread_mutex_unlock(&lock);
}

void memory_end(struct holding *holding)
{
    pthread_mutex_lock(&lock);
    total -= holding->bytes;
    *holding->link = holding->next;
    if (holding->next != NULL)
        holding->next->link = holding->link;
    pthread_mutex_unlock(&lock);
}

/* Its memory counts as given back: its owner is about to do that, and one after the other would have to
 * go if it was waited for. */
static void end_largest_locked(void)
{
    struct holding *largest = first;
    for (struct holding *holding = first; holding != NULL; holding = holding->next)
        if (holding->bytes > largest->bytes)
            largest = holding;
    total -= largest->bytes;
    largest->bytes = 0;
    largest->is_over = true;
    net_end(largest->fd);
}

void memory_hold(struct holding *holding, size_t bytes)
{
    if (bytes == holding->told)
        return;
    holding->told = bytes;
    pthread_mutex_lock(&lock);
    if (!holding->is_over) {
        total = total - holding->bytes + bytes;
        holding->bytes = bytes;
    }
    while (total > bound)
        end_largest_locked();
    pthread_mutex_unlock(&lock);
}

bool memory_is_over(const struct holding *holding)
{
    pthread_mutex_lock(&lock);
    bool is_over = holding->is_over;
    pthread_mutex_unlock(&lock);
    return is_over;
}

bool memory_is_scarce(void)
{
    pthread_mutex_lock(&lock);
    bool is_scarce = total > bound / 4 * 3;
    pthread_mutex_unlock(&lock);
    return is_scarce;
}
