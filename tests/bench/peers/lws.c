/*
 * lws echo|room PORT - a server on libwebsockets, as its minimal examples have it: one thread, and
 * what is to be sent waits in a list until the library says that the client may be written to
 */
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One read of the library's; its own 4 KiB would cut what a client sends into many pieces. */
#define READ_MAX (256 * 1024)

/* A message, which is put together where it is sent from; in a room, many clients wait for the same
 * one. */
struct message {
    size_t uses, len, room;
    bool binary;
    unsigned char bytes[]; /* LWS_PRE of room for the library, then the payload */
};

struct item {
    struct message *message;
    struct item *next;
};

struct session {
    struct lws *wsi;
    struct session *next;
    struct message *parts; /* of a message that is not complete */
    struct item *first, **last;
};

static struct session *sessions;
static bool is_room;

/* Adds a piece, of whose frame so many bytes are still to come. */
static struct message *add(struct message *message, const void *piece, size_t len, size_t to_come)
{
    size_t have = message != NULL ? message->len : 0, room = message != NULL ? message->room : 0;
    if (message == NULL || have + len > room) {
        room = have + len + to_come > 2 * room ? have + len + to_come : 2 * room;
        message = realloc(message, sizeof *message + LWS_PRE + room);
        if (message == NULL)
            exit(1);
        *message = (struct message){.len = have, .room = room};
    }
    if (len > 0)
        memcpy(message->bytes + LWS_PRE + have, piece, len);
    message->len += len;
    return message;
}

static void queue(struct session *session, struct message *message)
{
    struct item *item = malloc(sizeof *item);
    if (item == NULL)
        exit(1);
    *item = (struct item){message, NULL};
    message->uses++;
    *session->last = item;
    session->last = &item->next;
    lws_callback_on_writable(session->wsi);
}

static void drop_first(struct session *session)
{
    struct item *item = session->first;
    session->first = item->next;
    if (session->first == NULL)
        session->last = &session->first;
    if (--item->message->uses == 0)
        free(item->message);
    free(item);
}

static void receive(struct session *session, const void *in, size_t len)
{
    size_t to_come = lws_remaining_packet_payload(session->wsi);
    struct message *message = add(session->parts, in, len, to_come);
    session->parts = message;
    if (to_come > 0 || !lws_is_final_fragment(session->wsi))
        return;
    session->parts = NULL;
    message->binary = lws_frame_is_binary(session->wsi);
    if (!is_room) {
        queue(session, message);
        return;
    }
    for (struct session *s = sessions; s != NULL; s = s->next)
        queue(s, message);
}

static int send_first(struct session *session)
{
    if (session->first == NULL)
        return 0;
    struct message *message = session->first->message;
    int sent = lws_write(session->wsi, message->bytes + LWS_PRE, message->len,
                         message->binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT);
    drop_first(session);
    if (session->first != NULL)
        lws_callback_on_writable(session->wsi);
    return sent < 0 ? -1 : 0;
}

static void leave(struct session *session)
{
    struct session **link = &sessions;
    while (*link != NULL && *link != session)
        link = &(*link)->next;
    if (*link != NULL)
        *link = session->next;
    while (session->first != NULL)
        drop_first(session);
    free(session->parts);
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t len)
{
    struct session *session = user;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        *session = (struct session){.wsi = wsi, .next = sessions};
        session->last = &session->first;
        sessions = session;
        return 0;
    case LWS_CALLBACK_RECEIVE: receive(session, in, len); return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE: return send_first(session);
    case LWS_CALLBACK_CLOSED: leave(session); return 0;
    default: return 0;
    }
}

int main(int argc, char **argv)
{
    static const struct lws_protocols protocols[] = {
        {"any", callback, sizeof(struct session), READ_MAX, 0, NULL, 0},
        {NULL, NULL, 0, 0, 0, NULL, 0}};
    if (argc != 3)
        return 2;
    is_room = strcmp(argv[1], "room") == 0;
    lws_set_log_level(LLL_ERR, NULL);
    struct lws_context_creation_info info = {.port = atoi(argv[2]),
                                             .iface = "lo",
                                             .protocols = protocols,
                                             .pt_serv_buf_size = READ_MAX,
                                             .options = LWS_SERVER_OPTION_VALIDATE_UTF8,
                                             .gid = -1,
                                             .uid = -1};
    struct lws_context *context = lws_create_context(&info);
    if (context == NULL)
        return 1;
    printf("listening\n");
    fflush(stdout);
    while (lws_service(context, 0) >= 0)
        ;
    return 0;
}
