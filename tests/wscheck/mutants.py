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
import argparse
import collections
import concurrent.futures
import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
STUBS = ROOT / "tests/workbook/stubs.awk"
SURVIVORS = HERE / "survivors.txt"
FOUND, BY_THEIRS = 95, 90  # per cent, at least
GRADING = 150              # seconds: a grading has ended long before
BOUNDS = "ulimit -c 0; ulimit -t 100; ulimit -f 200000; {}exec \"$@\""  # core, seconds, blocks of a file
MEMORY = "ulimit -v 4000000; "  # KiB; not for sanitizers, which reserve terabytes
COMPILING = 60

# ------------------------------------------------------------------------------------------ the source


@dataclasses.dataclass
class Function:
    exercise: str
    lesson: str  # "1" to "3", or the letter of a challenge
    file: str
    name: str
    text: str = ""  # of the whole file
    start: int = 0  # its body, between the braces
    end: int = 0


@dataclasses.dataclass
class Mutant:
    function: Function
    kind: str
    edits: list  # (start, end, new text), in the file
    twin: int = 1  # which one of those that have the same lines
    status: str = ""
    checks: tuple = ()
    seconds: float = 0

    def source(self):
        text = self.function.text
        for start, end, new in sorted(self.edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def lines(self):
        """The lines that are changed, before and after, in one line each."""
        text = self.function.text
        start = text.rfind("\n", 0, min(edit[0] for edit in self.edits)) + 1
        last = max(edit[1] for edit in self.edits)
        end = text.find("\n", last)
        grown = len(self.source()) - len(text)
        return [" ".join(part.split()) for part in (text[start:end], self.source()[start:end + grown])]

    def name(self):
        before, after = self.lines()
        twin = f" ({self.twin})" if self.twin > 1 else ""
        return f"{self.function.exercise} | {self.function.name}{twin} | {before} | {after}"

    def is_about_threads(self):
        return self.kind == "lock" or "pthread_" in "".join(self.function.text[s:e] for s, e, _ in self.edits)


def functions():
    """Those of the tables of exercises, in their order."""
    tables = sorted(ROOT.glob("lesson0*/**/exercises"), key=lambda table: (len(table.parts), table))
    for table in tables:
        rows = subprocess.run(["awk", "-v", "list=1", "-f", STUBS, table], check=True, timeout=60,
                              stdout=subprocess.PIPE, text=True).stdout
        for exercise, file, name in map(str.split, rows.splitlines()):
            what = exercise[-1] if exercise.startswith("challenge-") else table.parent.name[7]
            function = Function(exercise, what, file, name, (ROOT / file).read_text())
            head = re.search(rf"^\w[^;{{}}/]*\b{name}\([^;{{]*\)\n{{\n", function.text, re.M)
            function.start = head.end()
            function.end = function.text.index("\n}\n", head.end()) + 1
            yield function


def code_only(text):
    """The text with blanks for what is in comments, strings and lines of the preprocessor."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|^#[^\n]*', blank, text, flags=re.S | re.M)


def closing(code, at):
    """Where the parenthesis that opens at `at` is closed."""
    depth = 0
    for i in range(at, len(code)):
        depth += (code[i] == "(") - (code[i] == ")")
        if depth == 0:
            return i
    return len(code)


# ----------------------------------------------------------------------------------------- the mutants

OTHER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&", "+": "-",
         "-": "+", "|": "&", "&": "|", "^=": "|=", "+=": "-=", "-=": "+=", "|=": "=", "<<": ">>", ">>": "<<",
         "^": "|", "%": "/"}
DECLARATION = re.compile(r"(const|static|struct|enum|unsigned|size_t|ssize_t|bool|int|u?int\d+_t|char)\b")
OPERAND = r"(?:\w+(?:->|\.))*\w+(?:\[\w+\])?"


def operators(code):
    """Another operator, or its operands swapped."""
    for m in re.finditer(r" ([<>=!]=|[<>+\-|&^%]|&&|\|\||[+\-|^]=|<<|>>) ", code):
        yield "operator", [(m.start(1), m.end(1), OTHER[m[1]])]
    for m in re.finditer(rf"({OPERAND}) (-|/|%|<<|>>) ({OPERAND})", code):
        yield "swapped", [(m.start(), m.end(), f"{m[3]} {m[2]} {m[1]}")]
    for m in re.finditer(r"\+\+|--", code):
        yield "operator", [(m.start(), m.end(), "--" if m[0] == "++" else "++")]
    for m in re.finditer(r"\? ([^?:;\n]+) : ([^?:;\n,]+?)(?=[;,]|\)+[;,)])", code):
        yield "swapped", [(m.start(1), m.end(2), f"{m[2]} : {m[1]}")]
    for m in re.finditer(rf"\w\(({OPERAND}), ({OPERAND})\)", code):
        yield "swapped", [(m.start(1), m.end(2), f"{m[2]}, {m[1]}")]


def conditions(code):
    """The opposite; and never."""
    for m in re.finditer(r"\b(if|while) \(", code):
        end = closing(code, m.end() - 1)
        yield "negated", [(m.end(), m.end(), "!("), (end, end, ")")]
        yield "never", [(m.end(), m.end(), "0 && ("), (end, end, ")")]


def constants(code):
    """One more, one less, the other truth. Sizes of arrays are not of interest,
    and an outcome that is returned has no neighbours."""
    code = re.sub(r"^ +(?:unsigned )?char \w+\[[^;]*;", lambda m: " " * len(m[0]), code, flags=re.M)
    for m in re.finditer(r"\b(0x[0-9A-Fa-f]+|\d+)\b", code):
        if code[m.start() - 1:m.start()] != "-":  # -1 and -2 are the same failure
            yield "constant", [(m.start(), m.end(), str(int(m[0], 0) + 1))]
        if int(m[0], 0) > 0:
            yield "constant", [(m.start(), m.end(), str(int(m[0], 0) - 1))]
    for m in re.finditer(r"[<>=!]=? ([A-Z][A-Z0-9_]{3,})\b(?!\()|\b([A-Z][A-Z0-9_]{3,}) [<>=!]=? ", code):
        group = 1 if m[1] else 2
        if m[group] != "NULL":
            yield "constant", [(m.start(group), m.end(group), f"({m[group]} + 1)")]
            yield "constant", [(m.start(group), m.end(group), f"({m[group]} - 1)")]
    for m in re.finditer(r"\b(true|false)\b", code):
        yield "constant", [(m.start(), m.end(), "false" if m[0] == "true" else "true")]


def statements(code):
    """(start, end) of each simple statement that is no declaration."""
    for m in re.finditer(r"(?:^|[{};]|\belse\b|\))\s+(?=[\w*+(])", code):
        start, depth = m.end(), 0
        if re.match(r"(if|while|for|else|do)\b", code[start:]) or DECLARATION.match(code[start:]):
            continue
        if m[0][0] == ")" and not is_condition(code, m.start()):
            continue
        for end in range(start, len(code)):
            depth += (code[end] in "({") - (code[end] in ")}")
            if depth < 0 or (depth == 0 and code[end] == ";"):
                break
        if depth == 0:
            yield start, end + 1


def is_condition(code, close):
    """Does this parenthesis close that of an if, a while or a for?"""
    depth = 0
    for i in range(close, -1, -1):
        depth += (code[i] == ")") - (code[i] == "(")
        if depth == 0:
            return re.search(r"\b(if|while|for) $", code[:i]) is not None
    return False


def deletions(code):
    found = list(statements(code))
    for start, end in found:
        yield "deleted", [(start, end, ";")]
    locks = [(s, e) for s, e in found if "pthread_mutex_" in code[s:e]]
    if len(locks) == 2:
        yield "lock", [(s, e, ";") for s, e in locks]


def mutants_of(function):
    code = code_only(function.text)[function.start:function.end]
    for maker in operators, conditions, constants, deletions:
        for kind, edits in maker(code):
            yield Mutant(function, kind, [(s + function.start, e + function.start, new) for s, e, new in edits])


# ------------------------------------------------------------------------------------------- building

class Builder:
    """Compiles one object, and links it in the place of the one that is in the lesson's archive."""

    def __init__(self, variant, place):
        self.variant, self.build, self.place = variant, ROOT / "build" / variant, place
        words = shlex.split((self.build / "flags").read_text())
        self.libraries = [word for word in words if word.startswith("-l")]
        self.words = [word for word in words if word not in self.libraries]

    @staticmethod
    def run(command):
        return subprocess.run(list(map(str, command)), cwd=ROOT, stdin=subprocess.DEVNULL, timeout=COMPILING,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)

    def compile(self, function, text, name):
        """The object file, or None. What the compiler only warns of stands, but no mixed-up types. One that
        is to be compared says nothing of its lines; a sanitizer's report needs them."""
        source, target = self.place / f"{name}.c", self.place / f"{name}-{self.variant}.o"
        source.write_text(text)
        folder = pathlib.Path(function.file).parent
        pages = [self.build / folder, self.build / "lesson02_frames", self.build / "lesson02_frames/challenges"]
        done = self.run([*self.words, "-w", "-g0" if self.variant == "plain" else "-g1",
                         "-Werror=int-conversion", "-Werror=incompatible-pointer-types",
                         "-Werror=implicit-function-declaration", *(f"-I{p}" for p in (folder, *pages)),
                         "-c", "-o", target, source])
        source.unlink()
        return target if done.returncode == 0 else None

    def link(self, function, target):
        """The server, with this object first: what it defines is not taken from the archive any more."""
        server = target.with_suffix("")
        own = pathlib.Path(function.file)
        what = {"1": "lesson01", "2": "lesson02", "3": "lesson03"}
        if function.lesson in what:
            archive = what[function.lesson]
            folder = next(ROOT.glob(f"{archive}_*")).name
            main = self.build / folder / "server.o"
        else:
            archive = own.parts[0][:8]
            main = target
        objects = [target] if own.name == "server.c" or main == target else [target, main]
        done = self.run([*self.words, "-o", server, *objects, self.build / f"{archive}.a", *self.libraries])
        if done.returncode != 0:
            raise RuntimeError(f"{function.file} does not link:\n{done.stderr}")
        return server


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


# -------------------------------------------------------------------------------------------- grading

SANITIZERS = {f"{name}_OPTIONS": "hard_rss_limit_mb=2000" for name in ("ASAN", "TSAN")}


def run_bounded(command, seconds):
    """The output of a command, which is ended with all that it has started when it takes too long."""
    process = subprocess.Popen(list(map(str, command)), cwd=ROOT, stdin=subprocess.DEVNULL, text=True,
                               errors="replace", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               start_new_session=True, env=os.environ | SANITIZERS)
    try:
        return process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        process.terminate()  # it takes its server along
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=5)
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def fixed_layout():
    """What stands before a sanitizer's program: some kernels lay memory out too randomly for it."""
    words = ["setarch", "-R"]
    with contextlib.suppress(OSError):
        if subprocess.run([*words, "true"], stderr=subprocess.DEVNULL, timeout=10, check=False).returncode == 0:
            return words
    return []


def failed(wscheck, lesson, server, *options):
    """[(check, exercise, where to look)...] of what has failed, in order; None: the grading did not end."""
    kind = "--lesson" if lesson in "123" else "--challenge"
    is_plain = server.name.endswith("-plain")
    bounds = BOUNDS.format(MEMORY if is_plain else "")
    output = run_bounded([*([] if is_plain else fixed_layout()), "sh", "-c", bounds, "sh", wscheck, kind, lesson, "--server", server, "--strict", "--json",
                          *options], GRADING)
    if output is None:
        return None
    return [(c["id"], c["exercise"], c["place"]) for c in json.loads(output)["checks"] if c["outcome"] == "failed"]


class Trial:
    """Builds mutants and grades them; knows which programs it has seen."""

    def __init__(self, place, wscheck):
        self.wscheck = wscheck
        self.builders = {variant: Builder(variant, pathlib.Path(place)) for variant in ("plain", "address", "thread")}
        self.seen = collections.defaultdict(set)

    def is_new(self, function, target):
        """Is this program another than all before?"""
        key = digest(target)
        new = key not in self.seen[function.file]
        self.seen[function.file].add(key)
        return new

    def originals(self, functions):
        for function in functions:
            target = self.builders["plain"].compile(function, function.text, "original")
            self.is_new(function, target)
            target.unlink()

    def build(self, variant, number, mutant, known=False):
        """Its program; None if it is no mutant."""
        builder = self.builders[variant]
        target = builder.compile(mutant.function, mutant.source(), str(number))
        if target is None or not (known or self.is_new(mutant.function, target)):
            return None
        server = builder.link(mutant.function, target)
        target.unlink()
        return server

    def grade(self, mutant, server):
        """First its own exercise; if that finds nothing, all others."""
        own, lesson = mutant.function.exercise, mutant.function.lesson
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
        started = time.monotonic()
        server = self.build("plain", number, mutant)
        if server is None:
            mutant.status = "none"
            return mutant
        mutant.status, mutant.checks = self.grade(mutant, server)
        if mutant.status != "found":
            sanitizer = "thread" if mutant.is_about_threads() else "address"
            again = self.grade(mutant, self.build(sanitizer, number, mutant, known=True))
            if again[0] == "found" or mutant.status == "survives":
                mutant.status, mutant.checks = again[0], (f"({sanitizer})", *again[1])
        mutant.seconds = time.monotonic() - started
        return mutant


# ------------------------------------------------------------------------------------------- the list

def read_survivors():
    """The name of a mutant → why nobody outside could see it."""
    reasons = {}
    for line in SURVIVORS.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            *name, reason = line.split(" | ")
            reasons[" | ".join(name)] = reason
    return reasons


def all_mutants(exercises):
    seen, names = set(), collections.Counter()
    for function in functions():
        if not exercises or function.exercise in exercises:
            for mutant in mutants_of(function):
                key = mutant.function.file, mutant.source()
                if key not in seen:
                    seen.add(key)
                    names[mutant.name()] += 1
                    mutant.twin = names[mutant.name()]
                    yield mutant


# ---------------------------------------------------------------------------------------------- main

class Tally:
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

    def score(self):
        """How many can be seen at all, are found, and are found by their exercise; and how many cannot."""
        found, other, left, listed = (len(self.by[s]) for s in ("found", "found by another", "survives", "listed"))
        return found + other + left, found + other, found, listed

    def summary(self, whole):
        every, found, own, listed = self.score()
        if whole and every:
            self.say(found * 100 >= FOUND * every, f"found: at least {FOUND} %")
            self.say(own * 100 >= BY_THEIRS * every, f"found by their exercise: at least {BY_THEIRS} %")
        if self.tap:
            print(f"1..{self.count}")
            return
        print(f"{every + listed} mutants; {listed} of them nobody outside could see. Of the others, "
              f"{found} are found ({100 * found / max(every, 1):.1f} %), "
              f"{own} by their exercise ({100 * own / max(every, 1):.1f} %).")
        print(f"{self.count - len(self.bad)} passed, {len(self.bad)} failed, 0 skipped")


def in_turn(trial, mutants, jobs, seconds):
    """Each as soon as it is done; none is begun after so many seconds."""
    end = time.monotonic() + seconds

    def one(pair):
        return trial.run(*pair) if time.monotonic() < end else None
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        yield from filter(None, pool.map(one, enumerate(mutants)))


def arguments():
    parser = argparse.ArgumentParser(description="Does the grader find small mistakes?")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=4 * 3600)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--tap", action="store_true")
    parser.add_argument("--wscheck", type=pathlib.Path, default=ROOT / "build/plain/tests/wscheck/wscheck")
    parser.add_argument("exercise", nargs="*")
    return parser.parse_args()


def main():
    chosen, reasons = arguments(), read_survivors()
    mutants = list(all_mutants(chosen.exercise))
    known = {mutant.name() for mutant in mutants}
    mutants = [mutant for mutant in mutants if chosen.only in mutant.name()]
    if chosen.list:
        print(*(mutant.name() for mutant in mutants), sep="\n")
        return 0
    if chosen.sample:
        mutants = [mutant for mutant in mutants if mutant.name() not in reasons and not mutant.is_about_threads()]
        mutants = mutants[:: max(1, len(mutants) // chosen.sample)][:chosen.sample]
    tally = Tally(reasons, chosen.tap)
    with tempfile.TemporaryDirectory(prefix="mutants-") as place:
        trial = Trial(place, chosen.wscheck.resolve())
        trial.originals(list(functions()))
        for mutant in in_turn(trial, mutants, chosen.jobs, chosen.seconds):
            tally.take(mutant)
    for name in reasons:
        if not chosen.exercise and name not in known:
            tally.say(False, f"there is no such mutant: {name}")
    tally.summary(not (chosen.sample or chosen.only or chosen.exercise))
    return 1 if tally.bad else 0


if __name__ == "__main__":
    sys.exit(main())
