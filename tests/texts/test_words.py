"""What the servers tell people stands in common/words.c in English and in Chinese; all of it, and nothing else."""
import re

from ws_testlib.servers import ROOT

SOURCES = sorted(f for folder in ("common", "lesson01_handshake", "lesson02_frames", "lesson03_broadcast")
                 for f in (ROOT / folder).rglob("*.[ch]") if "blank" not in f.parts)
LITERAL = r'"(?:[^"\\]|\\.)*"'
LITERALS = rf"{LITERAL}(?:\s*{LITERAL})*"
PAIR = re.compile(rf"\{{({LITERALS}),\s*({LITERALS})\}}")

# Calls whose words are shown to people, perhaps among others' over the wire.
CALLS = r"\b(?:words|log_line|log_client|process_fail|conn_close|conn_evict|ending_set|ending_evict|end_locked|usage_error)\("

# ... and those of the trace: each of its words, even if it is only one. Sentences stand elsewhere in it, too.
TRACE_CALLS = r"\b(?:in_words|add_count|add_verdict|add_cut|add_payload_line)\("
SENTENCE = re.compile(r"[a-z]{2} [a-z]")


def text_of(literals):
    return "".join(part[1:-1] for part in re.findall(LITERAL, literals))


def pairs():
    return [(text_of(english), text_of(chinese))
            for english, chinese in PAIR.findall((ROOT / "common/words.c").read_text())]


def conversions(text):
    return re.findall(r"%[-0-9.*]*(?:ll|z|l)?[a-zA-Z%]", text)


def arguments(source, start):
    """What stands between this bracket and its own end."""
    depth, at = 1, start
    while depth:
        match = re.compile(rf"{LITERAL}|[()]").search(source, at)
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        at = match.end()
    return source[start:at - 1]


def said():
    """What the code says: each text with where it stands."""
    for file in SOURCES:
        source = re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.S)
        for call in re.finditer(CALLS, source):
            for literals in re.findall(LITERALS, arguments(source, call.end())):
                yield text_of(literals), f"{file.relative_to(ROOT)}: {literals}"
    for file in "common/options.c", "common/trace.c":
        for literals in re.findall(LITERALS, re.sub(r"/\*.*?\*/", "", (ROOT / file).read_text(), flags=re.S)):
            if SENTENCE.search(literals):
                yield text_of(literals), f"{file}: {literals}"


def test_no_words_are_there_twice():
    english = [pair[0] for pair in pairs()]
    assert len(english) > 100
    assert not {text for text in english if english.count(text) > 1}


def test_a_format_has_the_same_conversions_in_both():
    assert not [pair for pair in pairs() if conversions(pair[0]) != conversions(pair[1])]


def test_chinese_is_chinese():
    """Or has no words at all: "200 %s"."""
    assert not [pair for pair in pairs() if not re.search(r"[\u3000-\u9fff\uff00-\uffef]", pair[1]) and pair[0] != pair[1]]


def test_all_that_is_said_is_there():
    known = {pair[0] for pair in pairs()}
    silent = re.compile(r"|%08zx  %-48s \|%s\||\S*")  # no words: the dump of lesson 1, a single word for a function
    assert not [where for text, where in said() if text not in known and not silent.fullmatch(text)]


def test_all_that_the_trace_says_is_there():
    known = {pair[0] for pair in pairs()}
    source = (ROOT / "common/trace.c").read_text()
    said = {text_of(literals) for call in re.finditer(TRACE_CALLS, source)
            for literals in re.findall(LITERALS, arguments(source, call.end()))}
    assert len(said) > 40
    assert said <= known


def test_nothing_else_is_there():
    """But for what a macro of the code puts together."""
    code = {text_of(literals) for file in SOURCES if file.name != "words.c"
            for literals in re.findall(LITERALS, file.read_text())}
    assert not [english for english, _ in pairs()
                if english not in code and not re.search(r"\(RFC 6455 §5\.2\)$| 8192 ", english)]
