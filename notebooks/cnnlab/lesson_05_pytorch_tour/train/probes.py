"""Probes of train: their source goes to where the answer runs, so each stands alone."""

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
    """Train a model that comes in evaluation mode; look into which mode it is put."""
    modes = []

    class Watched(nn.Linear):
        def forward(self, inputs):
            modes.append(self.training)
            return super().forward(inputs)

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, targets), 4)
    with torch.random.fork_rng():
        model = Watched(inputs.shape[1], targets.shape[1]).double().eval()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        answer(model, loader, nn.MSELoss(), optimizer, epochs)
    return {"in training mode": [bool(m) for m in modes]}


def batches_elsewhere(answer: Callable, inputs: Any, targets: Any, epochs: int) -> dict:
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
    loader = torch.utils.data.DataLoader(dataset, 4, collate_fn=far)
    with torch.random.fork_rng():
        model = nn.Linear(inputs.shape[1], targets.shape[1]).double()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        losses = answer(model, loader, nn.MSELoss(), optimizer, epochs, "cpu")
    return {"epochs": len(losses)}


def model_elsewhere(answer: Callable, inputs: Any, targets: Any, epochs: int) -> dict:
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

    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(inputs, targets), 4)
    with torch.random.fork_rng():
        model = Elsewhere(inputs.shape[1], targets.shape[1], dtype=torch.float64)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        losses = answer(model, loader, nn.MSELoss(), optimizer, epochs, device="cpu")
    return {"epochs": len(losses)}
