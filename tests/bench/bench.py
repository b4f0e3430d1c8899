#!/usr/bin/env python3
"""
tests/bench/bench.py [options] - how fast the lessons are, against raw TCP and other servers

Each scenario is a run of build/.../bench/load against a fresh server. The servers take turns, raw,
lesson, raw, lesson, ..., so that a slow minute of the machine hits all of them; of several rounds
the median counts, and of its ratio to raw, taken round by round, the spread is told. Figures of one run
can be compared with each other, not with those of another day.

What else runs on the machine disturbs. So each sample is told how much of the machine was used by others
meanwhile, or not given to it (steal); one that was disturbed is repeated, and the quietest one counts.

    raw       a thread for each connection that blocks, and no WebSocket (raw_echo.c, raw_room.c):
              the limit of the model
    raw+      the same a little cleverer: threads wait for the next connection; a room gathers what
              is said at the same time, and does not wait for those who do not read
    lesson    lesson 2, or lesson 3 where what one says goes to all
    others    servers on other libraries (tests/bench/peers), where those are installed; and any server
              that you name: BENCH_PEER_name='command {port}' in the environment. It must send back what
              comes; if it has a room too, {does} in its command becomes echo or room.
"""
import argparse
import json
import os
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))  # for ws_testlib

from quiet import how_quiet, quietest
from table import figures_of, median, table
from ws_testlib.servers import ROOT, Program, free_port

HERE = pathlib.Path(__file__).resolve().parent

# name: (what the server does, arguments of load)
SCENARIOS = {
    "rtt": ("echo", "echo --size 20"),
    "echo64": ("echo", "echo --clients 64 --size 128"),
    "echo1000": ("echo", "echo --clients 1000 --size 20"),
    "echo64x16k": ("echo", "echo --clients 64 --size 16384"),
    "pipe1": ("echo", "echo --clients 1 --size 20 --window 64"),
    "pipe64": ("echo", "echo --clients 64 --size 128 --window 64"),
    "text4k": ("echo", "echo --clients 16 --size 4096 --window 16 --content ascii"),
    "utf8x4k": ("echo", "echo --clients 16 --size 4096 --window 16 --content utf8"),
    "bulk1x1M": ("echo", "echo --size 1048576"),
    "bulk4x1M": ("echo", "echo --clients 4 --size 1048576"),
    "bulk1x16M": ("echo", "echo --size 16777216"),
    "bcast100": ("room", "room --clients 101 --size 64 --window 16"),
    "bcast100-first": ("room", "room --clients 101 --size 64 --window 16 --speaker first"),
    "bcast100-last": ("room", "room --clients 101 --size 64 --window 16 --speaker last"),
    "bcast1000": ("room", "room --clients 1001 --size 64 --window 16"),
    "chat100": ("room", "room --clients 100 --senders 100 --size 64"),
    "stall": ("room", "room --clients 20 --stalled 5 --size 4096 --rate 500 --window 64 --seconds 4"),
    "connect": ("echo", "connect --clients 32"),
    "idle10k": ("echo", "idle --clients 10000 --size 20"),
    "idle10k-room": ("room", "idle --room --clients 10000 --size 20"),
}
RAW = ("raw", "raw+")
PEERS = ("ws", "lws", "civetweb", "python")  # must be there in CI
LARGE = ("beast",)                           # need not be there: tests/setup does not install what they need
QUICK = {"--clients": 20, "--window": 8, "--size": 300000, "--stalled": 3}  # at most, in --smoke


# ------------------------------------------------------------------------------------------- servers

def server_commands(build, does, peers):
    """name: command, with {port} for the port."""
    programs, lesson = build / "bench", "lesson02" if does == "echo" else "lesson03"
    commands = {
        "raw": [programs / f"raw_{does}", "{port}"],
        "raw+": [programs / f"raw_{does}", "{port}", "reuse" if does == "echo" else "gather"],
        "lesson": [build / lesson, "--quiet", "--max-clients", "20000", "--max-memory", str(4 << 30), "--port", "{port}"],
        "beast": [programs / "beast", does, "{port}"],
        "ws": ["node", HERE / "peers/ws.mjs", does, "{port}"],
        "lws": [programs / "lws", does, "{port}"],
        "civetweb": [programs / "civetweb", does, "{port}"],
        "python": ["/usr/bin/python3", HERE / "peers/python.py", does, "{port}"],
    }
    commands = {name: command for name, command in commands.items()
                if name in ("raw", "raw+", "lesson") or (name in peers and is_installed(command))}
    return commands | named_servers(does)


def named_servers(does):
    """Those of the environment: BENCH_PEER_name='command {port}'."""
    commands = {}
    for variable, command in sorted(os.environ.items()):
        if variable.startswith("BENCH_PEER_") and (does == "echo" or "{does}" in command):
            name = variable.removeprefix("BENCH_PEER_")
            commands[name] = [word.replace("{does}", does) for word in shlex.split(command)]
    return commands


def is_installed(command):
    if command[0] == "node":
        return shutil.which("node") and (ROOT / "tests/node_modules/ws").is_dir()
    if str(command[0]).endswith("python3"):
        return subprocess.run([command[0], "-c", "import websockets"], stderr=subprocess.DEVNULL).returncode == 0
    return pathlib.Path(command[0]).exists()


def started(command):
    """A fresh server, from when it says that it listens to the end of the with block."""
    port = free_port()
    words = [str(word).replace("{port}", str(port)) for word in command]
    return Program(words, port=port, log=tempfile.TemporaryFile(), start_new_session=True).start()


def measure(load, command, arguments, raw):
    """One run: load's report; with "failed" in it if something was wrong."""
    try:
        return measured(load, command, arguments, raw)
    except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
        return {"failed": str(error)}


def measured(load, command, arguments, raw):
    with started(command) as server:
        words = [load, *arguments, "--port", str(server.port), "--pid", str(server.pid)]
        run = subprocess.run(words + (["--raw"] if raw else []), capture_output=True, text=True, timeout=120)
    report = json.loads(run.stdout) if run.stdout.strip() else {}
    if run.returncode != 0:
        report["failed"] = run.stderr.strip() or f"load ended with {run.returncode}"
    return report


def measure_all(args, scenarios):
    """scenario: server: reports, one a round."""
    reports = {}
    for scenario in scenarios:
        does, arguments = SCENARIOS[scenario]
        commands = server_commands(args.build, does, args.peers)
        if args.servers:
            commands = {name: commands[name] for name in args.servers if name in commands}
        reports[scenario] = {name: [] for name in commands}
        for turn in range(args.rounds):
            for name, command in commands.items():
                say(f"{scenario}, {name}, {turn + 1} of {args.rounds}")
                reports[scenario][name].append(quietest(
                    lambda: measure(args.build / "bench/load", command, arguments.split(), name in RAW), args.attempts))
    say("")
    return reports


def say(what):
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)


def troubles(reports):
    lines = []
    for scenario, servers in reports.items():
        for name, rounds in servers.items():
            failed = [report["failed"] for report in rounds if "failed" in report]
            if failed:
                lines.append(f"{scenario}, {name}: {len(failed)} of {len(rounds)} failed: {failed[0].splitlines()[0]}")
    return lines


# --------------------------------------------------------------------------------------------- smoke

def shortened(arguments):
    """The same scenario with few clients and hardly any time."""
    words = arguments.split()
    for i, word in enumerate(words):
        if word in QUICK:
            words[i + 1] = str(min(int(words[i + 1]), QUICK[word]))
        if word == "--senders":
            words[i + 1] = str(min(int(words[i + 1]), QUICK["--clients"]))
        if word == "--seconds":
            words[i + 1] = "0.1"
    return words + ["--warmup", "0"] + ([] if "--seconds" in words else ["--seconds", "0.1"])


def smoke(args):
    """Is what comes back right, in each scenario with each server? Nothing is said about time.

    Servers on other libraries must be there, but what comes back from them is only told: it is not what is
    tested here."""
    if sys.platform != "linux":
        print("the load generator needs Linux\n0 passed, 0 failed, 1 skipped")
        return 0
    passed = failed = skipped = 0
    for scenario, (does, arguments) in SCENARIOS.items():
        commands = server_commands(args.build, does, PEERS)
        skipped += sum(1 for name in PEERS if name not in commands)
        for name, command in commands.items():
            report = measure(args.build / "bench/load", command, shortened(arguments), name in RAW)
            wrong = report.get("failed") or ("no figures" if figures_of(scenario, arguments)[0][0] not in report else None)
            if wrong:
                print(f"{scenario}, {name}: {wrong}")
            passed, failed = passed + (not wrong), failed + bool(wrong and name not in PEERS)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


# -------------------------------------------------------------------------------------------- curves

CLIENTS = (1, 4, 16, 64, 256, 1000, 4000, 10000)
SIZES = (16, 128, 1024, 8192, 65536, 524288, 4194304, 16777216)
RECEIVERS = (1, 10, 100, 1000, 5000)
TALKERS = (2, 10, 30, 100, 300, 1000)


def curve_scenarios():
    """name: (what the server does, arguments): three walks, each along one axis."""
    walks = {}

    def add(walk, at, does, arguments):
        seconds = 0.8 if at < 4000 or walk == "size" else 2.4  # until each of them has been served many times
        walks[f"{walk}/{at}"] = (does, f"{arguments} --seconds {seconds}")
    for clients in CLIENTS:
        add("clients", clients, "echo", f"echo --clients {clients} --size 128")
    for clients in CLIENTS:
        add("pipelined", clients, "echo", f"echo --clients {clients} --size 128 --window 64")
    for size in SIZES:
        add("size", size, "echo", f"echo --clients 4 --size {size}")
    for receivers in RECEIVERS:
        add("receivers", receivers, "room", f"room --clients {receivers + 1} --size 64 --window 16")
    for clients in TALKERS:
        add("everyone", clients, "room", f"room --clients {clients} --senders {clients} --size 64")
    return walks


def curves(args):
    """Measures the walks; a file of medians for draw.py."""
    SCENARIOS.update(curve_scenarios())
    walks = [name for name in curve_scenarios() if not args.scenarios or name.split("/")[0] in args.scenarios]
    reports = measure_all(args, walks)
    keeps_others = args.scenarios and args.curves.exists()
    points = json.loads(args.curves.read_text()) if keeps_others else {}
    for name, servers in reports.items():
        walk, at = name.split("/")
        for server, rounds in servers.items():
            good = [report for report in rounds if "failed" not in report]
            if good:
                keys = ("messages_s", "MB_s", "deliveries_s", "cpu_us", "p50_us", "p99_us")
                point = {key: float(f"{median(good, key):.4g}") for key in keys if key in good[0]}
                points.setdefault(walk, {}).setdefault(server, {})[at] = point
    args.curves.write_text(json.dumps(points, indent=1) + "\n")
    for line in troubles(reports):
        print("!", line)
    return 0


# --------------------------------------------------------------------------------------------- main

def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/plain")
    parser.add_argument("--scenarios", type=lambda text: text.split(","), help="some of: " + ", ".join(SCENARIOS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", type=lambda text: text.split(","), default=[*PEERS, *LARGE])
    parser.add_argument("--servers", type=lambda text: text.split(","), help="only these, e.g. raw,lesson")
    parser.add_argument("--attempts", type=int, default=3, help="at one sample, if it is disturbed")
    parser.add_argument("--json", type=pathlib.Path, help="all reports go there")
    parser.add_argument("--smoke", action="store_true", help="only see that everything comes back right")
    parser.add_argument("--curves", type=pathlib.Path, help="measure how cost grows, into this file")
    args = parser.parse_args()
    args.build = args.build.resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers are ended
    if args.smoke:
        return smoke(args)
    if args.curves:
        return curves(args)
    unknown = [name for name in args.scenarios or [] if name not in SCENARIOS]
    if unknown:
        parser.error(f"there is no scenario {unknown[0]}; there are: {', '.join(SCENARIOS)}")

    reports = measure_all(args, args.scenarios or list(SCENARIOS))
    if args.json:
        args.json.write_text(json.dumps(reports))
    print(table(reports, SCENARIOS))
    print(f"\nMedians of {args.rounds} rounds; in brackets: times raw TCP's in the same round; ±: half of what the "
          f"middle half of the rounds spans. {os.cpu_count()} CPUs, {os.uname().sysname} "
          f"{os.uname().release.split('-')[0]}. {how_quiet(reports)}")
    if args.rounds < 5:
        print("! fewer than 5 rounds: a median of them says little")
    wrong = troubles(reports)
    for line in wrong:
        print("!", line)
    return 1 if any(", lesson:" in line for line in wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
