"""``conv1d``: any filter in place of the mean."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case, exercise
from ..engine.shared_mistakes import FULL_WINDOWS
from ..engine.shown import number
from .lecture import ENGINEERED
from .series import correlate, weighted_sum


@exercise(points=3, minutes=10, difficulty=2, importance=4)
def conv1d(x: np.ndarray, f: np.ndarray) -> np.ndarray:
    """Filter a series with any weights: $h_j = \\sum_{k=1}^K f_k\\, x_{j+k-K}$.

    The first weight meets the oldest day of the window, the last one day j.
    (So the filter is not flipped: strictly this is cross-correlation, which is
    what deep learning calls convolution.)

    x: series, shape (J,). f: filter, shape (K,).
    Returns float64, shape (J-K+1,): full windows only.
    Raises ValueError, with a sentence, if the filter is longer than the series.
    Lecture 6, "1-D convolution".
    """


conv1d.oracle(correlate)


@conv1d.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J, K = sizes(rng, 9, 20, 2)
    J, K = max(J, K), min(J, K)
    yield case("three weights, by hand", np.array([1.0, 2, 0, 4, 3]), np.array([0.5, 0, 2]))
    yield case("the lecture's engineered filter", rng.normal(size=12), ENGINEERED.copy())
    yield case("random series, random filter", rng.normal(size=J), rng.normal(size=K))
    yield case(
        "whole numbers with a fractional filter", rng.integers(0, 300, 10), rng.normal(size=4)
    )
    yield case(
        "whole numbers of type uint8, both",
        rng.integers(100, 256, 8).astype(np.uint8),
        rng.integers(100, 256, 3).astype(np.uint8),
    )
    yield case("a filter with a single weight", rng.normal(size=5), rng.normal(size=1))
    yield case("a filter as long as the series", rng.normal(size=6), rng.normal(size=6))
    yield case(
        "arrays that are not contiguous", strided(rng.normal(size=11)), strided(rng.normal(size=3))
    )
    yield case(
        "arrays that may not be changed", frozen(rng.normal(size=10)), frozen(rng.normal(size=2))
    )
    yield Case(
        "a filter longer than the series", (rng.normal(size=3), rng.normal(size=4)), raises=True
    )


@conv1d.working
def _(index, x, f):
    (i,) = index
    K = len(f)
    return (
        f"the window x[{i}:{i + K}] is [{' '.join(map(number, x[i : i + K]))}], "
        f"the filter [{' '.join(map(number, f))}]\n"
        + weighted_sum(x[i : i + K].astype(float), f.astype(float))
    )


conv1d.hints = [
    "The rolling average multiplies each of the K days in a window with the same 1/K. What is "
    "there instead of 1/K now, and which weight meets the oldest day?",
    "Counted from 0: $h_i = f_0 x_i + f_1 x_{i+1} + \\dots + f_{K-1} x_{i+K-1}$. A window and "
    "the filter are equally long, so this is the dot product of two vectors.",
    "```python\nK = len(f)\nh = np.zeros(...)            # one entry per full window\n"
    "for i in range(len(h)):\n    window = x[...]          # K values, starting with day i\n"
    "    h[i] = ...               # dot product of window and filter\nreturn h\n```",
]
conv1d.built = (
    "Any filter runs over any series now; without padding, `torch.nn.functional.conv1d` computes "
    "the same. Its edges, a bias and a nonlinearity come next, and in lesson 2 the model chooses "
    "the weights itself."
)


@conv1d.mistake(
    "the filter is flipped",
    "Your newest day meets the first weight. In the "
    "lecture's formula f₁ meets the oldest day of the window. (Flipping is what "
    "mathematics and np.convolve call convolution.)",
)
def _(right, x, f):
    return right(x, f[::-1])


@conv1d.mistake(
    "an average instead of a weighted sum",
    "You divide by K. The weights already "
    "say how much each day counts: nothing is left to divide by.",
)
def _(right, x, f):
    return right(x, f) / len(f)


@conv1d.mistake(
    "the last weight is left out",
    "The sum stops one weight early: k runs over all "
    "K weights, and range(K) does so from 0 to K−1.",
)
def _(right, x, f):
    return right(x, f) - f[-1] * np.asarray(x, dtype=float)[len(f) - 1 :]


@conv1d.mistake(
    "fractions cut off",
    "The output has the type of a whole-number input, so its "
    "fractions are lost. Collect the results in an array of floats.",
)
def _(right, x, f):
    h = right(x, f)
    return np.trunc(h) if x.dtype.kind in "iu" else h


@conv1d.mistake(
    "products that overflow",
    "Both arrays are of type uint8, where 16·16 is 0. "
    "Convert first: x.astype(float), f.astype(float).",
)
def _(right, x, f):
    right(x, f)
    windows = np.lib.stride_tricks.sliding_window_view(x, len(f))
    return (windows * f).sum(axis=1, dtype=windows.dtype if x.dtype == np.uint8 else None) * 1.0


FULL_WINDOWS.belongs_to(conv1d)
