"""What max and average pooling share: torch's answer, the values of a cell, inputs, mistakes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case
from ..engine.shared_mistakes import Family
from ..engine.shown import number
from .lecture import LECTURE


def pooled_by_torch(H: np.ndarray, P1: int, P2: int, pool: Callable) -> np.ndarray:
    """torch's pooling of (J1, J2, N), which it wants as (batch 1, N, J1, J2)."""
    if P1 < 1 or P2 < 1:
        raise ValueError(f"a grid cell of {P1} by {P2} positions is none: both must be at least 1")
    J1, J2, N = H.shape
    if P1 > J1 or P2 > J2:  # no full cell: torch raises, we say that the result is empty
        return np.zeros((J1 // P1, J2 // P2, N))
    maps = torch.tensor(np.array(H, dtype=np.float64)).permute(2, 0, 1)[None]
    return pool(maps, (P1, P2))[0].permute(1, 2, 0).contiguous().numpy()


def cell_of(index: tuple[int, ...], H: np.ndarray, P1: int, P2: int) -> tuple[str, list[str]]:
    """Where the grid cell of output ``index`` lies, and its values row by row."""
    i, j, n = index
    rows, columns = slice(i * P1, (i + 1) * P1), slice(j * P2, (j + 1) * P2)
    where = f"H[{rows.start}:{rows.stop}, {columns.start}:{columns.stop}, {n}]"
    return where, [number(float(v)) for v in H[rows, columns, n].ravel()]


def inputs(rng: np.random.Generator) -> Iterator[Case]:
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


IN_CELLS = Family()
"""Pooling of feature maps H, (J1, J2, N), in cells of P1 by P2 positions."""


@IN_CELLS.mistake(
    "rows and columns are swapped",
    "Your cells have P2 rows and P1 columns. P1 belongs to the first axis, P2 to the second.",
)
def _(right, H, P1, P2):
    return right(H, P2, P1)


@IN_CELLS.mistake(
    "P1 for both axes", "Your cells have P1 rows and P1 columns. They have P2 columns."
)
def _(right, H, P1, P2):
    right(H, P1, P2)
    return right(H, P1, P1)


@IN_CELLS.mistake(
    "incomplete cells are dropped at the front",
    "What fills no cell is left out at the top and at the left. The cells start at row 0 and "
    "column 0; leave out the last rows and columns.",
)
def _(right, H, P1, P2):
    right(H, P1, P2)
    return right(H[H.shape[0] % P1 :, H.shape[1] % P2 :], P1, P2)


@IN_CELLS.mistake(
    "incomplete cells are kept",
    "The last rows or columns fill no cell, and yet you return a value for them. Drop them: "
    "J1//P1 cells, rounded down.",
)
def _(right, H, P1, P2):
    right(H, P1, P2)
    starts = range(0, H.shape[0], P1), range(0, H.shape[1], P2)
    cells = [[H[i : i + P1, j : j + P2] for j in starts[1]] for i in starts[0]]
    return np.array([[right(cell, *cell.shape[:2])[0, 0] for cell in row] for row in cells])


@IN_CELLS.mistake(
    "cells that overlap",
    "Your window moves on by one position at a time. Cells lie side by side: after the rows "
    "0 … P1−1 come the rows P1 … 2·P1−1.",
)
def _(right, H, P1, P2):
    right(H, P1, P2)
    windows = np.lib.stride_tricks.sliding_window_view(H, (P1, P2), axis=(0, 1))
    I1, I2, N = windows.shape[:3]
    side_by_side = windows.transpose(0, 3, 1, 4, 2).reshape(I1 * P1, I2 * P2, N)
    return right(side_by_side, P1, P2)


@IN_CELLS.mistake(
    "the first column of each cell only",
    "Only the first of a cell's P2 columns takes part: you pool over the rows alone. A cell is "
    "pooled over both, rows and columns.",
)
def _(right, H, P1, P2):
    right(H, P1, P2)
    return right(H[:, : H.shape[1] // P2 * P2 : P2], P1, 1)


@IN_CELLS.mistake(
    "the first row of each cell only",
    "Only the first of a cell's P1 rows takes part: you pool over the columns alone. A cell is "
    "pooled over both, rows and columns.",
)
def _(right, H, P1, P2):
    right(H, P1, P2)
    return right(H[: H.shape[0] // P1 * P1 : P1], 1, P2)


@IN_CELLS.mistake(
    "the columns end where the rows do",
    "The loop over the columns counts the rows, H.shape[0]. With fewer rows than columns the last "
    "cells stay empty; with more it runs over the end. The columns are H.shape[1].",
)
def _(right, H, P1, P2):
    out = right(H, P1, P2)
    out[:, H.shape[0] // P2 :] = 0
    return out


@IN_CELLS.mistake(
    "cells that interleave",
    "Each of your cells has rows and columns from all over the map. Reshape the rows to "
    "(J1//P1, P1): first the number of the cell, then the place inside it; the columns likewise.",
)
def _(right, H, P1, P2):
    I1, I2, _ = right(H, P1, P2).shape
    rows, columns = (np.arange(n * P).reshape(P, n).T.ravel() for n, P in ((I1, P1), (I2, P2)))
    return right(H[rows][:, columns], P1, P2)


@IN_CELLS.mistake(
    "features are pooled together",
    "All features of a cell have the same value in your result: you pool over the feature axis, "
    "too. Do it over rows and columns only, axis=(0, 1).",
)
def _(right, H, P1, P2):
    J1, J2, N = right(H, P1, P2).shape
    H = H[: J1 * P1, : J2 * P2]
    pooled = right(H.reshape(len(H), J2 * P2 * N, 1), P1, P2 * N)
    return np.repeat(pooled, N, axis=2)


@IN_CELLS.mistake(
    "features first", "You return (N, …), as torch would. The lecture puts the features last."
)
def _(right, H, P1, P2):
    return np.moveaxis(right(H, P1, P2), 2, 0).copy()


@IN_CELLS.mistake(
    "the cells start one position apart",
    "You return as many cells as there are, but each starts one row or column after the last one. "
    "The next cell starts where this one ends.",
)
def _(right, H, P1, P2):
    out = right(H, P1, P2)
    if not out.size:
        return out
    J1, J2, _ = out.shape
    windows = np.lib.stride_tricks.sliding_window_view(H, (P1, P2), axis=(0, 1))[:J1, :J2]
    side_by_side = windows.transpose(0, 3, 1, 4, 2).reshape(J1 * P1, J2 * P2, H.shape[2])
    return right(side_by_side, P1, P2)


@IN_CELLS.mistake(
    "reshape instead of transpose",
    "You had the features on the first axis, and reshape only cuts the row of numbers anew: "
    "positions and features get mixed up. Axes are moved by transpose, moveaxis or np.stack.",
)
def _(right, H, P1, P2):
    out = right(H, P1, P2)
    return np.moveaxis(out, 2, 0).reshape(out.shape)
