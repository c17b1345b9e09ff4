"""The class at a glance: what each student earned for each exercise, and why not more."""

from __future__ import annotations

import dataclasses

from cnnlab.engine.verdict import worst
from nbformat import NotebookNode
from nbgrader.api import Grade, SubmittedNotebook

from ..cells import is_test, name_of, tested_by
from ..course import Course
from ..database import connected
from ..judging.record import Finding, Record, records
from .gradebook import given_by_hand, graded_notebook, scores


@dataclasses.dataclass(frozen=True)
class Earned:
    """One exercise of one student.

    status: "correct", "incorrect", "not attempted", or "" if it was not checked.
    mistake: the known mistake found, or "". finding: what was told that is wrong, or None.
    cases: each case by name, and its kind of problem or None; wrong is what was wrong once.
    """

    points: float
    max_points: float
    status: str
    mistake: str
    finding: Finding | None = None
    cases: tuple[tuple[str, str | None], ...] = ()


@dataclasses.dataclass(frozen=True)
class Row:
    """What one student earned in a lesson, by exercise; score after any late penalty.

    handed_in: the SHA-256 of the notebook that was graded, or "" where nobody noted it.
    """

    student: str
    exercises: dict[str, Earned]
    score: float
    max_score: float
    notes: tuple[str, ...]
    handed_in: str = ""


def table(course: Course, lesson: str) -> list[Row]:
    """Students × exercises, from the gradebook (points) and the graded notebooks (mistakes)."""
    rows = []
    with connected(course) as gradebook:
        for submission in gradebook.assignment_submissions(lesson):
            student = submission.student.id
            notebook = graded_notebook(course, student, lesson)
            if notebook is not None:
                rows.append(row_of(student, submission.notebooks[0], notebook))
    return sorted(rows, key=lambda row: row.student)


def row_of(student: str, entry: SubmittedNotebook, notebook: NotebookNode) -> Row:
    """One student's row. entry: in the gradebook. notebook: as it was graded."""
    grades = {grade.name: grade for grade in entry.grades}
    exercises = {}
    for cell in notebook.cells:
        grade = grades.get(name_of(cell))
        if is_test(cell) and grade is not None:
            exercises[tested_by(cell)] = _earned(grade, records(cell))
    about = notebook.metadata.get("cnnlab", {})
    notes = (*about.get("repairs", ()), *given_by_hand(entry))
    return Row(student, exercises, *scores(entry), notes, about.get("sha256", ""))


def _earned(grade: Grade, found: list[Record]) -> Earned:
    """What is said of an exercise: as of the worst of its reports, with the first cause found."""
    status = worst(record.status for record in found)
    mistake = next((cause for record in found for cause in record.causes), "")
    finding = next((record.finding for record in found if record.finding), None)
    cases: dict[str, str | None] = {}
    for name, problem in (case for record in found for case in record.cases):
        cases[name] = cases.get(name) or problem
    points = float(grade.score), float(grade.max_score)
    return Earned(*points, status, mistake, finding, tuple(cases.items()))
