/*
 * lobby - see lobby.h
 */
#include "lobby.h"

#include "../room.h"
#include "page.h"

static struct room *room; /* made before the first client, freed after the last */

void lobby_say(struct conn *conn, enum ws_opcode type, const void *data, size_t len)
{
    if (!room_broadcast(room, type, data, len))
        conn_close(conn, WS_CLOSE_INTERNAL_ERROR, CONN_NO_MEMORY);
}

void lobby_tell(enum ws_opcode type, const void *data, size_t len)
{
    if (room_broadcast(room, type, data, len))
        room_deliver_later(room);
}

bool lobby_start(const struct options *options)
{
    (void)options;
    room = room_new(NULL);
    return room != NULL;
}

void lobby_stop(void)
{
    room_free(room);
}

void lobby_open(struct conn *conn)
{
    if (!room_join(room, conn))
        conn_close(conn, WS_CLOSE_INTERNAL_ERROR, CONN_NO_MEMORY);
}

void lobby_pause(struct conn *conn)
{
    (void)conn;
    room_deliver(room);
}

void lobby_behind(struct conn *conn)
{
    room_behind(room, conn);
}

void lobby_close(struct conn *conn)
{
    room_leave(room, conn);
}

struct handlers lobby_handlers(const char *name, void (*message)(struct conn *, enum ws_opcode,
                                                                 unsigned char *, size_t))
{
    return (struct handlers){.lesson = 3,
                             .name = name,
                             .page = page_html,
                             .page_len = sizeof page_html,
                             .start = lobby_start,
                             .stop = lobby_stop,
                             .open = lobby_open,
                             .message = message,
                             .pause = lobby_pause,
                             .behind = lobby_behind,
                             .close = lobby_close};
}
