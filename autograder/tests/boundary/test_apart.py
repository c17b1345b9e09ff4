"""Notebooks are read in a process whose end harms nobody: not the next one, and not the grader."""

import subprocess
import sys

import pytest

from autograder.cells import as_text, is_test
from autograder.intake import apart
from autograder.judging.testimony import REPORTS
from autograder.recording.grade import grade
from autograder.tests.support import small_lesson
from autograder.tests.support.hand_in import HandIn
from autograder.tests.support.large import cell, notebook


@pytest.fixture(autouse=True)
def closed():
    yield
    apart.close()


@pytest.fixture(scope="module")
def lesson():
    """A lesson's source and a right hand-in, as text."""
    hand_in = HandIn("01_rolling_average")
    return as_text(hand_in.source), as_text(hand_in.notebook).encode()


LARGE = notebook(*[cell("x = 1\n" * 20_000) for _ in range(8)])
"""Almost as much code as is read: a second's work."""


def test_what_takes_too_long_is_the_students_and_the_next_one_is_read(lesson, monkeypatch):
    source, right = lesson
    monkeypatch.setattr(apart, "SECONDS", 0.05)
    first = apart._reader()
    restored, reason, claimed = apart.taken_in(LARGE, "", source, REPORTS)
    assert "not read in 0.05 seconds of computing" in reason
    assert [c for c in restored.cells if is_test(c)] and claimed == {}
    monkeypatch.undo()
    assert first.poll() is not None
    assert apart.taken_in(right, "", source, REPORTS)[1] == ""


def test_the_same_process_reads_one_after_the_other(lesson):
    source, right = lesson
    process = apart._reader()
    assert apart.taken_in(right, "", source, REPORTS)[1] == ""
    assert apart.taken_in(b"no notebook", "", source, REPORTS)[1].startswith(
        "the file is not a notebook"
    )
    assert apart.taken_in(None, "there is none", source, REPORTS)[1] == "there is none"
    assert apart._reader() is process
    apart.close()
    assert process.poll() == 0


def test_a_process_that_ends_by_itself_is_a_fault_of_ours_after_a_second_try(lesson, monkeypatch):
    source, right = lesson
    started = []

    def dies():
        command = [sys.executable, "-c", "import sys; sys.stdin.readline()"]
        started.append(subprocess.Popen(command, stdin=-1, stdout=-1))
        return started[-1]

    monkeypatch.setattr(apart, "_reader", dies)
    with pytest.raises(apart.Broken, match="ends by itself"):
        apart.taken_in(right, "", source, REPORTS)
    assert len(started) == apart.TRIES
    monkeypatch.undo()
    apart._reader().kill()
    assert apart.taken_in(right, "", source, REPORTS)[1] == ""


def test_a_mistake_of_ours_in_reading_one_is_a_fault_and_stops_no_other(lesson):
    with pytest.raises(apart.Broken, match="JSON"):
        apart.taken_in(lesson[1], "", "no source", REPORTS)
    assert apart.taken_in(lesson[1], "", lesson[0], REPORTS)[1] == ""


def test_whoever_hands_in_too_much_loses_their_own_points_alone(tmp_path, monkeypatch):
    course = small_lesson.released_in(tmp_path)
    for student in ("a", "b"):
        small_lesson.hand_in(course, student)
    path = course.submitted("a", small_lesson.LESSON) / f"{small_lesson.LESSON}.ipynb"
    path.write_bytes(LARGE)
    monkeypatch.setattr(apart, "SECONDS", 0.2)
    a, b = grade(course, [small_lesson.LESSON], workers=1)
    assert (a.status, a.score) == ("no notebook", 0)
    assert "seconds of computing" in a.notes[0]
    assert (b.status, b.score) == ("graded", 11)


def test_the_process_starts_without_what_takes_seconds_to_import():
    code = "import sys, autograder.intake.apart\nprint({'torch', 'cnnlab'} & {*sys.modules})"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "set()\n"
