"""
From a blank file: the model answers hold what the tasks say, and the tasks are laid out for a student.

SERVER_DIR names the build with wscheck; the answers are in blank/ there, and in the sanitizers' builds
beside it.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from ws_testlib.chinese import HAS_CHINESE, LOCALE

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SERVER_DIR") or ROOT / "build" / "plain").resolve()
WSCHECK = BUILD / "tests" / "wscheck" / "wscheck"
BLANK = {2: ROOT / "lesson02_frames" / "blank", 3: ROOT / "lesson03_broadcast" / "blank"}
LINES = {2: 300, 3: 420}
FLAGS = ["-std=c11", "-D_DEFAULT_SOURCE", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion",
         "-Werror", "-O2", "-pthread"]
BOUND = 150  # seconds: whatever is run has ended long before


def run(*command, **kwargs):
    return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=BOUND,
                          stdin=subprocess.DEVNULL, **kwargs)


def pkg_config(what):
    return run("pkg-config", what, "libcrypto").stdout.split()


# ------------------------------------------------------------------------------------- the answers

def answer(lesson, build):
    """The command that starts it; sanitizers want a memory layout that is not so random."""
    program = BUILD.parent / build / "blank" / f"blank{lesson:02}"
    assert program.exists(), f"there is no {program}: make blank-programs"
    has_setarch = shutil.which("setarch") and run("setarch", "-R", "true").returncode == 0
    return f"{'setarch -R ' if build != 'plain' and has_setarch else ''}'{program}'"


def excepted(lesson):
    """What make check-blank0N leaves out."""
    rule = re.search(rf"^BLANK_EXCEPT_blank{lesson:02} := (.*)$",
                     (ROOT / "tests" / "blank" / "blank.mk").read_text(), re.M)
    return rule[1].split() if rule else []


ANSWERS = (3, "thread"), (3, "address"), (3, "plain"), (2, "address"), (2, "plain")
PIECES = 1, 7  # bytes
TAKEN_APART = "encode-short", "decode-header", "unmask", "pong", "fragments", "send-101"

# How each answer is graded; HEAD is none of its methods, and is told so in words like all others.
GRADINGS = {
    **{("strictly", *pair): (*pair, "--lesson", pair[0], "--strict", *excepted(pair[0])) for pair in ANSWERS},
    **{("in pieces", n): (2, "address", "--lesson", 2, "--strict", "--chop", n,
                          *(word for name in TAKEN_APART for word in ("--only", name))) for n in PIECES},
    **{("handshake", lesson): (lesson, "address", "--lesson", 1, "--timeout", 1, "--except", "refuse-head")
       for lesson in LINES},
}


@pytest.fixture(scope="module")
def grades():
    """All at once: what takes time is mostly waiting."""
    def grade(how):
        lesson, build, *arguments = GRADINGS[how]
        done = run(WSCHECK, "--server", answer(lesson, build), "-k", "--json", *arguments)
        return done.returncode, json.loads(done.stdout)
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(GRADINGS, pool.map(grade, GRADINGS)))


def failed(result, level=""):
    return {check["id"]: check["problem"] for check in result["checks"]
            if check["outcome"] == "failed" and level in check["level"]}


@pytest.mark.parametrize("lesson,build", ANSWERS)
def test_an_answer_passes_everything_that_is_asked_for(grades, lesson, build):
    status, result = grades["strictly", lesson, build]
    assert failed(result) == {}
    assert {check["skipped_because"] for check in result["checks"]
            if check["outcome"] == "skipped"} <= {"this machine has no IPv6"}
    assert status == 0 and result["passed"] > {2: 200, 3: 65}[lesson]


def test_only_options_and_pages_of_the_course_are_left_out():
    assert [name for name in excepted(2) if name != "--except"] == \
        ["threads-full", "close-awaits-answer", "fragment-own-time", "fragment-endless"]
    assert [name for name in excepted(3) if name != "--except"] == \
        ["join-status", "slow-counted", "threads-full", "slow-catches-up-one"]


@pytest.mark.parametrize("chop", PIECES)
def test_an_answer_takes_everything_in_pieces(grades, chop):
    status, result = grades["in pieces", chop]
    assert failed(result) == {} and status == 0 and result["passed"] > 40


@pytest.mark.parametrize("lesson", LINES)
def test_an_answer_does_all_that_lesson_1_must(grades, lesson):
    """The opening handshake is in it, too, as strict as in lesson 1, but for what is only better."""
    status, result = grades["handshake", lesson]
    assert failed(result, "must") == {} and status == 0 and result["passed"] > 100


@pytest.mark.parametrize("name", ("answer.c", "task.c"))
@pytest.mark.parametrize("lesson", LINES)
@pytest.mark.parametrize("compiler", ("gcc", "clang"))
def test_it_compiles_without_a_warning(tmp_path, compiler, lesson, name):
    done = run(compiler, *FLAGS, *pkg_config("--cflags"), "-o", tmp_path / "server", BLANK[lesson] / name,
               *pkg_config("--libs"))
    assert done.returncode == 0 and done.stderr == ""


@pytest.mark.parametrize("lesson", LINES)
def test_an_answer_is_short_and_of_this_layout(lesson):
    text = (BLANK[lesson] / "answer.c").read_text()
    assert len(text.splitlines()) <= LINES[lesson]
    assert max(map(len, text.splitlines())) <= 100
    if shutil.which("clang-format"):
        assert run("clang-format", BLANK[lesson] / "answer.c").stdout == text


@pytest.mark.parametrize("name", ("answer.c", "task.c"))
@pytest.mark.parametrize("lesson", LINES)
def test_it_includes_nothing_but_posix_and_libcrypto(lesson, name):
    text = (BLANK[lesson] / name).read_text()
    headers = re.findall(r"^\s*#\s*include\s*(.*)$", text, re.M)
    posix = {"errno", "fcntl", "limits", "netinet/in", "netinet/tcp", "poll", "pthread", "signal", "stdbool",
             "stddef", "stdint", "stdio", "stdlib", "string", "strings", "sys/socket", "time", "unistd"}
    assert set(headers) - {f"<{header}.h>" for header in posix} == {"<openssl/evp.h>"}
    assert name == "answer.c" or set(headers) >= set(re.findall(
        r"^\s*#\s*include\s*(.*)$", (BLANK[lesson] / "answer.c").read_text(), re.M))


# ---------------------------------------------------------------------------------------- the task

@pytest.fixture
def tree(tmp_path):
    """What make needs of the project, so that no student's file in it is touched."""
    for part in "Makefile", "common", "lesson01_handshake", "lesson02_frames", "lesson03_broadcast", \
            "tests/blank", "tests/wscheck":
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, tmp_path / part)
    (tmp_path / "build/plain/tests").mkdir(parents=True)
    shutil.copytree(WSCHECK.parent, tmp_path / "build/plain/tests/wscheck", symlinks=True)
    return tmp_path


def make(tree, *words, **environment):
    return run("make", "-s", *words, cwd=tree, env=os.environ | {"MAKEFLAGS": "", "CC": "cc", "SAN": ""} | environment)


@pytest.mark.parametrize("lesson", LINES)
def test_the_task_is_laid_out_and_work_in_it_is_never_lost(tree, lesson):
    name = f"blank{lesson:02}"
    file = tree / f"{name}.c"
    task = (BLANK[lesson] / "task.c").read_text()
    for _ in range(2):  # nothing was changed: once more does no harm
        done = make(tree, name)
        assert done.returncode == 0 and f"make check-{name}" in done.stdout
        assert file.read_text() == task
    file.write_text("my work")
    done = make(tree, name)
    assert done.returncode != 0 and file.read_text() == "my work"
    assert f"{name}.c has your work in it, so it stays as it is." in done.stderr
    assert f"make {name} FORCE=1" in done.stderr
    for number, work in (1, "my work"), (2, "more of it"):
        file.write_text(work)
        done = make(tree, name, "FORCE=1")
        assert done.returncode == 0 and f"{name}.c.{number}" in done.stdout
        assert (tree / f"{name}.c.{number}").read_text() == work
        assert file.read_text() == task


@pytest.mark.parametrize("lesson", LINES)
def test_in_a_chinese_locale_the_task_is_in_chinese(tree, lesson):
    """Its words: the code below them is the same. Laid out anew in the other language, nothing is lost."""
    name = f"blank{lesson:02}"
    file = tree / f"{name}.c"
    task = (BLANK[lesson] / "task.c").read_text()
    missing = make(tree, f"check-{name}", **LOCALE)
    assert f"还没有 {name}.c" in missing.stderr and f"make {name}" in missing.stderr
    for _ in range(2):
        done = make(tree, name, **LOCALE)
        assert done.returncode == 0 and HAS_CHINESE.search(done.stdout) and f"make check-{name}" in done.stdout
        words, _, code = file.read_text().partition(" */\n")
        assert words + " */\n" == (BLANK[lesson] / "task.zh-CN.txt").read_text()
        assert code == task.partition(" */\n")[2]
    assert make(tree, name).returncode == 0 and file.read_text() == task
    file.write_text("my work")
    done = make(tree, name, **LOCALE)
    assert done.returncode != 0 and file.read_text() == "my work"
    assert HAS_CHINESE.search(done.stderr) and f"make {name} FORCE=1" in done.stderr
    assert f"{name}.c.1" in make(tree, name, "FORCE=1", **LOCALE).stdout


@pytest.mark.parametrize("lesson", LINES)
def test_a_student_s_file_is_built_and_graded(tree, lesson):
    """Without one, with the task as it is, with one that does not compile, with the answer."""
    name = f"blank{lesson:02}"
    missing = make(tree, f"check-{name}")
    assert missing.returncode != 0
    assert f"There is no {name}.c yet: make {name}" in missing.stderr
    make(tree, name)
    untouched = make(tree, f"check-{name}")
    assert untouched.returncode != 0
    assert "FAILED listen-ipv4" in untouched.stdout and "the server did not start" in untouched.stdout
    assert "The server ended, with exit status 0." in untouched.stdout
    (tree / f"{name}.c").write_text("int main(void) { return nonsense; }\n")
    broken = make(tree, f"check-{name}")
    assert broken.returncode != 0 and "nonsense" in broken.stderr and "wscheck:" not in broken.stdout
    shutil.copy(BLANK[lesson] / "answer.c", tree / f"{name}.c")
    done = make(tree, f"check-{name}", "CHECK=--only send-101 --only accept-key")
    assert done.returncode == 0 and "accept-key     ok" in done.stdout


def test_the_generated_files_are_ignored_and_the_answers_are_not():
    ignored = run("git", "check-ignore", "blank02.c", "blank03.c", "blank02.c.1",
                  "lesson02_frames/blank/answer.c", cwd=ROOT).stdout.split()
    assert ignored == ["blank02.c", "blank03.c", "blank02.c.1"]


def test_the_workbook_has_no_answers(tmp_path):
    directory = tmp_path / "workbook"
    done = run(ROOT / "tests" / "workbook" / "make-workbook", directory)
    assert done.returncode == 0, done.stderr
    assert [file for file in directory.rglob("*") if file.name == "answer.c"] == []
