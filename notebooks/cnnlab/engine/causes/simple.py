"""The simplest of some cases: the one whose arguments are written down in the fewest characters.

So small integers come before fractions, three values before twenty, one channel before ten.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..comparing import is_array, to_numpy
from ..verdict import Result


def simplest(results: list[Result], among: Iterable[int]) -> int:
    """The number of the simplest of these cases."""
    return min(among, key=lambda i: (results[i].case.raises, written(results[i]), i))


def written(result: Result) -> int:
    """How many characters it takes to write the arguments of a case down."""
    return sum(map(_length, (*result.case.args, *result.case.kwargs.values())))


def _length(value: Any) -> int:
    if is_array(value):
        return sum(map(_length, to_numpy(value).ravel().tolist()))
    if isinstance(value, dict):
        return sum(_length(k) + _length(v) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return sum(map(_length, value))
    return 1 + len(f"{value:g}" if isinstance(value, float) else str(value))
