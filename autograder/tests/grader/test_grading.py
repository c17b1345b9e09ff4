"""The grader agrees with ``check``: right answers earn all points, known mistakes fewer.

A student gives one of the known answers to every exercise of a lesson, and their notebook
goes the whole way: folder, sandbox, judge, gradebook.
"""

from __future__ import annotations

import itertools
import textwrap

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.course import Course
from autograder.recording import grade as recorder
from autograder.releasing import build
from autograder.tests.support.students import Answer, right_answers, wrong_answers


def students(answers: list[Answer]) -> list[list[Answer]]:
    """Share out the answers: each student gives one to every exercise that still has some."""
    by_exercise: dict[str, list[Answer]] = {}
    for answer in answers:
        by_exercise.setdefault(answer.exercise.name, []).append(answer)
    return [[a for a in some if a] for some in itertools.zip_longest(*by_exercise.values())]


def cell(answer: Answer) -> str:
    """An answer's cell. What it builds on stays inside, out of the other answers' reach."""
    name = answer.exercise.name
    inside = textwrap.indent(f"{answer.needs}\n\n{answer.source}\n\nreturn {name}", "    ")
    return f"def _mine():\n{inside}\n\n\n{name} = _mine()\n"


def hand_in(course: Course, student: str, lesson: str, answers: list[Answer]) -> None:
    """Put the solution into the student's folder, with the answers in place of its own."""
    notebook = nbformat.read(course.source(lesson), as_version=4)
    sources = {answer.exercise.name: cell(answer) for answer in answers}
    for one in notebook.cells:
        one.source = sources.get(one.metadata.get("nbgrader", {}).get("grade_id"), one.source)
    folder = course.submitted(student, lesson)
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{lesson}.ipynb")


OFTEN = [name for name in build.lesson_names() if name[:2] == "01"]
"""Done in seconds; the others take longer."""


@pytest.mark.parametrize(
    "lesson",
    [
        pytest.param(name, marks=() if name in OFTEN else pytest.mark.slow)
        for name in build.lesson_names()
    ],
)
def test_right_answers_earn_all_points_and_known_mistakes_fewer(lesson, tmp_path):
    course = Course(tmp_path / "course")
    build.release(course, [lesson], notebooks=tmp_path / "notebooks")
    known = [a for a in right_answers() + wrong_answers() if a.exercise.lesson == lesson]
    right = students([a for a in known if a.mistake is None])
    wrong = students([a for a in known if a.mistake is not None])
    for number, answers in enumerate(right + wrong):
        hand_in(course, f"s{number:02}", lesson, answers)

    results = recorder.grade(course, [lesson], workers=1)  # pytest already uses every core

    assert {r.status for r in results} == {"graded"}, [str(r) for r in results]
    with Gradebook(course.db_url, course.course_id) as gradebook:
        unfair = []
        for number, answers in enumerate(right + wrong):
            entry = gradebook.find_submission_notebook(lesson, lesson, f"s{number:02}")
            points = {grade.name: grade.score for grade in entry.grades}
            for answer in answers:
                got, most = points[f"test_{answer.exercise.name}"], answer.exercise.points
                fair = got == most if answer.mistake is None else got < most
                unfair += [] if fair else [f"{answer}: {got} of {most}"]
    assert unfair == []
