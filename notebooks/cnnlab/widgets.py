"""The lessons' widgets: controls above a figure that is drawn again on each change.

Built on ``ipywidgets.interactive`` and the inline backend, which work alike in
JupyterLab and Colab. Each widget has one control per idea, works from the
keyboard, and says in text what its figure shows.
"""

from __future__ import annotations

import ipywidgets as ipw
import numpy as np

from . import figures
from .lesson_01_rolling_average import AVERAGE, ENGINEERED, conv1d_layer, pad
from .report import number

_WIDE = {"description_width": "9em"}


def slider(description: str, value: int, low: int, high: int, step: int = 1) -> ipw.IntSlider:
    """A labelled slider of whole numbers."""
    return ipw.IntSlider(
        value, low, high, step, description=description, style=_WIDE, layout={"width": "32em"}
    )


def choice(description: str, options: list, value: object = None) -> ipw.Dropdown:
    """A labelled drop-down list."""
    return ipw.Dropdown(
        options=options,
        value=value if value is not None else options[0],
        description=description,
        style=_WIDE,
        layout={"width": "32em"},
    )


# ── lesson 01 ───────────────────────────────────────────────────────────────

_OWN = "my own, typed below"


def _weights(kind: str, K: int, own: str) -> np.ndarray:
    """The filter that the controls describe, oldest day first."""
    if kind == _OWN:
        try:
            typed = np.array([float(w) for w in own.replace(",", " ").split()])
        except ValueError:
            typed = np.array([])
        if not typed.size:
            raise ValueError(f"“{own}” is no list of numbers: type weights such as 0.2, 0.3, 0.5")
        return typed
    if kind.startswith("average"):
        return np.full(K, 1 / K)
    if kind.startswith("recent"):
        f = np.ones(K)
        f[K - (3 * K + 3) // 7 :] = 2  # for 7 days: the lecture's engineered filter
        return f / f.sum()
    f = np.zeros(K)
    f[-1] = 1
    if K > 1:
        f[-2] = -1
    return f


def slide_filter(x: np.ndarray) -> ipw.interactive:
    """Slide a filter along a series; see the window, its products, their sum, the output.

    x: series, shape (J,); some thirty days are easy to read.
    Returns the widget, whose controls are position, kind, K, own, padding and stride.
    """

    def draw(position: int, kind: str, K: int, own: str, padding: str, stride: int) -> None:
        try:
            f = _weights(kind, K, own)
        except ValueError as problem:
            print(problem)
            return
        left = len(f) - 1 if padding != "none" else 0
        padded = pad.reference(x, left, 0, padding) if left else np.asarray(x, dtype=float)
        if len(f) > len(padded):
            print(f"The filter has {len(f)} weights, the series only {len(padded)} days.")
            return
        h = conv1d_layer.reference(padded, f, stride=stride)
        i = min(position // stride, len(h) - 1)
        begin = i * stride
        inside = padded[begin : begin + len(f)]
        products = " + ".join(
            f"{number(round(float(v), 2))}·{figures.plain(float(w))}"
            for v, w in zip(inside, f, strict=True)
        )
        caption = (
            f"Output {i} (counted from 0; in the lecture's count from 1, window {begin + 1}) = "
            f"{products} = {figures.plain(float(h[i]))}. {len(padded)} values in, {len(h)} out."
        )
        with figures.figure(rows=2, height=4.2, sharex=True) as (made, (top, below)):
            days = np.arange(len(padded)) - left
            bars = top.bar(days, padded, color="0.8", width=0.8)
            for k, bar in enumerate(bars[begin : begin + len(f)]):
                bar.set(color=figures.SKY, edgecolor=figures.BLUE, hatch="//")
                high = bar.get_height()
                top.annotate(
                    f"·{figures.plain(float(f[k]))}",
                    (days[begin + k], max(high, 0)),
                    ha="center",
                    va="bottom",
                    fontsize=7,
                    rotation=90 if len(f) > 8 else 0,
                )
            top.margins(y=0.18)
            top.set(
                title="input: the window, and the weight each day is multiplied with",
                ylabel="tests per day",
            )
            ends = days[len(f) - 1 :: stride][: len(h)]
            below.plot(ends, h, "o-", color=figures.BLUE, ms=3, lw=1)
            below.plot(ends[i], h[i], "D", color=figures.ORANGE, ms=9)
            below.annotate(
                figures.plain(float(h[i])),
                (ends[i], h[i]),
                xytext=(6, 8),
                textcoords="offset points",
                color=figures.ORANGE,
            )
            below.margins(y=0.25)
            below.set(
                title="output: one value per window, under the window's last day",
                xlabel="position in the series, counted from 0 (padding lies before it)",
                ylabel="h",
            )
            alt = (
                f"Above, {len(padded)} days as bars with a window of {len(f)} days from position "
                f"{begin - left} marked. Below, the {len(h)} outputs; the current one is "
                f"{figures.plain(float(h[i]))}."
            )
            figures.show(made, alt, caption)

    return ipw.interactive(
        draw,
        position=slider("slide the window", 10, 0, len(x) - 1),
        kind=choice(
            "filter",
            ["average: all days alike", "recent days count twice", "difference to yesterday", _OWN],
        ),
        K=slider("length K", len(AVERAGE), 1, 14),
        own=ipw.Text(
            value=", ".join(map(number, ENGINEERED)),
            description="my own weights",
            continuous_update=False,
            style=_WIDE,
            layout={"width": "32em"},
        ),
        padding=choice("padding (left)", ["none", "zeros", "mean", "edge"]),
        stride=slider("stride", 1, 1, 7),
    )
