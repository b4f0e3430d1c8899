"""
play - does what a text says, as a reader would, and compares what comes with what the text shows

What a block of code means stands in CONTRIBUTING.md, "Texts are run".
"""
import bisect
import csv
import difflib
import os
import pathlib
import re
import subprocess
import tempfile

from copy_of_tree import Port, copy_tree
from document import Block, Table
from sources import find_file
from terminal import CTRL_BRACKET, CTRL_C, Terminal
from ws_testlib.servers import ROOT

PATIENCE = 120  # for a command to end, and for what a text shows to come

PICTURES = {"text", "mermaid"}

# Not the same each time; in what a text shows and in what comes.
VARIES = [
    (r"(?m)^\[\d+\][ +-].*\n", ""),                        # what a shell says of jobs in the background
    (r"(?m)^\[\d+\] \d+\n", ""),
    (r"(\^C\n?)+", "^C\\n"),                               # one that no program was there to take is typed again
    (r"\b\d\d:\d\d:\d\d(\.\d+)?\b", "TIME"),
    (r"(?m)^#\d+ ", "#N "),
    (r"(?<=127\.0\.0\.1:)(?!PORT)\d+|(?<=\[::1\]:)(?!PORT)\d+", "CLIENT"),
    (r"\bafter \d+ milliseconds", "after MS milliseconds"),
    (r'(?<="uptime":)\d+', "UPTIME"),
    (r"(?m)[ \t]+$", ""),
]


def not_run():
    """(how, fragment, reason): what no test can run. "block": all of it; "stub": a program that does nothing."""
    with open(ROOT / "tests/texts/not_run.tsv", newline="") as file:
        return [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
                if row and not row[0].startswith("#")]


def reason_not_to_run(block):
    return next(((fragment, reason) for how, fragment, reason in not_run()
                 if how == "block" and fragment in block.text), None)


class Mismatch(AssertionError):
    pass


def play(document, shell, patience=PATIENCE):
    """Plays a text; returns what was found wrong, and how many blocks there were of each kind."""
    port = Port()
    with tempfile.TemporaryDirectory(prefix="texts-") as directory:
        try:
            return Reader(document, shell, pathlib.Path(directory), port.number, patience).read()
        finally:
            port.release()


class Reader:
    def __init__(self, document, shell, directory, port, patience):
        self.document, self.shell, self.port, self.patience = document, shell, port, patience
        self.directory, self.tree = directory, directory / "tree"
        self.terminals, self.functions, self.programs = {}, set(), {"server"}
        self.wrong, self.count = [], {}
        self.pasted = 0

    def read(self):
        copy_tree(self.tree, self.port)
        self.environment = self.surroundings()
        try:
            self.read_parts(self.document.parts)
        finally:
            for terminal in self.terminals.values():
                terminal.close()
        return self.wrong, self.count

    def surroundings(self):
        """What a shell finds: an ordinary user's environment, and stubs for what cannot be run."""
        stubs = self.directory / "stubs"
        stubs.mkdir()
        for how, name, _ in not_run():
            if how == "stub":
                (stubs / name).write_text('#!/bin/sh\nexec "$@"\n' if name == "sudo" else "#!/bin/sh\n")
                (stubs / name).chmod(0o755)
        return {"PATH": f"{stubs}:{os.environ['PATH']}", "HOME": str(self.directory), "TERM": "dumb",
                "LANG": "C.UTF-8", "NO_COLOR": "1", "TMPDIR": str(self.directory)}

    def terminal(self, number):
        if number not in self.terminals:
            self.terminals[number] = Terminal(self.shell, self.tree, self.environment)
        return self.terminals[number]

    def counted(self, kind, how_many=1):
        self.count[kind] = self.count.get(kind, 0) + how_many

    def read_parts(self, parts):
        for part, following in zip(parts, [*parts[1:], None]):
            shown = following if isinstance(following, Block) and following.is_output else None
            try:
                if isinstance(part, Block) and not part.is_output:
                    self.read_block(part, shown)
                elif isinstance(part, Table):
                    for row in part.rows:
                        self.read_row(row)
            except AssertionError as wrong:
                self.wrong.append(f"{self.document.path}:{part.line}: {wrong}")

    def read_block(self, block, shown):
        if block.language == "sh":
            if reason_not_to_run(block):
                self.counted("listed as not run")
                return
            self.paste(block, shown.text if shown else None)
            self.counted("run")
            self.counted("outputs compared", 1 if shown else 0)
        elif block.language == "console":
            self.talk(block.text)
            self.counted("dialogues played")
        elif match := re.fullmatch(r"terminal(\d)", block.language):
            self.expect_lines(self.terminal(int(match[1])), block.text)
            self.counted("outputs compared")
        elif block.language == "diff":
            self.apply(block.text)
            self.counted("changes applied")
        elif block.language in PICTURES:
            self.counted("pictures")
        elif block.language == "":
            raise Mismatch("a block without a language that does not stand directly behind a block of sh: "
                           "say text if it is a picture, terminal1 if the server shows it")
        else:
            self.take_file(block)

    # commands

    def paste(self, block, shown):
        text = self.with_port(block.text)
        self.functions |= set(re.findall(r"^(\w+)\(\) *\{", text, re.M))
        self.programs |= set(re.findall(r" -o (\w+)", text))
        terminal = self.terminal(self.where(text))
        self.pasted += 1
        file = self.directory / f"{self.pasted}.sh"
        file.write_text(text)
        terminal.command(f". {file}")
        if terminal is self.terminals.get(2):
            self.expect_all(terminal, shown)
        elif shown is not None:
            self.expect_lines(terminal, shown)
        elif terminal is self.terminals.get(1):
            self.expect_lines(terminal, "listening on http://127.0.0.1:8080/\n")
        else:
            terminal.wait(lambda: len(terminal.output.bytes) > terminal.start, self.patience)

    def where(self, text):
        """The number of the terminal that a block is typed into."""
        if match := re.match(r"# terminal (\d)\n", text):
            return int(match[1])
        commands = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        last = re.split(r"&&|;", commands[-1])[-1].strip() if commands else ""
        is_server = re.fullmatch(r"\./(\w+)( [^|&<>]*)?", last)
        return 1 if is_server and is_server[1] in self.programs else 2

    def expect_all(self, terminal, shown):
        """The command ends, and nothing else stands on the screen than what is shown."""
        if shown is not None and shown.endswith("^C\n"):
            self.expect_lines(terminal, shown[:-len("^C\n")])
            terminal.interrupt(self.patience)
        if not terminal.wait_for_prompt(self.patience):
            seen = terminal.screen(terminal.start)
            terminal.leave()
            raise Mismatch(f"it does not end (if it is meant not to, the text shows ^C). It shows: ...{seen[-800:]}")
        seen = terminal.screen(terminal.start, terminal.prompt().start())
        terminal.mark = terminal.prompt().end()
        if shown is None:
            if terminal.status() != 0:
                raise Mismatch(f"exit status {terminal.status()}: ...{seen[-800:]}")
        elif not re.fullmatch(self.pattern(shown) + r"\n*", self.plain(seen)):
            raise Mismatch(self.difference(shown, seen))

    def expect_lines(self, terminal, shown):
        """These lines come, one after the other, among others perhaps."""
        pattern = re.compile("^" + self.pattern(shown), re.M)
        found = terminal.wait(lambda: pattern.search(self.plain(terminal.screen(terminal.mark)))
                              or terminal.prompt(), self.patience)
        found = pattern.search(self.plain(terminal.screen(terminal.mark)))
        if not found:
            raise Mismatch(self.difference(shown, terminal.screen(terminal.mark)))
        self.move_mark(terminal, pattern)

    def move_mark(self, terminal, pattern):
        """To the end of the first line by which the pattern is found: what is found in a part is in the whole."""
        seen = terminal.output.bytes
        ends = [match.end() for match in re.finditer(b"\n", seen[terminal.mark:])] or [len(seen) - terminal.mark]
        first = bisect.bisect_left(ends, True, hi=len(ends) - 1, key=lambda end: bool(
            pattern.search(self.plain(terminal.screen(terminal.mark, terminal.mark + end)))))
        terminal.mark += ends[first]

    # dialogues

    def talk(self, text):
        terminal = self.terminal(2)
        for dialogue in re.split(r"(?m)^(?=\$ )", text):
            if dialogue:
                self.talk_about(terminal, dialogue)

    def talk_about(self, terminal, dialogue):
        first, *lines = dialogue.splitlines()
        terminal.command(self.with_port(first[2:]))
        is_dialogue = re.match(r"\$ (telnet|nc) ", first)
        if not is_dialogue:
            self.expect_all(terminal, "".join(line + "\n" for line in lines))
            return
        expected = ""
        for line, is_typed in self.roles(lines, is_telnet=first.startswith("$ telnet ")):
            if is_typed:
                self.expect_so_far(terminal, expected)
                terminal.type({"^]": CTRL_BRACKET, "^C": CTRL_C}.get(line) or
                              self.with_port(line.removeprefix("telnet> ")) + "\n")
            expected += line + "\n"
        self.expect_so_far(terminal, expected)
        if "Connection closed" in lines[-1]:
            terminal.wait_for_prompt(self.patience)
        terminal.mark = len(terminal.output.bytes)

    def roles(self, lines, is_telnet):
        """(line, is it typed?) of a dialogue: an answer begins with HTTP/1.1 and a status and ends with an empty
        line, or with the connection if it is a refusal; what nobody can type is not typed; all else is."""
        is_answer, is_refused = is_telnet, False
        for line in lines:
            if re.match(r"HTTP/1\.1 \d\d\d ", line):
                is_answer, is_refused = True, " 101 " not in line
            is_theirs = is_answer or "\ufffd" in line or re.search(r"Connection closed", line)
            yield line, not is_theirs
            if is_telnet and line == "Escape character is '^]'." or is_answer and line == "" and not is_refused:
                is_answer = False

    def expect_so_far(self, terminal, expected):
        """All that has come in this dialogue is what was expected, to the byte."""
        pattern = re.compile(self.pattern(expected) + "\n*")
        if not terminal.wait(lambda: pattern.fullmatch(self.plain(self.dialogue_screen(terminal))), self.patience):
            raise Mismatch(self.difference(expected, self.dialogue_screen(terminal)))

    def dialogue_screen(self, terminal):
        prompt = terminal.prompt()
        return terminal.screen(terminal.start, prompt.start() if prompt else None)

    # tables

    def read_row(self, row):
        """Each command of the text's own in the last cell gives the code in an earlier one."""
        commands = [code for code in row.codes[-1] if code.split(" ")[0] in self.functions]
        numbers = [re.findall(r"\b[1-5]\d\d\d?\b", cell) for cell in row.cells[:-1]
                   if re.fullmatch(r"[1-5]\d\d\d?(, [1-5]\d\d\d?)*", cell)]
        if not commands or not numbers:
            return
        codes = numbers[0] * len(commands) if len(numbers[0]) == 1 else numbers[0]
        if len(codes) != len(commands):
            raise Mismatch(f"line {row.line}: {len(commands)} commands for {len(codes)} codes")
        for command, code in zip(commands, codes):
            self.try_command(row.line, command, int(code))

    def try_command(self, line, command, code):
        terminal = self.terminal(2)
        terminal.command(self.with_port(command))
        if not terminal.wait_for_prompt(self.patience):
            terminal.leave()
            raise Mismatch(f"line {line}: {command} does not end")
        seen = terminal.screen(terminal.start, terminal.prompt().start())
        terminal.mark = terminal.prompt().end()
        if code < 1000:
            is_right = re.search(rf"^HTTP/1\.1 {code} ", seen, re.M)
        else:
            is_right = re.search(rf"\b88 [0-9a-f]{{2}} {code >> 8:02x} {code & 255:02x}\b", hex_of_dump(seen))
        if not is_right:
            raise Mismatch(f"line {line}: {command} does not give {code}: {seen[-800:]}")
        self.counted("commands in tables")

    # files

    def apply(self, change):
        done = subprocess.run(["git", "apply", "-"], cwd=self.tree, input=self.with_port(change), text=True,
                              capture_output=True)
        if done.returncode != 0:
            raise Mismatch(f"the change does not apply: {done.stderr}")

    def take_file(self, block):
        """An excerpt of a file stands there; what is no file of the project yet, the reader makes."""
        name = next((word for word in reversed(block.before) if re.search(r"\.\w+$", word)), None)
        if name is None:
            raise Mismatch(f"a block of {block.language}, and the paragraph before it names no file")
        file = find_file(name, self.document.path)
        if file is None:
            (self.tree / name).write_text(self.with_port(block.text))
            self.counted("files made")
        elif not re.search("^" + self.pattern(block.text),
                           self.plain((ROOT / file).read_text()), re.M):
            raise Mismatch(f"this does not stand in {file}, line by line")
        else:
            self.counted("excerpts compared")

    # what is compared

    def with_port(self, text):
        return re.sub(r"\b8080\b", str(self.port), text)

    def plain(self, text):
        text = re.sub(rf"\b(?:8080|{self.port})\b", "PORT", text)
        for pattern, placeholder in VARIES:
            text = re.sub(pattern, placeholder, text)
        return text if text.endswith("\n") or not text else text + "\n"

    def pattern(self, shown):
        return "".join(r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n"
                       for line in self.plain(shown).splitlines())

    def difference(self, shown, seen):
        lines = difflib.unified_diff(self.plain(shown).splitlines(), self.plain(seen).splitlines()[-60:],
                                     "what the text shows", "what comes", lineterm="", n=50)
        return "\n" + "\n".join(lines)


def hex_of_dump(text):
    """The bytes in the lines of od -t x1, with one blank between them."""
    lines = [line.split() for line in text.splitlines()]
    return " ".join(word for line in lines if line and all(re.fullmatch(r"[0-9a-f]{2}", w) for w in line)
                    for word in line)
