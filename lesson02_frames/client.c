/*
 * client - see client.h
 */
#include "client.h"

#include "log.h"

/* Which serve() is it for? */
static const struct route *find_route(const struct route *routes, struct http_text path)
{
    while (routes->path != ANY_PATH && !http_text_is(path, routes->path))
        routes++;
    return routes;
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
    const struct route *route = find_route(server->routes, http_request_path(request));
    char answer[HANDSHAKE_ANSWER_MAX], safe[80];
    size_t len;
    enum http_outcome outcome =
        opening_judge(request, &server->options, route->subprotocol, answer, &len);
    if (outcome != HTTP_OK)
        return outcome;
    if (!places_become_client(place, server->options.max_clients))
        return HTTP_FULL;
    log_escape(safe, sizeof safe, request->target.at, request->target.len);
    buffer_consume(in, request->head_len);
    struct conn *conn = conn_new(client, &server->options, answer, len, in);
    if (conn == NULL) {
        (void)places_answer(place);
        return HTTP_NO_RESOURCES;
    }
    log_client(LOG_CLIENTS, client->number, client->address, "open: WebSocket at %s", safe);
    converse(route, conn, place);
    return HTTP_OK;
}

void client_serve(const struct client *client, struct place *place, const struct server *server)
{
    static const struct page none = {.path = NULL};
    struct buffer in = {0};
    struct http_request request;
    int64_t deadline = net_now() + server->options.handshake_timeout;
    enum http_outcome outcome = opening_read_head(client, &in, &request, deadline);
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
    else if (outcome == HTTP_OK)
        outcome = opening_send_page(client, &request, &server->options,
                                    server->pages != NULL ? server->pages : &none);

    if (outcome != HTTP_OK && outcome != HTTP_PARTIAL)
        opening_refuse(client, &request, outcome);
    buffer_free(&in);
}
