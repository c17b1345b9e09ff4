"""Lesson 01: from the rolling average to a layer of a convolutional network.

Arrays are NumPy's. The lecture counts positions from 1, code from 0; ``h[i]``
here is the lecture's $h_j$ with $j = i + K$, the window that ends on day j.
Source: lecture 6, "Example: 7 day rolling average filter" to "Bias,
nonlinearities, padding and stride".
"""

from ..engine.lesson import Lesson

LESSON = Lesson(
    title="From the rolling average to a convolutional layer",
    reading=30,
    data=("covid_tests",),
    exercises=(
        "rolling_average",
        "conv1d",
        "pad",
        "conv1d_layer",
    ),
    run_minutes=2,
)
