"""``accuracy``: the share of sentences that a model gets right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import nn

from ..engine.exercise import Case, exercise
from .words import mask_of


@exercise(points=2, minutes=8, difficulty=2, importance=3, numpy_only=False)
def accuracy(model: nn.Module, batches: Iterable, device: str = "cpu") -> float:
    """The share of examples whose largest logit is that of the right class.

    All examples weigh the same, also those of a short last batch. The model is put into
    evaluation mode and no gradients are recorded.

    model: called as model(ids, mask), gives logits (B, classes). batches: of
    (ids, mask, labels), with labels int64, shape (B,). device: where model and batches
    are moved to.
    Returns a Python number from 0 to 1.
    Lecture 6(b), "Training a model": evaluate on data that training has not seen.
    """


@accuracy.oracle
def _accuracy(model, batches, device="cpu"):
    model.eval().to(device)
    hits = []
    with torch.no_grad():
        for *inputs, labels in batches:
            logits = model(*(part.to(device) for part in inputs))
            hits.append(logits.cpu().argmax(-1) == labels.cpu())
    return torch.cat(hits).double().mean().item()


def measured(accuracy, table, batches, recorded=False):
    """The accuracy of a small model; or, if ``recorded``, whether gradients were recorded.

    The model adds up its words' rows of ``table``; in training mode it adds
    up the logits, too, as a caricature of dropout.
    """

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(table.clone())
            self.recorded = False

        def forward(self, ids, mask):
            logits = (self.table[ids] * mask[..., None]).sum(1)
            self.recorded = self.recorded or logits.requires_grad
            return logits.cumsum(1) if self.training else logits

    model = Model().train()
    value = accuracy(model, batches)
    return {"gradients recorded": model.recorded} if recorded else value


@accuracy.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for title, counts, classes in (
        ("one batch", [7], 2),
        ("batches of different sizes, three classes", [9, 8, 2], 3),
        ("a last batch with a single example", [6, 6, 1], 4),
        ("everything right", [5, 3], 3),
        ("no gradients are recorded", [4, 2], 3),
    ):
        table = torch.tensor(rng.normal(size=(20, classes)))
        batches = []
        for i, count in enumerate(counts):
            J = int(rng.integers(4, 9))
            mask = mask_of(rng.integers(1, J + 1, count).tolist(), J)
            ids = torch.tensor(rng.integers(1, 20, (count, J)))
            labels = (table[ids] * mask[..., None]).sum(1).argmax(1)
            if title != "everything right":  # mostly right at first, mostly wrong in the end
                off = rng.random(count) < (0.2 if i == 0 else 0.8)
                off[:2] = [i > 0, i == 0][:count]
                labels = (labels + torch.tensor(off).long()) % classes
            batches.append((ids, mask, labels))
        more = {"recorded": True} if title.startswith("no gradients") else {}
        yield Case(title, (table, batches), more, probe=measured)


accuracy.hints = [
    "Which two things differ between training and evaluation: which mode is the model in, and what "
    "need not be recorded? And if the last batch holds one example, how much may it count?",
    "Count the right answers over all batches and the examples over all batches, and divide once "
    "at the end: $\\frac{\\text{right}}{\\text{total}}$, not the mean of the batches' shares.",
    "```python\nmodel.to(device)\nmodel....()\nright = total = 0\nwith ...:\n"
    "    for ids, mask, labels in batches:\n        logits = ...\n"
    "        right += ...            # .item() makes a Python number\n        total += ...\n"
    "return right / total\n```",
]
accuracy.built = (
    "An honest share of right answers, each example counted once, as by `accuracy_score` of "
    "scikit-learn. In the next section it tells how a network does on reviews that it has never "
    "seen."
)


@accuracy.mistake(
    "the model stays in training mode",
    "Dropout goes on dropping while you measure. Call model.eval() first.",
)
def _(right, model, batches, device="cpu"):
    guesses, labels = [], []
    with torch.no_grad():
        for ids, mask, wanted in batches:
            guesses.append(model(ids, mask).argmax(1))
            labels.append(wanted)
    return (torch.cat(guesses) == torch.cat(labels)).double().mean().item()


@accuracy.mistake(
    "the smallest logit",
    "You count a hit where the right class has the smallest logit. The guess is the largest one: "
    "argmax.",
)
def _(right, model, batches, device="cpu"):
    model.eval()
    hits = []
    with torch.no_grad():
        for ids, mask, labels in batches:
            hits.append(model(ids, mask).argmin(1) == labels)
    return torch.cat(hits).double().mean().item()


@accuracy.mistake(
    "gradients are recorded",
    "The numbers are right, but torch keeps a graph for every batch. Put the "
    "loop inside a `with torch.no_grad():` block.",
)
def _(right, model, batches, device="cpu"):
    with torch.enable_grad():
        model.eval()
        for ids, mask, _labels in batches:
            model(ids, mask)
    return right(model, batches, device)


@accuracy.mistake(
    "the mean of the batches' shares",
    "A short last batch counts as much as a full one. Count right answers and examples, and divide "
    "once.",
)
def _(right, model, batches, device="cpu"):
    shares = [right(model, [batch], device) for batch in batches]
    return sum(shares) / len(shares)


@accuracy.mistake(
    "only the last batch counts",
    "The counts start anew with each batch: 0 before the loop, and += inside it.",
)
def _(right, model, batches, device="cpu"):
    return right(model, list(batches)[-1:], device)


@accuracy.mistake(
    "the number of right answers", "Divide by the number of examples: the accuracy is a share."
)
def _(right, model, batches, device="cpu"):
    batches = list(batches)
    total = sum(len(labels) for _, _, labels in batches)
    return round(right(model, batches, device) * total)


@accuracy.mistake("percent instead of a share", "0.75 is asked for, not 75.")
def _(right, model, batches, device="cpu"):
    return 100 * right(model, batches, device)


@accuracy.mistake(
    "the share of wrong answers", "You count where guess and label differ: that is the error rate."
)
def _(right, model, batches, device="cpu"):
    return 1 - right(model, batches, device)


@accuracy.mistake(
    "a tensor instead of a number",
    "Turn it into a Python number with .item() before you return it.",
)
def _(right, model, batches, device="cpu"):
    return torch.tensor(right(model, batches, device))


@accuracy.mistake(
    "always divides by the number of batches",
    "The right answers are divided by how many batches there are. Divide by how many examples.",
)
def _(right, model, batches, device="cpu"):
    batches = list(batches)
    total = sum(len(labels) for _, _, labels in batches)
    return right(model, batches, device) * total / len(batches)


@accuracy.mistake(
    "a batch of one loses its axis",
    "A batch of a single example has lost its first axis, and then axis 1 is gone. squeeze() takes "
    "away every axis of length one: leave it out, or say which axis is meant.",
    symptom=True,
)
def _(right, model, batches, device="cpu"):
    model.eval()
    hits = []
    with torch.no_grad():
        for ids, mask, labels in batches:
            hits.append(model(ids, mask).squeeze().argmax(1) == labels)
    return torch.cat(hits).double().mean().item()


@accuracy.mistake(
    "looks at two classes only",
    "You compare logit 1 with logit 0. With more classes the guess is the largest of all logits: "
    "argmax.",
)
def _(right, model, batches, device="cpu"):
    model.eval()
    hits = []
    with torch.no_grad():
        for ids, mask, labels in batches:
            hits.append(model(ids, mask)[:, :2].argmax(1) == labels)
    return torch.cat(hits).double().mean().item()


@accuracy.mistake(
    "a threshold instead of the largest logit",
    "You ask whether a logit is above 0. Logits are no probabilities: the guess is the class with "
    "the largest one, argmax.",
)
def _(right, model, batches, device="cpu"):
    model.eval()
    hits = []
    with torch.no_grad():
        for ids, mask, labels in batches:
            hits.append((model(ids, mask)[:, 1] > 0).long() == labels)
    return torch.cat(hits).double().mean().item()


@accuracy.mistake(
    "every batch is taken to be as large as the first",
    "You divide by the size of the first batch times the number of batches. The last batch may be "
    "smaller: add up the sizes.",
)
def _(right, model, batches, device="cpu"):
    batches = list(batches)
    total = sum(len(labels) for *_, labels in batches)
    return right(model, batches, device) * total / (len(batches[0][-1]) * len(batches))


@accuracy.mistake(
    "divided by the number of words",
    "The right answers are divided by how many words there are. Each sentence has one label: "
    "divide by the number of labels.",
)
def _(right, model, batches, device="cpu"):
    batches = list(batches)
    total = sum(len(labels) for *_, labels in batches)
    return right(model, batches, device) * total / sum(int(mask.sum()) for _, mask, _ in batches)
