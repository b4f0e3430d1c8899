"""
sessions - what clients do with a server while calls fail in it, and what must hold for each of them

    Peer      one connection: sends what its steps say, keeps all that it gets, judges nothing
    session   a whole visit of several peers: page, refusals, WebSockets from handshake to close
    judge     who was served in full, and who may not have been

A peer that was not served in full must have had a clean end: a whole 503 or 408, or a close frame with 1011,
or just the end of the stream; and before that nothing but a beginning of what was due. Never a byte
that does not belong there.
"""
import re
import select
import socket
import struct
import time
from collections import deque

from served import Failed
from ws_testlib import wire
from ws_testlib.waiting import PATIENCE

LARGE = 64 * 1024


class Peer:
    """One connection. step() is called when it begins and whenever something has come."""

    def __init__(self, server, name):
        self.name = name
        try:
            self.socket = server.connect()
        except OSError as why:
            server.check_running()
            raise Failed(f"nobody can connect: {why}") from None
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.out = deque()  # pieces, each sent by itself
        self.got = bytearray()
        self.status, self.headers, self.body = None, {}, None
        self.ended = None  # "FIN" or "RST"
        self.finish_after_out = False

    def fileno(self):
        return self.socket.fileno()

    def send(self, *pieces):
        self.out.extend(bytes(piece) for piece in pieces)

    def write(self):
        try:
            sent = self.socket.send(self.out[0])
        except BlockingIOError:
            return
        except ConnectionError:
            self.out.clear()  # what has come can still be read
            return
        piece = self.out.popleft()
        if sent < len(piece):
            self.out.appendleft(piece[sent:])
        elif not self.out and self.finish_after_out:
            self.finish()

    def finish(self):
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def read(self):
        try:
            data = self.socket.recv(1 << 20)
        except BlockingIOError:
            return
        except ConnectionError:
            return self.end("RST")
        if not data:
            return self.end("FIN")
        self.got += data
        self.take()

    def end(self, how):
        self.ended = how
        self.out.clear()
        self.socket.close()

    def abort(self):
        """The client crashes."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.end("own")

    def take(self):
        """The head of a response, and a body as long as it says."""
        if self.status is None and b"\r\n\r\n" in self.got:
            end = self.got.index(b"\r\n\r\n") + 4
            self.take_head(bytes(self.got[:end]))
            del self.got[:end]

    def take_head(self, raw):
        first, *lines = raw[:-4].decode("latin-1").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.1 (\d{3}) .+", first)
        if not match:
            raise Failed(f"{self.name} has got what is no status line: {raw[:80]!r}")
        self.status = int(match[1])
        self.headers = {name.lower(): value.strip() for name, _, value in
                        (line.partition(":") for line in lines)}

    def step(self):
        pass

    # what became of it

    def is_refused(self):
        """A whole 503, and the end; or a 408, since it had to give way."""
        return (self.status in (408, 503) and self.ended == "FIN"
                and self.headers.get("content-length") == str(len(self.got))
                and self.headers.get("connection") == "close" and b"RFC" in self.got)

    def check_clean(self):
        """Nothing but a beginning of what was due has come."""
        if self.is_refused() or (self.status is None and not self.got):
            return
        raise Failed(f"{self.name} has got {self.status} and {bytes(self.got[:80])!r}, "
                     f"then {self.ended}: neither an answer nor a refusal")


class HttpPeer(Peer):
    """A request and its answer."""

    def __init__(self, server, name, request, status, body, cut=None):
        super().__init__(server, name)
        self.wanted, self.wanted_body = status, body
        self.send(*([request] if cut is None else [request[:cut], request[cut:]]))

    def is_served(self):
        return (self.ended == "FIN" and self.status == self.wanted
                and self.headers.get("content-length") == str(len(self.got))
                and re.search(self.wanted_body, self.got, re.S) is not None)

    def check_clean(self):
        length = int(self.headers.get("content-length", 0))
        if self.status == self.wanted and len(self.got) <= length:
            return  # cut off: the client can tell
        if self.status is None and self.ended:
            return
        super().check_clean()


class SilentPeer(Peer):
    """Opens a connection, says a part of a request or nothing, and goes."""

    def __init__(self, server, name, words=b"", reset=False):
        super().__init__(server, name)
        self.reset = reset
        if words:
            self.send(words)
        self.finish_after_out = not reset

    def write(self):
        super().write()
        if self.reset and not self.out and not self.ended:
            self.abort()

    def is_served(self):
        """There is nothing to serve; at most it is told that it was too slow."""
        return self.status in (None, 408) if self.ended == "FIN" else not self.got

    def check_clean(self):
        if not self.is_served():
            super().check_clean()


class FaultPeer(Peer):
    """A WebSocket that breaks a rule: an upgrade, then a close frame with a certain code."""

    def __init__(self, server, name, frame, code):
        super().__init__(server, name)
        self.code = code
        self.send(wire.handshake() + frame)

    def frames(self):
        return parse_frames(self.got, self.name) if self.status == 101 else []

    def step(self):
        if self.status == 101 and not self.out and self.frames() and not self.ended:
            self.finish()

    def is_served(self):
        frames = self.frames()
        return (self.ended == "FIN" and len(frames) == 1 and frames[0][0] == wire.CLOSE
                and frames[0][1][:2] == struct.pack("!H", self.code))

    def check_clean(self):
        if self.status != 101:
            return super().check_clean()
        for opcode, payload in self.frames():
            if opcode != wire.CLOSE or payload[:2] not in (struct.pack("!H", self.code),
                                                           struct.pack("!H", 1011)):
                raise Failed(f"{self.name} has got frame {opcode} {payload[:40]!r}")


def parse_frames(data, name):
    """All whole frames of a server's in data; strict."""
    frames, at = [], 0
    while True:
        taken = parse_frame(data, at, name)
        if taken is None:
            return frames
        frames.append(taken[:2])
        at = taken[2]


def parse_frame(data, at, name):
    """(opcode, payload, where it ends), or None if it is not there yet."""
    if len(data) - at < 2:
        return None
    first, length, start = data[at], data[at + 1], at + 2
    if first & 0x70 or length & 0x80 or not first & 0x80 or (first & 0x0F) not in (1, 2, 8, 9, 10):
        raise Failed(f"{name} has got garbage where a frame should begin: {bytes(data[at:at + 60])!r}")
    if length >= 126:
        size = 2 if length == 126 else 8
        if len(data) < start + size:
            return None
        length = int.from_bytes(data[start:start + size], "big")
        start += size
    if len(data) < start + length:
        return None
    return first & 0x0F, bytes(data[start:start + length]), start + length


class ChatPeer(Peer):
    """
    A WebSocket from the handshake to the close, alone (lesson 2) or among others (lesson 3).

    First it says hello until it hears itself, so that it is known to be in. When all are, it sends
    its messages, the last of which says that it is done; when it has heard that from everyone who
    has not gone, it closes. How it cuts and paces what it sends differs from peer to peer.
    """

    def __init__(self, server, name, messages, manner="whole"):
        super().__init__(server, name)
        self.messages_to_send = messages
        self.manner = manner
        self.others = [self]  # everyone whom it hears, itself included
        self.hello = (wire.TEXT, f"hello from {name}".encode())
        self.heard, self.pongs = [], []
        self.parsed = 0
        self.close_payload = None
        self.said_hello = self.is_in = self.has_sent = self.said_bye = False
        self.lockstep = deque()
        request = wire.handshake()
        if manner == "whole":
            self.say_hello(request)
        else:
            self.send(request[:40], request[40:])

    # speaking

    def say_hello(self, before=b""):
        self.said_hello = True
        self.send(before + wire.frame(*self.hello))

    def wire_messages(self):
        """The frames of each message; text travels in three pieces with a ping between."""
        for opcode, payload in self.messages_to_send:
            if opcode == wire.TEXT and len(payload) > 100:
                third = len(payload) // 3
                a, b, c = wire.fragments(opcode, [payload[:third], payload[third:-third],
                                                  payload[-third:]])
                yield [a, wire.frame(wire.PING, self.name.encode()), b, c]
            else:
                yield [wire.frame(opcode, payload)]

    def speak(self):
        self.has_sent = True
        messages = list(self.wire_messages())
        if self.manner == "lockstep":
            self.lockstep = deque(messages)
            self.send(*self.lockstep.popleft())
        elif self.manner == "cut":
            for frame in (frame for message in messages for frame in message):
                self.send(frame[:1], frame[1:7], frame[7:])
        else:
            self.send(b"".join(frame for message in messages for frame in message))

    def is_gone(self):
        return self.ended is not None or self.close_payload is not None

    def step(self):
        if self.is_gone():
            if self.close_payload is not None and not self.ended and not self.said_bye:
                self.said_bye = True
                self.send(wire.close(1000))
            return
        if self.status == 101 and not self.said_hello:
            self.say_hello()
        if self.lockstep and len([m for m in self.heard if m in self.messages_to_send]) \
                + len(self.lockstep) >= len(self.messages_to_send):
            self.send(*self.lockstep.popleft())
        present = [other for other in self.others if not other.is_gone()]
        if not self.has_sent and all(other.is_in for other in present):
            self.speak()
        if self.has_sent and not self.said_bye and self.has_heard_everyone():
            self.said_bye = True
            self.send(wire.close(1000, b"bye"))

    def has_heard_everyone(self):
        """Whoever goes before he has heard himself to the end is not waited for."""
        return all(other.messages_to_send[-1] in self.heard for other in self.others
                   if not other.is_gone() or other.messages_to_send[-1] in other.heard)

    # listening

    def take(self):
        super().take()
        if self.status is not None and self.status != 101:
            return
        if self.status is None:
            return
        while True:
            taken = parse_frame(self.got, self.parsed, self.name)
            if taken is None:
                break
            self.take_frame(*taken[:2])
            self.parsed = taken[2]
        del self.got[:self.parsed]
        self.parsed = 0

    def take_frame(self, opcode, payload):
        if self.close_payload is not None:
            raise Failed(f"{self.name} has got a frame after the close frame")
        if opcode == wire.CLOSE:
            self.close_payload = payload
        elif opcode == wire.PING:
            self.send(wire.frame(wire.PONG, payload))
        elif opcode == wire.PONG:
            self.pongs.append(payload)
        elif payload.startswith(b"hello from "):
            self.is_in = self.is_in or (opcode, payload) == self.hello
        else:
            self.heard.append((opcode, payload))

    # judging

    def is_served(self):
        own = [m for m in self.heard if m in self.messages_to_send]
        pings = sum(opcode == wire.TEXT and len(payload) > 100
                    for opcode, payload in self.messages_to_send)
        return (self.ended == "FIN" and not self.got and own == self.messages_to_send
                and self.pongs == [self.name.encode()] * pings
                and self.close_payload == struct.pack("!H", 1000) and self.hears_all())

    def hears_all(self):
        """Whoever was served in full himself has been heard in full."""
        return all(message in self.heard for other in self.others
                   if other.close_payload == struct.pack("!H", 1000) and other.said_bye
                   for message in other.messages_to_send)

    def check_order(self):
        for other in self.others:
            theirs = [m for m in self.heard if m in other.messages_to_send]
            if theirs != other.messages_to_send[:len(theirs)]:
                raise Failed(f"{self.name} has heard {other.name} with gaps or out of order")

    def check_clean(self):
        if self.status != 101:
            return super().check_clean()
        known = {message for other in self.others for message in other.messages_to_send}
        for opcode, payload in self.heard:
            if (opcode, payload) not in known:
                raise Failed(f"{self.name} has heard what nobody said: {payload[:60]!r}")
        if self.got and not any(wire.frame(*message, key=None).startswith(self.got)
                                for message in known):
            raise Failed(f"{self.name} was cut off within a frame that is not due: "
                         f"{bytes(self.got[:40])!r}... {len(self.got)} bytes")
        if self.close_payload is not None and not self.is_proper_close():
            raise Failed(f"{self.name} was closed with {self.close_payload!r}")

    def is_proper_close(self):
        """The answer to our close, or 1001 or 1011 with words and where they are from."""
        code = int.from_bytes(self.close_payload[:2], "big")
        words = self.close_payload[2:].decode("utf-8")
        return (code == 1000 and not words) or \
            (code in (1001, 1011) and re.search(r"\w+ \w+.*\(RFC \d+ §", words) is not None)


class DumpPeer(Peer):
    """Lesson 1: a WebSocket on which the server says nothing any more."""

    def __init__(self, server, name, early, late):
        super().__init__(server, name)
        self.late, self.bytes = late, len(early) + sum(map(len, late))
        self.send(wire.handshake() + early)
        self.finished = False

    def step(self):
        if self.status == 101 and not self.finished and not self.ended:
            self.finished = True
            self.finish_after_out = True
            self.send(*self.late)

    def is_served(self):
        return self.status == 101 and not self.got and self.ended == "FIN" and self.finished

    def check_clean(self):
        if self.status != 101:
            return super().check_clean()
        if self.got:
            raise Failed(f"{self.name} has got bytes after 101: {bytes(self.got[:60])!r}")


# ------------------------------------------------------------------------------------- the pump

def pump(server, peers, done=None):
    """Lets the peers talk until all have come to their end, or done() says so."""
    deadline = time.monotonic() + PATIENCE
    while True:
        for peer in peers:
            peer.step()
        open_ones = [peer for peer in peers if not peer.ended]
        if not open_ones or (done is not None and done()):
            return
        speakers = [peer for peer in open_ones if peer.out]
        ready, writable, _ = select.select(open_ones, speakers, [],
                                           max(deadline - time.monotonic(), 0))
        if not ready and not writable:
            server.check_running()
            raise Failed(f"a hang: after {PATIENCE} s nothing more comes for "
                         f"{', '.join(peer.name for peer in open_ones)}")
        for peer in writable:
            peer.write()
        for peer in ready:
            if not peer.ended:
                peer.read()


def close_all(peers):
    for peer in peers:
        if not peer.ended:
            peer.end("own")


# ---------------------------------------------------------------------------------- the sessions

GET = wire.head("GET / HTTP/1.1", "Host: localhost")
STATUS = wire.head("GET /status HTTP/1.1", "Host: localhost")
PAGE = rb"<html|<!DOCTYPE|<!doctype"


def messages_of(name, large=LARGE):
    """What a peer says: different for each, so that each message shows whose it is."""
    seed = sum(name.encode())
    return [(wire.TEXT, f"{name}: one, zwei, tr\u00e8s".encode()),
            (wire.BINARY, name.encode() + bytes((i * seed) & 0xFF for i in range(300))),
            (wire.TEXT, f"{name} in pieces: ".encode() + "\u20ac\u00fc.".encode() * 40),
            (wire.BINARY, name.encode() + bytes(range(seed & 0x7F, 256)) * (large // 200)),
            (wire.TEXT, f"{name} is done".encode())]


PRECOMPUTED = {}


def say(name, large=LARGE):
    key = name, large
    if key not in PRECOMPUTED:
        PRECOMPUTED[key] = messages_of(name, large)
    return PRECOMPUTED[key]


def http_peers(server):
    """One after the other; peers that are made in a list comprehension would all be there at once."""
    yield lambda: HttpPeer(server, "page", GET, 200, PAGE, cut=20)
    yield lambda: HttpPeer(server, "missing page", wire.head("GET /no HTTP/1.1", "Host: localhost"),
                           404, rb"RFC")
    yield lambda: HttpPeer(server, "other version", wire.handshake(sec_websocket_version="12"),
                           426, rb"RFC")
    yield lambda: SilentPeer(server, "crash in the head", b"GET / HTTP/1.1\r\nHo", reset=True)
    yield lambda: SilentPeer(server, "gone in the head", b"GET / HTTP/1.1\r\nHo")
    if server.lesson == 3:
        yield lambda: HttpPeer(server, "status", STATUS, 200, rb'^\{"clients":\d+,')
    if server.lesson > 1:
        yield lambda: FaultPeer(server, "not masked", wire.frame(wire.TEXT, b"hello", key=None), 1002)
        yield lambda: FaultPeer(server, "no UTF-8", wire.frame(wire.TEXT, b"a\xff"), 1007)


def chat_peers(server, large=LARGE, names="ABC"):
    manners = ["whole", "lockstep", "cut"]
    peers = [ChatPeer(server, name, say(name, large), manners[i % 3])
             for i, name in enumerate(names)]
    for peer in peers:
        if server.lesson == 3:
            peer.others = peers
    return peers


def session1(server):
    """Lesson 1 serves one at a time, so they come one at a time."""
    peers = []
    for make in http_peers(server):
        peers.append(make())
        pump(server, peers[-1:])
    peers.append(DumpPeer(server, "dump", wire.text("early"), [wire.text("late"), b"x" * 100]))
    pump(server, peers[-1:])
    return peers


def session(server, large=LARGE):
    """A whole visit, first the short ones at the same time, then the long ones."""
    if server.lesson == 1:
        return session1(server)
    short = [make() for make in http_peers(server)]
    pump(server, short)
    chat = chat_peers(server, large)
    pump(server, chat)
    return short + chat


def fresh_visit(server, inside=0):
    """Whoever comes after a fault is served in full; inside: so many others are there."""
    server.check_running()
    peers = [HttpPeer(server, "fresh page", GET, 200, PAGE)]
    pump(server, peers)
    if server.lesson == 1:
        peers.append(DumpPeer(server, "fresh dump", b"", [wire.text("fresh")]))
        pump(server, peers[-1:])
    else:
        peers += chat_peers(server, 2000, ["fresh one", "fresh two"])
        pump(server, peers[1:])
    if server.lesson == 3:
        peers.append(HttpPeer(server, "fresh status", STATUS, 200, rb'^\{"clients":\d+,'))
        pump(server, peers[-1:])
        check_count(peers[-1].got, inside + 2)  # these two may still be on their way out
    judge(peers, [])


def check_count(status, at_most):
    clients = re.match(rb'\{"clients":(\d+),', status)
    if clients and int(clients[1]) > at_most:
        raise Failed(f"{int(clients[1])} clients are counted where there are {at_most} at most")


# ------------------------------------------------------------------------------------- judgement

def unserved(peers):
    for peer in peers:
        peer.check_clean()
        if isinstance(peer, ChatPeer):
            peer.check_order()
    check_one_order([peer for peer in peers if isinstance(peer, ChatPeer)])
    return [peer for peer in peers if not peer.is_served()]


def check_one_order(peers):
    """All hear the same, the one more and the other less of it."""
    for a in peers:
        for b in peers:
            if a in b.others and a.heard[:len(b.heard)] != b.heard[:len(a.heard)]:
                raise Failed(f"{a.name} and {b.name} have not heard the same in the same order")


def describe(peer):
    words = f"{peer.name}: {peer.status}, ended by {peer.ended}"
    if isinstance(peer, ChatPeer):
        words += f", {len(peer.heard)} messages, close {peer.close_payload!r}"
    return words


def judge(peers, may_suffer, at_most=None):
    """Only those who may, and no more than at_most, have not been served in full."""
    suffering = unserved(peers)
    wrongly = [peer for peer in suffering if peer not in may_suffer]
    if wrongly:
        raise Failed("not served, although the fault was elsewhere: "
                     + "; ".join(map(describe, wrongly)))
    if at_most is not None and len(suffering) > at_most:
        raise Failed(f"more than {at_most} not served: " + "; ".join(map(describe, suffering)))
