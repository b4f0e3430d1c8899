"""/bench: bytes that a page has put together, played to the server itself."""
import json
import os
import subprocess

import pytest
from ws_testlib.servers import IS_SANITIZED
from ws_testlib.waiting import wait_until
from ws_testlib.wire import BINARY, PING, TEXT, close, frame, handshake

pytestmark = pytest.mark.lessons(2, 3)

HELLO = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
CLOSE = b"\x88\x82\0\0\0\0\x03\xe8"

PLAN_MAX = 128 * 1024
PIECES_MAX = 64
PLAYS_MAX = 16


@pytest.fixture
def at_bench(clients):
    def at_bench(server, **options):
        client = clients(server, **options)
        client.send(handshake("GET /bench HTTP/1.1"))
        assert client.read_response().status == 101
        return client
    return at_bench


def plan(*pieces):
    return b"P" + b"".join(len(piece).to_bytes(4, "big") + piece for piece in pieces)


def command(client, words):
    client.send(frame(BINARY, words))


def read_event(client):
    got = client.read_frame()
    assert got.opcode == TEXT
    return json.loads(got.payload)


def play(client, *pieces):
    """All events of a play; what has come back is put together in the last."""
    command(client, plan(*pieces))
    return read_play(client)


def read_play(client):
    events, answer = [], b""
    while True:
        event = read_event(client)
        if event["event"] == "bytes":
            answer += bytes.fromhex(event["hex"])
        else:
            events.append(event)
        if event["event"] in ("end", "refused"):
            return events, answer


def vote(client, words):
    command(client, words)
    state = read_event(client)
    assert state.pop("event") == "vote"
    return state


def number_and_choice(number, choice):
    return b"V" + number.to_bytes(4, "big") + bytes([choice])


# ------------------------------------------------------------------------------------------ playing

def test_a_frame_is_played_and_its_answer_told(start, at_bench):
    server = start()
    events, answer = play(at_bench(server), HELLO)
    port = events[0].pop("port")
    assert events == [{"event": "open"}, {"event": "sent", "at": 0, "len": 11}, {"event": "silent"},
                      {"event": "end", "how": "closed"}]
    assert answer == b"\x81\x05Hello"
    server.stderr.wait_for(f"the bench plays for it, as the client from port {port}")
    server.stderr.wait_for(rf":{port} open: WebSocket at /\?bench")


def test_a_close_frame_ends_it_at_once(start, at_bench):
    events, answer = play(at_bench(start()), HELLO + CLOSE)
    assert [event["event"] for event in events] == ["open", "sent", "end"]
    assert events[-1]["how"] == "closed"
    assert answer == b"\x81\x05Hello\x88\x02\x03\xe8"


@pytest.mark.lessons(2)
@pytest.mark.parametrize("cut", range(1, len(HELLO)))
def test_a_cut_makes_two_reads_of_it(start, at_bench, cut):
    server = start("--trace")
    events, answer = play(at_bench(server), HELLO[:cut], HELLO[cut:] + CLOSE)
    assert [event for event in events if event["event"] == "sent"] == [
        {"event": "sent", "at": 0, "len": cut},
        {"event": "sent", "at": cut, "len": len(HELLO) - cut + len(CLOSE)}]
    assert answer == b"\x81\x05Hello\x88\x02\x03\xe8"
    server.stderr.wait_for(r"2; \| stands where the next began")


@pytest.mark.parametrize("bad, code", [(b"hello", 1002), (b"\x81\x05Hello", 1002), (frame(3), 1002),
                                       (frame(TEXT, b"\xff"), 1007),
                                       (frame(BINARY, announced=1 << 62), 1009)],
                         ids=["no frame", "not masked", "opcode", "UTF-8", "too big"])
def test_faults_are_answered_as_to_any_client(start, at_bench, bad, code):
    events, answer = play(at_bench(start()), bad)
    assert answer[0] == 0x88 and int.from_bytes(answer[2:4], "big") == code
    assert b"RFC 6455" in answer
    assert events[-1] == {"event": "end", "how": "closed"}


def test_one_plays_again_and_again(start, at_bench):
    client = at_bench(start())
    for _ in range(5):
        assert play(client, HELLO + CLOSE)[1] == b"\x81\x05Hello\x88\x02\x03\xe8"
    client.send(close(1000))
    assert client.read_frame().code == 1000


# ------------------------------------------------------------------------------------------- bounds

NO_PLANS = {
    "empty": b"P", "half a length": b"P\0\0\0", "a piece of nothing": b"P\0\0\0\0",
    "half a piece": b"P\0\0\0\5Hell", "four gigabytes": b"P\xff\xff\xff\xff", "more behind": plan(HELLO) + b"\0",
    "many pieces": plan(*[b"x"] * (PIECES_MAX + 1)), "a long piece": plan(b"x" * (PLAN_MAX + 1)),
    "long together": plan(b"x" * PLAN_MAX, b"x")}


@pytest.mark.parametrize("words", NO_PLANS.values(), ids=NO_PLANS)
def test_what_is_no_plan_is_not_played(start, at_bench, words):
    server = start()
    client = at_bench(server)
    command(client, words)
    assert read_event(client) == {"event": "refused", "why": "plan"}
    assert "?bench" not in server.stderr.text
    assert play(client, HELLO + CLOSE)[1].startswith(b"\x81\x05Hello")


@pytest.mark.lessons(2)
def test_the_largest_plan_is_played(start, at_bench):
    text = b"a" * (PLAN_MAX - 14)
    client = at_bench(start())
    events, answer = play(client, frame(TEXT, text))
    assert answer[-len(text):] == text
    assert play(client, *[bytes([byte]) for byte in (HELLO * 9)[:PIECES_MAX]])[1] == b"\x81\x05Hello" * 5


NEVER_CONNECTS = """
#include <errno.h>
#include <sys/socket.h>
int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    (void)fd, (void)address, (void)len;
    errno = EADDRNOTAVAIL;
    return -1;
}
"""


if not IS_SANITIZED:  # a sanitizer wants to be loaded first
    def test_without_a_connection_there_is_no_play(tmp_path, start, at_bench):
        (tmp_path / "never.c").write_text(NEVER_CONNECTS)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", tmp_path / "never.so", tmp_path / "never.c"], check=True)
        server = start(env=os.environ | {"LD_PRELOAD": str(tmp_path / "never.so")})
        before, client = server.descriptors(), at_bench(server)
        for _ in range(3):
            assert play(client, HELLO) == ([{"event": "refused", "why": "connect"}], b"")
        assert server.descriptors() == before + 1


@pytest.mark.lessons(2)
def test_so_many_play_at_the_same_time_and_no_more(start, at_bench):
    server = start()
    benches = [at_bench(server) for _ in range(PLAYS_MAX + 1)]
    for bench in benches[:-1]:
        command(bench, plan(b"\x81"))
        assert read_event(bench)["event"] == "open"
    command(benches[-1], plan(HELLO))
    assert read_event(benches[-1]) == {"event": "refused", "why": "busy"}
    for bench in benches[:-1]:
        assert read_play(bench)[0][-1] == {"event": "end", "how": "closed"}
    assert play(benches[-1], HELLO)[1] == b"\x81\x05Hello"


@pytest.mark.lessons(2)
def test_pages_that_do_not_read_keep_no_others_out(start, at_bench):
    """A play is over when its time is, also when its page takes nothing of what it is told."""
    server = start("--ping-interval", "600")
    pages = [at_bench(server, receive_buffer=4096) for _ in range(PLAYS_MAX)]
    other = at_bench(server)
    plays = frame(BINARY, plan(frame(TEXT, b"a" * (PLAN_MAX - 14 - len(CLOSE))) + CLOSE)) * 40
    left = {page: plays for page in pages}

    def is_busy():
        return play(other, HELLO + CLOSE)[0] == [{"event": "refused", "why": "busy"}]

    def all_play():  # and none can be told more
        for page in pages:
            left[page] = left[page][page.send_what_is_taken(left[page]):]
        return is_busy()
    wait_until(all_play, "that nobody else may play")
    wait_until(lambda: not is_busy(), "that others may play again")
    server.stderr.wait_for("evicted: it does not read what it is sent")


def test_a_server_that_is_full_is_told(start, at_bench):
    client = at_bench(start("--max-clients", "1"))
    command(client, plan(HELLO))
    assert read_event(client) == {"event": "refused", "why": "answer"}


def test_a_play_ends_when_the_server_stops(start, at_bench):
    server = start()
    client = at_bench(server)
    command(client, plan(b"\x81"))
    assert read_event(client)["event"] == "open"
    server.process.terminate()
    events, _ = read_play(client)
    assert events[-1]["event"] == "end"
    assert client.read_frame().code == 1001
    client.send(close(1001))


def test_what_is_played_cannot_reach_the_bench(start, at_bench):
    """The request is the bench's own; another one in a plan is only a bad frame."""
    server = start()
    _, answer = play(at_bench(server), handshake("GET /bench HTTP/1.1") + frame(BINARY, plan(HELLO)))
    assert answer[0] == 0x88 and int.from_bytes(answer[2:4], "big") == 1002
    assert server.stderr.text.count("WebSocket at /bench") == 1


@pytest.mark.parametrize("origin, status", [("http://localhost:{}", 101), ("http://evil.example", 403)])
def test_a_page_from_elsewhere_may_not(start, clients, origin, status):
    server = start()
    client = clients(server)
    client.send(handshake("GET /bench HTTP/1.1", host=f"localhost:{server.port}",
                          add=[f"Origin: {origin.format(server.port)}"]))
    assert client.read_response().status == status


def test_it_answers_pings_as_any_other(start, at_bench):
    client = at_bench(start())
    client.send(frame(PING, b"?"))
    assert client.read_frame().payload == b"?"


# ------------------------------------------------------------------------------------------- voting

def test_a_class_votes(start, at_bench):
    server = start()
    wall, *phones = [at_bench(server) for _ in range(4)]
    nobody = {"number": 0, "open": False, "here": 4, "votes": [0] * 7, "question": ""}
    assert vote(phones[0], b"?") == nobody
    asked = {"number": 1, "open": True, "here": 4, "votes": [0] * 7, "question": b"what?".hex()}
    assert vote(wall, b"Qwhat?") == asked
    vote(phones[0], number_and_choice(1, 0))
    vote(phones[1], number_and_choice(1, 6))
    vote(phones[2], number_and_choice(1, 6))
    assert vote(phones[0], number_and_choice(1, 3))["votes"] == [0, 0, 0, 1, 0, 0, 2]  # changed its mind
    for wrong in number_and_choice(1, 7), number_and_choice(2, 1), number_and_choice(0, 1), b"V", b"V\0\0\0\1", b"X":
        assert vote(wall, wrong)["votes"] == [0, 0, 0, 1, 0, 0, 2]
    over = vote(wall, b"E")
    assert over == {**asked, "open": False, "votes": [0, 0, 0, 1, 0, 0, 2]}
    assert vote(phones[0], number_and_choice(1, 0)) == over
    assert vote(wall, b"Qnext")["votes"] == [0] * 7
    assert vote(phones[1], number_and_choice(2, 5))["votes"] == [0, 0, 0, 0, 0, 1, 0]


def test_a_question_has_its_limit(start, at_bench):
    client = at_bench(start())
    assert vote(client, b"Q" + b"x" * 1024)["number"] == 1
    assert vote(client, b"Q" + b"x" * 1025)["number"] == 1


def test_who_leaves_is_not_here(start, at_bench):
    server = start()
    stays, leaves = at_bench(server), at_bench(server)
    assert vote(stays, b"?")["here"] == 2
    leaves.say_goodbye()
    assert vote(stays, b"?")["here"] == 1


def test_an_empty_message_asks_how_it_stands(start, at_bench):
    assert vote(at_bench(start()), b"")["number"] == 0
