"""
The x-ray against Wireshark: tshark reads the same port on the loopback interface, and both must say
the same of each frame: FIN, opcode, MASK, length, key and payload.
"""
import contextlib
import json
import re
import signal
import subprocess

import pytest

from test_xray import Watcher
from ws_testlib.peers import send_in_reads
from ws_testlib.waiting import wait_until
from ws_testlib.wire import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Client, close, frame,
                             text)

pytestmark = pytest.mark.lessons(3)

LOOPBACK = "lo"


def is_written(file, what):
    return file.exists() and what in file.read_bytes()


@contextlib.contextmanager
def capturing(port, file):
    """Captures what goes to and from the port; skips, with the reason, where that is not allowed."""
    process = subprocess.Popen(["tshark", "-q", "-i", LOOPBACK, "-f", f"tcp port {port}", "-w", str(file)],
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        def has_begun():  # a connection that does no harm shows up in the file
            with contextlib.closing(Client(port)) as probe:
                probe.send(b"GET /probe HTTP/1.1\r\nHost: x\r\n\r\n")
                probe.read_response()
            return process.poll() is not None or is_written(file, b"GET /probe")
        wait_until(has_begun, "tshark to capture")
        if process.poll() is not None:
            pytest.skip(f"tshark may not capture here: {process.stderr.read().decode()[-300:]}")
        yield
        process.send_signal(signal.SIGINT)
        process.wait(30)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def of_capture(file, port):
    """The WebSocket frames in a capture: a list of what is compared, for each client's port."""
    done = subprocess.run(["tshark", "-r", str(file), "-d", f"tcp.port=={port},http", "-T", "json", "-x"],
                          capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    frames = {}
    for packet in json.loads(done.stdout, object_pairs_hook=list):  # a packet may hold several frames
        layers = dict(dict(packet)["_source"])["layers"]
        tcp = dict(dict(layers)["tcp"])
        from_client = tcp["tcp.dstport"] == str(port)
        client = int(tcp["tcp.srcport" if from_client else "tcp.dstport"])
        for name, fields in layers:
            if name == "websocket":
                frames.setdefault(client, []).append(of_fields(dict(fields), from_client))
    return frames


def of_fields(fields, from_client):
    def raw(name):
        return fields.get(f"websocket.{name}_raw", [""])[0]
    masked = raw("mask") == "1"
    length = raw("payload_length_ext_64") or raw("payload_length_ext_16") or raw("payload_length")
    payload = raw("masked_payload" if masked else "payload")
    return ("in" if from_client else "out", raw("fin") == "1", int(raw("rsv"), 16), int(raw("opcode"), 16),
            masked, int(length, 16), raw("masking_key"), payload[:2 * 64])


def of_xray(told):
    # Of a header that is never allowed, the payload is what came behind it: the same bytes.
    key = told["header"][-8:] if told["masked"] else ""
    return (told["direction"], told["fin"], told["rsv"], told["opcode"], told["masked"], told["length"], key,
            told["payload"])


def is_for(told, is_bob):
    """A broadcast goes to both, but for the last, when only Bob was left."""
    return "receivers" in told and (is_bob or told["receivers"] == 2)


def split(frames):
    """Control frames and the others, in and out: between those kinds, the order is not the same on
    the wire, where a reply waits for all that one read has brought."""
    return {(direction, control): [each for each in frames
                                   if each[0] == direction and (each[3] >= CLOSE) == control]
            for direction in ("in", "out") for control in (True, False)}


def converse(ann, bob):
    """Some of everything, in which each message has come back before the next is sent."""
    for size in 0, 1, 5, 125, 126, 127, 65535, 65536, 100_000:
        ann.send(frame(BINARY, bytes(i * 7 % 256 for i in range(size))))
        ann.read_frame()
        bob.read_frame()
    bob.send(frame(TEXT, b"un", fin=False), frame(PING, b"between"), frame(CONTINUATION, b"", fin=False),
             frame(CONTINUATION, "世界".encode()))
    bob.read_frames(2)
    ann.read_frame()
    send_in_reads(ann, [text("cut", key=b"\x01\x80\xff\x00")[at:at + 1] for at in range(9)])
    ann.read_frame()
    bob.read_frame()
    ann.send(frame(PONG, b"nobody asked"), text("one"), text("two"), text("three"))
    ann.read_frames(3)
    bob.read_frames(3)
    ann.send(frame(TEXT, b"not masked", key=None))
    ann.read_frames_to_end()
    bob.send(text("is anybody there?"))
    bob.read_frame()
    bob.send(close(4321, "再见".encode()))
    bob.read_to_end()


def test_tshark_agrees_frame_by_frame(start, join, need, tmp_path):
    need("tshark")
    server = start()
    file = tmp_path / "loopback.pcapng"
    with capturing(server.port, file):
        watcher, ann, bob = Watcher(server.port), join(server), join(server)
        ports = [int(client.address.split(":")[1]) for client in (ann, bob)]
        converse(ann, bob)
        with contextlib.closing(Client(server.port)) as last:
            last.send(b"GET /last HTTP/1.1\r\nHost: x\r\n\r\n")
            wait_until(lambda: is_written(file, b"GET /last"), "tshark to have seen it all")
    seen = of_capture(file, server.port)

    told = []
    while len([each for each in told if each["name"] == "close" and each["direction"] == "out"]) < 2:
        told.append(watcher.read_object())
    watcher.close()
    numbers = {client: int(re.search(rf"#(\d+) {re.escape(client.address)} open",
                                     server.stderr.text)[1]) for client in (ann, bob)}
    compared = 0
    for client, port in zip((ann, bob), ports):
        mine = [of_xray(each) for each in told
                if each.get("client") == numbers[client] or is_for(each, client is bob)]
        assert split(mine) == split(seen[port])
        compared += len(mine)
    assert compared == 53, "as many frames as converse() makes"
