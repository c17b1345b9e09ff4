"""What is wrong with what came of one case: the one function that judges.

It knows a case and two outcomes, and nothing of where the answer ran.
"""

from __future__ import annotations

from .case import Case, Outcome
from .comparing import Problem, difference

OWN = ("torch's ", "the seed of ", "NumPy's ", "Python's ")
"""How what belongs to the whole process is called, and to no argument."""


def problem_of(case: Case, right: Outcome, got: Outcome) -> Problem | None:
    """What is wrong with what came of a case, or None. right: what the oracle gives."""
    if got.status == "timeout":
        return Problem(
            "timeout",
            "it did not come to an end and was stopped. Is there a loop "
            "whose condition never becomes false?",
        )
    if got.status == "died":
        return Problem("died", f"the process running it ended: {got.message}")
    if got.status == "forbidden":
        place = f" It stands in your line {got.line}." if got.line else ""
        return Problem("forbidden", f"{got.message}{place}")
    if got.status == "not filled in":
        more = f" It says: {got.message}" if got.message else ""
        return Problem(
            "not filled in", f"for these arguments yours raises NotImplementedError.{more}"
        )
    if case.raises:
        return _refusal_problem(got)
    if got.status == "raised":
        return Problem("raised", exception_in_words(got))
    if case.judge:
        try:
            sentence = case.judge(got.value, *case.args, **case.kwargs)
        except Exception:  # it was written for values of the form asked for, and this is none
            sentence = "what came back does not have the form that was asked for."
        problem = Problem("judged", sentence) if sentence else None
    else:
        problem = difference(right.value, got.value, case.rtol, case.atol)
    changed = [c for c in got.changed if not (case.draws and "random generator" in c)]
    if problem is None and changed:
        own = all(name.startswith(OWN) for name in changed)
        instead = "Leave it as it was." if own else "Work on a copy: the caller still needs it."
        what = " and ".join(changed)
        return Problem("changed", f"the values are right, but the call changed {what}. {instead}")
    return problem


def exception_in_words(got: Outcome) -> str:
    """What was raised, in which line it showed, and what is known of that line."""
    said = f"{got.errors[0]}: {got.message.strip() or 'no message'}"
    said += "" if said.endswith((".", "!", "?")) else "."
    place = f"It showed in your line {got.line}." if got.line else ""
    return " ".join(filter(None, (said, place, got.words)))


def _refusal_problem(got: Outcome) -> Problem | None:
    if got.status == "returned":
        return Problem(
            "no error",
            "these arguments make no sense: raise a ValueError with a "
            "sentence saying why. Yours returned a value.",
        )
    if "ValueError" not in got.errors:
        return Problem(
            "raised",
            f"these arguments make no sense: raise a ValueError; yours raised {got.errors[0]}.",
        )
    if len(got.message.split()) < 3:
        return Problem("raised", "the ValueError needs a sentence that says what is wrong.")
    return None
