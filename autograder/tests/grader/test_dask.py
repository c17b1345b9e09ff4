"""Grading on a Dask cluster: a real scheduler and two workers in processes of their own."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.cli import main
from autograder.course import CourseError
from autograder.recording import grade as recorder
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import FLIPPED, hand_in

STUDENTS = 16


def start(*arguments, folder, wait_for):
    """A process of Dask, once it has said a certain thing; and what it said."""
    command = Path(sys.executable).with_name("dask")
    process = subprocess.Popen([command, *arguments], cwd=folder, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if found := re.search(wait_for, line):
            return process, found
    raise AssertionError(f"dask {' '.join(map(str, arguments))} ended")


@pytest.fixture
def cluster(tmp_path):
    """A scheduler's address and two workers, which share no folder with the course."""
    processes = []

    def run(*arguments, wait_for):
        folder = tmp_path / f"process {len(processes)}"
        folder.mkdir()
        process, found = start(*arguments, folder=folder, wait_for=wait_for)
        processes.append(process)
        return found

    address = run(
        *("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
        wait_for=r"Scheduler at: +(\S+)",
    )[1]
    for _ in range(2):
        run(
            *("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"),
            wait_for="Registered to",
        )
    yield address, processes[1:]
    for process in reversed(processes):
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.fixture
def course(tmp_path):
    course = small_lesson.released_in(tmp_path)
    for i in range(STUDENTS):
        hand_in(course, f"s{i:02}", {"conv1d": FLIPPED} if i % 3 == 0 else None, solved=i % 4 > 0)
    return course


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_grades_all_and_as_this_machine_does(course, cluster):
    address, workers = cluster
    told = []

    def kill_one(result):
        told.append(result)
        if len(told) == 3:
            workers[0].kill()

    # The same hidden inputs: by some a flipped filter is right in one case more.
    there = recorder.grade(course, scheduler=address, told=kill_one, seed=1)
    assert workers[0].wait() < 0
    assert len(told) == STUDENTS
    assert {r.status for r in there} == {"graded"}
    here = recorder.grade(course, workers=2, force=True, seed=1)
    assert [(r.student, r.score) for r in there] == [(r.student, r.score) for r in here]
    assert len({r.score for r in here}) > 2


def test_a_scheduler_that_is_not_there_is_told_in_a_sentence(course, capsys, monkeypatch):
    for address in ("tcp://127.0.0.1:9", "nonsense://"):
        status = main(["--course", str(course.root), "grade", "--scheduler", address])
        said = capsys.readouterr().err
        assert status == 2
        assert said.startswith(f"autograder: there is no Dask scheduler at '{address}' (")
        assert said.count("\n") == 1, said
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(CourseError, match="needs Dask, which is not installed: pip install"):
        recorder.grade(course, scheduler="tcp://127.0.0.1:9")
