"""
trials - what becomes of mutants: they are tried, some at the same time, each for a bounded time; what
survives stands in a list with its reason, or is a gap

    run_bounded     a command with bounds for time, memory and files, ended with all that it has started
    read_survivors  the list
    Tally           a line for each that has been tried, the table, the exit status
    main            the command line
"""
import argparse
import collections
import concurrent.futures
import contextlib
import os
import signal
import subprocess
import time

from .servers import ROOT, prefix

BOUNDS = "ulimit -c 0; ulimit -t {}; ulimit -f 200000; {}exec \"$@\""  # core, seconds, blocks of a file
MEMORY = "ulimit -v 4000000; "  # KiB; not for sanitizers, which reserve terabytes
SANITIZERS = {f"{name}_OPTIONS": "hard_rss_limit_mb=2000" for name in ("ASAN", "TSAN")}


def run_bounded(command, variant, seconds, cpu=100, **environment):
    """The exit status and the output of a command that runs programs of a build. It is ended with all that
    it has started when it takes too long: None then."""
    bounds = BOUNDS.format(cpu, MEMORY if variant == "plain" else "")
    process = subprocess.Popen([*prefix(variant), "sh", "-c", bounds, "sh", *map(str, command)], cwd=ROOT,
                               stdin=subprocess.DEVNULL, text=True, errors="replace", stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, start_new_session=True,
                               env=os.environ | SANITIZERS | environment)
    try:
        return process.communicate(timeout=seconds)[0], process.returncode
    except subprocess.TimeoutExpired:
        process.terminate()  # it takes its server along
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=5)
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def in_turn(run, mutants, jobs, seconds):
    """Each as soon as it is done; none is begun after so many seconds."""
    end = time.monotonic() + seconds

    def one(pair):
        number, mutant = pair
        started = time.monotonic()
        if started >= end:
            return None
        run(number, mutant)
        mutant.seconds = time.monotonic() - started
        return mutant
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        yield from filter(None, pool.map(one, enumerate(mutants)))


# ----------------------------------------------------------------------------------------- the outcome

def read_survivors(file):
    """The name of a mutant → why nobody could see it."""
    reasons = {}
    for line in file.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            name, reason = line.rsplit(" | ", 1)
            reasons[name] = reason
    return reasons


class Tally:
    """What has become of each; summary() is for those who know what it means."""

    def __init__(self, reasons, tap):
        self.reasons, self.tap, self.count = reasons, tap, 0
        self.by = collections.defaultdict(list)
        self.bad = []

    def take(self, mutant):
        if mutant.status == "none":
            return
        reason = self.reasons.get(mutant.name())
        good = (mutant.status == "survives") == (reason is not None)
        if mutant.status == "survives" and reason is not None:
            mutant.status = "listed"
        elif reason is not None:
            mutant.status += ", although it is in survivors.txt"
        self.by[mutant.status.split(",")[0]].append(mutant)
        self.say(good, f"{mutant.status}: {mutant.name()}", f"{mutant.seconds:.0f} s, {' '.join(mutant.checks[:4])}")

    def say(self, good, name, more=""):
        self.count += 1
        if not good:
            self.bad.append(name)
        if self.tap:
            print(f"{'' if good else 'not '}ok {self.count} - {name}", flush=True)
        else:
            print(f"{'      ' if good else 'LOOK  '}{name}    [{more}]", flush=True)

    def end(self, *lines):
        if self.tap:
            print(f"1..{self.count}")
        else:
            print(*lines, f"{self.count - len(self.bad)} passed, {len(self.bad)} failed, 0 skipped", sep="\n")


# -------------------------------------------------------------------------------------- the command line

def parser(description, group):
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--sample", type=int, default=0)
    options.add_argument("--seconds", type=float, default=4 * 3600)
    options.add_argument("--jobs", type=int, default=2)
    options.add_argument("--only", default="")
    options.add_argument("--list", action="store_true")
    options.add_argument("--tap", action="store_true")
    options.add_argument("group", metavar=group, nargs="*")
    return options


def sample_of(mutants, size):
    """So many of them, evenly spread; all, if there are no more."""
    size = min(size, len(mutants))
    return [mutants[i * len(mutants) // size] for i in range(size)]
