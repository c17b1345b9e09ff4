"""What a lesson's notebook is made of, in one vocabulary for all who read or write one.

An exercise NAME is two cells: its answer, whose grade id is NAME, and its test, ``test_NAME``.
Around them are our own cells, cells for free text and, in what comes back, the student's own.
``intake.restore`` notes in each cell of a restored notebook whose it is: its role.
"""

from __future__ import annotations

import re
import textwrap
from typing import Any

import nbformat
from nbformat import NotebookNode

# ── notebooks ───────────────────────────────────────────────────────────────

STUDENTS_KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}
"""The one kernel that Jupyter, JupyterHub and Colab all have: with another they ask first."""

LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
"""What a notebook that no Jupyter has saved yet needs to be exported as a script."""

NOBODYS_KERNEL = {
    "display_name": "none: `autograder grade` needs no kernel",
    "language": "python",
    "name": "graded-by-autograder-only",
}
"""The kernel of source/ and of the gradebook, which no machine has. Our judge starts no kernel.

nbgrader's own steps take a submission's kernel from the gradebook. Should they run in the place
of ours, whatever became of the course's settings, they find none, and no student's code is run.
"""

NOTEBOOK_METADATA = ("kernelspec", "language_info")
CELL_METADATA = ("deletable", "editable", "nbgrader", "tags")
"""What the build leaves in a notebook; anything else is an editor's or its author's."""


def with_kernel(notebook: NotebookNode, kernel: dict[str, str]) -> NotebookNode:
    """A notebook with another kernel: the same cells, in a notebook of its own."""
    metadata = {**notebook.metadata, "kernelspec": dict(kernel)}
    return nbformat.from_dict({**notebook, "metadata": metadata})


def as_text(notebook: NotebookNode) -> str:
    """A notebook as the bytes of its file, always the same for the same notebook."""
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def title_of(notebook: NotebookNode) -> str:
    """A lesson's title, its first heading, or "" where it has none."""
    found = (
        re.search(r"(?m)^# (.+)$", c.source) for c in notebook.cells if c.cell_type == "markdown"
    )
    return next((f[1].strip() for f in found if f), "")


# ── whose a cell is, and what it is for ─────────────────────────────────────

ROLES = ("answer", "test", "ours", "own")
"""Whose a cell of a restored notebook is; "own" is one that the student added or changed."""

TEST = "test_"
"""How the grade id of a test begins; the exercise's name follows."""


def is_answer(cell: NotebookNode) -> bool:
    """Whether a source cell is one that students fill in."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_test(cell: NotebookNode) -> bool:
    """Whether a source cell is a test: code, graded, not the student's."""
    nbgrader = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "code" and bool(nbgrader.get("grade")) and not nbgrader.get("solution")


def name_of(cell: NotebookNode) -> str:
    """A cell's grade_id, or ""."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def tested_by(test: NotebookNode) -> str:
    """The name of the exercise that a test cell is about."""
    return name_of(test).removeprefix(TEST)


def points_of(test: NotebookNode) -> float:
    """What a test cell gives at most."""
    return float(test.metadata["nbgrader"]["points"])


def role_of(cell: NotebookNode) -> str:
    """Whose a cell of a restored notebook is, one of ROLES, or "" before it is restored."""
    return cell.metadata.get("cnnlab", {}).get("role", "")


# ── markers in a cell's text, and what students get ─────────────────────────

STUB = "# YOUR CODE HERE\nraise NotImplementedError()"
"""What students find in the place of a solution."""

_SOLUTION = re.compile(r"(?ms)^([ \t]*)### BEGIN SOLUTION.*?### END SOLUTION[^\n]*$")
_HIDDEN = re.compile(r"(?ms)^([ \t]*)### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS[^\n]*")
_HIDDEN_LINES = re.compile(rf"{_HIDDEN.pattern}\n?")


def exercise_marker(name: str) -> re.Pattern[str]:
    """The comment ``# exercise: NAME``, by which an answer is known whose metadata is lost."""
    return re.compile(rf"(?m)^[ \t]*+#[ \t]*exercise:[ \t]*{re.escape(name)}\b")


def bare(source: str) -> str:
    """A source without what makes no difference: white space at line ends and around."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def released(cell: NotebookNode) -> str:
    """The text of a source cell as students got it: no solution, no hidden tests."""
    text = _HIDDEN_LINES.sub("", cell.source)
    if is_answer(cell) and cell.cell_type == "code":
        text, count = _SOLUTION.subn(lambda found: textwrap.indent(STUB, found[1]), text)
        text = text if count else STUB
    return bare(text)


def with_hidden_named(source: str) -> str:
    """A test's text with a comment in the place of hidden tests, for those who may not see them."""
    return _HIDDEN.sub(r"\1# hidden tests", source)


def hidden_lines(source: str) -> set[int]:
    """The line numbers between the markers of hidden tests.

    An opening marker without a closing one hides all that follows.
    """
    lines: set[int] = set()
    inside = False
    for place, line in enumerate(source.splitlines(), 1):
        inside = inside or re.match(r"\s*### BEGIN HIDDEN TESTS", line) is not None
        if inside:
            lines.add(place)
        inside = inside and re.match(r"\s*### END HIDDEN TESTS", line) is None
    return lines


# ── outputs ─────────────────────────────────────────────────────────────────


def error(name: str, message: str, code: str = "") -> NotebookNode:
    """The output of a cell that ended with an error; nbgrader gives no points for such a test."""
    said = f"{name}: {message}"
    return output("error", ename=name, evalue=message, traceback=[*code.splitlines(), said])


def output(kind: str, **parts: Any) -> NotebookNode:
    """A cell's output. nbformat's own function checks each against its schema, at length."""
    return nbformat.from_dict({"output_type": kind, **parts})
