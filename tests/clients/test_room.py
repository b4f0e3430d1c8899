"""
Lesson 3: every message, unchanged and of its own type, to every client, in one order for all
"""
import contextlib
import json
import struct
import threading
import time

import pytest

from ws_testlib.servers import IS_SANITIZED, backlog
from ws_testlib.waiting import PATIENCE, wait_until
from ws_testlib.wire import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Ended, Frame, close,
                             fragments, frame, handshake, head, text)

pytestmark = pytest.mark.lessons(3)

KIB = 1024
MESSAGE_MAX = 1024 * KIB


@pytest.fixture
def room(start, join):
    """A room of its own, with as many members as are asked for."""
    def room(count, *options):
        server = start(*options)
        return [join(server) for _ in range(count)]
    return room


def in_parallel(jobs):
    """Runs all jobs at the same time, to their end; the first failure is raised."""
    failures = []

    def run(job):
        try:
            job()
        except BaseException as failure:
            failures.append(failure)
    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(2 * PATIENCE)
        assert not thread.is_alive(), "a client is stuck"
    if failures:
        raise failures[0]


def status(client):
    """GET /status"""
    client.send(head("GET /status HTTP/1.1", "Host: localhost"))
    response = client.read_response()
    assert response.status == 200
    assert response.header("Content-Type").startswith("application/json")
    return json.loads(response.body)


# -------------------------------------------------------------------------------- what everyone gets

@pytest.mark.parametrize("opcode, payload", [
    (TEXT, "你好 👋 <img src=x onerror=alert(1)>".encode()), (TEXT, b""), (TEXT, b"A\0B"),
    (BINARY, b""), (BINARY, bytes(range(256))), (TEXT, b"x" * 125), (TEXT, b"x" * 126),
    (BINARY, b"y" * 65535), (BINARY, b"y" * 65536), (TEXT, b"z" * MESSAGE_MAX),
], ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else {1: "text", 2: "binary"}[value])
def test_everyone_gets_the_message_unchanged(room, opcode, payload):
    members = room(5)
    members[2].send(frame(opcode, payload))
    for member in members:  # the sender is among them
        assert member.read_frame() == Frame(opcode, payload)
    for member in members:
        member.assert_silent(0.01)


def test_each_in_turn(room):
    members = room(20)
    for number, sender in enumerate(members):
        words = f"number {number} speaks".encode()
        sender.send(frame(TEXT, words))
        for member in members:
            assert member.read_frame() == Frame(TEXT, words)


def test_alone_in_the_room(room):
    member, = room(1)
    member.assert_alive()


def test_fragments_arrive_as_one_message(room):
    """§5.4: fragments are no affair of others; a ping between them is the sender's own."""
    sender, other = room(2)
    first, second, third = fragments(TEXT, ["你".encode()[:1], "你".encode()[1:], b"!"])
    sender.send(first, frame(PING, b"?"), second)
    assert sender.read_frame() == Frame(PONG, b"?")
    other.assert_silent()
    sender.send(third)
    assert sender.read_frame() == other.read_frame() == Frame(TEXT, "你!".encode())


def test_control_frames_are_not_passed_on(room):
    sender, other = room(2)
    sender.send(frame(PING, b"1"), frame(PONG, b"2"), text("now"))
    assert other.read_frame() == Frame(TEXT, b"now")


def test_who_comes_later_gets_what_is_said_later(start, join):
    server = start()
    first = join(server)
    first.assert_alive("before")
    second = join(server)
    first.send(text("after"))
    assert first.read_frame() == second.read_frame() == Frame(TEXT, b"after")


def test_whoever_has_the_101_is_in_the_room(start, join):
    """From then on a client may count on getting what others say, however soon they say it."""
    server = start("-q")
    speaker = join(server)
    for _ in range(50):
        listener = join(server)
        speaker.send(text("welcome"))
        assert listener.read_frame(patience=5) == Frame(TEXT, b"welcome")
        listener.close()


def test_message_in_the_segment_of_the_request(start, clients, join):
    server = start()
    listener, early = join(server), clients(server)
    early.upgrade(handshake(), text("early"))
    assert listener.read_frame() == early.read_frame() == Frame(TEXT, b"early")


@pytest.mark.parametrize("ending, code", [
    (close(1000), 1000), (frame(TEXT, rsv=4), 1002), (frame(TEXT, b"\xff"), 1007),
    (frame(BINARY, announced=MESSAGE_MAX + 1), 1009)], ids=["close", "RSV", "UTF-8", "too large"])
def test_last_words_reach_everyone_before_the_end(room, ending, code):
    """What was valid is answered first, and here the answer is the broadcast."""
    sender, other = room(2)
    sender.send(text("last"), frame(BINARY, b"words"), ending, text("too late"))
    said = [Frame(TEXT, b"last"), Frame(BINARY, b"words")]
    assert other.read_frames(2) == said
    assert sender.read_frames(2) == said
    assert sender.read_frame().code == code
    assert sender.read_to_end() == b""
    other.assert_alive()


@pytest.mark.parametrize("attempt", range(3))  # it takes some luck to meet the delivery
def test_last_words_during_a_long_delivery(room, attempt):
    """While another thread is delivering: each still hears its own words before its goodbye."""
    observer, talker, *members = room(22)
    long, count = frame(BINARY, bytes(MESSAGE_MAX)), 3

    def talk():
        for _ in range(count):
            talker.send(long)

    def say_last_words(member, words):
        member.send(text(words), close(1000))
        heard = member.read_frames_to_end()
        assert heard[-1].code == 1000
        assert heard.count(Frame(TEXT, words.encode())) == 1, f"{words} is not heard by who said it"

    in_parallel([talk, *[lambda member=member, words=f"bye from {i}": say_last_words(member, words)
                         for i, member in enumerate(members)]])
    heard = [said.payload for said in observer.read_frames(count + len(members))]
    assert set(heard) == {b"bye from %d" % i for i in range(len(members))} | {bytes(MESSAGE_MAX)}


def test_unfinished_message_of_one_who_left_is_not_passed_on(room):
    sender, other = room(2)
    sender.send(frame(TEXT, b"never ", fin=False), frame(CONTINUATION, b"finished", announced=100))
    sender.close()
    other.assert_alive()


def test_message_over_1_mib_is_refused(room):
    """A broadcast multiplies, so this lesson takes less than the last."""
    sender, other = room(2)
    sender.send(frame(BINARY, announced=MESSAGE_MAX + 1))
    sender.assert_closed_for(1009)
    other.assert_alive()


# ------------------------------------------------------------------------------------------ the order

@pytest.mark.parametrize("others_talk", [False, True], ids=["alone", "while others talk"])
def test_pong_comes_before_the_message_behind_the_ping(room, others_talk):
    """Both come in one segment. The message goes through the room, and the pong does not."""
    ann, bob = room(2)
    over = threading.Event()

    def talk():
        while not over.is_set():
            bob.send(text("blah"))
            while bob.read_frame().payload != b"blah":
                pass

    def ask():
        for i in range(300):
            question, words = b"ping %d" % i, b"message %d" % i
            ann.send(frame(PING, question) + frame(TEXT, words))
            heard = [ann.read_frame()]
            while heard[-1].payload != words:
                heard.append(ann.read_frame())
            assert [said for said in heard if said.payload != b"blah"] == [
                Frame(PONG, question), Frame(TEXT, words)]

    def ask_and_end():
        try:
            ask()
        finally:
            over.set()
    in_parallel([ask_and_end, talk] if others_talk else [ask])


def numbered(who, i, size):
    """A message that says who has sent it and which of theirs it is; readable as a text too."""
    return b"%4d %6d " % (who, i) + b"%c" % (ord("A") + who) * (size - 12)


def number_of(payload):
    return tuple(map(int, payload[:12].split()))


def talk_all_at_once(members, count, size):
    """Each member sends count messages, then reads what all have said; returns what each has read."""
    heard = [None] * len(members)

    def talk(who):
        for i in range(count):
            members[who].send(frame(BINARY if i % 2 else TEXT, numbered(who, i, size)))
        heard[who] = members[who].read_frames(count * len(members), 2 * PATIENCE)

    in_parallel([lambda who=who: talk(who) for who in range(len(members))])
    return heard


def assert_same_for_all(heard, count, size):
    for frames in heard:
        assert frames == heard[0], "one order, the same for all"
    for who in range(len(heard)):
        of_one = [f for f in heard[0] if number_of(f.payload)[0] == who]
        assert of_one == [Frame(BINARY if i % 2 else TEXT, numbered(who, i, size))
                          for i in range(count)], "all of them, unmixed, as they were sent"


@pytest.mark.parametrize("members, count, size", [
    (20, 25, 20), (8, 7, 64 * KIB), (3, 300, 300)], ids=["20 clients", "64 KiB", "many"])
def test_one_order_for_all_with_parallel_senders(room, members, count, size):
    heard = talk_all_at_once(room(members), count, size)
    assert_same_for_all(heard, count, size)


def test_members_who_come_and_go_disturb_nobody(start, join):
    """Some shake hands, say something and leave, in all ways there are, while others talk."""
    server = start("-q")
    members = [join(server) for _ in range(4)]
    stop = threading.Event()

    def come_and_go(leave):
        while not stop.is_set():
            guest = join(server)
            guest.send(frame(PING, b"guest"))
            leave(guest)

    def leave_with_reset(guest):
        guest.reset()

    def leave_at_once(guest):
        guest.close()

    def leave_politely(guest):
        guest.send(close(1000))
        while guest.read_frame().opcode != CLOSE:
            pass
        guest.close()

    guests = [threading.Thread(target=come_and_go, args=(leave,))
              for leave in (leave_with_reset, leave_at_once, leave_politely)]
    for guest in guests:
        guest.start()
    try:
        heard = talk_all_at_once(members, 100, 100)
    finally:
        stop.set()
        for guest in guests:
            guest.join(PATIENCE)
    assert_same_for_all(heard, 100, 100)


def test_resets_in_the_middle_of_a_broadcast(room):
    """Writing to a client that has gone raises SIGPIPE; and its descriptor is another's soon."""
    members = room(17)
    sender, stay, leave = members[0], members[1:9], members[9:]
    words = [b"%4d " % i * 2000 for i in range(160)]
    for i, payload in enumerate(words):
        sender.send(frame(TEXT, payload))
        if i % 20 == 10:
            leave.pop().reset()
    assert not leave
    for member in [sender, *stay]:
        assert member.read_frames(len(words)) == [Frame(TEXT, payload) for payload in words]


# ------------------------------------------------------------------------------ one who does not read

def test_stalled_reader_delays_nobody_and_is_evicted(start, join, clients):
    server = start(*backlog(256 * KIB))
    sender, healthy = join(server), join(server)
    stalled = join(server, receive_buffer=4096)
    slowest = 0
    for i in range(2000):
        payload = struct.pack("!I", i) + bytes(64 * KIB)
        sent_at = time.monotonic()
        sender.send(frame(BINARY, payload))
        assert healthy.read_frame() == Frame(BINARY, payload)
        assert sender.read_frame() == Frame(BINARY, payload)
        slowest = max(slowest, time.monotonic() - sent_at)
        if "evicted" in server.stderr.text:
            break
    assert slowest < 10, f"a message took {slowest} s"
    server.stderr.wait_for(rf"^#\d+ {stalled.address} closed 1006, evicted.*--max-backlog")
    assert stalled.is_ended()
    assert status(clients(server)) | {"uptime": 0} == {
        "clients": 2, "messages": i + 1, "uptime": 0, "evicted": 1}
    healthy.send(text("and we go on"))
    assert healthy.read_frame() == sender.read_frame() == Frame(TEXT, b"and we go on")


def test_slow_reader_within_the_backlog_gets_everything(start, join):
    """It may be late, as long as no more than --max-backlog, 4 MiB, waits for it."""
    server = start()
    sender, slow = join(server), join(server, receive_buffer=4096)
    words = [struct.pack("!I", i) + bytes(65_000) for i in range(64)]
    for payload in words:
        sender.send(frame(BINARY, payload))
        assert sender.read_frame() == Frame(BINARY, payload)
    slow.send(text("and it can talk meanwhile"))
    assert sender.read_frame() == Frame(TEXT, b"and it can talk meanwhile")
    assert slow.read_frames(65) == [*[Frame(BINARY, payload) for payload in words],
                                    Frame(TEXT, b"and it can talk meanwhile")]
    assert "evicted" not in server.stderr.text


def test_several_stalled_readers(start, join):
    """Each has a backlog of its own; that of one does not count for another."""
    server = start(*backlog(256 * KIB))
    sender = join(server)
    stalled = [join(server, receive_buffer=4096) for _ in range(5)]
    for _ in range(2000):
        sender.send(frame(BINARY, bytes(128 * KIB)))
        assert len(sender.read_frame().payload) == 128 * KIB
        if server.stderr.text.count("evicted") == len(stalled):
            break
    assert all(member.is_ended() for member in stalled)
    sender.assert_alive()


def test_one_who_talks_and_does_not_listen(start, join):
    """The room hears every word, in order, until the bound is reached."""
    server = start(*backlog(256 * KIB))
    listener, deaf = join(server), join(server, receive_buffer=4096)
    heard = []

    def listen_until(words):
        """What the listener says itself comes back behind all that was said before."""
        listener.send(text(words))
        while (said := listener.read_frame()) != Frame(TEXT, words.encode()):
            heard.append(struct.unpack("!I", said.payload[:4])[0])

    with contextlib.suppress(ConnectionError):  # that is the eviction
        for i in range(2000):
            deaf.send(frame(BINARY, struct.pack("!I", i) + bytes(64 * KIB)))
            listen_until(f"tick {i}")
            if "evicted" in server.stderr.text:
                break
    server.stderr.wait_for(rf"{deaf.address} closed 1006, evicted")
    listen_until("end")
    assert heard == list(range(len(heard))) and len(heard) >= 1


# ----------------------------------------------------------------------------------------- GET /status

def test_status_counts(start, clients, join):
    server = start()
    before = status(clients(server))
    assert before | {"uptime": 0} == {"clients": 0, "messages": 0, "uptime": 0, "evicted": 0}
    assert isinstance(before["uptime"], int) and 0 <= before["uptime"] < PATIENCE

    members = [join(server) for _ in range(3)]
    for i in range(10):
        members[i % 3].send(text("one more"))
        for member in members:
            member.read_frame()
    now = status(clients(server))
    assert (now["clients"], now["messages"], now["evicted"]) == (3, 10, 0)

    for member in members:
        member.say_goodbye()
    wait_until(lambda: status(clients(server))["clients"] == 0, "they are gone")
    assert status(clients(server))["messages"] == 10


@pytest.mark.parametrize("code, request_head", [
    (400, handshake(drop=["Sec-WebSocket-Key"])), (426, handshake(sec_websocket_version="8")),
    (403, handshake(add=["Origin: http://elsewhere.example"]))], ids=["400", "426", "403"])
def test_who_is_refused_is_never_counted(start, clients, join, code, request_head):
    """Neither meanwhile nor as long as the connection is not closed."""
    server = start()
    member = join(server)
    for _ in range(20):
        refused = clients(server)
        refused.send(request_head)
        assert status(clients(server))["clients"] == 1
        assert refused.read_response().status == code
        assert status(clients(server))["clients"] == 1
    member.assert_alive()
    member.assert_silent()


def test_status_tells_the_time(start, clients):
    server = start()
    first = status(clients(server))["uptime"]
    wait_until(lambda: status(clients(server))["uptime"] > first, "a second has passed")


def test_status_to_head_and_post(start, clients):
    client = clients(start())
    client.send(head("HEAD /status HTTP/1.1", "Host: localhost"))
    assert client.read_response(to_head=True).status == 200
    assert client.read_to_end() == b""


# --------------------------------------------------------------------------------------------- the stop

def test_stop_in_the_middle_of_the_talk(start, join, clients):
    """Signals, deliveries and goodbyes at the same time; check() looks for what went wrong."""
    server = start("-q")
    members = [join(server) for _ in range(8)]
    heard_goodbye = []
    is_told_to_stop = threading.Event()  # who went on talking would be too far behind to hear anything

    def talk(member):
        try:
            while True:
                if not is_told_to_stop.is_set():
                    member.send(text("blah " * 100))
                said = member.read_frame_or_end()
                if said is None or said.opcode == CLOSE:
                    heard_goodbye.append(said and said.code)
                    member.close()
                    return
        except (ConnectionError, Ended):
            pass  # too far behind to hear the goodbye in time: cut off at the deadline

    threads = [threading.Thread(target=talk, args=(member,)) for member in members]
    for thread in threads:
        thread.start()
    wait_until(lambda: status(clients(server))["messages"] > 100, "they talk")
    server.send_signal()
    is_told_to_stop.set()
    for thread in threads:
        thread.join(PATIENCE)
    took = server.wait()
    assert took < 3 + (5 if IS_SANITIZED else 2)
    assert heard_goodbye and set(heard_goodbye) == {1001}
