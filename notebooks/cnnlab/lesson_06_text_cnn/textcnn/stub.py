"""What is asked for, a right answer, and the hints."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from ...engine.exercise import exercise
from ..masked_pool import pool_words


@exercise(points=4, minutes=20, difficulty=4, importance=4, numpy_only=False)
class TextCNN(nn.Module):
    """Kim's sentence classifier.

    Sub-modules: ``embedding``; ``convolutions``, an nn.ModuleList with one nn.Conv1d of
    ``filters`` filters for each width, in the order of ``widths``; ``linear``. The way:
    embedding, each convolution, ReLU, maximum over the words, all maxima side by side,
    dropout, linear.

    vocabulary_size: number of ids. embedding_size: M. widths: words a filter sees.
    filters: N for each width. classes: outputs. dropout: probability, in training only.
    forward(ids, mask): ids int64 and mask bool, shape (B, J), as pad_batch makes them;
    J may be shorter than the widest filter. Returns logits, shape (B, classes). More
    padding on the right never changes them.
    Lecture 6, "Pooling in NLP": sentence-level tasks; Kim (2014), section 2.
    """

    def __init__(
        self,
        vocabulary_size,
        embedding_size,
        widths=(3, 4, 5),
        filters=100,
        classes=2,
        dropout=0.5,
    ):
        raise NotImplementedError


@TextCNN.oracle
class _TextCNN(nn.Module):
    how = "max"

    def __init__(
        self,
        vocabulary_size,
        embedding_size,
        widths=(3, 4, 5),
        filters=100,
        classes=2,
        dropout=0.5,
    ):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary_size, embedding_size, padding_idx=0)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(embedding_size, filters, width) for width in widths
        )
        self.dropout = nn.Dropout(dropout)
        self.linear = nn.Linear(filters * len(widths), classes)

    def forward(self, ids, mask):
        x = (self.embedding(ids) * mask[..., None]).transpose(1, 2)
        pooled = []
        for convolution in self.convolutions:
            (K,) = convolution.kernel_size
            h = convolution(F.pad(x, ((K - 1) // 2, K // 2)))
            pooled.append(pool_words(torch.relu(h), mask, self.how))
        return self.linear(self.dropout(torch.cat(pooled, dim=1)))


TextCNN.hints = [
    "Write down the shape after each step for one width, from (B, J) to (B, N). You have pooled "
    "over words with a mask before: which exercise was that? And how many numbers does the linear "
    "layer see with three widths?",
    "(B, J) → embedding → (B, J, M) → transpose → (B, M, J) → convolution → (B, N, J) → ReLU → "
    "masked_pool → (B, N); for all widths, side by side: (B, N·widths) → dropout → linear → "
    "(B, classes). Multiply the embeddings with the mask, and no window sees padding; with "
    'padding="same" there is an output for each word, however short the sentence.',
    "```python\nself.convolutions = nn.ModuleList(\n"
    '    nn.Conv1d(..., padding="same") for width in widths)\n\n'
    "def forward(self, ids, mask):\n"
    "    x = self.embedding(ids) * mask[..., None]      # (B, J, M)\n    x = ...\n"
    "    pooled = [masked_pool(..., mask) for convolution in self.convolutions]\n"
    "    return self.linear(self.dropout(torch.cat(..., dim=...)))\n```",
]
TextCNN.built = (
    "Kim's sentence classifier of 2014 is yours, an `nn.Module` that reads sentences of any "
    "length. In the section on training it learns from real film reviews, and after that you look"
    " inside such a network."
)
