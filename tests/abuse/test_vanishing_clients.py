"""Clients that go away, at whatever point of the conversation, one by one or by the thousand."""
import itertools
import re

import pytest
from peers import SLOW, Peer, check_chat, wait_until
from wire import BINARY, CONTINUATION, PING, TEXT, close, frame, handshake, head

# -------------------------------------------------------------------------- one, in every state

LEFT = ["left before its request was complete"]
LOST = ["open: WebSocket at /", "closed 1006: the connection was lost"]


def closed(how):
    return ["open: WebSocket at /", "closed " + how]


BEFORE_HANDSHAKE = {  # what was sent, and what the log says
    "connected": (b"", LEFT),
    "in the request line": (b"GET / HT", LEFT),
    "in a header": (b"GET / HTTP/1.1\r\nHost: lo", LEFT),
    "before the blank line": (handshake()[:-1], LEFT),
    "asked for the page": (head("GET / HTTP/1.1", "Host: localhost"), ["200 /"]),
    "refused": (head("POST / HTTP/1.1", "Host: localhost"), ["refused 405: .*"]),
    "asked for an upgrade": (handshake(), LOST),
}

AFTER_HANDSHAKE = {
    "upgraded": (b"", LOST),
    "in the first two bytes": (frame(TEXT, b"abc")[:1], LOST),
    "in a length": (frame(BINARY, b"x" * 70_000)[:7], LOST),
    "in a masking key": (frame(TEXT, b"abc")[:4], LOST),
    "in a payload": (frame(TEXT, b"abc")[:7], LOST),
    "in a large payload": (frame(BINARY, b"x" * 100_000)[:90_000], LOST),
    "in a character": (frame(TEXT, b"\xe2\x82", fin=False), LOST),
    "between fragments": (frame(TEXT, b"x", fin=False) + frame(CONTINUATION, fin=False), LOST),
    "in a ping between them": (frame(TEXT, b"x", fin=False) + frame(PING, b"abc")[:8], LOST),
    "after a message": (frame(TEXT, b"abc"), LOST),
    "after a ping": (frame(PING, b"abc"), LOST),
    "in a close frame": (close(1000, b"bye")[:-1], LOST),
    "after a close frame": (close(1000, b"bye"), closed("1000 by the client: bye")),
    "after a close frame and more": (close(1001) + frame(TEXT, b"?"), closed("1001 by the client")),
    "after a fault": (frame(3), closed("1002: .*")),
}


def end(peer):
    """Both directions at once, as when a program ends."""
    peer.close()


def end_sending(peer):
    """One direction only; then it waits for the server to end the other."""
    peer.finish()
    peer.is_ended()
    peer.close()


def reset(peer):
    """The rude way."""
    peer.reset()


def check_logged(server, peer, expected):
    """What the log says of this client, line by line."""
    def lines():
        return re.findall(rf"^#\d+ {peer.address} (.*)\n", server.log(peer.since), re.M)
    wait_until(lambda: len(lines()) >= len(expected), f"in the log: {expected}")
    assert len(lines()) == len(expected) and all(map(re.fullmatch, expected, lines())), lines()


@pytest.mark.parametrize("leave", [end, end_sending, reset])
@pytest.mark.parametrize("state", BEFORE_HANDSHAKE)
def test_one_goes_away_before_the_handshake(server, state, leave):
    sent, expected = BEFORE_HANDSHAKE[state]
    with Peer(server) as peer:
        peer.send(sent)
        leave(peer)
    check_logged(server, peer, expected)


@pytest.mark.parametrize("leave", [end, end_sending, reset])
@pytest.mark.parametrize("state", AFTER_HANDSHAKE)
def test_one_goes_away_after_the_handshake(server, state, leave):
    sent, expected = AFTER_HANDSHAKE[state]
    with Peer(server) as peer:
        peer.upgrade()
        peer.send(sent)
        leave(peer)
    check_logged(server, peer, expected)


# ------------------------------------------------------------------------------- by the thousand

STORM = 20_000 // SLOW
AT_ONCE = 100  # connections; then they are all reset

STAGES = {  # whether there is a handshake, and what is sent after it, or instead
    "connected": (False, b""),
    "in the head": (False, handshake()[:60]),
    "upgraded": (True, b""),
    "in a frame": (True, frame(BINARY, b"x" * 1000)[:500]),
    "after a message": (True, frame(BINARY, b"x" * 1000)),
    "after a close frame": (True, close(1000)),
}


def reset_many(server, upgrade, data):
    peers = [Peer(server) for _ in range(AT_ONCE)]
    if upgrade:
        for peer in peers:
            peer.send(handshake())
        for peer in peers:
            assert peer.read_response().status == 101
    for peer in peers:
        peer.send(data)
    for peer in peers:
        peer.reset()


def test_a_storm_of_connections_that_are_reset(server):
    """Each of them is noticed, by the line that the log has about it, and none of them is missed."""
    since = server.log_size()
    come, upgraded = 0, 0
    with server.memory_bounded(30):
        for (upgrade, data), _ in zip(itertools.cycle(STAGES.values()), range(STORM // AT_ONCE)):
            reset_many(server, upgrade, data)
            check_chat(server)
            come, upgraded = come + 2, upgraded + 2  # Ann and Bob
            come, upgraded = come + AT_ONCE, upgraded + AT_ONCE * upgrade
    server.wait_log(r"(?m) (left before its request was complete|closed \d+.*)$", come, since)
    server.wait_log(r" open: WebSocket at /\n", upgraded, since)


def test_afterwards_the_server_is_as_good_as_new(server):
    server.check_recovered()
