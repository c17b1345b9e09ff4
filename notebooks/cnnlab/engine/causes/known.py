"""Known mistakes: which of them does just what the answer does, and how far.

The rule: a mistake is named if it does the same as the answer in the first wrong case and in at
least half of all wrong ones, and goes wrong in no case that the answer gets right. (Chosen on
wrong answers that others wrote: it keeps 19 true names of 20 and drops 22 of 24 false ones.) Not
counted as evidence is what many mistakes share: an exception, output without content, a judge's
general sentence. Only a symptom, which says no more than that, may rest on it, if it explains all;
and it is the same where it gives the same wrong shape, whatever stands in it.
"""

from __future__ import annotations

import dataclasses
import re

from ..comparing import General, difference
from ..exercise import Case, Mistake, Outcome
from ..meaning import TYPES
from ..problems import problem_of
from ..verdict import Cause, Findings, Known, Result, Variant
from .simple import simplest
from .trivial import says_nothing

OWN = r"\d+|(?<=local variable )'\w+'"
"""What in an exception's text is the answer's own: numbers, and what a variable is called."""

CLOSE = 1e-6
"""So near two wrong values have to be to be the same: one may be rounded, as in float32."""


def likely(results: list[Result], known: Known) -> Findings:
    """The mistake that the answer makes, or two; or one that it perhaps makes."""
    due = _to_explain(results)
    tried = [t for m, v in known.mistakes if (t := _Tried.of(m, v, results, due))]
    named = _best([t for t in tried if t.holds(due, results)])
    if len(named) == 1:
        rest = due - set(named[0].same)
        more = _best([t for t in tried if rest and rest <= t.same and t.holds(rest, results)])
        causes = [t.cause(results, due) for t in (*named, *(more if len(more) == 1 else ()))]
        return Findings(tuple(causes))
    if len(named) == 2:
        return Findings(_parted(named[0], named[1], results, due), either=True)
    hints = [t for t in tried if not t.mistake.symptom and t.nearly(due, results)]
    perhaps = max(hints, key=lambda t: len(t.same), default=None)
    return Findings(perhaps=perhaps.cause(results, due) if perhaps else None)


def _to_explain(results: list[Result]) -> set[int]:
    """The wrong cases that a cause has to explain: a missing ValueError is a slip of its own."""
    wrong = {i for i, r in enumerate(results) if r.problem}
    return {i for i in wrong if not results[i].case.raises} or wrong


@dataclasses.dataclass(frozen=True)
class _Tried:
    """A mistake, the wrong cases in which it does the same, and those that are evidence for it."""

    mistake: Mistake
    variant: Variant
    same: frozenset[int]
    evidence: frozenset[int]

    @classmethod
    def of(
        cls, mistake: Mistake, variant: Variant, results: list[Result], due: set[int]
    ) -> _Tried | None:
        """None if there is no evidence."""
        same = explained(variant, results, mistake.symptom) & due
        evidence = {i for i in same if mistake.symptom or speaks(results[i])}
        if any(_general(results[i]) for i in evidence):
            same |= {i for i in due if _errs_alike(results[i], variant[i])}
        return cls(mistake, variant, frozenset(same), frozenset(evidence)) if evidence else None

    def holds(self, due: set[int], results: list[Result]) -> bool:
        """Whether the evidence is enough to name it for these wrong cases."""
        same, clear = self.same & due, any(speaks(results[i]) for i in self.evidence)
        enough = 2 * len(same) >= len(due) + (not self._rich(results)) if clear else same == due
        return min(due) in same and enough and not _wrong_elsewhere(self.variant, results)

    def nearly(self, due: set[int], results: list[Result]) -> bool:
        """Whether it is worth a hint: it goes wrong in a single case more, or explains a third."""
        if min(due) not in self.same or 3 * len(self.same) < len(due) or not self._rich(results):
            return False
        return len(_wrong_elsewhere(self.variant, results)) <= (2 * len(self.same) >= len(due))

    def _rich(self, results: list[Result]) -> bool:
        """Whether the evidence is more than single numbers, which are soon the same by chance."""
        asked = (results[i] for i in self.evidence)
        return any(r.case.judge or not isinstance(r.expected, (int, float)) for r in asked)

    def cause(self, results: list[Result], due: set[int]) -> Cause:
        """It as a cause; the case that shows it is the simplest that returned something."""
        returned = {i for i in self.same if results[i].outcome.status == "returned"}
        shown_by = simplest(results, returned or self.evidence)
        return Cause(self.mistake, tuple(sorted(self.same)), len(due), shown_by)


def _best(tried: list[_Tried]) -> list[_Tried]:
    """Those that explain most."""
    most = max((len(t.same) for t in tried), default=0)
    return [t for t in tried if len(t.same) == most]


def _parted(one: _Tried, other: _Tried, results: list[Result], due: set[int]) -> tuple[Cause, ...]:
    """Two with the same evidence, and a case that would part them."""
    differ = [
        i for i, r in enumerate(results) if not _alike(r.case, one.variant[i], other.variant[i])
    ]
    parted = min(differ, default=None)
    return tuple(dataclasses.replace(t.cause(results, due), parted=parted) for t in (one, other))


def _general(result: Result) -> bool:
    """Whether a judge said of a case what fits many mistakes."""
    return result.problem is not None and isinstance(result.problem.message, General)


def speaks(result: Result) -> bool:
    """Whether equal outcomes of a case say anything: many mistakes raise, or return nothing."""
    if result.outcome.status != "returned" or _general(result):
        return False
    return bool(result.case.judge) or not says_nothing(result)


def explained(variant: Variant, results: list[Result], symptom: bool) -> set[int]:
    """The wrong cases where a mistake does what the answer does.

    Cases that train come last, and only for a mistake that has explained something; where nothing
    else is wrong, for one that explains the first. They take long.
    """
    trains = {i for i, r in enumerate(results) if r.case.draws and r.case.judge}
    wrong = {i for i, r in enumerate(results) if r.problem}
    alike = {
        i
        for i in wrong - trains
        if contradicts(results[i], variant[i])
        and (same(results[i], variant[i]) or (symptom and _of_one_shape(results[i], variant[i])))
    }
    late = sorted(wrong & trains)
    if alike or (late == sorted(wrong) and same(results[late[0]], variant[late[0]])):
        alike |= {i for i in late if same(results[i], variant[i])}
    return alike


def _wrong_elsewhere(variant: Variant, results: list[Result]) -> set[int]:
    """The cases that the answer gets right and the mistake does not.

    How well training goes is partly luck, so where the answer trained well, the mistake need not.
    """
    right = [
        i for i, r in enumerate(results) if not r.problem and not (r.case.draws and r.case.judge)
    ]
    return {i for i in right if contradicts(results[i], variant[i])}


def contradicts(result: Result, variant: Outcome) -> bool:
    """Whether a variant goes wrong in a case."""
    return problem_of(result.case, Outcome("returned", result.expected), variant) is not None


def _of_one_shape(result: Result, variant: Outcome) -> bool:
    """Whether both have the same wrong shape."""
    if result.problem is None or result.problem.kind != "shape":
        return False
    other = problem_of(result.case, Outcome("returned", result.expected), variant)
    return other == result.problem


def _errs_alike(result: Result, variant: Outcome) -> bool:
    """Whether both have wrong values, whichever: what is drawn at random is never the same."""
    if result.case.judge or result.problem is None or result.problem.kind != "values":
        return False
    other = problem_of(result.case, Outcome("returned", result.expected), variant)
    return other is not None and other.kind == "values"


def same(result: Result, variant: Outcome) -> bool:
    """Whether a wrong variant does on this case just what the answer does."""
    if result.case.judge and result.outcome.status == variant.status == "returned":
        return result.problem == problem_of(result.case, variant, variant)  # judged once already
    return _alike(result.case, result.outcome, variant)


def _alike(case: Case, one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes of a case are the same, as far as its judgement goes."""
    if one.status != other.status:
        return False
    if one.status == "raised":
        return one.errors[:1] == other.errors[:1] and _masked(one) == _masked(other)
    if one.status != "returned":
        return True
    if case.judge:
        return problem_of(case, one, one) == problem_of(case, other, other)
    return (
        one.changed == other.changed
        and difference(other.value, one.value, max(case.rtol, CLOSE), max(case.atol, CLOSE)) is None
    )


def _masked(outcome: Outcome) -> str:
    """An exception's text without what differs from answer to answer: sizes, and own names."""
    return "types" if re.search(TYPES, outcome.message) else re.sub(OWN, "0", outcome.message)


def parted(known: Known, one: Variant, other: Variant) -> bool:
    """Whether some case parts two mistakes."""
    return not all(_alike(case, one[i], other[i]) for i, case in enumerate(known.cases))
