#!/usr/bin/env python3
"""hostile - a server that would harm its grader: what the grader must survive, one thing at a time

    hostile.py KIND --port N        KIND is a function below: length, huge, endless_head ...

A student's server may send anything at all by mistake. The grader stays within its memory and its time,
and says what came. It is a WebSocket server as far as it must be to be graded so far.
"""
import base64
import hashlib
import re
import socket
import sys
import threading
import time

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MUCH = bytes(1 << 20)


def upgrade(client, request):
    key = re.search(rb"Sec-WebSocket-Key: (\S+)", request)
    if key is None:
        client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return False
    accept = base64.b64encode(hashlib.sha1(key[1] + GUID).digest())
    client.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n")
    return True


def again_and_again(client, what):
    while True:
        client.sendall(what)


def after_a_frame(client, request, what):
    """Upgraded, and answered with this."""
    if upgrade(client, request) and client.recv(4096):
        client.sendall(what)
        client.recv(4096)


# ------------------------------------------------------------------------------------------ the kinds

def length(client, request):
    """A fragment whose length and header together are 0 in 64 bits."""
    after_a_frame(client, request, b"\x01\x7f" + b"\xff" * 7 + b"\xf6")


def close_length(client, request):
    """The same in a Close frame, and in a ping."""
    after_a_frame(client, request, b"\x89\x7f" + b"\xff" * 7 + b"\xf6" + b"\x88\x7f" + b"\xff" * 7 + b"\xf6")


def huge(client, request):
    """A frame of 2^62 bytes, which begin to come."""
    if upgrade(client, request) and client.recv(4096):
        client.sendall(b"\x82\x7f\x40" + bytes(7))
        again_and_again(client, MUCH)


def flood(client, request):
    """Bytes as fast as they go, although nobody has asked for any."""
    if upgrade(client, request):
        again_and_again(client, MUCH)


def pongs(client, request):
    if upgrade(client, request):
        again_and_again(client, b"\x8a\x00" * 50000)


def messages(client, request):
    if upgrade(client, request):
        again_and_again(client, b"\x81\x05Hello" * 10000)


def fragments(client, request):
    if upgrade(client, request):
        again_and_again(client, b"\x01\x00" + b"\x00\x00" * 50000)


def endless_head(client, _):
    client.sendall(b"HTTP/1.1 101 Switching Protocols\r\n")
    again_and_again(client, b"X-Filler: 0123456789\r\n" * 1000)


def dripping_head(client, _):
    client.sendall(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        client.sendall(b"X")
        time.sleep(0.02)


def body(client, _):
    """A body that ends where the memory does."""
    client.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"
                   b"Content-Length: 18446744073709551615\r\n\r\n?")


def no_status(client, _):
    """Nothing behind the version but the end of the head."""
    client.sendall(b"HTTP/1.1 \r\n\r\n")


def no_port(client, request):
    """Says that it listens, and the port is missing; see main()."""


def chatter(client, request):
    """Writes to stderr without end; a thread does, see main()."""
    after_a_frame(client, request, b"\x81\x05Hello")


# ---------------------------------------------------------------------------------------------- main

def serve(kind, client):
    try:
        client.settimeout(20)
        request = b""
        while b"\r\n\r\n" not in request:
            more = client.recv(65536)
            if not more:
                return
            request += more
        kind(client, request)
    except OSError:
        pass
    finally:
        client.close()


def main():
    kind = globals()[sys.argv[1]]
    listener = socket.create_server(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])))
    if kind is no_port:
        print("listening on http://127.0.0.1:", flush=True)
    print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
    if kind is chatter:
        threading.Thread(target=lambda: [sys.stderr.write("?" * 100000) for _ in iter(int, 1)], daemon=True).start()
    while True:
        threading.Thread(target=serve, args=(kind, listener.accept()[0]), daemon=True).start()


if __name__ == "__main__":
    main()
