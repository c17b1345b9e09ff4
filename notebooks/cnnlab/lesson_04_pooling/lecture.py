"""The lecture's example."""

from __future__ import annotations

import numpy as np

LECTURE = np.array([[2.0, 1, 2, 0], [1, 0, 2, 0], [0, 4, 2, 3], [0, 5, 1, 0]])
"""The lecture's 4×4 example, without its feature axis."""
