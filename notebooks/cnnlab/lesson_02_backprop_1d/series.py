"""What the exercises on gradients share: series as tensors, and products in words."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from ..engine.shown import number, products


def leaf(values: np.ndarray) -> torch.Tensor:
    """A series as a tensor of its own that collects gradients."""
    return torch.tensor(np.array(values, dtype=np.float64), requires_grad=True)


def filtered(x: torch.Tensor, f: torch.Tensor) -> torch.Tensor:
    """1-D convolution in torch: (J,), (K,) -> (J-K+1,)."""
    return F.conv1d(x[None, None], f[None, None])[0, 0]


def sum_of_products(left: np.ndarray, right: np.ndarray) -> str:
    """Products and their sum, as in 2·0.5 + 4·0.5 = 3."""
    total = float(np.dot(np.asarray(left, dtype=float), np.asarray(right, dtype=float)))
    return f"{' + '.join(products(left, right))} = {number(total)}"
