"""A small language with noun phrases, for a word-level task: lesson 06.

Sentences are generated, so every word's label is known. Some words are nouns in one
place and verbs in another ("the paint", "we paint"): a word alone does not tell.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from .build_vocabulary import build_vocabulary
from .encode import encode
from .pad_batch import pad_batch
from .wordcnn import WordCNN

BOTH = ["paint", "water", "watch", "house", "cook", "light"]
NOUNS = ["garden", "book", "river", "teacher", *BOTH]
VERBS = ["see", "like", "find", *BOTH]
SEEN_DOING = ["sleeps", "works", "disappears", "shines"]
ADJECTIVES = ["yellow", "old", "small", "quiet"]
ARTICLES = ["the", "a", "this"]
ADVERBS = ["today", "again", "sometimes", "slowly", "now", "perhaps"]

Marked = list[tuple[str, int]]
"""Words with their labels: 1 inside a noun phrase, else 0."""


def _noun_phrase(rng: np.random.Generator) -> Marked:
    adjectives = rng.choice(ADJECTIVES, rng.integers(0, 3), replace=False)
    words = [rng.choice(ARTICLES), *adjectives, rng.choice(NOUNS)]
    return [(str(word), 1) for word in words]


def _others(rng: np.random.Generator, words: list[str], most: int) -> Marked:
    count = rng.integers(0, most + 1)
    return [(str(w), 0) for w in rng.choice(words, count, replace=most > len(words))]


def sentence(rng: np.random.Generator, before: int = 2) -> Marked:
    """A sentence such as "sometimes we paint the yellow house today".

    before: the most adverbs that may stand before the first phrase.
    """
    start = _others(rng, ADVERBS, before)
    if rng.random() < 0.5:
        middle = [*_noun_phrase(rng), (str(rng.choice(SEEN_DOING)), 0)]
    else:
        middle = [(str(rng.choice(["we", "they", "you"])), 0), (str(rng.choice(VERBS)), 0)]
        middle += _noun_phrase(rng) if rng.random() < 0.8 else []
    return [*start, *middle, *_others(rng, ADVERBS, 2)]


def sentences(count: int, seed: int, before: int = 2) -> list[Marked]:
    """Sentences of the small language."""
    rng = np.random.default_rng(seed)
    return [sentence(rng, before) for _ in range(count)]


class Marker:
    """A network that marks the words of noun phrases.

    cnn: builds the network from vocabulary size, embedding size and width. width: words
    that the filter sees. Trains at once, in a second or two.
    """

    def __init__(
        self,
        train: list[Marked],
        width: int = 3,
        cnn: Callable[..., nn.Module] = WordCNN.reference,
        epochs: int = 6,
    ):
        torch.manual_seed(0)
        rng = np.random.default_rng(0)
        self.vocabulary = build_vocabulary.reference([[w for w, _ in s] for s in train])
        self.model = cnn(len(self.vocabulary), 16, width=width)
        optimizer = torch.optim.Adam(self.model.parameters(), lr=0.01)
        loss_function = nn.CrossEntropyLoss()
        for _ in range(epochs):
            for part in np.array_split(rng.permutation(len(train)), max(1, len(train) // 50)):
                chosen = [train[i] for i in part]
                ids, mask = self._ids(chosen)
                labels, _ = pad_batch.reference([[label for _, label in s] for s in chosen])
                loss = loss_function(self.model(ids)[mask], labels[mask])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    def _ids(self, marked: list[Marked]) -> tuple[torch.Tensor, torch.Tensor]:
        return pad_batch.reference(
            [encode.reference([word for word, _ in s], self.vocabulary) for s in marked]
        )

    def mark(self, words: list[str]) -> list[int]:
        """1 for each word that is taken for a part of a noun phrase, else 0."""
        with torch.no_grad():
            return self.model(self._ids([[(w, 0) for w in words]])[0])[0].argmax(1).tolist()

    def score(self, marked: list[Marked]) -> float:
        """The share of words that are marked right."""
        with torch.no_grad():
            ids, mask = self._ids(marked)
            guess = self.model(ids).argmax(2)[mask].tolist()
        labels = [label for s in marked for _, label in s]
        return float(np.mean(np.array(guess) == labels))


def show(words: list[str], marks: list[int], labels: list[int] | None = None) -> None:
    """Print a sentence with its noun phrases in brackets, and what is marked wrongly."""
    out, open_ = [], False
    for word, mark in zip(words, marks, strict=True):
        if mark and not open_:
            word = "[" + word
        if not mark and open_:
            out[-1] += "]"
        open_ = bool(mark)
        out.append(word)
    said = " ".join(out) + ("]" if open_ else "")
    if labels is not None:
        wrong = [w for w, m, right in zip(words, marks, labels, strict=True) if m != right]
        said += f"    wrong: {', '.join(wrong)}" if wrong else "    all right"
    print(said)
