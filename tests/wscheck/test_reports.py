"""
The words: what wscheck says of some known mistakes is in reports/*.txt, to be read as a student
would read it, and compared here; of some of them in Chinese, in reports/zh. What differs from run to
run is written as PORT; and as WHERE, ONE and OTHER, for TCP cuts a long message where it likes.

    pytest tests/wscheck/test_reports.py --update-reports      writes them anew: read the difference

And what it points at must be there: functions in the course's files, commands that a shell can run.
"""
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader import CHINESE, HERE, WSCHECK, columns, english_in, faulty, graded, start_faulty, wscheck
from ws_testlib.servers import ROOT
from ws_testlib.waiting import wait_until

REPORTS = HERE / "reports"

# mistake: the check that finds it; None: the whole run as a student sees it first
TOLD = {
    "hex-base64": None, "no-blank-line": None, "page-for-upgrade": None, "mask-restarts": None,
    "rsv-not-checked": None, "utf8-not-checked": None, "close-swapped": None,
    "key-with-cr": "accept-random", "strlen-digest": "accept-nul", "extra-crlf": "send-101-nothing-after",
    "connection-whole": "token-firefox", "one-recv": "head-in-two",
    "version-not-told": "refuse-tells-version", "refusal-lost": "refuse-arrives",
    "no-frame": "encode-hello", "server-masks": "encode-hello", "fin-missing": "encode-hello",
    "length-65535": "encode-65535", "length-signed": "encode-128", "length-16-bits": "encode-65536",
    "strlen-payload": "encode-nul", "not-unmasked": "unmask-sample", "early-bytes-lost": "decode-early",
    "partial-frame-lost": "decode-byte-by-byte", "last-piece-only": "decode-cut-9", "goodbye-at-once": "loop-stays",
    "fragment-alone": "fragment-two", "second-left": "decode-two-in-one", "ping-as-words": "pong-binary",
    "close-unanswered": "close-1000", "upgrade-whole": "token-upgrade-list", "end-of-stream": "head-unfinished",
    "closes-silently": "head-endless-line", "endless-head": "head-endless-line", "no-deadline": "head-408",
    "ping-ignored": "pong-payload", "close-1005": "close-empty", "dies-of-high-bit": "refuse-high-bit",
    "echo-only": "broadcast-other", "sent-twice": "broadcast-once", "interleaved": "writes-pongs",
    "never-evicted": "slow-evicted", "answers-to-newest": "threads-own-text", "last-words-lost": "leave-last-words",
    "no-goodbye": "stop-1001", "stop-waits": "stop-unanswered",
}

# Those that are told in Chinese, too.
IN_CHINESE = ("no-blank-line", "page-for-upgrade", "mask-restarts", "close-swapped", "key-with-cr", "one-recv",
              "refusal-lost", "length-65535", "early-bytes-lost", "fragment-alone", "ping-ignored", "dies-of-high-bit",
              "interleaved", "never-evicted", "no-goodbye")


def lessons_of_faults():
    lines = subprocess.run([WSCHECK.parent / "faulty", "--list"], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return {name: int(lesson) for name, lesson, *_ in (line.split("\t") for line in lines)}


def report(mistake, **kwargs):
    lesson, check = lessons_of_faults()[mistake], TOLD[mistake]
    only = ["--only", check] if check else []
    for _ in range(3):  # a busy machine may bring two pieces at once, and then one-recv is no mistake
        run = wscheck("--lesson", lesson, "--server", faulty(lesson, mistake), "--timeout", 2, *only, **kwargs)
        if run.returncode != 0:
            break
    assert run.returncode == 1 and run.stderr == ""
    told = re.sub(r"127\.0\.0\.1:(?!8080)\d+", "127.0.0.1:PORT", run.stdout)
    return re.sub(r"\d{7}( is | 是 )0x\w\w(, it should be |，应为 )0x\w\w", r"WHERE\1ONE\2OTHER", told)


@pytest.fixture(scope="module")
def reports():
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(TOLD, pool.map(report, TOLD)))


@pytest.mark.parametrize("mistake", TOLD)
def test_it_says_the_same_as_when_it_was_read(reports, mistake, request):
    path = REPORTS / f"{mistake}.txt"
    if request.config.getoption("--update-reports"):
        path.write_text(reports[mistake], encoding="utf-8")
    assert reports[mistake].splitlines() == path.read_text(encoding="utf-8").splitlines()


def test_no_report_is_left_over():
    assert {path.stem for path in REPORTS.glob("*.txt")} == set(TOLD)
    assert {path.stem for path in (REPORTS / "zh").glob("*.txt")} == set(IN_CHINESE)


@pytest.mark.parametrize("mistake", TOLD)
def test_a_report_fits_and_shows_no_raw_bytes(reports, mistake):
    for line in reports[mistake].splitlines():
        assert line.isprintable() or line == ""
        if not re.search("printf |./faulty|^FAILED ", line):
            assert len(line) <= 130


@pytest.fixture(scope="module")
def chinese_reports():
    with ThreadPoolExecutor(4) as pool:
        return dict(zip(IN_CHINESE, pool.map(lambda mistake: report(mistake, env=CHINESE), IN_CHINESE)))


@pytest.mark.parametrize("mistake", IN_CHINESE)
def test_it_says_the_same_in_chinese_as_when_it_was_read(chinese_reports, mistake, request):
    path = REPORTS / "zh" / f"{mistake}.txt"
    if request.config.getoption("--update-reports"):
        path.write_text(chinese_reports[mistake], encoding="utf-8")
    assert chinese_reports[mistake].splitlines() == path.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("mistake", IN_CHINESE)
def test_a_chinese_report_has_no_english(chinese_reports, mistake):
    """... but in what is sent and what came; and it is no wider than an English one."""
    lines = [line for line in chinese_reports[mistake].splitlines() if not re.search(r"printf |\./faulty|^    (发送|应为|收到)|\\r", line)]
    assert english_in("\n".join(lines)) == []
    assert [line for line in lines if columns(line) > 98 and not line.startswith(("未通过", "  "))] == []


# ---------------------------------------------------------------------------- what it points at

def texts():
    """All that may be printed as a place to look at: of the exercises, and of the diagnoses."""
    source = (HERE / "check.c").read_text(encoding="utf-8") + \
        (HERE / "diagnose.c").read_text(encoding="utf-8")
    return re.sub(r'"\s*"', "", source)  # strings that go on in the next line


def test_the_places_to_look_at_are_there():
    places = re.findall(r"in the course: ((?:[^()]|\(\))*)\)", texts())
    assert len(places) > 20
    for place in places:
        waiting = []
        for function, file in re.findall(r"(\w+)\(\)|(?:in )((?:common|lesson\w+)(?:/\w+)+\.c)", place):
            if function:
                waiting.append(function)
                continue
            code = (ROOT / file).read_text(encoding="utf-8")
            for name in waiting:
                assert re.search(rf"^\w.*\b{name}\(", code, re.M), f"{file} has no {name}()"
            waiting = []
        assert not waiting, f"no file for {waiting}"


REPLAYED = ("no-frame", "length-65535", "mask-restarts", "close-swapped", "page-for-upgrade",
            "text-for-binary", "fragment-alone")


@pytest.mark.parametrize("mistake", REPLAYED)
def test_a_replay_by_hand_shows_the_same(mistake, tmp_path):
    """Pasted into dash with the server running, the line brings the bytes that the report shows."""
    lesson = lessons_of_faults()[mistake]
    result = graded("--lesson", lesson, "--server", faulty(lesson, mistake), "--timeout", 2)
    check = next(check for check in result["checks"] if check["outcome"] == "failed")
    came, output = bytes.fromhex(check["came"]), tmp_path / "output"
    with start_faulty(lesson, mistake) as server:
        line = re.sub(r"\b8080\b", str(server.port), check["replay"])
        assert line.endswith(f"| nc 127.0.0.1 {server.port}")
        with open(output, "wb") as file, subprocess.Popen(["dash", "-c", f"{line}"], stdout=file) as shell:
            try:
                wait_until(lambda: came[:40] in output.read_bytes(), lambda: output.read_bytes()[-200:], 15)
            finally:
                shell.terminate()
        # the pipe's other programs end when the server does


def test_the_port_of_a_replay_is_the_servers():
    """With --port that one, in the request too; else 8080, where the server is said to be started."""
    with start_faulty(2, "no-frame") as server:
        run = wscheck("--lesson", 2, "--port", server.port, "--only", "encode-hello")
    assert f"Host: 127.0.0.1:{server.port}" in run.stdout and f"nc 127.0.0.1 {server.port}" in run.stdout
    assert "start " not in run.stdout and "8080" not in run.stdout


def test_options_that_a_check_needs_are_part_of_the_replay():
    run = wscheck("--lesson", 2, "--server", faulty(2, "no-limit"), "--only", "limit-over")
    assert "start  ./faulty --lesson 2 --fault no-limit --port 8080 --max-message 1000\n" in run.stdout
