"""A log that nobody reads costs nobody's time; and who reads slowly, but steadily, stays."""
import os
import re
import subprocess
import threading
import time

import pytest
from ws_testlib.servers import SLOW, Target, command
from ws_testlib.waiting import PATIENCE, wait_until
from ws_testlib.wire import BINARY, TEXT, Client, frame

CLIENTS = 400


class Unread:
    """A server whose stderr is a small pipe that nobody reads, until read(); then said is what came."""

    def __init__(self, lesson, *options):
        self.end, end = os.pipe()
        self.process = subprocess.Popen(list(map(str, command(lesson, "--port", 0, *options))), text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=end)
        os.close(end)
        self.said = b""
        self.port = int(re.search(r":(\d+)/", self.process.stdout.readline())[1])

    def read(self):
        """What is in the pipe, and what still comes."""
        while part := os.read(self.end, 65536):
            self.said += part

    def stop(self):
        self.process.terminate()
        start = time.monotonic()
        assert self.process.wait(PATIENCE) == 0
        return time.monotonic() - start


@pytest.fixture(params=[2, 3])
def unread(request):
    server = Unread(request.param, "-v", "--trace")
    yield server
    server.process.kill()
    server.process.wait()
    server.process.stdout.close()
    os.close(server.end)


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
    unread.process.terminate()
    assert unread.process.wait(PATIENCE) == 0
    reader.join(PATIENCE)
    said = unread.said.decode()
    lines = said.splitlines()
    lost = [int(n) for n in re.findall(r"^\.\.\. (\d+) lines? lost here", said, re.M)]
    assert lost and min(lost) > 0
    assert lines[0].startswith("#1 "), "the first lines are those that were logged first"
    assert lines[-1] == "server: stopping" or "closed" in lines[-1], "and the last ones the last"


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
