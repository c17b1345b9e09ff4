"""Figures and widgets of lesson 05: graphs, optimizers, batches, devices, predictions."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as ipw
import numpy as np
import torch
from matplotlib.patches import Rectangle

from ..report import number
from . import BLUE, GREEN, GREY, ORANGE, PINK, choice, figure, legend, plain, show, slider

# ── the autograd graph ──────────────────────────────────────────────────────


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
        said = []
        for node, (x, y) in place.items():
            leaf = getattr(node, "variable", None)
            if leaf is None:
                text = node.name().removesuffix("0").replace("Backward", "\nBackward")
                look = {"facecolor": "white", "edgecolor": GREY, "boxstyle": "round,pad=0.35"}
            else:
                shape = "×".join(map(str, leaf.shape)) or "scalar"
                text = f"{names.get(id(leaf), 'leaf')}\n{shape}"
                look = {"facecolor": "#DCEBF7", "edgecolor": BLUE, "boxstyle": "square,pad=0.4"}
            said.append(text.replace("\n", " "))
            axis.text(x, y, text, ha="center", va="center", fontsize=8, bbox=look, zorder=3)
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


# ── losses ──────────────────────────────────────────────────────────────────


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


# ── optimizers ──────────────────────────────────────────────────────────────

_SURFACES: dict[str, tuple[Callable, tuple[float, float], tuple[float, float]]] = {
    # name: (height, start, lowest point)
    "a narrow valley": (lambda u, v: 0.5 * u**2 + 8 * v**2, (-4.0, 1.3), (0.0, 0.0)),
    "a round bowl": (lambda u, v: u**2 + v**2, (-4.0, 1.3), (0.0, 0.0)),
    "a bent valley": (
        lambda u, v: 0.05 * (u - 2) ** 2 + 2 * (v - 0.15 * u**2 + 0.6) ** 2,
        (-4.0, -1.0),
        (2.0, 0.0),
    ),
    "nearly flat, then steep": (
        lambda u, v: 3 * (1 - torch.exp(-(u**2 / 5 + v**2))),
        (-4.0, 1.3),
        (0.0, 0.0),
    ),
}

RATES = [0.003, 0.01, 0.03, 0.1, 0.12, 0.3, 1.0]


def _descend(name: str, height: Callable, start: tuple, rate: float, steps: int) -> np.ndarray:
    """Where an optimizer goes: (steps + 1, 3) of u, v and height."""
    place = torch.tensor(start, requires_grad=True)
    optimizer = getattr(torch.optim, name)([place], lr=rate)
    path = []
    for _ in range(steps + 1):
        J = height(*place)
        path.append([*place.tolist(), J.item()])
        optimizer.zero_grad()
        J.backward()
        optimizer.step()
    return np.array(path)


def race() -> ipw.interactive:
    """Race SGD, Adam and RMSprop on one surface, all with the same learning rate.

    Returns the widget, whose controls are surface, rate and steps.
    """

    def draw(surface: str, rate: float, steps: int) -> None:
        height, start, low = _SURFACES[surface]
        u, v = torch.meshgrid(
            torch.linspace(-5, 5, 120), torch.linspace(-2.2, 2.2, 90), indexing="xy"
        )
        with (
            torch.enable_grad(),
            figure(columns=2, height=3.4, width=9, width_ratios=(3, 2)) as (made, (top, side)),
        ):
            z = height(u, v).numpy()
            floor = z.min()
            levels = floor + np.linspace(0, (z.max() - floor) ** 0.5, 14)[1:] ** 2
            top.contour(u, v, z, levels=levels, colors="0.8", linewidths=0.8)
            told, seen = [], []
            looks = [
                ("SGD", BLUE, "o", "-"),
                ("RMSprop", GREEN, "^", ":"),
                ("Adam", ORANGE, "s", "--"),
            ]
            for name, colour, marker, style in looks:
                path = _descend(name, height, start, rate, steps)
                look = {"color": colour, "ls": style, "lw": 1.5, "label": name}
                top.plot(path[:, 0], path[:, 1], marker=marker, ms=3, **look)
                side.plot(np.maximum(path[:, 2], 1e-9), **look)
                last = path[-1, 2]
                lost = not np.isfinite(last) or last > 10 * path[0, 2]
                told.append(f"{name} {'flew away' if lost else number(float(f'{last:.3g}'))}")
                seen.append(f"{name} at ({plain(path[-1, 0])}, {plain(path[-1, 1])})")
            top.plot(*start, "k.", ms=9)
            top.plot(*low, "k*", ms=10)
            top.set(title=surface, xlim=(-5, 5), ylim=(-2.2, 2.2), xlabel="parameter u")
            top.set_ylabel("parameter v")
            side.set(ylabel="height J", xlabel="step", yscale="log", ylim=(1e-4, 100))
            side.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3, handlelength=2)
            first = float(height(*torch.tensor(start)))
            show(
                made,
                f"Left, the paths of three optimizers over contour lines, from a dot to a star: "
                f"{'; '.join(seen)}. Right, the height at each step, on a logarithmic scale.",
                f"From the dot (J = {number(float(f'{first:.3g}'))}) towards the star, learning "
                f"rate {number(rate)}. J after {steps} steps: {'; '.join(told)}.",
            )

    return ipw.interactive(
        draw,
        surface=choice("surface", list(_SURFACES)),
        rate=choice("learning rate", RATES, 0.1),
        steps=slider("steps", 40, 1, 150),
    )


def forgotten_zero_grad(learning_rate: float = 0.1, steps: int = 25) -> None:
    """Draw a descent on J = (w − 3)², once with and once without clearing the gradient."""
    paths, sums = {}, []
    for name, clears in (("with zero_grad", True), ("without", False)):
        w = torch.tensor(0.0, requires_grad=True)
        optimizer = torch.optim.SGD([w], lr=learning_rate)
        path = []
        for _ in range(steps):
            path.append(w.item())
            ((w - 3) ** 2).backward()
            if not clears and len(sums) < 3:
                own = 2 * (w.item() - 3)
                sums.append((own, w.grad.item()))
            optimizer.step()
            if clears:
                optimizer.zero_grad()
        paths[name] = path
    with figure(height=2.6) as (made, axis):
        axis.plot(paths["with zero_grad"], "o-", color=BLUE, ms=4, label="with zero_grad")
        axis.plot(paths["without"], "X--", color=ORANGE, ms=5, label="without")
        axis.axhline(3, color="0.7", lw=0.8)
        axis.set(xlabel="step", ylabel="w")
        legend(axis)
        worked = "; ".join(
            f"step {i}: own gradient {plain(own)}, in grad {plain(total)}"
            for i, (own, total) in enumerate(sums)
        )
        show(
            made,
            "The parameter w over the steps: with zero_grad it settles at 3, without it swings "
            "around 3 and does not come to rest.",
            f"The minimum is at w = 3. Without zero_grad, grad holds the sum of all gradients so "
            f"far. {worked}.",
        )


# ── batches ─────────────────────────────────────────────────────────────────


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


# ── devices ─────────────────────────────────────────────────────────────────


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


# ── a trained model ─────────────────────────────────────────────────────────


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
