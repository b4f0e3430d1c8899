import pytest
from ws_testlib.servers import IS_SANITIZED, Target

# The flags of the build that people use; the sanitizers have others.
collect_ignore = ["test_hardened_build.py"] if IS_SANITIZED else []


@pytest.fixture(scope="module", params=[2, 3], ids=["lesson2", "lesson3"])
def server(request):
    """One server for all tests of a file; the last of them looks whether it is as good as new."""
    options = getattr(request.module, "OPTIONS", {})
    server = Target(request.param, *options.get(request.param, []))
    yield server
    server.kill()
