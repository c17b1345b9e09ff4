"""``pad_batch``: sentences of one length, and a mask that remembers theirs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from ..engine.drawing import sizes
from ..engine.exercise import Case, case, exercise


@exercise(points=2, minutes=8, difficulty=2, importance=4, numpy_only=False)
def pad_batch(sequences: list[list[int]], min_length: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Put sentences of different lengths into one tensor, and say where words are.

    Each sequence stands at the left of its row; zeros fill the rest. The mask is True
    where the sequence has an entry, whatever the entry is, and False in the filling.

    sequences: B lists of ids. min_length: the least number of columns.
    Returns ids, int64, shape (B, J), and mask, bool, shape (B, J), where J is the length
    of the longest sequence, or min_length if that is more.
    Lecture 6, "CNNs in NLP"; padding as in lesson 01, now between sentences.
    """


@pad_batch.oracle
def _pad_batch(sequences, min_length=1):
    J = max(min_length, *(len(s) for s in sequences))
    ids = torch.tensor([[*s, *[0] * (J - len(s))] for s in sequences])
    mask = torch.arange(J) < torch.tensor([[len(s)] for s in sequences])
    return ids, mask


def _sequences(rng: np.random.Generator, low: int = 1) -> list[list[int]]:
    """Sequences of different lengths, the longest neither first nor last."""
    lengths = sorted(sizes(rng, 2, 11, int(rng.integers(4, 6))))
    lengths = [lengths[1], lengths[-1], *lengths[2:-1], lengths[0]]
    return [[int(i) for i in rng.integers(low, 99, J)] for J in lengths]


@pad_batch.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    yield case("three sentences, by hand", [[5, 3], [2, 4, 6, 8], [7]])
    yield case("room for a filter of 6 words", [[5, 3], [2, 4, 6], [7]], 6)
    yield case("random sentences", _sequences(rng))
    yield case("a min_length shorter than the sentences", _sequences(rng), 2)
    yield case("a longer min_length", _sequences(rng), min_length=int(rng.integers(13, 20)))
    with_zeros = _sequences(rng)
    with_zeros[1][-1] = with_zeros[2][0] = with_zeros[0][1] = 0
    yield case("an id 0 inside a sentence", with_zeros)
    yield case("a single sentence", [[int(i) for i in rng.integers(1, 99, 5)]])
    yield case("all equally long", rng.integers(1, 99, (4, 3)).tolist())


pad_batch.hints = [
    "How many columns does the batch need? In which columns of row b are words, and in which are "
    "none?",
    "Start with zeros everywhere and False everywhere, then write each row's beginning:\n\n```\n"
    "ids   5 3 0 0    mask  T T · ·\n      2 4 6 8          T T T T\n"
    "      7 0 0 0          T · · ·\n```",
    "```python\nJ = max(..., ...)\nids = torch.zeros(len(sequences), J, dtype=...)\n"
    "mask = torch.zeros(len(sequences), J, dtype=...)\n"
    "for b, sequence in enumerate(sequences):\n    ids[b, ...] = torch.tensor(...)\n"
    "    mask[b, ...] = True\nreturn ids, mask\n```",
]
pad_batch.built = (
    "A batch with straight edges, filled up as `torch.nn.utils.rnn.pad_sequence` does it, and a "
    "mask that knows where the words are. Each training step of this lesson begins with such a "
    "batch, and the mask will keep padding out of the pooling."
)


@pad_batch.mistake(
    "padded on the left", "The words of each row belong at its beginning, the zeros after them."
)
def _(right, sequences, min_length=1):
    ids, mask = right(sequences, min_length)
    for b, sequence in enumerate(sequences):
        shift = ids.shape[1] - len(sequence)
        ids[b], mask[b] = ids[b].roll(shift), mask[b].roll(shift)
    return ids, mask


@pad_batch.mistake(
    "the mask looks at the ids",
    "ids != 0 takes a word with id 0 for padding. Make the mask from the lengths.",
)
def _(right, sequences, min_length=1):
    ids, _ = right(sequences, min_length)
    return ids, ids != 0


@pad_batch.mistake(
    "min_length is ignored",
    "A filter of five words does not fit in a batch of three columns; min_length makes room.",
)
def _(right, sequences, min_length=1):
    return right(sequences)


@pad_batch.mistake(
    "always min_length columns",
    "J is the longer of the two: the longest sequence, or min_length. Longer "
    "sentences are not cut.",
)
def _(right, sequences, min_length=1):
    return right([s[:min_length] for s in sequences], min_length)


@pad_batch.mistake(
    "more columns than are needed",
    "There are as many columns as the longest sequence has, or min_length if that is more: nothing "
    "is added to either.",
)
def _(right, sequences, min_length=1):
    longest = max(len(s) for s in sequences)
    return right(sequences, longest + min_length)


@pad_batch.mistake(
    "the mask is turned round", "True means a word, False means padding; yours says the opposite."
)
def _(right, sequences, min_length=1):
    ids, mask = right(sequences, min_length)
    return ids, ~mask


@pad_batch.mistake(
    "a mask of numbers",
    "A mask is of type bool: dtype=torch.bool, or a comparison. Numbers 0 and 1 would be taken for "
    "positions when you index with them.",
)
def _(right, sequences, min_length=1):
    ids, mask = right(sequences, min_length)
    return ids, mask.long()


@pad_batch.mistake(
    "ids of the wrong type",
    "An embedding is looked up with whole numbers: torch.zeros makes float32 unless you say "
    "dtype=torch.long.",
)
def _(right, sequences, min_length=1):
    ids, mask = right(sequences, min_length)
    return ids.float(), mask


@pad_batch.mistake(
    "padded with <unk>", "The filling is <pad>, id 0. The id 1 stands for a word nobody knows."
)
def _(right, sequences, min_length=1):
    ids, mask = right(sequences, min_length)
    return ids.masked_fill(~mask, 1), mask


@pad_batch.mistake(
    "filled with the last token",
    "After a sentence you repeat its last id. The filling is <pad>, id 0.",
)
def _(right, sequences, min_length=1):
    ids, mask = right(sequences, min_length)
    return torch.where(mask, ids, torch.tensor([s[-1:] for s in sequences])), mask


@pad_batch.mistake(
    "the mask is True in the filling, too",
    "Your mask says that there are words everywhere. In each row it is True up to the length of "
    "its sequence, and False after that.",
)
def _(right, sequences, min_length=1):
    ids, mask = right(sequences, min_length)
    return ids, torch.ones_like(mask)
