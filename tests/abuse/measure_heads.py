#!/usr/bin/env python3
"""
measure_heads - how long a client waits for its 101 among ten thousand that never complete a request

    make heads                or  SERVER_DIR=build/plain tests/abuse/measure_heads.py [--clients N]

Each row is a flood, see flood.py: for each connection that the server ends, a new one comes, so many a
second. Meanwhile honest clients come, one after the other, each for a handshake; every tenth stays, and
must be served at the end. The last column has those who were not let in. The closing line says whether
the promises of RELIABILITY.md were kept; on a machine that is busy they may not be.
"""
import argparse
import collections
import contextlib
import math
import pathlib
import sys
import time
from statistics import median

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))  # for ws_testlib

from flood import whole_flood
from ws_testlib.peers import Peer
from ws_testlib.servers import Target, limit_descriptors
from ws_testlib.wire import TEXT, frame, handshake

HEADS = 10_000
FLOODS = [  # lesson, kind, addresses, descriptors (0: all)
    (2, "silent", 1, 0),
    (2, "silent", 100, 0),
    (2, "silent", 1, 64),
    (2, "trickling", 1, 0),
    (2, "half", 1, 0),
    (2, "page", 1, 0),
    (3, "silent", 1, 0),
    (3, "silent", 100, 0),
    (3, "silent", 1, 64),
    (3, "page", 1, 0),
]

# What RELIABILITY.md promises: milliseconds; and threads besides those of clients.
WAIT_MAX = 200
OTHERS_MAX = 400


def percentile(values, percent):
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def knock(server, stays):
    """Returns how long it took to get in, or why it was not."""
    start = time.monotonic()
    with contextlib.ExitStack() as stack:
        peer = stack.enter_context(Peer(server))
        peer.send(handshake())
        try:
            status = peer.read_response().status
        except OSError as error:
            return type(error).__name__, None
        took = 1000 * (time.monotonic() - start)
        if status != 101:
            return str(status), None
        if stays:
            stack.pop_all()
            return took, peer
    return took, None


def measure(lesson, kind, addresses, descriptors, rate, clients):
    settings = {"preexec_fn": limit_descriptors(descriptors, descriptors)} if descriptors else {}
    server = Target(lesson, "--ping-interval", 600, **settings)
    waits, refused, staying, most_threads = [], [], [], 0
    with whole_flood(server, kind, HEADS, rate=rate, addresses=addresses) as opened:
        before, start = opened(), time.monotonic()
        for number in range(clients):
            took, peer = knock(server, number % 10 == 0)
            (refused if isinstance(took, str) else waits).append(took)
            staying += [peer] if peer else []
            most_threads = max(most_threads, server.threads() - len(staying))
            time.sleep(0.01)
        reached = (opened() - before) / (time.monotonic() - start)
        for peer in staying:
            peer.send(frame(TEXT, peer.address.encode()))
            peer.read_next(TEXT)
            peer.reset()
    server.kill()
    row = f"{lesson:6} {kind:10} {addresses:9} {descriptors or 'all':>11} |"
    times = [median(waits), percentile(waits, 99), max(waits)] if waits else [math.inf] * 3
    print(f"{row} {reached:8.0f} {most_threads:7} | {' '.join(f'{time:8.2f}' for time in times)} | "
          f"{' '.join(f'{n} x {how}' for how, n in collections.Counter(refused).items()) or 'none'}", flush=True)
    return [times[2] <= WAIT_MAX, not refused, most_threads <= OTHERS_MAX]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--clients", type=int, default=100, help="honest ones in each row (100)")
    parser.add_argument("--rate", type=int, default=5000, help="connections opened a second (5000); "
                        "0: as fast as they can")
    parser.add_argument("--rows", type=int, nargs="*", help="only these, counted from 0")
    args = parser.parse_args()
    print("lesson flood      addresses descriptors | opened/s threads |   median      p99      max"
          " | refused")
    kept = []
    for number, row in enumerate(FLOODS):
        if not args.rows or number in args.rows:
            kept += measure(*row, args.rate, args.clients)
    print(f"{sum(kept)} passed, {len(kept) - sum(kept)} failed, 0 skipped")
    return not all(kept)


if __name__ == "__main__":
    sys.exit(main())
