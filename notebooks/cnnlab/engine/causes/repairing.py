"""Ask for the small edit of a student's own source that makes all cases right."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import time
from typing import Any

from ..calling import fence, guarded, rows_of
from ..exercise import Exercise, Outcome, StandIn
from ..repair.beside import Forked, Here, begin
from ..repair.candidates import as_it_was, outcome
from ..repair.goals import Asked, Found, goals
from ..repair.program import NotSearched, Program
from ..repair.said import Results, understood
from ..repair.search import Search
from ..repair.wording import sentence
from ..verdict import Explanation, Known, Result
from .groups import groups
from .parts import TRIED, chosen, told
from .simple import size

UNSEARCHED = ("changed", "dtype", "no error")
"""Problems whose sentence says all: any edit that makes a fresh array would "repair" them."""

NEVER = ("forbidden", "not filled in", "died")

SLOW = 0.06
"""A case that takes the right answer so many seconds trains, and is left out."""

MORE_SEEDS = (1, 2)
"""What makes every visible case right has to be right on these, too."""


@dataclasses.dataclass(frozen=True)
class Repairs:
    """What has been found. sure: it explains all; part: a part of it; perhaps: it is just a hint.

    two: two edits together explain all.
    over: nothing more will be found.
    """

    sure: Explanation | None = None
    part: Explanation | None = None
    perhaps: Explanation | None = None
    two: Explanation | None = None
    over: bool = True


class There:
    """A search where the answer is; it is over when that has been asked."""

    def __init__(self, answer: StandIn, cases: list[Asked], more: list[Asked], seconds: float):
        self._ask = functools.partial(answer.search, cases, more, seconds)
        self._known = {asked.case.name for asked in cases}, goals(cases)

    def wait(self, until: float) -> Results:
        """What has been found, at the end."""
        return understood(self._ask(), *self._known)

    def stop(self) -> None:
        """There is nothing to stop."""


@dataclasses.dataclass
class Searching:
    """A search that is going on. everything: no case is left out because it trains."""

    running: Here | Forked | There
    results: list[Result]
    exercise: Exercise
    everything: bool

    def wait(self, until: float) -> Repairs:
        """What has been found at this moment (of ``time.monotonic``), or at the end."""
        found = self.running.wait(until)
        if not found.over:
            return Repairs(over=False)
        sure = [f for f in found.found if f.role != "condition"]
        if sure:
            return Repairs(self._explanation(sure))
        hints = found.found or ([found.partial] if found.partial else [])
        return Repairs(
            part=self._of_parts(found.parts),
            two=self._of_two(found.two) if found.two else None,
            perhaps=self._explanation(hints) if hints else None,
        )

    def stop(self) -> None:
        self.running.stop()

    def _explanation(self, found: list[Found]) -> Explanation:
        said = sentence(found, self._good(found[0]))
        return self._explained(found, said, found[0].repaired)

    def _good(self, found: Found) -> str:
        """How far an edit goes."""
        wrong = _due(self.results)
        if found.repaired < found.of:
            return f"{found.repaired} of the {found.of} wrong cases would be right"
        if found.of < len(wrong) or not self.everything:  # what trains was not tried
            return "all cases that were tried would be right"
        if len(wrong) == sum(r.problem is not None for r in self.results):
            return "all cases would be right"
        return "all cases that ask for a value would be right"

    def _of_parts(self, found: list[Found]) -> Explanation | None:
        """What makes a part right, or two parts."""
        wrong = _due(self.results)
        parts = chosen(found, wrong, self.exercise)
        if not parts:
            return None
        tried = "" if self.everything else TRIED
        said = told(parts, wrong, self.exercise, tried)
        repaired = sum(several[0].repaired for several in parts)
        return self._explained([f for several in parts for f in several], said, repaired)

    def _of_two(self, found: list[Found]) -> Explanation:
        """What two edits do together: each mends one of two mistakes."""
        good = self._good(found[1])
        said = (
            f"There are two mistakes. {sentence(found[:1], 'one of them would be gone')} "
            f"{sentence(found[1:], f'{good}, once the other mistake is gone')}"
        )
        return self._explained(found, said, found[1].repaired)

    def _explained(self, found: list[Found], said: str, repaired: int) -> Explanation:
        first, wrong = found[0], len(_due(self.results))
        shown = next(i for i, r in enumerate(self.results) if r.case.name == first.case)
        return Explanation(
            *("repair", said, first.kind, first.role),
            *(shown, min(repaired, wrong), wrong),
            tuple(dict.fromkeys(line for f in found for line in f.lines)),
        )


def _due(results: list[Result]) -> list[Result]:
    """The wrong cases, without what is refused for a reason: that is a slip of its own."""
    wrong = [r for r in results if r.problem]
    return [r for r in wrong if not r.case.raises] or wrong


def searching(
    results: list[Result],
    known: Known,
    exercise: Exercise,
    answer: Any,
    seconds: float,
    fenced: bool = True,
) -> Searching | None:
    """Begin to search for a repair; None: there is nothing to search for, or in.

    fenced: what is ready-made is refused.
    """
    kinds = [r.problem.kind if r.problem else "" for r in results]
    due = [i for i, r in enumerate(results) if r.problem and not r.case.raises]
    first = due or [i for i, r in enumerate(results) if r.problem]
    if not first or kinds[first[0]] in UNSEARCHED or set(kinds) & set(NEVER):
        return None
    asked = [
        i
        for i, r in enumerate(results)
        if kinds[i] not in UNSEARCHED
        # What is refused for a reason is a slip of its own, as long as a value is wrong, too.
        and not (due and r.problem and r.case.raises)
    ]
    tried = [i for i in asked if not _trains(results[i], known.right.seconds.get(i, 0), exercise)]
    if not any(kinds[i] for i in tried):
        return None
    tried.sort(key=lambda i: size(results[i]))  # what is simple is quick, and easy to read
    cases = [
        Asked(
            *(results[i].case, right(results[i], known, i), bool(kinds[i])),
            groups(results[i].case, exercise),
        )
        for i in tried
    ]
    if isinstance(answer, StandIn):
        running = _there(answer, exercise, cases, seconds)
    else:
        running = _here(answer, exercise, cases, seconds, fenced)
    everything = len(tried) == len(asked) and len(results) == len(known.cases)
    return Searching(running, results, exercise, everything) if running else None


def _there(answer: StandIn, exercise: Exercise, cases: list[Asked], seconds: float) -> There | None:
    """The search where a stand-in's answer is. What a judge decides is not asked there."""
    asked = [a for a in cases if not a.case.judge]
    if len(asked) < len(cases):
        return None
    return There(answer, asked, _more(exercise, asked), seconds)


def _here(
    answer: Any, exercise: Exercise, cases: list[Asked], seconds: float, fenced: bool
) -> Here | Forked | None:
    """The search for an answer of this process."""
    try:
        program = Program.of(
            answer, exercise.name, rows_of, lambda candidate: guarded(candidate, exercise)
        )
    except NotSearched:
        return None
    more = functools.partial(_more, exercise, cases)
    around = functools.partial(fence, exercise) if fenced else contextlib.nullcontext
    return begin(Search(program, cases, more, around), seconds)


def right(result: Result, known: Known, i: int) -> Outcome:
    """What is right in a case; where a judge decides there is no single value."""
    return Outcome("returned") if result.case.judge else known.right[i]


def _trains(result: Result, seconds: float, exercise: Exercise) -> bool:
    """Whether a case is too slow, or too much a matter of luck, to be asked a thousand times.

    seconds: what it took the right answer, which may have been its first call: that is slow, too.
    """
    if result.case.draws and result.case.judge:
        return True
    if seconds <= SLOW:
        return False
    begun = time.thread_time()
    with as_it_was():
        outcome(exercise.reference, result.case)
    return time.thread_time() - begun > SLOW


def _more(exercise: Exercise, cases: list[Asked]) -> list[Asked]:
    """The same cases of more seeds, with what is right in them."""
    names = {asked.case.name for asked in cases}
    return [
        Asked(
            *(case, Outcome("returned") if case.judge else known.right[i], False),
            groups(case, exercise),
        )
        for known in (_known(exercise, seed) for seed in MORE_SEEDS)
        for i, case in enumerate(known.cases)
        if case.name in names
    ]


@functools.lru_cache(maxsize=100)
def _known(exercise: Exercise, seed: int) -> Known:
    """What is right on the cases of a seed: once for all who ask."""
    return Known(exercise, seed)
