/*
 * check - see check.h
 */
#include "check.h"

#include <string.h>

static const struct exercise exercises[] = {
    {"listen", 1, "a socket that clients can connect to",
     "where socket(), bind(), listen() and accept() are called (in the course: listen_on() in "
     "common/net.c, main() in lesson01_handshake/server.c)"},
    {"read-head", 1, "read the request up to its empty line",
     "the loop around recv() before the request is looked at (in the course: read_head() in "
     "common/opening.c, http_request_parse() in common/http.c)"},
    {"find-header", 1, "find a header by its name",
     "where a header's name is compared and its value cut out (in the course: http_header_next() "
     "and http_header_find() in common/http.c)"},
    {"find-token", 1, "find a word in a list",
     "where Connection and Upgrade are looked at (in the course: http_header_has_item() in "
     "common/http.c)"},
    {"send-101", 1, "answer with 101",
     "where the answer's lines are put together (in the course: handshake_answer() in "
     "common/handshake.c)"},
    {"accept-key", 1, "compute Sec-WebSocket-Accept",
     "where the key is hashed (in the course: handshake_accept_key() in common/handshake.c)"},
    {"refuse", 1, "refuse what is no good handshake, and say why",
     "where the request is checked, and the refusal sent (in the course: handshake_check() in "
     "common/handshake.c, opening_refuse() in common/opening.c)"},

    {"decode-header", 2, "what a frame's header says, however it is cut",
     "where a header is read, and what is done when it is not all there (in the course: "
     "ws_frame_decode() in common/frame.c, ws_message_feed() in common/message.c)"},
    {"encode-short", 2, "a frame with up to 125 bytes",
     "where the first two bytes of a frame are written (in the course: ws_frame_encode() in "
     "common/frame.c)"},
    {"encode-long", 2, "a frame with more",
     "where the length is written behind 126 or 127 (in the course: encode_long_length() in "
     "common/frame.c)"},
    {"unmask", 2, "take the mask off",
     "the loop with the XOR (in the course: ws_frame_mask() in common/frame.c)"},
    {"refuse-frames", 2, "refuse what breaks the rules",
     "where a header is checked, a text validated, a length compared (in the course: "
     "check_rules() in common/frame.c, utf8_feed() in common/utf8.c, begin_frame() in "
     "common/message.c)"},
    {"pong", 2, "answer a ping",
     "where the opcode decides (in the course: control_event() in common/message.c, take_ping() "
     "in common/conn.c)"},
    {"fragments", 2, "put a message together",
     "where FIN and opcode 0 are looked at (in the course: check_sequence() and data_event() in "
     "common/message.c)"},
    {"close", 2, "say goodbye",
     "where a Close frame is read and answered (in the course: check_close() in common/message.c, "
     "say_goodbye() in common/conn.c)"},

    {"threads", 3, "a thread for each client",
     "where a thread is made for a client that accept() brought (in the course: "
     "start_worker() and leave_door_to_another() in common/server.c)"},
    {"join-leave", 3, "join the room, and leave it",
     "where a client gets into the list, and out of it (in the course: room_join() and "
     "room_leave() "
     "in lesson03_broadcast/room.c)"},
    {"broadcast", 3, "a message goes to all",
     "the loop over the list of clients (in the course: post_to_all() in "
     "lesson03_broadcast/room.c)"},
    {"slow-client", 3, "a client that does not read",
     "what is done with the bytes that send() does not take at once (in the course: leave_locked() "
     "in common/outbox.c, flush_those_behind() in lesson03_broadcast/room.c)"},
    {"ordered-writes", 3, "no frame in the middle of another",
     "what is locked while a frame is sent, and what waits behind it (in the course: post_locked() "
     "and outbox_write() in common/outbox.c)"},
    {"keepalive", 3, "is it still there?",
     "what happens when recv() has brought nothing for a while (in the course: take_silence() in "
     "common/conn.c)"},
    {"stop", 3, "an orderly stop",
     "the signal handler and what it sets off (in the course: stop() in common/server.c)"},

    {"challenge-a", 4, "one answer to everything",
     "the message handler (in the course: lesson03_broadcast/challenges/a_fixed_reply.c)"},
    {"challenge-b", 5, "how many are there?",
     "the message handler (in the course: lesson03_broadcast/challenges/b_count.c)"},
    {"challenge-c", 6, "first the sender, then all",
     "the message handler (in the course: lesson03_broadcast/challenges/c_two_answers.c)"},
    {"challenge-d", 7, "a page and a WebSocket on one port",
     "the open and message handlers (in the course: lesson03_broadcast/challenges/d_page.c)"},
    {"challenge-e", 8, "plain echo",
     "the message handler (in the course: lesson03_broadcast/challenges/e_echo.c)"},
};

static const struct family *const tables[] = {handshake_checks, frame_checks, close_checks,
                                              room_checks, challenge_checks};

const char *section_of(const struct family *family, const struct check *check)
{
    return check->section != NULL ? check->section : family->section;
}

const char *level_name(enum level level)
{
    return level == MUST ? "must" : "better";
}

size_t exercise_count(void)
{
    return sizeof exercises / sizeof *exercises;
}

const struct exercise *exercise_at(size_t index)
{
    return &exercises[index];
}

const struct exercise *exercise_find(const char *name)
{
    for (size_t i = 0; i < exercise_count(); i++)
        if (strcmp(exercises[i].name, name) == 0)
            return &exercises[i];
    return NULL;
}

const struct family *family_at(size_t index)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct family *family = tables[i]; family->exercise != NULL; family++)
            if (index-- == 0)
                return family;
    return NULL;
}

static const char *const lessons[][2] = {{"no lesson", ""},
                                         {"lesson 1", "--lesson 1"},
                                         {"lesson 2", "--lesson 2"},
                                         {"lesson 3", "--lesson 3"},
                                         {"challenge a", "--challenge a"},
                                         {"challenge b", "--challenge b"},
                                         {"challenge c", "--challenge c"},
                                         {"challenge d", "--challenge d"},
                                         {"challenge e", "--challenge e"}};

const char *lesson_name(int lesson)
{
    return lessons[lesson][0];
}

const char *lesson_option(int lesson)
{
    return lessons[lesson][1];
}
