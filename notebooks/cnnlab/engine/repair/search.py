"""Search for the small edit of a student's own source that makes every case right.

The place and the kind of that edit are the cause. It takes no author and no list of mistakes, and
knows nothing of a solution: what it gives back is a line, a kind, and two values of one expression.

Edits are tried on the first wrong case, cheapest first; what gets it right is run on all cases,
wrong ones first, and then on those of more seeds. An edit may be made in one place, or the same one
in several places at once.

This room stands alone: it is given plain data (source, cases with their right values) and gives
plain data back, so that it also serves where answers are graded.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

from ..case import Case, Outcome
from ..limiting import TimeLimit, time_limit
from ..problems import problem_of
from . import expressions, statements
from .candidates import outcome, seed, silent
from .edits import Edit
from .names import Scope
from .program import CANDIDATE, Program
from .quoting import part_of, quoted
from .seeing import seen
from .slots import slots
from .tracing import Traced, traced

EACH, LEAST, TIMES = 0.15, 0.01, 20
"""Seconds that one call of a candidate may take: so many times what the answer itself takes, within
these bounds. Where a loop decides by itself when to end, many candidates never do."""

WAITING = 0.1
"""What of a second counts in which a candidate does not compute: others use the machine, too."""

AGAIN = 3
"""So many candidates that were cut off are tried once more."""

ALSO = 0.3
"""What costs so little more, in another line, may as well be the cause."""

SEVERAL = 0.4
"""So much more an edit costs if it is made in several places."""

PARTIAL = 0.8
"""A share of the wrong cases that is worth a word, if no right one goes wrong."""


@dataclasses.dataclass(frozen=True)
class Asked:
    """A case, what is right there, and whether the answer is wrong in it."""

    case: Case
    right: Outcome
    wrong: bool


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
        self._todo: list[tuple[Edit, ...]] | None = None
        self._next, self._again = 0, AGAIN
        self._now: tuple[Edit, ...] = ()
        self._fenced, self._each = contextlib.ExitStack(), EACH
        self._without: list[tuple[int, int]] = []
        self.tries = 0
        self.found: list[Found] = []
        self.partial: Found | None = None
        self.over = False

    @property
    def names(self) -> set[str]:
        """The names of the cases."""
        return {asked.case.name for asked in self._cases}

    def run(self, until: float) -> None:
        """Search on, until this moment (of ``time.monotonic``) or the end."""
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
                self.over = True
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
        """See which lines run in the first wrong case, and list the edits of these."""
        edits = edits_of(self._program, self._first)
        started = time.thread_time()
        self._first(self._program.function())
        self._each = min(max(TIMES * (time.thread_time() - started), LEAST), EACH)
        self._todo = sorted([*((e,) for e in edits), *together(edits)], key=_cost)

    def _try(self, edits: tuple[Edit, ...]) -> None:
        cost = _cost(edits)
        lines = tuple(dict.fromkeys(edit.line for edit in edits))
        if self.found:
            if cost > self.found[0].cost + ALSO:
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
        repaired = self._repaired(answer)
        wrong = sum(asked.wrong for asked in self._cases)
        if repaired == wrong and self._right_elsewhere(answer):
            self.found.append(self._finding(edits, lines, repaired, wrong))
            if edits[0].kind == "statement too much":  # and so is what stands in it
                statement = edits[0].statement
                self._without.append((statement.lineno, statement.end_lineno or 0))
        elif repaired and repaired < wrong and self.partial is None:
            self.partial = self._finding(edits, lines, repaired, wrong)

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

    def _right_elsewhere(self, answer: Callable) -> bool:
        """Whether it is right on cases of more seeds, too."""
        if self._checks is None:
            self._limit.renew(10.0)
            self._fenced.close()  # the right answer may use what the student may not
            self._checks = self._more()
            self._fenced.enter_context(self._fence())
        return all(self._right(answer, asked) for asked in self._checks)

    def _right(self, answer: Callable, asked: Asked) -> bool:
        self._limit.renew(self._each if asked is self._cases[0] else EACH)
        return problem_of(asked.case, asked.right, self._called(answer, asked)) is None

    def _first(self, answer: Callable) -> Outcome:
        """What comes of the first wrong case."""
        return self._called(answer, self._cases[0])

    def _called(self, answer: Callable, asked: Asked) -> Outcome:
        seed()
        return outcome(answer, asked.case)

    def _finding(
        self, edits: tuple[Edit, ...], lines: tuple[int, ...], repaired: int, wrong: int
    ) -> Found:
        self._undo()
        edit, source = edits[0], self._program.source
        was, would, at = seen(self._program, edit, self._first)
        kind, place = edit.kind, (*quoted(edit, source, bool(was and would)), part_of(edit, source))
        if other := next((e for e in edits if e.key != edit.key), None):
            names = (ast.get_source_segment(source, e.code) or "" for e in (edit, other) if e.code)
            kind, place = "exchanged", (next(names), "", "", next(names))
        return Found(
            *(lines, kind, edit.role, *place),
            *(_cost(edits), was, would, at, self._cases[0].case.name, repaired, wrong),
        )


def _cost(edits: tuple[Edit, ...]) -> float:
    """What is tried first."""
    return max(edit.cost for edit in edits) + SEVERAL * (len(edits) > 1)


def edits_of(program: Program, call: Callable[[Callable], Any]) -> list[Edit]:
    """All edits of the lines that run when the answer is called, the cheapest first."""
    return sorted(_edits(program, traced(program, call)), key=lambda edit: edit.cost)


def _edits(program: Program, seen: Traced) -> Iterator[Edit]:
    """All edits of the lines that ran."""
    for function, scope in _functions(program, seen):
        for statement in _inside(function):
            if statement.lineno in seen.lines or statement is function:
                for slot in slots(statement):
                    yield from expressions.edits_of(slot, scope)
            for field in ("body", "orelse"):
                if isinstance(getattr(statement, field, None), list):
                    for edit in statements.edits_of(statement, field, scope):
                        if edit.statement.lineno in seen.lines:
                            yield edit


def _functions(program: Program, seen: Traced) -> Iterator[tuple[ast.FunctionDef, Scope]]:
    """Each function and method of which a line ran, and what is known of its names."""
    own = {s.name for s in program.tree.body if hasattr(s, "name")}  # type: ignore[attr-defined]
    for definition in program.tree.body:
        among = definition.body if isinstance(definition, ast.ClassDef) else [definition]
        of_self = [
            node.attr
            for node in ast.walk(definition)
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        ]
        for function in among:
            if isinstance(function, ast.FunctionDef):
                lines = range(function.lineno, (function.end_lineno or 0) + 1)
                if any(line in seen.lines for line in lines):
                    yield function, seen.scope(function, program, own, list(dict.fromkeys(of_self)))


def _inside(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    """A function, and all statements in it."""
    return (node for node in ast.walk(function) if isinstance(node, ast.stmt))


def together(edits: list[Edit]) -> Iterator[tuple[Edit, ...]]:
    """The same edit in several places at once."""
    groups: dict[tuple, list[Edit]] = {}
    for edit in edits:
        if edit.key is not None:
            groups.setdefault(edit.key, []).append(edit)
    for group in groups.values():
        if _of_places(group):
            yield tuple(group)
    for key, group in groups.items():  # a for b, and b for a
        kind, *exchanged = key
        other = groups.get((kind, *exchanged[::-1]))
        if kind in ("name", "string") and other and exchanged == sorted(exchanged):
            pairs = itertools.product(group, other)
            yield from (pair for pair in pairs if pair[0].statement is pair[1].statement)
            if _of_places([*group, *other]):
                yield (*group, *other)


def _of_places(group: list[Edit]) -> bool:
    """Whether these are edits of several places, one each."""
    return 2 <= len(group) <= 12 and len({id(edit.code) for edit in group}) == len(group)
