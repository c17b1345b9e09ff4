"""Lesson 02: how gradient descent chooses the filter.

Arrays are NumPy's. ``h[i]`` is the window that starts at ``x[i]``, the lecture's
$h_j$ with $j = i + K$. Gradients are named after what the loss is derived by:
``dh`` is $\\partial loss/\\partial h$, an array like ``h``.
Source: lecture 6, "Backpropagation for 1-D convolution".
"""

from ..engine.lesson import Lesson

LESSON = Lesson(
    title="Let the model choose its filter",
    reading=35,
    data=("covid_tests",),
    exercises=(
        "windows",
        "filter_gradient",
        "conv1d_backward",
        "numerical_gradient",
        "train_filter",
    ),
    run_minutes=3,
)
