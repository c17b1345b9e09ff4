"""An answer that calls others: what is wrong there goes wrong here, too."""

from __future__ import annotations

from ..verdict import Explanation, Result
from .fact import Fact
from .simple import simplest

CALLED = "calls one that is wrong"


def calls(names: tuple[str, ...]) -> list[Fact]:
    """The fact that an answer calls others which are not right. names: theirs."""
    if not names:
        return []
    listed = " and ".join(f"`{name}`" for name in names)
    are, those = ("is", "that one") if len(names) == 1 else ("are", "those")
    sentence = f"It calls your {listed}, which {are} not right yet. Mend {those} first."
    return [Fact(sentence, CALLED, names[0])]


def called(facts: list[Fact], results: list[Result]) -> Explanation | None:
    """The same as an explanation: for all that is wrong, as long as nothing else is found."""
    wrong = [i for i, r in enumerate(results) if r.problem]
    for fact in facts:
        shown = simplest(results, wrong)
        return Explanation(
            "another answer", fact.sentence, CALLED, fact.role, shown, len(wrong), len(wrong)
        )
    return None
