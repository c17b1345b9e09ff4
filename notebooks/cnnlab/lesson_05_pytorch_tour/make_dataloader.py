"""``make_dataloader``: batches, in another order each epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from ..engine.drawing import sizes
from ..engine.exercise import Case, exercise
from .tensors import normal


@exercise(points=2, minutes=10, difficulty=1, importance=3, numpy_only=False)
def make_dataloader(
    inputs: torch.Tensor, targets: torch.Tensor, batch_size: int, shuffle: bool = True
) -> DataLoader:
    """Put inputs and targets together, and serve them in batches.

    inputs: shape (N, …). targets: shape (N, …). batch_size: at most so many examples at once; the
    last batch is shorter if they do not come out even. shuffle: a new random order every epoch.
    Returns a ``torch.utils.data.DataLoader`` that yields pairs (inputs, targets).
    Lecture 6(b), "Datasets and Dataloaders".
    """


@make_dataloader.oracle
def _(inputs, targets, batch_size, shuffle=True):
    pairs = list(zip(inputs, targets, strict=True))
    return DataLoader(pairs, batch_size, shuffle)


def two_epochs(
    answer: Callable, inputs: Any, targets: Any, batch_size: int, shuffle: bool | None = None
) -> dict:
    """What a loader serves, twice through. shuffle: None leaves it to the default."""
    with torch.random.fork_rng():
        torch.manual_seed(7)
        more = {} if shuffle is None else {"shuffle": shuffle}
        loader = answer(inputs, targets, batch_size, **more)
        if not isinstance(loader, torch.utils.data.DataLoader):
            return {"kind": type(loader).__name__}
        epochs = [
            [list(batch) if isinstance(batch, (list, tuple)) else [batch] for batch in loader]
            for _ in range(2)
        ]
    return {"kind": "DataLoader", "epochs": epochs}


def _judge_loader(
    value: dict, inputs: Any, targets: Any, batch_size: int, shuffle: bool | None = None
) -> str | None:
    """What is wrong with the batches, or None."""
    if value["kind"] != "DataLoader":
        return f"expected a torch.utils.data.DataLoader, you returned a {value['kind']}."
    count = len(inputs)
    orders = []
    for name, epoch in zip(("first", "second"), value["epochs"], strict=True):
        if any(len(batch) != 2 for batch in epoch):
            return "each batch must be a pair (inputs, targets)."
        found = [len(x) for x, _ in epoch]
        full, rest = divmod(count, batch_size)
        wanted = [batch_size] * full + [rest] * bool(rest)
        if found != wanted:
            return (
                f"{count} examples in batches of {batch_size} should give batches of the sizes "
                f"{wanted}; in the {name} epoch yours have {found}."
            )
        x, y = torch.cat([x for x, _ in epoch]), torch.cat([y for _, y in epoch])
        if x.shape != inputs.shape:
            return f"the inputs of an epoch have the shape {tuple(x.shape)}, not those given."
        if x.dtype != inputs.dtype or y.dtype != targets.dtype:
            return "the batches do not have the dtypes of inputs and targets."
        same = (x[:, None] == inputs[None]).flatten(2).all(-1)
        if not (same.sum(0) == 1).all():
            return f"each example should come once per epoch; in the {name} epoch it does not."
        order = same.long().argmax(1)
        if not torch.equal(y, targets[order]):
            return "inputs and targets do not belong together any more."
        orders.append(order.tolist())
    ordered = list(range(count))
    if shuffle is False:
        return None if orders == [ordered] * 2 else "without shuffling the order should stay."
    if ordered in orders:
        return "the examples come in the order in which they were given: they are not shuffled."
    if orders[0] == orders[1]:
        return "both epochs come in the same order: shuffle anew every time."
    return None


@make_dataloader.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    def serve(name: str, x: torch.Tensor, y: torch.Tensor, *more: Any) -> Case:
        return Case(name, (x, y, *more), probe=two_epochs, judge=_judge_loader)

    (n,) = sizes(rng, 21, 40, 1)
    n += n % 4 == 0  # so that a batch is left over
    yield serve("100 points in batches of 3", normal(rng, 100, 3), normal(rng, 100, 2), 3)
    yield serve("without shuffling", normal(rng, n, 3), normal(rng, n, 2), 4, False)
    yield serve("with shuffling", normal(rng, n, 3), normal(rng, n, 2), 4, True)
    yield serve("batches that come out even", normal(rng, 24, 2), normal(rng, 24, 1), 6, True)
    classes = torch.tensor(rng.integers(0, 5, n))
    yield serve("classes as targets, a number each", normal(rng, n, 4), classes, 5, False)
    yield serve("a batch for all", normal(rng, 30, 2), normal(rng, 30, 2), 64, True)


make_dataloader.hints = [
    "Two things are needed: something that knows which target belongs to which input, and "
    "something that walks through it in batches. What are their names in `torch.utils.data`?",
    "A `TensorDataset` made of two tensors has pairs as its items. A `DataLoader` takes a dataset, "
    "`batch_size` and `shuffle`; it keeps the short last batch unless told to drop it.",
    "```python\ndataset = ...\nreturn DataLoader(dataset, ...)\n```",
]
make_dataloader.built = (
    "Data come in shuffled batches, pairs intact: a `TensorDataset` in a `DataLoader`, as in most"
    " training scripts. In part 10 it serves weeks of COVID-19 tests, each with the day that "
    "follows."
)


@make_dataloader.mistake(
    "the short last batch is dropped",
    "No example may be left out: a last batch that is short counts, too (see drop_last).",
)
def _(right, inputs, targets, batch_size, shuffle=True):
    dataset = torch.utils.data.TensorDataset(inputs, targets)
    return torch.utils.data.DataLoader(dataset, batch_size, shuffle, drop_last=True)


@make_dataloader.mistake(
    "the batch size is not passed on", "A DataLoader's own batch size is 1. Give it yours."
)
def _(right, inputs, targets, batch_size, shuffle=True):
    return right(inputs, targets, 1, shuffle)


@make_dataloader.mistake(
    "never shuffles", "A DataLoader does not shuffle by itself: pass shuffle on, as it is."
)
def _(right, inputs, targets, batch_size, shuffle=True):
    return right(inputs, targets, batch_size, False)


@make_dataloader.mistake("always shuffles", "Pass the argument shuffle on, as it is.")
def _(right, inputs, targets, batch_size, shuffle=True):
    return right(inputs, targets, batch_size, True)


@make_dataloader.mistake(
    "shuffled once and for all",
    "You shuffle when the loader is made, so every epoch has the same order. Let the DataLoader "
    "do it: it shuffles anew each time.",
)
def _(right, inputs, targets, batch_size, shuffle=True):
    order = torch.randperm(len(inputs)) if shuffle else torch.arange(len(inputs))
    return right(inputs[order], targets[order], batch_size, False)


@make_dataloader.mistake(
    "inputs and targets are shuffled apart",
    "Each got an order of its own, so no input keeps its target. Shuffle pairs.",
)
def _(right, inputs, targets, batch_size, shuffle=True):
    return right(inputs, targets[torch.randperm(len(targets))], batch_size, shuffle)


@make_dataloader.mistake(
    "the targets are missing",
    "The dataset holds inputs only. TensorDataset takes several tensors.",
)
def _(right, inputs, targets, batch_size, shuffle=True):
    dataset = torch.utils.data.TensorDataset(inputs)
    return torch.utils.data.DataLoader(dataset, batch_size, shuffle)


@make_dataloader.mistake(
    "a list of batches",
    "A list is served in the same order again and again. Return the DataLoader itself.",
)
def _(right, inputs, targets, batch_size, shuffle=True):
    return list(right(inputs, targets, batch_size, shuffle))
