"""Draw inputs that tell right answers from nearly right ones."""

from __future__ import annotations

import numpy as np


def sizes(rng: np.random.Generator, low: int, high: int, count: int) -> list[int]:
    """``count`` different sizes from low to high, so that no two axes can be mixed up."""
    return [int(n) for n in rng.choice(np.arange(low, high + 1), count, replace=False)]


def strided(array: np.ndarray) -> np.ndarray:
    """An equal array that is every second entry of a larger one, so not contiguous."""
    roomy = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    roomy[..., ::2] = array
    return roomy[..., ::2]


def frozen(array: np.ndarray) -> np.ndarray:
    """The same array, read-only."""
    array.flags.writeable = False
    return array
