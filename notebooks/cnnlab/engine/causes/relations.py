"""How what is right becomes what the answer gives: read backwards, an axis too many, K times it.

A relation is named if it holds in the first wrong case, in two at least, and in nearly all wrong
cases that returned something. A small array satisfies many relations at once, so one that holds
for two different numbers only is no evidence.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import numpy as np

from ..comparing import difference, is_array, is_number, item_of, to_numpy
from ..verdict import Explanation, Result
from .simple import simplest
from .trivial import says_nothing

NEARLY_ALL = 0.85

LEAST = 3
"""So many different numbers say something."""


@dataclasses.dataclass(frozen=True)
class _Pair:
    """What is right, what came back, and the numbers that the arguments know by name."""

    right: np.ndarray
    yours: np.ndarray
    named: dict[str, float]


def relation(results: list[Result]) -> Explanation | None:
    """The first relation that holds, in words."""
    due = [i for i, r in enumerate(results) if r.problem and not r.case.raises and not r.case.judge]
    kinds = {i: p.kind for i in due if (p := results[i].problem)}
    returned = [i for i in due if kinds[i] in ("values", "shape")]
    if len(returned) < 2 or returned[0] != due[0]:
        return None
    item = _only_item([results[i] for i in returned])
    pairs = {i: pair for i in returned if (pair := _pair(results[i], item)) is not None}
    if due[0] not in pairs or len(pairs) < NEARLY_ALL * len(returned):
        return None
    if any(says_nothing(results[i]) for i in pairs):
        return None
    told = {i: set(_relations(pair)) for i, pair in pairs.items()}
    telling = [i for i, p in pairs.items() if len(np.unique(p.right)) >= LEAST]
    for kind, words in sorted(told[due[0]], key=_order):
        holds = [i for i in pairs if (kind, words) in told[i]]
        if len(set(holds) & set(telling)) >= 2 and len(holds) >= NEARLY_ALL * len(returned):
            where = "" if item is None else f" ({item_of(item, 'the result')})"
            sentence = f"In {_cases(len(holds), len(due))} {words}{where}."
            shown = simplest(results, set(holds) & set(telling))
            return Explanation("relation", sentence, kind, "result", shown, len(holds), len(due))
    return None


_KINDS = (
    *("extra axis", "missing axis", "shape", "axes", "reversed", "negative", "front", "back"),
    *("middle", "sum", "offset", "factor", "clipped", "rounded", "order"),
)


def _order(found: tuple[str, str]) -> tuple[int, str]:
    return _KINDS.index(found[0]), found[1]


def _cases(holds: int, due: int) -> str:
    return f"all {due} wrong cases" if holds == due else f"{holds} of {due} wrong cases"


def _only_item(results: list[Result]) -> int | None:
    """The one item of a tuple in which all wrong results differ; None: they are no tuples."""
    wrong = set()
    for r in results:
        right, yours = r.expected, r.outcome.value
        if not (isinstance(right, tuple) and isinstance(yours, (tuple, list))):
            return None
        if len(right) != len(yours):
            return None
        wrong |= {
            i
            for i, (a, b) in enumerate(zip(right, yours, strict=True))
            if difference(a, b, r.case.rtol, r.case.atol)
        }
    return wrong.pop() if len(wrong) == 1 else None


def _pair(result: Result, item: int | None) -> _Pair | None:
    right, yours = result.expected, result.outcome.value
    if item is not None:
        right, yours = right[item], yours[item]
    if not all(is_array(v) or is_number(v) for v in (right, yours)):
        return None
    one, other = (np.asarray(to_numpy(v) if is_array(v) else v) for v in (right, yours))
    if any(
        a.dtype.kind not in "fiu" or not a.size or not np.isfinite(a).all() for a in (one, other)
    ):
        return None
    return _Pair(one.astype(float), other.astype(float), _named(result))


def _named(result: Result) -> dict[str, float]:
    """Numbers with a name: arguments, and how many entries or what sum an array argument has."""
    parameters = (
        list(inspect.signature(result.case.probe).parameters)[1:] if result.case.probe else []
    )
    given = {**dict(zip(parameters, result.case.args, strict=False)), **result.case.kwargs}
    found: dict[str, float] = {}
    for name, value in given.items():
        if is_number(value):
            found[f"`{name}`"] = float(value)
        elif isinstance(value, np.ndarray) and value.dtype.kind in "fiu" and value.ndim:
            found[f"the sum of `{name}`"] = float(value.sum())
            for axis, size in enumerate(value.shape):
                found[f"`{name}.shape[{axis}]`" if value.ndim > 1 else f"`len({name})`"] = size
    return found


def _close(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-6, atol=1e-9))


def _relations(pair: _Pair) -> Iterator[tuple[str, str]]:
    """All relations that hold: (kind, words)."""
    right, yours = pair.right, pair.yours
    if right.shape == yours.shape:
        yield from _of_one_shape(right, yours)
        yield from _arithmetic(pair)
    else:
        yield from _of_shapes(right, yours)
    if right.ndim > 1 and right.ndim == yours.ndim:
        for order in permutations(range(right.ndim)):
            if list(order) != sorted(order) and _close(right.transpose(order), yours):
                yield "axes", "yours are the right numbers with the axes in another order"
                return


def _of_one_shape(right: np.ndarray, yours: np.ndarray) -> Iterator[tuple[str, str]]:
    for axis in range(right.ndim):
        if _close(np.flip(right, axis), yours):
            along = f" along axis {axis}" if right.ndim > 1 else ""
            yield "reversed", f"yours are the right numbers, backwards{along}"
    if right.size > 2 and _close(np.sort(right.ravel()), np.sort(yours.ravel())):
        yield "order", "yours are the right numbers, but at other places"
    for kind, words, make in _CHANGED:
        if _close(make(right), yours):
            yield kind, words


_CHANGED: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("negative", "yours has the other sign", np.negative),
    (
        "clipped",
        "yours is right where the right number is positive, and 0 elsewhere",
        lambda a: np.maximum(a, 0),
    ),
    ("clipped", "yours is the right number without its sign", np.abs),
    ("rounded", "yours is the right number, rounded", np.round),
    ("rounded", "yours is the right number without its fraction", np.trunc),
    ("rounded", "yours is the right number, rounded down", np.floor),
)


def _of_shapes(right: np.ndarray, yours: np.ndarray) -> Iterator[tuple[str, str]]:
    if yours.size == right.size and _close(right.squeeze(), yours.squeeze()):
        if yours.ndim > right.ndim:
            yield "extra axis", "yours is right but for an axis of length 1 too many"
        elif yours.ndim < right.ndim:
            yield "missing axis", "yours is right but for an axis of length 1 that is missing"
    if yours.ndim != right.ndim and _close(right.ravel(), yours.ravel()):
        said = "yours are the right numbers in the right order, but with other axes"
        yield "shape", f"{said} ({yours.ndim}, not {right.ndim})"
    if yours.ndim == right.ndim:
        for axis in range(right.ndim):
            yield from _cut(np.moveaxis(right, axis, 0), np.moveaxis(yours, axis, 0), axis)
    if yours.ndim == right.ndim + 1:
        for axis in range(yours.ndim):
            for name, make in (("summed up", np.sum), ("averaged", np.mean)):
                if _close(np.asarray(make(yours, axis)), right):
                    yield "sum", f"yours still has to be {name} along axis {axis}"


def _cut(right: np.ndarray, yours: np.ndarray, axis: int) -> Iterator[tuple[str, str]]:
    along = f" along axis {axis}" if right.ndim > 1 else ""
    more = len(yours) - len(right)
    if right.shape[1:] != yours.shape[1:] or more == 0 or not min(len(right), len(yours)):
        return
    short, long = (right, yours) if more > 0 else (yours, right)
    say = "too many" if more > 0 else "missing"
    if _close(long[len(long) - len(short) :], short):
        yield "front", f"entries at the beginning are {say}{along}, and all others are right"
    if _close(long[: len(short)], short):
        yield "back", f"entries at the end are {say}{along}, and all others are right"
    n = int(np.argmin([*map(np.allclose, short, long), False]))  # so many are alike at first
    if 0 < n < len(short) and _close(long[n + len(long) - len(short) :], short[n:]):
        yield "middle", f"entries in the middle are {say}{along}, and all others are right"


def _arithmetic(pair: _Pair) -> Iterator[tuple[str, str]]:
    """A factor or an offset that has a name."""
    right, yours = pair.right, pair.yours
    if np.count_nonzero(right) < 2 or _close(right, yours):
        return
    for name, value in pair.named.items():
        if value in (0.0, 1.0):
            continue
        if _close(right * value, yours):
            yield "factor", f"yours is {name} times too large"
        if _close(right / value, yours):
            yield "factor", f"yours is {name} times too small"
        if _close(right + value, yours):
            yield "offset", f"yours is too large by {name}"
        if _close(right - value, yours):
            yield "offset", f"yours is too small by {name}"
