/*
 * worker - a thread for a task: a new one, or one that has just finished another
 *
 * Stands beside the way of the data. To make a thread takes longer than a handshake; so a thread that
 * has done its task waits for the next, unless many wait already, and worker_start() gives it that.
 */
#ifndef LESSON02_WORKER_H
#define LESSON02_WORKER_H

#include <stdbool.h>

/* Calls run(task) in a thread of its own; the task belongs to that thread from then on. False if there
 * is no thread to be had: run() is not called. */
bool worker_start(void (*run)(void *task), void *task);

#endif
