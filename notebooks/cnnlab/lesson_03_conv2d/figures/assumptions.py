"""What a convolution assumes: parameters, shifts, and how far a stack sees."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as ipw
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from ...engine.figures import BLUE, ORANGE, SKY, figure, legend, show, slider
from ..conv2d import conv2d
from ..conv_parameters import conv_parameters
from ..dense_parameters import dense_parameters
from ..receptive_field import receptive_field
from .pictures import CREDIT, FILTERS, grey, picture


def parameters(M: int = 3, N: int = 8, sizes: Sequence[int] = (8, 16, 32, 64, 128, 224)) -> None:
    """Draw how many trainable numbers a convolution and a dense layer need as images grow."""
    dense = [dense_parameters.reference(size, size, M, N) for size in sizes]
    shared = [conv_parameters.reference(3, 3, M, N)] * len(sizes)
    with figure(height=3.0) as (made, axis):
        axis.loglog(sizes, dense, color=ORANGE, marker="s", label="dense layer")
        axis.loglog(
            sizes, shared, color=BLUE, marker="o", ls="--", label="convolution, 3×3 filters"
        )
        axis.set(xlabel="rows and columns of the image", ylabel="trainable numbers")
        axis.set_xticks(list(sizes), [f"{s}" for s in sizes])
        axis.set_xticks([], minor=True)
        legend(axis)
        show(
            made,
            "Trainable numbers against image size, both axes logarithmic: the dense layer's line "
            "rises steeply, the convolution's is flat.",
            f"{M} channels in, {N} out. At {sizes[-1]}×{sizes[-1]} pixels: convolution "
            f"3·3·{M}·{N} + {N} = {shared[-1]}; dense layer {dense[-1]:,}, that is "
            f"{dense[-1] * 4 / 1e9:,.0f} gigabytes in single precision.",
        )


def shifted(X: np.ndarray, down: int, right: int) -> np.ndarray:
    """An image moved down and to the right; zeros come in, what leaves is lost."""
    out = np.zeros_like(X)
    out[max(down, 0) : X.shape[0] + min(down, 0), max(right, 0) : X.shape[1] + min(right, 0)] = X[
        max(-down, 0) : X.shape[0] - max(down, 0), max(-right, 0) : X.shape[1] - max(right, 0)
    ]
    return out


def shift_both_ways(photograph: np.ndarray) -> ipw.interactive:
    """Shift then filter, filter then shift: the same, but for the rim. Controls: down, right."""
    X, f = grey(photograph), FILTERS["edges from top to bottom"]

    def draw(down: int, right: int) -> None:
        first = conv2d.reference(shifted(X, down, right), f)
        then = shifted(conv2d.reference(X, f), down, right)
        differs = ~np.isclose(first, then)
        J1, J2 = X.shape
        rows = slice(max(down, 0) + 1, J1 + min(down, 0) - 1)
        columns = slice(max(right, 0) + 1, J2 + min(right, 0) - 1)
        inside = int(differs[rows, columns].sum())
        with figure(columns=3, height=2.3, width=10) as (made, axes):
            picture(axes[0], first, "shift, then filter", signed=True)
            picture(axes[1], then, "filter, then shift", signed=True)
            axes[2].imshow(differs, cmap="gray_r", vmin=0, vmax=1)
            axes[2].set(title="where they differ (black)", xticks=[], yticks=[])
            axes[2].spines[["top", "right"]].set_visible(True)
            show(
                made,
                "Two feature maps of the shifted photograph that look the same, and a map of the "
                "places where they differ: at most thin lines at the rim.",
                f"Shifted {down} rows down and {right} columns to the right. Of {X.size} outputs "
                f"{int(differs.sum())} differ, {inside} of them away from the rim, where a window "
                f"holds padding instead of picture. {CREDIT}",
            )

    return ipw.interactive(
        draw, down=slider("rows down", 20, -40, 40), right=slider("columns right", 45, -80, 80)
    )


def _draw_units(axis: Axes, spans: list[tuple[int, int]], K: int, stride: int) -> None:
    """The units that the output depends on, a row for each layer, and what connects them.

    spans: the first and last of them in each layer, from the top down.
    """
    layers = len(spans) - 1
    for depth, (low, high) in enumerate(spans):
        # One unit of this layer is so many inputs wide.
        step, level = stride ** (layers - depth), layers - depth
        middle = step * (low + high) / 2
        shift = -middle  # every layer is centred under the output
        places = step * np.arange(low, high + 1) + shift
        if depth < layers:
            below_low, below_high = spans[depth + 1]
            below = stride ** (layers - depth - 1)
            below_shift = -below * (below_low + below_high) / 2
            lines = [
                [
                    (step * unit + shift, level),
                    (below * (unit * stride - (K - 1) // 2 + k) + below_shift, level - 1),
                ]
                for unit in range(low, high + 1)
                for k in range(K)
            ]
            axis.add_collection(LineCollection(lines, colors="0.8", lw=0.7, zorder=1))
        colour = ORANGE if depth == 0 else BLUE if level else SKY
        axis.plot(
            places,
            np.full(len(places), level),
            "D" if depth == 0 else "o" if level else "s",
            color=colour,
            ms=9 if depth == 0 else max(3, 8 - len(places) // 12),
            zorder=2,
        )


def stack() -> ipw.interactive:
    """See how far one output of a stack of layers looks; controls: layers, K, stride."""

    def draw(layers: int, K: int, stride: int) -> None:
        # The inputs that reach the output, layer by layer, from the top down.
        spans = [(0, 0)]
        for _ in range(layers):
            low, high = spans[-1]
            spans.append((low * stride - (K - 1) // 2, high * stride + K // 2))
        field = receptive_field.reference([K] * layers, [stride] * layers)
        with figure(height=0.7 + 0.75 * layers) as (made, axis):
            _draw_units(axis, spans, K, stride)
            names = ["input", *(f"layer {n}" for n in range(1, layers + 1))]
            axis.set_yticks(range(layers + 1), names)
            axis.set_xticks([])
            axis.margins(y=0.15)
            axis.spines[["left", "bottom"]].set_visible(False)
            widths = [high - low + 1 for low, high in spans]
            show(
                made,
                f"A pyramid: one output on top, below it in each of {layers} layers the units it "
                f"depends on, and at the bottom {field} inputs.",
                "Units that the output depends on, from the top down: "
                + " → ".join(map(str, widths))
                + f". The receptive field is {field} inputs wide.",
            )

    return ipw.interactive(
        draw,
        layers=slider("layers", 3, 1, 5),
        K=slider("kernel size K", 3, 1, 5),
        stride=slider("stride of each", 1, 1, 2),
    )
