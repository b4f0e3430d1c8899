"""
grader - what the tests of wscheck have in common: the programs, and a way to run it

SERVER_DIR names the build with the lessons, wscheck and faulty; build/plain if it is not set.
"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import unicodedata

from ws_testlib.servers import SERVER_DIR, Program, command

HERE = pathlib.Path(__file__).resolve().parent
WSCHECK = SERVER_DIR / "tests" / "wscheck" / "wscheck"
FAULTY = SERVER_DIR / "tests" / "wscheck" / "faulty"
BOUND = 300  # seconds: whatever is run has ended long before
CHINESE = os.environ | {"LC_ALL": "zh_CN.UTF-8"}


def wscheck(*arguments, **kwargs):
    """Runs it to its end; stdout and stderr as text."""
    kwargs.setdefault("cwd", WSCHECK.parent)
    return subprocess.run([WSCHECK, *map(str, arguments)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=BOUND, **kwargs)


def graded(*arguments, **kwargs):
    """The same with --json; the object that came, with "status" added to it."""
    run = wscheck(*arguments, "--json", **kwargs)
    assert run.returncode in (0, 1), run.stderr
    result = json.loads(run.stdout)
    result["status"] = run.returncode
    return result


def english_in(text):
    """The lines with three English words in a row: a sentence, if it is no command, and not what a browser says."""
    return [line for line in re.sub("“[^”]*”", "“”", text).splitlines()
            if re.search(r"(?<![-\w./%])[a-z]{2,} [a-z]{2,} [a-z]{2,}\b", line) and "./" not in line]


def columns(line):
    """How wide a line is on a terminal, whose Chinese quotation marks may be two columns wide."""
    return sum(1 + (unicodedata.east_asian_width(character) in "WF" or character in "“”") for character in line)


def outcomes(result, outcome):
    return [check["id"] for check in result["checks"] if check["outcome"] == outcome]


def faulty(lesson, fault=None):
    """The command of a server with one mistake, or with none; as seen from where wscheck runs."""
    return f"./faulty --lesson {lesson}" + (f" --fault {fault}" if fault else "")


def lesson_server(lesson, build="plain"):
    """The command of one of the lessons."""
    return shlex.join(command(lesson, build=SERVER_DIR.parent / build))


def start_faulty(lesson, fault=None):
    """Such a server, running on a port of its own choice."""
    mistake = ["--fault", fault] if fault else []
    return Program([FAULTY, "--lesson", lesson, *mistake, "--port", 0]).start()


def start_lesson(lesson):
    return Program(command(lesson, "--port", 0, build=SERVER_DIR.parent / "plain")).start()
