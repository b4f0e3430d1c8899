/*
 * logger - the thread that writes the log, so that nobody else waits for it
 *
 * Stands beside the way of the data. A terminal that was stopped with Ctrl-S, or a pipe that nobody
 * reads, makes write() wait. If a client's thread wrote its own lines, that client would wait, too,
 * if only for a moment (log.c, as in lesson 1); and if it held a lock, everyone would. So lines go into a queue with a bound, and one thread writes
 * them. What the queue cannot hold is lost; it is counted, and the log says so.
 */
#ifndef LESSON02_LOGGER_H
#define LESSON02_LOGGER_H

#include <stdbool.h>

/* From now on log.h's functions never wait. When the program ends, the queue is written, if that can be
 * done in a moment. Call it once, before there are other threads; false without a thread or
 * memory. */
bool logger_start(void);

/* Waits until what has been logged is written, but only for a moment. */
void logger_flush(void);

#endif
