#!/usr/bin/env python3
"""
measure_stall - what ten clients that never read cost the ninety that do

Ninety clients listen to lesson 3, four of them speak, as fast as the chat goes. Rounds without and
rounds with ten more that never read take turns in one run, so that whatever else the machine does
meanwhile meets both. In the second kind of round, whoever of the ten is evicted is replaced at
once. All the while another process shakes hands with the server over and over.

    make stall                or  SERVER_DIR=build/plain tests/abuse/measure_stall.py [--rounds N]

prints, for both kinds of rounds, the delivery latency: from the moment in which a message is handed
to the speaker's socket to the moment in which a listener has it. The ratios are medians over the
pairs of rounds. Whether all was heard, in one order, is checked all the time. The closing line says
whether the promises of RELIABILITY.md were kept; on a machine that is busy they may not be.
"""
import argparse
import multiprocessing
import pathlib
import select
import sys
import time
from statistics import median

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))  # for ws_testlib

from crowd import Crowd
from ws_testlib.peers import Peer
from ws_testlib.servers import Target
from ws_testlib.waiting import wait_until
from ws_testlib.wire import handshake

DEAF, LISTENERS, SPEAKERS = 10, 90, 4
KINDS = {"without": 0, "with": DEAF}
BETWEEN = -1  # neither kind of round

# What RELIABILITY.md promises. The backlogs are 4 MiB each; and a hundred clients need some memory besides.
RATIO_MAX = 1.5
HANDSHAKE_MAX = 100  # milliseconds
MEMORY_MAX = 4 * DEAF + 0.1 * (DEAF + LISTENERS)  # MiB


def percentile(values, percent):
    return sorted(values)[min(len(values) - 1, int(len(values) * percent / 100))]


class Latencies:
    """Of many deliveries: counted by the microsecond, so that there may be millions of them."""

    def __init__(self):
        self.counts = {}
        self.total = 0

    def add(self, nanoseconds, count=1):
        slot = nanoseconds // 1000
        self.counts[slot] = self.counts.get(slot, 0) + count
        self.total += count

    def percentile(self, percent):
        """In milliseconds."""
        below = 0
        for slot in sorted(self.counts):
            below += self.counts[slot]
            if below >= self.total * percent / 100:
                return slot / 1000
        raise ValueError("nothing was delivered")


def knock(server, results, kind, stop):
    """Shakes hands again and again; runs in a process of its own, which has nothing else to do."""
    while not stop.is_set():
        start = time.monotonic()
        peer = Peer(server)
        peer.send(handshake())
        assert peer.read_response().status == 101
        if kind.value != BETWEEN:
            results.put((list(KINDS)[kind.value], 1000 * (time.monotonic() - start)))
        peer.reset()
        stop.wait(0.02)


def be_deaf(server, wanted, count, replaced):
    """Keeps so many clients that never read; a process of its own, so that coming and going takes no
    time from those who listen. An evicted client's connection is reset, which poll() tells."""
    poll, peers = select.poll(), {}
    while wanted.value >= 0:
        while len(peers) < wanted.value:
            peer = Peer(server)
            peer.upgrade()
            peers[peer.socket.fileno()] = peer
            poll.register(peer.socket, 0)
        for number in list(peers)[wanted.value:]:
            poll.unregister(number)
            peers.pop(number).reset()
        count.value = len(peers)
        for number, _ in poll.poll(5):
            poll.unregister(number)
            peers.pop(number).close()
            replaced.value += 1
    for peer in peers.values():
        peer.reset()


def play(crowd, seconds):
    """One round; returns the latencies and how many messages there were."""
    latencies, said = Latencies(), sum(crowd.said.values())
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        crowd.speak(until=1 << 60)
        for first, after in crowd.listen():
            now = time.monotonic_ns()
            for _, _, when in crowd.order[first:after]:
                latencies.add(now - when)
    for _ in crowd.finish():
        pass
    return latencies, sum(crowd.said.values()) - said


def forget(crowd):
    """What everyone has heard is not needed any more."""
    for peer in crowd.healthy:
        crowd.heard[peer] -= len(crowd.first_heard)
        assert crowd.heard[peer] == 0
    for peer in crowd.speakers:
        crowd.own_heard[peer] -= crowd.said[peer]
        crowd.said[peer] = 0
    crowd.first_heard.clear()
    crowd.order.clear()


def ratio(rounds, percent):
    return median(with_.percentile(percent) / without.percentile(percent)
                  for (with_, _), (without, _) in zip(rounds["with"], rounds["without"]))


def report(rounds, handshakes, evicted, grown):
    print(f"{'':8} {'messages/s':>10} {'median':>10} {'p99':>10} | "
          f"handshakes {'median':>10} {'p99':>10} {'longest':>10}")
    for kind in KINDS:
        knocks = handshakes[kind]
        half, most = [median(latencies.percentile(p) for latencies, _ in rounds[kind])
                      for p in (50, 99)]
        rate = median(rate for _, rate in rounds[kind])
        print(f"{kind:8} {rate:10.0f} {half:7.2f} ms {most:7.2f} ms | "
              f"{len(knocks):10} {median(knocks):7.2f} ms {percentile(knocks, 99):7.2f} ms "
              f"{max(knocks):7.2f} ms")
    ratios = ratio(rounds, 50), ratio(rounds, 99)
    print(f"ratio    {'':10} {ratios[0]:7.2f}    {ratios[1]:7.2f}")
    print(f"{evicted} evicted; {grown:.1f} MiB more memory at most than before anyone came")
    kept = [max(ratios) <= RATIO_MAX, max(handshakes["with"]) <= HANDSHAKE_MAX, grown <= MEMORY_MAX]
    print(f"{sum(kept)} passed, {len(kept) - sum(kept)} failed, 0 skipped")
    return not all(kept)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--rounds", type=int, default=10, help="of each kind (10)")
    parser.add_argument("--seconds", type=float, default=2, help="a round takes (2)")
    parser.add_argument("--under-way", type=int, default=8, help="messages of each speaker (8)")
    args = parser.parse_args()

    server = Target(3, "--ping-interval", 600)
    results, stop = multiprocessing.SimpleQueue(), multiprocessing.Event()
    now, wanted, count, replaced = (multiprocessing.Value("i", n) for n in (BETWEEN, 0, 0, 0))
    helpers = [multiprocessing.Process(target=knock, args=(server, results, now, stop)),
               multiprocessing.Process(target=be_deaf, args=(server, wanted, count, replaced))]
    crowd = Crowd(server, LISTENERS, SPEAKERS, args.under_way)
    for helper in helpers:
        helper.start()
    rounds = {kind: [] for kind in KINDS}
    handshakes = {kind: [] for kind in KINDS}
    try:
        play(crowd, 1)  # warm
        forget(crowd)
        for _ in range(args.rounds):
            for index, (kind, deaf) in enumerate(KINDS.items()):
                wanted.value = deaf
                wait_until(lambda: count.value == deaf, f"{deaf} are there that never read")
                now.value = index
                latencies, said = play(crowd, args.seconds)
                now.value = BETWEEN
                rounds[kind].append((latencies, said / args.seconds))
                forget(crowd)
                while not results.empty():
                    whose, milliseconds = results.get()
                    handshakes[whose].append(milliseconds)
    finally:
        stop.set()
        wanted.value = -1
        for helper in helpers:
            helper.join()
    grown = server.usage().peak - server.fresh.memory
    crowd.close()
    server.stop()
    return report(rounds, handshakes, replaced.value, grown)


if __name__ == "__main__":
    sys.exit(main())
