"""
served - a lesson with inject.c in it, as a process

The programs are looked for in the directory that the environment variable FAULTS_DIR names;
build/address/faults if it is not set.
"""
import contextlib
import os
import pathlib
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

from control import Control

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ.get("FAULTS_DIR") or ROOT / "build" / "address" / "faults")

PATIENCE = 20  # seconds after which something that must happen has not: a server that hangs
STOP_MAX = 3 + 5  # seconds for an orderly stop, and some for the sanitizers' last look

REPORT = re.compile(r"ERROR: \w+Sanitizer|runtime error:|LeakSanitizer|FATAL: \w+Sanitizer")
REPORT_STATUS = 97

# One write, one line: whole lines are all that may ever be in the log.
LOG_LINE = re.compile(r"#\d+ (\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\]):\d+ \S.*|server: \S.*"
                      r"|[0-9a-f]{8}  [0-9a-f ]{48} \|.{1,16}\|| {5}.*")


class Failed(Exception):
    """The server has not done what it must."""


def wait_until(condition, what, patience=PATIENCE):
    deadline = time.monotonic() + patience
    pause = 0.0005
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"after {patience} s: {what() if callable(what) else what}")
        time.sleep(pause)
        pause = min(pause * 2, 0.02)


def sanitizer_options(leaks):
    options = f"exitcode={REPORT_STATUS}:detect_leaks={int(leaks)}"
    return {"ASAN_OPTIONS": options, "LSAN_OPTIONS": f"exitcode={REPORT_STATUS}",
            "UBSAN_OPTIONS": f"exitcode={REPORT_STATUS}:print_stacktrace=1"}


class Server:
    """Rules that are armed before start() also hold for the start."""

    def __init__(self, lesson, *options):
        self.lesson = lesson
        self.command = [str(PROGRAMS / f"lesson{lesson:02}"), "--port", "0", *map(str, options)]
        self.control = Control()
        self.log_file = tempfile.TemporaryFile()
        self.process = None
        self.host, self.port = "127.0.0.1", 0
        self.stdout = b""
        self.looked_through = 0  # bytes of the log without a report
        self.tells_log = False
        self.late = 0  # answers that took longer than they should, see lasting.py

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process is not None:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()
        if self.tells_log:
            sys.stderr.write(self.log())
        self.log_file.close()
        self.control.remove()

    # ------------------------------------------------------------------------- beginning and end

    def launch(self, descriptors=None, leaks=True):
        """Starts it; returns when it is ready, or has ended: False then. To look for leaks, its end
        must have descriptors."""
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log_file,
            preexec_fn=limit if descriptors else None,
            env={**os.environ, **sanitizer_options(leaks), "FAULTS_CONTROL": self.control.path})
        fd, deadline = self.process.stdout.fileno(), time.monotonic() + PATIENCE
        while b"\n" not in self.stdout:
            ready, _, _ = select.select([fd], [], [], max(deadline - time.monotonic(), 0))
            if not ready:
                raise Failed("it hangs before it is ready")
            data = os.read(fd, 4096)
            self.stdout += data
            if not data:
                self._wait("after its output has ended")
                return False
        ready = re.fullmatch(rb"listening on http://127\.0\.0\.1:([1-9]\d*)/\n", self.stdout)
        if not ready:
            raise Failed(f"not a line that says where it listens: {self.stdout!r}")
        self.port = int(ready[1])
        self.descriptors_at_start = self.descriptors()
        return True

    def start(self, **limits):
        if not self.launch(**limits):
            raise Failed(f"it does not start: {self.process.returncode}: {self.log()[-500:]}")
        return self

    def _wait(self, when, patience=PATIENCE):
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            raise Failed(f"it does not end within {patience} s {when}") from None

    def ask_to_stop(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self):
        """SIGTERM, and all that must be true at the end."""
        self.ask_to_stop()
        self.wait_for_stop()

    def wait_for_stop(self):
        self._wait("after SIGTERM", STOP_MAX)
        self.check_report()
        if self.process.returncode != 0:
            raise Failed(f"exit status {self.process.returncode} after SIGTERM")
        if self.lesson > 1 and self.control.exits:
            raise Failed("it has not stopped in order: _exit() was called")

    def check_start_refused(self):
        """It has ended instead of listening: with 1, and a sentence why."""
        self.check_report()
        if self.process.returncode != 1:
            raise Failed(f"exit status {self.process.returncode} where it cannot start")
        if self.stdout:
            raise Failed(f"it says that it is ready, and ends: {self.stdout!r}")
        lines = self.log().splitlines()
        if len(lines) != 1 or not re.match(r"server: (\w\S*[ ,]+){2}", lines[0]):
            raise Failed(f"no sentence why it cannot start: {lines!r}")

    # ----------------------------------------------------------------------------------- watching

    def log(self, since=0):
        size = os.fstat(self.log_file.fileno()).st_size
        return os.pread(self.log_file.fileno(), size - since, since).decode("utf-8", "replace")

    def log_size(self):
        return os.fstat(self.log_file.fileno()).st_size

    def check_report(self):
        log, size = self.log(self.looked_through), self.log_size()
        report = REPORT.search(log)
        if report:
            lines = log[report.start():].splitlines()
            frames = [line.strip() for line in lines if re.match(r"\s+#\d", line)]
            ours = [re.sub(r"^#\d+ 0x\w+ in ", "", line) for line in frames
                    if re.search(r"\b(common|lesson0\w+|faults)/", line)]
            raise Failed(f"{lines[0]} at {' < '.join(re.sub(r' /.*/', ' ', f) for f in ours[:5])}")
        if self.process.poll() is not None and self.process.returncode not in (0, 1, 2):
            raise Failed(f"it has crashed: exit status {self.process.returncode}: {log[-300:]}")
        self.looked_through = max(0, size - 200)  # a report may have begun

    def check_running(self):
        self.check_report()
        if self.process.poll() is not None:
            raise Failed(f"it has ended with {self.process.returncode}: {self.log()[-300:]}")

    def descriptors(self):
        with contextlib.suppress(FileNotFoundError):
            return len(os.listdir(f"/proc/{self.process.pid}/fd"))
        return -1

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait_idle(self, descriptors=None):
        """Until the descriptors are back to where they were: then all clients are done with."""
        want = self.descriptors_at_start if descriptors is None else descriptors
        wait_until(lambda: self.descriptors() <= want,
                   lambda: f"{self.descriptors()} descriptors, {want} at the start: "
                           + (self.check_running() or "a connection is still held"))
        self.check_running()

    def connect(self):
        """At the address that it tells; at ::1 if the machine was made to have no 127.0.0.1."""
        try:
            return socket.create_connection((self.host, self.port), timeout=PATIENCE)
        except ConnectionRefusedError:
            return socket.create_connection(("::1", self.port), timeout=PATIENCE)
