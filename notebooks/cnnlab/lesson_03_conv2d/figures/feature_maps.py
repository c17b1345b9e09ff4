"""Channels, filter banks, and both in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...engine.figures import ORANGE, figure, plain, show
from ..conv2d_bank import conv2d_bank
from ..convolution import window
from .pictures import CREDIT, in_brackets, mark, minus, numbers, picture


def channels(photograph: np.ndarray, f: np.ndarray) -> None:
    """Draw the three colour channels of a photograph and what a filter over all of them finds.

    photograph: (J1, J2, 3), 0 to 255. f: filter, (K1, K2, 3).
    """
    image = photograph / 255
    h = np.maximum(conv2d_bank.reference(image, f[..., None])[..., 0], 0)
    with figure(columns=4, height=1.9, width=10) as (made, axes):
        for m, name in enumerate(("red", "green", "blue")):
            weights = minus(float(f[..., m].sum()))
            picture(axes[m], image[..., m], f"{name}, weights sum to {weights}")
        top = float(h.max())
        axes[3].imshow(h, cmap="gray", vmin=0, vmax=top)
        axes[3].set_title("one feature map", fontsize=10)
        axes[3].axis("off")
        i, j = np.unravel_index(int(np.argmax(h)), h.shape)
        parts = " + ".join(
            in_brackets(float(np.sum(window(image[..., m], *f.shape[:2], i, j) * f[..., m])))
            for m in range(3)
        )
        show(
            made,
            "The red, green and blue channel of the photograph in grey, and one feature map in "
            "which "
            "the orange roofs and red columns shine while sky and trees are dark.",
            f"Brightest output, at row {i}, column {j}: red + green + blue = {parts} = "
            f"{plain(top)}. "
            f"{CREDIT}",
        )


def bank(maps: np.ndarray, names: Sequence[str]) -> None:
    """Draw the feature maps of a filter bank. maps: (J1, J2, N)."""
    with figure(columns=len(names), height=1.9, width=10) as (made, axes):
        for n, name in enumerate(names):
            picture(axes[n], maps[..., n], f"{n}: {name}", signed=True)
        spread = "; ".join(
            f"{n}: {minus(float(maps[..., n].min()))} to {minus(float(maps[..., n].max()))}"
            for n in range(len(names))
        )
        show(
            made,
            f"{len(names)} feature maps of the photograph: {', '.join(names)}. Mid-grey is zero.",
            f"H has the shape {maps.shape}. Lowest and highest value of each map: {spread}. "
            f"{CREDIT}",
        )


def words(sentence: Sequence[str], width: int = 3, M: int = 4) -> None:
    """Draw a sentence as a matrix, words by embedding axes, with a filter's window on it."""
    E = np.random.default_rng(3).normal(size=(len(sentence), M)).round(1)
    f = np.random.default_rng(4).normal(size=(width, M)).round(1)
    with figure(columns=2, height=2.6, width_ratios=[M + 1.8, M + 0.2]) as (made, (left, right)):
        numbers(left, E, "X: a row per word, a column per channel", size=9)
        for j, word in enumerate(sentence):
            left.text(-0.7, j, word, ha="right", va="center")
        mark(left, 1, 0, width, M, ORANGE)
        left.set_xlim(-2.2, M - 0.4)
        numbers(right, f, "F: one filter", rows=len(sentence), size=9)
        mark(right, 0, 0, width, M, ORANGE)
        value = float(np.sum(E[1 : 1 + width] * f))
        show(
            made,
            f"The words {', '.join(sentence)} as rows of {M} numbers each, with a window around "
            f"the "
            f"third word that covers {width} words and all {M} numbers; beside it a filter of the "
            "same shape.",
            f"The window around “{sentence[2]}” holds {width}·{M} = {width * M} numbers. Their "
            f"products "
            f"with the filter add up to {minus(value)}: one number for this word. (Invented "
            "embeddings; real ones have some hundred axes.)",
        )
