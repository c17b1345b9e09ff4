"""Examine an answer: call it on every case, compare, and name the mistake.

The same examination serves the student's ``check`` and the grader. They differ
in where the answer runs: the student's is a plain function, the grader's a
stand-in whose ``outcome`` method asks the sandbox.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from .calling import outcomes_of
from .causes import IN_ALL, find
from .exercise import Exercise, Outcome, StandIn
from .foreign import foreign, message
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
    search: float = IN_ALL,
    meanwhile: Callable[[Report], None] = lambda report: None,
) -> Report:
    """Call ``answer`` on all cases of ``seed``, compare with the oracle, name the mistakes.

    known: what has been computed for this exercise and seed already, for other answers.
    worth: what a right answer earns, if that is not what is declared.
    search: seconds that the answer's own source may be searched for its mistake; 0: it is not.
    meanwhile: gets the report as it stands when that takes longer than a moment.
    """
    known = known or Known(exercise, seed)
    used = "" if isinstance(answer, StandIn) else foreign(answer, exercise.numpy_only)
    if used:
        outcomes = [Outcome("forbidden", message=message(used)) for _ in known.cases]
    elif isinstance(answer, StandIn):
        outcomes = [answer.outcome(case) for case in known.cases]
    else:
        outcomes = outcomes_of(answer, exercise, seed, seconds or exercise.seconds)
    if not exercise.signature.parameters and all(o.value is None for o in outcomes):
        outcomes = [Outcome("not filled in")]  # a value exercise starts as None
    results = []
    for i, got in enumerate(outcomes):
        case = known.cases[i]
        # Where a judge decides there is no single right value to ask for.
        good = Outcome("returned") if case.judge else known.right[i]
        results.append(Result(case, good.value, got, problem_of(case, good, got)))
    report = Report(exercise, seed, results, Findings(), hidden, worth)
    if report.status == "incorrect":
        own = None if isinstance(answer, StandIn) else answer
        bare = report
        found = find(
            *(results, known, exercise, own),
            seconds=0.0 if own is None or hidden else search,
            meanwhile=lambda f: meanwhile(dataclasses.replace(bare, findings=f)),
        )
        report = dataclasses.replace(report, findings=found)
    return report
