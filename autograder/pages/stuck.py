"""Students to talk to: who hands in again and gets no further, stops, or stays away.

It says what the course's data say, no more: why, only the student knows.
"""

from __future__ import annotations

import dataclasses

from ..recording.earlier import Exercises
from ..recording.table import Row

MOST = 0.5
"""Where so many of the class went on, one who did not is worth a word."""


@dataclasses.dataclass(frozen=True)
class Reason:
    """Why somebody is on the list. lesson: where. sentence: code in it is between backticks."""

    lesson: str
    sentence: str


def stuck(
    rows: dict[str, list[Row]],
    hand_ins: dict[str, dict[str, list[Exercises]]],
    exercises: dict[str, list[str]],
) -> list[tuple[str, list[Reason]]]:
    """Each student who seems stuck, and why; those with the most reasons first.

    rows: by lesson, in order. hand_ins: by lesson and student, the oldest first. exercises: the
    names of each lesson's, in order.
    """
    found: dict[str, list[Reason]] = {}
    for lesson, own in rows.items():
        names = exercises[lesson]
        done = [0 if (last := last_attempted(names, row)) is None else last + 1 for row in own]
        for row, reached in zip(own, done, strict=True):
            tried = hand_ins.get(lesson, {}).get(row.student, [row.exercises])
            for sentence in (_no_further(tried), _stopped(reached, done, names)):
                if sentence:
                    found.setdefault(row.student, []).append(Reason(lesson, sentence))
    for student, reason in _away(rows):
        found.setdefault(student, []).append(reason)
    return sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))


def _no_further(tried: list[Exercises]) -> str:
    """Several hand-ins, of which the last ones brought no point more."""
    totals = [sum(earned.points for earned in one.values()) for one in tried]
    since = len(totals) - 1 - totals.index(max(totals))
    wrong = [name for name, earned in tried[-1].items() if earned.status == "incorrect"]
    if not since or not wrong:
        return ""
    last = "the last one" if since == 1 else f"the last {since}"
    return f"handed in {len(tried)} times, {last} without a point more; wrong: {_code(wrong)}."


def _stopped(reached: int, done: list[int], names: list[str]) -> str:
    """Attempted nothing after an exercise after which most of the class went on.

    reached: up to the how manieth exercise. done: the same of everybody in the lesson.
    """
    went_on = sum(other > reached for other in done)
    if reached == len(names) or went_on < MOST * len(done):
        return ""
    where = f"nothing after `{names[reached - 1]}`" if reached else "nothing"
    return f"attempted {where}; {went_on} of {len(done)} went further."


def last_attempted(names: list[str], row: Row) -> int | None:
    """The place of the last exercise that a student attempted."""
    tried = (i for i, name in enumerate(names) if name in row.exercises)
    attempted = (i for i in tried if row.exercises[names[i]].status in ("correct", "incorrect"))
    return max(attempted, default=None)


def _away(rows: dict[str, list[Row]]) -> list[tuple[str, Reason]]:
    """Who handed in something, and not this lesson, which most of the class handed in."""
    everybody = {row.student for own in rows.values() for row in own}
    found = []
    for lesson, own in rows.items():
        there = {row.student for row in own}
        if len(there) >= MOST * len(everybody):
            sentence = f"handed in nothing; {len(there)} of {len(everybody)} did."
            found += [(student, Reason(lesson, sentence)) for student in everybody - there]
    return found


def _code(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
