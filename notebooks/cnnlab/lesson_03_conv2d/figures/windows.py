"""Pixels, the lecture's example, and a window that moves over the photograph."""

from __future__ import annotations

import ipywidgets as ipw
import numpy as np
from matplotlib.patches import Rectangle

from ...engine.figures import ORANGE, choice, figure, plain, show, slider, typed
from ...engine.shown import number
from ...engine.vector import BLACK, WHITE
from ..conv2d import conv2d
from ..convolution import products, window
from ..lecture import EXAMPLE, EXAMPLE_FILTER, EXAMPLE_KNOWN
from .pictures import CREDIT, FILTERS, grey, in_brackets, mark, minus, numbers, picture


def pixels(photograph: np.ndarray, row: int, column: int, size: int = 8) -> None:
    """Draw a photograph, and the brightness of a few of its pixels as numbers.

    photograph: (J1, J2, 3), 0 to 255. row, column: upper left pixel of the cut-out.
    """
    brightness = np.rint(photograph.mean(axis=2))
    cut = brightness[row : row + size, column : column + size]
    with figure(columns=2, height=3.1, width_ratios=[1.5, 1]) as (made, (left, right)):
        picture(left, photograph)
        mark(left, row, column, size, size, ORANGE)
        right.imshow(cut, cmap="gray", vmin=0, vmax=255)
        for (i, j), v in np.ndenumerate(cut):
            right.text(
                j,
                i,
                number(v),
                ha="center",
                va="center",
                fontsize=7.5,
                color=WHITE if v < 120 else BLACK,
            )
        right.set_title(f"brightness of {size}×{size} of its pixels", fontsize=10)
        right.axis("off")
        J1, J2, M = photograph.shape
        show(
            made,
            "A photograph of a pavilion above a lake with a small frame at a roof's edge, and the "
            f"{size}×{size} pixels in the frame as grey squares with their brightness.",
            f"{J1} rows · {J2} columns · {M} colours = {photograph.size} numbers. The frame, "
            f"enlarged "
            f"on the right, holds brightness from {number(cut.min())} to {number(cut.max())}. "
            f"{CREDIT}",
        )


def example_window(row: int, column: int) -> None:
    """Draw the lecture's example with the window of one position, counted from 0.

    The products are written out. The sum only where the lecture gives it: the
    others are an exercise.
    """
    known = np.full((4, 4), np.nan)
    for place, value in EXAMPLE_KNOWN.items():
        known[place] = value
    seen = window(EXAMPLE, 3, 3, row, column)
    with figure(columns=3, height=3.1, width_ratios=[6.2, 3.2, 4.2]) as (made, axes):
        numbers(axes[0], np.pad(EXAMPLE, 1).astype(float), "input, in its zero padding")
        axes[0].add_patch(Rectangle((0.5, 0.5), 4, 4, fc="none", ec="0.3", lw=1.5, zorder=4))
        mark(axes[0], row, column, 3, 3, ORANGE)
        axes[0].plot(column + 1, row + 1, "o", ms=17, mfc="none", mec=ORANGE, mew=1.5, zorder=5)
        numbers(axes[1], EXAMPLE_FILTER.astype(float), "filter", rows=6)
        mark(axes[1], 0, 0, 3, 3, ORANGE)
        numbers(axes[2], known, "output", rows=6)
        mark(axes[2], row, column, 1, 1, ORANGE)
        total = EXAMPLE_KNOWN.get((row, column))
        result = f"{total}, as in the lecture" if total else "?"
        show(
            made,
            f"The 4×4 input inside a ring of zeros, with the 3×3 window around row {row + 1}, "
            f"column {column + 1} framed; the filter; the output with 16, 26, 5 and question "
            f"marks.",
            f"Row {row + 1}, column {column + 1} (in code [{row}, {column}]): "
            f"{products(seen, EXAMPLE_FILTER)} = {result}. Products with a zero of the window are "
            "left out.",
        )


def example_windows() -> ipw.interactive:
    """Move the window over the lecture's example; controls are row and column, from 1."""
    return ipw.interactive(
        lambda row, column: example_window(row - 1, column - 1),
        row=slider("row", 2, 1, 4),
        column=slider("column", 3, 1, 4),
    )


_OWN = "my own, typed below"


def _own_filter(text: str) -> np.ndarray:
    """A matrix typed as rows, such as "0 1 0; 1 -4 1; 0 1 0"."""
    try:
        rows = [[float(v) for v in row.replace(",", " ").split()] for row in text.split(";")]
        f = np.array(rows)
    except ValueError:
        f = np.array(0)
    if f.ndim != 2 or not f.size or max(f.shape) > 9:
        raise ValueError(
            f"“{text}” is no filter: type rows of numbers, all equally long (at most 9), with "
            "semicolons between them, such as 0 1 0; 1 -4 1; 0 1 0"
        )
    return f


def _draw_window(brightness: np.ndarray, row: int, column: int, kind: str, f: np.ndarray) -> None:
    """The photograph, the window at a position, the filter, and the feature map."""
    K1, K2 = f.shape
    h = conv2d.reference(brightness, f)
    seen = window(brightness, K1, K2, row, column)
    signed = bool((f < 0).any())
    few = f.size <= 9
    with figure(columns=4, height=2.4, width=10, width_ratios=[5, 2.4, 2.4, 5], layout="none") as (
        made,
        axes,
    ):
        # Set by hand, since a widget must be quick.
        made.subplots_adjust(left=0.01, right=0.99, top=0.9, bottom=0.01, wspace=0.07)
        picture(axes[0], brightness, "brightness, 0 to 1")
        top, left = row - (K1 - 1) // 2, column - (K2 - 1) // 2
        reach = 6  # the window itself is tiny, so frame more around it
        mark(axes[0], top - reach, left - reach, K1 + 2 * reach, K2 + 2 * reach, ORANGE)
        axes[0].plot(column, row, "+", color=ORANGE, ms=7)
        axes[0].set(xlim=(-0.5, brightness.shape[1] - 0.5), ylim=(brightness.shape[0] - 0.5, -0.5))
        numbers(axes[1], seen, "window", size=9 if few else 6)
        numbers(axes[2], f, "filter", size=9 if few else 6)
        picture(axes[3], h if signed else np.clip(h, 0, 1), "feature map", signed)
        axes[3].plot(column, row, "s", mfc="none", mec=ORANGE, mew=2, ms=9)
        value = float(h[row, column])
        pairs = [(v, w) for v, w in zip(seen.ravel(), f.ravel(), strict=True) if w]
        terms = [f"{plain(float(v))}·{in_brackets(float(w))}" for v, w in pairs]
        sums = " + ".join(terms[:9]) + (" + …" if len(terms) > 9 else "") or "0"
        scale = (
            f"Grey is 0, white {plain(float(np.abs(h).max()))}, black the negative of it."
            if signed
            else "Black is 0, white 1."
        )
        show(
            made,
            f"A grey photograph with a frame at row {row}, column {column}; the {K1}×{K2} "
            f"window "
            f"there; the filter “{kind}”; and the feature map, whose value there is "
            f"{plain(value)}.",
            f"h[{row}, {column}] = {sums} = {minus(value)} (weights of 0 left out; rounded to "
            f"two decimals). {scale} {CREDIT}",
        )


def move_window(photograph: np.ndarray) -> ipw.interactive:
    """Move a window over a photograph, choose or type a filter, see products, sum, feature map.

    photograph: (J1, J2, 3). Controls: row, column, kind, own.
    """
    brightness = grey(photograph)
    J1, J2 = brightness.shape

    def draw(row: int, column: int, kind: str, own: str) -> None:
        try:
            f = _own_filter(own) if kind == _OWN else FILTERS[kind]
        except ValueError as problem:
            print(problem)
            return
        _draw_window(brightness, row, column, kind, f)

    return ipw.interactive(
        draw,
        row=slider("row", 43, 0, J1 - 1),
        column=slider("column", 113, 0, J2 - 1),
        kind=choice("filter", [*FILTERS, _OWN], "edges from top to bottom"),
        own=typed("my own filter", "0 1 1; -1 0 1; -1 -1 0"),
    )
