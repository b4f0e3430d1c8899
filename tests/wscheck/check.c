/*
 * check - see check.h
 */
#include "check.h"

#include <string.h>

static const struct exercise exercises[] = {
    {"listen", 1, "a socket that clients can connect to",
     "where socket(), bind(), listen() and accept() are called (in the course: listen_on() and "
     "listener_accept() in lesson01_handshake/listener.c, main() in lesson01_handshake/server.c)"},
    {"read-head", 1, "read the request up to its empty line",
     "the loop around recv() before the request is looked at (in the course: read_head() in "
     "lesson01_handshake/opening.c, http_request_parse() in common/http.c)"},
    {"find-header", 1, "find a header by its name",
     "where a header's name is compared and its value cut out (in the course: http_header_next() "
     "and http_header_find() in common/http.c)"},
    {"find-token", 1, "find a word in a list",
     "where Connection and Upgrade are looked at (in the course: http_header_has_item() in "
     "common/http.c)"},
    {"send-101", 1, "answer with 101",
     "where the answer's lines are put together (in the course: handshake_answer() and, for a 503, "
     "handshake_accept_key() in common/handshake.c)"},
    {"accept-key", 1, "compute Sec-WebSocket-Accept",
     "where the key is hashed (in the course: handshake_accept_key() in common/handshake.c)"},
    {"refuse", 1, "refuse what is no good handshake, and say why",
     "where the request is checked, and the refusal sent (in the course: handshake_check() in "
     "common/handshake.c, opening_refuse() in lesson01_handshake/opening.c)"},

    {"receive-loop", 2, "receive a message, answer it, receive the next",
     "the loop in which a client is served after the 101 (in the course: serve() in "
     "lesson02_frames/server.c)"},
    {"decode-header", 2, "what a frame's header says, however it is cut",
     "where a header is read, and what is done when it is not all there (in the course: "
     "ws_frame_decode() and check_rules() in common/frame.c, ws_message_feed() in "
     "common/message.c)"},
    {"encode-short", 2, "a frame with up to 125 bytes",
     "where the first two bytes of a frame are written (in the course: ws_frame_encode() in "
     "common/frame.c)"},
    {"encode-long", 2, "a frame with more",
     "where the length is written, behind 126 or 127 (in the course: encode_long_length(), and "
     "ws_frame_encode(), which calls it, in common/frame.c)"},
    {"unmask", 2, "take the mask off",
     "the loop with the XOR, and where the key is taken from the header (in the course: "
     "ws_frame_mask() and ws_frame_decode() in common/frame.c)"},
    {"refuse-frames", 2, "refuse what breaks the rules",
     "where a header is checked, and a length compared; before that, where its bits are taken out "
     "of "
     "its bytes (in the course: check_rules() and ws_frame_decode() in common/frame.c, "
     "begin_frame() in "
     "common/message.c)"},
    {"fragments", 2, "which frame may come now",
     "where FIN and opcode 0 are looked at (in the course: check_sequence() and begin_frame() in "
     "common/message.c)"},
    {"assemble", 2, "put a message together",
     "where the pieces of a message are collected until its end (in the course: take_data() in "
     "lesson02_frames/conn.c, data_event() in common/message.c)"},
    {"pong", 2, "answer a ping",
     "where the opcode decides (in the course: control_event() in common/message.c, take_ping() "
     "in lesson02_frames/conn.c)"},
    {"utf8", 2, "what is text, and what is not",
     "where a text is checked, piece by piece (in the course: utf8_feed() in common/utf8.c, "
     "data_event() in common/message.c)"},
    {"close-codes", 2, "what a Close frame may say",
     "where the body of a Close frame is looked at (in the course: check_close() in "
     "common/message.c, ws_close_code_is_valid() in common/frame.c)"},
    {"close", 2, "say goodbye",
     "where a Close frame is answered, and the connection ended (in the course: take_close() in "
     "lesson02_frames/conn.c, ending_send_close() in lesson02_frames/ending.c)"},
    {"threads", 2, "a thread for each client",
     "where a thread is made for a client that accept() brought (in the course: start_thread() in "
     "lesson02_frames/threads.c, worker_start() in lesson02_frames/worker.c)"},

    {"join-leave", 3, "join the list, and leave it",
     "where a client gets into the list, and out of it (in the course: members_join() and "
     "members_leave() in lesson03_broadcast/members.c)"},
    {"broadcast", 3, "a message goes to all",
     "the loop over the list of clients, whether all are in the list, and what calls the loop (in "
     "the course: members_send() and members_join() in lesson03_broadcast/members.c, "
     "deliver_once_locked() in lesson03_broadcast/room.c)"},
    {"slow-client", 3, "a client that does not read",
     "what is done with the bytes that send() does not take at once (in the course: "
     "queue_locked() in lesson03_broadcast/outbox.c, members_flush() in "
     "lesson03_broadcast/members.c)"},
    {"ordered-writes", 3, "no frame in the middle of another",
     "what is locked while a frame is sent, and what waits behind it (in the course: "
     "send_now_locked() and outbox_write() in lesson03_broadcast/outbox.c)"},
    {"one-order", 3, "many talk at once, and nothing is lost",
     "where what was said waits, and how it is taken from there (in the course: room_say() and "
     "deliver_once_locked() in lesson03_broadcast/room.c)"},
    {"leaving", 3, "what is still on its way when a client leaves",
     "what is done before and after a client is taken out of the list (in the course: "
     "room_leave() in lesson03_broadcast/room.c, outbox_finish() in "
     "lesson03_broadcast/outbox.c)"},
    {"keepalive", 3, "is it still there?",
     "what happens when recv() has brought nothing for a while (in the course: "
     "keepalive_silence() in lesson02_frames/keepalive.c, take_silence() in "
     "lesson02_frames/conn.c)"},
    {"stop", 3, "an orderly stop",
     "what the signal sets off, and what the program waits for before it ends (in the course: "
     "wait_for_signal() in lesson02_frames/process.c, stop() in lesson02_frames/threads.c)"},

    {"challenge-a", 4, "one answer to everything",
     "where a message is answered (in the course: serve() in "
     "lesson02_frames/challenges/a_fixed_reply.c)"},
    {"challenge-d", 7, "a page and a WebSocket on one port",
     "where a client is welcomed and answered (in the course: serve() in "
     "lesson02_frames/challenges/d_page.c)"},
    {"challenge-e", 8, "plain echo",
     "where a message is answered (in the course: serve() in "
     "lesson02_frames/challenges/e_echo.c)"},
    {"challenge-b", 5, "how many are there?",
     "where a message is answered (in the course: serve() in "
     "lesson03_broadcast/challenges/b_count.c)"},
    {"challenge-c", 6, "first the sender, then all",
     "where a message is answered (in the course: answer() in "
     "lesson03_broadcast/challenges/c_two_answers.c)"},
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
