"""Known mistakes: does one of them do just what the answer does?"""

from __future__ import annotations

from ..comparing import difference
from ..exercise import Outcome
from ..verdict import Result, Variant, problem_of


def explained(variant: Variant, results: list[Result]) -> set[int]:
    """The wrong cases where a mistake does what the answer does; none if it errs elsewhere, too.

    Cases that train come last, and only for a mistake that has explained something or where
    nothing else is wrong: they take long. How well training goes is partly luck, so where the
    answer trained well enough, the mistake need not.
    """
    trains = {i for i, r in enumerate(results) if r.case.draws and r.case.judge}
    wrong = {i for i, r in enumerate(results) if r.problem}
    same = set()
    for i, result in enumerate(results):
        if i in trains or not wrong:
            continue
        good = Outcome("returned", result.expected)
        errs = problem_of(result.case, good, variant[i]) is not None
        if i not in wrong:
            if errs:
                return set()
        elif errs and _same(result, variant[i]):
            same.add(i)
    if same or wrong <= trains:
        same |= {i for i in wrong & trains if _same(results[i], variant[i])}
    return same


def _same(result: Result, variant: Outcome) -> bool:
    """Whether a wrong variant does on this case just what the answer does."""
    got = result.outcome
    if got.status != variant.status:
        return False
    if got.status == "raised":
        return got.errors[:1] == variant.errors[:1]
    if got.status != "returned":
        return True
    if result.case.judge:
        return result.problem == problem_of(result.case, variant, variant)
    return (
        got.changed == variant.changed
        and difference(variant.value, got.value, result.case.rtol, result.case.atol) is None
    )
