"""What a TextCNN must get right."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ...engine.exercise import Case
from ..words import mask_of
from .judges import all_train, drops_out, padding_changes_nothing, phrase_may_move
from .probes import dropout_of, outputs_of, parameters_of, untrained_parts
from .stub import TextCNN
from .weights import random_weights, settled_weights


@TextCNN.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    V, M = int(rng.integers(20, 30)), int(rng.integers(5, 8))
    yield Case("its parameters, as a default", (V, M), probe=parameters_of)
    widths = tuple(int(w) for w in rng.permutation([2, 5, 3])[:2])
    options = {"widths": widths, "filters": 4, "classes": 3}
    yield Case("its parameters, other widths", (V, M), options, probe=parameters_of)

    exact = {"probe": outputs_of, "rtol": 1e-6, "atol": 1e-8}
    ids, mask = torch.tensor(rng.integers(2, V, (1, 14))), torch.ones(1, 14, dtype=torch.bool)
    weights = settled_weights(rng, ids, mask, V, M, widths, 4, 3)
    yield Case("logits of one sentence", (V, M, weights, [(ids, mask)]), options, **exact)
    for title, widths, N in (
        ("logits of a batch", (2, 3, 4), 3),
        ("logits of a batch, one width", (3,), 6),
        ("logits of a batch, Kim's widths", (3, 4, 5), 2),
    ):
        mask = mask_of([17, 12, 14], 17)
        ids = torch.tensor(rng.integers(2, V, (3, 17))) * mask
        weights = settled_weights(rng, ids, mask, V, M, widths, N, 2)
        options = {"widths": widths, "filters": N, "classes": 2}
        yield Case(title, (V, M, weights, [(ids, mask)]), options, **exact)

    def padded(lengths: list[int], J: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
        more = mask_of(lengths, J + 7)
        ids = torch.tensor(rng.integers(2, V, more.shape)) * more
        return [(ids[:, :J], more[:, :J]), (ids[:, : J + 1], more[:, : J + 1]), (ids, more)]

    options = {"widths": (2, 4), "filters": 5, "classes": 3}
    invariant = {"probe": outputs_of, "judge": padding_changes_nothing}
    weights = random_weights(rng, V, M, (2, 4), 5, 3)
    weights["embedding.weight"][0] = 0
    for i in range(2):  # silence is louder than any window of words
        weights[f"convolutions.{i}.bias"] += 50.0
        weights[f"convolutions.{i}.weight"].abs_()
    weights["embedding.weight"].abs_().neg_()
    batches = padded([9, 6, 8], 9)
    yield Case(
        "more padding, filters with a large bias", (V, M, weights, batches), options, **invariant
    )
    weights = random_weights(rng, V, M, (2, 4), 5, 3)
    weights["embedding.weight"][0] = torch.tensor(10 * rng.choice([-1.0, 1.0], M))
    for i in range(2):
        weights[f"convolutions.{i}.bias"].abs_().neg_()
    yield Case(
        "more padding, whatever its embedding is",
        (V, M, weights, padded([9, 6, 8], 9)),
        options,
        **invariant,
    )
    options = {"widths": (5, 2), "filters": 3}
    weights = random_weights(rng, V, M, (5, 2), 3, 2)
    weights["embedding.weight"][0] = 0
    for i in range(2):
        weights[f"convolutions.{i}.bias"].abs_().neg_()
    yield Case(
        "sentences shorter than the widest filter",
        (V, M, weights, padded([1, 3], 3)),
        options,
        **invariant,
    )
    weights = random_weights(rng, V, M, (2, 3), 4, 2)
    weights["embedding.weight"][:3] = 0  # word 2 says nothing
    phrase = [int(i) for i in rng.integers(3, V, 4)]
    moved = [[2] * n + phrase + [2] * (12 - n) for n in (3, 7)]
    everywhere = torch.ones(1, 16, dtype=torch.bool)
    yield Case(
        "a phrase at another place",
        (V, M, weights, [(torch.tensor([s]), everywhere) for s in moved]),
        {"widths": (2, 3), "filters": 4},
        probe=outputs_of,
        judge=phrase_may_move,
    )
    mask = mask_of([8, 9], 9)
    ids = torch.tensor(rng.integers(2, V, (2, 9))) * mask
    for dropout in (0.5, 0.0):
        yield Case(
            f"evaluation and training mode, dropout {dropout}",
            (V, M, ids, mask),
            {"widths": (2, 3), "filters": 30, "dropout": dropout},
            probe=dropout_of,
            judge=drops_out,
        )
    yield Case(
        "every parameter gets a gradient",
        (V, M, ids, mask, torch.tensor([0, 1])),
        {"filters": 20, "dropout": 0.0},
        probe=untrained_parts,
        judge=all_train,
    )
