"""A hand-in of a real lesson with every answer right, to be changed and judged, with no course."""

from __future__ import annotations

import copy
import functools
import re

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.cells import is_answer, is_test, name_of, points_of, released, tested_by
from autograder.intake.restore import restore
from autograder.judging.judge import judge
from autograder.judging.record import records
from autograder.sandbox.warm import Sandboxes
from autograder.tests.support import lessons


@functools.lru_cache(maxsize=6)
def _source(lesson: str) -> NotebookNode:
    return lessons.solution(lesson)


class HandIn:
    """A notebook of a lesson with right answers.

    tested: the exercises whose tests are kept, or None for all: nets take long to train.
    """

    def __init__(self, lesson: str, tested: tuple[str, ...] | None = None):
        self.source = copy.deepcopy(_source(lesson))
        self.notebook = copy.deepcopy(self.source)
        for cell in self.notebook.cells:
            if is_answer(cell) and cell.cell_type == "code":
                marks = r"(?m)^[ \t]*### (BEGIN|END) SOLUTION[^\n]*\n?"
                cell.source = re.sub(marks, "", cell.source).rstrip()
            else:
                cell.source = released(cell)
        if tested is not None:
            for each in (self.source, self.notebook):
                each.cells = [c for c in each.cells if not is_test(c) or tested_by(c) in tested]
        self.judged: NotebookNode | None = None

    def place(self, name: str) -> int:
        """Where the cell with a grade id stands."""
        return [name_of(c) for c in self.notebook.cells].index(name)

    def cell(self, name: str) -> NotebookNode:
        """The cell with a grade id."""
        return self.notebook.cells[self.place(name)]

    def stub(self, name: str) -> str:
        """What was handed out for an answer."""
        return next(released(c) for c in self.source.cells if name_of(c) == name)

    def before(self, name: str, *sources: str) -> None:
        """Put cells of the student's own above a cell."""
        at = self.place(name)
        self.notebook.cells[at:at] = [new_code_cell(s) for s in sources]

    def after(self, name: str, *sources: str) -> None:
        """Put cells of the student's own below a cell."""
        at = self.place(name) + 1
        self.notebook.cells[at:at] = [new_code_cell(s) for s in sources]

    def lost(self, sandboxes: Sandboxes, seed: int = 1) -> dict[str, float]:
        """{exercise: points} of those that did not earn all there are."""
        clean, _ = restore(self.notebook, self.source)
        self.judged = judge(clean, sandboxes, seed)
        found = {}
        for cell in self.judged.cells:
            if is_test(cell):
                earned = _points(cell)
                if earned < points_of(cell):
                    found[tested_by(cell)] = earned
        return found

    @property
    def notes(self) -> str:
        """What was said of the last judging."""
        return " ".join(self.judged.metadata["cnnlab"]["repairs"])

    def why(self, name: str) -> list:
        """The records of an exercise's test, to see what went wrong."""
        return records(next(c for c in self.judged.cells if name_of(c) == f"test_{name}"))


def _points(cell: NotebookNode) -> float:
    """A judged test's points, as nbgrader reads them."""
    if any(o.output_type == "error" for o in cell.outputs):
        return 0.0
    numbers = [o for o in cell.outputs if o.output_type == "execute_result"]
    return float(numbers[-1].data["text/plain"]) if numbers else points_of(cell)
