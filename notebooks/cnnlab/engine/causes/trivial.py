"""Output without content: all zeros, one constant, NaN, None. Many mistakes give it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..comparing import is_array, is_number, to_numpy
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


def numbers(value: Any) -> set[Any] | None:
    """The different numbers in an array or a container, or a number; None: it holds others, too."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        parts = [part for item in value if (part := numbers(item)) is not None]
        return set().union(*parts) if len(parts) == len(value) else None
    if is_array(value) or isinstance(value, bool) or is_number(value):
        array = to_numpy(value) if is_array(value) else np.asarray(value)
        return {"nan" if number != number else number for number in np.unique(array).tolist()}
    return None
