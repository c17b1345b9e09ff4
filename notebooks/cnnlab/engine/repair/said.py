"""What a search says, as plain data: where it has run, damaged or hostile code has run as well.

So whoever hears it takes nothing on trust: it is a claim of so many short texts and numbers.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from .search import LONGEST, Found, Search

MOST = 20
"""So many findings are heard of."""

_KIND = re.compile(r"[A-Za-z0-9_]+( [A-Za-z0-9_]+){0,5}")

LONGEST_TEXTS = {"code": LONGEST + 1, "part": LONGEST + 1, "was": 80, "would": 80, "at": 80}
LAST_LINE = 10_000


@dataclasses.dataclass
class Results:
    """What has been found. over: the search has come to its end."""

    found: list[Found] = dataclasses.field(default_factory=list)
    partial: Found | None = None
    tries: int = 0
    over: bool = False

    @classmethod
    def of(cls, search: Search) -> Results:
        """What a search has found so far."""
        return cls(search.found, search.partial, search.tries, search.over)

    def as_data(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return dataclasses.asdict(self)


def understood(said: Any, cases: set[str]) -> Results:
    """What somebody says of a search that is over; nothing found, if it does not make sense.

    cases: the names of those that there are.
    """
    if not isinstance(said, dict):
        return Results(over=True)
    claims = said.get("found")
    listed = claims[:MOST] if isinstance(claims, list) else []
    found = [f for claim in listed if (f := _found(claim, cases))]
    partial, tries = _found(said.get("partial"), cases), said.get("tries")
    return Results(found, partial, tries if type(tries) is int else 0, True)


def _found(claim: Any, cases: set[str]) -> Found | None:
    try:
        lines = tuple(_count(line, LAST_LINE) for line in claim["lines"][:MOST])
        of = _count(claim["of"], len(cases))
        repaired = _count(claim["repaired"], of)
        kind, role = _kind(claim["kind"]), claim["role"] and _kind(claim["role"])
        cost, case = float(claim["cost"]), claim["case"]
        texts = {name: str(claim[name])[:limit] for name, limit in LONGEST_TEXTS.items()}
    except (KeyError, TypeError, ValueError):
        return None
    if not lines or case not in cases:
        return None
    return Found(lines, kind, role, **texts, cost=cost, case=case, repaired=repaired, of=of)


def _count(value: Any, most: int) -> int:
    if type(value) is not int or not 0 < value <= most:
        raise ValueError
    return value


def _kind(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 40 or not _KIND.fullmatch(value):
        raise ValueError
    return value
