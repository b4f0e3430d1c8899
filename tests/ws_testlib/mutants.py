"""
mutants - C source, changed in one small way at a time

    Function     the body of a function, in the text of its file
    mutants_of   what can be changed in it: a condition negated or its bound moved, a constant one more or
                 one less, a statement left out, operands swapped, a lock and its unlock taken away
    Builder      compiles one file of a build anew, and links it in the place of the one that is there

What becomes of a mutant is for trials.py and those who use it: tests/wscheck/mutants.py gives it to the
grader, tests/mutants/own.py to the project's own tests.
"""
import collections
import dataclasses
import hashlib
import pathlib
import re
import shlex
import subprocess

from .servers import ROOT

COMPILING = 60  # seconds


# ------------------------------------------------------------------------------------------ the source

@dataclasses.dataclass
class Function:
    group: str  # what it is counted with: its exercise, or its module
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
        return f"{self.function.group} | {self.function.name}{twin} | {before} | {after}"

    def is_about_threads(self):
        return self.kind == "lock" or "pthread_" in "".join(self.function.text[s:e] for s, e, _ in self.edits)


def code_only(text):
    """The text with blanks for what is in comments, strings and lines of the preprocessor."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|^#[^\n]*', blank, text, flags=re.S | re.M)


HEAD = re.compile(r"^\w[^;{}]*?\b(\w+)\([^;{}]*\)\n\{\n", re.M)


def functions_of(group, file):
    """All that are defined in it, in their order."""
    text = (ROOT / file).read_text()
    for head in HEAD.finditer(code_only(text)):
        yield Function(group, file, head[1], text, head.end(), text.index("\n}\n", head.end()) + 1)


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


def value_of(number):
    return int(number, 8 if re.match("0[0-7]", number) else 0)


def constants(code):
    """One more, one less, the other truth. Sizes of arrays are not of interest,
    and an outcome that is returned has no neighbours."""
    code = re.sub(r"^ +(?:unsigned )?char \w+\[[^;]*;", lambda m: " " * len(m[0]), code, flags=re.M)
    for m in re.finditer(r"\b(0x[0-9A-Fa-f]+|\d+)\b", code):
        if code[m.start() - 1:m.start()] != "-":  # -1 and -2 are the same failure
            yield "constant", [(m.start(), m.end(), str(value_of(m[0]) + 1))]
        if value_of(m[0]) > 0:
            yield "constant", [(m.start(), m.end(), str(value_of(m[0]) - 1))]
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


def all_mutants(functions):
    """Of all these, each once."""
    seen, names = set(), collections.Counter()
    for function in functions:
        for mutant in mutants_of(function):
            key = mutant.function.file, mutant.source()
            if key not in seen:
                seen.add(key)
                names[mutant.name()] += 1
                mutant.twin = names[mutant.name()]
                yield mutant


# ------------------------------------------------------------------------------------------- building

REFUSED = ["int-conversion", "incompatible-pointer-types", "implicit-function-declaration"]


class Builder:
    """Compiles one object, and links it before an archive of the build, which has another of this file."""

    def __init__(self, variant, place, *refused):
        """refused: what is no mutant, besides mixed-up types: warnings, by their name."""
        self.variant, self.build, self.place = variant, ROOT / "build" / variant, pathlib.Path(place)
        self.errors = [f"-Werror={name}" for name in (*REFUSED, *refused)]
        words = [word for word in shlex.split((self.build / "flags").read_text())
                 if not re.match(r"-W(?!\w,)", word)]
        self.libraries = [word for word in words if word.startswith("-l")]
        self.words = [word for word in words if word not in self.libraries]

    @staticmethod
    def run(command):
        return subprocess.run(list(map(str, command)), cwd=ROOT, stdin=subprocess.DEVNULL, timeout=COMPILING,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)

    def compile(self, file, text, name):
        """The object file, or None. What the compiler only warns of stands. One that is to be compared says
        nothing of its lines, and the source has the same name each time, since that
        stands in the object; a sanitizer's report needs lines."""
        place = self.place / f"{name}-{self.variant}"
        place.mkdir()
        source, target = place / pathlib.Path(file).name, place.with_suffix(".o")
        source.write_text(text)
        folder = pathlib.Path(file).parent
        pages = [self.build / folder, self.build / "lesson02_frames", self.build / "lesson02_frames/challenges"]
        done = self.run([*self.words, *self.errors, "-g0" if self.variant == "plain" else "-g1",
                         *(f"-I{p}" for p in (folder, *pages)), "-c", "-o", target, source])
        source.unlink()
        place.rmdir()
        return target if done.returncode == 0 else None

    def link(self, objects, archive, *libraries):
        """The program of the first object and others: what they define is not taken from the archive."""
        program = objects[0].with_suffix("")
        done = self.run([*self.words, "-o", program, *objects, self.build / archive, *libraries, *self.libraries])
        if done.returncode != 0:
            raise RuntimeError(f"{objects[0]} does not link:\n{done.stderr}")
        return program

    def link_server(self, name, file, target):
        """lesson01 to lesson03, with this object of one of its files; any other is a file on top of a lesson."""
        folder = next(ROOT.glob(f"{name}_*"), None)
        if folder is None or file == f"{folder.name}/server.c":
            return self.link([target], f"{file[:8]}.a")
        return self.link([target, self.build / folder.name / "server.o"], f"{name}.a")


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Seen:
    """Which objects there have been of a file: what is the same as another is no mutant."""

    def __init__(self):
        self.keys = collections.defaultdict(set)

    def is_new(self, file, key):
        new = key not in self.keys[file]
        self.keys[file].add(key)
        return new
