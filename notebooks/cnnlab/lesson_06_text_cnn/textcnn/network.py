"""The judge's own TextCNN: whether logits are what a network with these parameters answers.

It is computed here, from parameters and inputs that are data, and knows nothing of the process
in which the answer ran. Right answers differ in how many zeros stand around a sentence: from none,
full windows only, to width − 1 on either side. Any of these will do, for each sentence and each
width. And where logits are judged by a property, as that more padding changes nothing, a network
that is wrong in another respect may have it, too: with another nonlinearity, or another pooling.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F

ACTIVATIONS: tuple[Callable, ...] = (torch.relu, lambda h: h, torch.sigmoid, torch.tanh)
"""The right one first."""


def _maxima(h: torch.Tensor, K: int, J: int) -> Iterator[torch.Tensor]:
    """Maximum over time, for each number of zeros before and after the words; the right pooling."""
    words = h.shape[1] - K + 1
    for before, after in itertools.product(range(K), range(K)):
        windows = h[:, K - 1 - before : words + after]
        if windows.shape[1]:
            yield windows.amax(1)


def _averages(h: torch.Tensor, K: int, J: int) -> Iterator[torch.Tensor]:
    """Mean over the words, and over all columns."""
    centred = h[:, K // 2 : h.shape[1] - (K - 1) // 2]
    yield centred.mean(1)
    yield centred.sum(1) / J


def _lasts(h: torch.Tensor, K: int, J: int) -> Iterator[torch.Tensor]:
    """The last column, which may be padding."""
    words = h.shape[1] - K + 1
    yield h[:, words - 1 + K // 2] * (words == J)


POOLINGS: tuple[Callable[[torch.Tensor, int, int], Iterator[torch.Tensor]], ...] = (
    _maxima,
    _averages,
    _lasts,
)
"""``pooling(h, K, J)`` yields features (N,) that a filter of width K may have in J columns.

h: its responses to all windows that hold a word, (N, words + K − 1).
"""


def shapes(V: int, M: int, widths=(3, 4, 5), filters=100, classes=2, **more) -> dict[str, list]:
    """The shape of each parameter, by name."""
    found = {"embedding.weight": [V, M]}
    for i, K in enumerate(widths):
        found |= {f"convolutions.{i}.weight": [filters, M, K], f"convolutions.{i}.bias": [filters]}
    linear = {"linear.weight": [classes, filters * len(widths)], "linear.bias": [classes]}
    return found | linear


def network(
    logits: torch.Tensor, parameters: dict[str, torch.Tensor], ids: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor | None:
    """The same logits, (B, classes), as a network with these parameters gives them, in its graph.

    They are computed in float64, and those of a model of float32 compared with less digits.
    None: no network of this kind gives them.
    """
    for activation, pooling in itertools.product(ACTIVATIONS, POOLINGS):
        rows: list[torch.Tensor] = []
        for row, sentence, words in zip(logits, ids, mask, strict=True):
            found = _row(row, sentence[words], len(words), parameters, activation, pooling)
            if found is None:
                break
            rows.append(found)
        if len(rows) == len(logits):
            return torch.stack(rows)
    return None


def _row(
    row: torch.Tensor,
    words: torch.Tensor,
    J: int,
    parameters: dict[str, torch.Tensor],
    activation: Callable,
    pooling: Callable,
) -> torch.Tensor | None:
    """The logits of one sentence, if features that its filters may have lead to them."""
    parameters = {name: parameter.double() for name, parameter in parameters.items()}
    x = parameters["embedding.weight"][words].T
    count = sum(name.startswith("convolutions") for name in parameters) // 2
    heads = parameters["linear.weight"].chunk(count, dim=1)
    sums = parameters["linear.bias"]
    for i, head in enumerate(heads):
        bank, bias = (parameters[f"convolutions.{i}.{part}"] for part in ("weight", "bias"))
        K = bank.shape[2]
        h = activation(F.conv1d(F.pad(x, (K - 1, K - 1))[None], bank, bias)[0])
        parts = torch.stack([*pooling(h, K, J)]) @ head.T
        sums = sums[..., None, :] + parts  # one more axis: which of this width's features
    sums = sums.reshape(-1, sums.shape[-1])
    rtol, atol = (1e-6, 1e-8) if row.dtype == torch.float64 else (1e-4, 1e-5)
    fits = torch.isclose(sums, row.double(), rtol=rtol, atol=atol).all(1)
    return sums[fits][0] if fits.any() else None
