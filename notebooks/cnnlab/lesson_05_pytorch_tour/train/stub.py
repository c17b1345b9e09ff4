"""What is asked for, a right answer, and the hints."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import torch
from torch import nn
from torch.utils.data import DataLoader

from ...engine.exercise import exercise


@exercise(points=3, minutes=20, difficulty=3, importance=4, numpy_only=False)
def train(
    model: nn.Module,
    dataloader: DataLoader,
    loss_function: Callable,
    optimizer: torch.optim.Optimizer,
    epochs: int,
    device: str = "cpu",
) -> list[float]:
    """The training loop: every batch through model, loss, backpropagation and update.

    Puts the model into training mode, and moves the model and each batch to the device.

    dataloader: yields pairs (inputs, targets). loss_function: (predictions, targets) → scalar
    tensor. optimizer: made with the parameters of the model. epochs: how often all data are seen.
    Returns for each epoch the mean of its batches' losses, as a plain float.
    Lecture 6(b), "Putting it all together: The training loop".
    """


@train.oracle
def _(model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    def losses():
        for batch in dataloader:
            inputs, targets = (part.to(device) for part in batch)
            optimizer.zero_grad()
            loss = loss_function(model(inputs), targets)
            loss.backward()
            optimizer.step()
            yield loss.item()

    model.to(device).train()
    return [statistics.fmean(losses()) for _ in range(epochs)]


train.hints = [
    "Two loops, one inside the other: over what does each go? What happens once per call, once per "
    "epoch, once per batch?",
    "Per batch: move → predict → loss → backward → step → zero_grad. Per epoch: add the batches' "
    "losses up, divide by the number of batches. `loss.item()` is a scalar tensor's plain number.",
    "```python\n...                            # model: training mode, device\naverages = []\n"
    "for epoch in range(epochs):\n    total = 0.0\n    for inputs, targets in dataloader:\n"
    "        ...                    # six steps\n        total += ...\n    averages.append(...)\n"
    "return averages\n```",
]
train.built = (
    "A loop for any model, loss and optimizer; torch has none ready-made, so everybody writes "
    "this one. Below it teaches a network to predict tomorrow's COVID-19 tests; lesson 6 trains "
    "on film reviews with a loop of this kind."
)
