"""The Chinese texts say what the English ones say: the same headings, blocks, tables, links, words in backticks.

Neither can be changed without the other, so that one cannot run ahead."""
import os
import pathlib
import re
import urllib.parse

from document import Block, Document, Heading, Paragraph, Table, chinese, is_chinese, texts
from ws_testlib.servers import ROOT

# Those that must have a Chinese text beside them; of all others it is compared if it is there.
REQUIRED = ["README.md", "CONTRIBUTING.md", "tests/README.md", "tests/RELIABILITY.md",
            "tests/bench/README.md", "tests/wscheck/README.md",
            "lesson01_handshake/README.md", "lesson01_handshake/TEACHING.md", "lesson02_frames/README.md",
            "lesson03_broadcast/README.md", "lesson03_broadcast/BEYOND.md"]

PAIRS = [path for path in texts() if not is_chinese(path) and (ROOT / chinese(path)).exists()]


def test_there_are_chinese_texts():
    assert [path for path in REQUIRED if not (ROOT / chinese(pathlib.Path(path))).exists()] == []


def test_no_chinese_text_is_alone():
    english = {chinese(path) for path in texts() if not is_chinese(path)}
    assert [path for path in texts() if is_chinese(path) and path not in english] == []


def link(document, target):
    """Where a link leads: the file whatever its language, and which heading of it."""
    url = urllib.parse.urlsplit(target)
    if url.scheme:
        return target
    path = pathlib.Path(os.path.normpath(document.path.parent / url.path)) if url.path else document.path
    number = ""
    if url.fragment and path.suffix == ".md" and (ROOT / path).exists():
        headings = [heading.anchor for heading in Document(path).all(Heading)]
        anchor = urllib.parse.unquote(url.fragment)
        number = headings.index(anchor) if anchor in headings else url.fragment
    return f"{str(path).replace('.zh-CN.md', '.md')}#{number}"


def is_figure(cell):
    rest = re.sub(r"(?<=\d) ?(k|M|µs|ms|s|KiB|MiB|MB)\b", "", cell)
    return any(char.isdigit() for char in rest) and not any(char.isalpha() for char in rest)


def sections(document):
    """From heading to heading: (heading, what must be the same in both languages)."""
    found = [("the beginning", [])]
    lines = [0]
    for part in document.parts:
        if isinstance(part, Heading):
            found.append((f"{'#' * part.level} {part.text}", [f"a heading of level {part.level}"]))
            lines.append(part.line)
        elif isinstance(part, Block):
            is_picture = part.language in ("text", "mermaid")
            found[-1][1].append(f"a picture ({part.language})" if is_picture else f"a block of {part.language}:\n{part.text}")
        elif isinstance(part, Table):
            found[-1][1].append(f"a table with {len(part.rows)} rows of {len(part.rows[0].cells)}")
            found[-1][1].extend("a row with " + " | ".join(filter(is_figure, row.cells)) for row in part.rows
                                if any(map(is_figure, row.cells)))
        elif isinstance(part, Paragraph) and "<details" in part.text:
            found[-1][1].append(f"{part.text.count('<details')} answers folded")
    for number, (_, items) in enumerate(found):
        end = lines[number + 1] if number + 1 < len(lines) else 10 ** 9
        items += sorted({f"a link to {link(document, target)}" for line, target in document.links
                         if lines[number] <= line < end})
        items += sorted({f"`{code}`" for line, code in document.codes if lines[number] <= line < end})
    return found


def test_chinese_texts_are_like_the_english():
    wrong = [line for path in PAIRS for line in compare(Document(path), Document(chinese(path)))]
    assert not wrong, "\n".join(wrong)


def compare(english, translated):
    """What one has and the other has not, section by section."""
    ours, theirs = sections(english), sections(translated)
    wrong = []
    for (heading, items), (translation, their_items) in zip(ours, theirs):
        wrong += [f"{english.path}, {heading} / {translation}: only in English: {item}" for item in items if item not in their_items]
        wrong += [f"{english.path}, {heading} / {translation}: only in Chinese: {item}"
                  for item in their_items if item not in items]
        if not wrong and items != their_items:
            wrong.append(f"{english.path}, {heading} / {translation}: the same things in another order")
    if len(ours) != len(theirs):
        wrong.append(f"{english.path}: {len(ours)} sections, {len(theirs)} in Chinese")
    return wrong
