"""``masked_pool``: one vector per sentence, whatever the padding holds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ..engine.drawing import sizes
from ..engine.exercise import Case, case, exercise


@exercise(points=2, minutes=8, difficulty=2, importance=4, numpy_only=False)
def masked_pool(h: torch.Tensor, mask: torch.Tensor, how: str = "max") -> torch.Tensor:
    """Global pooling over the words of each sentence, and over nothing else.

    "max": the largest value among the words; "avg": the words' mean. Padding neither
    wins the maximum nor counts in the mean.

    h: outputs of N filters, shape (B, N, J), any floating-point type. mask: bool, (B, J),
    True where there is a word, anywhere in its row; every row has at least one.
    Returns a tensor of h's type, shape (B, N), from which gradients flow back to h.
    Raises ValueError, with a sentence, for any other ``how``.
    Lecture 6, "Pooling in NLP".
    """


@masked_pool.oracle
def pool_words(h, mask, how="max"):
    """The right answer, for TextCNN too."""
    outside = ~mask[:, None, :]
    if how == "max":
        return h.masked_fill(outside, float("-inf")).amax(dim=2)
    if how == "avg":
        return h.masked_fill(outside, 0.0).sum(dim=2) / mask.sum(dim=1, keepdim=True)
    raise ValueError(f"there is no pooling {how!r}: it is 'max' or 'avg'")


def gradient_of_pool(pool, h, mask, how, weights):
    """The gradient of a weighted sum of the pooled values with respect to h; a batch of one."""
    leaf = h.clone().requires_grad_()
    (pool(leaf, mask, how) * weights).sum().backward()
    # In the same case as the gradient: a case more would change what all other mistakes cost.
    return leaf.grad, pool(h[:1], mask[:1], how)


def _batch(
    rng: np.random.Generator, dtype: torch.dtype = torch.float64
) -> tuple[torch.Tensor, torch.Tensor]:
    """Outputs (B, N, J), different everywhere, and a mask of different lengths."""
    B, N, J = sizes(rng, 2, 7, 3)
    J += 3
    lengths = torch.tensor(rng.integers(1, J + 1, (B, 1)))
    lengths[0], lengths[-1] = J - 2, J  # so that no sentence can speak for all
    return torch.tensor(rng.normal(size=(B, N, J)), dtype=dtype), torch.arange(J) < lengths


@masked_pool.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    h = torch.tensor([[[1.0, 5, 2], [4, 0, 3]], [[6, -2, 9], [-3, -1, 8]]], dtype=torch.float64)
    mask = torch.tensor([[True, True, True], [True, True, False]])
    yield case("two sentences, two filters, max", h, mask)
    yield case("the same, avg", h.clone(), mask.clone(), "avg")
    h, mask = _batch(rng)
    yield case("random sizes, max", h, mask, "max")
    h, mask = _batch(rng)
    yield case("random sizes, avg", h, mask, how="avg")
    h, mask = _batch(rng)
    yield case("all outputs negative, max", -1 - h.abs(), mask, how="max")
    h, mask = _batch(rng)
    mask = mask.flip(1)  # where the words are says the mask alone
    yield case("padding in front, with huge values, avg", h + 1e6 * ~mask[:, None], mask, "avg")
    h, mask = _batch(rng)
    yield case("padding in front, very negative outputs, max", h - 1e12, mask.flip(1))
    h, mask = _batch(rng, torch.float32)
    yield Case("outputs of type float32, avg", (h, mask, "avg"), rtol=1e-5, atol=1e-6)
    h, mask = _batch(rng)
    weights = torch.tensor(rng.normal(size=h.shape[:2]))
    yield Case("gradient of max", (h, mask, "max", weights), probe=gradient_of_pool)
    h, mask = _batch(rng)
    weights = torch.tensor(rng.normal(size=h.shape[:2]))
    yield Case("gradient of avg", (h, mask, "avg", weights), probe=gradient_of_pool)
    h, mask = _batch(rng)
    yield Case("an unknown pooling", (h, mask, "mean"), raises=True)


masked_pool.hints = [
    "The mask is (B, J), the outputs are (B, N, J). Which axis must the mask get so that both fit "
    "together? And what could stand in the padding so that it never wins a maximum?",
    "`mask[:, None, :]` has the shape (B, 1, J). For the maximum fill the padding with −∞, "
    "`float('-inf')`; for the mean fill it with 0, add up, and divide by the number of *words*.",
    '```python\nif how == "max":\n    return h.masked_fill(~mask[:, None, :], ...).amax(dim=...)\n'
    'if how == "avg":\n    total = ...\n    return total / mask.sum(...)\n'
    "raise ValueError(...)\n```",
]
masked_pool.built = (
    "A sentence gets the same vector, whatever else is in its batch; without padding, that is "
    "lesson 4's global pooling. In the next section it is the step from words to a sentence in "
    "Kim's network."
)


@masked_pool.mistake(
    "padding wins the maximum", "The mask is not used: values in the padding can be the largest."
)
def _(right, h, mask, how="max"):
    everywhere = torch.ones_like(mask)
    return right(h, everywhere if how == "max" else mask, how)


@masked_pool.mistake(
    "padding counts as zero in the maximum",
    "Filled with zeros the padding wins wherever all words give negative values. Fill with −∞.",
)
def _(right, h, mask, how="max"):
    if how == "max":
        return (h * mask[:, None]).amax(dim=2)
    return right(h, mask, how)


@masked_pool.mistake(
    "a large negative number instead of −∞",
    "Some outputs are smaller still, and then the padding wins. float('-inf') is "
    "below all numbers.",
)
def _(right, h, mask, how="max"):
    if how == "max":
        return h.masked_fill(~mask[:, None], -1e9).amax(dim=2)
    return right(h, mask, how)


@masked_pool.mistake(
    "padding dilutes the mean",
    "You divide by J, the length of the batch. Divide by the number of words in the sentence.",
)
def _(right, h, mask, how="max"):
    if how == "avg":
        return (h * mask[:, None]).mean(dim=2)
    return right(h, mask, how)


@masked_pool.mistake(
    "padding counts in the mean",
    "Values in the padding are added up with the words'. Set them to zero first.",
)
def _(right, h, mask, how="max"):
    if how == "avg":
        return h.sum(dim=2) / mask.sum(dim=1, keepdim=True)
    return right(h, mask, how)


@masked_pool.mistake(
    "the mask is ignored",
    "Maximum and mean run over the padding, too. Only the words count, where the mask is True.",
)
def _(right, h, mask, how="max"):
    return right(h, torch.ones_like(mask), how)


@masked_pool.mistake(
    "the mean runs over the padding, too",
    "Set the padding to zero before you add up, and divide by the number of words.",
)
def _(right, h, mask, how="max"):
    return right(h, torch.ones_like(mask) if how == "avg" else mask, how)


@masked_pool.mistake(
    "a sum instead of a mean", "Divide the sum of a sentence's words by their number."
)
def _(right, h, mask, how="max"):
    out = right(h, mask, how)
    return out * mask.sum(dim=1, keepdim=True) if how == "avg" else out


@masked_pool.mistake(
    "negative maxima become zero",
    "A filter that answers with negative numbers alone gets a 0: a ReLU, or a search that starts "
    "at 0. The largest of them is asked for as it is.",
)
def _(right, h, mask, how="max"):
    out = right(h, mask, how)
    return out.clamp(min=0) if how == "max" else out


@masked_pool.mistake(
    "cut to the length of the first sentence",
    "You take the number of words from the first row of the mask. Each sentence has its own: use "
    "all rows of the mask.",
)
def _(right, h, mask, how="max"):
    J = int(mask[0].sum())
    return right(h[:, :, :J], mask[:, :J], how)


@masked_pool.mistake(
    "the first words count, wherever the words are",
    "You count the words, and take as many from the front. The mask also says which ones: in some "
    "sentences here the padding stands in front.",
)
def _(right, h, mask, how="max"):
    return right(h, mask.sort(dim=1, descending=True).values, how)


@masked_pool.mistake(
    "the maximum although the mean was asked for", "Look at `how`: it is “max” or “avg”."
)
def _(right, h, mask, how="max"):
    right(h, mask, how)
    return right(h, mask, "max")


@masked_pool.mistake(
    "the mean although the maximum was asked for", "Look at `how`: it is “max” or “avg”."
)
def _(right, h, mask, how="max"):
    right(h, mask, how)
    return right(h, mask, "avg")


@masked_pool.mistake(
    "pools over the filters",
    "The maximum is taken over axis 1, the N filters. It belongs over the words, axis 2: one value "
    "for each filter remains.",
    symptom=True,
)
def _(right, h, mask, how="max"):
    right(h, mask, how)
    return h.amax(dim=1) if how == "max" else h.mean(dim=1)


@masked_pool.mistake(
    "the mask is turned round", "True marks words; you pool over the padding, where it is False."
)
def _(right, h, mask, how="max"):
    return right(h, ~mask, how)


@masked_pool.mistake(
    "an unknown pooling passes silently",
    "A `how` that you do not know must raise a ValueError: a typing error would go unnoticed.",
)
def _(right, h, mask, how="max"):
    return right(h, mask, "max" if how == "max" else "avg")


@masked_pool.mistake(
    "the gradient is cut off",
    "The result does not lead back to h: detach, .data, .numpy() and torch.no_grad "
    "leave the graph.",
    symptom=True,
)
def _(right, h, mask, how="max"):
    return right(h.detach(), mask, how)


@masked_pool.mistake(
    "a batch of one loses its axis",
    "For a single sentence you return (N,). squeeze() takes away every axis of length one: leave "
    "it out, or say which axis is meant.",
)
def _(right, h, mask, how="max"):
    return right(h, mask, how).squeeze()
