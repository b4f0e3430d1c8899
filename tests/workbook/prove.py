#!/usr/bin/env python3
"""
tests/workbook/prove.py [--quick] [exercise...] - is the workbook right?

Each exercise alone is left open, as a student would find it. The tree must compile without a warning
(gcc and clang), the grader must name that exercise and no other, and must neither crash nor hang.
What depends on the exercise may only be skipped. Then all exercises are open, and whoever always does
what the grader says first must get through, each lesson in its turn.

    --quick    only the checks of the exercise that is open, and only the first step of the way

The last line says "N passed, N failed, N skipped".
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
GENERATOR = ROOT / "tests/workbook/make-workbook"
STUBS = ROOT / "tests/workbook/stubs.awk"
COMPILERS = [c for c in ("gcc", "clang") if shutil.which(c)]
WARNINGS = "CFLAGS=-O2 -g -Werror"
MINUTES = 60


class Failure(Exception):
    pass


def run(*command, cwd=ROOT, seconds=4 * MINUTES):
    try:
        return subprocess.run(list(map(str, command)), cwd=cwd, stdin=subprocess.DEVNULL, text=True,
                              errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=seconds, env=os.environ | {"MAKEFLAGS": ""})
    except subprocess.TimeoutExpired as e:
        raise Failure(f"{' '.join(map(str, command))} takes more than {seconds} s") from e


def must(*command, **more):
    result = run(*command, **more)
    if result.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}: exit status {result.returncode}\n{result.stdout}")
    return result.stdout


TABLES = sorted(ROOT.glob("lesson0*/**/exercises"), key=lambda table: (len(table.parts), table))
LESSONS = "1", "2", "3"
CHALLENGES = "a", "b", "c", "d", "e"


def tables():
    """The exercises in their order: name → (lesson or challenge, the files in which it is)."""
    exercises = {}
    for table in TABLES:
        lines = must("awk", "-v", "list=1", "-f", STUBS, table).splitlines()
        for name, file, _ in map(str.split, lines):
            what = name[-1] if name.startswith("challenge-") else table.parent.name[7]
            files = exercises.setdefault(name, (what, []))[1]
            if file not in files:
                files.append(file)
    return exercises


def grader_names():
    """The exercises that wscheck has, in its order."""
    lines = must(ROOT / "wscheck", "--list").splitlines()
    return [line.split(":")[0] for line in lines if line and not line.startswith(" ")]


# ------------------------------------------------------------------------------------------ trees

def make_base(place):
    """A tree in which nothing is open, built, and the grader with it."""
    must(GENERATOR, place, "none")
    for compiler in COMPILERS:
        must("make", "-s", "-j2", f"CC={compiler}", WARNINGS, "programs", cwd=place)
    must("make", "-s", "-j2", "wscheck", cwd=place)


def make_open(base, place, names):
    """A copy of the tree with these exercises open. What does not change need not be built again."""
    must("cp", "-a", base, place)
    with tempfile.TemporaryDirectory() as other:
        must(GENERATOR, f"{other}/tree", *names)
        for new in pathlib.Path(other, "tree").rglob("*.c"):
            old = place / new.relative_to(f"{other}/tree")
            if new.read_bytes() != old.read_bytes():
                shutil.copyfile(new, old)


def build(tree, *targets):
    for compiler in COMPILERS:
        output = must("make", "-s", f"CC={compiler}", WARNINGS, *targets, cwd=tree)
        if output:
            raise Failure(f"{compiler}: make is not silent\n{output}")


def wscheck(tree, what, *options):
    """Grades a lesson or a challenge of the tree, as make check01 and make check-a do."""
    kind, target = ("challenge", f"challenge-{what}") if what in CHALLENGES else ("lesson", f"lesson0{what}")
    must("make", "-s", f"CC={COMPILERS[0]}", WARNINGS, target, cwd=tree)
    return run(tree / "wscheck", f"--{kind}", what, "--server", "./server", "--strict", *options, cwd=tree)


def grade(tree, what, *options):
    result = wscheck(tree, what, "--json", *options)
    try:
        return json.loads(result.stdout)["checks"]
    except ValueError:
        raise Failure(f"wscheck has crashed: exit status {result.returncode}\n{result.stdout}")


def ids(checks, outcome):
    return [check["id"] for check in checks if check["outcome"] == outcome]


def failed_exercises(checks):
    return list(dict.fromkeys(c["exercise"] for c in checks if c["outcome"] == "failed"))


# ------------------------------------------------------------------------------------------ proofs

def prove_names(exercises):
    theirs = grader_names()
    if list(exercises) != theirs:
        raise Failure(f"the tables have {' '.join(exercises)}\nwscheck has {' '.join(theirs)}")


def prove_alone(base, work, name, lesson, quick):
    """With only this one open, it is found, it alone, and so that the student can go on."""
    tree = work / name
    make_open(base, tree, [name])
    build(tree, "programs")
    checks = grade(tree, lesson, "-k", *(["--only", name] if quick else []))
    failed = ids(checks, "failed")
    if failed_exercises(checks) != [name]:
        raise Failure(f"failed are {' '.join(failed) or 'none'}, of {failed_exercises(checks)}")
    told = wscheck(tree, lesson, *(["--only", name] if quick else []))
    if told.returncode != 1 or f"Next exercise:    {name}," not in told.stdout:
        raise Failure(f"the grader does not say that {name} is next:\n{told.stdout}")
    for what in name, failed[0]:
        hint = must(tree / "wscheck", "--hint", what, cwd=tree)
        if f"exercise {name}" not in hint or "look at" not in hint:
            raise Failure(f"--hint {what} says\n{hint}")
    shutil.rmtree(tree)
    return f"{len(failed)} failed, {len(ids(checks, 'skipped'))} skipped"


def prove_filled(base, lesson):
    checks = grade(base, lesson, "-k")
    bad = ids(checks, "failed") + ids(checks, "skipped")
    if bad:
        raise Failure(f"not passed: {' '.join(bad)}")
    return f"{len(checks)} checks"


def prove_way(base, work, exercises, steps):
    """With all open, the grader says what to begin with, and what then: always the next of the list."""
    left, tree, stages = list(exercises), work / "way", [*LESSONS, *CHALLENGES]
    make_open(base, tree, left)
    build(tree, "programs")
    for _ in range(steps):
        while not (failed := failed_exercises(grade(tree, stages[0]))):
            stages.pop(0)
            if not stages:
                raise Failure(f"nothing fails, but {' '.join(left)} are open")
        if failed != left[:1]:
            raise Failure(f"open are {' '.join(left)}; the grader names {' '.join(failed)}")
        left.pop(0)
        for file in exercises[failed[0]][1]:  # do it, as far as this file is concerned
            open_here = f" {' '.join(left)} " if left else " none "
            text = must("awk", "-v", f"open={open_here}", "-v", f"source={file}", "-f", STUBS,
                        *TABLES, ROOT / file)
            (tree / file).write_text(text)
    shutil.rmtree(tree)


# -------------------------------------------------------------------------------------------- main

class Count:
    passed = failed = 0

    def take(self, what, proof, *arguments):
        try:
            said = proof(*arguments)
            self.passed += 1
            print(f"ok      {what}{': ' + said if said else ''}", flush=True)
        except Failure as failure:
            self.failed += 1
            print(f"FAILED  {what}: {failure}", flush=True)


def main():
    parser = argparse.ArgumentParser(description="Is the workbook right?")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("exercise", nargs="*")
    arguments = parser.parse_args()
    exercises, count = tables(), Count()
    wanted = arguments.exercise or list(exercises)
    with tempfile.TemporaryDirectory(prefix="workbook-") as place:
        work = pathlib.Path(place)
        base = work / "base"
        make_base(base)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            jobs = [pool.submit(count.take, name, prove_alone, base, work, name, exercises[name][0],
                                arguments.quick) for name in wanted]
            if not arguments.exercise:
                jobs += [pool.submit(count.take, "names", prove_names, exercises)]
                jobs += [pool.submit(count.take, "the way", prove_way, base, work, exercises,
                                     1 if arguments.quick else len(exercises))]
            for job in jobs:
                job.result()
        for what in () if arguments.exercise else CHALLENGES if arguments.quick else (*LESSONS, *CHALLENGES):
            count.take(f"all filled, {what}", prove_filled, base, what)
    print(f"{count.passed} passed, {count.failed} failed, 0 skipped")
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
