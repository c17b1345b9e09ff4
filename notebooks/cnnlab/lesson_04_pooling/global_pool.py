"""``global_pool``: one number per feature, however long the sentence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case, exercise
from ..engine.shown import number


@exercise(points=2, minutes=5, difficulty=1, importance=3)
def global_pool(h: np.ndarray, how: str) -> np.ndarray:
    """Pool a whole sequence into one vector: a single cell, as long as the input.

    how "avg": $\\frac1J\\sum_j \\mathbf h_j$; "max": each feature's largest value,
    $\\max_j h_{j,n}$.

    h: features of each position, shape (J, N), J ≥ 1.
    Returns float64, shape (N,), whatever J is.
    Raises ValueError, with a sentence, for any other ``how``.
    Lecture 6, "Pooling in NLP".
    """


@global_pool.oracle
def _(h, how):
    features = torch.tensor(np.array(h, dtype=np.float64)).T[None]  # (batch 1, N, J)
    if how == "max":
        return F.adaptive_max_pool1d(features, 1)[0, :, 0].numpy()
    if how == "avg":
        return F.adaptive_avg_pool1d(features, 1)[0, :, 0].numpy()
    raise ValueError(f"there is no pooling called {how!r}: how is 'max' or 'avg'")


@global_pool.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    J, N = sizes(rng, 3, 9, 2)
    by_hand = np.array([[1.0, -2.0], [4.0, -1.0], [1.0, -6.0]])
    yield case("three words, two features: maximum", by_hand, "max")
    yield case("three words, two features: average", by_hand, "avg")
    for how in ("max", "avg"):
        yield case(f"random sizes, {how}", rng.normal(size=(J, N)), how)
    yield case("nothing but negative numbers, max", -1 - rng.random((N, J)), "max")
    yield case("a single word, avg", rng.normal(size=(1, 4)), "avg")
    yield case("whole numbers, max", rng.integers(1, 50, (5, 3)), "max")
    yield case(
        "whole numbers, avg", rng.integers(1, 50, (6, 3)) * 6 + 1 + np.eye(6, 3, dtype=int), "avg"
    )
    yield case("type uint8, avg", rng.integers(150, 256, (7, 2)).astype(np.uint8), "avg")
    yield case("an array that is not contiguous", strided(rng.normal(size=(4, 6))), "max")
    yield case("an array that may not be changed", frozen(rng.normal(size=(5, 2))), "avg")
    yield Case("a word that is neither", (rng.normal(size=(4, 3)), "mean"), raises=True)


@global_pool.working
def _(index, h, how):
    (n,) = index
    values = [number(float(v)) for v in h[:, n]]
    if how == "max":
        return (
            f"feature {n} is h[:, {n}]\nmax({', '.join(values)}) = {number(float(h[:, n].max()))}"
        )
    return (
        f"feature {n} is h[:, {n}]\n"
        f"({' + '.join(values)}) / {len(values)} = {number(float(h[:, n].mean()))}"
    )


global_pool.hints = [
    "A sentence of J words comes in. Which axis has to disappear, the words or the features?",
    "h is a table with a row per word and a column per feature. Walk down each column:\n\n"
    "```\n          feature 0  feature 1\nword 0        1         -2\nword 1        4         -1\n"
    "word 2        1         -6\n          ─────────  ─────────\nmax           4         -1\n```",
    '```python\nif how == "max":\n    out = ...      # NumPy\'s max along one axis\n'
    'elif how == "avg":\n    out = ...\nelse:\n    raise ValueError(...)\n'
    "return out.astype(float)\n```",
]
global_pool.built = (
    "A sequence of any length becomes a vector of fixed length, as with `nn.AdaptiveMaxPool1d(1)`"
    " and `nn.AdaptiveAvgPool1d(1)`. Lesson 6 needs that to tell friendly film reviews from "
    "unfriendly ones."
)


@global_pool.mistake(
    "pools over the features",
    "You have one value per position. Global pooling has one value per feature: it runs over the "
    "positions, axis 0.",
    symptom=True,
)
def _(right, h, how):
    return right(h.T, how)


@global_pool.mistake(
    "how is ignored",
    "You return the maximum whatever `how` says.",
)
def _(right, h, how):
    right(h, how)
    return right(h, "max")


@global_pool.mistake(
    "maximum and average are swapped",
    "You average for “max” and take the maximum for “avg”.",
)
def _(right, h, how):
    right(h, how)
    return right(h, "avg" if how == "max" else "max")


@global_pool.mistake(
    "one number for everything",
    "You pool over all entries at once. Each feature keeps a value of its own: give NumPy an axis.",
    symptom=True,
)
def _(right, h, how):
    right(h, how)
    return np.float64(h.max() if how == "max" else h.mean())


@global_pool.mistake(
    "a sum instead of a mean", "For “avg” you add up. Divide by J, the number of positions."
)
def _(right, h, how):
    return right(h, how) * (len(h) if how == "avg" else 1)


@global_pool.mistake(
    "divides by the number of features",
    "The sum over J positions is divided by N. The average divides by J, the number of positions.",
)
def _(right, h, how):
    out = right(h, how)
    return out * h.shape[0] / h.shape[1] if how == "avg" else out


@global_pool.mistake(
    "zero wins over negative numbers",
    "A feature that is negative at every position becomes 0. Start the search with the first "
    "value, not with 0.",
)
def _(right, h, how):
    out = right(h, how)
    return np.maximum(out, 0) if how == "max" else out


@global_pool.mistake(
    "an unknown word passes silently",
    "Yours takes a `how` that is neither “max” nor “avg”. A typing error would go unnoticed: raise "
    "a ValueError.",
)
def _(right, h, how):
    return right(h, "max" if how == "max" else "avg")


@global_pool.mistake(
    "the positions stay as an axis of length 1",
    "Your result has the shape (1, N): keepdims leaves the pooled axis there. Asked for is (N,).",
)
def _(right, h, how):
    return right(h, how)[None]


@global_pool.mistake(
    "keeps the type of h",
    "The result has the type of the input, so whole numbers come back as whole numbers, and "
    "averages lose their fractions. Finish with .astype(float).",
)
def _(right, h, how):
    return right(h, how).astype(h.dtype)


@global_pool.mistake(
    "one position for all features",
    "You choose a position and return its row. Each feature has its maximum at a position of its "
    "own: h.max(axis=0).",
)
def _(right, h, how):
    out = right(h, how)
    return h[h.sum(axis=1).argmax()].astype(float) if how == "max" else out
