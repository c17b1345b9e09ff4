"""The judge's own TextCNN: whether logits are what a network with these parameters answers.

It is computed here, from parameters and inputs that are data, and knows nothing of the process
in which the answer ran. Right answers differ in how many zeros stand around a sentence: from none,
full windows only, to width − 1 on either side. Any of these will do, for each sentence and each
width. And where logits are judged by a property, as that more padding changes nothing, a network
that is wrong in another respect may have it, too: other cases look at that. So all that follows
comes in several kinds, the right one first.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F

LAYOUTS: tuple[Callable, ...] = (lambda x: x.T, lambda x: x.reshape(x.shape[1], -1))
"""From embedded words (J, M) to what the filters see, (M, J)."""

ACTIVATIONS: tuple[Callable, ...] = (torch.relu, lambda h: h, torch.sigmoid, torch.tanh)


def _maxima(h: torch.Tensor, K: int, J: int) -> Iterator[torch.Tensor]:
    """Maximum over time, for each number of zeros before and after the words."""
    words = h.shape[1] - K - 1
    for before, after in itertools.product(range(K + 1), range(K + 1)):
        windows = h[:, K - before : words + 1 + after]
        if windows.shape[1]:
            yield windows.amax(1)


def _averages(h: torch.Tensor, K: int, J: int) -> Iterator[torch.Tensor]:
    """Mean over the words, and over all columns."""
    words = h.shape[1] - K - 1
    centred = h[:, K // 2 + 1 :][:, :words]
    yield centred.mean(1)
    yield centred.sum(1) / J


def _lasts(h: torch.Tensor, K: int, J: int) -> Iterator[torch.Tensor]:
    """The last column, which may be padding."""
    words = h.shape[1] - K - 1
    yield h[:, words + K // 2] * (words == J)


POOLINGS: tuple[Callable[[torch.Tensor, int, int], Iterator[torch.Tensor]], ...] = (
    _maxima,
    _averages,
    _lasts,
)
"""``pooling(h, K, J)`` yields features (N,) that a filter of width K may have in J columns.

h: its responses to the sentence with K zeros on either side, (N, words + K + 1).
"""

OUTPUTS: tuple[Callable, ...] = (
    lambda logits: logits,
    lambda logits: logits.softmax(-1),
    lambda logits: logits.log_softmax(-1),
)


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
    logits = logits.double().reshape(len(ids), -1)
    digits = {"rtol": 1e-6, "atol": 1e-8}
    if any(parameter.dtype == torch.float32 for parameter in parameters.values()):
        digits = {"rtol": 1e-4, "atol": 1e-5}
    parameters = {name: parameter.double() for name, parameter in parameters.items()}
    for kind in itertools.product(LAYOUTS, ACTIVATIONS, POOLINGS, OUTPUTS):
        rows: list[torch.Tensor] = []
        for row, sentence, words in zip(logits, ids, mask, strict=True):
            possible = _possible(sentence[words], len(words), parameters, *kind)
            nearest = possible[(possible - row).abs().amax(1).argmin()]
            if not torch.allclose(nearest, row, **digits):
                break
            rows.append(nearest)
        if len(rows) == len(ids):
            return torch.stack(rows)
    return None


def _possible(
    words: torch.Tensor,
    J: int,
    parameters: dict[str, torch.Tensor],
    layout: Callable,
    activation: Callable,
    pooling: Callable,
    output: Callable,
) -> torch.Tensor:
    """What networks of one kind may say of a sentence in J columns, each in a row of its own."""
    x = layout(parameters["embedding.weight"][words])
    weight, sums = parameters["linear.weight"], parameters["linear.bias"]
    count = sum(name.startswith("convolutions") for name in parameters) // 2
    heads = weight.chunk(count, dim=1)
    if weight.shape[1] == len(parameters["convolutions.0.bias"]):  # features are added up
        heads = [weight] * count
    for i, head in enumerate(heads):
        bank, bias = (parameters[f"convolutions.{i}.{part}"] for part in ("weight", "bias"))
        K = bank.shape[2]
        h = activation(F.conv1d(F.pad(x, (K, K))[None], bank, bias)[0])
        parts = torch.stack([*pooling(h, K, J)]) @ head.T
        sums = sums[..., None, :] + parts  # one more axis: which of this width's features
    return output(sums.reshape(-1, sums.shape[-1]))
