"""Why an answer is wrong: what is known is weighed, and what explains most is said first."""

from __future__ import annotations

from ..exercise import Mistake
from ..verdict import Known, Result
from .known import explained
from .trivial import says_nothing


def choose(results: list[Result], known: Known) -> list[Mistake]:
    """The mistakes that do what the answer does, fewest first to cover its problems."""
    if says_nothing(results):
        return []
    explains = [(explained(variant, results), m) for m, variant in known.mistakes]
    explains = [(same, mistake) for same, mistake in explains if same]
    # A judge's sentence fits many mistakes, so it is no sign of a second one.
    judged = {i for i, r in enumerate(results) if r.case.judge}
    causes = []
    while explains:
        best, mistake = max(explains, key=lambda pair: len(pair[0]))
        causes.append(mistake)
        explains = [(s - best, m) for s, m in explains if s - best - judged]
    return causes
