"""``TextCNN``: Kim's classifier of sentences.

``stub`` says what is asked for, ``cases`` how it is checked, with ``probes`` where the answer
runs and ``judges`` here; ``mistakes`` are the known ones, those of pooling in ``windows``.
"""

from . import cases, mistakes, windows  # noqa: F401  (they add to the exercise)
from .stub import TextCNN

__all__ = ["TextCNN"]
