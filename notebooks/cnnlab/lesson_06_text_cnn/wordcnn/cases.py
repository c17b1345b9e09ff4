"""What a WordCNN must get right."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ...engine.drawing import sizes
from ...engine.exercise import Case
from .judges import has_the_shape, zeros_change_nothing
from .probes import word_outputs, word_padding, word_shape
from .stub import WordCNN


def _word_weights(rng, V, M, width, filters, classes) -> dict[str, torch.Tensor]:
    shapes = {
        "embedding": (V, M),
        "filter bank": (filters, M, width),
        "bias of the filters": (filters,),
        "linear layer": (classes, filters),
        "bias of the linear layer": (classes,),
    }
    weights = {name: torch.tensor(rng.normal(size=shape)) for name, shape in shapes.items()}
    weights["embedding"][0] = 0
    return weights


@WordCNN.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for title, width in (("a filter of three words", 3), ("of five", 5), ("of one word", 1)):
        V, M, filters, classes, J = sizes(rng, 11, 16, 1) + sizes(rng, 2, 10, 4)
        J, B = max(J, 6), 2
        weights = _word_weights(rng, V, M, width, filters, classes)
        ids = torch.tensor(rng.integers(1, V, (B, J)))
        options = {"width": width, "filters": filters, "classes": classes}
        yield Case(title, (V, M, weights, ids), options, probe=word_outputs, rtol=1e-6, atol=1e-8)
    ids = torch.tensor(rng.integers(1, 12, (3, 4)))
    zeros = int(rng.integers(3, 6))
    others, rows = ids.clone(), torch.arange(3)
    columns = (rows + int(rng.integers(0, 4))) % 4
    others[rows, columns] = ids[rows, columns] % 11 + 1  # one word of each sentence is another one
    yield Case(
        "id 0 embeds as zeros, before and after training",
        (12, 5, ids, zeros, others),
        {"filters": 9},
        probe=word_padding,
        judge=zeros_change_nothing,
        draws=True,  # the weights: with some, a wrong model gets through
    )
    shape = {"probe": word_shape, "judge": has_the_shape}
    yield Case("shape and gradients, as a default", (12, 5, ids, others), **shape)
    yield Case(
        "an even filter keeps the length",
        (12, 6, ids, others),
        {"width": 4, "filters": 7, "classes": 3},
        **shape,
    )
