/*
 * closing - see closing.h
 */
#include "closing.h"

#include "opening.h"

bool closing_is_first(const struct ending *ending)
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

void closing_say_goodbye(const struct ending *ending, struct observed *observed,
                         const struct buffer *waiting, struct ws_message_parser *parser,
                         struct input *input)
{
    int fd = observed->client->fd;
    int64_t deadline = net_now() + OPENING_LINGER;
    unsigned char header[WS_SERVER_HEADER_MAX], body[WS_CONTROL_MAX];
    size_t len = ws_close_encode(body, ending->code, ending->reason, ending->reason_len);
    size_t header_len = ws_frame_encode(header, WS_CLOSE, len);
    struct iovec parts[] = {
        {buffer_bytes(waiting), buffer_len(waiting)}, {header, header_len}, {body, len}};
    if (observer_wants(observed))
        observer_sent(observed, header, header_len, body, len);
    if (net_send_all(fd, parts, 3, OPENING_LINGER, deadline) != 0)
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
