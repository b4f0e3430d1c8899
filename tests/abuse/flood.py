"""
flood - thousands of connections that never complete a request, from processes of their own

Each process keeps its share of them open, and opens a new one for each that the server ends. What they
send, and where they come from:

    silent     nothing
    trickling  a byte of a head now and then
    half       a head without its blank line
    page       a request for a page; and they stay when they have it
"""
import collections
import contextlib
import itertools
import multiprocessing
import resource
import select
import socket
import time

from ws_testlib.waiting import wait_until
from ws_testlib.wire import handshake, head

TRICKLE = handshake() * 2
FIRST_WORDS = {"silent": b"", "trickling": TRICKLE[:1], "half": handshake()[:-2],
               "page": head("GET / HTTP/1.1", "Host: localhost")}
AT_ONCE = 50  # connections that are opened before it is looked at what has become of the others
STAYS = 3  # seconds that who has a page does not close; the server does so before
PROCESS_MAX = 5000  # connections of one process; fewer where it may not have so many descriptors


class Share:
    """The connections of one process."""

    def __init__(self, port, kind, count, rate, addresses):
        self.port, self.kind, self.count, self.rate = port, kind, count, rate
        self.addresses = itertools.cycle(f"127.0.0.{2 + i}" for i in range(addresses))
        self.epoll, self.sockets = select.epoll(), {}
        self.leaving = collections.deque()  # (when, socket)
        self.trickled = 0

    def open(self):
        with contextlib.suppress(BlockingIOError):
            one = socket.socket()
            one.setblocking(False)
            one.bind((next(self.addresses), 0))
            one.connect(("127.0.0.1", self.port))
        self.sockets[one.fileno()] = one
        self.epoll.register(one, select.EPOLLOUT | select.EPOLLRDHUP)

    def close(self, number):
        """With a reset, so that ports do not run out."""
        self.epoll.unregister(number)
        one = self.sockets.pop(number)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        one.close()

    def look(self):
        for number, events in self.epoll.poll(0.001, 1000):
            if events & (select.EPOLLERR | select.EPOLLHUP) or events & select.EPOLLRDHUP and self.kind != "page":
                self.close(number)
            elif events & select.EPOLLRDHUP:
                self.epoll.modify(number, 0)
                self.leaving.append((time.monotonic() + STAYS, self.sockets[number]))
            else:
                self.epoll.modify(number, select.EPOLLRDHUP)
                with contextlib.suppress(OSError):
                    self.sockets[number].send(FIRST_WORDS[self.kind])
        while self.leaving and self.leaving[0][0] < time.monotonic():
            number = self.leaving.popleft()[1].fileno()
            if number >= 0:
                self.close(number)

    def trickle(self):
        """A byte from each, but for the last."""
        self.trickled += 1
        for one in list(self.sockets.values()):
            with contextlib.suppress(OSError):
                one.send(TRICKLE[self.trickled:self.trickled + 1])

    def run(self, opened, over):
        start, next_trickle = time.monotonic(), 0
        while not over.is_set():
            now = time.monotonic()
            may = AT_ONCE if not self.rate else int((now - start) * self.rate) - opened.value
            for _ in range(min(AT_ONCE, may, self.count - len(self.sockets))):
                self.open()
                opened.value += 1
            self.look()
            if self.kind == "trickling" and now > next_trickle:
                self.trickle()
                next_trickle = now + 1


def run(port, kind, count, rate, addresses, opened, over):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    Share(port, kind, count, rate, addresses).run(opened, over)


@contextlib.contextmanager
def flood(server, kind, count, rate=0, addresses=1):
    """Keeps so many open, and opens at most `rate` a second. Yields a function that says how many were
    opened so far."""
    _, descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)
    shares = -(-count // min(PROCESS_MAX, descriptors - 64))
    over = multiprocessing.Event()
    opened = [multiprocessing.Value("Q", 0) for _ in range(shares)]
    processes = [multiprocessing.Process(
        target=run, args=(server.port, kind, count // shares, rate / shares, addresses, each, over))
        for each in opened]
    for process in processes:
        process.start()
    try:
        yield lambda: sum(each.value for each in opened)
    finally:
        over.set()
        for process in processes:
            process.join()


@contextlib.contextmanager
def whole_flood(server, kind, count, **more):
    """The same, from when all have come on."""
    with flood(server, kind, count, **more) as opened:
        wait_until(lambda: opened() >= count, f"{count} connections come")
        yield opened
