#!/usr/bin/env python3
"""
tests/mutants/own.py [option...] [module...] - do the project's own tests find small mistakes?

Every function of common/ and the lessons is changed in one small way at a time, as mutants.py of ws_testlib
does it. Each such mutant of X.c is linked with tests/unit/test_X.c, or with the tests that speak for it in
the table below, and found when one of them fails or hangs. Where none does, they are run once more, built with
AddressSanitizer and UndefinedBehaviorSanitizer.

What survives is a gap in the tests, or stands in survivors.txt with the reason why no test could see it. A
line there that is not true any more is a failure, too.

    --sample N       only N of them, evenly spread, without those in survivors.txt
    --seconds S      begin no more after this time
    --jobs N         so many at the same time (2)
    --list           which mutants there are
    --only TEXT      those whose line in --list has this text in it
    --tap            for tests/run
    --results FILE   what is known stands there and is not tried again; what becomes known is added

What the compiler refuses, or makes the same program of as of the original or of another mutant, is none.
Exit status: 0 if all are found or listed.
"""
import itertools
import json
import math
import pathlib
import resource
import sys
import tempfile
import time

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))  # for ws_testlib

from ws_testlib.mutants import Builder, Seen, all_mutants, digest, functions_of
from ws_testlib.servers import ROOT
from ws_testlib.trials import Tally, in_turn, parser, read_survivors, run_bounded, sample_of

SURVIVORS = pathlib.Path(__file__).resolve().parent / "survivors.txt"
VARIANTS = "plain", "address"

# Modules whose unit test has another name, or several of them.
UNIT_TESTS = {"language": ["words"], "terminal": ["options"], "net": ["listener", "input", "ending", "outbox"],
              "delivery": ["room"]}


# ---------------------------------------------------------------------------------------- what is tried

def modules():
    """The name of each is its path without .c."""
    files = [*sorted(ROOT.glob("common/*.c")), *sorted(ROOT.glob("lesson0*/*.c"))]
    return [str(file.relative_to(ROOT).with_suffix("")) for file in files]


def tests_of(module):
    """The unit tests that speak for it, which may be none."""
    name = pathlib.PurePath(module).name
    names = UNIT_TESTS.get(name, [name])
    return [name for name in names if (ROOT / f"tests/unit/test_{name}.c").exists()]


def chosen_modules(names):
    """Those with these names, with or without their folder; without names, all that have a unit test."""
    return [module for module in modules() if tests_of(module) and
            (not names or module in names or pathlib.PurePath(module).name in names)]


# ------------------------------------------------------------------------------------------- unit tests

class UnitTest:
    """One of tests/unit; how long it takes with nothing changed says when it hangs."""

    def __init__(self, name, builders):
        self.name, self.builders = f"test_{name}", builders
        self.bounds = {variant: self.measure(variant) for variant in VARIANTS}

    def measure(self, variant):
        """By the clock and of CPU, seconds that are far more than it needs."""
        begin, used = time.monotonic(), cpu_of_children()
        done = run_bounded([ROOT / "build" / variant / "unit" / self.name], variant, 200)
        if done is None or done[1] != 0:
            raise RuntimeError(f"{self.name} of build/{variant} fails with nothing changed")
        return 20 + 10 * (time.monotonic() - begin), math.ceil(3 + 4 * (cpu_of_children() - used))

    def finds(self, variant, target):
        """Does it fail when it is linked with this object?"""
        builder = self.builders[variant]
        own = [builder.build / f"tests/unit/{part}.o" for part in (self.name, "guard", "peer")]
        program = builder.link([target, *own], "lesson03.a", "-lcmocka")
        done = run_bounded([program], variant, *self.bounds[variant])
        program.unlink()
        return done is None or done[1] != 0


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Trial:
    """Builds mutants and tests them; knows which objects it has seen."""

    def __init__(self, place, modules, results):
        self.builders = {variant: Builder(variant, place) for variant in VARIANTS}
        names = sorted({name for module in modules for name in tests_of(module)})
        self.tests = {name: UnitTest(name, self.builders) for name in names}
        self.seen, self.results = Seen(), results
        for line in results.known.values():
            self.seen.is_new(line["file"], line["object"])
        for module in modules:
            file = f"{module}.c"
            target = self.builders["plain"].compile(file, (ROOT / file).read_text(), "original")
            self.seen.is_new(file, digest(target))
            target.unlink()

    def run(self, number, mutant):
        target = self.builders["plain"].compile(mutant.function.file, mutant.source(), number)
        key = digest(target) if target else ""
        mutant.status = "survives"
        if not key or not self.seen.is_new(mutant.function.file, key):
            mutant.status = "none"
        elif not self.is_found("plain", mutant, target):
            target = self.builders["address"].compile(mutant.function.file, mutant.source(), number)
            self.is_found("address", mutant, target)
        self.results.add(mutant, key)

    def is_found(self, variant, mutant, target):
        for name in tests_of(mutant.function.group):
            if self.tests[name].finds(variant, target):
                mutant.status, mutant.checks = "found", (f"test_{name}", variant)
                break
        target.unlink()
        return mutant.status == "found"


# ---------------------------------------------------------------------------------------- what is known

class Results:
    """A file with a line for each mutant that has been tried, for runs that take hours."""

    def __init__(self, path):
        self.path, self.known = path, {}
        if path and path.exists():
            lines = [json.loads(line) for line in path.read_text().splitlines()]
            self.known = {line["name"]: line for line in lines}

    def add(self, mutant, key):
        if self.path:
            line = {"name": mutant.name(), "status": mutant.status, "checks": mutant.checks,
                    "file": mutant.function.file, "object": key}
            with self.path.open("a") as file:
                print(json.dumps(line), file=file)

    def recall(self, mutant):
        """Is it known what has become of it?"""
        line = self.known.get(mutant.name())
        if line:
            mutant.status, mutant.checks = line["status"], tuple(line["checks"])
        return line is not None


class Score(Tally):
    def say(self, good, name, more=""):
        """Only of what should be looked at: the others are thousands."""
        if self.tap or not good:
            super().say(good, name, more)
        else:
            self.count += 1

    def row(self, module):
        found, left, listed = (sum(mutant.function.group == module or not module for mutant in self.by[status])
                               for status in ("found", "survives", "listed"))
        return found + left + listed, found, listed, left, 100 * found / max(found + left, 1)

    def summary(self, modules):
        lines = [f"{'':30} mutants   found  cannot be seen  survive  found of those that can"]
        for module in [*modules, ""]:
            if self.row(module)[0]:
                lines.append("{:30} {:7} {:7} {:15} {:8} {:22.1f} %".format(module or "all", *self.row(module)))
        self.end(*lines)


# ---------------------------------------------------------------------------------------------- main

def arguments():
    options = parser("Do the project's own tests find small mistakes?", "module")
    options.add_argument("--results", type=pathlib.Path)
    return options.parse_args()


def choose(chosen, mutants, reasons):
    mutants = [mutant for mutant in mutants if chosen.only in mutant.name()]
    if chosen.sample:
        mutants = sample_of([mutant for mutant in mutants if mutant.name() not in reasons], chosen.sample)
    return mutants


def main():
    chosen, reasons = arguments(), read_survivors(SURVIVORS)
    names = chosen_modules(chosen.group)
    mutants = list(all_mutants(function for module in names for function in functions_of(module, f"{module}.c")))
    known = {mutant.name() for mutant in mutants}
    mutants = choose(chosen, mutants, reasons)
    if chosen.list:
        print(*(mutant.name() for mutant in mutants), sep="\n")
        return 0
    results, score = Results(chosen.results), Score(reasons, chosen.tap)
    old = [mutant for mutant in mutants if results.recall(mutant)]
    new = [mutant for mutant in mutants if not mutant.status]
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        trial = Trial(place, names, results)
        for mutant in itertools.chain(old, in_turn(trial.run, new, chosen.jobs, chosen.seconds)):
            score.take(mutant)
    for name in reasons:
        if not chosen.group and name not in known:
            score.say(False, f"there is no such mutant: {name}")
    score.summary(names)
    return 1 if score.bad else 0


if __name__ == "__main__":
    sys.exit(main())
