"""
Clients that people use: Python's websockets, node's ws, telnet typed by hand, nc

Each has a WebSocket implementation of its own, or none; none of them was written with these servers in
mind. Browsers are in tests/browser, curl is in test_http.py.
"""
import asyncio
import json
import pathlib
import random
import re
import subprocess

import pytest

from ws_testlib.servers import LOOPBACKS, ROOT
from ws_testlib.waiting import PATIENCE
from ws_testlib.wire import BINARY, KEY, TEXT, Frame, accept_key, frame, handshake, head, text

HERE = pathlib.Path(__file__).parent

hosts = pytest.mark.parametrize("host", LOOPBACKS)


def url(server, host="127.0.0.1", path="/"):
    return f"ws://[{host}]:{server.port}{path}" if ":" in host else f"ws://{host}:{server.port}{path}"


# -------------------------------------------------------------------------------- Python's websockets

@pytest.fixture
def websockets():
    return pytest.importorskip("websockets", reason="python3-websockets is missing: run tests/setup")


def within_bounds(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, PATIENCE))


@pytest.mark.lessons(2)
@hosts
def test_python_echo(server, websockets, host):
    """It offers permessage-deflate by itself, and takes a refusal of that for granted."""
    messages = ["", "Hello", "你好 👋", "x" * 70_000, b"", bytes(range(256)),
                random.Random(1).randbytes(1_000_000)]

    async def talk():
        async with websockets.connect(url(server, host), subprotocols=["echo"]) as socket:
            assert socket.subprotocol == "echo"
            for message in messages:
                await socket.send(message)
                assert await socket.recv() == message
            await socket.send(["in ", "frag", "ments"])
            assert await socket.recv() == "in fragments"
            await (await socket.ping(b"there?"))
        assert socket.close_code == 1000
    within_bounds(talk())


@pytest.mark.lessons(2)
def test_python_clients_in_parallel(server, websockets):
    async def talk(number):
        async with websockets.connect(url(server)) as socket:
            for i in range(20):
                await socket.send(f"{number}: {i}")
                assert await socket.recv() == f"{number}: {i}"

    async def talk_all():
        await asyncio.gather(*[talk(number) for number in range(20)])
    within_bounds(talk_all())


@pytest.mark.lessons(3)
def test_python_chat(start, websockets):
    server = start()

    async def talk():
        async with websockets.connect(url(server)) as first, websockets.connect(url(server)) as second:
            await first.send("你好")
            assert await first.recv() == await second.recv() == "你好"
            await second.send(b"\xff\x00")
            assert await first.recv() == await second.recv() == b"\xff\x00"
    within_bounds(talk())


@pytest.mark.lessons(2, 3)
def test_python_learns_why_the_server_went(start, websockets):
    server = start()

    async def talk():
        async with websockets.connect(url(server)) as socket:
            server.send_signal()
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            assert closed.value.rcvd.code == 1001 and closed.value.rcvd.reason
    within_bounds(talk())


# ------------------------------------------------------------------------------------------- node's ws

@pytest.fixture
def node(need):
    """Runs one of the programs in node/, which says what it has seen in a last line of JSON."""
    need("node")
    if not (ROOT / "tests/node_modules/ws").exists():
        pytest.skip("node's ws is missing: run tests/setup")

    def command(program, *arguments):
        return ["node", str(HERE / "node" / program), *map(str, arguments)]

    def node(program, *arguments):
        done = subprocess.run(command(program, *arguments), capture_output=True, text=True,
                              timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])
    node.command = command
    return node


@pytest.mark.lessons(2)
@hosts
def test_node_echo(server, node, host):
    assert node("echo.mjs", url(server, host)) == {"protocol": "echo", "extensions": "", "code": 4000}


@pytest.mark.lessons(2)
@pytest.mark.parametrize("fault, code, section", [
    (frame(TEXT, b"x", key=None), 1002, "§5.1"),
    (frame(TEXT, b"x", rsv=4), 1002, "§5.2"),
    (frame(TEXT, b"\xff"), 1007, "§8.1"),
    (frame(BINARY, announced=1 << 30), 1009, "§7.4.1"),
], ids=["not masked", "RSV1", "not UTF-8", "too large"])
def test_node_is_told_why_it_was_closed(server, node, fault, code, section):
    closed = node("fault.mjs", url(server), fault.hex())
    assert closed["code"] == code and section in closed["reason"]


def test_node_is_told_why_it_was_refused(server, node):
    refused = node("refused.mjs", url(server), "http://evil.example")
    assert refused["status"] == 403 and "Origin" in refused["body"]


@pytest.mark.lessons(3)
def test_python_node_and_bytes_share_a_room(start, join, node, websockets):
    """Three implementations, text and binary; everyone hears everything, in the same order."""
    server = start()
    observer = join(server)
    nodes = [subprocess.Popen(node.command("chat.mjs", url(server), words, 5),
                              stdout=subprocess.PIPE, text=True)
             for words in ("node says 你好", "another says 👋")]
    try:
        assert [n.stdout.readline() for n in nodes] == ["in\n", "in\n"]

        async def talk():
            async with websockets.connect(url(server)) as socket:
                await socket.send("begin")
                heard = [await socket.recv() for _ in range(3)]
                await socket.send(b"\x00\xff")
                heard.append(await socket.recv())
                observer.send(text("end"))
                return heard + [await socket.recv()]
        heard = within_bounds(talk())
        assert heard[0] == "begin" and heard[3:] == [b"\x00\xff", "end"]
        assert set(heard[1:3]) == {"node says 你好", "another says 👋"}

        as_frames = [Frame(BINARY, h) if isinstance(h, bytes) else Frame(TEXT, h.encode()) for h in heard]
        assert observer.read_frames(5) == as_frames
        as_json = [list(h) if isinstance(h, bytes) else h for h in heard]
        for n in nodes:
            assert json.loads(n.communicate(timeout=PATIENCE)[0]) == {"heard": as_json, "code": 1000}
    finally:
        for n in nodes:
            n.kill()
            n.wait()
            n.stdout.close()


# ---------------------------------------------------------------------------------------------- telnet

@pytest.fixture
def telnet(need, tmp_path):
    """Types a request by hand and waits for what matches the pattern; returns what was on the screen."""
    need("telnet", "expect")

    def telnet(server, request, pattern, *stay, host="127.0.0.1"):
        typed = tmp_path / "typed"
        typed.write_bytes(request.replace(b"\r\n", b"\n").rstrip(b"\n") + b"\n")
        done = subprocess.run(["expect", str(HERE / "telnet/type.exp"), host, str(server.port),
                               str(typed), pattern, *stay], capture_output=True, timeout=2 * PATIENCE)
        screen = done.stdout.decode("utf-8", "replace")
        assert done.returncode == 0, screen + done.stderr.decode()
        return screen
    return telnet


@pytest.mark.lessons(1)
@hosts
def test_telnet_gets_its_101_and_its_line_is_dumped(start, telnet, host):
    server = start()
    accept = re.escape(accept_key(KEY))
    telnet(server, handshake(), rf"101 Switching Protocols.*Accept: {accept}", "stay", host=host)
    server.stderr.wait_for(r"68 65 6c 6c 6f 0d 0a +\|hello\.\.\|")
    server.stderr.wait_for(r"closed")


@pytest.mark.lessons(2, 3)
def test_telnet_learns_that_frames_are_not_lines(start, telnet):
    """"hello" is no frame: opcode 8 with RSV bits and without FIN; a close frame says so, then the end."""
    server = start()
    telnet(server, handshake() + b"hello", r"101 Switching Protocols.*RFC 6455 §5\.2")
    server.stderr.wait_for(r"closed 1002")


@pytest.mark.parametrize("request_bytes, status, words", [
    (handshake("GET /"), "400 Bad Request", "HTTP/1.1"),
    (handshake("POST / HTTP/1.1"), "405 Method Not Allowed", "GET"),
    (handshake("GET / HTTP/1.0"), "505 HTTP Version Not Supported", "HTTP/1.1"),
    (head("hello"), "400 Bad Request", "method|path"),
    (handshake(drop=["Host"]), "400 Bad Request", "Host"),
    (handshake(drop=["Upgrade"]), "400 Bad Request", "Upgrade"),
    (handshake(connection="close"), "400 Bad Request", "Connection"),
    (handshake(drop=["Sec-WebSocket-Key"]), "400 Bad Request", "Sec-WebSocket-Key"),
    (handshake(sec_websocket_key="abc"), "400 Bad Request", "base64"),
    (handshake(drop=["Sec-WebSocket-Version"]), "426 Upgrade Required", "13"),
    (handshake(sec_websocket_version="8"), "426 Upgrade Required", "13"),
    (handshake(add=["Origin: http://evil.example"]), "403 Forbidden", "Origin"),
    (handshake(add=["X-Test"]), "400 Bad Request", "colon"),
    (handshake(add=["X-Test : 1"]), "400 Bad Request", "space"),
    (handshake(add=["X-Test: 1", " 2"]), "400 Bad Request", "fold"),
    (head("GET /nothing HTTP/1.1", "Host: localhost"), "404 Not Found", "nothing"),
], ids=lambda value: value.split("\r\n")[0] if isinstance(value, str) else None)
@pytest.mark.lessons(1)
def test_telnet_is_refused_in_words(server, telnet, request_bytes, status, words):
    screen = telnet(server, request_bytes, rf"{status}.*({words})[^\n]*RFC \d+ §\d")
    assert "Connection closed by foreign host" in screen


@pytest.mark.lessons(1)
def test_telnet_may_take_its_time(start, telnet):
    """A person needs longer for a request than any program; the deadline is for the whole of it."""
    server = start("--handshake-timeout", 0.5)
    endless = b"GET / HTTP/1.1\nHost: localhost\n" + b"X: 1\n" * 40
    assert "in time" in telnet(server, endless, "408 Request Timeout")


# -------------------------------------------------------------------------------------------------- nc

@hosts
def test_nc_with_bare_lf(server, need, host):
    """printf '...' | nc: lines end with LF alone, and nc ends its side behind them."""
    need("nc")
    request = head("GET / HTTP/1.1", "Host: localhost", eol="\n")
    done = subprocess.run(["nc", "-N", host, str(server.port)], input=request, capture_output=True,
                          timeout=PATIENCE)
    assert done.returncode == 0 and done.stdout.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"</html>" in done.stdout


@pytest.mark.lessons(2)
def test_nc_sends_a_frame_written_in_octal(server, need):
    """§5.7 for the shell: a mask of zeros keeps the payload readable."""
    need("nc", "printf")
    script = (rf"printf '{handshake().decode()}\201\205\0\0\0\0Hello\210\202\0\0\0\0\003\350'"
              f" | nc 127.0.0.1 {server.port}").replace("\r\n", r"\r\n")
    done = subprocess.run(["sh", "-c", script], capture_output=True, timeout=PATIENCE)
    assert done.stdout.partition(b"\r\n\r\n")[2] == b"\x81\x05Hello\x88\x02\x03\xe8"
