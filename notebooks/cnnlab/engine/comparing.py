"""Compare values: what came back, and what should have."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Problem:
    """Why a case is not right.

    kind: "type", "shape", "dtype", "values", "changed", "raised", "no error",
        "timeout", "forbidden", "died", "judged" or "not filled in".
    message: the sentence for the student.
    index: the first entry that differs, where there is one.
    """

    kind: str
    message: str
    index: tuple[int, ...] | None = None


class General(str):
    """A judge's sentence that fits many mistakes: it says what is seen, and speaks for none."""


def difference(expected: Any, got: Any, rtol: float, atol: float, at: str = "") -> Problem | None:
    """How ``got`` differs from ``expected``, or None.

    Arrays and tensors are compared by type, shape, dtype and value; numbers of
    Python and NumPy count alike, and so do tuples and lists.
    """
    if is_array(expected):
        return _array_difference(expected, got, rtol, atol, at)
    if isinstance(expected, (list, tuple)):
        return _items_difference(expected, got, rtol, atol, at)
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return _wrong_kind(expected, got, at)
        if set(expected) != set(got):
            odd = sorted(map(repr, set(expected) ^ set(got)))[0]
            side = "is missing" if odd in map(repr, expected) else "should not be there"
            where = f" ({at})" if at else ""
            inside = [k for k in got if isinstance(k, str) and repr(k).endswith(f".{odd[1:]}")]
            more = f" yours is called {inside[0]!r}." if inside and "missing" in side else ""
            return Problem("values", f"the key {odd} {side}{where}{':' if more else '.'}{more}")
        of = f" of {at}" if at else ""
        pairs = [(expected[k], got[k], f"the entry {k!r}{of}") for k in expected]
        return next(filter(None, (difference(a, b, rtol, atol, w) for a, b, w in pairs)), None)
    if is_number(expected):
        if isinstance(got, np.ndarray) and got.shape == ():
            got = got.item()
        if not is_number(got):
            return _wrong_kind(expected, got, at)
        if not np.isclose(got, expected, rtol=rtol, atol=atol):
            return Problem("values", _instead(*_digits(expected, got), at), ())
        return None
    if type(expected) is not type(got) or expected != got:
        return Problem("values", _instead(f"{expected!r:.200}", f"{got!r:.200}", at))
    return None


def _instead(expected: str, got: str, at: str) -> str:
    """The sentence for one thing in the place of another."""
    return (
        f"expected {expected} ({at}), yours is {got}."
        if at
        else (f"expected {expected}, you returned {got}.")
    )


def _wrong_kind(expected: Any, got: Any, at: str, hint: str = "") -> Problem:
    # A part that is None is no forgotten return: its own line says why it is None.
    asks = ": is a return missing?" if got is None and "item" not in at else ""
    return Problem("type", _instead(_kind(expected), _kind(got), at)[:-1] + (asks or ".") + hint)


def _items_difference(expected: Any, got: Any, rtol: float, atol: float, at: str) -> Problem | None:
    """How a list or tuple differs; a few numbers are shown together."""
    if not isinstance(got, (list, tuple)):
        return _wrong_kind(expected, got, at)
    few = max(len(expected), len(got)) <= FEW and all(map(is_number, (*expected, *got)))
    if len(expected) != len(got):
        told = f": [{_row(expected)}] is expected, yours is [{_row(got)}]" if few else ""
        return Problem(
            "shape",
            f"{at or 'the result'} should have {_items(len(expected))}, "
            f"yours has {len(got)}{told}.",
        )
    pairs = [
        (a, b, item_of(i, at or "the result"))
        for i, (a, b) in enumerate(zip(expected, got, strict=True))
    ]
    found = next(filter(None, (difference(a, b, rtol, atol, w) for a, b, w in pairs)), None)
    if found and few and len(expected) > 1:
        both = [_digits(a, b) for a, b in zip(expected, got, strict=True)]
        right, mine = (", ".join(side) for side in zip(*both, strict=True))
        return Problem(found.kind, _instead(f"[{right}]", f"[{mine}]", at), found.index)
    return found


FEW = 8
"""So many numbers are shown together, where the first that differs would say less."""


def _items(count: int) -> str:
    return f"{count} item{'s' * (count != 1)}"


def _row(numbers: Any) -> str:
    return ", ".join(f"{n:.6g}" for n in numbers)


def item_of(i: int, whole: str) -> str:
    """An item of something, as one counts: the first item of the result."""
    return f"the {COUNTED[i]} item of {whole}" if i < len(COUNTED) else f"item {i} of {whole}"


COUNTED = ("first", "second", "third", "fourth", "fifth", "sixth")


def is_number(value: Any) -> bool:
    """Whether a value is a number of Python's or NumPy's; True and False are none.

    Nor is a whole number that needs more than 64 bits: nothing can be computed with it here.
    """
    if isinstance(value, int):
        return not isinstance(value, bool) and -(2**63) <= value < 2**63
    return isinstance(value, (float, np.number))


def _digits(expected: Any, got: Any) -> tuple[str, str]:
    """Two numbers with so many digits that they look different, if they are."""
    for digits in (6, 9, 12):
        if f"{expected:.{digits}g}" != f"{got:.{digits}g}":
            break
    else:
        digits = 6 if expected == got else 17
    return f"{expected:.{digits}g}", f"{got:.{digits}g}"


def _array_difference(expected: Any, got: Any, rtol: float, atol: float, at: str) -> Problem | None:
    where = f" ({at})" if at else ""
    if type(got) is not type(expected):
        return _wrong_kind(expected, got, at, _how_to_mend(expected, got))
    if tuple(got.shape) != tuple(expected.shape):
        return Problem(
            "shape",
            f"expected the shape {tuple(expected.shape)}{where}, yours is {tuple(got.shape)}.",
        )
    ours, theirs = to_numpy(expected), to_numpy(got)
    other_type = got.dtype != expected.dtype
    wrong = _differs(ours, theirs, rtol, atol)
    if (
        other_type
        and not (wrong & _differs(_as_type(ours, theirs.dtype), theirs, 1e-3, 1e-3)).any()
    ):
        return Problem(
            "dtype", f"expected numbers of type {expected.dtype}{where}, yours are {got.dtype}."
        )
    if not wrong.any():
        return None
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f"entry [{', '.join(map(str, index))}]" if index else "the value"
    right, mine = _digits(ours[index], theirs[index])
    how_many = f"; {int(wrong.sum())} of {wrong.size} differ" if wrong.size > 1 else ""
    also = f" Their type, {got.dtype}, should be {expected.dtype}." if other_type else ""
    return Problem(
        "values",
        f"{place}{where} should be {right}, yours is {mine}{how_many}.{also}",
        index,
    )


def _differs(ours: np.ndarray, theirs: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    """Where two arrays of one shape differ."""
    if "U" in (ours.dtype.kind, theirs.dtype.kind) or "O" in (ours.dtype.kind, theirs.dtype.kind):
        return np.asarray(theirs != ours)
    if ours.dtype.kind in "fc" or theirs.dtype.kind in "fc":
        return ~np.isclose(theirs, ours, rtol=rtol, atol=atol)
    return theirs != ours


def _as_type(ours: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """What becomes of right numbers in another type: they lose fractions, or digits, or wrap."""
    with np.errstate(all="ignore"):
        return ours.astype(np.int64).astype(dtype) if dtype.kind in "iu" else ours.astype(dtype)


def _how_to_mend(expected: Any, got: Any) -> str:
    """What makes the right kind of it."""
    array = isinstance(expected, np.ndarray)
    if isinstance(got, tuple) and got and is_array(got[0]) and got[0].shape == expected.shape:
        pair = "" if array else " (max and min with a dim give a pair: take .values)"
        return f" Its first item has the shape that is asked for{pair}."
    if isinstance(got, (list, tuple)):
        return f" Make it one with {'np.array' if array else 'torch.tensor or torch.stack'}(…)."
    return ""


def is_array(value: Any) -> bool:
    """Whether a value is a NumPy array or a torch tensor."""
    return isinstance(value, np.ndarray) or type(value).__name__ == "Tensor"


def to_numpy(value: Any) -> np.ndarray:
    """An array or tensor as a NumPy array."""
    if isinstance(value, np.ndarray):
        return value
    value = value.detach().cpu()
    return (value.float() if str(value.dtype) == "torch.bfloat16" else value).numpy()


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


def _kind(value: Any) -> str:
    """What a value is, in a student's words."""
    if value is None:
        return "nothing (None)"
    names = {
        np.ndarray: "a NumPy array",
        list: "a list",
        str: "a string",
        dict: "a dict",
        bool: "True or False",
        int: "a whole number" if is_number(value) else "a whole number beyond 64 bits",
        float: "a number",
    }
    if type(value) in names:
        return names[type(value)]
    if type(value).__name__ == "Tensor":
        return "a torch tensor"
    if isinstance(value, tuple):  # perhaps with names, as torch's max and sort give
        return f"a tuple of {len(value)}"
    if type(value).__name__ == "Foreign":  # the grader's word for what cannot cross
        return f"a {value}"
    return "a number" if isinstance(value, np.number) else f"a {type(value).__name__}"
