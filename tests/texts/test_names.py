"""What the texts point at and name is there: links and their anchors, files, functions, options, constants,
targets of make; and who gives a figure says how it was made."""
import os
import pathlib
import re
import urllib.parse

import pytest

import sources
from document import Block, Document, Heading, Paragraph, Table, texts
from ignored import is_ignored
from ws_testlib.servers import ROOT

DOCUMENTS = {path: Document(path) for path in texts()}
every_document = pytest.mark.parametrize("document", DOCUMENTS.values(), ids=lambda d: str(d.path))

# Programs that are not the project's: their options are theirs.
FOREIGN = {"apt-get", "brew", "curl", "dnf", "docker", "git", "nc", "npm", "npx", "openssl", "pip3", "pkg", "sudo",
           "gcc", "cc", "clang", "perf", "strace", "tcpdump", "tshark", "redis-server", "wrk", "ps", "valgrind", "node"}


def shell_functions(document):
    return {name for block in document.all(Block) if block.language == "sh"
            for name in re.findall(r"^ *(\w+)\(\) *\{", block.text, re.M)}


def made_files(document):
    """Files that the reader makes."""
    return {word for block in document.all(Block) for word in block.before if re.search(r"\.\w+$", word)}


def said(document):
    """(line, text) of all that is no block of code, without addresses of the web."""
    for part in document.parts:
        if isinstance(part, Paragraph):
            yield part.line, without_urls(part.text)
        elif isinstance(part, Table):
            for row in part.rows:
                yield row.line, without_urls(" | ".join(row.cells))


def without_urls(text):
    return re.sub(r"\bhttps?://[^\s)`>]*", "", text)


def fail_if(wrong):
    assert not wrong, "\n".join(wrong)


@every_document
def test_markup_is_understood(document):
    """What is meant as bold or code and is shown with its asterisks: **word:**word, for instance, behind a colon."""
    fail_if([f"{document.path}:{line}: {text}" for line, text in document.plain if "**" in text or "`" in text])


@every_document
def test_links(document):
    wrong = []
    for line, target in document.links:
        problem = what_is_wrong_with_link(document, target)
        if problem:
            wrong.append(f"{document.path}:{line}: {target}: {problem}")
    fail_if(wrong)


def what_is_wrong_with_link(document, target):
    url = urllib.parse.urlsplit(target)
    if url.scheme:
        is_good = url.scheme in ("http", "https") and re.fullmatch(r"[\w.-]+(:\d+)?", url.netloc) and " " not in target
        return None if is_good else "no proper address"
    path = pathlib.Path(os.path.normpath(document.path.parent / urllib.parse.unquote(url.path))) \
        if url.path else document.path
    if path.is_absolute() or ".." in path.parts or not (ROOT / path).exists():
        return "there is no such file"
    anchor = urllib.parse.unquote(url.fragment)
    if not anchor:
        return None
    if path.suffix == ".md":
        return None if anchor in DOCUMENTS[path].anchors else "there is no such heading"
    line = re.fullmatch(r"L(\d+)", anchor)
    is_good = line and int(line[1]) <= sources.text_of(path).count("\n")
    return None if is_good else "only lines (#L12) can be pointed at in that file"


@every_document
def test_functions(document):
    own = shell_functions(document)
    fail_if([f"{document.path}:{line}: there is no function {name}()" for line, text in said(document)
             for name in re.findall(r"\b([A-Za-z_]\w*)\(\)", text)
             if name not in own and not sources.has_function(name)])


@every_document
def test_functions_in_a_row_are_in_the_files_of_that_row(document):
    wrong = []
    for table in document.all(Table):
        for row in table.rows:
            text = " ".join(row.cells)
            files = [sources.find_file(name, document.path) for name in re.findall(r"[\w./-]+\.[ch]\b", text)]
            if not files or None in files:
                continue
            code = "".join(map(sources.text_of, files))
            wrong += [f"{document.path}:{row.line}: {name}() is not in " + " or ".join(sorted(set(map(str, files))))
                      for name in re.findall(r"\b([A-Za-z_]\w*)\(\)", text)
                      if name in sources.defined() and not re.search(rf"\b{name}\(", code)]
    fail_if(wrong)


@every_document
def test_files(document):
    made = made_files(document)
    path = r"(?<![\w/.*$-])(?:(?:\.\./)*[\w-]+(?:/[\w-]+)*/?[\w-]*\.(?:c|h|md|py|mjs|html|mk|tsv|sh)\b(?!\w|/|\*)" \
           r"|(?:common|tests|lesson0\d_\w+)/[\w./-]*(?<![.-])(?!\*))"
    fail_if([f"{document.path}:{line}: there is no file {name}" for line, text in said(document)
             for name in re.findall(path, re.sub(r"\]\([^)]*\)", "]", text))
             if name not in made and not is_ignored(pathlib.Path(name))
             and sources.find_file(name, document.path) is None])


@every_document
def test_options(document):
    wrong = []
    pieces = [(line, code) for line, code in document.codes]
    pieces += [(block.line, line) for block in document.all(Block) if block.language in ("sh", "console")
               for line in block.text.splitlines()]
    for line, code in pieces:
        for command in re.split(r"\|\||&&|[|;]", code):
            is_foreign = set(re.findall(r"[\w-]+", command)[:3]) & FOREIGN
            wrong += [f"{document.path}:{line}: there is no option {option}" for option in
                      re.findall(r"(?<![\w-])--[a-z][\w-]*", command) if not is_foreign
                      and option not in sources.options()]
    fail_if(wrong)


@every_document
def test_constants_and_names(document):
    """What is written with an underscore in backticks, and after "struct" and "enum", is in the code."""
    own = set(re.findall(r"\w+", " ".join(block.text for block in document.all(Block))))
    wrong = []
    for line, code in document.codes:
        if FOREIGN & set(re.findall(r"[\w-]+", code)):
            continue
        names = re.findall(r"(?<![\w/.-])[A-Za-z]+(?:_[A-Za-z0-9]+)+(?![\w/.-]*[/.])", code)
        wrong += [f"{document.path}:{line}: there is no {name}" for name in re.findall(r"\b(?:struct|enum) \w+", code)
                  if not re.search(rf"\b{name}\b", sources.everything())]
        wrong += [f"{document.path}:{line}: {name} is nowhere in the code" for name in names
                  if not sources.has_constant(name) and not sources.has_function(name) and name not in own
                  and sources.find_file(name, document.path) is None]
    fail_if(wrong)


@every_document
def test_targets_of_make(document):
    wrong = []
    codes = list(document.codes) + [(block.line, block.text) for block in document.all(Block)
                                    if block.language in ("sh", "console")]
    for line, code in codes:
        for arguments in re.findall(r"(?:^|[\n;&|({$] *)g?make((?: +[\w=-]+)+)", code):
            wrong += [f"{document.path}:{line}: make has no target {target}" for target in arguments.split()
                      if re.fullmatch(r"[a-z][\w-]*", target) and target not in sources.targets()
                      and not target.startswith("-")]
    fail_if(wrong)


@every_document
def test_names_of_checks(document):
    """What stands behind --only and --hint is a check of the grader, or an exercise."""
    checks, exercises = sources.check_ids()
    codes = list(document.codes) + [(block.line, block.text) for block in document.all(Block)]
    fail_if([f"{document.path}:{line}: wscheck has no check {name}" for line, code in codes
             for name in re.findall(r"--(?:only|hint)[ =]([a-z][\w-]*)", code)
             if name not in checks | exercises])


@every_document
def test_chosen_tests_are_there(document):
    """What a text lets pytest choose with -k: each word is in the name of a test of that file, or is a lesson."""
    wrong = []
    commands = [(line, code) for line, code in document.codes]
    commands += [(block.line, line) for block in document.all(Block) if block.language in ("sh", "console")
                 for line in block.text.splitlines()]
    for line, command in commands:
        match = re.search(r"\bpytest .*?(tests/[\w/]+\.py).* -k (?:\"([^\"]+)\"|([\w ]+))", command)
        if match and (ROOT / match[1]).exists():  # otherwise test_files() says so
            names = " ".join(re.findall(r"\bdef (test_\w+)", sources.text_of(pathlib.Path(match[1]))))
            wrong += [f"{document.path}:{line}: {match[1]} has no test {word}"
                      for word in re.findall(r"\w+", match[2] or match[3])
                      if word not in ("and", "or", "not") and word not in names and not re.fullmatch(r"lesson\d", word)]
    fail_if(wrong)


FIGURE = re.compile(r"\d[\d.,]* ?(?:µs|us|ns|ms|[KMG]i?B/s|msg/s|messages/s|messages a second|per second|%|毫秒|微秒|纳秒|条/秒)"
                    r"|\d[\d.,]*(?: times (?:as|faster|slower|less|more)| ?倍)|每秒 ?\d")


@every_document
def test_figures_say_how_they_were_made(document):
    """A section with something measured in it has a command in it, which measures."""
    sections = [[]]
    for part in document.parts:
        if isinstance(part, Heading):
            sections.append([])
        sections[-1].append(part)
    wrong = []
    for section in sections:
        texts_of_it = [(part.line, part.text) for part in section if isinstance(part, Paragraph)]
        texts_of_it += [(row.line, " ".join(row.cells)) for part in section if isinstance(part, Table)
                        for row in part.rows]
        figures = [(line, match[0]) for line, text in texts_of_it
                   for match in [FIGURE.search(re.sub(r"`[^`]*`|<[^>]*>", "", text))] if match]
        commands = [part for part in section if isinstance(part, Block) and part.language in ("sh", "console")]
        commands += re.findall(r"`(?:make|\./|tests/)[^`]*`", " ".join(text for _, text in texts_of_it))
        if figures and not commands:
            wrong.append(f"{document.path}:{figures[0][0]}: {figures[0][1]}: no command here says how it was made")
    fail_if(wrong)


# ----------------------------------------------------------------------------------- README.md's table of options

def option_rows():
    for table in DOCUMENTS[pathlib.Path("README.md")].all(Table):
        for row in table.rows:
            if row.codes[0] and row.codes[0][0].startswith("-") and len(row.cells) == 4:
                yield row


def test_table_of_options_is_what_the_servers_say():
    """All of --help is in the table, from the lesson on that it says, with the defaults that it says."""
    wrong, seen = [], {1: set(), 2: set(), 3: set()}
    for row in option_rows():
        names = re.findall(r"--[a-z][\w-]*", " ".join(row.codes[0]))
        first = int(row.cells[1])
        for name in names:
            for lesson in (1, 2, 3):
                line = re.search(rf"^.*{name}\b.*$", sources.help_of(lesson), re.M)
                if bool(line) != (lesson >= first):
                    wrong.append(f"{name}: the table says from lesson {first}; lesson {lesson}: {bool(line)}")
                elif line:
                    seen[lesson].add(name)
                    default = re.search(r"\((\d+)\)$", line[0])
                    if default and default[1] not in re.findall(r"\d+", row.cells[2]):
                        wrong.append(f"{name}: its default in lesson {lesson} is {default[1]}, not {row.cells[2]}")
    for lesson in (1, 2, 3):
        missing = set(re.findall(r"--[a-z][\w-]*", sources.help_of(lesson))) - seen[lesson]
        wrong += [f"{name} of lesson {lesson} is not in the table" for name in missing]
    fail_if(wrong)
