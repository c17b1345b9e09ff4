"""The drawings of a report: target, yours and their difference; or what your answer made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .vector import as_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE = "#0072B2", "#D55E00"


def compared(target: np.ndarray, yours: np.ndarray, alt: str) -> str:
    """Target | yours | difference, 1-D or 2-D, as an <svg> element; ``alt`` says the same."""
    same = target.shape == yours.shape
    figure, axes = _panels(3 if same else 2)
    low = min(0, *(np.nanmin(a) for a in (target, yours)))
    high = max(0, *(np.nanmax(a) for a in (target, yours)))
    wrong = ~np.isclose(yours, target) if same else np.ones(yours.shape, bool)
    _panel(axes[0], "target", target, limits=(low, high))
    _panel(axes[1], "yours", yours, wrong=wrong, limits=(low, high))
    if same:
        title = "difference (yours − target)"
        _panel(axes[2], title, yours - target, wrong=wrong, colours="PuOr")
    return as_svg(figure, alt)


def own_work(given: list[tuple[str, np.ndarray]], yours: np.ndarray, alt: str) -> str:
    """What an answer was given, by name, and what it made of it: each array 1-D or 2-D."""
    figure, axes = _panels(len(given) + 1)
    for axis, (name, values) in zip(axes, given, strict=False):
        _panel(axis, name, values)
    _panel(axes[-1], "yours", yours)
    return as_svg(figure, alt)


def can_be_drawn(values: object) -> bool:
    """Whether something is an array of numbers with one or two axes, and not empty."""
    return (
        isinstance(values, np.ndarray)
        and values.ndim in (1, 2)
        and values.size > 0
        and values.dtype.kind in "fiu"
    )


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure  # not pyplot: the notebook's own figures stay alone

    figure = Figure(figsize=(2.4 * count, 1.95), layout="constrained")
    return figure, list(np.atleast_1d(figure.subplots(1, count)))


def _panel(
    axis: Axes,
    title: str,
    values: np.ndarray,
    *,
    wrong: np.ndarray | None = None,
    limits: tuple[float, float] | None = None,
    colours: str = "cividis",
) -> None:
    """Stems of a vector or the entries of a matrix; wrong ones of a vector are crosses.

    limits: of what is drawn beside it on the same scale. Without, as the values are; a
        difference has zero, which is right, in the middle, and there it shows no colour.
    """
    axis.set_title(title, fontsize=9)
    axis.tick_params(labelsize=7)
    if values.ndim == 1:
        places = np.arange(len(values))
        wrong = np.zeros(len(values), bool) if wrong is None else wrong
        axis.vlines(places, 0, values, color=BLUE, lw=2)
        axis.plot(places[~wrong], values[~wrong], "o", color=BLUE, ms=3.5)
        axis.plot(places[wrong], values[wrong], "X", color=ORANGE, ms=6)
        axis.xaxis.get_major_locator().set_params(integer=True)
        axis.axhline(0, color="0.6", lw=0.8)
        if limits is not None and np.isfinite(limits).all():
            margin = 0.08 * (limits[1] - limits[0] or 1)
            axis.set_ylim(limits[0] - margin, limits[1] + margin)
        axis.set_xlabel("index (code counts from 0)", fontsize=7)
        return
    far = np.max(np.abs(values), initial=0, where=np.isfinite(values)) or 1
    low, high = limits or ((-far, far) if colours == "PuOr" else (None, None))
    axis.imshow(values, vmin=low, vmax=high, cmap=colours)
    axis.locator_params(integer=True, min_n_ticks=1)
    if max(values.shape) > 6:  # the numbers would not fit into the cells
        return
    for (row, column), v in np.ndenumerate(values):
        label = axis.text(column, row, f"{v:.3g}", ha="center", va="center", fontsize=6.5)
        label.set_bbox({"facecolor": "white", "alpha": 0.7, "lw": 0, "pad": 1})
