"""
--trace-file: byte by byte what clients sent and got, in a file that Wireshark reads; nobody waits for the
file, and what is missing in it is counted and told
"""
import contextlib
import ipaddress
import os
import re
import resource
import signal
import stat
import struct
import subprocess
import threading
import time
from dataclasses import dataclass, field

import pytest

from test_tshark import converse, of_capture, split
from ws_testlib.servers import LOOPBACKS, run
from ws_testlib.waiting import PATIENCE, wait_until
from ws_testlib.wire import (BINARY, PING, TEXT, Client, close, fragments, frame,
                             handshake, head, text)

FIN, SYN, RST, ACK = 1, 2, 4, 16


# ------------------------------------------------------------------------------------ reading the file

@dataclass
class Packet:
    client: str  # address
    server: str
    from_client: bool
    flags: int
    sequence: int
    length: int  # bytes that it carried
    bytes: bytes  # ... as many of them as are in the file
    comment: str
    time: int


@dataclass
class Stream:
    packets: list = field(default_factory=list)

    def bytes(self, from_client):
        """What one end sent: by the sequence numbers, as Wireshark does it; None where bytes are missing."""
        whole, expected = b"", None
        for packet in self.packets:
            if packet.from_client != from_client:
                continue
            assert expected in (None, packet.sequence), "a sequence number is left out"
            assert len(packet.bytes) == packet.length, "a packet is cut short"
            expected = (packet.sequence + packet.length + bool(packet.flags & (SYN | FIN))) % 2**32
            whole += packet.bytes
        return whole

    def flags(self):
        return [(packet.from_client, packet.flags & (SYN | FIN | RST)) for packet in self.packets
                if packet.flags & (SYN | FIN | RST)]

    def comments(self):
        return [packet.comment for packet in self.packets if packet.comment]


def blocks(data):
    """Type and body of each block; the length stands before and behind."""
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert length % 4 == 0 and struct.unpack_from("<I", data, at + length - 4)[0] == length
        yield kind, data[at + 8:at + length - 4]
        at += length
    assert at == len(data), "the file ends with a whole block"


def comment_of(options):
    if not options:
        return ""
    code, length = struct.unpack_from("<HH", options)
    assert code == 1 and not any(options[4 + length:])
    return options[4:4 + length].decode()


def packet_of(body, port):
    _, high, low, captured, original = struct.unpack_from("<IIIII", body)
    data, options = body[20:20 + captured], body[20 + (captured + 3) // 4 * 4:]
    if data[0] >> 4 == 4:
        total, header = struct.unpack_from("!H", data, 2)[0], 20
        ends = [str(ipaddress.ip_address(data[at:at + 4])) for at in (12, 16)]
    else:
        total, header = struct.unpack_from("!H", data, 4)[0] + 40, 40
        ends = [f"[{ipaddress.ip_address(data[at:at + 16])}]" for at in (8, 24)]
    assert total == original
    ports = struct.unpack_from("!HH", data, header)
    sequence, _, offset, flags = struct.unpack_from("!IIBB", data, header + 4)
    assert offset == 0x50 and port in ports
    from_client = ports[1] == port
    ends = [f"{ip}:{number}" for ip, number in zip(ends, ports)]
    client, server = ends if from_client else reversed(ends)
    return Packet(client, server, from_client, flags, sequence, original - header - 20, data[header + 20:],
                  comment_of(options), high << 32 | low)


def streams(file, port):
    """What is in the file: for each client's address, its packets."""
    found, (section, interface, *packets) = {}, blocks(file.read_bytes())
    assert section[0] == 0x0A0D0D0A and "made up" in comment_of(section[1][16:])
    assert interface == (1, struct.pack("<HHI", 101, 0, 0))
    times = []
    for kind, body in packets:
        assert kind == 6
        packet = packet_of(body, port)
        times.append(packet.time)
        found.setdefault(packet.client, Stream()).packets.append(packet)
    assert times == sorted(times)
    return found


class Recorded(Client):
    """A client that remembers what it sent and got."""

    def __init__(self, *args, **kwargs):
        self.sent, self.received = b"", b""
        super().__init__(*args, **kwargs)
        if ":" in self.address.replace(":", "", 1):
            self.address = "[{}]:{}".format(*self.socket.getsockname()[:2])

    def send(self, *pieces):
        super().send(*pieces)
        self.sent += b"".join(pieces)

    def _receive(self, deadline, wanted):
        before = len(self.got)
        came = super()._receive(deadline, wanted)
        self.received += self.got[before:]
        return came


@pytest.fixture
def file(tmp_path):
    return tmp_path / "trace.pcapng"


@pytest.fixture
def meet(file):
    """Makes such clients; check() holds what they said against the file."""
    made = []

    def meet(server, *args, upgrade=True, **kwargs):
        made.append(Recorded(server.port, *args, **kwargs))
        if upgrade:
            made[-1].upgrade()
        return made[-1]

    def check(server):
        if server.is_running():
            server.stop()
        found = streams(file, server.port)
        assert sorted(found) == sorted(client.address for client in made)
        for client in made:
            stream = found[client.address]
            assert stream.bytes(from_client=True) == client.sent
            assert stream.bytes(from_client=False) == client.received
            assert stream.packets[0].server.endswith(f":{server.port}")
        return [found[client.address] for client in made]
    meet.check = check
    yield meet
    for client in made:
        client.close()


OPEN = [(True, SYN), (False, SYN)]
BY_SERVER, BY_CLIENT = [(False, FIN), (True, FIN)], [(True, FIN), (False, FIN)]


# ------------------------------------------------------------------------------------ what is in it

@pytest.mark.lessons(2, 3)
@pytest.mark.parametrize("host", LOOPBACKS)
def test_each_byte_of_frames_in_and_out(start, meet, file, host):
    server = start("--trace-file", file)
    client = meet(server, host)
    for size in 0, 1, 125, 126, 64_999, 65_000, 65_001, 65_536, 1_000_000:
        client.send(frame(BINARY, bytes(i * 7 % 256 for i in range(size))))
        assert len(client.read_frame().payload) == size
    client.send(*fragments(TEXT, [b"Hel", b"lo"]), frame(PING, b"?"), text("one") + text("two"))
    client.read_frames(4)
    client.send_bytewise(text("你好"))
    client.read_frame()
    client.say_goodbye(4000)
    [stream] = meet.check(server)
    assert stream.flags() == OPEN + BY_SERVER
    assert stream.comments() == []
    assert stat.S_IMODE(file.stat().st_mode) == 0o600, "nobody else may read it"


@pytest.mark.lessons(2, 3)
def test_how_connections_end(start, meet, file):
    server = start("--trace-file", file)
    bad, left, gone = meet(server), meet(server), meet(server)
    bad.send(frame(TEXT, b"Hello", key=None))
    bad.read_to_end()
    left.finish()
    left.is_ended()
    gone.reset()
    for client in bad, left, gone:
        server.stderr.wait_for(rf"{re.escape(client.address)} closed")
    silent, stopped = meet(server, upgrade=False), meet(server)
    silent.finish()
    silent.is_ended()
    stopped.send(close(1000))
    stopped.read_to_end()
    stopped.close()
    one, two, three, four, five = meet.check(server)
    assert one.flags() == OPEN + BY_SERVER and five.flags() == OPEN + BY_SERVER
    assert one.comments() == ["frame not masked: a client must mask all it sends (RFC 6455 §5.1)"]
    [faulty] = [packet for packet in one.packets if packet.comment]
    assert faulty.from_client and faulty.bytes == b"\x81\x05Hello"
    for each in two, three:
        assert each.flags() == OPEN + [(True, RST)]
        assert each.comments() == ["the connection was lost"]
    assert four.flags() == OPEN + BY_CLIENT and four.bytes(True) == four.bytes(False) == b""


@pytest.mark.lessons(3)
def test_who_is_evicted_is_reset_and_was_sent_what_it_was_sent(start, meet, file):
    server = start("--trace-file", file, "--max-backlog", 1_000_000, "--max-message", 500_000)
    speaker, deaf = meet(server), meet(server, receive_buffer=4096)
    while "evicted" not in server.stderr.text:
        speaker.send(frame(BINARY, bytes(400_000)))
        speaker.read_frame()
    speaker.say_goodbye()
    server.stop()
    found = streams(file, server.port)
    stream = found[deaf.address]
    assert stream.flags() == OPEN + [(False, RST)]
    assert any("does not read" in comment for comment in stream.comments())
    assert "queued: the socket is full" in stream.comments()
    assert found[speaker.address].bytes(False) == speaker.received


def test_heads_pages_and_refusals(start, meet, file):
    server = start("--trace-file", file)
    page = meet(server, upgrade=False)
    page.send(head("GET / HTTP/1.1", "Host: localhost", "Cookie: secret"))
    assert page.read_response().status == 200
    page.read_to_end()
    page.close()
    refused = meet(server, upgrade=False)
    refused.send(handshake(sec_websocket_version="8"))
    assert refused.read_response().status == 426
    refused.read_to_end()
    refused.close()
    part = meet(server, upgrade=False)
    part.send(handshake()[:40])
    part.finish()
    part.is_ended()
    one, two, three = meet.check(server)
    assert one.flags() == two.flags() == OPEN + BY_SERVER and three.flags() == OPEN + BY_CLIENT


@pytest.mark.lessons(1)
def test_what_comes_after_the_handshake_is_in_it_before_there_are_frames(start, meet, file):
    server = start("--trace-file", file)
    early = meet(server, upgrade=False)
    early.upgrade(None, text("early"))
    early.send(text("Hello"))
    early.finish()
    assert early.is_ended()
    server.stderr.wait_for("closed after 22 bytes")
    [stream] = meet.check(server)
    assert stream.flags() == OPEN + BY_CLIENT


@pytest.mark.lessons(2)
def test_the_longest_usual_message_is_in_it_as_a_whole(start, meet, file):
    server = start("--trace-file", file)
    client = meet(server)
    client.send(frame(BINARY, bytes(16 << 20)))
    assert len(client.read_frame().payload) == 16 << 20
    client.say_goodbye()
    meet.check(server)


@pytest.mark.lessons(3)
def test_a_newcomer_gets_its_101_first_whatever_others_say(start, meet, file):
    server = start("--trace-file", file)
    speaker = meet(server)
    for _ in range(20):
        newcomer = meet(server, upgrade=False)
        newcomer.send(handshake())
        speaker.send(text("Hello") * 20)
        assert newcomer.read_response().status == 101
        newcomer.send(close(1000))
        newcomer.read_to_end()
        newcomer.close()
    speaker.send(close(1000))
    speaker.read_to_end()
    meet.check(server)


# ------------------------------------------------------------------------------------ others read it

@pytest.mark.lessons(3)
def test_tshark_agrees_frame_by_frame(start, meet, file, need):
    need("tshark")
    server = start("--trace-file", file)
    ann, bob = meet(server), meet(server)
    converse(ann, bob)
    server.stop()
    seen = of_capture(file, server.port)
    for client in ann, bob:
        port = int(client.address.rsplit(":", 1)[1])
        found = split(seen[port])
        assert [len(each) for each in found.values()] == [len(each) for each in split(of_bytes(client)).values()]
        assert found == split(of_bytes(client))


def of_bytes(client):
    """What of_capture() finds, from the bytes that the client sent and got."""
    found = []
    for direction, data in ("in", client.sent), ("out", client.received):
        data = data[data.index(b"\r\n\r\n") + 4:]
        while data:
            masked, length, at = data[1] >= 128, data[1] & 127, 2
            if length >= 126:
                at = 4 if length == 126 else 10
                length = int.from_bytes(data[2:at], "big")
            key = data[at:at + 4] if masked else b""
            payload = data[at + len(key):at + len(key) + length]
            found.append((direction, data[0] >= 128, data[0] >> 4 & 7, data[0] & 15, masked, length, key.hex(),
                          payload.hex()[:2 * 64]))
            data = data[at + len(key) + length:]
    return found


def test_tshark_finds_nothing_wrong(start, meet, file, need):
    need("tshark")
    server = start("--trace-file", file)
    client = meet(server)
    client.send(text("Hello"))
    client.finish()
    client.is_ended()
    server.stop()

    def count(what):
        done = subprocess.run(["tshark", "-r", str(file), "-d", f"tcp.port=={server.port},http", "-Y", what],
                              capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return len(done.stdout.splitlines())
    assert count("_ws.malformed or tcp.analysis.flags") == 0
    assert count("websocket") == (2 if server.lesson > 1 else 1)
    assert count("http.response.code == 101") == 1


# ------------------------------------------------------------------------- mistakes, and slow or full disks

@pytest.mark.parametrize("name, why", [("nowhere/x", "No such file or directory"), ("", "the name of a file"),
                                       (".", "Is a directory"), ("pipe", "No such device")])
def test_a_file_that_cannot_be_opened_is_a_usage_error(lesson, tmp_path, name, why):
    os.mkfifo(tmp_path / "pipe")  # nobody reads it
    done = run(lesson, "--port", "0", "--trace-file", name and str(tmp_path / name))
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"server: --trace-file: .*{why}.*\nTry ./server --help\n", done.stderr)


@contextlib.contextmanager
def unread_pipe(tmp_path):
    """A pipe with a reader that does not read, as the disk that does not write."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    fd = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield pipe, fd
    finally:
        os.close(fd)


@pytest.mark.lessons(2, 3)
def test_nobody_waits_for_the_file_and_what_is_missing_is_told(start, clients, tmp_path):
    with unread_pipe(tmp_path) as (pipe, _):
        server = start("--trace-file", pipe)
        client = clients(server)
        client.upgrade()
        for _ in range(60):
            client.send(frame(BINARY, bytes(1_000_000)))
            assert len(client.read_frame().payload) == 1_000_000
        server.stderr.wait_for(r"server: \S+ is not written fast enough: packets are cut short, or left out\n")
        begin = time.monotonic()
        server.stop()
        assert time.monotonic() - begin < 3
        assert server.stderr.text.count("not written fast enough") == 1, "told once, and then counted"
        assert int(re.search(r"(\d+) packets are cut short or missing", server.stderr.text)[1]) > 100


@pytest.mark.lessons(1)
def test_lesson_1_stops_although_the_file_takes_nothing(start, clients, tmp_path):
    with unread_pipe(tmp_path) as (pipe, _):
        server = start("--trace-file", pipe, "-q")
        client = clients(server)
        client.upgrade()
        client.send(bytes(200_000))
        client.close()
        begin = time.monotonic()
        server.stop()
        assert time.monotonic() - begin < 3


@pytest.mark.lessons(2)
def test_where_packets_are_missing_the_file_says_how_many(start, clients, tmp_path):
    with unread_pipe(tmp_path) as (pipe, fd):
        server = start("--trace-file", pipe)
        client = clients(server)
        client.upgrade()
        while "not written fast enough" not in server.stderr.text:
            client.send(frame(BINARY, bytes(1_000_000)))
            client.read_frame()
        os.set_blocking(fd, True)
        came = []

        def gather():
            while part := os.read(fd, 1 << 20):
                came.append(part)
        reader = threading.Thread(target=gather)
        reader.start()
        wait_until(lambda: sum(map(len, came)) > 10_000_000, "the queue to be written")
        client.send(text("there is space again"))
        client.read_frame()
        client.say_goodbye()
        server.stop()
        reader.join(PATIENCE)
    file = tmp_path / "gathered"
    file.write_bytes(b"".join(came))
    [stream] = streams(file, server.port).values()
    short = [packet for packet in stream.packets if packet.length > len(packet.bytes)]
    assert short and all(len(packet.bytes) == 64 for packet in short)
    told = [int(n) for n in re.findall(r"(\d+) packets before this one are cut short or missing",
                                       "\n".join(stream.comments()))]
    total = int(re.search(r"(\d+) packets are cut short or missing", server.stderr.text)[1])
    assert sum(told) == total > 0


@pytest.mark.lessons(2, 3)
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
def test_a_full_disk_is_told_and_the_server_goes_on(start, join):
    server = start("--trace-file", "/dev/full")
    server.stderr.wait_for(r"server: /dev/full: No space left on device: what comes now is not in it\n")
    client = join(server)
    client.assert_alive()
    server.stop()
    assert server.stderr.text.count("No space left") == 1
    assert int(re.search(r"/dev/full: (\d+) packets are cut short or missing", server.stderr.text)[1]) >= 5


@pytest.mark.lessons(2)
def test_a_file_that_can_take_no_more_ends_with_a_whole_packet(start, join, file):
    server = start("--trace-file", file, preexec_fn=limit_file_size)
    client = join(server)
    for _ in range(4):
        client.send(frame(BINARY, bytes(50_000)))
        client.read_frame()
    server.stderr.wait_for("File too large: what comes now is not in it")
    server.stop()
    [stream] = streams(file, server.port).values()
    assert stream.packets and file.stat().st_size <= 100_000


def limit_file_size():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
