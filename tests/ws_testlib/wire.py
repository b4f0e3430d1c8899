"""
wire - HTTP heads and WebSocket frames as bytes, and a client that sends them as it is told

A library would refuse to send most of what a server must be tested with. This client adds no rule of
its own: any bits, any lengths, cut anywhere. It is strict only in what it reads: a frame from a
server that breaks RFC 6455 fails the test wherever it turns up.

Every read has a deadline, so that a server which says nothing fails a test and does not hang it.
"""
import base64
import hashlib
import re
import select
import socket
import struct
import time
from dataclasses import dataclass, field

from .waiting import MOMENT, PATIENCE

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the sample of RFC 6455 §1.3
MASK = bytes.fromhex("37fa213d")  # the sample of RFC 6455 §5.7


# ------------------------------------------------------------------------------------ writing HTTP

def head(request_line, *header_lines, eol="\r\n"):
    """The bytes of a request head, up to and with the blank line."""
    return (eol.join([request_line, *header_lines]) + eol * 2).encode("utf-8")


def handshake(line="GET / HTTP/1.1", *, drop=(), add=(), eol="\r\n", **changed):
    """An opening handshake (RFC 6455 §4.1) that is right but for what is dropped, changed or added.

    Headers are changed by name, host="example.org"; sec_websocket_key stands for Sec-WebSocket-Key.
    """
    headers = {"Host": "localhost", "Upgrade": "websocket", "Connection": "Upgrade",
               "Sec-WebSocket-Key": KEY, "Sec-WebSocket-Version": "13"}
    by_python_name = {name.lower().replace("-", "_"): name for name in headers}
    for name, value in changed.items():
        headers[by_python_name[name]] = value
    lines = [f"{name}: {value}" for name, value in headers.items() if name not in drop]
    return head(line, *lines, *add, eol=eol)


def accept_key(key):
    """Sec-WebSocket-Accept by RFC 6455 §4.2.2, step 5.4."""
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


# ---------------------------------------------------------------------------------- writing frames

def mask(payload, key=MASK):
    """RFC 6455 §5.3, in one step for the whole payload."""
    n = len(payload)
    pad = (key * (n // 4 + 1))[:n]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(n, "big")


def frame(opcode, payload=b"", *, fin=True, rsv=0, key=MASK, announced=None, length_bytes=None):
    """A client's frame (RFC 6455 §5.2).

    key=None leaves it unmasked. announced is the length it claims to have, if that is not the
    payload's. length_bytes chooses the form of the length: 0, 2 or 8 bytes after the first two.
    """
    length = len(payload) if announced is None else announced
    if length_bytes is None:
        length_bytes = 0 if length < 126 else 2 if length < 65536 else 8
    seven_bits = {0: length, 2: 126, 8: 127}[length_bytes]
    first_two = bytes([fin << 7 | rsv << 4 | opcode, (key is not None) << 7 | seven_bits])
    extended = length.to_bytes(length_bytes, "big") if length_bytes else b""
    body = payload if key is None else key + mask(payload, key)
    return first_two + extended + body


def text(words, **bits):
    return frame(TEXT, words.encode(), **bits)


def close(code=None, reason=b""):
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def fragments(opcode, pieces):
    """A message in as many frames as there are pieces (RFC 6455 §5.4)."""
    last = len(pieces) - 1
    return [frame(opcode if i == 0 else CONTINUATION, piece, fin=i == last)
            for i, piece in enumerate(pieces)]


# ----------------------------------------------------------------------------------------- reading

@dataclass
class Response:
    status: int
    phrase: str
    headers: dict  # name in lower case -> list of values
    body: bytes = b""
    raw: bytes = field(default=b"", repr=False)

    def header(self, name):
        """The value of a header that must be there exactly once."""
        values = self.headers.get(name.lower(), [])
        assert len(values) == 1, f"{name} is there {len(values)} times in {self.raw!r}"
        return values[0]

    @property
    def text(self):
        return self.body.decode("utf-8")


@dataclass
class Frame:
    opcode: int
    payload: bytes
    fin: bool = True

    @property
    def code(self):
        """The code of a close frame; None if it has none."""
        assert self.opcode == CLOSE, f"this is no close frame: {self}"
        assert len(self.payload) != 1, "a close frame with a body of one byte (RFC 6455 §5.5.1)"
        return struct.unpack("!H", self.payload[:2])[0] if self.payload else None

    @property
    def reason(self):
        assert self.opcode == CLOSE, f"this is no close frame: {self}"
        return self.payload[2:].decode("utf-8")


class Ended(AssertionError):
    """The server has ended the stream, and more was expected."""


class Client:
    """A TCP connection to a server under test."""

    def __init__(self, port, host="127.0.0.1", receive_buffer=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:  # to be set before connect(): it decides the TCP window
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.address = "{}:{}".format(*self.socket.getsockname()[:2])
        self.got = bytearray()  # received, and not yet asked for

    # sending

    def send(self, *pieces):
        """Sends everything in one go: as few segments as TCP can make of it."""
        self.socket.settimeout(PATIENCE)
        self.socket.sendall(b"".join(pieces))

    def send_apart(self, *pieces, pause=0.002):
        """Sends the pieces in segments of their own, with time between for the server to read each."""
        for i, piece in enumerate(pieces):
            if i:
                time.sleep(pause)
            self.send(piece)

    def send_bytewise(self, data):
        for i in range(len(data)):
            self.send(data[i:i + 1])

    def send_what_is_taken(self, data):
        """Sends as much as goes out without waiting; returns how many bytes that were."""
        self.socket.setblocking(False)
        try:
            return self.socket.send(data)
        except BlockingIOError:
            return 0

    def finish(self):
        """Sends a FIN: there is nothing more to come from here."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """Ends the connection as a crash or a pulled cable does: with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self):
        self.socket.close()

    # receiving

    def _receive(self, deadline, wanted):
        """Waits for more bytes; False at the end of the stream."""
        self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            data = self.socket.recv(1 << 18)
        except socket.timeout:
            raise AssertionError(f"waited in vain for {wanted}; so far: {bytes(self.got[:200])!r}")
        self.got += data
        return len(data) > 0

    def read(self, n, patience=PATIENCE):
        deadline = time.monotonic() + patience
        while len(self.got) < n:
            if not self._receive(deadline, f"{n} bytes"):
                raise Ended(f"the server ended the stream; {n} bytes were expected, "
                            f"{bytes(self.got[:200])!r} came")
        data = bytes(self.got[:n])
        del self.got[:n]
        return data

    def read_to_end(self, patience=PATIENCE):
        """All that comes until the server's FIN; a reset is an error."""
        deadline = time.monotonic() + patience
        while self._receive(deadline, "the end of the stream"):
            pass
        data = bytes(self.got)
        self.got.clear()
        return data

    def is_ended(self, patience=PATIENCE):
        """Waits until the server has ended the connection, by FIN or RST; drops what it sent."""
        deadline = time.monotonic() + patience
        try:
            while self._receive(deadline, "the end of the connection"):
                self.got.clear()
        except ConnectionError:
            pass
        return True

    def assert_silent(self, moment=MOMENT):
        """Nothing has come, and nothing comes for a moment: neither bytes nor the end."""
        assert not self.got, f"nothing was expected, {bytes(self.got[:200])!r} came"
        self.socket.settimeout(moment)
        try:
            data = self.socket.recv(4096)
        except socket.timeout:
            return
        raise AssertionError(f"nothing was expected, {data!r} came" if data else
                             "nothing was expected, the server ended the stream")

    def has_something(self, moment):
        """Is there anything to read, or does something come within a moment?"""
        return bool(self.got) or bool(select.select([self.socket], [], [], moment)[0])

    def read_response(self, patience=PATIENCE, to_head=False):
        """An HTTP response: the head, and as much of a body as Content-Length says."""
        deadline = time.monotonic() + patience
        while b"\r\n\r\n" not in self.got:
            if not self._receive(deadline, "a response head"):
                raise Ended(f"the server ended the stream within the head: {bytes(self.got)!r}")
        raw = self.read(self.got.index(b"\r\n\r\n") + 4)
        status_line, *lines = raw[:-4].decode("latin-1").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.1 (\d{3}) (.+)", status_line)
        assert match, f"not a status line (RFC 9112 §4): {status_line!r}"
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            assert colon and re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name), f"a header? {line!r}"
            headers.setdefault(name.lower(), []).append(value.strip(" \t"))
        response = Response(int(match[1]), match[2], headers, raw=raw)
        if response.status != 101 and not to_head:
            response.body = self.read(int(response.header("Content-Length")), patience)
        return response

    def read_frame(self, patience=PATIENCE):
        """A frame of the server's; it must keep all rules of RFC 6455 §5 for a server's frames."""
        first, second = self.read(2, patience)
        assert first & 0x70 == 0, f"RSV bits in a server's frame (§5.2): {first:#04x}"
        assert second & 0x80 == 0, "a server must not mask (§5.1)"
        opcode, length = first & 0x0F, second & 0x7F
        assert opcode in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG), f"reserved opcode {opcode}"
        if length >= 126:
            size, least = (2, 126) if length == 126 else (8, 65536)
            length = int.from_bytes(self.read(size, patience), "big")
            assert length >= least, f"length {length} is not in its shortest form (§5.2)"
            assert opcode < CLOSE, "a control frame has at most 125 bytes (§5.5)"
        assert first & 0x80 or opcode < CLOSE, "a control frame may not be fragmented (§5.5)"
        return Frame(opcode, self.read(length, patience), bool(first & 0x80))

    def read_frame_or_end(self, patience=PATIENCE):
        """A frame, or None when the server has ended the connection between two frames."""
        if not self.got:
            try:
                if not self._receive(time.monotonic() + patience, "a frame or the end"):
                    return None
            except ConnectionError:
                return None
        return self.read_frame(patience)

    def read_frames_to_end(self, patience=PATIENCE):
        frames = []
        while (frame := self.read_frame_or_end(patience)) is not None:
            frames.append(frame)
        return frames

    def read_frames(self, count, patience=PATIENCE):
        return [self.read_frame(patience) for _ in range(count)]

    # both

    def upgrade(self, request=None, *early):
        """Shakes hands; what is in early goes out together with the request."""
        self.send(request or handshake(), *early)
        response = self.read_response()
        assert response.status == 101, f"{response.status} {response.phrase}: {response.text}"
        return response

    def assert_closed_for(self, code, section=r"RFC 6455 §\d"):
        """The next frame closes for a fault, with a reason in words; then comes the FIN."""
        frame = self.read_frame()
        assert frame.opcode == CLOSE, f"close {code} was expected, {frame} came"
        assert frame.code == code, f"{frame.code}: {frame.reason}"
        assert re.search(section, frame.reason), f"no {section} in {frame.reason!r}"
        assert re.search(r"[a-z]{3,} [a-zA-Z]{2,}", frame.reason), f"no words: {frame.reason!r}"
        assert self.read_to_end() == b"", "nothing may follow a close frame (§5.5.1)"

    def assert_alive(self, words="are you there?"):
        """The next message is answered, so the server has gone on reading."""
        self.send(text(words))
        assert self.read_frame() == Frame(TEXT, words.encode())

    def say_goodbye(self, code=1000):
        """The close handshake to its end (RFC 6455 §7.1.1): the server ends the stream first."""
        self.send(close(code))
        assert self.read_frame().code == code
        assert self.read_to_end() == b""
        self.close()
