"""
The texts that are to be played are played at once, as soon as the first of them is asked for: they mostly
wait, for each other's sleeps and for answers.
"""
import concurrent.futures

import pytest

from document import Document
from play import play


@pytest.fixture(scope="session")
def pool():
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        yield pool


@pytest.fixture(scope="session")
def results(pool, request):
    """The plays of all tests that have been chosen: (path, shell) → what comes of it."""
    chosen = [item.callspec.params for item in request.session.items
              if item.name.startswith("test_transcript[")]
    return {(params["path"], params["shell"]): pool.submit(play, Document(params["path"]), params["shell"])
            for params in chosen}
