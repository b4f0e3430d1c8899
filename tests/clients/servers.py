"""
servers - one of the lessons as a process under test

The executables lesson01, lesson02 and lesson03 are looked for in the directory that the environment
variable SERVER_DIR names; build/plain if it is not set. A server takes a free port, so that tests can
run more than once at the same time, and is stopped by its own process id.
"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

from wire import PATIENCE

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER_DIR = pathlib.Path(os.environ.get("SERVER_DIR") or ROOT / "build" / "plain").resolve()
IS_SANITIZED = SERVER_DIR.name.split("-")[0] in ("address", "thread", "undefined")

SANITIZER_REPORT = re.compile(
    r"ERROR: AddressSanitizer|runtime error:|WARNING: ThreadSanitizer|LeakSanitizer|FATAL: \w+Sanitizer")


def has_ipv6():
    """Has this machine ::1? A container may not; the servers then serve IPv4 alone."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


LOOPBACKS = ["127.0.0.1"] + (["::1"] if has_ipv6() else [])


def command(lesson, *options):
    """The command line of a lesson, or of another program in SERVER_DIR; a sanitizer may need a memory layout less random than some kernels make it."""
    program = SERVER_DIR / (lesson if isinstance(lesson, str) else f"lesson{lesson:02}")
    assert program.exists(), f"there is no {program}: build it first, see make help"
    quieten = ["setarch", "-R"] if IS_SANITIZED and may_set_layout() else []
    return [*quieten, str(program), *map(str, options)]


def may_set_layout():
    return shutil.which("setarch") and subprocess.run(["setarch", "-R", "true"]).returncode == 0


def run(lesson, *options, **kwargs):
    """Runs a server that is expected to end by itself, to its end."""
    return subprocess.run(command(lesson, *options), stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=PATIENCE, **kwargs)


class Output:
    """What a process writes, gathered as it comes, so that the process never waits for us."""

    def __init__(self, fd):
        self.fd = fd
        self.bytes = b""
        self.ended = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._gather, daemon=True)
        self.thread.start()

    def _gather(self):
        data = b"?"
        while data:
            try:
                data = os.read(self.fd, 65536)
            except OSError:  # a terminal whose other side is closed
                data = b""
            with self.changed:
                self.bytes += data
                self.ended = not data
                self.changed.notify_all()
        os.close(self.fd)

    @property
    def text(self):
        return self.bytes.decode("utf-8", "replace")

    def wait_for(self, pattern, patience=PATIENCE):
        """Waits until the pattern turns up; returns the match."""
        with self.changed:
            self.changed.wait_for(lambda: re.search(pattern, self.text, re.M) or self.ended, patience)
        match = re.search(pattern, self.text, re.M)
        assert match, f"{pattern!r} is not in the output: ...{self.text[-2000:]}"
        return match

    def lines(self):
        return self.text.splitlines()


class Server:
    """A server that runs. stderr is what it has logged so far."""

    def __init__(self, lesson, *options, on_terminal=False, **kwargs):
        self.lesson = lesson
        self.on_terminal = on_terminal
        self.is_told_to_stop = False
        if lesson != 1 and "--ping-interval" not in options:  # no ping, however slow the machine is
            options = ("--ping-interval", 600, *options)
        stdout, stdout_end = os.pipe()
        stderr, stderr_end = os.openpty() if on_terminal else os.pipe()
        self.process = subprocess.Popen(command(lesson, "--port", 0, *options),
                                        stdin=subprocess.DEVNULL, stdout=stdout_end,
                                        stderr=stderr_end, **kwargs)
        os.close(stdout_end)
        os.close(stderr_end)
        self.stdout = Output(stdout)
        self.stderr = Output(stderr)
        try:
            ready = self.stdout.wait_for(r"^listening on http://(.+):(\d+)/$")
        except AssertionError as not_ready:
            self.kill()
            raise AssertionError(f"{not_ready}; stderr: {self.stderr.text}") from None
        self.host, self.port = ready[1].strip("[]"), int(ready[2])

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def send_signal(self, number=signal.SIGTERM):
        self.is_told_to_stop = True
        self.process.send_signal(number)

    def wait(self, patience=PATIENCE):
        """Waits for the end; returns how many seconds that took."""
        start = time.monotonic()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server does not end; it said: {self.stderr.text[-2000:]}")
        self.check()
        return time.monotonic() - start

    def stop(self, number=signal.SIGTERM):
        """Stops the server as its user would; returns how many seconds that took."""
        self.send_signal(number)
        return self.wait()

    def check(self):
        """What holds for every run of every server, whatever has been done to it."""
        for output in (self.stdout, self.stderr):
            output.thread.join(PATIENCE)
        log = self.stderr.text
        assert not SANITIZER_REPORT.search(log), log
        assert self.process.returncode == 0, f"exit status {self.process.returncode}: {log[-2000:]}"
        assert self.stdout.bytes.count(b"\n") == 1, f"one line on stdout: {self.stdout.text!r}"
        assert "\ufffd" not in log, "bytes that are not UTF-8 have reached the log"
        controls = re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", log)
        assert self.on_terminal or not controls, f"control bytes have reached the log: {controls}"

    # what it uses of the machine

    def memory(self, what):
        """A line of /proc/PID/status in bytes: VmRSS is what is in use, VmData what was allocated."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{what}:\s+(\d+) kB", status, re.M)[1]) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def wait_until(condition, what, patience=PATIENCE):
    """Asks again until the condition holds: for what no event tells us."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience} s in vain: {what}"
        time.sleep(0.01)


def has_been_read(client):
    """Has the server read all that was sent? /proc/net/tcp has a line for its end of the connection,
    whose rx_queue says what it has not."""
    mine, its = client.socket.getsockname()[1], client.socket.getpeername()[1]
    line = re.search(rf":{its:04X} [0-9A-F]+:{mine:04X} [0-9A-F]+ [0-9A-F]+:([0-9A-F]+)",
                     pathlib.Path("/proc/net/tcp").read_text())
    return line is None or int(line[1], 16) == 0


def send_in_reads(client, pieces):
    """Sends each piece when the one before has been read: so many pieces, so many reads."""
    for piece in pieces:
        client.send(piece)
        wait_until(lambda: has_been_read(client), "the server to read")
