"""Tables of numbers with their grid: pooling, and the way back."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ...engine.figures import BLUE, ORANGE, SKY, figure, plain, show
from ...engine.shown import number
from ..avg_pool2d import avg_pool2d
from ..max_pool2d import max_pool2d
from ..max_pool2d_backward import max_pool2d_backward


def _tables(*shapes: tuple[int, ...]):
    """A row of axes for tables of these shapes, in which all entries are equally large."""
    widths = [max(columns, 2) + 0.5 for _, columns in shapes]
    tall = max(rows for rows, _ in shapes)
    return figure(
        columns=len(shapes),
        width=0.68 * sum(widths),
        height=0.68 * tall + 0.4,
        sharey=True,
        gridspec_kw={"width_ratios": widths},
    )


def _table(axis: Axes, values: np.ndarray, title: str, cell: tuple[int, int] = (1, 1)) -> None:
    """Write a small matrix down, with thick lines around its grid cells."""
    rows, columns = values.shape
    high = max(rows + 0.05, *axis.get_ylim())  # the axes share it: the first table is the tallest
    axis.set(xlim=(-0.05, max(columns, 2) + 0.45), ylim=(high, -0.05), aspect="equal")
    axis.set_title(title)
    axis.axis("off")
    for (row, column), value in np.ndenumerate(values):
        axis.add_patch(Rectangle((column, row), 1, 1, fill=False, ec="0.75", lw=0.8))
        axis.text(
            column + 0.5, row + 0.5, plain(float(value)), ha="center", va="center", fontsize=13
        )
    for row in range(0, rows - cell[0] + 1, cell[0]):
        for column in range(0, columns - cell[1] + 1, cell[1]):
            axis.add_patch(Rectangle((column, row), cell[1], cell[0], fill=False, ec=BLUE, lw=2.5))


def _mark(axis: Axes, row: int, column: int, colour: str = SKY, hatch: str = "//") -> None:
    """Shade one position of a table."""
    axis.add_patch(
        Rectangle((column, row), 1, 1, fc=colour, ec="white", hatch=hatch, alpha=0.45, zorder=0)
    )


def cells_of(shape: tuple[int, ...], P1: int, P2: int) -> list[tuple[int, int, slice, slice]]:
    """All full grid cells: (i, j, rows, columns)."""
    return [
        (i, j, slice(i * P1, (i + 1) * P1), slice(j * P2, (j + 1) * P2))
        for i in range(shape[0] // P1)
        for j in range(shape[1] // P2)
    ]


def _winner(H: np.ndarray, rows: slice, columns: slice) -> tuple[int, int]:
    """Where a cell's (first) maximum stands."""
    cell = H[rows, columns]
    row, column = np.unravel_index(np.argmax(cell), cell.shape)
    return rows.start + int(row), columns.start + int(column)


def by_hand(H: np.ndarray, P1: int, P2: int) -> None:
    """Draw a matrix with its grid, its maxima marked, and what both kinds of pooling make of it.

    H: (J1, J2), small.
    """
    largest = max_pool2d.reference(H[:, :, None], P1, P2)[:, :, 0]
    mean = avg_pool2d.reference(H[:, :, None], P1, P2)[:, :, 0]
    with _tables(H.shape, largest.shape, mean.shape) as (made, axes):
        _table(axes[0], H, f"H, in cells of {P1}×{P2}", (P1, P2))
        sums = []
        for _, _, rows, columns in cells_of(H.shape, P1, P2):
            _mark(axes[0], *_winner(H, rows, columns))
            values = ", ".join(map(number, H[rows, columns].ravel()))
            sums.append(f"max({values}) = {number(H[rows, columns].max())}")
        _table(axes[1], largest, "max pooled")
        _table(axes[2], mean, "average pooled")
        show(
            made,
            f"A {H.shape[0]} by {H.shape[1]} table cut into cells of {P1} by {P2}, the first "
            f"maximum of each hatched; its maxima {largest.tolist()}; its averages "
            f"{mean.tolist()}.",
            f"{'; '.join(sums)}.",
        )


def routes(H: np.ndarray, P1: int, P2: int, dout: np.ndarray) -> None:
    """Draw where the gradient of each cell goes: forwards on the left, backwards on the right.

    H: (J1, J2), small. dout: (J1//P1, J2//P2).
    """
    dH = max_pool2d_backward.reference(H[:, :, None], P1, P2, dout[:, :, None])[:, :, 0]
    with _tables(H.shape, dout.shape, H.shape) as (made, axes):
        _table(axes[0], H, "forwards: H, maxima hatched", (P1, P2))
        _table(axes[1], dout, "dout arrives")
        _table(axes[2], dH, "backwards: gradient of H", (P1, P2))
        sentences = []
        for i, j, rows, columns in cells_of(H.shape, P1, P2):
            row, column = _winner(H, rows, columns)
            _mark(axes[0], row, column)
            _mark(axes[2], row, column, ORANGE, "\\\\")
            sentences.append(
                f"{number(H[row, column])} was the largest of its cell, so it gets "
                f"{number(dout[i, j])}"
            )
        show(
            made,
            f"Three tables. Left, H with the maximum of each cell hatched; middle, the gradient "
            f"that arrives, {dout.tolist()}; right, the same numbers at the places of the maxima "
            f"and 0 elsewhere.",
            f"{'; '.join(sentences)}. All others get 0.",
        )
