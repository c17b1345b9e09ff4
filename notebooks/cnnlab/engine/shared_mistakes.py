"""Families of mistakes that people make in the same way in several exercises.

An exercise takes on a family after its own mistakes: ``AROUND_A_POSITION.belongs_to(conv2d)``.
Where it has a mistake of the same name, its own words go first.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .exercise import Exercise, Mistake


class Family:
    """Known mistakes without an exercise, declared as an exercise declares its own."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def mistake(self, name: str, advice: str) -> Callable:
        """Declare a wrong answer that people really give."""

        def declare(function: Callable) -> Callable:
            self.mistakes.append(Mistake(name, advice, function))
            return function

        return declare

    def belongs_to(self, exercise: Exercise) -> None:
        """Add them to the known mistakes of an exercise."""
        own = {mistake.name for mistake in exercise.mistakes}
        exercise.mistakes += [m for m in self.mistakes if m.name not in own]


FULL_WINDOWS = Family()
"""What is made of each full window of a series x. f: a filter, or the length of the windows."""

AROUND_A_POSITION = Family()
"""Convolutions of X with filters F and, perhaps, biases b, windows around a position: of an image,
which has two axes of positions, or of a sentence, which has one (X has two axes, F three)."""

WITH_A_BIAS = Family()
"""Layers of inputs X, weights F and biases b: a number, or one for each output."""

IN_A_LAYER = Family()
"""The same with an activation at the end."""

FOR_FLOATS = Family()
"""Results that are floats whatever the numbers are that come in, in the first argument."""

LOGITS = Family()
"""Models that return logits, the classes on the last axis."""

FOR_BATCHES = Family()
"""Models that are asked for a batch of one, too."""

IN_THE_GRAPH = Family()
"""Functions of tensors through which gradients flow."""


@FULL_WINDOWS.mistake(
    "one window too few",
    "The last window is missing: it ends on the last day. There are J−K+1 windows, not J−K; "
    "range(n) stops before n.",
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
    "With an even K one side gets a zero more than the other. By the lecture's formula that is the "
    "right (and lower) one: K//2 zeros after the input, (K−1)//2 before it.",
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


@LOGITS.mistake(
    "a softmax at the end",
    "You return probabilities. Logits are asked for, the output of the last linear layer: "
    "nn.CrossEntropyLoss applies the softmax itself.",
)
def _(right, *args, **kwargs):
    model = right(*args, **kwargs)
    forward = model.forward
    model.forward = lambda *inputs: forward(*inputs).softmax(-1)
    return model


@FOR_BATCHES.mistake(
    "a batch of one loses its axis",
    "For a single example the first axis is gone. squeeze() takes away every axis of length one: "
    "leave it out, or say which axis is meant.",
)
def _(right, *args, **kwargs):
    model = right(*args, **kwargs)
    forward = model.forward
    model.forward = lambda *inputs: forward(*inputs).squeeze(0)
    return model


@IN_THE_GRAPH.mistake(
    "cut off from the graph",
    "The numbers are right, but gradients no longer flow: detach, .data, .numpy(), .item() and "
    "no_grad cut the graph.",
)
def _(right, *args, **kwargs):
    return right(*args, **kwargs).detach()
