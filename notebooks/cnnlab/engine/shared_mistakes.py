"""Families of mistakes that people make in the same way in several exercises.

An exercise takes on a family after its own mistakes: ``AROUND_A_POSITION.belongs_to(conv2d)``.
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
        """Add all of them to the known mistakes of an exercise."""
        exercise.mistakes += self.mistakes


AROUND_A_POSITION = Family()
"""Convolutions of an image X with filters F and, perhaps, biases b; windows around a position."""

IN_A_LAYER = Family()
"""The same with an activation at the end."""


@AROUND_A_POSITION.mistake(
    "the filter is flipped",
    "Your filter lies upside down and left to right. In the formula the upper left weight meets "
    "the upper left pixel of the window.",
)
def _(right, X, F, *args, **kwargs):
    return right(X, F[::-1, ::-1], *args, **kwargs)


@AROUND_A_POSITION.mistake(
    "only the full windows",
    "You leave out the positions whose window reaches over the edge. Pad the image with zeros, "
    "so that the output is as large as the input.",
)
def _(right, X, F, *args, **kwargs):
    H, (J1, J2), (K1, K2) = right(X, F, *args, **kwargs), X.shape[:2], F.shape[:2]
    rows = slice((K1 - 1) // 2, max(J1 - K1 // 2, 0))
    return H[rows, (K2 - 1) // 2 : max(J2 - K2 // 2, 0)]


@AROUND_A_POSITION.mistake(
    "the windows start at their position",
    "Your windows lie to the right of and below their position. Centre them: (K−1)//2 zeros before "
    "the image, K//2 after it.",
)
def _(right, X, F, *args, **kwargs):
    (J1, J2), (K1, K2) = X.shape[:2], F.shape[:2]
    wide = np.pad(X, ((0, K1), (0, K2), (0, 0))[: X.ndim])
    top, left = (K1 - 1) // 2, (K2 - 1) // 2
    return right(wide, F, *args, **kwargs)[top : top + J1, left : left + J2]


@AROUND_A_POSITION.mistake(
    "the windows end at their position",
    "Your windows lie to the left of and above their position, as in lesson 01. There, the future "
    "was unknown; here the window lies around its position.",
)
def _(right, X, F, *args, **kwargs):
    (J1, J2), (K1, K2) = X.shape[:2], F.shape[:2]
    wide = np.pad(X, ((K1, 0), (K2, 0), (0, 0))[: X.ndim])
    top, left = K1 - K1 // 2, K2 - K2 // 2
    return right(wide, F, *args, **kwargs)[top : top + J1, left : left + J2]


@AROUND_A_POSITION.mistake(
    "even filters lean the other way",
    "With an even K one side gets a zero more than the other. By the lecture's formula that is the "
    "right and lower one: K//2 zeros after the image, (K−1)//2 before it.",
)
def _(right, X, F, *args, **kwargs):
    (J1, J2), (K1, K2) = X.shape[:2], F.shape[:2]
    wide = np.pad(X, ((1, 0), (1, 0), (0, 0))[: X.ndim])
    return right(wide, F, *args, **kwargs)[K1 % 2 :, K2 % 2 :][:J1, :J2]


@AROUND_A_POSITION.mistake("the bias is forgotten", "The bias b is missing: add it to each sum.")
def _(right, X, F, b=None, *args, **kwargs):
    if b is None and not args:
        return right(X, F, **kwargs)
    return right(X, F, None if b is None else 0 * b, *args, **kwargs)


@AROUND_A_POSITION.mistake(
    "products that overflow",
    "Image and filter are of type uint8, where 16·16 is 0. Convert first: X.astype(float).",
)
def _(right, X, F, *args, **kwargs):
    if X.dtype != np.uint8 or F.dtype != np.uint8:
        return right(X, F, *args, **kwargs)
    (K1, K2), rest = F.shape[:2], [(0, 0)] * (X.ndim - 2)
    P = np.pad(X, [((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), *rest])
    H = 0.0
    for k1 in range(K1):
        for k2 in range(K2):
            seen = P[k1 : k1 + X.shape[0], k2 : k2 + X.shape[1]]
            if F.ndim == 2:
                H = H + seen * F[k1, k2]
            else:
                one = seen[..., None] * F[k1, k2].reshape(X.shape[2], -1)
                one = one.sum(axis=2, dtype=float)
                H = H + (one if F.ndim == 4 else one[..., 0])
    b = args[0] if args else kwargs.get("b")
    return H if b is None else H + b


@IN_A_LAYER.mistake(
    "the bias comes after the activation",
    "The formula is g(b + Σ…): the bias belongs inside, before the nonlinearity.",
)
def _(right, X, F, b=None, activation=None):
    if b is None:
        return right(X, F, activation=activation)
    return right(X, F, 0 * b, activation) + b


@IN_A_LAYER.mistake(
    "the activation is ignored",
    "The last step is missing: if activation is not None, return activation(H).",
)
def _(right, X, F, b=None, activation=None):
    return right(X, F) if b is None else right(X, F, b)
