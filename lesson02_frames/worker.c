/*
 * worker - see worker.h
 *
 * A worker that waits sleeps on a condition variable: pthread_cond_wait() releases the mutex,
 * sleeps until another thread calls pthread_cond_signal(), and returns with the mutex held again.
 * It may also return for no reason, so it is always called in a loop that looks for the task.
 */
#include "worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* The stack of a worker, in bytes: it needs little, and only the sanitizers need more. */
#ifndef WORKER_STACK
#define WORKER_STACK (128 * 1024)
#endif

#define WAITING_MAX 32 /* workers that wait for a task; the others end */

struct worker {
    pthread_cond_t has_task;
    /* lock must be held when using these while the worker is in the list; else only it uses them */
    void (*run)(void *task); /* NULL while it waits */
    void *task;
    struct worker *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* lock must be held when using these */
static struct worker *waiting;
static size_t waiting_count;

/* Waits for the next task. False if enough others wait. */
static bool wait_for_task(struct worker *worker)
{
    pthread_mutex_lock(&lock);
    bool may_wait = waiting_count < WAITING_MAX;
    if (may_wait) {
        worker->run = NULL;
        worker->next = waiting;
        waiting = worker;
        waiting_count++;
        while (worker->run == NULL)
            pthread_cond_wait(&worker->has_task, &lock);
    }
    pthread_mutex_unlock(&lock);
    return may_wait;
}

/* The worker that has waited least gets the task: its stack is still in the cache. */
static bool give_to_waiting(void (*run)(void *task), void *task)
{
    pthread_mutex_lock(&lock);
    struct worker *worker = waiting;
    if (worker != NULL) {
        waiting = worker->next;
        waiting_count--;
        worker->run = run;
        worker->task = task;
        pthread_cond_signal(&worker->has_task);
    }
    pthread_mutex_unlock(&lock);
    return worker != NULL;
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    do
        worker->run(worker->task);
    while (wait_for_task(worker));
    pthread_cond_destroy(&worker->has_task);
    free(worker);
    return NULL;
}

/* Nobody waits for the end of a worker, so it is detached. */
static bool create_thread(struct worker *worker)
{
    pthread_attr_t attributes;
    pthread_t thread;
    long least = sysconf(_SC_THREAD_STACK_MIN);
    size_t stack = least > WORKER_STACK ? (size_t)least : WORKER_STACK;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setstacksize(&attributes, stack); /* a larger one would do as well */
    bool created = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                   pthread_create(&thread, &attributes, work, worker) == 0;
    pthread_attr_destroy(&attributes);
    return created;
}

bool worker_start(void (*run)(void *task), void *task)
{
    if (give_to_waiting(run, task))
        return true;
    struct worker *worker = malloc(sizeof *worker); /* the new thread's, and nobody else's */
    if (worker == NULL)
        return false;
    *worker = (struct worker){.has_task = PTHREAD_COND_INITIALIZER, .run = run, .task = task};
    if (create_thread(worker))
        return true;
    free(worker);
    return false;
}
