"""``train``: the training loop."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader

from ..engine.drawing import sizes
from ..engine.exercise import Case, exercise
from .tensors import normal


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


@train.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    # The first optimizer of a process loads a good deal of torch: not the answer's time.
    torch.optim.SGD([torch.zeros(1)], lr=1.0)
    exact = {"rtol": 1e-6, "atol": 1e-9}

    def run(name: str, N: int, I: int, O: int, **more: Any) -> Case:  # noqa: E741
        x, weight = normal(rng, N, I), normal(rng, O, I)
        y = torch.tensor(rng.integers(0, O, N)) if more.get("classes") else normal(rng, N, O)
        kwargs = {"inputs": x, "targets": y, "weight": weight, **more}
        return Case(name, kwargs=kwargs, probe=descent, **exact)

    i, o = sizes(rng, 2, 5, 2)
    yield run("one batch, once", 5, i, o, batch_size=5, epochs=1, learning_rate=0.1)
    yield run("three epochs of three batches", 12, i, o, batch_size=4, epochs=3, learning_rate=0.05)
    yield run("a short last batch", 11, i, o, batch_size=4, epochs=2, learning_rate=0.05)
    yield run(
        "cross-entropy, and an optimizer with momentum",
        *(12, 3, 4),
        batch_size=6,
        epochs=3,
        learning_rate=0.1,
        momentum=0.9,
        classes=True,
    )
    data = {"inputs": normal(rng, 8, i), "targets": normal(rng, 8, o), "epochs": 2}
    yield Case("a model that comes in evaluation mode", kwargs=data, probe=in_which_mode)
    yield Case("batches that lie on another device", kwargs=dict(data), probe=batches_elsewhere)
    yield Case("a model that lies on another device", kwargs=dict(data), probe=model_elsewhere)


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


@train.mistake(
    "the gradients are never cleared",
    "Each backward() adds to the gradients of all batches before. Call optimizer.zero_grad() once "
    "per batch.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    optimizer.zero_grad = lambda *args, **kwargs: None
    return right(model, dataloader, loss_function, optimizer, epochs, device)


@train.mistake(
    "nothing is learned",
    "The losses stay the same: backward() or optimizer.step() is missing, or zero_grad() comes "
    "between the two and leaves nothing to step along.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    optimizer.step = lambda *args, **kwargs: None
    return right(model, dataloader, loss_function, optimizer, epochs, device)


@train.mistake(
    "sums instead of averages", "Divide each epoch's sum by the number of batches, len(dataloader)."
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    losses = right(model, dataloader, loss_function, optimizer, epochs, device)
    return [loss * len(dataloader) for loss in losses]


@train.mistake(
    "the sum runs on from epoch to epoch",
    "Set the sum back to 0 at the start of each epoch, inside the outer loop.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    losses = right(model, dataloader, loss_function, optimizer, epochs, device)
    return [sum(losses[: i + 1]) for i in range(len(losses))]


@train.mistake(
    "only the last batch's loss",
    "You report the loss of each epoch's last batch. Average over all its batches.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    seen = []

    def noting(predictions, targets):
        loss = loss_function(predictions, targets)
        seen.append(loss.item())
        return loss

    losses = right(model, dataloader, noting, optimizer, epochs, device)
    return seen[len(dataloader) - 1 :: len(dataloader)][: len(losses)]


@train.mistake(
    "weighted by the batch sizes",
    "You average over examples, so that a short batch counts less. That is sensible, but the "
    "lecture's loop, asked for here, averages over batches.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    seen = []

    def noting(predictions, targets):
        loss = loss_function(predictions, targets)
        seen.append((loss.item(), len(targets)))
        return loss

    right(model, dataloader, noting, optimizer, epochs, device)
    n = len(dataloader)
    rounds = [seen[i : i + n] for i in range(0, len(seen), n)]
    return [sum(v * m for v, m in r) / sum(m for _, m in r) for r in rounds]


@train.mistake(
    "tensors instead of numbers",
    "A loss tensor keeps its whole graph in memory, and cannot be plotted. Take loss.item().",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    losses = right(model, dataloader, loss_function, optimizer, epochs, device)
    return [torch.tensor(loss) for loss in losses]


@train.mistake("one epoch only", "Is the return inside the loop? It should come after all epochs.")
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    return right(model, dataloader, loss_function, optimizer, 1, device)


@train.mistake(
    "the training mode is not set",
    "A model that was evaluated before is still in evaluation mode: dropout and batch norm would "
    "not train. Call model.train() first.",
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    model.train = lambda mode=True: model
    return right(model, dataloader, loss_function, optimizer, epochs, device)


@train.mistake(
    "the batches are not moved",
    "Inputs and targets have to be on the model's device: inputs = inputs.to(device), and the same "
    "for the targets. (A tensor's to() returns the moved tensor.)",
    symptom=True,
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    model.to(device).train()
    averages = []
    for _ in range(epochs):
        losses = []
        for inputs, targets in dataloader:
            loss = loss_function(model(inputs), targets)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            losses.append(loss.item())
        averages.append(sum(losses) / len(losses))
    return averages


@train.mistake(
    "the model is not moved",
    "The batches are on the device, the model is not: call model.to(device) before the loop.",
    symptom=True,
)
def _(right, model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    model.to = lambda *args, **kwargs: model
    return right(model, dataloader, loss_function, optimizer, epochs, device)
