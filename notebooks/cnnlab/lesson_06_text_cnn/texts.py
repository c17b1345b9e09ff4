"""Film reviews as examples: cut into tokens, split, put into batches."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import torch

from ..data import Reviews
from .encode import encode
from .pad_batch import pad_batch

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]

# "don't" becomes do + n't and "film's" film + 's, as in GloVe's vocabulary.
_TOKEN = re.compile(r"\w+?(?=n't\b)|n't\b|'(?:s|re|ve|ll|d|m)\b|\w+|[^\w\s]")


def tokenize(text: str) -> list[str]:
    """Cut a text into lower-case words and single punctuation marks."""
    return _TOKEN.findall(text.lower())


@dataclasses.dataclass(frozen=True)
class Examples:
    """Sentences, as lists of tokens, and their labels: 1 positive, 0 negative, (B,)."""

    sentences: list[list[str]]
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.sentences)

    def take(self, chosen: np.ndarray) -> Examples:
        """The examples of these numbers, in this order."""
        return Examples([self.sentences[i] for i in chosen], self.labels[chosen])


def split(reviews: Reviews, seed: int) -> tuple[Examples, Examples, Examples]:
    """Shuffle; 80 % are for training, 10 % for development, 10 % for the test."""
    examples = Examples([tokenize(text) for text in reviews.texts], reviews.labels)
    order = np.random.default_rng(seed).permutation(len(examples))
    ends = int(0.8 * len(order)), int(0.9 * len(order))
    train, dev, test = (examples.take(part) for part in np.split(order, ends))
    return train, dev, test


def make_batches(
    examples: Examples,
    vocabulary: dict[str, int],
    size: int = 50,
    rng: np.random.Generator | None = None,
) -> list[Batch]:
    """Batches of (ids, mask, labels) in which sentences are of similar length: less padding.

    rng: shuffles, for training: which sentences meet, and the order of the batches.
    """
    ids = [encode.reference(tokens, vocabulary) for tokens in examples.sentences]
    order = rng.permutation(len(ids)) if rng else np.arange(len(ids))
    batches = []
    for start in range(0, len(order), 20 * size):
        pool = sorted(order[start : start + 20 * size], key=lambda i: len(ids[i]))
        for first in range(0, len(pool), size):
            chosen = pool[first : first + size]
            labels = torch.from_numpy(examples.labels[chosen])
            batches.append((*pad_batch.reference([ids[i] for i in chosen]), labels))
    return [batches[i] for i in rng.permutation(len(batches))] if rng else batches
