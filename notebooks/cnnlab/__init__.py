"""cnnlab: exercises on convolutional networks that tell you why an answer is wrong.

In a notebook::

    from cnnlab import check, fill, hint

    @fill
    def conv1d(x, f):
        ...

    check(conv1d)

Every exercise is also a name of this package: ``cnnlab.conv1d`` calls your answer.
"""

from . import (
    lesson_01_rolling_average,  # noqa: F401  (declares its exercises)
    lesson_02_backprop_1d,  # noqa: F401
    lesson_03_conv2d,  # noqa: F401
    lesson_04_pooling,  # noqa: F401
    lesson_05_pytorch_tour,  # noqa: F401
    lesson_06_text_cnn,  # noqa: F401
)
from .exercise import EXERCISES, Exercise, NotFilledIn, fill
from .start import device, start
from .tutor import check, hint, progress, replay

__all__ = [
    "NotFilledIn",
    "check",
    "device",
    "fill",
    "hint",
    "progress",
    "replay",
    "start",
]


def __getattr__(name: str) -> Exercise:
    if name in EXERCISES:
        return EXERCISES[name]
    raise AttributeError(f"module 'cnnlab' has no attribute {name!r}")
