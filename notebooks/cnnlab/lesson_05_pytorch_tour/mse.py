"""``mse``: the mean squared error."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch

from ..engine.drawing import sizes
from ..engine.exercise import Case, case, exercise
from ..engine.shared_mistakes import IN_THE_GRAPH
from ..engine.shown import factor, number
from .lecture import MSE_PREDICTIONS, MSE_TARGETS
from .tensors import FLOAT32, double, in_the_graph, normal


@exercise(
    points=1,
    minutes=5,
    difficulty=1,
    importance=2,
    numpy_only=False,
    refused=("torch.nn.functional.mse_loss",),
)
def mse(predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean squared error, over all entries.

    predictions, targets: the same shape, any number of axes.
    Returns a scalar tensor, shape ().
    Lecture 6(b), "Loss functions".
    """


@mse.oracle
def _(predictions, targets):
    return torch.linalg.vector_norm(predictions - targets) ** 2 / targets.numel()


@mse.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    B, O = sizes(rng, 2, 7, 2)  # noqa: E741
    yield case("the lecture's predictions", double(MSE_PREDICTIONS), double(MSE_TARGETS))
    yield case("a random batch", normal(rng, B, O), normal(rng, B, O))
    yield case("one number per example", normal(rng, 5), normal(rng, 5))
    yield case("three axes", normal(rng, 2, B, O), normal(rng, 2, B, O))
    yield case("a single number", normal(rng, 1), normal(rng, 1))
    yield Case(
        "single precision (float32)",
        (normal(rng, 4, 3).float(), normal(rng, 4, 3).float()),
        **FLOAT32,
    )
    yield Case(
        "gradients flow through it",
        kwargs={"predictions": normal(rng, B, O), "targets": normal(rng, B, O)},
        probe=in_the_graph,
    )


@mse.working
def _(index, predictions, targets):
    pairs = zip(predictions.flatten().tolist(), targets.flatten().tolist(), strict=True)
    errors = [p - t for p, t in pairs]
    squares = " + ".join(f"{factor(e)}²" for e in errors[:6])
    dots = " + …" if len(errors) > 6 else ""
    value = math.fsum(e * e for e in errors) / len(errors)
    return f"({squares}{dots}) / {len(errors)} = {number(value)}"


mse.hints = [
    "Read the name from right to left: error, squared, mean. Over how many numbers is the mean?",
    "$\\frac1{BO}\\sum_{b,o}(\\hat y_{bo} - y_{bo})^2$: over all entries, not only over the batch.",
    "```python\nerrors = ...\nreturn ...       # mean of their squares, a tensor without axes\n```",
]
mse.built = (
    "A loss for predicted numbers, the same as `nn.MSELoss()`. Just below, `backward()` starts "
    "from such a loss, and in part 10 it tells a network how far it is from tomorrow's number of "
    "tests."
)


@mse.mistake("the sum instead of the mean", "Divide by the number of entries: mean, not sum.")
def _(right, predictions, targets):
    return right(predictions, targets) * targets.numel()


@mse.mistake(
    "divides by the batch size only",
    "Two examples with two outputs each are four squared errors. nn.MSELoss averages over all.",
)
def _(right, predictions, targets):
    return right(predictions, targets) * targets.numel() / len(targets)


@mse.mistake(
    "the square of the mean",
    "You average first and square then; errors of opposite sign cancel. Square first.",
)
def _(right, predictions, targets):
    return (predictions - targets).mean() ** 2


@mse.mistake("absolute errors", "The errors are to be squared, not only freed of their sign.")
def _(right, predictions, targets):
    return (predictions - targets).abs().mean()


@mse.mistake("the root of it", "That is the root mean squared error (RMSE). Leave the root out.")
def _(right, predictions, targets):
    return right(predictions, targets) ** 0.5


@mse.mistake(
    "half of it",
    "Some books put ½ in front for a nicer gradient; torch and the lecture do not.",
)
def _(right, predictions, targets):
    return right(predictions, targets) / 2


@mse.mistake(
    "one loss per example",
    "You averaged over the last axis only. The loss is one number, or nothing can be "
    "backpropagated.",
)
def _(right, predictions, targets):
    return ((predictions - targets) ** 2).mean(-1)


@mse.mistake(
    "a number instead of a tensor",
    ".item() and float() make a Python number, which has no graph behind it. Return the tensor.",
)
def _(right, predictions, targets):
    return right(predictions, targets).item()


IN_THE_GRAPH.belongs_to(mse)
