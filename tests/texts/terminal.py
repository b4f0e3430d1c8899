"""
terminal - a shell on a terminal of its own, and what stands on its screen

The shell's prompt is "$ ", as in the texts. Before it come its last exit status and a number that is
another for each command, with control characters around them that nobody sees: so the end of a command is
known, and is never taken for that of another.
"""
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time

from ws_testlib.servers import Output

SHELLS = {"bash": ["bash", "--norc", "--noprofile", "--noediting", "+H", "-i"], "dash": ["dash", "-i"]}
PROMPT = re.compile(rb"\x1e(\d+)\x1e(\d+)\x1e\$ ")
PS1 = "\x1e$?\x1e$turn\x1e$ "
CTRL_C, CTRL_BRACKET = "\x03", "\x1d"


class Terminal:
    def __init__(self, shell, directory, environment):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # Python ignores it, and so would what it starts
            os.execvpe(SHELLS[shell][0], SHELLS[shell], environment | {"PS1": PS1, "PS2": "", "turn": "0"})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.output = Output(os.dup(self.fd))
        self.start = 0          # where what the last command has shown begins
        self.mark = 0           # up to there, what came has been looked at
        self.turn = 0
        self.is_telnet = False
        assert self.wait_for_prompt(20), "the shell does not start"

    def screen(self, start, end=None):
        """What stands on the screen since then, as text: no colours, no control characters."""
        text = PROMPT.sub(b"$ ", self.output.bytes[start:end]).decode("utf-8", "replace")
        text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).replace("\r\n", "\n")
        return re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text)

    def wait(self, condition, seconds):
        """Waits until the condition holds. It is looked at when something has come, but not without a pause:
        a server may write a lot."""
        deadline = time.monotonic() + seconds
        while True:
            began, seen, ended = time.monotonic(), len(self.output.bytes), self.output.ended
            result = condition()
            if result or ended or time.monotonic() > deadline:
                return result
            time.sleep(0.01 + 3 * (time.monotonic() - began))
            with self.output.changed:
                self.output.changed.wait_for(lambda: len(self.output.bytes) > seen or self.output.ended,
                                             max(0, deadline - time.monotonic()))

    # the prompt

    def prompt(self):
        return next((prompt for prompt in PROMPT.finditer(self.output.bytes, self.start)
                     if int(prompt[2]) == self.turn), None)

    def wait_for_prompt(self, seconds):
        return self.wait(self.prompt, seconds)

    def status(self):
        """The exit status of what has come to its end."""
        return int(self.prompt()[1])

    # typing

    def type(self, text):
        os.write(self.fd, text.encode())

    def command(self, line):
        """Types a command, once what was there before has ended."""
        self.leave()
        self.turn += 1
        self.type(f"turn={self.turn}\n")
        assert self.wait_for_prompt(20), "the shell takes no command"
        self.start = self.prompt().end()
        self.type(line + "\n")
        assert self.wait(lambda: self.output.bytes.find(b"\n", self.start) >= 0, 20), f"no echo of {line}"
        self.start = self.mark = self.output.bytes.index(b"\n", self.start) + 1
        self.is_telnet = line.startswith("telnet ")

    def leave(self):
        """Ends what goes on, as one does."""
        if self.prompt():
            return
        if self.is_telnet:
            self.type(CTRL_BRACKET + "quit\n")
            self.wait_for_prompt(20)
        if not self.interrupt(60):
            raise AssertionError(f"it does not end: ...{self.screen(self.start)[-500:]}")

    def interrupt(self, seconds):
        """Types Ctrl-C until the prompt is back: between two programs nobody may be there to take it."""
        deadline = time.monotonic() + seconds
        while not self.prompt() and time.monotonic() < deadline:
            self.type(CTRL_C)
            self.wait_for_prompt(3)
        return self.prompt()

    def close(self):
        """Ends the shell and everything that it has started."""
        for _ in range(2):
            listing = subprocess.run(["ps", "-o", "pid=", "-s", str(self.pid)], stdout=subprocess.PIPE,
                                     text=True)
            for pid in map(int, listing.stdout.split()):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)
        self.output.thread.join(20)
