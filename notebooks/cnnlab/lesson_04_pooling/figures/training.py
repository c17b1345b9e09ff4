"""Training LeNet, and looking inside."""

from __future__ import annotations

import ipywidgets as ipw
import matplotlib.pyplot as plt
import numpy as np
import torch
from torch import nn

from ...engine.figures import LiveLoss, choice, figure, plain, show, slider
from ...start import device
from .digits import picture, shifted
from .sizes import stations_of, unflattened


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
            picture(axis, images[i], f"is {labels[i]}, read as {said[i]}\n"
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
        stations = stations_of(model, torch.tensor(image))
        after = [i for i, (kind, _) in enumerate(stations) if kind == "conv"]
        i = after[min(int(layer) - 1, len(after) - 1)]
        maps = torch.relu(stations[i][1]).numpy()
        pooled = stations[i + 1][1] if i + 1 < len(stations) else torch.zeros(1)
        if pooled.ndim == 1:
            pooled = unflattened(pooled, len(maps))
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
                    picture(line[n + 1], np.maximum(shown[n], 0), title, float(shown.max()))
                line[1].set_ylabel(name, fontsize=8)
            axes[0, 0].axis("on")
            picture(axes[0, 0], image, which, 1)
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
