"""What may stand in the place of an argument: its default, its neighbour, itself backwards."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import numpy as np

from ..comparing import is_array, is_number
from ..exercise import Exercise

Arguments = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Variant:
    """The right answer, asked for something else.

    role: the parameter; kind: what is done to it. change: changes the arguments, in place, and
    gives a function for the result, if that is changed, too.
    words: what it is, where two values do not say it: "`f` read backwards".
    """

    role: str
    kind: str
    change: Callable[[Arguments], Callable | None]
    words: str = ""


def variants(exercise: Exercise, seen: list[Arguments]) -> Iterator[Variant]:
    """The variants for arguments that occur, the likelier ones first.

    seen: the arguments of each case, by name.
    """
    values = {name: [given[name] for given in seen if name in given] for name in seen[0]}
    parameters = exercise.signature.parameters
    for name, occurring in values.items():
        default = parameters[name].default if name in parameters else None
        yield from _fixed(name, occurring, default)
        if all(map(_is_pair, occurring)):
            yield from _of_pairs(name)
        elif all(isinstance(v, np.ndarray) and v.ndim for v in occurring):
            yield from _of_arrays(name, max(v.ndim for v in occurring))
    yield from _of_two(values)
    yield from _elsewhere(values)


def _put(name: str, make: Callable[[Any], Any]) -> Callable[[Arguments], None]:
    def change(given: Arguments) -> None:
        if name in given:
            given[name] = make(given[name])

    return change


def _fixed(name: str, occurring: list[Any], default: Any) -> Iterator[Variant]:
    """One value for all: the default, or one that occurs; or one more or less."""
    plain = [v for v in occurring if isinstance(v, (int, float, str, bool, tuple, type(None)))]
    if len(plain) < len(occurring) or any(callable(v) for v in occurring):
        if any(v is None for v in occurring):
            yield Variant(name, "ignored", _put(name, lambda value: None))
        return
    candidates = [default] if isinstance(default, (int, float, str, tuple, type(None))) else []
    for value in dict.fromkeys([*candidates, *plain][:12]):
        kind = "ignored" if candidates and value == default else "always the same"
        yield Variant(name, kind, _put(name, lambda _, value=value: value))
    if all(isinstance(v, int) and not isinstance(v, bool) for v in plain):
        for step in (-1, 1):
            yield Variant(name, "off by one", _put(name, lambda value, s=step: value + s))


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(is_number, value))


def _of_pairs(name: str) -> Iterator[Variant]:
    yield Variant(name, "second not used", _put(name, lambda v: (v[0], v[0])))
    yield Variant(name, "first not used", _put(name, lambda v: (v[1], v[1])))
    yield Variant(name, "exchanged", _put(name, lambda v: (v[1], v[0])))
    yield Variant(name, "second not used", _put(name, lambda v: (v[0], 0)))
    yield Variant(name, "first not used", _put(name, lambda v: (0, v[1])))
    yield Variant(name, "shared out", _put(name, lambda v: _halves(*v)))


def _halves(one: int, other: int) -> tuple[int, int]:
    """So many in all, the same number on both sides."""
    return (one + other) // 2, (one + other) - (one + other) // 2


def _of_arrays(name: str, axes: int) -> Iterator[Variant]:
    """An array the wrong way round, or without a part."""
    along = [f" along axis {i}" if axes > 1 else "" for i in range(axes)]
    for i in range(axes):
        words = f"`{name}` read backwards{along[i]}"
        yield Variant(name, "reversed", _put(name, lambda v, i=i: np.flip(v, i)), words)
    if axes > 1:
        words = f"`{name}` read backwards along its first two axes"
        yield Variant(name, "reversed", _put(name, lambda v: np.flip(v, (0, 1))), words)
        words = f"`{name}` with its first two axes swapped"
        yield Variant(name, "transposed", _put(name, lambda v: v.swapaxes(0, 1)), words)
    if axes > 3:
        words = f"`{name}` with its last two axes swapped"
        yield Variant(name, "transposed", _put(name, lambda v: v.swapaxes(-1, -2)), words)
    for kind, words, make in (
        ("first left out", f"`{name}` without its first entry", lambda v: v[1:]),
        ("last left out", f"`{name}` without its last entry", lambda v: v[:-1]),
        ("rolled", f"`{name}` moved by one towards its end", lambda v: np.roll(v, 1, 0)),
        ("rolled", f"`{name}` moved by one towards its beginning", lambda v: np.roll(v, -1, 0)),
        ("ignored", f"a `{name}` of zeros", np.zeros_like),
        ("ignored", f"a `{name}` of ones", np.ones_like),
        ("negative", f"the negative of `{name}`", lambda v: -v),
        ("sorted", f"`{name}` sorted", np.sort),
        (
            "mean",
            f"a `{name}` that is its own mean everywhere",
            lambda v: np.full_like(v, v.mean()),
        ),
        ("normalised", f"`{name}` divided by its sum", lambda v: v / v.sum()),
    ):
        yield Variant(name, kind, _put(name, make), words)


def _of_two(values: dict[str, list[Any]]) -> Iterator[Variant]:
    """Two arguments of one kind swapped, or one used for both."""
    for one, other in combinations(values, 2):
        pairs = list(zip(values[one], values[other], strict=False))
        if not pairs or not all(_alike(a, b) for a, b in pairs):
            continue
        both = f"{one}, {other}"

        def swap(given: Arguments, one: str = one, other: str = other) -> None:
            given[one], given[other] = given[other], given[one]

        def first(given: Arguments, one: str = one, other: str = other) -> None:
            given[other] = given[one]

        def second(given: Arguments, one: str = one, other: str = other) -> None:
            given[one] = given[other]

        def halve(given: Arguments, one: str = one, other: str = other) -> None:
            given[one], given[other] = _halves(given[one], given[other])

        if {one, other} == {"left", "right"}:
            words = f"half of `{one}` + `{other}` on each side"
            yield Variant(both, "shared out", halve, words)
        yield Variant(both, "exchanged", swap, f"`{one}` and `{other}` exchanged")
        yield Variant(both, "one for both", first, f"`{one}` in the place of `{other}`, too")
        yield Variant(both, "one for both", second, f"`{other}` in the place of `{one}`, too")


def _alike(one: Any, other: Any) -> bool:
    if is_number(one) and is_number(other):
        return True
    return is_array(one) and is_array(other) and one.ndim == other.ndim


def _elsewhere(values: dict[str, list[Any]]) -> Iterator[Variant]:
    """Something put to use at the wrong place: on the input, or on the result."""
    array = next((n for n, v in values.items() if isinstance(v[0], np.ndarray)), None)
    if array is None:
        return

    def before(name: str, none: Any, make: Callable[[Any, Any], Any]) -> Callable:
        def change(given: Arguments) -> None:
            if given.get(name) is not None:
                given[array] = make(given[array], given[name])
                given[name] = none

        return change

    def after(name: str, none: Any, make: Callable[[Any, Any], Any]) -> Callable:
        def change(given: Arguments) -> Callable | None:
            value, given[name] = given[name], none
            return None if value is None else lambda result: make(result, value)

        return change

    for name, none, on_input, on_result, what in (
        ("activation", None, lambda x, g: g(x), None, "the activation"),
        ("b", None, lambda x, b: x + b, None, "the bias"),
        ("stride", 1, lambda x, s: x[::s], None, "the stride"),
        ("padding", (0, 0), None, lambda y, p: np.pad(y, p), "the padding"),
    ):
        if name in values:
            if on_input:
                words = f"{what} put to use on `{array}`, not on the result"
                yield Variant(name, "on the input", before(name, none, on_input), words)
            if on_result:
                words = f"{what} put to use on the result, not on `{array}`"
                yield Variant(name, "on the result", after(name, none, on_result), words)
