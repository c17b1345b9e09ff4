"""The drawings of a report: target, yours and their difference; or what your answer made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .vector import as_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE = "#0072B2", "#D55E00"

_WIDE, _HIGH, _ACROSS, _DOWN = 2.25, 1.9, 1.72, 1.2
"""Inches: of a panel, and of what is drawn in it."""

_LETTER = 0.068
"""Inches that a digit of size 8 takes."""

LARGEST = 1e100
"""Of numbers that are drawn: an axis has to be longer than its longest stem, and still finite."""


def compared(target: np.ndarray, yours: np.ndarray, alt: str) -> str:
    """Target, yours and difference, 1-D or 2-D, as HTML; ``alt`` says the same. "" if they are too
    large to be drawn.
    """
    if _too_large(target) or _too_large(yours):
        return ""
    same = target.shape == yours.shape
    low = min(0, *(np.nanmin(a) for a in (target, yours)))
    high = max(0, *(np.nanmax(a) for a in (target, yours)))
    wrong = ~np.isclose(yours, target) if same else np.ones(yours.shape, bool)
    panels = [
        _panel("target", target, said=alt, limits=(low, high)),
        _panel("yours", yours, wrong=wrong, limits=(low, high)),
    ]
    if same:
        title = "difference (yours − target)"
        panels.append(_panel(title, yours - target, wrong=wrong, colours="PuOr"))
    return _side_by_side(panels)


def own_work(given: list[tuple[str, np.ndarray]], yours: np.ndarray, alt: str) -> str:
    """What an answer was given, by name, and what it made of it, as HTML: each 1-D or 2-D. "" if
    that is too large to be drawn.
    """
    if any(map(_too_large, (yours, *dict(given).values()))):
        return ""
    panels = [_panel(name, values) for name, values in given]
    return _side_by_side([*panels, _panel("yours", yours, said=alt)])


def _side_by_side(panels: list[str]) -> str:
    """In a row; below each other where there is no room, as on a phone."""
    row = "display:flex;flex-wrap:wrap;gap:.4em 1em;margin:.4em 0"
    return f"<div class='cnnlab-panels' style='{row}'>{''.join(panels)}</div>"


def can_be_drawn(values: object) -> bool:
    """Whether something is an array of numbers with one or two axes, and not empty."""
    return (
        isinstance(values, np.ndarray)
        and values.ndim in (1, 2)
        and values.size > 0
        and values.dtype.kind in "fiu"
    )


def _too_large(values: np.ndarray) -> bool:
    """Whether a finite number is too large to be drawn."""
    far = np.abs(values.astype(float))
    return bool((np.isfinite(far) & (far > LARGEST)).any())


def _panel(
    title: str,
    values: np.ndarray,
    *,
    said: str = "",
    wrong: np.ndarray | None = None,
    limits: tuple[float, float] | None = None,
    colours: str = "cividis",
) -> str:
    """Stems of a vector or the entries of a matrix, as an <svg> element; wrong stems have crosses.

    said: instead of it, if not its title alone. limits: of what is drawn beside it on the same
        scale. Without, as the values are; a difference has zero, which is right, in the middle.
    """
    from matplotlib.figure import Figure  # not pyplot: the notebook's own figures stay alone

    # Fixed margins: to find the best ones, everything would be drawn twice.
    figure = Figure(figsize=(_WIDE, _HIGH))
    axis = figure.add_axes((0.2, 0.24, _ACROSS / _WIDE, _DOWN / _HIGH))
    axis.set_title(title, fontsize=10)
    axis.tick_params(labelsize=8)
    if values.ndim == 1:
        _stems(axis, values, np.zeros(len(values), bool) if wrong is None else wrong, limits)
    else:
        _entries(axis, values, limits, colours)
    return as_svg(figure, said or title)


def _stems(
    axis: Axes, values: np.ndarray, wrong: np.ndarray, limits: tuple[float, float] | None
) -> None:
    places = np.arange(len(values))
    axis.vlines(places, 0, values, color=BLUE, lw=2)
    axis.plot(places[~wrong], values[~wrong], "o", color=BLUE, ms=4)
    axis.plot(places[wrong], values[wrong], "X", color=ORANGE, ms=7)
    axis.locator_params(axis="x", integer=True)
    axis.axhline(0, color="0.6", lw=0.8)
    if limits is not None and np.isfinite(limits).all():
        margin = 0.08 * (limits[1] - limits[0] or 1)
        axis.set_ylim(limits[0] - margin, limits[1] + margin)
    axis.set_xlabel("index (code counts from 0)", fontsize=8)


def _entries(
    axis: Axes, values: np.ndarray, limits: tuple[float, float] | None, colours: str
) -> None:
    far = np.max(np.abs(values), initial=0, where=np.isfinite(values)) or 1
    low, high = limits or ((-far, far) if colours == "PuOr" else (None, None))
    axis.imshow(values, vmin=low, vmax=high, cmap=colours)
    axis.locator_params(integer=True, min_n_ticks=1)
    rows, columns = values.shape
    side = min(_ACROSS / columns, _DOWN / rows)
    labels = {place: f"{v:.3g}" for place, v in np.ndenumerate(values)}
    if side < max(_LETTER * len(text) for text in labels.values()):
        return  # the numbers would not fit into the cells
    for (row, column), text in labels.items():
        label = axis.text(column, row, text, ha="center", va="center", fontsize=8)
        label.set_bbox({"facecolor": "white", "alpha": 0.8, "lw": 0, "pad": 1})
