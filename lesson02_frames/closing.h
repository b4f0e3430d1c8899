/*
 * closing - the goodbye that the server begins (RFC 6455 §5.5.1, §7.1.1)
 *
 *     bytes → request → FRAMES → messages → room
 *
 * When the client closes, one answer is enough: see ending.h. When the server closes, because it stops
 * or has had enough, it sends its close frame first, and the client has to answer that. Until it has,
 * the stream must not end: a browser would report that the close was not clean.
 */
#ifndef LESSON02_CLOSING_H
#define LESSON02_CLOSING_H

#include "ending.h"
#include "input.h"

/* Has the server closed, and can the client still be understood? After a fault it cannot. */
bool closing_is_first(const struct ending *ending);

/* Sends what waits and the close frame; reads until the client's close frame, throwing away what comes
 * before it; then ends the stream. All that takes at most OPENING_LINGER. */
void closing_say_goodbye(const struct ending *ending, struct observed *observed,
                         const struct buffer *waiting, struct ws_message_parser *parser,
                         struct input *input);

#endif
