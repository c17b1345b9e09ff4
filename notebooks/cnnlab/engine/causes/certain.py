"""What is certain of a wrong answer whose cause is not known: facts, no explanations.

Output without content; a parameter that is never read; which cases are right and which are not.
"""

from __future__ import annotations

import dis
import types
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..comparing import is_array, numbers, to_numpy
from ..exercise import Exercise
from ..repair.program import code_of
from ..verdict import Result
from .contrast import contrast
from .trivial import says_nothing


def certain(results: list[Result], exercise: Exercise) -> tuple[str, ...]:
    """Sentences that are true whatever the reason is."""
    asked = [r for r in results if not r.case.raises]
    which = tuple(contrast(results, exercise)) or (_which(results),)
    return (*_symptoms(asked), *filter(None, which))


def parting(results: list[Result], exercise: Exercise) -> tuple[str, ...]:
    """That of them which is worth saying beside a cause: what parts right cases from wrong ones."""
    return tuple(contrast(results, exercise))


def _which(results: list[Result]) -> str:
    """Which cases are right, or which are not, if these are few.

    What a case that asks for a ValueError got is no value: where it would count, it is left out.
    """
    asked = [r for r in results if not r.case.raises]
    right = [f"“{r.case.name}”" for r in asked if not r.problem]
    wrong = [f"“{r.case.name}”" for r in asked if r.problem]
    refused = {not r.problem for r in results if r.case.raises}
    if not wrong:
        return "All values are right; what is missing is a ValueError with a sentence."
    if not right:
        return "No case that asks for a value is right." if True in refused else ""
    fewer, good = (right, True) if len(right) < len(wrong) else (wrong, False)
    if len(fewer) > 3:
        return ""
    of_those = " of those that ask for a value" if good in refused else ""
    what = f"{'right' if good else 'wrong'} case{'s' * (len(fewer) > 1)}"
    return f"The only {what}{of_those}: {', '.join(fewer)}."


# ── the answer itself ───────────────────────────────────────────────────────


def unread(answer: Any, exercise: Exercise) -> list[str]:
    """Parameters that no line of an answer reads."""
    code = code_of(answer)
    if code is None:
        return []
    steps = (step for part in _all_code(code) for step in dis.get_instructions(part))
    read = {name for step in steps for name in names_read(step.opname, step.argval)}
    names = [n for n in exercise.signature.parameters if n in code.co_varnames + code.co_cellvars]
    return [name for name in names if name not in read]


def _all_code(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for part in code.co_consts:
        if isinstance(part, types.CodeType):
            yield from _all_code(part)


def names_read(opname: str, argument: Any) -> tuple[Any, ...]:
    """The names that a step of bytecode reads: from Python 3.13 on it may be two at once."""
    if opname == "STORE_FAST_LOAD_FAST":
        return argument[1:]
    if not opname.startswith("LOAD_") or opname in ("LOAD_CONST", "LOAD_FAST_AND_CLEAR"):
        return ()
    return argument if isinstance(argument, tuple) else (argument,)


# ── what came back ──────────────────────────────────────────────────────────


def _symptoms(asked: list[Result]) -> Iterator[str]:
    """Output without content, in each wrong case that returned something."""
    wrong = [r for r in asked if r.problem and r.outcome.status == "returned" and not r.case.probe]
    if any(r.outcome.status != "returned" for r in asked):
        return
    several = [r for r in wrong if len(numbers(r.expected) or ()) > 1]  # one says nothing anyway
    if len(several) < 2 or any(r.case.judge for r in wrong):
        return
    if all(r.outcome.value is None for r in wrong):
        yield "Yours returned nothing (None): is a return missing, or reached in one branch only?"
    elif all(says_nothing(r) for r in several):
        different = set().union(*(numbers(r.outcome.value) or set() for r in several))
        each = f"is {different.pop():g}" if len(different - {"nan"}) == 1 == len(different) else ""
        each = "is nan, not a number" if different == {"nan"} else each
        yield f"Each entry of yours {each or 'is the same as all others'}, in every wrong case."
    elif all(_only_the_first(r) for r in several):
        yield (
            "Only the first entry is right, and all others are 0: does a return stand inside the "
            "loop, or one step too far to the right?"
        )


def _only_the_first(result: Result) -> bool:
    """Whether the first entry (along the first axis) is right, and nothing follows it."""
    asked, got = result.expected, result.outcome.value
    if not (is_array(asked) and is_array(got)) or asked.shape != got.shape or asked.ndim == 0:
        return False
    right, mine = to_numpy(asked).ravel(), to_numpy(got).ravel()
    return len(right) > 1 and bool(np.isclose(right[0], mine[0])) and not mine[1:].any()
