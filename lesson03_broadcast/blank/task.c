/*
 * Lesson 3 from a blank file: a chat room. Every message goes, unchanged, to every client.
 *
 *     make check-blank03                        grades it
 *     make check-blank03 CHECK='-k --strict'    grades everything that is named here
 *
 * Nothing of the course's code is used: POSIX sockets and threads, and from OpenSSL's libcrypto
 * only EVP_Digest() with EVP_sha1(), and EVP_EncodeBlock(). Sections without another name are of
 * RFC 6455. You may begin with a copy of your own blank02.c: what it does, this server does too,
 * except that it does not echo. The command line and the one line that it prints are the same.
 *
 * Build it in this order. Each step says what you will see when it works.
 *
 *  1. A list of clients, and its mutex. Put a client into it before its 101 goes out: a client
 *     that has read its 101 must miss nothing. Take it out before you close its socket, however
 *     the conversation ended.
 *     See: two browser tabs connect, one is closed, and the other goes on.
 *  2. Broadcast: send each message once to every client in the list, the sender too. Two threads
 *     may broadcast at the same time. All clients get all messages in one order, and no frame
 *     stands within another (§5.4), not even a pong. Control frames concern only their sender.
 *     See: what one tab says, both show, in the same order.
 *  3. Nobody waits for a client that does not read: never wait in send() while you hold the
 *     lock, or while others wait for you. Keep what a socket does not take at once (MSG_DONTWAIT)
 *     in a queue of that client's own. A thread sends it when there is room: the client's, or one
 *     for all. Half a frame may have gone out; then the rest of it goes first.
 *     See: stop a listening client with Ctrl-Z; the others do not notice. Type fg, and it gets
 *     everything that it has missed.
 *  4. The queue has a limit: 4 MiB for each client, --max-backlog BYTES. Evict a client that
 *     exceeds it: shut down its connection. 4 MiB is enough for a message of 1 MiB, and for a
 *     pause of some seconds.
 *     See: stop a client with Ctrl-Z and send 10 MiB: that client is evicted, and the server's
 *     memory stops growing.
 *  5. Keepalive (§5.5.2): send a ping to a client that has sent nothing for 20 s,
 *     --ping-interval SECONDS. If it sends nothing for as long again, end the connection with
 *     1011. Any byte counts as an answer.
 *     See: --ping-interval 1, and a client with nc: 89 00 after one second, the end after
 *     another.
 *  6. An orderly stop (§7.4.1): on SIGINT and SIGTERM, send every client a Close frame with
 *     1001, behind what is waiting for it, and never in the middle of a frame. The server ends
 *     with status 0, within 3 s, whatever the clients do. Each client's own thread sends the
 *     Close frame: how do you wake them all?
 *     See: Ctrl-C, and both tabs' onclose says 1001.
 *
 * There may be no data race: make check-blank03 SAN=thread reports any.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
