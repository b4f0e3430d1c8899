"""
sources - what the project has that a text can name: files, functions, options, constants, targets of make
"""
import ctypes
import ctypes.util
import errno
import functools
import os
import pathlib
import re
import signal
import socket
import subprocess

from ws_testlib.servers import ROOT, SERVER_DIR

FOLDERS = ["common", "lesson01_handshake", "lesson02_frames", "lesson03_broadcast", "tests", ".ci"]
SUFFIXES = {".c", ".h", ".html", ".py", ".mjs", ".js", ".sh", ".mk", ".exp", ".in", ""}


def find_file(name, beside=pathlib.Path("README.md")):
    """A file that a text names: from the text's own folder, from the root, or by a name that only one file has.
    What the servers are made of counts before tests, and common/ before the lessons."""
    for candidate in (beside.parent / name, pathlib.Path(name)):
        normal = pathlib.Path(os.path.normpath(candidate))
        if (ROOT / normal).exists() and not normal.is_absolute():
            return normal
    found = [path for path in all_files() if path.name == name]
    found = [path for path in found if path.parts[0] != "tests"] or found
    found = [path for path in found if path.parts[0] == "common"] or found
    return found[0] if len(found) == 1 else None


@functools.cache
def all_files():
    return [path.relative_to(ROOT) for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*"))
            if path.is_file() and not {"node_modules", "corpus", "__pycache__", ".pytest_cache"} & set(path.parts)]


@functools.cache
def text_of(path):
    return (ROOT / path).read_text(errors="replace")


@functools.cache
def everything():
    """All that is code, in one string; what only tests of texts say is not part of it."""
    paths = [path for path in all_files()
             if path.suffix in SUFFIXES and path.parts[:2] != ("tests", "texts")]
    return "\n".join(map(text_of, [*paths, pathlib.Path("Makefile")]))


@functools.cache
def words():
    return set(re.findall(r"[A-Za-z_]\w*", everything()))


@functools.cache
def called():
    """Every name with a parenthesis behind it."""
    return set(re.findall(r"\b([A-Za-z_]\w*)\(", everything()))


@functools.cache
def defined():
    """Every C function of common/ and the lessons: its name, and the file that has its body."""
    functions = {}
    for path in all_files():
        if path.suffix == ".c" and path.parts[0] != "tests":
            for name in re.findall(r"^\w[\w \*]*?\b(\w+)\((?:[^;{}]*)\)\n\{", text_of(path), re.M):
                functions.setdefault(name, []).append(path)
    return functions


@functools.cache
def libraries():
    return [ctypes.CDLL(None), ctypes.CDLL(ctypes.util.find_library("crypto"))]


def has_function(name):
    return name in called() or any(hasattr(library, name) for library in libraries())


def has_constant(name):
    return name in words() or any(hasattr(module, name) for module in (errno, signal, socket))


def output_of(*command):
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout


@functools.cache
def help_of(lesson):
    return output_of(str(SERVER_DIR / f"lesson{lesson:02}"), "--help")


@functools.cache
def wscheck(*arguments):
    return output_of(str(SERVER_DIR / "tests" / "wscheck" / "wscheck"), *arguments)


@functools.cache
def check_ids():
    """The checks of the grader, and its exercises."""
    return set(re.findall(r"^  ([a-z]\S*) +(?:must|better)\b", wscheck("--list"), re.M)), \
        set(re.findall(r"^([a-z][\w-]*):", wscheck("--list"), re.M))


@functools.cache
def options():
    """Every option of the servers, the grader, and the project's own scripts."""
    found = set(re.findall(r"--[a-z][\w-]*", help_of(1) + help_of(2) + help_of(3) + wscheck("--help")))
    scripts = "\n".join(text_of(path) for path in all_files() if path.suffix in (".py", ".mjs"))
    return found | set(re.findall(r'(?:add_argument|addoption)\((?:"-\w", )?"(--[a-z][\w-]*)"', scripts))


@functools.cache
def targets():
    database = output_of("make", "-pqRr", "SAN=", "CC=cc")
    return set(re.findall(r"^([a-z][\w-]*):(?!=)", database, re.M))
