"""Families of mistakes that people make in the same way in several exercises.

An exercise takes on a family after its own mistakes: ``AROUND_A_POSITION.belongs_to(conv2d)``.
Where it has a mistake of the same name, its own words go first.
"""

from .family import Family
from .layers import FOR_FLOATS, IN_A_LAYER, OF_A_BANK, OVER_CHANNELS, WITH_A_BIAS
from .models import FOR_BATCHES, IN_THE_GRAPH, LOGITS
from .windows import AROUND_A_POSITION, FULL_WINDOWS

__all__ = [
    "AROUND_A_POSITION",
    "FOR_BATCHES",
    "FOR_FLOATS",
    "FULL_WINDOWS",
    "IN_A_LAYER",
    "IN_THE_GRAPH",
    "LOGITS",
    "OF_A_BANK",
    "OVER_CHANNELS",
    "WITH_A_BIAS",
    "Family",
]
