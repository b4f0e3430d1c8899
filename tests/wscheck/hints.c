/*
 * hints - see hints.h
 */
#include "hints.h"

#include <stddef.h>
#include <string.h>

static const struct thoughts thoughts[] = {
    {"listen",
     "Which calls turn a port number into something that clients can connect to? Which of them can "
     "fail, and what is left open then?",
     "One straight line: make the socket, set its options, give it its address, let it listen, "
     "return it. The way out for every failure stands once, at the end: keep errno, close, put "
     "errno back, return -1."},
    {"read-head",
     "How much may one recv() bring: half a line, the whole head, more than the head? How does "
     "your "
     "code know that the head is complete, and where its last byte is?",
     "A loop around recv(). Each turn makes room, reads behind what is there, and looks at all "
     "bytes since the first. It has three ways out: the empty line is there; the client has gone; "
     "the time is over. What comes behind the empty line stays in the buffer."},
    {"find-header",
     "What may differ between two clients that send the same header: its letters, the blanks "
     "around "
     "its value, its place? What if it comes twice?",
     "A loop over all header lines, to the last. In it one comparison that ignores the case. A "
     "counter tells the first from the others: the first gives its value, each is counted."},
    {"find-token",
     "Is the value of Connection one word? What else may stand in it, before or behind the word "
     "that "
     "you look for? May the header come in two lines?",
     "Two loops, one in the other: over the lines with this name, and over the items of one line's "
     "list. The first item that is equal ends both. Only behind both you know that it is nowhere."},
    {"send-101",
     "What is the very last byte before the first frame? Which lines must be there, which only if "
     "the client has asked for it, and which never?",
     "First compute what is not constant: the accept key, and whether the client has offered your "
     "subprotocol. Then write the whole answer in one go, each line with its CR LF, and one empty "
     "line at the end. Send as many bytes as you have written."},
    {"accept-key",
     "What exactly goes into SHA-1: which bytes, how many, in which order? And what goes into "
     "base64: text, or bytes? How long is each?",
     "Three steps: key and GUID one behind the other, 60 bytes; their digest, 20 raw bytes; these "
     "in base64, 28 characters. Each step has the length of the one before, and none looks for a "
     "NUL."},
    {"refuse",
     "Which rules does a request have to keep before it may get a 101? Which status says which "
     "rule "
     "it has broken?",
     "A row of tests, each with a return of its own: method, version of HTTP, target, body, "
     "Upgrade, Connection, then what is special to WebSocket. The last line is reached by good "
     "requests only."},

    {"receive-loop",
     "How many messages does a client send in its life? What tells you that there will be no more?",
     "The handshake, and a way out if it fails. Then one loop, whose condition receives the next "
     "message and whose body answers it."},
    {"decode-header",
     "How long is a header? Which of its bytes tell you that? What do you do while one of them is "
     "missing?",
     "From the left to the right, and before each field the question whether its bytes are there: "
     "if not, say so and return. First byte; second byte; the rules; 0, 2 or 8 bytes of length; 4 "
     "bytes of key. One variable says where the next field begins."},
    {"encode-short",
     "Which bits do the first two bytes of a server's frame have? Which of them may a server never "
     "set?",
     "Two assignments, one for each byte. One condition: does the length fit into the second? If "
     "not, the other function goes on."},
    {"encode-long",
     "Up to which length are two bytes enough? Which of the bytes goes first on the wire?",
     "One condition with two branches. Each writes the number that announces the field, then the "
     "field, highest byte first, and returns how long the header is."},
    {"unmask",
     "Which byte of the key belongs to byte i of the payload? And if the payload comes in two "
     "pieces, to the first byte of the second piece?",
     "One loop over the piece, one line in it: an XOR of this byte with one byte of the key. The "
     "index into the key counts from the payload's beginning, not from the piece's, and goes round "
     "after four. All else is about speed."},
    {"refuse-frames",
     "Which faults show in the first byte, which only in the second? What do you say when there is "
     "no second byte yet?",
     "A row of tests, each with a return of its own. First all that the first byte can tell. Then "
     "one test whether there is a second. Then what that one tells. Good frames reach the end."},
    {"fragments",
     "Is a message under way? Which kinds of frames may come then, which may come else, and which "
     "may come at any time?",
     "Three kinds of frames, three lines: control frames; continuations; beginnings. The last two "
     "ask the same question, whether a message is under way, and want opposite answers."},
    {"assemble",
     "In how many pieces may a message come, and who has cut it? Whose memory is a piece in, and "
     "for how long?",
     "Always append the piece to what you have. Only with the last piece hand out the whole: its "
     "type, where it begins, how long it is. Without memory the connection ends. The shorter way "
     "for "
     "a message in one piece comes later."},
    {"pong",
     "What must stand in a pong? May it wait until the message is complete in the middle of which "
     "the ping came?",
     "One call that sends a frame: another opcode, the same payload."},
    {"utf8",
     "Which bytes may follow the first byte of a character? What do you have to remember when a "
     "piece ends in the middle of one?",
     "A state, a loop over the bytes, and in it one step: state and byte give the next state. One "
     "state means that a character is complete, one that it is all over. The state comes out of "
     "the "
     "struct before the loop and goes back behind it."},
    {"close-codes",
     "Which lengths may the body of a Close frame have? Which codes may travel? What do you know "
     "when only a part of it has come?",
     "A row of tests, each with a return of its own: one byte; nothing to look at yet; the code; "
     "the "
     "reason, of which only the new bytes are checked; and, when all has come, whether its last "
     "character is complete."},
    {"close",
     "What does the other side wait for after its Close frame? What may still lie before yours, "
     "and "
     "what may come behind it?",
     "Build the body, then the header, which needs the body's length. Put what still waits, header "
     "and body in a row and send that in one call, with a deadline. What it returns, you return."},
    {"threads",
     "Whose memory does the new thread look at, and when? What has to be undone if there is no "
     "thread?",
     "Memory of its own for this client, filled before the thread begins. Then into the list, then "
     "the thread. If that fails: the same steps backwards, each undone. Otherwise the thread gives "
     "the memory back, not you."},

    {"join-leave",
     "What would another thread see that goes through the list just now, between any two of your "
     "lines? And what does it do with a member that has left?",
     "Both: lock, a few pointers, unlock, and no return in between. Draw the list with two "
     "members, "
     "and with one: which pointer points at the new one, which at its end? What join has set, "
     "leave "
     "sets back; there is one case more, the last member. Mind the count."},
    {"broadcast",
     "How long may the list be locked? What happens in that time to the one member that does not "
     "read?",
     "Lock, a loop over the list from the first to the last member, unlock. In the loop one call, "
     "which does not wait, and what its result says about this member."},
    {"slow-client",
     "The socket is full. Where do the bytes wait, who sends them later, and how many may there "
     "be?",
     "First the bound, counting everything that waits for this client; beyond it the client is "
     "ended. Then append; without memory the client is ended, too. The result says who sends the "
     "rest: the client's own thread, if it is sending just now, or somebody else."},
    {"ordered-writes",
     "When may a frame not go straight to the socket? What stands half sent in it, and who sends "
     "the other half?",
     "One question with three parts: is the client evicted, is its owner in the middle of a frame, "
     "does something older wait? Only if the answer is no three times, send, without waiting. What "
     "is left is the result: the caller queues it. The lines for --trace stand around all that."},
    {"one-order",
     "Who may say something while you deliver? Where does that go? When is the lock held, and when "
     "must it not be?",
     "Three parts. With the lock: take the whole queue and leave an empty one, wake those who wait "
     "for space. Without it: deliver. With it again: count what was delivered, and put the buffer "
     "away. No byte is copied."},
    {"leaving",
     "What is still under way when a client leaves: what it has said, and what was said to it? Who "
     "still knows its memory?",
     "Five steps, in one order: what it has said is delivered; it is taken off the list; what "
     "waits "
     "for it is sent, but not for ever; its connection writes by itself again; its outbox ends."},
    {"keepalive",
     "How do you tell a client that has nothing to say from one that is not there any more? And "
     "from one that is busy reading?",
     "Two cases, told apart by a flag: nobody has asked yet, so ask, and note that; or it was "
     "asked, "
     "and nothing came. In the second, one more question decides. That question is put each time, "
     "before the cases."},
    {"stop",
     "What must each client hear before the program ends? Who may be unable to hear it, and how "
     "long "
     "do you wait for those?",
     "Say it in the log. Wait for all, with a deadline. Cut off those who are left. Wait once "
     "more, "
     "with a later deadline. Both count from the beginning. If there are threads even then, end "
     "without freeing what they use."},

    {"challenge-a",
     "Does the answer depend on what came: its type, its text, its length? How many bytes has it?",
     "The loop of lesson 2. Only what is sent is another: always text, always the same bytes, "
     "without the NUL."},
    {"challenge-d", "When is the welcome sent? Which messages are not simply sent back?",
     "Handshake, welcome, then the loop of lesson 2 with one condition: a text, of this length, "
     "with "
     "these bytes. All else goes back as it came."},
    {"challenge-e", "What is the least that a server has to do with a message?",
     "The loop of lesson 2, and nothing besides."},
    {"challenge-b",
     "Who else runs this function at the same moment? Which of your variables are theirs, too? "
     "Since "
     "when does a client count?",
     "Join, handshake, loop, leave: as in lesson 3. In the loop the text is written anew each "
     "time, "
     "into memory of this thread, with the count of this moment."},
    {"challenge-c",
     "Two messages go to the sender: which is first, and who sends which? What may another thread "
     "do "
     "between the two?",
     "Build both texts. Send the first, and see it off. Then say the second in the room. Give the "
     "memory of both back, whatever happened."},
};

const struct thoughts *hints_find(const char *exercise)
{
    for (size_t i = 0; i < sizeof thoughts / sizeof *thoughts; i++)
        if (strcmp(thoughts[i].exercise, exercise) == 0)
            return &thoughts[i];
    return NULL;
}
