"""
Lesson 2: frames, messages, close (RFC 6455 §4 to §8), as seen from outside by a strict client

The server echoes every message, so what comes back proves what it has understood.
"""
import os
import random
import struct
import threading

import pytest

from ws_testlib.servers import IS_SANITIZED
from ws_testlib.waiting import PATIENCE, wait_until
from ws_testlib.wire import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Frame, close, fragments,
                             frame, handshake, mask, text)

pytestmark = pytest.mark.lessons(2)

MIB = 1024 * 1024
MESSAGE_MAX = 16 * MIB


def random_bytes(n, seed=0):
    return random.Random(seed).randbytes(n)


def named(table):
    return [pytest.param(*(case if isinstance(case, tuple) else (case,)), id=name)
            for name, case in table.items()]


def send_whole(client, data):
    client.send(data)


def send_bytewise(client, data):
    client.send_bytewise(data)


both_ways = pytest.mark.parametrize("send", [send_whole, send_bytewise], ids=["whole", "byte by byte"])


# -------------------------------------------------------------------------- lengths and masks (§5.2, §5.3)

LADDER = [0, 1, 2, 124, 125, 126, 127, 128, 255, 256, 257, 32767, 32768, 65534, 65535, 65536, 65537,
          100_000]


@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
@pytest.mark.parametrize("length", LADDER)
def test_every_length_comes_back(ws, opcode, length):
    payload = b"x" * length if opcode == TEXT else random_bytes(length)
    ws.send(frame(opcode, payload))
    assert ws.read_frame() == Frame(opcode, payload)


def test_server_frames_are_plain(ws):
    """§5.1, §5.2: unmasked, FIN, no RSV, the shortest length; here to the byte."""
    ws.send(frame(TEXT, b"Hello"), frame(BINARY, bytes(126)), frame(BINARY, bytes(65536)))
    assert ws.read(7) == b"\x81\x05Hello"
    assert ws.read(4 + 126) == b"\x82\x7e\x00\x7e" + bytes(126)
    assert ws.read(10 + 65536) == b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + bytes(65536)
    ws.send(frame(PING, b"hi"), close(1000, b"bye"))
    assert ws.read(4) == b"\x8a\x02hi"
    assert ws.read_to_end() == b"\x88\x02\x03\xe8"


@pytest.mark.parametrize("key", ["00000000", "ffffffff", "00000001", "80000000", "37fa213d", "0a0d0a0d"])
def test_every_mask(ws, key):
    payload = bytes(range(256)) + b"end"
    ws.send(frame(BINARY, payload, key=bytes.fromhex(key)))
    assert ws.read_frame() == Frame(BINARY, payload)


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7])
def test_mask_goes_on_across_reads(ws, step):
    """The key's index is the payload's, not that of what one recv() has brought."""
    payload = bytes(range(64))
    sent = frame(BINARY, payload)
    ws.send_apart(sent[:6], *[sent[i:i + step] for i in range(6, len(sent), step)])
    assert ws.read_frame() == Frame(BINARY, payload)


def test_large_payload_cut_unevenly(ws):
    """Beyond any input buffer, with pieces that are no multiple of four."""
    payload = random_bytes(300_001)
    sent = frame(BINARY, payload)
    ws.send_apart(*[sent[i:i + 9973] for i in range(0, len(sent), 9973)], pause=0.0005)
    assert ws.read_frame() == Frame(BINARY, payload)


def test_binary_with_nul_is_binary(ws):
    ws.send(frame(BINARY, b"\x41\x00\xff"), text("A\0B"))
    assert ws.read_frames(2) == [Frame(BINARY, b"\x41\x00\xff"), Frame(TEXT, b"A\0B")]


@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
def test_message_of_16_mib(ws, opcode):
    payload = random_bytes(MESSAGE_MAX)
    if opcode == TEXT:
        payload = ("面" * (MESSAGE_MAX // 3)).encode() + b"."  # 3 bytes each, and one to fill it up
    assert len(payload) == MESSAGE_MAX
    ws.send(frame(opcode, payload))
    assert ws.read_frame() == Frame(opcode, payload)
    ws.assert_alive()


# ---------------------------------------------------------------------------------- fragments (§5.4)

def test_message_in_two_fragments(ws):
    """§5.7: "Hel" and "lo"."""
    ws.send(*fragments(TEXT, [b"Hel", b"lo"]))
    assert ws.read_frame() == Frame(TEXT, b"Hello")


@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
@pytest.mark.parametrize("pieces", [
    [b"", b""], [b"", b"a", b""], [b"a", b"", b"", b"b"], [b"a" * 126, b"b" * 65536, b"c"],
], ids=["both empty", "empty around", "empty between", "long"])
def test_fragments_are_put_together(ws, opcode, pieces):
    ws.send(*fragments(opcode, pieces))
    assert ws.read_frame() == Frame(opcode, b"".join(pieces))


def test_message_in_65536_fragments(ws):
    payload = random_bytes(65536)
    ws.send(*fragments(BINARY, [payload[i:i + 1] for i in range(65536)]))
    assert ws.read_frame() == Frame(BINARY, payload)


def test_message_in_65536_fragments_without_payload(ws):
    ws.send(*fragments(TEXT, [b""] * 65536))
    assert ws.read_frame() == Frame(TEXT, b"")


def test_ping_between_fragments_is_answered_there(ws):
    first, second, third = fragments(TEXT, [b"one ", b"two ", b"three"])
    ws.send(first, frame(PING, b"now"))
    assert ws.read_frame() == Frame(PONG, b"now"), "not only when the message is complete"
    ws.send(second, frame(PONG, b"unasked"), frame(PING), third)
    assert ws.read_frames(2) == [Frame(PONG, b""), Frame(TEXT, b"one two three")]


def test_ping_between_all_fragments(ws):
    """A control frame has a payload of its own, which must not get into the message."""
    pieces = [bytes([i]) * i for i in range(50)]
    stream = b"".join(part + frame(PING, bytes([i])) for i, part in enumerate(fragments(BINARY, pieces)))
    ws.send(stream)
    answers = ws.read_frames(51)
    assert [f.payload for f in answers if f.opcode == PONG] == [bytes([i]) for i in range(50)]
    assert answers[-2] == Frame(BINARY, b"".join(pieces)) and answers[-1].opcode == PONG


def test_close_between_fragments(ws):
    """§5.5.1: the unfinished message is given up."""
    ws.send(fragments(TEXT, [b"never ", b"finished"])[0], close(1000))
    assert ws.read_frame().code == 1000
    assert ws.read_to_end() == b""


# --------------------------------------------------------------------------------- control frames (§5.5)

@pytest.mark.parametrize("length", [0, 1, 4, 124, 125])
@both_ways
def test_ping_is_answered_with_its_payload(ws, length, send):
    payload = random_bytes(length)
    send(ws, frame(PING, payload))
    assert ws.read_frame() == Frame(PONG, payload)


def test_many_pings_in_order(ws):
    ws.send(*[frame(PING, struct.pack("!I", i)) for i in range(1000)])
    assert ws.read_frames(1000) == [Frame(PONG, struct.pack("!I", i)) for i in range(1000)]


def test_unasked_pong_is_ignored(ws):
    ws.send(frame(PONG), frame(PONG, bytes(125)), text("next"))
    assert ws.read_frame() == Frame(TEXT, b"next")


# ------------------------------------------------------------------------------- streams of bytes (TCP)

def test_many_frames_in_one_segment(ws):
    ws.send(*[text(f"message {i}") for i in range(500)])
    assert ws.read_frames(500) == [Frame(TEXT, b"message %d" % i) for i in range(500)]


def test_one_byte_a_segment(ws):
    ws.send_bytewise(b"".join([text("first"), *fragments(BINARY, [b"\0" * 3, b"", b"\xff" * 130]),
                               frame(PING, b"?"), frame(BINARY, b"z" * 300), text("")]))
    assert ws.read_frames(5) == [Frame(TEXT, b"first"), Frame(BINARY, b"\0" * 3 + b"\xff" * 130),
                                 Frame(PONG, b"?"), Frame(BINARY, b"z" * 300), Frame(TEXT, b"")]


def test_two_frames_cut_at_every_point(ws):
    pair = frame(TEXT, "先后".encode()) + frame(BINARY, bytes(range(200)))
    for cut in range(1, len(pair)):
        ws.send_apart(pair[:cut], pair[cut:], pause=0.001)
        assert ws.read_frames(2) == [Frame(TEXT, "先后".encode()), Frame(BINARY, bytes(range(200)))]


def test_request_and_frames_in_one_segment(connect):
    """What one recv() brought behind the blank line is not to be thrown away."""
    client = connect()
    client.upgrade(handshake(), text("one"), frame(PING, b"two"), frame(BINARY, random_bytes(5000)))
    assert client.read_frames(3) == [Frame(TEXT, b"one"), Frame(PONG, b"two"),
                                     Frame(BINARY, random_bytes(5000))]


def test_fault_right_behind_the_request(connect):
    client = connect()
    client.upgrade(handshake(), b"GET / HTTP/1.1\r\n\r\n")
    client.assert_closed_for(1002)


def test_everything_is_answered_before_the_server_waits_again(ws):
    """Flush before you block: nothing may be held back for bytes that are yet to come."""
    ws.send(text("whole"), frame(PING, b"p"), text("half")[:3])
    assert ws.read_frames(2) == [Frame(TEXT, b"whole"), Frame(PONG, b"p")]


# --------------------------------------------------------------------------------------- faults: 1002

FAULTS = {
    # §5.2: reserved bits, one by one and on every kind of frame
    "RSV1": (frame(TEXT, b"x", rsv=4), "§5.2"),
    "RSV2": (frame(TEXT, b"x", rsv=2), "§5.2"),
    "RSV3": (frame(TEXT, b"x", rsv=1), "§5.2"),
    "RSV all": (frame(BINARY, b"x", rsv=7), "§5.2"),
    "RSV on ping": (frame(PING, rsv=4), "§5.2"),
    "RSV on pong": (frame(PONG, rsv=2), "§5.2"),
    "RSV on close": (frame(CLOSE, rsv=1), "§5.2"),
    # §5.2: reserved opcodes
    **{f"opcode {n:#x}": (frame(n, b"x"), "§5.2") for n in [3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF]},
    "opcode 3 without FIN": (frame(3, b"x", fin=False), "§5.2"),
    # §5.1: a client masks everything
    "text not masked": (frame(TEXT, b"x", key=None), "§5.1"),
    "empty text not masked": (frame(TEXT, key=None), "§5.1"),
    "ping not masked": (frame(PING, key=None), "§5.1"),
    "close not masked": (frame(CLOSE, struct.pack("!H", 1000), key=None), "§5.1"),
    "long binary not masked": (frame(BINARY, bytes(70_000), key=None), "§5.1"),
    # §5.2: "the minimal number of bytes MUST be used", the highest bit "MUST be 0"
    "0 in 16 bits": (frame(TEXT, length_bytes=2), "§5.2"),
    "125 in 16 bits": (frame(TEXT, bytes(125), length_bytes=2), "§5.2"),
    "0 in 64 bits": (frame(BINARY, length_bytes=8), "§5.2"),
    "126 in 64 bits": (frame(BINARY, bytes(126), length_bytes=8), "§5.2"),
    "65535 in 64 bits": (frame(BINARY, bytes(65535), length_bytes=8), "§5.2"),
    "highest bit": (frame(BINARY, announced=1 << 63), "§5.2"),
    "all bits": (frame(BINARY, announced=(1 << 64) - 1), "§5.2"),
    "highest bit and a small length": (frame(TEXT, b"x", announced=1 << 63 | 1), "§5.2"),
    # §5.5: control frames
    "ping of 126 bytes": (frame(PING, bytes(126)), "§5.5"),
    "pong of 126 bytes": (frame(PONG, bytes(126)), "§5.5"),
    "close of 126 bytes": (close(1000, b"r" * 124), "§5.5"),
    "ping of 64 KiB": (frame(PING, bytes(65536)), "§5.5"),
    "ping in 16 bits": (frame(PING, b"x", length_bytes=2), "§5"),
    "ping without FIN": (frame(PING, fin=False), "§5.5"),
    "pong without FIN": (frame(PONG, b"x", fin=False), "§5.5"),
    "close without FIN": (frame(CLOSE, fin=False), "§5.5"),
    # §5.4: fragments
    "stray continuation": (frame(CONTINUATION, b"x"), "§5.4"),
    "stray continuation without FIN": (frame(CONTINUATION, b"x", fin=False), "§5.4"),
    "continuation after a whole message": (text("x") + frame(CONTINUATION, b"y"), "§5.4"),
    "text inside a text": (frame(TEXT, b"x", fin=False) + text("y"), "§5.4"),
    "binary inside a text": (frame(TEXT, b"x", fin=False) + frame(BINARY, b"y"), "§5.4"),
    "text inside a binary": (frame(BINARY, fin=False) + frame(TEXT, fin=False), "§5.4"),
    "continuation after the last fragment":
        (b"".join(fragments(TEXT, [b"a", b"b"])) + frame(CONTINUATION), "§5.4"),
    # §5.5.1, §7.4: close frames
    "close of one byte": (frame(CLOSE, b"\x03"), "§5.5.1"),
    # not WebSocket at all
    "telnet": (b"hello\r\n", "§5"),
    "HTTP": (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "§5"),
}
ANSWERS_BEFORE = {"continuation after a whole message": [Frame(TEXT, b"x")],
                  "continuation after the last fragment": [Frame(TEXT, b"ab")]}


@pytest.fixture
def answers_before(request):
    """What is valid in a faulty vector, and so is answered first."""
    return ANSWERS_BEFORE.get(request.node.callspec.id.split("-")[-1], [])


@pytest.mark.parametrize("fault, section", [pytest.param(*f, id=n) for n, f in FAULTS.items()])
@both_ways
def test_fault_closes_with_1002_and_words(ws, send, fault, section, answers_before):
    send(ws, fault)
    assert ws.read_frames(len(answers_before)) == answers_before
    ws.assert_closed_for(1002, section)


@pytest.mark.parametrize("fault, section", [pytest.param(*f, id=n) for n, f in FAULTS.items()])
def test_what_was_valid_before_a_fault_is_answered_first(ws, fault, section, answers_before):
    ws.send(text("fine"), frame(PING, b"fine too"), frame(BINARY, bytes(200)), fault, text("too late"))
    assert ws.read_frames(3) == [Frame(TEXT, b"fine"), Frame(PONG, b"fine too"),
                                 Frame(BINARY, bytes(200))]
    assert ws.read_frames(len(answers_before)) == answers_before
    ws.assert_closed_for(1002, section)


def test_fault_inside_a_fragmented_message(ws):
    """The pong that came before is answered, the unfinished message is not."""
    ws.send(frame(TEXT, b"unfinished", fin=False), frame(PING, b"1"), frame(PING, b"2", rsv=1))
    assert ws.read_frame() == Frame(PONG, b"1")
    ws.assert_closed_for(1002)


def test_nothing_is_answered_after_a_fault(ws):
    ws.send(frame(TEXT, b"x", rsv=4))
    assert ws.read_frame().code == 1002
    ws.send(text("and now?"), frame(PING), close(1000))
    assert ws.read_to_end() == b""


# ------------------------------------------------------------------------------ the end (§5.5.1, §7)

VALID_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
               3000, 3001, 3999, 4000, 4999]
INVALID_CODES = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 5001, 32768,
                 59395, 65535]


@pytest.mark.parametrize("code", VALID_CODES)
@both_ways
def test_close_is_answered_with_its_code(ws, code, send):
    send(ws, close(code, b"that is all"))
    assert ws.read_frame().code == code
    assert ws.read_to_end() == b""


@pytest.mark.parametrize("code", INVALID_CODES)
@both_ways
def test_code_that_may_not_be_sent(ws, code, send):
    send(ws, close(code, b"reason"))
    ws.assert_closed_for(1002, "§7.4")


def test_close_without_a_body(ws):
    """1005 and 1006 never travel: no code is answered with no code (§7.1.5)."""
    ws.send(frame(CLOSE))
    assert ws.read_frame() == Frame(CLOSE, b"")
    assert ws.read_to_end() == b""


@pytest.mark.parametrize("reason", [b"", b"r" * 123, "再见".encode(), "👋".encode() * 30])
def test_close_with_a_reason(ws, reason):
    ws.send(close(4000, reason))
    assert ws.read_frame().code == 4000


@pytest.mark.parametrize("reason", [b"\xff", b"ok \xc3\x28", b"\xed\xa0\x80", b"cut \xe4\xbd",
                                    b"r" * 122 + b"\x80"])
@both_ways
def test_close_with_a_reason_that_is_not_utf8(ws, reason, send):
    """§5.5.1, §8.1"""
    send(ws, close(1000, reason))
    ws.assert_closed_for(1007, "§")


def test_nothing_is_answered_after_a_close(ws):
    """§5.5.1: what came before it is answered, all that comes after it is dropped."""
    ws.send(text("last"), close(1000), text("too late"), frame(PING), close(1001))
    assert ws.read_frames(2) == [Frame(TEXT, b"last"), Frame(CLOSE, struct.pack("!H", 1000))]
    assert ws.read_to_end() == b""


def test_server_ends_the_stream_first(ws):
    """§7.1.1: so the client does not have to hold its port in TIME_WAIT."""
    ws.send(close(1000))
    assert ws.read_frame().code == 1000
    assert ws.read_to_end() == b"", "the FIN comes while the client's side is still open"


def test_client_that_never_ends_its_side_is_not_waited_for(start, join):
    """The server drains for at most 2 s, then closes, and its resources are free again."""
    server = start()
    join(server).say_goodbye()
    before = server.descriptors()
    for ending in close(1000), frame(TEXT, rsv=4):
        client = join(server)
        client.send(ending)
        assert client.read_frame().opcode == CLOSE
    wait_until(lambda: server.descriptors() <= before, "the descriptors are free again")


def test_client_that_leaves_without_a_word(start, join):
    """The log tells 1006, the code that never travels (§7.4.1)."""
    server = start()
    client = join(server)
    client.send(text("half")[:4])
    client.close()
    server.stderr.wait_for(rf"{client.address} closed 1006")


def test_half_closed_client_still_gets_its_answers(ws):
    ws.send(text("last words"))
    ws.finish()
    assert ws.read_frame() == Frame(TEXT, b"last words")
    ws.is_ended()


# ---------------------------------------------------------------------------------------- UTF-8 (§8.1)

GOOD_TEXT = {
    "ASCII": b"plain", "NUL": b"\0", "DEL": b"\x7f",
    "Greek": "κόσμε".encode(), "Chinese": "你好，世界".encode(), "emoji": "👩‍👩‍👧‍👦🇨🇳".encode(),
    "U+0080": b"\xc2\x80", "U+07FF": b"\xdf\xbf", "U+0800": b"\xe0\xa0\x80",
    "U+D7FF": b"\xed\x9f\xbf", "U+E000": b"\xee\x80\x80", "U+FFFD": b"\xef\xbf\xbd",
    "U+FFFF": b"\xef\xbf\xbf", "BOM": b"\xef\xbb\xbf", "U+10000": b"\xf0\x90\x80\x80",
    "U+10FFFF": b"\xf4\x8f\xbf\xbf",
}

# A text and which of its bytes is the first that cannot be: known when it has arrived.
BAD_TEXT = {
    "continuation alone": (b"ab\x80c", 2), "0xBF alone": (b"\xbf", 0),
    "0xC0": (b"\xc0\x80", 0), "0xC1": (b"\xc1\xbf", 0),  # overlong, whatever follows
    "0xF5": (b"\xf5\x80\x80\x80", 0), "0xFE": (b"\xfe", 0), "0xFF": (b"text\xff", 4),
    "two bytes, second is ASCII": (b"\xc3\x28", 1), "two bytes, second starts anew": (b"\xc3\xc3\xa4", 1),
    "three bytes, second": (b"\xe4\x41\x41", 1), "three bytes, third": (b"\xe4\xbd\x41", 2),
    "four bytes, second": (b"\xf0\x41", 1), "four bytes, third": (b"\xf0\x9f\x41", 2),
    "four bytes, fourth": (b"\xf0\x9f\x98\x41", 3),
    "overlong in three": (b"\xe0\x9f\xbf", 1), "overlong in four": (b"\xf0\x8f\xbf\xbf", 1),
    "surrogate U+D800": (b"\xed\xa0\x80", 1), "surrogate U+DFFF": (b"\xed\xbf\xbf", 1),
    "above U+10FFFF": (b"\xf4\x90\x80\x80", 1),
    "after much that is good": ("好".encode() * 5000 + b"\xc3(", 15001),
    "Kuhn's κόσμε": (bytes.fromhex("cebae1bdb9cf83cebcceb5eda080656469746564"), 12),
}
CUT_TEXT = {"1 of 2": b"\xc3", "1 of 3": b"\xe4", "2 of 3": b"\xe4\xbd", "1 of 4": b"\xf0",
            "2 of 4": b"\xf0\x9f", "3 of 4": b"\xf0\x9f\x98"}


@pytest.mark.parametrize("words", named(GOOD_TEXT))
def test_good_text(ws, words):
    """Whole, byte by byte, and in fragments cut at every point, inside characters too."""
    ws.send(frame(TEXT, words))
    ws.send_bytewise(frame(TEXT, words))
    for cut in range(len(words) + 1):
        ws.send(*fragments(TEXT, [words[:cut], words[cut:]]))
    ws.send(*fragments(TEXT, [words[i:i + 1] for i in range(len(words))]))
    count = 2 + len(words) + 1 + 1
    assert ws.read_frames(count) == [Frame(TEXT, words)] * count


@pytest.mark.parametrize("words, first_bad", named(BAD_TEXT))
@both_ways
def test_bad_text(ws, send, words, first_bad):
    send(ws, frame(TEXT, words))
    ws.assert_closed_for(1007, "§8.1")


@pytest.mark.parametrize("words, first_bad", named(BAD_TEXT))
def test_bad_text_fails_at_its_byte_in_an_unfinished_frame(ws, words, first_bad):
    """§8.1: no need to wait for the end of a text that cannot become right any more."""
    unfinished = frame(TEXT, words[:first_bad + 1], announced=MIB)
    ws.send(unfinished[:-1])
    ws.assert_silent()
    ws.send(unfinished[-1:])
    ws.assert_closed_for(1007, "§8.1")


@pytest.mark.parametrize("words, first_bad", named(BAD_TEXT))
def test_bad_text_fails_at_its_byte_in_an_unfinished_message(ws, words, first_bad):
    """The state of a character goes on from frame to frame, past a ping."""
    start_of_it = max(0, first_bad - 1)
    ws.send(frame(TEXT, words[:start_of_it], fin=False), frame(PING, b"?"),
            frame(CONTINUATION, words[start_of_it:first_bad], fin=False))
    assert ws.read_frame() == Frame(PONG, b"?")
    ws.assert_silent()
    ws.send(frame(CONTINUATION, words[first_bad:first_bad + 1], fin=False))
    ws.assert_closed_for(1007, "§8.1")


@pytest.mark.parametrize("words", named(CUT_TEXT))
def test_text_may_not_end_within_a_character(ws, words):
    ws.send(frame(TEXT, b"ok" + words))
    ws.assert_closed_for(1007, "§8.1")


@pytest.mark.parametrize("words", named(CUT_TEXT))
def test_message_may_not_end_within_a_character(ws, words):
    """A frame may, as long as the next goes on with it; the empty last one does not."""
    ws.send(frame(TEXT, words, fin=False))
    ws.assert_silent()
    ws.send(frame(CONTINUATION))
    ws.assert_closed_for(1007, "§8.1")


def test_character_does_not_go_on_in_the_next_message(ws):
    ws.send(*fragments(TEXT, [b"\xe4", b"\xbd\xa0"]), frame(BINARY, b"\xe4"), text("a"))
    assert ws.read_frames(3) == [Frame(TEXT, "你".encode()), Frame(BINARY, b"\xe4"), Frame(TEXT, b"a")]


@pytest.mark.parametrize("words, first_bad", named(BAD_TEXT))
def test_binary_and_ping_may_have_any_bytes(ws, words, first_bad):
    ws.send(frame(BINARY, words), *fragments(BINARY, [words[:1], words[1:]]), frame(PING, words[:125]))
    assert ws.read_frames(3) == [Frame(BINARY, words), Frame(BINARY, words), Frame(PONG, words[:125])]


def test_what_was_valid_before_bad_text_is_answered_first(ws):
    ws.send(text("好"), frame(PING, b"?"), frame(TEXT, b"\xff"), text("too late"))
    assert ws.read_frames(2) == [Frame(TEXT, "好".encode()), Frame(PONG, b"?")]
    ws.assert_closed_for(1007, "§8.1")


# ------------------------------------------------------------------------------- too much: 1009 (§7.4.1)

@pytest.mark.parametrize("key", [4, 0])
@pytest.mark.parametrize("length", [MESSAGE_MAX + 1, 1 << 32, (1 << 63) - 1])
def test_message_announced_too_large(ws, length, key):
    """The header says it; none of the payload need come, nor the masking key before it."""
    header = frame(BINARY, announced=length)
    ws.send(text("before"), header[:len(header) - 4 + key])
    assert ws.read_frame() == Frame(TEXT, b"before")
    ws.assert_closed_for(1009, "§7.4.1")


@pytest.mark.parametrize("limit", [1, 125, 126, 1000, 65536])
def test_max_message(start, join, limit):
    server = start("--max-message", limit)
    client = join(server)
    client.send(frame(BINARY, bytes(limit)), *fragments(BINARY, [bytes(limit - 1), bytes(1)]))
    assert client.read_frames(2) == [Frame(BINARY, bytes(limit))] * 2
    client.send(frame(BINARY, announced=limit + 1))
    client.assert_closed_for(1009)


def test_fragments_count_together(start, join):
    server = start("--max-message", 1000)
    client = join(server)
    client.send(frame(BINARY, bytes(600), fin=False), frame(PING, bytes(125)),
                frame(CONTINUATION, bytes(400), fin=False))
    assert client.read_frame() == Frame(PONG, bytes(125))
    client.assert_silent()
    client.send(frame(CONTINUATION, announced=1, fin=False))
    client.assert_closed_for(1009)


def test_lengths_that_overflow_when_added(ws):
    """A sum of announced lengths must not wrap round to something small."""
    ws.send(frame(BINARY, b"x", fin=False), frame(CONTINUATION, announced=(1 << 63) - 1))
    ws.assert_closed_for(1009)


def test_bad_text_before_the_limit_is_found_first(ws):
    ws.send(frame(TEXT, b"\xff", announced=MESSAGE_MAX))
    ws.assert_closed_for(1007)


# -------------------------------------------------------------------------------- many clients at once

def test_memory_follows_what_arrives_not_what_is_announced(start, join):
    """200 times 16 MiB is more than 3 GiB; ten bytes of each have come."""
    server = start()
    join(server).assert_alive()
    used, allocated = server.memory("VmRSS"), server.memory("VmData")
    members = []
    for _ in range(200):
        members.append(join(server))
        members[-1].send(frame(TEXT, b"ten bytes.", announced=MESSAGE_MAX))
    if not IS_SANITIZED:  # a sanitizer allocates for itself
        assert server.memory("VmData") - allocated < 512 * MIB
    for member in members:  # the fault proves that all before it has been looked at
        member.send(mask(b"\0" * 10 + b"\xff")[10:])
        member.assert_closed_for(1007)
    assert server.memory("VmHWM") - used < (512 if IS_SANITIZED else 64) * MIB


def test_clients_do_not_get_each_others_messages(server, join):
    """Twenty at once, each with a text of its own, all in parallel."""
    failures = []

    def talk(number, client):
        try:
            for i in range(30):
                words = f"client {number}, message {i}, ".encode() * (number + 1)
                client.send(frame(TEXT, words))
                assert client.read_frame() == Frame(TEXT, words)
            client.say_goodbye()
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=talk, args=(n, join(server))) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not failures, failures


def test_client_that_does_not_read_delays_nobody(start, join):
    server = start()
    greedy, other = join(server, receive_buffer=4096), join(server)
    greedy.socket.setblocking(False)
    message, sent = frame(BINARY, random_bytes(MIB)), 0
    try:
        while sent < 64 * MIB:
            sent += greedy.socket.send(message[sent % len(message):])
            other.assert_alive()
    except BlockingIOError:
        pass  # the server's echo is stuck, so it does not read on
    assert 0 < sent < 64 * MIB
    for _ in range(10):
        other.assert_alive()


@pytest.mark.parametrize("leaves", ["close", "reset"])
def test_clients_may_leave_at_any_point(server, join, leaves):
    whole = text("bye") + frame(BINARY, bytes(200)) + close(1000)
    for cut in range(0, len(whole), 7):
        client = join(server)
        client.send(whole[:cut])
        getattr(client, leaves)()
    join(server).assert_alive()


def test_random_bytes_never_end_the_server(server, clients):
    """Whatever comes behind a handshake: an answer by the rules, then the end."""
    seed = int.from_bytes(os.urandom(4), "big")
    print("seed", seed)  # shown if it fails
    chance = random.Random(seed)
    for _ in range(30):
        client = clients(server)
        client.upgrade()
        client.send(chance.randbytes(chance.randrange(1, 2000)))
        client.finish()
        client.read_frames_to_end()
        client.close()
