"""``conv2d_channels``: the sum over the channels, too."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case, exercise
from ..engine.shared_mistakes import (
    AROUND_A_POSITION,
    FOR_FLOATS,
    IN_A_LAYER,
    OVER_CHANNELS,
    WITH_A_BIAS,
)
from ..engine.shown import number
from .convolution import (
    Activation,
    by_torch,
    odd_even,
    products,
    window,
    with_bias,
    with_relu,
    with_tanh,
)


@exercise(points=2, minutes=10, difficulty=2, importance=3)
def conv2d_channels(
    X: np.ndarray, F: np.ndarray, b: float = 0.0, activation: Activation | None = None
) -> np.ndarray:
    """Filter an image of M channels with a filter of M channels: sum over the channels too.

    $h_{(j_1,j_2)} = g\\big(b + \\sum_{k_1}\\sum_{k_2}\\sum_{m=1}^M f_{(k_1,k_2,m)}\\,
    x_{(j_1+k_1-\\lceil K_1/2\\rceil,\\; j_2+k_2-\\lceil K_2/2\\rceil,\\; m)}\\big)$, zero-padded.

    X: image, shape (J1, J2, M). F: filter, shape (K1, K2, M). b: bias, a number.
    activation: elementwise function g of an array, applied last; None means none.
    Returns float64, shape (J1, J2): one number per position, whatever M is.
    Lecture 6, "Channels".
    """


@conv2d_channels.oracle
def _(X, F, b=0.0, activation=None):
    h = b + by_torch(X, F[..., None])[..., 0]
    return h if activation is None else activation(h)


@conv2d_channels.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J1, J2 = sizes(rng, 6, 9, 2)
    odd, even = odd_even(rng)
    yield case(
        "two channels, by hand",
        np.array([[[1.0, 10], [2, 20]], [[3, 30], [4, 40]]]),
        np.array([[[1.0, 0.1], [0, 0.2]]]),
    )
    yield case("three channels", rng.normal(size=(J1, J2, 3)), rng.normal(size=(*odd, 3)))
    M = int(rng.integers(10, 14))
    yield case("more channels", rng.normal(size=(J2, J1, M)), rng.normal(size=(*odd, M)), -1.5)
    yield case("even filter sizes", rng.normal(size=(J1, J2, 2)), rng.normal(size=(*even, 2)), 0.5)
    yield case("one channel", rng.normal(size=(4, 6, 1)), rng.normal(size=(3, 2, 1)))
    yield Case(
        "a bias, then the rectified linear unit",
        (rng.normal(size=(J1, J2, 3)), rng.normal(size=(*odd, 3)), -0.4),
        probe=with_relu,
    )
    yield Case(
        "bias and tanh, given by name",
        (rng.normal(size=(J1, J2, 4)), 0.3 * rng.normal(size=(*even, 4)), 0.3),
        probe=with_tanh,
    )
    photo = rng.integers(100, 256, (5, 6, 3)).astype(np.uint8)
    yield case(
        "a photograph of type uint8, a filter of whole numbers",
        photo,
        rng.integers(2, 256, (3, 2, 3)).astype(np.uint8),
    )
    yield case(
        "whole numbers, fractional filter",
        rng.integers(0, 99, (4, 5, 3)),
        rng.normal(size=(2, 3, 3)),
    )
    yield case(
        "arrays that are not contiguous",
        strided(rng.normal(size=(5, 6, 4))),
        strided(rng.normal(size=(3, 2, 4))),
    )
    yield case(
        "arrays that may not be changed",
        frozen(rng.normal(size=(5, 6, 2))),
        frozen(rng.normal(size=(2, 3, 2))),
    )


@conv2d_channels.working
def _(index, X, F, b=0.0):
    i, j = index
    seen = window(X, *F.shape[:2], i, j)
    lines = [
        f"channel {m}: {products(seen[..., m], F[..., m])} = "
        f"{number(float(np.sum(seen[..., m] * F[..., m])))}"
        for m in range(min(F.shape[2], 4))
    ]
    lines += ["…"] * (F.shape[2] > 4)
    total = float(np.sum(seen * F))
    return (
        f"h[{i}, {j}], products with the zeros of the window left out:\n"
        + "\n".join(lines)
        + f"\nthe sum over all {F.shape[2]} channels is {number(total)}{with_bias(total, b)}"
    )


conv2d_channels.hints = [
    "A window of the image now has the shape (K1, K2, M), and so has the filter. How many numbers "
    "come out for one position?",
    "Seen channel by channel: "
    "$h = g\\big(b + \\sum_m \\text{conv2d}(X_{\\dots m}, F_{\\dots m})\\big)$. "
    "Mind what must happen once only, after the sum.",
    "```python\nH = np.zeros(...)                  # no axis for channels\n"
    "for m in range(...):\n    H += ...                       # one channel of X, one of F\n"
    "H = ...                            # the bias, once\nreturn ...                         "
    "# the activation, once\n```",
]
conv2d_channels.built = (
    "Your filter reads all channels at once, as `conv2d` does with several input channels and one"
    " output channel. In the next section many such filters form a bank; in lesson 6 the channels"
    " are the numbers of a word's embedding."
)


@conv2d_channels.mistake(
    "the channels are not added up",
    "Your result still has a channel axis. The sum runs over the channels too: one number per "
    "position.",
)
def _(right, X, F, b=0.0, activation=None):
    one = [right(X[..., m : m + 1], F[..., m : m + 1], b, activation) for m in range(X.shape[2])]
    return np.stack(one, axis=-1)


@conv2d_channels.mistake(
    "the mean over channels instead of their sum",
    "The channels are averaged. The formula adds them up.",
)
def _(right, X, F, b=0.0, activation=None):
    return right(X, F / X.shape[2], b, activation)


@conv2d_channels.mistake(
    "only the first channel",
    "Only channel 0 reaches your output. Sum over all M channels.",
)
def _(right, X, F, b=0.0, activation=None):
    return right(X[..., :1], F[..., :1], b, activation)


@conv2d_channels.mistake(
    "the same weights for all channels",
    "Every channel is filtered with the weights of channel 0. Each channel has weights of its own: "
    "F[..., m].",
)
def _(right, X, F, b=0.0, activation=None):
    return right(X, np.repeat(F[..., :1], F.shape[2], axis=2), b, activation)


@conv2d_channels.mistake(
    "the activation before the sum",
    "The activation is applied to each channel. It comes last, once the channels are added up.",
)
def _(right, X, F, b=0.0, activation=None):
    h = [right(X[..., m : m + 1], F[..., m : m + 1], 0.0, activation) for m in range(X.shape[2])]
    return sum(h) + b


AROUND_A_POSITION.belongs_to(conv2d_channels)
WITH_A_BIAS.belongs_to(conv2d_channels)
OVER_CHANNELS.belongs_to(conv2d_channels)
IN_A_LAYER.belongs_to(conv2d_channels)
FOR_FLOATS.belongs_to(conv2d_channels)
