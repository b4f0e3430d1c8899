import pytest

from grader import FAULTY, WSCHECK


def pytest_addoption(parser):
    parser.addoption("--update-reports", action="store_true",
                     help="write reports/*.txt anew instead of comparing with them")


def pytest_configure(config):
    for program in WSCHECK, FAULTY:
        if not program.exists():
            pytest.exit(f"there is no {program}: make wscheck-programs", returncode=2)
