"""The lessons' figures: one look, alt text and a caption on each."""

from __future__ import annotations

import base64
import contextlib
import io
from html import escape

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito (2008): told apart with every kind of colour vision. Markers, line
# styles and labels say the same, so that grey print is enough.
BLUE, ORANGE, GREEN, PINK, SKY, YELLOW, GREY = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#E69F00",
    "#767676",
)

_STYLE = {
    "axes.prop_cycle": plt.cycler(color=[BLUE, ORANGE, GREEN, PINK, SKY]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "font.size": 10,
    "legend.frameon": False,
}


@contextlib.contextmanager
def figure(*, width: float = 8.0, height: float = 3.0, rows: int = 1, columns: int = 1, **more):
    """A figure in the course's style that is shown by :func:`show` alone, not by the kernel.

    Yields (figure, axes), as ``plt.subplots`` gives them. Sizes in inches.
    """
    with plt.rc_context(_STYLE):
        made, axes = plt.subplots(rows, columns, figsize=(width, height), **more)
        try:
            yield made, axes
        finally:
            plt.close(made)


def show(made: Figure, alt: str, caption: str = "") -> None:
    """Display a figure with its text alternative, and a caption that carries the arithmetic."""
    buffer = io.BytesIO()
    made.savefig(buffer, format="png", dpi=made.dpi)
    image = base64.b64encode(buffer.getvalue()).decode()
    below = f"<figcaption style='max-width:52em'>{escape(caption)}</figcaption>" if caption else ""
    html = (
        f"<figure style='margin:0.5em 0'><img alt='{escape(alt, quote=True)}' "
        f"style='max-width:100%;height:auto' src='data:image/png;base64,{image}'>{below}</figure>"
    )
    text = f"[Figure: {alt}]" + (f"\n{caption}" if caption else "")
    display({"text/plain": text, "text/html": html}, raw=True)


def plain(value: float) -> str:
    """A number for a caption: at most two decimals, no trailing zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


# ── lesson 01 ───────────────────────────────────────────────────────────────


def series(day: np.ndarray, **lines: np.ndarray) -> None:
    """Draw series that end on the same last day, such as raw counts and their averages.

    day: (J,). lines: name="…" and values, each (J,) or shorter: a filter without
    padding has no value for the first days.
    """
    looks = [
        {"color": "0.6", "lw": 1, "marker": ".", "ms": 4},
        {"color": BLUE, "lw": 2.2},
        {"color": ORANGE, "lw": 2.2, "ls": "--"},
        {"color": GREEN, "lw": 2.2, "ls": ":"},
    ]
    with figure() as (made, axis):
        for (name, values), look in zip(lines.items(), looks, strict=False):
            axis.plot(day[len(day) - len(values) :], values, label=name.replace("_", " "), **look)
        axis.set(xlabel="day", ylabel="per day", ylim=(0, None))
        axis.legend(loc="upper left")
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
        axis.set(xlabel="days since the jump", ylabel="cases per day")
        axis.legend(loc="upper left")
        show(
            made,
            "A jump from 0 to 100 cases a day, and how each filter follows it.",
            f"Two days after the jump (days 0, 1 and 2 already count 100): {'; '.join(heights)}.",
        )


def window(axis: Axes, x: np.ndarray, start: int, size: int) -> None:
    """Bars of a series, of which the window of ``size`` entries from ``start`` stands out."""
    places = np.arange(len(x))
    inside = (places >= start) & (places < start + size)
    axis.bar(places[~inside], x[~inside], color="0.8", width=0.8)
    axis.bar(places[inside], x[inside], color=SKY, edgecolor=BLUE, hatch="//", width=0.8)
    axis.axvspan(start - 0.5, start + size - 0.5, color=YELLOW, alpha=0.2, lw=0)
