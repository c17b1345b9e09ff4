"""Optimizers on two landscapes, and a gradient that was not reset."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as ipw
import numpy as np
import torch
from matplotlib.axes import Axes

from ...engine.figures import BLUE, GREEN, ORANGE, choice, figure, legend, plain, show, slider
from ...engine.shown import number

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


_LOOKS = [("SGD", BLUE, "o", "-"), ("RMSprop", GREEN, "^", ":"), ("Adam", ORANGE, "s", "--")]


def _draw_paths(
    top: Axes, side: Axes, height: Callable, start: tuple, rate: float, steps: int
) -> tuple[list[str], list[str]]:
    """Where each optimizer goes, seen from above and as heights; gives both in words."""
    told, seen = [], []
    for name, colour, marker, style in _LOOKS:
        path = _descend(name, height, start, rate, steps)
        look = {"color": colour, "ls": style, "lw": 1.5, "label": name}
        top.plot(path[:, 0], path[:, 1], marker=marker, ms=3, **look)
        side.plot(np.maximum(path[:, 2], 1e-9), **look)
        last = path[-1, 2]
        lost = not np.isfinite(last) or last > 10 * path[0, 2]
        told.append(f"{name} {'flew away' if lost else number(float(f'{last:.3g}'))}")
        seen.append(f"{name} at ({plain(path[-1, 0])}, {plain(path[-1, 1])})")
    return told, seen


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
            told, seen = _draw_paths(top, side, height, start, rate, steps)
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
