"""``max_pool2d_backward``: the gradient finds its way back to the maximum."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case, exercise
from ..engine.shared_mistakes import FOR_FLOATS
from ..engine.shown import number
from .cells import cell_of


@exercise(points=4, minutes=15, difficulty=3, importance=3)
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


def _unusual_arrays(rng: np.random.Generator) -> Iterator[Case]:
    """Types and memory layouts that it must take, too."""
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
    yield from _unusual_arrays(rng)
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
    where, values = cell_of((i, j, n), H, P1, P2)
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
max_pool2d_backward.built = (
    "Gradients find their way back through a maximum: torch's `backward()` sends them along the "
    "same tracks, as the next cell shows. In every training step of a LeNet with max pooling, "
    "this is what happens."
)


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
    "one place for all features",
    "All features of a cell send their gradient to the same place. Each has its maximum at a place "
    "of its own: look for it in H[…, n] alone.",
)
def _(right, H, P1, P2, dout):
    right(H, P1, P2, dout)
    largest = np.repeat(H.max(axis=2, keepdims=True), H.shape[2], axis=2)
    return right(largest, P1, P2, dout)


@max_pool2d_backward.mistake(
    "the maximum is looked for in the whole map",
    "You compare all of the map with the largest number of a cell. An equal number in another cell "
    "gets a gradient, too, which is not its own: look in the cell alone.",
)
def _(right, H, P1, P2, dout):
    right(H, P1, P2, dout)
    dH = np.zeros(H.shape)
    for i, j, n in np.ndindex(dout.shape):
        cell = H[i * P1 : (i + 1) * P1, j * P2 : (j + 1) * P2, n]
        dH[..., n] += dout[i, j, n] * (H[..., n] == cell.max())
    return dH


@max_pool2d_backward.mistake(
    "dropped rows and columns are missing",
    "The gradient has the size of the full cells only. It must have the shape of H; what was "
    "dropped had no influence and gets 0.",
)
def _(right, H, P1, P2, dout):
    return right(H, P1, P2, dout)[: dout.shape[0] * P1, : dout.shape[1] * P2]


@max_pool2d_backward.mistake(
    "only positive maxima get a gradient",
    "A maximum below zero gets no gradient, as if there were a ReLU. Max pooling by itself passes "
    "the gradient on whatever the sign.",
)
def _(right, H, P1, P2, dout):
    return right(H, P1, P2, dout) * (H > 0)


FOR_FLOATS.belongs_to(max_pool2d_backward)
