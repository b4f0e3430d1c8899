"""What the grader tells people stands in chinese/*.h, too; all of it, and nothing else. And none of it is said to
programs.

A text is for people if it is given to a function that shows it, or stands in a field or a table that is shown. What
looks like a sentence and is not must say why: it is sent, compared, or a name. So no new one is forgotten.
"""
import os
import re

import pytest

from grader import CHINESE, HERE, english_in, start_faulty, wscheck

# Calls whose texts are shown, at any place among their arguments; and fields, of which each is.
SHOWN = {"words", "say", "end_line", "trial_fail", "trial_fail_at", "trial_worked", "trial_say", "trial_skip",
         "fail_frame", "note_death", "look_after_server", "skip", "show_paragraph", "show_label", "usage_error"}
SHOWN_FIELDS = {"title", "rule", "symptom", "section", "label", "next"}
# Calls that send a text, compare with it, or look for it; fields that are sent, or are names.
SILENT = re.compile(r"BYTES|line_of|frame_add|add_\w+|send_\w+|(all_)?expect_\w+|bytes_find|strstr|sscanf|strncasecmp")
SILENT_FIELDS = {"text", "parents", "before", "options"}
# The same of what stands in no such call.
REQUESTS = re.compile(r"(GET|HEAD) /|--challenge [a-e]$|listening on http:")
SAID_TO_ALL = [  # in rooms, and by servers whose bytes are compared
    r"{\"data\":\"Hello Client!\",\"clients\":%ld}", "message %u of client %zu", "from client %zu", "last words %u",
    "last words of client %zu"]
SAID_BY_SANITIZERS = ["Write of size", "Read of size", "Atomic write", "Atomic read", "WRITE of size", "READ of size",
                      "freed by", ": runtime error: ", "ERROR: AddressSanitizer", "ERROR: LeakSanitizer",
                      "WARNING: ThreadSanitizer", "WARNING: MemorySanitizer"]
NO_WORDS = ["  -H, --host H        (127.0.0.1)",
            r"wscheck: out of memory\n"]  # of bytes.c, which the wrong server has, too
SENTENCE = re.compile(r"[A-Za-z)]{2,}[,:;.]? +[A-Za-z(]")
FOR_PROGRAMS = {"machine.c"}  # JSON and TAP
OTHERS = {"faulty.c"}  # not the grader

TOKEN = re.compile(r"/\*.*?\*/|#\s*include[^\n]*|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\w+|\s+|.", re.S)


def tokens(source):
    """C without what is not read by the compiler; neighbouring strings are one."""
    found = []
    for match in TOKEN.finditer(source):
        token = match[0]
        if token.isspace() or token.startswith("/*") or token[0] == "#" and "include" in token:
            continue
        if token[0] == '"' and found and found[-1][0][0] == '"':
            found[-1] = (found[-1][0][:-1] + token[1:], found[-1][1])
        else:
            found.append((token, source.count("\n", 0, match.start()) + 1))
    return found


def texts(file):
    """Each string of a file: (text, the calls in whose arguments it stands, from inside; its field; where)."""
    found = tokens(file.read_text(encoding="utf-8"))
    brackets, field = [], None
    for at, (token, line) in enumerate(found):
        if token in "([{":
            brackets.append((found[at - 1][0] if token == "(" else None, field))
            field = None
        elif token in ")]}" and brackets:
            field = brackets.pop()[1]
        elif token in ",;":
            field = None
        elif token == "." and found[at + 2][0] == "=":
            field = found[at + 1][0]
        elif token[0] == '"':
            calls = [name for name, _ in reversed(brackets) if name is not None]
            yield token[1:-1], calls, field, f"{file.name}:{line}"


def sources():
    return [file for file in sorted(HERE.glob("*.[ch]")) if file.name not in OTHERS]


def has_letters(text):
    """Besides those of conversions, escapes, and the names of rules and functions."""
    rest = re.sub(r"%[-0-9.*]*(?:ll|z|l)?[a-zA-Z%]|\\[nrt\"\\]", "", text)
    return re.search("[A-Za-z]", re.sub(r"(RFC|POSIX) \S+( §[\d.]+)?(, (§[\d.]+|RFC \d+( §[\d.]+)?))*", "", rest))


def shown():
    for file in sources():
        for text, calls, field, where in texts(file):
            silent = any(map(SILENT.fullmatch, calls)) or field in SILENT_FIELDS or REQUESTS.match(text) or \
                text in SAID_TO_ALL + SAID_BY_SANITIZERS + NO_WORDS or file.name in FOR_PROGRAMS
            told = SHOWN & set(calls) or field in SHOWN_FIELDS
            if has_letters(text) and (told or SENTENCE.search(text) and not silent):
                yield text, where


STRING = r'"(?:[^"\\]|\\.)*"'
STRINGS = rf"{STRING}(?:\s*{STRING})*"


def rows():
    """(English, Chinese, where)"""
    for file in sorted((HERE / "chinese").glob("*.h")):
        code = re.sub(r"/\*.*?\*/", "", file.read_text(encoding="utf-8"), flags=re.S)
        assert not re.sub(rf"\{{{STRINGS},\s*{STRINGS}\}},", "", code).strip(), f"{file.name} has more than rows"
        for english, chinese in re.findall(rf"\{{({STRINGS}),\s*({STRINGS})\}}", code):
            yield *("".join(part[1:-1] for part in re.findall(STRING, text)) for text in (english, chinese)), file.name


ROWS = list(rows())


def conversions(text):
    return re.findall(r"%[-0-9.*]*(?:ll|z|l)?[a-zA-Z%]", text)


def test_every_file_of_rows_is_in_the_table():
    included = re.findall(r'#include "chinese/(\w+\.h)"', (HERE / "words.c").read_text(encoding="utf-8"))
    assert sorted(included) == sorted(file.name for file in (HERE / "chinese").iterdir())


def test_all_that_people_see_has_its_chinese():
    known = {english for english, _, _ in ROWS}
    texts_of_people = list(shown())
    assert len(texts_of_people) > 1000
    assert [f"{where}: {text}" for text, where in texts_of_people if text not in known and text != "101"] == []


def test_what_is_formatted_is_put_into_the_readers_language():
    """... at once; but for a header as it is sent, and what a sanitizer's thread does, which is told later."""
    formatting = {"printf", "snprintf", "fprintf", "puts", "fputs", "in_colour", "bytes_add_format", "bytes_add_text"}
    later = {"%s: %s", "writes", "reads", "has freed it", "locks", "uses it", "does it"}
    known = {english for english, _, _ in ROWS} - later
    assert [where for file in sources() for text, calls, _, where in texts(file)
            if calls and calls[0] in formatting and text in known] == []


def test_no_row_is_left_over():
    there = {text for file in sources() for text, *_ in texts(file)}
    assert [row for row in ROWS if row[0] not in there] == []


def test_no_row_is_there_twice():
    english = [row[0] for row in ROWS]
    assert sorted({text for text in english if english.count(text) > 1}) == []


def test_a_format_has_the_same_conversions_in_both():
    assert [row for row in ROWS if conversions(row[0]) != conversions(row[1])] == []


def test_chinese_is_chinese():
    """With the marks of Chinese. Some titles are what is sent, and the same in both."""
    sent = re.compile(r"[A-Z][A-Za-z-]*: .*|HTTP/1.*|\d+ MiB")
    assert [row for row in ROWS if not re.search(r"[\u3000-\u9fff\uff00-\uffef]", row[1]) and
            (row[0] != row[1] or not sent.fullmatch(row[0]))] == []
    assert [row for row in ROWS if re.search(r"[\u4e00-\u9fff] ?[,;!?]|[\u4e00-\u9fff][:(]", row[1])] == []


# --------------------------------------------------------------------------------- what is said

def ids():
    return re.findall(r"^  ([a-z0-9-]+) ", wscheck("--list").stdout, re.M)


@pytest.mark.parametrize("arguments", [["--help"], ["--list"]], ids=" ".join)
def test_what_is_asked_is_answered_in_chinese(arguments):
    run = wscheck(*arguments, env=CHINESE)
    assert run.returncode == 0 and run.stdout != wscheck(*arguments).stdout
    assert english_in(run.stdout) == []


def test_every_hint_is_chinese():
    for id in ids():
        for step in 1, 2, 3:
            hint = wscheck(*["--hint", id] * step, env=CHINESE).stdout
            assert hint.startswith(f"{id}：") and english_in(hint) == []


@pytest.mark.parametrize("arguments", [["--lesson", "4"], ["--no-such-option"], ["--lesson"], ["-l"], ["-kx"], ["word"],
                                       ["--hint", "no-such"], ["--lesson", "1", "--port", "1", "--only", "no-such"]],
                         ids=" ".join)
def test_wrong_usage_is_told_in_chinese(arguments):
    run = wscheck(*arguments, env=CHINESE)
    assert run.returncode == 2 and run.stdout == ""
    assert re.match("wscheck: .*[\u4e00-\u9fff]", run.stderr) and english_in(run.stderr) == []


@pytest.mark.parametrize("variables, is_chinese", [
    ({"LANG": "zh_CN.UTF-8"}, True), ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "C"}, False),
    ({"LANG": "C", "LC_ALL": "zh_TW"}, True), ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, True), ({}, False)])
def test_the_locale_says_the_language(variables, is_chinese):
    env = {name: value for name, value in os.environ.items() if name not in ("LC_ALL", "LC_MESSAGES", "LANG")}
    assert ("用法" in wscheck("--help", env=env | variables).stdout) == is_chinese


@pytest.mark.parametrize("form", ["--json", "--tap"])
@pytest.mark.parametrize("lesson, fault, exercise", [(1, "hex-base64", "accept-key"), (2, "close-swapped", "close"),
                                                     (2, "ping-ignored", "pong")])
def test_programs_read_the_same_in_any_language(form, lesson, fault, exercise):
    with start_faulty(lesson, fault) as server:
        arguments = ["--lesson", lesson, "--port", server.port, "--timeout", 1, "--only", exercise, form]
        english, chinese = wscheck(*arguments), wscheck(*arguments, env=CHINESE)
    assert english.returncode == chinese.returncode == 1
    assert english.stdout == chinese.stdout
