"""A lesson as a course chooses it: other points, and without what the course leaves out.

Everything is done to the source, before nbgrader makes the students' notebook of it, so that both
say the same. What is right and what is wrong stays with ``cnnlab``.
"""

from __future__ import annotations

import copy
import re
import textwrap
from collections.abc import Collection

from cnnlab.engine.exercise import EXERCISES
from cnnlab.engine.lesson import LESSONS
from nbformat import NotebookNode

from ..cells import is_answer, name_of
from ..choices import Choices
from .facts import BOX, TIME

_HELP = re.compile(r"\A(?:\s*<details>\s*<summary>Help\b.*?</details>)+\s*", re.S)
"""The dropdowns that follow an exercise's hints."""

_MARKS = re.compile(r"(?m)^[ \t]*(?:### (?:BEGIN|END) SOLUTION.*|@(?:cnnlab\.)?fill)\n?")

_REGION = re.compile(r"(?ms)^([ \t]*)### BEGIN SOLUTION[^\n]*\n(.*?)^[ \t]*### END SOLUTION")


def chosen(source: NotebookNode, lesson: str, choices: Choices) -> NotebookNode:
    """A lesson's source as a course wants it; the same one if the course wants it as it is.

    Raises ValueError, in a sentence, if a test cell cannot be given other points.
    """
    declared = LESSONS.get(lesson)
    if declared is None or not choices:
        return source
    notebook = copy.deepcopy(source)
    left_out = [name for name in declared.exercises if name in choices.skip]
    _give_helpers(notebook, left_out)
    for name in left_out:
        notebook.cells = _without(notebook.cells, name)
    kept = declared.without(left_out)
    points = {n: p for n, p in choices.points.items() if n in kept.exercises}

    def box(found: re.Match[str]) -> str:
        ours = found["name"] in kept.exercises
        return kept.box(EXERCISES[found["name"]], points.get(found["name"])) if ours else found[0]

    def time(found: re.Match[str]) -> str:
        return found[0].replace(declared.time_line(), kept.time_line())

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = TIME.sub(time, BOX.sub(box, cell.source))
        elif (name := name_of(cell).removeprefix("test_")) in points and not is_answer(cell):
            _give(cell, name, points[name])
        elif "nbgrader" not in cell.metadata:
            cell.source = _demo(cell.source, lesson, points, left_out, choices.skip)
    return notebook


# ── points ──────────────────────────────────────────────────────────────────


def _give(cell: NotebookNode, name: str, points: float) -> None:
    """Let a test cell give other points: to nbgrader, and to ``check`` at home."""
    call = re.compile(rf"\bcheck\((?:{name}\s*=\s*)?{name}\b(?=[,)])")
    cell.source, count = call.subn(lambda found: f"{found[0]}, points={points:g}", cell.source)
    if not count:
        raise ValueError(
            f"{name}: its test cell does not call check({name}), so it cannot be given "
            f"{points:g} points"
        )
    cell.metadata["nbgrader"]["points"] = points


# ── what is left out ────────────────────────────────────────────────────────


def _without(cells: list[NotebookNode], name: str) -> list[NotebookNode]:
    """The cells of a lesson without an exercise: its box, answer, test, hints and help."""
    box = re.compile(rf"(?m)^> \*\*Exercise[^\n]*· `{name}`\*\*[^\n]*\n?(?:^>[^\n]*\n?)*")
    hint = re.compile(rf"#?\s*hint\([\"']?{name}[\"']?\)")
    out, behind = [], False  # behind: only its own cells since its answer cell
    for cell in cells:
        if name_of(cell) in (name, f"test_{name}") or hint.match(cell.source):
            behind = True
            continue
        if cell.cell_type == "markdown":
            text = box.sub("\n", cell.source)
            text = _HELP.sub("", text) if behind else text
            if text != cell.source:
                cell.source = re.sub(r"\n{3,}", "\n\n", text).strip()
        if cell.source.strip():
            out.append(cell)
            behind = False
    return out


def _demo(
    source: str,
    lesson: str,
    points: dict[str, float],
    left_out: Collection[str],
    anywhere: Collection[str],
) -> str:
    """A cell of ours: ``cnnlab`` answers for what nobody fills in, and progress counts right."""
    for name in anywhere:
        source = re.sub(rf"\bcnnlab\.{name}\(", f"cnnlab.{name}.reference(", source)
    more = [f"points={points!r}"] if points else []
    more += [f"skip={list(left_out)!r}"] if left_out else []
    call = f'progress("{lesson}"'
    return source.replace(f"{call})", ",\n         ".join([call, *more]) + ")") if more else source


def _give_helpers(notebook: NotebookNode, left_out: Collection[str]) -> None:
    """Put an answer that is left out into those solutions of ours that build on it.

    Or the instructor's own notebook would earn less than all points. Students never see it: it
    stands where a solution does.
    """
    answers = {name_of(c): c for c in notebook.cells if is_answer(c) and c.cell_type == "code"}
    helpers = {n: _MARKS.sub("", answers[n].source).strip() for n in left_out if n in answers}

    def needed(code: str, known: list[str]) -> list[str]:
        for name, source in helpers.items():
            if name not in known and re.search(rf"\b{name}\(", code):
                known = [*needed(source, [*known, name])]
        return known

    for name, cell in answers.items():
        if name not in helpers:

            def with_helpers(found: re.Match[str]) -> str:
                begin, code = found[0][: found.start(2) - found.start()], found[2]
                own = [textwrap.indent(helpers[n], found[1]) + "\n" for n in needed(code, [])]
                return begin + "".join(own) + found[0][len(begin) :]

            cell.source = _REGION.sub(with_helpers, cell.source)
