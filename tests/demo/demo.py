#!/usr/bin/env python3
"""
A cast of clients comes to a running lesson 3, one after the other, for a class to watch.

    make demo                     starts the server, says where to look, goes on at each Enter
    make demo PORT=8080           plays to a server that is running already
    make demo AUTO=1              does not wait for Enter

Before each act it says what the class should see: in the server's log, on the page /xray, in the
chat. The acts are plain bytes on plain sockets; Python's standard library is all they need.
"""
import argparse
import contextlib
import os
import pathlib
import select
import sys
import time

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))  # for ws_testlib
sys.dont_write_bytecode = True

from ws_testlib.servers import ROOT, Program
from ws_testlib.wire import BINARY, CLOSE, PING, PONG, TEXT, Client, close, frame, handshake, text

CHINESE = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)),
               "").startswith("zh")


def in_words(english, chinese):
    return chinese if CHINESE else english


def say(english, chinese):
    print("   ", in_words(english, chinese), flush=True)


# ------------------------------------------------------------------------------------------ the stage

class Stage:
    """The server that is played to, and how fast."""

    def __init__(self, host, port, pace):
        self.host, self.port, self.pace = host, port, pace

    def pause(self, seconds=1.0):
        """Time to look; none at all if the pace is 0."""
        time.sleep(seconds * self.pace)

    @contextlib.contextmanager
    def enter(self, **kwargs):
        """A client comes in, shakes hands, and is gone at the end of the act, however it ends."""
        with contextlib.closing(Client(self.port, self.host, **kwargs)) as client:
            client.upgrade()
            yield client


# The class may be in the room as well: whatever others say meanwhile is passed over.

def hear(client, opcode, payload=None):
    """Waits for a frame of this kind, and with this payload if that is given."""
    while True:
        heard = client.read_frame()
        if heard.opcode == opcode and payload in (None, heard.payload):
            return heard


def say_goodbye(client):
    client.send(close(1000))
    assert hear(client, CLOSE).code == 1000
    assert client.read_to_end() == b""


def tell_goodbye(client):
    """What the server says before it hangs up."""
    goodbye = hear(client, CLOSE)
    say(f"The server closes with {goodbye.code}: {goodbye.reason}",
        f"服务器以 {goodbye.code} 关闭：{goodbye.reason}")
    client.is_ended()


# -------------------------------------------------------------------------------------------- the acts

def polite(stage):
    with stage.enter() as ann:
        say("Ann has shaken hands. She says hello, in one masked frame.",
            "安已握手。她说 hello，装在一个加了掩码的帧里。")
        ann.send(text("hello from Ann"))
        hear(ann, TEXT, b"hello from Ann")
        stage.pause()
        say("She sends a ping; a pong comes back.", "她发一个 ping，收到 pong。")
        ann.send(frame(PING, b"are you there?"))
        hear(ann, PONG, b"are you there?")
        stage.pause()
        say("She says goodbye with code 1000, gets 1000 back, and hangs up.",
            "她用关闭码 1000 告别，收到 1000，然后挂断。")
        say_goodbye(ann)


def typed_by_hand(stage):
    with contextlib.closing(Client(stage.port, stage.host)) as bob:
        say("Bob has telnet. He types the request, line by line.", "鲍勃用 telnet，一行一行敲出请求。")
        for line in handshake().splitlines(keepends=True):
            bob.send(line)
            stage.pause(0.5)
        assert bob.read_response().status == 101
        say("101! Now he types \"hello\" and Enter. But that is no frame.",
            "101！他接着敲 hello 和回车。可这不是帧。")
        bob.send(b"hello\r\n")
        tell_goodbye(bob)


def byte_by_byte(stage):
    with stage.enter() as cy:
        words = text("drip")
        say(f"Cy sends one frame of {len(words)} bytes, a byte at a time.",
            f"赛把一个 {len(words)} 字节的帧一个字节一个字节地发。")
        for i in range(len(words)):
            cy.send(words[i:i + 1])
            stage.pause(0.3)
        hear(cy, TEXT, b"drip")
        say("It came back whole: the server has put it together.", "收到的是完整的一帧：服务器把它拼起来了。")
        say_goodbye(cy)


def never_reads(stage):
    with stage.enter() as ann, stage.enter(receive_buffer=4096) as dora:
        say("Dora has joined, and will never read. Ann talks, and talks, and hears herself.",
            "朵拉进来了，但从不读取。安说个不停，也听得到自己。")
        gone = select.poll()
        gone.register(dora.socket, select.POLLHUP | select.POLLERR)
        megabytes = 0
        while not any(events & (select.POLLHUP | select.POLLERR) for _, events in gone.poll(0)):
            for _ in range(8):
                ann.send(frame(BINARY, bytes(1 << 17)))
                hear(ann, BINARY, bytes(1 << 17))
            megabytes += 1
            assert megabytes < 1000, "Dora is still there after 1000 MB"
        say(f"After {megabytes} MB the server has had enough and throws Dora out. Ann never waited.",
            f"{megabytes} MB 之后，服务器受够了，把朵拉赶了出去。安从没等过。")
        say_goodbye(ann)


def unmasked(stage):
    with stage.enter() as eve:
        say("Eve's program forgot the mask: 81 05 and then Hello.", "伊芙的程序忘了掩码：81 05，然后是 Hello。")
        eve.send(frame(TEXT, b"Hello", key=None))
        tell_goodbye(eve)


def dies(stage):
    with stage.enter() as fay:
        say("Fay is in the middle of a sentence ...", "菲正说到一半……")
        fay.send(text("I just wanted to tell you that")[:20])
        stage.pause()
        say("... and her laptop dies. No close frame: code 1006 stands for that.",
            "……笔记本没电了。没有关闭帧：1006 说的就是这个。")
        fay.reset()


def floods(stage):
    spam = [f"spam {i}".encode() for i in range(5000)]
    heard = {}
    with stage.enter() as ann, stage.enter() as gus:
        say(f"Gus sends {len(spam)} messages as fast as he can; Ann wants to say one thing.",
            f"格斯拼命发了 {len(spam)} 条消息；安只想说一句话。")
        for at in range(0, len(spam), 1000):  # he would be thrown out if he did not read them, too
            gus.send(*(frame(TEXT, message) for message in spam[at:at + 1000]))
            if at == 2000:
                ann.send(text("excuse me"))
            for client in ann, gus:
                own = heard.setdefault(client, [])
                while spam[at + 999] not in own[-2:] or (at == 2000 and b"excuse me" not in own):
                    message = client.read_frame().payload
                    if message == b"excuse me" or message.startswith(b"spam "):
                        own.append(message)
        assert heard[ann] == heard[gus], "all hear the same, in the same order"
        assert sorted(heard[ann]) == sorted([*spam, b"excuse me"]), "nothing is lost"
        say("Both have heard everything, in the same order, Ann's sentence among it.",
            "两个人都听到了全部消息，顺序相同，安的那句话也在其中。")
        say_goodbye(gus)
        say_goodbye(ann)


ACTS = [
    (polite, "A polite client", "有礼貌的客户端",
     "x-ray: text, ping, pong, close; every frame ok. Log: \"closed 1000 by the client\".",
     "X 光页：text、ping、pong、close，帧帧正确。日志：“closed 1000 by the client”。"),
    (typed_by_hand, "One typed by hand", "手敲的客户端",
     "x-ray: no frame, §5.2 broken: 0x68 is 'h'. Log: \"closed 1002: RSV bit set\".",
     "X 光页：不是帧，违反 §5.2：0x68 是 h。日志：“closed 1002: RSV bit set”。"),
    (byte_by_byte, "One that sends byte by byte", "一个字节一个字节发的客户端",
     "x-ray: one good frame, brought by many reads. Choose it: dashed lines where TCP has cut it.",
     "X 光页：一个正确的帧，分多次读取。选中它：虚线处是 TCP 切开的地方。"),
    (never_reads, "One that never reads", "从不读取的客户端",
     "Log: \"closed 1006, evicted: it does not read\". Nobody else has waited. /status: evicted goes up.",
     "日志：“closed 1006, evicted: it does not read”。别人都没有等。/status：evicted 增加。"),
    (unmasked, "One that sends an unmasked frame", "不加掩码的客户端",
     "x-ray: §5.1 broken, MASK is 0. Log: \"closed 1002: frame not masked\".",
     "X 光页：违反 §5.1，MASK 是 0。日志：“closed 1002: frame not masked”。"),
    (dies, "One that dies without goodbye", "不告而别的客户端",
     "x-ray: a frame that was cut off. Log: \"closed 1006: the connection was lost\".",
     "X 光页：一个没收完的帧。日志：“closed 1006: the connection was lost”。"),
    (floods, "One that floods", "刷屏的客户端",
     "x-ray: row after row (choose one, or press Pause). The chat goes on; the order is the same for all.",
     "X 光页：一行接一行（选中一行，或按“暂停”）。聊天照常进行，所有人看到的顺序相同。"),
]


# ------------------------------------------------------------------------------------------- the play

@contextlib.contextmanager
def started_server(program):
    """A server of our own, at port 8080 if that is free; its log goes to this terminal."""
    for port in 8080, 0:
        server = Program([program, "--port", port], log=sys.stderr, env=os.environ)
        if server.launch():
            break
    else:
        sys.exit(in_words(f"{program} does not start", f"{program} 无法启动"))
    with server:
        yield server.port


def wait_for_enter():
    try:
        input(in_words("    Press Enter.", "    请按回车。"))
    except EOFError:
        sys.exit(in_words("\nThere is no Enter key here: use --auto.", "\n这里没有回车键：请用 --auto。"))


def play(stage, auto):
    print(in_words(f"Open http://{stage.host}:{stage.port}/xray and http://{stage.host}:{stage.port}/",
                   f"请打开 http://{stage.host}:{stage.port}/xray 和 http://{stage.host}:{stage.port}/"))
    for number, (act, english, chinese, see, see_chinese) in enumerate(ACTS, 1):
        print(f"\n{number}. {in_words(english, chinese)}\n    " +
              in_words(f"To be seen: {see}", f"请看：{see_chinese}"), flush=True)
        if not auto:
            wait_for_enter()
        act(stage)
        stage.pause()
    print(in_words("\nThe end.", "\n剧终。"), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--port", type=int, help="of a lesson 3 that is running; else one is started")
    parser.add_argument("--host", default="127.0.0.1", help="where it is running")
    parser.add_argument("--auto", action="store_true", help="do not wait for Enter")
    parser.add_argument("--pace", type=float, default=1.0, help="1: time to look; 0: as fast as it goes")
    parser.add_argument("--server", default=str(ROOT / "build/plain/lesson03"), help="what to start")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        port = options.port or stack.enter_context(started_server(options.server))
        play(Stage(options.host, port, options.pace), options.auto)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(in_words(f"the server cannot be reached: {error}", f"连不上服务器：{error}"))
