"""The course's own servers pass all checks, the recommendations too, as they are built for tests."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from grader import faulty, graded, lesson_server, outcomes, start_lesson


def assert_perfect(result):
    failed = {check["id"]: check["problem"] for check in result["checks"] if check["outcome"] == "failed"}
    assert failed == {}
    skipped = {check["id"]: check["skipped_because"] for check in result["checks"]
               if check["outcome"] == "skipped"}
    assert set(skipped.values()) <= {"this machine has no IPv6"}
    assert result["status"] == 0


BUILDS, LESSONS = ("plain", "address", "thread"), (1, 2, 3)


@pytest.fixture(scope="module")
def results():
    """All of them at once: what takes time is mostly waiting."""
    def grade(pair):
        build, lesson = pair
        return graded("--lesson", lesson, "--server", lesson_server(lesson, build), "-k", "--strict")
    pairs = [(build, lesson) for lesson in reversed(LESSONS) for build in BUILDS]
    with ThreadPoolExecutor(len(BUILDS)) as pool:
        return dict(zip(pairs, pool.map(grade, pairs)))


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("build", BUILDS)
def test_the_lessons_pass(results, build, lesson):
    assert_perfect(results[build, lesson])


@pytest.mark.parametrize("lesson,chop,exercises", (
    (1, 7, ()), (2, 1, ("receive-loop", "encode-short", "decode-header", "unmask", "fragments", "assemble", "pong"))))
def test_the_lessons_pass_when_all_is_sent_in_pieces(lesson, chop, exercises):
    """What means nothing with pieces is skipped, and says so; nothing fails."""
    only = [word for exercise in exercises for word in ("--only", exercise)]
    result = graded("--lesson", lesson, "--server", lesson_server(lesson), "-k", "--chop", chop,
                    "--strict", *only)
    assert outcomes(result, "failed") == []
    assert {check["skipped_because"] for check in result["checks"] if check["outcome"] == "skipped"} \
        <= {"means nothing with --chop", "this machine has no IPv6"}


@pytest.mark.parametrize("lesson", (1, 2, 3))
def test_a_server_that_runs_already_is_graded_and_left_running(lesson):
    with start_lesson(lesson) as server:
        for _ in range(2):
            result = graded("--lesson", lesson, "--port", server.port, "-k", "--strict")
            assert outcomes(result, "failed") == []
            assert result["status"] == 0
            needs = {check["skipped_because"] for check in result["checks"]
                     if check["outcome"] == "skipped"}
            assert needs <= {"needs a server that wscheck starts itself: --server",
                             "this machine has no IPv6"}
        assert server.process.poll() is None


def test_a_server_that_runs_already_is_found_over_ipv6():
    if "listen-ipv6" in outcomes(graded("--lesson", 1, "--server", faulty(1), "--only", "listen-ipv6"),
                                 "skipped"):
        pytest.skip("this machine has no IPv6")
    with start_lesson(2) as server:
        result = graded("--lesson", 2, "--host", "::1", "--port", server.port, "-k")
        assert outcomes(result, "failed") == []
