"""Lesson 04: pooling, and a whole network that reads digits.

Feature maps are NumPy arrays with the features last, as in the lecture:
``H[i, j, n]`` is the lecture's $h_{(j_1, j_2, n)}$ with $j_1 = i + 1$ and $j_2 = j + 1$.
Only LeNet is torch's, with the features before the positions.
Source: lecture 6, "Pooling layers", "Convolution and Pooling: LeNet" and
"Pooling in NLP".
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .data import digits_sample
from .draw import frozen, sizes, strided
from .exercise import Case, case, exercise
from .report import number

LECTURE = np.array([[2.0, 1, 2, 0], [1, 0, 2, 0], [0, 4, 2, 3], [0, 5, 1, 0]])
"""The lecture's 4×4 example, without its feature axis."""


def _pool(H: np.ndarray, P1: int, P2: int, pool: Callable) -> np.ndarray:
    """torch's pooling of (J1, J2, N), which it wants as (batch 1, N, J1, J2)."""
    if P1 < 1 or P2 < 1:
        raise ValueError(f"a grid cell of {P1} by {P2} positions is none: both must be at least 1")
    J1, J2, N = H.shape
    if P1 > J1 or P2 > J2:  # no full cell: torch raises, we say that the result is empty
        return np.zeros((J1 // P1, J2 // P2, N))
    maps = torch.tensor(np.array(H, dtype=np.float64)).permute(2, 0, 1)[None]
    return pool(maps, (P1, P2))[0].permute(1, 2, 0).contiguous().numpy()


def _cell(index: tuple[int, ...], H: np.ndarray, P1: int, P2: int) -> tuple[str, list[str]]:
    """Where the grid cell of output ``index`` lies, and its values row by row."""
    i, j, n = index
    rows, columns = slice(i * P1, (i + 1) * P1), slice(j * P2, (j + 1) * P2)
    where = f"H[{rows.start}:{rows.stop}, {columns.start}:{columns.stop}, {n}]"
    return where, [number(float(v)) for v in H[rows, columns, n].ravel()]


# ── max_pool2d ──────────────────────────────────────────────────────────────


@exercise(points=3)
def max_pool2d(H: np.ndarray, P1: int, P2: int) -> np.ndarray:
    """Keep the largest value of each grid cell, feature by feature.

    The first two axes are cut into cells of P1 rows and P2 columns, starting at
    the top left. Rows and columns at the end that fill no cell are dropped.

    H: feature maps, shape (J1, J2, N): rows, columns, features.
    P1, P2: rows and columns of a cell, each at least 1.
    Returns float64, shape (J1//P1, J2//P2, N); a cell larger than H gives an
    axis of length 0.
    Raises ValueError if P1 or P2 is below 1.
    Lecture 6, "Pooling layers".
    """


@max_pool2d.oracle
def _(H, P1, P2):
    return _pool(H, P1, P2, F.max_pool2d)


def _inputs(rng: np.random.Generator) -> Iterator[Case]:
    """The feature maps that both kinds of pooling are asked about."""
    P1, P2 = sizes(rng, 2, 4, 2)
    rows, columns, N = sizes(rng, 2, 5, 3)
    yield case("the lecture's 4×4 example", LECTURE[:, :, None].copy(), 2, 2)
    yield case(
        "random sizes, cells that are not square",
        rng.normal(size=(rows * P1, columns * P2, N)),
        P1,
        P2,
    )
    yield case(
        "an incomplete last row and column of cells",
        rng.normal(size=(rows * P2 + 1, columns * P1 + P1 - 1, N)),
        P2,
        P1,
    )
    yield case("nothing but negative numbers", -1 - rng.random((6, 8, 2)), 3, 2)
    yield case("cells of a single position", rng.normal(size=(3, 4, 2)), 1, 1)
    yield case("one cell as large as the map", rng.normal(size=(3, 5, 4)), 3, 5)
    yield case("whole numbers", rng.integers(-20, 20, (4, 9, 3)), 2, 3)
    yield case(
        "numbers of type uint8, whose sums pass 255",
        rng.integers(150, 256, (6, 4, 2)).astype(np.uint8),
        3,
        2,
    )
    yield case("an array that is not contiguous", strided(rng.normal(size=(6, 4, 3))), 2, 4)
    yield case("an array that may not be changed", frozen(rng.normal(size=(4, 6, 2))), 2, 3)
    yield case("a cell with more rows than the map", rng.normal(size=(2, 6, 3)), 4, 2)
    yield Case("a cell of 0 rows", (rng.normal(size=(4, 6, 2)), 0, 2), raises=True)
    yield Case("a cell of 0 columns", (rng.normal(size=(4, 6, 2)), 2, 0), raises=True)


max_pool2d.cases(_inputs)


@max_pool2d.working
def _(index, H, P1, P2):
    where, values = _cell(index, H, P1, P2)
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


@max_pool2d.mistake(
    "the average instead of the maximum",
    "You return the mean of each cell. Max pooling keeps its largest value.",
)
def _(right, H, P1, P2):
    J1, J2, N = right(H, P1, P2).shape
    cells = H[: J1 * P1, : J2 * P2].reshape(J1, P1, J2, P2, N)
    return cells.mean(axis=(1, 3))


@max_pool2d.mistake(
    "rows and columns are swapped",
    "Your cells have P2 rows and P1 columns. P1 belongs to the first axis, P2 to the second.",
)
def _(right, H, P1, P2):
    return right(H, P2, P1)


@max_pool2d.mistake(
    "incomplete cells are kept",
    "The last rows or columns fill no cell, and yet you return a value for them. "
    "Drop them: J1//P1 cells, rounded down.",
)
def _(right, H, P1, P2):
    right(H, P1, P2)
    rows, columns, N = H.shape
    out = np.zeros((-(-rows // P1), -(-columns // P2), N))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            cell = H[i * P1 : (i + 1) * P1, j * P2 : (j + 1) * P2]
            out[i, j] = cell.max(axis=(0, 1))
    return out


@max_pool2d.mistake(
    "zero wins over negative numbers",
    "A cell whose numbers are all negative becomes 0: the search for the maximum starts at 0, or "
    "the map is padded with zeros. Start with the cell's first value, or with minus infinity.",
)
def _(right, H, P1, P2):
    return np.maximum(right(H, P1, P2), 0)


@max_pool2d.mistake(
    "cells that overlap",
    "Your window moves on by one position at a time. Cells lie side by side: after the rows "
    "0 … P1−1 come the rows P1 … 2·P1−1.",
)
def _(right, H, P1, P2):
    right(H, P1, P2)
    windows = np.lib.stride_tricks.sliding_window_view(H, (P1, P2), axis=(0, 1))
    return windows.max(axis=(3, 4)).astype(float)


@max_pool2d.mistake(
    "features are pooled together",
    "All features of a cell have the same value in your result: the maximum runs over the feature "
    "axis, too. Take it over rows and columns only, axis=(0, 1).",
)
def _(right, H, P1, P2):
    out = right(H, P1, P2)
    return np.broadcast_to(out.max(axis=2, keepdims=True), out.shape).copy()


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


@max_pool2d.mistake(
    "keeps the type of H",
    "The result has the type of the input. It should hold floats: collect it in np.zeros(…), or "
    "finish with .astype(float).",
)
def _(right, H, P1, P2):
    return right(H, P1, P2).astype(H.dtype)


# ── avg_pool2d ──────────────────────────────────────────────────────────────


@exercise(points=2)
def avg_pool2d(H: np.ndarray, P1: int, P2: int) -> np.ndarray:
    """Keep the average of each grid cell, feature by feature.

    The cells are those of max_pool2d: P1 rows and P2 columns each, incomplete
    ones at the end dropped.

    H: feature maps, shape (J1, J2, N). P1, P2: size of a cell, each at least 1.
    Returns float64, shape (J1//P1, J2//P2, N).
    Raises ValueError if P1 or P2 is below 1.
    Lecture 6, "Pooling layers".
    """


@avg_pool2d.oracle
def _(H, P1, P2):
    return _pool(H, P1, P2, F.avg_pool2d)


avg_pool2d.cases(_inputs)


@avg_pool2d.working
def _(index, H, P1, P2):
    where, values = _cell(index, H, P1, P2)
    mean = number(float(np.mean([float(v) for v in values])))
    return f"the cell is {where}\n({' + '.join(values)}) / ({P1}·{P2}) = {mean}"


avg_pool2d.hints = [
    "What is different from max_pool2d? Only one word of the code changes.",
    "$\\frac{1}{P_1 P_2}\\sum$ over the cell's P1·P2 values, for each feature by itself.",
    "```python\n# as in max_pool2d, but:\nout[i, j] = ...   # the mean of the cell over rows and "
    "columns\n```",
]


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
    "rows and columns are swapped",
    "Your cells have P2 rows and P1 columns. P1 belongs to the first axis, P2 to the second.",
)
def _(right, H, P1, P2):
    return right(H, P2, P1)


@avg_pool2d.mistake(
    "incomplete cells are kept",
    "The last rows or columns fill no cell, and yet you return a value for them. "
    "Drop them: J1//P1 cells, rounded down.",
)
def _(right, H, P1, P2):
    right(H, P1, P2)
    rows, columns, N = H.shape
    out = np.zeros((-(-rows // P1), -(-columns // P2), N))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            cell = H[i * P1 : (i + 1) * P1, j * P2 : (j + 1) * P2]
            out[i, j] = cell.mean(axis=(0, 1))
    return out


@avg_pool2d.mistake(
    "features are pooled together",
    "All features of a cell have the same value in your result: the average runs over the feature "
    "axis, too. Take it over rows and columns only, axis=(0, 1).",
)
def _(right, H, P1, P2):
    out = right(H, P1, P2)
    return np.broadcast_to(out.mean(axis=2, keepdims=True), out.shape).copy()


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


@avg_pool2d.mistake(
    "cells that overlap",
    "Your window moves on by one position at a time. Cells lie side by side: after the rows "
    "0 … P1−1 come the rows P1 … 2·P1−1.",
)
def _(right, H, P1, P2):
    right(H, P1, P2)
    windows = np.lib.stride_tricks.sliding_window_view(H, (P1, P2), axis=(0, 1))
    return windows.mean(axis=(3, 4))


# ── max_pool2d_backward ─────────────────────────────────────────────────────


@exercise(points=4)
def max_pool2d_backward(H: np.ndarray, P1: int, P2: int, dout: np.ndarray) -> np.ndarray:
    """Send the gradient of each cell back to where its maximum came from.

    ``dout[i, j, n]`` is $\\partial loss/\\partial out_{ijn}$ of
    ``out = max_pool2d(H, P1, P2)``. All of it belongs to the position in the cell
    that was the largest; every other position, and what was dropped, gets 0.

    H: feature maps, shape (J1, J2, N); no cell has its maximum twice.
    P1, P2: rows and columns of a cell. dout: shape (J1//P1, J2//P2, N).
    Returns float64, $\\partial loss/\\partial H$, shape (J1, J2, N).
    Lecture 6, "Pooling layers", with the chain rule of "Backpropagation for 1-D convolution".
    """


@max_pool2d_backward.oracle
def _(H, P1, P2, dout):
    if dout.size == 0:
        return np.zeros(H.shape)
    maps = torch.tensor(np.array(H, dtype=np.float64), requires_grad=True)
    out = F.max_pool2d(maps.permute(2, 0, 1)[None], (P1, P2))
    out.backward(torch.tensor(np.array(dout, dtype=np.float64)).permute(2, 0, 1)[None])
    return maps.grad.numpy()


def _shuffled(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Whole numbers, none twice, so that no maximum is a tie."""
    return rng.permutation(int(np.prod(shape))).reshape(shape)


@max_pool2d_backward.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    P1, P2 = sizes(rng, 2, 4, 2)
    rows, columns, N = sizes(rng, 2, 5, 3)
    by_hand = np.array([[2.0, 1, 3, 0], [1, 0, 2, -1], [0, 4, 2, 3], [-2, 5, 1, 0]])[:, :, None]
    yield case("a 4×4 map, by hand", by_hand, 2, 2, np.array([[[1.0], [10.0]], [[0.5], [-2.0]]]))
    yield case(
        "random sizes, cells that are not square",
        rng.normal(size=(rows * P1, columns * P2, N)),
        P1,
        P2,
        rng.normal(size=(rows, columns, N)),
    )
    yield case(
        "an incomplete last row and column of cells",
        rng.normal(size=(rows * P2 + 1, columns * P1 + P1 - 1, N)),
        P2,
        P1,
        rng.normal(size=(rows, columns, N)),
    )
    yield case(
        "nothing but negative numbers", -1 - rng.random((6, 4, 2)), 3, 2, rng.normal(size=(2, 2, 2))
    )
    yield case(
        "one cell as large as the map", rng.normal(size=(3, 5, 4)), 3, 5, rng.normal(size=(1, 1, 4))
    )
    yield case(
        "cells of a single position", rng.normal(size=(3, 4, 2)), 1, 1, rng.normal(size=(3, 4, 2))
    )
    yield case("a map of whole numbers", _shuffled(rng, 4, 9, 2), 2, 3, rng.normal(size=(2, 3, 2)))
    yield case(
        "a map of type uint8",
        _shuffled(rng, 6, 4, 5).astype(np.uint8),
        3,
        2,
        rng.integers(1, 9, (2, 2, 5)),
    )
    yield case(
        "arrays that are not contiguous",
        strided(rng.normal(size=(6, 4, 3))),
        2,
        4,
        strided(rng.normal(size=(3, 1, 3))),
    )
    yield case(
        "arrays that may not be changed",
        frozen(rng.normal(size=(4, 6, 2))),
        2,
        3,
        frozen(rng.normal(size=(2, 2, 2))),
    )
    yield case(
        "a cell with more columns than the map",
        rng.normal(size=(4, 3, 2)),
        2,
        5,
        np.zeros((2, 0, 2)),
    )


@max_pool2d_backward.working
def _(index, H, P1, P2, dout):
    row, column, n = index
    i, j = row // P1, column // P2
    if i >= dout.shape[0] or j >= dout.shape[1]:
        return f"H[{row}, {column}, {n}] lies in no full cell: it had no influence, so 0"
    where, values = _cell((i, j, n), H, P1, P2)
    largest = max(map(float, values))
    mine = float(H[row, column, n])
    verdict = (
        f"it is the largest, so all of dout[{i}, {j}, {n}] = {number(dout[i, j, n])} belongs to it"
        if number(mine) == number(largest)
        else f"it is not the largest ({number(largest)}), so 0"
    )
    return (
        f"H[{row}, {column}, {n}] = {number(mine)} lies in the cell {where}\n"
        f"with the values {', '.join(values)}\n{verdict}"
    )


max_pool2d_backward.hints = [
    "Make the largest value of a cell a little larger: what happens to the output? Now make one of "
    "the others a little larger: what happens?",
    "For each cell and feature: $\\frac{\\partial out}{\\partial h} = 1$ at the maximum, 0 "
    "elsewhere. The chain rule multiplies with `dout` of that cell. A comparison such as "
    "`cell == cell.max(axis=(0, 1))` is true just at the maximum of each feature.",
    "```python\ndH = np.zeros(...)                 # like H, but floats\n"
    "for i in range(dout.shape[0]):\n    for j in range(dout.shape[1]):\n"
    "        cell = H[..., ...]\n        largest = ...              # True at a feature's maximum\n"
    "        dH[..., ...] = ...         # dout[i, j] there, 0 elsewhere\nreturn dH\n```",
]


@max_pool2d_backward.mistake(
    "spreads the gradient evenly",
    "Every position of a cell gets an equal share. That is how average pooling goes backwards; a "
    "maximum depends on one position only.",
)
def _(right, H, P1, P2, dout):
    dH = right(H, P1, P2, dout)
    share = np.repeat(np.repeat(dout / (P1 * P2), P1, axis=0), P2, axis=1)
    dH[: share.shape[0], : share.shape[1]] = share
    return dH


@max_pool2d_backward.mistake(
    "the whole cell gets the gradient",
    "Every position of a cell gets all of dout. Only the position of the maximum had influence on "
    "the output; the others get 0.",
)
def _(right, H, P1, P2, dout):
    dH = right(H, P1, P2, dout)
    whole = np.repeat(np.repeat(dout, P1, axis=0), P2, axis=1)
    dH[: whole.shape[0], : whole.shape[1]] = whole
    return dH


@max_pool2d_backward.mistake(
    "the gradient is multiplied with the maximum",
    "At the maximum you have its value times dout. The output is a copy of the maximum, so its "
    "derivative is 1: the gradient is dout itself.",
)
def _(right, H, P1, P2, dout):
    return right(H, P1, P2, dout) * H


@max_pool2d_backward.mistake(
    "dout is left out",
    "You return 1 at each maximum. The chain rule multiplies this with the gradient that arrives "
    "from above, dout.",
)
def _(right, H, P1, P2, dout):
    return right(H, P1, P2, np.ones(dout.shape))


@max_pool2d_backward.mistake(
    "the gradient goes to the first position",
    "The gradient lands at the top left of each cell. It belongs to the position of the maximum.",
)
def _(right, H, P1, P2, dout):
    dH = np.zeros(H.shape)
    J1, J2, _ = dout.shape
    dH[: J1 * P1 : P1, : J2 * P2 : P2] = dout
    return dH


@max_pool2d_backward.mistake(
    "one maximum for all features",
    "Only the feature with the largest value of the cell gets a gradient: you compare with the "
    "maximum over all features. Each feature has a maximum of its own: axis=(0, 1).",
)
def _(right, H, P1, P2, dout):
    dH = right(H, P1, P2, dout)
    for i in range(dout.shape[0]):
        for j in range(dout.shape[1]):
            rows, columns = slice(i * P1, (i + 1) * P1), slice(j * P2, (j + 1) * P2)
            dH[rows, columns] *= H[rows, columns] == H[rows, columns].max()
    return dH


@max_pool2d_backward.mistake(
    "dropped rows and columns are missing",
    "The gradient has the size of the full cells only. It must have the shape of H; what was "
    "dropped had no influence and gets 0.",
)
def _(right, H, P1, P2, dout):
    return right(H, P1, P2, dout)[: dout.shape[0] * P1, : dout.shape[1] * P2]


@max_pool2d_backward.mistake(
    "keeps the type of H",
    "np.zeros_like(H) holds whole numbers if H does, and the gradient loses its fractions. "
    "Write np.zeros(H.shape).",
)
def _(right, H, P1, P2, dout):
    return right(H, P1, P2, dout).astype(H.dtype)


@max_pool2d_backward.mistake(
    "only positive maxima get a gradient",
    "A maximum below zero gets no gradient, as if there were a ReLU. Max pooling by itself passes "
    "the gradient on whatever the sign.",
)
def _(right, H, P1, P2, dout):
    return right(H, P1, P2, dout) * (H > 0)


# ── global_pool ─────────────────────────────────────────────────────────────


@exercise(points=2)
def global_pool(h: np.ndarray, how: str) -> np.ndarray:
    """Pool a whole sequence into one vector: a single cell, as long as the input.

    how "avg": $\\frac1J\\sum_j \\mathbf h_j$; "max": each feature's largest value,
    $\\max_j h_{j,n}$.

    h: features of each position, shape (J, N), J ≥ 1.
    Returns float64, shape (N,), whatever J is.
    Raises ValueError for any other ``how``.
    Lecture 6, "Pooling in NLP".
    """


@global_pool.oracle
def _(h, how):
    features = torch.tensor(np.array(h, dtype=np.float64)).T[None]  # (batch 1, N, J)
    if how == "max":
        return F.adaptive_max_pool1d(features, 1)[0, :, 0].numpy()
    if how == "avg":
        return F.adaptive_avg_pool1d(features, 1)[0, :, 0].numpy()
    raise ValueError(f"there is no pooling called {how!r}: how is 'max' or 'avg'")


@global_pool.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J, N = sizes(rng, 3, 9, 2)
    by_hand = np.array([[1.0, -2.0], [4.0, -1.0], [1.0, -6.0]])
    yield case("three words, two features: maximum", by_hand, "max")
    yield case("three words, two features: average", by_hand, "avg")
    for how in ("max", "avg"):
        yield case(f"random sizes, {how}", rng.normal(size=(J, N)), how)
    yield case("nothing but negative numbers, max", -1 - rng.random((N, J)), "max")
    yield case("a single word, avg", rng.normal(size=(1, 4)), "avg")
    yield case("whole numbers, max", rng.integers(1, 50, (5, 3)), "max")
    yield case(
        "whole numbers, avg", rng.integers(1, 50, (6, 3)) * 6 + 1 + np.eye(6, 3, dtype=int), "avg"
    )
    yield case("type uint8, avg", rng.integers(150, 256, (7, 2)).astype(np.uint8), "avg")
    yield case("an array that is not contiguous", strided(rng.normal(size=(4, 6))), "max")
    yield case("an array that may not be changed", frozen(rng.normal(size=(5, 2))), "avg")
    yield Case("a word that is neither", (rng.normal(size=(4, 3)), "mean"), raises=True)


@global_pool.working
def _(index, h, how):
    (n,) = index
    values = [number(float(v)) for v in h[:, n]]
    if how == "max":
        return (
            f"feature {n} is h[:, {n}]\nmax({', '.join(values)}) = {number(float(h[:, n].max()))}"
        )
    return (
        f"feature {n} is h[:, {n}]\n"
        f"({' + '.join(values)}) / {len(values)} = {number(float(h[:, n].mean()))}"
    )


global_pool.hints = [
    "A sentence of J words comes in. Which axis has to disappear, the words or the features?",
    "h is a table with a row per word and a column per feature. Walk down each column:\n\n"
    "```\n          feature 0  feature 1\nword 0        1         -2\nword 1        4         -1\n"
    "word 2        1         -6\n          ─────────  ─────────\nmax           4         -1\n```",
    '```python\nif how == "max":\n    out = ...      # NumPy\'s max along one axis\n'
    'elif how == "avg":\n    out = ...\nelse:\n    raise ValueError(...)\n'
    "return out.astype(float)\n```",
]


@global_pool.mistake(
    "pools over the features",
    "You have one value per position. Global pooling has one value per feature: it runs over the "
    "positions, axis 0.",
)
def _(right, h, how):
    return right(h.T, how)


@global_pool.mistake(
    "how is ignored",
    "You return the maximum whatever `how` says.",
)
def _(right, h, how):
    right(h, how)
    return right(h, "max")


@global_pool.mistake(
    "maximum and average are swapped",
    "You average for “max” and take the maximum for “avg”.",
)
def _(right, h, how):
    right(h, how)
    return right(h, "avg" if how == "max" else "max")


@global_pool.mistake(
    "one number for everything",
    "You pool over all entries at once. Each feature keeps a value of its own: give NumPy an axis.",
)
def _(right, h, how):
    right(h, how)
    return np.float64(h.max() if how == "max" else h.mean())


@global_pool.mistake(
    "divides by the number of features",
    "The sum over J positions is divided by N. The average divides by J, the number of positions.",
)
def _(right, h, how):
    out = right(h, how)
    return out * h.shape[0] / h.shape[1] if how == "avg" else out


@global_pool.mistake(
    "zero wins over negative numbers",
    "A feature that is negative at every position becomes 0. Start the search with the first "
    "value, not with 0.",
)
def _(right, h, how):
    out = right(h, how)
    return np.maximum(out, 0) if how == "max" else out


@global_pool.mistake(
    "an unknown word passes silently",
    "Anything that is not “max” is taken for “avg”. A typing error would go unnoticed: raise a "
    "ValueError.",
)
def _(right, h, how):
    return right(h, "max" if how == "max" else "avg")


@global_pool.mistake(
    "the positions stay as an axis of length 1",
    "Your result has the shape (1, N): keepdims leaves the pooled axis there. Asked for is (N,).",
)
def _(right, h, how):
    return right(h, how)[None]


@global_pool.mistake(
    "keeps the type of h",
    "The result has the type of the input, so whole numbers come back as whole numbers, and "
    "averages lose their fractions. Finish with .astype(float).",
)
def _(right, h, how):
    return right(h, how).astype(h.dtype)


# ── LeNet ───────────────────────────────────────────────────────────────────


@exercise(points=5, numpy_only=False, seconds=12)
def LeNet(classes: int = 10) -> nn.Module:
    """A network that reads a handwritten digit, after LeCun et al. (1998).

    An ``nn.Module`` with at least two ``nn.Conv2d``, each followed by a
    nonlinearity and by pooling (a pooling layer or function, or a strided
    convolution), then one or more dense layers.

    ``forward(images)`` takes a batch of shape (B, 1, 28, 28), grey values from 0 to 1.
    Returns the scores of the classes, shape (B, classes): logits, not normalised.
    Every layer is registered and learns; in evaluation mode the same images
    always get the same scores, whatever else is in the batch.
    Lecture 6, "Convolution and Pooling: LeNet".
    """


@LeNet.oracle
class _LeNet(nn.Module):
    """LeNet-5 as in 1998, but with ReLU, max pooling and 28×28 pixels."""

    def __init__(self, classes: int = 10):
        super().__init__()
        stages = [(nn.Conv2d(1, 6, 5, padding="same"), nn.ReLU(), nn.MaxPool2d(2))]
        stages += [(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())]
        stages += [(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU())]
        self.layers = nn.Sequential(*sum(stages, ()), nn.Linear(84, classes))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images)


# Probes: their source goes to where the answer runs, so each stands alone.


def shape_of_scores(answer, classes, images):
    """The shape and type of the scores for a batch of images."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        scores = answer(classes)(torch.tensor(images))
    return list(scores.shape), str(scores.dtype)


def layers_of(answer, classes, images):
    """What follows each nn.Conv2d: a nonlinearity? pooling? And is there a dense layer?

    No list of names could know every way to write these, so we watch what they
    do. Each convolution's output is replaced by maps that are the same
    everywhere; pooling leaves such a map as it is. If the next layer's input
    does not change in a straight line with their height, a nonlinearity lies between.
    """
    convolutions, dense = [], False
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(2)
        model = answer(classes).eval()
        images = torch.tensor(images)
        model(images)  # layers that find out their size by themselves do it now
        registered = {id(module) for module in model.modules()}
        height, calls = [0.0], []

        def entered(module, given):
            if given and isinstance(module, (nn.Conv2d, nn.Linear)):
                calls.append([module, given[0], None])

        def left(module, given, result):
            if calls and calls[-1][0] is module and isinstance(module, nn.Conv2d):
                calls[-1][2] = result
                slope = torch.linspace(0.5, 1.5, result.shape[-3])[:, None, None]
                return (height[0] * slope).expand_as(result).clone()

        hooks = nn.modules.module
        handles = [
            hooks.register_module_forward_pre_hook(entered),
            hooks.register_module_forward_hook(left),
        ]
        runs = []
        try:
            for height[0] in (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0):
                calls.clear()
                scores = model(images)
                runs.append([*calls, [None, scores, None]])
        finally:
            for handle in handles:
                handle.remove()
        for i, (module, _, result) in enumerate(runs[0][:-1]):
            if not isinstance(module, nn.Conv2d):
                dense = dense or id(module) in registered
                continue
            following, arrived, _ = runs[0][i + 1]
            if isinstance(following, nn.Conv2d):
                shrinks = arrived.shape[-2:].numel() < result.shape[-2:].numel()
            else:
                shrinks = arrived[0].numel() < result[0].numel()
            heights = torch.stack([run[i + 1][1].flatten() for run in runs])
            bend = heights[2:] - 2 * heights[1:-1] + heights[:-2]
            convolutions.append(
                {
                    "layer": [id(m) for m, _, _ in runs[0]].index(id(module)),
                    "registered": id(module) in registered,
                    "bent": bool(bend.abs().max() > 1e-4 * heights.abs().max()),
                    "shrinks": bool(shrinks),
                    "strided": max(module.stride) > 1,
                }
            )
            # A convolution that sees everything at once is a dense layer.
            dense = dense or result.shape[-2:].numel() == 1
        dense = dense or any(p.ndim == 2 for p in model.parameters())
    return {"convolutions": convolutions, "dense": dense}


def scores_in_evaluation(answer, classes, images):
    """The scores of a batch, of the same batch again, and of its first image alone."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(3)
        model = answer(classes)
        images = torch.tensor(images)
        model.eval()
        return [model(batch).numpy() for batch in (images, images, images[:1])]


def without_gradient(answer, classes, images, labels):
    """How many parameters there are, and how many of them the loss gives no gradient."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        model = answer(classes)
        loss = nn.functional.cross_entropy(model(torch.tensor(images)), torch.tensor(labels))
        if loss.requires_grad:
            loss.backward()
    gradients = [p.grad for p in model.parameters()]
    return len(gradients), sum(g is None for g in gradients)


def predictions_after_training(answer, classes, images, labels, new, seed):
    """Train for some eighty small steps, then name the class of each new image."""
    import time

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = answer(classes)
        images = torch.tensor(images, dtype=torch.float32)[:, None] / 255
        new = torch.tensor(new, dtype=torch.float32)[:, None] / 255
        labels = torch.tensor(labels)
        model.eval()
        with torch.no_grad():
            model(images[:2])  # layers that find out their size by themselves do it now
        if not any(isinstance(module, nn.Conv2d) for module in model.modules()):
            return None  # other networks learn this, too, but were not asked for
        model.train()
        learning = [p for p in model.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(learning, lr=3e-3) if learning else None
        start = time.perf_counter()
        for step in range(80 if learning else 0):
            # A very wide network is slow, but needs fewer steps.
            if step >= 40 and time.perf_counter() - start > 1.5:
                break
            batch = torch.randint(len(images), (16,))
            loss = nn.functional.cross_entropy(model(images[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            return model(new).argmax(dim=1).numpy()


# Judges: they stay here. A value may be anything, for it comes from where the answer runs.

ENOUGH = 0.5
"""Share of new digits that a network must name after some eighty steps: guessing names 0.1."""


def _followed(value: Any) -> tuple[list[dict[str, int]], bool]:
    """What ``layers_of`` gave, if it is what it should be."""
    keys = ("layer", "registered", "bent", "shrinks", "strided")
    try:
        return [{k: int(c[k]) for k in keys} for c in value["convolutions"]], bool(value["dense"])
    except (TypeError, KeyError, ValueError):
        return [], False


def _judge_layers(value: Any, *given: Any) -> str | None:
    convolutions, dense = _followed(value)
    if len({c["layer"] for c in convolutions if c["registered"]}) < 2:
        if any(not c["registered"] for c in convolutions):
            return (
                "the network does not know its own layers: model.parameters() lacks those of a "
                "convolution. Make each layer an attribute, self.… = …, or put them into "
                "nn.Sequential or nn.ModuleList; a plain list hides them."
            )
        return "forward calls fewer than two nn.Conv2d layers; two are asked for."
    return None if dense else "after the last pooling a dense layer, nn.Linear, is missing."


def _judge_nonlinearities(value: Any, *given: Any) -> str | None:
    if sum(c["bent"] for c in _followed(value)[0]) >= 2:
        return None
    return (
        "the outputs of two convolutions should each pass through a nonlinearity, such as "
        "torch.relu, on their way to the next layer."
    )


def _judge_pooling(value: Any, *given: Any) -> str | None:
    pooled, waiting = 0, False  # waiting: a convolution that was not followed by pooling yet
    for c in _followed(value)[0]:
        if waiting and c["strided"] and not c["shrinks"]:
            pooled, waiting = pooled + 1, False  # this one is the other's pooling
        elif c["shrinks"] or c["strided"]:
            pooled, waiting = pooled + 1, False
        else:
            waiting = True
    if pooled >= 2:
        return None
    return (
        "the outputs of two convolutions should each be pooled on their way to the next layer, "
        "so that fewer rows and columns arrive there."
    )


def _judge_scores(value: Any, classes: int, images: np.ndarray) -> str | None:
    wanted = [(len(images), classes), (len(images), classes), (1, classes)]
    if [getattr(v, "shape", None) for v in value or ()] != wanted:
        return f"for {len(images)} images the scores should have the shape {wanted[0]}."
    first, again, alone = (np.asarray(v, dtype=np.float64) for v in value)
    if not np.allclose(first, again, rtol=1e-4, atol=1e-5):
        return (
            "in evaluation mode, after model.eval(), the same images get other scores the second "
            "time."
        )
    if not np.allclose(first[:1], alone, rtol=1e-3, atol=1e-4):
        return "the scores of an image depend on the other images in the batch."
    if np.allclose(first.sum(axis=1), 1, atol=1e-4) and first.min() >= 0:
        return "the scores of each image sum to 1: they are probabilities. Logits are asked for."
    if np.allclose(np.exp(first).sum(axis=1), 1, atol=1e-4):
        return "the scores are logarithms of probabilities. Logits are asked for."
    if first.min() >= 0:
        return "no score is below 0, for any image: logits may have either sign."
    return None


def _judge_gradients(value: Any, *given: Any) -> str | None:
    try:
        parameters, without = map(int, value)
    except (TypeError, ValueError):
        return "the parameters of the network could not be counted."
    if not parameters:
        return "the network has no parameters: model.parameters() is empty."
    if without:
        return "some parameters get no gradient, so they never learn."
    return None


def _judge_predictions(value: Any, *given: Any, labels: np.ndarray) -> str | None:
    if value is None:
        return "without a convolution among its layers this network was not trained."
    if not isinstance(value, np.ndarray) or value.shape != labels.shape:
        return "the network did not give one score per class for each image."
    if np.mean(value == labels) < ENOUGH:
        return (
            f"after a short training (80 steps of 16 digits) the network names fewer than "
            f"{ENOUGH:.0%} of new digits. Does the signal reach the scores, and the gradient the "
            "first layer?"
        )
    return None


@LeNet.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    images, labels = digits_sample()
    order = rng.permutation(len(images))
    classes = int(rng.integers(4, 9))
    some = rng.random((int(rng.integers(3, 8)), 1, 28, 28), dtype=np.float32)
    yield Case("scores for each image of a batch", (10, some), probe=shape_of_scores)
    yield Case("another number of classes, one image", (classes, some[:1]), probe=shape_of_scores)
    for name, judge in {
        "two convolutions, and a dense layer": _judge_layers,
        "a nonlinearity after each convolution": _judge_nonlinearities,
        "pooling after each convolution": _judge_pooling,
    }.items():
        # What makes it a LeNet counts three times as much as what any network has.
        yield Case(name, (10, some[:1]), probe=layers_of, judge=judge, weight=3)
    yield Case("evaluation mode", (10, some), probe=scores_in_evaluation, judge=_judge_scores)
    yield Case(
        "every parameter learns",
        (10, some, rng.integers(0, 10, len(some))),
        probe=without_gradient,
        judge=_judge_gradients,
    )
    train, new = order[:600], order[600:800]
    yield Case(
        "new digits after a short training",
        (10, images[train], labels[train], images[new], int(rng.integers(1000))),
        probe=predictions_after_training,
        judge=functools.partial(_judge_predictions, labels=labels[new]),
        draws=True,
    )


LeNet.hints = [
    "Write down the shapes first: 28×28 pixels, a convolution with 6 filters of 5×5 and "
    "`padding=2`, pooling by 2, a convolution with 16 filters of 5×5 without padding, pooling by "
    "2. How many numbers are left when you put them into one row?",
    "```\n(B, 1, 28, 28) ─conv 5×5, padding 2─▶ (B, 6, 28, 28) ─ReLU, pool 2─▶ (B, 6, 14, 14)\n"
    "               ─conv 5×5───────────▶ (B, 16, 10, 10) ─ReLU, pool 2─▶ (B, 16, 5, 5)\n"
    "               ─flatten(1)─────────▶ (B, 400) ─dense, ReLU─▶ (B, 120) ─dense─▶ …\n```\n\n"
    "Layers are made in `__init__`, where they become attributes of `self`; `forward` only calls "
    "them.",
    "```python\nclass LeNet(nn.Module):\n    def __init__(self, classes=10):\n"
    "        super().__init__()\n        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)\n"
    "        self.conv2 = ...\n        self.dense1 = nn.Linear(..., 120)\n        ...\n\n"
    "    def forward(self, images):\n        h = torch.relu(self.conv1(images))\n"
    "        h = ...                    # pool\n        h = ...                    # second block\n"
    "        h = h.flatten(1)           # all axes but the batch's\n        ...\n```",
]


@LeNet.mistake(
    "a softmax at the end",
    "Return the scores as the last dense layer gives them: the loss, nn.CrossEntropyLoss, takes "
    "the softmax itself. Twice is once too often: learning slows down.",
)
def _(right, classes=10):
    return nn.Sequential(right(classes), nn.Softmax(dim=1))


@LeNet.mistake(
    "layers in a plain list",
    "PyTorch finds layers that are attributes of the module. In a Python list they stay hidden, "
    "and the optimizer never gets to see their parameters: use nn.Sequential or nn.ModuleList.",
)
def _(right, classes=10):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.hidden = [right(classes)]

        def forward(self, images):
            return self.hidden[0](images)

    return Net()


@LeNet.mistake(
    "no nonlinearity after the convolutions",
    "Two convolutions in a row with nothing bent between them are no more than one: put a ReLU "
    "or a tanh behind each.",
)
def _(right, classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 84), nn.ReLU(), nn.Linear(84, classes),
    )  # fmt: skip


@LeNet.mistake(
    "no pooling",
    "Height and width stay as they are behind a convolution. Pool after each: the maps get "
    "smaller, and the dense layer has fewer weights.",
)
def _(right, classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.Conv2d(6, 16, 5), nn.ReLU(),
        nn.Flatten(), nn.Linear(16 * 24 * 24, 32), nn.ReLU(), nn.Linear(32, classes),
    )  # fmt: skip


@LeNet.mistake(
    "a single convolution",
    "There is one convolution; asked for are two, each with its nonlinearity and its pooling.",
)
def _(right, classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(6 * 14 * 14, 84), nn.ReLU(), nn.Linear(84, classes),
    )  # fmt: skip


@LeNet.mistake(
    "no convolution",
    "These are dense layers only. They, too, can learn digits, but every weight belongs to one "
    "pixel: begin with two nn.Conv2d, each with its nonlinearity and its pooling.",
)
def _(right, classes=10):
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 84), nn.ReLU(), nn.Linear(84, classes))


@LeNet.mistake(
    "made for other image sizes",
    "The first dense layer expects another number of values than the last pooling delivers. Print "
    "h.shape before flattening: with 28×28 pixels, padding=2 in the first convolution and none in "
    "the second, it is (B, 16, 5, 5).",
)
def _(right, classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16 * 5 * 5, 84), nn.ReLU(), nn.Linear(84, classes),
    )  # fmt: skip


@LeNet.mistake(
    "the batch is flattened, too",
    "All images of a batch end up in one row. Keep the first axis: h.flatten(1), or "
    "nn.Flatten(), which does so by itself.",
)
def _(right, classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(start_dim=0), nn.Linear(400, 84), nn.ReLU(), nn.Linear(84, classes),
    )  # fmt: skip


@LeNet.mistake(
    "always ten classes",
    "The last layer has 10 outputs whatever was asked for: use the argument, classes.",
)
def _(right, classes=10):
    return right(10)


@LeNet.mistake(
    "dropout that does not stop",
    "F.dropout drops in evaluation mode, too, unless you tell it: F.dropout(h, "
    "training=self.training). The layer nn.Dropout knows by itself.",
)
def _(right, classes=10):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = right(classes)

        def forward(self, images):
            return self.net(nn.functional.dropout(images, 0.2))

    return Net()


@LeNet.mistake(
    "a nonlinearity on the scores",
    "The last layer's output goes through a ReLU, so no class can get a negative score, and a "
    "class whose score is 0 learns nothing. Leave the scores as they are.",
)
def _(right, classes=10):
    return nn.Sequential(right(classes), nn.ReLU())


@LeNet.mistake(
    "a layer that is never used",
    "A layer is made in __init__, but forward goes past it. After loss.backward() this shows "
    "which: [n for n, p in model.named_parameters() if p.grad is None].",
)
def _(right, classes=10):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = right(classes)
            self.forgotten = nn.Linear(84, 84)

        def forward(self, images):
            return self.net(images)

    return Net()


@LeNet.mistake(
    "sigmoids that hardly learn",
    "The sigmoid is flat nearly everywhere (its slope is at most 1/4), so little of the gradient "
    "arrives at the first layers, and learning hardly starts. Use ReLU, or tanh as in 1998.",
)
def _(right, classes=10):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, classes),
    )  # fmt: skip
