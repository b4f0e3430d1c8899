"""
Bounds that have nothing to do with frames: of connections that have had their answer and stay, and of
how many there may be. (Each row of the table in README.md is tested in this directory or in
tests/clients/test_http.py, test_limits.py and test_cli.py.)
"""
import contextlib
import resource
import threading
import time

import pytest
from ws_testlib.peers import Peer, check_recovered, survivor
from ws_testlib.servers import IS_SANITIZED, Server
from ws_testlib.waiting import wait_until
from ws_testlib.wire import TEXT, Client, close, frame, handshake, head

ANSWERED = {  # what is sent, and what the answer must have in it
    "refused": (head("POST / HTTP/1.1", "Host: localhost"), b"HTTP/1.1 405 "),
    "has the page": (head("GET / HTTP/1.1", "Host: localhost"), b"</html>"),
    "is told of a fault": (handshake() + frame(3), b"RFC 6455"),
    "has said goodbye": (handshake() + close(4000), b"\x88\x02" + (4000).to_bytes(2, "big")),
}


@pytest.mark.parametrize("words", [b"", b"?"], ids=["silent", "goes on sending"])
def test_whoever_has_been_answered_may_not_stay(server, words):
    """The server has ended its side and waits for the other, but not for ever. (More bytes do not put
    that off.)"""
    peers = {Peer(server): state for state in ANSWERED.values()}
    for peer, (said, _) in peers.items():
        peer.send(said)
    for peer, (_, answer) in peers.items():
        wait_until(lambda: peer.glance() and answer in peer.got, f"{answer} comes")

    def are_closed():
        return server.usage().descriptors == server.fresh.descriptors
    assert not are_closed()  # not at once: the answer might be lost
    with going_on(peers, words):
        wait_until(are_closed, "the server has closed their sockets", 15)
    for peer in peers:
        peer.close()


@contextlib.contextmanager
def going_on(peers, words):
    """Meanwhile they all send, with no pause that a server could take for the end."""
    over = threading.Event()

    def send():
        while words and not over.is_set():
            for peer in peers:
                peer.try_send(words)
    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


PLACES = 2  # for WebSocket clients
OTHERS = 1024  # connections besides, in the handshake or on their way out: README.md


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def fill(server, come):
    """Takes all places; returns the WebSockets, and those who say nothing."""
    members = [come() for _ in range(PLACES)]
    for peer in members:
        peer.upgrade()
    silent = [come() for _ in range(OTHERS)]
    server_has = server.fresh.descriptors + PLACES + OTHERS
    wait_until(lambda: server.usage().descriptors == server_has, "all of them are inside")
    return members, silent


def test_more_connections_than_there_are_places(many_descriptors):
    with survivor(2, "--max-clients", PLACES) as server, contextlib.ExitStack() as stack:
        def come():
            return stack.enter_context(Peer(server))

        members, silent = fill(server, come)
        server_has = server.usage().descriptors
        for _ in range(5):
            answer = come().read_response()
            assert answer.status == 503 and "RFC" in answer.text
        server.wait_log("server: no place for another connection, refused ", 5)
        for peer in members:  # they notice nothing
            peer.send(frame(TEXT, b"still here?"))
            assert peer.read_next(TEXT).payload == b"still here?"
        silent.pop().close()
        wait_until(lambda: server.usage().descriptors < server_has, "a place is free again")
        late = come()
        late.send(head("GET / HTTP/1.1", "Host: localhost"))
        assert late.read_response().status == 200
        for peer in members:
            peer.leave()


REFUSED = 100
ONE_BY_ONE = REFUSED * 0.05  # seconds; each has 50 ms to send its request, and sends none


def test_nobody_waits_while_others_are_refused(many_descriptors):
    """A hundred say nothing and are refused, all at the same time: whoever comes behind them gets in
    before they could have been refused one by one."""
    with survivor(2, "--max-clients", PLACES) as server, contextlib.ExitStack() as stack:
        def come():
            return stack.enter_context(Peer(server))

        def is_let_in():
            with Peer(server) as peer:
                peer.send(handshake())
                return peer.read_response().status == 101

        def wait_descriptors(count):
            wait_until(lambda: server.usage().descriptors == count, "somebody has left, or come")

        members, silent = fill(server, come)
        server_has = server.usage().descriptors
        members.pop().leave()
        wait_descriptors(server_has - 1)
        silent += [come()]  # so there is a place for a WebSocket, but not for a connection
        wait_descriptors(server_has)

        since, start = server.log_size(), time.monotonic()
        refused = [come() for _ in range(REFUSED)]
        server.wait_log("no place for another connection, refused ", REFUSED, since)
        silent.pop().close()
        wait_until(is_let_in, "the place is free, and somebody gets it")
        took = time.monotonic() - start
        for peer in refused:
            assert peer.read_response().status == 503
            assert peer.is_ended()
        assert took < ONE_BY_ONE / 2


def test_afterwards_the_server_is_as_good_as_new(server):
    check_recovered(server)


@pytest.mark.skipif(IS_SANITIZED, reason="a sanitizer needs terabytes of addresses")
@pytest.mark.parametrize("lesson", [1, 2, 3])
def test_160_mib_of_addresses_will_do(lesson):
    """ulimit -v 163840: stacks and buffers are small, and nothing is reserved that nobody uses."""
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (163840 * 1024,) * 2)
    clients = []
    with Server(lesson, preexec_fn=limit) as server:
        for _ in range(1 if lesson == 1 else 100):
            clients.append(Client(server.port))
            assert clients[-1].upgrade().status == 101
        clients[0].send(frame(TEXT, b"Hello"))
        for client in {1: [], 2: clients[:1], 3: clients}[lesson]:
            assert client.read_frame().payload == b"Hello"
        for client in clients:
            client.close()
