"""
control - the file in which a test tells inject.c what is to fail

The layout is that of struct control in inject.c.
"""
import errno
import mmap
import os
import socket
import struct
import tempfile

RULES = 48
HEAD = struct.Struct("=III")  # blocks, exits, show_stack
RULE = struct.Struct("=I24siIIIIII")  # armed, call, how, first, times, every, count, faults, at_port
COUNT_AT, PORT_AT = RULE.size - 12, RULE.size - 4
SIZE = HEAD.size + RULES * RULE.size
FOREVER = 0xFFFFFFFF

WAYS = {"one byte": 1000, "no wait": 1001, "slow": 1002, "fails": 1,
        "EAI_MEMORY": socket.EAI_MEMORY, "EAI_AGAIN": socket.EAI_AGAIN}


def way(name):
    return WAYS[name] if name in WAYS else getattr(errno, name)


class Control:
    def __init__(self):
        fd, self.path = tempfile.mkstemp(prefix="faults-")
        os.ftruncate(fd, SIZE)
        self.map = mmap.mmap(fd, SIZE)
        os.close(fd)

    def remove(self):
        self.map.close()
        os.unlink(self.path)

    def arm(self, rule, call, how, first=1, times=1, every=0):
        """The rule counts from now on. With first=FOREVER it counts and nothing else."""
        at = HEAD.size + rule * RULE.size
        self.map[at:at + 4] = b"\0" * 4
        self.map[at:at + RULE.size] = RULE.pack(0, call.encode(), way(how), first, times, every, 0, 0, 0)
        self.map[at:at + 4] = struct.pack("=I", 1)

    def disarm(self):
        for rule in range(RULES):
            at = HEAD.size + rule * RULE.size
            self.map[at:at + 4] = b"\0" * 4

    def _number(self, at):
        return struct.unpack_from("=I", self.map, at)[0]

    def calls(self, rule):
        return self._number(HEAD.size + rule * RULE.size + COUNT_AT)

    def faults(self, rule):
        return self._number(HEAD.size + rule * RULE.size + COUNT_AT + 4)

    def at_port(self, rule):
        return self._number(HEAD.size + rule * RULE.size + PORT_AT)

    @property
    def blocks(self):
        """Blocks of memory that the server holds."""
        return self._number(0)

    @property
    def exits(self):
        return self._number(4)

    def show_stack(self, shown):
        self.map[8:12] = struct.pack("=I", shown)
