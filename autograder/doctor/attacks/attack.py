"""What an attack is, and how a file of them adds one."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

WRONG = "return np.zeros(len(x) - len(f) + 1)"
"""The body of a ``conv1d`` that answers nothing."""


@dataclasses.dataclass(frozen=True)
class Attack:
    """One submission.

    kind: the class of attack. name: what it tries. answer: the source of its answer cell.
    goal: what it would gain: "points"; "secret" (a planted word is shown to the student, or
    ``word`` is); "outside" (it writes a file or reaches a socket outside); "stop" (the grader
    ends or hangs); "page" (its markup lives in the feedback or the report); "impersonate" (its
    work is taken for somebody else's).
    real: whether an unprotected run in one process, as stock nbgrader's, is to show it work;
    not where it would harm the machine, or where it is aimed at our own grader.
    exercise: the one that it attacks. fair: the points that its answer earns without a trick.
    files: what lies beside the notebook, text by name.
    person: what the gradebook has been told of the student, as an LMS tells it.
    change: does something to the notebook. place: makes the submission folder itself, given
    the folder and @ROOT@. archive: makes a zip's bytes, given the student id and the notebook.
    """

    kind: str
    name: str
    answer: str = "def conv1d(x, f):\n    return None"
    goal: str = "points"
    real: bool = True
    word: str = ""
    exercise: str = "conv1d"
    fair: float = 0.0
    files: dict[str, str] = dataclasses.field(default_factory=dict)
    person: dict[str, str] = dataclasses.field(default_factory=dict)
    change: Callable[[NotebookNode], None] | None = None
    place: Callable[[Path, Path], None] | None = None
    archive: Callable[[str, bytes], bytes] | None = None


def kind(attacks: list[Attack], called: str, **always: Any) -> Callable[..., None]:
    """A function that adds an attack of one class to a list.

    Its body is that of ``conv1d``, if it is not a whole answer; before stands above it.
    """

    def add(name: str, body: str = "", before: str = "", **more: Any) -> None:
        if body:
            code = textwrap.indent(textwrap.dedent(body).strip(), "    ")
            more["answer"] = f"{textwrap.dedent(before).strip()}\n\ndef conv1d(x, f):\n{code}\n"
        attacks.append(Attack(called, name, **{**always, **more}))

    return add


def grade_id(cell: NotebookNode) -> str:
    """A cell's grade_id, or ""."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")
