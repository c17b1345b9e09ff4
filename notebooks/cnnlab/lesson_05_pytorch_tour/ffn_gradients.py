"""``ffn_gradients``: the chain rule through a small net, by hand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F

from ..engine.drawing import sizes
from ..engine.exercise import Case, case, exercise
from ..engine.refusing import AUTOGRAD
from ..engine.shown import factor, number, products
from .tensors import FLOAT32, double, normal


@exercise(points=3, minutes=20, difficulty=4, importance=3, numpy_only=False, refused=AUTOGRAD)
def ffn_gradients(
    x: torch.Tensor, y: torch.Tensor, W: torch.Tensor, V: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Backpropagate through the lecture's feed-forward net by hand.

    $\\mathbf g = \\mathbf x^T W$, $\\mathbf h = \\text{ReLU}(\\mathbf g)$,
    $\\hat{\\mathbf y} = \\mathbf h^T V$, $J = \\frac1O \\sum_o (\\hat y_o - y_o)^2$.

    x: input, shape (I,). y: target, shape (O,). W: shape (I, H). V: shape (H, O).
    Returns (dW, dV): the gradients of J, of the shapes of W and V.
    Lecture 6(b), "Automatic differentiation via chain rule: Feed-Forward Net".
    """


@ffn_gradients.oracle
def _(x, y, W, V):
    weights = [M.detach().clone().requires_grad_() for M in (W, V)]
    loss = F.mse_loss(F.relu(x @ weights[0]) @ weights[1], y)
    return torch.autograd.grad(loss, weights)


def _net(rng: np.random.Generator, I: int, H: int, O: int) -> tuple[torch.Tensor, ...]:  # noqa: E741
    """A net with hidden units on both sides of ReLU's kink, none near it."""
    while True:
        x, y = normal(rng, I), normal(rng, O)
        W, V = normal(rng, I, H), normal(rng, H, O)
        g = x @ W
        if g.abs().min() > 0.05 and (g > 0).any() and ((g < 0).any() or H == 1):
            return x, y, W, V


@ffn_gradients.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    I, H, O = sizes(rng, 3, 7, 3)  # noqa: E741
    W, V = torch.tensor(rng.uniform(size=(3, 2))), torch.tensor(rng.uniform(size=(2, 2)))
    yield case(
        "the lecture's x and y, positive weights", double([1, 2, 3]), double([0.7, 0.8]), W, V
    )
    yield case("random sizes, some hidden units off", *_net(rng, I, H, O))
    yield case("more hidden units than inputs", *_net(rng, 2, 6, 3))
    yield case("a single output", *_net(rng, 4, 5, 1))
    yield case("all sizes equal", *_net(rng, 4, 4, 4))
    single = [t.float() for t in _net(rng, 3, 5, 4)]
    yield Case("single precision (float32)", tuple(single), **FLOAT32)


def _numbers(values: torch.Tensor) -> str:
    return f"[{' '.join(map(number, values.tolist()))}]"


@ffn_gradients.working
def _(index, x, y, W, V):
    row, column = index
    x, y, W, V = (t.detach().double() for t in (x, y, W, V))
    g = x @ W
    h = g.clamp(min=0)
    out = h @ V
    dy = 2 * (out - y) / len(y)
    text = f"g = {_numbers(g)}, h = {_numbers(h)}, ŷ = {_numbers(out)}\ndJ/dŷ = {_numbers(dy)}"
    if row < len(W) and column < len(g):
        parts = " + ".join(products(V[column].tolist(), dy.tolist()))
        dh = float(V[column] @ dy)
        dg = dh if g[column] > 0 else 0.0
        passes = "passes, g > 0" if g[column] > 0 else "does not pass, g < 0"
        text += (
            f"\ndW[{row}, {column}]: dJ/dh[{column}] = {parts} = {number(dh)}, which {passes}; "
            f"times x[{row}]: {number(x[row])}·{factor(dg)} = {number(float(x[row]) * dg)}"
        )
    if row < len(V) and column < len(y):
        text += (
            f"\ndV[{row}, {column}]: h[{row}] times dJ/dŷ[{column}]: {number(h[row])}·"
            f"{factor(dy[column])} = {number(float(h[row] * dy[column]))}"
        )
    return text


ffn_gradients.hints = [
    "Go backwards, one step of the net at a time: which of J, ŷ, h, g does each quantity depend "
    "on directly? Start with the derivative of J by ŷ. What does the 1/O do to it?",
    "$\\frac{\\partial J}{\\partial\\hat y_o} = \\frac2O(\\hat y_o - y_o)$. "
    "$\\frac{\\partial\\hat y_o}{\\partial V_{ho}} = h_h$, so dV is an outer product. To the left: "
    "$\\frac{\\partial J}{\\partial h_h} = \\sum_o V_{ho}\\frac{\\partial J}{\\partial\\hat y_o}$, "
    "and ReLU lets a gradient through where $g_h > 0$ and stops it elsewhere.",
    "```python\ng = ...                # forward, as in the formula\nh = ...\ny_hat = ...\n"
    "dy = ...               # (O,)\ndV = ...               # (H, O): outer product of ... and ...\n"
    "dh = ...               # (H,)\ndg = ...               # (H,): dh where g > 0, else 0\n"
    "dW = ...               # (I, H)\nreturn dW, dV\n```",
]
ffn_gradients.built = (
    "Backpropagation through a whole network, by hand: the next cell finds the same in torch's "
    "`W.grad` and `V.grad`. From now on torch does this work, and part 10 trains a network of "
    "this kind."
)


@ffn_gradients.mistake(
    "the factor 2/O is missing",
    "The derivative of the mean of O squares is (2/O)·(ŷ − y). With O = 2 that factor is 1, which "
    "hides this slip in the lecture's example.",
)
def _(right, x, y, W, V):
    return tuple(d * len(y) / 2 for d in right(x, y, W, V))


@ffn_gradients.mistake(
    "the sum instead of the mean",
    "J is the mean over the O outputs, so divide by O.",
)
def _(right, x, y, W, V):
    return tuple(d * len(y) for d in right(x, y, W, V))


@ffn_gradients.mistake("the 2 of the square is missing", "The derivative of e² is 2e.")
def _(right, x, y, W, V):
    return tuple(d / 2 for d in right(x, y, W, V))


@ffn_gradients.mistake(
    "ReLU is forgotten on the way back",
    "Where g is negative, ReLU is flat and its derivative is 0: nothing of dh passes there.",
)
def _(right, x, y, W, V):
    h = torch.relu(x @ W)
    dy = 2 / len(y) * (h @ V - y)
    return torch.outer(x, V @ dy), torch.outer(h, dy)


@ffn_gradients.mistake(
    "ReLU itself instead of its derivative",
    "You multiplied with h. ReLU's derivative is 1 where g > 0, and 0 elsewhere.",
)
def _(right, x, y, W, V):
    h = torch.relu(x @ W)
    dy = 2 / len(y) * (h @ V - y)
    return torch.outer(x, (V @ dy) * h), torch.outer(h, dy)


@ffn_gradients.mistake(
    "ReLU on the way back",
    "You sent the gradient itself through ReLU. What decides is not its sign but that of g, on "
    "the way there: where g > 0 it passes, negative or not, and elsewhere nothing does.",
)
def _(right, x, y, W, V):
    h = torch.relu(x @ W)
    dy = 2 / len(y) * (h @ V - y)
    return torch.outer(x, torch.relu(V @ dy)), torch.outer(h, dy)


@ffn_gradients.mistake(
    "g where h belongs",
    "ŷ is made of h, the values after ReLU: dV is the outer product of h and dJ/dŷ.",
)
def _(right, x, y, W, V):
    dW, _ = right(x, y, W, V)
    g = x @ W
    return dW, torch.outer(g, 2 / len(y) * (torch.relu(g) @ V - y))


@ffn_gradients.mistake(
    "the sign is the wrong way round",
    "The error is ŷ − y, prediction minus target; yours is y − ŷ, so the gradients point downhill.",
)
def _(right, x, y, W, V):
    return tuple(-d for d in right(x, y, W, V))


@ffn_gradients.mistake(
    "the gradients are transposed",
    "A gradient has the shape of what it belongs to: dW is (I, H), dV is (H, O). Swap the two "
    "arguments of the outer product.",
)
def _(right, x, y, W, V):
    return tuple(d.T for d in right(x, y, W, V))


@ffn_gradients.mistake("the two are swapped", "Return dW first, then dV.")
def _(right, x, y, W, V):
    dW, dV = right(x, y, W, V)
    return dV, dW


@ffn_gradients.mistake(
    "dV in V's place",
    "On the way back to h you used the gradient of V. The error goes back through the weights "
    "themselves.",
)
def _(right, x, y, W, V):
    _, dV = right(x, y, W, V)
    h = torch.relu(x @ W)
    dy = 2 / len(y) * (h @ V - y)
    return torch.outer(x, (dV @ dy) * (h > 0)), dV


@ffn_gradients.mistake(
    "ReLU's derivative in the gradient's place",
    "In dW you have only the zeros and ones of ReLU's derivative. They say what of dh passes: "
    "multiply.",
)
def _(right, x, y, W, V):
    _, dV = right(x, y, W, V)
    return torch.outer(x, (x @ W > 0).to(x.dtype)), dV


@ffn_gradients.mistake(
    "a net without ReLU",
    "ŷ and both gradients are those of a net without ReLU. It stands on the way there, h = "
    "ReLU(g), and on the way back: nothing of dh passes where g is negative.",
)
def _(right, x, y, W, V):
    h = x @ W
    dy = 2 / len(y) * (h @ V - y)
    return torch.outer(x, V @ dy), torch.outer(h, dy)
