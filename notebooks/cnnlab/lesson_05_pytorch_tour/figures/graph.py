"""The graph that autograd keeps, and losses."""

from __future__ import annotations

import numpy as np
import torch
from matplotlib.axes import Axes

from ...engine.figures import BLUE, GREEN, GREY, ORANGE, figure, plain, show
from ...engine.vector import BLACK


def _walk(root: torch.Tensor) -> tuple[dict, list]:
    """The nodes behind a tensor, {node: steps to the root at most}, and the edges."""
    depth, edges, waiting = {root.grad_fn: 0}, [], [root.grad_fn]
    while waiting:
        node = waiting.pop(0)
        for below, _ in node.next_functions:
            if below is None:
                continue
            if (below, node) not in edges:
                edges.append((below, node))
            if depth.get(below, -1) < depth[node] + 1:
                depth[below] = depth[node] + 1
                waiting.append(below)
    return depth, edges


def _write_node(axis: Axes, node: object, x: float, y: float, names: dict[int, str]) -> str:
    """Draw a node as a box at (x, y); gives what stands in it. names: of leaves, by identity."""
    leaf = getattr(node, "variable", None)
    if leaf is None:
        text = node.name().removesuffix("0").replace("Backward", "\nBackward")
        look = {"facecolor": "white", "edgecolor": GREY, "boxstyle": "round,pad=0.35"}
    else:
        shape = "×".join(map(str, leaf.shape)) or "scalar"
        text = f"{names.get(id(leaf), 'leaf')}\n{shape}"
        look = {"facecolor": "#DCEBF7", "edgecolor": BLUE, "boxstyle": "square,pad=0.4"}
    ink = "black" if leaf is None else BLACK
    axis.text(x, y, text, ha="center", va="center", fontsize=8, bbox=look, zorder=3, color=ink)
    return text.replace("\n", " ")


def autograd_graph(root: torch.Tensor, **leaves: torch.Tensor) -> None:
    """Draw the graph that torch has recorded for a tensor, as its ``grad_fn`` chain tells it.

    root: a scalar with a grad_fn. leaves: name="…" of the tensors that require gradients.
    """
    depth, edges = _walk(root)
    names = {id(tensor): name for name, tensor in leaves.items()}
    columns: dict[int, list] = {}
    for node, far in depth.items():
        columns.setdefault(max(depth.values()) - far, []).append(node)
    width, rows = max(8.0, 1.05 * len(columns)), max(map(len, columns.values()))
    with figure(width=width, height=0.3 + 0.7 * rows) as (made, axis):
        place = {
            node: (x, -(y - (len(nodes) - 1) / 2))
            for x, nodes in columns.items()
            for y, node in enumerate(nodes)
        }
        said = [_write_node(axis, node, x, y, names) for node, (x, y) in place.items()]
        for below, above in edges:
            axis.annotate(
                "",
                place[below],
                place[above],
                arrowprops={
                    "arrowstyle": "-|>",
                    "color": ORANGE,
                    "lw": 1.4,
                    "shrinkA": 24,
                    "shrinkB": 24,
                },
            )
        axis.set(xlim=(-0.6, len(columns) - 0.4), ylim=(-rows / 2, rows / 2), xticks=[], yticks=[])
        for side in axis.spines.values():
            side.set_visible(False)
        order = " → ".join(n.name().removesuffix("0") for n in depth if not hasattr(n, "variable"))
        show(
            made,
            f"A graph of boxes and arrows, from the loss on the right back to the leaves: "
            f"{'; '.join(said)}.",
            f"Read from right to left, as backpropagation runs: {order}. Rectangles are leaves: "
            "there a gradient is stored.",
        )


def losses(target: float = 1.0) -> None:
    """Draw how three losses judge one prediction: how dear is a large error?"""
    prediction = torch.linspace(-3, 5, 161, requires_grad=True)
    goal = torch.full_like(prediction, target)
    each = {"reduction": "none"}
    curves = {
        "squared error (MSELoss)": torch.nn.MSELoss(**each)(prediction, goal),
        "absolute error (L1Loss)": torch.nn.L1Loss(**each)(prediction, goal),
        "yes or no, on logits (BCEWithLogitsLoss)": torch.nn.BCEWithLogitsLoss(**each)(
            prediction, goal
        ),
    }
    with figure(columns=2, height=2.9) as (made, axes):
        told = []
        for (name, loss), style, colour in zip(
            curves.items(), ("-", "--", ":"), (BLUE, ORANGE, GREEN), strict=True
        ):
            (slope,) = torch.autograd.grad(loss.sum(), prediction)
            x = prediction.detach().numpy()
            axes[0].plot(x, loss.detach().numpy(), style, color=colour, lw=2, label=name)
            axes[1].plot(x, slope.numpy(), style, color=colour, lw=2)
            at = int(np.argmin(np.abs(x + 2)))
            told.append(f"{name.partition(' (')[0]} {plain(loss[at].item())}")
        axes[0].set(xlabel="prediction", ylabel="loss", ylim=(0, 8))
        axes[1].set(xlabel="prediction", ylabel="gradient of the loss", ylim=(-8, 8))
        for axis in axes:
            axis.axvline(target, color="0.7", lw=0.8)
        made.legend(loc="outside upper left", ncols=3, fontsize=9)
        show(
            made,
            "Left, three losses over the prediction; right, their gradients. The squared error is "
            "a parabola, the absolute error a V, the logistic loss falls towards large logits.",
            f"The target is {plain(target)} (thin line). A prediction of −2 costs: "
            f"{'; '.join(told)}.",
        )
