"""Judges of WordCNN, where there is no single right value.

How a model is built is free, so what it answers with its own parameters is not known here. But the
outputs have to follow the words: a model that is none, or that looks words up, is no convolution.
"""

from __future__ import annotations

import torch

from ...engine.comparing import General, difference
from .stub import WordCNN


def _follows(before: torch.Tensor, after: torch.Tensor, changed: torch.Tensor) -> str | None:
    """Outputs change with a word, its own and others'. changed: where the words are others."""
    if before.shape != after.shape or before.shape[:2] != changed.shape:
        return General("other words change the shape of the outputs.")
    moved = ~torch.isclose(before, after, rtol=1e-5, atol=1e-8).all(2)
    if not moved[changed].any():
        return General("the outputs of a word stay the same when the word is another one.")
    if not moved[~changed].any():
        return General("the output of a word follows that word alone, and none of its neighbours.")
    return None


def zeros_change_nothing(value, V, M, ids, zeros, others, **options) -> str | None:
    """Zeros after the sentence do not, neither before nor after a training step."""
    short, more, other, trained, trained_more = value
    if short.shape != more.shape or not torch.allclose(short, more):
        return "zeros after the sentence change the outputs of its words."
    if trained.shape != trained_more.shape or not torch.allclose(trained, trained_more):
        return "after a training step, zeros after the sentence change the outputs of its words."
    if torch.allclose(trained, short):
        return General("a training step changes nothing.")
    return _follows(short, other, ids != others)


def has_the_shape(value, V, M, ids, others, **options) -> str | None:
    """An output for each word, also of one sentence, and parameters that all learn."""
    out, one, other = value["answers"]
    ours = WordCNN.reference(V, M, **options)
    classes = options.get("classes", 2)
    count = sum(p.numel() for p in ours.parameters())
    right = {
        "shape": [*ids.shape, classes],
        "without a gradient": [],
        "shape for one sentence": [1, ids.shape[1], classes],
        "numbers in all parameters": count,
    }
    given = {key: value[key] for key in ("without a gradient", "numbers in all parameters")}
    given |= {"shape": list(out.shape), "shape for one sentence": list(one.shape)}
    if problem := difference(right, given, 0, 0):
        return problem.message
    return _follows(out, other, ids != others)
