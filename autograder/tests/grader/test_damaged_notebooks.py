"""Honest students' damaged notebooks, the whole way: download, collect, grade, gradebook, feedback.

Each damage of ``damages.py`` is done to a partly solved notebook of a NumPy lesson, and every third
to one of a torch lesson, which takes longer. All of them are graded as one class, and each must get
the points that its answers deserve.
"""

import html
import json
import re

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.cells import bare, released
from autograder.course import Course
from autograder.intake import collect
from autograder.judging import submission
from autograder.pages.feedback import feedback
from autograder.recording import grade as recorder
from autograder.releasing import build
from autograder.tests.support.damages import DAMAGES

pytestmark = pytest.mark.xdist_group("damaged notebooks")

ANSWERED = {
    "01_rolling_average": ("conv1d", "pad"),
    "05_pytorch_tour": ("linear", "mse"),
}
"""The lessons, and in each the two exercises that are answered, both right."""

CORPUS = {"01_rolling_average": DAMAGES, "05_pytorch_tour": DAMAGES[::3]}
EACH = pytest.mark.parametrize(
    ("lesson", "damage"),
    [pytest.param(x, d, id=f"{x[:2]}-{d.name}") for x, many in CORPUS.items() for d in many],
)


def solved(course, lesson):
    """The notebook of a student who answered two exercises, as plain data."""
    source = nbformat.read(course.source(lesson), as_version=4)
    given = {c.metadata.get("nbgrader", {}).get("grade_id"): released(c) for c in source.cells}
    for cell in source.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") in ANSWERED[lesson]:
            lines = cell.source.splitlines()
            cell.source = bare("\n".join(x for x in lines if " SOLUTION" not in x))
        else:
            cell.source = released(cell)
    notebook = json.loads(nbformat.writes(source))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook | {"stubs": given}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """(lesson, damage's name) → what came of it: points of the two answers, result, page."""
    root = tmp_path_factory.mktemp("damaged")
    course = Course(root / "course")
    build.release(course, list(ANSWERED), notebooks=root / "notebooks")
    outcome = {}
    for lesson, (a, b) in ANSWERED.items():
        for damage in CORPUS[lesson]:
            data = damage.applied(solved(course, lesson), a, b)
            path = root / lesson / damage.name / damage.file.format(lesson=lesson)
            path.parent.mkdir(parents=True)
            path.write_bytes(data)
        collected = collect.collect(course, [root / lesson], lesson)
        assert collected.refused == []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(submission, "CALL_SECONDS", 0.3)  # some cells hang
            results = {r.student: r for r in recorder.grade(course, [lesson], workers=1)}
        feedback(course, [lesson])
        with Gradebook(course.db_url, course.course_id) as gradebook:
            for damage in CORPUS[lesson]:
                entry = gradebook.find_submission_notebook(lesson, lesson, damage.name)
                points = {g.name: (g.score, g.max_score) for g in entry.grades}
                page = course.feedback(damage.name, lesson) / f"{lesson}.html"
                found = (points, results[damage.name], page.read_text(encoding="utf-8"))
                outcome[lesson, damage.name] = found
    return outcome


def test_the_corpus_is_large():
    assert len(DAMAGES) >= 60
    assert len({damage.name for damage in DAMAGES}) == len(DAMAGES)


@EACH
def test_a_damaged_notebook_gets_the_points_that_its_answers_deserve(graded, lesson, damage):
    points, result, _ = graded[lesson, damage.name]
    for letter, name in zip("ab", ANSWERED[lesson], strict=True):
        score, most = points[f"test_{name}"]
        assert score == (0 if letter in damage.loses else most), (name, result.notes)


@EACH
def test_what_was_repaired_is_told_to_student_and_instructor(graded, lesson, damage):
    _, result, page = graded[lesson, damage.name]
    a, b = ANSWERED[lesson]
    said = " ".join(result.notes)
    assert bool(said) == bool(damage.told), said
    assert re.search(damage.told.format(a=a, b=b), said), said
    assert said in str(result).replace("\n  ", " ")
    for sentence in result.notes:
        assert html.escape(sentence, quote=False) in page
