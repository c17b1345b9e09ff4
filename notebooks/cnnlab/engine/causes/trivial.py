"""Output without content: all zeros, one constant, NaN, None. Many mistakes give it."""

from __future__ import annotations

from ..comparing import numbers
from ..verdict import Result


def says_nothing(result: Result) -> bool:
    """Whether an answer returned one and the same number, or nothing, where more was asked for."""
    got, asked = result.outcome.value, result.expected
    if got is None:
        return asked is not None
    mine, right = numbers(got), numbers(asked)
    if mine is None or right is None:
        return False
    return len(mine) <= 1 < len(right) or mine == {"nan"}
