"""``filter_gradient``: one filter, used at every step, gathers the gradients of all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case, exercise
from .series import filtered, sum_of_products


@exercise(points=3, minutes=10, difficulty=2, importance=4)
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
    filtered(torch.tensor(np.array(x, dtype=np.float64)), f).backward(
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
        f"each times dh:\n{sum_of_products(x[k : k + len(dh)], dh)}"
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
filter_gradient.built = (
    "You know how a filter learns from its mistakes: torch's `backward()` leaves the same numbers"
    " in `weight.grad`. Further on this gradient is tested by trying, and then it leads to a "
    "filter for the COVID-19 tests."
)


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
