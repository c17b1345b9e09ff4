"""Judges of LeNet: they stay here.

A value may be anything, for it comes from where the answer runs. How a network is built is free, so
none of ours gives the same scores. But its maps must be those of its kernels, computed here; and no
scores will do that are constant, or move in a straight line with the image: dense layers without
anything between them have such.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ...engine.comparing import General

ENOUGH = 0.5
"""Share of new digits that a network must name after some eighty steps: guessing names 0.1."""


ALIKE = General("different images get the same scores.")


def _alike(scores: torch.Tensor) -> bool:
    """Whether all images of a batch have the same scores."""
    return torch.allclose(scores, scores[:1], rtol=1e-6, atol=1e-9)


def judge_shapes(value: Any, classes: int, *batches: np.ndarray) -> str | None:
    """A score for each class and image, other ones for other images."""
    for scores, images in zip(value, batches, strict=True):
        if not isinstance(scores, torch.Tensor):
            return "the network did not give a tensor of scores."
        if (given := tuple(scores.shape)) != (wanted := (len(images), classes)):
            return f"expected scores of the shape {wanted}, yours is {given}."
        if scores.dtype != torch.float32:
            return f"expected scores of type torch.float32, yours are {scores.dtype}."
    return ALIKE if _alike(torch.cat(value)) else None


def _followed(value: Any) -> tuple[list[dict[str, int]], bool]:
    """What becomes of the maps that ``layers_of`` gave, if they are those of their kernels."""
    try:
        return [_behind(c) for c in value["convolutions"]], bool(value["dense"])
    except (TypeError, KeyError, ValueError, RuntimeError, AttributeError):
        return [], False


def _behind(convolution: dict[str, Any]) -> dict[str, int]:
    """What follows a convolution, from its maps and from what arrives at the next layer."""
    stride, dilation, groups = convolution["how"]
    kernels, given = convolution["kernels"], convolution["input"]
    maps = F.conv2d(given, kernels, convolution["biases"], stride, 0, dilation, groups)
    if not torch.allclose(maps, convolution["maps"], rtol=1e-3, atol=1e-4) or not kernels.any():
        raise ValueError("these maps are not those of these kernels")
    axes = slice(-2, None) if convolution["next is a convolution"] else slice(1, None)
    before, after = (np.prod(convolution[s][axes]) for s in ("shape", "arrived shape"))
    heights = convolution["arrived"]
    bend = heights[2:] - 2 * heights[1:-1] + heights[:-2]
    return {
        "layer": int(convolution["layer"]),
        "registered": bool(convolution["registered"]),
        "bent": bool(bend.abs().max() > 1e-4 * heights.abs().max()),
        "shrinks": bool(after < before),
        "strided": max(stride) > 1,
    }


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
    """Logits, always the same for the same image. The last image is the mean of the two before."""
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
    if _alike(torch.tensor(first)):
        return ALIKE
    if np.allclose(first[-1], (first[-3] + first[-2]) / 2, rtol=1e-5, atol=1e-7):
        return General("the scores move in a straight line with the image: nothing bends them.")
    return None


def judge_gradients(value: Any, *given: Any) -> str | None:
    """Parameters, each with a gradient, of a network that tells images apart."""
    try:
        parameters, without = map(int, value[:2])
    except (TypeError, ValueError):
        return "the parameters of the network could not be counted."
    if not parameters:
        return "the network has no parameters: model.parameters() is empty."
    if without:
        return General("some parameters get no gradient, so they never learn.")
    return ALIKE if _alike(value[2]) else None


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
