/*
 * tracefile - see tracefile.h
 *
 * Functions that end in _locked are called with the lock held, and leave it held. No other lock is
 * taken meanwhile.
 */
#include "tracefile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "buffer.h"
#include "log.h"
#include "options.h"
#include "pcapng.h"
#include "words.h"

#define MIB ((size_t)1024 * 1024)
#define QUEUE_MAX                                                                                  \
    (20 * MIB)          /* bytes that may wait; the longest usual message is in it as a whole */
#define SHORT_ONLY MIB  /* ... the last of which are for packets that are cut short */
#define SHORT      64   /* bytes of a packet that is: they tell what it is */
#define STREAMS    1024 /* lists in which a client is found */
#define MOMENT     200  /* milliseconds for the queue to be written when the program ends */
#define LOOK       5    /* ... between two looks whether it is */

static const char about[] =
    "Made by the server from what it received and sent. How TCP cut it into packets, and packets "
    "without bytes, are made up. It holds all that clients said, and their cookies.";

/* A connection. */
struct stream {
    unsigned long number; /* of the client */
    struct pcapng_stream tcp;
    struct stream *next;
};

static const char *name; /* of the file; does not change once there are threads, nor does: */
static int fd;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t has_blocks = PTHREAD_COND_INITIALIZER;
/* lock must be held when using these */
static struct buffer queue;   /* whole blocks; has QUEUE_MAX bytes of memory from the beginning */
static struct buffer emptied; /* the same; becomes the queue while that is written */
static struct stream *streams[STREAMS];
static size_t missing, missing_since; /* packets that are not whole: all; since the last that is */
static bool has_failed;               /* to write: the rest is only counted */

/* Two flags that are looked at without the lock. is_open is, with each read of a client; is_behind, in
 * a signal handler, which might have interrupted the thread that holds the lock. */
static atomic_bool is_open, is_behind;

/* --------------------------------------------------------------------------------- the writer */

/* Returns how many bytes the file has taken; fewer than all of them if it takes no more. */
static size_t write_bytes(const unsigned char *bytes, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = write(fd, bytes + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

static size_t count_blocks(const unsigned char *bytes, size_t len, size_t *whole)
{
    size_t count = 0;
    *whole = 0;
    for (size_t n; (n = pcapng_block_len(bytes + *whole, len - *whole)) > 0; *whole += n)
        count++;
    return count;
}

/* Writes the queue; if that cannot be done, the file is to end with a whole block, for Wireshark not to
 * complain. Returns how many blocks are not in it. */
static size_t write_blocks(const struct buffer *blocks, bool is_given_up)
{
    static off_t written;
    const unsigned char *bytes = buffer_bytes(blocks);
    size_t len = buffer_len(blocks), whole;
    size_t count = count_blocks(bytes, len, &whole);
    if (is_given_up)
        return count;
    size_t done = write_bytes(bytes, len);
    if (done < len) {
        log_line("server: %s: %s: what comes now is not in it", name, strerror(errno));
        count -= count_blocks(bytes, done, &whole);
        (void)!ftruncate(fd, written + (off_t)whole); /* fails for a pipe: nothing can be done */
        return count;
    }
    written += (off_t)len;
    return 0;
}

/* Waits for blocks, and takes all that have gathered; `written` is the memory of the last ones, of which
 * so many could not be written. */
static struct buffer take_queue(struct buffer written, size_t failed)
{
    buffer_consume(&written, buffer_len(&written));
    pthread_mutex_lock(&lock);
    has_failed |= failed > 0;
    missing += failed;
    emptied = written;
    if (buffer_len(&queue) == 0)
        atomic_store(&is_behind, false);
    while (buffer_len(&queue) == 0)
        pthread_cond_wait(&has_blocks, &lock);
    struct buffer blocks = queue;
    queue = emptied;
    pthread_mutex_unlock(&lock);
    return blocks;
}

/* The writer's thread. It may wait for the file as long as it likes. */
static void *write_file(void *unused)
{
    size_t failed = 0;
    for (struct buffer blocks = emptied;;) {
        blocks = take_queue(blocks, failed);
        failed = write_blocks(&blocks, failed > 0);
    }
    return unused;
}

/* Signals are for the other threads. */
static bool start_writer(void)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool is_started = pthread_create(&thread, NULL, write_file, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (is_started)
        pthread_detach(thread);
    return is_started;
}

/* ---------------------------------------------------------------------------------- the queue */

static uint64_t microseconds_since_1970(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* How many bytes of a packet there is space for; -1 if not even for a packet without any. */
static ssize_t space_for_locked(size_t len)
{
    size_t left = queue.size - queue.end;
    if (has_failed || left < PCAPNG_PACKET_MORE + SHORT)
        return -1;
    if (left >= PCAPNG_PACKET_MORE + SHORT_ONLY + len)
        return (ssize_t)len;
    return len < SHORT ? (ssize_t)len : SHORT;
}

/* Copies what begins so many bytes behind the beginning of the parts. */
static void gather(unsigned char *out, size_t len, const struct iovec *parts, size_t count,
                   size_t at)
{
    for (size_t i = 0; i < count && len > 0; i++) {
        size_t skip = at < parts[i].iov_len ? at : parts[i].iov_len, n = parts[i].iov_len - skip;
        if (n > len)
            n = len;
        if (n > 0)
            memcpy(out, (const unsigned char *)parts[i].iov_base + skip, n);
        out += n;
        len -= n;
        at -= skip;
    }
}

/* Adds a packet to the queue as far as there is space. True if it is the first that is not whole. */
static bool add_locked(struct pcapng_stream *tcp, struct pcapng_packet packet,
                       const struct iovec *parts, size_t count, size_t at)
{
    char gap[PCAPNG_COMMENT_MAX];
    ssize_t captured = parts == NULL && packet.len > 0 ? -1 : space_for_locked(packet.len);
    if (captured >= 0) {
        packet.captured = (size_t)captured;
        if (missing_since > 0) {
            snprintf(gap, sizeof gap, "%zu packets before this one are cut short or missing: %s",
                     missing_since, "the file was not written fast enough");
            packet.comment = gap;
        }
        size_t payload, len = pcapng_packet(queue.data + queue.end, tcp, &packet, &payload);
        gather(queue.data + queue.end + payload, packet.captured, parts, count, at);
        queue.end += len;
        missing_since = 0;
        atomic_store(&is_behind, true);
        pthread_cond_signal(&has_blocks);
    }
    pcapng_passed(tcp, &packet);
    if (captured == (ssize_t)packet.len)
        return false;
    missing_since++;
    return missing++ == 0 && !has_failed;
}

static bool add_empty_locked(struct pcapng_stream *tcp, bool from_client, int flags,
                             const char *comment)
{
    return add_locked(tcp,
                      (struct pcapng_packet){.from_client = from_client,
                                             .flags = (unsigned char)flags,
                                             .time = microseconds_since_1970(),
                                             .comment = comment},
                      NULL, 0, 0);
}

static void tell(bool is_first)
{
    if (is_first)
        log_line("server: %s is not written fast enough: packets are cut short, or left out", name);
}

/* ------------------------------------------------------------------------------ the connections */

/* "127.0.0.1:5000" or "[::1]:5000" */
static bool read_address(struct pcapng_end *end, const char *text)
{
    char host[NET_ADDRESS_MAX];
    bool is_ipv6 = text[0] == '[';
    size_t len = strcspn(text + is_ipv6, is_ipv6 ? "]" : ":");
    const char *colon = strrchr(text, ':');
    snprintf(host, sizeof host, "%.*s", (int)len, text + is_ipv6);
    (void)inet_pton(is_ipv6 ? AF_INET6 : AF_INET, host, end->ip); /* or it stays all zero */
    end->port = colon != NULL ? (uint16_t)strtoul(colon + 1, NULL, 10) : 0;
    return is_ipv6;
}

/* The pointer that points to the client's stream, or would. */
static struct stream **find_locked(const struct client *client)
{
    struct stream **link = &streams[client->number % STREAMS];
    while (*link != NULL && (*link)->number != client->number)
        link = &(*link)->next;
    return link;
}

/* Without memory, what it says is missing. */
static bool begin_locked(struct stream *stream, const struct client *client)
{
    struct stream **link = find_locked(client);
    if (stream == NULL || *link != NULL) {
        free(stream);
        return false;
    }
    *link = stream;
    bool is_first = add_empty_locked(&stream->tcp, true, PCAPNG_SYN, NULL);
    is_first |= add_empty_locked(&stream->tcp, false, PCAPNG_SYN | PCAPNG_ACK, NULL);
    return is_first | add_empty_locked(&stream->tcp, true, PCAPNG_ACK, NULL);
}

void tracefile_begin(const struct client *client)
{
    if (!tracefile_is_open())
        return;
    struct stream *stream = calloc(1, sizeof *stream);
    if (stream != NULL) {
        char own[NET_ADDRESS_MAX];
        listener_own_address(client->fd, own);
        stream->number = client->number;
        stream->tcp.is_ipv6 = read_address(&stream->tcp.client, client->address);
        (void)read_address(&stream->tcp.server, own);
    }
    pthread_mutex_lock(&lock);
    bool is_first = begin_locked(stream, client);
    pthread_mutex_unlock(&lock);
    tell(is_first);
}

/* Who has no stream is missing as a whole. */
static bool bytes_locked(const struct client *client, struct pcapng_packet packet,
                         const struct iovec *parts, size_t count, size_t at, size_t len)
{
    struct stream *stream = *find_locked(client);
    bool is_first = false;
    if (stream == NULL)
        missing++;
    for (size_t end = at + len; stream != NULL && at < end; at += packet.len) {
        packet.len = end - at < PCAPNG_CARRIED_MAX ? end - at : PCAPNG_CARRIED_MAX;
        is_first |= add_locked(&stream->tcp, packet, parts, count, at);
        packet.comment = NULL;
    }
    return is_first;
}

void tracefile_bytes(const struct client *client, bool from_client, const struct iovec *parts,
                     size_t count, size_t at, size_t len, const char *comment)
{
    if (!tracefile_is_open())
        return;
    pthread_mutex_lock(&lock);
    struct pcapng_packet packet = {.from_client = from_client,
                                   .flags = PCAPNG_PSH | PCAPNG_ACK,
                                   .time = microseconds_since_1970(),
                                   .comment = comment};
    bool is_first = bytes_locked(client, packet, parts, count, at, len);
    pthread_mutex_unlock(&lock);
    tell(is_first);
}

void tracefile_received(const struct client *client, const void *bytes, size_t len,
                        const char *comment)
{
    struct iovec part = {(void *)bytes, len};
    tracefile_bytes(client, true, bytes != NULL ? &part : NULL, 1, 0, len, comment);
}

void tracefile_sent(const struct client *client, const void *bytes, size_t len, const char *comment)
{
    tracefile_bytes(client, false, &(struct iovec){(void *)bytes, len}, 1, 0, len, comment);
}

void *tracefile_copy(const void *bytes, size_t len)
{
    void *copy = tracefile_is_open() && len > 0 ? malloc(len) : NULL;
    return copy != NULL ? memcpy(copy, bytes, len) : NULL;
}

static bool end_locked(struct pcapng_stream *tcp, enum tracefile_end how, const char *comment)
{
    bool client_first = how == TRACEFILE_LEFT || how == TRACEFILE_LOST;
    if (how == TRACEFILE_LOST || how == TRACEFILE_RESET)
        return add_empty_locked(tcp, client_first, PCAPNG_RST | PCAPNG_ACK, comment);
    bool is_first = add_empty_locked(tcp, client_first, PCAPNG_FIN | PCAPNG_ACK, comment);
    return is_first | add_empty_locked(tcp, !client_first, PCAPNG_FIN | PCAPNG_ACK, NULL);
}

void tracefile_end(const struct client *client, enum tracefile_end how, const char *comment)
{
    if (!tracefile_is_open())
        return;
    pthread_mutex_lock(&lock);
    struct stream **link = find_locked(client), *stream = *link;
    bool is_first = false;
    if (stream != NULL) {
        is_first = end_locked(&stream->tcp, how, comment);
        *link = stream->next;
    }
    pthread_mutex_unlock(&lock);
    free(stream);
    tell(is_first);
}

/* ------------------------------------------------------------------------------- begin and end */

/* What is in it is private. A pipe without a reader is refused; later, the writer may wait for one. */
static bool open_file(const char *path)
{
    name = path;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0600);
    return fd >= 0 && fcntl(fd, F_SETFL, 0) == 0;
}

int tracefile_open(const char *path)
{
    char why[300];
    if (path == NULL)
        return 0;
    if (!open_file(path)) {
        snprintf(why, sizeof why, "%s: %s", path, strerror(errno));
        (void)options_usage_error(why, "--trace-file");
        return 2;
    }
    if (!buffer_reserve(&queue, QUEUE_MAX) || !buffer_reserve(&emptied, QUEUE_MAX) ||
        !start_writer()) {
        log_line(
            "server: no thread that writes the trace file can be started, or no memory for it");
        return 1;
    }
    pthread_mutex_lock(&lock);
    queue.end = pcapng_begin(queue.data, about);
    atomic_store(&is_behind, true);
    pthread_cond_signal(&has_blocks);
    pthread_mutex_unlock(&lock);
    atomic_store(&is_open, true);
    return 0;
}

bool tracefile_is_open(void)
{
    return atomic_load_explicit(&is_open, memory_order_relaxed);
}

void tracefile_flush(void)
{
    int64_t deadline = net_now() + MOMENT;
    while (atomic_load(&is_behind) && net_now() < deadline)
        net_pause(LOOK);
}

void tracefile_finish(void)
{
    tracefile_flush();
    pthread_mutex_lock(&lock);
    size_t count = missing;
    pthread_mutex_unlock(&lock);
    if (count > 0)
        log_line("server: %s: %zu %s cut short or missing", name, count,
                 words(count == 1 ? "packet is" : "packets are"));
}
