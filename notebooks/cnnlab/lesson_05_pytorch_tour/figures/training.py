"""Batches, devices, and what a trained model predicts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from matplotlib.patches import Rectangle

from ...engine.figures import BLUE, GREY, ORANGE, PINK, figure, legend, show


def batches(loader: torch.utils.data.DataLoader, position: Callable, epochs: int = 2) -> None:
    """Draw which example lands in which batch, a panel per epoch.

    position: function (inputs) -> the number of each example in the data set.
    """
    count = len(loader.dataset)
    with figure(rows=epochs, height=1.25 * epochs + 0.4, sharex=True) as (made, axes):
        first = []
        for epoch, axis in enumerate(axes):
            served = [position(inputs).tolist() for inputs, _ in loader]
            grid = np.full((loader.batch_size, len(served)), np.nan)
            for column, numbers in enumerate(served):
                grid[: len(numbers), column] = numbers
            axis.imshow(grid, cmap="cividis", aspect="auto", vmin=0, vmax=count - 1)
            for (row, column), value in np.ndenumerate(grid):
                if np.isfinite(value):
                    ink = "white" if value < count / 2 else "black"
                    axis.text(
                        column, row, f"{value:.0f}", color=ink, ha="center", va="center", fontsize=6
                    )
            axis.set(title=f"epoch {epoch}", yticks=[])
            first.append(f"epoch {epoch} begins with {', '.join(map(str, served[0]))}")
        axes[-1].set_xlabel("batch")
        sizes = [len(numbers) for numbers in served]
        show(
            made,
            f"For each of {epochs} epochs a row of {len(sizes)} columns, the batches, with the "
            f"numbers of the examples in them; {'; '.join(first)}.",
            f"{count} examples in batches of {loader.batch_size}: {count} / {loader.batch_size} = "
            f"{count / loader.batch_size:.2f}, so {len(sizes)} batches; the last one holds "
            f"{sizes[-1]}.",
        )


def devices() -> None:
    """Draw what lies where when a model works on a GPU, and which call moves it."""
    with figure(height=3.3) as (made, axis):
        for x, name in ((0, "CPU memory"), (6.2, "GPU memory")):
            axis.add_patch(_box(x, 0, 3.8, 4.6, edgecolor=GREY, facecolor="none"))
            axis.text(x + 1.9, 4.85, name, ha="center", weight="bold")
        rows = [
            (3.6, "model", "model.to('cuda')", "model (moved)", BLUE, "-|>"),
            (2.5, "inputs", "inputs.to('cuda')", "inputs (a copy)", BLUE, "-|>"),
            (0.5, "predictions (a copy)", "predictions.to('cpu')", "predictions", ORANGE, "<|-"),
        ]
        for y, left, call, right, colour, arrow in rows:
            for x, text in ((0.25, left), (6.45, right)):
                ghost = text == "model"
                axis.add_patch(
                    _box(
                        x,
                        y - 0.35,
                        3.3,
                        0.7,
                        edgecolor=colour,
                        facecolor="white",
                        linestyle=":" if ghost else "-",
                    )
                )
                axis.text(x + 1.65, y, text, ha="center", va="center", fontsize=9)
            axis.annotate(
                "", (6.4, y), (3.6, y), arrowprops={"arrowstyle": arrow, "color": colour, "lw": 1.6}
            )
            axis.text(5.0, y + 0.12, call, ha="center", va="bottom", fontsize=8, family="monospace")
        axis.annotate(
            "", (8.1, 0.9), (8.1, 2.1), arrowprops={"arrowstyle": "-|>", "color": GREY, "lw": 1.6}
        )
        axis.text(8.25, 1.5, "model(inputs)", fontsize=8, family="monospace", va="center")
        axis.set(xlim=(-0.2, 10.2), ylim=(-0.2, 5.2), xticks=[], yticks=[])
        for side in axis.spines.values():
            side.set_visible(False)
        show(
            made,
            "Two boxes, CPU memory and GPU memory. Arrows to the right: model.to('cuda') and "
            "inputs.to('cuda'). On the GPU an arrow from model and inputs to predictions. An arrow "
            "to the left: predictions.to('cpu').",
            "A module moves as a whole and leaves nothing behind (dotted). A tensor stays, and a "
            "copy goes. What is computed on the GPU lies on the GPU.",
        )


def _box(x: float, y: float, width: float, height: float, **look: str) -> Rectangle:
    return Rectangle((x, y), width, height, lw=1.3, **look)


def predicted(day: np.ndarray, real: np.ndarray, split: int, **models: np.ndarray) -> None:
    """Draw real values and predictions; the days from ``split`` on are new to the models.

    day, real: (N,). models: name="…" and predictions, each (N,).
    """
    with figure(height=3.1) as (made, axis):
        axis.axvspan(day[split], day[-1], color="0.95")
        axis.text(day[split] + 0.5, 6, "new days", va="bottom", color=GREY)
        axis.plot(day, real, color="0.6", lw=1, marker=".", ms=4, label="real")
        told = []
        for (name, values), colour, style in zip(
            models.items(), (BLUE, ORANGE, PINK), ("-", "--", ":"), strict=False
        ):
            shown = name.replace("_", " ")
            axis.plot(day, values, style, color=colour, lw=1.8, label=shown)
            error = np.sqrt(np.mean((values - real)[split:] ** 2))
            told.append(f"{shown} {error:.1f}")
        axis.set(xlabel="day", ylabel="tests per day", ylim=(0, None))
        legend(axis)
        show(
            made,
            f"Real tests per day, and the predictions of {len(models)} models; the last "
            f"{len(day) - split} days are marked as new.",
            f"Typical error (RMSE) on the new days, in tests: {'; '.join(told)}.",
        )


def overfitting(epochs: list[int], seen: list[float], new: list[float]) -> None:
    """Draw the error on training days and on new days against the epochs."""
    best = int(np.argmin(new))
    with figure(height=2.8) as (made, axis):
        axis.plot(epochs, seen, "o-", color=BLUE, ms=4, label="training days")
        axis.plot(epochs, new, "s--", color=ORANGE, ms=4, label="new days")
        axis.axvline(epochs[best], color="0.7", lw=0.8)
        axis.set(xlabel="epochs", ylabel="typical error (tests)", ylim=(0, None))
        legend(axis)
        show(
            made,
            f"Two lines over the epochs: the error on training days falls to {seen[-1]:.1f} tests; "
            f"the error on new days is lowest early, {new[best]:.1f}, and ends at {new[-1]:.1f}.",
            f"New days: lowest after {epochs[best]} epochs ({new[best]:.1f} tests), "
            f"{new[-1]:.1f} after {epochs[-1]}. Training days: {seen[best]:.1f} and "
            f"{seen[-1]:.1f} tests at the same times.",
        )
