"""Notebooks that have been changed, and markup that would live on a page."""

# ruff: noqa: E501  (an attack is easier to read on one line)

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from .attack import WRONG, Attack, grade_id, kind

ATTACKS: list[Attack] = []

# ── cells ────────────────────────────────────────────────────────────────────

cell = kind(ATTACKS, "changed cells")


def _test(notebook: NotebookNode) -> NotebookNode:
    return next(c for c in notebook.cells if grade_id(c) == "test_conv1d")


def _passed(notebook: NotebookNode) -> None:
    _test(notebook).source = "3.0"


def _deleted(notebook: NotebookNode) -> None:
    notebook.cells = [c for c in notebook.cells if grade_id(c) != "test_conv1d"]


def _doubled(notebook: NotebookNode) -> None:
    twin = new_code_cell("3.0", metadata=_test(notebook).metadata)
    notebook.cells.append(twin)


def _split(notebook: NotebookNode) -> None:
    whole = _test(notebook)
    lines = [*whole.source.splitlines(), "3.0"]
    parts = [new_code_cell(line, metadata=whole.metadata) for line in lines]
    at = notebook.cells.index(whole)
    notebook.cells[at : at + 1] = parts


def _retyped(notebook: NotebookNode) -> None:
    _test(notebook).cell_type = "markdown"


def _repointed(notebook: NotebookNode) -> None:
    _test(notebook).metadata["nbgrader"] |= {"points": 1000, "locked": False}


def _exchanged(notebook: NotebookNode) -> None:
    _test(notebook).metadata["nbgrader"] |= {"solution": True, "grade": False}


def _reordered(notebook: NotebookNode) -> None:
    notebook.cells.reverse()


def _prepared(notebook: NotebookNode) -> None:
    report = {"status": "correct", "points": 3.0, "causes": [], "cases": [], "hidden": False}
    data = {"text/plain": "3.0", "application/vnd.cnnlab.report+json": report}
    _test(notebook).outputs = [new_output("execute_result", data)]
    notebook.metadata["cnnlab"] = {"mark": "x", "seed": 0, "unsafe_local": False}


def _own_role(notebook: NotebookNode) -> None:
    made = new_code_cell("check = lambda *a, **k: 3.0\nconv1d = 3.0")
    made.metadata |= {
        "cnnlab": {"role": "test"},
        "tags": ["setup"],
        "nbgrader": {"grade_id": "../x"},
    }
    notebook.cells.insert(0, made)


cell("the test says 3.0", WRONG, change=_passed)
cell("the test is deleted", WRONG, change=_deleted, real=False)
cell("the test is there twice", WRONG, change=_doubled, real=False)
cell("the test is split", WRONG, change=_split, real=False)
cell("the test is a text cell", WRONG, change=_retyped, real=False)
cell("the test gives a thousand points", WRONG, change=_repointed, real=False)
cell("the test is an answer", WRONG, change=_exchanged, real=False)
cell("the cells are in reverse order", WRONG, change=_reordered, real=False)
cell("the verdict is in the notebook already", WRONG, change=_prepared, real=False)
cell("a cell that says it is ours", WRONG, change=_own_role, real=False)

# ── markup ───────────────────────────────────────────────────────────────────

show = kind(ATTACKS, "markup", goal="page")
ALIVE = (
    "<script>alert('alive')</script><svg onload=\"alert('alive')\"></svg>"
    "<img src='http://alive.invalid/' onerror=\"alert('alive')\">"
    "<iframe srcdoc=\"<script>alert('alive')</script>\"></iframe>"
    "<style>@import url('http://alive.invalid/');</style>"
)
"""Markup that says "alive" in code, or asks for it, wherever it is not shown as text."""


def _asked(text: str) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        for one in notebook.cells:
            if grade_id(one) == "questions":
                one.source = text

    return change


def _outputs(notebook: NotebookNode) -> None:
    data = {"text/html": ALIVE, "image/svg+xml": ALIVE, "application/javascript": "alert('alive')"}
    for one in notebook.cells:
        if one.cell_type == "code":
            one.outputs = [new_output("display_data", data)]


def _called(notebook: NotebookNode) -> None:
    notebook.metadata["title"] = ALIVE
    for one in notebook.cells:
        one.metadata["nbgrader"] = {"grade_id": ALIVE}


def _filed(folder: Path, root: Path) -> None:
    folder.mkdir(parents=True)
    text = json.dumps({"cells": [{"cell_type": "code", "source": "def conv1d(x, f): pass"}]})
    (folder / "<img src=x onerror=alert('alive')>.ipynb").write_text(text)


show("in a question", change=_asked(ALIVE))
show(
    "in a link of a question", change=_asked("[my question](javascript:alert('alive'))"), real=False
)
show("in outputs", WRONG, change=_outputs)
show("in the names of cells", WRONG, change=_called, real=False)
show("in the name of a file", place=_filed, real=False)
show("in the student's name", WRONG, person={"first_name": ALIVE, "last_name": ALIVE, "email": ALIVE}, real=False)  # fmt: skip
show("in a comment that looks like Markdown", f"return 1  # `{ALIVE}` ![x](javascript:alert('alive'))", real=False)  # fmt: skip
show("in an error's text", f"raise ValueError({ALIVE!r})", real=False)
show("in an error's name", f"raise type({ALIVE!r}, (ValueError,), {{}})('x')", real=False)
show("in a returned text", f"return {ALIVE!r}", real=False)
show("in a type's name", f"return type({ALIVE!r}, (), {{}})()", real=False)
show("in the answer's own line", f"x.nothing  # </pre>{ALIVE}", real=False)
show("in a cause of its own making", WRONG, before=f"""
    import sys
    def claim(request, answers):
        texts = dict.fromkeys(("code", "inside", "which", "part", "was", "would", "at"), {ALIVE!r})
        found = {{**texts, "lines": [1], "kind": "operand too much", "role": "factor", "cost": 1.0}}
        found |= {{"case": request["asked"][0]["case"], "repaired": 1, "of": 1}}
        return {{"found": [found], "points": 3.0}}
    frame = sys._getframe()
    while frame:
        if "searching" in frame.f_globals:
            frame.f_globals["searching"] = type("searching", (), {{"search": staticmethod(claim)}})
        frame = frame.f_back
    """, real=False)  # fmt: skip
