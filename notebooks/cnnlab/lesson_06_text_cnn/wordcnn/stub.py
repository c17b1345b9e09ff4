"""What is asked for, a right answer, and the hints."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from ...engine.exercise import exercise


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
