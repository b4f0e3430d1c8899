#!/usr/bin/env python3
"""
measure_flood - what one client that says more than others can take costs those others

Three clients of lesson 3 read 4 MB a second each and one reads 1 MB; one client speaks, a small message
now and then, and waits for its own. In every other round a flooder, in a process of its own, sends
messages of 1 MB as fast as the server takes them, and reads what comes.

    make flood                or  SERVER_DIR=build/plain tests/abuse/measure_flood.py [--rounds N]

prints how long the small message takes to come back, in both kinds of rounds, how fast the flood was,
and who was evicted. The ratios are medians over the pairs of rounds. The closing line says whether the
promises of RELIABILITY.md were kept; on a machine that is busy they may not be.
"""
import argparse
import multiprocessing
import pathlib
import select
import sys
import time
from statistics import median

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))  # for ws_testlib

from measure_stall import percentile
from ws_testlib.peers import connect
from ws_testlib.servers import Target
from ws_testlib.waiting import wait_until
from ws_testlib.wire import BINARY, TEXT, frame

LARGE = 1_000_000
RATES = [4_000_000] * 3 + [1_000_000]  # bytes a second that the readers take
PAUSE = 0.01  # seconds between two small messages

# What RELIABILITY.md promises.
RATIO_MAX = 1.5


def read_steadily(server, behind, over):
    """The readers; tells how many bytes all together have not read yet of what there was in the last
    hundred milliseconds: none when the flood has run dry."""
    readers = [connect(server, receive_buffer=65536) for _ in RATES]
    start, counts, seen = time.monotonic(), [0] * len(RATES), time.monotonic()
    while not over.is_set():
        now = time.monotonic()
        for i, (reader, rate) in enumerate(zip(readers, RATES)):
            allowed = int((now - start) * rate) - counts[i]
            if allowed > 0 and reader.glance(min(allowed, 65536)):
                counts[i] += len(reader.got)
                seen = now if len(reader.got) > 1000 else seen
                reader.got.clear()
            elif allowed > 1_000_000:  # it had nothing to read: that is no credit for later
                counts[i] += allowed - 1_000_000
        behind.value = now - seen < 0.1
        time.sleep(0.001)
    for reader in readers:
        reader.reset()


def flood(server, on, said, over):
    peer = connect(server)
    message, left = frame(BINARY, bytes(LARGE)), b""
    while not over.is_set():
        if not left and on.value:
            left = memoryview(message)
        if left:
            peer.socket.setblocking(False)
            try:
                sent = peer.socket.send(left)
                said.value, left = said.value + sent, left[sent:]
            except BlockingIOError:
                pass
        assert peer.glance(), "the flooder has been evicted, although it reads"
        if not peer.got:
            time.sleep(0.0005)
        peer.got.clear()
    peer.reset()


def listen(speaker, seconds):
    """Reads what is there of the flood."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if speaker.got or select.select([speaker.socket], [], [], left)[0]:
            speaker.read_next(BINARY)


def play(speaker, seconds):
    """One round: how long each small message took, in milliseconds."""
    took = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        listen(speaker, PAUSE)
        start = time.monotonic()
        speaker.send(frame(TEXT, b"?"))
        speaker.read_next(TEXT)
        took.append(1000 * (time.monotonic() - start))
    return took


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--rounds", type=int, default=5, help="of each kind (5)")
    parser.add_argument("--seconds", type=float, default=4, help="a round takes (4)")
    args = parser.parse_args()

    server = Target(3, "--ping-interval", 600)
    over = multiprocessing.Event()
    on, behind, said = (multiprocessing.Value("Q", 0) for _ in range(3))
    helpers = [multiprocessing.Process(target=read_steadily, args=(server, behind, over)),
               multiprocessing.Process(target=flood, args=(server, on, said, over))]
    for helper in helpers:
        helper.start()
    speaker = connect(server)
    rounds = {"without": [], "with": []}
    try:
        play(speaker, 1)  # warm
        for _ in range(args.rounds):
            rounds["without"].append(play(speaker, args.seconds))
            on.value = 1
            rounds["with"].append(play(speaker, args.seconds))
            on.value = 0
            wait_until(lambda: listen(speaker, 0.1) or not behind.value, "all is read")
    finally:
        over.set()
        for helper in helpers:
            helper.join()
    evicted = server.evicted()
    speaker.reset()
    server.stop()

    print(f"{'':8} {'messages':>8} {'median':>10} {'p99':>10}")
    for kind, times in rounds.items():
        every = sum(times, [])
        print(f"{kind:8} {len(every):8} {median(every):7.2f} ms {percentile(every, 99):7.2f} ms")
    ratio = median(median(a) / median(b) for a, b in zip(rounds["with"], rounds["without"]))
    print(f"ratio    {'':8} {ratio:7.2f}")
    print(f"the flood: {said.value / args.rounds / args.seconds / 1e6:.1f} MB/s; {evicted} evicted")
    kept = [ratio <= RATIO_MAX, evicted == 0]
    print(f"{sum(kept)} passed, {len(kept) - sum(kept)} failed, 0 skipped")
    return not all(kept)


if __name__ == "__main__":
    sys.exit(main())
