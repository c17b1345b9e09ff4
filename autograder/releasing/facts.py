"""One fact, one place: what ``cnnlab`` declares of an exercise, filled into its lesson's text.

In solutions/ a box begins with ``> **Exercise · `conv2d`**``, the line on time with ``**Time.**``,
and a test cell says nothing of points. Number, dots, minutes and points are typed once, in
``@exercise(…)``, and filled in whenever a source is read. Who types them into a lesson all the
same must type what is declared.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.lesson import LESSONS, Lesson
from nbformat import NotebookNode

BOX = re.compile(r"^> \*\*Exercise(?: (?P<number>\d+))? · `(?P<name>\w+)`\*\*(?P<facts>.*)$", re.M)
"""The first line of a box, short or in full."""

LIKE_A_BOX = re.compile(r"^>\s*\*\*Exercise\b.*$", re.M)

TIME = re.compile(r"^\*\*Time\.\*\*(?P<rest>.*)$", re.M)
"""The line on time; what stands behind the mark is kept, unless it says how long the lesson is."""

_TYPED_TIME = re.compile(r"\s*(?:about\b|\d)", re.I)


def fill(notebook: NotebookNode, lesson: str) -> NotebookNode:
    """Fill what a lesson declares into its source, wherever that leaves it out; the same notebook.

    What is typed stays as it is: ``problems`` tells whether it is right.
    """
    declared = LESSONS.get(lesson)
    if declared is None:
        return notebook

    def box(found: re.Match[str]) -> str:
        short = not found["number"] and not found["facts"].strip()
        ours = found["name"] in declared.exercises
        return declared.box(EXERCISES[found["name"]]) if short and ours else found[0]

    def time(found: re.Match[str]) -> str:
        rest = found["rest"].strip()
        typed = _TYPED_TIME.match(rest)
        return found[0] if typed else f"{declared.time_line()} {rest}".rstrip()

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = TIME.sub(time, BOX.sub(box, cell.source))
        elif name := _tested(cell, declared):
            cell.metadata["nbgrader"].setdefault("points", EXERCISES[name].points)
    return notebook


def _tested(cell: NotebookNode, lesson: Lesson) -> str:
    """The exercise that a cell tests, or ""."""
    about = cell.metadata.get("nbgrader", {})
    name = str(about.get("grade_id", "")).removeprefix("test_")
    is_test = about.get("grade") and not about.get("solution")
    return name if is_test and name in lesson.exercises else ""


def problems(notebook: NotebookNode, lesson: str) -> Iterator[str]:
    """What a source says otherwise than ``cnnlab`` declares it, a sentence each."""
    declared = LESSONS.get(lesson)
    if declared is None:
        return
    boxes = []
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for found in LIKE_A_BOX.finditer(cell.source):
            box = BOX.match(found[0])
            if box is None:
                yield (
                    f"“{found[0]}” is no box that can be read: write > **Exercise · `NAME`** and "
                    "leave the rest to release"
                )
                continue
            boxes.append(box["name"])
            yield from _in_box(box, declared, lesson)
        for found in TIME.finditer(cell.source):
            if not found[0].startswith(declared.time_line()):
                yield (
                    f"its line on time says “{found[0]}”, cnnlab declares "
                    f"“{declared.time_line()}”; write **Time.** and leave the rest to release"
                )
    ours = [name for name in boxes if name in declared.exercises]
    order = [name for name in declared.exercises if name in ours]
    if ours != order:
        yield f"its boxes are those of {', '.join(ours)}, cnnlab declares {', '.join(order)}"


def _in_box(box: re.Match[str], declared: Lesson, lesson: str) -> Iterator[str]:
    """What is wrong with one box."""
    name = box["name"]
    if name not in declared.exercises:
        yield f"{name} has a box, but cnnlab declares no such exercise for {lesson}"
        return
    right = BOX.match(declared.box(EXERCISES[name]))
    for typed, ours in itertools.zip_longest(_parts(box), _parts(right), fillvalue="nothing"):
        if typed != ours:
            yield (
                f"{name}: its box says {typed}, cnnlab declares {ours}; write "
                f"> **Exercise · `{name}`** and leave the rest to release"
            )


def _parts(box: re.Match[str]) -> list[str]:
    """What a box says, one by one: number, difficulty, importance, minutes, points."""
    number = f"exercise {box['number']}" if box["number"] else "no number"
    return [number, *(p.strip() for p in box["facts"].strip().removeprefix("—").split("·"))]
