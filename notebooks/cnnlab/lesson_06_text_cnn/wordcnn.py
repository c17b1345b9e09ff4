"""``WordCNN``: one output per word."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..engine.drawing import sizes
from ..engine.exercise import Case, exercise
from ..engine.shared_mistakes import FOR_BATCHES, LOGITS


@exercise(points=2, minutes=10, difficulty=3, importance=3, numpy_only=False)
class WordCNN(nn.Module):
    """A network with one output per word: no pooling.

    Embedding (id 0 always embeds as zeros), a zero-padded convolution centred on each
    word, ReLU, and a linear layer that is the same for every word.

    vocabulary_size: number of ids. embedding_size: M. width: words the filter sees.
    filters: N. classes: outputs for each word.
    forward(ids): ids int64, shape (B, J). Returns logits, shape (B, J, classes).
    Lecture 6, "Pooling in NLP": word-level tasks.
    """

    def __init__(self, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
        raise NotImplementedError


@WordCNN.oracle
class _WordCNN(nn.Module):
    def __init__(self, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.around = ((width - 1) // 2, width // 2)
        self.convolution = nn.Conv1d(embedding_size, filters, width)
        self.linear = nn.Linear(filters, classes)

    def forward(self, ids):
        x = self.embedding(ids).transpose(1, 2)
        h = torch.relu(self.convolution(F.pad(x, self.around)))
        return self.linear(h.transpose(1, 2))


def word_outputs(WordCNN, V, M, weights, ids, **options):
    """What the model answers when its parameters, found by their shapes, are ``weights``.

    A filter bank may be held in any form: weights of no such shape are found by their gradients.
    """
    model = WordCNN(V, M, **options).double().eval()
    table, bank, bias, linear, ends = weights.values()
    N, _, width = bank.shape
    every = list(model.parameters())

    def held(weight):
        # A linear layer may be written as a convolution of one word: (classes, N, 1).
        found = [p for p in every if p.squeeze().shape == weight.squeeze().shape]
        if weight is bank and width == M:  # its shape alone does not tell which axis is which
            sure = {id(m.weight) for m in model.modules() if isinstance(m, nn.Conv1d)}
            found = [p for p in found if id(p) in sure]
        return found

    def slopes(features, heads):
        with torch.no_grad():
            held(table)[0].copy_(torch.stack([features * (i == 1) for i in range(V)]))
            held(linear)[0].copy_(heads.expand(len(linear), N).reshape(held(linear)[0].shape))
        out = model(torch.tensor([[2] * 2 * width + [1] + [2] * 2 * width]))[0, :, 0]
        found = [torch.autograd.grad(o, parts, None, True, allow_unused=True) for o in out]
        found = [[torch.zeros(1) if g is None else g for g in grads] for grads in found]
        return [grads for grads in found[::-1] if any(g.any() for g in grads)]

    yours = ", ".join(f"{n} {tuple(p.shape)}" for n, p in model.named_parameters())
    known = {n: w for n, w in weights.items() if held(bank) or (w is not bank and w is not bias)}
    if wrong := [f"{n} {tuple(w.shape)}" for n, w in known.items() if len(held(w)) != 1]:
        raise ValueError(f"among the parameters there should be one {wrong[0]}. Yours: {yours}")
    if not held(bank):
        taken = {id(p) for w in (table, bias, linear, ends) for p in held(w)}
        parts = [p for p in every if id(p) not in taken]
        with torch.no_grad():
            for p in every:  # every filter answers with 1, where ReLU has a slope
                p.fill_(1.0 if p is (held(bias) or [None])[0] else 0.0)
        places = slopes(torch.arange(1.0, M + 1), torch.ones(1)) if parts else []
        filters = slopes(torch.ones(M), torch.arange(1.0, N + 1)) if parts else []
        count = 0
        for k, pair in enumerate(zip(places[:width], filters, strict=False)):
            for p, m, n in zip(parts, *pair, strict=True):
                here, count = m != 0, count + int(m.count_nonzero())
                with torch.no_grad():
                    p[here] = bank[n[here].long() - 1, m[here].long() - 1, k]
        if count != bank.numel() or not held(bias):
            raise ValueError(f"no parameters do what filters {tuple(bank.shape)} do: {yours}")
    with torch.no_grad():
        for weight in [*known.values(), *[bias] * (not held(bank))]:
            held(weight)[0].copy_(weight.reshape(held(weight)[0].shape))
        return model(ids)


def word_padding(WordCNN, V, M, ids, zeros, **options):
    """What the model answers with and without zeros after the sentence, new and trained."""
    model = WordCNN(V, M, **options).double()
    more = torch.cat([ids, torch.zeros(len(ids), zeros, dtype=torch.int64)], 1)
    answers = [model(ids).detach(), model(more)[:, : ids.shape[1]].detach()]
    model(more).square().sum().backward()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.grad is not None:
                parameter -= 0.5 * parameter.grad
    return [*answers, model(ids).detach(), model(more)[:, : ids.shape[1]].detach()]


def word_shape(WordCNN, V, M, ids, **options):
    """The shape of the answer, which parameters get a gradient, the shape for one sentence."""
    model = WordCNN(V, M, **options)
    out = model(ids)
    out.square().sum().backward()
    without = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    return [list(out.shape), without, list(model(ids[:1]).shape)]


def _zeros_change_nothing(value, V, M, ids, zeros, **options) -> str | None:
    short, more, trained, trained_more = value
    if short.shape != more.shape or not torch.allclose(short, more):
        return "zeros after the sentence change the outputs of its words."
    if not torch.allclose(trained, trained_more):
        return "after a training step, zeros after the sentence change the outputs of its words."
    return None


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
    yield Case(
        "id 0 embeds as zeros, before and after training",
        (12, 5, ids, int(rng.integers(3, 6))),
        {"filters": 9},
        probe=word_padding,
        judge=_zeros_change_nothing,
        draws=True,  # the weights: with some, a wrong model gets through
    )
    yield Case("shape and gradients, as a default", (12, 5, ids), probe=word_shape)
    yield Case(
        "an even filter keeps the length", (12, 6, ids), {"width": 4, "filters": 7, "classes": 3}, word_shape
    )


WordCNN.hints = [
    "`nn.Embedding` gives (B, J, M). Which axis does `nn.Conv1d` want the features on, and where "
    "does `nn.Linear` want them?",
    "(B, J) → embedding → (B, J, M) → transpose → (B, M, J) → convolution, ReLU → (B, N, J) → "
    "transpose → (B, J, N) → linear → (B, J, classes). `padding_idx=0` keeps row 0 at zero, and "
    '`padding="same"` keeps the length.',
    "```python\nsuper().__init__()\nself.embedding = nn.Embedding(..., padding_idx=0)\n"
    'self.convolution = nn.Conv1d(..., padding="same")\nself.linear = nn.Linear(...)\n\n'
    "def forward(self, ids):\n    x = self.embedding(ids).transpose(1, 2)\n    h = ...\n"
    "    return ...\n```",
]
WordCNN.built = (
    "An answer for each word, out of `nn.Embedding`, `nn.Conv1d` and `nn.Linear`, without "
    "pooling. A few cells on it learns to mark noun phrases, and to tell “we paint” from “the "
    "paint” by the neighbours."
)


@WordCNN.mistake(
    "the ReLU is missing",
    "Convolution and linear layer alone are one linear map: apply torch.relu.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    table, linear = (m for m in model.modules() if isinstance(m, (nn.Embedding, nn.Linear)))
    (bank,) = (m for m in model.modules() if isinstance(m, nn.Conv1d))

    def forward(ids):
        x = F.pad(table(ids).transpose(1, 2), ((width - 1) // 2, width // 2))
        return linear(F.conv1d(x, bank.weight, bank.bias).transpose(1, 2))

    model.forward = forward
    return model


@WordCNN.mistake(
    "pools over the words",
    "A word-level task wants an output for each word. Leave the pooling out: (B, J, classes).",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole = model.forward
    model.forward = lambda ids: whole(ids).amax(1)
    return model


@WordCNN.mistake(
    "no padding",
    "The first and last words get no output: without padding there are J−width+1 windows only.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole = model.forward
    model.forward = lambda ids: whole(ids)[:, (width - 1) // 2 : ids.shape[1] - width // 2]
    return model


@WordCNN.mistake(
    "an even filter makes the sentence longer",
    "padding=width//2 on both sides gives J+1 outputs if the width is even. padding='same' takes "
    "care of that.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole = model.forward
    more = 1 - width % 2
    model.forward = lambda ids: whole(F.pad(ids, (0, more)))
    return model


@WordCNN.mistake(
    "padding has an embedding of its own",
    "Id 0 is looked up like a word. nn.Embedding(…, padding_idx=0) gives it zeros that stay zeros.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.Embedding):
            setattr(model, name, nn.Embedding(vocabulary_size, embedding_size))
    return model


@WordCNN.mistake(
    "classes come before words",
    "You return (B, classes, J). The classes belong on the last axis: transpose back.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole = model.forward
    model.forward = lambda ids: whole(ids).transpose(1, 2)
    return model


@WordCNN.mistake(
    "looks back only",
    "Your window ends at the word. Centred, it sees as many words to the right as to the left.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole, after = model.forward, width // 2
    model.forward = lambda ids: whole(F.pad(ids, (after, 0)))[:, : ids.shape[1]]
    return model


@WordCNN.mistake(
    "looks ahead only",
    "Your window begins at the word. Centred, it sees as many words to the left as to the right.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole, before = model.forward, (width - 1) // 2
    model.forward = lambda ids: whole(F.pad(ids, (0, before)))[:, before:]
    return model


@WordCNN.mistake(
    "one zero on each side whatever the width",
    "padding=1 fits a filter of three words and no other: of five words it needs two zeros on each "
    "side, of one word none. padding='same' counts by itself.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    table, linear = (m for m in model.modules() if isinstance(m, (nn.Embedding, nn.Linear)))
    (bank,) = (m for m in model.modules() if isinstance(m, nn.Conv1d))

    def forward(ids):
        h = F.conv1d(table(ids).transpose(1, 2), bank.weight, bank.bias, padding=1)
        return linear(torch.relu(h).transpose(1, 2))

    model.forward = forward
    return model


@WordCNN.mistake(
    "the neighbours are other sentences",
    "The filter runs along the batch: its neighbours of a word are words of other sentences. "
    "nn.Conv1d moves along the last axis, which should be that of the words: transpose(1, 2).",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    whole = model.forward
    model.forward = lambda ids: whole(ids.T).transpose(0, 1)
    return model


@WordCNN.mistake(
    "view instead of transpose",
    "view and reshape only cut the row of numbers anew, so words and features get mixed up. "
    "transpose(1, 2) swaps the axes, before the convolution and after it.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    table, linear = (m for m in model.modules() if isinstance(m, (nn.Embedding, nn.Linear)))
    (bank,) = (m for m in model.modules() if isinstance(m, nn.Conv1d))

    def forward(ids):
        x = F.pad(table(ids).transpose(1, 2), ((width - 1) // 2, width // 2))
        h = torch.relu(F.conv1d(x, bank.weight, bank.bias))
        return linear(h.reshape(*ids.shape, filters))

    model.forward = forward
    return model


@WordCNN.mistake(
    "view instead of transpose before the convolution",
    "view and reshape only cut the row of numbers anew, so words and features get mixed up. "
    "transpose(1, 2) swaps the axes.",
)
def _(right, vocabulary_size, embedding_size, width=3, filters=50, classes=2):
    model = right(vocabulary_size, embedding_size, width, filters, classes)
    table, linear = (m for m in model.modules() if isinstance(m, (nn.Embedding, nn.Linear)))
    (bank,) = (m for m in model.modules() if isinstance(m, nn.Conv1d))

    def forward(ids):
        x = table(ids).reshape(len(ids), embedding_size, -1)
        x = F.pad(x, ((width - 1) // 2, width // 2))
        h = torch.relu(F.conv1d(x, bank.weight, bank.bias))
        return linear(h.transpose(1, 2))

    model.forward = forward
    return model


LOGITS.belongs_to(WordCNN)
FOR_BATCHES.belongs_to(WordCNN)
