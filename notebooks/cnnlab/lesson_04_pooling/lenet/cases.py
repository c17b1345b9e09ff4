"""What a LeNet must get right."""

from __future__ import annotations

import functools
from collections.abc import Iterator

import numpy as np

from ...data import digits_sample
from ...engine.exercise import Case
from .judges import (
    judge_gradients,
    judge_layers,
    judge_nonlinearities,
    judge_pooling,
    judge_predictions,
    judge_scores,
    judge_shapes,
)
from .probes import (
    layers_of,
    predictions_after_training,
    scores_in_evaluation,
    scores_of,
    without_gradient,
)
from .stub import LeNet


@LeNet.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    images, labels = digits_sample()
    order = rng.permutation(len(images))
    classes = int(rng.integers(12, 17))
    some = rng.random((int(rng.integers(3, 8)), 1, 28, 28), dtype=np.float32)
    shapes = {"probe": scores_of, "judge": judge_shapes}
    yield Case("scores for each image of a batch", (10, some), **shapes)
    yield Case("another number of classes, one image", (classes, some[:1], some[1:2]), **shapes)
    for name, judge in {
        "two convolutions, and a dense layer": judge_layers,
        "a nonlinearity after each convolution": judge_nonlinearities,
        "pooling after each convolution": judge_pooling,
    }.items():
        # What makes it a LeNet counts three times as much as what any network has.
        yield Case(name, (10, some[:1]), probe=layers_of, judge=judge, weight=3)
    mixed = np.concatenate([some, (some[-2:-1] + some[-1:]) / 2])
    yield Case("evaluation mode", (10, mixed), probe=scores_in_evaluation, judge=judge_scores)
    yield Case(
        "every parameter learns",
        (10, some, rng.integers(0, 10, len(some))),
        probe=without_gradient,
        judge=judge_gradients,
    )
    train, new = order[:600], order[600:800]
    yield Case(
        "new digits after a short training",
        (10, images[train], labels[train], images[new], int(rng.integers(1000))),
        probe=predictions_after_training,
        judge=functools.partial(judge_predictions, labels=labels[new]),
        draws=True,
    )
