"""``receptive_field``: how far a stack of layers sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..engine.drawing import sizes
from ..engine.exercise import Case, case, exercise


@exercise(points=2, minutes=10, difficulty=2, importance=2)
def receptive_field(kernel_sizes: Sequence[int], strides: Sequence[int]) -> int:
    """How far, along one axis, does one output of a stack of layers see into the input?

    From the first input to the last that has an influence, both included (with a
    stride larger than the kernel, some in between may have none).

    kernel_sizes, strides: a whole number per layer, the first layer first.
    Returns a whole number; 1 for an empty stack.
    Lecture 6, "Assumptions behind convolution": with every layer, the information
    travels further.
    """


@receptive_field.oracle
def _(kernel_sizes, strides):
    # From the output back to the input: this many neighbours of the layer below are seen.
    seen = 1
    for K, S in list(zip(kernel_sizes, strides, strict=True))[::-1]:
        seen = K + S * (seen - 1)
    return seen


@receptive_field.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield case("one layer of size 3", [3], [1])
    yield case("two layers of size 3", [3, 3], [1, 1])
    yield case("the first layer with stride 2", [3, 3], [2, 1])
    yield case("the last layer with stride 2", [3, 3], [1, 2])
    yield case("no layer at all", [], [])
    for depth in sizes(rng, 3, 6, 2):
        kernels, steps = rng.integers(2, 8, depth).tolist(), rng.integers(1, 4, depth).tolist()
        yield case(f"{depth} random layers", kernels, steps)
    yield case("strides larger than the kernels", [2, 3, 2], [5, 4, 3])
    kernels = [1, *sizes(rng, 2, 9, 2), 1]
    yield case("with layers of size 1", kernels, [3, 2, 2, 1])


@receptive_field.working
def _(index, kernel_sizes, strides):
    lines, jump, seen = [], 1, 1
    for number_, (K, S) in enumerate(zip(kernel_sizes, strides, strict=True), 1):
        lines.append(
            f"layer {number_}: neighbouring inputs of this layer lie {jump} apart in the image; "
            f"K = {K} of them reach ({K}−1)·{jump} = {(K - 1) * jump} further: "
            f"{seen} → {seen + (K - 1) * jump}"
        )
        seen, jump = seen + (K - 1) * jump, jump * S
    return "\n".join(lines)


receptive_field.hints = [
    "One layer of size 3 sees 3 inputs. Two of them: the output sees 3 neighbours, and each of "
    "those sees 3 inputs, which overlap. How many different ones?",
    "Each layer adds $K-1$ steps. How long is a step, measured in inputs? In the first layer 1; "
    "after a layer with stride S, S times as long as before.",
    "```python\nseen, step = 1, 1\nfor K, S in zip(kernel_sizes, strides):\n    seen = ...     "
    "# K − 1 more steps\n    step = ...     # for the next layer\nreturn seen\n```",
]
receptive_field.built = (
    "You can tell how far a stack of layers sees before anyone builds it; no call of torch's says"
    " that. The next cell tries stacks of growing depth, and what deep ones find, from edges to "
    "things, closes the lesson."
)


@receptive_field.mistake(
    "kernel sizes added up",
    "The windows of neighbours overlap: a layer of size K adds K−1, and the start is 1.",
)
def _(right, kernel_sizes, strides):
    return right(kernel_sizes, strides) + max(len(kernel_sizes) - 1, 0)


@receptive_field.mistake(
    "the start is forgotten",
    "You sum what the layers add, but even without a layer an output sees 1 input: itself.",
)
def _(right, kernel_sizes, strides):
    return right(kernel_sizes, strides) - 1


@receptive_field.mistake(
    "the strides are ignored",
    "After a layer with stride S, a step of the next layer is S times as long.",
)
def _(right, kernel_sizes, strides):
    return right(kernel_sizes, [1] * len(strides))


@receptive_field.mistake(
    "a layer's own stride counts for itself",
    "A layer's stride says how far apart its outputs lie. Its own window is not stretched by it, "
    "only those of the layers after it.",
)
def _(right, kernel_sizes, strides):
    return right([1, *kernel_sizes], [*strides, 1])


@receptive_field.mistake(
    "the layers in the wrong order",
    "The first entries belong to the layer next to the input. Whoever walks back from the output "
    "begins with the last ones.",
)
def _(right, kernel_sizes, strides):
    return right(kernel_sizes[::-1], strides[::-1])


@receptive_field.mistake(
    "only the stride of the layer before",
    "The strides of all earlier layers are multiplied; you used the last one only.",
)
def _(right, kernel_sizes, strides):
    steps = [1, *strides][: len(kernel_sizes)]
    return 1 + sum((K - 1) * S for K, S in zip(kernel_sizes, steps, strict=True))


@receptive_field.mistake(
    "kernel sizes multiplied",
    "The windows of neighbouring outputs overlap, so sizes do not multiply.",
)
def _(right, kernel_sizes, strides):
    return int(np.prod(kernel_sizes, dtype=int))


@receptive_field.mistake(
    "only the last layer",
    "You return the size of the last layer. What it sees are outputs of the layer before, and "
    "each of these sees several inputs: every layer adds to what the ones before it see.",
)
def _(right, kernel_sizes, strides):
    return kernel_sizes[-1] if kernel_sizes else right(kernel_sizes, strides)


@receptive_field.mistake(
    "only the largest layer",
    "You return the largest of the sizes. Every layer adds to what the ones before it see.",
)
def _(right, kernel_sizes, strides):
    return max(kernel_sizes, default=1)
