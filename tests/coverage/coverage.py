#!/usr/bin/env python3
"""Which lines and branches of common/ and the lessons do the tests run through?

    tests/coverage/coverage.py [SUITE...]      all suites, or only some: unit, fuzz, clients, abuse, faults

Builds everything with gcc's --coverage in build/coverage, runs the suites against that, adds up what
gcov says and prints it for each file, and then each line that was never run: with the reason that
left.txt gives for it, if it does. The challenges and naive.c, which are no part of the three servers,
are left out. The exit status is 1 if less than 99 % of the lines were run; whether the suites pass is
for the targets that run them in an ordinary build. (In this one the fault walk lets gcov's own calls
fail too, which it does not survive.)

GCOV and CC choose other programs; they must belong together.
"""

import collections
import glob
import json
import os
import re
import shutil
import subprocess
import sys

BUILD = os.path.join("build", "coverage")
LEFT = os.path.join("tests", "coverage", "left.txt")
ENOUGH = 99.0  # per cent of lines
COUNTED = re.compile(r"common/|lesson\d\d_\w+/(?!naive\.c|challenges/)")

# Not optimised, so that each line is what it says; counted atomically, because the servers have
# threads; with larger stacks for these, since code that is not optimised needs more; and with an
# _exit() that writes down what has been counted.
MAKE = ["make", "-s", "BUILD=" + BUILD, "SAN=", "CC=" + os.environ.get("CC", "gcc"),
        "CFLAGS=-O0 -g --coverage -fprofile-update=atomic",
        "CPPFLAGS=-DWORKER_STACK=1048576 -include tests/coverage/count_at_exit.h",
        "LDFLAGS=--coverage", "HARDENING=", "HARDENING_LD="]


def call(*command, **environment):
    """Runs a command to its end, with its output on ours; true if it succeeded."""
    print("$", *command, flush=True)
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode == 0


def run_unit():
    programs = [path for path in sorted(glob.glob(os.path.join(BUILD, "unit", "test_*")))
                if os.access(path, os.X_OK) and not path.endswith(".sh")]
    if not programs:
        print("coverage.py: there are no unit tests")
    return programs != [] and all([call(program) for program in programs])


def run_fuzz():
    return call("tests/fuzz/run.py", "replay", os.path.join(BUILD, "fuzz"))


def run_pytest(tests):
    # The one in the path: its Python is the one that has the packages, ours may be another.
    pytest = shutil.which("pytest") or shutil.which("pytest-3") or "pytest"
    return call(pytest, "-q", "-p", "no:cacheprovider", tests, SERVER_DIR=BUILD,
                PYTHONDONTWRITEBYTECODE="1")


def run_clients():
    return run_pytest("tests/clients")


def run_abuse():
    return run_pytest("tests/abuse/test_slow_peers.py")  # the others go no other ways


def run_faults():
    return call("tests/faults/walk.py", "--quick", FAULTS_DIR=os.path.join(BUILD, "faults"))


# What make builds for a suite, and what runs it.
SUITES = {
    "unit": ("unit", run_unit),
    "fuzz": ("fuzz-programs", run_fuzz),
    "clients": ("programs", run_clients),
    "abuse": ("programs", run_abuse),
    "faults": ("faults-programs", run_faults),
}


class File:
    """The counts of one source file, by line; a line may be compiled into several objects."""

    def __init__(self):
        self.lines = collections.Counter()
        self.branches = {}  # line: how often each of its branches was taken
        self.functions = {}  # line: in which it is

    def add(self, line):
        number = line["line_number"]
        self.lines[number] += line["count"]
        self.functions[number] = line.get("function_name", "")
        taken = [branch["count"] for branch in line["branches"]]
        before = self.branches.get(number, [])
        longer, shorter = sorted((taken, before), key=len, reverse=True)
        for i, count in enumerate(shorter):
            longer[i] += count
        if longer:
            self.branches[number] = longer

    def never_run(self):
        return sorted(number for number, count in self.lines.items() if count == 0)

    def figures(self):
        """Lines run, lines, branches taken, branches."""
        taken = [count for counts in self.branches.values() for count in counts]
        return (len(self.lines) - len(self.never_run()), len(self.lines),
                len([count for count in taken if count > 0]), len(taken))


def read_gcov():
    """All that counts, by name."""
    files = collections.defaultdict(File)
    notes = glob.glob(os.path.join(BUILD, "**", "*.gcno"), recursive=True)
    for note in sorted(notes):
        done = subprocess.run([os.environ.get("GCOV", "gcov"), "--json-format", "--stdout",
                               "--branch-probabilities", note], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=True)
        for text in done.stdout.decode().splitlines():
            for file in json.loads(text)["files"]:
                if COUNTED.match(file["file"]):
                    for line in file["lines"]:
                        files[file["file"]].add(line)
    return files


def read_reasons():
    """Why a line is never run: 'file | function | text of the line | reason'."""
    reasons = {}
    if os.path.exists(LEFT):
        with open(LEFT, encoding="utf-8") as file:
            for line in file:
                if line.strip() and not line.startswith("#"):
                    *place, reason = (part.strip() for part in line.split(" | ", 3))
                    reasons[tuple(place)] = reason
    return reasons


def percent(part, whole):
    return 100.0 * part / whole if whole else 100.0


def print_table(files):
    """Returns the percentage of all lines."""
    total = [0, 0, 0, 0]
    print(f"\n{'file':<32}{'lines':>12}{'':>9}{'branches':>13}")
    for name in sorted(files):
        figures = files[name].figures()
        total = [a + b for a, b in zip(total, figures)]
        print_row(name, figures)
    print_row("total", total)
    return percent(total[0], total[1])


def print_row(name, figures):
    run, lines, taken, branches = figures
    print(f"{name:<32}{f'{run}/{lines}':>12}{percent(run, lines):>7.1f} %"
          f"{f'{taken}/{branches}':>13}{percent(taken, branches):>7.1f} %")


def print_left(files):
    reasons = read_reasons()
    unexplained = 0
    print("\nnever run:")
    for name in sorted(files):
        with open(name, encoding="utf-8") as source:
            text = source.read().splitlines()
        for number in files[name].never_run():
            line = text[number - 1].strip()
            reason = reasons.get((name, files[name].functions[number], line))
            unexplained += reason is None
            print(f"{name}:{number}: {line}" + (f"    [{reason}]" if reason else ""))
    print(f"{unexplained} of them without a reason in {LEFT}")


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    names = sys.argv[1:] or list(SUITES)
    if not set(names) <= set(SUITES):
        sys.exit(__doc__)
    if not call(*MAKE, *(SUITES[name][0] for name in names)):
        return 1
    for counts in glob.glob(os.path.join(BUILD, "**", "*.gcda"), recursive=True):
        os.remove(counts)

    noisy = [name for name in names if not SUITES[name][1]()]
    files = read_gcov()
    lines = print_table(files)
    print_left(files)
    for name in noisy:
        print(f"note: not all of {name} passed; in this slow build that may be for lack of time")
    enough = lines >= ENOUGH
    print(f"{lines:.1f} % of the lines: {'enough' if enough else f'less than {ENOUGH} %'}")
    print("1 passed, 0 failed, 0 skipped" if enough else "0 passed, 1 failed, 0 skipped")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
