"""Weights for a TextCNN under test."""

from __future__ import annotations

import torch
import torch.nn.functional as F


def random_weights(rng, V, M, widths, filters, classes) -> dict[str, torch.Tensor]:
    """Normally distributed weights, by the names of the parameters."""
    shapes = {"embedding.weight": (V, M)}
    for i, width in enumerate(widths):
        shapes[f"convolutions.{i}.weight"] = (filters, M, width)
        shapes[f"convolutions.{i}.bias"] = (filters,)
    shapes |= {"linear.weight": (classes, filters * len(widths)), "linear.bias": (classes,)}
    return {name: torch.tensor(rng.normal(size=shape)) for name, shape in shapes.items()}


def settled_weights(rng, ids, mask, V, M, widths, filters, classes) -> dict[str, torch.Tensor]:
    """Weights for which it does not matter how a right answer pads.

    Right answers differ in how far windows may reach over a sentence's ends. With these
    weights each filter's maximum, after ReLU, lies in a window full of words anyway; the
    first filter of each width is always silent, so that ReLU is seen at work.
    """
    weights = random_weights(rng, V, M, widths, filters, classes)
    weights["embedding.weight"][0] = 0
    x = (weights["embedding.weight"][ids] * mask[..., None]).transpose(1, 2)
    for i, K in enumerate(widths):
        bank = torch.tensor(rng.normal(size=(60 * filters, M, K)))
        bias = torch.tensor(-rng.random(60 * filters))
        bias[: 20 * filters] -= 1e2
        h = F.conv1d(x, bank, bias, padding=K - 1)
        ends = torch.arange(h.shape[2])
        full = (ends >= K - 1) & (ends < mask.sum(1)[:, None])
        best = torch.relu(h).amax(2)
        inside = torch.relu(h.masked_fill(~full[:, None], float("-inf"))).amax(2)
        good = torch.nonzero((best == inside).all(0))[:, 0]
        heard = good[(inside > 0).all(0)[good]]
        chosen = torch.cat([good[:1], heard[: filters - 1]])
        weights[f"convolutions.{i}.weight"] = bank[chosen]
        weights[f"convolutions.{i}.bias"] = bias[chosen]
    return weights
