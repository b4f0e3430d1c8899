/*
 * Lesson 3 from a blank file: a chat room. Every message goes, unchanged, to every client.
 *
 *     make check-blank03                        grades it
 *     make check-blank03 CHECK='-k --strict'    asks for all that is named here
 *
 * Nothing of the course's code is used: POSIX sockets and threads, and from OpenSSL's libcrypto
 * only EVP_Digest() with EVP_sha1(), and EVP_EncodeBlock(). Sections without another name are of
 * RFC 6455. You may begin with a copy of your own blank02.c: what it does, this server does too,
 * except that it does not echo. The command line and the one line that it prints are the same.
 *
 * Build it in this order. Behind each step stands what you can see when it works.
 *
 *  1. A list of clients, and its mutex. A client is put into it before its 101 goes out, so that
 *     whoever has read the 101 misses nothing; and taken out of it before its socket is closed,
 *     however it goes.
 *     See: two browser tabs connect, one is closed, and the other goes on.
 *  2. Broadcast: a message goes to all in the list, the sender too, once to each. Two threads
 *     may broadcast at the same time; all clients get all messages in one order, and no frame
 *     stands within another (§5.4), not even a pong. Control frames concern only their sender.
 *     See: what one tab says, both show, in the same order.
 *  3. Nobody waits for a client that does not read: never wait in send() while you hold the
 *     lock, or while others wait for you. What its socket does not take at once (MSG_DONTWAIT),
 *     waits in a queue of its own, which somebody sends when there is room: the client's thread,
 *     or one thread for all. Half a frame may be out; the rest of it goes first.
 *     See: Ctrl-Z a client that listens; the others do not notice. fg, and it gets all it has
 *     missed.
 *  4. The queue is bounded: 4 MiB for each client, --max-backlog BYTES. A client over it is
 *     evicted, its connection is shut down. 4 MiB is enough for 1 MiB of message, and for a
 *     pause of some seconds.
 *     See: Ctrl-Z a client and talk for 10 MiB: it is gone, and the memory does not grow any
 *     more.
 *  5. Keepalive (§5.5.2): a client that has sent nothing for 20 s, --ping-interval SECONDS, gets
 *     a ping; one that sends nothing for as long again is dropped, with 1011. Any byte is a sign
 *     of life.
 *     See: --ping-interval 1, and a client with nc: 89 00 after one second, the end after
 *     another.
 *  6. An orderly stop (§7.4.1): on SIGINT and SIGTERM, every client gets a Close frame with
 *     1001, behind what is waiting for it, and behind a whole frame. The server ends with status
 *     0, within 3 s whatever the clients do. Each client's own thread says it: how do you wake
 *     them all?
 *     See: Ctrl-C, and both tabs' onclose says 1001.
 *
 * No data race: make check-blank03 SAN=thread builds it so that races are reported.
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
