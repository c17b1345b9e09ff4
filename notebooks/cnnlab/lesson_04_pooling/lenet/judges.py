"""Judges of LeNet: they stay here.

A value may be anything, for it comes from where the answer runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...engine.comparing import General

ENOUGH = 0.5
"""Share of new digits that a network must name after some eighty steps: guessing names 0.1."""


def _followed(value: Any) -> tuple[list[dict[str, int]], bool]:
    """What ``layers_of`` gave, if it is what it should be."""
    keys = ("layer", "registered", "bent", "shrinks", "strided")
    try:
        return [{k: int(c[k]) for k in keys} for c in value["convolutions"]], bool(value["dense"])
    except (TypeError, KeyError, ValueError):
        return [], False


def judge_layers(value: Any, *given: Any) -> str | None:
    """Two registered convolutions, and a dense layer after them."""
    convolutions, dense = _followed(value)
    if len({c["layer"] for c in convolutions if c["registered"]}) < 2:
        if any(not c["registered"] for c in convolutions):
            return (
                "the network does not know its own layers: model.parameters() lacks those of a "
                "convolution. Make each layer an attribute, self.… = …, or put them into "
                "nn.Sequential or nn.ModuleList; a plain list hides them."
            )
        called = "no nn.Conv2d layer" if not convolutions else "a single nn.Conv2d layer"
        return f"forward calls {called}; two are asked for."
    return None if dense else "after the last pooling a dense layer, nn.Linear, is missing."


def judge_nonlinearities(value: Any, *given: Any) -> str | None:
    """A nonlinearity after two convolutions."""
    if sum(c["bent"] for c in _followed(value)[0]) >= 2:
        return None
    return (
        "the outputs of two convolutions should each pass through a nonlinearity, such as "
        "torch.relu, on their way to the next layer."
    )


def judge_pooling(value: Any, *given: Any) -> str | None:
    """Pooling, or a stride, after two convolutions."""
    pooled, waiting = 0, False  # waiting: a convolution that was not followed by pooling yet
    for c in _followed(value)[0]:
        if waiting and c["strided"] and not c["shrinks"]:
            pooled, waiting = pooled + 1, False  # this one is the other's pooling
        elif c["shrinks"] or c["strided"]:
            pooled, waiting = pooled + 1, False
        else:
            waiting = True
    if pooled >= 2:
        return None
    return (
        "the outputs of two convolutions should each be pooled on their way to the next layer, "
        "so that fewer rows and columns arrive there."
    )


def judge_scores(value: Any, classes: int, images: np.ndarray) -> str | None:
    """Logits, always the same for the same image."""
    wanted = [(len(images), classes), (len(images), classes), (1, classes)]
    if [getattr(v, "shape", None) for v in value or ()] != wanted:
        return f"for {len(images)} images the scores should have the shape {wanted[0]}."
    first, again, alone = (np.asarray(v, dtype=np.float64) for v in value)
    if not np.allclose(first, again, rtol=1e-4, atol=1e-5):
        return General(
            "in evaluation mode, after model.eval(), the same images get other scores the second "
            "time."
        )
    if not np.allclose(first[:1], alone, rtol=1e-3, atol=1e-4):
        return "the scores of an image depend on the other images in the batch."
    if np.allclose(first.sum(axis=1), 1, atol=1e-4) and first.min() >= 0:
        return "the scores of each image sum to 1: they are probabilities. Logits are asked for."
    if np.allclose(np.exp(first).sum(axis=1), 1, atol=1e-4):
        return "the scores are logarithms of probabilities. Logits are asked for."
    if first.min() >= 0:
        return "no score is below 0, for any image: logits may have either sign."
    return None


def judge_gradients(value: Any, *given: Any) -> str | None:
    """Parameters, each with a gradient."""
    try:
        parameters, without = map(int, value)
    except (TypeError, ValueError):
        return "the parameters of the network could not be counted."
    if not parameters:
        return "the network has no parameters: model.parameters() is empty."
    if without:
        return General("some parameters get no gradient, so they never learn.")
    return None


def judge_predictions(value: Any, *given: Any, labels: np.ndarray) -> str | None:
    """Enough new digits are named. labels: what they are."""
    if value is None:
        return "without a convolution among its layers this network was not trained."
    if not isinstance(value, np.ndarray) or value.shape != labels.shape:
        return "the network did not give one score per class for each image."
    if np.mean(value == labels) < ENOUGH:
        return General(
            f"after a short training (80 steps of 16 digits) the network names fewer than "
            f"{ENOUGH:.0%} of new digits. Does the signal reach the scores, and the gradient the "
            "first layer?"
        )
    return None
