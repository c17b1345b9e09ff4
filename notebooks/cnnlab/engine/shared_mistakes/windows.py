"""Windows of a series, and around the positions of an image or a sentence."""

from __future__ import annotations

import numpy as np

from .family import Family

FULL_WINDOWS = Family()
"""What is made of each full window of a series x. f: a filter, or the length of the windows."""

AROUND_A_POSITION = Family()
"""Convolutions of X with filters F and, perhaps, biases b, windows around a position: of an image,
which has two axes of positions, or of a sentence, which has one (X has two axes, F three)."""


@FULL_WINDOWS.mistake(
    "one window too few",
    "The last window is missing: it ends on the last day. There are J−K+1 windows, not J−K, and "
    "neither a range nor a slice includes its end.",
)
def _(right, x, f=7):
    return right(x, f)[:-1]


@FULL_WINDOWS.mistake(
    "the first window is missing", "The first window starts with x[0], the lecture's x₁."
)
def _(right, x, f=7):
    return right(x, f)[1:]


@FULL_WINDOWS.mistake(
    "zeros beyond the edge",
    "You return as many as there are days, as if the days before the first were zeros. Leave out "
    "the K−1 windows that are not full.",
)
def _(right, x, f=7):
    right(x, f)
    K = getattr(f, "size", f)
    return right(np.concatenate([np.zeros(K - 1), x]), f)


@FULL_WINDOWS.mistake(
    "zeros beyond both edges",
    "Your windows start before the first day and end after the last one. Only windows that lie "
    "inside the series count.",
)
def _(right, x, f=7):
    right(x, f)
    edge = np.zeros(getattr(f, "size", f) - 1)
    return right(np.concatenate([edge, x, edge]), f)


@FULL_WINDOWS.mistake(
    "windows that run over the end",
    "You go on after the last full window, as if the days after the last were zeros. It starts "
    "K−1 days before the last: there are J−K+1 windows.",
)
def _(right, x, f=7):
    right(x, f)
    K = getattr(f, "size", f)
    return right(np.concatenate([x, np.zeros(K - 1)]), f)


@FULL_WINDOWS.mistake(
    "goes round from the end to the start",
    "Your last windows continue with the first days. Windows that do not fit are left out.",
)
def _(right, x, f=7):
    right(x, f)
    K = getattr(f, "size", f)
    return right(np.concatenate([x, x[: K - 1]]), f)


@FULL_WINDOWS.mistake(
    "windows that do not overlap",
    "Your next window starts where the last one ended. It should start one day later.",
)
def _(right, x, f=7):
    return right(x, f)[:: getattr(f, "size", f)].copy()


@FULL_WINDOWS.mistake(
    "the output runs backwards",
    "Your first entry is that of the last window: turn the order round.",
)
def _(right, x, f=7):
    return right(x, f)[::-1].copy()


@AROUND_A_POSITION.mistake(
    "the filter is flipped",
    "Your filter is turned round. In the formula its first weight meets the first place of the "
    "window, in an image the one at the upper left.",
)
def _(right, X, F, *args, **kwargs):
    places = 1 if X.ndim < F.ndim == 3 else 2
    return right(X, F[(slice(None, None, -1),) * places], *args, **kwargs)


@AROUND_A_POSITION.mistake(
    "only the full windows",
    "You leave out the positions whose window reaches over the edge. Put zeros around the input, "
    "so that the output is as large as it.",
)
def _(right, X, F, *args, **kwargs):
    H, places = right(X, F, *args, **kwargs), 1 if X.ndim < F.ndim == 3 else 2
    sizes = list(zip(X.shape, F.shape, strict=False))[:places]
    return H[tuple(slice((K - 1) // 2, max(J - K // 2, 0)) for J, K in sizes)]


@AROUND_A_POSITION.mistake(
    "the windows start at their position",
    "Your windows lie to the right of their position (in an image below it, too). Centre them: "
    "(K−1)//2 zeros before the input, K//2 after it.",
)
def _(right, X, F, *args, **kwargs):
    places = 1 if X.ndim < F.ndim == 3 else 2
    sizes = list(zip(X.shape, F.shape, strict=False))[:places]
    wide = np.pad(X, [(0, K) for _, K in sizes] + [(0, 0)] * (X.ndim - places))
    H = right(wide, F, *args, **kwargs)
    return H[tuple(slice((K - 1) // 2, (K - 1) // 2 + J) for J, K in sizes)]


@AROUND_A_POSITION.mistake(
    "the windows end at their position",
    "Your windows lie to the left of their position (in an image above it, too), as in lesson 01. "
    "There, the future was unknown; here the window lies around its position.",
)
def _(right, X, F, *args, **kwargs):
    places = 1 if X.ndim < F.ndim == 3 else 2
    sizes = list(zip(X.shape, F.shape, strict=False))[:places]
    wide = np.pad(X, [(K, 0) for _, K in sizes] + [(0, 0)] * (X.ndim - places))
    H = right(wide, F, *args, **kwargs)
    return H[tuple(slice(K - K // 2, K - K // 2 + J) for J, K in sizes)]


@AROUND_A_POSITION.mistake(
    "even filters lean the other way",
    "With an even K one side gets a zero more than the other. By the lecture's formula it is the "
    "side after the input (to the right and below): K//2 zeros after it, (K−1)//2 before it.",
)
def _(right, X, F, *args, **kwargs):
    places = 1 if X.ndim < F.ndim == 3 else 2
    sizes = list(zip(X.shape, F.shape, strict=False))[:places]
    wide = np.pad(X, [(1, 0)] * places + [(0, 0)] * (X.ndim - places))
    H = right(wide, F, *args, **kwargs)
    return H[tuple(slice(K % 2, K % 2 + J) for J, K in sizes)]


@AROUND_A_POSITION.mistake(
    "half the filter on both sides",
    "With an even K your output is larger than the input: K−1 zeros are needed in all, (K−1)//2 "
    "before it and K//2 after it.",
)
def _(right, X, F, *args, **kwargs):
    places = 1 if X.ndim < F.ndim == 3 else 2
    before = [(1 - K % 2, 0) for K in F.shape[:places]]
    return right(np.pad(X, before + [(0, 0)] * (X.ndim - places)), F, *args, **kwargs)


@AROUND_A_POSITION.mistake(
    "a negative index",
    "Before the first position your index is negative, and -1 is Python's last entry: windows come "
    "back in from the other side. Leave out what lies below 0, too, or put zeros around.",
)
def _(right, X, F, *args, **kwargs):
    places = 1 if X.ndim < F.ndim == 3 else 2
    before = [((K - 1) // 2, 0) for K in F.shape[:places]]
    H = right(np.pad(X, before + [(0, 0)] * (X.ndim - places), mode="wrap"), F, *args, **kwargs)
    return H[tuple(slice(n, None) for n, _ in before)]


@AROUND_A_POSITION.mistake(
    "goes round from one side to the other",
    "What leaves your input on one side comes in again on the other, as with np.roll. Outside "
    "the input x is zero: put zeros around it first.",
)
def _(right, X, F, *args, **kwargs):
    places = 1 if X.ndim < F.ndim == 3 else 2
    around = [((K - 1) // 2, K // 2) for K in F.shape[:places]]
    wide = np.pad(X, around + [(0, 0)] * (X.ndim - places), mode="wrap")
    H = right(wide, F, *args, **kwargs)
    sizes = zip(X.shape, around, strict=False)
    return H[tuple(slice(before, before + J) for J, (before, _) in sizes)]


@AROUND_A_POSITION.mistake(
    "edge values instead of zeros",
    "Beyond the edge you repeat the outermost values. Outside the input x is zero.",
)
def _(right, X, F, *args, **kwargs):
    places = 1 if X.ndim < F.ndim == 3 else 2
    sizes = list(zip(X.shape, F.shape, strict=False))[:places]
    around = [(K, K) for _, K in sizes] + [(0, 0)] * (X.ndim - places)
    H = right(np.pad(X, around, mode="edge"), F, *args, **kwargs)
    return H[tuple(slice(K, K + J) for J, K in sizes)]


@AROUND_A_POSITION.mistake(
    "products that overflow",
    "Input and filter are of type uint8, where 16·16 is 0. Convert first: X.astype(float).",
)
def _(right, X, F, *args, **kwargs):
    if X.dtype != np.uint8 or F.dtype != np.uint8:
        return right(X, F, *args, **kwargs)
    places = 1 if X.ndim < F.ndim == 3 else 2
    around = [((K - 1) // 2, K // 2) for K in F.shape[:places]]
    P = np.pad(X, around + [(0, 0)] * (X.ndim - places))
    H = 0.0
    for k in np.ndindex(F.shape[:places]):
        seen = P[tuple(slice(i, i + J) for i, J in zip(k, X.shape, strict=False))]
        if F.ndim == 2:
            H = H + seen * F[k]
        else:
            one = (seen[..., None] * F[k].reshape(X.shape[-1], -1)).sum(axis=-2, dtype=float)
            H = H + (one[..., 0] if F.ndim == X.ndim else one)
    b = args[0] if args else kwargs.get("b")
    return H if b is None else H + b
