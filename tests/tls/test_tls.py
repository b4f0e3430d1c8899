"""wss:// as it is done in practice: nginx or stunnel in front of lesson 3, and real clients."""
import asyncio
import contextlib
import json
import os
import subprocess
import threading
import time

import pytest
import websockets
from proxies import HERE
from ws_testlib.waiting import wait_until
from ws_testlib.wire import BINARY, PING, PONG, TEXT, Frame, close, frame, handshake, head

NODE_CLIENTS = HERE.parent / "clients" / "node"


@contextlib.contextmanager
def node(proxy, script, *arguments):
    """A node program that trusts the proxy's certificate; yields a function that waits for its next
    line."""
    env = dict(os.environ, NODE_EXTRA_CA_CERTS=str(proxy.directory / "certificate.pem"))
    process = subprocess.Popen(["node", script, *arguments], env=env, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    alarm = threading.Timer(90, process.kill)
    alarm.start()
    try:
        yield process.stdout.readline
    finally:
        alarm.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def join(proxy, host=None, origin=None):
    """The answer to a handshake through TLS, and the client that has it."""
    client = proxy.client()
    add = [f"Origin: {origin}"] if origin else []
    client.send(handshake(host=host or f"localhost:{proxy.port}", add=add))
    return client.read_response(), client


# ------------------------------------------------------------------------------------ who comes


def test_the_page_is_there_over_https(proxy):
    client = proxy.client()
    client.send(head("GET / HTTP/1.1", f"Host: localhost:{proxy.port}", "Connection: close"))
    answer = client.read_response()
    assert answer.status == 200 and "<!DOCTYPE html>" in answer.text
    assert answer.text == proxy.server.get("/")


@pytest.mark.parametrize("origin", ["https://localhost", "https://127.0.0.1"])
def test_the_servers_own_page_may_connect(proxy, origin):
    """The proxy hands the Host on, with its port: so Origin and Host agree."""
    answer, client = join(proxy, f"{origin[8:]}:{proxy.port}", f"{origin}:{proxy.port}")
    assert answer.status == 101
    client.say_goodbye()


def test_no_origin_is_fine(proxy):
    answer, client = join(proxy)
    assert answer.status == 101
    client.say_goodbye()


@pytest.mark.parametrize("origin", ["https://evil.example", "https://evil.example:{port}", "null",
                                    "https://localhost", "https://127.0.0.1:{port}",
                                    "https://localhost.evil.example:{port}"])
def test_a_foreign_page_may_not(proxy, origin):
    answer, client = join(proxy, origin=origin.format(port=proxy.port))
    assert answer.status == 403
    assert "§10.2" in answer.text
    client.close()


@pytest.mark.parametrize("program", ["nginx", "stunnel"])
def test_a_name_of_ones_own_must_be_allowed(put_behind, program):
    """The server does not know by which name the proxy is called: --allow-origin tells it."""
    stranger = put_behind(program)
    answer, client = join(stranger, "chat.example", "https://chat.example")
    assert answer.status == 403
    client.close()
    stranger.server.wait_log("--allow-origin https://chat.example")

    friend = put_behind(program, "--allow-origin", "https://chat.example")
    answer, client = join(friend, "chat.example", "https://chat.example")
    assert answer.status == 101
    client.say_goodbye()
    answer, client = join(friend, "chat.example", "https://evil.example")
    assert answer.status == 403
    client.close()


@pytest.mark.parametrize("program, path, status", [("nginx", "", 403), ("nginx-path", "/chat", 403),
                                                   ("stunnel", "", 101)])
def test_who_comes_through_a_proxy_is_not_on_this_machine(put_behind, program, path, status):
    """nginx says for whom it asks, as its file tells it to; stunnel cannot."""
    proxy = put_behind(program)
    client = proxy.client()
    client.send(handshake(f"GET {path}/xray HTTP/1.1", host=f"localhost:{proxy.port}"))
    answer = client.read_response()
    assert answer.status == status
    assert status == 101 or "--xray any" in answer.text
    client.close()


def test_other_refusals_arrive_as_they_are(proxy):
    client = proxy.client()
    client.send(handshake(sec_websocket_version="8"))
    answer = client.read_response()
    assert answer.status == 426
    assert answer.header("Sec-WebSocket-Version") == "13"
    client.close()


# -------------------------------------------------------------------------------- what they say


def test_python_and_node_chat(proxy):
    async def chat(next_line):
        async with websockets.connect(proxy.url, ssl=proxy.context, origin=proxy.origin,
                                      max_size=None) as ann:
            assert await asyncio.to_thread(next_line) == "in\n"
            said = ["begin", "x" * 1_000_000, b"\0\xff"]
            for words in said:
                await ann.send(words)
            heard = [await ann.recv() for _ in range(4)]
            assert sorted(map(repr, heard)) == sorted(map(repr, said + ["hello from node"]))
            assert [words for words in heard if words != "hello from node"] == said
            other = json.loads(await asyncio.to_thread(next_line))
            assert other["heard"] == [list(h) if isinstance(h, bytes) else h for h in heard]
            assert other["code"] == 1000
    with node(proxy, NODE_CLIENTS / "chat.mjs", proxy.url, "hello from node", "4") as next_line:
        asyncio.run(chat(next_line))


def test_node_is_refused_with_a_foreign_origin(proxy):
    with node(proxy, NODE_CLIENTS / "refused.mjs", proxy.url, "https://evil.example") as next_line:
        result = json.loads(next_line())
    assert result["status"] == 403 and "§10.2" in result["body"]


def test_a_browser_chats(proxy):
    since = proxy.server.log_size()
    with node(proxy, HERE / "browser.mjs", f"https://localhost:{proxy.port}/") as next_line:
        result = json.loads(next_line())
    assert result["problems"] == []
    assert result["schemes"] == ["https:", "https:"]
    assert result["heard"] == [["Is this private?", "是的 🔒"]] * 2
    assert result["stranger"] == 1006  # all that a browser tells a page about a refusal
    proxy.server.wait_log("refused 403: ", since=since)


def test_a_browser_chats_under_a_path(put_behind):
    """Page, socket and /status are found where the page is, whatever path the proxy gives it."""
    proxy = put_behind("nginx-path")
    with node(proxy, HERE / "browser.mjs", f"https://localhost:{proxy.port}/chat/") as next_line:
        result = json.loads(next_line())
    assert result["problems"] == []
    assert result["heard"] == [["Is this private?", "是的 🔒"]] * 2
    assert result["stranger"] == 1006
    client = proxy.client()
    client.send(head("GET /chat HTTP/1.1", f"Host: localhost:{proxy.port}", "Connection: close"))
    assert client.read_response().status == 301  # nginx adds the slash by itself
    client.close()


def test_faults_and_goodbyes_arrive_as_they_are(proxy):
    for bad, code in [(frame(3), 1002), (frame(TEXT, b"\xff"), 1007),
                      (frame(BINARY, announced=1 << 62), 1009)]:
        _, client = join(proxy)
        client.send(bad)
        client.assert_closed_for(code)
        client.close()
    _, client = join(proxy)
    client.send(frame(PING, b"?"), close(4321))
    assert client.read_frame() == Frame(PONG, b"?")
    assert client.read_frame().code == 4321
    client.close()


@pytest.mark.parametrize("program", ["nginx", "stunnel"])
def test_everyone_is_told_when_the_server_stops(put_behind, program):
    proxy = put_behind(program)
    _, client = join(proxy)
    client.send(frame(PING))
    assert client.read_frame() == Frame(PONG, b"")
    proxy.server.process.terminate()
    assert client.read_frame().code == 1001
    client.send(close(1001))
    client.close()
    assert proxy.server.process.wait(30) == 0


# ------------------------------------------------------------------------------- long silence

READ_TIMEOUT = 4  # seconds; nginx has 60 by default, and the server a ping interval of 20


@pytest.mark.parametrize("program", ["nginx", "stunnel"])
def test_pings_keep_a_silent_connection_open(put_behind, program):
    """websockets answers pings by itself, as browsers do; nobody says anything."""
    proxy = put_behind(program, "--ping-interval", READ_TIMEOUT / 4, read_timeout=READ_TIMEOUT)

    async def be_silent():
        async with websockets.connect(proxy.url, ssl=proxy.context, ping_interval=None) as ann:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(ann.recv(), 1.5 * READ_TIMEOUT)
            await ann.send("still here")
            assert await ann.recv() == "still here"
    asyncio.run(be_silent())


@pytest.mark.parametrize("program", ["nginx", "stunnel"])
def test_without_pings_the_proxy_ends_it(put_behind, program):
    """That is what the pings are good for."""
    proxy = put_behind(program, "--ping-interval", 600, read_timeout=READ_TIMEOUT)
    start = time.monotonic()
    _, client = join(proxy)
    assert client.is_ended()
    assert time.monotonic() - start >= READ_TIMEOUT - 0.01
    wait_until(lambda: proxy.server.log_count("closed 1006: the connection was lost") == 1,
               "the server notices")
