"""
The command line, exit status, stdout, the log, and signals: what people and scripts rely on
"""
import os
import re
import signal
import socket
import subprocess

import pytest

from ws_testlib.servers import IS_SANITIZED, LOOPBACKS, Server, command, free_port, run
from ws_testlib.waiting import PATIENCE, wait_until
from ws_testlib.wire import BINARY, CLOSE, PING, TEXT, Client, close, frame, handshake, head, text

OPTIONS = {  # from which lesson on there is an option, and a value that it takes
    "--port": (1, "0"), "--host": (1, "127.0.0.1"), "--verbose": (1, None), "--quiet": (1, None),
    "--trace": (1, None), "--trace-file": (1, "/dev/null"), "--help": (1, None), "--version": (1, None),
    "--handshake-timeout": (1, "5"), "--allow-origin": (1, "*"),
    "--max-message": (2, "1000"), "--max-clients": (2, "10"), "--ping-interval": (2, "5"),
    "--max-memory": (2, "100000000"),
    "--max-backlog": (3, "100000"), "--xray": (3, "any"),
}
LETTERS = ["-p", "-H", "-v", "-q", "-h"]


def has(lesson, option):
    return OPTIONS[option][0] <= lesson


# ------------------------------------------------------------------------------- help and mistakes

@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_names_every_option_and_no_other(lesson, option):
    done = run(lesson, option)
    assert (done.returncode, done.stderr) == (0, "")
    named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", done.stdout, re.I))
    assert {o for o in OPTIONS if has(lesson, o)} | set(LETTERS) <= named
    assert not {o for o in OPTIONS if not has(lesson, o)} & named


def test_help_names_the_defaults(lesson):
    """... which are also what the contract says they are."""
    help_text = run(lesson, "--help").stdout
    defaults = {"--port": "8080", "--handshake-timeout": "120", "--max-clients": "1024",
                "--max-message": "1048576" if lesson == 3 else "16777216", "--ping-interval": "20",
                "--max-backlog": "4194304", "--max-memory": "268435456", "--xray": "loopback"}
    for option, value in defaults.items():
        if has(lesson, option):
            assert re.search(rf"{option} .*\b{value}\b", help_text), f"{option} {value}"


def test_version(lesson):
    done = run(lesson, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"\S+ \d+\.\d+\.\d+\n", done.stdout)


def assert_usage_error(done, word):
    """2, nothing on stdout, and stderr says which word it is about and where to read on."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert word in done.stderr and "--help" in done.stderr


@pytest.mark.parametrize("arguments", [
    ["--nonsense"], ["--portable"], ["-x"], ["file"], ["-"], ["--"], [""],
    ["--port"], ["-p"], ["--port", ""], ["--port", "http"], ["--port", "80a"], ["--port", "-1"],
    ["--port", "65536"], ["--port", "99999999999999999999"], ["--port", " 80"], ["--port", "1e3"],
    ["--host"], ["--host", ""], ["--trace-file"], ["--trace-file", ""], ["--allow-origin"], ["--verbose=yes"],
    *[["--allow-origin", origin] for origin in [
        "", "chat.example", "http://chat.example/", "https://chat.example/chat", "http://me@chat.example",
        "http://chat.example:80", "https://chat.example:443", "http://", "http:chat.example", "//chat.example",
        "http://chat.example, http://b.example", "http://a.example:x", "*.example", "http://*.example"]],
    ["--handshake-timeout"], ["--handshake-timeout", "soon"], ["--handshake-timeout", "-1"],
    ["--handshake-timeout", "0"], ["--handshake-timeout", "nan"], ["--handshake-timeout", "5s"],
    ["--port", "0", "more"],
], ids=" ".join)
def test_mistake_exits_with_2(lesson, arguments):
    assert_usage_error(run(lesson, *arguments), arguments[0] if len(arguments) < 3 else arguments[-1])


@pytest.mark.lessons(2, 3)
@pytest.mark.parametrize("option", ["--max-message", "--max-clients", "--ping-interval"])
@pytest.mark.parametrize("value", ["", "many", "-1", "0", "1x", "99999999999999999999"])
def test_bad_limit_exits_with_2(lesson, option, value):
    assert_usage_error(run(lesson, option, value), option)


@pytest.mark.lessons(3)
@pytest.mark.parametrize("value", ["", "all", "Any", "anybody", "loopback,any", "127.0.0.1"])
def test_who_may_watch_is_loopback_or_any(lesson, value):
    done = run(lesson, "--xray", value)
    assert_usage_error(done, "--xray")
    assert "loopback or any" in done.stderr


@pytest.mark.lessons(1, 2)
@pytest.mark.parametrize("option", [o for o, (first, _) in OPTIONS.items() if first > 1])
def test_option_of_a_later_lesson_is_a_mistake(lesson, option):
    if has(lesson, option):
        Server(lesson, option, OPTIONS[option][1]).stop()
    else:
        assert_usage_error(run(lesson, option, OPTIONS[option][1]), option)


@pytest.mark.parametrize("arguments", [
    ["-v"], ["-q"], ["--trace"], ["--trace-file", "/dev/null"], ["-p", "0"], ["-H", "localhost"], ["--handshake-timeout", "0.5"],
    ["--allow-origin", "http://a.example", "--allow-origin", "*"], ["-q", "-v"],
], ids=" ".join)
def test_options_are_taken(start, join, arguments):
    join(start(*arguments))


# ------------------------------------------------------------------------------------- where it listens

def test_ready_line_and_nothing_else_on_stdout(start, clients, lesson):
    server = start()
    assert (server.host, server.stdout.text) == (
        "127.0.0.1", f"listening on http://127.0.0.1:{server.port}/\n")
    client = clients(server)
    client.upgrade()
    client.close()
    server.stop()
    assert server.stdout.text.count("\n") == 1


def test_ready_means_that_connections_are_accepted(start, clients):
    for _ in range(5):
        clients(start())


@pytest.mark.parametrize("host", LOOPBACKS)
def test_port_0_is_the_same_for_ipv4_and_ipv6(server, clients, host):
    """localhost may be either, and a browser tries both."""
    assert clients(server, host=host).upgrade().status == 101


def test_two_servers_take_different_free_ports(start):
    assert start().port != start().port


def is_refused(port, host):
    try:
        Client(port, host).close()
    except ConnectionRefusedError:
        return True
    return False


def refuses_all(start, others, *options):
    """Nothing listens on the other addresses. A program that is none of ours may have the same port
    there by chance, but hardly three times in a row."""
    return any(all(is_refused(port, other) for other in others)
               for port in (start(*options).port for _ in range(3)))


def test_loopback_only(start):
    """127.0.0.2 is this machine too, but it was not asked for."""
    assert refuses_all(start, ["127.0.0.2"])


@pytest.mark.parametrize("host", ["127.0.0.2", "127.0.0.1"] + LOOPBACKS[1:])
def test_host_is_where_it_listens(start, clients, host):
    server = start("--host", host)
    assert server.host == host
    assert clients(server, host=host).upgrade().status == 101
    others = {"127.0.0.1", "127.0.0.2", *LOOPBACKS} - {host}
    assert refuses_all(start, others, "--host", host)


def test_address_of_another_machine_exits_with_1(lesson):
    done = run(lesson, "--host", "192.0.2.1", "--port", "0")  # of RFC 5737, for documentation
    assert (done.returncode, done.stdout) == (1, "")
    assert "192.0.2.1" in done.stderr


@pytest.mark.parametrize("host", LOOPBACKS)
def test_port_in_use_exits_with_1_and_says_what_to_do(lesson, host):
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
        taken.bind((host, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run(lesson, "--port", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert port in done.stderr and "in use" in done.stderr and "--port" in done.stderr


def test_port_can_be_taken_again_at_once(start, clients):
    """Connections that the first server has closed linger in TIME_WAIT, and are no obstacle."""
    first = start()
    client = clients(first)
    client.send(head("GET / HTTP/1.1", "Host: localhost"))
    client.read_to_end()
    client.close()
    first.stop()
    second = start("--port", first.port)
    assert second.port == first.port


# -------------------------------------------------------------------------------------------- the log

def of_client(server, client):
    """The log's lines about a client, without its number and address."""
    prefix = re.compile(rf"^#\d+ {re.escape(client.address)} ", re.M)
    return [line[prefix.match(line).end():] for line in server.stderr.lines() if prefix.match(line)]


def test_a_line_for_each_connection_opened_and_closed(start, join, lesson):
    server = start()
    client = join(server)
    server.stderr.wait_for(rf"^#1 {client.address} open")
    if lesson > 1:
        client.say_goodbye(4001)
    client.close()
    server.stderr.wait_for(rf"^#1 {client.address} closed")
    assert len(of_client(server, client)) == 2
    assert lesson == 1 or "4001" in of_client(server, client)[-1]


def test_clients_are_numbered(start, join):
    server = start()
    for number in (1, 2, 3):
        client = join(server)
        server.stderr.wait_for(rf"^#{number} {client.address} open")
        client.close()
        server.stderr.wait_for(rf"^#{number} {client.address} closed")


@pytest.mark.lessons(2, 3)
def test_fault_is_logged_with_code_and_why(start, join):
    server = start()
    client = join(server)
    client.send(frame(TEXT, b"x", key=None))
    assert client.read_frame().code == 1002
    client.close()
    server.stderr.wait_for(rf"^#1 {client.address} closed 1002.*mask.*§5\.1")


def test_refusal_is_logged_with_status_and_why(start, clients):
    server = start()
    client = clients(server)
    client.send(handshake(drop=["Host"]))
    assert client.read_response().status == 400
    server.stderr.wait_for(rf"^#1 {client.address} .*400.*Host")


@pytest.mark.lessons(2, 3)
@pytest.mark.parametrize("options, on_terminal, messages, connections", [
    ([], False, False, True), ([], True, True, True),
    (["-v"], False, True, True), (["--verbose"], False, True, True),
    (["-q"], False, False, False), (["-q"], True, False, False), (["--quiet"], True, False, False),
])
def test_what_is_logged(start, join, options, on_terminal, messages, connections):
    """A class wants to see the messages, a load must not wait for them."""
    server = start(*options, on_terminal=on_terminal)
    client = join(server)
    client.assert_alive("find me in the log")
    client.say_goodbye()
    server.stop()
    assert ("find me in the log" in server.stderr.text) == messages
    assert (client.address in server.stderr.text) == connections


@pytest.mark.parametrize("on_terminal, environment, coloured", [
    (True, {}, True), (False, {}, False), (True, {"NO_COLOR": "1"}, False),
    (True, {"NO_COLOR": ""}, True),  # https://no-color.org: "when present and not an empty string"
])
def test_colour_only_on_a_terminal_without_no_color(start, join, on_terminal, environment, coloured):
    inherited = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    server = start(on_terminal=on_terminal, env=inherited | environment)
    join(server).close()
    server.stderr.wait_for(r"open")
    assert ("\x1b[" in server.stderr.text) == coloured


NASTY = "\x1b[2J\x1b]0;title\x07\r\n#99 9.9.9.9 closed \u0085\u202e面"


@pytest.mark.lessons(2, 3)
def test_bytes_from_messages_are_never_printed_raw(start, join):
    """Neither may a client drive the terminal, nor forge a line. check() looks at every log, too."""
    server = start("-v", "--trace")
    client = join(server, handshake("GET /%1b HTTP/1.1", add=[f"X-Name: \u0085\u202e面"]))
    nasty = NASTY.encode()
    client.send(text(NASTY), frame(BINARY, nasty), frame(PING, nasty), close(1000, nasty))
    client.read_to_end()
    client.close()
    server.stderr.wait_for(rf"{client.address} closed 1000")
    assert not re.search(r"^#99", server.stderr.text, re.M)
    assert not {"\x1b", "\u0085", "\u202e", "\r"} & set(server.stderr.text)


@pytest.mark.parametrize("request_bytes", [
    handshake(add=["Origin: http://\u0085\u202e面/\t\\\""]),
    head("GET /\x1b[2J HTTP/1.1", "Host: a"),
    head("\x1b[2J"),
    head("GET /not-found?\\\"%1b HTTP/1.1", "Host: a"),
])
def test_bytes_from_requests_are_never_printed_raw(start, clients, request_bytes):
    server = start("--trace")
    client = clients(server)
    client.send(request_bytes)
    assert client.read_response().status >= 400
    server.stderr.wait_for(rf"{client.address} refused")
    assert not {"\x1b", "\u0085", "\u202e"} & set(server.stderr.text)


def test_broken_log_stops_nobody(lesson):
    """As after `./server 2>&1 | head -1`: writing fails, and SIGPIPE must not end the server."""
    reader, writer = os.pipe()
    process = subprocess.Popen(command(lesson, "--port", 0), stdout=subprocess.PIPE, stderr=writer,
                               text=True)
    os.close(writer)
    os.close(reader)
    try:
        port = int(re.search(r":(\d+)/", process.stdout.readline())[1])
        for _ in range(3):
            client = Client(port)
            client.upgrade()
            client.close()
        process.terminate()
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_descriptors_are_never_a_clients(lesson, closed):
    """The next descriptor that is opened takes the place of one that is closed: a client there would get the log."""
    port = free_port()
    program = ["sh", "-c", f'exec "$@" {closed}', "sh", *command(lesson, "-v", "--trace", "--port", port)]
    with subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: not is_refused(port, "127.0.0.1"), "it listens")
            if os.path.exists("/proc/self/fd"):
                assert {os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in range(3)} == {"/dev/null"}
            client = Client(port)
            client.upgrade()
            client.send(text("Hello") + close(1000))
            client.finish()
            answers = b"" if lesson == 1 else text("Hello", key=None) + frame(CLOSE, b"\x03\xe8", key=None)
            assert client.read_to_end() == answers
            process.terminate()
            assert process.wait(PATIENCE) == 0
        finally:
            process.kill()


# --------------------------------------------------------------------------------------------- signals

both_signals = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM],
                                       ids=["SIGINT", "SIGTERM"])
SECONDS_TO_STOP = 3 + (5 if IS_SANITIZED else 2)  # and something for a machine that is busy
AT_ONCE = 1.5  # clearly less than the two seconds that are waited for answers


def is_quick(stop):
    """Once in a few times: a busy machine may be slow for a moment, a server that waits always is."""
    return any(stop() < AT_ONCE for _ in range(5))


@both_signals
def test_signal_ends_it_with_status_0(start, number):
    assert start().stop(number) < SECONDS_TO_STOP  # stop() checks the status


@both_signals
def test_signal_before_the_request_is_complete(start, clients, number):
    """A client in the middle of its handshake does not hold the server."""
    server = start()
    silent, slow = clients(server), clients(server)
    slow.send(handshake()[:50])
    assert server.stop(number) < SECONDS_TO_STOP
    assert silent.is_ended() and slow.is_ended()


@pytest.mark.lessons(2, 3)
@both_signals
def test_signal_says_1001_to_everyone(start, join, number):
    """And it is soon over when all answer."""
    def stop():
        server = start()
        members = [join(server) for _ in range(10)]
        members[0].send(frame(TEXT, b"unfinished", fin=False))
        server.send_signal(number)
        for member in members:
            goodbye = member.read_frame()
            assert goodbye.code == 1001 and goodbye.reason
            member.send(close(1001))
        for member in members:
            assert member.read_to_end() == b""
            member.close()
        return server.wait()
    assert is_quick(stop)


@pytest.mark.lessons(2, 3)
def test_signal_right_behind_the_101_says_1001_too(start, join):
    """Once a client has its 101, it is a WebSocket client, and must not be left without a word."""
    for _ in range(10):
        server = start("-q")
        client = join(server)
        server.send_signal()
        assert client.read_frame().code == 1001
        client.close()
        server.wait()


@pytest.mark.lessons(2, 3)
def test_stop_within_3_seconds_whatever_the_clients_do(start, join, clients):
    server = start()
    silent = join(server)  # never answers 1001
    busy = join(server)
    busy.send(frame(TEXT, b"x", announced=1000))  # in the middle of a frame
    stuck = join(server, receive_buffer=4096)  # does not read, and the server has more for it
    stuck.socket.setblocking(False)
    message = frame(TEXT, b"x" * 100_000)
    try:
        for _ in range(100):
            stuck.socket.send(message)
    except BlockingIOError:
        pass
    clients(server).send(handshake()[:30])
    clients(server)
    assert server.stop() < SECONDS_TO_STOP
    assert silent.read_frames_to_end()[-1].code == busy.read_frames_to_end()[-1].code == 1001


@pytest.mark.lessons(2, 3)
def test_second_ctrl_c_ends_it_at_once(start, join):
    """On the spot, with threads that nobody joins: what ThreadSanitizer calls a leak is meant."""
    def stop():
        server = start(env=os.environ | {"TSAN_OPTIONS": "report_thread_leaks=0"})
        client = join(server)  # never answers, so the server would wait for 2 s
        server.send_signal(signal.SIGINT)
        assert client.read_frame().code == 1001
        server.send_signal(signal.SIGINT)
        return server.wait()
    assert is_quick(stop)


@pytest.mark.lessons(2, 3)
def test_no_new_clients_while_it_stops(start, join):
    server = start()
    client = join(server)
    server.send_signal()
    assert client.read_frame().code == 1001
    try:
        late = Client(server.port)
        late.send(handshake())
        assert late.is_ended()  # no 101 is waited for in vain
        late.close()
    except ConnectionError:
        pass
