/*
 * worker - see worker.h
 *
 * A worker that waits sleeps on a condition variable: pthread_cond_wait() releases the mutex, sleeps
 * until another thread calls pthread_cond_signal(), and returns with the mutex held again. By then a
 * quicker worker may have taken the task, and it may also return for no reason: so it is always called
 * in a loop that looks for a task.
 */
#include "worker.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

/* The stack of a worker, in bytes: it needs little, and only the sanitizers need more. */
#ifndef WORKER_STACK
#define WORKER_STACK (128 * 1024)
#endif

#define WAITING_MAX 32 /* workers that wait for a task; the others end */
#define LOOKS       4 /* for a task, before it sleeps: where many come, 1.1 times as many are served */

struct task {
    void (*run)(void *arg);
    void *arg;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_task = PTHREAD_COND_INITIALIZER;
/* lock must be held when using these */
static size_t waiting;                 /* workers that look for a task, or sleep */
static struct task tasks[WAITING_MAX]; /* one for each of them at most, and so none waits long */
static size_t task_count;

/* Lets other threads run for a moment, the one that brings tasks among them. */
static void look_a_few_times_locked(void)
{
    for (int i = 0; i < LOOKS && task_count == 0; i++) {
        pthread_mutex_unlock(&lock);
        sched_yield();
        pthread_mutex_lock(&lock);
    }
}

/* Waits for the next task. False if enough others wait. */
static bool wait_for_task(struct task *task)
{
    pthread_mutex_lock(&lock);
    bool may_wait = waiting < WAITING_MAX;
    if (may_wait) {
        waiting++;
        look_a_few_times_locked();
        while (task_count == 0)
            pthread_cond_wait(&has_task, &lock);
        *task = tasks[--task_count];
        waiting--;
    }
    pthread_mutex_unlock(&lock);
    return may_wait;
}

/* Is there a worker for this task, besides those for the tasks before it? */
static bool give_to_waiting(struct task task)
{
    pthread_mutex_lock(&lock);
    bool is_given = task_count < waiting;
    if (is_given)
        tasks[task_count++] = task;
    pthread_mutex_unlock(&lock);
    if (is_given)
        pthread_cond_signal(&has_task); /* nothing happens if the worker does not sleep */
    return is_given;
}

static void *work(void *arg)
{
    struct task *task = arg;
    do
        task->run(task->arg);
    while (wait_for_task(task));
    free(task);
    return NULL;
}

/* Nobody waits for the end of a worker, so it is detached. */
static bool create_thread(struct task *task)
{
    pthread_attr_t attributes;
    pthread_t thread;
    long least = sysconf(_SC_THREAD_STACK_MIN);
    size_t stack = least > WORKER_STACK ? (size_t)least : WORKER_STACK;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setstacksize(&attributes, stack); /* a larger one would do as well */
    bool created = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                   pthread_create(&thread, &attributes, work, task) == 0;
    pthread_attr_destroy(&attributes);
    return created;
}

bool worker_start(void (*run)(void *arg), void *arg)
{
    if (give_to_waiting((struct task){run, arg}))
        return true;
    struct task *task = malloc(sizeof *task); /* the new thread's, for this task and all later */
    if (task == NULL)
        return false;
    *task = (struct task){run, arg};
    if (create_thread(task))
        return true;
    free(task);
    return false;
}
