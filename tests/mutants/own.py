#!/usr/bin/env python3
"""
tests/mutants/own.py [option...] [module...] - do the project's own tests find small mistakes?

Every function of common/ and the lessons is changed in one small way at a time, as mutants.py of ws_testlib
does it. Each such mutant of X.c is linked with tests/unit/test_X.c, or with the tests that speak for it in
the table below, and found when one of them fails or hangs. Where none does, they are run once more, built with
AddressSanitizer and UndefinedBehaviorSanitizer.

Sockets, threads and main() are tested through TCP. With --tcp, the modules are those without a unit test;
and what unit tests have not found, or cannot, is linked to the server of a lesson, which stands in a
directory of its own beside the other programs of build/plain. The grader and the tests of tests/clients
and tests/abuse that the table SPEAK names are run against that, until one fails; and once more, those of
tests/clients, against the server with sanitizers.

What survives is a gap in the tests, or stands in survivors.txt with the reason why no test could see it. A
line there that is not true any more is a failure, too.

    --sample N       only N of them, evenly spread, without those in survivors.txt
    --seconds S      begin no more after this time
    --jobs N         so many at the same time (2)
    --list           which mutants there are
    --only TEXT      those whose line in --list has this text in it
    --tap            for tests/run
    --tcp            through TCP, too: it takes a minute for each that survives
    --results FILE   what is known stands there and is not tried again; what becomes known is added

What the compiler refuses, or makes the same program of as of the original or of another mutant, is none.
Exit status: 0 if all are found or listed.
"""
import itertools
import json
import math
import pathlib
import re
import resource
import shutil
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
UNIT_TESTS = {"language": ["words"], "net": ["net", "net_calls"], "delivery": ["room"]}

# Which tests speak for a module through TCP, and so in which lesson: the grader's, and those of files of
# tests/clients and tests/abuse. Those most likely to find something come first.
SPEAK = {
    "common": (2, "frames", "http", "cli", "trace"),
    "lesson01_handshake": (2, "http", "cli", "limits", "slow_peers", "heads"),
    "lesson01_handshake/server": (1, "lesson1", "http", "cli", "trace"),
    "lesson01_handshake/tracefile": (2, "tracefile", "cli"),
    "lesson02_frames": (2, "frames", "cli", "limits", "http", "slow_peers", "stop"),
    "lesson02_frames/admission": (2, "limits", "heads", "bounds", "frames", "cli"),
    "lesson02_frames/places": (2, "limits", "heads", "bounds", "frames", "cli"),
    "lesson02_frames/logger": (2, "cli", "log_and_slow_readers", "frames"),
    "lesson02_frames/observer": (2, "trace", "own", "tracefile"),
    "lesson02_frames/feed": (2, "own", "cli"),
    "lesson02_frames/own": (2, "own", "cli"),
    "lesson02_frames/loopback": (2, "bench", "cli"),
    "lesson02_frames/vote": (2, "bench", "cli"),
    "lesson02_frames/bench": (2, "bench", "cli"),
    "lesson02_frames/process": (2, "cli", "chinese", "limits", "terminal", "stop"),
    "lesson02_frames/server": (2, "frames", "bench", "own", "cli"),
    "lesson03_broadcast": (3, "room", "slow_peers", "flood", "cli", "stop"),
    "lesson03_broadcast/xray": (3, "xray", "room", "cli"),
    "lesson03_broadcast/server": (3, "room", "xray", "cli", "http"),
}
LEFT_OUT = {"lesson03_broadcast/naive"}  # it is there to be wrong
PATIENCE = 150  # seconds: a file of tests has ended long before
FAILED = 1      # the exit status of pytest and the grader then; others say that nothing was tested


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


def chosen_modules(names, tcp):
    """Those with these names, with or without their folder, that can be tested so; without names, all that
    have a unit test, or, through TCP, all that have none."""
    if names:
        return [module for module in modules() if (tcp or tests_of(module)) and
                (module in names or pathlib.PurePath(module).name in names)]
    return [module for module in modules() if module not in LEFT_OUT and tcp != bool(tests_of(module))]


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


# ---------------------------------------------------------------------------------------- through TCP

class ThroughTcp:
    """The grader and the tests in Python, which take the servers of a directory."""

    def __init__(self, variant, place):
        self.variant, self.build, self.place = variant, ROOT / "build" / variant, pathlib.Path(place)

    def first_failure(self, module, server, number):
        """What fails first with this server for that of the lesson that is spoken of, or None."""
        lesson, *files = spoken_of(module)
        programs = self.place / f"{self.variant}-{number}"  # ws_testlib looks at how the name begins
        programs.mkdir()
        for program in self.build.iterdir():
            (programs / program.name).symlink_to(program)
        (programs / f"lesson0{lesson}").unlink()
        server.rename(programs / f"lesson0{lesson}")
        try:
            return next(filter(None, (self.failure_twice(name, lesson, programs) for name in ["grader", *files])), None)
        finally:
            shutil.rmtree(programs)

    def failure_twice(self, name, lesson, programs):
        """On a busy machine, something may fail once that has nothing to do with the change."""
        return self.failure(name, lesson, programs) and self.failure(name, lesson, programs)

    def failure(self, name, lesson, programs):
        if name == "grader":
            command = [ROOT / "build/plain/tests/wscheck/wscheck", "--lesson", lesson, "--strict", "--json",
                       "--server", programs / f"lesson0{lesson}"]
        elif self.variant != "plain" and not is_of_clients(name):
            return None  # abuse has bounds of memory and time
        else:
            command = self.pytest(name, lesson)
        done = run_bounded(command, self.variant, PATIENCE, SERVER_DIR=str(programs), PYTHONDONTWRITEBYTECODE="1")
        if done is None:
            return f"{name} (does not end)"
        failed = re.search(r"^(?:FAILED|ERROR) \S+?(\w+\.py::\S+)", done[0], re.M)
        return None if done[1] != FAILED else failed[1] if failed else name

    @staticmethod
    def pytest(name, lesson):
        """With the tests that are about this lesson, or about none."""
        words = ["/usr/bin/python3", "-m", "pytest", "-q", "-x", "--tb=no", "-p", "no:cacheprovider"]
        if is_of_clients(name):
            return [*words, f"--lessons={lesson}", f"tests/clients/test_{name}.py"]
        others = " or ".join(f"lesson{n}" for n in (1, 2, 3) if n != lesson)
        return [*words, "-k", f"not ({others})", f"tests/abuse/test_{name}.py"]


def spoken_of(module):
    return SPEAK.get(module) or SPEAK[module.partition("/")[0]]


def is_of_clients(name):
    return (ROOT / f"tests/clients/test_{name}.py").exists()


# --------------------------------------------------------------------------------------------- a trial

class Trial:
    """Builds mutants and tests them; knows which objects it has seen."""

    def __init__(self, place, modules, results, tcp):
        self.tcp, self.place = tcp, place
        self.builders = {variant: Builder(variant, place, "return-type") for variant in (*VARIANTS, *["thread"] * tcp)}
        self.tests = {name: UnitTest(name, self.builders) for name in sorted(set().union(*map(tests_of, modules)))}
        self.seen, self.results = Seen(), results
        for line in results.known.values():
            if line["status"] != "none":
                self.seen.is_new(line["file"], line["object"])
        for file in (f"{module}.c" for module in modules):
            target = self.builders["plain"].compile(file, (ROOT / file).read_text(), "original")
            self.seen.is_new(file, digest(target))
            target.unlink()

    def run(self, number, mutant):
        target = self.compile("plain", number, mutant)
        key = digest(target) if target else ""
        if not key or not self.seen.is_new(mutant.function.file, key):
            mutant.status = "none"
        else:
            mutant.checks = self.unit_test(number, mutant, target) or self.tcp_test(number, mutant)
            mutant.status = "found" if mutant.checks else "survives"
        if target:
            target.unlink()
        self.results.add(mutant, key)

    def compile(self, variant, number, mutant):
        return self.builders[variant].compile(mutant.function.file, mutant.source(), number)

    def unit_test(self, number, mutant, target):
        """The first that finds it."""
        tests = [self.tests[name] for name in tests_of(mutant.function.group)]
        for test in tests:
            if test.finds("plain", target):
                return test.name, "plain"
        if tests:
            sanitized = self.compile("address", number, mutant)
            found = next((test.name for test in tests if test.finds("address", sanitized)), None)
            sanitized.unlink()
            return (found, "address") if found else ()
        return ()

    def tcp_test(self, number, mutant):
        """As it is used, and then with the sanitizer that fits."""
        function = mutant.function
        for variant in ("plain", "thread" if mutant.is_about_threads() else "address") if self.tcp else ():
            target = self.compile(variant, f"{number}-tcp", mutant)
            server = self.builders[variant].link_server(f"lesson0{spoken_of(function.group)[0]}", function.file, target)
            target.unlink()
            failure = ThroughTcp(variant, self.place).first_failure(function.group, server, number)
            if failure:
                return failure, variant
        return ()


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
    options.add_argument("--tcp", action="store_true")
    options.add_argument("--results", type=pathlib.Path)
    return options.parse_args()


def choose(chosen, mutants, reasons):
    mutants = [mutant for mutant in mutants if chosen.only in mutant.name()]
    if chosen.sample:
        mutants = sample_of([mutant for mutant in mutants if mutant.name() not in reasons], chosen.sample)
    return mutants


def main():
    chosen, reasons = arguments(), read_survivors(SURVIVORS)
    names = chosen_modules(chosen.group, chosen.tcp)
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
        trial = Trial(place, sorted({mutant.function.group for mutant in new}), results, chosen.tcp)
        for mutant in itertools.chain(old, in_turn(trial.run, new, chosen.jobs, chosen.seconds)):
            score.take(mutant)
    for name in reasons:
        if not chosen.group and name not in known:
            score.say(False, f"there is no such mutant: {name}")
    score.summary(names)
    return 1 if score.bad else 0


if __name__ == "__main__":
    sys.exit(main())
