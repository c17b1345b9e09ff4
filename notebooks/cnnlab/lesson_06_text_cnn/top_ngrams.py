"""``top_ngrams``: what a filter has learned to look for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from ..engine.drawing import sizes
from ..engine.exercise import Case, exercise
from .encode import encoded
from .words import PAD, UNK, made_up


@exercise(points=2, minutes=12, difficulty=3, importance=3, numpy_only=False)
def top_ngrams(
    model: nn.Module,
    sentences: list[list[str]],
    vocabulary: dict[str, int],
    width: int,
    filter_index: int,
    k: int = 5,
) -> list[tuple[float, list[str]]]:
    """Which n-grams make one filter of a TextCNN respond most?

    The score of an n-gram is the filter's response, bias included, before the ReLU. All
    full windows of ``width`` words count, in every sentence, repeats too. Padding has no
    place here: use the convolution's ``weight`` and ``bias``, since the layer itself may
    pad in any way.

    model: has ``embedding`` and ``convolutions`` as TextCNN; one convolution is ``width``
    words wide. sentences: lists of tokens. vocabulary: from token to id.
    filter_index: number of the filter in that convolution, from 0. k: how many.
    Returns at most k pairs (score, tokens), strongest first: score a Python float,
    tokens the ``width`` words as they stand in the sentence.
    Lecture 6, "CNNs in NLP": what a filter of K words detects.
    """


@top_ngrams.oracle
def _top_ngrams(model, sentences, vocabulary, width, filter_index, k=5):
    (bank,) = (c for c in model.convolutions if c.kernel_size == (width,))
    one = slice(filter_index, filter_index + 1)
    found = []
    with torch.no_grad():
        for tokens in sentences:
            if len(tokens) < width:
                continue
            ids = torch.tensor(encoded(tokens, vocabulary), device=bank.weight.device)
            x = model.embedding(ids).T[None]
            scores = F.conv1d(x, bank.weight[one], bank.bias[one])[0, 0].tolist()
            found += [(s, list(tokens[j : j + width])) for j, s in enumerate(scores)]
    return sorted(found, key=lambda pair: -pair[0])[:k]


def ngrams_of(top_ngrams, weights, paddings, sentences, vocabulary, width, index, **more):
    """Ask a small model with these weights: embedding, then (weight, bias) of each bank."""

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            table, *banks = weights
            self.embedding = nn.Embedding(*table.shape, padding_idx=0)
            self.convolutions = nn.ModuleList()
            for (weight, _), padding in zip(banks, paddings, strict=True):
                N, M, K = weight.shape
                self.convolutions.append(nn.Conv1d(M, N, K, padding=padding))
            self.linear = nn.Linear(sum(len(bias) for _, bias in banks), 2)
            self.double()
            with torch.no_grad():
                self.embedding.weight.copy_(table)
                for layer, (weight, bias) in zip(self.convolutions, banks, strict=True):
                    layer.weight.copy_(weight)
                    layer.bias.copy_(bias)

        def forward(self, ids, mask):
            x = (self.embedding(ids) * mask[..., None]).transpose(1, 2)
            return self.linear(torch.cat([c(x).relu().amax(2) for c in self.convolutions], 1))

    return top_ngrams(Model(), sentences, vocabulary, width, index, **more)


@top_ngrams.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    for title, widths, padding, pick, k in (
        ("the five strongest", (2, 3), "same", 1, 5),
        ("a convolution without padding", (3, 4), 0, 1, 4),
        ("the widest first", (5, 2, 3), "same", 2, 3),
        ("a wide convolution with padding on both sides", (4, 2), 3, 0, 6),
        ("more wanted than there are", (4, 3), "same", 0, 1000),
        ("unknown words", (2, 3), "same", 0, 8),
    ):
        words = made_up(rng, 14)
        if title == "unknown words":
            vocabulary = {PAD: 0, UNK: 1, **{w: i + 2 for i, w in enumerate(words[:-1])}}
        else:
            vocabulary = {PAD: 0, UNK: 1, **{w: i + 2 for i, w in enumerate(words)}}
        lengths = [*sizes(rng, 6, 10, 2), 1, widths[pick] - 1, widths[pick]]
        sentences = [[str(w) for w in rng.choice(words, J)] for J in lengths]
        sentences.append(list(sentences[0][1:7]))  # n-grams that come twice
        sentences[1][3] = words[-1]
        M, N = int(rng.integers(3, 6)), int(rng.integers(3, 6))
        banks = [
            (torch.tensor(rng.normal(size=(N, M, K))), torch.tensor(rng.normal(size=N) - 2))
            for K in widths
        ]
        table = torch.tensor(rng.normal(size=(len(vocabulary), M)))
        table[0] = 0
        if title == "unknown words":  # and the filter likes them
            table[1] = 3 * banks[pick][0][N - 1, :, 0]
        more = {} if k == 5 else {"k": k}
        index = N - 1 if title == "unknown words" else int(rng.integers(1, N))
        paddings = [padding] * len(widths)
        yield Case(
            title,
            ([table, *banks], paddings, sentences, vocabulary, widths[pick], index),
            more,
            probe=ngrams_of,
        )


top_ngrams.hints = [
    "How do you find the convolution of the right width in `model.convolutions`? How many full "
    "windows has a sentence of J words, and which words belong to window j?",
    "A response is a dot product plus a bias: window (K, M) times filter (M, K), "
    "transposed to fit. "
    "`F.conv1d(x, weight, bias)` without padding gives all J−K+1 of them; entry j belongs to "
    "`tokens[j:j + width]`.",
    "```python\nbank = next(c for c in model.convolutions if ...)\nfound = []\n"
    "for tokens in sentences:\n    if len(tokens) < width:\n        continue\n"
    "    x = model.embedding(torch.tensor(encode(tokens, vocabulary)))   # (J, M)\n"
    "    scores = F.conv1d(...)                  # weight and bias of one filter\n"
    "    for j, score in enumerate(scores...tolist()):\n"
    "        found.append((score, ...))\nreturn sorted(...)[:k]\n```",
]
top_ngrams.built = (
    "A filter shows what it looks for: `F.conv1d` without padding, over all sentences, and the "
    "best windows kept. Next you see what the loudest filters fire for, and which n-grams decide "
    "about a whole sentence."
)


@top_ngrams.mistake(
    "the ReLU is applied",
    "Scores are wanted before the ReLU: it would make many n-grams alike, at 0.",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    found = []
    for s in sentences:  # in the order of appearance: at 0 many are alike
        every = right(model, [s], vocabulary, width, filter_index, 10**6)
        scores = {tuple(tokens): max(score, 0.0) for score, tokens in every}
        windows = [s[j : j + width] for j in range(len(s) - width + 1)]
        found += [(scores[tuple(tokens)], tokens) for tokens in windows]
    return sorted(found, key=lambda pair: -pair[0])[:k]


@top_ngrams.mistake("the bias is forgotten", "Add the filter's bias to each response.")
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    bank = next(c for c in model.convolutions if c.kernel_size == (width,))
    b = bank.bias[filter_index].item()
    return [(s - b, t) for s, t in right(model, sentences, vocabulary, width, filter_index, k)]


@top_ngrams.mistake("the weakest first", "Sort by falling score: the strongest n-gram comes first.")
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    return right(model, sentences, vocabulary, width, filter_index, 10**6)[::-1][:k]


@top_ngrams.mistake(
    "one n-gram per sentence",
    "You keep only the best window of each sentence, as max pooling does. All windows count.",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    best = [right(model, [s], vocabulary, width, filter_index, 1) for s in sentences]
    return sorted((b[0] for b in best if b), key=lambda pair: -pair[0])[:k]


@top_ngrams.mistake(
    "repeats are dropped", "An n-gram that occurs twice is listed twice: both windows count."
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    every = right(model, sentences, vocabulary, width, filter_index, 10**6)
    return list({tuple(tokens): (score, tokens) for score, tokens in every}.values())[:k]


@top_ngrams.mistake(
    "<unk> instead of the word",
    "The ids forget which word it was. Take the tokens from the sentence itself.",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    every = right(model, sentences, vocabulary, width, filter_index, k)
    return [(s, [t if t in vocabulary else "<unk>" for t in tokens]) for s, tokens in every]


@top_ngrams.mistake(
    "always the first convolution",
    "Look for the convolution whose kernel_size is `width`; the widths may come in any order.",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    bank = model.convolutions[0]
    found = []
    with torch.no_grad():
        for tokens in sentences:
            ids = torch.tensor([vocabulary.get(t, 1) for t in tokens])
            K = bank.kernel_size[0]
            if len(tokens) >= K:
                h = F.conv1d(model.embedding(ids).T[None], bank.weight, bank.bias)[0, filter_index]
                found += [(s, list(tokens[j : j + width])) for j, s in enumerate(h.tolist())]
    return sorted(found, key=lambda pair: -pair[0])[:k]


@top_ngrams.mistake(
    "the words are one place off",
    "Response j belongs to the window that starts at word j: tokens[j:j + width].",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    shifted = [[*s[1:], s[0]] for s in sentences]
    every = []
    for sentence, other in zip(sentences, shifted, strict=True):
        if len(sentence) >= width:
            named = {i: t for i, t in enumerate(other)}
            marked = right(model, [sentence], vocabulary, width, filter_index, 10**6)
            starts = {}
            for j in range(len(sentence) - width + 1):
                starts.setdefault(tuple(sentence[j : j + width]), []).append(j)
            for score, tokens in marked:
                j = starts[tuple(tokens)].pop(0)
                every.append((score, [named[i] for i in range(j, min(j + width, len(other) - 1))]))
    return sorted(every, key=lambda pair: -pair[0])[:k]


@top_ngrams.mistake(
    "another filter", "filter_index counts from 0: filter 0 is the first one of the convolution."
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    return right(model, sentences, vocabulary, width, filter_index - 1, k)


@top_ngrams.mistake(
    "the last window of each sentence is missing",
    "A sentence of J words has J − width + 1 windows: range(J - width) ends one too early.",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    shorter = [s[:-1] for s in sentences]
    return right(model, shorter, vocabulary, width, filter_index, k)


@top_ngrams.mistake(
    "windows that run over the end",
    "The last windows of a sentence hold fewer than `width` words and zeros. Full windows count "
    "alone: J − width + 1 of J words, none in a sentence that is too short.",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    longer = [[*s, *["<pad>"] * (width - 1)] for s in sentences]
    found = right(model, longer, vocabulary, width, filter_index, k)
    return [(score, [t for t in tokens if t != "<pad>"]) for score, tokens in found]


@top_ngrams.mistake(
    "the padding of the layer takes part",
    "Called as it is, the layer pads as it was told to, so its response j does not belong to the "
    "words from j on. Use its weight and bias: F.conv1d(x, layer.weight, layer.bias).",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    bank = next(c for c in model.convolutions if c.kernel_size == (width,))
    found = []
    with torch.no_grad():
        for s in sentences:
            ids = torch.tensor([vocabulary.get(t, 1) for t in s])
            scores = bank(model.embedding(ids).T[None])[0, filter_index].tolist()
            found += [(score, s[j : j + width]) for j, score in enumerate(scores)]
    return sorted(found, key=lambda pair: -pair[0])[:k]


@top_ngrams.mistake(
    "weak n-grams are left out",
    "You leave out what the ReLU would cut. Scores are wanted before the ReLU, negative ones too.",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    every = right(model, sentences, vocabulary, width, filter_index, k)
    return [(score, tokens) for score, tokens in every if score > 0]


@top_ngrams.mistake(
    "the first sentence only", "The windows of all sentences compete. Is the return in the loop?"
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    return right(model, sentences[:1], vocabulary, width, filter_index, k)


@top_ngrams.mistake(
    "all filters at once",
    "You add up what all filters of the convolution answer. Take the weights of one: "
    "weight[filter_index].",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    bank = next(c for c in model.convolutions if c.kernel_size == (width,))
    with torch.no_grad():
        bank.weight[filter_index] = bank.weight.sum(0)
    return right(model, sentences, vocabulary, width, filter_index, k)


@top_ngrams.mistake(
    "the filter is turned round",
    "The first weights of a filter meet the last word. In these networks they meet the first one.",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    bank = next(c for c in model.convolutions if c.kernel_size == (width,))
    with torch.no_grad():
        bank.weight.copy_(bank.weight.flip(2))
    return right(model, sentences, vocabulary, width, filter_index, k)


@top_ngrams.mistake(
    "ids instead of the words",
    "An n-gram of yours is a row of ids. Return the tokens, as they stand in the sentence.",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    found = right(model, sentences, vocabulary, width, filter_index, k)
    return [(score, [vocabulary.get(t, 1) for t in tokens]) for score, tokens in found]


@top_ngrams.mistake(
    "words that the vocabulary lacks are left out",
    "You leave unknown words out, so windows join words that do not stand side by side. An unknown "
    "word has the id of <unk>.",
)
def _(right, model, sentences, vocabulary, width, filter_index, k=5):
    known = [[t for t in s if t in vocabulary] for s in sentences]
    return right(model, known, vocabulary, width, filter_index, k)
