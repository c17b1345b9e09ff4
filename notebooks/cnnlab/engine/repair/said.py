"""What a search says, as plain data: where it has run, damaged or hostile code has run as well.

So whoever hears it takes nothing on trust: it is a claim of so many short texts and numbers.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from typing import Any

from .goals import WHOLE, Found, Goal
from .quoting import LONGEST
from .search import Search

MOST = 20
"""So many findings are heard of."""

_KIND = re.compile(r"[A-Za-z0-9_]+( [A-Za-z0-9_]+){0,5}")

LONGEST_TEXTS = {
    **dict.fromkeys(("code", "inside", "part"), LONGEST + 1),
    **dict.fromkeys(("which", "was", "would", "at"), 80),
}
LAST_LINE = 10_000


@dataclasses.dataclass
class Results:
    """What has been found. over: the search has come to its end.

    two: of two edits that make all right together the first, and those that may be the second.
    """

    found: list[Found] = dataclasses.field(default_factory=list)
    partial: Found | None = None
    parts: list[Found] = dataclasses.field(default_factory=list)
    two: list[Found] = dataclasses.field(default_factory=list)
    tries: int = 0
    over: bool = False

    @classmethod
    def of(cls, search: Search) -> Results:
        """What a search has found so far."""
        some = [] if search.found else search.parts.values()
        parts = sorted((f for several in some for f in several), key=lambda f: -f.repaired)
        about = search.partial, parts[:MOST], search.two
        return cls(search.found, *about, search.tries, search.over)

    def as_data(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return dataclasses.asdict(self)


def understood(said: Any, cases: set[str], goals: Iterable[Goal] = ()) -> Results:
    """What somebody says of a search that is over; nothing found, if it does not make sense.

    cases: the names of those that there are; goals: the parts of what is wrong.
    """
    if not isinstance(said, dict):
        return Results(over=True)
    found, parts, two = (
        [f for claim in _some(said.get(which)) if (f := _found(claim, cases, aims))]
        for which, aims in (("found", [WHOLE]), ("parts", goals), ("two", [WHOLE]))
    )
    partial, tries = _found(said.get("partial"), cases, [WHOLE]), said.get("tries")
    two = two if len(two) > 1 else []
    return Results(found, partial, parts, two, tries if type(tries) is int else 0, True)


def _some(claims: Any) -> list[Any]:
    return claims[:MOST] if isinstance(claims, list) else []


def _found(claim: Any, cases: set[str], goals: Iterable[Goal]) -> Found | None:
    try:
        lines = tuple(_count(line, LAST_LINE) for line in claim["lines"][:MOST])
        of = _count(claim["of"], len(cases))
        repaired = _count(claim["repaired"], of)
        kind, role = _kind(claim["kind"]), claim["role"] and _kind(claim["role"])
        cost, case = float(claim["cost"]), claim["case"]
        texts = {name: str(claim[name])[:limit] for name, limit in LONGEST_TEXTS.items()}
        said = claim.get("group", ""), claim.get("item")
        goal = next(goal for goal in goals if (goal.group, goal.item) == said)
    except (AttributeError, KeyError, StopIteration, TypeError, ValueError):
        return None
    if not lines or case not in cases:
        return None
    part = {"group": goal.group, "item": goal.item}
    return Found(lines, kind, role, **texts, cost=cost, case=case, repaired=repaired, of=of, **part)


def _count(value: Any, most: int) -> int:
    if type(value) is not int or not 0 < value <= most:
        raise ValueError
    return value


def _kind(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 40 or not _KIND.fullmatch(value):
        raise ValueError
    return value
