"""What a TextCNN must get right."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ...engine.exercise import Case
from ..words import mask_of
from .judges import (
    all_train,
    drops_out,
    has_its_parameters,
    padding_changes_nothing,
    phrase_may_move,
    words_in_each_window,
)
from .probes import dropout_of, gradients_of, outputs_of, parameters_of
from .stub import TextCNN
from .weights import random_weights, settled_weights


def _logits(rng: np.random.Generator, V: int, M: int, options: dict) -> Iterator[Case]:
    """What it answers with weights for which a right answer may pad as it likes."""
    exact = {"probe": outputs_of, "rtol": 1e-6, "atol": 1e-8}
    ids, mask = torch.tensor(rng.integers(2, V, (1, 14))), torch.ones(1, 14, dtype=torch.bool)
    weights = settled_weights(rng, ids, mask, V, M, *options.values())
    yield Case("logits of one sentence", (V, M, weights, [(ids, mask)]), options, **exact)
    for title, widths, N in (
        ("logits of a batch", (2, 3, 4), 3),
        ("logits of a batch, one width", (3,), 6),
        ("logits of a batch, Kim's widths", (3, 4, 5), 2),
    ):
        mask = mask_of([12, 17, 14], 17)
        ids = torch.tensor(rng.integers(2, V, (3, 17))) * mask
        weights = settled_weights(rng, ids, mask, V, M, widths, N, 2)
        options = {"widths": widths, "filters": N, "classes": 2}
        yield Case(title, (V, M, weights, [(ids, mask)]), options, **exact)


def _padded(rng, V: int, lengths: list[int], J: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Sentences of these lengths in batches of J columns, one more, and seven more."""
    more = mask_of(lengths, J + 7)
    ids = torch.tensor(rng.integers(2, V, more.shape)) * more
    return [(ids[:, :J], more[:, :J]), (ids[:, : J + 1], more[:, : J + 1]), (ids, more)]


def _invariance(rng: np.random.Generator, V: int, M: int) -> Iterator[Case]:
    """More padding on the right changes nothing."""
    options = {"widths": (2, 4), "filters": 5, "classes": 3}
    invariant = {"probe": outputs_of, "judge": padding_changes_nothing}
    weights = random_weights(rng, V, M, (2, 4), 5, 3)
    weights["embedding.weight"][0] = 0
    for i in range(2):  # silence is louder than any window of words
        weights[f"convolutions.{i}.bias"] += 50.0
        weights[f"convolutions.{i}.weight"].abs_()
    weights["embedding.weight"].abs_().neg_()
    batches = _padded(rng, V, [6, 9, 8], 9)
    yield Case(
        "more padding, filters with a large bias", (V, M, weights, batches), options, **invariant
    )
    weights = random_weights(rng, V, M, (2, 4), 5, 3)
    weights["embedding.weight"][0] = torch.tensor(10 * rng.choice([-1.0, 1.0], M))
    for i in range(2):
        weights[f"convolutions.{i}.bias"].abs_().neg_()
    yield Case(
        "more padding, whatever its embedding is",
        (V, M, weights, _padded(rng, V, [6, 9, 8], 9)),
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
        (V, M, weights, _padded(rng, V, [1, 3], 3)),
        options,
        **invariant,
    )


def _windows(rng: np.random.Generator, V: int, M: int) -> Iterator[Case]:
    """However an answer pads, each window has to hold a word."""
    widths, N = (2, 4, 3), 4
    weights = random_weights(rng, V, M, widths, N, N * len(widths))
    for i in range(len(widths)):  # words make each filter quieter than silence is
        weights[f"convolutions.{i}.bias"].abs_().add_(50.0)
        weights[f"convolutions.{i}.weight"].abs_()
    weights["embedding.weight"].abs_().neg_()
    weights["embedding.weight"][0] = 0
    count = N * len(widths)
    weights["linear.weight"] = torch.eye(count, dtype=torch.float64)
    weights["linear.bias"] = torch.zeros(count, dtype=torch.float64)
    ids = torch.tensor(rng.integers(2, V, (2, 8)))
    yield Case(
        "sentences without padding, filters with a large bias",
        (V, M, weights, [(ids, ids > 0)]),
        {"widths": widths, "filters": N, "classes": count},
        probe=outputs_of,
        judge=words_in_each_window,
    )


def _phrase(rng: np.random.Generator, V: int, M: int) -> Iterator[Case]:
    """The same phrase says the same wherever it stands."""
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


def _modes(rng: np.random.Generator, V: int, M: int) -> Iterator[Case]:
    """Evaluation and training, and whether everything learns."""
    ids = torch.tensor(rng.integers(2, V, (2, 9)))
    mask = ids > 0  # without padding: who pads wrongly has dropout and gradients all the same
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
        probe=gradients_of,
        judge=all_train,
    )


@TextCNN.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    V, M = int(rng.integers(20, 30)), int(rng.integers(5, 8))
    ids = torch.tensor(rng.integers(2, V, (2, 9)))
    own = {"probe": parameters_of, "judge": has_its_parameters}
    yield Case("its parameters, as a default", (V, M, ids, ids > 0), **own)
    widths = tuple(int(w) for w in rng.permutation([2, 5, 3])[:2])
    options = {"widths": widths, "filters": 4, "classes": 3}
    yield Case("its parameters, other widths", (V, M, ids, ids > 0), options, **own)
    yield from _logits(rng, V, M, options)
    yield from _invariance(rng, V, M)
    yield from _phrase(rng, V, M)
    yield from _modes(rng, V, M)
    yield from _windows(rng, V, M)
