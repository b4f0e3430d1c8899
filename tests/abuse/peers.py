"""
peers - a server under test that will be looked at closely, and clients that misbehave

Used by tests/abuse, tests/soak and tests/tls, on top of the modules in tests/clients. A Target is
one of the lessons as a process: its log, and what it uses of the machine. A Peer is a raw client
that may also send for ever, read nothing, or vanish.
"""
import collections
import contextlib
import os
import pathlib
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "clients"))
from servers import IS_SANITIZED, SANITIZER_REPORT, command, wait_until  # noqa: E402
from wire import CLOSE, PATIENCE, PING, PONG, TEXT, Client, Frame, close, frame  # noqa: E402

MIB = 1024 * 1024
SLOW = 5 if IS_SANITIZED else 1  # times that such a build may take longer

# ------------------------------------------------------------------------------------ the server

Usage = collections.namedtuple("Usage", "descriptors threads memory peak cpu")


class Target:
    """A lesson that runs until stop(). Its log is a file, so that there may be any amount of it."""

    def __init__(self, lesson, *options, log=None):
        self.lesson = lesson
        self.log_file = log or tempfile.TemporaryFile()
        self.process = subprocess.Popen(command(lesson, "--port", 0, *options),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=self.log_file)
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            assert selector.select(PATIENCE), "the server does not say that it is ready"
        ready = re.fullmatch(rb"listening on http://127\.0\.0\.1:(\d+)/\n",
                             self.process.stdout.readline())
        assert ready, f"the server did not start: {self.log()}"
        self.pid = self.process.pid
        self.port = int(ready[1])
        self.fresh = self.usage()

    def stop(self):
        """Ctrl-C. It must end with status 0, and no sanitizer may have complained."""
        self.process.send_signal(signal.SIGINT)
        try:
            status = self.process.wait(PATIENCE)
        finally:
            self.kill()
        assert not SANITIZER_REPORT.search(self.log()), self.log()[-4000:]
        assert status == 0, f"exit status {status}: {self.log()[-4000:]}"

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    # what it says

    def log_size(self):
        return os.fstat(self.log_file.fileno()).st_size

    def log(self, since=0):
        """What it has said, from a place on that log_size() was once."""
        return os.pread(self.log_file.fileno(), self.log_size() - since, since).decode()

    def log_count(self, pattern, since=0):
        return len(re.findall(pattern, self.log(since)))

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
        proc = pathlib.Path("/proc") / str(self.pid)
        status = (proc / "status").read_text()
        kib = [int(re.search(name + r":\s+(\d+) kB", status)[1]) for name in ("VmRSS", "VmHWM")]
        times = (proc / "stat").read_text().rpartition(")")[2].split()
        return Usage(len(os.listdir(proc / "fd")), len(os.listdir(proc / "task")),
                     kib[0] / 1024, kib[1] / 1024,
                     (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK"))

    @contextlib.contextmanager
    def memory_bounded(self, mib):
        """Meanwhile it never holds so much more than before. (Sanitizers keep books of their own,
        and hold memory back, so for them the bound is a loose one.)"""
        bound = 8 * mib + 2048 if IS_SANITIZED else mib
        (pathlib.Path("/proc") / str(self.pid) / "clear_refs").write_text("5")  # peak = now
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
        """Descriptors and threads are as many as in the beginning, and all of them wait. (Workers
        that nobody needs go home after two seconds in which nobody came.)"""
        wait_until(lambda: self.usage()[:2] == self.fresh[:2],
                   f"descriptors and threads as in the beginning, {self.fresh[:2]}")
        wait_until(self.is_idle, "nothing to do, and nothing done")

    def check_recovered(self):
        """Whatever was done to it, it is as good as new; and it stops as it should."""
        check_chat(self)
        self.wait_settled()
        check_chat(self)
        self.stop()


@contextlib.contextmanager
def survivor(lesson, *options):
    """A server that is to be abused; afterwards it must be as good as new."""
    server = Target(lesson, *options)
    try:
        yield server
        server.check_recovered()
    finally:
        server.kill()


def check_chat(server):
    """Two clients talk, as people do: lesson 3 tells everyone, lesson 2 only whoever said it. What
    others say meanwhile must be binary."""
    with connect(server) as ann, connect(server) as bob:
        for speaker, words in (ann, b"hello"), (bob, "grüß dich".encode()), (ann, b""):
            speaker.send(frame(TEXT, words))
            for listener in {speaker} if server.lesson == 2 else {ann, bob}:
                assert listener.read_next(TEXT) == Frame(TEXT, words)
        for peer in ann, bob:
            peer.leave()


# ------------------------------------------------------------------------------------ the clients


class Peer(Client):
    """A client that answers pings while it reads, and knows how to misbehave."""

    def __init__(self, server, **kwargs):
        self.since = server.log_size()  # ports are used again, and addresses with them
        super().__init__(server.port, **kwargs)
        self.server = server
        self.flooded = 0  # bytes

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # well

    def read_next(self, *opcodes):
        """The next frame of one of these kinds; those before it are passed over."""
        while True:
            got = self.read_frame()
            if got.opcode == PING:
                self.send(frame(PONG, got.payload))
            if got.opcode in opcodes:
                return got

    def read_close(self):
        """Whatever was said before, and the close frame after it; then the stream must end."""
        got = self.read_next(CLOSE)
        assert self.read_to_end() == b""
        return got

    def leave(self):
        self.send(close(1000))
        assert self.read_close() == Frame(CLOSE, (1000).to_bytes(2, "big"))
        self.close()

    # badly

    def try_send(self, data):
        """Sends what the socket takes now, if it is there at all."""
        self.socket.setblocking(False)
        with contextlib.suppress(OSError):
            self.socket.send(data)

    def flood(self, data):
        """Sends the same over and over, until the socket takes no more for now; next time goes on
        from there. False if the connection has ended."""
        self.socket.setblocking(False)
        data = memoryview(data)
        try:
            while True:
                self.flooded += self.socket.send(data[self.flooded % len(data):])
                assert self.flooded < 1024 * MIB, "the server takes it all, and has no bound"
        except BlockingIOError:
            return True
        except OSError:
            return False

    def flood_until_ended(self, data):
        wait_until(lambda: not self.flood(data), f"the server ends {self.address}")

    def glance(self, count=1 << 16):
        """Receives what is there; False at the end, however it comes."""
        self.socket.setblocking(False)
        try:
            data = self.socket.recv(count)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.got += data
        return bool(data)


def connect(server, **kwargs):
    """A client that has shaken hands and has been let in: its ping is answered."""
    peer = Peer(server, **kwargs)
    peer.upgrade()
    peer.send(frame(PING, b"in?"))
    peer.read_next(PONG)
    return peer


def exchange(sender, data, expected):
    """Sends data, while each peer in expected receives so many bytes: {peer: count}. Returns
    {peer: bytes}. Without reading at the same time, both sides would wait for each other."""
    data = memoryview(data)
    end = time.monotonic() + 5 * PATIENCE
    with selectors.DefaultSelector() as selector:
        for peer in {sender, *expected}:
            selector.register(peer.socket, selectors.EVENT_READ, peer)
        selector.modify(sender.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, sender)
        while data or any(len(peer.got) < count for peer, count in expected.items()):
            assert time.monotonic() < end, {p.address: len(p.got) for p in expected}
            for key, events in selector.select(1):
                if events & selectors.EVENT_READ:
                    assert key.data.glance(), f"ended: {key.data.server.log()[-1000:]}"
                if events & selectors.EVENT_WRITE:
                    key.fileobj.setblocking(False)
                    data = data[key.fileobj.send(data):]
                    if not data:
                        selector.modify(sender.socket, selectors.EVENT_READ, sender)
    return {peer: peer.read(count) for peer, count in expected.items()}


def explain(error):
    """What went wrong, and where: for scripts, which have no pytest to say it."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({place.name}: {place.line})"
