"""Ten of a hundred never read: the others lose nothing, in one order, and newcomers get in."""
import time

from crowd import Crowd
from ws_testlib.peers import Peer, survivor
from ws_testlib.servers import MIB, SLOW, backlog
from ws_testlib.wire import handshake

DEAF, LISTENERS, SPEAKERS = 10, 90, 4
EACH = 4000  # messages that a speaker says
MAX_BACKLOG = MIB


class Newcomer:
    """Somebody who shakes hands while the others talk."""

    def __init__(self, server):
        self.peer = Peer(server)
        self.peer.send(handshake())

    def is_in(self):
        assert self.peer.glance(), "turned away"
        return b"\r\n\r\n" in self.peer.got


def test_ten_of_a_hundred_never_read():
    with survivor(3, "--ping-interval", 600, *backlog(MAX_BACKLOG)) as server:
        crowd = Crowd(server, LISTENERS, SPEAKERS)
        crowd.set_deaf(DEAF)
        newcomer, handshakes = Newcomer(server), 0
        # a backlog that grows is moved about, hence half as much again
        with server.memory_bounded(1.5 * DEAF * MAX_BACKLOG / MIB):
            end = time.monotonic() + 150 * SLOW
            while set(crowd.said.values()) != {EACH} or not crowd.is_all_heard():
                assert time.monotonic() < end, f"stalled after {len(crowd.order)} messages"
                crowd.speak(until=EACH)
                for _ in crowd.listen():
                    pass
                crowd.replace_evicted()
                if newcomer.is_in():
                    newcomer.peer.reset()
                    newcomer, handshakes = Newcomer(server), handshakes + 1
        newcomer.peer.reset()

        assert len(crowd.order) == SPEAKERS * EACH  # and everyone has heard exactly these
        for speaker in range(SPEAKERS):
            assert [number for who, number, _ in crowd.order if who == speaker] == list(range(EACH))
        assert handshakes > 10  # how long they take is for make stall to measure
        assert crowd.replaced >= DEAF
        assert server.evicted() == crowd.replaced
        assert server.log_count("evicted: it does not read: more than") == crowd.replaced
        crowd.close()
