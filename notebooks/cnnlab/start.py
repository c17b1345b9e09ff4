"""The first cell of each lesson: where am I running?"""

from __future__ import annotations

import os
import platform
import threading

import numpy as np
import torch

from .engine.output import say


def device() -> str:
    """Where torch should compute: "cuda" with a GPU, else "cpu"."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def start() -> None:
    """Say which versions and which device this notebook runs on, and how to get a GPU."""
    if torch.cuda.is_available():
        where = f"GPU ({torch.cuda.get_device_name()})"
        more = ""
    else:
        where = "CPU"
        more = " That is enough for every lesson."
        if "COLAB_RELEASE_TAG" in os.environ:
            more += " For a GPU: Runtime → Change runtime type → T4 GPU, then run from the top."
    threading.Thread(target=_first_optimizer, daemon=True).start()
    say(
        f"Ready on the {where}: Python {platform.python_version()}, torch {torch.__version__}, "
        f"NumPy {np.__version__}.{more}"
    )


def _first_optimizer() -> None:
    """Make one: torch loads so much for the first that a student's check would wait a second."""
    torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
