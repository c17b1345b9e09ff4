"""``text_conv1d``: one axis, many features."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from ..engine.drawing import frozen, sizes, strided
from ..engine.exercise import Case, case, exercise
from ..engine.shared_mistakes import AROUND_A_POSITION, OF_A_BANK, OVER_CHANNELS, WITH_A_BIAS
from ..engine.shown import number


@exercise(points=3, minutes=12, difficulty=3, importance=4)
def text_conv1d(X: np.ndarray, F: np.ndarray, b: np.ndarray | None = None) -> np.ndarray:
    """Convolve over words: every filter looks at K words, and all M features of each.

    $h_{j,n} = b_n + \\sum_{k=1}^K \\sum_{m=1}^M f_{k,m,n}\\, x_{j+k-\\lceil K/2\\rceil,\\,m}$,
    where x is zero before the first word and after the last one. So the window is
    centred on word j, and for even K it reaches one word further to the right.

    X: word embeddings, shape (J, M). F: filter bank, shape (K, M, N).
    b: biases, shape (N,); None means none.
    Returns float64, shape (J, N): N outputs for each word.
    Lecture 6, "CNNs in NLP"; the index as in "2-D convolution".
    """


@text_conv1d.oracle
def _text_conv1d(X, F, b=None):
    x, f = (torch.tensor(np.array(a, dtype=np.float64)) for a in (X, F))
    K = len(f)
    x = nn.functional.pad(x.T[None], ((K - 1) // 2, K // 2))
    bias = None if b is None else torch.tensor(np.array(b, dtype=np.float64))
    return nn.functional.conv1d(x, f.permute(2, 1, 0), bias)[0].T.contiguous().numpy()


@text_conv1d.cases
def _(rng: np.random.Generator) -> Iterator[Case]:
    M, N = sizes(rng, 2, 6, 2)
    J = int(rng.integers(8, 13))
    by_hand = np.array([[1.0, 2], [3, 0], [2, 3]])
    f = np.array([[[1.0], [0]], [[0], [10]], [[0.5], [0]]])
    yield case("three words of two features, one filter of three words", by_hand, f)
    yield case("random sizes", rng.normal(size=(J, M)), rng.normal(size=(5, M, N)))
    yield case(
        "with biases", rng.normal(size=(J, M)), rng.normal(size=(3, M, N)), rng.normal(size=N)
    )
    yield case(
        "an even filter, with biases",
        rng.normal(size=(J, M)),
        rng.normal(size=(4, M, N)),
        b=rng.normal(size=N),
    )
    yield case("a filter of two words", rng.normal(size=(5, M)), rng.normal(size=(2, M, N)))
    yield case("a filter of a single word", rng.normal(size=(7, M)), rng.normal(size=(1, M, N)))
    yield case(
        "a filter longer than the sentence", rng.normal(size=(3, M)), rng.normal(size=(5, M, N))
    )
    yield case(
        "whole numbers of type uint8",
        rng.integers(100, 256, (6, M)).astype(np.uint8),
        rng.integers(100, 256, (3, M, N)).astype(np.uint8),
    )
    yield case(
        "arrays that are not contiguous",
        strided(rng.normal(size=(7, M))),
        strided(rng.normal(size=(3, M, N))),
    )
    yield case(
        "arrays that may not be changed",
        frozen(rng.normal(size=(6, M))),
        frozen(rng.normal(size=(3, M, N))),
        frozen(rng.normal(size=N)),
    )


@text_conv1d.working
def _(index, X, F, b=None):
    j, n = index
    K = len(F)
    rows, total = [], 0.0 if b is None else float(b[n])
    for k in range(K):
        i = j + k - (K - 1) // 2
        if 0 <= i < len(X):
            value = float(np.dot(X[i].astype(float), F[k, :, n].astype(float)))
            total += value
            rows.append(f"X[{i}] · F[{k}, :, {n}] = {number(value)}")
        else:
            rows.append(f"X[{i}] lies outside the sentence: 0")
    bias = "" if b is None else f", plus the bias {number(float(b[n]))}"
    return "\n".join(rows) + f"\nadded up{bias}: {number(total)}"


text_conv1d.hints = [
    "For K = 3, which words does the filter see when it stands on word 0? How many "
    "zero rows do you "
    "need before the sentence, how many after it, so that there are J windows? And for K = 4?",
    "(K−1)//2 rows before, K//2 rows after. Then window j is `padded[j:j + K]`, of shape (K, M), "
    "and output (j, n) sums the K·M products with `F[:, :, n]`:\n\n```\n"
    "K = 3:  0 [the yellow house] 0     K = 4:  0 [the yellow house] 0 0\n```",
    "```python\nJ, (K, M, N) = len(X), F.shape\npadded = np.zeros(...)     # K − 1 rows more\n"
    "padded[...] = X\nH = np.zeros((J, N))\nfor j in range(J):\n    window = padded[...]\n"
    "    H[j] = ...             # np.einsum or np.tensordot sum over k and m\n"
    "return H if b is None else ...\n```",
]
text_conv1d.built = (
    'A filter bank that reads: `nn.Conv1d` with `padding="same"` gives the same numbers, with its'
    " axes in another order. You see both side by side next; the networks of this lesson have "
    "such layers inside."
)


@text_conv1d.mistake(
    "the bias is added once per word",
    "The bias is added inside the sum over k, so K times; once per output is right.",
)
def _(right, X, F, b=None):
    return right(X, F, None if b is None else b * len(F))


@text_conv1d.mistake(
    "features are not summed",
    "Only the first feature is used. The sum runs over all M features of each word, too.",
)
def _(right, X, F, b=None):
    return right(X[:, :1], F[:, :1], b)


@text_conv1d.mistake(
    "the filters are added up",
    "The N outputs of a word are one number. Filters stand side by side: F[:, :, n] "
    "makes column n.",
)
def _(right, X, F, b=None):
    return right(X, F, b).sum(axis=1)


@text_conv1d.mistake(
    "channels first",
    "You return (N, J), as torch would. The lecture puts words first: (J, N).",
)
def _(right, X, F, b=None):
    return right(X, F, b).T


@text_conv1d.mistake(
    "sums that overflow",
    "Both arrays are of type uint8, and so are your sums, which start again at 0 after 255. "
    "Convert first: X.astype(float).",
)
def _(right, X, F, b=None):
    if X.dtype != np.uint8:
        return right(X, F, b)
    K, N = len(F), F.shape[2]
    Z = np.pad(X, [((K - 1) // 2, K // 2), (0, 0)])
    H = [[(Z[j : j + K] * F[:, :, n]).sum(dtype=np.uint8) for n in range(N)] for j in range(len(X))]
    return np.array(H, dtype=float)


@text_conv1d.mistake(
    "the filter bank is read as torch keeps it",
    "You take F for (N, M, K), torch's order. Here it is (K, M, N): K words, M features, N "
    "filters.",
)
def _(right, X, F, b=None):
    return right(X, F.transpose(2, 1, 0), b)


AROUND_A_POSITION.belongs_to(text_conv1d)
WITH_A_BIAS.belongs_to(text_conv1d)
OVER_CHANNELS.belongs_to(text_conv1d)
OF_A_BANK.belongs_to(text_conv1d)
