"""
Fixtures for the tests in this directory: servers, and clients connected to them.

Most tests only need the server of a lesson as it is without options; they share one, `server`, for a
whole file. Tests that stop a server or give it options call `start`.

Which lessons a test is about is marked: @pytest.mark.lessons(2, 3); without a mark it is about all.
It gets the number as `lesson`, and is run once for each.
"""
import shutil

import pytest

from ws_testlib.servers import Server
from ws_testlib.wire import Client, handshake


def pytest_addoption(parser):
    parser.addoption("--lessons", default="1,2,3", help="test only these lessons: --lessons 2,3")


def pytest_configure(config):
    config.addinivalue_line("markers", "lessons(*numbers): the lessons that this test is about")
    config.chosen_lessons = {int(n) for n in config.getoption("--lessons").split(",")}


def lessons_of(item):
    mark = item.get_closest_marker("lessons")
    return mark.args if mark else (1, 2, 3)


def pytest_generate_tests(metafunc):
    if "lesson" in metafunc.fixturenames:
        lessons = lessons_of(metafunc.definition)
        metafunc.parametrize("lesson", lessons, ids="lesson{}".format, scope="module")


def pytest_collection_modifyitems(config, items):
    """Leaves out, without counting them as skipped, the lessons that were not asked for."""
    def is_chosen(item):
        callspec = getattr(item, "callspec", None)
        lesson = callspec.params.get("lesson") if callspec else None
        wanted = {lesson} if lesson else set(lessons_of(item))
        return wanted <= config.chosen_lessons
    items[:] = [item for item in items if is_chosen(item)]


def end(server):
    """Stops a server, unless the test has done so; what it logged is shown if the test failed."""
    print(f"--- the last lines of the server's log, lesson {server.lesson}:")
    print("\n".join(server.stderr.lines()[-30:]))
    if server.is_running():
        server.wait() if server.is_told_to_stop else server.stop()


@pytest.fixture
def start(lesson):
    """Starts a server of the lesson with some options; it is stopped and checked after the test."""
    servers = []

    def start(*options, **kwargs):
        servers.append(Server(lesson, *options, **kwargs))
        return servers[-1]
    yield start
    failures = []
    for server in servers:
        try:
            end(server)
        except AssertionError as failure:  # the others must be stopped all the same
            failures.append(failure)
    if failures:
        raise failures[0]


@pytest.fixture(scope="module")
def server(lesson):
    """The server of the lesson, with no options; shared by the tests of a file."""
    server = Server(lesson)
    yield server
    end(server)


@pytest.fixture
def clients():
    """Makes clients of any server, and closes them after the test."""
    made = []

    def make(server, *args, **kwargs):
        made.append(Client(server.port, *args, **kwargs))
        return made[-1]
    yield make
    for client in made:
        client.close()


@pytest.fixture
def connect(server, clients):
    """Makes TCP connections to the shared server."""
    def connect(**kwargs):
        return clients(server, **kwargs)
    yield connect
    assert server.is_running(), f"the server has ended: {server.stderr.text[-2000:]}"


@pytest.fixture
def join(clients):
    """Makes WebSocket clients of any server."""
    def join(server, request=None, **kwargs):
        client = clients(server, **kwargs)
        client.upgrade(request or handshake())
        return client
    return join


@pytest.fixture
def ws(connect):
    """A WebSocket client of the shared server."""
    client = connect()
    client.upgrade()
    return client


@pytest.fixture
def need():
    """Skips a test whose tool is missing; tests/setup installs them all."""
    def need(*tools):
        for tool in tools:
            if shutil.which(tool) is None:
                pytest.skip(f"{tool} is missing: run tests/setup")
    return need
