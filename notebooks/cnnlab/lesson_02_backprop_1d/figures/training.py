"""Training as it goes, models side by side, learning rates."""

from __future__ import annotations

import time
from collections.abc import Iterator

import ipywidgets as ipw
import numpy as np
from matplotlib.axes import Axes

from ...engine.figures import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    as_data,
    choice,
    figure,
    legend,
    plain,
    show,
    slider,
)
from ...engine.output import Live
from ..train_filter import descend
from ..windows import windows
from .gradients import listed


def watch_training(x: np.ndarray, y: np.ndarray, K: int, learning_rate: float, steps: int) -> None:
    """Train with torch and watch: progress bar, loss and filter are drawn while it trains."""
    drawn, live = 0.0, Live()
    for f, w, b, losses in descend(x, y, K, learning_rate, steps):
        if len(losses) < steps and time.monotonic() - drawn < 0.4:
            continue
        data = _training_so_far(w * f, b, losses, steps)
        live.put(data, len(losses) == steps)
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
        data = as_data(
            made,
            f"Left, the loss over {done} steps. Right, bars of the weights: {listed(f)}.",
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
        said = "; ".join(f"{name}: {listed(w * f)}" for name, (f, w, _) in models.items())
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


def _draw_run(done: list[tuple], rate: float, steps: int, best: float) -> None:
    """The loss of a descent, and the filter it leads to. done: its steps; best: a lowest loss."""
    f, w, _, losses = done[-1]
    burst = len(done) < steps
    with figure(columns=2, height=2.9, gridspec_kw={"width_ratios": [1.3, 1]}) as (made, (a, c)):
        a.plot(losses, color=BLUE, marker="." if len(losses) < 60 else "")
        a.axhline(best, color=GREY, lw=1, ls=":")
        a.text(steps, best, "best possible", ha="right", va="top", color=GREY, fontsize=8)
        a.set(xlim=(0, steps), ylim=(0, 1.1 * losses.max()), xlabel="step", title="loss")
        rises = int(np.sum(np.diff(losses) > 0))
        if burst:
            a.set(yscale="log", ylim=(best / 2, None), title="loss (logarithmic)")
            verdict = f"It diverges: {len(done)} steps, and the loss is {losses[-1]:.0e}."
            c.text(0.5, 0.5, "no filter:\nthe numbers burst", ha="center", transform=c.transAxes)
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
        _draw_run(run(rate, steps), rate, steps, best)

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
