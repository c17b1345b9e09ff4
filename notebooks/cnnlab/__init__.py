"""cnnlab: exercises on convolutional networks that tell you why an answer is wrong.

In a notebook::

    from cnnlab import check, fill, hint

    @fill
    def conv1d(x, f):
        ...

    check(conv1d)

Every exercise is also a name of this package: ``cnnlab.conv1d`` calls your answer.

What is where:

- ``lesson_NN_topic/``: a lesson. Its ``__init__`` declares it (title, minutes, data, order of the
  exercises); ``lecture`` has the lecture's numbers; each exercise is a module of its own name, in
  lower case (specification, right answer, cases, known mistakes, hints); ``figures`` are what the
  notebook draws; the rest are helpers of this lesson alone. Lessons are found, not listed.
- ``engine/``: what every exercise is checked with, whichever lesson it belongs to.
- ``tutor``: check, hint, progress, replay. ``start``: the first cell. ``data``: the data sets.
- ``first_edition``: modules by the names they had in the first edition.
"""

import sys

from . import first_edition
from .engine.exercise import EXERCISES, Exercise, NotFilledIn, fill
from .engine.lesson import discover
from .engine.output import instead_of_a_crash
from .start import device, start
from .tutor import check, hint, not_filled_in, progress, replay

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

discover(sys.modules[__name__])
instead_of_a_crash(NotFilledIn, not_filled_in)
first_edition.install()


def __getattr__(name: str) -> Exercise:
    if name in EXERCISES:
        return EXERCISES[name]
    return first_edition.attribute(name)
