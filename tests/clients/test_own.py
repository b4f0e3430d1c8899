"""
Lesson 2's feed of one's own connection: a WebSocket at /own?watch=TOKEN gets a JSON object for each thing that
is seen of clients at /?watch=TOKEN, and of nobody else.

What the objects say is that of the x-ray: see test_xray.py. Here it is who is told, and that nobody waits.
"""
import contextlib
import secrets
import struct
import threading

import pytest

from ws_testlib.servers import IS_SANITIZED, limit_descriptors
from ws_testlib.waiting import wait_until
from ws_testlib.watcher import Watcher
from ws_testlib.wire import BINARY, CLOSE, MASK, PING, PONG, TEXT, Client, close, frame, handshake, mask, text

pytestmark = pytest.mark.lessons(2)

PLACES = 64  # for watchers at the same time


def new_token():
    return secrets.token_hex(16)


@pytest.fixture
def watch():
    with contextlib.ExitStack() as stack:
        def watch(server, token, **kwargs):
            watcher = Watcher(server.port, f"/own?watch={token}", **kwargs)
            return stack.enter_context(contextlib.closing(watcher))
        yield watch


@pytest.fixture
def speak(join):
    """A client of the echo, with a token."""
    def speak(server, token, **kwargs):
        return join(server, handshake(f"GET /?watch={token} HTTP/1.1"), **kwargs)
    return speak


def brief(told):
    """What was seen, in one tuple."""
    if "event" in told:
        return told["event"], told.get("status", told.get("code"))
    return told["direction"], told["name"], told["length"], told["outcome"]


def echoed(count=1, length=5):
    return count * [("in", "text", length, "ok"), ("out", "text", length, "ok")]


def test_own_frames_are_told_from_the_handshake_to_the_end(start, watch, speak):
    server, token = start(), new_token()
    watcher = watch(server, token)
    client = speak(server, token)
    client.send(text("Hello"))
    assert client.read_frame().payload == b"Hello"
    client.send(frame(PING, b"?"))
    assert client.read_frame().opcode == PONG
    client.send(close(3000, b"bye"))
    client.read_to_end()
    told = watcher.read_objects(8)
    assert [brief(each) for each in told] == [
        ("handshake", 101), *echoed(), ("in", "ping", 1, "ok"), ("out", "pong", 1, "ok"),
        ("in", "close", 5, "ok"), ("out", "close", 2, "ok"), ("end", 3000)]
    assert {(each["client"], each["address"]) for each in told} == {(2, client.address)}
    assert bytes.fromhex(told[0]["request"]) == handshake(f"GET /?watch={token} HTTP/1.1")
    assert bytes.fromhex(told[0]["answer"]).startswith(b"HTTP/1.1 101 ")
    assert told[1]["header"] == "8185" + MASK.hex() and told[1]["payload"] == mask(b"Hello").hex()
    assert told[6]["payload"] == struct.pack("!H", 3000).hex()
    assert told == sorted(told, key=lambda each: each["time"])


def test_faults_are_told(start, watch, speak):
    server, token = start(), new_token()
    watcher = watch(server, token)
    speak(server, token).send(frame(TEXT, b"Hello", key=None))
    _, fault, answer, end = watcher.read_objects(4)
    assert (fault["outcome"], fault["fault"], fault["close"]) == ("bad", "not-masked", 1002)
    assert (brief(answer)[:2], brief(end), end["by"]) == (("out", "close"), ("end", 1002), "server")


def test_one_who_begins_to_watch_sees_what_comes_from_then_on(start, watch, speak):
    """From its 101 on: whoever has read that may count on it."""
    server, token = start(), new_token()
    client = speak(server, token)
    for i in range(100):
        client.assert_alive("not seen")
        watcher = watch(server, token)
        client.assert_alive(f"{1000 + i}")
        assert [brief(each) for each in watcher.read_objects(2)] == echoed(length=4)
        watcher.say_goodbye()


def test_nobody_sees_the_frames_of_others(start, watch, speak, join):
    server, tokens = start(), [new_token() for _ in range(3)]
    watchers = [watch(server, token) for token in tokens]
    pages = [speak(server, token) for token in tokens[:2]]
    without = join(server)
    almost = speak(server, tokens[2][:-1] + ("0" if tokens[2][-1] != "0" else "1"))
    shorter, longer = speak(server, tokens[2][:-1]), speak(server, tokens[2] + "0")
    for i in range(20):
        for client, words in (*zip(pages, ("first", "second")), (without, "x"), (almost, "x"), (shorter, "x"), (longer, "x")):
            client.assert_alive(words)
    first, second = (watcher.read_objects(41) for watcher in watchers[:2])
    assert [brief(each) for each in first] == [("handshake", 101), *echoed(20, 5)]
    assert [brief(each) for each in second] == [("handshake", 101), *echoed(20, 6)]
    assert {each["address"] for each in first} == {pages[0].address}
    assert {each["address"] for each in second} == {pages[1].address}
    for client in (*pages, without, almost, shorter, longer):
        client.say_goodbye()
    for watcher in watchers[:2]:
        assert [brief(each)[0] for each in watcher.read_objects(3)] == ["in", "out", "end"]
    for watcher in watchers:
        watcher.assert_silent()


def test_all_who_have_the_token_are_told_the_same(start, watch, speak):
    server, token = start(), new_token()
    watchers = [watch(server, token) for _ in range(3)]
    clients = [speak(server, token) for _ in range(2)]
    for i in range(30):
        for client in clients:
            client.assert_alive("hello")
    first, *others = [watcher.read_objects(2 * 61) for watcher in watchers]
    assert all(other == first for other in others)
    assert {each["address"] for each in first} == {client.address for client in clients}


@pytest.mark.parametrize("query", ["", "?", "?watch=", "?watch=0123", f"?watch={31 * '0'}", f"?watch={33 * '0'}",
                                   f"?watch={32 * 'g'}", f"?watch={32 * 'A'}", f"?other={32 * '0'}",
                                   f"?watch={32 * '0'}&more"])
def test_without_a_token_there_is_nothing_to_watch(server, connect, query):
    client = connect()
    client.send(handshake(f"GET /own{query} HTTP/1.1"))
    response = client.read_response()
    assert response.status == 403
    assert response.text.startswith("who watches here must name a connection")
    assert client.is_ended()


def test_a_page_from_elsewhere_may_not_watch(server, connect):
    client = connect()
    client.send(handshake(f"GET /own?watch={new_token()} HTTP/1.1", add=["Origin: http://example.org"]))
    assert client.read_response().status == 403


def test_the_log_does_not_tell_the_token(start, watch, speak):
    """Who reads it on the wall could watch."""
    server, token = start("-v"), new_token()
    watch(server, token)
    speak(server, token).say_goodbye()
    server.stderr.wait_for(r"open: WebSocket at /own\n")
    server.stderr.wait_for(r"open: WebSocket at /\n")
    assert token not in server.stderr.text


def test_what_a_watcher_sends_is_ignored_and_it_keeps_the_rules(start, watch, speak):
    server, token = start(), new_token()
    watcher = watch(server, token)
    watcher.send(text("can anybody hear me?"), frame(BINARY, bytes(70_000)), frame(PING, b"!"))
    assert watcher.read_frame().opcode == PONG
    watcher.send(text("half a frame")[:7])  # it is told all the same
    client = speak(server, token)
    client.assert_alive("hello")
    assert [brief(each) for each in watcher.read_objects(3)] == [("handshake", 101), *echoed()]
    watcher.send(text("half a frame")[7:], frame(TEXT, b"Hello", key=None))
    watcher.assert_closed_for(1002)
    client.assert_alive("hello")


def test_a_silent_watcher_is_asked_whether_it_is_there(start, watch, speak):
    """... and so is one that hears something all the time."""
    server, token = start("--ping-interval", 1), new_token()
    watcher, client = watch(server, token), speak(server, token)
    assert brief(watcher.read_object()) == ("handshake", 101)

    def opcode():
        client.assert_alive("hello")
        return watcher.read_frame().opcode
    wait_until(lambda: opcode() == PING, "a ping")


def test_places_are_bounded_and_take_none_of_the_clients(start, connect, clients, watch):
    server, token = start("--max-clients", 1), new_token()
    watchers = [watch(server, new_token()) for _ in range(PLACES)]

    def get(path):
        client = clients(server)
        client.send(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nPage-Origin: http://localhost\r\n\r\n".encode())
        return client.read_response().status
    one_more = clients(server)
    one_more.send(handshake(f"GET /own?watch={token} HTTP/1.1"))
    assert one_more.read_response().status == 503
    assert (get(f"/own?watch={token}"), get("/")) == (503, 200)  # what a page asks for that was refused
    client = clients(server)
    client.upgrade()
    client.assert_alive("hello")
    assert get("/") == 503
    watchers.pop().say_goodbye()

    def watch_again():
        again = clients(server)
        again.send(handshake(f"GET /own?watch={token} HTTP/1.1"))
        return again.read_response().status == 101
    wait_until(watch_again, "a place")


def test_without_descriptors_for_its_pipe_a_watcher_is_told_1011(start, clients):
    """A watcher needs three, a client one: with some clients more, what is left is enough for the one only."""
    ends = set()
    for others in range(3):
        server = start(preexec_fn=limit_descriptors(48, 48))
        inside = [clients(server) for _ in range(1 + others)]
        for client in inside:
            client.upgrade()
        for _ in range(48):
            one = clients(server)
            one.send(handshake(f"GET /own?watch={new_token()} HTTP/1.1"))
            status = one.read_response().status
            if status != 101:
                ends.add(status)
                break
            one.send(frame(PING))
            said = one.read_frame()
            if said.opcode == CLOSE:
                ends.add(said.code)
                break
        for client in inside:
            client.assert_alive("still here")
    assert ends >= {1011} and ends <= {503, 1011}


def test_a_watcher_that_does_not_read_makes_nobody_wait_and_is_told_how_many_it_missed(start, watch, speak):
    """The queue is bounded: the server's memory does not grow with what is not read."""
    server, token = start(), new_token()
    lazy, good = watch(server, token, receive_buffer=4096), watch(server, new_token())
    client = speak(server, token)
    rounds, each = 400, 100
    for _ in range(rounds):
        client.send(text("hello") * each)
        assert len(client.read_frames(each)) == each
    if not IS_SANITIZED:
        assert server.memory("VmRSS") < 30_000_000
    seen, missed = 0, 0
    wanted = 1 + 2 * rounds * each
    while seen + missed < wanted:
        if not lazy.has_something(0.5):  # were the last ones missing? The next frame tells
            client.send(frame(PONG))
            wanted += 1
        told = lazy.read_object()
        missed += told.get("missed", 0)
        seen += 1
    assert missed > 0 and seen + missed == wanted
    good.assert_silent()


def test_the_stop_says_1001_to_watchers_too(start, watch, speak):
    server, token = start(), new_token()
    watcher, client = watch(server, token), speak(server, token)
    assert brief(watcher.read_object()) == ("handshake", 101)
    server.send_signal()
    assert client.read_frame().code == 1001
    client.send(close(1001))
    *_, last = watcher.read_frames_to_end()
    assert last.code == 1001
    server.wait()


def test_watchers_come_and_go_while_much_is_said(start, watch, speak):
    """For the sanitizers: each takes the list and the queues apart at any time."""
    server, tokens = start(), [new_token() for _ in range(3)]
    clients = [speak(server, token) for token in tokens]
    stop = threading.Event()

    def say(client):
        while not stop.is_set():
            client.assert_alive("hello")
    jobs = [threading.Thread(target=say, args=[client]) for client in clients]
    for job in jobs:
        job.start()
    try:
        for _ in range(30):
            some = [watch(server, token) for token in tokens for _ in range(2)]
            for watcher in some:
                assert watcher.read_object()["direction"] in ("in", "out")
            for i, watcher in enumerate(some):
                if i % 2:
                    watcher.reset()
                else:
                    watcher.close()
    finally:
        stop.set()
        for job in jobs:
            job.join()
