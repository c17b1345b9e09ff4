"""``conv_parameters``: the trainable numbers of a filter bank."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch import nn

from ..engine.drawing import sizes
from ..engine.exercise import Case, case, exercise


def trainable(layer: nn.Module) -> int:
    """The number of a layer's parameters, entry by entry."""
    return sum(p.numel() for p in layer.parameters())


@exercise(points=1, minutes=5, difficulty=1, importance=3)
def conv_parameters(K1: int, K2: int, M: int, N: int) -> int:
    """How many trainable numbers has a bank of N filters of size K1×K2 on M channels?

    Weights and biases; the size of the image does not matter.

    Returns a whole number.
    Lecture 6, "Filter banks" and "Assumptions behind convolution": parameter sharing.
    """


@conv_parameters.oracle
def _(K1, K2, M, N):
    return trainable(nn.Conv2d(M, N, (K1, K2), device="meta"))  # meta: counts, holds nothing


@conv_parameters.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield case("8 filters of 3×3 on a photograph (3 channels)", 3, 3, 3, 8)
    yield case("one filter of one weight", 1, 1, 1, 1)
    yield case("random sizes", *sizes(rng, 2, 40, 4))
    yield case("more random sizes", *sizes(rng, 2, 40, 4))
    yield case("a large layer", 3, 5, 256, 512)


@conv_parameters.working
def _(index, K1, K2, M, N):
    return (
        f"one filter holds {K1}·{K2}·{M} = {K1 * K2 * M} weights and 1 bias; there are {N} of them"
    )


conv_parameters.hints = [
    "How many numbers does the tensor F hold? And b?",
    "F has the shape (K1, K2, M, N) and b the shape (N,).",
    "```python\nweights = ...      # of all N filters\nbiases = ...       # how many filters are "
    "there?\nreturn weights + biases\n```",
]
conv_parameters.built = (
    "The cost of a convolution in trainable numbers, as many as `nn.Conv2d(M, N, (K1, K2))` "
    "holds. A little further on it stands beside that of a dense layer, for our photograph."
)


@conv_parameters.mistake("biases forgotten", "Each of the N filters has a bias, too.")
def _(right, K1, K2, M, N):
    return K1 * K2 * M * N


@conv_parameters.mistake("one bias for all filters", "Each filter has its own bias: N of them.")
def _(right, K1, K2, M, N):
    return K1 * K2 * M * N + 1


@conv_parameters.mistake(
    "channels forgotten", "A filter has weights for each of the M channels: K1·K2·M of them."
)
def _(right, K1, K2, M, N):
    return K1 * K2 * N + N


@conv_parameters.mistake(
    "a bias for every channel",
    "The channels are summed before the bias is added: a filter has one bias.",
)
def _(right, K1, K2, M, N):
    return K1 * K2 * M * N + M * N


@conv_parameters.mistake("only one filter", "You counted one filter. There are N of them.")
def _(right, K1, K2, M, N):
    return K1 * K2 * M + 1


@conv_parameters.mistake(
    "sizes added instead of multiplied", "A K1×K2 window holds K1·K2 pixels, not K1+K2."
)
def _(right, K1, K2, M, N):
    return (K1 + K2) * M * N + N
