"""Lesson 01: from the rolling average to a layer of a convolutional network.

Arrays are NumPy's. The lecture counts positions from 1, code from 0; ``h[i]``
here is the lecture's $h_j$ with $j = i + K$, the window that ends on day j.
Source: lecture 6, "Example: 7 day rolling average filter" to "Bias,
nonlinearities, padding and stride".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as F

from .draw import frozen, sizes, strided
from .exercise import Case, case, exercise
from .report import number

AVERAGE = np.full(7, 1 / 7)
"""The 7-day rolling average as a filter, one weight a day, oldest first."""

ENGINEERED = np.array([1, 1, 1, 1, 2, 2, 2]) / 10
"""The lecture's hand-made filter: recent days count twice as much as older ones."""


def _row(values: np.ndarray) -> torch.Tensor:
    """A series (J,) as torch's (batch 1, channel 1, J)."""
    return torch.tensor(np.array(values, dtype=np.float64))[None, None]


def _correlate(x: np.ndarray, f: np.ndarray, stride: int = 1) -> np.ndarray:
    """torch's 1-D convolution without padding; refuses a filter that does not fit."""
    if len(f) > len(x):
        raise ValueError(f"the filter has {len(f)} weights, but the series only {len(x)} values")
    return F.conv1d(_row(x), _row(f), stride=stride)[0, 0].numpy()


def _arithmetic(window: np.ndarray, f: np.ndarray) -> str:
    """A window's products and their sum, as in 2·0.5 + 4·0.5 = 3."""
    products = " + ".join(f"{number(v)}·{number(w)}" for v, w in zip(window, f, strict=True))
    return f"{products} = {number(float(np.dot(window, f)))}"


# ── rolling_average ─────────────────────────────────────────────────────────


@exercise(points=2)
def rolling_average(x: np.ndarray, K: int = 7) -> np.ndarray:
    """Average each full window of K successive values.

    $h_j = \\frac1K (x_{j-K+1} + \\dots + x_j)$. Where the window would reach
    over the edge the output is undefined, so it has K−1 entries fewer.

    x: series, shape (J,). K: window length, in days.
    Returns float64, shape (J-K+1,).
    Raises ValueError if K is larger than J.
    Lecture 6, "Example: 7 day rolling average filter".
    """


@rolling_average.oracle
def _(x, K=7):
    if len(x) < K:
        raise ValueError(f"a window of {K} does not fit into a series of {len(x)}")
    return F.avg_pool1d(_row(x), K, stride=1)[0, 0].numpy()


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
    "one window too few",
    "The last window is missing: it ends on the last "
    "day. There are J−K+1 windows, not J−K; range(n) stops before n.",
)
def _(right, x, K=7):
    return right(x, K)[:-1]


@rolling_average.mistake(
    "one day missing from each window",
    "A slice x[a:b] stops before b, so x[i:i+K-1] holds K−1 days only.",
)
def _(right, x, K=7):
    h = right(x, K)
    return h - np.asarray(x, dtype=float)[K - 1 :] / K


@rolling_average.mistake(
    "zeros beyond the edge",
    "You return as many values as there are days, "
    "as if the days before the first were zeros. Here the output is "
    "undefined there: leave those K−1 entries out.",
)
def _(right, x, K=7):
    right(x, K)
    return right(np.concatenate([np.zeros(K - 1), x]), K)


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


# ── conv1d ──────────────────────────────────────────────────────────────────


@exercise(points=3)
def conv1d(x: np.ndarray, f: np.ndarray) -> np.ndarray:
    """Filter a series with any weights: $h_j = \\sum_{k=1}^K f_k\\, x_{j+k-K}$.

    The first weight meets the oldest day of the window, the last one day j.
    (So the filter is not flipped: strictly this is cross-correlation, which is
    what deep learning calls convolution.)

    x: series, shape (J,). f: filter, shape (K,).
    Returns float64, shape (J-K+1,): full windows only.
    Raises ValueError if the filter is longer than the series.
    Lecture 6, "1-D convolution".
    """


conv1d.oracle(_correlate)


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
        + _arithmetic(x[i : i + K].astype(float), f.astype(float))
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


@conv1d.mistake(
    "the filter is flipped",
    "Your newest day meets the first weight. In the "
    "lecture's formula f₁ meets the oldest day of the window. (Flipping is what "
    "mathematics and np.convolve call convolution.)",
)
def _(right, x, f):
    return right(x, f[::-1])


@conv1d.mistake(
    "one window too few",
    "The last window is missing: it ends on the last day. "
    "There are J−K+1 windows, not J−K; range(n) stops before n.",
)
def _(right, x, f):
    return right(x, f)[:-1]


@conv1d.mistake(
    "starts one day late", "The first window is missing: it starts with x[0], the lecture's x₁."
)
def _(right, x, f):
    return right(x, f)[1:]


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
    "zeros beyond the edge",
    "You return as many values as there are days, as if "
    "the days before the first were zeros. Leave out the K−1 entries whose window "
    "is not full.",
)
def _(right, x, f):
    right(x, f)
    return right(np.concatenate([np.zeros(len(f) - 1), x]), f)


@conv1d.mistake(
    "zeros beyond both edges",
    "Your windows start before the first day and end "
    "after the last one. Only windows that lie inside the series count.",
)
def _(right, x, f):
    right(x, f)
    edge = np.zeros(len(f) - 1)
    return right(np.concatenate([edge, x, edge]), f)


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


# ── pad ─────────────────────────────────────────────────────────────────────


@exercise(points=2)
def pad(x: np.ndarray, left: int, right: int, mode: str = "zeros") -> np.ndarray:
    """Put ``left`` values before a series and ``right`` values after it.

    mode "zeros": zeros; "mean": the overall average of x; "edge": the first
    value of x before it and the last value after it.

    x: series, shape (J,), J ≥ 1. left, right: numbers of values, from 0.
    Returns float64, shape (left+J+right,).
    Raises ValueError for any other mode.
    Lecture 6, "Bias, nonlinearities, padding and stride": edge cases.
    """


@pad.oracle
def _(x, left, right, mode="zeros"):
    row, size = _row(x), (left, right)
    if mode == "zeros":
        return F.pad(row, size)[0, 0].numpy()
    if mode == "mean":
        return F.pad(row, size, value=row.mean().item())[0, 0].numpy()
    if mode == "edge":
        return F.pad(row, size, mode="replicate")[0, 0].numpy()
    raise ValueError(f"there is no mode {mode!r}: it is 'zeros', 'mean' or 'edge'")


@pad.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J, left, right = sizes(rng, 2, 9, 3)
    yield case("three days, zeros around", np.array([3.0, 5, 10]), 2, 1)
    yield case("three days, their average around", np.array([3.0, 5, 10]), 2, 1, "mean")
    yield case("three days, edge values around", np.array([3.0, 5, 10]), 2, 1, "edge")
    for mode in ("zeros", "mean", "edge"):
        yield case(f"random sizes, {mode}", rng.normal(size=J), left, right, mode)
    yield case("nothing on the right, edge", rng.normal(size=6), 3, 0, "edge")
    yield case("nothing on the left, mean", rng.normal(size=5), 0, 2, "mean")
    yield case("whole numbers whose average is none", np.array([1, 2, 4, 4]) * J, 1, 3, "mean")
    yield case("numbers of type uint8", rng.integers(0, 256, 7).astype(np.uint8), 2, 3, "zeros")
    yield case("longer padding than series", strided(rng.normal(size=2)), 5, 4, "edge")
    yield case("a series that may not be changed", frozen(rng.normal(size=4)), 1, 2, "zeros")
    yield Case("an unknown mode", (rng.normal(size=4), 1, 2, "reflect"), raises=True)


@pad.working
def _(index, x, left, right, mode="zeros"):
    (i,) = index
    if left <= i < left + len(x):
        return f"entry {i} lies inside the series: it is x[{i} − left] = x[{i - left}]"
    side = "before the first" if i < left else "after the last"
    said = {
        "zeros": "0",
        "mean": f"the mean of x, {number(float(np.mean(x)))}",
        "edge": f"x[0] = {number(x[0])}" if i < left else f"x[-1] = {number(x[-1])}",
    }
    return f"entry {i} lies {side} day: with mode {mode!r} it is {said[mode]}"


pad.hints = [
    "How long is the result? At which index of the result does x[0] stand?",
    "```\n left values │ x[0] … x[J-1] │ right values\n"
    "0 … left-1    left … left+J-1   left+J …\n```\n"
    "What differs between the modes are only the values on the two sides.",
    '```python\nif mode == "zeros":\n    before, after = 0, 0\n'
    'elif mode == "mean":\n    before, after = ...\nelif mode == "edge":\n'
    "    before, after = ...\nelse:\n    raise ValueError(...)\n"
    "return ...   # np.full(left, before), x and np.full(right, after), joined\n```",
]


@pad.mistake(
    "left and right are swapped",
    "The values on the left are as many as there should be on the right.",
)
def _(right_answer, x, left, right, mode="zeros"):
    return right_answer(x, right, left, mode)


@pad.mistake("the mode is ignored", "The result is padded with zeros whatever the mode says.")
def _(right_answer, x, left, right, mode="zeros"):
    right_answer(x, left, right, mode)
    return right_answer(x, left, right, "zeros")


@pad.mistake(
    "an unknown mode passes silently",
    "A mode that you do not know must raise a "
    "ValueError: a typing error would go unnoticed otherwise.",
)
def _(right_answer, x, left, right, mode="zeros"):
    return right_answer(x, left, right, mode if mode in ("zeros", "mean") else "edge")


@pad.mistake(
    "the first value on both sides",
    "In the mode “edge” the values after the series repeat its last value, x[-1].",
)
def _(right_answer, x, left, right, mode="zeros"):
    out = right_answer(x, left, right, mode)
    if mode == "edge":
        out[left + len(x) :] = x[0]
    return out


@pad.mistake(
    "mirrors the series",
    "You continue the series with its values in reverse order. "
    "The mode “edge” repeats the first and the last value only.",
)
def _(right_answer, x, left, right, mode="zeros"):
    out = right_answer(x, left, right, mode)
    if mode == "edge":
        out = np.pad(np.asarray(x, dtype=float), (left, right), mode="symmetric")
    return out


@pad.mistake(
    "the average of the padded series",
    "The zeros that were put in first pull the average down. Take the average of x alone.",
)
def _(right_answer, x, left, right, mode="zeros"):
    out = right_answer(x, left, right, mode)
    if mode == "mean":
        value = right_answer(x, left, right).mean()
        out[:left] = value
        out[left + len(x) :] = value
    return out


@pad.mistake(
    "keeps whole numbers",
    "The result has the type of x, so an average such as 2.75 "
    "is cut to 2. Convert x to floats first.",
)
def _(right_answer, x, left, right, mode="zeros"):
    return right_answer(x, left, right, mode).astype(x.dtype)


@pad.mistake(
    "stumbles over right = 0",
    "A slice out[left:-right] is empty when right is 0, "
    "because -0 is 0. Write out[left:left + len(x)].",
)
def _(right_answer, x, left, right, mode="zeros"):
    out = right_answer(x, left, right, mode)
    out[left:-right] = x
    return out


# ── conv1d_layer ────────────────────────────────────────────────────────────


@exercise(points=4)
def conv1d_layer(
    x: np.ndarray,
    f: np.ndarray,
    b: float = 0.0,
    stride: int = 1,
    padding: tuple[int, int] = (0, 0),
    activation: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """One layer: pad, filter every stride-th window, add b, apply the nonlinearity.

    $h = g(b + \\sum_k f_k x_{\\dots})$ for the windows 0, S, 2S, … of the padded
    series. (The lecture counts windows from 1 and keeps those whose number S
    divides, so its first is window S; torch starts with the first, and so do we.)

    x: series, shape (J,). f: filter, shape (K,). b: bias, a number.
    stride: step S from one window to the next, at least 1.
    padding: how many zeros on the left and on the right.
    activation: elementwise function of an array, applied last; None means none.
    Returns float64, shape ((left+J+right-K)//S + 1,).
    Raises ValueError if stride is below 1 or the filter longer than the padded series.
    Lecture 6, "Bias, nonlinearities, padding and stride".
    """


@conv1d_layer.oracle
def _layer(x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    if stride < 1:
        raise ValueError(f"the stride must be at least 1, not {stride}")
    h = b + _correlate(np.pad(np.asarray(x, dtype=float), padding), f, stride)
    return h if activation is None else activation(h)


def with_relu(layer, x, f, b=0.0, stride=1, padding=(0, 0)):
    """Call a layer with the rectified linear unit."""
    return layer(x, f, b, stride, padding, lambda h: np.maximum(h, 0))


def with_tanh(layer, x, f, b=0.0, stride=1, padding=(0, 0)):
    """Call a layer with the hyperbolic tangent, by name."""
    return layer(x, f, b=b, stride=stride, padding=padding, activation=np.tanh)


@conv1d_layer.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J, K, S = (*sizes(rng, 13, 22, 1), *sizes(rng, 3, 6, 2))
    left, right = sizes(rng, 1, 4, 2)
    by_hand = np.array([1.0, 2, 0, 4, 3]), np.array([0.5, 0, 2])
    yield case("nothing but the filter", *by_hand)
    yield case("with a bias", *by_hand, b=10.0)
    yield case("every second window", *by_hand, stride=2)
    yield case("one zero left, two zeros right", *by_hand, padding=(1, 2))
    yield Case(
        "a bias, then the rectified linear unit",
        (np.array([1.0, -2, 0.5, -4, 3]), np.array([1.0, 1]), -0.25),
        probe=with_relu,
    )
    yield case(
        "random sizes, stride and padding",
        rng.normal(size=J),
        rng.normal(size=K),
        float(rng.normal()),
        S,
        (left, right),
    )
    yield Case(
        "all at once, with tanh",
        (rng.normal(size=J), rng.normal(size=K)),
        {"b": float(rng.normal()), "stride": S, "padding": (right, left)},
        probe=with_tanh,
    )
    yield case("whole numbers", rng.integers(0, 200, 9), rng.normal(size=4), 1.5, 2, (2, 0))
    yield case(
        "numbers of type uint8",
        rng.integers(100, 256, 8).astype(np.uint8),
        rng.normal(size=3),
        0.5,
        3,
        (0, 1),
    )
    yield case(
        "a filter that only fits with the padding",
        rng.normal(size=3),
        rng.normal(size=5),
        padding=(1, 2),
    )
    yield case(
        "arrays that are not contiguous",
        strided(rng.normal(size=10)),
        strided(rng.normal(size=3)),
        0.1,
    )
    yield case(
        "arrays that may not be changed",
        frozen(rng.normal(size=7)),
        frozen(rng.normal(size=2)),
        -1.0,
        2,
        (1, 0),
    )
    yield Case("a stride of 0", (*by_hand,), {"stride": 0}, raises=True)
    yield Case(
        "a filter longer than the padded series",
        (rng.normal(size=3), rng.normal(size=7)),
        {"padding": (1, 2)},
        raises=True,
    )


@conv1d_layer.working
def _(index, x, f, b=0.0, stride=1, padding=(0, 0)):
    (i,) = index
    padded = np.pad(np.asarray(x, dtype=float), padding)
    start = i * stride
    window = padded[start : start + len(f)]
    return (
        f"padded: [{' '.join(map(number, padded))}]\n"
        f"h[{i}] is made from the window that starts at {i}·{stride} = {start}: "
        f"[{' '.join(map(number, window))}]\n"
        f"{_arithmetic(window, f)}, plus the bias {number(b)}: "
        f"{number(float(np.dot(window, f)) + b)}, then the activation, if there is one"
    )


conv1d_layer.hints = [
    "You have all the parts: pad and conv1d are yours already. In which order do padding, "
    "filter, stride, bias and activation come?",
    "$h = g\\big(b + \\text{conv1d}(\\text{padded } x, f)\\big)$, of which the stride keeps the "
    "entries 0, S, 2S, …: a slice with a step does that.",
    "```python\npadded = pad(x, ...)\nh = conv1d(padded, f)\nh = h[...] ...   # keep every "
    "stride-th, add the bias\nreturn h if activation is None else ...\n```",
]


@conv1d_layer.mistake(
    "the first window is skipped",
    "You keep the windows S, 2S, … counted "
    "from 1, as the lecture does. Here, as in torch, the first window counts: "
    "0, S, 2S, … counted from 0.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    right(x, f, b, stride, padding)
    return right(x, f, b, 1, padding, activation)[stride - 1 :: stride]


@conv1d_layer.mistake(
    "the stride is ignored", "Every window is filtered. With a stride S keep one of S windows."
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    right(x, f, b, stride, padding)
    return right(x, f, b, 1, padding, activation)


@conv1d_layer.mistake(
    "the stride is applied to the series",
    "You throw days away before "
    "filtering. The windows still hold K successive days; only the windows "
    "are S days apart.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    right(x, f, b, stride, padding)
    return right(np.pad(np.asarray(x, dtype=float), padding)[::stride], f, b, 1, (0, 0), activation)


@conv1d_layer.mistake(
    "the bias is forgotten", "The bias b is missing: add it to each sum, before the activation."
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    return right(x, f, 0.0, stride, padding, activation)


@conv1d_layer.mistake(
    "the bias comes after the activation",
    "The formula is g(b + Σ…): the bias belongs inside, before the nonlinearity.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    return right(x, f, 0.0, stride, padding, activation) + b


@conv1d_layer.mistake(
    "the bias is added once per weight",
    "The bias is added inside the sum "
    "over k, so K times. It stands before the sum: once per output.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    return right(x, f, b * len(f), stride, padding, activation)


@conv1d_layer.mistake(
    "the activation is ignored",
    "The last step is missing: if activation is not None, return activation(h).",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    return right(x, f, b, stride, padding)


@conv1d_layer.mistake(
    "the same padding on both sides",
    "padding is a pair: the first number is for the left side, the second one for the right side.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    right(x, f, b, stride, padding)
    return right(x, f, b, stride, (padding[0], padding[0]), activation)


@conv1d_layer.mistake(
    "the padding is forgotten",
    "The series was not padded: put padding[0] "
    "zeros before it and padding[1] zeros after it first.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    right(x, f, b, stride, padding)
    return right(x, f, b, stride, (0, 0), activation)


@conv1d_layer.mistake(
    "the filter is flipped",
    "Your newest day meets the first weight; in the "
    "lecture's formula the first weight meets the oldest day of the window.",
)
def _(right, x, f, b=0.0, stride=1, padding=(0, 0), activation=None):
    return right(x, f[::-1], b, stride, padding, activation)
