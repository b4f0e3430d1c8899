"""
The stop: SIGTERM, and 1001 to everyone, whatever the clients do meanwhile.

Three seconds are promised. Who would need longer to hear the goodbye, or does not listen, is cut off.
"""
import contextlib
import multiprocessing
import os
import signal
import socket
import subprocess
import threading
import time

import pytest
from ws_testlib.peers import Peer, connect
from ws_testlib.servers import IS_SANITIZED, MIB, Target, command
from ws_testlib.waiting import PATIENCE, wait_until
from ws_testlib.wire import CLOSE, TEXT, Frame, frame

STOP_MAX = 3 + (5 if IS_SANITIZED else 0)  # seconds
MESSAGE = b"\x81\x00"  # as it comes back: it has no words, and is quick to hear
LOTS = frame(TEXT) * 200_000


@pytest.fixture(params=[2, 3], ids=["lesson2", "lesson3"])
def server(request):
    options = ["--ping-interval", 600]
    if request.param == 3:  # whoever hears a flood on a busy machine may be late, and stay
        options += ["--max-backlog", 64 * MIB]
    server = Target(request.param, *options)
    yield server
    server.kill()


class Flooder:
    """A client that sends good messages without a pause, and listens at the same time, or does not."""

    def __init__(self, server, listens, stops_at_goodbye):
        self.peer = connect(server)
        self.stops_at_goodbye = stops_at_goodbye
        self.heard, self.tail = 0, b""  # how many bytes; and the last of them
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self.send)]
        if listens:
            self.threads.append(threading.Thread(target=self.listen))
        self.peer.socket.settimeout(PATIENCE)
        for thread in self.threads:
            thread.start()

    def send(self):
        try:
            while not self.over.is_set():
                self.peer.socket.sendall(LOTS)
        except OSError:
            self.over.set()  # the server has ended the connection

    def listen(self):
        try:
            while data := self.peer.socket.recv(MIB):
                self.heard += len(data)
                self.tail = (self.tail + data)[-4096:]
                if self.stops_at_goodbye and self.goodbye():
                    break
        except OSError:
            pass  # a reset: the server has not read all
        if self.stops_at_goodbye:
            self.over.set()
            self.peer.close()

    def goodbye(self):
        """What has come behind the messages."""
        at = self.tail.find(b"\x88")
        return self.tail[at:] if at >= 0 else b""

    def finish(self):
        """The server has ended. (Linux may leave who sends for ever in doubt about that for a while.)"""
        for thread in reversed(self.threads):
            thread.join(PATIENCE)
            assert not thread.is_alive(), "it is not cut off"
            self.over.set()
            with contextlib.suppress(OSError):
                self.peer.socket.shutdown(socket.SHUT_RDWR)
        self.peer.close()


def check_told(flooder):
    """1001, behind a whole number of messages, and nothing behind it."""
    goodbye, heard = flooder.goodbye(), flooder.heard
    assert goodbye[:1] == b"\x88", f"no close frame after {heard} bytes, but {flooder.tail[-60:]}"
    assert (heard - len(goodbye)) % len(MESSAGE) == 0
    assert len(goodbye) == 2 + goodbye[1] and Frame(CLOSE, goodbye[2:]).code == 1001


@pytest.mark.parametrize("stops_at_goodbye", [True, False], ids=["until 1001", "for ever"])
def test_who_never_pauses_is_told(server, stops_at_goodbye):
    """There is always something to read; yet each thread must see that the server stops."""
    flooders = [Flooder(server, True, stops_at_goodbye) for _ in range(2)]
    wait_until(lambda: all(flooder.heard > MIB for flooder in flooders), "all are heard")
    took = server.stop()
    for flooder in flooders:
        flooder.finish()
        check_told(flooder)
    assert took < STOP_MAX
    assert server.log_count("closed 1001: the server stops") == len(flooders)


def test_who_floods_and_never_reads_is_cut_off(server):
    flooders = [Flooder(server, False, False) for _ in range(3)]
    took = server.stop()
    for flooder in flooders:
        flooder.finish()
    assert took < STOP_MAX
    assert server.log_count("server: stopping") == 1


def knock(port, over):
    """Connects again and again, a hundred at the same time, so that the server never has seen all."""
    while not over.is_set():
        knocking = [socket.socket() for _ in range(100)]
        for each in knocking:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        for each in knocking:
            each.close()


def test_stop_under_a_flood_of_connections(server):
    since = server.log_size()
    quiet, over = connect(server), multiprocessing.Event()
    knockers = [multiprocessing.Process(target=knock, args=(server.port, over)) for _ in range(2)]
    for knocker in knockers:
        knocker.start()
    try:
        wait_until(lambda: server.log_count("left before", since) > 1000, "they come")
        took = server.stop()
        assert quiet.read_close().code == 1001
    finally:
        over.set()
        for knocker in knockers:
            knocker.join()
        quiet.close()
    assert took < STOP_MAX
    assert server.log_count("server: stopping") == 1  # an orderly stop, and not the last resort


def test_stop_while_many_have_said_half_a_request(server):
    """They are in no room and have no goodbye to wait for. And it is not they who leave."""
    half = [Peer(server) for _ in range(300)]
    for peer in half:
        peer.send(b"GET / HTTP/1.1\r\nHost: lo")
    took = server.stop()
    for peer in half:
        assert peer.is_ended()
        peer.close()
    assert took < STOP_MAX
    assert server.log_count("server: stopping") == 1
    assert server.log_count("its request is not complete, and the server stops") > 0  # those that were let in
    assert server.log_count("left before") == 0


LOOKS_LONG = """
#include <netdb.h>
#include <unistd.h>
int getaddrinfo(const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
    (void)host, (void)service, (void)hints, (void)list;
    (void)!write(STDOUT_FILENO, "looking\\n", 8);
    for (;;)
        pause();
}
"""


@pytest.mark.skipif(IS_SANITIZED, reason="a sanitizer wants to be loaded first")
@pytest.mark.parametrize("lesson", [1, 2, 3])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stop_while_a_name_is_looked_up(tmp_path, lesson, number):
    """--host with a name server that does not answer: nobody has come yet, so the end comes at once."""
    (tmp_path / "slow.c").write_text(LOOKS_LONG)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "slow.so", tmp_path / "slow.c"], check=True)
    process = subprocess.Popen(command(lesson, "--host", "slow.example"), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=os.environ | {"LD_PRELOAD": str(tmp_path / "slow.so")})
    try:
        assert process.stdout.readline() == b"looking\n"
        start = time.monotonic()
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
        assert time.monotonic() - start < 1
        assert process.stdout.read() == process.stderr.read() == b""
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()
