"""Which wrong answers were told what is wrong with them, and what those have in common that were
not: there a known mistake is missing, or a word from the instructor."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict

from cnnlab.engine.shown import PROBLEMS

from ..recording.table import Earned, Row

WORDS = PROBLEMS | {"raised": "an error"}
"""Kinds of problems in the page's words."""

MOST_CLUSTERS = 6


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

    fails: (problem in words, the cases that have it). cases: how many there are.
    """

    lesson: str
    exercise: str
    students: tuple[str, ...]
    fails: tuple[tuple[str, tuple[str, ...]], ...]
    cases: int


def _wrong(rows: dict[str, list[Row]]) -> list[tuple[str, str, str, Earned]]:
    """(lesson, exercise, student, what it earned) of each answer that is wrong."""
    return [
        (lesson, exercise, row.student, earned)
        for lesson, own in rows.items()
        for row in own
        for exercise, earned in row.exercises.items()
        if earned.status == "incorrect"
    ]


def told(rows: dict[str, list[Row]]) -> Told:
    """Counts over all wrong answers. rows: by lesson."""
    found = [earned.finding for *_, earned in _wrong(rows)]
    return Told(len(found), tuple(Counter(f.part for f in found if f).most_common()))


def clusters(rows: dict[str, list[Row]]) -> list[Cluster]:
    """The untold answers, together where they fail alike, the largest clusters first."""
    found: dict[tuple[str, str, tuple], list[str]] = defaultdict(list)
    cases: dict[tuple[str, str, tuple], int] = {}
    for lesson, exercise, student, earned in _wrong(rows):
        if earned.finding is None:
            failing = tuple((name, problem) for name, problem in earned.cases if problem)
            key = (lesson, exercise, failing)
            found[key].append(student)
            cases[key] = len(earned.cases)
    every = [
        Cluster(lesson, exercise, tuple(students), _by_problem(failing), cases[key])
        for key, students in found.items()
        for lesson, exercise, failing in [key]
    ]
    return sorted(every, key=lambda c: (-len(c.students), c.lesson, c.exercise, len(c.fails)))


def _by_problem(failing: tuple[tuple[str, str], ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    names: dict[str, list[str]] = defaultdict(list)
    for name, problem in failing:
        names[WORDS.get(problem, problem)].append(name)
    by_size = sorted(names.items(), key=lambda item: -len(item[1]))
    return tuple((problem, tuple(cases)) for problem, cases in by_size)
