"""
--trace to the letter: what the terminal shows of good and of bad frames and heads, held against the
transcripts in traces/, and what it shows in a Chinese locale against those in traces/zh. Time and address stand
in them as TIME and ADDRESS; all else is exact.

When the words have changed on purpose: WRITE_TRACES=1 python3 -m pytest tests/clients/test_trace.py
writes the transcripts anew; then read what `git diff` says of them.
"""
import os
import pathlib
import re
import struct

import pytest

from ws_testlib.chinese import HAS_CHINESE, LOCALE, columns
from ws_testlib.peers import send_in_reads
from ws_testlib.wire import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close, fragments, frame,
                             handshake, head, text)

TRACES = pathlib.Path(__file__).parent / "traces"
ENGLISH, CHINESE = os.environ | {}, os.environ | LOCALE
CLOSED = r"(?:closed|关闭) \d+.*\n"
in_both_languages = pytest.mark.parametrize("environment", [ENGLISH, CHINESE], ids=["english", "chinese"])


def normalised(log):
    log = re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", log)
    return re.sub(r"\b\d\d:\d\d:\d\d\.\d{3}\b", "TIME", log)


def compare(name, log, environment):
    file = TRACES / ("zh" if environment is CHINESE else "") / f"{name}.txt"
    if os.environ.get("WRITE_TRACES"):
        file.write_text(normalised(log))
    assert normalised(log) == file.read_text()
    for line in re.findall(r"^(?: .*|#.* (?:received|sent|收到|发出)(?:: |：).*)$", log, re.M):
        assert columns(line) <= 100, f"more than 100 columns: {line!r}"


def begins(line):
    """The columns in which something begins behind two spaces or more."""
    return [columns(line[:cell.end()]) for cell in re.finditer(r"  +(?=\S)", line)]


def cut(data, *places):
    """The data in pieces, cut at these places."""
    return [data[a:b] for a, b in zip((0, *places), (*places, len(data)))]


SWAPPED = frame(CLOSE, struct.pack("<H", 1000))
GOODBYE = [close(1000, b"bye")]

# What is sent after the handshake, each piece brought by a read of its own.
FRAMES = {
    "text": [text("Hello"), *GOODBYE],
    "text-in-four-reads": [*cut(text("Hello, 世界"), 1, 4, 10), *GOODBYE],
    "two-in-one-read": [text("one") + text("two") + close()],
    "fragments-and-a-ping": [b"".join(fragments(TEXT, [b"Hel", b"lo", b"!"])[:2]) + frame(PING, b"alive?"),
                             fragments(TEXT, [b"Hel", b"lo", b"!"])[2], *GOODBYE],
    "length-in-16-bits": [frame(BINARY, bytes(range(200))), *GOODBYE],
    "length-in-64-bits": [frame(BINARY, b"\0" * 65536), *GOODBYE],
    "empty-and-pong": [text(""), frame(PONG, b""), close()],
    "terminal-codes": [text("\x1b[2J\x07"), close(1000, b"\x1b[31m")],
    "died-in-a-frame": [text("Hello")[:8]],
    "died-between-frames": [text("Hello")],

    "bad-rsv": [text("zip", rsv=4)],
    "bad-rsv-text-without-a-frame": [b"Hello"],
    "bad-opcode": [frame(3, b"?")],
    "bad-opcode-line-end": [text("Hello") + b"\r\n"],
    "bad-control-fragmented": [frame(PING, b"hi", fin=False)],
    "bad-control-too-long": [frame(PING, b"x" * 126)],
    "bad-not-masked": [frame(TEXT, b"Hello", key=None)],
    "bad-length-not-minimal-16": [frame(TEXT, b"Hello", length_bytes=2)],
    "bad-length-not-minimal-64": [frame(TEXT, b"Hello", length_bytes=8)],
    "bad-length-high-bit": [frame(BINARY, announced=1 << 63, length_bytes=8)],
    "bad-stray-continuation": [frame(CONTINUATION, b"lo")],
    "bad-message-unfinished": [frame(TEXT, b"Hel", fin=False), text("again")],
    "bad-too-big": [frame(BINARY, b"abc", announced=2000)],
    "bad-utf8": [frame(TEXT, "Grüße".encode("latin-1"))],
    "bad-close-one-byte": [frame(CLOSE, b"\x03")],
    "bad-close-code": [close(1005)],
    "bad-close-code-swapped": [SWAPPED],
    "bad-close-utf8": [close(1000, "世".encode()[:2])],
}


@pytest.mark.lessons(2)
@in_both_languages
@pytest.mark.parametrize("name", FRAMES)
def test_frames(start, join, name, environment):
    server = start("--trace", "--max-message", 1000 if name == "bad-too-big" else 1 << 20, env=environment)
    client = join(server)
    send_in_reads(client, FRAMES[name])
    if name.startswith("died"):
        client.finish()
    client.read_to_end()
    client.close()
    server.stderr.wait_for(CLOSED)
    log = server.stderr.text
    if name == "length-in-64-bits":  # more than one read may bring it, and that depends
        log = re.sub(r"(reads |读取 )  ?[2-9].*", r"\1 SOME", log)
    compare(name, log, environment)


@pytest.mark.parametrize("name", FRAMES)
def test_in_chinese_it_says_as_much(name):
    """As many lines, each of them in Chinese but for bytes and bits, and each cell of a header below its bytes."""
    english, chinese = ((TRACES / folder / f"{name}.txt").read_text().splitlines() for folder in ("", "zh"))
    assert len(english) == len(chinese)
    for number, (ours, theirs) in enumerate(zip(english, chinese)):
        has_no_words = re.fullmatch(r"     (([0-9a-f]{2}[ |]*)+|[01 ]+|\|.*|FIN=\d RSV=\d+ \d+=\w+)", ours)
        assert HAS_CHINESE.search(theirs) or (has_no_words and len(ours.split()) == len(theirs.split()))
        if "FIN=" in ours:
            assert begins(theirs) == begins(chinese[number - 2].replace("|", " "))
            assert len(begins(theirs)) == len(begins(ours))


@pytest.mark.lessons(2)
@in_both_languages
def test_frames_that_came_with_the_request(start, clients, environment):
    server = start("--trace", env=environment)
    client = clients(server)
    client.upgrade(handshake(), text("early"), close())
    client.read_to_end()
    client.close()
    server.stderr.wait_for(CLOSED)
    compare("with-the-request", server.stderr.text, environment)


@pytest.mark.lessons(2)
@in_both_languages
def test_silence(start, join, environment):
    """What the server sends of its own accord."""
    server = start("--trace", "--ping-interval", "0.2", env=environment)
    client = join(server)
    client.read_to_end()
    server.stderr.wait_for(CLOSED)
    compare("silence", server.stderr.text, environment)


@pytest.mark.lessons(2)
def test_what_does_not_go_out_is_not_sent(start, join):
    """The echo is larger than all buffers, and the client goes away without having read it."""
    server = start("--trace")
    client = join(server, receive_buffer=4096)
    client.send(frame(BINARY, bytes(16_000_000)))
    server.stderr.wait_for(r"received: binary frame, 16000000 bytes")
    client.reset()
    server.stderr.wait_for(r"closed 1006.*\n")
    assert re.findall(r"(received|sent): (.*?),", server.stderr.text) == [
        ("received", "request head"), ("sent", "answer"), ("received", "binary frame")]


REQUESTS = {
    "request-in-three-reads": cut(handshake(), 5, 60),
    "request-of-a-browser": [handshake(add=["Origin: http://localhost", "Sec-WebSocket-Extensions: "
                                            "permessage-deflate; client_max_window_bits"])],
    "request-of-many-columns": [handshake(f"GET /{'x' * 300} HTTP/1.1")],
    "bad-request-method": [b"Hello\r\n"],
    "bad-request-tls": [b"\x16\x03\x01\x02\x00\x01"],
    "bad-request-version": [handshake(sec_websocket_version="8")],
    "bad-request-origin": [handshake(add=["Origin: http://evil.example/<script>\x7f"])],
    "not-found": [head("GET /no HTTP/1.1", "Host: x")],
    "left-in-the-request": [handshake()[:40]],
}


@pytest.mark.lessons(1, 2)
@in_both_languages
@pytest.mark.parametrize("name", REQUESTS)
def test_heads(start, clients, name, environment):
    """Lesson 1 traces heads just as the others do."""
    server = start("--trace", env=environment)
    client = clients(server)
    send_in_reads(client, REQUESTS[name])
    client.finish()
    client.read_to_end()
    client.close()
    server.stderr.wait_for(r"^#1 \S+ (refused \d+|closed|left|拒绝 \d+|关闭|没发完).*\n")
    log = re.sub(r"#1 \S+ (open|closed|客户端已连接|关闭).*\n", "", server.stderr.text)
    compare(name, log, environment)


@pytest.mark.lessons(3)
def test_broadcast(start, join):
    """In lesson 3 what goes out is traced for each client that it goes to, and behind its 101: a message
    that comes while the client's thread is still sending that is queued."""
    server = start("--trace")
    speaker = join(server)
    listener = join(server)
    speaker.send(text("Hello"))
    for client in speaker, listener:
        assert client.read_frame().payload == b"Hello"
    server.stop()
    for client in "12":
        log = "".join(re.findall(rf"^#{client} \S+ \S+ (.*\n)", server.stderr.text, re.M))
        assert re.search(r"sent: answer, .*\n(.*\n)*sent: text frame, 5 bytes\n|"
                         r"queued: text frame, 5 bytes\n(.*\n)*sent: answer, .*\nall sent\n", log)


@pytest.mark.lessons(3)
def test_what_waits_is_queued_and_then_sent_in_chinese(start, join):
    server = start("--trace", "--max-backlog", "64000000", env=CHINESE)
    speaker = join(server)
    listener = join(server, receive_buffer=4096)
    how_many = 0
    while not re.search(r"^#2 \S+ \S+ 排队：binary 帧，500000 字节\n", server.stderr.text, re.M):
        assert how_many < 100, "the socket takes all of it"
        speaker.send(frame(BINARY, bytes(500_000)))
        assert speaker.read_frame().payload == bytes(500_000)
        how_many += 1
    for _ in range(how_many):
        assert listener.read_frame().payload == bytes(500_000)
    server.stderr.wait_for(r"^#2 \S+ \S+ 全部发出\n")


def told(server, number):
    """What the log says that a client was sent, in its order."""
    return re.findall(rf"^#{number} \S+ \S+ (?:(sent|queued): (\w+) frame, (\d+) byte|(all sent))",
                      server.stderr.text, re.M)


@pytest.mark.lessons(3)
def test_what_waits_is_queued_and_then_sent(start, join):
    """The socket of one who does not read becomes full: what it did not take was not sent."""
    server = start("--trace", "--max-backlog", "64000000")
    speaker = join(server)
    listener = join(server, receive_buffer=4096)
    how_many = 0
    while ("queued", "binary", "500000", "") not in told(server, 2):
        assert how_many < 100, "the socket takes all of it"
        speaker.send(frame(BINARY, bytes(500_000)))
        assert speaker.read_frame().payload == bytes(500_000)
        how_many += 1
    for _ in range(how_many):
        assert listener.read_frame().payload == bytes(500_000)
    server.stop()
    waiting, frames = False, 0
    for how, kind, size, is_over in told(server, 2):
        if is_over:
            assert waiting, "nothing was queued"
            waiting = False
        elif kind == "binary":
            assert how == "queued" or not waiting, "a frame went out before those that were queued"
            waiting, frames = how == "queued", frames + 1
    assert frames == how_many and not waiting


@pytest.mark.lessons(3)
def test_frames_of_several_threads_are_told_in_the_order_of_the_wire(start, join):
    """A client's own thread sends it pongs, those of others what they say."""
    server = start("--trace")
    listener = join(server)
    speakers = [join(server) for _ in range(3)]
    for _ in range(20):
        for speaker in speakers:
            speaker.send(text("x") * 5)
        listener.send(frame(PING, b"1234567") * 5)
    frames = [listener.read_frame() for _ in range(20 * (3 * 5 + 5))]
    wire = [("pong", "7") if got.opcode == PONG else ("text", "1") for got in frames]
    server.stop()
    lines = [(kind, size) for how, kind, size, _ in told(server, 1) if how and kind != "close"]
    assert lines == wire


@pytest.mark.lessons(1, 2, 3)
def test_nothing_is_traced_without_the_option(start, join):
    server = start("-v")
    client = join(server)
    client.send(text("Hello"))
    client.close()
    server.stderr.wait_for("closed")
    assert not re.search("received|FIN=|sent:", server.stderr.text)


@pytest.mark.lessons(2)
@pytest.mark.parametrize("environment, coloured", [({}, True), ({"NO_COLOR": "1"}, False)])
def test_verdicts_in_colour_on_a_terminal(start, join, environment, coloured):
    inherited = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    server = start("--trace", on_terminal=True, env=inherited | environment)
    client = join(server)
    client.send(text("Hello"), b"?")
    client.read_to_end()
    server.stderr.wait_for("closed 1002")
    assert ("\x1b[1;32mok" in server.stderr.text) == coloured
    assert ("\x1b[1;31mBAD" in server.stderr.text) == coloured
