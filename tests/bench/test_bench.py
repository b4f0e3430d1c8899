"""The bench itself: what it makes of samples, which servers it runs, and that it finds a wrong one."""
import pathlib
import sys

import pytest

sys.path.insert(1, str(pathlib.Path(__file__).parent))

import bench
import quiet
from table import cell, spread, table
from ws_testlib.servers import ROOT

BUILD = ROOT / "build/plain"


# ---------------------------------------------------------------------------------------------- table

def test_ratios_are_of_the_same_round():
    assert cell([10, 40, 90, 160, 250], [10, 20, 30, 40, 50], "{:.0f}") == "90 (3.00 ±33 %)"


def test_a_round_that_failed_does_not_count():
    assert cell([10, None, 30], [10, 20, 10], "{:.0f}") == "20 (2.00)"
    assert cell([None, None], [1, 2], "{:.0f}") == ""


def test_the_spread_is_of_the_middle_half():
    assert spread([1, 90, 100, 110, 1000]) == pytest.approx(0.1)
    assert spread([100, 100, 100]) is None, "three say nothing about it"
    assert cell([1, 90, 100, 110, 1000], None, "{:.0f}") == "100 ±10 %"


def test_a_share_is_not_compared():
    assert cell([0.5, 0.5], [1, 1], "share") == "50 %"


def test_the_table():
    reports = {"rtt": {"raw": [{"p50_us": 10, "p99_us": 20}] * 5, "lesson": [{"p50_us": 5, "p99_us": 30}] * 5}}
    assert table(reports, {"rtt": ("echo", "echo --size 20")}).splitlines() == [
        "| scenario | figure | raw | lesson |",
        "| --- | --- | --- | --- |",
        "| rtt | p50, µs | 10.0 ±0 % | 5.0 (0.50 ±0 %) |",
        "| rtt | p99, µs | 20 ±0 % | 30 (1.50 ±0 %) |",
    ]


# -------------------------------------------------------------------------------- what else is running

def test_what_others_use_is_what_we_do_not(monkeypatch):
    monkeypatch.setattr(quiet.os, "cpu_count", lambda: 2)
    #                                busy, stolen, our own, time
    shares = quiet.disturbance((100, 10, 50, 7), (118, 12, 66, 17))
    assert shares == {"others": pytest.approx(2 / 20), "steal": pytest.approx(2 / 20)}


def test_a_disturbed_sample_is_taken_again(monkeypatch):
    shares = iter([0.4, 0.2, 0.01, 0.0])
    monkeypatch.setattr(quiet, "disturbance", lambda *_: {"others": next(shares), "steal": 0})
    taken = iter("abcd")
    assert quiet.quietest(lambda: {"is": next(taken)}, 3) == {"is": "c", "others": 0.01, "steal": 0, "attempts": 3}
    assert next(taken) == "d", "the third was quiet"


def test_the_least_disturbed_one_counts(monkeypatch):
    shares = iter([0.4, 0.2, 0.3])
    monkeypatch.setattr(quiet, "disturbance", lambda *_: {"others": next(shares), "steal": 0})
    taken = iter("abc")
    sample = quiet.quietest(lambda: {"is": next(taken)}, 3)
    assert sample["is"] == "b" and sample["attempts"] == 3
    assert "1 of 1 samples were taken again, and 1 stayed disturbed" in quiet.how_quiet({"rtt": {"raw": [sample]}})


# -------------------------------------------------------------------------------------------- servers

def test_a_server_of_your_own(monkeypatch):
    monkeypatch.setenv("BENCH_PEER_mine", "'/a b/mine' --kind {does} {port}")
    monkeypatch.setenv("BENCH_PEER_echoes", "echoes {port}")
    assert bench.server_commands(BUILD, "room", ())["mine"] == ["/a b/mine", "--kind", "room", "{port}"]
    assert bench.server_commands(BUILD, "echo", ())["echoes"] == ["echoes", "{port}"]
    assert "echoes" not in bench.server_commands(BUILD, "room", ()), "it has no room"


ECHO = ["echo", "--clients", "2", "--seconds", "0.1", "--warmup", "0"]


@pytest.mark.skipif(sys.platform != "linux", reason="the load generator needs Linux")
def test_a_server_that_answers_wrongly_is_found():
    wrong = bench.measure(BUILD / "bench/load", [BUILD / "bench/raw_echo", "{port}"], ECHO, False)
    assert "what has come is not what must come" in wrong["failed"]


@pytest.mark.skipif(sys.platform != "linux", reason="the load generator needs Linux")
@pytest.mark.parametrize("speaker", ["first", "middle", "last"])
def test_who_speaks(speaker):
    """Delivered is the same to the byte, whoever it is."""
    command = [BUILD / "lesson03", "--quiet", "--port", "{port}"]
    words = ["room", "--clients", "5", "--speaker", speaker, "--seconds", "0.1", "--warmup", "0"]
    report = bench.measure(BUILD / "bench/load", command, words, False)
    assert "failed" not in report and report["deliveries_s"] > 0


def test_a_server_that_cannot_be_started_is_told():
    assert "failed" in bench.measure(BUILD / "bench/load", ["/nonexistent/server", "{port}"], ECHO, False)
