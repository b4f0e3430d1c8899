/*
 * client - see client.h
 */
#include "client.h"

#include "log.h"
#include "own.h"
#include "tracefile.h"

/* Which serve() is it for, and which kind of place does it take? */
static const struct route *find_route(const struct server *server, struct http_text path,
                                      enum place_kind *kind)
{
    const struct route *route = server->watching != NULL ? server->watching->routes : NULL;
    *kind = PLACE_WATCHER;
    for (; route != NULL && route->path != NULL; route++)
        if (http_text_is(path, route->path))
            return route;
    *kind = PLACE_CLIENT;
    route = server->routes;
    while (route->path != ANY_PATH && !http_text_is(path, route->path))
        route++;
    return route;
}

static size_t places_for(const struct server *server, enum place_kind kind)
{
    return kind == PLACE_WATCHER ? server->watching->places : server->options.max_clients;
}

/* May it come in, and is there a place? HTTP_OK, and it has one; or the refusal. */
static enum http_outcome admit(const struct client *client, struct place *place,
                               const struct server *server, const struct http_request *request,
                               enum place_kind kind)
{
    enum http_outcome outcome = kind == PLACE_WATCHER
                                    ? server->watching->admit(client, request, &server->options)
                                    : HTTP_OK;
    if (outcome == HTTP_OK && !places_become(place, kind, places_for(server, kind)))
        outcome = HTTP_FULL;
    return outcome;
}

/* Those who watch see how clients come in; they do not see each other. */
static void show_accepted(const struct client *client, const struct server *server,
                          const struct http_request *request, const struct buffer *in,
                          struct http_text answer)
{
    struct handshake_seen seen = {{(const char *)in->data, request->head_len}, answer, 101};
    if (server->watching != NULL)
        server->watching->see_handshake(client, &seen);
}

/* ... and who is not let in; but not that a page is missing. */
static void show_refused(const struct client *client, const struct server *server,
                         const struct http_request *request, const struct buffer *in,
                         enum http_outcome outcome)
{
    char answer[HTTP_REFUSAL_MAX];
    size_t head_len = request->head_len > 0 ? request->head_len : in->end;
    if (server->watching == NULL || outcome == HTTP_NOT_FOUND || outcome == HTTP_METHOD_NOT_ALLOWED)
        return;
    struct handshake_seen seen = {{(const char *)in->data, head_len},
                                  {answer, http_refusal_write(outcome, true, answer)},
                                  http_refusal_find(outcome)->status};
    server->watching->see_handshake(client, &seen);
}

/* Who sees what this client sends and gets? */
static const struct observer *find_observer(const struct server *server, enum place_kind kind)
{
    return kind == PLACE_CLIENT && server->watching != NULL ? server->watching->observer : NULL;
}

/* The conversation: serve() is where the lesson says what happens in it. A client that only lingers
 * over its goodbye does not keep another from its place. */
static void converse(const struct route *route, struct conn *conn, struct place *place)
{
    route->serve(conn);
    (void)places_answer(place);
    conn_goodbye(conn);
    conn_free(conn);
}

/* An upgrade is right, or it is refused; what has come behind its head is the beginning of the first
 * frame. The 101 is sent by serve(), which may have something to do before the client hears it. */
static enum http_outcome upgrade(const struct client *client, struct place *place,
                                 const struct server *server, const struct http_request *request,
                                 struct buffer *in)
{
    enum place_kind kind;
    const struct route *route = find_route(server, http_request_path(request), &kind);
    char answer[HANDSHAKE_ANSWER_MAX], safe[80];
    size_t len;
    enum http_outcome outcome =
        opening_judge(request, &server->options, route->subprotocol, answer, &len);
    if (outcome == HTTP_OK)
        outcome = admit(client, place, server, request, kind);
    if (outcome != HTTP_OK)
        return outcome;
    struct http_text shown = client->token != NULL ? http_request_path(request) : request->target;
    log_escape(safe, sizeof safe, shown.at, shown.len); /* a token is not for who reads the log */
    if (kind == PLACE_CLIENT)
        show_accepted(client, server, request, in, (struct http_text){answer, len});
    buffer_consume(in, request->head_len);
    struct conn *conn = conn_new(client, &server->options, answer, len, in);
    if (conn == NULL) {
        (void)places_answer(place);
        return HTTP_NO_RESOURCES;
    }
    conn_set_observer(conn, find_observer(server, kind));
    log_client(LOG_CLIENTS, client->number, client->address, "open: WebSocket at %s", safe);
    tracefile_sent(client, answer, len, NULL); /* before what others say to it */
    converse(route, conn, place);
    return HTTP_OK;
}

/* A page asks what an upgrade would get: is there a place? */
static bool is_foretold_full(const struct http_request *request, const struct server *server)
{
    enum place_kind kind;
    if (!handshake_is_asked_about(request))
        return false;
    (void)find_route(server, http_request_path(request), &kind);
    return places_count(kind) >= places_for(server, kind);
}

void client_serve(const struct client *accepted, struct place *place, const struct server *server)
{
    struct client known = *accepted; /* with what its request says of it */
    const struct client *client = &known;
    char token[OWN_TOKEN_LEN + 1];
    static const struct page none = {.path = NULL};
    struct buffer in = {0};
    struct http_request request;
    int64_t deadline = net_now() + server->options.handshake_timeout;
    enum http_outcome outcome = opening_read_head(client, &in, &request, deadline);
    if (outcome == HTTP_OK)
        known.token = own_token(&request, token);
    if (!places_answer(place)) {
        log_client(LOG_REQUESTS, client->number, client->address, "gives way to others");
        outcome = HTTP_TIMEOUT;
    }

    if (outcome == HTTP_PARTIAL)
        log_client(LOG_REQUESTS, client->number, client->address,
                   net_is_readable(client->stop)
                       ? "its request is not complete, and the server stops"
                       : "left before its request was complete");
    else if (outcome == HTTP_OK && handshake_wanted(&request))
        outcome = upgrade(client, place, server, &request, &in);
    else if (outcome == HTTP_OK && is_foretold_full(&request, server))
        outcome = HTTP_FULL;
    else if (outcome == HTTP_OK)
        outcome = opening_send_page(client, &request, &server->options,
                                    server->pages != NULL ? server->pages : &none);

    if (outcome != HTTP_OK && outcome != HTTP_PARTIAL) {
        show_refused(client, server, &request, &in, outcome);
        opening_refuse(client, &request, outcome);
    }
    tracefile_end(client, TRACEFILE_LEFT, NULL); /* unless it was noted how */
    buffer_free(&in);
}
