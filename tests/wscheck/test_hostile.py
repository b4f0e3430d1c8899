"""
What a server may send to harm its grader: ./hostile.py, kind by kind.

The grader does not crash, ends in time, stays within its memory, and says what came. And on every way out
it takes the server with it that it has started.
"""
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import pytest

from grader import FAULTY, HERE, WSCHECK
from ws_testlib.servers import SERVER_DIR, prefix
from ws_testlib.waiting import wait_until

# kind: lesson, the check (with those that it needs), what the report must say
KINDS = {
    "length": (2, "encode-hello", "highest bit"),
    "close_length": (2, "encode-hello", ""),
    "huge": (2, "encode-hello", ""),
    "flood": (2, "encode-hello", ""),
    "pongs": (2, "encode-hello", "pings and pongs"),
    "messages": (3, "broadcast-self", ""),
    "fragments": (2, "encode-hello", ""),
    "endless_head": (1, "send-101-status", "has no end after"),
    "dripping_head": (1, "send-101-status", "has no end"),
    "body": (1, "refuse-arrives", ""),
    "no_status": (1, "send-101-status", "no status line"),
    "no_port": (1, "listen-ipv4", "did not start"),
    "chatter": (2, "encode-hello", None),
}
BOUND = 60          # seconds: each has ended long before
MEMORY = 300 << 20  # bytes


def grade_hostile(build, kind):
    """Runs the grader; its results, how it ended, and how much memory and time it took."""
    lesson, check, _ = KINDS[kind]
    program = SERVER_DIR.parent / build / "tests" / "wscheck" / "wscheck"
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.monotonic()
        grader = subprocess.Popen([*prefix(build), program, "--lesson", str(lesson), "--server",
                                   f"{HERE / 'hostile.py'} {kind}", "--json", "--only", check,
                                   "--timeout", "0.5"], stdout=out, stderr=err, stdin=subprocess.DEVNULL)
        try:
            _, status, usage = wait4(grader, BOUND)
        finally:
            if grader.poll() is None:
                grader.kill()
        out.seek(0)
        err.seek(0)
        return {"status": status, "stdout": out.read().decode(), "stderr": err.read().decode(),
                "bytes": usage.ru_maxrss * 1024, "seconds": time.monotonic() - started}


def wait4(process, seconds):
    """Waits for its end, and for what it has used; subprocess does not tell."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return pid, process.returncode, usage
        time.sleep(0.01)
    raise TimeoutError(f"the grader still runs after {seconds} s")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("build", ("plain", "address"))
def test_the_grader_survives(build, kind):
    run = grade_hostile(build, kind)
    assert run["stderr"] == ""
    says = KINDS[kind][2]
    assert run["status"] == (0 if says is None else 1)
    if build == "plain":
        assert run["bytes"] < MEMORY
    problems = [check["problem"] for check in json.loads(run["stdout"])["checks"] if check["outcome"] == "failed"]
    assert says is None or any(says in problem for problem in problems), problems


def test_a_second_trial_makes_no_third():
    """A small buffer fails the check, and the second trial that asks why; that one asks no further."""
    program = SERVER_DIR.parent / "address" / "tests" / "wscheck" / "wscheck"
    run = subprocess.run([*prefix("address"), program, "--lesson", "1", "--only", "header-60",
                          "--server", f"{FAULTY} --lesson 1 --fault small-buffer"],
                         env=os.environ | {"ASAN_OPTIONS": "detect_stack_use_after_return=1"},
                         capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=BOUND)
    assert "AddressSanitizer" not in run.stderr
    assert run.returncode == 1 and "FAILED header-60" in run.stdout


# ---------------------------------------------------------------------------------------- the ways out

def is_alive(pid):
    try:
        os.kill(pid, 0)
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()[2] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def hear_signals():
    """What is started in the background by a shell may have been told to ignore these."""
    for number in signal.SIGINT, signal.SIGQUIT:
        signal.signal(number, signal.SIG_DFL)


def start_grader(tmp_path):
    """One whose server does not say that it listens, and has a child; returns it, and the two pids."""
    noted, server = tmp_path / "pids", tmp_path / "server"
    server.write_text(f"#!/bin/sh\nsleep 100 &\necho $$ $! >{noted}.new && mv {noted}.new {noted}\n"
                      "exec sleep 100\n", encoding="utf-8")
    server.chmod(0o755)
    grader = subprocess.Popen([WSCHECK, "--lesson", "1", "--server", str(server), "--timeout", "60"],
                              stdout=subprocess.DEVNULL, start_new_session=True, preexec_fn=hear_signals)
    wait_until(noted.exists, "the server to start", 10)
    return grader, [int(pid) for pid in noted.read_text(encoding="utf-8").split()]


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGKILL,
                                    signal.SIGSEGV, signal.SIGUSR1))
@pytest.mark.parametrize("whole_group", (False, True), ids=("alone", "with its group"))
def test_whoever_ends_the_grader_ends_its_server(tmp_path, number, whole_group):
    grader, pids = start_grader(tmp_path)
    (os.killpg if whole_group else os.kill)(grader.pid, number)
    is_handled = number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
    assert grader.wait(timeout=10) == (128 + number if is_handled else -number)
    for pid in pids:
        wait_until(lambda pid=pid: not is_alive(pid), "the server to end", 10)
