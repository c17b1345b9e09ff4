"""``gradients``: autograd finds them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ..engine.drawing import sizes
from ..engine.exercise import Case, case, exercise
from .tensors import FLOAT32, double, normal


@exercise(points=2, minutes=10, difficulty=1, importance=3, numpy_only=False)
def gradients(x: torch.Tensor, w: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Differentiate the dot product $\\hat y = \\mathbf x^T \\mathbf w$ by backpropagation.

    x, w: shape (J,), floating-point; at least one of them requires gradients.
    Returns (x.grad, w.grad), each of shape (J,), or None for one that requires no gradient.
    Lecture 6(b), "Automatic differentiation".
    """


@gradients.oracle
def _(x, w):
    wanted = [t for t in (x, w) if t.requires_grad]
    with torch.enable_grad():
        found = iter(torch.autograd.grad(torch.dot(x, w), wanted))
    return tuple(next(found) if t.requires_grad else None for t in (x, w))


@gradients.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    def watched(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.requires_grad_()

    (J,) = sizes(rng, 3, 9, 1)
    yield case("the lecture's vectors", watched(double([1, 2, 3])), watched(double([0, 0, 1])))
    yield case("random vectors", watched(normal(rng, J)), watched(normal(rng, J)))
    yield case("x requires no gradient", normal(rng, 4), watched(normal(rng, 4)))
    yield case("w requires no gradient", watched(normal(rng, 5)), normal(rng, 5))
    yield case("vectors with a single entry", watched(normal(rng, 1)), watched(normal(rng, 1)))
    x, w = watched(normal(rng, 6).float()), watched(normal(rng, 6).float())
    yield Case("single precision (float32)", (x, w), **FLOAT32)


gradients.hints = [
    "Only a scalar can be differentiated. Which operation turns two vectors into one number, and "
    "which method of that number starts backpropagation?",
    "$\\hat y = x_1 w_1 + x_2 w_2 + \\dots$, so $\\frac{\\partial\\hat y}{\\partial x_j} = w_j$ "
    "and $\\frac{\\partial\\hat y}{\\partial w_j} = x_j$. After backpropagation torch has put "
    "these into the attribute `grad` of each input that requires gradients.",
    "```python\ny_hat = ...         # dot product\n...                 # start backpropagation\n"
    "return ..., ...\n```",
]
gradients.built = (
    "Forwards, then `backward()`: torch has differentiated for you, and `torch.autograd.grad` "
    "would hand out the same gradients. In part 5 a loss sends gradients to all parameters of a "
    "layer in just this way."
)


@gradients.mistake(
    "the two are swapped",
    "The gradient of x comes first, then that of w. (For a dot product each one holds the other's "
    "values, which makes this easy to get wrong.)",
)
def _(right, x, w):
    of_x, of_w = right(x, w)
    return of_w, of_x


@gradients.mistake(
    "backward is never called",
    "Multiplying only records the graph. The attribute grad stays None until backward() runs.",
)
def _(right, x, w):
    x.dot(w)
    return x.grad, w.grad


@gradients.mistake(
    "a gradient for an input that wants none",
    "You return a gradient even for an input without requires_grad. Such an input stays frozen: "
    "its gradient is None. After backward() x.grad and w.grad are just what is asked for.",
)
def _(right, x, w):
    return right(x.detach().requires_grad_(), w.detach().requires_grad_())


@gradients.mistake(
    "zeros instead of None",
    "An input that requires no gradient has none at all: torch says None, not zeros.",
)
def _(right, x, w):
    return tuple(torch.zeros_like(x) if g is None else g for g in right(x, w))


@gradients.mistake(
    "the mean instead of the sum",
    "A dot product adds the products up; you averaged them, so each gradient is J times too small.",
)
def _(right, x, w):
    return tuple(None if g is None else g / len(x) for g in right(x, w))


@gradients.mistake(
    "backpropagated twice",
    "Each backward() adds to grad, so twice gives double. Call it once.",
)
def _(right, x, w):
    return tuple(None if g is None else 2 * g for g in right(x, w))


@gradients.mistake(
    "backward from a vector",
    "x * w is a vector of products, and only a scalar can be differentiated. Sum it, or use dot.",
    symptom=True,
)
def _(right, x, w):
    (x * w).backward()
    return x.grad, w.grad
