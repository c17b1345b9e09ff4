"""``rolling_average``: the mean of each full window."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch.nn.functional as F

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case, exercise
from ..engine.shared_mistakes import FULL_WINDOWS
from ..engine.shown import number
from .series import as_row


@exercise(points=2, minutes=10, difficulty=1, importance=3)
def rolling_average(x: np.ndarray, K: int = 7) -> np.ndarray:
    """Average each full window of K successive values.

    $h_j = \\frac1K (x_{j-K+1} + \\dots + x_j)$. Where the window would reach
    over the edge the output is undefined, so it has K−1 entries fewer.

    x: series, shape (J,). K: window length, in days.
    Returns float64, shape (J-K+1,).
    Raises ValueError, with a sentence, if K is larger than J.
    Lecture 6, "Example: 7 day rolling average filter".
    """


@rolling_average.oracle
def _(x, K=7):
    if len(x) < K:
        raise ValueError(f"a window of {K} does not fit into a series of {len(x)}")
    return F.avg_pool1d(as_row(x), K, stride=1)[0, 0].numpy()


@rolling_average.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J, K = sizes(rng, 8, 25, 2)
    J, K = max(J, K), min(J, K)
    yield case("eight days, K = 7", np.array([2.0, 4, 6, 8, 10, 12, 14, 30]))
    yield case("random series, random window", rng.normal(size=J), K)
    yield case("an even window", rng.normal(size=9), 4)
    yield case("counts of tests (whole numbers)", rng.integers(0, 300, 12), 5)
    yield case(
        "numbers of type uint8, whose sums pass 255", rng.integers(200, 256, 10).astype(np.uint8), 3
    )
    yield case("a window of one day", rng.normal(size=5), 1)
    yield case("a single window, as long as the series", rng.normal(size=6), 6)
    yield case("a series that is not contiguous", strided(rng.normal(size=11)), 3)
    yield case("a series that may not be changed", frozen(rng.normal(size=10)), 2)
    yield Case("a window longer than the series", (rng.normal(size=4), 5), raises=True)


@rolling_average.working
def _(index, x, K=7):
    (i,) = index
    window = x[i : i + K]
    total = float(np.sum(window, dtype=float))
    return (
        f"the window x[{i}:{i + K}] is [{' '.join(map(number, window))}]\n"
        f"({' + '.join(map(number, window))}) / {K} = {number(total)} / {K}"
        f" = {number(total / K)}"
    )


rolling_average.hints = [
    "With J = 8 days and K = 7 there are two full windows. Where does the first one start, "
    "where does the last one start, and how many are there in general?",
    "Window number i (from 0) holds the days i, i+1, …, i+K−1, which a slice takes out in one "
    "go. There are J−K+1 of them:\n\n```\nday      0 1 2 3 4 5 6 7\n"
    "window 0 └───────────┘\nwindow 1   └───────────┘\n```",
    "```python\nh = np.zeros(...)            # how many windows?\n"
    "for i in range(len(h)):\n    h[i] = ...               # the mean of one slice of x\n"
    "return h\n```",
]
rolling_average.built = (
    "A moving average for any window length: torch's `avg_pool1d` with `stride=1` averages the "
    "same windows. A few lines on, yours draws the newspapers' smooth line through the hospital's"
    " tests."
)


@rolling_average.mistake(
    "a sum instead of a mean",
    "Each entry is K times too large. Divide each window's sum by the number of days in it.",
)
def _(right, x, K=7):
    return right(x, K) * K


@rolling_average.mistake(
    "always divides by 7", "7 is only the usual window. Divide by K, the length that was asked for."
)
def _(right, x, K=7):
    return right(x, K) * K / 7


@rolling_average.mistake(
    "one day missing from each window",
    "A slice x[a:b] stops before b, so x[i:i+K-1] holds K−1 days only.",
)
def _(right, x, K=7):
    h = right(x, K)
    return h - np.asarray(x, dtype=float)[K - 1 :] / K


@rolling_average.mistake(
    "shorter windows at the edge",
    "The first K−1 entries are averages of "
    "fewer than K days. Only full windows count: leave those entries out.",
)
def _(right, x, K=7):
    return np.concatenate([[np.mean(x[: i + 1]) for i in range(K - 1)], right(x, K)])


@rolling_average.mistake(
    "whole-number division",
    "The averages lost their fractions. Divide "
    "with /, not //, and collect the results in an array of floats.",
)
def _(right, x, K=7):
    return np.floor(right(x, K))


@rolling_average.mistake(
    "sums that overflow",
    "The series is of type uint8, and sums in that "
    "type start again at 0 after 255. Convert first: x.astype(float).",
)
def _(right, x, K=7):
    right(x, K)
    h = [sum((x[i + k] for k in range(1, K)), x[i]) / K for i in range(len(x) - K + 1)]
    return np.array(h, dtype=float)


@rolling_average.mistake(
    "writes into the series",
    "The averages overwrite x while later windows still need it. Collect them in a new array.",
)
def _(right, x, K=7):
    for i in range(len(right(x, K))):
        x[i] = np.mean(x[i : i + K])
    return x[: len(x) - K + 1].astype(float)


FULL_WINDOWS.belongs_to(rolling_average)
