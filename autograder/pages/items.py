"""How hard exercises and their cases were, and whether they part those who know from those who do
not: what test theory calls difficulty and discrimination.

Difficulty is the share of right answers among those who attempted the exercise; who did not would
only be counted as ignorant of everything. Discrimination is the corrected item-total correlation:
of the points for the exercise, or of a case being right, with the points for the *other* exercises
of the lesson, by Pearson. Below 0.2 an item deserves a look (H. Moosbrugger and A. Kelava,
Testtheorie und Fragebogenkonstruktion, 3rd edition, Springer 2020, the chapter on item analysis).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from ..recording.points import share_of
from ..recording.table import Earned, Row

HARD = 0.3
"""A smaller share of right answers is hard."""

PARTS = 0.2
"""A smaller discrimination is weak."""

FEWEST = 10
"""Of fewer answers neither a share nor a correlation says anything."""


@dataclasses.dataclass(frozen=True)
class Item:
    """An exercise, or one of its cases.

    attempted: answers. right: how many of them are. discrimination: −1 to 1, or None where there
    are too few answers, or all are alike.
    """

    name: str
    attempted: int
    right: int
    discrimination: float | None

    @property
    def share(self) -> float:
        """Of right answers, 0 to 1."""
        return self.right / self.attempted if self.attempted else 0.0

    @property
    def hard(self) -> bool:
        return self.attempted >= FEWEST and self.share < HARD

    @property
    def weak(self) -> bool:
        return self.discrimination is not None and self.discrimination < PARTS


@dataclasses.dataclass(frozen=True)
class Exercise(Item):
    """With its cases, by name as they were asked."""

    cases: tuple[Item, ...] = ()


def items(names: list[str], rows: list[Row]) -> list[Exercise]:
    """The exercises of a lesson. names: in order."""
    return [_exercise(name, rows) for name in names]


def _exercise(name: str, rows: list[Row]) -> Exercise:
    tried = [(row.exercises[name], row) for row in rows if name in row.exercises]
    tried = [(own, row) for own, row in tried if own.status in ("correct", "incorrect")]
    rest = [_rest(name, row) for _, row in tried]
    answers = [own for own, _ in tried]
    points = [share_of(own.points, own.max_points) for own in answers]
    cases = {case: None for own in answers for case, _ in own.cases}
    return Exercise(
        name,
        len(answers),
        sum(own.status == "correct" for own in answers),
        correlation(points, rest),
        tuple(_case(case, answers, rest) for case in cases),
    )


def _case(name: str, answers: list[Earned], rest: list[float]) -> Item:
    """Cases whose names are drawn, too, were asked of a part of the class only."""
    asked = [(dict(own.cases), other) for own, other in zip(answers, rest, strict=True)]
    right = [(float(not cases[name]), other) for cases, other in asked if name in cases]
    values, others = [r for r, _ in right], [other for _, other in right]
    return Item(name, len(right), int(sum(values)), correlation(values, others))


def _rest(name: str, row: Row) -> float:
    """A student's share of the points for the other exercises."""
    others = [own for other, own in row.exercises.items() if other != name]
    return share_of(sum(o.points for o in others), sum(o.max_points for o in others))


def correlation(values: Iterable[float], others: Iterable[float]) -> float | None:
    """Pearson's, or None of fewer than FEWEST pairs, or where one of them is always the same."""
    x, y = np.array([*values], float), np.array([*others], float)
    if len(x) < FEWEST or np.ptp(x) < 1e-9 or np.ptp(y) < 1e-9:
        return None
    return float(np.corrcoef(x, y)[0, 1])


def to_look_at(exercise: Exercise) -> list[Item]:
    """The cases that are hard or weak; none where all are, for then it is the exercise."""
    found = [case for case in exercise.cases if case.hard or case.weak]
    return found if len(found) < len(exercise.cases) else []
