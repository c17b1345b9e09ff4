"""Two mistakes: an edit that brings the answer nearer to what is right, and one that does the rest.

No single edit mends both, and where no case shows one of them alone, no part is mended either. But
with one of them gone more is right than before: more entries, the right shape, or something comes
back at all. From there all edits that are likely are tried once more.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..limiting import TimeLimit
from .edits import Edit, lines_of
from .goals import Asked, Found, items, right_items
from .listing import cost, doubtful
from .nearness import nearness
from .program import Program
from .trials import Trials

if TYPE_CHECKING:
    from .search import Search

TRIED, MOST = 24, 8
"""So many first edits are tried in all cases, and of so many a search goes on."""

MOST_CHARACTERS = 2000
"""Of what an edit leads to: by so many it is known to lead to the same as another one."""

LIKELY = 1.5
"""What an edit may cost: of two that are far-fetched some would do by chance."""


def likely(edits: tuple[Edit, ...]) -> bool:
    """Whether an edit may be one of two: a cheap one, in one line."""
    return cost(edits) <= LIKELY and len(lines_of(edits)) == 1 and not doubtful(edits)


@dataclasses.dataclass(frozen=True)
class Step:
    """An edit that brings the answer nearer.

    gain: by so much; case: in which it was tried; came: what came of it in all wrong cases.
    """

    gain: float
    edits: tuple[Edit, ...]
    case: Asked
    came: str = ""


class Steps:
    """The edits that brought an answer nearer in the case on which they were tried."""

    def __init__(self, trials: Trials):
        self._trials = trials
        self._near = 1.0
        self._found: list[Step] = []

    def begin(self) -> None:
        """From now on ``trials.pivot`` is the case, and the answer is as it was."""
        trials = self._trials
        assert trials.original is not None
        self._near = nearness(trials.pivot.right.value, trials.first(trials.original))

    def note(self, edits: tuple[Edit, ...]) -> None:
        """Keep an edit that has just been tried if it brings the answer nearer."""
        if likely(edits):
            gain = nearness(self._trials.pivot.right.value, self._trials.came) - self._near
            if gain > 0:
                self._found.append(Step(gain, edits, self._trials.pivot))

    def taken(self) -> list[Step]:
        """Those that do no harm, each once, with the gain in all wrong cases; none is left."""
        first = sorted(self._found, key=lambda step: (-step.gain, cost(step.edits)))
        self._found = []
        tried = [t for step in first[:TRIED] if (t := self._in_all_cases(step))]
        different: dict[str, Step] = {}
        for step in sorted(tried, key=lambda step: cost(step.edits)):
            different.setdefault(step.came, step)
        return sorted(different.values(), key=lambda s: (-s.gain, cost(s.edits)))[:MOST]

    def _in_all_cases(self, step: Step) -> Step | None:
        trials, gain, came = self._trials, 0.0, []
        assert trials.original is not None
        try:
            if (answer := trials.with_edits(step.edits)) is None:
                return None
            for asked in trials.cases:
                trials.renew()
                got, value = trials.called(answer, asked), asked.right.value
                if not asked.wrong and right_items(asked, got) != items(asked):
                    return None
                if asked.wrong:
                    trials.renew()
                    before = trials.called(trials.original, asked)
                    gain += nearness(value, got) - nearness(value, before)
                    came.append(repr((got.status, got.value))[:MOST_CHARACTERS])
        except TimeLimit:
            return None
        finally:
            for edit in reversed(step.edits):
                edit.undo()
        return dataclasses.replace(step, gain=gain, came=" ".join(came)) if gain > 0 else None


class Pairs:
    """The search for a second edit after each of some first ones.

    after: gives the search on a program in which the first edit is made. first: the first of two
    that make all right; found: the second one, or several that come into question. If there are
    none, those that make most right.
    """

    def __init__(self, steps: list[Step], after: Callable[[Step], Search], tries: int = 0):
        self._todo, self._after, self.tries = steps, after, tries
        self._now: tuple[Step, Search] | None = None
        self._all = False
        self.first: Step | None = None
        self.found: list[Found] = []

    @property
    def over(self) -> bool:
        return self._all or not (self._todo or self._now)

    def run(self, until: float) -> None:
        """Search on, until this moment (of ``time.monotonic``) or the end."""
        while not self.over and time.monotonic() < until:
            if self._now is None:
                step = self._todo.pop(0)
                self._now = step, self._after(step)
            step, search = self._now
            search.run(until)
            if not search.over:
                return
            self._now, self._all = None, bool(search.found)
            self.tries += search.tries
            if self._all or (search.partial and not self.found):
                self.first = step
                self.found = search.found or [f for f in [search.partial] if f]


def edited(program: Program, edits: tuple[Edit, ...]) -> Program:
    """The program with these edits made."""
    with contextlib.ExitStack() as made:
        for edit in edits:
            made.callback(edit.undo)
            edit.apply()
        return program.as_it_is()
