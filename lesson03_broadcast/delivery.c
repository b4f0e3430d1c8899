/*
 * delivery - see delivery.h
 */
#include "delivery.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#define POLLED_MAX 256  /* members behind that are waited for at the same time */
#define ALL_AGAIN  20   /* milliseconds until all are tried again, if they are more, or ENOBUFS */
#define TRY_AGAIN  1000 /* ... and in any case: who has taken nothing for too long is evicted */
#define MANY       20   /* members for whom it is worth while to gather what is said, */
#define PAUSE_EACH 2000 /* ... nanoseconds for each of them, */
#define MOST       500  /* ... but not for more than so many */

/* About as long as the delivery took. With few members it is so short that a pause would last longer. */
void delivery_pause(struct delivery *delivery, bool has_more)
{
    (void)members_flush(delivery->members);
    size_t count = members_count(delivery->members);
    long pause = count < MANY ? 0 : PAUSE_EACH * (long)(count < MOST ? count : MOST);
    if (has_more && pause > 0)
        nanosleep(&(struct timespec){.tv_nsec = pause}, NULL);
}

void delivery_wake(struct delivery *delivery)
{
    while (write(delivery->wake_pipe[1], "", 1) < 0 && errno == EINTR)
        ; /* if the pipe is full, the thread will wake all the same */
}

/* Waits for its pipe, and for the sockets of those who are behind. A descriptor may be closed, and even
 * be another client's, by the time poll() looks at it. That does no harm: the answer only means "try",
 * and what is tried is found in the list again. False: the thread is to end. */
static bool wait_for_work(struct delivery *delivery, bool has_memory)
{
    int pipe = delivery->wake_pipe[0];
    struct pollfd set[1 + POLLED_MAX] = {{.fd = pipe, .events = POLLIN}};
    char bytes[64];
    ssize_t n;
    size_t behind = members_behind(delivery->members, set + 1, POLLED_MAX);
    int64_t again = behind == POLLED_MAX || !has_memory ? ALL_AGAIN : TRY_AGAIN;
    net_wait_for_any(set, has_memory ? 1 + behind : 1,
                     behind == 0 ? NET_NO_DEADLINE : net_now() + again);
    do
        n = read(pipe, bytes, sizeof bytes);
    while (n == (ssize_t)sizeof bytes);
    return n != 0;
}

static void *deliver_for_others(void *arg)
{
    struct delivery *delivery = arg;
    bool has_memory = true;
    while (wait_for_work(delivery, has_memory)) {
        delivery->deliver(delivery->data);
        has_memory = members_flush(delivery->members);
    }
    return NULL;
}

bool delivery_start(struct delivery *delivery)
{
    if (pipe(delivery->wake_pipe) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        (void)fcntl(delivery->wake_pipe[i], F_SETFD, FD_CLOEXEC);
        (void)fcntl(delivery->wake_pipe[i], F_SETFL, O_NONBLOCK);
    }
    if (pthread_create(&delivery->thread, NULL, deliver_for_others, delivery) == 0)
        return true;
    close(delivery->wake_pipe[0]);
    close(delivery->wake_pipe[1]);
    return false;
}

void delivery_stop(struct delivery *delivery)
{
    close(delivery->wake_pipe[1]);
    pthread_join(delivery->thread, NULL);
    close(delivery->wake_pipe[0]);
}
