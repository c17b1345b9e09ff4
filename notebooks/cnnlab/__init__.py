"""cnnlab: exercises on convolutional networks that tell you why an answer is wrong.

In a notebook::

    from cnnlab import check, fill, hint

    @fill
    def conv1d(x, f):
        ...

    check(conv1d)

Every exercise is also a name of this package: ``cnnlab.conv1d`` calls your answer.
"""

from . import lesson_01_rolling_average as _lesson_01
from .exercise import EXERCISES, Exercise, NotFilledIn, fill
from .tutor import check, hint, progress, replay

__all__ = ["NotFilledIn", "check", "fill", "hint", "progress", "replay"]


def __getattr__(name: str) -> Exercise:
    if name in EXERCISES:
        return EXERCISES[name]
    raise AttributeError(f"module 'cnnlab' has no attribute {name!r}")
