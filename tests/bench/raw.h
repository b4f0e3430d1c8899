/*
 * raw - what the raw TCP servers have in common: they are the limit that the lessons are held
 * against, so there is nothing in them but the socket calls. Not robust, not to be copied.
 */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include <stdbool.h>
#include <stddef.h>

#define RAW_CHUNK (64 * 1024)

/* On 127.0.0.1; ends the program if that cannot be. Prints a line once clients may come. */
int raw_listen(const char *port);
int raw_accept(int listener);

/* A detached thread; ends the program if there is none to be had. */
void raw_thread(void *(*run)(void *), void *arg);

/* Sends all of it, waiting for the socket unless flags say otherwise. */
bool raw_send_all(int fd, const char *bytes, size_t len, int flags);

#endif
