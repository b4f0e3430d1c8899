#!/usr/bin/env python3
"""
tests/workbook/prove.py [--quick] [exercise...] - is the workbook right?

Each exercise alone is left open, as a student would find it. The tree must compile without a warning
(gcc and clang), the grader must name that exercise and no other, and must neither crash nor hang.
What depends on the exercise may only be skipped. Then all exercises are open, and whoever always does
what the grader says first must get through, each lesson in its turn.

    --quick    only the checks of the exercise that is open, only the first step of the way, and clang
               only for the tree in which all are open

The last line says "N passed, N failed, N skipped".
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
GENERATOR = ROOT / "tests/workbook/make-workbook"
STUBS = ROOT / "tests/workbook/stubs.awk"
COMPILERS = [c for c in ("gcc", "clang") if shutil.which(c)]
WARNINGS = "CFLAGS=-O2 -g -Werror"
MINUTES = 60
ENVIRONMENT = os.environ | {"MAKEFLAGS": "", "LC_ALL": "C.UTF-8"}  # what is said is looked at in English


class Failure(Exception):
    pass


def run(*command, cwd=ROOT, seconds=4 * MINUTES):
    try:
        return subprocess.run(list(map(str, command)), cwd=cwd, stdin=subprocess.DEVNULL, text=True,
                              errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=seconds, env=ENVIRONMENT)
    except subprocess.TimeoutExpired as e:
        raise Failure(f"{' '.join(map(str, command))} takes more than {seconds} s") from e


def must(*command, **more):
    result = run(*command, **more)
    if result.returncode != 0:
        raise Failure(f"{' '.join(map(str, command))}: exit status {result.returncode}\n{result.stdout}")
    return result.stdout


TABLES = sorted(ROOT.glob("lesson0*/**/exercises"), key=lambda table: (len(table.parts), table))
LESSONS = "1", "2", "3"
CHALLENGES = "a", "d", "e", "b", "c"  # as they stand in the tables


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


def grader_names(base):
    """The exercises that wscheck has, in its order."""
    lines = must(base / "wscheck", "--list").splitlines()
    return [line.split(":")[0] for line in lines if line and not line.startswith(" ")]


# ------------------------------------------------------------------------------------------ trees

def make_base(place, compilers):
    """A tree in which nothing is open, built, and the grader with it."""
    must(GENERATOR, place, "none")
    for compiler in compilers:
        must("make", "-s", "-j2", f"CC={compiler}", WARNINGS, "programs", cwd=place)
    must("make", "-s", "-j2", "wscheck", cwd=place)


def open_files(tree, files, names):
    """Puts the stubs of these exercises, and of no other, into the files of a tree."""
    for file in files:
        text = must("awk", "-v", f"open= {' '.join(names)} ", "-v", f"source={file}", "-f", STUBS,
                    *TABLES, ROOT / file)
        (tree / file).write_text(text)


def build(tree, compilers=COMPILERS):
    for compiler in compilers:
        output = must("make", "-s", f"CC={compiler}", WARNINGS, "programs", cwd=tree)
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

def prove_names(base, exercises):
    theirs = grader_names(base)
    if list(exercises) != theirs:
        raise Failure(f"the tables have {' '.join(exercises)}\nwscheck has {' '.join(theirs)}")


def prove_alone(base, work, name, what, files, quick):
    """With only this one open, it is found, it alone, and so that the student can go on."""
    tree = work / name
    must("cp", "-a", base, tree)  # what does not change need not be built again
    open_files(tree, files, [name])
    if quick:
        checks = grade(tree, what, "-k", "--only", name)
    else:
        build(tree)
        checks = grade(tree, what, "-k")
        told = wscheck(tree, what)
        if told.returncode != 1 or f"Next exercise:    {name}," not in told.stdout:
            raise Failure(f"the grader does not say that {name} is next:\n{told.stdout}")
    failed = ids(checks, "failed")
    if failed_exercises(checks) != [name]:
        raise Failure(f"failed are {' '.join(failed) or 'none'}, of {failed_exercises(checks)}")
    for id in name, failed[0]:
        for step, word in enumerate(("ask", "look at", "shape"), 1):
            hint = must(tree / "wscheck", *["--hint", id] * step, cwd=tree)
            if f"exercise {name}" not in hint or f"\n    {word} " not in hint:
                raise Failure(f"--hint {id}, step {step}, says\n{hint}")
    shutil.rmtree(tree)
    return f"{len(failed)} failed, {len(ids(checks, 'skipped'))} skipped"


def prove_filled(base, lesson):
    checks = grade(base, lesson, "-k")
    bad = ids(checks, "failed") + ids(checks, "skipped")
    if bad:
        raise Failure(f"not passed: {' '.join(bad)}")
    return f"{len(checks)} checks"


def prove_way(work, exercises, steps):
    """With all open, the grader says what to begin with, and what then: always the next of the list."""
    left, tree, stages = list(exercises), work / "way", [*LESSONS, *CHALLENGES]
    must(GENERATOR, tree)
    build(tree)
    must("make", "-s", "wscheck", cwd=tree)
    for _ in range(steps):
        while not (failed := failed_exercises(grade(tree, stages[0]))):
            stages.pop(0)
            if not stages:
                raise Failure(f"nothing fails, but {' '.join(left)} are open")
        if failed[0] != left[0]:  # what it names first; a check of a later one may have been a parent
            raise Failure(f"open are {' '.join(left)}; the grader names {' '.join(failed)}")
        open_files(tree, exercises[left.pop(0)][1], left or ["none"])  # the student has done it
    shutil.rmtree(tree)


def prove_kept(work):
    """What a student has done is never lost: not without a word, and not with FORCE either."""
    tree, file = work / "kept", "lesson01_handshake/listener.c"
    must(GENERATOR, tree, "listen")
    must(GENERATOR, tree, "listen")  # nothing is changed yet: made anew
    made = (tree / file).read_text()
    (tree / file).write_text(made + "/* mine */\n")
    (tree / "notes").write_text("mine too\n")
    refused = run(GENERATOR, tree, "listen")
    if refused.returncode == 0 or file not in refused.stdout or "notes" not in refused.stdout:
        raise Failure(f"it was to be refused:\n{refused.stdout}")
    must("env", "FORCE=1", GENERATOR, tree, "listen")
    if (tree / file).read_text() != made or (tree / "notes").exists():
        raise Failure("with FORCE=1 it is not new")
    if "mine" not in (work / "kept.1" / file).read_text() or not (work / "kept.1/notes").exists():
        raise Failure("what was there is not kept")
    (work / "other").mkdir()
    if run(GENERATOR, work / "other").returncode == 0:
        raise Failure("a directory that is no workbook was taken for one")


def prove_watch(base, work, exercises):
    """make watch01 grades at once, and again when a file is saved."""
    tree = work / "watched"
    must("cp", "-a", base, tree)
    open_files(tree, exercises["listen"][1], ["listen"])
    with subprocess.Popen(["make", "-s", "watch01"], cwd=tree, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
                          env=ENVIRONMENT) as watch:
        guard = threading.Timer(3 * MINUTES, os.killpg, (watch.pid, signal.SIGKILL))
        guard.start()
        said = ""
        for line in watch.stdout:
            said += line
            if line.startswith("Save a file") and said.count("Save a file") == 1:
                open_files(tree, exercises["listen"][1], ["none"])
            elif line.startswith("Save a file"):
                os.killpg(watch.pid, signal.SIGINT)
        guard.cancel()
    before, _, after = said.partition("Save a file")
    if "lesson 1: not yet" not in before or "lesson 1: all that must hold does" not in after:
        raise Failure(f"make watch01 says\n{said}")
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
        make_base(base, COMPILERS[:1] if arguments.quick else COMPILERS)
        with concurrent.futures.ThreadPoolExecutor(8 if arguments.quick else 4) as pool:  # they mostly wait
            jobs = [pool.submit(count.take, name, prove_alone, base, work, name, *exercises[name],
                                arguments.quick) for name in wanted]
            if not arguments.exercise:
                steps = 1 if arguments.quick else len(exercises)
                for proof in (("names", prove_names, base, exercises), ("work is kept", prove_kept, work),
                              ("watch", prove_watch, base, work, exercises),
                              ("the way", prove_way, work, exercises, steps)):
                    jobs.append(pool.submit(count.take, *proof))
            for job in jobs:
                job.result()
        for what in () if arguments.exercise else CHALLENGES if arguments.quick else (*LESSONS, *CHALLENGES):
            count.take(f"all filled, {what}", prove_filled, base, what)
    print(f"{count.passed} passed, {count.failed} failed, 0 skipped")
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
