"""What the convolutions share: torch's answer, a window and its arithmetic, probes, sizes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F_

from ..engine import shown
from ..engine.shown import number

Activation = Callable[[np.ndarray], np.ndarray]


def by_torch(X: np.ndarray, F: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """torch's convolution of (J1, J2, M) with (K1, K2, M, N), the axes as in the lecture."""
    return each_by_torch(np.asarray(X)[None], F, b)[0]


def each_by_torch(images: np.ndarray, F: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """The same for images of one size, (B, J1, J2, M), at once."""
    image = torch.tensor(np.array(images, dtype=np.float64)).permute(0, 3, 1, 2)
    filters = torch.tensor(np.array(F, dtype=np.float64)).permute(3, 2, 0, 1)
    bias = None if b is None else torch.tensor(np.array(b, dtype=np.float64))
    # Even filters need an extra copy to be padded, which torch warns about; so pad here.
    K1, K2 = filters.shape[2:]
    image = F_.pad(image, ((K2 - 1) // 2, K2 // 2, (K1 - 1) // 2, K1 // 2))
    return F_.conv2d(image, filters, bias).permute(0, 2, 3, 1).contiguous().numpy()


def window(X: np.ndarray, K1: int, K2: int, i: int, j: int) -> np.ndarray:
    """The zero-padded K1×K2 window around position [i, j] of an image, counted from 0."""
    around = [((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2)]
    padded = np.pad(np.asarray(X, dtype=float), around + [(0, 0)] * (X.ndim - 2))
    return padded[i : i + K1, j : j + K2]


def grid(values: np.ndarray) -> str:
    """A small matrix in one line: [1 2 3 | 1 2 3 | 0 1 2]."""
    rows = values.reshape(len(values), -1)
    return "[" + " | ".join(" ".join(map(number, row)) for row in rows) + "]"


TERMS = 9
"""So many products are written out: those of a filter of three by three."""


def products(seen: np.ndarray, weights: np.ndarray) -> str:
    """Products of a window with a filter, as in 0·1 + 3·2; zeros of the window are left out."""
    there = seen.ravel() != 0
    terms = shown.products(seen.ravel()[there], weights.ravel()[there])
    more = f" + … ({len(terms) - TERMS} more)" if len(terms) > TERMS else ""
    return " + ".join(terms[:TERMS]) + more or "0"


def with_bias(total: float, b: float) -> str:
    """What a bias makes of a sum; nothing of a bias of 0, which may not have been given."""
    return f", plus the bias {number(b)}: {number(total + b)}" if b else ""


def worked_out(place: str, seen: np.ndarray, weights: np.ndarray, b: float) -> str:
    """The arithmetic of one entry, as text. seen: its window; b: its bias."""
    weights = np.asarray(weights)
    total = float(np.sum(seen * weights))
    grids = [
        f"its window, row by row, is {grid(seen)}",
        f"the filter is {grid(weights)}",
    ]
    large = [f"its window and the filter have the shape {seen.shape}"]
    return "\n".join(
        [
            place,
            *(grids if seen.size <= 20 else large),
            f"products (without the zeros of the window): {products(seen, weights)}",
            f"their sum is {number(total)}{with_bias(total, b)}",
        ]
    )


def with_relu(layer, X, F, b):
    """Call a layer with the rectified linear unit."""
    return layer(X, F, b, lambda h: np.maximum(h, 0))


def with_tanh(layer, X, F, b):
    """Call a layer with the hyperbolic tangent, by name."""
    return layer(X, F, b=b, activation=np.tanh)


def odd_even(rng: np.random.Generator) -> tuple[list[int], list[int]]:
    """Two different odd and two different even filter sizes, in random order."""
    return rng.permutation([3, 5]).tolist(), rng.permutation([2, 4]).tolist()
