"""
The HTTP half: what a server answers until the connection is a WebSocket or is refused (RFC 6455 §4.2)

All lessons keep the same rules here, so every test runs against each of them.
"""
import base64
import json
import random
import re
import ssl
import subprocess
import time

import pytest

from ws_testlib.servers import LOOPBACKS, SERVER_DIR
from ws_testlib.waiting import PATIENCE
from ws_testlib.wire import KEY, accept_key, handshake, head, text

PAGES = {1: "lesson01_handshake", 2: "lesson02_frames", 3: "lesson03_broadcast"}

HEAD_MAX = 8192  # bytes of a request head


# --------------------------------------------------------------------------------------- refusals

def assert_refusal(response, status, words):
    """A refusal says what is wrong in one line of plain text, and where that is written."""
    assert response.status == status, f"{response.status}: {response.text}"
    assert response.header("Content-Type").startswith("text/plain")
    assert "close" in re.split(r"[ ,]+", response.header("Connection"))
    assert response.text.endswith("\n") and response.text.count("\n") == 1, response.text
    assert re.search(r"RFC \d{4} §\d", response.text), f"no section: {response.text}"
    assert re.search(words, response.text, re.I), f"no word of {words!r}: {response.text}"
    if status == 405:  # RFC 9110 §15.5.6
        assert "GET" in re.split(r"[ ,]+", response.header("Allow"))
    if status == 426:  # RFC 6455 §4.2.2; RFC 9110 §7.8 wants the name in Connection too
        assert response.header("Sec-WebSocket-Version") == "13"
        assert response.header("Upgrade") == "websocket"
        assert "upgrade" in response.header("Connection").lower()


def key_of(n):
    """n bytes in base64."""
    return base64.b64encode(bytes(range(n))).decode()


REFUSALS = {
    # the request line (RFC 9112 §3)
    "no method": (head(" / HTTP/1.1", "Host: a"), 400, "method"),
    "method with a bracket": (head("G(T / HTTP/1.1", "Host: a"), 400, "method"),
    "two spaces": (head("GET  / HTTP/1.1", "Host: a"), 400, "path"),
    "tab for a space": (head("GET\t/ HTTP/1.1", "Host: a"), 400, "method"),
    "no path": (head("GET HTTP/1.1", "Host: a"), 400, "path|HTTP/1.1"),
    "no version": (head("GET /", "Host: a"), 400, "HTTP/1.1"),
    "relative path": (head("GET chat HTTP/1.1", "Host: a"), 400, "path"),
    "control byte in path": (head("GET /\x01 HTTP/1.1", "Host: a"), 400, "path"),
    "high byte in path": (head("GET /é HTTP/1.1", "Host: a"), 400, "path"),
    "something after the version": (head("GET / HTTP/1.1 x", "Host: a"), 400, "HTTP/1.1"),
    "lower-case version": (head("GET / http/1.1", "Host: a"), 400, "HTTP/1.1"),
    "not HTTP": (head("HELO example.org"), 400, "path|method"),
    "HTTP/2.0": (handshake("GET / HTTP/2.0"), 505, "HTTP/1.1"),
    # header lines (RFC 9112 §5)
    "header without colon": (handshake(add=["Origin"]), 400, "colon"),
    "space before the colon": (handshake(add=["X-Test : a"]), 400, "space"),
    "header without a name": (handshake(add=[": a"]), 400, "name"),
    "folded header": (handshake(add=["X-Test: a", " b"]), 400, "fold"),
    "header folded with a tab": (handshake(add=["X-Test: a", "\tb"]), 400, "fold"),
    "NUL in a header": (handshake(add=["X-Test: a\0b"]), 400, "control"),
    "escape in a header": (handshake(add=["X-Test: \x1b[2J"]), 400, "control"),
    "DEL in a header": (handshake(add=["X-Test: \x7f"]), 400, "control"),
    "CR in a header": (handshake(add=["X-Test: a\rb"]), 400, "CR"),
    "control byte in a name": (handshake(add=["X\x02Test: a"]), 400, "header"),
    "endless line": (b"GET /" + b"a" * HEAD_MAX, 431, "8192"),
    "endless headers": (head("GET / HTTP/1.1", *["X-Test: a"] * 800), 431, "8192"),
    # Host (RFC 9112 §3.2)
    "no Host": (handshake(drop=["Host"]), 400, "Host"),
    "no Host, no upgrade": (head("GET / HTTP/1.1"), 400, "Host"),
    "two Hosts": (handshake(add=["host: localhost"]), 400, "Host"),
    "empty Host": (handshake(host=""), 400, "Host"),
    "Host with a user": (handshake(host="me@localhost"), 400, "Host"),
    "list of Hosts": (handshake(host="localhost, other"), 400, "Host"),
    # the handshake (RFC 6455 §4.2.1)
    "POST": (handshake("POST / HTTP/1.1"), 405, "GET"),
    "method in lower case": (handshake("get / HTTP/1.1"), 405, "GET"),
    "PUT": (handshake("PUT / HTTP/1.1"), 405, "GET"),
    "HTTP/1.0": (handshake("GET / HTTP/1.0"), 505, "HTTP/1.1"),
    "fragment": (handshake("GET /chat#top HTTP/1.1"), 400, "fragment.*§3"),
    "fragment behind a host": (handshake("GET http://localhost#top HTTP/1.1"), 400, "fragment.*§3"),
    "user": (handshake("GET http://me@localhost/ HTTP/1.1"), 400, "user.*§3"),
    "no path": (handshake("GET * HTTP/1.1"), 400, "path.*§3"),
    "no host in the URL": (handshake("GET http:/// HTTP/1.1"), 400, "path.*§3"),
    "half a host in the URL": (handshake("GET http://[::1/ HTTP/1.1"), 400, "path.*§3"),
    "two ports in the URL": (handshake("GET http://localhost:80:80/ HTTP/1.1"), 400, "path.*§3"),
    "user and password": (handshake("GET http://me:x@localhost/ HTTP/1.1"), 400, "user.*§3"),
    "no Upgrade": (handshake(drop=["Upgrade"]), 400, "Upgrade"),
    "Upgrade to something else": (handshake(upgrade="h2c"), 400, "Upgrade"),
    "Upgrade to nearly that": (handshake(upgrade="websockets"), 400, "Upgrade"),
    "no Connection": (handshake(drop=["Connection"]), 400, "Connection"),
    "Connection without Upgrade": (handshake(connection="keep-alive"), 400, "Connection"),
    "Connection with a longer word": (handshake(connection="Upgrades"), 400, "Connection"),
    "no version header": (handshake(drop=["Sec-WebSocket-Version"]), 426, "Sec-WebSocket-Version"),
    "version 8": (handshake(sec_websocket_version="8"), 426, "13"),
    "version 130": (handshake(sec_websocket_version="130"), 426, "13"),
    "version in words": (handshake(sec_websocket_version="thirteen"), 426, "13"),
    "no key": (handshake(drop=["Sec-WebSocket-Key"]), 400, "Sec-WebSocket-Key"),
    "two keys": (handshake(add=[f"Sec-WebSocket-Key: {KEY}"]), 400, "Sec-WebSocket-Key"),
    "empty key": (handshake(sec_websocket_key=""), 400, "Sec-WebSocket-Key"),
    "key of 15 bytes": (handshake(sec_websocket_key=key_of(15)), 400, "16 bytes"),
    "key of 17 bytes": (handshake(sec_websocket_key=key_of(17)), 400, "16 bytes"),
    "key of 18 bytes": (handshake(sec_websocket_key=key_of(18)), 400, "16 bytes"),
    "key not in base64": (handshake(sec_websocket_key="?" * 22 + "=="), 400, "base64"),
    "key without padding": (handshake(sec_websocket_key=KEY[:22]), 400, "base64"),
    "key with padding inside": (handshake(sec_websocket_key=KEY[:20] + "===="), 400, "base64"),
    "key with a space inside": (handshake(sec_websocket_key=KEY[:9] + " " + KEY[9:]), 400, "base64"),
    # which pages may connect (§4.2.2, §10.2)
    "page from elsewhere": (handshake(add=["Origin: http://evil.example"]), 403, "Origin"),
    # ordinary requests
    "method not known here": (head("DELETE / HTTP/1.1", "Host: a"), 405, "GET"),
    "nothing there": (head("GET /nothing HTTP/1.1", "Host: a"), 404, "nothing"),
}


def cases(table):
    return [pytest.param(*case, id=name) for name, case in table.items()]


def read_whole_refusal(client, status, words):
    assert_refusal(client.read_response(), status, words)
    assert client.read_to_end() == b"", "the body is as long as Content-Length says, then comes FIN"


@pytest.mark.parametrize("request_bytes, status, words", cases(REFUSALS))
def test_refusal_says_what_is_wrong(connect, request_bytes, status, words):
    client = connect()
    client.send(request_bytes)
    read_whole_refusal(client, status, words)


@pytest.mark.parametrize("request_bytes, status, words", cases(REFUSALS))
def test_refusal_is_the_same_byte_by_byte(connect, request_bytes, status, words):
    client = connect()
    client.send_bytewise(request_bytes)
    read_whole_refusal(client, status, words)


def test_refusal_of_head_has_no_body(connect):
    """RFC 9110 §9.3.2; Content-Length still says how long it would have been."""
    client = connect()
    client.send(head("HEAD /nothing HTTP/1.1", "Host: a"))
    response = client.read_response(to_head=True)
    assert response.status == 404 and int(response.header("Content-Length")) > 0
    assert client.read_to_end() == b""


def test_refusal_arrives_although_the_client_goes_on_sending(connect):
    """A server that closes with bytes unread sends RST, and that can overtake its answer."""
    client = connect()
    client.send(handshake(drop=["Host"]), bytes(200_000))
    read_whole_refusal(client, 400, "Host")


# Up to and with the byte that makes it a fault.
FAULTY_BYTES = {
    "TLS": (b"\x16", 400),
    "no method": (b" ", 400),
    "method": (b"GE\0", 400),
    "no path": (b"GET  ", 400),
    "path": (b"GET c", 400),
    "path with a control byte": (b"GET /a\x07", 400),
    "no version": (b"GET /\r", 400),
    "version": (b"GET / X", 400),
    "HTTP/2": (b"GET / HTTP/2", 505),
    "after the version": (b"GET / HTTP/1.1 ", 400),
    "space before colon": (b"GET / HTTP/1.1\r\nHost ", 400),
    "no colon": (b"GET / HTTP/1.1\r\nHost\r", 400),
    "folding": (b"GET / HTTP/1.1\r\nHost: a\r\n ", 400),
    "control byte": (b"GET / HTTP/1.1\r\nHost: a\x1b", 400),
    "bare CR": (b"GET / HTTP/1.1\r\nHost: a\rb", 400),
    "endless line": (b"GET / HTTP/1.1\r\nHost: " + b"a" * (HEAD_MAX - 22 + 1), 431),
}


@pytest.mark.parametrize("start_of_head, status", cases(FAULTY_BYTES))
def test_fault_is_refused_at_its_byte(connect, start_of_head, status):
    """Whoever sends a TLS hello or an endless line never sends the blank line that ends a head."""
    client = connect()
    client.send(start_of_head)
    response = client.read_response()
    assert response.status == status
    assert client.read_to_end() == b""


@pytest.mark.parametrize("start_of_head, status", cases(FAULTY_BYTES))
def test_no_answer_before_the_faulty_byte(connect, start_of_head, status):
    if status == 431:
        start_of_head = start_of_head[:-1]  # 8192 bytes and no blank line: may be refused already
    client = connect()
    client.send(start_of_head[:-1])
    client.assert_silent()


# ------------------------------------------------------------------------------------- deadlines

def assert_timed_out(client, started, timeout):
    """408, not before the deadline, and not much after. started: before there was a connection."""
    assert_refusal(client.read_response(), 408, "time")
    took = time.monotonic() - started
    assert timeout - 0.01 <= took < timeout + PATIENCE / 3, f"refused after {took} s"
    assert client.read_to_end() == b""


TIMEOUT = 0.4


@pytest.mark.parametrize("sent", [b"", handshake()[:60], handshake()[:-1]],
                         ids=["nothing", "half a head", "all but the last byte"])
def test_head_must_arrive_in_time(start, clients, sent):
    server = start("--handshake-timeout", TIMEOUT)
    started, client = time.monotonic(), clients(server)
    client.send(sent)
    assert_timed_out(client, started, TIMEOUT)


def test_one_deadline_for_the_whole_head(start, clients):
    """A byte now and then does not buy more time: the answer comes while they still come."""
    server = start("--handshake-timeout", TIMEOUT)
    started, client = time.monotonic(), clients(server)
    for byte in handshake()[:100]:
        client.send(bytes([byte]))
        if client.has_something(TIMEOUT / 10):
            break
    else:
        pytest.fail(f"no answer in {time.monotonic() - started} s")
    assert_timed_out(client, started, TIMEOUT)


def test_deadline_ends_with_the_handshake(start, join):
    """A person at a terminal may think before typing on."""
    server = start("--handshake-timeout", 2)
    client = join(server)
    client.assert_silent(3)


# -------------------------------------------------------------------------------- a good handshake

def assert_upgraded(response, key=KEY):
    """RFC 6455 §4.2.2 step 5, and nothing agreed on that was not asked for."""
    assert (response.status, response.phrase) == (101, "Switching Protocols")
    assert response.header("Upgrade").lower() == "websocket"
    assert response.header("Connection").lower() == "upgrade"
    assert response.header("Sec-WebSocket-Accept") == accept_key(key)
    assert "sec-websocket-extensions" not in response.headers
    assert "content-length" not in response.headers  # RFC 9110 §8.6


def test_sample_handshake(connect):
    client = connect()
    response = client.upgrade()
    assert_upgraded(response)
    assert response.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert "sec-websocket-protocol" not in response.headers
    client.assert_silent()  # an extra CRLF would be taken for a frame


def test_key_whose_digest_contains_nul(connect):
    """strlen() of the digest would stop there."""
    client = connect()
    response = client.upgrade(handshake(sec_websocket_key="bGVzc29uMSBrZXkAAACvAA=="))
    assert response.header("Sec-WebSocket-Accept") == "ANA+Lrpw8p4T1jZEZt2Jwjkq7do="


def test_accept_keys_of_many_keys(server, clients):
    chance = random.Random(6455)
    for _ in range(20):
        key = base64.b64encode(chance.randbytes(16)).decode()
        client = clients(server)
        assert_upgraded(client.upgrade(handshake(sec_websocket_key=key)), key)
        client.close()


GOOD = {
    "Firefox's Connection": handshake(connection="keep-alive, Upgrade"),
    "Connection in lower case": handshake(connection="upgrade"),
    "Connection list with empty items": handshake(connection=", ,keep-alive,,UPGRADE ,"),
    "Connection in two lines": handshake(connection="keep-alive", add=["Connection: Upgrade"]),
    "Upgrade in any case": handshake(upgrade="WebSocket"),
    "Upgrade as a list": handshake(upgrade="h2c, websocket"),
    "no space after the colons": handshake().replace(b": ", b":"),
    "blanks around values": handshake().replace(b": ", b": \t ").replace(b"\r\n", b" \t\r\n", 5)
                                       .replace(b" \t\r\n", b"\r\n", 1),
    "names in lower case": handshake().replace(b"Sec-WebSocket-Key", b"sec-websocket-key")
                                      .replace(b"Host", b"host"),
    "names in upper case": handshake().replace(b"Sec-WebSocket-V", b"SEC-WEBSOCKET-V")
                                      .replace(b"Upgrade: w", b"UPGRADE: w"),
    "other path": handshake("GET /chat/room?x=1&y=%20 HTTP/1.1"),
    "absolute target": handshake("GET http://localhost/ HTTP/1.1"),
    "other headers": handshake(add=["User-Agent: test", "Cookie: a=b; c=d", "X-Empty:"]),
    "header in UTF-8": handshake(add=["X-Name: 李雷"]),
    "empty line before": b"\r\n" + handshake(),  # RFC 9112 §2.2
    "bare LF": handshake(eol="\n"),
    "CRLF and LF mixed": handshake().replace(b"\r\n", b"\n", 3),
    "head of 8192 bytes": handshake(add=["X: " + "a" * (HEAD_MAX - len(handshake()) - 5)]),
}


@pytest.mark.parametrize("request_bytes", [pytest.param(r, id=name) for name, r in GOOD.items()])
@pytest.mark.parametrize("bytewise", [False, True], ids=["whole", "byte by byte"])
def test_good_handshake(connect, request_bytes, bytewise):
    assert len(request_bytes) <= HEAD_MAX
    client = connect()
    client.send_bytewise(request_bytes) if bytewise else client.send(request_bytes)
    assert_upgraded(client.read_response())


def test_handshake_cut_at_every_point(server, clients):
    """TCP may cut the head anywhere, and one recv() is not one request."""
    whole = handshake()
    for cut in range(1, len(whole)):
        client = clients(server)
        client.send_apart(whole[:cut], whole[cut:])
        assert_upgraded(client.read_response())
        client.close()


@pytest.mark.lessons(2, 3)
def test_request_and_first_frame_cut_at_every_point(server, clients):
    """What comes behind the blank line is the first frame already."""
    whole = handshake() + text("early")
    for cut in range(1, len(whole)):
        client = clients(server)
        client.send_apart(whole[:cut], whole[cut:])
        assert_upgraded(client.read_response())
        assert client.read_frame().payload == b"early"
        client.close()


@pytest.mark.parametrize("offer", [
    "permessage-deflate",
    "permessage-deflate; client_max_window_bits",
    "permessage-deflate; server_no_context_takeover, x-webkit-deflate-frame",
])
def test_extensions_are_never_accepted(connect, offer):
    """§9.1: what is not accepted may not be used; a server that echoes the offer gets garbage."""
    assert_upgraded(connect().upgrade(handshake(add=[f"Sec-WebSocket-Extensions: {offer}"])))


@pytest.mark.parametrize("offer", ["", "permessage-deflate;", "a=b", "a; b=\"c d\"", "a b"])
def test_extensions_that_are_no_list_are_refused(connect, offer):
    """§9.1: whoever gets a malformed offer must fail the connection."""
    client = connect()
    client.send(handshake(add=[f"Sec-WebSocket-Extensions: {offer}"]))
    assert_refusal(client.read_response(), 400, "Sec-WebSocket-Extensions.*§9.1")


SPOKEN = {1: None, 2: "echo", 3: "chat"}


@pytest.mark.parametrize("offer, has_spoken", [
    ("nonsense", False), ("xecho, chatx", False), ("ECHO, CHAT", False),
    ("echo, chat", True), ("nonsense,chat ,echo", True)])
def test_subprotocol_is_chosen_only_if_offered(connect, lesson, offer, has_spoken):
    """§4.2.2 step 5.5: a browser closes at once on one that it has not offered."""
    response = connect().upgrade(handshake(add=[f"Sec-WebSocket-Protocol: {offer}"]))
    assert_upgraded(response)
    expected = [SPOKEN[lesson]] if has_spoken and SPOKEN[lesson] else []
    assert response.headers.get("sec-websocket-protocol", []) == expected


# ----------------------------------------------------------------------------------------- Origin

# Host and Origin; PORT stands for the server's.
OWN_PAGES = [
    ("127.0.0.1:PORT", "http://127.0.0.1:PORT"),
    ("localhost:PORT", "http://localhost:PORT"),
    ("LOCALHOST:PORT", "http://localhost:PORT"),
    ("[::1]:PORT", "http://[::1]:PORT"),
    ("192.168.1.5:PORT", "http://192.168.1.5:PORT"),  # a classroom
    ("localhost", "http://localhost"),
    ("localhost:80", "http://localhost"),  # the scheme's own port need not be written
    ("localhost", "https://localhost"),  # a proxy in front does the TLS
    ("localhost:443", "https://localhost"),
]
OTHER_PAGES = [
    ("127.0.0.1:PORT", "http://evil.example"),
    ("127.0.0.1:PORT", "http://127.0.0.1"),  # another port is another origin (RFC 6454 §4)
    ("127.0.0.1:PORT", "http://127.0.0.1:1"),
    ("127.0.0.1:PORT", "http://localhost:PORT"),
    ("127.0.0.1:PORT", "http://127.0.0.1:PORT.evil.example"),
    ("127.0.0.1:PORT", "http://127.0.0.1.evil.example:PORT"),
    ("127.0.0.1:PORT", "http://evil.example/127.0.0.1:PORT"),
    ("localhost:PORT", "http://localhost.evil.example:PORT"),
    ("localhost:PORT", "http://me@localhost:PORT"),
    ("localhost", "https://localhost:80"),
    ("localhost:PORT", "null"),  # a sandboxed page, or a file
    ("localhost:PORT", "file://"),
    ("localhost:PORT", "localhost:PORT"),
    ("localhost:PORT", ""),
]
# A name that its owner can point at this machine: Origin and Host agree, and it is a stranger's page.
REBOUND_PAGES = [
    ("evil.example:PORT", "http://evil.example:PORT"),
    ("localhost.evil.example:PORT", "http://localhost.evil.example:PORT"),
    ("127.0.0.1.evil.example:PORT", "http://127.0.0.1.evil.example:PORT"),
    ("1.2.3.4.5:PORT", "http://1.2.3.4.5:PORT"),
    ("127.1:PORT", "http://127.1:PORT"),
]


def ask_from_page(client, server, host, origin):
    host, origin = (s.replace("PORT", str(server.port)) for s in (host, origin))
    client.send(handshake(host=host, add=[f"Origin: {origin}"]))
    return client.read_response()


@pytest.mark.parametrize("host, origin", OWN_PAGES)
def test_own_pages_may_connect(server, connect, host, origin):
    assert_upgraded(ask_from_page(connect(), server, host, origin))


@pytest.mark.parametrize("host, origin", OTHER_PAGES + REBOUND_PAGES)
def test_pages_from_elsewhere_may_not(server, connect, host, origin):
    assert_refusal(ask_from_page(connect(), server, host, origin), 403, "Origin")


def test_name_given_with_host_is_trusted(start, clients):
    """127.1 is an address to the system, and a name to the rule: no four numbers."""
    server = start("--host", "127.1")
    assert_upgraded(ask_from_page(clients(server), server, "127.1:PORT", "http://127.1:PORT"))


@pytest.mark.parametrize("origin", ["http://friend.example", "https://friend.example:8443", "http://[2001:db8::1]",
                                    "chrome-extension://abcdefgh", "file://"])
def test_log_says_how_to_let_an_origin_in(start, clients, origin):
    """... which may be that of a page, or of a program: an Arduino's library says file://."""
    server = start()
    refusal = ask_from_page(clients(server), server, "localhost:PORT", origin)
    assert "page" not in refusal.text
    hint = server.stderr.wait_for(r"^#1 .*(--allow-origin .*)$")
    assert hint[1] == f"--allow-origin {origin}"
    assert "page" not in hint[0]
    friendly = start(*hint[1].split())
    assert ask_from_page(clients(friendly), friendly, "localhost:PORT", origin).status == 101


@pytest.mark.parametrize("origin", [
    "", "http://a.example/", "http://a.example;reboot", "http://$(reboot)", "http://a.example`reboot`",
    "http://a.example --host 0.0.0.0", "http://a.example|sh", "http://a&b", "http://me@a.example", "* --trace",
    "http://a.example:port", "http://a.example:80", "http://a.example:123456", "http://", "http://[a|b]",
    "-h://a.example?", "http://" + "a" * 400])
def test_log_suggests_nothing_that_a_stranger_has_made_up(start, clients, origin):
    """Whoever copies the line must not run what was in the Origin."""
    server = start()
    assert ask_from_page(clients(server), server, "localhost:PORT", origin).status == 403
    server.stderr.wait_for(r"^#1 .* no website has the Origin")
    assert "--allow-origin" not in server.stderr.text


def test_log_says_what_a_page_from_a_file_needs(start, clients):
    server = start()
    assert ask_from_page(clients(server), server, "localhost:PORT", "null").status == 403
    hint = server.stderr.wait_for(r"^#1 .* a page opened from a file .*(--allow-origin null)$")
    friendly = start(*hint[1].split())
    assert ask_from_page(clients(friendly), friendly, "localhost:PORT", "null").status == 101


def test_absolute_target_counts_and_not_host(server, clients):
    """RFC 9112 §3.2.2."""
    def ask(target, host, origin):
        client = clients(server)
        client.send(handshake(f"GET {target} HTTP/1.1", host=host, add=[f"Origin: {origin}"]))
        status = client.read_response().status
        client.close()
        return status
    assert ask("http://localhost:7/", "evil.example", "http://localhost:7") == 101
    assert ask("HTTP://[::1]:7?x", "evil.example", "http://[::1]:7") == 101
    assert ask("http://localhost:7/", "evil.example", "http://evil.example") == 403
    assert ask("http://localhost:7/", "127.0.0.1", "http://127.0.0.1") == 403
    assert ask("http://evil.example/", "localhost", "http://evil.example") == 403
    assert ask("http://evil.example/", "localhost", "http://localhost") == 403


@pytest.mark.parametrize("options, origin, status", [
    (["http://a.example"], "http://a.example", 101),
    (["http://a.example"], "http://b.example", 403),
    (["http://a.example"], "http://a.example:8080", 403),
    (["http://a.example"], "https://a.example", 403),
    (["http://a.example", "http://b.example"], "http://a.example", 101),
    (["http://a.example", "http://b.example"], "http://b.example", 101),
    (["*"], "http://evil.example", 101),
    (["*"], "null", 101),
    (["null"], "null", 101),
    (["http://a.example"], "http://localhost:PORT", 101),  # its own pages are still welcome
])
def test_allow_origin(start, clients, options, origin, status):
    server = start(*[word for option in options for word in ("--allow-origin", option)])
    assert ask_from_page(clients(server), server, "localhost:PORT", origin).status == status


@pytest.mark.parametrize("origin, status", [("http://localhost:PORT", 200), ("http://chat.example", 403),
                                            ("http://localhost:1", 403), ("null", 403)])
def test_a_page_may_ask_what_a_handshake_would_get(start, clients, origin, status):
    server = start()
    client = clients(server)
    origin = origin.replace("PORT", str(server.port))
    client.send(head("GET / HTTP/1.1", f"Host: localhost:{server.port}", f"Page-Origin: {origin}"))
    assert client.read_response().status == status
    if status == 403 and origin != "null":
        server.stderr.wait_for(f"--allow-origin {origin}")


@pytest.mark.lessons(2, 3)
def test_a_page_is_told_that_the_server_is_full(start, clients):
    server = start("--max-clients", "1")
    first = clients(server)
    first.send(handshake())
    assert first.read_response().status == 101
    for lines, status in ([], 200), (["Page-Origin: http://localhost"], 503):
        client = clients(server)
        client.send(head("GET / HTTP/1.1", "Host: localhost:80", *lines))
        assert client.read_response().status == status


# ------------------------------------------------------------------- under which names there are pages

KNOWN_NAMES = ["localhost", "localhost:PORT", "LOCALHOST", "127.0.0.1:PORT", "192.168.1.5", "[::1]:PORT",
               "classroom:PORT"]  # nobody can own a name without a dot
STRANGE_NAMES = ["evil.example", "evil.example:PORT", "localhost.evil.example", "127.0.0.1.evil.example", "1.2.3.4.5",
                 "a."]
GIVEN = {1: ["/"], 2: ["/"], 3: ["/", "/xray", "/status"]}


def ask_for_page(client, server, host, path="/", method="GET"):
    client.send(head(f"{method} {path} HTTP/1.1", "Host: " + host.replace("PORT", str(server.port))))
    return client.read_response(to_head=method == "HEAD")


@pytest.mark.parametrize("host", KNOWN_NAMES)
def test_pages_are_given_under_names_that_are_ours(server, clients, lesson, host):
    for path in GIVEN[lesson]:
        assert ask_for_page(clients(server), server, host, path).status == 200


@pytest.mark.parametrize("host", STRANGE_NAMES)
def test_pages_are_not_given_under_a_strangers_name(start, clients, lesson, host):
    """The owner of evil.example lets it point here: a page from there could read ours, which has the same
    origin, and a browser sends no Origin with that (DNS rebinding)."""
    server = start()
    for path in GIVEN[lesson]:
        assert_refusal(ask_for_page(clients(server), server, host, path), 421, "name in Host")
    assert ask_for_page(clients(server), server, host, method="HEAD").status == 421
    assert ask_for_page(clients(server), server, "localhost").status == 200


def test_absolute_target_decides_about_the_page(server, clients):
    """RFC 9112 §3.2.2: and not Host."""
    def ask(target, host):
        return ask_for_page(clients(server), server, host, target).status
    assert ask("http://localhost/", "evil.example") == 200
    assert ask("http://evil.example/", "localhost") == 421
    assert ask("http://evil.example", "localhost") == 421
    assert ask("http://localhost@evil.example/", "localhost") == 421


@pytest.mark.parametrize("options, host, status", [
    (["--allow-origin", "https://chat.example"], "chat.example", 200),  # what a proxy in front hands on
    (["--allow-origin", "https://chat.example"], "CHAT.example:8080", 200),
    (["--allow-origin", "https://chat.example:8443"], "chat.example:8443", 200),
    (["--allow-origin", "https://chat.example"], "evil.example", 421),
    (["--allow-origin", "https://chat.example"], "x.chat.example", 421),
    (["--allow-origin", "http://a.example", "--allow-origin", "https://chat.example"], "chat.example", 200),
    (["--allow-origin", "*"], "evil.example", 200),
    (["--allow-origin", "null"], "evil.example", 421),
    (["--host", "127.1"], "127.1:PORT", 200),
    (["--host", "127.1"], "127.2:PORT", 421),
])
def test_names_that_are_made_known(start, clients, options, host, status):
    server = start(*options)
    assert ask_for_page(clients(server), server, host).status == status


def test_log_says_how_to_make_a_name_known(start, clients):
    server = start()
    ask_for_page(clients(server), server, "chat.example:8080")
    hint = server.stderr.wait_for(r"^#1 .*(--allow-origin http://chat\.example:8080) ")
    friendly = start(*hint[1].split())
    assert ask_for_page(clients(friendly), friendly, "chat.example:8080").status == 200


@pytest.mark.parametrize("host", ["a.$(reboot)", "a.b;reboot", "a.b|sh", "a.`reboot`", "a.b&"])
def test_log_suggests_no_name_that_a_stranger_has_made_up(start, clients, host):
    server = start()
    assert ask_for_page(clients(server), server, host).status == 421
    server.stderr.wait_for(r"^#1 .* the name is ")
    assert "--allow-origin" not in server.stderr.text


# ----------------------------------------------------------------------------------- ordinary HTTP

def page_of(lesson):
    return (SERVER_DIR / PAGES[lesson] / "page.html").read_bytes()


def assert_page(response, lesson):
    assert (response.status, response.phrase) == (200, "OK")
    assert response.header("Content-Type").lower() == "text/html; charset=utf-8"
    assert int(response.header("Content-Length")) == len(page_of(lesson))


@pytest.mark.parametrize("line", ["GET / HTTP/1.1", "GET /?from=here HTTP/1.1",
                                  "GET http://localhost/ HTTP/1.1"])
def test_page(connect, lesson, line):
    client = connect()
    client.send(head(line, "Host: localhost"))
    response = client.read_response()
    assert_page(response, lesson)
    assert response.body == page_of(lesson)
    assert client.read_to_end() == b""


def test_page_to_a_client_of_http_10_without_host(connect, lesson):
    client = connect()
    client.send(head("GET / HTTP/1.0"))
    assert_page(client.read_response(), lesson)


def test_head_is_the_page_without_its_body(connect, lesson):
    client = connect()
    client.send(head("HEAD / HTTP/1.1", "Host: localhost"))
    assert_page(client.read_response(to_head=True), lesson)
    assert client.read_to_end() == b""


def test_page_is_in_the_binary(start, clients, lesson, tmp_path):
    """The server may be started in any directory."""
    client = clients(start(cwd=tmp_path))
    client.send(head("GET / HTTP/1.1", "Host: localhost"))
    assert client.read_response().body == page_of(lesson)


def test_page_to_a_client_that_has_ended_its_side(connect, lesson):
    """As `printf ... | nc -N` does."""
    client = connect()
    client.send(head("GET / HTTP/1.1", "Host: localhost"))
    client.finish()
    assert_page(client.read_response(), lesson)


@pytest.mark.parametrize("path", ["/nothing", "/index.html", "//", "/../etc/passwd", "/%2e%2e", "/page"])
def test_other_paths_are_not_found(connect, path):
    client = connect()
    client.send(head(f"GET {path} HTTP/1.1", "Host: localhost"))
    read_whole_refusal(client, 404, "nothing")


@pytest.mark.lessons(1, 2)
def test_only_lesson_3_has_a_status(connect):
    client = connect()
    client.send(head("GET /status HTTP/1.1", "Host: localhost"))
    read_whole_refusal(client, 404, "nothing")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW", "get"])
@pytest.mark.parametrize("path", ["/", "/nothing"])
def test_other_methods_are_not_allowed(connect, method, path):
    client = connect()
    client.send(head(f"{method} {path} HTTP/1.1", "Host: localhost", "Content-Length: 0"))
    read_whole_refusal(client, 405, "GET")


@pytest.mark.parametrize("leaves", ["close", "reset"])
def test_client_may_leave_in_mid_request(server, clients, connect, leaves):
    for cut in (0, 1, 20, len(handshake()) - 1):
        client = clients(server)
        client.send(handshake()[:cut])
        getattr(client, leaves)()
    connect().upgrade()


# ------------------------------------------------------------------------------------- https:// typed

def tls_hello():
    """What a browser sends first when somebody has typed https://."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("bytewise", [False, True], ids=["whole", "byte by byte"])
def test_tls_hello_is_recognised(start, clients, bytewise):
    server = start()
    client = clients(server)
    client.send_bytewise(tls_hello()) if bytewise else client.send(tls_hello())
    read_whole_refusal(client, 400, "https")
    server.stderr.wait_for(r"TLS.*https://")


# -------------------------------------------------------------------------------------------- curl

def curl(server, *arguments, host="127.0.0.1", path="/"):
    """Runs curl as a user would; returns what it printed: head and body."""
    host = f"[{host}]" if ":" in host else host
    done = subprocess.run(["curl", "--silent", "--show-error", "--include", "--globoff", "--noproxy",
                           "*", "--max-time", str(PATIENCE), *arguments,
                           f"http://{host}:{server.port}{path}"], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    answer_head, _, body = done.stdout.partition(b"\r\n\r\n")
    return answer_head.decode(), body


@pytest.mark.parametrize("host", LOOPBACKS)
def test_curl_gets_the_page(server, need, lesson, host):
    need("curl")
    answer_head, body = curl(server, host=host)
    assert answer_head.startswith("HTTP/1.1 200 OK\r\n") and body == page_of(lesson)


@pytest.mark.parametrize("arguments, path, status", [
    (["--head"], "/", "200 OK"),
    ([], "/nothing", "404 Not Found"),
    (["--head"], "/nothing", "404 Not Found"),
    (["--request", "DELETE"], "/", "405 Method Not Allowed"),
    (["--data", "a=b"], "/", "405 Method Not Allowed"),
    (["--http1.0"], "/", "200 OK"),
    (["--header", "Host:"], "/", "400 Bad Request"),
    (["--header", "Upgrade: websocket"], "/", "400 Bad Request"),
    (["--header", "Upgrade: websocket", "--header", "Connection: Upgrade"], "/", "426 Upgrade Required"),
    (["--header", "X: " + "a" * HEAD_MAX], "/", "431 Request Header Fields Too Large"),
])
def test_curl_gets_the_status(server, need, arguments, path, status):
    need("curl")
    answer_head, body = curl(server, *arguments, path=path)
    assert answer_head.startswith(f"HTTP/1.1 {status}\r\n")
    assert bool(body) == ("--head" not in arguments)


@pytest.mark.lessons(3)
def test_curl_gets_the_status_of_the_room(server, need):
    need("curl")
    answer_head, body = curl(server, path="/status")
    assert "application/json" in answer_head and json.loads(body)["clients"] == 0
