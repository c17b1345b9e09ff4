"""What the exercises on sentences share: two special tokens, made-up words, masks."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch

PAD, UNK = "<pad>", "<unk>"
"""The tokens with ids 0 and 1: filling after a sentence's end, and a word never seen."""


def made_up(rng: np.random.Generator, count: int) -> list[str]:
    """Different made-up words, such as "bonu" and "Rimika"."""
    words: list[str] = []
    while len(words) < count:
        parts = [rng.choice(list("bdfgklmnprst")) + rng.choice(list("aeiou")) for _ in range(3)]
        word = "".join(parts[: rng.integers(2, 4)])
        word = word.capitalize() if rng.random() < 0.3 else word
        words += [word] if word not in words else []
    return [str(word) for word in words]


def mask_of(lengths: Iterable[int], J: int) -> torch.Tensor:
    """True where there is a word: (B, J) for sentences of these lengths."""
    return torch.arange(J) < torch.tensor(list(lengths))[:, None]
