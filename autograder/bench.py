"""What is measured: ``make bench``. Times are given as ratios, which hold on every machine."""

from __future__ import annotations

import os

if __name__ == "__main__":
    # One thread for all; NumPy's libraries read this when they are loaded.
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"

import time
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from cnnlab import reviews

from . import build


def solutions(lesson: str, *names: str) -> dict[str, Callable]:
    """The instructor's answers to some exercises of a lesson, by name."""
    notebook = build.read(build.SOLUTIONS / f"{lesson}.md")
    scope = {"np": np, "torch": torch, "fill": lambda answer: answer}
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") in names:
            exec(cell.source, scope)  # our own source
    return {name: scope[name] for name in names}


def fastest(*calls: Callable[[], object], rounds: int = 30) -> list[float]:
    """Seconds of each call at its best; the calls take turns, so a busy moment hits all."""
    best = [float("inf")] * len(calls)
    for _ in range(rounds):
        for i, call in enumerate(calls):
            start = time.perf_counter()
            call()
            best[i] = min(best[i], time.perf_counter() - start)
    return best


def conv2d_fast_ratio() -> float:
    """How many times as long as F.conv2d the vectorised solution of lesson 03 takes.

    64×64 pixels, 16 channels, 32 filters of 3×3, float64, one thread; 5 is allowed.
    """
    fast = solutions("03_conv2d", "im2col", "conv2d_fast")["conv2d_fast"]
    rng = np.random.default_rng(0)
    X, bank = rng.normal(size=(64, 64, 16)), rng.normal(size=(3, 3, 16, 32))
    # torch's own layout, made beforehand, so that nothing but the convolution counts.
    image = torch.from_numpy(X).permute(2, 0, 1)[None].contiguous()
    weight = torch.from_numpy(bank).permute(3, 2, 0, 1).contiguous()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        h = F.conv2d(image, weight, padding="same")[0].permute(1, 2, 0)
        if not np.allclose(h, fast(X, bank)):
            raise ValueError("conv2d_fast and F.conv2d disagree, so their times say nothing")
        ours, theirs = fastest(
            lambda: fast(X, bank), lambda: F.conv2d(image, weight, padding="same")
        )
    finally:
        torch.set_num_threads(threads)
    return ours / theirs


def main() -> None:
    """Print every benchmark; the text CNNs of lesson 06 train for some minutes."""
    ratio = conv2d_fast_ratio()
    print(f"conv2d_fast takes {ratio:.2f} times as long as F.conv2d (at most 5)\n", flush=True)
    torch.set_num_threads(os.cpu_count() or 1)
    reviews.full_table()


if __name__ == "__main__":
    main()
