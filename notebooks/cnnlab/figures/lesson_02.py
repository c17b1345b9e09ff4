"""Figures and widgets of lesson 02: windows, gradients adding up, differences, training."""

from __future__ import annotations

import time
from collections.abc import Iterator

import ipywidgets as ipw
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ..lesson_02_backprop_1d import conv1d_backward, descend, windows
from ..report import number
from . import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    _as_data,
    choice,
    figure,
    legend,
    plain,
    show,
    slider,
)


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
            f"The series {_listed(x)}, a matrix whose {len(W)} rows are its windows, the filter "
            f"{_listed(f)} as a column, and their product {_listed(h)}. Row {row} is marked.",
            f"Row {row} (counted from 0) times f: {products} = {plain(h[row])}. The filter is the "
            "same for every row.",
        )


def _listed(values: np.ndarray) -> str:
    return ", ".join(plain(float(v)) for v in values)


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
            for place, head in (
                (K / 2, "window"),
                (K + 1.5, "dh"),
                (K + 3 + K / 2, "window · dh"),
            ):
                left.text(place, -0.15, head, ha="center", va="bottom", fontsize=9)
            low, high = np.zeros(K), np.zeros(K)
            for i in range(steps):
                base = np.where(parts[i] >= 0, high, low)
                latest = i == steps - 1
                right.bar(
                    np.arange(K),
                    parts[i],
                    bottom=base,
                    width=0.6,
                    color=SKY if latest else "0.88",
                    edgecolor=BLUE if latest else "0.6",
                    hatch="//" if latest else "",
                )
                high, low = high + parts[i].clip(0), low + parts[i].clip(None, 0)
            right.plot(np.arange(K), total, "D", color=ORANGE, ms=8, label="sum so far = df")
            for k in range(K):
                right.text(k + 0.36, total[k], plain(total[k]), color=ORANGE, va="center")
            right.axhline(0, color="0.4", lw=0.8)
            reach = max(
                limit, 1.15 * parts.clip(0).sum(0).max(), -1.15 * parts.clip(None, 0).sum(0).min()
            )
            right.set(ylim=(-reach, reach), xlim=(-0.5, K - 0.2), xticks=np.arange(K))
            right.set_xlabel("weight k (counted from 0)")
            legend(right)
            if steps:
                added = (
                    f"Step {steps - 1} adds {plain(dh[steps - 1])} · [{_listed(W[steps - 1])}] = "
                )
                added += f"[{_listed(parts[steps - 1])}]. "
            else:
                added = "No step yet. "
            show(
                made,
                f"Left, {len(W)} windows with their dh; the first {steps} are multiplied out. "
                f"Right, bars of these contributions stacked for each of {K} weights.",
                f"{added}The gradient after {steps} of {len(W)} steps is [{_listed(total)}].",
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
            f"column sums {_listed(dx)}. Column {place} is marked.",
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


def watch_training(x: np.ndarray, y: np.ndarray, K: int, learning_rate: float, steps: int) -> None:
    """Train with torch and watch: progress bar, loss and filter are drawn while it trains."""
    drawn, shown = 0.0, None
    for f, w, b, losses in descend(x, y, K, learning_rate, steps):
        if len(losses) < steps and time.monotonic() - drawn < 0.4:
            continue
        data = _training_so_far(w * f, b, losses, steps)
        if shown is None:
            shown = display(data, raw=True, display_id=True)
        else:
            shown.update(data, raw=True)
        drawn = time.monotonic()


def _training_so_far(f: np.ndarray, b: float, losses: np.ndarray, steps: int) -> dict[str, str]:
    """A figure of the loss and the filter, under a progress bar."""
    done = len(losses)
    with figure(columns=2, height=2.8, gridspec_kw={"width_ratios": [1.3, 1]}) as (made, (a, c)):
        a.plot(np.arange(done), losses, color=BLUE)
        a.plot(done - 1, losses[-1], "D", color=ORANGE)
        a.set(xlim=(0, steps), ylim=(0, 1.1 * losses.max()), xlabel="step", title="loss")
        _filter_bars(c, f, "w · f, the weight of each day")
        heaviest = int(np.argmax(np.abs(f)))
        ago = len(f) - 1 - heaviest
        data = _as_data(
            made,
            f"Left, the loss over {done} steps. Right, bars of the weights: {_listed(f)}.",
            f"Loss before step 0: {losses[0]:.3f}; before step {done - 1}: {losses[-1]:.3f}. "
            f"Largest weight: {plain(f[heaviest])}, {ago} days before today; b = {plain(b)}.",
        )
    data["text/html"] = (
        f"<progress value='{done}' max='{steps}' style='width:32em;max-width:100%' "
        f"aria-label='training'></progress> step {done} of {steps}" + data["text/html"]
    )
    return data


def _filter_bars(axis: Axes, f: np.ndarray, title: str) -> None:
    ago = np.arange(1 - len(f), 1)
    axis.bar(ago, f, color=BLUE, width=0.7)
    axis.axhline(0, color="0.4", lw=0.8)
    axis.set(title=title, xlabel="days from today", xticks=ago)
    axis.margins(y=0.2)
    for place, weight in zip(ago, f, strict=True):
        axis.annotate(
            plain(float(weight)),
            (place, weight),
            xytext=(0, 2 if weight >= 0 else -2),
            textcoords="offset points",
            ha="center",
            va="bottom" if weight >= 0 else "top",
            fontsize=8,
        )


def compare_models(
    models: dict[str, tuple[np.ndarray, float, float]],
    x: np.ndarray,
    day: np.ndarray,
    tests: np.ndarray,
    mean: float,
    spread: float,
) -> None:
    """Draw the filters of several models side by side, and what they predict for new days.

    models: f, w and b by name. x: series of the new days, in units of ``spread`` from ``mean``.
    day, tests: number of the predicted days, and the tests that then came, each (J-K+1,).
    """
    lines, errors = {}, {}
    for name, (f, w, b) in models.items():
        lines[name] = mean + spread * (w * (windows.reference(x, len(f)) @ f) + b)
        errors[name] = float(np.sqrt(np.mean((lines[name] - tests) ** 2)))
    with figure(columns=len(models), height=2.5, sharey=True) as (made, axes):
        for axis, (name, (f, w, _)) in zip(axes, models.items(), strict=True):
            _filter_bars(axis, w * f, f"{name}: {errors[name]:.1f}")
        axes[0].set_ylabel("w · f")
        best = min(errors, key=errors.get)
        said = "; ".join(f"{name}: {_listed(w * f)}" for name, (f, w, _) in models.items())
        show(
            made,
            f"Bars of the weights w·f of {len(models)} models. {said}.",
            "Above each filter its typical error on the new days (root of the mean squared error), "
            f"in tests per day. Lowest: {best}, {errors[best]:.1f}.",
        )
    looks = [(BLUE, "-", "o"), (GREEN, ":", "^"), (ORANGE, "--", "s")]
    with figure(height=2.9) as (made, axis):
        axis.bar(day, tests, color="0.85", width=0.8, label="what came")
        for (name, line), (colour, style, marker) in zip(lines.items(), looks, strict=True):
            axis.plot(day, line, color=colour, ls=style, marker=marker, ms=3, label=name)
        axis.set(xlabel="day", ylabel="tests per day", ylim=(0, None))
        legend(axis)
        swing = "; ".join(f"{n} {v.min():.0f} to {v.max():.0f}" for n, v in lines.items())
        show(
            made,
            f"Bars of the tests on {len(day)} new days, and lines with what {', '.join(models)} "
            "predicted for each on the day before.",
            f"Lowest to highest prediction: {swing}; what came: {tests.min()} to {tests.max()}.",
        )


def try_learning_rates(x: np.ndarray, y: np.ndarray, K: int = 7) -> ipw.interactive:
    """Widget: learning rate and number of steps, the loss curve and the filter they lead to."""
    runs: dict[float, list] = {}

    def run(rate: float, steps: int) -> tuple:
        if rate not in runs:
            runs[rate] = list(_until_it_bursts(x, y, K, rate, 300))
        return runs[rate][:steps]

    best = run(0.1, 300)[-1][3][-1]

    def draw(learning_rate: str, steps: int) -> None:
        rate = float(learning_rate.split()[0])
        done = run(rate, steps)
        f, w, _, losses = done[-1]
        burst = len(done) < steps
        with figure(columns=2, height=2.9, gridspec_kw={"width_ratios": [1.3, 1]}) as (
            made,
            (a, c),
        ):
            a.plot(losses, color=BLUE, marker="." if len(losses) < 60 else "")
            a.axhline(best, color=GREY, lw=1, ls=":")
            a.text(steps, best, "best possible", ha="right", va="top", color=GREY, fontsize=8)
            a.set(xlim=(0, steps), ylim=(0, 1.1 * losses.max()), xlabel="step", title="loss")
            rises = int(np.sum(np.diff(losses) > 0))
            if burst:
                a.set(yscale="log", ylim=(best / 2, None), title="loss (logarithmic)")
                verdict = f"It diverges: {len(done)} steps, and the loss is {losses[-1]:.0e}."
                c.text(
                    0.5, 0.5, "no filter:\nthe numbers burst", ha="center", transform=c.transAxes
                )
                c.set_axis_off()
            else:
                _filter_bars(c, w * f, "w · f")
                verdict = "It is not there yet." if losses[-1] > 1.02 * best else "It has arrived."
                if rises:
                    verdict += f" On its way the loss rises {rises} times: the steps are too long."
            show(
                made,
                f"Left, the loss over {len(losses)} steps with learning rate {rate:g}, and a "
                "dotted line at the best possible loss. Right, the weights it leads to.",
                f"Loss {losses[0]:.3f} at the start, {losses[-1]:.4g} at the end; the best "
                f"possible is {best:.3f}. {verdict}",
            )

    return ipw.interactive(
        draw,
        learning_rate=choice(
            "learning rate",
            ["0.0005", "0.005", "0.05", "0.3", "0.5", "0.8", "1.5"],
            "0.05",
        ),
        steps=slider("steps", 100, 5, 300, 5),
    )


def _until_it_bursts(x, y, K: int, rate: float, steps: int) -> Iterator[tuple]:
    """The steps of a descent, but no further than a loss of a million."""
    for state in descend(x, y, K, rate, steps):
        if not state[3][-1] < 1e6:
            return
        yield state
