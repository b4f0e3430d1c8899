#!/usr/bin/env python3
"""Writes the hand-made inputs of each fuzz target: tests/fuzz/corpus/TARGET/NAME.

One input for each rule that can be kept or broken, and for each border. What libFuzzer has found
besides stands in the same directories under names of 40 hexadecimal digits and is left alone, see
README.md here.
"""

import os
import pathlib
import struct
import sys

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1]))  # for ws_testlib

from ws_testlib import wire
from ws_testlib.wire import BINARY, CLOSE, PING, PONG, TEXT
from ws_testlib.wire import CONTINUATION as CONT
from ws_testlib.wire import MASK as XOR

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "corpus")
KEY = bytes(4)  # masking with zeros: the payload can be read, and changed by a fuzzer


def write(target, seeds):
    directory = os.path.join(CORPUS, target)
    os.makedirs(directory, exist_ok=True)
    for name, data in seeds.items():
        with open(os.path.join(directory, name), "wb") as file:
            file.write(data)


def frame(opcode, payload=b"", fin=1, key=KEY, rsv=0, mask=1, form=None, announced=None):
    """A client's frame; form is the length's: 7, 16 or 64 bits, by default the shortest."""
    return wire.frame(opcode, payload, fin=bool(fin), rsv=rsv, key=key if mask else None, announced=announced,
                      length_bytes=form and {7: 0, 16: 2, 64: 8}[form])


def close(code=None, reason=b"", key=KEY):
    return frame(CLOSE, (struct.pack(">H", code) if code is not None else b"") + reason, key=key)


# ------------------------------------------------------------------------------------ UTF-8

UTF8 = {
    "empty": b"",
    "ascii": b"Hello, world. " * 3,
    "greek": "κόσμε".encode(),
    "chinese": "学生写过一些代码".encode(),
    "emoji": "🙂🦊".encode(),
    "mixed": "a€b𝄞cé".encode() * 4,
    "first-of-each-length": b"\x00\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80",
    "last-of-each-length": b"\x7f\xdf\xbf\xef\xbf\xbf\xf4\x8f\xbf\xbf",
    "around-surrogates": b"\xed\x9f\xbf\xee\x80\x80",
    "surrogate-low": b"x\xed\xa0\x80",
    "surrogate-high": b"x\xed\xbf\xbf",
    "surrogate-pair": b"\xed\xa0\xbd\xed\xb8\x80",
    "beyond-10ffff": b"x\xf4\x90\x80\x80",
    "f5": b"x\xf5\x80\x80\x80",
    "ff": b"x\xff",
    "lone-continuation": b"x\x80",
    "overlong-2": b"x\xc0\xaf",
    "overlong-2-last": b"x\xc1\xbf",
    "overlong-3": b"x\xe0\x9f\xbf",
    "overlong-4": b"x\xf0\x8f\xbf\xbf",
    "cut-2": b"abc\xc3",
    "cut-3": b"abc\xe2\x82",
    "cut-4": b"abc\xf0\x9f\x99",
    "start-after-start": b"\xe2\xe2\x82\xac",
    "ascii-in-character": b"\xe2\x82x",
    "late-fault": b"a" * 37 + b"\xe4\xbd\xa0" * 5 + b"a" * 8 + b"\xed\xa0",
    "fault-at-1": b"\x801234567",
    "fault-at-8": b"1234567\x80",
    "fault-at-9": b"12345678\x80",
    "three-byte-run-then-cut": b"\xe4\xbd\xa0" * 11 + b"\xe4\xbd",
}

# ------------------------------------------------------------------------------------ frames

HEADERS = {
    "text": frame(TEXT, b"Hello", key=XOR),
    "close-empty": close(),
    "ping-125": frame(PING, b"p" * 125),
    "length-126": frame(BINARY, b"", form=16, announced=126),
    "length-65535": frame(BINARY, b"", announced=65535),
    "length-65536": frame(BINARY, b"", announced=65536),
    "length-2-62": frame(TEXT, b"", announced=1 << 62),
    "length-high-bit": frame(BINARY, b"", announced=1 << 63),
    "not-minimal-16": frame(TEXT, b"", form=16, announced=125),
    "not-minimal-64": frame(TEXT, b"", form=64, announced=65535),
    "control-126": frame(PING, b"", form=16, announced=126),
    "control-fragmented": frame(PONG, b"x", fin=0),
    "reserved-3": frame(3, b"x"),
    "reserved-b": frame(11, b"x"),
    "rsv-1": frame(TEXT, b"x", rsv=4),
    "rsv-2": frame(TEXT, b"x", rsv=2),
    "rsv-3": frame(TEXT, b"x", rsv=1),
    "not-masked": frame(TEXT, b"Hello", mask=0),
    "encode-125": KEY + struct.pack(">Q", 125) + b"\x00",
    "encode-126": KEY + struct.pack(">Q", 126) + b"\x00",
    "encode-65535": XOR + struct.pack(">Q", 65535) + b"\x00",
    "encode-65536": XOR + struct.pack(">Q", 65536) + b"\x00",
    "close-code-1004": struct.pack(">H", 1004),
    "close-code-1006": struct.pack(">H", 1006),
    "close-code-1015": struct.pack(">H", 1015),
    "close-code-5000": struct.pack(">H", 5000),
    "mask-long": bytes.fromhex("01020304 0000000000000003 05") + bytes(range(97)),
    "reason-too-long": struct.pack(">H", 1000) + b"r" * 200,
    "reason-cut-in-character": "ä€".encode() * 60,
}

# ---------------------------------------------------------------------------------- messages

# The first byte chooses the longest message from a table in fuzz_message.c, the second the cuts.
WIDE, LIMIT_5 = b"\x00\x07", b"\x03\x07"

MESSAGES = {
    "text": WIDE + frame(TEXT, b"Hello", key=XOR),
    "text-empty": WIDE + frame(TEXT),
    "binary-200": WIDE + frame(BINARY, bytes(range(200)), key=XOR),
    "fragments": WIDE + frame(TEXT, b"Hel", 0, XOR) + frame(CONT, b"l", 0) + frame(CONT, b"o"),
    "fragments-empty": WIDE + frame(TEXT, b"", 0) + frame(CONT, b"", 0) * 3 + frame(CONT, b""),
    "ping-between": WIDE + frame(TEXT, b"a", 0) + frame(PING, b"?", key=XOR) + frame(CONT, b"b"),
    "all-kinds": WIDE + frame(BINARY, b"1") + frame(PING) + frame(PONG, b"2") + close(1000, b"ok"),
    "character-across-frames": WIDE + frame(TEXT, b"\xe2", 0) + frame(CONT, b"\x82", 0)
                               + frame(PING) + frame(CONT, b"\xac"),
    "utf8-bad-first": WIDE + frame(TEXT, b"ok\xff, and more"),
    "utf8-bad-unfinished": WIDE + frame(TEXT, b"\xed\xa0", announced=1000),
    "utf8-bad-second-frame": WIDE + frame(TEXT, b"\xf0\x9f", 0) + frame(CONT, b"\x28\x80", 0),
    "utf8-cut-at-end": WIDE + frame(TEXT, b"abc\xe2\x82"),
    "utf8-cut-at-empty-end": WIDE + frame(TEXT, b"\xe2\x82", 0) + frame(CONT),
    "binary-is-not-text": WIDE + frame(BINARY, b"\xff\xfe", 0) + frame(CONT, b"\xc0"),
    "stray-continuation": WIDE + frame(CONT, b"x"),
    "stray-after-message": WIDE + frame(TEXT, b"x") + frame(CONT, b"x", 0),
    "stray-and-not-masked": WIDE + frame(CONT, b"x", mask=0),
    "unfinished-text": WIDE + frame(TEXT, b"x", 0) + frame(TEXT, b"y"),
    "unfinished-and-not-minimal": WIDE + frame(TEXT, b"x", 0) + frame(BINARY, b"", form=16,
                                                                      announced=3),
    "too-big": LIMIT_5 + frame(TEXT, b"123456"),
    "too-big-by-fragments": LIMIT_5 + frame(TEXT, b"123", 0) + frame(CONT, b"456"),
    "just-fits": LIMIT_5 + frame(TEXT, b"123", 0) + frame(CONT, b"45") + frame(BINARY, b"12345"),
    "announced-2-62": WIDE + frame(BINARY, b"abc", announced=1 << 62),
    "announced-high-bit": WIDE + frame(BINARY, b"abc", announced=1 << 63),
    "not-minimal-64": WIDE + frame(BINARY, b"", form=64, announced=65535),
    "control-126": WIDE + frame(PING, b"", form=16, announced=126),
    "control-fragmented": WIDE + frame(PING, b"x", 0),
    "not-masked": WIDE + frame(TEXT, b"ok") + frame(TEXT, b"no", mask=0),
    "rsv-1": WIDE + frame(TEXT, b"x", rsv=4),
    "rsv-3": WIDE + frame(TEXT, b"x", rsv=1),
    "reserved-b": WIDE + frame(11, b"x"),
    "length-126": WIDE + frame(BINARY, b"b" * 126, key=XOR),
    "not-minimal-16": WIDE + frame(BINARY, b"", form=16, announced=125),
    "close-code-1004": WIDE + close(1004),
    "reserved-in-message": WIDE + frame(TEXT, b"x", 0) + frame(3, b"y"),
    "ping-125": WIDE + frame(PING, b"p" * 125, key=XOR),
    "close-empty": WIDE + close() + frame(TEXT, b"after"),
    "close-reason": WIDE + close(4000, "Tschüß".encode(), XOR),
    "close-in-message": WIDE + frame(TEXT, b"x", 0) + close(1001),
    "close-one-byte": WIDE + frame(CLOSE, b"\x03"),
    "close-code-1005": WIDE + close(1005),
    "close-code-2999": WIDE + close(2999, b"why"),
    "close-code-5000": WIDE + close(5000),
    "close-reason-bad": WIDE + close(1000, b"a\xc3\x28"),
    "close-reason-cut": WIDE + close(1000, b"a\xe2\x82"),
    "close-reason-unfinished": WIDE + frame(CLOSE, b"\x03\xe8ab\xff", announced=20),
    "many-empty-fragments": WIDE + frame(BINARY, b"", 0, XOR) + frame(CONT, b"", 0, XOR) * 40
                            + frame(CONT, b"a" * 70, key=XOR),
}

# ------------------------------------------------------------------------------------ HTTP


def head(*lines, end="\r\n", rest=b""):
    return end.join(lines).encode("latin-1") + 2 * end.encode() + rest


GET, HOST = "GET / HTTP/1.1", "Host: localhost:8080"


def long_head(length):
    start = head(GET, HOST, "X: ")[:-4]
    return start + b"x" * (length - len(start) - 4) + b"\r\n\r\n"


HTTP = {
    "get": head(GET, HOST),
    "get-lf": head(GET, HOST, end="\n"),
    "get-http10": head("GET /index.html HTTP/1.0"),
    "head-query": head("HEAD /status?pretty=1 HTTP/1.1", HOST),
    "options-star": head("OPTIONS * HTTP/1.1", HOST),
    "absolute": head("GET http://localhost:8080/status?x HTTP/1.1", HOST),
    "absolute-upper-case": head("GET HTTP://localhost/a/b HTTP/1.1", HOST),
    "absolute-no-path": head("GET http://localhost?a/b HTTP/1.1", HOST),
    "absolute-fragment": head("GET http://localhost#a/b HTTP/1.1", HOST),
    "absolute-short-host": head("GET http://x HTTP/1.1", "Host: x"),
    "absolute-https": head("GET https://localhost/ HTTP/1.1", HOST),
    "absolute-no-host": head("GET http:/// HTTP/1.1", HOST),
    "no-url": head("GET hello/world/a/b HTTP/1.1", HOST),
    "empty-lines-first": b"\r\n\n\r\n" + head(GET, HOST),
    "empty-line-bare-cr": b"\r\r\n" + head(GET, HOST),
    "bytes-behind": head(GET, HOST, rest=b"\x81\x85abcd"),
    "lists": head(GET, HOST, "Connection: keep-alive , Upgrade,, x", "connection:\tclose",
                  "CONNECTION:"),
    "blanks": head(GET, "Host:\t localhost \t", "X:", "Y: \t", "Z: a b"),
    "value-bytes": head(GET, HOST, "X: \x80\xff\t:;,\"", "!#$%&'*+-.^_`|~09azAZ: 1"),
    "tls-hello": bytes.fromhex("1603010200010001fc0303") + bytes(20),
    "tls-after-line": b"\r\n\x16\x03\x01",
    "partial-method": b"GE",
    "partial-target": b"GET /ab",
    "partial-protocol": b"GET / HTTP/1",
    "partial-name": b"GET / HTTP/1.1\r\nHo",
    "partial-value": b"GET / HTTP/1.1\r\nHost: lo",
    "partial-final-cr": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r",
    "bad-method": b"G(T / HTTP/1.1\r\n",
    "bad-method-first": b"(GET / HTTP/1.1\r\n",
    "bad-method-no-target": b"GET\r\n",
    "bad-target": b"GET foo HTTP/1.1\r\n",
    "bad-target-two-spaces": b"GET  / HTTP/1.1\r\n",
    "bad-target-byte": b"GET /\xc3\xa4 HTTP/1.1\r\n",
    "http09": b"GET /\r\n",
    "bad-protocol": b"GET / HTTQ/1.1\r\n",
    "bad-protocol-more": b"GET / HTTP/1.1 x\r\n",
    "bad-protocol-digits": b"GET / HTTP/1.x\r\n",
    "http2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "folded": b"GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    "folded-first": b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    "no-colon": b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    "blank-before-colon": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "empty-name": b"GET / HTTP/1.1\r\n: a\r\n\r\n",
    "control-byte": b"GET / HTTP/1.1\r\nHost: a\x1b[31m\r\n\r\n",
    "nul": b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
    "del": b"GET / HTTP/1.1\r\nX: \x7f\r\n\r\n",
    "bare-cr": b"GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
    "bare-cr-in-request-line": b"GET / HTTP/1.1\rHost: a\r\n\r\n",
    "bare-cr-final": b"GET / HTTP/1.1\r\nHost: a\r\n\rx",
    "host-missing": head(GET, "X: y"),
    "host-repeated": head(GET, HOST, "hOST: other"),
    "host-bad": head(GET, "Host: user@localhost"),
    "host-empty": head(GET, "Host:"),
    "host-ipv6": head(GET, "Host: [::1]:8080"),
    "host-ipv6-no-end": head(GET, "Host: [::1:8080"),
    "host-ipv6-and-more": head(GET, "Host: [::1]a"),
    "host-port-bad": head(GET, "Host: localhost:80a"),
    "host-bad-http10": head("GET / HTTP/1.0", "Host: a b"),
    "length-8192": long_head(8192),
    "length-8193": long_head(8193),
}

# --------------------------------------------------------------------------------- handshake

# The first byte chooses what the server allows, the second which good lines are left out.
HOST_LINE, UPGRADE, CONNECTION, VERSION, KEY_LINE, METHOD, HTTP10 = 1, 2, 4, 8, 16, 64, 128


def lines(rules, left_out, *text):
    return bytes([rules, left_out]) + "".join(line + "\r\n" for line in text).encode("latin-1")


HANDSHAKE = {
    "good": lines(0, 0),
    "good-otherwise": lines(0, 31, "host: LOCALHOST", "UPGRADE: h2c, WebSocket",
                            "connection: keep-alive", "Connection: x,\tUPGRADE ,",
                            "sec-websocket-version:13", "Sec-WebSocket-Key:\tAAAAAAAAAAAAAAAAAAAAAA== "),
    "method": lines(0, METHOD),
    "http10": lines(0, HTTP10),
    "nothing": lines(0, UPGRADE | CONNECTION | VERSION | KEY_LINE),
    "body-length": lines(0, 0, "Content-Length: 5"),
    "body-length-0": lines(0, 0, "Content-Length: 0"),
    "body-length-0-and-5": lines(0, 0, "Content-Length: 0", "Content-Length: 5"),
    "body-length-0-twice": lines(0, 0, "Content-Length: 0", "Content-Length: 0"),
    "body-chunked": lines(0, 0, "Transfer-Encoding: chunked"),
    "no-upgrade": lines(0, UPGRADE, "Upgrade: websockets, web socket"),
    "no-connection": lines(0, CONNECTION, "Connection: upgraded,close"),
    "version-missing": lines(0, VERSION),
    "version-8": lines(0, VERSION, "Sec-WebSocket-Version: 8"),
    "version-list": lines(0, VERSION, "Sec-WebSocket-Version: 13, 8"),
    "version-twice": lines(0, 0, "Sec-WebSocket-Version: 13"),
    "key-missing": lines(0, KEY_LINE),
    "key-twice": lines(0, 0, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
    "key-short": lines(0, KEY_LINE, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ="),
    "key-long": lines(0, KEY_LINE, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==="),
    "key-not-base64": lines(0, KEY_LINE, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25-_Q=="),
    "key-last-not-base64": lines(0, KEY_LINE, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ-=="),
    "key-other": lines(0, KEY_LINE, "Sec-WebSocket-Key: +/+/+/+/+/+/+/+/+/+/+A=="),
    "key-one-pad": lines(0, KEY_LINE, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQA="),
    "subprotocol": lines(0x10, 0, "Sec-WebSocket-Protocol: soap, chat"),
    "subprotocol-other": lines(0x10, 0, "Sec-WebSocket-Protocol: Chat, chatter"),
    "subprotocol-second-line": lines(0x20, 0, "Sec-WebSocket-Protocol: a",
                                     "Sec-WebSocket-Protocol: b,v2.chat"),
    "subprotocol-long": lines(0x30, 0, "Sec-WebSocket-Protocol: a-name-that-does-not-fit-into-an-"
                              "answer-" + "0123456789-" * 6 + "0123456789"),
    "extensions": lines(0, 0, "Sec-WebSocket-Extensions: permessage-deflate"),
    "extensions-quoted": lines(0, 0, "Sec-WebSocket-Extensions: , a; b=c ;d = \"\\e\" ,,f"),
    "extensions-bad": lines(0, 0, "Sec-WebSocket-Extensions: a; b=\"c"),
    "origin-own": lines(0, 0, "Origin: http://localhost:8080"),
    "origin-own-upper-case": lines(0, 0, "Origin: HTTP://LocalHost:8080"),
    "origin-other-port": lines(0, 0, "Origin: http://localhost:8081"),
    "origin-default-port": lines(0, HOST_LINE, "Host: localhost", "Origin: http://localhost:80"),
    "origin-https": lines(0, HOST_LINE, "Host: localhost:443", "Origin: https://localhost"),
    "origin-evil": lines(0, 0, "Origin: http://evil.example"),
    "origin-rebinding": lines(0, HOST_LINE, "Host: evil.example", "Origin: http://evil.example"),
    "origin-ipv4": lines(0, HOST_LINE, "Host: 127.0.0.1:80", "Origin: http://127.0.0.1"),
    "origin-not-ipv4": lines(0, HOST_LINE, "Host: 127.0.0.256", "Origin: http://127.0.0.256"),
    "origin-three-numbers": lines(0, HOST_LINE, "Host: 1.2.3", "Origin: http://1.2.3"),
    "origin-empty-number": lines(0, HOST_LINE, "Host: 1..2.3", "Origin: http://1..2.3"),
    "origin-ipv6": lines(0, HOST_LINE, "Host: [::1]:8080", "Origin: http://[::1]:8080"),
    "origin-ipv6-default-port": lines(0, HOST_LINE, "Host: [::1]", "Origin: http://[::1]"),
    "origin-host-name": lines(1, HOST_LINE, "Host: Chat.Example", "Origin: https://chat.example"),
    "origin-listed": lines(4, 0, "Origin: https://OTHER.example"),
    "origin-null": lines(0, 0, "Origin: null"),
    "origin-null-listed": lines(8, 0, "Origin: null"),
    "origin-any": lines(12, 0, "Origin: http://evil.example"),
    "origin-twice": lines(0, 0, "Origin: http://localhost:8080", "Origin: http://localhost:8080"),
    "origin-with-path": lines(0, 0, "Origin: http://localhost:8080/"),
    "origin-empty": lines(0, 0, "Origin:"),
}

# --------------------------------------------------------------------------- log, buffer, trace

LOG = {
    "plain": b"\xff" + b"Hello, world",
    "escapes": b"\xff" + b"\n\r\t\\\"\x1b[31m\x00\x7f\x80\xff",
    "cut": b"\x08" + b"Hello, world",
    "cut-in-escape": b"\x06" + b"abc\x1bdef",
    "dots": b"\x04" + b"ab......",
    "fits": b"\x0a" + b"0123456789",
    "no-room": b"\x00" + b"x",
    "empty": b"\x00",
}

# Steps of two bytes: what (0 append, 1 read in place, 2 reserve, 3 consume, 4 consume all; +0x84
# makes the number seventeen times as large), and how many bytes.
BUFFER = {
    "append-consume": bytes([0, 10, 3, 4, 0, 20, 3, 26]),
    "grow": bytes([0x84, 250, 0x86, 250, 0x84, 255, 3, 100, 0x84, 255]),
    "in-place": bytes([1, 200, 3, 150, 1, 250, 1, 250, 4, 0, 1, 9]),
    "move-to-front": bytes([0x84, 29, 3, 250, 3, 200, 0, 100]),
    "reserve-only": bytes([2, 0, 2, 255, 0, 0, 0, 1]),
    "too-much": bytes([0, 10, 0xF5, 3, 3, 5, 0xF5, 250]),
    "free-and-again": bytes([0, 10, 0xC5, 0, 0, 5]),
}

# What a server may send to the grader; the first byte is the step of fuzz_wscheck.c that reads it.
STATUS, HEADERS_OF, BODY, HELLO, LONG, ALL, PINGS, CLOSE_OF, REFUSED, END = (bytes([n]) for n in range(10))
SWITCHING = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
ALMOST_2_64 = b"\x7f" + b"\xff" * 7 + b"\xf6"  # with the header's 10 bytes it is 0
WSCHECK = {
    "upgraded": STATUS + SWITCHING + b"\x81\x05Hello",
    "headers": HEADERS_OF + SWITCHING,
    "accept-in-hex": HEADERS_OF + SWITCHING.replace(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", b"b37a4f2cc0624f16"),
    "no-number": STATUS + b"HTTP/1.1 \r\n\r\n",
    "number-of-four": STATUS + b"HTTP/1.1 1011 What\r\n\r\n",
    "no-blank-line": STATUS + SWITCHING[:-2],
    "bare-lf": STATUS + SWITCHING.replace(b"\r", b""),
    "body": BODY + b"HTTP/1.1 400 Bad Request\r\nContent-Length: 5\r\n\r\nHello",
    "body-of-2-64": BODY + b"HTTP/1.1 400 Bad Request\r\nContent-Length: 18446744073709551615\r\n\r\n?",
    "body-of-nothing": BODY + b"HTTP/1.1 400 Bad Request\r\nContent-Length:\r\n\r\n",
    "hello": HELLO + b"\x81\x05Hello\x88\x02\x03\xe8",
    "hello-in-fragments": HELLO + b"\x01\x02He\x89\x00\x80\x03llo\x88\x02\x03\xe8",
    "hello-masked": HELLO + b"\x81\x857\xfa!=\x7f\x9fMQX",
    "hello-bare": HELLO + b"Hello",
    "fragment-of-2-64": HELLO + b"\x01" + ALMOST_2_64,
    "closed-with-reason": HELLO + b"\x88\x10\x03\xeaRFC 6455 \xc2\xa75.1",
    "closed-with-long-reason": HELLO + b"\x88\x7e\x02\x00\x03\xea" + b"\xc2\xa7" * 255,
    "closed-with-long-reason-cut": HELLO + b"\x88\x7e\x02\x00\x03\xea" + b"B" + b"\xc2\xa7" * 254 + b"B",
    "long": LONG + b"\x82\x7e\x01\x2c" + b"a" * 300,
    "long-swapped": LONG + b"\x82\x7e\x2c\x01" + b"a" * 300,
    "long-signed": LONG + b"\x82\x7e\xff\x2c" + b"a" * 300,
    "message-of-2-64": ALL + b"\x81" + ALMOST_2_64,
    "message-of-2-62": ALL + b"\x82\x7f\x40" + bytes(7) + b"?",
    "messages": ALL + b"\x81\x00\x82\x01x\x8a\x00\x81\x7e\x00\x7e" + b"y" * 126,
    "pings": PINGS + b"\x89\x02??\x8a\x01?\x81\x03end\x8a\x019",
    "ping-of-2-64": PINGS + b"\x89" + ALMOST_2_64,
    "close": CLOSE_OF + b"\x88\x05\x03\xe8bye",
    "close-of-one-byte": CLOSE_OF + b"\x88\x01\x03",
    "close-of-2-64": CLOSE_OF + b"\x88" + ALMOST_2_64,
    "close-1006": CLOSE_OF + b"\x88\x02\x03\xee",
    "refused": REFUSED + b"\x88\x02\x03\xea",
    "not-refused": REFUSED + b"\x00\x01x\x81\x01x",
    "end": END + b"anything",
    "race": b"\x0a" + b"""==================
WARNING: ThreadSanitizer: data race (pid=1)
  Write of size 8 at 0x7b by thread T6:
    #0 members_join lesson03_broadcast/members.c:23 (lesson03+0x4d0e)
  Previous read of size 8 at 0x7b by thread T4 (mutexes: write M7):
    #0 memcpy ../libsanitizer/tsan/x.inc:1 (libtsan.so.2+0x1)
    #1 members_send lesson03_broadcast/members.c:63:7 (lesson03+0x4d0e)
SUMMARY: ThreadSanitizer: data race lesson03_broadcast/members.c:23 in members_join
""",
    "use-after-free": b"\x0a" + b"""==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x60 at pc 0x55 bp 0x7f sp 0x7f
READ of size 1 at 0x60 thread T1
    #0 0x55d in take_data lesson02_frames/conn.c:70
freed by thread T2 here:
    #0 0x7f in free (libasan.so.8+0x1)
    #1 0x55d in ending_send_close lesson02_frames/ending.c:9
SUMMARY: AddressSanitizer: heap-use-after-free lesson02_frames/conn.c:70 in take_data
""",
    "undefined": b"\x0acommon/frame.c:7:3: runtime error: shift exponent 64 is too large\nSUMMARY: x\n",
}


def main():
    write("utf8", {name: b"\x07" + text for name, text in UTF8.items()})
    write("frame", HEADERS)
    write("message", MESSAGES)
    write("http", {name: b"\x07" + text for name, text in HTTP.items()})
    write("handshake", HANDSHAKE)
    write("log", LOG)
    write("buffer", BUFFER)
    write("wscheck", WSCHECK)
    write("trace", {name: b"\x07" + text[2:] for name, text in MESSAGES.items()
                    if name in ("text", "binary-200", "fragments", "all-kinds", "not-masked",
                                "announced-2-62", "not-minimal-64", "control-126")}
          | {"head": b"\x07" + HTTP["blanks"]})
    conn = {name: b"\x01" + text[2:] for name, text in MESSAGES.items()
            if name in ("all-kinds", "fragments", "ping-between", "ping-125", "utf8-bad-unfinished",
                        "not-masked", "close-empty", "close-reason", "close-one-byte",
                        "many-empty-fragments", "announced-2-62", "stray-and-not-masked")}
    conn["no-trace"] = b"\x00" + MESSAGES["all-kinds"][2:]
    conn["watched"] = b"\x10" + MESSAGES["all-kinds"][2:]
    conn["watchers-come-and-go"] = b"\x20" + MESSAGES["all-kinds"][2:]
    # Bit by bit: the first byte of an input chooses, see fuzz_conn.c.
    many = (frame(TEXT, b"Hel", 0) + frame(CONT, b"lo") + frame(PING, b"?") + frame(BINARY, b"1", key=XOR)
            + frame(TEXT, b"a", 0, XOR) + frame(PING) + frame(CONT, b"b") + frame(TEXT) + close(3000))
    conn["one-after-the-other"] = b"\x00" + many
    conn["looks-ahead"] = b"\x40" + many
    conn["own-writer"] = b"\x80" + many
    conn["own-writer-long-message"] = b"\xc0" + frame(PING) + frame(TEXT, b"x" * 4200) + close(1001)
    conn["watcher-leaves-and-comes-back"] = b"\x30" + many
    conn["watcher-comes-and-leaves"] = b"\x60" + many
    conn["too-big"] = b"\x03" + frame(TEXT, b"x" * 101)
    conn["terminal"] = b"\x01" + frame(TEXT, b"\x1b[31m\r\n\x7f") + close(1000, b"\x1b]0;\x7f\x07")
    conn["bulk"] = b"\x00" + frame(BINARY, bytes(i % 251 for i in range(4500)), key=XOR)
    for name in ("get", "head-query", "absolute", "tls-hello", "partial-value", "length-8193",
                 "control-byte"):
        conn["http-" + name] = b"\x09" + HTTP[name]
    upgrade = (head(GET, HOST, "Upgrade: websocket", "Connection: Upgrade",
                    "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                    "Sec-WebSocket-Protocol: echo", rest=frame(TEXT, b"early") + close(1000)))
    conn["http-upgrade"] = b"\x09" + upgrade
    conn["http-full"] = b"\x0d" + upgrade
    conn["http-forbidden"] = b"\x09" + upgrade.replace(b"Sec-WebSocket-Protocol: echo",
                                                       b"Origin: http://evil\"\xff.example")
    conn["http-written-page"] = b"\x09" + head("GET /status HTTP/1.1", HOST)
    conn["http-other-path"] = b"\x09" + upgrade.replace(b"GET / ", b"GET /other?x ")
    conn["http-turned-away"] = b"\x09" + upgrade.replace(b"GET / ", b"GET /away ")
    write("conn", conn)


if __name__ == "__main__":
    main()
