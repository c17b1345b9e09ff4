"""The demo: a whole class, from the lessons' source to the feedback, and what it prints."""

import ast
import json
import random
import re

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.course import Course
from autograder.demo import classmates, demo
from autograder.recording.table import Earned, Row, table
from autograder.releasing import build
from autograder.students import everything_right
from autograder.tests.support.browser import CHROMIUM, chromium, obstacles, sheets, sideways

CLASSMATES = 2
"""Of twenty: two show all that is different for them."""

pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.slow]


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """The demo, run once: (exit status, what it printed, its course)."""
    import contextlib
    import io

    folder = tmp_path_factory.mktemp("demo")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        status = demo.demo(folder / "demo", folder / "notebooks", classmates=CLASSMATES)
    return status, printed.getvalue(), Course(folder / "demo/course")


@pytest.fixture(scope="module", params=build.lesson_names())
def rows(request, ran):
    """A lesson's table, by student."""
    return {row.student: row for row in table(ran[2], request.param)}


def test_it_runs_to_its_end(ran):
    assert ran[0] == 0
    assert "Where to look" in ran[1]


def test_the_one_with_everything_right_gets_all_points(rows):
    row = rows["Ada_Allright"]
    assert row.score == row.max_score > 0
    assert {m.status for m in row.exercises.values()} == {"correct"}


def test_the_untouched_notebook_counts_as_not_attempted(rows):
    assert rows["Ben_Untouched"].score == 0
    assert {m.status for m in rows["Ben_Untouched"].exercises.values()} == {"not attempted"}


def test_each_typical_mistake_costs_points_and_is_named_where_it_is_the_only_one(rows, ran):
    marks = rows["Cleo_Mistaken"].exercises
    assert all(m.points < m.max_points for m in marks.values())
    (lesson,) = (n for n in build.lesson_names() if marks.keys() <= answers_to(ran[2], n).keys())
    answers = answers_to(ran[2], lesson)
    # An answer that calls an earlier, wrong one does what no known mistake does.
    alone = [
        name
        for name in marks
        if not any(re.search(rf"\b{other}\b", answers[name]) for other in marks if other != name)
    ]
    assert len(alone) >= 2
    assert [name for name in alone if not marks[name].mistake] == []


def answers_to(course, lesson):
    """The right answers to a lesson's exercises, by name."""
    return everything_right(nbformat.read(course.source(lesson), as_version=4))


def test_cheating_earns_nothing(rows):
    assert rows["Dan_Cheating"].score == 0


@pytest.fixture(scope="module")
def page():
    """A page of a browser."""
    assert CHROMIUM, "there is no chromium, which these tests need: apt install chromium"
    with chromium(CHROMIUM) as opened:
        yield opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("student", ["Ada_Allright", "Ben_Untouched", "Cleo_Mistaken"])
def test_a_page_of_feedback_can_be_read_in_light_and_dark_on_a_phone_and_on_paper(
    student, scheme, ran, page
):
    page.emulate_media(color_scheme=scheme)
    for lesson in build.lesson_names()[:3]:
        page.goto((ran[2].feedback(student, lesson) / f"{lesson}.html").as_uri())
        assert obstacles(page) == [], lesson
        assert sideways(page) == 0, lesson
        exercises = page.locator("section.card:has(.head)").count()
        assert exercises and sheets(page) <= (exercises + 1) // 2, lesson
        first = page.locator("header tbody tr").first
        assert first.bounding_box()["y"] < 400, "what went wrong is not on the first screen"


def test_the_report_on_the_class_can_be_read_on_a_phone_too(ran, page):
    page.goto((ran[2].root / "report.html").as_uri())
    assert obstacles(page) == []
    assert sideways(page) == 0


def test_the_scores_are_in_nbgraders_gradebook(ran):
    lesson = build.lesson_names()[0]
    with Gradebook(ran[2].db_url) as gradebook:
        scores = {s.student.id: s.score for s in gradebook.assignment_submissions(lesson)}
    assert scores["Ada_Allright"] > scores["Cleo_Mistaken"] > scores["Dan_Cheating"] == 0


def test_each_student_has_a_page_of_feedback_at_the_place_it_names(ran):
    _, printed, course = ran
    for lesson in build.lesson_names():
        for student in course.students(lesson):
            page = course.feedback(student, lesson) / f"{lesson}.html"
            assert page.is_file()
            assert "<script>alert('no')" not in page.read_text()
    (line,) = [line for line in printed.splitlines() if line.startswith("  feedback ")]
    assert line.split()[1].endswith(".html")
    assert (demo.ROOT / line.split()[1]).is_file()


def test_its_report_is_of_the_whole_class_and_of_what_some_handed_in_again(ran):
    page = (ran[2].root / "report.html").read_text(encoding="utf-8")
    assert "Emil_Ernst" in page and "Fatima_Farah" in page
    earlier = (ran[2].root / "earlier.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["lesson"] for line in earlier] == [classmates.LESSONS[0]] * CLASSMATES


@pytest.mark.parametrize("lesson", classmates.LESSONS)
def test_the_classmates_are_right_here_and_wrong_there_and_the_same_each_time(lesson, ran):
    source = nbformat.read(ran[2].source(lesson), as_version=4)
    right = everything_right(source)
    given = {name: classmates.answers(name, source) for name in classmates.NAMES}
    assert given == {name: classmates.answers(name, source) for name in classmates.NAMES}
    share = {e: sum(own.get(e) == right[e] for own in given.values()) for e in right}
    assert len(given) == 20 and all(0 < n < 20 for n in share.values()), share
    for name, own in given.items():
        again = classmates.again(name, source)
        assert again.keys() in ({}.keys(), own.keys())
        assert all(again.get(e, a) == a for e, a in own.items() if a == right[e])
        for answer in {**own, **again}.values():
            ast.parse(answer)


def test_a_slip_changes_one_number_or_one_sign():
    drawn = random.Random(1)
    slips = {classmates.slip("def f(x):\n    return x[1:] - 2", drawn) for _ in range(50)}
    bodies = {slip.splitlines()[1].strip() for slip in slips}
    assert bodies == {"return x[2:] - 2", "return x[1:] + 2", "return x[1:] - 3"}


def test_what_it_prints_fits_into_a_terminal(ran):
    lines = [line for line in ran[1].splitlines() if "/pytest-of-" not in line]
    assert max(map(len, lines)) < 100


def row(student, exercises, mistake=""):
    marks = {f"exercise_{i:02}": Earned(1.5, 2, "incorrect", mistake) for i in range(exercises)}
    return Row(student, marks, 1.5 * exercises, 2.0 * exercises, ())


def test_students_are_rows_where_they_fit_and_columns_where_not():
    few = demo.as_table("lesson", [row("ada", 3), row("bob", 3)])
    many = demo.as_table("lesson", [row("ada", 9), row("bob", 9)])
    assert few[4].split() == ["ada", *["✗", "1.5/2"] * 3, "4.5/6"]
    assert many[4].split() == ["exercise_00", *["✗", "1.5/2"] * 2]
    assert max(map(len, few + many)) < 100


def test_the_mistake_found_is_named_by_exercise_below_the_table():
    lines = demo.as_table("lesson", [row("ada", 2, "a sum instead of a mean")])
    expected = "; ".join(f"exercise_0{i}: a sum instead of a mean" for i in range(2))
    assert lines[-1] == f"ada  {expected}"
