"""A log that nobody reads costs nobody's time, nobody fills it; and who reads slowly, but steadily, stays."""
import errno
import os
import pty
import re
import subprocess
import threading
import time

import pytest
from ws_testlib.servers import IS_SANITIZED, SLOW, Target, command
from ws_testlib.waiting import PATIENCE, wait_until
from ws_testlib.wire import BINARY, TEXT, Client, frame, head

CLIENTS = 400


class Unread:
    """A server whose stderr is a small pipe, or a terminal, that nobody reads, until read(); then said is
    what came."""

    def __init__(self, lesson, *options, behind=os.pipe):
        self.end, end = behind()
        self.process = subprocess.Popen(list(map(str, command(lesson, "--port", 0, *options))), text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=end)
        os.close(end)
        self.said = b""
        self.port = int(re.search(r":(\d+)/", self.process.stdout.readline())[1])

    def read(self):
        """What is in the pipe, and what still comes."""
        try:
            while part := os.read(self.end, 65536):
                self.said += part
        except OSError as error:  # so a terminal ends
            assert error.errno == errno.EIO

    def end_reading(self, reader):
        """The server ends, and all that it has said has been read."""
        self.process.terminate()
        assert self.process.wait(PATIENCE) == 0
        reader.join(PATIENCE)

    def text(self):
        """Without a terminal's line ends and colours."""
        return re.sub(r"\r|\x1b\[\d+m", "", self.said.decode())

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        os.close(self.end)

    def stop(self):
        self.process.terminate()
        start = time.monotonic()
        assert self.process.wait(PATIENCE) == 0
        return time.monotonic() - start


@pytest.fixture(params=[2, 3])
def unread(request):
    server = Unread(request.param, "-v", "--trace")
    yield server
    server.close()


def serve(port, count):
    """So many clients, one after the other, each with some messages; all are served."""
    for _ in range(count):
        client = Client(port)
        client.upgrade(None, frame(TEXT, b"Hello") * 20)
        for _ in range(20):
            assert client.read_frame().payload == b"Hello"
        client.close()


def test_nobody_waits_for_a_log_that_is_not_read(unread):
    serve(unread.port, CLIENTS)
    assert unread.stop() < 3


def test_lost_lines_are_counted_where_they_were_lost(unread):
    serve(unread.port, CLIENTS)  # with the trace, much more than the queue of lines holds
    reader = threading.Thread(target=unread.read)
    reader.start()
    wait_until(lambda: b" lines lost here" in unread.said, "there is space again, and it says so")
    unread.end_reading(reader)
    said = unread.text()
    lines = said.splitlines()
    lost = [int(n) for n in re.findall(r"^\.\.\. (\d+) lines? lost here", said, re.M)]
    assert lost and min(lost) > 0
    assert lines[0].startswith("#1 "), "the first lines are those that were logged first"
    assert lines[-1] == "server: stopping" or "closed" in lines[-1], "and the last ones the last"


@pytest.mark.parametrize("behind", [os.pipe, pty.openpty])
def test_without_a_thread_for_its_log_nobody_waits_either(behind):
    """Lesson 1 writes its log itself: what does not go out at once is lost, and counted."""
    served, dump = 0, r"(?:[0-9a-f]{8}  .*\|\n){256}"

    def serve_one():
        nonlocal served
        client = Client(server.port)
        client.upgrade()
        client.send(bytes(4096))
        client.finish()
        assert client.read_to_end() == b""
        client.close()
        served += 1

    def is_told_in_whole():  # a terminal takes less than that at once
        serve_one()
        return re.search(rf"#{served} .*WebSocket\n{dump}#{served} .* 4096 bytes\n$", server.text())
    server = Unread(1, behind=behind)
    try:
        for _ in range(40):
            serve_one()
        reader = threading.Thread(target=server.read)
        reader.start()
        wait_until(lambda: b"#1 " in server.said, "what was written is being read")
        wait_until(is_told_in_whole, "a client is told of from its beginning to its end")
        server.end_reading(reader)
    finally:
        server.close()
    text = server.text()
    lost = [int(n) for n in re.findall(r"^\.\.\. (\d+) lines? lost here: the log was not read$", text, re.M)]
    whole = re.findall(r"^(?:#\d+ .*(?:WebSocket|bytes)|[0-9a-f]{8}  .*\|)$", text, re.M)
    assert re.match(r"#1 .*WebSocket\n00000000  00 ", text)
    twice = len(whole) + sum(lost) - served * (1 + 256 + 1)  # a line of which only the end was lost
    assert lost and (twice == 0 if behind is os.pipe else 0 <= twice <= len(lost))


def counted(server, words):
    """How many lines with these words are in the log, and how many it says that it has left out."""
    log = server.log()
    told = len(re.findall(rf"^#\d+ .*{words}", log, re.M))
    return told, [int(n) for n in re.findall(rf"^\.\.\. (\d+) more lines? like this left out: #.*{words}", log, re.M)]


MOST = 1000 + 20 * 10  # lines of a kind that are told in the first seconds


@pytest.mark.parametrize("lesson", [2, 3])
def test_refusals_without_end_are_told_and_then_counted(lesson):
    """... and the lines of others, from the same address, are all there."""
    refused = head("GET / HTTP/1.1")  # it has no Host
    count = 3000
    with Target(lesson, "-v") as server:
        honest = Client(server.port)
        honest.upgrade()
        for i in range(count):
            client = Client(server.port)
            client.send(refused)
            assert client.read_response().status == 400
            client.close()
            if i % 100 == 0:
                honest.send(frame(TEXT, f"honest {i}".encode()))
                assert honest.read_frame().payload == f"honest {i}".encode()
        server.wait_log("refused 400: ", count)  # told or counted, although nothing more comes
        told, left_out = counted(server, "refused 400: ")
        assert 1000 <= told < MOST and left_out
        assert counted(server, "text, .*honest") == (count / 100, [])
        assert server.log_count(f"#1 {honest.address} open") == 1
        honest.close()


@pytest.mark.skipif(IS_SANITIZED, reason="with a sanitizer, there are not so many lines in a second")
@pytest.mark.parametrize("lesson", [2, 3])
@pytest.mark.parametrize("options", [["-v"], ["--trace"]])
def test_messages_without_end_are_told_and_then_counted(lesson, options):
    count = 20_000
    with Target(lesson, *options) as server:
        loud, quiet = Client(server.port), Client(server.port)
        for client in (loud, quiet):
            client.upgrade()
        receiver = threading.Thread(target=lambda: [loud.read_frame() for _ in range(count)])
        receiver.start()
        for _ in range(count // 100):
            loud.send(frame(TEXT, b"x") * 100)
        receiver.join()
        quiet.send(frame(TEXT, b"quiet"))
        wait_until(lambda: "quiet" in server.log(), "the other client's line is there")
        loud.close()
        quiet.close()
        wait_until(lambda: "more lines like this left out: #1 " in server.log(), "it is counted")
        lines = server.log().splitlines()
        shown = [line for line in lines if line.startswith(f"#1 {loud.address}")]
        assert 1000 <= len(shown) < 2 * MOST and server.log_size() < 2_000_000
        if options == ["-v"]:
            server.wait_log("text, 1 bytes: x", count)
        if lesson == 2:
            assert f"left out: #2 {quiet.address}" not in server.log()


def test_lines_left_out_are_counted_when_the_server_stops():
    with Target(2, "-v") as server:
        client = Client(server.port)
        client.upgrade(None, frame(TEXT, b"x") * 1500)
        for _ in range(1500):
            client.read_frame()
        client.close()
        server.stop()
        assert server.log_count("text, 1 bytes: x") == 1500
        assert counted(server, "text, 1 bytes: x")[1]


@pytest.mark.parametrize("lesson", [2, 3])
def test_a_slow_reader_stays(lesson):
    """It takes 100 KB/s of 4 MB, for some patience times; pings and pongs wait behind that."""
    with Target(lesson, "--ping-interval", 1 * SLOW, "--max-message", 1_000_000) as server:
        client = Client(server.port, receive_buffer=64 * 1024)
        client.upgrade()
        for _ in range(3 if lesson == 3 else 6):  # in a room, less than the backlog holds
            client.send(frame(BINARY, bytes(1_000_000)))
        end = time.monotonic() + 12 * SLOW
        while time.monotonic() < end:
            part = client.socket.recv(5000)
            assert part, f"turned away: {server.log()}"
            time.sleep(len(part) / (100_000 / SLOW))
        assert server.log_count("evicted") == 0
        client.close()
