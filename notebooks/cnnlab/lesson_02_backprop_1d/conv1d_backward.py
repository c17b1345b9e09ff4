"""``conv1d_backward``: the gradients of input, filter and bias."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case, exercise
from ..engine.shown import number
from .series import filtered, leaf, sum_of_products


@exercise(points=4, minutes=15, difficulty=3, importance=4)
def conv1d_backward(
    x: np.ndarray, f: np.ndarray, dh: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """All gradients of h = conv1d(x, f) + b.

    $df_k = \\sum_i x_{i+k}\\, dh_i$; $dx$ collects $f_k\\, dh_i$ at position i+k, for
    every window i and every weight k (counted from 0); $db = \\sum_i dh_i$.

    x: series, shape (J,). f: filter, shape (K,). dh: gradient of the output, (J-K+1,).
    Returns dx, float64 (J,); df, float64 (K,); db, a number.
    Lecture 6, "Backpropagation for 1-D convolution", with the bias of "Bias, nonlinearities,
    padding and stride"; the gradient of the input is what a layer below would need.
    """


@conv1d_backward.oracle
def _(x, f, dh):
    x, f, b = leaf(x), leaf(f), leaf(0.0)
    (filtered(x, f) + b).backward(torch.tensor(np.array(dh, dtype=np.float64)))
    return x.grad.numpy(), f.grad.numpy(), b.grad.item()


@conv1d_backward.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J, K = sizes(rng, 9, 16, 1)[0], sizes(rng, 3, 5, 1)[0]
    yield case(
        "by hand", np.array([1.0, 2, 0, 4, 3]), np.array([0.5, 0, 2]), np.array([1.0, -2, 3])
    )
    yield case("random sizes", rng.normal(size=J), rng.normal(size=K), rng.normal(size=J - K + 1))
    yield case("an even filter", rng.normal(size=9), rng.normal(size=4), rng.normal(size=6))
    yield case(
        "only one output matters",
        rng.normal(size=8),
        rng.normal(size=3),
        np.array([0.0, 0, 0, 1, 0, 0]),
    )
    yield case(
        "a whole-number series",
        rng.integers(0, 300, 8),
        rng.normal(size=3),
        rng.normal(size=6),
    )
    yield case(
        "all of type uint8",
        rng.integers(100, 256, 8).astype(np.uint8),
        rng.integers(100, 256, 2).astype(np.uint8),
        rng.integers(100, 256, 7).astype(np.uint8),
    )
    yield case(
        "a filter with a single weight",
        rng.normal(size=5),
        rng.normal(size=1),
        rng.normal(size=5),
    )
    yield case("a single window", rng.normal(size=6), rng.normal(size=6), rng.normal(size=1))
    yield case(
        "arrays that are not contiguous",
        strided(rng.normal(size=8)),
        strided(rng.normal(size=5)),
        strided(rng.normal(size=4)),
    )
    yield case(
        "arrays that may not be changed",
        frozen(rng.normal(size=7)),
        frozen(rng.normal(size=2)),
        frozen(rng.normal(size=6)),
    )


@conv1d_backward.working
def _(index, x, f, dh):
    if not index:
        return f"db = {' + '.join(map(number, dh))} = {number(float(np.sum(dh, dtype=float)))}"
    (i,) = index
    K, n = len(f), len(dh)
    inside = [j for j in range(n) if j <= i < j + K]
    text = (
        f"dx[{i}]: x[{i}] was in window{'s' if len(inside) > 1 else ''} "
        f"{', '.join(map(str, inside))}, each time with another weight:\n"
        f"{sum_of_products(f[[i - j for j in inside]], dh[inside])}"
    )
    if i < K:
        text += f"\ndf[{i}]: weight {i} met x[{i}:{i + n}]:\n{sum_of_products(x[i : i + n], dh)}"
    return text


conv1d_backward.hints = [
    "df you have already, and b is added to every output. For dx: which outputs change when "
    "one x[i] changes, and with which weight did it enter each of them?",
    "Turn the question round. Output i was made from the K values x[i:i+K], with the weights f. "
    "So what comes back through it, dh[i], goes to just these K places, each times its weight; "
    "places that were in several windows get several contributions.",
    "```python\ndx, df, db = np.zeros(len(x)), np.zeros(len(f)), 0.0\n"
    "for i in range(len(dh)):\n    dx[i:i + len(f)] += ...   # what this output sends back to x\n"
    "    df += ...                 # … and to the filter\n    db += ...\n"
    "return dx, df, db\n```",
]
conv1d_backward.built = (
    "A convolution's whole backward pass, for input, filter and bias: that is what `backward()` "
    "runs behind `conv1d`, and a few sections on the two are compared. With `dx`, layers below "
    "this one could learn as well."
)


@conv1d_backward.mistake(
    "dx is filtered instead of spread",
    "You slid f over dh as in the forward pass. Backward, dh[i] is spread over dx[i:i+K] with the "
    "weights f: as a convolution it would need the flipped filter.",
)
def _(right, x, f, dh):
    _, df, db = right(x, f, dh)
    return right(x, f[::-1], dh)[0], df, db


@conv1d_backward.mistake(
    "windows overwrite each other in dx",
    "A value that was in several windows gets a contribution from each: += instead of =. (With an "
    "array of indices += counts each index once: np.add.at counts all.)",
)
def _(right, x, f, dh):
    dx, df, db = right(x, f, dh)
    for i in range(len(dh)):
        dx[i : i + len(f)] = np.asarray(f, dtype=float) * dh[i]
    return dx, df, db


@conv1d_backward.mistake(
    "dx misses the last days",
    "Your dx is as long as the output. It has an entry for every value of x, K−1 more.",
)
def _(right, x, f, dh):
    dx, df, db = right(x, f, dh)
    return dx[: len(dh)], df, db


@conv1d_backward.mistake(
    "dx is shifted to the window's last day",
    "What output i sends back belongs to x[i] … x[i+K−1]; yours starts at x[i+K−1].",
)
def _(right, x, f, dh):
    dx, df, db = right(x, f, dh)
    late = np.concatenate([np.zeros(len(f) - 1), dx])
    return late[: len(x)], df, db


@conv1d_backward.mistake(
    "df is flipped",
    "Your first entry of df belongs to the last weight. The first weight met the oldest day of "
    "each window.",
)
def _(right, x, f, dh):
    dx, df, db = right(x, f, dh)
    return dx, df[::-1].copy(), db


@conv1d_backward.mistake(
    "db is a mean",
    "The bias was added to every output, so its gradient is the sum of dh. If the loss is a "
    "mean, that is in dh already.",
)
def _(right, x, f, dh):
    dx, df, db = right(x, f, dh)
    return dx, df, db / len(dh)


@conv1d_backward.mistake(
    "db is left as a vector",
    "There is one bias for all outputs, so its gradient is one number: add up dh.",
)
def _(right, x, f, dh):
    dx, df, _ = right(x, f, dh)
    return dx, df, np.array(dh, dtype=float)


@conv1d_backward.mistake(
    "dx and df are swapped",
    "The order is dx, df, db.",
)
def _(right, x, f, dh):
    dx, df, db = right(x, f, dh)
    return df, dx, db


@conv1d_backward.mistake(
    "dx keeps whole numbers",
    "np.zeros_like(x) is an array of whole numbers if x is, and they lose the fractions. Use "
    "np.zeros(len(x)).",
)
def _(right, x, f, dh):
    dx, df, db = right(x, f, dh)
    return dx.astype(np.asarray(x).dtype), df, db


@conv1d_backward.mistake(
    "df in the filter's place",
    "What goes back to x is made of the filter's gradient. It entered the output by the weights "
    "themselves, and by these the gradient goes back.",
)
def _(right, x, f, dh):
    _, df, db = right(x, f, dh)
    return right(x, df, dh)[0], df, db


@conv1d_backward.mistake(
    "x in the filter's place",
    "What goes back to x is made of x itself. x entered the output times the weights f, and by "
    "these the gradient goes back; x belongs into df.",
)
def _(right, x, f, dh):
    dx, df, db = right(x, f, dh)
    each = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), len(f))
    dx = np.zeros(len(x))
    for i in range(len(dh)):
        dx[i : i + len(f)] += each[i] * dh[i]
    return dx, df, db


@conv1d_backward.mistake(
    "half a filter of zeros around dh",
    "You put K//2 zeros on each side of dh, which keeps its length. dx is as long as x, K−1 more "
    "than dh: slid over dh, the turned filter needs K−1 zeros on each side.",
)
def _(right, x, f, dh):
    dx, df, db = right(x, f, dh)
    cut = len(f) - 1 - len(f) // 2
    return dx[cut : len(dx) - cut], df, db
