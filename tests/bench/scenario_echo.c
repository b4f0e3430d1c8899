/*
 * scenario_echo - each client keeps options.window messages in flight and must get them back
 *
 * rtt: one client, one message. echo: many clients, one message each. pipeline: many each. bulk:
 * large messages. What differs are the numbers, see main.c.
 */
#include "load.h"

#define DRAIN (10 * SECOND)

static bool stopping;
static uint64_t bytes_back; /* of all clients */

/* Each begins at another place in the ring, so that a message of another client's shows. */
static uint64_t first_message(const struct client *client)
{
    return client->index * 7;
}

static void send_messages(struct client *client, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        client->stamps[client->asked++ % options.window] = load_now;
    client->goal += count * requests.each;
    client_send(client);
}

static void opened(struct client *client)
{
    client->out = client->goal = first_message(client) * requests.each;
    client->in = first_message(client) * replies.each;
}

static bool received(struct client *client, const unsigned char *bytes, size_t len)
{
    if (!ring_matches(&replies, client->in, bytes, len))
        return false;
    client->in += len;
    bytes_back += len;
    uint64_t whole = client->in / replies.each - first_message(client);
    if (whole > client->asked)
        return false; /* more than was asked */
    uint64_t fresh = whole - client->answered;
    for (; client->answered < whole; client->answered++)
        sample_add(load_now - client->stamps[client->answered % options.window]);
    if (fresh > 0 && !stopping)
        send_messages(client, fresh);
    return true;
}

static void run_for(double seconds)
{
    uint64_t end = clock_now() + (uint64_t)(seconds * (double)SECOND);
    while (clock_now() < end && load_faults == 0)
        load_poll(10);
}

/* No new messages; what is in flight must still come. */
static void drain(void)
{
    uint64_t end = clock_now() + DRAIN;
    stopping = true;
    for (size_t i = 0; i < options.clients; i++) {
        while (clients[i].answered < clients[i].asked && clock_now() < end && load_faults == 0)
            load_poll(10);
        if (clients[i].answered < clients[i].asked)
            load_fault(&clients[i], "a message has not come back");
    }
}

void scenario_echo(const char *name)
{
    static const struct scenario echo = {opened, received, NULL};
    ring_make(options.content, options.size, options.window, options.raw);
    clients_make(&echo);
    if (!load_open(0, options.clients))
        return;
    load_now = clock_now();
    for (size_t i = 0; i < options.clients; i++)
        send_messages(&clients[i], options.window);
    run_for(options.warmup);

    sample_reset();
    bytes_back = 0;
    struct usage usage = usage_now();
    run_for(options.seconds);
    usage = usage_since(usage);
    double messages = (double)bytes_back / (double)replies.each;
    drain();

    report_begin(name);
    report("messages_s", messages / ((double)usage.wall / (double)SECOND));
    report("MB_s", messages * (double)options.size / ((double)usage.wall / 1e3));
    report_usage(usage, messages);
    report_samples();
    report_end();
}
