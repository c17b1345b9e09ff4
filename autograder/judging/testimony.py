"""What a notebook itself says its last ``check`` said: testimony, on which no point rests.

Outputs are the student's to write, so it is for the instructor alone: where many answers are judged
otherwise than their authors saw, the grader may be wrong.
"""

from __future__ import annotations

from typing import Any

from cnnlab.engine.verdict import MIME, STATUSES, worst
from nbformat import NotebookNode

from ..cells import is_test, tested_by
from ..intake.claimed import claimed
from .record import records

REPORTS = (MIME, STATUSES)
"""By what reports are known in a notebook's outputs."""


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
    """What a submitted notebook claims of each exercise."""
    return claimed(raw, *REPORTS)
