"""tests/wscheck/class: a directory of students, each built and graded behind a wall of its own."""
import csv
import html.parser
import subprocess
import sys

import pytest

import grader
from grader import HERE, WSCHECK

FAULTY, PYTHON = grader.FAULTY.resolve(), sys.executable
MAKEFILE = "lesson02:\n\t@{}\n"
STUDENTS = {
    "anna": f'exec {FAULTY} --lesson 2 "$@"',
    "bo": f'exec {FAULTY} --lesson 2 --fault mask-one-byte "$@"',
    "=cid": f'exec {FAULTY} --lesson 2 --fault mask-one-byte "$@"',
    "<b>dan</b>": f'exec {FAULTY} --lesson 2 --fault length-65535 "$@"',
    "eve": f'{PYTHON} -c "import socket; socket.create_connection((\'192.0.2.1\', 9), 3)" 2>"$HOME/network"\n'
           f'grep -q unreachable "$HOME/network" && exec {FAULTY} --lesson 2 "$@"',
    "kim": f'{PYTHON} -c "bytes(3 << 30)" 2>/dev/null || exec {FAULTY} --lesson 2 "$@"',
}
MADE = {"lee": "echo 'x.c:1: error: no such luck' >&2; exit 1", "max": "sleep 1000 & sleep 1000"}


def run(directory, *options):
    return subprocess.run([HERE / "class", "--wscheck", WSCHECK, "--out", directory.parent, *options, directory],
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=280)


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The results by student, and the page."""
    place = tmp_path_factory.mktemp("class") / "students"
    for name, lines in STUDENTS.items():
        (place / name.replace("/", "∕")).mkdir(parents=True)
        server = place / name.replace("/", "∕") / "server"
        server.write_text(f"#!/bin/sh\n{lines}\n")
        server.chmod(0o755)
    for name, recipe in MADE.items():
        (place / name).mkdir()
        (place / name / "Makefile").write_text(MAKEFILE.format(recipe))
    (place / "zoe").mkdir()
    before = sorted(path for path in place.rglob("*"))
    done = run(place, "--lesson", "2", "--seconds", "40", "--jobs", "3")
    if "cannot keep programs off the network" in done.stderr:
        pytest.skip("this system has no unshare")
    assert done.returncode == 0, done.stderr
    assert sorted(path for path in place.rglob("*")) == before
    with open(place.parent / "results.csv", encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    return rows, (place.parent / "results.html").read_text(encoding="utf-8")


def test_a_table_says_how_far_each_is(graded):
    rows, _ = graded
    assert list(rows) == ["<b>dan<∕b>", "'=cid", "anna", "bo", "eve", "kim", "lee", "max", "zoe"]
    assert (rows["anna"]["failed"], rows["anna"]["next exercise"], rows["anna"]["trouble"]) == ("0", "", "")
    assert rows["bo"]["next exercise"] == "unmask" and "mask-one-byte" in rows["bo"]["mistakes"].split()
    assert rows["bo"]["mistakes"] == rows["'=cid"]["mistakes"]
    assert int(rows["bo"]["passed"]) > 50 and rows["anna"]["lesson"] == "2"


def test_what_cannot_be_graded_says_why(graded):
    rows, _ = graded
    assert rows["lee"]["trouble"] == "make: x.c:1: error: no such luck"
    assert rows["max"]["trouble"] == "make takes more than 40 s"
    assert rows["zoe"]["trouble"] == "no Makefile, and no server"


def test_there_is_no_network_but_loopback_and_no_memory_without_end(graded):
    """The servers of these two come only if they have seen the wall."""
    rows, _ = graded
    for name in "eve", "kim":
        assert rows[name]["failed"] == "0" and int(rows[name]["passed"]) > 100, rows[name]


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.text = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_needs_nothing_from_elsewhere_and_has_both_languages(graded):
    page = Page(graded[1])
    assert page.links == [] and not {"script", "link", "img", "b"} & set(page.tags)
    assert "url(" not in graded[1] and "@import" not in graded[1]
    for word in "<b>dan<∕b>", "=cid", "Student", "学生", "unmask", "全班进度", "Which mistake is how common":
        assert any(word in text for text in page.text), word


def test_the_page_has_the_most_common_mistake_first(graded):
    page = Page(graded[1])
    mistakes = page.text[next(i for i, text in enumerate(page.text) if "how common" in text):]
    first = mistakes.index("mask-one-byte")
    assert mistakes[first - 1] == "2" or "2" in mistakes[:first]
    assert first < mistakes.index("length-65535")


@pytest.mark.parametrize("options", (["--lesson", "4"], ["--wscheck", "/no/such"], ["--no-such"]))
def test_wrong_usage(tmp_path, options):
    (tmp_path / "in" / "a").mkdir(parents=True)
    assert run(tmp_path / "in", *options).returncode == 2
    assert run(tmp_path / "in" / "a").returncode == 2  # nobody is in it
