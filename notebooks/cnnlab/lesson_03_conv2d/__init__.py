"""Lesson 03: convolution with two axes, with channels, with a bank of filters; its assumptions.

Arrays are NumPy's and channels-last, as in the lecture. Windows lie symmetrically
around their position: $x_{j+k-\\lceil K/2\\rceil}$, so there are $\\lceil K/2\\rceil-1$
zeros before the first position and $\\lfloor K/2\\rfloor$ after the last, which is
what torch calls padding "same". Source: lecture 6, "Convolution with more than
one axis" to "Assumptions behind convolution".
"""

from ..engine.lesson import Lesson

LESSON = Lesson(
    title="Convolution with more axes, channels and filters",
    reading=45,
    data=("photograph",),
    exercises=(
        "worked_example",
        "conv2d",
        "conv2d_channels",
        "conv2d_bank",
        "im2col",
        "conv2d_fast",
        "conv_parameters",
        "dense_parameters",
        "receptive_field",
    ),
    short_ones="four of which are short",
    run_minutes=3,
)
