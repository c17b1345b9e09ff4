"""The grader agrees with ``check``: right answers earn all points, known mistakes fewer.

Each answer is handed in as a notebook of its own, in which everything else is solved,
and goes the whole way: folder, sandbox, judge, gradebook.
"""

from __future__ import annotations

import dataclasses

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import build, recorder
from autograder.course import Course

from .students import Answer, right_answers, wrong_answers

LESSONS = build.lesson_names()[:2]  # TODO: the other lessons, once seen to pass in CI's time


@dataclasses.dataclass
class Class:
    """A graded class: who handed in which answer, and the gradebook's points."""

    answers: dict[str, Answer]
    points: dict[str, dict[str, float]]

    def of(self, student: str) -> tuple[Answer, float]:
        answer = self.answers[student]
        return answer, self.points[student][f"test_{answer.exercise.name}"]


def handed_in(course: Course, student: str, lesson: str, answer: Answer) -> None:
    """Put the solution into the student's folder, with one cell replaced by the answer."""
    notebook = nbformat.read(course.source(lesson), as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == answer.exercise.name:
            cell.source = f"{answer.needs}\n\n{answer.source}"
    folder = course.submitted(student, lesson)
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{lesson}.ipynb")


@pytest.fixture(scope="module")
def graded(request, tmp_path_factory):
    """A lesson released and graded for a class that gives every answer we know."""
    lesson = request.param
    course = Course(tmp_path_factory.mktemp("course"))
    build.release(course, [lesson], notebooks=tmp_path_factory.mktemp("notebooks"))
    answers = [a for a in right_answers() + wrong_answers() if a.exercise.lesson == lesson]
    named = {f"s{i:03}": answer for i, answer in enumerate(answers)}
    for student, answer in named.items():
        handed_in(course, student, lesson, answer)
    results = recorder.grade(course, [lesson], workers=1)  # pytest already uses every core
    assert {r.status for r in results} == {"graded"}, [str(r) for r in results]
    with Gradebook(course.db_url, course.course_id) as gradebook:
        points = {
            student: {
                grade.name: grade.score
                for grade in gradebook.find_submission_notebook(lesson, lesson, student).grades
            }
            for student in named
        }
    return Class(named, points)


@pytest.mark.parametrize("graded", LESSONS, indirect=True)
def test_right_answers_earn_all_points_and_known_mistakes_fewer(graded):
    right = [graded.of(s) for s, a in graded.answers.items() if a.mistake is None]
    wrong = [graded.of(s) for s, a in graded.answers.items() if a.mistake is not None]
    assert right and wrong
    assert [f"{a}: {p}" for a, p in right if p != a.exercise.points] == []
    assert [f"{a}: {p}" for a, p in wrong if p >= a.exercise.points] == []
