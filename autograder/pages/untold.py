"""Which wrong answers were told what is wrong with them, and what those have in common that were
not: there a known mistake is missing, or a word from the instructor."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Callable, Collection

from cnnlab.engine.shown import PROBLEMS

from ..recording.table import Earned, Row

WORDS = PROBLEMS | {"raised": "an error"}
"""Kinds of problems in the page's words."""

MOST_CLUSTERS = 6

Pairs = tuple[tuple[str, str], ...]
"""Cases that fail, and their kinds of problem."""


@dataclasses.dataclass(frozen=True)
class Told:
    """How many answers are wrong, and by which parts how many of these were told what is wrong."""

    wrong: int
    parts: tuple[tuple[str, int], ...]

    @property
    def told(self) -> int:
        return sum(n for _, n in self.parts)


@dataclasses.dataclass(frozen=True)
class Cluster:
    """Answers to one exercise that fail in the same cases in the same way, untold why.

    fails: (problem in words, the cases that have it). cases: how many there are. calls: exercises
    that these answers use, and which their students have wrong, too.
    """

    lesson: str
    exercise: str
    students: tuple[str, ...]
    fails: tuple[tuple[str, tuple[str, ...]], ...]
    cases: int
    calls: tuple[str, ...] = ()


def _wrong(rows: dict[str, list[Row]]) -> list[tuple[str, str, Row, Earned]]:
    """(lesson, exercise, row, what it earned) of each answer that is wrong."""
    return [
        (lesson, exercise, row, earned)
        for lesson, own in rows.items()
        for row in own
        for exercise, earned in row.exercises.items()
        if earned.status == "incorrect"
    ]


def told(rows: dict[str, list[Row]]) -> Told:
    """Counts over all wrong answers. rows: by lesson."""
    found = [earned.finding for *_, earned in _wrong(rows)]
    return Told(len(found), tuple(Counter(f.part for f in found if f).most_common()))


def clusters(
    rows: dict[str, list[Row]], uses: Callable[[str, str, str], Collection[str]]
) -> list[Cluster]:
    """The untold answers, together where they fail alike: the largest clusters first, then those
    that call what is wrong itself, which may be all that is wrong with them; single ones last.

    rows: by lesson. uses: the names in the answer of a (lesson, exercise, student).
    """
    found: dict[tuple[str, str, int, Pairs, tuple[str, ...]], list[str]] = defaultdict(list)
    for lesson, exercise, row, earned in _wrong(rows):
        if earned.finding is None:
            failing = tuple((name, problem) for name, problem in earned.cases if problem)
            names = uses(lesson, exercise, row.student)
            calls = tuple(
                other
                for other, own in row.exercises.items()
                if other != exercise and other in names and own.status == "incorrect"
            )
            found[lesson, exercise, len(earned.cases), failing, calls].append(row.student)
    every = [
        Cluster(lesson, exercise, tuple(students), _by_problem(failing), cases, calls)
        for (lesson, exercise, cases, failing, calls), students in found.items()
    ]
    every.sort(key=lambda c: (-len(c.students), c.lesson, c.exercise))
    return sorted(every, key=lambda c: (len(c.students) == 1, bool(c.calls)))


def _by_problem(failing: Pairs) -> tuple[tuple[str, tuple[str, ...]], ...]:
    names: dict[str, list[str]] = defaultdict(list)
    for name, problem in failing:
        names[WORDS.get(problem, problem)].append(name)
    by_size = sorted(names.items(), key=lambda item: -len(item[1]))
    return tuple((problem, tuple(cases)) for problem, cases in by_size)
