/*
 * closing - see closing.h
 */
#include "closing.h"

#include "log.h"
#include "opening.h"
#include "tracefile.h"
#include "words.h"

/* Has the server closed, and can the client still be understood? After a fault it cannot. */
static bool is_first(const struct ending *ending)
{
    switch (ending->code) {
    case WS_CLOSE_ABNORMAL:       /* nobody is there to be told */
    case WS_CLOSE_PROTOCOL_ERROR: /* faults, see ws_fault_find() */
    case WS_CLOSE_BAD_DATA:
    case WS_CLOSE_TOO_BIG: return false;
    default: return !ending->by_client;
    }
}

/* Uses the bytes that are there. True if the client's close frame was among them, or nothing that can
 * be understood. */
static bool has_closed(struct observed *observed, struct ws_message_parser *parser,
                       struct input *input)
{
    struct ws_event event = {.type = WS_EVENT_NONE};
    while (input->len > 0 && event.type != WS_EVENT_CLOSE && event.type != WS_EVENT_FAULT) {
        size_t used = observer_feed(observed, parser, input, &event);
        input->bytes += used;
        input->len -= used;
    }
    return event.type == WS_EVENT_CLOSE || event.type == WS_EVENT_FAULT;
}

/* Sends the close frame, and reads until the client's. */
static void close_first(const struct ending *ending, struct observed *observed,
                        const struct buffer *waiting, struct ws_message_parser *parser,
                        struct input *input)
{
    int fd = observed->client->fd;
    int64_t deadline = net_now() + OPENING_LINGER;
    if (!ending_send_close(ending, observed, waiting))
        return;
    while (!has_closed(observed, parser, input)) {
        ssize_t n = net_receive(fd, input->few, sizeof input->few, -1, deadline);
        if (n <= 0 || net_now() >= deadline) /* it may send without a pause */
            break;
        input->bytes = input->few;
        input->len = (size_t)n;
        input->is_new = true;
    }
    net_finish_sending(fd);
    net_drain(fd, deadline);
}

static void note_end(const struct client *client, const struct ending *ending)
{
    bool is_abnormal = ending->code == WS_CLOSE_ABNORMAL;
    enum tracefile_end how = !is_abnormal      ? TRACEFILE_CLOSED
                             : ending->evicted ? TRACEFILE_RESET
                                               : TRACEFILE_LOST;
    tracefile_end(client, how, is_abnormal ? ending->reason : NULL);
}

/* §7.1.7: which code, and why. */
static void log_end(const struct client *client, const struct ending *ending)
{
    char safe[300];
    log_escape(safe, sizeof safe, ending->reason, ending->reason_len);
    if (ending->by_client)
        log_client(LOG_CLIENTS, client->number, client->address, "closed %u by the client%s%s",
                   ending->code, ending->reason_len > 0 ? words(": ") : "", safe);
    else
        log_client(LOG_CLIENTS, client->number, client->address, "closed %u%s: %s", ending->code,
                   ending->evicted ? words(", evicted") : "", words(ending->reason));
}

void closing_say_goodbye(const struct ending *ending, struct observed *observed,
                         const struct buffer *waiting, struct ws_message_parser *parser,
                         struct input *input)
{
    if (is_first(ending))
        close_first(ending, observed, waiting, parser, input);
    else
        ending_say_goodbye(ending, observed, waiting);
    observer_ended(observed, ending);
    note_end(observed->client, ending);
    log_end(observed->client, ending);
}
