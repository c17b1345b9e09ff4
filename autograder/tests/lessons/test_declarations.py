"""What a lesson and its exercises declare is what the lesson says, and it is found by itself."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys

import pytest
from cnnlab import data
from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.lesson import LESSONS

from autograder.releasing import build


def prose(name: str) -> str:
    """The text of a lesson as it is released."""
    cells = build.read(build.SOLUTIONS / f"{name}.md").cells
    return "\n\n".join(cell.source for cell in cells)


def test_every_lesson_with_a_source_is_found():
    assert list(LESSONS) == build.lesson_names()


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_types_nothing_that_is_declared(name):
    source = (build.SOLUTIONS / f"{name}.md").read_text()
    boxes = re.findall(r"^> \*\*Exercise .*$", source, re.M)
    assert boxes == [f"> **Exercise · `{exercise}`**" for exercise in LESSONS[name].exercises]
    assert not re.search(r"^\s+points:", source, re.M)
    assert not re.search(r"^\*\*Time\.\*\* About", source, re.M)


@pytest.mark.parametrize("name", LESSONS)
def test_the_boxes_say_what_is_declared(name):
    boxes = re.findall(r"^> \*\*Exercise .*$", prose(name), re.M)
    lesson = LESSONS[name]
    assert boxes == [lesson.box(EXERCISES[exercise]) for exercise in lesson.exercises]


@pytest.mark.parametrize("name", LESSONS)
def test_the_time_is_the_sum_of_reading_and_exercises(name):
    lesson = LESSONS[name]
    (line,) = re.findall(r"^\*\*Time\.\*\* .*$", prose(name), re.M)
    assert line.startswith(lesson.time_line())
    boxes = [int(m) for m in re.findall(r"^> \*\*Exercise .* · (\d+) minutes", prose(name), re.M)]
    about, reading, solving = map(int, re.findall(r"\d+", lesson.time_line()))
    assert (about, solving) == (reading + sum(boxes), sum(boxes))


@pytest.mark.parametrize("name", LESSONS)
def test_title_and_data_are_those_of_the_lesson(name):
    lesson = LESSONS[name]
    assert f"\n# {int(name[:2])} · {lesson.title}\n" in prose(name)
    imported = re.findall(r"^from cnnlab\.data import (.*)$", prose(name), re.M)
    assert {n for line in imported for n in line.split(", ")} == set(lesson.data)
    assert all(callable(getattr(data, function)) for function in lesson.data)


def test_exercises_stand_in_the_order_of_their_lessons():
    listed = [name for lesson in LESSONS.values() for name in lesson.exercises]
    assert list(EXERCISES) == listed
    for name, lesson in LESSONS.items():
        assert {EXERCISES[exercise].lesson for exercise in lesson.exercises} == {name}


EXERCISE = '''
from cnnlab.engine.exercise import exercise

@exercise(points=1, minutes=5, difficulty=1, importance=2)
def {name}(x):
    """Twice x."""
'''
DECLARATION = """
from cnnlab.engine.lesson import Lesson

LESSON = Lesson(title="Doubling", reading=10, exercises=({listed},))
"""


def discovered(tmp_path, listed: str, declared: str) -> str:
    """What discovering a package of one lesson prints, or the last line of what it raises."""
    folder = tmp_path / "more/lesson_07_doubling"
    folder.mkdir(parents=True)
    (tmp_path / "more/__init__.py").touch()
    (folder / "__init__.py").write_text(DECLARATION.format(listed=f'"{listed}"'))
    (folder / f"{listed}.py").write_text(EXERCISE.format(name=declared))
    code = (
        "import more; from cnnlab.engine import lesson; from cnnlab.engine.exercise import "
        "EXERCISES; lesson.discover(more); made = lesson.LESSONS['07_doubling'];"
        "print(made.time_line()); print(made.box(EXERCISES['double']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_a_lesson_more_is_found_and_described(tmp_path):
    assert discovered(tmp_path, "double", "double") == (
        "**Time.** About 15 minutes: 10 to read and play, 5 for the exercise.\n"
        "> **Exercise 1 · `double`** — difficulty ●○○○ · importance ●●○○ · 5 minutes · 1 point"
    )


def test_an_exercise_by_another_name_than_its_file_is_refused(tmp_path):
    said = discovered(tmp_path, "double", "twice")
    assert said == "ImportError: more.lesson_07_doubling.double declares no exercise double"


def test_no_probe_reads_a_clock():
    """It runs where student code runs, beside whatever else computes on the machine."""
    probes = {case.probe for exercise in EXERCISES.values() for case in exercise.draw(1)} - {None}
    assert len(probes) > 10
    for probe in probes:
        tree = ast.parse(inspect.getsource(probe))
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert "time" not in names, probe.__name__
