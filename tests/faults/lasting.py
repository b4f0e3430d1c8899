"""
lasting - faults that do not pass: no descriptors, no threads, no memory for as long as it takes

What must hold: those who are in go on talking; newcomers are served or refused with 503, and none is
left without an end; the server does not burn its processor while it can do nothing; and when the
fault is over, all is as before.
"""
import collections
import time

from control import FOREVER
from served import Failed, InjectedServer
from sessions import (GET, PAGE, HttpPeer, Peer, SilentPeer, chat_peers, close_all, fresh_visit,
                      judge, parse_frame, pump, session, unserved)
from ws_testlib import wire

CPU_MAX = 0.20  # of a processor
CALLS_MAX = 300  # a second; on a busy machine, a server that spins may not get 20 % of a processor
COUNTERS = {40: "accept", 41: "poll", 42: "send", 43: "sendmsg"}  # rules that only count
PROMPT = 1.5  # seconds in which one who is in gets an answer, whatever goes on elsewhere
LATE_MAX = 2  # answers that may take longer, for a busy machine; a server that waits is always late

Scene = collections.namedtuple("Scene", "name lessons play")


class Resident(Peer):
    """Somebody who is in and stays; asks now and then, and wants to hear itself."""

    def __init__(self, server, name):
        super().__init__(server, name)
        self.asked, self.answered, self.closed = 0, 0, None
        self.parsed = 0
        self.send(wire.handshake())

    def ask(self):
        self.asked += 1
        self.send(wire.text(self.words(self.asked)))

    def words(self, number):
        return f"{self.name} asks for the {number}. time"

    def take(self):
        super().take()
        while self.status == 101:
            taken = parse_frame(self.got, 0, self.name)
            if taken is None:
                return
            opcode, payload, end = taken
            del self.got[:end]
            if opcode == wire.CLOSE:
                self.closed = payload
                self.send(wire.close(1000))
            elif payload == self.words(self.answered + 1).encode():
                self.answered += 1

    def is_content(self):
        return self.status == 101 and self.answered == self.asked and not self.ended

    def is_served(self):
        return self.is_content()

    def check_clean(self):
        if self.status != 101:
            super().check_clean()


def residents(server, count=3):
    peers = [Resident(server, f"resident {i + 1}") for i in range(count)]
    pump(server, peers, lambda: all(peer.status is not None for peer in peers))
    ask_all(server, peers)
    return peers


def pump_promptly(server, peers, done=None):
    start = time.monotonic()
    pump(server, peers, done)
    server.late += time.monotonic() - start > PROMPT
    if server.late > LATE_MAX:
        raise Failed(f"again and again, answers take more than {PROMPT} s")


def ask_all(server, peers, others=()):
    for peer in peers:
        peer.ask()
    pump_promptly(server, [*peers, *others],
                  lambda: all(peer.is_content() or peer.ended for peer in peers))
    for peer in peers:
        if not peer.is_content():
            raise Failed(f"{peer.name}, who was in, is not served any more: {peer.closed!r}")


def newcomers(server, count):
    return [HttpPeer(server, f"newcomer {i + 1}", GET, 200, PAGE) for i in range(count)]


def refused(peers):
    """How many; all others were served."""
    return len(unserved(peers))


def measure_cpu(server, window, meanwhile=lambda: None):
    """The server's share of a processor while something happens ten times a second."""
    for rule, call in COUNTERS.items():
        server.control.arm(rule, call, "EINTR", first=FOREVER)
    before, start = server.cpu_seconds(), time.monotonic()
    while time.monotonic() < start + window:
        meanwhile()
        time.sleep(0.1)
    seconds = time.monotonic() - start
    share = (server.cpu_seconds() - before) / seconds
    calls = sum(map(server.control.calls, COUNTERS)) / seconds
    if share > CPU_MAX or calls > CALLS_MAX:
        raise Failed(f"it takes {share:.0%} of a processor while it can do nothing: "
                     f"accept(), poll() or send() {calls:.0f} times a second")
    return f"{share:.0%} of a processor"


def afterwards(server, peers=()):
    """The fault is over: all is as before."""
    server.control.disarm()
    fresh_visit(server, len(peers))
    if server.lesson > 1:
        judge_crowd(server)
    if peers:
        ask_all(server, peers)
    close_all(peers)
    server.wait_idle()
    server.stop()


def judge_crowd(server):
    crowd = chat_peers(server, 2000, "ABCDEFGHIJKL") + newcomers(server, 8)
    pump(server, crowd)
    judge(crowd, [])


# ------------------------------------------------------------------------------------- the scenes

def no_threads(lesson, window):
    with InjectedServer(lesson).start() as server:
        inside = residents(server)
        server.control.arm(0, "pthread_create", "EAGAIN", times=50)
        crowd = newcomers(server, 60)
        ask_all(server, inside, crowd)
        pump(server, crowd)
        turned_away, failures = refused(crowd), server.control.faults(0)
        if not failures or turned_away > failures:
            raise Failed(f"{turned_away} were refused for {failures} threads that were not to be had")
        server.control.arm(0, "pthread_create", "EAGAIN", times=FOREVER)
        cpu = measure_cpu(server, window, lambda: knock(server))
        ask_all(server, inside)
        afterwards(server, inside)
        return f"{turned_away} of 60 refused, then {cpu}"


def silent_heads_give_way(lesson, window):
    """They have all the threads that there are: whoever comes gets the thread of the oldest."""
    del window
    with InjectedServer(lesson).start() as server:
        silent = [SilentPeer(server, f"silent {i + 1}", words) for i, words in enumerate([b"", b"GET"] * 8)]
        for peer in silent:
            peer.finish_after_out = False
        server.wait_busy(len(silent))
        server.control.arm(0, "pthread_create", "EAGAIN", times=FOREVER)
        come = []
        for _ in range(3):
            one = Resident(server, "newcomer")
            come.append(one)
            pump(server, [*silent, *come], lambda: one.status is not None)
            judge([one], [])
        pump(server, silent, lambda: silent[0].ended)
        judge([peer for peer in silent if peer.ended], [])
        left = sum(peer.ended is not None for peer in silent)
        close_all(silent)
        afterwards(server, come)
        return f"{left} of {len(silent)} have given way"


def knock(server):
    """Whoever comes now is refused or served, but soon."""
    one = newcomers(server, 1)
    pump_promptly(server, one)
    refused(one)


def accept_fails(how, *calls):
    def play(lesson, window):
        with InjectedServer(lesson).start() as server:
            inside = residents(server) if lesson > 1 else []
            for i, call in enumerate(("accept", *calls)):
                server.control.arm(i, call, how, times=FOREVER)
            waiting = newcomers(server, 3)
            cpu = measure_cpu(server, window)
            ask_all(server, inside)
            server.control.disarm()
            for peer in waiting if lesson == 1 else ():
                pump(server, [peer])
            pump(server, waiting)  # served now, or refused meanwhile
            left = refused(waiting)
            afterwards(server, inside)
            return f"{cpu}, {left} of 3 refused"
    return play


def nothing_goes_out(how):
    """Sockets that are said to be writable and take nothing: whoever was in is still in after it."""
    def play(lesson, window):
        with InjectedServer(lesson).start() as server:
            inside = residents(server)
            for i, call in enumerate(("send", "sendmsg")):
                server.control.arm(i, call, how, times=FOREVER)
            for peer in inside:
                peer.ask()
            pump(server, inside, lambda: not any(peer.out for peer in inside))
            cpu = measure_cpu(server, window)
            server.control.disarm()
            pump(server, inside, lambda: all(peer.is_content() or peer.ended for peer in inside))
            judge(inside, [])
            afterwards(server, inside)
            return cpu
    return play


def poll_fails(lesson, window):
    """Nobody can be waited for. That is no reason to spin, and those who are in go on talking."""
    with InjectedServer(lesson).start() as server:
        inside = residents(server) if lesson > 1 else []
        server.control.arm(0, "poll", "ENOMEM", times=FOREVER)
        waiting = newcomers(server, 3)
        cpu = measure_cpu(server, window)
        ask_all(server, inside)
        server.control.disarm()
        for peer in waiting if lesson == 1 else ():
            pump(server, [peer])
        pump(server, waiting)
        judge(waiting, [])
        afterwards(server, inside)
        return cpu


def few_descriptors(lesson, window):
    """The real thing: a limit that lets eight in."""
    with InjectedServer(lesson).start() as probe:
        limit = probe.descriptors_at_start + 8
        probe.stop()
    with InjectedServer(lesson).start(descriptors=limit) as server:
        inside = residents(server, 4)
        crowd = [Resident(server, f"newcomer {i + 1}") for i in range(40)]
        pump(server, crowd, lambda: all(peer.status is not None or peer.ended for peer in crowd))
        stay = [peer for peer in crowd if peer.status == 101]
        away = [peer for peer in crowd if peer.status != 101]
        pump(server, away)
        unserved(away)
        if len(stay) != 4 or not all(peer.status in (408, 503) for peer in away):
            raise Failed(f"with room for 4 more, {len(stay)} of 40 were let in, and "
                         f"{sum(peer.status in (408, 503) for peer in away)} refused with 503 or 408")
        cpu = measure_cpu(server, window, lambda: knock(server))
        ask_all(server, inside + stay)
        close_all(stay)
        server.wait_idle(server.descriptors_at_start + 4)
        fresh_visit_of_one(server)
        ask_all(server, inside)
        close_all(inside)
        for _ in range(5):
            server.wait_idle()
            fresh_visit(server)
        server.wait_idle()
        server.stop()
        return f"{len(away)} of 40 refused, then {cpu}"


def fresh_visit_of_one(server):
    one = newcomers(server, 1)
    pump(server, one)
    judge(one, [])


def no_descriptor_at_all(lesson, window):
    """Not one is left for a client: nothing can be served, but that is no reason to spin."""
    with InjectedServer(lesson).start() as probe:
        limit = probe.descriptors_at_start
        probe.stop()
    with InjectedServer(lesson).start(descriptors=limit, leaks=False) as server:
        crowd = newcomers(server, 3)
        cpu = measure_cpu(server, window)
        close_all(crowd)
        server.stop()
        return cpu


def no_memory(lesson, window):
    with InjectedServer(lesson).start() as server:
        inside = residents(server) if lesson > 1 else []
        for i, call in enumerate(("malloc", "calloc", "realloc")):
            server.control.arm(i, call, "ENOMEM", times=FOREVER)
        crowd = []
        for _ in range(5):
            crowd += newcomers(server, 1)
            pump(server, crowd[-1:])
        if refused(crowd) != len(crowd) or not all(peer.is_refused() for peer in crowd):
            raise Failed("without memory, each newcomer must get a 503")
        for peer in inside:
            peer.ask()
        pump(server, inside, lambda: all(peer.is_content() or peer.ended for peer in inside))
        lost = sum(peer.ended is not None for peer in inside)
        cpu = measure_cpu(server, window, lambda: knock(server))
        afterwards(server, [peer for peer in inside if peer.ended is None])
        return f"5 of 5 newcomers refused, {lost} of those inside closed, {cpu}"


def every_second_call_interrupted(lesson, window):
    del window
    with InjectedServer(lesson).start() as server:
        calls = "accept recv send sendmsg poll read nanosleep".split() + ["write log", "write pipe"]
        for i, call in enumerate(calls):
            server.control.arm(i, call, "EINTR", every=2)
        peers = session(server)
        judge(peers, [])
        server.wait_idle()
        server.stop()
        return f"{sum(server.control.faults(i) for i in range(len(calls)))} interruptions"


def byte_by_byte(lesson, window):
    del window
    with InjectedServer(lesson).start() as server:
        calls = "recv", "send", "sendmsg", "write log"
        for i, call in enumerate(calls):
            server.control.arm(i, call, "one byte", times=FOREVER)
        peers = session(server, 2000)
        judge(peers, [])
        server.wait_idle()
        server.stop()
        return f"{sum(server.control.faults(i) for i in range(len(calls)))} bytes by themselves"


def silent_client_gives_way(lesson, window):
    """Lesson 1: one who says nothing may not keep the next one waiting, even if poll() fails."""
    for how in ("EINTR", "EAGAIN", "ENOMEM")[-window:]:
        with InjectedServer(lesson).start() as server:
            for nth in range(1, 5):
                server.control.arm(0, "poll", how, nth)
                peers = [SilentPeer(server, "silent"), *newcomers(server, 1)]
                pump(server, peers)
                judge(peers, [])
                server.wait_idle()
            server.stop()
    return "poll() has failed at four places"


def no_101_while_others_talk(lesson, window):
    """Whoever has not got a 101 must not get frames either, however much is going on."""
    del window
    with InjectedServer(lesson, "--quiet").start() as server:
        inside = residents(server)
        for call, how in ("EVP_Digest", "fails"), ("send", "ECONNRESET"):
            for _ in range(20):
                server.control.arm(0, call, how)
                server.control.arm(1, "free", "slow", times=FOREVER)
                one = Resident(server, f"newcomer without 101 ({call})")
                for _ in range(20):
                    for peer in inside if call == "EVP_Digest" else ():
                        peer.ask()
                pump(server, [*inside, one], lambda: (one.ended or one.status == 101)
                     and all(peer.is_content() for peer in inside))
                server.control.disarm()
                one.check_clean()
                close_all([one])
        afterwards(server, inside)
    return "40 times"


def stop_in_need(*rules):
    """SIGTERM while there is nothing to be had: 1001 and a stop in order all the same."""
    def play(lesson, window):
        del window
        with InjectedServer(lesson).start() as server:
            inside = residents(server)
            for i, (call, how) in enumerate(rules):
                server.control.arm(i, call, how, times=FOREVER)
            waiting = newcomers(server, 3)
            server.ask_to_stop()
            pump(server, inside + waiting)
            server.wait_for_stop()
            unserved(waiting)
            for peer in inside:
                if peer.closed is None or peer.closed[:2] != b"\x03\xe9":
                    raise Failed(f"{peer.name} was not told that the server stops: {peer.closed!r}")
            return "1001 to all"
    return play


MEMORY = ("malloc", "ENOMEM"), ("calloc", "ENOMEM"), ("realloc", "ENOMEM")

SCENES = [
    Scene("lasting: no thread to be had", (2, 3), no_threads),
    Scene("lasting: silent heads have all threads", (2, 3), silent_heads_give_way),
    Scene("lasting: accept EMFILE", (1, 2, 3), accept_fails("EMFILE")),
    Scene("lasting: accept ENFILE", (1, 2, 3), accept_fails("ENFILE")),
    Scene("lasting: accept ENOMEM", (1, 2, 3), accept_fails("ENOMEM")),
    Scene("lasting: accept and open EMFILE", (2, 3), accept_fails("EMFILE", "open")),
    Scene("lasting: poll ENOMEM", (1, 2, 3), poll_fails),
    Scene("lasting: send ENOBUFS", (2, 3), nothing_goes_out("ENOBUFS")),
    Scene("lasting: send ENOMEM", (2, 3), nothing_goes_out("ENOMEM")),
    Scene("lasting: a limit of few descriptors", (2, 3), few_descriptors),
    Scene("lasting: a limit of no descriptors", (1, 2, 3), no_descriptor_at_all),
    Scene("lasting: no memory", (1, 2, 3), no_memory),
    Scene("lasting: EINTR each second time", (1, 2, 3), every_second_call_interrupted),
    Scene("lasting: byte by byte", (1, 2, 3), byte_by_byte),
    Scene("lasting: a silent client while poll fails", (1,), silent_client_gives_way),
    Scene("lasting: no 101 while others talk", (3,), no_101_while_others_talk),
    Scene("lasting: stop without threads", (2, 3), stop_in_need(("pthread_create", "EAGAIN"))),
    Scene("lasting: stop without descriptors", (2, 3), stop_in_need(("accept", "EMFILE"))),
    Scene("lasting: stop without memory", (2, 3), stop_in_need(*MEMORY)),
]
