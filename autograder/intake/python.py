"""A newer Python at home: what is valid there may be a syntax error here, and that must be said."""

from __future__ import annotations

import sys
from collections.abc import Callable

from nbformat import NotebookNode

from ..cells import name_of, role_of
from .reading import python_of


def about_python(
    submitted: NotebookNode | None, restored: NotebookNode, readable: Callable[[str], bool]
) -> list[str]:
    """A sentence about code that this Python cannot read, if the student's is newer.

    readable: whether a cell's text is Python here.
    """
    home, ours = python_of(submitted), f"{sys.version_info[0]}.{sys.version_info[1]}"
    if not home or _numbers(home) <= _numbers(ours):
        return []
    theirs = [c for c in restored.cells if c.cell_type == "code" and role_of(c) in WHOSE]
    cells = [c for c in theirs if not readable(c.source)]
    names = [f"the answer to {name_of(c)}" for c in cells if name_of(c)]
    names += ["another cell"] * any(not name_of(c) for c in cells)
    if not names:
        return []
    return [
        f"The notebook was written with Python {home}, and this grader runs Python {ours}, which "
        f"cannot read {', '.join(names)}: it may be valid in Python {home}."
    ]


WHOSE = ("answer", "own")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
