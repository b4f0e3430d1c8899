"""
The exercises of the workbook and the tasks from a blank file say everything in English and in Chinese. What the
two leave to the student is the same code.
"""
import os
import re
import subprocess

import pytest

from ws_testlib.chinese import HAS_CHINESE, LOCALE, columns
from ws_testlib.servers import ROOT

TABLES = sorted(ROOT.glob("lesson0*/**/exercises"))
GENERATOR = ROOT / "tests/workbook/make-workbook"
STUBS = ROOT / "tests/workbook/stubs.awk"
WORDS = "todo", "read", "see"
SAYS_ANYTHING = re.compile(r"[a-z]{2} [a-z]{2}")  # beside names of files and sections

# Names that mean the same whatever the language: functions, constants, members, sections, ports and codes.
NAME = re.compile(r"[A-Za-z_]\w*\(\)|\b[A-Z][A-Z\d]*_[A-Z\d_]+|\w+(?:->|\.)\w+|§[\d.]*\d|\b\d{3,}\b|`[^`]*`")


def output_of(*command, **environment):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, cwd=ROOT,
                          stdin=subprocess.DEVNULL, env=os.environ | environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def exercises():
    """Each paragraph of the tables: what its lines say, by their first words, and the stub's comments."""
    for table in TABLES:
        for paragraph in re.split(r"^(?=exercise )", table.read_text(), flags=re.M)[1:]:
            head, stub = re.split(r"^stub\n", paragraph, flags=re.M)
            lines = {}
            for key, words in re.findall(r"^(\S+) +(.*)", head, re.M):
                lines.setdefault(key, []).append(words)
            yield pytest.param(lines, re.findall(r"/\*.*?\*/", stub, re.S),
                               id=f"{lines['exercise'][0]}-{lines['function'][0]}")


def names(text):
    return sorted(re.sub(r"\s", "", name) for name in NAME.findall(text))


@pytest.mark.parametrize("lines,comments", exercises())
def test_an_exercise_has_both(lines, comments):
    for key in WORDS:
        english, chinese = " ".join(lines[key]), " ".join(lines[f"{key}.zh"])
        assert HAS_CHINESE.search(chinese) or not SAYS_ANYTHING.search(english)
        assert not HAS_CHINESE.search(english) or "challenge-" in lines["exercise"][0]
        assert names(english) == names(chinese)
    assert len(lines.get("note.zh", [])) == len(comments)
    assert all(HAS_CHINESE.search(words) for words in lines.get("note.zh", []))


def test_there_are_as_many_as_the_readme_says():
    """Twenty-eight and five; join-leave is two functions."""
    assert len(list(exercises())) == 28 + 1 + 5


@pytest.fixture(scope="module")
def workbooks(tmp_path_factory):
    """All exercises open: in English, in Chinese."""
    place = tmp_path_factory.mktemp("workbooks")
    output_of(GENERATOR, place / "english", LC_ALL="C.UTF-8")
    output_of(GENERATOR, place / "chinese", **LOCALE)
    return place / "english", place / "chinese"


def sources(workbook):
    return {str(file.relative_to(workbook)): file for file in workbook.rglob("*") if file.is_file()
            and file.name != ".made"}


def code(file):
    """Without comments, as the compiler sees it."""
    return output_of("cc", "-E", "-P", "-fpreprocessed", "-dD", file)


def test_what_is_left_to_the_student_is_the_same_in_both(workbooks):
    english, chinese = map(sources, workbooks)
    assert english.keys() == chinese.keys()
    differ = [name for name in english if english[name].read_bytes() != chinese[name].read_bytes()]
    assert sorted(differ) == sorted({lines.values[0]["file"][0] for lines in exercises()})
    for name in differ:
        assert code(english[name]) == code(chinese[name])


def test_the_tasks_fit_into_the_layout(workbooks):
    for workbook in workbooks:
        for name, file in sources(workbook).items():
            if name.endswith(".c"):
                lines = set(file.read_text().splitlines()) - set((ROOT / name).read_text().splitlines())
                assert [line for line in lines if columns(line) > 100] == []


def test_a_task_says_it_in_chinese(workbooks):
    text = (workbooks[1] / "common/frame.c").read_text()
    task = re.search(r"    /\* 练习 unmask\n.*?\*/\n.*?\n}", text, re.S)[0]
    assert re.findall(r"^     \* (..)：", task, re.M) == ["阅读", "效果", "检查"]
    assert "     * 检查：make check02；提示：./wscheck --hint unmask */\n" in task
    assert "    /* 目前来的是什么，就还是什么 */\n" in task
    assert "EXERCISE" not in text and "__attribute__((unused)) /* 你的答案可以没有它 */" in text


def test_make_workbook_says_it_in_chinese(tmp_path):
    place = tmp_path / "workbook"
    output_of(GENERATOR, place, "listen", **LOCALE)
    (place / "notes").write_text("mine\n")
    for arguments in (), (place, "nothing"), (place, "listen"), (tmp_path, "listen"):
        done = subprocess.run([GENERATOR, *arguments], capture_output=True, text=True, timeout=60,
                              env=os.environ | LOCALE)
        assert done.returncode != 0
        assert all(HAS_CHINESE.search(line) or line == "    notes" for line in done.stderr.splitlines()), done.stderr
    assert "make workbook FORCE=1" in output_of("sh", "-c", f"! {GENERATOR} {place} listen 2>&1", **LOCALE)
    assert re.search(r"现在在 .*workbook\.1 里", output_of(GENERATOR, place, "listen", FORCE="1", **LOCALE))


@pytest.mark.parametrize("lesson", ["9", "4", "02", "1 2", "one"])
def test_make_workbook_knows_three_lessons(lesson):
    """With any other it would wait for its input, or make a workbook in which everything is left to do."""
    for environment, words in ({"LC_ALL": "C.UTF-8"}, "it must be 1, 2 or 3"), (LOCALE, "只能是 1、2 或 3"):
        done = subprocess.run(["make", "-n", "workbook", f"LESSON={lesson}"], capture_output=True, text=True,
                              timeout=60, cwd=ROOT, stdin=subprocess.DEVNULL,
                              env=os.environ | {"MAKEFLAGS": "", "MAKELEVEL": "0"} | environment)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"*** LESSON={lesson}: {words}." in done.stderr


@pytest.mark.parametrize("lesson", ["", "1", "2", "3"])
def test_make_workbook_takes_each_of_them(lesson):
    assert "make-workbook workbook" in output_of("make", "-n", "workbook", f"LESSON={lesson}", LC_ALL="C.UTF-8")


@pytest.mark.parametrize("blank", sorted(ROOT.glob("lesson0*/blank")), ids=lambda blank: blank.parent.name)
def test_a_task_from_a_blank_file_has_both(blank):
    english = (blank / "task.c").read_text().partition(" */\n")[0]
    chinese = (blank / "task.zh-CN.txt").read_text()
    assert chinese.startswith("/*\n") and chinese.endswith("\n */\n") and chinese.count("*/") == 1
    steps = [re.split(r"(?m)^ \* {1,2}(\d+)\. ", text) for text in (english, chinese)]
    assert steps[0][1::2] == steps[1][1::2] and len(steps[0]) > 12
    for one, other in zip(*steps):
        assert one.count(" See: ") == other.count(" 效果：")
        assert set(names(one)) == set(names(other))
    assert max(map(columns, chinese.splitlines())) <= 100
