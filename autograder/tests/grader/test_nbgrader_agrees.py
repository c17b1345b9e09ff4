"""Formgrader's buttons, manual grading and penalties: nbgrader's ways lead to the same points."""

import csv
import datetime
import re
import shutil

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory

from autograder.course import Course
from autograder.pages.feedback import feedback
from autograder.pages.lms import export
from autograder.recording import grade as recorder
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import FLIPPED, MARKUP, hand_in

pytestmark = pytest.mark.xdist_group("nbgrader agrees")

LESSON = small_lesson.LESSON


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A course with three submissions, graded by ``autograder grade``."""
    root = tmp_path_factory.mktemp("agrees")
    course = small_lesson.released_in(root)
    hand_in(course, "ada")
    hand_in(course, "grace", {"conv1d": FLIPPED, "questions": f"Why? {MARKUP}"})
    (hand_in(course, "late") / "timestamp.txt").write_text("2026-11-04 10:00:00 UTC")
    recorder.grade(course, [LESSON], workers=1)
    return course


@pytest.fixture
def course(made, tmp_path):
    """A copy of it."""
    return Course(shutil.copytree(made.root, tmp_path / "course"))


def formgrader(course):
    """What stands behind formgrader's buttons."""
    config = course.config()
    return NbGraderAPI(CourseDirectory(config=config), config=config)


def scores(course):
    """All points in the gradebook, by student and exercise."""
    with Gradebook(course.db_url, course.course_id) as gradebook:
        return {
            (submission.student_id, grade.name): grade.score
            for submission in gradebook.assignment_submissions(LESSON)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def test_formgraders_button_gives_the_same_scores(course):
    before = scores(course)
    with Gradebook(course.db_url, course.course_id) as gradebook:
        for student in ("ada", "grace", "late"):
            gradebook.remove_submission(LESSON, student)
    for student in ("ada", "grace", "late"):
        done = formgrader(course).autograde(LESSON, student)
        assert done["success"], done
    assert scores(course) == pytest.approx(before)


def test_formgraders_button_writes_the_same_page_of_feedback(course):
    done = formgrader(course).generate_feedback(LESSON, "grace")
    assert done["success"], done
    path = course.feedback("grace", LESSON) / f"{LESSON}.html"
    theirs = path.read_text(encoding="utf-8")
    feedback(course, [LESSON])
    assert path.read_text(encoding="utf-8") == theirs
    assert "The filter is flipped" in theirs
    assert "hidden=True" not in theirs
    assert not re.search(r"<script|<img src=x", theirs)


def test_what_was_entered_by_hand_stays(course):
    with Gradebook(course.db_url, course.course_id) as gradebook:
        find = (LESSON, LESSON, "grace")
        grade = gradebook.find_grade("test_pad", *find)
        grade.manual_score, grade.extra_credit = 1.5, 0.5
        gradebook.find_comment("questions", *find).manual_comment = "Good question."
        gradebook.db.commit()
    before = scores(course)
    hand_in(course, "grace", {"conv1d": FLIPPED, "questions": "And why is that so?"})
    for force in (False, True):
        recorder.grade(course, [LESSON], workers=1, force=force)
        with Gradebook(course.db_url, course.course_id) as gradebook:
            grade = gradebook.find_grade("test_pad", *find)
            assert (grade.manual_score, grade.extra_credit, grade.score) == (1.5, 0.5, 2.0)
            comment = gradebook.find_comment("questions", *find)
            assert comment.manual_comment == "Good question."
        assert scores(course)["grace", "test_pad"] == before["grace", "test_pad"]


def test_grading_twice_gives_the_same_scores_and_says_unchanged(course):
    before = scores(course)
    results = recorder.grade(course, [LESSON], workers=1)
    assert {r.status for r in results} == {"unchanged"}
    assert all("(unchanged)" in str(r) for r in results)
    assert scores(course) == before
    recorder.grade(course, [LESSON], workers=1, force=True)
    assert scores(course) == pytest.approx(before)  # other secret inputs, the same verdicts


def test_the_penalty_for_late_work_in_the_settings_is_taken_off(course, tmp_path):
    settings = course.root / "nbgrader_config.py"
    example = settings.read_text().partition("# Points off for late work")[2].partition("# from")
    on = re.sub(r"(?m)^# ?", "", "# from" + example[2])
    settings.write_text(settings.read_text().replace("# from" + example[2], on))
    course = Course(course.root)
    with Gradebook(course.db_url, course.course_id) as gradebook:
        due = datetime.datetime(2026, 11, 2, 12)  # a day and 22 hours before: two days
        gradebook.update_or_create_assignment(LESSON, duedate=due)
    results = {r.student: r for r in recorder.grade(course, [LESSON], workers=1, force=True)}
    assert results["late"].score == pytest.approx(11 - 2.2)
    assert results["ada"].score == 11
    export(course, tmp_path / "points.csv")
    with (tmp_path / "points.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["SIS Login ID"]: row[LESSON] for row in csv.DictReader(file)}
    assert (rows["late"], rows["ada"]) == ("8.8", "11")
    page = next(p for p in feedback(course, [LESSON]) if "late" in p.parts).read_text()
    assert "<b>8.8</b>" in page
