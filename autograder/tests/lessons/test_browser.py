"""A student works through each lesson in a real browser."""

import os
from contextlib import ExitStack

import nbformat
import pytest
from cnnlab.engine.examine import examine
from cnnlab.engine.page import picture_html

from autograder.tests.support import lessons
from autograder.tests.support.browser import (
    CHROMIUM,
    PICTURE,
    Lesson,
    chromium,
    jupyterlab,
    obstacles,
)
from autograder.tests.support.lessons import LESSONS, MINUTES
from autograder.tests.support.students import right_answers, wrong_answers

if CHROMIUM is None and not os.environ.get("CI"):
    pytest.skip("there is no chromium: apt install chromium", allow_module_level=True)


@pytest.fixture
def student(tmp_path):
    """student(lesson, theme=…) opens the lesson that students get."""
    assert CHROMIUM, "there is no chromium, which these tests need: apt install chromium"
    with ExitStack() as open_things:

        def student(lesson, theme="JupyterLab Light"):
            folder = tmp_path / "course"
            folder.mkdir()
            notebook = lessons.quick(lessons.released(lesson), lesson)
            nbformat.write(notebook, folder / f"{lesson}.ipynb")
            lab = open_things.enter_context(jupyterlab(folder, theme))
            page = open_things.enter_context(chromium(CHROMIUM))
            return Lesson(page, lab, lesson, 60 * MINUTES[lesson])

        yield student


@pytest.mark.parametrize(
    "lesson", [LESSONS[0], *(pytest.param(x, marks=pytest.mark.slow) for x in LESSONS[1:])]
)
def test_a_student_runs_a_lesson_moves_its_widgets_and_solves_an_exercise(
    lesson, student, tmp_path
):
    notebook = lessons.released(lesson)
    opened = student(lesson)

    opened.run_all()
    stopped = f"“Run All” stopped on the way: {opened.prompts()}"
    assert opened.prompt(last_code_cell(notebook)) != "[ ]:", stopped

    widgets = [notebook.cells.index(cell) for cell in lessons.widget_cells(notebook)]
    moved = [place for place in widgets if opened.has_slider(place)]
    assert moved, "no widget has a slider"
    for place in moved:
        before = opened.picture(place)
        opened.press(opened.slider(place), "ArrowRight")
        opened.wait_for_another_picture(place, before)
        opened.screenshot(place, tmp_path / f"widget-{place}.png")

    wrong, right = answers(lesson)
    answer, test = exercise_cells(notebook, wrong.exercise.name)
    opened.type(answer, as_typed(wrong))
    opened.run(answer)
    opened.run(test)
    opened.wait_for_report(test, "incorrect")
    opened.screenshot(test, tmp_path / "incorrect.png")
    assert "Not right yet" in opened.report(test).inner_text()
    drawn = opened.report(test).locator(PICTURE).first
    assert drawn.get_attribute("aria-label").startswith("Target, yours")
    assert drawn.bounding_box()["width"] > 100

    opened.type(answer, as_typed(right))
    opened.run(answer)
    opened.run(test)
    opened.wait_for_report(test, "correct")
    opened.screenshot(test, tmp_path / "correct.png")
    assert "Correct" in opened.report(test).inner_text()

    # Hints cost no editing: the cell has run, and the keyboard opens one after the other.
    hints = opened.cell(test + 1)
    for count in (1, 2, 3):
        opened.press(hints.locator("summary").nth(count - 1), "Enter")
        assert hints.locator("details[open]").count() == count
    opened.screenshot(test + 1, tmp_path / "hints.png")
    for ours in (".jp-OutputArea .jp-RenderedHTML", ".jp-OutputArea .jp-RenderedMarkdown"):
        assert obstacles(opened.page, ours) == []


@pytest.mark.slow
def test_what_the_course_shows_can_be_read_in_the_dark_theme(student, tmp_path):
    lesson = LESSONS[0]
    notebook = lessons.released(lesson)
    opened = student(lesson, theme="JupyterLab Dark")
    opened.run_all()
    wrong, _ = answers(lesson)
    answer, test = exercise_cells(notebook, wrong.exercise.name)
    opened.type(answer, as_typed(wrong))
    opened.run(answer)
    opened.run(test)
    opened.wait_for_report(test, "incorrect")
    opened.screenshot(test, tmp_path / "dark.png")

    texts = [text for text, ratio in opened.contrasts() if ratio < 4.5]  # WCAG 2, level AA
    assert opened.contrasts(), "nothing to read"
    letters = opened.page.locator(f".jp-OutputArea {PICTURE}").first
    light = letters.evaluate("drawn => getComputedStyle(drawn).fill.match(/[0-9]+/g)[0] > 200")
    assert light, "the letters of a figure are dark on dark"
    assert texts == [], "too faint to read"


def last_code_cell(notebook):
    return max(i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code")


def exercise_cells(notebook, name):
    """The places of an exercise's answer cell and of its test cell."""
    ids = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in notebook.cells]
    return ids.index(name), ids.index(f"test_{name}")


def answers(lesson):
    """A wrong answer of which the report draws a picture, and a right one to the same exercise."""
    wrong = next(
        answer
        for answer in wrong_answers()
        if answer.exercise.lesson == lesson
        and picture_html(examine(answer.exercise, answer.define()))
    )
    right = next(answer for answer in right_answers() if answer.exercise is wrong.exercise)
    return wrong, right


def as_typed(answer):
    """An answer as the text of its cell, with what it builds on."""
    name = answer.exercise.name
    return f"{answer.needs}\n\n{answer.source}\n\n{name} = fill({name})"
