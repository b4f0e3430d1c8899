/*
 * lws - libwebsockets as a server that echoes
 *
 *     lws LESSON --port N
 *
 * Its own example of an echo server, minimal-ws-server-echo, sends each fragment back as a fragment;
 * so does this one, in one thread and with no more than the library needs to be told.
 */
#include <libwebsockets.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A piece of a message, in the order in which it came; LWS_PRE bytes in front are the library's. */
struct piece {
    struct piece *next;
    size_t len;
    bool binary, first, last;
    unsigned char bytes[];
};

struct session {
    struct piece *head, **tail;
};

static volatile sig_atomic_t stopping;

static void on_signal(int signal)
{
    (void)signal;
    stopping = 1;
}

static int keep(struct session *s, struct lws *wsi, const void *in, size_t len)
{
    struct piece *piece = malloc(sizeof *piece + LWS_PRE + len);
    if (piece == NULL)
        return -1;
    *piece = (struct piece){.len = len,
                            .binary = lws_frame_is_binary(wsi) != 0,
                            .first = lws_is_first_fragment(wsi) != 0,
                            .last = lws_is_final_fragment(wsi) != 0};
    memcpy(piece->bytes + LWS_PRE, in, len);
    *s->tail = piece;
    s->tail = &piece->next;
    lws_callback_on_writable(wsi);
    return 0;
}

static void drop(struct session *s)
{
    struct piece *piece = s->head;
    s->head = piece->next;
    if (s->head == NULL)
        s->tail = &s->head;
    free(piece);
}

static int send_one(struct session *s, struct lws *wsi)
{
    struct piece *piece = s->head;
    if (piece == NULL)
        return 0;
    int how = lws_write_ws_flags(piece->binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT, piece->first,
                                 piece->last);
    int sent = lws_write(wsi, piece->bytes + LWS_PRE, piece->len, (enum lws_write_protocol)how);
    bool whole = sent == (int)piece->len;
    drop(s);
    if (s->head != NULL)
        lws_callback_on_writable(wsi);
    return whole ? 0 : -1;
}

static int serve(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                 size_t len)
{
    struct session *s = user;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED: *s = (struct session){NULL, &s->head}; return 0;
    case LWS_CALLBACK_RECEIVE: return keep(s, wsi, in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE: return send_one(s, wsi);
    case LWS_CALLBACK_CLOSED:
        while (s->head != NULL)
            drop(s);
        return 0;
    default: return lws_callback_http_dummy(wsi, reason, user, in, len);
    }
}

int main(int argc, char **argv)
{
    static const struct lws_protocols protocols[] = {
        {.name = "echo", .callback = serve, .per_session_data_size = sizeof(struct session)}, {0}};
    struct lws_context_creation_info info = {.port = argc >= 4 ? atoi(argv[3]) : 0,
                                             .iface = "127.0.0.1",
                                             .protocols = protocols,
                                             .options = LWS_SERVER_OPTION_VALIDATE_UTF8,
                                             .vhost_name = "localhost"};
    lws_set_log_level(LLL_ERR, NULL);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    struct lws_context *context = lws_create_context(&info);
    if (context == NULL)
        return 1;
    printf("listening on http://127.0.0.1:%d/\n",
           lws_get_vhost_listen_port(lws_get_vhost_by_name(context, "localhost")));
    fflush(stdout);
    while (!stopping && lws_service(context, 0) >= 0)
        ;
    lws_context_destroy(context);
    return 0;
}
