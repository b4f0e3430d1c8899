"""
Checks that mostly wait are made at the same time, each with a server of its own. What comes of them is told
as if they had been made one after the other, and however the grader ends, all its servers end with it.
"""
import contextlib
import os
import pathlib
import signal
import subprocess

import pytest

from grader import FAULTY, WSCHECK, faulty, graded, outcomes
from test_hostile import hear_signals, is_alive
from test_sanitizer import REPORTS
from ws_testlib.waiting import wait_until

KEEPALIVE = ["keepalive-ping", "keepalive-pings", "keepalive-pong", "keepalive-silent", "keepalive-half"]
BESIDE = ["keepalive-pong", "keepalive-silent", "keepalive-half"]  # those of them that wait


def noting_server(tmp_path, fault=None, report=""):
    """One that notes its pid in a file, and from the fourth on writes a report: the first three are for checks
    that are made before. Returns its command, and how to read the pids."""
    noted, server = tmp_path / "pids", tmp_path / "server"
    noted.touch()
    (tmp_path / "report").write_text(report, encoding="utf-8")
    mistake = f"--fault {fault}" if fault else ""
    server.write_text(f"#!/bin/sh\necho $$ >>{noted}\n"
                      f"[ $(wc -l <{noted}) -lt 4 ] || cat {tmp_path}/report >&2\n"
                      f"exec {FAULTY} --lesson 3 {mistake} \"$@\"\n", encoding="utf-8")
    server.chmod(0o755)
    return server, lambda: [int(pid) for pid in noted.read_text(encoding="utf-8").split()]


def told(result):
    """What is said of each check of the exercise."""
    return [(check["id"], check["outcome"], check.get("diagnosis_id"), check.get("problem"), check.get("rule"),
             check.get("sent"), check.get("came"))
            for check in result["checks"] if check["id"].startswith("keepalive") and check["outcome"] != "not run"]


@pytest.mark.parametrize("fault, failed", ((None, []), ("silent-kept", ["keepalive-silent", "keepalive-half"]),
                                           ("pong-not-counted", ["keepalive-pong"])))
def test_the_same_is_told_as_one_after_the_other(fault, failed):
    beside = graded("--lesson", 3, "--server", faulty(3, fault), "--only", "keepalive", "--timeout", 2)
    alone = [graded("--lesson", 3, "--server", faulty(3, fault), "--only", id, "--timeout", 2) for id in KEEPALIVE]
    assert outcomes(beside, "failed") == failed
    assert [check[0] for check in told(beside)] == KEEPALIVE
    assert told(beside) == [check for result in alone for check in told(result)]


def test_a_parent_that_fails_beside_others_is_why_they_are_skipped():
    result = graded("--lesson", 3, "--server", faulty(3, "never-evicted"), "--only", "slow-client", "--timeout", 1)
    found = {check["id"]: check for check in result["checks"]}
    assert found["slow-evicted"]["outcome"] == "failed"
    assert found["slow-counted"]["outcome"] == "skipped"
    assert found["slow-counted"]["skipped_because"] == "needs slow-evicted first"
    assert found["slow-leaver"]["outcome"] == "passed"


def test_a_sanitizers_report_beside_others_is_told_once(tmp_path):
    server, _ = noting_server(tmp_path, report=REPORTS["join"][0])
    result = graded("--lesson", 3, "--server", server, *(word for id in BESIDE for word in ("--only", id)))
    reports = [check for check in result["checks"] if check["id"].startswith("sanitizer")]
    assert [check["title"] for check in reports] == ["ThreadSanitizer: data race in members_join"]
    assert outcomes(result, "passed") == BESIDE


def children_of(pid):
    """Those in which a check is made are among them."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return [int(child) for child in children]


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV))
@pytest.mark.parametrize("whole_group", (False, True), ids=("alone", "with its group"))
def test_whoever_ends_the_grader_ends_all_its_servers(tmp_path, number, whole_group):
    server, pids = noting_server(tmp_path, "silent-kept")
    grader = subprocess.Popen([WSCHECK, "--lesson", "3", "--server", str(server), "--timeout", "60",
                               *(word for id in BESIDE for word in ("--only", id))],
                              stdout=subprocess.DEVNULL, start_new_session=True, preexec_fn=hear_signals)
    with contextlib.ExitStack() as stack:
        stack.callback(grader.kill)
        wait_until(lambda: sum(is_alive(pid) for pid in pids()) >= len(BESIDE) - 1, "several servers at once")
        processes = children_of(grader.pid)
        (os.killpg if whole_group else os.kill)(grader.pid, number)
        assert grader.wait(timeout=10) == (128 + number if number == signal.SIGTERM else -number)
        wait_until(lambda: not any(is_alive(pid) for pid in pids() + processes), "all servers to end")
