"""Frames that are meant to hurt: huge announcements, compression, tiny frames by the million."""
import zlib

import pytest
from ws_testlib.peers import Peer, check_recovered, connect, exchange
from ws_testlib.servers import MIB, SLOW
from ws_testlib.wire import BINARY, CONTINUATION, PING, PONG, TEXT, fragments, frame, handshake

MANY = 1_000_000 // SLOW
MAX_MESSAGE = {2: 16 * MIB, 3: 1 * MIB}

TOO_BIG = (1009, "message larger than this server takes (RFC 6455 §7.4.1)")
HIGH_BIT = (1002, "highest bit of a 64-bit length is set (RFC 6455 §5.2)")
RSV_SET = (1002, "RSV bit set, but no extension was agreed on (RFC 6455 §5.2)")


def announce(length, opcode=BINARY):
    """The header of a frame, and nothing of what it announces."""
    return frame(opcode, announced=length)


BEGUN = frame(TEXT, b"x", fin=False)

ANNOUNCEMENTS = {  # what is sent, given the longest message that is taken
    "2^62": (lambda most: announce(1 << 62), TOO_BIG),
    "2^63": (lambda most: announce(1 << 63), HIGH_BIT),
    "2^64-1": (lambda most: announce((1 << 64) - 1), HIGH_BIT),
    "one too many": (lambda most: announce(most + 1), TOO_BIG),
    "one too many in two": (lambda most: BEGUN + announce(most, CONTINUATION), TOO_BIG),
    "2^62 in the second": (lambda most: BEGUN + announce(1 << 62, CONTINUATION), TOO_BIG),
    "2^64-1 in the second": (lambda most: BEGUN + announce((1 << 64) - 1, CONTINUATION), HIGH_BIT),
}


@pytest.mark.parametrize("name", ANNOUNCEMENTS)
def test_an_announced_length_is_refused_from_the_header_alone(server, name):
    make, (code, reason) = ANNOUNCEMENTS[name]
    before = server.log_count(f"closed {code}: ")
    with server.memory_bounded(5):
        peers = [connect(server) for _ in range(50)]
        for peer in peers:
            peer.send(make(MAX_MESSAGE[server.lesson]))
        for peer in peers:
            answer = peer.read_close()
            assert (answer.code, answer.reason) == (code, reason)
            peer.close()
    server.wait_log(f"closed {code}: ", before + 50)


def test_memory_follows_bytes_that_have_come_not_lengths_that_were_announced(server):
    most = MAX_MESSAGE[server.lesson]
    with server.memory_bounded(40):
        peers = [connect(server) for _ in range(200)]
        for peer in peers:  # together 3.1 GiB in lesson 2
            peer.send(announce(most), b"x" * 100)
        for peer in peers:
            peer.finish()
            assert peer.read_to_end() == b""
            peer.close()
    server.wait_log("closed 1006: the connection was lost", 200)


@pytest.mark.parametrize("offer", ["permessage-deflate",
                                   "permessage-deflate; client_max_window_bits",
                                   "x-webkit-deflate-frame, permessage-deflate"])
def test_no_compression_is_agreed_on_and_none_is_taken(server, offer):
    packer = zlib.compressobj(wbits=-15)
    bomb = packer.compress(bytes(100 * MIB)) + packer.flush(zlib.Z_SYNC_FLUSH)
    with server.memory_bounded(5), Peer(server) as peer:
        answer = peer.upgrade(handshake(add=["Sec-WebSocket-Extensions: " + offer]))
        assert "sec-websocket-extensions" not in answer.headers
        peer.send(frame(TEXT, bomb, rsv=4))
        answer = peer.read_close()
        assert (answer.code, answer.reason) == RSV_SET


ONE_BYTE = b"\x81\x01x"  # what comes back for a text of one byte


def check_all_get(server, data, expected):
    """Whoever must hear the sender gets exactly the expected bytes: in lesson 3 another one too."""
    sender = connect(server)
    listeners = [sender] if server.lesson == 2 else [sender, connect(server)]
    received = exchange(sender, data, dict.fromkeys(listeners, len(expected)))
    assert all(received[listener] == expected for listener in listeners)
    for listener in listeners:
        listener.leave()


def test_a_million_messages_of_one_byte(server):
    with server.memory_bounded(20):
        check_all_get(server, frame(TEXT, b"x") * MANY, ONE_BYTE * MANY)


def test_a_million_fragments_of_one_byte(server):
    first, middle, last = fragments(TEXT, [b"x", b"x", b"x"])
    whole = b"\x81\x7f" + MANY.to_bytes(8, "big") + b"x" * MANY
    with server.memory_bounded(20):
        check_all_get(server, first + middle * (MANY - 2) + last, whole)


def test_a_million_empty_fragments_and_pings_between_them(server):
    """Fragments without a byte in them cost nothing, and every ping among them is answered."""
    first, middle, last = fragments(TEXT, [b"", b"", b"x"])
    pong = bytes([0x80 | PONG, 1]) + b"?"
    pongs = MANY // 10
    with server.memory_bounded(20):
        sender = connect(server)
        data = first + (middle * 9 + frame(PING, b"?")) * pongs + last
        received = exchange(sender, data, {sender: pongs * len(pong) + len(ONE_BYTE)})[sender]
        sender.leave()
    assert received.count(ONE_BYTE) == 1  # it may overtake pongs
    assert received.replace(ONE_BYTE, b"") == pong * pongs


def test_afterwards_the_server_is_as_good_as_new(server):
    check_recovered(server)
