"""Lesson 05: torch, from a tensor to a training loop.

Tensors are torch's. What cannot travel as data (a loader, a model, a training run) is
examined by a *probe*: a function of this module that builds it, tries it, and returns data.
Source: lecture 6(b), "Introduction to pytorch", part by part.
"""

from __future__ import annotations

import collections
import math
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

from .draw import sizes
from .exercise import Case, case, exercise
from .refusing import AUTOGRAD
from .report import number

FLOAT32 = {"rtol": 1e-4, "atol": 1e-5}
"""Tolerances for single precision; all other values are compared in double precision."""


def _normal(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    """A float64 tensor of normally distributed numbers."""
    return torch.tensor(rng.normal(size=shape), dtype=torch.float64)


def _double(values: list) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


# ── data to be timed ────────────────────────────────────────────────────────


class SlowDataset(Dataset):
    """Examples that take 10 ms each to get, as an image takes that has to be decoded."""

    def __init__(self, count: int):
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        time.sleep(0.01)
        return torch.zeros(3), torch.tensor(index)


def seconds_per_epoch(dataset: Dataset, workers: int) -> float:
    """How long it takes to go once through a data set, in batches of 10."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice on how many workers fit this machine
        loader = DataLoader(dataset, batch_size=10, num_workers=workers)
        began = time.perf_counter()
        for _ in loader:
            pass
        return time.perf_counter() - began


# ── probes that several exercises share ─────────────────────────────────────


def in_the_graph(answer: Callable, **arguments: Any) -> dict:
    """The result, and its gradients with respect to all tensors among the arguments."""
    given = [
        a.clone().requires_grad_() if isinstance(a, torch.Tensor) else a for a in arguments.values()
    ]
    result = answer(*given)
    attached = isinstance(result, torch.Tensor) and result.requires_grad
    gradients = []
    if attached:
        weights = torch.linspace(1, 2, result.numel(), dtype=result.dtype).reshape(result.shape)
        tensors = [t for t in given if isinstance(t, torch.Tensor)]
        gradients = list(torch.autograd.grad((result * weights).sum(), tensors, allow_unused=True))
    return {
        "result": result.detach() if isinstance(result, torch.Tensor) else result,
        "stays in the autograd graph": attached,
        "gradients": gradients,
    }


# ── slope ───────────────────────────────────────────────────────────────────


@exercise(points=1, numpy_only=False, refused=AUTOGRAD)
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
    yield case("a negative input", 0.5, -float(rng.uniform(1.5, 3)), 2.0)


@slope.working
def _(index, w, x, y):
    error = w * x - y
    return (
        f"the error w·x − y is {number(w)}·{number(x)} − {number(y)} = {number(error)}\n"
        f"dJ/dw = 2 · {number(error)} · {number(x)} = {number(2 * error * x)}"
    )


slope.hints = [
    "J is a square of something that depends on w. Which rule differentiates a function of a "
    "function?",
    "Chain rule: call the error $e = wx - y$. Then $\\frac{dJ}{de} = 2e$. What is "
    "$\\frac{de}{dw}$? Multiply the two.",
    "```python\nerror = ...            # e\nouter = ...            # dJ/de\n"
    "inner = ...            # de/dw\nreturn ...             # their product\n```",
]


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


# ── standardize ─────────────────────────────────────────────────────────────


@exercise(points=2, numpy_only=False)
def standardize(matrix: torch.Tensor) -> torch.Tensor:
    """Give each column the mean 0 and the standard deviation 1.

    $z_{ij} = (x_{ij} - \\mu_j) / \\sigma_j$, with the mean $\\mu_j$ and the population standard
    deviation $\\sigma_j = \\sqrt{\\frac1I \\sum_i (x_{ij} - \\mu_j)^2}$ of column j. No column is
    constant.

    matrix: examples × features, shape (I, J), floating-point.
    Returns a new tensor of the same shape and dtype.
    Lecture 6(b), "Tensor operations".
    """


@standardize.oracle
def _(matrix):
    deviation, mean = torch.std_mean(matrix, dim=0, correction=0)
    return matrix.sub(mean).div(deviation)


@standardize.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    rows, columns = sizes(rng, 3, 9, 2)
    yield case("two columns, by hand", _double([[1, 10], [3, 30], [5, 20]]))
    yield case("random numbers", 3 * _normal(rng, rows, columns) + 5)
    yield case("more columns than rows", 2 * _normal(rng, 3, 7) - 1)
    yield case("as many rows as columns", _normal(rng, 4, 4) * _double([1, 10, 100, 1000]))
    yield case("a matrix that is not contiguous", _normal(rng, 3, 6).T)
    yield Case("single precision (float32)", (_normal(rng, 8, 3).float() + 1,), **FLOAT32)
    yield Case(
        "gradients flow through it", kwargs={"matrix": _normal(rng, 5, 3)}, probe=in_the_graph
    )


@standardize.working
def _(index, matrix):
    row, column = index
    values = matrix[:, column].double().numpy()
    mean, deviation = values.mean(), values.std()
    return (
        f"column {column} is [{' '.join(map(number, values))}]\n"
        f"its mean is {number(mean)}, its standard deviation {number(deviation)}\n"
        f"({number(values[row])} − {number(mean)}) / {number(deviation)}"
        f" = {number((values[row] - mean) / deviation)}"
    )


standardize.hints = [
    "A column runs over all examples. Which axis disappears when you average over it: axis 0 or "
    "axis 1? What shape is left?",
    "`matrix.mean(dim=0)` has the shape (J,). Minus and division stretch it over the rows by "
    "themselves (broadcasting). For the deviation read what `correction` means: torch divides "
    "by I−1 unless told otherwise.",
    "```python\nmean = ...                 # shape (J,)\ndeviation = ...            # shape (J,), "
    "population: divide by I\nreturn ...\n```",
]


@standardize.mistake(
    "divides by I−1 inside the deviation",
    "That is the sample standard deviation, torch's default. Asked for is the population's, "
    "which divides by I: std(…, correction=0).",
)
def _(right, matrix):
    rows = matrix.shape[0]
    return right(matrix) * ((rows - 1) / rows) ** 0.5


@standardize.mistake(
    "rows instead of columns",
    "You averaged over each row (dim=1). A column is a feature over all examples: dim=0.",
)
def _(right, matrix):
    return right(matrix.T).T


@standardize.mistake(
    "one mean for the whole matrix",
    "mean() without dim averages everything into one number. Each column has its own: dim=0.",
)
def _(right, matrix):
    return (matrix - matrix.mean()) / matrix.std(correction=0)


@standardize.mistake(
    "divides by the variance",
    "The variance is the squared standard deviation: take its root.",
)
def _(right, matrix):
    return (matrix - matrix.mean(0)) / matrix.var(0, correction=0)


@standardize.mistake("the mean is still there", "Subtract each column's mean before you divide.")
def _(right, matrix):
    return matrix / matrix.std(0, correction=0)


@standardize.mistake(
    "only the mean is taken out", "The columns are centred, but their spread is not 1: divide."
)
def _(right, matrix):
    return matrix - matrix.mean(0)


@standardize.mistake(
    "writes into its argument",
    "The operators -= and /= and methods ending in _ change the caller's matrix. Make a new one.",
)
def _(right, matrix):
    matrix.copy_(right(matrix))
    return matrix


@standardize.mistake(
    "cut off from the graph",
    "The numbers are right, but gradients no longer flow: detach, .data, .numpy() and no_grad cut "
    "the graph. Use tensor operations only.",
)
def _(right, matrix):
    return right(matrix.detach())


@standardize.mistake(
    "changes the precision",
    "A float32 matrix must give a float32 matrix. Keep the dtype of the input.",
)
def _(right, matrix):
    return right(matrix.double())


# ── gradients ───────────────────────────────────────────────────────────────


@exercise(points=2, numpy_only=False)
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
    yield case("the lecture's vectors", watched(_double([1, 2, 3])), watched(_double([0, 0, 1])))
    yield case("random vectors", watched(_normal(rng, J)), watched(_normal(rng, J)))
    yield case("x requires no gradient", _normal(rng, 4), watched(_normal(rng, 4)))
    yield case("w requires no gradient", watched(_normal(rng, 5)), _normal(rng, 5))
    yield case("vectors with a single entry", watched(_normal(rng, 1)), watched(_normal(rng, 1)))
    x, w = watched(_normal(rng, 6).float()), watched(_normal(rng, 6).float())
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
    "You switched requires_grad on yourself. A frozen input stays frozen: its gradient is None.",
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
)
def _(right, x, w):
    (x * w).backward()
    return x.grad, w.grad


# ── ffn_gradients ───────────────────────────────────────────────────────────


@exercise(points=3, numpy_only=False, refused=AUTOGRAD)
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
        x, y = _normal(rng, I), _normal(rng, O)
        W, V = _normal(rng, I, H), _normal(rng, H, O)
        g = x @ W
        if g.abs().min() > 0.05 and (g > 0).any() and ((g < 0).any() or H == 1):
            return x, y, W, V


@ffn_gradients.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    I, H, O = sizes(rng, 3, 7, 3)  # noqa: E741
    W, V = torch.tensor(rng.uniform(size=(3, 2))), torch.tensor(rng.uniform(size=(2, 2)))
    yield case(
        "the lecture's x and y, positive weights", _double([1, 2, 3]), _double([0.7, 0.8]), W, V
    )
    yield case("random sizes, some hidden units off", *_net(rng, I, H, O))
    yield case("more hidden units than inputs", *_net(rng, 2, 6, 3))
    yield case("a single output", *_net(rng, 4, 5, 1))
    yield case("all sizes equal", *_net(rng, 4, 4, 4))
    single = [t.float() for t in _net(rng, 3, 5, 4)]
    yield Case("single precision (float32)", tuple(single), **FLOAT32)


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


# ── linear ──────────────────────────────────────────────────────────────────


@exercise(points=1, numpy_only=False, refused=("torch.nn.functional.linear",))
def linear(
    inputs: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None
) -> torch.Tensor:
    """The forward pass of a linear layer: $f(\\mathbf x) = W\\mathbf x + \\mathbf b$ for each x.

    inputs: shape (…, in_features), any number of leading axes, also none.
    weight: shape (out_features, in_features). bias: shape (out_features,), or None.
    Returns shape (…, out_features).
    Lecture 6(b), "Modules: forward function".
    """


@linear.oracle
def _(inputs, weight, bias=None):
    result = torch.einsum("...i,oi->...o", inputs, weight)
    return result if bias is None else result.add(bias)


LINEAR_INPUTS = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
LINEAR_WEIGHT = [[-0.0043, 0.3097, -0.4752], [-0.4249, -0.2224, 0.1548]]
LINEAR_BIAS = [-0.0114, 0.4578]
"""The lecture's batch, and its seeded ``nn.Linear(3, 2)`` with four decimals."""


@linear.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    B, J, inside, outside = sizes(rng, 2, 7, 4)
    W, b = _normal(rng, outside, inside), _normal(rng, outside)
    yield case(
        "the lecture's layer", _double(LINEAR_INPUTS), _double(LINEAR_WEIGHT), _double(LINEAR_BIAS)
    )
    yield case("a batch of random vectors", _normal(rng, B, inside), W, b)
    yield case("a single vector, no batch axis", _normal(rng, inside), W, b)
    yield case("sentences: batch, words, features", _normal(rng, B, J, inside), W, b)
    yield case("four axes", _normal(rng, 2, B, J, inside), W, b)
    yield case("no bias", _normal(rng, B, inside), W)
    yield case("as many outputs as inputs", _normal(rng, 3, 4), _normal(rng, 4, 4), _normal(rng, 4))
    yield case("a single output", _normal(rng, 3, 5), _normal(rng, 1, 5), _normal(rng, 1))
    single = [_normal(rng, 2, 3).float(), _normal(rng, 4, 3).float(), _normal(rng, 4).float()]
    yield Case("single precision (float32)", tuple(single), **FLOAT32)
    yield Case(
        "gradients flow through it",
        kwargs={"inputs": _normal(rng, B, inside), "weight": W.clone(), "bias": b.clone()},
        probe=in_the_graph,
    )


@linear.working
def _(index, inputs, weight, bias=None):
    *where, o = index
    x, row = inputs[tuple(where)].tolist(), weight[o].tolist()
    products = " + ".join(f"{number(v)}·{number(w)}" for v, w in zip(x, row, strict=True))
    added = "" if bias is None else f" + {number(float(bias[o]))}"
    total = math.fsum(v * w for v, w in zip(x, row, strict=True))
    total += 0 if bias is None else float(bias[o])
    return f"row {o} of the weight meets the input: {products}{added} = {number(total)}"


linear.hints = [
    "The formula has $W\\mathbf x$, a matrix times one column. In a batch the vectors are the "
    "*rows*. On which side does the matrix stand then, and which way up?",
    "$(W\\mathbf x)^T = \\mathbf x^T W^T$. So (…, in) times (in, out) gives (…, out), and `@` "
    "takes care of all leading axes.",
    "```python\noutput = inputs @ ...\nif bias is not None:\n    output = ...\nreturn output\n```",
]


@linear.mistake(
    "the weight is not transposed",
    "The weight has the shape (out, in). The vectors are rows here: multiply them with weight.T.",
)
def _(right, inputs, weight, bias=None):
    output = inputs @ weight
    return output if bias is None else output + bias


@linear.mistake("the bias is forgotten", "Add the bias, unless it is None.")
def _(right, inputs, weight, bias=None):
    return right(inputs, weight)


@linear.mistake(
    "works for a single vector only",
    "weight @ inputs is the formula for one column vector. In a batch each row is a vector: "
    "put the inputs on the left.",
)
def _(right, inputs, weight, bias=None):
    output = weight @ inputs
    return output if bias is None else output + bias


@linear.mistake(
    "works for two axes only",
    "torch.mm and addmm want exactly two axes. The operator @ (matmul) takes any number.",
)
def _(right, inputs, weight, bias=None):
    output = torch.mm(inputs, weight.T)
    return output if bias is None else output + bias


@linear.mistake(
    "asks whether the bias is true",
    "`if bias:` asks a whole vector whether it is true, which has no answer. Ask whether it is "
    "there: `if bias is not None:`",
)
def _(right, inputs, weight, bias=None):
    return right(inputs, weight, bias if bias else None)


@linear.mistake(
    "the leading axes are lost",
    "You flattened the inputs into one list of vectors. Give the result its axes back.",
)
def _(right, inputs, weight, bias=None):
    return right(inputs.reshape(-1, inputs.shape[-1]), weight, bias)


@linear.mistake(
    "cut off from the graph",
    "The numbers are right, but gradients no longer flow: detach, .data, .numpy() and no_grad cut "
    "the graph.",
)
def _(right, inputs, weight, bias=None):
    return right(inputs, weight, bias).detach()


# ── mse ─────────────────────────────────────────────────────────────────────


@exercise(points=1, numpy_only=False, refused=("torch.nn.functional.mse_loss",))
def mse(predictions: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """The mean squared error, over all entries.

    predictions, targets: the same shape, any number of axes.
    Returns a scalar tensor, shape ().
    Lecture 6(b), "Loss functions".
    """


@mse.oracle
def _(predictions, targets):
    return torch.linalg.vector_norm(predictions - targets) ** 2 / targets.numel()


MSE_PREDICTIONS = [[-0.8219, 0.0526], [-1.3313, -1.4247]]
MSE_TARGETS = [[0.1, 0.2], [-0.3, -0.4]]


@mse.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    B, O = sizes(rng, 2, 7, 2)  # noqa: E741
    yield case("the lecture's predictions", _double(MSE_PREDICTIONS), _double(MSE_TARGETS))
    yield case("a random batch", _normal(rng, B, O), _normal(rng, B, O))
    yield case("one number per example", _normal(rng, 5), _normal(rng, 5))
    yield case("three axes", _normal(rng, 2, B, O), _normal(rng, 2, B, O))
    yield case("a single number", _normal(rng, 1), _normal(rng, 1))
    yield Case(
        "single precision (float32)",
        (_normal(rng, 4, 3).float(), _normal(rng, 4, 3).float()),
        **FLOAT32,
    )
    yield Case(
        "gradients flow through it",
        kwargs={"predictions": _normal(rng, B, O), "targets": _normal(rng, B, O)},
        probe=in_the_graph,
    )


@mse.working
def _(index, predictions, targets):
    pairs = zip(predictions.flatten().tolist(), targets.flatten().tolist(), strict=True)
    errors = [p - t for p, t in pairs]
    squares = " + ".join(f"{number(e)}²" for e in errors[:6])
    dots = " + …" if len(errors) > 6 else ""
    value = math.fsum(e * e for e in errors) / len(errors)
    return f"({squares}{dots}) / {len(errors)} = {number(value)}"


mse.hints = [
    "Read the name from right to left: error, squared, mean. Over how many numbers is the mean?",
    "$\\frac1{BO}\\sum_{b,o}(\\hat y_{bo} - y_{bo})^2$: over all entries, not only over the batch.",
    "```python\nerrors = ...\nreturn ...       # mean of their squares, a tensor without axes\n```",
]


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


@mse.mistake(
    "cut off from the graph",
    "The value is right, but backward() could not start from it: detach, .data, .numpy() and "
    "no_grad cut the graph.",
)
def _(right, predictions, targets):
    return right(predictions, targets).detach()


# ── sgd_step ────────────────────────────────────────────────────────────────


@exercise(
    points=2,
    numpy_only=False,
    refused=("torch.optim.Optimizer", "torch.optim.sgd.sgd"),
)
def sgd_step(parameters: Any, learning_rate: float) -> None:
    """A step of gradient descent by hand: $\\theta\\leftarrow\\theta-\\eta\\,\\nabla_\\theta J$.

    The parameters are changed in place, without autograd recording it; afterwards their gradients
    are None (or zeros). Parameters without a gradient are left alone.

    parameters: an iterable of tensors, perhaps a generator such as ``model.parameters()``, which
        can be run through only once. learning_rate: η.
    Returns nothing.
    Lecture 6(b), "Gradient update".
    """


@sgd_step.oracle
def _(parameters, learning_rate):
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.data.add_(parameter.grad, alpha=-learning_rate)
            parameter.grad = None


def stepped(
    answer: Callable,
    values: list,
    gradients: list,
    learning_rate: float,
    generator: bool = False,
) -> dict:
    """Make parameters with these values and gradients, take one step, and look at them."""
    parameters = [nn.Parameter(v.clone()) for v in values]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = None if gradient is None else gradient.clone()
    answer((p for p in parameters) if generator else parameters, learning_rate)
    return {
        "parameters": [p.detach().clone() for p in parameters],
        "still trainable": [p.requires_grad and p.is_leaf for p in parameters],
        "gradients afterwards": [
            "none" if p.grad is None or not p.grad.any() else "left over" for p in parameters
        ],
    }


@sgd_step.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    def step(name: str, values: list, gradients: list, rate: float, **more: Any) -> Case:
        kwargs = {"values": values, "gradients": gradients, "learning_rate": rate, **more}
        return Case(name, kwargs=kwargs, probe=stepped)

    n, m = sizes(rng, 2, 6, 2)
    rate = float(rng.uniform(0.05, 0.5))
    yield step(
        "the lecture's layer and gradients",
        [_double(LINEAR_WEIGHT), _double(LINEAR_BIAS)],
        [
            _double([[-2.5235, -3.5000, -4.4766], [-2.1231, -2.7092, -3.2953]]),
            _double([-0.9766, -0.5861]),
        ],
        0.01,
    )
    shapes = [(n, m), (m,), (2, n, m)]
    values, slopes = [_normal(rng, *s) for s in shapes], [_normal(rng, *s) for s in shapes]
    yield step("several parameters", values, slopes, rate)
    yield step("parameters as a generator", values, slopes, rate, generator=True)
    yield step("one without gradient", values, [slopes[0], None, slopes[2]], rate)
    yield step("a learning rate of 1", [_normal(rng, n)], [_normal(rng, n)], 1.0)


sgd_step.hints = [
    "What does torch do when you compute with a parameter? And what would it mean to record that "
    "computation, too? Which context switches the recording off?",
    "`p = p - 0.1 * g` makes a new tensor and calls it p; the model keeps the old one. "
    "`p -= 0.1 * g` and `p.sub_(…)` change the parameter itself. Afterwards a gradient can be "
    "thrown away by setting it to None.",
    "```python\nwith ...:\n    for parameter in parameters:\n        if ...:          # none?"
    " Next one\n            continue\n        ...              # move the parameter itself\n"
    "        ...              # throw the gradient away\n```",
]


@sgd_step.mistake(
    "autograd is still recording",
    "torch refuses to change a parameter in place while it records. Do it inside torch.no_grad().",
)
def _(right, parameters, learning_rate):
    for parameter in parameters:
        if parameter.grad is not None:
            parameter -= learning_rate * parameter.grad
            parameter.grad = None


@sgd_step.mistake(
    "a new tensor instead of the parameter",
    "p = p − … gives the name p to a new tensor; the parameter has not moved. Use -= or sub_.",
)
def _(right, parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            if parameter.grad is not None:
                parameter = parameter - learning_rate * parameter.grad
                parameter.grad = None


@sgd_step.mistake(
    "the gradients are left over",
    "The next backward() would add to them. Set each grad to None when it has been used.",
)
def _(right, parameters, learning_rate):
    parameters = list(parameters)
    kept = [p.grad for p in parameters]
    right(parameters, learning_rate)
    for parameter, gradient in zip(parameters, kept, strict=True):
        parameter.grad = gradient


@sgd_step.mistake(
    "uphill", "The gradient points to where the loss grows. Subtract it, do not add it."
)
def _(right, parameters, learning_rate):
    right(parameters, -learning_rate)


@sgd_step.mistake("the learning rate is forgotten", "Multiply the gradient with the learning rate.")
def _(right, parameters, learning_rate):
    right(parameters, 1.0)


@sgd_step.mistake(
    "a parameter without gradient is not skipped",
    "A parameter that took no part in the loss has the gradient None: skip it.",
)
def _(right, parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            parameter -= learning_rate * parameter.grad
            parameter.grad = None


@sgd_step.mistake(
    "a generator is run through twice",
    "Your second loop sees nothing: model.parameters() is a generator, empty after one run. Do "
    "everything in one loop, or make a list first.",
)
def _(right, parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            if parameter.grad is not None:
                parameter -= learning_rate * parameter.grad
        for parameter in parameters:
            parameter.grad = None


@sgd_step.mistake(
    "gradients stay switched off",
    "set_grad_enabled(False) holds until somebody switches it on again, for the whole notebook. "
    "`with torch.no_grad():` ends by itself.",
)
def _(right, parameters, learning_rate):
    right(parameters, learning_rate)
    torch.set_grad_enabled(False)


@sgd_step.mistake(
    "the parameters are frozen",
    "After requires_grad_(False) they receive no gradients any more. Use torch.no_grad() instead.",
)
def _(right, parameters, learning_rate):
    parameters = list(parameters)
    right(parameters, learning_rate)
    for parameter in parameters:
        parameter.requires_grad_(False)


# ── make_dataloader ─────────────────────────────────────────────────────────


@exercise(points=2, numpy_only=False)
def make_dataloader(
    inputs: torch.Tensor, targets: torch.Tensor, batch_size: int, shuffle: bool = True
) -> DataLoader:
    """Put inputs and targets together, and serve them in batches.

    inputs: shape (N, …). targets: shape (N, …). batch_size: at most so many examples at once; the
    last batch is shorter if they do not come out even. shuffle: a new random order every epoch.
    Returns a ``torch.utils.data.DataLoader`` that yields pairs (inputs, targets).
    Lecture 6(b), "Datasets and Dataloaders".
    """


@make_dataloader.oracle
def _(inputs, targets, batch_size, shuffle=True):
    pairs = list(zip(inputs, targets, strict=True))
    return DataLoader(pairs, batch_size, shuffle)


def two_epochs(
    answer: Callable, inputs: Any, targets: Any, batch_size: int, shuffle: bool | None = None
) -> dict:
    """What a loader serves, twice through. shuffle: None leaves it to the default."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        more = {} if shuffle is None else {"shuffle": shuffle}
        loader = answer(inputs, targets, batch_size, **more)
        if not isinstance(loader, torch.utils.data.DataLoader):
            return {"kind": type(loader).__name__}
        epochs = [
            [list(batch) if isinstance(batch, (list, tuple)) else [batch] for batch in loader]
            for _ in range(2)
        ]
    return {"kind": "DataLoader", "epochs": epochs}


def _judge_loader(
    value: dict, inputs: Any, targets: Any, batch_size: int, shuffle: bool | None = None
) -> str | None:
    """What is wrong with the batches, or None."""
    if value["kind"] != "DataLoader":
        return f"expected a torch.utils.data.DataLoader, you returned a {value['kind']}."
    count = len(inputs)
    orders = []
    for name, epoch in zip(("first", "second"), value["epochs"], strict=True):
        if any(len(batch) != 2 for batch in epoch):
            return "each batch must be a pair (inputs, targets)."
        found = [len(x) for x, _ in epoch]
        full, rest = divmod(count, batch_size)
        wanted = [batch_size] * full + [rest] * bool(rest)
        if found != wanted:
            return (
                f"{count} examples in batches of {batch_size} should give batches of the sizes "
                f"{wanted}; in the {name} epoch yours have {found}."
            )
        x, y = torch.cat([x for x, _ in epoch]), torch.cat([y for _, y in epoch])
        if x.dtype != inputs.dtype or y.dtype != targets.dtype:
            return "the batches do not have the dtypes of inputs and targets."
        same = (x[:, None] == inputs[None]).flatten(2).all(-1)
        if not (same.sum(0) == 1).all():
            return f"each example should come once per epoch; in the {name} epoch it does not."
        order = same.long().argmax(1)
        if not torch.equal(y, targets[order]):
            return "inputs and targets do not belong together any more."
        orders.append(order.tolist())
    ordered = list(range(count))
    if shuffle is False:
        return None if orders == [ordered] * 2 else "without shuffling the order should stay."
    if ordered in orders:
        return "the examples come in the order in which they were given: they are not shuffled."
    if orders[0] == orders[1]:
        return "both epochs come in the same order: shuffle anew every time."
    return None


@make_dataloader.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    def serve(name: str, x: torch.Tensor, y: torch.Tensor, *more: Any) -> Case:
        return Case(name, (x, y, *more), probe=two_epochs, judge=_judge_loader)

    (n,) = sizes(rng, 21, 40, 1)
    n += n % 4 == 0  # so that a batch is left over
    yield serve("100 points in batches of 3", _normal(rng, 100, 3), _normal(rng, 100, 2), 3)
    yield serve("without shuffling", _normal(rng, n, 3), _normal(rng, n, 2), 4, False)
    yield serve("with shuffling", _normal(rng, n, 3), _normal(rng, n, 2), 4, True)
    yield serve("batches that come out even", _normal(rng, 24, 2), _normal(rng, 24, 1), 6, True)
    classes = torch.tensor(rng.integers(0, 5, n))
    yield serve("classes as targets, a number each", _normal(rng, n, 4), classes, 5, False)
    yield serve("a batch for all", _normal(rng, 30, 2), _normal(rng, 30, 2), 64, True)


make_dataloader.hints = [
    "Two things are needed: something that knows which target belongs to which input, and "
    "something that walks through it in batches. What are their names in `torch.utils.data`?",
    "A `TensorDataset` made of two tensors has pairs as its items. A `DataLoader` takes a dataset, "
    "`batch_size` and `shuffle`; it keeps the short last batch unless told to drop it.",
    "```python\ndataset = ...\nreturn DataLoader(dataset, ...)\n```",
]


@make_dataloader.mistake(
    "the short last batch is dropped",
    "drop_last=True throws examples away. Leave it out.",
)
def _(right, inputs, targets, batch_size, shuffle=True):
    dataset = torch.utils.data.TensorDataset(inputs, targets)
    return torch.utils.data.DataLoader(dataset, batch_size, shuffle, drop_last=True)


@make_dataloader.mistake(
    "the batch size is not passed on", "A DataLoader's own batch size is 1. Give it yours."
)
def _(right, inputs, targets, batch_size, shuffle=True):
    return right(inputs, targets, 1, shuffle)


@make_dataloader.mistake(
    "never shuffles", "A DataLoader does not shuffle by itself: pass shuffle on."
)
def _(right, inputs, targets, batch_size, shuffle=True):
    return right(inputs, targets, batch_size, False)


@make_dataloader.mistake("always shuffles", "Pass the argument shuffle on, instead of True.")
def _(right, inputs, targets, batch_size, shuffle=True):
    return right(inputs, targets, batch_size, True)


@make_dataloader.mistake(
    "shuffled once and for all",
    "You shuffle when the loader is made, so every epoch has the same order. Let the DataLoader "
    "do it: it shuffles anew each time.",
)
def _(right, inputs, targets, batch_size, shuffle=True):
    order = torch.randperm(len(inputs)) if shuffle else torch.arange(len(inputs))
    return right(inputs[order], targets[order], batch_size, False)


@make_dataloader.mistake(
    "inputs and targets are shuffled apart",
    "Each got an order of its own, so no input keeps its target. Shuffle pairs.",
)
def _(right, inputs, targets, batch_size, shuffle=True):
    return right(inputs, targets[torch.randperm(len(targets))], batch_size, shuffle)


@make_dataloader.mistake(
    "the targets are missing",
    "The dataset holds inputs only. TensorDataset takes several tensors.",
)
def _(right, inputs, targets, batch_size, shuffle=True):
    dataset = torch.utils.data.TensorDataset(inputs)
    return torch.utils.data.DataLoader(dataset, batch_size, shuffle)


@make_dataloader.mistake(
    "a list of batches",
    "A list is served in the same order again and again. Return the DataLoader itself.",
)
def _(right, inputs, targets, batch_size, shuffle=True):
    return list(right(inputs, targets, batch_size, shuffle))


# ── FFN ─────────────────────────────────────────────────────────────────────


@exercise(points=2, numpy_only=False)
def FFN(input_size: int, hidden_size: int, output_size: int) -> nn.Module:
    """A feed-forward net as a module of its own: linear1, ReLU, linear2.

    A class derived from ``nn.Module`` whose ``forward(inputs)`` maps (batch, input_size) to
    (batch, output_size): logits, nothing after the second layer.

    Returns (when called) a model with the sub-modules ``linear1`` and ``linear2``, both
    ``nn.Linear`` with bias.
    Lecture 6(b), "Implementing your own model".
    """


@FFN.oracle
def _(input_size, hidden_size, output_size):
    return nn.Sequential(
        collections.OrderedDict(
            linear1=nn.Linear(input_size, hidden_size),
            relu=nn.ReLU(),
            linear2=nn.Linear(hidden_size, output_size),
        )
    )


def examined(answer: Callable, sizes: list, weights: dict, inputs: Any) -> dict:
    """A model's parameters; with given weights, its outputs and gradients."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = answer(*sizes)
        if not isinstance(model, nn.Module):
            raise TypeError(f"FFN(...) gave a {type(model).__name__}: derive it from nn.Module")
        if type(model).forward is nn.Module.forward and "forward" not in vars(model):
            raise AttributeError("the class has no method forward(self, inputs); is it indented?")
        found = {name: list(p.shape) for name, p in model.named_parameters()}
        report = {"parameters": found, "outputs": None, "same again": None, "gradients": None}
        if found != {name: list(w.shape) for name, w in weights.items()}:
            return report
        model.double()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.copy_(weights[name])
        outputs = model(inputs)
        report["outputs"] = outputs.detach()
        model.eval()
        report["same again"] = torch.equal(model(inputs), model(inputs))
        if outputs.requires_grad:
            (outputs**2).sum().backward()
        report["gradients"] = {name: p.grad for name, p in model.named_parameters()}
    return report


@FFN.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    def build(name: str, batch: int, *sizes: int) -> Case:
        i, h, o = sizes
        weights = {
            "linear1.weight": _normal(rng, h, i),
            "linear1.bias": _normal(rng, h),
            "linear2.weight": _normal(rng, o, h),
            "linear2.bias": _normal(rng, o),
        }
        kwargs = {"sizes": list(sizes), "weights": weights, "inputs": _normal(rng, batch, i)}
        return Case(name, kwargs=kwargs, probe=examined)

    i, h, o, batch = sizes(rng, 3, 8, 4)
    yield build("the lecture's sizes 3, 2, 2", 6, 3, 2, 2)
    yield build("random sizes", batch, i, h, o)
    yield build("many hidden units", 4, 3, 20, 5)
    yield build("a single output", 7, 4, 6, 1)


FFN.hints = [
    "A module has two parts: what it owns (made once, when it is created) and what it does (every "
    "time it is called). Which of linear1, ReLU, linear2 own parameters?",
    "inputs (batch, I) → linear1 → (batch, H) → ReLU → (batch, H) → linear2 → (batch, O). "
    "Attributes of `self` that are modules are registered by themselves, but only after "
    "`super().__init__()` has run.",
    "```python\nclass FFN(nn.Module):\n"
    "    def __init__(self, input_size, hidden_size, output_size):\n"
    "        super().__init__()\n        self.linear1 = ...\n        self.linear2 = ...\n\n"
    "    def forward(self, inputs):\n        hidden = ...\n        return ...\n```",
]


@FFN.mistake(
    "no nonlinearity",
    "Without ReLU between them two linear layers are one: apply it to the hidden vector.",
)
def _(right, input_size, hidden_size, output_size):
    model = right(input_size, hidden_size, output_size)
    model.forward = lambda inputs: model.linear2(model.linear1(inputs))
    return model


@FFN.mistake(
    "ReLU after the last layer as well",
    "The predictions could never be negative. ReLU stands between the layers only.",
)
def _(right, input_size, hidden_size, output_size):
    model = right(input_size, hidden_size, output_size)
    model.forward = lambda x: torch.relu(model.linear2(torch.relu(model.linear1(x))))
    return model


@FFN.mistake(
    "ReLU at the wrong place",
    "ReLU comes after linear1, not after linear2: otherwise the two layers are one linear map.",
)
def _(right, input_size, hidden_size, output_size):
    model = right(input_size, hidden_size, output_size)
    model.forward = lambda inputs: torch.relu(model.linear2(model.linear1(inputs)))
    return model


@FFN.mistake(
    "another nonlinearity", "Asked for is ReLU; yours is a sigmoid. (torch.relu, F.relu, nn.ReLU)"
)
def _(right, input_size, hidden_size, output_size):
    model = right(input_size, hidden_size, output_size)
    model.forward = lambda inputs: model.linear2(torch.sigmoid(model.linear1(inputs)))
    return model


@FFN.mistake(
    "a softmax at the end",
    "Return the numbers as they are (logits). Losses such as nn.CrossEntropyLoss do the softmax.",
)
def _(right, input_size, hidden_size, output_size):
    model = right(input_size, hidden_size, output_size)
    model.forward = lambda x: model.linear2(torch.relu(model.linear1(x))).softmax(-1)
    return model


@FFN.mistake(
    "layers that torch does not see",
    "Layers in a plain Python list are not registered: parameters() is empty, and nothing would "
    "train. Make them attributes, self.linear1 = …",
)
def _(right, input_size, hidden_size, output_size):
    class FFN(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, output_size)]

        def forward(self, inputs):
            return self.layers[1](torch.relu(self.layers[0](inputs)))

    return FFN()


@FFN.mistake(
    "other names",
    "The sub-modules are to be called linear1 and linear2, so that saved weights find their place.",
)
def _(right, input_size, hidden_size, output_size):
    class FFN(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = nn.Linear(input_size, hidden_size)
            self.fc2 = nn.Linear(hidden_size, output_size)

        def forward(self, inputs):
            return self.fc2(torch.relu(self.fc1(inputs)))

    return FFN()


@FFN.mistake(
    "super().__init__() is missing",
    "Its parent class has to set itself up before layers can be registered: call "
    "super().__init__() first.",
)
def _(right, input_size, hidden_size, output_size):
    class FFN(nn.Module):
        def __init__(self):
            self.linear1 = nn.Linear(input_size, hidden_size)

    return FFN()


@FFN.mistake("no biases", "Both layers have a bias, which is nn.Linear's default.")
def _(right, input_size, hidden_size, output_size):
    model = right(input_size, hidden_size, output_size)
    model.linear1 = nn.Linear(input_size, hidden_size, bias=False)
    model.linear2 = nn.Linear(hidden_size, output_size, bias=False)
    return model


@FFN.mistake(
    "the sizes are mixed up",
    "linear1 goes from input_size to hidden_size, linear2 from hidden_size to output_size.",
)
def _(right, input_size, hidden_size, output_size):
    return right(hidden_size, input_size, output_size)


# ── to_device ───────────────────────────────────────────────────────────────


@exercise(points=1, numpy_only=False)
def to_device(batch: tuple[torch.Tensor, ...], device: str) -> tuple[torch.Tensor, ...]:
    """Move all tensors of a batch to a device.

    batch: a tuple of tensors, such as (inputs, targets) or (ids, mask, labels).
    device: "cpu", "cuda", "cuda:1", … (the checks use "meta", a device that every machine has: its
        tensors have a shape and a dtype, but no numbers).
    Returns a tuple of as many tensors, with their shapes and dtypes, on the device.
    Lecture 6(b), "Using pytorch on a GPU".
    """


@to_device.oracle
def _(batch, device):
    return tuple(torch.as_tensor(tensor, device=device) for tensor in batch)


def moved(answer: Callable, batch: tuple, device: str) -> dict:
    """Where each tensor of the batch is now; the numbers themselves only if they are here."""
    result = answer(batch, device)
    if not isinstance(result, (tuple, list)):
        return {"container": type(result).__name__}
    return {
        "container": "tuple",
        "devices": [t.device.type for t in result],
        "dtypes": [str(t.dtype) for t in result],
        "shapes": [list(t.shape) for t in result],
        "values": [t for t in result if t.device.type == "cpu"],
    }


@to_device.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    B, J, O = sizes(rng, 2, 9, 3)  # noqa: E741
    ids = torch.tensor(rng.integers(0, 99, (B, J)))
    mask, labels = ids > 20, torch.tensor(rng.integers(0, 2, B))
    pair = (_normal(rng, B, J), _normal(rng, B, O))
    yield Case("inputs and targets", (pair, "meta"), probe=moved)
    yield Case("word ids, mask and labels", ((ids, mask, labels), "meta"), probe=moved)
    yield Case("a single tensor in the tuple", ((_normal(rng, J, 3),), "meta"), probe=moved)
    yield Case("they are on the CPU already", ((ids, pair[0]), "cpu"), probe=moved)


to_device.hints = [
    "A tensor's method `to` does not move the tensor: it gives you another one. Where does "
    "that one have to go?",
    "batch = (t₁, t₂, …) → (t₁.to(device), t₂.to(device), …). How many there are is not known "
    "beforehand, so go through them.",
    "```python\nmoved = []\nfor tensor in batch:\n    ...\nreturn tuple(moved)\n```",
]


@to_device.mistake(
    "the moved tensors are not kept",
    "tensor.to(device) returns a new tensor and leaves the old one where it is. (Only modules move "
    "in place.) Collect what it returns.",
)
def _(right, batch, device):
    for tensor in batch:
        tensor.to(device)
    return batch


@to_device.mistake("only the inputs are moved", "All tensors of the batch have to move.")
def _(right, batch, device):
    return (batch[0].to(device), *batch[1:])


@to_device.mistake(
    "made for pairs only", "A batch may hold any number of tensors; the next lesson has three."
)
def _(right, batch, device):
    inputs, targets = batch
    return right((inputs, targets), device)


@to_device.mistake(
    "the dtypes are changed",
    "Word ids have to stay whole numbers and masks truth values: move, and convert nothing.",
)
def _(right, batch, device):
    return tuple(tensor.to(device, torch.float32) for tensor in batch)


@to_device.mistake(
    "a generator instead of a tuple",
    "(… for … in …) in round brackets is a generator, not a tuple: write tuple(…) around it.",
)
def _(right, batch, device):
    return (tensor for tensor in right(batch, device))


# ── train ───────────────────────────────────────────────────────────────────


@exercise(points=3, numpy_only=False)
def train(
    model: nn.Module,
    dataloader: DataLoader,
    loss_function: Callable,
    optimizer: torch.optim.Optimizer,
    epochs: int,
    device: str = "cpu",
) -> list[float]:
    """The training loop: every batch through model, loss, backpropagation and update.

    Puts the model into training mode, and moves the model and each batch to the device.

    dataloader: yields pairs (inputs, targets). loss_function: (predictions, targets) → scalar
    tensor. optimizer: made with the parameters of the model. epochs: how often all data are seen.
    Returns for each epoch the mean of its batches' losses, as a plain float.
    Lecture 6(b), "Putting it all together: The training loop".
    """


@train.oracle
def _(model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    def losses():
        for batch in dataloader:
            inputs, targets = (part.to(device) for part in batch)
            optimizer.zero_grad()
            loss = loss_function(model(inputs), targets)
            loss.backward()
            optimizer.step()
            yield loss.item()

    model.to(device).train()
    return [statistics.fmean(losses()) for _ in range(epochs)]


def descent(
    answer: Callable,
    inputs: Any,
    targets: Any,
    weight: Any,
    batch_size: int,
    epochs: int,
    learning_rate: float,
    momentum: float = 0.0,
    classes: bool = False,
) -> dict:
    """Train a linear layer from a given weight, without shuffling: all of it is determined."""
    dataset = torch.utils.data.TensorDataset(inputs, targets)
    loader = torch.utils.data.DataLoader(dataset, batch_size)
    loss_function = nn.CrossEntropyLoss() if classes else nn.MSELoss()
    with torch.random.fork_rng():
        model = nn.Linear(weight.shape[1], weight.shape[0], bias=False).double()
        with torch.no_grad():
            model.weight.copy_(weight)
        optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=momentum)
        losses = answer(model, loader, loss_function, optimizer, epochs)
    return {"losses": losses, "weight": model.weight.detach()}


def in_which_mode(answer: Callable, inputs: Any, targets: Any, epochs: int) -> dict:
    """Train a model that comes in evaluation mode; look into which mode it is put."""
    modes = []

    class Watched(nn.Linear):
        def forward(self, inputs):
            modes.append(self.training)
            return super().forward(inputs)

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, targets), 4)
    with torch.random.fork_rng():
        model = Watched(inputs.shape[1], targets.shape[1]).double().eval()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        answer(model, loader, nn.MSELoss(), optimizer, epochs)
    return {"in training mode": [bool(m) for m in modes]}


def batches_elsewhere(answer: Callable, inputs: Any, targets: Any, epochs: int) -> dict:
    """Train with batches that behave as if they lay on another device until they are moved."""

    class Elsewhere(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            given = [*args, *(kwargs or {}).values()]
            places = [a for a in given if isinstance(a, (str, torch.device))]
            if function is torch.Tensor.cpu or (function is torch.Tensor.to and places):
                with torch._C.DisableTorchFunctionSubclass():
                    return args[0].as_subclass(torch.Tensor).clone()
            if any(isinstance(a, torch.Tensor) and not isinstance(a, cls) for a in given):
                raise RuntimeError(
                    "Expected all tensors to be on the same device, but found at least two "
                    "devices: the model's and the batch's"
                )
            return super().__torch_function__(function, types, args, kwargs)

    def far(rows):
        return [torch.stack(part).as_subclass(Elsewhere) for part in zip(*rows, strict=True)]

    dataset = torch.utils.data.TensorDataset(inputs, targets)
    loader = torch.utils.data.DataLoader(dataset, 4, collate_fn=far)
    with torch.random.fork_rng():
        model = nn.Linear(inputs.shape[1], targets.shape[1]).double()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        losses = answer(model, loader, nn.MSELoss(), optimizer, epochs, "cpu")
    return {"epochs": len(losses)}


def model_elsewhere(answer: Callable, inputs: Any, targets: Any, epochs: int) -> dict:
    """Train a model that behaves as if it lay on another device until it is moved."""

    class Elsewhere(nn.Linear):
        here = False

        def to(self, *args, **kwargs):
            self.here = True
            return super().to(*args, **kwargs)

        def forward(self, inputs):
            if not self.here:
                raise RuntimeError(
                    "Expected all tensors to be on the same device, but found at least two "
                    "devices: the model's and the batch's"
                )
            return super().forward(inputs)

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, targets), 4)
    with torch.random.fork_rng():
        model = Elsewhere(inputs.shape[1], targets.shape[1], dtype=torch.float64)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        losses = answer(model, loader, nn.MSELoss(), optimizer, epochs, device="cpu")
    return {"epochs": len(losses)}


@train.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    # The first optimizer of a process loads a good deal of torch: not the answer's time.
    torch.optim.SGD([torch.zeros(1)], lr=1.0)
    exact = {"rtol": 1e-6, "atol": 1e-9}

    def run(name: str, N: int, I: int, O: int, **more: Any) -> Case:  # noqa: E741
        x, weight = _normal(rng, N, I), _normal(rng, O, I)
        y = torch.tensor(rng.integers(0, O, N)) if more.get("classes") else _normal(rng, N, O)
        kwargs = {"inputs": x, "targets": y, "weight": weight, **more}
        return Case(name, kwargs=kwargs, probe=descent, **exact)

    i, o = sizes(rng, 2, 5, 2)
    yield run("one batch, once", 5, i, o, batch_size=5, epochs=1, learning_rate=0.1)
    yield run("three epochs of three batches", 12, i, o, batch_size=4, epochs=3, learning_rate=0.05)
    yield run("a short last batch", 11, i, o, batch_size=4, epochs=2, learning_rate=0.05)
    yield run(
        "cross-entropy, and an optimizer with momentum",
        *(12, 3, 4),
        batch_size=6,
        epochs=3,
        learning_rate=0.1,
        momentum=0.9,
        classes=True,
    )
    data = {"inputs": _normal(rng, 8, i), "targets": _normal(rng, 8, o), "epochs": 2}
    yield Case("a model that comes in evaluation mode", kwargs=data, probe=in_which_mode)
    yield Case("batches that lie on another device", kwargs=dict(data), probe=batches_elsewhere)
    yield Case("a model that lies on another device", kwargs=dict(data), probe=model_elsewhere)


train.hints = [
    "Two loops, one inside the other: over what does each go? What happens once per call, once per "
    "epoch, once per batch?",
    "Per batch: move → predict → loss → backward → step → zero_grad. Per epoch: add the batches' "
    "losses up, divide by the number of batches. `loss.item()` is a scalar tensor's plain number.",
    "```python\n...                            # model: training mode, device\naverages = []\n"
    "for epoch in range(epochs):\n    total = 0.0\n    for inputs, targets in dataloader:\n"
    "        ...                    # six steps\n        total += ...\n    averages.append(...)\n"
    "return averages\n```",
]


@train.mistake(
    "the gradients are never cleared",
    "Each backward() adds to the gradients of all batches before. Call optimizer.zero_grad() once "
    "per batch.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    optimizer.zero_grad = lambda *args, **kwargs: None
    return right(model, dataloader, loss_function, optimizer, epochs, device)


@train.mistake(
    "nothing is learned",
    "The losses stay the same: either optimizer.step() is missing, or zero_grad() comes between "
    "backward() and step() and leaves nothing to step along.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    optimizer.step = lambda *args, **kwargs: None
    return right(model, dataloader, loss_function, optimizer, epochs, device)


@train.mistake(
    "sums instead of averages", "Divide each epoch's sum by the number of batches, len(dataloader)."
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    losses = right(model, dataloader, loss_function, optimizer, epochs, device)
    return [loss * len(dataloader) for loss in losses]


@train.mistake(
    "the sum runs on from epoch to epoch",
    "Set the sum back to 0 at the start of each epoch, inside the outer loop.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    losses = right(model, dataloader, loss_function, optimizer, epochs, device)
    return [sum(losses[: i + 1]) for i in range(len(losses))]


@train.mistake(
    "only the last batch's loss",
    "You report the loss of each epoch's last batch. Average over all its batches.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    seen = []

    def noting(predictions, targets):
        loss = loss_function(predictions, targets)
        seen.append(loss.item())
        return loss

    losses = right(model, dataloader, noting, optimizer, epochs, device)
    return seen[len(dataloader) - 1 :: len(dataloader)][: len(losses)]


@train.mistake(
    "weighted by the batch sizes",
    "You average over examples, so that a short batch counts less. That is sensible, but the "
    "lecture's loop, asked for here, averages over batches.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    seen = []

    def noting(predictions, targets):
        loss = loss_function(predictions, targets)
        seen.append((loss.item(), len(targets)))
        return loss

    right(model, dataloader, noting, optimizer, epochs, device)
    n = len(dataloader)
    rounds = [seen[i : i + n] for i in range(0, len(seen), n)]
    return [sum(v * m for v, m in r) / sum(m for _, m in r) for r in rounds]


@train.mistake(
    "tensors instead of numbers",
    "A loss tensor keeps its whole graph in memory, and cannot be plotted. Take loss.item().",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    losses = right(model, dataloader, loss_function, optimizer, epochs, device)
    return [torch.tensor(loss) for loss in losses]


@train.mistake("one epoch only", "Is the return inside the loop? It should come after all epochs.")
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    return right(model, dataloader, loss_function, optimizer, 1, device)


@train.mistake(
    "the training mode is not set",
    "A model that was evaluated before is still in evaluation mode: dropout and batch norm would "
    "not train. Call model.train() first.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    model.train = lambda mode=True: model
    return right(model, dataloader, loss_function, optimizer, epochs, device)


@train.mistake(
    "the batches are not moved",
    "Inputs and targets have to be on the model's device: inputs = inputs.to(device), and the same "
    "for the targets. (A tensor's to() returns the moved tensor.)",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    model.to(device).train()
    averages = []
    for _ in range(epochs):
        losses = []
        for inputs, targets in dataloader:
            loss = loss_function(model(inputs), targets)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        averages.append(sum(losses) / len(losses))
    return averages


@train.mistake(
    "the model is not moved",
    "The batches are on the device, the model is not: call model.to(device) before the loop.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    model.to = lambda *args, **kwargs: model
    return right(model, dataloader, loss_function, optimizer, epochs, device)
