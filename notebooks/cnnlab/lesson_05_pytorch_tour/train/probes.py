"""Probes of train: their source goes to where the answer runs, so each stands alone.

What each gives back follows from what it is given: the same training, from the same weights, is
done again elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


def descent(
    answer: Callable,
    inputs: Any,
    targets: Any,
    weight: Any,
    batch_size: int,
    epochs: int,
    learning_rate: float,
    momentum: float = 0.0,
    classes: bool = False,
) -> dict:
    """Train a linear layer from a given weight, without shuffling: all of it is determined."""
    dataset = torch.utils.data.TensorDataset(inputs, targets)
    loader = torch.utils.data.DataLoader(dataset, batch_size)
    loss_function = nn.CrossEntropyLoss() if classes else nn.MSELoss()
    with torch.random.fork_rng():
        model = nn.Linear(weight.shape[1], weight.shape[0], bias=False).double()
        with torch.no_grad():
            model.weight.copy_(weight)
        optimizer = torch.optim.SGD(model.parameters(), lr=learning_rate, momentum=momentum)
        losses = answer(model, loader, loss_function, optimizer, epochs)
    return {"losses": losses, "weight": model.weight.detach()}


def in_which_mode(answer: Callable, inputs: Any, targets: Any, epochs: int) -> dict:
    """Train a model that comes in evaluation mode; look into which mode it is put.

    And what batch normalisation, which comes first, has seen of the inputs, in training mode alone.
    """
    modes = []

    class Watched(nn.Linear):
        def forward(self, inputs):
            modes.append(self.training)
            return super().forward(inputs)

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, targets), 8)
    with torch.random.fork_rng():
        seen = nn.BatchNorm1d(inputs.shape[1])
        model = nn.Sequential(seen, Watched(inputs.shape[1], targets.shape[1])).double().eval()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        answer(model, loader, nn.MSELoss(), optimizer, epochs)
    found = {"in training mode": [bool(m) for m in modes]}
    return found | {"running mean": seen.running_mean, "running variance": seen.running_var}


def batches_elsewhere(answer: Callable, inputs: Any, targets: Any, weight: Any) -> dict:
    """Train with batches that behave as if they lay on another device until they are moved."""

    class Elsewhere(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            given = [*args, *(kwargs or {}).values()]
            places = [a for a in given if isinstance(a, (str, torch.device))]
            if function is torch.Tensor.cpu or (function is torch.Tensor.to and places):
                with torch._C.DisableTorchFunctionSubclass():
                    return args[0].as_subclass(torch.Tensor).clone()
            if any(isinstance(a, torch.Tensor) and not isinstance(a, cls) for a in given):
                raise RuntimeError(
                    "Expected all tensors to be on the same device, but found at least two "
                    "devices: the model's and the batch's"
                )
            return super().__torch_function__(function, types, args, kwargs)

    def far(rows):
        return [torch.stack(part).as_subclass(Elsewhere) for part in zip(*rows, strict=True)]

    dataset = torch.utils.data.TensorDataset(inputs, targets)
    loader = torch.utils.data.DataLoader(dataset, 8, collate_fn=far)
    with torch.random.fork_rng():
        model = nn.Linear(inputs.shape[1], targets.shape[1], bias=False).double()
        with torch.no_grad():
            model.weight.copy_(weight)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        losses = answer(model, loader, nn.MSELoss(), optimizer, 1, "cpu")
    return {"epochs": len(losses), "weight": model.weight.detach()}


def model_elsewhere(answer: Callable, inputs: Any, targets: Any, weight: Any) -> dict:
    """Train a model that behaves as if it lay on another device until it is moved."""

    class Elsewhere(nn.Linear):
        here = False

        def to(self, *args, **kwargs):
            self.here = True
            return super().to(*args, **kwargs)

        def forward(self, inputs):
            if not self.here:
                raise RuntimeError(
                    "Expected all tensors to be on the same device, but found at least two "
                    "devices: the model's and the batch's"
                )
            return super().forward(inputs)

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, targets), 8)
    with torch.random.fork_rng():
        model = Elsewhere(inputs.shape[1], targets.shape[1], bias=False, dtype=torch.float64)
        with torch.no_grad():
            model.weight.copy_(weight)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        losses = answer(model, loader, nn.MSELoss(), optimizer, 1, device="cpu")
    return {"epochs": len(losses), "weight": model.weight.detach()}
