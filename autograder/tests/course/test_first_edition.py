"""A course of the first edition under today's code: the same scores, whichever way it is graded.

By ``nbgrader autograde`` all students of lessons 01 and 04 are graded, and ``half`` in lesson 03;
by formgrader's way ``half`` and ``mistaken`` in every lesson; by ``autograder grade`` everybody.
"""

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from autograder import cli
from autograder.course import ROOT
from autograder.tests.lessons.test_notebooks import (
    assert_nothing_is_raised,
    assert_run_all_goes_on,
)
from autograder.tests.support import lessons
from autograder.tests.support.first_edition import (
    HERE,
    LESSONS,
    SCORES,
    SHORTER,
    course_in,
    released,
)

CHANGED: dict[tuple[str, str, str], float] = {
    ("half", "06_text_cnn", "test_TextCNN"): 0.0,
    ("mistaken", "06_text_cnn", "test_TextCNN"): 2.85,
    ("mistaken", "06_text_cnn", "test_encode"): 0.37,
}
"""(student, lesson, graded cell): the points that it has today. CHANGELOG.md names the exercise
and says why."""

MINUTES = 10


@pytest.fixture
def course(tmp_path):
    """The course as the first edition left it."""
    return course_in(tmp_path / "course")


def expected(lesson, students=tuple(SCORES)):
    """What the gradebook must say: the first edition's points, but for what has CHANGED."""
    points = {s: dict(SCORES[s][lesson]) for s in students if lesson in SCORES[s]}
    for (student, where, cell), today in CHANGED.items():
        if where == lesson and student in points:
            points[student]["score"] += today - points[student][cell]
            points[student][cell] = today
    return {student: pytest.approx(cells) for student, cells in points.items()}


def scores(course, lesson, students=tuple(SCORES)):
    """What the gradebook says, in the form of SCORES."""
    found = {}
    with Gradebook(course.db_url, course.course_id) as gradebook:
        for submission in gradebook.assignment_submissions(lesson):
            if submission.student_id in students:
                (notebook,) = submission.notebooks
                cells = {grade.name: grade.score for grade in notebook.grades}
                totals = {"score": notebook.score, "max_score": notebook.max_score}
                found[submission.student_id] = cells | totals
    return found


def forget_points(course):
    """Take all automatic points out of the gradebook, so that what is there later is new."""
    connection = sqlite3.connect(course.root / "gradebook.db")
    connection.execute("UPDATE grade SET auto_score = 0")
    connection.commit()
    connection.close()


def run(course, *arguments):
    """An ``autograder`` command in this process; it must succeed."""
    assert cli.main(["--course", str(course.root), *arguments]) == 0


def test_the_fixture_is_small_and_names_no_folder_of_the_machine_that_made_it():
    files = [p for p in HERE.rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    assert sum(p.stat().st_size for p in files) < 1.7e6
    made = [p for p in files if p.suffix != ".py" or p.name == "nbgrader_config.py"]
    for path in made:
        assert not re.search(r"/(?:home|root|Users|work|tmp)/", path.read_text()), path


def test_what_changed_stands_in_the_changelog():
    changelog = ROOT / "CHANGELOG.md"
    said = changelog.read_text(encoding="utf-8") if CHANGED else ""
    missing = {cell for _, _, cell in CHANGED if cell.removeprefix("test_") not in said}
    assert missing == set()


@pytest.mark.parametrize(
    "lesson",
    [pytest.param(x, marks=pytest.mark.slow if x[:2] != "01" else ()) for x in LESSONS],
)
def test_grade_finds_nothing_new_and_forced_gives_the_same_scores(lesson, course, capsys):
    run(course, "grade", lesson, "--workers", "1")
    there = [student for student in SCORES if lesson in SCORES[student]]
    said = capsys.readouterr().out
    assert said.count("(unchanged)") == len(there), said
    assert f"0 graded, {len(there)} unchanged, 0 not graded" in said
    first = {s: pytest.approx(SCORES[s][lesson]) for s in there}
    assert scores(course, lesson) == first

    forget_points(course)
    run(course, "grade", lesson, "--workers", "1", "--force")
    assert scores(course, lesson) == expected(lesson)


def test_feedback_of_what_was_graded_then_has_a_page_for_everybody(course):
    run(course, "feedback")
    for student, by_lesson in SCORES.items():
        for lesson, cells in by_lesson.items():
            page = course.feedback(student, lesson) / f"{lesson}.html"
            said = page.read_text(encoding="utf-8")
            assert f"<b>{cells['score']:.6g}</b>" in said, page
    page = course.feedback("half", "03_conv2d") / "03_conv2d.html"
    assert "Good question." in page.read_text(encoding="utf-8")


def test_report_of_what_was_graded_then_can_be_written(course, capsys):
    run(course, "report")
    path = Path(re.search(r"wrote (.+)", capsys.readouterr().out)[1])
    assert "mistaken" in (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lesson", "student"), [("01_rolling_average", ""), ("04_pooling", ""), ("03_conv2d", "half")]
)
def test_nbgraders_command_gives_the_same_scores(lesson, student, course):
    forget_points(course)
    command = [sys.executable, "-m", "nbgrader", "autograde", lesson, "--force"]
    command += ["--student", student] if student else []
    environment = dict(os.environ)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', '')}"
    ran = subprocess.run(
        command, cwd=course.root, env=environment, capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    students = [student] if student else list(SCORES)
    assert scores(course, lesson, students) == expected(lesson, students)


@pytest.mark.parametrize(
    "lesson",
    [x if x[:2] in ("01", "03") else pytest.param(x, marks=pytest.mark.slow) for x in LESSONS],
)
def test_formgraders_button_gives_the_same_scores(lesson, course):
    forget_points(course)
    students = ["half", "mistaken"]
    config = course.config()
    formgrader = NbGraderAPI(CourseDirectory(config=config), config=config)
    for student in students:
        done = formgrader.autograde(lesson, student)
        assert done["success"], done
    assert scores(course, lesson, students) == expected(lesson, students)


def quick(notebook, lesson):
    """The notebook with its long trainings cut short."""
    for long, short in SHORTER.get(lesson, {}).items():
        (cell,) = [cell for cell in notebook.cells if long in cell.source]
        cell.source = cell.source.replace(long, short)
    return notebook


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_a_notebook_handed_out_then_runs_to_its_end(lesson, tmp_path):
    notebook = quick(nbformat.read(released(lesson), as_version=4), lesson)
    lessons.run(notebook, tmp_path, MINUTES)
    assert_nothing_is_raised(notebook)
    assert_run_all_goes_on(notebook)
    verdicts = {r["exercise"]: r["status"] for r in lessons.reports(notebook)}
    tests = {name for name in SCORES["right"][lesson] if name.startswith("test_")}
    assert verdicts == {name.removeprefix("test_"): "not attempted" for name in tests}


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_a_notebook_handed_in_then_runs_to_its_end_with_every_answer_right(
    lesson, course, tmp_path
):
    path = course.submitted("right", lesson) / f"{lesson}.ipynb"
    notebook = quick(nbformat.read(path, as_version=4), lesson)
    lessons.run(notebook, tmp_path, MINUTES)
    assert lessons.errors(notebook) == []
    reports = list(lessons.reports(notebook))
    assert {r["status"] for r in reports} == {"correct"}
    tests = {name for name in SCORES["right"][lesson] if name.startswith("test_")}
    assert {f"test_{r['exercise']}" for r in reports} == tests
