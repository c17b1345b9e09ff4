"""What looking into wrong answers takes, apart from grading them, in the same run."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ..cells import name_of
from ..course import Course
from ..judging.record import records
from ..recording.grade import Settled, grade
from ..recording.gradebook import graded_notebook
from ..releasing import build
from .slips import answers, slips
from .unseen import milliseconds

STUDENTS = 10
"""So many hand in each lesson, with a slip in every answer."""

WARM = 2
"""Of these the first are not counted: sandboxes start, and right values are computed, for all."""


def searching() -> None:
    """Print, lesson by lesson, what the search takes for a submission with each answer wrong."""
    print("Looking into submissions with a slip in every answer, one worker: milliseconds beside")
    print("those of grading the same, and how many of the reports that are wrong name a line then.")
    print(f"{'':22}{'grading':>9}{'looking':>9}{'95 %':>7}{'most':>7}{'wrong':>8}{'name it':>9}")
    for lesson in build.lesson_names():
        with tempfile.TemporaryDirectory() as folder:
            course = Course(Path(folder) / "course")
            build.release(course, [lesson], notebooks=Path(folder) / "notebooks")
            _hand_in(course, lesson)
            _row(course, lesson)


def _hand_in(course: Course, lesson: str) -> None:
    chance = random.Random(0)
    made = {right.name: slips(right, chance, STUDENTS) for right in answers(lesson)}
    for i in range(STUDENTS):
        notebook = nbformat.read(course.source(lesson), as_version=4)
        for cell in notebook.cells:
            if given := made.get(name_of(cell)):
                cell.source = given[i % len(given)][1]
        folder = course.submitted(f"s{i:02}", lesson)
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{lesson}.ipynb")


def _row(course: Course, lesson: str) -> None:
    """Grade, and print a line of the table."""
    marks = [time.perf_counter()]
    counted: list[float] = []

    def told(result: Settled) -> None:
        if result.status != "graded":
            raise ValueError(f"{result}: its time says nothing")
        marks.append(time.perf_counter())

    def looked(done: int, of: int) -> None:
        counted.append(time.perf_counter() - marks[-1])
        marks.append(time.perf_counter())

    grade(course, [lesson], workers=1, told=told, looked=looked)
    grading = (marks[STUDENTS] - marks[WARM]) / (STUDENTS - WARM)
    wrong = [record for one in course.students(lesson) for record in _wrong(course, lesson, one)]
    named = sum(bool(r.finding and r.finding.part == "repair") for r in wrong)
    took = milliseconds(counted[WARM:])
    print(
        f"{lesson:22}{1000 * grading:9.0f}{took['ms']:>9}{took['ms, 95 %']:>7}"
        f"{1000 * max(counted[WARM:]):7.0f}{len(wrong):8}{named:9}",
        flush=True,
    )


def _wrong(course: Course, lesson: str, student: str) -> list:
    notebook: NotebookNode | None = graded_notebook(course, student, lesson)
    cells = notebook.cells if notebook else []
    found = [record for cell in cells for record in records(cell)]
    return [r for r in found if not r.hidden and r.status == "incorrect"]
