#!/usr/bin/env python3
"""
tests/wscheck/mutants.py [option...] [exercise...] - does the grader find small mistakes?

Every function that an exercise leaves open is changed in one small way at a time: a condition negated or
its bound moved, a constant one more or one less, a statement left out, operands swapped, a lock and its
unlock taken away. Each such mutant is built and graded. It is found when a check fails; and found by its
exercise when wscheck stops there, or says that the function is the place to look. Where it stops at
another, or finds nothing, the mutant is graded once more, built with a sanitizer, as students are told to
do when a server has died: AddressSanitizer, or ThreadSanitizer if the change is about a lock.

What survives is a gap in the grader, or stands in survivors.txt with the reason why nobody outside could
see it. A line there that is not true any more is a failure, too.

    --sample N     only N of them, evenly spread, without those in survivors.txt
    --seconds S    begin no more after this time
    --jobs N       so many at the same time (2)
    --list         which mutants there are
    --only TEXT    those whose line in --list has this text in it
    --tap          for tests/run

What the compiler refuses, or makes the same program of as of the original or of another mutant, is none.
Exit status: 0 if all are found or listed, and in a full run at least 95 % of those that are not listed are
found, and 90 % by their exercise.
"""
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))  # for ws_testlib

from ws_testlib.mutants import Builder, Function, Seen, all_mutants, digest, functions_of
from ws_testlib.servers import ROOT
from ws_testlib.trials import Tally, in_turn, parser, read_survivors, run_bounded, sample_of

STUBS = ROOT / "tests/workbook/stubs.awk"
SURVIVORS = pathlib.Path(__file__).resolve().parent / "survivors.txt"
FOUND, BY_THEIRS = 95, 90  # per cent, at least
GRADING = 150              # seconds: a grading has ended long before

# --------------------------------------------------------------------------------------- the exercises


@dataclasses.dataclass
class Exercise(Function):
    """A function that an exercise leaves open, which is the group."""
    lesson: str = ""  # "1" to "3", or the letter of a challenge

    def program(self):
        """Of which server it is a part: lesson01 ..., or the challenge that is its file."""
        return f"lesson0{self.lesson}" if self.lesson in "123" else self.file


def functions():
    """Those of the tables of exercises, in their order."""
    tables = sorted(ROOT.glob("lesson0*/**/exercises"), key=lambda table: (len(table.parts), table))
    for table in tables:
        rows = subprocess.run(["awk", "-v", "list=1", "-f", STUBS, table], check=True, timeout=60,
                              stdout=subprocess.PIPE, text=True).stdout
        for exercise, file, name in map(str.split, rows.splitlines()):
            what = exercise[-1] if exercise.startswith("challenge-") else table.parent.name[7]
            function = next(f for f in functions_of(exercise, file) if f.name == name)
            yield Exercise(**vars(function), lesson=what)


# -------------------------------------------------------------------------------------------- grading

def failed(wscheck, lesson, server, *options):
    """[(check, exercise, where to look)...] of what has failed, in order; None: the grading did not end."""
    kind = "--lesson" if lesson in "123" else "--challenge"
    variant = server.name.rpartition("-")[2]
    done = run_bounded([wscheck, kind, lesson, "--server", server, "--strict", "--json", *options], variant, GRADING)
    if done is None:
        return None
    return [(c["id"], c["exercise"], c["place"]) for c in json.loads(done[0])["checks"] if c["outcome"] == "failed"]


class Trial:
    """Builds mutants and grades them; knows which programs it has seen."""

    def __init__(self, place, wscheck):
        self.wscheck = wscheck
        self.builders = {variant: Builder(variant, place) for variant in ("plain", "address", "thread")}
        self.seen = Seen()

    def originals(self, functions):
        for function in functions:
            target = self.builders["plain"].compile(function.file, function.text, "original")
            self.seen.is_new(function.file, digest(target))
            target.unlink()

    def build(self, variant, number, mutant, known=False):
        """Its program; None if it is no mutant."""
        builder, function = self.builders[variant], mutant.function
        target = builder.compile(function.file, mutant.source(), number)
        if target is None or not (known or self.seen.is_new(function.file, digest(target))):
            return None
        server = builder.link_server(function.program(), function.file, target)
        target.unlink()
        return server

    def grade(self, mutant, server):
        """First its own exercise; if that finds nothing, all others."""
        own, lesson = mutant.function.group, mutant.function.lesson
        result = failed(self.wscheck, lesson, server, "--only", own)
        if result == []:
            result = failed(self.wscheck, lesson, server, "--except", own)
        server.unlink()
        if result is None:
            return "found by another", ("the grading did not end",)
        if not result:
            return "survives", ()
        by_own = any(exercise == own or f"{mutant.function.name}()" in place for _, exercise, place in result)
        return "found" if by_own else "found by another", tuple(id for id, *_ in result)

    def run(self, number, mutant):
        server = self.build("plain", number, mutant)
        if server is None:
            mutant.status = "none"
            return
        mutant.status, mutant.checks = self.grade(mutant, server)
        if mutant.status != "found":
            sanitizer = "thread" if mutant.is_about_threads() else "address"
            again = self.grade(mutant, self.build(sanitizer, number, mutant, known=True))
            if again[0] == "found" or mutant.status == "survives":
                mutant.status, mutant.checks = again[0], (f"({sanitizer})", *again[1])


# ---------------------------------------------------------------------------------------------- main

class Score(Tally):
    def score(self):
        """How many can be seen at all, are found, and are found by their exercise; and how many cannot."""
        found, other, left, listed = (len(self.by[s]) for s in ("found", "found by another", "survives", "listed"))
        return found + other + left, found + other, found, listed

    def summary(self, whole):
        every, found, own, listed = self.score()
        if whole and every:
            self.say(found * 100 >= FOUND * every, f"found: at least {FOUND} %")
            self.say(own * 100 >= BY_THEIRS * every, f"found by their exercise: at least {BY_THEIRS} %")
        self.end(f"{every + listed} mutants; {listed} of them nobody outside could see. Of the others, "
                 f"{found} are found ({100 * found / max(every, 1):.1f} %), "
                 f"{own} by their exercise ({100 * own / max(every, 1):.1f} %).")


def arguments():
    options = parser("Does the grader find small mistakes?", "exercise")
    options.add_argument("--wscheck", type=pathlib.Path, default=ROOT / "build/plain/tests/wscheck/wscheck")
    return options.parse_args()


def main():
    chosen, reasons = arguments(), read_survivors(SURVIVORS)
    mutants = list(all_mutants(f for f in functions() if not chosen.group or f.group in chosen.group))
    known = {mutant.name() for mutant in mutants}
    mutants = [mutant for mutant in mutants if chosen.only in mutant.name()]
    if chosen.list:
        print(*(mutant.name() for mutant in mutants), sep="\n")
        return 0
    if chosen.sample:
        mutants = sample_of([mutant for mutant in mutants if mutant.name() not in reasons
                             and not mutant.is_about_threads()], chosen.sample)
    score = Score(reasons, chosen.tap)
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        trial = Trial(place, chosen.wscheck.resolve())
        trial.originals(list(functions()))
        for mutant in in_turn(trial.run, mutants, chosen.jobs, chosen.seconds):
            score.take(mutant)
    for name in reasons:
        if not chosen.group and name not in known:
            score.say(False, f"there is no such mutant: {name}")
    score.summary(not (chosen.sample or chosen.only or chosen.group))
    return 1 if score.bad else 0


if __name__ == "__main__":
    sys.exit(main())
