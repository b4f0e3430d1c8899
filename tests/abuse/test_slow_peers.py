"""
Clients that hold on to the server: by writing slowly, by never reading, by not being there.
Each has its bound; here the bounds are short. The log says which bound it was, and meanwhile the
others talk as if nothing were wrong.
"""
import collections
import contextlib
import time

import pytest
from ws_testlib.peers import Peer, check_chat, check_recovered, connect
from ws_testlib.servers import MIB, SLOW, backlog
from ws_testlib.waiting import PATIENCE, wait_until
from ws_testlib.wire import BINARY, PING, PONG, TEXT, Frame, frame, handshake

PING_INTERVAL = 0.75 * SLOW  # seconds; the healthy must be able to answer on a busy machine
HANDSHAKE_TIMEOUT = 1 * SLOW
MAX_BACKLOG = MIB // 2
BOTH = ["--ping-interval", PING_INTERVAL, "--handshake-timeout", HANDSHAKE_TIMEOUT]
OPTIONS = {2: BOTH, 3: BOTH + backlog(MAX_BACKLOG)}

OVER_BACKLOG = "it does not read: more than --max-backlog bytes wait for it"
NOT_READING = "it does not read what it is sent"
NO_ANSWER = "no answer to a ping"
TOO_SLOW = "a message that comes too slowly"


def flood_until_all_ended(peers, data):
    """All the time, and all of them: one that pauses might be taken for one that is silent."""
    left = list(peers)

    def are_ended():
        left[:] = [peer for peer in left if peer.flood(data)]
        return not left
    wait_until(are_ended, "the server ends them all")


def wait_evicted(server, peer, why):
    """The log has one line about the end of this client, and says why."""
    server.wait_log(f"{peer.address} closed.* evicted: {why}", since=peer.since)
    assert server.log_count(f"{peer.address} closed", peer.since) == 1


# ------------------------------------------------------------------------------------- slowloris


def test_a_thousand_heads_that_trickle_leave_the_door_open(server):
    """Slowloris: as many connections as one can get, and each sends its request byte by byte, but
    never the last one: on a quick machine there would be time for all."""
    head = handshake(add=["X-Slow: " + "a" * 4000])[:-1]
    start, since = time.monotonic(), server.log_size()
    with server.memory_bounded(40):
        slow = [Peer(server) for _ in range(1000)]
        sent, waiting = 0, slow
        while waiting:
            for peer in waiting:
                peer.try_send(head[sent:sent + 1])
            sent += 1
            connect(server).leave()  # somebody else comes, and goes
            waiting = [peer for peer in waiting if peer.glance()]
            assert time.monotonic() - start < HANDSHAKE_TIMEOUT + 60 * SLOW, \
                f"{len(waiting)} still wait"
        for peer in slow:
            peer.close()
    assert sent > 1, "they have not been trickling"
    answers = collections.Counter(peer.got.partition(b"\r\n")[0].decode() for peer in slow)
    assert answers == {"HTTP/1.1 408 Request Timeout": 1000}
    server.wait_log("refused 408: ", 1000, since)


@pytest.mark.parametrize("pause", [0.05, 0.0005], ids=["slowly", "quickly"])
def test_the_deadline_is_for_the_whole_head(server, pause):
    """Bytes that keep coming must not put it off, however quickly they come when it is near: the
    answer is there before they have all been sent."""
    start = time.monotonic()
    with Peer(server) as peer:
        peer.send(b"GET / HTTP/1.1\r\nX-Slow: ")
        more = 7000  # bytes: with them the head is still not too long
        while more > 0 and peer.glance():
            peer.try_send(b"a")
            more -= 1
            is_near = time.monotonic() > start + HANDSHAKE_TIMEOUT - 0.1
            time.sleep(pause if is_near else 0.05)
        elapsed = time.monotonic() - start
        assert more > 0, "they have put it off"
    assert peer.got.startswith(b"HTTP/1.1 408 "), bytes(peer.got)
    assert elapsed >= HANDSHAKE_TIMEOUT - 0.01


# ------------------------------------------------------------------------------------ never reads


def test_ping_floods_whose_pongs_nobody_reads(server):
    """Each flooder fills the sockets, and then its own thread waits: PING_INTERVAL at most."""
    flood = frame(PING, b"?" * 125) * 500
    with server.memory_bounded(10):
        flooders = [connect(server, receive_buffer=4096) for _ in range(20)]
        for peer in flooders:
            peer.flood(flood)
        check_chat(server)
        flood_until_all_ended(flooders, flood)
        for peer in flooders:
            peer.close()
            wait_evicted(server, peer, NOT_READING)


def test_sends_but_never_reads(server):
    """Lesson 2 waits for it, and only its own thread; lesson 3 waits for nobody."""
    flood = frame(BINARY, b"x" * 1000) * 64
    with server.memory_bounded(10):
        for _ in range(5):
            with connect(server, receive_buffer=4096) as peer:
                peer.flood_until_ended(flood)
                check_chat(server)
            wait_evicted(server, peer, NOT_READING if server.lesson == 2 else OVER_BACKLOG)


def test_reads_a_byte_now_and_then(server):
    """The socket may take a little again and again, so the wait for it must not begin anew each
    time: in a ping interval, 1 KiB must go out."""
    flood = frame(BINARY, b"x" * 1000) * 64
    with connect(server, receive_buffer=4096) as peer:
        wait_until(lambda: not peer.glance(1) or not peer.flood(flood), "it is evicted")
    wait_evicted(server, peer, NOT_READING if server.lesson == 2 else OVER_BACKLOG)


def test_answers_pings_but_never_reads(server):
    """It is not silent, so the ping deadline does not catch it. It may stay as long as there is
    room for what it is to be told; in lesson 2 that is nothing at all."""
    with connect(server, receive_buffer=4096) as peer, connect(server) as speaker:
        end = time.monotonic() + 4 * PING_INTERVAL
        while time.monotonic() < end:
            peer.send(frame(PONG))
            speaker.send(frame(TEXT, b"?"))
            speaker.read_next(TEXT)
            time.sleep(PING_INTERVAL / 10)
        assert server.log_count(peer.address + " closed", peer.since) == 0
        if server.lesson == 2:
            speaker.leave()
            peer.leave()
            return
        before, told = server.evicted(), 0
        message = Frame(TEXT, b"x" * 100_000)
        with server.memory_bounded(3):
            while server.evicted() == before:
                assert told < 100 * MAX_BACKLOG, "it is told more and more"
                speaker.send(frame(TEXT, message.payload))
                assert speaker.read_next(TEXT) == message
                told += len(message.payload)
                peer.try_send(frame(PONG))
        assert told > MAX_BACKLOG
        assert server.evicted() == before + 1
        wait_evicted(server, peer, OVER_BACKLOG)
        speaker.leave()


# ---------------------------------------------------------------------------------------- trickle


def test_trickles_a_frame(server):
    """Never silent and never ready: in six ping intervals within a frame, 1 KiB must come."""
    tricklers = {connect(server): data for data in (
        frame(BINARY, b"x" * 66000)[:14],  # a header, and no more than that
        frame(BINARY, b"x" * 1000),
        frame(PING, b"x" * 125))}
    start, sent, waiting = time.monotonic(), 0, set(tricklers)
    while waiting:
        for peer in waiting:
            peer.try_send(tricklers[peer][sent:sent + 1])
        sent += 1
        assert sent < 124, "they may go on"  # to the end of the longest, and nobody has minded
        time.sleep(0.5 * PING_INTERVAL)
        waiting = {peer for peer in waiting if peer.glance()}
    assert time.monotonic() - start >= 6 * PING_INTERVAL
    for peer in tricklers:
        answer = peer.read_frame()
        assert (answer.code, answer.reason) == (1008, TOO_SLOW + " (RFC 6455 §7.4.1)")
        peer.close()
        wait_evicted(server, peer, TOO_SLOW)


def test_a_long_message_may_take_its_time(server):
    """No false alarm: it comes slowly, but it comes."""
    message = Frame(BINARY, b"x" * 1024 * 8)
    data = frame(BINARY, message.payload)
    with connect(server) as peer:
        for start in range(0, len(data), 1024):
            peer.send(data[start:start + 1024])
            time.sleep(PING_INTERVAL)
        assert peer.read_next(BINARY) == message
        peer.leave()


# --------------------------------------------------------------------------------------- half-open


def test_a_peer_that_does_not_answer_is_dropped(server):
    """As after a pulled cable. If it is there after all, and reads, it is told 1011."""
    start = time.monotonic()
    with connect(server) as peer:
        assert peer.read_frame() == Frame(PING, b"")
        assert time.monotonic() - start >= PING_INTERVAL - 0.01
        answer = peer.read_frame()
        assert (answer.code, answer.reason) == (1011, NO_ANSWER + " (RFC 6455 §5.5.2)")
        assert time.monotonic() - start >= 2 * PING_INTERVAL - 0.01
    wait_evicted(server, peer, NO_ANSWER)


def test_a_goodbye_ends_although_the_other_goes_on_talking(server):
    """It is told 1011, and instead of an answer, good messages come, without a pause."""
    flood = frame(TEXT) * 200_000
    with connect(server) as peer:
        assert peer.read_frame() == Frame(PING, b"")
        assert peer.read_frame().code == 1011
        peer.socket.settimeout(PATIENCE)
        end = time.monotonic() + 2 + 3 * SLOW  # two seconds are what it has to answer
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < end:
                peer.socket.sendall(flood)
        assert time.monotonic() < end, "it puts the end off"


def test_a_hundred_peers_that_are_gone_without_a_word(server):
    """They take nothing and say nothing, not even at the end."""
    with server.memory_bounded(10):
        gone = [connect(server) for _ in range(100)]
        check_chat(server)
        for peer in gone:  # although none of them has closed its side
            wait_evicted(server, peer, NO_ANSWER)
        descriptors = server.fresh.descriptors
        wait_until(lambda: server.usage().descriptors == descriptors, "all sockets are closed")
        for peer in gone:
            peer.close()


def test_afterwards_the_server_is_as_good_as_new(server):
    check_recovered(server)
