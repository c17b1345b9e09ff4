"""Every control of every widget is moved: nothing breaks, and each has an effect."""

import pytest

from autograder.tests.support import lessons
from autograder.tests.support.lessons import LESSONS, MOVING
from autograder.tests.support.widgets import moving


@pytest.mark.parametrize(
    "lesson", [*LESSONS[:2], *(pytest.param(x, marks=pytest.mark.slow) for x in LESSONS[2:])]
)
def test_every_control_of_every_widget_works_and_has_an_effect(lesson, tmp_path):
    notebook = lessons.quick(lessons.released(lesson), lesson)
    assert lessons.widget_cells(notebook), f"{lesson} has no widget"
    moved = moving(notebook)
    seconds = lessons.run(moved, tmp_path, MOVING)
    print(f"{lesson}: {seconds:.0f} s")
    assert_moved(moved)


def assert_moved(moved):
    """Nothing was raised, by the widgets or by their mover, and nothing warned."""
    for cell, error in lessons.errors(moved):
        pytest.fail(f"{error.ename}: {error.evalue}\nin the cell\n{cell.source}")
    assert lessons.complaints(moved) == []
