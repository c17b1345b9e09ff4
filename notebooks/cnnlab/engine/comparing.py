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


def difference(expected: Any, got: Any, rtol: float, atol: float, at: str = "") -> Problem | None:
    """How ``got`` differs from ``expected``, or None.

    Arrays and tensors are compared by type, shape, dtype and value; numbers of
    Python and NumPy count alike, and so do tuples and lists.
    """
    where = f" ({at})" if at else ""
    if is_array(expected):
        return _array_difference(expected, got, rtol, atol, where)
    if isinstance(expected, (list, tuple)):
        if not isinstance(got, (list, tuple)):
            return Problem("type", f"expected {_kind(expected)}{where}, you returned {_kind(got)}.")
        if len(expected) != len(got):
            return Problem(
                "shape", f"expected {len(expected)} items{where}, you returned {len(got)}."
            )
        pairs = [
            (a, b, f"item {i} of {at or 'the result'}")
            for i, (a, b) in enumerate(zip(expected, got, strict=True))
        ]
        return next(filter(None, (difference(a, b, rtol, atol, w) for a, b, w in pairs)), None)
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return Problem("type", f"expected a dict{where}, you returned {_kind(got)}.")
        if set(expected) != set(got):
            odd = sorted(map(repr, set(expected) ^ set(got)))[0]
            side = "is missing" if odd in map(repr, expected) else "should not be there"
            return Problem("values", f"the key {odd} {side}{where}.")
        pairs = [(expected[k], got[k], f"key {k!r}") for k in expected]
        return next(filter(None, (difference(a, b, rtol, atol, w) for a, b, w in pairs)), None)
    if isinstance(expected, (int, float, np.number)) and not isinstance(expected, bool):
        if isinstance(got, np.ndarray) and got.shape == ():
            got = got.item()
        if not isinstance(got, (int, float, np.number)) or isinstance(got, bool):
            return Problem("type", f"expected a number{where}, you returned {_kind(got)}.")
        if not np.isclose(got, expected, rtol=rtol, atol=atol):
            return Problem("values", f"expected {expected:.6g}{where}, you returned {got:.6g}.", ())
        return None
    if type(expected) is not type(got) or expected != got:
        return Problem("values", f"expected {expected!r:.200}{where}, you returned {got!r:.200}.")
    return None


def _array_difference(
    expected: Any, got: Any, rtol: float, atol: float, where: str
) -> Problem | None:
    if type(got) is not type(expected):
        hint = " Make it one with np.array(…)." if isinstance(got, (list, tuple)) else ""
        return Problem(
            "type", f"expected {_kind(expected)}{where}, you returned {_kind(got)}.{hint}"
        )
    if tuple(got.shape) != tuple(expected.shape):
        return Problem(
            "shape",
            f"expected the shape {tuple(expected.shape)}{where}, yours is {tuple(got.shape)}.",
        )
    if got.dtype != expected.dtype:
        return Problem(
            "dtype", f"expected numbers of type {expected.dtype}{where}, yours are {got.dtype}."
        )
    ours, theirs = to_numpy(expected), to_numpy(got)
    if ours.dtype.kind in "fc":
        wrong = ~np.isclose(theirs, ours, rtol=rtol, atol=atol)
    else:
        wrong = theirs != ours
    if not wrong.any():
        return None
    index = tuple(int(i) for i in np.argwhere(wrong)[0])
    place = f"entry [{', '.join(map(str, index))}]" if index else "the value"
    return Problem(
        "values",
        f"{place}{where} should be {ours[index]:.6g}, "
        f"yours is {theirs[index]:.6g}; {int(wrong.sum())} of {wrong.size} "
        f"differ.",
        index,
    )


def is_array(value: Any) -> bool:
    """Whether a value is a NumPy array or a torch tensor."""
    return isinstance(value, np.ndarray) or type(value).__name__ == "Tensor"


def to_numpy(value: Any) -> np.ndarray:
    """An array or tensor as a NumPy array."""
    return value if isinstance(value, np.ndarray) else value.detach().cpu().numpy()


def _kind(value: Any) -> str:
    """What a value is, in a student's words."""
    if value is None:
        return "nothing (None): is a return missing?"
    names = {
        np.ndarray: "a NumPy array",
        list: "a list",
        tuple: "a tuple",
        str: "a string",
        dict: "a dict",
        bool: "True or False",
        int: "a whole number",
        float: "a number",
    }
    if type(value) in names:
        return names[type(value)]
    if type(value).__name__ == "Tensor":
        return "a torch tensor"
    if type(value).__name__ == "Foreign":  # the grader's word for what cannot cross
        return f"a {value}"
    return "a number" if isinstance(value, np.number) else f"a {type(value).__name__}"
