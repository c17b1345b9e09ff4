"""Answers that compute nothing: all zeros, one constant, None."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..comparing import is_array, to_numpy
from ..verdict import Result


def says_nothing(results: list[Result]) -> bool:
    """Whether the answer gives one and the same number, or nothing at all, whatever it is asked.

    Now and then such an answer does just what a mistake does, and is none of the kind.
    """
    values = [r.outcome.value for r in results if r.outcome.status == "returned"]
    asked = [r for r in results if not r.case.raises]
    if len(values) < max(2, len(asked) / 2):
        return False
    found: set[Any] = set()
    for value in values:
        found |= _numbers(value)
    return len(found) <= 1


def _numbers(value: Any) -> set[Any]:
    """The different numbers in a value; what is no number stands for itself."""
    if isinstance(value, (list, tuple)):
        return {number for item in value for number in _numbers(item)}
    if is_array(value) or isinstance(value, (bool, int, float, np.number)):
        array = to_numpy(value) if is_array(value) else np.asarray(value)
        return {"nan" if number != number else number for number in np.unique(array).tolist()}
    return {None} if value is None else {repr(value)}
