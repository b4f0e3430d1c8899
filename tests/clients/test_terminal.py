"""
On a terminal no line is cut by its edge: --trace, the log and --help are wrapped between words; what is piped
stays as it was
"""
import contextlib
import fcntl
import os
import pathlib
import re
import struct
import subprocess
import termios

import pytest

from test_trace import FRAMES, REQUESTS, normalised
from ws_testlib.chinese import LOCALE, columns
from ws_testlib.peers import send_in_reads
from ws_testlib.servers import command, run
from ws_testlib.waiting import PATIENCE
from ws_testlib.wire import text

TRACES = pathlib.Path(__file__).parent / "traces"
SHORTER = {"masked, as sent": "as sent", "came behind it": "behind",  # on a narrow terminal
           "加掩码，原样": "原样", "跟在后面": "后面的"}


def environment(**more):
    return {name: value for name, value in os.environ.items() if name != "COLUMNS"} | more


def on_screen(log):
    return re.sub(r"\x1b\[[\d;]*m", "", log).replace("\r\n", "\n")


def words(log):
    for long, short in SHORTER.items():
        log = log.replace(long, short)
    return sorted(re.sub(r"(reads|读取) +\d", r"\1", normalised(log)).split())


@pytest.mark.lessons(2)
@pytest.mark.parametrize("name", sorted({*FRAMES, *REQUESTS} - {"length-in-64-bits", "request-of-many-columns",
                                                                "bad-too-big"}))
def test_the_trace_fits_80_columns_and_says_the_same(start, join, clients, name):
    server = start("--trace", on_terminal=True, env=environment(COLUMNS="80"))
    client = join(server) if name in FRAMES else clients(server)
    send_in_reads(client, FRAMES.get(name) or REQUESTS[name])
    if name.startswith("died") or name in REQUESTS:
        client.finish()
    client.read_to_end()
    client.close()
    server.stderr.wait_for(r"(closed \d+|refused|left).*\n")
    server.stop()
    said = on_screen(server.stderr.text).replace("server: stopping\n", "")
    said = re.sub(r"^#1 \S+ (text|binary), \d+ bytes.*\n", "", said, flags=re.M)  # which a terminal gets besides
    assert [line for line in said.splitlines() if len(line) > 80] == []
    if name in FRAMES:
        assert words(said) == words((TRACES / f"{name}.txt").read_text())


@pytest.mark.lessons(2)
@pytest.mark.parametrize("name", sorted({*FRAMES} - {"length-in-64-bits", "bad-too-big"}))
def test_in_chinese_it_fits_80_columns_too(start, join, name):
    """Chinese is broken between any two characters: so what is compared are these."""
    server = start("--trace", on_terminal=True, env=environment(COLUMNS="80", **LOCALE))
    client = join(server)
    send_in_reads(client, FRAMES[name])
    if name.startswith("died"):
        client.finish()
    client.read_to_end()
    client.close()
    server.stderr.wait_for(r"关闭 \d+.*\n")
    server.stop()
    said = on_screen(server.stderr.text).replace("server: 正在停止\n", "")
    said = re.sub(r"^#1 \S+ 接收到消息：.*\n", "", said, flags=re.M)
    assert [line for line in said.splitlines() if columns(line) > 80] == []
    there = "".join(words((TRACES / "zh" / f"{name}.txt").read_text()))
    assert sorted("".join(words(said))) == sorted(there)


@pytest.mark.lessons(2)
def test_bytes_stay_above_their_meaning(start, join):
    """A header that is too wide stands in two rows; each with its bytes, bits and words."""
    server = start("--trace", on_terminal=True, env=environment(COLUMNS="80"))
    client = join(server)
    send_in_reads(client, FRAMES["length-in-64-bits"])
    client.read_to_end()
    server.stderr.wait_for(r"closed \d+.*\n")
    said = on_screen(server.stderr.text)
    assert ("     82                      ff                      00 00 00 00 00 01 00 00\n"
            "     1 000 0010              1 1111111\n"
            "     FIN=1 RSV=000 2=binary  MASK=1 127: in 64 bits  length 65536\n"
            "     37 fa 21 3d\n"
            "\n"
            "     masking key\n") in said


@pytest.fixture
def terminal():
    """A terminal of so many columns; returns the end for a program and the end for us."""
    ends = []

    def terminal(columns):
        ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        ends.append(ours)
        return theirs, ours
    yield terminal
    for end in ends:
        os.close(end)


def help_on(lesson, terminal, columns, **settings):
    theirs, ours = terminal(columns)
    subprocess.run(command(lesson, "--help"), stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, check=True,
                   timeout=PATIENCE, env=environment(**settings))
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # EIO: nobody has the other end any more, and all has been read
        while True:
            said += os.read(ours, 100_000)
    return on_screen(said.decode())


def test_help_is_as_wide_as_the_terminal(lesson, terminal):
    piped = run(lesson, "--help", env=environment(COLUMNS="80")).stdout
    assert max(map(len, piped.splitlines())) > 80, "a pipe has no width"
    for columns in 60, 80, 100:
        said = help_on(lesson, terminal, columns)
        assert max(map(len, said.splitlines())) <= columns
        assert said.split() == piped.split()
        for line in said.splitlines()[4:] if columns >= 80 else []:
            assert re.match(r"  (-\w,|   ) --\w| {34}\S", line), f"below the words: {line!r}"
    assert help_on(lesson, terminal, 200) == piped
    assert help_on(lesson, terminal, 0) == piped, "nobody knows how wide it is"
    assert help_on(lesson, terminal, 200, COLUMNS="80") == help_on(lesson, terminal, 80), "the user knows better"
    assert help_on(lesson, terminal, 80, COLUMNS="much") == help_on(lesson, terminal, 80)


@pytest.mark.lessons(2)
def test_a_window_that_is_resized_is_filled_anew(start, join):
    server = start("-v", on_terminal=True, env=environment())
    long_text = "word " * 12
    for columns in 120, 60:
        fcntl.ioctl(server.stderr.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        client = join(server)
        before = len(server.stderr.text)
        client.send(text(long_text))
        client.read_frame()
        server.stderr.wait_for(r"(?s)text, 60 bytes.*" if columns == 120 else r"(?s)text, 60 bytes.*text, 60 bytes.*\n")
        said = on_screen(server.stderr.text[before:]).splitlines()
        assert max(map(len, said)) <= columns
        assert (max(map(len, said)) > 60) == (columns == 120)
        client.close()
