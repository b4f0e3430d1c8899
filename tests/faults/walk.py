#!/usr/bin/env python3
"""
walk - every call of the servers that can fail, made to fail at its 1st, 2nd, 3rd ... time

    walk.py [--quick] [--jobs N] [--only WORDS] [--nth N] [--show]

For each lesson, each call and each way in which it can fail, the fault is walked through the start of
the server, through a whole session of several clients, and through the stop, until the session ends
before the fault would have come. After each: no crash, no report of a sanitizer, no hang, nobody has
suffered who could be served, nobody has got a byte that does not belong there, descriptors and memory
are back, and the next visitor is served in full. --quick takes a few places of each instead of all.

Ends with a line "N passed, N failed, 0 skipped"; the exit status is 1 if anything has failed.

--only takes words that must all be in the name of a case, --nth walks that one fault only, and
--show prints the server's log, and in it the stack at each fault.
"""
import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))  # for ws_testlib

import lasting
from control import FOREVER
from served import LOG_LINE, LOST_LINES, PROGRAMS, Failed, InjectedServer
from sessions import (ChatPeer, DumpPeer, SilentPeer, chat_peers, fresh_visit, judge,
                      pump, session, unserved)
from ws_testlib.waiting import wait_until

# Who may suffer from a single fault.
NOBODY = "nobody"  # the call can simply be made again, or done without
HIT = "hit"        # the client on whose socket it happened
ONE = "one"        # one client, whichever
ANY = "any"        # it is a lasting fault: all, but each with a clean end

Fault = collections.namedtuple("Fault",
                               "call how suffers lessons times also options cold may_miss")
ALL, THREADED = (1, 2, 3), (2, 3)


def fault(call, how, suffers, lessons=ALL, times=1, also=(), options=(), cold=False, may_miss=False):
    """
    also      other rules that hold meanwhile: (call, how, first, times, every)
    cold      a new server for each fault: what happens only with the first clients
    may_miss  whether it happens at all depends on how threads meet
    """
    return Fault(call, how, suffers, lessons, times, also, options, cold, may_miss)


def alike(call, hows, suffers, **more):
    return [fault(call, how, suffers, **more) for how in hows.split()]


TRACE = ["--trace"]
FULL_SOCKETS = [("send", "EAGAIN", 1, 1, 2), ("sendmsg", "EAGAIN", 1, 1, 2)]  # each second time
SLOW_DELIVERY = [("send", "slow", 1, FOREVER, 0)]  # others come to wait for it
NO_THREADS = [("pthread_create", "EAGAIN", 1, 3, 0)]  # for three; they are told by another thread
SILENCE = [("recv", "EAGAIN", 1, 1, 5)]  # the time without a byte is over

FAULTS = [
    # the way in: the client stays in the queue, and the next accept() gets it
    *alike("accept", "EMFILE ENFILE ECONNABORTED EINTR ENOMEM ENOBUFS EPROTO EAGAIN", NOBODY),
    fault("accept", "EMFILE", NOBODY, times=2),  # the second time, a spare descriptor is given up
    fault("accept", "EMFILE", NOBODY, times=5),
    fault("accept", "EMFILE", ANY, times=20),
    fault("open", "EMFILE", ANY, THREADED, also=[("accept", "EMFILE", 3, 8, 0)]),
    fault("nanosleep", "EINTR", NOBODY, also=[("accept", "ENOMEM", 2, 5, 0)]),

    # bytes in and out
    fault("recv", "EINTR", NOBODY),
    fault("recv", "one byte", NOBODY),
    *alike("recv", "EAGAIN ECONNRESET ETIMEDOUT ENOMEM", HIT),
    *alike("send", "EINTR EAGAIN ENOBUFS ENOMEM", NOBODY),
    fault("send", "one byte", NOBODY),
    *alike("send", "ECONNRESET EPIPE", HIT),
    fault("send", "one byte", NOBODY, also=FULL_SOCKETS[1:]),
    fault("send", "ECONNRESET", HIT, also=FULL_SOCKETS[1:]),
    *alike("sendmsg", "EINTR EAGAIN ENOBUFS ENOMEM", NOBODY),
    fault("sendmsg", "one byte", NOBODY),
    *alike("sendmsg", "ECONNRESET EPIPE", HIT),
    *alike("poll", "EINTR EAGAIN", NOBODY, also=FULL_SOCKETS),
    fault("poll", "ENOMEM", NOBODY, also=FULL_SOCKETS),
    fault("setsockopt", "ENOMEM", HIT),
    fault("getsockopt", "ENOPROTOOPT", NOBODY, also=FULL_SOCKETS),
    fault("ioctl", "ENOTTY", NOBODY, also=FULL_SOCKETS),
    fault("shutdown", "ENOTCONN", NOBODY),
    fault("fcntl", "ENOMEM", NOBODY),
    *alike("close", "EINTR EIO", NOBODY),

    # memory
    fault("malloc", "ENOMEM", ONE, options=TRACE),
    fault("calloc", "ENOMEM", ONE, THREADED),
    fault("calloc", "ENOMEM", ONE, THREADED, options=TRACE),
    fault("realloc", "ENOMEM", ONE),
    fault("realloc", "ENOMEM", ONE, options=TRACE),
    fault("realloc", "ENOMEM", ONE, also=FULL_SOCKETS),
    fault("realloc", "ENOMEM", ONE, THREADED, cold=True),
    fault("realloc", "ENOMEM", ONE, THREADED, also=FULL_SOCKETS, cold=True),
    fault("realloc", "ENOMEM", ANY, THREADED, also=SILENCE),
    fault("realloc", "ENOMEM", ANY, times=50),
    fault("EVP_Digest", "fails", ONE),

    # threads
    fault("pthread_create", "EAGAIN", ONE, THREADED, cold=True),
    fault("pthread_attr_init", "ENOMEM", ONE, THREADED, cold=True),
    fault("pthread_attr_setstacksize", "EINVAL", NOBODY, THREADED, cold=True),
    fault("pthread_attr_setdetachstate", "EINVAL", ONE, THREADED, cold=True),
    fault("sysconf", "EINVAL", NOBODY, THREADED, cold=True),
    fault("pthread_cond_wait", "no wait", NOBODY, (2,)),
    fault("pthread_cond_wait", "no wait", NOBODY, (3,), also=SLOW_DELIVERY),

    fault("pthread_cond_timedwait", "no wait", ANY, THREADED, also=NO_THREADS, cold=True, may_miss=True),

    # the log, and the pipes that wake somebody
    *alike("write log", "EINTR EAGAIN EIO", NOBODY),
    fault("write log", "one byte", NOBODY),
    fault("write pipe", "EINTR", NOBODY, (3,), also=FULL_SOCKETS),
    *alike("read", "EINTR EAGAIN", NOBODY, lessons=(3,), also=FULL_SOCKETS),
    *alike("read refused", "EINTR EAGAIN", ANY, lessons=THREADED, also=NO_THREADS, cold=True),
    fault("write refused", "EAGAIN", ANY, THREADED, also=NO_THREADS, cold=True),
    fault("localtime_r", "EOVERFLOW", NOBODY, options=TRACE),

    # what happens at the start only: 1 and a sentence, or it goes without
    *alike("socket", "EMFILE EACCES EAFNOSUPPORT", NOBODY),
    *alike("bind", "EADDRINUSE EACCES EADDRNOTAVAIL", NOBODY),
    fault("listen", "EADDRINUSE", NOBODY),
    fault("getsockname", "ENOBUFS", NOBODY),
    *alike("getaddrinfo", "EAI_MEMORY EAI_AGAIN", NOBODY),
    *alike("pipe", "EMFILE ENFILE", NOBODY, lessons=THREADED),
    fault("atexit", "fails", NOBODY, THREADED),
    fault("open", "EMFILE", NOBODY, THREADED),
    fault("getrlimit", "EPERM", NOBODY, THREADED),
    fault("setrlimit", "EPERM", NOBODY, THREADED),
]

# Calls that cannot fail, or whose failure changes nothing that a client or an operator could see.
CANNOT_FAIL = set("""
    bcmp memchr memcmp memcpy memmove memset strchr strrchr strstr strcmp strncmp strlen strcspn strspn snprintf vsnprintf strtod
    qsort strtoul strtoull strftime strerror gai_strerror inet_ntop inet_pton freeaddrinfo getenv isatty ttyname clock_gettime
    mallopt printf fprintf fputs fputc fwrite puts putchar fflush stderr stdout signal sigaction sigaddset
    sigemptyset sigfillset sigwait pthread_sigmask pthread_self pthread_join pthread_detach pthread_mutex_lock pthread_mutex_unlock
    pthread_mutex_destroy pthread_cond_broadcast pthread_cond_signal pthread_cond_destroy
    pthread_attr_destroy EVP_EncodeBlock EVP_sha1
    getpeername mmap sched_yield __errno_location __stack_chk_fail
""".split())


# Calls that a session here does not come to; the test beside them makes them fail.
ELSEWHERE = {"connect": "tests/clients/test_bench.py", "ftruncate": "tests/clients/test_tracefile.py"}


# ------------------------------------------------------------------------------ which calls there are

def symbols(lesson, *flags):
    out = subprocess.run(["nm", *flags, PROGRAMS / f"lesson{lesson:02}"], check=True, text=True,
                         capture_output=True).stdout
    return {line.split()[-1].partition("@")[0] for line in out.splitlines() if line.strip()}


def check_all_calls_known(lesson):
    """A call that the code has come to make must be added here or to CANNOT_FAIL."""
    wrapped = {name.removeprefix("__wrap_") for name in symbols(lesson, "--defined-only")
               if name.startswith("__wrap_")}
    used = {name for name in symbols(lesson, "--undefined-only")
            if not re.match(r"_*(asan|ubsan|lsan|sanitizer|libc|cxa|gmon|ITM|dl|interceptor)_", name)}
    unknown = used - wrapped - CANNOT_FAIL - set(ELSEWHERE)
    if unknown:
        raise Failed(f"nobody makes these fail: {', '.join(sorted(unknown))}")
    return len(wrapped)


# ---------------------------------------------------------------------------------- what to walk

PROBLEMS_MAX = 3  # in one walk; then it is given up


def places(count, some):
    """Some of count places, from the first to the last."""
    return sorted({1 + round(i * (count - 1) / (some - 1)) for i in range(some)})


class Walk:
    """One fault in one lesson."""

    def __init__(self, lesson, fault_, settings):
        self.lesson, self.fault, self.settings = lesson, fault_, settings
        self.walked = {"start": 0, "session": 0, "stop": 0}
        self.problems = []

    def server(self):
        server = InjectedServer(self.lesson, *self.fault.options)
        server.control.show_stack(self.settings.show)
        server.tells_log = self.settings.show
        return server

    def arm(self, server, first, with_others=True):
        for i, (call, how, start, times, every) in enumerate(self.fault.also if with_others else ()):
            server.control.arm(1 + i, call, how, start, times, every)
        server.control.arm(0, self.fault.call, self.fault.how, first, self.fault.times)

    def each(self, phase, one, count):
        """Walks through a phase; one() returns whether there was a fault. count: how many to expect."""
        plan = range(1, 2 * count + 20)  # threads meet in other ways each time, so there may be more
        if self.settings.nth:
            plan = [self.settings.nth]
        elif self.settings.quick:
            plan = places(count, self.settings.quick)
        for nth in plan:
            try:
                happened = one(nth)
            except AssertionError as why:
                happened = True
                self.problems.append(f"{phase}, fault {nth}: {why}")
            self.walked[phase] += happened
            if len(self.problems) == PROBLEMS_MAX or not (happened or self.settings.quick):
                return

    def run(self):
        start, in_session, stop = self.probe()
        if start:
            self.each("start", self.at_start, start)
        if in_session:
            self.through_session(in_session)
        if stop and self.lesson > 1:
            self.each("stop", self.at_stop, stop)
        if not sum(self.walked.values()) and not self.fault.may_miss and not self.settings.nth:
            self.problems.append("it has never happened: the session does not lead there")

    def probe(self):
        """How often the call is made at the start, in a session, and in a stop, without the fault."""
        with self.server() as server:
            self.arm(server, FOREVER, with_others=False)
            server.start()
            start = server.control.calls(0)
            self.descriptors = server.descriptors_at_start
            if not self.fault.cold:
                session(server)
                server.wait_idle()
            self.arm(server, FOREVER)
            session(server)
            server.wait_idle()
            in_session = server.control.calls(0)
            server.control.disarm()
            peers = self.visitors(server)
            self.arm(server, FOREVER, with_others=False)
            server.ask_to_stop()
            pump(server, peers)
            server.wait_for_stop()
            return start, in_session, server.control.calls(0)

    # ------------------------------------------------------------------------------ in a session

    def through_session(self, count):
        self.held = None
        try:
            self.each("session", self.in_session, count)
            if self.held:
                self.held.stop()
                self.check_log(self.held, 0, [])
        except AssertionError as why:
            self.problems.append(f"after the session: {why}")
        finally:
            if self.held:
                self.held.__exit__()

    def warm_server(self):
        server = self.server()
        try:
            server.start()
            if not self.fault.cold:
                judge(session(server), [])
                server.wait_idle()
            self.blocks = server.control.blocks
        except AssertionError:
            server.__exit__()
            raise
        return server

    def in_session(self, nth):
        if self.held is None:
            self.held = self.warm_server()
        server, control = self.held, self.held.control
        try:
            since = self.whole_lines(server)
            self.arm(server, nth)
            peers = session(server)
            server.wait_idle()
            faults, at_port = control.faults(0), control.at_port(0)
            control.disarm()
            self.check_served(peers, faults, at_port)
            self.check_log(server, since, peers)
            if faults:
                fresh_visit(server)
                server.wait_idle()
            if not self.fault.cold and control.blocks > self.blocks + 8:
                raise Failed(f"{control.blocks} blocks of memory are held, {self.blocks} at first")
            if self.fault.cold and faults:
                server.stop()
        except AssertionError as why:
            self.give_up(why)
        else:
            if self.fault.cold:
                self.held.__exit__()
                self.held = None
        return faults > 0

    def give_up(self, why):
        """The next fault gets a new server. If this one has more to say, in a report, that is better."""
        server, self.held = self.held, None
        try:
            server.check_report()
            server.control.disarm()
            if server.process.poll() is None and "hang" not in str(why):
                server.stop()
        except AssertionError as report:
            why = f"{why}; {report}"
        finally:
            server.__exit__()
        raise Failed(why)

    def check_served(self, peers, faults, at_port):
        suffers = self.fault.suffers
        if not faults and not self.fault.also:
            judge(peers, [])
        elif suffers == NOBODY:
            judge(peers, [])
        elif suffers == HIT and at_port:
            judge(peers, [peer for peer in peers if peer.port == at_port])
        elif suffers == ANY:
            unserved(peers)
        else:
            judge(peers, peers, at_most=1)

    def whole_lines(self, server):
        """The size of the log when its last line has come to its end: it is written by another thread. A
        log that fails may lack the end of a line for ever."""
        if self.fault.call != "write log":
            wait_until(lambda: server.log()[-1:] in ("", "\n"), lambda: f"half a line in the log: {server.log()[-80:]!r}")
        return server.log_size()

    def check_log(self, server, since, peers):
        """Whole lines only; and one for each WebSocket's end, unless the log itself is what fails."""
        parts_mix = self.fault.how == "one byte" and self.lesson > 1  # of several threads' lines
        if self.fault.options == TRACE or parts_mix or self.settings.show:
            return
        self.whole_lines(server)
        for line in server.log(since).splitlines():
            if not LOG_LINE.fullmatch(line):
                raise Failed(f"half a line in the log: {line!r}")
        if self.fault.call == "write log" and self.fault.how not in ("EINTR", "one byte"):
            return
        names = {peer.port: peer.name for peer in peers
                 if isinstance(peer, (ChatPeer, DumpPeer)) and peer.status == 101}
        missing = {}

        def are_all_told():
            ends = collections.Counter(map(int, re.findall(r":(\d+) closed", server.log(since))))
            missing.update((port, name) for port, name in names.items() if ends[port] != 1)
            for port in [port for port in missing if ends[port] == 1]:
                del missing[port]
            return len(missing) <= sum(map(int, re.findall(LOST_LINES, server.log(since))))
        wait_until(are_all_told, lambda: "not one line in the log about the end of "
                   + ", ".join(missing.values()))

    # ---------------------------------------------------------------------------- start and stop

    def at_start(self, nth):
        with self.server() as server:
            self.arm(server, nth, with_others=False)
            ready = server.launch()
            faults = server.control.faults(0)
            server.control.disarm()
            if ready:
                if server.descriptors_at_start > self.descriptors:
                    raise Failed(f"{server.descriptors_at_start} descriptors at the start, without "
                                 f"the fault {self.descriptors}")
                fresh_visit(server)
                server.wait_idle(self.descriptors)  # it may have got what it lacked at the start
                server.stop()
            else:
                server.check_start_refused(self.fault.call)
            return faults > 0

    def visitors(self, server):
        """Some who are there when it stops: two WebSockets, and one who has not said all yet."""
        if server.lesson == 1:
            peers = [DumpPeer(server, "dump", b"", [])]
            peers[0].finished = True
            pump(server, peers, lambda: peers[0].status == 101)
            return peers
        chat = chat_peers(server, names="AB")
        for peer in chat:
            peer.has_sent = True  # they only listen
            peer.messages_to_send = peer.messages_to_send[-1:]
        half = SilentPeer(server, "half a request", b"GET / HTTP/1.1\r\n")
        half.finish_after_out = False
        pump(server, [*chat, half], lambda: all(p.is_in for p in chat) and not half.out)
        return [*chat, half]

    def at_stop(self, nth):
        with self.server() as server:
            server.start()
            peers = self.visitors(server)
            self.arm(server, nth, with_others=False)
            server.ask_to_stop()
            pump(server, peers)
            server.wait_for_stop()
            faults, at_port = server.control.faults(0), server.control.at_port(0)
            may = [p for p in peers if p.port == at_port] if self.fault.suffers == HIT and at_port \
                else []
            told = [p for p in peers if isinstance(p, ChatPeer) and p.close_payload is not None
                    and p.close_payload[:2] == b"\x03\xe9"]
            missed = [p.name for p in peers if isinstance(p, ChatPeer) and p not in told + may]
            unserved(peers)
            if len(missed) > (self.fault.suffers in (ONE, ANY)):
                raise Failed(f"not told that the server stops: {', '.join(missed)}")
            return faults > 0


# --------------------------------------------------------------------------------------- the cases

def name_of(lesson, fault_):
    words = f"lesson{lesson:02} {fault_.call} {fault_.how}"
    if fault_.times > 1:
        words += f" {fault_.times} times"
    if fault_.cold:
        words += " in a new server"
    if fault_.also:
        words += " while " + ", ".join(sorted({f"{call} {how}" for call, how, *_ in fault_.also}))
    if fault_.options:
        words += " " + fault_.options[0]
    return words


def walk(lesson, fault_, settings):
    one = Walk(lesson, fault_, settings)
    try:
        one.run()
    except AssertionError as why:
        one.problems.append(f"without a fault: {why}")
    told = ", ".join(f"{count} in the {phase}" for phase, count in one.walked.items() if count)
    return told or "none", one.problems


def check(function, *args):
    try:
        return function(*args), []
    except AssertionError as why:
        return "", [str(why)]


def play(number, lesson, window):
    return check(lasting.SCENES[number].play, lesson, window)


def cases(settings):
    for lesson in (1, 2, 3):
        yield f"lesson{lesson:02} all calls", check, (check_all_calls_known, lesson)
        for f in FAULTS:
            if lesson in f.lessons:
                yield name_of(lesson, f), walk, (lesson, f, settings)
        window = 1 if settings.quick else 2
        for number, scene in enumerate(lasting.SCENES):
            if lesson in scene.lessons:
                yield f"lesson{lesson:02} {scene.name}", play, (number, lesson, window)


def timed(function, args):
    start = time.monotonic()
    result = function(*args)
    return (*result, time.monotonic() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--quick", nargs="?", type=int, const=4, default=0, metavar="PLACES",
                        help="try each fault at so many places only (4)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", metavar="WORDS")
    parser.add_argument("--nth", type=int, default=0)
    parser.add_argument("--show", action="store_true")
    settings = parser.parse_args()
    chosen = [case for case in cases(settings)
              if all(word in case[0] for word in settings.only.split())]

    passed = failed = faults = 0
    start = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(settings.jobs) as pool:
        results = [(name, pool.submit(timed, function, args)) for name, function, args in chosen]
        for name, future in results:
            told, problems, seconds = future.result()
            passed, failed = passed + (not problems), failed + bool(problems)
            faults += sum(map(int, re.findall(r"(\d+) in the", str(told))))
            print(f"{'FAIL' if problems else 'ok  '} {name}: {told} ({seconds:.1f} s)", flush=True)
            for problem in problems:
                print(f"     {problem}", flush=True)
    print(f"{faults} faults in {time.monotonic() - start:.0f} s")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
