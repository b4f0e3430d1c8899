"""
peers - raw clients that know how to misbehave, and what they do with a server together

A Peer is a raw client that may also send for ever, read nothing, or vanish.
"""
import contextlib
import pathlib
import re
import selectors
import time
import traceback

from .servers import MIB, Target
from .waiting import PATIENCE, wait_until
from .wire import CLOSE, PING, PONG, TEXT, Client, Frame, close, frame


class Peer(Client):
    """A client that answers pings while it reads, and knows how to misbehave."""

    def __init__(self, server, **kwargs):
        self.since = server.log_size()  # ports are used again, and addresses with them
        super().__init__(server.port, **kwargs)
        self.server = server
        self.flooded = 0  # bytes

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # well

    def read_next(self, *opcodes):
        """The next frame of one of these kinds; those before it are passed over."""
        while True:
            got = self.read_frame()
            if got.opcode == PING:
                self.send(frame(PONG, got.payload))
            if got.opcode in opcodes:
                return got

    def read_close(self):
        """Whatever was said before, and the close frame after it; then the stream must end."""
        got = self.read_next(CLOSE)
        assert self.read_to_end() == b""
        return got

    def leave(self):
        self.send(close(1000))
        assert self.read_close() == Frame(CLOSE, (1000).to_bytes(2, "big"))
        self.close()

    # badly

    def try_send(self, data):
        """Sends what the socket takes now, if it is there at all."""
        self.socket.setblocking(False)
        with contextlib.suppress(OSError):
            self.socket.send(data)

    def flood(self, data):
        """Sends the same over and over, until the socket takes no more for now; next time goes on
        from there. False if the connection has ended."""
        self.socket.setblocking(False)
        data = memoryview(data)
        try:
            while True:
                self.flooded += self.socket.send(data[self.flooded % len(data):])
                assert self.flooded < 1024 * MIB, "the server takes it all, and has no bound"
        except BlockingIOError:
            return True
        except OSError:
            return False

    def flood_until_ended(self, data):
        wait_until(lambda: not self.flood(data), f"the server ends {self.address}")

    def glance(self, count=1 << 16):
        """Receives what is there; False at the end, however it comes."""
        self.socket.setblocking(False)
        try:
            data = self.socket.recv(count)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.got += data
        return bool(data)


def connect(server, **kwargs):
    """A client that has shaken hands and has been let in: its ping is answered."""
    peer = Peer(server, **kwargs)
    peer.upgrade()
    peer.send(frame(PING, b"in?"))
    peer.read_next(PONG)
    return peer


def exchange(sender, data, expected):
    """Sends data, while each peer in expected receives so many bytes: {peer: count}. Returns
    {peer: bytes}. Without reading at the same time, both sides would wait for each other."""
    data = memoryview(data)
    end = time.monotonic() + 5 * PATIENCE
    with selectors.DefaultSelector() as selector:
        for peer in {sender, *expected}:
            selector.register(peer.socket, selectors.EVENT_READ, peer)
        selector.modify(sender.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, sender)
        while data or any(len(peer.got) < count for peer, count in expected.items()):
            assert time.monotonic() < end, {p.address: len(p.got) for p in expected}
            for key, events in selector.select(1):
                if events & selectors.EVENT_READ:
                    assert key.data.glance(), f"ended: {key.data.server.log()[-1000:]}"
                if events & selectors.EVENT_WRITE:
                    key.fileobj.setblocking(False)
                    data = data[key.fileobj.send(data):]
                    if not data:
                        selector.modify(sender.socket, selectors.EVENT_READ, sender)
    return {peer: peer.read(count) for peer, count in expected.items()}


# ------------------------------------------------------------------------------------ read by read


def has_been_read(client):
    """Has the server read all that was sent? /proc/net/tcp has a line for its end of the connection,
    whose rx_queue says what it has not."""
    mine, its = client.socket.getsockname()[1], client.socket.getpeername()[1]
    line = re.search(rf":{its:04X} [0-9A-F]+:{mine:04X} [0-9A-F]+ [0-9A-F]+:([0-9A-F]+)",
                     pathlib.Path("/proc/net/tcp").read_text())
    return line is None or int(line[1], 16) == 0


def send_in_reads(client, pieces):
    """Sends each piece when the one before has been read: so many pieces, so many reads."""
    for piece in pieces:
        client.send(piece)
        wait_until(lambda: has_been_read(client), "the server to read")


# ------------------------------------------------------------------------------------ as good as new


def check_chat(server):
    """Two clients talk, as people do: lesson 3 tells everyone, lesson 2 only whoever said it. What
    others say meanwhile must be binary."""
    with connect(server) as ann, connect(server) as bob:
        for speaker, words in (ann, b"hello"), (bob, "grüß dich".encode()), (ann, b""):
            speaker.send(frame(TEXT, words))
            for listener in {speaker} if server.lesson == 2 else {ann, bob}:
                assert listener.read_next(TEXT) == Frame(TEXT, words)
        for peer in ann, bob:
            peer.leave()


def check_recovered(server):
    """Whatever was done to it, it is as good as new; and it stops as it should."""
    check_chat(server)
    server.wait_settled()
    check_chat(server)
    server.stop()


@contextlib.contextmanager
def survivor(lesson, *options, **settings):
    """A server that is to be abused; afterwards it must be as good as new."""
    server = Target(lesson, *options, **settings)
    try:
        yield server
        check_recovered(server)
    finally:
        server.kill()


def explain(error):
    """What went wrong, and where: for scripts, which have no pytest to say it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({place.name}: {place.line})"
