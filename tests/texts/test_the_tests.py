"""The checkers themselves: a text that is wrong is found wrong, at each of its faults, and a right one is not."""
import pathlib
import re

import pytest

import test_names
import test_siblings
from document import Block, Document, Table
from play import play

HERE = pathlib.Path("README.md")

# Each block is wrong in the line that says so, or right.
PLAYED = r"""
```sh
make lesson02 && ./server
```

```sh
request() {
    printf 'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
    printf 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'
}
ws() {
    { request; printf "$1"; } | nc 127.0.0.1 8080 | tail -c +130 | od -An -t x1
}
ws '\201\200\0\0\0\0\210\200\0\0\0\0'
```

```
 81 00 88 00
```

```sh
ws '\201\200\0\0\0\0\210\200\0\0\0\0' # wrong: a byte
```

```
 81 00 88 01
```

```sh
printf 'one\ntwo\n' # wrong: a line that is not shown
```

```
one
```

```sh
printf 'one\n' # wrong: a line that does not come
```

```
one
two
```

```sh
seq 100; sleep 60
```

```
1
...
100
^C
```

```sh
cat /dev/zero # wrong: it does not end
```

```sh
false # wrong: the exit status
```

```
this belongs to the block before, which failed
```

```text
not compared
```

```
wrong: it says of nothing what it is
```

```console
$ telnet 127.0.0.1 8080
Trying 127.0.0.1...
Connected to 127.0.0.1.
Escape character is '^]'.
GET /nothing HTTP/1.1
Host: x

HTTP/1.1 404 Not Found
wrong: no such header
```

```console
$ echo yes
yes
$ telnet 127.0.0.1 8080
Trying 127.0.0.1...
Connected to 127.0.0.1.
Escape character is '^]'.
GET / HTTP/1.0
Upgrade: websocket
```

```terminal1
#7 127.0.0.1:1234 refused 404: there is nothing at this path (RFC 9110 §15.5.5)
```

```terminal1
#7 127.0.0.1:1234 refused 404: wrong: other words
```

```sh
# terminal 3
curl -s --head http://127.0.0.1:8080/nothing; sleep 60
```

```
HTTP/1.1 404 Not Found
...
Connection: close
```

| | |
| --- | --- |
| 1002 | `ws '\201\005Hello'` |

| | |
| --- | --- |
| 1007 | `ws '\201\005Hello'` and it is wrong |

From `frame.c`:

```c
const char *ws_opcode_name(unsigned char opcode)
{
```

From `frame.c`:

```c
const char *wrong(unsigned char opcode)
```

Write `new.c`:

```c
int main(void) { return 7; }
```

```sh
cc -o new new.c; ./new # wrong: the exit status
```

```diff
--- a/LICENSE
+++ b/LICENSE
@@ -1,1 +1,1 @@
-wrong
+right
```
"""


def test_player_finds_what_is_wrong_and_nothing_else(pool, results):
    document = Document(HERE, PLAYED)
    found, _ = pool.submit(play, document, "dash", 30).result()
    starts = {int(re.match(r".*?:(\d+):", wrong)[1]) for wrong in found}
    wrong = {part.line for part in document.all(Block) if "wrong" in part.text and not part.is_output}
    wrong |= {part.line for part in document.all(Table) if any("wrong" in row.cells[-1] for row in part.rows)}
    assert starts == wrong, "\n".join(found)


WRONG_NAMES = {
    "test_markup_is_understood": ["**\u76ee\u6807\uff1a**\u63a5\u4e0b", "`code", "** word**"],
    "test_links": ["[a](nothing.md)", "[a](README.md#nothing)", "[a](common/frame.c#L99999)", "[a](http://)"],
    "test_functions": ["ws_frame_decoed()"],
    "test_functions_in_a_row_are_in_the_files_of_that_row":
        ["| a | b |\n| - | - |\n| common/http.c | `ws_frame_decode()` |"],
    "test_files": ["common/nothing.c", "`tests/nothing/`", "`blank04.c`"],
    "test_options": ["`--max-backlogs`", "```sh\n./server --max-backlogs 1\n```"],
    "test_constants_and_names": ["`WS_TEXTS`", "`struct nothing`"],
    "test_targets_of_make": ["`make lesson04`", "```sh\nmake lesson04 && ./server\n```"],
    "test_names_of_checks": ["`./wscheck --hint close-9`"],
    "test_chosen_tests_are_there": ["`pytest -q tests/clients/test_cli.py -k two_serverz`",
                                    "```sh\npytest tests/clients/test_cli.py -k \"help or two_serverz\"\n```"],
    "test_figures_say_how_they_were_made": ["It takes 3 ms.", "Three clients, 120 MB/s."],
}
RIGHT_NAMES = {
    "test_markup_is_understood": ["**\u76ee\u6807**\uff1a\u63a5\u4e0b", "**Goal:** take", "`**`"],
    "test_links": ["[a](common/frame.c)", "[a](README.md#options)", "[a](https://www.rfc-editor.org/rfc/rfc6455)"],
    "test_functions": ["ws_frame_decode(), recv()"],
    "test_functions_in_a_row_are_in_the_files_of_that_row":
        ["| a | b |\n| - | - |\n| common/frame.c | `ws_frame_decode()`, `memcpy()` |"],
    "test_files": ["common/frame.c, frame.c, client.c, common/*.c, tests/unit/", "`blank02.c`, which make lays out"],
    "test_options": ["`--max-backlog 1`", "`curl --silent`"],
    "test_constants_and_names": ["`WS_TEXT`, `struct ws_frame`, `SO_REUSEADDR`"],
    "test_targets_of_make": ["`make lesson03 SAN=thread`", "make sure"],
    "test_names_of_checks": ["`./wscheck --hint accept-key`"],
    "test_chosen_tests_are_there": ["`pytest -q tests/clients/test_cli.py -k \"two_servers and not lesson2\"`"],
    "test_figures_say_how_they_were_made": ["3 ms, by `make bench`", "20 s of silence"],
}


@pytest.mark.parametrize("name, text", [(name, text) for name in WRONG_NAMES for text in WRONG_NAMES[name]])
def test_wrong_names_are_found(name, text):
    with pytest.raises(AssertionError):
        getattr(test_names, name)(Document(HERE, text + "\n"))


@pytest.mark.parametrize("name, text", [(name, text) for name in RIGHT_NAMES for text in RIGHT_NAMES[name]])
def test_right_names_are_not(name, text):
    getattr(test_names, name)(Document(HERE, text + "\n"))


ENGLISH = """# One

Words, [a link](common/frame.c), `code`.

```sh
echo one
```

| a | b |
| - | - |
| c | d |

## Two

```text
a picture
```
"""


@pytest.mark.parametrize("old, new", [
    ("## Two\n", ""), ("## Two", "### Two"), ("echo one", "echo two"), ("| c | d |\n", ""), ("common/frame.c", "common/http.c"),
    ("`code`", "code"), ("```text\na picture\n```\n", "")])
def test_a_translation_that_lacks_something_is_found(old, new):
    assert old in ENGLISH
    assert test_siblings.compare(Document(HERE, ENGLISH), Document(HERE, ENGLISH.replace(old, new))) != []


def test_a_translation_may_have_other_words():
    translation = ENGLISH.replace("Words", "\u8bcd").replace("a picture", "\u56fe").replace("Two", "\u4e8c")
    assert test_siblings.compare(Document(HERE, ENGLISH), Document(HERE, translation)) == []
