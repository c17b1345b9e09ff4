"""What goes wrong in a class, wherever it does, and what became of it when students tried again."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter, defaultdict

from cnnlab.engine.exercise import EXERCISES

from ..judging.record import KNOWN, Finding
from ..recording.earlier import Exercises
from ..recording.table import Row

Key = tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Again:
    """What became of a mistake in the next hand-in of those who had been told of it.

    Each exercise of each student counts once. fixed: it is right then. made: the mistake is made
    again. otherwise: neither.
    """

    fixed: int = 0
    made: int = 0
    otherwise: int = 0

    @property
    def of(self) -> int:
        return self.fixed + self.made + self.otherwise


@dataclasses.dataclass(frozen=True)
class Mistake:
    """One row: what goes wrong, in however many exercises.

    Known mistakes of one name are one mistake; what else was found is told apart by exercise.
    where: (lesson, exercise, students) by how many make it there. students: who make it anywhere
    in their last hand-in, of so many who handed in such a lesson. several: who make it in more
    than one exercise. advice: what its exercise says of it, or "".
    """

    name: str
    part: str
    where: tuple[tuple[str, str, int], ...]
    students: int
    of: int
    several: int
    again: Again
    advice: str


def mistakes(
    rows: dict[str, list[Row]], hand_ins: dict[str, dict[str, list[Exercises]]]
) -> list[Mistake]:
    """All that went wrong and was told, most frequent first; what nobody makes any more is last.

    rows: by lesson. hand_ins: by lesson and student, the oldest first.
    """
    makers: dict[Key, set[tuple[str, str, str]]] = defaultdict(set)  # (lesson, exercise, student)
    for lesson, own in rows.items():
        for row in own:
            for exercise, earned in row.exercises.items():
                if earned.finding:
                    makers[_key(exercise, earned.finding)].add((lesson, exercise, row.student))
    later = {lesson: _later(by_student) for lesson, by_student in hand_ins.items()}
    tried: dict[Key, Counter[str]] = defaultdict(Counter)
    places: dict[Key, set[tuple[str, str]]] = defaultdict(set)
    for lesson, found in later.items():
        for key, exercise, outcome in found:
            tried[key][outcome] += 1
            places[key].add((lesson, exercise))
    found = [
        _mistake(key, rows, makers[key], places[key], Again(**tried[key]))
        for key in {**makers, **tried}
    ]
    return sorted(found, key=lambda m: (-m.students, -m.again.of, m.name, m.where))


def _key(exercise: str, finding: Finding) -> Key:
    """By what two findings are the same."""
    if finding.part == KNOWN:
        return (KNOWN, finding.kind)
    return (finding.part, finding.kind, finding.role, exercise)


def _mistake(
    key: Key,
    rows: dict[str, list[Row]],
    makers: set[tuple[str, str, str]],
    tried: set[tuple[str, str]],
    again: Again,
) -> Mistake:
    counts = Counter({place: 0 for place in sorted(tried)})
    counts.update(sorted((lesson, exercise) for lesson, exercise, _ in makers))
    by_student = Counter(student for _, _, student in makers)
    where = tuple((*place, n) for place, n in counts.most_common())
    part, kind, role = (*key, "")[:3]
    return Mistake(
        name=f"{kind} ({role})" if role else kind,
        part=part,
        where=where,
        students=len(by_student),
        of=len({row.student for lesson in {w[0] for w in where} for row in rows[lesson]}),
        several=sum(n > 1 for n in by_student.values()),
        again=again,
        advice=_advice(where[0][1], kind) if part == KNOWN else "",
    )


def _advice(exercise: str, name: str) -> str:
    known = EXERCISES[exercise].mistakes if exercise in EXERCISES else []
    return next((m.advice for m in known if m.name == name), "")


def _later(by_student: dict[str, list[Exercises]]) -> list[tuple[Key, str, str]]:
    """(mistake, exercise, what came of it) where the first hand-in with it was not the last."""
    found = []
    for own in by_student.values():
        seen = set()
        for before, then in itertools.pairwise(own):
            for exercise, earned in before.items():
                if not earned.finding or (place := (exercise, earned.finding)) in seen:
                    continue
                seen.add(place)
                found.append((_key(*place), exercise, _outcome(place, then)))
    return found


def _outcome(place: tuple[str, Finding], then: Exercises) -> str:
    """How an exercise went in which a mistake had been made: a field of ``Again``."""
    earned = then.get(place[0])
    if earned is not None and earned.status == "correct":
        return "fixed"
    if earned is None or earned.finding is None:
        return "otherwise"
    return "made" if _key(place[0], earned.finding) == _key(*place) else "otherwise"
