"""Biases, channels, activations, and the type of what a layer returns."""

from __future__ import annotations

import numpy as np

from .family import Family

WITH_A_BIAS = Family()
"""Layers of inputs X, weights F and biases b: a number, or one for each output."""

OVER_CHANNELS = Family()
"""Layers that sum over the channels of X, its last axis; F has them behind the window's axes."""

OF_A_BANK = Family()
"""Layers of N filters, whose outputs stand on the last axis."""

IN_A_LAYER = Family()
"""The same with an activation at the end."""

FOR_FLOATS = Family()
"""Results that are floats whatever the numbers are that come in, in the first argument."""


@WITH_A_BIAS.mistake("the bias is forgotten", "The bias is missing: add it to each sum.")
def _(right, X, F, b=None, *args, **kwargs):
    if b is None:
        return right(X, F, *[b] * bool(args), *args, **kwargs)
    return right(X, F, 0 * b, *args, **kwargs)


@WITH_A_BIAS.mistake(
    "the bias is added once per weight",
    "The bias is added inside the sum, so once for each weight. Add it once per output, outside "
    "the sum.",
)
def _(right, X, F, b=None, *args, **kwargs):
    if b is None:
        return right(X, F, *[b] * bool(args), *args, **kwargs)
    weights = len(F.reshape(-1)) // (len(b) if np.ndim(b) else 1)
    return right(X, F, b * weights, *args, **kwargs)


@WITH_A_BIAS.mistake("the bias is subtracted", "The bias is added to each sum, not taken away.")
def _(right, X, F, b=None, *args, **kwargs):
    if b is None:
        return right(X, F, *[b] * bool(args), *args, **kwargs)
    return right(X, F, -b, *args, **kwargs)


@WITH_A_BIAS.mistake(
    "a ReLU nobody asked for",
    "Numbers below 0 have become 0. Without an activation the sums are returned as they are.",
)
def _(right, X, F, *args, **kwargs):
    return right(X, F, *args, **kwargs).clip(0)


@OVER_CHANNELS.mistake(
    "the bias is added once per channel",
    "Each channel (each feature of a word) brings the bias along. Add it once, after the sum over "
    "all of them.",
)
def _(right, X, F, b=None, *args, **kwargs):
    if b is None:
        return right(X, F, *[b] * bool(args), *args, **kwargs)
    return right(X, F, b * X.shape[-1], *args, **kwargs)


@OVER_CHANNELS.mistake(
    "the windows in another order than the weights",
    "Your windows have their channels (a word's features) before the places of the window, as "
    "sliding_window_view gives them; the weights have them behind. Flatten both in one order.",
)
def _(right, X, F, *args, **kwargs):
    places = X.ndim - 1
    weights = F.reshape(X.shape[-1], *F.shape[:places], *F.shape[X.ndim :])
    return right(X, np.moveaxis(weights, 0, places), *args, **kwargs)


@OVER_CHANNELS.mistake(
    "the channels are padded, too",
    "np.pad with one number puts zeros around every axis, the channels (features) as well: each "
    "moves on, and the last ones are lost. Give a pair for each axis, (0, 0) for the last.",
)
def _(right, X, F, *args, **kwargs):
    places, bank = X.ndim - 1, F if F.ndim > X.ndim else F[..., None]
    moved = np.pad(X, F.shape[0] // 2)[..., : X.shape[-1], None]
    H = np.zeros((*X.shape[:places], bank.shape[-1]))
    for i in np.ndindex(X.shape[:places]):
        seen = moved[tuple(slice(j, j + K) for j, K in zip(i, F.shape, strict=False))]
        H[i] = (seen * bank).sum(axis=tuple(range(X.ndim)))
    itself = np.eye(H.shape[-1]).reshape(*[1] * places, H.shape[-1], -1)
    return right(H, itself if F.ndim > X.ndim else itself[..., 0], *args, **kwargs)


@OF_A_BANK.mistake(
    "reshape instead of transpose",
    "You had the filters on the first axis, and reshape (or view) only cuts the row of numbers "
    "anew: positions and filters get mixed up. Axes are moved by transpose, moveaxis or np.stack.",
)
def _(right, X, F, *args, **kwargs):
    H = right(X, F, *args, **kwargs)
    return np.moveaxis(H, -1, 0).reshape(H.shape)


@OF_A_BANK.mistake(
    "the filters as rows",
    "F.reshape(N, …) does not move the filters to the front, it cuts them to pieces: their axis is "
    "the last one of F. Axes are moved by transpose or moveaxis.",
)
def _(right, X, F, *args, **kwargs):
    N = F.shape[-1]
    return right(X, F.reshape(N, -1).T.reshape(F.shape), *args, **kwargs)


@IN_A_LAYER.mistake(
    "the bias comes after the activation",
    "The formula is g(b + Σ…): the bias belongs inside, before the nonlinearity.",
)
def _(right, X, F, b=None, *args, **kwargs):
    if b is None:
        return right(X, F, *[b] * bool(args), *args, **kwargs)
    return right(X, F, 0 * b, *args, **kwargs) + b


@IN_A_LAYER.mistake(
    "the activation is ignored",
    "The last step is missing: if activation is not None, return activation of the result.",
)
def _(right, X, F, *args, **kwargs):
    kwargs.pop("activation", None)
    return right(X, F, *(None if callable(a) else a for a in args), **kwargs)


@FOR_FLOATS.mistake(
    "keeps whole numbers",
    "The result has the type of the input, and whole numbers cut off fractions, now or later. Make "
    "it an array of floats: np.zeros(…), not np.zeros_like; or .astype(float).",
)
def _(right, X, /, *args, **kwargs):
    return right(X, *args, **kwargs).astype(X.dtype)


@FOR_FLOATS.mistake(
    "whole numbers throughout",
    "The result is made of whole numbers, whatever comes in. Make it an array of floats.",
)
def _(right, X, /, *args, **kwargs):
    return right(X, *args, **kwargs).astype(int)
