/*
 * ending - see ending.h
 */
#include "ending.h"

#include <string.h>

#include "opening.h"

#define LAST_PATIENCE 2000 /* milliseconds for a client to take the goodbye */

void ending_set(struct ending *ending, uint16_t code, const char *reason)
{
    if (ending->code == 0)
        *ending = (struct ending){.code = code, .reason = reason, .reason_len = strlen(reason)};
}

void ending_evict(struct ending *ending, uint16_t code, const char *reason)
{
    bool is_first = ending->code == 0;
    ending_set(ending, code, reason);
    ending->evicted = ending->evicted || is_first;
}

void ending_lost(struct ending *ending)
{
    ending_set(ending, WS_CLOSE_ABNORMAL, "the connection was lost");
}

/* §5.5.1: a close is answered with its own code. */
static size_t write_close_body(const struct ending *ending, unsigned char body[WS_CONTROL_MAX])
{
    if (ending->code == WS_CLOSE_NO_CODE)
        return 0;
    return ws_close_encode(body, ending->code, ending->reason,
                           ending->by_client ? 0 : ending->reason_len);
}

bool ending_send_close(const struct ending *ending, const struct observed *observed,
                       const struct buffer *waiting)
{
    unsigned char header[WS_SERVER_HEADER_MAX], body[WS_CONTROL_MAX];
    size_t len = write_close_body(ending, body);
    size_t header_len = ws_frame_encode(header, WS_CLOSE, len);
    struct iovec parts[] = {
        {buffer_bytes(waiting), buffer_len(waiting)}, {header, header_len}, {body, len}};
    observer_sending(observed, parts, 3);
    return observer_send_all(observed->client, parts, 3, LAST_PATIENCE,
                             net_now() + LAST_PATIENCE) == 0;
}

/* §7.1.1: the server ends the stream first, and waits for the client to do the same. To close a socket
 * that holds unread bytes would reset the connection instead, and destroy what the client has not
 * read yet: so what still comes is read and thrown away. */
void ending_say_goodbye(const struct ending *ending, struct observed *observed,
                        const struct buffer *waiting)
{
    int fd = observed->client->fd;
    if (ending->code == WS_CLOSE_ABNORMAL) {
        observer_lost(observed);
        if (ending->evicted)
            net_reset_on_close(fd); /* it would not take a goodbye */
        return;
    }
    (void)ending_send_close(ending, observed, waiting);
    net_finish_sending(fd);
    net_drain(fd, net_now() + OPENING_LINGER);
}
