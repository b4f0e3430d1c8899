/*
 * diagnose - see diagnose.h
 */
#include "diagnose.h"

#include <string.h>

#include "frame.h"
#include "http.h"

static const struct diagnosis diagnoses[] = {
    /* ---- the accept key */
    {"accept-hex",
     "this is the SHA-1 in hexadecimal: what is wanted are its 20 raw bytes in base64", NULL},
    {"accept-hex-base64",
     "this is the SHA-1 in hexadecimal, then base64 (56 characters instead of "
     "28): encode the 20 raw bytes, do not print them first",
     NULL},
    {"accept-decoded-key",
     "the key has been decoded from base64 first: the text of the header is "
     "hashed as it is, all 24 characters",
     NULL},
    {"accept-kept-cr",
     "the CR of the line's end has been hashed with the key: a header's value ends "
     "before CRLF",
     NULL},
    {"accept-kept-space",
     "the blank after the colon has been hashed with the key: cut white space "
     "off both ends of a value",
     NULL},
    {"accept-kept-trailing",
     "the blanks behind the value have been hashed with the key: cut white "
     "space off both ends of a value",
     NULL},
    {"accept-nul",
     "the NUL at the end of the string has been hashed too: sizeof counts it, "
     "strlen() does not",
     NULL},
    {"accept-guid-first", "the GUID stands in front of the key: it comes after", NULL},
    {"accept-no-guid",
     "the GUID 258EAFA5-E914-47DA-95CA-C5AB0DC85B11 has not been appended to the "
     "key",
     NULL},
    {"accept-guid-lower",
     "the GUID is in lower case: its letters are upper case, and they are "
     "hashed as they are",
     NULL},
    {"accept-lower-key",
     "the key has been made lower case, perhaps with the header's name: only "
     "the name has no case",
     NULL},
    {"accept-sample",
     "this is the accept key of the RFC's example: it must be computed from the "
     "key of each request",
     NULL},
    {"accept-strlen",
     "the digest has been cut at its first NUL byte, so strlen() has measured it: a "
     "SHA-1 is 20 bytes of any value",
     NULL},
    {"accept-md5", "this is the MD5 of the right text: SHA-1 is wanted", NULL},
    {"accept-sha256", "this is the SHA-256 of the right text: SHA-1 is wanted", NULL},
    {"accept-url-base64", "this is base64 for URLs, with - and _: here it is + and /", NULL},
    {"accept-no-padding",
     "the = at the end is missing: 20 bytes are 27 characters and one =", NULL},
    {"accept-decoy",
     "another header that looks like the key's was taken for it (under quite another name, the "
     "same value "
     "does no harm): compare the whole name, from the beginning of its line to the colon",
     NULL},
    {"accept-unknown",
     "the accept key has the right form but belongs to something else: look for "
     "a typing error in the GUID, and at what exactly is hashed",
     NULL},
    /* ---- the answer */
    {"no-blank-line",
     "the empty line is missing: after the last header's CRLF another CRLF ends "
     "the head, and without it the browser waits for ever (\"pending\")",
     "send-101"},
    {"bare-lf", "the lines end with LF alone: HTTP wants CRLF, \\r\\n, at the end of each",
     "send-101"},
    {"old-protocol", "an answer to an upgrade begins with HTTP/1.1, not HTTP/1.0", "send-101"},
    {"upgrade-got-page",
     "the upgrade was answered like an ordinary GET: look for Upgrade and "
     "Connection before the page is sent",
     "send-101"},
    {"closed-without-answer",
     "the connection was closed without a word: an answer says why, with a status of 400 or more",
     "refuse"},
    {"request-refused",
     "this request is right, and was refused: one of the rules for requests is wrong, or what it "
     "asks about was not found in the request",
     "where the request is checked, and where its headers are looked up (in the course: "
     "handshake_check() in common/handshake.c, http_header_find() and http_header_has_item() in "
     "common/http.c)"},
    {"not-http", "this is no HTTP answer: it begins with a status line, HTTP/1.1 and a number",
     "send-101"},
    {"extra-crlf",
     "an empty line too many: after \\r\\n\\r\\n the first byte is that of a frame, and "
     "0x0D reads as \"opcode 13\"",
     "send-101"},
    {"text-after-101", "text was sent after the head: from there on there are only frames",
     "send-101"},
    {"body-in-101", "a 101 has no body, and so no Content-Length or Transfer-Encoding", "send-101"},
    {"extension-echoed",
     "the offered extensions were sent back: that promises to use them, and "
     "the browser then sets RSV1; leave the header out",
     NULL},
    {"extension-invented",
     "an extension was agreed to that nobody had offered: without an offer there must be no such "
     "header",
     NULL},
    {"subprotocol-invented",
     "a subprotocol was chosen that was not offered: browsers then close at "
     "once; without an offer there must be no such header",
     NULL},
    {"subprotocol-echoed",
     "the offered subprotocols were sent back as they are: only one that the "
     "server knows may be chosen",
     NULL},
    /* ---- reading the request */
    {"connection-whole",
     "Connection was compared as a whole: it is a list, and Firefox sends "
     "\"keep-alive, Upgrade\"",
     NULL},
    {"token-first-item",
     "only the first item of the list was looked at: Connection may have several, and Firefox "
     "sends "
     "\"keep-alive, Upgrade\"",
     NULL},
    {"token-separators",
     "the items of this list were not told apart, while those of \"keep-alive, Upgrade\" are: "
     "there may be "
     "blanks around a comma or none, and an item may be empty",
     NULL},
    {"upgrade-whole",
     "\"websocket\" was not found as the second item: Upgrade is a list, as Connection is", NULL},
    {"token-case",
     "the value was compared letter by letter: upper and lower case do not matter "
     "here",
     NULL},
    {"token-first-line",
     "of two header lines of that name, the second was not looked at, or both are refused: a list "
     "may "
     "stand in several lines",
     NULL},
    {"token-elsewhere",
     "the word was found in a header of another name: first compare the name, then look at its "
     "value",
     NULL},
    {"token-substring", "strstr() finds the word inside another: compare whole items of the list",
     NULL},
    {"header-case",
     "the name of a header was compared letter by letter: it has no upper and lower "
     "case (strcasecmp)",
     NULL},
    {"header-space",
     "a blank after the colon was taken for granted: there may be none, one or more, "
     "and tabs",
     NULL},
    {"key-fixed-place",
     "with one more header in front of it the key was not found, and with one behind it, it was: "
     "look "
     "for a header by its name, line by line, not at a certain place",
     NULL},
    {"header-trailing",
     "blanks behind a value were taken for a part of it: cut white space off both ends of a value",
     NULL},
    {"header-empty", "a header with nothing behind its colon was not passed over: it may be empty",
     NULL},
    {"header-repeated",
     "a header that the handshake does not ask for came twice, and was not passed over", NULL},
    {"header-order", "the headers were expected in a certain order: any is allowed", NULL},
    {"one-recv",
     "one recv() was taken for the whole request: TCP may cut it anywhere; read until "
     "the empty line",
     "read-head"},
    {"head-piece-lost",
     "the first piece of the request was forgotten when the second came (a whole request behind it "
     "was "
     "answered with 101): append what recv() brings to what has come before",
     "read-head"},
    {"end-only-at-end",
     "the end of the head is looked for in the last piece alone: \\r\\n\\r\\n may be "
     "cut in two, so search all that has been collected",
     NULL},
    {"end-of-stream",
     "the end of what the client sends was taken for the end of the head: before it nothing was "
     "answered. "
     "A recv() that returns 0, or a read that brings nothing, is not the empty line",
     "read-head"},
    {"end-not-awaited",
     "the answer came before the empty line, while more could still come: read on until it is "
     "there",
     "read-head"},
    {"early-bytes",
     "bytes behind the head were thrown away, while a frame that comes later is answered: what "
     "recv() "
     "brought with the request is the beginning of the first frame",
     "read-head"},
    {"small-buffer",
     "with a short cookie the same request is taken, with a long one it is not: the buffer is too "
     "small "
     "for a browser's request, in which cookies alone may be thousands of bytes",
     NULL},
    {"few-headers",
     "so many headers are not taken, and a head as long with one header is: where they are noted, "
     "there "
     "are too few places",
     NULL},
    {"only-root", "only the path / may upgrade here: /chat is as good", NULL},
    {"not-checked",
     "what makes this request invalid was not looked at: it got the answer of a good "
     "one",
     NULL},
    {"version-not-told",
     "a refused version must be answered with \"Sec-WebSocket-Version: 13\", so "
     "that the client knows what it may try",
     NULL},
    {"refusal-lost",
     "close() with unread bytes in the receive buffer resets the connection, and the "
     "answer is lost on the way: shutdown() for writing first, read the rest, then "
     "close",
     NULL},
    {"no-deadline",
     "--handshake-timeout 0.3 has not ended it: a client whose request never comes to its end "
     "keeps its place",
     NULL},
    {"endless-head",
     "20000 bytes of a head were taken, and more was waited for: without a limit, a head without "
     "end fills the memory",
     NULL},
    /* ---- frames that the server sends */
    {"no-frame", "the text was sent without a frame around it: first comes 0x81, then the length",
     "encode-short"},
    {"server-masks",
     "the server has masked its frame: only clients mask (bit 0x80 of the second "
     "byte, and four bytes of key)",
     "encode-short"},
    {"mask-bit-alone",
     "bit 0x80 of the second byte is set, which says that four bytes of key follow: none do, and a "
     "server has none",
     "encode-short"},
    {"fin-missing",
     "FIN is not set (0x80 of the first byte): the browser waits for the rest of the "
     "message",
     "encode-short"},
    {"control-fin-missing",
     "FIN is not set (0x80 of the first byte): a pong begins with 0x8A, for control "
     "frames are not fragmented",
     "pong"},
    {"text-for-binary",
     "a binary message came back as text (0x81): keep the opcode that it came "
     "with",
     "encode-short"},
    {"binary-for-text", "a text came back as binary (0x82): keep the opcode that it came with",
     "encode-short"},
    {"opcode-of-fragment",
     "the answer has opcode 0, that of the last fragment: the opcode of a "
     "message is that of its first",
     "encode-short"},
    {"fragment-alone",
     "a fragment was answered by itself, as if it were a message: collect until "
     "FIN",
     "assemble"},
    {"fragment-lost",
     "only one piece of the message came back: append each fragment, and each piece that one "
     "recv() brings, to those before it",
     "assemble"},
    {"greeting",
     "the server greets whoever comes, in a right frame: in this lesson it says nothing but what "
     "was "
     "said to it",
     NULL},
    {"other-message",
     "the frame is right, and another message is in it: what comes is to go back as it is, byte by "
     "byte, whatever it says",
     "receive-loop"},
    {"no-loop",
     "the server said goodbye although the client had not: receive and answer in a loop, until the "
     "conversation is over",
     "receive-loop"},
    {"silence-ends",
     "the connection ends when the client is silent for less than a second: that recv() or poll() "
     "has waited in vain, EAGAIN or 0, is not the end of the stream",
     "receive-loop"},
    {"length-not-cut",
     "the length byte was taken with the MASK bit in it, 0x85 for 5: & 0x7F (when 128 bytes more "
     "had "
     "been sent, a message of 133 bytes came back)",
     "decode-header"},
    {"length-65535", "65535 was written in 64 bits: it still fits into 16 (<=, not <)",
     "encode-long"},
    {"length-125", "125 was written in 16 bits: it still fits into 7 (<= 125, not <)",
     "encode-long"},
    {"length-no-extension",
     "126 or 127 was written into the length byte as it is: there they mean "
     "that the length follows in 2 or 8 bytes",
     "encode-long"},
    {"length-one-byte", "a length above 125 was put into one byte: its bit 0x80 says MASK",
     "encode-long"},
    {"length-signed",
     "a length byte went through a signed char: 128 to 255 become negative, and "
     "ff fills up what is before it; use unsigned char or uint8_t",
     "encode-long"},
    {"length-byte-order",
     "the bytes of the length are in the wrong order: the highest comes first "
     "(htons)",
     "encode-long"},
    {"length-16-bits", "the length was cut to 16 bits: from 65536 on it is 127 and 8 bytes",
     "encode-long"},
    {"length-halves",
     "the two halves of the 8 bytes of the length changed places: the higher 4 bytes come first",
     "encode-long"},
    {"length-32-bits", "after 127 the length was written in 4 bytes: it is 8", "encode-long"},
    {"length-of-characters",
     "the length says how many characters the text has, and what is wanted is how many bytes: take "
     "the length of the text once it is encoded as UTF-8",
     "encode-short"},
    {"length-not-minimal",
     "the length is not in its shortest form: 7 bits up to 125, 16 up to "
     "65535, and 64 only above",
     "encode-long"},
    {"strlen",
     "the payload was cut at its first NUL byte, so strlen() has measured it: the length is "
     "in the header, and a payload is no C string",
     "encode-short"},
    {"with-nul",
     "one byte too many, a NUL: sizeof or strlen() + 1 has counted the end of the string",
     "encode-short"},
    {"cut-short",
     "the beginning of the message came back as if it were all of it: what one recv() had brought "
     "was "
     "taken for the whole, or a buffer is too small",
     NULL},
    /* ---- unmasking */
    {"not-unmasked", "the payload came back as it was masked: XOR it with the key first (§5.3)",
     "unmask"},
    {"mask-restarts",
     "the index into the key began at 0 again with the second read: it counts from "
     "the beginning of the frame's payload (i % 4), however that arrives",
     "unmask"},
    {"mask-one-byte", "all was unmasked with the first byte of the key: byte i takes key[i % 4]",
     "unmask"},
    {"mask-shifted", "the index into the key does not begin at 0 with the payload of each frame",
     "unmask"},
    {"mask-byte-order",
     "the four bytes of the key were taken in reverse order, as a number of this "
     "machine has them",
     "unmask"},
    {"mask-four-only", "only the first four bytes were unmasked: the key repeats", "unmask"},
    {"mask-tail",
     "the last bytes came back as they were masked: groups of four are unmasked, and the one to "
     "three "
     "bytes behind the last group are not",
     "unmask"},
    {"mask-of-first-frame",
     "this frame was unmasked with the key of the one before: each frame has "
     "its own",
     "unmask"},
    {"mask-too-far",
     "the mask was taken off beyond the end of the payload, too: the frame that lies behind it in "
     "the "
     "buffer came to harm",
     "unmask"},
    /* ---- reading frames */
    {"length-read-wrong",
     "the length was not read from the 2 or 8 bytes behind the seven bits, highest byte first: the "
     "end "
     "of a frame that needs fewer bytes for its length was found",
     "decode-header"},
    {"length-read-signed",
     "a length byte, or the number made of them, went through a signed type (char, short): from "
     "0x80 on "
     "it is negative, and the end of a frame that is one byte shorter was found; take uint8_t and "
     "uint16_t",
     "decode-header"},
    {"length-least-refused",
     "the server closed with 1002, protocol error, and took a frame that is one byte longer: 126 "
     "is "
     "the smallest length for 16 bits, and 65536 for 64 bits, so look for a <= that should be a <, "
     "where it is checked that the shortest form was used",
     "decode-header"},
    {"payload-not-all",
     "the length of a frame of 300 bytes was read well, and of a long one the end was not found: "
     "one "
     "recv() does not bring so much, so read on until the whole payload is there",
     "decode-header"},
    {"frame-end-not-found",
     "where this frame ends was not found: either its length was not read from the bytes behind "
     "the "
     "seven bits, or not all of its payload was read",
     "decode-header"},
    {"empty-read",
     "a frame without payload ended the conversation: if nothing is to be read, recv() returns 0 "
     "as at "
     "the end of the stream, so do not call it",
     "decode-header"},
    {"one-frame-a-read",
     "one recv() was taken for one frame, and the second of two was lost (a third, sent later, "
     "was answered): the bytes behind the first frame belong to the next",
     "decode-header"},
    {"second-left",
     "the frame behind the first was left lying until recv() brought more: look at what is there "
     "before you wait (the answer to it came when a third was sent)",
     "decode-header"},
    {"early-left",
     "bytes behind the head were left lying until recv() brought more: look at what is there "
     "before "
     "you wait (a frame that was sent later brought the answer to both)",
     "read-head"},
    {"partial-frame",
     "this came in pieces, and was not put together: keep what there is, and read on until all of "
     "it is "
     "there",
     "decode-header"},
    {"ping-ignored", "a ping wants a pong with the same payload, at once", "pong"},
    {"ping-as-ping", "the ping was sent back as a ping: the answer has opcode 10, 0x8A", "pong"},
    {"ping-as-text",
     "the ping was answered with a message: control frames are not for the "
     "application",
     "pong"},
    {"ping-as-words",
     "a ping with a word in it was answered, one with the bytes 00 FF 00 was not: what a ping "
     "carries is any bytes, and not to be read as text",
     "pong"},
    {"pong-without-payload", "the pong must carry what the ping carried", "pong"},
    {"pong-answered", "a pong that nobody asked for was answered: it means nothing, ignore it",
     "pong"},
    {"ping-ends-message",
     "a ping between two fragments disturbed the message: it is allowed there, "
     "and the message goes on after it",
     "fragments"},
    {"pong-put-off",
     "the pong waited until the message was complete: a ping between fragments is answered before "
     "the next fragment is waited for",
     "pong"},
    {"fragments-refused",
     "continuation frames (opcode 0) are not taken: they carry on the message "
     "that is not finished",
     "fragments"},
    {"fragment-state-kept", "the state of the last message was kept: after FIN, begin anew",
     "fragments"},
    {"utf8-per-frame",
     "each fragment was checked by itself: a character may begin in one and end in "
     "the next",
     "utf8"},
    {"utf8-not-checked", "this is not UTF-8, and was taken for text: check, and close with 1007",
     "utf8"},
    {"utf8-too-strict", "this is good UTF-8 (RFC 3629) and was refused", NULL},
    {"utf8-in-binary", "binary messages were checked for UTF-8: they may hold anything", NULL},
    {"frame-not-checked",
     "the frame breaks a rule and was taken all the same: check the header "
     "before anything else",
     NULL},
    {"goes-on-after-fault",
     "after the fault the server read on: nothing that comes behind it may "
     "have an effect",
     NULL},
    {"close-code-missing",
     "no Close frame, or one with another code: the client cannot tell why it "
     "was thrown out",
     NULL},
    {"no-reason",
     "the Close frame gives no reason: two bytes of code may be followed by a sentence "
     "that says what was wrong",
     NULL},
    {"waits-for-rest",
     "the fault was already there, and the server waited for more: judge each byte when it comes",
     NULL},
    {"too-big-taken",
     "a message above --max-message was taken, or waited for: its length is announced "
     "in the header",
     NULL},
    /* ---- close */
    {"close-ignored",
     "a Close frame was not answered: the browser waits, then says 1006 and "
     "wasClean false",
     NULL},
    {"close-unanswered",
     "the connection was ended without a Close frame in answer: the browser says 1006 and wasClean "
     "false",
     NULL},
    {"close-as-message",
     "a Close frame was answered with a message: control frames are not for the application", NULL},
    {"close-swapped", "the code's bytes are in the wrong order: 1000 is 03 e8, the high byte first",
     NULL},
    {"close-empty", "the Close frame has no code although one was sent: answer with the same",
     NULL},
    {"close-1005",
     "1005 and 1006 are words for \"no code came\" inside a program: an empty Close is "
     "answered with an empty one, or 1000",
     NULL},
    {"close-other-code", "the answer has another code than was sent: send the same one back", NULL},
    {"mask-goes-on",
     "the index into the key went on from the fragment before: with each frame, and its new key, "
     "it "
     "begins at 0",
     NULL},
    {"said-before-checked",
     "the text was sent before it was found to be no UTF-8, and its client closed with 1007: check "
     "it first, and only then say it to all",
     NULL},
    {"length-in-32-bits",
     "the upper half of the 64-bit length was lost, where it was put into a number of 32 bits: "
     "uint64_t holds it",
     NULL},
    {"close-no-room",
     "a Close frame with a short reason was answered well, this one was not: two bytes of code and "
     "123 of reason must find room wherever they are copied to",
     NULL},
    {"close-not-unmasked",
     "a Close frame whose key is zeros was answered well, and the same with another key was not: "
     "its body is masked, too, as that of every frame",
     "unmask"},
    {"close-not-ended", "after both Close frames the server must end the TCP connection", NULL},
    {"half-open-kept",
     "the client had ended its side, and the server kept the connection: recv() returns 0 then, "
     "and "
     "nothing more can come",
     NULL},
    {"close-then-data", "a message was sent after the Close frame: nothing may follow it", NULL},
    {"close-drops-answers", "what was valid before was not answered any more", NULL},
    /* ---- many clients */
    {"one-at-a-time",
     "the server waits for one client before it serves another, who got an answer as soon as the "
     "first "
     "had gone: give each a thread (or poll())",
     NULL},
    {"shared-variable",
     "so many clients are served if they come one after the other, and not if they come at the "
     "same "
     "moment: look for what a thread that begins shares with the next, such as the address of a "
     "loop "
     "variable that is given to pthread_create(); give each its own",
     NULL},
    {"few-places",
     "no more than so many clients get in, even if they come one after the other, and a single one "
     "gets "
     "in again: there is a table, or a number of threads, with a fixed size",
     NULL},
    {"shared-state",
     "a client got what was meant for another: what belongs to one connection must not lie in a "
     "variable that all threads use",
     NULL},
    {"send-cut",
     "an answer breaks off, and the next begins in the middle of it: send() has taken a part, has "
     "said so in its result, and the rest was not sent",
     "where send() is called, and its result looked at (in the course: net_send_all() in "
     "common/net.c)"},
    {"not-let-in",
     "an ordinary GET was answered, the request for a WebSocket was not: what is done for that one "
     "only "
     "does not come to its end, and in this lesson that begins with the way into the room",
     "join-leave"},
    {"dies-of-leaving",
     "the server died when the clients had gone, and not while they were there: look first at "
     "what is done when a client goes. In this lesson it is taken off the list of the room",
     "join-leave"},
    {"dies-of-silence",
     "a client connected, said nothing and went: recv() then returns 0, which is no request and no "
     "reason to end the program",
     "where the result of recv() is looked at, before anything is done with what it brought"},
    {"no-room",
     "clients came and went, one after the other, until none got in any more: either something of "
     "each "
     "is kept when it leaves (a place in the list, a thread, a descriptor), or what is done for "
     "one that "
     "leaves does not come to its end",
     NULL},
    {"sigpipe",
     "writing to a connection that the client has reset raises SIGPIPE, which ends the "
     "program: ignore it, and look at the result of send()",
     "where signals are set up, and where send() is called (in the course: let_signals_end_it() in "
     "lesson02_frames/process.c, net_send_all() in common/net.c)"},
    {"one-bad-client-stops-all", "one client's fault ended the service for all", NULL},
    {"not-broadcast", "only the sender got its message: it goes to every client of the room", NULL},
    {"sender-left-out", "the sender did not get its own message: here it does, as everybody", NULL},
    {"sent-twice",
     "a message came more than once: a client stands in the list twice, or the sender "
     "gets an answer of its own besides",
     NULL},
    {"not-in-list",
     "a client that has a connection does not get what is said: it is not in the list, or not all "
     "of "
     "the list is gone through",
     NULL},
    {"joined-too-early",
     "a client that has not completed its handshake got a frame: until its 101 is out, what is "
     "said "
     "must wait",
     NULL},
    {"joined-too-late",
     "a client had its 101, and did not hear what was said then: let it join first, and let what "
     "is "
     "said meanwhile wait until the 101 is out",
     NULL},
    {"control-broadcast",
     "a control frame was sent to others: ping, pong and Close concern one "
     "connection only",
     NULL},
    {"interleaved",
     "one frame begins in the middle of another: either two threads wrote into the same socket at "
     "once "
     "(one lock for each client, held for the whole frame), or the rest of what send() had not "
     "taken was "
     "never sent",
     "ordered-writes"},
    {"order-changed",
     "messages of one client came in another order than it had said them: what is said first is to "
     "be "
     "delivered first",
     NULL},
    {"order-differs",
     "the clients saw the messages in different orders: choose the order under one "
     "lock",
     NULL},
    {"lost-meanwhile",
     "a message is missing that was said while others were being delivered: take away what is to "
     "be delivered, and let what comes meanwhile wait for the next time",
     NULL},
    {"last-words-lost",
     "a client said something and left, and not everybody heard it: deliver what it has said "
     "before it goes",
     NULL},
    {"backlog-lost",
     "what still waited for a client was thrown away when it left, perhaps in the middle of a "
     "frame: send it first, then the Close frame",
     "leaving"},
    {"slow-stops-all",
     "a client that does not read kept the others waiting, and more came to them when it had gone: "
     "no send() may block while others wait",
     NULL},
    {"slow-drops",
     "a message is missing for a client that read late: what its socket does not take "
     "must wait for it",
     NULL},
    {"frame-refused",
     "the server closed with 1002, protocol error: one of its rules for frames has refused a frame "
     "that breaks none",
     "where a frame's header is checked, and which frame may come now (in the course: "
     "check_rules() and ws_frame_decode() in common/frame.c, check_sequence() in "
     "common/message.c)"},
    {"text-refused",
     "the server closed with 1007, not UTF-8; but the text that was sent is UTF-8: either the "
     "check is wrong, or it does not see what was sent",
     "where a text is checked, piece by piece, and where the mask is taken off before (in the "
     "course: utf8_feed() in common/utf8.c, ws_frame_mask() in common/frame.c)"},
    {"size-refused", "the server closed with 1009, too big; but the message that was sent is not",
     "where a frame's length is read, and compared with the limit (in the course: "
     "ws_frame_decode() in common/frame.c, begin_frame() in common/message.c)"},
    {"rest-not-sent",
     "this client has read all that came, and that ends in the middle of a frame: the rest has "
     "not come, and the connection is there still. What send() does not take must be kept, and go "
     "out as soon as the socket takes it",
     "where what send() did not take is kept, who learns of it, and who sends it later (in the "
     "course: "
     "queue_locked() and flush_locked() in lesson03_broadcast/outbox.c, members_send() in "
     "lesson03_broadcast/members.c, deliver_once_locked() in lesson03_broadcast/room.c)"},
    {"never-evicted",
     "a client that did not read was kept, although more than --max-backlog waited for it: then "
     "it must go",
     NULL},
    {"no-ping",
     "a silent client was not asked whether it is still there: send a ping after "
     "--ping-interval",
     NULL},
    {"silent-kept",
     "a client that does not answer pings was kept: it is gone, and its place is "
     "taken",
     NULL},
    {"pong-not-counted", "a client that answered each ping was thrown out", NULL},
    {"no-goodbye", "the server stopped without a Close frame with 1001 to its clients", NULL},
    {"does-not-stop", "the server did not end after the signal, or not in time", NULL},
    {"bad-exit", "after SIGTERM or SIGINT the exit status is to be 0", NULL},
    {"ipv6-only",
     "it listens on ::1, and not on 127.0.0.1: browsers try both for localhost; with --host ::1 "
     "the rest "
     "can be graded there",
     NULL},
    {"ipv4-only", "127.0.0.1 is served, and ::1 is not: browsers try ::1 first for localhost",
     NULL},
    {"close-judged-early",
     "the Close frame was judged before all of it was there, or a part of it was looked at twice",
     "close-codes"},
    {"taken-port",
     "bind() fails for a port that another server has, unless SO_REUSEPORT lets them share it: "
     "look at "
     "its result and at listen()'s, and tell the caller",
     NULL},
    {"no-reuseaddr",
     "nobody listens on the port any more, and still it is not free; on another port the server "
     "does listen: old connections linger, so setsockopt(SO_REUSEADDR) before bind()",
     NULL},
};

const struct diagnosis *diagnosis_find(const char *id)
{
    for (size_t i = 0; id != NULL && i < sizeof diagnoses / sizeof *diagnoses; i++)
        if (strcmp(diagnoses[i].id, id) == 0)
            return &diagnoses[i];
    return NULL;
}

/* ------------------------------------------------------------------------------ accept keys */

#define GUID     "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define SHA1_LEN 20 /* bytes: a longer digest may have been cut to it */

/* A wrong text that is hashed: something before the key, the key, the GUID, something after. */
static const struct variant {
    const char *id, *algorithm, *before, *between, *guid;
    bool lower_key;
    size_t nuls; /* NUL bytes at the end */
} variants[] = {
    {"accept-kept-cr", "SHA1", "", "\r", GUID, false, 0},
    {"accept-kept-cr", "SHA1", " ", "\r", GUID, false, 0},
    {"accept-kept-cr", "SHA1", "", "\r\n", GUID, false, 0},
    {"accept-kept-space", "SHA1", " ", "", GUID, false, 0},
    {"accept-kept-trailing", "SHA1", "", " ", GUID, false, 0},
    {"accept-kept-trailing", "SHA1", "", "  \t", GUID, false, 0},
    {"accept-nul", "SHA1", "", "", GUID, false, 1},
    {"accept-guid-first", "SHA1", GUID, "", "", false, 0},
    {"accept-no-guid", "SHA1", "", "", "", false, 0},
    {"accept-guid-lower", "SHA1", "", "", "258eafa5-e914-47da-95ca-c5ab0dc85b11", false, 0},
    {"accept-lower-key", "SHA1", "", "", GUID, true, 0},
    {"accept-md5", "MD5", "", "", GUID, false, 0},
    {"accept-sha256", "SHA256", "", "", GUID, false, 0},
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_base64_of(const char *accept, const void *at, size_t len)
{
    struct bytes base64 = {0};
    http_add_base64(&base64, at, len);
    bool same = base64.len == strlen(accept) &&
                (base64.len == 0 || memcmp(base64.at, accept, base64.len) == 0);
    bytes_free(&base64);
    return same;
}

static bool is_variant(const struct variant *v, const char *key, const char *accept)
{
    struct bytes text = {0};
    unsigned char digest[64];
    bytes_add_text(&text, v->before);
    for (const char *c = key; *c != '\0'; c++)
        bytes_add(&text, &(char){v->lower_key ? lower(*c) : *c}, 1);
    bytes_add_text(&text, v->between);
    bytes_add_text(&text, v->guid);
    bytes_add_run(&text, '\0', v->nuls);
    size_t len = http_digest(digest, v->algorithm, text.at, text.len);
    bytes_free(&text);
    bool is_cut = len > SHA1_LEN && is_base64_of(accept, digest, SHA1_LEN);
    return is_cut || is_base64_of(accept, digest, len);
}

/* The value of a base64 sign, or -1. */
static int sign_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The 16 bytes of the key, hashed with the GUID. */
static bool is_decoded_key(const char *key, const char *accept)
{
    struct bytes text = {0};
    unsigned char digest[64];
    unsigned long bits = 0;
    for (size_t i = 0; i < 22 && sign_value(key[i]) >= 0; i++) {
        bits = bits << 6 | (unsigned long)sign_value(key[i]);
        if (i % 4 == 3)
            bytes_add_number(&text, bits & 0xFFFFFF, 3);
    }
    bytes_add_number(&text, bits >> 4 & 0xFF, 1); /* of the last two signs, 8 bits count */
    bytes_add_text(&text, GUID);
    size_t len = http_digest(digest, "SHA1", text.at, text.len);
    bytes_free(&text);
    return is_base64_of(accept, digest, len);
}

/* The right digest, written in a wrong way. */
static const char *diagnose_writing(const unsigned char digest[20], const char *right,
                                    const char *accept)
{
    char hex[41];
    size_t nul = 0, len = strlen(accept);
    for (size_t i = 0; i < 20; i++) {
        hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    hex[40] = '\0';
    while (nul < 20 && digest[nul] != 0)
        nul++;
    if (strcmp(accept, hex) == 0)
        return "accept-hex";
    if (is_base64_of(accept, hex, 40))
        return "accept-hex-base64";
    if (nul > 0 && nul < 20 && is_base64_of(accept, digest, nul))
        return "accept-strlen";
    if (len == 27 && memcmp(accept, right, 27) == 0)
        return "accept-no-padding";
    if (strpbrk(accept, "-_") != NULL)
        return "accept-url-base64";
    return NULL;
}

const char *diagnose_accept(const char *key, const char *accept)
{
    unsigned char digest[64];
    char right[ACCEPT_LEN + 1];
    struct bytes text = {0};
    bytes_add_format(&text, "%s" GUID, key);
    size_t len = http_digest(digest, "SHA1", text.at, text.len);
    bytes_free(&text);
    http_accept_key(right, key);

    const char *id = len == 20 ? diagnose_writing(digest, right, accept) : NULL;
    if (id != NULL)
        return id;
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        if (is_variant(&variants[i], key, accept))
            return variants[i].id;
    if (is_decoded_key(key, accept))
        return "accept-decoded-key";
    if (strcmp(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == 0)
        return "accept-sample";
    return strlen(accept) == ACCEPT_LEN ? "accept-unknown" : NULL;
}

/* ------------------------------------------------------------------------------------ heads */

const char *diagnose_head(const unsigned char *came, size_t len)
{
    if (len == 0)
        return NULL;
    if (len < 5 || memcmp(came, "HTTP/", 5) != 0)
        return "not-http";
    if (bytes_find(came, len, "\n\n") != NULL && bytes_find(came, len, "\r\n") == NULL)
        return "bare-lf";
    if (bytes_find(came, len, "\r\n\r\n") == NULL)
        return "no-blank-line";
    if (len >= 12 && memcmp(came, "HTTP/1.0 101", 12) == 0)
        return "old-protocol";
    return NULL;
}

/* ----------------------------------------------------------------------------------- frames */

static const unsigned char zero_key[MASK_LEN];

/* The two frames of the evidence, taken apart. */
struct pair {
    struct frame right, wrong;
    const unsigned char *payload; /* the right one */
    const unsigned char *came;    /* the wrong frame's, as much as is there */
    size_t len, came_len;
};

/* What is in the first byte. */
static const char *diagnose_opcode(const struct pair *p)
{
    unsigned right = p->right.first, wrong = p->wrong.first;
    if (wrong == right || p->wrong.masked)
        return NULL;
    if (right == (FIN | PONG)) {
        bool same = p->came_len >= p->len && memcmp(p->came, p->payload, p->len) == 0;
        if (wrong == PONG)
            return same && p->wrong.len == p->len ? "control-fin-missing" : NULL;
        return wrong == (FIN | PING)            ? "ping-as-ping"
               : same && p->wrong.len == p->len ? "ping-as-text"
                                                : NULL;
    }
    if (wrong == (FIN | CONTINUATION))
        return "opcode-of-fragment";
    if (wrong == (right & 0x0F))
        return "fin-missing";
    if (right == (FIN | BINARY) && wrong == (FIN | TEXT))
        return "text-for-binary";
    if (right == (FIN | TEXT) && wrong == (FIN | BINARY))
        return "binary-for-text";
    return NULL;
}

static uint64_t reversed(uint64_t number, size_t n)
{
    uint64_t result = 0;
    for (size_t i = 0; i < n; i++, number >>= 8)
        result = result << 8 | (number & 0xFF);
    return result;
}

/* Is the number written at so many bytes? */
static bool is_number(const unsigned char *at, size_t have, uint64_t number, size_t n)
{
    uint64_t read = 0;
    for (size_t i = 0; i < n && i < have; i++)
        read = read << 8 | at[i];
    return have >= n && read == number;
}

/* The bit that says that a mask follows: does one? */
static const char *diagnose_mask_bit(const struct evidence *e, const struct pair *p)
{
    const unsigned char *key = p->came - MASK_LEN;
    size_t have = p->came_len < p->len ? p->came_len : p->len;
    size_t unmasked = 0;
    if (p->len > 125 && e->came[1] == (p->len & 0xFF))
        return "length-one-byte";
    while (unmasked < have && p->came[unmasked] == (p->payload[unmasked] ^ key[unmasked % 4]))
        unmasked++;
    if (p->wrong.len == p->len && unmasked == have && (have > 0 || p->len == 0))
        return "server-masks";
    if (p->wrong.len == p->len && p->came_len + MASK_LEN >= p->len &&
        memcmp(key, p->payload, p->len) == 0)
        return "mask-bit-alone";
    return NULL;
}

/* The characters of a text that is UTF-8, as Python counts them; or as Java and JavaScript do, to whom one
 * of four bytes is two. */
static size_t count_characters(const struct pair *p, size_t of_four)
{
    size_t count = 0;
    for (size_t i = 0; i < p->len; i++)
        if ((p->payload[i] & 0xC0) != 0x80)
            count += p->payload[i] >= 0xF0 ? of_four : 1;
    return count;
}

/* All bytes of the text have come: are fewer announced, as many as it has characters? */
static bool counts_characters(const struct pair *p)
{
    return p->right.opcode == TEXT && p->wrong.len < p->len && p->came_len >= p->len &&
           memcmp(p->came, p->payload, p->len) == 0 &&
           (p->wrong.len == count_characters(p, 1) || p->wrong.len == count_characters(p, 2));
}

/* What is wrong with the length bytes. */
static const char *diagnose_length(const struct evidence *e, const struct pair *p)
{
    uint64_t len = p->len;
    unsigned byte = e->came[1];
    size_t have = e->came_len - 2;
    const unsigned char *after = e->came + 2;
    if (len > 125 && byte == len && byte >= 0x80)
        return "length-one-byte";
    if (byte & 0x80)
        return diagnose_mask_bit(e, p);
    if ((len == 126 || len == 127) && byte == len && have >= 8 && memcmp(after, p->payload, 8) == 0)
        return "length-no-extension";
    if (p->wrong.form == LENGTH_7 && len > 125 && byte != 0 && byte == (len & 0x7F))
        return "length-one-byte";
    if (p->wrong.form == LENGTH_16 && len > 65535 && p->wrong.len == (len & 0xFFFF))
        return "length-16-bits";
    if (p->wrong.form != LENGTH_7 && len >= 128 && len <= 255 && have >= 2 && after[0] == 0xFF &&
        after[p->wrong.form - 1 < have ? p->wrong.form - 1 : 1] == len)
        return "length-signed";
    if (p->wrong.form != LENGTH_7 && p->wrong.len != len &&
        p->wrong.len == reversed(len, p->wrong.form))
        return "length-byte-order";
    if (p->wrong.form == LENGTH_64 && p->wrong.len == (len << 32 | len >> 32))
        return "length-halves";
    if (p->wrong.form == LENGTH_64 && is_number(after, have, len, 4) && have > 4 &&
        bytes_difference(after + 4, have - 4, p->payload, p->len) >= LENGTH_64 - 4)
        return "length-32-bits";
    if (counts_characters(p))
        return "length-of-characters";
    if (p->wrong.len == len && p->wrong.form != p->right.form)
        return len == 65535 ? "length-65535" : len == 125 ? "length-125" : "length-not-minimal";
    return NULL;
}

/* Is what came the payload of just one fragment? */
static bool is_fragment(const struct evidence *e, const struct pair *p)
{
    struct frame f;
    for (size_t at = 0; at < e->sent_len && frame_read(&f, e->sent + at, e->sent_len - at);) {
        const unsigned char *payload = e->sent + at + f.head_len;
        size_t rest = e->sent_len - at - f.head_len, same = 0;
        if (f.len > rest)
            break;
        while (same < f.len && f.len == p->wrong.len && f.masked && !frame_is_control(f.opcode) &&
               p->came[same] == (payload[same] ^ (payload - MASK_LEN)[same % 4]))
            same++;
        if (f.len > 0 && same == f.len && (!f.fin || f.opcode == CONTINUATION))
            return true;
        at += f.head_len + (size_t)f.len;
    }
    return false;
}

#define ONE_READ 4096 /* bytes: more than that may come in pieces, however it is sent */

/* The message ends early, or begins late. */
static const char *diagnose_cut(const struct evidence *e, const struct pair *p)
{
    size_t len = (size_t)p->wrong.len;
    bool begins = memcmp(p->came, p->payload, len) == 0;
    bool ends = memcmp(p->came, p->payload + p->len - len, len) == 0;
    bool in_pieces = e->in_pieces || p->len > ONE_READ;
    if ((begins || ends) && is_fragment(e, p))
        return begins ? "fragment-alone" : "fragment-lost";
    if (begins && (in_pieces || (p->len > 125 && len + 1 < p->len)))
        return "cut-short";
    return ends && in_pieces ? "fragment-lost" : NULL;
}

/* The right length bytes of a payload that is not the right one. */
static const char *diagnose_size(const struct evidence *e, const struct pair *p)
{
    const unsigned char *nul = p->len > 0 ? memchr(p->payload, 0, p->len) : NULL;
    if (p->wrong.len < p->len && nul != NULL && p->wrong.len == (size_t)(nul - p->payload))
        return "strlen";
    if (p->wrong.len == p->len + 1 && p->came_len > p->len && p->came[p->len] == 0)
        return "with-nul";
    if (p->right.opcode == PONG) /* it is no message, and has no fragments */
        return p->wrong.len == 0 ? "pong-without-payload" : NULL;
    if (p->wrong.len < p->len && p->came_len >= p->wrong.len && p->wrong.len > 0)
        return diagnose_cut(e, p);
    return NULL;
}

/* Which byte of the key a wrong unmasking took for byte i. */
typedef size_t key_index(size_t i, size_t parameter);

static size_t from_start(size_t i, size_t start)
{
    return i < start ? i % 4 : (i - start) % 4;
}

static size_t always_first(size_t i, size_t parameter)
{
    (void)i;
    (void)parameter;
    return 0;
}

static size_t shifted(size_t i, size_t by)
{
    return (i + by) % 4;
}

static size_t backwards(size_t i, size_t parameter)
{
    (void)parameter;
    return 3 - i % 4;
}

/* Would unmasking with that index give what came? */
static bool explains(const struct evidence *e, const struct pair *p, key_index *index,
                     size_t parameter)
{
    for (size_t i = 0; i < p->len; i++) {
        unsigned masked = p->payload[i] ^ e->mask[i % 4];
        if (p->came[i] != (masked ^ e->mask[index(i, parameter)]))
            return false;
    }
    return true;
}

/* Has it been unmasked with another key? */
static bool explained_by_key(const struct evidence *e, const struct pair *p,
                             const unsigned char *key)
{
    if (key == NULL || memcmp(key, zero_key, sizeof zero_key) == 0)
        return false;
    for (size_t i = 0; i < p->len; i++)
        if (p->came[i] != (p->payload[i] ^ e->mask[i % 4] ^ key[i % 4]))
            return false;
    return true;
}

/* Is the payload still masked from byte `from` on, and right before? */
static bool masked_from(const struct evidence *e, const struct pair *p, size_t from)
{
    for (size_t i = 0; i < p->len; i++)
        if (p->came[i] != (i < from ? p->payload[i] : p->payload[i] ^ e->mask[i % 4]))
            return false;
    return true;
}

static const char *diagnose_masking(const struct evidence *e, const struct pair *p)
{
    bool has_key = e->mask != NULL && memcmp(e->mask, zero_key, sizeof zero_key) != 0;
    if (!has_key || p->wrong.len != p->len || p->came_len < p->len || p->len == 0)
        return NULL;
    size_t at = bytes_difference(p->payload, p->len, p->came, p->came_len);
    size_t tail = p->len % 4;
    if (p->len >= 4 && masked_from(e, p, 0)) /* to XOR with a 00 of the key looks the same */
        return memchr(e->mask, 0, MASK_LEN) == NULL ? "not-unmasked" : NULL;
    if (explained_by_key(e, p, e->mask_before))
        return "mask-of-first-frame";
    if (p->len >= 8 && masked_from(e, p, 4)) /* of fewer, they may be all that are whole fours */
        return "mask-four-only";
    if (p->len > 8 && tail > 0 && masked_from(e, p, p->len - tail))
        return "mask-tail";
    if (e->cut > 0 && explains(e, p, from_start, e->cut))
        return "mask-restarts";
    if (explains(e, p, always_first, 0))
        return "mask-one-byte";
    if (explains(e, p, backwards, 0))
        return "mask-byte-order";
    for (size_t by = 1; by < 4; by++)
        if (explains(e, p, shifted, by))
            return "mask-shifted";
    for (size_t back = 0; back < 4 && back < at; back++)
        if (p->len - at >= 8 && explains(e, p, from_start, at - back))
            return "mask-restarts";
    return NULL;
}

/* LF alone is no such line: 0x0A is a pong without FIN, too. */
static bool is_extra_crlf(const struct evidence *e)
{
    return e->behind_head && e->came[0] == '\r' && (e->came_len == 1 || e->came[1] == '\n');
}

/* No frame at all, but the bare payload, or other text. */
static const char *diagnose_text(const struct evidence *e, const struct pair *p)
{
    unsigned first = e->came[0];
    if (is_extra_crlf(e))
        return "extra-crlf";
    size_t shorter = p->len < e->came_len ? p->len : e->came_len;
    if (shorter > 0 && memcmp(e->came, p->payload, shorter) == 0)
        return "no-frame";
    if (e->behind_head && first >= ' ' && first < 0x7F)
        return "text-after-101";
    return NULL;
}

static const char *diagnose_close(const struct evidence *e, const struct pair *p)
{
    if (p->right.opcode != CLOSE || e->came[0] != (FIN | CLOSE) || e->came_len < 2)
        return NULL;
    if (e->came[1] == 0)
        return p->len > 0 ? "close-empty" : NULL;
    if (e->came_len < 4 || p->len < 2)
        return NULL;
    unsigned code = (unsigned)(e->came[2] << 8 | e->came[3]);
    unsigned right = (unsigned)(p->payload[0] << 8 | p->payload[1]);
    if (code != right && reversed(code, 2) == right)
        return "close-swapped";
    return NULL;
}

/* A frame that is wrong whatever was expected. */
static const char *diagnose_alone(const struct evidence *e)
{
    unsigned code = e->came_len >= 4 ? (unsigned)(e->came[2] << 8 | e->came[3]) : 0;
    unsigned opcode = e->came[0] & 0x0F;
    bool is_opcode = opcode <= BINARY || (opcode >= CLOSE && opcode <= PONG);
    if (is_extra_crlf(e))
        return "extra-crlf";
    if (e->behind_head && e->came[0] >= ' ' && e->came[0] < 0x7F)
        return "text-after-101";
    if (e->came_len >= 2 && e->came[0] == (FIN | opcode) && is_opcode && (e->came[1] & 0x80))
        return "server-masks";
    if (e->came[0] == (FIN | CLOSE) && (code == 1005 || code == 1006))
        return "close-1005";
    if (e->came[0] == (FIN | CLOSE) && reversed(code, 2) >= 1000 && reversed(code, 2) < 5000)
        return "close-swapped";
    return NULL;
}

const char *diagnose_frame(const struct evidence *e)
{
    struct pair p = {0};
    const char *id;
    if (e->came_len == 0)
        return NULL;
    if (e->expected == NULL)
        return diagnose_alone(e);
    if (!frame_read(&p.right, e->expected, e->expected_len))
        return NULL;
    p.payload = e->expected + p.right.head_len;
    p.len = e->expected_len - p.right.head_len;
    if ((id = diagnose_text(e, &p)) != NULL || !frame_read(&p.wrong, e->came, e->came_len))
        return id;
    p.came = e->came + p.wrong.head_len;
    p.came_len = e->came_len - p.wrong.head_len;
    if ((id = diagnose_opcode(&p)) != NULL)
        return id;
    if (e->came[0] == e->expected[0] && (id = diagnose_length(e, &p)) != NULL)
        return id;
    if ((id = diagnose_close(e, &p)) != NULL || (id = diagnose_alone(e)) != NULL)
        return id;
    if (e->came[0] == e->expected[0] && (id = diagnose_size(e, &p)) != NULL)
        return id;
    return diagnose_masking(e, &p);
}

const char *diagnose_refusal(const struct bytes *expected, const struct bytes *came)
{
    if (expected->len == 0 || came->len == 0)
        return NULL;
    if (expected->at[0] == 'H') /* not when it is the server that cannot */
        return bytes_find(expected->at, expected->len, " 101") != NULL &&
                       ((bytes_find(came->at, came->len, "HTTP/1.1 4") == came->at &&
                         bytes_find(came->at, came->len, "HTTP/1.1 408") != came->at) ||
                        bytes_find(came->at, came->len, "HTTP/1.1 505") == came->at)
                   ? "request-refused"
                   : NULL;
    if (expected->at[0] == (FIN | CLOSE) || came->len < 4 || came->at[0] != (FIN | CLOSE))
        return NULL;
    switch (came->at[2] << 8 | came->at[3]) {
    case 1002: return "frame-refused";
    case 1007:
        return expected->at[0] == (FIN | TEXT)     ? "text-refused"
               : expected->at[0] == (FIN | BINARY) ? "utf8-in-binary"
                                                   : NULL;
    case 1009: return "size-refused";
    default: return NULL;
    }
}
