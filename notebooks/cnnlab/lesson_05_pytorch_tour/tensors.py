"""What the exercises share: tensors, tolerances, and a probe that looks into the autograd graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

FLOAT32 = {"rtol": 1e-4, "atol": 1e-5}
"""Tolerances for single precision; all other values are compared in double precision."""


def normal(rng: np.random.Generator, *shape: int) -> torch.Tensor:
    """A float64 tensor of normally distributed numbers."""
    return torch.tensor(rng.normal(size=shape), dtype=torch.float64)


def double(values: list) -> torch.Tensor:
    """A float64 tensor of these numbers."""
    return torch.tensor(values, dtype=torch.float64)


def in_the_graph(answer: Callable, **arguments: Any) -> dict:
    """The result, and its gradients with respect to all tensors among the arguments."""
    given = [
        a.clone().requires_grad_() if isinstance(a, torch.Tensor) else a for a in arguments.values()
    ]
    result = answer(*given)
    attached = isinstance(result, torch.Tensor) and result.requires_grad
    gradients = []
    if attached:
        weights = torch.linspace(1, 2, result.numel(), dtype=result.dtype).reshape(result.shape)
        tensors = [t for t in given if isinstance(t, torch.Tensor)]
        gradients = list(torch.autograd.grad((result * weights).sum(), tensors, allow_unused=True))
    return {
        "result": result.detach() if isinstance(result, torch.Tensor) else result,
        "stays in the autograd graph": attached,
        "gradients": gradients,
    }
