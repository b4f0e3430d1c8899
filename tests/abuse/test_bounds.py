"""
A bound that has nothing to do with frames: of connections that have had their answer and stay. How many
there may be of them, and of those before: test_heads.py. (Each row of the table in README.md is tested in
this directory or in tests/clients/test_http.py, test_limits.py and test_cli.py.)
"""
import contextlib
import resource
import threading

import pytest
from ws_testlib.peers import Peer, check_recovered
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
