"""Why did it decide so? A TextCNN's decision, taken apart into n-grams and words: lesson 06."""

from __future__ import annotations

import dataclasses
from html import escape

import numpy as np
import torch
from torch import nn

from ..engine.output import put
from .encode import encode
from .reviews import Trained


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What one n-gram said: the filters whose maximum it is, together.

    start: the n-gram's first word, from 0. tokens: its words. share: how much it raises the
    logit of "positive" above that of "negative".
    """

    start: int
    tokens: tuple[str, ...]
    share: float


def explain(trained: Trained, tokens: list[str]) -> tuple[float, list[Evidence]]:
    """The probability that a sentence is positive, and each n-gram's part in it.

    Behind max pooling the two logits differ by a sum over all filters, and each filter's
    term comes from the one window where it fires most. So the sum can be taken apart.
    The shares and the bias of the linear layer add up to the whole difference.
    """
    model = trained.model.eval()
    with torch.no_grad():
        ids = torch.tensor(
            encode.reference(tokens, trained.vocabulary), device=model.linear.weight.device
        )
        x = model.embedding(ids).T[None]
        weights = (model.linear.weight[1] - model.linear.weight[0]).split(
            [len(c.bias) for c in model.convolutions]
        )
        shares: dict[tuple[int, int], float] = {}
        for convolution, weight in zip(model.convolutions, weights, strict=True):
            (K,) = convolution.kernel_size
            left = (K - 1) // 2
            h = torch.relu(convolution(nn.functional.pad(x, (left, K // 2))))[0]
            best, places = h.max(dim=1)
            for share, place in zip((best * weight).tolist(), places.tolist(), strict=True):
                window = max(place - left, 0), min(place - left + K, len(tokens))
                if share:
                    shares[window] = shares.get(window, 0.0) + share
    evidence = [Evidence(a, tuple(tokens[a:b]), share) for (a, b), share in shares.items()]
    probability = float(trained.positive([tokens])[0])
    return probability, sorted(evidence, key=lambda e: -abs(e.share))


_POSITIVE = "text-decoration:underline solid 3px #0072B2;text-underline-offset:4px"
_NEGATIVE = "text-decoration:underline dotted 4px #D55E00;text-underline-offset:4px"


def spoken(tokens: list[str], evidence: list[Evidence]) -> np.ndarray:
    """Each word's part: an n-gram's share is divided among its words, shape (J,)."""
    parts = np.zeros(len(tokens))
    for e in evidence:
        parts[e.start : e.start + len(e.tokens)] += e.share / len(e.tokens)
    return parts


def highlighted(tokens: list[str], parts: np.ndarray) -> str:
    """HTML in which words that speak for positive or negative are underlined."""
    most = max(float(np.abs(parts).max(initial=0.0)), 1e-9)
    out = []
    for token, part in zip(tokens, parts, strict=True):
        strength = abs(part) / most
        look = (_POSITIVE if part > 0 else _NEGATIVE) if strength > 0.15 else ""
        weight = ";font-weight:bold" if strength > 0.5 else ""
        out.append(f"<span style='{look}{weight}'>{escape(token)}</span>")
    return " ".join(out)


def _mark(part: float) -> str:
    return "+" if part > 0 else "−"


def show_evidence(trained: Trained, sentences: list[list[str]], labels: np.ndarray) -> None:
    """Show sentences with the words underlined that spoke for either class."""
    rows, texts = [], []
    for tokens, label in zip(sentences, labels, strict=True):
        probability, evidence = explain(trained, tokens)
        truth = "positive" if label else "negative"
        verdict = "right" if (probability > 0.5) == bool(label) else "wrong"
        said = f"{probability:.0%} positive; really {truth}: {verdict}"
        parts = spoken(tokens, evidence)
        rows.append(
            f"<p style='margin:.6em 0;max-width:52em;line-height:1.8'>"
            f"{highlighted(tokens, parts)}<br><small>{said}</small></p>"
        )
        strong = ", ".join(f"{_mark(e.share)} {' '.join(e.tokens)}" for e in evidence[:3])
        texts.append(f"{' '.join(tokens)}\n    {said}; {strong}")
    key = (
        f"<p><span style='{_POSITIVE}'>solid line</span>: spoke for positive; "
        f"<span style='{_NEGATIVE}'>dotted line</span>: spoke for negative; bold: strongly</p>"
    )
    put({"text/plain": "\n".join(texts), "text/html": key + "".join(rows)})
