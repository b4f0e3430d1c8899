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

/* Says goodbye, whoever has closed first. If it was the server, reads until the client's close frame,
 * throwing away what comes before it, and ends the stream then; at most OPENING_LINGER. The log says
 * how it ended. */
void closing_say_goodbye(const struct ending *ending, struct observed *observed,
                         const struct buffer *waiting, struct ws_message_parser *parser,
                         struct input *input);

#endif
