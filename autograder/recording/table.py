"""The class at a glance: what each student earned for each exercise, and why not more."""

from __future__ import annotations

import dataclasses

from cnnlab.engine.verdict import worst
from nbgrader.api import Grade

from ..cells import is_test, name_of, tested_by
from ..course import Course
from ..database import connected
from ..judging.record import Record, records
from .gradebook import given_by_hand, graded_notebook, scores


@dataclasses.dataclass(frozen=True)
class Earned:
    """One exercise of one student.

    status: "correct", "incorrect", "not attempted", or "" if it was not checked.
    mistake: the known mistake found, or "".
    """

    points: float
    max_points: float
    status: str
    mistake: str


@dataclasses.dataclass(frozen=True)
class Row:
    """What one student earned in a lesson, by exercise; score after any late penalty."""

    student: str
    exercises: dict[str, Earned]
    score: float
    max_score: float
    notes: tuple[str, ...]


def table(course: Course, lesson: str) -> list[Row]:
    """Students × exercises, from the gradebook (points) and the graded notebooks (mistakes)."""
    rows = []
    with connected(course) as gradebook:
        for submission in gradebook.assignment_submissions(lesson):
            student = submission.student.id
            notebook = graded_notebook(course, student, lesson)
            if notebook is None:
                continue
            grades = {g.name: g for n in submission.notebooks for g in n.grades}
            exercises = {}
            for cell in notebook.cells:
                grade = grades.get(name_of(cell))
                if is_test(cell) and grade is not None:
                    exercises[tested_by(cell)] = _earned(grade, records(cell))
            score, most = scores(submission.notebooks[0])
            notes = tuple(notebook.metadata.get("cnnlab", {}).get("repairs", ()))
            notes += given_by_hand(submission.notebooks[0])
            rows.append(Row(student, exercises, score, most, notes))
    return sorted(rows, key=lambda row: row.student)


def _earned(grade: Grade, found: list[Record]) -> Earned:
    """What is said of an exercise: as of the worst of its reports, with the first cause found."""
    status = worst(record.status for record in found)
    causes = [cause for record in found for cause in record.causes]
    return Earned(float(grade.score), float(grade.max_score), status, next(iter(causes), ""))
