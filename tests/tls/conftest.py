import pytest
from proxies import Proxy, make_certificate
from ws_testlib.servers import Target


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    directory = tmp_path_factory.mktemp("certificate")
    make_certificate(directory)
    return directory


@pytest.fixture
def put_behind(certificate):
    """Starts lesson 3 with some options, and nginx or stunnel in front of it."""
    started = []

    def put_behind(program, *options, read_timeout=60):
        server = Target(3, *options)
        started.append(server)
        proxy = Proxy(program, server, certificate, read_timeout)
        started.insert(0, proxy)  # it is the first to go
        return proxy
    yield put_behind
    for process in started:
        process.stop()


@pytest.fixture(scope="module", params=["nginx", "stunnel"])
def proxy(request, certificate):
    """One of each for all tests of a file that need no options."""
    server = Target(3)
    proxy = Proxy(request.param, server, certificate, 60)
    yield proxy
    proxy.stop()
    server.stop()
