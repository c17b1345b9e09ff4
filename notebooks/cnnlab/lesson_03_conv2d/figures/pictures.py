"""What these figures share: pictures, matrices as boxes, frames; and well-known filters."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ...engine.figures import plain

CREDIT = "Photograph: danielbuechele, CC BY 2.0, scaled down."

FILTERS = {
    "blur: the mean of nine": np.full((3, 3), 1 / 9),
    "edges from left to right": np.array([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
    "edges from top to bottom": np.array([[-1.0, -2, -1], [0, 0, 0], [1, 2, 1]]),
    "edges all around": np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    "sharpen": np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "nothing (identity)": np.array([[0.0, 0, 0], [0, 1, 0], [0, 0, 0]]),
}
"""Well-known 3×3 filters; the edge filters are Sobel's."""


def grey(photograph: np.ndarray) -> np.ndarray:
    """A colour photograph (J1, J2, 3) as brightness (J1, J2), 0 black to 1 white."""
    return photograph.mean(axis=2) / 255


def minus(value: float) -> str:
    """A number with a real minus sign."""
    return plain(value + 0.0).replace("-", "−")


def in_brackets(value: float) -> str:
    """A factor in a product: 2, or (−2)."""
    return f"({minus(value)})" if value < 0 else minus(value)


def picture(axis: Axes, values: np.ndarray, title: str = "", signed: bool = False) -> None:
    """Draw an image without ticks; a signed one with grey as zero."""
    if values.ndim == 3:
        axis.imshow(values)
    elif signed:
        top = float(np.abs(values).max()) or 1.0
        axis.imshow(values, cmap="gray", vmin=-top, vmax=top)
    else:
        axis.imshow(values, cmap="gray", vmin=0, vmax=1)
    axis.set_title(title, fontsize=10)
    axis.axis("off")


def numbers(axis: Axes, values: np.ndarray, title: str, *, rows: int = 0, size: int = 10) -> None:
    """Draw a matrix as its numbers in boxes; NaN is a question mark.

    rows: the height of the panel in boxes, so that panels side by side have boxes of one size.
    """
    height, width = values.shape
    for (i, j), v in np.ndenumerate(values):
        axis.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fc="white", ec="0.75", lw=0.8))
        text = "?" if np.isnan(v) else minus(float(v))
        axis.text(j, i, text, ha="center", va="center", fontsize=size, zorder=4)
    spare = max(rows - height, 0) / 2
    axis.set(xlim=(-0.6, width - 0.4), ylim=(height - 0.4 + spare, -1.3 - spare), aspect="equal")
    axis.text(-0.5, -0.75, title, fontsize=10)
    axis.axis("off")


def mark(
    axis: Axes, row: float, column: float, rows: int, columns: int, colour: str, **more
) -> None:
    """A frame around entries of a matrix or picture, its upper left one given."""
    place = (column - 0.5, row - 0.5)
    axis.add_patch(Rectangle(place, columns, rows, fc="none", ec=colour, lw=2.2, zorder=5))
