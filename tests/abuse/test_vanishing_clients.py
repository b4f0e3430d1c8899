"""Clients that go away, at whatever point of the conversation, one by one or by the thousand."""
import itertools
import re

import pytest
from ws_testlib.peers import Peer, check_chat, check_recovered
from ws_testlib.servers import SLOW
from ws_testlib.waiting import wait_until
from ws_testlib.wire import BINARY, CONTINUATION, PING, TEXT, close, frame, handshake, head

# -------------------------------------------------------------------------- one, in every state

LEFT = "left before its request was complete"
LOST = "closed 1006: the connection was lost"
OPEN = "open: WebSocket at /\n"

BEFORE_HANDSHAKE = {  # what was sent, and what the log says (a regular expression)
    "connected": (b"", LEFT),
    "in the request line": (b"GET / HT", LEFT),
    "in a header": (b"GET / HTTP/1.1\r\nHost: lo", LEFT),
    "before the blank line": (handshake()[:-1], LEFT),
    "asked for the page": (head("GET / HTTP/1.1", "Host: localhost"), "200 /"),
    "refused": (head("POST / HTTP/1.1", "Host: localhost"), "refused 405: .*"),
    "asked for an upgrade": (handshake(), f"({OPEN})?" + LOST),  # open, if it could be told so
}

BEGUN = frame(TEXT, b"x", fin=False)

AFTER_HANDSHAKE = {
    "upgraded": (b"", OPEN + LOST),
    "in the first two bytes": (frame(TEXT, b"abc")[:1], OPEN + LOST),
    "in a length": (frame(BINARY, b"x" * 70_000)[:7], OPEN + LOST),
    "in a masking key": (frame(TEXT, b"abc")[:4], OPEN + LOST),
    "in a payload": (frame(TEXT, b"abc")[:7], OPEN + LOST),
    "in a large payload": (frame(BINARY, b"x" * 100_000)[:90_000], OPEN + LOST),
    "in a character": (frame(TEXT, b"\xe2\x82", fin=False), OPEN + LOST),
    "between fragments": (BEGUN + frame(CONTINUATION, fin=False), OPEN + LOST),
    "in a ping between them": (BEGUN + frame(PING, b"abc")[:8], OPEN + LOST),
    "after a message": (frame(TEXT, b"abc"), OPEN + LOST),
    "after a ping": (frame(PING, b"abc"), OPEN + LOST),
    "in a close frame": (close(1000, b"bye")[:-1], OPEN + LOST),
    "after a close frame": (close(1000, b"bye"), OPEN + "closed 1000 by the client: bye"),
    "after a close frame and more": (close(1001) + BEGUN, OPEN + "closed 1001 by the client"),
    "after a fault": (frame(3), OPEN + "closed 1002: .*"),
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
    """All lines of the log that are about this client."""
    def logged():
        return "\n".join(re.findall(rf"^#\d+ {peer.address} (.*)\n", server.log(peer.since), re.M))
    wait_until(lambda: re.search("^(left|200|refused|closed) ", logged(), re.M), "it is logged")
    assert re.fullmatch(expected, logged())


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
    """Each of them is noticed, by the line that the log has about it, and none is missed."""
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
    check_recovered(server)
