"""Figures and widgets of lesson 03: windows on a picture, feature maps, time, receptive fields."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import ipywidgets as ipw
import numpy as np
import torch
import torch.nn.functional as F_
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle

from ..lesson_03_conv2d import (
    EXAMPLE,
    EXAMPLE_FILTER,
    EXAMPLE_KNOWN,
    conv2d,
    conv2d_bank,
    conv_parameters,
    dense_parameters,
    products,
    receptive_field,
    window,
)
from ..report import number
from . import (
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    SKY,
    LiveLoss,
    choice,
    figure,
    legend,
    plain,
    show,
    slider,
    typed,
)

CREDIT = "Photograph: danielbuechele, CC BY 2.0, scaled down."

FILTERS = {
    "blur: the mean of nine": np.full((3, 3), 1 / 9),
    "edges from left to right": np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "edges from top to bottom": np.array([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "edges all around": np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    "sharpen": np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "nothing (identity)": np.array([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]),
}
"""Well-known 3×3 filters; the edge filters are Sobel's."""


def grey(photograph: np.ndarray) -> np.ndarray:
    """A colour photograph (J1, J2, 3) as brightness (J1, J2), 0 black to 1 white."""
    return photograph.mean(axis=2) / 255


def _minus(value: float) -> str:
    """A number with a real minus sign."""
    return plain(value + 0.0).replace("-", "−")


def _in_brackets(value: float) -> str:
    """A factor in a product: 2, or (−2)."""
    return f"({_minus(value)})" if value < 0 else _minus(value)


def _picture(axis: Axes, values: np.ndarray, title: str = "", signed: bool = False) -> None:
    """Draw an image without ticks; a signed one with grey as zero."""
    if values.ndim == 3:
        axis.imshow(values)
    elif signed:
        top = float(np.abs(values).max()) or 1.0
        axis.imshow(values, cmap="gray", vmin=-top, vmax=top)
    else:
        axis.imshow(values, cmap="gray", vmin=0, vmax=1)
    axis.set_title(title, fontsize=10)
    axis.axis("off")


def _numbers(axis: Axes, values: np.ndarray, title: str, *, rows: int = 0, size: int = 10) -> None:
    """Draw a matrix as its numbers in boxes; NaN is a question mark.

    rows: the height of the panel in boxes, so that panels side by side have boxes of one size.
    """
    height, width = values.shape
    for (i, j), v in np.ndenumerate(values):
        axis.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fc="white", ec="0.75", lw=0.8))
        text = "?" if np.isnan(v) else _minus(float(v))
        axis.text(j, i, text, ha="center", va="center", fontsize=size, zorder=4)
    spare = max(rows - height, 0) / 2
    axis.set(xlim=(-0.6, width - 0.4), ylim=(height - 0.4 + spare, -1.3 - spare), aspect="equal")
    axis.text(-0.5, -0.75, title, fontsize=10)
    axis.axis("off")


def _mark(
    axis: Axes, row: float, column: float, rows: int, columns: int, colour: str, **more
) -> None:
    """A frame around entries of a matrix or picture, its upper left one given."""
    place = (column - 0.5, row - 0.5)
    axis.add_patch(Rectangle(place, columns, rows, fc="none", ec=colour, lw=2.2, zorder=5))


# ── the photograph ──────────────────────────────────────────────────────────


def pixels(photograph: np.ndarray, row: int, column: int, size: int = 8) -> None:
    """Draw a photograph, and the brightness of a few of its pixels as numbers.

    photograph: (J1, J2, 3), 0 to 255. row, column: upper left pixel of the cut-out.
    """
    brightness = np.rint(photograph.mean(axis=2))
    cut = brightness[row : row + size, column : column + size]
    with figure(columns=2, height=3.1, width_ratios=[1.5, 1]) as (made, (left, right)):
        _picture(left, photograph)
        _mark(left, row, column, size, size, ORANGE)
        right.imshow(cut, cmap="gray", vmin=0, vmax=255)
        for (i, j), v in np.ndenumerate(cut):
            right.text(
                j,
                i,
                number(v),
                ha="center",
                va="center",
                fontsize=7.5,
                color="white" if v < 120 else "black",
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


# ── the lecture's example ───────────────────────────────────────────────────


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
        _numbers(axes[0], np.pad(EXAMPLE, 1).astype(float), "input, in its zero padding")
        axes[0].add_patch(Rectangle((0.5, 0.5), 4, 4, fc="none", ec="0.3", lw=1.5, zorder=4))
        _mark(axes[0], row, column, 3, 3, ORANGE)
        axes[0].plot(column + 1, row + 1, "o", ms=17, mfc="none", mec=ORANGE, mew=1.5, zorder=5)
        _numbers(axes[1], EXAMPLE_FILTER.astype(float), "filter", rows=6)
        _mark(axes[1], 0, 0, 3, 3, ORANGE)
        _numbers(axes[2], known, "output", rows=6)
        _mark(axes[2], row, column, 1, 1, ORANGE)
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


# ── a filter on the photograph ──────────────────────────────────────────────

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
        K1, K2 = f.shape
        h = conv2d.reference(brightness, f)
        seen = window(brightness, K1, K2, row, column)
        signed = bool((f < 0).any())
        few = f.size <= 9
        with figure(
            columns=4, height=2.4, width=10, width_ratios=[5, 2.4, 2.4, 5], layout="none"
        ) as (made, axes):
            # Set by hand, since a widget must be quick.
            made.subplots_adjust(left=0.01, right=0.99, top=0.9, bottom=0.01, wspace=0.07)
            _picture(axes[0], brightness, "brightness, 0 to 1")
            top, left = row - (K1 - 1) // 2, column - (K2 - 1) // 2
            reach = 6  # the window itself is tiny, so frame more around it
            _mark(axes[0], top - reach, left - reach, K1 + 2 * reach, K2 + 2 * reach, ORANGE)
            axes[0].plot(column, row, "+", color=ORANGE, ms=7)
            axes[0].set(xlim=(-0.5, J2 - 0.5), ylim=(J1 - 0.5, -0.5))
            _numbers(axes[1], seen, "window", size=9 if few else 6)
            _numbers(axes[2], f, "filter", size=9 if few else 6)
            _picture(axes[3], h if signed else np.clip(h, 0, 1), "feature map", signed)
            axes[3].plot(column, row, "s", mfc="none", mec=ORANGE, mew=2, ms=9)
            value = float(h[row, column])
            pairs = [(v, w) for v, w in zip(seen.ravel(), f.ravel(), strict=True) if w]
            terms = [f"{plain(float(v))}·{_in_brackets(float(w))}" for v, w in pairs]
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
                f"h[{row}, {column}] = {sums} = {_minus(value)} (weights of 0 left out; rounded to "
                f"two decimals). {scale} {CREDIT}",
            )

    return ipw.interactive(
        draw,
        row=slider("row", 43, 0, J1 - 1),
        column=slider("column", 113, 0, J2 - 1),
        kind=choice("filter", [*FILTERS, _OWN], "edges from top to bottom"),
        own=typed("my own filter", "0 1 1; -1 0 1; -1 -1 0"),
    )


# ── channels and banks ──────────────────────────────────────────────────────


def channels(photograph: np.ndarray, f: np.ndarray) -> None:
    """Draw the three colour channels of a photograph and what a filter over all of them finds.

    photograph: (J1, J2, 3), 0 to 255. f: filter, (K1, K2, 3).
    """
    image = photograph / 255
    h = np.maximum(conv2d_bank.reference(image, f[..., None])[..., 0], 0)
    with figure(columns=4, height=1.9, width=10) as (made, axes):
        for m, name in enumerate(("red", "green", "blue")):
            weights = _minus(float(f[..., m].sum()))
            _picture(axes[m], image[..., m], f"{name}, weights sum to {weights}")
        top = float(h.max())
        axes[3].imshow(h, cmap="gray", vmin=0, vmax=top)
        axes[3].set_title("one feature map", fontsize=10)
        axes[3].axis("off")
        i, j = np.unravel_index(int(np.argmax(h)), h.shape)
        parts = " + ".join(
            _in_brackets(float(np.sum(window(image[..., m], *f.shape[:2], i, j) * f[..., m])))
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
            _picture(axes[n], maps[..., n], f"{n}: {name}", signed=True)
        spread = "; ".join(
            f"{n}: {_minus(float(maps[..., n].min()))} to {_minus(float(maps[..., n].max()))}"
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
        _numbers(left, E, "X: a row per word, a column per channel", size=9)
        for j, word in enumerate(sentence):
            left.text(-0.7, j, word, ha="right", va="center")
        _mark(left, 1, 0, width, M, ORANGE)
        left.set_xlim(-2.2, M - 0.4)
        _numbers(right, f, "F: one filter", rows=len(sentence), size=9)
        _mark(right, 0, 0, width, M, ORANGE)
        value = float(np.sum(E[1 : 1 + width] * f))
        show(
            made,
            f"The words {', '.join(sentence)} as rows of {M} numbers each, with a window around "
            f"the "
            f"third word that covers {width} words and all {M} numbers; beside it a filter of the "
            "same shape.",
            f"The window around “{sentence[2]}” holds {width}·{M} = {width * M} numbers. Their "
            f"products "
            f"with the filter add up to {_minus(value)}: one number for this word. (Invented "
            "embeddings; real ones have some hundred axes.)",
        )


# ── time ────────────────────────────────────────────────────────────────────


def plain_loops(X: np.ndarray, F: np.ndarray) -> np.ndarray:
    """A filter bank by Python loops over positions, for comparison: (J1, J2, N)."""
    K1, K2 = F.shape[:2]
    out = [
        [
            [float((window_ * F[..., n]).sum()) for n in range(F.shape[3])]
            for j in range(X.shape[1])
            for window_ in [padded[i : i + K1, j : j + K2]]
        ]
        for padded in [np.pad(X, (((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), (0, 0)))]
        for i in range(X.shape[0])
    ]
    return np.array(out)


def one_product(X: np.ndarray, F: np.ndarray) -> np.ndarray:
    """A filter bank as one contraction over all windows: (J1, J2, N)."""
    K1, K2 = F.shape[:2]
    padded = np.pad(X, (((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), (0, 0)))
    views = np.lib.stride_tricks.sliding_window_view(padded, (K1, K2), axis=(0, 1))
    return np.tensordot(views, F, axes=([3, 4, 2], [0, 1, 2]))


def by_torch(X: np.ndarray, F: np.ndarray) -> np.ndarray:
    """The same by torch: (J1, J2, N)."""
    h = F_.conv2d(
        torch.from_numpy(X).permute(2, 0, 1)[None],
        torch.from_numpy(F).permute(3, 2, 0, 1),
        padding="same",
    )
    return h[0].permute(1, 2, 0).numpy()


def seconds(function: Callable, *args: object, tries: int = 5) -> float:
    """The shortest time of some calls."""
    best = np.inf
    for _ in range(tries):
        start = time.perf_counter()
        function(*args)
        best = min(best, time.perf_counter() - start)
    return best


def race(
    ways: dict[str, Callable], sizes: Sequence[int] = (8, 16, 32, 64), M: int = 3, N: int = 8
) -> None:
    """Measure ways to apply a filter bank on growing images, here and now, and draw the times.

    ways: functions (X, F) -> (J1, J2, N) by name.
    """
    rng = np.random.default_rng(0)
    bank_ = rng.normal(size=(3, 3, M, N))
    times = {name: [] for name in ways}
    for size in sizes:
        X = rng.normal(size=(size, size, M))
        for name, way in ways.items():
            times[name].append(1000 * seconds(way, X, bank_, tries=2 if "loop" in name else 5))
    looks = [(ORANGE, "s", "-"), (BLUE, "o", "--"), (GREEN, "^", ":"), (PINK, "D", "-.")]
    with figure(height=3.2) as (made, axis):
        for (name, spent), (colour, marker, style) in zip(times.items(), looks, strict=False):
            axis.loglog(sizes, spent, color=colour, marker=marker, ls=style, label=name)
        axis.set(xlabel="rows and columns of the image", ylabel="milliseconds", xticks=list(sizes))
        axis.set_xticks([], minor=True)
        axis.set_xticklabels([f"{s}×{s}" for s in sizes])
        legend(axis)
        last = {name: spent[-1] for name, spent in times.items()}
        slowest = max(last, key=last.get)
        said = "; ".join(
            f"{name} {plain(v) if v >= 0.01 else f'{v:.4f}'} ms" for name, v in last.items()
        )
        ratios = ", ".join(
            f"{last[slowest] / v:.0f} times as long as {name}"
            for name, v in last.items()
            if name != slowest
        )
        show(
            made,
            f"Time against image size, both axes logarithmic, a line for each of "
            f"{', '.join(ways)}.",
            f"{N} filters of 3×3 on {sizes[-1]}×{sizes[-1]} pixels with {M} channels, measured "
            f"just "
            f"now: {said}. {slowest.capitalize()} took {ratios}.",
        )


# ── assumptions ─────────────────────────────────────────────────────────────


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
            _picture(axes[0], first, "shift, then filter", signed=True)
            _picture(axes[1], then, "filter, then shift", signed=True)
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


# ── learned filters ─────────────────────────────────────────────────────────


def small_patches(photograph: np.ndarray, K: int = 7) -> torch.Tensor:
    """All K×K patches of a photograph as rows, in which brightness and contrast are evened out.

    photograph: (J1, J2, 3), 0 to 255. Returns float32, (patches, K·K).
    """

    def around(x: torch.Tensor, size: int) -> torch.Tensor:
        return F_.avg_pool2d(F_.pad(x, (size // 2,) * 4, mode="reflect"), size, 1)

    X = torch.tensor(grey(photograph), dtype=torch.float32)[None, None]
    X = X - around(X, 9)
    X = X / (around(X**2, 25).sqrt() + 0.02)
    return F_.unfold(X, K)[0].T.contiguous()


def learn(
    loss_of: Callable, parameters: list[torch.Tensor], patches: torch.Tensor, epochs: int = 20
) -> None:
    """Train parameters by Adam on random patches, 20 batches an epoch, and show the loss live.

    loss_of: function of a batch of patches, (256, K·K), that gives the loss as a scalar tensor.
    """
    watched = LiveLoss(loss_of, epochs, batches=20)
    optimizer = torch.optim.Adam(parameters, lr=0.01)
    for _ in range(epochs * watched.batches):
        loss = watched(patches[torch.randint(len(patches), (256,))])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def gallery(before: torch.Tensor, after: torch.Tensor) -> None:
    """Draw filters before and after training, a row each. Both: (K·K, N)."""
    K, N = round(before.shape[0] ** 0.5), before.shape[1]
    with figure(rows=2, columns=N, width=10, height=2.1) as (made, axes):
        for row, (name, bank_) in enumerate((("before", before), ("after", after))):
            for n, axis in enumerate(axes[row]):
                f = bank_.detach()[:, n].reshape(K, K).numpy()
                top = float(np.abs(f).max())
                axis.imshow(f, cmap="gray", vmin=-top, vmax=top)
                axis.set(xticks=[], yticks=[])
                axis.spines[:].set_visible(False)
            axes[row, 0].set_ylabel(name)
        show(
            made,
            f"Two rows of {N} small squares: before training noise; after it mostly bars and "
            f"edges, "
            "lying, standing and slanting.",
            f"{N} filters of {K}×{K}, grey is 0, each scaled to its own largest weight.",
        )
