"""
Lesson 1 after its handshake: one client at a time, and a hexdump of what it sends
"""
import random
import re
import signal

import pytest

from ws_testlib.wire import TEXT, close, frame, handshake, head, text

pytestmark = pytest.mark.lessons(1)

DUMP_LINE = re.compile(r"^(?P<offset>[0-9a-f]+):?  ?(?P<hex>(?:[0-9a-f]{2} ?)+ *) \|(?P<text>.{1,16})\|$")


def dump_in(log):
    """The bytes of each line of the hexdump; the column beside them must agree."""
    lines = []
    for line in log.splitlines():
        match = DUMP_LINE.match(line)
        if match:
            data = bytes.fromhex(match["hex"])
            printable = "".join(chr(c) if 0x20 <= c < 0x7F else "." for c in data)
            assert match["text"] == printable, line
            assert int(match["offset"], 16) == sum(map(len, lines)), f"the offset of: {line}"
            lines.append(data)
    return lines


def dump_after(client, server, sent):
    """The hexdump when the client has sent something and gone."""
    client.send(sent)
    client.close()
    server.stderr.wait_for(rf"^#\d+ {re.escape(client.address)} closed")
    return dump_in(server.stderr.text)


@pytest.mark.parametrize("length, line_lengths", [
    (1, [1]), (15, [15]), (16, [16]), (17, [16, 1]), (40, [16, 16, 8])])
def test_sixteen_bytes_a_line(start, join, length, line_lengths):
    server = start()
    sent = bytes(range(0x3A, 0x3A + length))
    lines = dump_after(join(server), server, sent)
    assert [len(line) for line in lines] == line_lengths
    assert b"".join(lines) == sent


def test_every_byte_is_shown_safely(start, join):
    """Escape sequences must not reach the terminal; only printable ASCII stands beside the bytes."""
    server = start()
    assert b"".join(dump_after(join(server), server, bytes(range(256)))) == bytes(range(256))
    assert "\x1b" not in server.stderr.text


def test_much_is_shown_whole(start, join):
    server = start()
    sent = random.Random(1).randbytes(50_000)
    assert b"".join(dump_after(join(server), server, sent)) == sent


def test_bytes_behind_the_request_are_shown(start, clients):
    server = start()
    client = clients(server)
    client.upgrade(handshake(), b"early")
    assert b"".join(dump_after(client, server, b" late")) == b"early late"


def test_bytes_are_shown_when_they_come(start, join):
    """... and not only at the end: a student types and looks."""
    server = start()
    client = join(server)
    client.send(b"\x81\x85")
    server.stderr.wait_for(r"81 85 +\|\.\.\|")
    client.send(b"Hello")
    server.stderr.wait_for(r"48 65 6c 6c 6f +\|Hello\|")


def test_frames_are_not_answered_yet(start, join):
    """That is lesson 2's question."""
    server = start()
    client = join(server)
    client.send(text("Hello"), close(1000))
    server.stderr.wait_for(r"\|.*\|")
    client.assert_silent()


def test_masked_hello_of_the_rfc(start, join):
    """§5.7: the bytes that the lesson explains."""
    server = start()
    lines = dump_after(join(server), server, frame(TEXT, b"Hello"))
    assert b"".join(lines) == bytes.fromhex("81 85 37 fa 21 3d 7f 9f 4d 51 58")


@pytest.mark.parametrize("leaves", ["close", "reset"])
def test_the_second_client_waits_and_is_then_served(start, join, clients, leaves):
    server = start()
    first, second, third = join(server), clients(server), clients(server)
    second.send(handshake())
    third.send(head("GET / HTTP/1.1", "Host: localhost"))
    second.assert_silent(0.2)
    third.assert_silent()
    first.send(b"still here")  # it is the first that is served meanwhile
    server.stderr.wait_for(r"\|still here\|")

    getattr(first, leaves)()
    assert second.read_response().status == 101
    third.assert_silent()
    second.close()
    assert third.read_response().status == 200


def test_silent_connection_gives_way_to_one_that_speaks(start, clients):
    """Browsers open a spare connection ahead of need; it must not keep the real one waiting."""
    server = start()
    spare, real = clients(server), clients(server)
    real.send(head("GET / HTTP/1.1", "Host: localhost"))
    assert real.read_response().status == 200
    assert spare.is_ended()


def test_ending_one_side_ends_the_connection(start, join):
    server = start()
    client = join(server)
    client.send(b"bye")
    client.finish()
    assert client.read_to_end() == b""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_with_a_client_connected(start, join, number):
    server = start()
    join(server)
    assert server.stop(number) < 10  # there is nothing to wait for
