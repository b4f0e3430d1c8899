"""
copy_of_tree - a copy of the project to try texts in: with another port than 8080, and its own repository

The copy has what is committed and what is not yet, without what .gitignore names, and the objects in
build/plain, so that make has little to do.
"""
import contextlib
import fcntl
import os
import pathlib
import random
import shutil
import socket
import subprocess
import tempfile

from ignored import is_ignored
from ws_testlib.servers import ROOT


class Port:
    """A free port of four digits, like the 8080 in whose place it stands; nobody else here takes it."""

    def __init__(self):
        for number in random.sample(range(5000, 10000), 200):
            self.lock = open(pathlib.Path(tempfile.gettempdir()) / f"texts-port-{number}", "w")
            try:
                fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                with contextlib.closing(socket.socket()) as probe:
                    probe.bind(("0.0.0.0", number))
            except OSError:
                self.release()
                continue
            self.number = number
            return
        raise AssertionError("there is no free port between 5000 and 10000")

    def release(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.lock.name)
        self.lock.close()


def run(directory, *command):
    done = subprocess.run(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout}"


def what_git_ignores(folder, names):
    place = pathlib.Path(folder).relative_to(ROOT)
    return [name for name in names if name == ".git" or is_ignored(place / name)]


def copy_tree(directory, port):
    shutil.copytree(ROOT, directory, ignore=what_git_ignores, symlinks=True)
    options = directory / "common/options.c"  # the port that a server takes if it is told none
    options.write_text(options.read_text().replace('"8080"', f'"{port}"'))
    if (ROOT / "build/plain").is_dir():
        shutil.copytree(ROOT / "build/plain", directory / "build/plain", symlinks=True,
                        ignore=shutil.ignore_patterns("unit", "fuzz", "faults"))
    (directory / "tests/node_modules").mkdir(exist_ok=True)
    run(directory, "git", "init", "-q")
    run(directory, "git", "add", "-A")
    run(directory, "git", "-c", "user.name=a reader", "-c", "user.email=reader@localhost", "commit", "-qm", "as it is")
    run(directory, "make", "-s", "lesson01", "lesson02", "lesson03", "wscheck")
