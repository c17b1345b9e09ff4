"""``linear``: what ``nn.Linear`` computes."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch

from ..engine.drawing import sizes
from ..engine.exercise import Case, case, exercise
from ..engine.shared_mistakes import IN_THE_GRAPH, WITH_A_BIAS
from ..engine.shown import factor, number, products
from .lecture import LINEAR_BIAS, LINEAR_INPUTS, LINEAR_WEIGHT
from .tensors import FLOAT32, double, in_the_graph, normal


@exercise(
    points=1,
    minutes=10,
    difficulty=2,
    importance=3,
    numpy_only=False,
    refused=("torch.nn.functional.linear",),
)
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


@linear.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    B, J, inside, outside = sizes(rng, 2, 7, 4)
    W, b = normal(rng, outside, inside), normal(rng, outside)
    yield case(
        "the lecture's layer", double(LINEAR_INPUTS), double(LINEAR_WEIGHT), double(LINEAR_BIAS)
    )
    yield case("a batch of random vectors", normal(rng, B, inside), W, b)
    yield case("a single vector, no batch axis", normal(rng, inside), W, b)
    yield case("sentences: batch, words, features", normal(rng, B, J, inside), W, b)
    yield case("four axes", normal(rng, 2, B, J, inside), W, b)
    yield case("no bias", normal(rng, B, inside), W)
    yield case("as many outputs as inputs", normal(rng, 3, 4), normal(rng, 4, 4), normal(rng, 4))
    yield case("a single output", normal(rng, 3, 5), normal(rng, 1, 5), normal(rng, 1))
    single = [normal(rng, 2, 3).float(), normal(rng, 4, 3).float(), normal(rng, 4).float()]
    yield Case("single precision (float32)", tuple(single), **FLOAT32)
    yield Case(
        "gradients flow through it",
        kwargs={"inputs": normal(rng, B, inside), "weight": W.clone(), "bias": b.clone()},
        probe=in_the_graph,
    )


@linear.working
def _(index, inputs, weight, bias=None):
    *where, o = index
    x, row = inputs[tuple(where)].tolist(), weight[o].tolist()
    terms = products(x, row) + ([] if bias is None else [factor(float(bias[o]))])
    total = math.fsum(v * w for v, w in zip(x, row, strict=True))
    total += 0 if bias is None else float(bias[o])
    return f"row {o} of the weight meets the input: {' + '.join(terms)} = {number(total)}"


linear.hints = [
    "The formula has $W\\mathbf x$, a matrix times one column. In a batch the vectors are the "
    "*rows*. On which side does the matrix stand then, and which way up?",
    "$(W\\mathbf x)^T = \\mathbf x^T W^T$. So (…, in) times (in, out) gives (…, out), and `@` "
    "takes care of all leading axes.",
    "```python\noutput = inputs @ ...\nif bias is not None:\n    output = ...\nreturn output\n```",
]
linear.built = (
    "You have rebuilt `torch.nn.functional.linear`, which is all that an `nn.Linear` computes. "
    "The next cell gives it the lecture's numbers; the network of part 10 consists of two such "
    "layers and a ReLU."
)


@linear.mistake(
    "the weight is not transposed",
    "The weight has the shape (out, in). The vectors are rows here: multiply them with weight.T.",
)
def _(right, inputs, weight, bias=None):
    output = inputs @ weight
    return output if bias is None else output + bias


@linear.mistake(
    "works for a single vector only",
    "weight @ inputs is the formula for one column vector. In a batch each row is a vector: "
    "put the inputs on the left.",
    symptom=True,
)
def _(right, inputs, weight, bias=None):
    output = weight @ inputs
    return output if bias is None else output + bias


@linear.mistake(
    "works for two axes only",
    "torch.mm and addmm want exactly two axes. The operator @ (matmul) takes any number.",
    symptom=True,
)
def _(right, inputs, weight, bias=None):
    output = torch.mm(inputs, weight.T)
    return output if bias is None else output + bias


@linear.mistake(
    "asks whether the bias is true",
    "`if bias:` asks a whole vector whether it is true, which has no answer. Ask whether it is "
    "there: `if bias is not None:`",
    symptom=True,
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
    "view instead of transpose",
    "view and reshape only cut the row of numbers anew, so the weights of different outputs get "
    "mixed up. weight.T swaps the axes.",
)
def _(right, inputs, weight, bias=None):
    return right(inputs, weight.reshape(weight.T.shape).T, bias)


WITH_A_BIAS.belongs_to(linear)
IN_THE_GRAPH.belongs_to(linear)
