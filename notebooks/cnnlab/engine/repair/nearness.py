"""How near a result is to what is right: so it is seen which edit mends one of two mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..case import Outcome
from ..comparing import is_array, to_numpy

RETURNS, SHAPE = 0.1, 0.2
"""What it is worth that something is returned at all, and that it has the right shape."""

CLOSE = 1e-6


def nearness(right: Any, got: Outcome) -> float:
    """From 0, where nothing is returned, to 1, where all is right."""
    if got.status != "returned":
        return 0.0
    return RETURNS + (1 - RETURNS) * _alike(right, got.value)


def _alike(right: Any, value: Any) -> float:
    """How much of it is the same."""
    if isinstance(right, (tuple, list)):
        if not isinstance(value, (tuple, list)) or len(value) != len(right):
            return 0.0
        each = [_alike(one, other) for one, other in zip(right, value, strict=True)]
        return SHAPE + (1 - SHAPE) * sum(each) / len(each) if each else 1.0
    if isinstance(right, dict):
        if not isinstance(value, dict):
            return 0.0
        names = right.keys() | value.keys()
        each = [_alike(right[n], value[n]) if n in right and n in value else 0 for n in names]
        return sum(each) / len(each) if each else 1.0
    if not is_array(right) and not isinstance(right, (int, float, np.number)):
        return float(type(right) is type(value) and right == value)
    return _numbers_alike(right, value)


def _numbers_alike(right: Any, value: Any) -> float:
    try:
        one, other = (to_numpy(v) if is_array(v) else np.asarray(v) for v in (right, value))
        if one.shape != other.shape or not one.size or other.dtype.kind not in "fiub":
            return float(one.shape == other.shape and not one.size)
        return SHAPE + (1 - SHAPE) * float(np.isclose(one, other, CLOSE, CLOSE).mean())
    except Exception:  # whatever somebody's object does
        return 0.0
