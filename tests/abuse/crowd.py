"""
crowd - many clients of one chat, a few of whom never read

The healthy ones talk as fast as the chat goes: each of the speakers has a number of messages under
way, and says the next one when it has heard one of its own. All of them must hear the same bytes:
whoever hears a byte first sets the order for all others. The deaf ones never read; when one of them
has been evicted, another takes its place.
"""
import select
import selectors
import struct
import time

from ws_testlib.peers import Peer, connect
from ws_testlib.waiting import PATIENCE
from ws_testlib.wire import BINARY, frame

SIZE = 1024  # bytes of a message
STAMP = struct.Struct("!HIQ")  # speaker, how many it has said before, when: the message's beginning
ON_WIRE = len(b"\x82\x7e..") + SIZE  # with the header that the server gives it


class Crowd:
    def __init__(self, server, listeners, speakers, under_way=16):
        self.server = server
        self.selector = selectors.DefaultSelector()
        self.healthy = [connect(server) for _ in range(listeners)]
        self.speakers = self.healthy[:speakers]
        self.under_way = under_way  # messages of one speaker
        self.said = dict.fromkeys(self.speakers, 0)
        self.own_heard = dict.fromkeys(self.speakers, 0)
        self.to_send = {peer: bytearray() for peer in self.speakers}
        self.heard = dict.fromkeys(self.healthy, 0)  # bytes
        self.first_heard = bytearray()  # what everyone must hear
        self.order = []  # (speaker, number, when it was said) of each message in first_heard
        self.deaf = []
        self.replaced = 0
        for peer in self.healthy:
            peer.socket.setblocking(False)
            self.selector.register(peer.socket, selectors.EVENT_READ, peer)

    def close(self):
        self.set_deaf(0)
        for peer in self.healthy:
            peer.reset()
        self.selector.close()

    # the deaf

    def add_deaf(self):
        peer = Peer(self.server)
        peer.upgrade()
        self.deaf.append(peer)

    def set_deaf(self, count):
        while len(self.deaf) < count:
            self.add_deaf()
        while len(self.deaf) > count:
            self.deaf.pop().reset()

    def replace_evicted(self):
        """An evicted client's connection is reset, and poll() tells that without being asked to."""
        for peer in self.deaf[:]:
            poll = select.poll()
            poll.register(peer.socket, 0)
            if poll.poll(0):
                self.deaf.remove(peer)
                peer.close()
                self.add_deaf()
                self.replaced += 1

    # the healthy

    def speak(self, until):
        """Each speaker says what it may say now, until it has said so many."""
        for index, peer in enumerate(self.speakers):
            out = self.to_send[peer]
            while self.said[peer] < min(until, self.own_heard[peer] + self.under_way):
                stamp = STAMP.pack(index, self.said[peer], time.monotonic_ns())
                out += frame(BINARY, stamp.ljust(SIZE, b"."), key=bytes(4))
                self.said[peer] += 1
            try:
                del out[:peer.socket.send(out) if out else 0]
            except BlockingIOError:
                pass

    def note_order(self):
        """Takes apart what somebody has been the first to hear."""
        while (len(self.order) + 1) * ON_WIRE <= len(self.first_heard):
            start = len(self.order) * ON_WIRE
            header = bytes(self.first_heard[start:start + 4])
            assert header == b"\x82\x7e" + SIZE.to_bytes(2, "big"), header
            self.order.append(STAMP.unpack_from(self.first_heard, start + 4))

    def hear(self, peer, data):
        before = self.heard[peer]
        self.heard[peer] = after = before + len(data)
        known = len(self.first_heard) - before
        assert self.first_heard.startswith(data[:known], before), "not what another has heard"
        if after > len(self.first_heard):
            self.first_heard += data[known:]
            self.note_order()
        if peer in self.own_heard:
            index = self.speakers.index(peer)
            self.own_heard[peer] += sum(1 for speaker, _, _ in self.order[before // ON_WIRE:
                                                                          after // ON_WIRE]
                                        if speaker == index)
        return before // ON_WIRE, after // ON_WIRE

    def listen(self, timeout=0.01):
        """Everyone hears what has come. Yields, for each: the messages from, to."""
        for key, _ in self.selector.select(timeout):
            data = key.fileobj.recv(1 << 18)
            assert data, f"a healthy client has been cut off: {self.server.log()[-1000:]}"
            yield self.hear(key.data, data)

    def is_all_heard(self):
        total = sum(self.said.values()) * ON_WIRE
        return all(count == total for count in self.heard.values())

    def finish(self):
        """Nobody says any more, and everyone hears the rest."""
        end = time.monotonic() + PATIENCE
        while not self.is_all_heard():
            assert time.monotonic() < end, "they do not all hear the rest"
            self.speak(0)
            yield from self.listen()
