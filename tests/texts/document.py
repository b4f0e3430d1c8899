"""
document - what is in a Markdown file: headings, blocks of code, tables, links, words in backticks

markdown-it reads it, as GitHub does; here it is sorted into what the tests look at, with line numbers.
"""
import dataclasses
import re

from markdown_it import MarkdownIt

from ignored import is_ignored
from ws_testlib.servers import ROOT


def texts():
    """Every Markdown file of the project, relative to its root; not those of a workbook that somebody has made."""
    return sorted(path for path in (file.relative_to(ROOT) for file in ROOT.rglob("*.md"))
                  if not is_ignored(path) and not any(part.startswith(".") for part in path.parts))


def is_chinese(path):
    return path.name.endswith(".zh-CN.md")


def chinese(path):
    return path.with_name(path.stem + ".zh-CN.md")


@dataclasses.dataclass
class Heading:
    line: int
    level: int
    text: str
    anchor: str


@dataclasses.dataclass
class Block:
    """A fenced block of code. `before`: the words in backticks in the paragraph before it."""
    line: int
    language: str
    text: str
    is_output: bool  # it has no language, and stands directly behind a block of sh
    before: list


@dataclasses.dataclass
class Row:
    """A row of a table: the text of each cell, and the words in backticks in it."""
    line: int
    cells: list
    codes: list


@dataclasses.dataclass
class Table:
    line: int
    rows: list


@dataclasses.dataclass
class Paragraph:
    line: int
    text: str
    codes: list


class Document:
    """`parts` has the headings, blocks, tables and paragraphs in their order."""

    def __init__(self, path, text=None):
        self.path = path
        self.text = (ROOT / path).read_text() if text is None else text
        self.parts = []
        self.links = []  # (line, target)
        self.plain = []  # (line, words that are shown as they are)
        self._anchors = {}
        self._read(MarkdownIt("commonmark").enable("table").parse(self.text))

    def all(self, kind):
        return [part for part in self.parts if isinstance(part, kind)]

    @property
    def codes(self):
        """(line, what stands in backticks) in order."""
        for part in self.parts:
            if isinstance(part, Paragraph):
                yield from ((part.line, code) for code in part.codes)
            elif isinstance(part, Table):
                for row in part.rows:
                    yield from ((row.line, code) for cell in row.codes for code in cell)

    def _read(self, tokens):
        heading = table = row = None
        previous, before, line = "", [], 1  # the kind of the block that has just ended
        for token in tokens:
            if token.map and token.nesting >= 0 and token.type != "inline":
                line = token.map[0] + 1
            if token.type == "heading_open":
                heading = int(token.tag[1])
            elif token.type == "table_open":
                table = Table(line, [])
                self.parts.append(table)
            elif token.type == "tr_open":
                row = Row(line, [], [])
                table.rows.append(row)
            elif token.type == "table_close":
                table = row = None
                previous, before = "table", []
            elif token.type == "inline":
                words = [child.content for child in token.children if child.type == "code_inline"]
                if token.map:
                    line = token.map[0] + 1
                self._read_children(line, token)
                if heading:
                    text = "".join(child.content for child in token.children)
                    self.parts.append(Heading(line, heading, token.content, self._anchor(text)))
                    self.parts.append(Paragraph(line, token.content, words))
                    heading = None
                    previous, before = "heading", []
                elif row:
                    row.cells.append(token.content)
                    row.codes.append(words)
                else:
                    self.parts.append(Paragraph(line, token.content, words))
                    previous, before = "paragraph", words
            elif token.type in ("fence", "code_block"):
                language = token.info.strip() if token.type == "fence" else "text"
                self.parts.append(Block(line, language, token.content,
                                        language == "" and previous == "sh", before))
                previous, before = language, before if language else []
            elif token.type == "html_block":
                self.parts.append(Paragraph(line, token.content, []))
                self.links += [(line, target) for target in re.findall(r'(?:href|src)="([^"]*)"', token.content)]
                previous, before = "html", []

    def _read_children(self, line, token):
        for child in token.children:
            if child.type == "text":
                self.plain.append((line, child.content))
            target = child.attrGet("href") or child.attrGet("src")
            if target:
                self.links.append((line, target))

    def _anchor(self, text):
        """The anchor that GitHub makes of a heading."""
        anchor = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        number = self._anchors[anchor] = self._anchors.get(anchor, -1) + 1
        return f"{anchor}-{number}" if number else anchor

    @property
    def anchors(self):
        return {heading.anchor for heading in self.all(Heading)} | set(
            re.findall(r'<a (?:id|name)="([^"]*)"', self.text))
