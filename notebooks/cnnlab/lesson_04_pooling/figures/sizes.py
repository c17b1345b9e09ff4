"""Sizes through a network."""

from __future__ import annotations

import ipywidgets as ipw
import torch
from matplotlib.patches import Rectangle
from torch import nn

from ...engine.figures import BLUE, GREEN, ORANGE, SKY, figure, show, slider
from ...engine.output import say


def sizes_through() -> ipw.interactive:
    """Choose kernel, padding and pooling; read the size of the maps through a net.

    Returns the widget, whose controls are K, padding, P and blocks.
    """

    def draw(K: int, padding: int, P: int, blocks: int) -> None:
        side, steps, names = 28, [28], ["image"]
        for block in range(1, blocks + 1):
            wide = side + 2 * padding - K + 1
            if wide < P:
                say(
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


def stations_of(model: nn.Module, image: torch.Tensor) -> list[tuple[str, torch.Tensor]]:
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


def unflattened(flat: torch.Tensor, channels: int) -> torch.Tensor:
    """(C·s·s,) put back into (C, s, s), where the numbers allow it."""
    side = round((len(flat) / channels) ** 0.5)
    return flat.reshape(channels, side, side) if side * side * channels == len(flat) else flat


def tensor_shapes(model: nn.Module) -> None:
    """Draw the tensors that flow through a network of convolutions and dense layers, to scale."""
    stops: list[tuple[str, tuple[int, ...]]] = []
    for kind, tensor in stations_of(model, torch.zeros(28, 28)):
        shape = tuple(tensor.shape)
        if kind != "in":
            stops.append((kind, shape))
        elif not stops:
            stops.append(("image", shape))
        elif stops[-1][1] != shape:
            if len(shape) == 1 and stops[-1][0] == "conv":
                square = tuple(unflattened(tensor, stops[-1][1][0]).shape)
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
