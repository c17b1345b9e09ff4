"""``windows``: the full windows of a series as the rows of a matrix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case, exercise
from ..engine.shared_mistakes import FOR_FLOATS, FULL_WINDOWS
from ..engine.shown import number


@exercise(points=2, minutes=8, difficulty=1, importance=3)
def windows(x: np.ndarray, K: int) -> np.ndarray:
    """Stack all full windows of a series as the rows of a matrix.

    Row i holds x[i], …, x[i+K-1], oldest first: the lecture's $\\bar{\\mathbf x}_j$.
    So ``windows(x, K) @ f`` is the convolution of x with a filter f of length K.

    x: series, shape (J,). K: window length, at least 1.
    Returns float64, shape (J-K+1, K).
    Raises ValueError, with a sentence, if K is larger than J.
    Lecture 6, "Backpropagation for 1-D convolution": convolution as dot products.
    """


@windows.oracle
def _(x, K):
    if len(x) < K:
        raise ValueError(f"a window of {K} does not fit into a series of {len(x)}")
    return torch.tensor(np.array(x, dtype=np.float64)).unfold(0, K, 1).numpy().copy()


@windows.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J, K = sizes(rng, 7, 16, 2)
    J, K = max(J, K), min(J, K)
    yield case("five days, K = 3", np.array([1.0, 2, 0, 4, 3]), 3)
    yield case("random series, random window", rng.normal(size=J), K)
    yield case("an even window", rng.normal(size=9), 4)
    yield case("counts of tests (whole numbers)", rng.integers(0, 300, 8), 3)
    yield case("numbers of type uint8", rng.integers(0, 256, 7).astype(np.uint8), 2)
    yield case("windows of one day", rng.normal(size=5), 1)
    yield case("a single window, as long as the series", rng.normal(size=6), 6)
    yield case("a series that is not contiguous", strided(rng.normal(size=11)), 3)
    yield case("a series that may not be changed", frozen(rng.normal(size=10)), 4)
    yield Case("a window longer than the series", (rng.normal(size=4), 5), raises=True)


@windows.working
def _(index, x, K):
    i, k = index
    return (
        f"row {i} is the window x[{i}:{i + K}] = [{' '.join(map(number, x[i : i + K]))}]\n"
        f"its entry {k} is x[{i} + {k}] = {number(x[i + k])}"
    )


windows.hints = [
    "In lesson 1 you took one window after the other out of the series and multiplied it with "
    "f. Now keep the windows. How many rows are there, and where does row i start?",
    "Row i is the slice of K values that starts at i; rows overlap in all but one value:\n\n"
    "```\nx         1 2 0 4 3        K = 3\nrow 0    [1 2 0]\nrow 1      [2 0 4]\n"
    "row 2        [0 4 3]\n```",
    "```python\nrows = np.zeros((..., K))      # how many windows?\n"
    "for i in range(len(rows)):\n    rows[i] = ...              # one slice of x\n"
    "return rows\n```",
]
windows.built = (
    "With it a convolution is one matrix product, `windows(x, K) @ f`; torch makes the same rows "
    "by `x.unfold(0, K, 1)`. Out of these rows comes the filter's gradient in this lesson, and "
    "lesson 3 makes such rows of a photograph."
)


@windows.mistake(
    "rows and columns are swapped",
    "Your windows are the columns. Each window should be a row: J−K+1 rows of K entries.",
)
def _(right, x, K):
    return right(x, K).T.copy()


@windows.mistake(
    "the newest day comes first",
    "Your windows run backwards. The oldest day stands first, where it meets the first weight.",
)
def _(right, x, K):
    return right(x, K)[:, ::-1].copy()


@windows.mistake(
    "reshape instead of transpose",
    "Your windows were columns, and reshape only cuts the row of numbers anew: windows get mixed "
    "up. A transpose turns the matrix.",
)
def _(right, x, K):
    rows = right(x, K)
    return rows.T.reshape(rows.shape)


@windows.mistake(
    "the series is cut into rows",
    "Your next row goes on where the last one ended. Rows overlap: each starts one day later than "
    "the one above it, so there are more numbers in them than in the series, and no reshape or "
    "resize makes them.",
)
def _(right, x, K):
    return np.resize(np.asarray(x, dtype=float), right(x, K).shape)


FULL_WINDOWS.belongs_to(windows)
FOR_FLOATS.belongs_to(windows)
