"""Three ways to compute the same, and a race between them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F_

from ...engine.figures import BLUE, GREEN, ORANGE, PINK, figure, legend, plain, show


def plain_loops(X: np.ndarray, F: np.ndarray) -> np.ndarray:
    """A filter bank by Python loops over positions, for comparison: (J1, J2, N)."""
    K1, K2 = F.shape[:2]
    out = [
        [
            [float((window_ * F[..., n]).sum()) for n in range(F.shape[3])]
            for j in range(X.shape[1])
            for window_ in [padded[i : i + K1, j : j + K2]]
        ]
        for padded in [np.pad(X, (((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), (0, 0)))]
        for i in range(X.shape[0])
    ]
    return np.array(out)


def one_product(X: np.ndarray, F: np.ndarray) -> np.ndarray:
    """A filter bank as one contraction over all windows: (J1, J2, N)."""
    K1, K2 = F.shape[:2]
    padded = np.pad(X, (((K1 - 1) // 2, K1 // 2), ((K2 - 1) // 2, K2 // 2), (0, 0)))
    views = np.lib.stride_tricks.sliding_window_view(padded, (K1, K2), axis=(0, 1))
    return np.tensordot(views, F, axes=([3, 4, 2], [0, 1, 2]))


def by_torch(X: np.ndarray, F: np.ndarray) -> np.ndarray:
    """The same by torch: (J1, J2, N)."""
    h = F_.conv2d(
        torch.from_numpy(X).permute(2, 0, 1)[None],
        torch.from_numpy(F).permute(3, 2, 0, 1),
        padding="same",
    )
    return h[0].permute(1, 2, 0).numpy()


def seconds(function: Callable, *args: object, tries: int = 5) -> float:
    """The shortest time of some calls."""
    best = np.inf
    for _ in range(tries):
        start = time.perf_counter()
        function(*args)
        best = min(best, time.perf_counter() - start)
    return best


def race(
    ways: dict[str, Callable], sizes: Sequence[int] = (8, 16, 32, 64), M: int = 3, N: int = 8
) -> None:
    """Measure ways to apply a filter bank on growing images, here and now, and draw the times.

    ways: functions (X, F) -> (J1, J2, N) by name.
    """
    rng = np.random.default_rng(0)
    bank_ = rng.normal(size=(3, 3, M, N))
    times = {name: [] for name in ways}
    for size in sizes:
        X = rng.normal(size=(size, size, M))
        for name, way in ways.items():
            times[name].append(1000 * seconds(way, X, bank_, tries=2 if "loop" in name else 5))
    looks = [(ORANGE, "s", "-"), (BLUE, "o", "--"), (GREEN, "^", ":"), (PINK, "D", "-.")]
    with figure(height=3.2) as (made, axis):
        for (name, spent), (colour, marker, style) in zip(times.items(), looks, strict=False):
            axis.loglog(sizes, spent, color=colour, marker=marker, ls=style, label=name)
        axis.set(xlabel="rows and columns of the image", ylabel="milliseconds", xticks=list(sizes))
        axis.set_xticks([], minor=True)
        axis.set_xticklabels([f"{s}×{s}" for s in sizes])
        legend(axis)
        last = {name: spent[-1] for name, spent in times.items()}
        slowest = max(last, key=last.get)
        said = "; ".join(
            f"{name} {plain(v) if v >= 0.01 else f'{v:.4f}'} ms" for name, v in last.items()
        )
        ratios = ", ".join(
            f"{last[slowest] / v:.0f} times as long as {name}"
            for name, v in last.items()
            if name != slowest
        )
        show(
            made,
            f"Time against image size, both axes logarithmic, a line for each of "
            f"{', '.join(ways)}.",
            f"{N} filters of 3×3 on {sizes[-1]}×{sizes[-1]} pixels with {M} channels, measured "
            f"just "
            f"now: {said}. {slowest.capitalize()} took {ratios}.",
        )
