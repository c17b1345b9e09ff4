"""What the exercises on series share: torch's convolution, and its arithmetic in words."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from ..engine.shown import number, products


def as_row(values: np.ndarray) -> torch.Tensor:
    """A series (J,) as torch's (batch 1, channel 1, J)."""
    return torch.tensor(np.array(values, dtype=np.float64))[None, None]


def correlate(x: np.ndarray, f: np.ndarray, stride: int = 1) -> np.ndarray:
    """torch's 1-D convolution without padding; refuses a filter that does not fit."""
    if len(f) > len(x):
        raise ValueError(f"the filter has {len(f)} weights, but the series only {len(x)} values")
    return F.conv1d(as_row(x), as_row(f), stride=stride)[0, 0].numpy()


def weighted_sum(window: np.ndarray, f: np.ndarray) -> str:
    """A window's products and their sum, as in 2·0.5 + 4·0.5 = 3."""
    return f"{' + '.join(products(window, f))} = {number(float(np.dot(window, f)))}"
