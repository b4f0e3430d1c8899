/*
 * Lesson 2 from a blank file: a strict WebSocket echo server, with a thread for each client.
 *
 *     make check-blank02                        grades it
 *     make check-blank02 CHECK='-k --strict'    grades everything that is named here
 *
 * Nothing of the course's code is used: POSIX sockets and threads, and from OpenSSL's libcrypto
 * only EVP_Digest() with EVP_sha1(), and EVP_EncodeBlock(). Sections without another name are of
 * RFC 6455.
 *
 * The command line is ./server --port N. When clients can connect, the server prints one line,
 * and calls fflush(). With --port 0 the kernel chooses the port: ask getsockname().
 *
 *     listening on http://127.0.0.1:PORT/
 *
 * Build it in this order. Each step says what you will see when it works.
 *
 *  1. Listen on 127.0.0.1, and on ::1 too; SO_REUSEADDR. Accept a client, start a thread for it,
 *     and accept the next. Give each thread a client of its own, never the address of a variable
 *     that the next accept() overwrites. Ignore SIGPIPE. Ctrl-C and SIGTERM end the server with
 *     status 0.
 *     See: two `nc 127.0.0.1 8080` at the same time, and `kill -TERM` brings the prompt back.
 *  2. Read the request up to its empty line, however TCP cuts it (RFC 9112 §2.1): at most 8 KiB,
 *     and for a limited time. What comes after the empty line is the first frame: keep it.
 *     See: type a request line by line in telnet; the server waits for its end.
 *  3. Judge it (§4.2.1) and answer 101 (§4.2.2). Names of headers have no case; values are words
 *     or lists of words. Sec-WebSocket-Accept is SHA-1 of the key and the GUID, in base64 (§1.3).
 *     See: the key dGhlIHNhbXBsZSBub25jZQ== gives s3pPLMBiTxaQ9kYGzzhZRbK+xOo=; in a browser's
 *     console new WebSocket('ws://localhost:8080') opens.
 *  4. Refuse a wrong handshake, and say why in one line of text, with the section: 400 malformed,
 *     403 a page of another origin (§10.2), 405 not GET, 408 too slow, 426 no upgrade or another
 *     version than 13 (§4.4), 431 more than 8 KiB, 505 not HTTP/1.1.
 *     See: `curl -i http://127.0.0.1:8080/` shows 426, and the line.
 *  5. Read a frame's header (§5.2): FIN, opcode, mask, and a length of 7, 16 or 64 bits, highest
 *     byte first. Then the payload: XOR byte i with byte i mod 4 of the key (§5.3). recv() may
 *     bring half a frame, or two and a half.
 *     See: Hello comes in as 81 85 37 fa 21 3d 7f 9f 4d 51 58, and is Hello.
 *  6. Send a frame: never masked (§5.1), the length in its shortest form. Send text back as text,
 *     binary as binary. send() may take only a part. Send the answers to everything that one
 *     recv() brought together.
 *     See: 81 05 48 65 6c 6c 6f, and messages of 125, 126, 65535 and 65536 bytes come back
 *     whole.
 *  7. Refuse what breaks a rule, as soon as the byte has come that shows it: RSV bits, reserved
 *     opcodes, a frame without a mask, a length that is not in its shortest form (§5.2), a
 *     control frame that is long or in fragments (§5.5). Send a Close frame with 1002 and the
 *     reason in words, then end the connection.
 *     See: 81 05 gets 88 .. 03 ea, before any payload.
 *  8. Answer pings with pongs (§5.5.2), ignore pongs, and put fragments together (§5.4). Control
 *     frames may come between fragments. A continuation without a message is 1002, and so is a
 *     new message within another.
 *     See: 01 "Hel", a ping, 80 "lo": the pong comes first, then Hello as one message.
 *  9. A text is UTF-8 (§8.1, RFC 3629). End the connection with 1007 at the first byte that is
 *     wrong, even in the middle of a frame. A character may be cut by a frame. A message has a
 *     limit, of 1 MiB or more: a longer one is 1009, from the length in its header (§10.4). Do
 *     not allocate memory for bytes that are only announced.
 *     See: 81 fe 00 ff, a mask and the byte ff, of 255: 1007 at once.
 * 10. Say goodbye (§5.5.1, §7.1.1, §7.4): answer a Close frame with its code; one without a code,
 *     with none. A code that may not be sent is 1002. Send nothing after a Close frame. Then call
 *     shutdown(SHUT_WR), and read on until the client ends too, for 2 s at most: to close() a
 *     socket with unread bytes sends a reset (RST), which may destroy the Close frame.
 *     See: the browser's onclose has wasClean true, and your code.
 *
 * With --strict the grader also starts it with --max-message BYTES: the limit of step 9.
 */
#include <errno.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    (void)argc, (void)argv;
    return 0;
}
