"""
served - a lesson with inject.c in it, as a process

The programs are looked for in the directory that the environment variable FAULTS_DIR names;
build/address/faults if it is not set.
"""
import contextlib
import os
import pathlib
import re
import signal
import socket
import sys
import tempfile

from control import Control
from ws_testlib.servers import ROOT, SANITIZER_REPORT, Program, command, limit_descriptors
from ws_testlib.waiting import PATIENCE, wait_until

PROGRAMS = pathlib.Path(os.environ.get("FAULTS_DIR") or ROOT / "build" / "address" / "faults").resolve()

STOP_MAX = 3 + 5  # seconds for an orderly stop, and some for the sanitizers' last look

REPORT_STATUS = 97

# One write, one line: whole lines are all that may ever be in the log.
LOG_LINE = re.compile(r"#\d+ (\d+\.\d+\.\d+\.\d+|\[[0-9a-f:.]+\]):\d+ \S.*|server: \S.*"
                      r"|[0-9a-f]{8}  [0-9a-f ]{48} \|.{1,16}\|| {5}.*|"
                      r"\.\.\. (1 line|\d+ lines) lost here: .*|\.\.\. (1 more line|\d+ more lines) like this left out: .*")
LOST_LINES = r"(?m)^\.\.\. (\d+) (?:lines? lost here|more lines? like this left out): "


class Failed(AssertionError):
    """The server has not done what it must."""


def sanitizer_options(leaks):
    options = f"exitcode={REPORT_STATUS}:detect_leaks={int(leaks)}"
    return {"ASAN_OPTIONS": options, "LSAN_OPTIONS": f"exitcode={REPORT_STATUS}",
            "UBSAN_OPTIONS": f"exitcode={REPORT_STATUS}:print_stacktrace=1"}


class InjectedServer(Program):
    """Rules that are armed before start() also hold for the start."""

    def __init__(self, lesson, *options):
        super().__init__(command(lesson, "--port", 0, *options, build=PROGRAMS), log=tempfile.TemporaryFile())
        self.lesson = lesson
        self.control = Control()
        self.looked_through = 0  # bytes of the log without a report
        self.tells_log = False
        self.late = 0  # answers that took longer than they should, see lasting.py

    def __exit__(self, *_):
        if self.process is not None and self.is_running():
            self.kill()
        if self.tells_log and self.process is not None:
            sys.stderr.write(self.log())
        self.log_file.close()
        self.control.remove()

    # ------------------------------------------------------------------------- beginning and end

    def launch(self, descriptors=None, leaks=True):
        """Starts it; returns when it is ready, or has ended: False then. To look for leaks, its end
        must have descriptors."""
        limit = limit_descriptors(descriptors, descriptors) if descriptors else None
        environment = {**os.environ, **sanitizer_options(leaks), "FAULTS_CONTROL": self.control.path}
        if not super().launch(preexec_fn=limit, env=environment):
            return False
        if self.stdout.text != f"listening on http://127.0.0.1:{self.port}/\n":
            raise Failed(f"not a line that says where it listens: {self.stdout.text!r}")
        self.descriptors_at_start = self.descriptors()
        return True

    def ask_to_stop(self):
        self.send_signal(signal.SIGTERM)

    def stop(self):
        """SIGTERM, and all that must be true at the end."""
        self.ask_to_stop()
        self.wait_for_stop()

    def wait_for_stop(self):
        self.wait_for_end(STOP_MAX)
        self.check_report()
        if self.process.returncode != 0:
            raise Failed(f"exit status {self.process.returncode} after SIGTERM")
        if self.lesson > 1 and self.control.exits:
            raise Failed("it has not stopped in order: _exit() was called")

    def check_start_refused(self, call):
        """It has ended instead of listening: with 1, and a sentence that says what there was not."""
        self.check_report()
        if self.process.returncode != 1:
            raise Failed(f"exit status {self.process.returncode} where it cannot start")
        if self.stdout.bytes:
            raise Failed(f"it says that it is ready, and ends: {self.stdout.text!r}")
        lines = self.log().splitlines()
        if len(lines) != 1 or not re.match(r"server: (\w\S*[ ,]+){2}", lines[0]):
            raise Failed(f"no sentence why it cannot start: {lines!r}")
        missing = next((word for word in ("thread", "pipe") if call.startswith((word, "p" + word))), "")
        if missing not in lines[0]:
            raise Failed(f"{lines[0]!r} does not name the {missing} that it lacks")

    # ----------------------------------------------------------------------------------- watching

    def check_report(self):
        log, size = self.log(self.looked_through), self.log_size()
        report = SANITIZER_REPORT.search(log)
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
            return super().descriptors()
        return -1

    def wait_idle(self, descriptors=None):
        """Until the descriptors are back to where they were: then all clients are done with."""
        want = self.descriptors_at_start if descriptors is None else descriptors
        wait_until(lambda: self.descriptors() <= want,
                   lambda: f"{self.descriptors()} descriptors, {want} at the start: "
                           + (self.check_running() or "a connection is still held"))
        self.check_running()

    def wait_busy(self, count):
        """Until so many connections are inside."""
        wait_until(lambda: self.descriptors() >= self.descriptors_at_start + count, f"{count} are inside")

    def connect(self):
        """At the address that it tells; at ::1 if the machine was made to have no 127.0.0.1."""
        try:
            return socket.create_connection((self.host, self.port), timeout=PATIENCE)
        except ConnectionRefusedError:
            return socket.create_connection(("::1", self.port), timeout=PATIENCE)
