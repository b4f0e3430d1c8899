"""
One says more than others can take. It waits for them: nobody who reads is evicted for what somebody
else says. But nobody waits for those who do not read at all.
"""
import time

import pytest
from ws_testlib.peers import connect, survivor
from ws_testlib.servers import SLOW, backlog
from ws_testlib.waiting import wait_until
from ws_testlib.wire import BINARY, TEXT, frame

MAX_BACKLOG = 1 << 20
LARGE = MAX_BACKLOG // 4  # bytes of a message of the flood
RATE = 4_000_000  # bytes that a reader reads in a second: together they take far more than the backlog
TOTAL = 24_000_000  # ... and more than what the sockets hold: 5 to 10 MB


class Reader:
    """Reads steadily, a little at a time, and never more than its rate."""

    def __init__(self, server):
        self.peer = connect(server, receive_buffer=65536)
        self.count = 0
        self.last = b""
        self.start = time.monotonic()

    def read(self):
        allowed = int((time.monotonic() - self.start) * RATE) - self.count
        if allowed > 0:
            assert self.peer.glance(min(allowed, 65536)), "it has been evicted"
            self.count += len(self.peer.got)
            self.last = (self.last + self.peer.got)[-100:]
            self.peer.got.clear()

    def has_read(self, words):
        """Reads, and tells whether the last that has come ends with these."""
        self.read()
        return self.last.endswith(words)


def wire_size(payload):
    return len(frame(BINARY, payload)) - 4  # a server does not mask


def flood(server, flooders, others, expected):
    """All flooders say what they have to, all others read; until everyone has got so many bytes."""
    message = frame(BINARY, bytes(LARGE))
    each = TOTAL // flooders // len(message)
    loud = [connect(server) for _ in range(flooders)]
    heard = dict.fromkeys(loud, 0)
    goal = expected + flooders * each * wire_size(bytes(LARGE))
    left = {peer: memoryview(message * each) for peer in loud}
    end = time.monotonic() + 60 * SLOW
    while min(*heard.values(), *(reader.count for reader in others), goal) < goal:
        assert time.monotonic() < end, f"stalled: {list(heard.values())}, {[r.count for r in others]} of {goal}"
        for peer in loud:
            if left[peer]:
                peer.socket.setblocking(False)
                try:
                    left[peer] = left[peer][peer.socket.send(left[peer]):]
                except BlockingIOError:
                    pass
            assert peer.glance(), "a flooder has been evicted, although it reads"
            heard[peer] += len(peer.got)
            peer.got.clear()
        for reader in others:
            reader.read()
        time.sleep(0.001)
    for peer in loud:
        peer.leave()


@pytest.mark.parametrize("flooders", [1, 6])
def test_nobody_who_reads_is_evicted_for_a_flood(flooders):
    with survivor(3, "--ping-interval", 600, *backlog(MAX_BACKLOG)) as server:
        readers = [Reader(server) for _ in range(3)]
        flood(server, flooders, readers, 0)
        assert server.evicted() == 0
        for reader in readers:
            reader.peer.leave()


@pytest.mark.parametrize("go", ["reset", "close"])
def test_nobody_is_evicted_for_those_who_flood_and_go(go):
    """Whose connection has ended could say at once all that it has sent. It is not heard any more."""
    with survivor(3, "--ping-interval", 600, *backlog(MAX_BACKLOG)) as server:
        readers = [Reader(server) for _ in range(3)]
        for _ in range(20):
            peer = connect(server)
            peer.try_send(frame(BINARY, bytes(LARGE)) * 8)
            getattr(peer, go)()
            for reader in readers:
                reader.read()
        with connect(server) as speaker:
            speaker.send(frame(TEXT, b"the last words"))
            wait_until(lambda: all([reader.has_read(b"the last words") for reader in readers]), "all have heard",
                       60 * SLOW)
            speaker.leave()
        assert server.evicted() == 0
        for reader in readers:
            reader.peer.leave()


def test_nobody_waits_for_those_who_do_not_read():
    """They are evicted as ever; the flood goes on, and the others hear all of it."""
    with survivor(3, "--ping-interval", 600, *backlog(MAX_BACKLOG)) as server:
        deaf = [connect(server, receive_buffer=4096) for _ in range(3)]
        flood(server, 1, [Reader(server)], 0)
        assert server.evicted() == len(deaf)
        server.wait_log("evicted: it does not read: more than --max-backlog", len(deaf))
        for peer in deaf:
            peer.close()


def test_who_takes_nothing_of_little_is_evicted_in_the_end():
    """A backlog has a deadline as well as a size. It answers pings, so it is not silent."""
    with survivor(3, "--ping-interval", 0.75 * SLOW, *backlog(16 << 20)) as server:
        with connect(server, receive_buffer=4096) as deaf, connect(server) as speaker:
            # too little for the backlog's size, but more than the sockets hold
            for _ in range(16):
                speaker.send(frame(BINARY, bytes(512 * 1024)))
                speaker.read_next(BINARY)
            end = time.monotonic() + 30 * SLOW
            while server.evicted() == 0:
                assert time.monotonic() < end, "it may stay for ever"
                deaf.try_send(frame(0xA))
                speaker.send(frame(TEXT, b"?"))
                speaker.read_next(TEXT)
                time.sleep(0.05)
            server.wait_log(f"{deaf.address} closed 1006, evicted: it does not read what it is sent", since=deaf.since)
            speaker.leave()
