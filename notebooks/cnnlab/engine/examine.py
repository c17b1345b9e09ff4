"""Examine an answer: call it on every case, compare, and name the mistake.

The same examination serves the student's ``check`` and the grader. They differ
in where the answer runs: the student's is a plain function, the grader's a
stand-in whose ``outcome`` method asks the sandbox.
"""

from __future__ import annotations

import dataclasses
import inspect
import itertools
from collections.abc import Callable
from typing import Any

from .calling import outcomes_of
from .causes import IN_ALL, find
from .exercise import EXERCISES, Case, Exercise, Outcome, StandIn
from .foreign import foreign, message, used_by
from .kept import VISIBLE
from .problems import problem_of
from .verdict import Findings, Known, Report, Result


def examine(
    exercise: Exercise,
    answer: Any,
    seed: int = 0,
    *,
    hidden: bool = False,
    seconds: float | None = None,
    known: Known | None = None,
    worth: float | None = None,
    training: Callable[[], object] = lambda: None,
    search: float = IN_ALL,
    meanwhile: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Call ``answer`` on all cases of ``seed``, compare with the oracle, name the mistakes.

    The last cases may train, which takes its time: a student's answer comes to them when it gets
    the others right, after ``training`` has been called. Hidden cases count, so none of them waits.

    known: what has been computed for this exercise and seed already, for other answers.
    worth: what a right answer earns, if that is not what is declared.
    search: seconds that the answer's own source may be searched for its mistake; 0: it is not.
    meanwhile: gets the report as it stands when that takes longer than a moment.
    """
    known = known or Known(exercise, seed)
    asks = _Asks(exercise, answer, seed, seconds or exercise.seconds, known)
    count = len(known.cases)
    last = count if hidden or isinstance(answer, StandIn) else count - _training(known.cases)
    results = asks.results(range(last))
    if last < count and not any(r.problem for r in results):
        training()
        results += asks.results(range(last, count))
    waiting = known.cases[len(results) :] if len(results) >= last else []
    report = Report(exercise, seed, results, Findings(), hidden, worth, waiting)
    if report.status == "incorrect":
        bare = report
        found = find(
            *(results, known, exercise, answer),
            seed=seed,
            seconds=0.0 if hidden else search,
            wrong_ones_called=lambda: wrong_ones_called(answer, exercise),
            meanwhile=lambda f: meanwhile(dataclasses.replace(bare, findings=f)),
        )
        report = dataclasses.replace(report, findings=found)
    return report


def wrong_ones_called(answer: Any, exercise: Exercise) -> tuple[str, ...]:
    """The answers to other exercises that an answer calls and that are not right, by name."""
    if isinstance(answer, StandIn):
        return answer.wrong_ones_called()
    called = dict(filter(None, map(_answer_to, used_by(answer))))
    called.pop(exercise.name, None)
    return tuple(name for name, theirs in called.items() if _is_wrong(EXERCISES[name], theirs))


def _answer_to(used: Any) -> tuple[str, Callable] | None:
    """(name, answer) if this is the student's answer to an exercise, by whatever name it goes."""
    if isinstance(used, Exercise):
        return (used.name, used.answer) if used.answer else None
    name = getattr(used, "__name__", None)
    one = EXERCISES.get(name) if isinstance(name, str) else None
    if one is None or not callable(used) or getattr(used, "__module__", "") != "__main__":
        return None
    # A helper of the same name may be something else altogether.
    same = used is one.answer or _parameters(used) == [*one.signature.parameters]
    return (one.name, used) if same else None


def _parameters(function: Callable) -> list[str]:
    try:
        return [*inspect.signature(function).parameters]
    except (TypeError, ValueError):  # whoever made it up
        return []


def _is_wrong(exercise: Exercise, answer: Callable) -> bool:
    """Whether it is known to be wrong. What would have to train for that is not asked."""
    known = Known(exercise, VISIBLE)
    if any(case.draws and case.judge for case in known.cases):
        return False
    asks = _Asks(exercise, answer, VISIBLE, exercise.seconds, known)
    results = asks.results(range(len(known.cases)))
    return Report(exercise, VISIBLE, results).status == "incorrect"


def _training(cases: list[Case]) -> int:
    """How many cases at the end train; 0 if all do, for then there is nothing to ask before."""
    trains = [bool(case.draws and case.judge) for case in cases]
    return 0 if all(trains) else len(list(itertools.takewhile(bool, reversed(trains))))


@dataclasses.dataclass
class _Asks:
    """An answer, and what is to be compared with."""

    exercise: Exercise
    answer: Any
    seed: int
    seconds: float
    known: Known

    def results(self, among: range) -> list[Result]:
        """What came of these cases, and what is wrong with it."""
        outcomes = self._outcomes(among)
        if not self.exercise.signature.parameters and all(o.value is None for o in outcomes):
            outcomes = [Outcome("not filled in")]  # a value exercise starts as None
        results = []
        for i, got in zip(among, outcomes, strict=False):
            case = self.known.cases[i]
            # Where a judge decides there is no single right value to ask for.
            good = Outcome("returned") if case.judge else self.known.right[i]
            results.append(Result(case, good.value, got, problem_of(case, good, got)))
        return results

    def _outcomes(self, among: range) -> list[Outcome]:
        cases = self.known.cases[among.start : among.stop]
        if isinstance(self.answer, StandIn):
            return [self.answer.outcome(case) for case in cases]
        if used := foreign(self.answer, self.exercise.numpy_only):
            return [Outcome("forbidden", message=message(used)) for _ in cases]
        return outcomes_of(self.answer, self.exercise, self.seed, self.seconds, among)
