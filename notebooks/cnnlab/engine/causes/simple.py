"""The simplest of some cases: small integers before fractions, three values before twenty.

Of cases that are about as large as each other it is the first: so their author put them in order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..comparing import is_array, to_numpy
from ..verdict import Result


def simplest(results: list[Result], among: Iterable[int]) -> int:
    """The number of the simplest of these cases."""
    return min(among, key=lambda i: (results[i].case.raises, size(results[i]), i))


def size(result: Result) -> int:
    """How large the arguments of a case are written down: one more is about twice as much."""
    given = (*result.case.args, *result.case.kwargs.values())
    length = sum(map(_length, given))
    return (2 * length if any(map(_strange, given)) else length).bit_length()


def _strange(value: Any) -> bool:
    """Whether an array has a type or a layout which the case is about."""
    if not isinstance(value, np.ndarray):
        return False
    plain = value.dtype in (np.float64, np.int64) and value.flags.c_contiguous
    return not (plain and value.flags.writeable)


def _length(value: Any) -> int:
    if is_array(value):
        return sum(map(_length, to_numpy(value).ravel().tolist()))
    if isinstance(value, dict):
        return sum(_length(k) + _length(v) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return sum(map(_length, value))
    return 1 + len(f"{value:.2g}" if isinstance(value, float) else str(value))
