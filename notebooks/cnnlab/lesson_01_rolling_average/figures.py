"""Figures and widgets of lesson 01: a series, filters, and a filter that slides."""

from __future__ import annotations

from fractions import Fraction

import ipywidgets as ipw
import numpy as np
from matplotlib.axes import Axes

from ..engine.figures import (
    BLUE,
    GREEN,
    ORANGE,
    SKY,
    choice,
    figure,
    legend,
    plain,
    show,
    slider,
    typed,
)
from ..engine.shown import number
from .conv1d_layer import conv1d_layer
from .lecture import AVERAGE, ENGINEERED
from .pad import pad


def series(day: np.ndarray, **lines: np.ndarray) -> None:
    """Draw series that end on the same last day, such as raw counts and their averages.

    day: (J,). lines: name="…" and values, each (J,) or shorter: a filter without
    padding has no value for the first days.
    """
    looks = [
        {"color": BLUE, "lw": 2.2},
        {"color": ORANGE, "lw": 2.2, "ls": "--"},
        {"color": GREEN, "lw": 2.2, "ls": ":"},
    ]
    if next(iter(lines)).endswith("per_day"):  # raw counts stay in the background
        looks.insert(0, {"color": "0.6", "lw": 1, "marker": ".", "ms": 4})
    with figure() as (made, axis):
        for (name, values), look in zip(lines.items(), looks, strict=False):
            axis.plot(day[len(day) - len(values) :], values, label=name.replace("_", " "), **look)
        axis.set(xlabel="day", ylabel="per day", ylim=(0, None))
        legend(axis)
        names = [name.replace("_", " ") for name in lines]
        spread = [
            f"{n}: {plain(float(np.min(v)))} to {plain(float(np.max(v)))}"
            for n, v in zip(names, lines.values(), strict=True)
        ]
        show(
            made,
            f"Lines over {len(day)} days: {', '.join(names)}.",
            f"Lowest to highest value of each line: {'; '.join(spread)}.",
        )


def filters(**weights: np.ndarray) -> None:
    """Draw filters as bars, a panel each: weight against days before today."""
    names = [name.replace("_", " ") for name in weights]
    with figure(columns=len(weights), height=2.3, sharey=True, squeeze=False) as (made, axes):
        for axis, name, f in zip(axes[0], names, weights.values(), strict=True):
            ago = np.arange(1 - len(f), 1)
            axis.bar(ago, f, color=BLUE, width=0.7)
            axis.set(title=name, xlabel="days from today", xticks=ago)
            for place, weight in zip(ago, f, strict=True):
                axis.text(place, weight, plain(weight), ha="center", va="bottom", fontsize=8)
        axes[0, 0].set_ylabel("weight")
        sums = [
            f"{n}: {plain(float(np.sum(f)))}" for n, f in zip(names, weights.values(), strict=True)
        ]
        said = "; ".join(
            f"{n}: {', '.join(map(plain, f))}" for n, f in zip(names, weights.values(), strict=True)
        )
        show(
            made,
            f"Bars of filter weights, oldest day first. {said}.",
            f"Sum of the weights. {'; '.join(sums)}.",
        )


def impulse(weights: dict[str, np.ndarray], respond) -> None:
    """Draw what each filter makes of a step: how fast does the output follow?

    weights: filters by name. respond: function (x, f) -> filtered series.
    """
    step = np.concatenate([np.zeros(8), np.full(10, 100.0)])
    days = np.arange(len(step)) - 8
    with figure(height=2.6) as (made, axis):
        axis.step(days, step, where="mid", color="0.6", label="what happens")
        looks = [(BLUE, "o", "-"), (ORANGE, "s", "--"), (GREEN, "^", ":")]
        heights = []
        for (name, f), (colour, marker, style) in zip(weights.items(), looks, strict=False):
            h = respond(step, f)
            axis.plot(
                days[len(days) - len(h) :],
                h,
                color=colour,
                marker=marker,
                ls=style,
                ms=4,
                label=name,
            )
            heights.append(f"{name} {plain(float(h[len(h) - len(days) + 10]))}")
        axis.set(xlabel="days since the jump", ylabel="cases per day", xticks=days[::2])
        legend(axis)
        show(
            made,
            "A jump from 0 to 100 cases a day, and how each filter follows it.",
            f"Two days after the jump (days 0, 1 and 2 already count 100): {'; '.join(heights)}.",
        )


_OWN = "my own, typed below"


def _weight(value: float) -> str:
    """A weight as a person would write it, such as 1/7, so that captions add up."""
    fraction = Fraction(value).limit_denominator(30)
    return str(fraction) if abs(fraction - value) < 1e-9 else plain(value)


def _weights(kind: str, K: int, own: str) -> np.ndarray:
    """The filter that the controls describe, oldest day first."""
    if kind == _OWN:
        try:
            typed = np.array([float(w) for w in own.replace(",", " ").split()])
        except ValueError:
            typed = np.array([])
        if not typed.size or not np.isfinite(typed).all():
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


def _draw_window(
    axis: Axes, days: np.ndarray, padded: np.ndarray, begin: int, f: np.ndarray
) -> None:
    """The days as bars, those of the window marked, each with its weight."""
    bars = axis.bar(days, padded, color="0.8", width=0.8)
    for k, bar in enumerate(bars[begin : begin + len(f)]):
        bar.set(color=SKY, edgecolor=BLUE, hatch="//")
        high = bar.get_height()
        axis.annotate(
            f"·{_weight(float(f[k]))}",
            (days[begin + k], max(high, 0)),
            ha="center",
            va="bottom",
            fontsize=7,
            rotation=90 if len(f) > 8 else 0,
        )
    axis.margins(y=0.18)
    axis.set(
        title="input: the window, and the weight each day is multiplied with",
        ylabel="tests per day",
    )


def _draw_outputs(axis: Axes, ends: np.ndarray, h: np.ndarray, i: int) -> None:
    """The outputs, number i marked, each under its window's last day."""
    axis.plot(ends, h, "o-", color=BLUE, ms=3, lw=1)
    axis.plot(ends[i], h[i], "D", color=ORANGE, ms=9)
    axis.annotate(
        plain(float(h[i])),
        (ends[i], h[i]),
        xytext=(0, 12),
        textcoords="offset points",
        ha="center",
        color=ORANGE,
        bbox={"facecolor": "white", "lw": 0, "pad": 1},
    )
    axis.margins(y=0.35)
    axis.set(
        title="output: one value per window, under the window's last day",
        xlabel="position in the series, counted from 0 (padding lies before it)",
        ylabel="h",
    )


def _draw_step(padded: np.ndarray, left: int, f: np.ndarray, stride: int, position: int) -> None:
    """A window of the padded series, and the output it gives. left: days of padding."""
    h = conv1d_layer.reference(padded, f, stride=stride)
    i = min(position // stride, len(h) - 1)
    begin = i * stride
    inside = padded[begin : begin + len(f)]
    products = " + ".join(
        f"{number(round(float(v), 2))}·{_weight(float(w))}" for v, w in zip(inside, f, strict=True)
    )
    equals = "=" if np.allclose(inside, np.round(inside, 2), atol=1e-9) else "≈"
    caption = (
        f"Output {i} (counted from 0; in the lecture's count from 1, window {begin + 1}) = "
        f"{products} {equals} {plain(float(h[i]))}. {len(padded)} values in, {len(h)} out."
    )
    with figure(rows=2, height=4.2, sharex=True) as (made, (top, below)):
        days = np.arange(len(padded)) - left
        _draw_window(top, days, padded, begin, f)
        _draw_outputs(below, days[len(f) - 1 :: stride][: len(h)], h, i)
        alt = (
            f"Above, {len(padded)} days as bars with a window of {len(f)} days from position "
            f"{begin - left} marked. Below, the {len(h)} outputs; the current one is "
            f"{plain(float(h[i]))}."
        )
        show(made, alt, caption)


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
        _draw_step(padded, left, f, stride, position)

    return ipw.interactive(
        draw,
        position=slider("slide the window", 10, 0, len(x) - 1),
        kind=choice(
            "filter",
            ["average: all days alike", "recent days count twice", "difference to yesterday", _OWN],
        ),
        K=slider("length K", len(AVERAGE), 1, 14),
        own=typed("my own weights", ", ".join(map(number, ENGINEERED))),
        padding=choice("padding (left)", ["none", "zeros", "mean", "edge"]),
        stride=slider("stride", 1, 1, 7),
    )
