"""What a lesson must be for its notebooks to be made, and what they must be afterwards."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from . import facts

if TYPE_CHECKING:
    from cnnlab.engine.exercise import Exercise


class BuildError(ValueError):
    """A lesson cannot be built; the message says where, why, and what was expected."""


def validate(notebook: NotebookNode, lesson: str) -> None:
    """Check a lesson's source; BuildError names everything that is wrong with it.

    Every exercise that ``cnnlab`` declares for the lesson has one answer cell, with its
    solution marked, and one test cell worth the declared points; nothing else is graded by code.
    Boxes and the line on time say what is declared.
    """
    from cnnlab.engine.exercise import EXERCISES

    exercises = {e.name: e for e in EXERCISES.values() if e.lesson == lesson}
    cells: dict[str, NotebookNode] = {}
    typed = facts.problems(notebook, lesson)
    if problems := [*typed, *_title(notebook), *_metadata(notebook, cells)]:
        raise BuildError(complaint(lesson, problems))
    problems = [p for exercise in exercises.values() for p in _exercise(exercise, cells)]
    if problems := [*problems, *_others(cells, set(exercises), lesson)]:
        raise BuildError(complaint(lesson, problems))


def _title(notebook: NotebookNode) -> Iterator[str]:
    titles = sum(len(re.findall(r"^# .", text, re.M)) for text in _prose(notebook))
    if titles != 1:
        yield f"it needs exactly one title (a line `# …`) and has {titles}"


def _metadata(notebook: NotebookNode, cells: dict[str, NotebookNode]) -> Iterator[str]:
    """What is wrong with nbgrader's marks of the cells. cells: filled with those marked."""
    for cell in notebook.cells:
        data = cell.metadata.get("nbgrader")
        if data is None:
            if re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS)", cell.source):
                yield (
                    "a cell marks a solution or hidden tests without nbgrader metadata: "
                    f"“{_start(cell)}”"
                )
            continue
        name = data.get("grade_id", "")
        if not name or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name):
            yield f"the grade_id {name!r} must be 1 to 64 letters, digits, _ or -: “{_start(cell)}”"
        if name in cells:
            yield f"the grade_id {name!r} is used twice; each cell needs its own"
        cells[name] = cell
        flags = [key for key in ("grade", "solution", "locked", "task") if key not in data]
        if flags or data.get("schema_version") != 3:
            yield (
                f"{name}: its nbgrader metadata needs schema_version: 3 and true or false for "
                "grade, solution, locked and task"
            )
        for what in ("SOLUTION", "HIDDEN TESTS"):
            marks = re.findall(rf"(BEGIN|END) {what}", cell.source)
            if marks != ["BEGIN", "END"] * (len(marks) // 2):
                yield f"{name}: each ### BEGIN {what} needs its ### END {what}"


def _exercise(exercise: Exercise, cells: dict[str, NotebookNode]) -> Iterator[str]:
    """What is wrong with an exercise's answer and test cells."""
    name = exercise.name
    answer, test = cells.get(name), cells.get(f"test_{name}")
    if answer is None:
        yield f"{name}: its answer cell is missing (grade_id: {name})"
    elif (answer.cell_type, *_roles(answer)) != ("code", False, True):
        yield f"{name}: its answer cell must be code, grade: false, solution: true"
    elif "BEGIN SOLUTION" not in answer.source:
        yield f"{name}: its solution must stand between ### BEGIN and END SOLUTION"
    if test is None:
        yield f"{name}: its test cell is missing (grade_id: test_{name})"
    elif (test.cell_type, *_roles(test)) != ("code", True, False):
        yield f"{name}: its test cell must be code, grade: true, solution: false"
    elif test.metadata.nbgrader.get("points") != exercise.points:
        yield (
            f"{name}: its test cell gives {test.metadata.nbgrader.get('points')} points, "
            f"cnnlab declares {exercise.points:g}"
        )


def _others(cells: dict[str, NotebookNode], exercises: set[str], lesson: str) -> Iterator[str]:
    """What is wrong with marked cells that belong to no exercise."""
    for name, cell in cells.items():
        graded = any(_roles(cell))
        if cell.cell_type == "code" and graded and name.removeprefix("test_") not in exercises:
            yield f"{name}: cnnlab declares no such exercise for {lesson}"
        if cell.cell_type == "markdown" and graded and not all(_roles(cell)):
            yield (
                f"{name}: a cell for text that is read by hand needs grade: true, solution: true "
                "and points (0 if it does not count)"
            )


def validate_release(notebook: NotebookNode, lesson: str) -> None:
    """What is left of an answer cell must be Python that only lacks its answer."""
    for cell in notebook.cells:
        if cell.cell_type != "code" or not cell.metadata.get("nbgrader", {}).get("solution"):
            continue
        name = cell.metadata.nbgrader.grade_id
        try:
            ast.parse(cell.source)
        except SyntaxError as problem:
            raise BuildError(
                f"{lesson}: without its solution the cell {name} is no Python any more "
                f"(line {problem.lineno}: {problem.msg}); move ### BEGIN or END SOLUTION."
            ) from problem


def _prose(notebook: NotebookNode) -> list[str]:
    """The Markdown cells without their code blocks, where a # is a comment."""
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    return [re.sub(r"^(```+|~~~+).*?^\1", "", text, flags=re.M | re.S) for text in texts]


def _roles(cell: NotebookNode) -> tuple[bool, bool]:
    return cell.metadata.nbgrader.grade, cell.metadata.nbgrader.solution


def _start(cell: NotebookNode) -> str:
    return cell.source.strip().partition("\n")[0][:60]


def complaint(lesson: str, problems: list[str]) -> str:
    return "\n".join([f"solutions/{lesson}.md cannot be released:", *(f"  {p}" for p in problems)])
