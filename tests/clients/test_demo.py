"""
make demo: each act does what it says, seen from the server's log, its x-ray and its status.
"""
import os
import re
import subprocess
import sys

import pytest

from test_xray import Watcher, get_status
from ws_testlib.servers import ROOT, SERVER_DIR
from ws_testlib.waiting import wait_until
from ws_testlib.wire import mask

pytestmark = pytest.mark.lessons(3)

DEMO = str(ROOT / "tests" / "demo" / "demo.py")
TITLES = ["A polite client", "One typed by hand", "One that sends byte by byte", "One that never reads",
          "One that sends an unmasked frame", "One that dies without goodbye", "One that floods"]


def perform(*options, **environment):
    """Runs the demo to its end, without a pause; returns what it has printed and what was logged."""
    environment = os.environ | {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "C.UTF-8"} | environment
    done = subprocess.run([sys.executable, DEMO, "--auto", "--pace", "0", *map(str, options)],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=120, env=environment,
                          encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, done.stderr


def plain_text(told):
    payload = bytes.fromhex(told["payload"])
    return mask(payload, bytes.fromhex(told["header"])[-4:]) if told["masked"] else payload


def test_each_act_is_seen(start):
    server = start()
    watcher = Watcher(server.port)  # number 1
    output, _ = perform("--port", server.port)
    assert re.findall(r"^\d\. (.*)", output, re.M) == TITLES
    assert output.count("    To be seen: ") == len(TITLES)

    def endings_logged():
        return dict(re.findall(r"^#(\d+) \S+ closed(.*)\n", server.stderr.text, re.M))
    wait_until(lambda: len(endings_logged()) == 9, "all clients to go")
    endings = endings_logged()
    assert endings["2"] == " 1000 by the client"
    assert endings["3"].startswith(" 1002: RSV bit set")
    assert endings["4"] == " 1000 by the client"
    assert endings["5"] == " 1000 by the client"
    assert endings["6"].startswith(" 1006, evicted: it does not read")
    assert endings["7"].startswith(" 1002: frame not masked")
    assert endings["8"] == " 1006: the connection was lost"
    assert endings["9"] == endings["10"] == " 1000 by the client"
    status = get_status(server)
    assert status["evicted"] == 1
    assert 5004 <= status["messages"] <= 5004 + 10_000  # as many as it took to have one evicted

    told = []
    while not (told and told[-1].get("client") == 9 and told[-1]["name"] == "close"
               and told[-1]["direction"] == "out"):
        told.append(watcher.read_object())
    of = {number: [each for each in told if each.get("client") == number] for number in range(2, 11)}
    assert [(each["direction"], each["name"]) for each in of[2]] == [
        ("in", "text"), ("in", "ping"), ("out", "pong"), ("in", "close"), ("out", "close")]
    assert plain_text(of[2][0]) == b"hello from Ann"
    assert of[3][0]["outcome"] == "bad" and of[3][0]["header"] == "68" and of[3][0]["section"] == "5.2"
    assert plain_text(of[4][0]) == b"drip" and of[4][0]["reads"] >= 1
    assert {each["length"] for each in of[5][:-2]} == {1 << 17}
    assert of[6] == []
    assert (of[7][0]["fault"], of[7][0]["close"]) == ("not-masked", 1002)
    assert (of[8][0]["outcome"], of[8][0]["seen"]) == ("cut", 14)
    assert [plain_text(each) for each in of[10][:5000]] == [f"spam {i}".encode() for i in range(5000)]
    assert plain_text(of[9][0]) == b"excuse me"
    watcher.close()


def test_it_starts_a_server_itself(lesson):
    output, log = perform("--server", SERVER_DIR / "lesson03")
    assert re.search(r"^Open http://127\.0\.0\.1:\d+/xray", output)
    assert output.endswith("The end.\n")
    assert "closed 1006, evicted" in log
    before, after = log.split("server: stopping\n")
    for number in re.findall(r"^#(\d+) \S+ open:", before, re.M):  # who has just left may be told later
        assert len(re.findall(rf"^#{number} \S+ closed", log, re.M)) == 1
    assert re.fullmatch(r"(#\d+ \S+ closed .*\n)*", after)


def test_it_speaks_chinese(start):
    output, _ = perform("--port", start().port, LC_ALL="zh_CN.UTF-8")
    assert re.findall(r"^\d\. (.*)", output, re.M)[0] == "有礼貌的客户端"
    assert output.endswith("剧终。\n")


def test_it_waits_for_enter(start):
    """Nothing happens before the first Enter; then one act for each."""
    server = start()
    with subprocess.Popen([sys.executable, DEMO, "--port", str(server.port), "--pace", "0"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        output, _ = process.communicate(b"\n\n", timeout=60)
    assert process.returncode == 1
    assert len(re.findall(rb"^\d\. ", output, re.M)) == 3
    server.stderr.wait_for(r"closed 1000[^\0]*closed 1002")
    assert len(re.findall("open:", server.stderr.text)) == 2


def test_it_says_so_when_there_is_no_server(lesson):
    done = subprocess.run([sys.executable, DEMO, "--auto", "--port", "1"], capture_output=True,
                          timeout=60, text=True, env=os.environ | {"LC_ALL": "C.UTF-8"})
    assert done.returncode == 1
    assert "the server cannot be reached" in done.stderr
