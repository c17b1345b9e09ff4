"""Is the answer the right one to another question: for another padding, the stride left out?

The right answer is asked live, wrapped at the call, so that probes work, too. It needs no source.
"""

from __future__ import annotations

import inspect
import time
import warnings
from typing import Any

from ..comparing import numbers
from ..exercise import Exercise, Outcome
from ..limiting import TimeLimit, time_limit
from ..repair.candidates import as_it_was, outcome
from ..repair.seeing import short
from ..verdict import Explanation, Known, Result
from .known import contradicts, same, speaks
from .simple import simplest
from .variants import Arguments, Variant, variants

SECONDS = 0.3
"""So long are variants tried."""

SLOW = 0.02
"""An oracle that takes so long in the first wrong case is not asked a hundred times."""


def parameter(results: list[Result], known: Known, exercise: Exercise) -> Explanation | None:
    """The first variant that does what the answer does in all wrong cases, else in most."""
    due = [i for i, r in enumerate(results) if r.problem and not r.case.raises]
    if not due or not speaks(results[due[0]]) or results[due[0]].case.judge:
        return None
    if (problem := results[due[0]].problem) is None or problem.kind not in ("values", "shape"):
        return None
    if known.right.seconds.get(due[0], 0) > SLOW:
        return None
    best: Explanation | None = None
    try:
        with as_it_was(), time_limit(SECONDS), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ends = time.monotonic() + SECONDS
            for variant in variants(exercise, _arguments(results, exercise)):
                found = _Tried(variant, exercise).explains(results, due)
                if found and found.explains == found.of:
                    return found
                best = best or found
                if time.monotonic() > ends:
                    break
    except TimeLimit:
        pass
    return best


class _Tried:
    """A variant as an answer of its own."""

    def __init__(self, variant: Variant, exercise: Exercise):
        self._variant, self._exercise = variant, exercise
        self._asked: Any = None
        self._used: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = self._exercise.signature.bind(*args, **kwargs)
        given.apply_defaults()
        arguments: Arguments = dict(given.arguments)
        self._asked = arguments.get(self._variant.role)
        finish = self._variant.change(arguments)
        self._used = arguments.get(self._variant.role)
        result = self._exercise.reference(**arguments)
        return finish(result) if finish else result

    def explains(self, results: list[Result], due: list[int]) -> Explanation | None:
        """What to say, if it does the same in the first wrong case, and nothing else wrong."""
        if not self._same(results[due[0]]):
            return None
        explained = [i for i in due if self._same(results[i])]
        if 2 * len(explained) < len(due) or not _rich(explained, results):
            return None
        right = [r for r in results if not r.problem and not r.case.raises and not r.case.draws]
        if any(contradicts(r, self._outcome(r)) for r in right):
            return None
        shown = simplest(results, [i for i in explained if speaks(results[i])])
        self._outcome(results[shown])
        return Explanation(
            *("parameter", self._sentence(len(explained), len(due)), self._variant.kind),
            *(self._variant.role, shown, len(explained), len(due)),
        )

    def _outcome(self, result: Result) -> Outcome:
        return outcome(self, result.case)

    def _same(self, result: Result) -> bool:
        got = self._outcome(result)
        return got.status == "returned" and same(result, got)

    def _sentence(self, explains: int, of: int) -> str:
        role, asked, used = self._variant.role, short(self._asked), short(self._used)
        how_far = f" (in {explains} of the {of} wrong cases)" if explains < of else ""
        if self._variant.words:
            return f"You get what is right for {self._variant.words}{how_far}."
        if asked and used:
            more = {"ignored": f" Is `{role}` put to use?"}.get(self._variant.kind, "")
            told = f"You get what is right for {role} = {used} although {asked} was asked for"
            return f"{told}{how_far}.{more}"
        return f"You get what is right without `{role}`{how_far}. Is it put to use?"


def _rich(explained: list[int], results: list[Result]) -> bool:
    """Whether equal values can be no coincidence: two cases, and several different numbers."""
    values = [numbers(results[i].outcome.value) or set() for i in explained if speaks(results[i])]
    return len(values) >= 2 and len(set().union(*values)) >= 4


def _arguments(results: list[Result], exercise: Exercise) -> list[Arguments]:
    """The arguments of each case by name; of one with a probe, those that are named alike."""
    found = []
    for result in results:
        names = list(exercise.signature.parameters)
        if result.case.probe:
            names = list(inspect.signature(result.case.probe).parameters)[1:]
        given = dict(zip(names, result.case.args, strict=False)) | result.case.kwargs
        given = {n: v for n, v in given.items() if n in exercise.signature.parameters}
        if result.case.probe is None:
            for name, parameter in exercise.signature.parameters.items():
                if parameter.default is not parameter.empty:
                    given.setdefault(name, parameter.default)
        if not result.case.raises and given:
            found.append(given)
    return found or [{}]
