"""What a search aims at, and finds: all that is wrong, or a part that may have its own cause.

Two mistakes are mended by no single edit. But often one of them is all that is wrong in some of the
cases, or with one item of the result; then the edit that mends this part names its place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from ..case import Case, Outcome
from ..comparing import numbers
from ..problems import problem_of

Items = frozenset[int]
"""Which items of a result: of one that is not made of several there is the item 0."""

MOST_ITEMS = 4
"""So many a result may be made of; with more it is a list of things alike."""

ENOUGH, DIFFERENT = 2, 3
"""So many wrong cases, and different numbers in what is right there, it takes to believe it."""


@dataclasses.dataclass(frozen=True)
class Asked:
    """A case, what is right there, and whether the answer is wrong in it.

    groups: what can be said of it, and of some others: "with mode = 'edge'".
    """

    case: Case
    right: Outcome
    wrong: bool
    groups: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Goal:
    """What an edit has to make right: the cases of a group, or one item of all results.

    group: what is said of these cases; "": all. item: its position; None: the whole result.
    """

    group: str = ""
    item: int | None = None

    def due(self, asked: Asked) -> Items:
        """What has to be right in a case."""
        if self.group and self.group not in asked.groups:
            return frozenset()
        return items(asked) if self.item is None else frozenset([self.item])


WHOLE = Goal()


@dataclasses.dataclass(frozen=True)
class Found:
    """An edit that makes the cases right: plain data.

    lines: where it is; kind, role: what kind of edit, and what the place is for.
    code: the student's own text there; inside: what it stands in, which: which of several it is,
    where that is not clear; part: what of it is too much, if that is a part, or what else is taken
    for it, if two are exchanged.
    was, would: what it is in the first wrong case, and what it would have to be, if both can be
    said in a few characters; at: what is so then; case: the name of the case.
    repaired, of: how many wrong cases become right, and how many there are.
    group, item: what it makes right, if that is a part (``Goal``).
    """

    lines: tuple[int, ...]
    kind: str
    role: str
    code: str
    inside: str
    which: str
    part: str
    cost: float
    was: str
    would: str
    at: str
    case: str
    repaired: int
    of: int
    group: str = ""
    item: int | None = None


def goals(cases: Iterable[Asked]) -> list[Goal]:
    """The parts of what is wrong: groups of which not all wrong cases are, and items."""
    wrong = [asked for asked in cases if asked.wrong]
    found = {frozenset(range(len(wrong))): WHOLE}
    for group in dict.fromkeys(group for asked in wrong for group in asked.groups):
        cases_in = frozenset(i for i, asked in enumerate(wrong) if group in asked.groups)
        found.setdefault(cases_in, Goal(group))
    counts = {len(items(asked)) for asked in wrong}
    several = range(*counts) if len(counts) == 1 and counts != {1} else ()
    return [*found.values()][1:] + [Goal(item=i) for i in several]


def items(asked: Asked) -> Items:
    """The items of what is right in a case. What a probe puts together is no result."""
    value = asked.right.value
    several = type(value) is tuple and 2 <= len(value) <= MOST_ITEMS and not asked.case.probe
    return frozenset(range(len(value))) if several else frozenset([0])


def right_items(asked: Asked, got: Outcome) -> Items:
    """Which items of an outcome are right."""
    parts, right, value = items(asked), asked.right.value, got.value
    if len(parts) == 1:
        return frozenset() if problem_of(asked.case, asked.right, got) else parts
    if not isinstance(value, (tuple, list)) or len(value) != len(right):
        return frozenset()
    return frozenset(
        i
        for i in parts
        if not problem_of(
            asked.case, Outcome("returned", right[i]), dataclasses.replace(got, value=value[i])
        )
    )


def convincing(goal: Goal, repaired: list[Asked]) -> bool:
    """Whether so many cases were wrong before that the edit is hardly right by chance."""
    seen: set = set()
    for asked in repaired:
        whole = goal.item is None or len(items(asked)) == 1
        value = asked.right.value if whole else asked.right.value[goal.item]
        found = numbers(value)
        seen |= {repr(value)} if found is None else found
    return len(repaired) >= ENOUGH and len(seen) >= DIFFERENT
