"""Figures and widgets of lesson 04: grid cells, moved digits, and a network looked into."""

from __future__ import annotations

import ipywidgets as ipw
import matplotlib.pyplot as plt
import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import nn

from ..lesson_04_pooling import avg_pool2d, max_pool2d, max_pool2d_backward
from ..report import number
from ..start import device
from . import BLUE, GREEN, ORANGE, PINK, SKY, LiveLoss, choice, figure, legend, plain, show, slider

# ── tables of numbers, with their grid ──────────────────────────────────────


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


def _cells(shape: tuple[int, ...], P1: int, P2: int) -> list[tuple[int, int, slice, slice]]:
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
        for _, _, rows, columns in _cells(H.shape, P1, P2):
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
        for i, j, rows, columns in _cells(H.shape, P1, P2):
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


# ── digits ──────────────────────────────────────────────────────────────────


def _picture(axis: Axes, values: np.ndarray, title: str = "", top: float | None = None) -> None:
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
            _picture(axis, image, str(label), 255)
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
            _picture(left, image, "28×28 pixels, and the grid", 255)
            for _, _, rows, columns in _cells(image.shape, P1, P2):
                left.add_patch(
                    Rectangle((columns.start - 0.5, rows.start - 0.5), P2, P1, fill=False,
                              ec=SKY, lw=0.5)
                )  # fmt: skip
            left.add_patch(
                Rectangle((j * P2 - 0.5, i * P1 - 0.5), P2, P1, fill=False, ec=ORANGE, lw=3)
            )
            _picture(right, out, f"{how} pooled: {out.shape[0]}×{out.shape[1]}", 255)
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
                _picture(row[1], two[0], f"{name}, before", top)
                _picture(row[2], two[1], "after", top)
                _picture(row[3], np.abs(two[0] - two[1]), f"difference: {share:.0%}", top)
                said.append(f"{name}: {share:.0%}")
            _picture(axes[0, 0], pair[0], "the digit", 255)
            _picture(axes[1, 0], pair[1], f"{right} right, {down} down", 255)
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
                _picture(axis, image, top=255)
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


# ── sizes ───────────────────────────────────────────────────────────────────


def sizes_through() -> ipw.interactive:
    """Choose kernel, padding and pooling; read the size of the maps through a net.

    Returns the widget, whose controls are K, padding, P and blocks.
    """

    def draw(K: int, padding: int, P: int, blocks: int) -> None:
        side, steps, names = 28, [28], ["image"]
        for block in range(1, blocks + 1):
            wide = side + 2 * padding - K + 1
            if wide < P:
                print(
                    f"Block {block} is impossible: {side} + 2·{padding} − {K} + 1 = {wide} "
                    f"positions are left, too few for a cell of {P}."
                )
                break
            side = wide // P
            steps += [wide, side]
            names += [f"conv {block}", f"pool {block}"]
        worked = [
            f"{a} + 2·{padding} − {K} + 1 = {b}, and {b} // {P} = {c}"
            for a, b, c in zip(steps[::2], steps[1::2], steps[2::2], strict=False)
        ]
        with figure(height=2.6) as (made, axis):
            kinds = ["0.6"] + [BLUE, ORANGE] * blocks
            hatches = [""] + ["", "//"] * blocks
            bars = axis.bar(names, steps, color=kinds[: len(steps)], width=0.6)
            for bar, hatch in zip(bars, hatches, strict=False):
                bar.set(hatch=hatch, edgecolor="white")
            axis.bar_label(bars, [f"{s}×{s}" for s in steps])
            axis.set(ylabel="rows, and columns", ylim=(0, max(steps) * 1.15))
            show(
                made,
                "Bars of the side length of the maps: "
                + ", ".join(f"{n} {s}" for n, s in zip(names, steps, strict=True))
                + ".",
                f"{'; '.join(worked) or 'no block fits'}. At the end each feature has "
                f"{side}·{side} = {side * side} numbers.",
            )

    return ipw.interactive(
        draw,
        K=slider("kernel size K", 5, 1, 9),
        padding=slider("padding", 0, 0, 4),
        P=slider("pool by P", 2, 1, 4),
        blocks=slider("blocks", 2, 1, 4),
    )


def _stations(model: nn.Module, image: torch.Tensor) -> list[tuple[str, torch.Tensor]]:
    """What goes into and comes out of each convolution and dense layer, for one image (28, 28)."""
    seen: list[tuple[str, torch.Tensor]] = []

    def watch(module: nn.Module, given: tuple, result: torch.Tensor) -> None:
        kind = "conv" if isinstance(module, nn.Conv2d) else "dense"
        seen.extend([("in", given[0][0].detach()), (kind, result[0].detach())])

    layers = [m for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    handles = [layer.register_forward_hook(watch) for layer in layers]
    was_training = model.training
    try:
        model.eval()
        with torch.no_grad():
            where = next(model.parameters()).device
            model(torch.as_tensor(image, dtype=torch.float32)[None, None].to(where))
    finally:
        model.train(was_training)
        for handle in handles:
            handle.remove()
    return [(kind, tensor.cpu()) for kind, tensor in seen]


def _unflattened(flat: torch.Tensor, channels: int) -> torch.Tensor:
    """(C·s·s,) put back into (C, s, s), where the numbers allow it."""
    side = round((len(flat) / channels) ** 0.5)
    return flat.reshape(channels, side, side) if side * side * channels == len(flat) else flat


def tensor_shapes(model: nn.Module) -> None:
    """Draw the tensors that flow through a network of convolutions and dense layers, to scale."""
    stops: list[tuple[str, tuple[int, ...]]] = []
    for kind, tensor in _stations(model, torch.zeros(28, 28)):
        shape = tuple(tensor.shape)
        if kind != "in":
            stops.append((kind, shape))
        elif not stops:
            stops.append(("image", shape))
        elif stops[-1][1] != shape:
            if len(shape) == 1 and stops[-1][0] == "conv":
                square = tuple(_unflattened(tensor, stops[-1][1][0]).shape)
                stops += [("pooled", square)] if len(square) == 3 else []
            stops.append(("pooled" if len(shape) == 3 else "flat", shape))
    with figure(width=9.5, height=3.4) as (made, axis):
        at, labels = 0.0, []
        colours = {"image": "0.85", "conv": SKY, "pooled": ORANGE, "flat": "0.85", "dense": GREEN}
        for kind, shape in stops:
            if len(shape) == 3:
                channels, rows, _ = shape
                sheets = min(channels, 16)
                for sheet in range(sheets):
                    axis.add_patch(
                        Rectangle((at + 1.1 * sheet, -rows / 2 - 0.5 * sheet), rows, rows,
                                  fc=colours[kind], ec="0.3", lw=0.5)
                    )  # fmt: skip
                wide = rows + 1.1 * sheets
            else:
                high = 3 + 30 * shape[0] / 400
                axis.add_patch(
                    Rectangle((at, -high / 2), 3, high, fc=colours[kind], ec="0.3", lw=0.5)
                )
                wide = 3
            text = "×".join(map(str, shape))
            axis.text(at + wide / 2, -27, f"{kind}\n{text}", ha="center", va="top", fontsize=9)
            labels.append(f"{kind} {text}")
            at += wide + 9
        axis.set(xlim=(-2, at), ylim=(-34, 17), aspect="equal")
        axis.axis("off")
        count = sum(p.numel() for p in model.parameters())
        show(
            made,
            f"The tensors as stacks of squares from left to right: {', then '.join(labels)}.",
            f"{' → '.join(labels)} (features × rows × columns). {count:,} parameters.",
        )


# ── training, and looking inside ────────────────────────────────────────────


def train(
    model: nn.Module,
    images: np.ndarray,
    labels: np.ndarray,
    epochs: int = 10,
    shift: int = 1,
    seed: int = 0,
) -> None:
    """Train a network on digits, on the GPU if there is one; show the loss meanwhile.

    Adam, whose learning rate falls to 0 along a cosine. The same seed gives the same batches.
    images: (J, 28, 28) grey values 0 … 255. labels: (J,).
    shift: each batch is moved by up to so many pixels, at random, in both directions.
    """
    where = device()
    model.to(where).train()
    x = torch.tensor(images, dtype=torch.float32, device=where)[:, None] / 255
    y = torch.tensor(labels, device=where)
    order = torch.Generator().manual_seed(seed)
    batches = -(-len(x) // 50)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    slower = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * batches)
    loss_function = LiveLoss(nn.CrossEntropyLoss(), epochs, batches)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # with small batches more threads only wait for each other
    try:
        for _ in range(epochs):
            for batch in torch.randperm(len(x), generator=order).split(50):
                move = torch.randint(-shift, shift + 1, (2,), generator=order).tolist()
                moved = x[batch].roll(move, dims=(2, 3))  # hardly any ink is at the rim
                loss = loss_function(model(moved), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                slower.step()
    finally:
        torch.set_num_threads(threads)


def probabilities(model: nn.Module, images: np.ndarray) -> np.ndarray:
    """How probable a network finds each digit: (J, 28, 28) -> (J, 10), rows sum to 1."""
    model.eval()
    where = next(model.parameters()).device
    with torch.no_grad():
        x = torch.tensor(images, dtype=torch.float32, device=where)[:, None] / 255
        return torch.softmax(model(x), dim=1).cpu().numpy()


def mistakes(images: np.ndarray, labels: np.ndarray, found: np.ndarray, count: int = 12) -> None:
    """Draw digits that a network gets wrong, those it was surest about first.

    found: probability of each class, (J, 10).
    """
    said = found.argmax(axis=1)
    wrong = np.flatnonzero(said != labels)
    wrong = wrong[np.argsort(-found[wrong, said[wrong]])]
    if not len(wrong):
        print(f"Not one of the {len(labels)} digits is wrong.")
        return
    columns = 6
    rows = -(-min(count, len(wrong)) // columns)
    with figure(rows=rows, columns=columns, width=8.5, height=1.75 * rows, squeeze=False) as (
        made,
        axes,
    ):
        for axis in axes.flat:
            axis.axis("off")
        told = []
        for axis, i in zip(axes.flat, wrong[:count], strict=False):
            axis.axis("on")
            _picture(axis, images[i], f"is {labels[i]}, read as {said[i]}\n"
                     f"({found[i, said[i]]:.0%} sure)", 255)  # fmt: skip
            told.append(f"{labels[i]} as {said[i]}")
        pairs, counts = np.unique(
            np.stack([labels[wrong], said[wrong]]), axis=1, return_counts=True
        )
        a, b = pairs[:, counts.argmax()]
        show(
            made,
            f"{len(told)} misread digits: {', '.join(told)}.",
            f"{len(wrong)} of {len(labels)} are wrong ({len(wrong) / len(labels):.1%}). Most often "
            f"a {a} is read as {b}: {counts.max()} times.",
        )


def first_filters(model: nn.Module) -> None:
    """Draw the filters of a network's first convolution."""
    layer = next(m for m in model.modules() if isinstance(m, nn.Conv2d))
    weights = layer.weight.detach().cpu().numpy()[:, 0]
    count = min(len(weights), 12)
    with figure(columns=count, width=min(9, 1.4 * count), height=1.5, squeeze=False) as (
        made,
        axes,
    ):
        top = float(np.abs(weights).max())
        for n, axis in enumerate(axes[0]):
            shown = axis.imshow(weights[n], cmap="PuOr", vmin=-top, vmax=top)
            axis.set(xticks=[], yticks=[])
            axis.set_title(f"filter {n}", fontsize=9)
        plt.colorbar(shown, ax=axes[0].tolist(), shrink=0.9)
        show(
            made,
            f"{count} filters of {weights.shape[1]} by {weights.shape[2]} weights, as small "
            "squares from brown (negative) over white to violet (positive).",
            f"{count} of {len(weights)} filters of {weights.shape[1]}×{weights.shape[2]}; all "
            f"weights lie between {plain(-top)} and {plain(top)}.",
        )


def look_inside(model: nn.Module, images: np.ndarray, labels: np.ndarray) -> ipw.interactive:
    """Follow a digit through the first convolution, its nonlinearity and its pooling.

    Returns the widget, whose controls are which, right and layer.
    """
    names = [f"digit {label}" for label in labels]

    def draw(which: str, right: int, layer: str) -> None:
        image = shifted(images[names.index(which)], right) / 255
        stations = _stations(model, torch.tensor(image))
        after = [i for i, (kind, _) in enumerate(stations) if kind == "conv"]
        i = after[min(int(layer) - 1, len(after) - 1)]
        maps = torch.relu(stations[i][1]).numpy()
        pooled = stations[i + 1][1] if i + 1 < len(stations) else torch.zeros(1)
        if pooled.ndim == 1:
            pooled = _unflattened(pooled, len(maps))
        rows = [("after ReLU", maps)]
        if pooled.ndim == 3:
            rows.append(("arrives next", pooled.numpy()))
        count = min(len(maps), 8)
        with figure(rows=len(rows), columns=count + 1, width=9.5, height=1.45 * len(rows),
                    squeeze=False) as (made, axes):  # fmt: skip
            for line, (name, shown) in zip(axes, rows, strict=True):
                line[0].axis("off")
                for n in range(count):
                    title = f"{shown.shape[1]}×{shown.shape[2]}" if n == 0 else ""
                    _picture(line[n + 1], np.maximum(shown[n], 0), title, float(shown.max()))
                line[1].set_ylabel(name, fontsize=8)
            axes[0, 0].axis("on")
            _picture(axes[0, 0], image, which, 1)
            found = probabilities(model, image[None] * 255)[0]
            best = np.argsort(-found)[:2]
            answer = ", ".join(f"{b}: {found[b]:.0%}" for b in best)
            show(
                made,
                f"A {which} moved {right} pixels right, its first {count} feature maps after "
                f"convolution {layer}, and what of them arrives at the next layer. Answer: "
                f"{answer}.",
                f"{count} of {len(maps)} maps of convolution {layer}. The network's two "
                f"favourites: {answer}.",
            )

    return ipw.interactive(
        draw,
        which=choice("digit", names),
        right=slider("pixels to the right", 0, -6, 6),
        layer=choice("convolution", ["1", "2"]),
    )
