"""Three things to say when the class meets next, in sentences that can be read out.

The mistake that most students make, the exercise at which most are stuck, and the case that most
overlook who have the rest. Code in a sentence stands between backticks.
"""

from __future__ import annotations

import dataclasses
from collections import Counter

from ..recording.table import Earned, Row
from .mistakes import Mistake
from .stuck import last_attempted

FEWEST = 2
"""What happened to one student alone is said to that student."""


@dataclasses.dataclass(frozen=True)
class Saying:
    """One thing to say. headline: in a few words. figures: a sentence on how many. advice: what to
    say, or ""."""

    lesson: str
    headline: str
    figures: str
    advice: str = ""


def tomorrow(
    rows: dict[str, list[Row]], found: list[Mistake], exercises: dict[str, list[str]]
) -> list[Saying]:
    """Three, or fewer where little went wrong.

    rows: by lesson. found: most frequent first. exercises: the names of each lesson's, in order.
    """
    sayings = (_mistake(found), _exercise(rows, exercises), _case(rows))
    return [saying for saying in sayings if saying]


def _mistake(found: list[Mistake]) -> Saying | None:
    """The one that most make, of those that an exercise has advice on; else of all."""
    several = [m for m in found if m.students >= FEWEST]
    most = next((m for m in several if m.advice), next(iter(several), None))
    if most is None:
        return None
    places = _listed([f"`{exercise}`" for _, exercise, n in most.where if n])
    figures = f"{most.students} of {most.of} students make this mistake in {places}"
    figures += f", {most.several} of them in more than one exercise." if most.several else "."
    return Saying(most.where[0][0], f"“{most.name}”", figures, most.advice)


def _exercise(rows: dict[str, list[Row]], exercises: dict[str, list[str]]) -> Saying | None:
    """Where most are stuck: their answer is wrong, or they stopped just before it."""
    places = [(lesson, i) for lesson, names in exercises.items() for i in range(len(names))]
    at = {place: _stuck_at(rows[place[0]], exercises[place[0]], place[1]) for place in places}
    place = max(places, key=lambda p: sum(at[p]), default=None)
    if place is None or sum(at[place]) < FEWEST:
        return None
    (lesson, i), (wrong, before) = place, at[place]
    name = exercises[lesson][i]
    figures = f"{wrong + before} of {len(rows[lesson])} students are stuck there"
    figures += f": {wrong} answered, but wrong; {before} stopped just before it." if before else "."
    own = [row.exercises[name] for row in rows[lesson] if name in row.exercises]
    told = Counter(earned.finding.kind for earned in own if earned.finding)
    kind, n = next(iter(told.most_common(1)), ("", 0))
    advice = f"What is wrong there most often: {kind} ({n})." if n >= FEWEST else ""
    return Saying(lesson, f"the exercise `{name}`", figures, advice)


def _stuck_at(rows: list[Row], names: list[str], i: int) -> tuple[int, int]:
    """How many have an exercise wrong, and how many attempted those before it alone."""
    own = [row.exercises[names[i]] for row in rows if names[i] in row.exercises]
    wrong = sum(earned.status == "incorrect" for earned in own)
    return wrong, sum(i > 0 and last_attempted(names, row) == i - 1 for row in rows)


def _case(rows: dict[str, list[Row]]) -> Saying | None:
    """What most overlook: a case that is wrong where most of the exercise's cases are right."""
    missed: Counter[tuple[str, str, str]] = Counter()
    for lesson, own in rows.items():
        for row in own:
            for exercise, earned in row.exercises.items():
                missed.update((lesson, exercise, case) for case in _overlooked(earned))
    ((lesson, exercise, case), n), *_ = missed.most_common(1) or [(("", "", ""), 0)]
    if n < FEWEST:
        return None
    failing = sum(_fails(row.exercises.get(exercise), case) for row in rows[lesson])
    figures = (
        f"{n} students have at least half of the cases of `{exercise}` right, but not this one; "
        f"in all it is wrong for {failing}."
    )
    return Saying(lesson, f"the case “{case}” of `{exercise}`", figures)


def _overlooked(earned: Earned) -> list[str]:
    failing = [name for name, problem in earned.cases if problem]
    return failing if 2 * len(failing) <= len(earned.cases) else []


def _fails(earned: Earned | None, case: str) -> bool:
    return earned is not None and bool(dict(earned.cases).get(case))


def _listed(names: list[str]) -> str:
    """``a``; ``a and b``; ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
