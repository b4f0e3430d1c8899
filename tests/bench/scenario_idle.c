/*
 * scenario_idle - what an open connection costs in memory, and whether it is in the way of others
 *
 * One client alone goes there and back many times; then all the others are opened and say nothing;
 * then the same client again. In the end, some of the others are asked whether they still work.
 */
#include "load.h"

#define ROUNDS 3000
#define ASKED  100
#define ROOM_ASKED                                                                                 \
    10 /* in a room each costs a delivery to all: it must be over before the first ping */

static uint64_t sent;       /* messages: in a room, each comes to everyone */
static bool may_send_again; /* the message in flight has come back */

/* Only one message is ever in flight; so the stream that must come is the ring from its beginning:
 * in a room for all clients, in an echo server for each its own. */
static void opened(struct client *client)
{
    client->out = client->goal = client->in = 0;
}

static bool received(struct client *client, const unsigned char *bytes, size_t len)
{
    if (!ring_matches(&replies, client->in, bytes, len))
        return false;
    client->in += len;
    if (client->asked > 0 && client->in == client->asked * replies.each)
        may_send_again = true;
    return true;
}

/* There and back once. */
static bool ask(struct client *client)
{
    uint64_t begin = load_now = clock_now(), end = begin + 5 * SECOND;
    may_send_again = false;
    sent++;
    if (options.room) { /* the stream goes on where the one before has left it */
        client->out = (sent - 1) * requests.each;
        client->goal = sent * requests.each;
        client->asked = sent;
    } else {
        client->goal += requests.each;
        client->asked++;
    }
    client_send(client);
    while (!may_send_again && load_now < end && load_faults == 0)
        load_poll(10);
    if (!may_send_again)
        load_fault(client, "an idle client gets no answer");
    sample_add(load_now - begin);
    return may_send_again;
}

static void ask_often(struct client *client, size_t rounds)
{
    while (rounds-- > 0 && ask(client))
        ;
}

void scenario_idle(const char *name)
{
    static const struct scenario idle = {opened, received, NULL};
    size_t rounds = options.room ? 0 : ROUNDS, asked = options.room ? ROOM_ASKED : ASKED;
    size_t step = options.clients / asked + 1;
    ring_make(options.content, options.size, 1, options.raw);
    clients_make(&idle);
    if (!load_open(0, 1))
        return;
    report_begin(name);
    ask_often(&clients[0], rounds / 10);
    sample_reset();
    ask_often(&clients[0], rounds);
    double alone = sample_median();

    struct memory before = memory_now();
    struct usage usage = usage_now();
    if (!load_open(1, options.clients))
        load_fault(&clients[0], "not all could be opened");
    usage = usage_since(usage);
    for (uint64_t end = clock_now() + SECOND / 2; clock_now() < end;)
        load_poll(10);
    struct memory after = memory_now();
    sample_reset();
    ask_often(&clients[0], rounds);
    double among = sample_median();
    for (size_t i = 1; i < options.clients && load_faults == 0; i += step)
        ask(&clients[i]);

    double others = (double)options.clients - 1;
    report("open_s", (double)usage.wall / (double)SECOND);
    report("kib", (after.own - before.own) / others);
    report("page_tables_kib", (after.page_tables - before.page_tables) / others);
    report("kernel_stack_kib", (after.stacks - before.stacks) / others);
    report("threads", after.threads);
    if (rounds > 0) {
        report("alone_p50_us", alone);
        report("among_p50_us", among);
        report("among_ratio", among / alone);
    }
    report_end();
}
