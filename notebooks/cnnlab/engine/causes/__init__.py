"""Why an answer is wrong: a cause is named only if the cases say so, else what is certain.

In this order, the first that holds: a known mistake that explains all wrong cases (under it the
line, if one is found); another answer, which it calls and which is not right; a small edit of the
answer that makes it right; the right answer asked for something else; a known mistake that explains
half; what is seen in the source; how what is right becomes what came back; an edit of a condition,
or one that mends most. An edit that mends a part of what is wrong goes before what explains less.
Facts (a parameter that is never read, what wrong cases have and right ones have not) stand under
all of them.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Any

from ..exercise import Exercise
from ..repair.listing import BY_CHANCE
from ..verdict import Explanation, Findings, Known, Result
from .called import CALLED, called, calls
from .certain import certain, parting
from .effects import MISLAID
from .fact import Fact
from .known import likely
from .parameters import parameter
from .refused import beneath
from .relations import relation
from .repairing import Repairs, searching
from .static import FOR_NOTHING, LOOPS, UNUSED, seen, static

AT_ONCE = 0.25
"""Seconds that a search may take before the report appears."""

IN_ALL = 1.5
"""Seconds that it may take while the report already stands."""


def find(
    results: list[Result],
    known: Known,
    exercise: Exercise,
    answer: Any = None,
    *,
    seed: int = 0,
    seconds: float = 0.0,
    meanwhile: Callable[[Findings], None] = lambda findings: None,
    wrong_ones_called: Callable[[], tuple[str, ...]] = tuple,
) -> Findings:
    """What is known of why an answer is wrong.

    answer: itself, or what stands in for it. seed: of the cases.
    seconds: how long its source may be searched.
    meanwhile: gets what is known so far, if the search takes longer than AT_ONCE.
    wrong_ones_called: names of other answers that it calls and that are not right.
    """
    refused = beneath(results, known, exercise, answer, seed) if seconds else None
    if refused is None:
        asked = _Asked(results, known, exercise, answer)
        return _find(asked, seconds, meanwhile, wrong_ones_called)
    said, shown, values = refused

    def told(findings: Findings) -> Findings:
        named = findings.causes or findings.explanation
        return dataclasses.replace(
            findings, certain=(said + shown * (not named), *findings.certain)
        )

    if not any(result.problem for result in values):
        return told(Findings())
    asked = _Asked(values, known, exercise, answer, fenced=False)
    return told(_find(asked, seconds, lambda f: meanwhile(told(f)), wrong_ones_called))


@dataclasses.dataclass
class _Asked:
    """An answer, and what came of it. fenced: what is ready-made is refused."""

    results: list[Result]
    known: Known
    exercise: Exercise
    answer: Any
    fenced: bool = True


def _find(
    asked: _Asked,
    seconds: float,
    meanwhile: Callable[[Findings], None],
    wrong_ones_called: Callable[[], tuple[str, ...]],
) -> Findings:
    results, known, exercise, answer = asked.results, asked.known, asked.exercise, asked.answer
    begun = time.monotonic()
    others = calls(wrong_ones_called())
    # Of two answers that are wrong the search would mend one so that it makes up for the other.
    seconds = 0.0 if others else seconds
    about = results, known, exercise, answer, seconds, asked.fenced
    search = searching(*about) if seconds else None
    found = likely(results, known)
    named = bool(found.causes) and all(len(c.explains) == c.of for c in found.causes)
    facts = others + static(answer, exercise)
    if not named:
        tried = [
            called(others, results),
            parameter(results, known, exercise),
            seen(facts, results, exercise),
            relation(results),
        ]
        found = _without_repair(found, *tried)
    found = _with_facts(found, facts, results, exercise)
    if search is None:
        return found
    repairs = search.wait(begun + AT_ONCE)
    if not repairs.over and not named:
        meanwhile(found)
        repairs = search.wait(begun + seconds)
    search.stop()
    return _with_facts(_with_repair(found, repairs, named), facts, results, exercise)


def _without_repair(
    found: Findings,
    other: Explanation | None,
    parameter: Explanation | None,
    source: Explanation | None,
    relation: Explanation | None,
) -> Findings:
    """What to say as long as no edit is found."""
    if parameter and parameter.explains == parameter.of and not other:
        return Findings(explanation=parameter)
    if found.causes:
        return found
    best = other or source or parameter or relation
    return Findings(explanation=best) if best else found


def _with_repair(found: Findings, repairs: Repairs, named: bool) -> Findings:
    """The same, once it is known whether an edit is found."""
    sure = repairs.sure
    if sure and named:  # whose advice says what: an edit that happens to do adds where, no more
        place = dataclasses.replace(sure, sentence=sure.place)
        return dataclasses.replace(found, explanation=place)
    tried = found.explanation
    seen = tried is not None and tried.part == "static"
    if sure and not (sure.kind in BY_CHANCE and (found.causes or seen)):
        return dataclasses.replace(found, causes=(), explanation=sure)
    if repairs.two and not named:
        return dataclasses.replace(found, explanation=repairs.two)
    part, hint = repairs.part, repairs.perhaps
    hinted = hint.explains if hint else 0
    if part and not named and part.explains > max(_explained(found), hinted):
        return Findings(explanation=part)
    return Findings(explanation=hint) if hint and not (found.causes or tried) else found


def _explained(found: Findings) -> int:
    """How many wrong cases are explained already."""
    by_mistakes = {i for cause in found.causes for i in cause.explains}
    return max(len(by_mistakes), found.explanation.explains if found.explanation else 0)


def _with_facts(
    found: Findings, facts: list[Fact], results: list[Result], exercise: Exercise
) -> Findings:
    """With what is certain; under an explanation only what says more."""
    tried = found.explanation
    explained = found.causes or (tried and tried.part != "static")
    always = (*UNUSED, *MISLAID, CALLED, LOOPS)
    too_slow = any(r.case.counted and r.problem and r.problem.kind == "judged" for r in results)
    facts = [f for f in facts if f.kind != LOOPS or too_slow]
    told = [f for f in facts if f.kind in always or not explained]
    more = parting(results, exercise) if explained else certain(results, exercise)
    said = [f for f in told if not tried or f.sentence != tried.sentence]
    sentences = tuple(f.sentence for f in said)
    seen = any(f.kind != FOR_NOTHING for f in said)
    return dataclasses.replace(found, certain=(*sentences, *more), seen=seen)
