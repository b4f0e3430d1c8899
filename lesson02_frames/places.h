/*
 * places - how many connections there may be, and who gives way
 *
 *     BYTES → request → frames → messages → room
 *
 * A connection costs a thread and a descriptor before it has said a word. So not only clients are
 * counted. A connection has a place of one of five kinds, and each kind has a bound of its own:
 *
 *     in its head    from accept() on, until its request is complete
 *     client         from its 101 on, until its conversation is over: --max-clients of them
 *     watcher        the same, but it only watches: see own.h, xray.h
 *     answered       with a page, a refusal or a goodbye, until it is closed
 *     gives way      has been told to go, until it is closed
 *
 * A client that finds no place is refused. A newcomer always finds one: whoever has been in its head
 * for longest gives way, however slowly its bytes still come, and so does whoever was answered first.
 * An honest client sends its request at once, and has become a client or been answered by then.
 *
 * To give way is up to the connection's own thread. It is woken by a shutdown() of the socket; in
 * its head, of the reading side only, so that the 408 can still go out.
 */
#ifndef LESSON02_PLACES_H
#define LESSON02_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACES_MAX 128 /* in their heads; and as many answered */

enum place_kind {
    PLACE_HEAD,
    PLACE_ANSWERED,
    PLACE_CLIENT,
    PLACE_WATCHER,
    PLACE_GIVES_WAY,
    PLACE_KINDS
};

/* The place of one connection. */
struct place {
    int fd;
    /* the lock in places.c must be held when using these */
    enum place_kind kind;
    bool has_gone;              /* it gives way, and its client had gone anyway */
    int64_t since;              /* it has been of that kind */
    struct place *next, **link; /* those of a kind, the longest there first; *link points here */
};

/* Before there are threads: so many descriptors can the process have. If they are few, half of them may
 * be in their heads. */
void places_share(size_t descriptors);

/* ----------------------------------------------------------- for the thread that accepts, only */

/* Sees to it that there is a place for the next connection. Waits for threads that have been told to
 * give way, which is a moment; never for a client. */
void places_make_room(void);

/* Gives a new connection its place: in its head. */
void places_enter(struct place *place, int fd);

/* The system is short of descriptors or threads. Makes some others give way, and waits until one has
 * gone: try again then. False if there are none but clients and the newcomer, who may be NULL. */
bool places_give_way(const struct place *newcomer);

/* ----------------------------------------------------------- for the thread of the connection */

/* The head is complete, or the conversation over: what is left is to answer. False if the connection
 * has been told to give way, unless its client had gone by itself before. */
bool places_answer(struct place *place);

/* One that was to be answered becomes a client or a watcher. False if there are so many already. */
bool places_become(struct place *place, enum place_kind kind, size_t so_many);

/* Anyone: how many there are of a kind. */
size_t places_count(enum place_kind kind);

/* Before the socket is closed: nobody else shuts it down from now on. */
void places_leave(struct place *place);

#endif
