"""``max_pool2d``: the largest value of each grid cell."""

from __future__ import annotations

import numpy as np
import torch.nn.functional as F

from ..engine.exercise import exercise
from ..engine.shared_mistakes import FOR_FLOATS
from ..engine.shown import number
from .cells import IN_CELLS, cell_of, inputs, pooled_by_torch


@exercise(points=3, minutes=15, difficulty=2, importance=4)
def max_pool2d(H: np.ndarray, P1: int, P2: int) -> np.ndarray:
    """Keep the largest value of each grid cell, feature by feature.

    The first two axes are cut into cells of P1 rows and P2 columns, starting at
    the top left. Rows and columns at the end that fill no cell are dropped.

    H: feature maps, shape (J1, J2, N): rows, columns, features.
    P1, P2: rows and columns of a cell, each at least 1.
    Returns float64, shape (J1//P1, J2//P2, N); a cell larger than H gives an
    axis of length 0.
    Raises ValueError, with a sentence, if P1 or P2 is below 1.
    Lecture 6, "Pooling layers".
    """


@max_pool2d.oracle
def _(H, P1, P2):
    return pooled_by_torch(H, P1, P2, F.max_pool2d)


max_pool2d.cases(inputs)


@max_pool2d.working
def _(index, H, P1, P2):
    where, values = cell_of(index, H, P1, P2)
    largest = number(max(map(float, values)))
    return f"the cell is {where}\nmax({', '.join(values)}) = {largest}"


max_pool2d.hints = [
    "Take the lecture's 4×4 example with cells of 2 by 2. Which rows and which columns belong to "
    "output [1, 0]? How many cells are there in each direction if H has 5 rows?",
    "Cell (i, j) holds the rows from i·P1 up to, not including, (i+1)·P1, and the columns "
    "likewise:\n\n"
    "```\n            columns 0 1 │ 2 3\n rows 0 1     (0, 0)  │ (0, 1)\n"
    "            ──────────┼────────\n rows 2 3     (1, 0)  │ (1, 1)\n```\n\n"
    "The maximum is taken over rows and columns, `axis=(0, 1)`, and never over the features.",
    "```python\nJ1, J2, N = H.shape\nout = np.zeros((..., ..., N))      # how many cells?\n"
    "for i in range(out.shape[0]):\n    for j in range(out.shape[1]):\n"
    "        cell = H[..., ...]         # P1 rows, P2 columns, all features\n"
    "        out[i, j] = ...            # one value per feature\nreturn out\n```",
]
max_pool2d.built = (
    "Max pooling as in most networks for pictures: `torch.nn.functional.max_pool2d`, with the "
    "features last. A comparison with torch follows, then a look at what it forgets and what that"
    " is good for."
)


@max_pool2d.mistake(
    "the average instead of the maximum",
    "You return the mean of each cell. Max pooling keeps its largest value.",
)
def _(right, H, P1, P2):
    J1, J2, N = right(H, P1, P2).shape
    cells = H[: J1 * P1, : J2 * P2].reshape(J1, P1, J2, P2, N)
    return cells.mean(axis=(1, 3))


@max_pool2d.mistake(
    "zero wins over negative numbers",
    "A cell whose numbers are all negative becomes 0: the search for the maximum starts at 0, or "
    "the map is padded with zeros. Start with the cell's first value, or with minus infinity.",
)
def _(right, H, P1, P2):
    return np.maximum(right(H, P1, P2), 0)


@max_pool2d.mistake(
    "a grid of P1 by P2 cells",
    "You cut the map into P1 times P2 cells. P1 and P2 are the size of a cell, not the number of "
    "cells.",
)
def _(right, H, P1, P2):
    right(H, P1, P2)
    return right(H, H.shape[0] // P1, H.shape[1] // P2)[:P1, :P2]


@max_pool2d.mistake(
    "the first value of each cell",
    "You keep the top left value of each cell, as H[::P1, ::P2] does. That is a stride; pooling "
    "looks at the whole cell.",
)
def _(right, H, P1, P2):
    J1, J2, _ = right(H, P1, P2).shape
    return H[::P1, ::P2][:J1, :J2].astype(float)


FOR_FLOATS.belongs_to(max_pool2d)
IN_CELLS.belongs_to(max_pool2d)
