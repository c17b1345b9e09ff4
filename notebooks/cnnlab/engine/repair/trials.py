"""An answer, damaged and not, asked for cases: what is right with an edit, and what was before.

Whatever a candidate does is fenced in: it is silent, has its time, and may use nothing ready-made.
"""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from ..case import Outcome
from ..limiting import TimeLimit, time_limit
from .candidates import outcome, seed, silent
from .edits import Edit
from .goals import Asked, Goal, Items, items, right_items
from .program import CANDIDATE, Program

EACH, LEAST, TIMES = 0.15, 0.01, 20
"""Seconds that one call of a candidate may take: so many times what the answer itself takes, within
these bounds. Where a loop decides by itself when to end, many candidates never do."""

WAITING = 0.1
"""What of a second counts in which a candidate does not compute: others use the machine, too."""


class Trials:
    """One answer and its cases, the wrong ones first.

    more: gives the cases of more seeds; it is called outside the fence. fence: what refuses
    ready-made functions.
    """

    def __init__(
        self,
        program: Program,
        cases: list[Asked],
        more: Callable[[], list[Asked]],
        fence: Callable[[], Any],
    ):
        self.program, self.more, self.fence = program, more, fence
        self.cases = sorted(cases, key=lambda asked: not asked.wrong)
        self.original: Callable | None = None
        self.pivot, self.each = self.cases[0], EACH
        self.came = Outcome("died")
        self._checks: list[Asked] | None = None
        self._now: dict[int, Items] = {}
        self._before: dict[int, Items] = {}
        self._fenced = contextlib.ExitStack()

    @contextlib.contextmanager
    def fenced(self) -> Iterator[None]:
        """Inside the block candidates may be called; what ends one for good ends the block."""
        with (
            contextlib.suppress(TimeLimit),
            silent(),
            self._fenced,
            time_limit(EACH, CANDIDATE, WAITING) as limit,
        ):
            self._limit = limit
            self._fenced.enter_context(self.fence())
            yield

    def renew(self, seconds: float = EACH) -> None:
        """Give what comes next so many seconds."""
        self._limit.renew(seconds)

    def with_edits(self, edits: tuple[Edit, ...]) -> Callable | None:
        """The answer with these edits, which are made; None: it is no program then, or raises."""
        self._now, self.came = {}, Outcome("died")
        try:
            for edit in edits:
                edit.apply()
            return self.program.function(self._definition(edits[0]))
        except (TimeLimit, KeyboardInterrupt):
            raise
        except BaseException:
            return None

    def _definition(self, edit: Edit) -> ast.stmt:
        """The definition that an edit is in."""
        within = self.program.tree.body
        return next(s for s in reversed(within) if s.lineno <= edit.statement.lineno)

    def called(self, answer: Callable, asked: Asked) -> Outcome:
        """What comes of a case."""
        seed()
        return outcome(answer, asked.case)

    def first(self, answer: Callable) -> Outcome:
        """What comes of the wrong case that is tried first."""
        return self.called(answer, self.pivot)

    def right_now(self, answer: Callable, asked: Asked) -> Items:
        """What is right in a case with the edit that is tried."""
        if id(asked) not in self._now:
            self.renew(self.each if asked is self.pivot else EACH)
            got = self.called(answer, asked)
            self.came = got if asked is self.pivot else self.came
            self._now[id(asked)] = right_items(asked, got)
        return self._now[id(asked)]

    def right(self, answer: Callable, asked: Asked) -> bool:
        """Whether all of it is."""
        return self.right_now(answer, asked) == items(asked)

    def right_elsewhere(self, answer: Callable) -> bool:
        """Whether it is right on cases of more seeds, too."""
        return all(self.right(answer, asked) for asked in self.others())

    def others(self) -> list[Asked]:
        """The cases of more seeds."""
        if self._checks is None:
            self.renew(10.0)
            self._fenced.close()  # the right answer may use what the student may not
            self._checks = self.more()
            self._fenced.enter_context(self.fence())
        return self._checks

    def before(self, asked: Asked) -> Items:
        """What is right in a case without any edit."""
        if id(asked) not in self._before:
            found: Items = frozenset()
            if self.original and not (asked.wrong and len(items(asked)) == 1):
                self.renew()
                with contextlib.suppress(TimeLimit):
                    found = right_items(asked, self.called(self.original, asked))
            self._before[id(asked)] = found
        return self._before[id(asked)]

    def shows(self, asked: Asked, goal: Goal) -> bool:
        """Whether this part is wrong in a case."""
        due = goal.due(asked)
        return bool(due) and not due <= self.before(asked)

    def keeps(self, answer: Callable, asked: Asked, goal: Goal) -> bool:
        """Whether what has to be right in a case is, and what was right before."""
        return goal.due(asked) | self.before(asked) <= self.right_now(answer, asked)
