"""wscheck as a command: its options, its exit status, and what it does when a server misbehaves."""
import contextlib
import json
import os
import pathlib
import re
import shlex
import socket
import subprocess
import time

import pytest

from grader import BOUND, FAULTY, WSCHECK, columns, faulty, graded, outcomes, start_faulty, wscheck
from ws_testlib.waiting import wait_until

GOOD = {lesson: faulty(lesson) for lesson in (1, 2, 3)}


def script(directory, text):
    """A server of a few lines of sh, or whatever its first line says."""
    path = directory / "server"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def is_alive(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()[2] != "Z"
    return False


# ------------------------------------------------------------------------------------------- usage

@pytest.mark.parametrize("arguments", [
    [], ["--lesson", "2"], ["--server", "./faulty"], ["--lesson", "0", "--server", "./faulty"],
    ["--lesson", "4", "--port", "1"], ["--lesson", "x", "--port", "1"],
    ["--lesson", "1", "--port", "0"], ["--lesson", "1", "--port", "65536"],
    ["--lesson", "1", "--port", "1", "--chop", "0"], ["--lesson", "1", "--port", "1", "--timeout", "no"],
    ["--lesson", "1", "--port", "1", "--only", "no-such-check"],
    ["--lesson", "1", "--port", "1", "--except", "no-such-check"], ["--hint", "no-such-check"],
    ["--hint", "unmask", "--hint", "pong"],
    ["--lesson", "1", "--port", "1", "word"], ["--no-such-option"], ["--lesson"],
], ids=" ".join)
def test_wrong_usage_is_told_with_status_2(arguments):
    run = wscheck(*arguments)
    assert run.returncode == 2
    assert run.stdout == ""
    assert "wscheck" in run.stderr


def test_help_names_every_option():
    run = wscheck("--help")
    assert run.returncode == 0 and run.stderr == ""
    for option in ("--lesson", "--server", "--port", "--host", "-k", "--strict", "--only", "--except", "--chop",
                   "--timeout", "--brief", "--json", "--tap", "--list", "--hint", "Exit status"):
        assert option in run.stdout


# ------------------------------------------------------------------------------------ list and hint

def listed(*arguments):
    run = wscheck("--list", *arguments)
    assert run.returncode == 0
    return re.findall(r"^  (\S+) +(must|better) +(\S.*?)  +(\S.*)$", run.stdout, re.M)


def test_the_list_has_all_checks_once():
    rows = listed()
    ids = [row[0] for row in rows]
    assert len(ids) == len(set(ids))
    of_lessons = [{row[0] for row in listed("--lesson", lesson)} for lesson in (1, 2, 3)]
    of_challenges = [{row[0] for row in listed("--challenge", letter)} for letter in "abcde"]
    assert set(ids) == set().union(*of_lessons, *of_challenges)
    assert len(set().union(*of_lessons)) >= 150
    for id, _, section, title in rows:
        assert re.fullmatch(r"[a-z0-9-]+", id)
        assert re.match(r"RFC \d{4}( §[\d.]+)?|this course|POSIX |the task of |the challenge's task", section)
        assert not title.startswith("...")


STEPS = ("symptom ", "ask "), ("section ", "rule ", "look at "), ("shape ",)


def test_every_check_has_a_hint_in_three_steps():
    """A question, then rule and place, then the shape; each tells how to get the next, and never code."""
    for id, level, section, _ in listed():
        again = ["--hint", id]
        for step, parts in enumerate(STEPS, 1):
            hint = wscheck(*again * step)
            assert hint.returncode == 0
            assert hint.stdout.startswith(f"{id}: ") and level in hint.stdout
            at = [hint.stdout.index(f"\n    {part}") for part in parts]
            assert at == sorted(at)
            assert not any(f"\n    {part}" in hint.stdout for other in STEPS if other != parts for part in other)
            assert (section in hint.stdout) >= (step == 2)
            assert "DESIGN.md" not in hint.stdout
            told = re.findall(r"\nAgain, for .*:\n  \./wscheck (.*)\n", hint.stdout)
            assert told == ([" ".join(again * (step + 1))] if step < len(STEPS) else [])
        assert not re.search(r"[{}]|==|->|\w\(\w", hint.stdout.partition("\n")[2])  # no code


def test_after_the_last_step_of_a_hint_it_stays_with_that():
    assert wscheck(*["--hint", "unmask"] * 4).stdout == wscheck(*["--hint", "unmask"] * 3).stdout


def test_the_hints_of_the_checks_of_an_exercise_share_question_and_shape():
    of_exercise, of_check = (wscheck(*["--hint", name] * 3).stdout.partition("\n")[2]
                             for name in ("close-codes", "close-code-1005"))
    assert of_exercise == of_check


# --------------------------------------------------------------------------------------- selection

def test_only_a_check_and_only_an_exercise():
    one = graded("--lesson", 2, "--server", GOOD[2], "--only", "encode-hello")
    assert [check["id"] for check in one["checks"]] == ["encode-hello"]
    some = graded("--lesson", 2, "--server", GOOD[2], "--only", "pong", "--only", "close-1000")
    assert {check["exercise"] for check in some["checks"]} == {"pong", "close"}
    assert len(some["checks"]) > 10 and one["status"] == some["status"] == 0


def test_all_except_a_check_and_an_exercise():
    """What is left out does not fail, and what needs it says so."""
    server = faulty(2, "ping-ignored")
    whole = graded("--lesson", 2, "--server", GOOD[2], "--only", "pong", "--only", "close")
    less = graded("--lesson", 2, "--server", server, "--only", "pong", "--only", "close",
                  "--except", "pong", "--except", "close-1000")
    assert {check["exercise"] for check in less["checks"]} == {"close"}
    assert len(less["checks"]) == sum(check["exercise"] == "close" for check in whole["checks"]) - 1
    assert less["status"] == 0
    assert graded("--lesson", 2, "--server", server, "--only", "pong")["status"] == 1


def test_it_stops_at_the_first_exercise_that_fails_and_goes_on_with_k():
    server = faulty(2, "mask-one-byte")
    stopped = graded("--lesson", 2, "--server", server)
    assert stopped["status"] == 1
    assert {check["exercise"] for check in stopped["checks"] if check["outcome"] == "failed"} == {"unmask"}
    assert {check["exercise"] for check in stopped["checks"] if check["outcome"] == "not run"} == {
        "refuse-frames", "fragments", "assemble", "pong", "utf8", "close-codes", "close", "threads"}
    on = graded("--lesson", 2, "--server", server, "-k")
    assert on["status"] == 1 and outcomes(on, "not run") == []
    assert "close-1000" in outcomes(on, "passed")


def test_what_depends_on_a_check_that_failed_is_skipped():
    result = graded("--lesson", 2, "--server", faulty(2, "no-frame"), "-k", "--timeout", 1)
    because = {check["id"]: check["skipped_because"] for check in result["checks"]
               if check["outcome"] == "skipped"}
    assert because["encode-126"] == "needs encode-hello first"
    assert because["decode-row"].startswith("needs ")
    assert len(because) > 100
    assert "send-101-status" in outcomes(result, "passed")


def test_recommendations_count_with_strict_only():
    server = faulty(2, "no-reason")
    lax = graded("--lesson", 2, "--server", server, "-k")
    assert (lax["status"], lax["failed"], lax["better"]) == (0, 0, 3)
    strict = graded("--lesson", 2, "--server", server, "-k", "--strict")
    assert (strict["status"], strict["failed"], strict["better"]) == (1, 3, 0)
    text = wscheck("--lesson", 2, "--server", server).stdout
    assert "refuse-reason-mask" in text and "FAILED" not in text


def test_what_needs_a_server_of_its_own_is_skipped_with_port():
    with start_faulty(1) as server:
        result = graded("--lesson", 1, "--port", server.port, "-k", "--strict")
        because = {check["id"]: check["skipped_because"] for check in result["checks"]
                   if check["outcome"] == "skipped"}
        assert "listen-sigterm" in because and "head-408" in because
        assert set(because.values()) <= {"needs a server that wscheck starts itself: --server",
                                         "this machine has no IPv6"}
        assert result["status"] == 0


def test_chop_sends_everything_in_pieces():
    """What comes in one recv() is never more than a piece, when the reader is quick enough to see."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        grader = subprocess.Popen([WSCHECK, "--lesson", "1", "--port", str(listener.getsockname()[1]),
                                   "--only", "listen-ipv4", "--chop", "5", "--timeout", "1"],
                                  stdout=subprocess.DEVNULL)
        client, _ = listener.accept()
        with client:
            first = client.recv(4096)
            whole = first
            while b"\r\n\r\n" not in whole:
                whole += client.recv(4096)
            client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        assert grader.wait(timeout=BOUND) == 0
    assert first == whole[:len(first)] and len(first) % 5 == 0 and len(first) < len(whole)


# ----------------------------------------------------------------------------------- for machines

def test_json_has_all_that_a_teacher_wants():
    result = graded("--lesson", 1, "--server", faulty(1, "hex-base64"))
    assert (result["lesson"], result["status"]) == (1, 1)
    assert result["passed"] + result["failed"] + result["better"] + result["skipped"] + \
        len(outcomes(result, "not run")) == len(result["checks"])
    check = next(check for check in result["checks"] if check["id"] == "accept-random")
    assert check["outcome"] == "failed" and check["level"] == "must"
    assert check["section"] == "RFC 6455 §4.2.2" and check["diagnosis_id"] == "accept-hex-base64"
    assert "handshake_accept_key() in common/handshake.c" in check["place"]
    sent, came = bytes.fromhex(check["sent"]), bytes.fromhex(check["came"])
    assert sent.startswith(b"GET / HTTP/1.1\r\n") and came.startswith(b"Sec-WebSocket-Accept: ")
    assert came[:check["at"]] == bytes.fromhex(check["expected"])[:check["at"]]
    assert came[check["at"]] != bytes.fromhex(check["expected"])[check["at"]]


def test_json_is_json_whatever_comes():
    junk = bytes(range(256)) * 3
    with socket.create_server(("127.0.0.1", 0)) as listener:
        grader = subprocess.Popen([WSCHECK, "--lesson", "1", "--port", str(listener.getsockname()[1]),
                                   "--only", "head-answered", "--json", "--timeout", "1"],
                                  stdout=subprocess.PIPE)
        listener.settimeout(10)
        for _ in range(2):  # listen-ipv4 is its parent
            client, _ = listener.accept()
            with client:
                client.recv(4096)
                client.sendall(junk)
                client.recv(4096)
        output, _ = grader.communicate(timeout=BOUND)
    check = json.loads(output)["checks"][0]
    assert check["outcome"] == "failed" and check["diagnosis_id"] == "not-http"
    assert bytes.fromhex(check["came"]) == junk[:256]


def test_a_header_that_should_not_be_there_is_shown_and_nothing_behind_it():
    came = {check["id"]: check["came_in_words"]
            for check in graded("--lesson", 1, "--server", faulty(1, "extensions-echoed"), "-k")["checks"]
            if check["outcome"] == "failed"}
    assert came == {
        "send-101-unknown-extension": "Sec-WebSocket-Extensions: x-wscheck-unknown",
        "send-101-no-deflate": "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"}


def test_tap_can_be_counted():
    run = wscheck("--lesson", 2, "--server", faulty(2, "mask-one-byte"), "--tap")
    assert run.returncode == 1
    plan = int(re.search(r"^1\.\.(\d+)$", run.stdout, re.M)[1])
    lines = re.findall(r"^(ok|not ok) (\d+) - ([a-z0-9-]+): ", run.stdout, re.M)
    assert plan == len(lines) > 150
    assert [int(number) for _, number, _ in lines] == list(range(1, plan + 1))
    assert "not ok" in {how for how, _, id in lines if id == "unmask-sample"}
    assert re.search(r"^not ok \d+ - close-1000: .* # TODO ", run.stdout, re.M)


def test_brief_has_a_line_for_each_exercise_and_a_bar():
    run = wscheck("--lesson", 2, "--server", faulty(2, "mask-one-byte"), "--brief")
    assert run.returncode == 1
    assert re.search(r"^  decode-header +ok +\d+ of \d+$", run.stdout, re.M)
    assert re.search(r"^  unmask +FAILED +\d+ of 18", run.stdout, re.M)
    assert re.search(r"^  close +later$", run.stdout, re.M)
    assert re.search(r"^  \[#+\.+\]  lesson 2: \d+ of \d+, next is unmask$", run.stdout, re.M)


def test_colour_is_for_terminals_alone():
    assert "\x1b" not in wscheck("--lesson", 1, "--server", GOOD[1], "--only", "listen").stdout
    for setting, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        run = subprocess.run(["script", "-qec", f"{WSCHECK} --lesson 1 --server '{GOOD[1]}' --only listen",
                              "/dev/null"], cwd=WSCHECK.parent, capture_output=True, text=True,
                             stdin=subprocess.DEVNULL, timeout=BOUND,
                             env={k: v for k, v in os.environ.items() if k != "NO_COLOR"} | setting)
        assert ("\x1b[32m" in run.stdout) == coloured


def on_terminal(*arguments, **environment):
    """What stands on a terminal, line by line, without its colours."""
    settings = [f"{name}={value}" for name, value in environment.items()]  # not of the shell, which might complain
    line = " ".join(map(shlex.quote, map(str, ["env", *settings, WSCHECK, *arguments])))
    run = subprocess.run(["script", "-qec", line, "/dev/null"], cwd=WSCHECK.parent, capture_output=True, text=True,
                         stdin=subprocess.DEVNULL, timeout=BOUND)
    return re.sub(r"\x1b\[[\d;]*m", "", run.stdout).splitlines()


@pytest.mark.parametrize("width, locale", [(60, "C.UTF-8"), (80, "C.UTF-8"), (120, "C.UTF-8"), (60, "zh_CN.UTF-8")])
@pytest.mark.parametrize("lesson, fault, exercise", [
    (1, "no-blank-line", "send-101"), (2, "mask-one-byte", "unmask"), (2, "ping-ignored", "pong")])
def test_the_report_fits_the_terminal(width, locale, lesson, fault, exercise):
    """... but for commands, which are to be copied, and what the server has said."""
    arguments = ["--lesson", lesson, "--server", faulty(lesson, fault), "--timeout", 1, "--only", exercise, "-k"]
    lines = on_terminal(*arguments, COLUMNS=str(width), LC_ALL=locale)
    text = [line for line in lines
            if not re.match(r"    (by hand|server|手工重现|服务器| {11}(printf|\{|head|and in))|.*wscheck", line)]
    assert any(re.search("FAILED|未通过", line) for line in text)
    assert [line for line in text if columns(line) > width] == []
    if width == 80 and locale == "C.UTF-8":
        for piped in wscheck(*arguments).stdout.splitlines():
            if piped.startswith(("  FAILED", "FAILED", "    problem", "    rule")):
                assert " ".join(piped.split()) in " ".join(" ".join(lines).split()), "the same words"


@pytest.mark.parametrize("locale", ["C.UTF-8", "zh_CN.UTF-8"])
@pytest.mark.parametrize("arguments", [["--help"], ["--list"], ["--hint", "close-1000"],
                                       ["--hint", "utf8", "--hint", "utf8", "--hint", "utf8"]], ids=" ".join)
def test_what_is_asked_fits_80_columns(arguments, locale):
    lines = on_terminal(*arguments, COLUMNS="80", LC_ALL=locale)
    assert max(map(columns, lines)) <= 80
    told = wscheck(*arguments, env=os.environ | {"LC_ALL": locale}).stdout
    assert "".join("".join(lines).split()) == "".join(told.split())


@pytest.mark.parametrize("arguments", [["--list"], ["--hint", "slow-client"]], ids=" ".join)
def test_chinese_is_in_columns_and_breaks_where_it_may(arguments):
    lines = on_terminal(*arguments, COLUMNS="60", LC_ALL="zh_CN.UTF-8")
    assert [line for line in lines if line.lstrip().startswith(tuple("，。、；：）”！？"))] == []
    assert [line for line in lines if line.rstrip().endswith(("（", "“"))] == []
    sections = [columns(line[:line.index("RFC")]) for line in lines if re.match(r"  [a-z0-9-]+ +(必须|建议) +RFC", line)]
    assert set(sections) <= {39}


# ------------------------------------------------------------------------------ servers that misbehave

def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    run = wscheck("--lesson", 2, "--port", port)
    assert run.returncode == 1
    assert f"no connection to 127.0.0.1 port {port}: Connection refused" in run.stdout


def test_the_command_does_not_exist():
    run = wscheck("--lesson", 2, "--server", "./no-such-server")
    assert run.returncode == 1
    assert "the server did not start" in run.stdout
    assert "exit status 127" in run.stdout and "./no-such-server" in run.stdout


def test_a_server_that_does_not_say_that_it_listens(tmp_path):
    run = wscheck("--lesson", 2, "--timeout", "0.5", "--server",
                  script(tmp_path, "#!/bin/sh\necho hello >&2\nexec sleep 100\n"))
    assert run.returncode == 1
    assert "the server did not start" in run.stdout and "| hello" in run.stdout
    assert '"listening on http://127.0.0.1:PORT/" on stdout' in run.stdout


def test_a_server_that_says_nothing_is_found_by_its_port(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    quiet = script(tmp_path, f"#!/bin/sh\nexec {WSCHECK.parent}/faulty --lesson 1 \"$@\" >/dev/null\n")
    assert wscheck("--lesson", 1, "--server", quiet, "--port", port).returncode == 0


def test_the_command_is_the_shells(tmp_path):
    (tmp_path / "with blank").mkdir()
    server = script(tmp_path / "with blank", f"#!/bin/sh\nexec {WSCHECK.parent}/faulty --lesson 1 \"$@\"\n")
    assert wscheck("--lesson", 1, "--server", f"env A=b '{server}'", "--only", "listen").returncode == 0


def test_the_signal_that_killed_the_server_is_told():
    run = wscheck("--lesson", 2, "--server", faulty(2, "dies-of-high-bit"))
    assert run.returncode == 1
    failure = run.stdout[run.stdout.index("FAILED refuse-high-bit"):]
    assert "killed by signal 6 (Aborted)" in failure
    assert "82 ff ff ff ff ff ff ff ff ff" in failure  # what was sent before


def test_after_a_check_that_failed_there_is_another_server(tmp_path):
    """What it has left behind, messages on their way or a thread that hangs, is not the next one's."""
    starts = tmp_path / "starts"
    command = script(tmp_path, f'#!/bin/sh\necho >>"{starts}"\nexec "{FAULTY}" "$@"\n')
    for fault, failures in ("", []), ("--fault text-for-binary", ["encode-binary", "encode-nul"]):
        starts.write_text("")
        result = graded("--lesson", 2, "--server", f"{command} --lesson 2 {fault}", "-k",
                        "--only", "encode-binary", "--only", "encode-nul", "--only", "encode-text-nul")
        assert outcomes(result, "failed") == failures
        assert len(starts.read_text()) == 1 + len(failures)


def test_the_last_lines_of_a_server_are_told(tmp_path):
    server = script(tmp_path, "#!/usr/bin/env python3\n" + """
import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
listener.accept()[0].recv(4096)
for i in range(50):
    print("line", i, "\\x1b[31m", file=sys.stderr)
sys.exit(7)
""")
    run = wscheck("--lesson", 1, "--server", server)
    assert run.returncode == 1
    assert "exit status 7" in run.stdout and "| line 49 \\x1b[31m" in run.stdout
    assert "line 40" not in run.stdout and "\x1b" not in run.stdout


def test_a_servers_words_are_shown_as_they_are_unless_they_may_not_be(tmp_path):
    """Controls, what turns the direction, and what is no UTF-8 come escaped; what breaks off within a character
    is shown up to there."""
    server = script(tmp_path, "#!/bin/sh\nprintf '你好 §5 é\\n\\033[31m \\342\\200\\256 \\344\\275\\n再\\344\\275' >&2\n")
    run = wscheck("--lesson", 1, "--server", server, "--only", "listen-ipv4")
    assert "                 | 你好 §5 é\n                 | \\x1b[31m \\xe2\\x80\\xae \\xe4\\xbd\n                 | 再\n" in run.stdout
    assert re.search(r'--port\s+0"\n', run.stdout)


def test_a_server_that_cannot_be_reached_is_looked_for_where_it_listens():
    run = wscheck("--lesson", 1, "--port", 1, "--only", "listen-ipv4")
    assert run.stdout.index("look at") < run.stdout.index("listen_on()") < run.stdout.index("listener_accept()")


def test_a_sanitizers_report_is_told(tmp_path):
    source = tmp_path / "overflow.c"
    source.write_text("""
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
int main(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bind(fd, (void *)&a, len);
    listen(fd, 8);
    getsockname(fd, (void *)&a, &len);
    printf("listening on http://127.0.0.1:%d/\\n", ntohs(a.sin_port));
    fflush(stdout);
    char *key = malloc(16);
    for (int client; (client = accept(fd, NULL, NULL)) >= 0; close(client))
        for (long i = 0; read(client, key + i, 1) == 1;)
            key[++i] = 0;
}
""", encoding="utf-8")
    program = tmp_path / "overflow"
    subprocess.run(["cc", "-g", "-fsanitize=address", source, "-o", program], check=True)
    run = wscheck("--lesson", 1, "--server", f"setarch -R {program}")
    assert run.returncode == 1
    assert "AddressSanitizer: heap-buffer-overflow" in run.stdout
    assert "overflow.c:20" in run.stdout or "in main" in run.stdout


def test_a_server_that_pings_for_ever_does_not_keep_the_grader(tmp_path):
    server = script(tmp_path, "#!/usr/bin/env python3\n" + """
import base64, hashlib, re, socket, threading, time
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
def serve(client):
    head, more = b"", b"?"
    while more and b"\\r\\n\\r\\n" not in head:
        more = client.recv(4096)
        head += more
    key = re.search(rb"Sec-WebSocket-Key: (\\S+)", head)
    if key is None:
        return client.close()
    accept = base64.b64encode(hashlib.sha1(key[1] + GUID).digest())
    client.sendall(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n"
                   b"Sec-WebSocket-Accept: " + accept + b"\\r\\n\\r\\n")
    try:
        while True:
            client.sendall(b"\\x89\\0")
            time.sleep(0.01)
    except OSError:
        pass
listener = socket.create_server(("127.0.0.1", 0))
print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
while True:
    threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()
""")
    result = graded("--lesson", 2, "--server", server, "--only", "encode-hello", "--timeout", "0.3")
    assert result["status"] == 1 and outcomes(result, "failed") == ["decode-answers"]


def test_pings_do_not_put_off_the_end_of_a_wait():
    """One wait of 4 s in vain, not one after each ping until a check has no more time at all: 96 s."""
    start = time.monotonic()
    run = wscheck("--lesson", 2, "--server", faulty(2, "pings-in-silence"), "--only", "encode-hello", "--timeout", 4)
    assert time.monotonic() - start < 24
    assert run.returncode == 1
    assert "\n    problem    no answer: nothing but pings and pongs within 4 s\n" in run.stdout


def test_what_a_server_has_started_ends_with_it(tmp_path):
    noted = tmp_path / "pid"
    server = script(tmp_path, f"#!/bin/sh\nsleep 100 & echo $! >{noted}\n"
                              f"exec {WSCHECK.parent}/faulty --lesson 1 \"$@\"\n")
    assert wscheck("--lesson", 1, "--server", server, "--only", "listen-ipv4").returncode == 0
    pid = int(noted.read_text(encoding="utf-8"))
    wait_until(lambda: not is_alive(pid), "the server to end", 10)
