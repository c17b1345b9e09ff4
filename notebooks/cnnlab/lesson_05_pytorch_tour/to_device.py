"""``to_device``: a batch on its way to where the model is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch

from ..engine.drawing import sizes
from ..engine.exercise import Case, exercise
from .tensors import normal


@exercise(points=1, minutes=5, difficulty=1, importance=2, numpy_only=False)
def to_device(batch: tuple[torch.Tensor, ...], device: str) -> tuple[torch.Tensor, ...]:
    """Move all tensors of a batch to a device.

    batch: a tuple of tensors, such as (inputs, targets) or (ids, mask, labels).
    device: "cpu", "cuda", "cuda:1", … (the checks use "meta", a device that every machine has: its
        tensors have a shape and a dtype, but no numbers).
    Returns a tuple of as many tensors, with their shapes and dtypes, on the device.
    Lecture 6(b), "Using pytorch on a GPU".
    """


@to_device.oracle
def _(batch, device):
    return tuple(torch.as_tensor(tensor, device=device) for tensor in batch)


def moved(answer: Callable, batch: tuple, device: str) -> dict:
    """Where each tensor of the batch is now; the numbers themselves only if they are here."""
    result = answer(batch, device)
    if not isinstance(result, (tuple, list)):
        return {"container": type(result).__name__}
    return {
        "container": "tuple",
        "devices": [t.device.type for t in result],
        "dtypes": [str(t.dtype) for t in result],
        "shapes": [list(t.shape) for t in result],
        "values": [t for t in result if t.device.type == "cpu"],
    }


@to_device.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    B, J, O = sizes(rng, 2, 9, 3)  # noqa: E741
    ids = torch.tensor(rng.integers(0, 99, (B, J)))
    mask, labels = ids > 20, torch.tensor(rng.integers(0, 2, B))
    pair = (normal(rng, B, J), normal(rng, B, O))
    yield Case("inputs and targets", (pair, "meta"), probe=moved)
    yield Case("word ids, mask and labels", ((ids, mask, labels), "meta"), probe=moved)
    yield Case("a single tensor in the tuple", ((normal(rng, J, 3),), "meta"), probe=moved)
    yield Case("they are on the CPU already", ((ids, pair[0]), "cpu"), probe=moved)


to_device.hints = [
    "A tensor's method `to` does not move the tensor: it gives you another one. Where does "
    "that one have to go?",
    "batch = (t₁, t₂, …) → (t₁.to(device), t₂.to(device), …). How many there are is not known "
    "beforehand, so go through them.",
    "```python\nmoved = []\nfor tensor in batch:\n    ...\nreturn tuple(moved)\n```",
]
to_device.built = (
    "One call takes a whole batch to where the model is, as `tensor.to(device)` does with a "
    "single tensor. In part 10 it is the first step for every batch."
)


@to_device.mistake(
    "the moved tensors are not kept",
    "tensor.to(device) returns a new tensor and leaves the old one where it is. (Only modules move "
    "in place.) Collect what it returns.",
)
def _(right, batch, device):
    for tensor in batch:
        tensor.to(device)
    return batch


@to_device.mistake("only the inputs are moved", "All tensors of the batch have to move.")
def _(right, batch, device):
    return (batch[0].to(device), *batch[1:])


@to_device.mistake(
    "made for pairs only",
    "A batch may hold any number of tensors; the next lesson has three.",
    symptom=True,
)
def _(right, batch, device):
    inputs, targets = batch
    return right((inputs, targets), device)


@to_device.mistake(
    "the dtypes are changed",
    "Word ids have to stay whole numbers and masks truth values: move, and convert nothing.",
)
def _(right, batch, device):
    return tuple(tensor.to(device, torch.float32) for tensor in batch)


@to_device.mistake(
    "a generator instead of a tuple",
    "(… for … in …) in round brackets is a generator, not a tuple: write tuple(…) around it.",
)
def _(right, batch, device):
    return (tensor for tensor in right(batch, device))
