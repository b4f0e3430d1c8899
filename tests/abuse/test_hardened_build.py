"""The programs as they are built by default: hardened, and linked to nothing that is not needed."""
import re
import subprocess

import pytest
from ws_testlib.servers import SERVER_DIR

pytestmark = pytest.mark.parametrize("lesson", [1, 2, 3])


def readelf(lesson, what):
    program = SERVER_DIR / f"lesson{lesson:02}"
    return subprocess.run(["readelf", "--wide", what, program], check=True, capture_output=True,
                          text=True).stdout


def imported(lesson):
    """The functions that come from a library."""
    return re.findall(r" UND (\w+)@", readelf(lesson, "--dyn-syms"))


def test_is_position_independent(lesson):
    assert re.search(r"Type:\s+DYN", readelf(lesson, "--file-header"))
    assert re.search(r"\(FLAGS_1\).*\bPIE\b", readelf(lesson, "--dynamic"))


def test_has_full_relro(lesson):
    assert "GNU_RELRO" in readelf(lesson, "--program-headers")
    assert re.search(r"\(FLAGS\).*\bBIND_NOW\b", readelf(lesson, "--dynamic"))


def test_no_memory_is_writable_and_executable(lesson):
    headers = readelf(lesson, "--program-headers")
    assert re.search(r"GNU_STACK.* RW +0x", headers)
    assert not re.search(r"(LOAD|GNU_STACK).* RWE ", headers)


def test_has_stack_protector(lesson):
    assert "__stack_chk_fail" in imported(lesson)


def test_is_fortified(lesson):
    checked = [name for name in imported(lesson) if re.fullmatch(r"__\w+_chk", name)]
    assert "__snprintf_chk" in checked or "__vsnprintf_chk" in checked, checked
    assert "snprintf" not in imported(lesson) and "vsnprintf" not in imported(lesson)


def test_links_only_libc_and_libcrypto(lesson):
    libraries = re.findall(r"\(NEEDED\).*\[(.*)\]", readelf(lesson, "--dynamic"))
    allowed = re.compile(r"(libcrypto|libc|libpthread|ld-linux[\w-]*)\.so\.\d+")
    assert libraries and all(allowed.fullmatch(name) for name in libraries), libraries
