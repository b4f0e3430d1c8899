"""
A sanitizer's report on the server's stderr is a failed check of the exercise whose function stands in the
stack, told in a student's words; the check in which it happened to be seen is not blamed.
"""
import re
import shutil
import subprocess

import pytest

from grader import CHINESE, FAULTY, graded, wscheck
from ws_testlib.servers import ROOT

RACE = """==================
WARNING: ThreadSanitizer: data race (pid=1)
  {0} of size 8 at 0x7b4400000000 by thread T6{1}:
    #0 memmove ../../../../src/libsanitizer/tsan/tsan_interceptors.inc:1 (libtsan.so.2+0x1)
    #1 {2} lesson03_broadcast/members.c:23 (lesson03+0x4d0e)
    #2 serve lesson03_broadcast/server.c:28 (lesson03+0x4a31)

  Previous {3} of size 8 at 0x7b4400000000 by thread T4{4}:
    #0 {5} lesson03_broadcast/members.c:63:9 (lesson03+0x4d0e)

SUMMARY: ThreadSanitizer: data race lesson03_broadcast/members.c:23 in {2}
==================
"""
LOCK = " (mutexes: write M7)"
ADDRESS = """==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x60 at pc 0x55 bp 0x7f sp 0x7f
READ of size 1 at 0x60 thread T1
    #0 0x55d in utf8_feed common/utf8.c:70

freed by thread T2 here:
    #0 0x7f in free (libasan.so.8+0x1)
    #1 0x55d in send_now_locked lesson03_broadcast/outbox.c:9

SUMMARY: AddressSanitizer: heap-use-after-free common/utf8.c:70 in utf8_feed
"""

# what is on stderr: the exercise, the title, and what is said of those concerned
REPORTS = {
    "join": (RACE.format("Write", "", "members_join", "read", LOCK, "members_send"), "join-leave",
             "ThreadSanitizer: data race in members_join",
             ["thread T6 writes in members_join(), lesson03_broadcast/members.c:23, with no lock held",
              "and at the same time thread T4 reads in members_send(), lesson03_broadcast/members.c:63:9, with a lock held"]),
    "whoever has no lock": (RACE.format("Read", LOCK, "members_send", "write", "", "members_leave"), "join-leave",
                            "ThreadSanitizer: data race in members_send", ["with no lock held"]),
    "of no exercise": (RACE.format("Read", "", "helper", "write", "", "members_send"), "broadcast",
                       "ThreadSanitizer: data race in helper", ["in helper()"]),
    "address": (ADDRESS, "utf8", "AddressSanitizer: heap-use-after-free in utf8_feed", ["it reads in utf8_feed()"]),
    "undefined": ("common/frame.c:7:3: runtime error: shift exponent 64 is too large\n", "listen",
                  "UndefinedBehaviorSanitizer: shift exponent 64 is too large", ["common/frame.c:7:3"]),
}


def server_that_writes(tmp_path, text):
    (tmp_path / "report").write_text(text, encoding="utf-8")
    server = tmp_path / "server"
    server.write_text(f"#!/bin/sh\ncat {tmp_path}/report >&2\nexec {FAULTY} --lesson 2 \"$@\"\n", encoding="utf-8")
    server.chmod(0o755)
    return server


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_a_failed_check_of_its_exercise(tmp_path, name):
    text, exercise, title, said = REPORTS[name]
    result = graded("--lesson", 2, "--server", server_that_writes(tmp_path, text * 3), "--only", "pong-payload")
    failed = [check for check in result["checks"] if check["outcome"] == "failed" and check["id"].startswith("san")]
    assert result["status"] == 1
    assert [(check["exercise"], check["title"]) for check in failed] == [(exercise, title)]  # once
    for words in said:
        assert words in failed[0]["server"]
    if "Thread" in text:
        assert {check["outcome"] for check in result["checks"] if check["id"] == "pong-payload"} == {"passed"}


def test_the_report_for_people_says_where_to_look(tmp_path):
    run = wscheck("--lesson", 2, "--server", server_that_writes(tmp_path, REPORTS["join"][0]), "--only", "pong-payload")
    assert "FAILED sanitizer-1  ThreadSanitizer: data race in members_join  [must, this course]" in run.stdout
    assert "members_join() and" in run.stdout and "Next exercise:    join-leave," in run.stdout
    assert run.returncode == 1


def test_the_report_in_chinese(tmp_path):
    run = wscheck("--lesson", 2, "--server", server_that_writes(tmp_path, REPORTS["join"][0]), "--only", "pong-payload",
                  env=CHINESE)
    assert "未通过 sanitizer-1  ThreadSanitizer: data race，在 members_join  [必须，本课程]" in run.stdout
    assert "线程 T6 写入，在 members_join() 里，lesson03_broadcast/members.c:23，没有持有锁\n" in run.stdout
    assert "同时，线程 T4 读取，在 members_send() 里，lesson03_broadcast/members.c:63:9，持有锁\n" in run.stdout


def test_a_lock_that_is_taken_away_is_found(tmp_path):
    """The room of lesson 3 without the lock in members_join(), built with ThreadSanitizer."""
    for part in "Makefile", "common", "lesson01_handshake", "lesson02_frames", "lesson03_broadcast":
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    members = tmp_path / "lesson03_broadcast" / "members.c"
    text = members.read_text(encoding="utf-8")
    body = re.search(r"^void members_join\(.*?^}", text, re.M | re.S)[0]
    members.write_text(text.replace(body, re.sub(r" *pthread_mutex_(un)?lock\(.*\n", "", body)), encoding="utf-8")
    subprocess.run(["make", "-s", "SAN=thread", "build/thread/lesson03"], cwd=tmp_path, check=True, timeout=200,
                   env={"PATH": "/usr/local/bin:/usr/bin:/bin"})
    result = graded("--lesson", 3, "--server", f"setarch -R {tmp_path}/build/thread/lesson03", "-k",
                    "--only", "broadcast-once", "--only", "leave-crowd")
    blamed = {check["exercise"] for check in result["checks"] if check["id"].startswith("sanitizer")}
    assert "join-leave" in blamed
    assert result["status"] == 1
