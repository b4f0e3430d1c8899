/*
 * scenario_connect - connect, shake hands, say goodbye, again; so many clients at a time
 *
 * With raw TCP, one message there and back stands for the handshake.
 */
#include "load.h"

static bool stopping;
static uint64_t finished;

static void opened(struct client *client)
{
    if (!options.raw) {
        sample_add(load_now - client->started);
        client_close(client);
        return;
    }
    client->in = client->out = 0;
    client->goal = requests.each;
    client_send(client);
}

static bool received(struct client *client, const unsigned char *bytes, size_t len)
{
    if (!options.raw || !ring_matches(&replies, client->in, bytes, len))
        return false;
    client->in += len;
    if (client->in == replies.each) {
        sample_add(load_now - client->started);
        client_close(client);
    }
    return client->in <= replies.each;
}

static void closed(struct client *client)
{
    finished++;
    if (!stopping)
        client_connect(client);
}

static void run_for(double seconds)
{
    uint64_t end = clock_now() + (uint64_t)(seconds * (double)SECOND);
    while (clock_now() < end && load_faults == 0)
        load_poll(10);
}

void scenario_connect(const char *name)
{
    static const struct scenario connect = {opened, received, closed};
    ring_make(options.content, options.size, 1, options.raw);
    clients_make(&connect);
    for (size_t i = 0; i < options.clients; i++)
        client_connect(&clients[i]);
    run_for(options.warmup);

    sample_reset();
    finished = 0;
    struct usage usage = usage_now();
    run_for(options.seconds);
    usage = usage_since(usage);
    double count = (double)finished;

    stopping = true;
    uint64_t end = clock_now() + 10 * SECOND;
    for (size_t i = 0; i < options.clients; i++) {
        while (clients[i].state != CLIENT_NONE && clock_now() < end && load_faults == 0)
            load_poll(10);
        if (clients[i].state != CLIENT_NONE)
            load_fault(&clients[i], "the connection does not end");
    }

    report_begin(name);
    report("connects_s", count / ((double)usage.wall / (double)SECOND));
    report_usage(usage, count);
    report_samples();
    report_end();
}
