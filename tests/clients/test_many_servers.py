"""
Challenge f: several servers, one room, joined by Redis; with a Redis of the test's own
"""
import contextlib
import os
import shutil
import signal
import subprocess

import pytest

from ws_testlib.servers import SERVER_DIR, Output, Server, free_port
from ws_testlib.wire import BINARY, TEXT, Client, frame, handshake

pytestmark = pytest.mark.lessons(3)

PROGRAM = "challenges/f_many_servers"
JOINED, AWAY = "redis: joined the other servers", "redis: away, we are on our own"


class Redis:
    """redis-server on a port of its own, which keeps nothing."""

    def __init__(self):
        self.port = free_port()
        self.process = None

    def start(self):
        stdout, stdout_end = os.pipe()
        self.process = subprocess.Popen(
            ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", "/tmp"],
            stdin=subprocess.DEVNULL, stdout=stdout_end)
        os.close(stdout_end)
        Output(stdout).wait_for("Ready to accept connections")

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis():
    if not shutil.which("redis-server") or not (SERVER_DIR / PROGRAM).exists():
        pytest.skip("redis-server or libhiredis is not installed: run tests/setup")
    redis = Redis()
    yield redis
    if redis.process is not None:
        redis.stop()


@pytest.fixture
def start_all(redis):
    """Starts servers that know of that Redis, each with some clients; they are stopped in the end."""
    with contextlib.ExitStack() as stack:
        def start(servers, clients):
            started = []
            for _ in range(servers):
                server = Server(PROGRAM, env={"REDIS": f"127.0.0.1:{redis.port}", "PATH": "/usr/bin"})
                stack.callback(lambda server=server: server.is_running() and server.stop())
                members = []
                for _ in range(clients):
                    client = Client(server.port)
                    stack.callback(client.close)
                    client.upgrade(handshake())
                    members.append(client)
                started.append((server, members))
            return started
        yield start


def wait_for_log(servers, *lines):
    """Until each server has logged these lines, in this order."""
    for server, _ in servers:
        server.stderr.wait_for("(?s:" + ".*".join(lines) + ")")


def members_of(servers):
    return [client for _, clients in servers for client in clients]


def test_every_message_comes_once_and_in_the_order_of_its_sender(redis, start_all):
    redis.start()
    servers = start_all(3, 2)
    wait_for_log(servers, JOINED)
    members, each = members_of(servers), 30
    for n in range(each):
        for sender, client in enumerate(members):
            client.send(frame(BINARY if n % 3 == 0 else TEXT, b"%d %d " % (sender, n) + b"x" * (n * 100)))
    for client in members:
        heard = [(f.opcode, *f.payload.split(b" ")) for f in client.read_frames(each * len(members))]
        for sender in range(len(members)):
            assert [h for h in heard if int(h[1]) == sender] == [
                (BINARY if n % 3 == 0 else TEXT, b"%d" % sender, b"%d" % n, b"x" * (n * 100)) for n in range(each)]
        client.assert_silent()


def test_an_empty_message_and_one_of_many_bytes_go_over(redis, start_all):
    redis.start()
    servers = start_all(2, 1)
    wait_for_log(servers, JOINED)
    here, there = members_of(servers)
    for payload in b"", bytes(range(256)) * 2000:
        here.send(frame(BINARY, payload))
        assert [c.read_frame().payload for c in (here, there)] == [payload, payload]


def publish(redis, message):
    """As somebody does who is none of our servers."""
    subprocess.run(["redis-cli", "-p", str(redis.port), "-x", "PUBLISH", "room"], input=message, check=True,
                   capture_output=True)


@pytest.mark.parametrize("message", [
    b"", b"x", b"x" * 16, b"x" * 16 + b"0", b"x" * 16 + b"8\x03\xe8", b"x" * 16 + b"3data", b"x" * 16 + b"\0data",
    b"x" * 16 + b"1\xff", b"x" * 16 + b"1cut \xe4\xbd", b"x" * 16 + b"2" + bytes(1_048_577),
    b"x" * 16 + b"1" + b"y" * 1_048_577], ids=lambda message: repr(message[16:26]))
def test_only_what_a_client_can_have_said_is_heard(redis, start_all, message):
    """Anyone who reaches Redis may publish there: a frame that is none would end all our clients."""
    redis.start()
    servers = start_all(2, 1)
    wait_for_log(servers, JOINED)
    publish(redis, message)
    wait_for_log(servers, JOINED, f"redis: ignored {len(message)} bytes")
    publish(redis, b"x" * 16 + "1你好".encode())
    publish(redis, b"x" * 16 + b"2" + bytes(1_048_576 if len(message) > 1000 else 3))
    for client in members_of(servers):
        assert [f.opcode for f in client.read_frames(2)] == [TEXT, BINARY]


def test_what_is_much_too_long_is_not_even_gathered(redis, start_all):
    redis.start()
    servers = start_all(1, 1)
    wait_for_log(servers, JOINED)
    with contextlib.suppress(subprocess.CalledProcessError):
        publish(redis, b"x" * 16 + b"2" + bytes(64_000_000))
    wait_for_log(servers, JOINED, AWAY, JOINED)
    assert servers[0][0].memory("VmHWM") < 40 << 20
    publish(redis, b"x" * 16 + b"1still here")
    assert members_of(servers)[0].read_frame().payload == b"still here"


def test_redis_goes_and_comes_back(redis, start_all):
    redis.start()
    servers = start_all(2, 2)
    wait_for_log(servers, JOINED)
    redis.stop()
    wait_for_log(servers, JOINED, AWAY)
    for number, (_, clients) in enumerate(servers):  # each goes on, and is on its own
        clients[0].send(frame(TEXT, b"alone %d" % number))
        assert [c.read_frame().payload for c in clients] == [b"alone %d" % number] * 2
    redis.start()
    wait_for_log(servers, JOINED, AWAY, JOINED)
    members = members_of(servers)
    members[-1].send(frame(TEXT, b"together"))
    assert [c.read_frame().payload for c in members] == [b"together"] * 4
    for server, _ in servers:
        assert server.stderr.text.count(JOINED) == 2 and server.stderr.text.count(AWAY) == 1


def test_a_server_without_redis_is_a_room_and_joins_when_it_comes(redis, start_all):
    servers = start_all(2, 1)
    wait_for_log(servers, AWAY)
    here, there = members_of(servers)
    here.send(frame(TEXT, b"hello?"))
    assert here.read_frame().payload == b"hello?"
    redis.start()
    wait_for_log(servers, AWAY, JOINED)
    there.send(frame(TEXT, b"hello"))
    assert [c.read_frame().payload for c in (here, there)] == [b"hello", b"hello"]


def test_a_redis_that_hangs_delays_nobody(redis, start_all):
    redis.start()
    servers = start_all(2, 2)
    wait_for_log(servers, JOINED)
    redis.process.send_signal(signal.SIGSTOP)
    ann, bob = servers[0][1]
    for n in range(1000):
        ann.send(frame(TEXT, b"%d" % n))
    for client in ann, bob:
        assert [f.payload for f in client.read_frames(1000)] == [b"%d" % n for n in range(1000)]
