"""
In a Chinese environment the servers speak Chinese to people: --help, mistakes in the command line, the log.
What goes over the wire, and the line that says where they listen, is the same as ever.
"""
import os
import re
import subprocess

import pytest

from ws_testlib.chinese import HAS_CHINESE, LOCALE
from ws_testlib.servers import SERVER_DIR
from ws_testlib.wire import PING, close, frame, handshake, head, text

CHINESE = os.environ | LOCALE


def run(lesson, *arguments, **environment):
    return subprocess.run([SERVER_DIR / f"lesson0{lesson}", *arguments], capture_output=True, text=True, timeout=20,
                          env=os.environ | environment)


@pytest.mark.lessons(1, 2, 3)
def test_help(lesson):
    english, chinese = run(lesson, "--help"), run(lesson, "--help", **LOCALE)
    assert chinese.returncode == 0 and chinese.stderr == ""
    options = [re.findall(r"^ .*?(--\S+)", each.stdout, re.M) for each in (english, chinese)]
    assert options[0] == options[1] and len(options[0]) >= 9
    for line in chinese.stdout.splitlines():
        assert HAS_CHINESE.search(line) or line in ("", english.stdout.splitlines()[2]), line
    assert not HAS_CHINESE.search(english.stdout)


@pytest.mark.lessons(1, 2, 3)
@pytest.mark.parametrize("arguments", [["--port", "x"], ["--nonsense"], ["word"], ["--port"], ["--trace=1"]])
def test_mistakes_in_the_command_line(lesson, arguments):
    english, chinese = run(lesson, *arguments), run(lesson, *arguments, **LOCALE)
    assert english.returncode == chinese.returncode == 2
    assert english.stderr.startswith(f"server: {arguments[0].split('=')[0]}"), english.stderr
    assert chinese.stderr.startswith(f"server: {arguments[0].split('=')[0]}"), chinese.stderr
    assert HAS_CHINESE.search(chinese.stderr) and chinese.stderr.endswith("请看 ./server --help\n")


def talk(server, clients, lesson):
    """All that came over the wire, of some who do well and some who do not."""
    heard = []
    for request in head("GET / HTTP/9.9", "Host: x"), handshake(add=["Origin: http://evil.example"]), handshake():
        client = clients(server)
        client.send(request)
        if b"evil" in request or b"9.9" in request:
            heard.append(re.sub(rb"Date: .*?\r\n", b"", client.read_to_end()))
            client.close()
            continue
        heard.append(client.read_response().status)
        if lesson > 1:
            client.send(frame(PING, b"in?"), text("你好"), b"\x83")
        else:
            client.finish()
        heard.append(client.read_to_end())
        client.close()
    return heard


@pytest.mark.lessons(1, 2, 3)
def test_log(start, clients, lesson):
    english, chinese = start("-v"), start("-v", env=CHINESE)
    heard = [talk(server, clients, lesson) for server in (english, chinese)]
    assert heard[0] == heard[1], "over the wire it is all the same"
    english.stderr.wait_for(r"#3 \S+ closed.*\n")
    chinese.stderr.wait_for(r"#3 \S+ .*关闭.*\n")
    lines = [line for line in chinese.stderr.text.splitlines() if line.startswith("#")]
    assert len(lines) == len([line for line in english.stderr.text.splitlines() if line.startswith("#")])
    assert re.search(r"^#1 \S+ 拒绝 505：这里只用 HTTP/1.1（RFC 9110 §15.6.6）$", "\n".join(lines), re.M)
    assert re.search(r"^#2 \S+ 要允许这个来源连接，启动时请加 --allow-origin http://evil.example$", "\n".join(lines), re.M)
    assert all(HAS_CHINESE.search(line) for line in lines), lines
    if lesson > 1:
        assert re.search(r"^#3 \S+ 客户端已连接：WebSocket，路径 /\S*$", "\n".join(lines), re.M)
        assert re.search(r"^#3 \S+ 接收到消息：文本，6 字节：你好$", "\n".join(lines), re.M)
        assert re.search(r"^#3 \S+ 关闭 1002：保留的操作码：只有 0、1、2、8、9、10 在使用（RFC 6455 §5.2）$", "\n".join(lines), re.M)
    chinese.stop()
    assert "server: 正在停止" in chinese.stderr.text or lesson == 1
