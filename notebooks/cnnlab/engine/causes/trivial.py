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
    # What a probe returns is not the answer's own; it may well be the same for all wrong ones.
    asked = [r for r in results if not r.case.raises and not r.case.probe]
    values = [r.outcome.value for r in asked if r.outcome.status == "returned"]
    if len(values) < max(2, len(asked) / 2):
        return False
    if all(value is None for value in values):
        return True
    numbers = [number for value in values if (number := _numbers(value)) is not None]
    return len(numbers) == len(values) and len(set().union(*numbers)) <= 1


def _numbers(value: Any) -> set[Any] | None:
    """The different numbers in an array or a list, or a number; None: it holds something else."""
    if isinstance(value, (list, tuple)):
        parts = [part for item in value if (part := _numbers(item)) is not None]
        return set().union(*parts) if len(parts) == len(value) else None
    if is_array(value) or isinstance(value, (bool, int, float, np.number)):
        array = to_numpy(value) if is_array(value) else np.asarray(value)
        return {"nan" if number != number else number for number in np.unique(array).tolist()}
    return None
