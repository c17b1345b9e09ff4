"""``slope``: a derivative by hand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ..engine.exercise import Case, case, exercise
from ..engine.refusing import AUTOGRAD
from ..engine.shown import factor, number


@exercise(points=1, minutes=5, difficulty=1, importance=2, numpy_only=False, refused=AUTOGRAD)
def slope(w: float, x: float, y: float) -> float:
    """Differentiate by hand: $\\frac{dJ}{dw}$ of the loss $J = (wx - y)^2$.

    w: weight. x: input. y: target.
    Returns a number.
    Lecture 6(b), "Can we implement neural networks with numpy?".
    """


@slope.oracle
def _(w, x, y):
    weight = torch.tensor(float(w), dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad((weight * x - y) ** 2, weight)[0].item()


@slope.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield case("w = 1, x = 3, y = 6", 1.0, 3.0, 6.0)
    yield case("random numbers", *map(float, rng.normal(size=3)))
    yield case("three others", *map(float, rng.uniform(1.5, 4, size=3)))
    yield case("a negative input", -0.5, -float(rng.uniform(1.5, 3)), 2.0)


@slope.working
def _(index, w, x, y):
    error = w * x - y
    return (
        f"the error w·x − y is {number(w)}·{factor(x)} − {factor(y)} = {number(error)}\n"
        f"dJ/dw = 2 · {factor(error)} · {factor(x)} = {number(2 * error * x)}"
    )


slope.hints = [
    "J is a square of something that depends on w. Which rule differentiates a function of a "
    "function?",
    "Chain rule: call the error $e = wx - y$. Then $\\frac{dJ}{de} = 2e$. What is "
    "$\\frac{de}{dw}$? Multiply the two.",
    "```python\nerror = ...            # e\nouter = ...            # dJ/de\n"
    "inner = ...            # de/dw\nreturn ...             # their product\n```",
]
slope.built = (
    "One derivative, by hand: the number that torch's `backward()` would leave in `w.grad`. The "
    "next cell goes downhill with it, and in part 3 torch finds slopes by itself."
)


@slope.mistake(
    "the inner derivative is missing",
    "You have the derivative of the square, 2e. The error e depends on w, too: multiply by de/dw.",
)
def _(right, w, x, y):
    return 2 * (w * x - y)


@slope.mistake("the factor 2 is missing", "The derivative of e² is 2e, not e.")
def _(right, w, x, y):
    return right(w, x, y) / 2


@slope.mistake(
    "the sign is the wrong way round",
    "The error is w·x − y, prediction minus target. With y − w·x the inner derivative is −x.",
)
def _(right, w, x, y):
    return -right(w, x, y)


@slope.mistake("the loss instead of its slope", "That is J itself. Asked for is dJ/dw.")
def _(right, w, x, y):
    return (w * x - y) ** 2


@slope.mistake(
    "the derivative with respect to x",
    "You differentiated by x. Here x is a given number, and w is what varies.",
)
def _(right, w, x, y):
    return 2 * (w * x - y) * w


@slope.mistake(
    "the prediction in the inner derivative's place",
    "You multiply 2e with w·x. The derivative of w·x with respect to w is x alone.",
)
def _(right, w, x, y):
    return 2 * (w * x - y) * (w * x)
