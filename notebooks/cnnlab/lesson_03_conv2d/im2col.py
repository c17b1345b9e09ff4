"""``im2col``: windows as rows, so that convolution is a matrix product."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F_

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case, exercise
from ..engine.shared_mistakes import FOR_FLOATS
from ..engine.shown import number
from .convolution import odd_even
from .lecture import EXAMPLE


@exercise(points=3, minutes=10, difficulty=3, importance=2)
def im2col(X: np.ndarray, K1: int, K2: int) -> np.ndarray:
    """Write the window of every position as a row, so that convolution is a matrix product.

    Row $j_1 J_2 + j_2$ (counted from 0) is the zero-padded, centred window of
    position (j1, j2), its K1·K2·M numbers in row-major order: the channel changes
    fastest, then the column, then the row.

    X: image, shape (J1, J2, M). K1, K2: window size; it may exceed the image's.
    Returns float64, shape (J1·J2, K1·K2·M).
    Lecture 6, "Convolution with a filter bank"; torch calls it ``unfold``.
    """


@im2col.oracle
def _im2col(X, K1, K2):
    J1, J2, M = X.shape
    image = torch.tensor(np.array(X, dtype=np.float64)).permute(2, 0, 1)[None]
    image = F_.pad(image, ((K2 - 1) // 2, K2 // 2, (K1 - 1) // 2, K1 // 2))
    rows = F_.unfold(image, (K1, K2))[0].T.reshape(J1 * J2, M, K1 * K2)
    return rows.permute(0, 2, 1).reshape(J1 * J2, K1 * K2 * M).numpy()


@im2col.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J1, J2 = sizes(rng, 4, 7, 2)
    odd, even = odd_even(rng)
    by_hand = np.arange(1.0, 7).reshape(2, 3, 1)
    yield case("a 2×3 image, windows of 1×3", by_hand, 1, 3)
    yield case("the lecture's 4×4 input", EXAMPLE[..., None].astype(float), 3, 3)
    yield case("odd windows, two channels", rng.normal(size=(J1, J2, 2)), *odd)
    yield case("even windows, three channels", rng.normal(size=(J1, J2, 3)), *even)
    yield case("odd and even", rng.normal(size=(J2, J1, 2)), odd[0], even[0])
    yield case("windows of one pixel", rng.normal(size=(3, 4, 2)), 1, 1)
    yield case("windows larger than the image", rng.normal(size=(2, 3, 2)), 4, 5)
    yield case("type uint8", rng.integers(0, 256, (4, 3, 3)).astype(np.uint8), 2, 3)
    yield case("whole numbers", rng.integers(0, 99, (3, 5, 2)), 3, 1)
    yield case("an image that is not contiguous", strided(rng.normal(size=(4, 5, 2))), 2, 3)
    yield case("an image that may not be changed", frozen(rng.normal(size=(5, 4, 2))), 3, 2)


@im2col.working
def _(index, X, K1, K2):
    row, column = index
    J2, M = X.shape[1:]
    j1, j2 = divmod(row, J2)
    k1, k2, m = np.unravel_index(column, (K1, K2, M))
    at = j1 + int(k1) - (K1 - 1) // 2, j2 + int(k2) - (K2 - 1) // 2
    inside = 0 <= at[0] < len(X) and 0 <= at[1] < J2
    value = (
        f"X[{at[0]}, {at[1]}, {m}] = {number(X[(*at, m)])}" if inside else "0, outside the image"
    )
    return (
        f"row {row} = {j1}·{J2} + {j2} is the window of position ({j1}, {j2})\n"
        f"column {column} is its entry [{k1}, {k2}, {m}], counted from its upper left corner\n"
        f"that is the pixel ({at[0]}, {at[1]}), channel {m}: {value}"
    )


im2col.hints = [
    "The result has a row per position and a column per weight of a filter. Which numbers stand in "
    "the row of the first position?",
    "`np.lib.stride_tricks.sliding_window_view(P, (K1, K2), axis=(0, 1))` gives all windows of the "
    "padded image at once, without a loop, but with the axes in the order (J1, J2, M, K1, K2). "
    "Each row needs (K1, K2, M).",
    "```python\nP = np.pad(...)               # as in conv2d; channels are not padded\n"
    "windows = ...                 # all windows of P: (J1, J2, M, K1, K2)\n"
    "windows = windows.transpose(...)   # to (J1, J2, K1, K2, M)\n"
    "return windows.reshape(...)\n```\n\n"
    "Two loops over j1 and j2 are right, too; they are only slow.",
]
im2col.built = (
    "An image has become a matrix, a window per row; `torch.nn.functional.unfold` makes the same "
    "windows, as columns. On such rows a convolution is one matrix product, and at the end of the"
    " lesson filters are learned from them."
)


@im2col.mistake(
    "windows as columns",
    "Your matrix is the transpose of the one asked for: windows are rows here. (Several textbooks "
    "have them as columns; hence the name.)",
)
def _(right, X, K1, K2):
    return right(X, K1, K2).T


@im2col.mistake(
    "the channel changes slowest",
    "Within a row you have all of channel 0 first, then all of channel 1. Move the channel axis "
    "behind K1 and K2 before you reshape.",
)
def _(right, X, K1, K2):
    rows = right(X, K1, K2).reshape(-1, K1 * K2, X.shape[2])
    return rows.swapaxes(1, 2).reshape(len(rows), -1)


@im2col.mistake(
    "positions column by column",
    "The rows run down the columns of the image. Row-major means along the rows: position (0, 1) "
    "comes second.",
)
def _(right, X, K1, K2):
    J1, J2 = X.shape[:2]
    rows = right(X, K1, K2).reshape(J1, J2, -1)
    return rows.swapaxes(0, 1).reshape(J1 * J2, -1)


@im2col.mistake(
    "windows column by column",
    "Each window is read down its columns. Row-major means along its rows.",
)
def _(right, X, K1, K2):
    rows = right(X, K1, K2).reshape(-1, K1, K2, X.shape[2])
    return rows.swapaxes(1, 2).reshape(len(rows), -1)


@im2col.mistake(
    "only the full windows",
    "You have a row for each window that lies inside the image. With padding there is one for "
    "every position.",
)
def _(right, X, K1, K2):
    J1, J2, M = X.shape
    rows = right(X, K1, K2).reshape(J1, J2, -1)
    full = rows[(K1 - 1) // 2 : max(J1 - K1 // 2, 0), (K2 - 1) // 2 : max(J2 - K2 // 2, 0)]
    return full.reshape(-1, K1 * K2 * M)


@im2col.mistake(
    "the rows are not in one axis",
    "Your result still has two axes for the position. One matrix was asked for: (J1·J2, K1·K2·M).",
)
def _(right, X, K1, K2):
    return right(X, K1, K2).reshape(*X.shape[:2], -1)


@im2col.mistake(
    "the windows start at their position",
    "Your windows lie to the right of and below their position. Centre them: (K−1)//2 zeros before "
    "the image, K//2 after it.",
)
def _(right, X, K1, K2):
    J1, J2 = X.shape[:2]
    wide = right(np.pad(X, ((0, K1), (0, K2), (0, 0))), K1, K2).reshape(J1 + K1, J2 + K2, -1)
    top, left = (K1 - 1) // 2, (K2 - 1) // 2
    return wide[top : top + J1, left : left + J2].reshape(J1 * J2, -1)


@im2col.mistake(
    "even windows lean the other way",
    "With an even K one side gets a zero more than the other. By the lecture's formula that is the "
    "right and lower one: K//2 zeros after the image, (K−1)//2 before it.",
)
def _(right, X, K1, K2):
    J1, J2 = X.shape[:2]
    wide = right(np.pad(X, ((1, 0), (1, 0), (0, 0))), K1, K2).reshape(J1 + 1, J2 + 1, -1)
    return wide[K1 % 2 :, K2 % 2 :][:J1, :J2].reshape(J1 * J2, -1)


@im2col.mistake(
    "half the window on both sides",
    "With an even K you have more rows than there are positions: K−1 zeros are needed in all, "
    "(K−1)//2 before the image and K//2 after it.",
)
def _(right, X, K1, K2):
    return right(np.pad(X, ((1 - K1 % 2, 0), (1 - K2 % 2, 0), (0, 0))), K1, K2)


@im2col.mistake(
    "reshape instead of transpose",
    "Your windows were columns, and reshape only cuts the row of numbers anew: windows get mixed "
    "up. A transpose turns the matrix.",
)
def _(right, X, K1, K2):
    rows = right(X, K1, K2)
    return rows.T.reshape(rows.shape)


FOR_FLOATS.belongs_to(im2col)
