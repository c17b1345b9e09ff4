"""Windows, gradients that add up, differences, and a gate."""

from __future__ import annotations

import ipywidgets as ipw
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ...engine.figures import BLUE, GREY, ORANGE, SKY, figure, legend, plain, show, slider
from ...engine.shown import number
from ...engine.vector import BLACK
from ..conv1d_backward import conv1d_backward
from ..windows import windows


def _cells(
    axis: Axes, values: np.ndarray, title: str, marked: np.ndarray | None = None, text=plain
) -> None:
    """Draw a matrix as boxes with their numbers; marked ones are hatched, nan is left out."""
    rows, columns = values.shape
    for (i, k), value in np.ndenumerate(values):
        if np.isnan(value):
            continue
        on = marked is not None and marked[i, k]
        box = {"fc": SKY if on else "white", "ec": BLUE if on else "0.6", "lw": 1.6 if on else 0.8}
        axis.add_patch(Rectangle((k, i), 1, 1, hatch="//" if on else "", **box))
        label = axis.text(k + 0.5, i + 0.5, text(float(value)), ha="center", va="center")
        label.set(color=BLACK if on else "black")
        label.set_bbox({"facecolor": box["fc"], "lw": 0, "pad": 1})
    axis.set(xlim=(-0.05, columns + 0.05), ylim=(rows + 0.05, -0.05), aspect="equal")
    axis.set_title(title, loc="center", fontsize=10)
    axis.set_axis_off()


def window_matrix(x: np.ndarray, f: np.ndarray, row: int = 1) -> None:
    """Draw convolution as a matrix product: windows, filter, output; one row is marked."""
    W = windows.reference(x, len(f))
    h = W @ f
    ratios = [len(x), 1, W.shape[1], 1, 1, 1, 1]
    mark = np.arange(len(W)) == row
    inside = (np.arange(len(x)) >= row) & (np.arange(len(x)) < row + len(f))
    with figure(columns=7, width=8, height=2.6, gridspec_kw={"width_ratios": ratios}) as (made, a):
        _cells(a[0], x[None].astype(float), "series x", inside[None])
        _cells(a[2], W, "windows", np.tile(mark[:, None], W.shape[1]))
        _cells(a[4], f[:, None], "f", np.ones((len(f), 1), bool))
        _cells(a[6], h[:, None], "h", mark[:, None])
        for axis, sign in ((a[1], "→"), (a[3], "·"), (a[5], "=")):
            axis.text(0.5, 0.5, sign, ha="center", va="center", fontsize=16)
            axis.set_axis_off()
        products = " + ".join(f"{plain(v)}·{plain(w)}" for v, w in zip(W[row], f, strict=True))
        show(
            made,
            f"The series {listed(x)}, a matrix whose {len(W)} rows are its windows, the filter "
            f"{listed(f)} as a column, and their product {listed(h)}. Row {row} is marked.",
            f"Row {row} (counted from 0) times f: {products} = {plain(h[row])}. The filter is the "
            "same for every row.",
        )


def listed(values: np.ndarray) -> str:
    """Numbers for a caption, with commas between them."""
    return ", ".join(plain(float(v)) for v in values)


def _stack_bars(axis: Axes, parts: np.ndarray, steps: int, limit: float) -> None:
    """The contributions of the first steps stacked for each weight, and their sum.

    parts: shape (steps, K). limit: how far the axis reaches at least.
    """
    K = parts.shape[1]
    total = parts[:steps].sum(axis=0)
    low, high = np.zeros(K), np.zeros(K)
    for i in range(steps):
        base = np.where(parts[i] >= 0, high, low)
        latest = i == steps - 1
        axis.bar(
            np.arange(K),
            parts[i],
            bottom=base,
            width=0.6,
            color=SKY if latest else "0.88",
            edgecolor=BLUE if latest else "0.6",
            hatch="//" if latest else "",
        )
        high, low = high + parts[i].clip(0), low + parts[i].clip(None, 0)
    axis.plot(np.arange(K), total, "D", color=ORANGE, ms=8, label="sum so far = df")
    for k in range(K):
        axis.text(k + 0.36, total[k], plain(total[k]), color=ORANGE, va="center")
    axis.axhline(0, color="0.4", lw=0.8)
    reach = max(limit, 1.15 * parts.clip(0).sum(0).max(), -1.15 * parts.clip(None, 0).sum(0).min())
    axis.set(ylim=(-reach, reach), xlim=(-0.5, K - 0.2), xticks=np.arange(K))
    axis.set_xlabel("weight k (counted from 0)")
    legend(axis)


def add_up_gradients(x: np.ndarray, dh: np.ndarray, K: int) -> ipw.interactive:
    """Widget: step by step, each window's contribution is added to the filter's gradient."""
    W = windows.reference(x, K)
    parts = W * dh[:, None] + 0.0  # no -0
    limit = 1.15 * np.abs(np.cumsum(parts, axis=0)).max()

    def draw(steps: int) -> None:
        total = parts[:steps].sum(axis=0)
        with figure(columns=2, height=3.1, gridspec_kw={"width_ratios": [1.25, 1]}) as (made, a):
            left, right = a
            shown = np.hstack([W, np.full((len(W), 1), np.nan), dh[:, None], parts])
            shown[steps:, K + 2 :] = np.nan
            now = np.zeros(shown.shape, bool)
            if steps:
                now[steps - 1] = True
            _cells(left, np.insert(shown, K + 2, np.nan, axis=1), "", np.insert(now, K + 2, 0, 1))
            heads = (K / 2, "window"), (K + 1.5, "dh"), (K + 3 + K / 2, "window · dh")
            for place, head in heads:
                left.text(place, -0.15, head, ha="center", va="bottom", fontsize=9)
            _stack_bars(right, parts, steps, limit)
            added = "No step yet. "
            if steps:
                factor, row = plain(dh[steps - 1]), listed(W[steps - 1])
                added = f"Step {steps - 1} adds {factor} · [{row}] = [{listed(parts[steps - 1])}]. "
            show(
                made,
                f"Left, {len(W)} windows with their dh; the first {steps} are multiplied out. "
                f"Right, bars of these contributions stacked for each of {K} weights.",
                f"{added}The gradient after {steps} of {len(W)} steps is [{listed(total)}].",
            )

    return ipw.interactive(draw, steps=slider("steps added up", 2, 0, len(W)))


def input_gradient(x: np.ndarray, f: np.ndarray, dh: np.ndarray, place: int = 2) -> None:
    """Draw what each output sends back to the input: a row per output, summed per column."""
    sent = np.full((len(dh), len(x)), np.nan)
    for i, value in enumerate(dh):
        sent[i, i : i + len(f)] = f * value + 0.0  # no -0
    dx = conv1d_backward.reference(x, f, dh)[0]
    column = np.arange(len(x)) == place
    with figure(rows=2, width=5.2, height=3.4, gridspec_kw={"height_ratios": [len(dh), 1]}) as (
        made,
        (above, below),
    ):
        _cells(above, sent, "", np.tile(column, (len(dh), 1)))
        for i, value in enumerate(dh):
            above.text(-0.2, i + 0.5, f"dh[{i}] = {plain(value)}, times f", ha="right", va="center")
        for i in range(len(x)):
            above.text(i + 0.5, -0.15, f"x[{i}]", ha="center", va="bottom", fontsize=9)
        _cells(below, dx[None], "", column[None])
        below.text(-0.2, 0.5, "dx = column sums", ha="right", va="center")
        for axis in (above, below):
            axis.set_xlim(-3.2, len(x) + 0.1)
        terms = " + ".join(plain(v) for v in sent[:, place] if not np.isnan(v))
        show(
            made,
            f"A table with a row for each of {len(dh)} outputs and a column for each of {len(x)} "
            "inputs. Row i holds dh[i] times the filter, shifted to start at column i. Below, the "
            f"column sums {listed(dx)}. Column {place} is marked.",
            f"x[{place}] stands in {int((~np.isnan(sent[:, place])).sum())} windows: "
            f"dx[{place}] = {terms} = {plain(dx[place])}. At the edges there are fewer windows.",
        )


def finite_differences() -> None:
    """Draw how wrong finite differences are, one-sided and central, against eps."""
    p, slope = 1.0, np.cos(1.0)
    eps = 10.0 ** np.arange(-15, 0.1, 0.25)
    one = np.abs((np.sin(p + eps) - np.sin(p)) / eps - slope) / slope
    two = np.abs((np.sin(p + eps) - np.sin(p - eps)) / (2 * eps) - slope) / slope
    with figure(height=3.3) as (made, axis):
        axis.loglog(eps, one, "s--", color=ORANGE, ms=4, label="one side: (L(p+eps) − L(p)) / eps")
        axis.loglog(eps, two, "o-", color=BLUE, ms=4, label="central: (L(p+eps) − L(p−eps)) / 2eps")
        axis.axvline(1e-6, color=GREY, lw=1, ls=":")
        axis.annotate("our eps", (1e-6, 1), xytext=(4, -2), textcoords="offset points", color=GREY)
        axis.set(xlabel="eps", ylabel="relative error", ylim=(1e-13, 5))
        axis.text(1e-15, 1e-8, "too small:\nrounding", color="0.3")
        axis.text(1.5e-2, 3e-7, "too large:\nthe curve bends", color="0.3")
        legend(axis, columns=2)
        at = int(np.argmin(np.abs(np.log10(eps) + 6)))
        show(
            made,
            "Relative error of two finite differences against eps, both axes logarithmic. Each "
            "curve has the shape of a V; the one of central differences reaches much lower.",
            f"Slope of L(p) = sin p at p = 1, exactly cos 1 = {number(slope)}. With eps = 1e-6 the "
            f"error is {one[at]:.0e} to one side and {two[at]:.0e} to both.",
        )


def relu_gate(z: np.ndarray, dh: np.ndarray) -> None:
    """Draw ReLU forwards and backwards: where z was negative nothing comes back."""
    open_ = z > 0
    with figure(columns=2, height=2.6) as (made, (forward, backward)):
        places = np.arange(len(z))
        forward.bar(places - 0.2, z, 0.4, color="0.85", edgecolor="0.6", label="z, before ReLU")
        forward.bar(places + 0.2, z.clip(0), 0.4, color=BLUE, label="h = ReLU(z)")
        backward.bar(places - 0.2, dh, 0.4, color="0.85", edgecolor="0.6", label="dh, coming back")
        backward.bar(places + 0.2, dh * open_, 0.4, color=ORANGE, label="dz, let through")
        for i in places[~open_]:
            backward.text(i + 0.2, 0, "×", ha="center", va="center", color=ORANGE, fontsize=14)
        for axis in (forward, backward):
            axis.axhline(0, color="0.4", lw=0.8)
            axis.set(xlabel="position", xticks=places)
            legend(axis, columns=2)
        shut = ", ".join(str(i) for i in places[~open_])
        show(
            made,
            "Left, bars of z and of ReLU(z), which is zero where z is negative. Right, bars of the "
            "gradient that arrives and of what ReLU lets through.",
            f"z is negative at the positions {shut}: there h is 0 whatever z does, so dz is 0 (×). "
            "Elsewhere dz is dh.",
        )
