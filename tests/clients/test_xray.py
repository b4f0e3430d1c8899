"""
The x-ray of lesson 3: a WebSocket at /xray gets a JSON object for each frame of the chat.

What the objects say of a frame is tested in tests/unit/test_trace.c; here it is that each frame is
told, once, in order, to all who watch, and that the chat does not feel it.
"""
import asyncio
import contextlib
import json
import re
import socket
import struct
import threading

import pytest
import websockets

from ws_testlib.peers import send_in_reads
from ws_testlib.servers import backlog
from ws_testlib.waiting import wait_until
from ws_testlib.watcher import Watcher
from ws_testlib.wire import (BINARY, CLOSE, CONTINUATION, MASK, PING, PONG, TEXT, Client, close,
                             fragments, frame, handshake, mask, text)

pytestmark = pytest.mark.lessons(3)


PLACES = 16  # for watchers at the same time


@pytest.fixture
def watch():
    with contextlib.ExitStack() as stack:
        def watch(server, **kwargs):
            return stack.enter_context(contextlib.closing(Watcher(server.port, **kwargs)))
        yield watch


def get_status(server):
    with contextlib.closing(Client(server.port)) as client:
        client.send(b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n")
        return json.loads(client.read_response().body)


def xray_status(server):
    with contextlib.closing(Client(server.port)) as client:
        client.send(b"GET /xray/status HTTP/1.1\r\nHost: x\r\n\r\n")
        return json.loads(client.read_response().body)


def brief(told):
    """What a frame is, in one tuple."""
    whose = told.get("client", f"to {told.get('receivers')}")
    return whose, told["direction"], told["name"], told["length"], told["outcome"]


def test_each_frame_is_told(start, watch, join):
    server = start()
    watcher = watch(server)
    ann, bob = join(server), join(server)
    ann.send(text("Hello"))
    assert ann.read_frame() == bob.read_frame()
    bob.send(frame(PING, b"alive?"))
    assert bob.read_frame().opcode == PONG
    ann.send(close(1000, b"bye"))
    ann.read_to_end()
    told = watcher.read_objects(6)
    assert [brief(each) for each in told] == [
        (2, "in", "text", 5, "ok"), ("to 2", "out", "text", 5, "ok"),
        (3, "in", "ping", 6, "ok"), (3, "out", "pong", 6, "ok"),
        (2, "in", "close", 5, "ok"), (2, "out", "close", 2, "ok")]
    assert told[0]["address"] == ann.address
    assert told[0]["header"] == "8185" + MASK.hex()
    assert told[0]["payload"] == mask(b"Hello").hex()
    assert told[1]["header"] == "8105" and told[1]["payload"] == b"Hello".hex()
    assert told[5]["payload"] == struct.pack("!H", 1000).hex() and told[5]["state"] == "closing"
    assert told == sorted(told, key=lambda each: each["time"])
    assert set(told[0]) == {"time", "client", "address", "direction", "outcome", "header", "fin", "rsv",
                            "opcode", "name", "masked", "form", "length", "payload", "seen", "reads",
                            "cuts", "joined", "state", "fragments", "kept"}
    assert set(told[0]) - set(told[1]) == {"client", "address"}


def test_cause_is_told_before_effect(server, watch, join):
    """What somebody does because of what was said stands behind it, however fast that was."""
    watcher = watch(server)
    ann, bob = join(server), join(server)
    for i in range(300):
        ann.send(text(f"{i}"))
        bob.read_frame()
        bob.send(frame(PING, b"heard"))
        assert bob.read_frame().opcode == PONG
        ann.read_frame()
    told = [brief(told)[1:3] for told in watcher.read_objects(4 * 300)]
    assert told == 300 * [("in", "text"), ("out", "text"), ("in", "ping"), ("out", "pong")]


def test_the_order_is_that_of_the_room(server, watch, join):
    """... however many speak at the same time."""
    count = 150
    watcher, hearer = watch(server), join(server)
    speakers = [join(server) for _ in range(4)]
    heard = []

    def speak(name, speaker):
        for i in range(count):
            speaker.send(text(f"{name} {i}"))

    def hear():
        heard.extend(hearer.read_frame().payload.hex() for _ in range(count * len(speakers)))

    jobs = [threading.Thread(target=hear)]
    jobs += [threading.Thread(target=speak, args=job) for job in enumerate(speakers)]
    for job in jobs:
        job.start()
    told = watcher.read_objects(2 * count * len(speakers))
    for job in jobs:
        job.join()
    assert [each["payload"] for each in told if each["direction"] == "out"] == heard


@pytest.mark.parametrize("bad, fault, section, code", [
    (b"Hello", "bad-rsv", "5.2", 1002),
    (frame(3), "bad-opcode", "5.2", 1002),
    (frame(PING, fin=False), "control-fragmented", "5.5", 1002),
    (frame(PING, b"x" * 126), "control-too-long", "5.5", 1002),
    (frame(TEXT, b"Hello", key=None), "not-masked", "5.1", 1002),
    (frame(TEXT, b"Hello", length_bytes=2), "length-not-minimal", "5.2", 1002),
    (frame(TEXT, announced=1 << 63, length_bytes=8), "length-high-bit", "5.2", 1002),
    (frame(CONTINUATION, b"lo"), "stray-continuation", "5.4", 1002),
    (frame(BINARY, announced=1 << 40), "too-big", "7.4.1", 1009),
    (frame(TEXT, b"\xff"), "bad-utf8", "8.1", 1007),
    (frame(CLOSE, b"\x03"), "close-one-byte", "5.5.1", 1002),
    (close(1005), "close-bad-code", "7.4", 1002),
    (close(1000, b"\xff"), "close-bad-utf8", "5.5.1", 1007),
], ids=lambda value: value if isinstance(value, str) else "")
def test_faults_are_told(server, watch, join, bad, fault, section, code):
    watcher = watch(server)
    client = join(server)
    client.send(bad)
    client.assert_closed_for(code)
    told, answer = watcher.read_objects(2)
    assert (told["outcome"], told["fault"], told["section"], told["close"]) == ("bad", fault, section, code)
    assert (answer["client"], answer["direction"], answer["name"]) == (told["client"], "out", "close")
    assert answer["payload"].startswith(struct.pack("!H", code).hex())


def test_message_unfinished_is_told_with_its_state(server, watch, join):
    watcher = watch(server)
    client = join(server)
    client.send(frame(TEXT, b"Hel", fin=False), frame(CONTINUATION, b"lo", fin=False), text("again"))
    client.assert_closed_for(1002)
    first, second, third, _ = watcher.read_objects(4)
    assert [each["outcome"] for each in (first, second, third)] == ["ok", "ok", "bad"]
    assert (third["fault"], third["state"], third["fragments"]) == ("message-unfinished", "text", 2)


def test_good_empty_fragment_is_not_blamed_for_the_bad_frame_behind_it(server, watch, join):
    """Both come in one read, and the empty one brings nothing to hand on."""
    watcher = watch(server)
    client = join(server)
    client.send(frame(TEXT, b"", fin=False), frame(TEXT, b"again", key=None))
    client.assert_closed_for(1002)
    good, bad, _ = watcher.read_objects(3)
    assert (good["outcome"], good["length"]) == ("ok", 0)
    assert (bad["outcome"], bad["fault"]) == ("bad", "message-unfinished")


def test_reads_are_told(server, watch, join):
    watcher = watch(server)
    client = join(server)
    data = text("Hello") + text("again")
    send_in_reads(client, [data[:1], data[1:8], data[8:]])
    client.read_frames(2)
    first, second = [told for told in watcher.read_objects(4) if told["direction"] == "in"]
    assert (first["reads"], first["cuts"], first["joined"]) == (3, [1, 8], False)
    assert (second["reads"], second["cuts"], second["joined"]) == (1, [], True)


def test_long_payload_is_counted(server, watch, join):
    watcher = watch(server)
    client = join(server)
    client.send(frame(BINARY, bytes(100_000)))
    assert len(client.read_frame().payload) == 100_000
    for told in watcher.read_objects(2):
        assert (told["form"], told["length"], told["seen"]) == (64, 100_000, 100_000)
        assert len(told["payload"]) == 2 * 64


def test_frame_that_was_cut_off_is_told(server, watch, join):
    watcher = watch(server)
    client = join(server)
    client.send(text("Hello")[:8])
    client.reset()
    told = watcher.read_object()
    assert (told["outcome"], told["length"], told["seen"]) == ("cut", 5, 2)


def test_watching_begins_between_frames(server, watch, join):
    """Whoever comes in the middle of a frame sees the next: half a frame would be misread."""
    client = join(server)
    send_in_reads(client, [frame(TEXT, b"first", fin=False), frame(CONTINUATION, b"second", fin=False)[:9]])
    watcher = watch(server)
    send_in_reads(client, [frame(CONTINUATION, b"second", fin=False)[9:]])
    client.send(frame(CONTINUATION, b"third"))
    assert client.read_frame().payload == b"firstsecondthird"
    told = watcher.read_object()
    assert (told["opcode"], told["length"], told["state"], told["fragments"]) == (0, 5, "text", 0)
    assert brief(watcher.read_object()) == ("to 1", "out", "text", 16, "ok")


def test_watching_ends_between_reads(server, watch, join):
    """And again: what the first watcher saw half of is not mixed with what the second sees."""
    client = join(server)
    watcher = watch(server)
    send_in_reads(client, [text("one")[:3]])
    watcher.say_goodbye()
    send_in_reads(client, [text("one")[3:]])
    assert client.read_frame().payload == b"one"
    watcher = watch(server)
    client.send(text("two"))
    told = watcher.read_object()
    assert (told["payload"], told["reads"]) == (mask(b"two").hex(), 1)


def test_watcher_is_not_in_the_chat(start, watch, join):
    """It hears no messages, what it says reaches nobody, and it is not counted."""
    server = start()
    watcher, client = watch(server), join(server)
    status = get_status(server)
    assert (status["clients"], status["messages"]) == (1, 0)
    watcher.send(text("can anybody hear me?"), frame(BINARY, bytes(70_000)), frame(PING, b"!"))
    assert watcher.read_frame().opcode == PONG  # so it has been read; and is not shown itself
    client.assert_alive("only this")
    assert [brief(told) for told in watcher.read_objects(2)] == [
        (2, "in", "text", 9, "ok"), ("to 1", "out", "text", 9, "ok")]
    assert get_status(server)["messages"] == 1
    client.say_goodbye()
    watcher.read_objects(2)
    watcher.assert_silent()


def test_watcher_keeps_the_rules_like_any_other(server, watch):
    watcher = watch(server)
    watcher.send(frame(TEXT, b"Hello", key=None))
    watcher.assert_closed_for(1002)
    watcher = watch(server)
    watcher.say_goodbye(3000)


def test_all_watchers_are_told_the_same(server, watch, join):
    watchers = [watch(server) for _ in range(3)]
    client = join(server)
    for i in range(50):
        client.send(text(f"message {i}"))
    client.read_frames(50)
    first, *others = [[watcher.read_object() for _ in range(100)] for watcher in watchers]
    assert all(other == first for other in others)
    assert [told["direction"] for told in first].count("in") == 50


def test_watcher_that_does_not_read_is_evicted_and_nobody_waits(start, watch, join):
    server = start(*backlog(100_000))
    good, lazy = watch(server), watch(server, receive_buffer=4096)
    client = join(server)
    sent = 0
    while "evicted" not in server.stderr.text:
        client.send(*[text(f"message {i}") for i in range(100)])
        client.read_frames(100)
        assert len(good.read_objects(200)) == 200
        sent += 100
        assert sent < 1_000_000
    server.stderr.wait_for(rf"{lazy.address} closed 1006, evicted: it does not read")
    client.assert_alive()


def test_each_frame_of_a_flood_is_told_or_counted(start, watch, join):
    """The chat does not wait for the feed: what does not fit is missing, and the next says how much."""
    count, speakers = 8000, 3
    server = start("--max-backlog", 2 ** 30)
    watcher = watch(server)
    clients = [join(server) for _ in range(speakers)]
    flood = text("?" * 40) * count

    def speak(client):
        client.send(flood)

    def hear(client):
        for _ in range(count * speakers):
            client.read_frame()

    jobs = [threading.Thread(target=job, args=[client]) for client in clients for job in (speak, hear)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    frames = 2 * count * speakers  # each comes in once, and goes out once, to all
    while frames > 0:
        if not watcher.has_something(0.5):  # were the last ones missing? The next frame tells
            clients[0].send(frame(PONG))
            frames += 1
        told = watcher.read_object()
        assert told["name"] in ("text", "pong") and told["outcome"] == "ok"
        frames -= 1 + told.get("missed", 0)
    assert frames == 0


def test_hundred_clients_are_one_object(start, watch, join):
    server = start()
    watcher = watch(server)
    clients = [join(server) for _ in range(100)]
    clients[0].send(text("everyone"))
    for client in clients:
        assert client.read_frame().payload == b"everyone"
    assert brief(watcher.read_object()) == (2, "in", "text", 8, "ok")
    assert brief(watcher.read_object()) == ("to 100", "out", "text", 8, "ok")
    clients[0].say_goodbye()
    assert brief(watcher.read_object())[2] == "close"


def test_goodbye_of_the_server_is_told(start, watch, join):
    """1001 goes to the watchers, too; whoever gets it first."""
    server = start()
    watcher, client = watch(server), join(server)
    server.send_signal()
    assert client.read_frame().code == 1001
    client.send(close(1001))
    *_, last = watcher.read_frames_to_end()
    assert last.code == 1001
    server.wait()


def test_page(server, connect):
    client = connect()
    client.send(b"GET /xray?x HTTP/1.1\r\nHost: x\r\n\r\n")
    response = client.read_response()
    assert response.status == 200
    assert response.header("Content-Type") == "text/html; charset=utf-8"
    assert "Content-Security-Policy" in response.text and "innerHTML" not in response.text


@pytest.mark.parametrize("words", [
    '<img src=x onerror=alert(1)>', '"},{"x":"', "\\u0000\x00\x1f", "\x1b[2J\u202e世界", "'; DROP"])
def test_anything_that_clients_say_is_good_json(server, watch, join, words):
    watcher = watch(server)
    client = join(server)
    client.send(text(words))
    client.read_frame()
    client.send(close(4000, words.encode()))
    client.read_to_end()
    told = watcher.read_objects(4)
    assert bytes.fromhex(told[1]["payload"]) == words.encode()
    assert mask(bytes.fromhex(told[2]["payload"])) == struct.pack("!H", 4000) + words.encode()


def test_watched_by_a_client_of_another_make(server, join):
    """Python's websockets, which checks every frame of the feed for itself."""
    async def watch():
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/xray") as socket:
            client = join(server)
            for piece in fragments(TEXT, [b"Hel", b"lo"]):
                client.send(piece)
            client.read_frame()
            client.send(b"Hello")
            client.read_frame()
            return [json.loads(await asyncio.wait_for(socket.recv(), 30)) for _ in range(5)]
    told = asyncio.run(watch())
    assert [(each["direction"], each["name"], each["outcome"]) for each in told] == [
        ("in", "text", "ok"), ("in", "continuation", "ok"), ("out", "text", "ok"),
        ("in", "close", "bad"), ("out", "close", "ok")]


def test_a_broadcast_names_its_sender(server, watch, join):
    watcher = watch(server)
    clients = [join(server) for _ in range(3)]
    for client in clients:
        client.send(text("me"))
        said, broadcast = watcher.read_objects(2)
        assert said["address"] == client.address
        assert (broadcast["from"], broadcast["receivers"]) == (said["client"], 3)


# ------------------------------------------------------------------------- handshakes, and the end

def test_handshake_is_told_with_its_answer(start, watch, clients):
    server = start()
    watcher = watch(server, path="/xray/all")
    client = clients(server)
    request = handshake("GET /somewhere HTTP/1.1", add=["Origin: http://localhost"])
    client.send(request)
    answer = client.read_response()
    told = watcher.read_object()
    assert set(told) == {"time", "client", "address", "event", "status", "length", "request", "answer"}
    assert (told["event"], told["client"], told["address"]) == ("handshake", 2, client.address)
    assert (told["status"], told["length"]) == (101, len(request))
    assert bytes.fromhex(told["request"]) == request
    assert answer.header("Sec-WebSocket-Accept").encode() in bytes.fromhex(told["answer"])
    client.say_goodbye(3000)
    said, answered, end = watcher.read_objects(3)
    assert brief(said) == (2, "in", "close", 2, "ok") and brief(answered) == (2, "out", "close", 2, "ok")
    assert end | {"time": 0} == {"time": 0, "client": 2, "address": client.address, "event": "end",
                                 "code": 3000, "by": "client", "evicted": False, "reason": ""}


@pytest.mark.parametrize("request_bytes, status, words", [
    (handshake(sec_websocket_version="8"), 426, b"must be 13"),
    (handshake(add=["Origin: http://evil.example"]), 403, b"Origin"),
    (b"GET / HTTP/1.1\r\nHost: x\r\nno colon here\r\n", 400, b"colon"),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01", 400, b"TLS"),
    (b"\x81\x85\x00\x00\x00\x00Hello", 400, b"method"),
])
def test_refused_handshake_is_told(start, watch, clients, request_bytes, status, words):
    server = start()
    watcher = watch(server, path="/xray/all")
    client = clients(server)
    client.send(request_bytes)
    assert client.read_response().status == status
    told = watcher.read_object()
    assert (told["event"], told["status"]) == ("handshake", status)
    assert request_bytes.startswith(bytes.fromhex(told["request"])) and told["request"]
    assert words in bytes.fromhex(told["answer"])


def test_secrets_of_a_request_are_not_told(start, watch, clients):
    server = start()
    watcher = watch(server, path="/xray/all")
    secrets = ["Cookie: session=4711", "authorization: Basic NDcxMQ==", "Proxy-Authorization: x 4711"]
    for add in secrets, ["Cookie:"] * 300, ["X-Long: " + "y" * 3000, *secrets]:
        head = handshake(add=add)
        clients(server).upgrade(head)
        request = bytes.fromhex(watcher.read_object()["request"])
        assert b"4711" not in request and b"NDcx" not in request
        assert request.count(b"(not shown)") == (3 if add == secrets else head[:2048].count(b"Cookie:"))
        assert b"Sec-WebSocket-Key" in request


def test_pages_and_watchers_are_no_events(start, watch, clients, join):
    server = start()
    watcher = watch(server, path="/xray/all")
    for path in "/", "/status", "/xray", "/nothing":
        client = clients(server)
        client.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        client.read_response()
    watch(server).say_goodbye()
    watch(server, path="/xray/all").say_goodbye()
    client = join(server)
    assert watcher.read_object()["address"] == client.address


@pytest.mark.parametrize("leave, code, by, reason", [
    (lambda client: client.say_goodbye(1001), 1001, "client", b""),
    (lambda client: (client.send(close(4000, b"bye")), client.read_to_end()), 4000, "client", b"bye"),
    (lambda client: client.reset(), 1006, "network", b"the connection was lost"),
    (lambda client: (client.send(b"Hello"), client.assert_closed_for(1002)), 1002, "server", b"RSV bit"),
])
def test_end_is_told(start, watch, join, leave, code, by, reason):
    server = start()
    watcher = watch(server, path="/xray/all")
    client = join(server)
    leave(client)
    told = watcher.read_object()
    while told.get("event") != "end":
        told = watcher.read_object()
    assert (told["code"], told["by"], told["evicted"], told["address"]) == (code, by, False, client.address)
    assert bytes.fromhex(told["reason"]).startswith(reason)


def test_eviction_is_told(start, watch, join):
    server = start("--ping-interval", 0.2)
    watcher = watch(server, path="/xray/all")
    client = join(server)
    told = {}
    while told.get("event") != "end":
        said = watcher.read_frame()
        if said.opcode == PING:
            watcher.send(frame(PONG))
        else:
            told = json.loads(said.payload)
    assert (told["code"], told["by"], told["evicted"]) == (1011, "server", True)
    client.close()


def test_both_feeds_tell_the_same_frames(start, watch, join):
    server = start()
    frames_only, everything = watch(server), watch(server, path="/xray/all")
    client = join(server)
    client.send(text("Hello"), frame(PING, b"?"))
    client.read_frames(2)
    assert [told for told in everything.read_objects(5) if "event" not in told] == frames_only.read_objects(4)


# ------------------------------------------------------------------------------------ who may watch

def addresses_of_this_machine():
    """Not on loopback, and so like another machine's."""
    found = set()
    with contextlib.suppress(OSError):  # a machine need not know its own name
        found |= {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        with contextlib.suppress(OSError):
            probe.connect(("192.0.2.1", 9))  # nothing is sent: the system only chooses an address
            found.add(probe.getsockname()[0])
    return sorted(address for address in found if not address.startswith("127."))


FOR_ANOTHER = ["Forwarded: for=192.0.2.7", "X-Forwarded-For: 192.0.2.7", "x-forwarded-for: 127.0.0.1",
               "X-Forwarded-For:"]


def ask_to_watch(server, *headers, clients, **kwargs):
    client = clients(server, **kwargs)
    client.send(handshake("GET /xray HTTP/1.1", add=headers))
    return client.read_response()


@pytest.mark.parametrize("header", FOR_ANOTHER)
def test_stranger_behind_a_proxy_may_not_watch(start, clients, header):
    server = start()
    refused = ask_to_watch(server, header, clients=clients)
    assert refused.status == 403 and refused.header("Content-Type").startswith("text/plain")
    assert re.search(rb"own machine.*--xray any.*RFC 9110 \xc2\xa7", refused.body)
    server.stderr.wait_for(r"refused 403: only clients on the server's own machine")
    assert ask_to_watch(server, clients=clients).status == 101
    assert ask_to_watch(start("--xray", "any"), header, clients=clients).status == 101
    assert ask_to_watch(start("--xray=loopback"), header, clients=clients).status == 403


if addresses_of_this_machine():  # one that has none but loopback cannot tell
    def test_only_this_machine_may_watch(start, clients):
        stranger = {"host": addresses_of_this_machine()[0]}
        server = start("--host", "0.0.0.0")
        assert ask_to_watch(server, clients=clients, **stranger).status == 403
        assert ask_to_watch(server, clients=clients).status == 101
        client = clients(server, **stranger)  # who may chat all the same
        client.upgrade()
        client.assert_alive()
        server = start("--host", "0.0.0.0", "--xray", "any")
        assert ask_to_watch(server, clients=clients, **stranger).status == 101


def test_a_bad_handshake_is_told_as_that_and_not_as_forbidden(server, clients):
    client = clients(server)
    client.send(b"GET /xray HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nX-Forwarded-For: x\r\n\r\n")
    assert client.read_response().status == 400


def test_watchers_have_places_of_their_own(start, watch, join, clients):
    server = start("--max-clients", 2)
    watchers = [watch(server) for _ in range(PLACES)]
    full = ask_to_watch(server, clients=clients)
    assert full.status == 503 and b"as many clients as it takes" in full.body
    assert xray_status(server) == {"watchers": PLACES, "places": PLACES, "who": "loopback"}
    ann, bob = join(server), join(server)
    assert get_status(server)["clients"] == 2
    third = clients(server)
    third.send(handshake())
    assert third.read_response().status == 503
    ann.assert_alive()
    bob.read_frame()
    for watcher in watchers:
        assert [brief(told)[1:4] for told in watcher.read_objects(2)] == [("in", "text", 14), ("out", "text", 14)]
    watchers[0].say_goodbye()
    wait_until(lambda: xray_status(server)["watchers"] == PLACES - 1, "a place to be free")
    watch(server)


def test_status_of_the_xray_says_who_may_watch(start):
    assert xray_status(start("--xray", "any"))["who"] == "any"
    assert xray_status(start())["who"] == "loopback"


def test_watcher_that_has_gone_is_not_counted_any_more(start, watch, join):
    server = start()
    watch(server).say_goodbye()
    wait_until(lambda: "closed 1000" in server.stderr.text, "the watcher to go")
    join(server).assert_alive()
    assert get_status(server)["clients"] == 1
