"""``standardize``: columns with mean 0 and standard deviation 1."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ..engine.drawing import sizes
from ..engine.exercise import Case, case, exercise
from ..engine.shared_mistakes import IN_THE_GRAPH
from ..engine.shown import number
from .tensors import FLOAT32, double, in_the_graph, normal


@exercise(points=2, minutes=10, difficulty=2, importance=3, numpy_only=False)
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
    yield case("two columns, by hand", double([[1, 10], [3, 30], [5, 20]]))
    yield case("random numbers", 3 * normal(rng, rows, columns) + 5)
    yield case("more columns than rows", 2 * normal(rng, 3, 7) - 1)
    yield case("as many rows as columns", normal(rng, 4, 4) * double([1, 10, 100, 1000]))
    yield case("a matrix that is not contiguous", normal(rng, 3, 6).T)
    yield Case("single precision (float32)", (normal(rng, 8, 3).float() + 1,), **FLOAT32)
    yield Case(
        "gradients flow through it", kwargs={"matrix": normal(rng, 5, 3)}, probe=in_the_graph
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
standardize.built = (
    "All columns have one scale now; `nn.BatchNorm1d` begins with the same for a batch in "
    "training, and the next cell compares them. In part 10 the COVID-19 tests are standardised "
    "before a network learns from them."
)


@standardize.mistake(
    "divides by I−1 inside the deviation",
    "That is the sample standard deviation, torch's default. The population's is asked for, "
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
    "changes the precision",
    "A float32 matrix must give a float32 matrix. Keep the dtype of the input.",
)
def _(right, matrix):
    return right(matrix.double())


IN_THE_GRAPH.belongs_to(standardize)


@standardize.mistake(
    "the mean of the distances",
    "You divide by the mean of |x − μ|. Asked for is the standard deviation: the root of the mean "
    "of the squares.",
)
def _(right, matrix):
    centred = matrix - matrix.mean(0)
    return centred / centred.abs().mean(0)


@standardize.mistake(
    "the squares of the numbers themselves",
    "You divide by the root of the mean of x². The deviation is that of x from its mean: subtract "
    "the column's mean first, then square.",
)
def _(right, matrix):
    return (matrix - matrix.mean(0)) / matrix.square().mean(0).sqrt()
