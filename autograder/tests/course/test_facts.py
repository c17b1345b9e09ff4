"""What is declared stands in one place; a lesson that types something else is not released."""

from __future__ import annotations

import re

import nbformat
import pytest
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.lesson import LESSONS

from autograder.course import Course
from autograder.releasing import build
from autograder.releasing.build import BuildError, release
from autograder.tests.support import small_lesson
from autograder.tests.support.small_lesson import LESSON

DECLARED = LESSONS[LESSON]
PAD = "> **Exercise 3 · `pad`** — difficulty ●●○○ · importance ●●○○ · 10 minutes · 2 points"
TASK = ">\n> Write it."


def text(boxes: dict[str, str] | None = None, time: str = "**Time.**") -> str:
    """The small lesson with a line on time, and with a box for each exercise."""
    boxes = {name: f"> **Exercise · `{name}`**" for name in DECLARED.exercises} | (boxes or {})
    source = re.sub(r"(?m)^  points: .*\n", "", small_lesson.text())
    source = source.replace("# A rolling average\n", f"# A rolling average\n\n{time}\n")
    for name, box in boxes.items():
        source = source.replace(f"## Exercise: {name}\n", f"{box}\n{TASK}\n")
    return source


def released(tmp_path, source: str) -> nbformat.NotebookNode:
    small_lesson.write(tmp_path / "s", source=source)
    course = Course(tmp_path / "c")
    (path,) = release(course, solutions=tmp_path / "s", notebooks=tmp_path / "n")
    return nbformat.read(path, as_version=4)


def test_what_is_left_out_is_filled_in(tmp_path):
    notebook = released(tmp_path, text(time="**Time.** Bring tea."))
    prose = "\n".join(cell.source for cell in notebook.cells)
    for name in DECLARED.exercises:
        assert f"\n{DECLARED.box(EXERCISES[name])}\n>\n> Write it." in f"\n{prose}"
    assert f"\n{DECLARED.time_line()} Bring tea.\n" in f"{prose}\n"
    points = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points
        for cell in notebook.cells
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
    }
    assert points == {f"test_{name}": EXERCISES[name].points for name in DECLARED.exercises}


def test_the_same_typed_in_full_gives_the_same_notebook(tmp_path):
    short = released(tmp_path / "short", text())
    in_full = {name: DECLARED.box(EXERCISES[name]) for name in DECLARED.exercises}
    full = released(tmp_path / "full", text(in_full, DECLARED.time_line()))
    assert full == short


WRONG = {
    "exercise 2, cnnlab declares exercise 3": PAD.replace("Exercise 3", "Exercise 2"),
    "5 minutes, cnnlab declares 10 minutes": PAD.replace("10 min", "5 min"),
    "3 points, cnnlab declares 2 points": PAD.replace("2 points", "3 points"),
    "difficulty ●○○○, cnnlab declares difficulty ●●○○": PAD.replace("y ●●○○", "y ●○○○"),
    "nothing, cnnlab declares 2 points": PAD.replace(" · 2 points", ""),
}


@pytest.mark.parametrize("said", WRONG)
def test_a_typed_fact_that_differs_is_refused_with_both(said, tmp_path):
    sentence = f"solutions/{LESSON}.md cannot be released:\n  pad: its box says {said}"
    with pytest.raises(BuildError, match=re.escape(sentence)):
        released(tmp_path, text({"pad": WRONG[said]}))
    assert not (tmp_path / "n").exists()


@pytest.mark.parametrize("time", ["About 90 minutes.", "90 minutes.", "About two hours"])
def test_a_typed_time_that_differs_is_refused_with_both(time, tmp_path):
    with pytest.raises(BuildError, match=rf"says “\*\*Time\.\*\* {time}.*declares .*About 75 min"):
        released(tmp_path, text(time=f"**Time.** {time}"))


def test_typed_points_that_differ_are_refused_with_both(tmp_path):
    source = text().replace(
        "  grade_id: test_pad\n  locked: true\n",
        "  grade_id: test_pad\n  locked: true\n  points: 7\n",
    )
    with pytest.raises(BuildError, match="pad: its test cell gives 7 points, cnnlab declares 2"):
        released(tmp_path, source)


@pytest.mark.parametrize(
    "box, said",
    [
        ("> **Exercise · `conv2d`**", f"conv2d has a box, but cnnlab declares no such .* {LESSON}"),
        ("> **Exercise 3: pad**", "is no box that can be read"),
        ("> **Exercise · `conv1d`**", "its boxes are those of .*, cnnlab declares "),
    ],
)
def test_a_box_that_is_nobodys_is_refused(box, said, tmp_path):
    with pytest.raises(BuildError, match=said):
        released(tmp_path, text({"pad": box}))


def test_a_lesson_opened_as_a_notebook_is_what_students_see():
    """Answer and test cells stay in the Markdown; only facts are filled in."""
    for lesson in LESSONS:
        path = build.SOLUTIONS / f"{lesson}.md"
        plain = build.jupytext.reads(path.read_text(encoding="utf-8"), fmt="md:myst")
        read = build.read(path)
        assert len(plain.cells) == len(read.cells)
        code = [(a.source, b.source) for a, b in zip(plain.cells, read.cells, strict=True)]
        changed = [(a, b) for a, b in code if a != b]
        assert all(a.split("**")[0] == b.split("**")[0] for a, b in changed)
        assert len(changed) == len(LESSONS[lesson].exercises) + 1  # and the line on time
