"""``conv2d_bank``: many filters, a feature map each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case, exercise
from ..engine.shared_mistakes import (
    AROUND_A_POSITION,
    FOR_FLOATS,
    IN_A_LAYER,
    OF_A_BANK,
    OVER_CHANNELS,
    WITH_A_BIAS,
)
from .convolution import Activation, by_torch, odd_even, window, with_relu, with_tanh, worked_out


@exercise(points=3, minutes=10, difficulty=2, importance=4)
def conv2d_bank(
    X: np.ndarray,
    F: np.ndarray,
    b: np.ndarray | None = None,
    activation: Activation | None = None,
) -> np.ndarray:
    """Apply N filters to the same image and stack their outputs along a new last axis.

    $h_{(j_1,j_2,n)} = g\\big(b_n + \\sum_{k_1}\\sum_{k_2}\\sum_m f_{(k_1,k_2,m,n)}\\,
    x_{(j_1+k_1-\\lceil K_1/2\\rceil,\\; j_2+k_2-\\lceil K_2/2\\rceil,\\; m)}\\big)$, zero-padded.

    X: image, shape (J1, J2, M). F: filter bank, shape (K1, K2, M, N).
    b: a bias per filter, shape (N,); None means none.
    activation: elementwise function g of an array, applied last; None means none.
    Returns float64, shape (J1, J2, N).
    Lecture 6, "Filter banks".
    """


@conv2d_bank.oracle
def _(X, F, b=None, activation=None):
    h = by_torch(X, F, b)
    return h if activation is None else activation(h)


def _unusual_arrays(rng: np.random.Generator) -> Iterator[Case]:
    """Types and memory layouts that a filter bank must take, too."""
    yield case(
        "a photograph of type uint8, filters of whole numbers",
        rng.integers(100, 256, (5, 6, 3)).astype(np.uint8),
        rng.integers(2, 256, (3, 2, 3, 2)).astype(np.uint8),
        rng.integers(1, 9, 2),
    )
    yield case(
        "arrays that are not contiguous",
        strided(rng.normal(size=(5, 6, 4))),
        strided(rng.normal(size=(3, 2, 4, 3))),
        strided(rng.normal(size=3)),
    )
    yield case(
        "arrays that may not be changed",
        frozen(rng.normal(size=(5, 6, 2))),
        frozen(rng.normal(size=(2, 3, 2, 4))),
        frozen(rng.normal(size=4)),
    )


def bank_cases(rng: np.random.Generator) -> Iterator[Case]:
    """Calls with X, F and b alone, for conv2d_bank and conv2d_fast."""
    J1, J2 = sizes(rng, 6, 9, 2)
    odd, even = odd_even(rng)
    M, N = sizes(rng, 10, 13, 2)
    yield case(
        "two channels, three filters, by hand",
        np.array([[[1.0, 10], [2, 20]], [[3, 30], [4, 40]]]),
        np.array([[[[1.0, 0, 1], [0, 1, 1]]]]),
    )
    yield case("odd filter sizes", rng.normal(size=(J1, J2, 2)), rng.normal(size=(*odd, 2, 4)))
    yield case(
        "more channels and filters, with biases",
        rng.normal(size=(J2, J1, M)),
        rng.normal(size=(*odd, M, N)),
        rng.normal(size=N),
    )
    yield case(
        "even filter sizes, with biases",
        rng.normal(size=(J1, J2, 3)),
        rng.normal(size=(*even, 3, 2)),
        rng.normal(size=2),
    )
    yield case(
        "as many filters as channels", rng.normal(size=(4, 5, 3)), rng.normal(size=(2, 3, 3, 3))
    )
    yield case("a single filter", rng.normal(size=(4, 5, 2)), rng.normal(size=(3, 1, 2, 1)))
    yield case(
        "filters larger than the image",
        rng.normal(size=(3, 2, 2)),
        rng.normal(size=(4, 7, 2, 3)),
        rng.normal(size=3),
    )
    yield from _unusual_arrays(rng)


@conv2d_bank.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield from bank_cases(rng)
    J1, J2, M, N = sizes(rng, 3, 9, 4)
    for name, probe in (
        ("biases, then the rectified linear unit", with_relu),
        ("biases and tanh, given by name", with_tanh),
    ):
        image, bank = rng.normal(size=(J1, J2, M)), 0.2 * rng.normal(size=(3, 2, M, N))
        yield Case(name, (image, bank, rng.normal(size=N)), probe=probe)


def bank_working(index, X, F, b=None):
    """The arithmetic of one entry of a bank's feature maps."""
    i, j, n = index
    bias = 0.0 if b is None else float(b[n])
    return worked_out(
        f"h[{i}, {j}, {n}] belongs to filter {n}",
        window(X, *F.shape[:2], i, j),
        F[..., n],
        bias,
    )


conv2d_bank.working(bank_working)

conv2d_bank.hints = [
    "You can already apply one filter of shape (K1, K2, M). Which slice of F is filter number n?",
    "$H_{\\dots n} = \\text{conv2d\\_channels}(X, F_{\\dots n}, b_n)$ for every n, stacked along a "
    "new axis: which of `np.stack`'s values of `axis` makes the shape (J1, J2, N)?",
    "```python\nN = F.shape[...]\nif b is None:\n    b = ...\nmaps = [... for n in range(N)]   "
    "# one feature map (J1, J2) per filter\nreturn np.stack(maps, axis=...)\n```",
]
conv2d_bank.built = (
    "This is a network's convolutional layer: torch's `conv2d` with `padding=\"same\"`, only with "
    "the channels last. The next section compares the two on the photograph, and the one after it"
    " gets rid of the loops."
)


@conv2d_bank.mistake(
    "the feature maps are added up",
    "The outputs of the filters are summed. They stay apart: each filter has its own feature map, "
    "stacked along the last axis.",
)
def _(right, X, F, b=None, activation=None):
    return right(X, F, b, activation).sum(axis=-1)


@conv2d_bank.mistake(
    "stacked along the first axis",
    "The feature maps are stacked in front, (N, J1, J2). That is torch's order; the lecture's has "
    "the features last: (J1, J2, N).",
)
def _(right, X, F, b=None, activation=None):
    return np.moveaxis(right(X, F, b, activation), -1, 0).copy()


@conv2d_bank.mistake(
    "the first bias for all filters",
    "Every feature map gets b[0]. Filter n has its own bias, b[n].",
)
def _(right, X, F, b=None, activation=None):
    return right(X, F, None if b is None else np.repeat(b[:1], len(b)), activation)


@conv2d_bank.mistake(
    "b = None is not handled",
    "Without biases b is None, which cannot be added or indexed. Treat that case as zeros.",
    symptom=True,
)
def _(right, X, F, b=None, activation=None):
    return right(X, F, b + np.zeros(F.shape[3]), activation)


@conv2d_bank.mistake(
    "channels and filters are swapped",
    "You used the third axis of F for the filters and the last one for the channels; it is "
    "(K1, K2, M, N). It only shows where M and N agree, since otherwise the shapes do not fit.",
)
def _(right, X, F, b=None, activation=None):
    if F.shape[2] != F.shape[3]:
        raise ValueError("the shapes do not fit")
    return right(X, F.swapaxes(2, 3), b, activation)


AROUND_A_POSITION.belongs_to(conv2d_bank)
WITH_A_BIAS.belongs_to(conv2d_bank)
OVER_CHANNELS.belongs_to(conv2d_bank)
OF_A_BANK.belongs_to(conv2d_bank)
IN_A_LAYER.belongs_to(conv2d_bank)
FOR_FLOATS.belongs_to(conv2d_bank)
