"""The lessons run top to bottom: solved as the instructor has them, open as students get them."""

import pytest
from cnnlab.engine.exercise import EXERCISES

from autograder.tests.support import lessons
from autograder.tests.support.lessons import LESSONS, MINUTES


@pytest.fixture
def run(tmp_path):
    """run(notebook, lesson): run it within the lesson's minutes, and say how long it took."""

    def run(notebook, lesson):
        seconds = lessons.run(notebook, tmp_path, MINUTES[lesson])
        print(f"{lesson}: {seconds:.0f} s")  # pytest shows it with -rP
        return notebook

    return run


@pytest.mark.parametrize(
    "lesson", [LESSONS[0], *(pytest.param(x, marks=pytest.mark.slow) for x in LESSONS[1:])]
)
def test_the_solution_runs_and_earns_every_point(lesson, run):
    assert_solved(run(lessons.solution(lesson), lesson), lesson)


OFTEN = [name for name in LESSONS if name[:2] in ("01", "02")]  # the others take longer


@pytest.mark.parametrize(
    "lesson",
    [pytest.param(x, marks=() if x in OFTEN else pytest.mark.slow) for x in LESSONS],
)
def test_the_released_notebook_lacks_nothing_but_the_answers(lesson, run):
    notebook = lessons.quick(lessons.released(lesson), lesson)
    assert_released_as_it_should_be(run(notebook, lesson), lesson)


def assert_solved(notebook, lesson):
    """Nothing failed, every picture can be read aloud, every exercise has all its points."""
    assert_nothing_is_raised(notebook)
    assert lessons.unfilled(notebook) == []
    assert_each_picture_has_a_text_alternative(notebook)
    exercises = {e.name: e for e in EXERCISES.values() if e.lesson == lesson}
    reports = list(lessons.reports(notebook))
    assert {r["exercise"] for r in reports} == set(exercises)
    for report in reports:
        assert report["status"] == "correct", report
        assert report["points"] == report["max_points"] == exercises[report["exercise"]].points


def assert_released_as_it_should_be(notebook, lesson):
    """Only answers are missing; every figure is there, and each check says "not attempted"."""
    assert_nothing_is_raised(notebook)
    assert_run_all_goes_on(notebook)
    assert_each_picture_has_a_text_alternative(notebook)
    assert_each_figure_is_there(notebook)
    reports = list(lessons.reports(notebook))
    assert {r["exercise"] for r in reports} == {
        e.name for e in EXERCISES.values() if e.lesson == lesson
    }
    assert [r for r in reports if r["status"] != "not attempted" or r["points"]] == []


def assert_nothing_is_raised(notebook):
    """Nothing looks like a crash, and nothing goes to stderr."""
    for cell, error in lessons.errors(notebook):
        pytest.fail(f"{error.ename}: {error.evalue}\nin the cell\n{cell.source}")
    assert lessons.complaints(notebook) == []


def assert_run_all_goes_on(notebook):
    """The cells that wait for an answer say so, and are those whose tag announces it."""
    tagged = [c for c in notebook.cells if "raises-exception" in c.metadata.get("tags", [])]
    waiting = lessons.unfilled(notebook)
    assert waiting, "no cell waits for an answer"
    for cell in waiting:
        assert cell in tagged, f"“Run All” stops at the cell\n{cell.source}"


def assert_each_picture_has_a_text_alternative(notebook):
    for cell in lessons.code_cells(notebook):
        assert all(lessons.pictures(notebook, cell)), f"no alt text:\n{cell.source}"


def assert_each_figure_is_there(notebook):
    """A cell that calls a figure of the lesson shows a picture, unless an answer is missing."""
    cells = [cell for cell, _ in lessons.figures(notebook)]
    assert cells, "the lesson shows no figure"
    missing = lessons.unfilled(notebook)
    for cell in cells:
        if cell not in missing:
            assert lessons.pictures(notebook, cell), f"no picture:\n{cell.source}"
