"""
No false alarm: servers made of well-known libraries fail no must but those that they truly break.

strangers/expected.txt names these, with the section; a failure that is not there fails the test, and
so does one that is there and does not happen any more.
"""
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader import HERE, graded
from ws_testlib.servers import SERVER_DIR, Program

STRANGERS = HERE / "strangers"
COMMANDS = {
    "ws": ["node", STRANGERS / "ws.mjs"],
    "websockets": ["/usr/bin/python3", STRANGERS / "websockets_server.py"],
    "libwebsockets": [SERVER_DIR / "tests" / "wscheck" / "lws"],
}
GRADED = [(name, lesson) for name in COMMANDS for lesson in (1, 2, 3)
          if (name, lesson) != ("libwebsockets", 3)]


def expected():
    """{(server, lesson): {check: section}}"""
    table = {pair: {} for pair in GRADED}
    for line in (STRANGERS / "expected.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, lesson, check, rfc, number, section, why = line.split(maxsplit=6)
            assert rfc == "RFC" and section.startswith("§") and why
            table[name, int(lesson)][check] = f"{rfc} {number} {section}"
    return table


@pytest.fixture(scope="module")
def results():
    """All of them at once: what takes time is waiting for what does not come."""
    def grade(pair):
        name, lesson = pair
        with Program([*COMMANDS[name], lesson, "--port", 0]).start() as server:
            return graded("--lesson", lesson, "--port", server.port, "-k", "--timeout", 2)
    with ThreadPoolExecutor(len(GRADED)) as pool:
        return dict(zip(GRADED, pool.map(grade, GRADED)))


@pytest.mark.parametrize("name,lesson", GRADED)
def test_no_false_alarm(results, name, lesson):
    checks = results[name, lesson]["checks"]
    failed = {check["id"]: check["problem"] for check in checks
              if check["outcome"] == "failed" and check["level"] == "must"}
    known = expected()[name, lesson]
    assert {id: problem for id, problem in failed.items() if id not in known} == {}
    assert {id: section for id, section in known.items() if id not in failed} == {}
    musts = [check["outcome"] for check in checks if check["level"] == "must"]
    assert musts.count("passed") > len(musts) // 2  # it has been graded, and not just skipped
