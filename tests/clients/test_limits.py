"""
Lessons 2 and 3: keepalive, the number of clients, the number of descriptors
"""
import contextlib
import re
import time

import pytest

from test_http import assert_refusal
from ws_testlib.servers import ROOT, limit_descriptors
from ws_testlib.waiting import wait_until
from ws_testlib.wire import PING, PONG, TEXT, Frame, frame, handshake, head, text

pytestmark = pytest.mark.lessons(2, 3)

INTERVAL = 0.2  # seconds
TIME_TO_ANSWER = 0.8  # enough for a client on a busy machine


# ------------------------------------------------------------------------------------------ keepalive

def test_silent_client_is_asked_and_then_dropped(start, join):
    """RFC 6455 §5.5.2: after a ping interval of silence a ping, after another one the end."""
    server = start("--ping-interval", INTERVAL)
    started = time.monotonic()
    client = join(server)
    assert client.read_frame().opcode == PING
    assert time.monotonic() - started >= INTERVAL - 0.01
    client.assert_closed_for(1011, "ping")
    assert time.monotonic() - started >= 2 * INTERVAL - 0.01
    client.close()
    server.stderr.wait_for(rf"{client.address} closed.*ping")


@pytest.mark.parametrize("answer", ["pong", "other pong", "ping", "message"])
def test_client_that_answers_stays(start, join, answer):
    """Whatever comes from a client shows that it is there."""
    server = start("--ping-interval", TIME_TO_ANSWER)
    client = join(server)
    for i in range(2):
        ping = client.read_frame()
        assert ping.opcode == PING, f"after {i} pings: {ping}"
        if answer == "pong":
            client.send(frame(PONG, ping.payload))
        elif answer == "other pong":
            client.send(frame(PONG, b"not what was asked"))
        elif answer == "ping":
            client.send(frame(PING, b"and you?"))
            assert client.read_frame() == Frame(PONG, b"and you?")
        else:
            client.assert_alive()


def test_ping_in_the_middle_of_a_message(start, join):
    """The server's ping does not disturb the client's unfinished message."""
    server = start("--ping-interval", TIME_TO_ANSWER)
    client = join(server)
    client.send(frame(TEXT, b"to be ", fin=False))
    ping = client.read_frame()
    assert ping.opcode == PING
    client.send(frame(PONG, ping.payload), frame(0, b"continued"))
    assert client.read_frame() == Frame(TEXT, b"to be continued")


# ------------------------------------------------------------------------------- how many may come in

def test_more_than_max_clients_are_refused_with_503(start, clients, join):
    server = start("--max-clients", 3)
    members = [join(server) for _ in range(3)]

    refused = clients(server)
    refused.send(handshake())
    assert_refusal(refused.read_response(), 503, "clients")
    assert refused.read_to_end() == b""

    page = clients(server)  # a page is no client of the room
    page.send(head("GET / HTTP/1.1", "Host: localhost"))
    assert page.read_response().status == 200

    members.pop().say_goodbye()

    def is_let_in():
        late = clients(server)
        late.send(handshake())
        return late.read_response().status == 101
    wait_until(is_let_in, "the place is free again")


def test_http_clients_take_no_place(start, clients, join):
    """Those who have not shaken hands yet cannot lock the others out."""
    server = start("--max-clients", 1)
    for _ in range(20):
        clients(server).send(handshake()[:-2])
    join(server).assert_alive()


def test_soft_limit_of_descriptors_is_raised(start, join):
    """Many systems give 256 or 1024 and let a program ask for more."""
    server = start(preexec_fn=limit_descriptors(24, 200))
    members = [join(server) for _ in range(60)]
    members[-1].assert_alive()


def test_out_of_descriptors_the_server_goes_on(start, clients, join):
    """accept() fails with EMFILE: 503, not the end and not a loop; those inside notice nothing."""
    server = start(preexec_fn=limit_descriptors(40, 40))
    members, refused = [], None
    while refused is None:
        assert len(members) < 40
        client = clients(server)
        client.send(handshake())
        if client.read_response().status == 101:
            members.append(client)
        else:
            refused = client
    assert len(members) > 20

    for _ in range(3):
        another = clients(server)
        another.send(handshake())
        assert another.read_response().status == 503
        assert another.read_to_end() == b""
    server.stderr.wait_for(r"descriptors")

    listener, sender = members[0], members[1]
    sender.send(text("still here?"))
    assert sender.read_frame() == Frame(TEXT, b"still here?")
    assert server.lesson == 2 or listener.read_frame() == Frame(TEXT, b"still here?")

    for member in members[2:]:
        member.close()

    def is_let_in():
        with contextlib.closing(clients(server)) as late:
            late.send(handshake())
            return late.read_response().status == 101
    wait_until(is_let_in, "descriptors are free again")


@pytest.mark.lessons(3)
def test_out_of_descriptors_as_the_lesson_shows_it(start, clients):
    """Lesson 3: "open ten tabs". The first are served, and go on; the others get 503."""
    readme = (ROOT / "lesson03_broadcast/README.md").read_text()
    descriptors = int(re.search(r"`\(ulimit -n (\d+); ./server\)` and open ten tabs", readme)[1])
    server = start(preexec_fn=limit_descriptors(descriptors, descriptors))
    members, statuses = [], []
    for _ in range(10):
        client = clients(server)
        client.send(handshake())
        statuses.append(client.read_response().status)
        if statuses[-1] == 101:
            members.append(client)
    assert 1 < len(members) < 10
    assert statuses == [101] * len(members) + [503] * (10 - len(members))
    members[0].send(text("still here?"))
    assert [member.read_frame() for member in members] == [Frame(TEXT, b"still here?")] * len(members)
