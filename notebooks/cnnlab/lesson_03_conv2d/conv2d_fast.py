"""``conv2d_fast``: the filter bank without a loop over positions, and a way to measure that."""

from __future__ import annotations

import time
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
from .convolution import by_torch, each_by_torch


@exercise(points=3, minutes=10, difficulty=3, importance=3)
def conv2d_fast(X: np.ndarray, F: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """The same numbers as ``conv2d_bank``, without a Python loop over positions.

    A list comprehension and np.vectorize are loops, too; einsum, tensordot, a matrix
    product, or a loop over the few weights of a filter are fine.

    X: image, shape (J1, J2, M). F: filter bank, shape (K1, K2, M, N).
    b: a bias per filter, shape (N,); None means none.
    Returns float64, shape (J1, J2, N). Also measured on small and large images: the
    processor's time per position must shrink as only NumPy's does.
    Lecture 6, "Filter banks".
    """


conv2d_fast.oracle(by_torch)

FALLS = 3.0
"""From small images to a large one, the CPU time per position must fall at least by this factor.

A loop pays for each position anew, and its factor is 1.4 to 2.5; NumPy pays mostly per call: 7 and
more. Both were measured on a busy machine; other processes' time is in neither.
"""

DEARER = 12.0
"""A position of the large image may cost so many times what it costs in a product of windows.

What pays per call, too, is no loop by the factor above: one that starts a thread or a process has
6 to 200. But a position costs 45 times as much in the fastest loops, in NumPy's hands at most 6.
"""

TURNS, SMALL = 3, 50
"""So often small and large are compared, the median counts; and so many small images there are."""


def each(answer, images, F):
    """The answers for images of one size."""
    return [answer(X, F) for X in images]


def grows_like_numpy(value, *calls):
    """None if a position costs less on a large image, and there about what it costs NumPy.

    value: for each call its CPU seconds and outputs; small and large images take turns.
    A fast way to wrong numbers counts for nothing, so all outputs must be right.
    """
    costs, fair = [], []
    for (seconds, outputs), (images, F) in zip(value, calls, strict=True):
        wrong = difference([*each_by_torch(images, F)], [*outputs], 1e-8, 1e-10)
        if wrong:
            return wrong.message
        costs.append(seconds / images[..., 0].size)
        fair.append(seconds_of_a_product(images[0], F) / images[0, ..., 0].size)
    small, large = np.reshape(costs, (-1, 2)).T
    falls = np.median(small / np.maximum(large, 1e-12))
    if falls >= FALLS and np.median(large) <= DEARER * np.median(fair[1::2]):
        return None
    return (
        "on a large image each position costs as much as if Python went through the positions "
        "one by one. Let NumPy do all of them in one call."
    )


def seconds_of_a_product(X: np.ndarray, F: np.ndarray) -> float:
    """CPU seconds that it takes here to lay out all windows and multiply them with the filters."""
    K1, K2, M, N = F.shape
    began = time.process_time()
    P = np.pad(X, (((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), (0, 0)))
    rows = np.lib.stride_tricks.sliding_window_view(P, (K1, K2), axis=(0, 1))
    rows.transpose(0, 1, 3, 4, 2).reshape(-1, K1 * K2 * M) @ F.reshape(-1, N)
    return time.process_time() - began


@conv2d_fast.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield from bank_cases(rng)
    long = int(rng.integers(4000, 4200))
    bank = rng.normal(size=(2, 2, 1, 1))
    for name, axis in (
        ("its time when the image gets more rows", 0),
        ("its time when the image gets more columns", 1),
    ):
        calls = []
        for _ in range(TURNS):
            for count, length in ((SMALL, 8), (1, long)):
                shape = (count, length, 2, 1) if axis == 0 else (count, 2, length, 1)
                grey = rng.integers(0, 256, shape, dtype=np.uint8)  # no image is seen twice
                calls.append((grey / 255, bank))
        # Not looping is what this exercise is about: with a loop, a third of the points.
        about = {"probe": each, "judge": grows_like_numpy, "counted": True}
        yield Case(name, tuple(calls), weight=10, **about)


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
