"""
What all clients together hold has one bound, --max-memory: over it, who holds the most has to go. And
what one holds must come to something in time.
"""
import time

import pytest
from ws_testlib.peers import connect, survivor
from ws_testlib.servers import MIB, SLOW, backlog
from ws_testlib.waiting import wait_until
from ws_testlib.wire import BINARY, PING, PONG, TEXT, Frame, frame, text

OVER = "it holds more than any other client, and all together more than --max-memory bytes"
PING_INTERVAL = 0.75 * SLOW
OPTIONS = {lesson: ["--ping-interval", PING_INTERVAL] for lesson in (2, 3)}
TOO_SLOW = "a message that comes too slowly"


def gone(server):
    return server.log_count(f"closed 1006, evicted: {OVER}")


@pytest.mark.parametrize("lesson", [2, 3])
def test_unfinished_messages_have_one_bound_together(lesson):
    """Each begins a message of 4 MiB and does not end it. The honest notice nothing."""
    options = backlog(6 * MIB) if lesson == 3 else ["--max-message", 6 * MIB]
    with survivor(lesson, "--ping-interval", 600, "--max-memory", 32 * MIB, *options) as server:
        honest = connect(server)
        with server.memory_bounded(48):
            peers = []
            for _ in range(20):
                peers.append(connect(server))
                peers[-1].send(frame(BINARY, bytes(4 * MIB), fin=False))
                honest.send(text("still here"))
                assert honest.read_next(TEXT) == Frame(TEXT, b"still here")
            # a buffer may be twice as large as what is in it: three stay or more, and seven at most
            wait_until(lambda: gone(server) >= 13, "those who hold too much are evicted")
        if lesson == 3:
            wait_until(lambda: server.evicted() == gone(server), "all that are evicted are counted")
        assert gone(server) <= 17, "no more than have to go"
        for peer in peers:
            peer.close()
        honest.leave()


def test_backlogs_have_one_bound_together():
    """None of them reads, and each of their backlogs alone is allowed."""
    with survivor(3, "--ping-interval", 600, "--max-memory", 40 * MIB, "--max-backlog", 12 * MIB) as server:
        deaf = [connect(server, receive_buffer=4096) for _ in range(12)]
        speaker = connect(server)
        with server.memory_bounded(64):
            for _ in range(20):
                speaker.send(frame(BINARY, bytes(MIB // 2)))
                assert len(speaker.read_next(BINARY).payload) == MIB // 2
        assert gone(server) > 0
        wait_until(lambda: server.evicted() == gone(server), "all that are evicted are counted")
        speaker.leave()
        for peer in deaf:
            peer.close()


@pytest.mark.parametrize("lesson", [2, 3])
def test_those_who_only_wait_leave_their_memory_to_others(lesson):
    """Each says much at once, and is honest; what all have needed together is more than there is."""
    many, size = 64, 40000
    options = backlog(size) if lesson == 3 else ["--max-message", size]
    bound = MIB if lesson == 2 else 2 * MIB
    with survivor(lesson, "--ping-interval", 600, "--max-memory", bound, *options) as server:
        peers = [connect(server) for _ in range(many)]
        for peer in peers * 2:
            peer.send(b"".join(frame(PING, bytes([n]) * 125) for n in range(200)))
            for n in range(200):
                assert peer.read_next(PONG).payload == bytes([n]) * 125
        assert gone(server) == 0
        for peer in peers:
            peer.leave()


def test_one_large_message_does_not_hold_its_memory_for_ever():
    """What comes after it is small: so the next client may have that memory. (There is enough for one
    buffer of 4 MiB, but not for two.)"""
    with survivor(2, "--ping-interval", 600, "--max-memory", 7 * MIB,
                  "--max-message", 3 * MIB) as server:
        peers = []
        for _ in range(5):
            peers.append(connect(server))
            for message in (bytes(3 * MIB), b"one", b"two"):
                peers[-1].send(frame(BINARY, message))
                assert peers[-1].read_next(BINARY) == Frame(BINARY, message)
        assert gone(server) == 0
        for peer in peers:
            peer.leave()


@pytest.mark.parametrize("lesson", [2, 3])
def test_a_message_that_is_not_gone_on_with_is_given_up(lesson):
    """Between two fragments as in the middle of one: in six ping intervals, 1 KiB must come. Pongs, and
    messages of no bytes, are no progress."""
    interval = 0.5 * SLOW
    with survivor(lesson, "--ping-interval", interval) as server:
        with connect(server) as peer:
            start = time.monotonic()
            peer.send(frame(BINARY, bytes(MIB // 2), fin=False))
            while peer.glance() and b"RFC 6455" not in peer.got:
                peer.try_send(frame(PONG))
                assert time.monotonic() - start < 60 * SLOW, "it may hold its memory for ever"
                time.sleep(interval / 4)
            assert time.monotonic() - start >= 6 * interval
            answer = peer.read_next(8)
            assert (answer.code, answer.reason) == (1008, TOO_SLOW + " (RFC 6455 §7.4.1)")
        server.wait_log(f"{peer.address} closed.* evicted: {TOO_SLOW}", since=peer.since)


def test_small_messages_one_after_the_other_are_progress(server):
    """Each read ends in the middle of a message, and none brings a KiB: but messages come to their end."""
    message = frame(TEXT, b"hello")
    with connect(server) as peer:
        end = time.monotonic() + 8 * PING_INTERVAL
        peer.send(message[:3])
        while time.monotonic() < end:
            peer.send(message[3:] + message[:3])
            assert peer.read_next(TEXT) == Frame(TEXT, b"hello")
            time.sleep(PING_INTERVAL / 8)
        peer.send(message[3:])
        assert peer.read_next(TEXT) == Frame(TEXT, b"hello")
        peer.send(frame(PING, b"?"))
        peer.read_next(PONG)
        peer.leave()
