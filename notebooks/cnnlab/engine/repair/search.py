"""Search for the small edit of a student's own source that makes every case right.

The place and the kind of that edit are the cause. It takes no author and no list of mistakes, and
knows nothing of a solution: what it gives back is a line, a kind, and two values of one expression.

Edits are tried on the first wrong case, cheapest first; what gets it right is run on all cases,
wrong ones first, and then on those of more seeds. An edit may be made in one place, or the same one
in several places at once. Where none makes all right, those count that do so for a part (``goals``)
and harm nothing else; what the first wrong case is no part of is tried on another one, later.

This room stands alone: it is given plain data (source, cases with their right values) and gives
plain data back, so that it also serves where answers are graded.
"""

from __future__ import annotations

import ast
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from ..case import Outcome
from ..limiting import TimeLimit, time_limit
from .candidates import outcome, seed, silent
from .edits import Edit
from .goals import WHOLE, Asked, Found, Goal, Items, convincing, goals, items, right_items
from .listing import cost, listed
from .program import CANDIDATE, Program
from .quoting import part_of, quoted
from .seeing import seen

EACH, LEAST, TIMES = 0.15, 0.01, 20
"""Seconds that one call of a candidate may take: so many times what the answer itself takes, within
these bounds. Where a loop decides by itself when to end, many candidates never do."""

WAITING = 0.1
"""What of a second counts in which a candidate does not compute: others use the machine, too."""

AGAIN = 3
"""So many candidates that were cut off are tried once more."""

ALSO = 0.3
"""What costs so little more, in another line, may as well be the cause."""

PARTIAL = 0.8
"""A share of the wrong cases that is worth a word, if no right one goes wrong."""

ROUNDS = 2
"""On so many wrong cases all edits are tried, as long as none makes everything right."""

BY_CHANCE = ("name for a constant", "copy missing", "clone missing")
"""The kinds of edits that are the least sure: some number will do in many a place, and a fresh
array in the place of a strange one."""

OFFSETS = ("term missing", "one more or less")
"""Where an argument is 1 in a whole group, an offset by 1 makes up for what it is used for."""


class Search:
    """The search on one answer; ``run`` goes on with it.

    cases: what is judged, with one wrong case at least. more: gives those of more seeds; it is
    called outside the fence. fence: what refuses ready-made functions.
    """

    def __init__(
        self,
        program: Program,
        cases: list[Asked],
        more: Callable[[], list[Asked]] = list,
        fence: Callable[[], Any] = contextlib.nullcontext,
    ):
        self._program, self._more, self._fence = program, more, fence
        self._cases = sorted(cases, key=lambda asked: not asked.wrong)
        self._checks: list[Asked] | None = None
        self._pivot, self._aims = self._cases[0], [WHOLE, *goals(self._cases)]
        self._later: list[tuple[Asked, list[Goal]]] | None = None
        self._now_right: dict[int, Items] = {}
        self._right_before: dict[int, Items] = {}
        self._original: Callable | None = None
        self._beginning = self._until = 0.0
        self._todo: list[tuple[Edit, ...]] | None = None
        self._next, self._again = 0, AGAIN
        self._now: tuple[Edit, ...] = ()
        self._fenced, self._each = contextlib.ExitStack(), EACH
        self._without: list[tuple[int, int]] = []
        self.tries = 0
        self.found: list[Found] = []
        self.partial: Found | None = None
        self.parts: dict[Goal, list[Found]] = {}
        self.over = False

    @property
    def names(self) -> set[str]:
        """The names of the cases."""
        return {asked.case.name for asked in self._cases}

    @property
    def goals(self) -> list[Goal]:
        """The parts of what is wrong that may be mended."""
        return goals(self._cases)

    def run(self, until: float) -> None:
        """Search on, until this moment (of ``time.monotonic``) or the end."""
        self._until = until
        while not self.over and time.monotonic() < until:
            with (
                contextlib.suppress(TimeLimit),
                silent(),
                self._fenced,
                time_limit(EACH, CANDIDATE, WAITING) as limit,
            ):
                self._limit = limit
                self._fenced.enter_context(self._fence())
                while not self.over and time.monotonic() < until:
                    self._step()

    def _step(self) -> None:
        """Try the next edit. Whatever stopped the last one, the tree is as it was first."""
        self._limit.renew(EACH)
        self._undo()
        try:
            if self._todo is None:
                self._begin()
            elif self._next >= len(self._todo):
                self._go_on()
            else:
                self._now = self._todo[self._next]
                self._next += 1
                self._try(self._now)
        except TimeLimit:
            # Once more, a few times: what a busy machine cut off may be cheaper than what comes.
            if self._todo is not None and self._now and self._again > 0:
                self._again -= 1
                self._todo.insert(self._next, self._now)
        self._undo()

    def _undo(self) -> None:
        for edit in reversed(self._now):
            edit.undo()

    def _begin(self) -> None:
        """See which lines run in the wrong case that comes first, and list the edits of these."""
        begun = time.monotonic()
        todo = listed(self._program, self._first)
        self._beginning = time.monotonic() - begun
        self._original = self._program.function()
        started = time.thread_time()
        self._first(self._original)
        self._each = min(max(TIMES * (time.thread_time() - started), LEAST), EACH)
        self._todo, self._next = todo, 0

    def _go_on(self) -> None:
        """Begin again with the next wrong case, as long as nothing makes all or most right."""
        if self._later is None:
            self._later = [] if self.found or self.partial else self._rounds()
        late = time.monotonic() + self._beginning > self._until
        self.over, self._todo = late or not self._later, None
        if self._later:
            self._pivot, self._aims = self._later.pop(0)

    def _rounds(self) -> list[tuple[Asked, list[Goal]]]:
        """Wrong cases that show the other parts, with these parts; what is mended shows none."""
        left = [goal for goal in self.goals if not self._shows(self._pivot, goal)]
        mended = [goal for goal in self.parts if goal.item is None]
        found = []
        for asked in self._cases:
            if any(goal.due(asked) for goal in mended):
                continue
            shown = [goal for goal in left if asked.wrong and self._shows(asked, goal)]
            if shown and len(found) < ROUNDS - 1:
                found.append((asked, shown))
                left = [goal for goal in left if goal not in shown]
        return found

    def _shows(self, asked: Asked, goal: Goal) -> bool:
        """Whether this part is wrong in a case."""
        due = goal.due(asked)
        return bool(due) and not due <= self._before(asked)

    def _before(self, asked: Asked) -> Items:
        """What is right in a case without any edit."""
        if id(asked) not in self._right_before:
            found: Items = frozenset()
            if self._original and not (asked.wrong and len(items(asked)) == 1):
                self._limit.renew(EACH)
                with contextlib.suppress(TimeLimit):
                    found = right_items(asked, self._called(self._original, asked))
            self._right_before[id(asked)] = found
        return self._right_before[id(asked)]

    def _try(self, edits: tuple[Edit, ...]) -> None:
        lines = tuple(dict.fromkeys(edit.line for edit in edits))
        if self.found:
            if cost(edits) > self.found[0].cost + ALSO:
                self.over = True
                return
            if any(set(lines) & set(found.lines) for found in self.found):
                return
            if any(begin < line <= end for line in lines for begin, end in self._without):
                return
        self.tries += 1
        try:
            for edit in edits:
                edit.apply()
            answer = self._program.function(self._definition(edits[0]))
        except (TimeLimit, KeyboardInterrupt):
            raise
        except BaseException:  # what is no program, or raises where it is defined
            return
        self._now_right = {}
        if WHOLE in self._aims and self._mends(answer, edits):
            return
        for goal in self._parts(edits) if self._right_now(answer, self._pivot) else ():
            if self._reaches(answer, goal):
                wrong = [asked for asked in self._cases if self._shows(asked, goal)]
                found = self._finding(edits, self._share(goal, wrong), goal)
                self.parts.setdefault(goal, []).append(found)

    def _mends(self, answer: Callable, edits: tuple[Edit, ...]) -> bool:
        """Whether it makes all right; what makes most right is kept as well."""
        repaired, wrong = self._repaired(answer), sum(asked.wrong for asked in self._cases)
        if repaired == wrong and self._right_elsewhere(answer):
            self.found.append(self._finding(edits, repaired))
            if edits[0].kind == "statement too much":  # and so is what stands in it
                statement = edits[0].statement
                self._without.append((statement.lineno, statement.end_lineno or 0))
            return True
        if repaired and repaired < wrong and self.partial is None:
            self.partial = self._finding(edits, repaired)
        return False

    def _definition(self, edit: Edit) -> ast.stmt:
        """The definition that an edit is in."""
        within = self._program.tree.body
        return next(s for s in reversed(within) if s.lineno <= edit.statement.lineno)

    def _repaired(self, answer: Callable) -> int:
        """How many wrong cases become right; 0: too few, or a right one goes wrong."""
        wrong = sum(asked.wrong for asked in self._cases)
        missed = 0
        for i, asked in enumerate(self._cases):
            if not self._right(answer, asked):
                missed += 1
                if i == 0 or not asked.wrong or missed > (1 - PARTIAL) * wrong:
                    return 0
        return wrong - missed

    def _parts(self, edits: tuple[Edit, ...]) -> Iterator[Goal]:
        """The parts for which it is worth a look, beside what is found for them already."""
        doubtful = any(edit.kind in BY_CHANCE or edit.role == "condition" for edit in edits)
        lines = {edit.line for edit in edits}
        for goal in () if self.found or doubtful else self._aims:
            found = self.parts.get(goal, [])
            dear = found and cost(edits) > found[0].cost + ALSO
            if goal.group[-1:].isdigit() and any(edit.kind in OFFSETS for edit in edits):
                continue
            if goal != WHOLE and not dear and not any(lines & set(f.lines) for f in found):
                yield goal

    def _reaches(self, answer: Callable, goal: Goal) -> bool:
        """Whether it makes this part right, on more seeds, too, and nothing else wrong."""
        if not self._shows(self._pivot, goal) or not self._keeps(answer, self._pivot, goal):
            return False
        if not all(self._keeps(answer, asked, goal) for asked in self._cases):
            return False
        checks = self._others()
        if not all(self._keeps(answer, asked, goal) for asked in checks):
            return False
        return convincing(goal, [asked for asked in self._cases if self._shows(asked, goal)])

    def _keeps(self, answer: Callable, asked: Asked, goal: Goal) -> bool:
        """Whether what has to be right in a case is, and what was right before."""
        return goal.due(asked) | self._before(asked) <= self._right_now(answer, asked)

    def _share(self, goal: Goal, repaired: list[Asked]) -> int:
        """How many wrong cases that is worth: of one that is repaired by half, the half."""
        wrong = [asked for asked in self._cases if asked.wrong]
        points = sum(len(items(asked) - self._before(asked)) for asked in wrong)
        won = sum(len(goal.due(asked) - self._before(asked)) for asked in repaired)
        return max(1, len(wrong) * won // points)

    def _right_elsewhere(self, answer: Callable) -> bool:
        """Whether it is right on cases of more seeds, too."""
        return all(self._right(answer, asked) for asked in self._others())

    def _others(self) -> list[Asked]:
        """The cases of more seeds."""
        if self._checks is None:
            self._limit.renew(10.0)
            self._fenced.close()  # the right answer may use what the student may not
            self._checks = self._more()
            self._fenced.enter_context(self._fence())
        return self._checks

    def _right(self, answer: Callable, asked: Asked) -> bool:
        return self._right_now(answer, asked) == items(asked)

    def _right_now(self, answer: Callable, asked: Asked) -> Items:
        """What is right in a case with the edit that is tried."""
        if id(asked) not in self._now_right:
            self._limit.renew(self._each if asked is self._pivot else EACH)
            self._now_right[id(asked)] = right_items(asked, self._called(answer, asked))
        return self._now_right[id(asked)]

    def _first(self, answer: Callable) -> Outcome:
        """What comes of the wrong case that is tried first."""
        return self._called(answer, self._pivot)

    def _called(self, answer: Callable, asked: Asked) -> Outcome:
        seed()
        return outcome(answer, asked.case)

    def _finding(self, edits: tuple[Edit, ...], repaired: int, goal: Goal = WHOLE) -> Found:
        self._undo()
        edit, source = edits[0], self._program.source
        was, would, at = seen(self._program, edit, self._first)
        kind, place = edit.kind, (*quoted(edit, source, bool(was and would)), part_of(edit, source))
        if other := next((e for e in edits if e.key != edit.key), None):
            names = (ast.get_source_segment(source, e.code) or "" for e in (edit, other) if e.code)
            kind, place = "exchanged", (next(names), "", "", next(names))
        lines = tuple(dict.fromkeys(edit.line for edit in edits))
        wrong = sum(asked.wrong for asked in self._cases)
        return Found(
            *(lines, kind, edit.role, *place),
            *(cost(edits), was, would, at, self._pivot.case.name, repaired, wrong),
            *(goal.group, goal.item),
        )
