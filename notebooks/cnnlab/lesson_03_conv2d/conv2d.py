"""``conv2d``: a window around each position of an image."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case, exercise
from ..engine.shared_mistakes import AROUND_A_POSITION, FOR_FLOATS, IN_A_LAYER, WITH_A_BIAS
from .convolution import Activation, by_torch, odd_even, window, with_relu, with_tanh, worked_out
from .lecture import EXAMPLE, EXAMPLE_FILTER


@exercise(points=3, minutes=15, difficulty=2, importance=4)
def conv2d(
    X: np.ndarray, F: np.ndarray, b: float = 0.0, activation: Activation | None = None
) -> np.ndarray:
    """Filter an image, zero-padded, with windows around each position.

    $h_{(j_1,j_2)} = g\\big(b + \\sum_{k_1}\\sum_{k_2} f_{(k_1,k_2)}\\,
    x_{(j_1+k_1-\\lceil K_1/2\\rceil,\\; j_2+k_2-\\lceil K_2/2\\rceil)}\\big)$, where x is zero
    outside the image. This holds for even filter sizes too: with K = 2 the window
    is the position and the one after it.

    X: image, shape (J1, J2). F: filter, shape (K1, K2), not flipped; it may be
    larger than the image. b: bias, a number.
    activation: elementwise function g of an array, applied last; None means none.
    Returns float64, shape (J1, J2).
    Lecture 6, "Convolution with more than one axis"; its example gives 16, 26 and 5.
    """


@conv2d.oracle
def _(X, F, b=0.0, activation=None):
    h = b + by_torch(X[..., None], F[..., None, None])[..., 0]
    return h if activation is None else activation(h)


@conv2d.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J1, J2 = sizes(rng, 6, 11, 2)
    odd, even = odd_even(rng)
    yield case("the lecture's 4×4 example", EXAMPLE.astype(float), EXAMPLE_FILTER.astype(float))
    yield case("odd filter sizes", rng.normal(size=(J1, J2)), rng.normal(size=odd))
    yield case("even filter sizes", rng.normal(size=(J1, J2)), rng.normal(size=even))
    mixed = rng.permutation([odd[0], even[0]])
    yield case(
        "one odd, one even, with a bias", rng.normal(size=(J2, J1)), rng.normal(size=mixed), 2.5
    )
    yield case("a filter of one weight", rng.normal(size=(3, 5)), rng.normal(size=(1, 1)))
    yield case("a filter larger than the image", rng.normal(size=(2, 3)), rng.normal(size=(5, 8)))
    yield Case(
        "a bias, then the rectified linear unit",
        (rng.normal(size=(J1, J2)), rng.normal(size=odd), -0.4),
        probe=with_relu,
    )
    yield Case(
        "bias and tanh, given by name",
        (rng.normal(size=(J1, J2)), rng.normal(size=even), 0.3),
        probe=with_tanh,
    )
    yield case(
        "whole numbers, fractional filter", rng.integers(0, 99, (5, 7)), rng.normal(size=odd)
    )
    grey = rng.integers(100, 256, (6, 5)).astype(np.uint8)
    yield case("type uint8, both", grey, rng.integers(2, 256, (3, 2)).astype(np.uint8))
    yield case(
        "arrays that are not contiguous",
        strided(rng.normal(size=(7, 6))),
        strided(rng.normal(size=(3, 2))),
    )
    yield case(
        "arrays that may not be changed",
        frozen(rng.normal(size=(5, 6))),
        frozen(rng.normal(size=(2, 3))),
    )


@conv2d.working
def _(index, X, F, b=0.0):
    i, j = index
    return worked_out(f"h[{i}, {j}]", window(X, *F.shape, i, j), F, b)


conv2d.hints = [
    "How many zeros must lie above the image, so that the first window is centred on row 0? With "
    "K = 3, with K = 5, with K = 2?",
    "The lecture's first index is $1+1-\\lceil K/2\\rceil$, so $\\lceil K/2\\rceil-1$ rows of "
    "zeros lie above, which is `(K1 - 1) // 2`. There are `K1 - 1` in all; the rest lies below.\n\n"
    "```\nK          1  2  3  4  5\nabove      0  0  1  1  2\nbelow      0  1  1  2  2\n```",
    "```python\nK1, K2 = F.shape\nP = np.pad(...)              # rows: above, below; columns: "
    "left, right\nH = np.zeros(...)            # as large as the image, floats\n"
    "for i in ...:\n    for j in ...:\n        H[i, j] = ...        # one window of P with F\n"
    "H = ...                      # the bias\nreturn ...                   # the activation\n```",
]
conv2d.built = (
    "A filter for pictures in grey, bias and activation included: torch's `conv2d` with "
    '`padding="same"`, for one channel. It redoes the lecture\'s example in the next cell; what '
    "filters see in a photograph comes after that."
)


@conv2d.mistake(
    "rows and columns of the filter are swapped",
    "You used the filter's first index for the columns. F[k1, k2] belongs to row k1, column k2.",
)
def _(right, X, F, b=0.0, activation=None):
    return right(X, F.T, b, activation)


AROUND_A_POSITION.belongs_to(conv2d)
WITH_A_BIAS.belongs_to(conv2d)
IN_A_LAYER.belongs_to(conv2d)
FOR_FLOATS.belongs_to(conv2d)
