"""Lesson 05: torch, from a tensor to a training loop.

Tensors are torch's. What cannot travel as data (a loader, a model, a training run) is
examined by a *probe*: a function beside the exercise that builds it, tries it, and returns data.
Source: lecture 6(b), "Introduction to pytorch", part by part.
"""

from ..engine.lesson import Lesson

LESSON = Lesson(
    title="A tour of PyTorch",
    reading=50,
    data=("covid_tests",),
    exercises=(
        "slope",
        "standardize",
        "gradients",
        "ffn_gradients",
        "linear",
        "mse",
        "sgd_step",
        "make_dataloader",
        "FFN",
        "to_device",
        "train",
    ),
    sittings="best in two or three sittings",
    short_ones="most of them a few lines long",
    trains=True,
    run_minutes=5,
)
