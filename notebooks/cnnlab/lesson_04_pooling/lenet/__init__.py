"""``LeNet``: a whole network that reads digits.

``stub`` says what is asked for, ``cases`` how it is checked, with ``probes`` where the answer
runs and ``judges`` here; ``mistakes`` are the known ones.
"""

from . import cases, mistakes  # noqa: F401  (they add to the exercise)
from .stub import LeNet

__all__ = ["LeNet"]
