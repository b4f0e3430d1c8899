"""
servers - the programs under test, as processes

    Program   whatever says "listening on http://HOST:PORT/" on its stdout when it is ready
    Server    a lesson, or another program of a build
    Target    a lesson that will be abused: it may log any amount, and what it uses is looked at

The build is the directory that the environment variable SERVER_DIR names; build/plain if it is not
set. A server takes a free port, so that tests can run more than once at the same time, and is stopped
by its own process id.
"""
import collections
import contextlib
import functools
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

from .waiting import PATIENCE, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER_DIR = pathlib.Path(os.environ.get("SERVER_DIR") or ROOT / "build" / "plain").resolve()


def is_sanitized(build):
    return pathlib.Path(build).name.split("-")[0] in ("address", "thread", "undefined", "memory")


IS_SANITIZED = is_sanitized(SERVER_DIR)
SLOW = 5 if IS_SANITIZED else 1  # times that such a build may take longer

SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|runtime error:|WARNING: ThreadSanitizer|LeakSanitizer"
                              r"|FATAL: \w+Sanitizer")


def has_ipv6():
    """Has this machine ::1? A container may not; the servers then serve IPv4 alone."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


LOOPBACKS = ["127.0.0.1"] + (["::1"] if has_ipv6() else [])


def free_port():
    """For programs that cannot choose one themselves: a port that is free, and not one of those that
    the system gives to clients. Somebody else may take it before the program does."""
    while True:
        port = random.randrange(20000, 32000)
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


# ------------------------------------------------------------------------------------ what is started

@functools.cache
def fixed_layout():
    has_setarch = shutil.which("setarch") and subprocess.run(["setarch", "-R", "true"]).returncode == 0
    return ["setarch", "-R"] if has_setarch else []


def prefix(build):
    """What stands before a program of a sanitizer's build: some kernels place memory too randomly for
    it."""
    return fixed_layout() if is_sanitized(build) else []


def command(lesson, *options, build=SERVER_DIR):
    """The command line of a lesson, by its number, or of another program of a build."""
    program = build / (lesson if isinstance(lesson, str) else f"lesson{lesson:02}")
    assert program.exists(), f"there is no {program}: build it first, see make help"
    return [*prefix(build), str(program), *map(str, options)]


def run(lesson, *options, **kwargs):
    """Runs a server that is expected to end by itself, to its end."""
    return subprocess.run(command(lesson, *options), stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, timeout=PATIENCE, **kwargs)


HEADER_MAX = 10  # bytes of the header that a server gives a frame


def backlog(size):
    """The options for a backlog of so many bytes, and the largest messages of which one fits into it."""
    return ["--max-backlog", size, "--max-message", size - HEADER_MAX]


def limit_descriptors(soft, hard):
    """A server's preexec_fn that lets it have so many."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


# ------------------------------------------------------------------------------------- what it writes

class Written:
    """What a process has written so far. Where it is kept is said below."""

    @property
    def text(self):
        return self.since(0)

    def lines(self):
        return self.text.splitlines()


class Output(Written):
    """What comes from a pipe or a terminal, gathered at once, so that the process never waits for us."""

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

    def size(self):
        return len(self.bytes)

    def since(self, start):
        return self.bytes[start:].decode("utf-8", "replace")

    def wait(self, condition, patience=PATIENCE):
        """Waits until the condition holds, or nothing more can come; False if it took too long."""
        with self.changed:
            return self.changed.wait_for(lambda: condition() or self.ended, patience)

    def wait_for(self, pattern, patience=PATIENCE):
        """Waits until the pattern turns up; returns the match."""
        self.wait(lambda: re.search(pattern, self.text, re.M), patience)
        match = re.search(pattern, self.text, re.M)
        assert match, f"{pattern!r} is not in the output: ...{self.text[-2000:]}"
        return match

    def finish(self):
        """Waits for the rest; the process has ended."""
        self.thread.join(PATIENCE)


class LogFile(Written):
    """What a process writes to a file: any amount of it."""

    def __init__(self, file):
        self.file = file

    def size(self):
        return os.fstat(self.file.fileno()).st_size

    def since(self, start):
        return os.pread(self.file.fileno(), self.size() - start, start).decode("utf-8", "replace")

    def finish(self):
        pass


# -------------------------------------------------------------------------------------- the processes

READY = re.compile(r"listening(?: on http://(.+):(\d+)/)?\n")


class Program:
    """A program from its start, which start() is, to its end, which stop() is, or the end of a with block.

    command    with its options; what it logs is in stderr
    port       where it has been told to listen, if it does not say so itself
    log        a file for its stderr, if there may be any amount of it
    settings   Popen's: env, cwd, preexec_fn ...; without env it speaks English, whatever the tester speaks
    """

    def __init__(self, command, *, port=None, log=None, on_terminal=False, **settings):
        self.command = list(map(str, command))
        self.host, self.port = "127.0.0.1", port
        self.log_file, self.on_terminal = log, on_terminal
        self.settings = {"env": os.environ | {"LC_ALL": "C.UTF-8"}} | settings
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # beginning

    def launch(self, **settings):
        """Starts it, with more settings if need be; returns when it is ready, or has ended: False then."""
        stdout, stdout_end = os.pipe()
        stderr, stderr_end = self._stderr()
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=stdout_end,
                                        stderr=stderr_end, **self.settings | settings)
        os.close(stdout_end)
        if not self.log_file:
            os.close(stderr_end)
        self.stdout = Output(stdout)
        self.stderr = LogFile(self.log_file) if self.log_file else Output(stderr)
        try:
            return self._is_ready()
        except AssertionError:
            self.kill()
            raise

    def _stderr(self):
        """The end that is for us, and the end that is for the program."""
        if self.log_file:
            return None, self.log_file
        return os.openpty() if self.on_terminal else os.pipe()

    def _is_ready(self):
        assert self.stdout.wait(lambda: b"\n" in self.stdout.bytes), "it hangs before it is ready"
        if b"\n" not in self.stdout.bytes:
            self.wait_for_end()
            return False
        ready = READY.match(self.stdout.text)
        assert ready and (ready[1] or self.port), f"not a line that says where it listens: {self.stdout.text!r}"
        if ready[1]:
            self.host, self.port = ready[1].strip("[]"), int(ready[2])
        return True

    def start(self, **settings):
        if not self.launch(**settings):
            raise AssertionError(f"{self.command[0]} does not start: exit status {self.process.returncode}: "
                                 f"{self.stderr.text[-2000:]}")
        return self

    # end

    @property
    def pid(self):
        return self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def send_signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def wait_for_end(self, patience=PATIENCE):
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"it does not end within {patience} s; it said: "
                                 f"{self.stderr.text[-2000:]}") from None
        self.stdout.finish()
        self.stderr.finish()

    def stop(self, number=signal.SIGTERM):
        self.send_signal(number)
        self.wait_for_end()

    # what it says

    def log_size(self):
        return self.stderr.size()

    def log(self, since=0):
        """What it has said, from a place on that log_size() was once."""
        return self.stderr.since(since)

    # what it uses of the machine

    def memory(self, what):
        """A line of /proc/PID/status in bytes: VmRSS is what is in use, VmData what was allocated."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{what}:\s+(\d+) kB", status, re.M)[1]) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def cpu_seconds(self):
        times = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")


class Server(Program):
    """A lesson that runs, or another program of a build. Unless pings are wanted or set, it sends none,
    however slow the machine is."""

    def __init__(self, lesson, *options, pings=False, **settings):
        self.lesson = lesson
        self.is_told_to_stop = False
        if lesson != 1 and not pings and "--ping-interval" not in options:
            options = ("--ping-interval", 600, *options)
        super().__init__(command(lesson, "--port", 0, *options), **settings)
        self.start()

    def send_signal(self, number=signal.SIGTERM):
        self.is_told_to_stop = True
        super().send_signal(number)

    def wait(self, patience=PATIENCE):
        """Waits for the end; returns how many seconds that took."""
        start = time.monotonic()
        self.wait_for_end(patience)
        self.check()
        return time.monotonic() - start

    def stop(self, number=signal.SIGTERM):
        """Stops the server as its user would; returns how many seconds that took."""
        self.send_signal(number)
        return self.wait()

    def check(self):
        """What holds for every run of every server, whatever has been done to it."""
        log = self.stderr.text
        assert not SANITIZER_REPORT.search(log), log
        assert self.process.returncode == 0, f"exit status {self.process.returncode}: {log[-2000:]}"
        assert self.stdout.bytes.count(b"\n") == 1, f"one line on stdout: {self.stdout.text!r}"
        assert "\ufffd" not in log, "bytes that are not UTF-8 have reached the log"
        controls = re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", log)
        assert self.on_terminal or not controls, f"control bytes have reached the log: {controls}"


Usage = collections.namedtuple("Usage", "descriptors threads memory peak cpu")
MIB = 1024 * 1024
WORKERS_WAITING_MAX = 32  # threads whose client has gone: lesson02_frames/worker.c


class Target(Server):
    """A lesson that is looked at closely while it is abused. It sends pings as it likes."""

    def __init__(self, lesson, *options, log=None, **settings):
        super().__init__(lesson, *options, pings=True, log=log or tempfile.TemporaryFile(), **settings)
        self.fresh = self.usage()

    def stop(self, number=signal.SIGINT):
        """Ctrl-C."""
        return super().stop(number)

    # what it says

    def log_count(self, pattern, since=0):
        """How often it is in the log; lines that were left out and are counted there count, too."""
        log = self.log(since)
        left_out = re.findall(r"^\.\.\. (\d+) more lines? like this left out: (.*\n)", log, re.M)
        return len(re.findall(pattern, log)) + sum(int(n) - 1 for n, sample in left_out if re.search(pattern, sample))

    def wait_log(self, pattern, count=1, since=0):
        """Waits for so many places in the log, and makes sure that there are no more."""
        wait_until(lambda: self.log_count(pattern, since) >= count,
                   f"{count} times {pattern!r} in the log")
        assert self.log_count(pattern, since) == count

    def get(self, path):
        url = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def evicted(self):
        return int(re.search(r'"evicted":(\d+)', self.get("/status"))[1])

    # what it uses

    def usage(self):
        """Descriptors, threads, memory now and at most since the start in MiB, seconds of CPU."""
        return Usage(self.descriptors(), self.threads(), self.memory("VmRSS") / MIB,
                     self.memory("VmHWM") / MIB, self.cpu_seconds())

    @contextlib.contextmanager
    def memory_bounded(self, mib):
        """Meanwhile it never holds so much more than before. (Sanitizers keep books of their own,
        and hold memory back, so for them the bound is a loose one.)"""
        bound = 8 * mib + 2048 if IS_SANITIZED else mib
        pathlib.Path(f"/proc/{self.pid}/clear_refs").write_text("5")  # peak = now
        before = self.usage().memory
        yield
        grown = self.usage().peak - before
        assert grown < bound, f"{grown:.1f} MiB more than before, {bound} are allowed"

    def is_idle(self):
        """Does half a second pass without a thread that works? (A share of the CPU would not tell:
        on a busy machine, a thread that spins may get next to none.)"""
        for _ in range(25):
            time.sleep(0.02)
            for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    if (task / "stat").read_text().rpartition(")")[2].split()[0] == "R":
                        return False
        return True

    def wait_settled(self):
        """Descriptors are as many as in the beginning, and so are threads, but for the workers that
        stay and wait for the next client; and all of them wait."""
        wait_until(lambda: self.usage().descriptors == self.fresh.descriptors
                   and 0 <= self.usage().threads - self.fresh.threads <= WORKERS_WAITING_MAX,
                   lambda: f"{self.fresh[:2]} descriptors and threads as in the beginning, and at most "
                           f"{WORKERS_WAITING_MAX} more workers; there are {self.usage()[:2]}")
        wait_until(self.is_idle, "nothing to do, and nothing done")
