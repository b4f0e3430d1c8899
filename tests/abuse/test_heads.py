"""
Connections that never complete a request, one by one and by the ten thousand: whoever is longest in its
head gives way, and an honest client gets in. (`make heads` measures how soon.)
"""
import contextlib

import pytest
from flood import FIRST_WORDS, whole_flood
from ws_testlib.peers import Peer, check_recovered, connect, survivor
from ws_testlib.servers import SLOW, Target, WORKERS_WAITING_MAX, limit_descriptors
from ws_testlib.waiting import wait_until
from ws_testlib.wire import TEXT, Ended, frame, handshake, head

PLACES = 128  # in their heads, with the one for the next; as many answered: lesson02_frames/places.h
THREADS_MAX = 2 * PLACES + PLACES // 2 + WORKERS_WAITING_MAX  # besides those of clients, and of an idle server
FEW = 64  # descriptors

HEADS = 10_000 // SLOW
RATE = 5000 // SLOW  # a second
CLIENTS = 30
GET = head("GET / HTTP/1.1", "Host: localhost")


# ------------------------------------------------------------------------------------ by the ten thousand

def get_in(server, clients):
    """So many come, one after the other, and stay. On a busy machine one in ten may have been too slow."""
    tries = 0
    while len(clients) < CLIENTS:
        tries += 1
        assert tries <= CLIENTS * 1.1, server.log()[-1000:]
        peer = Peer(server)
        peer.send(handshake())
        with contextlib.suppress(ConnectionResetError, Ended):
            status = peer.read_response().status
            assert status in (101, 408), f"{status}: {server.log()[-1000:]}"
            if status == 101:
                clients.append(peer)
        yield


def check_still_there(clients):
    for peer in clients:
        words = peer.address.encode()
        peer.send(frame(TEXT, words))
        while peer.read_next(TEXT).payload != words:  # in a room, one hears the others, too
            pass


FLOODS = [("silent", 1, None), ("silent", 100, FEW), ("trickling", 1, None), ("half", 100, None),
          ("half", 1, FEW), ("page", 1, None), ("page", 1, FEW)]


@pytest.mark.parametrize("lesson", [2, 3])
@pytest.mark.parametrize("kind, addresses, descriptors", FLOODS,
                         ids=[f"{kind}-{addresses}-{few or 'all'}" for kind, addresses, few in FLOODS])
def test_clients_get_in_among_ten_thousand_heads(lesson, kind, addresses, descriptors):
    """Long before any of the heads has had its 120 seconds."""
    limit = {"preexec_fn": limit_descriptors(descriptors, descriptors)} if descriptors else {}
    with survivor(lesson, "--ping-interval", 600, **limit) as server:
        clients = [connect(server) for _ in range(3)]
        first = Peer(server)
        first.send(FIRST_WORDS[kind])
        with whole_flood(server, kind, HEADS, rate=RATE, addresses=addresses):
            assert first.read_response().status == (200 if kind == "page" else 408)
            for _ in get_in(server, clients):
                assert server.threads() - len(clients) <= server.fresh.threads + THREADS_MAX
            check_still_there(clients)
            assert server.log_count("server: .*refused") < HEADS / 100  # none, unless the machine is very busy
        first.close()
        for peer in clients:
            peer.close()


# ----------------------------------------------------------------------------------------- one by one

@pytest.fixture
def come():
    """Opens a connection, and sends that."""
    with contextlib.ExitStack() as stack:
        def come(server, words=b""):
            peer = stack.enter_context(Peer(server))
            peer.send(words)
            return peer
        yield come


def wait_inside(server, count):
    wait_until(lambda: server.descriptors() == server.fresh.descriptors + count, "they are all inside")


def test_whoever_is_longest_in_its_head_gives_way(server, come):
    since = server.log_size()
    words = b"GET / HTTP/1.1\r\n"
    heads = [come(server, [b"", words, words[:1]][i % 3]) for i in range(PLACES - 1)]
    wait_inside(server, PLACES - 1)
    assert server.log_count("gives way", since) == 0
    for oldest in heads[:3]:
        heads.append(come(server))
        answer = oldest.read_response()
        assert answer.status == 408 and "RFC 9110" in answer.text
        assert oldest.is_ended()
    server.wait_log(r"(?m)gives way to others$", 3, since)
    server.wait_log(r"(?m)refused 408: ", 3, since)
    heads[3].send(GET)  # who completes its request in the end is served
    assert heads[3].read_response().status == 200
    for peer in heads[4:]:
        assert peer.glance() and not peer.got
    server.wait_log("left before its request was complete", 0, since)


def test_whoever_was_answered_first_gives_way(server, come):
    """Each has 2 s to close its side, unless there are too many."""
    heads = [come(server) for _ in range(PLACES // 2)]
    for _ in range(2 * PLACES):
        assert come(server, GET).read_response().status == 200
        assert server.descriptors() <= server.fresh.descriptors + len(heads) + PLACES + PLACES // 2
    for peer in heads:  # nobody else has to give way for that
        assert peer.glance() and not peer.got


def test_heads_take_no_places_of_clients(come):
    with survivor(2, "--max-clients", 2) as server:
        clients = [connect(server)]
        with whole_flood(server, "silent", 2000):
            clients.append(connect(server))
            assert come(server, handshake()).read_response().status == 503
        for peer in clients:
            peer.leave()


def test_clients_who_leave_without_closing_are_not_too_many(come):
    """They have said goodbye, and keep their connections."""
    with survivor(2, "--ping-interval", 600) as server:
        for _ in range(3 * PLACES):
            peer = come(server, handshake() + b"\x88\x80\0\0\0\0")
            assert peer.read_response().status == 101
            assert peer.read(2) == b"\x88\0"
            assert server.threads() <= server.fresh.threads + THREADS_MAX


def test_clients_may_have_all_the_descriptors(come):
    """Then there is nobody who could give way."""
    with survivor(2, "--ping-interval", 600, preexec_fn=limit_descriptors(FEW, FEW)) as server:
        clients = [come(server, handshake()) for _ in range(FEW)]
        statuses = [peer.read_response().status for peer in clients]
        let_in = statuses.count(101)
        assert FEW * 2 // 3 < let_in and set(statuses[let_in:]) == {503}
        server.wait_log("server: out of descriptors, refused ", FEW - let_in)
        check_still_there(clients[:let_in])
        for peer in clients:
            peer.close()


def test_afterwards_the_server_is_as_good_as_new(server):
    check_recovered(server)
