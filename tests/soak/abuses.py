"""
abuses - what is done to the servers of a soak while others chat

Each abuse is a function of an Abuser: it does its worst for a moment, and makes sure that it gets
the answer that it deserves.
"""
import random
import select
import time
import zlib

from ws_testlib.peers import Peer, connect, exchange, explain
from ws_testlib.servers import SLOW, backlog
from ws_testlib.waiting import PATIENCE, wait_until
from ws_testlib.wire import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Ended, close, frame,
                             handshake, head)

# What the servers are started with.
PING_INTERVAL = 1 * SLOW  # seconds
HANDSHAKE_TIMEOUT = 2 * SLOW
MAX_BACKLOG = 1 << 20
MAX_MEMORY = 48 << 20  # in lesson 2, where nobody has a backlog: those who talk hold little
BOTH = ["--ping-interval", PING_INTERVAL, "--handshake-timeout", HANDSHAKE_TIMEOUT]
OPTIONS = {2: [*BOTH, "--max-memory", MAX_MEMORY], 3: [*BOTH, *backlog(MAX_BACKLOG)]}


class Abuser:
    def __init__(self, number, rng, tokens):
        self.number = number
        self.rng = rng
        self.tokens = tokens  # set by the chat, see wait_for_chat()
        self.last_token = 0
        self.server = None  # whose turn it is

    def wait_for_chat(self, peer):
        """In lesson 3 the healthy clients hear what an abuser says; it goes on when all of them
        have. So the server is abused as hard as it goes, and the healthy are asked for no more than
        they can do. False if the server has ended the abuser meanwhile."""
        self.last_token += 1
        try:
            peer.send(frame(TEXT, b"token %d %d" % (self.number, self.last_token)))
        except OSError:
            return False
        wait_until(lambda: self.tokens[self.number] == self.last_token or is_cut_off(peer),
                   "the chat has heard it", PATIENCE * SLOW)
        return not is_cut_off(peer)


def is_cut_off(peer):
    """Is there no connection any more? Asked without reading what is left."""
    poll = select.poll()
    poll.register(peer.socket, 0)
    return bool(poll.poll(0))


# --------------------------------------------------------------------------------- going away


def reset_storm(abuser):
    upgrade, data = abuser.rng.choice([
        (False, b""), (False, handshake()[:60]), (True, b""), (True, close(1000)),
        (True, frame(BINARY, b"x" * 1000)[:500]), (True, frame(BINARY, b"x" * 1000))])
    for _ in range(5):
        peers = []
        for _ in range(50):
            peers.append(Peer(abuser.server))
            if upgrade:
                peers[-1].upgrade()
            peers[-1].send(data)
        for peer in peers:
            peer.reset()


def leave_anywhere(abuser):
    """A conversation that is cut after any of its bytes, in one of three ways."""
    said = handshake() + frame(TEXT, b"x" * 50) + frame(PING, b"?") + frame(BINARY, b"x" * 300) + \
        frame(TEXT, b"x", fin=False) + frame(CONTINUATION, b"x") + close(1000, b"bye")
    for _ in range(30):
        with Peer(abuser.server) as peer:
            peer.send(said[:abuser.rng.randrange(len(said))])
            how = abuser.rng.choice([peer.close, peer.reset, peer.finish])
            how()
            if how == peer.finish:
                peer.is_ended()


# ---------------------------------------------------------------------------------- slow ones


def heads_that_trickle(abuser):
    said = handshake(add=["X-Slow: " + "a" * 4000])
    all_of_them = waiting = [Peer(abuser.server) for _ in range(100)]
    end = time.monotonic() + HANDSHAKE_TIMEOUT + PATIENCE
    for byte in said:
        for peer in waiting:
            peer.try_send(bytes([byte]))
        time.sleep(0.02)
        waiting = [peer for peer in waiting if peer.glance()]
        assert time.monotonic() < end, f"{len(waiting)} of 100 still wait"
        if not waiting:
            break
    assert all(peer.got.startswith(b"HTTP/1.1 408 ") for peer in all_of_them)
    for peer in all_of_them:
        peer.close()


def frame_that_trickles(abuser):
    with connect(abuser.server) as peer:
        said = frame(BINARY, b"x" * 1000)
        end = time.monotonic() + 10 * PING_INTERVAL + PATIENCE
        while peer.glance(1 << 24):
            assert time.monotonic() < end, "it may go on"
            peer.try_send(said[:1])
            said = said[1:]
            time.sleep(PING_INTERVAL / 4)
        try:
            assert peer.read_next(CLOSE).code == 1008
        except Ended:
            assert abuser.server.lesson == 3  # so much was said that the goodbye came too late


def half_open(abuser):
    """Whoever does not answer pings is told so; or, with much said in the room, is cut off."""
    peers = [connect(abuser.server) for _ in range(10)]
    for peer in peers:
        try:
            while (got := peer.read_frame()).opcode != CLOSE:
                pass
            assert got.code == 1011
        except (OSError, Ended):  # in the middle of a frame, perhaps
            assert abuser.server.lesson == 3
        peer.close()


def crowd_of_silent_heads(abuser):
    """More than may be in their heads at the same time: who is honest gets in all the same."""
    crowd = [Peer(abuser.server) for _ in range(300)]
    with connect(abuser.server) as peer:
        peer.leave()
    for peer in crowd:
        peer.close()


def unfinished_messages(abuser):
    """Begun, and not gone on with; in lesson 2, ten hold more than all together may."""
    size = MAX_BACKLOG // 2 if abuser.server.lesson == 3 else 7 << 20
    peers = [connect(abuser.server) for _ in range(10)]
    for peer in peers:
        try:
            peer.send(frame(BINARY, bytes(size), fin=False))
        except ConnectionError:
            pass  # lesson 2: it held the most; lesson 3: it did not read while another said much
    for peer in abuser.rng.sample(peers, 2):  # the others go at once
        end = time.monotonic() + 10 * PING_INTERVAL + PATIENCE
        while peer.glance(1 << 24) and b"RFC 6455" not in peer.got[-100:]:
            assert time.monotonic() < end, "it may hold that for ever"
            peer.try_send(frame(PONG))
            time.sleep(PING_INTERVAL / 4)
    for peer in peers:
        peer.close()


# -------------------------------------------------------------------------------- never reading


def pongs_that_nobody_reads(abuser):
    with connect(abuser.server, receive_buffer=4096) as peer:
        peer.flood_until_ended(frame(PING, b"?" * 125) * 500)


def echoes_that_nobody_reads(abuser):
    said = frame(BINARY, b"x" * 1000) * 64
    with connect(abuser.server, receive_buffer=4096) as peer:
        if abuser.server.lesson == 2:
            peer.flood_until_ended(said)
            return
        for _ in range(100 * MAX_BACKLOG // len(said)):
            try:
                peer.send(said)
            except OSError:
                return
            if not abuser.wait_for_chat(peer):
                return
        raise AssertionError("the server has no bound")


def answers_pings_but_never_reads(abuser):
    with connect(abuser.server, receive_buffer=4096) as peer:
        end = time.monotonic() + 3 * PING_INTERVAL
        while time.monotonic() < end and not is_cut_off(peer):
            peer.try_send(frame(PONG))
            time.sleep(PING_INTERVAL / 5)
        assert abuser.server.lesson == 3 or not is_cut_off(peer)


def flood(abuser):
    """Much more than the others read in that time: it waits for them, and none of them is evicted."""
    said = frame(BINARY, bytes(MAX_BACKLOG // 4)) * 40
    with connect(abuser.server) as peer:
        exchange(peer, said, {peer: 40 * (MAX_BACKLOG // 4 + 10)})


# --------------------------------------------------------------------------------------- frames


def bad_frames(abuser):
    packed = zlib.compress(bytes(1 << 20))
    said, code = abuser.rng.choice([
        (frame(BINARY, announced=1 << 62), 1009), (frame(BINARY, announced=1 << 63), 1002),
        (frame(TEXT, b"x", fin=False) + frame(CONTINUATION, announced=1 << 62), 1009),
        (frame(TEXT, packed, rsv=4), 1002), (frame(TEXT, b"x", key=None), 1002),
        (frame(11), 1002), (frame(CONTINUATION), 1002), (frame(PING, b"x" * 126), 1002),
        (frame(TEXT, b"\xff"), 1007), (close(1005), 1002)])
    for _ in range(10):
        with connect(abuser.server) as peer:
            peer.send(said)
            assert peer.read_close().code == code


def noise(abuser):
    for _ in range(30):
        with connect(abuser.server) as peer:
            peer.send(abuser.rng.randbytes(abuser.rng.randrange(1, 2000)))
            peer.finish()
            peer.is_ended()


def tiny_messages(abuser):
    with connect(abuser.server) as peer:
        for _ in range(5):
            echoed = 3 * 5000 if abuser.server.lesson == 2 else 0
            received = exchange(peer, frame(TEXT, b"x") * 5000, {peer: echoed})[peer]
            assert received == b"\x81\x01x" * (echoed // 3)
            if abuser.server.lesson == 3:
                peer.socket.settimeout(PATIENCE)
                abuser.wait_for_chat(peer)


def tiny_fragments(abuser):
    said = frame(TEXT, b"x", fin=False) + frame(CONTINUATION, b"x", fin=False) * 20_000 + \
        frame(CONTINUATION, b"x")
    with connect(abuser.server) as peer:
        exchange(peer, said, {peer: 20_002})


# ----------------------------------------------------------------------------------------- HTTP


def no_websocket_at_all(abuser):
    for line, status in [("GET / HTTP/1.1", 200), ("GET /nowhere HTTP/1.1", 404),
                         ("POST / HTTP/1.1", 405), ("BREW /coffee HTCPCP/1.0", 400),
                         ("\x16\x03\x01", 400)]:
        with Peer(abuser.server) as peer:
            peer.send(head(line, "Host: localhost"))
            assert peer.read_response().status == status


def lines_without_end(abuser):
    """Refusals as fast as it goes: the log tells some, and counts the others."""
    for _ in range(500):
        with Peer(abuser.server) as peer:
            peer.send(b"\0")
            peer.is_ended()


ABUSES = [reset_storm, leave_anywhere, heads_that_trickle, frame_that_trickles, half_open,
          crowd_of_silent_heads, unfinished_messages, flood, lines_without_end,
          pongs_that_nobody_reads, echoes_that_nobody_reads, answers_pings_but_never_reads,
          bad_frames, noise, tiny_messages, tiny_fragments, no_websocket_at_all]


def run(number, servers, seed, tokens, is_over, results):
    """Abuses until is_over(), and reports each time how it went: (what, lesson, what was wrong)."""
    abuser = Abuser(number, random.Random(seed), tokens)
    while not is_over():
        abuse = abuser.rng.choice(ABUSES)
        abuser.server = abuser.rng.choice(servers)
        problem = None
        try:
            abuse(abuser)
        except Exception as error:
            problem = explain(error)
        results.put((abuse.__name__, abuser.server.lesson, problem))
