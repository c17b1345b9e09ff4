"""``worked_example``: the lecture's convolution, all 16 numbers by hand."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..engine.exercise import Case, exercise
from ..engine.shown import number
from .convolution import by_torch, grid, window
from .lecture import EXAMPLE, EXAMPLE_FILTER


@exercise(points=2, minutes=10, difficulty=1, importance=3)
def worked_example() -> np.ndarray:
    """The lecture's 2-D convolution of a 4×4 input with a 3×3 filter, all 16 numbers.

    The input is zero-padded, there is neither bias nor nonlinearity, and windows
    lie symmetrically around their position. The lecture gives 16 in row 1,
    column 1; 26 in row 2, column 3; 5 in row 4, column 4 (counted from 1).

    Returns an array of shape (4, 4), of any numeric type.
    Lecture 6, "Example: 2D convolution".
    """


@worked_example.oracle
def _example():
    return by_torch(EXAMPLE[..., None], EXAMPLE_FILTER[..., None, None])[..., 0]


def look_at_row(answer, row):
    """The whole answer; the row is for the judge."""
    return answer()


def row_is_right(value, row):
    """None if row ``row`` of the 4×4 output is right, else which entry is not, and its window."""
    if not isinstance(value, np.ndarray):
        return "worked_example should be a NumPy array: np.array([[16, …], …])."
    if value.shape != (4, 4):
        around = " The zeros lie around the input, not around the output." * (value.shape == (6, 6))
        return f"worked_example should have the shape (4, 4), yours has {value.shape}.{around}"
    if value.dtype.kind not in "biuf":
        held = "text" if value.dtype.kind in "US" else f"the type {value.dtype}"
        return f"worked_example should hold 16 numbers, yours holds {held}."
    wrong = ~np.isclose(value.astype(float), _example())
    if not wrong[row].any():
        return None
    j = int(np.argmax(wrong[row]))
    yours = float(value[row, j])
    seen = window(EXAMPLE, 3, 3, row, j)
    return (
        f"your row {row + 1} is {grid(value[row : row + 1])}. Its entry [{row}, {j}] (row "
        f"{row + 1}, "
        f"column {j + 1} when counted from 1) is not {number(yours)}: its window, row by row, is "
        f"{grid(seen)}, the filter is {grid(EXAMPLE_FILTER)}. Multiply entry by entry and add "
        f"up. "
        f"In all, {int(wrong.sum())} of the 16 numbers are not right yet."
    )


@worked_example.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for row in range(4):
        yield Case(f"row {row + 1}", (row,), probe=look_at_row, judge=row_is_right)


worked_example.hints = [
    "Lay the middle of the filter on a number of the input. Which nine numbers lie under the "
    "filter? At a corner five of them are padding.",
    "Row 1, column 1, with the padding around it:\n\n```\nwindow     filter     products\n"
    "0 0 0      1 2 3      0 0 0\n0 3 2  ·   1 2 3  =   0 6 6   sum: 16\n"
    "0 2 1      0 1 2      0 2 2\n```\n\nThe next window lies one column to the right.",
    "You may also let NumPy multiply:\n\n```python\nX = np.pad(np.array([[3, 2, 3, 2], ...]), 1)\n"
    "F = np.array(...)\nX[0:3, 0:3] * F   # products of the first window; what is their sum?\n```",
]
worked_example.built = (
    "The lecture's question marks are filled in: a complete 2-D convolution with zero padding, as"
    " `conv2d` of torch does it. Next come windows of even size, and then the window travels over"
    " a photograph."
)


@worked_example.mistake(
    "the filter is flipped",
    "You turned the filter upside down and left to right, as mathematicians do for a convolution. "
    "Here the filter lies on the window as it is printed.",
)
def _(right):
    X = np.pad([[3, 2, 3, 2], [2, 1, 2, 1], [2, 1, 2, 1], [1, 0, 1, 0]], 1)
    F = np.array([[2, 1, 0], [3, 2, 1], [3, 2, 1]])
    return np.array([[np.sum(X[i : i + 3, j : j + 3] * F) for j in range(4)] for i in range(4)])


@worked_example.mistake(
    "rows and columns of the filter are swapped",
    "You read the filter column by column. Its first row is 1 2 3.",
)
def _(right):
    X = np.pad([[3, 2, 3, 2], [2, 1, 2, 1], [2, 1, 2, 1], [1, 0, 1, 0]], 1)
    F = np.array([[1, 1, 0], [2, 2, 1], [3, 3, 2]])
    return np.array([[np.sum(X[i : i + 3, j : j + 3] * F) for j in range(4)] for i in range(4)])


@worked_example.mistake(
    "the window starts at its position",
    "Your windows begin at their position instead of lying around it. The middle of the filter "
    "lies on the position; the window starts one row higher and one column further left.",
)
def _(right):
    X = np.pad([[3, 2, 3, 2], [2, 1, 2, 1], [2, 1, 2, 1], [1, 0, 1, 0]], (0, 2))
    F = np.array([[1, 2, 3], [1, 2, 3], [0, 1, 2]])
    return np.array([[np.sum(X[i : i + 3, j : j + 3] * F) for j in range(4)] for i in range(4)])


@worked_example.mistake(
    "edge values instead of zeros",
    "Beyond the edge you repeat the outermost numbers. The input is padded with zeros.",
)
def _(right):
    X = np.pad([[3, 2, 3, 2], [2, 1, 2, 1], [2, 1, 2, 1], [1, 0, 1, 0]], 1, mode="edge")
    F = np.array([[1, 2, 3], [1, 2, 3], [0, 1, 2]])
    return np.array([[np.sum(X[i : i + 3, j : j + 3] * F) for j in range(4)] for i in range(4)])


@worked_example.mistake(
    "the other side of the image beyond the edge",
    "Your windows come back in on the opposite side, as np.roll does. Beyond the edge are zeros.",
)
def _(right):
    X = np.pad([[3, 2, 3, 2], [2, 1, 2, 1], [2, 1, 2, 1], [1, 0, 1, 0]], 1, mode="wrap")
    F = np.array([[1, 2, 3], [1, 2, 3], [0, 1, 2]])
    return np.array([[np.sum(X[i : i + 3, j : j + 3] * F) for j in range(4)] for i in range(4)])


@worked_example.mistake(
    "averages instead of sums",
    "Each of your numbers is a ninth of what it should be: add the nine products up and leave it "
    "at that.",
)
def _(right):
    return right() / 9


@worked_example.mistake(
    "only the full windows", "A result of 2×2 leaves out the positions at the edge. Pad with zeros."
)
def _(right):
    return right()[1:3, 1:3]


@worked_example.mistake(
    "rows and columns of the output are swapped",
    "The numbers are right, but in the wrong places: entry [i, j] belongs to row i, column j.",
)
def _(right):
    return right().T
