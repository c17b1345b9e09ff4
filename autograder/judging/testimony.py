"""What a notebook itself says its last ``check`` said: testimony, on which no point rests.

Outputs are the student's to write, so it is for the instructor alone: where many answers are judged
otherwise than their authors saw, the grader may be wrong.
"""

from __future__ import annotations

from typing import Any

from cnnlab.engine.verdict import MIME, STATUSES, worst
from nbformat import NotebookNode

from ..cells import is_test, tested_by
from .record import records

OUTPUTS = 20_000
"""So many outputs of a notebook are looked at."""


def judged_otherwise(judged: NotebookNode, said: dict[str, str]) -> tuple[str, ...]:
    """The exercises whose verdict is another than what the student's outputs claim."""
    found = []
    for cell in judged.cells:
        name = tested_by(cell) if is_test(cell) else ""
        ours = worst(record.status for record in records(cell)) if name else ""
        if ours and said.get(name, ours) != ours:
            found.append(name)
    return tuple(found)


def claims(raw: Any) -> dict[str, str]:
    """The last status of each exercise in a notebook's outputs, by whatever name it is called.

    raw: the submitted notebook, any JSON at all.
    """
    said: dict[str, str] = {}
    left = OUTPUTS
    for cell in _list(raw, "cells"):
        for output in _list(cell, "outputs"):
            left -= 1
            if left < 0:
                return said
            report = _get(_get(output, "data"), MIME)
            name, status = _get(report, "exercise"), _get(report, "status")
            if isinstance(name, str) and isinstance(status, str) and status in STATUSES:
                said[name] = status
    return said


def _get(data: Any, name: str) -> Any:
    return data.get(name) if isinstance(data, dict) else None


def _list(data: Any, name: str) -> list[Any]:
    value = _get(data, name)
    return value if isinstance(value, list) else []
