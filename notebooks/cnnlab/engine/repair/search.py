"""Search for the small edit of a student's own source that makes every case right.

The place and the kind of that edit are the cause. It takes no author and no list of mistakes, and
knows nothing of a solution: what it gives back is a line, a kind, and two values of one expression.

Edits are tried on the first wrong case, cheapest first; what gets it right is run on all cases,
wrong ones first, and then on those of more seeds. An edit may be made in one place, or the same one
in several places at once. Where none makes all right, those count that do so for a part (``goals``)
and harm nothing else, or two edits together (``pairs``); what the first wrong case is no part of
is tried on another one, later.

This room stands alone: it is given plain data (source, cases with their right values) and gives
plain data back, so that it also serves where answers are graded.
"""

from __future__ import annotations

import ast
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from ..limiting import TimeLimit
from .edits import Edit, lines_of
from .goals import WHOLE, Asked, Found, Goal, convincing, goals, items
from .listing import cost, doubtful, listed
from .pairs import Pairs, Step, Steps, edited, likely
from .program import Program
from .quoting import part_of, quoted
from .seeing import seen
from .trials import EACH, LEAST, TIMES, Trials

AGAIN = 3
"""So many candidates that were cut off are tried once more."""

ALSO = 0.3
"""What costs so little more, in another line, may as well be the cause."""

PARTIAL = 0.8
"""A share of the wrong cases that is worth a word, if no right one goes wrong."""

ROUNDS = 2
"""On so many wrong cases all edits are tried, as long as none makes everything right."""

OFFSETS = ("term missing", "one more or less")
"""Where an argument is 1 in a whole group, an offset by 1 makes up for what it is used for."""

INSTEAD = (
    *("function", "name", "expression"),
    *("order of arguments", "order of items", "order of calls"),
)
"""Kinds of edits that put something else of the student's own in a place, or in an order. Where
a property is asked for and no value, such as that padding changes nothing, much else has it."""


class Search:
    """The search on one answer; ``run`` goes on with it.

    cases: what is judged, with one wrong case at least. more, fence: see ``Trials``. but: lines in
    which nothing is edited, for another edit has been made there: this search is for the second of
    two.
    """

    def __init__(
        self,
        program: Program,
        cases: list[Asked],
        more: Callable[[], list[Asked]] = list,
        fence: Callable[[], Any] = contextlib.nullcontext,
        but: frozenset[int] = frozenset(),
    ):
        self._trials, self._but = Trials(program, cases, more, fence), but
        self._program, self._cases = program, self._trials.cases
        self._aims = [WHOLE, *goals(self._cases)]
        self._later: list[tuple[Asked, list[Goal]]] | None = None
        self._steps, self._pairs = Steps(self._trials), Pairs([], self._second)
        self._beginning = self._until = 0.0
        self._todo: list[tuple[Edit, ...]] | None = None
        self._next, self._again = 0, AGAIN
        self._now: tuple[Edit, ...] = ()
        self._without: list[tuple[int, int]] = []
        self._tries = 0
        self.found: list[Found] = []
        self.partial: Found | None = None
        self.parts: dict[Goal, list[Found]] = {}
        self.two: list[Found] = []
        self.over = False

    @property
    def tries(self) -> int:
        """So many candidates have been tried."""
        return self._tries + self._pairs.tries

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
            self._pairs.run(until)
            with self._trials.fenced():
                while not self.over and self._pairs.over and time.monotonic() < until:
                    self._step()

    def _step(self) -> None:
        """Try the next edit. Whatever stopped the last one, the tree is as it was first."""
        self._trials.renew()
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
        begun, trials = time.monotonic(), self._trials
        trials.original = self._program.function()
        if self._but and not self._is_left(trials.original):
            self.over = True
            return
        todo = listed(self._program, trials.first)
        if trials.pivot.case.judge:
            todo = [edits for edits in todo if edits[0].kind not in INSTEAD]
        if self._but:
            todo = [edits for edits in todo if likely(edits) and not lines_of(edits) & self._but]
        self._beginning = time.monotonic() - begun
        started = time.thread_time()
        self._steps.begin()
        trials.each = min(max(TIMES * (time.thread_time() - started), LEAST), EACH)
        self._todo, self._next = todo, 0

    def _is_left(self, answer: Callable) -> bool:
        """Whether something is left to do once the first of two edits is made; it is done there."""
        left = [asked for asked in self._cases if not self._trials.right(answer, asked)]
        self._cases.sort(key=lambda asked: asked not in left)
        self._aims, self._trials.pivot = [WHOLE], self._cases[0]
        return bool(left)

    def _go_on(self) -> None:
        """Look for two edits; then begin again with the next wrong case.

        That is only as long as nothing makes all or most right.
        """
        if self._pairs.first:
            self._trials.pivot = self._pairs.first.case
            self.over, self.two = True, [self._finding(self._pairs.first.edits, 1)]
            self.two += self._pairs.found
        elif self.found or self.partial or self._but or self._all_parts():
            self.over = True
        elif not (self.parts and self._later is None) and (steps := self._steps.taken()):
            self._pairs = Pairs(steps, self._second, self._pairs.tries)
        else:  # where one part is mended, another one may be
            self._begin_again()

    def _all_parts(self) -> bool:
        """Whether each part of what is wrong is mended by some edit."""
        wrong = [asked for asked in self._cases if asked.wrong]
        return all(
            items(asked) - self._trials.before(asked)
            <= frozenset().union(*(goal.due(asked) for goal in self.parts))
            for asked in wrong
        )

    def _begin_again(self) -> None:
        """All edits once more, on another wrong case."""
        self._later = self._rounds() if self._later is None else self._later
        late = time.monotonic() + self._beginning > self._until
        self.over, self._todo = late or not self._later, None
        if self._later:
            self._trials.pivot, self._aims = self._later.pop(0)

    def _second(self, step: Step) -> Search:
        """The search for what is left to do after a first edit."""
        trials, but = self._trials, frozenset(lines_of(step.edits))
        return Search(
            edited(self._program, step.edits), self._cases, trials.more, trials.fence, but
        )

    def _rounds(self) -> list[tuple[Asked, list[Goal]]]:
        """Wrong cases that show the other parts, with these parts; what is mended shows none."""
        shows, pivot = self._trials.shows, self._trials.pivot
        left = [goal for goal in self.goals if not shows(pivot, goal)]
        mended = [goal for goal in self.parts if goal.item is None]
        found = []
        for asked in self._cases:
            if any(goal.due(asked) for goal in mended):
                continue
            shown = [goal for goal in left if asked.wrong and shows(asked, goal)]
            if shown and len(found) < ROUNDS - 1:
                found.append((asked, shown))
                left = [goal for goal in left if goal not in shown]
        return found

    def _try(self, edits: tuple[Edit, ...]) -> None:
        lines = lines_of(edits)
        if self.found:
            if cost(edits) > self.found[0].cost + ALSO:
                self.over = True
                return
            if any(lines & set(found.lines) for found in self.found):
                return
            if any(begin < line <= end for line in lines for begin, end in self._without):
                return
        self._tries += 1
        answer = self._trials.with_edits(edits)
        if answer is None or (WHOLE in self._aims and self._mends(answer, edits)):
            return
        reached = self._trials.right_now(answer, self._trials.pivot)
        if not (self.found or self._but):
            self._steps.note(edits)
        for goal in self._parts(edits) if reached else ():
            if self._reaches(answer, goal):
                wrong = [asked for asked in self._cases if self._trials.shows(asked, goal)]
                found = self._finding(edits, self._share(goal, wrong), goal)
                self.parts.setdefault(goal, []).append(found)

    def _mends(self, answer: Callable, edits: tuple[Edit, ...]) -> bool:
        """Whether it makes all right; what makes most right is kept as well."""
        repaired, wrong = self._repaired(answer), sum(asked.wrong for asked in self._cases)
        if repaired == wrong and self._trials.right_elsewhere(answer):
            self.found.append(self._finding(edits, repaired))
            if edits[0].kind == "statement too much":  # and so is what stands in it
                statement = edits[0].statement
                self._without.append((statement.lineno, statement.end_lineno or 0))
            return True
        if repaired and repaired < wrong and self.partial is None:
            self.partial = self._finding(edits, repaired)
        return False

    def _repaired(self, answer: Callable) -> int:
        """How many wrong cases become right; 0: too few, or a right one goes wrong."""
        wrong = sum(asked.wrong for asked in self._cases)
        missed = 0
        for i, asked in enumerate(self._cases):
            if not self._trials.right(answer, asked):
                missed += 1
                if i == 0 or not asked.wrong or missed > (1 - PARTIAL) * wrong:
                    return 0
        return wrong - missed

    def _parts(self, edits: tuple[Edit, ...]) -> Iterator[Goal]:
        """The parts for which it is worth a look, beside what is found for them already."""
        lines = lines_of(edits)
        for goal in () if self.found or doubtful(edits) else self._aims:
            found = self.parts.get(goal, [])
            dear = found and cost(edits) > found[0].cost + ALSO
            if goal.group[-1:].isdigit() and any(edit.kind in OFFSETS for edit in edits):
                continue
            if goal != WHOLE and not dear and not any(lines & set(f.lines) for f in found):
                yield goal

    def _reaches(self, answer: Callable, goal: Goal) -> bool:
        """Whether it makes this part right, on more seeds, too, and nothing else wrong."""
        trials = self._trials
        if not trials.shows(trials.pivot, goal) or not trials.keeps(answer, trials.pivot, goal):
            return False
        if not all(trials.keeps(answer, asked, goal) for asked in self._cases):
            return False
        if not all(trials.keeps(answer, asked, goal) for asked in trials.others()):
            return False
        return convincing(goal, [asked for asked in self._cases if trials.shows(asked, goal)])

    def _share(self, goal: Goal, repaired: list[Asked]) -> int:
        """How many wrong cases that is worth: of one that is repaired by half, the half."""
        before = self._trials.before
        wrong = [asked for asked in self._cases if asked.wrong]
        points = sum(len(items(asked) - before(asked)) for asked in wrong)
        won = sum(len(goal.due(asked) - before(asked)) for asked in repaired)
        return max(1, len(wrong) * won // points)

    def _finding(self, edits: tuple[Edit, ...], repaired: int, goal: Goal = WHOLE) -> Found:
        self._undo()
        edit, source = edits[0], self._program.source
        was, would, at = seen(self._program, edit, self._trials.first)
        kind, place = edit.kind, (*quoted(edit, source, bool(was and would)), part_of(edit, source))
        if other := next((e for e in edits if e.key != edit.key), None):
            names = (ast.get_source_segment(source, e.code) or "" for e in (edit, other) if e.code)
            kind, place = "exchanged", (next(names), "", "", next(names))
        lines = tuple(dict.fromkeys(edit.line for edit in edits))
        wrong = sum(asked.wrong for asked in self._cases)
        return Found(
            *(lines, kind, edit.role, *place),
            *(cost(edits), was, would, at, self._trials.pivot.case.name, repaired, wrong),
            *(goal.group, goal.item),
        )
