"""
What is said of a wrong server rests on what was seen: nothing else is stated, in the whole of a run.

The matrix proves that a mistake is found, and by which words. Here are the servers of which something false
would be easy to say: what fails of them has one reason, and no check may name another.
"""
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader import FAULTY, faulty, graded, outcomes, wscheck

# fault: lesson, the checks that must fail, all diagnoses that may come (None: that nothing is said)
TRUE_WORDS = {
    "unavailable": (1, {"send-101-status"}, {None}),
    "no-blank-line": (1, {"send-101-status"}, {"no-blank-line"}),
    "key-fixed-place": (1, {"header-elsewhere"}, {"key-fixed-place"}),
    "closes-silently": (1, {"refuse-no-key", "head-endless-line"}, {"closed-without-answer", None}),
    "upgrade-any": (1, {"token-substring-upgrade", "token-other-upgrade"}, {"not-checked"}),
    "upgrade-whole": (1, {"token-upgrade-list"}, {"upgrade-whole"}),
    "end-of-stream": (1, {"head-unfinished"}, {"end-of-stream"}),
    "end-not-awaited": (1, {"head-unfinished"}, {"end-not-awaited"}),
    "stays-half-open": (1, set(), set()),
    "dies-of-silence": (1, {"listen-silent"}, {"dies-of-silence", "one-bad-client-stops-all"}),
    "ipv6-only": (1, {"listen-ipv4"}, {"ipv6-only"}),
    "frames-ignored": (2, {"decode-answers"}, {None}),
    "all-refused": (2, {"decode-answers"}, {"frame-refused"}),
    "greets": (2, {"loop-stays"}, {"greeting"}),
    "json-only": (2, {"decode-answers"}, {None}),
    "json-error": (2, {"encode-hello"}, {"other-message"}),
    "text-only": (2, {"encode-binary"}, {None}),
    "second-left": (2, {"decode-two-in-one"}, {"second-left", None}),
    "first-message-only": (2, {"loop-ten"}, {"no-loop", None}),
    "fragment-alone": (2, {"fragment-two"}, {"fragment-alone", "utf8-not-checked", None}),
    "ping-as-words": (2, {"pong-binary"}, {"ping-as-words"}),
    "close-unanswered": (2, {"close-1000"}, {"close-unanswered", None}),
    "close-as-message": (2, {"close-heard"}, {"close-as-message", None}),
    "half-open-kept": (2, {"close-half-open"}, {"half-open-kept", "no-room"}),
    "close-echoes-reasons": (2, {"close-body-1006-reason"}, {"close-1005", "frame-not-checked"}),
    "one-byte-lost": (2, {"decode-early-byte"}, {"partial-frame", "waits-for-rest"}),
    "faults-in-words": (2, {"refuse-rsv1", "fragment-stray", "utf8-ff", "limit-over"}, {None}),
    "early-left": (2, {"decode-early"}, {"early-left"}),
    "resets-after-close": (2, set(), set()),
    "pings-at-once": (2, set(), set()),
    "pongs-unasked": (2, set(), set()),
    "relays-fragments": (2, set(), set()),
    "ping-between-ignored": (2, {"fragment-ping"}, {None}),
    "pings-only": (2, {"pong-empty", "pong-payload"}, {"ping-ignored"}),
    "pongs-only": (2, {"pong-payload"}, {"ping-ignored"}),
    "eight-places": (2, {"threads-20"}, {"few-places", None}),
    "room-of-eight": (3, {"threads-20"}, {"few-places", None}),
    "room-one-recv": (3, {"join-after-head"}, {"one-recv"}),
    "room-close-unanswered": (3, {"leave-close"}, {None}),
    "room-pings-at-once": (3, set(), set()),
    "room-pongs-unasked": (3, set(), set()),
    "room-fragments": (3, set(), set()),
    "room-fragments-dropped": (3, {"leave-behind-all"}, {"backlog-lost", "last-words-lost", None}),
    "room-greets": (3, {"threads-one"}, {"greeting"}),
    "joined-too-late": (3, {"join-with-101"}, {"joined-too-late"}),
    "header-order": (1, {"header-order"}, {"header-order", "request-refused"}),
    "length-byte-order": (2, {"encode-126"}, {"length-byte-order"}),
    "mask-runs-on": (2, {"unmask-lengths"}, {"mask-shifted", "mask-goes-on", None}),
    "pong-answered": (2, {"pong-unasked", "pong-unasked-empty"}, {"pong-answered", None}),
    "wrong-code": (2, {"refuse-code-1002"}, {"close-code-missing", None}),
    "utf8-in-binary": (2, {"encode-nul", "utf8-not-in-binary"}, {"utf8-in-binary"}),
    "answers-to-newest": (2, {"threads-own-text"}, {"shared-state", None}),
    "line-in-two-refused": (1, {"head-in-two"}, {"request-refused", None}),
    "empty-is-the-end": (2, {"decode-length-0"}, {"empty-read", "ping-ignored", "close-unanswered", None}),
    "mask-one-byte": (2, {"unmask-sample", "unmask-zero-byte"}, {"mask-one-byte", None}),
    "mask-tail": (2, {"unmask-sample"}, {"mask-tail", None}),
    "limit-64k": (2, {"decode-cut-64"}, {"size-refused"}),
    "close-reason-only": (2, {"close-cut-in-code"}, {"frame-not-checked", "close-empty", None}),
    "room-answers-ok": (3, {"broadcast-self"}, {None}),
}


@pytest.fixture(scope="module")
def results():
    def grade(fault):
        return graded("--lesson", TRUE_WORDS[fault][0], "--server", faulty(TRUE_WORDS[fault][0], fault), "-k",
                      "--strict", "--timeout", 5)
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(TRUE_WORDS, pool.map(grade, TRUE_WORDS)))


@pytest.mark.parametrize("fault", TRUE_WORDS)
def test_nothing_is_said_that_was_not_seen(results, fault):
    _, checks, words = TRUE_WORDS[fault]
    said = {check["id"]: check.get("diagnosis_id") for check in results[fault]["checks"]
            if check["outcome"] == "failed"}
    assert checks <= set(said)
    assert {id: word for id, word in said.items() if word not in words} == {}


def test_when_nothing_comes_the_report_says_what_went_well_and_what_the_server_wrote(tmp_path):
    server = tmp_path / "server"
    server.write_text(f"#!/bin/sh\necho 'a frame came' >&2\nexec {FAULTY} --fault frames-ignored \"$@\"\n",
                      encoding="utf-8")
    server.chmod(0o755)
    run = wscheck("--lesson", 2, "--server", server, "--only", "decode-answers", "--timeout", 1)
    assert run.returncode == 1
    assert "\n    problem    no answer: nothing within 1 s\n" in run.stdout
    assert "\n    before     the answer 101 to its request\n" in run.stdout
    assert "The server is alive. The last that it wrote to stderr, before this check:\n                 | a frame came\n" in run.stdout
    assert "diagnosis" not in run.stdout


def told(lesson, fault, check):
    """What is told of one check that fails."""
    run = wscheck("--lesson", lesson, "--server", faulty(lesson, fault), "--only", check, "--timeout", 2)
    assert run.returncode == 1
    return run.stdout


@pytest.mark.parametrize("fault", ["rest-not-sent", "rest-thrown-away"])
def test_of_a_rest_that_has_not_come_it_is_not_said_where_it_is(fault):
    run = " ".join(told(3, fault, "slow-catches-up-more").split())
    assert "ends in the middle of a frame: the rest has not come, and the connection is there still" in run


def test_a_pong_has_no_fragments_however_its_ping_is_sent():
    result = graded("--lesson", 2, "--server", faulty(2, "pong-one-byte-less"), "--only", "pong-payload", "--chop", 1)
    assert [check.get("diagnosis_id") for check in result["checks"] if check["outcome"] == "failed"] == [None]


def test_a_status_without_the_number_is_told_as_that_and_shown():
    run = told(3, "status-without-numbers", "join-status")
    assert 'there is no "clients" with a number in the body of /status\n' in run
    assert 'came       {"visitors":' in run and "-1" not in run


def test_a_reason_that_names_no_section_is_shown():
    run = told(2, "reason-without-section", "refuse-reason-opcode")
    assert "problem    the reason in the Close frame names no section of the RFC\n" in run
    assert "came       坏了: no such opcode\n" in run and "does not say why" not in run


def test_the_first_connection_is_the_first_checks_own(tmp_path):
    """A server that is told its port need not say that it listens: that is no reason to disturb it."""
    heads, server = tmp_path / "heads", tmp_path / "server"
    server.write_text(f"""#!/usr/bin/env python3
import socket, sys, time
time.sleep(0.3)
with socket.create_server(("127.0.0.1", int(sys.argv[2]))) as listener:
    while True:
        client = listener.accept()[0]
        head = client.recv(4096)
        with open("{heads}", "ab") as file:
            file.write(head[:4] + b"|")
        client.sendall(b"HTTP/1.1 400 Bad Request\\r\\nContent-Length: 0\\r\\n\\r\\n")
        client.close()
""", encoding="utf-8")
    server.chmod(0o755)
    result = graded("--lesson", 1, "--server", server, "--port", free_port(), "--only", "head-answered")
    assert outcomes(result, "passed") == ["head-answered"]
    assert set(heads.read_bytes().split(b"|")[:-1]) == {b"GET "}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
