"""
chat - the ordinary clients of a soak, and what they make sure of

Each says numbered messages of all sizes, whole or in pieces, and listens all the time. In lesson 2
each must hear its own, one after the other. In lesson 3 all must hear the same: the messages of
everyone, in the order in which each has said them, and what the abusers have said in between.

Runs in a process of its own; run() is all of it.
"""
import random
import re
import selectors
import time
import zlib

from ws_testlib.peers import connect, explain
from ws_testlib.servers import SLOW
from ws_testlib.waiting import PATIENCE
from ws_testlib.wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, fragments, frame

CHATTERS = 8
PAUSE = 0.1 * SLOW  # seconds between two messages of a client, on the average
SIZES = [0, 1, 100, 125, 126, 1000, 4000, 65535, 65536, 200_000]
WEIGHTS = [10, 10, 20, 5, 5, 20, 10, 2, 2, 1]

OURS = re.compile(rb"chat (\d+) (\d+) (\d+) ")  # who, how many before, checksum of the rest
TOKEN = re.compile(rb"token (\d+) (\d+)$")  # abuser, number: tell it when all have heard this


def message(who, number, rng):
    filler = rng.randbytes(16).hex().encode() * 6250
    filler = filler[:rng.choices(SIZES, WEIGHTS)[0]]
    return b"chat %d %d %d " % (who, number, zlib.crc32(filler)) + filler


def in_frames(payload, rng):
    """The message as a client may send it: masked, perhaps in pieces, with pings between them."""
    opcode, key = rng.choice([TEXT, BINARY]), rng.randbytes(4)
    cuts = sorted(rng.sample(range(len(payload)), rng.choice([0, 0, 0, 1, 3])))
    pieces = [payload[a:b] for a, b in zip([0, *cuts], [*cuts, len(payload)])]
    if len(pieces) == 1:
        return frame(opcode, payload, key=key)
    return frame(PING, b"?").join(fragments(opcode, pieces))


class Chatter:
    def __init__(self, server, who):
        self.peer = connect(server)
        self.who = who
        self.said = 0
        self.heard = 0  # messages, whoever said them
        self.out = bytearray()
        self.next_at = time.monotonic() + PAUSE

    def say(self, rng):
        self.out += in_frames(message(self.who, self.said, rng), rng)
        self.said += 1
        self.next_at = time.monotonic() + rng.uniform(0, 2 * PAUSE)

    def send(self):
        try:
            del self.out[:self.peer.socket.send(self.out) if self.out else 0]
        except BlockingIOError:
            pass

    def take_messages(self):
        """The messages that are complete in what has been received."""
        got, at, messages = self.peer.got, 0, []
        while len(got) >= at + 2:
            opcode, length = got[at] & 15, got[at + 1]
            start = at + {126: 4, 127: 10}.get(length, 2)
            if length > 125:
                if len(got) < start:
                    break
                length = int.from_bytes(got[at + 2:start], "big")
            if len(got) < start + length:
                break
            at = start + length
            if opcode in (TEXT, BINARY, CONTINUATION):
                messages.append(bytes(got[start:at]))
            elif opcode == PING:
                self.out += frame(PONG, got[start:at])
            assert opcode != CLOSE, f"sent away: {bytes(got[start:at])}"
        del got[:at]
        return messages


class Chat:
    def __init__(self, server, rng, tokens):
        self.server = server
        self.rng = rng
        self.tokens = tokens  # shared with the abusers
        self.selector = selectors.DefaultSelector()
        self.chatters = [Chatter(server, who) for who in range(CHATTERS)]
        self.expected = [0] * CHATTERS  # the number of the next message of each
        self.checksums = []  # of the messages that not all have heard: what they must be
        self.forgotten = 0  # messages before these
        self.waiting_tokens = []  # (place, abuser, number)
        for chatter in self.chatters:
            chatter.peer.socket.setblocking(False)
            self.selector.register(chatter.peer.socket, selectors.EVENT_READ, chatter)

    def check_new(self, payload, place):
        """The first time that a message is heard. What the abusers say may be anything."""
        if ours := OURS.match(payload):
            who, number, checksum = map(int, ours.groups())
            assert number == self.expected[who], \
                f"of client {who}: number {number}, not {self.expected[who]}"
            assert zlib.crc32(payload[ours.end():]) == checksum, "a message has changed"
            self.expected[who] += 1
        elif token := TOKEN.match(payload):
            self.waiting_tokens.append((place, int(token[1]), int(token[2])))

    def hear_in_room(self, chatter, payload):
        """Lesson 3: what the first hears is what all others must hear at the same place."""
        at = chatter.heard - self.forgotten
        checksum = zlib.crc32(payload)
        if at == len(self.checksums):
            self.check_new(payload, chatter.heard)
            self.checksums.append(checksum)
        else:
            assert self.checksums[at] == checksum, "two clients have heard different things"
        chatter.heard += 1

    def hear_echo(self, chatter, payload):
        """Lesson 2."""
        assert payload.startswith(b"chat %d " % chatter.who), payload[:60]
        self.check_new(payload, chatter.heard)
        chatter.heard += 1

    def forget(self):
        """What all have heard need not be remembered."""
        heard = min(chatter.heard for chatter in self.chatters)
        del self.checksums[:max(0, heard - self.forgotten)]
        self.forgotten = heard
        while self.waiting_tokens and self.waiting_tokens[0][0] < heard:
            _, abuser, number = self.waiting_tokens.pop(0)
            self.tokens[abuser] = number

    def why_ended(self, peer):
        lines = [line for line in self.server.log().splitlines() if peer.address in line]
        return f"a healthy client has been cut off: {lines}"

    def turn(self):
        hear = self.hear_echo if self.server.lesson == 2 else self.hear_in_room
        for key, _ in self.selector.select(0.01):
            assert key.data.peer.glance(1 << 18), self.why_ended(key.data.peer)
            for payload in key.data.take_messages():
                hear(key.data, payload)
        if self.server.lesson == 3:
            self.forget()
        for chatter in self.chatters:
            try:
                chatter.send()
            except ConnectionError:
                raise AssertionError(self.why_ended(chatter.peer)) from None

    def is_complete(self):
        said = [chatter.said for chatter in self.chatters]
        return self.expected == said and (self.server.lesson == 2 or not self.checksums)

    def talk(self, is_over):
        while not is_over():
            self.turn()
            for chatter in self.chatters:
                if time.monotonic() >= chatter.next_at and not chatter.out:
                    chatter.say(self.rng)

    def finish(self):
        end = time.monotonic() + PATIENCE * SLOW
        while not self.is_complete():
            assert time.monotonic() < end, "not all have heard everything"
            self.turn()
        for chatter in self.chatters:
            chatter.peer.leave()


def run(server, seed, tokens, ready, is_over, results):
    """Chats until is_over(), and reports whether all was heard: (messages, what was wrong)."""
    count, problem = 0, None
    try:
        chat = Chat(server, random.Random(seed), tokens)
        ready.set()
        chat.talk(is_over)
        chat.finish()
        count = sum(chat.expected)
    except Exception as error:
        problem = explain(error)
    ready.set()
    results.put((server.lesson, count, problem))
