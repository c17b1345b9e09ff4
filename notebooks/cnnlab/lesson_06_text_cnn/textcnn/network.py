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
"""None of them falls, so the maximum may be taken before."""


def _outputs(logits: torch.Tensor) -> Iterator[Callable]:
    """What may have been made of logits, as far as it is to be seen in them."""
    yield lambda sums: sums
    one = torch.ones(len(logits)).to(logits)
    if torch.allclose(logits.sum(1), one, atol=1e-4):
        yield lambda sums: sums.softmax(-1)
    if torch.allclose(logits.exp().sum(1), one, atol=1e-4):
        yield lambda sums: sums.log_softmax(-1)


def _maxima(h: torch.Tensor, K: int) -> torch.Tensor:
    """Maxima over time, one for each number of zeros before and after the words."""
    words = h.shape[1] - K - 1
    ranges = itertools.product(range(K + 1), range(K + 1))
    windows = [h[:, K - before : words + 1 + after] for before, after in ranges]
    return torch.stack([w.amax(1) for w in windows if w.shape[1]])


def _others(h: torch.Tensor, K: int, J: int) -> Iterator[torch.Tensor]:
    """Mean over the words, mean over all columns, and the last column, which may be padding."""
    words = h.shape[1] - K - 1
    centred = h[:, K // 2 + 1 :][:, :words]
    yield centred.mean(1)[None]
    yield centred.sum(1)[None] / J
    yield centred[:, -1][None] * (words == J)


def _pooled(
    responses: list[torch.Tensor], widths: list[int], J: int
) -> Iterator[list[torch.Tensor]]:
    """For each kind of activation and pooling, and each width: features that there may be, (C, N).

    responses: of each width's filters to the sentence with K zeros on either side, (N, words+K+1).
    """
    pairs = list(zip(responses, widths, strict=True))
    maxima = [_maxima(h, K) for h, K in pairs]
    for activation in ACTIVATIONS:
        yield [activation(m) for m in maxima]
    for activation in ACTIVATIONS:
        yield from map(list, zip(*(_others(activation(h), K, J) for h, K in pairs), strict=True))


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
    outputs = [*_outputs(logits)]
    every = [
        _possible(sentence[words], len(words), parameters, outputs)
        for sentence, words in zip(ids, mask, strict=True)
    ]
    for possible in zip(*every, strict=True):  # of one kind, for each sentence
        rows: list[torch.Tensor] = []
        for row, candidates in zip(logits, possible, strict=True):
            nearest = candidates[(candidates - row).abs().amax(1).argmin()]
            if not torch.allclose(nearest, row, **digits):
                break
            rows.append(nearest)
        if len(rows) == len(ids):
            return torch.stack(rows)
    return None


def _possible(
    words: torch.Tensor, J: int, parameters: dict[str, torch.Tensor], outputs: list[Callable]
) -> Iterator[torch.Tensor]:
    """For each kind of network, what it may say of a sentence in J columns, (C, classes)."""
    weight, bias = parameters["linear.weight"], parameters["linear.bias"]
    count = sum(name.startswith("convolutions") for name in parameters) // 2
    banks = [parameters[f"convolutions.{i}.weight"] for i in range(count)]
    biases = [parameters[f"convolutions.{i}.bias"] for i in range(count)]
    heads = weight.chunk(count, dim=1)
    if weight.shape[1] == len(biases[0]):  # features are added up
        heads = [weight] * count
    widths = [bank.shape[2] for bank in banks]
    for layout in LAYOUTS:
        x = layout(parameters["embedding.weight"][words])
        responses = [
            F.conv1d(F.pad(x, (K, K))[None], bank, b)[0]
            for bank, b, K in zip(banks, biases, widths, strict=True)
        ]
        for features in _pooled(responses, widths, J):
            sums = bias
            for part, head in zip(features, heads, strict=True):
                sums = sums[..., None, :] + part @ head.T  # one more axis: which of its features
            sums = sums.reshape(-1, sums.shape[-1])
            yield from (output(sums) for output in outputs)
