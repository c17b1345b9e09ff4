"""``WordCNN``: one output per word.

``stub`` says what is asked for, ``cases`` how it is checked, with ``probes`` where the answer
runs; ``mistakes`` are the known ones.
"""

from . import cases, mistakes  # noqa: F401  (they add to the exercise)
from .stub import WordCNN

__all__ = ["WordCNN"]
