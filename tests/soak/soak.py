#!/usr/bin/env python3
"""
soak - ordinary chat and every kind of abuse at the same time, for as long as one likes

    make soak MINUTES=60          or  SERVER_DIR=build/plain tests/soak/soak.py --minutes 60

Lessons 2 and 3 run; eight clients chat in each (chat.py), while six abusers do to them whatever
comes to their minds (abuses.py). Each minute, and at the start and the end, it prints what the
servers use of the machine. In the end it says whether every healthy client got everything in order,
and whether the servers are as good as new. Works with any build, sanitizers included.

The seed decides what the abusers do; when they do it is up to the machine.
"""
import argparse
import collections
import multiprocessing
import os
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))  # for ws_testlib

import abuses
import chat
from ws_testlib.peers import check_recovered, explain
from ws_testlib.servers import IS_SANITIZED, Target
from ws_testlib.waiting import PATIENCE

ABUSERS = 6
LOG_KEPT = 64 << 20  # bytes; then it is begun anew
MEMORY_KEPT = 48  # MiB that a server may have at the end and did not have at the start


class Score:
    def __init__(self):
        self.passed = self.failed = 0

    def note(self, what, problem=None):
        if problem:
            self.failed += 1
            print(f"FAILED {what}: {problem}", flush=True)
        else:
            self.passed += 1

    def try_out(self, what, check):
        try:
            check()
            self.note(what)
        except Exception as error:
            self.note(what, explain(error))


def print_usage(servers, since, abuse_count):
    for server in servers:
        usage = server.usage()
        minutes = (time.monotonic() - since) / 60
        print(f"{minutes:6.1f} min  lesson {server.lesson}: {usage.descriptors:5} descriptors "
              f"{usage.threads:5} threads {usage.memory:7.1f} MiB ({usage.peak:.1f} at most) "
              f"{usage.cpu:7.1f} s CPU;  {abuse_count} abuses", flush=True)


def gather(results, score, counts):
    """What the abusers have reported meanwhile."""
    while not results.empty():
        what, lesson, problem = results.get()
        counts[what] += 1
        score.note(f"{what}, lesson {lesson}", problem)


def soak(servers, minutes, seed, score):
    tokens = multiprocessing.Array("Q", ABUSERS)
    abuse_results, chat_results = multiprocessing.SimpleQueue(), multiprocessing.SimpleQueue()
    abuse_over, chat_over = multiprocessing.Event(), multiprocessing.Event()
    counts = collections.Counter()
    chats, abusers = [], []
    for server in servers:
        ready = multiprocessing.Event()
        chats.append(multiprocessing.Process(target=chat.run, args=(
            server, f"{seed} chat {server.lesson}", tokens, ready, chat_over.is_set, chat_results)))
        chats[-1].start()
        assert ready.wait(PATIENCE)
    for number in range(ABUSERS):
        abusers.append(multiprocessing.Process(target=abuses.run, args=(
            number, servers, f"{seed} abuser {number}", tokens, abuse_over.is_set, abuse_results)))
        abusers[-1].start()

    start = time.monotonic()
    next_report = start + 60
    while time.monotonic() < start + 60 * minutes and all(map(alive, chats)):
        time.sleep(min(0.2, 60 * minutes))
        gather(abuse_results, score, counts)
        if time.monotonic() >= next_report:
            next_report += 60
            print_usage(servers, start, sum(counts.values()))
        for server in servers:
            if server.log_size() > LOG_KEPT:
                os.truncate(server.log_file.fileno(), 0)

    abuse_over.set()
    while any(map(alive, abusers)):
        time.sleep(0.1)
        gather(abuse_results, score, counts)
    gather(abuse_results, score, counts)
    chat_over.set()
    for _ in chats:
        lesson, count, problem = chat_results.get()
        score.note(f"lesson {lesson}: every healthy client gets everything in order", problem)
        print(f"lesson {lesson}: {count} messages said")
    for process in chats:
        process.join()
    for what, count in sorted(counts.items()):
        print(f"{count:7} {what}")
    return start, sum(counts.values())


def alive(process):
    return process.is_alive()


def check_memory(server):
    bound = MEMORY_KEPT * 20 if IS_SANITIZED else MEMORY_KEPT
    grown = server.usage().memory - server.fresh.memory
    assert grown < bound, f"{grown:.1f} MiB more than at the start, {bound} are allowed"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", default=str(random.randrange(1 << 32)))
    args = parser.parse_args()
    print(f"seed {args.seed}", flush=True)

    score = Score()
    servers = []
    try:
        for lesson in 2, 3:
            log = tempfile.TemporaryFile("a+b")  # appended to, so that it can be begun anew
            servers.append(Target(lesson, *abuses.OPTIONS[lesson], log=log))
        print_usage(servers, time.monotonic(), 0)
        start, abuse_count = soak(servers, args.minutes, args.seed, score)
        for server in servers:
            name = f"lesson {server.lesson}: "
            score.try_out(name + "descriptors, threads and CPU are given back", server.wait_settled)
            score.try_out(name + "memory is given back", lambda: check_memory(server))
        print_usage(servers, start, abuse_count)
        for server in servers:
            name = f"lesson {server.lesson}: "
            score.try_out(name + "it is as good as new, and stops in order", lambda: check_recovered(server))
    finally:
        for server in servers:
            server.kill()
    print(f"{score.passed} passed, {score.failed} failed, 0 skipped")
    return 1 if score.failed else 0


if __name__ == "__main__":
    sys.exit(main())
