"""``avg_pool2d``: the mean of each grid cell."""

from __future__ import annotations

import numpy as np
import torch.nn.functional as F

from ..engine.exercise import exercise
from ..engine.shared_mistakes import FOR_FLOATS
from ..engine.shown import number
from .cells import IN_CELLS, cell_of, inputs, pooled_by_torch


@exercise(points=2, minutes=5, difficulty=1, importance=2)
def avg_pool2d(H: np.ndarray, P1: int, P2: int) -> np.ndarray:
    """Keep the average of each grid cell, feature by feature.

    The cells are those of max_pool2d: P1 rows and P2 columns each, incomplete
    ones at the end dropped.

    H: feature maps, shape (J1, J2, N). P1, P2: size of a cell, each at least 1.
    Returns float64, shape (J1//P1, J2//P2, N).
    Raises ValueError, with a sentence, if P1 or P2 is below 1.
    Lecture 6, "Pooling layers".
    """


@avg_pool2d.oracle
def _(H, P1, P2):
    return pooled_by_torch(H, P1, P2, F.avg_pool2d)


avg_pool2d.cases(inputs)


@avg_pool2d.working
def _(index, H, P1, P2):
    where, values = cell_of(index, H, P1, P2)
    mean = number(float(np.mean([float(v) for v in values])))
    return f"the cell is {where}\n({' + '.join(values)}) / ({P1}·{P2}) = {mean}"


avg_pool2d.hints = [
    "What is different from max_pool2d? Only one word of the code changes.",
    "$\\frac{1}{P_1 P_2}\\sum$ over the cell's P1·P2 values, for each feature by itself.",
    "```python\n# as in max_pool2d, but:\nout[i, j] = ...   # the mean of the cell over rows and "
    "columns\n```",
]
avg_pool2d.built = (
    "An average for each cell, the same as `torch.nn.functional.avg_pool2d` gives. Further on in "
    "this lesson a single cell covers everything, and an average sums up a whole sentence."
)


@avg_pool2d.mistake(
    "a sum instead of an average",
    "Each entry is P1·P2 times too large: divide by the number of values in a cell.",
)
def _(right, H, P1, P2):
    return right(H, P1, P2) * P1 * P2


@avg_pool2d.mistake(
    "the maximum instead of the average",
    "You return the largest value of each cell. Average pooling takes the mean.",
)
def _(right, H, P1, P2):
    J1, J2, N = right(H, P1, P2).shape
    cells = H[: J1 * P1, : J2 * P2].reshape(J1, P1, J2, P2, N)
    return cells.max(axis=(1, 3)).astype(float)


@avg_pool2d.mistake(
    "divides by the rows only",
    "A cell has P1·P2 values, you divide their sum by P1.",
)
def _(right, H, P1, P2):
    return right(H, P1, P2) * P2


@avg_pool2d.mistake(
    "fractions cut off",
    "The averages lost their fractions: the result has the type of a whole-number input. Collect "
    "it in an array of floats.",
)
def _(right, H, P1, P2):
    out = right(H, P1, P2)
    return np.trunc(out) if H.dtype.kind in "iu" else out


@avg_pool2d.mistake(
    "sums that overflow",
    "The map is of type uint8, and sums in that type start again at 0 after 255. "
    "Convert first: H.astype(float).",
)
def _(right, H, P1, P2):
    out = right(H, P1, P2)
    if H.dtype == np.uint8:
        J1, J2, N = out.shape
        cells = H[: J1 * P1, : J2 * P2].reshape(J1, P1, J2, P2, N)
        out = cells.sum(axis=(1, 3), dtype=np.uint8) / (P1 * P2)
    return out


FOR_FLOATS.belongs_to(avg_pool2d)
IN_CELLS.belongs_to(avg_pool2d)
