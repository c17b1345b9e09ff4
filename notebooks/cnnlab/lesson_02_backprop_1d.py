"""Lesson 02: how gradient descent chooses the filter.

Arrays are NumPy's. ``h[i]`` is the window that starts at ``x[i]``, the lecture's
$h_j$ with $j = i + K$. Gradients are named after what the loss is derived by:
``dh`` is $\\partial loss/\\partial h$, an array like ``h``.
Source: lecture 6, "Backpropagation for 1-D convolution".
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import numpy as np
import torch
import torch.nn.functional as F

from .checking import difference
from .descent import diagnose, mean_squared_error
from .draw import frozen, sizes, strided
from .exercise import Case, case, exercise
from .report import number


def _leaf(values: np.ndarray) -> torch.Tensor:
    """A series as a tensor of its own that collects gradients."""
    return torch.tensor(np.array(values, dtype=np.float64), requires_grad=True)


def _filter(x: torch.Tensor, f: torch.Tensor) -> torch.Tensor:
    """1-D convolution in torch: (J,), (K,) -> (J-K+1,)."""
    return F.conv1d(x[None, None], f[None, None])[0, 0]


def _products(left: np.ndarray, right: np.ndarray) -> str:
    """Products and their sum, as in 2·0.5 + 4·0.5 = 3."""
    pairs = zip(left, right, strict=True)
    total = float(np.dot(np.asarray(left, dtype=float), np.asarray(right, dtype=float)))
    return f"{' + '.join(f'{number(a)}·{number(b)}' for a, b in pairs)} = {number(total)}"


# ── windows ─────────────────────────────────────────────────────────────────


@exercise(points=2)
def windows(x: np.ndarray, K: int) -> np.ndarray:
    """Stack all full windows of a series as the rows of a matrix.

    Row i holds x[i], …, x[i+K-1], oldest first: the lecture's $\\bar{\\mathbf x}_j$.
    So ``windows(x, K) @ f`` is the convolution of x with a filter f of length K.

    x: series, shape (J,). K: window length, at least 1.
    Returns float64, shape (J-K+1, K).
    Raises ValueError if K is larger than J.
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
    "one window too few",
    "The last window is missing: it ends on the last day. There are J−K+1 windows, not J−K; "
    "range(n) stops before n.",
)
def _(right, x, K):
    return right(x, K)[:-1]


@windows.mistake(
    "windows that do not overlap",
    "Your next window starts where the last one ended. It should start one day later.",
)
def _(right, x, K):
    return right(x, K)[::K].copy()


@windows.mistake(
    "goes round from the end to the start",
    "Your last rows continue with the first days. Windows that do not fit are left out.",
)
def _(right, x, K):
    right(x, K)
    return np.stack([np.roll(np.asarray(x, dtype=float), -i)[:K] for i in range(len(x))])


@windows.mistake(
    "zeros beyond the edge",
    "You return a window for every day, filled up with zeros before the first. Only full "
    "windows count.",
)
def _(right, x, K):
    right(x, K)
    return right(np.concatenate([np.zeros(K - 1), x]), K)


@windows.mistake(
    "keeps whole numbers",
    "The matrix has the type of the series. Make it an array of floats: whole numbers cut off "
    "fractions later, and uint8 cannot even go below 0.",
)
def _(right, x, K):
    return right(x, K).astype(np.asarray(x).dtype)


# ── filter_gradient ─────────────────────────────────────────────────────────


@exercise(points=3)
def filter_gradient(x: np.ndarray, dh: np.ndarray, K: int) -> np.ndarray:
    """The gradient of the loss with respect to a filter of length K.

    $\\nabla_{\\mathbf f} loss = \\sum_j \\bar{\\mathbf x}_j\\, \\partial loss/\\partial h_j$:
    each window, times how much the loss changes with its output, all added up.

    x: series, shape (J,). dh: gradient of the output, shape (J-K+1,).
    K: length of the filter.
    Returns float64, shape (K,).
    Lecture 6, "Backpropagation for 1-D convolution".
    """


@filter_gradient.oracle
def _(x, dh, K):
    f = torch.zeros(K, dtype=torch.float64, requires_grad=True)
    _filter(torch.tensor(np.array(x, dtype=np.float64)), f).backward(
        torch.tensor(np.array(dh, dtype=np.float64))
    )
    return f.grad.numpy()


@filter_gradient.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J, K = sizes(rng, 9, 16, 1)[0], sizes(rng, 3, 5, 1)[0]
    yield case("by hand", np.array([1.0, 2, 0, 4, 3]), np.array([1.0, -2, 3]), 3)
    yield case("random sizes", rng.normal(size=J), rng.normal(size=J - K + 1), K)
    yield case("an even filter", rng.normal(size=9), rng.normal(size=6), 4)
    yield case("only one output matters", rng.normal(size=7), np.array([0.0, 0, 1, 0, 0]), 3)
    yield case("whole numbers", rng.integers(-9, 9, 8), rng.integers(-9, 9, 6), 3)
    yield case(
        "a series of type uint8",
        rng.integers(100, 256, 8).astype(np.uint8),
        rng.integers(100, 256, 7).astype(np.uint8),
        2,
    )
    yield case("a filter with a single weight", rng.normal(size=5), rng.normal(size=5), 1)
    yield case("a single window", rng.normal(size=6), rng.normal(size=1), 6)
    yield case(
        "arrays that are not contiguous",
        strided(rng.normal(size=8)),
        strided(rng.normal(size=4)),
        5,
    )
    yield case(
        "arrays that may not be changed", frozen(rng.normal(size=7)), frozen(rng.normal(size=6)), 2
    )


@filter_gradient.working
def _(index, x, dh, K):
    (k,) = index
    return (
        f"weight {k} met the days x[{k}] … x[{k + len(dh) - 1}], one for each output; "
        f"each times dh:\n{_products(x[k : k + len(dh)], dh)}"
    )


filter_gradient.hints = [
    "If only one output h[i] mattered, its window x[i:i+K] times dh[i] would be the gradient. "
    "But all of them were made with the same filter. So what do you do with all these vectors?",
    "$\\nabla_{\\mathbf f}loss=\\sum_i \\bar{\\mathbf x}_i\\,dh_i$. Each term is a vector of "
    "length K: a row of `windows(x, K)`, scaled by one number. (For those who like matrices: "
    "a sum of scaled rows is a product with the transposed matrix.)",
    "```python\ndf = np.zeros(K)\nfor i in range(len(dh)):\n"
    "    df += ...                # window i, times what the loss does with h[i]\nreturn df\n```",
]


@filter_gradient.mistake(
    "a mean instead of a sum",
    "You divide by the number of windows. The gradients of all steps are added up; if the loss "
    "is a mean, that is in dh already.",
)
def _(right, x, dh, K):
    return right(x, dh, K) / len(dh)


@filter_gradient.mistake(
    "the gradient is flipped",
    "Your first entry belongs to the last weight. The first weight met the oldest day of each "
    "window, so the sum for it runs over x[0], x[1], …",
)
def _(right, x, dh, K):
    return right(x, dh, K)[::-1].copy()


@filter_gradient.mistake(
    "only the last step counts",
    "Each step overwrites the one before. Add them: df += …, not df = …",
)
def _(right, x, dh, K):
    dh = np.array(dh)
    dh[:-1] = 0
    return right(x, dh, K)


@filter_gradient.mistake(
    "the last step is missing",
    "The loop ends one window early. There are len(dh) windows.",
)
def _(right, x, dh, K):
    dh = np.array(dh)
    dh[-1] = 0
    return right(x, dh, K)


@filter_gradient.mistake(
    "dh is left out",
    "You add up the windows as they are. Each counts as much as the loss changes with its "
    "output: times dh[i].",
)
def _(right, x, dh, K):
    return right(x, np.ones(len(dh)), K)


@filter_gradient.mistake(
    "one gradient per step",
    "You stopped with a gradient for each step's own filter. There is only one filter: add the "
    "rows up.",
)
def _(right, x, dh, K):
    rows = [right(x, np.where(np.arange(len(dh)) == i, dh, 0), K) for i in range(len(dh))]
    return np.stack(rows)


@filter_gradient.mistake(
    "summed within the windows",
    "You add up along each window and so get one number per step. Add over the steps: one "
    "number per weight is left.",
)
def _(right, x, dh, K):
    return np.array([np.sum(x[i : i + K], dtype=float) * dh[i] for i in range(len(dh))])


@filter_gradient.mistake(
    "products that overflow",
    "The arrays are of type uint8, where 16·16 is 0. Convert first: x.astype(float), "
    "dh.astype(float).",
)
def _(right, x, dh, K):
    right(x, dh, K)
    terms = [x[i : i + K] * dh[i] for i in range(len(dh))]
    return np.sum(terms, axis=0, dtype=float)


# ── conv1d_backward ─────────────────────────────────────────────────────────


@exercise(points=4)
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
    x, f, b = _leaf(x), _leaf(f), _leaf(0.0)
    (_filter(x, f) + b).backward(torch.tensor(np.array(dh, dtype=np.float64)))
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
        f"{_products(f[[i - j for j in inside]], dh[inside])}"
    )
    if i < K:
        text += f"\ndf[{i}]: weight {i} met x[{i}:{i + n}]:\n{_products(x[i : i + n], dh)}"
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


@conv1d_backward.mistake(
    "dx is filtered instead of spread",
    "You slid f over dh the way forward goes. Backward, dh[i] is spread over x[i:i+K] with the "
    "weights f: as a convolution it would need the flipped filter.",
)
def _(right, x, f, dh):
    _, df, db = right(x, f, dh)
    return right(x, f[::-1], dh)[0], df, db


@conv1d_backward.mistake(
    "windows overwrite each other in dx",
    "A value that was in several windows gets a contribution from each: += instead of =.",
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


# ── numerical_gradient ──────────────────────────────────────────────────────


@exercise(points=3)
def numerical_gradient(
    loss: Callable[[np.ndarray], float], p: np.ndarray, eps: float = 1e-6
) -> np.ndarray:
    """The gradient of a function, by trying: central differences.

    For each entry of p: $(loss(p_i+eps) - loss(p_i-eps)) / (2\\,eps)$, with all other entries
    as they were.

    loss: function of an array like p that returns a number.
    p: parameters, float64, any shape. It is the same afterwards (rounding errors aside).
    eps: how far to go to either side.
    Returns float64, an array like p.
    Lecture 6 derives the gradients that this checks; the method itself is not in it.
    """


@numerical_gradient.oracle
def _(loss, p, eps=1e-6):
    slopes = np.zeros(p.shape)
    for index in np.ndindex(p.shape):
        step = np.zeros(p.shape)
        step[index] = eps
        slopes[index] = (loss(p + step) - loss(p - step)) / (2 * eps)
    return slopes


def try_loss(numerical_gradient, loss, p, **eps):
    """Call with one of these functions, on a writable array of its own."""
    known = {
        "sum of p²": lambda p: np.sum(p**2),
        "sum of p³": lambda p: np.sum(p**3),
        "sum of k·p² for k = 1, 2, …": lambda p: np.sum(np.arange(1, p.size + 1) * p.ravel() ** 2),
        "product of all entries": lambda p: np.prod(p),
        "the first entry times the last": lambda p: p.ravel()[0] * p.ravel()[-1],
    }
    own = np.array(p)
    slopes = numerical_gradient(known[loss], own, **eps)
    kept = own.shape == p.shape and bool(np.all(np.abs(own - p) < 1e-9))
    return {"gradient": slopes, "p is as it was": kept}


def try_transposed(numerical_gradient, loss, p):
    """Call with sum of k·p² on an array whose entries do not lie in a row in memory."""
    own = np.array(p.T).T
    slopes = numerical_gradient(lambda p: np.sum(np.arange(1, p.size + 1) * p.ravel() ** 2), own)
    return {"gradient": slopes, "p is as it was": bool(np.all(np.abs(own - p) < 1e-9))}


@numerical_gradient.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    a, b, c = sizes(rng, 2, 5, 3)

    def of(name: str, loss: str, p: np.ndarray, probe: Callable = try_loss, **eps: float) -> Case:
        return Case(name, (loss, p), eps, probe=probe, rtol=1e-5, atol=1e-7)

    weighted = "sum of k·p² for k = 1, 2, …"
    yield of("a parabola, by hand", "sum of p²", np.array([1.0, -2, 0.5]))
    yield of("each entry has its own slope", weighted, rng.normal(size=a + 3))
    yield of("a matrix", weighted, rng.normal(size=(a, b)))
    yield of("three axes", weighted, rng.normal(size=(a, b, c)))
    yield of("a matrix that is not contiguous", weighted, rng.normal(size=(b, c)), try_transposed)
    yield of("entries that depend on each other", "product of all entries", 1 + rng.random(size=4))
    yield of("a slope of zero", "the first entry times the last", rng.normal(size=5))
    yield of("a large step, eps = 0.1", "sum of p³", rng.normal(size=4), eps=0.1)
    yield of("another large step, on a matrix", "sum of p³", rng.normal(size=(2, 3)), eps=0.05)


@numerical_gradient.working
def _(index, loss, p, eps=1e-6):
    place = ", ".join(map(str, index))
    value = number(p[index])
    return (
        f"loss is the {loss}; p[{place}] = {value}\n"
        f"entry [{place}] is (loss with p[{place}] = {value} + {number(eps)}, minus loss with "
        f"p[{place}] = {value} − {number(eps)}) / (2·{number(eps)})"
    )


numerical_gradient.hints = [
    "For one number p the slope is about (loss(p + eps) − loss(p − eps)) / (2·eps). What has to "
    "stay the same while you change one entry of an array, and what must happen after it?",
    "Three values per entry: remember p[i]; put p[i] + eps there and take the loss; put "
    "p[i] − eps there and take the loss; put the old value back. `np.ndindex(p.shape)` "
    "runs over all entries of an array with any number of axes.",
    "```python\nslopes = np.zeros(p.shape)\nfor i in np.ndindex(p.shape):\n    old = p[i]\n"
    "    p[i] = ...\n    up = loss(p)\n    p[i] = ...\n    down = loss(p)\n"
    "    p[i] = ...               # as it was\n    slopes[i] = ...\nreturn slopes\n```",
]


@numerical_gradient.mistake(
    "divided by eps, not by 2·eps",
    "From p − eps to p + eps it is two steps of eps: your slopes are twice too steep.",
)
def _(right, loss, p, eps=1e-6):
    return 2 * right(loss, p, eps)


@numerical_gradient.mistake(
    "a difference to one side only",
    "You compare loss(p + eps) with loss(p). Go to both sides: the error is then of order eps² "
    "instead of eps, as the cases with a large eps show.",
)
def _(right, loss, p, eps=1e-6):
    slopes = np.zeros(p.shape)
    for i in np.ndindex(p.shape):
        step = np.zeros(p.shape)
        step[i] = eps
        slopes[i] = (loss(p + step) - loss(p)) / eps
    return slopes


@numerical_gradient.mistake(
    "all entries move together",
    "You add eps to the whole array. Change one entry at a time and leave the others.",
)
def _(right, loss, p, eps=1e-6):
    return np.full(p.shape, (loss(p + eps) - loss(p - eps)) / (2 * eps))


@numerical_gradient.mistake(
    "entries are not put back",
    "After its turn each entry keeps its step, so the next slopes are taken at another place, "
    "and p is not what it was. Put the old value back.",
)
def _(right, loss, p, eps=1e-6):
    slopes = np.zeros(p.shape)
    for i in np.ndindex(p.shape):
        p[i] += eps
        up = loss(p)
        p[i] -= 2 * eps
        slopes[i] = (up - loss(p)) / (2 * eps)
    return slopes


@numerical_gradient.mistake(
    "the sign is wrong",
    "You subtract the right value from the left one. Where the loss rises the slope is positive.",
)
def _(right, loss, p, eps=1e-6):
    return -right(loss, p, eps)


@numerical_gradient.mistake(
    "always uses eps = 1e-6",
    "eps is a parameter: use the value that was asked for.",
)
def _(right, loss, p, eps=1e-6):
    return right(loss, p, 1e-6)


@numerical_gradient.mistake(
    "the result is flat",
    "Your result has one axis, p has more. The gradient has the shape of p.",
)
def _(right, loss, p, eps=1e-6):
    return right(loss, p, eps).ravel()


@numerical_gradient.mistake(
    "changes a copy",
    "flatten(), and reshape(-1) or ravel() of some arrays, give a copy: changing it leaves p as "
    "it is, and the loss does not move. Change p itself, with p[i] and np.ndindex(p.shape).",
)
def _(right, loss, p, eps=1e-6):
    return np.zeros(p.shape)


# ── train_filter ────────────────────────────────────────────────────────────


@exercise(points=5)
def train_filter(
    x: np.ndarray, y: np.ndarray, K: int = 7, learning_rate: float = 0.05, steps: int = 200
) -> tuple[np.ndarray, float, float, np.ndarray]:
    """Learn a filter, a weight and a bias by gradient descent.

    The prediction is $\\hat y_j = w\\,h_j + b$ with h = conv1d(x, f), and the loss is
    the mean squared error $\\frac1n\\sum_j(\\hat y_j - y_j)^2$ over all n = J-K+1 windows
    (not half of it). In each step all gradients are taken at the same f, w and b, and then
    learning_rate times its gradient is subtracted from each.

    x: series, shape (J,). y: what to predict for each full window, shape (J-K+1,).
    K: length of the filter. learning_rate: length of a step. steps: how many.
    Returns f, float64 (K,); w and b, numbers; losses, float64 (steps,): losses[i] is the
    loss before update i. f, w and b may start anywhere, as long as f and w learn.
    Lecture 6, "1-D convolution": let the model choose the filter, by gradient descent.
    """


@train_filter.oracle
def _(x, y, K=7, learning_rate=0.05, steps=200):
    *_, (f, w, b, losses) = descend(x, y, K, learning_rate, steps)
    return f, w, b, losses


def descend(
    x: np.ndarray, y: np.ndarray, K: int, learning_rate: float, steps: int
) -> Iterator[tuple[np.ndarray, float, float, np.ndarray]]:
    """Gradient descent by torch, from the rolling average (w = 1, b = 0).

    Yields f, w, b and the losses so far after each step, so that a lesson can watch.
    """
    x, y = (torch.tensor(np.array(a, dtype=np.float64)) for a in (x, y))
    W = x.unfold(0, K, 1)  # as F.conv1d, but twice as fast for so short a series
    f, w, b = _leaf(np.full(K, 1 / K)), _leaf(1.0), _leaf(0.0)
    losses = []
    for _ in range(steps):
        loss = F.mse_loss(w * (W @ f) + b, y)
        slopes = torch.autograd.grad(loss, (f, w, b))
        with torch.no_grad():
            for parameter, slope in zip((f, w, b), slopes, strict=True):
                parameter -= learning_rate * slope
        losses.append(loss.item())
        yield f.detach().numpy().copy(), w.item(), b.item(), np.array(losses)


def _unfit(value: object, K: int, steps: int) -> str | None:
    """What is wrong with the kind and the sizes of a result, or None."""
    if not isinstance(value, (tuple, list)) or len(value) != 4:
        return "return four things: f, w, b and losses."
    wanted = {"f": np.zeros(K), "w": 0.0, "b": 0.0, "losses": np.zeros(steps)}
    for (name, like), got in zip(wanted.items(), value, strict=True):
        problem = difference(like, got, 0, 1e300, name)  # any value will do
        if problem:
            return problem.message if problem.kind != "values" else _NOT_FINITE
        if not np.isfinite(got).all():
            return _NOT_FINITE
    return None


_NOT_FINITE = (
    "The numbers grew until they were none any more (inf or nan). With this learning rate the loss "
    "should fall: are the gradients subtracted, and is the loss a mean?"
)


def is_descent(value, x, y, K=7, learning_rate=0.05, steps=200) -> str | None:
    """Judge f, w, b and the losses of a few steps: is it gradient descent with this rate?"""
    unfit = _unfit(value, K, steps)
    if unfit:
        return unfit
    f, w, b, losses = value
    place = np.array([*f, float(w), float(b)])
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    return diagnose(W, np.asarray(y, dtype=float), place, learning_rate, losses)


def predicts(new_x, new_y, value, x, y, K=7, learning_rate=0.05, steps=200) -> str | None:
    """Judge the result of many steps by the days ``new_x``, ``new_y`` that it has not seen."""
    unfit = _unfit(value, K, steps)
    if unfit:
        return unfit
    f, w, b, _ = value
    place = np.array([*f, float(w), float(b)])
    W = np.lib.stride_tricks.sliding_window_view(new_x, K)
    error = mean_squared_error(W, new_y, place)
    if error < 0.1 * np.var(new_y):
        return None
    return (
        f"The result does not predict: on new days of the same kind its mean squared error is "
        f"{error:.4g}; always saying the average would have {np.var(new_y):.4g}. These steps are "
        "enough for gradient descent to find a good filter."
    )


@train_filter.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    def to_learn(J: int, K: int, size: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
        """A series, and what a hidden filter with a little noise makes of it."""
        x, f = rng.normal(size=J), rng.normal(size=K)
        W = np.lib.stride_tricks.sliding_window_view(x, K)
        y = size * W @ f / np.linalg.norm(f) + rng.normal()
        return x, y + 0.1 * rng.normal(size=len(y))

    def short(name: str, x: np.ndarray, y: np.ndarray, **how: float) -> Case:
        return Case(name, (x, y), how, judge=is_descent, draws=True)

    rate = float(rng.uniform(0.002, 0.006))
    steps, K = int(rng.integers(5, 8)), int(rng.integers(3, 5))
    yield short("a few steps", *to_learn(12, 3), K=3, learning_rate=rate, steps=4)
    yield short("random sizes", *to_learn(14, K), K=K, learning_rate=rate / 2, steps=steps)
    yield short("longer steps", *to_learn(11, 2), K=2, learning_rate=3 * rate, steps=5)
    yield short("a filter of seven weights", *to_learn(17, 7), learning_rate=rate, steps=6)
    counts = rng.integers(0, 4, 12)
    sums = 2 * counts[:-2] - counts[2:] + rng.integers(0, 2, 10)
    yield short("whole numbers", counts, sums, K=3, learning_rate=rate / 2, steps=5)
    x, y = to_learn(13, 3)
    yield short(
        "arrays that may not be changed, not contiguous",
        frozen(strided(x)),
        frozen(strided(y)),
        K=3,
        learning_rate=rate,
        steps=4,
    )
    x, y = to_learn(80, 3, size=3)
    yield Case(
        "many steps: the result predicts new days",
        (x[:42], y[:40]),
        {"K": 3, "learning_rate": 0.03, "steps": 500},
        judge=functools.partial(predicts, x[42:], y[42:]),
        draws=True,
    )


train_filter.hints = [
    "You have the pieces: what does one step of gradient descent need, in which order? "
    "Forward: h, ŷ, loss. Backward: which gradient comes first?",
    "With n windows and $e_j = \\hat y_j - y_j$: the loss is the mean of $e_j^2$, so "
    "$\\partial loss/\\partial\\hat y_j = \\frac2n e_j$. From there $dw=\\sum_j d\\hat y_j\\,h_j$, "
    "$db=\\sum_j d\\hat y_j$, and $dh_j=w\\,d\\hat y_j$, which `filter_gradient` turns into df.",
    "```python\nf, w, b = np.full(K, 1 / K), 1.0, 0.0      # somewhere, but not all zero\n"
    "losses = np.zeros(steps)\nfor i in range(steps):\n    h = ...\n    error = ...\n"
    "    losses[i] = ...\n    dy = ...                 # gradient of the loss w.r.t. each ŷ\n"
    "    df, dw, db = ...         # all three before anything is changed\n"
    "    f, w, b = f - ..., w - ..., b - ...\nreturn f, w, b, losses\n```",
]


@train_filter.mistake(
    "the factor 2 is missing",
    "The derivative of a square is two times what is squared: each gradient is half of what it "
    "should be.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    return right(x, y, K, learning_rate / 2, steps)


@train_filter.mistake(
    "half of the mean squared error",
    "Some books halve the loss, so that the 2 of the derivative goes away. Here it is the plain "
    "mean of the squares, and the 2 stays.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    f, w, b, losses = right(x, y, K, learning_rate / 2, steps)
    return f, w, b, losses / 2


@train_filter.mistake(
    "gradients of a sum, losses of a mean",
    "The loss is a mean over n windows, so its gradients are means too: divide by n. Without "
    "that the steps are n times too long.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    return right(x, y, K, learning_rate * len(y), steps)


@train_filter.mistake(
    "a sum of squared errors",
    "The loss is their mean. With a sum, the right learning rate depends on how many days there "
    "are.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    f, w, b, losses = right(x, y, K, learning_rate * len(y), steps)
    return f, w, b, losses * len(y)


@train_filter.mistake(
    "losses after the update",
    "losses[0] is the loss at the start, before anything was learned. Take it before the update.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    f, w, b, losses = right(x, y, K, learning_rate, steps)
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    return f, w, b, np.append(losses[1:], np.mean((w * (W @ f) + b - y) ** 2))


@train_filter.mistake(
    "one loss too many",
    "There is one loss for each step. Leave out the one after the last step.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    f, w, b, losses = right(x, y, K, learning_rate, steps)
    return f, w, b, np.append(losses, losses[-1])


@train_filter.mistake(
    "the filter is not trained",
    "Only w and b move. That is linear regression on a filter somebody else has chosen; here "
    "the filter learns as well.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    f, w, b, losses = np.full(K, 1 / K), 1.0, 0.0, np.zeros(steps)
    for i in range(steps):
        h = W @ f
        error = w * h + b - y
        losses[i] = np.mean(error**2)
        w, b = w - learning_rate * 2 * np.mean(error * h), b - learning_rate * 2 * np.mean(error)
    return f, w, b, losses


@train_filter.mistake(
    "w is not trained",
    "Only f and b move. w is a parameter too: its gradient is the sum of h times that of ŷ.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    f, b, losses = np.full(K, 1 / K), 0.0, np.zeros(steps)
    for i in range(steps):
        error = W @ f + b - y
        losses[i] = np.mean(error**2)
        f = f - learning_rate * 2 * error @ W / len(y)
        b = b - learning_rate * 2 * np.mean(error)
    return f, 1.0, b, losses


@train_filter.mistake(
    "b is not trained",
    "Only f and w move. b is a parameter too: its gradient is the sum of the gradients of ŷ.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    f, w, losses = np.full(K, 1 / K), 1.0, np.zeros(steps)
    for i in range(steps):
        h = W @ f
        error = w * h - y
        losses[i] = np.mean(error**2)
        df, dw = 2 * w * error @ W / len(y), 2 * np.mean(error * h)
        f, w = f - learning_rate * df, w - learning_rate * dw
    return f, w, 0.0, losses


@train_filter.mistake(
    "the chain rule stops short of w",
    "ŷ is w times h, so the gradient of h is w times that of ŷ. Yours lacks the w.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    f, w, b, losses = np.full(K, 1 / K), 1.0, 0.0, np.zeros(steps)
    for i in range(steps):
        h = W @ f
        error = w * h + b - y
        losses[i] = np.mean(error**2)
        df, dw, db = 2 * error @ W / len(y), 2 * np.mean(error * h), 2 * np.mean(error)
        f, w, b = f - learning_rate * df, w - learning_rate * dw, b - learning_rate * db
    return f, w, b, losses


@train_filter.mistake(
    "w changes before f has its gradient",
    "All gradients belong to the same f, w and b. Compute all three first, then change all three.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    W = np.lib.stride_tricks.sliding_window_view(np.asarray(x, dtype=float), K)
    f, w, b, losses = np.full(K, 1 / K), 1.0, 0.0, np.zeros(steps)
    for i in range(steps):
        h = W @ f
        error = w * h + b - y
        losses[i] = np.mean(error**2)
        w = w - learning_rate * 2 * np.mean(error * h)
        b = b - learning_rate * 2 * np.mean(error)
        f = f - learning_rate * 2 * w * error @ W / len(y)
    return f, w, b, losses


@train_filter.mistake(
    "uphill",
    "The gradient points to where the loss grows. Subtract it.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    return right(x, y, K, -learning_rate, steps)


@train_filter.mistake(
    "the learning rate is ignored",
    "Your steps are as long as ever, whatever learning rate is asked for.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    return right(x, y, K, 0.01 if learning_rate < 0.02 else 0.005, steps)


@train_filter.mistake(
    "everything starts at zero",
    "With f = 0 and w = 0 both gradients are zero, since each has the other one as a factor: "
    "nothing moves but b. Start f, w or both elsewhere.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    b, losses = 0.0, np.zeros(steps)
    for i in range(steps):
        losses[i] = np.mean((b - y) ** 2)
        b = b - learning_rate * 2 * np.mean(b - y)
    return np.zeros(K), 0.0, b, losses


@train_filter.mistake(
    "the filter is flipped",
    "Your first weight meets the newest day. Use the same windows forward and backward, oldest "
    "day first.",
)
def _(right, x, y, K=7, learning_rate=0.05, steps=200):
    f, w, b, losses = right(x[::-1], y[::-1], K, learning_rate, steps)
    return f, w, b, losses
