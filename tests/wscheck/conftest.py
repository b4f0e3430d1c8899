"""
What the tests of the grader have in common: the programs, and a way to run wscheck.

SERVER_DIR names the build with the lessons, wscheck and faulty; build/plain if it is not set.
"""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BUILD = pathlib.Path(os.environ.get("SERVER_DIR") or ROOT / "build" / "plain").resolve()
WSCHECK = BUILD / "tests" / "wscheck" / "wscheck"
FAULTY = BUILD / "tests" / "wscheck" / "faulty"
BOUND = 300  # seconds: whatever is run has ended long before


def pytest_addoption(parser):
    parser.addoption("--update-reports", action="store_true",
                     help="write reports/*.txt anew instead of comparing with them")


def pytest_configure(config):
    for program in WSCHECK, FAULTY:
        if not program.exists():
            pytest.exit(f"there is no {program}: make wscheck-programs", returncode=2)


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


def outcomes(result, outcome):
    return [check["id"] for check in result["checks"] if check["outcome"] == outcome]


def faulty(lesson, fault=None):
    """The command of a server with one mistake, or with none; as seen from where wscheck runs."""
    return f"./faulty --lesson {lesson}" + (f" --fault {fault}" if fault else "")


def lesson_server(lesson, build="plain"):
    """The command of one of the lessons; sanitizers want a memory layout that is not so random."""
    program = BUILD.parent / build / f"lesson{lesson:02}"
    assert program.exists(), f"there is no {program}: make programs"
    has_setarch = shutil.which("setarch") and subprocess.run(["setarch", "-R", "true"]).returncode == 0
    prefix = "setarch -R " if build != "plain" and has_setarch else ""
    return f"{prefix}'{program}'"


class Running:
    """A server that runs, on a port of its own choice."""

    def __init__(self, *command):
        self.process = subprocess.Popen([*map(str, command)], stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.port = int(re.search(r":(\d+)/", self.process.stdout.readline())[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)
        self.process.stdout.close()
