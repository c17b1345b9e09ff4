"""``conv2d_fast``: the filter bank without a loop over positions, and a way to measure that."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..engine.comparing import difference
from ..engine.exercise import Case, exercise
from ..engine.shared_mistakes import (
    AROUND_A_POSITION,
    FOR_FLOATS,
    OF_A_BANK,
    OVER_CHANNELS,
    WITH_A_BIAS,
)
from .conv2d_bank import bank_cases, bank_working
from .convolution import by_torch


@exercise(points=3, minutes=10, difficulty=3, importance=3)
def conv2d_fast(X: np.ndarray, F: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """The same numbers as ``conv2d_bank``, without a Python loop over positions.

    A list comprehension and np.vectorize are loops, too; einsum, tensordot, a matrix
    product, or a loop over the few weights of a filter are fine.

    X: image, shape (J1, J2, M). F: filter bank, shape (K1, K2, M, N).
    b: a bias per filter, shape (N,); None means none.
    Returns float64, shape (J1, J2, N). Also measured on a growing image: per
    position, its time must shrink as only NumPy's does.
    Lecture 6, "Filter banks".
    """


conv2d_fast.oracle(by_torch)

SHRINKS = 7.0
"""From a small image to a large one, the time per position must fall at least by this factor.

A loop pays for each position anew: its factor is 1 to 3. NumPy pays mostly per
call: 20 and more. So no particular speed of the machine is assumed.
"""


def time_two(answer, small, large, F):
    """Seconds of a call with a small and a large image, the best of several, and the outputs."""
    import time

    best, outputs = [np.inf, np.inf], [None, None]
    begin = time.perf_counter()
    for turn in range(12):
        for i, image in enumerate((small, large)):
            for _ in range(5 if i == 0 else 1):
                start = time.perf_counter()
                outputs[i] = answer(image, F)
                best[i] = min(best[i], time.perf_counter() - start)
        if turn >= 2 and time.perf_counter() - begin > 0.2:
            break
    return best, outputs


def grows_like_numpy(value, small, large, F):
    """None if the time per position falls enough from the small image to the large one.

    A fast way to wrong numbers counts for nothing, so both outputs must be right.
    """
    try:
        seconds, outputs = value
        per_position = [
            float(t) / (image.shape[0] * image.shape[1])
            for t, image in zip(seconds, (small, large), strict=True)
        ]
        falls = per_position[0] / per_position[1]
    except (TypeError, ValueError, ZeroDivisionError):
        return "its time could not be measured."
    expected = [by_torch(small, F), by_torch(large, F)]
    wrong = difference(expected, outputs, 1e-8, 1e-10)
    if wrong:
        return wrong.message
    if min(per_position) > 0 and falls >= SHRINKS:
        return None
    return (
        "on a larger image each position costs as much as on a small one, as if Python went "
        "through the positions one by one. Let NumPy do all of them in one call."
    )


@conv2d_fast.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield from bank_cases(rng)
    long = int(rng.integers(4000, 4200))
    bank = rng.normal(size=(2, 2, 1, 1))
    for name, small, large in (
        ("its time when the image gets more rows", (8, 2, 1), (long, 2, 1)),
        ("its time when the image gets more columns", (2, 8, 1), (2, long, 1)),
    ):
        images = rng.normal(size=small), rng.normal(size=large)
        # Not looping is what this exercise is about: with a loop, a third of the points.
        yield Case(name, (*images, bank), probe=time_two, judge=grows_like_numpy, weight=10)


conv2d_fast.working(bank_working)

conv2d_fast.hints = [
    "What does `im2col(X, K1, K2) @ f` give, if f holds the K1·K2·M weights of one filter in the "
    "same order? And with one column per filter?",
    "$H_{J_1J_2\\times N} = "
    "\\text{im2col}(X)_{J_1J_2\\times K_1K_2M}\\; F_{K_1K_2M\\times N} + b$. "
    "F has the axes (K1, K2, M, N) already in this order, so a reshape is enough.",
    "```python\nK1, K2, M, N = F.shape\nrows = im2col(...)\ncolumns = F.reshape(...)        "
    "# (K1·K2·M, N)\nH = (...).reshape(...)        # one matrix product; back to an image\n"
    "return H if b is None else ...\n```",
]
conv2d_fast.built = (
    "A whole filter bank without a loop over positions, and the numbers are still those of "
    "torch's `conv2d`. Below you see how much a matrix product gains over loops, and how close "
    "yours comes to torch's time."
)


@conv2d_fast.mistake(
    "a loop over positions",
    "The numbers are right, but Python still goes through the image position by position. im2col "
    "and one matrix product (or einsum over all windows) leave the loop to NumPy. "
    "np.apply_along_axis and np.vectorize are loops, too.",
)
def _(right, X, F, b=None):
    K1, K2, _, N = F.shape
    top, left = (K1 - 1) // 2, (K2 - 1) // 2
    P = np.pad(np.asarray(X, dtype=float), ((top, K1 // 2), (left, K2 // 2), (0, 0)))
    weights = np.asarray(F, dtype=float).reshape(-1, N)
    H = np.zeros((*X.shape[:2], N))
    for i in range(X.shape[0]):
        for j in range(X.shape[1]):
            H[i, j] = P[i : i + K1, j : j + K2].reshape(-1) @ weights
    return H if b is None else H + b


@conv2d_fast.mistake(
    "a loop over rows",
    "The columns are done by NumPy, the rows still one by one in Python. All positions can be done "
    "in one call.",
)
def _(right, X, F, b=None):
    K1, K2, _, N = F.shape
    top, left = (K1 - 1) // 2, (K2 - 1) // 2
    P = np.pad(np.asarray(X, dtype=float), ((top, K1 // 2), (left, K2 // 2), (0, 0)))
    H = np.zeros((*X.shape[:2], N))
    for i in range(X.shape[0]):
        strip = np.lib.stride_tricks.sliding_window_view(P[i : i + K1], K2, axis=1)
        H[i] = np.einsum("kjml,klmn->jn", strip, F)
    return H if b is None else H + b


@conv2d_fast.mistake(
    "the weights in another order than the windows",
    "The windows' numbers run over rows, columns, channels; your filters' over channels, rows, "
    "columns. Both must be flattened in the same order.",
)
def _(right, X, F, b=None):
    K1, K2, M, N = F.shape
    return right(X, F.transpose(2, 0, 1, 3).reshape(K1, K2, M, N), b)


@conv2d_fast.mistake(
    "the positions are mixed up",
    "The result was reshaped to (N, J1, J2) and turned, but a product with one row per position "
    "has N last: reshape it to (J1, J2, N).",
)
def _(right, X, F, b=None):
    H = right(X, F)
    J1, J2, N = H.shape
    H = H.reshape(N, J1, J2).transpose(1, 2, 0)
    return H.copy() if b is None else H + b


@conv2d_fast.mistake(
    "reshape instead of transpose",
    "Your product had the filters on the first axis, and reshape only cuts the row of numbers "
    "anew: positions and filters get mixed up. Axes are moved by transpose or moveaxis.",
)
def _(right, X, F, b=None):
    H = right(X, F)
    H = np.moveaxis(H, -1, 0).reshape(H.shape)
    return H if b is None else H + b


AROUND_A_POSITION.belongs_to(conv2d_fast)
WITH_A_BIAS.belongs_to(conv2d_fast)
OVER_CHANNELS.belongs_to(conv2d_fast)
OF_A_BANK.belongs_to(conv2d_fast)
FOR_FLOATS.belongs_to(conv2d_fast)
