#!/usr/bin/env python3
"""
rfc6455.py - writes common/RFC6455.md from rfc6455.tsv: each rule of the RFC, who keeps it, what proves it

    rfc6455.py                   writes the page
    rfc6455.py --check           only says whether it is current
    rfc6455.py --count FILE      counts the words MUST, SHOULD ... in each section of the RFC's text, as
                                 rfc6455_counts.tsv has them (the text itself is not kept here:
                                 https://www.rfc-editor.org/rfc/rfc6455.txt)

A row of rfc6455.tsv: section, word, how many times the word stands there for this rule, whom it concerns,
the rule in our words, the functions that keep it, the checks of wscheck and the tests that prove it.
"""
import argparse
import collections
import csv
import pathlib
import re
import sys

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))  # for ws_testlib

import sources
from ws_testlib.servers import ROOT

HERE = pathlib.Path(__file__).resolve().parent
PAGE = ROOT / "common/RFC6455.md"

WHOM = {
    "server": "a server",
    "left": "a server, and this one leaves it to others or undone",
    "client": "clients",
    "proxy": "proxies and other machines on the way",
    "extension": "extensions, of which this server has none",
    "uri": "who writes a ws:// address",
    "word": "the meaning of the words themselves",
}

Rule = collections.namedtuple("Rule", "section word times whom rule functions checks tests")


def read(name):
    with open(HERE / name, newline="") as file:
        return [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
                if row and not row[0].startswith("#")]


def rules():
    return [Rule(row[0], row[1], int(row[2]), row[3], row[4], row[5].split(), row[6].split(), row[7].split())
            for row in (row + [""] * (8 - len(row)) for row in read("rfc6455.tsv"))]


def counts():
    return {(section, word): int(number) for section, word, number in read("rfc6455_counts.tsv")}


def count(text):
    """How often each word stands in each section; the pages' heads and feet are left out."""
    text = re.sub(r"\n*\S+ & \S+ +Standards Track +\[Page \d+\]\n\f?\n*RFC 6455 [^\n]*\n+", "\n", text)
    text = text[text.index("\n1.  Introduction\n\n1.1"):]
    found = collections.Counter()
    for part in re.split(r"\n(?=\d+(?:\.\d+)*\.\s+[A-Z])", text):
        heading = re.match(r"\n?(\d+(?:\.\d+)*)\.", part)
        flat = re.sub(r"\s+", " ", part)
        for word in re.findall(r"\b(?:MUST|SHALL|SHOULD)(?: NOT)?\b|\bREQUIRED\b|\bRECOMMENDED\b", flat):
            found[heading[1], word] += 1
    return found


# ---------------------------------------------------------------------------------------------- the page

CHAPTERS = {"4": "The handshake", "5": "Frames", "6": "Sending and receiving", "7": "Closing",
            "8": "Text", "9": "Extensions", "10": "Security", "11": "Header fields"}

HEAD = """# RFC 6455, rule by rule

Each MUST, MUST NOT, SHOULD and SHOULD NOT of [RFC 6455](https://www.rfc-editor.org/rfc/rfc6455) that concerns
a server: the function that keeps it, and what proves it: checks of the grader (`./wscheck --list`) and
tests. The rules are in our words; the RFC's are what counts. In small letters: a part of the rule above it.

This page is made by tests/texts/rfc6455.py from the table beside it. `tests/run texts` sees to it that no
word of the RFC is left out, that every function, check and test is there, and that the page is current.
"""


def where_functions_are():
    """The file of each function. Of two with the same name, that of a module counts before that of a program."""
    return {name: next((path for path in paths if "\nint main(" not in sources.text_of(path)), paths[0])
            for name, paths in sources.defined().items()}


def link(text, path):
    parts = path.parts
    target = "/".join(parts[1:] if parts[0] == "common" else ("..", *parts))
    return f"[{text}]({target})"


def row_of(rule, files):
    word = rule.word.lower() if rule.times == 0 else rule.word + (f" ×{rule.times}" if rule.times > 1 else "")
    kept = ", ".join(link(f"`{name}()`", files[name]) for name in rule.functions if name in files)
    tests = [link(f"`{name}`", pathlib.Path(file)) for file, name in (test.split("::") for test in rule.tests)]
    proof = ", ".join([f"`{check}`" for check in rule.checks] + tests)
    return f"| {rule.section} | {word} | {rule.rule} | {kept or '**not here**'} | {proof} |"


def page():
    files, out = where_functions_are(), [HEAD]
    ours = [rule for rule in rules() if rule.whom in ("server", "left")]
    for chapter, title in CHAPTERS.items():
        out += [f"## {chapter}. {title}", "", "| § | | the rule | kept by | proven by |", "| --- | --- | --- | --- | --- |"]
        out += [row_of(rule, files) for rule in ours if rule.section.split(".")[0] == chapter] + [""]
    out += ["## The rest", "", "What the same words say to others:", "", "| § | | whom | |", "| --- | --- | --- | --- |"]
    out += [f"| {rule.section} | {rule.word}{f' ×{rule.times}' if rule.times > 1 else ''} | {WHOM[rule.whom]} | {rule.rule} |"
            for rule in rules() if rule.whom not in ("server", "left")]
    total, concern = sum(counts().values()), sum(rule.times for rule in ours)
    left = sum(rule.times for rule in ours if rule.whom == "left")
    out += ["", f"{total} words in all; {concern} concern a server, and {left} of these it leaves to others or undone."]
    return "\n".join(out) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--count", metavar="FILE")
    arguments = parser.parse_args()
    if arguments.count:
        for (section, word), number in count(pathlib.Path(arguments.count).read_text()).items():
            print(section, word, number, sep="\t")
    elif arguments.check:
        if PAGE.read_text() != page():
            sys.exit(f"{PAGE.relative_to(ROOT)} is not current: run tests/texts/rfc6455.py")
    else:
        PAGE.write_text(page())


if __name__ == "__main__":
    main()
