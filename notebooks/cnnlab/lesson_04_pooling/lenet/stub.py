"""What is asked for, a right answer, and the hints."""

from __future__ import annotations

import torch
from torch import nn

from ...engine.exercise import exercise


@exercise(points=5, minutes=20, difficulty=3, importance=4, numpy_only=False, seconds=12)
def LeNet(classes: int = 10) -> nn.Module:
    """A network that reads a handwritten digit, after LeCun et al. (1998).

    An ``nn.Module`` with at least two ``nn.Conv2d``, each followed by a
    nonlinearity and by pooling (a pooling layer or function, or a strided
    convolution), then one or more dense layers.

    ``forward(images)`` takes a batch of shape (B, 1, 28, 28), grey values from 0 to 1.
    Returns the scores of the classes, shape (B, classes): logits, not normalised.
    Every layer is registered and learns; in evaluation mode the same images
    always get the same scores, whatever else is in the batch.
    Lecture 6, "Convolution and Pooling: LeNet".
    """


@LeNet.oracle
class _LeNet(nn.Module):
    """LeNet-5 as in 1998, but with ReLU, max pooling and 28×28 pixels."""

    def __init__(self, classes: int = 10):
        super().__init__()
        stages = [(nn.Conv2d(1, 6, 5, padding="same"), nn.ReLU(), nn.MaxPool2d(2))]
        stages += [(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())]
        stages += [(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU())]
        self.layers = nn.Sequential(*sum(stages, ()), nn.Linear(84, classes))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images)


LeNet.hints = [
    "Write down the shapes first: 28×28 pixels, a convolution with 6 filters of 5×5 and "
    "`padding=2`, pooling by 2, a convolution with 16 filters of 5×5 without padding, pooling by "
    "2. How many numbers are left when you put them into one row?",
    "```\n(B, 1, 28, 28) ─conv 5×5, padding 2─▶ (B, 6, 28, 28) ─ReLU, pool 2─▶ (B, 6, 14, 14)\n"
    "               ─conv 5×5───────────▶ (B, 16, 10, 10) ─ReLU, pool 2─▶ (B, 16, 5, 5)\n"
    "               ─flatten(1)─────────▶ (B, 400) ─dense, ReLU─▶ (B, 120) ─dense─▶ …\n```\n\n"
    "Layers are made in `__init__`, where they become attributes of `self`; `forward` only calls "
    "them.",
    "```python\nclass LeNet(nn.Module):\n    def __init__(self, classes=10):\n"
    "        super().__init__()\n        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)\n"
    "        self.conv2 = ...\n        self.dense1 = nn.Linear(..., 120)\n        ...\n\n"
    "    def forward(self, images):\n        h = torch.relu(self.conv1(images))\n"
    "        h = ...                    # pool\n        h = ...                    # second block\n"
    "        h = h.flatten(1)           # all axes but the batch's\n        ...\n```",
]
LeNet.built = (
    "From pixels to logits: a convolutional network of your own, as an `nn.Module` that torch can"
    " train. Next it learns to read handwritten digits, and you look into its mistakes, its "
    "filters and its feature maps."
)
