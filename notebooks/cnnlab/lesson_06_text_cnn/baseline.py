"""The baseline: no order of words, no embeddings."""

from __future__ import annotations

from collections import Counter

import numpy as np
import torch
from torch import nn

from .texts import Examples


class TfidfRegression:
    """Logistic regression on the words of a sentence, weighted by how rare they are.

    A sentence is a vector with an entry for each word of the training data: its count
    times log((1 + B) / (1 + B_with_it)) + 1, scaled to length 1. Weights are kept small by
    a penalty of half their squares' sum.
    """

    def __init__(self, train: Examples):
        with_it = Counter(word for tokens in train.sentences for word in set(tokens))
        self.column = {word: i for i, word in enumerate(sorted(with_it))}
        self.rarity = {w: np.log((1 + len(train)) / (1 + n)) + 1 for w, n in with_it.items()}
        rows, y = self._rows(train.sentences), torch.from_numpy(train.labels).float()
        self.weights = torch.zeros(len(self.column), 1, requires_grad=True)
        self.bias = torch.zeros(1, requires_grad=True)
        parameters = [self.weights, self.bias]
        optimizer = torch.optim.LBFGS(parameters, max_iter=60, line_search_fn="strong_wolfe")
        loss_function = nn.BCEWithLogitsLoss(reduction="sum")

        def loss() -> torch.Tensor:
            optimizer.zero_grad()
            value = loss_function(self._logits(rows), y) + self.weights.square().sum() / 2
            value.backward()
            return value

        optimizer.step(loss)

    def _rows(self, sentences: list[list[str]]) -> tuple[torch.Tensor, ...]:
        """Columns and values of all sentences in a row, and where each sentence starts."""
        columns, values, starts = [], [], []
        for tokens in sentences:
            starts.append(len(columns))
            counts = Counter(token for token in tokens if token in self.column)
            entries = np.array([n * self.rarity[word] for word, n in counts.items()])
            columns += [self.column[word] for word in counts]
            values += list(entries / np.sqrt(np.square(entries).sum()))
        return torch.tensor(columns), torch.tensor(values).float(), torch.tensor(starts)

    def _logits(self, rows: tuple[torch.Tensor, ...]) -> torch.Tensor:
        columns, values, starts = rows
        added = nn.functional.embedding_bag(
            columns, self.weights, starts, mode="sum", per_sample_weights=values
        )
        return added[:, 0] + self.bias

    def positive(self, sentences: list[list[str]]) -> np.ndarray:
        """The probability that each sentence is positive, shape (B,)."""
        with torch.no_grad():
            return self._logits(self._rows(sentences)).sigmoid().numpy()

    def score(self, examples: Examples) -> float:
        """The accuracy on examples."""
        return float(np.mean((self.positive(examples.sentences) > 0.5) == examples.labels))
