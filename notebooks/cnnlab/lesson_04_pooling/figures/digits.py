"""Digits that are pooled, moved and shuffled."""

from __future__ import annotations

import ipywidgets as ipw
import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from ...engine.figures import (
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    SKY,
    choice,
    figure,
    legend,
    plain,
    show,
    slider,
)
from ...engine.shown import number
from ..avg_pool2d import avg_pool2d
from ..max_pool2d import max_pool2d
from .cells import cells_of


def picture(axis: Axes, values: np.ndarray, title: str = "", top: float | None = None) -> None:
    """A digit or a feature map: white is nothing, black is much."""
    axis.imshow(values, cmap="gray_r", vmin=0, vmax=top or max(float(values.max()), 1e-9))
    axis.set(xticks=[], yticks=[])
    axis.set_title(title, fontsize=9)
    for side in axis.spines.values():
        side.set(visible=True, color="0.8")


def some_digits(images: np.ndarray, labels: np.ndarray, count: int = 10) -> None:
    """Draw the first digits of a set in a row, with what they are."""
    with figure(columns=count, width=9, height=1.3) as (made, axes):
        for axis, image, label in zip(axes, images, labels, strict=False):
            picture(axis, image, str(label), 255)
        show(
            made,
            f"{count} handwritten digits in grey: {', '.join(map(str, labels[:count]))}.",
            f"{len(images):,} images of {images.shape[1]}×{images.shape[2]} pixels; "
            f"above each stands what it is.",
        )


def strokes(images: np.ndarray) -> np.ndarray:
    """A feature map per image: where does paper turn into ink, from left to right?

    images: (B, 28, 28). Returns (B, 28, 28): a 3×3 edge filter, zero-padded, then ReLU.
    """
    f = torch.tensor([[-1.0, 0, 1], [-1, 0, 1], [-1, 0, 1]]) / 3
    x = torch.tensor(np.asarray(images, dtype=np.float32) / 255)[:, None]
    return torch.relu(F.conv2d(x, f[None, None], padding=1))[:, 0].numpy()


def shifted(images: np.ndarray, right: int, down: int = 0) -> np.ndarray:
    """Images moved by whole pixels; what comes in from outside is paper (0)."""
    room = np.pad(images, [(0, 0)] * (images.ndim - 2) + [(28, 28)] * 2)
    return room[..., 28 - down : 56 - down, 28 - right : 56 - right]


def _pooled(maps: np.ndarray, P: int, how: str = "max") -> np.ndarray:
    """(B, 28, 28) -> (B, 28//P, 28//P)."""
    pool = {"max": F.max_pool2d, "average": F.avg_pool2d}[how]
    return pool(torch.tensor(np.ascontiguousarray(maps, dtype=np.float32))[:, None], P)[
        :, 0
    ].numpy()


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """How different two sets of maps are, one number each: 0 is equal, 1 has nothing in common.

    The sum of absolute differences, as a share of all that is there. Both (B, rows, columns).
    """
    apart = np.abs(before - after).sum(axis=(1, 2))
    return apart / np.maximum((before + after).sum(axis=(1, 2)), 1e-9)


def pool_digit(images: np.ndarray, labels: np.ndarray) -> ipw.interactive:
    """Pool a digit; choose the cell size and one cell, and read what happens to it.

    Returns the widget, whose controls are which, how, P1, P2, row and column.
    """
    names = [f"digit {label}" for label in labels]

    def draw(which: str, how: str, P1: int, P2: int, row: int, column: int) -> None:
        image = images[names.index(which)].astype(float)
        pool = max_pool2d if how == "max" else avg_pool2d
        out = pool.reference(image[:, :, None], P1, P2)[:, :, 0]
        i, j = min(row // P1, out.shape[0] - 1), min(column // P2, out.shape[1] - 1)
        cell = image[i * P1 : (i + 1) * P1, j * P2 : (j + 1) * P2]
        values = [number(v) for v in cell.ravel()[:16]] + ["…"] * (cell.size > 16)
        result = plain(float(out[i, j]))
        worked = (
            f"max({', '.join(values)}) = {result}"
            if how == "max"
            else f"({' + '.join(values)}) / {cell.size} = {result}"
        )
        with figure(columns=2, width=7.2, height=3.7) as (made, (left, right)):
            picture(left, image, "28×28 pixels, and the grid", 255)
            for _, _, rows, columns in cells_of(image.shape, P1, P2):
                left.add_patch(
                    Rectangle((columns.start - 0.5, rows.start - 0.5), P2, P1, fill=False,
                              ec=SKY, lw=0.5)
                )  # fmt: skip
            left.add_patch(
                Rectangle((j * P2 - 0.5, i * P1 - 0.5), P2, P1, fill=False, ec=ORANGE, lw=3)
            )
            picture(right, out, f"{how} pooled: {out.shape[0]}×{out.shape[1]}", 255)
            right.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, ec=ORANGE, lw=3))
            show(
                made,
                f"Left a {which} with a grid of {P1} by {P2} pixels a cell, one cell framed; right "
                f"the {out.shape[0]} by {out.shape[1]} values of the pooled digit, its value "
                f"{result} framed.",
                f"Output [{i}, {j}], rows {i * P1}–{(i + 1) * P1 - 1}, columns "
                f"{j * P2}–{(j + 1) * P2 - 1}: {worked}. {image.size} numbers in, {out.size} out.",
            )

    return ipw.interactive(
        draw,
        which=choice("digit", names),
        how=choice("keep of each cell", ["max", "average"]),
        P1=slider("rows P1", 2, 1, 14),
        P2=slider("columns P2", 2, 1, 14),
        row=slider("look at row", 8, 0, 27),
        column=slider("look at column", 13, 0, 27),
    )


def move_digit(images: np.ndarray, labels: np.ndarray) -> ipw.interactive:
    """Move a digit and compare its feature map, and its pooled map, with those before.

    Returns the widget, whose controls are which, right, down and P.
    """
    names = [f"digit {label}" for label in labels]

    def draw(which: str, right: int, down: int, P: int) -> None:
        image = images[names.index(which)]
        pair = np.stack([image, shifted(image, right, down)])
        maps = strokes(pair)
        pooled = _pooled(maps, P)
        with figure(rows=2, columns=4, width=8.6, height=4.4) as (made, axes):
            said = []
            for row, (name, two) in zip(
                axes, (("feature map", maps), (f"pooled by {P}", pooled)), strict=True
            ):
                share = float(changed(two[:1], two[1:])[0])
                top = float(two.max()) or 1
                picture(row[1], two[0], f"{name}, before", top)
                picture(row[2], two[1], "after", top)
                picture(row[3], np.abs(two[0] - two[1]), f"difference: {share:.0%}", top)
                said.append(f"{name}: {share:.0%}")
            picture(axes[0, 0], pair[0], "the digit", 255)
            picture(axes[1, 0], pair[1], f"{right} right, {down} down", 255)
            show(
                made,
                f"A {which} before and after moving it {right} pixels right and {down} down; its "
                f"feature map, the map pooled by {P}, and the differences. Changed: "
                f"{'; '.join(said)}.",
                f"Sum of differences as a share of everything there. {'; '.join(said)}.",
            )

    return ipw.interactive(
        draw,
        which=choice("digit", names),
        right=slider("pixels to the right", 1, -4, 4),
        down=slider("pixels down", 0, -4, 4),
        P=slider("pool by P", 4, 1, 7),
    )


def change_by_shift(images: np.ndarray) -> None:
    """Draw how much maps change when digits are moved, averaged over all of them, per cell size."""
    shifts = range(7)
    before = strokes(images)
    after = [strokes(shifted(images, s)) for s in shifts]
    sizes = (1, 2, 4, 7)
    looks = [(BLUE, "o", "-"), (ORANGE, "s", "--"), (GREEN, "^", "-."), (PINK, "D", ":")]
    at_one = []
    with figure(height=3.2) as (made, axis):
        for P, (colour, marker, style) in zip(sizes, looks, strict=True):
            mean = [float(changed(_pooled(before, P), _pooled(a, P)).mean()) for a in after]
            label = "not pooled" if P == 1 else f"max pooled by {P}"
            axis.plot(shifts, mean, color=colour, marker=marker, ls=style, label=label)
            at_one.append(f"{label} {mean[1]:.0%}")
        axis.set(xlabel="moved by … pixels", ylabel="changed", ylim=(0, 1), xticks=shifts)
        axis.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
        legend(axis)
        show(
            made,
            f"Four rising lines of change against shift, from 0 to 6 pixels; the larger the "
            f"cells, the lower the line. After one pixel: {'; '.join(at_one)}.",
            f"Mean over {len(images):,} digits. Moved by one pixel: {'; '.join(at_one)}.",
        )


def shuffled_cells(images: np.ndarray, P: int, seed: int = 0) -> np.ndarray:
    """The same images with the pixels inside each P×P cell in a random order. P divides 28."""
    B, n = len(images), 28 // P
    cells = images.reshape(B, n, P, n, P).transpose(0, 1, 3, 2, 4).reshape(B, n, n, P * P)
    mixed = np.random.default_rng(seed).permuted(cells, axis=3)
    return mixed.reshape(B, n, n, P, P).transpose(0, 1, 3, 2, 4).reshape(B, 28, 28)


def what_is_lost(images: np.ndarray) -> None:
    """Draw digits, the same digits shuffled inside their cells, and that pooling cannot tell."""
    rows = [("as written", images)] + [
        (f"shuffled in {P}×{P} cells", shuffled_cells(images, P)) for P in (2, 4, 7)
    ]
    with figure(rows=4, columns=len(images), width=7.5, height=4.2) as (made, axes):
        for line, (name, shown) in zip(axes, rows, strict=True):
            for axis, image in zip(line, shown, strict=True):
                picture(axis, image, top=255)
            line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=9)
        gaps = [
            np.abs(_pooled(images, P) - _pooled(shuffled_cells(images, P), P)).max()
            for P in (2, 4, 7)
        ]
        show(
            made,
            f"{len(images)} digits in four versions: as written, and with the pixels inside each "
            "cell shuffled. With cells of 2 they look rough, with 4 they can just be read, with 7 "
            "no more.",
            "Pooled with cells of that size, the shuffled digits equal the original ones. Largest "
            f"difference: {', '.join(plain(float(g)) for g in gaps)}.",
        )
