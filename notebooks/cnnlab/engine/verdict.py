"""The verdict on an answer: what is wrong with each case, and the points.

Below the examination and the search for causes, which both need it.
"""

from __future__ import annotations

import dataclasses
import functools
import time
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .calling import call
from .comparing import Problem
from .exercise import Case, Exercise, Mistake, Outcome

MIME = "application/vnd.cnnlab.report+json"
"""The type of a report's data (``Report.as_data``) in the output of a cell."""

STATUSES = ("not attempted", "incorrect", "correct")
"""What can be said of an answer, worst first."""


def worst(statuses: Iterable[str]) -> str:
    """The status of an exercise that has been examined several times: the worst; "" of none."""
    return min(statuses, key=STATUSES.index, default="")


@dataclasses.dataclass(frozen=True)
class Result:
    """One case: what was asked, what came of it, and the problem if there is one."""

    case: Case
    expected: Any
    outcome: Outcome
    problem: Problem | None


@dataclasses.dataclass(frozen=True)
class Cause:
    """A known mistake that does what the answer does, and how far that goes.

    explains: the numbers of the wrong cases in which it does; of: how many wrong cases there are.
    shown_by: the number of a case that is evidence for it, the simplest.
    parted: the number of a case that would part it from the other one of "one of these two".
    """

    mistake: Mistake
    explains: tuple[int, ...]
    of: int
    shown_by: int
    parted: int | None = None

    @property
    def name(self) -> str:
        return self.mistake.name

    @property
    def advice(self) -> str:
        return self.mistake.advice


@dataclasses.dataclass(frozen=True)
class Explanation:
    """What was found out about one answer by trying, without a known mistake.

    part: how it was found: "repair" (a small edit of the answer makes it right), "parameter" (the
        right answer does the same, if it is asked for something else), "static" (it is seen in the
        source), "relation" (what is right becomes what the answer gives) or "another answer" (it
        calls one that is not right).
    sentence: for the student. kind, role: what kind of edit or change, and of what.
    lines: where, if a place is known. shown_by: the number of the case that shows it.
    explains, of: how many wrong cases it explains, and how many there are.
    """

    part: str
    sentence: str
    kind: str
    role: str
    shown_by: int
    explains: int
    of: int
    lines: tuple[int, ...] = ()

    @property
    def place(self) -> str:
        """Where it is, in a sentence."""
        *others, last = map(str, sorted(self.lines))
        return (
            f"Look at lines {', '.join(others)} and {last}." if others else f"Look at line {last}."
        )

    @property
    def name(self) -> str:
        """A few words, such as "line 7: reversal too much"."""
        return f"line {self.lines[0]}: {self.kind}" if self.lines else f"{self.role}: {self.kind}"


@dataclasses.dataclass(frozen=True)
class Findings:
    """Why an answer is wrong, as far as is known.

    causes: what does the same as the answer; several explain one part each of what is wrong.
    explanation: what was found by trying; beside causes, the place of what they say.
    either: the two causes have the same evidence, so it is one of them.
    perhaps: a mistake that does the same here and there, which is no more than a hint.
    certain: sentences that are true whatever the reason; seen: the first is a fact of the source.
    """

    causes: tuple[Cause, ...] = ()
    either: bool = False
    perhaps: Cause | None = None
    explanation: Explanation | None = None
    certain: tuple[str, ...] = ()
    seen: bool = False


@dataclasses.dataclass(frozen=True)
class Report:
    """The examination of one answer.

    status: one of STATUSES. An answer that raises NotImplementedError for some arguments only has
        been attempted; a stub that says no to wrong ones has not.
    findings: why it is wrong, as far as is known.
    points: what is earned; max_points: what could be.
    hidden: nothing of the inputs may be shown.
    worth: what a right answer earns in this course, if that is not what is declared.
    waiting: cases that train, and so wait until the others are right.
    """

    exercise: Exercise
    seed: int
    results: list[Result]
    findings: Findings = Findings()
    hidden: bool = False
    worth: float | None = None
    waiting: list[Case] = dataclasses.field(default_factory=list)

    @property
    def causes(self) -> list[Cause | Explanation]:
        """What explains the answer, as far as it is sure: known mistakes, else what was tried."""
        found = self.findings
        tried = [found.explanation] if found.explanation else []
        return [*found.causes] or [*tried]

    @property
    def max_points(self) -> float:
        # As declared where both are equal: a gradebook's 3.0 must not replace a 3 in reports.
        declared = self.exercise.points
        return declared if self.worth is None or self.worth == declared else self.worth

    @property
    def status(self) -> str:
        """The verdict in a word, one of STATUSES."""
        asked = [r for r in self.results if not r.case.raises] or self.results
        if all(r.outcome.status == "not filled in" for r in asked):
            return "not attempted"
        return "incorrect" if self.wrong else "correct"

    @property
    def wrong(self) -> list[Result]:
        """The cases that are not right."""
        return [r for r in self.results if r.problem]

    @property
    def points(self) -> float:
        """Points for each case that is right; none unless some value is right.

        Saying no to wrong arguments earns nothing by itself (the stub may hand
        those lines out), and a refused shortcut earns nothing at all.
        """
        right = [r for r in self.results if not r.problem]
        refused = any(r.outcome.status == "forbidden" for r in self.results)
        if refused or not any(not r.case.raises for r in right):
            return 0.0
        asked = [*(r.case for r in self.results), *self.waiting]
        share = sum(r.case.weight for r in right) / sum(case.weight for case in asked)
        return float(np.floor(100 * self.max_points * share + 1e-9) / 100)

    def _found(self) -> dict[str, Any] | None:
        """What was found by trying, without the student's own words."""
        found = self.findings.explanation
        return found and {"part": found.part, "kind": found.kind, "role": found.role}

    def as_data(self) -> dict[str, Any]:
        """What the grader keeps of it: JSON, and nothing of the inputs."""
        return {
            "exercise": self.exercise.name,
            "status": self.status,
            "points": self.points,
            "max_points": self.max_points,
            "causes": [m.name for m in self.findings.causes],
            "found": self._found(),
            "cases": [
                {"name": r.case.name, "problem": r.problem.kind if r.problem else None}
                for r in self.results
            ],
            "seed": self.seed,
        }


class Known:
    """What our own functions give on the cases of a seed, each computed once, when it is needed.

    It lasts for one examination, or for many: the grader asks everybody the same. No answer
    gets hold of anything in it.
    """

    def __init__(self, exercise: Exercise, seed: int):
        self.cases = exercise.draw(seed)
        self.right = Variant(exercise, exercise.reference, seed)
        self.mistakes = [
            (m, Variant(exercise, functools.partial(m.function, exercise.reference), seed))
            for m in exercise.mistakes
        ]


class Variant:
    """One of our own functions, the oracle or a mistake; ``[i]`` is its outcome for case i.

    seconds: of computing, what each outcome took.
    """

    def __init__(self, exercise: Exercise, function: Callable, seed: int):
        self._exercise, self._function, self._seed = exercise, function, seed
        self._outcomes: dict[int, Outcome] = {}
        self.seconds: dict[int, float] = {}

    @functools.cached_property
    def _cases(self) -> list[tuple[Case, Case]]:
        """Each case twice: as it is given, and to see whether that was changed."""
        draw = self._exercise.draw
        return list(zip(draw(self._seed), draw(self._seed), strict=True))

    def __getitem__(self, i: int) -> Outcome:
        # In order, as an answer is called: what one call changes may be another one's argument.
        for j in range(i + 1) if i not in self._outcomes else ():
            if j not in self._outcomes and (j == i or not self._long(j)):
                self._compute(j)
        return self._outcomes[i]

    def _long(self, i: int) -> bool:
        """Whether a case trains: it is called only when it is asked for."""
        case = self._cases[i][0]
        return bool(case.draws and case.judge)

    def _compute(self, i: int) -> None:
        started = time.thread_time()
        with warnings.catch_warnings():  # a wrong variant's overflow is not the student's
            warnings.simplefilter("ignore")
            self._outcomes[i] = call(self._function, *self._cases[i], self._exercise, None)
        self.seconds[i] = time.thread_time() - started
        if len(self._outcomes) == len(self._cases):
            del self._cases
