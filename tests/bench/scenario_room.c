/*
 * scenario_room - what one client says must come to all of them, once and in the same order
 *
 * broadcast: one sends, all receive. everyone: all send, all receive. stall: some never read, and
 * the others must not notice.
 *
 * The order in which a server sends what several clients say is its own choice, but the same for
 * all. So the client that is furthest ahead writes what it gets into a log, where each message is
 * looked at once: whose is it, is it that one's next? All others must get the bytes of the log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

#define DRAIN    (10 * SECOND)
#define HEAD_LEN 12 /* a payload begins with 4 digits of who and 8 of which */

/* The log. */
static struct {
    unsigned char *bytes;
    size_t len, room;
    size_t checked;   /* bytes of messages that have been looked at */
    uint16_t *sender; /* of each of those messages */
    size_t sender_room;
} said;

static uint32_t *next_of;   /* by sender: the number of its next message in the log */
static uint64_t deliveries; /* messages received, by all clients together */
static bool stopping;

/* In the middle, unless --speaker says otherwise: a server that begins with those who came first, or
 * last, does not gain by it. */
static size_t first_sender;

static bool is_sender(const struct client *client)
{
    return client->index >= first_sender && client->index < first_sender + options.senders;
}

static void *grow(void *memory, size_t len)
{
    memory = realloc(memory, len);
    if (memory == NULL) {
        fprintf(stderr, "load: out of memory\n");
        exit(2);
    }
    return memory;
}

/* ----------------------------------------------------------------------------------- messages */

static void make_payload(unsigned char *out, size_t sender, uint32_t number)
{
    char head[32];
    snprintf(head, sizeof head, "%04x%08x", (unsigned)sender & 0xFFFF, (unsigned)number);
    memset(out, 'a' + (int)((sender + number) % 26), options.size);
    memcpy(out, head, HEAD_LEN);
}

static void put_message(struct client *client)
{
    static unsigned char *frame;
    static const unsigned char mask[4] = {0x37, 0xFA, 0x21, 0x3D};
    if (frame == NULL)
        frame = grow(NULL, 14 + options.size);
    size_t header = options.raw ? 0 : frame_of_client(frame, 1, options.size, mask);
    make_payload(frame + header, client->index - first_sender, (uint32_t)client->asked);
    if (!options.raw)
        frame_mask(frame + header, options.size, mask);
    client->stamps[client->asked++ % options.window] = load_now;
    client_put(client, frame, header + options.size);
}

static uint32_t hexadecimal(const unsigned char *digits, size_t len)
{
    char text[16];
    memcpy(text, digits, len);
    text[len] = '\0';
    return (uint32_t)strtoul(text, NULL, 16);
}

/* One message that is new in the log. */
static bool check_message(const unsigned char *message)
{
    static unsigned char *expected;
    if (expected == NULL)
        expected = grow(NULL, 10 + options.size);
    size_t header = options.raw ? 0 : frame_of_server(expected, 1, options.size);
    uint32_t sender = hexadecimal(message + header, 4);
    uint32_t number = hexadecimal(message + header + 4, 8);
    make_payload(expected + header, sender, number);
    if (sender >= options.senders || number != next_of[sender] ||
        memcmp(message, expected, replies.each) != 0)
        return false;
    next_of[sender]++;
    size_t index = said.checked / replies.each;
    if (index == said.sender_room) {
        said.sender_room = 2 * index + 65536;
        said.sender = grow(said.sender, said.sender_room * sizeof *said.sender);
    }
    said.sender[index] = (uint16_t)sender;
    said.checked += replies.each;
    return true;
}

static bool append(const unsigned char *bytes, size_t len)
{
    if (said.len + len > said.room) {
        said.room = 2 * (said.len + len);
        said.bytes = grow(said.bytes, said.room);
    }
    memcpy(said.bytes + said.len, bytes, len);
    said.len += len;
    while (said.len - said.checked >= replies.each)
        if (!check_message(said.bytes + said.checked))
            return false;
    return true;
}

/* ------------------------------------------------------------------------------------ clients */

/* As many as may be in flight, all with one system call. */
static void send_messages(struct client *client)
{
    if (stopping || options.rate > 0)
        return;
    while (client->asked - client->answered < options.window)
        put_message(client);
    client_send(client);
}

static bool received(struct client *client, const unsigned char *bytes, size_t len)
{
    size_t from = (size_t)(client->in / replies.each);
    size_t known = said.len - (size_t)client->in;
    size_t same = len < known ? len : known;
    if (same > 0 && memcmp(said.bytes + client->in, bytes, same) != 0)
        return false;
    if (len > same && !append(bytes + same, len - same))
        return false;
    client->in += len;

    size_t to = (size_t)(client->in / replies.each);
    deliveries += to - from;
    if (!is_sender(client))
        return true;
    uint64_t before = client->answered;
    for (size_t i = from; i < to; i++)
        if (said.sender[i] == client->index - first_sender)
            sample_add(load_now - client->stamps[client->answered++ % options.window]);
    if (client->answered > before)
        send_messages(client);
    return true;
}

static void opened(struct client *client)
{
    client->in = 0;
}

/* At a rate: what is due by now, unless too much is on its way already. */
static void send_due(uint64_t begin)
{
    double seconds = (double)(load_now - begin) / (double)SECOND;
    uint64_t due = (uint64_t)(seconds * options.rate);
    for (struct client *c = clients + first_sender; c < clients + first_sender + options.senders;
         c++) {
        while (c->asked < due && c->asked - c->answered < options.window)
            put_message(c);
        client_send(c);
    }
}

static void run_for(double seconds)
{
    uint64_t begin = clock_now(), end = begin + (uint64_t)(seconds * (double)SECOND);
    while (clock_now() < end && (load_faults == 0 || options.stalled > 0)) {
        load_poll(options.rate > 0 ? 1 : 10);
        if (options.rate > 0)
            send_due(begin);
    }
}

/* Everything must have come to everyone who reads. */
static void drain(void)
{
    uint64_t end = clock_now() + DRAIN, all = 0;
    stopping = true;
    for (size_t i = 0; i < options.clients; i++)
        all += clients[i].asked;
    for (size_t i = 0; i < options.clients - options.stalled; i++) {
        while (clients[i].in < all * replies.each && clock_now() < end && load_faults == 0)
            load_poll(10);
        if (clients[i].in != all * replies.each)
            load_fault(&clients[i], "has not got all messages");
    }
}

void scenario_room(const char *name)
{
    static const struct scenario room = {opened, received, NULL};
    size_t healthy = options.clients - options.stalled;
    size_t others = healthy - options.senders;
    first_sender = options.speaker == SPEAKER_FIRST  ? 0
                   : options.speaker == SPEAKER_LAST ? others
                                                     : others / 2;
    options.room = true;
    if (options.size < HEAD_LEN)
        options.size = HEAD_LEN;
    ring_make(RING_ASCII, options.size, 1, options.raw); /* for the lengths */
    clients_make(&room);
    next_of = calloc(options.senders, sizeof *next_of);
    for (size_t i = healthy; i < options.clients; i++)
        clients[i].deaf = true;
    if (next_of == NULL || !load_open(0, options.clients))
        return;
    load_now = clock_now();
    for (size_t i = 0; i < options.senders; i++)
        send_messages(&clients[first_sender + i]);
    run_for(options.rate > 0 ? 0 : options.warmup);

    sample_reset();
    deliveries = 0;
    double before = memory_now().own;
    struct usage usage = usage_now();
    run_for(options.seconds);
    usage = usage_since(usage);
    double kept = memory_now().own - before;
    double count = (double)deliveries, seconds = (double)usage.wall / (double)SECOND;
    if (options.stalled == 0)
        drain();

    report_begin(name);
    report("deliveries_s", count / seconds);
    report_usage(usage, count);
    report_samples();
    if (options.stalled > 0)
        report("kept_mib", kept > 0 ? kept / 1024 : 0);
    if (options.rate > 0)
        report("delivered", count / (options.rate * seconds * (double)healthy));
    report_end();
}
