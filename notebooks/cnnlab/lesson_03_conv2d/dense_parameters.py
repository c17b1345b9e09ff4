"""``dense_parameters``: what a dense layer in its place would need."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from torch import nn

from ..engine.drawing import sizes
from ..engine.exercise import Case, case, exercise
from .conv_parameters import trainable


@exercise(points=1, minutes=5, difficulty=1, importance=3)
def dense_parameters(J1: int, J2: int, M: int, N: int) -> int:
    """How many trainable numbers would a dense layer need for an output of the same shape?

    It connects each of the J1·J2·M inputs with each of the J1·J2·N outputs, and
    every output has a bias.

    Returns a whole number.
    Lecture 6, "Assumptions behind convolution".
    """


@dense_parameters.oracle
def _(J1, J2, M, N):
    return trainable(nn.Linear(J1 * J2 * M, J1 * J2 * N, device="meta"))


@dense_parameters.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield case("a 4×4 image, one channel, one filter", 4, 4, 1, 1)
    yield case("a 160×240 photograph, 8 filters", 160, 240, 3, 8)
    yield case("a single pixel", 1, 1, 3, 5)
    yield case("random sizes", *sizes(rng, 2, 40, 4))
    yield case("more random sizes", *sizes(rng, 2, 40, 4))


@dense_parameters.working
def _(index, J1, J2, M, N):
    return (
        f"{J1}·{J2}·{M} = {J1 * J2 * M} inputs, {J1}·{J2}·{N} = {J1 * J2 * N} outputs; each output "
        "has a weight for each input, and a bias"
    )


dense_parameters.hints = [
    "How many numbers go in, how many come out? How many weights does one output of a dense layer "
    "have?",
    "A dense layer is $\\mathbf{Wx}+\\mathbf b$ with W of shape (outputs, inputs) and b of shape "
    "(outputs,).",
    "```python\ninputs = ...\noutputs = ...\nreturn ...   # entries of W, plus those of b\n```",
]
dense_parameters.built = (
    "What it costs to connect everything with everything, as one `nn.Linear` on the flattened "
    "image would. The cells below hold it against a convolution: that is what locality and shared"
    " filters save."
)


@dense_parameters.mistake("biases forgotten", "Every one of the J1·J2·N outputs has a bias, too.")
def _(right, J1, J2, M, N):
    return (J1 * J2 * M) * (J1 * J2 * N)


@dense_parameters.mistake(
    "biases as in a convolution",
    "A dense layer shares nothing between positions: it has a bias per output, J1·J2·N, not N.",
)
def _(right, J1, J2, M, N):
    return (J1 * J2 * M) * (J1 * J2 * N) + N


@dense_parameters.mistake(
    "only one output position",
    "You count N outputs. The output has the shape (J1, J2, N): J1·J2·N numbers.",
)
def _(right, J1, J2, M, N):
    return J1 * J2 * M * N + N


@dense_parameters.mistake(
    "one weight per output position",
    "Each output looks at the M numbers of the pixel in its own place only. A dense layer connects "
    "it with those of all J1·J2 pixels.",
)
def _(right, J1, J2, M, N):
    return J1 * J2 * M * N + J1 * J2 * N


@dense_parameters.mistake("channels forgotten", "Each pixel has M numbers: J1·J2·M inputs.")
def _(right, J1, J2, M, N):
    return (J1 * J2) * (J1 * J2 * N) + J1 * J2 * N


@dense_parameters.mistake(
    "inputs and outputs added", "Each output has a weight for each input: multiply the two numbers."
)
def _(right, J1, J2, M, N):
    return J1 * J2 * M + J1 * J2 * N


@dense_parameters.mistake(
    "the positions are forgotten",
    "You count a layer from M to N numbers. There are M at each of J1·J2 positions, so J1·J2·M "
    "inputs, and J1·J2·N outputs.",
)
def _(right, J1, J2, M, N):
    return M * N + N
