"""The drawing of a report: target, yours and their difference."""

from __future__ import annotations

import io

import numpy as np


def picture_png(target: np.ndarray, yours: np.ndarray) -> bytes:
    """Target | yours | difference as a PNG."""
    from matplotlib.figure import Figure  # not pyplot: the notebook's own figures stay alone

    same = target.shape == yours.shape
    panels = [("target", target), ("yours", yours)]
    if same:
        panels.append(("difference (yours − target)", yours - target))
    figure = Figure(figsize=(8.6, 2.3), layout="constrained", dpi=80)
    axes = figure.subplots(1, len(panels))
    low = min(0, *(np.nanmin(a) for _, a in panels[:2]))
    high = max(0, *(np.nanmax(a) for _, a in panels[:2]))
    for axis, (title, values) in zip(axes, panels, strict=True):
        axis.set_title(title, fontsize=10)
        if values.ndim == 1:
            wrong = ~np.isclose(yours, target) if same else np.ones(len(values), bool)
            wrong &= title != "target"
            places = np.arange(len(values))
            axis.vlines(places, 0, values, color="#0072B2", lw=2)
            axis.plot(places[~wrong], values[~wrong], "o", color="#0072B2", ms=4)
            axis.plot(places[wrong], values[wrong], "X", color="#D55E00", ms=7)
            axis.xaxis.get_major_locator().set_params(integer=True)
            axis.axhline(0, color="0.6", lw=0.8)
            if title in ("target", "yours") and np.isfinite([low, high]).all():
                margin = 0.08 * (high - low or 1)
                axis.set_ylim(low - margin, high + margin)
            axis.set_xlabel("index (code counts from 0)", fontsize=8)
        else:
            if title in ("target", "yours"):
                axis.imshow(values, vmin=low, vmax=high, cmap="cividis")
            else:  # right entries are white
                far = np.max(np.abs(values), initial=0, where=np.isfinite(values)) or 1
                axis.imshow(values, vmin=-far, vmax=far, cmap="PuOr")
            axis.locator_params(integer=True, min_n_ticks=1)
            if max(values.shape) <= 6:  # else they would not fit into the cells
                for (row, column), v in np.ndenumerate(values):
                    axis.text(
                        column,
                        row,
                        f"{v:.3g}",
                        ha="center",
                        va="center",
                        fontsize=7,
                        bbox={"facecolor": "white", "alpha": 0.7, "lw": 0, "pad": 1},
                    )
        axis.tick_params(labelsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
