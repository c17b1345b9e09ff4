"""Lesson 04: pooling, and a whole network that reads digits.

Feature maps are NumPy arrays with the features last, as in the lecture:
``H[i, j, n]`` is the lecture's $h_{(j_1, j_2, n)}$ with $j_1 = i + 1$ and $j_2 = j + 1$.
Only LeNet is torch's, with the features before the positions.
Source: lecture 6, "Pooling layers", "Convolution and Pooling: LeNet" and
"Pooling in NLP".
"""

from ..engine.lesson import Lesson

LESSON = Lesson(
    title="Pooling, and a network that reads digits",
    reading=45,
    data=("digits",),
    exercises=(
        "max_pool2d",
        "avg_pool2d",
        "max_pool2d_backward",
        "global_pool",
        "LeNet",
    ),
    trains=True,
    run_minutes=6,
)
