"""What a training loop must get right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from ...engine.drawing import sizes
from ...engine.exercise import Case
from ..tensors import normal
from .probes import batches_elsewhere, descent, in_which_mode, model_elsewhere
from .stub import train


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
    # The first that is wrong is asked again and again, for each edit that could mend the answer.
    yield run("a short last batch", 7, i, o, batch_size=4, epochs=1, learning_rate=0.05)
    yield run("three epochs of three batches", 12, i, o, batch_size=4, epochs=3, learning_rate=0.05)
    yield run(
        "cross-entropy, and an optimizer with momentum",
        *(12, 3, 4),
        batch_size=6,
        epochs=3,
        learning_rate=0.1,
        momentum=0.9,
        classes=True,
    )
    data = {"inputs": normal(rng, 8, i), "targets": normal(rng, 8, o)}
    yield Case(
        "a model that comes in evaluation mode",
        kwargs={**data, "epochs": 2},
        probe=in_which_mode,
        **exact,
    )
    data["weight"] = normal(rng, o, i)
    yield Case("batches that lie on another device", kwargs=data, probe=batches_elsewhere, **exact)
    yield Case("a model that lies on another device", kwargs=data, probe=model_elsewhere, **exact)
