"""Filters that are learned from patches of the photograph."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F_

from ...engine.figures import LiveLoss, figure, show
from .pictures import grey


def small_patches(photograph: np.ndarray, K: int = 7) -> torch.Tensor:
    """All K×K patches of a photograph as rows, in which brightness and contrast are evened out.

    photograph: (J1, J2, 3), 0 to 255. Returns float32, (patches, K·K).
    """

    def around(x: torch.Tensor, size: int) -> torch.Tensor:
        return F_.avg_pool2d(F_.pad(x, (size // 2,) * 4, mode="reflect"), size, 1)

    X = torch.tensor(grey(photograph), dtype=torch.float32)[None, None]
    X = X - around(X, 9)
    X = X / (around(X**2, 25).sqrt() + 0.02)
    return F_.unfold(X, K)[0].T.contiguous()


def learn(
    loss_of: Callable, parameters: list[torch.Tensor], patches: torch.Tensor, epochs: int = 20
) -> None:
    """Train parameters by Adam on random patches, 20 batches an epoch, and show the loss live.

    loss_of: function of a batch of patches, (256, K·K), that gives the loss as a scalar tensor.
    """
    watched = LiveLoss(loss_of, epochs, batches=20)
    optimizer = torch.optim.Adam(parameters, lr=0.01)
    for _ in range(epochs * watched.batches):
        loss = watched(patches[torch.randint(len(patches), (256,))])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def gallery(before: torch.Tensor, after: torch.Tensor) -> None:
    """Draw filters before and after training, a row each. Both: (K·K, N)."""
    K, N = round(before.shape[0] ** 0.5), before.shape[1]
    with figure(rows=2, columns=N, width=10, height=2.1) as (made, axes):
        for row, (name, bank_) in enumerate((("before", before), ("after", after))):
            for n, axis in enumerate(axes[row]):
                f = bank_.detach()[:, n].reshape(K, K).numpy()
                top = float(np.abs(f).max())
                axis.imshow(f, cmap="gray", vmin=-top, vmax=top)
                axis.set(xticks=[], yticks=[])
                axis.spines[:].set_visible(False)
            axes[row, 0].set_ylabel(name)
        show(
            made,
            f"Two rows of {N} small squares: before training noise; after it mostly bars and "
            f"edges, "
            "lying, standing and slanting.",
            f"{N} filters of {K}×{K}, grey is 0, each scaled to its own largest weight.",
        )
