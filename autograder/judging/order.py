"""The order in which a submission's cells are run, and how much time they get.

There are two orders. In the source's, all cells are run before the first answer is asked for:
it finds answers in notebooks in which cells are lost, doubled and out of order. In the student's
own, each answer is asked for where the notebook checks it, as in a fresh kernel, run from top to
bottom: an answer that is not right in the first is judged in the second, too.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

from nbformat import NotebookNode

from ..cells import bare, name_of, role_of
from ..intake.statements import leaves, reads


class Cell(NamedTuple):
    """A cell that is run. label: the exercise it answers, or its place. own: it answers none, and
    is not ours."""

    label: str
    source: str
    own: bool = False


def to_run(notebook: NotebookNode) -> Iterator[Cell]:
    """The cells that answers need: setup, answers, the student's own.

    Our demonstrations, as they were handed out, define nothing that an answer may use, and are
    most of what stock nbgrader spends its time on: the later lessons train nets in them. Who
    changes one has made it a cell of their own, and it is run.
    """
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        role = role_of(cell)
        if role == "answer":
            yield Cell(name_of(cell), cell.source)
        elif role == "own" or (role == "ours" and "setup" in cell.metadata.get("tags", [])):
            yield Cell(f"cell {place + 1}", cell.source, role == "own")


class Straight:
    """A submission in its own order. data: what ``intake.straight`` has found."""

    def __init__(self, data: dict[str, Any]):
        self.cells = [Cell(*cell) for cell in data.get("cells", ())]
        self.asks: dict[str, list[int]] = data.get("asks", {})
        self._reads, self._leaves = functools.cache(reads), functools.cache(leaves)

    def places(self, name: str, first: list[Cell]) -> list[int]:
        """After how many cells it is worth asking for an answer that is not right.

        first: the cells as they were run before. Where the same were run above it, and nothing
        after them can have changed what they use, another look would show the same.
        """
        return [p for p in self.asks.get(name, ()) if not self._same(p, first)]

    def _same(self, place: int, first: list[Cell]) -> bool:
        above, before = self.cells[:place], first[:place]
        if len(above) != len(before) or any(
            bare(a.source) != bare(b.source) for a, b in zip(above, before, strict=True)
        ):
            return False
        used = {name for cell in above for name in self._reads(cell.source)}
        left = (self._leaves(cell.source) for cell in first[place:])
        return all(names is not None and not names & used for names in left)


@dataclasses.dataclass
class Time:
    """The seconds of one submission. whole: what there is of them, for answers and all cells.

    Cells of the student's own may spend a third of it. When they have spent a quarter each gets
    a little, enough for a helper's definition, so that what is slow does not cost what is not.
    """

    whole: float
    spent: float = 0.0
    own: float = 0.0

    def left(self) -> float:
        """What is left for answers."""
        return self.whole - self.spent

    def book(self, seconds: float, own: bool) -> None:
        """Count what was spent. own: in a cell of the student's own."""
        self.spent += seconds
        self.own += seconds if own else 0.0

    def share(self, seconds: float) -> float:
        """What a cell of the student's own gets of the seconds that one may have."""
        left = min(self.whole / 3 - self.own, self.left())
        return max(0.0, min(seconds / (20 if self.short() else 1), left / 3))

    def short(self) -> bool:
        """Whether such cells have spent most of what is theirs."""
        return self.own > self.whole / 4


def beginning(source: str) -> str:
    """A cell's first line of code, as a student knows it by."""
    lines = (line.strip() for line in source.splitlines())
    line = next((x for x in lines if x and not x.startswith("#")), "")
    return f"“{''.join(c for c in line if c.isprintable())[:50]}”"
